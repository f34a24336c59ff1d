//! Every change of a shared socket, for the log.

use std::fmt;

use super::{OptionValue, Registrant, SocketId, Target, Ticks, Transport};
use crate::abi::{NetworkEvents, SockAddr, SockOpt, SpiFunction, WsaError};

/// How a request left the state of waiting, other than by being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The listener refused it.
    Refused,
    /// The client reset the connection.
    Reset,
    /// The client gave up, or its time ran out.
    Withdrawn,
}

/// Why a datagram did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The receiver's queue was full.
    QueueFull,
    /// Whoever is bound there takes datagrams from its peer only.
    NotFromPeer,
    /// Nobody is bound there.
    NobodyThere,
    /// It went to a host that never answers.
    Silence,
    /// A link fault took it.
    OnTheWay,
    /// It went to a group, and the member takes nothing its own machine sends.
    NotLooped,
    /// It went to a group, and the member takes nothing from its source.
    NotFromSource,
    /// It is none that a raw socket may send.
    NotForRaw,
}

macro_rules! changes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident : $type:ty),* $(,)? } $text:literal $(, $arg:expr)*;)+) => {
        /// A change of a shared socket.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Change {
            $($(#[$doc])* $name {
                /// The socket.
                socket: SocketId,
                $($(#[$field_doc])* $field: $type,)*
            },)+
        }

        impl Change {
            /// The socket that changed.
            #[must_use]
            pub fn socket(&self) -> SocketId {
                match self { $(Self::$name { socket, .. } => *socket,)+ }
            }
        }

        /// One short line, without the socket.
        impl fmt::Display for Change {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(#[allow(unused_variables, reason = "not every field is part of the line")]
                    Self::$name { socket, $($field),* } => write!(f, $text $(, $arg)*),)+
                }
            }
        }
    };
}

