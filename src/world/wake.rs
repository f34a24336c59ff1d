//! The order in which calls that wait on one shared socket for the same thing go on (policy `wake_order`).

use super::World;
use super::frame::{Until, Woken};
use super::ids::ThreadId;
use super::log::Log;
use super::policy::{PolicyId, WakeOrder};
use super::process::{Process, Thread};
use crate::rules::RuleId;

impl World {
    /// A call on a socket begins to wait: it stands behind all that wait already.
    pub(super) fn take_turn(&mut self, thread: ThreadId) {
        if self.machine.policies().wake_order == WakeOrder::Any {
            return;
        }
        let waiting =
            self.processes.iter().flat_map(|process| &process.threads).filter(|thread| thread.wait().is_some());
        let last = waiting.map(|thread| thread.turn).max().unwrap_or(0);
        if let Some(thread) = self.thread_mut(thread) {
            thread.turn = last.saturating_add(1);
        }
    }

    /// Whether a thread may use what it waited for, as far as the others are concerned that wait for the same.
    pub(super) fn is_next(&self, thread: &Thread, woken: Woken) -> bool {
        if self.machine.policies().wake_order == WakeOrder::Any || woken != Woken::Ready {
            return true;
        }
        self.rivals(thread).all(|rival| rival.turn >= thread.turn)
    }

    /// Writes down that somebody goes on before others.
    pub(super) fn note_turn(&self, thread: &Thread, woken: Woken, log: &mut Log) {
        if log.is_on() && woken == Woken::Ready && self.rivals(thread).nth(1).is_some() {
            log.rule(RuleId::B8);
            log.policy(PolicyId::wake_order);
        }
    }

    /// Who waits on the same shared socket for the same thing, the thread itself included.
    fn rivals<'a>(&'a self, thread: &'a Thread) -> impl Iterator<Item = &'a Thread> {
        let until = thread.wait().map(|wait| &wait.until).filter(|until| matches!(until, Until::Socket(..)));
        let threads = self.processes.iter().flat_map(|process: &Process| &process.threads);
        threads.filter(move |other| {
            until.is_some() && other.wait().is_some_and(|wait| Some(&wait.until) == until && wait.cancelled.is_none())
        })
    }
}
