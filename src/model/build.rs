//! From a definition to a machine: ids, records, chains, and everything that can be wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Diagnostic;
use super::definition::{Definition, Entry, EntryKind, Name, Place, Provider};
use super::entries::{self, BaseFields, ChainFields};
use super::explain::{advice, shortened};
use crate::abi::consts::MAX_PROTOCOL_CHAIN;
use crate::abi::{Info, LspCategories, ProtocolChain, ProtocolName};
use crate::provider::{Shape, ShapeKind};
use crate::world::catalog::{Catalog, CatalogEntry, ShapeId};
use crate::world::machine::{Limits, Machine, Platform};
use crate::world::policy::{Policies, Profile};

/// The first catalog id nobody chose, as on Windows.
const FIRST_ID: u32 = 1001;

/// Puts the machine together.
pub(super) fn machine(name: &str, definition: &Definition) -> Result<Machine, Vec<Diagnostic>> {
    let limits = definition.limits.iter().fold(Limits::default(), |limits, changes| changes.applied_to(&limits));
    let profile = definition.profile;
    let policies = definition.policies.applied_to(&profile.policies());
    let (entries, order32) = Build::new(definition, limits).entries()?;
    let in_order = |order: &[usize]| Catalog::new(order.iter().filter_map(|&at| entries.get(at).cloned()).collect());
    let catalog = in_order(&definition.order);
    let platform = Platform { limits, profile, policies, interfaces: definition.interfaces.clone() };
    let shapes = definition.providers.iter().map(|provider| provider.shape.clone()).collect();
    let mut machine = Machine::new(name, platform, shapes, catalog, definition.faults.clone());
    machine.contracts = definition.contracts.unwrap_or_default();
    if let Some(order) = order32 {
        machine.catalog32 = Arc::new(in_order(&order));
    }
    let applications = &definition.applications;
    machine.applications = applications.iter().map(|(name, &all)| (Arc::new(name.clone()), all)).collect();
    Ok(machine)
}

/// All entries in the order of their definition, and the places of those of the 32-bit catalog, if it differs.
type Entries = (Vec<CatalogEntry>, Option<Vec<usize>>);

struct Build<'a> {
    definition: &'a Definition,
    limits: Limits,
    providers: BTreeMap<&'a str, (ShapeId, &'a Provider)>,
    /// By name: the position of the entry, of the catalog and of the 32-bit one where that has its own.
    names: [BTreeMap<&'a str, usize>; 2],
    /// By position: the id.
    ids: Vec<u32>,
    wrong: Vec<Diagnostic>,
}

impl<'a> Build<'a> {
    fn new(definition: &'a Definition, limits: Limits) -> Self {
        let mut build = Self {
            definition,
            limits,
            providers: BTreeMap::new(),
            names: [BTreeMap::new(), BTreeMap::new()],
            ids: Vec::new(),
            wrong: Vec::new(),
        };
        build.name_providers();
        build.name_entries();
        build.number_entries();
        build
    }

    fn name_providers(&mut self) {
        for (at, provider) in self.definition.providers.iter().enumerate() {
            match u16::try_from(at) {
                Ok(at) => {
                    self.providers.insert(&provider.name.text, (ShapeId(at), provider));
                }
                Err(_) => self.wrong.push(provider.name.diagnostic("there are more than 65536 providers", "")),
            }
        }
    }

    /// Whether an entry is described for the 32-bit catalog alone: its name and id may be those of another one.
    fn is_narrow(&self, at: usize) -> bool {
        let places = self.definition.order32.iter().flatten();
        places.into_iter().any(|place| matches!(place, Place::Own(own) if *own == at))
    }

    fn name_entries(&mut self) {
        for (at, entry) in self.definition.entries.iter().enumerate() {
            let name = &entry.name;
            let which = usize::from(self.is_narrow(at));
            if self.names[which].insert(&name.text, at).is_some() {
                let title = format!("two catalog entries are called `{}`", shortened(&name.text));
                self.wrong.push(name.diagnostic(title, "for the second time"));
            }
            if !ProtocolName::fits(&name.text) {
                self.wrong.push(name.diagnostic("a catalog entry's name has at most 255 characters", "too long"));
            }
        }
    }

    fn number_entries(&mut self) {
        let mut used = [BTreeSet::new(), BTreeSet::new()];
        for (at, entry) in self.definition.entries.iter().enumerate() {
            let Some(id) = entry.id else { continue };
            if id == 0 || !used[usize::from(self.is_narrow(at))].insert(id) {
                let title = format!("the catalog id {id} is not free");
                self.wrong.push(entry.name.diagnostic(title, "another entry has it, or it is 0"));
            }
        }
        let mut free = (FIRST_ID..=u32::MAX).filter(|id| !used.iter().any(|used| used.contains(id)));
        let ids = self.definition.entries.iter().map(|entry| entry.id.or_else(|| free.next()).unwrap_or(0));
        self.ids = ids.collect();
    }

