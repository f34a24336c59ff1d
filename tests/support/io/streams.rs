//! Connections: every byte that was sent is received in its place, waits in a queue, or is lost for a known cause.

use std::collections::{BTreeMap, BTreeSet};

use wspsim::abi::client::Value;
use wspsim::abi::{MessageFlags, SockOpt, SpiReturn, WsaError};
use wspsim::world::World;
use wspsim::world::afd::{Kind, SharedSocket};
use wspsim::world::ids::{SocketId, ThreadId};

use super::calls::Doing;
use super::line::{Line, Whose};
use super::{Seen, Wrong};

/// What an overlapped operation did in a step.
pub struct Moved {
    pub socket: SocketId,
    pub id: u32,
    pub flow: Flow,
}

/// Bytes that moved.
pub enum Flow {
    /// A send was posted.
    Posted(Vec<u8>, MessageFlags),
    /// A pending send has handed over so much.
    Sent(usize),
    /// A send ended well.
    SentAll,
    /// A send ended badly.
    SentNoMore,
    /// A receive took more; `over`: it is over, and gave these flags; `ended`: it found the end of the stream.
    Received { bytes: Vec<u8>, flags: MessageFlags, over: Option<Result<MessageFlags, WsaError>>, ended: bool },
}

/// A connection.
pub struct Connection {
    pub ends: [SocketId; 2],
    /// Whether the end has no references any more.
    pub closed: [bool; 2],
    /// What flows from each end to the other.
    pub lines: [Line; 2],
    /// Whether messages flow, and not just bytes.
    pub messages: bool,
    /// Why bytes may be lost.
    pub causes: BTreeSet<&'static str>,
}

/// An end before a step.
pub struct Before {
    pub references: u64,
    /// Whether there is data for this end, ordinary or urgent, that nobody has received.
    pub waiting: bool,
    pub unsent: usize,
    pub hard: bool,
}

/// All connections of a run.
#[derive(Default)]
pub struct Streams {
    pub connections: Vec<Connection>,
    /// Which connection a socket is an end of, and which end.
    pub ends: BTreeMap<SocketId, (usize, usize)>,
    pub before: BTreeMap<SocketId, Before>,
    /// What overlapped operations did in the step.
    pub moved: Vec<Moved>,
    /// Overlapped sends that are not over, by number.
    posted: BTreeMap<u32, Posted>,
}

/// What an overlapped send will have sent when it is over.
#[derive(Default)]
struct Posted {
    ordinary: usize,
    /// Behind the ordinary bytes.
    urgent: Option<u8>,
    ends_message: bool,
}

impl Streams {
    /// Remembers the state before a step.
    pub fn before(&mut self, world: &World) {
        self.before.clear();
        self.moved.clear();
        for (&socket, &(at, side)) in &self.ends {
            let urgent = self.connections[at].lines[1 - side].has_urgent();
            let Some(end) = world.afd().socket(socket) else { continue };
            let unsent = |id| world.afd().socket(id).map_or(0, SharedSocket::unsent_bytes);
            let before = Before {
                references: end.references(),
                waiting: urgent || end.received_bytes() + end.peer_socket().map_or(0, unsent) > 0,
                unsent: end.unsent_bytes(),
                hard: end.linger().is_on() && end.linger().seconds == 0,
            };
            self.before.insert(socket, before);
        }
    }

    /// Follows a step.
    pub fn after(
        &mut self,
        world: &World,
        seen: &mut Seen<'_>,
        doing: &BTreeMap<ThreadId, Vec<Doing>>,
        parts: bool,
    ) -> Result<(), Wrong> {
        self.find_causes(world, seen, doing, parts);
        let dying = self.dying(world);
        self.own_send(world, seen)?;
        self.overlapped_sends()?;
        for &(at, side) in &dying {
            self.connections[at].lines[side].all_fluid();
        }
        // What a call has received made room for what pending receives have: messages in parts.
        let own_first = seen.answer().is_some();
        if own_first {
            self.own_receive(world, seen)?;
        }
        self.overlapped_receives(world)?;
        if !own_first {
            self.own_receive(world, seen)?;
        }
        if let (Some(Doing::Flush { socket }), Some(Ok(_))) = (&seen.doing, seen.answer()) {
            self.flushed(world, *socket)?;
        }
        for (at, side) in dying {
            self.dies(world, at, side)?;
        }
        self.settle(world)?;
        self.meet(world);
        Ok(())
    }

