//! The state of both sides, compared after every act.

use std::collections::BTreeMap;

use wspsim::abi::SpiReturn;
use wspsim::abi::client::{Call, Value};
use wspsim::provider::State;
use wspsim::world::World;
use wspsim::world::handles::Object;
use wspsim::world::ids::{Handle, SocketId, Window};
use wspsim::world::log::Log;
use wspsim::world::op::{Op, Outcome};
use wspsim::world::policy::{BlockingMode, RegistrantCloses};
use wspsim::world::process::{Process, ProcessState};

use super::play::plain;
use super::{Act, Mismatch, Pair, agree, calls, first_thread, incarnation};
use crate::reference::{Number, Running, SocketOption};

/// Which shared socket of the machine is which of the reference.
type Same = BTreeMap<usize, SocketId>;

impl Pair {
    pub(super) fn compare(&mut self, act: Act) -> Result<(), Mismatch> {
        self.world.check_invariants()?;
        let same = self.same_sockets()?;
        self.compare_references(&same)?;
        self.compare_blocks(&same)?;
        self.compare_registrations(&same)?;
        for process in 0..self.clients.len() {
            self.compare_process(process)?;
        }
        self.compare_options(act)?;
        self.windows_blurred |= self.reference.has_ghosts();
        Ok(())
    }

    /// Every descriptor of the reference leads to one shared socket of the machine, and all of one to the same.
    fn same_sockets(&self) -> Result<Same, Mismatch> {
        let mut same = Same::new();
        for process in 0..self.clients.len() {
            for (number, socket) in self.reference.descriptors(process) {
                let found = self.world.shared_socket(incarnation(process), Handle(number));
                let found =
                    found.ok_or_else(|| format!("descriptor {number:#x} of process {process} leads nowhere"))?;
                agree("the shared socket of a descriptor", *same.entry(socket).or_insert(found), found)?;
            }
        }
        let pending = self.world.duplications().iter().filter(|duplication| duplication.opened.is_none());
        for (machine, reference) in pending.zip(self.reference.pending()) {
            let known = *same.entry(reference.socket).or_insert(machine.socket);
            agree("the shared socket of a block", machine.socket, known)?;
        }
        // What neither descriptor nor block leads to is held by inherited handles below a layer.
        agree("the number of shared sockets", self.world.afd().len(), self.reference.sockets().count())?;
        let distinct: std::collections::BTreeSet<_> = same.values().collect();
        agree("distinct shared sockets", distinct.len(), same.len())?;
        Ok(same)
    }

    fn compare_references(&self, same: &Same) -> Result<(), Mismatch> {
        for (&reference, &machine) in same {
            let socket = self.world.afd().socket(machine).ok_or("a shared socket is gone")?;
            let counts = (socket.descriptors(), socket.duplications());
            let expected = (self.reference.descriptor_count(reference), self.reference.pending_references(reference));
            agree("descriptors and pending blocks of a shared socket", counts, expected)?;
            let port = socket.local().map(|name| name.port());
            let same_port = |expected: u16| if expected == 0 { port.unwrap_or(0) } else { expected };
            agree("the port of a shared socket", port, self.reference.port(reference).map(same_port))?;
        }
        Ok(())
    }

    fn compare_blocks(&self, same: &Same) -> Result<(), Mismatch> {
        let machine = self.world.duplications().iter().filter(|duplication| duplication.opened.is_none());
        let machine: Vec<_> = machine.map(|d| (d.socket, d.target, d.holds_reference)).collect();
        let reference = self.reference.pending().map(|h| (same[&h.socket], incarnation(h.target), h.counted));
        agree("pending blocks (socket, target, counted)", machine, reference.collect())
    }

    fn compare_registrations(&self, same: &Same) -> Result<(), Mismatch> {
        for (&reference, &machine) in same {
            let registration = self.world.afd().registration(machine);
            let registered = registration.map(|it| (it.registrant.process, it.mask.bits()));
            let expected = self.reference.registrant(reference);
            agree(
                "who is registered for what",
                registered,
                expected.map(|(process, _, mask)| (incarnation(process), mask)),
            )?;
            // A registration that outlives its descriptor names a number that may be anybody's by now.
            let outlives = self.world.machine().policies().registrant_closes == RegistrantCloses::Kept;
            let (Some(registration), Some((process, number, _)), false) = (registration, expected, outlives) else {
                continue;
            };
            let Some(bottom) = bottom(&self.world, process, number) else { continue };
            agree("the descriptor that made a registration", registration.registrant.handle, bottom)?;
        }
        Ok(())
    }

