//! What must hold between any two calls. For tests and fuzzing; nothing in the world calls it.

use std::collections::BTreeSet;

use super::listen::Stage;
use super::operation::Work;
use super::socket::{Bound, Connection, Life, Phase, Role, SharedSocket};
use super::{Afd, Kind, NO_EVENT, SocketId, Target};

type Check = Result<(), String>;

/// Whether a set has these members, of which none comes twice, and no others. Most worlds are asked and few are wrong: no
/// second set is made.
fn same<T: Ord>(mut members: impl Iterator<Item = T>, set: &BTreeSet<T>) -> bool {
    let mut count = 0;
    members.all(|member| {
        count += 1;
        set.contains(&member)
    }) && count == set.len()
}

fn holds(condition: bool, id: SocketId, what: &str) -> Check {
    if condition { Ok(()) } else { Err(format!("socket {}: {what}", id.0)) }
}

impl Afd {
    /// Whether everything fits together; the first thing that does not, in words.
    pub fn check_invariants(&self) -> Result<(), String> {
        for (id, socket) in self.sockets.iter() {
            self.check_life(id, socket)?;
            self.check_role(id, socket)?;
            self.check_name(id, socket)?;
            self.check_operations(id, socket)?;
            self.check_session(id, socket)?;
            self.check_accept(id, socket)?;
        }
        if self.completions_pending() {
            return Err("ended operations were left unannounced".into());
        }
        self.check_ports()?;
        self.check_events()?;
        self.check_deadlines()
    }

    fn check_life(&self, id: SocketId, socket: &SharedSocket) -> Check {
        match socket.life {
            Life::Open => holds(socket.references() > 0, id, "open without references"),
            Life::Orphan => {
                holds(socket.references() == 0, id, "closed with references")?;
                holds(socket.unsent_bytes() > 0 || self.end_travels(id), id, "closed with nothing left to send")?;
                holds(socket.bound.is_none() && socket.registration.is_none(), id, "closed with name or registration")
            }
            Life::Queued(listener) => {
                let queue = self.sockets.get(listener).and_then(|socket| socket.listener());
                let queued = queue.is_some_and(|queue| queue.requests.iter().any(|r| r.stage == Stage::Complete(id)));
                holds(queued, id, "waits in a queue that does not know it")?;
                holds(socket.references() == 0, id, "queued with references")?;
                holds(socket.registration.is_none(), id, "queued with a registration")
            }
            Life::Held(_) => {
                holds(socket.awaits_accept(), id, "held for nobody")?;
                holds(socket.references() == 0, id, "held with references")
            }
        }
    }

    fn check_role(&self, id: SocketId, socket: &SharedSocket) -> Check {
        match &socket.role {
            Role::Idle => Ok(()),
            Role::Connecting(attempt) => match attempt.phase {
                Phase::Travelling | Phase::Silent => Ok(()),
                Phase::Offered(listener) => {
                    let queue = self.sockets.get(listener).and_then(|socket| socket.listener());
                    let offered = queue.is_some_and(|q| q.requests.iter().any(|r| r.stage == Stage::Offered(id)));
                    holds(offered, id, "offered to a listener that does not know it")
                }
            },
            Role::Listening(listener) => {
                let fits = listener.requests.len() <= listener.backlog as usize;
                holds(fits, id, "more requests than the backlog allows")?;
                holds(!listener.deferred || !listener.requests.is_empty(), id, "deferred nothing")?;
                listener.requests.iter().try_for_each(|request| match request.stage {
                    Stage::Complete(server) => {
                        let end = self.sockets.get(server).map(|end| end.life);
                        holds(end == Some(Life::Queued(id)), id, "queues a connection that is not its own")
                    }
                    Stage::Offered(client) => {
                        let role = self.sockets.get(client).map(|client| &client.role);
                        let waits = matches!(role, Some(Role::Connecting(a)) if a.phase == Phase::Offered(id));
                        holds(waits, id, "queues an attempt that is not for it")
                    }
                    Stage::Reset | Stage::Withdrawn => Ok(()),
                })
            }
            Role::Connected(connection) => self.check_connection(id, socket, connection),
            Role::Datagram(datagrams) => {
                let charge: usize = datagrams.queue.iter().map(|datagram| datagram.bytes.len().max(1)).sum();
                holds(charge == datagrams.charge as usize, id, "the queue's charge is wrong")?;
                let foreign = |from| datagrams.peer.is_some_and(|peer| peer != from);
                let only_peer = !datagrams.queue.iter().any(|datagram| foreign(datagram.from));
                holds(only_peer, id, "holds datagrams of somebody else than its peer")
            }
        }
    }

    fn check_operations(&self, id: SocketId, socket: &SharedSocket) -> Check {
        let Some(io) = &socket.io else { return Ok(()) };
        holds(!io.is_trying(), id, "was left in the middle of its operations")?;
        let unused = io.operations().next().is_none();
        holds(unused || socket.references() > 0, id, "has operations and no references")?;
        holds(!io.awaits_data() || !self.has_data(id), id, "has data that a pending receive should have")?;
        let urgent = socket.has_urgent_aside() && !socket.inline();
        holds(!io.awaits_urgent() || !urgent, id, "has urgent data that a pending receive should have")?;
        let room = self.can_send(id) && socket.sender.is_none();
        holds(!io.has_sends() || !room, id, "has room that a pending send should have used")
    }

