//! Completion routines: queued for the thread that started the operation, run in its alertable waits only (O7).
//!
//! Pages: wpuqueueapc, sleepex, wsawaitformultipleevents. A routine either returns at once or keeps its thread until an
//! op answers ([`Routine`]); meanwhile the thread may make calls, and no other routine runs on it (O8).

use super::World;
use super::border::Reach;
use super::drive::Next;
use super::event::Event;
use super::frame::{Frame, Token, Until, Wait, Woken};
use super::ids::ThreadId;
use super::log::Log;
use super::op::Outcome;
use super::policy::{BlockingAlertable, PolicyId};
use super::process::Thread;
use crate::abi::client::Value;
use crate::abi::{Routine, WsaError};
use crate::rules::RuleId;

/// A completion routine to run, with its arguments. dwFlags is always 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Apc {
    /// lpOverlapped.
    pub overlapped: u32,
    /// dwError; `None` is zero.
    pub error: Option<WsaError>,
    /// cbTransferred.
    pub transferred: u32,
    /// What the routine does.
    pub routine: Routine,
}

impl World {
    /// Whether completion routines may run during a wait.
    pub(super) fn is_alertable(&self, wait: &Wait) -> bool {
        match wait.until {
            Until::Alertable(_) => true,
            Until::Socket(..) | Until::Sockets(_) => {
                self.machine.policies().blocking_alertable == BlockingAlertable::Yes
            }
            _ => false,
        }
    }

    /// SleepEx.
    pub(super) fn sleep(&mut self, thread: ThreadId, timeout_ms: Option<u64>, alertable: bool, log: &mut Log) -> Next {
        if alertable && self.has_apcs(thread) {
            return self.alert(thread, log);
        }
        if timeout_ms == Some(0) {
            return Next::finish(Ok(Value::Done));
        }
        let until = if alertable { Until::Alertable(Box::new(Until::Time)) } else { Until::Time };
        let deadline = timeout_ms.map(|ms| self.now.plus_ms(ms));
        Next::Park(Box::new(Wait { deadline, ..Wait::until(until) }))
    }

    /// Whether completion routines wait for a thread.
    pub(super) fn has_apcs(&self, thread: ThreadId) -> bool {
        self.thread(thread).is_some_and(|thread| !thread.apcs.is_empty())
    }

    /// A call that would wait alertably finds completion routines: they run, and that is all it does.
    pub(super) fn alert(&mut self, thread: ThreadId, log: &mut Log) -> Next {
        match self.next_stop(thread, log) {
            None => Next::finish(Ok(Value::Alerted)),
            // The call's own frame waits below the routine's; what for does not matter any more.
            Some(routine) => {
                let below = Wait::until(Until::Alertable(Box::new(Until::Time)));
                if let Some(frame) = self.thread_mut(thread).and_then(|thread| thread.frames.last_mut()) {
                    frame.wait = Some(Box::new(below));
                    self.waits += 1;
                }
                self.push_routine(thread);
                Next::Park(routine)
            }
        }
    }

    /// Completion routines run during a wait: afterwards an alertable wait is over, a blocked call goes on waiting.
    pub(super) fn run_apcs(&mut self, thread: ThreadId, reach: Reach, log: &mut Log) -> Outcome {
        if let Some(wait) = self.next_stop(thread, log) {
            self.push_routine(thread);
            return self.park(thread, wait, log);
        }
        match self.thread(thread).and_then(Thread::wait).map(|wait| &wait.until) {
            Some(Until::Alertable(_)) => self.go_on(thread, Woken::Alerted, reach, log),
            _ => {
                log.policy(PolicyId::blocking_alertable);
                Outcome::Parked
            }
        }
    }

    /// The routine a thread is inside has returned: the next one may run (O8).
    pub(super) fn routine_returned(&mut self, thread: ThreadId, reach: Reach, log: &mut Log) -> Outcome {
        log.rule(RuleId::O8);
        let routine = self.thread_mut(thread).and_then(|state| state.frames.pop());
        self.waits -= u32::from(routine.is_some_and(|frame| frame.wait.is_some()));
        self.run_apcs(thread, reach, log)
    }

    /// Runs the routines of a thread until one stays inside itself.
    fn next_stop(&mut self, thread: ThreadId, log: &mut Log) -> Option<Box<Wait>> {
        loop {
            let apc = self.thread_mut(thread)?.apcs.pop_front()?;
            if self.checks.is_some() {
                self.watch_routine(thread, log);
            }
            log.rule(RuleId::O7);
            log.note(|| Event::RoutineRan { thread, apc });
            if apc.routine == Routine::Asks {
                return Some(Box::new(Wait::until(Until::Routine)));
            }
        }
    }

    fn push_routine(&mut self, thread: ThreadId) {
        if let Some(state) = self.thread_mut(thread) {
            state.frames.push(Frame { token: Token::Routine, function: None, wait: None });
        }
    }
}
