//! Ops: what can happen to a machine from outside.

use std::sync::Arc;

use wspsim::abi::client::{ApiCall, BlockA, Call, Cancelled, Message, OsCall, Packet};
use wspsim::abi::{AcceptBuffer, Block, Extension, FunctionPointer, PollEvents, PollFd, SpiCall, SpiFunction, Upcall};
use wspsim::world::fault::Fault;
use wspsim::world::ids::{Incarnation, ThreadId, Ticks};
use wspsim::world::link_rule::{LinkEffect, LinkRule};
use wspsim::world::op::Op;
use wspsim::world::process::{Process, ProcessState};
use wspsim::world::program::{Program, ProgramChange, Width};

use super::Wild;

/// Beyond these no more are made: what exists is looked through at every step.
const PROCESSES: usize = 8;
const THREADS: usize = 4;

impl Wild<'_> {
    /// The next op.
    pub(super) fn op(&mut self) -> Op {
        match self.input.byte() {
            0..=134 => Op::Call { thread: self.thread(), call: Call::Spi(self.spi()) },
            135..=149 => Op::Call { thread: self.thread(), call: Call::Api(self.extension()) },
            150..=181 => Op::Call { thread: self.thread(), call: Call::Api(self.api()) },
            182..=184 => Op::Call { thread: self.thread(), call: Call::Catalog(Box::new(self.catalog())) },
            185..=214 => Op::Call { thread: self.thread(), call: Call::Os(self.os()) },
            215..=229 => self.goes_on(),
            230..=233 => Op::Answer { thread: self.thread(), value: i32::from(self.input.byte() % 4) },
            234..=237 => Op::Advance { to: self.world.now().plus_ms(u64::from(self.input.byte()) * 8) },
            238 => Op::Advance { to: Ticks(u64::from(self.input.word()) << 16) },
            239..=243 => Op::Kill { process: self.process() },
            244..=246 => {
                let (process, socket) = (self.process(), self.descriptor());
                Op::BreakConnection { process, socket, error: self.input.error() }
            }
            247 => Op::LimitHandles { process: self.process(), handles: self.input.pick(&[None, Some(3), Some(0)]) },
            248..=249 if self.world.processes().count() < PROCESSES => {
                let id = self.input.rarely(2).then(|| self.input.process_id());
                let width = if self.input.rarely(4) { Width::Bits32 } else { Width::Bits64 };
                let program = Program { width, administrator: !self.input.rarely(4), application: None };
                Op::StartProcess { id, suspended: self.input.rarely(8), program }
            }
            _ => Op::Fault(self.fault()),
        }
    }

    /// What the machine itself says can happen next.
    fn goes_on(&mut self) -> Op {
        let place = usize::from(self.input.byte());
        let first = self.world.runnable().nth(place % 4).or_else(|| self.world.runnable().next());
        match (first, self.world.next_deadline()) {
            (Some(thread), _) => Op::Run { thread },
            (None, Some(to)) => Op::Advance { to },
            (None, None) if place == 255 => Op::Run { thread: self.thread() },
            (None, None) => Op::Call { thread: self.thread(), call: Call::Spi(self.spi()) },
        }
    }

    fn process(&mut self) -> Incarnation {
        let place = self.input.byte();
        self.process_at(place)
    }

    /// A process that has not ended, mostly. Handles are meant as this one's from here on.
    fn process_at(&mut self, place: u8) -> Incarnation {
        let living = || self.world.processes().filter(|(_, process)| process.state != ProcessState::Exited);
        let living = match place {
            0..=239 => living().nth(usize::from(place) % living().count().max(1)),
            _ => None,
        };
        let any = u32::from(place) % (self.world.processes().count() as u32 + 1);
        self.who = living.map_or(Incarnation(any), |(process, _)| process);
        self.who
    }

    /// A thread that can make a call, mostly.
    fn thread(&mut self) -> ThreadId {
        let place = usize::from(self.input.byte());
        if place >= 240 {
            let process = self.process_at(place as u8 % 32);
            return ThreadId { process, index: u32::from(place as u8 % 3) };
        }
        let able = || self.world.processes().filter_map(|(process, state)| Some((process, able_thread(state)?)));
        let (process, index) = able().nth(place % able().count().max(1)).unwrap_or((Incarnation(0), 0));
        self.who = process;
        ThreadId { process, index }
    }

    fn api(&mut self) -> ApiCall {
        let which = self.input.byte();
        let input = &mut self.input;
        match which {
            0..=79 => ApiCall::Startup { version: input.pick(&[0x0202, 0x0202, 0x0202, 0x0101, 0x0002, 0x0003, 0]) },
            80..=109 => ApiCall::Cleanup,
            110..=139 => ApiCall::CreateEvent,
            140..=149 => ApiCall::CloseEvent { event: self.event() },
            150..=154 => ApiCall::SetEvent { event: self.event() },
            155..=159 => ApiCall::ResetEvent { event: self.event() },
            160..=179 => {
                let count = usize::from(input.byte() % 4);
                let events = (0..count).map(|_| self.event()).collect();
                let input = &mut self.input;
                let timeout_ms = input.pick(&[None, Some(0), Some(10), Some(u64::MAX)]);
                let (all, alertable) = (input.rarely(3), input.rarely(2));
                ApiCall::WaitForMultipleEvents { events, all, alertable, timeout_ms }
            }
            180..=199 => {
                let (s, process) = (self.descriptor(), self.input.process_id());
                ApiCall::DuplicateSocketA { s, process, out: !self.input.rarely(32) }
            }
            200..=219 => {
                let info = self.known_block().map(|block| match block {
                    Block::Info(info) => BlockA::Info(Box::new(info.ansi())),
                    Block::WrongLength(length) => BlockA::WrongLength(length),
                });
                ApiCall::SocketA { af: -1, kind: -1, protocol: -1, info, group: 0, flags: self.input.socket_flags() }
            }
            220..=229 => ApiCall::SetBlockingHook,
            230..=234 => ApiCall::UnhookBlockingHook,
            235 | 236 => ApiCall::EnumProtocols { protocols: None, room: self.input.room() },
            237 | 238 => {
                let file = self.any_handle();
                let (room, (_, overlapped)) = (self.input.scatter(), self.input.manner());
                ApiCall::ReadFile { file, room, overlapped }
            }
            239 => {
                let file = self.any_handle();
                let (data, (_, overlapped)) = (self.input.data(), self.input.manner());
                ApiCall::WriteFile { file, data, overlapped }
            }
            240..=242 => {
                let events = self.input.pick(&[PollEvents::IN, PollEvents::OUT, PollEvents::empty(), PollEvents::PRI]);
                let fds = [self.descriptor(), self.descriptor()].map(|fd| PollFd { fd, events });
                ApiCall::Poll { fds: Some(Arc::from(fds)), count: 0, timeout_ms: self.input.pick(&[-1, 0, 10]) }
            }
            243..=244 => ApiCall::SetLastError { error: input.rarely(2).then(|| input.error()) },
            _ => ApiCall::GetLastError,
        }
    }

    /// A call through a function pointer of whichever provider.
    fn extension(&mut self) -> ApiCall {
        let which = self.input.byte();
        let (s, accept) = (self.descriptor(), self.descriptor());
        let providers = self.world.machine().shapes.len() as u8;
        let (_, overlapped) = self.input.manner();
        let input = &mut self.input;
        let call = match which % 8 {
            0..=2 => {
                let buffer = AcceptBuffer {
                    out: which < 250,
                    receive: u32::from(which / 8 % 2) * 5,
                    local: if which < 245 { 144 } else { 3 },
                    remote: 144,
                };
                SpiCall::AcceptEx { s, accept, buffer: Box::new(buffer), overlapped }
            }
            3 | 4 => SpiCall::ConnectEx { s, name: input.name(), data: Some(input.data()), overlapped },
            5 => SpiCall::DisconnectEx { s, flags: u32::from(which / 8 % 2) * 2, reserved: 0, overlapped },
            6 => SpiCall::DisconnectEx { s, flags: u32::from(which / 8 % 3), reserved: 0, overlapped: None },
            _ => SpiCall::GetAcceptExSockaddrs { overlapped: u32::from(which / 8 % 4) },
        };
        let function = Extension::of(call.function()).unwrap_or(Extension::TransmitFile);
        let provider = u16::from(which / 16 % (providers + 1));
        ApiCall::Extension { pointer: FunctionPointer { provider, function }, call: Box::new(call) }
    }

    fn os(&mut self) -> OsCall {
        let which = self.input.byte();
        let room = self.world.processes().count() < PROCESSES;
        let few = self.world.processes().all(|(_, process)| process.threads.len() < THREADS);
        let input = &mut self.input;
        match which {
            0..=49 if room => {
                let id = input.rarely(8).then(|| input.process_id());
                let administrator = input.rarely(8).then_some(false);
                let program = ProgramChange { administrator, ..ProgramChange::default() };
                OsCall::CreateProcess { suspended: input.rarely(4), inherit: input.rarely(2), id, program }
            }
            0..=59 => OsCall::ResumeProcess { process: input.process_id() },
            60..=64 => OsCall::ExitProcess,
            65..=74 => OsCall::TerminateProcess { process: input.process_id() },
            75..=89 => OsCall::OpenProcess { process: input.process_id() },
            90..=109 if few => OsCall::CreateThread,
            90..=139 => {
                let (handle, target) = (self.any_handle(), self.input.process_id());
                OsCall::DuplicateHandle { handle, target, inheritable: self.input.rarely(2) }
            }
            140..=149 => {
                let handle = self.any_handle();
                OsCall::SetHandleInformation { handle, inheritable: self.input.rarely(2) }
            }
            150..=154 => OsCall::GetHandleInformation { handle: self.any_handle() },
            155..=169 => OsCall::CloseHandle { handle: self.any_handle() },
            170..=189 => OsCall::CreateWindow,
            190..=194 => OsCall::DestroyWindow { window: input.window() },
            195..=209 => OsCall::GetMessage { window: input.window(), wait: input.rarely(2) },
            210..=214 => OsCall::GetCurrentProcessId,
            215..=234 => {
                let (to, handle) = (input.process_id(), self.any_handle());
                let value = match self.blocks.first() {
                    Some(block) => Message::Info(block.clone()),
                    None => Message::Handle(handle),
                };
                OsCall::SendMessage { to, value }
            }
            235..=239 => OsCall::ReceiveMessage,
            _ => self.overlapped_io(which),
        }
    }

    /// Completion ports, alertable waits, cancelling, the end of a thread.
    fn overlapped_io(&mut self, which: u8) -> OsCall {
        let (handle, port) = (self.descriptor(), self.port());
        let input = &mut self.input;
        let timeout_ms = input.pick(&[Some(0), Some(0), Some(10), None]);
        match which {
            240..=242 => {
                let (file, port) = (input.rarely(3).then_some(handle), input.rarely(2).then_some(port));
                OsCall::CreateIoCompletionPort { file, port, key: u64::from(which) }
            }
            243..=245 => OsCall::GetQueuedCompletionStatus { port, timeout_ms },
            246 => {
                let packet = Packet { key: 1, overlapped: None, transferred: 2, error: None };
                OsCall::PostQueuedCompletionStatus { port, packet }
            }
            247..=250 => OsCall::SleepEx { timeout_ms, alertable: !input.rarely(4) },
            251..=253 => {
                let one = Cancelled::One(u32::from(input.byte() % 8));
                let whose = input.pick(&[Cancelled::Thread, Cancelled::Process, one]);
                OsCall::CancelIo { file: handle, whose }
            }
            _ => OsCall::ExitThread,
        }
    }

    fn fault(&mut self) -> Fault {
        let which = self.input.byte();
        let input = &mut self.input;
        match which {
            0..=29 => Fault::NetworkDown,
            30..=79 => Fault::NetworkUp,
            80..=89 => Fault::NotReady,
            90..=99 => Fault::Ready,
            100..=114 => Fault::NoBuffers,
            115..=139 => Fault::BuffersBack,
            140..=149 => Fault::ConnectLatency { ms: u64::from(input.byte()) },
            150..=179 => {
                let ms = u64::from(input.byte());
                let effect = match input.byte() % 4 {
                    0 => LinkEffect::Latency { ms },
                    1 => LinkEffect::Loss,
                    2 => LinkEffect::Reorder { ms },
                    _ => LinkEffect::Partition,
                };
                let every = Some(u32::from(input.byte() % 4)).filter(|&every| every > 0);
                let until_ms = Some(u64::from(input.byte()) * 100).filter(|&until| until > 0);
                Fault::Link(LinkRule { every, until_ms, ..LinkRule::always(effect) })
            }
            180..=184 => Fault::LinksRestored,
            185..=209 => {
                let upcall = input.pick(Upcall::ALL);
                Fault::FailUpcall { upcall, nth: u32::from(input.byte() % 4), error: input.error() }
            }
            _ => {
                let function = input.pick(SpiFunction::ALL);
                Fault::FailCall { function, nth: u32::from(input.byte() % 4), error: input.error() }
            }
        }
    }
}

/// The first thread of a process that can make a call.
fn able_thread(process: &Process) -> Option<u32> {
    let running = process.state == ProcessState::Running;
    process.threads.iter().position(|thread| running && thread.accepts_call()).map(|at| at as u32)
}
