//! Event registrations: what is due, what was reported, what was recorded.
//!
//! A registration is one mask with one target for the whole shared socket. Each event of the mask is either free to be
//! reported or has been reported and waits for its re-enabling call; that one set of bits carries all of level and edge
//! behaviour:
//!
//! | event | condition | freed by |
//! |---|---|---|
//! | FD_READ | data waits | any receive |
//! | FD_OOB | urgent data waits, SO_OOBINLINE off | any receive |
//! | FD_WRITE | a send is possible | a send that gave WSAEWOULDBLOCK; policy `write_reenabled_by` |
//! | FD_ACCEPT | a request waits and the first was not put off | accept, unless it gave WSATRY_AGAIN |
//! | FD_CONNECT | connected by this end | the next connect |
//! | FD_CLOSE | stream ended and all read, or broken | nothing |
//!
//! Whenever a condition may have become true, `report_due` compares. FD_CONNECT alone is not compared but told, with
//! the outcome, and so are the two change notices. Reports leave as [`Signal`]s;
//! the caller sets events and posts messages.

use super::socket::{Role, SharedSocket};
use super::{Afd, Change, Cx, Handle, Incarnation, Registrant, Signal, SocketId, Target};
use crate::abi::flags::FD_MAX_EVENTS;
use crate::abi::{NetworkEvents, WsaError};
use crate::rules::RuleId;
use crate::world::ids::EventId;
use crate::world::policy::{
    ForeignEvent, MessageConnect, PolicyId, RecordAtRegistration, RegistrantCloses, ReportedAtRegistration,
    WriteReenabledBy,
};

/// The events a condition can make due, in the order of reporting.
const LEVELS: [NetworkEvents; 6] = [
    NetworkEvents::ACCEPT,
    NetworkEvents::READ,
    NetworkEvents::OOB,
    NetworkEvents::WRITE,
    NetworkEvents::QOS,
    NetworkEvents::CLOSE,
];

/// Why conditions are compared; says which rule a report follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A registration was made.
    Registered,
    /// A connection was made or accepted.
    Connected,
    /// Something arrived, or space came back.
    Happened,
    /// A re-enabling call was made.
    Reenabled,
}

/// An error for each event; only those of recorded events mean anything.
pub(super) type Codes = [Option<WsaError>; FD_MAX_EVENTS];

/// The one event registration of a shared socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Registration {
    /// Who made it.
    pub registrant: Registrant,
    /// Where it reports to.
    pub target: Target,
    /// What it reports.
    pub mask: NetworkEvents,
    /// What was reported and not re-enabled since.
    pub reported: NetworkEvents,
    /// What WSPEnumNetworkEvents would give.
    pub record: NetworkEvents,
    codes: Codes,
}

impl Registration {
    fn new(registrant: Registrant, target: Target, mask: NetworkEvents) -> Self {
        let none = NetworkEvents::empty();
        let codes = [None; FD_MAX_EVENTS];
        Self { registrant, target, mask, reported: none, record: none, codes }
    }

    /// The registration an accepted socket starts with: the same, for a descriptor that is not known yet.
    pub(super) fn for_accepted(&self) -> Self {
        let registrant = Registrant { handle: Handle::INVALID, ..self.registrant };
        Self::new(registrant, self.target, self.mask)
    }

    /// Whether it is that of an accepted socket whose descriptor nobody has named yet.
    fn is_mute(&self) -> bool {
        self.registrant.handle == Handle::INVALID
    }

    fn is_recorded(&self) -> bool {
        matches!(self.target, Target::Event(_))
    }

    /// The socket is as new: everything may be reported again.
    pub(super) fn start_afresh(&mut self) {
        self.reported = NetworkEvents::empty();
    }

    /// Carries recorded events over from an earlier registration.
    fn keep_record(&mut self, earlier: &Self) {
        self.record = earlier.record;
        self.codes = earlier.codes;
        self.reported = earlier.record;
    }
}

/// Names no event: the target of a registration whose event object has ended.
pub const NO_EVENT: EventId = EventId(u32::MAX);

