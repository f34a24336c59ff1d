//! Links between addresses: latency, loss, reordering, partitions. What is on its way is a value with a time.
//!
//! Without rules there are no links: everything arrives at once, and nothing here is allocated or asked. A rule acts on
//! pieces of traffic: a datagram, what one send hands to a stream, the end of a stream, a reset, a request to connect.
//! Bytes of a stream stay in the sender's queue while they are on their way, so they count against SO_SNDBUF and are
//! never in two places. What a partition stops is tried again when the partition ends; a stream that had to wait longer
//! than the machine (or TCP_MAXRT) allows breaks with WSAECONNABORTED, and one that does keep-alive with WSAENETRESET.
//! The other end hears of it as soon as the link lets a reset pass.
//!
//! Not modelled: acknowledgements have no way of their own, so a link fault acts on the direction of the data; refused
//! requests and unreachable ports are known at once where the traffic arrives.

use std::collections::BTreeMap;

use super::route::Place;
use super::{Afd, Change, Cx, Lost, SocketId, Ticks};
use crate::abi::{SockOpt, WsaError};
use crate::world::link_rule::{LinkEffect, LinkRule};

/// The end of time: what is due then waits for the links to change.
const NEVER: Ticks = Ticks(u64::MAX);

/// Rules, and what is on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Links {
    /// Each with how many pieces of traffic it has counted.
    rules: Vec<(LinkRule, u32)>,
    flights: BTreeMap<(Ticks, u64), Flight>,
    /// Flights of one moment arrive in the order they were sent.
    sequence: u64,
}

/// Something on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flight {
    pub(super) from: Place,
    pub(super) to: Place,
    /// A partition holds it up, and this is when its sender gives up.
    pub(super) gives_up: Option<Ticks>,
    pub(super) cargo: Cargo,
}

/// What is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cargo {
    /// A datagram; the sender may be gone when it arrives.
    Datagram { sender: Option<SocketId>, bytes: Vec<u8>, overtaken: bool },
    /// So many bytes of the sender's queue; `ends`: and with them a message.
    Bytes { sender: SocketId, count: usize, ends: bool },
    /// Urgent data, which is in no queue.
    Urgent { sender: SocketId, byte: u8 },
    /// The end of a stream.
    End { sender: SocketId },
    /// The other end of this socket's connection is gone, and this is how it will hear of it.
    Reset { socket: SocketId, error: WsaError },
    /// A keep-alive that waits for its answer.
    Probe { socket: SocketId },
}

impl Cargo {
    /// The socket without which it means nothing.
    pub(super) fn of(&self, id: SocketId) -> bool {
        match self {
            Self::Datagram { sender, .. } => *sender == Some(id),
            Self::Bytes { sender, .. } | Self::Urgent { sender, .. } | Self::End { sender } => *sender == id,
            Self::Reset { socket, .. } | Self::Probe { socket } => *socket == id,
        }
    }
}

/// What kind of traffic asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Traffic {
    Datagram,
    Stream,
    Request,
}

/// What the rules do to one piece of traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fate {
    late_ms: u64,
    overtaken: bool,
    lost: bool,
    held: bool,
}

/// What becomes of a request to connect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It arrives so much later.
    After(u64),
    /// Nobody answers.
    Silence,
}

fn is_end(rule: Option<crate::abi::SockAddr>, place: Place) -> bool {
    let Some(end) = rule.as_ref().and_then(Place::of) else { return true };
    end.ip == place.ip && (end.port == 0 || end.port == place.port)
}

fn joins(rule: &LinkRule, from: Place, to: Place) -> bool {
    let there = is_end(rule.from, from) && is_end(rule.to, to);
    there || (!rule.one_way && is_end(rule.from, to) && is_end(rule.to, from))
}

impl Links {
    fn fate(&mut self, now: Ticks, from: Place, to: Place, traffic: Traffic) -> Fate {
        let mut fate = Fate::default();
        for (rule, met) in &mut self.rules {
            let concerned =
                traffic == Traffic::Datagram || !matches!(rule.effect, LinkEffect::Loss | LinkEffect::Reorder { .. });
            if !concerned || !rule.holds_at(now) || !joins(rule, from, to) {
                continue;
            }
            if rule.counts() {
                *met = met.saturating_add(1);
                if !rule.means(*met) {
                    continue;
                }
            }
            match rule.effect {
                LinkEffect::Latency { ms } if traffic == Traffic::Request => {
                    fate.late_ms = fate.late_ms.saturating_add(ms.saturating_mul(2));
                }
                LinkEffect::Latency { ms } => fate.late_ms = fate.late_ms.saturating_add(ms),
                LinkEffect::Reorder { ms } => {
                    fate.late_ms = fate.late_ms.saturating_add(ms);
                    fate.overtaken = true;
                }
                LinkEffect::Loss => fate.lost = true,
                LinkEffect::Partition => fate.held = true,
            }
        }
        fate
    }

