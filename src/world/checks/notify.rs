//! Network events: one registration for a shared socket (Duty30), messages in the client's terms (Duty31).

use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene, gives_descriptor};
use super::{Checker, World};
use crate::abi::{SpiCall, SpiFunction, SpiResult, SpiReturn};
use crate::rules::RuleId;
use crate::world::afd::Target;
use crate::world::catalog::ShapeId;
use crate::world::ids::{Handle, Incarnation};
use crate::world::log::Log;

impl Checker {
    /// A registration has been made: the base must have put it in the place of the earlier one.
    pub(super) fn check_registered(&self, scene: Scene<'_>, ended: &Crossing, found: &mut Findings) {
        let (by_event, events) = match ended.call {
            SpiCall::EventSelect { events, .. } => (true, events),
            SpiCall::AsyncSelect { events, .. } => (false, events),
            _ => return,
        };
        if !scene.is_base(ended.shape) || events.is_empty() {
            return;
        }
        let process = scene.thread.process;
        let shared = scene.world.shared_socket(process, ended.s()).and_then(|id| scene.world.afd.socket(id));
        let Some(socket) = shared else { return };
        let registration = socket.registration();
        let stands = registration.is_some_and(|it| {
            it.registrant.process == process && matches!(it.target, Target::Event(_)) == by_event && it.mask == events
        });
        if !stands {
            let matters = vec![("s", Fact::Handle(process, ended.s()))];
            let actual = registration.map_or(Fact::Words("none"), |_| Fact::Words("an earlier one"));
            find(found, RuleId::Duty30, ended.shape, matters, Fact::Words("this registration in force"), actual);
        }
    }

    /// The handles that clients know: what they were given, until they close it.
    pub(super) fn note_known(&mut self, scene: Scene<'_>, ended: &Crossing, result: &SpiResult) {
        if ended.caller.is_some() {
            return;
        }
        let process = scene.thread.process;
        match (ended.call.function(), result) {
            (function, Ok(SpiReturn::Socket { socket, .. })) if gives_descriptor(function) => {
                self.known.insert((process, *socket));
            }
            (SpiFunction::WspCloseSocket, Ok(_)) => {
                self.known.remove(&(process, ended.s()));
            }
            _ => {}
        }
    }
}

impl World {
    /// A message of WSPAsyncSelect goes to a client's window: about which socket of the base, naming which handle, posted
    /// by whom.
    #[cold]
    pub(in crate::world) fn watch_message(
        &mut self,
        process: Incarnation,
        lower: Handle,
        named: Handle,
        by: Option<ShapeId>,
        log: &mut Log,
    ) {
        let Some(checker) = &self.checks else { return };
        let Some(by) = by.or_else(|| self.base_shape(process)) else { return };
        let meant = self.shared_socket(process, lower);
        let right = checker.known.contains(&(process, named)) && self.shared_socket(process, named) == meant;
        if meant.is_none() || right {
            return;
        }
        let mut found = Findings::new();
        let actual = Fact::HandleThat(process, named, "not what the client knows the socket by");
        find(&mut found, RuleId::Duty31, by, Vec::new(), Fact::Words("the handle the client knows"), actual);
        checker.tell(None, found, log);
    }
}
