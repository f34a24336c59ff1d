//! Every scenario under `tests/scenarios` holds on every model it names, and plays the same way twice.

use std::path::{Path, PathBuf};

use wspsim::model::Library;
use wspsim::scenario::{Logging, Report, Scenario, Verdict, play};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            found.push(path);
        }
    }
}

fn said(report: &Report) -> String {
    let lines = report.failures.iter().map(|failure| {
        let notes: String = failure.notes.iter().map(|note| format!("\n    note: {note}")).collect();
        format!(
            "{}:{}: {} on `{}`\n    expected {}\n    actual   {}{notes}\n    replay   {}\n",
            report.file, failure.line, failure.title, report.model, failure.expected, failure.actual, failure.replay
        )
    });
    lines.collect()
}

#[test]
fn every_scenario_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut found = Vec::new();
    files(&folder, &mut found);
    let (mut library, mut wrong) = (Library::new(), String::new());
    for file in found {
        let scenario = match Scenario::load(&file) {
            Ok(scenario) => scenario,
            Err(diagnostics) => {
                wrong.extend(diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")));
                continue;
            }
        };
        for model in scenario.models() {
            let machine = match scenario.machine(&mut library, model) {
                Ok(machine) => machine,
                Err(diagnostics) => {
                    wrong.extend(diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")));
                    continue;
                }
            };
            let report = play(&scenario, &machine, Logging::On);
            let quiet = play(&scenario, &machine, Logging::Off);
            assert_eq!(report.digest, quiet.digest, "{} on {model}: two runs differ", file.display());
            if report.verdict != Verdict::Held {
                wrong.push_str(&said(&report));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
