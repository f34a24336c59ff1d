//! Starting and stopping: WSAStartup, WSACleanup, and the one WSPStartup per process and provider id.

use std::sync::Arc;

use super::{After, Starting, Then, Ws2Token};
use crate::abi::client::Value;
use crate::abi::consts::WINSOCK_VERSION_2_2;
use crate::abi::{SpiCall, SpiReturn, WsaError};
use crate::provider::{Callee, Resumed};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::drive::Next;
use crate::world::ids::{InstanceId, ThreadId};
use crate::world::log::Log;

/// Versions as numbers that can be compared: major in the high byte.
pub(crate) fn comparable(version: u16) -> u16 {
    version.swap_bytes()
}

impl World {
    /// WSAStartup: settles on a version; the first one fixes the catalog this process sees (Choose11).
    pub(super) fn wsa_startup(&mut self, thread: ThreadId, version: u16) -> Next {
        if comparable(version) < comparable(1) {
            return Next::Finish(Err(WsaError::VerNotSupported));
        }
        let catalog = Arc::clone(&self.machine.catalog);
        let client = &mut self.processes[thread.process.0 as usize].client;
        if client.startups == 0 {
            client.version =
                if comparable(version) < comparable(WINSOCK_VERSION_2_2) { version } else { WINSOCK_VERSION_2_2 };
            client.catalog = Some(catalog);
        }
        client.startups += 1;
        let (version, high) = (client.version, WINSOCK_VERSION_2_2);
        Next::Finish(Ok(Value::Spi(SpiReturn::Started { version, high })))
    }

    /// WSACleanup: counts down; the last one cleans up every provider ws2_32 has started (Cleanup1..Cleanup9).
    pub(super) fn wsa_cleanup(&mut self, thread: ThreadId, log: &mut Log) -> Next {
        let client = &mut self.processes[thread.process.0 as usize].client;
        match client.startups {
            0 => {
                log.rule(RuleId::Cleanup2);
                Next::Finish(Err(WsaError::NotInitialised))
            }
            1 => {
                let left = client.started.iter().map(|&(_, instance)| instance).collect();
                self.clean_next(thread, left, log)
            }
            _ => {
                log.rule(RuleId::Cleanup1);
                client.startups -= 1;
                Next::Finish(Ok(Value::Done))
            }
        }
    }

    /// Calls the next provider's WSPCleanup; after the last one Winsock is over for this process.
    pub(super) fn clean_next(&mut self, thread: ThreadId, mut left: Vec<InstanceId>, log: &mut Log) -> Next {
        if let Some(instance) = left.pop() {
            let token = Self::ws2(Ws2Token::Cleaning(left));
            return Next::Call(Callee::Instance(instance), SpiCall::Cleanup, token);
        }
        log.rule(RuleId::R29);
        let process = &mut self.processes[thread.process.0 as usize];
        process.client = crate::world::process::Client::default();
        process.instances = crate::world::table::Table::new();
        process.loaded.clear();
        process.handles.unbind_all();
        Next::Finish(Ok(Value::Done))
    }

    /// Calls the provider of an entry, having started it if this process has not yet (Startup1).
    pub(super) fn call_entry(
        &mut self,
        thread: ThreadId,
        entry: u32,
        call: SpiCall,
        after: After,
        log: &mut Log,
    ) -> Next {
        match self.started_instance(thread, entry) {
            Some(instance) => Next::Call(Callee::Instance(instance), call, Self::ws2(Ws2Token::Calling(after))),
            None => self.start_provider(thread, Starting { entry, then: Then::Call(call, after) }, log),
        }
    }

    /// The instance of an entry's provider, if ws2_32 has started that provider id in this process.
    pub(super) fn started_instance(&self, thread: ThreadId, entry: u32) -> Option<InstanceId> {
        let client = &self.processes[thread.process.0 as usize].client;
        let provider = client.catalog.as_ref()?.entry(entry)?.provider_id();
        client.started.iter().find(|&&(id, _)| id == provider).map(|&(_, instance)| instance)
    }

    pub(super) fn start_provider(&mut self, thread: ThreadId, starting: Starting, log: &mut Log) -> Next {
        log.rule(RuleId::Startup1);
        let entry = starting.entry;
        let catalog = self.processes[thread.process.0 as usize].client.catalog.as_ref();
        let Some(info) = catalog.and_then(|catalog| catalog.entry(entry)).map(|entry| entry.info.clone()) else {
            return Next::Finish(Err(WsaError::Inval));
        };
        let call = SpiCall::Startup { version: WINSOCK_VERSION_2_2, info, out: true };
        Next::Call(Callee::Entry(entry), call, Self::ws2(Ws2Token::Starting(Box::new(starting))))
    }

    /// WSPStartup has answered.
    pub(super) fn started(&mut self, thread: ThreadId, starting: Starting, resumed: Resumed, log: &mut Log) -> Next {
        let instance = match resumed {
            Resumed::Result { from, result: Ok(SpiReturn::Started { version: WINSOCK_VERSION_2_2, .. }) } => from,
            Resumed::Result { from, result: Ok(_) } => {
                log.rule(RuleId::Startup9);
                let token = Self::ws2(Ws2Token::Refusing);
                return Next::Call(Callee::Instance(from), SpiCall::Cleanup, token);
            }
            _ => {
                log.rule(RuleId::Choose12);
                return match starting.then {
                    Then::Call(..) => Next::Finish(Err(WsaError::ProviderFailedInit)),
                    Then::Probe(probing) => self.probe_next(thread, probing.next(), log),
                };
            }
        };
        let client = &mut self.processes[thread.process.0 as usize].client;
        if let Some(entry) = client.catalog.as_ref().and_then(|catalog| catalog.entry(starting.entry)) {
            client.started.push((entry.provider_id(), instance));
        }
        match starting.then {
            Then::Call(call, after) => {
                Next::Call(Callee::Instance(instance), call, Self::ws2(Ws2Token::Calling(after)))
            }
            Then::Probe(probing) => self.probe(*probing, instance),
        }
    }
}
