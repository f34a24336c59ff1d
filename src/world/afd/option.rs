//! Socket options and the blocking mode.
//!
//! What an option is stands in the table of [`SockOpt`]; here is what it does. Most switches and numbers are only kept
//! and read back (the table marks those that may be). SO_PROTOCOL_INFO, SO_OPENTYPE and unknown levels or numbers are
//! the caller's; the two that update a context are in `context`. Groups are in `multicast`, connect and disconnect data in
//! `companion`.

use super::socket::{Connection, Role, SharedSocket, Shut};
use super::values::{OptionValue, default_of};
use super::{Afd, Change, Cx, Family, Kind, SocketId};
use crate::abi::consts::{SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM};
use crate::abi::{Applies, OptionType, ServiceFlags1, SockOpt, WsaError};
use crate::rules::RuleId;
use crate::world::policy::{PolicyId, TypeOfDatagramSet, V6OnlyOnIpv4};

/// What IP_MTU shows: the same on every way.
const MTU_BYTES: u32 = 1500;

/// SO_CONNECT_TIME of a socket that is not connected.
const NEVER_CONNECTED: u32 = u32::MAX;

/// The error for an option that the socket does not have.
fn check_applies(cx: &mut Cx<'_>, socket: &SharedSocket, option: SockOpt) -> Result<(), WsaError> {
    let (stream, connects) = (socket.is_stream(), socket.transport.kind.connects());
    let (v4, raw) = (socket.transport.family == Family::V4, socket.transport.kind == Kind::Raw);
    if option == SockOpt::Ipv6V6Only && v4 {
        return v6only_on_v4(cx);
    }
    let (applies, error) = match option.row().applies {
        Applies::All | Applies::Unbound => (true, WsaError::NoProtoOpt),
        // Accepted and ignored on any IPv4 socket; SO_CONNECT_TIME can be read from any socket.
        Applies::MessageOriented if option == SockOpt::DontRoute => (v4, WsaError::NoProtoOpt),
        Applies::ConnectionOriented if option == SockOpt::ConnectTime => (true, WsaError::NoProtoOpt),
        Applies::ConnectionOriented | Applies::ReliableConnection | Applies::Listening => {
            (connects, WsaError::NoProtoOpt)
        }
        Applies::ExpeditedData | Applies::Tcp => (stream, WsaError::NoProtoOpt),
        Applies::MessageOriented => (!stream, WsaError::NoProtoOpt),
        Applies::Datagram => (!connects, WsaError::NoProtoOpt),
        // No IPv6 datagram goes without a checksum.
        Applies::Udp if option == SockOpt::UdpNoChecksum && !v4 => (false, WsaError::NoProtoOpt),
        Applies::Udp => (socket.transport.kind == Kind::Datagram, WsaError::NoProtoOpt),
        Applies::BroadcastCapable => (!connects && v4, WsaError::NoProtoOpt),
        Applies::Ipv4 => (v4, WsaError::NoProtoOpt),
        Applies::Ipv6 => (!v4, WsaError::NoProtoOpt),
        // Observed: options for another type of the same family are bad values rather than unknown options.
        Applies::Ipv4Datagram if v4 => (!connects, WsaError::Inval),
        Applies::Ipv6Datagram if !v4 => (!connects, WsaError::Inval),
        Applies::Ipv4Raw if v4 => (raw, WsaError::Inval),
        Applies::Ipv6Raw if !v4 => (raw, WsaError::Inval),
        Applies::Ipv4Datagram | Applies::Ipv6Datagram | Applies::Ipv4Raw | Applies::Ipv6Raw => {
            (false, WsaError::NoProtoOpt)
        }
        Applies::ConnectData => (socket.offers(service_of(option)), WsaError::NoProtoOpt),
        Applies::AcceptEx | Applies::ConnectEx | Applies::Thread => (false, WsaError::NoProtoOpt),
        Applies::Retired => (false, WsaError::Inval),
    };
    let shapeless = matches!(option.row().value, OptionType::ProtocolInfoA | OptionType::ProtocolInfoW)
        || (option.row().value == OptionType::Address && !has_shape(option));
    if shapeless {
        return Err(WsaError::NoProtoOpt);
    }
    if !applies {
        cx.log.rule(match option {
            SockOpt::DontRoute => RuleId::SetOpt8,
            SockOpt::KeepAlive => RuleId::SetOpt9,
            SockOpt::UdpNoChecksum if !v4 => RuleId::SetOpt20,
            _ if option.row().applies == Applies::Retired => RuleId::GetOpt12,
            _ => RuleId::GetOpt2,
        });
        return Err(error);
    }
    Ok(())
}

