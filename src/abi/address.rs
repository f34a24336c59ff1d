//! Socket addresses: the bytes of SOCKADDR_IN and SOCKADDR_IN6, and the text of WSAAddressToString.
//!
//! Pages: ws2def sockaddr_in, ws2ipdef sockaddr_in6, winsock2 wsaaddresstostringw. Of other families only the number
//! is known. The text has no place for sin6_flowinfo and reads back with 0. Reading is lenient about port 0 and strict
//! about everything else; the octal and hexadecimal forms that Windows accepts are read by `parse_inet_addr` alone.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

use super::bytes::Field;
use super::consts::{AF_INET, AF_INET6, AF_UNSPEC};
use super::sizes::{SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6};
use super::text::serde_as_text;

/// A socket address.
///
/// ```
/// use wspsim::abi::SockAddr;
///
/// let address: SockAddr = "[fe80::1%3]:80".parse()?;
/// assert_eq!(address.encode().len(), 28);
/// assert_eq!(address.with_port(0).to_string(), "fe80::1%3");
/// # Ok::<(), wspsim::abi::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[doc(alias = "SOCKADDR")]
pub enum SockAddr {
    /// SOCKADDR_IN, family AF_INET.
    #[doc(alias = "SOCKADDR_IN")]
    V4(SocketAddrV4),
    /// SOCKADDR_IN6, family AF_INET6.
    #[doc(alias = "SOCKADDR_IN6")]
    V6(SocketAddrV6),
    /// Any other family: its number alone. Neither bytes nor text give AF_INET or AF_INET6 here.
    Other(u16),
}

/// Bytes or text that are no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// Fewer bytes than the family needs (two for the family itself).
    TooShort {
        /// How many bytes the address needs.
        needed: usize,
        /// How many came.
        given: usize,
    },
    /// Text of no known form.
    BadText {
        /// The text.
        given: String,
    },
    /// Text of another family than the one asked for.
    WrongFamily {
        /// The family asked for.
        expected: i32,
        /// The family of the text.
        given: i32,
    },
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { needed, given } => write!(f, "the address needs {needed} bytes, not {given}"),
            Self::BadText { given } => {
                write!(f, "`{given}` is no address such as `10.0.0.1`, `10.0.0.1:80`, `::1` or `[::1]:80`")
            }
            Self::WrongFamily { expected, given } => write!(f, "an address of family {expected}, not {given}"),
        }
    }
}

impl std::error::Error for AddressError {}

impl SockAddr {
    /// An IPv4 address with port.
    #[must_use]
    pub const fn v4(ip: Ipv4Addr, port: u16) -> Self {
        Self::V4(SocketAddrV4::new(ip, port))
    }

    /// An IPv6 address with port, without scope.
    #[must_use]
    pub const fn v6(ip: Ipv6Addr, port: u16) -> Self {
        Self::V6(SocketAddrV6::new(ip, port, 0, 0))
    }

