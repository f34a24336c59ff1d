//! What can happen next in a run, and what comes of it: the programs of a scenario as something to explore.
//!
//! One choice is one whole call of one thread, or the going on of a call that waited, up to where it returns or waits
//! again; or, frame by frame, up to its next frame border. Time passes up to the next deadline.

use std::cell::RefCell;
use std::sync::Arc;

use super::super::check::Check;
use super::super::judge::Came;
use super::super::play::{Player, ThreadState};
use super::super::program::{Action, Scenario};
use super::super::reader::ThreadRef;
use super::super::report::Report;
use super::super::seen::{Past, Seen};
use super::super::values::{Obstacle, Values};
use super::super::{Budget, Logging, leak};
use super::print::Print;
use super::state::{Agent, Place, State};
use super::twins::Twins;
use super::wrong::{self, Wrong, WrongKind};
use super::{Allowed, Code, Granularity, Item, ItemId, NameId, Programs, Replay, Time};
use crate::abi::SpiReturn;
use crate::abi::client::{CallResult, Value};
use crate::explore::{Choice, End, Explored, Found, Schedule, System, Taken, Verdict};
use crate::world::World;
use crate::world::ids::ThreadId;
use crate::world::machine::Machine;
use crate::world::process::ProcessState;

/// The alternative of a thread that has both something to do and a call that can go on: the call.
pub(super) const RESUME: u8 = u8::MAX;

/// What came of the named steps of a run: each with its result, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome(pub Vec<(Arc<str>, String)>);

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(name, came)| format!("{name}: {came}")).collect();
        f.write_str(&parts.join(", "))
    }
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// What is wrong, and a way to get there.
    pub found: Option<Found<Wrong>>,
    /// The checks of `sometimes` that held in no order that was looked at.
    pub unreached: Vec<Wrong>,
}

impl Judged {
    /// What kind of thing is wrong.
    #[must_use]
    pub fn kind(&self) -> Option<WrongKind> {
        let unreached = self.unreached.first().filter(|_| self.verdict == Verdict::Violated);
        self.found.as_ref().map(|found| &found.wrong).or(unreached).map(|wrong| wrong.kind)
    }
}

/// All orders of a scenario's programs on one machine.
#[derive(Clone)]
pub struct Orders<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) machine: &'a Arc<Machine>,
    pub(super) programs: &'a Programs,
    /// What one choice is.
    pub(super) granularity: Granularity,
    /// After the steps before the programs.
    start: State,
    /// What went on by itself during those: after which step, which thread.
    pub(super) ran: Vec<(usize, ThreadRef)>,
    /// Checks that look at what happened before.
    pub(super) past: Vec<&'a Check>,
    /// Whether steps that touch nothing in common can change places: no check looks at the past or at numbers.
    pub(super) in_any_order: bool,
    pub(super) twins: Twins,
    ends: Ends,
}

/// What runs have ended in. Whoever has orders of their own has memory of their own to work in.
#[derive(Debug, Default)]
struct Ends(RefCell<leak::Ends>);

impl Clone for Ends {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What the steps before the programs came to.
pub enum Start<'a> {
    /// The programs can begin.
    Begins(Box<Orders<'a>>),
    /// The steps did not hold.
    Failed(Box<Report>),
    /// The scenario has no programs: there is but one order.
    NoPrograms,
}

impl<'a> Orders<'a> {
    /// Plays the steps before the programs; what one choice is, the scenario says.
    #[must_use]
    pub fn of(scenario: &'a Scenario, machine: &'a Arc<Machine>) -> Start<'a> {
        Self::by(scenario.granularity(), scenario, machine)
    }