impl Afd {
    /// WSPEventSelect and WSPAsyncSelect: replaces the registration, with mask 0 cancels it; the socket is nonblocking
    /// either way. Reports what holds already.
    pub fn register(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        registrant: Registrant,
        target: Target,
        mask: NetworkEvents,
    ) -> Result<(), WsaError> {
        self.usable(cx, id)?;
        cx.log.rule(RuleId::R18);
        self.force_nonblocking(cx, id);
        let earlier = self.take_registration(cx, id);
        if earlier.as_ref().is_some_and(|earlier| earlier.target != target) {
            cx.log.rule(RuleId::E2);
        }
        note_registration(cx, target, mask, earlier.as_deref());
        if mask.is_empty() {
            return Ok(());
        }
        let mut registration = Registration::new(registrant, target, mask);
        let kept = self.keep_record(cx, &mut registration, earlier.as_deref());
        hold_reported(cx, &mut registration, earlier.as_deref());
        self.put_registration(id, Box::new(registration));
        cx.log.note(|| Change::Registered { socket: id, registrant, target, mask });
        for event in kept.singles() {
            self.signals.push(Signal { target, event, error: None });
        }
        if self.is_connected(id) && tells_connect(cx, target) {
            cx.log.rule(RuleId::EventConnect1);
            self.report_if_free(cx, id, NetworkEvents::CONNECT, None);
        }
        self.report_because(cx, id, Cause::Registered);
        Ok(())
    }

    /// What the policy says about events recorded for the earlier registration; those to be signalled once more.
    fn keep_record(
        &self,
        cx: &mut Cx<'_>,
        registration: &mut Registration,
        earlier: Option<&Registration>,
    ) -> NetworkEvents {
        let Some(earlier) = earlier.filter(|earlier| registration.is_recorded() && !earlier.record.is_empty()) else {
            return NetworkEvents::empty();
        };
        cx.log.policy(PolicyId::record_at_registration);
        match cx.platform.policies.record_at_registration {
            RecordAtRegistration::Dropped => NetworkEvents::empty(),
            RecordAtRegistration::Kept => {
                registration.keep_record(earlier);
                registration.record.intersection(registration.mask)
            }
        }
    }

