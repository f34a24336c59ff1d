//! Listening: the queue of requests, accepting, rejecting, putting off.
//!
//! Without SO_CONDITIONAL_ACCEPT a request is a finished connection: its server end exists as a shared socket without
//! references, and the client can already send. With it a request is only the client's attempt, and the connection is
//! made when it is accepted. A request that its client ended stays in the queue, so that accept can report it.
//!
//! WSPListen's WSAEADDRINUSE has no case here: conflicts are found at the bind. Condition functions, their data and the
//! descriptor of the accepted socket are the caller's business.

use std::collections::VecDeque;

use super::event::Cause;
use super::route::Place;
use super::socket::{Attempt, Bound, Life, Phase, Role};
use super::{Afd, Change, Cx, Ended, Handle, SocketId, Target};
use crate::abi::{NetworkEvents, SockAddr, SockOpt, SocketFlags, WsaError};
use crate::rules::RuleId;
use crate::world::ids::{Incarnation, ThreadId};
use crate::world::policy::{PolicyId, RepeatedListen};

/// What a listening socket has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Listener {
    pub(super) backlog: u32,
    pub(super) requests: VecDeque<Queued>,
    /// The front request was answered with CF_DEFER.
    pub(super) deferred: bool,
}

impl Listener {
    /// The first request that no condition function is thinking about.
    pub(super) fn front(&self) -> Option<&Queued> {
        self.requests.iter().find(|request| request.asker.is_none())
    }
}

/// A request in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Queued {
    pub(super) peer: Place,
    pub(super) local: Place,
    pub(super) stage: Stage,
    /// The thread whose condition function is thinking about it.
    pub(super) asker: Option<ThreadId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    /// Connected; this is the server's end.
    Complete(SocketId),
    /// This client waits for the condition function.
    Offered(SocketId),
    /// The client reset the connection.
    Reset,
    /// The client gave up, or its time ran out.
    Withdrawn,
}

/// The first request in a listener's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub peer: SockAddr,
    /// Whom the request was for.
    pub local: SockAddr,
    /// Whether it can still be accepted.
    pub state: RequestState,
}

/// Whether a request can still be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Yes.
    Waiting,
    /// The peer reset the connection: accept gives WSAECONNRESET.
    Reset,
    /// The offer was withdrawn or timed out: accept gives WSAEACCES.
    Withdrawn,
}

impl Afd {
    /// WSPListen. On a listening socket the backlog is replaced and surplus requests are reset.
    pub fn listen(&mut self, cx: &mut Cx<'_>, id: SocketId, backlog: i32) -> Result<(), WsaError> {
        let socket = self.usable(cx, id)?;
        let (rule, error) = match &socket.role {
            Role::Datagram(_) => (RuleId::Listen3, WsaError::OpNotSupp),
            Role::Connected(_) => (RuleId::Listen2, WsaError::IsConn),
            Role::Listening(_) => return self.listen_again(cx, id, backlog),
            Role::Idle if socket.bound.is_some() => return self.listen_first(cx, id, backlog),
            Role::Idle | Role::Connecting(_) => (RuleId::Listen1, WsaError::Inval),
        };
        cx.log.rule(rule);
        Err(error)
    }

    fn listen_first(&mut self, cx: &mut Cx<'_>, id: SocketId, backlog: i32) -> Result<(), WsaError> {
        self.buffered(cx, id)?;
        if self.is_taken(id) {
            cx.log.rule(RuleId::Listen10);
            return Err(WsaError::AddrInUse);
        }
        let backlog = legal_backlog(cx, backlog);
        let listener = Listener { backlog, requests: VecDeque::new(), deferred: false };
        let socket = &mut self.sockets[id];
        socket.role = Role::Listening(Box::new(listener));
        socket.outcome = None;
        cx.log.note(|| Change::Listening { socket: id, backlog });
        Ok(())
    }

    /// Whether another socket listens at this very address, and SO_REUSEADDR, which let both be bound there, is off now.
    fn is_taken(&self, id: SocketId) -> bool {
        let socket = &self.sockets[id];
        let Some(Bound { place, .. }) = socket.bound.filter(|_| !socket.options.switch(SockOpt::ReuseAddr)) else {
            return false;
        };
        let mut others = self.ports.at(socket.transport.kind, place.port, place.ip);
        others.any(|other| other != id && self.sockets[other].is_listening() && !self.is_beside(id, other))
    }

    /// A dual wildcard and a wildcard of IPv4 were let in beside each other: neither has the address alone.
    fn is_beside(&self, one: SocketId, other: SocketId) -> bool {
        let dual = |id: SocketId| self.sockets[id].bound.and_then(|bound| bound.entry).is_some_and(|entry| entry.dual);
        dual(one) != dual(other)
    }

