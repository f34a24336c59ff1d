//! What a provider can reach while it runs: its thread, its process's ws2_32 (upcalls), and, for a base provider,
//! what lies underneath.
//!
//! The upcalls themselves are in [`crate::world::upcalls`]; this file only says what a provider is given.

use std::collections::VecDeque;

use crate::abi::client::WindowMessage;
use crate::world::afd::{Afd, Cx};
use crate::world::catalog::{Catalog, CatalogEntry, ShapeId};
use crate::world::checks::Checker;
use crate::world::duplication::Duplications;
use crate::world::event::Event;
use crate::world::event_object::EventObjects;
use crate::world::fault::Faults;
use crate::world::handles::{Handles, Object};
use crate::world::ids::{Handle, InstanceId, SocketId, ThreadId, Ticks};
use crate::world::log::Log;
use crate::world::machine::Machine;
use crate::world::overlapped::OverlappedRecords;
use crate::world::process::Directory;
use crate::world::program::Program;
use crate::world::sections::Sections;

use super::{Shape, ShapeFault};
use crate::abi::{Bytes, Info, SpiFunction};
use crate::rules::RuleId;
use crate::world::policy::TokenPlace;

/// The surroundings of a running provider. Borrowed for one step of one frame.
pub struct Context<'a> {
    /// The machine's description.
    pub machine: &'a Machine,
    /// Virtual time.
    pub now: Ticks,
    /// The thread that called.
    pub thread: ThreadId,
    /// How deep in the call stack, for the log.
    pub depth: u32,
    /// This provider.
    pub instance: InstanceId,
    /// This provider's code.
    pub shape_id: ShapeId,
    /// The entry that was called.
    pub function: Option<SpiFunction>,
    /// Whether a callback of the client's is running on this thread.
    pub in_callback: bool,
    /// Whether ws2_32 has started a provider in the process.
    pub started: bool,
    /// Whether the process has the rights of an administrator.
    pub administrator: bool,
    /// Whether the thread has a Winsock 1.1 blocking hook.
    pub hook: bool,
    /// Who blocks the thread, as far as this provider knows: the one it called, or itself. Known during
    /// WSPCancelBlockingCall only.
    pub blocking: Option<InstanceId>,
    /// Whether as many processes use Winsock as the machine allows. Known during WSPStartup only.
    pub too_many_clients: bool,
    /// The handle table of the process.
    pub handles: &'a mut Handles,
    /// The catalog this process sees.
    pub catalog: &'a Catalog,
    /// Which instance of the process holds which code.
    pub loaded: &'a [(ShapeId, InstanceId)],
    /// The windows of the process.
    pub windows: &'a [Option<VecDeque<WindowMessage>>],
    /// What runs in the process.
    pub program: &'a Program,
    /// Memory that providers share between processes.
    pub sections: &'a mut Sections,
    /// Shared sockets.
    pub afd: &'a mut Afd,
    /// Pending duplications.
    pub duplications: &'a mut Duplications,
    /// Event objects.
    pub events: &'a mut EventObjects,
    /// The overlapped structures of the process.
    pub overlapped: &'a mut OverlappedRecords,
    /// Faults in force.
    pub faults: &'a mut Faults,
    /// Who runs under which process id.
    pub directory: &'a Directory,
    /// Where a call of the thread that lacks room stores how much it needs.
    pub(crate) needed: &'a mut Option<u32>,
    /// Whether any call anywhere is blocked.
    pub anyone_waits: bool,
    /// Blocked calls to be ended when this step ends; see [`Context::cancel`].
    pub cancelled: &'a mut Vec<Cancel>,
    /// The contract checker, if somebody looks.
    pub(crate) checks: Option<&'a mut Checker>,
    /// The log.
    pub log: &'a mut Log,
}

/// Which blocked calls a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Those of this process made on a descriptor.
    Descriptor(Handle),
    /// Those of all processes on a shared socket.
    Socket(SocketId),
    /// Those of this process, all of them.
    Process,
    /// The innermost one of this thread, as WSPCancelBlockingCall does.
    Thread,
}

