//! Random calls: nothing panics, what must hold holds after each, and no stream loses, repeats or reorders a byte.
//!
//! Every end of a connection sends the numbers 0, 1, 2, ... so that a receiver can tell whether the next byte is the
//! right one, and at the end of the stream whether all came.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::bench::{Bench, at};
use super::*;
use crate::abi::{MessageFlags, SockOpt};
use crate::world::link_rule::{LinkEffect, LinkRule};
use crate::world::machine::{Interface, Limits};
use crate::world::policy::{LingerOnSharedClose, PartialSend, RecordAtRegistration};

#[derive(Clone, Debug)]
enum Op {
    /// A listener at the first name.
    Server {
        backlog: i32,
        conditional: bool,
    },
    /// A client connected to it.
    Client,
    /// Two connected streams.
    Pair,
    /// Two datagram sockets that know each other.
    DatagramPair,
    Create {
        v6: bool,
        datagram: bool,
    },
    AddDescriptor(usize),
    AddDuplication(usize),
    OpenDuplication(usize),
    DropDuplication(usize),
    Close(usize, bool),
    FinishClose(usize),
    Release(usize, bool),
    ResetForAll(usize),
    Bind(usize, usize),
    Listen(usize, i32),
    Connect(usize, usize),
    Accept(usize),
    Reject(usize),
    Defer(usize),
    Send(usize, usize),
    SendTo(usize, usize, usize),
    Recv(usize, usize, bool),
    Shutdown(usize, i32),
    Switch(usize, SockOpt, bool),
    Buffer(usize, SockOpt, i32),
    Linger(usize, bool, u16),
    Nonblocking(usize, bool),
    Register(usize, u32),
    Enumerate(usize),
    RegistrantGone(usize),
    EventGone,
    CancelConnect(usize),
    ConnReset(usize, bool),
    Abort(usize, bool),
    Advance(u64),
    Delay(u64),
    Link(LinkRule),
    LinksRestored,
    NetworkDown(bool),
    NoBuffers(bool),
}

const NAMES: [&str; 12] = [
    "127.0.0.1:7000",
    "127.0.0.1:7001",
    "127.0.0.2:7000",
    "0.0.0.0:7000",
    "0.0.0.0:0",
    "10.0.0.9:7000",
    "9.9.9.9:7000",
    "10.0.0.255:7000",
    "[::1]:7000",
    "[::]:7000",
    "[::ffff:127.0.0.1]:7000",
    "[::ffff:0.0.0.0]:7000",
];

const SWITCHES: [SockOpt; 6] = [
    SockOpt::ReuseAddr,
    SockOpt::ExclusiveAddrUse,
    SockOpt::ConditionalAccept,
    SockOpt::PauseAccept,
    SockOpt::Broadcast,
    SockOpt::Ipv6V6Only,
];

