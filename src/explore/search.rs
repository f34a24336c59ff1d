//! Every order, each state once: exhaustive search with merged states and sleep sets.
//!
//! The sleep sets are those of P. Godefroid, *Partial-Order Methods for the Verification of Concurrent Systems* (1996),
//! with merged states as in its section on state matching: a state remembers what all visits so far left to others, and
//! a visit that leaves less is made up for. Sleep sets spare choices, never states, so every property of single states
//! is checked as without them. Two deviations: the search may be breadth first, and a choice without a bit
//! ([`Choice::bit`](super::choice::Choice)) is never put to sleep.

use std::collections::VecDeque;

use super::choice::{Choice, Schedule};
use super::footprint::Footprint;
use super::report::{Explored, Found, Progress, Seen, Spent, Watch};
use super::system::{End, System, Taken};
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

/// A state that waits for being looked at.
struct Node<S> {
    at: u32,
    depth: u32,
    state: S,
    /// What was taken elsewhere, and leads nowhere new from here.
    sleep: Vec<(Choice, Footprint)>,
    /// Of a state that was looked at before: what is still to be taken.
    only: Option<u64>,
}

/// After so many choices whoever looks on is told.
const LOOK_EVERY: u64 = 1024;

impl Search {
    /// Searches everything a system can do.
    pub fn run<S: System>(&self, system: &S, watch: &mut dyn Watch) -> Explored<S> {
        let mut run = Run {
            search: self,
            system,
            visited: Visited::default(),
            nodes: VecDeque::new(),
            found: Explored::new(false),
            weight: 0,
            choices: Vec::new(),
            names: Vec::new(),
            over: false,
        };
        run.begin();
        while !run.over {
            let next = match self.order {
                Order::BreadthFirst => run.nodes.pop_front(),
                Order::DepthFirst => run.nodes.pop_back(),
            };
            let Some(node) = next else { break };
            run.look(node, watch);
        }
        run.note_size();
        run.found
    }
}

struct Run<'a, S: System> {
    search: &'a Search,
    system: &'a S,
    visited: Visited,
    nodes: VecDeque<Node<S::State>>,
    found: Explored<S>,
    /// Bytes of one state, as last seen.
    weight: usize,
    choices: Vec<Choice>,
    names: Vec<u16>,
    over: bool,
}

