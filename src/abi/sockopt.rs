//! The socket options of WSPGetSockOpt and WSPSetSockOpt.
//!
//! Pages: ws2spi lpwspgetsockopt, lpwspsetsockopt; winsock sol-socket-socket-options, ipproto-tcp-socket-options,
//! ipproto-udp-socket-options, ipproto-ip-socket-options, ipproto-ipv6-socket-options. A row says what the option is;
//! what a machine does about it is said elsewhere. Options of IP and IPv6 are the ones programs commonly meet.
//!
//! A new option is one row below: then it is known by name and number, has its default, is refused to sockets it is not
//! for, and what is set reads back. If it does more, that is one arm in `world/afd/option.rs`: in `state_of` (what it
//! reads as), `check_settable` (when it is refused), `apply` or `after_setting` (what it changes). Its name also goes into the
//! list of `tests/abi_windows_sys.rs`, which holds the number against Windows', and a scenario under
//! `tests/scenarios/options` shows it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::consts::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, SOL_SOCKET};
use super::linger::Linger as LingerValue;

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OptionType {
    /// BOOL.
    Bool,
    /// A signed number of four bytes.
    Int,
    /// An unsigned number of four bytes.
    U32,
    /// [`Linger`](LingerValue).
    Linger,
    /// [`ProtocolInfoA`](super::ProtocolInfoA).
    ProtocolInfoA,
    /// [`ProtocolInfoW`](super::ProtocolInfoW).
    ProtocolInfoW,
    /// Bytes without a fixed shape, possibly none.
    Bytes,
    /// Addresses: CSADDR_INFO, or the request structure of a multicast membership.
    Address,
    /// SOCKET.
    Handle,
}

/// What an option reads as on a new socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OptionDefault {
    /// It cannot be read or has no value.
    Nothing,
    /// TRUE or FALSE.
    Bool(bool),
    /// A number of four bytes.
    Int(i32),
    /// A linger structure.
    Linger(LingerValue),
    /// Chosen by the provider.
    Provider,
    /// Follows from what the socket is and does.
    Socket,
}

/// Which sockets an option is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applies {
    /// All.
    All,
    /// Connection oriented ones.
    ConnectionOriented,
    /// Connection oriented ones that deliver reliably.
    ReliableConnection,
    /// Connection oriented ones with urgent data.
    ExpeditedData,
    /// Message oriented ones.
    MessageOriented,
    /// Datagram ones.
    Datagram,
    /// Those that can broadcast; not IPv6.
    BroadcastCapable,
    /// Those that can listen.
    Listening,
    /// Those not yet bound.
    Unbound,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// IPv4.
    Ipv4,
    /// IPv4, datagram or raw.
    Ipv4Datagram,
    /// IPv4, raw.
    Ipv4Raw,
    /// IPv6.
    Ipv6,
    /// IPv6, datagram or raw.
    Ipv6Datagram,
    /// IPv6, raw.
    Ipv6Raw,
    /// Protocols with connect data, which TCP/IP is not.
    ConnectData,
    /// Those that came from AcceptEx.
    AcceptEx,
    /// Those connected by ConnectEx.
    ConnectEx,
    /// The calling thread instead of a socket.
    Thread,
    /// Nothing any more: TCP/IP on Windows Vista and later answers WSAEINVAL.
    Retired,
}

/// What is known about an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OptionRow {
    /// The level.
    pub level: i32,
    /// The number within the level.
    pub number: i32,
    /// The Windows name.
    pub name: &'static str,
    /// The type of the value.
    pub value: OptionType,
    /// Whether it can be read.
    pub get: bool,
    /// Whether it can be set.
    pub set: bool,
    /// What it reads as on a new socket.
    pub default: OptionDefault,
    /// The sockets it is meant for.
    pub applies: Applies,
    /// Whether every provider must know it.
    pub common: bool,
    /// Whether a provider may store it without any effect (or, for buffers, ignore it): it only round-trips.
    pub inert: bool,
}

/// Access: `gs` both, `g` read, `s` set.
macro_rules! access {
    (gs) => {
        (true, true)
    };
    (g) => {
        (true, false)
    };
    (s) => {
        (false, true)
    };
}

/// Marks: `common`, `inert`, both or none.
macro_rules! marked {
    ($wanted:ident) => { false };
    (common common $($rest:ident)*) => { true };
    (inert inert $($rest:ident)*) => { true };
    ($wanted:ident $other:ident $($rest:ident)*) => { marked!($wanted $($rest)*) };
}

