//! WSAPROTOCOL_INFO, wide and narrow: a catalog entry, and the block that travels between processes.
//!
//! Page: winsock2 wsaprotocol_infow. The layout is the same on 32 and 64 bit. Nothing is checked here: any bytes of the
//! right length are a protocol info, and come back byte for byte.
//!
//! ```
//! use wspsim::abi::{ProtocolChain, ProtocolInfoW};
//!
//! let entry = ProtocolInfoW {
//!     catalog_entry_id: 1001,
//!     chain: ProtocolChain::base(1001),
//!     protocol_name: "TCP/IP".into(),
//!     ..ProtocolInfoW::default()
//! };
//! assert_eq!(ProtocolInfoW::decode(&entry.encode()), Ok(entry));
//! ```

use super::bytes::{DecodeError, Field, exactly};
use super::chain::ProtocolChain;
use super::flags::{ProviderFlags, ServiceFlags1};
use super::guid::Guid;
use super::protocol_name::{ProtocolName, ProtocolNameA};

macro_rules! flags_are_fields {
    ($($type:ident),+) => {
        $(impl Field for $type {
            const SIZE: usize = 4;

            fn take(bytes: &[u8]) -> Self {
                Self::from_bits_retain(Field::take(bytes))
            }

            fn put(&self, bytes: &mut [u8]) {
                self.bits().put(bytes);
            }
        })+
    };
}

flags_are_fields!(ServiceFlags1, ProviderFlags);

macro_rules! protocol_info {
    (
        $(#[$meta:meta])* $type:ident $name:literal $size:literal <=> $other:ident
        { $($(#[$doc:meta])+ $field:ident $field_name:literal: $field_type:ty,)+ }
        $text_name:ident: $text:ty
    ) => {
        $(#[$meta])*
        #[doc(alias = $name)]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
        pub struct $type {
            $($(#[$doc])+ #[doc(alias = $field_name)] pub $field: $field_type,)+
            /// szProtocol: a name for people.
            #[doc(alias = "szProtocol")]
            pub $text_name: $text,
        }

        impl $type {
            /// Bytes in memory.
            pub const SIZE: usize = $size;

            /// Windows name and number of bytes of each field, in order and without gaps.
            pub const FIELDS: &'static [(&'static str, usize)] =
                &[$(($field_name, <$field_type as Field>::SIZE),)+ ("szProtocol", <$text as Field>::SIZE)];

            /// Writes the structure.
            #[must_use]
            pub fn encode(&self) -> [u8; $size] {
                let mut bytes = [0; $size];
                let mut at = 0;
                $(
                    self.$field.put(&mut bytes[at..]);
                    at += <$field_type as Field>::SIZE;
                )+
                self.$text_name.put(&mut bytes[at..]);
                bytes
            }

            /// Reads the structure. Any bytes of the right length are one.
            pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                let bytes = exactly::<$size>($name, bytes)?;
                let mut at = 0;
                $(
                    let $field = <$field_type as Field>::take(&bytes[at..]);
                    at += <$field_type as Field>::SIZE;
                )+
                Ok(Self { $($field,)+ $text_name: Field::take(&bytes[at..]) })
            }
        }

        /// Only the name is rewritten.
        impl From<&$other> for $type {
            fn from(other: &$other) -> Self {
                Self { $($field: other.$field,)+ $text_name: (&other.$text_name).into() }
            }
        }
    };
}

/// The fields both forms share.
macro_rules! both_forms {
    ($($(#[$meta:meta])* $type:ident $name:literal $size:literal <=> $other:ident, $text_name:ident: $text:ty;)+) => {
        $(protocol_info! {
            $(#[$meta])* $type $name $size <=> $other {
                /// What the protocol can do.
                service_flags1 "dwServiceFlags1": ServiceFlags1,
                /// Reserved.
                service_flags2 "dwServiceFlags2": u32,
                /// Reserved.
                service_flags3 "dwServiceFlags3": u32,
                /// Reserved.
                service_flags4 "dwServiceFlags4": u32,
                /// How the entry takes part in enumeration and choice.
                provider_flags "dwProviderFlags": ProviderFlags,
                /// The provider: chosen by its vendor.
                provider_id "ProviderId": Guid,
                /// The entry's number in the catalog, given at installation.
                catalog_entry_id "dwCatalogEntryId": u32,
                /// Layer, base or chain, and of which entries.
                chain "ProtocolChain": ProtocolChain,
                /// The protocol's version.
                version "iVersion": i32,
                /// The family a socket is asked for with.
                address_family "iAddressFamily": i32,
                /// Bytes of the longest address.
                max_sock_addr "iMaxSockAddr": i32,
                /// Bytes of the shortest address.
                min_sock_addr "iMinSockAddr": i32,
                /// The type a socket is asked for with.
                socket_type "iSocketType": i32,
                /// The protocol a socket is asked for with: the first of a range.
                protocol "iProtocol": i32,
                /// How many further protocol numbers are accepted.
                protocol_max_offset "iProtocolMaxOffset": i32,
                /// BIGENDIAN or LITTLEENDIAN.
                network_byte_order "iNetworkByteOrder": i32,
                /// The kind of security.
                security_scheme "iSecurityScheme": i32,
                /// Most bytes of an outgoing message; 0, 1 and all ones have meanings of their own.
                message_size "dwMessageSize": u32,
                /// The provider's own; carries the token of a duplication.
                provider_reserved "dwProviderReserved": u32,
            }
            $text_name: $text
        })+
    };
}

both_forms! {
    /// WSAPROTOCOL_INFOW.
    ProtocolInfoW "WSAPROTOCOL_INFOW" 628 <=> ProtocolInfoA, protocol_name: ProtocolName;
    /// WSAPROTOCOL_INFOA: [`ProtocolInfoW`] with a narrow name.
    ProtocolInfoA "WSAPROTOCOL_INFOA" 372 <=> ProtocolInfoW, protocol_name: ProtocolNameA;
}

impl ProtocolInfoW {
    /// Whether a protocol number falls into iProtocol to iProtocol plus iProtocolMaxOffset.
    #[must_use]
    pub fn serves_protocol(&self, protocol: i32) -> bool {
        let last = self.protocol.saturating_add(self.protocol_max_offset.max(0));
        (self.protocol..=last).contains(&protocol)
    }
}
