//! The end of a play: what nobody looked at, what still waits, what is left behind, and the verdict.

use super::check::Check;
use super::judge::{self, Came};
use super::leak;
use super::play::{Player, Waiting};
use super::program::Action;
use super::reader::ThreadRef;
use super::report::{Failure, FailureKind, Report, Verdict};
use crate::abi::client::CallResult;
use crate::world::World;

impl Player<'_> {
    pub(super) fn end(&mut self) {
        if self.over {
            return;
        }
        let steps = self.scenario.steps.len();
        for (at, step) in self.scenario.finally.iter().enumerate() {
            self.play(steps + at, step);
        }
        self.step = None;
        self.first_event = self.log.events().len();
        self.look_for_unseen_results();
        self.look_for_stuck_calls();
        self.check_invariants_now();
        if !self.over && self.failures.iter().all(|failure| failure.kind == FailureKind::Stuck) {
            self.look_for_leaks();
        }
    }

    fn look_for_unseen_results(&mut self) {
        for at in 0..self.threads.len() {
            for Waiting { step, result } in std::mem::take(&mut self.threads[at].waiting) {
                match result {
                    Some(result) => self.unseen(ThreadRef(at as u32), step, result),
                    None => self.threads[at].waiting.push(Waiting { step, result }),
                }
            }
        }
    }

    fn look_for_stuck_calls(&mut self) {
        for at in 0..self.threads.len() {
            let on = ThreadRef(at as u32);
            let Some(waiting) = self.threads[at].waiting.last() else { continue };
            let (step, reported) = (waiting.step, self.threads[at].given_up);
            if !reported && !self.may_stay_parked(on) {
                self.stuck(on, step);
            }
        }
    }

    fn may_stay_parked(&self, on: ThreadRef) -> bool {
        self.scenario.finally.iter().any(|step| match &step.action {
            Action::Check(check) => matches!(**check, Check::Parked(parked) | Check::Paused(parked) if parked == on),
            _ => false,
        })
    }

    fn look_for_leaks(&mut self) {
        for (what, found) in leak::leaks(&self.world) {
            let title = "something is left after everybody has cleaned up and gone";
            self.fail(FailureKind::Leak, title, what, found);
        }
    }

    /// A thread whose waiting call has returned says so before it makes another call.
    pub(super) fn expect_no_unseen_result(&mut self, on: ThreadRef) {
        let state = &mut self.threads[on.0 as usize];
        let Some(Waiting { step, result: Some(result) }) = state.waiting.pop_if(|waiting| waiting.result.is_some())
        else {
            return;
        };
        self.unseen(on, step, result);
    }

    fn unseen(&mut self, on: ThreadRef, step: usize, result: CallResult) {
        let (title, wanted) = self.seen().unseen_words(on, step);
        self.fail(FailureKind::Unclaimed, title, wanted, judge::written(&Came::Returned(result)));
    }

    pub(super) fn report(mut self, played: usize) -> (Report, World) {
        let report = Report {
            file: self.scenario.file().to_owned(),
            about: self.scenario.about().to_owned(),
            model: self.machine.name.to_string(),
            profile: self.machine.profile(),
            verdict: verdict(&self.failures),
            played,
            ops: self.ops as usize,
            events: if self.is_reporting_events() { self.log.take() } else { Vec::new() },
            marks: self.marks,
            names: self.names,
            failures: self.failures,
            warnings: self.warnings,
            breaches: self.breaches,
            digest: self.world.digest(),
        };
        (report, self.world)
    }
}

/// The worst of the failures decides; among the others, a spent budget says more than what is stuck.
fn verdict(failures: &[Failure]) -> Verdict {
    let verdict_of = |failure: &Failure| match failure.kind {
        FailureKind::Stuck => Verdict::Stuck,
        FailureKind::Budget => Verdict::OutOfBudget,
        _ => Verdict::Failed,
    };
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Held => 0,
        Verdict::Stuck => 1,
        Verdict::OutOfBudget => 2,
        Verdict::Failed => 3,
    };
    failures.iter().map(verdict_of).max_by_key(rank).unwrap_or(Verdict::Held)
}
