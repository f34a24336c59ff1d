//! Operations that end from outside: what they waited for changed, they are cancelled, their socket is closed.

use std::collections::VecDeque;

use super::{Operation, Whose, Work};
use crate::abi::{NetworkEvents, Overlapped, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::world::afd::{Afd, Cx};
use crate::world::ids::{Handle, Incarnation, SocketId};
use crate::world::policy::{OperationAtClose, PolicyId};

impl Afd {
    /// What operations waited for has changed.
    pub(in crate::world::afd) fn end_changes(&mut self, cx: &mut Cx<'_>, id: SocketId, events: NetworkEvents) {
        let Some(io) = self.io_mut(id) else { return };
        let awaits =
            |operation: &Operation| matches!(operation.work, Work::Change { event } if event.intersects(events));
        let (ended, kept): (VecDeque<_>, _) = std::mem::take(&mut io.changes).into_iter().partition(awaits);
        io.changes = kept;
        for operation in ended {
            self.complete(cx, id, operation, Ok(SpiReturn::Bytes(crate::abi::Bytes::EMPTY)));
        }
    }

    /// SIO_FLUSH: pending sends are cancelled.
    pub(in crate::world::afd) fn abort_sends(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let sends = |operation: &Operation| matches!(operation.work, Work::Send { .. });
        self.end_operations(cx, id, sends, |_| WsaError::OperationAborted, false);
    }

    /// Ends pending operations of one socket, and tells those who started them unless `silent`.
    /// Whether there were any.
    pub fn cancel_operations(&mut self, cx: &mut Cx<'_>, id: SocketId, whose: Whose, silent: bool) -> bool {
        self.end_operations(cx, id, |operation| operation.belongs(whose), |_| WsaError::OperationAborted, silent)
    }

    /// CancelIoEx: ends the operation with this structure of the client's.
    pub fn cancel_one(&mut self, cx: &mut Cx<'_>, id: SocketId, process: Incarnation, overlapped: &Overlapped) -> bool {
        let meant =
            |operation: &Operation| operation.issuer.thread.process == process && operation.overlapped == *overlapped;
        self.end_operations(cx, id, meant, |_| WsaError::OperationAborted, false)
    }

    /// The last descriptor goes: what is pending ends as policy `operation_at_close` says.
    pub(in crate::world::afd) fn close_operations(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id).filter(|socket| socket.io.is_some()) else { return };
        let connected = socket.connection().is_some();
        self.abandon_accept(cx, id);
        let policy = cx.platform.policies.operation_at_close;
        let error = |work: &Work| match (policy, work) {
            (OperationAtClose::Wsaeconnaborted, Work::Receive { .. }) if connected => WsaError::ConnAborted,
            _ => WsaError::OperationAborted,
        };
        if self.end_operations(cx, id, |_| true, error, false) {
            cx.log.rule(RuleId::R15);
            cx.log.rule(RuleId::Close4);
            if connected {
                cx.log.policy(PolicyId::operation_at_close);
            }
        }
    }

    pub(in crate::world::afd) fn end_operations(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        meant: impl Fn(&Operation) -> bool,
        error: impl Fn(&Work) -> WsaError,
        silent: bool,
    ) -> bool {
        let Some(io) = self.io_mut(id) else { return false };
        let mut ended = Vec::new();
        for queue in io.queues() {
            let (out, kept) = std::mem::take(queue).into_iter().partition(&meant);
            *queue = kept;
            ended.extend::<VecDeque<Operation>>(out);
        }
        let any = !ended.is_empty();
        for operation in ended {
            let error = error(&operation.work);
            match &operation.work {
                Work::Accept(accepting) => self.give_up_accept(cx, accepting),
                Work::Connect { .. } => self.give_up_connect(cx, id),
                _ => {}
            }
            self.complete(cx, id, operation, Err(error));
            if let Some(completion) = self.completions.last_mut() {
                completion.silent = silent;
            }
        }
        if any {
            self.progress(cx, id);
        }
        any
    }

    /// Ends the pending operations of a thread or a process on all sockets.
    pub fn cancel_everywhere(&mut self, cx: &mut Cx<'_>, whose: Whose, silent: bool) {
        let ids: Vec<SocketId> =
            self.sockets.iter().filter(|(_, socket)| socket.io.is_some()).map(|(id, _)| id).collect();
        for id in ids {
            self.cancel_operations(cx, id, whose, silent);
        }
    }

    /// A provider gives a handle back: what has ended through it was reported before (Close4).
    pub fn handle_goes(&mut self, process: Incarnation, via: Handle) {
        for completion in &mut self.completions {
            completion.before_close |= completion.issuer.thread.process == process && completion.issuer.via == via;
        }
    }

    /// A process has died: nobody is left to be told.
    pub fn forget_completions(&mut self, process: Incarnation) {
        self.completions.retain(|completion| completion.issuer.thread.process != process);
    }
}
