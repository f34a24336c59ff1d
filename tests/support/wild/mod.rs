//! Wild runs: ops made from bytes, over arbitrary stacks and answers, checked against nothing but what must always
//! hold. Used by a property test and by the fuzz target `ops`.
//!
//! The first byte says how closely a run is watched and how it begins, the next two choose the machine; the rest are ops of eight bytes
//! each. Any bytes are a run.
#![allow(dead_code, unreachable_pub, reason = "the property test and the fuzzer each use their part")]

mod catalog;
mod input;
mod machines;
mod ops;
mod spi;
mod values;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use wspsim::abi::client::{ApiCall, Call, OsCall, Value};
use wspsim::abi::consts::{AF_INET, SOCK_DGRAM, SOCK_STREAM};
use wspsim::abi::{Info, Name, SockAddr, SocketFlags, SpiCall, SpiReturn};
use wspsim::provider::State;
use wspsim::world::World;
use wspsim::world::canonical::{Canonical, NoRoots};
use wspsim::world::handles::Object;
use wspsim::world::ids::{Handle, Incarnation, ProcessId, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::op::{Op, Outcome, Rejection};
use wspsim::world::process::ProcessState;
use wspsim::world::program::Program;

use crate::support::V2_2;
use input::Input;

/// Most ops of one run.
const OPS: usize = 400;

/// Most blocks that are remembered.
const BLOCKS: usize = 8;

/// How closely a run is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Invariants now and then and at the end.
    Loose,
    /// After every op: invariants, and that refusals change nothing. At the end: that a second run is equal.
    Close,
    /// Everybody is held to their duties, and nothing else is looked at: faithful providers break none, as long as no
    /// client has closed a handle that it was not given. Then providers take a socket for another one of its number.
    Contracts,
}

/// A run in progress.
struct Wild<'a> {
    /// The ops to come.
    rest: Input<'a>,
    /// The choices of the op being made.
    input: Input<'a>,
    world: World,
    /// Whose handles are meant.
    who: Incarnation,
    log: Log,
    /// Protocol infos that calls gave, the newest last.
    blocks: Vec<Info>,
    watch: Watch,
    /// The ops so far, when they are needed again.
    ops: Vec<Op>,
    /// Whether half of the ops go to the next frame border only.
    by_frames: bool,
    /// The sockets that clients were given and have not closed.
    given: BTreeSet<(Incarnation, Handle)>,
    /// Whether a client has closed another handle.
    meddled: bool,
}

/// Plays bytes; a few of all runs are watched closely.
///
/// # Panics
/// When something is wrong with the machine.
pub fn run(bytes: &[u8]) {
    let watch = if bytes.first().is_some_and(|first| first % 32 == 0) { Watch::Close } else { Watch::Loose };
    run_watched(bytes, watch);
}

/// Plays bytes.
///
/// # Panics
/// When something is wrong with the machine.
pub fn run_watched(bytes: &[u8], watch: Watch) {
    let mut wild = Wild::new(bytes, watch);
    let mut count = 0;
    while let Some(op) = wild.next_op(count) {
        let _ = wild.step(op);
        count += 1;
        if watch == Watch::Close || watch == Watch::Loose && count % 16 == 0 {
            assert_eq!(wild.world.check_invariants(), Ok(()));
        }
    }
    if watch == Watch::Contracts {
        return;
    }
    assert_eq!(wild.world.check_invariants(), Ok(()));
    if watch == Watch::Close {
        wild.replays();
    }
    wild.ends();
}

