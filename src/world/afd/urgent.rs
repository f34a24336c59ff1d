//! Urgent data: MSG_OOB, SO_OOBINLINE and the mark.
//!
//! An urgent byte never joins the ordinary queue. It stands beside it with its place in the stream: how many ordinary
//! bytes are still ahead of it. Whether it is read out of band or in its place is decided when it is read, by
//! SO_OOBINLINE at that moment. As with TCP, only the last byte of a send with MSG_OOB is urgent; the others are
//! ordinary data (protocol-independent-out-of-band-data-2). Urgent bytes need no room at the receiver.

use std::collections::VecDeque;

use super::socket::{Connection, SharedSocket};
use super::stream::Direction;
use super::{Afd, Change, Cx, Received, SocketId};
use crate::abi::{SockOpt, WsaError};
use crate::rules::RuleId;

/// Urgent bytes of a stream that nobody has read; never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Urgent {
    waiting: VecDeque<Mark>,
}

/// One urgent byte and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Mark {
    /// Ordinary bytes not read yet that were sent before it.
    ahead: usize,
    byte: u8,
}

impl Connection {
    /// Whether urgent data waits.
    #[inline]
    pub(super) fn has_urgent(&self) -> bool {
        self.urgent.is_some()
    }

    /// How many ordinary bytes a receive may take: it never crosses the mark. `None`: the urgent byte itself is next.
    pub(super) fn room_before_mark(&self, room: usize, inline: bool) -> Option<usize> {
        let Some(urgent) = &self.urgent else { return Some(room) };
        match urgent.waiting.iter().find(|mark| inline || mark.ahead > 0) {
            Some(Mark { ahead: 0, .. }) => None,
            Some(mark) => Some(room.min(mark.ahead)),
            None => Some(room),
        }
    }

    /// Ordinary bytes were read: every mark and every end of a message comes nearer. This precedes whatever the space
    /// lets in, whose marks are counted from what is left.
    #[inline]
    pub(super) fn pass(&mut self, bytes: usize) {
        for mark in self.urgent.iter_mut().flat_map(|urgent| &mut urgent.waiting) {
            mark.ahead = mark.ahead.saturating_sub(bytes);
        }
        self.pass_messages(bytes);
    }

    /// Whether every mark and every end of a message is within so many bytes.
    pub(super) fn marks_within(&self, bytes: usize) -> bool {
        let marks = self.urgent.iter().flat_map(|urgent| &urgent.waiting).map(|mark| mark.ahead);
        marks.chain(self.message_ends()).all(|place| place <= bytes)
    }

    /// Whether the next byte is urgent data in its place.
    pub(super) fn stands_at_mark(&self) -> bool {
        self.urgent.as_ref().is_some_and(|urgent| urgent.waiting.iter().any(|mark| mark.ahead == 0))
    }

    /// Bytes beyond these are dropped: marks move to where the stream now goes on, messages that end later are lost.
    pub(super) fn cut_after(&mut self, bytes: usize) {
        for mark in self.urgent.iter_mut().flat_map(|urgent| &mut urgent.waiting) {
            mark.ahead = mark.ahead.min(bytes);
        }
        self.cut_messages(bytes);
    }

    fn take_urgent(&mut self, room: usize, peek: bool) -> Option<Vec<u8>> {
        let urgent = self.urgent.as_mut()?;
        let byte = urgent.waiting.front()?.byte;
        if room == 0 {
            return Some(Vec::new());
        }
        if !peek {
            urgent.waiting.pop_front();
            self.urgent = self.urgent.take().filter(|urgent| !urgent.waiting.is_empty());
        }
        Some(vec![byte])
    }
}

impl SharedSocket {
    /// Whether urgent data comes in its place in the stream.
    pub(super) fn inline(&self) -> bool {
        self.options.switch(SockOpt::OobInline)
    }

