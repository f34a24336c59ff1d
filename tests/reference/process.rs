//! Processes: how they come and go, what their handles name, and what a child inherits.

use super::answers::TargetIdentity;
use super::notify::Message;
use super::socket::Descriptor;
use super::{
    Answer, ByNumber, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, Number, Reference, WSAENOTSOCK, WSANOTINITIALISED,
};

#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) state: Running,
    /// WSAStartups not yet undone.
    pub(super) startups: u32,
    /// Whether a call has made ws2_32 load a provider since Winsock was started.
    pub(super) provider_loaded: bool,
    pub(super) handles: ByNumber<Handle>,
    /// Shared sockets this process has handles of that its client does not know: inherited with a wrapped socket.
    pub(super) strays: Vec<usize>,
    /// By window number, with the messages not yet taken; a destroyed window is absent.
    pub(super) windows: std::collections::BTreeMap<u32, Vec<Message>>,
}

/// Whether a process can act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    Yes,
    Suspended,
    Ended,
}

/// What a number stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handle {
    Descriptor(Descriptor),
    /// A copy of a wrapped descriptor's number: to this process a handle, but no socket (R7, R8).
    Hollow {
        inheritable: bool,
    },
    Event {
        event: usize,
        inheritable: bool,
    },
    Process {
        of: usize,
        inheritable: bool,
    },
}

impl Handle {
    pub(super) fn inheritable(&self) -> bool {
        match self {
            Self::Descriptor(descriptor) => descriptor.inheritable,
            Self::Hollow { inheritable } | Self::Event { inheritable, .. } | Self::Process { inheritable, .. } => {
                *inheritable
            }
        }
    }

    fn set_inheritable(&mut self, to: bool) {
        match self {
            Self::Descriptor(descriptor) => descriptor.inheritable = to,
            Self::Hollow { inheritable } | Self::Event { inheritable, .. } | Self::Process { inheritable, .. } => {
                *inheritable = to;
            }
        }
    }
}

impl Reference {
    /// Whether a process that wants this id may appear: no living process has it, no open handle keeps it.
    pub fn id_is_free(&self, id: u32) -> bool {
        let kept = |handle: &Handle| matches!(handle, Handle::Process { of, .. } if self.processes[*of].id == id);
        self.living(id).is_none() && !self.processes.iter().any(|process| process.handles.values().any(kept))
    }

    /// A process appears under an id that is free; its position is returned.
    pub fn start(&mut self, id: u32, suspended: bool) -> usize {
        assert!(self.id_is_free(id), "process id {id} was given twice");
        self.processes.push(Process {
            id,
            state: if suspended { Running::Suspended } else { Running::Yes },
            startups: 0,
            provider_loaded: false,
            handles: ByNumber::new(),
            strays: Vec::new(),
            windows: std::collections::BTreeMap::new(),
        });
        self.processes.len() - 1
    }

    pub fn state(&self, process: usize) -> Running {
        self.processes[process].state
    }

    pub fn startups(&self, process: usize) -> u32 {
        self.processes[process].startups
    }

    /// The process that now has this id.
    pub(super) fn living(&self, id: u32) -> Option<usize> {
        self.processes.iter().position(|process| process.state != Running::Ended && process.id == id)
    }

    pub fn resume(&mut self, id: u32) -> Answer {
        let process = self.living(id).ok_or(ERROR_INVALID_PARAMETER)?;
        match self.processes[process].state {
            Running::Suspended => {
                self.processes[process].state = Running::Yes;
                Ok(())
            }
            _ => Err(ERROR_INVALID_PARAMETER),
        }
    }

    /// Ends a process, however it came about: its descriptors go (R29), and so do the blocks made for it.
    pub fn end(&mut self, process: usize) {
        let numbers: Vec<Number> = self.processes[process].handles.keys().copied().collect();
        for number in numbers {
            self.drop_number(process, number);
        }
        self.drop_strays(process);
        self.processes[process].state = Running::Ended;
        self.processes[process].startups = 0;
        self.processes[process].windows.clear();
        if self.answers.target_identity == TargetIdentity::Incarnation {
            for block in 0..self.hand_overs.len() {
                if self.hand_overs[block].target == process {
                    self.spend(block);
                }
            }
        }
    }

    /// A child: gets a copy of every inheritable handle under the same number.
    pub fn create_process(&mut self, parent: usize, id: u32, inherit: bool, suspended: bool) -> usize {
        let child = self.start(id, suspended);
        if inherit {
            let inherited: Vec<(Number, Handle)> =
                self.processes[parent].handles.iter().filter(|(_, h)| h.inheritable()).map(|(&n, h)| (n, *h)).collect();
            for (number, handle) in inherited {
                let copy = self.copied(handle);
                self.processes[child].handles.insert(number, copy);
            }
            self.inherit_strays(parent, child);
        }
        child
    }

    /// What a copied handle is worth to a process that did not get it from Winsock: an OS socket handle still leads to
    /// the socket, the number of a wrapped socket leads nowhere.
    fn copied(&self, handle: Handle) -> Handle {
        match handle {
            Handle::Descriptor(descriptor) if self.stack.os_handles_on_top() => {
                Handle::Descriptor(Descriptor { copied: true, ..descriptor })
            }
            Handle::Descriptor(Descriptor { inheritable, .. }) => Handle::Hollow { inheritable },
            other => other,
        }
    }

