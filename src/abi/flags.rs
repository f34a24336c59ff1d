//! The bit sets of the interface, each bit with its Windows name.
//!
//! All keep bits nobody named: what was read is written back. `!set` keeps them too in the sets that travel inside a
//! protocol info ([`ServiceFlags1`], [`ProviderFlags`]); in the others it means "the named bits not in `set`".
//!
//! Text is Windows names joined with `|`, `0` when empty, unnamed bits as one hexadecimal number. Reading also takes
//! decimal and hexadecimal numbers and blanks around `|`.
//!
//! ```
//! use wspsim::abi::NetworkEvents;
//!
//! let events = NetworkEvents::parse("FD_READ|FD_CLOSE|0x8000")?;
//! assert!(events.contains(NetworkEvents::CLOSE));
//! assert_eq!(events.to_string(), "FD_READ|FD_CLOSE|0x8000");
//! # Ok::<(), wspsim::abi::UnknownFlag>(())
//! ```

use std::fmt;
use std::str::FromStr;

use super::consts;
pub use super::consts::FD_MAX_EVENTS;
use super::text::serde_as_text;

/// Text that names no flag of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFlag {
    /// The word that is no flag.
    pub name: String,
    /// The flags it should be one of, as `FD_*`.
    pub expected: &'static str,
}

impl fmt::Display for UnknownFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of the {} flags", self.name, self.expected)
    }
}

impl std::error::Error for UnknownFlag {}

/// One row per bit, in bit order. `all` adds a further name, mostly for several bits at once; `others are _` makes every bit a known
/// one to bitflags, so that `!` keeps it.
macro_rules! windows_flags {
    (
        $(#[$meta:meta])*
        $type:ident $group:literal
        { $($flag:ident $name:literal = $bits:expr, $doc:literal;)+ }
        $(all $all_flag:ident $all_name:literal = $all_bits:literal;)*
        $(others are $unknown:tt;)?
    ) => {
        bitflags::bitflags! {
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct $type: u32 {
                $(
                    #[doc = concat!($name, ": ", $doc, ".")]
                    #[doc(alias = $name)]
                    const $flag = $bits;
                )+
                $(const $unknown = !0;)?
            }
        }

        impl $type {
            const NAMES: &'static [(&'static str, Self)] = &[$(($name, Self::$flag)),+];
            const MEANINGS: &'static [&'static str] = &[$($doc),+];
            const SHORTHANDS: &'static [(&'static str, Self)] =
                &[$(($all_name, Self::from_bits_retain($all_bits))),*];

            $(
                #[doc = concat!($all_name, ": several flags at once.")]
                #[doc(alias = $all_name)]
                pub const $all_flag: Self = Self::from_bits_retain($all_bits);
            )*

            /// Windows name and bit of each flag, in bit order.
            #[must_use]
            pub const fn windows_names() -> &'static [(&'static str, Self)] {
                Self::NAMES
            }

            /// What a single flag means, in words; `None` for several and for bits without a name.
            #[must_use]
            pub fn meaning(self) -> Option<&'static str> {
                let place = Self::NAMES.iter().position(|&(_, flag)| flag == self)?;
                Self::MEANINGS.get(place).copied()
            }

            /// Reads text such as `A|B`, `0` or `0x20`.
            pub fn parse(text: &str) -> Result<Self, UnknownFlag> {
                parse(text, $group, |word| {
                    let mut names = Self::NAMES.iter().chain(Self::SHORTHANDS);
                    names.find(|(name, _)| *name == word).map(|(_, flag)| flag.bits())
                })
                .map(Self::from_bits_retain)
            }

            /// The bits without a name.
            #[must_use]
            pub fn unnamed(self) -> Self {
                let named = Self::NAMES.iter().fold(0, |bits, (_, flag)| bits | flag.bits());
                Self::from_bits_retain(self.bits() & !named)
            }

            /// Each set bit alone, lowest first.
            pub fn singles(self) -> impl Iterator<Item = Self> + use<> {
                (0..u32::BITS).map(|bit| Self::from_bits_retain(1 << bit)).filter(move |bit| self.contains(*bit))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let named = Self::NAMES.iter().filter(|(_, flag)| self.contains(*flag)).map(|(name, _)| *name);
                write_joined(f, named, self.unnamed().bits())
            }
        }

        impl FromStr for $type {
            type Err = UnknownFlag;

            fn from_str(text: &str) -> Result<Self, UnknownFlag> {
                Self::parse(text)
            }
        }

        serde_as_text!($type, concat!($group, " flags joined with `|`, or \"0\""));
    };
}

