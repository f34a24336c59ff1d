//! Every scenario under `tests/scenarios` is a test of its own: it holds on every model it names, and plays the same way
//! twice; one with programs comes to the verdict it states in every order, by whole calls and by frames unless it says which
//! of them. `cargo test --test scenarios -- events/` plays one folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use wspsim::explore::{Explored, Search, Verdict as Comes};
use wspsim::model::{Library, Source};
use wspsim::scenario::programs::{Granularity, Orders, Start};
use wspsim::scenario::{Diagnostic, Logging, Report, Scenario, Verdict, play};
use wspsim::world::machine::Machine;

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
        if scenario.has_programs() {
            let both = [Granularity::Call, Granularity::Frame];
            for granularity in both.into_iter().filter(|by| scenario.stated_granularity().is_none_or(|own| own == *by))
            {
                explore(&scenario, &machine, granularity)?;
            }
            continue;
        }
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

/// Every order of a scenario with programs comes to what the file says; what is wrong is shown by an ordinary scenario.
fn explore(scenario: &Scenario, machine: &Arc<Machine>, granularity: Granularity) -> Result<(), Failed> {
    let orders = match Orders::by(granularity, scenario, machine) {
        Start::Begins(orders) => orders,
        Start::Failed(report) => return Err(said(&report).into()),
        Start::NoPrograms => return Err("it has no programs".into()),
    };
    let found = Search::default().run(&*orders, &mut ());
    let judged = orders.judge(&found);
    let wanted =
        scenario.stated().map_or(judged.verdict == Comes::Holds, |stated| stated.fits(judged.verdict, judged.kind()));
    if !wanted {
        let wrong = judged.found.as_ref().map(|found| &found.wrong).or(judged.unreached.first());
        return Err(format!("{} on {} by {granularity:?}: {wrong:#?}", judged.verdict, machine.name).into());
    }
    let Some(found) = &judged.found else { return every_row_comes(&orders, &found) };
    let example = orders.counterexample(found, true);
    let shown = shown_by(&example.text, scenario, machine)?;
    if !example.shows || shown.verdict == Verdict::Held {
        return Err(format!("on {} this does not show it:\n{}", machine.name, example.text).into());
    }
    Ok(())
}

/// What a file allows is what can come, and no more.
fn every_row_comes<'a>(orders: &Orders<'a>, found: &Explored<Orders<'a>>) -> Result<(), Failed> {
    let came: BTreeSet<usize> = found.outcomes.values().flat_map(|seen| orders.rows_of(&seen.witness)).collect();
    let rows = orders.allowed_rows().into_iter().enumerate();
    match rows.into_iter().find(|(row, _)| !came.contains(row)) {
        Some((_, row)) => Err(format!("line {}: this came in no order: {}", row.line, row.text).into()),
        None => Ok(()),
    }
}

/// What a counterexample comes to when somebody else reads and plays it.
fn shown_by(text: &str, scenario: &Scenario, machine: &Arc<Machine>) -> Result<Report, Failed> {
    let source = Source::new(scenario.file(), text).map_err(|said| misread(&[said]))?;
    let read = Scenario::read(source, None).map_err(|said| format!("{}\n{text}", misread_text(&said)))?;
    Ok(play(&read, machine, Logging::On))
}

fn misread(diagnostics: &[Diagnostic]) -> Failed {
    misread_text(diagnostics).into()
}

fn misread_text(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
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
