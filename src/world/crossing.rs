//! How a call crosses from provider to provider.
//!
//! Providers of one process run in the same surroundings: these are put together once, and the call goes down and up
//! through them until ws2_32 has it again, somebody waits, or something is to be done about which the world as a whole
//! has to know. With a log or a checker every crossing is one step of `drive` instead. Both ways leave the same world
//! (tests/property_ops.rs, fuzz target `ops`).

use super::World;
use super::catalog::ShapeId;
use super::drive::{FRAMES_MAX, Next};
use super::frame::{Frame, Token};
use super::ids::{InstanceId, ThreadId};
use super::log::Log;
use super::machine::Machine;
use super::process::Process;
use super::table::Table;
use crate::abi::{SpiCall, SpiFunction, WsaError};
use crate::provider::context::Cancel;
use crate::provider::{Callee, Context, InFlight, Instance, Move, ProviderToken, Resumed};

/// A thread with what the providers of its process run in.
struct Inside<'a> {
    cx: Context<'a>,
    instances: &'a mut Table<InstanceId, Instance>,
    frames: &'a mut Vec<Frame>,
}

impl World {
    /// Goes from provider to provider as far as nobody else is needed.
    pub(super) fn cross_providers(
        &mut self,
        thread: ThreadId,
        callee: Callee,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        let mut cancelled = Vec::new();
        let next = match self.inside(thread, &mut cancelled, log) {
            Some(mut inside) => inside.run(callee, flight),
            None => Next::finish(Err(WsaError::SysCallFailure)),
        };
        self.cancel_all(thread, cancelled, log);
        next
    }

    /// Runs one step of a provider in its surroundings. `entered` is the entry of a call that has just come in: it gets
    /// a frame when this step does not end it, for most calls of a base are over at once.
    pub(super) fn with_instance(
        &mut self,
        thread: ThreadId,
        id: InstanceId,
        entered: Option<SpiFunction>,
        flight: &mut InFlight<'_>,
        log: &mut Log,
        run: impl FnOnce(&mut Instance, &mut Context<'_>, &mut ProviderToken, &mut InFlight<'_>) -> Move,
    ) -> Next {
        let too_many_clients = entered == Some(SpiFunction::WspStartup) && self.too_many_clients();
        let cancels = entered == Some(SpiFunction::WspCancelBlockingCall);
        let blocking = if cancels { self.blocking(thread, id) } else { None };
        let mut cancelled = Vec::new();
        let Some(Inside { mut cx, instances, frames }) = self.inside(thread, &mut cancelled, log) else {
            return Next::finish(Err(WsaError::SysCallFailure));
        };
        (cx.too_many_clients, cx.blocking) = (too_many_clients, blocking);
        let Some(instance) = instances.get_mut(id) else {
            // Unloaded by the last WSACleanup while a call was blocked in it.
            return entered.map_or(Next::Answer, |function| Next::AnswerAtOnce(id, function));
        };
        let mut fresh = ProviderToken::Entered;
        let depth = depth(frames) + u32::from(entered.is_some());
        let (kept, function) = match (entered, frames.last_mut()) {
            (Some(_), _) => (&mut fresh, entered),
            (None, Some(Frame { token: Token::Provider(_, kept), function, .. })) => (kept, *function),
            (None, _) => return Next::finish(Err(WsaError::SysCallFailure)),
        };
        enter(&mut cx, id, instance, function, depth);
        let moved = run(instance, &mut cx, kept, flight);
        if let (Some(function), false) = (entered, matches!(moved, Move::Up)) {
            Frame::push_provider(frames, id, function, fresh);
        }
        self.cancel_all(thread, cancelled, log);
        after(moved, entered.map_or(Next::Answer, |function| Next::AnswerAtOnce(id, function)))
    }

    fn cancel_all(&mut self, thread: ThreadId, cancelled: Vec<Cancel>, log: &mut Log) {
        for cancel in cancelled {
            self.cancel(thread, cancel, log);
        }
    }

    /// Takes the world apart around a thread; `None` if there is no such process.
    #[inline(always)]
    fn inside<'a>(
        &'a mut self,
        thread: ThreadId,
        cancelled: &'a mut Vec<Cancel>,
        log: &'a mut Log,
    ) -> Option<Inside<'a>> {
        let machine = &*self.machine;
        let anyone_waits = self.waits > 0;
        let process = self.processes.get_mut(thread.process.0 as usize)?;
        let Process { handles, client, instances, threads, windows, loaded, overlapped, program, .. } = process;
        let state = &mut threads[thread.index as usize];
        let (in_callback, hook) = (anyone_waits && state.in_callback(), state.hook);
        let cx = Context {
            machine,
            now: self.now,
            thread,
            depth: 0,
            instance: InstanceId(0),
            shape_id: ShapeId(0),
            function: None,
            in_callback,
            started: !client.started.is_empty(),
            administrator: program.administrator,
            hook,
            handles,
            catalog: client.catalog.as_deref().unwrap_or(&machine.catalog),
            loaded,
            windows,
            program,
            sections: &mut self.sections,
            afd: &mut self.afd,
            duplications: &mut self.duplications,
            events: &mut self.events,
            overlapped,
            faults: &mut self.faults,
            blocking: None,
            too_many_clients: false,
            directory: &self.directory,
            needed: &mut state.needed,
            anyone_waits,
            cancelled,
            checks: self.checks.as_deref_mut(),
            log,
        };
        Some(Inside { cx, instances, frames: &mut state.frames })
    }
}

