//! One digest for states that differ in numbers only: handles, tokens, process ids.
//!
//! What a program holds is hashed with the process it belongs to, so that a label follows what it names. Not used where a
//! scenario itself speaks of numbers.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};

use super::super::reader::{SlotId, ThreadRef};
use super::super::values::Held;
use super::orders::Orders;
use super::state::State;
use crate::world::canonical::{Canonical, Renaming, Roots};
use crate::world::digest::Digest;
use crate::world::ids::Incarnation;

/// The memory of the canonical digest, kept from one state to the next.
#[derive(Debug, Default)]
pub(super) struct Twins(RefCell<Canonical>);

/// Only memory to work in: whoever has orders of their own has one of their own.
impl Clone for Twins {
    fn clone(&self) -> Self {
        Self::default()
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
        named.find(|&slot| self.state.place.values.process(slot).is_ok_and(|(known, _)| known == process))
    }
}

impl Roots for OfPrograms<'_, '_> {
    fn group(&self, process: Incarnation) -> u32 {
        const UNNAMED: u32 = 1 << 31;
        self.name(process).map_or(process.0 | UNNAMED, |slot| slot.0)
    }

    fn hash(&self, process: Incarnation, hasher: &mut Renaming<'_>) {
        let Some(name) = self.name(process) else { return };
        let place = &self.state.place;
        for (at, thread) in self.orders.scenario.threads.iter().enumerate() {
            if thread.process != name {
                continue;
            }
            hasher.enter(process);
            place.agents[at].hash(hasher);
            hasher.enter(process);
            place.threads[at].hash(hasher);
        }
        for (slot, held) in place.values.held() {
            if owner_of(held) == process {
                hasher.enter(process);
                slot.0.hash(hasher);
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
    /// The digest of a state, the same for all that differ in numbers only.
    pub(super) fn digest_of_twins(&self, state: &State) -> u64 {
        let mut canonical = self.twins.0.borrow_mut();
        let world = canonical.digest(&state.world, &OfPrograms { orders: self, state });
        let mut hasher = Digest::default();
        hasher.write_u64(world);
        let place = &state.place;
        place.faults.hash(&mut hasher);
        place.past.hash(&mut hasher);
        place.unmade.hash(&mut hasher);
        // What belongs to no process with a name is told by its numbers.
        let programs = OfPrograms { orders: self, state };
        for (slot, held) in place.values.held() {
            let lives = programs.name(owner_of(held)).is_some();
            (slot.0, lives).hash(&mut hasher);
            if !lives {
                held.hash(&mut hasher);
            }
        }
        for (at, thread) in self.scenario.threads.iter().enumerate() {
            if place.values.process(thread.process).is_err() {
                (place.agents[at].at, place.agents[at].pending).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Whether a named step is one of this process's threads.
    fn is_named_on(&self, name: usize, state: &State, process: Incarnation) -> bool {
        let on = self.programs.thread_of_name(name);
        let slot = on.map(|ThreadRef(on)| self.scenario.threads[on as usize].process);
        slot.is_some_and(|slot| state.place.values.process(slot).is_ok_and(|(known, _)| known == process))
    }
}
