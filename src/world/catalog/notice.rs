//! WSAProviderConfigChange: who wants to hear of changes, and how they are told.

use crate::abi::client::Value;
use crate::abi::{Overlapped, SpiResult, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::afd::{Completion, Issuer};
use crate::world::catalog::ShapeId;
use crate::world::drive::Next;
use crate::world::frame::{Until, Wait};
use crate::world::handles::{HandleEntry, Object};
use crate::world::ids::{Handle, Incarnation, ThreadId};
use crate::world::log::Log;
use crate::world::ws2_32::Ws2Token;

/// An overlapped WSAProviderConfigChange that is pending.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CatalogWatch {
    /// Who made it.
    pub thread: ThreadId,
    /// The notification handle.
    pub handle: Handle,
    /// The structure.
    pub overlapped: Overlapped,
}

impl World {
    /// WSAProviderConfigChange. `handle` is what lpNotificationHandle points to.
    pub(in crate::world) fn provider_config_change(
        &mut self,
        thread: ThreadId,
        handle: Option<Handle>,
        overlapped: Option<Box<Overlapped>>,
        log: &mut Log,
    ) -> Next {
        if self.processes[thread.process.0 as usize].client.startups == 0 {
            return Next::finish(Err(WsaError::NotInitialised));
        }
        let Some(handle) = handle else { return Next::finish(Err(WsaError::Fault)) };
        if handle == Handle::NULL {
            return Next::finish(self.create_notice(thread, log));
        }
        let Some(seen) = self.notice_seen(thread.process, handle) else {
            return Next::finish(Err(WsaError::InvalidHandle));
        };
        if seen != self.installed.changes() {
            log.rule(RuleId::WscNotice3);
            self.see_changes(thread.process, handle);
            if let Some(overlapped) = overlapped {
                self.end_watch(CatalogWatch { thread, handle, overlapped: *overlapped }, Ok(SpiReturn::Done), log);
            }
            return Next::finish(Ok(Value::Done));
        }
        log.rule(RuleId::WscNotice2);
        let Some(overlapped) = overlapped else {
            return self.park_in_ws2(thread, Wait::until(Until::CatalogChange(seen)), Ws2Token::Watching(handle));
        };
        if let Err(error) = self.check_overlapped(thread, None, &overlapped, log) {
            return Next::finish(Err(error));
        }
        let process = &mut self.processes[thread.process.0 as usize];
        process.overlapped.begin(&overlapped);
        process.catalog_watches.push(CatalogWatch { thread, handle, overlapped: *overlapped });
        Next::finish(Err(WsaError::IoPending))
    }

    fn create_notice(&mut self, thread: ThreadId, log: &mut Log) -> Result<Value, WsaError> {
        log.rule(RuleId::WscNotice1);
        let limit = self.machine.platform.limits.handles_per_process;
        let object = Object::CatalogNotice { seen: self.installed.changes() };
        let handles = &mut self.processes[thread.process.0 as usize].handles;
        handles.insert(limit, HandleEntry::new(object, false)).map(Value::Handle).ok_or(WsaError::NotEnoughMemory)
    }

    /// The change a notification handle has told of last.
    fn notice_seen(&self, process: Incarnation, handle: Handle) -> Option<u32> {
        match self.processes[process.0 as usize].handles.get(handle)?.object {
            Object::CatalogNotice { seen } => Some(seen),
            _ => None,
        }
    }

    /// A notification handle has told of everything there was.
    pub(in crate::world) fn see_changes(&mut self, process: Incarnation, handle: Handle) {
        let changes = self.installed.changes();
        let entry = self.processes[process.0 as usize].handles.get_mut(handle);
        if let Some(Object::CatalogNotice { seen }) = entry.map(|entry| &mut entry.object) {
            *seen = changes;
        }
    }

    /// A catalog has changed: pending calls of all processes complete. Those that wait see it by themselves.
    pub(super) fn tell_of_change(&mut self, log: &mut Log) {
        for at in 0..self.processes.len() {
            for watch in std::mem::take(&mut self.processes[at].catalog_watches) {
                log.rule(RuleId::WscNotice2);
                self.see_changes(watch.thread.process, watch.handle);
                self.end_watch(watch, Ok(SpiReturn::Done), log);
            }
        }
    }

    /// A notification handle is closed: what is pending on it ends.
    pub(in crate::world) fn notice_closed(&mut self, process: Incarnation, handle: Handle, log: &mut Log) {
        self.abort_watches(process, |watch| watch.handle == handle, log);
    }

    /// A thread has ended: what it has pending ends.
    pub(in crate::world) fn end_watches_of(&mut self, thread: ThreadId, log: &mut Log) {
        self.abort_watches(thread.process, |watch| watch.thread == thread, log);
    }

    fn abort_watches(&mut self, process: Incarnation, which: impl Fn(&CatalogWatch) -> bool, log: &mut Log) {
        let watches = &mut self.processes[process.0 as usize].catalog_watches;
        let all = std::mem::take(watches);
        let (ended, left): (Vec<_>, Vec<_>) = all.into_iter().partition(which);
        *watches = left;
        for watch in ended {
            log.rule(RuleId::WscNotice4);
            self.end_watch(watch, Err(WsaError::OperationAborted), log);
        }
    }

    fn end_watch(&mut self, watch: CatalogWatch, result: SpiResult, log: &mut Log) {
        let CatalogWatch { thread, handle, overlapped } = watch;
        if self.thread(thread).is_some_and(|thread| !thread.ended) {
            // Nobody's descriptor: only whom to tell counts.
            let issuer = Issuer { thread, via: handle, by: ShapeId(0) };
            let completion = Completion {
                issuer,
                overlapped,
                port: None,
                result: result.clone(),
                silent: false,
                before_close: false,
            };
            self.announce(&completion, log);
        }
        self.processes[thread.process.0 as usize].overlapped.finish(&overlapped, result);
    }
}
