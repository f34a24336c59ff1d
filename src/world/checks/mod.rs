//! The contract checker: watches every crossing between ws2_32, layers and base, every upcall and every completion, and
//! says whose duty was broken.
//!
//! It decides nothing: the world goes on as if nobody had looked, and a breach is an event. What the checker has to
//! remember is part of the world, and there only while [`Contracts`] is not `Off`; with `Off` nothing is built and
//! nothing compared. It knows providers from outside alone, by their calls, answers, upcalls and by the number of
//! contexts they hold, so it holds a user's own provider to the same duties as the built-in ones.
//!
//! Where a policy of the machine lets a provider do otherwise, it may: a policy says what the model's author means.
//!
//! The duties are the rules [`Duty`](crate::rules) of the rule table. One file for each group:
//!
//! | file | watches |
//! |---|---|
//! | `info` | protocol info on its way down and up |
//! | `handle` | descriptors: registered, passed on, closed |
//! | `open` | what is left after a failed open, or after a close |
//! | `life` | starting and cleaning up |
//! | `answer` | answers without error, output or sense |
//! | `operation` | overlapped operations and their ends |
//! | `notify` | registrations, and the messages they lead to |
//! | `base` | what bases alone can get wrong |
//! | `handover` | blocks: opened once, by their target, in time |
//!
//! `crossing` is what is remembered of a call in progress, [`breach`] what is said in the end.

mod answer;
mod base;
pub mod breach;
mod crossing;
mod handle;
mod handover;
mod info;
mod life;
mod notify;
mod open;
mod operation;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use breach::{Breach, Fact, Level};

use super::World;
use super::catalog::ShapeId;
use super::frame::Token;
use super::ids::{Handle, Incarnation, InstanceId, ThreadId};
use super::log::Log;
use super::overlapped::OverlappedKey;
use crate::abi::{SpiCall, SpiFunction, SpiResult, SpiReturn};
use crate::provider::InFlight;
use breach::Findings;
use crossing::{Below, Crossing, Scene, gives_descriptor};
use handle::Lower;
use handover::Made;
use operation::Begun;

/// What becomes of a duty that is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contracts {
    /// Nobody looks.
    #[default]
    Off,
    /// It is told.
    Warn,
    /// It is told, and a scenario that does not expect it fails.
    Fail,
}

/// What the checker remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Checker {
    /// The calls into providers that are in progress on each thread, the innermost last.
    stacks: BTreeMap<ThreadId, Vec<Crossing>>,
    /// Handles that a provider gave to another one: by process, by who gave it.
    lower: BTreeMap<(Incarnation, InstanceId, Handle), Lower>,
    /// Handles made by WPUCreateSocketHandle and not given back, with who made them.
    made: BTreeMap<(Incarnation, Handle), InstanceId>,
    /// How often a provider has started another one, and not cleaned it up with success: by process, who, whom.
    started: BTreeMap<(Incarnation, InstanceId, InstanceId), u32>,
    /// How many WSPStartups of each provider have succeeded and want their WSPCleanup.
    served: BTreeMap<(Incarnation, InstanceId), u32>,
    /// Words in blocks that layers put in place of the word from below.
    words: BTreeMap<(ShapeId, u32), u32>,
    /// The blocks that bases have made, by their word.
    blocks: BTreeMap<u32, Made>,
    /// Overlapped operations that have begun and not ended.
    operations: BTreeMap<(Incarnation, OverlappedKey), Begun>,
    /// Operations whose last operation below has ended in this step: they should end with it.
    due: Vec<(Incarnation, OverlappedKey)>,
    /// By layer and handle of a process: the catalog id its socket was opened with.
    chains: BTreeMap<(Incarnation, InstanceId, Handle), u32>,
    /// The handles that the clients of each process know.
    known: BTreeSet<(Incarnation, Handle)>,
    /// Completion routines that have come due in this step: which thread, which structure, who owes it.
    routines: Vec<(ThreadId, u32, ShapeId)>,
    /// Whether the upcall now being made fails because a fault says so.
    injected: bool,
}

impl World {
    /// Nobody looks at contracts from now on.
    pub fn stop_checks(&mut self) {
        self.checks = None;
    }

    /// A provider is about to be called.
    #[cold]
    pub(super) fn watch_entering(
        &mut self,
        thread: ThreadId,
        callee: InstanceId,
        runs: InstanceId,
        call: &SpiCall,
        log: &mut Log,
    ) {
        self.watch(thread, log, |checker, scene, found| checker.entering(scene, callee, runs, call, found));
    }

