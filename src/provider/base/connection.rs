//! WSPBind, WSPListen, WSPConnect, WSPShutdown and the names.

use super::ioctl::offers;
use super::{Answer, At, Base, Blocked, Step, checked, done, fail, fits, nonblocking, shared, wait};
use crate::abi::{Bytes, ConnectExtras, Name, Room, ServiceFlags1, SockAddr, SpiReturn, WsaError};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Connect, Family, Interest, StateKind, scoped};
use crate::world::policy::{ListenWithoutDescriptors, PeerWhileConnecting, PolicyId};

/// WSPBind.
pub(super) fn bind(cx: &mut Context<'_>, at: At, name: Name) -> Result<(), WsaError> {
    let address = checked(name)?;
    let (afd, mut afd_cx) = cx.afd();
    let bound = afd.bind(&mut afd_cx, at.socket, &address);
    if bound == Err(WsaError::NoBufs) {
        cx.log.rule(RuleId::Bind10);
    }
    bound
}

/// WSPListen.
pub(super) fn listen(cx: &mut Context<'_>, at: At, backlog: i32) -> Result<(), WsaError> {
    let begins = shared(cx, at)?.state() == StateKind::Unconnected;
    if begins && cx.is_full() {
        cx.log.rule(RuleId::Listen9);
        cx.log.policy(PolicyId::listen_without_descriptors);
        if cx.machine.policies().listen_without_descriptors == ListenWithoutDescriptors::Wsaemfile {
            return Err(WsaError::MFile);
        }
    }
    let (afd, mut afd_cx) = cx.afd();
    afd.listen(&mut afd_cx, at.socket, backlog)
}

/// WSPShutdown.
pub(super) fn shutdown(cx: &mut Context<'_>, at: At, how: i32) -> Result<(), WsaError> {
    let (afd, mut afd_cx) = cx.afd();
    afd.shutdown(&mut afd_cx, at.socket, how)
}

/// WSPGetSockName.
pub(super) fn local_name(cx: &mut Context<'_>, at: At, room: Room) -> Answer {
    let name = cx.afd.local_name(at.socket);
    if cx.log.is_on() {
        note_local(cx, at, &name);
    }
    named(cx, name, room)
}

/// WSPGetPeerName.
pub(super) fn peer_name(cx: &mut Context<'_>, at: At, room: Room) -> Answer {
    let name = match cx.afd.peer_name(at.socket) {
        Err(WsaError::NotConn) => attempted(cx, at).ok_or(WsaError::NotConn),
        name => name,
    };
    if cx.log.is_on() {
        note_peer(cx, at, &name);
    }
    named(cx, name, room)
}

/// Whom an attempt in progress is for, if that is told.
fn attempted(cx: &mut Context<'_>, at: At) -> Option<SockAddr> {
    let to = shared(cx, at).ok()?.connecting_to()?;
    cx.log.policy(PolicyId::peer_while_connecting);
    (cx.machine.policies().peer_while_connecting == PeerWhileConnecting::Given).then_some(to)
}

/// The rules WSPGetSockName follows.
fn note_local(cx: &mut Context<'_>, at: At, name: &Result<SockAddr, WsaError>) {
    match name {
        Ok(name) => {
            cx.log.rule(RuleId::Name1);
            if name.ip().is_some_and(|ip| ip.is_unspecified()) {
                cx.log.rule(RuleId::Name3);
            }
            note_shared_name(cx, at);
        }
        Err(WsaError::Inval) => cx.log.rule(RuleId::Name2),
        Err(_) => {}
    }
}

/// The rules WSPGetPeerName follows.
fn note_peer(cx: &mut Context<'_>, at: At, name: &Result<SockAddr, WsaError>) {
    if !matches!(name, Ok(_) | Err(WsaError::NotConn)) {
        return;
    }
    if shared(cx, at).is_ok_and(|socket| socket.transport().kind.is_datagram()) {
        cx.log.rule(RuleId::Name5);
    }
    cx.log.rule(RuleId::Name4);
    if name.is_ok() {
        note_shared_name(cx, at);
    }
}

fn note_shared_name(cx: &mut Context<'_>, at: At) {
    if shared(cx, at).is_ok_and(|socket| socket.references() > 1) {
        cx.log.rule(RuleId::Name7);
    }
}

