//! A scenario that has been read and found in order: a program for the player.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::calls::Call;
use super::check::Check;
use super::expect::Expect;
use super::file::{Budget, HappenStep, Wakes};
use super::load;
use super::play::{Logging, play};
use super::program_form::FirstProcess;
use super::programs::{Granularity, ItemId, Programs, Stated};
use super::reader::{Slot, SlotId, Thread, ThreadRef};
use super::report::Report;
use crate::model::changes::{LimitChanges, PolicyChanges};
use crate::model::items::end_of_item;
use crate::model::{Diagnostic, Library, Missing, Source};
use crate::world::checks::Contracts;
use crate::world::machine::Machine;
use crate::world::policy::Profile;

/// What a step does.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Call(ThreadRef, Box<Call>),
    Returns(ThreadRef),
    Answers(ThreadRef, i32),
    Happens(Box<HappenStep>),
    Check(Box<Check>),
}

/// One step, checked.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub action: Action,
    pub gives: Option<SlotId>,
    pub expect: Expect,
    /// At which frame border its call stops; `None`: at none.
    pub borders: Option<u32>,
    /// Its first byte.
    pub start: u32,
    /// The first byte of what it expects; 0 if it says nothing.
    pub expect_at: u32,
    /// Its line, from 1.
    pub line: u32,
}

impl Step {
    /// The thread it is on.
    pub(super) fn on(&self) -> Option<ThreadRef> {
        match self.action {
            Action::Call(on, _) | Action::Returns(on) | Action::Answers(on, _) => Some(on),
            Action::Happens(_) | Action::Check(_) => None,
        }
    }

    /// The name of a process it makes.
    pub(super) fn made(&self) -> Option<SlotId> {
        match &self.action {
            Action::Call(_, call) => match &**call {
                Call::CreateProcess { name, .. } => Some(name.0),
                _ => None,
            },
            Action::Happens(happens) => match &**happens {
                HappenStep::Start { process, .. } => Some(process.0),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What somebody who plays a scenario wants otherwise than it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// The profile.
    pub profile: Option<Profile>,
    /// Whether providers are held to their duties.
    pub contracts: Option<Contracts>,
}

fn set_contracts(machine: &mut Arc<Machine>, contracts: Contracts) {
    if machine.contracts != contracts {
        Arc::make_mut(machine).contracts = contracts;
    }
}

/// A scenario that has been read and found in order.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) source: Arc<Source>,
    pub(super) path: Option<PathBuf>,
    pub(super) about: Arc<str>,
    pub(super) rules: Vec<Arc<str>>,
    pub(super) models: Vec<(Arc<str>, Range<usize>)>,
    pub(super) profile: Option<Profile>,
    pub(super) policies: PolicyChanges,
    pub(super) limits: LimitChanges,
    pub(super) budget: Budget,
    pub(super) contracts: Option<Contracts>,
    pub(super) processes: Vec<FirstProcess>,
    pub(super) slots: Vec<Slot>,
    pub(super) threads: Vec<Thread>,
    pub(super) steps: Vec<Step>,
    /// What the threads do after that, in any order.
    pub(super) programs: Arc<Programs>,
    pub(super) wakes: Wakes,
    pub(super) finally: Vec<Step>,
    /// Whether a check looks at the log.
    pub(super) needs_log: bool,
    /// Whether a check looks at shared sockets by label.
    pub(super) needs_sockets: bool,
}

impl Scenario {
    /// Reads a scenario from a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, up to twenty complaints.
    pub fn load(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::read(path).map_err(|diagnostic| vec![diagnostic])?;
        Self::read(source, Some(path.to_owned()))
    }

    /// Reads a scenario from a text; `path` says where it would stand, for the models it names.
    ///
    /// # Errors
    /// Everything that is wrong with it, up to twenty complaints.
    pub fn read(source: Source, path: Option<PathBuf>) -> Result<Self, Vec<Diagnostic>> {
        let source = Arc::new(source);
        let mut scenario = load::read(&source)?;
        scenario.path = path;
        Ok(scenario)
    }

    /// Plays it on every model it names, with everything that happens in the reports.
    ///
    /// # Errors
    /// When a model is not there, or something is wrong with it.
    pub fn play(&self, library: &mut Library) -> Result<Vec<Report>, Vec<Diagnostic>> {
        self.models()
            .map(|model| self.machine(library, model).map(|machine| play(self, &machine, Logging::On)))
            .collect()
    }

    /// The file, as it was named.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.file
    }

    /// The text it was read from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What it is about.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What it is evidence for.
    #[must_use]
    pub fn rules(&self) -> &[Arc<str>] {
        &self.rules
    }

    /// The models it must hold on.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|(name, _)| &**name)
    }

