//! Named answers to the questions the documentation leaves open.
//!
//! One row below is one question: the field of [`Policies`], the type of its answers, where the question comes
//! from, the question in words, the answers, and the answer of the `windows` [`Profile`]. The first answer is the
//! default, which is that of the `documented` profile. Everything else about policies (reading them from a model,
//! naming them in a trace, listing them) is made from these rows.
//!
//! `windows` is what real systems were seen to do; where nobody looked it is the default. Where it is another answer
//! the source names the observation (O1..).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! policies {
    ($($field:ident : $type:ident, $source:literal, $question:literal {
        $($(#[$text:meta])+ $answer:ident),+ $(,)?
    } windows: $windows:ident)+) => {
        $(
            #[doc = $question]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
            pub enum $type {
                $($(#[$text])+ $answer),+
            }
        )+

        /// One answer to every question.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Policies {
            $(#[doc = $question] pub $field: $type,)+
        }

        /// What real systems were seen to answer.
        const WINDOWS: Policies = Policies { $($field: $type::$windows),+ };

        /// The name of one question: a field of [`Policies`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(non_camel_case_types, reason = "a policy is called by its field name everywhere users meet it")]
        pub enum PolicyId {
            $(#[doc = $question] $field),+
        }

        impl PolicyId {
            /// All questions, in the order of this file.
            pub const ALL: &'static [PolicyId] = &[$(PolicyId::$field),+];

            /// The name that models, traces and messages use.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(PolicyId::$field => stringify!($field)),+ }
            }

            /// The question in words.
            #[must_use]
            pub fn question(self) -> &'static str {
                match self { $(PolicyId::$field => $question),+ }
            }

            /// Where the question comes from: an open point (A1..) or a section of the usage notes.
            #[must_use]
            pub fn source(self) -> &'static str {
                match self { $(PolicyId::$field => $source),+ }
            }

            /// The answers that can be chosen; the first is the default.
            #[must_use]
            pub fn answers(self) -> &'static [&'static str] {
                match self { $(PolicyId::$field => &[$(stringify!($answer)),+]),+ }
            }

            /// The answer in force.
            #[must_use]
            pub fn answer(self, policies: &Policies) -> &'static str {
                match self {
                    $(PolicyId::$field => match policies.$field { $($type::$answer => stringify!($answer)),+ }),+
                }
            }
        }
    };
}

