//! WSPGetSockOpt and WSPSetSockOpt.

use super::{Answer, At, option_value, own_entry, shared};
use crate::abi::consts::SOL_SOCKET;
use crate::abi::{Bytes, ProtocolInfoA, ProtocolInfoW, Room, SockOpt, SpiReturn, WsaError};
use crate::provider::Context;
use crate::rules::RuleId;
use crate::world::afd::OptionValue;
use crate::world::policy::{NegativeOptlen, PolicyId, ShortOptlen};

/// The option, or why there is none (GetOpt, SetOpt: unknown level, unknown option).
fn lookup(level: i32, number: i32) -> Result<SockOpt, WsaError> {
    match SockOpt::lookup(level, number) {
        Some(option) => Ok(option),
        None if SockOpt::known_level(level) => Err(WsaError::NoProtoOpt),
        None => Err(WsaError::Inval),
    }
}

/// WSPGetSockOpt.
pub(super) fn get(cx: &mut Context<'_>, at: At, level: i32, number: i32, room: Room) -> Answer {
    let option = lookup(level, number)?;
    // A negative length is no room at all.
    let room = room.and_then(|room| i32::try_from(room).ok()).ok_or(WsaError::Fault);
    let room = room.inspect_err(|_| cx.log.rule(RuleId::GetOpt1))? as usize;
    if matches!(option, SockOpt::ProtocolInfoA | SockOpt::ProtocolInfoW) {
        return protocol_info(cx, at, option, room);
    }
    let (transport, protocol) = shared(cx, at).map(|socket| (socket.transport(), socket.protocol()))?;
    let pointer = cx.pointer_size();
    let (afd, mut afd_cx) = cx.afd();
    // Asked before the value is taken: SO_ERROR must not be lost to a short buffer.
    if room < option_value::least_room(&mut afd_cx, option) {
        return Err(too_short(cx, option));
    }
    let value = afd.get_option(&mut afd_cx, at.socket, option)?;
    let bytes = option_value::encode(&mut afd_cx, option, &value, (transport, protocol, pointer), room);
    cx.log.rule(RuleId::GetOpt1);
    if room < bytes.as_slice().len() {
        return Err(WsaError::Fault);
    }
    cx.log.rule(RuleId::GetOpt11);
    if shared(cx, at)?.references() > 1 {
        cx.log.rule(RuleId::GetOpt10);
    }
    Ok(SpiReturn::Bytes(bytes))
}

/// Too little room for a value. What is stored in optlen then, no page says.
fn too_short(cx: &mut Context<'_>, option: SockOpt) -> WsaError {
    cx.log.rule(RuleId::GetOpt1);
    let seen = matches!(
        option,
        SockOpt::TcpKeepIdle
            | SockOpt::TcpKeepCnt
            | SockOpt::TcpKeepIntvl
            | SockOpt::IpPktInfo
            | SockOpt::IpRecvTos
            | SockOpt::IpRecvTtl
            | SockOpt::Ipv6PktInfo
            | SockOpt::Ipv6HopLimit
            | SockOpt::Ipv6RecvTClass
    );
    if seen {
        cx.log.rule(RuleId::GetOpt15);
        cx.log.policy(PolicyId::short_optlen);
        if cx.machine.policies().short_optlen == ShortOptlen::ZeroByOption {
            cx.store_needed(0);
        }
    }
    WsaError::Fault
}

/// SO_PROTOCOL_INFO: the base's own entry; a layer answers for itself. A base is asked about handles of other providers,
/// too, when somebody looks for the owner of one, and knows only its own (Inherit5).
fn protocol_info(cx: &mut Context<'_>, at: At, option: SockOpt, room: usize) -> Answer {
    if cx.afd.maker(at.socket) != Some(cx.shape_id) {
        cx.log.rule(RuleId::Inherit5);
        return Err(WsaError::NotSock);
    }
    let entry = own_entry(cx, shared(cx, at)?.transport()).ok_or(WsaError::NoProtoOpt)?;
    let needed = if option == SockOpt::ProtocolInfoW { ProtocolInfoW::SIZE } else { ProtocolInfoA::SIZE };
    if room < needed {
        cx.log.rule(RuleId::GetOpt1);
        return Err(WsaError::Fault);
    }
    cx.log.rule(RuleId::GetOpt8);
    Ok(SpiReturn::ProtocolInfo(entry))
}

/// A negative optlen: whether the option takes it all the same.
fn negative_length(cx: &mut Context<'_>, option: SockOpt) -> Result<(), WsaError> {
    cx.log.rule(RuleId::SetOpt19);
    cx.log.policy(PolicyId::negative_optlen);
    let narrow = option.row().level != SOL_SOCKET || matches!(option, SockOpt::KeepAlive | SockOpt::DontRoute);
    match cx.machine.policies().negative_optlen {
        NegativeOptlen::Wsaefault => Err(WsaError::Fault),
        NegativeOptlen::ByOption if narrow => Err(WsaError::NoBufs),
        NegativeOptlen::ByOption => Ok(()),
    }
}

/// WSPSetSockOpt.
pub(super) fn set(
    cx: &mut Context<'_>,
    at: At,
    level: i32,
    number: i32,
    value: Option<&Bytes>,
    negative: bool,
) -> Result<(), WsaError> {
    let option = lookup(level, number)?;
    if negative {
        negative_length(cx, option)?;
    }
    let (afd, mut afd_cx) = cx.afd();
    let value = value.ok_or(WsaError::Fault).and_then(|value| option_value::decode(&mut afd_cx, option, value));
    let value = value.inspect_err(|_| afd_cx.log.rule(RuleId::SetOpt2))?;
    if matches!(value, OptionValue::Bool(_)) {
        afd_cx.log.rule(RuleId::SetOpt1);
    }
    afd.set_option(&mut afd_cx, at.socket, option, value)
}
