//! A model and those it extends, merged: what [`build`](super::build) makes a machine of.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::Diagnostic;
use super::changes::{LimitChanges, PolicyChanges};
use super::entries::provider_id;
use super::explain::{advice, shortened};
use super::file::{ApplicationFile, EntryFile, ModelFile, Pairs, ProviderFile};
use super::items::items;
use super::lookup::{self, Found};
use super::source::{Source, Text};
use crate::abi::{Guid, LspCategories, ProviderFlags, ServiceFlags1, consts};
use crate::provider::behaviour::Behaviour;
use crate::provider::own::{Code, Registry};
use crate::provider::{Functions, HandleKind, Shape, ShapeKind};
use crate::world::checks::Contracts;
use crate::world::fault::Fault;
use crate::world::machine::Interface;
use crate::world::policy::Profile;
use crate::world::program::{Application, Width};

/// How many models may stand on one another.
const EXTENDS_MAX: usize = 8;

/// A name in a file.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub text: Arc<str>,
    source: Arc<Source>,
    span: Range<usize>,
}

impl Name {
    fn new(text: &Text<'_>, source: &Arc<Source>) -> Self {
        let span = text.span(source, 0..source.text.len());
        Self { text: (&*text.0).into(), source: Arc::clone(source), span }
    }

    /// Something about this name.
    pub(super) fn diagnostic(&self, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        self.source.diagnostic(self.span.clone(), title, label)
    }
}

/// The code behind a provider id.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub name: Name,
    pub shape: Shape,
}

/// A catalog entry as a model gives it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: Name,
    pub id: Option<u32>,
    pub provider_flags: Option<ProviderFlags>,
    /// The path of the DLL, where it is not the provider's.
    pub path: Option<Arc<str>>,
    /// Whether it stands in no catalog: what led through it has stayed.
    pub removed: bool,
    pub kind: EntryKind,
}

/// What kind of entry it is, and what only that kind has.
#[derive(Clone, Debug)]
pub(super) enum EntryKind {
    Base {
        provider: Name,
        family: i32,
        kind: i32,
        protocol: i32,
        service_flags: Option<ServiceFlags1>,
        message_size: Option<u32>,
        protocol_max_offset: Option<i32>,
    },
    Layer {
        provider: Name,
        categories: LspCategories,
    },
    Chain {
        provider: Option<Name>,
        members: Vec<Name>,
        own_provider_id: Option<Guid>,
    },
}

/// What stands in the 32-bit catalog.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// An entry of its own: the position in `entries`.
    Own(usize),
    /// An entry of the other catalog.
    Same(Name),
    /// All entries of the other catalog.
    All,
}

/// A model and those it extends, merged.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    pub about: String,
    pub providers: Vec<Provider>,
    /// In the order of definition, which is the order of the ids.
    pub entries: Vec<Entry>,
    /// In catalog order: positions in `entries`.
    pub order: Vec<usize>,
    /// The 32-bit catalog; `None`: the same.
    pub order32: Option<Vec<Place>>,
    pub applications: BTreeMap<Application, LspCategories>,
    pub profile: Profile,
    pub policies: PolicyChanges,
    pub limits: Vec<LimitChanges>,
    pub interfaces: Vec<Interface>,
    pub faults: Vec<Fault>,
    pub contracts: Option<Contracts>,
}

/// Reads a model and all it extends.
pub(super) fn read(source: Source, path: Option<PathBuf>, registry: &Registry) -> Result<Definition, Vec<Diagnostic>> {
    extend(Found { source: Arc::new(source), path }, &mut Vec::new(), registry)
}

