//! Messages over a connection: SOCK_SEQPACKET.
//!
//! The bytes go through the queues of a stream; beside them stands where each message ends, counted in bytes that are
//! not read yet. A send takes a whole message while any space is free, however little, and nothing else; an
//! empty one needs no space. With XP1_PARTIAL_MESSAGE a message may be sent and received in parts. Where a message ends
//! is known as soon as the end has arrived.

use std::collections::VecDeque;

use super::socket::{Connection, SharedSocket};
use super::stream::Direction;
use super::{Afd, Cx, Kind, Received, SocketId};
use crate::abi::{MessageFlags, ServiceFlags1, WsaError};
use crate::rules::RuleId;

/// The ends of the messages in a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Messages {
    /// Bytes not read yet up to the end of each.
    ends: VecDeque<usize>,
}

impl Connection {
    /// Whether anything of a message waits, whole or not.
    pub(super) fn has_part(&self, unsent: usize) -> bool {
        self.has_message() || self.received.len() + unsent > 0
    }

    /// Whether a whole message waits.
    pub(super) fn has_message(&self) -> bool {
        self.messages.as_ref().is_some_and(|messages| !messages.ends.is_empty())
    }

    /// Where the messages end, in bytes from here.
    pub(super) fn message_ends(&self) -> impl Iterator<Item = usize> + '_ {
        self.messages.iter().flat_map(|messages| messages.ends.iter().copied())
    }

    /// Messages that end beyond these bytes are lost.
    pub(super) fn cut_messages(&mut self, bytes: usize) {
        if let Some(messages) = &mut self.messages {
            messages.ends.retain(|&end| end <= bytes);
        }
    }

    fn first_end(&self) -> Option<usize> {
        self.messages.as_ref()?.ends.front().copied()
    }

    /// Bytes were read: every end comes nearer.
    pub(super) fn pass_messages(&mut self, bytes: usize) {
        for end in self.messages.iter_mut().flat_map(|messages| &mut messages.ends) {
            *end = end.saturating_sub(bytes);
        }
    }

    /// The first message is being read to its end.
    fn pass_first_end(&mut self) {
        if let Some(messages) = &mut self.messages {
            messages.ends.pop_front();
        }
    }
}

impl SharedSocket {
    /// What the protocol of the socket offers beyond the plain.
    pub(super) fn offers(&self, service: ServiceFlags1) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.service.contains(service))
    }
}

