//! How a call runs: the loop that moves between the frames of a thread until the call returns or parks.

use std::ops::{ControlFlow, RangeInclusive};

use super::World;
use super::border::Reach;
use super::crossing::{implementer, is_plain};
use super::event::{Entering, Event, Leaving};
use super::frame::{Frame, Token, Wait, Woken};
use super::ids::{Incarnation, InstanceId, SocketId, ThreadId};
use super::log::Log;
use super::op::Outcome;
use super::policy::{BlockedCallAtClose, PolicyId};
use super::process::Process;
use super::ws2_32::Ws2Token;
use crate::abi::client::{ApiCall, Call, CallResult, Value};
use crate::abi::{SpiCall, SpiFunction, SpiResult, WsaError};
use crate::provider::context::Cancel;
use crate::provider::{Callee, InFlight, Instance, Resumed};
use crate::rules::RuleId;

/// Most frames of a thread. A chain has seven members and a callback may call again, so only a provider that calls
/// itself without end comes this far.
pub(super) const FRAMES_MAX: usize = 256;

/// What the topmost frame of a thread wants next. How it goes on afterwards stands in the frame already.
pub(super) enum Next {
    /// The client call is over. Boxed, so that this type fits into two registers on its way.
    Finish(Box<CallResult>),
    /// The client call is over with a provider's answer, as it stands in flight.
    FinishSpi,
    /// A provider has answered; its frame goes away.
    Answer,
    /// A provider has answered the call it was entered with, before it needed a frame.
    AnswerAtOnce(InstanceId, SpiFunction),
    /// A provider is to be called with the call in flight.
    Call(Callee),
    /// The topmost frame waits.
    Park(Box<Wait>),
}

/// What a call of the OS comes to: it is over at once, as most are, or it goes on.
pub(super) type Entered = ControlFlow<CallResult, Next>;

impl Next {
    /// The client call is over.
    pub(super) fn finish(result: CallResult) -> Self {
        Self::Finish(Box::new(result))
    }
}

impl World {
    /// Starts a client call on a thread that accepts one.
    #[inline(never)]
    pub(super) fn start_call(&mut self, thread: ThreadId, call: &mut Call, reach: Reach, log: &mut Log) -> Outcome {
        if reach == Reach::Whole
            && let Call::Spi(call) = call
            && let Some(outcome) = self.call_straight(thread, call, log)
        {
            return outcome;
        }
        log.note(|| Event::ClientCall { thread, call: Box::new(call.clone()) });
        match call {
            Call::Os(_) => Frame::push_os(self.frames(thread)),
            Call::Spi(_) | Call::Api(_) | Call::Catalog(_) => Frame::push_ws2_32(self.frames(thread)),
        }
        match call {
            Call::Spi(call) => {
                let next = self.enter_spi(thread, call, log);
                self.drive(thread, next, InFlight::new(call), reach, log)
            }
            Call::Api(api) => {
                let api = std::mem::replace(api, ApiCall::Cleanup);
                let mut call = SpiCall::Cleanup;
                let next = self.enter_api(thread, api, &mut call, log);
                self.drive(thread, next, InFlight::new(&mut call), reach, log)
            }
            Call::Catalog(call) => {
                let result = self.catalog_call(thread, call, log);
                self.finish(thread, result, log)
            }
            Call::Os(call) => match self.enter_os(thread, call, log) {
                Entered::Break(result) => self.finish(thread, result, log),
                Entered::Continue(next) => self.drive(thread, next, InFlight::new(&mut SpiCall::Cleanup), reach, log),
            },
        }
    }

    /// Lets a parked thread go on.
    pub(super) fn resume_parked(&mut self, thread: ThreadId, woken: Woken, reach: Reach, log: &mut Log) -> Outcome {
        if woken == Woken::Alerted {
            return self.run_apcs(thread, reach, log);
        }
        self.go_on(thread, woken, reach, log)
    }

    /// A parked thread goes on with why.
    pub(super) fn go_on(&mut self, thread: ThreadId, woken: Woken, reach: Reach, log: &mut Log) -> Outcome {
        log.note(|| Event::Resumed { thread });
        let Some(frame) = self.frames(thread).last_mut() else { return Outcome::Done };
        let wait = frame.wait.take();
        let of_os = matches!(frame.token, Token::Os);
        self.waits -= u32::from(wait.is_some());
        let mut call = SpiCall::Cleanup;
        let mut flight = InFlight::new(&mut call);
        let next = match of_os {
            true => self.resume_os(thread, wait, woken),
            false => self.resume_top(thread, Resumed::Woken(woken), &mut flight, log),
        };
        self.drive(thread, next, flight, reach, log)
    }

