//! Bytes through a connection: send, receive, half close, reset.
//!
//! A send puts bytes into the peer's receive queue while SO_RCVBUF has room and keeps the rest up to SO_SNDBUF; what is
//! kept moves on when the peer reads. With SO_RCVBUF 0 nothing moves by itself, and a receive takes from the sender's
//! queue. The end of a stream follows its data. A reset drops what is queued at both ends.
//!
//! Urgent data is in `urgent`. Not modelled: MSG_WAITALL (a caller's loop), and the order among blocked senders.

use super::socket::{Connection, Life, Role};
use super::{Afd, Change, Cx, Kind, SocketId};
use crate::abi::{MessageFlags, NetworkEvents, ServiceFlags1, SockAddr, WsaError};
use crate::rules::RuleId;
use crate::world::ids::ThreadId;
use crate::world::policy::{PartialSend, PolicyId, SendToClosed};

/// What a receive found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing yet: wait, or report WSAEWOULDBLOCK.
    Empty,
    /// The end of the stream.
    End,
    /// Part of a message; more follows.
    Part {
        /// As much as there was room for.
        bytes: Vec<u8>,
    },
    /// Data.
    Data {
        /// As much as there was room for.
        bytes: Vec<u8>,
        /// The sender of a datagram.
        from: Option<SockAddr>,
        /// A datagram was longer than the room: WSAEMSGSIZE, the rest is lost.
        truncated: bool,
    },
}

/// A direction of a stream, as seen from one end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Send,
    Receive,
}

impl Connection {
    /// What a call on a broken connection reports: a failed keep-alive once in each direction, anything else for good.
    fn report_broken(&mut self, direction: Direction) -> Option<WsaError> {
        let error = self.broken?;
        if error != WsaError::NetReset {
            return Some(error);
        }
        let told = match direction {
            Direction::Send => &mut self.told.send,
            Direction::Receive => &mut self.told.receive,
        };
        Some(if std::mem::replace(told, true) { WsaError::NotConn } else { WsaError::NetReset })
    }
}