    fn listen_again(&mut self, cx: &mut Cx<'_>, id: SocketId, backlog: i32) -> Result<(), WsaError> {
        cx.log.rule(RuleId::Listen7);
        cx.log.policy(PolicyId::repeated_listen);
        if cx.platform.policies.repeated_listen == RepeatedListen::Wsaeinval {
            return Err(WsaError::Inval);
        }
        let backlog = legal_backlog(cx, backlog);
        let Some(listener) = self.sockets[id].listener_mut() else { return Ok(()) };
        listener.backlog = backlog;
        let kept = listener.requests.len().min(backlog as usize);
        let surplus: Vec<Queued> = listener.requests.drain(kept..).collect();
        cx.log.note(|| Change::Listening { socket: id, backlog });
        for request in surplus {
            cx.log.rule(RuleId::Listen8);
            self.end_request(cx, id, request);
        }
        Ok(())
    }

    /// The request an accept would take.
    pub fn accept_front(&self, id: SocketId) -> Result<Option<Request>, WsaError> {
        let socket = self.sockets.get(id).ok_or(WsaError::NotSock)?;
        if self.faults.network_down {
            return Err(WsaError::NetDown);
        }
        if socket.transport.kind.is_datagram() {
            return Err(WsaError::OpNotSupp);
        }
        let listener = socket.listener().ok_or(WsaError::Inval)?;
        Ok(listener.front().map(|request| Request {
            peer: request.peer.seen_by(socket.transport.family),
            local: request.local.seen_by(socket.transport.family),
            state: match request.stage {
                Stage::Complete(_) | Stage::Offered(_) => RequestState::Waiting,
                Stage::Reset => RequestState::Reset,
                Stage::Withdrawn => RequestState::Withdrawn,
            },
        }))
    }

    /// A condition function is asked about the front request: it is out of others' reach until
    /// [`answer`](Self::answer).
    pub fn ask(&mut self, id: SocketId, asker: ThreadId) {
        let Some(listener) = self.sockets.get_mut(id).and_then(|socket| socket.listener_mut()) else { return };
        if let Some(request) = listener.requests.iter_mut().find(|request| request.asker.is_none()) {
            request.asker = Some(asker);
        }
    }

    /// The condition function of a thread has answered, or never will: its request is the front one again. `false` if
    /// there is none any more.
    pub fn answer(&mut self, id: SocketId, asker: ThreadId) -> bool {
        let Some(listener) = self.sockets.get_mut(id).and_then(|socket| socket.listener_mut()) else { return false };
        let Some(at) = listener.requests.iter().position(|request| request.asker == Some(asker)) else { return false };
        if let Some(request) = listener.requests.remove(at) {
            listener.requests.push_front(Queued { asker: None, ..request });
        }
        true
    }

    /// A process has died: nobody will answer for its threads.
    pub fn forget_askers(&mut self, process: Incarnation) {
        for (_, socket) in self.sockets.iter_mut() {
            let Some(listener) = socket.listener_mut() else { continue };
            for request in &mut listener.requests {
                request.asker = request.asker.filter(|asker| asker.process != process);
            }
        }
    }

