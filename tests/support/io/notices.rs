//! Network events: what was reported is not reported again before its re-enabling call, and whoever listens gets
//! exactly what was reported.

use std::collections::{BTreeMap, VecDeque};

use wspsim::abi::client::{Call, OsCall, Value};
use wspsim::abi::{NetworkEvents, SpiReturn, WsaError};
use wspsim::world::World;
use wspsim::world::afd::{Change, Kind, SharedSocket, Target};
use wspsim::world::event::Event;
use wspsim::world::ids::{Incarnation, SocketId, Window};
use wspsim::world::op::Op;

use super::calls::Doing;
use super::{Seen, Wrong};

/// An event and its code, as a message tells them.
type Told = (NetworkEvents, Option<WsaError>);

/// What is known of the events of one socket.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Reported, and no re-enabling call since.
    outstanding: NetworkEvents,
    /// What WSPEnumNetworkEvents has to give.
    record: NetworkEvents,
}

/// The events of all sockets.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    sockets: BTreeMap<SocketId, Known>,
    /// Messages on their way to each window.
    messages: BTreeMap<(Incarnation, Window), VecDeque<Told>>,
}

impl Notices {
    /// Follows a step.
    pub fn after(&mut self, world: &World, seen: &Seen<'_>) -> Result<(), Wrong> {
        self.sockets.retain(|&socket, _| world.afd().registration(socket).is_some());
        self.enumerated(seen)?;
        self.reenabled(world, seen);
        self.reported(world, seen)?;
        self.fetched(seen)?;
        self.nothing_withheld(world)
    }

    /// What the call of this step allows to be reported once more.
    fn reenabled(&mut self, world: &World, seen: &Seen<'_>) {
        let (socket, events) = match &seen.doing {
            // Where ws2_32 refuses a call, no provider hears of it.
            Some(Doing::Recv { socket, overlapped: Some(overlapped), .. })
                if overlapped.routine.is_some() && world.afd().completion_port(*socket).is_some() =>
            {
                return;
            }
            Some(Doing::Recv { socket, .. }) => (*socket, NetworkEvents::READ | NetworkEvents::OOB),
            Some(Doing::Send { socket, .. }) if seen.answer() == Some(&Err(WsaError::WouldBlock)) => {
                (*socket, NetworkEvents::WRITE)
            }
            Some(Doing::Accept { socket }) => (*socket, NetworkEvents::ACCEPT),
            Some(Doing::Connect { socket }) => (*socket, NetworkEvents::CONNECT),
            Some(Doing::Register { socket, .. }) if seen.answer().is_some_and(Result::is_ok) => {
                self.sockets.remove(socket);
                return;
            }
            _ => return,
        };
        self.sockets.entry(socket).or_default().outstanding.remove(events);
    }

    fn reported(&mut self, world: &World, seen: &Seen<'_>) -> Result<(), Wrong> {
        let mut in_call = match &seen.doing {
            // The first bytes may be reported while the call runs, and what is left after it.
            Some(Doing::Recv { socket, .. }) => Some((*socket, NetworkEvents::READ | NetworkEvents::OOB)),
            _ => None,
        };
        for event in seen.events {
            let Event::Socket(Change::Reported { socket, event, error }) = event else { continue };
            let known = self.sockets.entry(*socket).or_default();
            if known.outstanding.contains(*event) {
                let Some((_, left)) = in_call.as_mut().filter(|(call, left)| call == socket && left.contains(*event))
                else {
                    return Err(format!("{event} of socket {} is reported twice", socket.0));
                };
                left.remove(*event);
            }
            known.outstanding.insert(*event);
            let Some(registration) = world.afd().registration(*socket) else { continue };
            match registration.target {
                Target::Event(object) => {
                    known.record.insert(*event);
                    if world.events().get(object).is_some_and(|object| !object.signalled) {
                        return Err(format!("{event} of socket {} signals nothing", socket.0));
                    }
                }
                Target::Window { process, .. } => {
                    let posted = seen.events.iter().find_map(|posted| match posted {
                        Event::MessagePosted { process: owner, window, message }
                            if *owner == process && message.event == *event && message.error == *error =>
                        {
                            Some(*window)
                        }
                        _ => None,
                    });
                    let window = posted.ok_or_else(|| format!("{event} of socket {} posts nothing", socket.0))?;
                    self.messages.entry((process, window)).or_default().push_back((*event, *error));
                }
            }
        }
        let posted = seen.events.iter().filter(|event| matches!(event, Event::MessagePosted { .. })).count();
        let window = |socket| {
            let registration = world.afd().registration(socket);
            registration.is_some_and(|registration| matches!(registration.target, Target::Window { .. }))
        };
        let due = seen.events.iter().filter(|event| match event {
            Event::Socket(Change::Reported { socket, .. }) => window(*socket),
            _ => false,
        });
        match (posted, due.count()) {
            (posted, due) if posted == due => Ok(()),
            (posted, due) => Err(format!("{posted} messages were posted for {due} reports")),
        }
    }

    /// WSPEnumNetworkEvents gives what was reported since it was last asked.
    fn enumerated(&mut self, seen: &Seen<'_>) -> Result<(), Wrong> {
        let (Some(Doing::Enumerate { socket }), Some(Ok(Value::Spi(SpiReturn::Events(record))))) =
            (&seen.doing, seen.answer())
        else {
            return Ok(());
        };
        let known = self.sockets.entry(*socket).or_default();
        let expected = std::mem::take(&mut known.record);
        if record.events == expected {
            return Ok(());
        }
        Err(format!("the record of socket {} is {} and should be {expected}", socket.0, record.events))
    }

    /// A window's messages come in the order of the reports.
    fn fetched(&mut self, seen: &Seen<'_>) -> Result<(), Wrong> {
        let Op::Call { thread, call: Call::Os(OsCall::GetMessage { window, wait: false }) } = seen.op else {
            return Ok(());
        };
        let Some(Ok(Value::WindowMessage(message))) = seen.answer() else { return Ok(()) };
        let expected = self.messages.entry((thread.process, *window)).or_default().pop_front();
        let message = message.as_ref().map(|message| (message.event, message.error));
        if message == expected {
            return Ok(());
        }
        Err(format!("a window gets {message:?} and should get {expected:?}"))
    }

    /// FD_READ is level triggered: data nobody was told of waits for nothing (E5).
    fn nothing_withheld(&self, world: &World) -> Result<(), Wrong> {
        for (socket, shared) in world.afd().iter() {
            let Some(registration) = shared.registration() else { continue };
            let wanted = registration.mask.contains(NetworkEvents::READ);
            let told = self.sockets.get(&socket).is_some_and(|it| it.outstanding.contains(NetworkEvents::READ));
            if wanted && !told && has_data(world, shared) {
                return Err(format!("socket {} has data, and nobody was told", socket.0));
            }
        }
        Ok(())
    }
}

fn has_data(world: &World, shared: &SharedSocket) -> bool {
    let stream = shared.transport().kind == Kind::Stream;
    stream && !world.afd().network_down() && !shared.shut_for_receiving() && shared.received_bytes() > 0
}
