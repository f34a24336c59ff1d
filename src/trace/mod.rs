//! Events and their renderings.
//!
//! The world reports what happens as values ([`Event`]); this module turns them into something to read. It never
//! looks into a world: what it shows is in the events, and what things are called is in [`Names`].
//!
//! | file | what |
//! |---|---|
//! | `spans` | which events belong together |
//! | [`value`] | the kinds of arguments and results |
//! | [`args`], [`client`], [`outcome`], [`change`] | calls, results and changes, reduced to these kinds |
//! | [`words`] | a value as text |
//! | [`text`] | an event as one line |
//! | [`lanes`] | a play as a picture: a lane for each process, layers indented, arrows between processes |
//! | [`json`] | a play as JSON Lines; its page is the reference of the format |
//!
//! Everything here is a pure function of its arguments: two renderings of a play are byte-equal.

pub mod args;
pub mod change;
pub mod client;
pub mod json;
pub mod lanes;
pub mod outcome;
mod paint;
mod spans;
pub mod text;
pub mod value;
pub mod words;

#[cfg(test)]
mod samples;

use crate::scenario::report::{Names, Report, StepMark};
use crate::world::event::Event;
use crate::world::ids::{Incarnation, ProcessId};
use crate::world::policy::Policies;
use spans::Spans;

/// A play that can be rendered.
#[derive(Clone, Debug)]
pub struct Trace<'a> {
    events: &'a [Event],
    names: &'a Names,
    marks: &'a [StepMark],
    policies: &'a Policies,
    spans: Spans,
    /// Who got which process id when, in order.
    ids: Vec<(usize, ProcessId, Incarnation)>,
}

impl<'a> Trace<'a> {
    /// The trace of a played scenario. `policies` are the answers that were in force.
    #[must_use]
    pub fn of(report: &'a Report, policies: &'a Policies) -> Self {
        Self::new(&report.events, &report.names, &report.marks, policies)
    }

    /// The trace of a list of events.
    #[must_use]
    pub fn new(events: &'a [Event], names: &'a Names, marks: &'a [StepMark], policies: &'a Policies) -> Self {
        let started = |(at, event): (usize, &Event)| match event {
            Event::ProcessStarted { process, id, .. } => Some((at, *id, *process)),
            _ => None,
        };
        let ids = events.iter().enumerate().filter_map(started).collect();
        Self { events, names, marks, policies, spans: Spans::of(events), ids }
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> &'a [Event] {
        self.events
    }

    /// Whom a process id means at some event: the last process that got it until then.
    fn incarnation(&self, id: ProcessId, at: usize) -> Option<Incarnation> {
        self.ids.iter().rev().find(|&&(since, known, _)| known == id && since <= at).map(|&(_, _, process)| process)
    }

    /// The process id of a process.
    fn process_id(&self, process: Incarnation) -> Option<ProcessId> {
        self.ids.iter().find(|&&(_, _, known)| known == process).map(|&(_, id, _)| id)
    }

    /// The step an event belongs to; `None` for the start of the processes.
    fn mark(&self, at: usize) -> Option<&'a StepMark> {
        self.marks.get(self.marks.partition_point(|mark| mark.event <= at).checked_sub(1)?)
    }
}
