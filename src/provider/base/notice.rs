//! What WSPIoctl tells about the machine's addresses and routes.

use super::At;
use super::ioctl::{Control, address};
use crate::abi::{Bytes, SockAddr, WsaError, sizes};
use crate::provider::Context;
use crate::rules::RuleId;
use crate::world::policy::{PolicyId, ShortAddressList};

/// A change notice that can be asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Notice {
    /// SIO_ADDRESS_LIST_CHANGE.
    AddressList,
    /// SIO_ROUTING_INTERFACE_CHANGE, about a destination.
    Routing(SockAddr),
}

/// SIO_ROUTING_INTERFACE_QUERY: the local address that traffic leaves from.
pub(super) fn routing_interface(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl12);
    let to = address(control)?;
    let (afd, mut afd_cx) = cx.afd();
    let from = afd.routing_interface(&mut afd_cx, at.socket, &to)?;
    Ok(Bytes::of(&from.encode()))
}

/// SIO_GET_BROADCAST_ADDRESS.
pub(super) fn broadcast_address(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    let (afd, mut afd_cx) = cx.afd();
    let address = afd.broadcast_address(&mut afd_cx, at.socket)?;
    Ok(Bytes::of(&address.encode()))
}

/// SIO_ADDRESS_LIST_QUERY: a SOCKET_ADDRESS_LIST. Pointers become offsets into the block; a number takes as many bytes,
/// with what aligns the next pointer.
pub(super) fn address_list(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    let pointer = cx.pointer_size();
    cx.log.rule(RuleId::Ioctl11);
    if control.room.is_some_and(|room| (1..sizes::BOOL as u32).contains(&room)) {
        cx.log.policy(PolicyId::short_address_list);
        return Err(match cx.machine.policies().short_address_list {
            ShortAddressList::Wsaefault => WsaError::Fault,
            ShortAddressList::Wsaeinval => WsaError::Inval,
        });
    }
    let (afd, mut afd_cx) = cx.afd();
    let addresses: Vec<Vec<u8>> = afd.local_addresses(&mut afd_cx, at.socket)?.iter().map(SockAddr::encode).collect();
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(addresses.len() as u64).to_le_bytes()[..pointer]);
    let mut place = pointer + 2 * pointer * addresses.len();
    for address in &addresses {
        bytes.extend_from_slice(&(place as u64).to_le_bytes()[..pointer]);
        bytes.extend_from_slice(&(address.len() as u64).to_le_bytes()[..pointer]);
        place += address.len();
    }
    bytes.extend(addresses.concat());
    Ok(Bytes::of(&bytes))
}

/// SIO_GET_INTERFACE_LIST: an INTERFACE_INFO for loopback and for each IPv4 interface.
pub(super) fn interface_list(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    const UP: u32 = 0x1;
    const BROADCAST: u32 = 0x2;
    const LOOPBACK: u32 = 0x4;
    const MULTICAST: u32 = 0x10;
    /// sockaddr_gen, which has room for an IPv6 address without its scope.
    const SOCKADDR_GEN: usize = 24;
    cx.log.rule(RuleId::Ioctl21);
    let (afd, mut afd_cx) = cx.afd();
    let mut bytes = Vec::new();
    for interface in afd.interfaces_v4(&mut afd_cx, at.socket)? {
        let kind = if interface.loopback { LOOPBACK } else { BROADCAST };
        bytes.extend_from_slice(&(UP | MULTICAST | kind).to_le_bytes());
        for ip in [interface.address, interface.broadcast, interface.mask] {
            let mut address = SockAddr::v4(ip, 0).encode();
            address.resize(SOCKADDR_GEN, 0);
            bytes.extend(address);
        }
    }
    Ok(Bytes::of(&bytes))
}
