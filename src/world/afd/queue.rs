//! Bytes on their way through a stream.
//!
//! A vector with a read position: what is queued is always one slice, so that copying, comparing and hashing it are
//! single operations. Nothing is allocated before the first byte, and a buffer that served a burst is given back once
//! it is empty. Limits are the owner's business.

use std::hash::{Hash, Hasher};

/// An emptied buffer larger than this is given back.
const KEPT_BYTES_MAX: usize = 4096;

/// A queue of bytes.
#[derive(Default)]
pub(super) struct ByteQueue {
    bytes: Vec<u8>,
    /// Bytes at the front of `bytes` that were taken already.
    taken: usize,
}

impl ByteQueue {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == self.taken
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// The first `count` bytes, or all if there are fewer.
    #[inline]
    pub(super) fn front(&self, count: usize) -> &[u8] {
        let queued = self.as_slice();
        &queued[..count.min(queued.len())]
    }

    #[inline]
    pub(super) fn push(&mut self, more: &[u8]) {
        // Moving the rest to the front costs less than the bytes already taken have brought.
        if self.taken > 0 && self.taken >= self.len() {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Drops the first `count` bytes, or all if there are fewer.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        self.taken += count.min(self.len());
        if self.is_empty() {
            self.clear();
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.taken = 0;
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
    }
}

impl Clone for ByteQueue {
    fn clone(&self) -> Self {
        Self { bytes: self.as_slice().to_vec(), taken: 0 }
    }
}

impl PartialEq for ByteQueue {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for ByteQueue {}

impl Hash for ByteQueue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl std::fmt::Debug for ByteQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_in_the_order_they_came() {
        let mut queue = ByteQueue::default();
        let mut out = Vec::new();
        for round in 0..100_u8 {
            queue.push(&[round, round, round]);
            out.extend_from_slice(queue.front(2));
            queue.consume(2);
        }
        out.extend_from_slice(queue.as_slice());
        let expected: Vec<u8> = (0..100_u8).flat_map(|round| [round; 3]).collect();
        assert_eq!(out, expected);
    }

    #[test]
    fn equality_is_about_the_bytes_still_queued() {
        let (mut one, mut two) = (ByteQueue::default(), ByteQueue::default());
        one.push(b"xhello");
        one.consume(1);
        two.push(b"hello");
        assert_eq!(one, two);
    }

    #[test]
    fn asking_for_more_than_is_queued_gives_what_is_queued() {
        let mut queue = ByteQueue::default();
        queue.push(b"ab");
        assert_eq!(queue.front(9), b"ab");
        queue.consume(9);
        assert!(queue.is_empty());
    }
}