    /// When the partition between two places ends, if there is one.
    pub(super) fn parted_until(&self, now: Ticks, from: Place, to: Place) -> Option<Ticks> {
        let holds =
            |rule: &&LinkRule| rule.effect == LinkEffect::Partition && rule.holds_at(now) && joins(rule, from, to);
        self.rules.iter().map(|(rule, _)| rule).filter(holds).map(|rule| rule.until_ms.map_or(NEVER, Ticks)).max()
    }

    pub(super) fn launch(&mut self, when: Ticks, flight: Flight) {
        self.flights.insert((when, self.sequence), flight);
        self.sequence += 1;
    }

    /// When the last thing that keeps its order arrives.
    fn last(&self, same: impl Fn(&Flight) -> bool) -> Option<Ticks> {
        self.flights.iter().rev().find(|(_, flight)| same(flight)).map(|(&(when, _), _)| when)
    }

    pub(super) fn next(&self) -> Option<Ticks> {
        self.flights.first_key_value().map(|(&(when, _), _)| when).filter(|&when| when != NEVER)
    }

    /// Takes out what is due, with its place among what is due at one time.
    pub(super) fn pop(&mut self, now: Ticks) -> Option<(u64, Flight)> {
        self.next().filter(|&when| when <= now)?;
        self.flights.pop_first().map(|((_, sequence), flight)| (sequence, flight))
    }

    /// What could not land tries again, and still before what was sent after it.
    pub(super) fn put_off(&mut self, when: Ticks, sequence: u64, flight: Flight) {
        self.flights.insert((when, sequence), flight);
    }

    /// A socket is gone or its connection broken: nothing of it is on its way any more, except its datagrams.
    pub(super) fn forget(&mut self, id: SocketId) {
        self.flights.retain(|_, flight| {
            match &mut flight.cargo {
                Cargo::Datagram { sender, .. } if *sender == Some(id) => *sender = None,
                cargo if cargo.of(id) => return false,
                _ => {}
            }
            true
        });
    }

    /// The sender has taken back what its queue held.
    fn forget_bytes(&mut self, id: SocketId) {
        self.flights.retain(|_, flight| !matches!(flight.cargo, Cargo::Bytes { sender, .. } if sender == id));
    }

    fn is_idle(&self) -> bool {
        self.rules.is_empty() && self.flights.is_empty()
    }
}

impl Afd {
    /// A link fault comes into force, beside those there are.
    pub fn add_link_rule(&mut self, cx: &mut Cx<'_>, rule: LinkRule) {
        self.links.get_or_insert_default().rules.push((rule, 0));
        if rule.effect == LinkEffect::Partition {
            let ids: Vec<SocketId> = self.sockets.keys().collect();
            for id in ids {
                self.watch_keep_alive(cx, id, rule.since_ms.map_or(cx.now, |since| cx.now.max(Ticks(since))));
            }
        }
    }

    /// All link faults end. What a partition held up arrives now, or with what is late and was sent before it; that
    /// keeps its time.
    pub fn restore_links(&mut self, cx: &mut Cx<'_>) {
        let Some(links) = &mut self.links else { return };
        links.rules.clear();
        let mut latest: BTreeMap<SocketId, Ticks> = BTreeMap::new();
        for ((mut when, sequence), mut flight) in std::mem::take(&mut links.flights) {
            let before = flight.stream().map(|sender| latest.entry(sender).or_insert(cx.now));
            if flight.gives_up.take().is_some() {
                when = before.as_deref().copied().unwrap_or(cx.now);
            }
            if let Some(before) = before {
                *before = when.max(*before);
            }
            if !matches!(flight.cargo, Cargo::Probe { .. }) {
                links.flights.insert((when, sequence), flight);
            }
        }
        self.retry_silent_attempts(cx);
        self.land(cx, cx.now);
    }

    /// Link faults in force.
    pub fn link_rules(&self) -> impl Iterator<Item = &LinkRule> {
        self.links.iter().flat_map(|links| links.rules.iter().map(|(rule, _)| rule))
    }

    /// Lets go of links that do nothing any more.
    pub(super) fn drop_idle_links(&mut self) {
        if self.links.as_ref().is_some_and(|links| links.is_idle()) {
            self.links = None;
        }
    }

