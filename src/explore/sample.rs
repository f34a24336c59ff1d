//! Some orders, where there are too many: random walks, and PCT.
//!
//! PCT is that of S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, *A Randomized Scheduler with Probabilistic
//! Guarantees of Finding Bugs* (2010): every actor has a priority, the highest that can goes on, and at `depth - 1`
//! points of the run the actor that went on falls below all others. Deviations: the length of a run, from which the
//! points are drawn, is that of the longest of some random walks made before; time and every fault are actors of their
//! own; among the alternatives of one actor a random one is taken.
//!
//! A run follows from the seed and its number and from nothing else, so that runs can be dealt out to threads and
//! machines.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use fastrand::Rng;

use super::choice::{Choice, Schedule};
use super::part::Part;
use super::report::{Explored, Found, Seen, Spent, Watch};
use super::system::{End, System};

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

/// So many runs are made in one go; then whoever looks on is told.
const AT_ONCE: u64 = 64;

/// So many random walks tell how long a run is.
const MEASURED: u64 = 32;

impl Sampling {
    /// Runs a system again and again.
    pub fn run<S: System>(&self, system: &S, watch: &mut dyn Watch) -> Explored<S> {
        self.alone(system, Part::WHOLE, watch)
    }

    /// Makes every so-manieth run, on so many threads. What comes of it does not depend on how many there are: runs
    /// that come after the first one that is wrong do not count, whichever thread made them.
    pub fn run_part<S>(&self, system: &S, part: Part, jobs: NonZeroUsize, watch: &mut dyn Watch) -> Explored<S>
    where
        S: System<State: Send, Wrong: Send, Outcome: Send> + Clone + Send,
    {
        if jobs.get() == 1 { self.alone(system, part, watch) } else { self.together(system, part, jobs, watch) }
    }

    fn alone<S: System>(&self, system: &S, part: Part, watch: &mut dyn Watch) -> Explored<S> {
        let mut found = self.begin(system);
        let mut runner = Runner::new(self, system, part);
        let runs = part.share(self.runs);
        for stretch in (0..).map_while(|number| stretch(number, runs)) {
            if found.is_wrong() {
                break;
            }
            if let Some(spent) = watch.look(&found.progress) {
                found.spent = Some(spent);
                break;
            }
            runner.make(stretch, &mut found);
        }
        found
    }

