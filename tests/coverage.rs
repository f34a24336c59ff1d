//! Every documented error of a provider or an upcall, every rule and every answer of a policy is reached by a scenario
//! under `tests/scenarios`, or `src/contract/exempt.tsv` says why it cannot be.

use std::fs;
use std::path::{Path, PathBuf};

use wspsim::coverage::Coverage;
use wspsim::model::Library;
use wspsim::scenario::{Logging, Scenario, play};

#[test]
fn everything_is_reached_or_exempt() {
    let coverage = coverage(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios"));
    assert!(coverage.plays() > 1000, "the scenarios were played");
    let open = coverage.open();
    assert!(
        open.is_empty(),
        "no scenario reaches these any more, or yet:\n{open:#?}\n`wspsim coverage tests/scenarios` tells more"
    );
}

fn coverage(folder: &Path) -> Coverage {
    let (mut coverage, mut library) = (Coverage::new(), Library::new());
    let mut files = Vec::new();
    ron_files(folder, &mut files);
    for path in files {
        // What is no scenario is a model; `tests/scenarios.rs` would complain about anything else.
        let Ok(scenario) = Scenario::load(&path) else { continue };
        if scenario.goes_wrong() {
            continue;
        }
        for model in scenario.models() {
            let machine = scenario.machine(&mut library, model).expect("a model");
            coverage.add(&play(&scenario, &machine, Logging::On), machine.policies());
        }
    }
    coverage
}

fn ron_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            ron_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            found.push(path);
        }
    }
}
