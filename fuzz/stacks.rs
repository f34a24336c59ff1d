//! Machines for the fuzzers: read once, shared by all executions.
#![allow(dead_code, reason = "each target uses its part")]

use std::sync::{Arc, OnceLock};

use wspsim::abi::client::{ApiCall, Call, Value};
use wspsim::abi::{Block, Info, SocketFlags, SpiCall, SpiReturn, WsaError};
use wspsim::model::{LimitChanges, Model, PolicyChanges};
use wspsim::world::World;
use wspsim::world::ids::{Handle, Incarnation, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::Machine;
use wspsim::world::op::{Op, Outcome};
use wspsim::world::program::Program;

const NAMES: &[&str] = &[
    "windows",
    "layer",
    "two-layers",
    "three-layers",
    "ifs-layer",
    "ifs-bypass",
    "non-ifs-base",
    "layer-over-non-ifs-base",
    "six-layers",
    "two-chains",
    "qos",
    "messages",
    "messages-under-layer",
    "move-only",
    "windows-token-in-flags",
    "layer-token-in-flags",
    "installable",
];

/// One of the built-in machines.
pub fn machine(which: u8) -> &'static Arc<Machine> {
    static MACHINES: OnceLock<Vec<Arc<Machine>>> = OnceLock::new();
    let all = MACHINES.get_or_init(|| {
        let machine = |name: &&str| {
            let model = Model::built_in(name).expect("a built-in model");
            model.changed(None, &PolicyChanges::default(), &LimitChanges::default())
        };
        NAMES.iter().map(machine).collect()
    });
    &all[usize::from(which) % all.len()]
}

/// A world with two processes that use Winsock.
pub fn world(which: u8) -> World {
    static WORLDS: OnceLock<Vec<World>> = OnceLock::new();
    let all = WORLDS.get_or_init(|| {
        let started = |which: usize| {
            let mut world = World::new(Arc::clone(machine(which as u8)));
            for _ in 0..2 {
                start(&mut world);
            }
            world
        };
        (0..NAMES.len()).map(started).collect()
    });
    all[usize::from(which) % all.len()].clone()
}

fn start(world: &mut World) {
    let op = Op::StartProcess { id: None, suspended: false, program: Program::default() };
    let Ok(Outcome::Started(process, _)) = world.step(op, &mut Log::off()) else { panic!("a process") };
    let call = Call::Api(ApiCall::Startup { version: 0x0202 });
    let thread = ThreadId { process, index: 0 };
    world.step(Op::Call { thread, call }, &mut Log::off()).expect("WSAStartup");
}

/// A world in which process 0 has duplicated a socket for process 1.
pub struct HandedOver {
    world: World,
    source: Handle,
    block: Option<Info>,
}

impl HandedOver {
    pub fn on(which: u8) -> Self {
        let mut bench = Self { world: world(which), source: Handle::INVALID, block: None };
        let flags = SocketFlags::empty();
        let call = SpiCall::Socket { af: 2, kind: 1, protocol: 0, info: None, group: 0, flags };
        if let Ok(SpiReturn::Socket { socket, .. }) = bench.call(0, call) {
            bench.source = socket;
        }
        let process = bench.world.process(Incarnation(1)).expect("two processes").id;
        let info = Some(bench.world.machine().blank.clone());
        let call = SpiCall::DuplicateSocket { s: bench.source, process, info };
        if let Ok(SpiReturn::Info(info)) = bench.call(0, call) {
            bench.block = Some(info);
        }
        bench
    }

    /// The block; where the base refuses to duplicate, an ordinary entry.
    pub fn block(&self) -> Info {
        self.block.clone().unwrap_or_else(|| self.world.machine().catalog.entries()[0].info.clone())
    }

    pub fn open(&mut self, bytes: &[u8]) -> Result<SpiReturn, WsaError> {
        let (info, flags) = (Some(Block::read(bytes)), SocketFlags::empty());
        self.call(1, SpiCall::Socket { af: -1, kind: -1, protocol: -1, info, group: 0, flags })
    }

    pub fn references(&self) -> Vec<(u32, u32)> {
        self.world.afd().iter().map(|(_, socket)| (socket.descriptors(), socket.duplications())).collect()
    }

    pub fn check(&self) {
        if let Err(broken) = self.world.check_invariants() {
            panic!("{broken}");
        }
    }

    fn call(&mut self, process: u32, call: SpiCall) -> Result<SpiReturn, WsaError> {
        let thread = ThreadId { process: Incarnation(process), index: 0 };
        let op = Op::Call { thread, call: Call::Spi(call) };
        match self.world.step(op, &mut Log::off()) {
            Ok(Outcome::Returned(Ok(Value::Spi(value)))) => Ok(value),
            Ok(Outcome::Returned(Err(error))) => Err(error),
            other => panic!("not an answer: {other:?}"),
        }
    }
}