    pub(super) fn drive(
        &mut self,
        thread: ThreadId,
        mut next: Next,
        mut flight: InFlight<'_>,
        reach: Reach,
        log: &mut Log,
    ) -> Outcome {
        if reach == Reach::Border {
            return self.drive_to_border(thread, next, flight, log);
        }
        let watched = log.is_on() || self.checks.is_some();
        loop {
            next = match next {
                Next::Call(called @ Callee::Instance(_)) if !watched && is_plain(flight.call, self.frames(thread)) => {
                    self.cross_providers(thread, called, &mut flight, log)
                }
                Next::Call(callee) => self.call_provider(thread, callee, &mut flight, log),
                Next::Answer => {
                    self.watch_answer(thread, &flight, log);
                    self.answer(thread, &mut flight, log)
                }
                Next::AnswerAtOnce(from, function) => {
                    self.watch_answer(thread, &flight, log);
                    self.answered(thread, from, Some(function), &mut flight, log)
                }
                Next::FinishSpi => return self.finish(thread, flight.result.map(Value::Spi), log),
                Next::Finish(result) => return self.finish(thread, *result, log),
                Next::Park(wait) => return self.park(thread, wait, log),
            };
        }
    }

    /// Ends a client call. The answer is written once, to where it leaves from.
    #[inline(always)]
    pub(super) fn finish(&mut self, thread: ThreadId, result: CallResult, log: &mut Log) -> Outcome {
        let outcome = Outcome::Returned(result);
        self.over(thread, &outcome, log);
        outcome
    }

    /// A client call is over: its frame goes, if it has one, an error becomes the thread's last error (G1).
    fn over(&mut self, thread: ThreadId, outcome: &Outcome, log: &mut Log) {
        let Outcome::Returned(result) = outcome else { return };
        if let Some(state) = self.thread_mut(thread) {
            Frame::pop(&mut state.frames);
            if let Err(error) = result {
                state.last_error = Some(*error);
            }
        }
        log.note(|| Event::ClientReturn { thread, result: Box::new(result.clone()) });
    }

    pub(super) fn park(&mut self, thread: ThreadId, mut wait: Box<Wait>, log: &mut Log) -> Outcome {
        self.begin_watch(thread.process, &mut wait.until);
        self.take_turn(thread);
        log.note(|| Event::Parked { thread, until: wait.until.clone(), deadline: wait.deadline });
        if let Some(frame) = self.frames(thread).last_mut() {
            frame.wait = Some(wait);
            self.waits += 1;
        }
        Outcome::Parked
    }

    pub(super) fn call_provider(
        &mut self,
        thread: ThreadId,
        callee: Callee,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        if self.frames(thread).len() >= FRAMES_MAX {
            log.rule(RuleId::Chain6);
            return self.resume_top(thread, Resumed::NotLoaded, flight, log);
        }
        let Some(instance) = self.load(thread.process, callee) else {
            return self.resume_top(thread, Resumed::NotLoaded, flight, log);
        };
        let function = flight.call.function();
        let hooked = instance;
        let instances = &self.processes[thread.process.0 as usize].instances;
        let instance = implementer(&self.machine, instances, hooked, function);
        if instance != hooked {
            log.rule(RuleId::L1);
            if function == SpiFunction::WspDuplicateSocket {
                log.rule(RuleId::Dup11);
            }
        }
        if self.checks.is_some() {
            self.watch_entering(thread, hooked, instance, flight.call, log);
        }
        if log.is_on() {
            self.note_entering(thread, instance, flight.call, log);
        }
        self.with_instance(thread, instance, Some(function), flight, log, Instance::call)
    }

    /// A provider has answered, and nobody has come in between.
    #[inline]
    pub(super) fn watch_answer(&mut self, thread: ThreadId, flight: &InFlight<'_>, log: &mut Log) {
        if self.checks.is_some() {
            self.watch_leaving(thread, flight, log);
        }
    }

    /// A provider has answered: its frame goes, the one below goes on.
    pub(super) fn answer(&mut self, thread: ThreadId, flight: &mut InFlight<'_>, log: &mut Log) -> Next {
        let frames = self.frames(thread);
        let Some(&Frame { token: Token::Provider(from, _), function, .. }) = frames.last() else {
            return Next::finish(Err(WsaError::SysCallFailure));
        };
        Frame::pop(frames);
        self.answered(thread, from, function, flight, log)
    }

    /// A provider's answer stands in flight: who called it goes on.
    pub(super) fn answered(
        &mut self,
        thread: ThreadId,
        from: InstanceId,
        function: Option<SpiFunction>,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        if log.is_on() {
            self.note_leaving(thread, from, function, &flight.result, log);
        }
        self.resume_top(thread, Resumed::Result { from }, flight, log)
    }