policies! {
    reference_taken: ReferenceTaken, "A8", "When does a duplication take its reference on the shared socket?" {
        /// At WSPDuplicateSocket; the pending duplication owns it until it is used or its target dies.
        #[default]
        AtDuplicate,
        /// At the target's WSPSocket: a source that closes first loses the socket.
        AtOpen,
    } windows: AtDuplicate
    block_reuse: BlockReuse, "R3, usage 5e", "What does a second open with the same block give?" {
        /// WSAEINVAL.
        #[default]
        Refuse,
        /// The descriptor of the first open once more.
        SameDescriptor,
        /// A second descriptor of the same shared socket.
        SecondDescriptor,
    } windows: Refuse
    wrong_process: WrongProcess, "R2, A11", "What happens when a process opens a block made for another?" {
        /// WSAEINVAL; the right process can still open it.
        #[default]
        Refuse,
        /// WSAEINVAL, and the block is spent.
        RefuseAndConsume,
        /// The process gets the descriptor.
        Allow,
    } windows: Refuse
    failed_open: FailedOpen, "usage 5d", "Does an open that fails spend the block?" {
        /// Exactly when the base provider's open had succeeded.
        #[default]
        ConsumedOnceBaseOpened,
        /// Never.
        NeverConsumed,
        /// Always, once the block was recognised.
        AlwaysConsumed,
    } windows: ConsumedOnceBaseOpened
    unknown_process: UnknownProcess, "A11, usage 5g 5j", "What does duplicating for an unknown or exited process id give?" {
        /// WSAEINVAL.
        #[default]
        Wsaeinval,
        /// WSAENETDOWN.
        Wsaenetdown,
    } windows: Wsaeinval
    target_identity: TargetIdentity, "usage S14", "What identifies the target of a duplication?" {
        /// The incarnation: a process that gets the same id later is another one.
        #[default]
        Incarnation,
        /// The process id alone.
        Number,
    } windows: Incarnation
    duplicate_inheritable: DuplicateInheritable, "usage 5h, U18", "Is the descriptor opened from a block inheritable?" {
        /// Yes, unless WSA_FLAG_NO_HANDLE_INHERIT is given.
        #[default]
        Yes,
        /// No.
        No,
    } windows: Yes
    blocking_mode: BlockingMode, "R12, usage 5a", "Whose is the blocking mode?" {
        /// The shared socket's: common to all descriptors.
        #[default]
        Shared,
        /// Each descriptor's own.
        PerDescriptor,
    } windows: Shared
    linger_on_shared_close: LingerOnSharedClose, "usage 5f, A26", "What does SO_LINGER do on a close that is not the last?" {
        /// Nothing.
        #[default]
        NoEffect,
        /// It acts at once, as if this were the last close.
        Immediate,
    } windows: NoEffect
    io_at_shared_close: IoAtSharedClose, "R15, usage 5i, O52", "Which pending calls does a close cancel while other descriptors remain?" {
        /// Those started through the closing descriptor.
        #[default]
        CancelOwn,
        /// All on the shared socket.
        CancelAll,
        /// None.
        CancelNone,
    } windows: CancelNone
    repeated_listen: RepeatedListen, "usage 5b", "What does WSPListen on a listening shared socket give?" {
        /// Success, and the new backlog counts.
        #[default]
        Success,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Success
    registrant_closes: RegistrantCloses, "A25", "What becomes of an event registration when the process that made it closes its descriptor and others remain?" {
        /// It is cancelled.
        #[default]
        Cancelled,
        /// It stays.
        Kept,
    } windows: Cancelled
    final_cleanup: FinalCleanup, "A10", "What does the final WSPCleanup do to sockets that other processes share?" {
        /// Only this process's references go.
        #[default]
        DropReferences,
        /// The sockets are reset for everybody.
        ResetForAll,
    } windows: DropReferences
    open_at_cleanup: OpenAtCleanup, "A9", "How does the final WSPCleanup end connections whose last descriptor it takes?" {
        /// They are reset.
        #[default]
        Reset,
        /// They are closed as WSPCloseSocket would close them.
        Close,
    } windows: Reset
    token_place: TokenPlace, "A28, RO-6", "Where does a base provider keep its token in the block?" {
        /// In dwProviderReserved.
        #[default]
        ProviderReserved,
        /// In dwServiceFlags3 and dwServiceFlags4: lost under a layer that follows the documentation.
        ServiceFlags,
    } windows: ProviderReserved
    explicit_triple: ExplicitTriple, "R23, usage S28, O55", "What if family, type or protocol given at an open contradict the block?" {
        /// WSAEINVAL, and the block is not spent.
        #[default]
        Refuse,
        /// The block wins.
        Ignore,
    } windows: Ignore
    linger_default: LingerDefault, "A2", "Is SO_LINGER on in a new socket?" {
        /// Off.
        #[default]
        Off,
        /// On, with zero seconds.
        On,
    } windows: Off
    layer_handle_owner: LayerHandleOwner, "A3", "Which catalog id does a layer register its handles under?" {
        /// The chain entry's.
        #[default]
        ChainEntry,
        /// The layer's own ChainLen 0 entry's.
        LayerEntry,
    } windows: ChainEntry
    fionread_datagram: FionreadDatagram, "A6", "What does FIONREAD report on a datagram socket?" {
        /// All bytes queued.
        #[default]
        TotalQueued,
        /// The size of the first datagram.
        FirstDatagram,
    } windows: TotalQueued
    address_string_length: AddressStringLength, "A12", "What does the length of WSPAddressToString count?" {
        /// Characters, the terminator included.
        #[default]
        Characters,
        /// Bytes, the terminator included.
        Bytes,
    } windows: Characters
    recvfrom_connected: RecvFromConnected, "A13", "May WSPRecvFrom be called on a connected datagram socket?" {
        /// Yes.
        #[default]
        Allow,
        /// No: WSAEISCONN.
        Wsaeisconn,
    } windows: Allow
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
    peer_while_connecting: PeerWhileConnecting, "WSPGetPeerName, O145", "Does WSPGetPeerName tell whom an attempt in progress is for?" {
        /// No: WSAENOTCONN.
        #[default]
        Wsaenotconn,
        /// Yes.
        Given,
    } windows: Given
    address_text: AddressText, "WSPStringToAddress, O267", "Which IPv4 texts does WSPStringToAddress read?" {
        /// Four decimal numbers and a decimal port, which may be 0.
        #[default]
        Dotted,
        /// What inet_addr reads, and a port that is decimal, octal or hexadecimal and not 0.
        InetAddr,
    } windows: InetAddr
    duplicate_needs_handle: DuplicateNeedsHandle, "WSPDuplicateSocket, A11", "Does the base need a free handle of the source's to make a duplicate?" {
        /// No.
        #[default]
        No,
        /// Yes, to open the target process: WSAEMFILE without one.
        Yes,
    } windows: No
    listen_without_descriptors: ListenWithoutDescriptors, "WSPListen: WSAEMFILE against its remarks", "May a process without free descriptors begin to listen?" {
        /// Yes: requests queue until there are descriptors.
        #[default]
        Success,
        /// No: WSAEMFILE.
        Wsaemfile,
    } windows: Success
    hidden_entries: HiddenEntries, "A23", "May a PFL_HIDDEN entry be chosen by family, type and protocol?" {
        /// Yes: hidden only leaves it out of enumeration.
        #[default]
        Selectable,
        /// No.
        Skipped,
    } windows: Selectable
    type_of_other_protocol: TypeOfOtherProtocol, "A23, O29", "What does WSPSocket give for a protocol the family has only with another type?" {
        /// WSAEPROTOTYPE.
        #[default]
        Wsaeprototype,
        /// WSAEPROTONOSUPPORT.
        Wsaeprotonosupport,
    } windows: Wsaeprotonosupport
    unnamed_family: UnnamedFamily, "Choose2, O31", "Which entry serves a request that names a protocol but no family?" {
        /// The first in catalog order that fits.
        #[default]
        CatalogOrder,
        /// One of AF_INET6, if any fits.
        Ipv6First,
    } windows: Ipv6First
    unnamed_protocol: UnnamedProtocol, "Choose3, O31", "May WSPSocket be called with neither a family nor a protocol?" {
        /// Yes: the first entry in catalog order that fits.
        #[default]
        CatalogOrder,
        /// No: WSAEINVAL.
        Wsaeinval,
    } windows: Wsaeinval
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
    blocked_call_at_close: BlockedCallAtClose, "R15, O133", "What does a blocked call return when its descriptor is closed under it?" {
        /// WSAEINTR.
        #[default]
        Wsaeintr,
        /// WSAENOTSOCK.
        Wsaenotsock,
        /// WSAECONNABORTED.
        Wsaeconnaborted,
    } windows: Wsaeintr
    operation_at_close: OperationAtClose, "R15, O161", "How does the pending overlapped receive of a connection end when the last descriptor is closed?" {
        /// WSA_OPERATION_ABORTED.
        #[default]
        WsaOperationAborted,
        /// WSAECONNABORTED.
        Wsaeconnaborted,
    } windows: Wsaeconnaborted
    overlapped_unflagged: OverlappedUnflagged, "O1, A16", "What if an overlapped structure is given on a socket made without WSA_FLAG_OVERLAPPED?" {
        /// It is passed over.
        #[default]
        Ignored,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Ignored
    blocking_alertable: BlockingAlertable, "B5, O135", "Do completion routines run while a call blocks?" {
        /// No: only in waits that the client made alertable.
        #[default]
        No,
        /// Yes, and the call goes on waiting.
        Yes,
    } windows: Yes
    partial_send: PartialSend, "O191", "What does a nonblocking stream send larger than the free space do?" {
        /// Sends what fits and reports the count.
        #[default]
        WhatFits,
        /// Sends all if any space is free, else WSAEWOULDBLOCK.
        WholeOrNothing,
    } windows: WholeOrNothing
    raw_sockets: RawSockets, "lpwspsocket, tcp-ip-raw-sockets-2", "Does a base serve an entry of raw sockets?" {
        /// Administrators get a socket, anybody else WSAEACCES.
        #[default]
        Wsaeacces,
        /// WSAESOCKTNOSUPPORT: raw sockets are optional, and it has none.
        Wsaesocktnosupport,
    } windows: Wsaeacces
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
    message_connect: MessageConnect, "EventConnect1, E12, O183 O185 O187", "Does WSPAsyncSelect report FD_CONNECT where nothing was waited for: at registration, and for a datagram socket?" {
        /// Yes, as WSPEventSelect does.
        #[default]
        Reported,
        /// No.
        Silent,
    } windows: Silent
    reported_at_registration: ReportedAtRegistration, "E9, O185", "Does a new WSPEventSelect report what holds and was reported and read under the one it replaces?" {
        /// Yes: it starts afresh.
        #[default]
        Again,
        /// No: only its re-enabling call frees an event.
        Held,
    } windows: Held
    write_reenabled_by: WriteReenabledBy, "E4, E7", "Which failing sends re-enable FD_WRITE?" {
        /// Those that gave WSAEWOULDBLOCK: before that a client takes it that it can send.
        #[default]
        Wsaewouldblock,
        /// All, as failing calls re-enable other events.
        AnyFailure,
    } windows: Wsaewouldblock
    wake_order: WakeOrder, "U6, R10", "Several calls wait on one shared socket for the same thing: which of them goes on?" {
        /// Any: whoever runs first.
        #[default]
        Any,
        /// The one that has waited longest.
        Longest,
    } windows: Any
    connect_ex_while_connecting: ConnectExWhileConnecting, "lpfn_connectex, O145", "What does ConnectEx give while an attempt to connect is in progress?" {
        /// WSAEALREADY.
        #[default]
        Wsaealready,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Wsaeinval
    send_to_closed: SendToClosed, "Close20, O157", "What do calls say on a connection whose peer has closed, once data was sent to it all the same?" {
        /// WSAECONNRESET: the peer's machine has answered the data with a reset.
        #[default]
        Wsaeconnreset,
        /// WSAECONNABORTED.
        Wsaeconnaborted,
    } windows: Wsaeconnaborted
    udp_port_unreachable: UdpPortUnreachable, "functions 4, O255", "Does a datagram to a closed local port make the sender's next receive fail?" {
        /// Yes: WSAECONNRESET.
        #[default]
        Reported,
        /// No.
        Ignored,
    } windows: Reported
    chain_provider_id: ChainProviderId, "functions 8, implementations 2.1", "Which provider id do the chains of WSCInstallProviderAndChains have?" {
        /// The layer's: one WSPStartup serves all of them, and removing the layer removes them.
        #[default]
        Layers,
        /// Each one of its own: each is started for itself, and stays when the layer is removed.
        Own,
    } windows: Layers
    base_handle_overlapped: BaseHandleOverlapped, "Ioctl8, O221", "What does an overlapped SIO_BASE_HANDLE give?" {
        /// The handle, at once.
        #[default]
        AtOnce,
        /// WSA_IO_PENDING, and the operation ends with WSAEOPNOTSUPP.
        EndsUnsupported,
    } windows: EndsUnsupported
    provider_info_misuse: ProviderInfoMisuse, "A29, O37", "What does WSCGetProviderInfo give for an unknown provider or class, or without room?" {
        /// WSAEINVALIDPROVIDER, WSAEINVAL, WSAEFAULT.
        #[default]
        ByCause,
        /// WSANO_RECOVERY for all of them.
        Wsanorecovery,
    } windows: Wsanorecovery
}

/// A named set of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename = "profile", rename_all = "lowercase")]
pub enum Profile {
    /// What the documentation says, and the likeliest answer where it says nothing: each policy's default.
    #[default]
    Documented,
    /// What real systems were seen to do.
    Windows,
}

impl Profile {
    /// All profiles, the default first.
    pub const ALL: &'static [Profile] = &[Self::Documented, Self::Windows];

    /// The name that models, scenarios and traces use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Windows => "windows",
        }
    }

    /// The profile called so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|profile| profile.name() == name)
    }

    /// Where its answers come from.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Documented => "what the documentation says, and the likeliest answer where it says nothing",
            Self::Windows => "what real systems were seen to do, also where it contradicts the documentation",
        }
    }

    /// Its answers.
    #[must_use]
    pub fn policies(self) -> Policies {
        match self {
            Self::Documented => Policies::default(),
            Self::Windows => WINDOWS,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_first_answer() {
        let defaults = Policies::default();
        for &id in PolicyId::ALL {
            assert_eq!(id.answer(&defaults), id.answers()[0], "{}", id.name());
        }
    }
    #[test]
    fn an_answer_of_windows_that_is_not_the_default_has_been_observed() {
        let (documented, windows) = (Profile::Documented.policies(), Profile::Windows.policies());
        assert_eq!(documented, Policies::default());
        for &id in PolicyId::ALL {
            let observed = id.source().split([' ', ',']).any(is_observation);
            assert!(observed || id.answer(&windows) == id.answer(&documented), "{} names no observation", id.name());
        }
    }

    fn is_observation(word: &str) -> bool {
        word.strip_prefix('O').is_some_and(|number| number.parse::<u32>().is_ok())
    }

    #[test]
    fn a_profile_is_found_by_its_name() {
        for &profile in Profile::ALL {
            assert_eq!(Profile::from_name(profile.name()), Some(profile));
        }
        assert_eq!(Profile::from_name("Windows"), None);
    }
}
