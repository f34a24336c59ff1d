//! The identities of a world. A number never stands alone in a signature.
//!
//! Which number a thing has is an accident of the order in which things were made. The identities marked with
//! [`IdKind`] say to a hasher what kind of number they are, so that [`canonical`](super::canonical) can call the
//! things by other names.

use std::hash::{Hash, Hasher};

use crate::table_key;

/// What an identity names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum IdKind {
    /// [`Incarnation`]. Handles that are hashed after it are of this process.
    Process,
    /// [`ProcessId`].
    ProcessId,
    /// [`Handle`].
    Handle,
    /// [`SocketId`].
    Socket,
    /// [`EventId`].
    Event,
    /// [`PortId`].
    Port,
    /// The word in a block that a base provider recognises.
    Token,
}

impl IdKind {
    const ALL: [Self; 7] =
        [Self::Process, Self::ProcessId, Self::Handle, Self::Socket, Self::Event, Self::Port, Self::Token];

    /// Tells a hasher about an identity of this kind. No other value is hashed with 128 bits.
    #[inline]
    pub fn hash<H: Hasher>(self, number: u64, state: &mut H) {
        state.write_u128((self as u128) << 64 | u128::from(number));
    }

    /// What a hasher was told.
    #[inline]
    #[must_use]
    pub fn of(told: u128) -> (Option<Self>, u64) {
        (Self::ALL.get((told >> 64) as usize).copied(), told as u64)
    }
}

/// Lets an identity tell a hasher what it is.
macro_rules! identity {
    ($($name:ident as $kind:ident),+) => {
        $(impl Hash for $name {
            #[inline]
            fn hash<H: Hasher>(&self, state: &mut H) {
                IdKind::$kind.hash(u64::from(self.0), state);
            }
        })+
    };
}

identity!(
    Incarnation as Process,
    ProcessId as ProcessId,
    Handle as Handle,
    SocketId as Socket,
    EventId as Event,
    PortId as Port
);

table_key!(
    /// A process: one incarnation. Never reused, unlike the process id.
    Incarnation, hashed apart
);
table_key!(
    /// A shared socket in [`Afd`](super::afd::Afd).
    SocketId, hashed apart
);
table_key!(
    /// An event object.
    EventId, hashed apart
);
table_key!(
    /// A provider instance of one process.
    InstanceId
);
table_key!(
    /// A completion port. Never reused: a socket stays associated with a port that is closed.
    PortId, hashed apart
);

/// A thread: its process and its position in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadId {
    /// The process.
    pub process: Incarnation,
    /// The position in [`Process::threads`](super::process::Process::threads).
    pub index: u32,
}

/// The number other processes call a process by. Reused after exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId(pub u32);

/// A number in one process's handle table: a SOCKET or HANDLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle(pub u64);

impl Handle {
    /// INVALID_SOCKET: all ones.
    pub const INVALID: Self = Self(u64::MAX);
    /// NULL, WSA_INVALID_EVENT.
    pub const NULL: Self = Self(0);
}

/// A window of one process, as WSPAsyncSelect names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window(pub u32);

/// Virtual time in milliseconds since the world began. Only an op moves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticks(pub u64);

impl Ticks {
    /// This instant moved by a number of milliseconds; stays at the end of time instead of wrapping.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
