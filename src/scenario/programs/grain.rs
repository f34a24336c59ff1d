//! How fine an order is, and an order as what `replay` takes.

use std::fmt;
use std::str::FromStr;

use crate::explore::{NoSchedule, Schedule};

/// What one choice of an order is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
pub enum Granularity {
    /// A whole call, up to where it returns or waits.
    #[default]
    Call,
    /// A call up to its next frame border: where it is handed to a provider, or an answer goes back.
    Frame,
}

/// One order, as text: `1-aab` chooses among whole calls, `f1-aab` among frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What its choices are.
    pub granularity: Granularity,
    /// The choices.
    pub schedule: Schedule,
}

/// Before a schedule whose choices are frames.
const FRAMES: &str = "f";

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.granularity == Granularity::Frame { FRAMES } else { "" })?;
        self.schedule.fmt(f)
    }
}

impl FromStr for Replay {
    type Err = NoSchedule;

    fn from_str(text: &str) -> Result<Self, NoSchedule> {
        let (granularity, rest) = match text.strip_prefix(FRAMES) {
            Some(rest) => (Granularity::Frame, rest),
            None => (Granularity::Call, text),
        };
        Ok(Self { granularity, schedule: rest.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_says_how_fine_it_is() {
        for (text, granularity) in [("1-aab", Granularity::Call), ("f1-aX3bT", Granularity::Frame)] {
            let replay: Replay = text.parse().expect("an order");
            let again: Replay = replay.to_string().parse().expect("its own text");
            assert_eq!((replay.granularity, &again), (granularity, &replay));
        }
        assert!("ff1-a".parse::<Replay>().is_err() && "f".parse::<Replay>().is_err());
    }
}