/// Below every provider there is ws2_32, if without a frame.
fn depth(frames: &[Frame]) -> u32 {
    frames.len().max(1) as u32
}

/// The surroundings are now those of this provider.
#[inline]
fn enter(cx: &mut Context<'_>, id: InstanceId, instance: &Instance, function: Option<SpiFunction>, depth: u32) {
    (cx.instance, cx.shape_id, cx.function, cx.depth) = (id, instance.shape, function, depth);
}

/// Where a provider's step leads; with `answer` when it has answered.
#[inline]
fn after(moved: Move, answer: Next) -> Next {
    match moved {
        Move::Up => answer,
        Move::Down(callee) => Next::Call(callee),
        Move::Wait(wait) => Next::Park(wait),
    }
}

/// Whether a call to a provider that is loaded needs nothing but this provider: nothing about other threads.
pub(super) fn is_plain(call: &SpiCall, frames: &[Frame]) -> bool {
    !matches!(call, SpiCall::Startup { .. } | SpiCall::CancelBlockingCall) && frames.len() < FRAMES_MAX
}

impl Inside<'_> {
    fn run(&mut self, callee: Callee, flight: &mut InFlight<'_>) -> Next {
        let mut next = Next::Call(callee);
        loop {
            next = match next {
                Next::Call(Callee::Instance(called)) if is_plain(flight.call, self.frames) => self.down(called, flight),
                Next::AnswerAtOnce(..) | Next::Answer => match self.up(&next, flight) {
                    Some(next) => next,
                    None => return next,
                },
                next => return next,
            };
            if !self.cx.cancelled.is_empty() {
                return next;
            }
        }
    }

    /// A provider is called.
    fn down(&mut self, called: InstanceId, flight: &mut InFlight<'_>) -> Next {
        let function = flight.call.function();
        let id = implementer(self.cx.machine, self.instances, called, function);
        let Some(instance) = self.instances.get_mut(id) else { return Next::AnswerAtOnce(id, function) };
        enter(&mut self.cx, id, instance, Some(function), depth(self.frames) + 1);
        let mut fresh = ProviderToken::Entered;
        let moved = instance.call(&mut self.cx, &mut fresh, flight);
        if !matches!(moved, Move::Up) {
            Frame::push_provider(self.frames, id, function, fresh);
        }
        after(moved, Next::AnswerAtOnce(id, function))
    }

    /// A provider has answered: the one that called it goes on. `None`: it was no provider, and nothing has happened.
    fn up(&mut self, answer: &Next, flight: &mut InFlight<'_>) -> Option<Next> {
        let (from, below) = match (answer, self.frames.split_last()) {
            (&Next::AnswerAtOnce(from, _), _) => (from, self.frames.len()),
            (_, Some((Frame { token: Token::Provider(from, _), .. }, below))) => (*from, below.len()),
            _ => return None,
        };
        let caller = below.checked_sub(1)?;
        if !matches!(self.frames[caller].token, Token::Provider(..)) {
            return None;
        }
        if below < self.frames.len() {
            Frame::pop(self.frames);
        }
        let depth = depth(self.frames);
        let Frame { token: Token::Provider(id, kept), function, .. } = &mut self.frames[caller] else { return None };
        // A layer that only passes an answer on need not be entered for it.
        if kept.passes() {
            return Some(Next::Answer);
        }
        let Some(instance) = self.instances.get_mut(*id) else { return Some(Next::Answer) };
        enter(&mut self.cx, *id, instance, *function, depth);
        Some(after(instance.resume(&mut self.cx, kept, Resumed::Result { from }, flight), Next::Answer))
    }
}

/// Whose code stands behind an entry of an instance's table: a layer that does not hook it exposes the one below (L1).
pub(super) fn implementer(
    machine: &Machine,
    instances: &Table<InstanceId, Instance>,
    mut id: InstanceId,
    function: SpiFunction,
) -> InstanceId {
    while let Some(instance) = instances.get(id) {
        if machine.shape(instance.shape).hooks(function) {
            break;
        }
        match instance.exposes() {
            Some(below) => id = below,
            None => break,
        }
    }
    id
}
