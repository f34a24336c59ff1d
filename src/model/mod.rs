//! Models: a machine described in a file. Catalog, providers, chains, limits, policies, faults.
//!
//! ```ron
//! Model(
//!     about: "A non-IFS layer over TCP",
//!     extends: "windows",
//!     providers: {
//!         "layer": Layer(handles: NonIfs, hooks: AllBut([WSPGetQOSByName])),
//!     },
//!     catalog: [
//!         Chain(name: "Layer over [TCP/IP]", members: ["Layer", "MSAFD Tcpip [TCP/IP]"]),
//!         Inherited,
//!         Layer(name: "Layer", provider: "layer"),
//!     ],
//!     policies: (block_reuse: SecondDescriptor),
//!     limits: (sockets: 100),
//! )
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `about` | one sentence |
//! | `extends: "m"` | everything of model `m`, at most 8 deep |
//! | `providers: {"name": P, ...}` | the code behind provider ids; an inherited name is replaced |
//! | `catalog: [E, ...]` | the entries in catalog order; those of the extended model stand where `Inherited` stands, else at the end |
//! | `catalog32: [E, ...]` | the entries its 32-bit processes find; left out: the same. `Same("name")` is an entry of `catalog`, `Inherited` all of them |
//! | `applications: [(path: "C:\\\\app.exe", command_line: "-x", categories: "LSP_FIREWALL")]` | applications with LSP categories |
//! | `profile: windows` | the [`Profile`] its policies start from; left out: that of the extended model, else `documented` |
//! | `policies: (...)`, `limits: (...)` | what differs; see [`Policies`](crate::world::policy::Policies) and [`Limits`](crate::world::machine::Limits) |
//! | `interfaces: [(address: "10.0.0.1", prefix: 24)]` | networks beside loopback |
//! | `contracts: warn` | whether providers are held to their duties ([`Contracts`]): `off`, `warn`, `fail`; left out: that of the extended model, else what the scenario says |
//! | `faults: [...]` | [`Fault`](crate::world::fault::Fault)s in force from the beginning |
//!
//! Providers: `Base(handles: Ifs, duplicating: Shares)` (`NonIfs`; `RefusesQos`, `NeedsConnection`, `MovesConnection`;
//! `service_thread: true`: its first WSPStartup in a process starts a thread; `waiting: OnEvent`: its blocking calls
//! wait on an event of their own instead of `Natively`) and
//! `Layer(handles: Ifs, hooks: All)` (`AllBut([WSPDuplicateSocket])`, `Only([WSPConnect])`). A layer may say whose
//! functions SIO_GET_EXTENSION_FUNCTION_POINTER gives, `extension_functions: Own` (the default of a non-IFS layer) or
//! `Below` (that of an IFS layer), and with `accept_context: LooksUp` that it refuses a listener it does not know in
//! SO_UPDATE_ACCEPT_CONTEXT (default `PassesOn`; a non-IFS layer always looks it up). `code: "audit"` is code that a
//! program has registered under this name ([`provider::own`](crate::provider::own)). A provider that no entry leads to
//! can be installed later: a path finds the provider that has it. Both kinds may have `width: 32` (or 64: other
//! processes cannot load it), `missing: [WSPSend]` (entries it leaves empty in its table), `id: "{guid}"`
//! (default: the 128-bit FNV-1a hash of the name, marked as a version 8 UUID), `path: "..."` and
//! `versions: ("2.2", "2.2")`, lowest and highest, and `faults: [LoseReserved, CloseLowerTwice]`:
//! [`ShapeFault`](crate::provider::ShapeFault)s, what the provider does wrong. On a machine with a faulty provider the
//! check for leaks at the end of a scenario is left out.
//!
//! A layer passes calls on; what it does beyond that is said by
//!
//! | field of `Layer` | meaning |
//! |---|---|
//! | `refuses: [(address: "10.0.0.1:25", program: "C:\\\\a.exe", error: WSAEACCES)]` | WSPConnect, WSPSendTo and WSPJoinLeaf that it refuses; all three may be left out, an address without port is all its ports |
//! | `redirects_to: "127.0.0.1:1080"` | WSPConnect of the same family goes there; WSPGetPeerName tells the address asked for |
//! | `payload: Xor(0x5a)` | every byte is changed on its way down and back on its way up; for layers with handles of their own |
//! | `tokens: Own` | a token of its own stands in dwProviderReserved, the one from below in a table all processes share |
//!
//! Entries:
//!
//! - `Entry(name:, provider:, family: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP)`, and if need be
//!   `service_flags: "XP1_..."`, `provider_flags: "PFL_..."`, `message_size`, `protocol_max_offset`. What is left out
//!   is what Windows has for TCP/IP; XP1_IFS_HANDLES follows the provider, here and below.
//! - `Layer(name:, provider:)`: a layer alone. Hidden. `categories: "LSP_FIREWALL"`: what WSCSetProviderInfo said of it.
//!   `removed: true`: it was uninstalled; only the chains that lead through it are left.
//! - `Chain(name:, members: ["layer entry", ..., "base entry"])`: 2 to 7 members. Its record is that of the base, its
//!   provider that of the first member unless `provider:` names another layer, its provider id that of the provider
//!   unless there is an `own_provider_id`. XP1_IFS_HANDLES is cleared when that provider is non-IFS.
//!
//! Each entry may have an `id`; the others get 1001, 1002, ... in the order of definition, extended models first. Each may
//! have a `path` that is not its provider's: it leads to the provider that has it, or to nobody: a DLL that is gone. Names
//! and ids of entries that only `catalog32` has may be those of entries of `catalog`, which the chains of `catalog32` find
//! where it has none of the name.

