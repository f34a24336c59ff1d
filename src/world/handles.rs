//! One process's handle table: what the kernel knows of a number, and what this process's ws2_32 knows of it.
//!
//! The two are kept apart because they part ways in real life: an inherited or DuplicateHandle'd number is in the
//! kernel's table, yet the ws2_32 of the process that received it has never heard of it (R8, U17).

use super::ids::{EventId, Handle, Incarnation, InstanceId, PortId, SocketId};
use super::table::{Key, Table};
use crate::table_key;

table_key!(
    /// A slot of a handle table.
    HandleSlot
);

/// The distance of handle numbers, and the first one: multiples of four, as on Windows.
const STEP: u64 = 4;
const FIRST: u64 = 0x100;

impl HandleSlot {
    fn handle(self) -> Handle {
        Handle(FIRST + u64::from(self.0) * STEP)
    }

    fn of(handle: Handle) -> Option<Self> {
        let offset = handle.0.checked_sub(FIRST)?;
        (offset % STEP == 0).then_some(())?;
        u32::try_from(offset / STEP).ok().map(Self::from_slot)
    }
}

impl Handle {
    /// The slot of a handle table it can stand for.
    pub(super) fn slot(self) -> Option<u32> {
        HandleSlot::of(self).map(Key::slot)
    }
}

/// The kernel object behind a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// A shared socket, seen directly: an IFS handle.
    Socket(SocketId),
    /// What WPUCreateSocketHandle makes: to the kernel a file without meaning.
    NonIfs,
    /// An event.
    Event(EventId),
    /// A completion port.
    Port(PortId),
    /// WSAProviderConfigChange: tells of changes of the catalogs.
    CatalogNotice {
        /// How many changes it has told of.
        seen: u32,
    },
    /// A process; keeps its id from being reused.
    Process(Incarnation),
}

/// What ws2_32 of one process knows of a socket handle: its owner (R26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The catalog id given last to WPUModifyIFSHandle or WPUCreateSocketHandle.
    pub entry: u32,
    /// That entry's provider, as started in this process.
    pub instance: InstanceId,
    /// The context value of WPUCreateSocketHandle; meaningless for IFS handles.
    pub context: u32,
}

/// One handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandleEntry {
    /// What the kernel knows.
    pub object: Object,
    /// What ws2_32 knows, for socket handles.
    pub binding: Option<Binding>,
    /// Whether children may inherit it.
    pub inheritable: bool,
    /// This descriptor's own blocking mode; counts only under `BlockingMode::PerDescriptor`.
    pub nonblocking: bool,
}

impl HandleEntry {
    /// A handle that ws2_32 has not heard of.
    #[must_use]
    pub const fn new(object: Object, inheritable: bool) -> Self {
        Self { object, binding: None, inheritable, nonblocking: false }
    }
}

/// The handles of one process. A freed number is given out again at once.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Handles {
    table: Table<HandleSlot, HandleEntry>,
    /// A limit put on this process by a fault; the machine's limit holds otherwise.
    pub limit: Option<u32>,
}

crate::world::copy::clone_by_fields!(Handles { table, limit });

impl Handles {
    /// Puts an entry into the next free number; `None` when the table holds `limit` entries or the process's own.
    pub fn insert(&mut self, limit: u32, entry: HandleEntry) -> Option<Handle> {
        if self.is_full(limit) {
            return None;
        }
        Some(self.table.insert(entry).handle())
    }

    /// Whether the table holds `limit` entries, or as many as the process's own limit.
    #[must_use]
    pub fn is_full(&self, limit: u32) -> bool {
        self.table.len() >= self.limit.unwrap_or(limit) as usize
    }

