//! A machine with one log and one clock, and short verbs for tests that read like scripts.

use super::super::*;
use crate::abi::SockAddr;
use crate::world::log::Log;

pub(super) struct Bench {
    pub(super) afd: Afd,
    pub(super) platform: Platform,
    pub(super) now: Ticks,
    pub(super) log: Log,
}

pub(super) const STREAM: Transport = Transport { family: Family::V4, kind: Kind::Stream };

impl Bench {
    pub(super) fn new() -> Self {
        Self { afd: Afd::default(), platform: Platform::default(), now: Ticks(0), log: Log::on() }
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

    pub(super) fn close(&mut self, id: SocketId) {
        assert_eq!(self.run(|afd, cx| afd.close(cx, id, false)), Ok(Closing::Done));
    }
}

pub(super) fn at(text: &str) -> SockAddr {
    text.parse().unwrap()
}
