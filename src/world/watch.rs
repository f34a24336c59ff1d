//! Waits on several sockets at once: what WSPSelect and WSAPoll wait for.
//!
//! Whoever waits names descriptors as it knows them. When the wait begins each is followed down to the descriptor of
//! its base provider and the shared socket, so that a close through any layer finds it.

use super::World;
use super::afd::Sought;
use super::frame::Until;
use super::ids::{Handle, Incarnation, SocketId};

/// One socket of such a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watched {
    /// The descriptor; once the wait has begun, as the base provider knows it.
    pub handle: Handle,
    /// The shared socket; `None` until the wait begins, and for a handle that names none.
    pub socket: Option<SocketId>,
    /// What is looked for.
    pub sought: Sought,
}

impl Watched {
    /// A descriptor to be followed down when the wait begins.
    #[must_use]
    pub fn by_handle(handle: Handle, sought: Sought) -> Self {
        Self { handle, socket: None, sought }
    }
}

impl Until {
    /// Whether the wait is on this descriptor among others.
    pub(super) fn watches(&self, handle: Handle) -> bool {
        matches!(self, Self::Sockets(watched) if watched.iter().any(|watched| watched.handle == handle))
    }

    /// Whether the wait is on this shared socket among others.
    pub(super) fn watches_socket(&self, socket: SocketId) -> bool {
        matches!(self, Self::Sockets(watched) if watched.iter().any(|watched| watched.socket == Some(socket)))
    }
}

impl World {
    /// Follows the descriptors of a wait down.
    pub(super) fn begin_watch(&self, process: Incarnation, until: &mut Until) {
        let Until::Sockets(watched) = until else { return };
        for watched in watched.iter_mut().filter(|watched| watched.socket.is_none()) {
            if let Some((handle, socket)) = self.base_descriptor(process, watched.handle) {
                watched.handle = handle;
                watched.socket = Some(socket);
            }
        }
    }

    /// Whether one of them has what is looked for, or is no socket any more.
    pub(super) fn watch_is_over(&self, watched: &[Watched]) -> bool {
        let found = |watched: &Watched| watched.socket.is_none_or(|socket| self.afd.found(socket, watched.sought));
        self.afd.network_down() || watched.iter().any(found)
    }
}
