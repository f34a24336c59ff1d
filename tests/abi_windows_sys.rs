//! Every number, size and order against `windows-sys`, by name.
//!
//! `windows-sys` is generated from Microsoft's own metadata, so it knows nothing of this crate. Each test also says
//! which of our names have no partner there: a new row cannot slip past unnoticed. Names that `windows-sys` lacks are
//! pinned to their documented numbers, and its one wrong number is pinned as wrong.

use std::mem::{align_of, offset_of, size_of};

use windows_sys::Win32::Foundation as f;
use windows_sys::Win32::Networking::WinSock as w;
use wspsim::abi::{self, Extension, Ioctl, NetworkEvents, SockOpt, SpiFunction, Upcall, WsaError, consts, sizes};

/// Names and numbers as `windows-sys` has them.
macro_rules! theirs {
    ($module:ident as $type:ty: $($name:ident),+ $(,)?) => {
        [$((stringify!($name), $module::$name as $type)),+]
    };
}

/// Our names without a partner.
fn without_partner<'a>(ours: impl IntoIterator<Item = &'a str>, theirs: &[&str]) -> Vec<&'a str> {
    ours.into_iter().filter(|name| !theirs.contains(name)).collect()
}

fn names<T>(theirs: &[(&'static str, T)]) -> Vec<&'static str> {
    theirs.iter().map(|(name, _)| *name).collect()
}

#[test]
fn errors_have_the_windows_numbers() {
    let theirs = [
        &theirs![w as u32:
            WSA_INVALID_HANDLE, WSA_NOT_ENOUGH_MEMORY, WSA_INVALID_PARAMETER, WSA_OPERATION_ABORTED,
            WSA_IO_INCOMPLETE, WSA_IO_PENDING, WSAEINTR, WSAEBADF, WSAEACCES, WSAEFAULT, WSAEINVAL, WSAEMFILE,
            WSAEWOULDBLOCK, WSAEINPROGRESS, WSAEALREADY, WSAENOTSOCK, WSAEDESTADDRREQ, WSAEMSGSIZE,
            WSAEPROTOTYPE, WSAENOPROTOOPT, WSAEPROTONOSUPPORT, WSAESOCKTNOSUPPORT, WSAEOPNOTSUPP,
            WSAEPFNOSUPPORT, WSAEAFNOSUPPORT, WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAENETDOWN, WSAENETUNREACH,
            WSAENETRESET, WSAECONNABORTED, WSAECONNRESET, WSAENOBUFS, WSAEISCONN, WSAENOTCONN, WSAESHUTDOWN,
            WSAETOOMANYREFS, WSAETIMEDOUT, WSAECONNREFUSED, WSAELOOP, WSAENAMETOOLONG, WSAEHOSTDOWN,
            WSAEHOSTUNREACH, WSAENOTEMPTY, WSAEPROCLIM, WSAEUSERS, WSAEDQUOT, WSAESTALE, WSAEREMOTE,
            WSASYSNOTREADY, WSAVERNOTSUPPORTED, WSANOTINITIALISED, WSAEDISCON, WSAENOMORE, WSAECANCELLED,
            WSAEINVALIDPROCTABLE, WSAEINVALIDPROVIDER, WSAEPROVIDERFAILEDINIT, WSASYSCALLFAILURE,
            WSASERVICE_NOT_FOUND, WSATYPE_NOT_FOUND, WSA_E_NO_MORE, WSA_E_CANCELLED, WSAEREFUSED,
            WSAHOST_NOT_FOUND, WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA, WSA_QOS_RECEIVERS, WSA_QOS_SENDERS,
            WSA_QOS_NO_SENDERS, WSA_QOS_NO_RECEIVERS, WSA_QOS_REQUEST_CONFIRMED, WSA_QOS_ADMISSION_FAILURE,
            WSA_QOS_POLICY_FAILURE, WSA_QOS_BAD_STYLE, WSA_QOS_BAD_OBJECT, WSA_QOS_TRAFFIC_CTRL_ERROR,
            WSA_QOS_GENERIC_ERROR, WSA_QOS_ESERVICETYPE, WSA_QOS_EFLOWSPEC, WSA_QOS_EPROVSPECBUF,
            WSA_QOS_EFILTERSTYLE, WSA_QOS_EFILTERTYPE, WSA_QOS_EFILTERCOUNT, WSA_QOS_EOBJLENGTH,
            WSA_QOS_EFLOWCOUNT, WSA_QOS_EUNKOWNPSOBJ, WSA_QOS_EPOLICYOBJ, WSA_QOS_EFLOWDESC,
            WSA_QOS_EPSFLOWSPEC, WSA_QOS_EPSFILTERSPEC, WSA_QOS_ESDMODEOBJ, WSA_QOS_ESHAPERATEOBJ,
            WSA_QOS_RESERVED_PETYPE,
        ][..],
        &theirs![f as u32:
            ERROR_ACCESS_DENIED, ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY,
            ERROR_INVALID_PARAMETER, ERROR_OPERATION_ABORTED, ERROR_IO_INCOMPLETE, ERROR_IO_PENDING,
        ],
    ]
    .concat();
    for &(name, number) in &theirs {
        assert_eq!(WsaError::from_name(name).map(WsaError::number), Some(number), "{name}");
    }
    assert!(without_partner(WsaError::ALL.iter().map(|error| error.name()), &names(&theirs)).is_empty());
}

#[test]
fn socket_options_have_the_windows_numbers() {
    let theirs = theirs![w as i32:
        SO_DEBUG, SO_ACCEPTCONN, SO_REUSEADDR, SO_EXCLUSIVEADDRUSE, SO_KEEPALIVE, SO_DONTROUTE, SO_BROADCAST,
        SO_USELOOPBACK, SO_LINGER, SO_DONTLINGER, SO_OOBINLINE, SO_SNDBUF, SO_RCVBUF, SO_SNDLOWAT, SO_RCVLOWAT,
        SO_SNDTIMEO, SO_RCVTIMEO, SO_ERROR, SO_TYPE, SO_BSP_STATE, SO_GROUP_ID, SO_GROUP_PRIORITY,
        SO_MAX_MSG_SIZE, SO_PROTOCOL_INFOA, SO_PROTOCOL_INFOW, PVD_CONFIG, SO_CONDITIONAL_ACCEPT,
        SO_PAUSE_ACCEPT, SO_RANDOMIZE_PORT, SO_PORT_SCALABILITY, SO_REUSE_UNICASTPORT, SO_REUSE_MULTICASTPORT,
        SO_CONNDATA, SO_CONNOPT, SO_DISCDATA, SO_DISCOPT, SO_CONNDATALEN, SO_CONNOPTLEN, SO_DISCDATALEN,
        SO_DISCOPTLEN, SO_OPENTYPE, SO_MAXDG, SO_MAXPATHDG, SO_UPDATE_ACCEPT_CONTEXT, SO_CONNECT_TIME,
        SO_UPDATE_CONNECT_CONTEXT, TCP_NODELAY, TCP_EXPEDITED_1122, TCP_KEEPIDLE, TCP_MAXRT, TCP_TIMESTAMPS,
        TCP_FASTOPEN, TCP_KEEPCNT, TCP_KEEPINTVL, TCP_BSDURGENT, UDP_NOCHECKSUM, UDP_CHECKSUM_COVERAGE,
        IP_OPTIONS, IP_HDRINCL, IP_TOS, IP_TTL, IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP,
        IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_DONTFRAGMENT, IP_ADD_SOURCE_MEMBERSHIP,
        IP_DROP_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE, IP_UNBLOCK_SOURCE, IP_PKTINFO, IP_RECVTTL,
        IP_RECEIVE_BROADCAST, IP_UNICAST_IF, IP_RECVTOS, IP_MTU_DISCOVER, IP_MTU, IPV6_HDRINCL,
        IPV6_UNICAST_HOPS, IPV6_MULTICAST_IF, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP, IPV6_JOIN_GROUP,
        IPV6_LEAVE_GROUP, IPV6_DONTFRAG, IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_V6ONLY, IPV6_UNICAST_IF,
        IPV6_RECVTCLASS, IPV6_MTU_DISCOVER, IPV6_MTU, SO_PROTOCOL_INFO, TCP_KEEPALIVE, IP_HOPLIMIT,
        IP_RECVTCLASS, IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP,
    ];
    for &(name, number) in &theirs {
        assert_eq!(SockOpt::from_name(name).map(|option| option.row().number), Some(number), "{name}");
    }
    assert!(without_partner(SockOpt::ALL.iter().map(|option| option.name()), &names(&theirs)).is_empty());
}

#[test]
fn option_levels_have_the_windows_numbers() {
    let levels = theirs![w as i32: SOL_SOCKET, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IP, IPPROTO_IPV6];
    for (name, level) in levels {
        assert!(SockOpt::known_level(level), "{name}");
    }
    assert!(SockOpt::ALL.iter().all(|option| levels.iter().any(|(_, level)| option.row().level == *level)));
}

#[test]
fn ioctls_have_the_windows_codes() {
    let theirs = theirs![w as u32:
        FIONBIO, FIONREAD, SIOCATMARK, SIO_ASSOCIATE_HANDLE, SIO_ENABLE_CIRCULAR_QUEUEING, SIO_FIND_ROUTE,
        SIO_FLUSH, SIO_GET_BROADCAST_ADDRESS, SIO_GET_EXTENSION_FUNCTION_POINTER, SIO_GET_QOS,
        SIO_GET_GROUP_QOS, SIO_MULTIPOINT_LOOPBACK, SIO_MULTICAST_SCOPE, SIO_SET_QOS, SIO_SET_GROUP_QOS,
        SIO_TRANSLATE_HANDLE, SIO_ROUTING_INTERFACE_QUERY, SIO_ROUTING_INTERFACE_CHANGE, SIO_ADDRESS_LIST_QUERY,
        SIO_ADDRESS_LIST_CHANGE, SIO_QUERY_TARGET_PNP_HANDLE, SIO_ADDRESS_LIST_SORT, SIO_BSP_HANDLE,
        SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL, SIO_EXT_SELECT, SIO_EXT_POLL, SIO_EXT_SENDMSG,
        SIO_BASE_HANDLE, SIO_RCVALL, SIO_KEEPALIVE_VALS, SIO_UDP_CONNRESET, SIO_LOOPBACK_FAST_PATH,
        SIO_ACQUIRE_PORT_RESERVATION, SIO_RELEASE_PORT_RESERVATION, SIO_ASSOCIATE_PORT_RESERVATION,
    ];
    for &(name, code) in &theirs {
        assert_eq!(Ioctl::from_name(name).map(Ioctl::code), Some(code), "{name}");
    }
    let gaps = without_partner(Ioctl::ALL.iter().map(|ioctl| ioctl.name()), &names(&theirs));
    assert_eq!(gaps, ["SIO_GET_INTERFACE_LIST"]);
    // _IOR('t', 127, ULONG), as winsock2.h spells it out.
    let documented = consts::IOC_OUT | (4 << 16) | (u32::from(b't') << 8) | 127;
    assert_eq!(Ioctl::GetInterfaceList.code(), documented);
}

#[test]
fn extension_functions_have_the_windows_guids() {
    macro_rules! guids {
        ($($name:ident),+ $(,)?) => {
            [$((stringify!($name), abi::Guid::new(w::$name.data1, w::$name.data2, w::$name.data3, w::$name.data4))),+]
        };
    }
    let theirs = guids![
        WSAID_ACCEPTEX,
        WSAID_CONNECTEX,
        WSAID_DISCONNECTEX,
        WSAID_GETACCEPTEXSOCKADDRS,
        WSAID_TRANSMITFILE,
        WSAID_TRANSMITPACKETS,
        WSAID_WSARECVMSG,
        WSAID_WSASENDMSG,
    ];
    let ours: Vec<_> = Extension::ALL.iter().map(|function| (function.id_name(), function.guid())).collect();
    assert_eq!(ours, theirs);
    assert_eq!(consts::TF_REUSE_SOCKET as u32, w::TF_REUSE_SOCKET);
}

#[test]
fn service_flags_1_have_the_windows_bits() {
    let theirs = theirs![w as u32:
        XP1_CONNECTIONLESS, XP1_GUARANTEED_DELIVERY, XP1_GUARANTEED_ORDER, XP1_MESSAGE_ORIENTED,
        XP1_PSEUDO_STREAM, XP1_GRACEFUL_CLOSE, XP1_EXPEDITED_DATA, XP1_CONNECT_DATA, XP1_DISCONNECT_DATA,
        XP1_SUPPORT_BROADCAST, XP1_SUPPORT_MULTIPOINT, XP1_MULTIPOINT_CONTROL_PLANE, XP1_MULTIPOINT_DATA_PLANE,
        XP1_QOS_SUPPORTED, XP1_INTERRUPT, XP1_UNI_SEND, XP1_UNI_RECV, XP1_IFS_HANDLES, XP1_PARTIAL_MESSAGE,
        XP1_SAN_SUPPORT_SDP,
    ];
    let ours: Vec<_> = abi::ServiceFlags1::windows_names().iter().map(|(name, flag)| (*name, flag.bits())).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn provider_flags_have_the_windows_bits() {
    let theirs = theirs![w as u32:
        PFL_MULTIPLE_PROTO_ENTRIES, PFL_RECOMMENDED_PROTO_ENTRY, PFL_HIDDEN, PFL_MATCHES_PROTOCOL_ZERO,
        PFL_NETWORKDIRECT_PROVIDER,
    ];
    let ours: Vec<_> = abi::ProviderFlags::windows_names().iter().map(|(name, flag)| (*name, flag.bits())).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn socket_flags_have_the_windows_bits() {
    let theirs = theirs![w as u32:
        WSA_FLAG_OVERLAPPED, WSA_FLAG_MULTIPOINT_C_ROOT, WSA_FLAG_MULTIPOINT_C_LEAF, WSA_FLAG_MULTIPOINT_D_ROOT,
        WSA_FLAG_MULTIPOINT_D_LEAF, WSA_FLAG_ACCESS_SYSTEM_SECURITY, WSA_FLAG_NO_HANDLE_INHERIT,
        WSA_FLAG_REGISTERED_IO,
    ];
    let ours: Vec<_> = abi::SocketFlags::windows_names().iter().map(|(name, flag)| (*name, flag.bits())).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn message_flags_have_the_windows_bits() {
    let theirs = theirs![w as u32:
        MSG_OOB, MSG_PEEK, MSG_DONTROUTE, MSG_WAITALL, MSG_INTERRUPT, MSG_PARTIAL,
    ];
    let ours: Vec<_> = abi::MessageFlags::windows_names().iter().map(|(name, flag)| (*name, flag.bits())).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn lsp_categories_have_the_windows_bits() {
    let theirs = theirs![w as u32:
        LSP_INSPECTOR, LSP_REDIRECTOR, LSP_PROXY, LSP_FIREWALL, LSP_INBOUND_MODIFY, LSP_OUTBOUND_MODIFY,
        LSP_CRYPTO_COMPRESS, LSP_LOCAL_CACHE, LSP_SYSTEM,
    ];
    let ours: Vec<_> = abi::LspCategories::windows_names().iter().map(|(name, flag)| (*name, flag.bits())).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn network_events_have_the_windows_bits() {
    let ours: Vec<_> = NetworkEvents::windows_names().iter().map(|(name, event)| (*name, event.bits())).collect();
    let theirs = theirs![w as u32:
        FD_READ, FD_WRITE, FD_OOB, FD_ACCEPT, FD_CONNECT, FD_CLOSE,
    ];
    let (known, gaps) = ours.split_at(theirs.len());
    assert_eq!(known, theirs);
    // Of these, and of FD_ALL_EVENTS, windows-sys has only the bit numbers.
    let bits =
        theirs![w as u32: FD_QOS_BIT, FD_GROUP_QOS_BIT, FD_ROUTING_INTERFACE_CHANGE_BIT, FD_ADDRESS_LIST_CHANGE_BIT];
    for ((ours, event), (theirs, bit)) in gaps.iter().zip(bits) {
        assert_eq!((format!("{ours}_BIT").as_str(), *event), (theirs, 1 << bit));
    }
    assert_eq!(gaps.len(), bits.len());
    assert_eq!(abi::FD_MAX_EVENTS, w::FD_MAX_EVENTS as usize);
    assert_eq!(NetworkEvents::ALL_EVENTS.bits(), (1 << w::FD_MAX_EVENTS) - 1);
}

#[test]
fn named_constants_have_the_windows_numbers() {
    let theirs = theirs![w as i64:
        AF_UNSPEC, AF_UNIX, AF_INET, AF_IPX, AF_APPLETALK, AF_NETBIOS, AF_ATM, AF_INET6, AF_IRDA, AF_HYPERV,
        SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, IPPROTO_IP, IPPROTO_ICMP, IPPROTO_IGMP,
        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, IPPROTO_ICMPV6, IPPROTO_PGM, IPPROTO_RM, IPPROTO_RAW,
        SD_RECEIVE, SD_SEND, SD_BOTH, CF_ACCEPT, CF_REJECT, CF_DEFER, JL_SENDER_ONLY, JL_RECEIVER_ONLY, JL_BOTH,
        FROM_PROTOCOL_INFO,
    ];
    for &(name, number) in &theirs {
        assert_eq!(consts::named_constant(name), Some(number), "{name}");
    }
    let groups = [
        consts::FAMILIES,
        consts::SOCKET_TYPES,
        consts::PROTOCOLS,
        consts::SHUTDOWN_DIRECTIONS,
        consts::CONDITION_ANSWERS,
        consts::JOIN_LEAF_ROLES,
    ];
    // Both live in ws2bth.h, which windows-sys files under another feature.
    let gaps = without_partner(groups.concat().iter().map(|(name, _)| *name), &names(&theirs));
    assert_eq!(gaps, ["AF_BTH", "BTHPROTO_RFCOMM"]);
    assert_eq!((consts::AF_BTH, consts::BTHPROTO_RFCOMM), (32, 3));
}

#[test]
fn somaxconn_is_the_known_error_of_windows_sys() {
    // 5 was Winsock 1.1's; winsock2.h says 0x7fffffff.
    assert_eq!(w::SOMAXCONN, 5);
    assert_eq!(consts::SOMAXCONN, 0x7fff_ffff);
}

#[test]
fn plain_constants_have_the_windows_numbers() {
    macro_rules! same {
        ($module:ident: $($name:ident),+ $(,)?) => {
            $(assert_eq!(consts::$name as i128, $module::$name as i128, stringify!($name));)+
        };
    }
    same![w:
        SG_UNCONSTRAINED_GROUP, SG_CONSTRAINED_GROUP, SOL_SOCKET, FROM_PROTOCOL_INFO, SOCKET_ERROR,
        WSA_MAXIMUM_WAIT_EVENTS, WSS_OPERATION_IN_PROGRESS, MAX_PROTOCOL_CHAIN, LAYERED_PROTOCOL, BASE_PROTOCOL,
        WSAPROTOCOL_LEN, WSPDESCRIPTION_LEN, BIGENDIAN, LITTLEENDIAN, SECURITY_PROTOCOL_NONE, FD_SETSIZE, FD_MAX_EVENTS,
        SO_SYNCHRONOUS_ALERT, SO_SYNCHRONOUS_NONALERT, IOC_IN, IOC_OUT, IOC_VOID, IOC_INOUT, IOC_UNIX, IOC_WS2,
        IOC_PROTOCOL, IOC_VENDOR,
    ];
    same![f: MAX_PATH];
    assert_eq!(consts::INVALID_SOCKET, w::INVALID_SOCKET as u64);
    assert_eq!(consts::WSA_INVALID_EVENT, w::WSA_INVALID_EVENT as usize as u64);
    assert_eq!(consts::PROVIDER_INFO_LSP_CATEGORIES, w::ProviderInfoLspCategories);
    assert_eq!(consts::PROVIDER_INFO_AUDIT, w::ProviderInfoAudit);
}

#[test]
fn provider_entries_are_in_table_order() {
    macro_rules! offsets {
        ($table:ident: $($field:ident),+ $(,)?) => { [$((stringify!($field), offset_of!(w::$table, $field))),+] };
    }
    let entries = offsets![WSPPROC_TABLE:
        lpWSPAccept, lpWSPAddressToString, lpWSPAsyncSelect, lpWSPBind, lpWSPCancelBlockingCall, lpWSPCleanup,
        lpWSPCloseSocket, lpWSPConnect, lpWSPDuplicateSocket, lpWSPEnumNetworkEvents, lpWSPEventSelect,
        lpWSPGetOverlappedResult, lpWSPGetPeerName, lpWSPGetSockName, lpWSPGetSockOpt, lpWSPGetQOSByName,
        lpWSPIoctl, lpWSPJoinLeaf, lpWSPListen, lpWSPRecv, lpWSPRecvDisconnect, lpWSPRecvFrom, lpWSPSelect,
        lpWSPSend, lpWSPSendDisconnect, lpWSPSendTo, lpWSPSetSockOpt, lpWSPShutdown, lpWSPSocket,
        lpWSPStringToAddress,
    ];
    for (field, offset) in entries {
        let entry = SpiFunction::from_name(&field[2..]).expect(field);
        assert_eq!(entry.index(), Some(offset / size_of::<usize>()), "{field}");
    }
    let upcalls = offsets![WSPUPCALLTABLE:
        lpWPUCloseEvent, lpWPUCloseSocketHandle, lpWPUCreateEvent, lpWPUCreateSocketHandle, lpWPUFDIsSet,
        lpWPUGetProviderPath, lpWPUModifyIFSHandle, lpWPUPostMessage, lpWPUQueryBlockingCallback,
        lpWPUQuerySocketHandleContext, lpWPUQueueApc, lpWPUResetEvent, lpWPUSetEvent, lpWPUOpenCurrentThread,
        lpWPUCloseThread,
    ];
    for (field, offset) in upcalls {
        let upcall = Upcall::from_name(&field[2..]).expect(field);
        assert_eq!(upcall.index(), Some(offset / size_of::<usize>()), "{field}");
    }
    assert_eq!((entries.len(), upcalls.len()), (SpiFunction::TABLE_LEN, Upcall::TABLE_LEN));
}

#[test]
fn protocol_infos_have_the_windows_offsets() {
    macro_rules! check {
        ($ours:ty, $theirs:ident: $($field:ident),+ $(,)?) => {
            let theirs = [$((stringify!($field), offset_of!(w::$theirs, $field))),+];
            let mut next = 0;
            let ours: Vec<_> = <$ours>::FIELDS
                .iter()
                .map(|(name, size)| {
                    let at = next;
                    next += size;
                    (*name, at)
                })
                .collect();
            assert_eq!(ours, theirs);
            assert_eq!(next, size_of::<w::$theirs>());
            assert_eq!(next, <$ours>::SIZE);
            assert_eq!(align_of::<w::$theirs>(), 4);
        };
    }
    macro_rules! both {
        ($($field:ident),+ $(,)?) => {
            check!(abi::ProtocolInfoW, WSAPROTOCOL_INFOW: $($field),+);
            check!(abi::ProtocolInfoA, WSAPROTOCOL_INFOA: $($field),+);
        };
    }
    both![
        dwServiceFlags1,
        dwServiceFlags2,
        dwServiceFlags3,
        dwServiceFlags4,
        dwProviderFlags,
        ProviderId,
        dwCatalogEntryId,
        ProtocolChain,
        iVersion,
        iAddressFamily,
        iMaxSockAddr,
        iMinSockAddr,
        iSocketType,
        iProtocol,
        iProtocolMaxOffset,
        iNetworkByteOrder,
        iSecurityScheme,
        dwMessageSize,
        dwProviderReserved,
        szProtocol,
    ];
}

#[test]
fn structures_have_the_windows_sizes() {
    macro_rules! sizes {
        ($($ours:expr => $theirs:ident),+ $(,)?) => {
            $(assert_eq!($ours, size_of::<w::$theirs>(), stringify!($theirs));)+
        };
    }
    sizes![
        abi::ProtocolChain::SIZE => WSAPROTOCOLCHAIN,
        abi::NetworkEventRecord::SIZE => WSANETWORKEVENTS,
        abi::Linger::SIZE => LINGER,
        sizes::WSPDATA => WSPDATA,
        sizes::WSPPROC_TABLE => WSPPROC_TABLE,
        sizes::WSPUPCALLTABLE => WSPUPCALLTABLE,
        sizes::WSATHREADID => WSATHREADID,
        sizes::WSABUF => WSABUF,
        sizes::FD_SET => FD_SET,
        sizes::SOCKADDR => SOCKADDR,
        sizes::SOCKADDR_IN => SOCKADDR_IN,
        sizes::SOCKADDR_IN6 => SOCKADDR_IN6,
        sizes::SOCKADDR_STORAGE => SOCKADDR_STORAGE,
        sizes::SOCKET => SOCKET,
        sizes::CSADDR_INFO => CSADDR_INFO,
        sizes::TCP_KEEPALIVE => tcp_keepalive,
        sizes::FLOWSPEC => FLOWSPEC,
        sizes::QOS => QOS,
    ];
    assert_eq!(abi::Guid::SIZE, size_of::<windows_sys::core::GUID>());
    assert_eq!(sizes::WSAOVERLAPPED, size_of::<windows_sys::Win32::System::IO::OVERLAPPED>());
    assert_eq!(sizes::BOOL, size_of::<windows_sys::core::BOOL>());
}

#[test]
fn small_structures_have_the_windows_offsets() {
    assert_eq!((offset_of!(w::WSAPROTOCOLCHAIN, ChainLen), offset_of!(w::WSAPROTOCOLCHAIN, ChainEntries)), (0, 4));
    assert_eq!((offset_of!(w::WSANETWORKEVENTS, lNetworkEvents), offset_of!(w::WSANETWORKEVENTS, iErrorCode)), (0, 4));
    assert_eq!((offset_of!(w::LINGER, l_onoff), offset_of!(w::LINGER, l_linger)), (0, 2));
    assert_eq!((offset_of!(w::SOCKADDR_IN, sin_port), offset_of!(w::SOCKADDR_IN, sin_addr)), (2, 4));
    let v6 = [
        offset_of!(w::SOCKADDR_IN6, sin6_port),
        offset_of!(w::SOCKADDR_IN6, sin6_flowinfo),
        offset_of!(w::SOCKADDR_IN6, sin6_addr),
        offset_of!(w::SOCKADDR_IN6, Anonymous),
    ];
    assert_eq!(v6, [2, 4, 8, 24]);
}
