//! Everything a step can report.

use super::afd::Change;
use super::policy::PolicyId;
use crate::rules::RuleId;

/// One entry of a [`Log`](super::log::Log).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A rule decided.
    Rule(RuleId),
    /// A policy decided.
    Policy(PolicyId),
    /// A shared socket changed.
    Socket(Change),
}

impl From<Change> for Event {
    fn from(change: Change) -> Self {
        Self::Socket(change)
    }
}
