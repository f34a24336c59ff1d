//! What happens by itself when time passes: attempts arrive or time out, lingering ends.
//!
//! A socket has at most one deadline, and it is part of what the socket does at the moment; the sorted set beside the
//! sockets only finds the next one quickly.

use super::socket::{Attempt, Phase, Role, SharedSocket};
use super::{Afd, Cx, SocketId, Ticks};
use crate::abi::WsaError;
use crate::rules::RuleId;

impl SharedSocket {
    /// When the socket wants attention.
    pub(super) fn deadline(&self) -> Option<Ticks> {
        match &self.role {
            Role::Connecting(attempt) => Some(attempt.deadline),
            Role::Connected(connection) => connection.unsent.as_ref()?.lingers_until,
            _ => None,
        }
    }
}

impl Afd {
    /// When [`advance`](Self::advance) has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Ticks> {
        let sockets = self.deadlines.first().map(|&(when, _)| when);
        match &self.links {
            None => sockets,
            Some(links) => sockets.into_iter().chain(links.next()).min(),
        }
    }

    /// Does what is due at `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        while self.links.is_some()
            && let Some(&(when, id)) = self.deadlines.first()
            && when <= now
        {
            self.land(cx, when);
            if self.deadlines.remove(&(when, id)) {
                cx.now = when;
                self.expire(cx, id);
                cx.now = now;
            }
        }
        self.land(cx, now);
        while let Some(&(when, id)) = self.deadlines.first()
            && when <= cx.now
        {
            self.deadlines.pop_first();
            self.expire(cx, id);
        }
    }

    fn expire(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id) else { return };
        match &socket.role {
            Role::Connecting(Attempt { phase: Phase::Travelling, .. }) => self.arrive(cx, id),
            Role::Connecting(Attempt { phase, .. }) => {
                let phase = *phase;
                cx.log.rule(RuleId::Connect16);
                if let Phase::Offered(listener) = phase {
                    self.withdraw(cx, listener, id);
                }
                self.fail_attempt(cx, id, WsaError::TimedOut);
            }
            Role::Connected(_) => {
                cx.log.rule(RuleId::Close9);
                self.break_connection(cx, id, WsaError::ConnAborted, WsaError::ConnReset);
            }
            _ => {}
        }
    }

    /// Takes the socket's deadline out of the set; for when it stops having one.
    pub(super) fn clear_deadline(&mut self, id: SocketId) {
        if self.deadlines.is_empty() {
            return;
        }
        if let Some(deadline) = self.sockets.get(id).and_then(|socket| socket.deadline()) {
            self.deadlines.remove(&(deadline, id));
        }
    }
}
