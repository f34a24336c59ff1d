//! The machine against a second, naive implementation of the sharing rules, on sequences of acts nobody thought of.
//!
//! `PROPTEST_CASES` sets how many sequences are tried. A failure prints the stack and the shortest list of acts that
//! still fails.
#[path = "support/differential/mod.rs"]
mod differential;
mod reference;
mod support;

use differential::{Act, Choice, STACKS, play};
use proptest::prelude::*;
use reference::Answers;
use wspsim::world::World;
use wspsim::world::log::Log;

/// Any machine: each question answered as documented more often than not.
fn choice() -> impl Strategy<Value = Choice> {
    let answers: Vec<_> = Answers::COUNTS.iter().map(|&count| prop_oneof![2 => Just(0), 1 => 0..count]).collect();
    (0..STACKS.len(), answers).prop_map(|(stack, answers)| Choice { stack, answers })
}

/// Small indexes, so that a failure can be read; now and then one that means nothing that exists.
fn act() -> impl Strategy<Value = Act> {
    let index = || prop_oneof![30 => 0..8u8, 1 => 254..=255u8];
    (0..Act::KINDS, 0..9u8, index(), index(), 0..64u8)
        .prop_map(|(what, by, on, with, how)| Act::new([what, by, on, with, how]))
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 1..60)
}

fn check(choice: &Choice, acts: Vec<Act>) -> Result<(), TestCaseError> {
    let pair = play(choice, acts.into_iter()).map_err(TestCaseError::fail)?;
    replays(choice, pair.world(), pair.ops())
}

/// The same ops give an equal machine, and trying an op on a copy leaves the original alone.
fn replays(choice: &Choice, world: &World, ops: &[wspsim::world::op::Op]) -> Result<(), TestCaseError> {
    let mut again = World::new(choice.machine());
    for op in ops {
        let before = again.digest();
        let mut copy = again.clone();
        let outcome = copy.step(op.clone(), &mut Log::on());
        prop_assert_eq!(again.digest(), before, "a copy's step reached the original");
        prop_assert_eq!(&outcome, &again.step(op.clone(), &mut Log::off()), "a log changed the outcome");
    }
    prop_assert_eq!(again.digest(), world.digest());
    prop_assert!(&again == world, "equal ops, different machines");
    Ok(())
}

fn config() -> ProptestConfig {
    let mut config =
        ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 4_000;
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_machine_and_the_reference_agree_as_documented(stack in 0..STACKS.len(), acts in acts()) {
        check(&Choice::documented(stack), acts)?;
    }

    #[test]
    fn the_machine_and_the_reference_agree_under_any_answers(choice in choice(), acts in acts()) {
        check(&choice, acts)?;
    }
}

#[test]
fn the_reference_knows_nothing_of_the_machine() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference")).expect("the folder");
    for file in files {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(!text.contains("wspsim"), "{} reaches into the core", path.display());
    }
}
