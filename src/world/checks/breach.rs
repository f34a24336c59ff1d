//! What the checker says when somebody breaks a duty. Values only: turning them into words is the business of `trace`.

use crate::abi::{Info, SpiFunction, WsaError};
use crate::rules::RuleId;
use crate::world::catalog::ShapeId;
use crate::world::ids::{Handle, Incarnation, SocketId, ThreadId};

/// A duty that was broken: by whom, where, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The duty; its [`advice`](RuleId::advice) says what the author should do.
    pub rule: RuleId,
    /// Whose duty it was.
    pub by: ShapeId,
    /// The thread on which it was noticed; `None` when no call was in progress.
    pub thread: Option<ThreadId>,
    /// The calls in progress on that thread, the outermost first.
    pub stack: Box<[Level]>,
    /// The arguments that matter, by name.
    pub matters: Vec<(&'static str, Fact)>,
    /// What the duty demands.
    pub expected: Fact,
    /// What came instead.
    pub actual: Fact,
}

/// A call in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whose code runs.
    pub shape: ShapeId,
    /// The entry that was called.
    pub function: SpiFunction,
}

/// Something a breach speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// In words.
    Words(&'static str),
    /// A number.
    Number(u64),
    /// dwProviderReserved.
    Word(u32),
    /// A protocol info.
    Info(Info),
    /// A catalog id.
    Entry(u32),
    /// A handle of a process.
    Handle(Incarnation, Handle),
    /// A handle of a process, and what is the matter with it.
    HandleThat(Incarnation, Handle, &'static str),
    /// A handle of a process that is somebody's.
    HandleOf(Incarnation, Handle, ShapeId),
    /// A provider.
    Provider(ShapeId),
    /// An entry of a provider.
    Function(SpiFunction),
    /// An error.
    Error(WsaError),
    /// A version: low byte major.
    Version(u16),
    /// A thread.
    Thread(ThreadId),
    /// A process.
    Process(Incarnation),
    /// A shared socket.
    Socket(SocketId),
}

/// A breach before anybody has said where it happened.
pub(super) struct Finding {
    pub rule: RuleId,
    pub by: ShapeId,
    /// The call that has just ended, if one has: it is no longer in progress.
    pub at: Option<Level>,
    pub matters: Vec<(&'static str, Fact)>,
    pub expected: Fact,
    pub actual: Fact,
}

/// What a look at something has found.
pub(super) type Findings = Vec<Finding>;

/// Puts a finding down.
pub(super) fn find(
    found: &mut Findings,
    rule: RuleId,
    by: ShapeId,
    matters: Vec<(&'static str, Fact)>,
    expected: Fact,
    actual: Fact,
) {
    found.push(Finding { rule, by, at: None, matters, expected, actual });
}