macro_rules! options {
    ($($level:ident {
        $($variant:ident $name:literal $(| $alias:literal)* = $number:literal,
            $value:ident $access:ident, $default:expr, $applies:ident $(, $($mark:ident)+)?;)+
    })+) => {
        /// A socket option, by its Windows name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum SockOpt {
            $($(
                #[doc = concat!($name, ", level ", stringify!($level), ".")]
                #[doc(alias = $name)]
                $(#[doc(alias = $alias)] #[serde(alias = $alias)])*
                #[serde(rename = $name)]
                $variant,
            )+)+
        }

        impl SockOpt {
            /// All options.
            pub const ALL: &'static [Self] = &[$($(Self::$variant),+),+];

            const ROWS: &'static [OptionRow] = &[$($(
                OptionRow {
                    level: $level,
                    number: $number,
                    name: $name,
                    value: OptionType::$value,
                    get: access!($access).0,
                    set: access!($access).1,
                    default: { use OptionDefault::*; $default },
                    applies: Applies::$applies,
                    common: marked!(common $($($mark)+)?),
                    inert: marked!(inert $($($mark)+)?),
                },
            )+)+];

            /// The option with a level and a number.
            #[must_use]
            pub const fn lookup(level: i32, number: i32) -> Option<Self> {
                match level {
                    $($level => match number { $($number => Some(Self::$variant),)+ _ => None },)+
                    _ => None,
                }
            }

            /// The option with a Windows name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($($name $(| $alias)* => Some(Self::$variant),)+)+ _ => None }
            }

            /// Whether any option has this level.
            #[must_use]
            pub const fn known_level(level: i32) -> bool {
                matches!(level, $($level)|+)
            }
        }
    };
}

