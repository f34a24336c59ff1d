//! Datagrams: each is received once at most, whole, where it was sent to and from whom it came, in order, and it is
//! lost for a known cause only.
//!
//! Every datagram begins with a number of its own.

use std::collections::BTreeMap;

use wspsim::abi::client::{Call, Value};
use wspsim::abi::{Bytes, MessageFlags, Received, SockAddr, SockOpt, SpiCall, SpiReturn, WsaError};
use wspsim::world::World;
use wspsim::world::afd::{Change, Kind, Lost};
use wspsim::world::event::Event;
use wspsim::world::fault::Fault;
use wspsim::world::ids::SocketId;
use wspsim::world::link_rule::LinkEffect;
use wspsim::world::op::Op;

use super::calls::Doing;
use super::streams::{Flow, Moved};
use super::{Seen, Wrong};

/// Bytes of the number that a datagram begins with.
pub const NUMBER_BYTES: usize = 4;

/// One datagram that has been neither received nor lost.
#[derive(Clone, Debug)]
struct Sent {
    /// The ports of sender and receiver: nothing is bound where something was bound before.
    from: u16,
    to: u16,
    bytes: Vec<u8>,
}

/// All datagrams of a run.
#[derive(Default)]
pub struct Datagrams {
    /// Where anybody was ever bound.
    known: Vec<SockAddr>,
    /// SO_RCVBUF of each socket.
    limits: BTreeMap<SocketId, usize>,
    /// On their way, queued, or lost without its being known which: in the order of sending.
    waiting: BTreeMap<u32, Sent>,
    /// Losses at a receiver that have not been found among those waiting.
    unnamed: BTreeMap<u16, usize>,
    /// Whether a link may have changed the order.
    disorder: bool,
    /// Whether a link may have lost any.
    losses: bool,
}

impl Datagrams {
    /// Somewhere to send to.
    pub fn address(&self, place: usize) -> Option<SockAddr> {
        self.known.get(place % self.known.len().max(1)).copied()
    }

    /// Follows a step.
    pub fn after(&mut self, world: &World, seen: &Seen<'_>, moved: &[Moved]) -> Result<(), Wrong> {
        self.meet(world, seen);
        self.sent(world, seen);
        self.lost(world, seen)?;
        self.received_pending(world, moved)?;
        self.received_by_call(world, seen)?;
        self.forget_receivers(world);
        Ok(())
    }

    fn meet(&mut self, world: &World, seen: &Seen<'_>) {
        self.limits.retain(|&socket, _| world.afd().socket(socket).is_some());
        for (socket, shared) in world.afd().iter().filter(|(_, it)| it.transport().kind == Kind::Datagram) {
            let limit = world.machine().platform.limits.receive_buffer_bytes as usize;
            self.limits.entry(socket).or_insert(limit);
            if let Some(local) = shared.local().filter(|local| !self.known.contains(local)) {
                self.known.push(local);
            }
        }
        let Op::Call { thread, call: Call::Spi(SpiCall::SetSockOpt { s, option, value: Some(value), .. }) } = seen.op
        else {
            if let Op::Fault(Fault::Link(rule)) = seen.op {
                self.losses |= matches!(rule.effect, LinkEffect::Loss | LinkEffect::Partition);
                self.disorder |= matches!(rule.effect, LinkEffect::Reorder { .. });
            }
            return;
        };
        if let Some(socket) = world.shared_socket(thread.process, *s)
            && *option == SockOpt::RcvBuf.row().number
            && matches!(seen.answer(), Some(Ok(_)))
            && let Some(limit) = self.limits.get_mut(&socket)
        {
            *limit = word(value);
        }
    }

    fn sent(&mut self, world: &World, seen: &Seen<'_>) {
        let Some(Doing::Send { socket, data, to: Some(to), .. }) = &seen.doing else { return };
        let Some(Ok(Value::Spi(SpiReturn::Sent(_)))) = seen.answer() else { return };
        if let (Some(number), Some(from)) = (number_of(data), self.port(world, *socket)) {
            self.waiting.insert(number, Sent { from, to: port_of(*to), bytes: data.clone() });
        }
    }

    /// Where a datagram socket is bound.
    fn port(&self, world: &World, socket: SocketId) -> Option<u16> {
        let shared = world.afd().socket(socket).filter(|_| self.limits.contains_key(&socket))?;
        shared.local().map(port_of)
    }

    fn lost(&mut self, world: &World, seen: &Seen<'_>) -> Result<(), Wrong> {
        for event in seen.events {
            let Event::Socket(Change::DatagramLost { socket, why }) = event else { continue };
            let Some(port) = self.port(world, *socket) else { continue };
            match why {
                Lost::QueueFull => {
                    let queued = world.afd().socket(*socket).map_or(0, |socket| socket.received_bytes());
                    let longest = self.waiting_for(port).map(|sent| sent.bytes.len()).max();
                    let limit = self.limits.get(socket).copied().unwrap_or(0);
                    if longest.is_none_or(|length| queued + length <= limit) {
                        return Err(format!("{queued} of {limit} bytes are queued, and {longest:?} find no room"));
                    }
                    *self.unnamed.entry(port).or_default() += 1;
                }
                Lost::OnTheWay if self.losses => {
                    let last = self.waiting.iter().rev().find(|(_, sent)| sent.from == port);
                    let last = last.map(|(&number, _)| number).ok_or("a datagram was lost that nobody sent")?;
                    self.waiting.remove(&last);
                }
                Lost::NobodyThere => {
                    let lost = self.waiting.iter().find(|(_, sent)| sent.from == port && !is_bound(world, sent.to));
                    let lost =
                        lost.map(|(&number, _)| number).ok_or("a datagram found nobody, and somebody is there")?;
                    self.waiting.remove(&lost);
                }
                why => return Err(format!("a datagram of socket {} was lost: {why:?}", socket.0)),
            }
        }
        Ok(())
    }

