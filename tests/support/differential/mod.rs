//! The machine and the reference side by side: every act is played on both, every answer and every state compared.
//!
//! The machine goes first. The reference is told which numbers the machine chose and says what had to come out.
#![allow(dead_code, unreachable_pub, reason = "the property test and the fuzzer each use their part")]

mod act;
mod calls;
mod compare;
mod play;
mod stack;

use std::sync::Arc;

use wspsim::abi::client::{ApiCall, Call, OsCall, Value};
use wspsim::abi::{Info, SpiCall, SpiReturn};
use wspsim::world::World;
use wspsim::world::ids::{Handle, Incarnation, ProcessId, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::Machine;
use wspsim::world::op::{Op, Outcome, Rejection};

use crate::reference::{Answer, Number, Reference, Running};

pub use act::{Act, What};
pub use stack::{Choice, STACKS};

/// Most processes of one comparison: what ends stays in the lists.
const PROCESSES: usize = 8;

/// What went wrong, in words.
pub type Mismatch = String;

/// Both sides, and what their clients know: the names by which acts mean things.
pub struct Pair {
    world: World,
    reference: Reference,
    clients: Vec<Client>,
    blocks: Vec<Travelling>,
    /// Everything done to the world, for a second run.
    ops: Vec<Op>,
    /// Window queues are not compared any more: see [`Reference::has_ghosts`].
    windows_blurred: bool,
}

/// A block: what travels, the reference's position, and whom it was made for.
#[derive(Clone)]
struct Travelling {
    info: Info,
    position: usize,
    target: ProcessId,
}

/// The numbers a process has seen, the dead ones included.
#[derive(Clone, Default)]
struct Client {
    sockets: Vec<Number>,
    events: Vec<Number>,
    others: Vec<Number>,
    windows: Vec<u32>,
}

impl Client {
    fn handles(&self) -> impl Iterator<Item = Number> + '_ {
        self.sockets.iter().chain(&self.events).chain(&self.others).copied()
    }
}

fn note<T: PartialEq>(list: &mut Vec<T>, number: T) {
    if !list.contains(&number) {
        list.push(number);
    }
}

/// Plays acts on a machine that begins with two processes using Winsock.
///
/// # Errors
/// The first thing on which the two sides differ, and at which act.
pub fn play(choice: &Choice, acts: impl Iterator<Item = Act>) -> Result<Pair, Mismatch> {
    let mut pair = Pair::new(choice.machine(), Reference::new(choice.reference_stack(), choice.answers()));
    for _ in 0..2 {
        pair.start(None, false)?;
        let process = pair.clients.len() - 1;
        pair.startup(process)?;
    }
    for (at, act) in acts.enumerate() {
        pair.act(act).and_then(|()| pair.compare(act)).map_err(|what| format!("act {at}, {act:?}: {what}"))?;
    }
    Ok(pair)
}

impl Pair {
    fn new(machine: Arc<Machine>, reference: Reference) -> Self {
        let world = World::new(machine);
        Self { world, reference, clients: Vec::new(), blocks: Vec::new(), ops: Vec::new(), windows_blurred: false }
    }

    /// The machine's side.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Everything that was done to the machine.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    fn step(&mut self, op: Op) -> Result<Outcome, Rejection> {
        self.ops.push(op.clone());
        self.world.step(op, &mut Log::off())
    }

    /// A call of a process's first thread; the process must be able to make one.
    fn call(&mut self, process: usize, call: Call) -> Result<Answer<Value>, Mismatch> {
        let op = Op::Call { thread: first_thread(process), call };
        match self.step(op) {
            Ok(Outcome::Returned(result)) => Ok(result.map_err(|error| error.number())),
            other => Err(format!("the call did not return: {other:?}")),
        }
    }

    fn api(&mut self, process: usize, call: ApiCall) -> Result<Answer<Value>, Mismatch> {
        self.call(process, Call::Api(call))
    }

    fn os(&mut self, process: usize, call: OsCall) -> Result<Answer<Value>, Mismatch> {
        self.call(process, Call::Os(call))
    }

    fn spi(&mut self, process: usize, call: SpiCall) -> Result<Answer<Value>, Mismatch> {
        self.call(process, Call::Spi(call))
    }

    /// Whether a process can act; if not, the machine has to refuse a call of it.
    fn can_act(&mut self, process: usize) -> Result<bool, Mismatch> {
        let expected = match self.reference.state(process) {
            Running::Yes => return Ok(true),
            Running::Suspended => Rejection::Suspended,
            Running::Ended => Rejection::NoProcess,
        };
        let call = Call::Api(ApiCall::GetLastError);
        let refused = self.step(Op::Call { thread: first_thread(process), call });
        agree("a call of a process that cannot act", refused, Err(expected))?;
        Ok(false)
    }

    fn id(&self, process: usize) -> ProcessId {
        self.world.process(incarnation(process)).map_or(ProcessId(0), |process| process.id)
    }
}

fn incarnation(process: usize) -> Incarnation {
    Incarnation(process as u32)
}

fn first_thread(process: usize) -> ThreadId {
    ThreadId { process: incarnation(process), index: 0 }
}

/// Both sides have to say the same.
fn agree<T: PartialEq + std::fmt::Debug>(what: &str, machine: T, reference: T) -> Result<(), Mismatch> {
    if machine == reference {
        Ok(())
    } else {
        Err(format!("{what}: the machine says {machine:?}, the reference {reference:?}"))
    }
}

/// The number in a call's answer.
fn number(answer: &Answer<Value>) -> Option<Number> {
    match answer {
        Ok(Value::Handle(Handle(number)) | Value::Spi(SpiReturn::Socket { socket: Handle(number), .. })) => {
            Some(*number)
        }
        _ => None,
    }
}

/// A call's answer when only success matters.
fn done(answer: Answer<Value>) -> Answer {
    answer.map(|_| ())
}
