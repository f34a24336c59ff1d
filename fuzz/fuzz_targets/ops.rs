//! Any sequence of ops leaves a machine whose books are in order, and the same machine every time.
//!
//! The first byte chooses a stack, every following op takes a few bytes. Numbers are small, so that ops meet: handles
//! are picked from those that exist, with now and then one that does not.
#![no_main]

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use wspsim::abi::client::{ApiCall, Call, Cancelled, Message, OsCall, Packet, Value};
use wspsim::abi::{
    AcceptBuffer, Block, Bytes, Condition, Extension, FdSet, FunctionPointer, Gather, Info, Ioctl, MessageFlags, Name, NetworkEvents, Overlapped, PollEvents,
    PollFd, Routine, Scatter, SelectTimeout, SockAddr, SockOpt, SocketFlags, SpiCall, SpiFunction, SpiReturn, Upcall,
    WsaError,
};
use wspsim::world::World;
use wspsim::world::fault::Fault;
use wspsim::world::ids::{Handle, Incarnation, ProcessId, ThreadId, Window};
use wspsim::world::link_rule::{LinkEffect, LinkRule};
use wspsim::world::log::Log;
use wspsim::world::op::{Op, Outcome};
use wspsim::world::program::{Program, ProgramChange, Width};

#[path = "../stacks.rs"]
mod stacks;

const OPS_MAX: usize = 200;
const PROCESSES_MAX: usize = 8;
/// The second byte of the inputs that are played twice.
const REPLAYED: u8 = 0x52;

fuzz_target!(|bytes: &[u8]| {
    let _ = play(&mut Unstructured::new(bytes));
});

fn play(u: &mut Unstructured<'_>) -> Result<()> {
    let which = u.arbitrary()?;
    let mut world = stacks::world(which);
    let mut blocks = Vec::new();
    let mut played = Vec::new();
    // Not zero: that is what half of the inputs have there.
    let replays = u.arbitrary::<u8>()? == REPLAYED;
    while !u.is_empty() && played.len() < OPS_MAX {
        let op = op(u, &world, &blocks)?;
        if replays {
            played.push(op.clone());
        }
        if let Ok(Outcome::Returned(Ok(Value::Spi(SpiReturn::Info(info))))) = world.step(op, &mut Log::off()) {
            blocks.push(info);
        }
    }
    if let Err(broken) = world.check_invariants() {
        panic!("{broken}");
    }
    if replays {
        replay(which, played, &world);
    }
    end(world);
    Ok(())
}

/// The same ops on a fresh world, with the log on: the same world.
fn replay(which: u8, ops: Vec<Op>, expected: &World) {
    let (mut world, mut log) = (stacks::world(which), Log::on());
    for op in ops {
        let _ = world.step(op, &mut log);
    }
    assert_eq!(&world, expected);
    assert_eq!(world.digest(), expected.digest());
}

/// When everybody is dead nothing is left but data on its way out.
fn end(mut world: World) {
    let living: Vec<Incarnation> = world.processes().map(|(process, _)| process).collect();
    for process in living {
        let _ = world.step(Op::Kill { process }, &mut Log::off());
    }
    if let Err(broken) = world.check_invariants() {
        panic!("at the end: {broken}");
    }
    assert!(world.afd().iter().all(|(_, socket)| socket.references() == 0), "a reference outlived its process");
}

fn op(u: &mut Unstructured<'_>, world: &World, blocks: &[Info]) -> Result<Op> {
    let thread = thread(u, world)?;
    Ok(match u.int_in_range(0..=31)? {
        0 if world.processes().count() < PROCESSES_MAX => {
            let width = *u.choose(&Width::ALL)?;
            let program = Program { width, administrator: u.arbitrary()?, application: None };
            let id = u.arbitrary::<bool>()?.then_some(ProcessId(1000));
            Op::StartProcess { id, suspended: u.arbitrary()?, program }
        }
        1 => Op::Kill { process: thread.process },
        2 | 3 => Op::Run { thread },
        4 => Op::Answer { thread, value: u.int_in_range(-1..=4)? },
        5 => Op::Advance { to: world.now().plus_ms(u.arbitrary::<u16>()?.into()) },
        6 => Op::Fault(fault(u)?),
        7 => Op::LimitHandles { process: thread.process, handles: u.arbitrary::<bool>()?.then_some(3) },
        8 => {
            let error = *u.choose(&[WsaError::NetReset, WsaError::ConnReset, WsaError::ConnAborted])?;
            Op::BreakConnection { process: thread.process, socket: handle(u, world, thread)?, error }
        }
        9..=11 => Op::Call { thread, call: Call::Os(os(u, world, thread)?) },
        12..=14 => Op::Call { thread, call: Call::Api(api(u, world, thread)?) },
        _ => Op::Call { thread, call: Call::Spi(spi(u, world, thread, blocks)?) },
    })
}

