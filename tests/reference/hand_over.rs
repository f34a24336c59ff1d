//! Duplicating a socket for a process, and opening what came of it.

use super::answers::{
    BlockReuse, DuplicateInheritable, ExplicitTriple, FailedOpen, ReferenceTaken, TargetIdentity, UnknownProcess,
    WrongProcess,
};
use super::process::Handle;
use super::{Answer, Number, Reference, WSAEFAULT, WSAEINVAL, WSAENETDOWN, WSAENOBUFS};

/// What a block stands for.
#[derive(Clone, Copy, Debug)]
pub struct HandOver {
    pub socket: usize,
    /// The process it was made for, and the id that process had.
    pub target: usize,
    target_id: u32,
    /// Whether it counts as a reference while it is pending.
    pub counted: bool,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Pending,
    /// It was opened, and the answer to what a second open gives wants that remembered.
    Opened {
        by: usize,
        number: Number,
    },
    Spent,
}

impl HandOver {
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending)
    }
}

/// How a block is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opening {
    /// WSA_FLAG_NO_HANDLE_INHERIT.
    pub no_inherit: bool,
    /// Family, type or protocol say something else than the block.
    pub contradicts: bool,
    /// How many numbers the process's handle table still has, if that is known.
    pub room: Option<u32>,
}

impl Reference {
    /// WSPDuplicateSocket (R1, R2): makes a block and returns its position. It makes no descriptor.
    pub fn duplicate(&mut self, process: usize, number: Number, target_id: u32, out: bool) -> Answer<usize> {
        self.started(process)?;
        if !out {
            return Err(WSAEFAULT);
        }
        let socket = self.called(process, number)?;
        let Some(target) = self.living(target_id) else {
            return Err(match self.answers.unknown_process {
                UnknownProcess::Wsaeinval => WSAEINVAL,
                UnknownProcess::Wsaenetdown => WSAENETDOWN,
            });
        };
        let counted = self.answers.reference_taken == ReferenceTaken::AtDuplicate;
        self.hand_overs.push(HandOver { socket, target, target_id, counted, state: State::Pending });
        Ok(self.hand_overs.len() - 1)
    }

    /// WSPSocket with a block (R3, R5): one more descriptor of the same shared socket.
    pub fn open(&mut self, process: usize, block: usize, how: Opening, chosen: Option<Number>) -> Answer<Number> {
        self.started(process)?;
        self.processes[process].provider_loaded = true;
        if matches!(self.hand_overs[block].state, State::Spent) {
            return Err(WSAEINVAL);
        }
        let opened = self.try_open(process, block, how, chosen);
        // Above the base nobody can spend a block, and what fails there alone is for want of buffers.
        let failed_in_base = opened.is_err_and(|error| error != WSAENOBUFS);
        if failed_in_base && self.answers.failed_open == FailedOpen::AlwaysConsumed {
            self.spend(block);
        }
        opened
    }

    /// WSPSocket with a block that was altered: refused, and nothing else happens. Whether a provider came to see it
    /// depends on whether the catalog id was one of its own.
    pub fn open_altered(&mut self, process: usize, reached_provider: bool) -> Answer {
        self.started(process)?;
        self.processes[process].provider_loaded |= reached_provider;
        Err(WSAEINVAL)
    }

    fn try_open(&mut self, process: usize, block: usize, how: Opening, chosen: Option<Number>) -> Answer<Number> {
        let HandOver { socket, target, target_id, state, .. } = self.hand_overs[block];
        let right = match self.answers.target_identity {
            TargetIdentity::Incarnation => target == process,
            TargetIdentity::Number => target_id == self.processes[process].id,
        };
        match self.answers.wrong_process {
            _ if right => {}
            WrongProcess::Allow => {}
            WrongProcess::Refuse => return Err(WSAEINVAL),
            WrongProcess::RefuseAndConsume => {
                self.spend(block);
                return Err(WSAEINVAL);
            }
        }
        if how.contradicts && self.answers.explicit_triple == ExplicitTriple::Refuse {
            return Err(WSAEINVAL);
        }
        if let State::Opened { by, number } = state {
            return self.open_again(process, socket, (by, number), how, chosen);
        }
        if let Err(error) = self.room_for_descriptor(how.room) {
            self.open_failed(process, block, how);
            return Err(error);
        }
        let number = self.describe(process, socket, self.child_may_have(how), chosen);
        self.opened(block, process, number);
        Ok(number)
    }

    /// A second open of a block that was opened before.
    fn open_again(
        &mut self,
        process: usize,
        socket: usize,
        (by, first): (usize, Number),
        how: Opening,
        chosen: Option<Number>,
    ) -> Answer<Number> {
        if self.answers.block_reuse == BlockReuse::SecondDescriptor {
            self.room_for_descriptor(how.room)?;
            return Ok(self.describe(process, socket, self.child_may_have(how), chosen));
        }
        let inheritable = self.child_may_have(how);
        match self.processes[process].handles.get_mut(&first) {
            Some(Handle::Descriptor(descriptor)) if by == process && descriptor.socket == socket => {
                // The flags of the later open count.
                descriptor.inheritable = inheritable;
                Ok(first)
            }
            _ => Err(WSAEINVAL),
        }
    }

    fn child_may_have(&self, how: Opening) -> bool {
        !how.no_inherit && self.answers.duplicate_inheritable == DuplicateInheritable::Yes
    }

    /// The open has succeeded: the reference of the block is the descriptor's now.
    fn opened(&mut self, block: usize, process: usize, number: Number) {
        self.hand_overs[block].state = match self.answers.block_reuse {
            BlockReuse::Refuse => State::Spent,
            _ => State::Opened { by: process, number },
        };
    }

    /// The open has failed for want of numbers: in the base with none left, above it otherwise. What the base had
    /// opened is closed again.
    fn open_failed(&mut self, process: usize, block: usize, how: Opening) {
        let base_opened = how.room != Some(0);
        if base_opened && self.answers.failed_open != FailedOpen::NeverConsumed {
            self.opened(block, process, Number::MAX);
            self.end_if_unused(self.hand_overs[block].socket);
        }
    }

    /// A descriptor goes: what gets its number next is not the descriptor of any first open.
    pub(super) fn first_descriptor_goes(&mut self, process: usize, gone: Number) {
        for hand_over in &mut self.hand_overs {
            if let State::Opened { by, number } = &mut hand_over.state
                && (*by, *number) == (process, gone)
            {
                *number = Number::MAX;
            }
        }
    }

    /// A block opens nothing any more.
    pub(super) fn spend(&mut self, block: usize) {
        let was_pending = self.hand_overs[block].is_pending();
        self.hand_overs[block].state = State::Spent;
        if was_pending && self.hand_overs[block].counted {
            self.end_if_unused(self.hand_overs[block].socket);
        }
    }
}