fn extend(found: Found, above: &mut Vec<Arc<Source>>, registry: &Registry) -> Result<Definition, Vec<Diagnostic>> {
    let source = Arc::clone(&found.source);
    let file: ModelFile<'_> = source.parse().map_err(|diagnostic| vec![diagnostic])?;
    let base = match &file.extends {
        None => Definition::default(),
        Some(name) => {
            above.push(Arc::clone(&source));
            let base = base_of(name, &found, above).map_err(|diagnostic| vec![diagnostic])?;
            extend(base, above, registry)?
        }
    };
    Merge { source: Arc::clone(&source), definition: base, wrong: Vec::new(), registry }.file(file)
}

/// Finds the model another one extends, which must not be one of those that extend it.
fn base_of(name: &Text<'_>, found: &Found, above: &[Arc<Source>]) -> Result<Found, Diagnostic> {
    let name = Name::new(name, &found.source);
    if above.len() > EXTENDS_MAX {
        let title = format!("more than {EXTENDS_MAX} models stand on one another");
        return Err(name.diagnostic(title, "one too many"));
    }
    let base = lookup::find(&name.text, found.path.as_deref()).map_err(|unknown| {
        let title = format!("there is no model `{}`", shortened(&name.text));
        Diagnostic { help: unknown.help, ..name.diagnostic(title, unknown.label) }
    })?;
    if above.iter().any(|other| other.file == base.source.file) {
        let title = format!("the model `{}` extends itself", shortened(&name.text));
        return Err(name.diagnostic(title, "leads back to here"));
    }
    Ok(base)
}

/// One file on its way into a definition.
struct Merge<'r> {
    source: Arc<Source>,
    definition: Definition,
    wrong: Vec<Diagnostic>,
    registry: &'r Registry,
}

