//! `step`: the one way a world changes. Also what can happen by itself: `enabled`.

use std::sync::Arc;

use super::World;
use super::afd::Cx;
use super::border::Reach;
use super::event::Event;
use super::fault::Fault;
use super::frame::{Until, Wait, Woken};
use super::ids::{Handle, Incarnation, ProcessId, ThreadId, Ticks};
use super::log::Log;
use super::machine::Interface;
use super::op::{Op, Outcome, Rejection};
use super::process::{Process, ProcessState, Thread};
use super::program::Program;
use crate::abi::client::{ApiCall, Call};
use crate::abi::{SpiCall, WsaError};

impl World {
    /// Lets one op happen.
    ///
    /// # Errors
    /// A [`Rejection`] when the op makes no sense now; the world is then unchanged.
    pub fn step(&mut self, mut op: Op, log: &mut Log) -> Result<Outcome, Rejection> {
        log.note(|| Event::Op(Box::new(op.clone())));
        let mut reach = Reach::Whole;
        while let Op::ToBorder(within) = op {
            (op, reach) = (*within, Reach::Border);
        }
        if let Op::Call { thread, call } = &mut op {
            let outcome = self.call(*thread, call, reach, log);
            self.settle(log);
            return outcome;
        }
        let outcome = match op {
            Op::Call { .. } | Op::ToBorder(_) => Ok(Outcome::Done),
            Op::Run { thread } => self.run(thread, reach, log),
            Op::Answer { thread, value } => self.answer_callback(thread, value, reach, log),
            Op::StartProcess { id, suspended, program } => self.start_process(id, suspended, program, log),
            Op::Kill { process } => self.kill(process, log),
            Op::Advance { to } => Ok(self.advance(to, log)),
            Op::Fault(fault) => {
                self.apply_fault(fault, log);
                Ok(Outcome::Done)
            }
            Op::BreakConnection { process, socket, error } => self.break_connection(process, socket, error, log),
            Op::LimitHandles { process, handles } => self.limit_handles(process, handles),
        };
        self.settle(log);
        outcome
    }

    /// What every step leaves to its end.
    #[inline]
    fn settle(&mut self, log: &mut Log) {
        self.deliver_completions(log);
        self.forget_lost_duplications(log);
        if self.waits > 0 {
            self.end_lost_waits(log);
        }
        self.deliver_signals(log);
    }

    /// What can happen now without a client doing anything, in a fixed order: paused threads and parked ones whose wait
    /// is over by process and thread, then the passing of time up to the next deadline.
    #[must_use]
    pub fn enabled(&self) -> Vec<Op> {
        let mut ops: Vec<Op> = self.runnable().map(|thread| Op::Run { thread }).collect();
        if let Some(to) = self.next_deadline() {
            ops.push(Op::Advance { to });
        }
        ops
    }

