//! Plays for the tests of the renderings: real events of a small machine, without a scenario file.

// Tests alone may hold a world.
#[cfg(test)]
use std::sync::Arc;

use super::Trace;
use crate::abi::client::{ApiCall, Call, Value};
use crate::abi::consts::{AF_INET, FROM_PROTOCOL_INFO, IPPROTO_TCP, SOCK_STREAM};
use crate::abi::{
    Block, Gather, Guid, Info, Name, NetworkEvents, ProtocolChain, ProtocolInfoW, ProviderFlags, Scatter,
    ServiceFlags1, SockAddr, SocketFlags, SpiCall, SpiReturn,
};
use crate::provider::{Duplicating, HandleKind, Shape, ShapeFaults, ShapeKind, Waiting};
use crate::scenario::report::{Labelled, Named, Names, StepMark};
use crate::world::World;
use crate::world::catalog::{Catalog, CatalogEntry, ShapeId};
use crate::world::event::Event;
use crate::world::ids::{Handle, Incarnation, SocketId, ThreadId};
use crate::world::log::Log;
use crate::world::machine::{Machine, Platform};
use crate::world::op::{Op, Outcome};
use crate::world::policy::Policies;
use crate::world::program::Program;

/// Something played.
pub(super) struct Sample {
    world: World,
    pub(super) events: Vec<Event>,
    pub(super) names: Names,
    pub(super) marks: Vec<StepMark>,
    policies: Policies,
}

impl Sample {
    /// TCP over a base provider, under layers given from the base upwards; one process for each name.
    pub(super) fn new(layers: &[(&str, HandleKind)], processes: &[&str]) -> Self {
        let machine = Arc::new(machine(layers));
        let shapes = machine.shapes.iter().map(|shape| shape.name.clone()).collect();
        let entries = machine
            .catalog
            .entries()
            .iter()
            .map(|entry| (entry.id(), entry.info.fields().protocol_name.to_string().into()));
        let names = Names { shapes, entries: entries.collect(), ..Names::default() };
        let policies = *machine.policies();
        let mut sample = Self { world: World::new(machine), events: Vec::new(), names, marks: Vec::new(), policies };
        for name in processes {
            sample.op(Op::StartProcess { id: None, suspended: false, program: Program::default() });
            sample.names.processes.push((*name).into());
        }
        for at in 0..processes.len() {
            sample.op(Op::Call { thread: thread(at), call: Call::Api(ApiCall::Startup { version: 0x0202 }) });
        }
        sample
    }

    pub(super) fn trace(&self) -> Trace<'_> {
        Trace::new(&self.events, &self.names, &self.marks, &self.policies)
    }

    pub(super) fn op(&mut self, op: Op) -> Outcome {
        let mut log = Log::on();
        let outcome = self.world.step(op, &mut log).expect("a sensible op");
        self.events.append(&mut log.take());
        outcome
    }

    /// The next step: a mark, and the op.
    pub(super) fn step(&mut self, op: Op) -> Outcome {
        let step = self.marks.len();
        self.marks.push(StepMark { event: self.events.len(), step, line: 4 + step as u32 });
        self.op(op)
    }

    pub(super) fn call(&mut self, on: usize, call: Call) -> Option<Value> {
        match self.step(Op::Call { thread: thread(on), call }) {
            Outcome::Returned(result) => result.ok(),
            _ => None,
        }
    }

    pub(super) fn spi(&mut self, on: usize, call: SpiCall) -> Option<SpiReturn> {
        match self.call(on, Call::Spi(call)) {
            Some(Value::Spi(value)) => Some(value),
            _ => None,
        }
    }

    fn label(&mut self, on: usize, handle: Handle, label: &str) {
        let process = Incarnation(on as u32);
        let since = self.events.len();
        self.names.labels.push(Labelled { process, what: Named::Handle(handle), label: label.into(), since });
        let socket = self.world.shared_socket(process, handle);
        self.names.sockets.entry(socket.unwrap_or(SocketId(u32::MAX))).or_insert_with(|| label.into());
    }

    pub(super) fn socket(&mut self, on: usize, call: SpiCall, label: &str) -> Handle {
        let Some(SpiReturn::Socket { socket, .. }) = self.spi(on, call) else { panic!("no socket") };
        self.label(on, socket, label);
        socket
    }

    pub(super) fn tcp(&mut self, on: usize, label: &str) -> Handle {
        let flags = SocketFlags::OVERLAPPED;
        let call = SpiCall::Socket { af: AF_INET, kind: SOCK_STREAM, protocol: 0, info: None, group: 0, flags };
        self.socket(on, call, label)
    }

    pub(super) fn duplicate(&mut self, on: usize, s: Handle, to: usize, label: &str) -> Info {
        let process = self.world.process(Incarnation(to as u32)).expect("there").id;
        let info = Some(self.world.machine().blank.clone());
        let Some(SpiReturn::Info(info)) = self.spi(on, SpiCall::DuplicateSocket { s, process, info }) else {
            panic!("no block")
        };
        self.names.blocks.insert(info.reserved(), label.into());
        info
    }

    /// A listener in process 0 and a connection to it from process 1, not accepted yet.
    pub(super) fn connected(layers: &[(&str, HandleKind)], processes: &[&str]) -> (Self, Handle, Handle) {
        let mut play = Self::new(layers, processes);
        let name = Name::of(SockAddr::parse("127.0.0.1:7000", AF_INET).expect("an address"));
        let listener = play.tcp(0, "listener");
        play.spi(0, SpiCall::Bind { s: listener, name });
        play.spi(0, SpiCall::Listen { s: listener, backlog: 5 });
        let near = play.tcp(1, "s");
        play.spi(1, SpiCall::Connect { s: near, name, extras: None });
        (play, listener, near)
    }

    /// The hand-over of the documentation.
    pub(super) fn hand_over(layers: &[(&str, HandleKind)]) -> Self {
        let (mut play, _, near) = Self::connected(layers, &["peer", "source", "target"]);
        let info = play.duplicate(1, near, 2, "info");
        play.spi(1, SpiCall::CloseSocket { s: near });
        let copy = play.socket(2, open(&info), "t");
        play.spi(2, send(copy, "hello"));
        play.spi(2, open(&info));
        play
    }

    /// A receive that waits until the other side sends; then its process is killed.
    pub(super) fn waiting() -> Self {
        let (mut play, listener, near) = Self::connected(&[], &["server", "client"]);
        let accept = SpiCall::Accept { s: listener, addr: Some(128), condition: None };
        let far = play.socket(0, accept, "c");
        let room = Scatter::One(16);
        play.spi(0, SpiCall::Recv { s: far, room, flags: Default::default(), returned: true, overlapped: None });
        play.spi(1, send(near, "hello"));
        play.op(Op::Run { thread: thread(0) });
        play.step(Op::Kill { process: Incarnation(0) });
        play
    }

    /// Two processes register for the same shared socket.
    pub(super) fn registrations() -> Self {
        let (mut play, _, near) = Self::connected(&[], &["peer", "source", "target"]);
        let info = play.duplicate(1, near, 2, "info");
        let copy = play.socket(2, open(&info), "t");
        for (on, s) in [(1, near), (2, copy)] {
            let Some(Value::Handle(event)) = play.call(on, Call::Api(ApiCall::CreateEvent)) else { panic!("no event") };
            play.label(on, event, "e");
            play.spi(on, SpiCall::EventSelect { s, event, events: NetworkEvents::READ });
        }
        play
    }
}

