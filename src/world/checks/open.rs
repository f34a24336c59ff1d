//! What is left after an open that failed (Duty13, Duty14, Duty44), and after a close (Duty15, Duty16).

use super::Checker;
use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene};
use crate::abi::SpiFunction;
use crate::rules::RuleId;
use crate::world::ids::{Handle, Incarnation};

impl Checker {
    /// A call that was to give a descriptor has failed.
    pub(super) fn check_failed_open(&self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let process = scene.thread.process;
        if let Some(&(giver, lower)) = ended.taken.first() {
            let next = scene.shape(giver).map(|shape| ("next", Fact::Provider(shape)));
            let expected = Fact::Function(SpiFunction::WspCloseSocket);
            let actual = Fact::HandleThat(process, lower, "still open");
            find(found, RuleId::Duty13, ended.shape, next.into_iter().collect(), expected, actual);
        }
        let made = ended.made.iter().find(|&&handle| self.is_made_by(scene, ended, handle));
        if let Some(&handle) = made {
            let actual = Fact::HandleThat(process, handle, "made in this call and still there");
            find(found, RuleId::Duty14, ended.shape, Vec::new(), Fact::Words("no handle left behind"), actual);
        }
        let contexts = scene.instance(ended.runs).map_or(0, |instance| instance.contexts());
        if made.is_none() && !ended.disturbed && contexts > ended.contexts {
            self.contexts(RuleId::Duty14, ended, ended.contexts, contexts, found);
        }
    }

    /// A WSPStartup has failed, or a call that was to give a descriptor: the other sockets go on.
    pub(super) fn check_spared(&self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let contexts = scene.instance(ended.runs).map_or(ended.contexts, |instance| instance.contexts());
        if !ended.disturbed && contexts < ended.contexts {
            self.contexts(RuleId::Duty44, ended, ended.contexts, contexts, found);
        }
    }

    /// A WSPCloseSocket has succeeded.
    pub(super) fn check_closed(&self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let process = scene.thread.process;
        let s = ended.s();
        let closes = |below: &super::crossing::Below| below.function == SpiFunction::WspCloseSocket;
        if !scene.is_base(ended.shape) && !ended.below.iter().any(closes) {
            let expected = Fact::Function(SpiFunction::WspCloseSocket);
            let matters = vec![("s", Fact::Handle(process, s))];
            find(found, RuleId::Duty15, ended.shape, matters, expected, Fact::Words("no such call"));
        }
        if self.is_pending(process, s) || self.is_to_begin(scene, ended) {
            return;
        }
        if self.is_made_by(scene, ended, s) {
            let actual = Fact::HandleThat(process, s, "still there");
            find(found, RuleId::Duty16, ended.shape, Vec::new(), Fact::Words("a handle given back"), actual);
        }
        let contexts = scene.instance(ended.runs).map_or(0, |instance| instance.contexts());
        if !ended.disturbed && ended.contexts > 0 && contexts >= ended.contexts {
            self.contexts(RuleId::Duty16, ended, ended.contexts - 1, contexts, found);
        }
    }

    /// Whether a call is on its way on another thread that may begin an operation on what was closed.
    fn is_to_begin(&self, scene: Scene<'_>, ended: &Crossing) -> bool {
        let stacks = self.stacks.iter().filter(|(thread, _)| thread.process == scene.thread.process);
        let mut calls = stacks.flat_map(|(_, stack)| stack).filter(|call| call.runs == ended.runs);
        calls.any(|call| call.s() == ended.s() && call.call.overlapped().is_some())
    }

    fn contexts(&self, rule: RuleId, ended: &Crossing, expected: usize, actual: usize, found: &mut Findings) {
        let matters = vec![("contexts before", Fact::Number(ended.contexts as u64))];
        let (expected, actual) = (Fact::Number(expected as u64), Fact::Number(actual as u64));
        find(found, rule, ended.shape, matters, expected, actual);
    }

    /// Whether a provider has made a handle and not given it back.
    pub(super) fn is_made(&self, process: Incarnation, handle: Handle) -> bool {
        self.made.contains_key(&(process, handle))
    }

    /// Whether a handle is there that this provider instance has made.
    fn is_made_by(&self, scene: Scene<'_>, ended: &Crossing, handle: Handle) -> bool {
        let made = self.made.get(&(scene.thread.process, handle)) == Some(&ended.runs);
        made && scene.binding(handle).is_some_and(|binding| binding.instance == ended.runs)
    }
}
