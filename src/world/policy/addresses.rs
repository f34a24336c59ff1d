//! Names, binds and connections.

macro_rules! addresses {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    address_string_length: AddressStringLength, "A12", "What does the length of WSPAddressToString count?" {
        /// Characters, the terminator included.
        #[default]
        Characters,
        /// Bytes, the terminator included.
        Bytes,
    } windows: Characters
    address_text: AddressText, "WSPStringToAddress, O267", "Which IPv4 texts does WSPStringToAddress read?" {
        /// Four decimal numbers and a decimal port, which may be 0.
        #[default]
        Dotted,
        /// What inet_addr reads, and a port that is decimal, octal or hexadecimal and not 0.
        InetAddr,
    } windows: InetAddr
    ephemeral_ports: EphemeralPorts, "A14", "From which range do automatic ports come?" {
        /// 49152 to 65535.
        #[default]
        From49152,
        /// 1024 to 5000.
        From1024,
    } windows: From49152
    bind_matrix: BindMatrix, "A15", "Which table of bind conflicts holds?" {
        /// Windows Server 2003 and later, same user.
        #[default]
        Server2003,
        /// Windows XP and earlier.
        WindowsXp,
    } windows: Server2003
    dual_stack_wildcard: DualStackWildcard, "using-so-reuseaddr-and-so-exclusiveaddruse, O117 O121", "How does the IPv4 half of an IPv6 wildcard conflict with a plain IPv4 bind?" {
        /// As an IPv4 wildcard would: the bind must pass in both families.
        #[default]
        BothFamilies,
        /// Not at all, unless it is exclusive: WSAEACCES.
        Beside,
    } windows: Beside
    bind_unknown_family: BindUnknownFamily, "WSPBind, O97", "What does WSPBind give for an address of a family nobody knows?" {
        /// WSAEFAULT, as for any family that is not the socket's.
        #[default]
        Wsaefault,
        /// WSAEAFNOSUPPORT.
        Wsaeafnosupport,
    } windows: Wsaeafnosupport
    listen_without_descriptors: ListenWithoutDescriptors, "WSPListen: WSAEMFILE against its remarks", "May a process without free descriptors begin to listen?" {
        /// Yes: requests queue until there are descriptors.
        #[default]
        Success,
        /// No: WSAEMFILE.
        Wsaemfile,
    } windows: Success
    peer_while_connecting: PeerWhileConnecting, "WSPGetPeerName, O145", "Does WSPGetPeerName tell whom an attempt in progress is for?" {
        /// No: WSAENOTCONN.
        #[default]
        Wsaenotconn,
        /// Yes.
        Given,
    } windows: Given
    connect_ex_while_connecting: ConnectExWhileConnecting, "lpfn_connectex, O145", "What does ConnectEx give while an attempt to connect is in progress?" {
        /// WSAEALREADY.
        #[default]
        Wsaealready,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Wsaeinval
    } };
}
