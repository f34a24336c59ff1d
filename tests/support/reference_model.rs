//! The reference model: three processes do to one socket whatever they can, in every order. Once on the full machine
//! ([`Clients`]), once as the abstraction somebody would write by hand ([`Word`]).
//!
//! For every descriptor a process owns: duplicate it to each process, close it, set an option to 0 or 1, event-select
//! with the masks 0 to 3. For every pending block: open it in the process it is for. The socket has so many
//! descriptors at most, and two pending blocks.
#![allow(dead_code, unreachable_pub, reason = "each user takes its part")]

use std::cell::RefCell;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};

use wspsim::abi::client::{ApiCall, Call, Value};
use wspsim::abi::consts::SOL_SOCKET;
use wspsim::abi::{Block, Bytes, Info, NetworkEvents, SockOpt, SocketFlags, SpiCall, SpiReturn};
use wspsim::explore::{Choice, End, Footprint, System, Taken};
use wspsim::provider::HandleKind;
use wspsim::world::World;
use wspsim::world::afd::Registration;
use wspsim::world::canonical::{Canonical, Renaming, Roots};
use wspsim::world::digest::Digest;
use wspsim::world::handles::Object;
use wspsim::world::ids::{Handle, IdKind, Incarnation, ProcessId, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::Platform;
use wspsim::world::op::{Op, Outcome};

use super::support::{Bench, machine};

pub const PROCESSES: u8 = 3;
pub const BLOCKS: u32 = 2;

/// One action. Descriptors and blocks by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Duplicate { from: u8, to: u8 },
    Close(u8),
    Set(u8, bool),
    Select(u8, u8),
    Open(u8),
}

/// What can be done with a descriptor.
fn with_descriptor(descriptor: u8, room_for_a_block: bool, mut add: impl FnMut(Action)) {
    if room_for_a_block {
        (0..PROCESSES).for_each(|to| add(Action::Duplicate { from: descriptor, to }));
    }
    add(Action::Close(descriptor));
    [false, true].into_iter().for_each(|value| add(Action::Set(descriptor, value)));
    (0..4).for_each(|mask| add(Action::Select(descriptor, mask)));
}

/// The abstraction, packed: two bits a place of a descriptor and of a block (0: none, else whose, from 1), the option,
/// and a registration: whose, by which descriptor, for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(pub u32);

/// What a registration belongs to: it goes with its last descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registrant {
    /// The process, as the figures of the reference model are counted.
    Process,
    /// The descriptor, as the machine has it.
    Descriptor,
}

/// The abstraction: how many descriptors there can be, and what a registration belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Abstraction {
    pub descriptors: u32,
    pub registrant: Registrant,
}

impl Abstraction {
    const OPTION: u32 = 1 << 16;
    const MASK: u32 = 17;
    const WHO: u32 = 19;
    const REGISTRATION: u32 = 0x1f << Self::MASK;

    pub fn start(self) -> Word {
        Word(1)
    }

    fn place(word: Word, at: u32) -> u32 {
        word.0 >> (2 * at) & 3
    }

    fn with(word: Word, at: u32, owner: u32) -> Word {
        Word(word.0 & !(3 << (2 * at)) | owner << (2 * at))
    }

    /// Who would be named as registrant of a descriptor: never 0.
    fn who(self, word: Word, descriptor: u32) -> u32 {
        match self.registrant {
            Registrant::Process => Self::place(word, descriptor),
            Registrant::Descriptor => descriptor + 1,
        }
    }

    fn free(self, word: Word, mut places: std::ops::Range<u32>) -> Option<u32> {
        places.find(|&at| Self::place(word, at) == 0)
    }

    fn blocks(self) -> std::ops::Range<u32> {
        self.descriptors..self.descriptors + BLOCKS
    }

    pub fn actions(self, word: Word, mut add: impl FnMut(Action)) {
        let room = self.free(word, self.blocks()).is_some();
        for descriptor in (0..self.descriptors).filter(|&at| Self::place(word, at) != 0) {
            with_descriptor(descriptor as u8, room, &mut add);
        }
        if self.free(word, 0..self.descriptors).is_some() {
            let pending = self.blocks().filter(|&at| Self::place(word, at) != 0);
            pending.for_each(|at| add(Action::Open((at - self.descriptors) as u8)));
        }
    }

