//! What goes wrong from outside: a dead network, no buffers, a slow link, a connection that breaks.

use super::socket::{Attempt, Phase, Role};
use super::{Afd, Cx, SocketId};
use crate::abi::{NetworkEvents, WsaError};
use crate::rules::RuleId;

/// Faults in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Faults {
    pub(super) network_down: bool,
    pub(super) no_buffers: bool,
    pub(super) connect_delay_ms: u64,
}

impl Afd {
    /// The network subsystem fails or recovers. While it is down every call gives WSAENETDOWN. Its failure breaks all
    /// connections and attempts for good, and tells every registration by an event with the code WSAENETDOWN.
    pub fn set_network_down(&mut self, cx: &mut Cx<'_>, down: bool) {
        if self.faults.network_down == down {
            return;
        }
        let ids: Vec<SocketId> = self.sockets.keys().collect();
        if down {
            for &id in &ids {
                self.lose_network(cx, id);
            }
        }
        self.faults.network_down = down;
        if down {
            for &id in &ids {
                self.progress(cx, id);
            }
        } else {
            for id in ids {
                self.report_due(cx, id);
            }
        }
    }

    fn lose_network(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let down = Some(WsaError::NetDown);
        match self.sockets.get(id).map(|socket| &socket.role) {
            Some(Role::Connected(_)) => self.break_connection(cx, id, WsaError::NetDown, WsaError::NetDown),
            Some(Role::Connecting(_)) => self.fail_attempt_withdrawn(cx, id, WsaError::NetDown),
            Some(Role::Listening(_)) => {
                cx.log.rule(RuleId::EventDown1);
                self.report_if_free(cx, id, NetworkEvents::ACCEPT, down);
            }
            Some(Role::Datagram(_)) => {
                cx.log.rule(RuleId::EventDown1);
                self.report_if_free(cx, id, NetworkEvents::READ, down);
                self.report_if_free(cx, id, NetworkEvents::WRITE, down);
            }
            Some(Role::Idle) | None => {}
        }
    }

    /// Whether the network subsystem is down.
    #[must_use]
    pub fn network_down(&self) -> bool {
        self.faults.network_down
    }

    /// From now on (or no longer) calls that need buffers give WSAENOBUFS.
    pub fn set_no_buffers(&mut self, none: bool) {
        self.faults.no_buffers = none;
    }

    /// Whether calls that need buffers give WSAENOBUFS.
    #[must_use]
    pub fn no_buffers(&self) -> bool {
        self.faults.no_buffers
    }

    /// Attempts that start from now on take this long to arrive; 0 makes them arrive at once again.
    pub fn delay_connects(&mut self, ms: u64) {
        self.faults.connect_delay_ms = ms;
    }

    /// How long attempts take to arrive, milliseconds.
    #[must_use]
    pub fn connect_delay_ms(&self) -> u64 {
        self.faults.connect_delay_ms
    }

    /// Breaks a connection: calls report `error`, the peer sees a reset. An attempt to connect fails. WSAENETRESET is a
    /// failed keep-alive, reported once to a send and once to a receive; later calls give WSAENOTCONN.
    pub fn abort(&mut self, cx: &mut Cx<'_>, id: SocketId, error: WsaError) {
        match self.sockets.get(id).map(|socket| &socket.role) {
            Some(Role::Connected(_)) => {
                if error == WsaError::NetReset {
                    cx.log.rule(RuleId::SetOpt10);
                }
                self.break_connection(cx, id, error, WsaError::ConnReset);
            }
            Some(Role::Connecting(_)) => {
                let error = if error == WsaError::ConnReset { WsaError::ConnRefused } else { WsaError::TimedOut };
                self.fail_attempt_withdrawn(cx, id, error);
            }
            _ => {}
        }
    }

    /// Ends an attempt badly, and takes its offer back if a listener has it.
    pub(super) fn fail_attempt_withdrawn(&mut self, cx: &mut Cx<'_>, id: SocketId, error: WsaError) {
        if let Some(Role::Connecting(Attempt { phase: Phase::Offered(listener), .. })) =
            self.sockets.get(id).map(|socket| &socket.role)
        {
            let listener = *listener;
            self.withdraw(cx, listener, id);
        }
        self.fail_attempt(cx, id, error);
    }
}
