//! Choose, BindMatrix, Event..., Inherit: the choice of a catalog entry, bind conflicts, when each event is due, and
//! inheritance.
//!
//! In the bind conflicts *plain* is a socket with neither option, *reuse* one with SO_REUSEADDR, *exclusive* one with
//! SO_EXCLUSIVEADDRUSE; *specific* is the one local address in question, *wildcard* all of them.

macro_rules! tables {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // How ws2_32 picks a catalog entry.
    Choose1: "Without protocol info the first entry in catalog order that matches family, type and protocol is taken."
        ("lpwspsocket, wsasocketw, transport-division-of-responsibilities-between-dll-and-service-providers-2");
    Choose2: "Family 0 and type 0 match every entry."
        ("lpwspsocket, wsasocketw") by unnamed_family;
    Choose3: "Protocol 0 matches only entries with PFL_MATCHES_PROTOCOL_ZERO."
        ("lpwspsocket, wsaprotocol_infow") by unnamed_protocol;
    Choose4: "A protocol matches an entry from its iProtocol up to iProtocol plus iProtocolMaxOffset."
        ("wsaprotocol_infow");
    Choose5: "Base entries and chains can be chosen, a layer alone never."
        ("lpwspsocket, wsasocketw");
    Choose6: "A layer alone does not count either when the error is chosen: it is no partial match."
        ("lpwspsocket");
    Choose7: "With protocol info nothing is matched; the entry it names is the one."
        ("lpwspsocket, wsasocketw");
    Choose8: "No entry of the family gives WSAEAFNOSUPPORT, none of the type in it WSAESOCKTNOSUPPORT, none of the \
        protocol WSAEPROTONOSUPPORT."
        ("wsasocketw, open point A23");
    Choose9: "A protocol the family has only with another type gives WSAEPROTOTYPE; any other triple that fits no \
        single entry gives WSAEINVAL."
        ("wsasocketw, open point A23") by type_of_other_protocol;
    Choose10: "PFL_HIDDEN keeps an entry out of enumeration, not out of the choice."
        ("wsaprotocol_infow, open point A23") by hidden_entries;
    Choose11: "A process goes by the catalog as it stood at its WSAStartup; later changes are not seen."
        ("wscinstallprovider, wscwriteproviderorder");
    Choose12: "An entry whose provider cannot be loaded or started gives WSAEPROVIDERFAILEDINIT."
        ("wsasocketw");
    Choose13: "Protocol info that names an entry the process's catalog does not have gives WSAEINVAL, and a pending \
        duplication stays untouched."
        ("wsasocketw, derived");
    Choose14: "WSAEnumProtocols gives all entries asked for or none: without room for them WSAENOBUFS, and the needed \
        size is stored."
        ("wsaenumprotocolsw");

    // Bind conflicts: what a second bind to the port gives.
    BindMatrix1: "Two different specific addresses never conflict."
        ("using-so-reuseaddr-and-so-exclusiveaddruse");
    BindMatrix2: "After plain on the wildcard: on the wildcard plain and exclusive give WSAEADDRINUSE, reuse \
        WSAEACCES; on a specific address all succeed."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix3: "After plain on a specific address: on the wildcard plain and reuse succeed, exclusive gives \
        WSAEADDRINUSE; on that address plain and exclusive give WSAEADDRINUSE, reuse WSAEACCES."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix4: "After reuse on the wildcard: on the wildcard plain and exclusive give WSAEADDRINUSE, reuse succeeds; \
        on a specific address all succeed."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix5: "After reuse on a specific address: on the wildcard plain and reuse succeed; on that address reuse \
        succeeds and plain gives WSAEADDRINUSE; exclusive gives WSAEADDRINUSE on either."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix6: "After exclusive on the wildcard: on the wildcard plain and exclusive give WSAEADDRINUSE, reuse \
        WSAEACCES; on a specific address all give WSAEACCES."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix7: "After exclusive on a specific address: on the wildcard plain and reuse succeed, exclusive gives \
        WSAEADDRINUSE; on that address plain and exclusive give WSAEADDRINUSE, reuse WSAEACCES."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix8: "Another user's plain or reuse bind on the wildcard lets no plain or exclusive bind to a specific \
        address pass: WSAEACCES; after plain, reuse gets WSAEACCES too."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") missing "processes have no users";
    BindMatrix9: "By the table of Windows XP every plain or exclusive second bind gives WSAEADDRINUSE."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix10: "By the table of Windows XP a reuse bind succeeds, unless the first was exclusive: then WSAEACCES."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by bind_matrix;
    BindMatrix11: "A dual-stack wildcard has to pass in both families."
        ("using-so-reuseaddr-and-so-exclusiveaddruse") by dual_stack_wildcard;
    BindMatrix12: "Where two sockets share an address by reuse, which of them receives is not defined."
        ("using-so-reuseaddr-and-so-exclusiveaddruse");

    // When each event is due.
    EventRead1: "FD_READ comes at registration if data waits."
        ("lpwspasyncselect, lpwspeventselect");
    EventRead2: "FD_READ comes when data arrives and none is reported yet."
        ("lpwspasyncselect, lpwspeventselect");
    EventRead3: "FD_READ comes after a receive, a peek included, that leaves data behind."
        ("lpwspasyncselect, lpwspeventselect");
    EventRead4: "With SO_OOBINLINE on, urgent data counts as data for FD_READ."
        ("lpwspasyncselect, lpwspeventselect");
    EventWrite1: "FD_WRITE comes at registration if a send is possible."
        ("lpwspasyncselect, lpwspeventselect");
    EventWrite2: "FD_WRITE comes when the connection is made, after FD_CONNECT, or when it is accepted."
        ("lpwspasyncselect, lpwspeventselect");
    EventWrite3: "FD_WRITE comes when space returns after a send that gave WSAEWOULDBLOCK."
        ("lpwspasyncselect, lpwspeventselect");
    EventWrite4: "A connectionless socket can send as soon as it is bound; reporting that as FD_WRITE is allowed, not \
        demanded."
        ("lpwspasyncselect, lpwspeventselect");
    EventOob1: "With SO_OOBINLINE off, FD_OOB comes at registration if urgent data waits."
        ("lpwspasyncselect, lpwspeventselect");
    EventOob2: "With SO_OOBINLINE off, FD_OOB comes when urgent data arrives and none is reported yet."
        ("lpwspasyncselect, lpwspeventselect");
    EventOob3: "With SO_OOBINLINE off, FD_OOB comes after a receive of either kind that leaves urgent data behind."
        ("lpwspasyncselect, lpwspeventselect");
    EventAccept1: "FD_ACCEPT comes at registration if a request waits."
        ("lpwspasyncselect, lpwspeventselect");
    EventAccept2: "FD_ACCEPT comes when a request arrives and none is reported yet."
        ("lpwspasyncselect, lpwspeventselect");
    EventAccept3: "FD_ACCEPT comes after an accept if another request waits."
        ("lpwspasyncselect, lpwspeventselect");
    EventConnect1: "FD_CONNECT comes at registration if the socket is connected."
        ("lpwspasyncselect, lpwspeventselect") by message_connect;
    EventConnect2: "FD_CONNECT comes when an attempt ends, well or badly, at once or later."
        ("lpwspasyncselect, lpwspeventselect");
    EventConnect3: "The code of FD_CONNECT is 0 or what a blocking connect would have given, such as WSAECONNREFUSED \
        or WSAETIMEDOUT."
        ("lpwspenumnetworkevents, lpwspasyncselect");
    EventClose1: "FD_CLOSE comes at registration if the connection has ended already."
        ("lpwspasyncselect, lpwspeventselect");
    EventClose2: "FD_CLOSE with code 0 comes once the peer has ended its sending and no data waits to be read."
        ("lpwspasyncselect, lpwspeventselect");
    EventClose3: "FD_CLOSE with code 0 comes once a shutdown made here is answered by the peer's end and no data waits \
        to be read."
        ("lpwspasyncselect, lpwspeventselect");
    EventClose4: "FD_CLOSE with WSAECONNRESET comes when the peer resets the connection."
        ("lpwspasyncselect, lpwspeventselect");
    EventClose5: "A close by the peer never raises FD_READ."
        ("lpwspasyncselect")
        unseen "a close is told by FD_CLOSE alone";
    EventQos1: "FD_QOS comes when the quality of service changes, and again when it changes after SIO_GET_QOS."
        ("lpwspasyncselect, lpwspeventselect");
    EventDown1: "When the network fails, events carry WSAENETDOWN as their code."
        ("lpwspenumnetworkevents, lpwspasyncselect");

    // Inheritance, and DuplicateHandle on sockets.
    Inherit1: "A descriptor is inheritable unless WSA_FLAG_NO_HANDLE_INHERIT was given when it was opened."
        ("wsasocketw, observed");
    Inherit2: "A descriptor opened from a block is inheritable like one of a fresh socket."
        ("observed") by duplicate_inheritable;
    Inherit3: "A child started with inheritance gets every inheritable IFS handle of its parent, under the same \
        number, as a further descriptor of the shared socket."
        ("socket-handles-2, observed");
    Inherit4: "A handle of WPUCreateSocketHandle is not known to the child's ws2_32: its number gives WSAENOTSOCK \
        there."
        ("socket-handles-2, observed");
    Inherit5: "The first call on an inherited IFS handle makes ws2_32 look for its owner among the providers in \
        catalog order."
        ("observed");
    Inherit6: "An inherited descriptor holds the shared socket open until the child closes it or ends."
        ("derived from R13");
    Inherit7: "DuplicateHandle of an IFS handle makes a further descriptor of the shared socket, of which no layer is \
        told."
        ("lpwspduplicatesocket, socket-handles-2");
    Inherit8: "DuplicateHandle of a handle that is not IFS may succeed, but the copy is no socket: it gives \
        WSAENOTSOCK and counts for nothing."
        ("lpwspduplicatesocket, socket-handles-2, observed");
    Inherit9: "Events, pending operations and timers of a process do not travel with a block or by inheritance of the \
        socket."
        ("derived, observed")
        unseen "nothing of the kind is in a block or a handle table";
    } };
}
