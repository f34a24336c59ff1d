//! Calls that go down into a provider.

use std::ops::RangeInclusive;

use super::choose::{self, Request};
use super::{After, Ws2Token, open_type};
use crate::abi::client::Value;
use crate::abi::{Block, Info, Name, Overlapped, SocketFlags, SpiCall, SpiResult, SpiReturn, WsaError};
use crate::provider::context::Cancel;
use crate::provider::{Callee, ShapeFault};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::drive::{Next, blocked_providers};
use crate::world::duplication::Duplication;
use crate::world::frame::Token;
use crate::world::handles::{Binding, HandleEntry, Object};
use crate::world::ids::{Handle, InstanceId, ThreadId};
use crate::world::log::Log;
use crate::world::policy::{BlockReuse, DuplicateInheritable, FailedOpen, PolicyId, TokenPlace};

/// Where a handle leads.
pub(in crate::world) enum Route {
    Owner(InstanceId),
    Unknown,
    NoSocket,
}

impl World {
    /// A client's SPI call comes in.
    pub(in crate::world) fn enter_spi(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Next {
        self.enter_spi_then(thread, call, After::Plain, log)
    }

    pub(super) fn enter_spi_then(&mut self, thread: ThreadId, call: &mut SpiCall, after: After, log: &mut Log) -> Next {
        if self.processes[thread.process.0 as usize].client.startups == 0 {
            log.rule(RuleId::G8);
            return Next::finish(Err(WsaError::NotInitialised));
        }
        if let Some(overlapped) = call.overlapped()
            && let Err(error) = self.check_overlapped(thread, call.socket(), overlapped, log)
        {
            return Next::finish(Err(error));
        }
        match call {
            SpiCall::Socket { .. } => self.enter_socket(thread, call, log),
            SpiCall::AddressToString { .. } | SpiCall::StringToAddress { .. } => self.enter_address(thread, call, log),
            SpiCall::CancelBlockingCall => self.enter_cancel(thread, call, log),
            SpiCall::Select { .. } => self.enter_select(thread, call, log),
            SpiCall::DuplicateSocket { info: None, .. } => {
                log.rule(RuleId::Dup14);
                Next::finish(Err(WsaError::Fault))
            }
            _ if open_type::is_meant(call) => self.open_type(thread, call, log),
            _ => self.enter_on_handle(thread, call, after, log),
        }
    }

    /// Whether ws2_32 has to do something about a call on a socket before, or instead of, calling its owner.
    #[inline]
    pub(in crate::world) fn is_for_ws2_32(&self, thread: ThreadId, call: &SpiCall, log: &mut Log) -> bool {
        let refused = |overlapped| self.check_overlapped(thread, call.socket(), overlapped, log).is_err();
        matches!(call, SpiCall::DuplicateSocket { info: None, .. })
            || open_type::is_meant(call)
            || call.overlapped().is_some_and(refused)
    }

    /// What holds for an overlapped structure whoever owns the socket: it serves one operation at a time (O5), and a
    /// routine cannot be had on a socket with a completion port (O15).
    pub(in crate::world) fn check_overlapped(
        &self,
        thread: ThreadId,
        s: Option<Handle>,
        overlapped: &Overlapped,
        log: &mut Log,
    ) -> Result<(), WsaError> {
        let process = &self.processes[thread.process.0 as usize];
        if process.overlapped.is_pending((None, overlapped.id)) || process.has_on_its_way(overlapped.id) {
            log.rule(RuleId::O5);
            return Err(WsaError::Inval);
        }
        let socket = s.filter(|_| overlapped.routine.is_some()).and_then(|s| self.shared_socket(thread.process, s));
        if socket.is_some_and(|socket| self.afd.completion_port(socket).is_some()) {
            log.rule(RuleId::O15);
            return Err(WsaError::Inval);
        }
        Ok(())
    }

    fn enter_on_handle(&mut self, thread: ThreadId, call: &mut SpiCall, after: After, log: &mut Log) -> Next {
        let handle = call.socket().unwrap_or(Handle::INVALID);
        match self.route(thread, handle) {
            Route::Owner(owner) => self.call_from_ws2(thread, Callee::Instance(owner), Ws2Token::Calling(after)),
            Route::Unknown => self.start_probing(thread, handle, call, after, log),
            Route::NoSocket => {
                log.rule(RuleId::G5);
                self.note_no_socket(thread, handle, call, log);
                Next::finish(Err(WsaError::NotSock))
            }
        }
    }

    /// Whose handle it is (R26).
    #[inline]
    pub(in crate::world) fn route(&self, thread: ThreadId, handle: Handle) -> Route {
        let process = &self.processes[thread.process.0 as usize];
        match process.handles.get(handle) {
            Some(HandleEntry { binding: Some(Binding { instance, .. }), .. }) => Route::Owner(*instance),
            Some(HandleEntry { binding: None, object: Object::Socket(_), .. }) => Route::Unknown,
            _ => Route::NoSocket,
        }
    }

    /// Why a number names no socket here.
    fn note_no_socket(&self, thread: ThreadId, handle: Handle, call: &SpiCall, log: &mut Log) {
        let handles = &self.processes[thread.process.0 as usize].handles;
        if handles.get(handle).is_some_and(|entry| entry.object == Object::NonIfs) {
            log.rule(RuleId::Inherit4);
        } else if matches!(call, SpiCall::CloseSocket { .. }) {
            log.rule(RuleId::Close17);
        }
    }

    fn enter_socket(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Next {
        match self.choose(thread, call, log) {
            Ok((entry, after)) => self.call_entry(thread, entry, call, after, log),
            Err(error) => Next::finish(Err(error)),
        }
    }

    /// Chooses the entry a new socket is of, whose protocol info then stands in the call.
    #[inline]
    pub(in crate::world) fn choose(
        &self,
        thread: ThreadId,
        call: &mut SpiCall,
        log: &mut Log,
    ) -> Result<(u32, After), WsaError> {
        let SpiCall::Socket { af, kind, protocol, info, flags, .. } = call else {
            return Err(WsaError::SysCallFailure);
        };
        let policies = self.machine.policies();
        let token_place = match self.machine.any_faulty(ShapeFault::TokenInServiceFlags) {
            true => TokenPlace::ServiceFlags,
            false => policies.token_place,
        };
        let catalog =
            self.processes[thread.process.0 as usize].client.catalog.as_ref().ok_or(WsaError::NotInitialised)?;
        let entry = match &*info {
            Some(block) => {
                log.rule(RuleId::R23);
                choose::by_block(catalog, block, log)?
            }
            None => choose::by_triple(catalog, Request { af: *af, kind: *kind, protocol: *protocol }, policies, log)?,
        };
        let (id, given) = (entry.id(), info.is_some());
        let token = match info.get_or_insert_with(|| Block::Info(entry.info.clone())) {
            Block::Info(passed) => token_of(passed, token_place),
            Block::WrongLength(_) => 0,
        };
        log.rule(match (given, token) {
            (false, _) => RuleId::Socket2,
            (true, 0) => RuleId::Socket18,
            (true, _) => RuleId::Dup15,
        });
        Ok((id, After::Socket { flags: *flags, token }))
    }

    /// The two conversions need no socket; without protocol info the first entry that serves the family gets them
    /// (AddrText8).
    fn enter_address(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Next {
        let (info, family) = match &mut *call {
            SpiCall::AddressToString { address, info, .. } => {
                let family = match address {
                    Name::At { address, .. } => address.family(),
                    Name::Null => return Next::finish(Err(WsaError::Fault)),
                };
                (info, family)
            }
            SpiCall::StringToAddress { info, family, .. } => {
                let family = *family;
                (info, family)
            }
            _ => return Next::finish(Err(WsaError::SysCallFailure)),
        };
        let Some(catalog) = &self.processes[thread.process.0 as usize].client.catalog else {
            return Next::finish(Err(WsaError::NotInitialised));
        };
        let entry = match &*info {
            Some(given) => catalog.entry(given.catalog_entry_id()),
            None => {
                log.rule(RuleId::AddrText8);
                let serves = |info: &Info| family == 0 || info.fields().address_family == family;
                catalog.entries().iter().find(|entry| !entry.is_layer() && serves(&entry.info))
            }
        };
        let Some(entry) = entry.filter(|entry| !entry.is_layer()) else {
            return Next::finish(Err(WsaError::Inval));
        };
        let id = entry.id();
        info.get_or_insert_with(|| entry.info.clone());
        self.call_entry(thread, id, call, After::Plain, log)
    }

    /// WSPCancelBlockingCall goes to the provider that is blocking this thread (Cancel1, Cancel2).
    fn enter_cancel(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Next {
        let process = &self.processes[thread.process.0 as usize];
        let frames = &process.threads[thread.index as usize].frames;
        let blocked = blocked_providers(frames);
        if blocked.as_ref().is_some_and(RangeInclusive::is_empty) {
            // ws2_32 itself waits.
            self.cancel(thread, Cancel::Thread, log);
            return Next::finish(Ok(Value::Spi(SpiReturn::Done)));
        }
        match blocked.and_then(|providers| frames.get(*providers.start())).map(|frame| &frame.token) {
            Some(&Token::Provider(instance, _)) => {
                *call = SpiCall::CancelBlockingCall;
                self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Calling(After::Plain))
            }
            _ => {
                log.rule(RuleId::Cancel2);
                Next::finish(Err(WsaError::Inval))
            }
        }
    }

    /// The end of a WSPSocket: the descriptor's inheritance, and what a block has become.
    pub(in crate::world) fn settle_socket(
        &mut self,
        thread: ThreadId,
        flags: SocketFlags,
        token: u32,
        result: &SpiResult,
        log: &mut Log,
    ) {
        let opened = token != 0;
        if opened {
            self.settle_block(token, result.is_ok(), log);
        }
        let policy = self.machine.policies().duplicate_inheritable;
        if let Ok(SpiReturn::Socket { socket, .. }) = result {
            if !opened {
                log.rule(RuleId::Inherit1);
            }
            let process = &mut self.processes[thread.process.0 as usize];
            if let Some(entry) = process.handles.get_mut(*socket) {
                entry.inheritable =
                    !flags.contains(SocketFlags::NO_HANDLE_INHERIT) && (!opened || policy == DuplicateInheritable::Yes);
            }
        }
    }

    /// Under `NeverConsumed` only the end of the whole open decides about a block that a base has opened.
    fn settle_block(&mut self, token: u32, succeeded: bool, log: &mut Log) {
        if self.machine.policies().failed_open != FailedOpen::NeverConsumed {
            if !succeeded {
                log.policy(PolicyId::failed_open);
            }
            return;
        }
        let Some(duplication) = self.duplications.get_mut(token) else { return };
        if duplication.opened.is_none_or(|opened| opened.settled) {
            return;
        }
        log.policy(PolicyId::failed_open);
        if !succeeded {
            duplication.opened = None;
            return;
        }
        let remembered = self.machine.policies().block_reuse != BlockReuse::Refuse;
        if let Some(Duplication { holds_reference: true, socket, .. }) = self.duplications.spend(token, remembered) {
            let (afd, mut cx) = self.afd_cx(log);
            afd.drop_duplication(&mut cx, socket);
        }
    }
}

/// The word by which a base knows its block again; 0 for an ordinary catalog entry.
pub(crate) fn token_of(info: &Info, place: TokenPlace) -> u32 {
    match place {
        TokenPlace::ProviderReserved => info.reserved(),
        TokenPlace::ServiceFlags => info.fields().service_flags3,
    }
}
