//! The identities of a world. A number never stands alone in a signature.

use crate::table_key;

table_key!(
    /// A process: one incarnation. Never reused, unlike the process id.
    Incarnation
);
table_key!(
    /// A shared socket in [`Afd`](super::afd::Afd).
    SocketId
);
table_key!(
    /// An event object.
    EventId
);
table_key!(
    /// A provider instance of one process.
    InstanceId
);
table_key!(
    /// A pending duplication.
    DuplicationId
);

table_key!(
    /// A completion port. Never reused: a socket stays associated with a port that is closed.
    PortId
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub u32);

/// A number in one process's handle table: a SOCKET or HANDLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
