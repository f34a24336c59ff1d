//! Raw sockets: IP packets of one protocol, in and out.
//!
//! Page: tcp-ip-raw-sockets-2. A raw socket is a datagram socket without ports: it has an IP protocol number instead,
//! and gets a copy of every packet of that protocol that fits its name and its default peer. Over IPv4 the packet comes
//! with its header; what is sent gets one, unless IP_HDRINCL says that it is there already. The machine answers ICMP
//! echo requests itself.
//!
//! Not modelled: what other sockets send as TCP and UDP on its way past raw sockets, SIO_RCVALL, link faults.

use std::net::{IpAddr, Ipv4Addr};

use super::route::{self, Place, Route};
use super::values::default_of;
use super::{Afd, Change, Cx, Family, Kind, Lost, OptionValue, SharedSocket, SocketId};
use crate::abi::consts::{IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP};
use crate::abi::{SockOpt, WsaError};
use crate::rules::RuleId;

/// The least an IPv4 header has.
const HEADER: usize = 20;

const TCP: u8 = IPPROTO_TCP as u8;
const UDP: u8 = IPPROTO_UDP as u8;
const ICMP: u8 = IPPROTO_ICMP as u8;

/// ICMP: what asks for an answer, and the answer.
const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;

/// A packet as receivers see it: over IPv4 with its header.
#[derive(Clone, Debug)]
struct Packet {
    protocol: u8,
    from: IpAddr,
    to: IpAddr,
    bytes: Vec<u8>,
}

impl Afd {
    /// Says which protocol a new raw socket is for.
    pub fn set_protocol(&mut self, id: SocketId, protocol: u8) {
        if let Some(datagrams) = self.sockets.get_mut(id).and_then(SharedSocket::datagrams_mut) {
            datagrams.protocol = protocol;
        }
    }

    /// Gives a raw socket its address; it has no port.
    pub(super) fn bind_raw(&mut self, cx: &mut Cx<'_>, id: SocketId, ip: IpAddr) -> Result<(), WsaError> {
        let socket = &mut self.sockets[id];
        if socket.protocol() == TCP {
            cx.log.rule(RuleId::Raw5);
            return Err(WsaError::Inval);
        }
        let place = Place { ip, port: 0 };
        socket.bound = Some(super::socket::Bound { place, entry: None });
        let family = socket.transport.family;
        cx.log.note(|| Change::Bound { socket: id, name: place.seen_by(family) });
        Ok(())
    }

    /// Sends a packet: to where the call says, whatever port that has.
    pub(super) fn send_raw(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &[u8],
        to: IpAddr,
        route: Route,
    ) -> Result<(), WsaError> {
        let Some(from) = self.source_place(cx, id, to) else { return Ok(()) };
        let packet = packet(cx, &self.sockets[id], data, (from.ip, to))?;
        if packet.protocol == TCP || packet.protocol == UDP && !route::is_own(cx.platform, packet.from) {
            cx.log.rule(RuleId::Raw6);
            cx.log.note(|| Change::DatagramLost { socket: id, why: Lost::NotForRaw });
            return Ok(());
        }
        match route {
            Route::Own | Route::Broadcast | Route::Group => self.arrive_raw(cx, id, &packet),
            Route::Silent | Route::Unreachable => {
                cx.log.note(|| Change::DatagramLost { socket: id, why: Lost::Silence });
            }
        }
        Ok(())
    }

    /// A packet is at this machine, which answers an echo request itself.
    fn arrive_raw(&mut self, cx: &mut Cx<'_>, sender: SocketId, packet: &Packet) {
        if let Some(reply) = echo_reply(packet) {
            cx.log.rule(RuleId::Raw7);
            return self.deliver_raw(cx, sender, &reply);
        }
        self.deliver_raw(cx, sender, packet);
    }

    /// Every raw socket that the packet fits gets a copy.
    fn deliver_raw(&mut self, cx: &mut Cx<'_>, sender: SocketId, packet: &Packet) {
        let fits = |(id, socket): (SocketId, &SharedSocket)| socket.takes(packet).then_some(id);
        let receivers: Vec<SocketId> = self.sockets.iter().filter_map(fits).collect();
        if receivers.is_empty() {
            cx.log.note(|| Change::DatagramLost { socket: sender, why: Lost::NobodyThere });
        }
        for receiver in receivers {
            cx.log.rule(RuleId::Raw3);
            self.queue_datagram(cx, receiver, &packet.bytes, Place { ip: packet.from, port: 0 });
        }
    }
}

impl SharedSocket {
    /// The IP protocol of a raw socket.
    #[must_use]
    pub fn protocol(&self) -> u8 {
        match &self.role {
            super::socket::Role::Datagram(datagrams) => datagrams.protocol,
            _ => 0,
        }
    }

