//! What a provider may ask of ws2_32 (WPU). Each upcall is atomic, reaches ws2_32 of the calling process directly
//! whatever layers lie above (L2), and can be made to fail by a fault.

use std::sync::Arc;

use super::event::{Event, UpcallDone};
use super::handles::{Binding, HandleEntry, Object};
use super::ids::{EventId, Handle};
use crate::abi::upcall::{UpcallCall, UpcallReturn};
use crate::abi::{Guid, Upcall, WsaError};
use crate::provider::Context;
use crate::rules::RuleId;
use crate::world::ids::InstanceId;

type UpcallResult<T> = Result<T, WsaError>;

impl Context<'_> {
    /// WPUModifyIFSHandle: makes `entry` the owner of an OS handle (R26). The number stays the same.
    ///
    /// # Errors
    /// WSAEINVAL when the handle does not exist or is not an OS socket handle.
    pub fn modify_ifs_handle(&mut self, entry: u32, handle: Handle) -> UpcallResult<Handle> {
        let result = self.admit_upcall(Upcall::WpuModifyIfsHandle).and_then(|()| self.bind_ifs(entry, handle));
        self.note_upcall(
            || UpcallCall::ModifyIfsHandle { entry, handle },
            result.map(|()| UpcallReturn::Handle(handle)),
        );
        result.map(|()| handle)
    }

    fn bind_ifs(&mut self, entry: u32, handle: Handle) -> UpcallResult<()> {
        self.log.rule(RuleId::R6);
        let instance = self.owner(entry).ok_or(WsaError::Inval)?;
        let slot = self.handles.get_mut(handle).filter(|slot| matches!(slot.object, Object::Socket(_)));
        let Some(slot) = slot else {
            self.log.rule(RuleId::WpuModify2);
            return Err(WsaError::Inval);
        };
        let before = slot.binding.replace(Binding { entry, instance, context: 0 });
        if before.is_some() {
            self.log.rule(RuleId::WpuModify4);
        }
        self.note_owner(RuleId::WpuModify1);
        Ok(())
    }

    /// WPUCreateSocketHandle: a new handle of this process, owned by `entry`, that leads back to `context`.
    ///
    /// # Errors
    /// WSAENOBUFS when the handle table is full.
    pub fn create_socket_handle(&mut self, entry: u32, context: u32) -> UpcallResult<Handle> {
        let result = self
            .admit_upcall(Upcall::WpuCreateSocketHandle)
            .and_then(|()| self.owner(entry).ok_or(WsaError::Inval))
            .and_then(|instance| {
                let binding = Some(Binding { entry, instance, context });
                let slot = HandleEntry { binding, ..HandleEntry::new(Object::NonIfs, true) };
                self.handles.insert(self.handle_limit(), slot).ok_or(WsaError::NoBufs)
            });
        match result {
            Ok(_) => {
                self.log.rule(RuleId::R28);
                self.note_owner(RuleId::WpuCreate1);
            }
            Err(_) => self.log.rule(RuleId::WpuCreate2),
        }
        self.note_upcall(|| UpcallCall::CreateSocketHandle { entry, context }, result.map(UpcallReturn::Handle));
        result
    }

    /// WPUCloseSocketHandle: gives a handle of WPUCreateSocketHandle back (R27).
    ///
    /// # Errors
    /// WSAENOTSOCK for any other handle.
    pub fn close_socket_handle(&mut self, s: Handle) -> UpcallResult<()> {
        let result = self.admit_upcall(Upcall::WpuCloseSocketHandle).and_then(|()| {
            self.non_ifs(s)?;
            self.handles.remove(s);
            self.afd.handle_goes(self.thread.process, s);
            Ok(())
        });
        match result {
            Ok(()) => {
                self.log.rule(RuleId::Handle4);
                self.log.rule(RuleId::WpuClose1);
            }
            Err(_) => self.log.rule(RuleId::WpuClose2),
        }
        self.note_upcall(|| UpcallCall::CloseSocketHandle { s }, result.map(|()| UpcallReturn::Done));
        result
    }

    /// WPUQuerySocketHandleContext: the context given to WPUCreateSocketHandle (R28).
    ///
    /// # Errors
    /// WSAENOTSOCK for any other handle.
    #[inline]
    pub fn query_socket_handle_context(&mut self, s: Handle) -> UpcallResult<u32> {
        let result = self
            .admit_upcall(Upcall::WpuQuerySocketHandleContext)
            .and_then(|()| self.non_ifs(s))
            .map(|binding| binding.context);
        self.log.rule(if result.is_ok() { RuleId::WpuQuery1 } else { RuleId::WpuQuery2 });
        self.note_upcall(|| UpcallCall::QuerySocketHandleContext { s }, result.map(UpcallReturn::Context));
        result
    }

    /// WPUGetProviderPath, with room for so many characters, the terminator included.
    ///
    /// # Errors
    /// WSAEINVAL when no catalog entry has this provider id, WSAEFAULT when the path does not fit.
    pub fn provider_path(&mut self, provider: Guid, room: usize) -> UpcallResult<Arc<str>> {
        let result = self.admit_upcall(Upcall::WpuGetProviderPath).and_then(|()| {
            let path = &self.catalog.provider(provider).ok_or(WsaError::Inval)?.path;
            if path.encode_utf16().count() < room { Ok(Arc::clone(path)) } else { Err(WsaError::Fault) }
        });
        self.log.rule(if result.is_ok() { RuleId::WpuPath1 } else { RuleId::WpuPath2 });
        self.note_upcall(|| UpcallCall::GetProviderPath { provider }, result.clone().map(UpcallReturn::Path));
        result
    }

    /// WPUQueryBlockingCallback: whether this thread has a blocking hook (B5).
    ///
    /// # Errors
    /// WSAEINVAL for an unknown catalog id.
    pub fn query_blocking_callback(&mut self, entry: u32) -> UpcallResult<bool> {
        let result = self
            .admit_upcall(Upcall::WpuQueryBlockingCallback)
            .and_then(|()| self.catalog.entry(entry).map(|_| self.hook).ok_or(WsaError::Inval));
        self.log.rule(if result.is_ok() { RuleId::WpuBlock1 } else { RuleId::WpuBlock3 });
        self.note_upcall(|| UpcallCall::QueryBlockingCallback { entry }, result.map(UpcallReturn::Bool));
        result
    }

    /// WPUFDIsSet: whether a handle is a member of a set. It knows no error; one that is made to fail says no.
    pub fn fd_is_set(&mut self, s: Handle, set: &[Handle]) -> bool {
        self.log.rule(RuleId::Select14);
        let result = self.admit_upcall(Upcall::WpuFdIsSet).map(|()| set.contains(&s));
        self.note_upcall(|| UpcallCall::FdIsSet { s, set: set.into() }, result.map(UpcallReturn::Bool));
        result.unwrap_or(false)
    }

    /// WPUCreateEvent: manual reset, not signalled.
    ///
    /// # Errors
    /// WSA_NOT_ENOUGH_MEMORY when the handle table is full.
    pub fn create_event(&mut self) -> UpcallResult<Handle> {
        let result = self.admit_upcall(Upcall::WpuCreateEvent).and_then(|()| {
            let event = self.events.create();
            let slot = HandleEntry::new(Object::Event(event), false);
            self.handles.insert(self.handle_limit(), slot).ok_or_else(|| {
                self.events.drop_handle(event);
                WsaError::NotEnoughMemory
            })
        });
        self.log.rule(if result.is_ok() { RuleId::WpuEvent1 } else { RuleId::WpuEvent2 });
        self.note_upcall(|| UpcallCall::CreateEvent, result.map(UpcallReturn::Handle));
        result
    }

    /// WPUSetEvent and WPUResetEvent.
    ///
    /// # Errors
    /// WSA_INVALID_HANDLE when the handle is no event.
    pub fn set_event(&mut self, event: Handle, signalled: bool) -> UpcallResult<()> {
        let upcall = if signalled { Upcall::WpuSetEvent } else { Upcall::WpuResetEvent };
        let result = self.admit_upcall(upcall).and_then(|()| {
            let id = self.event(event).ok_or(WsaError::InvalidHandle)?;
            self.events.set(id, signalled);
            Ok(())
        });
        if result.is_err() {
            self.log.rule(RuleId::WpuEvent3);
        }
        let call = || match signalled {
            true => UpcallCall::SetEvent { event },
            false => UpcallCall::ResetEvent { event },
        };
        self.note_upcall(call, result.map(|()| UpcallReturn::Done));
        result
    }

    /// WPUCloseEvent.
    ///
    /// # Errors
    /// WSA_INVALID_HANDLE when the handle is no event.
    pub fn close_event(&mut self, event: Handle) -> UpcallResult<()> {
        let result = self.admit_upcall(Upcall::WpuCloseEvent).and_then(|()| {
            let id = self.event(event).ok_or(WsaError::InvalidHandle)?;
            self.handles.remove(event);
            if self.events.drop_handle(id).is_some_and(|object| object.registered) {
                self.afd.forget_event(id);
            }
            Ok(())
        });
        if result.is_err() {
            self.log.rule(RuleId::WpuEvent3);
        }
        self.note_upcall(|| UpcallCall::CloseEvent { event }, result.map(|()| UpcallReturn::Done));
        result
    }

    /// ws2_32 knows now whose a handle is.
    fn note_owner(&mut self, rule: RuleId) {
        self.log.rule(RuleId::Handle3);
        self.log.rule(RuleId::R26);
        self.log.rule(rule);
    }

    /// WPUOpenCurrentThread: a layer that works for its clients on this thread takes hold of it.
    ///
    /// # Errors
    /// WSANOTINITIALISED when no WSPStartup of the process has succeeded.
    pub fn open_current_thread(&mut self) -> UpcallResult<u32> {
        let index = self.thread.index;
        let result = self
            .admit_upcall(Upcall::WpuOpenCurrentThread)
            .and_then(|()| self.started.then_some(index).ok_or(WsaError::NotInitialised));
        self.note_upcall(|| UpcallCall::OpenCurrentThread, result.map(UpcallReturn::Context));
        result
    }

    /// WPUCloseThread: gives back what WPUOpenCurrentThread gave.
    ///
    /// # Errors
    /// WSANOTINITIALISED when no WSPStartup of the process has succeeded.
    pub fn close_thread(&mut self, thread: u32) -> UpcallResult<()> {
        let result = self
            .admit_upcall(Upcall::WpuCloseThread)
            .and_then(|()| self.started.then_some(()).ok_or(WsaError::NotInitialised));
        self.note_upcall(|| UpcallCall::CloseThread { thread }, result.map(|()| UpcallReturn::Done));
        result
    }

    /// The event behind a handle of this process.
    #[must_use]
    pub fn event(&self, handle: Handle) -> Option<EventId> {
        self.handles.event(handle)
    }

    /// How many handles a process may hold.
    #[must_use]
    pub fn handle_limit(&self) -> u32 {
        self.machine.platform.limits.handles_per_process
    }

    /// The instance that code registered under a catalog id runs in.
    pub(crate) fn owner(&self, entry: u32) -> Option<InstanceId> {
        let shape = self.catalog.entry(entry)?.shape?;
        self.loaded.iter().find(|&&(loaded, _)| loaded == shape).map(|&(_, instance)| instance)
    }

    /// What ws2_32 knows of a handle made by WPUCreateSocketHandle in this process.
    #[inline]
    fn non_ifs(&self, s: Handle) -> UpcallResult<Binding> {
        match self.handles.get(s) {
            Some(HandleEntry { object: Object::NonIfs, binding: Some(binding), .. }) => Ok(*binding),
            _ => Err(WsaError::NotSock),
        }
    }

    #[inline]
    fn admit_upcall(&mut self, upcall: Upcall) -> UpcallResult<()> {
        let Some(error) = self.faults.on_upcall(upcall) else { return Ok(()) };
        self.log.note(|| Event::InjectedUpcall { upcall, error });
        if let Some(checker) = self.checks.as_deref_mut() {
            checker.note_injected();
        }
        Err(error)
    }

    #[inline]
    fn note_upcall(&mut self, call: impl FnOnce() -> UpcallCall, result: UpcallResult<UpcallReturn>) {
        if self.log.is_on() || self.checks.is_some() {
            let (thread, depth, by, call) = (self.thread, self.depth, self.shape_id, call());
            self.watch_upcall(&call, &result);
            self.log.note(|| Event::Upcall(Box::new(UpcallDone { thread, depth, by, call, result })));
        }
    }
}
