//! WSCInstallProviderAndChains: a layer, and the chains that lead through it, in one step.

use std::sync::Arc;

use super::editor::{Edited, Editor, in_system32, is_path};
use super::{CatalogEntry, ShapeId};
use crate::abi::catalog::{LayerToInstall, Pointer};
use crate::abi::client::{CallResult, Value};
use crate::abi::consts::{MAX_PROTOCOL_CHAIN, WSAPROTOCOL_LEN};
use crate::abi::{
    EntrySet, Guid, Info, ProtocolChain, ProtocolInfoW, ProtocolName, ProviderFlags, ServiceFlags1, WsaError,
};
use crate::provider::{Functions, HandleKind, ShapeKind};
use crate::rules::RuleId;
use crate::world::fault::CatalogTrouble;
use crate::world::policy::{ChainProviderId, PolicyId};
use crate::world::program::Width;

/// A layer whose arguments are in order.
struct Layer<'a> {
    provider: Guid,
    name: &'a Arc<str>,
    handles: HandleKind,
    /// What it is to be over; `None`: every base.
    over: Option<&'a [Info]>,
}

/// Family, type and protocol.
type Triple = (i32, i32, i32);

fn triple(info: &Info) -> Triple {
    let ProtocolInfoW { address_family, socket_type, protocol, .. } = info.fields();
    (*address_family, *socket_type, *protocol)
}

impl Editor<'_> {
    /// WSCInstallProviderAndChains; with `both` the 64_32 form.
    pub(super) fn install_and_chains(&mut self, both: bool, given: &LayerToInstall) -> CallResult {
        let layer = arguments(given)?;
        let targets = self.targets(both, given)?;
        self.admit()?;
        if self.trouble == Some(CatalogTrouble::Busy) {
            self.log.rule(RuleId::WscChains7);
            return Err(WsaError::InProgress);
        }
        self.take_buffers()?;
        self.reach_registry(WsaError::NoBufs, WsaError::SysCallFailure)?;
        let own = self.width;
        let mut made = Vec::new();
        for (width, path) in targets {
            self.width = width;
            made.push((width, self.make(&layer, path)?));
        }
        let mut id = None;
        for (width, (entries, layer_id)) in made {
            if width == own {
                id = Some(layer_id);
            }
            self.commit(width, entries);
        }
        Ok(Value::CatalogId(id.filter(|_| given.id != Pointer::Null)))
    }

    /// The catalogs to install into, with the path of the DLL for each.
    fn targets<'a>(&mut self, both: bool, given: &'a LayerToInstall) -> Edited<Vec<(Width, &'a Arc<str>)>> {
        let path = given.what.path.get().filter(|path| is_path(path)).ok_or(WsaError::Inval)?;
        if !both {
            return Ok(vec![(self.width, path)]);
        }
        self.log.rule(RuleId::WscChains8);
        let narrow = match &given.path32 {
            Pointer::To(path) if is_path(path) => path,
            // Windows finds the twin of a DLL in system32 by itself.
            Pointer::Null if in_system32(path) => path,
            Pointer::To(_) | Pointer::Null => return Err(WsaError::Inval),
            Pointer::Wild => return Err(WsaError::Fault),
        };
        Ok(vec![(Width::Bits32, narrow), (Width::Bits64, path)])
    }

    /// The entries of one catalog with the layer in it, and the layer's id.
    fn make(&mut self, layer: &Layer<'_>, path: &Arc<str>) -> Edited<(Vec<CatalogEntry>, u32)> {
        self.check_layer(layer, path)?;
        let below = self.below(layer)?;
        let mut ids = self.installed.next_ids(self.width, below.len() + 1);
        let id = ids.next().ok_or(WsaError::NoRecovery)?;
        self.log.rule(RuleId::WscChains1);
        let mut all = Vec::new();
        for (info, chain_id) in below.iter().zip(ids) {
            let record = chain(layer, id, info).ok_or_else(|| {
                self.log.rule(RuleId::WscChains5);
                WsaError::NoRecovery
            })?;
            let provider = self.provider_of_chain(layer.provider, chain_id);
            let mut entry = self.entry(record, chain_id, provider, path);
            entry.shape = self.shape(path, layer.provider);
            all.push(entry);
        }
        all.extend(self.entries());
        all.push(self.entry(alone(layer), id, layer.provider, path));
        Ok((all, id))
    }

    /// Whether this layer may be installed: neither its id nor its name is taken, and its code is complete.
    fn check_layer(&mut self, layer: &Layer<'_>, path: &str) -> Edited<()> {
        let name = ProtocolName::from(&**layer.name);
        let taken =
            |entry: &CatalogEntry| entry.provider_id() == layer.provider || entry.info.fields().protocol_name == name;
        if self.catalog().entries().iter().any(taken) {
            self.log.rule(RuleId::WscChains9);
            return Err(WsaError::Inval);
        }
        match self.shape(path, layer.provider) {
            Some(shape) if !self.is_complete(shape, layer.handles) => {
                self.log.rule(RuleId::WscChains6);
                Err(WsaError::InvalidProcTable)
            }
            _ => Ok(()),
        }
    }

    /// Whether a layer's code has all it needs: a non-IFS layer can leave neither an entry nor an extension function to
    /// the provider below.
    fn is_complete(&self, shape: ShapeId, handles: HandleKind) -> bool {
        let shape = self.machine.shape(shape);
        let hooks_all = match &shape.kind {
            ShapeKind::Base { .. } => false,
            ShapeKind::Layer { hooks, functions, .. } => {
                handles == HandleKind::Ifs || *hooks == EntrySet::all() && *functions == Functions::Own
            }
        };
        shape.missing.is_empty() && hooks_all
    }

    /// The entries the layer gets chains over, each family, type and protocol once.
    fn below(&mut self, layer: &Layer<'_>) -> Edited<Vec<Info>> {
        let catalog = Arc::clone(self.catalog());
        let mut found: Vec<Info> = Vec::new();
        match layer.over {
            None => {
                self.log.rule(RuleId::WscChains2);
                for entry in catalog.entries().iter().filter(|entry| entry.is_base()) {
                    if !found.iter().any(|info| triple(info) == triple(&entry.info)) {
                        found.push(entry.info.clone());
                    }
                }
                if found.is_empty() { Err(WsaError::NoRecovery) } else { Ok(found) }
            }
            Some(wanted) => {
                self.log.rule(RuleId::WscChains3);
                for wanted in wanted {
                    let fits = |entry: &&CatalogEntry| !entry.is_layer() && triple(&entry.info) == triple(wanted);
                    let Some(entry) = catalog.entries().iter().find(fits) else {
                        self.log.rule(RuleId::WscChains4);
                        return Err(WsaError::Inval);
                    };
                    if !found.iter().any(|info| triple(info) == triple(wanted)) {
                        found.push(entry.info.clone());
                    }
                }
                Ok(found)
            }
        }
    }

    /// The provider id of a new chain (policy `chain_provider_id`).
    fn provider_of_chain(&mut self, layer: Guid, chain: u32) -> Guid {
        self.log.policy(PolicyId::chain_provider_id);
        match self.machine.policies().chain_provider_id {
            ChainProviderId::Layers => layer,
            ChainProviderId::Own => Guid::from_u128(layer.to_u128() ^ u128::from(chain)),
        }
    }
}

