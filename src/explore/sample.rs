//! Some orders, where there are too many: random walks, and PCT.
//!
//! PCT is that of S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, *A Randomized Scheduler with Probabilistic
//! Guarantees of Finding Bugs* (2010): every actor has a priority, the highest that can goes on, and at `depth - 1`
//! points of the run the actor that went on falls below all others. Deviations: the length of a run, from which the
//! points are drawn, is that of the longest run so far; time and every fault are actors of their own; among the
//! alternatives of one actor a random one is taken.

use fastrand::Rng;

use super::choice::{Choice, Schedule};
use super::report::{Explored, Found, Seen, Spent, Watch};
use super::system::{End, System, Taken};

/// How the next choice is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pick {
    /// Every choice with equal chances.
    Random,
    /// By priorities that change so often, less one.
    Pct {
        /// How many orderings a bug needs to show.
        depth: u32,
    },
}

/// How to sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How the next choice is picked.
    pub pick: Pick,
    /// How many runs.
    pub runs: u64,
    /// What the runs follow from: equal seeds, equal runs.
    pub seed: u64,
    /// So many choices in a run and no more.
    pub depth_max: u32,
}

/// After so many runs whoever looks on is told.
const LOOK_EVERY: u64 = 64;

impl Sampling {
    /// Runs a system again and again.
    pub fn run<S: System>(&self, system: &S, watch: &mut dyn Watch) -> Explored<S> {
        let start = system.start();
        let mut found = Explored::new(true);
        let mut picker = Picker { pick: self.pick, rng: Rng::with_seed(self.seed), length: 1, ..Picker::default() };
        let mut walk = Walk { system, choices: Vec::new(), taken: Vec::new(), depth_max: self.depth_max };
        match system.inspect(&start) {
            Ok(reached) => note_reached(&mut found, reached, &[]),
            Err(wrong) => found.violated = Some(Found { wrong, schedule: Schedule::default() }),
        }
        for run in 0..self.runs {
            if found.violated.is_some() || found.stuck.is_some() {
                break;
            }
            if run % LOOK_EVERY == 0
                && let Some(spent) = watch.look(&found.progress)
            {
                found.spent = Some(spent);
                break;
            }
            picker.begin();
            walk.run(start.clone(), &mut picker, &mut found);
            picker.length = picker.length.max(walk.taken.len() as u32);
            found.progress.runs += 1;
            found.progress.transitions += walk.taken.len() as u64;
            found.progress.states = found.progress.transitions + 1;
            found.progress.depth_max = picker.length;
        }
        found
    }
}

/// One run.
struct Walk<'a, S> {
    system: &'a S,
    choices: Vec<Choice>,
    taken: Vec<Choice>,
    depth_max: u32,
}

impl<S: System> Walk<'_, S> {
    fn run(&mut self, mut state: S::State, picker: &mut Picker, found: &mut Explored<S>) {
        self.taken.clear();
        loop {
            self.choices.clear();
            self.system.choices(&state, &mut self.choices);
            if self.choices.is_empty() {
                return self.end(&state, found);
            }
            if self.taken.len() >= self.depth_max as usize {
                found.spent.get_or_insert(Spent::Length);
                return;
            }
            let choice = picker.pick(&self.choices, self.taken.len() as u32);
            self.taken.push(choice);
            let inspected = match self.system.take(&mut state, choice) {
                Taken::Went(_) => self.system.inspect(&state),
                Taken::Wrong(wrong) => Err(wrong),
            };
            match inspected {
                Ok(reached) => note_reached(found, reached, &self.taken),
                Err(wrong) => {
                    found.violated = Some(self.found(wrong));
                    return;
                }
            }
        }
    }

    fn end(&self, state: &S::State, found: &mut Explored<S>) {
        match self.system.end(state) {
            End::Finished { outcome, forbidden } => match found.outcomes.get_mut(&outcome) {
                Some(seen) => seen.times += 1,
                None => {
                    let witness = Schedule(self.taken.clone());
                    found.outcomes.insert(outcome, Seen { times: 1, witness, forbidden });
                }
            },
            End::Wrong(wrong) => found.violated = Some(self.found(wrong)),
            End::Stuck(wrong) => found.stuck = Some(self.found(wrong)),
            End::Cut => {
                found.spent.get_or_insert(Spent::Length);
            }
        }
    }

    fn found(&self, wrong: S::Wrong) -> Found<S::Wrong> {
        Found { wrong, schedule: Schedule(self.taken.clone()) }
    }
}

fn note_reached<S: System>(found: &mut Explored<S>, reached: u64, taken: &[Choice]) {
    let mut new = reached & !found.reached;
    found.reached |= reached;
    while new != 0 {
        found.reached_by.insert(new.trailing_zeros(), Schedule(taken.to_vec()));
        new &= new - 1;
    }
}

/// Picks choices.
#[derive(Debug)]
struct Picker {
    pick: Pick,
    rng: Rng,
    /// The longest run so far.
    length: u32,
    /// Priorities of the actors met in this run, the higher the sooner.
    priorities: Vec<(Actor, u64)>,
    /// Where priorities change, and to what.
    changes: Vec<(u32, u64)>,
}

impl Default for Picker {
    fn default() -> Self {
        Self { pick: Pick::Random, rng: Rng::with_seed(0), length: 1, priorities: Vec::new(), changes: Vec::new() }
    }
}

/// Whoever makes a choice happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Agent(u16),
    Time,
    Fault(u16),
}

impl Actor {
    fn of(choice: Choice) -> Self {
        match choice {
            Choice::Go { agent, .. } => Self::Agent(agent),
            Choice::Time => Self::Time,
            Choice::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Picker {
    fn begin(&mut self) {
        self.priorities.clear();
        self.changes.clear();
        if let Pick::Pct { depth } = self.pick {
            for low in 0..u64::from(depth.saturating_sub(1)) {
                self.changes.push((self.rng.u32(0..self.length), low));
            }
        }
    }

    fn pick(&mut self, choices: &[Choice], step: u32) -> Choice {
        match self.pick {
            Pick::Random => choices[self.rng.usize(0..choices.len())],
            Pick::Pct { .. } => self.by_priority(choices, step),
        }
    }

    fn by_priority(&mut self, choices: &[Choice], step: u32) -> Choice {
        let actor = self.highest(choices);
        for at in 0..self.changes.len() {
            let (point, low) = self.changes[at];
            if point == step
                && let Some(place) = self.priorities.iter_mut().find(|(other, _)| *other == actor)
            {
                place.1 = low;
            }
        }
        let actor = self.highest(choices);
        let of_actor = |choice: &&Choice| Actor::of(**choice) == actor;
        let ways = choices.iter().filter(of_actor).count();
        let way = self.rng.usize(0..ways.max(1));
        choices.iter().filter(of_actor).nth(way).copied().unwrap_or(choices[0])
    }

    fn highest(&mut self, choices: &[Choice]) -> Actor {
        // Above what a change leads to.
        const FIRST: u64 = 1 << 32;
        let mut best = (Actor::of(choices[0]), 0);
        for &choice in choices {
            let actor = Actor::of(choice);
            let known = self.priorities.iter().find(|(other, _)| *other == actor).map(|&(_, priority)| priority);
            let priority = known.unwrap_or_else(|| {
                let priority = FIRST + (self.rng.u64(..) >> 2);
                self.priorities.push((actor, priority));
                priority
            });
            if priority >= best.1 {
                best = (actor, priority);
            }
        }
        best.0
    }
}