    /// Whether urgent data waits out of band: FD_OOB, exceptfds, MSG_OOB.
    pub(super) fn has_urgent_aside(&self) -> bool {
        !self.shut.receive && !self.inline() && self.connection().is_some_and(Connection::has_urgent)
    }

    /// Whether a receive stops here: the mark is next.
    #[must_use]
    pub fn stands_at_mark(&self) -> bool {
        self.connection().is_some_and(Connection::stands_at_mark)
    }

    /// Whether urgent data comes next in its place, which makes it data.
    #[must_use]
    pub fn has_urgent_inline(&self) -> bool {
        self.inline() && self.stands_at_mark()
    }
}

impl Afd {
    /// A send with MSG_OOB on a stream: its last byte is urgent.
    pub(super) fn send_urgent(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8]) -> Result<usize, WsaError> {
        cx.log.rule(RuleId::Send10);
        let Some((&byte, ordinary)) = data.split_last() else { return self.send_stream(cx, id, data) };
        let peer = self.end_for(cx, id, Direction::Send)?.peer;
        let Some(peer) = peer.filter(|&peer| self.sockets[peer].takes_data()) else {
            self.send_in_vain(cx, id);
            return Ok(data.len());
        };
        let taken = if ordinary.is_empty() { 0 } else { self.send_stream(cx, id, ordinary)? };
        if taken < ordinary.len() {
            return Ok(taken);
        }
        if self.links.is_none() || !self.link_takes_urgent(cx, id, byte) {
            self.urgent_arrives(cx, id, peer, byte);
        }
        Ok(data.len())
    }

    /// An urgent byte is at the peer, behind the ordinary ones that arrived before it.
    pub(super) fn urgent_arrives(&mut self, cx: &mut Cx<'_>, from: SocketId, at: SocketId, byte: u8) {
        let arrived = self.arrived_unsent(from);
        if let Some(connection) = self.sockets[at].connection_mut() {
            let ahead = connection.received.len() + arrived;
            connection.urgent.get_or_insert_default().waiting.push_back(Mark { ahead, byte });
            cx.log.note(|| Change::UrgentArrived { socket: at, ahead });
        }
        self.report_due(cx, at);
    }

    /// A receive with MSG_OOB on a stream.
    pub(super) fn receive_urgent(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        peek: bool,
    ) -> Result<Received, WsaError> {
        if self.sockets[id].inline() {
            cx.log.rule(RuleId::Recv20);
            return Err(WsaError::Inval);
        }
        let connection = self.end_for(cx, id, Direction::Receive)?;
        let ended = connection.end_received;
        match connection.take_urgent(room, peek) {
            Some(bytes) => {
                cx.log.rule(RuleId::Recv19);
                cx.log.note(|| Change::UrgentTaken { socket: id });
                Ok(Received::Data { bytes, from: None, truncated: false })
            }
            None if ended => Ok(Received::End),
            None => Ok(Received::Empty),
        }
    }

    /// What the mark leaves of the room of an ordinary receive; the urgent byte, if it comes next.
    pub(super) fn before_mark(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        peek: bool,
    ) -> Result<usize, Vec<u8>> {
        let inline = self.sockets[id].inline();
        let Some(connection) = self.sockets[id].connection_mut() else { return Ok(room) };
        match connection.room_before_mark(room, inline) {
            Some(before) => {
                if before < room {
                    cx.log.rule(RuleId::Recv18);
                }
                Ok(before)
            }
            None => {
                cx.log.rule(RuleId::Recv20);
                Err(connection.take_urgent(room, peek).unwrap_or_default())
            }
        }
    }

    /// SIOCATMARK: whether no urgent data waits. WSAEINVAL on a socket without any.
    pub fn at_mark(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<bool, WsaError> {
        let socket = self.usable(cx, id)?;
        if !socket.is_stream() {
            return Err(WsaError::Inval);
        }
        cx.log.rule(RuleId::Ioctl5);
        Ok(!socket.connection().is_some_and(Connection::has_urgent))
    }
}
