//! Leaving out what a failure does not need.

/// Leaves out items for as long as what is left still fails, up to a fixpoint: afterwards no single item, and no group
/// that goes together, can be left out. `together(item, kept)` are the items that make no sense without this one.
/// Returns what is left, by number, in order.
pub fn shrink(
    items: usize,
    mut together: impl FnMut(usize, &[usize]) -> Vec<usize>,
    mut still_fails: impl FnMut(&[usize]) -> bool,
) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..items).collect();
    loop {
        let before = kept.len();
        halves(&mut kept, &mut still_fails);
        groups(&mut kept, &mut together, &mut still_fails);
        if kept.len() == before {
            return kept;
        }
    }
}

/// Stretches of half the length, a quarter, and so on down to one.
fn halves(kept: &mut Vec<usize>, still_fails: &mut impl FnMut(&[usize]) -> bool) {
    let mut stretch = kept.len() / 2;
    while stretch > 0 {
        // From the end: what came last is needed by nobody after it.
        let mut end = kept.len();
        while end > 0 {
            let start = end.saturating_sub(stretch);
            let less: Vec<usize> = kept[..start].iter().chain(&kept[end..]).copied().collect();
            if still_fails(&less) {
                *kept = less;
            }
            end = start.min(kept.len());
        }
        stretch /= 2;
    }
}

/// Every item with those that need it.
fn groups(
    kept: &mut Vec<usize>,
    together: &mut impl FnMut(usize, &[usize]) -> Vec<usize>,
    still_fails: &mut impl FnMut(&[usize]) -> bool,
) {
    for item in kept.clone().into_iter().rev() {
        if !kept.contains(&item) {
            continue;
        }
        let group = together(item, kept);
        let less: Vec<usize> = kept.iter().copied().filter(|other| *other != item && !group.contains(other)).collect();
        if still_fails(&less) {
            *kept = less;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_needed_stays() {
        let needed = [3, 8, 9];
        let left = shrink(20, |_, _| Vec::new(), |kept| needed.iter().all(|item| kept.contains(item)));
        assert_eq!(left, needed);
    }

    #[test]
    fn what_goes_together_goes_together() {
        // 1 and 4 can only be left out at once.
        let fails = |kept: &[usize]| kept.contains(&1) == kept.contains(&4);
        let left = shrink(6, |item, _| if item == 1 { vec![4] } else { Vec::new() }, fails);
        assert!(left.is_empty(), "{left:?}");
    }

    proptest! {
        #[test]
        fn no_single_item_can_be_left_out(
            needs in prop::collection::vec((0..12_usize, 0..12_usize), 0..10),
            root in 0..12_usize,
        ) {
            // Fails while the root is there and every item with all it needs.
            let fails = |kept: &[usize]| {
                kept.contains(&root) && needs.iter().all(|(item, need)| !kept.contains(item) || kept.contains(need))
            };
            prop_assume!(fails(&(0..12).collect::<Vec<_>>()));
            let left = shrink(12, |_, _| Vec::new(), fails);
            prop_assert!(fails(&left));
            for at in 0..left.len() {
                let mut less = left.clone();
                less.remove(at);
                prop_assert!(!fails(&less), "{left:?} without {at}");
            }
        }
    }
}
