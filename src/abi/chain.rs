//! WSAPROTOCOLCHAIN: which catalog entries a chain consists of.
//!
//! Page: winsock2 wsaprotocolchain. The page calls ChainLen a number of bytes; it is a number of entries.

use std::fmt;

use super::bytes::{DecodeError, Field, exactly};
use super::consts::MAX_PROTOCOL_CHAIN;

/// The protocol chain of a catalog entry. Any length and any ids can be represented, as in the structure itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[doc(alias = "WSAPROTOCOLCHAIN")]
pub struct ProtocolChain {
    /// ChainLen: 0 a layer alone, 1 a base protocol, 2 to 7 a chain.
    #[doc(alias = "ChainLen")]
    pub len: i32,
    /// ChainEntries: catalog ids from the top layer down to the base.
    #[doc(alias = "ChainEntries")]
    pub entries: [u32; MAX_PROTOCOL_CHAIN],
}

/// More ids than a chain can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainTooLong {
    /// How many ids came. [`MAX_PROTOCOL_CHAIN`] fit.
    pub given: usize,
}

impl fmt::Display for ChainTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a protocol chain holds {MAX_PROTOCOL_CHAIN} entries, not {}", self.given)
    }
}

impl std::error::Error for ChainTooLong {}

impl ProtocolChain {
    /// Bytes in memory.
    pub const SIZE: usize = 32;

    /// The chain of a layer alone: ChainLen 0.
    pub const LAYER: Self = Self { len: 0, entries: [0; MAX_PROTOCOL_CHAIN] };

    /// The chain of a base protocol: ChainLen 1 and its own id.
    #[must_use]
    pub const fn base(id: u32) -> Self {
        let mut entries = [0; MAX_PROTOCOL_CHAIN];
        entries[0] = id;
        Self { len: 1, entries }
    }

    /// The chain of these ids, top layer first.
    pub fn new(ids: &[u32]) -> Result<Self, ChainTooLong> {
        let mut entries = [0; MAX_PROTOCOL_CHAIN];
        entries.get_mut(..ids.len()).ok_or(ChainTooLong { given: ids.len() })?.copy_from_slice(ids);
        Ok(Self { len: ids.len() as i32, entries })
    }

    /// Writes the structure.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        self.put(&mut bytes);
        bytes
    }

    /// Reads the structure. Any 32 bytes are one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        exactly::<{ Self::SIZE }>("WSAPROTOCOLCHAIN", bytes).map(|bytes| Self::take(bytes))
    }

    /// The ids that count: as many as ChainLen says, none if it is negative, all seven if it says more.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.entries[..self.len.clamp(0, MAX_PROTOCOL_CHAIN as i32) as usize]
    }

    /// Whether this is a layer's own entry, which makes no sockets.
    #[must_use]
    pub const fn is_layer(&self) -> bool {
        self.len == 0
    }

    /// Whether this is a base protocol.
    #[must_use]
    pub const fn is_base(&self) -> bool {
        self.len == 1
    }

    /// Whether this is a chain of at least one layer and a base.
    #[must_use]
    pub const fn is_chain(&self) -> bool {
        2 <= self.len && self.len <= MAX_PROTOCOL_CHAIN as i32
    }
}

impl Field for ProtocolChain {
    const SIZE: usize = ProtocolChain::SIZE;

    fn take(bytes: &[u8]) -> Self {
        Self { len: Field::take(bytes), entries: Field::take(&bytes[4..]) }
    }

    fn put(&self, bytes: &mut [u8]) {
        self.len.put(bytes);
        self.entries.put(&mut bytes[4..]);
    }
}
