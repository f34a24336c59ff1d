//! A protocol catalog: entries in order, chains, and the code behind a provider id.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::abi::{Guid, Info, LspCategories, consts};

/// The position of a provider's code in [`Machine::shapes`](crate::world::machine::Machine::shapes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u16);

/// One installed WSAPROTOCOL_INFOW.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// The structure, with its catalog id.
    pub info: Info,
    /// The path of the DLL, as it was installed: for a chain, that of its first layer.
    pub path: Arc<str>,
    /// The code at the path. `None`: there is none.
    pub shape: Option<ShapeId>,
    /// What WSCSetProviderInfo has said of a layer; nothing: it is not categorised.
    pub categories: LspCategories,
}

impl CatalogEntry {
    /// An entry without categories.
    #[must_use]
    pub fn new(info: Info, path: Arc<str>, shape: Option<ShapeId>) -> Self {
        Self { info, path, shape, categories: LspCategories::empty() }
    }

    /// The catalog id.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u32 {
        self.info.catalog_entry_id()
    }

    /// ChainLen 1: an entry that can talk to a remote end by itself.
    #[must_use]
    pub fn is_base(&self) -> bool {
        self.info.fields().chain.len == consts::BASE_PROTOCOL
    }

    /// ChainLen 0: a layer alone, never usable for sockets.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        self.info.fields().chain.len == consts::LAYERED_PROTOCOL
    }

    /// ChainLen 2 and more.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.info.fields().chain.len > consts::BASE_PROTOCOL
    }

    /// The vendor's id of the provider.
    #[must_use]
    pub fn provider_id(&self) -> Guid {
        self.info.fields().provider_id
    }
}

/// The entries in catalog order. Never changed in place: a process keeps the catalog it saw when it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    entries: Vec<CatalogEntry>,
    digest: u64,
}

impl Catalog {
    /// A catalog of these entries, in this order.
    #[must_use]
    pub fn new(entries: Vec<CatalogEntry>) -> Self {
        let mut digest = crate::world::digest::Digest::default();
        for entry in &entries {
            entry.info.encode().hash(&mut digest);
            (&entry.path, entry.shape, entry.categories).hash(&mut digest);
        }
        Self { digest: digest.finish(), entries }
    }

    /// All entries in order.
    #[must_use]
    pub fn entries(&self) -> &[CatalogEntry] {
        &self.entries
    }

    /// The entry with this catalog id.
    #[inline]
    #[must_use]
    pub fn entry(&self, id: u32) -> Option<&CatalogEntry> {
        self.entries.iter().find(|entry| entry.id() == id)
    }

    /// The first entry of a provider.
    #[must_use]
    pub fn provider(&self, id: Guid) -> Option<&CatalogEntry> {
        self.entries.iter().find(|entry| entry.provider_id() == id)
    }

    /// The place of a provider's code in a chain: the index of the first member that leads to it.
    #[must_use]
    pub fn position(&self, chain: &Info, shape: ShapeId) -> Option<usize> {
        let ids = chain.fields().chain.ids();
        ids.iter().position(|&id| self.entry(id).is_some_and(|entry| entry.shape == Some(shape)))
    }

    /// The member after `position`.
    #[must_use]
    pub fn below(&self, chain: &Info, position: usize) -> Option<&CatalogEntry> {
        chain.fields().chain.ids().get(position + 1).and_then(|&id| self.entry(id))
    }

    /// The provider at the bottom of an entry; `None` for a layer alone, which says nothing of what is below.
    #[must_use]
    pub fn base_of(&self, entry: &CatalogEntry) -> Option<ShapeId> {
        match entry.info.fields().chain.ids().last() {
            Some(&last) if entry.is_chain() => self.entry(last)?.shape,
            _ if entry.is_layer() => None,
            _ => entry.shape,
        }
    }

    /// The chain entry that starts with a given layer and goes on as `chain` does from `position`: what a layer in
    /// the middle of a chain calls its own entry (A3, MS sample). `None` when there is no such entry.
    #[must_use]
    pub fn own_chain(&self, chain: &Info, position: usize) -> Option<&CatalogEntry> {
        let tail = chain.fields().chain.ids().get(position..)?;
        self.entries.iter().find(|entry| entry.is_chain() && entry.info.fields().chain.ids() == tail)
    }
}

impl Hash for Catalog {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.digest);
    }
}