impl<S: System> Run<'_, S> {
    fn begin(&mut self) {
        let state = self.system.start();
        let digest = self.digest(&state);
        self.visited.visit(digest, 0, Choice::Time, 0);
        self.found.progress.states = 1;
        if self.inspect(&state, 0) {
            self.nodes.push_back(Node { at: 0, depth: 0, state, sleep: Vec::new(), only: None });
        }
    }

    /// The digest under which a state is known; `names` is what its agents go by.
    fn digest(&mut self, state: &S::State) -> u64 {
        self.names.clear();
        if self.search.symmetry {
            self.system.canonical_digest(state, &mut self.names)
        } else {
            self.system.digest(state)
        }
    }

    /// Takes every choice of a state that is not spared.
    fn look(&mut self, mut node: Node<S::State>, watch: &mut dyn Watch) {
        self.found.progress.depth = node.depth;
        let mut choices = std::mem::take(&mut self.choices);
        choices.clear();
        self.system.choices(&node.state, &mut choices);
        if choices.is_empty() {
            self.end(&node);
        } else if node.depth >= self.search.depth_max {
            self.found.spent.get_or_insert(Spent::Length);
        } else {
            if self.search.reduction {
                self.system.suffice(&node.state, &mut choices);
            }
            // The names must be those of this state, which has been renamed since.
            let _known_already = self.digest(&node.state);
            let names = std::mem::take(&mut self.names);
            let all = choices.len();
            choices.retain(|&choice| node.takes(choice, &names));
            self.found.progress.spared += (all - choices.len()) as u64;
            self.take_all(&mut node, &choices, &names, watch);
            self.names = names;
        }
        self.choices = choices;
    }

    fn take_all(&mut self, node: &mut Node<S::State>, choices: &[Choice], names: &[u16], watch: &mut dyn Watch) {
        for &choice in choices {
            let mut state = node.state.clone();
            self.found.progress.transitions += 1;
            if self.found.progress.transitions.is_multiple_of(LOOK_EVERY) {
                self.look_up(watch);
            }
            let renamed = renamed(choice, names);
            match self.system.take(&mut state, choice) {
                Taken::Went(footprint) => {
                    self.arrive(node, renamed, state, footprint);
                    if self.search.reduction && choice.bit().is_some() {
                        node.sleep.push((choice, footprint));
                    }
                }
                Taken::Wrong(wrong) => {
                    let schedule = self.schedule(node.at, Some(renamed));
                    self.found.violated = Some(Found { wrong, schedule });
                    self.over = true;
                }
            }
            if self.over {
                return;
            }
        }
    }

    /// A state was reached.
    fn arrive(&mut self, from: &Node<S::State>, by: Choice, state: S::State, footprint: Footprint) {
        let digest = self.digest(&state);
        let names = std::mem::take(&mut self.names);
        let mut sleep: Vec<(Choice, Footprint)> = Vec::new();
        if self.search.reduction {
            sleep.extend(from.sleep.iter().filter(|(_, other)| !other.conflicts(footprint)));
        }
        let asleep = bits(&sleep, &names);
        let depth = from.depth + 1;
        match self.visited.visit(digest, from.at, by, asleep) {
            Visit::New(at) => {
                if self.found.progress.states >= self.search.states_max {
                    return self.stop(Spent::States);
                }
                self.found.progress.states += 1;
                self.found.progress.depth_max = self.found.progress.depth_max.max(depth);
                if self.inspect(&state, at) {
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
        self.names = names;
    }

    /// Whether a new state is in order.
    fn inspect(&mut self, state: &S::State, at: u32) -> bool {
        match self.system.inspect(state) {
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

    fn end(&mut self, node: &Node<S::State>) {
        if node.only.is_some() {
            return;
        }
        match self.system.end(&node.state) {
            End::Finished { outcome, forbidden } => match self.found.outcomes.get_mut(&outcome) {
                Some(seen) => seen.times += 1,
                None => {
                    let witness = self.schedule(node.at, None);
                    self.found.outcomes.insert(outcome, Seen { times: 1, witness, forbidden });
                }
            },
            End::Wrong(wrong) => {
                let schedule = self.schedule(node.at, None);
                self.found.violated = Some(Found { wrong, schedule });
                self.over = true;
            }
            End::Stuck(wrong) => {
                let schedule = self.schedule(node.at, None);
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
            let _taken = self.system.take(&mut state, choice);
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

impl<S> Node<S> {
    /// Whether a choice is to be taken here.
    fn takes(&self, choice: Choice, names: &[u16]) -> bool {
        let wanted = self.only.is_none_or(|only| renamed(choice, names).bit().is_some_and(|bit| only & bit != 0));
        wanted && !self.sleep.iter().any(|&(asleep, _)| asleep == choice)
    }
}

fn bits(sleep: &[(Choice, Footprint)], names: &[u16]) -> u64 {
    sleep.iter().filter_map(|&(choice, _)| renamed(choice, names).bit()).fold(0, |all, bit| all | bit)
}

/// A choice as it is called where agents go by these names.
fn renamed(choice: Choice, names: &[u16]) -> Choice {
    match choice {
        Choice::Go { agent, branch } => {
            Choice::Go { agent: names.get(agent as usize).copied().unwrap_or(agent), branch }
        }
        other => other,
    }
}

/// The other way round.
fn by_own_name(choice: Choice, names: &[u16]) -> Choice {
    match choice {
        Choice::Go { agent, branch } => {
            let own = names.iter().position(|&name| name == agent);
            Choice::Go { agent: own.map_or(agent, |own| own as u16), branch }
        }
        other => other,
    }
}
