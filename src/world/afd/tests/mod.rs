//! What lies under a base provider, tested through its public interface.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bench;
mod bind;
mod close;
mod connect;
mod datagram;
mod events;
mod faults;
mod listen;
mod options;
mod random;
mod stream;

use super::*;

impl Afd {
    /// A whole receiving call, as a provider makes it.
    fn recv(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        flags: crate::abi::MessageFlags,
    ) -> Result<Received, WsaError> {
        let received = self.receive(cx, id, room, flags);
        self.reenable(cx, id, NetworkEvents::READ | NetworkEvents::OOB);
        received
    }
}
