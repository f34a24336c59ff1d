//! What lies under a base provider: shared sockets and the machine's network, as one value.
//!
//! A *shared socket* is what all descriptors of a socket refer to, in whatever process they are. This part of the world
//! knows shared sockets, their references, names, connections, data, options and event registrations. It knows no
//! handle tables, no providers, no threads and no waiting: a call that would wait says so, the caller parks it on an
//! [`Interest`] and tries again when [`Afd::ready`] says it may. It has no clock either: [`Cx::now`] arrives with every
//! call, [`Afd::next_deadline`] says when something is due and [`Afd::advance`] does what is due.
//!
//! The network is the machine talking to itself. A byte sent is in the peer's receive queue before the call returns, or
//! in the sender's queue if there is no room; nothing is lost, delayed or reordered on the way unless a link fault says
//! so. Other hosts exist as silence.
//!
//! | file | what |
//! |---|---|
//! | `socket`, `view`, `reference` | [`SharedSocket`], what can be read of it, who refers to it |
//! | `close` | giving up references: linger, background close, reset |
//! | `route`, `port`, `bind` | the machine's addresses, who is bound where, names |
//! | `listen`, `connect` | queues of requests, accepting; attempts and how they end |
//! | `queue`, `stream`, `urgent`, `message`, `datagram` | data |
//! | `raw` | IP packets |
//! | `companion`, `session` | data beside connections; roots and leaves |
//! | `extras`, `multicast`, `qos`, `notice` | what few sockets have: groups, quality of service, change notices |
//! | `operation` | overlapped operations, completion ports |
//! | `accept_ex`, `connect_ex`, `disconnect_ex`, `context` | the extension functions, and what a socket knows after them |
//! | `values`, `option` | socket options and the blocking mode |
//! | `event` | registrations, what is due when, the record |
//! | `ready`, `poll` | readiness, of one socket and of many |
//! | `deadline`, `fault` | time; what goes wrong from outside |
//! | `link`, `flight` | link faults; what is on its way, and how it arrives |
//! | `change` | every change, for the log |
//! | `check` | what must always hold |
//!
//! Not meant to be modelled: segments, windows, retransmission, TIME_WAIT, simultaneous
//! open.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::canonical::Renaming;
use super::ids::{EventId, Handle, Incarnation, SocketId, Ticks, Window};
use super::log::Log;
use super::machine::Platform;
use super::table::Table;
use crate::abi::{NetworkEvents, SockAddr, WsaError};
use crate::rules::RuleId;

mod accept_ex;
mod bind;
mod change;
mod check;
mod close;
mod companion;
mod connect;
mod connect_ex;
mod context;
mod datagram;
mod deadline;
mod disconnect_ex;
mod event;
mod extras;
mod fault;
mod flight;
mod link;
mod listen;
mod message;
mod multicast;
mod notice;
mod operation;
mod option;
mod poll;
mod port;
mod qos;
mod queue;
mod raw;
mod ready;
mod reference;
mod route;
mod session;
mod socket;
mod source;
mod stream;
mod urgent;
mod values;
mod view;

#[cfg(test)]
mod tests;

pub use accept_ex::Accepting;
pub use change::{Change, Ended, Lost};
pub use close::{Closing, Release};
pub use connect::Connect;
pub use context::Context;
pub use event::{NO_EVENT, Registration};
pub use listen::{Request, RequestState};
pub(crate) use operation::gather;
pub use operation::{Completion, Io, Issuer, Operation, Whose, Work, transferred};
pub use poll::Sought;
pub use ready::Readiness;
pub use route::InterfaceV4;
pub use route::scoped;
pub use socket::SharedSocket;
pub use stream::Received;
pub use values::OptionValue;
pub use view::StateKind;

/// What every call brings: the machine, the time, and where to write down what happens.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The machine.
    pub platform: &'a Platform,
    /// The time.
    pub now: Ticks,
    /// The log.
    pub log: &'a mut Log,
}

/// An address family with sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// AF_INET.
    V4,
    /// AF_INET6.
    V6,
}

impl Family {
    /// The wildcard address of the family, port 0.
    #[must_use]
    pub fn unspecified(self) -> SockAddr {
        SockAddr::new(self.wildcard(), 0)
    }

    fn loopback(self) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Self::V6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
        }
    }

    fn wildcard(self) -> IpAddr {
        match self {
            Self::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Self::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }
}

/// A socket type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// SOCK_STREAM: TCP.
    Stream,
    /// SOCK_DGRAM: UDP.
    Datagram,
    /// SOCK_SEQPACKET: messages over a connection.
    Messages,
    /// SOCK_RAW: IP packets.
    Raw,
}

