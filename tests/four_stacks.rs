//! Sharing under overlapped and blocked calls holds on every kind of stack: each situation of the usage notes named
//! here has a scenario that is played over a base alone, one and two non-IFS layers, and an IFS layer.

use std::fs;
use std::path::Path;

use wspsim::scenario::Scenario;

const STACKS: [&str; 4] = ["windows", "layer", "two-layers", "ifs-layer"];

const SITUATIONS: [&str; 12] = ["S3", "S44", "S51", "S54", "S55", "S56", "S57", "S58", "S59", "S60", "S61", "S86"];

/// Situations that matter without overlapped operations too; these want a scenario with such operations.
const OVERLAPPED: [&str; 2] = ["S3", "S44"];

fn scenarios(folder: &Path, found: &mut Vec<(Scenario, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of scenarios").flatten() {
        let path = entry.path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if let Ok(scenario) = Scenario::load(&path) {
            found.push((scenario, fs::read_to_string(&path).expect("a scenario")));
        }
    }
}

#[test]
fn each_situation_is_played_on_all_of_them() {
    let mut found = Vec::new();
    scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios"), &mut found);
    for situation in SITUATIONS {
        let shows = |(scenario, text): &&(Scenario, String)| {
            let names = scenario.rules().iter().any(|rule| &**rule == situation);
            let stacks = STACKS.iter().all(|&stack| scenario.models().any(|model| model == stack));
            let overlapped = text.contains("overlapped: ") || !OVERLAPPED.contains(&situation);
            names && stacks && overlapped
        };
        assert!(found.iter().any(|scenario| shows(&scenario)), "no scenario shows {situation} on all of {STACKS:?}");
    }
}