    /// Puts an entry under a number of another process's table, as inheritance does; `false` if it is taken.
    pub fn insert_at(&mut self, handle: Handle, entry: HandleEntry) -> bool {
        let Some(slot) = HandleSlot::of(handle) else { return false };
        if self.table.get(slot).is_some() {
            return false;
        }
        let mut fillers = Vec::new();
        loop {
            let key = self.table.insert(entry);
            if key == slot {
                break;
            }
            fillers.push(key);
        }
        for filler in fillers.into_iter().rev() {
            self.table.remove(filler);
        }
        true
    }

    /// Frees a number.
    pub fn remove(&mut self, handle: Handle) -> Option<HandleEntry> {
        self.table.remove(HandleSlot::of(handle)?)
    }

    /// What a number stands for.
    #[inline]
    #[must_use]
    pub fn get(&self, handle: Handle) -> Option<&HandleEntry> {
        self.table.get(HandleSlot::of(handle)?)
    }

    /// What a number stands for.
    #[inline]
    pub fn get_mut(&mut self, handle: Handle) -> Option<&mut HandleEntry> {
        self.table.get_mut(HandleSlot::of(handle)?)
    }

    /// All handles in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &HandleEntry)> {
        self.table.iter().map(|(slot, entry)| (slot.handle(), entry))
    }

    /// All numbers that are or were in use, in order.
    pub(super) fn slots(&self) -> impl Iterator<Item = Handle> + use<> {
        let slots = self.table.len() + self.table.freed().len();
        (0..slots as u32).map(|slot| HandleSlot(slot).handle())
    }

    /// The slots of free numbers that were in use, the next one to be given out first.
    pub(super) fn freed(&self) -> impl Iterator<Item = u32> + '_ {
        self.table.freed().iter().rev().copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Forgets what ws2_32 knows of every handle, as its end does.
    pub fn unbind_all(&mut self) {
        for (_, entry) in self.table.iter_mut() {
            entry.binding = None;
        }
    }

    /// The shared socket behind an IFS handle.
    #[inline]
    #[must_use]
    pub fn socket(&self, handle: Handle) -> Option<SocketId> {
        match self.get(handle)?.object {
            Object::Socket(socket) => Some(socket),
            _ => None,
        }
    }

    /// The context value of a socket handle.
    #[must_use]
    pub fn context(&self, handle: Handle) -> Option<u32> {
        self.get(handle)?.binding.map(|binding| binding.context)
    }

    /// The completion port behind a handle.
    #[must_use]
    pub fn port(&self, handle: Handle) -> Option<PortId> {
        match self.get(handle)?.object {
            Object::Port(port) => Some(port),
            _ => None,
        }
    }

    /// The event behind a handle.
    #[must_use]
    pub fn event(&self, handle: Handle) -> Option<EventId> {
        match self.get(handle)?.object {
            Object::Event(event) => Some(event),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: HandleEntry = HandleEntry::new(Object::NonIfs, false);

    #[test]
    fn a_freed_number_is_reused_at_once() {
        let mut handles = Handles::default();
        let a = handles.insert(9, EVENT).expect("room");
        let b = handles.insert(9, EVENT).expect("room");
        handles.remove(a);
        assert_eq!(handles.insert(9, EVENT), Some(a));
        assert_eq!((a.0, b.0), (0x100, 0x104));
    }

    #[test]
    fn an_inherited_number_lands_where_the_parent_had_it() {
        let mut handles = Handles::default();
        assert!(handles.insert_at(Handle(0x108), EVENT));
        assert!(!handles.insert_at(Handle(0x108), EVENT), "taken");
        assert_eq!(handles.len(), 1);
        assert_eq!(handles.insert(9, EVENT), Some(Handle(0x100)), "low numbers first");
    }

    #[test]
    fn numbers_between_handles_name_nothing() {
        let mut handles = Handles::default();
        let a = handles.insert(9, EVENT).expect("room");
        assert!(handles.get(Handle(a.0 + 1)).is_none());
        assert!(handles.get(Handle::INVALID).is_none() && handles.get(Handle::NULL).is_none());
    }
}