impl Afd {
    /// WSPSend: how many bytes were taken. `Ok(0)` for data that is not empty says there is no space now: a blocking
    /// caller waits, a nonblocking one reports WSAEWOULDBLOCK and calls [`note_would_block`](Self::note_would_block).
    #[inline]
    pub fn send(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8], flags: MessageFlags) -> Result<usize, WsaError> {
        let kind = self.buffered(cx, id)?.transport.kind;
        self.check_send_flags(cx, id, flags)?;
        match kind {
            Kind::Messages => {
                self.send_to_leaves(cx, id, data, flags).unwrap_or_else(|| self.send_message(cx, id, data, flags))
            }
            Kind::Stream if flags.contains(MessageFlags::OOB) => self.send_urgent(cx, id, data),
            Kind::Stream => self.send_stream(cx, id, data),
            Kind::Datagram | Kind::Raw => self.send_to_peer(cx, id, data, WsaError::NotConn),
        }
    }

    /// WSPSendTo: as [`send`](Self::send) on a stream; on a datagram socket to the destination or the default peer.
    pub fn send_to(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        to: Option<&SockAddr>,
        flags: MessageFlags,
    ) -> Result<usize, WsaError> {
        let kind = self.buffered(cx, id)?.transport.kind;
        self.check_send_flags(cx, id, flags)?;
        match (kind, to) {
            (Kind::Messages, _) => {
                cx.log.rule(RuleId::SendTo2);
                self.send(cx, id, data, flags)
            }
            (Kind::Stream, _) if flags.contains(MessageFlags::OOB) => self.send_urgent(cx, id, data),
            (Kind::Stream, _) => {
                cx.log.rule(RuleId::SendTo2);
                self.send_stream(cx, id, data)
            }
            (Kind::Datagram | Kind::Raw, Some(to)) => {
                cx.log.rule(RuleId::SendTo1);
                self.send_datagram(cx, id, data, to)
            }
            (Kind::Datagram | Kind::Raw, None) => self.send_to_peer(cx, id, data, WsaError::DestAddrReq),
        }
    }

    pub(super) fn send_stream(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8]) -> Result<usize, WsaError> {
        let peer = self.end_for(cx, id, Direction::Send)?.peer;
        if data.is_empty() {
            return Ok(0);
        }
        if self.links.is_some()
            && peer.is_some()
            && let Some(taken) = self.send_over_link(cx, id, data)
        {
            return Ok(taken);
        }
        let Some(peer) = peer.filter(|&peer| self.sockets[peer].takes_data()) else {
            self.send_in_vain(cx, id);
            return Ok(data.len());
        };
        // While anything waits at the sender the receiver has no room, so order is kept.
        let room = self.sockets[peer].receive_room();
        let sender = &self.sockets[id];
        let free = room.saturating_add(sender.send_space());
        let taken = how_much(cx, data.len(), free, sender.nonblocking);
        let (direct, rest) = data[..taken].split_at(taken.min(room));
        if !direct.is_empty() {
            self.arrive_bytes(cx, peer, direct);
        }
        if !rest.is_empty() {
            self.keep(cx, id, rest);
        }
        if taken > 0 {
            self.report_due(cx, peer);
        }
        Ok(taken)
    }

    /// A send that a link fault delays: the bytes wait in the send queue until they arrive. `None`: nothing delays it.
    fn send_over_link(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8]) -> Option<usize> {
        let sender = &self.sockets[id];
        let taken = how_much(cx, data.len(), sender.send_space(), sender.nonblocking);
        if taken == 0 {
            return Some(0).filter(|_| self.travelling(id) > 0);
        }
        if !self.link_takes_bytes(cx, id, taken, false) {
            return None;
        }
        self.keep(cx, id, &data[..taken]);
        Some(taken)
    }

    /// An end that can send, or receive, or why it cannot.
    #[inline]
    pub(super) fn end_for(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        direction: Direction,
    ) -> Result<&mut Connection, WsaError> {
        let (unconnected, shut, broken) = match direction {
            Direction::Send => (RuleId::Send1, RuleId::Send8, RuleId::Send13),
            Direction::Receive => (RuleId::Recv1, RuleId::Recv15, RuleId::Recv14),
        };
        let socket = &mut self.sockets[id];
        let Role::Connected(connection) = &mut socket.role else {
            cx.log.rule(unconnected);
            return Err(WsaError::NotConn);
        };
        let is_shut = match direction {
            Direction::Send => socket.shut.send,
            Direction::Receive => socket.shut.receive || connection.deaf,
        };
        if is_shut {
            cx.log.rule(shut);
            return Err(WsaError::Shutdown);
        }
        match connection.report_broken(direction) {
            None => Ok(connection),
            Some(error) => {
                cx.log.rule(broken);
                Err(error)
            }
        }
    }

    /// Bytes join the receive queue; the caller knows that there is room.
    #[inline]
    pub(super) fn arrive_bytes(&mut self, cx: &mut Cx<'_>, at: SocketId, bytes: &[u8]) {
        let Some(connection) = self.sockets[at].connection_mut() else { return };
        connection.received.push(bytes);
        let queued = connection.received.len();
        cx.log.note(|| Change::Queued { socket: at, bytes: bytes.len(), queued });
    }

    /// Keeps data that found no room at the peer.
    pub(super) fn keep(&mut self, cx: &mut Cx<'_>, id: SocketId, rest: &[u8]) {
        let Some(connection) = self.sockets[id].connection_mut() else { return };
        let unsent = connection.unsent.get_or_insert_default();
        unsent.bytes.push(rest);
        let unsent = unsent.bytes.len();
        cx.log.note(|| Change::Held { socket: id, bytes: rest.len(), unsent });
    }

    /// Data for an end that takes none any more: the send succeeds, and a reset comes back.
    pub(super) fn send_in_vain(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let gone = self.sockets[id].connection().is_some_and(|connection| connection.peer.is_none());
        cx.log.rule(if gone { RuleId::Close20 } else { RuleId::Shutdown4 });
        cx.log.rule(RuleId::Send7);
        if self.links.is_some() && self.link_takes_answer(cx, id) {
            return;
        }
        let here = if gone { closed_error(cx) } else { WsaError::ConnReset };
        self.break_connection(cx, id, here, WsaError::ConnAborted);
    }

    /// SIO_FLUSH: drops what was sent and found no room at the peer. WSAENOPROTOOPT on a socket that queues no sends.
    pub fn flush(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<(), WsaError> {
        if self.usable(cx, id)?.transport.kind != Kind::Stream {
            return Err(WsaError::NoProtoOpt);
        }
        cx.log.rule(RuleId::Ioctl15);
        self.abort_sends(cx, id);
        let unsent = self.sockets[id].unsent_bytes();
        let Some(peer) = self.sockets[id].peer_socket().filter(|_| unsent > 0) else { return Ok(()) };
        let received = self.sockets[peer].received_bytes();
        if let Some(connection) = self.sockets[peer].connection_mut() {
            connection.cut_after(received);
        }
        if let Some(unsent) = self.sockets[id].connection_mut().and_then(|connection| connection.unsent.as_mut()) {
            unsent.bytes.clear();
        }
        self.forget_flying_bytes(id);
        self.after_unsent_shrank(cx, id, unsent);
        Ok(())
    }

    /// Flags that a send cannot honour.
    #[inline]
    pub(super) fn check_send_flags(&self, cx: &mut Cx<'_>, id: SocketId, flags: MessageFlags) -> Result<(), WsaError> {
        if flags.is_empty() {
            return Ok(());
        }
        let socket = &self.sockets[id];
        if flags.contains(MessageFlags::DONTROUTE) {
            cx.log.rule(RuleId::Send12);
        }
        let rule = match () {
            () if flags.contains(MessageFlags::OOB) && !socket.is_stream() => RuleId::Send10,
            () if flags.contains(MessageFlags::PARTIAL) && !socket.offers(ServiceFlags1::PARTIAL_MESSAGE) => {
                RuleId::Send11
            }
            () if flags.contains(MessageFlags::INTERRUPT) => RuleId::Send17,
            () => return Ok(()),
        };
        cx.log.rule(rule);
        Err(WsaError::OpNotSupp)
    }

    /// A blocked send is half done, or over (`None`).
    pub fn set_sender(&mut self, id: SocketId, sender: Option<ThreadId>) {
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.sender = sender;
        }
    }

    /// A send gave WSAEWOULDBLOCK: FD_WRITE is due when space returns. Calling it after a receive does no harm.
    pub fn note_would_block(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        cx.log.rule(RuleId::E7);
        cx.log.rule(RuleId::Send9);
        self.reenable(cx, id, NetworkEvents::WRITE);
    }

    /// WSPRecv and WSPRecvFrom: takes what is there, as far as there is room for it. A call that is over re-enables
    /// FD_READ and FD_OOB, whatever came of it: that is the caller's part, because one call may take several times.
    #[inline]
    pub fn receive(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        flags: MessageFlags,
    ) -> Result<Received, WsaError> {
        let kind = self.usable(cx, id)?.transport.kind;
        let urgent = flags.contains(MessageFlags::OOB);
        if flags.intersects(MessageFlags::OOB | MessageFlags::INTERRUPT) {
            check_receive_flags(cx, kind, flags)?;
        }
        let peek = flags.contains(MessageFlags::PEEK);
        if peek {
            cx.log.rule(RuleId::Recv16);
        }
        match kind {
            Kind::Messages => self.receive_message(cx, id, room, flags),
            Kind::Stream if urgent => self.receive_urgent(cx, id, room, peek),
            Kind::Stream => self.receive_stream(cx, id, room, peek),
            Kind::Datagram | Kind::Raw => self.receive_datagram(cx, id, room, peek),
        }
    }

    fn receive_stream(&mut self, cx: &mut Cx<'_>, id: SocketId, room: usize, peek: bool) -> Result<Received, WsaError> {
        let connection = self.end_for(cx, id, Direction::Receive)?;
        let (peer, ended) = (connection.peer, connection.end_received);
        let room = if connection.has_urgent() {
            match self.before_mark(cx, id, room, peek) {
                Ok(room) => room,
                Err(bytes) => return Ok(Received::Data { bytes, from: None, truncated: false }),
            }
        } else {
            room
        };
        let Some(connection) = self.sockets[id].connection() else { return Ok(Received::Empty) };
        let bytes = match connection.received.is_empty() {
            false => Some(self.take_received(cx, id, room, peek)),
            true => peer.and_then(|peer| self.take_unsent(cx, peer, room, peek)),
        };
        if let Some(bytes) = bytes {
            if cx.log.is_on() && self.sockets[id].references() > 1 {
                cx.log.rule(RuleId::R10);
                cx.log.rule(RuleId::Recv23);
            }
            cx.log.rule(RuleId::Recv4);
            return Ok(Received::Data { bytes, from: None, truncated: false });
        }
        if !ended {
            return Ok(Received::Empty);
        }
        cx.log.rule(RuleId::Recv12);
        Ok(Received::End)
    }

    /// Takes data out of the receive queue and lets what waits at the sender follow.
    pub(super) fn take_received(&mut self, cx: &mut Cx<'_>, id: SocketId, room: usize, peek: bool) -> Vec<u8> {
        let Some(connection) = self.sockets[id].connection_mut() else { return Vec::new() };
        let bytes = connection.received.front(room).to_vec();
        if !peek && !bytes.is_empty() {
            connection.received.consume(bytes.len());
            connection.pass(bytes.len());
            let (left, peer) = (connection.received.len(), connection.peer);
            cx.log.note(|| Change::Taken { socket: id, bytes: bytes.len(), left });
            if let Some(peer) = peer {
                self.pump(cx, peer);
            }
        }
        bytes
    }

    /// Takes data right out of the sender's queue: the receiver has no buffer of its own.
    pub(super) fn take_unsent(&mut self, cx: &mut Cx<'_>, from: SocketId, room: usize, peek: bool) -> Option<Vec<u8>> {
        let arrived = self.arrived_unsent(from);
        let unsent = self.sockets[from].connection_mut()?.unsent.as_mut().filter(|_| arrived > 0)?;
        let bytes = unsent.bytes.front(room.min(arrived)).to_vec();
        if !peek && !bytes.is_empty() {
            unsent.bytes.consume(bytes.len());
            let peer = self.sockets[from].peer_socket();
            if let Some(connection) = peer.and_then(|peer| self.sockets[peer].connection_mut()) {
                connection.pass(bytes.len());
            }
            self.after_unsent_shrank(cx, from, bytes.len());
        }
        Some(bytes)
    }

    /// Moves what a sender keeps into the peer's receive queue, as far as there is room.
    pub(super) fn pump(&mut self, cx: &mut Cx<'_>, from: SocketId) {
        let Some(connection) = self.sockets.get_mut(from).and_then(|socket| socket.connection_mut()) else { return };
        let (Some(to), true) = (connection.peer, connection.unsent.is_some()) else { return };
        let room = self.sockets[to].receive_room().min(self.arrived_unsent(from));
        let Some(mut unsent) = self.sockets[from].connection_mut().and_then(|connection| connection.unsent.take())
        else {
            return;
        };
        let moved = unsent.bytes.len().min(room);
        if moved > 0 {
            self.arrive_bytes(cx, to, unsent.bytes.front(moved));
            unsent.bytes.consume(moved);
        }
        if let Some(connection) = self.sockets[from].connection_mut() {
            connection.unsent = Some(unsent);
        }
        if moved > 0 {
            self.after_unsent_shrank(cx, from, moved);
            self.report_due(cx, to);
        }
    }

    /// Space came back; perhaps all is sent.
    fn after_unsent_shrank(&mut self, cx: &mut Cx<'_>, from: SocketId, bytes: usize) {
        let unsent = self.sockets[from].unsent_bytes();
        cx.log.note(|| Change::Passed { socket: from, bytes, unsent });
        if unsent == 0 {
            self.after_drained(cx, from);
        } else {
            self.report_due(cx, from);
        }
    }

    /// Nothing is left in the send queue: the end of the stream follows, unless it has a way of its own to go.
    fn after_drained(&mut self, cx: &mut Cx<'_>, from: SocketId) {
        self.clear_deadline(from);
        let end_travels = self.links.is_some() && self.end_travels(from);
        let socket = &mut self.sockets[from];
        let (life, shut) = (socket.life, socket.shut.send);
        let Some(connection) = socket.connection_mut() else { return };
        connection.unsent = None;
        let peer = connection.peer;
        match (life, peer) {
            _ if end_travels => {}
            (Life::Orphan, _) => self.finish_orphan(cx, from),
            (_, Some(peer)) if shut => {
                self.end_stream(cx, peer);
                self.progress(cx, from);
            }
            _ => self.report_due(cx, from),
        }
    }

    /// The end of the stream arrives.
    pub(super) fn end_stream(&mut self, cx: &mut Cx<'_>, at: SocketId) {
        let Some(connection) = self.sockets.get_mut(at).and_then(|socket| socket.connection_mut()) else { return };
        if !connection.end_received && connection.broken.is_none() {
            connection.end_received = true;
            cx.log.note(|| Change::EndOfStream { socket: at });
            self.report_due(cx, at);
        }
    }

    /// WSPShutdown: `how` is SD_RECEIVE 0, SD_SEND 1 or SD_BOTH 2.
    pub fn shutdown(&mut self, cx: &mut Cx<'_>, id: SocketId, how: i32) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        let (receive, send) = match how {
            0 => (true, false),
            1 => (false, true),
            2 => (true, true),
            _ => {
                cx.log.rule(RuleId::Shutdown8);
                return Err(WsaError::Inval);
            }
        };
        let one_way =
            send && socket.offers(ServiceFlags1::UNI_RECV) || receive && socket.offers(ServiceFlags1::UNI_SEND);
        if one_way {
            cx.log.rule(RuleId::Shutdown8);
            return Err(WsaError::Inval);
        }
        let connected = socket.connection().is_some_and(|connection| connection.broken.is_none());
        if socket.transport.kind.connects() && !connected {
            cx.log.rule(RuleId::Shutdown7);
            return Err(WsaError::NotConn);
        }
        if self.lacks_context(cx, id) {
            return Err(WsaError::NotConn);
        }
        cx.log.rule(match (receive, send) {
            (true, false) => RuleId::Shutdown1,
            (false, _) => RuleId::Shutdown2,
            (true, true) => RuleId::Shutdown3,
        });
        if self.sockets[id].references() > 1 {
            cx.log.rule(RuleId::Shutdown9);
        }
        cx.log.rule(RuleId::Shutdown6);
        self.shut_down(cx, id, receive, send);
        Ok(())
    }

    /// Ends directions of a socket that may be shut down.
    pub(super) fn shut_down(&mut self, cx: &mut Cx<'_>, id: SocketId, receive: bool, send: bool) {
        let connected = self.sockets[id].connection().is_some_and(|connection| connection.broken.is_none());
        if send {
            self.absorb_sends(cx, id);
        }
        let shut = &mut self.sockets[id].shut;
        let ends_sending = send && !shut.send;
        shut.send |= send;
        shut.receive |= receive;
        cx.log.note(|| Change::ShutDown { socket: id, send, receive });
        if connected && ends_sending {
            self.end_sending(cx, id);
        }
        if connected && receive {
            self.refuse_queued(cx, id);
        }
        self.progress(cx, id);
    }

    fn end_sending(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(connection) = self.sockets[id].connection() else { return };
        let (peer, drained) = (connection.peer, connection.unsent.is_none());
        let Some(peer) = peer else { return };
        let travels = self.links.is_some() && self.link_takes_end(cx, id);
        if drained && !travels {
            self.end_stream(cx, peer);
        }
    }

    /// A stream shut for receiving answers data with a reset, also data that waits already.
    fn refuse_queued(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(connection) = self.sockets[id].connection() else { return };
        let incoming = connection.peer.is_some_and(|peer| self.sockets[peer].unsent_bytes() > 0);
        if incoming || !connection.received.is_empty() {
            cx.log.rule(RuleId::Shutdown4);
            self.break_connection(cx, id, WsaError::ConnAborted, WsaError::ConnReset);
        }
    }

    /// Breaks a connection: what is queued is lost, and each end reports its own error from now on.
    pub(super) fn break_connection(&mut self, cx: &mut Cx<'_>, id: SocketId, here: WsaError, there: WsaError) {
        if self.links.is_some() && there != WsaError::NetDown && self.link_takes_reset(cx, id, here, there) {
            return self.after_break(cx, id);
        }
        let peer = self.break_end(cx, id, here);
        if let Some(peer) = peer {
            self.break_end(cx, peer, there);
            self.after_break(cx, peer);
        }
        self.after_break(cx, id);
    }

    pub(super) fn break_end(&mut self, cx: &mut Cx<'_>, id: SocketId, error: WsaError) -> Option<SocketId> {
        self.clear_deadline(id);
        let connection = self.sockets.get_mut(id)?.connection_mut()?;
        if connection.broken.is_some() {
            return None;
        }
        connection.broken = Some(error);
        connection.received.clear();
        connection.unsent = None;
        connection.urgent = None;
        connection.messages = None;
        let peer = connection.peer.take();
        self.forget_flights(id);
        cx.log.note(|| Change::Broken { socket: id, error });
        peer
    }

    pub(super) fn after_break(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        match self.sockets.get(id).map(|socket| socket.life) {
            Some(Life::Open) => self.report_due(cx, id),
            Some(Life::Orphan) => self.destroy(cx, id),
            Some(Life::Held(listener)) => self.progress(cx, listener),
            Some(Life::Queued(listener)) => {
                self.reset_request(cx, listener, id);
                self.destroy(cx, id);
            }
            None => {}
        }
    }
}