    pub fn next(self, word: Word, action: Action) -> Word {
        match action {
            Action::Duplicate { to, .. } => {
                self.free(word, self.blocks()).map_or(word, |at| Self::with(word, at, u32::from(to) + 1))
            }
            Action::Close(descriptor) => self.close(word, u32::from(descriptor)),
            Action::Set(_, value) => Word(word.0 & !Self::OPTION | if value { Self::OPTION } else { 0 }),
            Action::Select(descriptor, mask) => {
                let who = self.who(word, u32::from(descriptor)) << Self::WHO | u32::from(mask) << Self::MASK;
                Word(word.0 & !Self::REGISTRATION | if mask == 0 { 0 } else { who })
            }
            Action::Open(block) => {
                let block = self.descriptors + u32::from(block);
                let place = self.free(word, 0..self.descriptors);
                place.map_or(word, |at| Self::with(Self::with(word, block, 0), at, Self::place(word, block)))
            }
        }
    }

    fn close(self, word: Word, descriptor: u32) -> Word {
        let who = self.who(word, descriptor);
        let mut next = Self::with(word, descriptor, 0);
        let still = |at| Self::place(next, at) != 0 && self.who(next, at) == who;
        if word.0 >> Self::WHO == who && !(0..self.descriptors).any(still) {
            next.0 &= !Self::REGISTRATION;
        }
        // A socket that nobody refers to is gone with all it had.
        if next.0 & (Self::OPTION - 1) == 0 { Word(0) } else { next }
    }

    /// The same for all words that differ in which process, descriptor or block is which.
    pub fn folded(self, word: Word) -> Word {
        const ORDERS: [[u32; 4]; 6] =
            [[0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 1, 3], [0, 2, 3, 1], [0, 3, 1, 2], [0, 3, 2, 1]];
        ORDERS.map(|order| self.sorted(word, &order)).into_iter().min().unwrap_or(word)
    }

    /// Under other names of the processes, sorted.
    fn sorted(self, word: Word, names: &[u32; 4]) -> Word {
        let (who, mask) = (word.0 >> Self::WHO, word.0 >> Self::MASK & 3);
        let by_descriptor = self.registrant == Registrant::Descriptor;
        // The descriptor that registered is told apart from its like.
        let owner = |at: u32| {
            let registered = by_descriptor && who == at + 1;
            names[Self::place(word, at) as usize] << 1 | u32::from(registered)
        };
        let mut descriptors: Vec<u32> = (0..self.descriptors).map(owner).collect();
        let mut blocks: Vec<u32> = self.blocks().map(|at| names[Self::place(word, at) as usize]).collect();
        descriptors.sort_unstable();
        blocks.sort_unstable();
        let registrant = match self.registrant {
            Registrant::Process => names[who as usize],
            Registrant::Descriptor => descriptors.iter().position(|owner| owner & 1 == 1).map_or(0, |at| at as u32 + 1),
        };
        let places = descriptors.iter().map(|owner| owner >> 1).chain(blocks);
        let start = Word(word.0 & Self::OPTION | registrant << Self::WHO | mask << Self::MASK);
        places.enumerate().fold(start, |all, (at, owner)| Self::with(all, at as u32, owner))
    }
}

/// The same on the full machine.
pub struct Clients {
    descriptors: usize,
    start: Doing,
    ids: Vec<ProcessId>,
    /// An event object of each process.
    events: Vec<Handle>,
    canonical: RefCell<Canonical>,
}

/// For another thread, which has its own memory to work in.
impl Clone for Clients {
    fn clone(&self) -> Self {
        let (start, ids, events) = (self.start.clone(), self.ids.clone(), self.events.clone());
        Self { descriptors: self.descriptors, start, ids, events, canonical: RefCell::default() }
    }
}

/// The machine, and the blocks that are on their way.
#[derive(Debug, PartialEq, Eq)]
pub struct Doing {
    pub world: World,
    pub blocks: Vec<(Incarnation, Info)>,
}

