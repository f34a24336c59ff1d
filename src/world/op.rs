//! Operations: everything that can happen to a world from outside, and what came of it.

use super::fault::Fault;
use super::ids::{Handle, Incarnation, ProcessId, ThreadId, Ticks};
use super::program::Program;
use crate::abi::WsaError;
use crate::abi::client::{Call, CallResult};

/// Something that happens. What the real world would decide (who runs, when a timer fires, what fails) is here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A process appears that nobody in the world created. One thread, no Winsock yet.
    StartProcess {
        /// Its process id; `None`: the next one never used.
        id: Option<ProcessId>,
        /// Whether it starts suspended.
        suspended: bool,
        /// What runs in it.
        program: Program,
    },
    /// A process is ended from outside.
    Kill {
        /// Which.
        process: Incarnation,
    },
    /// A free thread makes a call, which runs until it returns or parks.
    Call {
        /// Who.
        thread: ThreadId,
        /// What.
        call: Call,
    },
    /// A parked thread whose wait is over goes on, or one whose call paused.
    Run {
        /// Who.
        thread: ThreadId,
    },
    /// The client callback a thread is inside returns.
    Answer {
        /// Who.
        thread: ThreadId,
        /// What the callback returns: CF_ACCEPT 0, CF_REJECT 1, CF_DEFER 2, or anything else.
        value: i32,
    },
    /// Virtual time moves.
    Advance {
        /// To when; earlier than now changes nothing.
        to: Ticks,
    },
    /// Something goes wrong, or right again.
    Fault(Fault),
    /// A connection breaks for a reason of the network's: keep-alive failure, reset, abort.
    BreakConnection {
        /// A descriptor of a socket that is one end of it.
        process: Incarnation,
        /// The descriptor.
        socket: Handle,
        /// What its owner's calls say from now on.
        error: WsaError,
    },
    /// The handle table of one process gets another limit.
    LimitHandles {
        /// The process.
        process: Incarnation,
        /// How many handles it may hold; `None`: the machine's limit again.
        handles: Option<u32>,
    },
    /// A call, a going on or an answer that runs to the next frame border only; any other op is as it is alone.
    ToBorder(Box<Op>),
}

/// What came of an op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A call returned.
    Returned(CallResult),
    /// A call waits.
    Parked,
    /// A call paused at a frame border.
    Paused,
    /// A process appeared.
    Started(Incarnation, ProcessId),
    /// It happened.
    Done,
}

/// Why an op cannot happen. The world is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No such process, or it has ended.
    NoProcess,
    /// The process is suspended.
    Suspended,
    /// No such thread.
    NoThread,
    /// The thread is inside a call.
    ThreadBusy,
    /// The thread is neither paused nor parked, or its wait is not over.
    NotReady,
    /// The thread is not inside a callback.
    NoCallback,
    /// A living process has this id, or a handle keeps it.
    IdInUse,
    /// The handle names no socket there.
    NoSocket,
    /// A ws2_32 of this width has no such function.
    NoSuchFunction,
    /// The machine does not model this call or argument.
    NotModelled,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoProcess => "there is no such process, or it has ended",
            Self::Suspended => "the process is suspended: resume it first",
            Self::NoThread => "the process has no such thread",
            Self::ThreadBusy => "the thread is inside a call that has not returned",
            Self::NotReady => "the thread is not parked, or what it waits for has not happened",
            Self::NoCallback => "the thread is not inside a callback",
            Self::IdInUse => "a living process or an open process handle has this process id",
            Self::NoSocket => "the handle names no socket in that process",
            Self::NoSuchFunction => "the ws2_32 of this process is of a width that has no such function",
            Self::NotModelled => "this call, or one of its arguments, is not modelled yet",
        })
    }
}

impl std::error::Error for Rejection {}
