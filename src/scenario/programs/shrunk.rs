//! A run without everything that what is wrong with it does not need: steps, faults, changes of thread, processes.
//!
//! What is left must show the same: the same kind of failure at the same step with the same result, and no other. Of
//! a run that gets stuck only the order is made simpler.

use super::super::file::Wakes;
use super::super::program::Action;
use super::super::report::{Failure, FailureKind};
use super::super::{Logging, play};
use super::lower::Lowered;
use super::orders::Orders;
use super::wrong::Wrong;
use crate::explore::shrink;

/// What a scenario shows: each failure by its kind, the line it is at, and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sign {
    kind: FailureKind,
    line: Option<usize>,
    came: String,
}

impl Orders<'_> {
    /// What is left of a run, and whether it shows what is wrong with it.
    pub(super) fn shrunk(&self, lowered: Lowered, wrong: Option<&Wrong>, shrinks: bool) -> (Lowered, bool) {
        let mut lowered = self.joined(lowered);
        // The search looks at no duties unless it is asked for them, so a counterexample is none of a broken duty.
        if wrong.is_some() && self.scenario.contracts.is_none() {
            lowered.blames = self.all_signs(&lowered).iter().any(|sign| sign.kind == FailureKind::Breach);
        }
        let mut signs = self.all_signs(&lowered);
        let as_told = |sign: &Sign| wrong.is_none_or(|wrong| sign.kind == wrong.kind.as_failure());
        let shows = !signs.is_empty() && signs.iter().all(as_told);
        if !shows || !shrinks {
            return (lowered, shows);
        }
        loop {
            let smaller = Shrinking { orders: self, lowered, signs }.run();
            let lines = smaller.lines.len();
            lowered = self.joined(smaller);
            if lowered.lines.len() == lines {
                return (lowered, true);
            }
            signs = self.all_signs(&lowered);
        }
    }

    /// The same with frames of one call in one step, if it shows the same.
    fn joined(&self, lowered: Lowered) -> Lowered {
        let joined = super::join::joined(&lowered);
        if joined.lines.len() == lowered.lines.len() {
            return lowered;
        }
        let what = |lowered: &Lowered| -> Vec<_> {
            self.all_signs(lowered).into_iter().map(|sign| (sign.kind, sign.came)).collect()
        };
        if what(&joined) == what(&lowered) { joined } else { lowered }
    }

    fn all_signs(&self, lowered: &Lowered) -> Vec<Sign> {
        self.signs(lowered, &(0..lowered.lines.len()).collect::<Vec<_>>())
    }

    /// What a scenario of these lines shows.
    fn signs(&self, lowered: &Lowered, kept: &[usize]) -> Vec<Sign> {
        let scenario = self.assemble(lowered, kept);
        let report = play(&scenario, self.machine, Logging::Off);
        let failures = report.failures.iter();
        let failures = failures.filter(|failure| !lowered.blames || failure.kind != FailureKind::Breach);
        failures.map(|failure| sign(failure, kept)).collect()
    }
}

fn sign(failure: &Failure, kept: &[usize]) -> Sign {
    // Steps of `finally` count on behind the others, from the end of all numbers here.
    let of_finally = |step: usize| usize::MAX - (step - kept.len());
    let line = failure.step.map(|step| kept.get(step).copied().unwrap_or_else(|| of_finally(step)));
    let came = match failure.kind {
        FailureKind::Result | FailureKind::Check => failure.actual.clone(),
        FailureKind::Leak => failure.expected.clone(),
        _ => String::new(),
    };
    Sign { kind: failure.kind, line, came }
}

struct Shrinking<'o, 'a> {
    orders: &'o Orders<'a>,
    lowered: Lowered,
    signs: Vec<Sign>,
}

impl Shrinking<'_, '_> {
    /// What is left when nothing more can go.
    fn run(mut self) -> Lowered {
        let mut kept: Vec<usize> = (0..self.lowered.lines.len()).collect();
        loop {
            let before = kept.clone();
            kept = self.fewer(kept);
            kept = self.in_longer_turns(kept);
            kept = self.begun_later(kept);
            kept = self.by_themselves(kept);
            if kept == before {
                break;
            }
        }
        let Lowered { lines, finally, parked, wakes, pinned, blames } = self.lowered;
        let pinned = pinned.iter().filter_map(|line| kept.iter().position(|at| at == line)).collect();
        // A line that says which call it goes on with names it by its place.
        let place = |call: usize| kept.iter().position(|&at| at == call);
        let line = |&at: &usize| super::lower::Line { call: lines[at].call.and_then(place), ..lines[at].clone() };
        let lines = kept.iter().map(line).collect();
        Lowered { lines, finally, parked, wakes, pinned, blames }
    }