    fn check_connection(&self, id: SocketId, socket: &SharedSocket, connection: &Connection) -> Check {
        if let Some(unsent) = &connection.unsent {
            holds(!unsent.bytes.is_empty(), id, "keeps nothing")?;
            holds(connection.peer.is_some(), id, "keeps data for nobody")?;
        }
        if connection.broken.is_some() {
            holds(connection.peer.is_none(), id, "broken with a peer")?;
            return holds(connection.received.is_empty(), id, "broken with data");
        }
        let unread = connection.received.len()
            + connection.peer.map_or(0, |peer| self.sockets.get(peer).map_or(0, |s| s.unsent_bytes()));
        holds(connection.marks_within(unread), id, "has a mark beyond its data")?;
        let Some(peer) = connection.peer else {
            return holds(connection.end_received || self.reset_travels(id), id, "the peer is gone without an end");
        };
        let Some(other) = self.sockets.get(peer) else { return holds(false, id, "the peer does not exist") };
        let Some(end) = other.connection() else { return holds(false, id, "the peer is not connected") };
        holds(end.peer == Some(id), id, "the peer has another peer")?;
        holds(end.broken.is_none(), id, "the peer is broken")?;
        let sent_all = socket.shut.send && connection.unsent.is_none() && !self.end_travels(id);
        holds(end.end_received == sent_all, id, "the end of the stream is not where it should be")?;
        holds(self.travelling(id) <= connection.unsent_len(), id, "more is on its way than was kept")?;
        let pumped = self.arrived_unsent(id) == 0 || other.receive_room() == 0;
        holds(pumped, id, "keeps data although the peer has room")?;
        let refused = socket.shut.receive && !(connection.received.is_empty() && self.arrived_unsent(peer) == 0);
        holds(!refused, id, "has data although shut for receiving")
    }

    /// Who is there for an AcceptEx is known to it.
    fn check_accept(&self, id: SocketId, socket: &SharedSocket) -> Check {
        let Some(listener) = socket.io.as_ref().and_then(|io| io.feeds) else { return Ok(()) };
        let io = self.sockets.get(listener).and_then(|listener| listener.io.as_ref());
        let held = matches!(socket.life, Life::Held(_));
        let known = io.is_some_and(|io| {
            io.operations().any(|operation| match &operation.work {
                Work::Accept(accepting) if held => accepting.held == Some(id),
                Work::Accept(accepting) => accepting.acceptor == id,
                _ => false,
            })
        });
        holds(known, id, "is there for an AcceptEx that does not know it")?;
        holds(
            held || matches!(socket.role, Role::Idle) && socket.bound.is_none(),
            id,
            "waits to be accepted and is in use",
        )
    }

    /// Roots and leaves know each other.
    fn check_session(&self, id: SocketId, socket: &SharedSocket) -> Check {
        let Some(extras) = &socket.extras else { return Ok(()) };
        let of = |other: SocketId| self.sockets.get(other).and_then(|socket| socket.extras.as_ref());
        let known = extras.leaves.iter().all(|&leaf| of(leaf).is_some_and(|extras| extras.root == Some(id)));
        holds(known, id, "has a leaf that does not know it")?;
        let knows = extras.root.is_none_or(|root| of(root).is_some_and(|extras| extras.leaves.contains(&id)));
        holds(knows, id, "has a root that does not know it")
    }

    fn check_name(&self, id: SocketId, socket: &SharedSocket) -> Check {
        let Some(bound) = socket.bound else {
            let nameless = match &socket.role {
                Role::Idle => true,
                Role::Connected(_) => socket.life == Life::Orphan,
                Role::Datagram(datagrams) => datagrams.peer.is_none() && datagrams.queue.is_empty(),
                Role::Connecting(_) | Role::Listening(_) => false,
            };
            return holds(nameless, id, "does without a name what needs one");
        };
        let portless = socket.connection().is_some() || socket.transport.kind == Kind::Raw;
        holds(bound.entry.is_some() || portless, id, "has a name and holds no port")
    }

    fn check_ports(&self) -> Check {
        let holds_port =
            |(_, socket): (SocketId, &SharedSocket)| socket.bound.is_some_and(|bound| bound.entry.is_some());
        if self.ports.iter().next().is_none() && !self.sockets.iter().any(holds_port) {
            return Ok(());
        }
        let mut expected = BTreeSet::new();
        for (id, socket) in self.sockets.iter() {
            if let Some(Bound { place, entry: Some(entry) }) = socket.bound {
                let addresses = entry.addresses(place.ip);
                expected.extend(addresses.map(|ip| (socket.transport.kind, place.port, ip, entry.sequence, id)));
            }
        }
        let table: BTreeSet<_> = self.ports.iter().collect();
        match table.symmetric_difference(&expected).next() {
            None => Ok(()),
            Some(odd) => Err(format!("the port table and the names of the sockets disagree about {odd:?}")),
        }
    }

    fn check_events(&self) -> Check {
        let event = |socket: &SharedSocket| match socket.registration()?.target {
            Target::Event(event) if event != NO_EVENT => Some(event),
            _ => None,
        };
        let expected = || self.sockets.iter().filter_map(|(id, socket)| Some((event(socket)?, id)));
        if same(expected(), &self.by_event) {
            Ok(())
        } else {
            let expected: BTreeSet<_> = expected().collect();
            Err(format!("registrations by event are {:?} and should be {expected:?}", self.by_event))
        }
    }

    fn check_deadlines(&self) -> Check {
        let expected = || self.sockets.iter().filter_map(|(id, socket)| Some((socket.deadline()?, id)));
        if same(expected(), &self.deadlines) {
            Ok(())
        } else {
            let expected: BTreeSet<_> = expected().collect();
            Err(format!("deadlines are {:?} and should be {expected:?}", self.deadlines))
        }
    }
}