impl Merge<'_> {
    fn file(mut self, file: ModelFile<'_>) -> Result<Definition, Vec<Diagnostic>> {
        self.definition.about = file.about.0.into_owned();
        self.providers(&file.providers);
        self.catalog(&file.catalog);
        if let Some(entries) = &file.catalog32 {
            self.definition.order32 = Some(entries.iter().map(|entry| self.narrow(entry)).collect());
        }
        self.applications(&file.applications);
        self.interfaces(&file.interfaces);
        self.definition.profile = file.profile.unwrap_or(self.definition.profile);
        self.definition.policies.extend(file.policies);
        self.definition.limits.push(file.limits);
        self.definition.faults.extend(file.faults);
        self.definition.contracts = file.contracts.or(self.definition.contracts);
        if self.wrong.is_empty() { Ok(self.definition) } else { Err(self.wrong) }
    }

    fn name(&self, text: &Text<'_>) -> Name {
        Name::new(text, &self.source)
    }

    /// A provider of an inherited name takes its place; everything that referred to it then means the new one.
    fn providers(&mut self, providers: &Pairs<Text<'_>, ProviderFile<'_>>) {
        let mut own: Vec<Arc<str>> = Vec::new();
        for (name, file) in &providers.0 {
            let name = self.name(name);
            if own.contains(&name.text) {
                self.wrong.push(name.diagnostic("two providers have the same name", "for the second time"));
                continue;
            }
            own.push(Arc::clone(&name.text));
            let shape = self.shape(&name, file);
            let provider = Provider { name, shape };
            match self.definition.providers.iter_mut().find(|other| other.name.text == provider.name.text) {
                Some(inherited) => *inherited = provider,
                None => self.definition.providers.push(provider),
            }
        }
    }

    fn shape(&mut self, name: &Name, file: &ProviderFile<'_>) -> Shape {
        let mut behaviour = None;
        let (handles, id, path, versions, faults, kind) = match file {
            ProviderFile::Base {
                handles, duplicating, service_thread, waiting, faults, id, path, versions, ..
            } => {
                let (service_thread, waiting) = (*service_thread, *waiting);
                let kind = ShapeKind::Base { duplicating: *duplicating, service_thread, waiting };
                (*handles, id, path, versions, faults, kind)
            }
            ProviderFile::Layer {
                handles,
                hooks,
                extension_functions,
                accept_context,
                code,
                refuses,
                redirects_to,
                payload,
                tokens,
                faults,
                id,
                path,
                versions,
                ..
            } => {
                let more = Behaviour {
                    refuses: refuses.clone(),
                    redirects_to: *redirects_to,
                    payload: *payload,
                    tokens: *tokens,
                };
                behaviour = (more != Behaviour::default()).then(|| Box::new(more));
                let kind = ShapeKind::Layer {
                    hooks: hooks.entries(),
                    functions: extension_functions.unwrap_or_else(|| Functions::of(*handles)),
                    accept_context: *accept_context,
                    code: code.as_ref().and_then(|code| self.code(code)),
                };
                (*handles, id, path, versions, faults, kind)
            }
        };
        let (ProviderFile::Base { width, missing, .. } | ProviderFile::Layer { width, missing, .. }) = file;
        let default_path = || format!(r"%SystemRoot%\system32\{}.dll", name.text).into();
        let newest = consts::WINSOCK_VERSION_2_2;
        let shape = Shape {
            name: Arc::clone(&name.text),
            provider_id: id.unwrap_or_else(|| provider_id(&name.text)),
            path: path.as_ref().map_or_else(default_path, |path| (&*path.0).into()),
            versions: versions.as_ref().map_or((newest, newest), |(low, high)| (self.version(low), self.version(high))),
            width: width.and_then(|bits| self.width(name, bits)),
            missing: *missing,
            handles,
            kind,
            behaviour,
            faults: faults.iter().copied().collect(),
        };
        self.wrong.extend(shape.misplaced_faults().map(|fault| {
            let title = format!("the provider `{}` cannot have the fault {fault}", shortened(&name.text));
            let whose = format!("{fault} is a fault of {}", fault.of().whose());
            Diagnostic { help: Some(whose), ..name.diagnostic(title, "this provider") }
        }));
        let changes = shape.behaviour.as_deref().is_some_and(|behaviour| behaviour.payload.is_some());
        if changes && shape.handles == HandleKind::Ifs {
            let title = format!("the IFS layer `{}` cannot change the payload", shortened(&name.text));
            let help = Some("only a layer with handles of its own sees all I/O: `handles: NonIfs`".to_owned());
            self.wrong.push(Diagnostic { help, ..name.diagnostic(title, "this provider") });
        }
        shape
    }

    /// The registered code of a name.
    fn code(&mut self, name: &Text<'_>) -> Option<Code> {
        let code = self.registry.get(&name.0).cloned();
        if code.is_none() {
            let (label, help) = advice(&name.0, self.registry.names());
            let title = format!("no code is registered as `{}`", shortened(&name.0));
            let help =
                help.or_else(|| Some("a program registers code with `Library::with`; see `provider::own`".into()));
            self.wrong.push(Diagnostic { help, ..self.name(name).diagnostic(title, label) });
        }
        code
    }

    fn width(&mut self, provider: &Name, bits: u32) -> Option<Width> {
        let width = Width::from_bits(bits);
        if width.is_none() {
            let title = format!("a provider is 32 or 64 bits wide, not {bits}");
            self.wrong.push(provider.diagnostic(title, "this provider"));
        }
        width
    }

    fn applications(&mut self, applications: &[ApplicationFile<'_>]) {
        for file in applications {
            let extra = file.command_line.as_ref().map_or("", |text| &*text.0);
            let application = Application { path: (&*file.path.0).into(), extra: extra.into() };
            self.definition.applications.insert(application, file.categories);
        }
    }

    fn version(&mut self, text: &Text<'_>) -> u16 {
        super::version(&text.0).unwrap_or_else(|| {
            let title = "a version is written as \"2.2\"";
            self.wrong.push(self.name(text).diagnostic(title, "no version"));
            consts::WINSOCK_VERSION_2_2
        })
    }

    fn catalog(&mut self, catalog: &[EntryFile<'_>]) {
        let inherited = std::mem::take(&mut self.definition.order);
        let [places] = items(&self.source.text, ["catalog"]);
        let mut placed = false;
        for (at, file) in catalog.iter().enumerate() {
            if let EntryFile::Same(name) = file {
                let title = "`Same` stands in `catalog32`, for an entry of `catalog`";
                let name = self.name(name);
                self.wrong.push(name.diagnostic(title, "here an entry is described"));
                continue;
            }
            match self.entry(file) {
                Some(entry) => {
                    if !entry.removed {
                        self.definition.order.push(self.definition.entries.len());
                    }
                    self.definition.entries.push(entry);
                }
                None if placed => {
                    let span = places.get(at).cloned().unwrap_or(0..0);
                    let title = "`Inherited` stands in the catalog twice";
                    self.wrong.push(self.source.diagnostic(span, title, "for the second time"));
                }
                None => {
                    placed = true;
                    self.definition.order.extend(&inherited);
                }
            }
        }
        if !placed {
            self.definition.order.extend(inherited);
        }
    }

    /// A place in the 32-bit catalog.
    fn narrow(&mut self, file: &EntryFile<'_>) -> Place {
        match (file, self.entry(file)) {
            (_, Some(entry)) => {
                self.definition.entries.push(entry);
                Place::Own(self.definition.entries.len() - 1)
            }
            (EntryFile::Same(name), None) => Place::Same(self.name(name)),
            (_, None) => Place::All,
        }
    }

    /// The entry; `None` for the place of others.
    fn entry(&self, file: &EntryFile<'_>) -> Option<Entry> {
        let (name, id, provider_flags, path) = match file {
            EntryFile::Entry { name, id, provider_flags, path, .. }
            | EntryFile::Layer { name, id, provider_flags, path, .. }
            | EntryFile::Chain { name, id, provider_flags, path, .. } => (name, *id, *provider_flags, path),
            EntryFile::Inherited | EntryFile::Same(_) => return None,
        };
        let path = path.as_ref().map(|path| (&*path.0).into());
        let removed = matches!(file, EntryFile::Layer { removed: true, .. });
        Some(Entry { name: self.name(name), id, provider_flags, path, removed, kind: self.kind(file)? })
    }

    /// What kind of entry it is; `None` for the place of others.
    fn kind(&self, file: &EntryFile<'_>) -> Option<EntryKind> {
        Some(match file {
            EntryFile::Entry {
                provider,
                family,
                kind,
                protocol,
                service_flags,
                message_size,
                protocol_max_offset,
                ..
            } => EntryKind::Base {
                provider: self.name(provider),
                family: family.0,
                kind: kind.0,
                protocol: protocol.0,
                service_flags: *service_flags,
                message_size: *message_size,
                protocol_max_offset: *protocol_max_offset,
            },
            EntryFile::Layer { provider, categories, .. } => {
                EntryKind::Layer { provider: self.name(provider), categories: categories.unwrap_or_default() }
            }
            EntryFile::Chain { provider, members, own_provider_id, .. } => EntryKind::Chain {
                provider: provider.as_ref().map(|provider| self.name(provider)),
                members: members.iter().map(|member| self.name(member)).collect(),
                own_provider_id: *own_provider_id,
            },
            EntryFile::Inherited | EntryFile::Same(_) => return None,
        })
    }

    fn interfaces(&mut self, interfaces: &[Interface]) {
        let [places] = items(&self.source.text, ["interfaces"]);
        for (at, interface) in interfaces.iter().enumerate() {
            let bits = if interface.address.is_ipv4() { 32 } else { 128 };
            if interface.prefix > bits {
                let span = places.get(at).cloned().unwrap_or(0..0);
                let title = format!("a prefix of {} bits is too long", interface.prefix);
                self.wrong.push(self.source.diagnostic(span, title, format!("at most {bits}")));
            }
        }
        self.definition.interfaces.extend(interfaces);
    }
}
