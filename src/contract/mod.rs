//! The contract table: every error the documentation names, per function, with the condition in our words.
//!
//! The table is data, `errors.tsv` beside this file: one row for each function and error. What the world does about a
//! row is said elsewhere (the rules, the world itself); coverage reports and contract checks count by these rows. Beside
//! it, `exempt.tsv` names the rows that this machine cannot reach, each with its reason.
//! Rows marked *(remarks)* and the like come from outside the error table of their page.

mod exempt;

pub use exempt::{Exemption, exemptions};

/// One documented error of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContractRow {
    /// `WSP` for a provider's functions, `WPU` for upcalls, `EXT` for extension functions, `WSC` for the catalog.
    pub layer: &'static str,
    /// The function by its Windows name.
    pub function: &'static str,
    /// The error by its Windows name; [`NO_ERROR`] and [`ANY_REGISTRY_ERROR`] are the two words that are no error.
    pub error: &'static str,
    /// When the function gives the error.
    pub condition: &'static str,
}

/// Stands in the error column of a function for which no error is documented.
pub const NO_ERROR: &str = "NONE";

/// Stands in the error column where any error of the registry may be passed through.
pub const ANY_REGISTRY_ERROR: &str = "ANY_REGISTRY_ERROR";

const TABLE: &str = include_str!("errors.tsv");

/// All rows, in the order of the table: by layer, then by function.
pub fn rows() -> impl Iterator<Item = ContractRow> {
    TABLE.lines().skip(1).filter_map(row)
}

fn row(line: &'static str) -> Option<ContractRow> {
    let mut columns = line.split('\t');
    let row = ContractRow {
        layer: columns.next()?,
        function: columns.next()?,
        error: columns.next()?,
        condition: columns.next()?,
    };
    columns.next().is_none().then_some(row)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::abi::catalog::CatalogFunction;
    use crate::abi::{SpiFunction, Upcall, WsaError};

    #[test]
    fn every_line_is_a_row_and_none_is_there_twice() {
        let lines = TABLE.lines().count() - 1;
        let pairs: BTreeSet<_> = rows().map(|row| (row.function, row.error)).collect();
        assert_eq!((lines, rows().count(), pairs.len()), (379, 379, 379));
        assert!(TABLE.starts_with("layer\tfunction\terror\tcondition\n"));
        assert!(!TABLE.contains('\r') && TABLE.is_ascii());
    }

    #[test]
    fn every_row_says_who_what_and_when() {
        for row in rows() {
            assert!(["WSP", "WPU", "EXT", "WSC"].contains(&row.layer), "{row:?}");
            assert!(row.layer == "EXT" || row.function.starts_with(row.layer), "{row:?}");
            assert!(row.condition.len() >= 10 && !row.condition.ends_with(['.', ' ']), "{row:?}");
        }
    }

    #[test]
    fn every_error_is_one_the_interface_knows() {
        for row in rows() {
            let known = WsaError::from_name(row.error).is_some();
            assert!(known || [NO_ERROR, ANY_REGISTRY_ERROR].contains(&row.error), "{row:?}");
        }
    }

    #[test]
    fn the_table_has_every_function_and_no_other() {
        let of_table: BTreeSet<_> = rows().map(|row| row.function).collect();
        let entries = SpiFunction::ALL.iter().map(|entry| entry.name());
        let upcalls = Upcall::ALL.iter().map(|upcall| upcall.name());
        let catalog = CatalogFunction::ALL.iter().map(|function| function.name());
        assert_eq!(of_table, entries.chain(upcalls).chain(catalog).collect());
    }
}
