//! The overlapped structures of one process: what they say of the operation they were last given to.
//!
//! The fields Internal, InternalHigh, Offset and OffsetHigh are the provider's (WSPGetOverlappedResult, *typical
//! storage*). Here they are one record for each structure, found by [`Overlapped::id`] and by whose memory it is in.

use super::ids::{Handle, InstanceId};
use super::sorted::SortedMap;
use crate::abi::{Overlapped, SpiResult, WsaError};

/// An overlapped structure: whose memory it is in, and which.
pub type OverlappedKey = (Option<InstanceId>, u32);

/// What a structure says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OverlappedRecord {
    /// hEvent.
    pub event: Handle,
    /// Whether the operation was given a completion routine.
    pub routine: bool,
    /// How the operation ended; `None` while it is pending.
    pub outcome: Option<SpiResult>,
}

/// The overlapped structures of a process that were ever given to an operation.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct OverlappedRecords(SortedMap<OverlappedKey, OverlappedRecord>);

super::copy::clone_by_fields!(OverlappedRecords { 0 });

/// Which structure of a process this is.
#[must_use]
pub fn key_of(overlapped: &Overlapped) -> OverlappedKey {
    (overlapped.layer, overlapped.id)
}

impl OverlappedRecords {
    /// Whether no structure was ever given to an operation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An operation with this structure has become pending.
    pub fn begin(&mut self, overlapped: &Overlapped) {
        self.note(overlapped, None);
    }

    /// The operation with this structure has ended.
    pub fn finish(&mut self, overlapped: &Overlapped, outcome: SpiResult) {
        self.note(overlapped, Some(outcome));
    }

    fn note(&mut self, overlapped: &Overlapped, outcome: Option<SpiResult>) {
        let (event, routine) = (overlapped.event, overlapped.routine.is_some());
        match self.0.get_mut(&key_of(overlapped)) {
            Some(record) => (record.event, record.routine, record.outcome) = (event, routine, outcome),
            None => self.0.insert(key_of(overlapped), OverlappedRecord { event, routine, outcome }),
        }
    }

    /// A layer has no more use for a structure of its own.
    pub fn release(&mut self, overlapped: &Overlapped) {
        self.0.remove(&key_of(overlapped));
    }

    /// What a structure of the client's says; `None` if it was never given to an operation.
    #[must_use]
    pub fn client(&self, id: u32) -> Option<&OverlappedRecord> {
        self.0.get(&(None, id))
    }

    /// Whether an operation with this structure is pending.
    #[must_use]
    pub fn is_pending(&self, key: OverlappedKey) -> bool {
        self.0.get(&key).is_some_and(|record| record.outcome.is_none())
    }

    /// The client's structures whose operations are pending.
    pub fn pending(&self) -> impl Iterator<Item = u32> + '_ {
        let pending = self.0.iter().filter(|(key, record)| key.0.is_none() && record.outcome.is_none());
        pending.map(|(key, _)| key.1)
    }

    /// Winsock is over for this process: what was pending is cancelled without a word (Cleanup5).
    pub fn abort_all(&mut self) {
        self.0.retain(|key, _| key.0.is_none());
        for record in self.0.values_mut().filter(|record| record.outcome.is_none()) {
            record.outcome = Some(Err(WsaError::OperationAborted));
        }
    }
}