    /// A provider has answered; its frame is gone.
    #[cold]
    pub(super) fn watch_leaving(&mut self, thread: ThreadId, flight: &InFlight<'_>, log: &mut Log) {
        let Some(ended) = self.checks.as_mut().and_then(|checker| checker.pop(thread)) else { return };
        if !ended.stale {
            self.watch(thread, log, |checker, scene, found| checker.leaving(scene, &ended, &flight.result, found));
        }
    }

    fn watch(&mut self, thread: ThreadId, log: &mut Log, look: impl FnOnce(&mut Checker, Scene<'_>, &mut Findings)) {
        let Some(mut checker) = self.checks.take() else { return };
        let mut found = Findings::new();
        look(&mut checker, Scene { world: self, thread }, &mut found);
        checker.tell(Some(thread), found, log);
        self.checks = Some(checker);
    }

    /// A handle was closed behind the providers' backs, and whoever had something for it has forgotten it.
    #[cold]
    pub(super) fn forget_handle(&mut self, process: Incarnation, handle: Handle) {
        let Some(checker) = &mut self.checks else { return };
        let stacks = checker.stacks.iter_mut().filter(|(thread, _)| thread.process == process);
        for crossing in stacks.flat_map(|(_, stack)| stack) {
            crossing.disturbed = true;
            crossing.forgotten.push(handle);
        }
    }

    /// The providers of a thread's call have gone, and its frames with them.
    #[cold]
    pub(super) fn forget_calls(&mut self, thread: ThreadId) {
        let frames = self.thread(thread).map_or(&[][..], |thread| &thread.frames);
        let left = frames.iter().filter(|frame| matches!(frame.token, Token::Provider(..))).count();
        if let Some(stack) = self.checks.as_mut().and_then(|checker| checker.stacks.get_mut(&thread)) {
            stack.truncate(left);
        }
    }

    /// Winsock is over for a process, or the process is: what was known of it is of no use any more.
    #[cold]
    pub(super) fn forget_checks(&mut self, process: Incarnation, ended: bool) {
        let Some(checker) = &mut self.checks else { return };
        let here = |thread: &ThreadId| thread.process == process;
        if ended {
            checker.stacks.retain(|thread, _| !here(thread));
        }
        let stacks = checker.stacks.iter_mut().filter(|(thread, _)| here(thread));
        stacks.flat_map(|(_, stack)| stack).for_each(|crossing| crossing.stale = true);
        checker.lower.retain(|(owner, ..), _| *owner != process);
        checker.made.retain(|(owner, _), _| *owner != process);
        checker.started.retain(|(owner, ..), _| *owner != process);
        checker.operations.retain(|(owner, _), _| *owner != process);
        checker.served.retain(|(owner, _), _| *owner != process);
        checker.chains.retain(|(owner, ..), _| *owner != process);
        if ended {
            checker.known.retain(|(owner, _)| *owner != process);
        }
    }
}

impl Checker {
    fn entering(
        &mut self,
        scene: Scene<'_>,
        callee: InstanceId,
        runs: InstanceId,
        call: &SpiCall,
        found: &mut Findings,
    ) {
        let Some(instance) = scene.instance(runs) else { return };
        let caller = scene.caller();
        if caller.is_none()
            && let Some(s) = call.socket()
        {
            self.known.insert((scene.thread.process, s));
        }
        if let Some(caller) = caller {
            self.check_info_down(scene, callee, call, found);
            self.check_lower_handles(scene, caller, callee, call, found);
            self.check_life_below(scene, caller, callee, call, found);
            self.disturb_others(scene.thread, caller);
        }
        self.disturb(scene.thread, runs);
        let crossing = Crossing {
            caller,
            callee,
            runs,
            shape: instance.shape,
            call: call.clone(),
            contexts: instance.contexts(),
            duplications: scene.world.duplications.iter().count(),
            refused: false,
            disturbed: false,
            stale: false,
            over: false,
            below: Vec::new(),
            taken: Vec::new(),
            made: Vec::new(),
            closed: Vec::new(),
            lost: self.closing(scene.thread, runs),
            forgotten: Vec::new(),
        };
        self.stacks.entry(scene.thread).or_default().push(crossing);
    }