/// Flags that a receive cannot honour.
fn check_receive_flags(cx: &mut Cx<'_>, kind: Kind, flags: MessageFlags) -> Result<(), WsaError> {
    let rule = match () {
        () if flags.contains(MessageFlags::OOB) && kind != Kind::Stream => RuleId::Recv21,
        () if flags.contains(MessageFlags::INTERRUPT) => RuleId::Send17,
        () => return Ok(()),
    };
    cx.log.rule(rule);
    Err(WsaError::OpNotSupp)
}

/// How much of a send is taken.
#[inline]
fn how_much(cx: &mut Cx<'_>, wanted: usize, free: usize, nonblocking: bool) -> usize {
    if wanted <= free || free == 0 || !nonblocking {
        return wanted.min(free);
    }
    cx.log.rule(RuleId::Send4);
    cx.log.policy(PolicyId::partial_send);
    match cx.platform.policies.partial_send {
        PartialSend::WhatFits => free,
        PartialSend::WholeOrNothing => wanted,
    }
}

/// What a connection says whose peer had closed before data was sent to it.
fn closed_error(cx: &mut Cx<'_>) -> WsaError {
    cx.log.policy(PolicyId::send_to_closed);
    match cx.platform.policies.send_to_closed {
        SendToClosed::Wsaeconnreset => WsaError::ConnReset,
        SendToClosed::Wsaeconnaborted => WsaError::ConnAborted,
    }
}
