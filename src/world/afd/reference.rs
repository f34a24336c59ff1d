//! Making shared sockets, and counting who refers to them.
//!
//! References are descriptors (in whatever process) and pending duplications. The count is kept here and nowhere else:
//! a caller reports each reference it makes and gives each one up exactly once. What happens when the last one goes is
//! in `close`.

use super::socket::SharedSocket;
use super::values::Options;
use super::{Afd, Change, Cx, SocketId, Transport};
use crate::abi::WsaError;
use crate::rules::RuleId;
use crate::world::catalog::ShapeId;

impl Afd {
    /// Makes a shared socket without references; the caller adds the first. WSAENOBUFS at the machine's limit.
    #[inline]
    pub fn create(&mut self, cx: &mut Cx<'_>, transport: Transport, overlapped: bool) -> Result<SocketId, WsaError> {
        if self.faults.network_down {
            cx.log.rule(RuleId::G6);
            return Err(WsaError::NetDown);
        }
        if !self.has_room(cx) {
            return Err(WsaError::NoBufs);
        }
        let options = Options::new(cx.platform);
        Ok(self.insert(cx, SharedSocket::new(transport, overlapped, options)))
    }

    /// Says whose socket a fresh one is.
    #[inline]
    pub fn set_maker(&mut self, id: SocketId, maker: ShapeId) {
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.maker = maker;
        }
    }

    /// Whose socket it is.
    #[must_use]
    pub fn maker(&self, id: SocketId) -> Option<ShapeId> {
        self.sockets.get(id).map(|socket| socket.maker)
    }

    /// Whether one more shared socket is possible.
    #[inline]
    pub(super) fn has_room(&self, cx: &Cx<'_>) -> bool {
        !self.faults.no_buffers && self.sockets.len() < cx.platform.limits.sockets as usize
    }

    #[inline]
    pub(super) fn insert(&mut self, cx: &mut Cx<'_>, socket: SharedSocket) -> SocketId {
        let transport = socket.transport;
        let id = self.sockets.insert(socket);
        cx.log.note(|| Change::Created { socket: id, transport });
        id
    }

    /// Whether nobody refers to the socket any more: it has gone, or only delivers what was sent.
    #[must_use]
    pub fn is_lost(&self, id: SocketId) -> bool {
        self.sockets.get(id).is_none_or(|socket| socket.references() == 0)
    }

    /// One descriptor more.
    #[inline]
    pub fn add_descriptor(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.count(cx, id, |socket| socket.descriptors = socket.descriptors.saturating_add(1));
    }

    /// One pending duplication more.
    #[inline]
    pub fn add_duplication(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.count(cx, id, |socket| socket.duplications = socket.duplications.saturating_add(1));
    }

    /// A pending duplication was opened: its reference is a descriptor's now. Nothing happens if none is pending.
    #[inline]
    pub fn duplication_to_descriptor(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.count(cx, id, |socket| {
            if let Some(rest) = socket.duplications.checked_sub(1) {
                socket.duplications = rest;
                socket.descriptors = socket.descriptors.saturating_add(1);
            }
        });
    }

    pub(super) fn count(&mut self, cx: &mut Cx<'_>, id: SocketId, change: impl FnOnce(&mut SharedSocket)) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        change(socket);
        let (descriptors, duplications) = (socket.descriptors, socket.duplications);
        cx.log.note(|| Change::References { socket: id, descriptors, duplications });
    }
}
