//! Failures: everything a stranger needs to see what was wrong and who took part.

use super::judge::{self, Came};
use super::play::Player;
use super::program::Step;
use super::reader::ThreadRef;
use super::report::{Failure, FailureKind};
use super::seen::title_of;
use super::values::Obstacle;
use crate::model::items::end_of_item;
use crate::rules::RuleId;
use crate::world::event::Event;
use crate::world::ids::{Handle, SocketId};
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
        let failure = self.failure(kind, title, expected, actual, notes);
        self.failures.push(failure);
    }

    /// What there is to say of something that went wrong in the step being played.
    pub(super) fn failure(
        &self,
        kind: FailureKind,
        title: String,
        expected: String,
        actual: String,
        notes: Vec<String>,
    ) -> Failure {
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
        Failure {
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
        }
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
        let title = title_of(name, call, came);
        let thread = self.thread_id(on);
        let mut notes = Vec::new();
        if let (Came::Parked, Some(thread)) = (came, thread) {
            notes.extend(self.seen().waits_for(thread));
        }
        let shared = thread.zip(socket).and_then(|(thread, s)| self.world.shared_socket(thread.process, s));
        notes.extend(shared.and_then(|shared| self.shares(shared)));
        let expected = self.expectation(step);
        self.fail_with(FailureKind::Result, title, expected, judge::written(came), notes);
    }

    /// A call waits and nothing will end it.
    pub(super) fn stuck(&mut self, on: ThreadRef, step: usize) {
        let title = format!("the {} of `{}` still waits", self.name_of_call(step), self.thread_name(on));
        let notes = self.thread_id(on).and_then(|thread| self.seen().waits_for(thread)).into_iter().collect();
        self.step = Some(step);
        let paused = self.thread_id(on).is_some_and(|thread| self.seen().is_paused(thread));
        let came = if paused { "Paused" } else { "Parked" };
        let expected = format!("a return, or `{came}` in `finally`");
        self.fail_with(FailureKind::Stuck, title, expected, came.into(), notes);
        self.step = None;
    }

    /// The step cannot happen now.
    pub(super) fn rejected(&mut self, why: Rejection) {
        self.fail(FailureKind::Step, "the step cannot happen here", "a step that can happen", why.to_string());
    }

    /// The step has no values to work with. One without a value follows from an earlier failure.
    pub(super) fn obstacle(&mut self, obstacle: &Obstacle) {
        if matches!(obstacle, Obstacle::NoValue(_)) && !self.failures.is_empty() {
            return;
        }
        let (title, actual) = self.seen().obstacle_words(obstacle);
        self.fail(FailureKind::Step, title, "a value the step can use", actual);
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

    /// Who shares a socket, in a sentence.
    fn shares(&self, socket: SocketId) -> Option<String> {
        let state = self.world.afd().socket(socket)?;
        let (descriptors, duplications) = (state.descriptors(), state.duplications());
        let labels = self.seen().labels_of(socket);
        Some(format!(
            "the shared socket of {labels} has {descriptors} descriptors and {duplications} pending duplications"
        ))
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
