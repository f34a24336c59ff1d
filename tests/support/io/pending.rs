//! Overlapped operations: each ends once, and is announced once, in the way that was asked for.

use std::collections::{BTreeMap, BTreeSet};

use wspsim::abi::client::{Call, Packet, Value};
use wspsim::abi::{MessageFlags, SpiCall, SpiResult, SpiReturn, WsaError};
use wspsim::world::World;
use wspsim::world::afd::{Operation as Below, Work};
use wspsim::world::event::Event;
use wspsim::world::ids::{EventId, PortId, SocketId, ThreadId};
use wspsim::world::op::Op;

use super::calls::Doing;
use super::streams::{Flow, Moved, Streams};
use super::{Seen, Wrong};

/// How the client wants to hear of it, beside the completion port of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    Routine,
    Event(EventId),
    Nothing,
}

/// Operations of one kind go on in posting order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Queue {
    Sends,
    Receives,
    Urgent,
}

impl Queue {
    fn of(work: &Work) -> Self {
        match work {
            Work::Receive { flags, .. } if flags.contains(MessageFlags::OOB) => Self::Urgent,
            Work::Receive { .. } => Self::Receives,
            _ => Self::Sends,
        }
    }
}

/// One overlapped call that started.
#[derive(Clone, Debug)]
struct Operation {
    /// Which was posted first.
    posted: usize,
    thread: ThreadId,
    socket: SocketId,
    /// What a send carries; `None`: a receive.
    data: Option<Vec<u8>>,
    room: usize,
    flags: MessageFlags,
    notice: Notice,
    /// The completion port of the socket, as long as there was one to ask.
    port: Option<(PortId, u64)>,
    /// Bytes of a receive that the books of the stream know of.
    counted: usize,
    outcome: Option<SpiResult>,
    routines: (u32, u32),
    packets: (u32, u32),
}

/// All operations, by the numbers of their structures.
#[derive(Clone, Debug, Default)]
pub struct Pending {
    operations: BTreeMap<u32, Operation>,
    /// How many were posted so far.
    posted: usize,
}

/// What a step announced.
#[derive(Default)]
struct Announced {
    routines: BTreeMap<u32, Vec<ThreadId>>,
    packets: BTreeMap<u32, u32>,
    signalled: BTreeSet<EventId>,
}

impl Announced {
    fn by(events: &[Event]) -> Self {
        let mut announced = Self::default();
        for event in events {
            match event {
                Event::RoutineQueued { thread, apc } => {
                    announced.routines.entry(apc.overlapped).or_default().push(*thread);
                }
                Event::PacketQueued { packet: Packet { overlapped: Some(id), .. }, .. } => {
                    *announced.packets.entry(*id).or_default() += 1;
                }
                Event::EventSet { event, signalled: true } => {
                    announced.signalled.insert(*event);
                }
                _ => {}
            }
        }
        announced
    }
}

impl Pending {
    /// What a step did to operations, and through them to the streams.
    pub fn after(&mut self, world: &World, seen: &Seen<'_>, streams: &mut Streams) -> Result<(), Wrong> {
        self.start(world, seen, streams);
        self.bury(world);
        let announced = Announced::by(seen.events);
        for (&id, operation) in &mut self.operations {
            let over = operation.look(world, id);
            operation.announced(world, id, over, &announced)?;
        }
        self.progress(world, streams)?;
        self.routines_ran(seen)?;
        self.answers(world, seen)
    }

    fn start(&mut self, world: &World, seen: &Seen<'_>, streams: &mut Streams) {
        let (Some(thread), Some(answer)) = (seen.thread, seen.answer()) else { return };
        let (socket, data, room, flags, overlapped) = match &seen.doing {
            Some(Doing::Send { socket, data, flags, overlapped: Some(o), .. }) => {
                (*socket, Some(data.clone()), 0, *flags, o)
            }
            Some(Doing::Recv { socket, room, flags, overlapped: Some(o), .. }) => (*socket, None, *room, *flags, o),
            _ => return,
        };
        if !matches!(answer, Ok(_) | Err(WsaError::IoPending)) {
            return;
        }
        let event = world.process(thread.process).and_then(|process| process.handles.event(overlapped.event));
        let notice = match (overlapped.routine, event) {
            (Some(_), _) => Notice::Routine,
            (None, Some(event)) => Notice::Event(event),
            (None, None) => Notice::Nothing,
        };
        if let Some(data) = &data {
            streams.moved.push(Moved { socket, id: overlapped.id, flow: Flow::Posted(data.clone(), flags) });
        }
        let (counted, outcome, port) = (0, None, world.afd().completion_port(socket));
        self.posted += 1;
        let operation = Operation {
            posted: self.posted,
            thread,
            socket,
            data,
            room,
            flags,
            notice,
            port,
            counted,
            outcome,
            routines: (0, 0),
            packets: (0, 0),
        };
        self.operations.insert(overlapped.id, operation);
    }

