//! Lets a choice happen: one call, the going on of one, a fault, time.

use super::super::build::Builder;
use super::super::calls::Call;
use super::super::file::HappenStep;
use super::super::judge::{self, Came};
use super::super::play::{Stop, Waiting};
use super::super::program::Action;
use super::super::reader::{SlotId, ThreadRef};
use super::super::seen::title_of;
use super::super::values::{Held, Obstacle};
use super::orders::{Orders, RESUME, innermost};
use super::print::Print;
use super::state::State;
use super::wrong::{self, Wrong, WrongKind};
use super::{Code, Granularity, Item, ItemId};
use crate::abi::client::{ApiCall, Call as ClientCall, OsCall, Value};
use crate::abi::consts::WINSOCK_VERSION_2_2;
use crate::explore::{Choice, Footprint};
use crate::world::ids::{Incarnation, ThreadId};
use crate::world::log::Log;
use crate::world::op::{Op, Outcome};
use crate::world::process::ProcessState;

/// What a choice was, told step by step to whoever writes the run down.
pub(super) enum Told<'a> {
    /// A thread did an item, and this came of it at once.
    Did { on: ThreadRef, item: ItemId, came: Option<&'a Came>, case: Option<usize> },
    /// A call that waited or had `paused` went on, and `stopped` at a frame border again.
    WentOn { on: ThreadRef, item: ItemId, paused: bool, stopped: bool },
    /// This came of the call the program is at, after it had gone on.
    Came { on: ThreadRef, item: ItemId, came: &'a Came, case: Option<usize> },
    /// Time passes.
    Time { ms: u64 },
    /// Something goes wrong.
    Fault(usize),
}

/// What is noted while a choice happens.
struct Cx {
    log: Log,
    print: Print,
}

/// What happened, or what was wrong with it.
type Happened<T = ()> = Result<T, Box<Wrong>>;

impl Orders<'_> {
    /// Lets a choice happen; what it touched.
    pub(super) fn happen(
        &self,
        state: &mut State,
        choice: Choice,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened<Footprint> {
        let print = if self.in_any_order { Print::new() } else { Print::off() };
        self.happen_noting(state, choice, print, tell)
    }

    /// The same, noting no more of what it touches than is asked for.
    pub(super) fn happen_noting(
        &self,
        state: &mut State,
        choice: Choice,
        print: Print,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened<Footprint> {
        let log = if self.past.is_empty() { Log::off() } else { Log::on() };
        let mut cx = Cx { log, print };
        match choice {
            Choice::Go { agent, branch } => self.go(state, ThreadRef(u32::from(agent)), branch, &mut cx, tell)?,
            Choice::Time => self.pass_time(state, &mut cx, tell)?,
            Choice::Fault(fault) => self.strike(state, usize::from(fault), &mut cx, tell)?,
        }
        self.afterwards(state, &mut cx)?;
        Ok(cx.print.bits())
    }

    fn go(
        &self,
        state: &mut State,
        on: ThreadRef,
        branch: u8,
        cx: &mut Cx,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened {
        let Some(thread) = self.seen(state).thread_id(on) else { return Err(impossible()) };
        cx.print.agent(on);
        let agent = &state.place.agents[on.0 as usize];
        match self.code(state, on) {
            _ if agent.pending || branch == RESUME => self.resume(state, on, thread, cx, tell),
            None => self.resume(state, on, thread, cx, tell),
            Some(Code::Choose(places)) => {
                let Some(&at) = places.get(branch as usize) else { return Err(impossible()) };
                state.place.agents[on.0 as usize].at = at;
                self.settle_agent(state, on);
                Ok(())
            }
            Some(Code::Step(id) | Code::Cases(id, _)) => self.perform(state, on, thread, *id, cx, tell),
            Some(_) => Err(impossible()),
        }
    }

    /// Does the item a thread has come to.
    fn perform(
        &self,
        state: &mut State,
        on: ThreadRef,
        thread: ThreadId,
        id: ItemId,
        cx: &mut Cx,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened {
        let Some(item) = self.programs.item(id) else { return Err(impossible()) };
        let at = |wrong: Wrong| Box::new(of_item(wrong, item, id));
        cx.print.item(item);
        match &item.step.action {
            Action::Call(_, call) => self.call(state, on, thread, id, call, cx, tell),
            Action::Returns(_) => self.look_at_return(state, on, thread, id, tell),
            Action::Answers(_, value) => {
                let op = self.step_of(Op::Answer { thread, value: *value });
                let came = match self.op(state, op, cx) {
                    Ok(Outcome::Returned(result)) => {
                        state.place.threads[on.0 as usize].waiting.pop();
                        Came::Returned(result)
                    }
                    Ok(Outcome::Paused) => {
                        state.place.agents[on.0 as usize].pending = true;
                        tell(Told::Did { on, item: id, came: Some(&Came::Paused), case: None });
                        return Ok(());
                    }
                    Ok(_) => Came::Parked,
                    Err(Stop::Rejected(why)) => {
                        tell(Told::Did { on, item: id, came: None, case: None });
                        return Err(at(cannot_happen(why.to_string())));
                    }
                    Err(Stop::Over) => return Err(impossible()),
                };
                self.complete(state, on, id, came, thread.process, &mut |came, case| {
                    tell(Told::Did { on, item: id, came: Some(came), case });
                })
            }
            Action::Happens(happens) => {
                tell(Told::Did { on, item: id, came: None, case: None });
                self.happens(state, happens, cx).map_err(|wrong| at(*wrong))?;
                self.move_on(state, on, None);
                Ok(())
            }
            Action::Check(check) => {
                cx.print.everything();
                tell(Told::Did { on, item: id, came: None, case: None });
                match self.seen(state).verify(check) {
                    Ok(None) => {
                        self.move_on(state, on, None);
                        Ok(())
                    }
                    Ok(Some((expected, actual))) => {
                        let wrong = Wrong::new(WrongKind::Check, "a check does not hold");
                        Err(at(wrong.differs(expected, actual)))
                    }
                    Err(obstacle) => Err(at(self.obstacle(state, &obstacle))),
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "who, what, where, and who is told")]
    fn call(
        &self,
        state: &mut State,
        on: ThreadRef,
        thread: ThreadId,
        id: ItemId,
        call: &Call,
        cx: &mut Cx,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened {
        let Some(item) = self.programs.item(id) else { return Err(impossible()) };
        let fails = |wrong: Wrong| Err(Box::new(of_item(wrong, item, id)));
        if let Some(Waiting { step, result: Some(result) }) = state.place.threads[on.0 as usize].waiting.last() {
            let (title, wanted) = self.seen(state).unseen_words(on, *step);
            let came = wrong::written(&Came::Returned(result.clone()));
            let wrong = Wrong::new(WrongKind::Unclaimed, title).differs(wanted, came);
            tell(Told::Did { on, item: id, came: None, case: None });
            return Err(Box::new(Wrong { item: Some(ItemId(*step as u32)), ..wrong }));
        }
        let builder = Builder::new(self.machine, &state.world, Some(thread.process), &state.place.values);
        let built = match call.build(&builder) {
            Ok(built) => built,
            Err(obstacle) => {
                tell(Told::Did { on, item: id, came: None, case: None });
                return fails(self.obstacle(state, &obstacle));
            }
        };
        if let Call::CreateProcess { name, .. } = call
            && state.place.values.get(name.0).is_ok()
        {
            tell(Told::Did { on, item: id, came: None, case: None });
            return fails(cannot_happen("the name is taken by a process that has started before".into()));
        }
        match self.op(state, self.step_of(Op::Call { thread, call: built }), cx) {
            Ok(Outcome::Returned(result)) => {
                if let (Call::CreateProcess { name, .. }, Ok(Value::Process { id, incarnation })) = (call, &result) {
                    state.place.values.set(name.0, Held::Process { process: *incarnation, id: *id });
                }
                let owner = self.seen(state).owner_of_result(call, thread.process);
                self.complete(state, on, id, Came::Returned(result), owner, &mut |came, case| {
                    tell(Told::Did { on, item: id, came: Some(came), case });
                })
            }
            Ok(Outcome::Parked) => {
                let waiting = Waiting { step: id.0 as usize, result: None };
                state.place.threads[on.0 as usize].waiting.push(waiting);
                if judge::holds(&item.step.expect, &Came::Parked, &state.place.values) {
                    return self.complete(state, on, id, Came::Parked, thread.process, &mut |came, case| {
                        tell(Told::Did { on, item: id, came: Some(came), case });
                    });
                }
                state.place.agents[on.0 as usize].pending = true;
                tell(Told::Did { on, item: id, came: Some(&Came::Parked), case: None });
                Ok(())
            }
            Ok(Outcome::Paused) => {
                let waiting = Waiting { step: id.0 as usize, result: None };
                state.place.threads[on.0 as usize].waiting.push(waiting);
                state.place.agents[on.0 as usize].pending = true;
                tell(Told::Did { on, item: id, came: Some(&Came::Paused), case: None });
                Ok(())
            }
            Ok(Outcome::Started(..) | Outcome::Done) => Err(impossible()),
            Err(Stop::Rejected(why)) => {
                tell(Told::Did { on, item: id, came: None, case: None });
                fails(cannot_happen(why.to_string()))
            }
            Err(Stop::Over) => Err(impossible()),
        }
    }

    /// A call that waited goes on.
    fn resume(
        &self,
        state: &mut State,
        on: ThreadRef,
        thread: ThreadId,
        cx: &mut Cx,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened {
        let paused = self.seen(state).is_paused(thread);
        let outcome = match self.op(state, self.step_of(Op::Run { thread }), cx) {
            Ok(outcome) => outcome,
            Err(_) => return Err(impossible()),
        };
        let pending = state.place.agents[on.0 as usize].pending;
        if let Some(item) = state.place.threads[on.0 as usize].waiting.last() {
            self.programs.item(ItemId(item.step as u32)).inspect(|item| cx.print.item(item));
        }
        let Some(waiting) = innermost(&mut state.place.threads, on) else { return Err(impossible()) };
        let id = ItemId(waiting.step as u32);
        tell(Told::WentOn { on, item: id, paused, stopped: outcome == Outcome::Paused });
        if !pending {
            if let Outcome::Returned(result) = outcome {
                waiting.result = Some(result);
            }
            return Ok(());
        }
        // An answer goes on with the call whose callback it answers.
        let id = self.at_item(state, on).unwrap_or(id);
        let came = match outcome {
            Outcome::Returned(result) => {
                state.place.threads[on.0 as usize].waiting.pop();
                Came::Returned(result)
            }
            Outcome::Parked if self.expects_to_park(state, id) => Came::Parked,
            _ => return Ok(()),
        };
        state.place.agents[on.0 as usize].pending = false;
        let owner = match self.programs.item(id).map(|item| &item.step.action) {
            Some(Action::Call(_, call)) => self.seen(state).owner_of_result(call, thread.process),
            _ => thread.process,
        };
        self.complete(state, on, id, came, owner, &mut |came, case| {
            tell(Told::Came { on, item: id, came, case });
        })
    }

    /// The item a thread is at.
    fn at_item(&self, state: &State, on: ThreadRef) -> Option<ItemId> {
        match self.code(state, on) {
            Some(Code::Step(id) | Code::Cases(id, _)) => Some(*id),
            _ => None,
        }
    }

    /// Whether an item is done when its call waits.
    fn expects_to_park(&self, state: &State, id: ItemId) -> bool {
        let waits = |item: &Item| judge::holds(&item.step.expect, &Came::Parked, &state.place.values);
        let answers = |item: &Item| matches!(item.step.action, Action::Answers(..));
        self.programs.item(id).is_some_and(|item| answers(item) || waits(item))
    }

    /// An op of a thread, as far as one choice goes.
    fn step_of(&self, op: Op) -> Op {
        match self.granularity {
            Granularity::Call => op,
            Granularity::Frame => Op::ToBorder(Box::new(op)),
        }
    }

    fn look_at_return(
        &self,
        state: &mut State,
        on: ThreadRef,
        thread: ThreadId,
        id: ItemId,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Happened {
        let Some(item) = self.programs.item(id) else { return Err(impossible()) };
        let waiting = &mut state.place.threads[on.0 as usize].waiting;
        let came = match waiting.last() {
            Some(Waiting { result: Some(result), .. }) => Came::Returned(result.clone()),
            Some(_) => Came::Parked,
            None => {
                tell(Told::Did { on, item: id, came: None, case: None });
                let title = format!("`{}` has no call that was waiting", self.scenario.threads[on.0 as usize].name);
                let wrong = Wrong::new(WrongKind::Step, title);
                let wrong = wrong.differs("a call that waits or has returned since", "none");
                return Err(Box::new(of_item(wrong, item, id)));
            }
        };
        if matches!(came, Came::Returned(_)) {
            waiting.pop();
        }
        self.complete(state, on, id, came, thread.process, &mut |came, case| {
            tell(Told::Did { on, item: id, came: Some(came), case });
        })
    }

    /// An item came to something: compares, fills its label, notes its name, goes where the case leads.
    fn complete(
        &self,
        state: &mut State,
        on: ThreadRef,
        id: ItemId,
        came: Came,
        owner: Incarnation,
        tell: &mut dyn FnMut(&Came, Option<usize>),
    ) -> Happened {
        let Some(item) = self.programs.item(id) else { return Err(impossible()) };
        let values = &state.place.values;
        let (fits, case) = match self.code(state, on) {
            Some(Code::Cases(_, cases)) => {
                let case = cases.iter().position(|case| judge::holds(&case.expect, &came, values));
                (case.is_some(), case)
            }
            _ => (judge::holds(&item.step.expect, &came, values), None),
        };
        tell(&came, case);
        if !fits {
            return Err(Box::new(self.unexpected(state, on, id, item, &came)));
        }
        if let (Some(slot), Came::Returned(Ok(value))) = (item.step.gives, &came)
            && let Some(held) = Held::from_value(value, owner, &state.world)
        {
            state.place.values.set(slot, held);
        }
        if let (Some(name), Came::Returned(result)) = (item.name, &came) {
            state.place.results[name.0 as usize] = Some(result.clone());
        }
        self.move_on(state, on, case);
        Ok(())
    }

    /// Goes to the next instruction that does something.
    fn move_on(&self, state: &mut State, on: ThreadRef, case: Option<usize>) {
        let next = match (self.code(state, on), case) {
            (Some(Code::Cases(_, cases)), Some(case)) => cases[case].at,
            _ => state.place.agents[on.0 as usize].at + 1,
        };
        state.place.agents[on.0 as usize].at = next;
        self.settle_agent(state, on);
    }

    fn unexpected(&self, state: &State, on: ThreadRef, id: ItemId, item: &Item, came: &Came) -> Wrong {
        let seen = self.seen(state);
        let title = title_of(seen.thread_name(on), seen.name_of_call(id.0 as usize), came);
        let wrong = Wrong::new(WrongKind::Expect, title).differs(self.expectation(item), wrong::written(came));
        of_item(wrong, item, id)
    }

    /// What an item expects, as it is written.
    fn expectation(&self, item: &Item) -> String {
        let text = &self.scenario.source().text;
        let of_case = |case: &std::ops::Range<u32>| &text[case.start as usize..case.end as usize];
        match (&*item.cases, item.step.expect_at as usize) {
            ([], 0) => "Ok".to_owned(),
            ([], start) => text[start..crate::model::items::end_of_item(text, start)].to_owned(),
            ([one], _) => of_case(one).to_owned(),
            (cases, _) => format!("AnyOf([{}])", cases.iter().map(of_case).collect::<Vec<_>>().join(", ")),
        }
    }

    fn obstacle(&self, state: &State, obstacle: &Obstacle) -> Wrong {
        let (title, actual) = self.seen(state).obstacle_words(obstacle);
        Wrong::new(WrongKind::Step, title).differs("a value the step can use", actual)
    }

    /// An op of the scenario.
    fn happens(&self, state: &mut State, happens: &HappenStep, cx: &mut Cx) -> Happened {
        let op = match self.seen(state).op_of(happens) {
            Ok(op) => op,
            Err(obstacle) => return Err(Box::new(self.obstacle(state, &obstacle))),
        };
        if let HappenStep::Start { process, winsock, .. } = happens {
            return self.start_process(state, process.0, op, *winsock, cx);
        }
        match self.op(state, op, cx) {
            Ok(_) => Ok(()),
            Err(Stop::Rejected(why)) => Err(Box::new(cannot_happen(why.to_string()))),
            Err(Stop::Over) => Err(impossible()),
        }
    }

    fn start_process(&self, state: &mut State, slot: SlotId, op: Op, winsock: bool, cx: &mut Cx) -> Happened {
        let cannot = |why: String| Err(Box::new(cannot_happen(why)));
        if state.place.values.get(slot).is_ok() {
            return cannot("the name is taken by a process that has started before".into());
        }
        let (process, id) = match self.op(state, op, cx) {
            Ok(Outcome::Started(process, id)) => (process, id),
            Ok(_) | Err(Stop::Over) => return Err(impossible()),
            Err(Stop::Rejected(why)) => return cannot(why.to_string()),
        };
        state.place.values.set(slot, Held::Process { process, id });
        if !winsock {
            return Ok(());
        }
        let call = ClientCall::Api(ApiCall::Startup { version: WINSOCK_VERSION_2_2 });
        let thread = ThreadId { process, index: 0 };
        match self.op(state, Op::Call { thread, call }, cx) {
            Ok(Outcome::Returned(Ok(_))) => Ok(()),
            _ => cannot("the WSAStartup with which the process starts did not succeed".into()),
        }
    }

    fn pass_time(&self, state: &mut State, cx: &mut Cx, tell: &mut dyn FnMut(Told<'_>)) -> Happened {
        let Some(to) = state.world.next_deadline() else { return Err(impossible()) };
        tell(Told::Time { ms: to.0 - state.world.now().0 });
        self.op(state, Op::Advance { to }, cx).map(|_| ()).map_err(|_| impossible())
    }

    /// Whether a fault can strike now.
    pub(super) fn may_strike(&self, state: &State, fault: usize) -> bool {
        let item = &self.programs.faults[fault];
        if state.place.faults[fault] == 0 || item.uses.iter().any(|&slot| state.place.values.get(slot).is_err()) {
            return false;
        }
        match self.seen(state).op_of(&item.what) {
            Ok(Op::Kill { process }) => state.world.directory().is_alive(process),
            Ok(Op::BreakConnection { process, socket, .. }) => state.world.shared_socket(process, socket).is_some(),
            Ok(_) => true,
            Err(_) => false,
        }
    }

    fn strike(&self, state: &mut State, fault: usize, cx: &mut Cx, tell: &mut dyn FnMut(Told<'_>)) -> Happened {
        let Some(item) = self.programs.faults.get(fault) else { return Err(impossible()) };
        tell(Told::Fault(fault));
        state.place.faults[fault] = state.place.faults[fault].saturating_sub(1);
        self.happens(state, &item.what, cx).map_err(|wrong| Box::new(wrong.at(item.start, item.line)))
    }

    fn op(&self, state: &mut State, op: Op, cx: &mut Cx) -> Result<Outcome, Stop> {
        cx.print.op(|| state.world.footprint(&op));
        state.world.step(op, &mut cx.log).map_err(Stop::Rejected)
    }

    /// What every choice leaves to its end: calls that died, threads that can be made, sockets that are gone, and
    /// what the checks want to know of the past.
    fn afterwards(&self, state: &mut State, cx: &mut Cx) -> Happened {
        self.forget_the_dead(state);
        if !state.place.unmade.is_empty() {
            self.make_threads(state, cx);
        }
        let sockets = state.world.afd().len();
        if sockets < state.place.sockets {
            state.place.values.forget_gone_sockets(&state.world);
        }
        state.place.sockets = sockets;
        let events = cx.log.take();
        if !events.is_empty() {
            for (at, check) in self.past.iter().enumerate() {
                let more = self.seen(state).tally(check, &events).unwrap_or(0);
                state.place.past[at] += more;
            }
        }
        Ok(())
    }

    fn forget_the_dead(&self, state: &mut State) {
        for at in 0..state.place.threads.len() {
            let waits = state.place.agents[at].pending || !state.place.threads[at].waiting.is_empty();
            if waits && self.gone(state, ThreadRef(at as u32)) {
                state.place.threads[at].waiting.retain(|waiting| waiting.result.is_some());
                state.place.agents[at].pending = false;
            }
        }
    }

    fn make_threads(&self, state: &mut State, cx: &mut Cx) {
        for on in std::mem::take(&mut state.place.unmade) {
            let process = state.place.values.process(self.scenario.threads[on.0 as usize].process).ok();
            let running = process.map(|(process, _)| process).filter(|&process| {
                state.world.process(process).is_some_and(|process| process.state == ProcessState::Running)
            });
            let Some(process) = running else {
                state.place.unmade.push(on);
                continue;
            };
            let call = ClientCall::Os(OsCall::CreateThread);
            let made = self.op(state, Op::Call { thread: ThreadId { process, index: 0 }, call }, cx);
            if let Ok(Outcome::Returned(Ok(Value::Thread(index)))) = made {
                state.place.threads[on.0 as usize].made = Some(ThreadId { process, index });
            }
        }
    }
}

/// The choice was not one of those there are: a schedule of another program.
fn impossible() -> Box<Wrong> {
    Box::new(cannot_happen("no such choice is possible here".into()))
}

fn cannot_happen(why: String) -> Wrong {
    Wrong::new(WrongKind::Step, "the step cannot happen here").differs("a step that can happen", why)
}

fn of_item(wrong: Wrong, item: &Item, id: ItemId) -> Wrong {
    Wrong { item: Some(id), ..wrong.at(item.step.start, item.step.line) }
}
