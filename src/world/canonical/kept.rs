//! What was hashed of processes and their handles, kept from one world to the next.
//!
//! A step touches one process and seldom two, and the same process comes again and again while orders are explored. What
//! is kept names objects by their numbers; where they stand in a world is looked up each time.

use hashbrown::HashTable;

use super::record::{Raw, hash_of_kept};
use super::renaming::Renaming;
use super::{hash_handle, hash_process};
use crate::world::World;
use crate::world::ids::Incarnation;
use crate::world::process::Process;
use std::hash::Hash;

/// What was hashed of processes, found by the hash of the process.
#[derive(Debug, Default)]
pub(super) struct Kept {
    index: HashTable<u32>,
    all: Vec<OfProcess>,
    /// Those of the world met last, by process.
    now: Vec<u32>,
}

#[derive(Debug)]
struct OfProcess {
    digest: u64,
    process: Incarnation,
    words: Vec<Raw>,
    /// Where its handles begin.
    handles: usize,
    /// The hashes of the words before and from there.
    stands: [u64; 2],
}

/// More than so many are not kept: it begins anew.
const MAX: usize = 2048;

impl Kept {
    /// Sees to it that all processes of a world are known.
    pub(super) fn of(&mut self, world: &World) {
        if self.all.len() > MAX {
            self.index.clear();
            self.all.clear();
        }
        self.now.clear();
        for (at, (process, state)) in world.processes().enumerate() {
            let digest = world.processes.digest(at);
            let Self { index, all, now } = self;
            let is_it = |&place: &u32| {
                let known = &all[place as usize];
                (known.digest, known.process) == (digest, process)
            };
            if let Some(&place) = index.find(digest, is_it) {
                now.push(place);
                continue;
            }
            let place = all.len() as u32;
            all.push(OfProcess::new(digest, process, state));
            index.insert_unique(digest, place, |&place| all[place as usize].digest);
            now.push(place);
        }
    }

    /// Of a process, without its handles; and the hash of it.
    pub(super) fn process(&self, process: usize) -> (&[Raw], u64) {
        let known = &self.all[self.now[process] as usize];
        (&known.words[..known.handles], known.stands[0])
    }

    /// Of all handles of a process.
    pub(super) fn handles(&self, process: usize) -> (&[Raw], u64) {
        let known = &self.all[self.now[process] as usize];
        (&known.words[known.handles..], known.stands[1])
    }
}

impl OfProcess {
    fn new(digest: u64, process: Incarnation, state: &Process) -> Self {
        let mut words = Vec::new();
        let mut hasher = Renaming::keeping(&mut words);
        hasher.enter(process);
        hash_process(state, &mut hasher);
        hasher.end();
        let handles = words.len();
        let mut hasher = Renaming::keeping(&mut words);
        for handle in state.handles.slots() {
            process.hash(&mut hasher);
            hash_handle(state, handle, &mut hasher);
            hasher.end();
        }
        let stands = [&words[..handles], &words[handles..]].map(hash_of_kept);
        Self { digest, process, words, handles, stands }
    }
}