    /// All entries in the order of their definition: chains need the others first.
    fn entries(mut self) -> Result<Entries, Vec<Diagnostic>> {
        let definition = self.definition;
        let numbered = || definition.entries.iter().enumerate();
        let mut built: Vec<Option<CatalogEntry>> = numbered().map(|(at, entry)| self.single(at, entry)).collect();
        for (at, entry) in numbered() {
            if let EntryKind::Chain { provider, members, .. } = &entry.kind {
                built[at] = self.chain(at, entry, provider.as_ref(), members, &built);
            }
        }
        let order32 = definition.order32.as_ref().map(|places| self.order(places));
        if self.wrong.is_empty() { Ok((built.into_iter().flatten().collect(), order32)) } else { Err(self.wrong) }
    }

    /// A base or a layer alone; `None` for a chain, or when something is wrong.
    fn single(&mut self, at: usize, entry: &Entry) -> Option<CatalogEntry> {
        let (name, id) = (&*entry.name.text, self.ids[at]);
        let mut categories = LspCategories::empty();
        let (info, shape) = match &entry.kind {
            EntryKind::Chain { .. } => return None,
            EntryKind::Layer { provider, categories: own } => {
                categories = *own;
                let (shape_id, shape) = self.provider(provider, Wanted::Layer)?;
                (entries::layer(name, id, entry.provider_flags, shape), shape_id)
            }
            EntryKind::Base { provider, family, kind, protocol, service_flags, message_size, protocol_max_offset } => {
                let (shape_id, shape) = self.provider(provider, Wanted::Base)?;
                let fields = BaseFields {
                    name,
                    id,
                    family: *family,
                    kind: *kind,
                    protocol: *protocol,
                    service_flags: *service_flags,
                    provider_flags: entry.provider_flags,
                    message_size: *message_size,
                    protocol_max_offset: *protocol_max_offset,
                };
                (entries::base(&fields, shape, &self.limits), shape_id)
            }
        };
        Some(CatalogEntry { categories, ..self.installed(entry, info, shape) })
    }

    /// An entry that leads to a provider of the model, or by another path to whoever has that: to nobody, if the DLL is
    /// gone.
    fn installed(&self, entry: &Entry, info: Info, shape: ShapeId) -> CatalogEntry {
        let shapes = || self.definition.providers.iter().map(|provider| &provider.shape);
        let own = &self.definition.providers[usize::from(shape.0)].shape.path;
        let path = entry.path.as_ref().unwrap_or(own);
        let at = shapes().position(|shape| shape.path == *path).map(|at| ShapeId(at as u16));
        let shape = if path == own { Some(shape) } else { at };
        CatalogEntry::new(info, Arc::clone(path), shape)
    }

    /// The places of entries in the 32-bit catalog.
    fn order(&mut self, places: &[Place]) -> Vec<usize> {
        let mut order = Vec::new();
        for place in places {
            match place {
                Place::Own(at) => order.push(*at),
                Place::All => order.extend(&self.definition.order),
                Place::Same(name) => match self.names[0].get(&*name.text) {
                    Some(&at) => order.push(at),
                    None => self.unknown_member(name),
                },
            }
        }
        for (place, at) in order.iter().enumerate() {
            let (name, id) = (&self.definition.entries[*at].name, self.ids[*at]);
            if order[..place].contains(at) {
                self.wrong.push(name.diagnostic("an entry stands in the 32-bit catalog twice", "this entry"));
            } else if order[..place].iter().any(|&other| self.ids[other] == id) {
                let title = format!("two entries of the 32-bit catalog have the id {id}");
                self.wrong.push(name.diagnostic(title, "this is the second one"));
            }
        }
        order
    }

    fn provider(&mut self, name: &Name, wanted: Wanted) -> Option<(ShapeId, &'a Shape)> {
        let Some(&(id, provider)) = self.providers.get(&*name.text) else {
            let (label, help) = advice(&name.text, self.providers.keys().copied());
            let title = format!("there is no provider `{}`", shortened(&name.text));
            self.wrong.push(Diagnostic { help, ..name.diagnostic(title, label) });
            return None;
        };
        let is = match provider.shape.kind {
            ShapeKind::Base { .. } => Wanted::Base,
            ShapeKind::Layer { .. } => Wanted::Layer,
        };
        if is != wanted {
            let title = format!("the provider `{}` is no {}", shortened(&name.text), wanted.word());
            self.wrong.push(name.diagnostic(title, format!("this is a {}", is.word())));
            return None;
        }
        Some((id, &provider.shape))
    }