    /// Paused threads and parked ones whose wait is over, by process and thread.
    pub fn runnable(&self) -> impl Iterator<Item = ThreadId> + '_ {
        self.processes().flat_map(move |(process, p)| {
            p.threads.iter().enumerate().filter_map(move |(index, thread)| {
                let id = ThreadId { process, index: index as u32 };
                self.can_go_on(p, thread).then_some(id)
            })
        })
    }

    /// Whether a thread is paused, or it is parked, its wait is over and it is its turn.
    #[must_use]
    pub fn is_runnable(&self, thread: ThreadId) -> bool {
        let Some(process) = self.process(thread.process) else { return false };
        let Some(state) = process.threads.get(thread.index as usize) else { return false };
        self.can_go_on(process, state)
    }

    fn can_go_on(&self, process: &Process, thread: &Thread) -> bool {
        if thread.paused.is_some() {
            return process.state == ProcessState::Running;
        }
        let woken = thread.wait().and_then(|wait| self.woken(process, thread, wait));
        woken.is_some_and(|woken| self.is_next(thread, woken))
    }

    /// The next moment at which time alone makes something happen.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Ticks> {
        let threads = self.processes.iter().flat_map(|process| &process.threads);
        let waits = threads.filter_map(|thread| thread.wait()?.deadline);
        waits.chain(self.afd.next_deadline()).filter(|&deadline| deadline > self.now).min()
    }

    fn call(&mut self, thread: ThreadId, call: &mut Call, reach: Reach, log: &mut Log) -> Result<Outcome, Rejection> {
        let state = self.living_thread(thread)?;
        if !state.accepts_call() {
            return Err(Rejection::ThreadBusy);
        }
        if self.lacks(thread, call) {
            return Err(Rejection::NoSuchFunction);
        }
        if !is_modelled(call) {
            return Err(Rejection::NotModelled);
        }
        Ok(self.start_call(thread, call, reach, log))
    }

    /// Whether the ws2_32 of a thread's process is of a width that has not the function called.
    fn lacks(&self, thread: ThreadId, call: &Call) -> bool {
        let Call::Catalog(call) = call else { return false };
        let width = self.processes[thread.process.0 as usize].program.width;
        call.function().needs().is_some_and(|needed| needed != width)
    }

    fn run(&mut self, thread: ThreadId, reach: Reach, log: &mut Log) -> Result<Outcome, Rejection> {
        let state = self.living_thread(thread)?;
        if state.paused.is_some() {
            return Ok(self.resume_paused(thread, reach, log));
        }
        let wait = state.wait().ok_or(Rejection::NotReady)?;
        let process = &self.processes[thread.process.0 as usize];
        let woken =
            self.woken(process, state, wait).filter(|&woken| self.is_next(state, woken)).ok_or(Rejection::NotReady)?;
        self.note_turn(state, woken, log);
        Ok(self.resume_parked(thread, woken, reach, log))
    }

    fn answer_callback(
        &mut self,
        thread: ThreadId,
        value: i32,
        reach: Reach,
        log: &mut Log,
    ) -> Result<Outcome, Rejection> {
        match self.living_thread(thread)?.wait() {
            Some(Wait { until: Until::Callback, cancelled: None, .. }) => {
                Ok(self.resume_parked(thread, Woken::Answered(value), reach, log))
            }
            Some(Wait { until: Until::Routine, cancelled: None, .. }) => Ok(self.routine_returned(thread, reach, log)),
            _ => Err(Rejection::NoCallback),
        }
    }

    fn living_thread(&self, thread: ThreadId) -> Result<&super::process::Thread, Rejection> {
        let process = self.process(thread.process).ok_or(Rejection::NoProcess)?;
        match process.state {
            ProcessState::Exited => Err(Rejection::NoProcess),
            ProcessState::Suspended => Err(Rejection::Suspended),
            ProcessState::Running => {
                process.threads.get(thread.index as usize).filter(|thread| !thread.ended).ok_or(Rejection::NoThread)
            }
        }
    }

    /// Why a parked frame of `process` may go on, if it may.
    fn woken(&self, process: &Process, thread: &Thread, wait: &Wait) -> Option<Woken> {
        if process.state != ProcessState::Running {
            return None;
        }
        if let Some(error) = wait.cancelled {
            return Some(if wait.lost { Woken::Lost(error) } else { Woken::Cancelled(error) });
        }
        if self.holds(process, &wait.until) {
            return Some(Woken::Ready);
        }
        if !thread.apcs.is_empty() && self.is_alertable(wait) {
            return Some(Woken::Alerted);
        }
        wait.deadline.filter(|&deadline| deadline <= self.now).map(|_| Woken::TimedOut)
    }

    fn holds(&self, process: &Process, until: &Until) -> bool {
        match until {
            Until::Socket(socket, interest) => self.afd.ready(*socket, *interest),
            Until::Sockets(watched) => self.watch_is_over(watched),
            Until::Callback | Until::Routine | Until::Time => false,
            Until::Packet(port) => self.ports.is_ready(*port),
            Until::CatalogChange(seen) => self.installed.changes() != *seen,
            Until::Alertable(until) => self.holds(process, until),
            Until::Message(window) => process.window(*window).is_none_or(|queue| !queue.is_empty()),
            Until::Ipc => !process.inbox.is_empty(),
            Until::Events { events, all } => {
                let mut signalled = events.iter().map(|&event| self.events.get(event).is_some_and(|e| e.signalled));
                if *all { signalled.all(|yes| yes) } else { signalled.any(|yes| yes) }
            }
        }
    }

    pub(super) fn start_process(
        &mut self,
        id: Option<ProcessId>,
        suspended: bool,
        program: Program,
        log: &mut Log,
    ) -> Result<Outcome, Rejection> {
        if id.is_some_and(|id| self.id_is_held(id)) {
            return Err(Rejection::IdInUse);
        }
        let (process, id) = self.directory.enter(id).ok_or(Rejection::IdInUse)?;
        let state = if suspended { ProcessState::Suspended } else { ProcessState::Running };
        self.processes.push(Process::new(id, state, program));
        log.note(|| Event::ProcessStarted { process, id, suspended });
        Ok(Outcome::Started(process, id))
    }

    fn kill(&mut self, process: Incarnation, log: &mut Log) -> Result<Outcome, Rejection> {
        if !self.directory.is_alive(process) {
            return Err(Rejection::NoProcess);
        }
        self.end_process(process, log);
        Ok(Outcome::Done)
    }

    fn advance(&mut self, to: Ticks, log: &mut Log) -> Outcome {
        if to > self.now {
            self.now = to;
            log.note(|| Event::Time(to));
        }
        let (afd, mut cx) = self.afd_cx(log);
        afd.advance(&mut cx);
        Outcome::Done
    }

    pub(super) fn apply_fault(&mut self, fault: Fault, log: &mut Log) {
        if self.change_interfaces(fault) {
            self.described = self.machine.digest();
            let (afd, mut cx) = self.afd_cx(log);
            afd.network_changed(&mut cx);
            return;
        }
        let (afd, mut cx) = self.afd_cx(log);
        match fault {
            Fault::AddInterface { .. } | Fault::RemoveInterface { .. } => {}
            Fault::NetworkDown => afd.set_network_down(&mut cx, true),
            Fault::NetworkUp => afd.set_network_down(&mut cx, false),
            Fault::NoBuffers => afd.set_no_buffers(true),
            Fault::BuffersBack => afd.set_no_buffers(false),
            Fault::ConnectLatency { ms } => afd.delay_connects(ms),
            Fault::Link(rule) => afd.add_link_rule(&mut cx, rule),
            Fault::LinksRestored => afd.restore_links(&mut cx),
            Fault::NotReady => self.faults.not_ready = true,
            Fault::Ready => self.faults.not_ready = false,
            Fault::Catalog(trouble) => self.faults.catalog = Some(trouble),
            Fault::CatalogWell => self.faults.catalog = None,
            Fault::FailUpcall { .. } | Fault::FailCall { .. } => self.faults.arm(fault),
        }
    }

    /// Whether the machine has other addresses afterwards.
    fn change_interfaces(&mut self, fault: Fault) -> bool {
        let known = |address| self.machine.platform.interfaces.iter().any(|interface| interface.address == address);
        match fault {
            Fault::AddInterface { address, prefix } if !known(address) => {
                let interfaces = &mut Arc::make_mut(&mut self.machine).platform.interfaces;
                interfaces.push(Interface { address, prefix });
                true
            }
            Fault::RemoveInterface { address } if known(address) => {
                let interfaces = &mut Arc::make_mut(&mut self.machine).platform.interfaces;
                interfaces.retain(|interface| interface.address != address);
                true
            }
            _ => false,
        }
    }

    fn break_connection(
        &mut self,
        process: Incarnation,
        socket: Handle,
        error: WsaError,
        log: &mut Log,
    ) -> Result<Outcome, Rejection> {
        let id = self.shared_socket(process, socket).ok_or(Rejection::NoSocket)?;
        let (afd, mut cx) = self.afd_cx(log);
        afd.abort(&mut cx, id, error);
        Ok(Outcome::Done)
    }

    fn limit_handles(&mut self, process: Incarnation, handles: Option<u32>) -> Result<Outcome, Rejection> {
        let process = self.processes.get_mut(process.0 as usize).ok_or(Rejection::NoProcess)?;
        process.handles.limit = handles;
        Ok(Outcome::Done)
    }

    /// The shared sockets with what they need to know of the rest.
    pub(super) fn afd_cx<'a>(&'a mut self, log: &'a mut Log) -> (&'a mut super::afd::Afd, Cx<'a>) {
        (&mut self.afd, Cx { platform: &self.machine.platform, now: self.now, log })
    }
}

