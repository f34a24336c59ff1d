//! Descriptors: who registers them (Duty7, Duty8), who may call with them (Duty9, Duty10), who gives them back (Duty11,
//! Duty12), which handles an IFS layer takes over (Duty35).

use super::Checker;
use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene, gives_descriptor};
use crate::abi::upcall::{UpcallCall, UpcallReturn};
use crate::abi::{SpiCall, SpiFunction, SpiResult, SpiReturn, WsaError};
use crate::provider::Context;
use crate::rules::RuleId;
use crate::world::ids::{Handle, InstanceId, ThreadId};

/// A handle that a provider gave to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lower {
    /// To whom.
    pub taker: InstanceId,
    /// Whether the taker has closed it since.
    pub closed: bool,
    /// Whether it was given before and not closed: CloseHandle frees a number without telling anybody. The taker cannot
    /// tell the two sockets apart, and nor can the checker.
    pub again: bool,
}

impl Checker {
    /// A provider has answered with a descriptor.
    pub(super) fn check_descriptor(&self, scene: Scene<'_>, ended: &Crossing, socket: Handle, found: &mut Findings) {
        let process = scene.thread.process;
        let owner = scene.binding(socket).map(|binding| binding.instance);
        // A base may give the same descriptor out once more; whoever stands above has registered it since.
        if owner == Some(ended.runs) || self.is_lower(scene, ended.callee, socket) {
            return;
        }
        let expected = Fact::HandleOf(process, socket, ended.shape);
        let of_owner = owner.and_then(|owner| scene.shape(owner)).map(|shape| Fact::HandleOf(process, socket, shape));
        let actual = of_owner.unwrap_or(Fact::HandleThat(process, socket, "nobody has registered in this process"));
        find(found, RuleId::Duty7, ended.shape, Vec::new(), expected, actual);
    }

    /// Whether a provider has given a handle out that is still open.
    fn is_lower(&self, scene: Scene<'_>, giver: InstanceId, handle: Handle) -> bool {
        self.lower.get(&(scene.thread.process, giver, handle)).is_some_and(|lower| !lower.closed)
    }

    /// A provider calls another one: are the descriptors its own to use there?
    pub(super) fn check_lower_handles(
        &self,
        scene: Scene<'_>,
        caller: InstanceId,
        callee: InstanceId,
        call: &SpiCall,
        found: &mut Findings,
    ) {
        // An extension function goes to whoever has handed its pointer out, who need not be the next link.
        if call.function().is_extension() {
            return;
        }
        if let Some(s) = call.socket() {
            return self.check_lower_handle(scene, caller, callee, s, found);
        }
        if let SpiCall::Select { sets, .. } = call {
            let before = found.len();
            for &member in sets.iter().flat_map(|set| set.members()) {
                if found.len() == before {
                    self.check_lower_handle(scene, caller, callee, member, found);
                }
            }
        }
    }

    fn check_lower_handle(
        &self,
        scene: Scene<'_>,
        caller: InstanceId,
        callee: InstanceId,
        s: Handle,
        found: &mut Findings,
    ) {
        let process = scene.thread.process;
        let (Some(by), Some(next)) = (scene.shape(caller), scene.shape(callee)) else { return };
        let lower = self.lower.get(&(process, callee, s));
        let (rule, actual) = match lower {
            Some(Lower { closed: true, again: true, .. }) => return,
            Some(Lower { closed: true, .. }) if self.has_lost(scene, callee, s) => return,
            Some(Lower { closed: true, .. }) => (RuleId::Duty10, Fact::HandleThat(process, s, "closed before")),
            Some(lower) if lower.taker == caller => return,
            Some(lower) => match scene.shape(lower.taker) {
                Some(taker) => (RuleId::Duty9, Fact::HandleOf(process, s, taker)),
                None => return,
            },
            None => match scene.binding(s).map(|binding| binding.instance) {
                // A socket that came by inheritance or DuplicateHandle, which the provider below knows itself.
                Some(owner) if owner == callee => return,
                None if scene.process().handles.socket(s).is_some() => return,
                Some(owner) if owner == caller => {
                    (RuleId::Duty9, Fact::HandleThat(process, s, "the layer's own handle"))
                }
                Some(_) => (RuleId::Duty9, Fact::HandleThat(process, s, "somebody else's handle")),
                None => (RuleId::Duty9, Fact::HandleThat(process, s, "no socket of this process")),
            },
        };
        let matters = vec![("next", Fact::Provider(next))];
        find(found, rule, by, matters, Fact::Words("an open handle that the next link gave to this layer"), actual);
    }

