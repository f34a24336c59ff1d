//! AcceptEx: a pending operation of the listener takes requests before anybody else hears of them.
//!
//! The accepting socket stays as it is until the operation is over. A connection that still has to bring data waits at
//! the listener, as a socket of its own ([`Life::Held`]); when it is handed over, the accepting socket becomes its end
//! and the socket it came as is gone.

use super::context::Context;
use super::event::Cause;
use super::listen::RequestState;
use super::operation::{Operation, Work};
use super::socket::{Life, Role};
use super::{Afd, Change, Cx, Received, SocketId};
use crate::abi::{
    AcceptBuffer, AcceptedInto, MessageFlags, NetworkEvents, SocketFlags, SpiResult, SpiReturn, WsaError,
};
use crate::rules::RuleId;

/// What AcceptEx is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Accepting {
    /// The socket that becomes the connection's end.
    pub acceptor: SocketId,
    /// How much data it takes along: 0 asks for none.
    pub receive: usize,
    /// The connection that waits for data.
    pub(super) held: Option<SocketId>,
}

impl Accepting {
    /// No connection yet.
    #[must_use]
    pub fn new(acceptor: SocketId, receive: usize) -> Self {
        Self { acceptor, receive, held: None }
    }
}

impl Afd {
    /// What makes AcceptEx fail before anything has happened.
    pub fn check_accept_ex(
        &self,
        cx: &mut Cx<'_>,
        listener: SocketId,
        acceptor: SocketId,
        buffer: &AcceptBuffer,
    ) -> Result<(), WsaError> {
        let transport = self.buffered(cx, listener)?.transport;
        let needed = transport.family.unspecified().encoded_len() as u32 + AcceptBuffer::MARGIN;
        let (rule, error) = match self.sockets.get(acceptor) {
            None => return Err(WsaError::NotSock),
            _ if !buffer.out || buffer.local < needed || buffer.remote < needed => (RuleId::AcceptEx6, WsaError::Fault),
            _ if !self.sockets[listener].is_listening() => (RuleId::AcceptEx5, WsaError::Inval),
            Some(socket)
                if socket.transport != transport
                    || !matches!(socket.role, Role::Idle)
                    || socket.bound.is_some()
                    || socket.awaits_accept() =>
            {
                (RuleId::AcceptEx4, WsaError::Inval)
            }
            Some(_) => return Ok(()),
        };
        cx.log.rule(rule);
        Err(error)
    }

    /// An AcceptEx begins: its accepting socket is taken.
    pub(super) fn engage_acceptor(&mut self, listener: SocketId, accepting: &Accepting) {
        if let Some(socket) = self.sockets.get_mut(accepting.acceptor) {
            socket.io.get_or_insert_default().feeds = Some(listener);
        }
    }

    /// Goes on with an AcceptEx; `None` while there is no connection, or no data.
    pub(super) fn accept_into(
        &mut self,
        cx: &mut Cx<'_>,
        listener: SocketId,
        accepting: &mut Accepting,
    ) -> Option<SpiResult> {
        let server = match accepting.held {
            Some(server) => server,
            None => match self.next_connection(cx, listener)? {
                Ok(server) => server,
                Err(error) => return Some(self.lose_connection(cx, accepting, error)),
            },
        };
        let data = match accepting.receive {
            0 => Ok(Vec::new()),
            room => match self.receive(cx, server, room, MessageFlags::empty()) {
                Ok(Received::Empty) => {
                    self.hold(listener, server);
                    accepting.held = Some(server);
                    return None;
                }
                Ok(Received::Data { bytes, .. } | Received::Part { bytes }) => Ok(bytes),
                Ok(Received::End) => Ok(Vec::new()),
                Err(error) => Err(error),
            },
        };
        accepting.held = None;
        match data {
            Ok(data) => Some(self.become_accepted(cx, listener, server, accepting.acceptor, data)),
            Err(error) => {
                self.destroy(cx, server);
                Some(self.lose_connection(cx, accepting, error))
            }
        }
    }

    /// The connection was lost before it was handed over.
    fn lose_connection(&mut self, cx: &mut Cx<'_>, accepting: &Accepting, error: WsaError) -> SpiResult {
        cx.log.rule(RuleId::AcceptEx7);
        self.release_acceptor(accepting.acceptor);
        Err(error)
    }

