//! What a step writes down, when somebody wants to know.
//!
//! The log is no part of a world: it is handed to `step` and owns what it collected. When it is off nothing is
//! built, nothing is allocated. Events stay values here; turning them into text is the business of `trace`.
//!
//! Breaches of contracts are kept in any case: whoever has duties checked wants to know of them.

use super::checks::Breach;
use super::event::Event;
use super::policy::PolicyId;
use crate::rules::RuleId;

/// Collects the events of one or more steps.
#[derive(Clone, Debug, Default)]
pub struct Log {
    on: bool,
    /// Apart: a log that collects nothing is two words, to be made and dropped with every step.
    kept: Option<Box<Kept>>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    events: Vec<Event>,
    breaches: Vec<Breach>,
}

impl Log {
    /// A log that collects.
    #[must_use]
    pub fn on() -> Self {
        Self { on: true, kept: None }
    }

    /// A log that drops everything but breaches.
    #[must_use]
    pub const fn off() -> Self {
        Self { on: false, kept: None }
    }

    fn kept(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }

    /// Whether events are collected.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Notes an event; `make` runs only when the log is on.
    #[inline(always)]
    pub fn note<E: Into<Event>>(&mut self, make: impl FnOnce() -> E) {
        if self.on {
            self.kept().events.push(make().into());
        }
    }

    /// Notes that a rule decided something.
    #[inline]
    pub fn rule(&mut self, rule: RuleId) {
        if self.on {
            self.kept().events.push(Event::Rule(rule));
        }
    }

    /// Notes that a policy decided something.
    #[inline]
    pub fn policy(&mut self, policy: PolicyId) {
        if self.on {
            self.kept().events.push(Event::Policy(policy));
        }
    }

    /// Notes that a provider has broken a duty.
    pub fn breach(&mut self, breach: Breach) {
        if self.on {
            self.kept().events.push(Event::Breach(Box::new(breach.clone())));
        }
        self.kept().breaches.push(breach);
    }

    /// The breaches so far; the log has none afterwards.
    pub fn take_breaches(&mut self) -> Vec<Breach> {
        self.kept.as_mut().map(|kept| std::mem::take(&mut kept.breaches)).unwrap_or_default()
    }

    /// The events so far; the log is empty afterwards.
    pub fn take(&mut self) -> Vec<Event> {
        self.kept.as_mut().map(|kept| std::mem::take(&mut kept.events)).unwrap_or_default()
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        self.kept.as_ref().map_or(&[], |kept| &kept.events)
    }
}
