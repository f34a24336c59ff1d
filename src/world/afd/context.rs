//! What a socket does not know of itself yet: AcceptEx and ConnectEx connect it, and only SO_UPDATE_ACCEPT_CONTEXT or
//! SO_UPDATE_CONNECT_CONTEXT tells its names, and what it has from the listener.

use super::route::Place;
use super::socket::{Bound, SharedSocket};
use super::{Afd, Cx, SocketId};
use crate::abi::{SockAddr, WsaError};
use crate::rules::RuleId;

/// By what a socket was connected whose context is not updated yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// AcceptEx.
    Accepted,
    /// ConnectEx.
    Connected,
}

impl Afd {
    /// SO_UPDATE_ACCEPT_CONTEXT: the socket becomes what WSPAccept would have made of it.
    pub fn update_accept_context(&mut self, cx: &mut Cx<'_>, id: SocketId, listener: SocketId) -> Result<(), WsaError> {
        self.usable(cx, id)?;
        if !self.sockets.get(listener).is_some_and(SharedSocket::is_listening) {
            cx.log.rule(RuleId::Ext12);
            return Err(WsaError::Inval);
        }
        self.check_connected(cx, id)?;
        cx.log.rule(RuleId::Ext10);
        if self.sockets[id].context.take() == Some(Context::Accepted) {
            self.inherit(cx, listener, id);
        }
        Ok(())
    }

    /// SO_UPDATE_CONNECT_CONTEXT: the socket becomes what WSPConnect would have made of it.
    pub fn update_connect_context(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<(), WsaError> {
        self.usable(cx, id)?;
        self.check_connected(cx, id)?;
        cx.log.rule(RuleId::Ext11);
        self.sockets[id].context = None;
        Ok(())
    }

    fn check_connected(&self, cx: &mut Cx<'_>, id: SocketId) -> Result<(), WsaError> {
        if self.sockets[id].connection().is_some() {
            return Ok(());
        }
        cx.log.rule(RuleId::Ext12);
        Err(WsaError::NotConn)
    }

    /// Whether calls about the connection fail because the context is not updated.
    pub(super) fn lacks_context(&self, cx: &mut Cx<'_>, id: SocketId) -> bool {
        let lacks = self.sockets.get(id).is_some_and(|socket| socket.context.is_some());
        if lacks {
            cx.log.rule(RuleId::Ext9);
        }
        lacks
    }
}

impl SharedSocket {
    /// By what it was connected, as long as its context is not updated.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.context
    }

    /// Whether it is the accepting socket of a pending AcceptEx.
    #[must_use]
    pub fn awaits_accept(&self) -> bool {
        self.io.as_deref().is_some_and(|io| io.feeds.is_some())
    }

    /// The local name as far as the socket knows it: none before an accepted one has its context, and what it was bound
    /// to before a connected one has.
    pub(super) fn known_local(&self) -> Option<SockAddr> {
        match self.context {
            None => self.local(),
            Some(Context::Accepted) => None,
            Some(Context::Connected) => {
                let Bound { place, entry } = self.bound?;
                let wildcard = entry.is_some_and(|entry| entry.wildcard);
                let ip = if wildcard { self.transport.family.wildcard() } else { place.ip };
                Some(Place { ip, ..place }.seen_by(self.transport.family))
            }
        }
    }
}
