//! The shared socket, and how its references are counted.
//!
//! References are descriptors (in whatever process) and pending duplications. The count is kept here and nowhere else:
//! a caller reports each reference it makes and gives each one up exactly once. What happens when the last one goes is
//! in `close`.
//!
//! One socket is one struct of about 200 bytes. What is rare (registrations, listening queues, data that found no room
//! at the peer, unusual options) is behind a pointer.

use std::collections::VecDeque;

use super::event::Registration;
use super::listen::Listener;
use super::option::Options;
use super::queue::ByteQueue;
use super::route::Place;
use super::{Afd, Change, Cx, Kind, SocketId, Ticks, Transport};
use crate::abi::{Linger, SockAddr, SockOpt, WsaError};
use crate::rules::RuleId;
use crate::world::ids::ThreadId;

/// What all descriptors of one socket share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SharedSocket {
    pub(super) transport: Transport,
    pub(super) overlapped: bool,
    pub(super) nonblocking: bool,
    pub(super) life: Life,
    /// Directions shut down.
    pub(super) shut: Shut,
    pub(super) descriptors: u32,
    pub(super) duplications: u32,
    /// What SO_ERROR reads and clears.
    pub(super) error: Option<WsaError>,
    /// How the last attempt to connect ended, until somebody asks.
    pub(super) outcome: Option<Result<(), WsaError>>,
    pub(super) bound: Option<Bound>,
    pub(super) registration: Option<Box<Registration>>,
    /// The thread whose blocked send is half done: until it is over nobody else's bytes come in between.
    pub(super) sender: Option<ThreadId>,
    pub(super) options: Options,
    pub(super) role: Role,
}

/// Why a shared socket exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Life {
    /// Somebody refers to it, or is about to.
    Open,
    /// A connection in this listener's queue that nobody accepted yet.
    Queued(SocketId),
    /// Closed; sends the rest of its data.
    Orphan,
}

/// Directions shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Shut {
    pub(super) send: bool,
    pub(super) receive: bool,
}

/// A local name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bound {
    /// What WSPGetSockName shows.
    pub(super) place: Place,
    /// The entry in the port table; accepted sockets live under their listener's.
    pub(super) entry: Option<BoundEntry>,
}

/// Which entry of the port table a socket holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct BoundEntry {
    pub(super) sequence: u32,
    /// Bound to any address; the name shows the one address while the socket is connected.
    pub(super) wildcard: bool,
    /// An IPv6 wildcard that takes IPv4 too.
    pub(super) dual: bool,
}

/// What a socket does at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// A stream socket, neither connected nor listening.
    Idle,
    Connecting(Attempt),
    Listening(Box<Listener>),
    Connected(Connection),
    Datagram(Datagrams),
}

/// An attempt to connect that has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    pub(super) to: Place,
    /// When the phase ends by itself.
    pub(super) deadline: Ticks,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// On its way; arrives at the deadline.
    Travelling,
    /// At a host that never answers.
    Silent,
    /// In the queue of this listener, which accepts conditionally.
    Offered(SocketId),
}

/// An end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    pub(super) peer_place: Place,
    /// The other end, as long as it can take or send anything.
    pub(super) peer: Option<SocketId>,
    pub(super) received: ByteQueue,
    /// What found no room at the peer; never empty.
    pub(super) unsent: Option<Box<Unsent>>,
    pub(super) since: Ticks,
    /// The connection is broken, and this is what calls report.
    pub(super) broken: Option<WsaError>,
    /// The peer has sent all it will ever send.
    pub(super) end_received: bool,
    /// This end called connect.
    pub(super) initiator: bool,
    /// After a failed keep-alive: a send, a receive has reported it already.
    pub(super) told: Shut,
}

/// Data of a sender whose peer has no room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Unsent {
    pub(super) bytes: ByteQueue,
    /// A close waits for the data until then.
    pub(super) lingers_until: Option<Ticks>,
}

/// What a datagram socket has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Datagrams {
    /// The default peer.
    pub(super) peer: Option<Place>,
    pub(super) queue: VecDeque<Datagram>,
    /// What the queue counts against SO_RCVBUF.
    pub(super) charge: u32,
    /// A datagram found no socket at its port; the next receive says so.
    pub(super) unreachable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Datagram {
    pub(super) from: Place,
    pub(super) bytes: Vec<u8>,
}

/// What a socket does at the moment, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateKind {
    /// A stream socket without a connection, or a datagram socket without a default peer.
    Unconnected,
    /// An attempt to connect has no outcome yet.
    Connecting,
    /// Listening.
    Listening,
    /// Connected, or a datagram socket with a default peer.
    Connected,
    /// Was connected; the connection broke.
    Broken,
    /// Closed, with data still to send.
    Closing,
}