impl Afd {
    /// Tells a fresh socket what its protocol offers; only protocols beyond TCP and UDP need to be told.
    pub fn set_service(&mut self, id: SocketId, service: ServiceFlags1) {
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.extras_mut().service = service;
        }
    }

    pub(super) fn send_message(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        flags: MessageFlags,
    ) -> Result<usize, WsaError> {
        self.check_direction(cx, id)?;
        let peer = self.end_for(cx, id, Direction::Send)?.peer;
        self.check_length(cx, data.len())?;
        let Some(peer) = peer.filter(|&peer| self.sockets[peer].takes_data()) else {
            self.send_in_vain(cx, id);
            return Ok(data.len());
        };
        if self.links.is_some()
            && let Some(taken) = self.send_message_over_link(cx, id, data, flags)
        {
            return Ok(taken);
        }
        let room = self.sockets[peer].receive_room();
        if !data.is_empty() && room.saturating_add(self.sockets[id].send_space()) == 0 {
            return Ok(0);
        }
        let (direct, rest) = data.split_at(data.len().min(room));
        if !direct.is_empty() {
            self.arrive_bytes(cx, peer, direct);
        }
        if !rest.is_empty() {
            self.keep(cx, id, rest);
        }
        if self.ends_message(id, flags) {
            self.end_message(id);
        }
        self.report_due(cx, peer);
        Ok(data.len())
    }

    /// Whether such a send could ever go out. One that cannot is refused also while others go before it.
    pub fn check_send(
        &self,
        cx: &mut Cx<'_>,
        id: SocketId,
        length: usize,
        flags: MessageFlags,
    ) -> Result<(), WsaError> {
        self.check_send_flags(cx, id, flags)?;
        self.check_message(cx, id, length)
    }

    /// Whether a message of this length could ever be sent.
    fn check_message(&self, cx: &mut Cx<'_>, id: SocketId, length: usize) -> Result<(), WsaError> {
        if self.sockets[id].transport.kind != Kind::Messages {
            return Ok(());
        }
        self.check_direction(cx, id)?;
        self.check_length(cx, length)
    }

    fn check_direction(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<(), WsaError> {
        if self.sockets[id].offers(ServiceFlags1::UNI_RECV) {
            cx.log.rule(RuleId::Send11);
            return Err(WsaError::OpNotSupp);
        }
        Ok(())
    }

    fn check_length(&self, cx: &mut Cx<'_>, length: usize) -> Result<(), WsaError> {
        if length > cx.platform.limits.message_bytes as usize {
            cx.log.rule(RuleId::Send6);
            return Err(WsaError::MsgSize);
        }
        Ok(())
    }

    /// A message that a link fault delays waits in the send queue until it arrives. `None`: nothing delays it.
    fn send_message_over_link(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        flags: MessageFlags,
    ) -> Option<usize> {
        if !data.is_empty() && self.sockets[id].send_space() == 0 {
            return Some(0).filter(|_| self.travelling(id) > 0);
        }
        if !self.link_takes_bytes(cx, id, data.len(), self.ends_message(id, flags)) {
            return None;
        }
        if !data.is_empty() {
            self.keep(cx, id, data);
        }
        Some(data.len())
    }

    /// Whether what is sent ends a message: it is not a part of one.
    pub(super) fn ends_message(&self, id: SocketId, flags: MessageFlags) -> bool {
        self.sockets[id].transport.kind == Kind::Messages && !flags.contains(MessageFlags::PARTIAL)
    }

    /// What has arrived at the peer so far, in its queue or at its door, ends a message.
    pub(super) fn end_message(&mut self, id: SocketId) {
        let (arrived, peer) = (self.arrived_unsent(id), self.sockets[id].peer_socket());
        if let Some(connection) = peer.and_then(|peer| self.sockets[peer].connection_mut()) {
            let end = connection.received.len() + arrived;
            connection.messages.get_or_insert_default().ends.push_back(end);
        }
    }

    pub(super) fn receive_message(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        flags: MessageFlags,
    ) -> Result<Received, WsaError> {
        if self.sockets[id].offers(ServiceFlags1::UNI_SEND) {
            cx.log.rule(RuleId::Recv21);
            return Err(WsaError::OpNotSupp);
        }
        let connection = self.end_for(cx, id, Direction::Receive)?;
        let (end, ended, peer) = (connection.first_end(), connection.end_received, connection.peer);
        let peek = flags.contains(MessageFlags::PEEK);
        let queued = connection.received.len() + peer.map_or(0, |peer| self.arrived_unsent(peer));
        let in_parts = self.sockets[id].offers(ServiceFlags1::PARTIAL_MESSAGE);
        let (length, whole) = match end {
            Some(length) => (length, true),
            None if queued > 0 && (ended || flags.contains(MessageFlags::PARTIAL)) => (queued, false),
            None if ended => {
                cx.log.rule(RuleId::Recv13);
                return Err(WsaError::Discon);
            }
            None => return Ok(Received::Empty),
        };
        if length > room && !in_parts {
            cx.log.rule(RuleId::Recv10);
            return Err(WsaError::MsgSize);
        }
        let taken = length.min(room);
        let complete = whole && taken == length;
        cx.log.rule(if complete { RuleId::Recv6 } else { RuleId::Recv11 });
        if complete
            && !peek
            && let Some(connection) = self.sockets[id].connection_mut()
        {
            connection.pass_first_end();
        }
        let bytes = self.take_bytes(cx, id, taken, peek);
        Ok(match complete {
            true => Received::Data { bytes, from: None, truncated: false },
            false => Received::Part { bytes },
        })
    }

    /// So many bytes of the queues at both ends; the caller knows that they are there.
    fn take_bytes(&mut self, cx: &mut Cx<'_>, id: SocketId, count: usize, peek: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        if peek {
            let Some(connection) = self.sockets[id].connection() else { return bytes };
            bytes.extend_from_slice(connection.received.front(count));
            let unsent = connection.peer.and_then(|peer| self.sockets[peer].connection()?.unsent.as_ref());
            bytes.extend_from_slice(unsent.map_or(&[], |unsent| unsent.bytes.front(count - bytes.len())));
            return bytes;
        }
        // The space lets more in, which must not wake a receive that pends before this one has taken the rest.
        let held = self.hold_pending(id);
        while bytes.len() < count {
            let more = self.take_more_bytes(cx, id, count - bytes.len());
            if more.is_empty() {
                break;
            }
            bytes.extend(more);
        }
        if held {
            self.release_pending(cx, id);
        }
        bytes
    }

    fn take_more_bytes(&mut self, cx: &mut Cx<'_>, id: SocketId, rest: usize) -> Vec<u8> {
        let Some(connection) = self.sockets[id].connection() else { return Vec::new() };
        match (connection.received.is_empty(), connection.peer) {
            (false, _) => self.take_received(cx, id, rest, false),
            (true, Some(peer)) => self.take_unsent(cx, peer, rest, false).unwrap_or_default(),
            (true, None) => Vec::new(),
        }
    }
}

impl Kind {
    /// Whether data needs a connection.
    #[must_use]
    pub fn connects(self) -> bool {
        !self.is_datagram()
    }

    /// Whether data goes to wherever each call says.
    #[must_use]
    pub fn is_datagram(self) -> bool {
        matches!(self, Self::Datagram | Self::Raw)
    }
}
