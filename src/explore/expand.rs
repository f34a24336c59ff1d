//! What a state leads to, told from where the search has been so far: nothing is entered, so that several threads can
//! look at a state each.

use super::choice::Choice;
use super::crew::Claims;
use super::footprint::Footprint;
use super::search::Search;
use super::system::{End, System, Taken};
use super::visited::Visited;

/// A state that waits for being looked at.
pub(super) struct Node<S> {
    pub(super) at: u32,
    pub(super) depth: u32,
    /// In a box: queues and batches move nodes about, and grow.
    pub(super) state: Box<S>,
    /// What was taken elsewhere, and leads nowhere new from here.
    pub(super) sleep: Vec<(Choice, Footprint)>,
    /// Of a state that was looked at before: what is still to be taken.
    pub(super) only: Option<u64>,
}

/// Where a choice is taken.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) at: u32,
    pub(super) depth: u32,
}

/// What came of looking at a state.
pub(super) enum Expanded<S: System> {
    /// Nothing can happen there; `None`: that has been told before.
    Ended(Option<End<S>>),
    /// A run may not be longer.
    Cut,
    /// Choices were taken, up to the first one that was wrong.
    Went {
        /// Choices that were not, because the same comes of them in another order.
        spared: u64,
        /// Those that were.
        steps: Vec<Step<S>>,
    },
}

/// A choice that was taken, by the names the state is known by.
pub(super) struct Step<S: System> {
    pub(super) by: Choice,
    pub(super) came: Came<S>,
}

/// What came of a choice.
pub(super) enum Came<S: System> {
    /// A state the search has been to, with nothing left to take.
    Known,
    /// A state that may be new.
    Arrived(Arrival<S>),
    /// Something was wrong with it.
    Wrong(S::Wrong),
}

/// A state that was reached.
pub(super) struct Arrival<S: System> {
    pub(super) digest: u64,
    pub(super) state: Box<S::State>,
    pub(super) sleep: Vec<(Choice, Footprint)>,
    /// The bits of the choices in `sleep`.
    pub(super) asleep: u64,
    /// Whether it is in order; `None` for a state the search has been to.
    pub(super) inspected: Option<Result<u64, S::Wrong>>,
}

/// Where the search has been.
#[derive(Clone, Copy)]
pub(super) struct Been<'a> {
    pub(super) visited: &'a Visited,
    /// Of a state in a batch: what others of the batch have reached, and its place among them.
    pub(super) batch: Option<(&'a Claims, usize)>,
}

/// Looks at states, one after the other.
pub(super) struct Expander<'a, S: System> {
    search: &'a Search,
    choices: Vec<Choice>,
    names: Vec<u16>,
    /// States nobody needs any more: the next ones are made in their memory.
    spare: Vec<Box<S::State>>,
}

/// More spare states than this are not kept.
const SPARE_MAX: usize = 64;

impl<'a, S: System> Expander<'a, S> {
    pub(super) fn new(search: &'a Search) -> Self {
        Self { search, choices: Vec::new(), names: Vec::new(), spare: Vec::new() }
    }

    /// Another state like this one.
    fn another(&mut self, state: &S::State) -> Box<S::State> {
        let Some(mut spare) = self.spare.pop() else { return Box::new(state.clone()) };
        (*spare).clone_from(state);
        spare
    }

    /// Nobody needs a state any more.
    pub(super) fn give_back(&mut self, state: Box<S::State>) {
        if self.spare.len() < SPARE_MAX {
            self.spare.push(state);
        }
    }

    /// The digest under which a state is known; `names` is what its agents go by.
    pub(super) fn digest(&mut self, system: &S, state: &S::State) -> u64 {
        self.names.clear();
        if self.search.symmetry { system.canonical_digest(state, &mut self.names) } else { system.digest(state) }
    }