    fn compare_process(&self, process: usize) -> Result<(), Mismatch> {
        let state = self.world.process(incarnation(process)).ok_or("a process is missing")?;
        let running = match state.state {
            ProcessState::Running => Running::Yes,
            ProcessState::Suspended => Running::Suspended,
            ProcessState::Exited => Running::Ended,
        };
        agree("the state of a process", running, self.reference.state(process))?;
        agree("WSAStartups", state.client.startups, self.reference.startups(process))?;
        if state.client.startups == 0 && state.instances.iter().any(|(_, instance)| instance.contexts() > 0) {
            return Err(format!("process {process}: contexts after the final cleanup"));
        }
        let held = self.reference.descriptors_held_by(process);
        agree("descriptors of a process, hidden ones included", base_descriptors(state), held)?;
        for (number, inheritable) in self.reference.numbers(process) {
            let handle = state.handles.get(Handle(number)).map(|entry| entry.inheritable);
            agree("whether a handle is inheritable", handle, Some(inheritable))?;
        }
        self.compare_modes(process)?;
        for number in self.reference.events(process) {
            let signalled = self.world.is_signalled(incarnation(process), Handle(number));
            agree("whether an event is signalled", signalled, self.reference.is_signalled(process, number))?;
        }
        self.compare_windows(process, state)
    }

    fn compare_windows(&self, process: usize, state: &Process) -> Result<(), Mismatch> {
        for &window in self.clients[process].windows.iter().filter(|_| !self.windows_blurred) {
            let queue = state.window(Window(window));
            let queue: Option<Vec<_>> = queue.map(|queue| queue.iter().map(plain).collect());
            let expected = self.reference.messages(process, window).map(<[_]>::to_vec);
            agree("messages in a window's queue", queue, expected)?;
        }
        Ok(())
    }

    fn compare_modes(&self, process: usize) -> Result<(), Mismatch> {
        for (number, _) in self.reference.descriptors(process) {
            let mode = nonblocking(&self.world, process, number);
            agree("the blocking mode of a descriptor", mode, self.reference.is_nonblocking(process, number))?;
        }
        Ok(())
    }

    /// R11: an option reads the same through every descriptor. The one that an act set, else one after the other.
    fn compare_options(&mut self, act: Act) -> Result<(), Mismatch> {
        let option = SocketOption::ALL[usize::from(act.with) % SocketOption::ALL.len()];
        let mut copy = None;
        for process in 0..self.clients.len() {
            if self.reference.startups(process) == 0 || self.reference.state(process) != Running::Yes {
                continue;
            }
            let numbers: Vec<Number> = self.reference.descriptors(process).map(|(number, _)| number).collect();
            for number in numbers {
                let copy = copy.get_or_insert_with(|| (self.world.clone(), self.reference.clone()));
                let expected = copy.1.get_option(process, number, option);
                agree(option.name, read_option(&mut copy.0, process, number, option), expected)?;
            }
        }
        Ok(())
    }
}

fn read_option(world: &mut World, process: usize, number: Number, option: SocketOption) -> Result<[u32; 2], u32> {
    let op = Op::Call { thread: first_thread(process), call: Call::Spi(calls::get_option(number, option)) };
    match world.step(op, &mut Log::off()) {
        Ok(Outcome::Returned(Ok(Value::Spi(SpiReturn::Bytes(bytes))))) => Ok(calls::option_value(option, &bytes)),
        Ok(Outcome::Returned(Err(error))) => Err(error.number()),
        other => panic!("a getsockopt gave {other:?}"),
    }
}

/// The base provider's handle under a descriptor.
fn bottom(world: &World, process: usize, number: Number) -> Option<Handle> {
    let process = world.process(incarnation(process))?;
    let mut handle = Handle(number);
    loop {
        let entry = process.handles.get(handle)?;
        let binding = match entry.object {
            Object::Socket(_) => return Some(handle),
            _ => entry.binding?,
        };
        match &process.instances.get(binding.instance)?.state {
            State::Base(_) => return Some(handle),
            above => handle = above.layer()?.lower_handle(binding.context)?,
        }
    }
}

fn nonblocking(world: &World, process: usize, number: Number) -> Option<bool> {
    match world.machine().policies().blocking_mode {
        BlockingMode::Shared => {
            let socket = world.shared_socket(incarnation(process), Handle(number))?;
            world.afd().socket(socket).map(|socket| socket.nonblocking())
        }
        BlockingMode::PerDescriptor => {
            let bottom = bottom(world, process, number)?;
            world.process(incarnation(process))?.handles.get(bottom).map(|entry| entry.nonblocking)
        }
    }
}

/// Descriptors as the machine counts them: OS handles of sockets, and the records of a base without them.
fn base_descriptors(process: &Process) -> usize {
    let os = process.handles.iter().filter(|(_, entry)| matches!(entry.object, Object::Socket(_))).count();
    let records = process.instances.iter().map(|(_, instance)| match &instance.state {
        State::Base(base) => base.contexts(),
        State::Layer(_) | State::Own(_) => 0,
    });
    os + records.sum::<usize>()
}
