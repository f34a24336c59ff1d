//! Calls that make, hand over or end descriptors.

use super::faulty::{self, meant};
use super::{Known, Layer, Opening, Record, RecordId, Step, Token, fail};
use crate::abi::{Block, SocketFlags, SpiCall, SpiReturn, WsaError};
use crate::provider::{Context, Flow, HandleKind, InFlight, ShapeFault};
use crate::rules::RuleId;
use crate::world::ids::{Handle, InstanceId, ProcessId, Window};
use crate::world::policy::BlockReuse;
use crate::world::table::Key;

impl Layer {
    /// WSPSocket: the next link's WSPSocket first, then a descriptor of the layer's.
    pub(super) fn open(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        let SpiCall::Socket { info: Some(Block::Info(info)), flags, .. } = &mut *call else {
            return fail(WsaError::Inval);
        };
        if !cx.is_genuine(info) {
            return fail(WsaError::Inval);
        }
        let wanted = meant(cx, info.clone());
        let (given, token) = match Self::token_down(cx, wanted) {
            Ok(given) => given,
            Err(error) => return fail(error),
        };
        match self.link_for(cx, &given).and_then(|at| self.link_at(at).map(|link| (at, link))) {
            Some((at, link)) => {
                *info = link.info_below(cx, &given);
                let overlapped = flags.contains(SocketFlags::OVERLAPPED);
                if cx.shape().handles == HandleKind::NonIfs {
                    cx.log.rule(RuleId::Socket15);
                    *flags |= SocketFlags::OVERLAPPED;
                }
                self.call_link(at, Token::Opening(Opening { link: at, overlapped, token }))
            }
            None => self.start_then(cx, &given, call),
        }
    }

    pub(super) fn opened(
        &mut self,
        cx: &mut Context<'_>,
        Opening { link, overlapped, token }: Opening,
        flight: &mut InFlight<'_>,
    ) -> Step {
        let Ok(SpiReturn::Socket { socket, .. }) = &mut flight.result else { return Flow::Pass };
        Self::token_spent(cx, token);
        match self.adopt(cx, link, *socket, None, overlapped) {
            Ok(own) => {
                *socket = own;
                Flow::Pass
            }
            Err(error) if cx.faulty(ShapeFault::LeakLowerOnFailedOpen) => fail(error),
            Err(error) => self.undo(cx, link, *socket, error, flight.call),
        }
    }

    pub(super) fn accepted(
        &mut self,
        cx: &mut Context<'_>,
        listener: Handle,
        from: InstanceId,
        flight: &mut InFlight<'_>,
    ) -> Step {
        let Ok(SpiReturn::Socket { socket, .. }) = &mut flight.result else { return Flow::Pass };
        let Ok(known) = self.known(cx, listener) else {
            // The listener was closed while the accept was on its way: nobody is left to own the new socket.
            let link = self.links.iter().position(|link| link.next == from);
            return match link {
                Some(at) => self.undo(cx, at as u16, *socket, WsaError::NotSock, flight.call),
                None => fail(WsaError::NotSock),
            };
        };
        let posting = self.posting(cx, listener);
        let overlapped = cx.shape().handles == HandleKind::NonIfs
            && self.record_mut(cx, listener).is_some_and(|record| record.overlapped);
        match self.adopt(cx, known.link, *socket, posting, overlapped) {
            Ok(own) => {
                *socket = own;
                Flow::Pass
            }
            Err(error) => self.undo(cx, known.link, *socket, error, flight.call),
        }
    }

    /// WSPJoinLeaf: the socket itself comes back under the handle its client knows, a new leaf is adopted.
    pub(super) fn joined(
        &mut self,
        cx: &mut Context<'_>,
        s: Handle,
        from: InstanceId,
        flight: &mut InFlight<'_>,
    ) -> Step {
        let itself = self.known(cx, s).ok().map(|known| known.lower);
        match &mut flight.result {
            Ok(SpiReturn::Socket { socket, .. }) if Some(*socket) == itself => {
                *socket = s;
                Flow::Pass
            }
            _ => self.accepted(cx, s, from, flight),
        }
    }

    /// Makes a lower descriptor the layer's: lets it through under its own id, or wraps it (Socket14).
    fn adopt(
        &mut self,
        cx: &mut Context<'_>,
        at: u16,
        lower: Handle,
        posting: Option<(Window, u32)>,
        overlapped: bool,
    ) -> Result<Handle, WsaError> {
        cx.log.rule(RuleId::Socket14);
        if let Some(handle) = self.adopted(cx, lower) {
            return Ok(handle);
        }
        let link = self.link_at(at).ok_or(WsaError::NotInitialised)?;
        let owner = if cx.faulty(ShapeFault::RegisterUnderNext) { link.next_entry } else { link.owner(cx) };
        let handles = cx.shape().handles;
        match handles {
            HandleKind::Ifs if cx.faulty(ShapeFault::SkipRegistration) => Ok(lower),
            HandleKind::Ifs => {
                cx.log.rule(RuleId::WpuModify3);
                let handle = cx.modify_ifs_handle(owner, lower)?;
                self.claimed.insert(handle, at);
                Ok(handle)
            }
            HandleKind::NonIfs => {
                let fresh = Record { lower, upper: Handle::INVALID, link: at, posting, overlapped, closing: false };
                let record = self.records.insert(fresh);
                let made = cx.create_socket_handle(owner, record.slot());
                match made {
                    Ok(upper) => {
                        self.records[record].upper = upper;
                        cx.inherit_like(lower, upper);
                    }
                    Err(_) if cx.faulty(ShapeFault::LeakContextOnFailedOpen) => {}
                    Err(_) => {
                        self.records.remove(record);
                    }
                }
                if made.is_ok() && cx.faulty(ShapeFault::ReturnLowerHandle) {
                    return Ok(lower);
                }
                made
            }
        }
    }