    /// Nothing of the socket's stream is on its way any more.
    #[inline]
    pub(super) fn forget_flights(&mut self, id: SocketId) {
        if let Some(links) = &mut self.links {
            links.forget(id);
        }
    }

    /// A socket goes on as another one.
    pub(super) fn rename_flights(&mut self, from: SocketId, to: SocketId) {
        let Some(links) = &mut self.links else { return };
        for flight in links.flights.values_mut() {
            match &mut flight.cargo {
                Cargo::Datagram { .. } => {}
                Cargo::Bytes { sender: id, .. }
                | Cargo::Urgent { sender: id, .. }
                | Cargo::End { sender: id }
                | Cargo::Reset { socket: id, .. }
                | Cargo::Probe { socket: id } => *id = if *id == from { to } else { *id },
            }
        }
    }

    /// Nothing of the socket's queue is on its way any more; the end of the stream may be.
    #[inline]
    pub(super) fn forget_flying_bytes(&mut self, id: SocketId) {
        if let Some(links) = &mut self.links {
            links.forget_bytes(id);
        }
    }

    /// Bytes of the sender's queue that are on their way and not yet at the peer.
    #[inline]
    pub(super) fn travelling(&self, sender: SocketId) -> usize {
        match &self.links {
            None => 0,
            Some(links) => links.flights.values().map(|flight| flight.bytes_of(sender)).sum(),
        }
    }

    /// Bytes of the sender's queue that wait at the peer's door.
    #[inline]
    pub(super) fn arrived_unsent(&self, sender: SocketId) -> usize {
        let unsent = self.sockets.get(sender).map_or(0, |socket| socket.unsent_bytes());
        unsent.saturating_sub(self.travelling(sender))
    }

    /// Whether the end of the socket's stream is on its way.
    pub(super) fn end_travels(&self, id: SocketId) -> bool {
        self.on_its_way(|cargo| *cargo == Cargo::End { sender: id })
    }

    /// Whether the socket will hear that its connection is gone.
    pub(super) fn reset_travels(&self, id: SocketId) -> bool {
        self.on_its_way(|cargo| matches!(cargo, Cargo::Reset { socket, .. } if *socket == id))
    }

    fn on_its_way(&self, which: impl Fn(&Cargo) -> bool) -> bool {
        self.links.as_ref().is_some_and(|links| links.flights.values().any(|flight| which(&flight.cargo)))
    }

    /// Where the traffic of a connection comes from and goes to. A closed socket has no name left, its peer knows it.
    fn ends(&self, id: SocketId) -> Option<(Place, Place)> {
        let socket = self.sockets.get(id)?;
        let connection = socket.connection()?;
        let seen = connection.peer.and_then(|peer| Some(self.sockets.get(peer)?.connection()?.peer_place));
        let from = seen.or_else(|| socket.bound.map(|bound| bound.place))?;
        Some((from, connection.peer_place))
    }

    /// How long a stream repeats what nobody acknowledges: TCP_MAXRT, or what the machine says.
    fn gives_up(&self, cx: &Cx<'_>, id: SocketId) -> Ticks {
        let set = self.sockets.get(id).and_then(|socket| socket.options.rare(SockOpt::TcpMaxRt));
        match set.and_then(|value| value.as_bits().ok()) {
            Some(u32::MAX) => NEVER,
            Some(seconds) if seconds > 0 => cx.now.plus_ms(u64::from(seconds) * 1000),
            _ => cx.now.plus_ms(cx.platform.limits.retransmit_timeout_ms),
        }
    }

    /// A datagram starts; `true`: the link has it, or it is lost.
    pub(super) fn link_takes_datagram(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        (from, to): (Place, Place),
        data: &[u8],
    ) -> bool {
        let Some(links) = &mut self.links else { return false };
        let fate = links.fate(cx.now, from, to, Traffic::Datagram);
        if fate.lost || fate.held {
            cx.log.note(|| Change::DatagramLost { socket: id, why: Lost::OnTheWay });
            return true;
        }
        let in_order = |flight: &Flight| {
            matches!(flight.cargo, Cargo::Datagram { overtaken: false, .. }) && (flight.from, flight.to) == (from, to)
        };
        let mut arrives = cx.now.plus_ms(fate.late_ms);
        if !fate.overtaken {
            arrives = links.last(in_order).map_or(arrives, |last| last.max(arrives));
        }
        if arrives <= cx.now {
            return false;
        }
        let cargo = Cargo::Datagram { sender: Some(id), bytes: data.to_vec(), overtaken: fate.overtaken };
        links.launch(arrives, Flight { from, to, gives_up: None, cargo });
        cx.log.note(|| Change::OnItsWay { socket: id, bytes: data.len(), arrives: Some(arrives) });
        true
    }

