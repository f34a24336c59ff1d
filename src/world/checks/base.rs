//! What bases alone can get wrong: blocks without a word (Duty23), or with it in the wrong place (Duty41), duplications
//! left behind (Duty40), FROM_PROTOCOL_INFO not understood (Duty42), the dead counted (Duty43).

use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene};
use super::{Checker, World};
use crate::abi::consts::FROM_PROTOCOL_INFO;
use crate::abi::{Info, SpiCall, SpiResult, WsaError};
use crate::provider::{ShapeKind, State};
use crate::rules::RuleId;
use crate::world::catalog::ShapeId;
use crate::world::handles::Object;
use crate::world::ids::{Incarnation, SocketId};
use crate::world::log::Log;
use crate::world::policy::TokenPlace;
use crate::world::process::Process;

/// What a socket may count when a process has died, and whose duty that is.
pub(in crate::world) struct Dying {
    socket: SocketId,
    references: u64,
    by: ShapeId,
}

impl Checker {
    /// A base has made a block.
    pub(super) fn check_block(&self, scene: Scene<'_>, ended: &Crossing, block: &Info, found: &mut Findings) {
        let elsewhere = scene.world.machine.policies().token_place == TokenPlace::ServiceFlags;
        if !scene.is_base(ended.shape) || block.reserved() != 0 || elsewhere {
            return;
        }
        let entry = scene.catalog().entry(block.catalog_entry_id());
        let own = entry.filter(|entry| entry.shape == Some(ended.shape) && entry.is_base());
        match own {
            Some(entry) if !entry.info.agrees_with(block, false) => {
                let (expected, actual) = (Fact::Words("a word in dwProviderReserved"), Fact::Words("words elsewhere"));
                find(found, RuleId::Duty41, ended.shape, Vec::new(), expected, actual);
            }
            _ => {
                let (expected, actual) = (Fact::Words("a block with a word of the base's"), Fact::Info(block.clone()));
                find(found, RuleId::Duty23, ended.shape, Vec::new(), expected, actual);
            }
        }
    }

    /// A WSPDuplicateSocket has failed.
    pub(super) fn check_failed_duplicate(&self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let now = scene.world.duplications.iter().count();
        if scene.is_base(ended.shape) && now > ended.duplications {
            let matters = vec![("of", Fact::Words("pending duplications"))];
            let (expected, actual) = (Fact::Number(ended.duplications as u64), Fact::Number(now as u64));
            find(found, RuleId::Duty40, ended.shape, matters, expected, actual);
        }
    }

    /// An open has failed.
    pub(super) fn check_refused(&self, scene: Scene<'_>, ended: &Crossing, result: &SpiResult, found: &mut Findings) {
        let SpiCall::Socket { af: FROM_PROTOCOL_INFO, .. } = ended.call else { return };
        if scene.is_base(ended.shape) && !ended.refused && matches!(result, Err(WsaError::AfNoSupport)) {
            let (expected, actual) = (Fact::Words("the family of lpProtocolInfo"), Fact::Error(WsaError::AfNoSupport));
            find(found, RuleId::Duty42, ended.shape, vec![("af", Fact::Words("FROM_PROTOCOL_INFO"))], expected, actual);
        }
    }
}

impl World {
    /// A process is about to end: what its sockets may count afterwards.
    #[cold]
    pub(in crate::world) fn watch_dying(&self, process: Incarnation) -> Vec<Dying> {
        let Some(process) = self.checks.as_ref().and_then(|_| self.process(process)) else { return Vec::new() };
        let Some(by) = self.base_of(process) else { return Vec::new() };
        let os = process.handles.iter().filter_map(|(_, entry)| match entry.object {
            Object::Socket(socket) => Some(socket),
            _ => None,
        });
        let records = process.instances.iter().flat_map(|(_, instance)| match &instance.state {
            State::Base(base) => base.records().map(|(_, socket)| socket).collect(),
            _ => Vec::new(),
        });
        let mut dying: Vec<Dying> = Vec::new();
        for socket in os.chain(records) {
            match dying.iter_mut().find(|known| known.socket == socket) {
                Some(known) => known.references = known.references.saturating_sub(1),
                None => {
                    let references = self.afd.socket(socket).map_or(0, |it| it.references().saturating_sub(1));
                    dying.push(Dying { socket, references, by });
                }
            }
        }
        dying
    }

    /// The base provider a process has loaded, the first one if there are several.
    fn base_of(&self, process: &Process) -> Option<ShapeId> {
        let is_base = |shape: &ShapeId| matches!(self.machine.shape(*shape).kind, ShapeKind::Base { .. });
        process.loaded.iter().map(|&(shape, _)| shape).find(is_base)
    }

    /// As [`base_of`](Self::base_of), by incarnation.
    pub(super) fn base_shape(&self, process: Incarnation) -> Option<ShapeId> {
        self.process(process).and_then(|process| self.base_of(process))
    }

    /// The process has ended.
    #[cold]
    pub(in crate::world) fn watch_dead(&mut self, dying: Vec<Dying>, log: &mut Log) {
        let mut found = Findings::new();
        for Dying { socket, references, by } in dying {
            let now = self.afd.socket(socket).map_or(0, |it| it.references());
            if now > references {
                let matters = vec![("references of", Fact::Socket(socket))];
                let (expected, actual) = (Fact::Number(references), Fact::Number(now));
                find(&mut found, RuleId::Duty43, by, matters, expected, actual);
            }
        }
        if let Some(checker) = &self.checks {
            checker.tell(None, found, log);
        }
    }
}