windows_flags! {
    /// dwServiceFlags1: what a protocol can do.
    ///
    /// Page: winsock2 wsaprotocol_infow.
    ServiceFlags1 "XP1_*" {
        CONNECTIONLESS "XP1_CONNECTIONLESS" = 0x0000_0001, "datagrams; connection oriented when clear";
        GUARANTEED_DELIVERY "XP1_GUARANTEED_DELIVERY" = 0x0000_0002, "everything sent arrives";
        GUARANTEED_ORDER "XP1_GUARANTEED_ORDER" = 0x0000_0004, "what arrives is in order and not repeated";
        MESSAGE_ORIENTED "XP1_MESSAGE_ORIENTED" = 0x0000_0008, "message boundaries are kept";
        PSEUDO_STREAM "XP1_PSEUDO_STREAM" = 0x0000_0010, "messages whose receives ignore the boundaries";
        GRACEFUL_CLOSE "XP1_GRACEFUL_CLOSE" = 0x0000_0020, "two-phase close; only abortive when clear";
        EXPEDITED_DATA "XP1_EXPEDITED_DATA" = 0x0000_0040, "urgent data";
        CONNECT_DATA "XP1_CONNECT_DATA" = 0x0000_0080, "user data with a connect";
        DISCONNECT_DATA "XP1_DISCONNECT_DATA" = 0x0000_0100, "user data with a disconnect";
        SUPPORT_BROADCAST "XP1_SUPPORT_BROADCAST" = 0x0000_0200, "broadcast";
        SUPPORT_MULTIPOINT "XP1_SUPPORT_MULTIPOINT" = 0x0000_0400, "multipoint; gives the next two a meaning";
        MULTIPOINT_CONTROL_PLANE "XP1_MULTIPOINT_CONTROL_PLANE" = 0x0000_0800, "the control plane is rooted";
        MULTIPOINT_DATA_PLANE "XP1_MULTIPOINT_DATA_PLANE" = 0x0000_1000, "the data plane is rooted";
        QOS_SUPPORTED "XP1_QOS_SUPPORTED" = 0x0000_2000, "quality of service requests";
        INTERRUPT "XP1_INTERRUPT" = 0x0000_4000, "reserved";
        UNI_SEND "XP1_UNI_SEND" = 0x0000_8000, "send only";
        UNI_RECV "XP1_UNI_RECV" = 0x0001_0000, "receive only";
        IFS_HANDLES "XP1_IFS_HANDLES" = 0x0002_0000, "descriptors are file handles of the system";
        PARTIAL_MESSAGE "XP1_PARTIAL_MESSAGE" = 0x0004_0000, "MSG_PARTIAL in sends";
        SAN_SUPPORT_SDP "XP1_SAN_SUPPORT_SDP" = 0x0008_0000, "system area networks";
    }
    others are _;
}

windows_flags! {
    /// dwProviderFlags: how a catalog entry takes part in enumeration and choice.
    ///
    /// Page: winsock2 wsaprotocol_infow.
    ProviderFlags "PFL_*" {
        MULTIPLE_PROTO_ENTRIES "PFL_MULTIPLE_PROTO_ENTRIES" = 0x01, "one of several entries of a protocol";
        RECOMMENDED_PROTO_ENTRY "PFL_RECOMMENDED_PROTO_ENTRY" = 0x02, "the preferred one of those";
        HIDDEN "PFL_HIDDEN" = 0x04, "left out of WSAEnumProtocols";
        MATCHES_PROTOCOL_ZERO "PFL_MATCHES_PROTOCOL_ZERO" = 0x08, "protocol 0 matches this entry";
        NETWORKDIRECT_PROVIDER "PFL_NETWORKDIRECT_PROVIDER" = 0x10, "network direct";
    }
    others are _;
}

windows_flags! {
    /// The dwFlags of WSPSocket.
    ///
    /// Pages: winsock2 wsasocketw, ws2spi lpwspsocket.
    SocketFlags "WSA_FLAG_*" {
        OVERLAPPED "WSA_FLAG_OVERLAPPED" = 0x01, "overlapped calls are possible";
        MULTIPOINT_C_ROOT "WSA_FLAG_MULTIPOINT_C_ROOT" = 0x02, "root of the control plane";
        MULTIPOINT_C_LEAF "WSA_FLAG_MULTIPOINT_C_LEAF" = 0x04, "leaf of the control plane";
        MULTIPOINT_D_ROOT "WSA_FLAG_MULTIPOINT_D_ROOT" = 0x08, "root of the data plane";
        MULTIPOINT_D_LEAF "WSA_FLAG_MULTIPOINT_D_LEAF" = 0x10, "leaf of the data plane";
        ACCESS_SYSTEM_SECURITY "WSA_FLAG_ACCESS_SYSTEM_SECURITY" = 0x40, "the security descriptor can be changed";
        NO_HANDLE_INHERIT "WSA_FLAG_NO_HANDLE_INHERIT" = 0x80, "child processes do not inherit the descriptor";
        REGISTERED_IO "WSA_FLAG_REGISTERED_IO" = 0x100, "registered I/O";
    }
}

windows_flags! {
    /// The flags of the send and receive calls.
    ///
    /// Pages: ws2spi lpwsprecv, lpwspsend.
    MessageFlags "MSG_*" {
        OOB "MSG_OOB" = 0x1, "urgent data";
        PEEK "MSG_PEEK" = 0x2, "look without taking";
        DONTROUTE "MSG_DONTROUTE" = 0x4, "do not route";
        WAITALL "MSG_WAITALL" = 0x8, "fill the buffers before returning";
        INTERRUPT "MSG_INTERRUPT" = 0x10, "called from an interrupt; 16-bit Windows only";
        PARTIAL "MSG_PARTIAL" = 0x8000, "not the end of the message";
    }
}

