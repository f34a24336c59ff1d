//! What is known of a scenario on one machine after a search, as plain data: what is told, what result files hold and
//! what `merge` puts together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wspsim::explore::{Part, Schedule, Spent, Verdict};
use wspsim::scenario::programs::{Replay, Stated, Wrong, WrongKind};

use crate::cli::output::Status;

/// What is known of a scenario on one machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Findings {
    pub(crate) scenario: String,
    /// A digest of the scenario's text.
    pub(crate) text: String,
    pub(crate) about: String,
    pub(crate) model: String,
    /// A digest of the machine.
    pub(crate) machine: String,
    pub(crate) profile: String,
    pub(crate) rules: Vec<String>,
    /// The verdict the file says it has.
    pub(crate) stated: Option<Says>,
    /// What did not hold in the steps before the programs, if anything.
    pub(crate) before: Vec<Before>,
    pub(crate) states: u64,
    pub(crate) choices: u64,
    pub(crate) spared: u64,
    pub(crate) longest: u32,
    pub(crate) runs: u64,
    pub(crate) sampled: bool,
    pub(crate) spent: Option<String>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) sometimes: Vec<Sometimes>,
    pub(crate) allowed: Vec<Row>,
    pub(crate) violated: Option<Bad>,
    pub(crate) stuck: Option<Bad>,
}

/// A verdict, and what kind of thing is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Says {
    pub(crate) verdict: String,
    pub(crate) kind: Option<String>,
}

/// A failure of the steps before the programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Before {
    pub(crate) line: u32,
    pub(crate) title: String,
}

/// What the named steps came to together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) steps: Map<String, Value>,
    pub(crate) times: u64,
    pub(crate) schedule: String,
    /// The combinations of `allowed` it fits, by their places.
    pub(crate) rows: Vec<usize>,
    pub(crate) forbidden: Option<Bad>,
    /// Of a part of a search: the digests of its final states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ends: Vec<String>,
    /// What the order of `schedule` reaches.
    pub(crate) coverage: Reached,
}

/// Which rules decided, which errors were given, which policies answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reached {
    pub(crate) rules: BTreeSet<String>,
    pub(crate) errors: BTreeSet<String>,
    pub(crate) policies: BTreeSet<String>,
}

/// A check of `sometimes`, and an order in which it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sometimes {
    pub(crate) check: Bad,
    pub(crate) schedule: Option<String>,
}

/// A combination of `allowed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) line: u32,
    pub(crate) combination: String,
}

/// Something wrong, and an order that leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bad {
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) line: Option<u32>,
    pub(crate) expected: String,
    pub(crate) came: String,
    pub(crate) notes: Vec<String>,
    pub(crate) schedule: Option<String>,
}

impl Bad {
    pub(super) fn of(wrong: &Wrong, replay: Option<&Replay>) -> Self {
        Self {
            kind: wrong.kind.name().to_owned(),
            title: wrong.title.clone(),
            line: wrong.at.map(|(_, line)| line),
            expected: wrong.expected.clone(),
            came: wrong.actual.clone(),
            notes: wrong.notes.clone(),
            schedule: replay.map(ToString::to_string),
        }
    }
}

impl Says {
    pub(super) fn of(stated: Stated) -> Self {
        let kind = stated.kind.map(|kind| kind.name().to_owned());
        Self { verdict: stated.verdict.name().to_owned(), kind }
    }

    fn stated(&self) -> Option<Stated> {
        let kind = self.kind.as_deref().map(WrongKind::from_name);
        Some(Stated {
            verdict: Verdict::from_name(&self.verdict)?,
            kind: kind.map_or(Some(None), |kind| kind.map(Some))?,
        })
    }
}

