//! User memory as the interface sees it: buffers that are there, too small, or outside the address space.
//!
//! Every pointer argument of the interface can be NULL or wild, and for each the documentation names an error. The
//! types here keep these cases apart without modelling addresses.

use std::sync::Arc;

use super::SockAddr;

/// A `sockaddr` argument with its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// NULL, or outside user memory.
    Null,
    /// An address, and the `namelen` the client claims for it, bytes.
    At {
        /// The address.
        address: SockAddr,
        /// `namelen`.
        len: i32,
    },
}

impl Name {
    /// An address with its proper length.
    #[must_use]
    pub fn of(address: SockAddr) -> Self {
        Self::At { address, len: address.encoded_len() as i32 }
    }
}

/// Room for something the provider writes, in bytes; `None` is NULL or outside user memory.
pub type Room = Option<u32>;

/// The buffers of a send: `lpBuffers`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Gather {
    /// Outside user memory.
    Wild,
    /// One buffer.
    One(Arc<[u8]>),
    /// Several, sent in order.
    Many(Arc<[Arc<[u8]>]>),
}

impl Gather {
    /// All bytes in order; `None` when the buffers are outside user memory.
    #[must_use]
    pub fn bytes(&self) -> Option<Arc<[u8]>> {
        match self {
            Self::Wild => None,
            Self::One(bytes) => Some(Arc::clone(bytes)),
            Self::Many(parts) => Some(parts.iter().flat_map(|part| part.iter().copied()).collect()),
        }
    }
}

/// The buffers of a receive: `lpBuffers`, by their sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scatter {
    /// Outside user memory.
    Wild,
    /// One buffer.
    One(u32),
    /// Several, filled in order without holes.
    Many(Arc<[u32]>),
}

impl Scatter {
    /// The bytes that fit; `None` when the buffers are outside user memory.
    #[must_use]
    pub fn room(&self) -> Option<usize> {
        match self {
            Self::Wild => None,
            Self::One(len) => Some(*len as usize),
            Self::Many(lens) => Some(lens.iter().map(|&len| len as usize).sum()),
        }
    }
}

/// A small block of bytes: an option value, an ioctl buffer. Up to eight bytes live inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bytes {
    /// Up to eight bytes; those beyond the length are zero.
    Small([u8; 8], u8),
    /// More.
    Large(Arc<[u8]>),
}

impl Bytes {
    /// Nothing.
    pub const EMPTY: Self = Self::Small([0; 8], 0);

    /// Copies a slice.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.len() > 8 {
            return Self::Large(bytes.into());
        }
        let mut small = [0; 8];
        small[..bytes.len()].copy_from_slice(bytes);
        Self::Small(small, bytes.len() as u8)
    }

    /// The four bytes of an int, BOOL or DWORD.
    #[inline]
    #[must_use]
    pub fn word(value: u32) -> Self {
        let [a, b, c, d] = value.to_le_bytes();
        Self::Small([a, b, c, d, 0, 0, 0, 0], 4)
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Small(bytes, len) => &bytes[..usize::from(*len).min(8)],
            Self::Large(bytes) => bytes,
        }
    }

    /// The first four bytes as a number; `None` when there are fewer.
    #[inline]
    #[must_use]
    pub fn as_word(&self) -> Option<u32> {
        self.as_slice().first_chunk().map(|word| u32::from_le_bytes(*word))
    }

    /// At most `room` bytes of this block.
    #[must_use]
    pub fn truncated(&self, room: usize) -> Self {
        let bytes = self.as_slice();
        Self::of(&bytes[..bytes.len().min(room)])
    }
}