impl SharedSocket {
    pub(super) fn new(transport: Transport, overlapped: bool, options: Options) -> Self {
        let role = match transport.kind {
            Kind::Stream => Role::Idle,
            Kind::Datagram => Role::Datagram(Datagrams::default()),
        };
        Self {
            transport,
            overlapped,
            nonblocking: false,
            life: Life::Open,
            shut: Shut::default(),
            descriptors: 0,
            duplications: 0,
            error: None,
            outcome: None,
            bound: None,
            registration: None,
            sender: None,
            options,
            role,
        }
    }

    /// Why the connection is broken, if it is.
    #[must_use]
    pub fn broken(&self) -> Option<WsaError> {
        match &self.role {
            Role::Connected(connection) => connection.broken,
            _ => None,
        }
    }

    /// The thread whose blocked send is half done.
    #[must_use]
    pub fn sender(&self) -> Option<ThreadId> {
        self.sender
    }

    /// Family and type.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Descriptors, over all processes.
    #[must_use]
    pub fn descriptors(&self) -> u32 {
        self.descriptors
    }

    /// Pending duplications.
    #[must_use]
    pub fn duplications(&self) -> u32 {
        self.duplications
    }

    /// Descriptors and pending duplications.
    #[must_use]
    pub fn references(&self) -> u64 {
        u64::from(self.descriptors) + u64::from(self.duplications)
    }

    /// Whether calls that would wait give WSAEWOULDBLOCK.
    #[must_use]
    #[inline]
    pub fn nonblocking(&self) -> bool {
        self.nonblocking
    }

    /// Whether it was made with WSA_FLAG_OVERLAPPED.
    #[must_use]
    pub fn overlapped(&self) -> bool {
        self.overlapped
    }

    /// The local name.
    #[must_use]
    pub fn local(&self) -> Option<SockAddr> {
        self.bound.map(|bound| bound.place.seen_by(self.transport.family))
    }

    /// The peer of a connection that is not broken, or the default peer.
    #[must_use]
    pub fn peer(&self) -> Option<SockAddr> {
        self.peer_place().map(|place| place.seen_by(self.transport.family))
    }

    pub(super) fn peer_place(&self) -> Option<Place> {
        match &self.role {
            Role::Connected(connection) if connection.broken.is_none() => Some(connection.peer_place),
            Role::Datagram(datagrams) => datagrams.peer,
            _ => None,
        }
    }

    /// The shared socket at the other end, if it can still take or send anything.
    #[must_use]
    pub fn peer_socket(&self) -> Option<SocketId> {
        self.connection().and_then(|connection| connection.peer)
    }

    /// What it does at the moment.
    #[must_use]
    pub fn state(&self) -> StateKind {
        match &self.role {
            _ if self.life == Life::Orphan => StateKind::Closing,
            Role::Idle => StateKind::Unconnected,
            Role::Connecting(_) => StateKind::Connecting,
            Role::Listening(_) => StateKind::Listening,
            Role::Connected(connection) if connection.broken.is_some() => StateKind::Broken,
            Role::Connected(_) => StateKind::Connected,
            Role::Datagram(datagrams) if datagrams.peer.is_some() => StateKind::Connected,
            Role::Datagram(_) => StateKind::Unconnected,
        }
    }

