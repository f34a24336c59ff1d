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
        // A faulty layer may use a provider that has never started, or has been cleaned up by others.
        let started = !self.machine.any_faulty(ShapeFault::SkipLowerStartup);
        let mut waits = 0;
        for (id, process) in self.processes() {
            for thread in &process.threads {
                waits += thread.waits();
                pauses_in_call(id, thread)?;
            }
            contexts_end(id, process, started)?;
        }
        if waits != self.waits {
            return Err(format!("{waits} frames wait, but {} are counted", self.waits));
        }
        self.references_add_up()?;
        self.operations_add_up()
    }

    /// References of a shared socket equal its descriptors in all processes plus its pending duplications, and none of
    /// them is without its shared socket.
    fn references_add_up(&self) -> Result<(), String> {
        let (mut few, mut many) = ([(0, 0); FEW], Vec::new());
        let counted: &mut [(u32, u32)] = match self.afd.slots() {
            slots @ ..=FEW => &mut few[..slots],
            slots => {
                many.resize(slots, (0, 0));
                &mut many
            }
        };
        let mut gone = None;
        let mut count = |socket: SocketId, by: (u32, u32)| match counted.get_mut(socket.0 as usize) {
            Some(counts) if self.afd.socket(socket).is_some() => *counts = (counts.0 + by.0, counts.1 + by.1),
            _ => gone = gone.or(Some(socket)),
        };
        for process in self.processes.iter() {
            descriptors(process, |socket| count(socket, (1, 0)));
        }
        for duplication in self.duplications.iter().filter(|duplication| duplication.holds_reference) {
            count(duplication.socket, (0, 1));
        }
        let stranded = self.duplications.stranded().filter(|&socket| self.afd.socket(socket).is_some());
        stranded.for_each(|socket| count(socket, (0, 1)));
        if let Some(socket) = gone {
            return Err(format!("a descriptor or duplication names shared socket {}, which is gone", socket.0));
        }
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
        let mut operations = operations.peekable();
        let idle = |process: &Process| process.overlapped.is_empty() && process.catalog_watches.is_empty();
        if operations.peek().is_none() && self.processes.iter().all(idle) {
            return Ok(());
        }
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
}

/// For so many shared sockets, counting needs no memory of its own.
const FEW: usize = 16;

/// The shared sockets a process has base descriptors of, once for each descriptor.
fn descriptors(process: &Process, mut each: impl FnMut(SocketId)) {
    for (_, entry) in process.handles.iter() {
        if let Object::Socket(socket) = entry.object {
            each(socket);
        }
    }
    for (_, instance) in process.instances.iter() {
        if let State::Base(base) = &instance.state {
            base.records().for_each(|(_, socket)| each(socket));
        }
    }
}

/// A thread that paused is inside a call, and waits for nothing.
fn pauses_in_call(incarnation: Incarnation, thread: &Thread) -> Result<(), String> {
    if thread.paused.is_some() && (thread.ended || thread.frames.is_empty() || thread.wait().is_some()) {
        return Err(format!("a thread of process {} paused outside of any call that runs", incarnation.0));
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::world::afd::{Family, Kind, Transport};
    use crate::world::catalog::Catalog;
    use crate::world::handles::HandleEntry;
    use crate::world::ids::Handle;
    use crate::world::log::Log;
    use crate::world::machine::{Machine, Platform};
    use crate::world::op::Op;
    use crate::world::program::Program;

    const STREAM: Transport = Transport { family: Family::V4, kind: Kind::Stream };

    /// Two processes with a descriptor each of one of so many sockets.
    fn world(sockets: usize) -> (World, SocketId, [Handle; 2]) {
        let machine = Machine::new("books", Platform::default(), Vec::new(), Catalog::default(), Vec::new());
        let mut world = World::new(Arc::new(machine));
        let log = &mut Log::off();
        for _ in 0..2 {
            let start = Op::StartProcess { id: None, suspended: false, program: Program::default() };
            world.step(start, log).expect("a process");
        }
        let mut last = SocketId(0);
        for _ in 0..sockets {
            let (afd, mut cx) = world.afd_cx(log);
            last = afd.create(&mut cx, STREAM, true).expect("a socket");
            afd.add_descriptor(&mut cx, last);
            world.processes[0].handles.insert(99, HandleEntry::new(Object::Socket(last), false)).expect("room");
        }
        let (afd, mut cx) = world.afd_cx(log);
        afd.add_descriptor(&mut cx, last);
        let entry = HandleEntry::new(Object::Socket(last), false);
        let second = world.processes[1].handles.insert(99, entry).expect("room");
        let (first, _) = world.processes[0].handles.iter().last().expect("a handle");
        assert_eq!(world.check_invariants(), Ok(()));
        (world, last, [first, second])
    }

    fn broken(world: &World) -> String {
        world.check_invariants().expect_err("the books are broken")
    }

    #[test]
    fn books_that_do_not_add_up_are_found_among_few_sockets_and_among_many() {
        for sockets in [1, FEW, FEW + 1, 3 * FEW] {
            let (good, socket, [first, second]) = world(sockets);
            for (process, handle) in [(0, first), (1, second)] {
                let mut world = good.clone();
                world.processes[process].handles.remove(handle);
                assert!(
                    broken(&world).contains("counts 2 descriptors and 0 pending duplications, but there are 1 and 0")
                );
            }
            let mut world = good.clone();
            world.duplications.strand(socket);
            assert!(broken(&world).contains("but there are 2 and 1"));
            let mut world = good.clone();
            let gone = SocketId(sockets as u32);
            world.processes[1].handles.insert(99, HandleEntry::new(Object::Socket(gone), false));
            assert!(broken(&world).contains("which is gone"));
        }
    }

    #[test]
    fn waits_and_ends_that_nobody_counted_are_found() {
        let (good, _, _) = world(1);
        let mut world = good.clone();
        world.waits += 1;
        assert!(broken(&world).contains("frames wait"));
        let mut world = good.clone();
        world.processes[1].state = ProcessState::Exited;
        assert!(broken(&world).contains("has ended and still holds"));
    }
}
