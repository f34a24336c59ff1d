//! What a client call was made of: the providers it went through, what they changed, who decided.

use std::collections::{BTreeMap, BTreeSet};

use crate::abi::client::Call;
use crate::abi::{SpiFunction, WsaError};
use crate::rules::RuleId;
use crate::trace::value::{Fields, Value};
use crate::trace::words::Words;
use crate::trace::{Trace, args, client};
use crate::world::afd::Change;
use crate::world::catalog::ShapeId;
use crate::world::event::Event;
use crate::world::ids::SocketId;
use crate::world::op::Op;
use crate::world::policy::{Policies, PolicyId};

/// The structure of all client calls of a trace.
pub(super) struct Calls<'t, 'a> {
    trace: &'t Trace<'a>,
    /// By event: the client call it happened in.
    call_of: Vec<Option<usize>>,
    /// By client call: what happened in it.
    members: BTreeMap<usize, Vec<usize>>,
    /// The last change of references of each socket in each op, and whether the socket had references before. What
    /// came before it in the op is of no interest.
    settled: BTreeMap<usize, bool>,
}

impl<'t, 'a> Calls<'t, 'a> {
    pub(super) fn of(trace: &'t Trace<'a>) -> Self {
        let mut calls = Self { trace, call_of: Vec::new(), members: BTreeMap::new(), settled: settled(trace.events) };
        for at in 0..trace.events.len() {
            let call = trace.spans.owner(at).and_then(|owner| match trace.events[owner] {
                Event::ClientCall { .. } => Some(owner),
                _ => calls.call_of[owner],
            });
            calls.call_of.push(call);
            if let Some(call) = call {
                calls.members.entry(call).or_default().push(at);
            }
        }
        calls
    }

    /// The client call an event happened in.
    pub(super) fn call_of(&self, at: usize) -> Option<usize> {
        self.call_of.get(at).copied().flatten()
    }

    /// Whether a change of references is the last one of its op.
    pub(super) fn is_settled(&self, at: usize) -> bool {
        self.settled.contains_key(&at)
    }

    /// The providers a call went through, in order, and which crossings are worth a line.
    pub(super) fn route(&self, call: usize) -> Route {
        let crossings: Vec<usize> = self.crossings(call).collect();
        let mut path: Vec<ShapeId> = Vec::new();
        for &at in &crossings {
            if let Event::Enter(entering) = &self.trace.events[at]
                && !path.contains(&entering.callee)
            {
                path.push(entering.callee);
            }
        }
        let telling = self.changes_sharing(call) && crossings.iter().any(|&at| self.says_something(at));
        Route { path, shown: if telling { crossings } else { Vec::new() } }
    }

