//! What a model says of a provider: its kind, and where it departs from the plain one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::behaviour::Behaviour;
use super::own::Code;
use super::shape_fault::{ShapeFault, ShapeFaults};
use crate::abi::{EntrySet, Guid};
use crate::world::program::Width;

/// How a provider's descriptors come about (XP1_IFS_HANDLES).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HandleKind {
    /// Descriptors are OS file handles, registered by WPUModifyIFSHandle.
    #[default]
    Ifs,
    /// Descriptors are made by WPUCreateSocketHandle.
    NonIfs,
}

/// What a base provider does when a socket is to be duplicated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Duplicating {
    /// It duplicates.
    #[default]
    Shares,
    /// It refuses with WSAEINVAL, as a provider of QoS-enabled sockets does (R25, U11).
    RefusesQos,
    /// It refuses with WSAENOTCONN unless the socket is connected (usage 2.13).
    NeedsConnection,
    /// As `NeedsConnection`; and once the block is opened only its opener can use the connection (usage U12, S83).
    MovesConnection,
}

/// Whose functions a layer hands out at SIO_GET_EXTENSION_FUNCTION_POINTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Functions {
    /// Its own, as a layer with handles of its own must (L3).
    Own,
    /// Those of the provider below: it passes the ioctl on, as an IFS layer must.
    Below,
}

impl Functions {
    /// What the documentation wants of a layer.
    #[must_use]
    pub fn of(handles: HandleKind) -> Self {
        match handles {
            HandleKind::Ifs => Self::Below,
            HandleKind::NonIfs => Self::Own,
        }
    }
}

/// What a layer does with the listener's handle in SO_UPDATE_ACCEPT_CONTEXT. One with handles of its own always looks
/// it up: it has to translate it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AcceptContext {
    /// It passes it on.
    #[default]
    PassesOn,
    /// It looks the handle up, and refuses one it did not make: WSAENOTSOCK (usage B19).
    LooksUp,
}

/// How a blocking call of a base provider waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Waiting {
    /// In the operating system.
    #[default]
    Natively,
    /// On an event of its own, from WPUCreateEvent; the provider's service thread sets it when the wait is over.
    OnEvent,
}

/// The code behind a provider id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// What the model calls it.
    pub name: Arc<str>,
    /// The vendor's id.
    pub provider_id: Guid,
    /// The DLL, as WPUGetProviderPath tells.
    pub path: Arc<str>,
    /// The lowest and highest version it supports; low byte major, high byte minor.
    pub versions: (u16, u16),
    /// The width of the processes that can load it; `None`: there is a twin for either.
    pub width: Option<Width>,
    /// The entries it leaves empty in its table, which makes it unusable.
    pub missing: EntrySet,
    /// How its descriptors come about.
    pub handles: HandleKind,
    /// Base or layer.
    pub kind: ShapeKind,
    /// What a layer does beyond passing calls on.
    pub behaviour: Option<Box<Behaviour>>,
    /// What it does wrong.
    pub faults: ShapeFaults,
}

/// Base or layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShapeKind {
    /// A base provider over [`Afd`](crate::world::afd::Afd).
    Base {
        /// What it does when a socket is to be duplicated.
        duplicating: Duplicating,
        /// Whether its first WSPStartup in a process starts a thread, which takes a handle for a moment.
        service_thread: bool,
        /// How a blocking call waits.
        waiting: Waiting,
    },
    /// A layer that passes everything on.
    Layer {
        /// The entries it implements itself. An IFS layer may leave the others to the provider below.
        hooks: EntrySet,
        /// Whose extension functions it hands out.
        functions: Functions,
        /// What it does with the listener's handle in SO_UPDATE_ACCEPT_CONTEXT.
        accept_context: AcceptContext,
        /// Somebody's own code; `None`: the plain layer.
        code: Option<Code>,
    },
}

impl ShapeKind {
    /// A layer that implements everything, as the documentation wants it.
    #[must_use]
    pub fn layer(handles: HandleKind) -> Self {
        let (functions, accept_context) = (Functions::of(handles), AcceptContext::default());
        Self::Layer { hooks: EntrySet::all(), functions, accept_context, code: None }
    }
}

impl Shape {
    /// The faults a provider of this kind cannot have.
    pub fn misplaced_faults(&self) -> impl Iterator<Item = ShapeFault> {
        let (kind, handles) = (&self.kind, self.handles);
        self.faults.iter().filter(move |fault| !fault.of().fits(kind, handles))
    }

    /// Whether the provider has its own code for an entry.
    #[inline]
    #[must_use]
    pub fn hooks(&self, function: crate::abi::SpiFunction) -> bool {
        match &self.kind {
            ShapeKind::Base { .. } => true,
            ShapeKind::Layer { hooks, .. } => hooks.contains(function) || function.is_extension(),
        }
    }
}