/// What a protocol has to offer for an option of connect or disconnect data.
fn service_of(option: SockOpt) -> ServiceFlags1 {
    match option {
        SockOpt::ConnData | SockOpt::ConnOpt | SockOpt::ConnDataLen | SockOpt::ConnOptLen => {
            ServiceFlags1::CONNECT_DATA
        }
        _ => ServiceFlags1::DISCONNECT_DATA,
    }
}

/// Options whose value is a structure of addresses that is understood here.
fn has_shape(option: SockOpt) -> bool {
    matches!(
        option,
        SockOpt::BspState
            | SockOpt::IpAddMembership
            | SockOpt::IpDropMembership
            | SockOpt::Ipv6JoinGroup
            | SockOpt::Ipv6LeaveGroup
            | SockOpt::IpAddSourceMembership
            | SockOpt::IpDropSourceMembership
            | SockOpt::IpBlockSource
            | SockOpt::IpUnblockSource
    )
}

/// IPV6_V6ONLY of an IPv4 socket.
fn v6only_on_v4(cx: &mut Cx<'_>) -> Result<(), WsaError> {
    cx.log.policy(PolicyId::v6only_on_ipv4);
    match cx.platform.policies.v6only_on_ipv4 {
        V6OnlyOnIpv4::Kept => Ok(()),
        V6OnlyOnIpv4::Wsaenoprotoopt => {
            cx.log.rule(RuleId::GetOpt14);
            Err(WsaError::NoProtoOpt)
        }
    }
}

/// The error for setting an option that can only be read.
fn read_only(cx: &mut Cx<'_>, socket: &SharedSocket, option: SockOpt) -> WsaError {
    cx.log.rule(RuleId::SetOpt11);
    if option != SockOpt::Type || socket.transport.kind.connects() {
        return WsaError::NoProtoOpt;
    }
    cx.log.policy(PolicyId::type_of_datagram_set);
    match cx.platform.policies.type_of_datagram_set {
        TypeOfDatagramSet::Wsaenoprotoopt => WsaError::NoProtoOpt,
        TypeOfDatagramSet::Wsaeinval => WsaError::Inval,
    }
}

/// The largest value of an option that has one byte on the wire or a documented maximum.
fn is_too_large(option: SockOpt, value: &OptionValue) -> bool {
    matches!(
        option,
        SockOpt::IpTtl
            | SockOpt::IpTos
            | SockOpt::IpMulticastTtl
            | SockOpt::Ipv6UnicastHops
            | SockOpt::Ipv6MulticastHops
            | SockOpt::TcpKeepCnt
    ) && value.as_bits().is_ok_and(|bits| bits > 255)
}

