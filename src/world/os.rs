//! Calls of the operating system: processes, handles, windows, messages between processes.

use super::World;
use super::afd::Release;
use super::drive::{Entered, Next};
use super::event::Event;
use super::frame::{Until, Wait, Woken};
use super::handles::{HandleEntry, Object};
use super::ids::{Handle, Incarnation, ProcessId, ThreadId, Window};
use super::log::Log;
use super::op::Outcome;
use super::process::{ProcessState, Thread};
use super::program::Program;
use crate::abi::WsaError;
use crate::abi::client::{CallResult, Message, OsCall, Value};
use crate::rules::RuleId;

impl World {
    /// A client's call to the OS comes in.
    pub(super) fn enter_os(&mut self, thread: ThreadId, call: &OsCall, log: &mut Log) -> Entered {
        let caller = thread.process;
        Entered::Break(match *call {
            OsCall::CreateProcess { suspended, inherit, id, ref program } => {
                let program = program.clone().applied_to(&self.processes[caller.0 as usize].program);
                self.create_process(caller, (suspended, inherit), id, program, log)
            }
            OsCall::ResumeProcess { process } => self.resume_process(process, log),
            OsCall::ExitProcess => return Entered::Continue(self.exit_process(caller, log)),
            OsCall::TerminateProcess { process } => match self.living(process) {
                Ok(process) if process == caller => return Entered::Continue(self.exit_process(caller, log)),
                Ok(process) => {
                    self.end_process(process, log);
                    Ok(Value::Done)
                }
                Err(error) => Err(error),
            },
            OsCall::OpenProcess { process } => self.open_process(caller, process),
            OsCall::CreateThread => {
                let threads = &mut self.processes[caller.0 as usize].threads;
                threads.push(Thread::default());
                Ok(Value::Thread(threads.len() as u32 - 1))
            }
            OsCall::DuplicateHandle { handle, target, inheritable } => {
                self.duplicate_handle(caller, handle, target, inheritable, log)
            }
            OsCall::SetHandleInformation { handle, inheritable } => {
                self.kernel_handle_mut(caller, handle).map(|entry| {
                    entry.inheritable = inheritable;
                    Value::Done
                })
            }
            OsCall::GetHandleInformation { handle } => {
                self.kernel_handle_mut(caller, handle).map(|entry| Value::Bool(entry.inheritable))
            }
            OsCall::CloseHandle { handle } => {
                if self.close_kernel_handle(caller, handle, log) {
                    Ok(Value::Done)
                } else {
                    Err(WsaError::InvalidHandle)
                }
            }
            OsCall::CreateWindow => Ok(self.create_window(caller)),
            OsCall::DestroyWindow { window } => self.destroy_window(caller, window),
            OsCall::GetMessage { window, wait } => return Entered::Continue(self.get_message(caller, window, wait)),
            OsCall::ExitThread => return Entered::Continue(self.exit_thread(thread, log)),
            OsCall::SleepEx { timeout_ms, alertable } => {
                return Entered::Continue(self.sleep(thread, timeout_ms, alertable, log));
            }
            OsCall::CreateIoCompletionPort { file, port, key } => {
                self.create_completion_port(caller, file, port, key, log)
            }
            OsCall::GetQueuedCompletionStatus { port, timeout_ms } => {
                return self.get_completion(caller, port, timeout_ms);
            }
            OsCall::PostQueuedCompletionStatus { port, packet } => self.post_completion(caller, port, packet),
            OsCall::CancelIo { file, whose } => self.cancel_io(thread, file, whose, log),
            OsCall::GetCurrentProcessId => Ok(Value::ProcessId(self.processes[caller.0 as usize].id)),
            OsCall::SendMessage { to, ref value } => self.send_message(caller, to, value.clone(), log),
            OsCall::ReceiveMessage => return Entered::Continue(self.receive_message(caller)),
        })
    }

    /// A parked OS call goes on.
    pub(super) fn resume_os(&mut self, thread: ThreadId, wait: Option<Box<Wait>>, woken: Woken) -> Next {
        if let Some(Wait { until: Until::Packet(port), .. }) = wait.as_deref() {
            let port = *port;
            if let Some(wait) = wait {
                return self.got_completion(wait, port, woken);
            }
            return Next::finish(Err(WsaError::SysCallFailure));
        }
        match (wait.map(|wait| wait.until), woken) {
            (_, Woken::Cancelled(error)) => Next::finish(Err(error)),
            (_, Woken::Alerted) => Next::finish(Ok(Value::Alerted)),
            (Some(Until::Time | Until::Alertable(_)), _) => Next::finish(Ok(Value::Done)),
            (Some(Until::Message(window)), _) => self.get_message(thread.process, window, false),
            (Some(Until::Ipc), _) => self.receive_message(thread.process),
            _ => Next::finish(Err(WsaError::SysCallFailure)),
        }
    }

