//! WSANETWORKEVENTS: what WSPEnumNetworkEvents hands out.
//!
//! Page: winsock2 wsanetworkevents.

use super::bytes::{DecodeError, Field, exactly};
use super::consts::FD_MAX_EVENTS;
use super::flags::NetworkEvents;

/// Recorded events, and an error number for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[doc(alias = "WSANETWORKEVENTS")]
pub struct NetworkEventRecord {
    /// lNetworkEvents: what happened.
    #[doc(alias = "lNetworkEvents")]
    pub events: NetworkEvents,
    /// iErrorCode: at an event's bit number its error number, 0 for success.
    #[doc(alias = "iErrorCode")]
    pub error_code: [i32; FD_MAX_EVENTS],
}

impl NetworkEventRecord {
    /// Bytes in memory.
    pub const SIZE: usize = 44;

    /// Writes the structure.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        self.events.bits().put(&mut bytes);
        self.error_code.put(&mut bytes[4..]);
        bytes
    }

    /// Reads the structure. Any 44 bytes are one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let bytes = exactly::<{ Self::SIZE }>("WSANETWORKEVENTS", bytes)?;
        Ok(Self { events: NetworkEvents::from_bits_retain(Field::take(bytes)), error_code: Field::take(&bytes[4..]) })
    }

    /// The error number of one event; 0 when the argument is not exactly one of the ten.
    #[must_use]
    pub fn error_of(&self, event: NetworkEvents) -> i32 {
        event.bit_index().and_then(|bit| self.error_code.get(bit)).copied().unwrap_or(0)
    }
}
