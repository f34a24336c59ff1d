//! What a played scenario leaves behind: the verdict, the events, the names people gave to things, and, when
//! something did not hold, a [`Failure`] that says what was expected, what came and how to see it again.
//!
//! Nothing here prints. A [`Diagnostic`] is bad input, found before anything was played; a [`Failure`] is a
//! disagreement between a scenario and the machine.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use crate::model::Diagnostic;
use crate::rules::RuleId;
use crate::world::checks::Breach;
use crate::world::event::Event;
use crate::world::ids::{Handle, Incarnation, SocketId, ThreadId, Window};
use crate::world::policy::{PolicyId, Profile};

/// How a scenario ended. Stuck, out of budget and failed are three different words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Every expectation held.
    Held,
    /// Something was not as the scenario says, or the machine broke an invariant.
    Failed,
    /// Nothing else disagreed, but a call still waits and nothing in the scenario will end it.
    Stuck,
    /// The budget of ops or of virtual time was spent before the end.
    OutOfBudget,
}

impl Verdict {
    /// The word for people and machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Stuck => "stuck",
            Self::OutOfBudget => "out of budget",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One scenario played on one model.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's file, as it was named.
    pub file: String,
    /// What the scenario says it is about.
    pub about: String,
    /// The model it was played on.
    pub model: String,
    /// The profile it was played under.
    pub profile: Profile,
    /// How it ended.
    pub verdict: Verdict,
    /// Steps played, those of `finally` not counted.
    pub played: usize,
    /// Ops chosen, start of the processes included.
    pub ops: usize,
    /// Everything that happened; empty when the log was off.
    pub events: Vec<Event>,
    /// Which event belongs to which step, in order; empty when the log was off.
    pub marks: Vec<StepMark>,
    /// What people called the things in the events; empty when the log was off.
    pub names: Names,
    /// What did not hold, in order.
    pub failures: Vec<Failure>,
    /// Broken duties under `contracts: warn`, as they would be told if they failed the scenario.
    pub warnings: Vec<Failure>,
    /// All duties that were broken, those included that the scenario expects.
    pub breaches: Vec<Breach>,
    /// The digest of the world after the last step.
    pub digest: u64,
}

impl Report {
    /// What it was played on: the model, and the profile if it is not the default.
    #[must_use]
    pub fn stack(&self) -> String {
        match self.profile {
            Profile::Documented => self.model.clone(),
            profile => format!("{} (profile {profile})", self.model),
        }
    }
}

/// The first event of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepMark {
    /// Index into [`Report::events`]. Events before the first mark belong to the start of the processes.
    pub event: usize,
    /// The step, from 0; steps of `finally` count on.
    pub step: usize,
    /// Its line in the file, from 1.
    pub line: u32,
}

/// What people called the things that appear in events as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Providers, by [`ShapeId`](crate::world::catalog::ShapeId).
    pub shapes: Vec<Arc<str>>,
    /// Processes, by incarnation.
    pub processes: Vec<Arc<str>>,
    /// Threads beyond a process's first: `target/worker`.
    pub threads: BTreeMap<ThreadId, Arc<str>>,
    /// Labels of handles and windows, in the order they were given.
    pub labels: Vec<Labelled>,
    /// Shared sockets, by the first label given to one of their descriptors.
    pub sockets: BTreeMap<SocketId, Arc<str>>,
    /// Blocks, by the token of their duplication.
    pub blocks: BTreeMap<u32, Arc<str>>,
    /// Catalog entries, by catalog id.
    pub entries: BTreeMap<u32, Arc<str>>,
}

/// A label and what it stood for from some event on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The owner.
    pub process: Incarnation,
    /// What was labelled.
    pub what: Named,
    /// The label.
    pub label: Arc<str>,
    /// Index of the first event after the label was given.
    pub since: usize,
}

/// What a label can stand for in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// A number of the owner's handle table: a socket, an event, a process handle.
    Handle(Handle),
    /// A window.
    Window(Window),
}

impl Names {
    /// The process's name.
    #[must_use]
    pub fn process(&self, process: Incarnation) -> Option<&str> {
        self.processes.get(process.0 as usize).map(|name| &**name)
    }

    /// The thread's name: that of its process for the first one.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> Option<&str> {
        match self.threads.get(&thread) {
            Some(name) => Some(name),
            None => self.process(thread.process),
        }
    }

    /// What a handle is called at some event. Numbers are reused, so the last label before that event counts; a
    /// label given by the very call the event belongs to counts too when nothing older is known.
    #[must_use]
    pub fn handle(&self, process: Incarnation, handle: Handle, event: usize) -> Option<&str> {
        self.label(process, Named::Handle(handle), event)
    }

    /// What a window is called.
    #[must_use]
    pub fn window(&self, process: Incarnation, window: Window) -> Option<&str> {
        self.label(process, Named::Window(window), usize::MAX)
    }

    fn label(&self, process: Incarnation, what: Named, event: usize) -> Option<&str> {
        let mut of_it = self.labels.iter().filter(|l| l.process == process && l.what == what);
        let first = of_it.next()?;
        let last = of_it.take_while(|l| l.since <= event).last();
        Some(&last.unwrap_or(first).label)
    }
}

/// What kind of disagreement a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureKind {
    /// A call gave something else than the step expects.
    Result,
    /// A step could not be played: the thread is busy, the process is gone, a label has no value.
    Step,
    /// A check did not hold.
    Check,
    /// A provider broke a duty, and the scenario does not expect it.
    Breach,
    /// A call returned and no step looked at it.
    Unclaimed,
    /// A call still waits at the end.
    Stuck,
    /// A budget was spent.
    Budget,
    /// Something was left over after everybody had cleaned up and gone.
    Leak,
    /// The machine broke one of its own invariants: a defect of the simulator.
    Invariant,
}

impl FailureKind {
    /// The word for machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Step => "step",
            Self::Check => "check",
            Self::Breach => "breach",
            Self::Unclaimed => "unclaimed",
            Self::Stuck => "stuck",
            Self::Budget => "budget",
            Self::Leak => "leak",
            Self::Invariant => "invariant",
        }
    }
}

/// As people read it: what was wrong, what was expected, what came, who took part, which rule says so.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "line {}: {}", self.line, self.title)?;
        writeln!(f, "  expected: {}", self.expected)?;
        writeln!(f, "  actual: {}", self.actual)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))?;
        self.rules.iter().try_for_each(|rule| writeln!(f, "  rule {rule} ({})", rule.source()))
    }
}

/// A disagreement between a scenario and the machine.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// The step's bytes in the source.
    pub span: Range<usize>,
    /// The step's line, from 1.
    pub line: u32,
    /// The step, from 0; `None` when it is about the scenario as a whole.
    pub step: Option<usize>,
    /// One sentence: who did what and what was wrong.
    pub title: String,
    /// What the scenario expects, in its own language.
    pub expected: String,
    /// What came, in the same language.
    pub actual: String,
    /// Who else takes part, one line each: who waits for what, who shares the socket.
    pub notes: Vec<String>,
    /// Rules that decided during the step.
    pub rules: Vec<RuleId>,
    /// Policies that decided during the step.
    pub policies: Vec<PolicyId>,
    /// The events of the failing step; empty when the log was off.
    pub events: Range<usize>,
    /// Earlier events of the sockets concerned, the last few, in order; empty when the log was off.
    pub earlier: Vec<usize>,
    /// The command that shows it again: `wspsim run FILE --model M`.
    pub replay: String,
}