    /// Takes every choice of a state that is not spared.
    pub(super) fn expand(&mut self, system: &S, node: Node<S::State>, been: Been<'_>) -> Expanded<S> {
        let mut choices = std::mem::take(&mut self.choices);
        choices.clear();
        system.choices(&node.state, &mut choices);
        let expanded = if choices.is_empty() {
            let end = node.only.is_none().then(|| system.end(&node.state));
            self.give_back(node.state);
            Expanded::Ended(end)
        } else if node.depth >= self.search.depth_max {
            self.give_back(node.state);
            Expanded::Cut
        } else {
            if self.search.reduction {
                system.suffice(&node.state, &mut choices);
            }
            self.names.clear();
            if self.search.symmetry {
                // The names must be those of this state, which has been renamed since.
                let _known_already = system.canonical_digest(&node.state, &mut self.names);
            }
            let names = std::mem::take(&mut self.names);
            let all = choices.len();
            choices.retain(|&choice| node.takes(choice, &names));
            let spared = (all - choices.len()) as u64;
            let steps = self.take_all(system, node, been, &choices, &names);
            self.names = names;
            Expanded::Went { spared, steps }
        };
        self.choices = choices;
        expanded
    }

    fn take_all(
        &mut self,
        system: &S,
        node: Node<S::State>,
        been: Been<'_>,
        choices: &[Choice],
        names: &[u16],
    ) -> Vec<Step<S>> {
        let mut steps = Vec::with_capacity(choices.len());
        let Node { state, mut sleep, .. } = node;
        let mut from = Some(state);
        for (at, &choice) in choices.iter().enumerate() {
            let by = renamed(choice, names);
            // The last one happens in the state itself.
            let of_its_own =
                if at + 1 < choices.len() { from.as_deref().map(|from| self.another(from)) } else { from.take() };
            let Some(mut state) = of_its_own else { break };
            let taken = if self.search.reduction {
                system.take(&mut state, choice)
            } else {
                blindly(system, &mut state, choice)
            };
            let came = match taken {
                Taken::Went(footprint) => {
                    let came = self.arrive(system, state, &sleep, footprint, been);
                    if self.search.reduction && choice.bit().is_some() {
                        sleep.push((choice, footprint));
                    }
                    came
                }
                Taken::Wrong(wrong) => Came::Wrong(wrong),
            };
            let is_last = match &came {
                Came::Wrong(_) => true,
                Came::Arrived(arrival) => matches!(arrival.inspected, Some(Err(_))),
                Came::Known => false,
            };
            steps.push(Step { by, came });
            if is_last {
                break;
            }
        }
        if let Some(from) = from {
            self.give_back(from);
        }
        steps
    }

    fn arrive(
        &mut self,
        system: &S,
        state: Box<S::State>,
        from: &[(Choice, Footprint)],
        footprint: Footprint,
        been: Been<'_>,
    ) -> Came<S> {
        let digest = self.digest(system, &state);
        let mut sleep: Vec<(Choice, Footprint)> = Vec::new();
        if self.search.reduction {
            sleep.extend(from.iter().filter(|(_, other)| !other.conflicts(footprint)));
        }
        let asleep = bits(&sleep, &self.names);
        let inspected = match been.visited.find(digest) {
            // What visits left to others only gets less: nothing will be left to take later either.
            Some(left) if left & !asleep == 0 => {
                self.give_back(state);
                return Came::Known;
            }
            Some(_) => None,
            None if been.batch.is_some_and(|(claims, place)| claims.has(digest, place, asleep)) => {
                self.give_back(state);
                return Came::Known;
            }
            None => Some(system.inspect(&state)),
        };
        Came::Arrived(Arrival { digest, state, sleep, asleep, inspected })
    }
}

impl<S> Node<S> {
    pub(super) fn origin(&self) -> Origin {
        Origin { at: self.at, depth: self.depth }
    }

    /// Whether a choice is to be taken here.
    fn takes(&self, choice: Choice, names: &[u16]) -> bool {
        let wanted = self.only.is_none_or(|only| renamed(choice, names).bit().is_some_and(|bit| only & bit != 0));
        wanted && !self.sleep.iter().any(|&(asleep, _)| asleep == choice)
    }
}

/// Lets a choice happen where nobody asks what it touches.
fn blindly<S: System>(system: &S, state: &mut S::State, choice: Choice) -> Taken<S::Wrong> {
    match system.go(state, choice) {
        Ok(()) => Taken::Went(Footprint::EVERYTHING),
        Err(wrong) => Taken::Wrong(wrong),
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
pub(super) fn by_own_name(choice: Choice, names: &[u16]) -> Choice {
    match choice {
        Choice::Go { agent, branch } => {
            let own = names.iter().position(|&name| name == agent);
            Choice::Go { agent: own.map_or(agent, |own| own as u16), branch }
        }
        other => other,
    }
}