fn link() -> impl Strategy<Value = LinkRule> {
    let effect = prop_oneof![
        3 => (1..2000_u64).prop_map(|ms| LinkEffect::Latency { ms }),
        1 => Just(LinkEffect::Loss),
        1 => (1..2000_u64).prop_map(|ms| LinkEffect::Reorder { ms }),
        3 => Just(LinkEffect::Partition),
    ];
    let until_ms = prop::option::of(1..30_000_u64);
    let from = prop::option::weighted(0.3, Just(at("127.0.0.1")));
    (effect, until_ms, prop::option::of(1..4_u32), from, any::<bool>()).prop_map(
        |(effect, until_ms, every, from, one_way)| LinkRule {
            until_ms,
            every: every.filter(|_| effect != LinkEffect::Partition),
            from,
            one_way,
            ..LinkRule::always(effect)
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let s = 0..60_usize;
    let name = 0..NAMES.len();
    prop_oneof![
        2 => (0..4_i32, prop::bool::weighted(0.3)).prop_map(|(backlog, conditional)| Op::Server { backlog, conditional }),
        4 => Just(Op::Client),
        6 => Just(Op::Pair),
        1 => Just(Op::DatagramPair),
        2 => (prop::bool::weighted(0.2), prop::bool::weighted(0.5)).prop_map(|(v6, datagram)| Op::Create { v6, datagram }),
        1 => s.clone().prop_map(Op::AddDescriptor),
        1 => s.clone().prop_map(Op::AddDuplication),
        1 => s.clone().prop_map(Op::OpenDuplication),
        1 => s.clone().prop_map(Op::DropDuplication),
        2 => (s.clone(), any::<bool>()).prop_map(|(s, nonblocking)| Op::Close(s, nonblocking)),
        1 => s.clone().prop_map(Op::FinishClose),
        1 => (s.clone(), any::<bool>()).prop_map(|(s, reset)| Op::Release(s, reset)),
        1 => s.clone().prop_map(Op::ResetForAll),
        4 => (s.clone(), name.clone()).prop_map(|(s, n)| Op::Bind(s, n)),
        4 => (s.clone(), -1..4_i32).prop_map(|(s, backlog)| Op::Listen(s, backlog)),
        8 => (s.clone(), name.clone()).prop_map(|(s, n)| Op::Connect(s, n)),
        10 => s.clone().prop_map(Op::Accept),
        1 => s.clone().prop_map(Op::Reject),
        1 => s.clone().prop_map(Op::Defer),
        16 => (s.clone(), 0..40_usize).prop_map(|(s, n)| Op::Send(s, n)),
        3 => (s.clone(), name, 0..40_usize).prop_map(|(s, to, n)| Op::SendTo(s, to, n)),
        14 => (s.clone(), 0..40_usize, prop::bool::weighted(0.2)).prop_map(|(s, n, peek)| Op::Recv(s, n, peek)),
        2 => (s.clone(), -1..4_i32).prop_map(|(s, how)| Op::Shutdown(s, how)),
        2 => (s.clone(), prop::sample::select(&SWITCHES[..]), any::<bool>()).prop_map(|(s, o, on)| Op::Switch(s, o, on)),
        2 => (s.clone(), prop::sample::select(&[SockOpt::SndBuf, SockOpt::RcvBuf][..]), -1..40_i32)
            .prop_map(|(s, o, n)| Op::Buffer(s, o, n)),
        2 => (s.clone(), any::<bool>(), 0..3_u16).prop_map(|(s, on, seconds)| Op::Linger(s, on, seconds)),
        1 => (s.clone(), any::<bool>()).prop_map(|(s, on)| Op::Nonblocking(s, on)),
        3 => (s.clone(), 0..0x400_u32).prop_map(|(s, mask)| Op::Register(s, mask)),
        1 => s.clone().prop_map(Op::Enumerate),
        1 => s.clone().prop_map(Op::RegistrantGone),
        1 => Just(Op::EventGone),
        1 => s.clone().prop_map(Op::CancelConnect),
        1 => (s.clone(), any::<bool>()).prop_map(|(s, on)| Op::ConnReset(s, on)),
        1 => (s, any::<bool>()).prop_map(|(s, keep_alive)| Op::Abort(s, keep_alive)),
        2 => (0..3000_u64).prop_map(Op::Advance),
        1 => (0..2000_u64).prop_map(Op::Delay),
        2 => link().prop_map(Op::Link),
        1 => Just(Op::LinksRestored),
        1 => prop::bool::weighted(0.1).prop_map(Op::NetworkDown),
        1 => prop::bool::weighted(0.1).prop_map(Op::NoBuffers),
    ]
}

fn discard<R>(_: R) {}

/// What one end of a connection has sent and received.
#[derive(Default)]
struct End {
    sent: usize,
    received: usize,
}

struct Player {
    bench: Bench,
    /// One entry per descriptor, and one per pending duplication.
    descriptors: Vec<SocketId>,
    duplications: Vec<SocketId>,
    /// Closes that wait.
    closing: Vec<SocketId>,
    ends: BTreeMap<SocketId, End>,
}

impl Player {
    fn new(generous: bool) -> Self {
        let mut bench = Bench::new();
        bench.platform.interfaces = vec![Interface { address: "10.0.0.5".parse().unwrap(), prefix: 24 }];
        bench.platform.limits = Limits {
            sockets: 14,
            send_buffer_bytes: 16,
            receive_buffer_bytes: 16,
            message_bytes: 30,
            backlog: 2,
            connect_timeout_ms: 2500,
            ..Limits::default()
        };
        if generous {
            bench.platform.policies.linger_on_shared_close = LingerOnSharedClose::Immediate;
            bench.platform.policies.partial_send = PartialSend::WholeOrNothing;
            bench.platform.policies.record_at_registration = RecordAtRegistration::Kept;
        }
        let (descriptors, duplications, closing) = Default::default();
        Self { bench, descriptors, duplications, closing, ends: BTreeMap::new() }
    }

    /// The descriptor meant by an index; sometimes an id that names nothing.
    fn pick(&self, index: usize) -> SocketId {
        if self.descriptors.is_empty() { SocketId(99) } else { self.descriptors[index % self.descriptors.len()] }
    }

    fn take(list: &mut Vec<SocketId>, index: usize) -> Option<SocketId> {
        if list.is_empty() { None } else { Some(list.remove(index % list.len())) }
    }

    /// A descriptor that no close waits on.
    fn take_descriptor(&mut self, index: usize) -> Option<SocketId> {
        let id = self.pick_connected(index);
        let at = self.descriptors.iter().position(|&descriptor| descriptor == id)?;
        if self.closing.contains(&id) { None } else { Some(self.descriptors.remove(at)) }
    }

    fn own(&mut self, id: SocketId) {
        self.bench.run(|afd, cx| afd.add_descriptor(cx, id));
        self.descriptors.push(id);
        self.ends.entry(id).or_default();
    }

    fn play(&mut self, op: &Op) {
        match *op {
            Op::Server { backlog, conditional } => self.serve(backlog, conditional),
            Op::Client => {
                if let Some(id) = self.create(false, false) {
                    discard(self.bench.run(|afd, cx| afd.connect(cx, id, &at(NAMES[0]))));
                }
            }
            Op::Pair => self.pair(),
            Op::DatagramPair => self.datagram_pair(),
            Op::Create { v6, datagram } => discard(self.create(v6, datagram)),
            Op::AddDescriptor(s) => {
                let id = self.pick(s);
                if self.bench.afd.socket(id).is_some() {
                    self.bench.run(|afd, cx| afd.add_descriptor(cx, id));
                    self.descriptors.push(id);
                }
            }
            Op::AddDuplication(s) => {
                let id = self.pick(s);
                if self.bench.afd.socket(id).is_some() {
                    self.bench.run(|afd, cx| afd.add_duplication(cx, id));
                    self.duplications.push(id);
                }
            }
            Op::OpenDuplication(s) => {
                if let Some(id) = Self::take(&mut self.duplications, s) {
                    self.bench.run(|afd, cx| afd.duplication_to_descriptor(cx, id));
                    self.descriptors.push(id);
                }
            }
            Op::DropDuplication(s) => {
                if let Some(id) = Self::take(&mut self.duplications, s) {
                    self.bench.run(|afd, cx| afd.drop_duplication(cx, id));
                }
            }
            Op::Close(s, nonblocking) => self.close(s, nonblocking),
            Op::FinishClose(s) => {
                if let Some(id) = Self::take(&mut self.closing, s) {
                    let at = self.descriptors.iter().position(|&descriptor| descriptor == id).unwrap();
                    self.descriptors.remove(at);
                    self.bench.run(|afd, cx| afd.finish_close(cx, id));
                }
            }
            Op::Release(s, reset) => {
                if let Some(id) = self.take_descriptor(s) {
                    let how = if reset { Release::Reset } else { Release::Close };
                    self.bench.run(|afd, cx| afd.release(cx, id, how));
                }
            }
            Op::Accept(s) => {
                let id = self.pick(s);
                self.accept(id);
            }
            Op::Send(s, n) => self.send(s, n),
            Op::Recv(s, room, peek) => self.recv(s, room, peek),
            _ => self.play_simple(op),
        }
        for signal in self.bench.afd.take_signals() {
            assert!(signal.event.bit_index().is_some(), "one event each");
        }
    }

    fn play_simple(&mut self, op: &Op) {
        let (mut s, mut register, mut gone) = (SocketId(99), None, None);
        if let Op::Register(index, mask) = *op {
            s = self.pick(index);
            register = Some(NetworkEvents::from_bits_retain(mask));
        }
        if let Op::RegistrantGone(index) = *op {
            s = self.pick(index);
            gone = Some(Registrant { process: Incarnation(1), handle: Handle(4) });
        }
        let pick = |index: usize| if index.is_multiple_of(2) { self.pick(index) } else { self.pick_connected(index) };
        let now = self.bench.now;
        match *op {
            Op::ResetForAll(i) | Op::CancelConnect(i) | Op::ConnReset(i, _) => s = pick(i),
            Op::Bind(i, _) | Op::Listen(i, _) | Op::Connect(i, _) | Op::Reject(i) | Op::Defer(i) => s = pick(i),
            Op::SendTo(i, ..) | Op::Switch(i, ..) | Op::Buffer(i, ..) => s = pick(i),
            Op::Shutdown(i, _) => s = self.pick_connected(i),
            Op::Linger(i, ..) | Op::Nonblocking(i, _) | Op::Enumerate(i) | Op::Abort(i, _) => s = pick(i),
            Op::Advance(ms) => self.bench.now = now.plus_ms(ms),
            _ => {}
        }
        // A stream ignores the destination, but its bytes would have to be numbered.
        let is_stream = self.bench.afd.socket(s).is_some_and(|socket| socket.transport().kind == Kind::Stream);
        self.bench.run(|afd, cx| match *op {
            Op::ResetForAll(_) => afd.reset_for_all(cx, s),
            Op::Bind(_, name) => discard(afd.bind(cx, s, &at(NAMES[name]))),
            Op::Listen(_, backlog) => discard(afd.listen(cx, s, backlog)),
            Op::Connect(_, name) => discard(afd.connect(cx, s, &at(NAMES[name]))),
            Op::Reject(_) => afd.reject(cx, s),
            Op::Defer(_) => afd.defer(cx, s),
            Op::SendTo(_, to, n) if !is_stream => {
                discard(afd.send_to(cx, s, &vec![0; n], Some(&at(NAMES[to])), MessageFlags::empty()));
            }
            Op::Shutdown(_, how) => discard(afd.shutdown(cx, s, how)),
            Op::Switch(_, option, on) => discard(afd.set_option(cx, s, option, OptionValue::Bool(on))),
            Op::Buffer(_, option, bytes) => discard(afd.set_option(cx, s, option, OptionValue::Int(bytes))),
            Op::Linger(_, on, seconds) => {
                discard(afd.set_option(cx, s, SockOpt::Linger, OptionValue::Linger { on, seconds }));
            }
            Op::Nonblocking(_, on) => discard(afd.set_nonblocking(cx, s, on)),
            Op::Enumerate(_) => discard(afd.enumerate(cx, s, None)),
            Op::Abort(_, keep_alive) => {
                afd.abort(cx, s, if keep_alive { WsaError::NetReset } else { WsaError::ConnReset });
            }
            Op::EventGone => afd.forget_event(EventId(0)),
            Op::CancelConnect(_) => afd.cancel_connect(cx, s),
            Op::ConnReset(_, on) => discard(afd.set_udp_connreset(cx, s, on)),
            Op::Advance(_) => afd.advance(cx),
            Op::Delay(ms) => afd.delay_connects(ms),
            Op::Link(rule) => afd.add_link_rule(cx, rule),
            Op::LinksRestored => afd.restore_links(cx),
            Op::NetworkDown(down) => afd.set_network_down(cx, down),
            Op::NoBuffers(none) => afd.set_no_buffers(none),
            _ => {
                if let Some(mask) = register {
                    let registrant = Registrant { process: Incarnation(1), handle: Handle(4) };
                    discard(afd.register(cx, s, registrant, Target::Event(EventId(0)), mask));
                }
                if let Some(who) = gone {
                    afd.registrant_gone(cx, s, who);
                }
            }
        });
    }

    fn create(&mut self, v6: bool, datagram: bool) -> Option<SocketId> {
        let family = if v6 { Family::V6 } else { Family::V4 };
        let kind = if datagram { Kind::Datagram } else { Kind::Stream };
        let id = self.bench.run_unchecked(|afd, cx| afd.create(cx, Transport { family, kind }, true)).ok()?;
        self.ends.insert(id, End::default());
        self.own(id);
        Some(id)
    }

    fn pair(&mut self) {
        let name = at("127.0.0.1:7100");
        let (Some(server), Some(client)) = (self.create(false, false), self.create(false, false)) else { return };
        discard(self.bench.run(|afd, cx| afd.bind(cx, server, &name)));
        discard(self.bench.run(|afd, cx| afd.listen(cx, server, 1)));
        discard(self.bench.run(|afd, cx| afd.connect(cx, client, &name)));
        self.accept(server);
        self.descriptors.retain(|&descriptor| descriptor != server);
        self.bench.run(|afd, cx| afd.release(cx, server, Release::Close));
    }

    fn datagram_pair(&mut self) {
        let names = [at("127.0.0.1:7200"), at("127.0.0.1:7201")];
        let (Some(one), Some(two)) = (self.create(false, true), self.create(false, true)) else { return };
        for (id, local, peer) in [(one, &names[0], &names[1]), (two, &names[1], &names[0])] {
            discard(self.bench.run(|afd, cx| afd.bind(cx, id, local)));
            discard(self.bench.run(|afd, cx| afd.connect(cx, id, peer)));
        }
    }

    fn accept(&mut self, id: SocketId) {
        if let Ok(accepted) = self.bench.run_unchecked(|afd, cx| afd.accept(cx, id)) {
            self.ends.insert(accepted, End::default());
            self.own(accepted);
            self.bench.run(|afd, cx| afd.set_registration_handle(cx, accepted, Handle(8)));
        }
    }

    /// As [`pick`](Self::pick), but something with a peer if there is anything.
    fn pick_connected(&self, index: usize) -> SocketId {
        let has_peer = |id: &&SocketId| self.bench.afd.socket(**id).is_some_and(|socket| socket.peer().is_some());
        let connected: Vec<_> = self.descriptors.iter().filter(has_peer).collect();
        if connected.is_empty() || index.is_multiple_of(5) {
            self.pick(index)
        } else {
            *connected[index % connected.len()]
        }
    }

    fn serve(&mut self, backlog: i32, conditional: bool) {
        let Some(id) = self.create(false, false) else { return };
        let conditional = OptionValue::Bool(conditional);
        discard(self.bench.run(|afd, cx| afd.set_option(cx, id, SockOpt::ConditionalAccept, conditional)));
        discard(self.bench.run(|afd, cx| afd.bind(cx, id, &at(NAMES[0]))));
        discard(self.bench.run(|afd, cx| afd.listen(cx, id, backlog)));
    }

    fn close(&mut self, s: usize, nonblocking: bool) {
        let Some(id) = self.take_descriptor(s) else { return };
        match self.bench.run(|afd, cx| afd.close(cx, id, nonblocking)) {
            Ok(Closing::Done) => {}
            Ok(Closing::Wait(_)) => {
                self.descriptors.push(id);
                self.closing.push(id);
            }
            Err(_) => self.descriptors.push(id),
        }
    }

    fn send(&mut self, s: usize, n: usize) {
        let id = self.pick_connected(s);
        let sent = self.ends.get(&id).map_or(0, |end| end.sent);
        let data: Vec<u8> = (sent..sent + n).map(|byte| byte as u8).collect();
        let result = self.bench.run(|afd, cx| afd.send(cx, id, &data, MessageFlags::empty()));
        if let (Ok(taken), Some(end)) = (result, self.ends.get_mut(&id)) {
            assert!(taken <= n);
            end.sent += taken;
            if taken == 0 && n > 0 {
                self.bench.run(|afd, cx| afd.note_would_block(cx, id));
            }
        }
    }

    fn recv(&mut self, s: usize, room: usize, peek: bool) {
        let id = self.pick_connected(s);
        let ready = self.bench.afd.ready(id, Interest::Readable);
        let peer = self.bench.afd.socket(id).and_then(SharedSocket::peer_socket);
        let flags = if peek { MessageFlags::PEEK } else { MessageFlags::empty() };
        let result = self.bench.run(|afd, cx| afd.recv(cx, id, room, flags));
        assert_eq!(ready, !matches!(result, Ok(Received::Empty)), "readiness told the truth");
        let is_stream = self.bench.afd.socket(id).is_some_and(|socket| socket.transport().kind == Kind::Stream);
        if !is_stream {
            return;
        }
        let expected = self.ends[&id].received;
        match result {
            Ok(Received::Data { bytes, .. }) => {
                assert!(bytes.len() <= room);
                let right: Vec<u8> = (expected..expected + bytes.len()).map(|byte| byte as u8).collect();
                assert_eq!(bytes, right, "the next bytes of the stream");
                if !peek {
                    self.ends.get_mut(&id).unwrap().received += bytes.len();
                }
            }
            Ok(Received::End) => {
                if let Some(peer) = peer.and_then(|peer| self.ends.get(&peer)) {
                    assert_eq!(peer.sent, expected, "all that was sent came");
                }
            }
            _ => {}
        }
    }

    /// Gives every reference up; nothing may be left but closed sockets whose data nobody reads.
    fn finish(&mut self) {
        self.bench.run(|afd, cx| afd.set_network_down(cx, false));
        while !self.closing.is_empty() {
            self.play(&Op::FinishClose(0));
        }
        while let Some(id) = self.duplications.pop() {
            self.bench.run(|afd, cx| afd.drop_duplication(cx, id));
        }
        while let Some(id) = self.descriptors.pop() {
            self.bench.run(|afd, cx| afd.release(cx, id, Release::Close));
        }
        self.bench.run(|afd, cx| afd.restore_links(cx));
        self.bench.now = self.bench.now.plus_ms(1_000_000_000);
        self.bench.run(|afd, cx| afd.advance(cx));
        assert!(self.bench.afd.is_empty(), "sockets left: {:#?}", self.bench.afd);
        assert_eq!(self.bench.afd.next_deadline(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_in_any_order_keep_the_machine_whole(
        generous in any::<bool>(),
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut player = Player::new(generous);
        for op in &ops {
            player.play(op);
        }
        player.finish();
    }

    #[test]
    fn equal_calls_make_equal_machines(ops in prop::collection::vec(op(), 1..60)) {
        let play = || {
            let mut player = Player::new(false);
            ops.iter().for_each(|op| player.play(op));
            (player.bench.afd, player.bench.log.take())
        };
        let (one, two) = (play(), play());
        prop_assert_eq!(&one.0, &two.0);
        prop_assert_eq!(one.1, two.1);
        prop_assert_eq!(&one.0.clone(), &one.0);
    }
}