    /// Bytes at the end of the sender's queue start; `false`: they are at the peer's door.
    pub(super) fn link_takes_bytes(&mut self, cx: &mut Cx<'_>, sender: SocketId, count: usize, ends: bool) -> bool {
        self.link_takes(cx, sender, Cargo::Bytes { sender, count, ends })
    }

    /// Urgent data starts; `false`: it is there already.
    pub(super) fn link_takes_urgent(&mut self, cx: &mut Cx<'_>, sender: SocketId, byte: u8) -> bool {
        self.link_takes(cx, sender, Cargo::Urgent { sender, byte })
    }

    /// The end of the stream starts; `false`: it is there already.
    pub(super) fn link_takes_end(&mut self, cx: &mut Cx<'_>, sender: SocketId) -> bool {
        let peer = self.sockets.get(sender).and_then(|socket| self.sockets.get(socket.peer_socket()?)?.connection());
        if peer.is_some_and(|peer| peer.end_received) {
            return false;
        }
        self.end_travels(sender) || self.link_takes(cx, sender, Cargo::End { sender })
    }

    fn link_takes(&mut self, cx: &mut Cx<'_>, sender: SocketId, cargo: Cargo) -> bool {
        let Some((from, to)) = self.ends(sender) else { return false };
        let gives_up = self.gives_up(cx, sender);
        let Some(links) = &mut self.links else { return false };
        let fate = links.fate(cx.now, from, to, Traffic::Stream);
        let ahead = links.flights.iter().rev().find(|(_, flight)| flight.carries_data_of(sender));
        let ahead = ahead.map(|(&(when, _), flight)| (when, flight.gives_up));
        let (arrives, gives_up) = match links.parted_until(cx.now, from, to).filter(|_| fate.held) {
            Some(until) => {
                let gives_up = ahead.and_then(|(_, gives_up)| gives_up).unwrap_or(gives_up);
                let arrives = until.min(gives_up);
                (ahead.map_or(arrives, |(when, _)| when.max(arrives)), Some(gives_up))
            }
            None => {
                let arrives = cx.now.plus_ms(fate.late_ms);
                (ahead.map_or(arrives, |(when, _)| when.max(arrives)), ahead.and_then(|(_, gives_up)| gives_up))
            }
        };
        // What is due now and has not landed yet is still ahead.
        if arrives <= cx.now && ahead.is_none() {
            return false;
        }
        let bytes = if let Cargo::Bytes { count, .. } = cargo { count } else { 0 };
        links.launch(arrives, Flight { from, to, gives_up, cargo });
        cx.log.note(|| {
            let arrives = gives_up.is_none().then_some(arrives);
            Change::OnItsWay { socket: sender, bytes, arrives }
        });
        true
    }

    /// What becomes of a request to connect.
    pub(super) fn link_passes_request(&mut self, cx: &Cx<'_>, from: Option<Place>, to: Place) -> Passage {
        let (Some(links), Some(from)) = (&mut self.links, from) else { return Passage::After(0) };
        let fate = links.fate(cx.now, from, to, Traffic::Request);
        match links.parted_until(cx.now, from, to).filter(|_| fate.held) {
            None => Passage::After(fate.late_ms),
            Some(until) => {
                let wait_ms = until.0.saturating_sub(cx.now.0).saturating_add(fate.late_ms);
                if wait_ms < cx.platform.limits.connect_timeout_ms { Passage::After(wait_ms) } else { Passage::Silence }
            }
        }
    }

    /// One end of a connection breaks while the link is slow or cut: the other end hears of it later. `false`: now.
    pub(super) fn link_takes_reset(&mut self, cx: &mut Cx<'_>, id: SocketId, here: WsaError, there: WsaError) -> bool {
        let Some((from, to)) = self.ends(id) else { return false };
        let peer = self.sockets[id].peer_socket();
        let Some(peer) = peer.filter(|&peer| self.sockets[peer].life != super::socket::Life::Orphan) else {
            return false;
        };
        let Some(links) = &mut self.links else { return false };
        let fate = links.fate(cx.now, from, to, Traffic::Stream);
        let parted = links.parted_until(cx.now, from, to).filter(|_| fate.held);
        let arrives = parted.unwrap_or_else(|| cx.now.plus_ms(fate.late_ms));
        if arrives <= cx.now {
            return false;
        }
        self.break_end(cx, id, here);
        self.lose_sight(cx, peer);
        let flight =
            Flight { from, to, gives_up: parted.map(|_| NEVER), cargo: Cargo::Reset { socket: peer, error: there } };
        if let Some(links) = &mut self.links {
            links.launch(arrives, flight);
        }
        // What waited there for room goes nowhere either.
        self.progress(cx, peer);
        true
    }

