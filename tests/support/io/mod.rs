//! Random I/O over random stacks, with books of its own: what was sent and received, which operations are pending,
//! which events were reported. The books share nothing with the machine: they know the calls, their answers, the
//! trace, and what anybody may read of a socket.
//!
//! A run is bytes: the first choose the machine, the rest are ops of eight bytes each. Any bytes are a run.
#![allow(dead_code, unreachable_pub, reason = "each user needs its part")]

mod calls;
mod causes;
mod datagrams;
mod drain;
mod line;
mod machines;
mod notices;
mod ops;
mod pending;
mod streams;

#[path = "../wild/input.rs"]
mod input;

use std::collections::BTreeMap;

use wspsim::abi::client::{ApiCall, Call, CallResult, OsCall, Value};
use wspsim::abi::consts::{AF_INET, SOCK_DGRAM, SOCK_STREAM};
use wspsim::abi::{Info, SpiCall};
use wspsim::world::World;
use wspsim::world::event::Event;
use wspsim::world::ids::{Handle, Incarnation, SocketId, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::op::{Op, Outcome, Rejection};
use wspsim::world::program::Program;

use crate::support::V2_2;
use calls::Doing;
use datagrams::Datagrams;
use input::Input;
use notices::Notices;
use pending::Pending;
use streams::Streams;

/// Most ops of one run.
const OPS: usize = 200;

/// What went wrong, in words.
pub type Wrong = String;

/// A run in progress.
pub struct Play<'a> {
    rest: Input<'a>,
    input: Input<'a>,
    world: World,
    /// Descriptors that each process was given, by incarnation.
    descriptors: BTreeMap<Incarnation, Vec<Handle>>,
    /// Completion ports, likewise.
    ports: BTreeMap<Incarnation, Vec<Handle>>,
    /// The event object each process gives to WSPEventSelect.
    events: BTreeMap<Incarnation, Handle>,
    /// Protocol infos made and not opened, with the process they are for.
    blocks: Vec<(Incarnation, Info)>,
    /// What each thread is in the middle of, the outermost call first.
    doing: BTreeMap<ThreadId, Vec<Doing>>,
    streams: Streams,
    datagrams: Datagrams,
    pending: Pending,
    notices: Notices,
    /// Address family, socket type and protocol of this run's connections.
    transport: (i32, i32, i32),
    /// Whether this run cuts links: only then may a stream give up.
    parts: bool,
    /// Numbers for overlapped structures and for what sends carry: never used twice.
    next: u32,
    story: Option<Vec<String>>,
}

/// One step as everybody who keeps books sees it.
pub struct Seen<'s> {
    pub op: &'s Op,
    pub outcome: &'s Outcome,
    pub events: &'s [Event],
    /// What the thread of the op was doing before the step, or began with it.
    pub doing: Option<Doing>,
    /// The thread of the op.
    pub thread: Option<ThreadId>,
}

impl Seen<'_> {
    /// The answer of the call that the step ended.
    pub fn answer(&self) -> Option<&CallResult> {
        match self.outcome {
            Outcome::Returned(result) => Some(result),
            _ => None,
        }
    }

    pub fn parked(&self) -> bool {
        *self.outcome == Outcome::Parked
    }
}

/// Plays bytes and checks the books after every step.
///
/// # Errors
/// What does not add up.
pub fn play(bytes: &[u8]) -> Result<(), Wrong> {
    Play::new(bytes, None).and_then(Play::whole)
}

/// The steps of a run and what came of each: what to read when a run fails.
pub fn told(bytes: &[u8]) -> String {
    let story = std::cell::RefCell::new(Vec::new());
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut play = match Play::new(bytes, Some(Vec::new())) {
            Ok(play) => play,
            Err(wrong) => return story.borrow_mut().push(wrong),
        };
        let wrong = loop {
            match play.next() {
                Ok(true) => {}
                Ok(false) => break play.drain(),
                Err(wrong) => break Err(wrong),
            }
            story.replace(play.story.clone().unwrap_or_default());
        };
        story.replace(play.story.clone().unwrap_or_default());
        story.borrow_mut().push(format!("{wrong:?}"));
    }));
    story.into_inner().join("\n")
}

impl<'a> Play<'a> {
    fn new(bytes: &'a [u8], story: Option<Vec<String>>) -> Result<Self, Wrong> {
        let mut rest = Input::new(bytes);
        let kind = rest.byte();
        let parts = kind % 4 == 0;
        let transport = match kind {
            0..=127 => (AF_INET, SOCK_STREAM, 0),
            128..=207 => machines::MESSAGES,
            _ => (AF_INET, SOCK_DGRAM, 0),
        };
        let world = World::new(machines::machine(&mut rest));
        let mut play = Self {
            rest,
            input: Input::new(&[]),
            world,
            descriptors: BTreeMap::new(),
            ports: BTreeMap::new(),
            events: BTreeMap::new(),
            blocks: Vec::new(),
            doing: BTreeMap::new(),
            streams: Streams::default(),
            datagrams: Datagrams::default(),
            pending: Pending::default(),
            notices: Notices::default(),
            transport,
            parts,
            next: 0,
            story,
        };
        play.begin()?;
        Ok(play)
    }

