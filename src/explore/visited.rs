//! The states a search has been to: flat tables, at most 64 bytes a state, that still know how each was reached.

use hashbrown::HashTable;

use super::choice::Choice;

/// States by digest. What belongs to state `n` is at place `n` of each table.
#[derive(Debug, Default)]
pub(super) struct Visited {
    index: HashTable<u32>,
    digests: Vec<u64>,
    /// From where it was reached first, and by which choice.
    parents: Vec<u32>,
    choices: Vec<u32>,
    /// Choices that every visit so far left to others.
    sleeping: Vec<u64>,
}

/// What a visit finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// Nobody has been here.
    New(u32),
    /// Somebody has.
    Known(u32),
    /// The table is full: its numbers have 32 bits.
    Full,
}

impl Visited {
    /// Enters a state.
    pub(super) fn visit(&mut self, digest: u64, parent: u32, choice: Choice, sleeping: u64) -> Visit {
        let Self { index, digests, .. } = self;
        let found = index.find(digest, |&at| digests[at as usize] == digest);
        if let Some(&at) = found {
            return Visit::Known(at);
        }
        let Ok(at) = u32::try_from(self.digests.len()) else { return Visit::Full };
        self.digests.push(digest);
        self.parents.push(parent);
        self.choices.push(choice.packed());
        self.sleeping.push(sleeping);
        let digests = &self.digests;
        self.index.insert_unique(digest, at, |&at| digests[at as usize]);
        Visit::New(at)
    }

    /// The choices every visit so far left to others; `None` where nobody has been.
    pub(super) fn find(&self, digest: u64) -> Option<u64> {
        let at = *self.index.find(digest, |&at| self.digests[at as usize] == digest)?;
        Some(self.sleeping[at as usize])
    }

    /// The digest of a state.
    pub(super) fn digest(&self, at: u32) -> u64 {
        self.digests[at as usize]
    }

    /// The choices every visit so far left to others.
    pub(super) fn sleeping(&mut self, at: u32) -> &mut u64 {
        &mut self.sleeping[at as usize]
    }

    /// The choices that led to a state for the first time, in order.
    pub(super) fn way_to(&self, mut at: u32) -> Vec<Choice> {
        let mut way = Vec::new();
        while at != 0 {
            way.push(Choice::unpacked(self.choices[at as usize]));
            at = self.parents[at as usize];
        }
        way.reverse();
        way
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.digests.len()
    }

    /// Bytes the tables take.
    pub(super) fn bytes(&self) -> usize {
        self.index.allocation_size()
            + self.digests.capacity() * size_of::<u64>()
            + self.parents.capacity() * size_of::<u32>()
            + self.choices.capacity() * size_of::<u32>()
            + self.sleeping.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_found_again_and_knows_its_way() {
        let mut visited = Visited::default();
        assert_eq!(visited.visit(7, 0, Choice::Time, 0), Visit::New(0));
        assert_eq!(visited.visit(8, 0, Choice::go(1), 0b10), Visit::New(1));
        assert_eq!(visited.visit(9, 1, Choice::Fault(2), 0), Visit::New(2));
        assert_eq!(visited.visit(8, 2, Choice::go(5), 0), Visit::Known(1));
        assert_eq!(visited.way_to(2), [Choice::go(1), Choice::Fault(2)]);
        assert_eq!(*visited.sleeping(1), 0b10);
        assert_eq!((visited.find(8), visited.find(1), visited.digest(2)), (Some(0b10), None, 9));
        assert!(visited.way_to(0).is_empty());
    }

    #[test]
    fn a_state_takes_at_most_64_bytes() {
        let mut visited = Visited::default();
        let mut digest = 1_u64;
        for at in 0..200_000_u32 {
            digest = digest.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            assert_eq!(visited.visit(digest, at.saturating_sub(1), Choice::go(0), 0), Visit::New(at));
            if at > 1_000 {
                assert!(visited.bytes() <= 64 * visited.len(), "{} bytes for {}", visited.bytes(), visited.len());
            }
        }
    }
}
