//! WSPSend, WSPSendTo, WSPRecv, WSPRecvFrom without overlapped I/O.

use super::ioctl::offers;
use super::{At, Base, Blocked, Receiving, Sending, Step, checked, fail, fits, nonblocking, shared, wait};
use crate::abi::{
    Gather, MessageFlags, Name, NetworkEvents, Room, Scatter, ServiceFlags1, SockAddr, SpiReturn, WsaError,
};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Interest, Kind, Received, SharedSocket, StateKind, gather};
use crate::world::frame::Woken;
use crate::world::policy::{PolicyId, RecvFromConnected};

impl Base {
    /// WSPSend.
    pub(super) fn send(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        data: &Gather,
        flags: MessageFlags,
        to: Option<SockAddr>,
    ) -> Step {
        let Some(data) = data.bytes() else { return refuse_send(cx, at, WsaError::Fault) };
        cx.log.rule(RuleId::Send2);
        if flags.contains(MessageFlags::PARTIAL) && !offers(cx, at, ServiceFlags1::PARTIAL_MESSAGE) {
            cx.log.rule(RuleId::Send11);
            return refuse_send(cx, at, WsaError::OpNotSupp);
        }
        if lost_by_keep_alive(cx, at) {
            return refuse_send(cx, at, WsaError::NotConn);
        }
        self.send_more(cx, Sending { at, data, sent: 0, flags, to, deadline: None })
    }

    /// WSPSendTo: on a connection lpTo is ignored (SendTo2).
    pub(super) fn send_to(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        data: &Gather,
        flags: MessageFlags,
        to: Name,
    ) -> Step {
        let datagram = shared(cx, at).is_ok_and(|socket| socket.transport().kind.is_datagram());
        if !datagram {
            cx.log.rule(RuleId::SendTo2);
            if shared(cx, at).is_ok_and(|socket| socket.state() == StateKind::Unconnected) {
                cx.log.rule(RuleId::SendTo8);
            }
            return self.send(cx, at, data, flags, None);
        }
        match destination(cx, at, to) {
            Ok(to) => self.send(cx, at, data, flags, to),
            Err(error) => refuse_send(cx, at, error),
        }
    }

    fn send_more(&mut self, cx: &mut Context<'_>, mut sending: Sending) -> Step {
        let at = sending.at;
        let Ok(socket) = shared(cx, at) else { return fail(WsaError::NotSock) };
        let own_turn = socket.sender().is_none_or(|sender| sender == cx.thread);
        if !own_turn || socket.has_pending_sends() && socket.sender().is_none() {
            let (afd, mut afd_cx) = cx.afd();
            return match afd.check_send(&mut afd_cx, at.socket, sending.data.len(), sending.flags) {
                Ok(()) => self.wait_to_send(cx, sending, Interest::Turn),
                Err(error) => refuse_send(cx, at, error),
            };
        }
        let datagram = socket.transport().kind.is_datagram();
        let rest = &sending.data[sending.sent..];
        let (afd, mut afd_cx) = cx.afd();
        let taken = match (datagram, sending.to) {
            (true, Some(to)) => afd.send_to(&mut afd_cx, at.socket, rest, Some(&to), sending.flags),
            _ => afd.send(&mut afd_cx, at.socket, rest, sending.flags),
        };
        match taken {
            Err(error) => {
                leave_turn(cx, at);
                refuse_send(cx, at, error)
            }
            Ok(count) => {
                sending.sent += count;
                if sending.sent == sending.data.len() {
                    leave_turn(cx, at);
                    return sent(sending.sent);
                }
                self.wait_to_send(cx, sending, Interest::Writable)
            }
        }
    }

    /// There is no room, or another send is half done: its bytes stay together (Send15).
    fn wait_to_send(&mut self, cx: &mut Context<'_>, mut sending: Sending, interest: Interest) -> Step {
        let at = sending.at;
        if nonblocking(cx, at) {
            leave_turn(cx, at);
            if sending.sent > 0 {
                cx.log.rule(RuleId::Send4);
                return sent(sending.sent);
            }
            cx.log.rule(RuleId::B4);
            cx.log.rule(RuleId::Send5);
            let (afd, mut afd_cx) = cx.afd();
            afd.note_would_block(&mut afd_cx, at.socket);
            return fail(WsaError::WouldBlock);
        }
        cx.log.rule(if interest == Interest::Turn { RuleId::Send15 } else { RuleId::Send3 });
        if interest == Interest::Writable {
            cx.afd.set_sender(at.socket, Some(cx.thread));
        }
        let timeout = cx.afd.socket(at.socket).and_then(|socket| socket.send_timeout_ms());
        sending.deadline = sending.deadline.or_else(|| timeout.map(|ms| cx.now.plus_ms(ms.into())));
        wait(cx, at, interest, sending.deadline, Blocked::Send(sending))
    }