    /// Plays the steps before the programs.
    #[must_use]
    pub fn by(granularity: Granularity, scenario: &'a Scenario, machine: &'a Arc<Machine>) -> Start<'a> {
        if !scenario.has_programs() {
            return Start::NoPrograms;
        }
        let programs = &*scenario.programs;
        let mut player = Player::new(scenario, machine, Logging::Off);
        player.start();
        let played = player.steps();
        if player.over || !player.failures.is_empty() {
            return Start::Failed(Box::new(player.report(played).0));
        }
        // The checker remembers more than makes orders differ; who does not ask for breaches need not tell them apart.
        if !scenario.all_checks().any(|check| matches!(check, Check::Breach { .. })) {
            player.world.stop_checks();
        }
        let past: Vec<&Check> = scenario.all_checks().filter(|check| check.needs_log()).collect();
        let agents = scenario.threads.iter().enumerate().map(|(at, _)| Agent {
            rounds: vec![0; programs.program(ThreadRef(at as u32)).map_or(0, |program| program.counters as usize)]
                .into(),
            ..Agent::default()
        });
        let counts: Result<Box<[u64]>, Obstacle> = past.iter().map(|check| player.seen().total(check)).collect();
        let place = Place {
            agents: agents.collect(),
            faults: programs.faults.iter().map(|fault| fault.times).collect(),
            results: vec![None; programs.names.len()].into(),
            past: counts.unwrap_or_else(|_| vec![0; past.len()].into()),
            sockets: player.world.afd().len(),
            values: player.values,
            threads: player.threads,
            unmade: player.unmade,
        };
        let start = State { world: player.world, place };
        let in_any_order =
            past.is_empty() && !programs.speaks_of_numbers && !scenario.all_checks().any(Check::looks_at_numbers);
        let twins = if in_any_order { Twins::of(scenario) } else { Twins::default() };
        let (ran, ends) = (player.ran, Ends::default());
        let mut orders = Self { scenario, machine, programs, granularity, start, ran, past, in_any_order, twins, ends };
        let mut start = orders.start.clone();
        (0..orders.scenario.threads.len()).for_each(|on| orders.settle_agent(&mut start, ThreadRef(on as u32)));
        orders.start = start;
        Start::Begins(Box::new(orders))
    }

    pub(super) fn seen<'s>(&'s self, state: &'s State) -> Seen<'s> {
        Seen {
            scenario: self.scenario,
            machine: self.machine,
            world: &state.world,
            values: &state.place.values,
            threads: &state.place.threads,
            past: Past::Counted { checks: &self.past, counts: &state.place.past },
        }
    }

    /// The scenario's file, as it was named.
    #[must_use]
    pub fn file(&self) -> &'a str {
        self.scenario.file()
    }

    /// The model, as the scenario names it.
    #[must_use]
    pub fn model(&self) -> &'a str {
        &self.machine.name
    }

    /// An order of these as it is printed.
    #[must_use]
    pub fn replay(&self, schedule: &Schedule) -> Replay {
        Replay { granularity: self.granularity, schedule: schedule.clone() }
    }

    /// How much a run may use up.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.scenario.budget()
    }

    /// The checks of `sometimes`, each as what is wrong when it holds in no order.
    #[must_use]
    pub fn sometimes(&self) -> Vec<Wrong> {
        let unreached = |(at, property): (usize, &super::Property)| {
            let text = &self.scenario.source().text[property.start as usize..];
            let end = crate::model::items::end_of_item(text, 0);
            let wrong = Wrong::new(WrongKind::Sometimes, "a check of `sometimes` holds in no order");
            wrong.differs(&text[..end], "never").at(property.start, property.line).of_check(at)
        };
        self.programs.sometimes.iter().enumerate().map(unreached).collect()
    }

    /// What a search came to.
    #[must_use]
    pub fn judge(&self, explored: &Explored<Self>) -> Judged {
        let count = self.programs.sometimes.len() as u32;
        let wanted = 1_u64.checked_shl(count).unwrap_or(0).wrapping_sub(1);
        let unreached = self.sometimes().into_iter().enumerate().filter(|(at, _)| explored.reached >> at & 1 == 0);
        Judged {
            verdict: explored.verdict(wanted),
            found: explored.counterexample(),
            unreached: unreached.map(|(_, wrong)| wrong).collect(),
        }
    }

    /// A way to what is left of a scenario without programs: nothing but its steps.
    pub(super) fn of_steps(scenario: &'a Scenario, machine: &'a Arc<Machine>) -> Self {
        let place = Place {
            values: Values::new(&[]),
            threads: Vec::new(),
            agents: Vec::new(),
            unmade: Vec::new(),
            faults: Box::default(),
            results: Box::default(),
            past: Box::default(),
            sockets: 0,
        };
        let start = State { world: World::new(Arc::clone(machine)), place };
        Self {
            scenario,
            machine,
            programs: &scenario.programs,
            granularity: Granularity::Call,
            start,
            ran: Vec::new(),
            past: Vec::new(),
            in_any_order: false,
            twins: Twins::default(),
            ends: Ends::default(),
        }
    }

    fn threads(&self) -> impl Iterator<Item = ThreadRef> + use<> {
        (0..self.scenario.threads.len() as u32).map(ThreadRef)
    }

    pub(super) fn code(&self, state: &State, on: ThreadRef) -> Option<&'a Code> {
        let at = state.place.agents[on.0 as usize].at;
        self.programs.program(on)?.code.get(at as usize)
    }

    /// The thread, if it can do anything at all.
    fn able(&self, state: &State, on: ThreadRef) -> Option<ThreadId> {
        let thread = self.seen(state).thread_id(on)?;
        let running = state.world.process(thread.process).is_some_and(|process| process.state == ProcessState::Running);
        (running && state.world.thread(thread).is_some_and(|thread| !thread.ended)).then_some(thread)
    }

    /// How many ways a thread has to do what comes next, and whether a call of it that waited can go on.
    fn can(&self, state: &State, on: ThreadRef) -> (u8, bool) {
        let Some(thread) = self.able(state, on) else { return (0, false) };
        let resume = state.thread_waits(on) && state.world.is_runnable(thread);
        if state.place.agents[on.0 as usize].pending {
            return (0, resume);
        }
        let ways = match self.code(state, on) {
            Some(Code::Choose(places)) => places.len() as u8,
            Some(Code::Step(item) | Code::Cases(item, _)) => {
                let enabled = self.programs.item(*item).is_some_and(|item| self.enabled(state, on, thread, item));
                u8::from(enabled)
            }
            _ => 0,
        };
        (ways, resume)
    }

    /// Whether a thread can make its next step now.
    fn enabled(&self, state: &State, on: ThreadRef, thread: ThreadId, item: &Item) -> bool {
        if item.awaits.iter().any(|&slot| state.place.values.get(slot).is_err()) {
            return false;
        }
        match &item.step.action {
            Action::Call(..) => state.world.thread(thread).is_some_and(crate::world::process::Thread::accepts_call),
            Action::Returns(_) => {
                let last = state.place.threads[on.0 as usize].waiting.last();
                let waits = item.step.expect.may_park() && !self.seen(state).is_paused(thread);
                last.is_none_or(|waiting| waiting.result.is_some()) || waits
            }
            Action::Answers(..) => state.in_callback(thread) || !state.thread_waits(on),
            Action::Happens(_) | Action::Check(_) => true,
        }
    }

    /// Whether a thread is through with its program.
    pub(super) fn through(&self, state: &State, on: ThreadRef) -> bool {
        let agent = &state.place.agents[on.0 as usize];
        !agent.pending && self.code(state, on).is_none() && !state.thread_waits(on)
    }

    /// Goes over instructions that do nothing by themselves.
    pub(super) fn settle_agent(&self, state: &mut State, on: ThreadRef) {
        loop {
            let code = self.code(state, on);
            let agent = &mut state.place.agents[on.0 as usize];
            match code {
                Some(Code::Jump(to)) => agent.at = *to,
                Some(Code::Leave { counters, to }) => {
                    agent.rounds[counters.start as usize..counters.end as usize].fill(0);
                    agent.at = *to;
                }
                Some(Code::Repeat { counter, times, exit }) => {
                    let rounds = &mut agent.rounds[*counter as usize];
                    (*rounds, agent.at) = if *rounds < *times { (*rounds + 1, agent.at + 1) } else { (0, *exit) };
                }
                _ => return,
            }
        }
    }

    /// Whether the process of a thread has ended, or it never began.
    pub(super) fn gone(&self, state: &State, on: ThreadRef) -> bool {
        match self.seen(state).thread_id(on) {
            Some(thread) => {
                let ended = state.world.thread(thread).is_none_or(|thread| thread.ended);
                ended || !state.world.directory().is_alive(thread.process)
            }
            None => {
                let process = state.place.values.process(self.scenario.threads[on.0 as usize].process);
                !process.is_ok_and(|(process, _)| state.world.directory().is_alive(process))
            }
        }
    }

    /// Whether `finally` says that a thread's call may still wait at the end.
    pub(super) fn may_stay_parked(&self, on: ThreadRef) -> bool {
        self.scenario.finally.iter().any(|step| match &step.action {
            Action::Check(check) => matches!(**check, Check::Parked(parked) if parked == on),
            _ => false,
        })
    }

    fn idle(&self, state: &State) -> bool {
        self.threads().all(|on| self.through(state, on) || self.gone(state, on))
    }

    /// A check that is part of the run, or a property.
    fn holds(&self, state: &State, check: &Check) -> Result<Option<(String, String)>, Obstacle> {
        self.seen(state).verify(check)
    }

    fn finally(&self, state: &State) -> Result<(), Wrong> {
        for (at, step) in self.scenario.finally.iter().enumerate() {
            let Action::Check(check) = &step.action else { continue };
            let wrong = |title: &str| Wrong::new(WrongKind::Finally, title).at(step.start, step.line).of_check(at);
            match self.holds(state, check) {
                // A label without a value belongs to something that did not happen in this order.
                Ok(None) | Err(Obstacle::NoValue(_)) => {}
                Ok(Some((expected, actual))) => {
                    return Err(wrong("a check of `finally` does not hold").differs(expected, actual));
                }
                Err(obstacle) => {
                    let (title, actual) = self.seen(state).obstacle_words(&obstacle);
                    return Err(wrong(&title).differs("a value the check can use", actual));
                }
            }
        }
        Ok(())
    }

    /// What nobody looked at, and what is left behind.
    fn left_over(&self, state: &State) -> Result<(), Wrong> {
        for on in self.threads() {
            for waiting in &state.place.threads[on.0 as usize].waiting {
                if let Some(result) = &waiting.result {
                    let (title, wanted) = self.seen(state).unseen_words(on, waiting.step);
                    let actual = wrong::written(&Came::Returned(result.clone()));
                    let wrong = Wrong::new(WrongKind::Unclaimed, title).differs(wanted, actual);
                    return Err(Wrong { item: Some(ItemId(waiting.step as u32)), ..wrong });
                }
            }
        }
        match self.ends.0.borrow_mut().leaks(&state.world).into_iter().next() {
            None => Ok(()),
            Some((what, found)) => {
                let title = "something is left after everybody has cleaned up and gone";
                Err(Wrong::new(WrongKind::Leak, title).differs(what, found))
            }
        }
    }

    fn outcome(&self, state: &State) -> Outcome {
        let came = |result: &Option<CallResult>| match result {
            // The token in a block follows from the order of all duplications, which nobody means to tell apart.
            Some(Ok(Value::Spi(SpiReturn::Info(_)) | Value::InfoA(_))) => "Ok".to_owned(),
            Some(result) => wrong::written(&Came::Returned(Clone::clone(result))),
            None => "Never".to_owned(),
        };
        let named = self.programs.names.iter().zip(&state.place.results);
        Outcome(named.map(|(name, result)| (Arc::clone(name), came(result))).collect())
    }

    /// Whether named steps may come to this together. A step that has not come to anything yet may come to what it
    /// likes, unless the run is `over`.
    pub(super) fn is_allowed(&self, state: &State, over: bool) -> bool {
        let all = &self.programs.allowed;
        all.is_empty() || all.iter().any(|combination| self.combination_fits(state, combination, over))
    }

    /// Whether what named steps came to fits a combination.
    pub(super) fn combination_fits(&self, state: &State, combination: &[(NameId, Allowed)], over: bool) -> bool {
        let values = &state.place.values;
        let fits = |name: &NameId, allowed: &Allowed| match (&state.place.results[name.0 as usize], allowed) {
            (None, Allowed::Never) => true,
            (None, Allowed::Came(..)) => !over,
            (Some(_), Allowed::Never) => false,
            (Some(result), Allowed::Came(expect, _)) => {
                super::super::judge::holds(expect, &Came::Returned(result.clone()), values)
            }
        };
        combination.iter().all(|(name, allowed)| fits(name, allowed))
    }
}