    fn living(&self, id: ProcessId) -> Result<Incarnation, WsaError> {
        self.directory.living(id).ok_or(WsaError::InvalidParameter)
    }

    fn create_process(
        &mut self,
        parent: Incarnation,
        (suspended, inherit): (bool, bool),
        id: Option<ProcessId>,
        program: Program,
        log: &mut Log,
    ) -> CallResult {
        let Ok(Outcome::Started(incarnation, id)) = self.start_process(id, suspended, program, log) else {
            return Err(WsaError::InvalidParameter);
        };
        if inherit {
            self.inherit(parent, incarnation, log);
        }
        Ok(Value::Process { id, incarnation })
    }

    /// The child gets every inheritable handle under its parent's number. Its ws2_32 has heard of none (Inherit3).
    fn inherit(&mut self, parent: Incarnation, child: Incarnation, log: &mut Log) {
        let handles = &self.processes[parent.0 as usize].handles;
        let inherited: Vec<_> = handles.iter().filter(|(_, entry)| entry.inheritable).map(|(h, e)| (h, *e)).collect();
        for (handle, entry) in inherited {
            log.rule(RuleId::Inherit3);
            if matches!(entry.object, Object::Socket(_)) {
                log.rule(RuleId::Inherit6);
            }
            let copy = HandleEntry { binding: None, ..entry };
            if self.processes[child.0 as usize].handles.insert_at(handle, copy) {
                self.count_handle(copy.object, log);
            }
        }
    }

    /// Another handle names an object.
    fn count_handle(&mut self, object: Object, log: &mut Log) {
        match object {
            Object::Socket(socket) => {
                let (afd, mut cx) = self.afd_cx(log);
                afd.add_descriptor(&mut cx, socket);
            }
            Object::Event(event) => self.events.add_handle(event),
            Object::Port(port) => self.ports.add_handle(port),
            Object::NonIfs | Object::Process(_) | Object::CatalogNotice { .. } => {}
        }
    }

    fn resume_process(&mut self, id: ProcessId, log: &mut Log) -> CallResult {
        let process = self.living(id)?;
        let state = &mut self.processes[process.0 as usize].state;
        if *state != ProcessState::Suspended {
            return Err(WsaError::InvalidParameter);
        }
        *state = ProcessState::Running;
        log.note(|| Event::ProcessResumed { process });
        Ok(Value::Done)
    }

    /// ExitProcess never returns, so the answer is for the trace only.
    pub(super) fn exit_process(&mut self, process: Incarnation, log: &mut Log) -> Next {
        self.end_process(process, log);
        // The thread died with its frames; `finish` finds none to remove.
        Next::finish(Ok(Value::Done))
    }

    fn open_process(&mut self, caller: Incarnation, id: ProcessId) -> CallResult {
        let process = self.living(id)?;
        let limit = self.machine.platform.limits.handles_per_process;
        let entry = HandleEntry::new(Object::Process(process), false);
        let handle = self.processes[caller.0 as usize].handles.insert(limit, entry);
        handle.map(Value::Handle).ok_or(WsaError::NotEnoughMemory)
    }

    /// DuplicateHandle: the kernel makes another handle; ws2_32 of the target is not told (Inherit7, Inherit8).
    fn duplicate_handle(
        &mut self,
        caller: Incarnation,
        handle: Handle,
        target: ProcessId,
        inheritable: bool,
        log: &mut Log,
    ) -> CallResult {
        let target = self.living(target)?;
        let entry = *self.kernel_handle_mut(caller, handle)?;
        let limit = self.machine.platform.limits.handles_per_process;
        let copy = HandleEntry { binding: None, inheritable, ..entry };
        let handle = self.processes[target.0 as usize].handles.insert(limit, copy).ok_or(WsaError::NotEnoughMemory)?;
        match entry.object {
            Object::Socket(_) => log.rule(RuleId::Inherit7),
            Object::NonIfs => log.rule(RuleId::Inherit8),
            _ => {}
        }
        self.count_handle(entry.object, log);
        Ok(Value::Handle(handle))
    }