impl Clone for Doing {
    fn clone(&self) -> Self {
        Self { world: self.world.clone(), blocks: self.blocks.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        self.world.clone_from(&other.world);
        self.blocks.clone_from(&other.blocks);
    }
}

/// All processes run the same program, and the blocks are theirs to open.
struct Alike<'a>(&'a Doing);

impl Roots for Alike<'_> {
    fn group(&self, _: Incarnation) -> u32 {
        0
    }

    fn hash(&self, process: Incarnation, hasher: &mut Renaming<'_>) {
        let theirs = self.0.blocks.iter().filter(|(target, _)| *target == process);
        hasher.unordered(theirs, |(_, info), hasher| IdKind::Token.hash(u64::from(info.reserved()), hasher));
    }
}

impl Clients {
    /// On a machine with one IFS base provider.
    pub fn new(descriptors: usize) -> Self {
        let mut bench = Bench::new(&machine(HandleKind::Ifs, &[], Platform::default()));
        let processes: Vec<Incarnation> = (0..PROCESSES).map(|_| bench.process()).collect();
        let event = |&process: &Incarnation| match bench.api(process, ApiCall::CreateEvent) {
            Ok(Value::Handle(event)) => event,
            other => panic!("no event: {other:?}"),
        };
        let events: Vec<Handle> = processes.iter().map(event).collect();
        // Providers are loaded at the first socket of a process.
        for &process in &processes {
            let s = bench.tcp(process);
            bench.close(process, s).expect("close");
        }
        let s = bench.tcp(processes[0]);
        // The first event-select makes a socket non-blocking for good.
        let call = SpiCall::EventSelect { s, event: events[0], events: NetworkEvents::empty() };
        bench.spi(processes[0], call).expect("registered for nothing");
        let ids = processes.iter().map(|&process| bench.id(process)).collect();
        let start = Doing { world: bench.world, blocks: Vec::new() };
        Self { descriptors, start, ids, events, canonical: RefCell::default() }
    }

    /// The descriptors of all processes, by process and number.
    fn descriptors(world: &World) -> impl Iterator<Item = (Incarnation, Handle)> + '_ {
        world.processes().flat_map(|(process, state)| {
            let sockets = state.handles.iter().filter(|(_, entry)| matches!(entry.object, Object::Socket(_)));
            sockets.map(move |(handle, _)| (process, handle))
        })
    }

    /// A state as the abstraction by descriptors has it.
    pub fn word(&self, state: &Doing) -> Word {
        let model = Abstraction { descriptors: self.descriptors as u32, registrant: Registrant::Descriptor };
        let Some((_, socket)) = state.world.afd().iter().next() else { return Word(0) };
        let keep_alive = socket.switch(SockOpt::KeepAlive);
        let registration = socket.registration();
        let mut word = Word(u32::from(keep_alive) * Abstraction::OPTION);
        for (at, (process, handle)) in Self::descriptors(&state.world).enumerate() {
            word = Abstraction::with(word, at as u32, process.0 + 1);
            let by_this = |by: &&Registration| (by.registrant.process, by.registrant.handle) == (process, handle);
            if let Some(registration) = registration.filter(by_this) {
                let (who, mask) = (at as u32 + 1, registration.mask.bits() & 3);
                word.0 |= who << Abstraction::WHO | mask << Abstraction::MASK;
            }
        }
        for (at, (target, _)) in state.blocks.iter().enumerate() {
            word = Abstraction::with(word, model.blocks().start + at as u32, target.0 + 1);
        }
        word
    }

    /// The action a choice stands for.
    fn action(choice: Choice) -> Action {
        let Choice::Go { agent, .. } = choice else { unreachable!("no time, no faults") };
        let (at, what) = ((agent >> 4) as u8, (agent & 15) as u8);
        match what {
            0..=2 => Action::Duplicate { from: at, to: what },
            3 => Action::Close(at),
            4 | 5 => Action::Set(at, what == 5),
            6..=9 => Action::Select(at, what - 6),
            _ => Action::Open(at),
        }
    }

    fn choice(action: Action) -> Choice {
        let (at, what) = match action {
            Action::Duplicate { from, to } => (from, to),
            Action::Close(at) => (at, 3),
            Action::Set(at, value) => (at, 4 + u8::from(value)),
            Action::Select(at, mask) => (at, 6 + mask),
            Action::Open(at) => (at, 10),
        };
        Choice::go(u16::from(at) << 4 | u16::from(what))
    }

    /// Who does it, and by which call.
    fn call(&self, state: &Doing, action: Action) -> (Incarnation, SpiCall) {
        let descriptor = |at: u8| Self::descriptors(&state.world).nth(at as usize).expect("a descriptor");
        match action {
            Action::Duplicate { from, to } => {
                let (on, s) = descriptor(from);
                let (process, info) = (self.ids[to as usize], Some(state.world.machine().blank.clone()));
                (on, SpiCall::DuplicateSocket { s, process, info })
            }
            Action::Close(at) => {
                let (on, s) = descriptor(at);
                (on, SpiCall::CloseSocket { s })
            }
            Action::Set(at, value) => {
                let (on, s) = descriptor(at);
                let option = SockOpt::KeepAlive.row().number;
                let value = Some(Bytes::word(u32::from(value)));
                (on, SpiCall::SetSockOpt { s, level: SOL_SOCKET, option, value, negative: false })
            }
            Action::Select(at, mask) => {
                let (on, s) = descriptor(at);
                let events = NetworkEvents::from_bits_truncate(u32::from(mask));
                (on, SpiCall::EventSelect { s, event: self.events[on.0 as usize], events })
            }
            Action::Open(at) => {
                let (on, info) = &state.blocks[at as usize];
                let info = Some(Block::Info(info.clone()));
                let flags = SocketFlags::empty();
                (*on, SpiCall::Socket { af: -1, kind: -1, protocol: -1, info, group: 0, flags })
            }
        }
    }
}

