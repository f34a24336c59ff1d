//! What must hold between any two ops. Property tests and fuzzers ask after every step.

use super::World;
use super::handles::Object;
use super::ids::{Incarnation, SocketId};
use super::process::{Process, ProcessState, Thread};
use crate::provider::{ShapeFault, State};

impl World {
    /// Checks the books of the whole machine.
    ///
    /// # Errors
    /// A sentence that says which invariant is broken, where, and by how much.
    pub fn check_invariants(&self) -> Result<(), String> {
        self.afd.check_invariants()?;
        if self.installed.changes() > 0 {
            self.installed.check_invariants()?;
        }
        if self.afd.signals_pending() {
            return Err("network events were left undelivered between two ops".into());
        }
        let waits = self.processes.iter().flat_map(|process| &process.threads).map(Thread::waits).sum::<u32>();
        if waits != self.waits {
            return Err(format!("{waits} frames wait, but {} are counted", self.waits));
        }
        self.processes().try_for_each(|(id, process)| pauses_in_calls(id, process))?;
        self.references_add_up()?;
        self.operations_add_up()?;
        self.descriptors_have_sockets()?;
        // A faulty layer may use a provider that has never started, or has been cleaned up by others.
        let started = !self.machine.any_faulty(ShapeFault::SkipLowerStartup);
        self.processes().try_for_each(|(incarnation, process)| contexts_end(incarnation, process, started))
    }

    /// References of a shared socket equal its descriptors in all processes plus its pending duplications.
    fn references_add_up(&self) -> Result<(), String> {
        // By the number of the socket.
        let mut counted: Vec<(u32, u32)> = vec![(0, 0); self.afd.iter().last().map_or(0, |(id, _)| id.0 as usize + 1)];
        let mut count = |socket: SocketId, by: (u32, u32)| {
            if let Some(counts) = counted.get_mut(socket.0 as usize) {
                *counts = (counts.0 + by.0, counts.1 + by.1);
            }
        };
        self.processes.iter().flat_map(descriptors).for_each(|socket| count(socket, (1, 0)));
        let held = self.duplications.iter().filter(|duplication| duplication.holds_reference);
        held.for_each(|duplication| count(duplication.socket, (0, 1)));
        self.duplications.stranded().for_each(|socket| count(socket, (0, 1)));
        for (id, socket) in self.afd.iter() {
            let (descriptors, duplications) = counted[id.0 as usize];
            if (socket.descriptors(), socket.duplications()) != (descriptors, duplications) {
                return Err(format!(
                    "shared socket {} counts {} descriptors and {} pending duplications, but there are {descriptors} \
                     and {duplications}",
                    id.0,
                    socket.descriptors(),
                    socket.duplications()
                ));
            }
        }
        Ok(())
    }

    /// Every pending operation was started by a thread that can still hear of it, with a structure that says so; and as
    /// many structures say so as there are operations.
    fn operations_add_up(&self) -> Result<(), String> {
        let mut started: std::collections::BTreeMap<Incarnation, usize> = std::collections::BTreeMap::new();
        let operations = self.afd.iter().filter_map(|(_, socket)| socket.io()).flat_map(|io| io.operations());
        for operation in operations {
            let thread = operation.issuer.thread;
            if self.thread(thread).is_none_or(|thread| thread.ended) {
                return Err("an operation outlived the thread that started it".into());
            }
            let client = self.client_overlapped(thread.process, &operation.overlapped);
            let process = self.process(thread.process);
            if !client.is_some_and(|id| process.is_some_and(|process| process.overlapped.is_pending((None, id)))) {
                if process.is_some_and(Process::has_answers_on_their_way) {
                    // A layer is about to hear of it.
                    continue;
                }
                return Err(format!("a pending operation of process {} has no structure", thread.process.0));
            }
            *started.entry(thread.process).or_default() += 1;
        }
        for (id, process) in self.processes() {
            let started = started.get(&id).copied().unwrap_or(0);
            let (pending, operations) = (process.overlapped.pending().count(), started + process.catalog_watches.len());
            if pending != operations {
                return Err(format!("process {} waits for {pending} operations, but {operations} are pending", id.0));
            }
        }
        Ok(())
    }

    /// No descriptor and no pending duplication without its shared socket.
    fn descriptors_have_sockets(&self) -> Result<(), String> {
        let held = self.duplications.iter().filter(|duplication| duplication.holds_reference);
        let all = self.processes.iter().flat_map(descriptors).chain(held.map(|duplication| duplication.socket));
        for socket in all {
            if self.afd.socket(socket).is_none() {
                return Err(format!("a descriptor or duplication names shared socket {}, which is gone", socket.0));
            }
        }
        Ok(())
    }
}

/// The shared sockets a process has base descriptors of, once for each descriptor.
fn descriptors(process: &Process) -> impl Iterator<Item = SocketId> + '_ {
    let ifs = process.handles.iter().filter_map(|(_, entry)| match entry.object {
        Object::Socket(socket) => Some(socket),
        _ => None,
    });
    let non_ifs = process.instances.iter().flat_map(|(_, instance)| match &instance.state {
        State::Base(base) => base.records().map(|(_, socket)| socket).collect::<Vec<_>>(),
        State::Layer(_) | State::Own(_) => Vec::new(),
    });
    ifs.chain(non_ifs)
}

/// A thread that paused is inside a call, and waits for nothing.
fn pauses_in_calls(incarnation: Incarnation, process: &Process) -> Result<(), String> {
    let mut paused = process.threads.iter().filter(|thread| thread.paused.is_some());
    match paused.any(|thread| thread.ended || thread.frames.is_empty() || thread.wait().is_some()) {
        true => Err(format!("a thread of process {} paused outside of any call that runs", incarnation.0)),
        false => Ok(()),
    }
}

/// A process that has ended holds nothing; a provider that was cleaned up holds no contexts. A context may outlive its
/// handle while the provider runs: CloseHandle tells no provider.
fn contexts_end(incarnation: Incarnation, process: &Process, started: bool) -> Result<(), String> {
    if process.state == ProcessState::Exited && !(process.handles.is_empty() && process.instances.is_empty()) {
        return Err(format!("process {} has ended and still holds handles or providers", incarnation.0));
    }
    for (id, instance) in process.instances.iter() {
        if started && instance.startups() == 0 && instance.contexts() > 0 {
            return Err(format!("provider instance {} of process {} outlived its cleanup", id.0, incarnation.0));
        }
    }
    Ok(())
}