impl Afd {
    /// WSPGetSockOpt. Reading SO_ERROR clears it.
    pub fn get_option(&mut self, cx: &mut Cx<'_>, id: SocketId, option: SockOpt) -> Result<OptionValue, WsaError> {
        let socket = self.usable(cx, id)?;
        if !option.row().get {
            return Err(WsaError::NoProtoOpt);
        }
        check_applies(cx, socket, option)?;
        if let Some(value) = self.state_of(cx, id, option) {
            return value;
        }
        if let Some(value) = self.companion_option(id, option) {
            return Ok(value);
        }
        let options = &self.sockets[id].options;
        Ok(match option {
            SockOpt::Linger => {
                note_linger(cx);
                let linger = options.linger();
                OptionValue::Linger { on: linger.is_on(), seconds: linger.seconds }
            }
            SockOpt::DontLinger => {
                note_linger(cx);
                OptionValue::Bool(!options.linger().is_on())
            }
            SockOpt::SndBuf => OptionValue::Int(options.send_buffer as i32),
            SockOpt::RcvBuf => OptionValue::Int(options.receive_buffer as i32),
            SockOpt::SndTimeo => OptionValue::Int(options.send_timeout_ms as i32),
            SockOpt::RcvTimeo => OptionValue::Int(options.receive_timeout_ms as i32),
            SockOpt::TcpBsdUrgent => OptionValue::Bool(!options.switch(SockOpt::TcpExpedited1122)),
            _ if option.row().value == OptionType::Bool => OptionValue::Bool(options.switch(option)),
            _ => options.rare(option).cloned().unwrap_or_else(|| {
                cx.log.rule(RuleId::GetOpt3);
                default_of(option)
            }),
        })
    }

    /// Options that nobody sets: what the socket is and does.
    fn state_of(&mut self, cx: &mut Cx<'_>, id: SocketId, option: SockOpt) -> Option<Result<OptionValue, WsaError>> {
        let held = if option == SockOpt::ConnectTime { self.held_for(id) } else { None };
        if let Some(end) = held.and_then(|held| self.sockets.get(held)) {
            cx.log.rule(RuleId::AcceptEx9);
            return Some(Ok(OptionValue::U32(connect_seconds(cx, end))));
        }
        let socket = &mut self.sockets[id];
        let (rule, value) = match option {
            SockOpt::Error => {
                let error = socket.error.take().map_or(0, |error| error.number() as i32);
                cx.log.rule(RuleId::G3);
                (Some(RuleId::GetOpt4), OptionValue::Int(error))
            }
            SockOpt::MaxMsgSize | SockOpt::MaxDg | SockOpt::MaxPathDg => {
                (Some(RuleId::GetOpt7), OptionValue::U32(cx.platform.limits.message_bytes))
            }
            SockOpt::AcceptConn => (Some(RuleId::GetOpt5), OptionValue::Bool(socket.is_listening())),
            SockOpt::Type => {
                let number = match socket.transport.kind {
                    Kind::Stream => SOCK_STREAM,
                    Kind::Datagram => SOCK_DGRAM,
                    Kind::Messages => SOCK_SEQPACKET,
                    Kind::Raw => SOCK_RAW,
                };
                (Some(RuleId::GetOpt6), OptionValue::Int(number))
            }
            SockOpt::BspState => {
                let peer = socket.peer().filter(|_| socket.context().is_none());
                let addresses = OptionValue::Addresses { local: socket.known_local(), peer };
                (Some(RuleId::GetOpt13), addresses)
            }
            SockOpt::ConnectTime => {
                (socket.awaits_accept().then_some(RuleId::AcceptEx9), OptionValue::U32(connect_seconds(cx, socket)))
            }
            SockOpt::IpMtu | SockOpt::Ipv6Mtu if socket.peer_place().is_none() => {
                return Some(Err(WsaError::NotConn));
            }
            SockOpt::IpMtu | SockOpt::Ipv6Mtu => (None, OptionValue::U32(MTU_BYTES)),
            _ => return None,
        };
        if let Some(rule) = rule {
            cx.log.rule(rule);
        }
        Some(Ok(value))
    }