/// Whether the machine has behaviour for a call with these arguments.
fn is_modelled(call: &Call) -> bool {
    match call {
        Call::Spi(call) => match call {
            // A layer's structure is not the client's to give.
            SpiCall::Send { overlapped: Some(overlapped), .. }
            | SpiCall::SendTo { overlapped: Some(overlapped), .. }
            | SpiCall::Recv { overlapped: Some(overlapped), .. }
            | SpiCall::RecvFrom { overlapped: Some(overlapped), .. }
            | SpiCall::Ioctl { overlapped: Some(overlapped), .. } => overlapped.layer.is_none(),
            // A client starts and stops providers by WSAStartup and WSACleanup.
            SpiCall::Startup { .. } | SpiCall::Cleanup => false,
            // Reached through a pointer.
            SpiCall::AcceptEx { .. }
            | SpiCall::ConnectEx { .. }
            | SpiCall::DisconnectEx { .. }
            | SpiCall::GetAcceptExSockaddrs { .. } => false,
            _ => true,
        },
        Call::Api(ApiCall::ReadFile { overlapped, .. } | ApiCall::WriteFile { overlapped, .. }) => {
            overlapped.as_ref().is_none_or(|overlapped| overlapped.layer.is_none())
        }
        // What another function makes of such arguments nobody can say.
        Call::Api(ApiCall::Extension { pointer, call }) => {
            pointer.function.call() == Some(call.function())
                && call.overlapped().is_none_or(|overlapped| overlapped.layer.is_none())
        }
        Call::Api(_) | Call::Os(_) | Call::Catalog(_) => true,
    }
}
