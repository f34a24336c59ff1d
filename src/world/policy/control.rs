//! Options, ioctls, events, many sockets at once.

macro_rules! control {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    short_booleans: ShortBooleans, "WSPSetSockOpt, O70 O71 O79", "Do Boolean options take and give less than four bytes?" {
        /// No: WSAEFAULT.
        #[default]
        Wsaefault,
        /// By option: some give 1 or 4 bytes, some one byte always; all take 1, 2 or 4.
        ByOption,
    } windows: ByOption
    negative_optlen: NegativeOptlen, "WSPSetSockOpt, O77", "What does WSPSetSockOpt say to a negative length?" {
        /// WSAEFAULT: it is too small.
        #[default]
        Wsaefault,
        /// By option: most of SOL_SOCKET take the value all the same, the others give WSAENOBUFS.
        ByOption,
    } windows: ByOption
    short_optlen: ShortOptlen, "WSPGetSockOpt, O75", "What does WSPGetSockOpt store in optlen where there is too little room?" {
        /// Nothing: it stays as it was.
        #[default]
        Unchanged,
        /// Zero for the options of other levels than SOL_SOCKET of which it was seen.
        ZeroByOption,
    } windows: ZeroByOption
    type_of_datagram_set: TypeOfDatagramSet, "G, O85", "What does setting SO_TYPE on a datagram socket give?" {
        /// WSAENOPROTOOPT, as for any option that can only be read.
        #[default]
        Wsaenoprotoopt,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Wsaeinval
    v6only_on_ipv4: V6OnlyOnIpv4, "ipproto-ipv6-socket-options, O91", "Does an IPv4 socket have IPV6_V6ONLY?" {
        /// No: WSAENOPROTOOPT.
        #[default]
        Wsaenoprotoopt,
        /// It is kept and read back, and cannot be set once the socket is bound.
        Kept,
    } windows: Kept
    unknown_ioctl: UnknownIoctl, "O217", "What does WSPIoctl give for a code nobody knows?" {
        /// WSAEINVAL.
        #[default]
        Wsaeinval,
        /// WSAEOPNOTSUPP.
        Wsaeopnotsupp,
    } windows: Wsaeopnotsupp
    short_address_list: ShortAddressList, "O223", "What does SIO_ADDRESS_LIST_QUERY give for an output too short even for the count?" {
        /// WSAEFAULT.
        #[default]
        Wsaefault,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Wsaeinval
    base_handle_overlapped: BaseHandleOverlapped, "Ioctl8, O221", "What does an overlapped SIO_BASE_HANDLE give?" {
        /// The handle, at once.
        #[default]
        AtOnce,
        /// WSA_IO_PENDING, and the operation ends with WSAEOPNOTSUPP.
        EndsUnsupported,
    } windows: EndsUnsupported
    foreign_event: ForeignEvent, "A24", "What if WSPEnumNetworkEvents is given an event that is not the registered one?" {
        /// It is reset, unchecked.
        #[default]
        Reset,
        /// WSAEINVAL, and nothing is cleared.
        Wsaeinval,
    } windows: Reset
    record_at_registration: RecordAtRegistration, "E1, O169", "What becomes of recorded, not yet enumerated events at a new WSPEventSelect?" {
        /// They are dropped.
        #[default]
        Dropped,
        /// They stay recorded.
        Kept,
    } windows: Kept
    reported_at_registration: ReportedAtRegistration, "E9, O185", "Does a new WSPEventSelect report what holds and was reported and read under the one it replaces?" {
        /// Yes: it starts afresh.
        #[default]
        Again,
        /// No: only its re-enabling call frees an event.
        Held,
    } windows: Held
    message_connect: MessageConnect, "EventConnect1, E12, O183 O185 O187", "Does WSPAsyncSelect report FD_CONNECT where nothing was waited for: at registration, and for a datagram socket?" {
        /// Yes, as WSPEventSelect does.
        #[default]
        Reported,
        /// No.
        Silent,
    } windows: Silent
    write_reenabled_by: WriteReenabledBy, "E4, E7", "Which failing sends re-enable FD_WRITE?" {
        /// Those that gave WSAEWOULDBLOCK: before that a client takes it that it can send.
        #[default]
        Wsaewouldblock,
        /// All, as failing calls re-enable other events.
        AnyFailure,
    } windows: Wsaewouldblock
    select_providers: SelectProviders, "functions 4, Select12", "What does ws2_32 do with a WSPSelect whose sockets belong to several providers?" {
        /// It splits the call, asks each provider for its own sockets, and waits itself.
        #[default]
        Split,
        /// It hands the whole call to the provider of the first socket, which refuses what is not its own.
        First,
    } windows: Split
    empty_fd_set: EmptyFdSet, "functions 4, Select4", "What does WSPSelect do with a set that is there and empty, beside others that are not?" {
        /// WSAEINVAL.
        #[default]
        Wsaeinval,
        /// The same as with NULL.
        Ignored,
    } windows: Wsaeinval
    } };
}