    /// The line into an end, if it is known.
    fn line_into(&mut self, socket: SocketId) -> Option<(usize, usize)> {
        self.ends.get(&socket).map(|&(at, side)| (at, 1 - side))
    }

    /// Lines whose receiver takes nothing any more since this step.
    fn dying(&self, world: &World) -> Vec<(usize, usize)> {
        let lines = (0..self.connections.len()).flat_map(|at| [(at, 0), (at, 1)]);
        lines.filter(|&(at, side)| !self.connections[at].lines[side].dead && self.is_dead(world, at, side)).collect()
    }

    fn is_dead(&self, world: &World, at: usize, side: usize) -> bool {
        let connection = &self.connections[at];
        let end = world.afd().socket(connection.ends[1 - side]);
        connection.closed[1 - side] || end.is_none_or(|end| end.broken().is_some() || end.shut_for_receiving())
    }

    fn dies(&mut self, world: &World, at: usize, side: usize) -> Result<(), Wrong> {
        let connection = &mut self.connections[at];
        let end = world.afd().socket(connection.ends[1 - side]);
        let broken = end.is_some_and(|end| end.broken().is_some());
        let line = &mut connection.lines[side];
        line.dead = true;
        let lost = line.outstanding();
        if lost == 0 || !broken || !connection.causes.is_empty() {
            return Ok(());
        }
        Err(format!("{lost} bytes from socket {} are lost without a cause", connection.ends[side].0))
    }

    fn own_send(&mut self, world: &World, seen: &Seen<'_>) -> Result<(), Wrong> {
        let (Some(thread), Some(Doing::Send { socket, data, flags, overlapped: None, .. })) =
            (seen.thread, &seen.doing)
        else {
            return Ok(());
        };
        let Some(&(at, side)) = self.ends.get(socket) else { return Ok(()) };
        let connection = &mut self.connections[at];
        let ends_message = connection.messages && !flags.contains(MessageFlags::PARTIAL);
        let line = &mut connection.lines[side];
        let whose = Whose::Thread(thread);
        if line.dead {
            if matches!(seen.answer(), Some(Ok(_))) || seen.parked() {
                connection.causes.insert("sent to an end that takes nothing");
            }
            return Ok(());
        }
        let (ordinary, urgent) = split(data, *flags);
        match seen.answer() {
            Some(Ok(Value::Spi(SpiReturn::Sent(count)))) => {
                let count = *count as usize;
                if !line.knows(whose) {
                    line.begin(whose, ordinary);
                }
                line.has(whose, count.min(ordinary.len()))?;
                if let Some(byte) = urgent.filter(|_| count == data.len()) {
                    line.mark(whose, byte);
                }
                if ends_message {
                    line.end_message(whose);
                }
                line.end(whose);
            }
            Some(_) => {
                line.is_fluid(whose);
                line.end(whose);
            }
            None => {
                if world.afd().socket(*socket).and_then(SharedSocket::sender) == Some(thread) {
                    if !line.knows(whose) {
                        line.begin(whose, ordinary);
                    }
                    line.is_fluid(whose);
                }
            }
        }
        Ok(())
    }

