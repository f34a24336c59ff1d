//! JSON Lines: an object for each scenario and model, and a summary.
//!
//! Fields: `wspsim`, `scenario`, `about`, `model`, `profile`, `verdict` (`holds`, `violated`, `stuck`, `out of budget`),
//! `stated` and `as_stated` (when the file states a verdict), `states`, `choices`, `spared`, `longest`, `runs`, `sampled`,
//! `spent` (null, or why it ended early), `seconds`, `outcomes` (`steps`: each named step's result, `times`, `schedule`,
//! `allowed`), `unreached` (checks of `sometimes`), `wrong` (null, or `kind`, `title`, `line`, `expected`, `came`,
//! `notes`, `schedule`), `saved` (null, or `file`, `steps`, `of_steps`, `shows`). The last line has one field,
//! `summary`: `explored`, `as_they_should_be`, `violated`, `stuck`, `out_of_budget`.

use serde_json::{Map, Value, json};
use wspsim::explore::{Explored, Schedule};
use wspsim::scenario::programs::{Orders, Wrong};
use wspsim::trace::json::VERSION;

use super::{Came, Told};
use crate::cli::output::Status;

pub(super) fn told(told: &Told<'_>) -> String {
    let mut line = json!({
        "wspsim": VERSION,
        "scenario": told.scenario.file(),
        "about": told.scenario.about(),
        "model": &*told.machine.name,
        "profile": told.machine.profile().to_string(),
        "verdict": told.verdict().name(),
    });
    let Some(fields) = line.as_object_mut() else { return String::new() };
    if let Some(stated) = told.scenario.stated() {
        fields.insert("stated".into(), stated.verdict.name().into());
        fields.insert("as_stated".into(), told.is_as_stated().into());
    }
    match &told.came {
        Came::Before(report) => {
            let said: Vec<&str> = report.failures.iter().map(|failure| &*failure.title).collect();
            fields.insert("before".into(), json!(said));
        }
        Came::Explored { found, judged, saved } => {
            fields.append(&mut counts(found));
            fields.insert("seconds".into(), told.seconds.into());
            fields.insert("outcomes".into(), outcomes(found));
            let unreached: Vec<Value> = judged.unreached.iter().map(|wrong| of_wrong(wrong, None)).collect();
            fields.insert("unreached".into(), unreached.into());
            let wrong = judged.found.as_ref().map(|found| of_wrong(&found.wrong, Some(&found.schedule)));
            fields.insert("wrong".into(), wrong.into());
            let saved = saved.as_ref().map(|saved| {
                let (steps, of_steps) = saved.steps;
                let file = saved.path.display().to_string();
                json!({"file": file, "steps": steps, "of_steps": of_steps, "shows": saved.shows})
            });
            fields.insert("saved".into(), saved.into());
        }
    }
    format!("{line}\n")
}

fn counts(found: &Explored<Orders<'_>>) -> Map<String, Value> {
    let progress = &found.progress;
    let counts = json!({
        "states": progress.states,
        "choices": progress.transitions,
        "spared": progress.spared,
        "longest": progress.depth_max,
        "runs": progress.runs,
        "sampled": found.sampled,
        "spent": found.spent.map(|spent| spent.name()),
    });
    counts.as_object().cloned().unwrap_or_default()
}

fn outcomes(found: &Explored<Orders<'_>>) -> Value {
    let named = found.outcomes.iter().filter(|(outcome, _)| !outcome.0.is_empty());
    let object = named.map(|(outcome, seen)| {
        let steps: Map<String, Value> =
            outcome.0.iter().map(|(name, came)| (name.to_string(), came.clone().into())).collect();
        let (times, schedule) = (seen.times, seen.witness.to_string());
        json!({"steps": steps, "times": times, "schedule": schedule, "allowed": seen.forbidden.is_none()})
    });
    object.collect()
}

fn of_wrong(wrong: &Wrong, schedule: Option<&Schedule>) -> Value {
    json!({
        "kind": wrong.kind.name(),
        "title": wrong.title,
        "line": wrong.at.map(|(_, line)| line),
        "expected": wrong.expected,
        "came": wrong.actual,
        "notes": wrong.notes,
        "schedule": schedule.map(ToString::to_string),
    })
}

pub(super) fn summary(statuses: &[Status]) -> String {
    let count = |wanted: Status| statuses.iter().filter(|status| **status == wanted).count();
    let summary = json!({"summary": {
        "explored": statuses.len() - count(Status::Wrong),
        "as_they_should_be": count(Status::Held),
        "violated": count(Status::Failed),
        "stuck": count(Status::Stuck),
        "out_of_budget": count(Status::OutOfBudget),
    }});
    format!("{summary}\n")
}
