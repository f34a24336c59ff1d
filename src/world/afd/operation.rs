//! Overlapped operations of a shared socket: pending ones in posting order, and how they end.
//!
//! Receives, receives of urgent data and sends queue apart. Whenever something changes at the socket, the first of each
//! queue tries to go on (O4); what has ended leaves as a [`Completion`], which the caller announces. How operations are
//! ended from outside is in `cancel`. A pending receive takes data before a call that is not overlapped could see it. Pending sends of a socket shut down for sending join its queue of data,
//! however long that gets: they were posted before the end of the stream.
//!
//! Not modelled: the order between overlapped operations and calls that block.

mod cancel;

use std::collections::VecDeque;
use std::sync::Arc;

use super::accept_ex::Accepting;
use super::{Afd, Change, Cx, Handle, Incarnation, Kind, Received, SocketId};
use crate::abi::{MessageFlags, NetworkEvents, Overlapped, SockAddr, SpiFunction, SpiResult, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::world::catalog::ShapeId;
use crate::world::ids::{PortId, ThreadId};

/// Who started an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Issuer {
    /// The thread: its id is kept until the operation is announced (O13).
    pub thread: ThreadId,
    /// The base descriptor.
    pub via: Handle,
    /// The base provider.
    pub by: ShapeId,
}

/// One overlapped operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// Who started it.
    pub issuer: Issuer,
    /// By which function.
    pub function: SpiFunction,
    /// Its overlapped structure.
    pub overlapped: Overlapped,
    /// What is to be done.
    pub work: Work,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// WSPRecv, WSPRecvFrom.
    Receive {
        /// Room in the buffers, bytes.
        room: usize,
        /// dwFlags.
        flags: MessageFlags,
        /// Whether the sender's address is asked for.
        from: bool,
        /// MSG_WAITALL: what came so far.
        so_far: Vec<u8>,
    },
    /// WSPSend, WSPSendTo.
    Send {
        /// All buffers in a row: the array is not kept (O6).
        data: Arc<[u8]>,
        /// How much of it the transport has taken.
        sent: usize,
        /// dwFlags.
        flags: MessageFlags,
        /// The destination of a datagram.
        to: Option<SockAddr>,
    },
    /// WSPIoctl that waits for a change.
    Change {
        /// The notice it waits for.
        event: NetworkEvents,
    },
    /// AcceptEx.
    Accept(Accepting),
    /// ConnectEx; connected, it goes on as a send.
    Connect {
        /// lpSendBuffer.
        data: Arc<[u8]>,
    },
    /// DisconnectEx.
    Disconnect {
        /// TF_REUSE_SOCKET.
        reuse: bool,
    },
}

/// The overlapped side of a shared socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Io {
    receives: VecDeque<Operation>,
    /// Receives of urgent data, which comes beside the rest.
    urgents: VecDeque<Operation>,
    sends: VecDeque<Operation>,
    changes: VecDeque<Operation>,
    /// Extension functions: each goes on by itself, whatever those before it do.
    extended: VecDeque<Operation>,
    /// The listener whose AcceptEx this socket is for: to be accepted into, or to bring the data.
    pub(super) feeds: Option<SocketId>,
    /// The completion port it belongs to, with its key.
    port: Option<(PortId, u64)>,
    /// Set while operations are being tried: changes they cause are looked at afterwards.
    trying: bool,
    again: bool,
}

/// An operation that has ended, on its way to whoever started it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Completion {
    /// Who started it.
    pub issuer: Issuer,
    /// Its overlapped structure.
    pub overlapped: Overlapped,
    /// The completion port of the socket.
    pub port: Option<(PortId, u64)>,
    /// How it ended.
    pub result: SpiResult,
    /// Nobody is told: only the structure says so (WSPCleanup).
    pub silent: bool,
    /// The provider reported it before it gave its handle back.
    pub before_close: bool,
}

/// Whose operations are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Those of a process.
    Process(Incarnation),
    /// Those of a thread.
    Thread(ThreadId),
    /// Those started through a descriptor.
    Descriptor(Incarnation, Handle),
}

