//! szProtocol: the name at the end of a protocol info, wide and narrow.
//!
//! The narrow form depends on a machine's code page. Here it is ISO 8859-1: every narrow name has a wide one and
//! comes back unchanged; a wide character outside becomes `?`.

use std::fmt;

use super::bytes::Field;
use super::consts::WSAPROTOCOL_LEN;

const LEN: usize = WSAPROTOCOL_LEN + 1;

/// szProtocol of WSAPROTOCOL_INFOW: 256 units of any value. The text ends before the first zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProtocolName(pub [u16; LEN]);

/// szProtocol of WSAPROTOCOL_INFOA: 256 bytes of any value. The text ends before the first zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProtocolNameA(pub [u8; LEN]);

impl ProtocolName {
    /// Whether a text has room with its terminator.
    #[must_use]
    pub fn fits(text: &str) -> bool {
        text.encode_utf16().count() <= WSAPROTOCOL_LEN
    }

    /// The units before the terminator.
    #[must_use]
    pub fn text(&self) -> &[u16] {
        before_zero(&self.0)
    }
}

impl ProtocolNameA {
    /// The bytes before the terminator.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        before_zero(&self.0)
    }
}

fn before_zero<T: Copy + Default + PartialEq>(units: &[T]) -> &[T] {
    units.split(|unit| *unit == T::default()).next().unwrap_or_default()
}

fn padded<T: Copy + Default>(units: impl Iterator<Item = T>) -> [T; LEN] {
    let mut name = [T::default(); LEN];
    name.iter_mut().zip(units).for_each(|(slot, unit)| *slot = unit);
    name
}

/// A text that does not [fit](ProtocolName::fits) is cut after its last whole character that does; a NUL ends it.
impl From<&str> for ProtocolName {
    fn from(text: &str) -> Self {
        let mut used = 0;
        let kept = text.chars().take_while(|c| {
            used += c.len_utf16();
            *c != '\0' && used <= WSAPROTOCOL_LEN
        });
        let mut pair = [0; 2];
        Self(padded(kept.flat_map(|c| c.encode_utf16(&mut pair).to_vec())))
    }
}

/// The wide name of the text, narrowed.
impl From<&str> for ProtocolNameA {
    fn from(text: &str) -> Self {
        Self::from(&ProtocolName::from(text))
    }
}

impl From<&ProtocolName> for ProtocolNameA {
    fn from(wide: &ProtocolName) -> Self {
        Self(padded(wide.text().iter().map(|unit| u8::try_from(*unit).unwrap_or(b'?'))))
    }
}

impl From<&ProtocolNameA> for ProtocolName {
    fn from(narrow: &ProtocolNameA) -> Self {
        Self(padded(narrow.text().iter().map(|byte| u16::from(*byte))))
    }
}

/// Broken surrogates become U+FFFD.
impl fmt::Display for ProtocolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf16_lossy(self.text()))
    }
}

impl fmt::Display for ProtocolNameA {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text().iter().copied().map(char::from).collect::<String>())
    }
}

macro_rules! both {
    ($($type:ident),+) => {
        $(
            /// Empty.
            impl Default for $type {
                fn default() -> Self {
                    Self([0; LEN])
                }
            }

            /// The text in quotes.
            impl fmt::Debug for $type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Debug::fmt(&self.to_string(), f)
                }
            }

            impl From<&$type> for String {
                fn from(name: &$type) -> Self {
                    name.to_string()
                }
            }
        )+
    };
}

both!(ProtocolName, ProtocolNameA);

impl Field for ProtocolName {
    const SIZE: usize = 2 * LEN;

    fn take(bytes: &[u8]) -> Self {
        Self(Field::take(bytes))
    }

    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}

impl Field for ProtocolNameA {
    const SIZE: usize = LEN;

    fn take(bytes: &[u8]) -> Self {
        Self(Field::take(bytes))
    }

    fn put(&self, bytes: &mut [u8]) {
        self.0.put(bytes);
    }
}
