//! WSPAccept with its condition function.

use super::{At, Base, Blocked, Step, fail, fits, nonblocking, own_entry, shared, wait};
use crate::abi::consts::{CF_ACCEPT, CF_DEFER, CF_REJECT};
use crate::abi::{Condition, NetworkEvents, Room, SpiReturn, WsaError};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Interest, Release, Request, RequestState, StateKind, Target};
use crate::world::frame::{Until, Wait};

impl Base {
    /// WSPAccept: looks at the first request, asks the condition function, does what it says.
    pub(super) fn accept(&mut self, cx: &mut Context<'_>, at: At, addr: Room, condition: Option<Condition>) -> Step {
        let front = match cx.afd.accept_front(at.socket) {
            Ok(front) => front,
            Err(error) => {
                cx.log.rule(RuleId::Accept2);
                if shared(cx, at).is_ok_and(|socket| socket.state() == StateKind::Connected) && error == WsaError::Inval
                {
                    cx.log.rule(RuleId::Accept17);
                }
                return fail(error);
            }
        };
        let Some(request) = front else { return nothing_queued(cx, at, addr, condition) };
        if addr.is_some() && fits(addr, &request.peer).is_err() {
            cx.log.rule(RuleId::Accept11);
            return refuse(cx, at, WsaError::Fault);
        }
        match condition {
            None => {
                cx.log.rule(RuleId::Accept3);
                self.take(cx, at, addr, request)
            }
            Some(Condition::Wild) => refuse(cx, at, WsaError::Fault),
            _ if request.state != RequestState::Waiting => self.take(cx, at, addr, request),
            Some(Condition::Returns(answer)) => self.answered(cx, at, addr, answer),
            Some(Condition::Asks) => {
                cx.log.rule(RuleId::Accept4);
                cx.afd.ask(at.socket, cx.thread);
                let wait = Wait { via: None, ..Wait::until(Until::Callback) };
                Flow::Wait { wait: Box::new(wait), token: Box::new(Blocked::Condition(at, addr)) }
            }
        }
    }

    /// The condition function has answered.
    pub(super) fn answered(&mut self, cx: &mut Context<'_>, at: At, addr: Room, answer: i32) -> Step {
        cx.log.rule(RuleId::Accept4);
        let Ok(Some(request)) = cx.afd.accept_front(at.socket) else { return fail(WsaError::ConnReset) };
        match answer {
            CF_ACCEPT => self.take(cx, at, addr, request),
            CF_REJECT => {
                cx.log.rule(RuleId::Accept6);
                let (afd, mut afd_cx) = cx.afd();
                afd.reject(&mut afd_cx, at.socket);
                fail(WsaError::ConnRefused)
            }
            CF_DEFER => {
                cx.log.rule(RuleId::Accept7);
                let (afd, mut afd_cx) = cx.afd();
                afd.defer(&mut afd_cx, at.socket);
                fail(WsaError::TryAgain)
            }
            _ => refuse(cx, at, WsaError::Inval),
        }
    }

    /// Takes the first request and makes a descriptor for the new socket (Accept5).
    fn take(&mut self, cx: &mut Context<'_>, at: At, addr: Room, request: Request) -> Step {
        if cx.is_full() {
            cx.log.rule(RuleId::Listen9);
            cx.log.rule(RuleId::Accept13);
            return refuse(cx, at, WsaError::MFile);
        }
        let (afd, mut afd_cx) = cx.afd();
        let socket = match afd.accept(&mut afd_cx, at.socket) {
            Ok(socket) => socket,
            Err(error) => return fail(error),
        };
        afd.add_descriptor(&mut afd_cx, socket);
        let transport = shared(cx, at).map(|socket| socket.transport());
        let entry = transport.ok().and_then(|transport| own_entry(cx, transport));
        let entry = entry.map_or(0, |entry| entry.catalog_entry_id());
        match self.register(cx, entry, socket, true) {
            Ok(handle) => {
                note_taken(cx, at, addr);
                let mode = cx.handles.get(at.s).is_some_and(|listener| listener.nonblocking);
                if let Some(new) = cx.handles.get_mut(handle) {
                    new.nonblocking = mode;
                }
                self.own_inherited_registration(cx, socket, handle);
                Flow::Return(Ok(SpiReturn::Socket { socket: handle, peer: addr.map(|_| Box::new(request.peer)) }))
            }
            Err(error) => {
                let (afd, mut afd_cx) = cx.afd();
                afd.release(&mut afd_cx, socket, Release::Reset);
                fail(error)
            }
        }
    }

    /// E14: an inherited window registration speaks of the new descriptor from now on.
    pub(super) fn own_inherited_registration(
        &mut self,
        cx: &mut Context<'_>,
        socket: crate::world::ids::SocketId,
        handle: crate::world::ids::Handle,
    ) {
        let by_window = cx.afd.registration(socket).is_some_and(|r| matches!(r.target, Target::Window { .. }));
        if by_window {
            cx.log.rule(RuleId::E14);
        }
        let (afd, mut afd_cx) = cx.afd();
        afd.set_registration_handle(&mut afd_cx, socket, handle);
    }
}

/// The rules a connection is accepted by.
fn note_taken(cx: &mut Context<'_>, at: At, addr: Room) {
    cx.log.rule(RuleId::Accept5);
    if addr.is_some() {
        cx.log.rule(RuleId::Accept10);
    }
    if shared(cx, at).is_ok_and(|listener| listener.descriptors() > 1) {
        cx.log.rule(RuleId::Accept14);
        cx.log.rule(RuleId::Accept15);
    }
}

/// An accept that fails re-enables FD_ACCEPT all the same (E4).
pub(super) fn refuse(cx: &mut Context<'_>, at: At, error: WsaError) -> Step {
    let (afd, mut afd_cx) = cx.afd();
    afd.reenable(&mut afd_cx, at.socket, NetworkEvents::ACCEPT);
    fail(error)
}

fn nothing_queued(cx: &mut Context<'_>, at: At, addr: Room, condition: Option<Condition>) -> Step {
    if nonblocking(cx, at) {
        cx.log.rule(RuleId::B4);
        cx.log.rule(RuleId::Accept9);
        return refuse(cx, at, WsaError::WouldBlock);
    }
    cx.log.rule(RuleId::Accept8);
    wait(cx, at, Interest::Acceptable, None, Blocked::Accept(at, addr, condition))
}
