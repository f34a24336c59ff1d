//! The error numbers a provider reports, and the few Win32 ones among them.
//!
//! Pages: winsock windows-sockets-error-codes-2; debug system-error-codes--0-499- for the two without a WSA name.
//! Which call gives which error under which condition is not said here.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! errors {
    ($($variant:ident $name:literal $(| $alias:literal)* = $number:literal, $meaning:literal;)+) => {
        /// An error number of Winsock, by its name.
        ///
        /// In serde a unit variant with the Windows name: `WSAEINVAL` in RON.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[repr(u32)]
        pub enum WsaError {
            $(
                #[doc = concat!($name, " (", $number, "): ", $meaning, ".")]
                #[doc(alias = $name)]
                $(#[doc(alias = $alias)] #[serde(alias = $alias)])*
                #[serde(rename = $name)]
                $variant = $number,
            )+
        }

        impl WsaError {
            /// All errors, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The Windows name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it says, in a few words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }

            /// The error with a Windows name. Knows the `ERROR_` names of the Win32 numbers too.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name $(| $alias)* => Some(Self::$variant),)+ _ => None }
            }

            /// The error with a number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

errors! {
    AccessDenied "ERROR_ACCESS_DENIED" = 5, "the caller may not do this";
    InvalidHandle "WSA_INVALID_HANDLE" | "ERROR_INVALID_HANDLE" = 6, "no such handle, or one of another kind";
    NotEnoughMemory "WSA_NOT_ENOUGH_MEMORY" | "ERROR_NOT_ENOUGH_MEMORY" = 8, "memory ran out";
    InvalidParameter "WSA_INVALID_PARAMETER" | "ERROR_INVALID_PARAMETER" = 87, "a parameter makes no sense";
    CallNotImplemented "ERROR_CALL_NOT_IMPLEMENTED" = 120, "the call does not exist on this system";
    OperationAborted "WSA_OPERATION_ABORTED" | "ERROR_OPERATION_ABORTED" = 995, "the overlapped call was cancelled";
    IoIncomplete "WSA_IO_INCOMPLETE" | "ERROR_IO_INCOMPLETE" = 996, "the overlapped call is still running";
    IoPending "WSA_IO_PENDING" | "ERROR_IO_PENDING" = 997, "the overlapped call was started; its end comes later";
    Intr "WSAEINTR" = 10004, "a blocking call was ended from outside";
    BadF "WSAEBADF" = 10009, "not a file handle";
    Acces "WSAEACCES" = 10013, "permission was refused";
    Fault "WSAEFAULT" = 10014, "a pointer is bad or a buffer too small";
    Inval "WSAEINVAL" = 10022, "an argument is invalid or the socket in the wrong state";
    MFile "WSAEMFILE" = 10024, "no descriptor is free";
    WouldBlock "WSAEWOULDBLOCK" = 10035, "the call would have to wait";
    InProgress "WSAEINPROGRESS" = 10036, "a blocking call or a callback is running";
    Already "WSAEALREADY" = 10037, "the same operation is already running";
    NotSock "WSAENOTSOCK" = 10038, "not a socket descriptor";
    DestAddrReq "WSAEDESTADDRREQ" = 10039, "a destination address is missing";
    MsgSize "WSAEMSGSIZE" = 10040, "the message is larger than the buffer or the limit";
    Prototype "WSAEPROTOTYPE" = 10041, "protocol and socket type do not go together";
    NoProtoOpt "WSAENOPROTOOPT" = 10042, "the option is unknown here";
    ProtoNoSupport "WSAEPROTONOSUPPORT" = 10043, "the protocol is not supported";
    SockTNoSupport "WSAESOCKTNOSUPPORT" = 10044, "the socket type is not supported in this family";
    OpNotSupp "WSAEOPNOTSUPP" = 10045, "this socket does not support the operation";
    PfNoSupport "WSAEPFNOSUPPORT" = 10046, "the protocol family is not supported";
    AfNoSupport "WSAEAFNOSUPPORT" = 10047, "the address family does not fit";
    AddrInUse "WSAEADDRINUSE" = 10048, "the local address is taken";
    AddrNotAvail "WSAEADDRNOTAVAIL" = 10049, "the address cannot be used here";
    NetDown "WSAENETDOWN" = 10050, "the network subsystem has failed";
    NetUnreach "WSAENETUNREACH" = 10051, "no way to that network";
    NetReset "WSAENETRESET" = 10052, "keep-alive found the connection broken";
    ConnAborted "WSAECONNABORTED" = 10053, "this side gave the connection up";
    ConnReset "WSAECONNRESET" = 10054, "the peer reset the connection";
    NoBufs "WSAENOBUFS" = 10055, "no buffer space";
    IsConn "WSAEISCONN" = 10056, "the socket is already connected";
    NotConn "WSAENOTCONN" = 10057, "the socket is not connected";
    Shutdown "WSAESHUTDOWN" = 10058, "that direction was shut down";
    TooManyRefs "WSAETOOMANYREFS" = 10059, "too many references to a kernel object";
    TimedOut "WSAETIMEDOUT" = 10060, "nobody answered in time";
    ConnRefused "WSAECONNREFUSED" = 10061, "the other side refused";
    Loop "WSAELOOP" = 10062, "a name leads back to itself";
    NameTooLong "WSAENAMETOOLONG" = 10063, "a name is too long";
    HostDown "WSAEHOSTDOWN" = 10064, "the destination host is down";
    HostUnreach "WSAEHOSTUNREACH" = 10065, "no way to that host";
    NotEmpty "WSAENOTEMPTY" = 10066, "a directory still has entries";
    ProcLim "WSAEPROCLIM" = 10067, "too many processes use the provider";
    Users "WSAEUSERS" = 10068, "the user quota is spent";
    DQuot "WSAEDQUOT" = 10069, "the disk quota is spent";
    Stale "WSAESTALE" = 10070, "the file handle is no longer there";
    Remote "WSAEREMOTE" = 10071, "the item is on another machine";
    SysNotReady "WSASYSNOTREADY" = 10091, "the network underneath is not ready";
    VerNotSupported "WSAVERNOTSUPPORTED" = 10092, "that version is not supported";
    NotInitialised "WSANOTINITIALISED" = 10093, "no successful startup is outstanding";
    Discon "WSAEDISCON" = 10101, "the peer closed gracefully";
    NoMore "WSAENOMORE" = 10102, "nothing more to enumerate (old form)";
    Cancelled "WSAECANCELLED" = 10103, "the call was cancelled (old form)";
    InvalidProcTable "WSAEINVALIDPROCTABLE" = 10104, "the provider's procedure table is incomplete";
    InvalidProvider "WSAEINVALIDPROVIDER" = 10105, "the provider speaks another version";
    ProviderFailedInit "WSAEPROVIDERFAILEDINIT" = 10106, "the provider could not be loaded or started";
    SysCallFailure "WSASYSCALLFAILURE" = 10107, "a system call that should not fail did";
    ServiceNotFound "WSASERVICE_NOT_FOUND" = 10108, "no such service in the name space";
    TypeNotFound "WSATYPE_NOT_FOUND" = 10109, "no such service class";
    ENoMore "WSA_E_NO_MORE" = 10110, "nothing more to enumerate";
    ECancelled "WSA_E_CANCELLED" = 10111, "the call was cancelled";
    Refused "WSAEREFUSED" = 10112, "a query was refused";
    HostNotFound "WSAHOST_NOT_FOUND" = 11001, "no such host";
    TryAgain "WSATRY_AGAIN" = 11002, "not now, perhaps later";
    NoRecovery "WSANO_RECOVERY" = 11003, "a failure that will not go away";
    NoData "WSANO_DATA" = 11004, "the name exists without data of that type";
    QosReceivers "WSA_QOS_RECEIVERS" = 11005, "at least one reserve message came";
    QosSenders "WSA_QOS_SENDERS" = 11006, "at least one path message came";
    QosNoSenders "WSA_QOS_NO_SENDERS" = 11007, "there are no senders";
    QosNoReceivers "WSA_QOS_NO_RECEIVERS" = 11008, "there are no receivers";
    QosRequestConfirmed "WSA_QOS_REQUEST_CONFIRMED" = 11009, "the reservation was confirmed";
    QosAdmissionFailure "WSA_QOS_ADMISSION_FAILURE" = 11010, "resources are short";
    QosPolicyFailure "WSA_QOS_POLICY_FAILURE" = 11011, "the administrator's policy said no";
    QosBadStyle "WSA_QOS_BAD_STYLE" = 11012, "the style is unknown or in conflict";
    QosBadObject "WSA_QOS_BAD_OBJECT" = 11013, "part of the filter or flow specification is bad";
    QosTrafficCtrlError "WSA_QOS_TRAFFIC_CTRL_ERROR" = 11014, "traffic control failed";
    QosGenericError "WSA_QOS_GENERIC_ERROR" = 11015, "some quality of service error";
    QosEServiceType "WSA_QOS_ESERVICETYPE" = 11016, "the flow specification names a bad service type";
    QosEFlowSpec "WSA_QOS_EFLOWSPEC" = 11017, "the flow specification is bad";
    QosEProvSpecBuf "WSA_QOS_EPROVSPECBUF" = 11018, "the provider-specific buffer is bad";
    QosEFilterStyle "WSA_QOS_EFILTERSTYLE" = 11019, "the filter style is bad";
    QosEFilterType "WSA_QOS_EFILTERTYPE" = 11020, "the filter type is bad";
    QosEFilterCount "WSA_QOS_EFILTERCOUNT" = 11021, "the number of filter specifications is wrong";
    QosEObjLength "WSA_QOS_EOBJLENGTH" = 11022, "an object in the provider-specific buffer has a bad length";
    QosEFlowCount "WSA_QOS_EFLOWCOUNT" = 11023, "the number of flow descriptors is wrong";
    // The Windows name really is misspelt.
    QosEUnknownPsObj "WSA_QOS_EUNKOWNPSOBJ" = 11024, "the provider-specific buffer holds an unknown object";
    QosEPolicyObj "WSA_QOS_EPOLICYOBJ" = 11025, "the provider-specific buffer holds a bad policy object";
    QosEFlowDesc "WSA_QOS_EFLOWDESC" = 11026, "the flow descriptor list holds a bad descriptor";
    QosEPsFlowSpec "WSA_QOS_EPSFLOWSPEC" = 11027, "the provider-specific flow specification is inconsistent";
    QosEPsFilterSpec "WSA_QOS_EPSFILTERSPEC" = 11028, "the provider-specific filter specification is bad";
    QosESdModeObj "WSA_QOS_ESDMODEOBJ" = 11029, "the provider-specific discard mode object is bad";
    QosEShapeRateObj "WSA_QOS_ESHAPERATEOBJ" = 11030, "the provider-specific shaping rate object is bad";
    QosReservedPeType "WSA_QOS_RESERVED_PETYPE" = 11031, "the provider-specific buffer holds a reserved policy element";
}

impl WsaError {
    /// The Windows number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// `WSAEWOULDBLOCK (10035)`.
impl fmt::Display for WsaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.number())
    }
}

impl std::error::Error for WsaError {}