    /// Takes the front request: a new shared socket without references, with the listener's properties and
    /// registration. The registration reports nothing until [`set_registration_handle`](Self::set_registration_handle)
    /// has named the new descriptor. WSAEWOULDBLOCK if nothing is queued. Re-enables FD_ACCEPT, whatever comes of it.
    pub fn accept(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<SocketId, WsaError> {
        let accepted = self.accept_request(cx, id);
        self.reenable(cx, id, NetworkEvents::ACCEPT);
        accepted
    }

    fn accept_request(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<SocketId, WsaError> {
        self.buffered(cx, id)?;
        let (server, client) = self.take_front(cx, id)?;
        self.hand_over(cx, id, server);
        if let Some(client) = client {
            self.report_because(cx, client, Cause::Connected);
            self.progress(cx, client);
        }
        Ok(server)
    }

    /// The front request as a connection that nobody refers to; its client, if it was connected only now.
    pub(super) fn take_front(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
    ) -> Result<(SocketId, Option<SocketId>), WsaError> {
        if let Err(error) = self.accept_front(id) {
            let accepted = self.sockets[id].connection().is_some_and(|connection| !connection.initiator);
            cx.log.rule(if accepted { RuleId::Accept17 } else { RuleId::Accept2 });
            return Err(error);
        }
        let front = self.sockets[id].listener().and_then(|listener| listener.front().copied());
        let Some(request) = front else { return Err(WsaError::WouldBlock) };
        match request.stage {
            Stage::Complete(server) => {
                cx.log.rule(RuleId::Accept1);
                self.pop_request(id);
                Ok((server, None))
            }
            Stage::Offered(client) => self.accept_offer(cx, id, client).map(|server| (server, Some(client))),
            Stage::Reset => self.report_lost_request(cx, id, WsaError::ConnReset),
            Stage::Withdrawn => self.report_lost_request(cx, id, WsaError::Acces),
        }
    }

    fn report_lost_request<T>(&mut self, cx: &mut Cx<'_>, id: SocketId, error: WsaError) -> Result<T, WsaError> {
        cx.log.rule(RuleId::Accept12);
        self.pop_request(id);
        Err(error)
    }

    /// Makes the connection that a client waits for.
    fn accept_offer(&mut self, cx: &mut Cx<'_>, id: SocketId, client: SocketId) -> Result<SocketId, WsaError> {
        if !self.has_room(cx) {
            return Err(WsaError::NoBufs);
        }
        let Some(Role::Connecting(Attempt { to, .. })) = self.sockets.get(client).map(|socket| &socket.role) else {
            return self.report_lost_request(cx, id, WsaError::Acces);
        };
        let to = *to;
        let Some(server) = self.make_server_end(cx, client, id, to) else {
            return self.report_lost_request(cx, id, WsaError::Acces);
        };
        cx.log.rule(RuleId::Accept16);
        self.pop_request(id);
        self.become_connected(cx, client, server);
        Ok(server)
    }

    /// Gives the server's end the listener's properties and registration (R31, E14).
    fn hand_over(&mut self, cx: &mut Cx<'_>, listener: SocketId, server: SocketId) {
        self.sockets[server].life = Life::Open;
        self.inherit(cx, listener, server);
        if self.roles(listener).contains(SocketFlags::MULTIPOINT_C_ROOT) {
            self.adopt_leaf(listener, server);
        }
        cx.log.note(|| Change::Accepted { socket: listener, accepted: server });
        if let Some(client) = self.sockets[server].peer_socket() {
            self.pump(cx, client);
        }
    }

    /// What an accepted socket has from its listener.
    pub(super) fn inherit(&mut self, cx: &mut Cx<'_>, listener: SocketId, server: SocketId) {
        let parent = &self.sockets[listener];
        let (options, nonblocking) = (parent.options.clone(), parent.nonblocking);
        let registration = parent.registration.as_ref().map(|registration| Box::new(registration.for_accepted()));
        cx.log.rule(RuleId::R31);
        if registration.is_some() {
            cx.log.rule(RuleId::E14);
        }
        let socket = &mut self.sockets[server];
        socket.options = options;
        socket.nonblocking = nonblocking;
        if let Some(registration) = registration {
            self.cancel_registration(cx, server);
            self.put_registration(server, registration);
        }
    }

    /// Refuses the front request.
    pub fn reject(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        if let Some(request) = self.pop_request(id) {
            cx.log.rule(RuleId::Accept6);
            self.end_request(cx, id, request);
        }
        self.reenable(cx, id, NetworkEvents::ACCEPT);
    }

    /// Leaves the front request in the queue; FD_ACCEPT stays quiet until it is decided.
    pub fn defer(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(listener) = self.sockets.get_mut(id).and_then(|socket| socket.listener_mut()) else { return };
        if !listener.requests.is_empty() {
            listener.deferred = true;
            cx.log.rule(RuleId::E13);
            cx.log.note(|| Change::Deferred { socket: id });
        }
    }

    fn pop_request(&mut self, id: SocketId) -> Option<Queued> {
        let listener = self.sockets.get_mut(id)?.listener_mut()?;
        listener.deferred = false;
        let front = listener.requests.iter().position(|request| request.asker.is_none())?;
        listener.requests.remove(front)
    }

    /// Tells the client of a request that it will not be accepted.
    fn end_request(&mut self, cx: &mut Cx<'_>, listener: SocketId, request: Queued) {
        match request.stage {
            Stage::Complete(server) => {
                self.break_connection(cx, server, WsaError::ConnAborted, WsaError::ConnReset);
                self.destroy(cx, server);
            }
            Stage::Offered(client) => self.fail_attempt(cx, client, WsaError::ConnRefused),
            Stage::Reset | Stage::Withdrawn => {}
        }
        self.note_request_ended(cx, listener, request.peer, Ended::Refused);
    }

    /// Refuses everything in the queue.
    pub(super) fn end_all_requests(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let requests = match self.sockets.get_mut(id).and_then(|socket| socket.listener_mut()) {
            Some(listener) => std::mem::take(&mut listener.requests),
            None => return,
        };
        if let Some(listener) = self.sockets[id].listener_mut() {
            listener.deferred = false;
        }
        for request in requests {
            cx.log.rule(RuleId::Close18);
            self.end_request(cx, id, request);
        }
    }

    /// Whether a request that arrives now finds a place.
    pub(super) fn takes_requests(&self, cx: &mut Cx<'_>, id: SocketId) -> bool {
        let socket = &self.sockets[id];
        let room = socket.listener().is_some_and(|listener| listener.requests.len() < listener.backlog as usize);
        if !room {
            cx.log.rule(RuleId::Listen6);
        }
        room && !socket.options.switch(SockOpt::PauseAccept)
    }

    /// A finished connection joins the queue.
    pub(super) fn enqueue_connection(&mut self, cx: &mut Cx<'_>, listener: SocketId, server: SocketId) {
        let end = &self.sockets[server];
        let (Some(Bound { place: local, .. }), Some(connection)) = (end.bound, end.connection()) else { return };
        let peer = connection.peer_place;
        self.enqueue(cx, listener, Queued { peer, local, stage: Stage::Complete(server), asker: None });
    }

    /// An attempt joins the queue, to be decided by a condition function.
    pub(super) fn offer(&mut self, cx: &mut Cx<'_>, client: SocketId, listener: SocketId, place: Place) {
        let Some(source) = self.source_place(cx, client, place.ip) else { return };
        let deadline = cx.now.plus_ms(cx.platform.limits.connect_timeout_ms);
        self.clear_deadline(client);
        let Role::Connecting(attempt) = &mut self.sockets[client].role else { return };
        attempt.phase = Phase::Offered(listener);
        attempt.deadline = deadline;
        self.deadlines.insert((deadline, client));
        let family = self.sockets[client].transport.family;
        cx.log.note(|| Change::Connecting { socket: client, to: place.seen_by(family) });
        self.enqueue(cx, listener, Queued { peer: source, local: place, stage: Stage::Offered(client), asker: None });
    }

    fn enqueue(&mut self, cx: &mut Cx<'_>, listener: SocketId, request: Queued) {
        let socket = &mut self.sockets[listener];
        let family = socket.transport.family;
        let Some(queue) = socket.listener_mut() else { return };
        queue.requests.push_back(request);
        let queued = queue.requests.len();
        cx.log.note(|| Change::Requested { socket: listener, from: request.peer.seen_by(family), queued });
        self.report_due(cx, listener);
    }

    /// The client of an offer gives up or runs out of time.
    pub(super) fn withdraw(&mut self, cx: &mut Cx<'_>, listener: SocketId, client: SocketId) {
        self.mark_request(cx, listener, Stage::Offered(client), Stage::Withdrawn);
    }

    /// The client of a queued connection reset it.
    pub(super) fn reset_request(&mut self, cx: &mut Cx<'_>, listener: SocketId, server: SocketId) {
        self.mark_request(cx, listener, Stage::Complete(server), Stage::Reset);
    }

    fn mark_request(&mut self, cx: &mut Cx<'_>, listener: SocketId, from: Stage, to: Stage) {
        let Some(queue) = self.sockets.get_mut(listener).and_then(|socket| socket.listener_mut()) else { return };
        let Some(request) = queue.requests.iter_mut().find(|request| request.stage == from) else { return };
        request.stage = to;
        let how = if to == Stage::Reset { Ended::Reset } else { Ended::Withdrawn };
        let peer = request.peer;
        self.note_request_ended(cx, listener, peer, how);
    }

    fn note_request_ended(&self, cx: &mut Cx<'_>, listener: SocketId, from: Place, how: Ended) {
        let Some(family) = self.sockets.get(listener).map(|socket| socket.transport.family) else { return };
        cx.log.note(|| Change::RequestEnded { socket: listener, from: from.seen_by(family), how });
    }

    /// The descriptor of an accepted socket: its registration names it from now on, and reports what is due.
    pub fn set_registration_handle(&mut self, cx: &mut Cx<'_>, id: SocketId, handle: Handle) {
        let registration = self.sockets.get_mut(id).and_then(|socket| socket.registration.as_mut());
        let Some(registration) = registration else { return };
        registration.registrant.handle = handle;
        if let Target::Window { socket, .. } = &mut registration.target {
            *socket = handle;
        }
        self.report_because(cx, id, Cause::Connected);
    }
}

/// The legal backlog nearest to the one asked for.
fn legal_backlog(cx: &mut Cx<'_>, asked: i32) -> u32 {
    let legal = u32::try_from(asked).unwrap_or(0).clamp(1, cx.platform.limits.backlog.max(1));
    match asked {
        i32::MAX => cx.log.rule(RuleId::Listen4),
        _ if u32::try_from(asked) != Ok(legal) => cx.log.rule(RuleId::Listen5),
        _ => {}
    }
    legal
}