    fn overlapped_sends(&mut self) -> Result<(), Wrong> {
        for Moved { socket, id, flow } in &self.moved {
            let Some(&(at, side)) = self.ends.get(socket) else { continue };
            let connection = &mut self.connections[at];
            let line = &mut connection.lines[side];
            if line.dead {
                if matches!(flow, Flow::SentAll | Flow::Sent(1..)) {
                    connection.causes.insert("sent to an end that takes nothing");
                }
                continue;
            }
            let whose = Whose::Operation(*id);
            match flow {
                Flow::Posted(data, flags) => {
                    let (ordinary, urgent) = split(data, *flags);
                    line.begin(whose, ordinary);
                    let ends_message = connection.messages && !flags.contains(MessageFlags::PARTIAL);
                    self.posted.insert(*id, Posted { ordinary: ordinary.len(), urgent, ends_message });
                }
                Flow::Sent(count) => line.has(whose, *count)?,
                Flow::SentAll => {
                    let posted = self.posted.remove(id).unwrap_or_default();
                    line.has(whose, posted.ordinary)?;
                    if let Some(byte) = posted.urgent.filter(|_| line.knows(whose)) {
                        line.mark(whose, byte);
                    }
                    if posted.ends_message && line.knows(whose) {
                        line.end_message(whose);
                    }
                    line.end(whose);
                }
                Flow::SentNoMore => line.end(whose),
                Flow::Received { .. } => {}
            }
        }
        Ok(())
    }

    fn overlapped_receives(&mut self, world: &World) -> Result<(), Wrong> {
        for Moved { socket, id, flow } in std::mem::take(&mut self.moved) {
            let Flow::Received { bytes, flags, over, ended } = flow else { continue };
            let over = over.and_then(Result::ok);
            let Some((at, side)) = self.line_into(socket) else { continue };
            let inline = world.afd().socket(socket).is_some_and(|end| end.switch(SockOpt::OobInline));
            let received = self.received((at, side), &bytes, flags, over, inline);
            received.map_err(|wrong| format!("operation {id}: {wrong}"))?;
            let empty_message = self.connections[at].messages && over.is_some();
            if ended && !empty_message && !flags.contains(MessageFlags::OOB) {
                self.at_end(world, at, side)?;
            }
        }
        Ok(())
    }

    fn received(
        &mut self,
        (at, side): (usize, usize),
        bytes: &[u8],
        flags: MessageFlags,
        over: Option<MessageFlags>,
        inline: bool,
    ) -> Result<(), Wrong> {
        let connection = &mut self.connections[at];
        let line = &mut connection.lines[side];
        let message = over.filter(|_| connection.messages);
        if bytes.is_empty() && message.is_none() {
            return Ok(());
        }
        if line.dead {
            return Err(format!("{bytes:?} were received after the end"));
        }
        let peek = flags.contains(MessageFlags::PEEK);
        if let Some(out) = message {
            return line.receive_message(bytes, out.contains(MessageFlags::PARTIAL), peek);
        }
        match flags.contains(MessageFlags::OOB) {
            true => line.urgent(bytes, peek),
            false => line.receive(bytes, inline, peek),
        }
    }

    fn own_receive(&mut self, world: &World, seen: &mut Seen<'_>) -> Result<(), Wrong> {
        let answer = seen.answer().cloned();
        let Some(Doing::Recv { socket, room, flags, overlapped: None, held }) = &mut seen.doing else { return Ok(()) };
        let Some((at, side)) = self.line_into(*socket) else { return Ok(()) };
        let inline = world.afd().socket(*socket).is_some_and(|end| end.switch(SockOpt::OobInline));
        match answer {
            None => {
                let line = &self.connections[at].lines[side];
                if line.dead || self.is_dead(world, at, side) {
                    return Ok(());
                }
                let more = line.outstanding().saturating_sub(self.queued(world, at, side));
                if more > 0 && !flags.contains(MessageFlags::WAITALL) {
                    return Err(format!("a receive that waits has taken {more} bytes"));
                }
                held.extend(self.connections[at].lines[side].hold(more)?);
                Ok(())
            }
            Some(Ok(Value::Spi(SpiReturn::Received(received)))) => {
                let rest = received.data.strip_prefix(&held[..]);
                let rest = rest.ok_or_else(|| format!("{:?} does not begin with {held:?}", received.data))?;
                self.received((at, side), rest, *flags, Some(received.flags), inline)?;
                let messages = self.connections[at].messages;
                if received.data.is_empty() && *room > 0 && !messages && !flags.contains(MessageFlags::OOB) {
                    self.at_end(world, at, side)?;
                }
                Ok(())
            }
            Some(Err(WsaError::Discon)) => self.at_end(world, at, side),
            Some(_) => Ok(()),
        }
    }