    /// The other end is gone and this one does not know it: what it still had to send goes nowhere.
    pub(super) fn lose_sight(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.clear_deadline(id);
        self.forget_flights(id);
        let Some(connection) = self.sockets.get_mut(id).and_then(|socket| socket.connection_mut()) else { return };
        connection.peer = None;
        connection.cut_after(connection.received.len());
        let lost = connection.unsent.take().map_or(0, |unsent| unsent.bytes.len());
        if lost > 0 {
            cx.log.note(|| Change::Passed { socket: id, bytes: lost, unsent: 0 });
        }
    }

    /// Data for an end that is gone: the reset that answers it has a way to go. `false`: it is there already.
    pub(super) fn link_takes_answer(&mut self, cx: &mut Cx<'_>, id: SocketId) -> bool {
        let Some((from, to)) = self.ends(id) else { return false };
        let gives_up = self.gives_up(cx, id);
        let awaited = self.reset_travels(id);
        let Some(links) = &mut self.links else { return false };
        let parted = links.parted_until(cx.now, from, to);
        if awaited && parted.is_none() {
            return true;
        }
        let (arrives, error) = match parted {
            Some(until) => {
                (until.min(gives_up), if until <= gives_up { WsaError::ConnReset } else { WsaError::ConnAborted })
            }
            None => {
                let fate = links.fate(cx.now, from, to, Traffic::Request);
                (cx.now.plus_ms(fate.late_ms), WsaError::ConnReset)
            }
        };
        let sooner = links.last(|flight| matches!(flight.cargo, Cargo::Reset { socket, .. } if socket == id));
        if sooner.is_some_and(|when| when <= arrives) {
            return true;
        }
        if arrives <= cx.now {
            return false;
        }
        links.flights.retain(|_, flight| !matches!(flight.cargo, Cargo::Reset { socket, .. } if socket == id));
        let cargo = Cargo::Reset { socket: id, error };
        links.launch(arrives, Flight { from, to, gives_up: parted.map(|_| gives_up), cargo });
        true
    }

    /// SO_KEEPALIVE on a connection whose link is cut: the time-out starts to run.
    pub(super) fn watch_keep_alive(&mut self, cx: &Cx<'_>, id: SocketId, start: Ticks) {
        if self.links.is_none() || !self.sockets[id].options.switch(SockOpt::KeepAlive) {
            return;
        }
        let Some((from, to)) = self.ends(id).filter(|_| self.sockets[id].broken().is_none()) else { return };
        let due = start.plus_ms(self.keep_alive_ms(id));
        let Some(links) = &mut self.links else { return };
        if links.parted_until(start.max(cx.now), from, to).is_some() {
            links.flights.retain(|_, flight| flight.cargo != Cargo::Probe { socket: id });
            links.launch(due, Flight { from, to, gives_up: Some(due), cargo: Cargo::Probe { socket: id } });
        }
    }

    /// How long keep-alive takes to find out: TCP_KEEPIDLE, then TCP_KEEPCNT times TCP_KEEPINTVL.
    fn keep_alive_ms(&self, id: SocketId) -> u64 {
        let options = &self.sockets[id].options;
        let seconds = |option: SockOpt| {
            let value = options.rare(option).cloned().unwrap_or_else(|| super::values::default_of(option));
            u64::from(value.as_bits().unwrap_or(0))
        };
        let probes = seconds(SockOpt::TcpKeepCnt).saturating_mul(seconds(SockOpt::TcpKeepIntvl));
        seconds(SockOpt::TcpKeepIdle).saturating_add(probes).saturating_mul(1000)
    }
}

impl Flight {
    /// Whether what is sent after it must not arrive before it.
    fn carries_data_of(&self, id: SocketId) -> bool {
        match self.cargo {
            Cargo::Bytes { sender, .. } | Cargo::Urgent { sender, .. } => sender == id,
            _ => false,
        }
    }

    /// Whose stream it is part of.
    fn stream(&self) -> Option<SocketId> {
        match self.cargo {
            Cargo::Bytes { sender, .. } | Cargo::Urgent { sender, .. } | Cargo::End { sender } => Some(sender),
            Cargo::Datagram { .. } | Cargo::Reset { .. } | Cargo::Probe { .. } => None,
        }
    }

    fn bytes_of(&self, id: SocketId) -> usize {
        match self.cargo {
            Cargo::Bytes { sender, count, .. } if sender == id => count,
            _ => 0,
        }
    }
}
