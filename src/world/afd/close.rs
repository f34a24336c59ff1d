//! Giving up references, and what the last one takes with it.
//!
//! A close that is not the last only counts down. The last one drops name, registration and received data and ends a
//! connection as SO_LINGER says: in the background (the socket lives on without references until its data is sent),
//! hard (the peer sees a reset), or after a wait that the caller does. Data received and not read makes any end a hard
//! one. There is no limit on how long a background close may take.

use super::socket::{Life, Role, Shut};
use super::{Afd, Change, Cx, SocketId, Ticks};
use crate::abi::WsaError;
use crate::rules::RuleId;
use crate::world::policy::{LingerOnSharedClose, OpenAtCleanup, PolicyId};

/// What became of a close that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The descriptor is gone.
    Done,
    /// Data is left to send. The descriptor still counts: wait for [`Interest::Drained`], until this time at most, and
    /// call [`Afd::finish_close`].
    ///
    /// [`Interest::Drained`]: super::Interest::Drained
    Wait(Ticks),
}

/// How a reference goes without a close call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// As a close in the background.
    Close,
    /// If it was the last reference, the connection is reset.
    Reset,
}

/// How descriptors are given up that nobody closed.
impl From<OpenAtCleanup> for Release {
    fn from(policy: OpenAtCleanup) -> Self {
        match policy {
            OpenAtCleanup::Reset => Self::Reset,
            OpenAtCleanup::Close => Self::Close,
        }
    }
}

/// How the options want a connection to end.
enum Manner {
    Background,
    Hard,
    Linger { seconds: u16 },
}

impl Afd {
    /// WSPCloseSocket: gives one descriptor up. WSAEWOULDBLOCK leaves the socket untouched.
    #[inline]
    pub fn close(&mut self, cx: &mut Cx<'_>, id: SocketId, nonblocking: bool) -> Result<Closing, WsaError> {
        let socket = self.usable(cx, id)?;
        if socket.references() > 1 && !self.lingers_although_shared(cx, id) {
            cx.log.rule(RuleId::R13);
            self.drop_descriptor(cx, id);
            return Ok(Closing::Done);
        }
        match self.manner(id) {
            Manner::Background => self.note_background(cx, id, nonblocking),
            Manner::Hard => {
                cx.log.rule(RuleId::Close7);
                self.end_hard(cx, id);
            }
            Manner::Linger { .. } if nonblocking && self.sockets[id].shut.send => cx.log.rule(RuleId::Close12),
            Manner::Linger { .. } if nonblocking => {
                cx.log.rule(RuleId::Close10);
                return Err(WsaError::WouldBlock);
            }
            Manner::Linger { seconds } => return Ok(Closing::Wait(self.linger(cx, id, seconds))),
        }
        self.drop_descriptor(cx, id);
        Ok(Closing::Done)
    }

    /// Whether a close that is not the last acts on the connection all the same.
    fn lingers_although_shared(&self, cx: &mut Cx<'_>, id: SocketId) -> bool {
        if matches!(self.manner(id), Manner::Background) {
            return false;
        }
        cx.log.rule(RuleId::Close14);
        cx.log.policy(PolicyId::linger_on_shared_close);
        cx.platform.policies.linger_on_shared_close == LingerOnSharedClose::Immediate
    }

    /// Which rule lets a close of a connected socket go on in the background.
    #[inline]
    fn note_background(&self, cx: &mut Cx<'_>, id: SocketId, nonblocking: bool) {
        if cx.log.is_on() && self.sockets[id].connection().is_some() {
            let lingers = self.sockets[id].linger().is_on();
            cx.log.rule(match (lingers, nonblocking) {
                (false, false) => RuleId::Close5,
                (false, true) => RuleId::Close6,
                (true, false) => RuleId::Close8,
                (true, true) => RuleId::Close11,
            });
        }
    }

    #[inline]
    fn manner(&self, id: SocketId) -> Manner {
        let Some(socket) = self.sockets.get(id) else { return Manner::Background };
        let Some(connection) = socket.connection() else { return Manner::Background };
        let linger = socket.linger();
        if !linger.is_on() || connection.broken.is_some() {
            Manner::Background
        } else if linger.seconds == 0 {
            Manner::Hard
        } else if connection.unsent.is_none() {
            Manner::Background
        } else {
            Manner::Linger { seconds: linger.seconds }
        }
    }

    /// Lets the end of the stream follow the data, and data take its time.
    fn linger(&mut self, cx: &mut Cx<'_>, id: SocketId, seconds: u16) -> Ticks {
        let deadline = cx.now.plus_ms(u64::from(seconds) * 1000);
        if self.sockets[id].references() <= 1 {
            self.close_operations(cx, id);
        }
        self.sockets[id].shut.send = true;
        let unsent = self.sockets[id].connection_mut().and_then(|connection| connection.unsent.as_mut());
        let Some(unsent) = unsent else { return cx.now };
        if let Some(earlier) = unsent.lingers_until {
            return earlier;
        }
        unsent.lingers_until = Some(deadline);
        self.deadlines.insert((deadline, id));
        cx.log.rule(RuleId::Close8);
        cx.log.note(|| Change::Lingering { socket: id, until: deadline });
        deadline
    }

