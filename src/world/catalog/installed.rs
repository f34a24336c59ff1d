//! What is installed on the machine: a catalog for each width, and the applications that have LSP categories.

use std::sync::Arc;

use super::categories;
use super::{Catalog, CatalogEntry};
use crate::abi::{LspCategories, ProtocolChain};
use crate::rules::RuleId;
use crate::world::log::Log;
use crate::world::machine::Machine;
use crate::world::program::{Application, Program, Width};

/// The first catalog id of a machine, as on Windows.
const FIRST_ID: u32 = 1001;

/// Everything that is installed. Worlds share it until one of them changes something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Installed {
    /// For 32-bit processes, then for 64-bit processes.
    catalogs: [Slot; 2],
    /// The categorised applications, by name.
    applications: Vec<(Arc<Application>, LspCategories)>,
    /// How many changes there have been.
    changes: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Slot {
    catalog: Arc<Catalog>,
    /// The catalog id of the next entry. Ids are never given twice.
    next_id: u32,
}

impl Slot {
    fn new(catalog: &Arc<Catalog>) -> Self {
        let highest = catalog.entries().iter().map(CatalogEntry::id).max().unwrap_or(0);
        Self { catalog: Arc::clone(catalog), next_id: highest.saturating_add(1).max(FIRST_ID) }
    }
}

impl Installed {
    /// What a machine comes with.
    #[must_use]
    pub fn new(machine: &Machine) -> Self {
        let catalogs = [Slot::new(&machine.catalog32), Slot::new(&machine.catalog)];
        Self { catalogs, applications: machine.applications.clone(), changes: 0 }
    }

    /// The catalog for processes of a width, as it is now.
    #[must_use]
    pub fn catalog(&self, width: Width) -> &Arc<Catalog> {
        &self.catalogs[width as usize].catalog
    }

    /// How many changes there have been.
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.changes
    }

    /// The categories of an application; `None`: it has none.
    #[must_use]
    pub fn categories(&self, application: &Application) -> Option<LspCategories> {
        self.applications.iter().find(|(known, _)| **known == *application).map(|&(_, categories)| categories)
    }

    /// The categorised applications, by name.
    #[must_use]
    pub fn applications(&self) -> &[(Arc<Application>, LspCategories)] {
        &self.applications
    }

    /// What a program gets to see: the catalog of its width, without the chains of layers it must not load.
    pub(in crate::world) fn snapshot(&self, program: &Program, log: &mut Log) -> Arc<Catalog> {
        let catalog = self.catalog(program.width);
        let permitted = program.application.as_deref().and_then(|application| self.categories(application));
        let Some(permitted) = permitted else { return Arc::clone(catalog) };
        categories::visible(catalog, permitted, log)
    }

    /// Gives an application categories; those it had.
    pub(super) fn categorise(&mut self, application: Application, categories: LspCategories) -> LspCategories {
        let place = self.applications.binary_search_by(|(known, _)| (**known).cmp(&application));
        match place {
            Ok(at) => {
                let known = &mut self.applications[at].1;
                std::mem::replace(known, *known | categories)
            }
            Err(at) => {
                self.applications.insert(at, (Arc::new(application), categories));
                LspCategories::empty()
            }
        }
    }

    /// The ids that so many further entries will have.
    pub(super) fn next_ids(&self, width: Width, count: usize) -> impl Iterator<Item = u32> + use<> {
        let next = self.catalogs[width as usize].next_id;
        (next..=u32::MAX).take(count)
    }

    /// Puts other entries in place of those of a catalog.
    pub(super) fn replace(&mut self, width: Width, entries: Vec<CatalogEntry>, log: &mut Log) {
        let slot = &mut self.catalogs[width as usize];
        let highest = entries.iter().map(CatalogEntry::id).max().unwrap_or(0);
        slot.next_id = slot.next_id.max(highest.saturating_add(1));
        slot.catalog = Arc::new(Catalog::new(entries));
        self.changes += 1;
        log.note(|| crate::world::event::Event::CatalogChanged { width, entries: slot.catalog.entries().len() as u32 });
        log.rule(RuleId::Wsc3);
    }

    /// What must hold whatever has been installed and removed.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check_invariants(&self) -> Result<(), String> {
        for width in Width::ALL {
            let Slot { catalog, next_id } = &self.catalogs[width as usize];
            check(catalog, *next_id).map_err(|what| format!("the {}-bit catalog: {what}", width.bits()))?;
        }
        let sorted = self.applications.is_sorted_by(|(a, _), (b, _)| a < b);
        if sorted { Ok(()) } else { Err("the categorised applications are out of order".to_owned()) }
    }
}

fn check(catalog: &Catalog, next_id: u32) -> Result<(), String> {
    for (at, entry) in catalog.entries().iter().enumerate() {
        let id = entry.id();
        let ProtocolChain { len, .. } = entry.info.fields().chain;
        if catalog.entries()[..at].iter().any(|other| other.id() == id) {
            return Err(format!("two entries have the id {id}"));
        }
        if id == 0 || id >= next_id {
            return Err(format!("the id {id} was never given, the next is {next_id}"));
        }
        if !(0..=crate::abi::consts::MAX_PROTOCOL_CHAIN as i32).contains(&len) {
            return Err(format!("entry {id} has a chain of {len}"));
        }
        let ids = entry.info.fields().chain.ids();
        if ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id)) {
            return Err(format!("the chain of entry {id} has an entry twice"));
        }
        if entry.info.reserved() != 0 {
            return Err(format!("entry {id} has a private word"));
        }
    }
    Ok(())
}