    /// Whether it waits in a listener's queue to be accepted.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        matches!(self.life, Life::Queued(_))
    }

    /// Whether the sending direction was shut down.
    #[must_use]
    pub fn shut_for_sending(&self) -> bool {
        self.shut.send
    }

    /// Whether the receiving direction was shut down.
    #[must_use]
    pub fn shut_for_receiving(&self) -> bool {
        self.shut.receive
    }

    /// What SO_ERROR would read.
    #[must_use]
    pub fn pending_error(&self) -> Option<WsaError> {
        self.error
    }

    /// Bytes received and not yet read.
    #[must_use]
    pub fn received_bytes(&self) -> usize {
        match &self.role {
            Role::Connected(connection) => connection.received.len(),
            Role::Datagram(datagrams) => datagrams.queue.iter().map(|datagram| datagram.bytes.len()).sum(),
            _ => 0,
        }
    }

    /// Bytes taken from the client that the peer has no room for yet.
    #[must_use]
    pub fn unsent_bytes(&self) -> usize {
        self.connection().map_or(0, Connection::unsent_len)
    }

    /// Requests in the queue of a listening socket.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.listener().map_or(0, |listener| listener.requests.len())
    }

    /// SO_LINGER.
    #[must_use]
    pub fn linger(&self) -> Linger {
        self.options.linger()
    }

    /// How long a blocking receive waits at most, milliseconds: SO_RCVTIMEO, if it counts here.
    #[must_use]
    pub fn receive_timeout_ms(&self) -> Option<u32> {
        Some(self.options.receive_timeout_ms).filter(|&ms| ms > 0 && self.overlapped)
    }

    /// How long a blocking send waits at most, milliseconds: SO_SNDTIMEO, if it counts here.
    #[must_use]
    pub fn send_timeout_ms(&self) -> Option<u32> {
        Some(self.options.send_timeout_ms).filter(|&ms| ms > 0 && self.overlapped)
    }

    /// A Boolean option without side effects; `false` for anything else.
    #[must_use]
    pub fn switch(&self, option: SockOpt) -> bool {
        self.options.switch(option)
    }

    /// The event registration.
    #[must_use]
    pub fn registration(&self) -> Option<&Registration> {
        self.registration.as_deref()
    }

    #[inline]
    pub(super) fn connection(&self) -> Option<&Connection> {
        match &self.role {
            Role::Connected(connection) => Some(connection),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn connection_mut(&mut self) -> Option<&mut Connection> {
        match &mut self.role {
            Role::Connected(connection) => Some(connection),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn listener(&self) -> Option<&Listener> {
        match &self.role {
            Role::Listening(listener) => Some(listener),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn listener_mut(&mut self) -> Option<&mut Listener> {
        match &mut self.role {
            Role::Listening(listener) => Some(listener),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn datagrams_mut(&mut self) -> Option<&mut Datagrams> {
        match &mut self.role {
            Role::Datagram(datagrams) => Some(datagrams),
            _ => None,
        }
    }

    /// Room in the receive queue of a stream.
    #[inline]
    pub(super) fn receive_room(&self) -> usize {
        let queued = self.connection().map_or(0, |connection| connection.received.len());
        (self.options.receive_buffer as usize).saturating_sub(queued)
    }

    /// Space in the send queue. A sender without SO_SNDBUF still holds one byte, or two sockets without buffers could
    /// never pass any.
    #[inline]
    pub(super) fn send_space(&self) -> usize {
        (self.options.send_buffer.max(1) as usize).saturating_sub(self.unsent_bytes())
    }
}

impl Connection {
    pub(super) fn new(peer_place: Place, peer: SocketId, since: Ticks, initiator: bool) -> Self {
        Self {
            peer_place,
            peer: Some(peer),
            received: ByteQueue::default(),
            unsent: None,
            since,
            broken: None,
            end_received: false,
            initiator,
            told: Shut::default(),
        }
    }

    #[inline]
    pub(super) fn unsent_len(&self) -> usize {
        self.unsent.as_ref().map_or(0, |unsent| unsent.bytes.len())
    }
}

impl Afd {
    /// Makes a shared socket without references; the caller adds the first. WSAENOBUFS at the machine's limit.
    #[inline]
    pub fn create(&mut self, cx: &mut Cx<'_>, transport: Transport, overlapped: bool) -> Result<SocketId, WsaError> {
        if self.faults.network_down {
            cx.log.rule(RuleId::G6);
            return Err(WsaError::NetDown);
        }
        if !self.has_room(cx) {
            return Err(WsaError::NoBufs);
        }
        let options = Options::new(cx.platform);
        Ok(self.insert(cx, SharedSocket::new(transport, overlapped, options)))
    }

    /// Whether one more shared socket is possible.
    #[inline]
    pub(super) fn has_room(&self, cx: &Cx<'_>) -> bool {
        !self.faults.no_buffers && self.sockets.len() < cx.platform.limits.sockets as usize
    }

    #[inline]
    pub(super) fn insert(&mut self, cx: &mut Cx<'_>, socket: SharedSocket) -> SocketId {
        let transport = socket.transport;
        let id = self.sockets.insert(socket);
        cx.log.note(|| Change::Created { socket: id, transport });
        id
    }

    /// One descriptor more.
    #[inline]
    pub fn add_descriptor(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.count(cx, id, |socket| socket.descriptors = socket.descriptors.saturating_add(1));
    }

    /// One pending duplication more.
    #[inline]
    pub fn add_duplication(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.count(cx, id, |socket| socket.duplications = socket.duplications.saturating_add(1));
    }

    /// A pending duplication was opened: its reference is a descriptor's now. Nothing happens if none is pending.
    #[inline]
    pub fn duplication_to_descriptor(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.count(cx, id, |socket| {
            if let Some(rest) = socket.duplications.checked_sub(1) {
                socket.duplications = rest;
                socket.descriptors = socket.descriptors.saturating_add(1);
            }
        });
    }

    pub(super) fn count(&mut self, cx: &mut Cx<'_>, id: SocketId, change: impl FnOnce(&mut SharedSocket)) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        change(socket);
        let (descriptors, duplications) = (socket.descriptors, socket.duplications);
        cx.log.note(|| Change::References { socket: id, descriptors, duplications });
    }
}
