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
//! | [`breach`] | a broken duty, as values and as text |
//! | [`words`] | a value as text |
//! | [`text`] | an event as one line |
//! | [`lanes`] | a play as a picture: a lane for each process, layers indented, arrows between processes |
//! | [`json`] | a play as JSON Lines; its page is the reference of the format |
//!
//! Everything here is a pure function of its arguments: two renderings of a play are byte-equal.

pub mod args;
pub mod breach;
mod catalog;
pub mod change;
pub mod client;
pub mod io;
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

use std::collections::BTreeMap;

use crate::abi::client::Call;
use crate::abi::{SpiCall, WsaError};
use crate::scenario::report::{Named, Names, Report, StepMark};
use crate::world::event::Event;
use crate::world::ids::{Incarnation, ProcessId};
use crate::world::policy::Policies;
use spans::Spans;
use value::Value;

/// A play that can be rendered.
#[derive(Clone, Debug)]
pub struct Trace<'a> {
    events: &'a [Event],
    names: &'a Names,
    marks: &'a [StepMark],
    policies: &'a Policies,
    spans: Spans,
    /// The ops, in order.
    ops: Vec<usize>,
    /// By process id: which processes had it, and since which event, in order.
    by_id: BTreeMap<ProcessId, Vec<(usize, Incarnation)>>,
    /// By process: its id.
    ids: BTreeMap<Incarnation, ProcessId>,
    /// By what was labelled: where the labels are in [`Names::labels`], in order.
    labels: BTreeMap<(Incarnation, Named), Vec<usize>>,
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
        let mut trace = Self {
            events,
            names,
            marks,
            policies,
            spans: Spans::of(events),
            ops: Vec::new(),
            by_id: BTreeMap::new(),
            ids: BTreeMap::new(),
            labels: BTreeMap::new(),
        };
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Op(_) => trace.ops.push(at),
                Event::ProcessStarted { process, id, .. } => {
                    trace.by_id.entry(*id).or_default().push((at, *process));
                    trace.ids.insert(*process, *id);
                }
                _ => {}
            }
        }
        for (at, label) in names.labels.iter().enumerate() {
            trace.labels.entry((label.process, label.what)).or_default().push(at);
        }
        trace
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> &'a [Event] {
        self.events
    }

    /// Whom a process id means at some event: the last process that got it until then.
    fn incarnation(&self, id: ProcessId, at: usize) -> Option<Incarnation> {
        let had = self.by_id.get(&id)?;
        let last = had.partition_point(|&(since, _)| since <= at).checked_sub(1)?;
        had.get(last).map(|&(_, process)| process)
    }

    /// The process id of a process.
    fn process_id(&self, process: Incarnation) -> Option<ProcessId> {
        self.ids.get(&process).copied()
    }

    /// What something is called at an event: the last label given until then, or else the first one of all, which
    /// the call that this event belongs to is about to give.
    fn label(&self, process: Incarnation, what: Named, at: usize) -> Option<&'a str> {
        let given = self.labels.get(&(process, what))?;
        let until = given.partition_point(|&label| self.names.labels[label].since <= at);
        let label = given.get(until.saturating_sub(1))?;
        Some(&self.names.labels[*label].label)
    }

    /// What a call, crossing or upcall gave, told by the event that ends it.
    fn result(&self, end: usize) -> Option<Result<Value, WsaError>> {
        match self.events.get(end)? {
            Event::ClientReturn { result, .. } => {
                Some(told(result, |value| outcome::of_client(value, self.call_of(end))))
            }
            Event::Leave(leaving) => Some(told(&leaving.result, |value| outcome::of_spi(value, self.call_of(end)))),
            Event::Upcall(upcall) => Some(told(&upcall.result, outcome::of_upcall)),
            _ => None,
        }
    }

    /// The call that an event ends.
    fn call_of(&self, end: usize) -> Option<&'a SpiCall> {
        match self.events.get(self.spans.partner(end)?)? {
            Event::ClientCall { call, .. } => match &**call {
                Call::Spi(call) => Some(call),
                _ => None,
            },
            Event::Enter(entering) => Some(&entering.call),
            _ => None,
        }
    }

    /// The next op after an event. Until then all labels are given that the event's step gives.
    fn next_op(&self, at: usize) -> usize {
        self.ops.get(self.ops.partition_point(|&op| op <= at)).copied().unwrap_or(self.events.len())
    }

    /// The step an event belongs to; `None` for the start of the processes.
    fn mark(&self, at: usize) -> Option<&'a StepMark> {
        self.marks.get(self.marks.partition_point(|mark| mark.event <= at).checked_sub(1)?)
    }
}

fn told<T>(result: &Result<T, WsaError>, words: impl FnOnce(&T) -> Value) -> Result<Value, WsaError> {
    result.as_ref().map(words).map_err(|&error| error)
}