fn thread(u: &mut Unstructured<'_>, world: &World) -> Result<ThreadId> {
    let process = Incarnation(u.int_in_range(0..=world.processes().count() as u32 - 1)?);
    let threads = world.process(process).map_or(0, |process| process.threads.len() as u32);
    Ok(ThreadId { process, index: u.int_in_range(0..=threads.saturating_sub(1))? })
}

fn handle(u: &mut Unstructured<'_>, world: &World, thread: ThreadId) -> Result<Handle> {
    let Some(process) = world.process(thread.process) else { return Ok(Handle::NULL) };
    let at = usize::from(u.int_in_range(0..=7u8)?);
    Ok(process.handles.iter().nth(at).map_or(Handle(0x100 + 4 * at as u64), |(handle, _)| handle))
}

fn process_id(u: &mut Unstructured<'_>, world: &World) -> Result<ProcessId> {
    let at = u.int_in_range(0..=PROCESSES_MAX)?;
    Ok(world.processes().nth(at).map_or(ProcessId(7), |(_, process)| process.id))
}

fn fault(u: &mut Unstructured<'_>) -> Result<Fault> {
    let nth = u.int_in_range(0..=3)?;
    Ok(match u.int_in_range(0..=11)? {
        0 => Fault::NetworkDown,
        1 => Fault::NetworkUp,
        2 => Fault::NotReady,
        3 => Fault::Ready,
        4 => Fault::NoBuffers,
        5 => Fault::BuffersBack,
        6 => Fault::ConnectLatency { ms: u.int_in_range(0..=100)? },
        7 | 8 => Fault::Link(link(u)?),
        9 => Fault::LinksRestored,
        10 => Fault::FailUpcall { upcall: *u.choose(Upcall::ALL)?, nth, error: WsaError::NoBufs },
        _ => Fault::FailCall { function: *u.choose(SpiFunction::ALL)?, nth, error: WsaError::NoBufs },
    })
}

fn link(u: &mut Unstructured<'_>) -> Result<LinkRule> {
    let ms = u.int_in_range(0..=100)?;
    let effects = [LinkEffect::Latency { ms }, LinkEffect::Loss, LinkEffect::Reorder { ms }, LinkEffect::Partition];
    let end = |u: &mut Unstructured<'_>| -> Result<_> {
        Ok(if u.arbitrary()? { Some("127.0.0.1".parse().expect("an address")) } else { None })
    };
    Ok(LinkRule {
        effect: *u.choose(&effects)?,
        from: end(u)?,
        to: end(u)?,
        one_way: u.arbitrary()?,
        since_ms: if u.arbitrary()? { Some(u.int_in_range(0..=500)?) } else { None },
        until_ms: if u.arbitrary()? { Some(u.int_in_range(0..=2000)?) } else { None },
        first: if u.arbitrary()? { Some(u.int_in_range(0..=3)?) } else { None },
        every: if u.arbitrary()? { Some(u.int_in_range(0..=3)?) } else { None },
    })
}