impl Outcome {
    /// The results by name, as outcomes are ordered.
    pub(crate) fn key(&self) -> Vec<(String, String)> {
        self.steps.iter().map(|(name, came)| (name.clone(), came.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// As people read it.
    pub(super) fn words(&self) -> String {
        let parts: Vec<String> = self.key().into_iter().map(|(name, came)| format!("{name}: {came}")).collect();
        parts.join(", ")
    }
}

impl Reached {
    fn add(&mut self, other: &Self) {
        self.rules.extend(other.rules.iter().cloned());
        self.errors.extend(other.errors.iter().cloned());
        self.policies.extend(other.policies.iter().cloned());
    }
}

impl Findings {
    /// The verdict on a part: of the whole, or of one that knows nothing of the others. What must be reached some time
    /// may be reached in another part.
    pub(crate) fn verdict(&self, part: Part) -> Verdict {
        let unreached = part.is_whole() && self.unreached().next().is_some();
        let forbidden = self.outcomes.iter().any(|outcome| outcome.forbidden.is_some());
        match () {
            () if !self.before.is_empty() || self.violated.is_some() || forbidden => Verdict::Violated,
            () if self.stuck.is_some() => Verdict::Stuck,
            () if self.spent.is_some() => Verdict::OutOfBudget,
            () if unreached && self.sampled => Verdict::OutOfBudget,
            () if unreached => Verdict::Violated,
            () => Verdict::Holds,
        }
    }

    /// What is wrong, in the order that shows it best.
    pub(crate) fn wrong(&self) -> Option<&Bad> {
        let forbidden = self.outcomes.iter().filter_map(|outcome| outcome.forbidden.as_ref());
        let shortest = forbidden.min_by_key(|bad| bad.schedule().map(|schedule| schedule.0.len()));
        self.violated.as_ref().or(shortest).or(self.stuck.as_ref())
    }

    /// The checks of `sometimes` that held in no order that was looked at.
    pub(crate) fn unreached(&self) -> impl Iterator<Item = &Bad> {
        let unreached = self.sometimes.iter().filter(|check| check.schedule.is_none());
        unreached.map(|check| &check.check)
    }

    /// The combinations of `allowed` that came in no order that was looked at.
    pub(crate) fn never_came(&self) -> impl Iterator<Item = &Row> {
        let came: BTreeSet<usize> = self.outcomes.iter().flat_map(|outcome| outcome.rows.iter().copied()).collect();
        let rows = self.allowed.iter().enumerate();
        rows.filter(move |(place, _)| !came.contains(place)).map(|(_, row)| row)
    }

    /// Whether all that was to be looked at was.
    pub(super) fn is_through(&self) -> bool {
        self.before.is_empty() && self.violated.is_none() && self.stuck.is_none() && self.spent.is_none()
    }

    /// What the orders of all outcomes reach.
    pub(crate) fn coverage(&self) -> Reached {
        let mut all = Reached::default();
        self.outcomes.iter().for_each(|outcome| all.add(&outcome.coverage));
        all
    }

    pub(crate) fn spent(&self) -> Option<Spent> {
        Spent::from_name(self.spent.as_deref()?)
    }

    pub(super) fn stated(&self) -> Option<Stated> {
        self.stated.as_ref()?.stated()
    }

    /// What kind of thing is wrong.
    pub(super) fn kind(&self, part: Part) -> Option<WrongKind> {
        let unreached = self.unreached().next().filter(|_| self.verdict(part) == Verdict::Violated);
        WrongKind::from_name(&self.wrong().or(unreached)?.kind)
    }

    /// Whether the file says that this is how it ends.
    pub(super) fn is_as_stated(&self, part: Part) -> bool {
        let stated = self.stated().filter(|_| self.before.is_empty());
        stated.is_some_and(|stated| stated.fits(self.verdict(part), self.kind(part)))
    }

    /// How the program ends for it.
    pub(crate) fn status(&self, part: Part) -> Status {
        match self.verdict(part) {
            _ if self.is_as_stated(part) => Status::Held,
            // It should have been wrong, and is not; what is wrong may be in another part.
            Verdict::Holds if self.stated.is_some() && part.is_whole() => Status::Failed,
            Verdict::Holds => Status::Held,
            Verdict::Violated => Status::Failed,
            Verdict::Stuck => Status::Stuck,
            Verdict::OutOfBudget => Status::OutOfBudget,
        }
    }
}

impl Bad {
    pub(crate) fn schedule(&self) -> Option<Schedule> {
        self.schedule.as_deref()?.parse().ok().map(|replay: Replay| replay.schedule)
    }
}
