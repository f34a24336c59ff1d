//! Groups: who is a member where, and what becomes of a datagram to one.
//!
//! A membership belongs to the shared socket and ends with it. The machine is one host on each network, so a datagram
//! to a group reaches the members here and beyond that nobody. IP_MULTICAST_LOOP and IPV6_MULTICAST_LOOP are the
//! receiver's affair (ip-multicast-2), and every datagram here comes from the receiver's own machine.

use std::net::IpAddr;

use super::route::{self, Place};
use super::socket::SharedSocket;
use super::source;
use super::source::Sources;
use super::{Afd, Change, Cx, Family, Kind, Lost, OptionValue, SocketId};
use crate::abi::{SockAddr, SockOpt, WsaError};
use crate::rules::RuleId;

/// How many groups one socket can be in (IP_MAX_MEMBERSHIPS).
const MEMBERSHIPS_MAX: usize = 20;

/// The groups of one socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Multicast {
    memberships: Vec<Membership>,
    /// The session joined by WSPJoinLeaf: where sends without a destination go.
    pub(super) session: Option<Place>,
}

/// A group, the address of the interface it was joined on, and whom the member listens to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Membership {
    group: IpAddr,
    interface: IpAddr,
    sources: Sources,
}

impl Membership {
    fn is_of(&self, other: &Self) -> bool {
        (self.group, self.interface) == (other.group, other.interface)
    }
}

/// Whether an address is a group's.
pub(super) fn is_group(ip: IpAddr) -> bool {
    ip.is_multicast()
}

/// The group and interface of an option value; what is too short is WSAEFAULT.
fn membership_of(cx: &Cx<'_>, family: Family, bytes: &[u8]) -> Result<Membership, WsaError> {
    let (group, interface) = match family {
        Family::V4 => {
            let &[a, b, c, d, e, f, g, h] = bytes.first_chunk::<8>().ok_or(WsaError::Fault)?;
            (IpAddr::from([a, b, c, d]), IpAddr::from([e, f, g, h]))
        }
        Family::V6 => {
            let group = *bytes.first_chunk::<16>().ok_or(WsaError::Fault)?;
            let index = bytes.get(16..20).and_then(|index| index.first_chunk::<4>()).ok_or(WsaError::Fault)?;
            (IpAddr::from(group), interface_at(cx, u32::from_le_bytes(*index))?)
        }
    };
    if !is_group(group) {
        return Err(WsaError::Inval);
    }
    if !interface.is_unspecified() && !route::is_own(cx.platform, interface) {
        return Err(WsaError::AddrNotAvail);
    }
    Ok(Membership { group, interface, sources: Sources::default() })
}

/// The IPv6 address of interface `index`; 1 is loopback, the model's interfaces follow. 0 lets the machine choose.
fn interface_at(cx: &Cx<'_>, index: u32) -> Result<IpAddr, WsaError> {
    match index {
        0 => Ok(Family::V6.wildcard()),
        1 => Ok(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)),
        _ => {
            let interface = cx.platform.interfaces.get(index as usize - 2).ok_or(WsaError::AddrNotAvail)?;
            if interface.address.is_ipv6() { Ok(interface.address) } else { Err(WsaError::AddrNotAvail) }
        }
    }
}

impl Afd {
    /// The options that choose sources; `None` for any other.
    fn set_source(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        option: SockOpt,
        value: &OptionValue,
    ) -> Option<Result<(), WsaError>> {
        let (rule, change) = source::change_of(option)?;
        let OptionValue::Bytes(bytes) = value else { return Some(Err(WsaError::Fault)) };
        let family = self.sockets[id].transport.family;
        let asked =
            source::split(bytes).and_then(|(request, source)| Ok((membership_of(cx, family, &request)?, source)));
        cx.log.rule(rule);
        Some(asked.and_then(|(membership, from)| self.change_source(cx, id, membership, change, from)))
    }

