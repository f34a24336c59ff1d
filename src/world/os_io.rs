//! Calls of the operating system that concern overlapped I/O: completion ports, cancelling, the end of a thread.

use super::World;
use super::afd::Whose;
use super::drive::{Entered, Next};
use super::event::Event;
use super::frame::{Until, Wait, Woken};
use super::handles::{HandleEntry, Object};
use super::ids::{Handle, Incarnation, PortId, SocketId, ThreadId};
use super::log::Log;
use crate::abi::WsaError;
use crate::abi::client::{CallResult, Cancelled, Packet, Value};
use crate::rules::RuleId;

impl World {
    /// CreateIoCompletionPort. A socket that has a port keeps it: ERROR_INVALID_PARAMETER.
    pub(super) fn create_completion_port(
        &mut self,
        caller: Incarnation,
        file: Option<Handle>,
        port: Option<Handle>,
        key: u64,
        log: &mut Log,
    ) -> CallResult {
        let handles = &self.processes[caller.0 as usize].handles;
        let existing = match port {
            Some(port) => Some((port, handles.port(port).ok_or(WsaError::InvalidHandle)?)),
            None => None,
        };
        let socket = match file {
            Some(file) => Some(self.shared_socket(caller, file).ok_or(WsaError::InvalidHandle)?),
            None if existing.is_some() => return Err(WsaError::InvalidParameter),
            None => None,
        };
        let fresh = existing.is_none();
        let (handle, id) = match existing {
            Some(existing) => existing,
            None => self.new_port(caller)?,
        };
        let Some(socket) = socket else { return Ok(Value::Handle(handle)) };
        log.rule(RuleId::O14);
        if let Err(error) = self.afd.associate(socket, id, key) {
            if fresh {
                self.close_kernel_handle(caller, handle, log);
            }
            return Err(error);
        }
        Ok(Value::Handle(handle))
    }

    fn new_port(&mut self, caller: Incarnation) -> Result<(Handle, PortId), WsaError> {
        let limit = self.machine.platform.limits.handles_per_process;
        let id = self.ports.create();
        let handles = &mut self.processes[caller.0 as usize].handles;
        match handles.insert(limit, HandleEntry::new(Object::Port(id), false)) {
            Some(handle) => Ok((handle, id)),
            None => {
                self.ports.drop_handle(id);
                Err(WsaError::NotEnoughMemory)
            }
        }
    }

    /// GetQueuedCompletionStatus. An operation that failed is a packet like any other; the error is in it.
    pub(super) fn get_completion(&mut self, caller: Incarnation, port: Handle, timeout_ms: Option<u64>) -> Entered {
        let Some(id) = self.processes[caller.0 as usize].handles.port(port) else {
            return Entered::Break(Err(WsaError::InvalidHandle));
        };
        match self.ports.take(id) {
            Some(packet) => Entered::Break(Ok(Value::Packet(Some(packet)))),
            None if timeout_ms == Some(0) => Entered::Break(Ok(Value::Packet(None))),
            None => {
                let deadline = timeout_ms.map(|ms| self.now.plus_ms(ms));
                Entered::Continue(Next::Park(Box::new(Wait { deadline, ..Wait::until(Until::Packet(id)) })))
            }
        }
    }

    /// A wait for a packet is over. Several threads may wait for one: those that find none wait on.
    pub(super) fn got_completion(&mut self, wait: Box<Wait>, id: PortId, woken: Woken) -> Next {
        match self.ports.take(id) {
            Some(packet) => Next::finish(Ok(Value::Packet(Some(packet)))),
            None if woken == Woken::TimedOut => Next::finish(Ok(Value::Packet(None))),
            None if self.ports.is_ready(id) => Next::finish(Err(WsaError::InvalidHandle)),
            None => Next::Park(wait),
        }
    }

    /// PostQueuedCompletionStatus.
    pub(super) fn post_completion(&mut self, caller: Incarnation, port: Handle, packet: Packet) -> CallResult {
        let id = self.processes[caller.0 as usize].handles.port(port).ok_or(WsaError::InvalidHandle)?;
        self.ports.post(id, packet);
        Ok(Value::Done)
    }

    /// CancelIo and CancelIoEx: only operations of the caller's own process, on this shared socket.
    pub(super) fn cancel_io(&mut self, thread: ThreadId, file: Handle, whose: Cancelled, log: &mut Log) -> CallResult {
        let socket = self.shared_socket(thread.process, file).ok_or(WsaError::InvalidHandle)?;
        let meant = match whose {
            Cancelled::Thread => Whose::Thread(thread),
            Cancelled::Process => Whose::Process(thread.process),
            Cancelled::One(id) => return self.cancel_structure(thread.process, socket, id, log),
        };
        let (afd, mut cx) = self.afd_cx(log);
        afd.cancel_operations(&mut cx, socket, meant, false);
        Ok(Value::Done)
    }

    fn cancel_structure(&mut self, process: Incarnation, socket: SocketId, id: u32, log: &mut Log) -> CallResult {
        let operations = self.afd.socket(socket).and_then(|socket| socket.io());
        let found = operations.into_iter().flat_map(|io| io.operations()).find(|operation| {
            operation.issuer.thread.process == process
                && self.client_overlapped(process, &operation.overlapped) == Some(id)
        });
        let overlapped = found.map(|operation| operation.overlapped).ok_or(WsaError::InvalidParameter)?;
        let (afd, mut cx) = self.afd_cx(log);
        afd.cancel_one(&mut cx, socket, process, &overlapped);
        Ok(Value::Done)
    }

    /// ExitThread: what the thread has started is cancelled (O10), what was queued for it never runs. The last thread
    /// takes its process with it. A thread inside a routine or callback stays: nothing says what becomes of the call.
    pub(super) fn exit_thread(&mut self, thread: ThreadId, log: &mut Log) -> Next {
        let threads = &mut self.processes[thread.process.0 as usize].threads;
        let others = threads.iter().enumerate().any(|(at, other)| at as u32 != thread.index && !other.ended);
        let state = &mut threads[thread.index as usize];
        if state.frames.len() > 1 {
            return Next::finish(Err(WsaError::InProgress));
        }
        if !others {
            return self.exit_process(thread.process, log);
        }
        state.ended = true;
        state.apcs.clear();
        log.rule(RuleId::O10);
        log.note(|| Event::ThreadEnded { thread });
        let (afd, mut cx) = self.afd_cx(log);
        afd.cancel_everywhere(&mut cx, Whose::Thread(thread), false);
        self.end_watches_of(thread, log);
        Next::finish(Ok(Value::Done))
    }
}
