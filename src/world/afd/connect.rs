//! Attempts to connect and how they end.
//!
//! An attempt whose outcome the state of the machine decides is over when the call returns; on a nonblocking socket
//! its outcome is then reported by FD_CONNECT, SO_ERROR and [`Afd::connect_outcome`] all the same. An attempt stays in
//! progress only while it travels (a delay asked for by [`Afd::delay_connects`]), while nobody answers, or while a
//! listener with SO_CONDITIONAL_ACCEPT has not decided.
//!
//! Two connections with equal names at both ends are possible where SO_REUSEADDR allowed two clients one address:
//! nothing here finds a connection by its names.

use super::event::Cause;
use super::link::Passage;
use super::route::{self, Place, Route};
use super::socket::{Attempt, Bound, Connection, Life, Phase, Role, SharedSocket};
use super::{Afd, Change, Cx, Kind, SocketId};
use crate::abi::{NetworkEvents, SockAddr, SockOpt, WsaError};
use crate::rules::RuleId;
use crate::world::ids::ThreadId;

/// What became of a connect that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connect {
    /// Connected.
    Done,
    /// A nonblocking caller reports WSAEWOULDBLOCK, a blocking one waits for [`Interest::Connected`] and then asks
    /// [`Afd::connect_outcome`].
    ///
    /// [`Interest::Connected`]: super::Interest::Connected
    Started,
}

impl Afd {
    /// WSPConnect in the mode of the shared socket.
    pub fn connect(&mut self, cx: &mut Cx<'_>, id: SocketId, to: &SockAddr) -> Result<Connect, WsaError> {
        let nonblocking = self.sockets.get(id).is_some_and(|socket| socket.nonblocking);
        self.connect_in_mode(cx, id, to, nonblocking)
    }

    /// WSPConnect through a descriptor that has a blocking mode of its own.
    pub fn connect_in_mode(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        to: &SockAddr,
        nonblocking: bool,
    ) -> Result<Connect, WsaError> {
        self.usable(cx, id)?;
        if self.sockets[id].transport.kind.is_datagram() {
            return self.connect_datagram(cx, id, to).map(|()| Connect::Done);
        }
        self.start_attempt(cx, id, to)?;
        match &self.sockets[id] {
            _ if nonblocking => {
                cx.log.rule(RuleId::Connect7);
                Ok(Connect::Started)
            }
            SharedSocket { role: Role::Connecting(_), .. } => Ok(Connect::Started),
            socket => {
                let outcome = socket.outcome.unwrap_or(Ok(()));
                self.forget_outcome(id);
                outcome.map(|()| Connect::Done)
            }
        }
    }

    /// Starts to connect a stream; what became of it is in its role and its outcome.
    pub(super) fn start_attempt(&mut self, cx: &mut Cx<'_>, id: SocketId, to: &SockAddr) -> Result<(), WsaError> {
        let place = self.check_connect(cx, id, to)?;
        self.bind_implicitly(cx, id)?;
        self.check_late_conflict(cx, id, place)?;
        self.start(cx, id, place);
        Ok(())
    }

    /// Everything that makes a stream connect fail before anything has happened.
    fn check_connect(&self, cx: &mut Cx<'_>, id: SocketId, to: &SockAddr) -> Result<Place, WsaError> {
        let socket = &self.sockets[id];
        let (rule, error) = match &socket.role {
            Role::Listening(_) => (RuleId::Connect4, WsaError::Inval),
            Role::Connecting(_) => (RuleId::Connect8, WsaError::Already),
            Role::Connected(_) => (RuleId::Connect3, WsaError::IsConn),
            Role::Idle if socket.awaits_accept() => (RuleId::AcceptEx10, WsaError::Inval),
            Role::Idle | Role::Datagram(_) => match socket.remote_place(to) {
                Err(WsaError::AfNoSupport) => (RuleId::Connect17, WsaError::AfNoSupport),
                Ok(place) if place.port == 0 || self.is_no_host(cx, place) => {
                    (RuleId::Connect2, WsaError::AddrNotAvail)
                }
                other => {
                    self.buffered(cx, id)?;
                    return other;
                }
            },
        };
        cx.log.rule(rule);
        Err(error)
    }

    fn is_no_host(&self, cx: &Cx<'_>, place: Place) -> bool {
        place.ip.is_unspecified() || matches!(route::route(cx.platform, place.ip), Route::Broadcast | Route::Group)
    }

