//! A machine put together in Rust, and a driver that speaks in short sentences. Shared by the tests that work on the
//! core alone, below models and scenarios.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::Arc;

use wspsim::abi::client::{ApiCall, Call, CallResult, OsCall, Value};
use wspsim::abi::consts::{AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM};
use wspsim::abi::{
    Block, Gather, Guid, Info, Name, ProtocolChain, ProtocolInfoW, ProviderFlags, Scatter, ServiceFlags1, SockAddr,
    SocketFlags, SpiCall, SpiReturn, WsaError,
};
use wspsim::provider::{Duplicating, HandleKind, Shape, ShapeFaults, ShapeKind, Waiting};
use wspsim::world::World;
use wspsim::world::catalog::{Catalog, CatalogEntry, ShapeId};
use wspsim::world::ids::{Handle, Incarnation, ProcessId, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::{Machine, Platform};
use wspsim::world::op::{Op, Outcome};
use wspsim::world::program::Program;

/// The version every client asks for.
pub const V2_2: u16 = 0x0202;

/// A machine with one base provider (TCP and UDP over IPv4 and IPv6) under `layers`, given from the base upwards.
/// Chains stand before the entries they cover.
pub fn machine(base: HandleKind, layers: &[HandleKind], platform: Platform) -> Arc<Machine> {
    machine_of(&TRANSPORTS, base, layers, platform)
}

/// The same with other protocols than TCP and UDP.
pub fn machine_of(
    transports: &[(i32, i32, i32)],
    base: HandleKind,
    layers: &[HandleKind],
    platform: Platform,
) -> Arc<Machine> {
    let mut shapes = vec![shape(
        "base",
        1,
        base,
        ShapeKind::Base { duplicating: Duplicating::Shares, service_thread: false, waiting: Waiting::Natively },
    )];
    let mut entries: Vec<CatalogEntry> = Vec::new();
    for (at, &(family, kind, protocol)) in transports.iter().enumerate() {
        let id = 1001 + at as u32;
        entries.push(entry(id, ShapeId(0), ProtocolChain::base(id), family, kind, protocol, base));
    }
    let mut chains: Vec<Vec<u32>> = (1001..).take(transports.len()).map(|id| vec![id]).collect();
    for (at, &handles) in layers.iter().enumerate() {
        let number = at as u32 + 1;
        shapes.push(shape("layer", 1 + number, handles, ShapeKind::layer(handles)));
        let (code, layer_id) = (ShapeId(number as u16), 1100 * number);
        entries.push(entry(layer_id, code, ProtocolChain::LAYER, 0, 0, 0, handles));
        let mut front = Vec::new();
        for (which, &(family, kind, protocol)) in transports.iter().enumerate() {
            chains[which].insert(0, layer_id);
            let chain = ProtocolChain::new(&chains[which]).expect("at most seven");
            front.push(entry(layer_id + 1 + which as u32, code, chain, family, kind, protocol, handles));
        }
        front.append(&mut entries);
        entries = front;
    }
    Arc::new(Machine::new("test", platform, shapes, Catalog::new(entries), Vec::new()))
}

/// TCP and UDP, over IPv4 and IPv6.
pub const TRANSPORTS: [(i32, i32, i32); 4] = [
    (AF_INET, SOCK_STREAM, IPPROTO_TCP),
    (AF_INET, SOCK_DGRAM, IPPROTO_UDP),
    (AF_INET6, SOCK_STREAM, IPPROTO_TCP),
    (AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
];

fn shape(name: &str, number: u32, handles: HandleKind, kind: ShapeKind) -> Shape {
    let name = format!("{name}{number}");
    Shape {
        provider_id: Guid::from_u128(u128::from(number)),
        path: format!("%SystemRoot%\\{name}.dll").into(),
        versions: (V2_2, V2_2),
        width: None,
        missing: wspsim::abi::EntrySet::none(),
        handles,
        kind,
        behaviour: None,
        faults: ShapeFaults::NONE,
        name: name.into(),
    }
}

fn entry(
    id: u32,
    shape: ShapeId,
    chain: ProtocolChain,
    family: i32,
    kind: i32,
    protocol: i32,
    handles: HandleKind,
) -> CatalogEntry {
    let ifs = if handles == HandleKind::Ifs { ServiceFlags1::IFS_HANDLES } else { ServiceFlags1::empty() };
    let parts = if kind == SOCK_SEQPACKET { ServiceFlags1::PARTIAL_MESSAGE } else { ServiceFlags1::empty() };
    let info = ProtocolInfoW {
        service_flags1: ifs | parts,
        provider_flags: ProviderFlags::MATCHES_PROTOCOL_ZERO,
        provider_id: Guid::from_u128(u128::from(shape.0) + 1),
        catalog_entry_id: id,
        chain,
        address_family: family,
        socket_type: kind,
        protocol,
        ..ProtocolInfoW::default()
    };
    CatalogEntry::new(Info::new(info), "test.dll".into(), Some(shape))
}

/// A world and the processes on it.
#[derive(Clone)]
pub struct Bench {
    pub world: World,
    /// How often calls have paused; `None`: they run whole.
    pub pauses: Option<u32>,
}

impl Bench {
    pub fn new(machine: &Arc<Machine>) -> Self {
        Self { world: World::new(Arc::clone(machine)), pauses: None }
    }

    /// A process that has done WSAStartup.
    pub fn process(&mut self) -> Incarnation {
        let op = Op::StartProcess { id: None, suspended: false, program: Program::default() };
        let Ok(Outcome::Started(process, _)) = self.world.step(op, &mut Log::off()) else { panic!("no process") };
        self.api(process, ApiCall::Startup { version: V2_2 }).expect("WSAStartup");
        process
    }

    pub fn id(&self, process: Incarnation) -> ProcessId {
        self.world.process(process).expect("there").id
    }

    #[inline(always)]
    pub fn step(&mut self, on: Incarnation, call: Call) -> Outcome {
        let thread = ThreadId { process: on, index: 0 };
        let op = Op::Call { thread, call };
        if self.pauses.is_none() {
            return self.world.step(op, &mut Log::off()).expect("a sensible op");
        }
        let mut outcome = self.go_to_border(op);
        while outcome == Outcome::Paused {
            self.world.check_invariants().expect("invariants");
            outcome = self.go_to_border(Op::Run { thread });
        }
        outcome
    }

    /// Goes on to the next frame border.
    pub fn go_to_border(&mut self, op: Op) -> Outcome {
        let outcome = self.world.step(Op::ToBorder(Box::new(op)), &mut Log::off()).expect("a sensible op");
        self.pauses = Some(self.pauses.unwrap_or(0) + u32::from(outcome == Outcome::Paused));
        outcome
    }

    pub fn api(&mut self, on: Incarnation, call: ApiCall) -> CallResult {
        returned(self.step(on, Call::Api(call)))
    }

    #[inline(always)]
    pub fn spi(&mut self, on: Incarnation, call: SpiCall) -> Result<SpiReturn, WsaError> {
        match returned(self.step(on, Call::Spi(call)))? {
            Value::Spi(value) => Ok(value),
            other => panic!("not an SPI result: {other:?}"),
        }
    }

    pub fn tcp(&mut self, on: Incarnation) -> Handle {
        self.tcp_with(on, SocketFlags::empty())
    }

    pub fn tcp_with(&mut self, on: Incarnation, flags: SocketFlags) -> Handle {
        let call = SpiCall::Socket { af: AF_INET, kind: SOCK_STREAM, protocol: 0, info: None, group: 0, flags };
        socket(self.spi(on, call)).expect("a socket")
    }

    /// A completion port with one socket.
    pub fn port(&mut self, on: Incarnation, s: Handle) -> Handle {
        let call = OsCall::CreateIoCompletionPort { file: Some(s), port: None, key: 1 };
        match self.step(on, Call::Os(call)) {
            Outcome::Returned(Ok(Value::Handle(port))) => port,
            other => panic!("no completion port: {other:?}"),
        }
    }

    /// The next packet of a completion port.
    #[inline(always)]
    pub fn packet(&mut self, on: Incarnation, port: Handle) -> Outcome {
        self.step(on, Call::Os(OsCall::GetQueuedCompletionStatus { port, timeout_ms: Some(0) }))
    }

    pub fn duplicate(&mut self, on: Incarnation, s: Handle, to: Incarnation) -> Result<Info, WsaError> {
        let (process, info) = (self.id(to), Some(self.world.machine().blank.clone()));
        self.spi(on, SpiCall::DuplicateSocket { s, process, info }).map(|value| match value {
            SpiReturn::Info(info) => info,
            other => panic!("not a block: {other:?}"),
        })
    }

    pub fn open(&mut self, on: Incarnation, info: &Info) -> Result<Handle, WsaError> {
        let info = Some(Block::Info(info.clone()));
        let flags = SocketFlags::empty();
        socket(self.spi(on, SpiCall::Socket { af: -1, kind: -1, protocol: -1, info, group: 0, flags }))
    }

    pub fn close(&mut self, on: Incarnation, s: Handle) -> Result<(), WsaError> {
        self.spi(on, SpiCall::CloseSocket { s }).map(|_| ())
    }

    pub fn send(&mut self, on: Incarnation, s: Handle, text: &str) -> Result<SpiReturn, WsaError> {
        let data = Gather::One(text.as_bytes().into());
        self.spi(on, SpiCall::Send { s, data, flags: Default::default(), returned: true, overlapped: None })
    }

    pub fn recv(&mut self, on: Incarnation, s: Handle) -> Result<Vec<u8>, WsaError> {
        let call =
            SpiCall::Recv { s, room: Scatter::One(65536), flags: Default::default(), returned: true, overlapped: None };
        self.spi(on, call).map(|value| match value {
            SpiReturn::Received(received) => received.data,
            other => panic!("not data: {other:?}"),
        })
    }

    /// A listener and a connection to it: (listener, client's end, server's end).
    pub fn pair(&mut self, server: Incarnation, client: Incarnation) -> (Handle, Handle, Handle) {
        self.pair_with(server, client, SocketFlags::empty())
    }

    pub fn pair_with(
        &mut self,
        server: Incarnation,
        client: Incarnation,
        flags: SocketFlags,
    ) -> (Handle, Handle, Handle) {
        let listener = self.tcp_with(server, flags);
        let name = Name::of(SockAddr::parse("127.0.0.1:7000", AF_INET).expect("an address"));
        self.spi(server, SpiCall::Bind { s: listener, name }).expect("bind");
        self.spi(server, SpiCall::Listen { s: listener, backlog: 5 }).expect("listen");
        let near = self.tcp_with(client, flags);
        self.spi(client, SpiCall::Connect { s: near, name, extras: None }).expect("connect");
        let far = socket(self.spi(server, SpiCall::Accept { s: listener, addr: None, condition: None }));
        (listener, near, far.expect("accept"))
    }
}

pub fn socket(result: Result<SpiReturn, WsaError>) -> Result<Handle, WsaError> {
    result.map(|value| match value {
        SpiReturn::Socket { socket, .. } => socket,
        other => panic!("not a descriptor: {other:?}"),
    })
}

#[inline(always)]
fn returned(outcome: Outcome) -> CallResult {
    match outcome {
        Outcome::Returned(result) => result,
        other => panic!("the call did not return: {other:?}"),
    }
}