changes! {
    /// A new shared socket.
    Created {
        /// Family and type.
        transport: Transport,
    } "created: {:?} {:?}", transport.family, transport.kind;
    /// References came or went.
    References {
        /// Descriptors now.
        descriptors: u32,
        /// Pending duplications now.
        duplications: u32,
    } "references: {descriptors} descriptors, {duplications} duplications";
    /// It has a local name.
    Bound {
        /// The name.
        name: SockAddr,
    } "bound to {name}";
    /// It listens, or listens with another backlog.
    Listening {
        /// How many requests may wait.
        backlog: u32,
    } "listening, backlog {backlog}";
    /// An attempt to connect is in progress.
    Connecting {
        /// Where to.
        to: SockAddr,
    } "connecting to {to}";
    /// Connected, or a default peer is set.
    Connected {
        /// The peer's name.
        peer: SockAddr,
        /// The other end of the connection.
        peer_socket: Option<SocketId>,
    } "connected to {peer}";
    /// An attempt to connect failed.
    ConnectFailed {
        /// Why.
        error: WsaError,
    } "connect failed: {error}";
    /// The default peer is gone.
    Dissolved {} "no default peer any more";
    /// A request joined the queue of a listener.
    Requested {
        /// Who asks.
        from: SockAddr,
        /// Requests in the queue now.
        queued: usize,
    } "request from {from}, {queued} queued";
    /// A request cannot be accepted any more.
    RequestEnded {
        /// Who asked.
        from: SockAddr,
        /// How it ended.
        how: Ended,
    } "request from {from}: {}", match how {
        Ended::Refused => "refused",
        Ended::Reset => "reset by the client",
        Ended::Withdrawn => "withdrawn",
    };
    /// The first request was put off.
    Deferred {} "first request deferred";
    /// A request was accepted.
    Accepted {
        /// The new socket.
        accepted: SocketId,
    } "accepted as socket {}", accepted.0;
    /// Bytes joined the receive queue of a stream.
    Queued {
        /// How many.
        bytes: usize,
        /// Bytes in the queue now.
        queued: usize,
    } "{bytes} bytes arrived, {queued} queued";
    /// Bytes of a send wait for room at the peer.
    Held {
        /// How many.
        bytes: usize,
        /// Bytes waiting now.
        unsent: usize,
    } "{bytes} bytes wait for room, {unsent} unsent";
    /// Bytes that waited went on to the peer.
    Passed {
        /// How many.
        bytes: usize,
        /// Bytes still waiting.
        unsent: usize,
    } "{bytes} bytes went on, {unsent} unsent";
    /// Bytes were read from the receive queue of a stream.
    Taken {
        /// How many.
        bytes: usize,
        /// Bytes left.
        left: usize,
    } "{bytes} bytes read, {left} left";
    /// An urgent byte arrived.
    UrgentArrived {
        /// Ordinary bytes before it that are not read yet.
        ahead: usize,
    } "an urgent byte arrived, {ahead} bytes ahead of it";
    /// An urgent byte was read.
    UrgentTaken {} "an urgent byte read";
    /// A datagram joined the receive queue.
    DatagramQueued {
        /// Its sender.
        from: SockAddr,
        /// Its length.
        bytes: usize,
    } "datagram of {bytes} bytes from {from}";
    /// A datagram was read.
    DatagramTaken {
        /// Its sender.
        from: SockAddr,
        /// Its length.
        bytes: usize,
        /// Datagrams left.
        left: usize,
    } "datagram of {bytes} bytes from {from} read, {left} left";
    /// A datagram was lost.
    DatagramLost {
        /// Why.
        why: Lost,
    } "datagram lost: {}", match why {
        Lost::QueueFull => "no room in the receive queue",
        Lost::NotFromPeer => "the receiver has another peer",
        Lost::NobodyThere => "nobody is bound there",
        Lost::Silence => "the host does not answer",
        Lost::NotLooped => "it comes from the member's own machine",
        Lost::NotFromSource => "the member does not take it from its source",
        Lost::NotForRaw => "raw sockets may not send it",
        Lost::OnTheWay => "a link fault took it",
    };
    /// A link fault delays data, or the end of a stream (no bytes).
    OnItsWay {
        /// How much.
        bytes: usize,
        /// When it arrives; `None`: when the link is whole again.
        arrives: Option<Ticks>,
    } "{bytes} bytes on their way{}", match arrives {
        Some(when) => format!(" until {} ms", when.0),
        None => ", held up by the link".to_owned(),
    };
    /// It joined a group.
    Joined {
        /// Which.
        group: SockAddr,
    } "joined {group}";
    /// It left a group.
    Left {
        /// Which.
        group: SockAddr,
    } "left {group}";
    /// Directions were shut down.
    ShutDown {
        /// Sending.
        send: bool,
        /// Receiving.
        receive: bool,
    } "shut down for {}", match (send, receive) {
        (true, true) => "sending and receiving",
        (true, false) => "sending",
        _ => "receiving",
    };
    /// The peer will send no more.
    EndOfStream {} "end of stream";
    /// The connection broke.
    Broken {
        /// What calls report.
        error: WsaError,
    } "connection broken: {error}";
    /// An overlapped operation waits for its turn.
    OperationPending {
        /// Its overlapped structure.
        overlapped: u32,
        /// Operations that wait now.
        pending: usize,
    } "overlapped operation {overlapped} pending, {pending} now";
    /// An overlapped operation has ended.
    OperationEnded {
        /// The function that started it.
        function: SpiFunction,
        /// Its overlapped structure.
        overlapped: u32,
        /// Bytes transferred.
        bytes: usize,
        /// What went wrong, if anything.
        error: Option<WsaError>,
    } "overlapped operation {overlapped} ended{}", match error {
        Some(error) => format!(": {error}"),
        None => format!(", {bytes} bytes"),
    };
    /// An option was set.
    OptionSet {
        /// The option.
        option: SockOpt,
        /// Its value.
        value: OptionValue,
    } "{option} set to {value}";
    /// The blocking mode changed.
    Mode {
        /// The new mode.
        nonblocking: bool,
    } "{}", if *nonblocking { "nonblocking" } else { "blocking" };
    /// An event registration was made.
    Registered {
        /// By whom.
        registrant: Registrant,
        /// Where it reports to.
        target: Target,
        /// What it reports.
        mask: NetworkEvents,
    } "registered for {mask}";
    /// The event registration ended.
    RegistrationCancelled {
        /// Whose it was.
        registrant: Registrant,
    } "registration cancelled";
    /// An event was reported.
    Reported {
        /// Which.
        event: NetworkEvents,
        /// What went wrong, if anything.
        error: Option<WsaError>,
    } "{event} reported{}", error.map(|error| format!(": {error}")).unwrap_or_default();
    /// The event record was read and emptied.
    RecordCleared {
        /// What it held.
        events: NetworkEvents,
    } "record of {events} read";
    /// Closed; the rest of the data goes out in the background.
    Closing {
        /// How much.
        unsent: usize,
    } "closed, {unsent} bytes still to send";
    /// A close waits for the data to go out.
    Lingering {
        /// Until when at most.
        until: Ticks,
    } "lingering until {} ms", until.0;
    /// It was disconnected and is as before its connection.
    Reusable {} "as before its connection";
    /// The shared socket is no more.
    Destroyed {} "destroyed";
}