    /// A socket bound to the wildcard takes one address for the connection; somebody else may hold exactly that one.
    fn check_late_conflict(&self, cx: &Cx<'_>, id: SocketId, to: Place) -> Result<(), WsaError> {
        let socket = &self.sockets[id];
        let wildcard = socket.bound.and_then(|bound| bound.entry).is_some_and(|entry| entry.wildcard);
        if !wildcard || socket.options.switch(SockOpt::ReuseAddr) {
            return Ok(());
        }
        let Some(from) = self.source_place(cx, id, to.ip) else { return Ok(()) };
        let mut holders = self.ports.at(socket.transport.kind, from.port, from.ip);
        if holders.any(|holder| holder != id) { Err(WsaError::AddrInUse) } else { Ok(()) }
    }

    fn start(&mut self, cx: &mut Cx<'_>, id: SocketId, to: Place) {
        let source = self.source_place(cx, id, to.ip);
        let delay_ms = self.faults.connect_delay_ms;
        let socket = &mut self.sockets[id];
        socket.outcome = None;
        if let Some(source) = source {
            socket.show_local(source.ip);
            cx.log.rule(RuleId::Bind5);
        }
        if let Some(registration) = &mut socket.registration {
            registration.reported.remove(NetworkEvents::CONNECT);
        }
        let (phase, wait_ms) = match route::route(cx.platform, to.ip) {
            Route::Own | Route::Broadcast | Route::Group => match self.link_passes_request(cx, source, to) {
                Passage::After(ms) => (Phase::Travelling, delay_ms.saturating_add(ms)),
                Passage::Silence => (Phase::Silent, cx.platform.limits.connect_timeout_ms),
            },
            Route::Silent => (Phase::Silent, cx.platform.limits.connect_timeout_ms),
            Route::Unreachable => {
                self.fail_attempt(cx, id, WsaError::NetUnreach);
                return;
            }
        };
        let deadline = cx.now.plus_ms(wait_ms);
        self.sockets[id].role = Role::Connecting(Attempt { to, deadline, phase, waiter: None });
        if phase == Phase::Travelling && wait_ms == 0 {
            self.arrive(cx, id);
            return;
        }
        let family = self.sockets[id].transport.family;
        cx.log.note(|| Change::Connecting { socket: id, to: to.seen_by(family) });
        self.deadlines.insert((deadline, id));
    }

    /// The attempt reaches the machine it is for, which is this one.
    pub(super) fn arrive(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(Role::Connecting(Attempt { to, .. })) = self.sockets.get(id).map(|socket| &socket.role) else {
            return;
        };
        let place = *to;
        if self.faults.no_buffers {
            self.fail_attempt(cx, id, WsaError::NoBufs);
            return;
        }
        let kind = self.sockets[id].transport.kind;
        let listener = self.listener_at(kind, place).filter(|&listener| self.takes_from(listener, id));
        let Some(listener) = listener.filter(|&listener| self.takes_requests(cx, listener)) else {
            cx.log.rule(RuleId::Connect15);
            self.fail_attempt(cx, id, WsaError::ConnRefused);
            return;
        };
        if cx.log.is_on() && self.listeners_at(kind, place).count() > 1 {
            cx.log.rule(RuleId::BindMatrix12);
        }
        if self.sockets[listener].options.switch(SockOpt::ConditionalAccept) {
            self.offer(cx, id, listener, place);
        } else if self.has_room(cx) {
            self.establish(cx, id, listener, place);
        } else {
            self.fail_attempt(cx, id, WsaError::ConnRefused);
        }
    }

    /// Makes the client's end a connected one. What it reports is left to the caller.
    pub(super) fn become_connected(&mut self, cx: &mut Cx<'_>, client: SocketId, server: SocketId) {
        self.clear_deadline(client);
        let now = cx.now;
        let socket = &mut self.sockets[client];
        let Role::Connecting(Attempt { to, .. }) = &socket.role else { return };
        let (to, family) = (*to, socket.transport.family);
        socket.role = Role::Connected(Connection::new(to, server, now, true));
        socket.error = None;
        socket.outcome = Some(Ok(()));
        cx.log.note(|| {
            let peer = to.seen_by(family);
            Change::Connected { socket: client, peer, peer_socket: Some(server) }
        });
        self.report_connect(cx, client, None);
    }

    /// Ends an attempt badly. The socket may try again.
    pub(super) fn fail_attempt(&mut self, cx: &mut Cx<'_>, id: SocketId, error: WsaError) {
        self.clear_deadline(id);
        let Some(socket) = self.sockets.get_mut(id) else { return };
        socket.role = Role::Idle;
        socket.show_wildcard();
        socket.error = Some(error);
        socket.outcome = Some(Err(error));
        cx.log.rule(RuleId::Connect6);
        cx.log.note(|| Change::ConnectFailed { socket: id, error });
        self.report_connect(cx, id, Some(error));
        self.progress(cx, id);
    }

