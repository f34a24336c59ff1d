//! What a step read and wrote, as far as it decides whether two steps can change places.

/// Objects a step touched: two sets of bits, one bit or several objects each. Objects that share a bit are taken for
/// one, which costs reduction and never soundness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Footprint {
    /// What it looked at.
    pub reads: u128,
    /// What it changed.
    pub writes: u128,
}

impl Footprint {
    /// It touched nothing.
    pub const NOTHING: Self = Self { reads: 0, writes: 0 };
    /// It may have touched anything: what nobody can be told more about.
    pub const EVERYTHING: Self = Self { reads: u128::MAX, writes: u128::MAX };

    /// The bit of an object: its kind, and its number among its kind.
    #[must_use]
    pub const fn bit(kind: u32, number: u32) -> u128 {
        // Spreads kinds so that few objects of several kinds share no bit.
        let place = kind.wrapping_mul(37).wrapping_add(number) % 128;
        1 << place
    }

    /// It looked at this, too.
    pub const fn read(&mut self, bit: u128) {
        self.reads |= bit;
    }

    /// It changed this, too.
    pub const fn write(&mut self, bit: u128) {
        self.writes |= bit;
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self { reads: self.reads | other.reads, writes: self.writes | other.writes }
    }

    /// Whether the order of two steps may matter: one changed what the other looked at or changed.
    #[must_use]
    pub const fn conflicts(self, other: Self) -> bool {
        let touched = other.reads | other.writes;
        self.writes & touched != 0 || other.writes & self.reads != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_do_not_conflict_and_writes_do() {
        let (a, b) = (Footprint::bit(0, 1), Footprint::bit(1, 1));
        let reads = |bit| Footprint { reads: bit, writes: 0 };
        let writes = |bit| Footprint { reads: 0, writes: bit };
        assert!(!reads(a).conflicts(reads(a)));
        assert!(reads(a).conflicts(writes(a)) && writes(a).conflicts(reads(a)) && writes(a).conflicts(writes(a)));
        assert!(!writes(a).conflicts(writes(b)));
        assert!(!Footprint::EVERYTHING.conflicts(Footprint::NOTHING));
        assert!(Footprint::EVERYTHING.conflicts(reads(b)));
    }
}
