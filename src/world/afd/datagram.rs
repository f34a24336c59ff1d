//! Datagrams: default peers, delivery, broadcast, what gets lost.
//!
//! A datagram is in the receiver's queue before the send returns, or it is lost: to a full queue, to a peer filter, to a
//! silent host, to a port nobody is bound to. Of several sockets bound to one place, one connected to the sender gets
//! it, else the one bound first. Sending never waits, so SO_SNDBUF means nothing here.

use super::route::{self, Place, Route};
use super::socket::{Datagram, Datagrams};
use super::{Afd, Change, Cx, Io, Kind, Lost, Received, SocketId};
use crate::abi::{NetworkEvents, SockAddr, SockOpt, WsaError};
use crate::rules::RuleId;
use crate::world::policy::{PolicyId, UdpPortUnreachable};

impl Datagrams {
    pub(super) fn forget_queue(&mut self) {
        self.queue.clear();
        self.charge = 0;
    }

    /// Takes the first datagram out.
    fn pop(&mut self) -> Vec<u8> {
        let bytes = self.queue.pop_front().map(|datagram| datagram.bytes).unwrap_or_default();
        self.charge = self.charge.saturating_sub(charge_of(&bytes));
        bytes
    }

    /// SIO_ENABLE_CIRCULAR_QUEUEING: makes room for a datagram at the cost of those that came first.
    fn drop_oldest(&mut self, charge: u32, limit: u32) {
        while !self.queue.is_empty() && self.charge.saturating_add(charge) > limit && charge <= limit {
            self.pop();
        }
    }

    /// Keeps the datagrams of one sender only.
    fn keep_only(&mut self, peer: Place) {
        self.queue.retain(|datagram| datagram.from == peer);
        self.charge = self.queue.iter().map(|datagram| charge_of(&datagram.bytes)).sum();
    }
}

/// What a datagram counts against SO_RCVBUF: its bytes, and an empty one still something.
fn charge_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).max(1)
}

impl Afd {
    /// Sets, changes or takes away the default peer.
    pub(super) fn connect_datagram(&mut self, cx: &mut Cx<'_>, id: SocketId, to: &SockAddr) -> Result<(), WsaError> {
        let socket = &self.sockets[id];
        if *to == SockAddr::Other(0) {
            self.dissolve(cx, id);
            return Ok(());
        }
        let place = socket.remote_place(to).inspect_err(|_| cx.log.rule(RuleId::Connect17))?;
        if place.ip.is_unspecified() {
            self.dissolve(cx, id);
            return Ok(());
        }
        self.buffered(cx, id)?;
        if place.port == 0 && self.sockets[id].transport.kind != Kind::Raw {
            return Err(WsaError::AddrNotAvail);
        }
        self.check_destination(cx, id, place, RuleId::Connect14)?;
        self.bind_implicitly(cx, id)?;
        self.set_peer(cx, id, place);
        Ok(())
    }

    fn set_peer(&mut self, cx: &mut Cx<'_>, id: SocketId, to: Place) {
        let source = route::source(cx.platform, to.ip);
        let socket = &mut self.sockets[id];
        let family = socket.transport.family;
        socket.show_wildcard();
        socket.show_local(source);
        if let Some(registration) = &mut socket.registration {
            registration.reported.remove(NetworkEvents::CONNECT);
        }
        let Some(datagrams) = socket.datagrams_mut() else { return };
        match datagrams.peer.replace(to) {
            None => datagrams.keep_only(to),
            Some(former) if former != to => {
                cx.log.rule(RuleId::Connect13);
                datagrams.forget_queue();
                datagrams.unreachable = false;
            }
            Some(_) => {}
        }
        cx.log.rule(RuleId::Connect10);
        cx.log.note(|| Change::Connected { socket: id, peer: to.seen_by(family), peer_socket: None });
        self.report_connect(cx, id, None);
        self.report_due(cx, id);
    }

    fn dissolve(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let socket = &mut self.sockets[id];
        socket.show_wildcard();
        let Some(datagrams) = socket.datagrams_mut() else { return };
        if datagrams.peer.take().is_some() {
            datagrams.forget_queue();
            datagrams.unreachable = false;
            cx.log.rule(RuleId::Connect12);
            cx.log.note(|| Change::Dissolved { socket: id });
        }
    }

    /// Whether a datagram socket can send to a place at all.
    fn check_destination(
        &self,
        cx: &mut Cx<'_>,
        id: SocketId,
        place: Place,
        broadcast_rule: RuleId,
    ) -> Result<Route, WsaError> {
        match route::route(cx.platform, place.ip) {
            Route::Unreachable => Err(WsaError::NetUnreach),
            Route::Broadcast if !self.sockets[id].options.switch(SockOpt::Broadcast) => {
                cx.log.rule(broadcast_rule);
                Err(WsaError::Acces)
            }
            route => Ok(route),
        }
    }