fn os(u: &mut Unstructured<'_>, world: &World, thread: ThreadId) -> Result<OsCall> {
    let process = process_id(u, world)?;
    let handle = handle(u, world, thread)?;
    Ok(match u.int_in_range(0..=21)? {
        16 => OsCall::ExitThread,
        17 => OsCall::SleepEx { timeout_ms: u.arbitrary::<bool>()?.then_some(5), alertable: u.arbitrary()? },
        18 => {
            let (file, port) = (u.arbitrary::<bool>()?.then_some(handle), u.arbitrary::<bool>()?.then_some(Handle(0x100)));
            OsCall::CreateIoCompletionPort { file, port, key: 1 }
        }
        19 => OsCall::GetQueuedCompletionStatus { port: handle, timeout_ms: u.arbitrary::<bool>()?.then_some(5) },
        20 => {
            let packet = Packet { key: 1, overlapped: None, transferred: 2, error: None };
            OsCall::PostQueuedCompletionStatus { port: handle, packet }
        }
        21 => {
            let one = Cancelled::One(u.int_in_range(0..=3)?);
            OsCall::CancelIo { file: handle, whose: *u.choose(&[Cancelled::Thread, Cancelled::Process, one])? }
        }
        0 if world.processes().count() < PROCESSES_MAX => {
            let program = ProgramChange { administrator: u.arbitrary()?, ..ProgramChange::default() };
            OsCall::CreateProcess { suspended: u.arbitrary()?, inherit: u.arbitrary()?, id: None, program }
        }
        1 => OsCall::ResumeProcess { process },
        2 => OsCall::ExitProcess,
        3 => OsCall::TerminateProcess { process },
        4 => OsCall::OpenProcess { process },
        5 if world.process(thread.process).is_some_and(|p| p.threads.len() < 4) => OsCall::CreateThread,
        6 | 7 => OsCall::DuplicateHandle { handle, target: process, inheritable: u.arbitrary()? },
        8 => OsCall::SetHandleInformation { handle, inheritable: u.arbitrary()? },
        9 => OsCall::CloseHandle { handle },
        10 => OsCall::CreateWindow,
        11 => OsCall::DestroyWindow { window: Window(1) },
        12 => OsCall::GetMessage { window: Window(1), wait: u.arbitrary()? },
        13 => OsCall::SendMessage { to: process, value: Message::Handle(handle) },
        14 => OsCall::ReceiveMessage,
        _ => OsCall::GetHandleInformation { handle },
    })
}

fn api(u: &mut Unstructured<'_>, world: &World, thread: ThreadId) -> Result<ApiCall> {
    let event = handle(u, world, thread)?;
    Ok(match u.int_in_range(0..=18)? {
        15..=18 => extension(u, world, thread)?,
        13 => ApiCall::ReadFile { file: event, room: Scatter::One(9), overlapped: overlapped(u)? },
        14 => {
            let data = Gather::One(Arc::from([7u8; 30].as_slice()));
            ApiCall::WriteFile { file: event, data, overlapped: overlapped(u)? }
        }
        0 | 1 => ApiCall::Startup { version: *u.choose(&[0x0101, 0x0202, 0x0000, 0x0909])? },
        2 => ApiCall::Cleanup,
        3 => ApiCall::CreateEvent,
        4 => ApiCall::CloseEvent { event },
        5 => ApiCall::SetEvent { event },
        6 => ApiCall::ResetEvent { event },
        7 => ApiCall::SetBlockingHook,
        8 => ApiCall::UnhookBlockingHook,
        9 => ApiCall::DuplicateSocketA { s: event, process: process_id(u, world)?, out: u.arbitrary()? },
        10 => {
            let (all, alertable) = (u.arbitrary()?, u.arbitrary()?);
            let timeout_ms = u.arbitrary::<bool>()?.then_some(10);
            ApiCall::WaitForMultipleEvents { events: Arc::from([event]), all, alertable, timeout_ms }
        }
        11 => {
            let fds = [poll_fd(u, world, thread)?, poll_fd(u, world, thread)?];
            let fds = u.ratio(15, 16)?.then(|| Arc::from(fds));
            ApiCall::Poll { fds, count: 1, timeout_ms: u.int_in_range(-1..=10)? }
        }
        _ => ApiCall::EnumProtocols { protocols: None, room: u.arbitrary()? },
    })
}

