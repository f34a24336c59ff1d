//! Every order, each state once: exhaustive search with merged states and sleep sets.
//!
//! The sleep sets are those of P. Godefroid, *Partial-Order Methods for the Verification of Concurrent Systems* (1996),
//! with merged states as in its section on state matching: a state remembers what all visits so far left to others, and
//! a visit that leaves less is made up for. Sleep sets spare choices, never states, so every property of single states
//! is checked as without them. Two deviations: the search may be breadth first, and a choice without a bit
//! ([`Choice::bit`](super::choice::Choice)) is never put to sleep.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use super::choice::{Choice, Schedule};
use super::crew::Crew;
use super::expand::{Arrival, Been, Came, Expanded, Expander, Node, Origin, Step, by_own_name};
use super::part::Part;
use super::report::{Explored, Found, Progress, Seen, Spent, Watch};
use super::system::{End, System};
use super::visited::{Visit, Visited};

/// Which state is looked at next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// The one reached first: what is wrong is found by a shortest way.
    BreadthFirst,
    /// The one reached last: little memory.
    DepthFirst,
}

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Which state is looked at next.
    pub order: Order,
    /// Whether choices are spared that lead to states others lead to as well.
    pub reduction: bool,
    /// Whether states that differ in the names of interchangeable agents are one.
    pub symmetry: bool,
    /// So many states and no more.
    pub states_max: u64,
    /// So many choices in a run and no more.
    pub depth_max: u32,
}

impl Default for Search {
    fn default() -> Self {
        Self { order: Order::BreadthFirst, reduction: true, symmetry: true, states_max: u64::MAX, depth_max: u32::MAX }
    }
}

/// After so many choices whoever looks on is told.
const LOOK_EVERY: u64 = 1024;

/// So many states are handed out to threads at once. Breadth first their number makes no difference: each is looked at
/// knowing nothing of the others, and what came of it is entered in the order of one thread.
const BATCH: usize = 512;

/// So many states a part has to choose from before the search is dealt out, times the number of parts.
const DEALT: usize = 64;

impl Search {
    /// Searches everything a system can do.
    pub fn run<S: System>(&self, system: &S, watch: &mut dyn Watch) -> Explored<S> {
        let mut run = Run::new(self, system, false);
        run.begin();
        run.alone(usize::MAX, watch);
        run.end()
    }

    /// Searches a part of everything, on so many threads. Breadth first all comes out as on one thread: the same
    /// counts, the same schedules. Depth first several threads go by an order of their own, which does not depend on
    /// how many there are or how fast.
    ///
    /// Every part begins with the same search up to a number of waiting states, which are dealt out in turn; what was
    /// found until then belongs to the first part. Parts know nothing of each other: a state that several of them reach
    /// is looked at by each.
    pub fn run_part<S>(&self, system: &S, part: Part, jobs: NonZeroUsize, watch: &mut dyn Watch) -> Explored<S>
    where
        S: System<State: Send, Wrong: Send, Outcome: Send> + Clone + Send,
    {
        let mut run = Run::new(self, system, !part.is_whole());
        run.begin();
        if !part.is_whole() {
            run.deal(part, watch);
        }
        if jobs.get() == 1 {
            run.alone(usize::MAX, watch);
        } else {
            run.together(jobs, watch);
        }
        run.end()
    }
}

struct Run<'a, S: System> {
    search: &'a Search,
    system: &'a S,
    expander: Expander<'a, S>,
    visited: Visited,
    nodes: VecDeque<Node<S::State>>,
    /// Where the next state is taken from.
    order: Order,
    found: Explored<S>,
    /// Whether the final states are kept, so that those several parts find count once.
    keeps_ends: bool,
    /// Bytes of one state, as last seen.
    weight: usize,
    over: bool,
}

impl<'a, S: System> Run<'a, S> {
    fn new(search: &'a Search, system: &'a S, keeps_ends: bool) -> Self {
        Self {
            search,
            system,
            expander: Expander::new(search),
            visited: Visited::default(),
            nodes: VecDeque::new(),
            order: search.order,
            found: Explored::new(false),
            keeps_ends,
            weight: 0,
            over: false,
        }
    }

