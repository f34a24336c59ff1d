//! The shared socket: what it is made of.
//!
//! One socket is one struct of about 200 bytes. What is rare (registrations, listening queues, data that found no room
//! at the peer, unusual options) is behind a pointer.

use std::collections::VecDeque;

use super::context::Context;
use super::event::Registration;
use super::extras::Extras;
use super::listen::Listener;
use super::message::Messages;
use super::operation::Io;
use super::queue::ByteQueue;
use super::route::Place;
use super::urgent::Urgent;
use super::values::Options;
use super::{Kind, SocketId, Ticks, Transport};
use crate::abi::WsaError;
use crate::world::catalog::ShapeId;
use crate::world::ids::ThreadId;

/// What all descriptors of one socket share.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct SharedSocket {
    pub(super) transport: Transport,
    /// The base provider whose socket it is; that of a listener's for what it accepts.
    pub(super) maker: ShapeId,
    pub(super) overlapped: bool,
    pub(super) nonblocking: bool,
    pub(super) life: Life,
    /// It was connected by an extension function and its context is not updated yet.
    pub(super) context: Option<Context>,
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
    /// Overlapped operations and the completion port; `None` until there is any.
    pub(super) io: Option<Box<Io>>,
    /// The thread whose blocked send is half done: until it is over nobody else's bytes come in between.
    pub(super) sender: Option<ThreadId>,
    pub(super) options: Options,
    /// What few sockets have.
    pub(super) extras: Option<Box<Extras>>,
    pub(super) role: Role,
}

crate::world::copy::clone_by_fields!(SharedSocket {
    transport,
    maker,
    overlapped,
    nonblocking,
    life,
    context,
    shut,
    descriptors,
    duplications,
    error,
    outcome,
    bound,
    registration,
    io,
    sender,
    options,
    extras,
    role
});

/// Why a shared socket exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Life {
    /// Somebody refers to it, or is about to.
    Open,
    /// A connection in this listener's queue that nobody accepted yet.
    Queued(SocketId),
    /// A connection that this listener's AcceptEx has taken, and that still has to bring data.
    Held(SocketId),
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
    /// Whose blocking connect waits for it.
    pub(super) waiter: Option<ThreadId>,
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
    /// Where messages end, on a socket that has them.
    pub(super) messages: Option<Box<Messages>>,
    /// WSPRecvDisconnect was called: nothing is received any more, and still taken.
    pub(super) deaf: bool,
    /// Urgent bytes on this side; never empty.
    pub(super) urgent: Option<Box<Urgent>>,
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
    /// The IP protocol of a raw socket.
    pub(super) protocol: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Datagram {
    pub(super) from: Place,
    pub(super) bytes: Vec<u8>,
}

impl SharedSocket {
    pub(super) fn new(transport: Transport, overlapped: bool, options: Options) -> Self {
        let role = match transport.kind {
            Kind::Stream | Kind::Messages => Role::Idle,
            Kind::Datagram | Kind::Raw => Role::Datagram(Datagrams::default()),
        };
        Self {
            transport,
            maker: ShapeId(0),
            overlapped,
            nonblocking: false,
            life: Life::Open,
            context: None,
            shut: Shut::default(),
            descriptors: 0,
            duplications: 0,
            error: None,
            outcome: None,
            bound: None,
            registration: None,
            io: None,
            sender: None,
            options,
            extras: None,
            role,
        }
    }

    /// Whether it is a byte stream.
    #[inline]
    pub(super) fn is_stream(&self) -> bool {
        self.transport.kind == Kind::Stream
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
            messages: None,
            deaf: false,
            urgent: None,
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
