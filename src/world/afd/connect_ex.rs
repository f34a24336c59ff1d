//! ConnectEx: an attempt to connect as an overlapped operation, with data to send as soon as it succeeds.

use std::sync::Arc;

use super::context::Context;
use super::operation::Work;
use super::socket::Role;
use super::{Afd, Cx, SocketId};
use crate::abi::{MessageFlags, SockAddr, WsaError};
use crate::rules::RuleId;
use crate::world::policy::{ConnectExWhileConnecting, PolicyId};

impl Afd {
    /// Starts the attempt, or says why there cannot be one. What becomes of it is the operation's to tell.
    pub fn start_connect_ex(&mut self, cx: &mut Cx<'_>, id: SocketId, to: &SockAddr) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        let (rule, error) = match &socket.role {
            Role::Datagram(_) | Role::Listening(_) => (RuleId::ConnectEx4, WsaError::Inval),
            Role::Connecting(_) => (RuleId::ConnectEx5, while_connecting(cx)),
            Role::Connected(_) => (RuleId::ConnectEx6, WsaError::IsConn),
            Role::Idle if socket.awaits_accept() => (RuleId::AcceptEx10, WsaError::Inval),
            Role::Idle if socket.bound.is_none() => (RuleId::ConnectEx1, WsaError::Inval),
            Role::Idle => return self.start_attempt(cx, id, to).inspect(|()| cx.log.rule(RuleId::ConnectEx2)),
        };
        cx.log.rule(rule);
        Err(error)
    }

    /// The attempt is over; whoever hears of it does so from the operation, so SO_ERROR has nothing to add. A success
    /// leaves the data to be sent. `None` while it is in progress.
    pub(super) fn connect_ended(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &Arc<[u8]>,
    ) -> Option<Result<Work, WsaError>> {
        let socket = self.sockets.get_mut(id)?;
        if matches!(socket.role, Role::Connecting(_)) {
            return None;
        }
        let failure = match socket.outcome.take() {
            Some(Err(error)) => Some(error),
            _ if socket.connection().is_none() => Some(WsaError::OperationAborted),
            _ => None,
        };
        if let Some(error) = failure {
            socket.error = socket.error.filter(|&pending| pending != error);
            return Some(Err(error));
        }
        socket.context = Some(Context::Connected);
        cx.log.rule(RuleId::ConnectEx3);
        let flags = MessageFlags::empty();
        Some(Ok(Work::Send { data: Arc::clone(data), sent: 0, flags, to: None }))
    }

    /// Nobody waits for the attempt any more.
    pub(super) fn give_up_connect(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        cx.log.rule(RuleId::ConnectEx7);
        self.cancel_connect(cx, id);
    }
}

/// What another attempt says while one is in progress.
fn while_connecting(cx: &mut Cx<'_>) -> WsaError {
    cx.log.policy(PolicyId::connect_ex_while_connecting);
    match cx.platform.policies.connect_ex_while_connecting {
        ConnectExWhileConnecting::Wsaealready => WsaError::Already,
        ConnectExWhileConnecting::Wsaeinval => WsaError::Inval,
    }
}