impl Operation {
    fn belongs(&self, whose: Whose) -> bool {
        let thread = self.issuer.thread;
        match whose {
            Whose::All => true,
            Whose::Process(process) => thread.process == process,
            Whose::Thread(only) => thread == only,
            Whose::Descriptor(process, handle) => thread.process == process && self.issuer.via == handle,
        }
    }
}

impl Io {
    fn queue_for(&mut self, work: &Work) -> &mut VecDeque<Operation> {
        match work {
            Work::Receive { flags, .. } if flags.contains(MessageFlags::OOB) => &mut self.urgents,
            Work::Receive { .. } => &mut self.receives,
            Work::Send { .. } => &mut self.sends,
            Work::Change { .. } => &mut self.changes,
            Work::Accept(_) | Work::Connect { .. } | Work::Disconnect { .. } => &mut self.extended,
        }
    }

    fn queues(&mut self) -> [&mut VecDeque<Operation>; 5] {
        [&mut self.receives, &mut self.urgents, &mut self.sends, &mut self.changes, &mut self.extended]
    }

    /// All pending operations: receives, those of urgent data, sends, the rest, each in posting order.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        let moving = self.receives.iter().chain(&self.urgents).chain(&self.sends);
        moving.chain(&self.changes).chain(&self.extended)
    }

    /// Whether operations are pending that take what arrives.
    pub(super) fn awaits_data(&self) -> bool {
        !self.receives.is_empty()
    }

    /// Whether operations are pending that take urgent data.
    pub(super) fn awaits_urgent(&self) -> bool {
        !self.urgents.is_empty()
    }

    /// Whether sends are pending that nothing may overtake.
    pub(super) fn has_sends(&self) -> bool {
        !self.sends.is_empty()
    }

    pub(super) fn is_trying(&self) -> bool {
        self.trying || self.again
    }
}

impl Afd {
    /// Starts an operation. A value: it is over, and a [`Completion`] says so too; `None`: it is pending, and a
    /// completion will say more; an error: it never started (O2).
    pub fn post(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        mut operation: Operation,
    ) -> Result<Option<SpiReturn>, WsaError> {
        self.usable(cx, id)?;
        let receives = matches!(operation.work, Work::Receive { .. });
        let accepts = matches!(operation.work, Work::Accept(_));
        let sends = matches!(operation.work, Work::Send { .. });
        let ended = if self.must_queue(id, &operation) {
            self.refuse_behind(cx, id, &operation)
        } else {
            self.attempt(cx, id, &mut operation)
        };
        if receives {
            self.reenable(cx, id, NetworkEvents::READ | NetworkEvents::OOB);
        }
        if accepts {
            self.reenable(cx, id, NetworkEvents::ACCEPT);
        }
        if sends && matches!(ended, Some(Err(_))) {
            self.note_failed_send(cx, id);
        }
        match ended {
            Some(Ok(value)) => {
                cx.log.rule(RuleId::O2);
                self.complete(cx, id, operation, Ok(value.clone()));
                Ok(Some(value))
            }
            Some(Err(error)) => Err(error),
            None => {
                let connects = matches!(operation.work, Work::Connect { .. });
                self.make_pending(cx, id, operation);
                if connects {
                    self.progress(cx, id);
                }
                Ok(None)
            }
        }
    }

    /// An operation of another kind that was over at once.
    pub fn finish_at_once(&mut self, cx: &mut Cx<'_>, id: SocketId, operation: Operation, result: SpiResult) {
        cx.log.rule(RuleId::O2);
        self.complete(cx, id, operation, result);
    }

    fn must_queue(&self, id: SocketId, operation: &Operation) -> bool {
        let Some(socket) = self.sockets.get(id) else { return false };
        let io = socket.io.as_deref();
        match operation.work {
            Work::Receive { flags, .. } if flags.contains(MessageFlags::OOB) => io.is_some_and(Io::awaits_urgent),
            Work::Receive { .. } => io.is_some_and(Io::awaits_data),
            // What can only fail waits for nobody.
            Work::Send { .. } if socket.shut.send || socket.broken().is_some() => false,
            Work::Send { .. } => {
                io.is_some_and(Io::has_sends) || socket.sender.is_some_and(|sender| sender != operation.issuer.thread)
            }
            Work::Change { .. } | Work::Connect { .. } => true,
            // A request that waits is nobody else's: those posted before have taken what they could.
            Work::Accept(_) | Work::Disconnect { .. } => false,
        }
    }