    /// Ends a close that waited and gives the descriptor up. If the time is over and data is left, the connection ends
    /// hard; if there is still time (the wait was cancelled), the close goes on in the background.
    pub fn finish_close(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id) else { return };
        if socket.deadline().is_some_and(|deadline| deadline <= cx.now) && socket.connection().is_some() {
            cx.log.rule(RuleId::Close9);
            self.end_hard(cx, id);
        }
        self.drop_descriptor(cx, id);
    }

    /// Resets the connection. Whoever still refers to the socket hears of it, the one who closes does not.
    fn end_hard(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        cx.log.rule(RuleId::Close13);
        if self.sockets.get(id).is_some_and(|socket| socket.references() <= 1) {
            self.close_operations(cx, id);
            self.cancel_registration(cx, id);
        }
        self.break_connection(cx, id, WsaError::ConnAborted, WsaError::ConnReset);
    }

    /// Gives one descriptor up without a close call: the process died or cleaned up. Also takes a socket away that
    /// never got a reference.
    pub fn release(&mut self, cx: &mut Cx<'_>, id: SocketId, how: Release) {
        let Some(socket) = self.sockets.get(id) else { return };
        if socket.references() <= 1 && how == Release::Reset {
            self.end_hard(cx, id);
        }
        self.drop_descriptor(cx, id);
    }

    /// A pending duplication is gone without having been opened.
    pub fn drop_duplication(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        if self.sockets.get(id).is_some_and(|socket| socket.duplications > 0) {
            self.count(cx, id, |socket| socket.duplications -= 1);
            self.end_if_unused(cx, id);
        }
    }

    #[inline]
    fn drop_descriptor(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        if self.sockets.get(id).is_some_and(|socket| socket.descriptors > 0) {
            self.count(cx, id, |socket| socket.descriptors -= 1);
        }
        self.end_if_unused(cx, id);
    }

    /// The connection is reset although others still refer to the socket.
    pub fn reset_for_all(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        match &mut socket.role {
            Role::Idle => {}
            Role::Connecting(_) => self.fail_attempt_withdrawn(cx, id, WsaError::ConnRefused),
            Role::Listening(_) => self.end_all_requests(cx, id),
            Role::Connected(_) => self.break_connection(cx, id, WsaError::ConnAborted, WsaError::ConnReset),
            Role::Datagram(datagrams) => datagrams.forget_queue(),
        }
    }

    /// Ends the socket if that was its last reference.
    #[inline]
    fn end_if_unused(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id) else { return };
        if socket.references() > 0 || socket.life != Life::Open {
            return;
        }
        cx.log.rule(RuleId::R14);
        cx.log.rule(RuleId::Close2);
        let (registered, overlapped) = (socket.registration.is_some(), socket.io.is_some());
        if overlapped {
            self.close_operations(cx, id);
        }
        if registered {
            cx.log.rule(RuleId::R19);
            self.cancel_registration(cx, id);
        }
        if self.sockets[id].extras.is_some() {
            self.leave_session(cx, id);
        }
        match &self.sockets[id].role {
            Role::Idle | Role::Datagram(_) => {}
            Role::Connecting(_) => self.abandon_attempt(cx, id),
            Role::Listening(_) => self.end_all_requests(cx, id),
            Role::Connected(_) => return self.end_connection(cx, id),
        }
        self.destroy(cx, id);
    }

    /// The last reference of a connected socket is gone.
    fn end_connection(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(connection) = self.sockets[id].connection() else { return };
        let (unread, unsent) = (!connection.received.is_empty(), connection.unsent_len());
        let peer = connection.peer.filter(|_| connection.broken.is_none());
        let Some(peer) = peer else { return self.destroy(cx, id) };
        let hard = matches!(self.manner(id), Manner::Hard);
        let incoming = self.sockets[peer].unsent_bytes() > 0;
        if hard || unread || incoming {
            cx.log.rule(if hard { RuleId::Close13 } else { RuleId::Close19 });
            self.break_connection(cx, id, WsaError::ConnAborted, WsaError::ConnReset);
            return self.destroy(cx, id);
        }
        self.clear_deadline(id);
        self.sockets[id].shut = Shut { send: true, receive: true };
        let end_travels = self.links.is_some() && self.link_takes_end(cx, id);
        if unsent == 0 && !end_travels {
            return self.finish_orphan(cx, id);
        }
        cx.log.rule(RuleId::Close15);
        cx.log.note(|| Change::Closing { socket: id, unsent });
        self.unbind(id);
        let socket = &mut self.sockets[id];
        socket.life = Life::Orphan;
        if let Some(unsent) = socket.connection_mut().and_then(|connection| connection.unsent.as_mut()) {
            unsent.lingers_until = None;
        }
    }

    /// All data of a closed socket is with the peer: the end of the stream follows, and the socket is gone.
    pub(super) fn finish_orphan(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let peer = self.sockets.get_mut(id).and_then(|socket| socket.connection_mut()?.peer.take());
        if let Some(connection) = peer.and_then(|peer| self.sockets.get_mut(peer)?.connection_mut()) {
            connection.peer = None;
        }
        self.destroy(cx, id);
        if let Some(peer) = peer {
            self.end_stream(cx, peer);
            self.crossed_the_end(cx, peer);
        }
    }

    /// Takes the socket out of the machine. Its connection, attempt and requests have been dealt with.
    #[inline]
    pub(super) fn destroy(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id) else { return };
        if socket.bound.is_some() {
            self.unbind(id);
        }
        self.clear_deadline(id);
        self.forget_flights(id);
        drop(self.sockets.remove(id));
        cx.log.note(|| Change::Destroyed { socket: id });
    }
}
