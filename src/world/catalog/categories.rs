//! LSP categories: which layers an application loads (structures 9, open point A18).

use std::sync::Arc;

use super::{Catalog, CatalogEntry};
use crate::abi::{Info, LspCategories};
use crate::rules::RuleId;
use crate::world::log::Log;

/// Whether an application with these categories loads a layer with those.
#[must_use]
pub fn loads(permitted: LspCategories, layer: LspCategories) -> bool {
    let system = LspCategories::SYSTEM;
    !layer.is_empty() && permitted.contains(layer) && (!permitted.contains(system) || layer.contains(system))
}

/// The catalog without the chains that lead through a layer the application must not load.
pub(super) fn visible(catalog: &Arc<Catalog>, permitted: LspCategories, log: &mut Log) -> Arc<Catalog> {
    log.rule(RuleId::Category1);
    let entries = catalog.entries();
    let seen: Vec<CatalogEntry> = entries
        .iter()
        .filter(|entry| !entry.is_chain() || is_permitted(catalog, &entry.info, permitted, log))
        .cloned()
        .collect();
    if seen.len() == entries.len() {
        return Arc::clone(catalog);
    }
    log.rule(RuleId::Category4);
    Arc::new(Catalog::new(seen))
}

/// Whether an application loads every layer of a chain. A member that is missing says nothing.
fn is_permitted(catalog: &Catalog, chain: &Info, permitted: LspCategories, log: &mut Log) -> bool {
    let ids = chain.fields().chain.ids();
    let above = &ids[..ids.len().saturating_sub(1)];
    above.iter().filter_map(|&id| layer_of(catalog, id)).all(|layer| {
        let loaded = loads(permitted, layer.categories);
        note(permitted, layer.categories, loaded, log);
        loaded
    })
}

/// The layer a member of a chain stands for: itself, or the first layer of the chain it is.
fn layer_of(catalog: &Catalog, id: u32) -> Option<&CatalogEntry> {
    let entry = catalog.entry(id)?;
    match entry.info.fields().chain.ids().first() {
        Some(&first) if entry.is_chain() => catalog.entry(first),
        _ => Some(entry),
    }
}

fn note(permitted: LspCategories, layer: LspCategories, loaded: bool, log: &mut Log) {
    if loaded {
        return;
    }
    log.rule(if layer.is_empty() {
        RuleId::Category3
    } else if permitted.contains(layer) {
        RuleId::Category5
    } else {
        RuleId::Category2
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_page() {
        let set = |names: &str| LspCategories::parse(names).expect("names");
        let [both, all] = [set("LSP_FIREWALL|LSP_CRYPTO_COMPRESS"), set("LSP_SYSTEM|LSP_FIREWALL|LSP_CRYPTO_COMPRESS")];
        let layers = ["LSP_SYSTEM", "LSP_FIREWALL", "LSP_SYSTEM|LSP_FIREWALL|LSP_CRYPTO_COMPRESS|LSP_INSPECTOR", "0"];
        let by = |application| layers.map(|layer| loads(application, set(layer)));
        assert_eq!(by(all), [true, false, false, false]);
        assert_eq!(by(both), [false, true, false, false]);
    }
}