    fn change_source(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        membership: Membership,
        change: source::Change,
        from: IpAddr,
    ) -> Result<(), WsaError> {
        let groups = &mut self.sockets[id].extras_mut().multicast.memberships;
        let Some(known) = groups.iter_mut().find(|known| known.is_of(&membership)) else {
            let sources = Sources::first(change, from)?;
            return self.become_member(cx, id, Membership { sources, ..membership });
        };
        known.sources.change(change, from)?;
        if known.sources.are_none() { self.leave_group(cx, id, membership) } else { Ok(()) }
    }

    /// The options that join and leave groups; `None` for any other.
    pub(super) fn set_membership(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        option: SockOpt,
        value: &OptionValue,
    ) -> Option<Result<(), WsaError>> {
        if let Some(outcome) = self.set_source(cx, id, option, value) {
            return Some(outcome);
        }
        let joins = match option {
            SockOpt::IpAddMembership | SockOpt::Ipv6JoinGroup => true,
            SockOpt::IpDropMembership | SockOpt::Ipv6LeaveGroup => false,
            _ => return None,
        };
        let OptionValue::Bytes(bytes) = value else { return Some(Err(WsaError::Fault)) };
        let family = self.sockets[id].transport.family;
        let membership = match membership_of(cx, family, bytes) {
            Ok(membership) => membership,
            Err(error) => return Some(Err(error)),
        };
        Some(if joins { self.join_group(cx, id, membership) } else { self.leave_group(cx, id, membership) })
    }

    fn join_group(&mut self, cx: &mut Cx<'_>, id: SocketId, membership: Membership) -> Result<(), WsaError> {
        cx.log.rule(RuleId::Multicast1);
        let groups = &mut self.sockets[id].extras_mut().multicast.memberships;
        if groups.iter().any(|known| known.is_of(&membership)) {
            return Err(WsaError::Inval);
        }
        self.become_member(cx, id, membership)
    }

    fn become_member(&mut self, cx: &mut Cx<'_>, id: SocketId, membership: Membership) -> Result<(), WsaError> {
        let groups = &mut self.sockets[id].extras_mut().multicast.memberships;
        if groups.len() >= MEMBERSHIPS_MAX {
            return Err(WsaError::NoBufs);
        }
        let group = membership.group;
        groups.push(membership);
        cx.log.note(|| Change::Joined { socket: id, group: SockAddr::new(group, 0) });
        Ok(())
    }

    fn leave_group(&mut self, cx: &mut Cx<'_>, id: SocketId, membership: Membership) -> Result<(), WsaError> {
        cx.log.rule(RuleId::Multicast2);
        let groups = &mut self.sockets[id].extras_mut().multicast.memberships;
        let before = groups.len();
        groups.retain(|known| !known.is_of(&membership));
        if groups.len() == before {
            return Err(WsaError::AddrNotAvail);
        }
        cx.log.note(|| Change::Left { socket: id, group: SockAddr::new(membership.group, 0) });
        Ok(())
    }

    /// WSPJoinLeaf of a datagram leaf: membership of the session's group, and the destination of its sends.
    pub fn join_session(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        session: &SockAddr,
        receives: bool,
    ) -> Result<(), WsaError> {
        self.buffered(cx, id)?;
        let place = self.sockets[id].remote_place(session).inspect_err(|_| cx.log.rule(RuleId::Join5))?;
        if self.session(id).is_some() {
            cx.log.rule(RuleId::Join7);
            return Err(WsaError::IsConn);
        }
        if !is_group(place.ip) || place.port == 0 {
            cx.log.rule(RuleId::Join5);
            return Err(WsaError::AddrNotAvail);
        }
        self.bind_implicitly(cx, id)?;
        if receives {
            let interface = Place::wildcard(place.ip);
            self.join_group(cx, id, Membership { group: place.ip, interface, sources: Sources::default() })?;
        }
        self.sockets[id].extras_mut().multicast.session = Some(place);
        self.report_connect(cx, id, None);
        self.report_due(cx, id);
        Ok(())
    }

