//! Events as JSON objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::value::Values;
use super::{answers, object};
use crate::abi::client::Call;
use crate::rules::RuleId;
use crate::scenario::report::StepMark;
use crate::trace::breach::Told;
use crate::trace::value::{Fields, Value};
use crate::trace::words::{Place, Style, Words};
use crate::trace::{Trace, args, change, client, io, outcome};
use crate::world::afd::{Change, Interest, Sought};
use crate::world::apc::Apc;
use crate::world::checks::{Breach, Level};
use crate::world::duplication::Duplication;
use crate::world::event::{Entering, Event, Leaving, UpcallDone};
use crate::world::fault::Fault;
use crate::world::frame::Until;
use crate::world::ids::{Incarnation, ProcessId, ThreadId, Ticks};
use crate::world::op::Op;
use crate::world::policy::PolicyId;
use crate::world::program::{Program, Width};
use crate::world::watch::Watched;

type Object = Map<String, Json>;

/// All events of a trace in order.
pub(super) fn all(trace: &Trace<'_>) -> Vec<Object> {
    let decided = Decided::of(trace);
    let mut now = 0;
    let mut marked: Option<&StepMark> = None;
    let mut objects = Vec::new();
    for (at, event) in trace.events.iter().enumerate() {
        if let Event::Time(Ticks(ms)) = event {
            now = *ms;
        }
        let Some((kind, fields)) = (Line { trace, at, decided: &decided }).of(event) else { continue };
        let mut line = object([("n", json!(at)), ("t", json!(now)), ("event", json!(kind))]);
        let mark = trace.mark(at);
        if mark != marked {
            marked = mark;
            line.extend(mark.iter().flat_map(|mark| object([("step", json!(mark.step)), ("line", json!(mark.line))])));
        }
        line.extend(fields);
        objects.push(line);
    }
    objects
}

/// Which rules and policies are told with which event.
#[derive(Default)]
struct Decided {
    rules: BTreeMap<usize, Vec<RuleId>>,
    policies: BTreeMap<usize, Vec<PolicyId>>,
    told: Vec<usize>,
}

impl Decided {
    fn of(trace: &Trace<'_>) -> Self {
        let mut decided = Self::default();
        let carriers = carriers(trace);
        for (&at, &carrier) in &carriers {
            match trace.events[at] {
                Event::Rule(rule) => push_new(decided.rules.entry(carrier).or_default(), rule),
                Event::Policy(policy) => push_new(decided.policies.entry(carrier).or_default(), policy),
                _ => {}
            }
        }
        decided.told = carriers.into_keys().collect();
        decided
    }

    fn is_told(&self, at: usize) -> bool {
        self.told.binary_search(&at).is_ok()
    }
}

