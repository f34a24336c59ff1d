//! Addresses: which are the machine's own, and what becomes of traffic to the others.
//!
//! Every address is either the machine's own, a broadcast address, a host in a known network (which exists only as
//! silence), or out of reach. A group is with whoever joined it (`multicast`). Names lose flow labels. The scope of a
//! link-local IPv6 address is the place of its interface in the model, counted from 1; WSPGetSockName and WSPGetPeerName
//! show it, and nothing else asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::{Afd, Cx, Family, Kind, SocketId};
use crate::abi::{SockAddr, WsaError};
use crate::rules::RuleId;
use crate::world::machine::{Interface, Platform};

/// Where traffic to an address ends up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// On this machine.
    Own,
    /// With everybody on the network, this machine included.
    Broadcast,
    /// With the members of a group.
    Group,
    /// With a host that never answers.
    Silent,
    /// Nowhere.
    Unreachable,
}

/// An address and port with IPv4-mapped IPv6 addresses brought to their IPv4 form, so that equal places are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) ip: IpAddr,
    pub(super) port: u16,
}

impl Place {
    /// `None` for a family without addresses here.
    pub(super) fn of(name: &SockAddr) -> Option<Self> {
        match name {
            SockAddr::V4(v4) => Some(Self { ip: IpAddr::V4(*v4.ip()), port: v4.port() }),
            SockAddr::V6(v6) => Some(Self { ip: IpAddr::V6(*v6.ip()).to_canonical(), port: v6.port() }),
            SockAddr::Other(_) => None,
        }
    }

    /// This place as a socket of the given family names it.
    pub(super) fn seen_by(self, family: Family) -> SockAddr {
        match (self.ip, family) {
            (IpAddr::V4(ip), Family::V4) => SockAddr::V4(SocketAddrV4::new(ip, self.port)),
            (IpAddr::V4(ip), Family::V6) => SockAddr::V6(SocketAddrV6::new(ip.to_ipv6_mapped(), self.port, 0, 0)),
            (IpAddr::V6(ip), _) => SockAddr::V6(SocketAddrV6::new(ip, self.port, 0, 0)),
        }
    }

