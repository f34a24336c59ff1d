//! Digests that were made before.

/// What was found for a world, by the hash of all it follows from: the digest, and the ranks of the processes in four
/// bits each.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    stands: u64,
    digest: u64,
    ranks: u64,
}

/// Digests that were made before; of two that want the same place the later one stays.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<Entry>);

/// Places: a power of two. Together they take 384 KiB.
const PLACES: usize = 1 << 14;

/// More processes than this are not remembered.
const PROCESSES_MAX: usize = 16;

/// Who asks a few times only does not pay for all the places.
const FIRST_PLACES: usize = 1 << 6;

impl Known {
    fn place(&self, stands: u64) -> usize {
        (stands >> 40) as usize & (self.0.len() - 1)
    }

    /// The digest, and the ranks of the processes.
    pub(super) fn find(&self, stands: u64) -> Option<(u64, impl Iterator<Item = u64> + use<>)> {
        if self.0.is_empty() {
            return None;
        }
        let Entry { stands: known, digest, ranks } = self.0[self.place(stands)];
        let ranks = (0..PROCESSES_MAX).map(move |at| ranks >> (4 * at) & 15);
        (known == stands && known != 0).then_some((digest, ranks))
    }

    pub(super) fn enter(&mut self, stands: u64, digest: u64, ranks: &[u64]) {
        if ranks.len() > PROCESSES_MAX {
            return;
        }
        let ranks = ranks.iter().rev().fold(0, |all, rank| all << 4 | rank);
        if self.0.is_empty() {
            self.0.resize(FIRST_PLACES, Entry::default());
        }
        let place = self.place(stands);
        if self.0[place].stands != 0 && self.0.len() < PLACES {
            self.grow();
        }
        let place = self.place(stands);
        self.0[place] = Entry { stands, digest, ranks };
    }

    /// Twice as many places.
    fn grow(&mut self) {
        let places = self.0.len() * 2;
        let old = std::mem::replace(&mut self.0, vec![Entry::default(); places]);
        for entry in old.into_iter().filter(|entry| entry.stands != 0) {
            let place = self.place(entry.stands);
            self.0[place] = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_entered_is_found_until_something_else_takes_its_place() {
        let mut known = Known::default();
        assert!(known.find(7 << 40).is_none());
        for at in 1..1_000_u64 {
            known.enter(at << 40, at, &[2, 0, 1]);
        }
        let (digest, ranks) = known.find(999 << 40).expect("entered last");
        assert_eq!((digest, ranks.take(3).collect::<Vec<_>>()), (999, vec![2, 0, 1]));
        known.enter((999 << 40) + 1, 3, &[]);
        assert!(known.find(999 << 40).is_none());
        assert_eq!(known.find((999 << 40) + 1).map(|(digest, _)| digest), Some(3));
    }
}
