//! G, Handle, Chain, B, O, E, L: what holds for many functions.

macro_rules! common {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // Results and errors.
    G1: "A provider function reports its code in the call's own lpErrno, beside SOCKET_ERROR, INVALID_SOCKET or FALSE; \
        only ws2_32 keeps a last error, per thread."
        ("lpwspsocket, lpwspbind")
        unseen "the form of every answer";
    G2: "WSPStartup has no lpErrno: what it returns is the error code itself."
        ("wspstartup")
        unseen "the form of every answer";
    G3: "A socket remembers its own error until SO_ERROR reads and thereby clears it; a call that succeeds leaves it \
        alone."
        ("lpwspgetsockopt");
    G4: "Checking parameters is the provider's work; ws2_32 checks only those of the functions it implements itself."
        ("transport-division-of-responsibilities-between-dll-and-service-providers-2")
        unseen "a division of labour; the rules of each function say what is checked";
    G5: "A handle that is no descriptor of the calling process gives WSAENOTSOCK."
        ("lpwspbind and every page with a descriptor parameter");
    G6: "While the network is down, any function on a socket may answer WSAENETDOWN."
        ("lpwspbind and every page with a descriptor parameter");
    G7: "A thread whose provider is inside a callback of the client's, or, for a 1.1 client, inside a blocked call with \
        a hook, gets WSAEINPROGRESS for other calls."
        ("lpwspbind and its sisters, windows-sockets-error-codes-2");
    G8: "A process has to succeed with WSPStartup before any other provider call; WSANOTINITIALISED itself is named \
        only for WSPCleanup, WPUOpenCurrentThread and WPUCloseThread."
        ("wspstartup, lpwspcleanup, wpuopencurrentthread, wpuclosethread");
    G9: "A socket address starts with two bytes of family in host order; the remainder is in network order, and \
        namelen says how many bytes it has."
        ("lpwspbind")
        unseen "a layout of bytes";

    // New descriptors.
    Handle1: "Before an IFS provider lets a new descriptor out it calls WPUModifyIFSHandle, and from then on it uses \
        the value returned."
        ("lpwspsocket, wpumodifyifshandle, descriptor-allocation-2");
    Handle2: "A non-IFS provider takes each new descriptor from WPUCreateSocketHandle, together with a context value \
        of its choice."
        ("lpwspsocket, wpucreatesockethandle, descriptor-allocation-2");
    Handle3: "Registering a handle is how ws2_32 learns whose it is; later calls on the handle go to that owner."
        ("descriptor-allocation-2") by layer_handle_owner;
    Handle4: "A non-IFS provider returns a handle through WPUCloseSocketHandle; for an IFS handle there is nothing to \
        return."
        ("lpwspclosesocket, wpuclosesockethandle");

    // Protocol info on its way down a chain.
    Chain1: "A layer both implements and calls WSPStartup, WSPSocket, WSPDuplicateSocket, WSPAddressToString and \
        WSPStringToAddress: it is server above and client below."
        ("wspstartup, lpwspsocket, lpwspduplicatesocket");
    Chain2: "To a next link that is a layer, protocol info goes down with its contents untouched, chain included."
        ("wspstartup, lpwspsocket, lpwspduplicatesocket");
    Chain3: "To a next link that is the base, the base's own catalog entry goes down instead."
        ("wspstartup, lpwspsocket, lpwspduplicatesocket");
    Chain4: "A layer finds its place by its catalog id in ChainEntries, and the entry after that is its next link."
        ("wspstartup");
    Chain5: "A layer that exchanges the entry for the base's keeps dwProviderReserved, else the base would see an \
        ordinary open and make a fresh socket."
        ("Microsoft layered-provider sample");
    Chain6: "A DLL that stands in a chain twice finds its first place both times and starts itself without end. Windows \
        ends the process when the stack is used up; here the call in frame 256 is not made, and its caller gets \
        WSAEPROVIDERFAILEDINIT."
        ("derived from Chain4 and Startup10");

    // Blocking.
    B1: "A new socket blocks; FIONBIO changes that, and WSPAsyncSelect and WSPEventSelect make it nonblocking whatever \
        their mask."
        ("lpwspsocket, lpwspioctl, lpwspasyncselect, lpwspeventselect");
    B2: "The mode counts only where a call could block: overlapped operations ignore it, and WSA_FLAG_OVERLAPPED does \
        not change it."
        ("lpwspsocket, lpwspioctl");
    B3: "Going back to blocking takes two steps: end the registration with mask 0, then FIONBIO 0; while it stands \
        FIONBIO 0 gives WSAEINVAL."
        ("lpwspioctl, lpwspeventselect, lpwspasyncselect");
    B4: "A call on a nonblocking socket that cannot finish at once gives WSAEWOULDBLOCK; WSPJoinLeaf alone answers \
        with a descriptor that is not usable yet."
        ("lpwspaccept, lpwspconnect, lpwspjoinleaf");
    B5: "A provider about to block asks WPUQueryBlockingCallback: without a hook it waits natively, with one it calls \
        the hook until FALSE means cancelled, and ends with WSAEINTR."
        ("wpuqueryblockingcallback, lpwspcancelblockingcall");
    B6: "The hook is called only for a function that may block, on a blocking socket, when the request cannot finish \
        now."
        ("wpuqueryblockingcallback");
    B7: "WSPBind, WSPGetSockOpt, WSPGetPeerName and their like finish at once in either mode."
        ("ioctlsocket")
        unseen "these calls have no way to wait";

    B8: "Which of several calls that wait on one shared socket goes on first is not said: sharers have to coordinate \
        what they do."
        ("lpwspduplicatesocket, derived from R10") by wake_order;

    // Overlapped operations.
    O1: "A call is overlapped if it brings an overlapped structure or a completion routine; on a socket made without \
        WSA_FLAG_OVERLAPPED both are passed over."
        ("lpwspsend, lpwsprecv") by overlapped_unflagged;
    O2: "0 means finished and already announced, WSA_IO_PENDING means started with the announcement to come, any other \
        code means never started and never announced."
        ("lpwspsend, lpwsprecv");
    O3: "An operation that becomes pending resets its event, and its completion sets it."
        ("lpwspsend, lpwsprecv");
    O4: "Buffers are sent and filled in the order they were posted, but the announcements may come in any order."
        ("lpwspsend, lpwsprecv");
    O5: "Operations may be pending side by side, each with an overlapped structure of its own that has to live until \
        completion."
        ("lpwspsend, lpwsprecv");
    O6: "The array of WSABUFs may vanish once the call returns, so the provider copies it; the data buffers are the \
        provider's until completion."
        ("lpwspsend, lpwsprecv");
    O7: "Completion routines reach only the thread whose call they belong to, and only in an alertable wait, \
        queued by WPUQueueApc."
        ("lpwspsend, wpuqueueapc") by blocking_alertable;
    O8: "Routines of one socket run one after the other, never inside each other, and may themselves send and receive."
        ("lpwspsend, lpwsprecv");
    O9: "A non-IFS provider announces completions other than routines with WPUCompleteOverlappedRequest."
        ("wpucompleteoverlappedrequest, wpucreatesockethandle");
    O10: "The end of a thread cancels every operation it had started."
        ("lpwspsend, lpwsprecv");
    O11: "Of an operation with a completion routine WSPGetOverlappedResult may only ask; waiting (fWait TRUE) is for \
        events."
        ("lpwspgetoverlappedresult");
    O12: "With SO_RCVBUF 0 a reliable protocol takes data only into posted buffers, and an unreliable one drops what \
        finds none."
        ("lpwspsetsockopt");
    O13: "The provider copies the contents of lpThreadId and keeps them until WPUQueueApc is done; the pointer itself \
        is not kept."
        ("lpwspsend, wpuqueueapc");
    O14: "The association with a completion port is the shared socket's: a second one gives ERROR_INVALID_PARAMETER, in \
        whatever process and through whatever descriptor."
        ("createiocompletionport, observed");
    O15: "A completion routine on a socket that has a completion port gives WSAEINVAL."
        ("observed");

    // Network events.
    E1: "There is one registration per shared socket; a new one of either kind ends the old, from whatever descriptor \
        or process that came, and WSPEventSelect also empties the record."
        ("lpwspasyncselect, lpwspeventselect, lpwspduplicatesocket") by record_at_registration;
    E2: "A registration is one mask with one target, a window message or an event object; different targets for \
        different events cannot be had."
        ("lpwspasyncselect, lpwspeventselect");
    E3: "Mask 0 ends the registration, whatever event comes with it, and the socket stays nonblocking."
        ("lpwspasyncselect, lpwspeventselect");
    E4: "A reported event is not reported again until a call that re-enables it was made; a failing call re-enables as \
        well."
        ("lpwspasyncselect, lpwspeventselect");
    E5: "FD_READ, FD_OOB and FD_ACCEPT follow the level: if the condition still holds after the re-enabling call, they \
        are reported once more."
        ("lpwspasyncselect, lpwspeventselect");
    E6: "FD_QOS, FD_ROUTING_INTERFACE_CHANGE and FD_ADDRESS_LIST_CHANGE follow the edge: each change is \
        reported once, and for the last two their ioctl has to be issued before."
        ("lpwspasyncselect, lpwspeventselect");
    E7: "FD_WRITE comes when a connection is made or accepted, and afterwards only when space returns after a send \
        that gave WSAEWOULDBLOCK."
        ("lpwspasyncselect, lpwspeventselect");
    E8: "Nothing re-enables FD_CONNECT and FD_CLOSE."
        ("lpwspasyncselect, lpwspeventselect")
        unseen "no call re-enables these two";
    E9: "Conditions are looked at when a registration or a re-enabling call is made, and one that holds already is \
        reported there and then."
        ("lpwspasyncselect, lpwspeventselect") by reported_at_registration;
    E10: "FD_CLOSE is for connections: 0 after a graceful end and only when all data was read, WSAECONNRESET after a \
        reset, WSAECONNABORTED after other failures."
        ("lpwspasyncselect, lpwspenumnetworkevents");
    E11: "Urgent data raises FD_OOB while SO_OOBINLINE is off, and FD_READ while it is on."
        ("lpwspasyncselect, lpwspeventselect");
    E12: "FD_CONNECT reports each end of a connect, an immediate one included, and its code tells success or cause."
        ("lpwspasyncselect, lpwspenumnetworkevents");
    E13: "A request put off by CF_DEFER stays first in the queue, its WSATRY_AGAIN does not re-enable FD_ACCEPT, and \
        while it is first no other request is announced."
        ("lpwspaccept, lpwspeventselect");
    E14: "An accepted socket starts with the listener's registration: same mask, same event object or window message."
        ("lpwspaccept, lpwspeventselect");
    E15: "Closing ends the registration but not the event object, and messages posted before may still arrive."
        ("lpwspclosesocket, lpwspeventselect, lpwspasyncselect") by registrant_closes;
    E16: "Only a WSPEventSelect registration feeds the record that WSPEnumNetworkEvents reads; mask 0 or \
        WSPAsyncSelect ends the feeding."
        ("lpwspenumnetworkevents, lpwspeventselect");
    E17: "WSPSelect and registrations do not affect each other."
        ("lpwspselect")
        unseen "neither looks at the other";
    E18: "An event is a hint: the call it invites may still find nothing and give WSAEWOULDBLOCK."
        ("lpwspasyncselect, lpwspeventselect")
        unseen "a consequence of E5 and Recv3";

    // Base providers and layers.
    L1: "A layer may offer the lower provider's functions as its own only if it offers the lower handles too; one with \
        its own handles implements every function and translates each handle."
        ("wspstartup, wpucreatesockethandle, wpumodifyifshandle");
    L2: "The upcall table a layer was given goes to the next link unchanged, so an upcall from any depth reaches \
        ws2_32 directly."
        ("wspstartup");
    L3: "A non-IFS layer has its own AcceptEx, ConnectEx, DisconnectEx, TransmitFile, TransmitPackets and WSARecvMsg."
        ("wscinstallproviderandchains64_32") missing "a layer has its own AcceptEx, ConnectEx and DisconnectEx; TransmitFile, TransmitPackets, \
        WSARecvMsg and WSASendMsg have pointers, its own or those below, and no calls that could be made of them";
    L4: "A layer with its own handles calls down with its own overlapped structure and passes the completion on to the \
        client's, because the completion port hangs on its handle."
        ("wpucreatesockethandle");
    L5: "An IFS layer that passes lower handles through keeps to the limits of WPUModifyIFSHandle: it must not count \
        on seeing all I/O."
        ("wpumodifyifshandle")
        unseen "what programs are expected to do; the machine does not hold them to it";
    L6: "A layer with its own handles takes WSPAsyncSelect messages on a hidden window to exchange the handle in them, \
        and answers SO_PROTOCOL_INFOW with its chain entry."
        ("Microsoft layered-provider sample");
    } };
}