/// By rule or policy: the next wait of its crossing, or its end. Read backwards, so that each event is seen once.
fn carriers(trace: &Trace<'_>) -> BTreeMap<usize, usize> {
    let mut next_wait: BTreeMap<usize, usize> = BTreeMap::new();
    let mut carriers = BTreeMap::new();
    for (at, event) in trace.events.iter().enumerate().rev() {
        let Some(owner) = trace.spans.owner(at) else { continue };
        match event {
            Event::Parked { .. } => {
                next_wait.insert(owner, at);
            }
            Event::Rule(_) | Event::Policy(_) => {
                let carrier = next_wait.get(&owner).copied().or_else(|| trace.spans.partner(owner));
                carriers.extend(carrier.map(|carrier| (at, carrier)));
            }
            _ => {}
        }
    }
    carriers
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

struct Line<'t, 'a> {
    trace: &'t Trace<'a>,
    at: usize,
    decided: &'t Decided,
}

impl Line<'_, '_> {
    /// The kind of an event and its further fields; `None` when another event tells it.
    fn of(&self, event: &Event) -> Option<(&'static str, Object)> {
        Some(match event {
            Event::Op(op) => ("op", self.op(op)),
            Event::ClientCall { thread, call } => ("begin", self.client_call(*thread, call)),
            Event::ClientReturn { thread, .. } => {
                let end = self.end(*thread, 0, self.begun_call());
                ("end", self.with_decided(self.with_result(end)))
            }
            Event::Enter(entering) => ("begin", self.enter(entering)),
            Event::Leave(leaving) => ("end", self.leave(leaving)),
            Event::Upcall(upcall) => ("upcall", self.upcall(upcall)),
            Event::Parked { thread, until, deadline } => ("wait", self.wait(*thread, until, *deadline)),
            Event::Paused { thread, provider, answered } => {
                let provider = provider.map(|shape| self.words().shape(shape));
                let side = if *answered { "after" } else { "before" };
                let of = json!(self.trace.spans.owner(self.at));
                let (thread, side, provider) = (self.thread(*thread), json!(side), json!(provider));
                ("pause", object([("of", of), ("thread", thread), ("side", side), ("provider", provider)]))
            }
            Event::Resumed { thread } => ("resume", object([("thread", self.thread(*thread))])),
            Event::Rule(rule) if !self.decided.is_told(self.at) => {
                ("rule", object([("of", json!(self.trace.spans.owner(self.at))), ("rule", json!(rule.name()))]))
            }
            Event::Policy(policy) if !self.decided.is_told(self.at) => {
                let answer = policy.answer(self.trace.policies);
                let of = json!(self.trace.spans.owner(self.at));
                ("policy", object([("of", of), ("policy", json!(policy.name())), ("answer", json!(answer))]))
            }
            Event::Rule(_) | Event::Policy(_) => return None,
            Event::Breach(breach) => ("breach", self.breach(breach)),
            _ => self.of_machine(event)?,
        })
    }

    fn of_machine(&self, event: &Event) -> Option<(&'static str, Object)> {
        Some(match event {
            Event::Socket(changed) => ("change", self.change(changed)),
            Event::DuplicationMade(duplication) => ("duplication", self.duplication(duplication, "made")),
            Event::DuplicationOpened(duplication) => ("duplication", self.duplication(duplication, "opened")),
            Event::DuplicationDropped(duplication) => ("duplication", self.duplication(duplication, "dropped")),
            Event::ProcessStarted { process, id, suspended } => {
                let state = if *suspended { "suspended" } else { "started" };
                ("process", self.process(*process, Some(*id), state))
            }
            Event::ProcessResumed { process } => ("process", self.process(*process, None, "resumed")),
            Event::ProcessEnded { process } => ("process", self.process(*process, None, "ended")),
            Event::EventSet { event, signalled } => {
                ("signal", object([("object", json!(event.0)), ("signalled", json!(signalled))]))
            }
            Event::MessagePosted { process, window, message } => {
                let window = self.values().value(self.place(), &Value::Window(*window));
                let message = self.values().value(self.place(), &outcome::of_window_message(message));
                let process = self.values().owner(*process);
                ("post", object([("process", process), ("window", window), ("message", message)]))
            }
            Event::Sent { from, to, value } => {
                let value = self.values().value(self.place(), &client::message(value));
                (
                    "ipc",
                    object([("from", self.values().owner(*from)), ("to", self.values().owner(*to)), ("value", value)]),
                )
            }
            Event::RoutineQueued { thread, apc } => ("routine", self.routine(*thread, apc, "queued")),
            Event::RoutineRan { thread, apc } => ("routine", self.routine(*thread, apc, "run")),
            Event::PacketQueued { port, packet } => {
                let packet = self.fields(&io::of_packet(packet));
                ("packet", object([("port", json!(port.0)), ("packet", packet)]))
            }
            Event::ThreadEnded { thread } => {
                ("thread", object([("thread", self.thread(*thread)), ("state", json!("ended"))]))
            }
            Event::SizeStored { thread, size } => {
                ("needed", object([("thread", self.thread(*thread)), ("size", json!(size))]))
            }
            Event::CatalogChanged { width, entries } => {
                ("catalog", object([("width", json!(width.bits())), ("entries", json!(entries))]))
            }
            Event::Time(_) => ("time", Object::new()),
            Event::Injected { function, error } => {
                ("inject", object([("call", json!(function.name())), ("error", json!(error.name()))]))
            }
            Event::Faulty { by, fault } => {
                ("faulty", object([("provider", json!(self.words().shape(*by))), ("fault", json!(fault.name()))]))
            }
            Event::InjectedUpcall { upcall, error } => {
                ("inject", object([("call", json!(upcall.name())), ("error", json!(error.name()))]))
            }
            _ => return None,
        })
    }

    fn change(&self, changed: &Change) -> Object {
        let (name, fields) = change::of_socket(changed);
        let mut object = object([("socket", self.values().socket(changed.socket())), ("change", json!(name))]);
        object.extend(self.values().fields(self.place(), &fields));
        object
    }

    fn process(&self, process: Incarnation, id: Option<ProcessId>, state: &str) -> Object {
        let mut object = object([("process", self.values().owner(process))]);
        object.extend(id.map(|id| ("id".to_owned(), json!(id.0))));
        object.insert("state".to_owned(), json!(state));
        object
    }

    fn client_call(&self, thread: ThreadId, call: &Call) -> Object {
        object([
            ("thread", self.thread(thread)),
            ("depth", json!(0)),
            ("caller", json!("client")),
            ("callee", json!(library(call))),
            ("call", json!(client::name(call))),
            ("args", self.fields(&client::arguments(call))),
        ])
    }

    fn enter(&self, entering: &Entering) -> Object {
        let caller = entering.caller.map_or_else(|| "ws2_32".into(), |shape| self.words().shape(shape));
        object([
            ("thread", self.thread(entering.thread)),
            ("depth", json!(entering.depth)),
            ("caller", json!(caller)),
            ("callee", json!(self.words().shape(entering.callee))),
            ("call", json!(entering.call.function().name())),
            ("args", self.fields(&args::of_spi(&entering.call))),
        ])
    }

    fn leave(&self, leaving: &Leaving) -> Object {
        let callee = json!(self.words().shape(leaving.callee));
        let end = self.end(leaving.thread, leaving.depth, (callee, leaving.function.name()));
        self.with_decided(self.with_result(end))
    }

    fn end(&self, thread: ThreadId, depth: u32, (callee, call): (Json, &str)) -> Object {
        object([
            ("of", json!(self.trace.spans.partner(self.at))),
            ("thread", self.thread(thread)),
            ("depth", json!(depth)),
            ("callee", callee),
            ("call", json!(call)),
        ])
    }

    /// Whom and what the client call that ends here called.
    fn begun_call(&self) -> (Json, &'static str) {
        match self.trace.spans.partner(self.at).map(|begin| &self.trace.events[begin]) {
            Some(Event::ClientCall { call, .. }) => (json!(library(call)), client::name(call)),
            _ => (Json::Null, ""),
        }
    }

    fn upcall(&self, upcall: &UpcallDone) -> Object {
        self.with_result(object([
            ("thread", self.thread(upcall.thread)),
            ("depth", json!(upcall.depth)),
            ("caller", json!(self.words().shape(upcall.by))),
            ("callee", json!("ws2_32")),
            ("call", json!(upcall.call.function().name())),
            ("args", self.fields(&args::of_upcall(&upcall.call))),
        ]))
    }

    fn wait(&self, thread: ThreadId, until: &Until, deadline: Option<Ticks>) -> Object {
        let until = self.until(thread, until);
        self.with_decided(object([
            ("of", json!(self.trace.spans.owner(self.at))),
            ("thread", self.thread(thread)),
            ("until", until),
            ("deadline", json!(deadline.map(|at| at.0))),
        ]))
    }

    fn routine(&self, thread: ThreadId, apc: &Apc, state: &str) -> Object {
        object([("thread", self.thread(thread)), ("args", self.fields(&io::of_apc(apc))), ("state", json!(state))])
    }

    fn until(&self, thread: ThreadId, until: &Until) -> Json {
        match until {
            Until::Socket(socket, interest) => {
                json!({"socket": self.values().socket(*socket), "interest": interest_name(*interest)})
            }
            Until::Sockets(watched) => {
                json!({"sockets": watched.iter().map(|one| self.watched(one)).collect::<Vec<_>>()})
            }
            Until::Callback => json!({"callback": true}),
            Until::Message(window) => self.values().value(self.place_of(thread), &Value::Window(*window)),
            Until::Ipc => json!({"ipc": true}),
            Until::Events { events, all } => {
                json!({"events": events.iter().map(|event| event.0).collect::<Vec<_>>(), "all": all})
            }
            Until::CatalogChange(_) => json!("catalog"),
            Until::Packet(port) => json!({"port": port.0}),
            Until::Time => json!({"time": true}),
            Until::Alertable(until) => json!({"alertable": self.until(thread, until)}),
            Until::Routine => json!({"routine": true}),
        }
    }

    fn watched(&self, watched: &Watched) -> Json {
        json!({"socket": watched.socket.map(|socket| self.values().socket(socket)), "sought": sought_name(watched.sought)})
    }

    /// With `result` or `error`.
    fn with_result(&self, mut object: Object) -> Object {
        match self.trace.result(self.at) {
            Some(Ok(value)) => object.insert("result".to_owned(), self.values().value(self.place(), &value)),
            Some(Err(error)) => object.insert("error".to_owned(), json!(error.name())),
            None => None,
        };
        object
    }

    fn with_decided(&self, mut object: Object) -> Object {
        if let Some(rules) = self.decided.rules.get(&self.at) {
            object.insert("rules".to_owned(), rules.iter().map(|rule| rule.name()).collect());
        }
        if let Some(policies) = self.decided.policies.get(&self.at) {
            let answers = answers(policies.iter().copied(), self.trace.policies);
            object.insert("policies".to_owned(), Json::Object(answers));
        }
        object
    }

    fn duplication(&self, duplication: &Duplication, state: &str) -> Object {
        object([
            ("state", json!(state)),
            ("block", json!(duplication.token)),
            ("label", json!(self.values().block_label(duplication.token))),
            ("socket", self.values().socket(duplication.socket)),
            ("target", self.values().owner(duplication.target)),
            ("target_id", json!(duplication.target_id.0)),
            ("reference", json!(duplication.holds_reference)),
        ])
    }

    fn breach(&self, breach: &Breach) -> Object {
        let [expected, actual, matters] = Told::new(self.trace, self.at, breach).values();
        let level = |level: &Level| json!({"provider": self.words().shape(level.shape), "call": level.function.name()});
        object([
            ("of", json!(self.trace.spans.owner(self.at))),
            ("rule", json!(breach.rule.name())),
            ("by", json!(self.words().shape(breach.by))),
            ("thread", json!(breach.thread.map(|thread| self.words().thread(thread)))),
            ("stack", breach.stack.iter().map(level).collect()),
            ("args", self.values().value(self.place(), &matters)),
            ("expected", self.values().value(self.place(), &expected)),
            ("actual", self.values().value(self.place(), &actual)),
            ("advice", json!(breach.rule.advice())),
        ])
    }

    fn op(&self, op: &Op) -> Object {
        if let Op::ToBorder(within) = op {
            let mut fields = self.op(within);
            fields.insert("to_border".to_owned(), json!(true));
            return fields;
        }
        let (name, args) = match op {
            Op::StartProcess { id, suspended, program } => {
                let mut args = object([("id", json!(id.map(|id| id.0))), ("suspended", json!(suspended))]);
                of_program(program, &mut args);
                ("start", args)
            }
            Op::Kill { process } => ("kill", object([("process", self.values().owner(*process))])),
            Op::Call { thread, .. } => ("call", object([("thread", self.thread(*thread))])),
            Op::Run { thread } => ("run", object([("thread", self.thread(*thread))])),
            Op::Answer { thread, value } => {
                ("answer", object([("thread", self.thread(*thread)), ("value", json!(value))]))
            }
            Op::ToBorder(_) => ("to_border", Object::new()),
            Op::Advance { to } => ("advance", object([("to", json!(to.0))])),
            Op::Fault(fault) => ("fault", of_fault(fault)),
            Op::BreakConnection { process, socket, error } => {
                let socket = self.values().value(self.place(), &Value::HandleOf(*process, *socket));
                ("break_connection", object([("socket", socket), ("error", json!(error.name()))]))
            }
            Op::LimitHandles { process, handles } => {
                ("limit_handles", object([("process", self.values().owner(*process)), ("handles", json!(handles))]))
            }
        };
        object([("op", json!(name)), ("args", Json::Object(args))])
    }

    fn fields(&self, fields: &Fields) -> Json {
        Json::Object(self.values().fields(self.place(), fields))
    }

    fn thread(&self, thread: ThreadId) -> Json {
        json!(self.words().thread(thread))
    }

    fn values(&self) -> Values<'_, '_> {
        Values { trace: self.trace }
    }

    fn words(&self) -> Words<'_, '_> {
        Words::new(self.trace, Style::Full)
    }

    fn place(&self) -> Place {
        self.words().place(self.at)
    }

    fn place_of(&self, thread: ThreadId) -> Place {
        Place { event: self.at, process: Some(thread.process) }
    }
}

fn library(call: &Call) -> &'static str {
    if matches!(call, Call::Os(_)) { "os" } else { "ws2_32" }
}