    fn resume_top(&mut self, thread: ThreadId, resumed: Resumed, flight: &mut InFlight<'_>, log: &mut Log) -> Next {
        let Some(frame) = self.frames(thread).last_mut() else {
            return Next::finish(Err(WsaError::SysCallFailure));
        };
        if let Resumed::Woken(Woken::Cancelled(error) | Woken::Lost(error)) = resumed {
            flight.result = Err(error);
        }
        match &mut frame.token {
            // The common way; the token stays where it is.
            Token::Ws2(Ws2Token::Calling(after)) if matches!(resumed, Resumed::Result { .. }) => {
                let after = *after;
                self.called(thread, after, flight, log)
            }
            Token::Ws2(token) => {
                let token = std::mem::replace(token, Ws2Token::Entered);
                self.resume_ws2(thread, token, resumed, flight, log)
            }
            // A layer that only passes an answer on need not be entered for it.
            Token::Provider(_, kept) if kept.passes() && matches!(resumed, Resumed::Result { .. }) => Next::Answer,
            Token::Provider(instance, _) => {
                let instance = *instance;
                self.with_instance(thread, instance, None, flight, log, |instance, cx, kept, flight| {
                    instance.resume(cx, kept, resumed, flight)
                })
            }
            Token::Os | Token::Routine => Next::finish(Err(WsaError::SysCallFailure)),
        }
    }

    /// ws2_32, in the topmost frame, calls a provider and will go on like this.
    pub(super) fn call_from_ws2(&mut self, thread: ThreadId, callee: Callee, token: Ws2Token) -> Next {
        if let Some(Frame { token: Token::Ws2(remembered), .. }) = self.frames(thread).last_mut() {
            *remembered = token;
        }
        Next::Call(callee)
    }

    /// ws2_32, in the topmost frame, waits and will go on like this.
    pub(super) fn park_in_ws2(&mut self, thread: ThreadId, wait: Wait, token: Ws2Token) -> Next {
        if let Some(Frame { token: Token::Ws2(remembered), .. }) = self.frames(thread).last_mut() {
            *remembered = token;
        }
        Next::Park(Box::new(wait))
    }

    /// Whom a provider has called in the innermost blocked call of a thread; itself if it is the one that waits.
    pub(super) fn blocking(&self, thread: ThreadId, provider: InstanceId) -> Option<InstanceId> {
        let frames = &self.processes[thread.process.0 as usize].threads[thread.index as usize].frames;
        let providers = &frames[blocked_providers(frames)?];
        let own = |frame: &Frame| matches!(frame.token, Token::Provider(instance, _) if instance == provider);
        let at = providers.iter().position(own)?;
        match providers.get(at + 1).map_or(&providers[at].token, |called| &called.token) {
            &Token::Provider(instance, _) => Some(instance),
            _ => None,
        }
    }

    /// Whether the machine serves as many processes as it can (WSAEPROCLIM).
    pub(super) fn too_many_clients(&self) -> bool {
        let clients = self.processes.iter().filter(|process| !process.client.started.is_empty()).count();
        clients >= self.machine.platform.limits.client_processes as usize
    }

    /// Ends blocked calls; they return when they run next.
    pub(super) fn cancel(&mut self, by: ThreadId, cancel: Cancel, log: &mut Log) {
        let policy = self.machine.policies().blocked_call_at_close;
        let error = match cancel {
            Cancel::Thread => WsaError::Intr,
            _ => blocked_error(policy),
        };
        let mut any = false;
        let waits = |process: &Process| process.threads.iter().any(|thread| thread.waits() > 0);
        for (at, process) in self.processes.iter_mut_of(waits) {
            let here = Incarnation(at as u32) == by.process;
            for (index, thread) in process.threads.iter_mut().enumerate() {
                let own = here && index as u32 == by.index;
                for wait in thread.frames.iter_mut().filter_map(|frame| frame.wait.as_deref_mut()) {
                    if concerns(cancel, here, own, wait) && wait.cancelled.is_none() {
                        wait.cancelled = Some(error);
                        any = true;
                    }
                }
            }
        }
        if any && cancel != Cancel::Thread {
            log.rule(RuleId::R15);
            log.rule(RuleId::Close3);
            log.policy(PolicyId::blocked_call_at_close);
        }
    }

