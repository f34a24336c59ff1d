//! Blocks: opened once (Duty32), by the process they were made for (Duty33), in time (Duty34). A policy that lets a base
//! do otherwise excuses it: it is the model's word for what its base is meant to do.

use super::breach::{Fact, Finding, Findings, find};
use super::crossing::{Crossing, Scene, info_of};
use super::{Checker, World};
use crate::abi::{Info, SpiCall, SpiFunction};
use crate::rules::RuleId;
use crate::world::catalog::ShapeId;
use crate::world::duplication::Duplication;
use crate::world::ids::Incarnation;
use crate::world::log::Log;
use crate::world::policy::{BlockReuse, FailedOpen, ReferenceTaken, TargetIdentity, WrongProcess};
use crate::world::ws2_32::token_of;

/// A block that a base has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Made {
    /// By which base.
    by: ShapeId,
    /// For whom, as far as anybody can tell.
    target: Option<Incarnation>,
    /// Whether it was opened.
    opened: bool,
}

impl Checker {
    /// A WSPDuplicateSocket has succeeded. Only a base makes blocks; layers hand them on.
    pub(super) fn note_block(&mut self, scene: Scene<'_>, ended: &Crossing, block: &Info) {
        let word = word_of(scene, block);
        if let SpiCall::DuplicateSocket { process, .. } = ended.call
            && scene.is_base(ended.shape)
            && word != 0
        {
            let target = scene.world.directory().living(process);
            self.blocks.insert(word, Made { by: ended.shape, target, opened: false });
        }
    }

    /// A call has given a descriptor. If it was a base that opened a block: might it?
    pub(super) fn check_opened(&mut self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let Some(info) = info_of(&ended.call).filter(|_| ended.call.function() == SpiFunction::WspSocket) else {
            return;
        };
        let Some(made) = self.blocks.get_mut(&word_of(scene, info)).filter(|made| made.by == ended.shape) else {
            return;
        };
        let policies = scene.world.machine.policies();
        let matters = || vec![("lpProtocolInfo", Fact::Info(info.clone()))];
        let anyone =
            policies.wrong_process == WrongProcess::Allow || policies.target_identity == TargetIdentity::Number;
        if let Some(target) = made.target.filter(|target| !anyone && *target != scene.thread.process) {
            let (expected, actual) = (Fact::Process(target), Fact::Process(scene.thread.process));
            find(found, RuleId::Duty33, ended.shape, matters(), expected, actual);
        }
        if made.opened && policies.block_reuse == BlockReuse::Refuse {
            let (expected, actual) = (Fact::Words("an error"), Fact::Words("a descriptor, for the second time"));
            find(found, RuleId::Duty32, ended.shape, matters(), expected, actual);
        }
        made.opened = true;
    }

    /// A call that was to give a descriptor has failed as a whole: where failed opens cost no block, its block is as
    /// good as new.
    pub(super) fn note_failed_open(&mut self, scene: Scene<'_>, ended: &Crossing) {
        if ended.caller.is_some() || scene.world.machine.policies().failed_open != FailedOpen::NeverConsumed {
            return;
        }
        let word = info_of(&ended.call).map_or(0, |info| word_of(scene, info));
        if let Some(made) = self.blocks.get_mut(&word) {
            made.opened = false;
        }
    }
}

impl World {
    /// A duplication that nobody has opened goes with its socket.
    pub(in crate::world) fn watch_lost(&mut self, lost: &Duplication, log: &mut Log) {
        let Some(checker) = &self.checks else { return };
        if self.machine.policies().reference_taken == ReferenceTaken::AtOpen {
            return;
        }
        let finding = Finding {
            rule: RuleId::Duty34,
            by: lost.maker,
            at: None,
            matters: vec![("target", Fact::Process(lost.target))],
            expected: Fact::Words("a socket that waits for its block to be opened"),
            actual: Fact::Words("a socket that went with its last descriptor"),
        };
        checker.tell(None, vec![finding], log);
    }
}

/// The word by which a base knows its block.
fn word_of(scene: Scene<'_>, info: &Info) -> u32 {
    token_of(info, scene.world.machine.policies().token_place)
}
