//! What a picture tells of calls and crossings.

use super::build::{Builder, lane};
use super::{ARROW, Said, Sign};
use crate::abi::WsaError;
use crate::abi::client::Call;
use crate::trace::paint::Tone;
use crate::trace::value::Value;
use crate::trace::words::Place;
use crate::trace::{args, client};
use crate::world::catalog::ShapeId;
use crate::world::event::{Entering, Event, Leaving, UpcallDone};
use crate::world::frame::Until;
use crate::world::ids::{ThreadId, Ticks};

impl Builder<'_, '_> {
    pub(super) fn client_call(&mut self, at: usize, thread: ThreadId, call: &Call) {
        let text = self.words.call(self.words.place(at), client::name(call), &client::arguments(call));
        let mut said = Said::new(lane(thread.process), 0, self.who(thread) + &text, Tone::Lane(lane(thread.process)));
        if !self.calls.waited(at)
            && let Some(result) = self.calls.result(at)
        {
            self.conclude(&mut said, at, &result);
        }
        said.note = self.note(at, std::mem::take(&mut said.note));
        self.say(said);
    }

    pub(super) fn parked(&mut self, thread: ThreadId, until: &Until, deadline: Option<Ticks>) {
        let deadline = deadline.map(|at| format!(", until {} ms", at.0)).unwrap_or_default();
        let text = format!("waits for {}{deadline}", self.words.until(thread, until));
        self.say(Said::change(lane(thread.process), 1, text));
    }

    pub(super) fn paused(&mut self, at: usize, thread: ThreadId, provider: Option<ShapeId>, answered: bool) {
        self.acting = Some(thread.process);
        let text = self.who(thread) + &self.words.pause(provider, answered);
        match self.calls.goes_on_at_once(at) {
            true => self.aside(at, &text),
            false => self.say(Said::change(lane(thread.process), self.inside(at), text)),
        }
    }

    /// A call that returned at once has told its result already.
    pub(super) fn client_return(&mut self, at: usize, thread: ThreadId) {
        self.acting = Some(thread.process);
        let Some(begin) = self.trace.spans.partner(at).filter(|&begin| self.calls.waited(begin)) else { return };
        let Event::ClientCall { call, .. } = &self.trace.events[begin] else { return };
        let text = format!("{}{} goes on", self.who(thread), client::name(call));
        let mut said = Said::new(lane(thread.process), 0, text, Tone::Lane(lane(thread.process)));
        if let Some(result) = self.calls.result(begin) {
            self.conclude(&mut said, begin, &result);
        }
        self.say(said);
    }

    fn conclude(&self, said: &mut Said, call: usize, result: &Result<Value, WsaError>) {
        said.tail = self.result(self.end_of(call), result);
        said.tail_tone = if result.is_ok() { Tone::Good } else { Tone::Bad };
        if let Err(error) = result {
            let (rule, policies) = self.calls.blame(call, *error);
            let policies = policies.into_iter().map(|policy| self.words.policy(policy));
            said.note = rule.map(|rule| rule.to_string()).into_iter().chain(policies).collect::<Vec<_>>().join(", ");
        }
    }

    /// Where the result of a call or crossing stands.
    fn end_of(&self, begin: usize) -> Place {
        self.words.place(self.trace.spans.partner(begin).unwrap_or(begin))
    }

    fn result(&self, place: Place, result: &Result<Value, WsaError>) -> String {
        match result {
            Ok(value) => format!("{ARROW} {}", self.words.value(place, value)),
            Err(error) => format!("{ARROW} {error}"),
        }
    }

    /// What stands beside a call: who decided, and the way it took.
    fn note(&self, call: usize, blame: String) -> String {
        let mut parts = Vec::new();
        if blame.is_empty() {
            parts.extend(self.calls.unusual_policies(call).into_iter().map(|policy| self.words.policy(policy)));
        } else {
            parts.push(blame);
        }
        parts.extend(self.unusual_way(call));
        parts.join("; ")
    }

    fn unusual_way(&self, call: usize) -> Option<String> {
        let route = self.routes.get(&call).filter(|route| route.shown.is_empty() && !route.path.is_empty())?;
        let way = route.words(&self.words);
        (!self.everything() && way != self.route).then(|| format!("via {way}"))
    }

    pub(super) fn enter(&mut self, at: usize, entering: &Entering) {
        let callee = self.words.shape(entering.callee);
        let text = if self.everything() {
            let arguments = args::of_spi(&entering.call);
            format!("{callee}: {}", self.words.call(self.words.place(at), entering.call.function().name(), &arguments))
        } else if self.is_shown(at) {
            format!("{callee}  {}", self.changed_arguments(at)).trim_end().to_owned()
        } else {
            return;
        };
        let mut said = Said::new(lane(entering.thread.process), self.level(at), text, Tone::Plain);
        said.sign = Sign::Into;
        if !self.everything() {
            said.tail = self.other_result(at).unwrap_or_default();
        }
        self.say(said);
    }

    fn changed_arguments(&self, at: usize) -> String {
        let place = self.words.place(at);
        let told = self.calls.changed_arguments(at).into_iter().map(|(name, value)| match value {
            Value::Info(info) => {
                format!("{name} = entry {}", self.words.value(place, &Value::Entry(info.catalog_entry_id())))
            }
            value => format!("{name} = {}", self.words.value(place, &value)),
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// What a crossing gave, unless its caller gave what reads the same.
    fn other_result(&self, at: usize) -> Option<String> {
        let text = self.result(self.end_of(at), &self.calls.result(at)?);
        let owner = self.trace.spans.owner(at)?;
        let outer = self.calls.result(owner).map(|result| self.result(self.end_of(owner), &result));
        (outer.as_ref() != Some(&text)).then_some(text)
    }

    pub(super) fn leave(&mut self, at: usize, leaving: &Leaving) {
        if !self.everything() {
            return;
        }
        let text = format!("{}: {}", self.words.shape(leaving.callee), leaving.function);
        let level = self.trace.spans.partner(at).map_or(1, |begin| self.level(begin));
        let mut said = Said::new(lane(leaving.thread.process), level, text, Tone::Dim);
        self.conclude_crossing(&mut said, at);
        self.say(said);
    }

    pub(super) fn upcall(&mut self, at: usize, upcall: &UpcallDone) {
        if !self.everything() && upcall.result.is_ok() {
            return;
        }
        let call = self.words.call(self.words.place(at), upcall.call.function().name(), &args::of_upcall(&upcall.call));
        let text = format!("{} asks {call}", self.words.shape(upcall.by));
        let mut said = Said::new(lane(upcall.thread.process), self.inside(at), text, Tone::Plain);
        self.conclude_crossing(&mut said, at);
        self.say(said);
    }

    fn conclude_crossing(&self, said: &mut Said, at: usize) {
        let Some(result) = self.trace.result(at) else { return };
        said.tail = self.result(self.words.place(at), &result);
        said.tail_tone = if result.is_ok() { Tone::Plain } else { Tone::Bad };
    }
}