    /// Under a wrapped socket lies an OS handle of the base, and that is inherited as well, unknown to anybody.
    fn inherit_strays(&mut self, parent: usize, child: usize) {
        if !self.stack.os_handles_below || self.stack.os_handles_on_top() {
            return;
        }
        let below = self.processes[parent].handles.values().filter_map(|handle| match handle {
            Handle::Descriptor(Descriptor { socket, inheritable_below: true, .. }) => Some(*socket),
            _ => None,
        });
        let strays: Vec<usize> = below.chain(self.processes[parent].strays.iter().copied()).collect();
        self.processes[child].strays = strays;
    }

    fn drop_strays(&mut self, process: usize) {
        for socket in std::mem::take(&mut self.processes[process].strays) {
            self.end_if_unused(socket);
        }
    }

    /// DuplicateHandle.
    pub fn copy_handle(
        &mut self,
        process: usize,
        number: Number,
        target: u32,
        inheritable: bool,
        chosen: Option<Number>,
    ) -> Answer<Number> {
        let target = self.living(target).ok_or(ERROR_INVALID_PARAMETER)?;
        let handle = *self.processes[process].handles.get(&number).ok_or(ERROR_INVALID_HANDLE)?;
        let mut copy = self.copied(handle);
        copy.set_inheritable(inheritable);
        Ok(self.enter(target, copy, chosen))
    }

    pub fn set_inheritable(&mut self, process: usize, number: Number, inheritable: bool) -> Answer {
        let handle = self.processes[process].handles.get_mut(&number).ok_or(ERROR_INVALID_HANDLE)?;
        handle.set_inheritable(inheritable);
        Ok(())
    }

    pub fn open_process(&mut self, process: usize, id: u32, chosen: Option<Number>) -> Answer<Number> {
        let of = self.living(id).ok_or(ERROR_INVALID_PARAMETER)?;
        Ok(self.enter(process, Handle::Process { of, inheritable: false }, chosen))
    }

    /// CloseHandle.
    pub fn close_handle(&mut self, process: usize, number: Number) -> Answer {
        if !self.processes[process].handles.contains_key(&number) {
            return Err(ERROR_INVALID_HANDLE);
        }
        self.drop_number(process, number);
        Ok(())
    }

    /// Whether CloseHandle on this number is something the documentation says anything about: not for descriptors
    /// that a provider keeps books on.
    pub fn may_close_as_handle(&self, process: usize, number: Number) -> bool {
        match self.processes[process].handles.get(&number) {
            Some(Handle::Descriptor(descriptor)) => descriptor.copied,
            _ => true,
        }
    }

    /// A handle appears under the number the machine chose; it must be free.
    pub(super) fn enter(&mut self, process: usize, handle: Handle, chosen: Option<Number>) -> Number {
        let Some(number) = chosen else { return Number::MAX };
        let taken = self.processes[process].handles.insert(number, handle);
        assert!(taken.is_none(), "number {number:#x} of process {process} was given twice");
        number
    }

    /// A number is freed, and what it stood for loses a handle.
    pub(super) fn drop_number(&mut self, process: usize, number: Number) {
        match self.processes[process].handles.remove(&number) {
            Some(Handle::Descriptor(descriptor)) => {
                self.registrant_goes(descriptor.socket, process, number);
                self.first_descriptor_goes(process, number);
                self.end_if_unused(descriptor.socket);
            }
            Some(Handle::Event { event, .. }) => self.end_event_if_unused(event),
            Some(Handle::Process { .. } | Handle::Hollow { .. }) | None => {}
        }
    }

    pub fn startup(&mut self, process: usize) -> Answer {
        self.processes[process].startups += 1;
        Ok(())
    }

    /// WSACleanup: the last one takes every socket of the process (R29); events and copies of numbers stay.
    pub fn cleanup(&mut self, process: usize) -> Answer {
        self.started(process)?;
        self.processes[process].startups -= 1;
        if self.processes[process].startups > 0 {
            return Ok(());
        }
        // Without a provider nobody knows that an inherited handle is a socket.
        if std::mem::take(&mut self.processes[process].provider_loaded) {
            let numbers: Vec<Number> = self.descriptors(process).map(|(number, _)| number).collect();
            for number in numbers {
                self.drop_number(process, number);
            }
            self.drop_strays(process);
        }
        Ok(())
    }

    pub(super) fn started(&self, process: usize) -> Answer {
        if self.processes[process].startups == 0 { Err(WSANOTINITIALISED) } else { Ok(()) }
    }

    /// The descriptor behind a number, for a socket call. Reaching it loads the provider.
    pub(super) fn descriptor(&mut self, process: usize, number: Number) -> Answer<Descriptor> {
        self.started(process)?;
        let Some(&Handle::Descriptor(descriptor)) = self.processes[process].handles.get(&number) else {
            return Err(WSAENOTSOCK);
        };
        self.processes[process].provider_loaded = true;
        Ok(descriptor)
    }
}
