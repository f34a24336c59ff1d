//! JSON Lines: an object for each scenario and model, and a summary.
//!
//! Fields: `wspsim`, `scenario`, `about`, `model`, `profile`, `part` (`k/n`, when it is one), `verdict` (`holds`,
//! `violated`, `stuck`, `out of budget`), `stated` and `as_stated` (when the file states a verdict), `states`, `choices`,
//! `spared`, `longest`, `runs`, `sampled`, `spent` (null, or why it ended early), `seconds` (not of `merge`), `outcomes`
//! (`steps`: each named step's result, `times`, `schedule`, `allowed`), `unreached` (checks of `sometimes`), `never_came`
//! (combinations of `allowed` that no order came to: `line`, `combination`), `wrong` (null, or `kind`, `title`, `line`,
//! `expected`, `came`, `notes`, `schedule`), `saved` (null, or `file`, `steps`, `of_steps`, `shows`), `coverage` (with
//! `--result` and of `merge`: the `rules`, `errors` and `policies` that the orders of all outcomes reach). A scenario
//! whose steps before the programs do not hold has `before` in place of all from `states` on. The last line has one
//! field, `summary`: `explored`, `as_they_should_be`, `violated`, `stuck`, `out_of_budget`.

use serde_json::{Map, Value, json};
use wspsim::trace::json::VERSION;

use super::Told;
use super::findings::{Findings, Outcome};
use crate::cli::output::Status;

pub(crate) fn told(told: &Told) -> String {
    let findings = &told.findings;
    let mut line = json!({
        "wspsim": VERSION,
        "scenario": findings.scenario,
        "about": findings.about,
        "model": findings.model,
        "profile": findings.profile,
    });
    let Some(fields) = line.as_object_mut() else { return String::new() };
    if !told.part.is_whole() {
        fields.insert("part".into(), told.part.to_string().into());
    }
    fields.insert("verdict".into(), findings.verdict(told.part).name().into());
    if let Some(stated) = &findings.stated {
        fields.insert("stated".into(), (&*stated.verdict).into());
        fields.insert("as_stated".into(), findings.is_as_stated(told.part).into());
    }
    if findings.before.is_empty() {
        fields.append(&mut explored(told));
    } else {
        let said: Vec<&str> = findings.before.iter().map(|failure| &*failure.title).collect();
        fields.insert("before".into(), json!(said));
    }
    format!("{line}\n")
}

fn explored(told: &Told) -> Map<String, Value> {
    let findings = &told.findings;
    let mut fields = counts(findings);
    if let Some(seconds) = told.seconds {
        fields.insert("seconds".into(), seconds.into());
    }
    fields.insert(
        "outcomes".into(),
        findings.outcomes.iter().filter(|outcome| !outcome.steps.is_empty()).map(outcome).collect(),
    );
    fields.insert("unreached".into(), json!(findings.unreached().collect::<Vec<_>>()));
    fields.insert("never_came".into(), json!(findings.never_came().collect::<Vec<_>>()));
    fields.insert("wrong".into(), json!(findings.wrong()));
    let saved = told.saved.as_ref().map(|saved| {
        let (steps, of_steps) = saved.steps;
        let file = saved.path.display().to_string();
        json!({"file": file, "steps": steps, "of_steps": of_steps, "shows": saved.shows})
    });
    fields.insert("saved".into(), saved.into());
    if told.covers {
        fields.insert("coverage".into(), json!(findings.coverage()));
    }
    fields
}

fn counts(findings: &Findings) -> Map<String, Value> {
    let counts = json!({
        "states": findings.states,
        "choices": findings.choices,
        "spared": findings.spared,
        "longest": findings.longest,
        "runs": findings.runs,
        "sampled": findings.sampled,
        "spent": findings.spent,
    });
    counts.as_object().cloned().unwrap_or_default()
}

fn outcome(outcome: &Outcome) -> Value {
    json!({
        "steps": outcome.steps,
        "times": outcome.times,
        "schedule": outcome.schedule,
        "allowed": outcome.forbidden.is_none(),
    })
}

pub(crate) fn summary(statuses: &[Status]) -> String {
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
