//! Every scenario under `tests/scenarios` is a test of its own: it holds on every model it names, and plays the same way
//! twice. `cargo test --test scenarios -- events/` plays one folder.

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use wspsim::model::Library;
use wspsim::scenario::{Diagnostic, Logging, Report, Scenario, Verdict, play};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut found = Vec::new();
    scenario_files(&root, &mut found);
    assert!(!found.is_empty(), "no scenario below {}", root.display());
    let trials = found.into_iter().map(|path| {
        let name = path.strip_prefix(&root).unwrap_or(&path).with_extension("");
        Trial::test(name.display().to_string().replace('\\', "/"), move || play_file(&path))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// All scenarios below a folder, sorted. Models lie beside them and are told apart by their first word.
fn scenario_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            scenario_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ron") && !is_model(&path) {
            found.push(path);
        }
    }
}

fn is_model(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let code = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("//"));
    code.is_some_and(|line| line.starts_with("Model"))
}

fn play_file(path: &Path) -> Result<(), Failed> {
    let scenario = Scenario::load(path).map_err(|diagnostics| misread(&diagnostics))?;
    let mut library = Library::new();
    for model in scenario.models() {
        let machine = scenario.machine(&mut library, model).map_err(|diagnostics| misread(&diagnostics))?;
        let (first, second) = (play(&scenario, &machine, Logging::On), play(&scenario, &machine, Logging::On));
        if first.verdict != Verdict::Held {
            return Err(said(&first).into());
        }
        if (first.digest, &first.events) != (second.digest, &second.events) {
            return Err(format!("two plays on {model} differ").into());
        }
        if play(&scenario, &machine, Logging::Off).digest != first.digest {
            return Err(format!("on {model} the log changes what happens").into());
        }
    }
    Ok(())
}

fn misread(diagnostics: &[Diagnostic]) -> Failed {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect::<String>().into()
}

fn said(report: &Report) -> String {
    let lines = report.failures.iter().map(|failure| {
        format!(
            "{}:{}: {} on {}\n    expected {}\n    actual   {}\n    again    {}\n",
            report.file, failure.line, failure.title, report.model, failure.expected, failure.actual, failure.replay
        )
    });
    lines.collect()
}
