//! Extension functions: calls outside a provider's table, found by SIO_GET_EXTENSION_FUNCTION_POINTER.
//!
//! Pages: ws2spi lpwspioctl, mswsock acceptex, lpfn_connectex, lpfn_disconnectex, getacceptexsockaddrs. The base knows
//! all of the functions below by their GUIDs; those in [`SpiFunction`] can be called.

use std::fmt;

use super::{Guid, SockAddr, SpiFunction};

macro_rules! extensions {
    ($($variant:ident $name:literal, $id:literal = $guid:expr;)+) => {
        /// An extension function, by its Windows name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Extension {
            $(#[doc = concat!($name, ": ", $id, ".")] #[doc(alias = $id)] $variant,)+
        }

        impl Extension {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The Windows name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The name of its GUID.
            #[must_use]
            pub const fn id_name(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// Its GUID.
            #[must_use]
            pub const fn guid(self) -> Guid {
                match self { $(Self::$variant => $guid),+ }
            }
        }
    };
}

/// The functions that came first differ in one digit.
const fn first_three(data1: u32) -> Guid {
    Guid::new(data1, 0xcbac, 0x11cf, [0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92])
}

extensions! {
    AcceptEx "AcceptEx", "WSAID_ACCEPTEX" = first_three(0xb536_7df1);
    ConnectEx "ConnectEx", "WSAID_CONNECTEX" =
        Guid::new(0x25a2_07b9, 0xddf3, 0x4660, [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e]);
    DisconnectEx "DisconnectEx", "WSAID_DISCONNECTEX" =
        Guid::new(0x7fda_2e11, 0x8630, 0x436f, [0xa0, 0x31, 0xf5, 0x36, 0xa6, 0xee, 0xc1, 0x57]);
    GetAcceptExSockaddrs "GetAcceptExSockaddrs", "WSAID_GETACCEPTEXSOCKADDRS" = first_three(0xb536_7df2);
    TransmitFile "TransmitFile", "WSAID_TRANSMITFILE" = first_three(0xb536_7df0);
    TransmitPackets "TransmitPackets", "WSAID_TRANSMITPACKETS" =
        Guid::new(0xd968_9da0, 0x1f90, 0x11d3, [0x99, 0x71, 0x00, 0xc0, 0x4f, 0x68, 0xc8, 0x76]);
    WsaRecvMsg "WSARecvMsg", "WSAID_WSARECVMSG" =
        Guid::new(0xf689_d7c8, 0x6f1f, 0x436b, [0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22]);
    WsaSendMsg "WSASendMsg", "WSAID_WSASENDMSG" =
        Guid::new(0xa441_e712, 0x754f, 0x43ca, [0x84, 0xa7, 0x0d, 0xee, 0x44, 0xcf, 0x60, 0x6d]);
}

impl Extension {
    /// The function with a GUID.
    #[must_use]
    pub fn from_guid(guid: Guid) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.guid() == guid)
    }

    /// The function whose GUID has a Windows name.
    #[must_use]
    pub fn from_id_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.id_name() == name)
    }

    /// The call it takes; `None` for one that cannot be called here.
    #[must_use]
    pub const fn call(self) -> Option<SpiFunction> {
        match self {
            Self::AcceptEx => Some(SpiFunction::AcceptEx),
            Self::ConnectEx => Some(SpiFunction::ConnectEx),
            Self::DisconnectEx => Some(SpiFunction::DisconnectEx),
            Self::GetAcceptExSockaddrs => Some(SpiFunction::GetAcceptExSockaddrs),
            Self::TransmitFile | Self::TransmitPackets | Self::WsaRecvMsg | Self::WsaSendMsg => None,
        }
    }

    /// The function a call goes to; `None` for the entries of the table.
    #[must_use]
    pub const fn of(call: SpiFunction) -> Option<Self> {
        match call {
            SpiFunction::AcceptEx => Some(Self::AcceptEx),
            SpiFunction::ConnectEx => Some(Self::ConnectEx),
            SpiFunction::DisconnectEx => Some(Self::DisconnectEx),
            SpiFunction::GetAcceptExSockaddrs => Some(Self::GetAcceptExSockaddrs),
            _ => None,
        }
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A function pointer: the code of one provider. A call through it goes there and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionPointer {
    /// Whose code: the position of the provider's shape in the machine.
    pub provider: u16,
    /// Which function.
    pub function: Extension,
}

/// lpOutputBuffer of AcceptEx, by the lengths that divide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AcceptBuffer {
    /// Whether lpOutputBuffer is valid.
    pub out: bool,
    /// dwReceiveDataLength.
    pub receive: u32,
    /// dwLocalAddressLength.
    pub local: u32,
    /// dwRemoteAddressLength.
    pub remote: u32,
}

impl AcceptBuffer {
    /// What an address takes beside its own size.
    pub const MARGIN: u32 = 16;
}

/// What AcceptEx leaves in lpOutputBuffer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AcceptedInto {
    /// The first data received.
    pub data: Vec<u8>,
    /// The local address.
    pub local: SockAddr,
    /// The peer's address.
    pub remote: SockAddr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_its_guid_and_by_the_name_of_it() {
        for &function in Extension::ALL {
            assert_eq!(Extension::from_guid(function.guid()), Some(function));
            assert_eq!(Extension::from_id_name(function.id_name()), Some(function));
            assert_eq!(function.id_name(), format!("WSAID_{}", function.name().to_uppercase()));
            assert!(function.call().is_none_or(|call| Extension::of(call) == Some(function)));
        }
        assert_eq!(Extension::from_guid(Guid::NIL), None);
    }
}
