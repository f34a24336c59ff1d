//! Every fault a provider can have is shown at work by a scenario under `tests/scenarios/contracts`, and the contract
//! checker catches each of them. `cargo test --test faulty_shapes -- --nocapture` prints which duty caught which fault.

#![allow(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wspsim::model::Library;
use wspsim::provider::ShapeFault;
use wspsim::scenario::{Logging, Scenario, play};
use wspsim::world::event::Event;

/// The faults that made a difference in the scenarios of a folder, each with the duties that were broken there.
fn caught(folder: &Path) -> BTreeMap<ShapeFault, BTreeSet<&'static str>> {
    let (mut library, mut caught) = (Library::new(), BTreeMap::<_, BTreeSet<_>>::new());
    for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "ron") {
            continue;
        }
        let scenario = Scenario::load(&path).expect("a scenario");
        for model in scenario.models() {
            let machine = scenario.machine(&mut library, model).expect("a model");
            let events = play(&scenario, &machine, Logging::On).events;
            let duties = events.iter().filter_map(|event| match event {
                Event::Breach(breach) => Some(breach.rule.name()),
                _ => None,
            });
            let duties: BTreeSet<&str> = duties.collect();
            for event in &events {
                if let Event::Faulty { fault, .. } = event {
                    caught.entry(*fault).or_default().extend(&duties);
                }
            }
        }
    }
    caught
}

#[test]
fn every_fault_is_at_work_in_a_scenario_and_caught_there() {
    let caught = caught(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/contracts"));
    let idle: Vec<&ShapeFault> = ShapeFault::ALL.iter().filter(|fault| !caught.contains_key(fault)).collect();
    assert!(idle.is_empty(), "no scenario shows {idle:?}");
    for (fault, duties) in &caught {
        println!("| {fault} | {} | {} |", fault.source(), duties.iter().copied().collect::<Vec<_>>().join(", "));
    }
    let uncaught: Vec<&ShapeFault> = caught.iter().filter(|(_, duties)| duties.is_empty()).map(|(it, _)| it).collect();
    assert!(uncaught.is_empty(), "no duty catches {uncaught:?}");
}
