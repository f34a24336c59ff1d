//! R: what duplicating and sharing a socket means.

macro_rules! sharing {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    R1: "WSPDuplicateSocket gives the source no descriptor; it fills a block of protocol info that the target's \
        WSPSocket turns into one."
        ("lpwspduplicatesocket, shared-sockets-in-the-spi-2");
    R2: "A block belongs to one target, the process whose id was passed to WSPDuplicateSocket."
        ("lpwspduplicatesocket, wsaduplicatesocketw") by wrong_process;
    R3: "A block opens one descriptor and is then spent; opening it again gives WSAEINVAL."
        ("lpwspduplicatesocket, wsasocketw") by block_reuse;
    R4: "The provider finishes its part in the source before WSPDuplicateSocket returns and knows the block again in \
        the target by its private word, dwProviderReserved."
        ("lpwspduplicatesocket, shared-sockets-in-the-spi-2") by token_place;
    R5: "Opening a block attaches a new descriptor to the existing shared socket; no fresh socket comes into being."
        ("lpwspduplicatesocket, shared-sockets-in-the-spi-2");
    R6: "A descriptor opened from a block is registered like every other one: with WPUModifyIFSHandle if it is an IFS \
        handle, else with WPUCreateSocketHandle."
        ("lpwspduplicatesocket, descriptor-allocation-2");
    R7: "Only a provider of IFS handles may copy the handle with the operating system's means; any other socket \
        travels by WSPDuplicateSocket alone."
        ("lpwspduplicatesocket")
        unseen "what programs are expected to do; the machine does not hold them to it";
    R8: "Applications do wrong to copy a socket with DuplicateHandle: layers can miss it, and the receiver has no call \
        that takes the copy in."
        ("socket-handles-2")
        unseen "what programs are expected to do; the machine does not hold them to it";
    R9: "One descriptor serves all threads of its process, so nothing has to be duplicated between threads."
        ("shared-sockets-in-the-spi-2, wsaduplicatesocketw")
        unseen "a descriptor has no thread, so there is nothing to decide";
    R10: "Reads and writes through any descriptor reach the same queues; nobody controls access, and nobody orders \
        what different processes do."
        ("lpwspduplicatesocket, shared-sockets-2");
    R11: "State belongs to the shared socket: an option set through one descriptor is the value every other descriptor \
        reads."
        ("lpwspduplicatesocket, multiple-handles-to-a-single-socket-2");
    R12: "The common state therefore includes mode (blocking or not), binding, peer, listening, shut directions, \
        pending error and linger."
        ("derived from R11") by blocking_mode;
    R13: "Closing takes one descriptor away; the shared socket lives until its last descriptor is gone."
        ("lpwspduplicatesocket, reference-counting-2");
    R14: "Name and queued data are given up, and the linger setting chooses graceful or hard disconnect, only when the \
        last descriptor closes."
        ("lpwspclosesocket, closing-sockets-2");
    R15: "A close cancels what threads of its own process have pending: blocking and asynchronous calls without a \
        word, overlapped ones with WSA_OPERATION_ABORTED and their notice."
        ("lpwspclosesocket") by io_at_shared_close;
    R16: "After a close the descriptor gives WSAENOTSOCK in its process, while the descriptors of other processes go \
        on working."
        ("lpwspclosesocket, derived from R13");
    R17: "A shared socket has one event registration: WSPAsyncSelect or WSPEventSelect through any descriptor replaces \
        it, so FD_READ for one process and FD_WRITE for another cannot be had."
        ("lpwspduplicatesocket, multiple-handles-to-a-single-socket-2, shared-sockets-2");
    R18: "Registering makes the shared socket nonblocking for everybody, and while a registration stands FIONBIO 0 \
        gives WSAEINVAL."
        ("lpwspeventselect, lpwspioctl, derived from R11");
    R19: "A close made on this side never raises FD_CLOSE here."
        ("lpwspclosesocket");
    R20: "In WSPDuplicateSocket a layer is the client of the next layer and names the socket by that layer's handle."
        ("lpwspduplicatesocket");
    R21: "Protocol info is handed to a further layer as it came and exchanged for the base provider's own entry before \
        it reaches the base."
        ("lpwspduplicatesocket, lpwspsocket, wspstartup, lpwspaddresstostring, lpwspstringtoaddress");
    R22: "A base provider works without knowing that chains exist."
        ("lpwspduplicatesocket, initialization-2")
        unseen "a base is told nothing of chains";
    R23: "Given protocol info, ws2_32 goes straight to that entry's provider and hands family, type and protocol \
        through; 0 and FROM_PROTOCOL_INFO are acceptable there."
        ("transport-division-of-responsibilities-between-dll-and-service-providers-2, lpwspsocket") by explicit_triple;
    R24: "A target is expected to open with the flags the socket was made with, and with WSA_FLAG_OVERLAPPED if it was \
        made by plain socket()."
        ("wsaduplicatesocketw")
        unseen "what programs are expected to do; the machine does not hold them to it";
    R25: "A socket with quality of service enabled cannot be duplicated."
        ("wsaduplicatesocketw");
    R26: "API calls on a handle go to the catalog id that was last given for it to WPUModifyIFSHandle or \
        WPUCreateSocketHandle."
        ("wpumodifyifshandle, transport-division-of-responsibilities-between-dll-and-service-providers-2");
    R27: "A handle from WPUCreateSocketHandle is given back with WPUCloseSocketHandle, which answers WSAENOTSOCK to \
        any other handle."
        ("closing-sockets-2, wpuclosesockethandle");
    R28: "A context value hangs on one handle: two descriptors of a shared socket have two, and an IFS handle has none."
        ("wpuquerysockethandlecontext, derived");
    R29: "The final WSPCleanup of a process, or its death without one, releases every descriptor it had."
        ("lpwspcleanup, cleanup-2");
    R30: "Upcall table and startup count exist once per process, and a newer table replaces the older."
        ("initialization-2, wspstartup");
    R31: "What WSPAccept and WSPJoinLeaf return are new sockets with copied properties and registration, not shares of \
        the socket they came from."
        ("lpwspaccept, lpwspjoinleaf");
    R32: "WSPDuplicateSocket may fail with WSAENETDOWN, WSAEINVAL, WSAEINPROGRESS, WSAEMFILE, WSAENOBUFS and \
        WSAENOTSOCK; the API adds WSANOTINITIALISED and WSAEFAULT."
        ("lpwspduplicatesocket, wsaduplicatesocketw")
        unseen "a list; each error has a rule of its own";
    } };
}