pub(super) fn thread(process: usize) -> ThreadId {
    ThreadId { process: Incarnation(process as u32), index: 0 }
}

fn open(info: &Info) -> SpiCall {
    let (any, info) = (FROM_PROTOCOL_INFO, Some(Block::Info(info.clone())));
    SpiCall::Socket { af: any, kind: any, protocol: any, info, group: 0, flags: SocketFlags::OVERLAPPED }
}

fn send(s: Handle, text: &str) -> SpiCall {
    SpiCall::Send {
        s,
        data: Gather::One(text.as_bytes().into()),
        flags: Default::default(),
        returned: true,
        overlapped: None,
    }
}

fn machine(layers: &[(&str, HandleKind)]) -> Machine {
    let base = ShapeKind::Base { duplicating: Duplicating::Shares, service_thread: false, waiting: Waiting::Natively };
    let mut shapes = vec![shape("msafd", 0, HandleKind::Ifs, base)];
    let mut entries = vec![entry(1001, 0, ProtocolChain::base(1001), "MSAFD Tcpip [TCP/IP]", HandleKind::Ifs)];
    let mut chain = vec![1001];
    for (at, &(name, handles)) in layers.iter().enumerate() {
        let number = at as u16 + 1;
        shapes.push(shape(name, number, handles, ShapeKind::layer(handles)));
        let id = 1100 * u32::from(number);
        chain.insert(0, id);
        let ids = ProtocolChain::new(&chain).expect("short");
        entries.insert(0, entry(id, number, ProtocolChain::LAYER, name, handles));
        entries.insert(0, entry(id + 1, number, ids, &format!("{name} over TCP"), handles));
    }
    Machine::new("sample", Platform::default(), shapes, Catalog::new(entries), Vec::new())
}

fn shape(name: &str, number: u16, handles: HandleKind, kind: ShapeKind) -> Shape {
    Shape {
        name: name.into(),
        provider_id: Guid::from_u128(u128::from(number) + 1),
        path: format!("{name}.dll").into(),
        versions: (0x0202, 0x0202),
        width: None,
        missing: crate::abi::EntrySet::none(),
        handles,
        kind,
        behaviour: None,
        faults: ShapeFaults::NONE,
    }
}

fn entry(id: u32, number: u16, chain: ProtocolChain, name: &str, handles: HandleKind) -> CatalogEntry {
    let ifs = if handles == HandleKind::Ifs { ServiceFlags1::IFS_HANDLES } else { ServiceFlags1::empty() };
    let info = ProtocolInfoW {
        service_flags1: ifs,
        provider_flags: ProviderFlags::MATCHES_PROTOCOL_ZERO,
        provider_id: Guid::from_u128(u128::from(number) + 1),
        catalog_entry_id: id,
        chain,
        address_family: AF_INET,
        socket_type: SOCK_STREAM,
        protocol: IPPROTO_TCP,
        protocol_name: name.into(),
        ..ProtocolInfoW::default()
    };
    CatalogEntry::new(Info::new(info), "sample.dll".into(), Some(ShapeId(number)))
}
