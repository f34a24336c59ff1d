//! What a picture tells, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::calls::{Calls, Route};
use super::notes::Standing;
use super::{ARROW, Block, Detail, Lane, Picture, Row, Said, Sign, What};
use crate::abi::client::{Call, Message};
use crate::abi::{Block as InfoBlock, SpiCall, consts};
use crate::trace::paint::Tone;
use crate::trace::value::Value;
use crate::trace::words::{Place, Style, Words};
use crate::trace::{Trace, client, text};
use crate::world::afd::Change;
use crate::world::event::Event;
use crate::world::ids::{Incarnation, ThreadId};
use crate::world::op::Op;

pub(super) fn picture(trace: &Trace<'_>, detail: Detail) -> Picture {
    let mut builder = Builder::new(trace, detail);
    for (at, event) in trace.events.iter().enumerate() {
        builder.read(at, event);
    }
    let lanes = builder.lanes();
    let blocks = builder.blocks.into_iter().filter(|block| !block.rows.is_empty()).collect();
    Picture { lanes, route: builder.route, blocks }
}

pub(super) struct Builder<'t, 'a> {
    pub(super) trace: &'t Trace<'a>,
    pub(super) words: Words<'t, 'a>,
    detail: Detail,
    pub(super) calls: Calls<'t, 'a>,
    standing: Standing,
    /// The way most calls take.
    pub(super) route: String,
    pub(super) routes: BTreeMap<usize, Route>,
    alive: Rc<[bool]>,
    /// Who acts, if anybody.
    acting: Option<Incarnation>,
    /// Whether a process is being ended from outside: it need not be said twice.
    killing: bool,
    /// Who made a block.
    makers: BTreeMap<u32, Incarnation>,
    /// Which process has seen which block.
    delivered: BTreeSet<(u32, Incarnation)>,
    now: u64,
    blocks: Vec<Block>,
}

impl<'t, 'a> Builder<'t, 'a> {
    fn new(trace: &'t Trace<'a>, detail: Detail) -> Self {
        let calls = Calls::of(trace);
        let client_calls =
            trace.events.iter().enumerate().filter(|(_, event)| matches!(event, Event::ClientCall { .. }));
        let routes: BTreeMap<usize, Route> = client_calls.map(|(at, _)| (at, calls.route(at))).collect();
        let words = Words::new(trace, Style::Short);
        Self {
            trace,
            words,
            detail,
            calls,
            standing: Standing::default(),
            route: most_common(routes.values().map(|route| route.words(&words))),
            routes,
            alive: vec![false; processes(trace).min(LANES_MAX)].into(),
            acting: None,
            killing: false,
            makers: BTreeMap::new(),
            delivered: BTreeSet::new(),
            now: 0,
            blocks: Vec::new(),
        }
    }

    fn lanes(&self) -> Vec<Lane> {
        let processes = processes(self.trace);
        let lane = |at| {
            let process = Incarnation(at as u32);
            Lane { name: self.words.process(process).into_owned(), id: self.trace.process_id(process).map(|id| id.0) }
        };
        let mut lanes: Vec<Lane> = (0..processes.min(LANES_MAX)).map(lane).collect();
        if processes > LANES_MAX {
            lanes.truncate(LANES_MAX - 1);
            lanes.push(Lane { name: format!("{} others", processes - LANES_MAX + 1), id: None });
        }
        lanes
    }

    pub(super) fn everything(&self) -> bool {
        self.detail == Detail::Everything
    }

    fn read(&mut self, at: usize, event: &'a Event) {
        self.open_block(at);
        match event {
            Event::Op(op) => self.op(op),
            Event::ClientCall { thread, call } => {
                self.acting = Some(thread.process);
                self.delivery(thread.process, call);
                self.client_call(at, *thread, call);
            }
            Event::ClientReturn { thread, .. } => {
                self.acting = Some(thread.process);
                let begin = self.trace.spans.partner(at);
                if let Some(begin) = begin.filter(|&begin| self.calls.waited(begin)) {
                    self.late_return(begin, *thread);
                }
            }
            Event::Enter(entering) => self.enter(at, entering),
            Event::Leave(leaving) => self.leave(at, leaving),
            Event::Upcall(upcall) => self.upcall(at, upcall),
            Event::Parked { thread, until, deadline } => {
                let deadline = deadline.map(|at| format!(", until {} ms", at.0)).unwrap_or_default();
                let text = format!("waits for {}{deadline}", self.words.until(*thread, until));
                self.say(Said { sign: Sign::Change, ..Said::new(lane(thread.process), 1, text, Tone::Mark) });
            }
            Event::Resumed { thread } => {
                self.acting = Some(thread.process);
                self.aside(at, "goes on");
            }
            Event::Rule(rule) => self.decided(at, format!("rule {rule}")),
            Event::Policy(policy) => self.decided(at, self.words.policy(*policy)),
            Event::Socket(change) => self.change(at, change),
            _ => self.of_machine(at, event),
        }
    }

