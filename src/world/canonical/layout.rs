//! All objects of a world in one row: processes, their handles, shared sockets, events, ports, pending duplications.

use std::ops::Range;

use super::GONE;
use super::record::Record;
use crate::world::World;
use crate::world::ids::{EventId, Handle, IdKind, Incarnation, PortId, ProcessId, SocketId};

/// An object of a world.
#[derive(Clone, Copy, Debug)]
pub(super) enum ObjectAt {
    Process,
    Handle(Incarnation, Handle),
    Socket(SocketId),
    Event(EventId),
    Port(PortId),
    /// By position in the list of duplications.
    Token(usize),
}

/// Where in the row what stands.
#[derive(Debug, Default)]
pub(super) struct Layout {
    objects: Vec<ObjectAt>,
    /// The ranges of one kind each; handles of one process are a kind.
    kinds: Vec<Range<usize>>,
    processes: usize,
    /// By process: where its handles begin.
    handles: Vec<usize>,
    sockets: usize,
    events: usize,
    ports: usize,
    tokens: usize,
    /// Slots of the tables of sockets and events, by slot: where the object stands.
    by_slot: [Vec<u32>; 2],
    process_ids: Vec<ProcessId>,
    port_ids: Vec<PortId>,
    token_words: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Layout {
    /// Lays out a world.
    pub(super) fn of(&mut self, world: &World) {
        self.objects.clear();
        self.kinds.clear();
        self.handles.clear();
        self.process_ids.clear();
        self.port_ids.clear();
        self.token_words.clear();
        self.by_slot.iter_mut().for_each(Vec::clear);

        self.processes = world.processes.len();
        self.objects.extend((0..self.processes).map(|_| ObjectAt::Process));
        self.process_ids.extend(world.processes.iter().map(|process| process.id));
        self.end_kind(0);
        for (process, state) in world.processes() {
            let start = self.objects.len();
            self.handles.push(start);
            self.objects.extend(state.handles.slots().map(|handle| ObjectAt::Handle(process, handle)));
            self.end_kind(start);
        }
        self.sockets = self.objects.len();
        for (id, _) in world.afd.iter() {
            place(&mut self.by_slot[0], id.0, self.objects.len());
            self.objects.push(ObjectAt::Socket(id));
        }
        self.end_kind(self.sockets);
        self.events = self.objects.len();
        for (id, _) in world.events.iter() {
            place(&mut self.by_slot[1], id.0, self.objects.len());
            self.objects.push(ObjectAt::Event(id));
        }
        self.end_kind(self.events);
        self.ports = self.objects.len();
        self.port_ids.extend(world.ports.ids());
        self.objects.extend(self.port_ids.iter().map(|&id| ObjectAt::Port(id)));
        self.end_kind(self.ports);
        self.tokens = self.objects.len();
        self.token_words.extend(world.duplications.iter().map(|duplication| duplication.token));
        self.objects.extend((0..self.token_words.len()).map(ObjectAt::Token));
        self.end_kind(self.tokens);
    }

    fn end_kind(&mut self, start: usize) {
        if start < self.objects.len() {
            self.kinds.push(start..self.objects.len());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn object(&self, at: usize) -> ObjectAt {
        self.objects[at]
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &Range<usize>> {
        self.kinds.iter()
    }

    /// By which numbers sockets, events and ports stand where they stand.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        let slots = self.by_slot.iter().flatten().map(|&at| u64::from(at));
        slots.chain(self.port_ids.iter().map(|id| u64::from(id.0)))
    }

    pub(super) fn processes(&self) -> Range<usize> {
        0..self.processes
    }

    pub(super) fn handles_of(&self, process: u32) -> Range<usize> {
        let next = self.handles.get(process as usize + 1).copied().unwrap_or(self.sockets);
        self.handles[process as usize]..next
    }

    /// Sockets, events, ports and duplications.
    pub(super) fn others(&self) -> Range<usize> {
        self.sockets..self.objects.len()
    }

    /// Where an identity stands in the row; `None` if it names no object.
    pub(super) fn position(&self, kind: IdKind, scope: Incarnation, number: u64) -> Option<usize> {
        match kind {
            IdKind::Process => usize::try_from(number).ok().filter(|&at| at < self.processes),
            // The latest process with an id is the one it may name.
            IdKind::ProcessId => self.process_ids.iter().rposition(|id| u64::from(id.0) == number),
            IdKind::Handle => {
                let slot = Handle(number).slot()? as usize;
                let range = ((scope.0 as usize) < self.processes).then(|| self.handles_of(scope.0))?;
                (slot < range.len()).then_some(range.start + slot)
            }
            IdKind::Socket => found(&self.by_slot[0], number),
            IdKind::Event => found(&self.by_slot[1], number),
            IdKind::Port => self.port_ids.iter().position(|id| u64::from(id.0) == number).map(|at| self.ports + at),
            IdKind::Token => {
                self.token_words.iter().position(|&token| u64::from(token) == number).map(|at| self.tokens + at)
            }
        }
    }

    /// A free number is what it will be: the next one to be given out, the one after that. Where nobody refers to it
    /// it is nothing, unless somebody refers to numbers that are still to come. Says which names stay as they are.
    pub(super) fn name_free_handles(&self, world: &World, record: &Record, names: &mut [u64], fixed: &mut [bool]) {
        for (process, state) in world.processes() {
            let start = self.handles[process.0 as usize];
            for (turn, slot) in state.handles.freed().enumerate() {
                let at = start + slot as usize;
                let counts = record.foretells || record.mentioned[at] > 0;
                names[at] = if counts { FREE | turn as u64 } else { GONE };
                fixed[at] = true;
            }
        }
    }
}

/// Marks the names of free numbers; sorts them behind all others.
const FREE: u64 = 1 << 62;

fn place(slots: &mut Vec<u32>, slot: u32, at: usize) {
    if slots.len() <= slot as usize {
        slots.resize(slot as usize + 1, NONE);
    }
    slots[slot as usize] = at as u32;
}

fn found(slots: &[u32], number: u64) -> Option<usize> {
    slots.get(usize::try_from(number).ok()?).copied().filter(|&at| at != NONE).map(|at| at as usize)
}
