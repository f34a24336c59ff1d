//! A part of a search or a campaign, for several processes or machines that know nothing of each other.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// Part so-and-so of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// Which, from 1.
    number: NonZeroU32,
    /// How many there are.
    of: NonZeroU32,
}

impl Part {
    /// The only part: all of it.
    pub const WHOLE: Self = Self { number: NonZeroU32::MIN, of: NonZeroU32::MIN };

    /// Part `number` of `of`, if there is one.
    #[must_use]
    pub fn new(number: u32, of: u32) -> Option<Self> {
        let (number, of) = (NonZeroU32::new(number)?, NonZeroU32::new(of)?);
        (number <= of).then_some(Self { number, of })
    }

    /// Which part, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number.get()
    }

    /// How many parts there are.
    #[must_use]
    pub const fn of(self) -> u32 {
        self.of.get()
    }

    /// Whether it is all of it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self == Self::WHOLE
    }

    /// Whether something that is dealt out in turn falls to this part.
    pub(super) fn has(self, place: usize) -> bool {
        place % self.of() as usize == self.number() as usize - 1
    }

    /// The place, among all that is dealt out in turn, of what this part gets as its `own`.
    #[must_use]
    pub const fn place_of(self, own: u64) -> u64 {
        own.saturating_mul(self.of() as u64).saturating_add(self.number() as u64 - 1)
    }

    /// How many of so many fall to this part when they are dealt out in turn.
    #[must_use]
    pub const fn share(self, all: u64) -> u64 {
        let (number, of) = (self.number() as u64, self.of() as u64);
        all / of + (all % of >= number) as u64
    }
}

impl Default for Part {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// A text is no part of anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPart;

impl fmt::Display for NoPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part is written `k/n`, from `1/n` to `n/n`")
    }
}

impl std::error::Error for NoPart {}

impl FromStr for Part {
    type Err = NoPart;

    fn from_str(text: &str) -> Result<Self, NoPart> {
        let (number, of) = text.split_once('/').ok_or(NoPart)?;
        let parsed = |text: &str| text.parse().map_err(|_| NoPart);
        Self::new(parsed(number)?, parsed(of)?).ok_or(NoPart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_survives_its_text_and_nothing_else_is_one() {
        assert_eq!("3/7".parse(), Ok(Part::new(3, 7).expect("there is")));
        assert_eq!(Part::new(3, 7).expect("there is").to_string(), "3/7");
        for text in ["", "1", "0/3", "4/3", "1/0", "a/3", "-1/3", "1/3/4", "1/99999999999"] {
            assert_eq!(text.parse::<Part>(), Err(NoPart), "{text}");
        }
    }

    #[test]
    fn parts_share_everything_and_nothing_twice() {
        for all in 0..20 {
            let parts = (1..=6).filter_map(|number| Part::new(number, 6));
            let mut places: Vec<u64> =
                parts.flat_map(|part| (0..part.share(all)).map(move |own| part.place_of(own))).collect();
            places.sort_unstable();
            assert_eq!(places, (0..all).collect::<Vec<_>>());
        }
        assert!((0..9).all(|place| Part::WHOLE.has(place)));
        assert!(Part::new(2, 3).is_some_and(|part| part.has(4) && !part.has(3)));
    }
}