    /// Whether a handle came from below in the call in progress: if it is gone by now, others have closed it.
    fn has_just_got(&self, thread: ThreadId, handle: Handle) -> bool {
        self.top(thread).is_some_and(|call| call.taken.iter().any(|&(_, taken)| taken == handle))
    }

    /// Whether a handle from below was closed on another thread and its closing was not over when the call in progress
    /// came to the layer.
    fn has_lost(&self, scene: Scene<'_>, giver: InstanceId, s: Handle) -> bool {
        self.top(scene.thread).is_some_and(|parent| parent.lost.contains(&(giver, s)))
    }

    /// What calls in progress on other threads have closed below a provider instance.
    pub(super) fn closing(&mut self, thread: ThreadId, instance: InstanceId) -> Vec<(InstanceId, Handle)> {
        self.others(thread, instance).flat_map(|other| other.closed.iter().copied()).collect()
    }

    /// A call is over: handles that came from below, handles that were closed.
    pub(super) fn settle_lower(&mut self, scene: Scene<'_>, ended: &Crossing, result: &SpiResult) {
        let Some(taker) = ended.caller else { return };
        let process = scene.thread.process;
        let function = ended.call.function();
        if function == SpiFunction::WspCloseSocket {
            let s = ended.s();
            let closed = (ended.callee, s);
            if let Some(parent) = self.top_mut(scene.thread) {
                parent.taken.retain(|taken| *taken != closed);
                parent.closed.extend(result.is_ok().then_some(closed));
            }
            if let Some(lower) = self.lower.get_mut(&(process, ended.callee, s)).filter(|_| result.is_ok()) {
                lower.closed = true;
                self.others(scene.thread, taker).for_each(|other| other.lost.push(closed));
            }
        }
        if let (true, Ok(SpiReturn::Socket { socket, .. })) = (gives_descriptor(function), result) {
            let again = self.is_lower(scene, ended.callee, *socket);
            self.lower.insert((process, ended.callee, *socket), Lower { taker, closed: false, again });
            if let Some(parent) = self.top_mut(scene.thread).filter(|_| !again) {
                parent.taken.push((ended.callee, *socket));
            }
        }
    }
}

impl Checker {
    /// The upcall now being made fails because a fault says so.
    pub(in crate::world) fn note_injected(&mut self) {
        self.injected = true;
    }

    /// What an upcall leaves behind: a handle made or given back, and a call that was refused something.
    fn note_upcall(
        &mut self,
        thread: ThreadId,
        by: InstanceId,
        call: &UpcallCall,
        result: &Result<UpcallReturn, WsaError>,
    ) {
        self.injected = false;
        self.disturb_others(thread, by);
        if let UpcallCall::CloseSocketHandle { s } = call {
            self.made.remove(&(thread.process, *s));
            let others =
                self.stacks.iter_mut().filter(|(other, _)| other.process == thread.process && **other != thread);
            others.flat_map(|(_, stack)| stack).for_each(|other| other.forgotten.push(*s));
        }
        if let (UpcallCall::CreateSocketHandle { .. }, Ok(UpcallReturn::Handle(handle))) = (call, result) {
            self.made.insert((thread.process, *handle), by);
            if let Some(crossing) = self.top_mut(thread) {
                crossing.made.push(*handle);
            }
        }
        if let (Some(crossing), Err(_)) = (self.top_mut(thread), result) {
            crossing.refused = true;
        }
    }
}