    /// A send whose turn has not come is refused all the same if it can never go out.
    fn refuse_behind(&self, cx: &mut Cx<'_>, id: SocketId, operation: &Operation) -> Option<SpiResult> {
        let Work::Send { data, flags, .. } = &operation.work else { return None };
        self.check_send(cx, id, data.len(), *flags).err().map(Err)
    }

    /// A receive takes what it takes in several steps: what pends waits until it is over. `false`: it does so anyhow.
    pub(super) fn hold_pending(&mut self, id: SocketId) -> bool {
        self.io_mut(id).is_some_and(|io| !std::mem::replace(&mut io.trying, true))
    }

    /// It is over.
    pub(super) fn release_pending(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(io) = self.io_mut(id) else { return };
        io.trying = false;
        if std::mem::take(&mut io.again) {
            self.try_pending(cx, id);
        }
    }

    fn make_pending(&mut self, cx: &mut Cx<'_>, id: SocketId, operation: Operation) {
        cx.log.rule(RuleId::O2);
        let overlapped = operation.overlapped.id;
        if let Work::Accept(accepting) = &operation.work {
            self.engage_acceptor(id, accepting);
        }
        let io = self.sockets[id].io.get_or_insert_default();
        let queue = io.queue_for(&operation.work);
        if !queue.is_empty() {
            cx.log.rule(RuleId::O4);
            cx.log.rule(RuleId::O5);
        }
        queue.push_back(operation);
        cx.log.note(|| Change::OperationPending { socket: id, overlapped, pending: io.operations().count() });
    }

    /// Something has changed: pending operations may go on.
    #[inline]
    pub(super) fn progress(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        if self.sockets.get(id).is_some_and(|socket| socket.io.is_some()) {
            self.try_pending(cx, id);
        }
    }

    fn io_mut(&mut self, id: SocketId) -> Option<&mut Io> {
        self.sockets.get_mut(id)?.io.as_deref_mut()
    }

    fn try_pending(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(io) = self.io_mut(id) else { return };
        if io.trying {
            io.again = true;
            return;
        }
        if let Some(listener) = io.feeds.filter(|&listener| listener != id) {
            self.try_pending(cx, listener);
        }
        let Some(io) = self.io_mut(id) else { return };
        let moving = !(io.receives.is_empty() && io.urgents.is_empty() && io.sends.is_empty());
        if !moving && io.extended.is_empty() {
            return;
        }
        io.trying = true;
        loop {
            self.try_extended(cx, id);
            self.try_queue(cx, id, |io| &mut io.receives);
            self.try_queue(cx, id, |io| &mut io.urgents);
            if self.sockets.get(id).is_some_and(|socket| socket.sender.is_none()) {
                self.try_queue(cx, id, |io| &mut io.sends);
            }
            let Some(io) = self.io_mut(id) else { return };
            if !std::mem::take(&mut io.again) {
                io.trying = false;
                return;
            }
        }
    }

    /// Every extension function that is pending goes on as far as it can.
    fn try_extended(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let mut left = self.io_mut(id).map_or(0, |io| io.extended.len());
        while let Some(mut operation) = self.io_mut(id).filter(|_| left > 0).and_then(|io| io.extended.pop_front()) {
            left -= 1;
            match self.attempt(cx, id, &mut operation) {
                Some(result) => self.complete(cx, id, operation, result),
                None => {
                    if let Some(io) = self.io_mut(id) {
                        io.queue_for(&operation.work).push_back(operation);
                    }
                }
            }
        }
    }

    fn try_queue(&mut self, cx: &mut Cx<'_>, id: SocketId, queue: fn(&mut Io) -> &mut VecDeque<Operation>) {
        while let Some(mut operation) = self.io_mut(id).and_then(|io| queue(io).pop_front()) {
            match self.attempt(cx, id, &mut operation) {
                Some(result) => {
                    cx.log.rule(RuleId::O4);
                    self.complete(cx, id, operation, result);
                }
                None => {
                    if let Some(io) = self.io_mut(id) {
                        queue(io).push_front(operation);
                    }
                    return;
                }
            }
        }
    }

