//! Processes and threads.

use std::collections::VecDeque;
use std::sync::Arc;

use super::apc::Apc;
use super::border::Paused;
use super::catalog::{Catalog, CatalogWatch, ShapeId};
use super::frame::{Frame, Until, Wait};
use super::handles::Handles;
use super::ids::{Incarnation, InstanceId, ProcessId, Window};
use super::overlapped::OverlappedRecords;
use super::program::Program;
use super::table::Table;
use crate::abi::client::{Message, WindowMessage};
use crate::abi::{Guid, WsaError};
use crate::provider::Instance;

/// One incarnation of a process.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// The number others call it by.
    pub id: ProcessId,
    /// Whether it runs.
    pub state: ProcessState,
    /// What runs in it.
    pub program: Program,
    /// Its handles.
    pub handles: Handles,
    /// What its ws2_32 holds.
    pub client: Client,
    /// The providers loaded in it.
    pub instances: Table<InstanceId, Instance>,
    /// Which instance holds which code; a DLL is loaded once.
    pub loaded: Vec<(ShapeId, InstanceId)>,
    /// Its threads. A thread never goes away before its process.
    pub threads: Vec<Thread>,
    /// Its windows with their message queues; a destroyed window leaves `None`.
    pub windows: Vec<Option<VecDeque<WindowMessage>>>,
    /// Values other processes sent, the oldest first.
    pub inbox: VecDeque<Message>,
    /// Its overlapped structures.
    pub overlapped: OverlappedRecords,
    /// Its pending calls of WSAProviderConfigChange.
    pub catalog_watches: Vec<CatalogWatch>,
}

crate::world::copy::clone_by_fields!(Process {
    id,
    state,
    program,
    handles,
    client,
    instances,
    loaded,
    threads,
    windows as seldom,
    inbox as seldom,
    overlapped as seldom,
    catalog_watches as seldom
});

/// Whether a process can act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessState {
    /// Made with CREATE_SUSPENDED and not resumed.
    Suspended,
    /// Running.
    Running,
    /// Ended.
    Exited,
}

/// What ws2_32 keeps for its process.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Client {
    /// Successful WSAStartups not yet undone.
    pub startups: u32,
    /// The version the first of them settled on.
    pub version: u16,
    /// The catalog as the first of them found it.
    pub catalog: Option<Arc<Catalog>>,
    /// The providers ws2_32 has started, by provider id: one WSPStartup each.
    pub started: Vec<(Guid, InstanceId)>,
}

crate::world::copy::clone_by_fields!(Client { startups, version, catalog as shared, started });

/// A thread of a process.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Thread {
    /// The call in progress, outermost frame first. Empty: the thread is free.
    pub frames: Vec<Frame>,
    /// Where the innermost call in progress paused; `None` unless somebody steps by frames.
    pub paused: Option<Box<Paused>>,
    /// What WSAGetLastError returns.
    pub last_error: Option<WsaError>,
    /// The size that a call without enough room has stored last, for the caller to try again with; in the call's unit.
    pub needed: Option<u32>,
    /// Whether a Winsock 1.1 blocking hook is installed.
    pub hook: bool,
    /// Under policy `wake_order` = `Longest`: the place in the order of those who wait on sockets.
    pub turn: u32,
    /// SO_OPENTYPE: of which kind the sockets are that socket() makes for this thread. WSASocket does not ask.
    pub open_type: i32,
    /// Completion routines to run in its next alertable wait, the oldest first.
    pub apcs: VecDeque<Apc>,
    /// Whether it has ended.
    pub ended: bool,
}

crate::world::copy::clone_by_fields!(Thread {
    frames as seldom,
    paused,
    last_error,
    needed,
    hook,
    turn,
    open_type,
    apcs as seldom,
    ended
});

impl Thread {
    /// What the thread waits for; `None` when it is free.
    #[inline]
    #[must_use]
    pub fn wait(&self) -> Option<&Wait> {
        self.frames.last().and_then(|frame| frame.wait.as_deref())
    }