    fn begin(&mut self) {
        let state = self.system.start();
        let digest = self.expander.digest(self.system, &state);
        self.visited.visit(digest, 0, Choice::Time, 0);
        self.found.progress.states = 1;
        if self.note_inspected(self.system.inspect(&state), 0) {
            self.nodes.push_back(Node { at: 0, depth: 0, state: Box::new(state), sleep: Vec::new(), only: None });
        }
    }

    fn end(mut self) -> Explored<S> {
        self.note_size();
        self.found
    }

    /// Looks at one state after the other, until so many wait.
    fn alone(&mut self, waiting_max: usize, watch: &mut dyn Watch) {
        while !self.over
            && self.nodes.len() < waiting_max
            && let Some(node) = self.next()
        {
            let origin = node.origin();
            let expanded = self.expander.expand(self.system, node, Been { visited: &self.visited, batch: None });
            self.enter(origin, expanded, watch);
        }
    }

    fn next(&mut self) -> Option<Node<S::State>> {
        match self.order {
            Order::BreadthFirst => self.nodes.pop_front(),
            Order::DepthFirst => self.nodes.pop_back(),
        }
    }

    /// Goes to where the search is dealt out, and keeps what falls to this part.
    fn deal(&mut self, part: Part, watch: &mut dyn Watch) {
        self.order = Order::BreadthFirst;
        self.alone(DEALT.saturating_mul(part.of() as usize), watch);
        self.order = self.search.order;
        let nodes = std::mem::take(&mut self.nodes);
        self.nodes =
            nodes.into_iter().enumerate().filter(|(place, _)| part.has(*place)).map(|(_, node)| node).collect();
        // A search that somebody stopped has not dealt out anything.
        let stopped = self.over && self.found.spent.is_some();
        if part.number() > 1 && !stopped {
            self.found = Explored::new(false);
        }
    }

    /// Enters what came of looking at a state.
    fn enter(&mut self, from: Origin, expanded: Expanded<S>, watch: &mut dyn Watch) {
        self.found.progress.depth = from.depth;
        match expanded {
            Expanded::Ended(None) => {}
            Expanded::Ended(Some(end)) => self.note_end(from.at, end),
            Expanded::Cut => {
                self.found.spent.get_or_insert(Spent::Length);
            }
            Expanded::Went { spared, steps } => {
                self.found.progress.spared += spared;
                for step in steps {
                    self.enter_step(from, step, watch);
                    if self.over {
                        return;
                    }
                }
            }
        }
    }

    fn enter_step(&mut self, from: Origin, step: Step<S>, watch: &mut dyn Watch) {
        self.found.progress.transitions += 1;
        if self.found.progress.transitions.is_multiple_of(LOOK_EVERY) {
            self.look_up(watch);
        }
        match step.came {
            Came::Known => {}
            Came::Arrived(arrival) => self.arrive(from, step.by, arrival),
            Came::Wrong(wrong) => {
                let schedule = self.schedule(from.at, Some(step.by));
                self.found.violated = Some(Found { wrong, schedule });
                self.over = true;
            }
        }
    }

    /// A state was reached.
    fn arrive(&mut self, from: Origin, by: Choice, arrival: Arrival<S>) {
        let Arrival { digest, state, sleep, asleep, inspected } = arrival;
        let depth = from.depth + 1;
        match self.visited.visit(digest, from.at, by, asleep) {
            Visit::New(at) => {
                if self.found.progress.states >= self.search.states_max {
                    return self.stop(Spent::States);
                }
                self.found.progress.states += 1;
                self.found.progress.depth_max = self.found.progress.depth_max.max(depth);
                let inspected = inspected.unwrap_or_else(|| self.system.inspect(&state));
                if self.note_inspected(inspected, at) {
                    self.nodes.push_back(Node { at, depth, state, sleep, only: None });
                }
            }
            Visit::Known(at) => {
                let before = self.visited.sleeping(at);
                let missed = *before & !asleep;
                *before &= asleep;
                if missed != 0 {
                    self.nodes.push_back(Node { at, depth, state, sleep, only: Some(missed) });
                }
            }
            Visit::Full => self.stop(Spent::Memory),
        }
    }

