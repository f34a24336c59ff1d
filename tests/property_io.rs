//! Random I/O over random stacks: bytes stay in order and none is lost without a cause, every overlapped operation
//! completes once, no event is reported twice without its re-enabling call.
//!
//! `PROPTEST_CASES` sets how many runs are tried, all new ones; without it they are a few, always the same. A failure
//! prints the shortest list of steps that still fails.
#[path = "support/io/mod.rs"]
mod io;
mod support;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn config() -> ProptestConfig {
    let mut config =
        ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 500;
        config.rng_seed = RngSeed::Fixed(3);
    }
    config
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let played = std::panic::catch_unwind(|| io::play(bytes));
    let wrong = match played {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(wrong)) => wrong,
        Err(_) => "the machine panics".into(),
    };
    Err(TestCaseError::fail(format!("{wrong}\n{}", io::told(bytes))))
}

/// A machine, and ops as bytes: a failure loses ops first, then choices.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let ops = prop::collection::vec(any::<[u8; 8]>(), 0..80);
    (any::<[u8; 2]>(), ops).prop_map(|(head, ops)| [&head, ops.as_flattened()].concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_io_keeps_the_books(bytes in bytes()) {
        check(&bytes)?;
    }
}
