//! Overlapped operations: ended once (Duty25, Duty26), announced to the right thread at the right time on the right
//! handle (Duty27, Duty28, Duty29).

use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene};
use super::handle::Lower;
use super::{Checker, World};
use crate::abi::upcall::UpcallCall;
use crate::abi::{SpiResult, WsaError};
use crate::rules::RuleId;
use crate::world::afd::Completion;
use crate::world::catalog::ShapeId;
use crate::world::frame::Token;
use crate::world::ids::{Handle, Incarnation, InstanceId, ThreadId};
use crate::world::log::Log;
use crate::world::overlapped::{OverlappedKey, key_of};

/// An operation that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Begun {
    /// By which thread.
    thread: ThreadId,
    /// On which descriptor.
    s: Handle,
    /// Who answered for it.
    by: ShapeId,
    /// The operation for which a layer has begun it.
    parent: Option<OverlappedKey>,
    /// Whether it was reported as pending; else it was over at once.
    pending: bool,
    /// Whether the operation behind it has ended and its issuer knows.
    ended: bool,
}

impl Checker {
    /// A call has ended that may have begun an operation.
    pub(super) fn note_operation(&mut self, scene: Scene<'_>, ended: &Crossing, result: &SpiResult) {
        let Some(overlapped) = ended.call.overlapped() else { return };
        let pending = match result {
            _ if ended.over => return,
            Ok(_) => false,
            Err(WsaError::IoPending) => true,
            Err(_) => return,
        };
        let key = key_of(overlapped);
        let above = self.top(scene.thread).filter(|_| ended.caller.is_some());
        let parent = above.and_then(|above| above.call.overlapped()).map(key_of).filter(|parent| *parent != key);
        let s = ended.s();
        let begun = Begun { thread: scene.thread, s, by: ended.shape, parent, pending, ended: false };
        let process = scene.thread.process;
        match self.operations.get_mut(&(process, key)) {
            // A layer that passes its caller's structure on answers for the same operation.
            Some(known) if ended.below.iter().any(|below| below.s == Some(known.s)) => known.by = ended.shape,
            _ => {
                self.operations.insert((process, key), begun);
            }
        }
    }

    /// An operation is announced. Whether a call is in progress that has begun it: whoever runs between two frames of the
    /// call may end it.
    fn ends_within(&mut self, process: Incarnation, key: OverlappedKey) -> bool {
        let stacks = self.stacks.iter_mut().filter(|(thread, _)| thread.process == process);
        let calls = stacks.flat_map(|(_, stack)| stack);
        let begun = |call: &Crossing| call.call.overlapped().is_some_and(|overlapped| key_of(overlapped) == key);
        let mut found = false;
        for call in calls.filter(|call| !call.over && begun(call)) {
            (call.over, found) = (true, true);
        }
        found
    }

    /// Whether operations begun on a descriptor have not ended.
    pub(super) fn is_pending(&self, process: Incarnation, s: Handle) -> bool {
        self.operations.iter().any(|((owner, _), begun)| *owner == process && begun.s == s)
    }
}

impl World {
    /// An operation has ended. `told`: its issuer knows, and owes its caller a completion. Nobody is told of operations
    /// that Winsock's end has cancelled, or whose announcement has failed further down.
    #[cold]
    pub(in crate::world) fn watch_ended(&mut self, completion: &Completion, told: bool) {
        let Some(checker) = &mut self.checks else { return };
        let key = (completion.issuer.thread.process, key_of(&completion.overlapped));
        match checker.operations.get_mut(&key) {
            Some(begun) if told => begun.ended = true,
            _ => {
                checker.operations.remove(&key);
            }
        }
    }

    /// A provider announces the end of an operation to its caller.
    #[cold]
    pub(in crate::world) fn watch_announced(&mut self, completion: &Completion, log: &mut Log) {
        let Some(checker) = &mut self.checks else { return };
        let (thread, by) = (completion.issuer.thread, completion.issuer.by);
        let mut found = Findings::new();
        let key = key_of(&completion.overlapped);
        match checker.operations.remove(&(thread.process, key)) {
            Some(begun) => checker.due.extend(begun.parent.map(|parent| (thread.process, parent))),
            None if checker.ends_within(thread.process, key) => {}
            None => {
                let matters = vec![("s", Fact::Handle(thread.process, completion.issuer.via))];
                let actual = Fact::Words("a further one");
                find(&mut found, RuleId::Duty26, by, matters, Fact::Words("one completion"), actual);
            }
        }
        checker.tell(None, found, log);
    }

