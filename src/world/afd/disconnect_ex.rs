//! DisconnectEx: the end of a connection as an operation, after which the socket may be used again.

use super::socket::{Role, Shut};
use super::{Afd, Change, Cx, SocketId};
use crate::abi::{SpiResult, SpiReturn, WsaError};
use crate::rules::RuleId;

impl Afd {
    /// Ends sending and, with `reuse`, receiving; what is left is the operation's, or the caller's wait.
    pub fn start_disconnect_ex(&mut self, cx: &mut Cx<'_>, id: SocketId, reuse: bool) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        if !socket.transport.kind.connects() {
            cx.log.rule(RuleId::DisconnectEx4);
            return Err(WsaError::Inval);
        }
        let connected = socket.connection().is_some_and(|connection| connection.broken.is_none());
        if !connected || (socket.shut.send && !reuse) {
            cx.log.rule(RuleId::DisconnectEx3);
            return Err(WsaError::NotConn);
        }
        cx.log.rule(if reuse { RuleId::DisconnectEx2 } else { RuleId::DisconnectEx1 });
        self.shut_down(cx, id, reuse, true);
        Ok(())
    }

    /// Whether the end of the connection has come; with `reuse` the socket is then as new. `None`: not yet.
    pub fn finish_disconnect_ex(&mut self, cx: &mut Cx<'_>, id: SocketId, reuse: bool) -> Option<SpiResult> {
        let Some(connection) = self.sockets.get(id)?.connection() else { return Some(Ok(SpiReturn::Done)) };
        match connection.broken {
            Some(error) if !reuse => return Some(Err(error)),
            None if !self.is_parted(id, reuse) => return None,
            _ => {}
        }
        if reuse {
            self.leave_connection(cx, id);
        }
        Some(Ok(SpiReturn::Done))
    }

    /// Whether everything sent, the end included, is with the peer and, with `reuse`, the peer's end has come too.
    pub(super) fn is_parted(&self, id: SocketId, reuse: bool) -> bool {
        let Some(connection) = self.sockets.get(id).and_then(|socket| socket.connection()) else { return true };
        if connection.broken.is_some() {
            return true;
        }
        let sent = connection.unsent.is_none() && !self.end_travels(id);
        sent && (!reuse || connection.end_received)
    }

    /// Both directions have ended: the socket forgets that it was ever connected. A name it was bound to stays.
    fn leave_connection(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.clear_deadline(id);
        self.forget_flights(id);
        let peer = self.sockets[id].connection_mut().and_then(|connection| connection.peer.take());
        if let Some(other) = peer.and_then(|peer| self.sockets.get_mut(peer)?.connection_mut()) {
            other.peer = None;
        }
        if self.sockets[id].extras.is_some() {
            self.leave_session(cx, id);
        }
        let socket = &mut self.sockets[id];
        socket.role = Role::Idle;
        socket.shut = Shut::default();
        socket.bound = socket.bound.filter(|bound| bound.entry.is_some());
        socket.show_wildcard();
        (socket.error, socket.outcome, socket.context) = (None, None, None);
        if let Some(registration) = &mut socket.registration {
            registration.start_afresh();
        }
        cx.log.note(|| Change::Reusable { socket: id });
    }
}
