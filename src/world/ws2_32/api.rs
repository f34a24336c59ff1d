//! Calls that end in ws2_32.

use std::sync::Arc;

use super::{After, Ws2Token};
use crate::abi::client::{ApiCall, Value};
use crate::abi::consts::WSA_MAXIMUM_WAIT_EVENTS;
use crate::abi::{Info, ProtocolInfoW, ProviderFlags, Room, SpiCall, WsaError};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::catalog::CatalogEntry;
use crate::world::drive::Next;
use crate::world::event::Event;
use crate::world::frame::{Until, Wait, Woken};
use crate::world::handles::{HandleEntry, Object};
use crate::world::ids::{Handle, ThreadId};
use crate::world::log::Log;

impl World {
    /// A client's call to ws2_32 itself comes in.
    pub(in crate::world) fn enter_api(
        &mut self,
        thread: ThreadId,
        api: ApiCall,
        call: &mut SpiCall,
        log: &mut Log,
    ) -> Next {
        let result = match api {
            ApiCall::Startup { version } => return self.wsa_startup(thread, version, log),
            ApiCall::Cleanup => return self.wsa_cleanup(thread, call, log),
            ApiCall::DuplicateSocketA { s, process, out } => {
                let info = out.then(|| self.machine.blank.clone());
                *call = SpiCall::DuplicateSocket { s, process, info };
                return self.enter_spi_then(thread, call, After::Narrow, log);
            }
            ApiCall::SocketA { af, kind, protocol, info, group, flags } => {
                let info = info.map(|block| block.widened());
                *call = SpiCall::Socket { af, kind, protocol, info, group, flags };
                return self.enter_spi(thread, call, log);
            }
            ApiCall::WaitForMultipleEvents { events, all, alertable, timeout_ms } => {
                return self.wait_for_events(thread, &events, all, (alertable, timeout_ms), log);
            }
            ApiCall::ReadFile { file, room, overlapped } => {
                return self.read_file(thread, file, room, overlapped, (call, log));
            }
            ApiCall::WriteFile { file, data, overlapped } => {
                return self.write_file(thread, file, data, overlapped, (call, log));
            }
            ApiCall::Extension { pointer, call: extension } => {
                *call = *extension;
                return self.enter_extension(thread, pointer, call, log);
            }
            ApiCall::Poll { fds, count, timeout_ms } => return self.enter_poll(thread, fds, count, timeout_ms, log),
            ApiCall::ProviderConfigChange { handle, overlapped } => {
                return self.provider_config_change(thread, handle, overlapped, log);
            }
            ApiCall::GetLastError => Ok(Value::LastError(self.thread(thread).and_then(|t| t.last_error))),
            ApiCall::SetLastError { error } => {
                self.set_last_error(thread, error);
                Ok(Value::Done)
            }
            ApiCall::EnumProtocols { protocols, room } => self.enum_protocols(thread, protocols.as_deref(), room, log),
            ApiCall::CreateEvent => self.create_event(thread),
            ApiCall::CloseEvent { event } => self.close_event(thread, event, log),
            ApiCall::SetEvent { event } => self.set_event(thread, event, true, log),
            ApiCall::ResetEvent { event } => self.set_event(thread, event, false, log),
            ApiCall::SetBlockingHook => self.set_hook(thread, true),
            ApiCall::UnhookBlockingHook => self.set_hook(thread, false),
        };
        Next::finish(result)
    }

    /// A call that lacks room stores how much it needs.
    pub(in crate::world) fn store_needed(&mut self, thread: ThreadId, size: u32, log: &mut Log) {
        if let Some(thread) = self.thread_mut(thread) {
            thread.needed = Some(size);
        }
        log.note(|| Event::SizeStored { thread, size });
    }

    fn set_last_error(&mut self, thread: ThreadId, error: Option<WsaError>) {
        if let Some(thread) = self.thread_mut(thread) {
            thread.last_error = error;
        }
    }

    /// The hook belongs to Winsock 1.1: a client that settled on 2.x is refused, as the documentation of
    /// WSASetBlockingHook says.
    fn set_hook(&mut self, thread: ThreadId, hook: bool) -> Result<Value, WsaError> {
        let client = &self.processes[thread.process.0 as usize].client;
        match client.startups {
            0 => return Err(WsaError::NotInitialised),
            _ if client.version.to_le_bytes()[0] > 1 => return Err(WsaError::OpNotSupp),
            _ => {}
        }
        if let Some(thread) = self.thread_mut(thread) {
            thread.hook = hook;
        }
        Ok(Value::Done)
    }

