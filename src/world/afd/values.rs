//! The values of options and where a socket keeps them.
//!
//! Switches are one bit each, the numbers that calls look at have a field, and everything else is in a list that most
//! sockets do not have. What an option does is said in `option`.

use std::fmt;
use std::sync::Arc;

use crate::abi::{Linger, OptionDefault, OptionType, SockAddr, SockOpt, WsaError};
use crate::world::machine::Platform;
use crate::world::policy::LingerDefault;

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OptionValue {
    /// BOOL.
    Bool(bool),
    /// A signed number.
    Int(i32),
    /// An unsigned number.
    U32(u32),
    /// SO_LINGER.
    Linger {
        /// l_onoff.
        on: bool,
        /// l_linger.
        seconds: u16,
    },
    /// Bytes without a fixed shape.
    Bytes(Arc<[u8]>),
    /// SO_BSP_STATE; type and protocol are the caller's to add.
    Addresses {
        /// The local name.
        local: Option<SockAddr>,
        /// The peer's name.
        peer: Option<SockAddr>,
    },
}

impl OptionValue {
    pub(super) fn as_bool(&self) -> Result<bool, WsaError> {
        match *self {
            Self::Bool(value) => Ok(value),
            Self::Int(value) => Ok(value != 0),
            Self::U32(value) => Ok(value != 0),
            _ => Err(WsaError::Inval),
        }
    }

    pub(super) fn as_bits(&self) -> Result<u32, WsaError> {
        match *self {
            Self::Int(value) => Ok(value as u32),
            Self::U32(value) => Ok(value),
            Self::Bool(value) => Ok(u32::from(value)),
            _ => Err(WsaError::Inval),
        }
    }

    /// A size: not negative.
    pub(super) fn as_size(&self) -> Result<u32, WsaError> {
        match self.as_bits()? {
            size if size > i32::MAX as u32 => Err(WsaError::Inval),
            size => Ok(size),
        }
    }
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
            Self::Int(value) => value.fmt(f),
            Self::U32(value) => value.fmt(f),
            Self::Linger { on: false, .. } => f.write_str("off"),
            Self::Linger { on: true, seconds } => write!(f, "on, {seconds} s"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Addresses { local, peer } => write!(f, "{local:?}, {peer:?}"),
        }
    }
}

/// The options of one socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Options {
    /// Switches whose value is not their default: bit n is the n-th option. The bit of SO_LINGER is its l_onoff, the
    /// bit of TCP_BSDURGENT says that one of the two urgent switches was set.
    flipped: [u64; 2],
    /// Of the last SO_LINGER that turned lingering on.
    pub(super) linger_seconds: u16,
    /// SIO_UDP_CONNRESET, once it was used.
    pub(super) udp_connreset: Option<bool>,
    pub(super) send_buffer: u32,
    pub(super) receive_buffer: u32,
    pub(super) send_timeout_ms: u32,
    pub(super) receive_timeout_ms: u32,
    /// Everything else that was ever set, in the order of the options.
    rare: Option<Box<Rare>>,
}

/// Values that few sockets ever set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Rare {
    values: Vec<(SockOpt, OptionValue)>,
}

const _: () = assert!(SockOpt::ALL.len() <= 128, "one bit for each option");

/// The default of a switch that the table leaves to the provider is off.
#[inline]
const fn on_by_default(option: SockOpt) -> bool {
    matches!(option.row().default, OptionDefault::Bool(true))
}

impl Options {
    #[inline]
    pub(super) fn new(platform: &Platform) -> Self {
        let mut options = Self {
            flipped: [0; 2],
            linger_seconds: 0,
            udp_connreset: None,
            send_buffer: platform.limits.send_buffer_bytes,
            receive_buffer: platform.limits.receive_buffer_bytes,
            send_timeout_ms: 0,
            receive_timeout_ms: 0,
            rare: None,
        };
        if platform.policies.linger_default == LingerDefault::On {
            options.flip(SockOpt::Linger, true);
        }
        options
    }

    #[inline]
    fn bit(option: SockOpt) -> (usize, u64) {
        (option as usize / 64, 1 << (option as usize % 64))
    }

    #[inline]
    pub(super) fn flipped(&self, option: SockOpt) -> bool {
        let (word, bit) = Self::bit(option);
        self.flipped[word] & bit != 0
    }

    #[inline]
    pub(super) fn flip(&mut self, option: SockOpt, flipped: bool) {
        let (word, bit) = Self::bit(option);
        if flipped { self.flipped[word] |= bit } else { self.flipped[word] &= !bit }
    }

    /// The value of a Boolean option.
    #[inline]
    pub(super) fn switch(&self, option: SockOpt) -> bool {
        self.flipped(option) != on_by_default(option)
    }

    #[inline]
    pub(super) fn set_switch(&mut self, option: SockOpt, on: bool) {
        self.flip(option, on != on_by_default(option));
    }

    #[inline]
    pub(super) fn linger(&self) -> Linger {
        Linger { onoff: u16::from(self.flipped(SockOpt::Linger)), seconds: self.linger_seconds }
    }

    /// A value that was ever set, of those without a place of their own.
    pub(super) fn rare(&self, option: SockOpt) -> Option<&OptionValue> {
        let rare = &self.rare.as_ref()?.values;
        rare.binary_search_by_key(&option, |(known, _)| *known).ok().map(|at| &rare[at].1)
    }

    pub(super) fn set_rare(&mut self, option: SockOpt, value: OptionValue) {
        let rare = &mut self.rare.get_or_insert_default().values;
        match rare.binary_search_by_key(&option, |(known, _)| *known) {
            Ok(at) => rare[at].1 = value,
            Err(at) => rare.insert(at, (option, value)),
        }
    }
}

/// What an option reads as that was never set. Where the table leaves it to the provider, the values are those of
/// Windows TCP/IP: hop limit 128, keep-alive after two hours, every second, ten times.
pub(super) fn default_of(option: SockOpt) -> OptionValue {
    let number = match option {
        SockOpt::TcpKeepIdle => 7200,
        SockOpt::TcpKeepCnt => 10,
        SockOpt::TcpKeepIntvl => 1,
        SockOpt::IpTtl | SockOpt::Ipv6UnicastHops => 128,
        _ => match option.row().default {
            OptionDefault::Int(number) => number,
            _ => 0,
        },
    };
    match option.row().value {
        OptionType::Int => OptionValue::Int(number),
        OptionType::U32 => OptionValue::U32(number as u32),
        _ => OptionValue::Bytes(Arc::default()),
    }
}