    /// A blocked send goes on.
    pub(super) fn send_on(&mut self, cx: &mut Context<'_>, sending: Sending, woken: Woken) -> Step {
        if woken == Woken::TimedOut {
            cx.log.rule(RuleId::Send16);
            leave_turn(cx, sending.at);
            return refuse_send(cx, sending.at, WsaError::TimedOut);
        }
        self.send_more(cx, sending)
    }

    /// WSPRecv.
    pub(super) fn recv(&mut self, cx: &mut Context<'_>, at: At, room: &Scatter, flags: MessageFlags) -> Step {
        let Some(room) = room.room() else { return refuse_receive(cx, at, WsaError::Fault) };
        if lost_by_keep_alive(cx, at) {
            return refuse_receive(cx, at, WsaError::NotConn);
        }
        self.recv_more(cx, Receiving { at, room, flags, from: None, so_far: Vec::new(), deadline: None })
    }

    /// WSPRecvFrom.
    pub(super) fn recv_from(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        room: &Scatter,
        flags: MessageFlags,
        from: Room,
    ) -> Step {
        let Some(room) = room.room() else { return refuse_receive(cx, at, WsaError::Fault) };
        match may_receive_from(cx, at, from) {
            Ok(from) => self.recv_more(cx, Receiving { at, room, flags, from, so_far: Vec::new(), deadline: None }),
            Err(error) => refuse_receive(cx, at, error),
        }
    }

    /// Receives what is there, and re-enables once, also when it fails or waits (E4).
    fn recv_more(&mut self, cx: &mut Context<'_>, receiving: Receiving) -> Step {
        let at = receiving.at;
        let step = self.recv_until_done(cx, receiving);
        receive_over(cx, at);
        step
    }

    fn recv_until_done(&mut self, cx: &mut Context<'_>, mut receiving: Receiving) -> Step {
        let at = receiving.at;
        loop {
            let room = receiving.room - receiving.so_far.len();
            if !receiving.so_far.is_empty() && stands_at_mark(cx, at) {
                cx.log.rule(RuleId::Recv18);
                return received(receiving, None);
            }
            let urgent = shared(cx, at).is_ok_and(SharedSocket::has_urgent_inline);
            let (afd, mut afd_cx) = cx.afd();
            match afd.receive(&mut afd_cx, at.socket, room, receiving.flags) {
                Err(error) if receiving.so_far.is_empty() => return fail(error),
                Err(_) | Ok(Received::End) => return received(receiving, None),
                Ok(Received::Empty) => return self.nothing_there(cx, receiving),
                Ok(Received::Part { bytes }) => {
                    receiving.so_far = bytes;
                    return received_part(receiving);
                }
                Ok(Received::Data { truncated: true, .. }) => {
                    cx.log.rule(RuleId::Recv9);
                    return fail(WsaError::MsgSize);
                }
                Ok(Received::Data { bytes, from, .. }) => {
                    gather(&mut receiving.so_far, bytes);
                    if urgent || !wants_more(cx, &receiving) {
                        cx.log.rule(RuleId::Recv8);
                        if receiving.from.is_some() && from.is_some() {
                            cx.log.rule(RuleId::RecvFrom1);
                        }
                        return received(receiving, from);
                    }
                }
            }
        }
    }

    fn nothing_there(&mut self, cx: &mut Context<'_>, mut receiving: Receiving) -> Step {
        let at = receiving.at;
        if nonblocking(cx, at) {
            if !receiving.so_far.is_empty() {
                return received(receiving, None);
            }
            cx.log.rule(RuleId::B4);
            cx.log.rule(RuleId::Recv3);
            return fail(WsaError::WouldBlock);
        }
        cx.log.rule(RuleId::Recv2);
        let messages = shared(cx, at).is_ok_and(|socket| socket.transport().kind == Kind::Messages);
        let interest = match () {
            () if receiving.flags.contains(MessageFlags::OOB) => Interest::Urgent,
            () if messages && receiving.flags.contains(MessageFlags::PARTIAL) => Interest::Part,
            () => Interest::Readable,
        };
        let timeout = cx.afd.socket(at.socket).and_then(|socket| socket.receive_timeout_ms());
        receiving.deadline = receiving.deadline.or_else(|| timeout.map(|ms| cx.now.plus_ms(ms.into())));
        wait(cx, at, interest, receiving.deadline, Blocked::Recv(receiving))
    }

    /// A blocked receive goes on.
    pub(super) fn recv_on(&mut self, cx: &mut Context<'_>, receiving: Receiving, woken: Woken) -> Step {
        if woken == Woken::TimedOut {
            cx.log.rule(RuleId::Recv24);
            receive_over(cx, receiving.at);
            return if receiving.so_far.is_empty() { fail(WsaError::TimedOut) } else { received(receiving, None) };
        }
        self.recv_more(cx, receiving)
    }
}