    /// The layer's handle for a lower one that the base has given out once more. To adopt it again could fail, and
    /// what is undone then is the first open's.
    fn adopted(&self, cx: &Context<'_>, lower: Handle) -> Option<Handle> {
        if cx.machine.policies().block_reuse != BlockReuse::SameDescriptor {
            return None;
        }
        let wrapped = self.records.iter().map(|(_, record)| record).find(|record| record.lower == lower);
        wrapped.map(|record| record.upper).or_else(|| self.claimed.contains_key(&lower).then_some(lower))
    }

    /// A failure above an open that succeeded: the lower socket is closed again (Socket13).
    fn undo(&mut self, cx: &mut Context<'_>, link: u16, lower: Handle, error: WsaError, call: &mut SpiCall) -> Step {
        cx.log.rule(RuleId::Socket13);
        *call = SpiCall::CloseSocket { s: lower };
        self.call_link(link, Token::Undoing(error))
    }

    /// WSPDuplicateSocket: the next link's with the lower handle (R20).
    pub(super) fn duplicate(&mut self, cx: &mut Context<'_>, known: Known, call: &mut SpiCall) -> Step {
        cx.log.rule(RuleId::R20);
        let link = self.link_at(known.link);
        if let (SpiCall::DuplicateSocket { info: Some(info), .. }, Some(link)) = (&mut *call, link) {
            *info = link.info_below(cx, info);
        }
        if let SpiCall::DuplicateSocket { info, .. } = call
            && cx.faulty(ShapeFault::PassNullBuffer)
        {
            *info = None;
        }
        let SpiCall::DuplicateSocket { process, .. } = *call else { return fail(WsaError::Inval) };
        self.down(known, call, Token::Duplicating(known.link, process))
    }

    /// The layer's own chain entry goes up, with dwProviderReserved from below (Dup10).
    pub(super) fn duplicated(
        &mut self,
        cx: &mut Context<'_>,
        link: u16,
        target: ProcessId,
        flight: &mut InFlight<'_>,
    ) -> Step {
        let own = self.link_at(link).and_then(|link| link.own_info(cx));
        if let (Ok(SpiReturn::Info(info)), Some(own)) = (&mut flight.result, own) {
            if cx.faulty(ShapeFault::AnswerForNextLink) {
                return Flow::Pass;
            }
            cx.log.rule(RuleId::Dup10);
            let word = Self::token_up(cx, info.reserved(), target);
            *info = own.with_reserved(faulty::reserved(cx, word));
        }
        Flow::Pass
    }

    /// WSPCloseSocket: the lower handle is closed, now the layer's own goes (Close16).
    pub(super) fn closed(&mut self, cx: &mut Context<'_>, s: Handle, flight: &mut InFlight<'_>) -> Step {
        if flight.result.is_ok() {
            if cx.faulty(ShapeFault::CloseLowerTwice) {
                return self.close_again(cx, s, flight.call);
            }
            cx.log.rule(RuleId::Close16);
            self.give_back(cx, s);
        }
        Flow::Pass
    }

    /// The layer's own handle goes.
    pub(super) fn give_back(&mut self, cx: &mut Context<'_>, s: Handle) {
        self.peers.remove(&s);
        let handles = cx.shape().handles;
        match handles {
            HandleKind::Ifs => {
                self.claimed.remove(&s);
            }
            HandleKind::NonIfs if self.is_busy(s) => {
                // What is on its way up needs the handle: it goes with the last abort.
                if let Some(record) = self.record_mut(cx, s) {
                    record.closing = true;
                }
            }
            HandleKind::NonIfs if cx.faulty(ShapeFault::KeepContextOnClose) => {}
            HandleKind::NonIfs => {
                cx.log.rule(RuleId::R27);
                // Not by upcall: one that fails must not leave the record behind.
                if let Some(context) = cx.handles.context(s) {
                    self.records.remove(RecordId::from_slot(context));
                }
                let _ = cx.close_socket_handle(s);
                if cx.faulty(ShapeFault::GiveBackTwice) {
                    let _ = cx.close_socket_handle(s);
                }
            }
        }
    }

    /// Takes away what the layer keeps for a handle that is there no more.
    pub(in crate::provider) fn forget(&mut self, s: Handle) {
        self.claimed.remove(&s);
        self.peers.remove(&s);
        let known = self.records.iter().find(|(_, record)| record.upper == s).map(|(id, _)| id);
        if let Some(id) = known {
            self.records.remove(id);
        }
    }
}