    /// The session a socket has joined.
    pub(super) fn session(&self, id: SocketId) -> Option<Place> {
        self.sockets.get(id)?.extras.as_ref()?.multicast.session
    }

    /// A datagram to a group: every member bound to the port gets it.
    pub(super) fn deliver_to_group(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8], place: Place) {
        let Some(from) = self.source_place(cx, id, place.ip) else { return };
        let from = Place { ip: self.sockets[id].group_source(cx).unwrap_or(from.ip), ..from };
        cx.log.rule(RuleId::Multicast3);
        let bound = self.ports.on_port(Kind::Datagram, place.port, place.ip.is_ipv4());
        let members: Vec<SocketId> = bound.filter(|&member| self.sockets[member].is_member(place.ip)).collect();
        for member in members {
            let socket = &self.sockets[member];
            if !socket.takes_loopback() {
                cx.log.rule(RuleId::Multicast4);
                cx.log.note(|| Change::DatagramLost { socket: member, why: Lost::NotLooped });
            } else if !socket.listens_to(place.ip, from.ip) {
                cx.log.rule(RuleId::Multicast8);
                cx.log.note(|| Change::DatagramLost { socket: member, why: Lost::NotFromSource });
            } else if socket.peer_place().is_none_or(|peer| peer == from) {
                self.queue_datagram(cx, member, data, from);
            }
        }
    }

    /// Whether a socket takes multicast options: SIO_MULTIPOINT_LOOPBACK and SIO_MULTICAST_SCOPE.
    pub fn set_multicast(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        loopback: Option<bool>,
        scope: Option<i32>,
    ) -> Result<(), WsaError> {
        let transport = self.usable(cx, id)?.transport;
        if !transport.kind.is_datagram() {
            return Err(WsaError::Inval);
        }
        cx.log.rule(RuleId::Ioctl16);
        let (looping, hops) = match transport.family {
            Family::V4 => (SockOpt::IpMulticastLoop, SockOpt::IpMulticastTtl),
            Family::V6 => (SockOpt::Ipv6MulticastLoop, SockOpt::Ipv6MulticastHops),
        };
        if let Some(on) = loopback {
            self.set_option(cx, id, looping, OptionValue::Bool(on))?;
        }
        match scope {
            Some(scope) if !(0..=255).contains(&scope) => Err(WsaError::Inval),
            Some(scope) => self.set_option(cx, id, hops, OptionValue::Int(scope)),
            None => Ok(()),
        }
    }
}

impl SharedSocket {
    /// IP_MULTICAST_IF: the address that datagrams to groups come from, if it was chosen and is the machine's.
    fn group_source(&self, cx: &Cx<'_>) -> Option<IpAddr> {
        let wildcard = self.bound.is_some_and(|bound| bound.place.ip.is_unspecified());
        let chosen = match self.options.rare(SockOpt::IpMulticastIf)? {
            OptionValue::U32(bits) => IpAddr::from(bits.to_le_bytes()),
            _ => return None,
        };
        Some(chosen).filter(|&ip| wildcard && self.transport.family == Family::V4 && route::is_own(cx.platform, ip))
    }

    /// Whether datagrams that this machine sends to a group come in here.
    fn takes_loopback(&self) -> bool {
        self.switch(match self.transport.family {
            Family::V4 => SockOpt::IpMulticastLoop,
            Family::V6 => SockOpt::Ipv6MulticastLoop,
        })
    }

    /// Whether one of the socket's memberships takes what this source sends to the group.
    pub(super) fn listens_to(&self, group: IpAddr, source: IpAddr) -> bool {
        let groups = self.extras.as_ref().map(|extras| &extras.multicast.memberships);
        let of_group = |known: &&Membership| known.group == group;
        groups.is_some_and(|groups| groups.iter().filter(of_group).any(|known| known.sources.takes(source)))
    }

    fn is_member(&self, group: IpAddr) -> bool {
        let groups = self.extras.as_ref().map(|extras| &extras.multicast.memberships);
        groups.is_some_and(|groups| groups.iter().any(|known| known.group == group))
    }
}
