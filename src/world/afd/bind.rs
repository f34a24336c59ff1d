//! Local and remote names: bind, implicit bind, what WSPGetSockName and WSPGetPeerName show.
//!
//! Automatic ports are the next free one after the last given, so that runs repeat; with SO_RANDOMIZE_PORT one far from
//! it, and the same in every run. A late WSAEADDRINUSE can come from a connect that turns a wildcard into an address somebody else has
//! (see `connect`), or from a listen at an address that SO_REUSEADDR, cleared since, let two sockets have (see `listen`).

use std::net::{IpAddr, SocketAddrV6};

use super::port::{Bind, Sharing, Table};
use super::route::{self, Place};
use super::socket::{Bound, BoundEntry, Role, SharedSocket};
use super::{Afd, Change, Cx, Family, Kind, SocketId};
use crate::abi::{SockAddr, SockOpt, WsaError};
use crate::rules::RuleId;
use crate::world::machine::Platform;
use crate::world::policy::{BindUnknownFamily, EphemeralPorts, PolicyId};

impl Afd {
    /// WSPBind.
    pub fn bind(&mut self, cx: &mut Cx<'_>, id: SocketId, name: &SockAddr) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        if !has_family(socket.transport.family, name) {
            cx.log.rule(RuleId::Bind2);
            return Err(wrong_family(cx, name));
        }
        if socket.bound.is_some() {
            cx.log.rule(RuleId::Bind1);
            return Err(WsaError::Inval);
        }
        if socket.awaits_accept() {
            cx.log.rule(RuleId::AcceptEx10);
            return Err(WsaError::Inval);
        }
        self.buffered(cx, id)?;
        let Some(place) = self.local_place(cx, id, name) else {
            cx.log.rule(RuleId::Bind7);
            return Err(WsaError::AddrNotAvail);
        };
        self.bind_to(cx, id, place)?;
        self.report_due(cx, id);
        Ok(())
    }

    /// The place a bind asks for; `None` if it is not the machine's or the socket cannot be there.
    fn local_place(&self, cx: &Cx<'_>, id: SocketId, name: &SockAddr) -> Option<Place> {
        let place = Place::of(name)?;
        let mapped = matches!(name, SockAddr::V6(_)) && place.ip.is_ipv4();
        let foreign = matches!(name, SockAddr::V6(v6) if v6.scope_id() != 0 && !is_scope_of(cx.platform, v6));
        if foreign {
            return None;
        }
        let usable = !mapped || (!self.sockets[id].only_v6() && !place.ip.is_unspecified());
        (usable && (place.ip.is_unspecified() || route::is_own(cx.platform, place.ip))).then_some(place)
    }

    /// Binds an unbound socket to a place of the machine; port 0 lets the machine choose.
    fn bind_to(&mut self, cx: &mut Cx<'_>, id: SocketId, place: Place) -> Result<(), WsaError> {
        let socket = &self.sockets[id];
        let (transport, sharing) = (socket.transport, socket.sharing());
        if transport.kind == Kind::Raw {
            cx.log.rule(RuleId::Raw4);
            return self.bind_raw(cx, id, place.ip);
        }
        if place.ip.is_unspecified() {
            cx.log.rule(RuleId::Bind3);
        }
        let dual = place.ip.is_unspecified() && place.ip.is_ipv6() && !socket.only_v6();
        let mut bind = Bind { kind: transport.kind, port: place.port, address: place.ip, sharing, dual };
        if bind.port == 0 {
            let scattered = self.sockets[id].options.switch(SockOpt::RandomizePort);
            bind.port = self.automatic_port(cx, &bind, scattered)?;
        } else {
            self.check_conflicts(cx, &bind)?;
        }
        let sequence = self.ports.insert(&bind, id);
        let place = Place { port: bind.port, ..place };
        let entry = BoundEntry { sequence, wildcard: place.ip.is_unspecified(), dual };
        self.sockets[id].bound = Some(Bound { place, entry: Some(entry) });
        cx.log.note(|| Change::Bound { socket: id, name: place.seen_by(transport.family) });
        Ok(())
    }

    fn automatic_port(&mut self, cx: &mut Cx<'_>, bind: &Bind, scattered: bool) -> Result<u16, WsaError> {
        if scattered {
            cx.log.rule(RuleId::SetOpt18);
        }
        cx.log.rule(RuleId::Bind4);
        cx.log.policy(PolicyId::ephemeral_ports);
        let range = match cx.platform.policies.ephemeral_ports {
            EphemeralPorts::From49152 => 49152..=65535,
            EphemeralPorts::From1024 => 1024..=5000,
        };
        self.ports.next_automatic(bind.kind, range, scattered).ok_or_else(|| {
            cx.log.rule(RuleId::Bind10);
            WsaError::NoBufs
        })
    }

    fn check_conflicts(&self, cx: &mut Cx<'_>, bind: &Bind) -> Result<(), WsaError> {
        let policies = &cx.platform.policies;
        let table = Table { matrix: policies.bind_matrix, dual: policies.dual_stack_wildcard };
        let (met, outcome) = self.ports.conflict(table, bind);
        if met.asked {
            cx.log.policy(PolicyId::dual_stack_wildcard);
        }
        if let Some(line) = met.rule {
            cx.log.rule(RuleId::Bind8);
            cx.log.rule(line);
            cx.log.policy(PolicyId::bind_matrix);
        } else if cx.log.is_on() && !bind.address.is_unspecified() && self.ports.anyone(bind.kind, bind.port) {
            cx.log.rule(RuleId::BindMatrix1);
        }
        outcome
    }

    /// Binds an unbound socket to the wildcard and an automatic port.
    pub(super) fn bind_implicitly(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<(), WsaError> {
        let socket = &self.sockets[id];
        if socket.bound.is_some() {
            return Ok(());
        }
        cx.log.rule(if socket.transport.kind.connects() { RuleId::Connect1 } else { RuleId::SendTo3 });
        let ip = socket.transport.family.wildcard();
        self.bind_to(cx, id, Place { ip, port: 0 })
    }

    /// Gives up the local name.
    pub(super) fn unbind(&mut self, id: SocketId) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        let kind = socket.transport.kind;
        if let Some(Bound { place, entry: Some(entry) }) = socket.bound.take() {
            for address in entry.addresses(place.ip) {
                self.ports.remove(kind, place.port, address, entry.sequence);
            }
        }
    }

    /// WSPGetSockName.
    pub fn local_name(&self, id: SocketId) -> Result<SockAddr, WsaError> {
        let socket = self.sockets.get(id).ok_or(WsaError::NotSock)?;
        if self.faults.network_down {
            return Err(WsaError::NetDown);
        }
        socket.known_local().ok_or(WsaError::Inval)
    }

    /// WSPGetPeerName.
    pub fn peer_name(&self, id: SocketId) -> Result<SockAddr, WsaError> {
        let socket = self.sockets.get(id).ok_or(WsaError::NotSock)?;
        if self.faults.network_down {
            return Err(WsaError::NetDown);
        }
        socket.peer().filter(|_| socket.context.is_none()).ok_or(WsaError::NotConn)
    }

    /// The address another socket sees traffic from this one come from.
    pub(super) fn source_place(&self, cx: &Cx<'_>, id: SocketId, to: IpAddr) -> Option<Place> {
        let place = self.sockets.get(id)?.bound?.place;
        let ip = if place.ip.is_unspecified() { route::source(cx.platform, to) } else { place.ip };
        Some(Place { ip, ..place })
    }
}

