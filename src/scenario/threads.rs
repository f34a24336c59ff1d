//! The threads of a scenario: those that wait go on when they can, those that are still to come are made in time.

use std::sync::Arc;

use super::file::Wakes;
use super::play::{Player, Stop};
use super::program::Action;
use super::reader::ThreadRef;
use super::report::FailureKind;
use crate::abi::client::{Call as ClientCall, CallResult, OsCall, Value};
use crate::world::ids::{Incarnation, ThreadId};
use crate::world::op::{Op, Outcome};
use crate::world::process::ProcessState;

impl<'a> Player<'a> {
    /// Lets everything go on that can, thread by thread, and makes the threads of processes that run now.
    pub(super) fn settle(&mut self) {
        if self.scenario.wakes == Wakes::Automatic {
            while self.parked > 0 && !self.over && self.run_all_once() {}
        }
        if self.parked > 0 {
            self.forget_dead_calls();
        }
        if !self.unmade.is_empty() {
            self.make_threads();
        }
    }

    /// Whether any thread ran.
    fn run_all_once(&mut self) -> bool {
        let mut last = None;
        loop {
            // What stopped at a frame border goes on by a step only.
            let waits = |thread: &ThreadId| !self.seen().is_paused(*thread);
            let next = self.world.runnable().filter(waits).find(|&thread| last.is_none_or(|last| thread > last));
            let Some(thread) = next else { return last.is_some() };
            last = Some(thread);
            let on = (0..self.threads.len() as u32).map(ThreadRef).find(|&on| self.thread_id(on) == Some(thread));
            match self.op(Op::Run { thread }) {
                Ok(outcome) => self.went_on(on, outcome),
                Err(Stop::Rejected(_)) => {}
                Err(Stop::Over) => return false,
            }
        }
    }

    /// A call that waited goes on because the step says so.
    pub(super) fn run(&mut self, on: ThreadRef, borders: Option<u32>) {
        let Some(thread) = self.thread(on) else { return };
        match self.op_within(Op::Run { thread }, thread, borders) {
            Ok(outcome) => self.went_on(Some(on), outcome),
            Err(Stop::Rejected(why)) => self.rejected(why),
            Err(Stop::Over) => {}
        }
    }

    /// A call that waited has gone on.
    fn went_on(&mut self, on: Option<ThreadRef>, outcome: Outcome) {
        if let (Some(on), Some(step)) = (on, self.step) {
            self.ran.push((step, on));
        }
        if let Outcome::Returned(result) = outcome {
            self.keep_result(on, result);
        }
    }

    fn keep_result(&mut self, on: Option<ThreadRef>, result: CallResult) {
        self.parked = self.parked.saturating_sub(1);
        let Some(on) = on else { return };
        let waiting = self.threads[on.0 as usize].waiting.iter_mut().rev().find(|waiting| waiting.result.is_none());
        if let Some(waiting) = waiting {
            waiting.result = Some(result);
        }
    }

    /// The calls of a process end with it.
    fn forget_dead_calls(&mut self) {
        for at in 0..self.threads.len() {
            if self.threads[at].waiting.is_empty() {
                continue;
            }
            let thread = self.thread_id(ThreadRef(at as u32));
            let alive = thread.is_some_and(|thread| self.world.directory().is_alive(thread.process));
            if !alive {
                self.threads[at].waiting.retain(|waiting| waiting.result.is_some());
            }
        }
        let waiting = self.threads.iter().flat_map(|thread| &thread.waiting);
        self.parked = waiting.filter(|waiting| waiting.result.is_none()).count();
    }

    /// Makes the further threads of processes that run.
    pub(super) fn make_threads(&mut self) {
        let waiting = std::mem::take(&mut self.unmade);
        for on in waiting {
            let process = self.values.process(self.scenario.threads[on.0 as usize].process).ok();
            let process = process.map(|(process, _)| process);
            let state = process.and_then(|process| self.world.process(process)).map(|process| process.state);
            match (process, state) {
                (Some(process), Some(ProcessState::Running)) => self.make_thread(on, process),
                _ => self.unmade.push(on),
            }
        }
    }

    fn make_thread(&mut self, on: ThreadRef, process: Incarnation) {
        let call = ClientCall::Os(OsCall::CreateThread);
        let made = self.op(Op::Call { thread: ThreadId { process, index: 0 }, call });
        let Ok(Outcome::Returned(Ok(Value::Thread(index)))) = made else { return };
        let thread = ThreadId { process, index };
        self.threads[on.0 as usize].made = Some(thread);
        if self.is_reporting_events() {
            self.names.threads.insert(thread, Arc::clone(&self.scenario.threads[on.0 as usize].name));
        }
    }

    /// The thread of the machine; `None`, with a failure, if there is none.
    pub(super) fn thread(&mut self, on: ThreadRef) -> Option<ThreadId> {
        if self.threads[on.0 as usize].given_up {
            return None;
        }
        let thread = self.thread_id(on);
        if thread.is_none() && self.failures.is_empty() {
            let title = format!("`{}` does not exist (yet)", self.thread_name(on));
            self.fail(FailureKind::Step, title, "a thread of a process that has started", "none");
        }
        thread
    }

    pub(super) fn thread_id(&self, on: ThreadRef) -> Option<ThreadId> {
        self.seen().thread_id(on)
    }

    pub(super) fn thread_name(&self, on: ThreadRef) -> &'a str {
        self.scenario.threads.get(on.0 as usize).map_or("?", |thread| &thread.name)
    }

    /// The name of the call a step makes.
    pub(super) fn name_of_call(&self, step: usize) -> &'a str {
        match self.scenario.action(step) {
            Some(Action::Call(_, call)) => call.name(),
            _ => "the call",
        }
    }
}
