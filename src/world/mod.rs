//! The machine as one value.
//!
//! [`World`] holds everything that can change: processes with their threads and handles, loaded providers, shared
//! sockets, pending duplications, events, virtual time. [`World::step`] is the only way it changes; it is total.
//!
//! Reading order: [`op`] (what can happen), [`process`], `processes` and [`handles`] (who can do it); [`frame`],
//! `drive`, `straight`, `crossing` and [`border`] (how a call runs), [`ws2_32`] (the SPI client), [`upcalls`],
//! [`duplication`], [`afd`] (shared sockets), [`watch`] (waits on many of them), `wake`, `death`, `signal`; [`digest`] and
//! [`canonical`] (hashes of the whole), [`footprint`] (what an op may touch); `copy`, [`table`], [`sorted`] (containers);
//! [`checks`] (who keeps the contracts); [`overlapped`], `completion`, `apc`, [`completion_port`] (how an overlapped
//! operation ends).

pub mod afd;
pub mod apc;
pub mod border;
pub mod canonical;
pub mod catalog;
pub mod checks;
mod completion;
pub mod completion_port;
pub(crate) mod copy;
mod crossing;
mod death;
pub mod digest;
mod drive;
pub mod duplication;
pub mod event;
pub mod event_object;
pub mod fault;
pub mod footprint;
pub mod frame;
pub mod handles;
pub mod ids;
mod invariants;
pub mod link_rule;
pub mod log;
pub mod machine;
pub mod op;
mod os;
mod os_io;
pub mod overlapped;
pub mod policy;
pub mod process;
mod processes;
pub mod program;
pub mod sections;
pub(crate) mod signal;
pub mod sorted;
mod step;
mod straight;
pub mod table;
pub mod upcalls;
mod wake;
pub mod watch;
pub mod ws2_32;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use afd::Afd;
use catalog::Installed;
use checks::{Checker, Contracts};
use completion_port::CompletionPorts;
use duplication::Duplications;
use event_object::EventObjects;
use fault::Faults;
use ids::{Handle, Incarnation, SocketId, ThreadId, Ticks};
use machine::Machine;
use process::{Directory, Process};
use processes::Processes;

use crate::provider::State;
use crate::provider::own::{Kit, OwnLayer};

/// A machine with everything on it.
#[derive(Debug, PartialEq, Eq)]
pub struct World {
    machine: Arc<Machine>,
    /// The hash of the machine, which is made once.
    described: u64,
    installed: Arc<Installed>,
    now: Ticks,
    directory: Directory,
    processes: Processes,
    afd: Afd,
    events: EventObjects,
    ports: CompletionPorts,
    duplications: Duplications,
    sections: sections::Sections,
    faults: Faults,
    /// How many frames wait.
    waits: u32,
    /// What the contract checker remembers; `None` when nobody looks.
    checks: Option<Box<Checker>>,
}

crate::world::copy::clone_by_fields!(World {
    machine as shared,
    described,
    installed as shared,
    now,
    directory,
    processes,
    afd,
    events,
    ports,
    duplications,
    sections,
    faults,
    waits,
    checks
});

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            machine: _,
            described,
            installed,
            now,
            directory,
            processes,
            afd,
            events,
            ports,
            duplications,
            sections,
            faults,
            waits,
            checks,
        } = self;
        (described, installed, now, directory, processes).hash(state);
        (afd, events, ports, duplications, sections).hash(state);
        (faults, waits, checks).hash(state);
    }
}

impl World {
    /// A machine that has just been switched on: no processes, time zero, the model's faults in force.
    #[must_use]
    pub fn new(machine: Arc<Machine>) -> Self {
        let mut world = Self {
            now: Ticks::default(),
            directory: Directory::default(),
            processes: Processes::default(),
            afd: Afd::default(),
            events: EventObjects::default(),
            ports: CompletionPorts::default(),
            duplications: Duplications::default(),
            sections: sections::Sections::default(),
            faults: Faults::default(),
            waits: 0,
            checks: (machine.contracts != Contracts::Off).then(Box::default),
            installed: Arc::new(Installed::new(&machine)),
            described: machine.digest(),
            machine: Arc::clone(&machine),
        };
        let mut log = log::Log::off();
        for &fault in &machine.faults {
            world.apply_fault(fault, &mut log);
        }
        world
    }

    /// The description this world started from.
    #[must_use]
    pub fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    /// What is installed now: the catalogs, and the applications with categories.
    #[must_use]
    pub fn installed(&self) -> &Installed {
        &self.installed
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Ticks {
        self.now
    }

    /// A hash of the whole state, equal for equal worlds, the same on every run.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = digest::Digest::default();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// A process, ended ones included.
    #[must_use]
    pub fn process(&self, process: Incarnation) -> Option<&Process> {
        self.processes.get(process.0 as usize)
    }

    /// All processes with their incarnations, ended ones included.
    pub fn processes(&self) -> impl Iterator<Item = (Incarnation, &Process)> {
        self.processes.iter().enumerate().map(|(at, process)| (Incarnation(at as u32), process))
    }

    /// Who runs under which process id.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The shared sockets.
    #[must_use]
    pub fn afd(&self) -> &Afd {
        &self.afd
    }

    /// Memory that providers share between processes.
    #[must_use]
    pub fn sections(&self) -> &sections::Sections {
        &self.sections
    }

    /// The pending duplications.
    #[must_use]
    pub fn duplications(&self) -> &Duplications {
        &self.duplications
    }

    /// The event objects.
    #[must_use]
    pub fn events(&self) -> &EventObjects {
        &self.events
    }

    /// The completion ports.
    #[must_use]
    pub fn completion_ports(&self) -> &CompletionPorts {
        &self.ports
    }

    /// Whether the event behind a handle is signalled; `None` when the handle is no event.
    #[must_use]
    pub fn is_signalled(&self, process: Incarnation, event: Handle) -> Option<bool> {
        let id = self.process(process)?.handles.event(event)?;
        self.events.get(id).map(|object| object.signalled)
    }

    /// The shared socket at the bottom of a descriptor, however many layers are in between.
    #[must_use]
    pub fn shared_socket(&self, process: Incarnation, handle: Handle) -> Option<SocketId> {
        self.base_descriptor(process, handle).map(|(_, socket)| socket)
    }

    /// The descriptor a base provider knows beneath a descriptor, and the shared socket it refers to.
    #[must_use]
    pub fn base_descriptor(&self, process: Incarnation, mut handle: Handle) -> Option<(Handle, SocketId)> {
        let process = self.process(process)?;
        for _ in 0..=crate::abi::consts::MAX_PROTOCOL_CHAIN {
            let entry = process.handles.get(handle)?;
            if let handles::Object::Socket(socket) = entry.object {
                return Some((handle, socket));
            }
            let binding = entry.binding?;
            match &process.instances.get(binding.instance)?.state {
                State::Base(base) => return Some((handle, base.record_socket(binding.context)?)),
                above => handle = above.layer()?.lower_handle(binding.context)?,
            }
        }
        None
    }

    /// Somebody's own layers of this type, as they are loaded in a process.
    pub fn own_layers<L: OwnLayer>(&self, process: Incarnation) -> impl Iterator<Item = &L> {
        let instances = self.process(process).into_iter().flat_map(|process| process.instances.iter());
        instances.filter_map(|(_, instance)| match &instance.state {
            State::Own(own) => own.downcast_ref::<Kit<L>>().map(Kit::own),
            State::Base(_) | State::Layer(_) => None,
        })
    }

    /// The thread, if its process has it.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> Option<&process::Thread> {
        self.process(thread.process)?.threads.get(thread.index as usize)
    }
}
