//! Starting and stopping: WSAStartup, WSACleanup, and the one WSPStartup per process and provider id.

use super::{After, Starting, Then, Ws2Token};
use crate::abi::client::{Value, WsaData};
use crate::abi::consts::WINSOCK_VERSION_2_2;
use crate::abi::{SpiCall, SpiReturn, WsaError};
use crate::provider::{Callee, HandleKind, InFlight, Instance, Resumed, ShapeFault, ShapeKind, State};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::afd::Release;
use crate::world::catalog::ShapeId;
use crate::world::drive::Next;
use crate::world::handles::Object;
use crate::world::ids::{Incarnation, InstanceId, ThreadId};
use crate::world::log::Log;
use crate::world::process::Process;
use crate::world::table::Table;

/// Versions as numbers that can be compared: major in the high byte.
pub(crate) fn comparable(version: u16) -> u16 {
    version.swap_bytes()
}

impl World {
    /// WSAStartup: settles on a version; the first one fixes the catalog this process sees (Choose11).
    pub(super) fn wsa_startup(&mut self, thread: ThreadId, version: u16, log: &mut Log) -> Next {
        if comparable(version) < comparable(1) {
            return Next::finish(Err(WsaError::VerNotSupported));
        }
        let Process { client, program, .. } = &self.processes[thread.process.0 as usize];
        let catalog = (client.startups == 0).then(|| self.installed.snapshot(program, log));
        let client = &mut self.processes[thread.process.0 as usize].client;
        let high = WINSOCK_VERSION_2_2;
        let settled = if comparable(version) < comparable(high) { version } else { high };
        log.rule(if client.startups == 0 { RuleId::Choose11 } else { RuleId::Startup6 });
        if client.startups == 0 {
            client.version = settled;
            client.catalog = catalog;
        }
        client.startups += 1;
        Next::finish(Ok(Value::WsaData(WsaData::new(version, settled, high))))
    }

    /// WSACleanup: counts down; the last one cleans up every provider ws2_32 has started (Cleanup1..Cleanup9).
    pub(super) fn wsa_cleanup(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Next {
        let client = &mut self.processes[thread.process.0 as usize].client;
        match client.startups {
            0 => {
                log.rule(RuleId::Cleanup2);
                Next::finish(Err(WsaError::NotInitialised))
            }
            1 => {
                let left = client.started.iter().map(|&(_, instance)| instance).collect();
                self.clean_next(thread, left, call, log)
            }
            _ => {
                log.rule(RuleId::Cleanup1);
                client.startups -= 1;
                Next::finish(Ok(Value::Done))
            }
        }
    }

    /// A provider has answered its WSPCleanup. One that refuses keeps Winsock alive: the client may try again.
    pub(super) fn cleaned(
        &mut self,
        thread: ThreadId,
        left: Vec<InstanceId>,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        if flight.result.is_err() {
            return Next::finish(flight.take_result().map(Value::Spi));
        }
        if let Resumed::Result { from } = resumed {
            let client = &mut self.processes[thread.process.0 as usize].client;
            client.started.retain(|&(_, instance)| instance != from);
        }
        self.clean_next(thread, left, flight.call, log)
    }

    /// Calls the next provider's WSPCleanup; after the last one Winsock is over for this process.
    pub(super) fn clean_next(
        &mut self,
        thread: ThreadId,
        mut left: Vec<InstanceId>,
        call: &mut SpiCall,
        log: &mut Log,
    ) -> Next {
        if let Some(instance) = left.pop() {
            *call = SpiCall::Cleanup;
            return self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Cleaning(Box::new(left)));
        }
        log.rule(RuleId::R29);
        log.rule(RuleId::Cleanup7);
        self.release_unclaimed(thread.process, log);
        if self.checks.is_some() {
            self.forget_checks(thread.process, false);
        }
        let process = &mut self.processes[thread.process.0 as usize];
        process.client = crate::world::process::Client::default();
        process.threads.iter_mut().for_each(|thread| thread.lose_providers(log));
        process.overlapped.abort_all();
        process.catalog_watches.clear();
        let unloaded = std::mem::take(&mut process.instances);
        process.loaded.clear();
        process.handles.unbind_all();
        if !self.machine.is_faithful() {
            self.drop_left_over(thread.process, unloaded, log);
        }
        Next::finish(Ok(Value::Done))
    }

    /// Socket handles that no provider has claimed: with several that could, each leaves them to the others, and the
    /// end of the last takes them along.
    fn release_unclaimed(&mut self, process: Incarnation, log: &mut Log) {
        if self.machine.any_faulty(ShapeFault::SkipLowerCleanup) {
            // Nobody has told the base of the end.
            return;
        }
        let state = &self.processes[process.0 as usize];
        let takes_any = |shape: ShapeId| {
            let shape = self.machine.shape(shape);
            matches!(shape.kind, ShapeKind::Base { .. }) && shape.handles == HandleKind::Ifs
        };
        if !state.loaded.iter().any(|&(shape, _)| takes_any(shape)) {
            return;
        }
        let left = state.handles.iter().filter(|(_, entry)| matches!(entry.object, Object::Socket(_)));
        let left: Vec<_> = left.map(|(handle, entry)| (handle, entry.object)).collect();
        let how = self.machine.policies().open_at_cleanup.into();
        for (handle, object) in left {
            log.rule(RuleId::Cleanup10);
            self.processes[process.0 as usize].handles.remove(handle);
            self.drop_object(process, handle, object, how, log);
        }
    }

