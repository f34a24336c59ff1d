//! A machine with one log and one clock, and short verbs for tests that read like scripts. Every verb checks the
//! invariants.

use super::super::*;
use crate::abi::{MessageFlags, SockAddr, SockOpt};
use crate::world::event::Event;
use crate::world::log::Log;
use crate::world::machine::{Interface, Limits};
use crate::world::policy::PolicyId;

pub(super) struct Bench {
    pub(super) afd: Afd,
    pub(super) platform: Platform,
    pub(super) now: Ticks,
    pub(super) log: Log,
}

pub(super) const NONE: MessageFlags = MessageFlags::empty();
pub(super) const STREAM: Transport = Transport { family: Family::V4, kind: Kind::Stream };
pub(super) const DATAGRAM: Transport = Transport { family: Family::V4, kind: Kind::Datagram };
pub(super) const STREAM_V6: Transport = Transport { family: Family::V6, kind: Kind::Stream };
pub(super) const DATAGRAM_V6: Transport = Transport { family: Family::V6, kind: Kind::Datagram };

/// Where listeners of these tests are.
pub(super) const SERVER: &str = "127.0.0.1:7000";

/// The event object of these tests.
pub(super) const EVENT: EventId = EventId(5);

pub(super) const SD_RECEIVE: i32 = 0;
pub(super) const SD_SEND: i32 = 1;
pub(super) const SD_BOTH: i32 = 2;

impl Bench {
    /// A machine at 10.0.0.5/24 and fd00::5/64 with buffers of 8 bytes.
    pub(super) fn new() -> Self {
        let interface = |address: &str, prefix| Interface { address: address.parse().unwrap(), prefix };
        let interfaces = vec![interface("10.0.0.5", 24), interface("fd00::5", 64)];
        let limits = Limits {
            send_buffer_bytes: 8,
            receive_buffer_bytes: 8,
            message_bytes: 20,
            backlog: 4,
            connect_timeout_ms: 21_000,
            ..Limits::default()
        };
        let platform = Platform { limits, interfaces, ..Platform::default() };
        Self { afd: Afd::default(), platform, now: Ticks(0), log: Log::on() }
    }

