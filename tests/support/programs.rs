//! Scenarios with programs from text, and how their property tests are run.
#![allow(dead_code, unreachable_pub, reason = "each user takes its part")]

use std::sync::Arc;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use wspsim::model::{Library, Source};
use wspsim::scenario::Scenario;
use wspsim::scenario::programs::{Granularity, Orders, Start};
use wspsim::world::machine::Machine;

/// Whatever a call returns.
pub const ANY: &str = "AnyOf([Ok, Err])";

#[track_caller]
pub fn scenario(text: &str) -> Scenario {
    let source = Source::new("t.ron", text).expect("small");
    Scenario::read(source, None).unwrap_or_else(|said| panic!("{said:#?}\n{text}"))
}

/// The first machine a scenario names.
pub fn machine(scenario: &Scenario) -> Arc<Machine> {
    let model = scenario.models().next().expect("a model").to_owned();
    scenario.machine(&mut Library::new(), &model).expect("a built-in model")
}

#[track_caller]
pub fn orders<'a>(scenario: &'a Scenario, machine: &'a Arc<Machine>) -> Box<Orders<'a>> {
    orders_by(scenario.granularity(), scenario, machine)
}

#[track_caller]
pub fn orders_by<'a>(by: Granularity, scenario: &'a Scenario, machine: &'a Arc<Machine>) -> Box<Orders<'a>> {
    match Orders::by(by, scenario, machine) {
        Start::Begins(orders) => orders,
        Start::Failed(report) => panic!("{:#?}", report.failures),
        Start::NoPrograms => panic!("no programs"),
    }
}

/// Runs a test on all orders of a scenario.
pub fn with_orders<T>(text: &str, test: impl FnOnce(&Orders<'_>) -> T) -> T {
    let scenario = scenario(text);
    let machine = machine(&scenario);
    test(&orders(&scenario, &machine))
}

/// The same programs every time, unless somebody asks for a number of fresh ones.
pub fn config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 40;
        config.rng_seed = RngSeed::Fixed(3);
    }
    config
}

/// The same programs every time, unless somebody asks for other ones (`PROPTEST_RNG_SEED`).
pub fn fixed_config() -> ProptestConfig {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 40;
    }
    if matches!(config.rng_seed, RngSeed::Random) {
        config.rng_seed = RngSeed::Fixed(3);
    }
    config
}

/// A part of those that anybody asked for.
pub fn config_of(divisor: u32) -> ProptestConfig {
    let config = config();
    ProptestConfig { cases: config.cases.div_ceil(divisor), ..config }
}