    fn of_machine(&mut self, at: usize, event: &Event) {
        match event {
            Event::DuplicationMade(duplication) => {
                self.makers.extend(self.acting.map(|maker| (duplication.token, maker)));
                self.aside(at, &text::line(self.trace, at, Style::Full));
            }
            Event::DuplicationDropped(duplication) => {
                let text = format!("{} dropped unopened", self.words.block(duplication.token));
                self.mark(at, text);
            }
            Event::ProcessStarted { process, suspended, .. } => {
                let how = if *suspended { "starts, suspended" } else { "starts" };
                self.appear(*process, true);
                self.process(*process, how);
            }
            Event::ProcessResumed { process } => self.process(*process, "is resumed"),
            Event::ProcessEnded { process } => {
                if !self.killing {
                    self.process(*process, "ends");
                }
                self.appear(*process, false);
            }
            Event::MessagePosted { process, message, .. } => {
                let place = self.words.place(at);
                let socket = self.words.handle(place, message.socket);
                let error = message.error.map(|error| format!(" with {error}")).unwrap_or_default();
                let text = format!("message {} for {socket}{error}", message.event);
                self.say(Said::change(lane(*process), 1, text));
            }
            Event::Sent { from, to, value } => self.sent(at, *from, *to, value),
            Event::Time(ticks) => {
                self.machine(format!("time {} {ARROW} {} ms", self.now, ticks.0));
                self.now = ticks.0;
            }
            Event::Injected { function, error } => self.mark(at, format!("fault: {function} fails with {error}")),
            _ => self.aside(at, &text::line(self.trace, at, Style::Full)),
        }
    }

    fn op(&mut self, op: &Op) {
        self.acting = match op {
            Op::Call { thread, .. } | Op::Run { thread } | Op::Answer { thread, .. } => Some(thread.process),
            Op::Kill { process } | Op::LimitHandles { process, .. } | Op::BreakConnection { process, .. } => {
                Some(*process)
            }
            Op::StartProcess { .. } | Op::Advance { .. } | Op::Fault(_) => None,
        };
        self.killing = matches!(op, Op::Kill { .. });
        match op {
            Op::Kill { process } => self.process(*process, "is killed"),
            Op::Fault(fault) => self.machine(format!("fault: {fault:?}")),
            Op::Answer { thread, value } => {
                let answer = Value::named(*value, consts::condition_name(*value));
                let answer = self.words.value(self.words.place(usize::MAX), &answer);
                let tone = Tone::Lane(lane(thread.process));
                self.say(Said::new(lane(thread.process), 0, format!("callback returns {answer}"), tone));
            }
            Op::BreakConnection { process, socket, error } => {
                let place = Place { event: usize::MAX, process: Some(*process) };
                let socket = self.words.handle(place, *socket);
                self.say(Said::change(lane(*process), 0, format!("connection of {socket} breaks: {error}")));
            }
            Op::LimitHandles { process, handles } => {
                let limit =
                    handles.map_or("as many handles as the machine allows".to_owned(), |n| format!("{n} handles"));
                self.say(Said::change(
                    lane(*process),
                    0,
                    format!("process {} may hold {limit}", self.words.process(*process)),
                ));
            }
            Op::StartProcess { .. } | Op::Call { .. } | Op::Run { .. } | Op::Advance { .. } => {}
        }
    }

    fn change(&mut self, at: usize, change: &Change) {
        let settled = if self.calls.is_settled(at) { self.standing.references(&self.words, change) } else { None };
        match settled {
            Some(text) => self.mark(at, text),
            None => self.aside(at, &text::line(self.trace, at, Style::Full)),
        }
        if let Some((process, text)) = self.standing.events(&self.words, at, change) {
            let depth = if self.acting == Some(process) { self.inside(at) } else { 1 };
            self.say(Said::change(lane(process), depth, text));
        }
        if let Change::Destroyed { socket } = change {
            self.standing.destroyed(*socket);
        }
    }

    /// An arrow for the block a call is about to use, if somebody else made it and it has not come yet.
    fn delivery(&mut self, process: Incarnation, call: &Call) {
        let Call::Spi(SpiCall::Socket { info: Some(InfoBlock::Info(info)), .. }) = call else { return };
        self.deliver(info.reserved(), process);
    }

    fn deliver(&mut self, token: u32, process: Incarnation) {
        let Some(&maker) = self.makers.get(&token) else { return };
        if maker != process && self.delivered.insert((token, process)) {
            self.arrow(maker, process, self.words.block(token));
        }
    }

    fn sent(&mut self, at: usize, from: Incarnation, to: Incarnation, value: &Message) {
        if let Message::Info(info) = value {
            self.delivered.insert((info.reserved(), to));
        }
        let label = self.words.value(self.words.place(at), &client::message(value));
        self.arrow(from, to, label);
    }

    fn arrow(&mut self, from: Incarnation, to: Incarnation, label: String) {
        if from != to {
            self.push(What::Arrow { from: lane(from), to: lane(to), label });
        }
    }