    /// Nobody hears any more of the operations of a process that has ended.
    fn bury(&mut self, world: &World) {
        self.operations.retain(|_, operation| world.directory().is_alive(operation.thread.process));
    }

    /// Bytes that moved, in posting order.
    fn progress(&mut self, world: &World, streams: &mut Streams) -> Result<(), Wrong> {
        let mut below: BTreeMap<(SocketId, Queue), Vec<&Below>> = BTreeMap::new();
        for (socket, shared) in world.afd().iter() {
            for operation in shared.io().into_iter().flat_map(|io| io.operations()) {
                below.entry((socket, Queue::of(&operation.work))).or_default().push(operation);
            }
        }
        for queue in below.values_mut() {
            queue.reverse();
        }
        let mut operations: Vec<_> = self.operations.iter_mut().collect();
        operations.sort_by_key(|(_, operation)| operation.posted);
        for (&id, operation) in operations {
            let (socket, queue) = (operation.socket, operation.queue());
            let flow = match &operation.outcome {
                Some(_) if operation.counted == usize::MAX => continue,
                Some(outcome) => {
                    let counted = std::mem::replace(&mut operation.counted, usize::MAX);
                    operation.ended(outcome, counted)
                }
                None => {
                    let Some(below) = below.get_mut(&(socket, queue)).and_then(Vec::pop) else {
                        return Err(format!("operation {id} is pending and nobody knows of it"));
                    };
                    operation.goes_on(&below.work)
                }
            };
            streams.moved.push(Moved { socket, id, flow });
        }
        match below.values().flatten().next() {
            Some(below) => Err(format!("nobody started {below:?}")),
            None => Ok(()),
        }
    }

    fn routines_ran(&mut self, seen: &Seen<'_>) -> Result<(), Wrong> {
        for event in seen.events {
            let Event::RoutineRan { thread, apc } = event else { continue };
            let Some(operation) = self.operations.get_mut(&apc.overlapped) else { continue };
            operation.routines.1 += 1;
            let (queued, ran) = operation.routines;
            let result = operation.outcome.as_ref().map(|result| (bytes_of(result), result.as_ref().err().copied()));
            if ran > queued || *thread != operation.thread || Some(*thread) != seen.thread {
                return Err(format!(
                    "the routine of {} ran {ran} times on {thread:?}, queued {queued}",
                    apc.overlapped
                ));
            }
            if result != Some((apc.transferred, apc.error)) {
                return Err(format!("the routine of {} was told {apc:?}, the result is {result:?}", apc.overlapped));
            }
            if !matches!(seen.doing, Some(Doing::Alertable)) {
                return Err(format!("the routine of {} ran in no alertable wait: {:?}", apc.overlapped, seen.doing));
            }
        }
        Ok(())
    }

    /// What clients were told when they asked.
    fn answers(&mut self, world: &World, seen: &Seen<'_>) -> Result<(), Wrong> {
        if let Some(Ok(Value::Packet(Some(packet)))) = seen.answer() {
            return self.packet(packet);
        }
        let Op::Call { thread, call: Call::Spi(SpiCall::GetOverlappedResult { overlapped, wait: false, .. }) } =
            seen.op
        else {
            return Ok(());
        };
        let known = self.operations.get(overlapped).filter(|operation| operation.thread.process == thread.process);
        let (Some(operation), Some(answer)) = (known, seen.answer()) else { return Ok(()) };
        let expected = operation.outcome.clone().unwrap_or(Err(WsaError::IoIncomplete)).map(Value::Spi);
        // A descriptor that is gone says so instead, and so does a network that is down.
        let down = *answer == Err(WsaError::NetDown) && world.afd().network_down();
        if *answer == expected || *answer == Err(WsaError::NotSock) || down {
            return Ok(());
        }
        Err(format!("WSPGetOverlappedResult of {overlapped} gives {answer:?} and should give {expected:?}"))
    }

    fn packet(&mut self, packet: &Packet) -> Result<(), Wrong> {
        let Some(operation) = packet.overlapped.and_then(|id| self.operations.get_mut(&id)) else { return Ok(()) };
        operation.packets.1 += 1;
        let result = operation.outcome.as_ref().map(|result| (bytes_of(result), result.as_ref().err().copied()));
        let key = operation.port.map(|(_, key)| key);
        if operation.packets.1 > operation.packets.0
            || result != Some((packet.transferred, packet.error))
            || key != Some(packet.key)
        {
            return Err(format!("{packet:?} is not what {operation:?} should give"));
        }
        Ok(())
    }

