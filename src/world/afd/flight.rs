//! What is on its way arrives, or its sender gives up.

use super::link::{Cargo, Flight};
use super::socket::{Attempt, Life, Phase, Role};
use super::{Afd, Cx, SocketId, Ticks};
use crate::abi::{SockOpt, WsaError};
use crate::rules::RuleId;

impl Afd {
    /// Lets everything arrive that is due up to `until`, each at its own time.
    pub(super) fn land(&mut self, cx: &mut Cx<'_>, until: Ticks) {
        let now = cx.now;
        while let Some(when) = self.links.as_ref().and_then(|links| links.next()).filter(|&when| when <= until) {
            let Some((sequence, flight)) = self.links.as_mut().and_then(|links| links.pop(until)) else { break };
            cx.now = when;
            self.arrives(cx, sequence, flight);
        }
        cx.now = now;
        self.drop_idle_links();
    }

    fn arrives(&mut self, cx: &mut Cx<'_>, sequence: u64, flight: Flight) {
        let Flight { from, to, gives_up, .. } = flight;
        let parted = self.links.as_ref().and_then(|links| links.parted_until(cx.now, from, to));
        if let (Some(gives_up), Some(until)) = (gives_up, parted) {
            if gives_up <= cx.now {
                return self.give_up(cx, &flight.cargo);
            }
            if let Some(links) = &mut self.links {
                links.put_off(until.min(gives_up), sequence, flight);
            }
            return;
        }
        match flight.cargo {
            Cargo::Datagram { sender, bytes, .. } => self.arrive_datagram(cx, sender, from, &bytes, to),
            Cargo::Bytes { sender, ends, .. } => self.data_arrives(cx, sender, |afd, _, _| {
                if ends {
                    afd.end_message(sender);
                }
            }),
            Cargo::Urgent { sender, byte } => {
                self.data_arrives(cx, sender, |afd, cx, peer| afd.urgent_arrives(cx, sender, peer, byte));
            }
            Cargo::End { sender } => self.end_arrives(cx, sender),
            Cargo::Reset { socket, error } => self.reset_arrives(cx, socket, error),
            Cargo::Probe { .. } => {}
        }
    }

    /// Data is at the peer's door, and perhaps finds nobody at home.
    fn data_arrives(&mut self, cx: &mut Cx<'_>, sender: SocketId, mark: impl FnOnce(&mut Self, &mut Cx<'_>, SocketId)) {
        let Some(peer) = self.sockets.get(sender).and_then(|socket| socket.peer_socket()) else { return };
        if self.sockets[peer].takes_data() {
            mark(self, cx, peer);
            self.pump(cx, sender);
            // A receiver without a buffer of its own takes from the sender's queue.
            self.report_due(cx, peer);
        } else {
            self.break_connection(cx, peer, WsaError::ConnAborted, WsaError::ConnReset);
        }
    }

    pub(super) fn end_arrives(&mut self, cx: &mut Cx<'_>, sender: SocketId) {
        let Some(socket) = self.sockets.get(sender) else { return };
        match (socket.life, socket.peer_socket()) {
            // It has found no room, and neither has the end behind it.
            _ if socket.unsent_bytes() > 0 => {}
            (Life::Orphan, _) => self.finish_orphan(cx, sender),
            (_, Some(peer)) => {
                self.end_stream(cx, peer);
                self.progress(cx, sender);
            }
            _ => {}
        }
    }

    /// The other end is gone for good while bytes for it are still on their way: a reset answers them.
    pub(super) fn crossed_the_end(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id).filter(|socket| socket.unsent_bytes() > 0) else { return };
        if socket.life == Life::Orphan {
            return self.reset_arrives(cx, id, WsaError::ConnReset);
        }
        self.lose_sight(cx, id);
        self.send_in_vain(cx, id);
        self.progress(cx, id);
    }

    fn reset_arrives(&mut self, cx: &mut Cx<'_>, socket: SocketId, error: WsaError) {
        if let Some(peer) = self.break_end(cx, socket, error) {
            // It answered data that nobody there wanted: that end is reset as well.
            self.break_end(cx, peer, WsaError::ConnAborted);
            self.after_break(cx, peer);
        }
        self.after_break(cx, socket);
    }

    /// A stream has repeated itself long enough.
    fn give_up(&mut self, cx: &mut Cx<'_>, cargo: &Cargo) {
        match *cargo {
            Cargo::Bytes { sender, .. } | Cargo::Urgent { sender, .. } | Cargo::End { sender } => {
                cx.log.rule(RuleId::Send13);
                self.break_connection(cx, sender, WsaError::ConnAborted, WsaError::ConnReset);
            }
            Cargo::Reset { socket, .. } => {
                cx.log.rule(RuleId::Send13);
                self.reset_arrives(cx, socket, WsaError::ConnAborted);
            }
            Cargo::Probe { socket } => {
                let keeps = self.sockets.get(socket).is_some_and(|socket| socket.switch(SockOpt::KeepAlive));
                if keeps {
                    cx.log.rule(RuleId::SetOpt10);
                    self.break_connection(cx, socket, WsaError::NetReset, WsaError::ConnReset);
                }
            }
            Cargo::Datagram { .. } => {}
        }
    }

    /// The links are whole again: requests to this machine that nobody answered are repeated, and arrive.
    pub(super) fn retry_silent_attempts(&mut self, cx: &mut Cx<'_>) {
        let silent: Vec<SocketId> = self.sockets.keys().filter(|&id| self.is_silent_here(cx, id)).collect();
        for id in silent {
            self.clear_deadline(id);
            if let Some(Role::Connecting(attempt)) = self.sockets.get_mut(id).map(|socket| &mut socket.role) {
                attempt.phase = Phase::Travelling;
                attempt.deadline = cx.now;
            }
            self.arrive(cx, id);
        }
    }

    fn is_silent_here(&self, cx: &Cx<'_>, id: SocketId) -> bool {
        match self.sockets.get(id).map(|socket| &socket.role) {
            Some(Role::Connecting(Attempt { to, phase: Phase::Silent, .. })) => {
                super::route::is_own(cx.platform, to.ip)
            }
            _ => false,
        }
    }
}
