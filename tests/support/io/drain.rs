//! The end of a run: everything that waits goes on or is cancelled, everything that can be received is, and then the
//! books have to be empty.

use wspsim::abi::client::{Call, Cancelled, OsCall, Value};
use wspsim::abi::{Bytes, Ioctl, MessageFlags, Scatter, SpiCall, SpiReturn};
use wspsim::world::afd::SharedSocket;
use wspsim::world::fault::Fault;
use wspsim::world::ids::{Handle, Incarnation, ThreadId};
use wspsim::world::op::Op;

use super::machines::MESSAGES;
use super::{Play, Wrong};

/// A run that is not quiet after so many steps never will be.
const STEPS: usize = 3_000;

impl Play<'_> {
    /// Ends a run.
    pub(super) fn drain(&mut self) -> Result<(), Wrong> {
        self.step(Op::Fault(Fault::NetworkUp))?.ok();
        self.step(Op::Fault(Fault::LinksRestored))?.ok();
        self.quiet()?;
        for thread in self.one_thread_each() {
            self.cancel_all(thread)?;
        }
        self.quiet()?;
        for _ in 0..4 {
            for thread in self.one_thread_each() {
                self.receive_all(thread)?;
            }
            self.quiet()?;
        }
        self.nothing_left()?;
        self.fetch_all()?;
        for process in self.world.processes().map(|(process, _)| process).collect::<Vec<_>>() {
            self.step(Op::Kill { process })?.ok();
        }
        Ok(())
    }

    fn one_thread_each(&self) -> Vec<ThreadId> {
        let mut free = self.free_threads();
        free.dedup_by_key(|thread| thread.process);
        free
    }

    /// Lets everything happen that can happen by itself.
    fn quiet(&mut self) -> Result<(), Wrong> {
        for _ in 0..STEPS {
            if self.returns()? {
                continue;
            }
            match self.world.enabled().first() {
                Some(Op::Advance { to }) if to.0 > 1 << 40 => return Ok(()),
                Some(op) => self.step(op.clone()).map(drop)?,
                None => return Ok(()),
            }
        }
        Err(format!("no end in sight: {:?}", self.world.enabled().first()))
    }

    fn handles(&self, process: Incarnation) -> Vec<Handle> {
        self.descriptors.get(&process).cloned().unwrap_or_default()
    }

    fn cancel_all(&mut self, thread: ThreadId) -> Result<(), Wrong> {
        for file in self.handles(thread.process) {
            let whose = Cancelled::Process;
            self.call(thread, Call::Os(OsCall::CancelIo { file, whose }))?;
        }
        match self.pending.unfinished(thread.process).next() {
            Some(id) => Err(format!("operation {id} cannot be cancelled")),
            None => Ok(()),
        }
    }

    /// Receives until nothing is left, urgent data too.
    fn receive_all(&mut self, thread: ThreadId) -> Result<(), Wrong> {
        for s in self.handles(thread.process) {
            let (code, input) = (Ioctl::Fionbio.code(), Some(Bytes::word(1)));
            self.spi(thread, SpiCall::Ioctl { s, code, input, room: None, returned: true, overlapped: None })?;
            let messages = self.transport == MESSAGES || self.datagrams();
            for flags in [if messages { MessageFlags::PARTIAL } else { MessageFlags::empty() }, MessageFlags::OOB] {
                let call = SpiCall::Recv { s, room: Scatter::One(1000), flags, overlapped: None, returned: true };
                while let Some(value) = self.spi(thread, call.clone())? {
                    if is_empty(&value) && !messages {
                        break;
                    }
                    self.quiet()?;
                }
            }
        }
        Ok(())
    }

    /// Whoever could receive has received everything.
    fn nothing_left(&self) -> Result<(), Wrong> {
        for thread in self.one_thread_each() {
            for s in self.handles(thread.process) {
                let Some(socket) = self.shared(thread.process, s) else { continue };
                let takes = |end: &SharedSocket| end.local().is_some() && !end.shut_for_receiving();
                if self.datagrams() && self.world.afd().socket(socket).is_some_and(takes) {
                    self.datagrams.nothing_left(&self.world, socket)?;
                }
                let Some(&(at, side)) = self.streams.ends.get(&socket) else { continue };
                let line = &self.streams.connections[at].lines[1 - side];
                if !line.dead && (line.outstanding() > 0 || line.has_message()) {
                    return Err(format!("{} bytes for socket {} cannot be received", line.outstanding(), socket.0));
                }
            }
        }
        Ok(())
    }

    /// Fetches packets and lets routines run.
    fn fetch_all(&mut self) -> Result<(), Wrong> {
        for thread in self.free_threads() {
            let sleep = OsCall::SleepEx { timeout_ms: Some(0), alertable: true };
            self.call(thread, Call::Os(sleep))?;
            self.quiet()?;
        }
        for thread in self.one_thread_each() {
            for port in self.ports.get(&thread.process).cloned().unwrap_or_default() {
                let status = OsCall::GetQueuedCompletionStatus { port, timeout_ms: Some(0) };
                while let Some(Value::Packet(Some(_))) = self.call(thread, Call::Os(status.clone()))? {}
            }
        }
        let free = self.free_threads();
        self.pending.all_heard(&self.world, |thread| free.contains(&thread))?;
        Ok(())
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Spi(SpiReturn::Received(received)) if received.data.is_empty())
}
