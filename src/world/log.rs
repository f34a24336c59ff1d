//! What a step writes down, when somebody wants to know.
//!
//! The log is no part of a world: it is handed to `step` and owns what it collected. When it is off nothing is
//! built, nothing is allocated. Events stay values here; turning them into text is the business of `trace`.

use super::event::Event;
use super::policy::PolicyId;
use crate::rules::RuleId;

/// Collects the events of one or more steps.
#[derive(Clone, Debug, Default)]
pub struct Log {
    on: bool,
    events: Vec<Event>,
}

impl Log {
    /// A log that collects.
    #[must_use]
    pub fn on() -> Self {
        Self { on: true, events: Vec::new() }
    }

    /// A log that drops everything.
    #[must_use]
    pub const fn off() -> Self {
        Self { on: false, events: Vec::new() }
    }

    /// Whether events are collected.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Notes an event; `make` runs only when the log is on.
    #[inline]
    pub fn note<E: Into<Event>>(&mut self, make: impl FnOnce() -> E) {
        if self.on {
            self.events.push(make().into());
        }
    }

    /// Notes that a rule decided something.
    #[inline]
    pub fn rule(&mut self, rule: RuleId) {
        if self.on {
            self.events.push(Event::Rule(rule));
        }
    }

    /// Notes that a policy decided something.
    #[inline]
    pub fn policy(&mut self, policy: PolicyId) {
        if self.on {
            self.events.push(Event::Policy(policy));
        }
    }

    /// The events so far; the log is empty afterwards.
    pub fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}
