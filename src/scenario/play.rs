//! Plays a scenario: steps become ops of a [`World`], what comes of them is compared with what was expected.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::build::Builder;
use super::calls::Call;
use super::check::Check;
use super::file::HappenStep;
use super::judge::{self, Came};
use super::naming;
use super::program::{Action, Scenario, Step};
use super::programs::{Granularity, Orders, Start};
use super::reader::{SlotId, ThreadRef};
use super::report::{Failure, FailureKind, Names, Report, StepMark};
use super::seen::{Past, Seen};
use super::values::{Held, Obstacle, Values};
use crate::abi::client::{ApiCall, Call as ClientCall, CallResult, Value};
use crate::abi::consts::WINSOCK_VERSION_2_2;
use crate::world::World;
use crate::world::checks::Breach;
use crate::world::ids::{Handle, Incarnation, ProcessId, ThreadId};
use crate::world::log::Log;
use crate::world::machine::Machine;
use crate::world::op::{Op, Outcome, Rejection};
use crate::world::program::Program;

/// Whether a report tells everything that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logging {
    /// It does.
    On,
    /// It tells the verdict and the failures only, and costs less.
    Off,
}

/// After so many failures nobody wants to read on.
const FAILURES_MAX: usize = 20;

/// Plays a scenario on a machine, which [`Scenario::machine`] gives. Of programs one order is played: their threads take
/// turns.
#[must_use]
pub fn play(scenario: &Scenario, machine: &Arc<Machine>, logging: Logging) -> Report {
    play_to_end(scenario, machine, logging).0
}

/// Plays a scenario on a machine and hands out the world it ends with, too.
#[must_use]
pub fn play_to_end(scenario: &Scenario, machine: &Arc<Machine>, logging: Logging) -> (Report, World) {
    match Orders::by(Granularity::Call, scenario, machine) {
        Start::NoPrograms => play_steps(scenario, machine, logging),
        Start::Begins(orders) => play_steps(&orders.scenario_of_run(&orders.in_turn()), machine, logging),
        Start::Failed(_) => {
            let steps = Scenario { programs: Arc::default(), ..scenario.clone() };
            play_steps(&steps, machine, logging)
        }
    }
}

fn play_steps(scenario: &Scenario, machine: &Arc<Machine>, logging: Logging) -> (Report, World) {
    let mut player = Player::new(scenario, machine, logging);
    player.start();
    let played = player.steps();
    player.end();
    player.report(played)
}

/// A call that did not return at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Waiting {
    /// The step that made it.
    pub step: usize,
    /// What it returned since.
    pub result: Option<CallResult>,
}

/// A thread of the scenario as it is now.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ThreadState {
    /// The thread of the machine, for threads beyond a process's first.
    pub made: Option<ThreadId>,
    /// Calls that did not return at once, the innermost last.
    pub waiting: Vec<Waiting>,
    /// Whether a failure has been reported that makes further steps of this thread pointless.
    pub given_up: bool,
}

crate::world::copy::clone_by_fields!(ThreadState { made, waiting, given_up });

impl ThreadState {
    /// Hashes it with its steps counted from one of them.
    pub(super) fn hash_from<H: Hasher>(&self, first: usize, state: &mut H) {
        let Self { made, waiting, given_up } = self;
        made.hash(state);
        waiting.len().hash(state);
        for Waiting { step, result } in waiting {
            step.wrapping_sub(first).hash(state);
            result.hash(state);
        }
        given_up.hash(state);
    }
}

/// Nothing more can be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The op cannot happen.
    Rejected(Rejection),
    /// A budget is spent, or an invariant is broken; this has been reported.
    Over,
}

pub(super) struct Player<'a> {
    pub scenario: &'a Scenario,
    pub machine: &'a Arc<Machine>,
    pub world: World,
    pub log: Log,
    pub values: Values,
    pub threads: Vec<ThreadState>,
    /// Threads beyond the first whose process does not run yet.
    pub unmade: Vec<ThreadRef>,
    /// Calls that have neither returned nor died.
    pub parked: usize,
    pub ops: u64,
    /// Ops until the invariants are checked again.
    pub unchecked: usize,
    /// Changes of the catalogs after the last op.
    pub changes: u32,
    /// Shared sockets after the last op.
    pub sockets: usize,
    /// What went on by itself: after which step, which thread.
    pub ran: Vec<(usize, ThreadRef)>,
    /// The step being played, and the first event that belongs to it.
    pub step: Option<usize>,
    pub first_event: usize,
    pub failures: Vec<Failure>,
    pub warnings: Vec<Failure>,
    pub breaches: Vec<Breach>,
    pub marks: Vec<StepMark>,
    pub names: Names,
    pub logging: Logging,
    pub over: bool,
}

