//! Bind, Connect, Listen, Accept, Name, AddrText: addresses and connections.

macro_rules! connections {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WSPBind
    Bind1: "WSPBind on a socket that has a local name already gives WSAEINVAL."
        ("lpwspbind");
    Bind2: "An address of another family than the socket's, or one too short, gives WSAEFAULT."
        ("lpwspbind") by bind_unknown_family;
    Bind3: "The wildcard address stands for any local address."
        ("lpwspbind");
    Bind4: "Port 0 lets the provider choose a free port."
        ("lpwspbind") by ephemeral_ports;
    Bind5: "Bound to the wildcard, a socket may not know its local address until it is connected."
        ("lpwspbind");
    Bind6: "SO_REUSEADDR and SO_EXCLUSIVEADDRUSE count at the moment of the bind and not afterwards."
        ("lpwspbind, lpwspsetsockopt");
    Bind7: "An address that is not this machine's gives WSAEADDRNOTAVAIL."
        ("lpwspbind");
    Bind8: "An address in use by another socket gives WSAEADDRINUSE or WSAEACCES, as the table of bind conflicts says."
        ("lpwspbind, using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    Bind9: "A bind that fails leaves the socket unbound."
        ("derived")
        unseen "nothing is bound before every check has passed";
    Bind10: "Without buffers, or with no port free, WSPBind gives WSAENOBUFS."
        ("lpwspbind");

    // WSPConnect
    Connect1: "Connecting an unbound socket binds it to a port the provider chooses."
        ("lpwspconnect");
    Connect2: "A connection-oriented socket cannot be connected to the all-zero address: WSAEADDRNOTAVAIL."
        ("lpwspconnect");
    Connect3: "A connection-oriented socket that is connected gives WSAEISCONN."
        ("lpwspconnect");
    Connect4: "A listening socket gives WSAEINVAL."
        ("lpwspconnect");
    Connect5: "On a blocking socket WSPConnect returns with the outcome."
        ("lpwspconnect");
    Connect6: "After WSAECONNREFUSED, WSAENETUNREACH or WSAETIMEDOUT the same socket may try again."
        ("lpwspconnect");
    Connect7: "On a nonblocking socket WSPConnect starts the attempt and gives WSAEWOULDBLOCK."
        ("lpwspconnect");
    Connect8: "A second WSPConnect during the attempt gives WSAEALREADY."
        ("lpwspconnect");
    Connect9: "FD_CONNECT, or the write and except sets of WSPSelect, tell how a nonblocking attempt ended."
        ("lpwspconnect, lpwspselect");
    Connect10: "On a connectionless socket WSPConnect sets the default peer at once and sends nothing."
        ("lpwspconnect");
    Connect11: "A connectionless socket with a default peer drops datagrams from everybody else."
        ("lpwspconnect");
    Connect12: "The all-zero address takes the default peer away: Send and Recv then give WSAENOTCONN, SendTo and \
        RecvFrom work."
        ("lpwspconnect");
    Connect13: "The default peer may be set again at any time; a different one drops the datagrams queued so far."
        ("lpwspconnect");
    Connect14: "A broadcast address as default peer needs SO_BROADCAST, else WSAEACCES."
        ("lpwspconnect");
    Connect15: "Nobody listening at the address, or a full queue there, gives WSAECONNREFUSED."
        ("lpwspconnect, lpwsplisten");
    Connect16: "An attempt that nobody answers ends with WSAETIMEDOUT."
        ("lpwspconnect");
    Connect17: "An address of another family gives WSAEAFNOSUPPORT, one too short WSAEFAULT."
        ("lpwspconnect");
    Connect18: "Caller data given to a provider without connect data gives WSAEPROTONOSUPPORT; on a connectionless \
        socket it is ignored."
        ("lpwspconnect");
    Connect19: "A flow specification that cannot be met gives WSAEOPNOTSUPP."
        ("lpwspconnect");
    Connect20: "The length of the callee buffer comes back as the bytes received with the connection, 0 for none."
        ("lpwspconnect");
    Connect21: "A blocking connect cancelled by WSPCancelBlockingCall or by the hook gives WSAEINTR."
        ("lpwspconnect, lpwspcancelblockingcall");
    Connect22: "A blocking connect whose attempt another thread has replaced by one of its own tells what became of the \
        socket: success if it is connected, else WSAEINTR."
        ("derived: an attempt has one outcome");

    // WSPListen
    Listen1: "An unbound socket cannot listen: WSAEINVAL."
        ("lpwsplisten");
    Listen2: "A connected socket cannot listen: WSAEISCONN."
        ("lpwsplisten");
    Listen3: "A socket that is not connection oriented cannot listen: WSAEOPNOTSUPP."
        ("lpwsplisten");
    Listen4: "Requests queue up to the backlog; SOMAXCONN asks for the largest the provider finds sensible."
        ("lpwsplisten");
    Listen5: "A backlog outside the legal range is replaced by the nearest legal one without a word, and nothing reads \
        it back."
        ("lpwsplisten");
    Listen6: "A client that finds the queue full gets WSAECONNREFUSED."
        ("lpwsplisten");
    Listen7: "WSPListen on a listening socket succeeds and sets the backlog anew, through any descriptor."
        ("lpwsplisten") by repeated_listen;
    Listen8: "A smaller backlog resets the pending connections that no longer fit."
        ("lpwsplisten");
    Listen9: "Running out of descriptors does not stop listening: the queue stays, and a later accept or listen goes \
        on with it."
        ("lpwsplisten") by listen_without_descriptors;
    Listen10: "A listen at an address where another socket listens already, without SO_REUSEADDR by now: WSAEADDRINUSE."
        ("lpwsplisten");

    // WSPAccept
    Accept1: "WSPAccept takes the first pending connection of a listening socket."
        ("lpwspaccept");
    Accept2: "On a socket that does not listen WSPAccept gives WSAEINVAL, on one that is not connection oriented \
        WSAEOPNOTSUPP."
        ("lpwspaccept");
    Accept3: "Without a condition function every connection is accepted."
        ("lpwspaccept");
    Accept4: "The condition function runs on the thread that called and answers CF_ACCEPT, CF_REJECT or CF_DEFER; any \
        other answer gives WSAEINVAL."
        ("lpwspaccept");
    Accept5: "CF_ACCEPT makes a new socket with the listener's properties and registration; the listener goes on \
        listening."
        ("lpwspaccept");
    Accept6: "CF_REJECT refuses the connection, and the caller gets WSAECONNREFUSED."
        ("lpwspaccept");
    Accept7: "CF_DEFER leaves the request first in the queue, and the caller gets WSATRY_AGAIN."
        ("lpwspaccept");
    Accept8: "With nothing queued a blocking accept waits."
        ("lpwspaccept");
    Accept9: "With nothing queued a nonblocking accept gives WSAEWOULDBLOCK."
        ("lpwspaccept");
    Accept10: "The peer's address is stored if both addr and addrlen are given, whatever the condition function \
        answers."
        ("lpwspaccept");
    Accept11: "An addrlen too small for the address gives WSAEFAULT."
        ("lpwspaccept");
    Accept12: "A queued connection that the peer reset gives WSAECONNRESET; an offer that timed out or was withdrawn \
        WSAEACCES."
        ("lpwspaccept");
    Accept13: "With no descriptor left WSPAccept gives WSAEMFILE, and the connection stays queued."
        ("lpwspaccept");
    Accept14: "The new descriptor belongs to the process that accepted; sharers of the listener have none for it."
        ("derived from R31");
    Accept15: "Of several sharers waiting on one listener, one takes each connection."
        ("derived from R10");
    Accept16: "With SO_CONDITIONAL_ACCEPT on, the peer is connected only when the condition function has accepted."
        ("lpwspaccept, lpwspsetsockopt");
    Accept17: "An accepted socket is no listener: accepting on it gives WSAEINVAL."
        ("lpwspaccept");
    Accept18: "An accept cancelled while it waits gives WSAEINTR and does the listener no harm."
        ("lpwspaccept, lpwspcancelblockingcall");

    // WSPGetSockName, WSPGetPeerName
    Name1: "WSPGetSockName gives the local address, and is the only way to learn one that was bound implicitly."
        ("lpwspgetsockname");
    Name2: "WSPGetSockName on an unbound socket gives WSAEINVAL."
        ("lpwspgetsockname");
    Name3: "Bound to the wildcard, a socket shows the wildcard as its host part until it is connected."
        ("lpwspgetsockname");
    Name4: "WSPGetPeerName gives the address the socket is connected to, WSAENOTCONN if it is not."
        ("lpwspgetpeername") by peer_while_connecting;
    Name5: "On a connectionless socket the peer is the one WSPConnect set, never an address used in WSPSendTo."
        ("lpwspgetpeername");
    Name6: "A buffer too small for the name gives WSAEFAULT."
        ("lpwspgetsockname, lpwspgetpeername");
    Name7: "Every descriptor of a shared socket shows the same names."
        ("derived from R11");
    Name8: "The name of a socket with a link-local IPv6 address shows the scope of its interface; a bind with another \
        scope gives WSAEADDRNOTAVAIL."
        ("observed, O99");

    // WSPAddressToString, WSPStringToAddress
    AddrText1: "A text buffer that is too small gives WSAEFAULT, and the needed length is stored."
        ("lpwspaddresstostring") by address_string_length;
    AddrText2: "WSPAddressToString gives WSAEINVAL for a bad address, a family it does not serve, or protocol info of \
        another provider."
        ("lpwspaddresstostring");
    AddrText3: "An IPv4 address reads as four decimal numbers, an IPv6 one as hexadecimal groups with one gap closed."
        ("wsaaddresstostringw");
    AddrText4: "A port that is not 0 is appended after a colon, with an IPv6 address in brackets."
        ("observed");
    AddrText5: "WSPStringToAddress gives WSAEINVAL for text it cannot read, a family it does not serve, or protocol \
        info of another provider."
        ("lpwspstringtoaddress") by address_text;
    AddrText6: "Parts the text leaves out get defaults: port 0."
        ("lpwspstringtoaddress");
    AddrText7: "An address buffer that is too small gives WSAEFAULT, and the needed length is stored."
        ("lpwspstringtoaddress");
    AddrText8: "Without protocol info ws2_32 sends the call to the first entry that serves the family."
        ("wsaaddresstostringw, wsastringtoaddressw");
    AddrText9: "No socket takes part in either conversion."
        ("lpwspaddresstostring, lpwspstringtoaddress");
    } };
}