impl System for Clients {
    type State = Doing;
    type Wrong = String;
    type Outcome = ();

    fn start(&self) -> Doing {
        self.start.clone()
    }

    fn choices(&self, state: &Doing, choices: &mut Vec<Choice>) {
        let mut descriptors = 0;
        for _ in Self::descriptors(&state.world) {
            let room = state.blocks.len() < BLOCKS as usize;
            with_descriptor(descriptors, room, |action| choices.push(Self::choice(action)));
            descriptors += 1;
        }
        if usize::from(descriptors) < self.descriptors {
            choices.extend((0..state.blocks.len()).map(|block| Self::choice(Action::Open(block as u8))));
        }
    }

    fn take(&self, state: &mut Doing, choice: Choice) -> Taken<String> {
        let action = Self::action(choice);
        let (on, call) = self.call(state, action);
        let call = Call::Spi(call);
        let thread = ThreadId { process: on, index: 0 };
        let came = match state.world.step(Op::Call { thread, call }, &mut Log::off()) {
            Ok(Outcome::Returned(Ok(Value::Spi(value)))) => value,
            other => return Taken::Wrong(format!("{action:?}: {other:?}")),
        };
        match (action, came) {
            (Action::Duplicate { to, .. }, SpiReturn::Info(info)) => {
                state.blocks.push((Incarnation(u32::from(to)), info));
            }
            (Action::Open(at), _) => drop(state.blocks.remove(at as usize)),
            _ => {}
        }
        // All of it touches the one socket.
        Taken::Went(Footprint::EVERYTHING)
    }

    fn digest(&self, state: &Doing) -> u64 {
        let mut hasher = Digest::default();
        hasher.write_u64(state.world.digest());
        for (target, info) in &state.blocks {
            (target, info.reserved()).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn canonical_digest(&self, state: &Doing, _: &mut Vec<u16>) -> u64 {
        self.canonical.borrow_mut().digest(&state.world, &Alike(state))
    }

    fn inspect(&self, state: &Doing) -> Result<u64, String> {
        state.world.check_invariants().map(|()| 0)
    }

    fn end(&self, _: &Doing) -> End<Self> {
        End::Finished { outcome: (), forbidden: None }
    }
}