    /// Ends the calls that wait for a shared socket which has gone.
    pub(super) fn end_lost_waits(&mut self, log: &mut Log) {
        let error = blocked_error(self.machine.policies().blocked_call_at_close);
        let afd = &self.afd;
        let lost = |wait: &Wait| !wait.lost && wait.until.socket().is_some_and(|socket| afd.is_lost(socket));
        let any = |process: &Process| {
            let mut waits = process.threads.iter().flat_map(|it| &it.frames).filter_map(|frame| frame.wait.as_deref());
            waits.any(lost)
        };
        let processes = self.processes.iter_mut_of(any);
        let frames = processes.flat_map(|(_, process)| &mut process.threads).flat_map(|thread| &mut thread.frames);
        for wait in frames.filter_map(|frame| frame.wait.as_deref_mut()).filter(|wait| lost(wait)) {
            wait.lost = true;
            if wait.cancelled.is_none() {
                wait.cancelled = Some(error);
                log.policy(PolicyId::blocked_call_at_close);
            }
            log.rule(RuleId::Close21);
        }
    }

    /// The instance to call: loads the code of an entry's provider if need be.
    pub(super) fn load(&mut self, process: Incarnation, callee: Callee) -> Option<InstanceId> {
        let entry = match callee {
            Callee::Instance(instance) => return Some(instance),
            Callee::Entry(entry) => entry,
        };
        let process = self.processes.get_mut(process.0 as usize)?;
        let catalog = process.client.catalog.as_deref().unwrap_or(&self.machine.catalog);
        let shape = catalog.entry(entry)?.shape?;
        if self.machine.shape(shape).width.is_some_and(|width| width != process.program.width) {
            return None;
        }
        if let Some(&(_, instance)) = process.loaded.iter().find(|&&(loaded, _)| loaded == shape) {
            return Some(instance);
        }
        let instance = process.instances.insert(Instance::load(shape, self.machine.shape(shape)));
        process.loaded.push((shape, instance));
        Some(instance)
    }

    pub(super) fn thread_mut(&mut self, thread: ThreadId) -> Option<&mut super::process::Thread> {
        self.processes.get_mut(thread.process.0 as usize)?.threads.get_mut(thread.index as usize)
    }

    /// The frames of a thread that is known to exist.
    pub(super) fn frames(&mut self, thread: ThreadId) -> &mut Vec<Frame> {
        &mut self.processes[thread.process.0 as usize].threads[thread.index as usize].frames
    }

    fn note_entering(&self, thread: ThreadId, callee: InstanceId, call: &SpiCall, log: &mut Log) {
        let process = &self.processes[thread.process.0 as usize];
        let frames = &process.threads[thread.index as usize].frames;
        let shape = |instance| process.instances.get(instance).map(|instance| instance.shape);
        let caller = match frames.last().map(|frame| &frame.token) {
            Some(&Token::Provider(instance, _)) => shape(instance),
            _ => None,
        };
        let Some(callee) = shape(callee) else { return };
        let depth = frames.len() as u32;
        log.note(|| Event::Enter(Box::new(Entering { thread, depth, caller, callee, call: call.clone() })));
    }

    fn note_leaving(
        &self,
        thread: ThreadId,
        from: InstanceId,
        function: Option<SpiFunction>,
        result: &SpiResult,
        log: &mut Log,
    ) {
        let process = &self.processes[thread.process.0 as usize];
        let (Some(callee), Some(function)) = (process.instances.get(from).map(|i| i.shape), function) else { return };
        let depth = process.threads[thread.index as usize].frames.len() as u32;
        log.note(|| Event::Leave(Box::new(Leaving { thread, depth, callee, function, result: result.clone() })));
    }
}

/// The frames of the providers in the innermost blocked call of a thread; none if ws2_32 itself waits.
pub(super) fn blocked_providers(frames: &[Frame]) -> Option<RangeInclusive<usize>> {
    let blocked = frames.iter().rposition(|frame| frame.wait.as_ref().is_some_and(|wait| wait.via.is_some()))?;
    let root = frames[..=blocked].iter().rposition(|frame| matches!(frame.token, Token::Ws2(_)))?;
    Some(root + 1..=blocked)
}

fn blocked_error(policy: BlockedCallAtClose) -> WsaError {
    match policy {
        BlockedCallAtClose::Wsaeintr => WsaError::Intr,
        BlockedCallAtClose::Wsaenotsock => WsaError::NotSock,
        BlockedCallAtClose::Wsaeconnaborted => WsaError::ConnAborted,
    }
}

/// Whether ending `cancel` ends this wait. `here`: of the same process; `own`: of the same thread.
fn concerns(cancel: Cancel, here: bool, own: bool, wait: &Wait) -> bool {
    match cancel {
        Cancel::Descriptor(handle) => here && !own && (wait.via == Some(handle) || wait.until.watches(handle)),
        Cancel::Socket(socket) => !own && waits_on(wait, socket),
        Cancel::Process => here && !own && wait.via.is_some(),
        Cancel::Thread => own && wait.via.is_some(),
    }
}

fn waits_on(wait: &Wait, socket: SocketId) -> bool {
    wait.until.socket() == Some(socket) || wait.until.watches_socket(socket)
}