    fn take_registration(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Option<Box<Registration>> {
        let registration = self.sockets.get_mut(id)?.registration.take()?;
        let registrant = registration.registrant;
        if let Target::Event(event) = registration.target {
            self.by_event.remove(&(event, id));
        }
        cx.log.note(|| Change::RegistrationCancelled { socket: id, registrant });
        Some(registration)
    }

    /// An event object has ended. Registrations that named it go on recording, for nobody's event.
    pub fn forget_event(&mut self, event: EventId) {
        while let Some(&(_, id)) = self.by_event.range((event, SocketId(0))..=(event, SocketId(u32::MAX))).next() {
            self.by_event.remove(&(event, id));
            if let Some(registration) = self.sockets.get_mut(id).and_then(|socket| socket.registration.as_mut()) {
                registration.target = Target::Event(NO_EVENT);
            }
        }
    }

    /// Gives a socket its registration.
    pub(super) fn put_registration(&mut self, id: SocketId, registration: Box<Registration>) {
        if let Target::Event(event) = registration.target
            && event != NO_EVENT
        {
            self.by_event.insert((event, id));
        }
        self.sockets[id].registration = Some(registration);
    }

    /// Ends the registration, if there is one. What was signalled before stays signalled.
    pub fn cancel_registration(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        if self.take_registration(cx, id).is_some() {
            cx.log.rule(RuleId::E15);
        }
    }

    /// The registration of a socket.
    #[must_use]
    pub fn registration(&self, id: SocketId) -> Option<&Registration> {
        self.sockets.get(id)?.registration.as_deref()
    }

    /// A descriptor goes; if it made the registration, policy `registrant_closes` decides.
    pub fn registrant_gone(&mut self, cx: &mut Cx<'_>, id: SocketId, who: Registrant) {
        self.registrant_gone_if(cx, id, |registrant| *registrant == who);
    }

    /// A process goes with all its descriptors; if it made the registration, policy `registrant_closes` decides.
    pub fn registrant_process_gone(&mut self, cx: &mut Cx<'_>, id: SocketId, process: Incarnation) {
        self.registrant_gone_if(cx, id, |registrant| registrant.process == process);
    }

    fn registrant_gone_if(&mut self, cx: &mut Cx<'_>, id: SocketId, gone: impl FnOnce(&Registrant) -> bool) {
        if self.registration(id).is_some_and(|registration| gone(&registration.registrant)) {
            cx.log.policy(PolicyId::registrant_closes);
            if cx.platform.policies.registrant_closes == RegistrantCloses::Cancelled {
                self.cancel_registration(cx, id);
            }
        }
    }

    /// WSPEnumNetworkEvents: copies the record and empties it. Resetting the event object is the caller's part.
    pub fn enumerate(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        event: Option<EventId>,
    ) -> Result<(NetworkEvents, [Option<WsaError>; FD_MAX_EVENTS]), WsaError> {
        self.usable(cx, id)?;
        let registered = self.registration(id).map(|registration| registration.target);
        if event.is_some_and(|event| registered != Some(Target::Event(event))) {
            cx.log.rule(RuleId::Enum8);
            cx.log.policy(PolicyId::foreign_event);
            if cx.platform.policies.foreign_event == ForeignEvent::Wsaeinval {
                cx.log.rule(RuleId::Enum3);
                return Err(WsaError::Inval);
            }
        }
        let nothing = (NetworkEvents::empty(), [None; FD_MAX_EVENTS]);
        let Some(registration) = self.sockets[id].registration.as_mut() else { return Ok(nothing) };
        if !registration.is_recorded() {
            cx.log.rule(RuleId::Enum5);
        }
        let record = (std::mem::take(&mut registration.record), std::mem::take(&mut registration.codes));
        if !record.0.is_empty() {
            let shared = self.sockets[id].references() > 1;
            for rule in [RuleId::Enum4, RuleId::Enum6].into_iter().chain(shared.then_some(RuleId::Enum7)) {
                cx.log.rule(rule);
            }
            cx.log.rule(if event.is_some() { RuleId::Enum1 } else { RuleId::Enum2 });
            cx.log.note(|| Change::RecordCleared { socket: id, events: record.0 });
        }
        Ok(record)
    }

    /// A send failed otherwise than by WSAEWOULDBLOCK.
    pub fn note_failed_send(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let waits = |registration: &Registration| registration.reported.contains(NetworkEvents::WRITE);
        if !self.registration(id).is_some_and(waits) || self.can_send(id) {
            return;
        }
        cx.log.rule(RuleId::Send9);
        cx.log.policy(PolicyId::write_reenabled_by);
        match cx.platform.policies.write_reenabled_by {
            WriteReenabledBy::Wsaewouldblock => cx.log.rule(RuleId::E7),
            WriteReenabledBy::AnyFailure => self.reenable(cx, id, NetworkEvents::WRITE),
        }
    }

    /// A re-enabling call was made, successful or not: the events may be reported again, at once if they still hold.
    /// FD_WRITE is the exception: while a send is possible nothing waits for it, so there is nothing to re-enable.
    #[inline]
    pub fn reenable(&mut self, cx: &mut Cx<'_>, id: SocketId, events: NetworkEvents) {
        let sends = events.contains(NetworkEvents::WRITE) && self.can_send(id);
        let freed = if sends { events.difference(NetworkEvents::WRITE) } else { events };
        let Some(registration) = self.sockets.get_mut(id).and_then(|socket| socket.registration.as_mut()) else {
            return;
        };
        if registration.reported.intersects(freed) {
            registration.reported.remove(freed);
            if events.contains(NetworkEvents::READ) {
                cx.log.rule(RuleId::Recv17);
            }
            cx.log.rule(RuleId::E4);
        }
        self.report_because(cx, id, Cause::Reenabled);
    }

    /// Reports every event that is chosen, free and due.
    #[inline]
    pub(super) fn report_due(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(socket) = self.sockets.get(id) else { return };
        let (registered, overlapped) = (socket.registration.is_some(), socket.io.is_some());
        if overlapped {
            self.progress(cx, id);
        }
        if registered {
            self.report_because(cx, id, Cause::Happened);
        }
    }

    pub(super) fn report_because(&mut self, cx: &mut Cx<'_>, id: SocketId, cause: Cause) {
        if self.faults.network_down {
            return;
        }
        let Some(registration) = self.registration(id).filter(|registration| !registration.is_mute()) else { return };
        let free = registration.mask.difference(registration.reported);
        if free.is_empty() {
            return;
        }
        let due = self.conditions(id).intersection(free);
        for event in LEVELS.into_iter().filter(|&event| due.contains(event)) {
            let error = if event == NetworkEvents::CLOSE { self.close_code(id) } else { None };
            if cx.log.is_on() {
                let rule = self.rule_of(id, event, cause, error);
                cx.log.rule(rule);
                note_cause(cx, event, cause);
            }
            self.report(cx, id, event, error);
        }
    }

    /// Reports how a connect ended.
    pub(super) fn report_connect(&mut self, cx: &mut Cx<'_>, id: SocketId, error: Option<WsaError>) {
        // A dead network has no code of its own among those of FD_CONNECT.
        let error = error.map(|error| if error == WsaError::NetDown { WsaError::NetUnreach } else { error });
        let target = self.registration(id).map(|registration| registration.target);
        let datagram = matches!(self.sockets.get(id).map(|socket| &socket.role), Some(Role::Datagram(_)));
        if datagram && target.is_some_and(|target| !tells_connect(cx, target)) {
            return;
        }
        if target.is_some() {
            cx.log.rule(RuleId::Connect9);
            cx.log.rule(RuleId::E12);
            cx.log.rule(if error.is_some() { RuleId::EventConnect3 } else { RuleId::EventConnect2 });
        }
        self.report_if_free(cx, id, NetworkEvents::CONNECT, error);
        if let Some(root) = self.root_of(id) {
            cx.log.rule(RuleId::Join8);
            if let Some(registration) = self.sockets.get_mut(root).and_then(|root| root.registration.as_mut()) {
                registration.reported.remove(NetworkEvents::CONNECT);
            }
            self.report_if_free(cx, root, NetworkEvents::CONNECT, error);
        }
    }

    /// The rule by which a report is due.
    fn rule_of(&self, id: SocketId, event: NetworkEvents, cause: Cause, error: Option<WsaError>) -> RuleId {
        let socket = self.sockets.get(id);
        let answered = socket.is_some_and(|socket| socket.shut.send);
        let connected = socket.is_some_and(|socket| socket.connection().is_some());
        match (event, cause) {
            (NetworkEvents::ACCEPT, Cause::Registered) => RuleId::EventAccept1,
            (NetworkEvents::ACCEPT, Cause::Reenabled) => RuleId::EventAccept3,
            (NetworkEvents::ACCEPT, _) => RuleId::EventAccept2,
            (NetworkEvents::READ, Cause::Registered) => RuleId::EventRead1,
            (NetworkEvents::READ, Cause::Reenabled) => RuleId::EventRead3,
            (NetworkEvents::READ, _) if socket.is_some_and(SharedSocket::has_urgent_inline) => RuleId::EventRead4,
            (NetworkEvents::READ, _) => RuleId::EventRead2,
            (NetworkEvents::OOB, Cause::Registered) => RuleId::EventOob1,
            (NetworkEvents::OOB, Cause::Reenabled) => RuleId::EventOob3,
            (NetworkEvents::OOB, _) => RuleId::EventOob2,
            (NetworkEvents::QOS, _) => RuleId::EventQos1,
            (NetworkEvents::WRITE, Cause::Registered) => RuleId::EventWrite1,
            (NetworkEvents::WRITE, Cause::Connected) => RuleId::EventWrite2,
            (NetworkEvents::WRITE, _) if connected => RuleId::EventWrite3,
            (NetworkEvents::WRITE, _) => RuleId::EventWrite4,
            (_, Cause::Registered) => RuleId::EventClose1,
            (..) if error.is_some() => RuleId::EventClose4,
            (..) if answered => RuleId::EventClose3,
            (..) => RuleId::EventClose2,
        }
    }

    /// Reports one event if it is chosen and free.
    pub(super) fn report_if_free(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        event: NetworkEvents,
        error: Option<WsaError>,
    ) {
        let free = self.registration(id).is_some_and(|registration| {
            !registration.is_mute() && registration.mask.contains(event) && !registration.reported.contains(event)
        });
        if free {
            self.report(cx, id, event, error);
        }
    }

    fn report(&mut self, cx: &mut Cx<'_>, id: SocketId, event: NetworkEvents, error: Option<WsaError>) {
        let Some(registration) = self.sockets.get_mut(id).and_then(|socket| socket.registration.as_mut()) else {
            return;
        };
        registration.reported.insert(event);
        if registration.is_recorded() {
            registration.record.insert(event);
            cx.log.rule(RuleId::EventSel1);
            cx.log.rule(RuleId::E16);
            if let Some(code) = event.bit_index().and_then(|bit| registration.codes.get_mut(bit)) {
                *code = error;
            }
        }
        let target = registration.target;
        if matches!(target, Target::Window { .. }) {
            cx.log.rule(RuleId::Async2);
        }
        self.signals.push(Signal { target, event, error });
        cx.log.note(|| Change::Reported { socket: id, event, error });
    }

    /// The events whose condition holds.
    fn conditions(&self, id: SocketId) -> NetworkEvents {
        let Some(socket) = self.sockets.get(id) else { return NetworkEvents::empty() };
        let mut due = NetworkEvents::empty();
        due.set(NetworkEvents::ACCEPT, socket.announces_request());
        due.set(NetworkEvents::READ, self.has_data(id));
        due.set(NetworkEvents::OOB, socket.has_urgent_aside());
        due.set(NetworkEvents::WRITE, self.can_send(id));
        due.set(NetworkEvents::QOS, self.qos_changed(id));
        due.set(NetworkEvents::CLOSE, !self.has_data(id) && socket.has_ended());
        due
    }

    /// Whether FD_CONNECT is due at registration: a connection this end asked for, or a default peer.
    fn is_connected(&self, id: SocketId) -> bool {
        match self.sockets.get(id).map(|socket| &socket.role) {
            Some(Role::Connected(connection)) => connection.initiator && connection.broken.is_none(),
            Some(Role::Datagram(datagrams)) => datagrams.peer.is_some(),
            _ => false,
        }
    }

    /// The code of FD_CLOSE.
    fn close_code(&self, id: SocketId) -> Option<WsaError> {
        let broken = self.sockets.get(id)?.connection()?.broken?;
        Some(match broken {
            WsaError::ConnReset | WsaError::NetDown => broken,
            _ => WsaError::ConnAborted,
        })
    }
}

/// Whether FD_CONNECT is reported where nothing was waited for.
fn tells_connect(cx: &mut Cx<'_>, target: Target) -> bool {
    if matches!(target, Target::Event(_)) {
        return true;
    }
    cx.log.policy(PolicyId::message_connect);
    cx.platform.policies.message_connect == MessageConnect::Reported
}

/// What the policy says about events that were reported and read under the registration that is replaced.
fn hold_reported(cx: &mut Cx<'_>, registration: &mut Registration, earlier: Option<&Registration>) {
    let Some(earlier) = earlier.filter(|earlier| registration.is_recorded() && earlier.is_recorded()) else { return };
    let read = earlier.reported.difference(earlier.record);
    if !read.intersects(registration.mask) {
        return;
    }
    cx.log.policy(PolicyId::reported_at_registration);
    if cx.platform.policies.reported_at_registration == ReportedAtRegistration::Held {
        registration.reported |= read;
    }
}

/// The rules a registration follows.
fn note_registration(cx: &mut Cx<'_>, target: Target, mask: NetworkEvents, earlier: Option<&Registration>) {
    if !cx.log.is_on() {
        return;
    }
    let window = matches!(target, Target::Window { .. });
    cx.log.rule(if window { RuleId::Async3 } else { RuleId::EventSel2 });
    if mask.is_empty() {
        cx.log.rule(RuleId::E3);
        cx.log.rule(if window { RuleId::Async4 } else { RuleId::EventSel3 });
    } else if let Some(earlier) = earlier {
        cx.log.rule(RuleId::R17);
        cx.log.rule(RuleId::E1);
        match (window, earlier.is_recorded()) {
            (true, true) => cx.log.rule(RuleId::Async5),
            (true, false) => {}
            (false, _) => cx.log.rule(RuleId::EventSel4),
        }
    }
}

/// The rules that hold for several events.
fn note_cause(cx: &mut Cx<'_>, event: NetworkEvents, cause: Cause) {
    match cause {
        Cause::Registered => cx.log.rule(RuleId::E9),
        Cause::Reenabled
            if event == NetworkEvents::READ || event == NetworkEvents::OOB || event == NetworkEvents::ACCEPT =>
        {
            cx.log.rule(RuleId::E5)
        }
        _ => {}
    }
    if event == NetworkEvents::CLOSE {
        cx.log.rule(RuleId::E10);
    }
    if event == NetworkEvents::OOB {
        cx.log.rule(RuleId::E11);
    }
}

impl SharedSocket {
    /// Whether a listener has a request to announce: the first one was not put off.
    fn announces_request(&self) -> bool {
        self.listener().is_some_and(|listener| listener.front().is_some() && !listener.deferred)
    }

    /// Whether a connection is over, as far as the peer is concerned.
    fn has_ended(&self) -> bool {
        self.connection().is_some_and(|connection| connection.end_received || connection.broken.is_some())
    }
}
