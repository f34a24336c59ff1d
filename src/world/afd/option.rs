//! Socket options and the blocking mode.
//!
//! What an option is stands in the table of [`SockOpt`]; here is what it does. Most switches and numbers are only kept
//! and read back (the table marks those that may be). SO_PROTOCOL_INFO, SO_OPENTYPE and unknown levels or numbers are
//! the caller's; options of connect data, of the extension functions and of multicast membership are unknown.

use std::fmt;
use std::sync::Arc;

use super::socket::{Role, SharedSocket};
use super::{Afd, Change, Cx, Family, Kind, SocketId};
use crate::abi::{Applies, Linger, OptionDefault, OptionType, SockAddr, SockOpt, WsaError};
use crate::rules::RuleId;
use crate::world::machine::Platform;
use crate::world::policy::{LingerDefault, PolicyId};

/// What IP_MTU shows: the same on every way.
const MTU_BYTES: u32 = 1500;

/// SO_CONNECT_TIME of a socket that is not connected.
const NEVER_CONNECTED: u32 = u32::MAX;

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OptionValue {
    /// BOOL.
    Bool(bool),
    /// A signed number.
    Int(i32),
    /// An unsigned number.
    U32(u32),
    /// SO_LINGER.
    Linger {
        /// l_onoff.
        on: bool,
        /// l_linger.
        seconds: u16,
    },
    /// Bytes without a fixed shape.
    Bytes(Arc<[u8]>),
    /// SO_BSP_STATE; type and protocol are the caller's to add.
    Addresses {
        /// The local name.
        local: Option<SockAddr>,
        /// The peer's name.
        peer: Option<SockAddr>,
    },
}

impl OptionValue {
    fn as_bool(&self) -> Result<bool, WsaError> {
        match *self {
            Self::Bool(value) => Ok(value),
            Self::Int(value) => Ok(value != 0),
            Self::U32(value) => Ok(value != 0),
            _ => Err(WsaError::Inval),
        }
    }

    fn as_bits(&self) -> Result<u32, WsaError> {
        match *self {
            Self::Int(value) => Ok(value as u32),
            Self::U32(value) => Ok(value),
            Self::Bool(value) => Ok(u32::from(value)),
            _ => Err(WsaError::Inval),
        }
    }

    /// A size: not negative.
    fn as_size(&self) -> Result<u32, WsaError> {
        match self.as_bits()? {
            size if size > i32::MAX as u32 => Err(WsaError::Inval),
            size => Ok(size),
        }
    }
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
            Self::Int(value) => value.fmt(f),
            Self::U32(value) => value.fmt(f),
            Self::Linger { on: false, .. } => f.write_str("off"),
            Self::Linger { on: true, seconds } => write!(f, "on, {seconds} s"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Addresses { local, peer } => write!(f, "{local:?}, {peer:?}"),
        }
    }
}

/// The options of one socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Options {
    /// Switches whose value is not their default: bit n is the n-th option. The bit of SO_LINGER is its l_onoff, the
    /// bit of TCP_BSDURGENT says that one of the two urgent switches was set.
    flipped: [u64; 2],
    linger_seconds: u16,
    /// SIO_UDP_CONNRESET, once it was used.
    pub(super) udp_connreset: Option<bool>,
    pub(super) send_buffer: u32,
    pub(super) receive_buffer: u32,
    pub(super) send_timeout_ms: u32,
    pub(super) receive_timeout_ms: u32,
    /// Everything else that was ever set, in the order of the options.
    rare: Option<Box<Rare>>,
}

/// Values that few sockets ever set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Rare {
    values: Vec<(SockOpt, OptionValue)>,
}

const _: () = assert!(SockOpt::ALL.len() <= 128, "one bit for each option");

/// The default of a switch that the table leaves to the provider is off.
#[inline]
const fn on_by_default(option: SockOpt) -> bool {
    matches!(option.row().default, OptionDefault::Bool(true))
}

impl Options {
    #[inline]
    pub(super) fn new(platform: &Platform) -> Self {
        let mut options = Self {
            flipped: [0; 2],
            linger_seconds: 0,
            udp_connreset: None,
            send_buffer: platform.limits.send_buffer_bytes,
            receive_buffer: platform.limits.receive_buffer_bytes,
            send_timeout_ms: 0,
            receive_timeout_ms: 0,
            rare: None,
        };
        if platform.policies.linger_default == LingerDefault::On {
            options.flip(SockOpt::Linger, true);
        }
        options
    }

    #[inline]
    fn bit(option: SockOpt) -> (usize, u64) {
        (option as usize / 64, 1 << (option as usize % 64))
    }

    #[inline]
    fn flipped(&self, option: SockOpt) -> bool {
        let (word, bit) = Self::bit(option);
        self.flipped[word] & bit != 0
    }