windows_flags! {
    /// Network events.
    ///
    /// Page: winsock2 wsaeventselect.
    NetworkEvents "FD_*" {
        READ "FD_READ" = 0x001, "data can be read";
        WRITE "FD_WRITE" = 0x002, "data can be sent";
        OOB "FD_OOB" = 0x004, "urgent data can be read";
        ACCEPT "FD_ACCEPT" = 0x008, "a connection can be accepted";
        CONNECT "FD_CONNECT" = 0x010, "a connect has ended";
        CLOSE "FD_CLOSE" = 0x020, "the connection is closed";
        QOS "FD_QOS" = 0x040, "the quality of service changed";
        GROUP_QOS "FD_GROUP_QOS" = 0x080, "reserved";
        ROUTING_INTERFACE_CHANGE "FD_ROUTING_INTERFACE_CHANGE" = 0x100, "the way to a destination changed";
        ADDRESS_LIST_CHANGE "FD_ADDRESS_LIST_CHANGE" = 0x200, "the local addresses changed";
    }
    all ALL_EVENTS "FD_ALL_EVENTS" = 0x3ff;
}

windows_flags! {
    /// The events and revents of WSAPoll.
    ///
    /// Pages: winsock2 wsapoll, wsapollfd.
    PollEvents "POLL*" {
        ERR "POLLERR" = 0x001, "an error occurred; only ever reported";
        HUP "POLLHUP" = 0x002, "the connection has ended or was aborted; only ever reported";
        NVAL "POLLNVAL" = 0x004, "no socket; only ever reported";
        WRNORM "POLLWRNORM" = 0x010, "data can be sent";
        WRBAND "POLLWRBAND" = 0x020, "urgent data can be sent; not supported";
        RDNORM "POLLRDNORM" = 0x100, "data can be read";
        RDBAND "POLLRDBAND" = 0x200, "urgent data can be read";
        PRI "POLLPRI" = 0x400, "not supported";
    }
    all IN "POLLIN" = 0x300;
    all OUT "POLLOUT" = 0x010;
}

windows_flags! {
    /// What a layer or an application does to traffic; decides which layers are loaded.
    ///
    /// Page: winsock categorizing-layered-service-providers-and-applications.
    LspCategories "LSP_*" {
        INSPECTOR "LSP_INSPECTOR" = consts::LSP_INSPECTOR, "looks at traffic";
        REDIRECTOR "LSP_REDIRECTOR" = consts::LSP_REDIRECTOR, "sends traffic elsewhere";
        PROXY "LSP_PROXY" = consts::LSP_PROXY, "stands in for the server";
        FIREWALL "LSP_FIREWALL" = consts::LSP_FIREWALL, "lets through or not";
        INBOUND_MODIFY "LSP_INBOUND_MODIFY" = consts::LSP_INBOUND_MODIFY, "changes what is received";
        OUTBOUND_MODIFY "LSP_OUTBOUND_MODIFY" = consts::LSP_OUTBOUND_MODIFY, "changes what is sent";
        CRYPTO_COMPRESS "LSP_CRYPTO_COMPRESS" = consts::LSP_CRYPTO_COMPRESS, "encrypts or compresses";
        LOCAL_CACHE "LSP_LOCAL_CACHE" = consts::LSP_LOCAL_CACHE, "answers from a cache";
        SYSTEM "LSP_SYSTEM" = consts::LSP_SYSTEM, "fit for services and system processes";
    }
}

impl NetworkEvents {
    /// The bit number, if exactly one bit is set: the index into `iErrorCode`.
    #[must_use]
    pub const fn bit_index(self) -> Option<usize> {
        if self.bits().is_power_of_two() { Some(self.bits().trailing_zeros() as usize) } else { None }
    }
}

fn parse(text: &str, expected: &'static str, bits_of: impl Fn(&str) -> Option<u32>) -> Result<u32, UnknownFlag> {
    text.split('|').map(str::trim).try_fold(0, |bits, word| {
        let more = bits_of(word).or_else(|| number(word));
        more.map(|more| bits | more).ok_or_else(|| UnknownFlag { name: word.to_owned(), expected })
    })
}

fn number(word: &str) -> Option<u32> {
    let (digits, radix) = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (word, 10),
    };
    let unsigned = digits.starts_with(|first: char| first.is_digit(radix));
    if unsigned { u32::from_str_radix(digits, radix).ok() } else { None }
}

fn write_joined<'n>(f: &mut fmt::Formatter<'_>, mut named: impl Iterator<Item = &'n str>, unnamed: u32) -> fmt::Result {
    match named.next() {
        Some(first) => f.write_str(first)?,
        None if unnamed == 0 => return f.write_str("0"),
        None => return write!(f, "{unnamed:#x}"),
    }
    for name in named {
        write!(f, "|{name}")?;
    }
    if unnamed == 0 { Ok(()) } else { write!(f, "|{unnamed:#x}") }
}