fn interest_name(interest: Interest) -> &'static str {
    match interest {
        Interest::Readable => "readable",
        Interest::Part => "part",
        Interest::Urgent => "urgent",
        Interest::Writable => "writable",
        Interest::Acceptable => "acceptable",
        Interest::Connected => "connected",
        Interest::Disconnected => "disconnected",
        Interest::Parted => "parted",
        Interest::Drained => "drained",
        Interest::Turn => "turn",
        Interest::Changed => "changed",
    }
}

fn sought_name(sought: Sought) -> String {
    match sought {
        Sought::Read => "readfds".to_owned(),
        Sought::Write => "writefds".to_owned(),
        Sought::Except => "exceptfds".to_owned(),
        Sought::Poll(events) => events.to_string(),
    }
}

/// Faults are data of model files; their own notation is kept.
/// What is unusual about a program.
fn of_program(program: &Program, into: &mut Object) {
    if program.width != Width::default() {
        into.insert("width".into(), json!(program.width.bits()));
    }
    if !program.administrator {
        into.insert("administrator".into(), json!(false));
    }
    if let Some(application) = &program.application {
        into.insert("path".into(), json!(&*application.path));
        into.insert("command_line".into(), json!(&*application.extra));
    }
}

fn of_fault(fault: &Fault) -> Object {
    match serde_json::to_value(fault) {
        Ok(Json::Object(object)) => object,
        Ok(other) => object([("fault", other)]),
        Err(_) => Object::new(),
    }
}