    /// Runs one call, and checks what must hold after it.
    pub(super) fn run<R>(&mut self, call: impl FnOnce(&mut Afd, &mut Cx<'_>) -> R) -> R {
        let result = self.run_unchecked(call);
        if let Err(broken) = self.afd.check_invariants() {
            panic!("{broken}\nafter {:#?}", self.log.events());
        }
        result
    }

    /// Runs one call of several that belong together.
    pub(super) fn run_unchecked<R>(&mut self, call: impl FnOnce(&mut Afd, &mut Cx<'_>) -> R) -> R {
        let mut cx = Cx { platform: &self.platform, now: self.now, log: &mut self.log };
        call(&mut self.afd, &mut cx)
    }

    /// A socket with one descriptor.
    pub(super) fn socket(&mut self, transport: Transport) -> SocketId {
        self.run(|afd, cx| {
            let id = afd.create(cx, transport, true).unwrap();
            afd.add_descriptor(cx, id);
            id
        })
    }

    pub(super) fn stream(&mut self) -> SocketId {
        self.socket(STREAM)
    }

    /// A datagram socket bound to a name.
    pub(super) fn datagram(&mut self, name: &str) -> SocketId {
        let id = self.socket(DATAGRAM);
        self.bind(id, name).unwrap();
        id
    }

    pub(super) fn share(&mut self, id: SocketId) {
        self.run(|afd, cx| afd.add_descriptor(cx, id));
    }

    pub(super) fn close(&mut self, id: SocketId) {
        assert_eq!(self.run(|afd, cx| afd.close(cx, id, false)), Ok(Closing::Done));
    }

    pub(super) fn bind(&mut self, id: SocketId, name: &str) -> Result<(), WsaError> {
        self.run(|afd, cx| afd.bind(cx, id, &at(name)))
    }

    pub(super) fn listen(&mut self, id: SocketId, backlog: i32) -> Result<(), WsaError> {
        self.run(|afd, cx| afd.listen(cx, id, backlog))
    }

    /// A listener at [`SERVER`].
    pub(super) fn server(&mut self) -> SocketId {
        let id = self.stream();
        self.bind(id, SERVER).unwrap();
        self.listen(id, 4).unwrap();
        id
    }

    pub(super) fn connect(&mut self, id: SocketId, name: &str) -> Result<Connect, WsaError> {
        self.run(|afd, cx| afd.connect(cx, id, &at(name)))
    }

    /// A client connected to [`SERVER`].
    pub(super) fn client(&mut self) -> SocketId {
        let id = self.stream();
        assert_eq!(self.connect(id, SERVER), Ok(Connect::Done));
        id
    }

    /// Accepts, and gives the new socket a descriptor.
    pub(super) fn accept(&mut self, listener: SocketId) -> Result<SocketId, WsaError> {
        self.run(|afd, cx| {
            let id = afd.accept(cx, listener)?;
            afd.add_descriptor(cx, id);
            afd.set_registration_handle(cx, id, Handle(0x44));
            Ok(id)
        })
    }

    /// Two ends of a connection: the client's and the server's. The listener is closed again.
    pub(super) fn pair(&mut self) -> (SocketId, SocketId) {
        let listener = self.server();
        let client = self.client();
        let server = self.accept(listener).unwrap();
        self.close(listener);
        (client, server)
    }

    pub(super) fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize, WsaError> {
        let sent = self.run(|afd, cx| afd.send(cx, id, data, NONE));
        if sent == Ok(0) && !data.is_empty() {
            self.run(|afd, cx| afd.note_would_block(cx, id));
        }
        sent
    }

    pub(super) fn send_to(&mut self, id: SocketId, data: &[u8], to: &str) -> Result<usize, WsaError> {
        self.run(|afd, cx| afd.send_to(cx, id, data, Some(&at(to)), NONE))
    }

    /// Receives with room for everything.
    pub(super) fn recv(&mut self, id: SocketId) -> Result<Received, WsaError> {
        self.recv_some(id, 1000)
    }

    pub(super) fn recv_some(&mut self, id: SocketId, room: usize) -> Result<Received, WsaError> {
        self.run(|afd, cx| afd.recv(cx, id, room, NONE))
    }

    pub(super) fn peek(&mut self, id: SocketId, room: usize) -> Result<Received, WsaError> {
        self.run(|afd, cx| afd.recv(cx, id, room, MessageFlags::PEEK))
    }

    pub(super) fn shutdown(&mut self, id: SocketId, how: i32) -> Result<(), WsaError> {
        self.run(|afd, cx| afd.shutdown(cx, id, how))
    }

    pub(super) fn get(&mut self, id: SocketId, option: SockOpt) -> Result<OptionValue, WsaError> {
        self.run(|afd, cx| afd.get_option(cx, id, option))
    }

    pub(super) fn set(&mut self, id: SocketId, option: SockOpt, value: OptionValue) -> Result<(), WsaError> {
        self.run(|afd, cx| afd.set_option(cx, id, option, value))
    }

    pub(super) fn turn_on(&mut self, id: SocketId, option: SockOpt) {
        self.set(id, option, OptionValue::Bool(true)).unwrap();
    }

    pub(super) fn linger(&mut self, id: SocketId, seconds: u16) {
        self.set(id, SockOpt::Linger, OptionValue::Linger { on: true, seconds }).unwrap();
    }

    pub(super) fn nonblocking(&mut self, id: SocketId) {
        self.run(|afd, cx| afd.set_nonblocking(cx, id, true)).unwrap();
    }

    pub(super) fn local(&self, id: SocketId) -> String {
        self.afd.local_name(id).unwrap().to_string()
    }

    /// Lets time pass.
    pub(super) fn wait_ms(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.run(|afd, cx| afd.advance(cx));
    }

    /// Registers with [`EVENT`].
    pub(super) fn register(&mut self, id: SocketId, mask: NetworkEvents) {
        let registrant = Registrant { process: Incarnation(1), handle: Handle(0x40) };
        self.run(|afd, cx| afd.register(cx, id, registrant, Target::Event(EVENT), mask)).unwrap();
    }

    /// The reports since the last look.
    pub(super) fn signals(&mut self) -> String {
        let with_code = |signal: Signal| match signal.error {
            None => signal.event.to_string(),
            Some(error) => format!("{} {}", signal.event, error.name()),
        };
        self.afd.take_signals().into_iter().map(with_code).collect::<Vec<_>>().join(", ")
    }

    /// What WSPEnumNetworkEvents gives.
    pub(super) fn record(&mut self, id: SocketId) -> String {
        let (events, codes) = self.run(|afd, cx| afd.enumerate(cx, id, None)).unwrap();
        let with_code = |event: NetworkEvents| match event.bit_index().and_then(|bit| codes[bit]) {
            None => event.to_string(),
            Some(error) => format!("{event} {}", error.name()),
        };
        events.singles().map(with_code).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn ready(&self, id: SocketId, interest: Interest) -> bool {
        self.afd.ready(id, interest)
    }

    pub(super) fn state(&self, id: SocketId) -> Option<StateKind> {
        self.afd.socket(id).map(SharedSocket::state)
    }

    /// Whether the log names a rule.
    pub(super) fn follows(&self, rule: RuleId) -> bool {
        self.log.events().contains(&Event::Rule(rule))
    }

    /// Whether the log names a policy.
    pub(super) fn asks(&self, policy: PolicyId) -> bool {
        self.log.events().contains(&Event::Policy(policy))
    }
}

pub(super) fn at(text: &str) -> SockAddr {
    text.parse().unwrap()
}

/// Bytes of a stream.
pub(super) fn data(bytes: &[u8]) -> Result<Received, WsaError> {
    Ok(Received::Data { bytes: bytes.to_vec(), from: None, truncated: false })
}

/// A datagram.
pub(super) fn datagram(bytes: &[u8], from: &str) -> Result<Received, WsaError> {
    Ok(Received::Data { bytes: bytes.to_vec(), from: Some(at(from)), truncated: false })
}