impl Context<'_> {
    /// This provider's code.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        self.machine.shape(self.shape_id)
    }

    /// Whether this provider has a fault that now makes a difference.
    #[inline]
    pub fn faulty(&mut self, fault: ShapeFault) -> bool {
        let has = self.shape().faults.contains(fault);
        if has {
            self.note_fault(fault);
        }
        has
    }

    #[cold]
    fn note_fault(&mut self, fault: ShapeFault) {
        let by = self.shape_id;
        self.log.note(|| Event::Faulty { by, fault });
    }

    /// Bytes of a pointer, and so of a SOCKET, in the client's program.
    #[must_use]
    pub(crate) fn pointer_size(&self) -> usize {
        self.program.width.bits() as usize / 8
    }

    /// A handle as the client's program stores it.
    #[must_use]
    pub(crate) fn handle_bytes(&self, handle: Handle) -> Bytes {
        Bytes::of(&handle.0.to_le_bytes()[..self.pointer_size()])
    }

    /// A call that lacks room stores how much it needs.
    pub(crate) fn store_needed(&mut self, size: u32) {
        *self.needed = Some(size);
        let thread = self.thread;
        self.log.note(|| Event::SizeStored { thread, size });
    }

    /// Where this provider keeps the token of a block.
    #[must_use]
    pub fn token_place(&self) -> TokenPlace {
        match self.shape().faults.contains(ShapeFault::TokenInServiceFlags) {
            true => TokenPlace::ServiceFlags,
            false => self.machine.policies().token_place,
        }
    }

    /// Ends blocked calls when this step ends.
    #[inline]
    pub fn cancel(&mut self, which: Cancel) {
        if self.anyone_waits {
            self.cancelled.push(which);
        }
    }

    /// The log and the platform as the shared sockets want them.
    pub fn afd(&mut self) -> (&mut Afd, Cx<'_>) {
        (&mut *self.afd, Cx { platform: &self.machine.platform, now: self.now, log: &mut *self.log })
    }

    /// Whether the process holds as many handles as it may.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.handles.is_full(self.handle_limit())
    }

    /// Whether a protocol info is what the catalog holds under its id. The provider's private word may differ, and so
    /// may the two flag words a base may keep its token in (policy `token_place`).
    #[inline]
    pub fn is_genuine(&mut self, info: &Info) -> bool {
        let entry = self.catalog.entry(info.catalog_entry_id());
        let in_flags = self.token_place() == TokenPlace::ServiceFlags;
        let genuine = entry.is_some_and(|entry| entry.info.agrees_with(info, in_flags));
        if !genuine {
            self.log.rule(RuleId::Socket11);
        }
        genuine
    }

    /// Whether a handle is still the one this provider made for a context. CloseHandle frees a number without telling
    /// anybody, and the number may be somebody else's by now.
    #[must_use]
    pub fn is_own(&self, handle: Handle, context: u32) -> bool {
        let binding = self.handles.get(handle).filter(|entry| entry.object == Object::NonIfs).and_then(|e| e.binding);
        binding.is_some_and(|binding| binding.instance == self.instance && binding.context == context)
    }

    /// A layer's handle is inheritable if the lower one is.
    pub fn inherit_like(&mut self, lower: Handle, upper: Handle) {
        let inheritable = self.handles.get(lower).is_none_or(|entry| entry.inheritable);
        if let Some(entry) = self.handles.get_mut(upper) {
            entry.inheritable = inheritable;
        }
    }

    /// Whether a provider of the process has put something into every entry of its table.
    #[must_use]
    pub fn is_complete(&self, instance: InstanceId) -> bool {
        let loaded = self.loaded.iter().find(|&&(_, loaded)| loaded == instance);
        loaded.is_none_or(|&(shape, _)| self.machine.shape(shape).missing.is_empty())
    }

    /// The base entries of this provider, in catalog order.
    pub fn own_base_entries(&self) -> impl Iterator<Item = &CatalogEntry> {
        self.catalog.entries().iter().filter(|entry| entry.is_base() && entry.shape == Some(self.shape_id))
    }
}