    pub(super) fn wildcard(ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

/// Whether a socket can be bound to this address.
pub(super) fn is_own(platform: &Platform, ip: IpAddr) -> bool {
    ip.is_loopback() || platform.interfaces.iter().any(|interface| interface.address.to_canonical() == ip)
}

pub(super) fn route(platform: &Platform, to: IpAddr) -> Route {
    if is_own(platform, to) {
        return Route::Own;
    }
    if to == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Route::Broadcast;
    }
    if to.is_multicast() {
        return Route::Group;
    }
    match platform.interfaces.iter().find(|interface| contains(interface, to)) {
        Some(interface) if is_broadcast_of(interface, to) => Route::Broadcast,
        Some(_) => Route::Silent,
        None => Route::Unreachable,
    }
}

/// The scope of a link-local IPv6 address: the interface in whose network it is.
pub(super) fn scope(platform: &Platform, ip: IpAddr) -> Option<u32> {
    let IpAddr::V6(v6) = ip else { return None };
    if !v6.is_unicast_link_local() {
        return None;
    }
    let at = platform.interfaces.iter().position(|interface| contains(interface, ip))?;
    u32::try_from(at + 1).ok()
}

/// A name with the scope it has on this machine.
#[must_use]
pub fn scoped(platform: &Platform, name: SockAddr) -> SockAddr {
    match name {
        SockAddr::V6(v6) if v6.ip().is_unicast_link_local() => match scope(platform, (*v6.ip()).into()) {
            Some(scope) => SockAddr::V6(SocketAddrV6::new(*v6.ip(), v6.port(), v6.flowinfo(), scope)),
            None => name,
        },
        name => name,
    }
}

/// The machine's address that traffic to `to` comes from.
pub(super) fn source(platform: &Platform, to: IpAddr) -> IpAddr {
    if is_own(platform, to) {
        return match to {
            IpAddr::V4(ip) if ip.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            own => own,
        };
    }
    let same_family = |interface: &&Interface| interface.address.is_ipv4() == to.is_ipv4();
    let nearest = platform.interfaces.iter().find(|interface| contains(interface, to));
    match nearest.or_else(|| platform.interfaces.iter().find(same_family)) {
        Some(interface) => interface.address.to_canonical(),
        None if to.is_ipv4() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        None => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

/// An IPv4 interface as SIO_GET_INTERFACE_LIST shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceV4 {
    /// The machine's address.
    pub address: Ipv4Addr,
    /// The broadcast address of the network.
    pub broadcast: Ipv4Addr,
    /// The mask of the network.
    pub mask: Ipv4Addr,
    /// Whether it is loopback.
    pub loopback: bool,
}

impl InterfaceV4 {
    fn new(address: Ipv4Addr, prefix: u8) -> Self {
        let host = host_mask(32, prefix) as u32;
        let broadcast = Ipv4Addr::from_bits(address.to_bits() | host);
        Self { address, broadcast, mask: Ipv4Addr::from_bits(!host), loopback: address.is_loopback() }
    }
}

impl Afd {
    /// SIO_ROUTING_INTERFACE_QUERY: the local address that traffic of this socket to `to` leaves from.
    pub fn routing_interface(&self, cx: &mut Cx<'_>, id: SocketId, to: &SockAddr) -> Result<SockAddr, WsaError> {
        let socket = self.usable(cx, id)?;
        let place = socket.remote_place(to).map_err(|_| WsaError::Fault)?;
        if route(cx.platform, place.ip) == Route::Unreachable {
            return Err(WsaError::NetUnreach);
        }
        let ip = source(cx.platform, place.ip);
        Ok(Place { ip, port: 0 }.seen_by(socket.transport.family))
    }

    /// SIO_ADDRESS_LIST_QUERY: the local addresses of the socket's family; loopback if there is no other.
    pub fn local_addresses(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<Vec<SockAddr>, WsaError> {
        let family = self.usable(cx, id)?.transport.family;
        let own = cx.platform.interfaces.iter().map(|interface| interface.address.to_canonical());
        let mut addresses: Vec<SockAddr> =
            own.filter(|ip| ip.is_ipv4() == (family == Family::V4)).map(|ip| SockAddr::new(ip, 0)).collect();
        if addresses.is_empty() {
            addresses.push(SockAddr::new(source(cx.platform, family.loopback()), 0));
        }
        Ok(addresses)
    }

    /// SIO_GET_INTERFACE_LIST. WSAEINVAL on a socket of another family.
    pub fn interfaces_v4(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<Vec<InterfaceV4>, WsaError> {
        if self.usable(cx, id)?.transport.family != Family::V4 {
            return Err(WsaError::Inval);
        }
        let own = cx.platform.interfaces.iter().filter_map(|interface| match interface.address.to_canonical() {
            IpAddr::V4(ip) => Some(InterfaceV4::new(ip, interface.prefix)),
            IpAddr::V6(_) => None,
        });
        Ok(std::iter::once(InterfaceV4::new(Ipv4Addr::LOCALHOST, 8)).chain(own).collect())
    }

    /// SIO_GET_BROADCAST_ADDRESS. WSAEINVAL on a socket that cannot broadcast.
    pub fn broadcast_address(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<SockAddr, WsaError> {
        let transport = self.usable(cx, id)?.transport;
        if transport.family != Family::V4 || transport.kind != Kind::Datagram {
            return Err(WsaError::Inval);
        }
        cx.log.rule(RuleId::Ioctl17);
        Ok(SockAddr::v4(Ipv4Addr::BROADCAST, 0))
    }
}

/// The bits of an address, widest first, and how many there are.
fn bits(ip: IpAddr) -> (u128, u32) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}

/// The bits of an address that name the host; all ones for prefix 0.
fn host_mask(width: u32, prefix: u8) -> u128 {
    let host_bits = width - u32::from(prefix).min(width);
    u128::MAX.checked_shr(128 - host_bits).unwrap_or(0)
}

fn contains(interface: &Interface, ip: IpAddr) -> bool {
    let ((own, width), (other, other_width)) = (bits(interface.address.to_canonical()), bits(ip));
    width == other_width && (own ^ other) & !host_mask(width, interface.prefix) == 0
}

/// Whether `ip`, inside the interface's network, has all host bits set. Networks of one or two hosts have no broadcast.
fn is_broadcast_of(interface: &Interface, ip: IpAddr) -> bool {
    let (bits, width) = bits(ip);
    let mask = host_mask(width, interface.prefix);
    width == 32 && mask > 1 && bits & mask == mask
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]
mod tests {
    use super::*;

    fn platform(interfaces: &[(&str, u8)]) -> Platform {
        let interface = |&(address, prefix): &(&str, u8)| Interface { address: ip(address), prefix };
        Platform { interfaces: interfaces.iter().map(interface).collect(), ..Platform::default() }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn every_address_has_one_fate() {
        let platform = platform(&[("10.0.0.5", 24), ("fd00::5", 64)]);
        let fates = [
            ("127.0.0.1", Route::Own),
            ("127.9.9.9", Route::Own),
            ("::1", Route::Own),
            ("10.0.0.5", Route::Own),
            ("fd00::5", Route::Own),
            ("10.0.0.6", Route::Silent),
            ("fd00::6", Route::Silent),
            ("10.0.0.255", Route::Broadcast),
            ("255.255.255.255", Route::Broadcast),
            ("10.0.1.6", Route::Unreachable),
            ("fd01::6", Route::Unreachable),
            ("224.0.0.1", Route::Group),
            ("ff02::1", Route::Group),
        ];
        for (address, fate) in fates {
            assert_eq!(route(&platform, ip(address)), fate, "{address}");
        }
    }

    #[test]
    fn senseless_prefixes_are_the_nearest_sensible_ones() {
        assert_eq!(route(&platform(&[("10.0.0.5", 255)]), ip("10.0.0.6")), Route::Unreachable);
        assert_eq!(route(&platform(&[("10.0.0.5", 0)]), ip("9.9.9.9")), Route::Silent);
        assert_eq!(route(&platform(&[("::5", 0)]), ip("9.9.9.9")), Route::Unreachable);
        assert_eq!(route(&platform(&[("10.0.0.4", 31)]), ip("10.0.0.5")), Route::Silent);
    }

    #[test]
    fn the_source_is_the_address_nearest_to_the_destination() {
        let platform = platform(&[("10.0.0.5", 24), ("10.1.0.5", 24), ("fd00::5", 64)]);
        let sources = [
            ("127.0.0.9", "127.0.0.1"),
            ("10.1.0.9", "10.1.0.5"),
            ("10.0.0.5", "10.0.0.5"),
            ("99.0.0.1", "10.0.0.5"),
            ("fd00::9", "fd00::5"),
        ];
        for (to, from) in sources {
            assert_eq!(source(&platform, ip(to)), ip(from), "{to}");
        }
    }

    #[test]
    fn a_link_local_name_has_the_scope_of_its_interface() {
        let platform = platform(&[("10.0.0.5", 24), ("fe80::5", 64)]);
        let scoped = |text: &str| scoped(&platform, text.parse().unwrap()).to_string();
        assert_eq!(scoped("[fe80::5]:80"), "[fe80::5%2]:80");
        assert_eq!(scoped("[fe80::6]:80"), "[fe80::6%2]:80");
        assert_eq!(scoped("[fe80:0:0:1::5]:80"), "[fe80:0:0:1::5]:80");
        assert_eq!(scoped("[::1]:80"), "[::1]:80");
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address() {
        let mapped = SockAddr::V6(SocketAddrV6::new("::ffff:127.0.0.1".parse().unwrap(), 80, 0, 0));
        let place = Place::of(&mapped).unwrap();
        assert_eq!(place, Place { ip: ip("127.0.0.1"), port: 80 });
        assert_eq!(place.seen_by(Family::V6), mapped);
    }
}