    /// Operations of this thread that have not ended.
    pub fn unfinished(&self, process: wspsim::world::ids::Incarnation) -> impl Iterator<Item = u32> + '_ {
        let open = self.operations.iter();
        open.filter(move |(_, it)| it.thread.process == process && it.outcome.is_none()).map(|(&id, _)| id)
    }

    /// A structure of this process whose operation has ended and was announced in every way it had to be.
    pub fn reusable(&self, process: wspsim::world::ids::Incarnation) -> Option<u32> {
        let mut of = self.operations.iter().filter(|(_, it)| it.thread.process == process && it.outcome.is_some());
        of.find(|(_, it)| it.routines.0 == it.routines.1 && it.packets.0 == it.packets.1).map(|(&id, _)| id)
    }

    /// Structures somebody of this process could ask about.
    pub fn known(&self, process: wspsim::world::ids::Incarnation) -> Vec<u32> {
        let of = self.operations.iter().filter(|(_, operation)| operation.thread.process == process);
        of.map(|(&id, _)| id).collect()
    }

    /// After everything was fetched: what was announced has arrived.
    pub fn all_heard(&self, world: &World, free: impl Fn(ThreadId) -> bool) -> Result<(), Wrong> {
        for (id, operation) in &self.operations {
            let (queued, ran) = operation.routines;
            if queued != ran && free(operation.thread) && world.thread(operation.thread).is_some_and(|it| !it.ended) {
                return Err(format!("the routine of {id} was queued {queued} times and ran {ran} times"));
            }
        }
        Ok(())
    }
}

impl Operation {
    fn queue(&self) -> Queue {
        match self.data {
            Some(_) => Queue::Sends,
            None if self.flags.contains(MessageFlags::OOB) => Queue::Urgent,
            None => Queue::Receives,
        }
    }

    /// Whether it ended in this step.
    fn look(&mut self, world: &World, id: u32) -> bool {
        if self.outcome.is_some() {
            return false;
        }
        self.port = world.afd().completion_port(self.socket).or(self.port);
        let record = world.process(self.thread.process).and_then(|process| process.overlapped.client(id));
        self.outcome = record.and_then(|record| record.outcome.clone());
        self.outcome.is_some()
    }

    fn announced(&mut self, world: &World, id: u32, over: bool, announced: &Announced) -> Result<(), Wrong> {
        let routines = announced.routines.get(&id).map_or(&[][..], Vec::as_slice);
        let packets = announced.packets.get(&id).copied().unwrap_or(0);
        self.routines.0 += routines.len() as u32;
        self.packets.0 += packets;
        let alive = world.thread(self.thread).is_some_and(|thread| !thread.ended);
        let routine_due = u32::from(over && alive && self.notice == Notice::Routine);
        let packet_due = u32::from(over && self.notice != Notice::Routine && self.port.is_some());
        if routines.len() as u32 != routine_due || routines.iter().any(|thread| *thread != self.thread) {
            return Err(format!("operation {id} queued {routines:?}, and {routine_due} was due: {self:?}"));
        }
        if packets != packet_due {
            return Err(format!("operation {id} gave {packets} packets, and {packet_due} were due: {self:?}"));
        }
        if let Notice::Event(event) = self.notice
            && over
            && (!announced.signalled.contains(&event) || world.events().get(event).is_some_and(|it| !it.signalled))
        {
            return Err(format!("operation {id} ended without signalling its event: {self:?}"));
        }
        Ok(())
    }

    fn ended(&self, outcome: &SpiResult, counted: usize) -> Flow {
        match (&self.data, outcome) {
            (Some(_), Ok(_)) => Flow::SentAll,
            (Some(_), Err(_)) => Flow::SentNoMore,
            (None, Ok(SpiReturn::Received(received))) => Flow::Received {
                bytes: received.data[counted.min(received.data.len())..].to_vec(),
                flags: self.flags,
                over: Some(Ok(received.flags)),
                ended: received.data.is_empty() && self.room > 0,
            },
            (None, outcome) => {
                let ended = *outcome == Err(WsaError::Discon);
                let over = outcome.as_ref().err().map(|&error| Err(error));
                Flow::Received { bytes: Vec::new(), flags: self.flags, over, ended }
            }
        }
    }

    fn goes_on(&mut self, work: &Work) -> Flow {
        match work {
            Work::Send { sent, .. } => Flow::Sent(*sent),
            Work::Receive { so_far, .. } => {
                let bytes = so_far[self.counted.min(so_far.len())..].to_vec();
                self.counted = so_far.len();
                Flow::Received { bytes, flags: self.flags, over: None, ended: false }
            }
            // None of these is ever started here.
            Work::Change { .. } | Work::Accept(_) | Work::Connect { .. } | Work::Disconnect { .. } => Flow::Sent(0),
        }
    }
}

fn bytes_of(result: &SpiResult) -> u32 {
    match result {
        Ok(SpiReturn::Sent(bytes)) => *bytes,
        Ok(SpiReturn::Received(received)) => received.data.len() as u32,
        _ => 0,
    }
}