    /// Whoever has nothing to do makes the next stretch of runs; they are put together in order.
    fn together<S>(&self, system: &S, part: Part, jobs: NonZeroUsize, watch: &mut dyn Watch) -> Explored<S>
    where
        S: System<State: Send, Wrong: Send, Outcome: Send> + Clone + Send,
    {
        let mut found = self.begin(system);
        let runs = part.share(self.runs);
        let (next, over) = (AtomicU64::new(0), AtomicBool::new(found.is_wrong()));
        let (done, all_done) = mpsc::sync_channel(4 * jobs.get());
        std::thread::scope(|scope| {
            for own in vec![system.clone(); jobs.get()] {
                let (next, over, done) = (&next, &over, done.clone());
                scope.spawn(move || {
                    let mut runner = Runner::new(self, &own, part);
                    while !over.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(stretch) = stretch(number, runs) else { break };
                        let mut made = Explored::new(true);
                        runner.make(stretch, &mut made);
                        if done.send((number, made)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(done);
            let (mut waiting, mut wanted) = (BTreeMap::new(), 0);
            for (number, made) in &all_done {
                waiting.insert(number, made);
                while let Some(made) = waiting.remove(&wanted).filter(|_| !found.is_wrong()) {
                    found.add(made);
                    wanted += 1;
                }
                if let Some(spent) = watch.look(&found.progress).filter(|_| !over.load(Ordering::Relaxed)) {
                    found.spent = Some(spent);
                    over.store(true, Ordering::Relaxed);
                }
                if found.is_wrong() {
                    over.store(true, Ordering::Relaxed);
                }
            }
        });
        found
    }

    fn begin<S: System>(&self, system: &S) -> Explored<S> {
        let mut found = Explored::new(true);
        match system.inspect(&system.start()) {
            Ok(reached) => found.note_reached(reached, &[]),
            Err(wrong) => found.violated = Some(Found { wrong, schedule: Schedule::default() }),
        }
        found
    }

    /// Where the random numbers of a run begin.
    fn rng(&self, run: u64) -> Rng {
        // The finalizer of splitmix64: seeds and runs that are neighbours have nothing in common.
        let mut word = self.seed.wrapping_add(run.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Rng::with_seed(word ^ word >> 31)
    }
}

/// The runs that are made in one go, by their numbers; `None` when all have been made.
fn stretch(number: u64, runs: u64) -> Option<Range<u64>> {
    let from = number.checked_mul(AT_ONCE).filter(|from| *from < runs)?;
    Some(from..runs.min(from.saturating_add(AT_ONCE)))
}

/// Makes runs of a part.
struct Runner<'a, S: System> {
    sampling: &'a Sampling,
    part: Part,
    start: S::State,
    /// Where runs are made, one in the memory of the other.
    state: S::State,
    walk: Walk<'a, S>,
    picker: Picker,
}

impl<'a, S: System> Runner<'a, S> {
    fn new(sampling: &'a Sampling, system: &'a S, part: Part) -> Self {
        let walk = Walk { system, choices: Vec::new(), taken: Vec::new(), reached: 0, depth_max: sampling.depth_max };
        let picker = Picker { pick: Pick::Random, ..Picker::default() };
        let (start, state) = (system.start(), system.start());
        let mut runner = Self { sampling, part, start, state, walk, picker };
        if sampling.pick != Pick::Random {
            runner.picker.length = runner.measured();
            runner.picker.pick = sampling.pick;
        }
        runner
    }

    /// How long a run is, by some random walks with the numbers from the end.
    fn measured(&mut self) -> u32 {
        let mut nobody_asks = Explored::new(true);
        (0..MEASURED).fold(1, |longest, walk| {
            self.picker.begin(self.sampling.rng(u64::MAX - walk));
            self.state.clone_from(&self.start);
            self.walk.run(&mut self.state, &mut self.picker, &mut nobody_asks);
            longest.max(self.walk.taken.len() as u32)
        })
    }

    /// Makes some runs, by their numbers within the part, up to the first that is wrong.
    fn make(&mut self, numbers: Range<u64>, found: &mut Explored<S>) {
        for number in numbers {
            self.picker.begin(self.sampling.rng(self.part.place_of(number)));
            self.state.clone_from(&self.start);
            self.walk.run(&mut self.state, &mut self.picker, found);
            let taken = self.walk.taken.len();
            let progress = &mut found.progress;
            progress.runs += 1;
            progress.transitions += taken as u64;
            progress.states += taken as u64 + 1;
            progress.depth_max = progress.depth_max.max(taken as u32);
            if found.is_wrong() {
                break;
            }
        }
    }
}

/// One run.
struct Walk<'a, S> {
    system: &'a S,
    choices: Vec<Choice>,
    taken: Vec<Choice>,
    /// What this run has reached.
    reached: u64,
    depth_max: u32,
}

impl<S: System> Walk<'_, S> {
    fn run(&mut self, state: &mut S::State, picker: &mut Picker, found: &mut Explored<S>) {
        self.taken.clear();
        self.reached = 0;
        loop {
            self.choices.clear();
            self.system.choices(state, &mut self.choices);
            if self.choices.is_empty() {
                return self.end(state, found);
            }
            if self.taken.len() >= self.depth_max as usize {
                found.spent.get_or_insert(Spent::Length);
                return;
            }
            let choice = picker.pick(&self.choices, self.taken.len() as u32);
            self.taken.push(choice);
            match self.system.go(state, choice).and_then(|()| self.system.inspect(state)) {
                Ok(reached) if reached & !self.reached == 0 => {}
                Ok(reached) => {
                    found.note_reached(reached & !self.reached, &self.taken);
                    self.reached |= reached;
                }
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
                Some(seen) => {
                    seen.times += 1;
                    seen.witness.keep_first(&self.taken);
                }
                None => {
                    let witness = Schedule(self.taken.clone());
                    found.outcomes.insert(outcome, Seen { times: 1, witness, forbidden, ends: Vec::new() });
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

/// Picks choices.
#[derive(Debug)]
struct Picker {
    pick: Pick,
    rng: Rng,
    /// How long a run is.
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
    fn begin(&mut self, rng: Rng) {
        self.rng = rng;
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
