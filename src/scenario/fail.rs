//! Failures: everything a stranger needs to see what was wrong and who took part.

use super::judge::{self, Came};
use super::play::Player;
use super::program::Step;
use super::reader::ThreadRef;
use super::report::{Failure, FailureKind};
use super::values::Obstacle;
use crate::model::items::end_of_item;
use crate::rules::RuleId;
use crate::world::afd::Interest;
use crate::world::event::Event;
use crate::world::frame::{Until, Wait};
use crate::world::ids::{Handle, SocketId, ThreadId};
use crate::world::op::Rejection;
use crate::world::policy::PolicyId;

/// Earlier events of a socket that a failure points at.
const EARLIER_MAX: usize = 8;

impl Player<'_> {
    /// Reports a failure of the step being played.
    pub(super) fn fail(
        &mut self,
        kind: FailureKind,
        title: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.fail_with(kind, title.into(), expected.into(), actual.into(), Vec::new());
    }

    fn fail_with(&mut self, kind: FailureKind, title: String, expected: String, actual: String, notes: Vec<String>) {
        let events = self.first_event..self.log.events().len();
        let (rules, policies) = decided(&self.log.events()[events.clone()]);
        let span = self.step.map_or(0..0, |step| self.scenario.span(step));
        let line = self.step.and_then(|step| self.scenario.step(step)).map_or(1, |step| step.line);
        let replay = self.replay();
        let (events, earlier) = if self.is_reporting_events() {
            let earlier = self.earlier_events(&self.log.events()[events.clone()]);
            (events, earlier)
        } else {
            (0..0, Vec::new())
        };
        self.failures.push(Failure {
            kind,
            span,
            line,
            step: self.step,
            title,
            expected,
            actual,
            notes,
            rules,
            policies,
            events,
            earlier,
            replay,
        });
    }

    /// The command that plays it again.
    fn replay(&self) -> String {
        let profile = self.machine.profile();
        let named = self.scenario.profile().unwrap_or_default() == profile;
        let profile = if named { String::new() } else { format!(" --profile {profile}") };
        format!("wspsim run {} --model {}{profile}", quoted(self.scenario.file()), quoted(&self.machine.name))
    }

    /// The last events before this step that changed the shared sockets the step changed.
    fn earlier_events(&self, of_step: &[Event]) -> Vec<usize> {
        let concerned: Vec<SocketId> = of_step.iter().filter_map(socket_of).collect();
        let before = self.log.events()[..self.first_event].iter().enumerate().rev();
        let mut earlier: Vec<usize> = before
            .filter(|(_, event)| socket_of(event).is_some_and(|socket| concerned.contains(&socket)))
            .map(|(at, _)| at)
            .take(EARLIER_MAX)
            .collect();
        earlier.reverse();
        earlier
    }

    /// A call gave something else than its step expects.
    pub(super) fn unexpected(&mut self, on: ThreadRef, step: &Step, call: &str, came: &Came, socket: Option<Handle>) {
        let name = self.thread_name(on);
        let title = match came {
            Came::Returned(Ok(_)) => format!("`{name}` called {call} and it succeeded"),
            Came::Returned(Err(error)) => format!("`{name}` called {call} and got {error}: {}", error.meaning()),
            Came::Parked => format!("`{name}` called {call} and it waits"),
        };
        let thread = self.thread_id(on);
        let mut notes = Vec::new();
        if let (Came::Parked, Some(thread)) = (came, thread) {
            notes.extend(self.waits_for(thread));
        }
        let shared = thread.zip(socket).and_then(|(thread, s)| self.world.shared_socket(thread.process, s));
        notes.extend(shared.and_then(|shared| self.shares(shared)));
        let expected = self.expectation(step);
        self.fail_with(FailureKind::Result, title, expected, judge::written(came), notes);
    }

    /// A call waits and nothing will end it.
    pub(super) fn stuck(&mut self, on: ThreadRef, step: usize) {
        let title = format!("the {} of `{}` still waits", self.name_of_call(step), self.thread_name(on));
        let notes = self.thread_id(on).and_then(|thread| self.waits_for(thread)).into_iter().collect();
        self.step = Some(step);
        self.fail_with(FailureKind::Stuck, title, "a return, or `Parked` in `finally`".into(), "Parked".into(), notes);
        self.step = None;
    }

    /// The step cannot happen now.
    pub(super) fn rejected(&mut self, why: Rejection) {
        self.fail(FailureKind::Step, "the step cannot happen here", "a step that can happen", why.to_string());
    }

    /// The step has no values to work with. One without a value follows from an earlier failure.
    pub(super) fn obstacle(&mut self, obstacle: &Obstacle) {
        let name = |slot: &super::reader::SlotId| &self.scenario.slots[slot.0 as usize].name;
        let (title, actual) = match obstacle {
            Obstacle::NoValue(_) if !self.failures.is_empty() => return,
            Obstacle::NoValue(slot) => {
                (format!("`{}` has no value", name(slot)), "the step that gives it did not succeed".to_owned())
            }
            Obstacle::WrongKind(slot, kind) => {
                (format!("`{}` cannot stand here", name(slot)), format!("it stands for {kind}"))
            }
            Obstacle::NotInModel(name) => {
                let model = &self.machine.name;
                (format!("the model `{model}` has nothing called `{name}`"), self.near_in_model(name))
            }
        };
        self.fail(FailureKind::Step, title, "a value the step can use", actual);
    }

    fn near_in_model(&self, name: &str) -> String {
        let entries = self.machine.catalog.entries().iter();
        let entries: Vec<String> = entries.map(|entry| entry.info.fields().protocol_name.to_string()).collect();
        let providers = self.machine.shapes.iter().map(|shape| shape.name.to_string());
        let known: Vec<String> = entries.into_iter().chain(providers).collect();
        let (label, help) = crate::model::explain::advice(name, known.iter().map(String::as_str));
        format!("{label}; {}", help.unwrap_or_default())
    }

    /// What the step expects, as it is written.
    fn expectation(&self, step: &Step) -> String {
        let text = &self.scenario.source().text;
        let start = step.expect_at as usize;
        match start {
            0 => "Ok".to_owned(),
            _ => text[start..end_of_item(text, start)].to_owned(),
        }
    }

    /// What a thread waits for, in a sentence.
    fn waits_for(&self, thread: ThreadId) -> Option<String> {
        let Wait { until, deadline, .. } = self.world.thread(thread)?.wait()?;
        let what = self.condition(until);
        let until = deadline.map_or(String::new(), |deadline| format!(", until {} ms at most", deadline.0));
        Some(format!("it waits for {what}{until}"))
    }

    fn condition(&self, until: &Until) -> String {
        match until {
            Until::Socket(socket, interest) => {
                let what = match interest {
                    Interest::Readable => "something to receive",
                    Interest::Part => "part of a message",
                    Interest::Urgent => "urgent data",
                    Interest::Writable => "space to send",
                    Interest::Acceptable => "somebody to connect",
                    Interest::Connected => "the connection",
                    Interest::Disconnected => "everything sent to arrive",
                    Interest::Parted => "its peer to end, too",
                    Interest::Drained => "its data to be sent",
                    Interest::Changed => "a change notice",
                    Interest::Turn => "another send to end",
                };
                let sharers = self.labels_of(*socket);
                format!("{what} on the shared socket of {sharers}")
            }
            Until::Sockets(watched) => {
                let sockets = watched.iter().filter_map(|watched| watched.socket);
                let mut sharers: Vec<String> = sockets.map(|socket| self.labels_of(socket)).collect();
                sharers.dedup();
                format!("something on the shared socket of {}", sharers.join(", or of "))
            }
            Until::Callback => "its callback to return: an `answers` step".to_owned(),
            Until::Message(_) => "a message in its window's queue".to_owned(),
            Until::Ipc => "another process to send it something".to_owned(),
            Until::Events { all: true, .. } => "all of its events to be signalled".to_owned(),
            Until::Events { .. } => "one of its events to be signalled".to_owned(),
            Until::Packet(_) => "a packet at its completion port".to_owned(),
            Until::Time => "time to pass".to_owned(),
            Until::Alertable(until) => format!("{} or a completion routine", self.condition(until)),
            Until::Routine => "its completion routine to return: an `answers` step".to_owned(),
        }
    }

    /// Who shares a socket, in a sentence.
    fn shares(&self, socket: SocketId) -> Option<String> {
        let state = self.world.afd().socket(socket)?;
        let (descriptors, duplications) = (state.descriptors(), state.duplications());
        let labels = self.labels_of(socket);
        Some(format!(
            "the shared socket of {labels} has {descriptors} descriptors and {duplications} pending duplications"
        ))
    }

    fn labels_of(&self, socket: SocketId) -> String {
        let slots = self.scenario.slots.iter().enumerate();
        let labels = slots.filter(|(at, _)| {
            self.values.socket(super::reader::SlotId(*at as u32)).is_ok_and(|named| named == Some(socket))
        });
        let labels: Vec<String> = labels.map(|(_, slot)| format!("`{}`", slot.name)).take(8).collect();
        if labels.is_empty() { "nobody".to_owned() } else { labels.join(", ") }
    }
}

/// A word of a command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\._-:".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("{word:?}") }
}

/// Rules and policies that decided, each once.
fn decided(events: &[Event]) -> (Vec<RuleId>, Vec<PolicyId>) {
    let (mut rules, mut policies) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Rule(rule) if !rules.contains(rule) => rules.push(*rule),
            Event::Policy(policy) if !policies.contains(policy) => policies.push(*policy),
            _ => {}
        }
    }
    (rules, policies)
}

/// The shared socket an event is about.
fn socket_of(event: &Event) -> Option<SocketId> {
    match event {
        Event::Socket(change) => Some(change.socket()),
        Event::DuplicationMade(duplication)
        | Event::DuplicationOpened(duplication)
        | Event::DuplicationDropped(duplication) => Some(duplication.socket),
        _ => None,
    }
}