/// What a socket is made for; never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Transport {
    /// The address family.
    pub family: Family,
    /// The type.
    pub kind: Kind,
}

/// What a blocked call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Interest {
    /// A receive: data, the end of the stream, an error.
    Readable,
    /// A receive with MSG_PARTIAL: data, of a whole message or not, the end of the stream, an error.
    Part,
    /// A receive with MSG_OOB: urgent data, the end of the stream, an error.
    Urgent,
    /// A send: space, an error.
    Writable,
    /// An accept: a request.
    Acceptable,
    /// A connect: its outcome.
    Connected,
    /// A close: all data sent, or no connection any more.
    Drained,
    /// A DisconnectEx: everything sent has arrived, or no connection any more.
    Disconnected,
    /// A DisconnectEx with TF_REUSE_SOCKET: the peer's end has come, too.
    Parted,
    /// A change notice: it came.
    Changed,
    /// A send while another one is half done: its end.
    Turn,
}

/// Where a registration reports to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An event object; reports are recorded too (WSPEventSelect).
    Event(EventId),
    /// A window (WSPAsyncSelect).
    Window {
        /// The process the window belongs to.
        process: Incarnation,
        /// The window.
        window: Window,
        /// The message number.
        message: u32,
        /// The descriptor that messages name.
        socket: Handle,
    },
}

/// Who made a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Registrant {
    /// The process.
    pub process: Incarnation,
    /// The descriptor it used.
    pub handle: Handle,
}

/// One report on its way to its target: the caller sets the event object or posts the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal {
    /// Where to.
    pub target: Target,
    /// Exactly one event.
    pub event: NetworkEvents,
    /// What went wrong, if anything.
    pub error: Option<WsaError>,
}

/// All shared sockets of a machine.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Afd {
    sockets: Table<SocketId, SharedSocket>,
    ports: port::Ports,
    /// When which socket wants attention: at most one entry per socket.
    deadlines: BTreeSet<(Ticks, SocketId)>,
    /// Which sockets report to which event object.
    by_event: BTreeSet<(EventId, SocketId)>,
    /// Empty between steps.
    signals: Vec<Signal>,
    /// Empty between steps.
    completions: Vec<Completion>,
    faults: fault::Faults,
    /// Link faults and what they delay; hardly ever any.
    links: Option<Box<link::Links>>,
}

crate::world::copy::clone_by_fields!(Afd {
    sockets,
    ports,
    deadlines as seldom,
    by_event as seldom,
    signals as seldom,
    completions as seldom,
    faults,
    links
});

impl Afd {
    /// The shared socket, if there is one of that id.
    #[must_use]
    #[inline]
    pub fn socket(&self, id: SocketId) -> Option<&SharedSocket> {
        self.sockets.get(id)
    }

    /// All shared sockets in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (SocketId, &SharedSocket)> {
        self.sockets.iter()
    }

    /// Whether there are link faults: they count what passes.
    #[must_use]
    pub fn has_links(&self) -> bool {
        self.links.is_some()
    }

    /// Everything but the sockets, under other names.
    pub(in crate::world) fn hash_but_sockets(&self, state: &mut Renaming<'_>) {
        let Self { sockets: _, ports, deadlines, by_event, signals, completions, faults, links } = self;
        ports.hash(state);
        state.unordered(deadlines.iter(), |deadline, state| deadline.hash(state));
        state.unordered(by_event.iter(), |pair, state| pair.hash(state));
        (signals, completions, faults, links).hash(state);
    }

    /// How many shared sockets there are, those without a descriptor included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Numbers of shared sockets are below this.
    pub(in crate::world) fn slots(&self) -> usize {
        self.sockets.slots()
    }

    /// Whether there is no shared socket.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// The reports made since the last call.
    pub fn take_signals(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.signals)
    }

    /// Whether [`take_signals`](Self::take_signals) would return any.
    #[must_use]
    #[inline]
    pub fn signals_pending(&self) -> bool {
        !self.signals.is_empty()
    }

    /// The socket, for a call that needs the network.
    #[inline]
    fn usable(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<&SharedSocket, WsaError> {
        let Some(socket) = self.sockets.get(id) else { return Err(WsaError::NotSock) };
        if self.faults.network_down {
            cx.log.rule(RuleId::G6);
            return Err(WsaError::NetDown);
        }
        Ok(socket)
    }

    /// As [`usable`](Self::usable), for a call that needs buffers too.
    #[inline]
    fn buffered(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<&SharedSocket, WsaError> {
        let socket = self.usable(cx, id)?;
        if self.faults.no_buffers { Err(WsaError::NoBufs) } else { Ok(socket) }
    }
}
