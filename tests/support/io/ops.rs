//! What happens next: choices made from eight bytes.

use std::sync::Arc;

use wspsim::abi::client::{ApiCall, Call, Cancelled, OsCall, Value};
use wspsim::abi::consts::{FROM_PROTOCOL_INFO, SOCK_DGRAM};
use wspsim::abi::{
    Block, Bytes, Gather, Ioctl, Linger, MessageFlags, Name, NetworkEvents, Overlapped, Routine, Scatter, SockAddr,
    SockOpt, SocketFlags, SpiCall, SpiReturn, WsaError,
};
use wspsim::world::fault::Fault;
use wspsim::world::ids::{Handle, Incarnation, ThreadId, Window};
use wspsim::world::link_rule::{LinkEffect, LinkRule};
use wspsim::world::op::Op;

use super::{Play, Wrong};

/// Most processes, and threads of each.
const PROCESSES: usize = 5;
const THREADS: usize = 5;

impl Play<'_> {
    /// One choice.
    pub(super) fn chosen(&mut self) -> Result<(), Wrong> {
        let which = self.input.byte();
        match which {
            200..=229 => return self.goes_on(),
            230..=237 => return self.passes(),
            238..=243 => return self.goes_wrong(),
            _ => {}
        }
        let Some(thread) = self.thread() else { return self.goes_on() };
        let s = self.descriptor(thread.process);
        match which {
            0..=59 => self.sends(thread, s),
            60..=119 => self.receives(thread, s),
            120..=137 => self.sets(thread, s),
            138..=141 => self.shuts(thread, s),
            142..=147 => self.connection_by(thread),
            148..=153 => self.shares(thread, s),
            154..=173 => self.watches(thread, s),
            174..=199 => self.waits(thread, s),
            244..=247 => self.closes(thread, s),
            248 => self.ends(thread),
            _ => self.plain(
                thread,
                SpiCall::Ioctl {
                    s,
                    code: Ioctl::Flush.code(),
                    input: None,
                    room: None,
                    returned: true,
                    overlapped: None,
                },
            ),
        }
    }

    fn plain(&mut self, thread: ThreadId, call: SpiCall) -> Result<(), Wrong> {
        self.spi(thread, call).map(drop)
    }

    fn os(&mut self, thread: ThreadId, call: OsCall) -> Result<(), Wrong> {
        self.call(thread, Call::Os(call)).map(drop)
    }

    /// A thread that can make a call.
    pub(super) fn thread(&mut self) -> Option<ThreadId> {
        let place = usize::from(self.input.byte());
        let free = self.free_threads();
        free.get(place % free.len().max(1)).copied()
    }

    pub(super) fn free_threads(&self) -> Vec<ThreadId> {
        let all = self.world.processes().filter(|(process, _)| self.world.directory().is_alive(*process));
        let threads = all.flat_map(|(process, state)| {
            let able = state.threads.iter().enumerate().filter(|(_, thread)| !thread.ended && thread.accepts_call());
            able.map(move |(index, _)| ThreadId { process, index: index as u32 })
        });
        threads.collect()
    }

    fn descriptor(&mut self, process: Incarnation) -> Handle {
        let place = usize::from(self.input.byte());
        let known = self.descriptors.get(&process).map_or(&[][..], Vec::as_slice);
        known.get(place % known.len().max(1)).copied().unwrap_or(Handle(0x100))
    }

    fn manner(&mut self, thread: ThreadId) -> Result<Option<Box<Overlapped>>, Wrong> {
        let which = self.input.byte();
        if which < 120 {
            return Ok(None);
        }
        // A structure whose operation is over and was announced may be given to another.
        let over = self.pending.reusable(thread.process).filter(|_| which >= 200);
        let id = over.unwrap_or_else(|| self.fresh());
        let routine = match which % 6 {
            0 | 1 => Some(Routine::Returns),
            2 => Some(Routine::Asks),
            _ => None,
        };
        let event = match which % 6 {
            3 | 4 => match self.call(thread, Call::Api(ApiCall::CreateEvent))? {
                Some(Value::Handle(event)) => event,
                _ => Handle::NULL,
            },
            _ => Handle::NULL,
        };
        Ok(Some(Box::new(Overlapped { id, event, routine, layer: None })))
    }

    /// Whether datagrams flow in this run.
    pub(super) fn datagrams(&self) -> bool {
        self.transport.1 == SOCK_DGRAM
    }

    /// What a send carries: no two sends alike.
    fn data(&mut self) -> Vec<u8> {
        let (number, length) = (self.fresh(), usize::from(self.input.byte()) % 24);
        let mixed = |at: usize| (number.wrapping_mul(0x9e37_79b1) ^ (at as u32).wrapping_mul(0x85eb_ca6b)) >> 13;
        let begins = if self.datagrams() { number.to_le_bytes().to_vec() } else { Vec::new() };
        begins.into_iter().chain((0..length).map(|at| (mixed(at) ^ mixed(at) >> 9) as u8)).collect()
    }

    fn sends(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let overlapped = self.manner(thread)?;
        let data = self.data();
        let data = match self.input.byte() % 4 {
            0 => Gather::Many(data.chunks(5).map(Arc::from).collect()),
            _ => Gather::One(data.into()),
        };
        let flags = match self.input.byte() % 10 {
            0 => MessageFlags::OOB,
            1 => MessageFlags::DONTROUTE,
            2 | 3 => MessageFlags::PARTIAL,
            _ => MessageFlags::empty(),
        };
        let place = usize::from(self.input.byte());
        let to = self.datagrams.address(place).map_or(Name::Null, Name::of);
        if self.datagrams() || place % 4 == 0 {
            return self.plain(thread, SpiCall::SendTo { s, data, flags, to, overlapped, returned: true });
        }
        self.plain(thread, SpiCall::Send { s, data, flags, overlapped, returned: true })
    }

    fn receives(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let overlapped = self.manner(thread)?;
        let length = u32::from(self.input.byte()) % 24;
        let room = match self.input.byte() % 4 {
            0 => Scatter::Many([length / 3, 0, length - length / 3].into()),
            _ => Scatter::One(length),
        };
        let flags = match self.input.byte() % 16 {
            0 => MessageFlags::PEEK,
            1..=3 => MessageFlags::WAITALL,
            4 | 5 => MessageFlags::OOB,
            6 => MessageFlags::WAITALL | MessageFlags::OOB,
            7 => MessageFlags::PARTIAL,
            8 => MessageFlags::WAITALL | MessageFlags::PEEK,
            9 => MessageFlags::OOB | MessageFlags::PEEK,
            _ => MessageFlags::empty(),
        };
        if self.datagrams() || self.input.rarely(4) {
            let from = Some(16);
            return self.plain(thread, SpiCall::RecvFrom { s, room, flags, from, overlapped, returned: true });
        }
        self.plain(thread, SpiCall::Recv { s, room, flags, overlapped, returned: true })
    }

    fn sets(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let which = self.input.byte();
        let value = u32::from(self.input.byte());
        if which % 8 < 3 {
            let (code, input) = (Ioctl::Fionbio.code(), Some(Bytes::word(value % 2)));
            return self.plain(thread, SpiCall::Ioctl { s, code, input, room: None, returned: true, overlapped: None });
        }
        let (option, value) = match which % 8 {
            3 => (SockOpt::SndBuf, Bytes::word(value % 20)),
            4 => (SockOpt::RcvBuf, Bytes::word(value % 20)),
            5 => (SockOpt::OobInline, Bytes::word(value % 2)),
            6 => {
                let linger = Linger { onoff: (value % 2) as u16, seconds: (value / 2 % 3) as u16 };
                (SockOpt::Linger, Bytes::of(&linger.encode()))
            }
            _ if value % 2 == 0 => (SockOpt::SndTimeo, Bytes::word(value * 2)),
            _ => (SockOpt::RcvTimeo, Bytes::word(value * 2)),
        };
        let row = option.row();
        self.plain(
            thread,
            SpiCall::SetSockOpt { s, level: row.level, option: row.number, value: Some(value), negative: false },
        )
    }

    fn shuts(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let how = self.input.pick(&[1, 1, 1, 0, 2]);
        self.plain(thread, SpiCall::Shutdown { s, how })
    }

    fn closes(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        self.plain(thread, SpiCall::CloseSocket { s })
    }

    /// Another connection, from this thread's process to another's.
    fn connection_by(&mut self, thread: ThreadId) -> Result<(), Wrong> {
        let free = self.free_threads();
        let other = free.get(usize::from(self.input.byte()) % free.len().max(1)).copied();
        self.connect(thread, other.unwrap_or(thread))
    }

    /// A connection between the first two processes.
    pub(super) fn connection(&mut self) -> Result<(), Wrong> {
        let first = |process| ThreadId { process: Incarnation(process), index: 0 };
        self.connect(first(1), first(0))
    }

    fn connect(&mut self, client: ThreadId, server: ThreadId) -> Result<(), Wrong> {
        let port = 7000 + self.fresh() as u16;
        let name = Name::of(SockAddr::v4([127, 0, 0, 1].into(), port));
        let Some(listener) = self.opens(server)? else { return Ok(()) };
        self.plain(server, SpiCall::Bind { s: listener, name })?;
        if self.datagrams() {
            return Ok(());
        }
        self.plain(server, SpiCall::Listen { s: listener, backlog: 5 })?;
        if self.input.rarely(3) {
            self.registers(server, listener)?;
        }
        let Some(s) = self.opens(client)? else { return Ok(()) };
        self.plain(client, SpiCall::Connect { s, name, extras: None })?;
        self.plain(server, SpiCall::Accept { s: listener, addr: None, condition: None })
    }

    fn opens(&mut self, thread: ThreadId) -> Result<Option<Handle>, Wrong> {
        let flags = SocketFlags::OVERLAPPED;
        let (af, kind, protocol) = self.transport;
        let call = SpiCall::Socket { af, kind, protocol, info: None, group: 0, flags };
        Ok(match self.spi(thread, call)? {
            Some(Value::Spi(SpiReturn::Socket { socket, .. })) => Some(socket),
            _ => None,
        })
    }

    /// A descriptor for another process: made, or opened.
    fn shares(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let mine = self.blocks.iter().position(|(target, _)| *target == thread.process);
        if let Some(at) = mine {
            let (_, info) = self.blocks.remove(at);
            let (any, info) = (FROM_PROTOCOL_INFO, Some(Block::Info(info)));
            let flags = SocketFlags::OVERLAPPED;
            return self.plain(thread, SpiCall::Socket { af: any, kind: any, protocol: any, info, group: 0, flags });
        }
        let free = self.free_threads();
        let Some(target) = free.get(usize::from(self.input.byte()) % free.len().max(1)).copied() else { return Ok(()) };
        let Some(process) = self.world.process(target.process).map(|process| process.id) else { return Ok(()) };
        let info = Some(self.world.machine().blank.clone());
        if let Some(Value::Spi(SpiReturn::Info(info))) =
            self.spi(thread, SpiCall::DuplicateSocket { s, process, info })?
        {
            self.blocks.push((target.process, info));
        }
        Ok(())
    }

    fn registers(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let bits = u32::from(self.input.byte());
        let events = NetworkEvents::from_bits_retain(if bits > 0xc0 { 0x3f } else { bits & 0x3f });
        let event = self.events.get(&thread.process).copied();
        match event.filter(|_| self.input.rarely(2)) {
            Some(event) => self.plain(thread, SpiCall::EventSelect { s, event, events }),
            None => self.plain(thread, SpiCall::AsyncSelect { s, window: Window(1), message: 0x401, events }),
        }
    }

    fn watches(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        match self.input.byte() % 4 {
            0 | 1 => self.registers(thread, s),
            2 => self.plain(thread, SpiCall::EnumNetworkEvents { s, event: Handle::NULL, out: Some(0) }),
            _ => self.os(thread, OsCall::GetMessage { window: Window(1), wait: false }),
        }
    }

    fn waits(&mut self, thread: ThreadId, s: Handle) -> Result<(), Wrong> {
        let process = thread.process;
        let which = self.input.byte();
        let place = usize::from(self.input.byte());
        let timeout_ms = self.input.pick(&[Some(0), Some(0), Some(10), None]);
        let ports = self.ports.get(&process).cloned().unwrap_or_default();
        let port = ports.get(place % ports.len().max(1)).copied();
        match which % 12 {
            0 | 1 => self.os(thread, OsCall::SleepEx { timeout_ms, alertable: true }),
            2 => {
                let events = self.events.get(&process).copied().into_iter().collect();
                let call = ApiCall::WaitForMultipleEvents { events, all: false, alertable: place % 2 == 0, timeout_ms };
                self.call(thread, Call::Api(call)).map(drop)
            }
            3 | 4 => {
                let key = u64::from(self.fresh());
                let port = port.filter(|_| place % 3 > 0);
                self.os(thread, OsCall::CreateIoCompletionPort { file: Some(s), port, key })
            }
            5 | 6 => match port {
                Some(port) => self.os(thread, OsCall::GetQueuedCompletionStatus { port, timeout_ms }),
                None => Ok(()),
            },
            7 | 8 => {
                let known = self.pending.known(process);
                let Some(&overlapped) = known.get(place % known.len().max(1)) else { return Ok(()) };
                self.plain(thread, SpiCall::GetOverlappedResult { s, overlapped, wait: false })
            }
            9 => {
                let known = self.pending.known(process);
                let whose = match known.get(place % known.len().max(1)) {
                    Some(&one) if place % 3 == 0 => Cancelled::One(one),
                    _ if place % 3 == 1 => Cancelled::Thread,
                    _ => Cancelled::Process,
                };
                self.os(thread, OsCall::CancelIo { file: s, whose })
            }
            _ => {
                let threads = self.world.process(process).map_or(THREADS, |process| process.threads.len());
                if threads < THREADS { self.os(thread, OsCall::CreateThread) } else { Ok(()) }
            }
        }
    }

    /// A thread or a process ends, and with luck another begins.
    fn ends(&mut self, thread: ThreadId) -> Result<(), Wrong> {
        match self.input.byte() % 4 {
            0 => self.step(Op::Kill { process: thread.process }).map(drop)?,
            1 => self.os(thread, OsCall::ExitProcess)?,
            _ => self.os(thread, OsCall::ExitThread)?,
        }
        if self.world.processes().count() < PROCESSES { self.process() } else { Ok(()) }
    }

    /// What can happen by itself.
    fn goes_on(&mut self) -> Result<(), Wrong> {
        let place = usize::from(self.input.byte());
        let threads: Vec<ThreadId> = self.world.runnable().collect();
        if let Some(&thread) = threads.get(place % threads.len().max(1)) {
            return self.step(Op::Run { thread }).map(drop);
        }
        self.returns().map(drop)
    }

    /// A completion routine that keeps its thread returns; whether there was one.
    pub(super) fn returns(&mut self) -> Result<bool, Wrong> {
        let inside = self
            .free_threads()
            .into_iter()
            .find(|thread| self.world.thread(*thread).is_some_and(|thread| thread.wait().is_some()));
        match inside {
            Some(thread) => self.step(Op::Answer { thread, value: 0 }).map(|_| true),
            None => Ok(false),
        }
    }

    fn passes(&mut self) -> Result<(), Wrong> {
        let ms = u64::from(self.input.byte());
        let to = match self.world.next_deadline().filter(|_| ms % 2 == 0) {
            Some(deadline) => deadline,
            None => self.world.now().plus_ms(ms),
        };
        self.step(Op::Advance { to }).map(drop)
    }

    fn goes_wrong(&mut self) -> Result<(), Wrong> {
        let which = self.input.byte();
        let ms = 1 + u64::from(self.input.byte());
        let op = match which % 8 {
            0 => {
                let Some(thread) = self.thread() else { return Ok(()) };
                let (process, socket) = (thread.process, self.descriptor(thread.process));
                if which < 128 {
                    return Ok(());
                }
                Op::BreakConnection { process, socket, error: WsaError::ConnReset }
            }
            1 | 2 => Op::Fault(Fault::LinksRestored),
            4 if self.datagrams() => {
                let effect = match which / 64 {
                    0 => LinkEffect::Reorder { ms },
                    1 => LinkEffect::Partition,
                    _ => LinkEffect::Loss,
                };
                let until_ms = Some(self.world.now().plus_ms(ms).0);
                let every = Some(2).filter(|_| which % 16 < 8);
                Op::Fault(Fault::Link(LinkRule { until_ms, every, ..LinkRule::always(effect) }))
            }
            5 if which < 64 => Op::Fault(Fault::NetworkDown),
            5 if which < 128 => Op::Fault(Fault::NetworkUp),
            3 if self.parts => {
                let until_ms = Some(self.world.now().plus_ms(2 * ms).0).filter(|_| which < 160);
                Op::Fault(Fault::Link(LinkRule { until_ms, ..LinkRule::always(LinkEffect::Partition) }))
            }
            _ => {
                let every = Some(u32::from(which / 64)).filter(|&every| every > 1);
                Op::Fault(Fault::Link(LinkRule { every, ..LinkRule::always(LinkEffect::Latency { ms }) }))
            }
        };
        self.step(op).map(drop)
    }
}