    /// Sends to the default peer; `without` is the error if there is none.
    pub(super) fn send_to_peer(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        without: WsaError,
    ) -> Result<usize, WsaError> {
        let socket = &mut self.sockets[id];
        let peer = socket.datagrams_mut().and_then(|datagrams| datagrams.peer);
        match peer.or_else(|| self.session(id)) {
            Some(peer) => self.send_to_place(cx, id, data, peer, RuleId::Send14),
            None => {
                cx.log.rule(if without == WsaError::NotConn { RuleId::Send1 } else { RuleId::SendTo4 });
                Err(without)
            }
        }
    }

    pub(super) fn send_datagram(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        to: &SockAddr,
    ) -> Result<usize, WsaError> {
        let socket = &self.sockets[id];
        let place = socket.remote_place(to).inspect_err(|_| cx.log.rule(RuleId::SendTo5))?;
        self.send_to_place(cx, id, data, place, RuleId::SendTo7)
    }

    fn send_to_place(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        place: Place,
        broadcast_rule: RuleId,
    ) -> Result<usize, WsaError> {
        if self.sockets[id].shut.send {
            cx.log.rule(RuleId::Send8);
            return Err(WsaError::Shutdown);
        }
        if place.ip.is_unspecified() {
            cx.log.rule(RuleId::SendTo5);
            return Err(WsaError::AddrNotAvail);
        }
        if data.len() > cx.platform.limits.message_bytes as usize {
            cx.log.rule(RuleId::Send6);
            return Err(WsaError::MsgSize);
        }
        let route = self.check_destination(cx, id, place, broadcast_rule)?;
        if self.sockets[id].bound.is_none() {
            self.bind_implicitly(cx, id)?;
            self.report_due(cx, id);
        }
        match route {
            _ if self.sockets[id].transport.kind == Kind::Raw => self.send_raw(cx, id, data, place.ip, route)?,
            Route::Own => self.deliver(cx, id, data, place),
            Route::Broadcast => self.deliver_to_all(cx, id, data, place),
            Route::Group => self.deliver_to_group(cx, id, data, place),
            Route::Silent | Route::Unreachable => {
                cx.log.note(|| Change::DatagramLost { socket: id, why: Lost::Silence })
            }
        }
        Ok(data.len())
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8], place: Place) {
        let Some(from) = self.source_place(cx, id, place.ip) else { return };
        if self.links.is_some() && self.link_takes_datagram(cx, id, (from, place), data) {
            return;
        }
        self.deliver_from(cx, Some(id), from, data, place);
    }

    /// A datagram that was on its way is there.
    pub(super) fn arrive_datagram(
        &mut self,
        cx: &mut Cx<'_>,
        sender: Option<SocketId>,
        from: Place,
        data: &[u8],
        place: Place,
    ) {
        match route::route(cx.platform, place.ip) {
            Route::Broadcast => self.deliver_to_all_from(cx, from, data, place),
            _ => self.deliver_from(cx, sender, from, data, place),
        }
    }

    fn deliver_from(&mut self, cx: &mut Cx<'_>, sender: Option<SocketId>, from: Place, data: &[u8], place: Place) {
        let (mut anybody, mut several) = (false, false);
        let mut receiver = None;
        for candidate in self.bound_at(place) {
            anybody = true;
            match self.sockets[candidate].peer_place() {
                None => {
                    several |= receiver.is_some();
                    receiver = receiver.or(Some(candidate));
                }
                Some(peer) if peer == from => {
                    receiver = Some(candidate);
                    break;
                }
                Some(_) => {
                    cx.log.rule(RuleId::Connect11);
                    cx.log.rule(RuleId::Recv22);
                }
            }
        }
        if several {
            cx.log.rule(RuleId::BindMatrix12);
        }
        match receiver {
            Some(receiver) => self.queue_datagram(cx, receiver, data, from),
            None => {
                let Some(sender) = sender else { return };
                if anybody {
                    cx.log.note(|| Change::DatagramLost { socket: sender, why: Lost::NotFromPeer });
                } else {
                    self.port_unreachable(cx, sender, place);
                }
            }
        }
    }

    fn bound_at(&self, place: Place) -> impl Iterator<Item = SocketId> + '_ {
        let exact = self.ports.at(Kind::Datagram, place.port, place.ip);
        exact.chain(self.ports.at(Kind::Datagram, place.port, Place::wildcard(place.ip)))
    }

    /// Every socket on the port gets a broadcast, if its default peer allows.
    fn deliver_to_all(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8], place: Place) {
        let Some(from) = self.source_place(cx, id, place.ip) else { return };
        if !(self.links.is_some() && self.link_takes_datagram(cx, id, (from, place), data)) {
            self.deliver_to_all_from(cx, from, data, place);
        }
    }

    fn deliver_to_all_from(&mut self, cx: &mut Cx<'_>, from: Place, data: &[u8], place: Place) {
        let receivers: Vec<SocketId> = self.ports.on_port_v4(Kind::Datagram, place.port).map(|(_, id)| id).collect();
        for receiver in receivers {
            let peer = self.sockets[receiver].peer_place();
            if peer.is_none_or(|peer| peer == from) {
                self.queue_datagram(cx, receiver, data, from);
            }
        }
    }

    pub(super) fn queue_datagram(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8], from: Place) {
        let socket = &mut self.sockets[id];
        let limit = socket.options.receive_buffer;
        let family = socket.transport.family;
        let circular = socket.extras.as_ref().is_some_and(|extras| extras.circular);
        if socket.shut.receive {
            cx.log.rule(RuleId::Shutdown5);
        }
        // A posted buffer takes a datagram whatever SO_RCVBUF says (O12).
        let awaited = socket.io.as_deref().is_some_and(Io::awaits_data);
        let Some(datagrams) = socket.datagrams_mut() else { return };
        if circular {
            datagrams.drop_oldest(charge_of(data), limit);
        }
        let charge = charge_of(data).saturating_add(datagrams.charge);
        if charge > limit && awaited {
            cx.log.rule(RuleId::O12);
        } else if charge > limit {
            cx.log.note(|| Change::DatagramLost { socket: id, why: Lost::QueueFull });
            return;
        }
        datagrams.charge = charge;
        datagrams.queue.push_back(Datagram { from, bytes: data.to_vec() });
        cx.log.note(|| Change::DatagramQueued { socket: id, from: from.seen_by(family), bytes: data.len() });
        self.report_due(cx, id);
    }

    /// SIO_ENABLE_CIRCULAR_QUEUEING. WSAENOPROTOOPT on a socket that loses nothing.
    pub fn queue_circularly(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<(), WsaError> {
        if !self.usable(cx, id)?.transport.kind.is_datagram() {
            return Err(WsaError::NoProtoOpt);
        }
        cx.log.rule(RuleId::Ioctl14);
        self.sockets[id].extras_mut().circular = true;
        Ok(())
    }

    /// Nobody is bound at the destination.
    fn port_unreachable(&mut self, cx: &mut Cx<'_>, id: SocketId, place: Place) {
        cx.log.note(|| Change::DatagramLost { socket: id, why: Lost::NobodyThere });
        if place.port == 0 {
            return;
        }
        let socket = &mut self.sockets[id];
        let reported = match socket.options.udp_connreset {
            Some(reported) => reported,
            None => {
                cx.log.policy(PolicyId::udp_port_unreachable);
                cx.platform.policies.udp_port_unreachable == UdpPortUnreachable::Reported
            }
        };
        if let Some(datagrams) = socket.datagrams_mut() {
            datagrams.unreachable |= reported;
        }
        self.progress(cx, id);
    }

    pub(super) fn receive_datagram(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        peek: bool,
    ) -> Result<Received, WsaError> {
        let socket = &mut self.sockets[id];
        if socket.bound.is_none() {
            cx.log.rule(RuleId::Recv1);
            cx.log.rule(RuleId::RecvFrom3);
            return Err(WsaError::Inval);
        }
        if socket.shut.receive {
            cx.log.rule(RuleId::Recv15);
            return Err(WsaError::Shutdown);
        }
        let (family, several) = (socket.transport.family, socket.references() > 1);
        let Some(datagrams) = socket.datagrams_mut() else { return Ok(Received::Empty) };
        if std::mem::take(&mut datagrams.unreachable) {
            cx.log.rule(RuleId::RecvFrom6);
            return Err(WsaError::ConnReset);
        }
        let Some(front) = datagrams.queue.front() else { return Ok(Received::Empty) };
        let (from, length) = (front.from.seen_by(family), front.bytes.len());
        let truncated = length > room;
        if several && !peek {
            cx.log.rule(RuleId::RecvFrom7);
        }
        cx.log.rule(if truncated { RuleId::Recv9 } else { RuleId::Recv6 });
        let bytes = if peek {
            front.bytes[..length.min(room)].to_vec()
        } else {
            let mut bytes = datagrams.pop();
            bytes.truncate(room);
            let left = datagrams.queue.len();
            cx.log.note(|| Change::DatagramTaken { socket: id, from, bytes: length, left });
            bytes
        };
        Ok(Received::Data { bytes, from: Some(from), truncated })
    }
}
