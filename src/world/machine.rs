//! The part of a world that hardly ever changes: what the model file said about the machine.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, ShapeId};
use super::checks::Contracts;
use super::digest::Digest;
use super::fault::Fault;
use super::policy::{Policies, Profile};
use super::program::{Application, Width};
use crate::abi::{Info, LspCategories, ProtocolInfoW};
use crate::provider::behaviour::Tokens;
use crate::provider::{Shape, ShapeFault, ShapeFaults};

/// Limits of the machine. Every one can be reached by a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Handles one process may hold.
    pub handles_per_process: u32,
    /// Processes that may have a provider started at once (WSAEPROCLIM beyond).
    pub client_processes: u32,
    /// Shared sockets of the whole machine (WSAENOBUFS beyond).
    pub sockets: u32,
    /// SO_SNDBUF of a new socket, bytes.
    pub send_buffer_bytes: u32,
    /// SO_RCVBUF of a new socket, bytes.
    pub receive_buffer_bytes: u32,
    /// SO_MAX_MSG_SIZE of datagram sockets, bytes.
    pub message_bytes: u32,
    /// What SOMAXCONN and larger backlogs become.
    pub backlog: u32,
    /// How long a connection attempt goes unanswered before WSAETIMEDOUT, milliseconds.
    pub connect_timeout_ms: u64,
    /// How long a stream repeats data that a partition keeps from arriving, milliseconds; TCP_MAXRT overrides it.
    pub retransmit_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handles_per_process: 16 * 1024 * 1024,
            client_processes: 32_767,
            sockets: 16 * 1024 * 1024,
            send_buffer_bytes: 65_536,
            receive_buffer_bytes: 65_536,
            message_bytes: 65_467,
            backlog: 200,
            connect_timeout_ms: 21_000,
            retransmit_timeout_ms: 21_000,
        }
    }
}

/// An address of the machine and the network behind it.
///
/// An address inside the network that is not the machine's own is a host that never answers (WSAETIMEDOUT); an
/// address in no network is unreachable (WSAENETUNREACH). 127.0.0.0/8 and ::1 are always the machine's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// The machine's address on this network.
    pub address: IpAddr,
    /// The network's prefix length in bits.
    pub prefix: u8,
}

/// What lies under the base providers: everything [`Afd`](super::afd::Afd) needs to know about the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Platform {
    /// Limits.
    pub limits: Limits,
    /// The set of answers that `policies` started from.
    pub profile: Profile,
    /// Answers to open questions.
    pub policies: Policies,
    /// Networks beside loopback.
    pub interfaces: Vec<Interface>,
}

/// The description of a machine. Worlds that start from the same model share it until one of them gets other interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What the model calls itself.
    pub name: Arc<str>,
    /// What lies under the base providers.
    pub platform: Platform,
    /// The code behind provider ids.
    pub shapes: Vec<Shape>,
    /// The catalog its 64-bit processes find as long as nobody changes it.
    pub catalog: Arc<Catalog>,
    /// The catalog its 32-bit processes find.
    pub catalog32: Arc<Catalog>,
    /// The applications that have LSP categories, by name.
    pub applications: Vec<(Arc<Application>, LspCategories)>,
    /// Faults in force from the beginning.
    pub faults: Vec<Fault>,
    /// Whether providers are held to their duties.
    pub contracts: Contracts,
    /// All the faults of the providers together.
    pub faulty: ShapeFaults,
    /// A zeroed protocol info: what ws2_32 hands down where a provider is to fill one in (usage 5c).
    pub blank: Info,
}

impl Machine {
    /// Puts a machine together whose two catalogs are alike, and on which nobody looks at contracts.
    #[must_use]
    pub fn new(name: &str, platform: Platform, shapes: Vec<Shape>, catalog: Catalog, faults: Vec<Fault>) -> Self {
        let catalog = Arc::new(catalog);
        let faulty = shapes.iter().fold(ShapeFaults::NONE, |all, shape| all | shape.faults);
        Self {
            name: name.into(),
            platform,
            shapes,
            catalog32: Arc::clone(&catalog),
            catalog,
            applications: Vec::new(),
            faults,
            contracts: Contracts::Off,
            faulty,
            blank: Info::new(ProtocolInfoW::default()),
        }
    }

    /// The catalog that processes of a width find as long as nobody changes it.
    #[must_use]
    pub fn catalog_for(&self, width: Width) -> &Arc<Catalog> {
        match width {
            Width::Bits32 => &self.catalog32,
            Width::Bits64 => &self.catalog,
        }
    }

    /// The code of a provider.
    #[inline]
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[usize::from(id.0)]
    }

    /// Whether some provider has a fault.
    #[inline]
    #[must_use]
    pub fn any_faulty(&self, fault: ShapeFault) -> bool {
        self.faulty.contains(fault)
    }

    /// Whether some layer keeps tokens of its own, in a table all processes share.
    #[must_use]
    pub fn keeps_tokens(&self) -> bool {
        let own = |shape: &Shape| shape.behaviour.as_deref().is_some_and(|behaviour| behaviour.tokens == Tokens::Own);
        self.shapes.iter().any(own)
    }

    /// Whether all providers are faithful.
    #[must_use]
    pub fn is_faithful(&self) -> bool {
        self.faulty.is_empty()
    }

    /// The set of answers that [`policies`](Self::policies) started from.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.platform.profile
    }

    /// A hash of it, the same on every run.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = Digest::default();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// The answers to open questions.
    #[inline]
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.platform.policies
    }
}

impl Hash for Machine {
    /// Only what tells machines apart cheaply; equality compares everything.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.platform.hash(state);
        self.catalog.hash(state);
        self.catalog32.hash(state);
    }
}