    /// How much it may use up.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// How many steps it has, those of `finally` not counted.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The bytes of a step; steps of `finally` count on.
    #[must_use]
    pub fn span(&self, step: usize) -> Range<usize> {
        self.step(step).map_or(0..0, |step| step.start as usize..end_of_item(&self.source.text, step.start as usize))
    }

    /// Whether its threads have programs, whose order is for the explorer to choose.
    #[must_use]
    pub fn has_programs(&self) -> bool {
        self.programs.given
    }

    /// What one choice of an order is, as the file says; a whole call if it does not.
    #[must_use]
    pub fn granularity(&self) -> Granularity {
        self.programs.granularity.unwrap_or_default()
    }

    /// What one choice of an order is, if what the file says of its programs depends on it.
    #[must_use]
    pub fn stated_granularity(&self) -> Option<Granularity> {
        self.programs.granularity
    }

    /// The verdict the file says it has when explored.
    #[must_use]
    pub fn stated(&self) -> Option<Stated> {
        self.programs.stated
    }

    /// Whether the file says that its programs go wrong in some order. A play takes one order, which may be that one, so
    /// whoever plays all scenarios of a folder passes over such a file.
    #[must_use]
    pub fn goes_wrong(&self) -> bool {
        self.stated().is_some_and(|stated| stated.verdict != crate::explore::Verdict::Holds)
    }

    /// What a step does; those of the programs count on behind those before them.
    pub(super) fn action(&self, step: usize) -> Option<&Action> {
        let of_program = || Some(&self.programs.item(ItemId(step as u32))?.step.action);
        self.steps.get(step).map(|step| &step.action).or_else(of_program)
    }

    /// All checks there are.
    pub(super) fn all_checks(&self) -> impl Iterator<Item = &Check> {
        let steps = self.steps.iter().chain(&self.finally).filter_map(|step| match &step.action {
            Action::Check(check) => Some(&**check),
            _ => None,
        });
        steps.chain(self.programs.checks())
    }

    /// Notes what its checks need.
    pub(super) fn note_checks(&mut self) {
        let needs = |what: fn(&Check) -> bool| self.all_checks().any(what);
        (self.needs_log, self.needs_sockets) = (needs(Check::needs_log), needs(Check::needs_sockets));
    }

    /// A step; those of `finally` count on.
    pub(super) fn step(&self, step: usize) -> Option<&Step> {
        self.steps.get(step).or_else(|| self.finally.get(step.checked_sub(self.steps.len())?))
    }

    /// The profile it names; without one that of the model counts.
    #[must_use]
    pub fn profile(&self) -> Option<Profile> {
        self.profile
    }

    /// The machine to play on: the model of this name with this scenario's profile, policies and limits.
    ///
    /// # Errors
    /// When there is no such model, or something is wrong with it.
    pub fn machine(&self, library: &mut Library, model: &str) -> Result<Arc<Machine>, Vec<Diagnostic>> {
        self.machine_with(library, model, Override::default())
    }

    /// The machine to play on, with a profile that replaces the one the scenario names.
    ///
    /// # Errors
    /// When there is no such model, or something is wrong with it.
    pub fn machine_under(
        &self,
        library: &mut Library,
        model: &str,
        profile: Option<Profile>,
    ) -> Result<Arc<Machine>, Vec<Diagnostic>> {
        self.machine_with(library, model, Override { profile, ..Override::default() })
    }

    /// The machine to play on, with answers that replace the scenario's own.
    ///
    /// # Errors
    /// When there is no such model, or something is wrong with it.
    pub fn machine_with(
        &self,
        library: &mut Library,
        model: &str,
        wanted: Override,
    ) -> Result<Arc<Machine>, Vec<Diagnostic>> {
        match library.model(model, self.path.as_deref()) {
            Ok(model) => {
                let profile = wanted.profile.or(self.profile);
                let contracts = wanted.contracts.or(self.contracts).or(model.contracts());
                let mut machine = model.changed(profile, &self.policies, &self.limits);
                set_contracts(&mut machine, contracts.unwrap_or(Contracts::Fail));
                Ok(machine)
            }
            Err(Missing::Bad(diagnostics)) => Err(diagnostics),
            Err(Missing::Unknown { label, help }) => {
                let named = self.models.iter().find(|(name, _)| **name == *model);
                let span = named.map_or(0..0, |(_, span)| span.clone());
                let title = format!("there is no model `{}`", crate::model::explain::shortened(model));
                Err(vec![Diagnostic { help, ..self.source.diagnostic(span, title, label) }])
            }
        }
    }
}
