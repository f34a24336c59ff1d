//! A call into a provider that is in progress, as the checker remembers it, and what it can see around it.

use super::breach::Level;
use crate::abi::{Block, Info, SpiCall, SpiFunction, WsaError};
use crate::provider::{Instance, ShapeKind};
use crate::world::World;
use crate::world::catalog::{Catalog, ShapeId};
use crate::world::frame::Token;
use crate::world::handles::Binding;
use crate::world::ids::{Handle, InstanceId, ThreadId};
use crate::world::process::Process;

/// A call into a provider that is in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Crossing {
    /// Who calls; `None` is ws2_32.
    pub caller: Option<InstanceId>,
    /// Whom the caller means.
    pub callee: InstanceId,
    /// Whose code runs: a layer may expose the entry of the provider below.
    pub runs: InstanceId,
    /// That code.
    pub shape: ShapeId,
    /// The call as it came.
    pub call: SpiCall,
    /// The contexts of the provider that runs, when the call came.
    pub contexts: usize,
    /// How many duplications there were on the machine, when the call came.
    pub duplications: usize,
    /// Whether ws2_32 has refused it an upcall, or a fault makes it fail.
    pub refused: bool,
    /// Whether this provider instance has run for another call meanwhile.
    pub disturbed: bool,
    /// Whether Winsock was over for the process meanwhile.
    pub stale: bool,
    /// Whether the operation it has begun has ended meanwhile, and was announced.
    pub over: bool,
    /// The calls the provider has made to others, in order.
    pub below: Vec<Below>,
    /// The handles it was given by them that it has not tried to close.
    pub taken: Vec<(InstanceId, Handle)>,
    /// The handles it has made by WPUCreateSocketHandle.
    pub made: Vec<Handle>,
    /// The handles from below that it has closed.
    pub closed: Vec<(InstanceId, Handle)>,
    /// Those that other calls in progress in this provider instance have closed: it may have looked them up before.
    pub lost: Vec<(InstanceId, Handle)>,
    /// The handles that were given back on other threads meanwhile, or closed behind the providers' backs: their numbers
    /// may be anybody's.
    pub forgotten: Vec<Handle>,
}

/// A call a provider has made to another one, and what matters of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Below {
    /// The entry.
    pub function: SpiFunction,
    /// The descriptor it was called with.
    pub s: Option<Handle>,
    /// The block a successful WSPDuplicateSocket gave.
    pub block: Option<Info>,
    /// With what it failed.
    pub error: Option<WsaError>,
}

impl Crossing {
    /// The descriptor it was made on.
    pub(super) fn s(&self) -> Handle {
        self.call.socket().unwrap_or(Handle::INVALID)
    }

    /// How the call stack tells it.
    pub(super) fn level(&self) -> Level {
        Level { shape: self.shape, function: self.call.function() }
    }
}

/// What a check can see: the world, from the thread on which something happens.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub world: &'a World,
    pub thread: ThreadId,
}

impl<'a> Scene<'a> {
    /// The process of the thread.
    pub(super) fn process(&self) -> &'a Process {
        &self.world.processes[self.thread.process.0 as usize]
    }

    /// Who is about to call: the provider in the thread's innermost frame, or ws2_32.
    pub(super) fn caller(&self) -> Option<InstanceId> {
        let frames = &self.process().threads[self.thread.index as usize].frames;
        match frames.last().map(|frame| &frame.token) {
            Some(&Token::Provider(instance, _)) => Some(instance),
            _ => None,
        }
    }

    /// A provider instance of the process.
    pub(super) fn instance(&self, id: InstanceId) -> Option<&'a Instance> {
        self.process().instances.get(id)
    }

    /// The code of a provider instance.
    pub(super) fn shape(&self, id: InstanceId) -> Option<ShapeId> {
        self.instance(id).map(|instance| instance.shape)
    }

    /// Whether code is a base provider's.
    pub(super) fn is_base(&self, shape: ShapeId) -> bool {
        matches!(self.world.machine.shape(shape).kind, ShapeKind::Base { .. })
    }

    /// The catalog the process sees.
    pub(super) fn catalog(&self) -> &'a Catalog {
        self.process().client.catalog.as_deref().unwrap_or(&self.world.machine.catalog)
    }

    /// Whose a handle of the process is.
    pub(super) fn binding(&self, handle: Handle) -> Option<Binding> {
        self.process().handles.get(handle).and_then(|entry| entry.binding)
    }
}

/// The protocol info a call brings.
pub(super) fn info_of(call: &SpiCall) -> Option<&Info> {
    match call {
        SpiCall::Socket { info: Some(Block::Info(info)), .. }
        | SpiCall::Startup { info, .. }
        | SpiCall::AddressToString { info: Some(info), .. }
        | SpiCall::StringToAddress { info: Some(info), .. } => Some(info),
        _ => None,
    }
}

/// Whether a call ends with a new descriptor.
pub(super) fn gives_descriptor(function: SpiFunction) -> bool {
    matches!(function, SpiFunction::WspSocket | SpiFunction::WspAccept | SpiFunction::WspJoinLeaf)
}
