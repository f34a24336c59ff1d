//! Plain numbers: families, types, protocols, answers, limits, masks.
//!
//! Numbers that form a closed set have types of their own: [`flags`](super::flags), [`sockopt`](super::sockopt),
//! [`ioctl`](super::ioctl), [`error`](super::error). Pages: winsock2 socket, wsasocketw, wsaprotocol_infow; ws2spi
//! lpwspaccept, lpwspioctl, wspstartup.

macro_rules! group {
    (
        $(#[$meta:meta])*
        $table:ident, $lookup:ident: $type:ty;
        $($name:ident = $value:literal, $doc:literal;)+
    ) => {
        $(
            #[doc = concat!($doc, ".")]
            pub const $name: $type = $value;
        )+

        $(#[$meta])*
        pub const $table: &[(&str, $type)] = &[$((stringify!($name), $name)),+];

        #[doc = concat!("The Windows name of a number of [`", stringify!($table), "`]; the first row wins.")]
        #[must_use]
        pub fn $lookup(value: $type) -> Option<&'static str> {
            $table.iter().find(|(_, number)| *number == value).map(|(name, _)| *name)
        }
    };
}

group! {
    /// Address families by name.
    FAMILIES, family_name: i32;
    AF_UNSPEC = 0, "No particular family";
    AF_UNIX = 1, "Local to the machine";
    AF_INET = 2, "IPv4";
    AF_IPX = 6, "IPX and SPX";
    AF_APPLETALK = 16, "AppleTalk";
    AF_NETBIOS = 17, "NetBIOS";
    AF_ATM = 22, "Native ATM";
    AF_INET6 = 23, "IPv6";
    AF_IRDA = 26, "Infrared";
    AF_BTH = 32, "Bluetooth";
    AF_HYPERV = 34, "Hyper-V";
}

group! {
    /// Socket types by name.
    SOCKET_TYPES, socket_type_name: i32;
    SOCK_STREAM = 1, "A two-way byte stream";
    SOCK_DGRAM = 2, "Datagrams";
    SOCK_RAW = 3, "Raw packets";
    SOCK_RDM = 4, "Reliable messages";
    SOCK_SEQPACKET = 5, "A stream that marks packets";
}

group! {
    /// Protocols by name.
    PROTOCOLS, protocol_name: i32;
    IPPROTO_IP = 0, "IPv4 itself; also the level of its options";
    IPPROTO_ICMP = 1, "ICMP";
    IPPROTO_IGMP = 2, "IGMP";
    BTHPROTO_RFCOMM = 3, "Bluetooth RFCOMM, in family AF_BTH";
    IPPROTO_TCP = 6, "TCP; also the level of its options";
    IPPROTO_UDP = 17, "UDP; also the level of its options";
    IPPROTO_IPV6 = 41, "IPv6 itself; also the level of its options";
    IPPROTO_ICMPV6 = 58, "ICMPv6";
    IPPROTO_PGM = 113, "PGM";
    IPPROTO_RM = 113, "PGM by its other name";
    IPPROTO_RAW = 255, "Raw IP";
}

group! {
    /// Shutdown directions by name.
    SHUTDOWN_DIRECTIONS, shutdown_name: i32;
    SD_RECEIVE = 0, "No more receives";
    SD_SEND = 1, "No more sends";
    SD_BOTH = 2, "Neither";
}

group! {
    /// Answers of an accept condition function by name.
    CONDITION_ANSWERS, condition_name: i32;
    CF_ACCEPT = 0, "Accept the connection";
    CF_REJECT = 1, "Refuse it";
    CF_DEFER = 2, "Leave it queued";
}

group! {
    /// Roles of WSPJoinLeaf by name.
    JOIN_LEAF_ROLES, join_leaf_name: i32;
    JL_SENDER_ONLY = 1, "Only sends";
    JL_RECEIVER_ONLY = 2, "Only receives";
    JL_BOTH = 4, "Does both";
}

group! {
    /// Flags of DisconnectEx by name.
    DISCONNECT_FLAGS, disconnect_name: i32;
    TF_REUSE_SOCKET = 2, "The socket is to be used again";
}

/// The number with a Windows name: families, types, protocols, shutdown directions, condition answers, join roles,
/// flags of DisconnectEx and SOMAXCONN.
#[must_use]
pub fn named_constant(name: &str) -> Option<i64> {
    const GROUPS: [&[(&str, i32)]; 8] = [
        FAMILIES,
        SOCKET_TYPES,
        PROTOCOLS,
        SHUTDOWN_DIRECTIONS,
        CONDITION_ANSWERS,
        JOIN_LEAF_ROLES,
        DISCONNECT_FLAGS,
        &[("SOMAXCONN", SOMAXCONN), ("FROM_PROTOCOL_INFO", FROM_PROTOCOL_INFO)],
    ];
    GROUPS.iter().copied().flatten().find(|(known, _)| *known == name).map(|(_, value)| i64::from(*value))
}

/// Reserved: an unconstrained socket group.
pub const SG_UNCONSTRAINED_GROUP: u32 = 1;
/// Reserved: a constrained socket group.
pub const SG_CONSTRAINED_GROUP: u32 = 2;

/// The level of options that belong to any socket.
pub const SOL_SOCKET: i32 = 0xffff;
/// As backlog: the most that is reasonable.
pub const SOMAXCONN: i32 = 0x7fff_ffff;
/// As family, type or protocol: take it from the protocol info.
pub const FROM_PROTOCOL_INFO: i32 = -1;
/// No socket: all ones.
pub const INVALID_SOCKET: u64 = u64::MAX;
/// What a failing call returns.
pub const SOCKET_ERROR: i32 = -1;
/// No event object.
pub const WSA_INVALID_EVENT: u64 = 0;
/// How many events one wait can cover.
pub const WSA_MAXIMUM_WAIT_EVENTS: usize = 64;
/// The Internal field of an overlapped structure while its operation runs.
pub const WSS_OPERATION_IN_PROGRESS: u32 = 0x103;

/// Version 1.0: major in the low byte, minor in the high byte.
pub const WINSOCK_VERSION_1_0: u16 = winsock_version(1, 0);
/// Version 1.1.
pub const WINSOCK_VERSION_1_1: u16 = winsock_version(1, 1);
/// Version 2.0.
pub const WINSOCK_VERSION_2_0: u16 = winsock_version(2, 0);
/// Version 2.1.
pub const WINSOCK_VERSION_2_1: u16 = winsock_version(2, 1);
/// Version 2.2, the one and only of the service provider interface.
pub const WINSOCK_VERSION_2_2: u16 = winsock_version(2, 2);

/// The version word of a major and a minor number.
#[doc(alias = "MAKEWORD")]
#[must_use]
pub const fn winsock_version(major: u8, minor: u8) -> u16 {
    u16::from_le_bytes([major, minor])
}

/// Most entries of a protocol chain.
pub const MAX_PROTOCOL_CHAIN: usize = 7;
/// ChainLen of a layer's own entry.
pub const LAYERED_PROTOCOL: i32 = 0;
/// ChainLen of a base protocol.
pub const BASE_PROTOCOL: i32 = 1;
/// Characters of szProtocol without the terminator.
pub const WSAPROTOCOL_LEN: usize = 255;
/// Characters of WSPDATA's description without the terminator.
pub const WSPDESCRIPTION_LEN: usize = 255;
/// iNetworkByteOrder: big endian.
pub const BIGENDIAN: i32 = 0;
/// iNetworkByteOrder: little endian.
pub const LITTLEENDIAN: i32 = 1;
/// iSecurityScheme: none.
pub const SECURITY_PROTOCOL_NONE: i32 = 0;
/// dwMessageSize: no message boundaries.
pub const MESSAGE_SIZE_STREAM: u32 = 0;
/// dwMessageSize: depends on the network; SO_MAX_MSG_SIZE says it after bind.
pub const MESSAGE_SIZE_ASK: u32 = 1;
/// dwMessageSize: unlimited.
pub const MESSAGE_SIZE_UNLIMITED: u32 = 0xffff_ffff;

/// How many network events there are.
pub const FD_MAX_EVENTS: usize = 10;
/// Sockets of an fd_set.
pub const FD_SETSIZE: usize = 64;
/// Characters of a path with its terminator.
pub const MAX_PATH: usize = 260;

/// SO_OPENTYPE: non-overlapped sockets with alertable waits.
pub const SO_SYNCHRONOUS_ALERT: i32 = 0x10;
/// SO_OPENTYPE: non-overlapped sockets with plain waits.
pub const SO_SYNCHRONOUS_NONALERT: i32 = 0x20;
/// SO_CONNECT_TIME of a socket that is not connected.
pub const CONNECT_TIME_UNCONNECTED: u32 = 0xffff_ffff;

/// Ioctl code: takes input.
pub const IOC_IN: u32 = 0x8000_0000;
/// Ioctl code: gives output.
pub const IOC_OUT: u32 = 0x4000_0000;
/// Ioctl code: neither.
pub const IOC_VOID: u32 = 0x2000_0000;
/// Ioctl code: takes input and gives output.
pub const IOC_INOUT: u32 = IOC_IN | IOC_OUT;
/// Ioctl type: from BSD.
pub const IOC_UNIX: u32 = 0;
/// Ioctl type: any Winsock 2 provider.
pub const IOC_WS2: u32 = 0x0800_0000;
/// Ioctl type: an address family.
pub const IOC_PROTOCOL: u32 = 0x1000_0000;
/// Ioctl type: a vendor.
pub const IOC_VENDOR: u32 = 0x1800_0000;

/// LSP category: fit for services and system processes.
pub const LSP_SYSTEM: u32 = 0x8000_0000;
/// LSP category: looks at traffic.
pub const LSP_INSPECTOR: u32 = 0x0000_0001;
/// LSP category: sends traffic elsewhere.
pub const LSP_REDIRECTOR: u32 = 0x0000_0002;
/// LSP category: stands in for the server.
pub const LSP_PROXY: u32 = 0x0000_0004;
/// LSP category: lets through or not.
pub const LSP_FIREWALL: u32 = 0x0000_0008;
/// LSP category: changes what is received.
pub const LSP_INBOUND_MODIFY: u32 = 0x0000_0010;
/// LSP category: changes what is sent.
pub const LSP_OUTBOUND_MODIFY: u32 = 0x0000_0020;
/// LSP category: encrypts or compresses.
pub const LSP_CRYPTO_COMPRESS: u32 = 0x0000_0040;
/// LSP category: answers from a cache.
pub const LSP_LOCAL_CACHE: u32 = 0x0000_0080;

/// WSC_PROVIDER_INFO_TYPE: a provider's LSP categories.
pub const PROVIDER_INFO_LSP_CATEGORIES: i32 = 0;
/// WSC_PROVIDER_INFO_TYPE: a provider's audit record.
pub const PROVIDER_INFO_AUDIT: i32 = 1;