    /// Does as much of an operation as is possible now; `None` if something is left to do.
    fn attempt(&mut self, cx: &mut Cx<'_>, id: SocketId, operation: &mut Operation) -> Option<SpiResult> {
        match &mut operation.work {
            Work::Receive { room, flags, from, so_far } => self.receive_into(cx, id, *room, *flags, *from, so_far),
            Work::Send { data, sent, flags, to } => self.send_from(cx, id, data, sent, *flags, to.as_ref()),
            Work::Change { .. } => None,
            Work::Accept(accepting) => self.accept_into(cx, id, accepting),
            Work::Disconnect { reuse } => self.finish_disconnect_ex(cx, id, *reuse),
            Work::Connect { data } => match self.connect_ended(cx, id, &Arc::clone(data))? {
                Err(error) => Some(Err(error)),
                Ok(send) => {
                    operation.work = send;
                    self.attempt(cx, id, operation)
                }
            },
        }
    }

    fn receive_into(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        room: usize,
        flags: MessageFlags,
        wants_from: bool,
        so_far: &mut Vec<u8>,
    ) -> Option<SpiResult> {
        let stream = self.sockets.get(id)?.transport.kind == Kind::Stream;
        let all = stream && flags.contains(MessageFlags::WAITALL) && !flags.contains(MessageFlags::OOB);
        loop {
            let mut out = MessageFlags::empty();
            let marked = all && self.sockets[id].stands_at_mark();
            if marked && !so_far.is_empty() {
                cx.log.rule(RuleId::Recv18);
                return Some(Ok(whole(so_far, MessageFlags::empty(), None)));
            }
            let urgent = marked && self.sockets[id].has_urgent_inline();
            let from = match self.receive(cx, id, room - so_far.len(), flags) {
                Ok(Received::Part { bytes }) => {
                    gather(so_far, bytes);
                    out = MessageFlags::PARTIAL;
                    None
                }
                Err(error) if so_far.is_empty() => return Some(Err(error)),
                Ok(Received::Empty) => return None,
                Ok(Received::Data { truncated: true, .. }) => return Some(Err(WsaError::MsgSize)),
                Err(_) | Ok(Received::End) => None,
                Ok(Received::Data { bytes, from, .. }) => {
                    gather(so_far, bytes);
                    if all && so_far.len() < room && !urgent {
                        continue;
                    }
                    from.filter(|_| wants_from)
                }
            };
            return Some(Ok(whole(so_far, out, from)));
        }
    }

    fn send_from(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        data: &Arc<[u8]>,
        sent: &mut usize,
        flags: MessageFlags,
        to: Option<&SockAddr>,
    ) -> Option<SpiResult> {
        loop {
            let rest = &data[*sent..];
            let taken = match to {
                Some(_) => self.send_to(cx, id, rest, to, flags),
                None => self.send(cx, id, rest, flags),
            };
            match taken {
                Err(error) => return Some(Err(error)),
                Ok(count) => *sent += count,
            }
            if *sent >= data.len() {
                return Some(Ok(SpiReturn::Sent(data.len() as u32)));
            }
            if taken == Ok(0) {
                return None;
            }
        }
    }

    fn complete(&mut self, cx: &mut Cx<'_>, id: SocketId, operation: Operation, result: SpiResult) {
        let Operation { issuer, overlapped, function, .. } = operation;
        let port = self.completion_port(id);
        cx.log.note(|| Change::OperationEnded {
            socket: id,
            function,
            overlapped: overlapped.id,
            bytes: transferred(&result) as usize,
            error: result.as_ref().err().copied(),
        });
        self.completions.push(Completion { issuer, overlapped, port, result, silent: false, before_close: false });
    }

