//! SendDisc, RecvDisc, Join, Multicast, Raw, Qos: the ends of connections, sessions of many, IP packets, promises of
//! the network.

macro_rules! sessions {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WSPSendDisconnect
    SendDisc1: "WSPSendDisconnect ends sending as SD_SEND does, gives the peer the disconnect data, and closes nothing."
        ("lpwspsenddisconnect");
    SendDisc2: "Disconnect data where the protocol has none gives WSAENOPROTOOPT."
        ("lpwspsenddisconnect");
    SendDisc3: "Without a connection there is nothing to disconnect: WSAENOTCONN."
        ("lpwspsenddisconnect");

    // WSPRecvDisconnect
    RecvDisc1: "WSPRecvDisconnect ends receiving and gives the peer's disconnect data; data is still taken underneath."
        ("lpwsprecvdisconnect");
    RecvDisc2: "Asking for disconnect data where the protocol has none gives WSAENOPROTOOPT."
        ("lpwsprecvdisconnect");
    RecvDisc3: "Without a connection there is nothing to receive: WSAENOTCONN."
        ("lpwsprecvdisconnect");
    RecvDisc4: "A buffer too small for the disconnect data gives WSAEFAULT."
        ("lpwsprecvdisconnect");

    // WSPJoinLeaf
    Join1: "WSPJoinLeaf needs a socket made with multipoint flags, and one of the three directions: else WSAEINVAL."
        ("lpwspjoinleaf");
    Join2: "On a c_leaf the call joins the session named and gives the same descriptor."
        ("lpwspjoinleaf");
    Join3: "On a c_root the call adds the leaf named and gives a new c_leaf descriptor."
        ("lpwspjoinleaf");
    Join4: "Without a local name the socket is bound first."
        ("lpwspjoinleaf");
    Join5: "An address that is no session's gives WSAEADDRNOTAVAIL, one of another family WSAEAFNOSUPPORT."
        ("lpwspjoinleaf");
    Join6: "While one join is on its way another gives WSAEALREADY."
        ("lpwspjoinleaf");
    Join7: "A leaf that is a member already gets WSAEISCONN."
        ("lpwspjoinleaf");
    Join8: "The end of a join, good or bad, is reported by FD_CONNECT on the socket the call was made on."
        ("lpwspjoinleaf");
    Join9: "A nonblocking join gives a descriptor at once, which is of no use before FD_CONNECT."
        ("lpwspjoinleaf");
    Join10: "Caller data the provider does not support gives WSAEPROTONOSUPPORT."
        ("lpwspjoinleaf");
    Join11: "A quality of service that cannot be met gives WSAEOPNOTSUPP."
        ("lpwspjoinleaf");
    Join12: "A join that only sends makes no member; a join that receives does."
        ("lpwspjoinleaf");
    Join13: "What a root sends goes to all its leaves; what a leaf sends is read at the descriptor its join gave."
        ("multipoint-and-multicast-semantics-2");
    Join14: "The end of the root's socket ends the leaves', and the other way round: FD_CLOSE."
        ("lpwspclosesocket");

    // Groups
    Multicast1: "IP_ADD_MEMBERSHIP and IPV6_JOIN_GROUP make a datagram socket a member of a group."
        ("ipproto-ip-socket-options, ipproto-ipv6-socket-options");
    Multicast2: "IP_DROP_MEMBERSHIP and IPV6_LEAVE_GROUP end a membership; one that is not there gives \
        WSAEADDRNOTAVAIL."
        ("ipproto-ip-socket-options, ipproto-ipv6-socket-options");
    Multicast3: "A datagram to a group reaches every member bound to its port."
        ("ip-multicast-2");
    Multicast4: "A member with IP_MULTICAST_LOOP off takes nothing that its own machine sends."
        ("ip-multicast-2");
    Multicast5: "IP_ADD_SOURCE_MEMBERSHIP makes a member that takes what the sources named send; a membership without \
        sources is in its way (WSAEINVAL), a source named twice is WSAEADDRNOTAVAIL."
        ("ipproto-ip-socket-options, RFC 3678");
    Multicast6: "IP_DROP_SOURCE_MEMBERSHIP takes a source away, and with the last one the membership; a source that is not \
        there is WSAEADDRNOTAVAIL."
        ("ipproto-ip-socket-options, RFC 3678");
    Multicast7: "IP_BLOCK_SOURCE and IP_UNBLOCK_SOURCE keep a source out of a membership without sources and let it in \
        again; without such a membership WSAEINVAL, and WSAEADDRNOTAVAIL where nothing would change."
        ("ipproto-ip-socket-options, RFC 3678");
    Multicast8: "A member takes nothing from a source that is blocked or not named."
        ("ipproto-ip-socket-options, RFC 3678");

    // Raw sockets
    Raw1: "What a raw socket sends over IPv4 gets a header: of the socket's protocol, with IP_TOS and IP_TTL."
        ("tcp-ip-raw-sockets-2");
    Raw2: "With IP_HDRINCL the data begins with the header; the machine fills in length, checksum and a source left zero, \
        and a header that is none is WSAEINVAL."
        ("tcp-ip-raw-sockets-2, ipproto-ip-socket-options");
    Raw3: "A packet is copied to every raw socket of its protocol whose local address and peer it fits; over IPv4 with its \
        header."
        ("tcp-ip-raw-sockets-2");
    Raw4: "A raw socket has no port: the one of a bind or a send counts for nothing."
        ("tcp-ip-raw-sockets-2");
    Raw5: "A raw socket of protocol TCP cannot be bound: WSAEINVAL."
        ("tcp-ip-raw-sockets-2; the code is derived");
    Raw6: "TCP segments, and UDP datagrams whose source is not the machine's, are not sent over raw sockets: they are lost."
        ("tcp-ip-raw-sockets-2");
    Raw7: "The machine answers an ICMP echo request; a raw socket sees the reply alone."
        ("RFC 1122, derived");

    // Quality of service
    Qos1: "SIO_GET_QOS gives the quality of service of the socket, and WSAENOPROTOOPT where there is none."
        ("lpwspioctl");
    Qos2: "SIO_SET_QOS asks for a quality of service, and what one end sends is what the other receives."
        ("lpwspioctl, derived");
    Qos3: "SIO_SET_QOS with more than the network can promise gives WSAEOPNOTSUPP."
        ("lpwspioctl");
    Qos4: "WSPGetQOSByName fills in the template of that name; an unknown one gives WSAEINVAL."
        ("lpwspgetqosbyname");
    Qos5: "WSPGetQOSByName with an empty name gives the names of the templates, as many as fit."
        ("lpwspgetqosbyname");
    } };
}