/// SetOpt: of a connection that keep-alive found broken, the calls running then hear WSAENETRESET, later ones
/// WSAENOTCONN.
pub(super) fn lost_by_keep_alive(cx: &Context<'_>, at: At) -> bool {
    shared(cx, at).is_ok_and(|socket| socket.broken() == Some(WsaError::NetReset))
}

/// A receive is over, or waits: its events may be reported again (E4).
pub(super) fn receive_over(cx: &mut Context<'_>, at: At) {
    let (afd, mut afd_cx) = cx.afd();
    afd.reenable(&mut afd_cx, at.socket, NetworkEvents::READ | NetworkEvents::OOB);
}

/// A send is over: others may send.
pub(super) fn leave_turn(cx: &mut Context<'_>, at: At) {
    if shared(cx, at).is_ok_and(|socket| socket.sender() == Some(cx.thread)) {
        cx.afd.set_sender(at.socket, None);
        let (afd, mut afd_cx) = cx.afd();
        afd.resume_sends(&mut afd_cx, at.socket);
    }
}

/// Whether the mark is next, which a receive that has taken something does not cross.
fn stands_at_mark(cx: &Context<'_>, at: At) -> bool {
    shared(cx, at).is_ok_and(SharedSocket::stands_at_mark)
}

/// Recv5: MSG_WAITALL on a blocking stream goes on until the buffers are full.
fn wants_more(cx: &mut Context<'_>, receiving: &Receiving) -> bool {
    let stream = shared(cx, receiving.at).is_ok_and(|socket| socket.transport().kind == Kind::Stream);
    let whole = receiving.flags.contains(MessageFlags::WAITALL)
        && !receiving.flags.intersects(MessageFlags::PEEK | MessageFlags::OOB);
    let more = stream && whole && receiving.so_far.len() < receiving.room;
    if more {
        cx.log.rule(RuleId::Recv5);
    }
    more
}

/// Where a datagram goes (SendTo1, SendTo4..SendTo6).
pub(super) fn destination(cx: &mut Context<'_>, at: At, to: Name) -> Result<Option<SockAddr>, WsaError> {
    if to == Name::Null {
        if cx.afd.peer_name(at.socket).is_ok() {
            return Ok(None);
        }
        cx.log.rule(RuleId::SendTo4);
        return Err(WsaError::DestAddrReq);
    }
    let to = checked(to).inspect_err(|_| cx.log.rule(RuleId::SendTo6))?;
    Ok(Some(to))
}

/// RecvFrom: room for the sender's address, and whether a connected socket may ask (A13).
pub(super) fn may_receive_from(cx: &mut Context<'_>, at: At, from: Room) -> Result<Room, WsaError> {
    let transport = shared(cx, at)?.transport();
    if transport.kind.connects() {
        // lpFrom is ignored on a connection.
        cx.log.rule(RuleId::RecvFrom2);
        return Ok(None);
    }
    if cx.afd.peer_name(at.socket).is_ok() {
        cx.log.rule(RuleId::RecvFrom5);
        cx.log.policy(PolicyId::recvfrom_connected);
        if cx.machine.policies().recvfrom_connected == RecvFromConnected::Wsaeisconn {
            return Err(WsaError::IsConn);
        }
    }
    if from.is_some() {
        fits(from, &transport.family.unspecified()).inspect_err(|_| cx.log.rule(RuleId::RecvFrom4))?;
    }
    Ok(from)
}

/// A receive that fails before it reaches the socket re-enables its events all the same (E4).
pub(super) fn refuse_receive(cx: &mut Context<'_>, at: At, error: WsaError) -> Step {
    receive_over(cx, at);
    fail(error)
}

/// A send fails, and not for want of space.
pub(super) fn refuse_send(cx: &mut Context<'_>, at: At, error: WsaError) -> Step {
    let (afd, mut afd_cx) = cx.afd();
    afd.note_failed_send(&mut afd_cx, at.socket);
    fail(error)
}

fn sent(count: usize) -> Step {
    Flow::Return(Ok(SpiReturn::Sent(count as u32)))
}

/// Recv11: MSG_PARTIAL on the way out says that more of the message follows.
fn received_part(receiving: Receiving) -> Step {
    let (data, flags) = (receiving.so_far, MessageFlags::PARTIAL);
    Flow::Return(Ok(SpiReturn::Received(Box::new(crate::abi::Received { data, flags, from: None }))))
}

fn received(receiving: Receiving, from: Option<SockAddr>) -> Step {
    let from = receiving.from.and(from);
    let data = receiving.so_far;
    Flow::Return(Ok(SpiReturn::Received(Box::new(crate::abi::Received { data, flags: MessageFlags::empty(), from }))))
}