    /// Whether a raw socket gets a packet: protocol, local address and default peer have to fit.
    fn takes(&self, packet: &Packet) -> bool {
        let Some(bound) = self.bound.filter(|_| self.transport.kind == Kind::Raw) else { return false };
        let family = (self.transport.family == Family::V4) == packet.to.is_ipv4();
        let here = bound.place.ip.is_unspecified() || bound.place.ip == packet.to;
        let peer = self.peer_place().is_none_or(|peer| peer.ip == packet.from);
        let group = !packet.to.is_multicast() || self.listens_to(packet.to, packet.from);
        family && here && peer && group && self.protocol() == packet.protocol
    }

    fn small(&self, option: SockOpt) -> u8 {
        match self.options.rare(option).cloned().unwrap_or_else(|| default_of(option)) {
            OptionValue::Int(number) => number as u8,
            _ => 0,
        }
    }
}

/// What is sent, as receivers see it.
fn packet(
    cx: &mut Cx<'_>,
    socket: &SharedSocket,
    data: &[u8],
    (from, to): (IpAddr, IpAddr),
) -> Result<Packet, WsaError> {
    match (from, to) {
        (IpAddr::V4(_), IpAddr::V4(_)) if socket.switch(SockOpt::IpHdrIncl) => with_own_header(cx, data, (from, to)),
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            cx.log.rule(RuleId::Raw1);
            let mut bytes = header(socket, data.len(), from, to).to_vec();
            bytes.extend_from_slice(data);
            finish_header(&mut bytes);
            Ok(Packet { protocol: socket.protocol(), from: from.into(), to: to.into(), bytes })
        }
        _ => Ok(Packet { protocol: socket.protocol(), from, to, bytes: data.to_vec() }),
    }
}

/// The header the machine puts before the data. Its identification is 0: nothing here is ever put together again.
fn header(socket: &SharedSocket, data: usize, from: Ipv4Addr, to: Ipv4Addr) -> [u8; HEADER] {
    let [high, low] = u16::try_from(HEADER + data).unwrap_or(u16::MAX).to_be_bytes();
    let fragment = if socket.switch(SockOpt::IpDontFragment) { 0x40 } else { 0 };
    let [tos, ttl] = [SockOpt::IpTos, SockOpt::IpTtl].map(|option| socket.small(option));
    let ([a, b, c, d], [e, f, g, h]) = (from.octets(), to.octets());
    [0x45, tos, high, low, 0, 0, fragment, 0, ttl, socket.protocol(), 0, 0, a, b, c, d, e, f, g, h]
}

/// IP_HDRINCL: the data begins with the header. Length, checksum and a source left zero are filled in.
fn with_own_header(cx: &mut Cx<'_>, data: &[u8], (from, to): (IpAddr, IpAddr)) -> Result<Packet, WsaError> {
    cx.log.rule(RuleId::Raw2);
    let length = data.first().map_or(0, |first| usize::from(first & 0x0f) * 4);
    let version = data.first().map_or(0, |first| first >> 4);
    if version != 4 || length < HEADER || data.len() < length {
        return Err(WsaError::Inval);
    }
    let mut bytes = data.to_vec();
    let total = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    bytes[2..4].copy_from_slice(&total.to_be_bytes());
    if let (true, IpAddr::V4(from)) = (bytes[12..16] == [0; 4], from) {
        bytes[12..16].copy_from_slice(&from.octets());
    }
    finish_header(&mut bytes);
    let from = IpAddr::from([bytes[12], bytes[13], bytes[14], bytes[15]]);
    Ok(Packet { protocol: bytes[9], from, to, bytes })
}

/// Puts the checksum into a header.
fn finish_header(bytes: &mut [u8]) {
    let length = usize::from(bytes[0] & 0x0f) * 4;
    bytes[10..12].copy_from_slice(&[0; 2]);
    let sum = checksum(&bytes[..length.min(bytes.len())]);
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
}

/// The Internet checksum of bytes whose own checksum is zero.
fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// What the machine answers to an ICMP echo request.
fn echo_reply(packet: &Packet) -> Option<Packet> {
    let (IpAddr::V4(from), IpAddr::V4(to)) = (packet.from, packet.to) else { return None };
    let length = usize::from(packet.bytes.first()? & 0x0f) * 4;
    let message = packet.bytes.get(length..).filter(|message| message.len() >= 8)?;
    if packet.protocol != ICMP || message[0] != ECHO_REQUEST {
        return None;
    }
    let mut bytes = packet.bytes.clone();
    bytes[12..16].copy_from_slice(&to.octets());
    bytes[16..20].copy_from_slice(&from.octets());
    finish_header(&mut bytes);
    let message = &mut bytes[length..];
    message[0] = ECHO_REPLY;
    message[2..4].copy_from_slice(&[0; 2]);
    let sum = checksum(message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    Some(Packet { from: packet.to, to: packet.from, bytes, ..*packet })
}
