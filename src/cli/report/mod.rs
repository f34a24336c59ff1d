//! What `run` writes to stdout, in each format.
//!
//! A reporter turns outcomes into text and writes nothing: the same outcomes give the same text.

mod failure;
mod human;
mod json;
mod junit;
mod tap;

use super::output::Look;
use super::play::{Outcome, Tally};
use super::run::Format;

/// How much is told to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What does not hold, and the summary.
    Quiet,
    /// A line for each play.
    Lines,
    /// A picture of each scenario.
    Drawn,
    /// A picture of each play, with everything.
    Everything,
}

/// Turns outcomes into text, one after the other.
pub(crate) trait Reporter {
    /// Whether the plays need their events.
    fn wants_events(&self) -> bool {
        false
    }

    /// The text of one scenario.
    fn scenario(&mut self, outcome: &Outcome) -> String;

    /// The text after the last one.
    fn end(&mut self, tally: &Tally) -> String;
}

/// The reporter of a format.
pub(crate) fn reporter(format: Format, detail: Detail, look: Look) -> Box<dyn Reporter> {
    match format {
        Format::Human => Box::new(human::Human { detail, look }),
        Format::Json => Box::new(json::Json),
        Format::Junit => Box::new(junit::Junit::new()),
        Format::Tap => Box::new(tap::Tap::default()),
    }
}
