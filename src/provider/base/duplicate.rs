//! WSPDuplicateSocket: the source's side of a hand-over.

use super::{Answer, At, Base, own_entry, shared};
use crate::abi::{Info, SpiReturn, WsaError};
use crate::provider::{Context, Duplicating, ShapeFault, ShapeKind};
use crate::rules::RuleId;
use crate::world::event::Event;
use crate::world::ids::{Handle, Incarnation, ProcessId};
use crate::world::policy::{DuplicateNeedsHandle, PolicyId, ReferenceTaken, TokenPlace, UnknownProcess};

impl Base {
    /// WSPDuplicateSocket. What the buffer holds makes no difference (Dup9); it comes back as this provider's own
    /// entry with the token that [`open`](super::open) knows again (R4).
    pub(super) fn duplicate(
        &mut self,
        cx: &mut Context<'_>,
        s: Handle,
        process: ProcessId,
        buffer: Option<&Info>,
    ) -> Answer {
        let at = self.at(cx, s)?;
        let Some(buffer) = buffer else {
            cx.log.rule(RuleId::Dup14);
            if cx.faulty(ShapeFault::StrandOnNullOutput) {
                strand(cx, at, process);
            }
            return Err(WsaError::Fault);
        };
        if cx.faulty(ShapeFault::FillNothing) {
            return Ok(SpiReturn::Info(buffer.clone()));
        }
        let target = living_target(cx, process)?;
        may_duplicate(cx, at)?;
        if let Err(error) = check_room(cx) {
            if cx.faulty(ShapeFault::StrandOnFailure) {
                strand(cx, at, process);
            }
            return Err(error);
        }
        let entry = own_entry(cx, shared(cx, at)?.transport()).ok_or(WsaError::Inval)?;
        note_made(cx, target);
        let early = cx.machine.policies().reference_taken == ReferenceTaken::AtDuplicate
            && !cx.faulty(ShapeFault::TakeReferenceLate);
        cx.log.policy(PolicyId::reference_taken);
        let token = cx.duplications.add(cx.shape_id, at.socket, target, process, early).ok_or(WsaError::NoBufs)?;
        if early {
            cx.log.rule(RuleId::Dup2);
            let (afd, mut afd_cx) = cx.afd();
            afd.add_duplication(&mut afd_cx, at.socket);
        }
        if let Some(duplication) = cx.duplications.get(token).copied() {
            cx.log.note(|| Event::DuplicationMade(duplication));
        }
        if cx.faulty(ShapeFault::RegisterInSource) {
            // A number of the target's table means nothing, or something else, in this one.
            let _ = cx.modify_ifs_handle(entry.catalog_entry_id(), FOREIGN);
        }
        Ok(SpiReturn::Info(sealed(cx, entry, token)))
    }
}

/// A handle a target may have: the first number of every process.
const FOREIGN: Handle = Handle(0x100);

/// Makes a duplication that nobody will be told of, and nobody can open.
fn strand(cx: &mut Context<'_>, at: At, process: ProcessId) {
    let Some(target) = cx.directory.living(process) else { return };
    if cx.duplications.add(cx.shape_id, at.socket, target, process, true).is_some() {
        let (afd, mut afd_cx) = cx.afd();
        afd.add_duplication(&mut afd_cx, at.socket);
    }
}

/// The rules every block is made by.
fn note_made(cx: &mut Context<'_>, target: Incarnation) {
    for rule in [RuleId::R1, RuleId::R4, RuleId::Dup1, RuleId::Dup8, RuleId::Dup9] {
        cx.log.rule(rule);
    }
    if target == cx.thread.process {
        cx.log.rule(RuleId::Dup6);
    }
}

/// The process a duplication is for must exist; it need not have started Winsock (Dup4, Dup7).
fn living_target(cx: &mut Context<'_>, id: ProcessId) -> Result<Incarnation, WsaError> {
    if let Some(target) = cx.directory.living(id) {
        cx.log.rule(RuleId::Dup7);
        return Ok(target);
    }
    cx.log.rule(RuleId::Dup4);
    cx.log.policy(PolicyId::unknown_process);
    Err(match cx.machine.policies().unknown_process {
        UnknownProcess::Wsaeinval => WsaError::Inval,
        UnknownProcess::Wsaenetdown => WsaError::NetDown,
    })
}

/// Whether there are handles and buffers for a duplication.
fn check_room(cx: &mut Context<'_>) -> Result<(), WsaError> {
    check_handles(cx)?;
    if cx.afd.no_buffers() { Err(WsaError::NoBufs) } else { Ok(()) }
}

/// A base that opens the target process needs a handle for as long as the call lasts.
fn check_handles(cx: &mut Context<'_>) -> Result<(), WsaError> {
    if !cx.is_full() {
        return Ok(());
    }
    cx.log.policy(PolicyId::duplicate_needs_handle);
    if cx.machine.policies().duplicate_needs_handle == DuplicateNeedsHandle::No {
        return Ok(());
    }
    cx.log.rule(RuleId::Dup16);
    Err(WsaError::MFile)
}

/// Sockets and providers that refuse (R25, usage 2.13).
fn may_duplicate(cx: &mut Context<'_>, at: At) -> Result<(), WsaError> {
    if cx.afd.qos_enabled(at.socket) {
        cx.log.rule(RuleId::R25);
        return Err(WsaError::Inval);
    }
    let ShapeKind::Base { duplicating, .. } = cx.shape().kind else { return Ok(()) };
    match duplicating {
        Duplicating::Shares => Ok(()),
        Duplicating::RefusesQos => {
            cx.log.rule(RuleId::R25);
            Err(WsaError::Inval)
        }
        Duplicating::NeedsConnection | Duplicating::MovesConnection => {
            cx.afd.peer_name(at.socket).map(|_| ()).map_err(|_| WsaError::NotConn)
        }
    }
}

/// Puts the token where the policy says.
fn sealed(cx: &mut Context<'_>, mut entry: Info, token: u32) -> Info {
    if !cx.faulty(ShapeFault::TokenInServiceFlags) {
        cx.log.policy(PolicyId::token_place);
    }
    match cx.token_place() {
        TokenPlace::ProviderReserved => entry.with_reserved(token),
        TokenPlace::ServiceFlags => {
            entry.edit(|fields| {
                fields.service_flags3 = token;
                fields.service_flags4 = !token;
            });
            entry
        }
    }
}