/// The ops of a run and what came of each, a line each: what to read when a run fails.
pub fn told(bytes: &[u8], watch: Watch) -> String {
    let watch = if watch == Watch::Close { Watch::Loose } else { watch };
    let mut wild = Wild::new(bytes, watch);
    let machine = wild.world.machine();
    let stack: Vec<_> = machine.shapes.iter().map(|shape| shape.handles).collect();
    let mut story = format!("{stack:?}, {:?}, {:?}\n", machine.platform.limits, machine.platform.policies);
    let mut count = 0;
    while let Some(op) = wild.next_op(count) {
        let _ = write!(story, "{count}: {op:?}");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| wild.step(op)));
        let Ok(outcome) = outcome else {
            story.push_str("\n   panics\n");
            break;
        };
        let _ = writeln!(story, "\n   {outcome:?}");
        if let Err(broken) = wild.world.check_invariants() {
            let _ = writeln!(story, "   broken: {broken}");
        }
        count += 1;
    }
    story
}

/// Plays bytes and lets pairs of ops that do not conflict by their footprints happen in both orders on copies. How many
/// pairs there were. What digests and copies keep of worlds met before makes no difference to them.
///
/// # Panics
/// When the order made a difference.
pub fn commute(bytes: &[u8]) -> usize {
    let mut wild = Wild::new(bytes, Watch::Loose);
    let (mut canonical, mut count, mut pairs) = (Canonical::default(), 0, 0);
    let mut copy = wild.world.clone();
    while let (Some(one), Some(two)) = (wild.next_op(count), wild.next_op(count)) {
        let independent = wild.thread_of(&one) != wild.thread_of(&two)
            && !wild.world.footprint(&one).conflicts(&wild.world.footprint(&two));
        if independent && let Some(first) = both(&wild.world, [&one, &two]) {
            let second = both(&wild.world, [&two, &one]).expect("the other order is possible");
            let ([a, b], after) = first;
            let ([d, c], after_too) = second;
            assert_eq!((a, b), (c, d), "{one:?}\n{two:?}");
            let digests = [after, after_too].map(|world| canonical.digest(&world, &NoRoots));
            assert_eq!(digests[0], digests[1], "{one:?}\n{two:?}");
            pairs += 1;
        }
        let anew = Canonical::default().digest(&wild.world, &NoRoots);
        assert_eq!(canonical.digest(&wild.world, &NoRoots), anew, "{one:?}\n{two:?}");
        copy.clone_from(&wild.world);
        assert_eq!((&copy, copy.digest()), (&wild.world, wild.world.digest()), "{one:?}\n{two:?}");
        let _ = wild.step(one);
        let _ = wild.step(two);
        count += 2;
    }
    pairs
}

/// Two ops in this order: what they give, tokens apart, and what is left; `None` if one is refused.
fn both(world: &World, ops: [&Op; 2]) -> Option<([Outcome; 2], World)> {
    let mut world = world.clone();
    let mut outcomes = Vec::new();
    for op in ops {
        let mut outcome = world.step(op.clone(), &mut Log::off()).ok()?;
        match &mut outcome {
            Outcome::Returned(Ok(Value::Spi(SpiReturn::Info(info)))) => *info = info.with_reserved(0),
            Outcome::Returned(Ok(Value::InfoA(info))) => info.provider_reserved = 0,
            _ => {}
        }
        outcomes.push(outcome);
    }
    Some((outcomes.try_into().ok()?, world))
}

impl<'a> Wild<'a> {
    fn new(bytes: &'a [u8], watch: Watch) -> Self {
        let mut rest = Input::new(bytes);
        let first = rest.byte();
        let log = if first >= 0x80 { Log::on() } else { Log::off() };
        let world = World::new(machines::machine(&mut rest, watch == Watch::Contracts));
        let (input, who, by_frames) = (Input::new(&[]), Incarnation(0), first & 2 != 0);
        let mut wild = Self {
            rest,
            input,
            world,
            who,
            log,
            blocks: Vec::new(),
            watch,
            ops: Vec::new(),
            by_frames,
            given: BTreeSet::new(),
            meddled: false,
        };
        wild.begin(first / 32 % 4);
        wild
    }

