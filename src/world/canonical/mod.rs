//! One hash for all worlds that differ in numbers only.
//!
//! Which handle, process id or token a thing has is an accident of the order in which things were made. Two orders of
//! the same calls often lead to worlds that are the same but for such numbers, and an exploration that takes them
//! for different ones goes through the rest twice. [`Canonical::digest`] is equal for such worlds. Where processes run
//! the same program ([`Roots::group`]) it does not matter either which of them is which.
//!
//! How: every process, handle, shared socket, event, port and pending duplication is an *object*. In rounds each
//! object gets a colour, a hash of its content in which other objects are called by their colours, mixed with the
//! colours of those that mention it, until a round tells no more objects apart. If two objects still share a colour,
//! one of them gets a new one, and so on. Objects sorted by colour get their rank as name, and what is returned is the
//! hash of everything under these names. Colours only choose the names: where two objects share a colour that are not
//! interchangeable, equal worlds may get two digests, and nothing worse. Different worlds get the same digest by
//! accident only, as with [`World::digest`].
//!
//! Left out, because no call can see it: how many tokens, ports and sockets there ever were, and the order of free
//! slots that nobody refers to. Not renamed: numbers inside bytes, such as a handle in the value of an option.
//!
//! Deviation that would be noticed: where several things are due at the same moment the machine takes them in the order
//! of their numbers, so worlds with one digest may go on in different orders there.
//!
//! Source: colour refinement is the first step of canonical labelling as McKay describes it (*Practical graph
//! isomorphism*, 1981); of the search among equal colours only the first branch is taken.

mod layout;
mod renaming;

use std::cell::Cell;
use std::hash::{Hash, Hasher};

pub use renaming::Renaming;

use super::World;
use super::handles::{HandleEntry, Object};
use super::ids::{Handle, Incarnation};
use super::process::Process;
use layout::{Layout, ObjectAt};

/// Makes a colour depend on the one before: what was told apart stays apart.
const KEEPS: u64 = 0xa076_1d64_78bd_642f;

/// Rounds of colouring at most: what a socket says of a descriptor climbs one layer a round.
const ROUNDS_MAX: usize = 9;

/// What is known of a world's processes outside of it: the programs they run and what these hold.
pub trait Roots {
    /// Processes of one group run the same program and can be exchanged for each other.
    fn group(&self, process: Incarnation) -> u32 {
        process.0
    }

    /// What a process's program holds: where it is, and its handles, blocks and ids.
    fn hash(&self, _process: Incarnation, _state: &mut Renaming<'_>) {}
}

/// Nothing is known outside: every process is one of its kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRoots;

impl Roots for NoRoots {}

/// Makes canonical digests. Keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Canonical {
    layout: Layout,
    names: Vec<u64>,
    mentions: Vec<Cell<u64>>,
    colours: Vec<u64>,
    order: Vec<u32>,
}

impl Canonical {
    /// The digest of a world, the same for all that differ in numbers only.
    pub fn digest(&mut self, world: &World, roots: &impl Roots) -> u64 {
        self.layout.of(world);
        let objects = self.layout.len();
        self.names.clear();
        self.names.resize(objects, 0);
        self.layout.name_free_handles(world, &mut self.names);
        self.refine(world, roots);
        while let Some(tied) = self.first_tie(world) {
            self.names[tied] = mix(self.names[tied].wrapping_add(1));
            self.refine(world, roots);
        }
        self.rank(world);
        self.hash_all(world, roots)
    }

    /// Rounds of colouring, until one tells no more objects apart.
    fn refine(&mut self, world: &World, roots: &impl Roots) {
        let mut colours = 0;
        for _ in 0..ROUNDS_MAX {
            self.colour(world, roots);
            let before = std::mem::replace(&mut colours, self.count_colours());
            if colours == before {
                break;
            }
        }
    }

    /// One round: new colours from the content of all objects and from who mentions them.
    fn colour(&mut self, world: &World, roots: &impl Roots) {
        let Self { layout, names, mentions, colours, .. } = self;
        mentions.clear();
        mentions.resize(names.len(), Cell::new(0));
        colours.clear();
        for at in 0..names.len() {
            let mut state = Renaming::new(layout, names, mentions, names[at]);
            hash_object(world, roots, layout.object(at), &mut state);
            colours.push(state.finish());
        }
        for (at, name) in names.iter_mut().enumerate() {
            if !layout.is_free_handle(at, world) {
                let before = name.wrapping_mul(KEEPS);
                *name = mix(before.wrapping_add(colours[at]).wrapping_add(mentions[at].get()));
            }
        }
    }

    /// How many colours there are.
    fn count_colours(&mut self) -> usize {
        self.colours.clone_from(&self.names);
        self.colours.sort_unstable();
        self.colours.dedup();
        self.colours.len()
    }

    /// Sorts the objects of each kind (of each process, for handles) by colour, and finds the first that shares its
    /// colour with another one that is not its twin.
    fn first_tie(&mut self, world: &World) -> Option<usize> {
        let Self { layout, names, order, .. } = self;
        order.clear();
        order.extend(0..names.len() as u32);
        for kind in layout.kinds() {
            let part = &mut order[kind.clone()];
            part.sort_unstable_by_key(|&at| (names[at as usize], at));
            let tied = |pair: &&[u32]| names[pair[0] as usize] == names[pair[1] as usize];
            let apart =
                |pair: &&[u32]| !are_twins(world, layout.object(pair[0] as usize), layout.object(pair[1] as usize));
            if let Some(pair) = part.windows(2).filter(tied).find(apart) {
                return Some(pair[0] as usize);
            }
        }
        None
    }

