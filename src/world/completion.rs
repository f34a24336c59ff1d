//! Overlapped operations that have ended, on their way to the client: from the base through every layer with handles
//! of its own, each of which announces to whoever called it (L4, O9), up to event, completion port or routine.

use super::World;
use super::afd::{Completion, Whose, transferred};
use super::apc::Apc;
use super::catalog::ShapeId;
use super::event::{Event, UpcallDone};
use super::frame::Until;
use super::handles::Object;
use super::ids::{Handle, Incarnation, ThreadId};
use super::log::Log;
use super::policy::PolicyId;
use super::process::Thread;
use crate::abi::client::Packet;
use crate::abi::consts::MAX_PROTOCOL_CHAIN;
use crate::abi::upcall::{UpcallCall, UpcallReturn};
use crate::abi::{Overlapped, Routine, SpiReturn, WsaError};
use crate::provider::layer::payload::restore;
use crate::provider::{HandleKind, ShapeFault};
use crate::rules::RuleId;

impl World {
    /// Announces what has ended.
    #[inline]
    pub(super) fn deliver_completions(&mut self, log: &mut Log) {
        while self.afd.completions_pending() {
            let mut ended = self.afd.take_completions();
            for completion in &mut ended {
                self.deliver_completion(completion, log);
            }
            ended.clear();
            self.afd.reuse_completions(ended);
        }
        if self.checks.is_some() {
            self.watch_settled(log);
        }
    }

    fn deliver_completion(&mut self, completion: &mut Completion, log: &mut Log) {
        let process = completion.issuer.thread.process;
        let mut told = !completion.silent;
        for _ in 0..=MAX_PROTOCOL_CHAIN {
            if self.checks.is_some() {
                self.watch_ended(completion, told);
            }
            let by = completion.issuer.by;
            let faulty = !self.machine.shape(by).faults.is_empty();
            let silent = faulty && self.is_faulty(by, ShapeFault::CompleteNever, log);
            told = told && !silent && self.announces(completion, log);
            let twice = faulty && told && self.is_faulty(by, ShapeFault::CompleteTwice, log);
            let twice = twice && self.announces(completion, log);
            let Some(state) = self.processes.get_mut(process.0 as usize) else { return };
            let overlapped = &completion.overlapped;
            let Some(layer) = overlapped.layer else {
                if told {
                    self.announce(completion, log);
                }
                if twice {
                    self.announce(completion, log);
                }
                let state = &mut self.processes[process.0 as usize];
                let result = std::mem::replace(&mut completion.result, Ok(SpiReturn::Done));
                return state.overlapped.finish(&completion.overlapped, result);
            };
            state.overlapped.release(overlapped);
            let Some(instance) = state.instances.get_mut(layer) else { return };
            let shape = instance.shape;
            let Some(layer) = instance.state.layer_mut() else { return };
            let below = overlapped.id;
            let Some((upper, above)) = layer.completed(below, &mut completion.result) else { return };
            let drained = layer.drained(upper);
            log.rule(RuleId::L4);
            completion.before_close = false;
            if let Some(payload) = self.machine.shape(shape).behaviour.as_deref().and_then(|it| it.payload) {
                log.rule(RuleId::Layer4);
                restore(payload, &mut completion.result);
            }
            if !self.is_faulty(shape, ShapeFault::CompleteOnLowerHandle, log) {
                completion.issuer.via = upper;
            }
            completion.issuer.by = shape;
            completion.overlapped = above;
            if drained {
                // After the last abort has gone up: the handle has to live until then.
                let (via, by) = (upper, shape);
                completion.silent = !told;
                self.deliver_completion(completion, log);
                return self.close_drained(process, via, by, log);
            }
        }
    }

    /// Whether a provider has a fault that now makes a difference.
    fn is_faulty(&self, by: ShapeId, fault: ShapeFault, log: &mut Log) -> bool {
        let has = self.machine.shape(by).faults.contains(fault);
        if has {
            log.note(|| Event::Faulty { by, fault });
        }
        has
    }

    /// The upcall of a provider whose operation has ended; `false` when it failed and nobody is told. An IFS base needs
    /// one for routines only: the rest is the kernel's.
    fn announces(&mut self, completion: &Completion, log: &mut Log) -> bool {
        if self.checks.is_some() {
            self.watch_announced(completion, log);
        }
        let by = completion.issuer.by;
        let overlapped = &completion.overlapped;
        let (thread, transferred) = (completion.issuer.thread, transferred(&completion.result));
        if overlapped.routine.is_some() {
            log.rule(RuleId::O7);
            log.rule(RuleId::O13);
            let queued = self.queued_for(completion, log);
            let alive = self.thread(queued).is_some_and(|thread| !thread.ended);
            let valid = if alive { Ok(()) } else { Err(WsaError::Fault) };
            return self.upcall_outside(completion, UpcallCall::QueueApc { thread: queued.index }, valid, log);
        }
        if self.machine.shape(by).handles == HandleKind::Ifs {
            return true;
        }
        log.rule(RuleId::O9);
        let s = completion.issuer.via;
        let error = completion.result.as_ref().err().copied();
        let handles = &self.processes[thread.process.0 as usize].handles;
        let own = completion.before_close
            || handles.get(s).is_some_and(|entry| entry.object == Object::NonIfs && entry.binding.is_some());
        let valid = if own { Ok(()) } else { Err(WsaError::Inval) };
        let call = UpcallCall::CompleteOverlappedRequest { s, overlapped: overlapped.id, error, transferred };
        self.upcall_outside(completion, call, valid, log)
    }