/// A call through a function pointer of whichever provider, fetched or not.
fn extension(u: &mut Unstructured<'_>, world: &World, thread: ThreadId) -> Result<ApiCall> {
    let s = handle(u, world, thread)?;
    let overlapped = overlapped(u)?;
    let call = match u.int_in_range(0..=6)? {
        0..=2 => {
            let lengths = [144, 144, 144, 32, 0];
            let (local, remote) = (*u.choose(&lengths)?, *u.choose(&lengths)?);
            let buffer = AcceptBuffer { out: u.ratio(15, 16)?, receive: u.int_in_range(0..=9)?, local, remote };
            SpiCall::AcceptEx { s, accept: handle(u, world, thread)?, buffer: Box::new(buffer), overlapped }
        }
        3 | 4 => {
            let data = [None, Some(Gather::Wild), Some(Gather::One(Arc::from([7u8; 300].as_slice())))];
            SpiCall::ConnectEx { s, name: name(u)?, data: u.choose(&data)?.clone(), overlapped }
        }
        5 => SpiCall::DisconnectEx {
            s,
            flags: *u.choose(&[0, 2, 2, 3])?,
            reserved: u32::from(u.ratio(1, 16)?),
            overlapped,
        },
        _ => SpiCall::GetAcceptExSockaddrs { overlapped: u.int_in_range(0..=3)? },
    };
    let of_call = Extension::of(call.function()).unwrap_or(Extension::TransmitFile);
    let function = if u.ratio(15, 16)? { of_call } else { *u.choose(Extension::ALL)? };
    let provider = u.int_in_range(0..=world.machine().shapes.len() as u16)?;
    Ok(ApiCall::Extension { pointer: FunctionPointer { provider, function }, call: Box::new(call) })
}

fn name(u: &mut Unstructured<'_>) -> Result<Name> {
    const TEXTS: &[&str] = &[
        "127.0.0.1:1",
        "127.0.0.1:2",
        "127.0.0.1:0",
        "0.0.0.0:1",
        "0.0.0.0:0",
        "[::1]:1",
        "[::]:1",
        "[::]:0",
        "10.9.8.7:1",
        "255.255.255.255:1",
        "[::ffff:127.0.0.1]:1",
    ];
    if u.ratio(1, 16)? {
        return Ok(Name::Null);
    }
    if u.ratio(1, 16)? {
        return Ok(Name::of(SockAddr::Other(u.arbitrary()?)));
    }
    let address = SockAddr::parse(u.choose(TEXTS)?, 0).unwrap_or(SockAddr::Other(0));
    let short = u.ratio(1, 16)?;
    Ok(if short { Name::At { address, len: i32::from(u.arbitrary::<i8>()?) } } else { Name::of(address) })
}