    #[inline]
    fn flip(&mut self, option: SockOpt, flipped: bool) {
        let (word, bit) = Self::bit(option);
        if flipped { self.flipped[word] |= bit } else { self.flipped[word] &= !bit }
    }

    /// The value of a Boolean option.
    #[inline]
    pub(super) fn switch(&self, option: SockOpt) -> bool {
        self.flipped(option) != on_by_default(option)
    }

    #[inline]
    fn set_switch(&mut self, option: SockOpt, on: bool) {
        self.flip(option, on != on_by_default(option));
    }

    #[inline]
    pub(super) fn linger(&self) -> Linger {
        Linger { onoff: u16::from(self.flipped(SockOpt::Linger)), seconds: self.linger_seconds }
    }

    fn rare(&self, option: SockOpt) -> Option<&OptionValue> {
        let rare = &self.rare.as_ref()?.values;
        rare.binary_search_by_key(&option, |(known, _)| *known).ok().map(|at| &rare[at].1)
    }

    fn set_rare(&mut self, option: SockOpt, value: OptionValue) {
        let rare = &mut self.rare.get_or_insert_default().values;
        match rare.binary_search_by_key(&option, |(known, _)| *known) {
            Ok(at) => rare[at].1 = value,
            Err(at) => rare.insert(at, (option, value)),
        }
    }
}

/// The error for an option that the socket does not have.
fn check_applies(cx: &mut Cx<'_>, socket: &SharedSocket, option: SockOpt) -> Result<(), WsaError> {
    let stream = socket.transport.kind == Kind::Stream;
    let v4 = socket.transport.family == Family::V4;
    let (applies, error) = match option.row().applies {
        Applies::All | Applies::Unbound => (true, WsaError::NoProtoOpt),
        // Accepted and ignored on any IPv4 socket; SO_CONNECT_TIME can be read from any socket.
        Applies::MessageOriented if option == SockOpt::DontRoute => (v4, WsaError::NoProtoOpt),
        Applies::ConnectionOriented if option == SockOpt::ConnectTime => (true, WsaError::NoProtoOpt),
        Applies::ConnectionOriented
        | Applies::ReliableConnection
        | Applies::ExpeditedData
        | Applies::Listening
        | Applies::Tcp => (stream, WsaError::NoProtoOpt),
        Applies::MessageOriented | Applies::Datagram | Applies::Udp => (!stream, WsaError::NoProtoOpt),
        Applies::BroadcastCapable => (!stream && v4, WsaError::NoProtoOpt),
        Applies::Ipv4 => (v4, WsaError::NoProtoOpt),
        Applies::Ipv6 => (!v4, WsaError::NoProtoOpt),
        // Observed: options for another type of the same family are bad values rather than unknown options.
        Applies::Ipv4Datagram if v4 => (!stream, WsaError::Inval),
        Applies::Ipv6Datagram if !v4 => (!stream, WsaError::Inval),
        Applies::Ipv4Raw if v4 => (false, WsaError::Inval),
        Applies::Ipv6Raw if !v4 => (false, WsaError::Inval),
        Applies::Ipv4Datagram | Applies::Ipv6Datagram | Applies::Ipv4Raw | Applies::Ipv6Raw => {
            (false, WsaError::NoProtoOpt)
        }
        Applies::ConnectData | Applies::AcceptEx | Applies::ConnectEx | Applies::Thread => {
            (false, WsaError::NoProtoOpt)
        }
        Applies::Retired => (false, WsaError::Inval),
    };
    let shapeless = matches!(option.row().value, OptionType::ProtocolInfoA | OptionType::ProtocolInfoW)
        || (option.row().value == OptionType::Address && option != SockOpt::BspState);
    if shapeless {
        return Err(WsaError::NoProtoOpt);
    }
    if !applies {
        cx.log.rule(match option {
            SockOpt::DontRoute => RuleId::SetOpt8,
            SockOpt::KeepAlive => RuleId::SetOpt9,
            _ if option.row().applies == Applies::Retired => RuleId::GetOpt12,
            _ => RuleId::GetOpt2,
        });
        return Err(error);
    }
    Ok(())
}