    fn kernel_handle_mut(&mut self, process: Incarnation, handle: Handle) -> Result<&mut HandleEntry, WsaError> {
        self.processes[process.0 as usize].handles.get_mut(handle).ok_or(WsaError::InvalidHandle)
    }

    /// Frees a handle and lets go of its object; `false` if there is no such handle.
    pub(super) fn close_kernel_handle(&mut self, process: Incarnation, handle: Handle, log: &mut Log) -> bool {
        let Some(entry) = self.processes[process.0 as usize].handles.remove(handle) else { return false };
        self.duplications.descriptor_gone(process, handle);
        self.drop_object(process, handle, entry.object, Release::Close, log);
        if entry.binding.is_some() {
            self.forget_contexts(process, handle, log);
        }
        true
    }

    /// A socket handle was closed as a mere handle. What providers kept for it must not turn up under whatever gets
    /// the number next. The lower handle of a layer stays open, and nobody is left who would close it.
    fn forget_contexts(&mut self, process: Incarnation, handle: Handle, log: &mut Log) {
        self.forget_handle(process, handle);
        let instances = &mut self.processes[process.0 as usize].instances;
        let sockets: Vec<_> = instances.iter_mut().filter_map(|(_, instance)| instance.forget(handle)).collect();
        for socket in sockets {
            self.drop_object(process, handle, Object::Socket(socket), Release::Close, log);
        }
    }

    /// One handle less names an object.
    pub(super) fn drop_object(
        &mut self,
        process: Incarnation,
        handle: Handle,
        object: Object,
        how: Release,
        log: &mut Log,
    ) {
        match object {
            Object::Socket(socket) => {
                let registrant = super::afd::Registrant { process, handle };
                let (afd, mut cx) = self.afd_cx(log);
                afd.registrant_gone(&mut cx, socket, registrant);
                afd.release(&mut cx, socket, how);
            }
            Object::Event(event) => {
                if self.events.drop_handle(event).is_some_and(|object| object.registered) {
                    self.afd.forget_event(event);
                }
            }
            Object::Port(port) => self.ports.drop_handle(port),
            Object::CatalogNotice { .. } => self.notice_closed(process, handle, log),
            Object::NonIfs | Object::Process(_) => {}
        }
    }

    /// Whether a living process or an open process handle keeps an id from being given again.
    pub(super) fn id_is_held(&self, id: ProcessId) -> bool {
        let keeps = |entry: &HandleEntry| match entry.object {
            Object::Process(process) => self.directory.id(process) == Some(id),
            _ => false,
        };
        self.directory.living(id).is_some()
            || self.processes.iter().any(|process| process.handles.iter().any(|(_, entry)| keeps(entry)))
    }

    fn create_window(&mut self, caller: Incarnation) -> Value {
        let windows = &mut self.processes[caller.0 as usize].windows;
        windows.push(Some(std::collections::VecDeque::new()));
        Value::Window(Window(windows.len() as u32))
    }

    fn destroy_window(&mut self, caller: Incarnation, window: Window) -> CallResult {
        let windows = &mut self.processes[caller.0 as usize].windows;
        let slot = window.0.checked_sub(1).and_then(|at| windows.get_mut(at as usize));
        slot.and_then(Option::take).map(|_| Value::Done).ok_or(WsaError::InvalidHandle)
    }

    fn get_message(&mut self, caller: Incarnation, window: Window, wait: bool) -> Next {
        let Some(queue) = self.processes[caller.0 as usize].window_mut(window) else {
            return Next::finish(Err(WsaError::InvalidHandle));
        };
        match queue.pop_front() {
            None if wait => Next::Park(Box::new(Wait::until(Until::Message(window)))),
            message => Next::finish(Ok(Value::WindowMessage(message))),
        }
    }

    fn send_message(&mut self, from: Incarnation, to: ProcessId, value: Message, log: &mut Log) -> CallResult {
        let to = self.living(to)?;
        log.note(|| Event::Sent { from, to, value: Box::new(value.clone()) });
        self.processes[to.0 as usize].inbox.push_back(value);
        Ok(Value::Done)
    }

    fn receive_message(&mut self, caller: Incarnation) -> Next {
        match self.processes[caller.0 as usize].inbox.pop_front() {
            Some(value) => Next::finish(Ok(Value::Message(value))),
            None => Next::Park(Box::new(Wait::until(Until::Ipc))),
        }
    }
}
