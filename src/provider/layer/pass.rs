//! Everything a layer passes on with some care: notification by window, protocol info, address conversion.

use super::{Known, Layer, Selecting, Step, Token, fail};
use crate::abi::consts::SOL_SOCKET;
use crate::abi::{Ioctl, ProtocolInfoA, ProtocolInfoW, Room, SockOpt, SpiCall, SpiResult, SpiReturn, WsaError};
use crate::provider::{Context, Flow, HandleKind, InFlight};
use crate::rules::RuleId;
use crate::world::ids::{Handle, Window};
use crate::world::signal::{hidden_window, window_exists};

/// The message a layer has the provider below post to its hidden window: WM_USER.
const HIDDEN_MESSAGE: u32 = 0x400;

/// Whether a WSPGetSockOpt asks for SO_PROTOCOL_INFO in either form.
pub(super) fn asks_for_protocol_info(level: i32, option: i32) -> bool {
    level == SOL_SOCKET
        && [SockOpt::ProtocolInfoA, SockOpt::ProtocolInfoW].iter().any(|info| info.row().number == option)
}

/// The ioctls a layer with handles of its own answers itself: SIO_BSP_HANDLE and its kin with its own handle, so that
/// what follows comes to it, and SIO_QUERY_TARGET_PNP_HANDLE with the handle below.
pub(super) fn own_answer(cx: &mut Context<'_>, known: Known, s: Handle, code: u32, room: Room) -> Option<SpiResult> {
    let (handle, rule) = match Ioctl::lookup(code)? {
        Ioctl::BspHandle | Ioctl::BspHandleSelect | Ioctl::BspHandlePoll => (s, RuleId::Ioctl9),
        Ioctl::QueryTargetPnpHandle => (known.lower, RuleId::Ioctl20),
        _ => return None,
    };
    cx.log.rule(rule);
    let bytes = cx.handle_bytes(handle);
    let fits = room.is_some_and(|room| room as usize >= bytes.as_slice().len());
    Some(if fits { Ok(SpiReturn::Bytes(bytes)) } else { Err(WsaError::Fault) })
}

impl Layer {
    /// WSPAsyncSelect: the message would name the lower handle, so it goes to a hidden window first (L6). An IFS
    /// layer's handle is the lower one, so nothing needs exchanging.
    pub(super) fn async_select(&mut self, cx: &mut Context<'_>, known: Known, s: Handle, call: &mut SpiCall) -> Step {
        let SpiCall::AsyncSelect { window, message, events, .. } = call else { return fail(WsaError::Inval) };
        if cx.shape().handles == HandleKind::Ifs {
            return self.down(known, call, Token::Plain);
        }
        if !events.is_empty() && !window_exists(cx.windows, *window) {
            cx.log.rule(RuleId::Async6);
            return fail(WsaError::Inval);
        }
        cx.log.rule(RuleId::L6);
        let selecting = Selecting { s, before: self.posting(cx, s) };
        let posting = (!events.is_empty()).then_some((*window, *message));
        if let Some(record) = self.record_mut(cx, s) {
            record.posting = posting;
        }
        *window = hidden_window(cx.instance);
        *message = HIDDEN_MESSAGE;
        self.down(known, call, Token::Selecting(Box::new(selecting)))
    }

    /// A refused registration leaves the earlier one in force.
    pub(super) fn selected(&mut self, cx: &mut Context<'_>, selecting: Selecting, flight: &mut InFlight<'_>) -> Step {
        if flight.result.is_err()
            && let Some(record) = self.record_mut(cx, selecting.s)
        {
            record.posting = selecting.before;
        }
        Flow::Pass
    }

    /// Where the client wants messages about a handle.
    pub(super) fn posting(&mut self, cx: &mut Context<'_>, s: Handle) -> Option<(Window, u32)> {
        match cx.shape().handles {
            HandleKind::Ifs => None,
            HandleKind::NonIfs => self.record_mut(cx, s).and_then(|record| record.posting),
        }
    }

    /// SO_PROTOCOL_INFO: the layer's own chain entry (L6).
    pub(super) fn protocol_info(&self, cx: &mut Context<'_>, known: Known, option: i32, room: Room) -> SpiResult {
        let wide = option == SockOpt::ProtocolInfoW.row().number;
        let needed = if wide { ProtocolInfoW::SIZE } else { ProtocolInfoA::SIZE };
        if room.is_none_or(|room| (room as usize) < needed) {
            return Err(WsaError::Fault);
        }
        let info = self.link_at(known.link).and_then(|link| link.own_info(cx)).ok_or(WsaError::NoProtoOpt)?;
        cx.log.rule(RuleId::L6);
        cx.log.rule(RuleId::GetOpt8);
        Ok(SpiReturn::ProtocolInfo(info))
    }

    /// WSPAddressToString and WSPStringToAddress.
    pub(super) fn convert(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        let (SpiCall::AddressToString { info: Some(info), .. } | SpiCall::StringToAddress { info: Some(info), .. }) =
            &mut *call
        else {
            return fail(WsaError::Inval);
        };
        let given = info.clone();
        match self.link(given.catalog_entry_id()).and_then(|at| self.link_at(at).map(|link| (at, link))) {
            Some((at, link)) => {
                *info = link.info_below(cx, &given);
                self.call_link(at, Token::Plain)
            }
            None => self.start_then(cx, &given, call),
        }
    }
}