    /// A receive gave the end of the stream.
    fn at_end(&self, world: &World, at: usize, side: usize) -> Result<(), Wrong> {
        let connection = &self.connections[at];
        let sender = world.afd().socket(connection.ends[side]);
        let ended = connection.closed[side] || sender.is_none_or(SharedSocket::shut_for_sending);
        let left = connection.lines[side].outstanding();
        if ended && left == 0 {
            return Ok(());
        }
        Err(format!("the end of the stream was received with {left} bytes to come, the sender has ended: {ended}"))
    }

    /// SIO_FLUSH takes back what is not with the receiver yet.
    fn flushed(&mut self, world: &World, socket: SocketId) -> Result<(), Wrong> {
        let Some(&(at, side)) = self.ends.get(&socket) else { return Ok(()) };
        if self.connections[at].lines[side].dead {
            return Ok(());
        }
        let queued = self.queued(world, at, side);
        self.connections[at].lines[side].cut(queued);
        Ok(())
    }

    /// Bytes in the queues at both ends.
    fn queued(&self, world: &World, at: usize, side: usize) -> usize {
        let connection = &self.connections[at];
        let (from, to) = (connection.ends[side], connection.ends[1 - side]);
        let sender = world.afd().socket(from).filter(|end| end.peer_socket() == Some(to));
        let received = world.afd().socket(to).map_or(0, SharedSocket::received_bytes);
        received + sender.map_or(0, SharedSocket::unsent_bytes)
    }

    /// The books and the queues agree; what a sender that is gone had not delivered is lost, for a cause.
    fn settle(&mut self, world: &World) -> Result<(), Wrong> {
        for at in 0..self.connections.len() {
            for side in 0..2 {
                if self.connections[at].lines[side].dead {
                    continue;
                }
                let queued = self.queued(world, at, side);
                let connection = &mut self.connections[at];
                let from = world.afd().socket(connection.ends[side]);
                let gone = from.is_none_or(|end| end.peer_socket().is_none());
                let line = &mut connection.lines[side];
                if gone && line.outstanding() > queued {
                    if connection.causes.is_empty() {
                        return Err(format!("bytes of socket {} vanished with it", connection.ends[side].0));
                    }
                    line.cut(queued);
                }
                let (from, to) = (connection.ends[side].0, connection.ends[1 - side].0);
                line.settle(queued).map_err(|wrong| format!("from socket {from} to {to}: {wrong}"))?;
            }
        }
        Ok(())
    }

    /// Forgets sockets that are gone, and finds connections that are new.
    fn meet(&mut self, world: &World) {
        self.ends.retain(|&socket, _| world.afd().socket(socket).is_some());
        for (socket, shared) in world.afd().iter() {
            let kind = shared.transport().kind;
            let messages = kind == Kind::Messages;
            let known = messages || kind == Kind::Stream;
            let Some(peer) = shared.peer_socket().filter(|_| known && !self.ends.contains_key(&socket)) else {
                continue;
            };
            let at = self.connections.len();
            self.ends.insert(socket, (at, 0));
            self.ends.insert(peer, (at, 1));
            let (lines, causes) = Default::default();
            self.connections.push(Connection { ends: [socket, peer], closed: [false; 2], lines, messages, causes });
        }
    }
}

fn split(data: &[u8], flags: MessageFlags) -> (&[u8], Option<u8>) {
    match data.split_last() {
        Some((&last, rest)) if flags.contains(MessageFlags::OOB) => (rest, Some(last)),
        _ => (data, None),
    }
}