    /// How a connect that had to wait ended; `None` while it has no outcome. Asking takes the outcome; whoever finds
    /// nobody's left is told what has become of the socket.
    pub fn connect_outcome(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Option<Result<(), WsaError>> {
        let Some(socket) = self.sockets.get_mut(id) else { return Some(dropped(cx, false)) };
        let outcome = socket.outcome.take();
        if let Some(Err(error)) = outcome {
            // The caller hears the error from the call, so SO_ERROR has nothing to add.
            socket.error = socket.error.filter(|&pending| pending != error);
            cx.log.rule(RuleId::Connect5);
        }
        match socket.role {
            Role::Connecting(_) => None,
            ref role => Some(outcome.unwrap_or_else(|| dropped(cx, matches!(role, Role::Connected(_))))),
        }
    }

    /// A blocking connect returns its outcome itself.
    fn forget_outcome(&mut self, id: SocketId) {
        let socket = &mut self.sockets[id];
        if let Some(Err(error)) = socket.outcome.take() {
            socket.error = socket.error.filter(|&pending| pending != error);
        }
    }

    /// A blocking connect was cancelled: the attempt is dropped, and the socket may try again.
    pub fn cancel_connect(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        self.abandon_attempt(cx, id);
        if let Some(socket) = self.sockets.get_mut(id).filter(|socket| matches!(socket.role, Role::Idle)) {
            socket.show_wildcard();
        }
    }

    /// This thread's blocking connect waits for the attempt.
    pub fn set_connector(&mut self, id: SocketId, thread: ThreadId) {
        if let Some(Role::Connecting(attempt)) = self.sockets.get_mut(id).map(|socket| &mut socket.role) {
            attempt.waiter = Some(thread);
        }
    }

    /// The blocking connect of a thread was cancelled. Its socket may have gone since, and its id be another socket's:
    /// only its own attempt is dropped.
    pub fn cancel_connect_of(&mut self, cx: &mut Cx<'_>, id: SocketId, thread: ThreadId) {
        let role = self.sockets.get(id).map(|socket| &socket.role);
        if matches!(role, Some(Role::Connecting(attempt)) if attempt.waiter == Some(thread)) {
            self.cancel_connect(cx, id);
        }
    }

    /// Drops an attempt whose socket goes away.
    pub(super) fn abandon_attempt(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(Role::Connecting(attempt)) = self.sockets.get(id).map(|socket| &socket.role) else { return };
        let phase = attempt.phase;
        self.clear_deadline(id);
        if let Phase::Offered(listener) = phase {
            self.withdraw(cx, listener, id);
        }
        self.sockets[id].role = Role::Idle;
    }

    /// The listening socket that gets requests for this place: bound to the address before the wildcard, and of several
    /// the one bound first.
    fn listener_at(&self, kind: Kind, place: Place) -> Option<SocketId> {
        self.listeners_at(kind, place).next()
    }

    fn listeners_at(&self, kind: Kind, place: Place) -> impl Iterator<Item = SocketId> + '_ {
        let exact = self.ports.at(kind, place.port, place.ip);
        let wildcard = self.ports.at(kind, place.port, Place::wildcard(place.ip));
        exact.chain(wildcard).filter(|&id| self.sockets[id].is_listening())
    }

    /// Two ends: the client's, and a new one that waits in the listener's queue.
    fn establish(&mut self, cx: &mut Cx<'_>, client: SocketId, listener: SocketId, place: Place) {
        let Some(server) = self.make_server_end(cx, client, listener, place) else { return };
        self.sockets[server].life = Life::Queued(listener);
        self.become_connected(cx, client, server);
        self.enqueue_connection(cx, listener, server);
        self.report_because(cx, client, Cause::Connected);
        self.progress(cx, client);
    }

    /// The server's end of a connection, with the listener's properties.
    pub(super) fn make_server_end(
        &mut self,
        cx: &mut Cx<'_>,
        client: SocketId,
        listener: SocketId,
        place: Place,
    ) -> Option<SocketId> {
        let source = self.source_place(cx, client, place.ip)?;
        let parent = &self.sockets[listener];
        let mut end = SharedSocket::new(parent.transport, parent.overlapped, parent.options.clone());
        end.maker = parent.maker;
        let family = end.transport.family;
        end.bound = Some(Bound { place, entry: None });
        end.role = Role::Connected(Connection::new(source, client, cx.now, false));
        let server = self.insert(cx, end);
        cx.log.note(|| {
            let peer = source.seen_by(family);
            Change::Connected { socket: server, peer, peer_socket: Some(client) }
        });
        self.exchange_connect_data(client, listener, server);
        Some(server)
    }
}

/// What a connect says whose attempt another thread has replaced, or ended with the socket.
fn dropped(cx: &mut Cx<'_>, connected: bool) -> Result<(), WsaError> {
    cx.log.rule(RuleId::Connect22);
    if connected { Ok(()) } else { Err(WsaError::Intr) }
}