    /// An address with port.
    #[must_use]
    pub const fn new(ip: IpAddr, port: u16) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::v4(ip, port),
            IpAddr::V6(ip) => Self::v6(ip, port),
        }
    }

    /// The wildcard address of a family, port 0. Only AF_INET and AF_INET6 have one.
    #[must_use]
    pub const fn unspecified(family: i32) -> Option<Self> {
        match family {
            AF_INET => Some(Self::v4(Ipv4Addr::UNSPECIFIED, 0)),
            AF_INET6 => Some(Self::v6(Ipv6Addr::UNSPECIFIED, 0)),
            _ => None,
        }
    }

    /// Reads a structure; bytes behind it are ignored, as a `namelen` may be larger than needed.
    pub fn decode(bytes: &[u8]) -> Result<Self, AddressError> {
        let need = |needed| {
            let given = bytes.len();
            if given < needed { Err(AddressError::TooShort { needed, given }) } else { Ok(()) }
        };
        need(<u16 as Field>::SIZE)?;
        let family = u16::take(bytes);
        match i32::from(family) {
            AF_INET => need(SOCKADDR_IN).map(|()| Self::V4(take_v4(bytes))),
            AF_INET6 => need(SOCKADDR_IN6).map(|()| Self::V6(take_v6(bytes))),
            _ => Ok(Self::Other(family)),
        }
    }

    /// Writes the structure; 14 zero bytes follow an unknown family.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.encoded_len()];
        (self.family() as u16).put(&mut bytes);
        match self {
            Self::V4(address) => {
                bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
                bytes[4..8].copy_from_slice(&address.ip().octets());
            }
            Self::V6(address) => {
                bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
                address.flowinfo().put(&mut bytes[4..]);
                bytes[8..24].copy_from_slice(&address.ip().octets());
                address.scope_id().put(&mut bytes[24..]);
            }
            Self::Other(_) => {}
        }
        bytes
    }

    /// Bytes of the structure.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        match self {
            Self::V4(_) => SOCKADDR_IN,
            Self::V6(_) => SOCKADDR_IN6,
            Self::Other(_) => SOCKADDR,
        }
    }

    /// The address family.
    #[must_use]
    pub const fn family(&self) -> i32 {
        match self {
            Self::V4(_) => AF_INET,
            Self::V6(_) => AF_INET6,
            Self::Other(family) => *family as i32,
        }
    }

    /// The IP address.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::V4(address) => Some(IpAddr::V4(*address.ip())),
            Self::V6(address) => Some(IpAddr::V6(*address.ip())),
            Self::Other(_) => None,
        }
    }

    /// The port; 0 in other families.
    #[must_use]
    pub const fn port(&self) -> u16 {
        match self {
            Self::V4(address) => address.port(),
            Self::V6(address) => address.port(),
            Self::Other(_) => 0,
        }
    }

    /// The same address with another port; other families have none.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        match &mut self {
            Self::V4(address) => address.set_port(port),
            Self::V6(address) => address.set_port(port),
            Self::Other(_) => {}
        }
        self
    }

    /// Whether this is the wildcard address, INADDR_ANY or in6addr_any.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_unspecified())
    }

    /// Whether this is 127.0.0.0/8 or ::1.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_loopback())
    }

    /// Reads the text of an address of a family; AF_UNSPEC takes any.
    pub fn parse(text: &str, family_hint: i32) -> Result<Self, AddressError> {
        let bad = || AddressError::BadText { given: text.to_owned() };
        let address = parse_v4(text).or_else(|| parse_v6(text)).or_else(|| parse_other(text)).ok_or_else(bad)?;
        let given = address.family();
        if family_hint == AF_UNSPEC || family_hint == given {
            Ok(address)
        } else {
            Err(AddressError::WrongFamily { expected: family_hint, given })
        }
    }
}

impl SockAddr {
    /// Reads the text of an IPv4 address as Windows does: one to four numbers as inet_addr takes them, each decimal, octal
    /// or hexadecimal, and a port of the same forms that is not 0 (O263, O267).
    #[must_use]
    pub fn parse_inet_addr(text: &str) -> Option<Self> {
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, u16::try_from(inet_number(port)?).ok().filter(|&port| port != 0)?),
            None => (text, 0),
        };
        Some(Self::v4(inet_addr(host)?, port))
    }
}

/// `a.b.c.d`, `a.b.c`, `a.b` or `a`: the last number fills what the others leave.
fn inet_addr(host: &str) -> Option<Ipv4Addr> {
    let numbers: Option<Vec<u32>> = host.split('.').map(inet_number).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= 4)?;
    let (last, octets) = numbers.split_last()?;
    let left = 32 - 8 * octets.len() as u32;
    if octets.iter().any(|&octet| octet > 255) || u64::from(*last) >= 1 << left {
        return None;
    }
    let high = octets.iter().fold(0_u64, |bits, &octet| bits << 8 | u64::from(octet));
    Some(Ipv4Addr::from_bits((high << left) as u32 | last))
}

