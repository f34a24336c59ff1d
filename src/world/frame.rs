//! The frames of a thread: a call in progress as a value.
//!
//! A client call enters ws2_32, which calls the top layer, which calls the next one, down to the base. Each of them
//! is one [`Frame`]; what it will do when it is resumed is its [`Token`]. A blocked call is a frame with a [`Wait`].

use super::afd::Interest;
use super::ids::{EventId, Handle, InstanceId, PortId, SocketId, Ticks, Window};
use super::watch::Watched;
use super::ws2_32::{After, Ws2Token};
use crate::abi::{SpiFunction, WsaError};
use crate::provider::ProviderToken;

/// One level of a call in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Whose code runs here, and how it goes on.
    pub token: Token,
    /// The entry that was called.
    pub function: Option<SpiFunction>,
    /// What it waits for, if it waits.
    pub wait: Option<Box<Wait>>,
}

impl Frame {
    const OS: Self = Self { token: Token::Os, function: None, wait: None };
    const WS2_32: Self = Self { token: Token::Ws2(Ws2Token::Entered), function: None, wait: None };

    /// Puts a frame of the OS on top.
    pub fn push_os(frames: &mut Vec<Self>) {
        frames.push(const { Self::OS });
    }

    /// Puts a frame of ws2_32 on top.
    #[inline]
    pub fn push_ws2_32(frames: &mut Vec<Self>) {
        frames.push(const { Self::WS2_32 });
    }

    /// Puts a frame of ws2_32 below those there are: it has called the provider whose frame is the lowest.
    pub(super) fn put_ws2_32_below(frames: &mut Vec<Self>, after: After) {
        frames.insert(0, Self { token: Token::Ws2(Ws2Token::Calling(after)), ..Self::WS2_32 });
    }

    /// Puts a frame of a provider on top, with what the provider remembers.
    #[inline]
    pub fn push_provider(frames: &mut Vec<Self>, id: InstanceId, entry: SpiFunction, kept: ProviderToken) {
        frames.push(Self { token: Token::Provider(id, kept), function: Some(entry), wait: None });
    }

    /// Takes the topmost frame away.
    #[inline]
    pub fn pop(frames: &mut Vec<Self>) {
        let frame = frames.pop();
        if matches!(&frame, Some(Self { wait: None, token, .. }) if token.is_bare()) {
            std::mem::forget(frame);
        }
    }
}

/// Whose frame it is, with its private continuation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// ws2_32: the bottom of every client call.
    Ws2(Ws2Token),
    /// A call of the OS that waits.
    Os,
    /// A completion routine of the client's runs.
    Routine,
    /// A provider instance of the process.
    Provider(InstanceId, ProviderToken),
}

impl Token {
    /// Whether nothing has to be freed with it. To tell the usual ones apart is cheaper than to let every variant look.
    #[inline]
    fn is_bare(&self) -> bool {
        match self {
            Self::Ws2(token) => matches!(token, Ws2Token::Calling(_)),
            Self::Provider(_, token) => matches!(token, ProviderToken::Entered) || token.passes(),
            Self::Os | Self::Routine => true,
        }
    }
}

/// What a parked frame waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// The condition.
    pub until: Until,
    /// When the wait ends anyway.
    pub deadline: Option<Ticks>,
    /// The descriptor the blocked call was made on, as the base knows it.
    pub via: Option<Handle>,
    /// Set when somebody else ended the wait: the call then returns this error.
    pub cancelled: Option<WsaError>,
    /// Whether the shared socket it was for has gone: another may have its id since.
    pub lost: bool,
}

impl Wait {
    /// A wait with no deadline.
    #[must_use]
    pub fn until(until: Until) -> Self {
        Self { until, deadline: None, via: None, cancelled: None, lost: false }
    }
}

/// The conditions a frame can wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// A shared socket is ready.
    Socket(SocketId, Interest),
    /// One of several sockets is: WSPSelect, WSAPoll.
    Sockets(Box<[Watched]>),
    /// The client's callback has returned: only an op can say so.
    Callback,
    /// A window has a message.
    Message(Window),
    /// Another process has sent something.
    Ipc,
    /// Events are signalled.
    Events {
        /// Which.
        events: Box<[EventId]>,
        /// All of them, or any.
        all: bool,
    },
    /// A completion port has a packet.
    Packet(PortId),
    /// A catalog changes beyond so many changes.
    CatalogChange(u32),
    /// The deadline alone.
    Time,
    /// This, or a completion routine to run.
    Alertable(Box<Until>),
    /// The completion routine the thread is inside returns: only an op can say so.
    Routine,
}

impl Until {
    /// The shared socket, for a call that blocks on one.
    #[must_use]
    pub fn socket(&self) -> Option<SocketId> {
        match self {
            Self::Socket(socket, _) => Some(*socket),
            Self::Alertable(until) => until.socket(),
            _ => None,
        }
    }
}

/// Why a parked frame goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Woken {
    /// The condition holds.
    Ready,
    /// The deadline passed first.
    TimedOut,
    /// Somebody ended the wait with this error.
    Cancelled(WsaError),
    /// The shared socket that the call waited for has gone, which gives this error. What the call knows of it says
    /// nothing any more: another socket may have its place and its handle.
    Lost(WsaError),
    /// The callback answered.
    Answered(i32),
    /// Completion routines ran instead.
    Alerted,
}
