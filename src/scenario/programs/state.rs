//! A run at some point: the machine, and where every thread is in its program.

use super::super::play::ThreadState;
use super::super::reader::ThreadRef;
use super::super::values::Values;
use super::At;
use crate::abi::client::CallResult;
use crate::world::World;
use crate::world::digest::Digest;
use crate::world::ids::ThreadId;
use std::hash::{Hash, Hasher};

/// A run at some point.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) world: World,
    pub(super) place: Place,
}

crate::world::copy::clone_by_fields!(State { world, place });

/// All of it but the machine.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub values: Values,
    /// By thread: its calls that did not return at once.
    pub threads: Vec<ThreadState>,
    /// By thread: where it is in its program.
    pub agents: Vec<Agent>,
    /// Threads beyond the first whose process does not run yet.
    pub unmade: Vec<ThreadRef>,
    /// How often each fault may still strike.
    pub faults: Box<[u8]>,
    /// What named steps came to.
    pub results: Box<[Option<CallResult>]>,
    /// How often what the checks look for in the past has happened.
    pub past: Box<[u64]>,
    /// Shared sockets after the last step.
    pub sockets: usize,
}

crate::world::copy::clone_by_fields!(Place { values, threads, agents, unmade, faults, results, past, sockets });

/// Where a thread is in its program.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Agent {
    /// The instruction.
    pub at: At,
    /// Rounds of the loops it is in.
    pub rounds: Box<[u8]>,
    /// Whether the call of the instruction has been made and waits.
    pub pending: bool,
}

crate::world::copy::clone_by_fields!(Agent { at, rounds, pending });

impl State {
    /// A hash of all of it, the same on every run.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = Digest::default();
        self.place.hash(&mut hasher);
        hasher.write_u64(self.world.digest());
        hasher.finish()
    }

    /// The machine.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    pub(super) fn thread_waits(&self, on: ThreadRef) -> bool {
        self.place.threads[on.0 as usize].waiting.iter().any(|waiting| waiting.result.is_none())
    }

    /// Whether a thread is inside a callback of the client's.
    pub(super) fn in_callback(&self, thread: ThreadId) -> bool {
        use crate::world::frame::Until;
        let wait = self.world.thread(thread).and_then(|thread| thread.wait());
        wait.is_some_and(|wait| matches!(wait.until, Until::Callback | Until::Routine) && wait.cancelled.is_none())
    }
}
