//! Collects what people called things, for whoever renders the events of a report.

use std::sync::Arc;

use super::report::{Labelled, Named, Names};
use super::values::Held;
use crate::world::catalog::{Catalog, Installed};
use crate::world::ids::Incarnation;
use crate::world::machine::Machine;
use crate::world::program::Width;

/// The names that come from the model.
pub(super) fn of_machine(machine: &Machine) -> Names {
    let entries = [&machine.catalog, &machine.catalog32];
    let mut names =
        Names { shapes: machine.shapes.iter().map(|shape| Arc::clone(&shape.name)).collect(), ..Names::default() };
    entries.into_iter().for_each(|catalog| name_entries(&mut names, catalog));
    names
}

/// Entries that have been installed.
pub(super) fn installed(names: &mut Names, installed: &Installed) {
    for width in [Width::Bits64, Width::Bits32] {
        name_entries(names, installed.catalog(width));
    }
}

/// An id that has a name keeps it.
fn name_entries(names: &mut Names, catalog: &Catalog) {
    for entry in catalog.entries() {
        names.entries.entry(entry.id()).or_insert_with(|| entry.info.fields().protocol_name.to_string().into());
    }
}

/// A process appeared.
pub(super) fn process(names: &mut Names, process: Incarnation, name: Arc<str>) {
    let at = process.0 as usize;
    if names.processes.len() <= at {
        names.processes.resize(at + 1, "?".into());
    }
    names.processes[at] = name;
}

/// A label was given after `since` events.
pub(super) fn label(names: &mut Names, held: &Held, label: Arc<str>, since: usize) {
    let (owner, what) = match held {
        Held::Handle { owner, handle, socket } => {
            if let Some(socket) = socket {
                names.sockets.entry(*socket).or_insert_with(|| Arc::clone(&label));
            }
            (*owner, Named::Handle(*handle))
        }
        Held::Window { owner, window } => (*owner, Named::Window(*window)),
        Held::Block(info) if info.reserved() != 0 => {
            names.blocks.entry(info.reserved()).or_insert(label);
            return;
        }
        _ => return,
    };
    names.labels.push(Labelled { process: owner, what, label, since });
}
