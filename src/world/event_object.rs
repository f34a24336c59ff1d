//! Event objects: manual reset, shared between processes only by their handles.

use super::ids::EventId;
use super::table::Table;

/// One event object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventObject {
    /// Whether it is signalled.
    pub signalled: bool,
    /// Handles that name it, over all processes.
    pub handles: u32,
    /// Whether it was ever given to WSPEventSelect: its end then concerns registrations.
    pub registered: bool,
}

/// The event objects of a machine.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct EventObjects(Table<EventId, EventObject>);

crate::world::copy::clone_by_fields!(EventObjects { 0 });

impl EventObjects {
    /// A new event, not signalled, with one handle.
    pub fn create(&mut self) -> EventId {
        self.0.insert(EventObject { signalled: false, handles: 1, registered: false })
    }

    /// The event.
    #[must_use]
    pub fn get(&self, event: EventId) -> Option<&EventObject> {
        self.0.get(event)
    }

    /// Signals or resets; nothing happens if the event is gone.
    pub fn set(&mut self, event: EventId, signalled: bool) {
        if let Some(object) = self.0.get_mut(event) {
            object.signalled = signalled;
        }
    }

    /// Remembers that a registration refers to the event.
    pub fn mark_registered(&mut self, event: EventId) {
        if let Some(object) = self.0.get_mut(event) {
            object.registered = true;
        }
    }

    /// Counts one more handle.
    pub fn add_handle(&mut self, event: EventId) {
        if let Some(object) = self.0.get_mut(event) {
            object.handles += 1;
        }
    }

    /// Counts one handle less; with the last one the event ends and is returned.
    pub fn drop_handle(&mut self, event: EventId) -> Option<EventObject> {
        let object = self.0.get_mut(event)?;
        object.handles -= 1;
        if object.handles == 0 { self.0.remove(event) } else { None }
    }

    /// All events.
    pub fn iter(&self) -> impl Iterator<Item = (EventId, &EventObject)> {
        self.0.iter()
    }
}