fn named(cx: &mut Context<'_>, name: Result<SockAddr, WsaError>, room: Room) -> Answer {
    let given = name?;
    let name = scoped(&cx.machine.platform, given);
    if name != given {
        cx.log.rule(RuleId::Name8);
    }
    fits(room, &name).inspect_err(|_| cx.log.rule(RuleId::Name6))?;
    Ok(SpiReturn::Address(Box::new(name)))
}

impl Base {
    /// WSPConnect.
    pub(super) fn connect(&mut self, cx: &mut Context<'_>, at: At, name: Name, extras: Option<&ConnectExtras>) -> Step {
        let extras_fit = |cx: &mut Context<'_>| extras.map_or(Ok(()), |extras| checked_extras(cx, at, extras));
        let address = match target(cx, at, name).and_then(|address| extras_fit(cx).map(|()| address)) {
            Ok(address) => address,
            Err(error) => return fail(error),
        };
        let callee_room = extras.and_then(|extras| extras.callee_room);
        let mode = nonblocking(cx, at);
        let (afd, mut afd_cx) = cx.afd();
        match afd.connect_in_mode(&mut afd_cx, at.socket, &address, mode) {
            Err(error) => fail(error),
            Ok(Connect::Done) => callee_data(cx, at, callee_room),
            Ok(Connect::Started) if mode => {
                cx.log.rule(RuleId::B4);
                cx.log.rule(RuleId::Connect7);
                fail(WsaError::WouldBlock)
            }
            Ok(Connect::Started) => self.connected(cx, at, callee_room),
        }
    }

    /// The outcome of a blocking connect, when there is one.
    pub(super) fn connected(&mut self, cx: &mut Context<'_>, at: At, callee_room: Option<u32>) -> Step {
        cx.log.rule(RuleId::Connect5);
        let (afd, mut afd_cx) = cx.afd();
        match afd.connect_outcome(&mut afd_cx, at.socket) {
            Some(Ok(())) => callee_data(cx, at, callee_room),
            Some(Err(error)) => fail(error),
            None => {
                cx.afd.set_connector(at.socket, cx.thread);
                wait(cx, at, Interest::Connected, None, Blocked::Connect(at, callee_room))
            }
        }
    }
}

/// lpCalleeData of a connect that has succeeded: what the other end gave, if anybody asks.
fn callee_data(cx: &mut Context<'_>, at: At, room: Option<u32>) -> Step {
    let Some(data) = room.and_then(|_| cx.afd.callee_data(at.socket)) else { return done(Ok(())) };
    cx.log.rule(RuleId::Connect20);
    if data.len() > room.unwrap_or(0) as usize {
        return fail(WsaError::Fault);
    }
    Flow::Return(Ok(SpiReturn::Bytes(Bytes::of(&data))))
}

/// The address to connect to.
pub(super) fn target(cx: &mut Context<'_>, at: At, name: Name) -> Result<SockAddr, WsaError> {
    let Name::At { address, len } = name else { return Err(WsaError::Fault) };
    let transport = shared(cx, at)?.transport();
    let stream = transport.kind.connects();
    let unspecified = matches!(address, SockAddr::Other(family) if family == 0);
    let dissolves = !stream && unspecified;
    let same_family =
        matches!((transport.family, address), (Family::V4, SockAddr::V4(_)) | (Family::V6, SockAddr::V6(_)));
    if !same_family && !dissolves {
        cx.log.rule(RuleId::Connect17);
        return Err(WsaError::AfNoSupport);
    }
    if len < 0 || (len as usize) < address.encoded_len() {
        cx.log.rule(RuleId::Connect17);
        return Err(WsaError::Fault);
    }
    Ok(address)
}

/// What comes with a connection request: connect data is ignored on a connectionless socket.
pub(super) fn checked_extras(cx: &mut Context<'_>, at: At, extras: &ConnectExtras) -> Result<(), WsaError> {
    let connects = shared(cx, at)?.transport().kind.connects();
    if let Some(data) = extras.caller_data.as_ref().filter(|_| connects) {
        let (afd, mut afd_cx) = cx.afd();
        afd.set_caller_data(&mut afd_cx, at.socket, data).inspect_err(|_| cx.log.rule(RuleId::Connect18))?;
    }
    if extras.quality_of_service && !offers(cx, at, ServiceFlags1::QOS_SUPPORTED) {
        cx.log.rule(RuleId::Connect19);
        return Err(WsaError::OpNotSupp);
    }
    Ok(())
}