impl System for Orders<'_> {
    type State = State;
    type Wrong = Wrong;
    type Outcome = Outcome;

    fn start(&self) -> State {
        self.start.clone()
    }

    fn choices(&self, state: &State, choices: &mut Vec<Choice>) {
        for on in self.threads() {
            let agent = on.0 as u16;
            let (ways, resume) = self.can(state, on);
            choices.extend((0..ways).map(|branch| Choice::Go { agent, branch }));
            if resume {
                choices.push(Choice::Go { agent, branch: if ways > 0 { RESUME } else { 0 } });
            }
        }
        if (choices.is_empty() || self.programs.time == Time::Free)
            && !self.idle(state)
            && state.world.next_deadline().is_some_and(|deadline| deadline.0 <= self.scenario.budget().ms)
        {
            choices.push(Choice::Time);
        }
        if !choices.is_empty() {
            let faults = (0..self.programs.faults.len()).filter(|&fault| self.may_strike(state, fault));
            choices.extend(faults.map(|fault| Choice::Fault(fault as u16)));
        }
    }

    fn take(&self, state: &mut State, choice: Choice) -> Taken<Wrong> {
        match self.happen(state, choice, &mut |_| {}) {
            Ok(touched) => Taken::Went(touched),
            Err(wrong) => Taken::Wrong(*wrong),
        }
    }

    fn go(&self, state: &mut State, choice: Choice) -> Result<(), Wrong> {
        match self.happen_noting(state, choice, Print::off(), &mut |_| {}) {
            Ok(_) => Ok(()),
            Err(wrong) => Err(*wrong),
        }
    }

    fn digest(&self, state: &State) -> u64 {
        state.digest()
    }

    fn canonical_digest(&self, state: &State, names: &mut Vec<u16>) -> u64 {
        if self.in_any_order { self.digest_of_twins(state, names) } else { state.digest() }
    }

    fn inspect(&self, state: &State) -> Result<u64, Wrong> {
        if let Err(broken) = state.world.check_invariants() {
            let title = "the machine broke an invariant of its own";
            return Err(Wrong::new(WrongKind::Invariant, title).differs("books that add up", broken));
        }
        for (at, property) in self.programs.always.iter().enumerate() {
            let wrong =
                |title: &str| Wrong::new(WrongKind::Always, title).at(property.start, property.line).of_check(at);
            match self.holds(state, &property.check) {
                // Nothing can be said yet of what has no value yet.
                Ok(None) | Err(Obstacle::NoValue(_)) => {}
                Ok(Some((expected, actual))) => {
                    return Err(wrong("a check of `always` does not hold").differs(expected, actual));
                }
                Err(obstacle) => {
                    let (title, actual) = self.seen(state).obstacle_words(&obstacle);
                    return Err(wrong(&title).differs("a value the check can use", actual));
                }
            }
        }
        let mut reached = 0;
        for (at, property) in self.programs.sometimes.iter().enumerate() {
            let holds = matches!(self.holds(state, &property.check), Ok(None));
            reached |= u64::from(holds) << at;
        }
        Ok(reached)
    }

    fn end(&self, state: &State) -> End<Self> {
        if let Some(stuck) = self.stuck(state) {
            let more_time = state.world.next_deadline().is_some();
            return if more_time && !self.idle(state) { End::Cut } else { End::Stuck(stuck) };
        }
        if let Err(wrong) = self.finally(state).and_then(|()| self.left_over(state)) {
            return End::Wrong(wrong);
        }
        let outcome = self.outcome(state);
        let forbidden = (!self.is_allowed(state, true)).then(|| {
            let title = "the named steps came to something together that is not allowed";
            Wrong::new(WrongKind::Allowed, title).differs("one of the combinations of `allowed`", outcome.to_string())
        });
        End::Finished { outcome, forbidden }
    }

    fn weight(&self, state: &State) -> usize {
        // A process with its handles, providers and frames, and a socket with its queues, as benches/memory.rs has it.
        const PROCESS: usize = 4096;
        const SOCKET: usize = 1024;
        size_of::<State>() + state.world.processes().count() * PROCESS + state.world.afd().len() * SOCKET
    }
}

impl Programs {
    pub(super) fn program(&self, on: ThreadRef) -> Option<&super::Program> {
        self.threads.get(on.0 as usize)?.as_ref()
    }
}

/// A thread's calls, for whoever looks at them.
pub(super) fn innermost(threads: &mut [ThreadState], on: ThreadRef) -> Option<&mut super::super::play::Waiting> {
    threads[on.0 as usize].waiting.iter_mut().rev().find(|waiting| waiting.result.is_none())
}