    /// A provider that was never told of the end has held on to its sockets; with its code they go.
    fn drop_left_over(&mut self, process: Incarnation, unloaded: Table<InstanceId, Instance>, log: &mut Log) {
        self.forget_operations(process, log);
        for (_, instance) in unloaded.iter() {
            let State::Base(base) = &instance.state else { continue };
            for (handle, socket) in base.records() {
                self.drop_object(process, handle, Object::Socket(socket), Release::Close, log);
            }
        }
    }

    /// Calls the provider of an entry, having started it if this process has not yet (Startup1).
    pub(super) fn call_entry(
        &mut self,
        thread: ThreadId,
        entry: u32,
        call: &mut SpiCall,
        after: After,
        log: &mut Log,
    ) -> Next {
        match self.started_instance(thread, entry) {
            Some(instance) => self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Calling(after)),
            None => {
                let wanted = std::mem::replace(call, SpiCall::Cleanup);
                self.start_provider(thread, Starting { entry, then: Then::Call(wanted, after) }, call, log)
            }
        }
    }

    /// The instance of an entry's provider, if ws2_32 has started that provider id in this process.
    pub(in crate::world) fn started_instance(&self, thread: ThreadId, entry: u32) -> Option<InstanceId> {
        let client = &self.processes[thread.process.0 as usize].client;
        let provider = client.catalog.as_ref()?.entry(entry)?.provider_id();
        client.started.iter().find(|&&(id, _)| id == provider).map(|&(_, instance)| instance)
    }

    pub(super) fn start_provider(
        &mut self,
        thread: ThreadId,
        starting: Starting,
        call: &mut SpiCall,
        log: &mut Log,
    ) -> Next {
        log.rule(RuleId::Startup1);
        log.rule(RuleId::Startup7);
        let entry = starting.entry;
        let catalog = self.processes[thread.process.0 as usize].client.catalog.as_ref();
        let Some(info) = catalog.and_then(|catalog| catalog.entry(entry)).map(|entry| entry.info.clone()) else {
            return Next::finish(Err(WsaError::Inval));
        };
        *call = SpiCall::Startup { version: WINSOCK_VERSION_2_2, info, out: true };
        self.call_from_ws2(thread, Callee::Entry(entry), Ws2Token::Starting(Box::new(starting)))
    }

    /// Whether a provider has put something into every entry of its table.
    fn is_complete(&self, thread: ThreadId, instance: InstanceId) -> bool {
        let process = &self.processes[thread.process.0 as usize];
        process.instances.get(instance).is_none_or(|it| self.machine.shape(it.shape).missing.is_empty())
    }

    /// A provider that has started is of no use: it is cleaned up, and the client's call gives this.
    fn refuse(&mut self, thread: ThreadId, instance: InstanceId, error: WsaError, call: &mut SpiCall) -> Next {
        *call = SpiCall::Cleanup;
        self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Refusing(error))
    }

    /// WSPStartup has answered.
    pub(super) fn started(
        &mut self,
        thread: ThreadId,
        starting: Starting,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        let instance = match (resumed, &flight.result) {
            (Resumed::Result { from }, Ok(SpiReturn::Started { version: WINSOCK_VERSION_2_2, .. })) => {
                if !self.is_complete(thread, from) {
                    log.rule(RuleId::Startup15);
                    return self.refuse(thread, from, WsaError::InvalidProcTable, flight.call);
                }
                from
            }
            (Resumed::Result { from }, Ok(_)) => {
                log.rule(RuleId::Startup9);
                return self.refuse(thread, from, WsaError::InvalidProvider, flight.call);
            }
            (resumed, _) => {
                if resumed == Resumed::NotLoaded {
                    log.rule(RuleId::Startup16);
                }
                log.rule(RuleId::Choose12);
                return match starting.then {
                    Then::Call(..) => Next::finish(Err(WsaError::ProviderFailedInit)),
                    Then::Probe(probing) => self.probe_next(thread, probing.next(), flight.call, log),
                };
            }
        };
        let client = &mut self.processes[thread.process.0 as usize].client;
        if let Some(entry) = client.catalog.as_ref().and_then(|catalog| catalog.entry(starting.entry)) {
            client.started.push((entry.provider_id(), instance));
        }
        match starting.then {
            Then::Call(wanted, after) => {
                *flight.call = wanted;
                self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Calling(after))
            }
            Then::Probe(probing) => self.probe(thread, *probing, instance, flight.call),
        }
    }
}
