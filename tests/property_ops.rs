//! Any bytes are a run of the machine, and every run keeps what must always hold. The fuzz target `ops` plays the same.
//! Ops that touch different things can happen in either order.
mod support;
#[path = "support/wild/mod.rs"]
mod wild;

use proptest::prelude::*;
use wild::{Watch, commute, run_watched, told};

fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 4_000;
    }
    config
}

/// A run that fails is told as a list of ops.
fn check(bytes: &[u8], watch: Watch) -> Result<(), TestCaseError> {
    let played = std::panic::catch_unwind(|| run_watched(bytes, watch));
    played.map_err(|_| TestCaseError::fail(format!("the run fails:\n{}", told(bytes, watch))))
}

/// A machine, and ops as bytes: a failure loses ops first, then choices.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let ops = prop::collection::vec(any::<[u8; 8]>(), 0..60);
    (any::<[u8; 3]>(), ops).prop_map(|(head, ops)| [&head, ops.as_flattened()].concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_a_run_that_keeps_the_invariants(bytes in bytes()) {
        check(&bytes, Watch::Close)?;
    }

    #[test]
    fn nothing_makes_faithful_providers_break_a_duty(bytes in bytes()) {
        check(&bytes, Watch::Contracts)?;
    }

    #[test]
    fn ops_whose_footprints_do_not_conflict_commute(bytes in bytes()) {
        let played = std::panic::catch_unwind(|| commute(&bytes));
        let told = || format!("the order matters:\n{}", told(&bytes, Watch::Loose));
        played.map_err(|_| TestCaseError::fail(told()))?;
    }
}
