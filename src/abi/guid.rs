//! GUID: 16 bytes whose first three groups are numbers in little-endian order.
//!
//! Page: guiddef guid.

use std::fmt;
use std::str::FromStr;

use super::bytes::{DecodeError, Field, exactly};
use super::text::serde_as_text;

/// A provider's or extension function's identity, in the order it is written: `{00112233-4455-6677-8899-aabbccddeeff}`
/// holds 0x00, 0x11, 0x22...
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[doc(alias = "GUID")]
pub struct Guid([u8; 16]);

impl Guid {
    /// Bytes in memory.
    pub const SIZE: usize = 16;

    /// All zero: GUID_NULL.
    #[doc(alias = "GUID_NULL")]
    pub const NIL: Self = Self([0; 16]);

    /// The GUID with the C initializer `{ data1, data2, data3, { data4 } }`.
    #[must_use]
    pub const fn new(data1: u32, data2: u16, data3: u16, data4: [u8; 8]) -> Self {
        Self::from_u128(
            ((data1 as u128) << 96)
                | ((data2 as u128) << 80)
                | ((data3 as u128) << 64)
                | u64::from_be_bytes(data4) as u128,
        )
    }

    /// The GUID whose text is this number in hexadecimal.
    #[must_use]
    pub const fn from_u128(number: u128) -> Self {
        Self(number.to_be_bytes())
    }

    /// The text's hexadecimal digits as one number.
    #[must_use]
    pub const fn to_u128(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// The bytes Windows keeps in memory.
    #[must_use]
    pub const fn encode(self) -> [u8; 16] {
        swap_groups(self.0)
    }

    /// Reads the bytes Windows keeps in memory.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(swap_groups(*exactly("GUID", bytes)?)))
    }
}

/// Between written order and memory order; its own inverse.
const fn swap_groups(b: [u8; 16]) -> [u8; 16] {
    [b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]]
}

impl Field for Guid {
    const SIZE: usize = 16;

    fn take(bytes: &[u8]) -> Self {
        Self(swap_groups(Field::take(bytes)))
    }

    fn put(&self, bytes: &mut [u8]) {
        self.encode().put(bytes);
    }
}

/// `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}`.
impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.to_u128();
        write!(
            f,
            "{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}",
            n >> 96,
            (n >> 80) & 0xffff,
            (n >> 64) & 0xffff,
            (n >> 48) & 0xffff,
            n & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no GUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuidError {
    /// The text.
    pub given: String,
}

impl fmt::Display for GuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not of the form {{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}}", self.given)
    }
}

impl std::error::Error for GuidError {}

/// With or without braces, digits in either case.
impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        parse(text).map(Self::from_u128).ok_or_else(|| GuidError { given: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<u128> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    if inner.len() != 36 {
        return None;
    }
    inner.bytes().enumerate().try_fold(0, |number, (at, byte)| match (at, byte) {
        (8 | 13 | 18 | 23, b'-') => Some(number),
        (8 | 13 | 18 | 23, _) => None,
        _ => Some(number << 4 | u128::from(char::from(byte).to_digit(16)?)),
    })
}

serde_as_text!(Guid, "a GUID such as \"{e70f1aa0-ab8b-11cf-8ca3-00805f48a192}\"");
