//! Async, EventSel, Enum, GetOpt, SetOpt, Ioctl, Cancel: notification, options and control.

macro_rules! control {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WSPAsyncSelect
    Async1: "Each chosen event is posted to the window with WPUPostMessage: wParam the descriptor, low word of lParam \
        the event, high word its code."
        ("lpwspasyncselect");
    Async2: "One message carries one event, never several."
        ("lpwspasyncselect");
    Async3: "WSPAsyncSelect makes the socket nonblocking, with an empty mask too."
        ("lpwspasyncselect");
    Async4: "Mask 0 ends the registration; messages posted before may still come."
        ("lpwspasyncselect");
    Async5: "WSPAsyncSelect ends a WSPEventSelect registration and its recording."
        ("lpwspasyncselect, lpwspeventselect");
    Async6: "A window that does not exist, or an unknown event bit, gives WSAEINVAL."
        ("lpwspasyncselect");
    Async7: "The descriptor in a message is the one that is valid in the process that registered."
        ("derived from R17");

    // WSPEventSelect
    EventSel1: "A chosen event that happens is recorded with its code and sets the event object, at each report anew."
        ("lpwspeventselect");
    EventSel2: "WSPEventSelect makes the socket nonblocking, with mask 0 too."
        ("lpwspeventselect");
    EventSel3: "Mask 0 ends the association and the recording, and the event argument is not looked at."
        ("lpwspeventselect");
    EventSel4: "WSPEventSelect replaces a registration of either kind and empties the record."
        ("lpwspeventselect") by record_at_registration;
    EventSel5: "The event object is only ever set by reports; resetting it is left to WSPEnumNetworkEvents or the \
        client."
        ("lpwspeventselect, lpwspenumnetworkevents");
    EventSel6: "With a mask that is not 0, an event object that does not exist gives WSAEINVAL."
        ("lpwspeventselect");

    // WSPEnumNetworkEvents
    Enum1: "WSPEnumNetworkEvents copies the record, empties it and resets the given event, all in one step."
        ("lpwspenumnetworkevents");
    Enum2: "Without an event argument only the record is copied and emptied."
        ("lpwspenumnetworkevents");
    Enum3: "If it fails, nothing is emptied and nothing is reset."
        ("lpwspenumnetworkevents");
    Enum4: "lNetworkEvents holds what was recorded since the last call, and only the codes of those events are written."
        ("lpwspenumnetworkevents");
    Enum5: "Only events chosen by WSPEventSelect are ever recorded."
        ("lpwspenumnetworkevents");
    Enum6: "Reading the record re-enables no event."
        ("derived from E4");
    Enum7: "Any descriptor reads the one record of the shared socket; what one has read is gone for the others."
        ("derived from R11, open point A24");
    Enum8: "The event argument need not be the registered one; it is reset all the same."
        ("lpwspenumnetworkevents, open point A24") by foreign_event;

    // WSPGetSockOpt
    GetOpt1: "The length argument brings the buffer's size and takes back the value's; a buffer too small gives \
        WSAEFAULT."
        ("lpwspgetsockopt");
    GetOpt2: "An option the provider does not know gives WSAENOPROTOOPT, a level it does not know WSAEINVAL."
        ("lpwspgetsockopt");
    GetOpt3: "An option never set shows its default."
        ("lpwspgetsockopt");
    GetOpt4: "SO_ERROR gives the socket's pending error and clears it, for all descriptors."
        ("lpwspgetsockopt, derived from R11");
    GetOpt5: "SO_ACCEPTCONN is TRUE once the socket listens."
        ("lpwspgetsockopt");
    GetOpt6: "SO_TYPE gives the type the socket was made with."
        ("lpwspgetsockopt");
    GetOpt7: "SO_MAX_MSG_SIZE gives the longest message a message-oriented socket sends."
        ("lpwspgetsockopt");
    GetOpt8: "SO_PROTOCOL_INFOW gives the socket's catalog entry, seen through a layer the layer's chain entry."
        ("lpwspgetsockopt, Microsoft layered-provider sample");
    GetOpt9: "SO_LINGER gives the linger structure, and SO_DONTLINGER is TRUE while lingering is off, as it is in a \
        new socket."
        ("lpwspgetsockopt, socket-options-and-ioctls-2, closesocket") by linger_default;
    GetOpt10: "Every descriptor of a shared socket reads the same values."
        ("lpwspduplicatesocket, derived from R11");
    GetOpt11: "Every provider knows the common options and answers them with plausible values."
        ("lpwspgetsockopt");
    GetOpt12: "SO_RCVLOWAT, SO_SNDLOWAT and SO_USELOOPBACK give WSAEINVAL with TCP/IP, to read and to set."
        ("lpwspgetsockopt, lpwspsetsockopt, sol-socket-socket-options");
    GetOpt13: "SO_BSP_STATE gives both addresses, type and protocol of the socket."
        ("sol-socket-socket-options");
    GetOpt14: "An IPv4 socket has no IPV6_V6ONLY."
        ("ipproto-ipv6-socket-options") by v6only_on_ipv4;
    GetOpt15: "WSPGetSockOpt that has too little room leaves optlen alone."
        ("lpwspgetsockopt, derived, observed O75") by short_optlen;

    // WSPSetSockOpt
    SetOpt1: "A switch is set by an int of 4 bytes, 0 for off and anything else for on."
        ("lpwspsetsockopt") by short_booleans;
    SetOpt2: "A value shorter than the option's type gives WSAEFAULT."
        ("lpwspsetsockopt");
    SetOpt3: "SO_LINGER with l_onoff not 0 turns lingering on with l_linger seconds, and SO_DONTLINGER off with it."
        ("lpwspsetsockopt");
    SetOpt4: "SO_LINGER with l_onoff 0 is the same as SO_DONTLINGER on."
        ("lpwspsetsockopt");
    SetOpt5: "Turning SO_DONTLINGER off brings back the timeout that was set before."
        ("lpwspsetsockopt");
    SetOpt6: "SO_EXCLUSIVEADDRUSE has to be set before the socket is bound."
        ("lpwspsetsockopt, so-exclusiveaddruse");
    SetOpt7: "SO_SNDBUF and SO_RCVBUF may end up at another size than asked for; reading them back tells."
        ("lpwspsetsockopt");
    SetOpt8: "SO_DONTROUTE has no effect on AF_INET and gives WSAENOPROTOOPT on AF_INET6."
        ("lpwspsetsockopt");
    SetOpt9: "SO_KEEPALIVE is for connection-oriented sockets; a datagram socket gives WSAENOPROTOOPT."
        ("lpwspsetsockopt, sol-socket-socket-options");
    SetOpt10: "A connection lost to keep-alive gives running calls WSAENETRESET and later ones WSAENOTCONN."
        ("lpwspsetsockopt");
    SetOpt11: "An option that can only be read gives WSAENOPROTOOPT when set."
        ("lpwspsetsockopt, derived") by type_of_datagram_set;
    SetOpt12: "A new value is seen through every descriptor at once."
        ("lpwspduplicatesocket, derived from R11");
    SetOpt13: "SO_CONDITIONAL_ACCEPT gives WSAEINVAL on a socket that listens already."
        ("lpwspsetsockopt, so-conditional-accept");
    SetOpt14: "SO_RCVTIMEO and SO_SNDTIMEO act only on sockets made with WSA_FLAG_OVERLAPPED."
        ("wsasocketw");
    SetOpt15: "A level the provider does not know, or a value that makes no sense, gives WSAEINVAL; an unknown option \
        WSAENOPROTOOPT."
        ("lpwspsetsockopt");
    SetOpt16: "Options may be set in any state of the socket, and SO_REUSEADDR set after the bind changes nothing."
        ("lpwspsetsockopt");
    SetOpt17: "SO_OPENTYPE is an option of the calling thread; ws2_32 keeps it, and any socket argument will do."
        ("socket-options-and-ioctls-2");
    SetOpt18: "With SO_RANDOMIZE_PORT an automatic port is not simply the next one."
        ("the option's name in the public headers");
    SetOpt19: "A negative length is too small for any value."
        ("lpwspsetsockopt, observed O77") by negative_optlen;
    SetOpt20: "UDP_NOCHECKSUM is an option of AF_INET; on AF_INET6 it gives WSAENOPROTOOPT."
        ("ipproto-udp-socket-options");

    // WSPIoctl
    Ioctl1: "FIONBIO with a value that is not 0 makes the socket nonblocking, with 0 blocking."
        ("lpwspioctl") by blocking_mode;
    Ioctl2: "FIONBIO 0 while an event registration stands gives WSAEINVAL."
        ("lpwspioctl, lpwspeventselect");
    Ioctl3: "FIONREAD on a stream gives the number of bytes one receive could read."
        ("lpwspioctl");
    Ioctl4: "FIONREAD on a message socket gives the number of bytes queued, over all messages."
        ("lpwspioctl") by fionread_datagram;
    Ioctl5: "SIOCATMARK is TRUE while no urgent data waits; it is for streams with SO_OOBINLINE."
        ("lpwspioctl");
    Ioctl6: "A code the provider does not know, or one that does not suit the socket, gives WSAEINVAL."
        ("lpwspioctl");
    Ioctl7: "An input or output buffer too small for the code gives WSAEFAULT; where the size of the output depends on \
        the machine, lpcbBytesReturned tells the one needed."
        ("lpwspioctl");
    Ioctl8: "SIO_BASE_HANDLE gives the base provider's handle; every layer passes it down untouched."
        ("winsock-ioctls") by base_handle_overlapped;
    Ioctl9: "SIO_BSP_HANDLE may be answered by a layer with its own handle, so that what follows comes to the layer; an \
        overlapped call is no exception."
        ("winsock-ioctls, derived");
    Ioctl10: "SIO_UDP_CONNRESET decides whether a datagram that reached no socket makes a later receive fail."
        ("winsock-ioctls");
    Ioctl11: "SIO_ADDRESS_LIST_QUERY gives the local addresses of the socket's family that it could be bound to."
        ("lpwspioctl") by short_address_list;
    Ioctl12: "SIO_ROUTING_INTERFACE_QUERY gives the local address that traffic to a destination leaves from; one out of \
        reach gives WSAENETUNREACH."
        ("lpwspioctl");
    Ioctl13: "SIO_ADDRESS_LIST_CHANGE and SIO_ROUTING_INTERFACE_CHANGE wait for a change; a nonblocking socket gives \
        WSAEWOULDBLOCK and hears by event."
        ("lpwspioctl");
    Ioctl14: "After SIO_ENABLE_CIRCULAR_QUEUEING a full queue of datagrams loses its oldest instead of the newcomer."
        ("lpwspioctl");
    Ioctl15: "SIO_FLUSH drops what was sent and has not gone out."
        ("lpwspioctl");
    Ioctl16: "SIO_MULTIPOINT_LOOPBACK and SIO_MULTICAST_SCOPE are the loopback and scope of the socket's groups."
        ("lpwspioctl");
    Ioctl17: "SIO_GET_BROADCAST_ADDRESS gives the address that reaches everybody, on sockets that can broadcast."
        ("lpwspioctl");
    Ioctl18: "SIO_FIND_ROUTE finds a route to a destination, or there is none: WSAENETUNREACH."
        ("lpwspioctl");
    Ioctl19: "SIO_KEEPALIVE_VALS sets SO_KEEPALIVE with its time and interval in one go, on TCP."
        ("winsock-ioctls");
    Ioctl20: "SIO_QUERY_TARGET_PNP_HANDLE gives the handle one provider down; from the base, its own."
        ("lpwspioctl, winsock-ioctls");
    Ioctl21: "SIO_GET_INTERFACE_LIST lists the machine's IPv4 interfaces."
        ("lpwspioctl");
    Ioctl22: "A code nobody knows gives WSAEINVAL."
        ("lpwspioctl") by unknown_ioctl;
    Ioctl23: "SIO_BSP_HANDLE_POLL is for calls that are not overlapped; with an overlapped structure it gives WSAEINVAL."
        ("winsock-ioctls; the code is derived");
    Ioctl24: "A code that suits the socket and asks for what this provider does not do gives WSAEOPNOTSUPP."
        ("lpwspioctl");

    // WSPCancelBlockingCall
    Cancel1: "WSPCancelBlockingCall ends the blocking call of its own thread, which then gives WSAEINTR."
        ("lpwspcancelblockingcall");
    Cancel2: "With no blocking call on the thread it gives WSAEINVAL."
        ("lpwspcancelblockingcall");
    Cancel3: "A cancelled accept or select does the sockets no harm; after any other cancelled call only a close is \
        sure to work."
        ("lpwspcancelblockingcall");
    Cancel4: "A stream broken by a cancellation is reset, and all calls on it but the close give WSAECONNABORTED."
        ("lpwspcancelblockingcall")
        unseen "no provider here resets a stream for a cancelled call";
    Cancel5: "A call that finishes before the cancellation reaches it succeeds as if nothing had been said."
        ("lpwspcancelblockingcall")
        unseen "a call that has returned waits nowhere";
    Cancel6: "A layer knows which lower provider blocks each thread and hands the cancellation to it."
        ("Microsoft layered-provider sample");
    Cancel7: "A provider that is not blocking the thread gives WSAEINVAL, whoever else is: a layer that leaves \
        WSPCancelBlockingCall to the provider below may thus ask the wrong one."
        ("lpwspcancelblockingcall, derived from L1");
    } };
}