    /// How many of its frames wait: more than one while a callback makes a call that blocks.
    #[must_use]
    pub fn waits(&self) -> u32 {
        self.frames.iter().filter(|frame| frame.wait.is_some()).count() as u32
    }

    /// Whether a client callback is running on this thread: a condition function or a blocking hook.
    #[must_use]
    pub fn in_callback(&self) -> bool {
        self.frames.iter().any(|frame| match &frame.wait {
            Some(wait) => matches!(wait.until, Until::Callback) || self.hook,
            None => false,
        })
    }

    /// Whether a client call may start now: the thread is free, or inside a callback of the client's.
    #[must_use]
    pub fn accepts_call(&self) -> bool {
        match self.wait() {
            None => self.frames.is_empty(),
            Some(wait) => matches!(wait.until, Until::Callback | Until::Routine) || self.hook,
        }
    }
}

impl Process {
    /// A process with one thread and nothing else.
    #[must_use]
    pub fn new(id: ProcessId, state: ProcessState, program: Program) -> Self {
        Self {
            id,
            state,
            program,
            handles: Handles::default(),
            client: Client::default(),
            instances: Table::new(),
            loaded: Vec::new(),
            threads: vec![Thread::default()],
            windows: Vec::new(),
            inbox: VecDeque::new(),
            overlapped: OverlappedRecords::default(),
            catalog_watches: Vec::new(),
        }
    }

    /// The queue of a window.
    #[must_use]
    pub fn window(&self, window: Window) -> Option<&VecDeque<WindowMessage>> {
        self.windows.get(window.0.checked_sub(1)? as usize)?.as_ref()
    }

    /// The queue of a window.
    pub fn window_mut(&mut self, window: Window) -> Option<&mut VecDeque<WindowMessage>> {
        self.windows.get_mut(window.0.checked_sub(1)? as usize)?.as_mut()
    }
}

/// Who runs under which number: the part of the process list that providers may see.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Directory {
    /// By incarnation: the process id, and whether it has not ended.
    entries: Vec<(ProcessId, bool)>,
}

crate::world::copy::clone_by_fields!(Directory { entries });

impl Directory {
    /// The first process id, and the distance between ids nobody chose.
    const FIRST: u32 = 1000;
    const STEP: u32 = 4;

    /// Enters the next incarnation; `None` if a living process has the id.
    pub fn enter(&mut self, id: Option<ProcessId>) -> Option<(Incarnation, ProcessId)> {
        let id = id.unwrap_or_else(|| self.fresh_id());
        if self.living(id).is_some() {
            return None;
        }
        self.entries.push((id, true));
        Some((Incarnation(self.entries.len() as u32 - 1), id))
    }

    /// The living process with this id.
    #[must_use]
    pub fn living(&self, id: ProcessId) -> Option<Incarnation> {
        self.entries.iter().position(|&(other, alive)| alive && other == id).map(|at| Incarnation(at as u32))
    }

    /// The id of a process, dead or alive.
    #[must_use]
    pub fn id(&self, process: Incarnation) -> Option<ProcessId> {
        self.entries.get(process.0 as usize).map(|&(id, _)| id)
    }

    /// Whether a process has not ended.
    #[must_use]
    pub fn is_alive(&self, process: Incarnation) -> bool {
        self.entries.get(process.0 as usize).is_some_and(|&(_, alive)| alive)
    }

    /// Marks a process as ended.
    pub fn leave(&mut self, process: Incarnation) {
        if let Some(entry) = self.entries.get_mut(process.0 as usize) {
            entry.1 = false;
        }
    }

    fn fresh_id(&self) -> ProcessId {
        let highest = self.entries.iter().map(|&(id, _)| id.0).max();
        ProcessId(highest.map_or(Self::FIRST, |id| id.max(Self::FIRST - Self::STEP).saturating_add(Self::STEP)))
    }
}
