//! Completion ports: queues of finished operations, of the process that holds a handle.
//!
//! Page: createiocompletionport. A socket belongs to one port at most, for good; the association is the shared
//! socket's ([`Afd::associate`](super::afd::Afd::associate)).

use std::collections::VecDeque;

use super::ids::PortId;
use super::sorted::SortedMap;
use crate::abi::client::Packet;

/// One port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CompletionPort {
    /// Handles that name it, over all processes.
    handles: u32,
    /// What nobody has taken yet, the oldest first.
    queue: VecDeque<Packet>,
}

/// The completion ports of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CompletionPorts {
    ports: SortedMap<PortId, CompletionPort>,
    next: u32,
}

impl CompletionPorts {
    /// A new port with one handle.
    pub fn create(&mut self) -> PortId {
        let id = PortId(self.next);
        self.next += 1;
        self.ports.insert(id, CompletionPort { handles: 1, queue: VecDeque::new() });
        id
    }

    /// One more handle.
    pub fn add_handle(&mut self, id: PortId) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.handles += 1;
        }
    }

    /// One handle less; with the last one the port ends and what is queued is lost.
    pub fn drop_handle(&mut self, id: PortId) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.handles -= 1;
            if port.handles == 0 {
                self.ports.remove(&id);
            }
        }
    }

    /// Queues a packet; nothing happens if the port is gone.
    pub fn post(&mut self, id: PortId, packet: Packet) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.queue.push_back(packet);
        }
    }

    /// Takes the oldest packet.
    pub fn take(&mut self, id: PortId) -> Option<Packet> {
        self.ports.get_mut(&id)?.queue.pop_front()
    }

    /// Whether a call that waits for a packet may go on: there is one, or the port is gone.
    #[must_use]
    pub fn is_ready(&self, id: PortId) -> bool {
        self.ports.get(&id).is_none_or(|port| !port.queue.is_empty())
    }

    /// Packets that wait.
    #[must_use]
    pub fn queued(&self, id: PortId) -> usize {
        self.ports.get(&id).map_or(0, |port| port.queue.len())
    }

    /// The port.
    pub(super) fn get(&self, id: PortId) -> Option<&CompletionPort> {
        self.ports.get(&id)
    }

    /// All ports, the oldest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = PortId> + '_ {
        self.ports.iter().map(|(&id, _)| id)
    }

    /// How many ports there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ports.len()
    }

    /// Whether there is no port.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}
