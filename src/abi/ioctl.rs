//! The codes of WSPIoctl.
//!
//! Pages: ws2spi lpwspioctl, winsock winsock-ioctls. FIONBIO, FIONREAD, SIOCATMARK and SIO_GET_INTERFACE_LIST carry
//! BSD's encoding; the others Winsock 2's (IOC_WS2) or Microsoft's own (IOC_VENDOR).
//!
//! A new code is one row below: then scenarios can name it, traces show it by name, and input or output that is too short
//! gives WSAEFAULT. What a base does about it is one arm of `handler` in `provider/base/ioctl.rs`: a code that is carried
//! out gets a function there, any other stands among those that are not. Layers pass it down without being told. Its name
//! also goes into the list of `tests/abi_windows_sys.rs`, which holds the number against Windows', and a scenario under
//! `tests/scenarios/ioctl` shows it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a code takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IoctlData {
    /// Nothing.
    Nothing,
    /// An unsigned number of four bytes.
    U32,
    /// A signed number of four bytes.
    Int,
    /// BOOL.
    Bool,
    /// A socket address.
    Address,
    /// SOCKET_ADDRESS_LIST.
    AddressList,
    /// INTERFACE_INFO, repeated.
    InterfaceList,
    /// A GUID.
    Guid,
    /// A function pointer.
    Pointer,
    /// SOCKET.
    Socket,
    /// QOS, required.
    Qos,
    /// QOS, may be left out.
    OptionalQos,
    /// tcp_keepalive: on or off, time, interval.
    KeepAlive,
    /// Something another interface defines.
    Companion,
    /// The arguments of a call a layer takes over.
    LayerHook,
    /// A range of ports and the token of its reservation.
    PortReservation,
    /// Reserved.
    Reserved,
}

/// What is known about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IoctlRow {
    /// The number.
    pub code: u32,
    /// The Windows name.
    pub name: &'static str,
    /// What it takes. SIO_FIND_ROUTE takes an address although its number says it does not.
    pub input: IoctlData,
    /// What it gives.
    pub output: IoctlData,
}

macro_rules! ioctls {
    ($($variant:ident $name:literal $(| $alias:literal)* = $code:literal, $input:ident => $output:ident;)+) => {
        /// A code of WSPIoctl, by its Windows name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Ioctl {
            $(
                #[doc = concat!($name, ".")]
                #[doc(alias = $name)]
                $(#[doc(alias = $alias)] #[serde(alias = $alias)])*
                #[serde(rename = $name)]
                $variant,
            )+
        }

        impl Ioctl {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            const ROWS: &'static [IoctlRow] = &[$(
                IoctlRow { code: $code, name: $name, input: IoctlData::$input, output: IoctlData::$output },
            )+];

            /// What is known about a number, if it is one of these codes.
            #[must_use]
            pub const fn lookup(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The code with a Windows name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name $(| $alias)* => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

ioctls! {
    Fionbio "FIONBIO" = 0x8004_667e, U32 => Nothing;
    Fionread "FIONREAD" = 0x4004_667f, Nothing => U32;
    SiocAtMark "SIOCATMARK" = 0x4004_7307, Nothing => Bool;
    AssociateHandle "SIO_ASSOCIATE_HANDLE" = 0x8800_0001, Companion => Nothing;
    EnableCircularQueueing "SIO_ENABLE_CIRCULAR_QUEUEING" = 0x2800_0002, Nothing => Nothing;
    FindRoute "SIO_FIND_ROUTE" = 0x4800_0003, Address => Nothing;
    Flush "SIO_FLUSH" = 0x2800_0004, Nothing => Nothing;
    GetBroadcastAddress "SIO_GET_BROADCAST_ADDRESS" = 0x4800_0005, Nothing => Address;
    GetExtensionFunctionPointer "SIO_GET_EXTENSION_FUNCTION_POINTER" = 0xc800_0006, Guid => Pointer;
    GetQos "SIO_GET_QOS" = 0xc800_0007, OptionalQos => Qos;
    GetGroupQos "SIO_GET_GROUP_QOS" = 0xc800_0008, Reserved => Reserved;
    MultipointLoopback "SIO_MULTIPOINT_LOOPBACK" = 0x8800_0009, Bool => Nothing;
    MulticastScope "SIO_MULTICAST_SCOPE" = 0x8800_000a, Int => Nothing;
    SetQos "SIO_SET_QOS" = 0x8800_000b, Qos => Nothing;
    SetGroupQos "SIO_SET_GROUP_QOS" = 0x8800_000c, Reserved => Reserved;
    TranslateHandle "SIO_TRANSLATE_HANDLE" = 0xc800_000d, Int => Companion;
    RoutingInterfaceQuery "SIO_ROUTING_INTERFACE_QUERY" = 0xc800_0014, Address => Address;
    RoutingInterfaceChange "SIO_ROUTING_INTERFACE_CHANGE" = 0x8800_0015, Address => Nothing;
    AddressListQuery "SIO_ADDRESS_LIST_QUERY" = 0x4800_0016, Nothing => AddressList;
    AddressListChange "SIO_ADDRESS_LIST_CHANGE" = 0x2800_0017, Nothing => Nothing;
    // The page of WSPIoctl has the other word order.
    QueryTargetPnpHandle "SIO_QUERY_TARGET_PNP_HANDLE" | "SIO_QUERY_PNP_TARGET_HANDLE" = 0x4800_0018, Nothing => Socket;
    AddressListSort "SIO_ADDRESS_LIST_SORT" = 0xc800_0019, AddressList => AddressList;
    BspHandle "SIO_BSP_HANDLE" = 0x4800_001b, Nothing => Socket;
    BspHandleSelect "SIO_BSP_HANDLE_SELECT" = 0x4800_001c, Nothing => Socket;
    BspHandlePoll "SIO_BSP_HANDLE_POLL" = 0x4800_001d, Nothing => Socket;
    ExtSelect "SIO_EXT_SELECT" = 0xc800_001e, LayerHook => LayerHook;
    ExtPoll "SIO_EXT_POLL" = 0xc800_001f, LayerHook => LayerHook;
    ExtSendMsg "SIO_EXT_SENDMSG" = 0xc800_0020, LayerHook => LayerHook;
    BaseHandle "SIO_BASE_HANDLE" = 0x4800_0022, Nothing => Socket;
    RcvAll "SIO_RCVALL" = 0x9800_0001, U32 => Nothing;
    KeepAliveVals "SIO_KEEPALIVE_VALS" = 0x9800_0004, KeepAlive => Nothing;
    UdpConnReset "SIO_UDP_CONNRESET" = 0x9800_000c, Bool => Nothing;
    LoopbackFastPath "SIO_LOOPBACK_FAST_PATH" = 0x9800_0010, Int => Nothing;
    AcquirePortReservation "SIO_ACQUIRE_PORT_RESERVATION" = 0x9800_0064, PortReservation => PortReservation;
    ReleasePortReservation "SIO_RELEASE_PORT_RESERVATION" = 0x9800_0065, PortReservation => Nothing;
    AssociatePortReservation "SIO_ASSOCIATE_PORT_RESERVATION" = 0x9800_0066, PortReservation => Nothing;
    GetInterfaceList "SIO_GET_INTERFACE_LIST" = 0x4004_747f, Nothing => InterfaceList;
}

impl Ioctl {
    /// What is known about the code.
    #[must_use]
    pub const fn row(self) -> &'static IoctlRow {
        &Self::ROWS[self as usize]
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.row().code
    }

    /// The Windows name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }
}

impl fmt::Display for Ioctl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
