//! The rows of the contract table that this machine has no cause for, each with its reason.

/// A documented error that is not given, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exemption {
    /// The function by its Windows name.
    pub function: &'static str,
    /// The error by its Windows name.
    pub error: &'static str,
    /// Why no cause of it can be had here.
    pub reason: &'static str,
}

const TABLE: &str = include_str!("exempt.tsv");

/// All exemptions, in the order of the contract table.
pub fn exemptions() -> impl Iterator<Item = Exemption> {
    TABLE.lines().skip(1).filter_map(exemption)
}

fn exemption(line: &'static str) -> Option<Exemption> {
    let mut columns = line.split('\t');
    let exemption = Exemption { function: columns.next()?, error: columns.next()?, reason: columns.next()? };
    columns.next().is_none().then_some(exemption)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::rows;

    /// More would be holes, not exceptions.
    const EXEMPTIONS_MAX: usize = 12;

    #[test]
    fn every_line_exempts_one_row_and_says_why() {
        assert!(TABLE.starts_with("function\terror\treason\n"));
        assert_eq!(TABLE.lines().count() - 1, exemptions().count());
        let mut places = Vec::new();
        for exemption in exemptions() {
            let place = rows().position(|row| (row.function, row.error) == (exemption.function, exemption.error));
            assert!(place.is_some(), "{exemption:?} is no row of the contract");
            assert!(exemption.reason.len() >= 30 && !exemption.reason.ends_with('.'), "{exemption:?}");
            places.push(place);
        }
        assert!(places.is_sorted_by(|a, b| a < b), "in the order of the contract, none twice");
    }

    #[test]
    fn exemptions_are_few() {
        let of_providers = exemptions().filter(|exemption| !exemption.function.starts_with("WSC"));
        assert!(of_providers.count() <= EXEMPTIONS_MAX);
    }
}
