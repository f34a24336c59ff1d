//! What can be wrong with a run.

use super::super::judge::{self, Came};
use super::super::report::FailureKind;
use super::ItemId;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WrongKind {
    /// A call gave something else than its step expects.
    Expect,
    /// A step could not be made: a label has no value, the op cannot happen.
    Step,
    /// A check among the steps did not hold.
    Check,
    /// A check of `always` did not hold.
    Always,
    /// A check of `sometimes` held in no order.
    Sometimes,
    /// A check of `finally` did not hold.
    Finally,
    /// Named steps came to something together that is not allowed.
    Allowed,
    /// A call returned and no step looked at it.
    Unclaimed,
    /// Somebody waits and nobody will end it.
    Stuck,
    /// Something was left over after everybody had cleaned up and gone.
    Leak,
    /// The machine broke one of its own invariants: a defect of the simulator.
    Invariant,
}

impl WrongKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Expect,
        Self::Step,
        Self::Check,
        Self::Always,
        Self::Sometimes,
        Self::Finally,
        Self::Allowed,
        Self::Unclaimed,
        Self::Stuck,
        Self::Leak,
        Self::Invariant,
    ];

    /// The word in files and machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expect => "expect",
            Self::Step => "step",
            Self::Check => "check",
            Self::Always => "always",
            Self::Sometimes => "sometimes",
            Self::Finally => "finally",
            Self::Allowed => "allowed",
            Self::Unclaimed => "unclaimed",
            Self::Stuck => "stuck",
            Self::Leak => "leak",
            Self::Invariant => "invariant",
        }
    }

    /// The kind with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// What an ordinary scenario that shows it reports.
    pub(super) const fn as_failure(self) -> FailureKind {
        match self {
            Self::Expect | Self::Allowed => FailureKind::Result,
            Self::Step => FailureKind::Step,
            Self::Check | Self::Always | Self::Sometimes | Self::Finally => FailureKind::Check,
            Self::Unclaimed => FailureKind::Unclaimed,
            Self::Stuck => FailureKind::Stuck,
            Self::Leak => FailureKind::Leak,
            Self::Invariant => FailureKind::Invariant,
        }
    }
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What kind.
    pub kind: WrongKind,
    /// One sentence: who did what and what was wrong.
    pub title: String,
    /// What the scenario expects, in its own language.
    pub expected: String,
    /// What came, in the same language.
    pub actual: String,
    /// Who else takes part, one line each.
    pub notes: Vec<String>,
    /// The first byte of what did not hold, and its line.
    pub at: Option<(u32, u32)>,
    /// The step.
    pub(super) item: Option<ItemId>,
    /// Which check of its list.
    pub(super) check: Option<usize>,
}

impl Wrong {
    pub(super) fn new(kind: WrongKind, title: impl Into<String>) -> Self {
        let (title, expected, actual) = (title.into(), String::new(), String::new());
        Self { kind, title, expected, actual, notes: Vec::new(), at: None, item: None, check: None }
    }

    /// What was expected, and what came.
    pub(super) fn differs(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = expected.into();
        self.actual = actual.into();
        self
    }

    pub(super) fn at(mut self, start: u32, line: u32) -> Self {
        self.at = Some((start, line));
        self
    }

    pub(super) fn of_check(mut self, check: usize) -> Self {
        self.check = Some(check);
        self
    }
}

/// What came, as a scenario would expect it.
pub(super) fn written(came: &Came) -> String {
    judge::written(came)
}
