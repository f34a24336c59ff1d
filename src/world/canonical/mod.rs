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
//! Left out, because no call can see it: how many tokens, ports and sockets there ever were, and the free slots that
//! nobody refers to. Not renamed: numbers inside bytes, such as a handle in the value of an option.
//!
//! Deviation that would be noticed: where several things are due at the same moment the machine takes them in the order
//! of their numbers, so worlds with one digest may go on in different orders there.
//!
//! Source: colour refinement is the first step of canonical labelling as McKay describes it (*Practical graph
//! isomorphism*, 1981); of the search among equal colours only the first branch is taken.

mod kept;
mod known;
mod layout;
mod record;
mod renaming;

use std::hash::{Hash, Hasher};

pub use renaming::Renaming;

use super::World;
use super::event_object::EventObject;
use super::handles::{HandleEntry, Object};
use super::ids::{Handle, Incarnation};
use super::process::Process;
use kept::Kept;
use known::Known;
use layout::{Layout, ObjectAt};
use record::{Record, fold};

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

/// The name of what has no part in the digest.
const GONE: u64 = u64::MAX;

/// Makes canonical digests. Keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Canonical {
    layout: Layout,
    record: Record,
    names: Vec<u64>,
    mentions: Vec<u64>,
    colours: Vec<u64>,
    /// Whose names no colour changes: free handles.
    fixed: Vec<bool>,
    order: Vec<u32>,
    known: Known,
    kept: Kept,
}

impl Canonical {
    /// The digest of a world, the same for all that differ in numbers only.
    pub fn digest(&mut self, world: &World, roots: &impl Roots) -> u64 {
        self.layout.of(world);
        self.record(world, roots);
        self.name(world);
        let stands = self.as_it_stands();
        if let Some((digest, ranks)) = self.known.find(stands) {
            let processes = self.layout.processes();
            self.names[processes].iter_mut().zip(ranks).for_each(|(name, rank)| *name = rank);
            return digest;
        }
        self.refine();
        while let Some(tied) = self.first_tie(world) {
            self.names[tied] = mix(self.names[tied].wrapping_add(1));
            self.refine();
        }
        self.name_by_rank();
        let digest = self.hash_all();
        self.known.enter(stands, digest, &self.names[self.layout.processes()]);
        digest
    }

    /// A hash of all that the digest follows from. Many ways through a state space lead to worlds that have the same
    /// numbers, too.
    fn as_it_stands(&self) -> u64 {
        let kinds = self.layout.kinds().map(|kind| kind.end as u64);
        self.names.iter().copied().chain(kinds).chain(self.layout.numbers()).fold(self.record.stands, fold)
    }

    /// Which of its like a process is in the world whose digest was made last: what tells the processes of a group apart
    /// puts them into an order.
    #[must_use]
    pub fn rank(&self, process: Incarnation) -> u64 {
        self.names.get(process.0 as usize).copied().unwrap_or(GONE)
    }

    /// Goes over the world, once.
    fn record(&mut self, world: &World, roots: &impl Roots) {
        let Self { layout, record, kept, .. } = self;
        kept.of(world);
        record.clear(layout.len());
        let mut state = Renaming::new(layout, record);
        for at in layout.processes() {
            let process = Incarnation(at as u32);
            state.enter(process);
            state.write_u32(roots.group(process));
            roots.hash(process, &mut state);
            world.directory.is_alive(process).hash(&mut state);
            state.note_content();
            state.play(kept.process(at));
        }
        layout.processes().for_each(|at| state.play(kept.handles(at)));
        for at in layout.others() {
            hash_object(world, layout.object(at), &mut state);
            state.end();
        }
        state.write_u64(world.described);
        hash_rest(world, &mut state);
        state.end();
    }

    /// Nobody has a name yet, but for free handles.
    fn name(&mut self, world: &World) {
        let Self { layout, record, names, fixed, .. } = self;
        names.clear();
        names.resize(layout.len(), 0);
        fixed.clear();
        fixed.resize(layout.len(), false);
        layout.name_free_handles(world, record, names, fixed);
    }

    /// Rounds of colouring, until one tells no more objects apart.
    fn refine(&mut self) {
        // What has no part in the digest must not decide when this ends.
        let objects = self.names.iter().filter(|&&name| name != GONE).count();
        let mut colours = 0;
        for _ in 0..ROUNDS_MAX {
            self.colour();
            let before = std::mem::replace(&mut colours, self.count_colours());
            if colours == before || colours == objects {
                break;
            }
        }
    }

    /// One round: new colours from the content of all objects and from who mentions them.
    fn colour(&mut self) {
        let Self { record, names, mentions, colours, fixed, .. } = self;
        mentions.clear();
        mentions.resize(names.len(), 0);
        colours.clear();
        for at in 0..names.len() {
            let mention = |other: usize, weight| mentions[other] = mentions[other].wrapping_add(weight);
            colours.push(if names[at] == GONE { GONE } else { record.hash(at, names, names[at], mention) });
        }
        for (at, name) in names.iter_mut().enumerate() {
            if !fixed[at] {
                let before = name.wrapping_mul(KEEPS);
                *name = mix(before.wrapping_add(colours[at]).wrapping_add(mentions[at]));
            }
        }
    }

    /// How many colours there are.
    fn count_colours(&mut self) -> usize {
        self.colours.clear();
        self.colours.extend(self.names.iter().filter(|&&name| name != GONE));
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
            let tied = |pair: &&[u32]| {
                let colour = names[pair[0] as usize];
                colour == names[pair[1] as usize] && colour != GONE
            };
            let apart =
                |pair: &&[u32]| !are_twins(world, layout.object(pair[0] as usize), layout.object(pair[1] as usize));
            if let Some(pair) = part.windows(2).filter(tied).find(apart) {
                return Some(pair[0] as usize);
            }
        }
        None
    }

    /// Objects get their rank among those of their kind as name.
    fn name_by_rank(&mut self) {
        let Self { layout, names, order, fixed, .. } = self;
        for kind in layout.kinds() {
            for (rank, &at) in order[kind.clone()].iter().enumerate() {
                if !fixed[at as usize] {
                    names[at as usize] = rank as u64;
                }
            }
        }
    }

    fn hash_all(&mut self) -> u64 {
        let Self { layout, record, names, order, .. } = self;
        let rest = layout.len();
        let mut all = record.hash(rest, names, 0, |_, _| {});
        let mut add = |object: u32| {
            if names[object as usize] != GONE {
                all = fold(all, record.hash(object as usize, names, 0, |_, _| {}));
            }
        };
        // Handles come with their processes, in the order of those.
        for &process in &order[layout.processes()] {
            add(process);
            order[layout.handles_of(process)].iter().for_each(|&handle| add(handle));
        }
        order[layout.others()].iter().for_each(|&other| add(other));
        mix(all)
    }
}

/// The content of an object that is no process's, with its place in the rest as far as the rest does not say it.
fn hash_object(world: &World, object: ObjectAt, state: &mut Renaming<'_>) {
    match object {
        // What is kept of processes has them.
        ObjectAt::Process | ObjectAt::Handle(..) => {}
        ObjectAt::Socket(id) => world.afd.socket(id).hash(state),
        ObjectAt::Event(id) => {
            // Whether it was ever registered spares work when it ends, and shows nowhere.
            let event =
                world.events.get(id).map(|&EventObject { signalled, handles, registered: _ }| (signalled, handles));
            event.hash(state);
        }
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
        machine: _,
        described: _,
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
