//! Why bytes may be lost: named causes, found in what happened and in the state before it.

use std::collections::BTreeMap;

use wspsim::abi::SpiCall;
use wspsim::abi::client::Call;
use wspsim::world::World;
use wspsim::world::event::Event;
use wspsim::world::fault::Fault;
use wspsim::world::ids::{SocketId, ThreadId};
use wspsim::world::op::Op;

use super::Seen;
use super::calls::Doing;
use super::streams::Streams;

impl Streams {
    pub(super) fn find_causes(
        &mut self,
        world: &World,
        seen: &Seen<'_>,
        doing: &BTreeMap<ThreadId, Vec<Doing>>,
        parts: bool,
    ) {
        self.closes(world, seen, doing);
        match seen.op {
            Op::BreakConnection { process, socket, .. } => {
                if let Some(socket) = world.shared_socket(*process, *socket) {
                    self.cause(socket, "broken from outside");
                }
            }
            Op::Fault(Fault::NetworkDown) => {
                for connection in &mut self.connections {
                    connection.causes.insert("the network is down");
                }
            }
            Op::Advance { .. } if parts => {
                for connection in &mut self.connections {
                    connection.causes.insert("the link was cut for too long");
                }
            }
            Op::Call { thread, call: Call::Spi(SpiCall::Shutdown { s, how: 0 | 2 }) } => {
                if let Some(socket) = world.shared_socket(thread.process, *s)
                    && self.before.get(&socket).is_some_and(|before| before.waiting)
                {
                    self.cause(socket, "shut down for receiving with data unread");
                }
            }
            _ => {}
        }
    }

    fn cause(&mut self, socket: SocketId, cause: &'static str) {
        if let Some(&(at, _)) = self.ends.get(&socket) {
            self.connections[at].causes.insert(cause);
        }
    }

    /// Ends that lost their last reference.
    fn closes(&mut self, world: &World, seen: &Seen<'_>, doing: &BTreeMap<ThreadId, Vec<Doing>>) {
        let ends: Vec<(SocketId, (usize, usize))> = self.ends.iter().map(|(&socket, &end)| (socket, end)).collect();
        for (socket, (at, side)) in ends {
            let (Some(before), Some(connection)) = (self.before.get(&socket), self.connections.get_mut(at)) else {
                continue;
            };
            let lingers = |doing: &Doing| matches!(doing, Doing::Close { socket: closing, .. } if *closing == socket);
            if doing.values().flatten().any(lingers) {
                connection.causes.insert("a close ran out of time");
            }
            let references = world.afd().socket(socket).map_or(0, |end| end.references());
            let queued = world.afd().socket(socket).is_some_and(|end| end.is_queued());
            if references > 0 || queued || connection.closed[side] {
                continue;
            }
            connection.closed[side] = true;
            if before.references == 0 {
                connection.causes.insert("never accepted");
            }
            if before.hard {
                connection.causes.insert("closed hard");
            }
            if before.waiting {
                connection.causes.insert("closed with data unread");
            }
            if died(seen) {
                connection.causes.insert("its process died");
            }
        }
    }
}

/// Whether a process ended in this step.
fn died(seen: &Seen<'_>) -> bool {
    seen.events.iter().any(|event| matches!(event, Event::ProcessEnded { .. }))
}