    /// A provider has told ws2_32 of an operation that has ended.
    #[cold]
    pub(in crate::world) fn watch_announcing(
        &mut self,
        completion: &Completion,
        call: &UpcallCall,
        valid: bool,
        log: &mut Log,
    ) {
        let Some(checker) = &self.checks else { return };
        let (thread, by) = (completion.issuer.thread, completion.issuer.by);
        let mut found = Findings::new();
        match call {
            UpcallCall::CompleteOverlappedRequest { s, .. }
                if self.is_from_below(checker, (thread.process, *s), by)
                    // The client may have closed the handle behind the provider's back.
                    || !valid && !checker.is_made(thread.process, *s) =>
            {
                let expected = Fact::Words("a handle this provider made in this process");
                let actual = Fact::HandleThat(thread.process, *s, "none of its own");
                find(&mut found, RuleId::Duty29, by, Vec::new(), expected, actual);
            }
            UpcallCall::QueueApc { thread: queued } if *queued != thread.index => {
                let actual = ThreadId { index: *queued, ..thread };
                find(&mut found, RuleId::Duty28, by, Vec::new(), Fact::Thread(thread), Fact::Thread(actual));
            }
            _ => {}
        }
        checker.tell(None, found, log);
    }

    /// Whether a handle is one that a provider got from below, and none that it has made itself.
    fn is_from_below(&self, checker: &Checker, (process, s): (Incarnation, Handle), by: ShapeId) -> bool {
        let of = |instance: &InstanceId| {
            self.process(process).and_then(|process| process.instances.get(*instance)).is_some_and(|it| it.shape == by)
        };
        let taken = |((owner, _, handle), lower): (&(Incarnation, InstanceId, Handle), &Lower)| {
            (*owner, *handle) == (process, s) && !lower.closed && of(&lower.taker)
        };
        checker.lower.iter().any(taken) && !checker.made.get(&(process, s)).is_some_and(of)
    }

    /// The client hears of the end of an operation by a routine, which must be queued now.
    #[cold]
    pub(in crate::world) fn watch_client_told(&mut self, completion: &Completion, thread: ThreadId) {
        let alive = self.thread(thread).is_some_and(|thread| !thread.ended);
        if let Some(checker) = self.checks.as_mut().filter(|_| alive) {
            checker.routines.push((thread, completion.overlapped.id, completion.issuer.by));
        }
    }

    /// Routines that came due and are in no thread's queue: they ran at once, or never will.
    fn watch_routines(&mut self, found: &mut Findings) {
        let Some(checker) = &mut self.checks else { return };
        for (thread, id, by) in std::mem::take(&mut checker.routines) {
            let threads = self.processes.get(thread.process.0 as usize).map(|process| &process.threads);
            let queued = threads.and_then(|threads| threads.get(thread.index as usize));
            if queued.is_some_and(|thread| !thread.apcs.iter().any(|apc| apc.overlapped == id)) {
                let matters = vec![("lpOverlapped", Fact::Number(id.into())), ("thread", Fact::Thread(thread))];
                let (expected, actual) = (Fact::Words("a queued routine"), Fact::Words("none in the thread's queue"));
                find(found, RuleId::Duty27, by, matters, expected, actual);
            }
        }
    }

    /// A completion routine runs.
    #[cold]
    pub(in crate::world) fn watch_routine(&mut self, thread: ThreadId, log: &mut Log) {
        let Some(checker) = &self.checks else { return };
        let scene = Scene { world: self, thread };
        let frames = &scene.process().threads[thread.index as usize].frames;
        let Some(frame) = frames.last().filter(|frame| frame.wait.is_none()) else { return };
        let Token::Provider(instance, _) = frame.token else { return };
        let mut found = Findings::new();
        if let Some(by) = scene.shape(instance) {
            let (expected, actual) = (Fact::Words("an alertable wait"), Fact::Words("the call itself"));
            find(&mut found, RuleId::Duty27, by, Vec::new(), expected, actual);
        }
        checker.tell(Some(thread), found, log);
    }

    /// Everything that has ended was announced: what a layer began for its caller must have ended with it.
    #[cold]
    pub(in crate::world) fn watch_settled(&mut self, log: &mut Log) {
        let mut found = Vec::new();
        self.watch_routines(&mut found);
        let Some(checker) = &mut self.checks else { return };
        for (process, key) in std::mem::take(&mut checker.due) {
            let others =
                checker.operations.iter().any(|((owner, _), begun)| *owner == process && begun.parent == Some(key));
            if others {
                continue;
            }
            if let Some(begun) = checker.operations.remove(&(process, key)).filter(|begun| begun.pending) {
                let matters = vec![("s", Fact::Handle(process, begun.s))];
                let actual = Fact::Words("none, though the operation below has ended");
                find(&mut found, RuleId::Duty25, begun.by, matters, Fact::Words("a completion"), actual);
            }
        }
        for ((process, _), begun) in &checker.operations {
            if begun.ended && begun.pending {
                let matters = vec![("s", Fact::Handle(*process, begun.s))];
                let actual = Fact::Words("none, though the operation has ended");
                find(&mut found, RuleId::Duty25, begun.by, matters, Fact::Words("a completion"), actual);
            }
        }
        checker.operations.retain(|_, begun| begun.pending && !begun.ended);
        checker.tell(None, found, log);
    }
}
