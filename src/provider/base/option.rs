//! WSPGetSockOpt and WSPSetSockOpt: between bytes and values.

use super::{Answer, At, own_entry, shared};
use crate::abi::consts::{IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM};
use crate::abi::{
    Bytes, Linger, OptionType, ProtocolInfoA, ProtocolInfoW, Room, SockAddr, SockOpt, SpiReturn, WsaError,
};
use crate::provider::Context;
use crate::rules::RuleId;
use crate::world::afd::{Kind, OptionValue, Transport};

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
    let room = room.ok_or(WsaError::Fault).inspect_err(|_| cx.log.rule(RuleId::GetOpt1))? as usize;
    if matches!(option, SockOpt::ProtocolInfoA | SockOpt::ProtocolInfoW) {
        return protocol_info(cx, at, option, room);
    }
    let transport = shared(cx, at)?.transport();
    let (afd, mut afd_cx) = cx.afd();
    // Asked before the value is taken: SO_ERROR must not be lost to a short buffer.
    if room < fixed_len(option) {
        cx.log.rule(RuleId::GetOpt1);
        return Err(WsaError::Fault);
    }
    let value = afd.get_option(&mut afd_cx, at.socket, option)?;
    let bytes = encode(&value, transport)?;
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

/// SO_PROTOCOL_INFO: the base's own entry; a layer answers for itself.
fn protocol_info(cx: &mut Context<'_>, at: At, option: SockOpt, room: usize) -> Answer {
    let entry = own_entry(cx, shared(cx, at)?.transport()).ok_or(WsaError::NoProtoOpt)?;
    let needed = if option == SockOpt::ProtocolInfoW { ProtocolInfoW::SIZE } else { ProtocolInfoA::SIZE };
    if room < needed {
        cx.log.rule(RuleId::GetOpt1);
        return Err(WsaError::Fault);
    }
    cx.log.rule(RuleId::GetOpt8);
    Ok(SpiReturn::ProtocolInfo(entry))
}

/// WSPSetSockOpt.
pub(super) fn set(
    cx: &mut Context<'_>,
    at: At,
    level: i32,
    number: i32,
    value: Option<&Bytes>,
) -> Result<(), WsaError> {
    let option = lookup(level, number)?;
    let value = value.ok_or(WsaError::Fault).and_then(|value| decode(option, value));
    let value = value.inspect_err(|_| cx.log.rule(RuleId::SetOpt2))?;
    if matches!(value, OptionValue::Bool(_)) {
        cx.log.rule(RuleId::SetOpt1);
    }
    let (afd, mut afd_cx) = cx.afd();
    afd.set_option(&mut afd_cx, at.socket, option, value)
}

fn encode(value: &OptionValue, transport: Transport) -> Result<Bytes, WsaError> {
    Ok(match value {
        OptionValue::Bool(on) => Bytes::word(u32::from(*on)),
        OptionValue::Int(number) => Bytes::word(*number as u32),
        OptionValue::U32(number) => Bytes::word(*number),
        OptionValue::Linger { on, seconds } => Bytes::of(&Linger { onoff: u16::from(*on), seconds: *seconds }.encode()),
        OptionValue::Bytes(bytes) => Bytes::of(bytes),
        OptionValue::Addresses { local, peer } => Bytes::of(&csaddr(transport, *local, *peer)),
    })
}

/// The bytes every value of a fixed type needs.
fn fixed_len(option: SockOpt) -> usize {
    match option.row().value {
        OptionType::Bool | OptionType::Int | OptionType::U32 | OptionType::Linger => 4,
        _ => 0,
    }
}

/// CSADDR_INFO as a 64-bit process sees it, with both addresses behind it. Pointers become offsets into the block.
fn csaddr(transport: Transport, local: Option<SockAddr>, peer: Option<SockAddr>) -> Vec<u8> {
    const HEAD: usize = 40;
    let family = transport.family.unspecified();
    let addresses = [local, peer].map(|address| address.unwrap_or(family).encode());
    let mut bytes = Vec::with_capacity(HEAD + 2 * addresses[0].len());
    let mut at = HEAD;
    for address in &addresses {
        bytes.extend_from_slice(&(at as u64).to_le_bytes());
        bytes.extend_from_slice(&(address.len() as u64).to_le_bytes());
        at += address.len();
    }
    let (kind, protocol) = match transport.kind {
        Kind::Stream => (SOCK_STREAM, IPPROTO_TCP),
        Kind::Datagram => (SOCK_DGRAM, IPPROTO_UDP),
    };
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&protocol.to_le_bytes());
    bytes.extend(addresses.concat());
    bytes
}

fn decode(option: SockOpt, bytes: &Bytes) -> Result<OptionValue, WsaError> {
    let word = || bytes.as_word().ok_or(WsaError::Fault);
    Ok(match option.row().value {
        OptionType::Bool => OptionValue::Bool(word()? != 0),
        OptionType::Int => OptionValue::Int(word()? as i32),
        OptionType::U32 => OptionValue::U32(word()?),
        OptionType::Linger => {
            let four = bytes.as_slice().get(..Linger::SIZE).ok_or(WsaError::Fault)?;
            let linger = Linger::decode(four).map_err(|_| WsaError::Fault)?;
            OptionValue::Linger { on: linger.is_on(), seconds: linger.seconds }
        }
        _ => OptionValue::Bytes(bytes.as_slice().into()),
    })
}