impl<'a> Player<'a> {
    pub(super) fn new(scenario: &'a Scenario, machine: &'a Arc<Machine>, logging: Logging) -> Self {
        let log = logging == Logging::On || scenario.needs_log;
        let unmade = scenario.threads.iter().enumerate().filter(|(_, thread)| thread.index > 0);
        Self {
            scenario,
            machine,
            world: World::new(Arc::clone(machine)),
            log: if log { Log::on() } else { Log::off() },
            values: Values::new(&scenario.slots),
            threads: vec![ThreadState::default(); scenario.threads.len()],
            unmade: unmade.map(|(at, _)| ThreadRef(at as u32)).collect(),
            parked: 0,
            ops: 0,
            unchecked: 0,
            changes: 0,
            sockets: 0,
            ran: Vec::new(),
            step: None,
            first_event: 0,
            failures: Vec::new(),
            warnings: Vec::new(),
            breaches: Vec::new(),
            marks: Vec::new(),
            names: if logging == Logging::On { naming::of_machine(machine) } else { Names::default() },
            logging,
            over: false,
        }
    }

    /// What can be said of the run so far.
    pub(super) fn seen(&self) -> Seen<'_> {
        Seen {
            scenario: self.scenario,
            machine: self.machine,
            world: &self.world,
            values: &self.values,
            threads: &self.threads,
            past: Past::Log(&self.log),
        }
    }

    /// Whether the report will contain the events.
    pub(super) fn is_reporting_events(&self) -> bool {
        self.logging == Logging::On
    }

    /// Lets an op happen, within the budget, and checks the machine's books afterwards.
    pub(super) fn op(&mut self, op: Op) -> Result<Outcome, Stop> {
        if self.ops >= self.scenario.budget().ops {
            let budget = format!("at most {} ops", self.scenario.budget().ops);
            self.fail(FailureKind::Budget, "the budget of ops is spent", budget, "more are needed");
            self.over = true;
            return Err(Stop::Over);
        }
        self.ops += 1;
        let outcome = self.world.step(op, &mut self.log).map_err(Stop::Rejected)?;
        self.note_breaches();
        self.forget_gone_sockets();
        self.name_new_entries();
        self.check_invariants();
        if self.over { Err(Stop::Over) } else { Ok(outcome) }
    }

    /// Lets an op of a thread happen, to so many frame borders at most.
    pub(super) fn op_within(&mut self, op: Op, thread: ThreadId, borders: Option<u32>) -> Result<Outcome, Stop> {
        let Some(borders) = borders else { return self.op(op) };
        let mut outcome = self.op(Op::ToBorder(Box::new(op)))?;
        for _ in 1..borders {
            if outcome != Outcome::Paused {
                break;
            }
            outcome = self.op(Op::ToBorder(Box::new(Op::Run { thread })))?;
        }
        Ok(outcome)
    }

    /// What has been installed gets its name in the report.
    fn name_new_entries(&mut self) {
        let changes = self.world.installed().changes();
        if self.logging == Logging::On && changes != self.changes {
            self.changes = changes;
            naming::installed(&mut self.names, self.world.installed());
        }
    }

    /// Numbers of shared sockets are given again at once: a label must not come to mean another socket.
    fn forget_gone_sockets(&mut self) {
        let sockets = self.world.afd().len();
        if self.scenario.needs_sockets && sockets < self.sockets {
            self.values.forget_gone_sockets(&self.world);
        }
        self.sockets = sockets;
    }

    /// Checks after every op while the world is small; later as often as keeps the cost of a long scenario linear.
    fn check_invariants(&mut self) {
        if self.unchecked > 0 {
            self.unchecked -= 1;
            return;
        }
        const SMALL: usize = 64;
        self.unchecked = (self.world.afd().len() + self.world.duplications().iter().count()) / SMALL;
        self.check_invariants_now();
    }

    pub(super) fn check_invariants_now(&mut self) {
        if let Err(broken) = self.world.check_invariants() {
            self.fail(FailureKind::Invariant, "the machine broke an invariant of its own", "books that add up", broken);
            self.over = true;
        }
    }

    pub(super) fn start(&mut self) {
        for first in &self.scenario.processes {
            self.start_process(first.slot, None, (false, true), first.program.clone());
        }
    }

    fn start_process(
        &mut self,
        slot: SlotId,
        id: Option<ProcessId>,
        (suspended, winsock): (bool, bool),
        program: Program,
    ) {
        match self.op(Op::StartProcess { id, suspended, program }) {
            Ok(Outcome::Started(process, id)) => self.process_appeared(slot, process, id),
            Ok(_) | Err(Stop::Over) => return,
            Err(Stop::Rejected(why)) => return self.rejected(why),
        }
        if winsock {
            self.start_winsock(slot);
        }
    }

    fn process_appeared(&mut self, slot: SlotId, process: Incarnation, id: ProcessId) {
        self.values.set(slot, Held::Process { process, id });
        if self.logging == Logging::On {
            let name = Arc::clone(&self.scenario.slots[slot.0 as usize].name);
            naming::process(&mut self.names, process, name);
        }
        self.make_threads();
    }

    /// The WSAStartup of a process that starts with Winsock.
    fn start_winsock(&mut self, slot: SlotId) {
        let Ok((process, _)) = self.values.process(slot) else { return };
        let thread = ThreadId { process, index: 0 };
        let call = ClientCall::Api(ApiCall::Startup { version: WINSOCK_VERSION_2_2 });
        let came = match self.op(Op::Call { thread, call }) {
            Ok(Outcome::Returned(Ok(_))) | Err(_) => return,
            Ok(Outcome::Returned(result)) => Came::Returned(result),
            Ok(_) => Came::Parked,
        };
        let name = &self.scenario.slots[slot.0 as usize].name;
        let title = format!("the WSAStartup with which `{name}` starts did not succeed");
        self.fail(FailureKind::Result, title, "Ok", judge::written(&came));
        self.over = true;
    }

    /// Plays the steps; how many were played.
    pub(super) fn steps(&mut self) -> usize {
        for (at, step) in self.scenario.steps.iter().enumerate() {
            if self.over {
                return at;
            }
            self.play(at, step);
        }
        self.scenario.steps.len()
    }

    pub(super) fn play(&mut self, at: usize, step: &'a Step) {
        self.begin(at, step);
        match &step.action {
            Action::Call(on, call) => self.make_call(*on, call, step),
            Action::Returns(on) => self.look_at_return(*on, step),
            Action::Answers(on, value) => self.answer(*on, *value, step),
            Action::Happens(happens) => self.happen(happens),
            Action::Check(check) => self.check(check),
        }
        self.settle();
        self.over |= self.failures.len() >= FAILURES_MAX;
    }

    fn begin(&mut self, at: usize, step: &Step) {
        self.step = Some(at);
        self.first_event = self.log.events().len();
        if self.logging == Logging::On {
            self.marks.push(StepMark { event: self.first_event, step: at, line: step.line });
        }
    }

    fn make_call(&mut self, on: ThreadRef, call: &Call, step: &Step) {
        let Some(thread) = self.thread(on) else { return };
        self.expect_no_unseen_result(on);
        let builder = Builder::new(self.machine, &self.world, Some(thread.process), &self.values);
        let built = match call.build(&builder) {
            Ok(built) => built,
            Err(obstacle) => return self.obstacle(&obstacle),
        };
        let socket = match &built {
            ClientCall::Spi(call) => call.socket(),
            _ => None,
        };
        match self.op_within(Op::Call { thread, call: built }, thread, step.borders) {
            Ok(Outcome::Returned(result)) => {
                self.note_child(call, &result);
                let owner = self.seen().owner_of_result(call, thread.process);
                self.judge(on, step, call.name(), Came::Returned(result), owner, socket);
            }
            Ok(outcome @ (Outcome::Parked | Outcome::Paused)) => {
                let came = if outcome == Outcome::Paused { Came::Paused } else { Came::Parked };
                let at = self.step.unwrap_or_default();
                self.threads[on.0 as usize].waiting.push(Waiting { step: at, result: None });
                self.parked += 1;
                let fits = self.judge(on, step, call.name(), came, thread.process, socket);
                self.threads[on.0 as usize].given_up |= !fits;
            }
            Ok(Outcome::Started(..) | Outcome::Done) | Err(Stop::Over) => {}
            Err(Stop::Rejected(why)) => self.rejected(why),
        }
    }

    /// The child of a successful CreateProcess bears its name from now on.
    fn note_child(&mut self, call: &Call, result: &CallResult) {
        if let (Call::CreateProcess { name, .. }, Ok(Value::Process { id, incarnation })) = (call, result) {
            self.process_appeared(name.0, *incarnation, *id);
        }
    }

    /// Compares what came with what the step expects, and fills its label. Whether it was as expected.
    fn judge(
        &mut self,
        on: ThreadRef,
        step: &Step,
        call: &str,
        came: Came,
        owner: Incarnation,
        socket: Option<Handle>,
    ) -> bool {
        let fits = judge::holds(&step.expect, &came, &self.values);
        if !fits {
            self.unexpected(on, step, call, &came, socket);
        }
        if let (Some(slot), Came::Returned(Ok(value))) = (step.gives, &came) {
            self.give(slot, value, owner);
        }
        fits
    }

    fn give(&mut self, slot: SlotId, value: &Value, owner: Incarnation) {
        let Some(held) = Held::from_value(value, owner, &self.world) else { return };
        if self.logging == Logging::On {
            let label = Arc::clone(&self.scenario.slots[slot.0 as usize].name);
            naming::label(&mut self.names, &held, label, self.log.events().len());
        }
        self.values.set(slot, held);
    }

    fn look_at_return(&mut self, on: ThreadRef, step: &Step) {
        let Some(thread) = self.thread(on) else { return };
        let paused = self.seen().is_paused(thread);
        let state = &mut self.threads[on.0 as usize];
        let Some(waiting) = state.waiting.last() else {
            let title = format!("`{}` has no call that was waiting", self.thread_name(on));
            return self.fail(FailureKind::Step, title, "a call that waits or has returned since", "none");
        };
        let made_by = waiting.step;
        let came = match &waiting.result {
            Some(result) => Came::Returned(result.clone()),
            None if paused => Came::Paused,
            None => Came::Parked,
        };
        if matches!(came, Came::Returned(_)) {
            state.waiting.pop();
        }
        let call = self.name_of_call(made_by);
        let fits = self.judge(on, step, call, came, thread.process, None);
        let state = &mut self.threads[on.0 as usize];
        state.given_up |= !fits && state.waiting.iter().any(|waiting| waiting.result.is_none());
    }

    fn answer(&mut self, on: ThreadRef, value: i32, step: &Step) {
        let Some(thread) = self.thread(on) else { return };
        let made_by = self.threads[on.0 as usize].waiting.last().map(|waiting| waiting.step);
        let call = made_by.map_or("the call", |step| self.name_of_call(step));
        let came = match self.op_within(Op::Answer { thread, value }, thread, step.borders) {
            Ok(Outcome::Returned(result)) => {
                self.threads[on.0 as usize].waiting.pop();
                self.parked = self.parked.saturating_sub(1);
                Came::Returned(result)
            }
            Ok(Outcome::Paused) => Came::Paused,
            Ok(_) => Came::Parked,
            Err(Stop::Over) => return,
            Err(Stop::Rejected(why)) => return self.rejected(why),
        };
        self.judge(on, step, call, came, thread.process, None);
    }

    fn happen(&mut self, happens: &HappenStep) {
        let op = match self.happening(happens) {
            Ok(Some(op)) => op,
            Ok(None) => return,
            Err(obstacle) => return self.obstacle(&obstacle),
        };
        if let Err(Stop::Rejected(why)) = self.op(op) {
            self.rejected(why);
        }
    }

    /// The op of a step that happens to the machine; `None` if it has happened already.
    fn happening(&mut self, happens: &HappenStep) -> Result<Option<Op>, Obstacle> {
        Ok(Some(match happens {
            HappenStep::Advance { ms } => {
                let to = self.world.now().plus_ms(*ms);
                if to.0 > self.scenario.budget().ms {
                    let budget = format!("at most {} ms", self.scenario.budget().ms);
                    self.fail(
                        FailureKind::Budget,
                        "the budget of virtual time is spent",
                        budget,
                        format!("{} ms", to.0),
                    );
                    self.over = true;
                    return Ok(None);
                }
                Op::Advance { to }
            }
            HappenStep::Start { process, suspended, winsock, id, program } => {
                let id = id.map(|id| self.seen().process_id(id)).transpose()?;
                self.start_process(process.0, id, (*suspended, *winsock), program.clone());
                return Ok(None);
            }
            HappenStep::Run { on, borders } => {
                self.run(*on, *borders);
                return Ok(None);
            }
            other => self.seen().op_of(other)?,
        }))
    }

    fn check(&mut self, check: &Check) {
        match self.seen().verify(check) {
            Ok(None) => {}
            Ok(Some((expected, actual))) => {
                self.fail(FailureKind::Check, "a check does not hold", expected, actual);
            }
            Err(obstacle) => self.obstacle(&obstacle),
        }
    }
}