impl Afd {
    /// WSPGetSockOpt. Reading SO_ERROR clears it.
    pub fn get_option(&mut self, cx: &mut Cx<'_>, id: SocketId, option: SockOpt) -> Result<OptionValue, WsaError> {
        let socket = self.usable(cx, id)?;
        check_applies(cx, socket, option)?;
        if !option.row().get {
            return Err(WsaError::NoProtoOpt);
        }
        let socket = &mut self.sockets[id];
        Ok(match option {
            SockOpt::Error => {
                cx.log.rule(RuleId::GetOpt4);
                OptionValue::Int(socket.error.take().map_or(0, |error| error.number() as i32))
            }
            SockOpt::Linger => {
                cx.log.rule(RuleId::GetOpt9);
                cx.log.policy(PolicyId::linger_default);
                let linger = socket.options.linger();
                OptionValue::Linger { on: linger.is_on(), seconds: linger.seconds }
            }
            SockOpt::DontLinger => {
                cx.log.rule(RuleId::GetOpt9);
                cx.log.policy(PolicyId::linger_default);
                OptionValue::Bool(!socket.options.linger().is_on())
            }
            SockOpt::SndBuf => OptionValue::Int(socket.options.send_buffer as i32),
            SockOpt::RcvBuf => OptionValue::Int(socket.options.receive_buffer as i32),
            SockOpt::SndTimeo => OptionValue::Int(socket.options.send_timeout_ms as i32),
            SockOpt::RcvTimeo => OptionValue::Int(socket.options.receive_timeout_ms as i32),
            SockOpt::TcpBsdUrgent => OptionValue::Bool(!socket.options.switch(SockOpt::TcpExpedited1122)),
            SockOpt::MaxMsgSize | SockOpt::MaxDg | SockOpt::MaxPathDg => {
                cx.log.rule(RuleId::GetOpt7);
                OptionValue::U32(cx.platform.limits.message_bytes)
            }
            SockOpt::AcceptConn => {
                cx.log.rule(RuleId::GetOpt5);
                OptionValue::Bool(socket.is_listening())
            }
            SockOpt::Type => {
                cx.log.rule(RuleId::GetOpt6);
                OptionValue::Int(if socket.transport.kind == Kind::Stream { 1 } else { 2 })
            }
            SockOpt::BspState => {
                cx.log.rule(RuleId::GetOpt13);
                OptionValue::Addresses { local: socket.local(), peer: socket.peer() }
            }
            SockOpt::ConnectTime => OptionValue::U32(connect_seconds(cx, socket)),
            SockOpt::IpMtu | SockOpt::Ipv6Mtu if socket.peer_place().is_none() => return Err(WsaError::NotConn),
            SockOpt::IpMtu | SockOpt::Ipv6Mtu => OptionValue::U32(MTU_BYTES),
            _ if option.row().value == OptionType::Bool => OptionValue::Bool(socket.options.switch(option)),
            _ => socket.options.rare(option).cloned().unwrap_or_else(|| {
                cx.log.rule(RuleId::GetOpt3);
                default_of(option)
            }),
        })
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
            cx.log.rule(RuleId::SetOpt11);
            return Err(WsaError::NoProtoOpt);
        }
        self.check_settable(cx, id, option, &value)?;
        self.apply(id, option, &value)?;
        cx.log.note(|| Change::OptionSet { socket: id, option, value });
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
                    self.report_due(cx, peer);
                }
            }
            SockOpt::SndBuf => self.report_due(cx, id),
            _ => {}
        }
        Ok(())
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
            SockOpt::KeepAlive if on && matches!(&socket.role, Role::Connected(end) if end.broken.is_some()) => {
                (RuleId::SetOpt10, WsaError::NotConn)
            }
            _ => return Ok(()),
        };
        cx.log.rule(rule);
        Err(error)
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
            cx.log.note(|| Change::Mode { socket: id, nonblocking });
        }
    }

    /// SIO_UDP_CONNRESET: whether a datagram that found nobody makes a later receive fail. WSAEINVAL on a stream.
    pub fn set_udp_connreset(&mut self, cx: &mut Cx<'_>, id: SocketId, reported: bool) -> Result<(), WsaError> {
        if self.usable(cx, id)?.transport.kind == Kind::Stream {
            return Err(WsaError::Inval);
        }
        cx.log.rule(RuleId::Ioctl10);
        self.sockets[id].options.udp_connreset = Some(reported);
        Ok(())
    }
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

/// What an option reads as that was never set. Where the table leaves it to the provider, the values are those of
/// Windows TCP/IP: hop limit 128, keep-alive after two hours, every second, ten times.
fn default_of(option: SockOpt) -> OptionValue {
    let number = match option {
        SockOpt::TcpKeepIdle => 7200,
        SockOpt::TcpKeepCnt => 10,
        SockOpt::TcpKeepIntvl => 1,
        SockOpt::IpTtl | SockOpt::Ipv6UnicastHops => 128,
        _ => match option.row().default {
            OptionDefault::Int(number) => number,
            _ => 0,
        },
    };
    match option.row().value {
        OptionType::Int => OptionValue::Int(number),
        OptionType::U32 => OptionValue::U32(number as u32),
        _ => OptionValue::Bytes(Arc::default()),
    }
}
