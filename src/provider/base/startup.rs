//! WSPStartup and WSPCleanup.

use super::{Answer, Base};
use crate::abi::{SpiReturn, WsaError};
use crate::provider::context::{Cancel, Context};
use crate::provider::{HandleKind, ShapeKind};
use crate::rules::RuleId;
use crate::world::afd::{Registrant, StateKind, Whose};
use crate::world::catalog::ShapeId;
use crate::world::handles::{Binding, HandleEntry, Object};
use crate::world::ids::{Handle, SocketId};
use crate::world::policy::{FinalCleanup, OpenAtCleanup, PolicyId};
use crate::world::table::Key;
use crate::world::ws2_32::comparable;

impl Base {
    /// WSPStartup: counts, and settles on a version (Startup2..Startup6, Startup12, Startup13).
    pub(super) fn startup(&mut self, cx: &mut Context<'_>, version: u16, out: bool) -> Answer {
        if !out {
            cx.log.rule(RuleId::Startup12);
            return Err(WsaError::Fault);
        }
        if cx.faults.not_ready {
            cx.log.rule(RuleId::Startup13);
            return Err(WsaError::SysNotReady);
        }
        let version = negotiate(cx, version)?;
        if self.startups == 0 && cx.too_many_clients {
            cx.log.rule(RuleId::Startup13);
            return Err(WsaError::ProcLim);
        }
        if self.startups > 0 {
            cx.log.rule(RuleId::R30);
        } else {
            start_thread(cx)?;
        }
        cx.log.rule(RuleId::Startup2);
        self.startups += 1;
        Ok(version)
    }

    /// WSPCleanup: counts down; the last one ends everything of this process (Cleanup1..Cleanup9).
    pub(super) fn cleanup(&mut self, cx: &mut Context<'_>) -> Answer {
        match self.startups {
            0 => {
                cx.log.rule(RuleId::Cleanup2);
                return Err(WsaError::NotInitialised);
            }
            1 => self.end(cx),
            _ => cx.log.rule(RuleId::Cleanup1),
        }
        self.startups -= 1;
        Ok(SpiReturn::Done)
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        cx.log.rule(RuleId::Cleanup3);
        note_end(cx);
        cx.cancel(Cancel::Process);
        cx.log.rule(RuleId::Cleanup4);
        let own = Whose::Process(cx.thread.process);
        let (afd, mut afd_cx) = cx.afd();
        afd.cancel_everywhere(&mut afd_cx, own, true);
        for (handle, socket) in self.give_back_handles(cx) {
            let registrant = Registrant { process: cx.thread.process, handle };
            let policies = *cx.machine.policies();
            let (afd, mut afd_cx) = cx.afd();
            afd.registrant_gone(&mut afd_cx, socket, registrant);
            afd_cx.log.policy(PolicyId::final_cleanup);
            if policies.final_cleanup == FinalCleanup::ResetForAll {
                afd.reset_for_all(&mut afd_cx, socket);
            }
            afd_cx.log.policy(PolicyId::open_at_cleanup);
            if afd.socket(socket).is_some_and(|socket| socket.references() > 1) {
                afd_cx.log.rule(RuleId::Cleanup9);
            }
            if policies.open_at_cleanup == OpenAtCleanup::Reset {
                afd_cx.log.rule(RuleId::Cleanup5);
            }
            afd.release(&mut afd_cx, socket, policies.open_at_cleanup.into());
        }
    }

    /// Takes every descriptor's number away; what they referred to is still to be released.
    fn give_back_handles(&mut self, cx: &mut Context<'_>) -> Vec<(Handle, SocketId)> {
        if cx.shape().handles == HandleKind::Ifs {
            let own = ifs_descriptors(cx);
            for &(handle, _) in &own {
                cx.handles.remove(handle);
            }
            return own;
        }
        cx.log.rule(RuleId::R27);
        let records = std::mem::take(&mut self.records);
        for (id, record) in records.iter() {
            if cx.is_own(record.handle, id.slot()) {
                let _ = cx.close_socket_handle(record.handle);
            }
        }
        records.iter().map(|(_, record)| (record.handle, record.socket)).collect()
    }
}

/// A provider that needs a thread of its own starts it now, and cannot without a handle to spare.
fn start_thread(cx: &mut Context<'_>) -> Result<(), WsaError> {
    if !matches!(cx.shape().kind, ShapeKind::Base { service_thread: true, .. }) || !cx.is_full() {
        return Ok(());
    }
    cx.log.rule(RuleId::Startup14);
    Err(WsaError::OpNotSupp)
}

/// Sockets that are closed already send on.
fn note_end(cx: &mut Context<'_>) {
    if cx.log.is_on() && cx.afd.iter().any(|(_, socket)| socket.state() == StateKind::Closing) {
        cx.log.rule(RuleId::Cleanup6);
    }
}

/// The OS socket handles of the process that lead to this base.
fn ifs_descriptors(cx: &Context<'_>) -> Vec<(Handle, SocketId)> {
    let base_of = |binding: Binding| cx.catalog.base_of(cx.catalog.entry(binding.entry)?);
    let own = |entry: &HandleEntry| match (entry.object, entry.binding) {
        (Object::Socket(socket), binding) => match binding.and_then(base_of) {
            Some(base) => (base == cx.shape_id).then_some(socket),
            None => cx.is_only_ifs_base().then_some(socket),
        },
        _ => None,
    };
    cx.handles.iter().filter_map(|(handle, entry)| own(entry).map(|socket| (handle, socket))).collect()
}

/// Version negotiation: the smaller of what is asked and the highest supported.
pub(in crate::provider) fn negotiate(cx: &mut Context<'_>, asked: u16) -> Answer {
    let (lowest, highest) = cx.shape().versions;
    if comparable(asked) < comparable(lowest) {
        cx.log.rule(RuleId::Startup4);
        return Err(WsaError::VerNotSupported);
    }
    cx.log.rule(RuleId::Startup3);
    let version = if comparable(asked) < comparable(highest) { asked } else { highest };
    Ok(SpiReturn::Started { version, high: highest })
}

impl Context<'_> {
    /// Whether no other loaded base provider has OS handles: an unclaimed one can then only be this provider's.
    fn is_only_ifs_base(&self) -> bool {
        let is_ifs_base = |shape: ShapeId| {
            let shape = self.machine.shape(shape);
            matches!(shape.kind, ShapeKind::Base { .. }) && shape.handles == HandleKind::Ifs
        };
        self.loaded.iter().filter(|&&(shape, _)| is_ifs_base(shape)).count() == 1
    }
}