    fn whole(mut self) -> Result<(), Wrong> {
        while self.next()? {}
        self.drain()
    }

    /// The next op; whether there was one.
    fn next(&mut self) -> Result<bool, Wrong> {
        let Some(input) = self.rest.op().filter(|_| self.next < 10 * OPS as u32) else { return Ok(false) };
        self.input = input;
        self.chosen().map(|()| true)
    }

    /// Two processes with two threads each, a listener, and a connection.
    fn begin(&mut self) -> Result<(), Wrong> {
        for _ in 0..2 {
            self.process()?;
        }
        self.connection()
    }

    fn process(&mut self) -> Result<(), Wrong> {
        let op = Op::StartProcess { id: None, suspended: false, program: Program::default() };
        let Ok(Outcome::Started(process, _)) = self.step(op)? else { return Err("no process".into()) };
        let thread = ThreadId { process, index: 0 };
        self.call(thread, Call::Api(ApiCall::Startup { version: V2_2 }))?;
        self.call(thread, Call::Os(OsCall::CreateThread))?;
        if let Some(Value::Handle(event)) = self.call(thread, Call::Api(ApiCall::CreateEvent))? {
            self.events.insert(process, event);
        }
        self.call(thread, Call::Os(OsCall::CreateWindow))?;
        Ok(())
    }

    /// A call that is known to return, if it can be made now.
    fn call(&mut self, thread: ThreadId, call: Call) -> Result<Option<Value>, Wrong> {
        match self.step(Op::Call { thread, call })? {
            Ok(Outcome::Returned(Ok(value))) => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    fn spi(&mut self, thread: ThreadId, call: SpiCall) -> Result<Option<Value>, Wrong> {
        self.call(thread, Call::Spi(call))
    }

    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Lets one op happen and brings all books up to date.
    fn step(&mut self, op: Op) -> Result<Result<Outcome, Rejection>, Wrong> {
        let thread = match &op {
            Op::Call { thread, .. } | Op::Run { thread } | Op::Answer { thread, .. } => Some(*thread),
            _ => None,
        };
        let begun = match &op {
            Op::Call { thread, call } => Some(Doing::of(&self.world, *thread, call)),
            _ => None,
        };
        self.streams.before(&self.world);
        let mut log = Log::on();
        let outcome = self.world.step(op.clone(), &mut log);
        let events = log.take();
        if let Some(story) = &mut self.story {
            story.push(format!("{op:?}\n   {outcome:?}"));
            story.extend(events.iter().filter_map(told_event));
        }
        let Ok(happened) = &outcome else { return Ok(outcome) };
        let doing = begun.or_else(|| thread.and_then(|thread| self.doing.get(&thread)?.last().cloned()));
        let mut seen = Seen { op: &op, outcome: happened, events: &events, doing, thread };
        self.know(&seen);
        self.pending.after(&self.world, &seen, &mut self.streams)?;
        self.datagrams.after(&self.world, &seen, &self.streams.moved)?;
        self.streams.after(&self.world, &mut seen, &self.doing, self.parts)?;
        self.notices.after(&self.world, &seen)?;
        self.remember(seen);
        self.world.check_invariants()?;
        Ok(outcome)
    }

    /// Who is in the middle of what, from now on.
    fn remember(&mut self, seen: Seen<'_>) {
        let Some(thread) = seen.thread else { return };
        let stack = self.doing.entry(thread).or_default();
        if !matches!(seen.op, Op::Call { .. }) {
            stack.pop();
        }
        if seen.parked()
            && let Some(doing) = seen.doing
        {
            stack.push(doing);
        }
        let world = &self.world;
        self.doing
            .retain(|thread, stack| !stack.is_empty() && world.thread(*thread).is_some_and(|thread| !thread.ended));
    }

    /// Handles the processes were given.
    fn know(&mut self, seen: &Seen<'_>) {
        let (Some(thread), Some(Ok(value))) = (seen.thread, seen.answer()) else { return };
        let process = thread.process;
        match value {
            Value::Spi(wspsim::abi::SpiReturn::Socket { socket, .. }) => {
                self.descriptors.entry(process).or_default().push(*socket);
            }
            Value::Handle(handle) => {
                let port = self.world.process(process).is_some_and(|process| process.handles.port(*handle).is_some());
                let ports = self.ports.entry(process).or_default();
                if port && !ports.contains(handle) {
                    ports.push(*handle);
                }
            }
            _ => {}
        }
        if let Some(Doing::Close { s, .. }) = &seen.doing
            && let Some(known) = self.descriptors.get_mut(&process)
        {
            known.retain(|handle| handle != s);
        }
    }

    fn shared(&self, process: Incarnation, s: Handle) -> Option<SocketId> {
        self.world.shared_socket(process, s)
    }
}

/// The events worth reading.
fn told_event(event: &Event) -> Option<String> {
    match event {
        Event::Socket(change) => Some(format!("      socket {}: {change}", change.socket().0)),
        Event::RoutineQueued { .. } | Event::RoutineRan { .. } | Event::PacketQueued { .. } => {
            Some(format!("      {event:?}"))
        }
        _ => None,
    }
}