    /// Something only a picture of everything tells.
    fn aside(&mut self, at: usize, text: &str) {
        if self.everything() {
            match self.acting {
                Some(process) => self.say(Said::new(lane(process), self.inside(at), text.to_owned(), Tone::Dim)),
                None => self.machine(text.to_owned()),
            }
        }
    }

    /// Rules and policies of one place share a line.
    fn decided(&mut self, at: usize, what: String) {
        if !self.everything() {
            return;
        }
        let depth = self.inside(at);
        let last = self.blocks.last_mut().and_then(|block| block.rows.last_mut());
        if let Some(Row { what: What::Said(said), .. }) = last
            && said.decides
            && said.depth == depth
            && Some(said.lane) == self.acting.map(lane)
        {
            said.text = format!("{}, {what}", said.text);
            return;
        }
        self.aside(at, &what);
        if let Some(Row { what: What::Said(said), .. }) = self.blocks.last_mut().and_then(|block| block.rows.last_mut())
        {
            said.decides = true;
        }
    }

    /// A change, where it happened.
    fn mark(&mut self, at: usize, text: String) {
        match self.acting {
            Some(process) => self.say(Said::change(lane(process), self.inside(at), text)),
            None => self.machine(text),
        }
    }

    fn process(&mut self, process: Incarnation, how: &str) {
        self.say(Said::change(lane(process), 0, format!("process {} {how}", self.words.process(process))));
    }

    pub(super) fn say(&mut self, said: Said) {
        self.push(What::Said(said));
    }

    fn machine(&mut self, text: String) {
        self.push(What::Machine(text));
    }

    fn push(&mut self, what: What) {
        let alive = Rc::clone(&self.alive);
        if let Some(block) = self.blocks.last_mut() {
            block.rows.push(Row { alive, what });
        }
    }

    fn appear(&mut self, process: Incarnation, alive: bool) {
        if is_crowded(process) && !alive {
            return;
        }
        let mut all: Vec<bool> = self.alive.to_vec();
        if let Some(lane) = all.get_mut(lane(process)) {
            *lane = alive;
        }
        self.alive = all.into();
    }

    /// Begins a new block where a step begins. What comes before the first step is told only if everything is.
    fn open_block(&mut self, at: usize) {
        let line = self.trace.mark(at).filter(|mark| mark.event == at).map(|mark| mark.line);
        let untold_start = at == 0 && (self.everything() || self.trace.marks.is_empty());
        if line.is_some() || untold_start {
            self.blocks.push(Block { line, rows: Vec::new() });
        }
    }

    pub(super) fn is_shown(&self, at: usize) -> bool {
        let route = self.calls.call_of(at).and_then(|call| self.routes.get(&call));
        route.is_some_and(|route| route.shown.contains(&at))
    }

    /// How deep a crossing stands: 1 for the provider ws2_32 calls.
    pub(super) fn level(&self, at: usize) -> usize {
        let owners = std::iter::successors(self.trace.spans.owner(at), |&at| self.trace.spans.owner(at));
        1 + owners.filter(|&at| matches!(self.trace.events[at], Event::Enter(_))).count()
    }

    /// How deep something inside a call stands: below its crossing, if that is told.
    pub(super) fn inside(&self, at: usize) -> usize {
        match self.trace.spans.owner(at) {
            Some(owner) if self.everything() && matches!(self.trace.events[owner], Event::Enter(_)) => {
                self.level(owner) + 1
            }
            Some(owner) if self.is_shown(owner) => self.level(owner) + 1,
            _ => 1,
        }
    }

    /// Whose call it is, when the lane alone does not say so.
    pub(super) fn who(&self, thread: ThreadId) -> String {
        let name = self.words.thread(thread);
        match (is_crowded(thread.process), thread.index) {
            (true, _) => format!("[{name}] "),
            (false, 0) => String::new(),
            (false, _) => format!("[{}] ", name.rsplit_once('/').map_or(&*name, |(_, tail)| tail)),
        }
    }
}

/// More lanes than these cannot be told apart: further processes share the last one.
const LANES_MAX: usize = 12;

/// How many processes there are.
fn processes(trace: &Trace<'_>) -> usize {
    trace.ids.last_key_value().map_or(0, |(process, _)| process.0 as usize + 1)
}

/// Whether a process may have to share its lane.
fn is_crowded(process: Incarnation) -> bool {
    process.0 as usize >= LANES_MAX - 1
}

/// The lane of a process.
pub(super) fn lane(process: Incarnation) -> usize {
    (process.0 as usize).min(LANES_MAX - 1)
}

/// The text that comes up most often; the first of them when there are several.
fn most_common(texts: impl Iterator<Item = String>) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        match counts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => counts.push((text, 1)),
        }
    }
    let most = counts.iter().map(|&(_, count)| count).max();
    counts.into_iter().find(|&(_, count)| Some(count) == most).map(|(text, _)| text).unwrap_or_default()
}