    fn still_shows(&self, kept: &[usize]) -> bool {
        self.lowered.pinned.iter().all(|line| kept.contains(line))
            && self.orders.signs(&self.lowered, kept) == self.signs
    }

    /// Without the lines that are not needed. A call that is left waiting keeps all of them: it waits all the more
    /// without the one that should have ended it.
    fn fewer(&self, kept: Vec<usize>) -> Vec<usize> {
        if self.signs.iter().any(|sign| sign.kind == FailureKind::Stuck) {
            return kept;
        }
        let needs = |item: usize, left: &[usize]| {
            let left: Vec<usize> = left.iter().map(|&at| kept[at]).collect();
            let group = self.needing(kept[item], &left);
            group.into_iter().filter_map(|line| kept.iter().position(|&at| at == line)).collect()
        };
        let fails = |left: &[usize]| self.still_shows(&left.iter().map(|&at| kept[at]).collect::<Vec<_>>());
        shrink(kept.len(), needs, fails).into_iter().map(|at| kept[at]).collect()
    }

    /// The lines that make no sense without this one: they use what it gives, or go on with its call.
    fn needing(&self, line: usize, left: &[usize]) -> Vec<usize> {
        let lines = &self.lowered.lines;
        let mut group = vec![line];
        let mut at = 0;
        while at < group.len() {
            let (needed, number) = (&lines[group[at]], group[at]);
            let place = left.iter().position(|&other| other == number).unwrap_or(0);
            for &other in &left[place..] {
                let uses = needed.gives.iter().any(|slot| lines[other].uses.contains(slot));
                let on_it = lines[other]
                    .on
                    .is_some_and(|on| needed.gives.contains(&self.orders.scenario.threads[on.0 as usize].process));
                if (uses || on_it || lines[other].call == Some(number)) && !group.contains(&other) {
                    group.push(other);
                }
            }
            at += 1;
        }
        group
    }

    /// With fewer changes from one thread to another: a line moves up to the last one before it of its thread.
    fn in_longer_turns(&self, mut kept: Vec<usize>) -> Vec<usize> {
        let thread = |line: usize| self.lowered.lines[line].on;
        let changes = |kept: &[usize]| kept.windows(2).filter(|two| thread(two[0]) != thread(two[1])).count();
        // Where a call that stopped at a frame border goes on after somebody else.
        let stopped = |line: usize| {
            let line = &self.lowered.lines[line];
            line.paused || line.call.is_some_and(|call| self.lowered.lines[call].step.borders.is_some())
        };
        let broken = |two: &&[usize]| stopped(two[1]) && thread(two[0]) != thread(two[1]);
        let turns = |kept: &[usize]| (changes(kept), kept.windows(2).filter(broken).count());
        let mut at = 1;
        while at < kept.len() {
            let before = kept[..at].iter().rposition(|&other| thread(other) == thread(kept[at]));
            if let Some(before) = before.filter(|&before| before + 1 < at) {
                let mut moved = kept.clone();
                let line = moved.remove(at);
                moved.insert(before + 1, line);
                if turns(&moved) < turns(&kept) && self.still_shows(&moved) {
                    kept = moved;
                    at = 0;
                }
            }
            at += 1;
        }
        kept
    }

    /// With calls that stop at frame borders begun where they go on.
    fn begun_later(&self, mut kept: Vec<usize>) -> Vec<usize> {
        for at in (0..kept.len()).rev() {
            let line = &self.lowered.lines[kept[at]];
            let same = |&other: &usize| self.lowered.lines[other].on == line.on;
            let next = kept[at + 1..].iter().position(same).filter(|&next| next > 0 && line.step.borders.is_some());
            if let Some(next) = next {
                let mut moved = kept.clone();
                let line = moved.remove(at);
                moved.insert(at + next, line);
                if self.still_shows(&moved) {
                    kept = moved;
                }
            }
        }
        kept
    }

    /// With calls going on by themselves, if that shows the same.
    fn by_themselves(&mut self, kept: Vec<usize>) -> Vec<usize> {
        if self.lowered.wakes == Wakes::Automatic {
            return kept;
        }
        let runs = |&line: &usize| {
            let line = &self.lowered.lines[line];
            !line.paused && matches!(&line.step.action, Action::Happens(happens) if happens.is_run())
        };
        let without: Vec<usize> = kept.iter().copied().filter(|line| !runs(line)).collect();
        self.lowered.wakes = Wakes::Automatic;
        if self.still_shows(&without) {
            return without;
        }
        self.lowered.wakes = Wakes::ByStep;
        kept
    }
}