    /// WSPSetSockOpt.
    pub fn set_option(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        option: SockOpt,
        value: OptionValue,
    ) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        check_applies(cx, socket, option)?;
        if !option.row().set {
            return Err(read_only(cx, socket, option));
        }
        self.check_settable(cx, id, option, &value).inspect_err(|error| self.told_of_loss(id, *error))?;
        if let Some(outcome) = self.set_companion(id, option, &value) {
            return outcome;
        }
        if let Some(outcome) = self.set_membership(cx, id, option, &value) {
            return outcome;
        }
        self.apply(id, option, &value)?;
        cx.log.note(|| Change::OptionSet { socket: id, option, value });
        if self.sockets[id].references() > 1 {
            cx.log.rule(RuleId::R11);
            cx.log.rule(RuleId::SetOpt12);
        }
        self.after_setting(cx, id, option);
        Ok(())
    }

    /// What a new value changes at once.
    fn after_setting(&mut self, cx: &mut Cx<'_>, id: SocketId, option: SockOpt) {
        match option {
            SockOpt::SndBuf | SockOpt::RcvBuf => cx.log.rule(RuleId::SetOpt7),
            SockOpt::SndTimeo | SockOpt::RcvTimeo if !self.sockets[id].overlapped => cx.log.rule(RuleId::SetOpt14),
            _ => {}
        }
        match option {
            SockOpt::Linger => {
                let on = self.sockets[id].linger().is_on();
                cx.log.rule(if on { RuleId::SetOpt3 } else { RuleId::SetOpt4 });
            }
            SockOpt::DontLinger => cx.log.rule(RuleId::SetOpt5),
            SockOpt::ReuseAddr if self.sockets[id].bound.is_some() => {
                cx.log.rule(RuleId::SetOpt16);
                cx.log.rule(RuleId::Bind6);
            }
            SockOpt::RcvBuf => {
                if let Some(peer) = self.sockets[id].peer_socket() {
                    self.pump(cx, peer);
                }
            }
            // Urgent data that waits becomes data, or data urgent.
            SockOpt::SndBuf | SockOpt::OobInline => self.report_due(cx, id),
            SockOpt::KeepAlive => self.watch_keep_alive(cx, id, cx.now),
            _ => {}
        }
    }

    /// States of the socket that forbid an option.
    fn check_settable(
        &self,
        cx: &mut Cx<'_>,
        id: SocketId,
        option: SockOpt,
        value: &OptionValue,
    ) -> Result<(), WsaError> {
        let socket = &self.sockets[id];
        let on = value.as_bool().unwrap_or(false);
        let (rule, error) = match option {
            SockOpt::ConditionalAccept if socket.is_listening() => (RuleId::SetOpt13, WsaError::Inval),
            SockOpt::ExclusiveAddrUse if socket.bound.is_some() => (RuleId::SetOpt6, WsaError::Inval),
            SockOpt::ExclusiveAddrUse if on && socket.switch(SockOpt::ReuseAddr) => (RuleId::SetOpt15, WsaError::Inval),
            SockOpt::ReuseAddr if on && socket.switch(SockOpt::ExclusiveAddrUse) => (RuleId::SetOpt15, WsaError::Inval),
            SockOpt::Ipv6V6Only if socket.bound.is_some() => (RuleId::SetOpt15, WsaError::Inval),
            SockOpt::TcpExpedited1122 | SockOpt::TcpBsdUrgent if socket.options.flipped(SockOpt::TcpBsdUrgent) => {
                (RuleId::SetOpt15, WsaError::Inval)
            }
            SockOpt::RandomizePort if socket.bound.is_some() => (RuleId::SetOpt15, WsaError::Inval),
            _ if is_too_large(option, value) => (RuleId::SetOpt15, WsaError::Inval),
            SockOpt::KeepAlive => match &socket.role {
                Role::Connected(end) if on && end.broken.is_some() => (RuleId::SetOpt10, lost_error(end)),
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        cx.log.rule(rule);
        Err(error)
    }

    /// A failed keep-alive is news once.
    fn told_of_loss(&mut self, id: SocketId, error: WsaError) {
        if let Some(end) = self.sockets[id].connection_mut().filter(|_| error == WsaError::NetReset) {
            end.told = Shut { send: true, receive: true };
        }
    }

    fn apply(&mut self, id: SocketId, option: SockOpt, value: &OptionValue) -> Result<(), WsaError> {
        let options = &mut self.sockets[id].options;
        match option {
            SockOpt::Linger => {
                let OptionValue::Linger { on, seconds } = *value else { return Err(WsaError::Inval) };
                options.flip(SockOpt::Linger, on);
                if on {
                    options.linger_seconds = seconds;
                }
            }
            SockOpt::DontLinger => options.flip(SockOpt::Linger, !value.as_bool()?),
            SockOpt::SndBuf => options.send_buffer = value.as_size()?,
            SockOpt::RcvBuf => options.receive_buffer = value.as_size()?,
            SockOpt::SndTimeo => options.send_timeout_ms = value.as_bits()?,
            SockOpt::RcvTimeo => options.receive_timeout_ms = value.as_bits()?,
            SockOpt::TcpExpedited1122 | SockOpt::TcpBsdUrgent => {
                let expedited = value.as_bool()? == (option == SockOpt::TcpExpedited1122);
                options.set_switch(SockOpt::TcpExpedited1122, expedited);
                options.flip(SockOpt::TcpBsdUrgent, true);
            }
            _ => match option.row().value {
                OptionType::Bool => options.set_switch(option, value.as_bool()?),
                OptionType::Int => options.set_rare(option, OptionValue::Int(value.as_bits()? as i32)),
                OptionType::U32 => options.set_rare(option, OptionValue::U32(value.as_bits()?)),
                _ => {
                    let OptionValue::Bytes(_) = value else { return Err(WsaError::Inval) };
                    options.set_rare(option, value.clone());
                }
            },
        }
        Ok(())
    }

    /// FIONBIO. Going back to blocking while a registration stands gives WSAEINVAL.
    pub fn set_nonblocking(&mut self, cx: &mut Cx<'_>, id: SocketId, nonblocking: bool) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        if !nonblocking && socket.registration.is_some() {
            cx.log.rule(RuleId::B3);
            cx.log.rule(RuleId::Ioctl2);
            return Err(WsaError::Inval);
        }
        cx.log.rule(RuleId::Ioctl1);
        self.change_mode(cx, id, nonblocking);
        Ok(())
    }

    /// What a registration does to the mode.
    pub(super) fn force_nonblocking(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.change_mode(cx, id, true);
    }

    fn change_mode(&mut self, cx: &mut Cx<'_>, id: SocketId, nonblocking: bool) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        if socket.nonblocking != nonblocking {
            socket.nonblocking = nonblocking;
            cx.log.rule(RuleId::B1);
            if socket.references() > 1 {
                cx.log.rule(RuleId::R12);
            }
            cx.log.note(|| Change::Mode { socket: id, nonblocking });
        }
    }

    /// SIO_UDP_CONNRESET: whether a datagram that found nobody makes a later receive fail. WSAEINVAL on a stream.
    pub fn set_udp_connreset(&mut self, cx: &mut Cx<'_>, id: SocketId, reported: bool) -> Result<(), WsaError> {
        if self.usable(cx, id)?.transport.kind.connects() {
            return Err(WsaError::Inval);
        }
        cx.log.rule(RuleId::Ioctl10);
        self.sockets[id].options.udp_connreset = Some(reported);
        Ok(())
    }
}

/// What setting SO_KEEPALIVE says about a connection that is lost: to keep-alive and nobody was told yet, or otherwise.
fn lost_error(end: &Connection) -> WsaError {
    let told = end.told.send || end.told.receive;
    if end.broken == Some(WsaError::NetReset) && !told { WsaError::NetReset } else { WsaError::NotConn }
}

/// The lines that say whether lingering is on.
fn note_linger(cx: &mut Cx<'_>) {
    cx.log.rule(RuleId::GetOpt9);
    cx.log.policy(PolicyId::linger_default);
}

/// How long a socket has been connected, in seconds.
fn connect_seconds(cx: &Cx<'_>, socket: &SharedSocket) -> u32 {
    match socket.connection().filter(|connection| connection.broken.is_none()) {
        Some(connection) => {
            let seconds = cx.now.0.saturating_sub(connection.since.0) / 1000;
            u32::try_from(seconds).unwrap_or(NEVER_CONNECTED - 1).min(NEVER_CONNECTED - 1)
        }
        None => NEVER_CONNECTED,
    }
}
