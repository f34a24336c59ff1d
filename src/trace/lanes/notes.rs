//! What a picture says about changes.

use std::collections::BTreeMap;

use super::ARROW;
use crate::trace::words::{Place, Words};
use crate::world::afd::{Change, Target};
use crate::world::ids::{Incarnation, SocketId};

/// What the changes so far have led to.
#[derive(Default)]
pub(super) struct Standing {
    /// Descriptors and pending duplications.
    references: BTreeMap<SocketId, (u32, u32)>,
    /// Whose registration stands.
    registered: BTreeMap<SocketId, Incarnation>,
}

impl Standing {
    /// `"s": references 1 → 2 (1 descriptor, 1 block)`; `None` when nothing changed or the socket is new.
    pub(super) fn references(&mut self, words: &Words<'_, '_>, change: &Change) -> Option<String> {
        let Change::References { socket, descriptors, duplications } = change else { return None };
        let now = (*descriptors, *duplications);
        let before = self.references.insert(*socket, now)?;
        let (old, new) = (before.0 + before.1, now.0 + now.1);
        let text = || format!("{}: references {old} {ARROW} {new}{}", words.socket(*socket), in_brackets(now));
        (before != now).then(text)
    }

    /// A change of who is told of events, or an event told, and in whose lane it belongs.
    pub(super) fn events(
        &mut self,
        words: &Words<'_, '_>,
        event: usize,
        change: &Change,
    ) -> Option<(Incarnation, String)> {
        let socket = words.socket(change.socket());
        match change {
            Change::Registered { registrant, target, mask, .. } => {
                let before = self.registered.insert(change.socket(), registrant.process);
                let from = before.filter(|&before| before != registrant.process);
                let from = from.map(|before| format!(", no longer by {}", words.process(before))).unwrap_or_default();
                let by = words.process(registrant.process);
                let to = self::target(words, event, target);
                Some((registrant.process, format!("{socket}: {mask} registered by {by}{from}{to}")))
            }
            Change::RegistrationCancelled { registrant, .. } => {
                self.registered.remove(&change.socket());
                let by = words.process(registrant.process);
                Some((registrant.process, format!("{socket}: registration of {by} cancelled")))
            }
            Change::Reported { event, error, .. } => {
                let error = error.map(|error| format!(" with {error}")).unwrap_or_default();
                let to = *self.registered.get(&change.socket())?;
                Some((to, format!("{socket}: {event} reported{error}")))
            }
            _ => None,
        }
    }

    /// The socket is gone; its number may come back as another one's.
    pub(super) fn destroyed(&mut self, socket: SocketId) {
        self.references.remove(&socket);
        self.registered.remove(&socket);
    }
}

fn target(words: &Words<'_, '_>, event: usize, target: &Target) -> String {
    match target {
        Target::Event(_) => String::new(),
        Target::Window { process, window, .. } => {
            let place = Place { event, process: Some(*process) };
            format!(" for {}", words.window(place, *window))
        }
    }
}

fn in_brackets(now: (u32, u32)) -> String {
    if now == (0, 0) { String::new() } else { format!(" ({})", made_of(now)) }
}

/// What the references are.
fn made_of((descriptors, duplications): (u32, u32)) -> String {
    match (descriptors, duplications) {
        (descriptors, 0) => counted(descriptors, "descriptor"),
        (0, duplications) => counted(duplications, "block"),
        _ => format!("{}, {}", counted(descriptors, "descriptor"), counted(duplications, "block")),
    }
}

fn counted(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
