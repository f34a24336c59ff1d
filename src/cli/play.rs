//! From a file to what came of playing it.

use std::sync::Arc;

use wspsim::model::{Diagnostic, Library, Source};
use wspsim::scenario::{Logging, Override, Report, Scenario, Verdict, play};
use wspsim::world::machine::Machine;
use wspsim::world::policy::Policies;

use super::files::{self, Found};

/// A scenario and the machines it is to be played on.
pub(crate) struct Plan {
    scenario: Scenario,
    stacks: Vec<Arc<Machine>>,
}

/// A scenario played on one machine.
pub(crate) struct Played {
    pub(crate) report: Report,
    /// The answers that were in force.
    pub(crate) policies: Policies,
    /// The scenario's text.
    pub(crate) source: Source,
}

/// A scenario file and what came of it.
pub(crate) struct Outcome {
    /// The file, as it was named.
    pub(crate) file: String,
    /// The plays, or what is wrong with the file.
    pub(crate) plays: Result<Vec<Played>, Vec<Diagnostic>>,
}

/// How many plays ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) scenarios: usize,
    pub(crate) held: usize,
    pub(crate) failed: usize,
    pub(crate) stuck: usize,
    pub(crate) out_of_budget: usize,
    /// Files that could not be played.
    pub(crate) wrong: usize,
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        match &outcome.plays {
            Err(_) => self.wrong += 1,
            Ok(plays) => {
                self.scenarios += 1;
                plays.iter().for_each(|played| self.count_verdict(played.report.verdict));
            }
        }
    }

    fn count_verdict(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Held => self.held += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Stuck => self.stuck += 1,
            Verdict::OutOfBudget => self.out_of_budget += 1,
        }
    }

    pub(crate) fn plays(&self) -> usize {
        self.held + self.failed + self.stuck + self.out_of_budget
    }
}

/// Whether a scenario file can be played on all its machines.
pub(crate) fn check(file: &Found, library: &mut Library) -> Result<(), Vec<Diagnostic>> {
    plan(file, library, &Wanted::default()).map(|_| ())
}

/// What the command line says about the machines to play on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Only this one of the models a scenario names.
    pub(crate) model: Option<&'a str>,
    /// What the command line wants otherwise than a scenario says.
    pub(crate) instead: Override,
}

/// Reads a scenario and the models it names, or the one among them that is asked for.
pub(crate) fn plan(file: &Found, library: &mut Library, wanted: &Wanted<'_>) -> Result<Plan, Vec<Diagnostic>> {
    let scenario = Scenario::read(file.source.clone(), Some(file.path.clone()))?;
    let models: Vec<String> =
        scenario.models().filter(|model| wanted.model.is_none_or(|only| only == *model)).map(str::to_owned).collect();
    let (mut stacks, mut wrong) = (Vec::new(), Vec::new());
    for model in models {
        match scenario.machine_with(library, &model, wanted.instead) {
            Ok(machine) => stacks.push(machine),
            Err(said) => wrong.extend(said),
        }
    }
    if wrong.is_empty() { Ok(Plan { scenario, stacks }) } else { Err(wrong) }
}

impl Plan {
    /// The scenario.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The machines to play on.
    pub(crate) fn stacks(&self) -> &[Arc<Machine>] {
        &self.stacks
    }

    /// A scenario that does not name the model asked for is passed over in a folder, and a mistake when it is named.
    pub(crate) fn is_not_for(&self, file: &Found, only: Option<&str>) -> Option<Diagnostic> {
        let only = only.filter(|_| self.is_empty() && file.named)?;
        let title = format!("the scenario is not for model `{}`", wspsim::model::explain::shortened(only));
        Some(files::about(&file.path, &title).with_help(format!("it names {}", self.models().join(", "))))
    }

    /// Whether there is a machine to play on.
    pub(crate) fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// Whether to leave it to `explore`: its programs go wrong in some order, and nobody has asked for it by name.
    pub(crate) fn is_for_explore(&self, file: &Found) -> bool {
        !file.named && self.scenario.goes_wrong()
    }

    /// The models the scenario names.
    pub(crate) fn models(&self) -> Vec<&str> {
        self.scenario.models().collect()
    }

    /// Plays on every machine. A play that fails is played again with a log, so that it can be told about.
    pub(crate) fn play(&self, log: bool) -> Vec<Played> {
        self.stacks.iter().map(|machine| self.play_on(machine, log)).collect()
    }

    fn play_on(&self, machine: &Arc<Machine>, log: bool) -> Played {
        let logging = if log { Logging::On } else { Logging::Off };
        let mut report = play(&self.scenario, machine, logging);
        if !log && (report.verdict != Verdict::Held || !report.warnings.is_empty()) {
            report = play(&self.scenario, machine, Logging::On);
        }
        Played { report, policies: *machine.policies(), source: self.scenario.source().clone() }
    }
}