    fn leaving(&mut self, scene: Scene<'_>, ended: &Crossing, result: &SpiResult, found: &mut Findings) {
        self.disturb(scene.thread, ended.runs);
        // The stack of a breach ends with the call that has just ended.
        self.check_answer(ended, result, scene, found);
        match (ended.call.function(), result) {
            (SpiFunction::WspDuplicateSocket, Ok(SpiReturn::Info(block))) => {
                self.check_block_up(scene, ended, block, found);
                self.check_block(scene, ended, block, found);
                self.note_block(scene, ended, block);
            }
            (SpiFunction::WspDuplicateSocket, Err(_)) => self.check_failed_duplicate(scene, ended, found),
            (SpiFunction::WspEventSelect | SpiFunction::WspAsyncSelect, Ok(_)) => {
                self.check_registered(scene, ended, found);
            }
            (function, Ok(SpiReturn::Socket { socket, .. })) if gives_descriptor(function) => {
                self.check_descriptor(scene, ended, *socket, found);
                self.note_chain(scene, ended, *socket);
                self.check_opened(scene, ended, found);
            }
            (function, Err(_)) if gives_descriptor(function) => {
                self.check_failed_open(scene, ended, found);
                self.check_refused(scene, ended, result, found);
                self.check_spared(scene, ended, found);
                self.note_failed_open(scene, ended);
            }
            (SpiFunction::WspCloseSocket, Ok(_)) => self.check_closed(scene, ended, found),
            (SpiFunction::WspStartup, Err(_)) => self.check_spared(scene, ended, found),
            (SpiFunction::WspStartup, Ok(_)) => self.note_startup(scene, ended, result, found),
            (SpiFunction::WspCleanup, Ok(_)) => {
                self.note_cleanup(scene, ended);
                self.check_cleaned(scene, ended, found);
            }
            _ => {}
        }
        self.settle_lower(scene, ended, result);
        self.note_operation(scene, ended, result);
        self.note_known(scene, ended, result);
        found.iter_mut().for_each(|finding| finding.at = Some(ended.level()));
        if let Some(parent) = self.top_mut(scene.thread).filter(|_| ended.caller.is_some()) {
            let block = match result {
                Ok(SpiReturn::Info(info)) => Some(info.clone()),
                _ => None,
            };
            let (function, s) = (ended.call.function(), ended.call.socket());
            parent.below.push(Below { function, s, block, error: result.as_ref().err().copied() });
        }
    }

    /// Calls in progress in a provider instance cannot be sure any more that nobody else has changed its contexts.
    fn disturb(&mut self, by: ThreadId, instance: InstanceId) {
        let others = self.stacks.iter_mut().filter(|(thread, _)| thread.process == by.process);
        for (_, stack) in others {
            stack.iter_mut().filter(|crossing| crossing.runs == instance).for_each(|other| other.disturbed = true);
        }
    }

    /// A provider has run on one thread: as for calls in progress on the others.
    fn disturb_others(&mut self, by: ThreadId, instance: InstanceId) {
        self.others(by, instance).for_each(|crossing| crossing.disturbed = true);
    }

    /// The calls in progress in a provider instance on other threads than this one.
    fn others(&mut self, thread: ThreadId, instance: InstanceId) -> impl Iterator<Item = &mut Crossing> {
        let others =
            self.stacks.iter_mut().filter(move |(other, _)| other.process == thread.process && **other != thread);
        others.flat_map(|(_, stack)| stack).filter(move |crossing| crossing.runs == instance)
    }

    /// The innermost call in progress on a thread.
    fn top(&self, thread: ThreadId) -> Option<&Crossing> {
        self.stacks.get(&thread)?.last()
    }

    fn top_mut(&mut self, thread: ThreadId) -> Option<&mut Crossing> {
        self.stacks.get_mut(&thread)?.last_mut()
    }

    fn pop(&mut self, thread: ThreadId) -> Option<Crossing> {
        let stack = self.stacks.get_mut(&thread)?;
        let ended = stack.pop();
        if stack.is_empty() {
            self.stacks.remove(&thread);
        }
        ended
    }

    /// Tells what was found.
    fn tell(&self, thread: Option<ThreadId>, found: Findings, log: &mut Log) {
        for finding in found {
            let stack = thread.and_then(|thread| self.stacks.get(&thread)).into_iter().flatten();
            let stack: Vec<Level> = stack.map(Crossing::level).chain(finding.at).collect();
            let breach::Finding { rule, by, matters, expected, actual, .. } = finding;
            log.breach(Breach { rule, by, thread, stack: stack.into(), matters, expected, actual });
        }
    }
}