mod build;
pub mod changes;
mod constant;
mod definition;
mod diagnostic;
mod entries;
pub mod explain;
mod file;
pub mod items;
mod lookup;
pub mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use changes::{LimitChanges, PolicyChanges};
pub use constant::Constant;
pub use diagnostic::Diagnostic;
pub use lookup::BUILT_IN;
pub use source::Source;

use crate::abi::consts;
use crate::provider::own::Registry;
use crate::world::checks::Contracts;
use crate::world::machine::Machine;
use crate::world::policy::Profile;
use definition::Definition;

/// A model that has been read.
#[derive(Clone, Debug)]
pub struct Model {
    /// The name it was asked for by.
    pub name: Arc<str>,
    /// What it says it is about.
    pub about: String,
    /// The machine it describes.
    pub machine: Arc<Machine>,
    /// The answers it gives itself, whatever the profile.
    policies: PolicyChanges,
    /// What it says of contracts, if it says something.
    contracts: Option<Contracts>,
}

impl Model {
    /// Reads a model from a text. A `path` tells where models it extends are looked for.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: &str, source: Source, path: Option<&Path>) -> Result<Self, Vec<Diagnostic>> {
        Self::read_with(name, source, path, &Registry::new())
    }

    /// Reads a model from a text that may name code of a registry.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read_with(
        name: &str,
        source: Source,
        path: Option<&Path>,
        registry: &Registry,
    ) -> Result<Self, Vec<Diagnostic>> {
        let definition = definition::read(source, path.map(Path::to_owned), registry)?;
        let machine = build::machine(name, &definition)?;
        let Definition { about, policies, contracts, .. } = definition;
        Ok(Self { name: name.into(), about, machine: Arc::new(machine), policies, contracts })
    }

    /// A built-in model.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        let source = Source::new(format!("built-in model {name}"), *text).ok()?;
        Self::read(name, source, None).ok()
    }

    /// What the model itself says of contracts.
    #[must_use]
    pub fn contracts(&self) -> Option<Contracts> {
        self.contracts
    }

    /// The machine under another profile, with other policies and limits. Without a profile the model's own counts;
    /// the model's own policies win over either, and the given ones over everything.
    #[must_use]
    pub fn changed(&self, profile: Option<Profile>, policies: &PolicyChanges, limits: &LimitChanges) -> Arc<Machine> {
        let platform = &self.machine.platform;
        let profile = profile.unwrap_or(platform.profile);
        let policies = policies.applied_to(&self.policies.applied_to(&profile.policies()));
        build::changed(&self.machine, profile, policies, limits.applied_to(&platform.limits))
    }
}

/// Models that have been read, so that each is read once.
#[derive(Clone, Debug, Default)]
pub struct Library {
    models: BTreeMap<PathBuf, BTreeMap<String, Model>>,
    /// Models that were given as texts.
    added: BTreeMap<String, Model>,
    /// The code that models can name.
    registry: Registry,
}

impl Library {
    /// An empty library.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A library whose models can name this code.
    #[must_use]
    pub fn with(registry: Registry) -> Self {
        Self { registry, ..Self::default() }
    }

    /// Adds a model given as a text. Whatever asks for this name from now on gets it, files of that name aside.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
        let source = Source::new(name, text).map_err(|diagnostic| vec![diagnostic])?;
        let model = Model::read_with(name, source, None, &self.registry)?;
        self.added.insert(name.to_owned(), model);
        Ok(())
    }

    /// The model that the file `beside` means by a name.
    ///
    /// # Errors
    /// When there is none ([`Missing::Unknown`]), or something is wrong with it.
    pub fn model(&mut self, name: &str, beside: Option<&Path>) -> Result<&Model, Missing> {
        if let Some(model) = self.added.get(name) {
            return Ok(model);
        }
        let folder = beside.and_then(Path::parent).unwrap_or(Path::new(""));
        if !self.models.contains_key(folder) {
            self.models.insert(folder.to_owned(), BTreeMap::new());
        }
        let Some(models) = self.models.get_mut(folder) else { return Err(Missing::Bad(Vec::new())) };
        if !models.contains_key(name) {
            models.insert(name.to_owned(), read(name, beside, &self.registry)?);
        }
        models.get(name).ok_or(Missing::Bad(Vec::new()))
    }
}

fn read(name: &str, beside: Option<&Path>, registry: &Registry) -> Result<Model, Missing> {
    let found =
        lookup::find(name, beside).map_err(|unknown| Missing::Unknown { label: unknown.label, help: unknown.help })?;
    let source = Source::clone(&found.source);
    Model::read_with(name, source, found.path.as_deref(), registry).map_err(Missing::Bad)
}

/// Why there is no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing has this name.
    Unknown {
        /// The nearest name, or why the file could not be read.
        label: String,
        /// All names.
        help: Option<String>,
    },
    /// There is one, and this is wrong with it.
    Bad(Vec<Diagnostic>),
}

/// Reads a version such as `2.2`: major in the low byte.
#[must_use]
pub fn version(text: &str) -> Option<u16> {
    let (major, minor) = text.split_once('.')?;
    Some(consts::winsock_version(major.parse().ok()?, minor.parse().ok()?))
}
