//! From what a search found to plain data.

use std::hash::{Hash, Hasher};

use serde_json::{Map, Value};
use wspsim::coverage::Coverage;
use wspsim::explore::{Explored, Schedule, Spent};
use wspsim::scenario::programs::Orders;
use wspsim::scenario::{Logging, Report, Scenario, play_to_end};
use wspsim::world::digest::Digest;
use wspsim::world::machine::Machine;

use super::findings::{Bad, Before, Findings, Outcome, Reached, Row, Says, Sometimes};
use super::result::hex;
use std::sync::Arc;

/// What is known before anything was looked at.
pub(super) fn nothing(scenario: &Scenario, machine: &Machine, sampled: bool) -> Findings {
    Findings {
        scenario: scenario.file().to_owned(),
        text: hex(digest(&scenario.source().text)),
        about: scenario.about().to_owned(),
        model: machine.name.to_string(),
        // A machine has no hash: it holds providers that users write.
        machine: hex(digest(&format!("{machine:?}"))),
        profile: machine.profile().to_string(),
        rules: scenario.rules().iter().map(ToString::to_string).collect(),
        stated: scenario.stated().map(Says::of),
        sampled,
        ..Findings::default()
    }
}

/// The steps before the programs did not hold.
pub(super) fn before(findings: Findings, report: &Report) -> Findings {
    let failures = report.failures.iter();
    let before = failures.map(|failure| Before { line: failure.line, title: failure.title.clone() }).collect();
    Findings { before, ..findings }
}

/// Nobody got to it before the search was interrupted.
pub(super) fn unexplored(findings: Findings) -> Findings {
    Findings { spent: Some(Spent::Interrupted.name().to_owned()), ..findings }
}

/// What a search found. `covers`: the order of each outcome is played again, to see what it reaches.
pub(super) fn of(
    findings: Findings,
    orders: &Orders<'_>,
    machine: &Arc<Machine>,
    found: &Explored<Orders<'_>>,
    covers: bool,
) -> Findings {
    let progress = &found.progress;
    let outcomes = found.outcomes.iter().map(|(outcome, seen)| {
        let steps: Map<String, Value> =
            outcome.0.iter().map(|(name, came)| (name.to_string(), came.clone().into())).collect();
        let forbidden = seen.forbidden.as_ref().map(|wrong| Bad::of(wrong, Some(&orders.replay(&seen.witness))));
        Outcome {
            steps,
            times: seen.times,
            schedule: orders.replay(&seen.witness).to_string(),
            rows: if forbidden.is_some() { Vec::new() } else { orders.rows_of(&seen.witness) },
            forbidden,
            ends: seen.ends.iter().copied().map(hex).collect(),
            coverage: if covers { reached(orders, machine, &seen.witness) } else { Reached::default() },
        }
    });
    let sometimes = orders.sometimes().into_iter().enumerate().map(|(at, check)| Sometimes {
        check: Bad::of(&check, None),
        schedule: found.reached_by.get(&(at as u32)).map(|schedule| orders.replay(schedule).to_string()),
    });
    let rows = orders.allowed_rows().into_iter().map(|row| Row { line: row.line, combination: row.text });
    Findings {
        states: progress.states,
        choices: progress.transitions,
        spared: progress.spared,
        longest: progress.depth_max,
        runs: progress.runs,
        sampled: found.sampled,
        spent: found.spent.map(|spent| spent.name().to_owned()),
        outcomes: outcomes.collect(),
        sometimes: sometimes.collect(),
        allowed: rows.collect(),
        violated: found.violated.as_ref().map(|found| Bad::of(&found.wrong, Some(&orders.replay(&found.schedule)))),
        stuck: found.stuck.as_ref().map(|found| Bad::of(&found.wrong, Some(&orders.replay(&found.schedule)))),
        ..findings
    }
}

/// What one order reaches.
fn reached(orders: &Orders<'_>, machine: &Arc<Machine>, schedule: &Schedule) -> Reached {
    let report = play_to_end(&orders.scenario_of_run(schedule), machine, Logging::On).0;
    let mut coverage = Coverage::new();
    coverage.add(&report, machine.policies());
    Reached {
        rules: coverage.rules().map(|rule| rule.to_string()).collect(),
        errors: coverage.errors().map(|(function, error)| format!("{function} {error}")).collect(),
        policies: coverage.policies().map(|(policy, answer)| format!("{}: {answer}", policy.name())).collect(),
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = Digest::default();
    text.hash(&mut hasher);
    hasher.finish()
}