    /// Whether a new state is in order.
    fn note_inspected(&mut self, inspected: Result<u64, S::Wrong>, at: u32) -> bool {
        match inspected {
            Ok(reached) => {
                let mut new = reached & !self.found.reached;
                self.found.reached |= reached;
                while new != 0 {
                    let bit = new.trailing_zeros();
                    let schedule = self.schedule(at, None);
                    self.found.reached_by.insert(bit, schedule);
                    new &= new - 1;
                }
                true
            }
            Err(wrong) => {
                let schedule = self.schedule(at, None);
                self.found.violated = Some(Found { wrong, schedule });
                self.over = true;
                false
            }
        }
    }

    fn note_end(&mut self, at: u32, end: End<S>) {
        match end {
            End::Finished { outcome, forbidden } => {
                if !self.found.outcomes.contains_key(&outcome) {
                    let witness = self.schedule(at, None);
                    let seen = Seen { times: 0, witness, forbidden, ends: Vec::new() };
                    self.found.outcomes.insert(outcome.clone(), seen);
                }
                let digest = self.visited.digest(at);
                if let Some(seen) = self.found.outcomes.get_mut(&outcome) {
                    seen.times += 1;
                    seen.ends.extend(self.keeps_ends.then_some(digest));
                }
            }
            End::Wrong(wrong) => {
                let schedule = self.schedule(at, None);
                self.found.violated = Some(Found { wrong, schedule });
                self.over = true;
            }
            End::Stuck(wrong) => {
                let schedule = self.schedule(at, None);
                self.found.stuck = Some(Found { wrong, schedule });
                self.over = true;
            }
            End::Cut => {
                self.found.spent.get_or_insert(Spent::Length);
            }
        }
    }

    /// The choices to a state, and one more. States known by other names are gone through again, to find out by which
    /// names their agents go there.
    fn schedule(&self, at: u32, last: Option<Choice>) -> Schedule {
        let way = self.visited.way_to(at).into_iter().chain(last);
        if !self.search.symmetry {
            return Schedule(way.collect());
        }
        let (mut state, mut names) = (self.system.start(), Vec::new());
        let concrete = way.map(|choice| {
            names.clear();
            self.system.canonical_digest(&state, &mut names);
            let choice = by_own_name(choice, &names);
            // The last one may be what is wrong; nothing is asked of the state after it.
            let _taken = self.system.go(&mut state, choice);
            choice
        });
        Schedule(concrete.collect())
    }

    fn look_up(&mut self, watch: &mut dyn Watch) {
        self.weigh();
        self.note_size();
        if let Some(spent) = watch.look(&self.found.progress) {
            self.stop(spent);
        }
    }

    fn weigh(&mut self) {
        if let Some(node) = self.nodes.back() {
            self.weight = self.system.weight(&node.state);
        }
    }

    fn note_size(&mut self) {
        let Progress { waiting, bytes, .. } = &mut self.found.progress;
        *waiting = self.nodes.len() as u64;
        *bytes = (self.visited.bytes() + self.nodes.len() * (self.weight + size_of::<Node<S::State>>())) as u64;
    }

    fn stop(&mut self, why: Spent) {
        self.found.spent = Some(why);
        self.over = true;
    }
}

impl<S> Run<'_, S>
where
    S: System<State: Send, Wrong: Send, Outcome: Send> + Clone + Send,
{
    /// Looks at many states at once.
    fn together(&mut self, jobs: NonZeroUsize, watch: &mut dyn Watch) {
        std::thread::scope(|scope| {
            let mut crew = Crew::start(self.search, self.system, jobs, scope);
            while !self.over {
                let nodes: Vec<_> = std::iter::from_fn(|| self.next()).take(BATCH).collect();
                if nodes.is_empty() {
                    break;
                }
                let from: Vec<Origin> = nodes.iter().map(Node::origin).collect();
                let (expanded, visited) = crew.expand(nodes, std::mem::take(&mut self.visited));
                self.visited = visited;
                for (from, expanded) in from.into_iter().zip(expanded) {
                    if !self.over {
                        self.enter(from, expanded, watch);
                    }
                }
            }
        });
    }
}