impl BoundEntry {
    /// The addresses under which the port table has a socket whose name shows `ip`.
    pub(super) fn addresses(&self, ip: IpAddr) -> impl Iterator<Item = IpAddr> + use<> {
        let first = match (self.wildcard, self.dual) {
            (false, _) => ip,
            (true, false) => Place::wildcard(ip),
            (true, true) => Family::V6.wildcard(),
        };
        std::iter::once(first).chain(self.dual.then_some(Family::V4.wildcard()))
    }
}

impl SharedSocket {
    /// Whether an IPv6 socket leaves IPv4 alone.
    pub(super) fn only_v6(&self) -> bool {
        self.options.switch(SockOpt::Ipv6V6Only)
    }

    fn sharing(&self) -> Sharing {
        if self.options.switch(SockOpt::ExclusiveAddrUse) {
            Sharing::Exclusive
        } else if self.options.switch(SockOpt::ReuseAddr) {
            Sharing::Reuse
        } else {
            Sharing::Plain
        }
    }

    /// While connected, a socket bound to the wildcard shows the one address its traffic comes from.
    pub(super) fn show_local(&mut self, ip: IpAddr) {
        if let Some(bound) = &mut self.bound
            && bound.entry.is_some_and(|entry| entry.wildcard)
        {
            bound.place.ip = ip;
        }
    }

    /// Back to showing the wildcard.
    pub(super) fn show_wildcard(&mut self) {
        self.show_local(self.transport.family.wildcard());
    }

    /// Where traffic to `name` goes, if a socket of this family can send there.
    pub(super) fn remote_place(&self, name: &SockAddr) -> Result<Place, WsaError> {
        if !has_family(self.transport.family, name) {
            return Err(WsaError::AfNoSupport);
        }
        let place = Place::of(name).ok_or(WsaError::AfNoSupport)?;
        if self.transport.family == Family::V6 && place.ip.is_ipv4() && self.only_v6() {
            return Err(WsaError::NetUnreach);
        }
        Ok(place)
    }

    /// Whether it listens.
    pub(super) fn is_listening(&self) -> bool {
        matches!(self.role, Role::Listening(_))
    }
}

fn has_family(family: Family, name: &SockAddr) -> bool {
    matches!((family, name), (Family::V4, SockAddr::V4(_)) | (Family::V6, SockAddr::V6(_)))
}

/// Another family than the socket's.
fn wrong_family(cx: &mut Cx<'_>, name: &SockAddr) -> WsaError {
    let SockAddr::Other(_) = name else { return WsaError::Fault };
    cx.log.policy(PolicyId::bind_unknown_family);
    match cx.platform.policies.bind_unknown_family {
        BindUnknownFamily::Wsaefault => WsaError::Fault,
        BindUnknownFamily::Wsaeafnosupport => WsaError::AfNoSupport,
    }
}

/// Whether the scope of a link-local name is that of the interface; other names have none to be wrong.
fn is_scope_of(platform: &Platform, name: &SocketAddrV6) -> bool {
    route::scope(platform, (*name.ip()).into()).is_none_or(|scope| scope == name.scope_id())
}
