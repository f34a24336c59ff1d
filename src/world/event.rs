//! Everything a step can report. The order of events is the order in which things happened.

use super::afd::Change;
use super::apc::Apc;
use super::catalog::ShapeId;
use super::checks::Breach;
use super::duplication::Duplication;
use super::frame::Until;
use super::ids::{EventId, Incarnation, PortId, ProcessId, ThreadId, Ticks, Window};
use super::op::Op;
use super::policy::PolicyId;
use super::program::Width;
use crate::abi::client::{Call, CallResult, Message, Packet, WindowMessage};
use crate::abi::upcall::{UpcallCall, UpcallReturn};
use crate::abi::{SpiCall, SpiFunction, SpiResult, Upcall, WsaError};
use crate::provider::ShapeFault;
use crate::rules::RuleId;

/// One entry of a [`Log`](super::log::Log).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An op begins.
    Op(Box<Op>),
    /// A client thread calls ws2_32 or the OS.
    ClientCall {
        /// The thread.
        thread: ThreadId,
        /// What it calls.
        call: Box<Call>,
    },
    /// A client call returns.
    ClientReturn {
        /// The thread.
        thread: ThreadId,
        /// What it gets.
        result: Box<CallResult>,
    },
    /// A call crosses into a provider.
    Enter(Box<Entering>),
    /// A provider answers its caller.
    Leave(Box<Leaving>),
    /// A provider asked ws2_32 for something.
    Upcall(Box<UpcallDone>),
    /// A thread's call waits.
    Parked {
        /// The thread.
        thread: ThreadId,
        /// For what.
        until: Until,
        /// Until when at most.
        deadline: Option<Ticks>,
    },
    /// A thread's call pauses at a frame border.
    Paused {
        /// The thread.
        thread: ThreadId,
        /// The provider that is called next, or that has answered.
        provider: Option<ShapeId>,
        /// Whether it has answered.
        answered: bool,
    },
    /// A parked or paused call goes on.
    Resumed {
        /// The thread.
        thread: ThreadId,
    },
    /// A rule decided.
    Rule(RuleId),
    /// A policy decided.
    Policy(PolicyId),
    /// A provider has broken a duty.
    Breach(Box<Breach>),
    /// A shared socket changed.
    Socket(Change),
    /// A duplication was made.
    DuplicationMade(Duplication),
    /// A duplication was opened.
    DuplicationOpened(Duplication),
    /// A duplication was dropped unopened.
    DuplicationDropped(Duplication),
    /// A process appeared.
    ProcessStarted {
        /// The process.
        process: Incarnation,
        /// Its id.
        id: ProcessId,
        /// Whether it is suspended.
        suspended: bool,
    },
    /// A suspended process runs.
    ProcessResumed {
        /// The process.
        process: Incarnation,
    },
    /// A process ended.
    ProcessEnded {
        /// The process.
        process: Incarnation,
    },
    /// An event object changed.
    EventSet {
        /// The event.
        event: EventId,
        /// Whether it is signalled now.
        signalled: bool,
    },
    /// A message was put into a window's queue.
    MessagePosted {
        /// The process.
        process: Incarnation,
        /// The window.
        window: Window,
        /// The message.
        message: WindowMessage,
    },
    /// A value was sent to another process.
    Sent {
        /// From whom.
        from: Incarnation,
        /// To whom.
        to: Incarnation,
        /// The value.
        value: Box<Message>,
    },
    /// A completion routine is queued for its thread.
    RoutineQueued {
        /// The thread.
        thread: ThreadId,
        /// Of which operation.
        apc: Apc,
    },
    /// A completion routine runs.
    RoutineRan {
        /// The thread.
        thread: ThreadId,
        /// Of which operation.
        apc: Apc,
    },
    /// A packet was queued at a completion port.
    PacketQueued {
        /// The port.
        port: PortId,
        /// The packet.
        packet: Packet,
    },
    /// A thread ended.
    ThreadEnded {
        /// The thread.
        thread: ThreadId,
    },
    /// A call without enough room stored how much it needs.
    SizeStored {
        /// On which thread.
        thread: ThreadId,
        /// How much, in the call's unit.
        size: u32,
    },
    /// An installed catalog changed.
    CatalogChanged {
        /// For processes of which width.
        width: Width,
        /// How many entries it has now.
        entries: u32,
    },
    /// Virtual time moved.
    Time(Ticks),
    /// A fault made an upcall fail, the one told next.
    InjectedUpcall {
        /// The upcall.
        upcall: Upcall,
        /// With what.
        error: WsaError,
    },
    /// A faulty provider has done something wrong.
    Faulty {
        /// The provider.
        by: ShapeId,
        /// What.
        fault: ShapeFault,
    },
    /// A fault made a call fail.
    Injected {
        /// The entry.
        function: SpiFunction,
        /// With what.
        error: WsaError,
    },
}

/// A call into a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entering {
    /// The thread.
    pub thread: ThreadId,
    /// How many frames are above.
    pub depth: u32,
    /// Who calls; `None` is ws2_32.
    pub caller: Option<ShapeId>,
    /// Who is called.
    pub callee: ShapeId,
    /// With what.
    pub call: SpiCall,
}

/// An answer of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// The thread.
    pub thread: ThreadId,
    /// How many frames are above.
    pub depth: u32,
    /// Who answers.
    pub callee: ShapeId,
    /// The entry.
    pub function: SpiFunction,
    /// What.
    pub result: SpiResult,
}

/// An upcall and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpcallDone {
    /// The thread.
    pub thread: ThreadId,
    /// How many frames are above the provider that asks.
    pub depth: u32,
    /// Who asks.
    pub by: ShapeId,
    /// What.
    pub call: UpcallCall,
    /// What it gets.
    pub result: Result<UpcallReturn, WsaError>,
}

impl From<Change> for Event {
    fn from(change: Change) -> Self {
        Self::Socket(change)
    }
}
