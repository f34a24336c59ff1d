//! Values of options: between bytes and what they mean.
//!
//! By the documentation a BOOL has four bytes. Windows was seen to take one and two as well for some options, and to give
//! one byte for others; the policy `short_booleans` chooses.

use crate::abi::consts::{IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM};
use crate::abi::{Bytes, Linger, OptionType, SockAddr, SockOpt, WsaError};
use crate::world::afd::{Cx, Kind, OptionValue, Transport};
use crate::world::policy::{PolicyId, ShortBooleans};

/// How many bytes Windows gives for a BOOL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Always four.
    Four,
    /// Four, or one where there is no room for four (O70).
    FourOrOne,
    /// Always one, and of what is set only the first byte counts (O71, O79).
    One,
}

/// What was seen; options nobody looked at are as documented.
const fn width(option: SockOpt) -> Width {
    match option {
        SockOpt::Broadcast
        | SockOpt::DontLinger
        | SockOpt::OobInline
        | SockOpt::ReuseAddr
        | SockOpt::ExclusiveAddrUse => Width::FourOrOne,
        SockOpt::KeepAlive | SockOpt::DontRoute | SockOpt::TcpNoDelay | SockOpt::Ipv6V6Only => Width::One,
        _ => Width::Four,
    }
}

/// Whether the policy lets this option have a width of its own.
fn by_option(cx: &mut Cx<'_>, option: SockOpt) -> bool {
    if width(option) == Width::Four {
        return false;
    }
    cx.log.policy(PolicyId::short_booleans);
    cx.platform.policies.short_booleans == ShortBooleans::ByOption
}

/// Whether a BOOL is given as one byte.
fn narrow(cx: &mut Cx<'_>, option: SockOpt, room: usize) -> bool {
    let wanted = match width(option) {
        Width::Four => false,
        Width::FourOrOne => room < 4,
        Width::One => true,
    };
    wanted && cx.platform.policies.short_booleans == ShortBooleans::ByOption
}

/// A BOOL that is being set.
fn switch(cx: &mut Cx<'_>, option: SockOpt, bytes: &Bytes) -> Result<bool, WsaError> {
    if !by_option(cx, option) {
        return bytes.as_word().map(|word| word != 0).ok_or(WsaError::Fault);
    }
    let bytes = bytes.as_slice();
    let counted = if width(option) == Width::One { 1 } else { bytes.len().min(4) };
    match bytes.get(..counted) {
        None | Some([]) => Err(WsaError::Fault),
        Some(counted) => Ok(counted.iter().any(|&byte| byte != 0)),
    }
}

/// The room every value of a fixed type needs.
pub(super) fn least_room(cx: &mut Cx<'_>, option: SockOpt) -> usize {
    match option.row().value {
        OptionType::Bool if by_option(cx, option) => 1,
        OptionType::Bool | OptionType::Int | OptionType::U32 | OptionType::Linger => 4,
        _ => 0,
    }
}

/// The bytes of a value, for a buffer of some size, of a socket and in a process with pointers so wide.
pub(super) fn encode(
    cx: &mut Cx<'_>,
    option: SockOpt,
    value: &OptionValue,
    (transport, protocol, pointer): (Transport, u8, usize),
    room: usize,
) -> Bytes {
    match value {
        OptionValue::Bool(on) if narrow(cx, option, room) => Bytes::of(&[u8::from(*on)]),
        OptionValue::Bool(on) => Bytes::word(u32::from(*on)),
        OptionValue::Int(number) => Bytes::word(*number as u32),
        OptionValue::U32(number) => Bytes::word(*number),
        OptionValue::Linger { on, seconds } => Bytes::of(&Linger { onoff: u16::from(*on), seconds: *seconds }.encode()),
        OptionValue::Bytes(bytes) => Bytes::of(bytes),
        OptionValue::Addresses { local, peer } => Bytes::of(&csaddr((transport, protocol), pointer, *local, *peer)),
    }
}

/// CSADDR_INFO with both addresses behind it. Pointers become offsets into the block; a length takes as many bytes,
/// with what aligns the next pointer.
fn csaddr(
    (transport, protocol): (Transport, u8),
    pointer: usize,
    local: Option<SockAddr>,
    peer: Option<SockAddr>,
) -> Vec<u8> {
    let head = 4 * pointer + 8;
    let family = transport.family.unspecified();
    let addresses = [local, peer].map(|address| address.unwrap_or(family).encode());
    let mut bytes = Vec::with_capacity(head + 2 * addresses[0].len());
    let mut at = head;
    for address in &addresses {
        bytes.extend_from_slice(&(at as u64).to_le_bytes()[..pointer]);
        bytes.extend_from_slice(&(address.len() as u64).to_le_bytes()[..pointer]);
        at += address.len();
    }
    let (kind, protocol) = match transport.kind {
        Kind::Stream => (SOCK_STREAM, IPPROTO_TCP),
        Kind::Datagram => (SOCK_DGRAM, IPPROTO_UDP),
        Kind::Messages => (SOCK_SEQPACKET, 0),
        Kind::Raw => (SOCK_RAW, protocol.into()),
    };
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&protocol.to_le_bytes());
    bytes.extend(addresses.concat());
    bytes
}

/// The value of some bytes.
pub(super) fn decode(cx: &mut Cx<'_>, option: SockOpt, bytes: &Bytes) -> Result<OptionValue, WsaError> {
    let word = || bytes.as_word().ok_or(WsaError::Fault);
    Ok(match option.row().value {
        OptionType::Bool => OptionValue::Bool(switch(cx, option, bytes)?),
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
