//! One digest for states that differ in numbers only: handles, tokens, process ids; or in which of several processes
//! with equal programs is which.
//!
//! What a program holds is hashed with the process it belongs to, so that a label follows what it names. Not used where a
//! scenario itself speaks of numbers.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};

use super::super::program::Scenario;
use super::super::reader::{SlotId, ThreadRef};
use super::super::values::Held;
use super::alike::Alike;
use super::orders::Orders;
use super::state::State;
use crate::world::canonical::{Canonical, Renaming, Roots};
use crate::world::digest::Digest;
use crate::world::ids::Incarnation;

/// Which processes are alike; and the memory of the canonical digest, kept from one state to the next.
#[derive(Debug, Default)]
pub(super) struct Twins {
    alike: Alike,
    canonical: RefCell<Canonical>,
}

impl Twins {
    /// Those of a scenario.
    pub(super) fn of(scenario: &Scenario) -> Self {
        Self { alike: Alike::of(scenario), canonical: RefCell::default() }
    }
}

/// Whoever has orders of their own has memory of their own to work in.
impl Clone for Twins {
    fn clone(&self) -> Self {
        Self { alike: self.alike.clone(), canonical: RefCell::default() }
    }
}

/// What the programs hold of a world.
struct OfPrograms<'s, 'a> {
    orders: &'s Orders<'a>,
    state: &'s State,
}

impl OfPrograms<'_, '_> {
    /// The scenario's name of a process.
    fn name(&self, process: Incarnation) -> Option<SlotId> {
        let threads = self.orders.scenario.threads.iter().filter(|thread| thread.index == 0);
        let mut named = threads.map(|thread| thread.process);
        named.find(|&slot| self.process(slot) == Some(process))
    }

    fn process(&self, name: SlotId) -> Option<Incarnation> {
        self.state.place.values.process(name).ok().map(|(process, _)| process)
    }

    /// With which process a label is hashed, and what it is called there.
    fn home(&self, label: SlotId, held: &Held) -> Option<(Incarnation, u32)> {
        const OF_ONE: u32 = 1 << 31;
        let own = self.orders.twins.alike.owner(label).and_then(|(name, place)| Some((self.process(name)?, place)));
        match own {
            Some((process, place)) => Some((process, place | OF_ONE)),
            None => Some((owner_of(held), label.0)).filter(|&(process, _)| self.name(process).is_some()),
        }
    }

    /// Where a thread is. Its items are counted from its own first, as those of its like are.
    fn hash_thread(&self, on: ThreadRef, process: Incarnation, hasher: &mut Renaming<'_>) {
        let place = &self.state.place;
        hasher.enter(process);
        place.agents[on.0 as usize].hash(hasher);
        hasher.enter(process);
        place.threads[on.0 as usize].hash_from(self.orders.programs.first_item(on) as usize, hasher);
    }
}

impl Roots for OfPrograms<'_, '_> {
    fn group(&self, process: Incarnation) -> u32 {
        const UNNAMED: u32 = 1 << 31;
        let Some(name) = self.name(process) else { return process.0 | UNNAMED };
        self.orders.twins.alike.member(name).map_or(name, |(_, first)| first.name).0
    }

    fn hash(&self, process: Incarnation, hasher: &mut Renaming<'_>) {
        let Some(name) = self.name(process) else { return };
        let place = &self.state.place;
        if let Some((member, _)) = self.orders.twins.alike.member(name) {
            member.threads.iter().for_each(|&on| self.hash_thread(on, process, hasher));
        }
        for (label, held) in place.values.held() {
            if let Some((home, called)) = self.home(label, held)
                && home == process
            {
                hasher.enter(process);
                called.hash(hasher);
                held.hash(hasher);
            }
        }
        for (name, result) in place.results.iter().enumerate() {
            if self.orders.is_named_on(name, self.state, process) {
                hasher.enter(process);
                name.hash(hasher);
                result.hash(hasher);
            }
        }
    }
}

/// The process that a label's value belongs to. A value without owner goes with the first process there is.
fn owner_of(held: &Held) -> Incarnation {
    match held {
        Held::Handle { owner, .. } | Held::Window { owner, .. } => *owner,
        Held::Process { process, .. } => *process,
        _ => Incarnation(0),
    }
}

impl Orders<'_> {
    /// The digest of a state, the same for all that differ in numbers only or in which of its like a process is; and by
    /// which number each thread goes then, if any goes by another than its own.
    pub(super) fn digest_of_twins(&self, state: &State, names: &mut Vec<u16>) -> u64 {
        let mut canonical = self.twins.canonical.borrow_mut();
        let programs = OfPrograms { orders: self, state };
        let world = canonical.digest(&state.world, &programs);
        self.name_threads(&programs, &canonical, names);
        let mut hasher = Digest::default();
        hasher.write_u64(world);
        let place = &state.place;
        place.faults.hash(&mut hasher);
        place.past.hash(&mut hasher);
        place.unmade.hash(&mut hasher);
        // What belongs to no process with a name is told by its numbers.
        for (label, held) in place.values.held() {
            let home = programs.home(label, held);
            if self.twins.alike.owner(label).is_none() || home.is_none() {
                (label.0, home.is_some()).hash(&mut hasher);
            }
            if home.is_none() {
                held.hash(&mut hasher);
            }
        }
        for (at, thread) in self.scenario.threads.iter().enumerate() {
            if programs.process(thread.process).is_none() {
                (at, place.agents[at].at, place.agents[at].pending).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Among processes that are alike the first by colour goes by the name of the first, and so on.
    fn name_threads(&self, programs: &OfPrograms<'_, '_>, canonical: &Canonical, names: &mut Vec<u16>) {
        for group in self.twins.alike.groups() {
            if names.is_empty() {
                names.extend(0..self.scenario.threads.len() as u16);
            }
            let running = || group.iter().filter(|member| programs.process(member.name).is_some());
            let mut ranked: Vec<_> = running().collect();
            ranked.sort_by_key(|member| programs.process(member.name).map(|process| canonical.rank(process)));
            for (member, called) in ranked.into_iter().zip(running()) {
                for (on, name) in member.threads.iter().zip(&called.threads) {
                    names[on.0 as usize] = name.0 as u16;
                }
            }
        }
    }

    /// Whether a named step is one of this process's threads.
    fn is_named_on(&self, name: usize, state: &State, process: Incarnation) -> bool {
        let on = self.programs.thread_of_name(name);
        let slot = on.map(|ThreadRef(on)| self.scenario.threads[on as usize].process);
        slot.is_some_and(|slot| state.place.values.process(slot).is_ok_and(|(known, _)| known == process))
    }
}
