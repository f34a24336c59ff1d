//! The reference: a second, naive implementation of the rules on duplicating and sharing sockets, written from the
//! documentation. It shares no code with the machine it is compared with. Everything that goes in or comes out is a
//! plain number: process ids, handle numbers, error codes, option levels and values.
//!
//! It is told what happened and which numbers the machine chose (handles, process ids, windows), and answers whether
//! the call had to succeed, and if not, with which error. Looking things up is always a walk over a list.
//!
//! | file | rules |
//! |---|---|
//! | `answers` | the questions the documentation leaves open |
//! | `process` | processes, inheritance, DuplicateHandle, startup and cleanup (R29) |
//! | `socket` | descriptors and shared sockets: references, options, mode, names (R10..R16, R18) |
//! | `hand_over` | duplicating and opening (R1..R7, R22, R23) |
//! | `notify` | the one event registration of a shared socket (R17..R19, E1..E5, E16) |
//! | `datagram` | the queue all descriptors read from (R10) |
//!
//! What it leaves out: connections, layers (they must make no difference), time, threads, faults.
#![allow(dead_code, unreachable_pub, reason = "the property test and the fuzzer each use their part")]

pub mod answers;
mod datagram;
mod hand_over;
mod notify;
mod process;
mod socket;

use std::collections::BTreeMap;

pub use answers::Answers;
pub use datagram::Receipt;
pub use hand_over::Opening;
pub use notify::Message;
pub use process::Running;
pub use socket::SocketOption;

/// A number in one process's handle table.
pub type Number = u64;

/// What a call gives: a value, or an error by its Windows number.
pub type Answer<T = ()> = Result<T, u32>;

pub const ERROR_INVALID_HANDLE: u32 = 6;
pub const ERROR_INVALID_PARAMETER: u32 = 87;
pub const WSAEACCES: u32 = 10013;
pub const WSAEFAULT: u32 = 10014;
pub const WSAEINVAL: u32 = 10022;
pub const WSAEMFILE: u32 = 10024;
pub const WSAEWOULDBLOCK: u32 = 10035;
pub const WSAENOTSOCK: u32 = 10038;
pub const WSAENOPROTOOPT: u32 = 10042;
pub const WSAEOPNOTSUPP: u32 = 10045;
pub const WSAEADDRINUSE: u32 = 10048;
pub const WSAENETDOWN: u32 = 10050;
pub const WSAECONNRESET: u32 = 10054;
pub const WSAENOBUFS: u32 = 10055;
pub const WSAENOTCONN: u32 = 10057;
pub const WSANOTINITIALISED: u32 = 10093;

/// What has to be known of the providers of a machine. All other differences between stacks must not show.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// Whether the base provider's descriptors are handles of the operating system.
    pub os_handles_below: bool,
    /// How many layers above it have handles of their own.
    pub wrapping_layers: u32,
    /// SO_RCVBUF of a new socket.
    pub receive_buffer: u32,
}

impl Stack {
    /// Whether the handle a client holds is itself a socket handle of the operating system.
    fn os_handles_on_top(self) -> bool {
        self.os_handles_below && self.wrapping_layers == 0
    }

    /// How many numbers of a process's handle table one descriptor takes.
    fn numbers_per_descriptor(self) -> u32 {
        1 + self.wrapping_layers
    }
}

/// Everything the rules speak of.
#[derive(Clone, Debug)]
pub struct Reference {
    stack: Stack,
    answers: Answers,
    /// In the order they appeared; an ended process keeps its place.
    processes: Vec<process::Process>,
    /// In the order they were made; a shared socket that is gone leaves `None`.
    sockets: Vec<Option<socket::Shared>>,
    /// One for each block that was ever made.
    hand_overs: Vec<hand_over::HandOver>,
    /// Event objects; those without a handle are `None`.
    events: Vec<Option<notify::Event>>,
}

impl Reference {
    pub fn new(stack: Stack, answers: Answers) -> Self {
        Self { stack, answers, processes: Vec::new(), sockets: Vec::new(), hand_overs: Vec::new(), events: Vec::new() }
    }

    /// The socket descriptors of a process as its client knows them: number and shared socket.
    pub fn descriptors(&self, process: usize) -> impl Iterator<Item = (Number, usize)> + '_ {
        self.processes[process].handles.iter().filter_map(|(&number, handle)| match handle {
            process::Handle::Descriptor(descriptor) => Some((number, descriptor.socket)),
            _ => None,
        })
    }

    /// Whether a number stands for anything the client of a process may know.
    pub fn knows(&self, process: usize, number: Number) -> bool {
        self.processes[process].handles.contains_key(&number)
    }

    /// All numbers a process's client may know, and whether children inherit them.
    pub fn numbers(&self, process: usize) -> impl Iterator<Item = (Number, bool)> + '_ {
        self.processes[process].handles.iter().map(|(&number, handle)| (number, handle.inheritable()))
    }

    /// The living process with an id.
    pub fn position(&self, id: u32) -> Option<usize> {
        self.living(id)
    }

    /// The shared sockets that exist.
    pub fn sockets(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.sockets.len()).filter(|&at| self.sockets[at].is_some())
    }

    /// Descriptors of a shared socket over all processes, those no client knows included.
    pub fn descriptor_count(&self, socket: usize) -> u32 {
        (0..self.processes.len()).map(|process| self.descriptors_in(process, socket)).sum()
    }

    /// Descriptors of all shared sockets in one process, those its client does not know included.
    pub fn descriptors_held_by(&self, process: usize) -> usize {
        self.descriptors(process).count() + self.processes[process].strays.len()
    }

    fn descriptors_in(&self, process: usize, socket: usize) -> u32 {
        let known = self.descriptors(process).filter(|&(_, of)| of == socket).count();
        let strays = self.processes[process].strays.iter().filter(|&&of| of == socket).count();
        (known + strays) as u32
    }

    /// The blocks that can still be opened for the first time, in the order they were made.
    pub fn pending(&self) -> impl Iterator<Item = &hand_over::HandOver> {
        self.hand_overs.iter().filter(|hand_over| hand_over.is_pending())
    }

    /// Pending blocks that hold a reference on a shared socket.
    pub fn pending_references(&self, socket: usize) -> u32 {
        self.pending().filter(|hand_over| hand_over.socket == socket && hand_over.counted).count() as u32
    }
}

/// Number and value pairs, for state that is kept by number.
type ByNumber<T> = BTreeMap<Number, T>;