    fn waiting_for(&self, port: u16) -> impl Iterator<Item = &Sent> {
        self.waiting.values().filter(move |sent| sent.to == port)
    }

    fn received_pending(&mut self, world: &World, moved: &[Moved]) -> Result<(), Wrong> {
        for Moved { socket, flow, .. } in moved {
            let Some(port) = self.port(world, *socket) else { continue };
            match flow {
                Flow::Received { over: Some(Ok(_)), bytes, flags, .. } => self.received(port, bytes, None, *flags)?,
                Flow::Received { over: Some(Err(WsaError::MsgSize)), flags, .. } => self.truncated(port, *flags),
                _ => {}
            }
        }
        Ok(())
    }

    fn received_by_call(&mut self, world: &World, seen: &Seen<'_>) -> Result<(), Wrong> {
        let Some(Doing::Recv { socket, flags, overlapped, .. }) = &seen.doing else { return Ok(()) };
        let Some(port) = self.port(world, *socket) else { return Ok(()) };
        match seen.answer() {
            Some(Ok(Value::Spi(SpiReturn::Received(received)))) if overlapped.is_none() => {
                let Received { data, from, .. } = &**received;
                self.received(port, data, *from, *flags)
            }
            Some(Err(WsaError::MsgSize)) => {
                self.truncated(port, *flags);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A datagram was longer than its receiver had room for, and which one it was nobody is told.
    fn truncated(&mut self, receiver: u16, flags: MessageFlags) {
        if !flags.contains(MessageFlags::PEEK) {
            *self.unnamed.entry(receiver).or_default() += 1;
        }
    }

    fn received(
        &mut self,
        receiver: u16,
        bytes: &[u8],
        from: Option<SockAddr>,
        flags: MessageFlags,
    ) -> Result<(), Wrong> {
        let number = number_of(bytes).ok_or_else(|| format!("nobody sends datagrams like {bytes:?}"))?;
        let sent = self.waiting.get(&number).cloned().ok_or_else(|| format!("{bytes:?} came twice, or never went"))?;
        if sent.bytes != bytes || sent.to != receiver {
            return Err(format!("port {receiver} received {bytes:?}, and {sent:?} was sent"));
        }
        if from.is_some_and(|from| port_of(from) != sent.from) {
            return Err(format!("{bytes:?} came from {from:?}, and was sent from port {}", sent.from));
        }
        if !flags.contains(MessageFlags::PEEK) {
            self.waiting.remove(&number);
            if !self.disorder {
                return self.overtaken(receiver, number, &sent);
            }
        }
        Ok(())
    }

    /// What the same sender sent there before will not come any more.
    fn overtaken(&mut self, receiver: u16, number: u32, sent: &Sent) -> Result<(), Wrong> {
        let before = self.waiting.range(..number).filter(|(_, other)| other.from == sent.from && other.to == sent.to);
        let gone: Vec<u32> = before.map(|(&number, _)| number).collect();
        let unnamed = self.unnamed.entry(receiver).or_default();
        *unnamed = unnamed.checked_sub(gone.len()).ok_or_else(|| format!("{gone:?} are lost without a cause"))?;
        self.waiting.retain(|number, _| !gone.contains(number));
        Ok(())
    }

    /// Nobody receives any more what was sent to a socket that is gone.
    fn forget_receivers(&mut self, world: &World) {
        // What is still on its way there is found to be lost when it arrives.
        let flying = world.afd().next_deadline().is_some();
        self.waiting.retain(|_, sent| flying || is_bound(world, sent.to));
    }

    /// Everything was received: what is left was lost for a cause.
    pub fn nothing_left(&self, world: &World, receiver: SocketId) -> Result<(), Wrong> {
        let Some(port) = self.port(world, receiver) else { return Ok(()) };
        let (left, lost) = (self.waiting_for(port).count(), self.unnamed.get(&port).copied().unwrap_or(0));
        if left == lost {
            return Ok(());
        }
        Err(format!("port {port} has {left} datagrams to come, and {lost} were lost"))
    }
}

fn number_of(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<NUMBER_BYTES>().map(|bytes| u32::from_le_bytes(*bytes))
}

fn port_of(address: SockAddr) -> u16 {
    match address {
        SockAddr::V4(at) => at.port(),
        SockAddr::V6(at) => at.port(),
        SockAddr::Other(_) => 0,
    }
}

fn is_bound(world: &World, port: u16) -> bool {
    world.afd().iter().any(|(_, shared)| shared.local().is_some_and(|local| port_of(local) == port))
}

fn word(value: &Bytes) -> usize {
    value.as_slice().first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}
