//! The value of SO_LINGER.
//!
//! Page: winsock2 linger.

use super::bytes::{DecodeError, Field, exactly};

/// Whether a close waits for unsent data, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[doc(alias = "LINGER")]
pub struct Linger {
    /// l_onoff: off when zero.
    #[doc(alias = "l_onoff")]
    pub onoff: u16,
    /// l_linger, in seconds.
    #[doc(alias = "l_linger")]
    pub seconds: u16,
}

impl Linger {
    /// Bytes in memory.
    pub const SIZE: usize = 4;

    /// Off.
    pub const OFF: Self = Self { onoff: 0, seconds: 0 };

    /// On, with a time.
    #[must_use]
    pub const fn on(seconds: u16) -> Self {
        Self { onoff: 1, seconds }
    }

    /// Writes the structure.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        self.onoff.put(&mut bytes);
        self.seconds.put(&mut bytes[2..]);
        bytes
    }

    /// Reads the structure. Any four bytes are one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let bytes = exactly::<{ Self::SIZE }>("LINGER", bytes)?;
        Ok(Self { onoff: Field::take(bytes), seconds: Field::take(&bytes[2..]) })
    }

    /// Whether a close lingers.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.onoff != 0
    }
}