/// The arguments, if they are in order.
fn arguments(given: &LayerToInstall) -> Edited<Layer<'_>> {
    let LayerToInstall { what, name, service_flags, id, .. } = given;
    if what.provider.is_wild() || what.path.is_wild() || what.entries.is_wild() || name.is_wild() || id.is_wild() {
        return Err(WsaError::Fault);
    }
    let &provider = what.provider.get().ok_or(WsaError::Inval)?;
    let name = name.get().filter(|name| is_name(name)).ok_or(WsaError::Inval)?;
    let handles = match ServiceFlags1::from_bits_retain(*service_flags) {
        ServiceFlags1::IFS_HANDLES => HandleKind::Ifs,
        flags if flags.is_empty() => HandleKind::NonIfs,
        _ => return Err(WsaError::Inval),
    };
    let over = what.entries.get().map(|entries| &**entries);
    if over.is_some_and(<[_]>::is_empty) {
        return Err(WsaError::Inval);
    }
    Ok(Layer { provider, name, handles, over })
}

fn is_name(name: &str) -> bool {
    (1..=WSAPROTOCOL_LEN).contains(&name.encode_utf16().count())
}

/// The record of the layer alone.
fn alone(layer: &Layer<'_>) -> Info {
    let mut service_flags1 = ServiceFlags1::empty();
    service_flags1.set(ServiceFlags1::IFS_HANDLES, layer.handles == HandleKind::Ifs);
    Info::new(ProtocolInfoW {
        service_flags1,
        provider_flags: ProviderFlags::HIDDEN,
        chain: ProtocolChain::LAYER,
        version: 2,
        protocol_name: ProtocolName::from(&**layer.name),
        ..ProtocolInfoW::default()
    })
}

/// The record of a chain: that of the entry below, with every link of its chain. `None`: it would be too long.
fn chain(layer: &Layer<'_>, id: u32, below: &Info) -> Option<Info> {
    let mut record = below.record();
    let mut ids = vec![id];
    match record.chain.ids() {
        links if record.chain.is_chain() => ids.extend_from_slice(links),
        _ => ids.push(record.catalog_entry_id),
    }
    if ids.len() > MAX_PROTOCOL_CHAIN {
        return None;
    }
    record.chain = ProtocolChain::new(&ids).ok()?;
    if layer.handles == HandleKind::NonIfs {
        record.service_flags1.remove(ServiceFlags1::IFS_HANDLES);
    }
    record.protocol_name = ProtocolName::from(&*format!("{} over [{}]", layer.name, record.protocol_name));
    Some(Info::new(record))
}
