//! User data beside a connection: connect data and disconnect data (XP1_CONNECT_DATA, XP1_DISCONNECT_DATA).
//!
//! Connect data goes with the request: the caller's is at the server's end once there is a connection, the listener's at
//! the caller's. Disconnect data arrives at once; WSPRecvDisconnect fetches it. Both are also the options SO_CONNDATA
//! and SO_DISCDATA: setting says what is sent, reading what came, or if nothing came what is sent.

use std::sync::Arc;

use super::{Afd, Cx, OptionValue, SocketId};
use crate::abi::{ServiceFlags1, SockOpt, WsaError};
use crate::rules::RuleId;

/// The longest connect or disconnect data, bytes.
const DATA_MAX: usize = 64;

/// Data of one kind: what this end sends, and what came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Companion {
    sent: Option<Arc<[u8]>>,
    came: Option<Arc<[u8]>>,
}

/// Which data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Connect,
    Disconnect,
}

impl Which {
    fn of(option: SockOpt) -> Option<Self> {
        match option {
            SockOpt::ConnData | SockOpt::ConnDataLen => Some(Self::Connect),
            SockOpt::DiscData | SockOpt::DiscDataLen => Some(Self::Disconnect),
            _ => None,
        }
    }
}

impl Afd {
    fn companion(&self, id: SocketId, which: Which) -> Option<&Companion> {
        let extras = self.sockets.get(id)?.extras.as_ref()?;
        Some(if which == Which::Connect { &extras.connect_data } else { &extras.disconnect_data })
    }

    fn companion_mut(&mut self, id: SocketId, which: Which) -> &mut Companion {
        let extras = self.sockets[id].extras_mut();
        if which == Which::Connect { &mut extras.connect_data } else { &mut extras.disconnect_data }
    }

    /// lpCallerData of a connect. WSAEPROTONOSUPPORT where there is none, WSAEFAULT if it is too much.
    pub fn set_caller_data(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &Arc<[u8]>) -> Result<(), WsaError> {
        if !self.usable(cx, id)?.offers(ServiceFlags1::CONNECT_DATA) {
            return Err(WsaError::ProtoNoSupport);
        }
        if data.len() > DATA_MAX {
            return Err(WsaError::Fault);
        }
        self.companion_mut(id, Which::Connect).sent = Some(Arc::clone(data));
        Ok(())
    }

    /// lpCalleeData of a connect that has succeeded.
    #[must_use]
    pub fn callee_data(&self, id: SocketId) -> Option<Arc<[u8]>> {
        self.companion(id, Which::Connect)?.came.clone()
    }

    /// A connection has been made: each end has the other's connect data.
    pub(super) fn exchange_connect_data(&mut self, client: SocketId, listener: SocketId, server: SocketId) {
        let service = match self.sockets.get(listener).and_then(|socket| socket.extras.as_ref()) {
            Some(extras) => extras.service,
            None => return,
        };
        self.set_service(server, service);
        let [callers, callees] =
            [client, listener].map(|id| self.companion(id, Which::Connect).and_then(|data| data.sent.clone()));
        self.companion_mut(server, Which::Connect).came = callers;
        self.companion_mut(client, Which::Connect).came = callees;
    }

    /// WSPSendDisconnect: ends sending and gives the peer the disconnect data.
    pub fn send_disconnect(&mut self, cx: &mut Cx<'_>, id: SocketId, data: Option<Arc<[u8]>>) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        let offered = socket.offers(ServiceFlags1::DISCONNECT_DATA);
        if data.is_some() && !offered {
            cx.log.rule(RuleId::SendDisc2);
            return Err(WsaError::NoProtoOpt);
        }
        let Some(peer) = self.connected_peer(id) else {
            cx.log.rule(RuleId::SendDisc3);
            return Err(WsaError::NotConn);
        };
        cx.log.rule(RuleId::SendDisc1);
        let data = data.or_else(|| self.companion(id, Which::Disconnect).and_then(|kept| kept.sent.clone()));
        if let (Some(peer), Some(data)) = (peer, data.filter(|_| offered)) {
            self.companion_mut(peer, Which::Disconnect).came = Some(data);
        }
        self.shutdown(cx, id, 1)
    }

    /// WSPRecvDisconnect: ends receiving, and what disconnect data came. `room` is for the data; `None` asks for none.
    pub fn recv_disconnect(&mut self, cx: &mut Cx<'_>, id: SocketId, room: Option<u32>) -> Result<Arc<[u8]>, WsaError> {
        let socket = self.usable(cx, id)?;
        if room.is_some() && !socket.offers(ServiceFlags1::DISCONNECT_DATA) {
            cx.log.rule(RuleId::RecvDisc2);
            return Err(WsaError::NoProtoOpt);
        }
        if self.connected_peer(id).is_none() {
            cx.log.rule(RuleId::RecvDisc3);
            return Err(WsaError::NotConn);
        }
        let came = self.companion(id, Which::Disconnect).and_then(|data| data.came.clone()).unwrap_or_default();
        if room.is_some_and(|room| (room as usize) < came.len()) {
            cx.log.rule(RuleId::RecvDisc4);
            return Err(WsaError::Fault);
        }
        cx.log.rule(RuleId::RecvDisc1);
        if let Some(connection) = self.sockets[id].connection_mut() {
            connection.deaf = true;
        }
        Ok(if room.is_some() { came } else { Arc::default() })
    }

    /// The other end, if the socket is a connected one; `Some(None)`: it is gone already.
    fn connected_peer(&self, id: SocketId) -> Option<Option<SocketId>> {
        let connection = self.sockets.get(id)?.connection()?;
        connection.broken.is_none().then_some(connection.peer)
    }

    /// The options of connect and disconnect data; `None` for any other.
    pub(super) fn companion_option(&self, id: SocketId, option: SockOpt) -> Option<OptionValue> {
        let data = self.companion(id, Which::of(option)?)?;
        Some(OptionValue::Bytes(data.came.clone().or_else(|| data.sent.clone()).unwrap_or_default()))
    }

    /// Sets one of them: the data, or its length. `None` for any other option.
    pub(super) fn set_companion(
        &mut self,
        id: SocketId,
        option: SockOpt,
        value: &OptionValue,
    ) -> Option<Result<(), WsaError>> {
        let which = Which::of(option)?;
        let data = self.companion_mut(id, which);
        let new = match value {
            OptionValue::Bytes(bytes) => bytes.to_vec(),
            OptionValue::U32(length) if *length as usize <= DATA_MAX => {
                let mut bytes = data.sent.as_deref().unwrap_or_default().to_vec();
                bytes.resize(*length as usize, 0);
                bytes
            }
            _ => return Some(Err(WsaError::Inval)),
        };
        if new.len() > DATA_MAX {
            return Some(Err(WsaError::Inval));
        }
        data.sent = Some(new.into());
        Some(Ok(()))
    }
}