fn spi(u: &mut Unstructured<'_>, world: &World, thread: ThreadId, blocks: &[Info]) -> Result<SpiCall> {
    let s = handle(u, world, thread)?;
    let room = u.arbitrary::<u8>()?.checked_sub(16).map(u32::from);
    let flags = MessageFlags::from_bits_truncate(u.arbitrary::<u8>()?.into());
    let events = NetworkEvents::from_bits_truncate(u.arbitrary::<u8>()?.into());
    let data = || Gather::One(Arc::from([7u8; 300].as_slice()));
    Ok(match u.int_in_range(0..=30)? {
        0..=2 => socket(u, None)?,
        3 | 4 => {
            let block = (!blocks.is_empty()).then(|| u.choose(blocks).cloned()).transpose()?;
            let block = match block {
                Some(info) if u.ratio(1, 8)? => Some(info.with_reserved(u.arbitrary()?)),
                other => other,
            };
            socket(u, block)?
        }
        5 | 6 => {
            let info = u.ratio(15, 16)?.then(|| world.machine().blank.clone());
            SpiCall::DuplicateSocket { s, process: process_id(u, world)?, info }
        }
        7 | 8 => SpiCall::CloseSocket { s },
        9 => SpiCall::Bind { s, name: name(u)? },
        10 => SpiCall::Listen { s, backlog: u.int_in_range(-1..=3)? },
        11 | 12 => SpiCall::Connect { s, name: name(u)?, extras: None },
        13 | 14 => {
            let conditions = [None, Some(Condition::Asks), Some(Condition::Wild), Some(Condition::Returns(2))];
            SpiCall::Accept { s, addr: room, condition: *u.choose(&conditions)? }
        }
        15 => SpiCall::Send { s, data: data(), flags, returned: true, overlapped: overlapped(u)? },
        16 => SpiCall::SendTo { s, data: data(), flags, to: name(u)?, returned: true, overlapped: overlapped(u)? },
        17 => SpiCall::Recv { s, room: Scatter::One(room.unwrap_or(0)), flags, returned: true, overlapped: overlapped(u)? },
        18 => SpiCall::RecvFrom { s, room: Scatter::One(9), flags, from: room, returned: true, overlapped: overlapped(u)? },
        30 => SpiCall::GetOverlappedResult { s, overlapped: u.int_in_range(0..=3)?, wait: u.arbitrary()? },
        19 => SpiCall::Shutdown { s, how: u.int_in_range(-1..=3)? },
        20 => {
            let row = u.choose(SockOpt::ALL)?.row();
            SpiCall::GetSockOpt { s, level: row.level, option: row.number, room }
        }
        21 | 22 => {
            let row = u.choose(SockOpt::ALL)?.row();
            let number = handle(u, world, thread)?.0.to_le_bytes();
            let value = Some(if u.ratio(1, 4)? { Bytes::of(&number) } else { Bytes::of(&u.arbitrary::<[u8; 4]>()?) });
            SpiCall::SetSockOpt { s, level: row.level, option: row.number, value, negative: false }
        }
        23 => {
            let code = u.choose(Ioctl::ALL)?.code();
            let guid = u.choose(Extension::ALL)?.guid().encode();
            let input = Some(if u.arbitrary()? { Bytes::of(&guid) } else { Bytes::word(u.arbitrary::<u8>()?.into()) });
            SpiCall::Ioctl { s, code, input, room, returned: true, overlapped: overlapped(u)? }
        }
        24 => SpiCall::EventSelect { s, event: handle(u, world, thread)?, events },
        25 => SpiCall::AsyncSelect { s, window: Window(u.int_in_range(0..=2)?), message: 1025, events },
        26 => SpiCall::EnumNetworkEvents { s, event: handle(u, world, thread)?, out: Some(0) },
        27 | 28 => {
            let sets = Box::new([fd_set(u, world, thread)?, fd_set(u, world, thread)?, fd_set(u, world, thread)?]);
            let timeouts = [SelectTimeout::Forever, SelectTimeout::ZERO, SelectTimeout::of_ms(10), SelectTimeout::Wild];
            SpiCall::Select { sets, timeout: *u.choose(&timeouts)? }
        }
        _ => SpiCall::CancelBlockingCall,
    })
}

fn fd_set(u: &mut Unstructured<'_>, world: &World, thread: ThreadId) -> Result<FdSet> {
    Ok(match u.int_in_range(0..=15)? {
        0 => FdSet::Wild,
        1 => FdSet::Of(Arc::from([])),
        2..=7 => FdSet::Null,
        _ => FdSet::of(&[handle(u, world, thread)?, handle(u, world, thread)?]),
    })
}

fn poll_fd(u: &mut Unstructured<'_>, world: &World, thread: ThreadId) -> Result<PollFd> {
    let events = *u.choose(&[PollEvents::IN, PollEvents::OUT, PollEvents::empty(), PollEvents::PRI])?;
    Ok(PollFd { fd: handle(u, world, thread)?, events })
}

fn overlapped(u: &mut Unstructured<'_>) -> Result<Option<Box<Overlapped>>> {
    if u.arbitrary()? {
        return Ok(None);
    }
    let routine = *u.choose(&[None, Some(Routine::Returns), Some(Routine::Asks)])?;
    let (id, event) = (u.int_in_range(0..=3)?, Handle(0x100 + 4 * u.int_in_range(0..=3)?));
    Ok(Some(Box::new(Overlapped { id, event, routine, layer: None })))
}

fn socket(u: &mut Unstructured<'_>, block: Option<Info>) -> Result<SpiCall> {
    let given = block.is_some();
    let af = if given { -1 } else { *u.choose(&[2, 23, 0, 99])? };
    let kind = if given { -1 } else { *u.choose(&[1, 2, 0, 3])? };
    let protocol = if given { -1 } else { 0 };
    let flags = SocketFlags::from_bits_truncate(u.arbitrary::<u8>()?.into());
    let flags = if u.ratio(7, 8)? { flags & (SocketFlags::OVERLAPPED | SocketFlags::NO_HANDLE_INHERIT) } else { flags };
    Ok(SpiCall::Socket { af, kind, protocol, info: block.map(Block::Info), group: 0, flags })
}
