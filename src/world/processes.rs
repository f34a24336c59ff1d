//! The processes of a world, each with the hash of what it was when it was last asked for.
//!
//! A step touches one process and seldom two. The others are neither hashed again nor copied again: where two worlds
//! have the same hash of a process, a copy of one into the memory of the other leaves it as it is. As everywhere in an
//! exploration, what has the same hash is the same.

use std::hash::{Hash, Hasher};
use std::ops::{Index, IndexMut};
use std::sync::OnceLock;

use super::digest::Digest;
use super::process::Process;

/// By incarnation. A process that has ended leaves its empty shell.
#[derive(Debug, Default)]
pub(super) struct Processes(Vec<Kept>);

#[derive(Debug)]
struct Kept {
    process: Process,
    /// The hash of the process; empty since somebody might have changed it.
    digest: OnceLock<u64>,
}

impl Kept {
    /// The hash of the process, made if nobody has yet.
    fn digest(&self) -> u64 {
        let digest = *self.digest.get_or_init(|| self.made());
        debug_assert_eq!(digest, self.made(), "somebody changed a process unseen");
        digest
    }

    fn made(&self) -> u64 {
        let mut hasher = Digest::default();
        self.process.hash(&mut hasher);
        hasher.finish()
    }

    #[inline]
    fn touched(&mut self) -> &mut Process {
        self.digest = OnceLock::new();
        &mut self.process
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self { process: self.process.clone(), digest: self.digest.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        if let (Some(known), Some(theirs)) = (self.digest.get(), other.digest.get())
            && known == theirs
        {
            debug_assert_eq!(self.process, other.process, "two processes with one hash");
            return;
        }
        self.process.clone_from(&other.process);
        self.digest = other.digest.clone();
    }
}

impl Processes {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The hash of a process, as it was made for the world's.
    pub(super) fn digest(&self, at: usize) -> u64 {
        self.0[at].digest()
    }

    pub(super) fn push(&mut self, process: Process) {
        self.0.push(Kept { process, digest: OnceLock::new() });
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&Process> {
        self.0.get(at).map(|kept| &kept.process)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Process> {
        self.0.get_mut(at).map(Kept::touched)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Process> + ExactSizeIterator {
        self.0.iter().map(|kept| &kept.process)
    }

    /// Those of which `which` says so, to be changed.
    pub(super) fn iter_mut_of(
        &mut self,
        which: impl Fn(&Process) -> bool,
    ) -> impl Iterator<Item = (usize, &mut Process)> {
        let touched = self.0.iter_mut().enumerate().filter(move |(_, kept)| which(&kept.process));
        touched.map(|(at, kept)| (at, kept.touched()))
    }
}

impl Index<usize> for Processes {
    type Output = Process;

    #[inline]
    fn index(&self, at: usize) -> &Process {
        &self.0[at].process
    }
}

impl IndexMut<usize> for Processes {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut Process {
        self.0[at].touched()
    }
}

crate::world::copy::clone_by_fields!(Processes { 0 });

impl PartialEq for Processes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Processes {}

impl Hash for Processes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.0.iter().for_each(|kept| state.write_u64(kept.digest()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ids::ProcessId;
    use crate::world::process::ProcessState;
    use crate::world::program::Program;

    type Change = fn(&mut Process);
    type Way = fn(&mut Processes, Change);

    fn three() -> Processes {
        let mut processes = Processes::default();
        (0..3).for_each(|id| processes.push(Process::new(ProcessId(id), ProcessState::Running, Program::default())));
        processes
    }

    fn digest(processes: &Processes) -> u64 {
        let mut hasher = Digest::default();
        processes.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn a_process_that_was_changed_is_hashed_and_copied_again_by_whatever_way_it_was_reached() {
        let change: Change = |process| process.state = ProcessState::Suspended;
        let ways: [Way; 3] = [
            |all, change| change(&mut all[1]),
            |all, change| all.get_mut(1).into_iter().for_each(change),
            |all, change| all.iter_mut_of(|one| one.id == ProcessId(1)).for_each(|(_, one)| change(one)),
        ];
        for way in ways {
            let before = three();
            let (mut changed, mut copy) = (before.clone(), three());
            assert_eq!(digest(&before), digest(&changed));
            way(&mut changed, change);
            assert_ne!(before, changed);
            assert_ne!(digest(&before), digest(&changed));
            copy.clone_from(&changed);
            assert_eq!((digest(&copy), &copy), (digest(&changed), &changed));
            changed.clone_from(&before);
            assert_eq!((digest(&changed), &changed), (digest(&before), &before));
        }
    }
}
