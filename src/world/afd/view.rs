//! What anybody may read of a shared socket.

use super::event::Registration;
use super::listen::Stage;
use super::route::Place;
use super::socket::{Attempt, Connection, Life, Phase, Role, SharedSocket};
use super::{Accepting, Io, Kind, SocketId, Transport, Work};
use crate::abi::{Linger, SockAddr, SockOpt, WsaError};
use crate::world::ids::ThreadId;

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
    /// Family and type.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Whether its type has connections.
    #[must_use]
    pub fn has_connections(&self) -> bool {
        self.transport.kind != Kind::Datagram
    }

    /// The shared sockets it knows: its peer, the listener it queues at or is accepted into for, the requests in its own
    /// queue, root and leaves.
    pub fn neighbours(&self) -> impl Iterator<Item = SocketId> + '_ {
        let queued = match self.life {
            Life::Queued(other) | Life::Held(other) => Some(other),
            Life::Open | Life::Orphan => None,
        };
        let asked = match &self.role {
            Role::Connecting(Attempt { phase: Phase::Offered(listener), .. }) => Some(*listener),
            _ => None,
        };
        let requests = self.listener().into_iter().flat_map(|listener| &listener.requests);
        let requests = requests.filter_map(|request| match request.stage {
            Stage::Complete(socket) | Stage::Offered(socket) => Some(socket),
            Stage::Reset | Stage::Withdrawn => None,
        });
        let extras = self.extras.as_deref();
        let leaves = extras.into_iter().flat_map(|extras| extras.leaves.iter().copied());
        let root = extras.and_then(|extras| extras.root);
        let feeds = self.io().and_then(|io| io.feeds);
        let accepted = self.io().into_iter().flat_map(Io::operations).flat_map(|operation| match operation.work {
            Work::Accept(Accepting { acceptor, held, .. }) => [Some(acceptor), held],
            _ => [None, None],
        });
        let single = [self.peer_socket(), queued, asked, root, feeds].into_iter();
        single.chain(accepted).flatten().chain(requests).chain(leaves)
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

    /// Whether overlapped sends are pending, which nothing may overtake.
    #[must_use]
    #[inline]
    pub fn has_pending_sends(&self) -> bool {
        self.io.as_deref().is_some_and(Io::has_sends)
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

    /// Whom an attempt in progress is for.
    #[must_use]
    pub fn connecting_to(&self) -> Option<SockAddr> {
        match &self.role {
            Role::Connecting(attempt) => Some(attempt.to.seen_by(self.transport.family)),
            _ => None,
        }
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

    /// Whether an attempt to connect has no outcome yet.
    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.role, Role::Connecting(_))
    }

    /// Whether it waits at a listener to be accepted.
    #[must_use]
    pub fn is_queued(&self) -> bool {
        matches!(self.life, Life::Queued(_) | Life::Held(_))
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

    /// Overlapped operations and the completion port.
    #[must_use]
    pub fn io(&self) -> Option<&Io> {
        self.io.as_deref()
    }

    /// The event registration.
    #[must_use]
    pub fn registration(&self) -> Option<&Registration> {
        self.registration.as_deref()
    }
}