    /// WSAEnumProtocols: base entries and chains that are not hidden, in catalog order, all or nothing.
    fn enum_protocols(
        &mut self,
        thread: ThreadId,
        protocols: Option<&[i32]>,
        room: Room,
        log: &mut Log,
    ) -> Result<Value, WsaError> {
        let catalog = self.processes[thread.process.0 as usize].client.catalog.as_ref();
        let catalog = catalog.ok_or(WsaError::NotInitialised)?;
        let hidden = |entry: &&CatalogEntry| entry.info.fields().provider_flags.contains(ProviderFlags::HIDDEN);
        if log.is_on() && catalog.entries().iter().any(|entry| hidden(&entry)) {
            log.rule(RuleId::Choose10);
        }
        let wanted =
            |entry: &&CatalogEntry| protocols.is_none_or(|protocols| protocols.contains(&entry.info.fields().protocol));
        let shown = catalog.entries().iter().filter(|entry| !entry.is_layer() && !hidden(entry)).filter(wanted);
        let infos: Arc<[Info]> = shown.map(|entry| entry.info.clone()).collect();
        let needed = infos.len() * ProtocolInfoW::SIZE;
        if room.is_none_or(|room| (room as usize) < needed) {
            log.rule(RuleId::Choose14);
            if room.is_some() {
                self.store_needed(thread, needed as u32, log);
            }
            return Err(WsaError::NoBufs);
        }
        Ok(Value::Infos(infos))
    }

    fn create_event(&mut self, thread: ThreadId) -> Result<Value, WsaError> {
        let limit = self.machine.platform.limits.handles_per_process;
        let event = self.events.create();
        let handles = &mut self.processes[thread.process.0 as usize].handles;
        match handles.insert(limit, HandleEntry::new(Object::Event(event), false)) {
            Some(handle) => Ok(Value::Handle(handle)),
            None => {
                self.events.drop_handle(event);
                Err(WsaError::NotEnoughMemory)
            }
        }
    }

    fn close_event(&mut self, thread: ThreadId, event: Handle, log: &mut Log) -> Result<Value, WsaError> {
        self.processes[thread.process.0 as usize].handles.event(event).ok_or(WsaError::InvalidHandle)?;
        self.close_kernel_handle(thread.process, event, log);
        Ok(Value::Done)
    }

    fn set_event(
        &mut self,
        thread: ThreadId,
        event: Handle,
        signalled: bool,
        log: &mut Log,
    ) -> Result<Value, WsaError> {
        let id = self.processes[thread.process.0 as usize].handles.event(event).ok_or(WsaError::InvalidHandle)?;
        self.events.set(id, signalled);
        log.note(|| Event::EventSet { event: id, signalled });
        Ok(Value::Done)
    }

    fn wait_for_events(
        &mut self,
        thread: ThreadId,
        events: &[Handle],
        all: bool,
        (alertable, timeout_ms): (bool, Option<u64>),
        log: &mut Log,
    ) -> Next {
        if events.is_empty() || events.len() > WSA_MAXIMUM_WAIT_EVENTS {
            log.rule(RuleId::Wait1);
            return Next::finish(Err(WsaError::InvalidParameter));
        }
        let handles = &self.processes[thread.process.0 as usize].handles;
        let ids: Option<Box<[_]>> = events.iter().map(|&event| handles.event(event)).collect();
        let Some(ids) = ids else { return Next::finish(Err(WsaError::InvalidHandle)) };
        let signalled = |event| self.events.get(event).is_some_and(|object| object.signalled);
        let ready = if all { ids.iter().all(|&id| signalled(id)) } else { ids.iter().any(|&id| signalled(id)) };
        if ready {
            return self.waited(thread, events, Woken::Ready);
        }
        if alertable && self.has_apcs(thread) {
            return self.alert(thread, log);
        }
        if timeout_ms == Some(0) {
            return self.waited(thread, events, Woken::TimedOut);
        }
        let deadline = timeout_ms.map(|ms| self.now.plus_ms(ms));
        let until = Until::Events { events: ids, all };
        let until = if alertable { Until::Alertable(Box::new(until)) } else { until };
        let wait = Wait { deadline, ..Wait::until(until) };
        self.park_in_ws2(thread, wait, Ws2Token::Waiting(Box::new(events.to_vec())))
    }

    /// The wait is over: which event, or none in time.
    pub(super) fn waited(&self, thread: ThreadId, events: &[Handle], woken: Woken) -> Next {
        let handles = &self.processes[thread.process.0 as usize].handles;
        let signalled = |&event: &Handle| {
            handles.event(event).and_then(|id| self.events.get(id)).is_some_and(|object| object.signalled)
        };
        Next::finish(match woken {
            Woken::Cancelled(error) => Err(error),
            Woken::TimedOut => Ok(Value::Signalled(None)),
            _ => Ok(Value::Signalled(events.iter().position(signalled).map(|at| at as u32))),
        })
    }
}
