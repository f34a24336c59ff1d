//! What only faulty layers do: see [`ShapeFault`]. The faithful code asks where it would do the right thing.

use super::{Layer, Step, Token, done};
use crate::abi::consts::SOL_SOCKET;
use crate::abi::{Bytes, Info, Ioctl, Linger, Room, SockOpt, SpiCall, SpiResult, SpiReturn, WsaError};
use crate::provider::{Callee, Context, Flow, InFlight, ShapeFault};
use crate::world::ids::Handle;

/// A word no base gives out as a token: each of its halves is a layer's initials.
const OWN_WORD: u32 = 0x4c53_5057;

/// The chain a WSPSocket is meant for: by catalog id, unless the layer goes by family, type and protocol.
pub(super) fn meant(cx: &mut Context<'_>, given: Info) -> Info {
    if !cx.faulty(ShapeFault::ChooseByTriple) {
        return given;
    }
    let triple = |info: &Info| (info.fields().address_family, info.fields().socket_type, info.fields().protocol);
    let wanted = triple(&given);
    let mut chains = cx.catalog.entries().iter().filter(|entry| entry.is_chain() && entry.shape == Some(cx.shape_id));
    let found = chains.find(|entry| triple(&entry.info) == wanted);
    found.map_or_else(|| given.clone(), |entry| entry.info.with_reserved(given.reserved()))
}

/// What a layer puts into dwProviderReserved on the way up from WSPDuplicateSocket: the word from below.
pub(super) fn reserved(cx: &mut Context<'_>, below: u32) -> u32 {
    if cx.faulty(ShapeFault::LoseReserved) {
        0
    } else if cx.faulty(ShapeFault::OverwriteReserved) {
        OWN_WORD
    } else {
        below
    }
}

/// An error from below goes up as another one.
pub(super) fn invent_error(cx: &mut Context<'_>, flight: &mut InFlight<'_>) {
    if let Err(error) = &mut flight.result
        && *error != WsaError::IoPending
        && cx.faulty(ShapeFault::InventError)
    {
        *error = WsaError::Acces;
    }
}

/// Whether a layer keeps an ioctl to itself that it has to let through.
pub(super) fn spoils(cx: &Context<'_>, code: u32) -> bool {
    let faults = cx.shape().faults;
    !faults.is_empty()
        && Ioctl::lookup(code) == Some(Ioctl::BaseHandle)
        && (faults.contains(ShapeFault::RefuseBaseHandle) || faults.contains(ShapeFault::LoopBaseHandle))
}

/// Its answer to SIO_BASE_HANDLE.
pub(super) fn base_handle(cx: &mut Context<'_>, s: Handle, room: Room) -> SpiResult {
    if cx.faulty(ShapeFault::RefuseBaseHandle) {
        return Err(WsaError::OpNotSupp);
    }
    let _ = cx.faulty(ShapeFault::LoopBaseHandle);
    let bytes = cx.handle_bytes(s);
    let fits = room.is_some_and(|room| room as usize >= bytes.as_slice().len());
    if fits { Ok(SpiReturn::Bytes(bytes)) } else { Err(WsaError::Fault) }
}

impl Layer {
    /// The link a protocol info leads to; a faulty layer takes another for one it does not know.
    pub(super) fn link_for(&self, cx: &mut Context<'_>, info: &Info) -> Option<u16> {
        let known = self.link(info.catalog_entry_id());
        known.or_else(|| (!self.links.is_empty() && cx.faulty(ShapeFault::FallBackToFirstChain)).then_some(0))
    }

    /// The lower handle is closed once more.
    pub(super) fn close_again(&mut self, cx: &mut Context<'_>, s: Handle, call: &mut SpiCall) -> Step {
        match self.known(cx, s) {
            Ok(known) => {
                *call = SpiCall::CloseSocket { s: known.lower };
                self.call_link(known.link, Token::ClosingAgain(s))
            }
            Err(_) => done(),
        }
    }

    /// It was; whatever came of that, the client's close has succeeded.
    pub(super) fn closed_again(&mut self, cx: &mut Context<'_>, s: Handle, flight: &mut InFlight<'_>) -> Step {
        flight.result = Ok(SpiReturn::Done);
        self.give_back(cx, s);
        Flow::Pass
    }

    /// The handles below, with their links.
    pub(super) fn lower_handles(&self) -> Vec<(Handle, u16)> {
        let own = self.records.iter().map(|(_, record)| (record.lower, record.link));
        own.chain(self.claimed.iter().map(|(&handle, &link)| (handle, link))).collect()
    }

    /// Abortive linger for the next handle; after the last one the cleanup goes on.
    pub(super) fn abort_next(
        &mut self,
        cx: &mut Context<'_>,
        mut left: Vec<(Handle, u16)>,
        call: &mut SpiCall,
    ) -> Step {
        let Some((s, at)) = left.pop() else { return self.clean_next(cx, call) };
        let Some(link) = self.link_at(at) else { return self.clean_next(cx, call) };
        let value = Some(Bytes::of(&Linger::on(0).encode()));
        *call =
            SpiCall::SetSockOpt { s, level: SOL_SOCKET, option: SockOpt::Linger.row().number, value, negative: false };
        Flow::Call { callee: Callee::Instance(link.next), token: Token::Aborting(Box::new(left)) }
    }
}