    /// The first request of the queue as a connection nobody refers to. One that was withdrawn is passed over.
    fn next_connection(&mut self, cx: &mut Cx<'_>, listener: SocketId) -> Option<Result<SocketId, WsaError>> {
        loop {
            let request = match self.accept_front(listener) {
                Ok(request) => request?,
                Err(error) => return Some(Err(error)),
            };
            match self.take_front(cx, listener) {
                Err(WsaError::Acces) if request.state == RequestState::Withdrawn => {}
                Err(error) => return Some(Err(error)),
                Ok((server, client)) => {
                    cx.log.rule(RuleId::AcceptEx1);
                    if self.registration(listener).is_some_and(|r| r.mask.contains(NetworkEvents::ACCEPT)) {
                        cx.log.rule(RuleId::AcceptEx2);
                    }
                    self.hold(listener, server);
                    if let Some(client) = client {
                        self.report_because(cx, client, Cause::Connected);
                        self.progress(cx, client);
                    }
                    return Some(Ok(server));
                }
            }
        }
    }

    /// A connection waits at the listener for its first data.
    fn hold(&mut self, listener: SocketId, server: SocketId) {
        let socket = &mut self.sockets[server];
        socket.life = Life::Held(listener);
        socket.io.get_or_insert_default().feeds = Some(listener);
    }

    /// The accepting socket becomes the end of a connection.
    fn become_accepted(
        &mut self,
        cx: &mut Cx<'_>,
        listener: SocketId,
        server: SocketId,
        acceptor: SocketId,
        data: Vec<u8>,
    ) -> SpiResult {
        cx.log.rule(RuleId::AcceptEx3);
        let (Some(local), Some(remote)) = (self.sockets[server].local(), self.peer_of(server)) else {
            return Err(WsaError::ConnReset);
        };
        let Some(mut end) = self.sockets.remove(server) else { return Err(WsaError::ConnReset) };
        let peer = end.connection().and_then(|connection| connection.peer);
        let connect_data = end.extras.take().map(|extras| extras.connect_data);
        let socket = &mut self.sockets[acceptor];
        socket.bound = end.bound;
        socket.role = end.role;
        socket.context = Some(Context::Accepted);
        if let Some(data) = connect_data {
            socket.extras_mut().connect_data = data;
        }
        self.release_acceptor(acceptor);
        self.rename_flights(server, acceptor);
        if let Some(other) = peer.and_then(|peer| self.sockets.get_mut(peer)?.connection_mut()) {
            other.peer = Some(acceptor);
        }
        if self.roles(listener).contains(SocketFlags::MULTIPOINT_C_ROOT) {
            self.adopt_leaf(listener, acceptor);
        }
        cx.log.note(|| Change::Destroyed { socket: server });
        cx.log.note(|| Change::Accepted { socket: listener, accepted: acceptor });
        if let Some(peer) = peer {
            self.pump(cx, peer);
        }
        self.report_because(cx, acceptor, Cause::Connected);
        Ok(SpiReturn::AcceptedInto(Box::new(AcceptedInto { data, local, remote })))
    }

    /// The peer of a connection, also of one that has broken since.
    fn peer_of(&self, server: SocketId) -> Option<crate::abi::SockAddr> {
        let socket = self.sockets.get(server)?;
        socket.connection().map(|connection| connection.peer_place.seen_by(socket.transport.family))
    }

    /// The accepting socket is free again.
    pub(super) fn release_acceptor(&mut self, acceptor: SocketId) {
        if let Some(io) = self.sockets.get_mut(acceptor).and_then(|socket| socket.io.as_mut()) {
            io.feeds = None;
        }
    }

    /// An AcceptEx ends without a connection.
    pub(super) fn give_up_accept(&mut self, cx: &mut Cx<'_>, accepting: &Accepting) {
        cx.log.rule(RuleId::AcceptEx8);
        self.release_acceptor(accepting.acceptor);
        if let Some(server) = accepting.held {
            self.break_connection(cx, server, WsaError::ConnAborted, WsaError::ConnReset);
            self.destroy(cx, server);
        }
    }

    /// The last descriptor of an accepting socket goes: the AcceptEx it was for ends.
    pub(super) fn abandon_accept(&mut self, cx: &mut Cx<'_>, acceptor: SocketId) {
        let Some(listener) = self.sockets.get(acceptor).and_then(|socket| socket.io.as_ref()?.feeds) else { return };
        let meant = |operation: &Operation| matches!(&operation.work, Work::Accept(a) if a.acceptor == acceptor);
        self.end_operations(cx, listener, meant, |_| WsaError::OperationAborted, false);
    }

    /// Since when the connection for an accepting socket waits for its data.
    pub(super) fn held_for(&self, acceptor: SocketId) -> Option<SocketId> {
        let listener = self.sockets.get(acceptor)?.io.as_ref()?.feeds?;
        let operations = self.sockets.get(listener)?.io.as_ref()?.operations();
        let mut accepting = operations.filter_map(|operation| match &operation.work {
            Work::Accept(accepting) => Some(accepting),
            _ => None,
        });
        accepting.find(|accepting| accepting.acceptor == acceptor)?.held
    }
}