    fn next_op(&mut self, count: usize) -> Option<Op> {
        self.input = self.rest.op().filter(|_| count < OPS)?;
        let to_border = self.by_frames && self.input.is_odd();
        let op = self.op();
        Some(if to_border { Op::ToBorder(Box::new(op)) } else { op })
    }
}

impl Wild<'_> {
    /// Two processes that use Winsock, and what one of four beginnings has them do. Faults do not exist yet, and
    /// where everything is scarce some of this fails.
    fn begin(&mut self, which: u8) {
        for process in 0..2 {
            let _ = self.step(Op::StartProcess { id: None, suspended: false, program: Program::default() });
            self.does(process, Call::Api(ApiCall::Startup { version: V2_2 }));
        }
        let kind = match which {
            0 => return,
            1 => SOCK_DGRAM,
            _ => SOCK_STREAM,
        };
        let first = self.opens(0, kind);
        let second = self.opens(1, kind);
        self.does(0, Call::Spi(SpiCall::Bind { s: first, name: local(7000) }));
        if kind == SOCK_STREAM {
            self.does(0, Call::Spi(SpiCall::Listen { s: first, backlog: 5 }));
            self.does(1, Call::Spi(SpiCall::Connect { s: second, name: local(7000), extras: None }));
            self.does(0, Call::Spi(SpiCall::Accept { s: first, addr: None, condition: None }));
        } else {
            self.does(1, Call::Spi(SpiCall::Bind { s: second, name: local(7001) }));
        }
        if which == 3 {
            let info = Some(self.world.machine().blank.clone());
            self.does(1, Call::Spi(SpiCall::DuplicateSocket { s: second, process: ProcessId(1000), info }));
        }
    }

    fn thread_of(&self, op: &Op) -> Option<ThreadId> {
        match op {
            Op::Call { thread, .. } | Op::Run { thread } | Op::Answer { thread, .. } => Some(*thread),
            Op::ToBorder(within) => self.thread_of(within),
            _ => None,
        }
    }

    fn does(&mut self, process: u32, call: Call) -> Option<Value> {
        let thread = ThreadId { process: Incarnation(process), index: 0 };
        match self.step(Op::Call { thread, call }) {
            Ok(Outcome::Returned(Ok(value))) => Some(value),
            _ => None,
        }
    }

    fn opens(&mut self, process: u32, kind: i32) -> Handle {
        let flags = SocketFlags::OVERLAPPED;
        let call = SpiCall::Socket { af: AF_INET, kind, protocol: 0, info: None, group: 0, flags };
        match self.does(process, Call::Spi(call)) {
            Some(Value::Spi(SpiReturn::Socket { socket, .. })) => socket,
            _ => Handle::INVALID,
        }
    }

    fn step(&mut self, op: Op) -> Result<Outcome, Rejection> {
        let outcome = match self.watch {
            Watch::Loose => self.world.step(op, &mut self.log),
            Watch::Close => self.step_closely(op),
            Watch::Contracts => self.step_dutifully(op),
        };
        if self.log.is_on() {
            self.log.take();
        }
        self.remember(&outcome);
        outcome
    }

    fn step_closely(&mut self, op: Op) -> Result<Outcome, Rejection> {
        self.ops.push(op.clone());
        let before = self.world.digest();
        let enabled = self.world.enabled().contains(&op);
        let cleaned = self.cleaned_by(&op);
        let outcome = self.world.step(op, &mut self.log);
        if let Err(rejection) = &outcome {
            assert_eq!(self.world.digest(), before, "a refused op ({rejection}) changed the machine");
            assert!(!enabled, "an op that is enabled was refused: {rejection}");
        }
        if let Some(process) = cleaned
            && outcome.is_ok()
        {
            self.is_clean(process);
        }
        outcome
    }

    fn step_dutifully(&mut self, op: Op) -> Result<Outcome, Rejection> {
        let made = if let Op::ToBorder(made) = &op { made } else { &op };
        let caller = self.thread_of(made).map(|thread| thread.process);
        let closed = match made {
            Op::Call { call: Call::Os(OsCall::CloseHandle { handle }), .. } => Some(*handle),
            Op::Call { call: Call::Spi(SpiCall::CloseSocket { s }), .. } => Some(*s),
            _ => None,
        };
        if let Some((process, handle)) = caller.zip(closed) {
            let there = self.world.process(process).is_some_and(|it| it.handles.get(handle).is_some());
            self.meddled |= !self.given.remove(&(process, handle)) && there;
        }
        let outcome = self.world.step(op, &mut self.log);
        let breaches = self.log.take_breaches();
        let judged = self.world.machine().is_faithful() && !self.meddled;
        assert!(breaches.is_empty() || !judged, "a false alarm: {breaches:?}");
        if let (Some(process), Ok(Outcome::Returned(Ok(Value::Spi(SpiReturn::Socket { socket, .. }))))) =
            (caller, &outcome)
        {
            self.given.insert((process, *socket));
        }
        outcome
    }

    fn remember(&mut self, outcome: &Result<Outcome, Rejection>) {
        let block = match outcome {
            Ok(Outcome::Returned(Ok(Value::Spi(SpiReturn::Info(info) | SpiReturn::ProtocolInfo(info))))) => {
                info.clone()
            }
            Ok(Outcome::Returned(Ok(Value::InfoA(info)))) => Info::new((&**info).into()),
            _ => return,
        };
        if self.blocks.len() == BLOCKS {
            self.blocks.remove(0);
        }
        self.blocks.push(block);
    }

    /// The process whose last WSACleanup this op is, if its base provider has been loaded.
    fn cleaned_by(&self, op: &Op) -> Option<Incarnation> {
        let Op::Call { thread, call: Call::Api(ApiCall::Cleanup) } = op else { return None };
        let process = self.world.process(thread.process)?;
        let base = |state: &State| matches!(state, State::Base(base) if base.startups() > 0);
        let loaded = process.instances.iter().any(|(_, instance)| base(&instance.state));
        (process.client.startups == 1 && loaded).then_some(thread.process)
    }

    /// After the final WSACleanup a process has no socket, and no provider anything to do with it. Faulty providers leak.
    fn is_clean(&self, process: Incarnation) {
        let Some(process) = self.world.process(process) else { return };
        if process.client.startups > 0 {
            return;
        }
        let sockets = process.handles.iter().filter(|(_, entry)| matches!(entry.object, Object::Socket(_))).count();
        assert!(sockets == 0 || !self.world.machine().is_faithful(), "{sockets} sockets after the final cleanup");
        assert!(process.handles.iter().all(|(_, entry)| entry.binding.is_none()), "ws2_32 knows handles after its end");
    }

    /// The same ops on a fresh machine, without a log: an equal machine.
    fn replays(&self) {
        let mut again = World::new(Arc::clone(self.world.machine()));
        for op in &self.ops {
            let _ = again.step(op.clone(), &mut Log::off());
        }
        assert_eq!(again.digest(), self.world.digest(), "the second run ended differently");
        assert!(again == self.world, "equal digests of different machines");
    }

    /// Ends every process: nothing is left but closed connections that still send.
    fn ends(&mut self) {
        for process in 0..self.world.processes().count() as u32 {
            let _ = self.world.step(Op::Kill { process: Incarnation(process) }, &mut Log::off());
        }
        assert_eq!(self.world.check_invariants(), Ok(()));
        assert!(self.world.processes().all(|(_, process)| process.state == ProcessState::Exited));
        assert!(self.world.events().iter().next().is_none(), "event objects outlive all processes");
        assert!(
            self.world.afd().iter().all(|(_, socket)| socket.descriptors() == 0),
            "descriptors outlive their owners"
        );
        assert!(self.world.runnable().next().is_none(), "a thread outlives its process");
    }
}

fn local(port: u16) -> Name {
    Name::of(SockAddr::v4([127, 0, 0, 1].into(), port))
}