impl Context<'_> {
    /// The call in progress fails because a fault says so.
    #[cold]
    pub(crate) fn excuse_call(&mut self) {
        let thread = self.thread;
        if let Some(crossing) = self.checks.as_deref_mut().and_then(|checker| checker.top_mut(thread)) {
            crossing.refused = true;
        }
    }

    /// A provider has asked ws2_32 for something.
    #[cold]
    pub(in crate::world) fn watch_upcall(&mut self, call: &UpcallCall, result: &Result<UpcallReturn, WsaError>) {
        let Some(checker) = self.checks.take() else { return };
        let mut found = Findings::new();
        self.check_upcall(checker, call, result, &mut found);
        checker.note_upcall(self.thread, self.instance, call, result);
        checker.tell(Some(self.thread), found, self.log);
        self.checks = Some(checker);
    }

    fn check_upcall(
        &self,
        checker: &Checker,
        call: &UpcallCall,
        result: &Result<UpcallReturn, WsaError>,
        found: &mut Findings,
    ) {
        let by = self.shape_id;
        let duplicating =
            checker.top(self.thread).is_some_and(|it| it.call.function() == SpiFunction::WspDuplicateSocket);
        match (call, result) {
            (UpcallCall::ModifyIfsHandle { entry, .. } | UpcallCall::CreateSocketHandle { entry, .. }, _)
                if self.catalog.entry(*entry).is_none_or(|entry| entry.shape != Some(by)) =>
            {
                let actual = Fact::Entry(*entry);
                find(found, RuleId::Duty8, by, Vec::new(), Fact::Words("an entry of this provider"), actual);
            }
            // R1: the source gets no descriptor, so what is registered here is the target's.
            (UpcallCall::ModifyIfsHandle { handle, .. }, _) if duplicating => {
                let actual = Fact::HandleThat(self.thread.process, *handle, "registered by WSPDuplicateSocket");
                find(found, RuleId::Duty12, by, Vec::new(), Fact::Words("no descriptor in the source"), actual);
            }
            (UpcallCall::ModifyIfsHandle { handle, .. }, Err(WsaError::Inval))
                if !checker.injected
                    && (self.handles.get(*handle).is_some() || !checker.has_just_got(self.thread, *handle)) =>
            {
                self.check_taken_over(*handle, found);
            }
            (UpcallCall::CloseSocketHandle { s }, _) => self.check_given_back(checker, *s, found),
            _ => {}
        }
    }

    /// WPUModifyIFSHandle has refused a handle.
    fn check_taken_over(&self, handle: Handle, found: &mut Findings) {
        let (rule, what, expected) = match self.handles.get(handle) {
            Some(_) => (RuleId::Duty35, "no IFS handle", "an IFS handle"),
            None => (RuleId::Duty12, "no handle of this process", "a socket of this process"),
        };
        let actual = Fact::HandleThat(self.thread.process, handle, what);
        find(found, rule, self.shape_id, Vec::new(), Fact::Words(expected), actual);
    }

    /// A handle is given back. One that the client has closed behind the provider's back is given back like any other.
    fn check_given_back(&self, checker: &Checker, s: Handle, found: &mut Findings) {
        let process = self.thread.process;
        if checker.top(self.thread).is_some_and(|call| call.forgotten.contains(&s)) {
            return;
        }
        let actual = match checker.made.get(&(process, s)) {
            Some(maker) if *maker == self.instance => return,
            Some(maker) => match self.loaded.iter().find(|(_, instance)| instance == maker) {
                Some(&(shape, _)) => Fact::HandleOf(process, s, shape),
                None => return,
            },
            None => Fact::HandleThat(process, s, "not made by a provider, or given back before"),
        };
        let expected = Fact::Words("a handle this provider made");
        find(found, RuleId::Duty11, self.shape_id, Vec::new(), expected, actual);
    }
}
