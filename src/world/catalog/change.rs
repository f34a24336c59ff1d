//! WSCDeinstallProvider, WSCUpdateProvider, WSCWriteProviderOrder.

use std::sync::Arc;

use super::editor::{DONE, Editor};
use super::install::given;
use super::{Catalog, CatalogEntry};
use crate::abi::catalog::{Pointer, ProviderEntries};
use crate::abi::client::CallResult;
use crate::abi::{Guid, WsaError};
use crate::rules::RuleId;
use crate::world::fault::CatalogTrouble;

impl Editor<'_> {
    /// WSCDeinstallProvider: every entry of the provider goes, whoever has it in a chain (A19).
    pub(super) fn deinstall(&mut self, provider: Pointer<Guid>, errno: bool) -> CallResult {
        if !errno {
            return Err(WsaError::Fault);
        }
        self.admit()?;
        self.reach_registry(WsaError::NotEnoughMemory, WsaError::NoRecovery)?;
        let known = provider.get().filter(|&&provider| self.catalog().provider(provider).is_some());
        let &provider = known.ok_or(WsaError::Inval)?;
        self.log.rule(RuleId::WscRemove1);
        let (gone, left): (Vec<_>, Vec<_>) =
            self.entries().into_iter().partition(|entry| entry.provider_id() == provider);
        let leads_there = |entry: &CatalogEntry| {
            let ids = entry.info.fields().chain.ids();
            gone.iter().any(|gone| ids.contains(&gone.id()))
        };
        if left.iter().any(leads_there) {
            self.log.rule(RuleId::WscRemove2);
        }
        self.commit(self.width, left);
        DONE
    }

    /// WSCUpdateProvider: another path for all entries of the provider, other contents for those that are given. They
    /// are told by their catalog ids.
    pub(super) fn update(&mut self, what: &ProviderEntries) -> CallResult {
        let (&provider, path, entries) = given(what)?;
        self.admit()?;
        self.reach_registry(WsaError::NotEnoughMemory, WsaError::NoRecovery)?;
        let catalog = Arc::clone(self.catalog());
        let own = |id: u32| catalog.entry(id).is_some_and(|entry| entry.provider_id() == provider);
        if !entries.iter().all(|info| own(info.catalog_entry_id()) && self.is_sound(&info.fields().chain)) {
            self.log.rule(RuleId::WscUpdate2);
            return Err(WsaError::Inval);
        }
        self.log.rule(RuleId::WscUpdate1);
        let updated = |old: &CatalogEntry| {
            if old.provider_id() != provider {
                return old.clone();
            }
            let new = entries.iter().rev().find(|info| info.catalog_entry_id() == old.id());
            let info = new.unwrap_or(&old.info).clone();
            CatalogEntry { categories: old.categories, ..self.entry(info, old.id(), provider, path) }
        };
        let all = catalog.entries().iter().map(updated).collect();
        self.commit(self.width, all);
        DONE
    }

    /// WSCWriteProviderOrder: every id exactly once, or nothing changes. What the registry says is passed through.
    pub(super) fn write_order(&mut self, ids: &Pointer<Arc<[u32]>>) -> CallResult {
        self.admit()?;
        match self.trouble {
            Some(CatalogTrouble::Registry(error)) => {
                self.log.rule(RuleId::WscOrder2);
                return Err(error);
            }
            Some(CatalogTrouble::Busy) => {
                self.log.rule(RuleId::WscOrder3);
                return Err(WsaError::TryAgain);
            }
            _ => self.reach_registry(WsaError::NotEnoughMemory, WsaError::NoRecovery)?,
        }
        let catalog = Arc::clone(self.catalog());
        let ordered = ids.get().and_then(|ids| ordered(&catalog, ids));
        self.log.rule(RuleId::WscOrder1);
        self.commit(self.width, ordered.ok_or(WsaError::Inval)?);
        DONE
    }
}

/// The entries in another order; `None` when it does not name each of them once.
fn ordered(catalog: &Catalog, ids: &[u32]) -> Option<Vec<CatalogEntry>> {
    let twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
    if twice || ids.len() != catalog.entries().len() {
        return None;
    }
    ids.iter().map(|&id| catalog.entry(id).cloned()).collect()
}