    /// The thread for which a completion routine is queued: the one that started the operation (O7).
    fn queued_for(&self, completion: &Completion, log: &mut Log) -> ThreadId {
        let started = completion.issuer.thread;
        let first = ThreadId { index: 0, ..started };
        let wrong = first != started && self.is_faulty(completion.issuer.by, ShapeFault::QueueToFirstThread, log);
        if wrong { first } else { started }
    }

    /// An upcall that a provider makes when no call of a client's is in progress.
    fn upcall_outside(
        &mut self,
        completion: &Completion,
        call: UpcallCall,
        valid: Result<(), WsaError>,
        log: &mut Log,
    ) -> bool {
        let result = self.faults.on_upcall(call.function()).map_or(valid, Err);
        if self.checks.is_some() {
            self.watch_announcing(completion, &call, valid.is_ok(), log);
        }
        let (thread, by) = (completion.issuer.thread, completion.issuer.by);
        log.note(|| {
            let result = result.map(|()| UpcallReturn::Done);
            Event::Upcall(Box::new(UpcallDone { thread, depth: 1, by, call, result }))
        });
        result.is_ok()
    }

    /// The client hears of its operation: by routine, by event, by completion port.
    pub(in crate::world) fn announce(&mut self, completion: &Completion, log: &mut Log) {
        let Completion { overlapped, issuer, result, .. } = completion;
        let (error, transferred) = (result.as_ref().err().copied(), transferred(result));
        if let Some(routine) = overlapped.routine {
            let thread = self.queued_for(completion, log);
            if self.checks.is_some() {
                self.watch_client_told(completion, thread);
            }
            let apc = Apc { overlapped: overlapped.id, error, transferred, routine };
            if routine == Routine::Returns && self.is_faulty(issuer.by, ShapeFault::RoutineInsideCall, log) {
                log.note(|| Event::RoutineRan { thread, apc });
                return;
            }
            let wait = self.thread(thread).and_then(Thread::wait);
            if matches!(wait.map(|wait| &wait.until), Some(Until::Socket(..))) {
                log.policy(PolicyId::blocking_alertable);
            }
            if let Some(state) = self.thread_mut(thread) {
                state.apcs.push_back(apc);
                log.note(|| Event::RoutineQueued { thread, apc });
            }
            return;
        }
        let event = self.processes[issuer.thread.process.0 as usize].handles.event(overlapped.event);
        if let Some(event) = event {
            log.rule(RuleId::O3);
            self.events.set(event, true);
            log.note(|| Event::EventSet { event, signalled: true });
        }
        if let Some((port, key)) = completion.port {
            let packet = Packet { key, overlapped: Some(overlapped.id), transferred, error };
            self.ports.post(port, packet);
            log.note(|| Event::PacketQueued { port, packet });
        }
    }

    /// A layer gives its handle back that had been closed with operations pending (S57).
    fn close_drained(&mut self, process: Incarnation, upper: Handle, by: ShapeId, log: &mut Log) {
        let state = &mut self.processes[process.0 as usize];
        let own = state.handles.get(upper).is_some_and(|entry| entry.object == Object::NonIfs);
        let result = if own { Ok(UpcallReturn::Done) } else { Err(WsaError::NotSock) };
        if own {
            state.handles.remove(upper);
        }
        log.rule(RuleId::R27);
        let thread = ThreadId { process, index: 0 };
        let call = UpcallCall::CloseSocketHandle { s: upper };
        log.note(|| Event::Upcall(Box::new(UpcallDone { thread, depth: 1, by, call, result })));
    }

    /// Nobody is left to hear of a process's operations.
    pub(super) fn forget_operations(&mut self, process: Incarnation, log: &mut Log) {
        let (afd, mut cx) = self.afd_cx(log);
        afd.cancel_everywhere(&mut cx, Whose::Process(process), true);
        afd.forget_completions(process);
    }

    /// The client's name for an operation of a process, however many layers are in between.
    pub(super) fn client_overlapped(&self, process: Incarnation, overlapped: &Overlapped) -> Option<u32> {
        let instances = &self.process(process)?.instances;
        let mut at = overlapped;
        for _ in 0..=MAX_PROTOCOL_CHAIN {
            let Some(layer) = at.layer else { return Some(at.id) };
            at = instances.get(layer)?.state.layer()?.above(at.id)?;
        }
        None
    }
}