    /// Objects get their rank among those of their kind as name.
    fn rank(&mut self, world: &World) {
        let Self { layout, names, order, .. } = self;
        for kind in layout.kinds() {
            for (rank, &at) in order[kind.clone()].iter().enumerate() {
                if !layout.is_free_handle(at as usize, world) {
                    names[at as usize] = rank as u64;
                }
            }
        }
    }

    fn hash_all(&mut self, world: &World, roots: &impl Roots) -> u64 {
        let Self { layout, names, mentions, order, .. } = self;
        let mut state = Renaming::new(layout, names, mentions, 0);
        hash_rest(world, &mut state);
        // Handles come with their processes, in the order of those.
        for &process in &order[layout.processes()] {
            hash_object(world, roots, layout.object(process as usize), &mut state);
            for &handle in &order[layout.handles_of(process)] {
                hash_object(world, roots, layout.object(handle as usize), &mut state);
            }
        }
        for &other in &order[layout.others()] {
            hash_object(world, roots, layout.object(other as usize), &mut state);
        }
        state.finish()
    }
}

/// The content of an object, with its place in the rest as far as the rest does not say it.
fn hash_object(world: &World, roots: &impl Roots, object: ObjectAt, state: &mut Renaming<'_>) {
    match object {
        ObjectAt::Process(process) => {
            state.enter(process);
            state.write_u32(roots.group(process));
            roots.hash(process, state);
            state.enter(process);
            world.directory.is_alive(process).hash(state);
            if let Some(process) = world.process(process) {
                hash_process(process, state);
            }
        }
        ObjectAt::Handle(process, handle) => {
            process.hash(state);
            if let Some(process) = world.process(process) {
                hash_handle(process, handle, state);
            }
        }
        ObjectAt::Socket(id) => world.afd.socket(id).hash(state),
        ObjectAt::Event(id) => world.events.get(id).hash(state),
        ObjectAt::Port(id) => world.ports.get(id).hash(state),
        ObjectAt::Token(at) => world.duplications.nth(at).hash(state),
    }
}

/// Whether two handles of one colour can be exchanged without a look at anything else: the same in everything, in a
/// process where no layer could stand between them.
fn are_twins(world: &World, one: ObjectAt, two: ObjectAt) -> bool {
    let (ObjectAt::Handle(process, one), ObjectAt::Handle(_, two)) = (one, two) else { return false };
    let Some(process) = world.process(process) else { return false };
    process.loaded.len() <= 1 && process.handles.get(one) == process.handles.get(two)
}

/// Everything of a process but its handles and its place among the others.
fn hash_process(process: &Process, state: &mut Renaming<'_>) {
    let Process {
        id,
        state: is,
        handles,
        client,
        instances,
        loaded,
        threads,
        windows,
        inbox,
        overlapped,
        program,
        catalog_watches,
    } = process;
    id.hash(state);
    is.hash(state);
    handles.limit.hash(state);
    program.hash(state);
    state.unordered(handles.iter(), |(handle, _), state| handle.hash(state));
    client.hash(state);
    state.write_usize(loaded.len());
    for &(shape, instance) in loaded {
        shape.hash(state);
        instance.hash(state);
        if let Some(instance) = instances.get(instance) {
            instance.hash_but_contexts(state);
        }
    }
    threads.hash(state);
    windows.hash(state);
    inbox.hash(state);
    overlapped.hash(state);
    catalog_watches.hash(state);
}

/// What a handle stands for, what its provider keeps for it included.
fn hash_handle(process: &Process, handle: Handle, state: &mut Renaming<'_>) {
    let Some(HandleEntry { object, binding, inheritable, nonblocking }) = process.handles.get(handle) else { return };
    match object {
        // A process handle is no handle's scope.
        Object::Process(process) => state.mention(*process),
        other => other.hash(state),
    }
    inheritable.hash(state);
    nonblocking.hash(state);
    state.write_u8(u8::from(binding.is_some()));
    if let Some(binding) = binding {
        state.write_u32(binding.entry);
        binding.instance.hash(state);
        match process.instances.get(binding.instance) {
            Some(instance) => instance.hash_context(binding.context, state),
            None => state.write_u32(binding.context),
        }
    }
}

/// What belongs to no object.
fn hash_rest(world: &World, state: &mut Renaming<'_>) {
    let World {
        machine,
        installed,
        now,
        directory: _,
        processes: _,
        afd,
        events: _,
        ports: _,
        duplications,
        faults,
        waits: _,
        sections,
        checks,
    } = world;
    machine.hash(state);
    installed.hash(state);
    now.hash(state);
    faults.hash(state);
    sections.hash(state);
    duplications.stranded().for_each(|socket| socket.hash(state));
    afd.hash_but_sockets(state);
    // Under the names of this world: where somebody looks at contracts, worlds that differ in numbers stay apart.
    checks.hash(state);
}

/// Spreads the bits of a sum.
fn mix(sum: u64) -> u64 {
    let mixed = (sum ^ (sum >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}