    /// What is left of pending sends joins the data to be sent: the end of the stream comes after it.
    pub(super) fn absorb_sends(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        while let Some(operation) = self.io_mut(id).and_then(|io| io.sends.pop_front()) {
            let Work::Send { data, sent, flags, .. } = &operation.work else { continue };
            let (len, flags, data) = (data.len(), *flags, Arc::clone(data));
            self.join_queue(cx, id, &data[*sent..], flags);
            self.complete(cx, id, operation, Ok(SpiReturn::Sent(len as u32)));
            self.pump(cx, id);
            if let Some(peer) = self.sockets[id].peer_socket() {
                self.report_due(cx, peer);
            }
        }
    }

    /// A send that was taken as a whole, however long the queue gets.
    fn join_queue(&mut self, cx: &mut Cx<'_>, id: SocketId, data: &[u8], flags: MessageFlags) {
        let Some(peer) = self.sockets[id].peer_socket() else { return self.send_in_vain(cx, id) };
        let urgent = self.sockets[id].is_stream() && flags.contains(MessageFlags::OOB);
        let (ordinary, last) = match data.split_last() {
            Some((&last, ordinary)) if urgent => (ordinary, Some(last)),
            _ => (data, None),
        };
        let ends = self.ends_message(id, flags);
        let travels = self.links.is_some() && self.link_takes_bytes(cx, id, ordinary.len(), ends);
        if !ordinary.is_empty() {
            self.keep(cx, id, ordinary);
        }
        if ends && !travels {
            self.end_message(id);
        }
        if let Some(byte) = last
            && !(self.links.is_some() && self.link_takes_urgent(cx, id, byte))
        {
            self.urgent_arrives(cx, id, peer, byte);
        }
    }

    /// A blocked send is over: overlapped ones that waited for it go on.
    pub fn resume_sends(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.progress(cx, id);
    }

    /// CreateIoCompletionPort: the association is the shared socket's, and it is made once.
    pub fn associate(&mut self, id: SocketId, port: PortId, key: u64) -> Result<(), WsaError> {
        let socket = self.sockets.get_mut(id).ok_or(WsaError::InvalidHandle)?;
        let io = socket.io.get_or_insert_default();
        if io.port.is_some() {
            return Err(WsaError::InvalidParameter);
        }
        io.port = Some((port, key));
        Ok(())
    }

    /// The completion port a socket belongs to, with its key.
    #[must_use]
    pub fn completion_port(&self, id: SocketId) -> Option<(PortId, u64)> {
        self.sockets.get(id)?.io.as_ref()?.port
    }

    /// The operations that ended since the last call.
    pub fn take_completions(&mut self) -> Vec<Completion> {
        std::mem::take(&mut self.completions)
    }

    /// Whether [`take_completions`](Self::take_completions) would return any.
    #[must_use]
    #[inline]
    pub fn completions_pending(&self) -> bool {
        !self.completions.is_empty()
    }

    /// Gives the list back, emptied, for the next completions.
    pub fn reuse_completions(&mut self, list: Vec<Completion>) {
        if self.completions.is_empty() && list.is_empty() {
            self.completions = list;
        }
    }
}

/// Bytes an operation has moved: InternalHigh of its structure.
#[must_use]
pub fn transferred(result: &SpiResult) -> u32 {
    match result {
        Ok(SpiReturn::Sent(bytes)) => *bytes,
        Ok(SpiReturn::Received(received)) => received.data.len() as u32,
        Ok(SpiReturn::Bytes(bytes)) => bytes.as_slice().len() as u32,
        Ok(SpiReturn::Function(_)) => crate::abi::sizes::SOCKET as u32,
        Ok(SpiReturn::AcceptedInto(accepted)) => accepted.data.len() as u32,
        _ => 0,
    }
}

/// Puts what came to what there is. What comes first need not be copied.
pub(crate) fn gather(so_far: &mut Vec<u8>, bytes: Vec<u8>) {
    match so_far.is_empty() {
        true => *so_far = bytes,
        false => so_far.extend_from_slice(&bytes),
    }
}

/// What a receive has gathered.
fn whole(so_far: &mut Vec<u8>, flags: MessageFlags, from: Option<crate::abi::SockAddr>) -> SpiReturn {
    SpiReturn::Received(Box::new(crate::abi::Received { data: std::mem::take(so_far), flags, from }))
}
