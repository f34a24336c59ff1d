//! Whatever holds on one layer and on two holds on chains of every length: each scenario of the library that names both
//! is played once more on chains of three to seven elements.

use std::path::{Path, PathBuf};

use wspsim::model::Library;
use wspsim::scenario::{Logging, Scenario, Verdict, play};

/// The chains longer than two layers over a base.
const LONGER: [&str; 4] = ["three-layers", "four-layers", "five-layers", "six-layers"];

/// Scenarios that count what a chain of a certain length needs.
const OF_A_LENGTH: [&str; 1] = [
    // A handle table with room for so many handles.
    "s31-target-table-full",
];

fn ron_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            ron_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            found.push(path);
        }
    }
    found.sort();
}

/// Plays what holds on one and on two layers on the longer chains; how many plays that were, and what went wrong.
fn played(folder: &str) -> (usize, Vec<String>) {
    let mut files = Vec::new();
    ron_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(folder), &mut files);
    let (mut library, mut plays, mut wrong) = (Library::new(), 0, Vec::new());
    for path in files {
        let Ok(scenario) = Scenario::load(&path) else { continue };
        let names = |wanted: &str| scenario.models().any(|model| model == wanted);
        let of_a_length = OF_A_LENGTH.iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
        if of_a_length || !names("layer") || !names("two-layers") {
            continue;
        }
        for model in LONGER {
            let machine = scenario.machine(&mut library, model).expect("a built-in model");
            let report = play(&scenario, &machine, Logging::Off);
            plays += 1;
            if report.verdict != Verdict::Held {
                wrong.push(format!("{} on {model}: {:?}", path.display(), report.failures.first().map(|it| &it.title)));
            }
        }
    }
    (plays, wrong)
}

fn check(folder: &str, at_least: usize) {
    let (plays, wrong) = played(folder);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(plays >= at_least, "only {plays} plays of {folder}");
}

#[test]
fn the_hand_over_library_holds_on_chains_of_every_length() {
    check("handover", 200);
    check("blocks", 100);
    check("sharing", 150);
}

#[test]
fn closing_and_network_events_hold_on_chains_of_every_length() {
    check("close", 200);
    check("events", 500);
}

#[test]
fn the_rest_of_the_library_holds_on_chains_of_every_length() {
    check("chains", 20);
    check("processes", 50);
    check("overlapped", 10);
    check("calls", 100);
    check("blocking", 20);
    check("select", 10);
}
