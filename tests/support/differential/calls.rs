//! Calls as acts make them: few arguments, the rest as a client would choose it.

use wspsim::abi::consts::{AF_INET, FROM_PROTOCOL_INFO, SOCK_DGRAM, SOCK_STREAM};
use wspsim::abi::{Bytes, Gather, Info, Ioctl, Linger, Name, NetworkEvents, Scatter, SockAddr, SocketFlags, SpiCall};
use wspsim::world::ids::{Handle, Window};

use crate::reference::SocketOption;

/// SO_LINGER is the one option whose value is not a number of four bytes.
const LINGER: i32 = 0x80;

pub(super) fn socket(stream: bool, no_inherit: bool) -> SpiCall {
    let kind = if stream { SOCK_STREAM } else { SOCK_DGRAM };
    SpiCall::Socket { af: AF_INET, kind, protocol: 0, info: None, group: 0, flags: flags(no_inherit) }
}

/// Family, type and protocol for an open: from the block, or saying something else.
pub(super) fn triple(contradicts: bool) -> (i32, i32, i32) {
    let kind = if contradicts { SOCK_STREAM + SOCK_DGRAM } else { FROM_PROTOCOL_INFO };
    (FROM_PROTOCOL_INFO, kind, 0)
}

pub(super) fn flags(no_inherit: bool) -> SocketFlags {
    if no_inherit { SocketFlags::NO_HANDLE_INHERIT } else { SocketFlags::empty() }
}

pub(super) fn set_option(s: u64, option: SocketOption, [first, second]: [u32; 2]) -> SpiCall {
    let value = match option.number {
        LINGER => Bytes::of(&Linger { onoff: first as u16, seconds: second as u16 }.encode()),
        _ => Bytes::word(first),
    };
    SpiCall::SetSockOpt {
        s: Handle(s),
        level: option.level,
        option: option.number,
        value: Some(value),
        negative: false,
    }
}

pub(super) fn get_option(s: u64, option: SocketOption) -> SpiCall {
    SpiCall::GetSockOpt { s: Handle(s), level: option.level, option: option.number, room: Some(8) }
}

/// An option's value as the reference has it.
pub(super) fn option_value(option: SocketOption, bytes: &Bytes) -> [u32; 2] {
    match Linger::decode(bytes.as_slice()) {
        Ok(linger) if option.number == LINGER && linger.is_on() => [1, u32::from(linger.seconds)],
        Ok(_) if option.number == LINGER => [0, 0],
        _ => [bytes.as_word().unwrap_or(u32::MAX), 0],
    }
}

pub(super) fn fionbio(s: u64, nonblocking: bool) -> SpiCall {
    SpiCall::Ioctl {
        s: Handle(s),
        code: Ioctl::Fionbio.code(),
        input: Some(Bytes::word(u32::from(nonblocking))),
        room: None,
        returned: true,
        overlapped: None,
    }
}

pub(super) fn bind(s: u64, wildcard: bool, port: u16) -> SpiCall {
    let ip = if wildcard { [0, 0, 0, 0] } else { [127, 0, 0, 1] };
    SpiCall::Bind { s: Handle(s), name: Name::of(SockAddr::v4(ip.into(), port)) }
}

pub(super) fn send_to(s: u64, port: u16, byte: u8) -> SpiCall {
    SpiCall::SendTo {
        s: Handle(s),
        data: Gather::One([byte].into()),
        flags: Default::default(),
        to: Name::of(SockAddr::v4([127, 0, 0, 1].into(), port)),
        returned: true,
        overlapped: None,
    }
}

pub(super) fn receive(s: u64) -> SpiCall {
    SpiCall::Recv { s: Handle(s), room: Scatter::One(16), flags: Default::default(), returned: true, overlapped: None }
}

pub(super) fn event_select(s: u64, event: u64, mask: u32) -> SpiCall {
    SpiCall::EventSelect { s: Handle(s), event: Handle(event), events: NetworkEvents::from_bits_retain(mask) }
}

pub(super) fn async_select(s: u64, window: u32, message: u32, mask: u32) -> SpiCall {
    let events = NetworkEvents::from_bits_retain(mask);
    SpiCall::AsyncSelect { s: Handle(s), window: Window(window), message, events }
}

/// A block that somebody has changed: another token, an id nobody has or a layer has, another family.
pub(super) fn altered(block: &Info, way: u8) -> Info {
    let mut altered = block.clone();
    match way % 4 {
        0 => altered = altered.with_reserved(block.reserved().wrapping_add(0x1000_0000)),
        1 => altered.edit(|fields| fields.catalog_entry_id = 77),
        2 => altered.edit(|fields| fields.catalog_entry_id = 1100),
        _ => altered.edit(|fields| fields.address_family ^= 1),
    }
    altered
}
