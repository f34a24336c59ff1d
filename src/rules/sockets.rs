//! Startup, Cleanup, Socket, Dup, Close, Shutdown: the life of a provider and of a descriptor.

macro_rules! sockets {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WSPStartup
    Startup1: "ws2_32 loads a provider when it is first needed, as a rule at the first socket that falls to it, and \
        WSPStartup is the first call it makes."
        ("wspstartup");
    Startup2: "WSPStartup may be repeated, by ws2_32 or by layers; the provider counts its successes per process and \
        each wants one WSPCleanup."
        ("wspstartup");
    Startup3: "A request for a version at or above the lowest supported one succeeds: wVersion becomes the smaller of \
        request and highest supported, wHighVersion the highest supported."
        ("wspstartup");
    Startup4: "A request below the lowest supported version gives WSAVERNOTSUPPORTED."
        ("wspstartup");
    Startup5: "A version word has the major number in its low byte and the minor number in its high byte; 2.2 is \
        current."
        ("wspstartup")
        unseen "a layout of bytes";
    Startup6: "Each WSPStartup may ask for its own version; an earlier one does not bind a later one."
        ("wspstartup");
    Startup7: "lpProtocolInfo says which protocol is wanted from a library that serves several; a chain is asked for \
        by its own entry."
        ("wspstartup");
    Startup8: "A procedure table with an empty place is refused: the API reports WSAEINVALIDPROCTABLE."
        ("wspstartup, wsasocketw")
        unseen "the tables of the providers here are complete";
    Startup9: "A provider that negotiates another version than the one ws2_32 expects makes the API report \
        WSAEINVALIDPROVIDER."
        ("wsasocketw, windows-sockets-error-codes-2");
    Startup10: "A layer starts its next link either inside its own WSPStartup or when it first needs it, having asked \
        WPUGetProviderPath for the library."
        ("wspstartup, wpugetproviderpath");
    Startup11: "What ws2_32 loads for a chain is the library of its first link; every further link is loaded by the \
        layer above it."
        ("wspstartup, wscinstallprovider");
    Startup12: "An output pointer of WSPStartup that cannot be written gives WSAEFAULT."
        ("wspstartup")
        unseen "ws2_32 and the layers here pass pointers that can be written";
    Startup13: "A provider that cannot start reports WSASYSNOTREADY, or WSAEPROCLIM if it has too many clients already."
        ("wspstartup");
    Startup14: "A provider that cannot start a thread it needs reports a clear error such as WSAEOPNOTSUPP."
        ("wspstartup, remarks");
    Startup15: "A provider whose table lacks an entry is cleaned up again and refused: ws2_32 gives \
        WSAEINVALIDPROCTABLE, a layer above fails its own WSPStartup."
        ("wsasocketw, windows-sockets-error-codes-2, Microsoft layered-provider sample");
    Startup16: "A DLL that is not there, or is of another width than the process, cannot be loaded: WSAEPROVIDERFAILEDINIT."
        ("wsasocketw, windows-sockets-error-codes-2");

    // WSPCleanup
    Cleanup1: "A WSPCleanup that is not the last only counts down."
        ("lpwspcleanup");
    Cleanup2: "WSPCleanup without a WSPStartup left to match gives WSANOTINITIALISED."
        ("lpwspcleanup");
    Cleanup3: "The last WSPCleanup cancels blocking and asynchronous calls of all threads of the process, posting no \
        message and setting no event."
        ("lpwspcleanup");
    Cleanup4: "The last WSPCleanup ends overlapped operations with WSA_OPERATION_ABORTED but, unlike a close, without \
        event or routine."
        ("lpwspcleanup");
    Cleanup5: "Sockets still open at the last WSPCleanup are reset and released."
        ("lpwspcleanup, cleanup-2") by open_at_cleanup;
    Cleanup6: "Sockets closed before the last WSPCleanup go on sending what they still hold."
        ("lpwspcleanup, cleanup-2");
    Cleanup7: "WSPStartup works again straight after the last WSPCleanup."
        ("lpwspcleanup");
    Cleanup8: "A process that dies without WSPCleanup is treated as if it had made the last one."
        ("derived from R29");
    Cleanup9: "The last WSPCleanup takes this process's descriptors from shared sockets; the descriptors of others \
        keep the sockets."
        ("derived from R13") by final_cleanup;
    Cleanup10: "A socket handle of the process that no provider has claimed is released with the last provider's last \
        WSPCleanup."
        ("derived from R29");
    Cleanup11: "What waits in a provider when the last WSACleanup takes it away ends, and goes on in none that is started \
        later."
        ("derived from Cleanup3 and Cleanup7");

    // WSPSocket
    Socket1: "A new socket is blocking, unbound, and without overlapped operations unless WSA_FLAG_OVERLAPPED asks for \
        them."
        ("lpwspsocket");
    Socket2: "Family, type and protocol reach the provider as the application gave them; ws2_32 does not complete them."
        ("lpwspsocket");
    Socket3: "FROM_PROTOCOL_INFO for family, type or protocol stands for the field of lpProtocolInfo, and 0 for family \
        or type leaves it open."
        ("lpwspsocket");
    Socket4: "A family that the provider does not serve gives WSAEAFNOSUPPORT."
        ("lpwspsocket");
    Socket5: "A type that the family does not have gives WSAESOCKTNOSUPPORT."
        ("lpwspsocket");
    Socket6: "A protocol that the provider does not have gives WSAEPROTONOSUPPORT, and one that does not go with the \
        type WSAEPROTOTYPE."
        ("lpwspsocket");
    Socket7: "Socket groups are reserved; a group value the provider does not know gives WSAEINVAL."
        ("lpwspsocket");
    Socket8: "A multipoint socket has exactly one C flag and one D flag, root flags need rooted planes and leaf flags \
        XP1_SUPPORT_MULTIPOINT; other combinations fail with WSAEINVAL."
        ("lpwspsocket, observed");
    Socket9: "Without a free descriptor WSPSocket gives WSAEMFILE, without buffers WSAENOBUFS, and nothing stays \
        allocated."
        ("lpwspsocket");
    Socket10: "Protocol info is a block made by WSPDuplicateSocket if its dwProviderReserved is not 0; any other is an \
        ordinary entry and always opens a fresh socket."
        ("lpwspsocket, observed");
    Socket11: "A block whose token the provider does not know, or whose contents were altered, gives WSAEINVAL and \
        changes nothing."
        ("wsasocketw, derived from R2 and R3");
    Socket12: "Whether an open that fails has spent the block depends on how far it got: once the base provider had \
        opened it, it is spent."
        ("observed, derived from R3") by failed_open;
    Socket13: "A layer that fails after the open below it succeeded closes the lower socket again."
        ("Microsoft layered-provider sample");
    Socket14: "A layer lets the client see either the lower handle, registered under its own id, or a handle of its \
        own."
        ("lpwspsocket, wpumodifyifshandle, wpucreatesockethandle");
    Socket15: "A non-IFS layer adds WSA_FLAG_OVERLAPPED to the flags it passes down."
        ("Microsoft layered-provider sample");
    Socket16: "Overlapped or not is a property of the shared socket, whatever flags a later open gives."
        ("derived from R11, open point A27");
    Socket17: "Of two threads that open the same block at once, one gets the descriptor."
        ("derived from R3")
        unseen "calls run one after the other; to the second the block is spent (R3)";
    Socket18: "An ordinary catalog entry as lpProtocolInfo may be used for any number of opens."
        ("lpwspsocket, derived from R3");
    Socket19: "An entry of a socket type that the provider does not carry out gives WSAESOCKTNOSUPPORT; raw sockets are \
        for administrators alone, anybody else gets WSAEACCES."
        ("lpwspsocket, tcp-ip-raw-sockets-2") by raw_sockets;

    // WSPDuplicateSocket
    Dup1: "The caller brings the buffer, and the provider fills every field of it."
        ("lpwspduplicatesocket");
    Dup2: "The pending duplication holds a reference, so the source may close before the target opens."
        ("lpwspduplicatesocket, observed") by reference_taken;
    Dup3: "A pending duplication ends when it is used or when its target dies; its reference goes with it."
        ("derived, open point A8") by reference_taken;
    Dup4: "A process id that names no living process gives WSAEINVAL, and nothing changes."
        ("lpwspduplicatesocket, observed") by unknown_process;
    Dup5: "The target is one incarnation of a process: a later process with the same id cannot open the block."
        ("derived from R2") by target_identity;
    Dup6: "A process may name itself as target and then has two descriptors of one socket."
        ("observed, open point A11");
    Dup7: "The target has to exist but need not have started Winsock when it is named."
        ("observed");
    Dup8: "Each WSPDuplicateSocket makes a block of its own, to be used once, even for the same socket and the same \
        target."
        ("lpwspduplicatesocket, derived from R3");
    Dup9: "What the buffer held before the call makes no difference to the result."
        ("derived, open point A1");
    Dup10: "On the way up each layer with its own handles puts its chain entry into the buffer and keeps the base's \
        dwProviderReserved."
        ("Microsoft layered-provider sample");
    Dup11: "An IFS layer that leaves the base's WSPDuplicateSocket in its table lets a base entry out, and the target \
        then opens past the layer."
        ("Microsoft layered-provider sample");
    Dup12: "A WSPDuplicateSocket that fails leaves no pending duplication behind."
        ("derived from R32")
        unseen "nothing is made before every check has passed";
    Dup13: "A source that cleans up or dies leaves its pending duplications to their targets."
        ("derived from R13 and R29, open point A8") by reference_taken;
    Dup14: "A missing buffer for the protocol info gives WSAEFAULT, and no duplication is made."
        ("wsaduplicatesocketw, observed");
    Dup15: "A block names the entry it was made through, so a target opens through the same chain even where others \
        have equal family, type and protocol."
        ("lpwspduplicatesocket, derived from R23");
    Dup16: "A base that opens the target process needs a free handle of the source's for it: WSAEMFILE without one."
        ("lpwspduplicatesocket, observed") by duplicate_needs_handle;

    // WSPCloseSocket
    Close1: "A closed descriptor is free at once, and ws2_32 may give its number to the next handle."
        ("lpwspclosesocket, closesocket");
    Close2: "The last close drops name and queued data, except data that a graceful close has yet to send."
        ("lpwspclosesocket");
    Close3: "A close ends blocked calls of the own process's threads on the descriptor; the blocked thread gets \
        WSAEINTR."
        ("lpwspclosesocket, observed") by blocked_call_at_close;
    Close4: "A close makes overlapped operations of the own process fail with WSA_OPERATION_ABORTED and lets their \
        event, routine or port hear of it."
        ("lpwspclosesocket") by operation_at_close;
    Close5: "Lingering off: the last close returns 0 at once and the data goes out in the background, on a blocking \
        socket."
        ("lpwspclosesocket, closesocket");
    Close6: "Lingering off: on a nonblocking socket too the last close returns 0 at once and never WSAEWOULDBLOCK."
        ("lpwspclosesocket, closesocket");
    Close7: "Lingering on with timeout 0: the last close is hard, returns at once in either mode, and unsent data is \
        lost."
        ("lpwspclosesocket, closesocket");
    Close8: "Lingering on with a timeout, blocking socket: the last close waits until all data is sent, then returns 0."
        ("lpwspclosesocket, closesocket");
    Close9: "Lingering on with a timeout, blocking socket: when the time runs out first the connection is ended hard, \
        and the close still returns 0."
        ("lpwspclosesocket, closesocket");
    Close10: "Lingering on with a timeout, nonblocking socket: a last close that cannot finish now gives \
        WSAEWOULDBLOCK, keeps the handle valid and starts no disconnect."
        ("lpwspclosesocket, closesocket");
    Close11: "Lingering on with a timeout, nonblocking socket: if nothing is left to send the last close succeeds at \
        once."
        ("lpwspclosesocket, open point A5");
    Close12: "After WSAEWOULDBLOCK each further close gives the same until lingering is off, the timeout is 0, the \
        socket was shut down, or the data is gone."
        ("lpwspclosesocket, open point A5");
    Close13: "A hard close makes the peer's receive fail with WSAECONNRESET."
        ("lpwspclosesocket, closesocket");
    Close14: "A close that leaves other descriptors never waits, never fails for lingering, and sends nothing to the \
        peer."
        ("derived from R14, open point A26") by linger_on_shared_close;
    Close15: "A graceful close in the background may hold the socket's resources until it is done."
        ("lpwspclosesocket");
    Close16: "A layer closes the lower handle before its own."
        ("lpwspclosesocket, Microsoft layered-provider sample");
    Close17: "Closing a descriptor that was closed already gives WSAENOTSOCK, also to the slower of two threads."
        ("lpwspclosesocket, derived from G5");
    Close18: "The last close of a listening socket resets the connections that nobody accepted; accepted ones live on."
        ("lpwspclosesocket, derived from R14 and R31");
    Close19: "A close with received data still unread ends the connection hard on a stream."
        ("derived from Shutdown4");
    Close20: "Data that reaches a stream after its last descriptor was closed is answered with a reset."
        ("observed") by send_to_closed;
    Close21: "A call that waits on a socket which has gone ends with an error; it leaves a newer socket alone that has its \
        number."
        ("derived from Close3 and Close17") by blocked_call_at_close;

    // WSPShutdown
    Shutdown1: "SD_RECEIVE makes later receives fail with WSAESHUTDOWN."
        ("lpwspshutdown");
    Shutdown2: "SD_SEND makes later sends fail with WSAESHUTDOWN, and on a stream the peer sees the end after the data \
        queued before."
        ("lpwspshutdown");
    Shutdown3: "SD_BOTH does what SD_RECEIVE and SD_SEND do."
        ("lpwspshutdown");
    Shutdown4: "On a TCP socket shut for receiving, unread data and data that arrives later reset the connection."
        ("lpwspshutdown");
    Shutdown5: "On a UDP socket shut for receiving, datagrams are still taken and queued."
        ("lpwspshutdown");
    Shutdown6: "WSPShutdown neither closes nor releases anything and never blocks, lingering or not."
        ("lpwspshutdown");
    Shutdown7: "Shutting down a connection-oriented socket that is not connected gives WSAENOTCONN."
        ("lpwspshutdown");
    Shutdown8: "A value of how that does not exist, or names a direction the socket does not have, gives WSAEINVAL."
        ("lpwspshutdown");
    Shutdown9: "A direction shut through one descriptor is shut for all."
        ("derived from R11");
    } };
}