/// A number as in C: `0x` is hexadecimal, a leading 0 octal.
fn inet_number(digits: &str) -> Option<u32> {
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => (hexadecimal, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

fn take_v4(bytes: &[u8]) -> SocketAddrV4 {
    let octets: [u8; 4] = Field::take(&bytes[4..]);
    SocketAddrV4::new(octets.into(), take_port(bytes))
}

fn take_v6(bytes: &[u8]) -> SocketAddrV6 {
    let octets: [u8; 16] = Field::take(&bytes[8..]);
    SocketAddrV6::new(octets.into(), take_port(bytes), Field::take(&bytes[4..]), Field::take(&bytes[24..]))
}

/// The port is big endian, unlike everything else.
fn take_port(bytes: &[u8]) -> u16 {
    u16::take(&bytes[2..]).swap_bytes()
}

fn parse_v4(text: &str) -> Option<SockAddr> {
    let (ip, port) = text.split_once(':').unwrap_or((text, "0"));
    Some(SockAddr::v4(ip.parse().ok()?, decimal(port)?))
}

fn parse_v6(text: &str) -> Option<SockAddr> {
    let (inner, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']')? {
            (inner, "") => (inner, "0"),
            (inner, rest) => (inner, rest.strip_prefix(':')?),
        },
        None => (text, "0"),
    };
    let (ip, scope) = inner.split_once('%').unwrap_or((inner, "0"));
    Some(SockAddr::V6(SocketAddrV6::new(ip.parse().ok()?, decimal(port)?, 0, decimal(scope)?)))
}

fn parse_other(text: &str) -> Option<SockAddr> {
    let family = decimal(text.strip_prefix("family ")?)?;
    let has_structure = [AF_INET, AF_INET6].contains(&i32::from(family));
    (!has_structure).then_some(SockAddr::Other(family))
}

/// Digits alone: `u16::from_str` would also take a sign.
fn decimal<T: FromStr>(digits: &str) -> Option<T> {
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

/// The text of WSAAddressToString: the port only when it is not zero. Other families print as `family 26`.
impl fmt::Display for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) if address.port() == 0 => write!(f, "{}", address.ip()),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) if address.port() == 0 => write_v6(f, address),
            Self::V6(address) => {
                f.write_str("[")?;
                write_v6(f, address)?;
                write!(f, "]:{}", address.port())
            }
            Self::Other(family) => write!(f, "family {family}"),
        }
    }
}

/// Address and scope. Windows prints `::a.b.c.d` (IPv4-compatible) with dots, the standard library does not.
fn write_v6(f: &mut fmt::Formatter<'_>, address: &SocketAddrV6) -> fmt::Result {
    match address.ip().segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            write!(f, "::{}", Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))?;
        }
        _ => write!(f, "{}", address.ip())?,
    }
    if address.scope_id() == 0 { Ok(()) } else { write!(f, "%{}", address.scope_id()) }
}

/// [`SockAddr::parse`] with AF_UNSPEC.
impl FromStr for SockAddr {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text, AF_UNSPEC)
    }
}

impl From<SocketAddr> for SockAddr {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::V4(address),
            SocketAddr::V6(address) => Self::V6(address),
        }
    }
}

serde_as_text!(SockAddr, "an address such as \"127.0.0.1:7000\" or \"[::1]:7000\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inet_addr_takes_what_windows_takes() {
        let read = [
            ("1.2.3.4", "1.2.3.4:0"),
            ("1.2", "1.0.0.2:0"),
            ("1.2.3", "1.2.0.3:0"),
            ("203569230", "12.34.56.78:0"),
            ("0x00010203", "0.1.2.3:0"),
            ("017700000001", "127.0.0.1:0"),
            ("1.2.3.4:010", "1.2.3.4:8"),
            ("1.2.3.4:0xAbCd", "1.2.3.4:43981"),
            ("255.255.255.255:65535", "255.255.255.255:65535"),
        ];
        for (text, address) in read {
            assert_eq!(SockAddr::parse_inet_addr(text), address.parse().ok(), "{text}");
        }
        let refused = [
            "",
            " ",
            " 1.2.3.4",
            "1.2.3.4 ",
            "256.0.0.1",
            "1.2.3.4.5",
            "1.2.3.256",
            "1.16777216",
            "4294967296",
            "[1.2.3.4]",
            "1.2.3.4:",
            "1.2.3.4:0",
            "1.2.3.4:65537",
            "1.2.3.4:0x10000",
            "1.2.3.4:08",
            "1.2.3.4:+5",
            "1..2",
            "0x",
        ];
        for text in refused {
            assert_eq!(SockAddr::parse_inet_addr(text), None, "{text}");
        }
    }
}