    /// The crossings of a call. Providers are started inside the first call that needs them: not this call's business.
    fn crossings(&self, call: usize) -> impl Iterator<Item = usize> + '_ {
        let own = function(self.trace, call);
        self.members(call).filter(move |&at| match &self.trace.events[at] {
            Event::Enter(entering) => {
                let life = [SpiFunction::WspStartup, SpiFunction::WspCleanup];
                own.is_none_or(|_| !life.contains(&entering.call.function()))
            }
            _ => false,
        })
    }

    fn members(&self, call: usize) -> impl Iterator<Item = usize> + '_ {
        self.members.get(&call).into_iter().flatten().copied()
    }

    /// Whether a call hands over, opens or gives up a share of a socket, or changes who is told of its events.
    fn changes_sharing(&self, call: usize) -> bool {
        self.members(call).any(|at| match &self.trace.events[at] {
            Event::Socket(Change::References { .. }) => self.settled.get(&at).is_some_and(|&known| known),
            Event::Socket(Change::Registered { .. } | Change::RegistrationCancelled { .. }) => true,
            Event::DuplicationMade(_) | Event::DuplicationOpened(_) | Event::DuplicationDropped(_) => true,
            _ => false,
        })
    }

    /// Whether a crossing shows more than that a provider was passed.
    fn says_something(&self, at: usize) -> bool {
        !self.changed_arguments(at).is_empty() || self.other_result(at).is_some()
    }

    /// The arguments of a crossing that are not what the caller itself was called with.
    pub(super) fn changed_arguments(&self, at: usize) -> Fields {
        let Event::Enter(entering) = &self.trace.events[at] else { return Vec::new() };
        let outer = self.trace.spans.owner(at).map(|owner| arguments(self.trace, owner)).unwrap_or_default();
        let blank = |value: &Value| matches!(value, Value::Info(info) if info.catalog_entry_id() == 0);
        let differs = |(name, value): &(&'static str, Value)| {
            let before = outer.iter().find(|(other, _)| other == name).map(|(_, value)| value);
            before != Some(value) && !(before.is_none_or(Value::is_plain) && (value.is_plain() || blank(value)))
        };
        args::of_spi(&entering.call).into_iter().filter(differs).collect()
    }

    /// What a crossing gave, when its caller gave something else.
    pub(super) fn other_result(&self, at: usize) -> Option<Result<Value, WsaError>> {
        let own = self.result(at)?;
        let outer = self.trace.spans.owner(at).and_then(|owner| self.result(owner));
        (outer.as_ref() != Some(&own)).then_some(own)
    }

    /// What the call or crossing that begins here gave in the end.
    pub(super) fn result(&self, begin: usize) -> Option<Result<Value, WsaError>> {
        self.trace.result(self.trace.spans.partner(begin)?)
    }

    /// Whether the call waited before it gave something, or others came between.
    pub(super) fn waited(&self, call: usize) -> bool {
        self.members(call).any(|at| match self.trace.events[at] {
            Event::Parked { .. } => true,
            Event::Paused { .. } => !self.goes_on_at_once(at),
            _ => false,
        })
    }

    /// Whether what pauses here is the next to go on, in the same step.
    pub(super) fn goes_on_at_once(&self, pause: usize) -> bool {
        let Event::Paused { thread: paused, .. } = self.trace.events[pause] else { return false };
        let Some(Event::Op(op)) = self.trace.events.get(pause + 1) else { return false };
        let same_step =
            self.trace.mark(pause).map(|mark| mark.event) == self.trace.mark(pause + 1).map(|mark| mark.event);
        let within = if let Op::ToBorder(within) = &**op { within } else { op };
        same_step && matches!(**within, Op::Run { thread } if thread == paused)
    }

    /// Who made a call fail: the last rule and the policies that decided where the error first came up. The policy
    /// that decides a rule is among them even when the world did not say so.
    pub(super) fn blame(&self, call: usize, error: WsaError) -> (Option<RuleId>, Vec<PolicyId>) {
        let failed = |&at: &usize| match &self.trace.events[at] {
            Event::Leave(leaving) => leaving.result.as_ref().err() == Some(&error),
            _ => false,
        };
        let origin = self.members(call).find(failed).and_then(|end| self.trace.spans.partner(end)).unwrap_or(call);
        let own = |&at: &usize| self.trace.spans.owner(at) == Some(origin);
        let (mut rules, mut policies) = (Vec::new(), Vec::new());
        for at in self.members(call).filter(own) {
            match &self.trace.events[at] {
                Event::Rule(decided) => rules.push(*decided),
                Event::Policy(decided) if !policies.contains(decided) => policies.push(*decided),
                Event::Upcall(done) if done.result.is_ok() => {
                    while rules.pop_if(|rule| is_of_upcall(*rule)).is_some() {}
                }
                _ => {}
            }
        }
        let rule = rules.pop();
        policies.extend(rule.and_then(RuleId::policy).filter(|policy| !policies.contains(policy)));
        (rule, policies)
    }

    /// The policies that decided something in a call and have another answer than the default.
    pub(super) fn unusual_policies(&self, call: usize) -> Vec<PolicyId> {
        let default = Policies::default();
        let mut unusual = Vec::new();
        for at in self.members(call) {
            if let Event::Policy(decided) = self.trace.events[at]
                && decided.answer(self.trace.policies) != decided.answer(&default)
                && !unusual.contains(&decided)
            {
                unusual.push(decided);
            }
        }
        unusual
    }
}

/// How a call went.
pub(super) struct Route {
    /// The providers, in the order in which they were reached.
    pub(super) path: Vec<ShapeId>,
    /// The crossings to be told one by one.
    pub(super) shown: Vec<usize>,
}

impl Route {
    /// `audit > msafd`.
    pub(super) fn words(&self, words: &Words<'_, '_>) -> String {
        self.path.iter().map(|&shape| words.shape(shape).into_owned()).collect::<Vec<_>>().join(" > ")
    }
}

/// The entry a client call goes to, if it goes to one.
fn function(trace: &Trace<'_>, call: usize) -> Option<SpiFunction> {
    match &trace.events[call] {
        Event::ClientCall { call, .. } => match &**call {
            Call::Spi(call) => Some(call.function()),
            _ => None,
        },
        _ => None,
    }
}

fn arguments(trace: &Trace<'_>, begin: usize) -> Fields {
    match &trace.events[begin] {
        Event::ClientCall { call, .. } => client::arguments(call),
        Event::Enter(entering) => args::of_spi(&entering.call),
        _ => Vec::new(),
    }
}

fn settled(events: &[Event]) -> BTreeMap<usize, bool> {
    let mut last: BTreeMap<SocketId, usize> = BTreeMap::new();
    let mut known: BTreeSet<SocketId> = BTreeSet::new();
    let mut settled = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Op(_) => settle(&mut settled, &mut last, &mut known),
            Event::Socket(Change::References { socket, .. }) => {
                last.insert(*socket, at);
            }
            Event::Socket(Change::Destroyed { socket }) => {
                let before = known.remove(socket);
                settled.extend(last.remove(socket).map(|at| (at, before)));
            }
            _ => {}
        }
    }
    settle(&mut settled, &mut last, &mut known);
    settled
}

fn settle(settled: &mut BTreeMap<usize, bool>, last: &mut BTreeMap<SocketId, usize>, known: &mut BTreeSet<SocketId>) {
    for (socket, at) in std::mem::take(last) {
        settled.insert(at, !known.insert(socket));
    }
}

/// Whether a rule speaks of what an upcall does: one that succeeded made no call fail.
fn is_of_upcall(rule: RuleId) -> bool {
    use RuleId::{Handle3, Handle4, R26, R28};
    rule.group().starts_with("Wpu") || [Handle3, Handle4, R26, R28].contains(&rule)
}