    fn chain(
        &mut self,
        at: usize,
        entry: &Entry,
        provider: Option<&Name>,
        members: &[Name],
        built: &[Option<CatalogEntry>],
    ) -> Option<CatalogEntry> {
        let positions = self.members(at, entry, members)?;
        let (&base, layers) = positions.split_last()?;
        let top = match provider {
            Some(name) => self.provider(name, Wanted::Layer)?.0,
            None => {
                let layer = *layers.first()?;
                built[layer].as_ref()?;
                self.provider_of(layer)?
            }
        };
        let ids: Vec<u32> = positions.iter().map(|&member| self.ids[member]).collect();
        let shape = &self.definition.providers[usize::from(top.0)].shape;
        let EntryKind::Chain { own_provider_id, .. } = &entry.kind else { return None };
        let fields = ChainFields {
            name: &entry.name.text,
            id: self.ids[at],
            chain: ProtocolChain::new(&ids).ok()?,
            provider_id: own_provider_id.unwrap_or(shape.provider_id),
            provider_flags: entry.provider_flags,
        };
        let info: Info = entries::chain(&fields, &built[base].as_ref()?.info, shape);
        Some(self.installed(entry, info, top))
    }

    /// The provider of a layer.
    fn provider_of(&mut self, layer: usize) -> Option<ShapeId> {
        match &self.definition.entries[layer].kind {
            EntryKind::Layer { provider, .. } => self.provider(provider, Wanted::Layer).map(|(id, _)| id),
            EntryKind::Base { .. } | EntryKind::Chain { .. } => None,
        }
    }

    /// The members' positions, if they are layers over one base, each once.
    fn members(&mut self, chain: usize, entry: &Entry, members: &[Name]) -> Option<Vec<usize>> {
        let before = self.wrong.len();
        if !(2..=MAX_PROTOCOL_CHAIN).contains(&members.len()) {
            let title = format!("a chain has 2 to {MAX_PROTOCOL_CHAIN} members, not {}", members.len());
            self.wrong.push(entry.name.diagnostic(title, "this chain"));
            return None;
        }
        let mut positions = Vec::new();
        for (place, member) in members.iter().enumerate() {
            let [wide, narrow] = &self.names;
            let own = narrow.get(&*member.text).filter(|_| self.is_narrow(chain));
            let Some(&at) = own.or_else(|| wide.get(&*member.text)) else {
                self.unknown_member(member);
                continue;
            };
            if positions.contains(&at) {
                self.wrong.push(member.diagnostic("an entry is in the chain twice", "for the second time"));
            }
            self.check_place(member, at, place + 1 == members.len());
            positions.push(at);
        }
        (self.wrong.len() == before).then_some(positions)
    }

    fn unknown_member(&mut self, member: &Name) {
        let (label, help) = advice(&member.text, self.names.iter().flat_map(BTreeMap::keys).copied());
        let title = format!("there is no catalog entry `{}`", shortened(&member.text));
        self.wrong.push(Diagnostic { help, ..member.diagnostic(title, label) });
    }

    fn check_place(&mut self, member: &Name, at: usize, last: bool) {
        let (title, label) = match (&self.definition.entries[at].kind, last) {
            (EntryKind::Base { .. }, true) | (EntryKind::Layer { .. }, false) => return,
            (EntryKind::Chain { .. }, _) => ("a chain cannot contain a chain", "this is a chain"),
            (EntryKind::Layer { .. }, true) => ("a chain ends with a base protocol", "this is a layer"),
            (EntryKind::Base { .. }, false) => ("a base protocol stands last in its chain", "this is a base protocol"),
        };
        self.wrong.push(member.diagnostic(title, label));
    }
}

/// What a provider has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Base,
    Layer,
}

impl Wanted {
    fn word(self) -> &'static str {
        match self {
            Self::Base => "base provider",
            Self::Layer => "layer",
        }
    }
}

/// The machine with other policies and limits.
pub(super) fn changed(machine: &Arc<Machine>, profile: Profile, policies: Policies, limits: Limits) -> Arc<Machine> {
    let platform = Platform { limits, profile, policies, interfaces: machine.platform.interfaces.clone() };
    if platform == machine.platform {
        return Arc::clone(machine);
    }
    let changed = Machine { platform, ..Machine::clone(machine) };
    Arc::new(changed)
}
