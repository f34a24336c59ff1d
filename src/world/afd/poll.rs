//! What WSPSelect and WSAPoll find on a socket.

use super::socket::Role;
use super::{Afd, SocketId};
use crate::abi::PollEvents;

/// What a wait on several sockets looks for on one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sought {
    /// It is in readfds.
    Read,
    /// It is in writefds.
    Write,
    /// It is in exceptfds.
    Except,
    /// WSAPoll asks for these.
    Poll(PollEvents),
}

impl Sought {
    /// What each of the three sets looks for.
    pub const SETS: [Self; 3] = [Self::Read, Self::Write, Self::Except];
}

impl Afd {
    /// Whether a socket has what is looked for. A socket that is gone has.
    #[must_use]
    pub fn found(&self, id: SocketId, sought: Sought) -> bool {
        if self.sockets.get(id).is_none() {
            return true;
        }
        match sought {
            Sought::Read => self.select(id).read,
            Sought::Write => self.select(id).write,
            Sought::Except => self.select(id).except,
            Sought::Poll(events) => !self.poll(id, events).is_empty(),
        }
    }

    /// The revents of a socket: what was asked for and holds, and POLLHUP, POLLERR, POLLNVAL without being asked for.
    #[must_use]
    pub fn poll(&self, id: SocketId, events: PollEvents) -> PollEvents {
        let always = PollEvents::HUP | PollEvents::ERR | PollEvents::NVAL;
        self.poll_state(id).intersection(events | always)
    }

    fn poll_state(&self, id: SocketId) -> PollEvents {
        let Some(socket) = self.sockets.get(id) else { return PollEvents::NVAL };
        let sets = self.select(id);
        let mut state = PollEvents::empty();
        match &socket.role {
            Role::Connecting(_) => {}
            Role::Idle if sets.except => state = PollEvents::WRNORM | PollEvents::HUP | PollEvents::ERR,
            Role::Idle => {}
            Role::Listening(_) => state.set(PollEvents::RDNORM, sets.read),
            Role::Connected(connection) => {
                state.set(PollEvents::RDNORM, self.has_data(id));
                state.set(PollEvents::RDBAND, sets.except);
                state.set(PollEvents::WRNORM, sets.write);
                state.set(PollEvents::HUP, connection.end_received || connection.broken.is_some());
                state.set(PollEvents::ERR, connection.broken.is_some());
            }
            Role::Datagram(datagrams) => {
                state.set(PollEvents::RDNORM, sets.read);
                state.set(PollEvents::WRNORM, sets.write);
                state.set(PollEvents::ERR, datagrams.unreachable);
            }
        }
        state
    }
}
