//! What a search found.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use super::choice::{Choice, Schedule};
use super::system::System;

/// How a search ended: four different words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing is wrong with any order that was looked at.
    Holds,
    /// Something is.
    Violated,
    /// Somebody waits in some order, and nobody will end it.
    Stuck,
    /// A budget was spent before every order was looked at, and nothing was wrong until then.
    OutOfBudget,
}

impl Verdict {
    /// The word for people and machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Stuck => "stuck",
            Self::OutOfBudget => "out of budget",
        }
    }
}

impl Verdict {
    /// The verdict with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Holds, Self::Violated, Self::Stuck, Self::OutOfBudget];
        all.into_iter().find(|verdict| verdict.name() == name)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a search stopped before it was through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spent {
    /// As many states as it may visit.
    States,
    /// As much memory as it may take.
    Memory,
    /// As much time as it may take.
    Time,
    /// Some runs were longer than a run may be; all others were looked at.
    Length,
    /// Somebody interrupted it.
    Interrupted,
}

impl Spent {
    /// The words for people and machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::States => "states",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Length => "length of a run",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Spent {
    /// The reason with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Interrupted, Self::Time, Self::Memory, Self::States, Self::Length];
        all.into_iter().find(|spent| spent.name() == name)
    }
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// States visited; when sampling, states of all runs.
    pub states: u64,
    /// Choices taken.
    pub transitions: u64,
    /// Choices that were not taken, because the same comes of them in another order.
    pub spared: u64,
    /// Choices up to the state being looked at.
    pub depth: u32,
    /// Choices of the longest run so far.
    pub depth_max: u32,
    /// States that still wait for being looked at.
    pub waiting: u64,
    /// Whole runs, when sampling.
    pub runs: u64,
    /// Bytes taken, roughly.
    pub bytes: u64,
}

/// Looks on while a search runs.
pub trait Watch {
    /// Called now and then; `Some` stops the search.
    fn look(&mut self, progress: &Progress) -> Option<Spent>;
}

/// Nobody looks on.
impl Watch for () {
    fn look(&mut self, _: &Progress) -> Option<Spent> {
        None
    }
}

/// Something wrong, and how to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<W> {
    /// What.
    pub wrong: W,
    /// The choices up to there.
    pub schedule: Schedule,
}

/// An outcome of whole runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<W> {
    /// How many final states have it; when sampling, how many runs.
    pub times: u64,
    /// A run that has it: breadth first one of the shortest, when sampling the one that
    /// [comes before](Schedule::comes_before) all others.
    pub witness: Schedule,
    /// Why it should not have come out.
    pub forbidden: Option<W>,
    /// Of a part of a search: the digests of the final states that have it.
    pub ends: Vec<u64>,
}

impl<W> Seen<W> {
    fn add(&mut self, later: Self) {
        self.times += later.times;
        self.witness.keep_first(&later.witness.0);
    }
}

/// What a search found.
#[derive(Debug)]
pub struct Explored<S: System + ?Sized> {
    /// What was wrong first, and stopped the search.
    pub violated: Option<Found<S::Wrong>>,
    /// Where somebody was left waiting.
    pub stuck: Option<Found<S::Wrong>>,
    /// Every outcome.
    pub outcomes: BTreeMap<S::Outcome, Seen<S::Wrong>>,
    /// The things that must be reached some time and were, a bit each.
    pub reached: u64,
    /// A run that reached each of them, by bit: the first, or when sampling the shortest.
    pub reached_by: BTreeMap<u32, Schedule>,
    /// How far it got.
    pub progress: Progress,
    /// Why it stopped early; of a sample this says nothing about the orders it left out.
    pub spent: Option<Spent>,
    /// Whether only some orders were looked at, by plan.
    pub sampled: bool,
}

impl<S: System + ?Sized> Explored<S> {
    /// A search that has found nothing, wherever it went.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new(false)
    }

    pub(super) fn new(sampled: bool) -> Self {
        Self {
            violated: None,
            stuck: None,
            outcomes: BTreeMap::new(),
            reached: 0,
            reached_by: BTreeMap::new(),
            progress: Progress::default(),
            spent: None,
            sampled,
        }
    }

    /// Whether something is wrong that ends a search.
    pub(super) fn is_wrong(&self) -> bool {
        self.violated.is_some() || self.stuck.is_some()
    }

    /// Notes what a state has reached, and how to get there.
    pub(super) fn note_reached(&mut self, mut reached: u64, taken: &[Choice]) {
        self.reached |= reached;
        while reached != 0 {
            let known = self.reached_by.entry(reached.trailing_zeros());
            known.and_modify(|known| known.keep_first(taken)).or_insert_with(|| Schedule(taken.to_vec()));
            reached &= reached - 1;
        }
    }

    /// Adds what came of runs that were made after these.
    pub(super) fn add(&mut self, later: Self) {
        self.violated = self.violated.take().or(later.violated);
        self.stuck = self.stuck.take().or(later.stuck);
        self.spent = self.spent.or(later.spent);
        for (bit, schedule) in later.reached_by {
            self.note_reached(1 << bit, &schedule.0);
        }
        for (outcome, seen) in later.outcomes {
            match self.outcomes.entry(outcome) {
                Entry::Vacant(place) => drop(place.insert(seen)),
                Entry::Occupied(mut known) => known.get_mut().add(seen),
            }
        }
        let (progress, later) = (&mut self.progress, later.progress);
        progress.states += later.states;
        progress.transitions += later.transitions;
        progress.runs += later.runs;
        progress.depth_max = progress.depth_max.max(later.depth_max);
    }

    /// The verdict. `must_reach` are the bits of what must be reached some time: that it was not says something only
    /// when every order was looked at.
    #[must_use]
    pub fn verdict(&self, must_reach: u64) -> Verdict {
        let unreached = must_reach & !self.reached != 0;
        let forbidden = self.outcomes.values().any(|seen| seen.forbidden.is_some());
        match () {
            () if self.violated.is_some() || forbidden => Verdict::Violated,
            () if self.stuck.is_some() => Verdict::Stuck,
            () if self.spent.is_some() => Verdict::OutOfBudget,
            () if unreached && self.sampled => Verdict::OutOfBudget,
            () if unreached => Verdict::Violated,
            () => Verdict::Holds,
        }
    }

    /// The first thing wrong that a schedule leads to.
    #[must_use]
    pub fn counterexample(&self) -> Option<Found<S::Wrong>> {
        let forbidden = self.outcomes.values().filter_map(|seen| {
            let wrong = seen.forbidden.clone()?;
            Some(Found { wrong, schedule: seen.witness.clone() })
        });
        let shortest = forbidden.min_by_key(|found| found.schedule.0.len());
        self.violated.clone().or(shortest).or_else(|| self.stuck.clone())
    }
}
