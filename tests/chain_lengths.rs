//! Whatever holds on one layer and on two holds on chains of every length: each scenario of the library that names both
//! is played once more on chains of four to seven elements.
//!
//! And no alarm is false: nothing that a scenario does makes the contract checker find fault with a faithful provider,
//! however many of them stand on one another.

use std::path::{Path, PathBuf};

use wspsim::model::Library;
use wspsim::scenario::{Logging, Override, Scenario, Verdict, play};
use wspsim::world::checks::Contracts;

/// A chain of every length, from the base alone to six layers over it.
const CHAINS: [&str; 7] =
    ["windows", "layer", "two-layers", "three-layers", "four-layers", "five-layers", "six-layers"];

/// The chains longer than two layers over a base.
const LONGER: &[&str] = CHAINS.split_at(3).1;

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

/// The scenarios below a folder of the library, with their files. What is no scenario is a model.
fn scenarios(folder: &str) -> impl Iterator<Item = (PathBuf, Scenario)> {
    let mut files = Vec::new();
    ron_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(folder), &mut files);
    files.into_iter().filter_map(|path| Scenario::load(&path).ok().map(|scenario| (path, scenario)))
}

/// Plays what holds on one and on two layers on the longer chains; how many plays that were, and what went wrong.
fn played(folder: &str) -> (usize, Vec<String>) {
    let (mut library, mut plays, mut wrong) = (Library::new(), 0, Vec::new());
    for (path, scenario) in scenarios(folder) {
        let names = |wanted: &str| scenario.models().any(|model| model == wanted);
        let of_a_length = OF_A_LENGTH.iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
        if of_a_length || !names("layer") || !names("two-layers") {
            continue;
        }
        for &model in LONGER {
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

/// Whether a scenario is about providers that break a duty.
fn is_about_breaches(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.contains("Breach("))
}

/// Plays a scenario on a chain, whether it is meant for that or not, and holds everybody to their duties. What was
/// told; `None` if nobody there could be faithful.
fn alarms(scenario: &Scenario, library: &mut Library, model: &str) -> Option<Vec<String>> {
    let fail = Override { contracts: Some(Contracts::Fail), ..Override::default() };
    let machine = scenario.machine_with(library, model, fail).ok().filter(|machine| machine.is_faithful())?;
    let breaches = play(scenario, &machine, Logging::Off).breaches;
    Some(breaches.iter().map(|breach| format!("{} on {model}: {breach:?}", scenario.file())).collect())
}

#[test]
fn nothing_makes_an_alarm_about_faithful_providers() {
    let (mut library, mut plays, mut wrong) = (Library::new(), [0; CHAINS.len()], Vec::new());
    let mut others = 0;
    for (path, scenario) in scenarios("") {
        if is_about_breaches(&path) {
            continue;
        }
        let named: Vec<String> = scenario.models().map(str::to_owned).collect();
        if CHAINS.iter().any(|chain| named.iter().any(|model| model == chain)) {
            for (at, model) in CHAINS.iter().enumerate() {
                let Some(told) = alarms(&scenario, &mut library, model) else { continue };
                plays[at] += 1;
                wrong.extend(told);
            }
        }
        for model in named.iter().filter(|model| !CHAINS.contains(&&***model)) {
            let Some(told) = alarms(&scenario, &mut library, model) else { continue };
            others += 1;
            wrong.extend(told);
        }
    }
    assert!(wrong.is_empty(), "{} false alarms: {wrong:#?}", wrong.len());
    assert!(plays.iter().all(|&plays| plays > 1000) && others > 500, "{plays:?} plays on chains, {others} on others");
}