options! {
    SOL_SOCKET {
        Debug "SO_DEBUG" = 0x0001, Bool gs, Bool(false), All, common inert;
        AcceptConn "SO_ACCEPTCONN" = 0x0002, Bool g, Socket, ConnectionOriented, common;
        ReuseAddr "SO_REUSEADDR" = 0x0004, Bool gs, Bool(false), All, common;
        // ~SO_REUSEADDR
        ExclusiveAddrUse "SO_EXCLUSIVEADDRUSE" = -5, Bool gs, Bool(false), All;
        KeepAlive "SO_KEEPALIVE" = 0x0008, Bool gs, Bool(false), ConnectionOriented, common inert;
        DontRoute "SO_DONTROUTE" = 0x0010, Bool gs, Bool(false), MessageOriented, common inert;
        Broadcast "SO_BROADCAST" = 0x0020, Bool gs, Bool(false), BroadcastCapable, common;
        UseLoopback "SO_USELOOPBACK" = 0x0040, Bool gs, Nothing, Retired;
        // The documentation disagrees about the default; a model may choose.
        Linger "SO_LINGER" = 0x0080, Linger gs, Linger(LingerValue::OFF), ReliableConnection, common;
        // ~SO_LINGER
        DontLinger "SO_DONTLINGER" = -129, Bool gs, Bool(true), ReliableConnection, common;
        OobInline "SO_OOBINLINE" = 0x0100, Bool gs, Bool(false), ExpeditedData, common;
        SndBuf "SO_SNDBUF" = 0x1001, Int gs, Provider, All, common inert;
        RcvBuf "SO_RCVBUF" = 0x1002, Int gs, Provider, All, common inert;
        SndLowat "SO_SNDLOWAT" = 0x1003, Int gs, Nothing, Retired;
        RcvLowat "SO_RCVLOWAT" = 0x1004, Int gs, Nothing, Retired;
        // Milliseconds, 0 for ever.
        SndTimeo "SO_SNDTIMEO" = 0x1005, Int gs, Int(0), All;
        RcvTimeo "SO_RCVTIMEO" = 0x1006, Int gs, Int(0), All;
        // Reading clears it.
        Error "SO_ERROR" = 0x1007, Int g, Int(0), All, common;
        Type "SO_TYPE" = 0x1008, Int g, Socket, All, common;
        BspState "SO_BSP_STATE" = 0x1009, Address g, Socket, All;
        GroupId "SO_GROUP_ID" = 0x2001, U32 g, Int(0), All, common inert;
        GroupPriority "SO_GROUP_PRIORITY" = 0x2002, Int gs, Int(0), All, common inert;
        MaxMsgSize "SO_MAX_MSG_SIZE" = 0x2003, U32 g, Provider, MessageOriented, common;
        ProtocolInfoA "SO_PROTOCOL_INFOA" = 0x2004, ProtocolInfoA g, Socket, All;
        // The name without a letter is the wide form where UNICODE is defined.
        ProtocolInfoW "SO_PROTOCOL_INFOW" | "SO_PROTOCOL_INFO" = 0x2005, ProtocolInfoW g, Socket, All, common;
        PvdConfig "PVD_CONFIG" = 0x3001, Bytes gs, Provider, All, common inert;
        ConditionalAccept "SO_CONDITIONAL_ACCEPT" = 0x3002, Bool gs, Bool(false), Listening;
        PauseAccept "SO_PAUSE_ACCEPT" = 0x3003, Bool gs, Bool(false), Listening;
        RandomizePort "SO_RANDOMIZE_PORT" = 0x3005, Bool gs, Bool(false), Unbound, inert;
        PortScalability "SO_PORT_SCALABILITY" = 0x3006, Bool gs, Bool(false), Tcp, inert;
        ReuseUnicastPort "SO_REUSE_UNICASTPORT" = 0x3007, Bool gs, Bool(false), All, inert;
        ReuseMulticastPort "SO_REUSE_MULTICASTPORT" = 0x3008, Bool gs, Bool(false), All, inert;
        ConnData "SO_CONNDATA" = 0x7000, Bytes gs, Nothing, ConnectData, inert;
        ConnOpt "SO_CONNOPT" = 0x7001, Bytes gs, Nothing, ConnectData, inert;
        DiscData "SO_DISCDATA" = 0x7002, Bytes gs, Nothing, ConnectData, inert;
        DiscOpt "SO_DISCOPT" = 0x7003, Bytes gs, Nothing, ConnectData, inert;
        ConnDataLen "SO_CONNDATALEN" = 0x7004, U32 s, Nothing, ConnectData, inert;
        ConnOptLen "SO_CONNOPTLEN" = 0x7005, U32 s, Nothing, ConnectData, inert;
        DiscDataLen "SO_DISCDATALEN" = 0x7006, U32 s, Nothing, ConnectData, inert;
        DiscOptLen "SO_DISCOPTLEN" = 0x7007, U32 s, Nothing, ConnectData, inert;
        // The one option that is not state of the socket: a thread's, for the sockets it will create.
        OpenType "SO_OPENTYPE" = 0x7008, Int gs, Int(0), Thread;
        MaxDg "SO_MAXDG" = 0x7009, U32 g, Provider, Datagram;
        MaxPathDg "SO_MAXPATHDG" = 0x700a, U32 g, Provider, Datagram;
        UpdateAcceptContext "SO_UPDATE_ACCEPT_CONTEXT" = 0x700b, Handle s, Nothing, AcceptEx;
        // Seconds; all ones while not connected.
        ConnectTime "SO_CONNECT_TIME" = 0x700c, U32 g, Socket, ConnectionOriented;
        UpdateConnectContext "SO_UPDATE_CONNECT_CONTEXT" = 0x7010, Bytes s, Nothing, ConnectEx;
    }
    IPPROTO_TCP {
        TcpNoDelay "TCP_NODELAY" = 1, Bool gs, Bool(false), Tcp, common inert;
        // The inverse of TCP_BSDURGENT; either can be set once.
        TcpExpedited1122 "TCP_EXPEDITED_1122" = 2, Bool gs, Bool(false), Tcp;
        TcpKeepIdle "TCP_KEEPIDLE" | "TCP_KEEPALIVE" = 3, U32 gs, Provider, Tcp, inert;
        TcpMaxRt "TCP_MAXRT" = 5, U32 gs, Provider, Tcp, inert;
        TcpTimestamps "TCP_TIMESTAMPS" = 10, Bool gs, Provider, Tcp, inert;
        TcpFastOpen "TCP_FASTOPEN" = 15, Bool gs, Bool(false), Tcp, inert;
        TcpKeepCnt "TCP_KEEPCNT" = 16, U32 gs, Provider, Tcp, inert;
        TcpKeepIntvl "TCP_KEEPINTVL" = 17, U32 gs, Provider, Tcp, inert;
        TcpBsdUrgent "TCP_BSDURGENT" = 0x7000, Bool gs, Bool(true), Tcp;
    }
    IPPROTO_UDP {
        UdpNoChecksum "UDP_NOCHECKSUM" = 1, Bool gs, Bool(false), Udp, inert;
        UdpChecksumCoverage "UDP_CHECKSUM_COVERAGE" = 20, Bool gs, Provider, Udp, inert;
    }
    IPPROTO_IP {
        IpOptions "IP_OPTIONS" = 1, Bytes gs, Provider, Ipv4, inert;
        IpHdrIncl "IP_HDRINCL" = 2, Bool gs, Bool(false), Ipv4Raw, inert;
        IpTos "IP_TOS" = 3, Int gs, Int(0), Ipv4, inert;
        IpTtl "IP_TTL" = 4, Int gs, Provider, Ipv4, inert;
        IpMulticastIf "IP_MULTICAST_IF" = 9, U32 gs, Int(0), Ipv4Datagram, inert;
        IpMulticastTtl "IP_MULTICAST_TTL" = 10, Int gs, Int(1), Ipv4Datagram, inert;
        IpMulticastLoop "IP_MULTICAST_LOOP" = 11, Bool gs, Bool(true), Ipv4Datagram, inert;
        IpAddMembership "IP_ADD_MEMBERSHIP" = 12, Address s, Nothing, Ipv4Datagram, inert;
        IpDropMembership "IP_DROP_MEMBERSHIP" = 13, Address s, Nothing, Ipv4Datagram, inert;
        IpDontFragment "IP_DONTFRAGMENT" = 14, Bool gs, Bool(false), Ipv4, inert;
        IpAddSourceMembership "IP_ADD_SOURCE_MEMBERSHIP" = 15, Address s, Nothing, Ipv4Datagram, inert;
        IpDropSourceMembership "IP_DROP_SOURCE_MEMBERSHIP" = 16, Address s, Nothing, Ipv4Datagram, inert;
        IpBlockSource "IP_BLOCK_SOURCE" = 17, Address s, Nothing, Ipv4Datagram, inert;
        IpUnblockSource "IP_UNBLOCK_SOURCE" = 18, Address s, Nothing, Ipv4Datagram, inert;
        IpPktInfo "IP_PKTINFO" = 19, Bool gs, Bool(false), Ipv4Datagram, inert;
        IpRecvTtl "IP_RECVTTL" | "IP_HOPLIMIT" = 21, Bool gs, Bool(false), Ipv4Datagram, inert;
        IpReceiveBroadcast "IP_RECEIVE_BROADCAST" = 22, Bool gs, Bool(false), Ipv4Datagram, inert;
        IpUnicastIf "IP_UNICAST_IF" = 31, U32 gs, Int(0), Ipv4, inert;
        IpRecvTos "IP_RECVTOS" | "IP_RECVTCLASS" = 40, Bool gs, Bool(false), Ipv4Datagram, inert;
        IpMtuDiscover "IP_MTU_DISCOVER" = 71, U32 gs, Int(0), Ipv4, inert;
        IpMtu "IP_MTU" = 73, U32 g, Socket, Ipv4;
    }
    IPPROTO_IPV6 {
        Ipv6HdrIncl "IPV6_HDRINCL" = 2, Bool gs, Bool(false), Ipv6Raw, inert;
        Ipv6UnicastHops "IPV6_UNICAST_HOPS" = 4, Int gs, Provider, Ipv6, inert;
        Ipv6MulticastIf "IPV6_MULTICAST_IF" = 9, U32 gs, Int(0), Ipv6Datagram, inert;
        Ipv6MulticastHops "IPV6_MULTICAST_HOPS" = 10, Int gs, Int(1), Ipv6Datagram, inert;
        Ipv6MulticastLoop "IPV6_MULTICAST_LOOP" = 11, Bool gs, Bool(true), Ipv6Datagram, inert;
        Ipv6JoinGroup "IPV6_JOIN_GROUP" | "IPV6_ADD_MEMBERSHIP" = 12, Address s, Nothing, Ipv6Datagram, inert;
        Ipv6LeaveGroup "IPV6_LEAVE_GROUP" | "IPV6_DROP_MEMBERSHIP" = 13, Address s, Nothing, Ipv6Datagram, inert;
        Ipv6DontFrag "IPV6_DONTFRAG" = 14, Bool gs, Bool(false), Ipv6, inert;
        Ipv6PktInfo "IPV6_PKTINFO" = 19, Bool gs, Bool(false), Ipv6Datagram, inert;
        Ipv6HopLimit "IPV6_HOPLIMIT" = 21, Bool gs, Bool(false), Ipv6Datagram, inert;
        Ipv6V6Only "IPV6_V6ONLY" = 27, Bool gs, Bool(true), Ipv6;
        Ipv6UnicastIf "IPV6_UNICAST_IF" = 31, U32 gs, Int(0), Ipv6, inert;
        Ipv6RecvTClass "IPV6_RECVTCLASS" = 40, Bool gs, Bool(false), Ipv6Datagram, inert;
        Ipv6MtuDiscover "IPV6_MTU_DISCOVER" = 71, U32 gs, Int(0), Ipv6, inert;
        Ipv6Mtu "IPV6_MTU" = 72, U32 g, Socket, Ipv6;
    }
}

impl SockOpt {
    /// What is known about the option.
    #[must_use]
    pub const fn row(self) -> &'static OptionRow {
        &Self::ROWS[self as usize]
    }

    /// The Windows name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }
}

impl fmt::Display for SockOpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
