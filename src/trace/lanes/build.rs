//! What a picture tells, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::calls::{Calls, Route};
use super::notes::Standing;
use super::{Block, Detail, Lane, Picture, Row, Said, What};
use crate::trace::breach::Told;
use crate::trace::paint::Tone;
use crate::trace::words::{Style, Words};
use crate::trace::{Trace, text};
use crate::world::afd::Change;
use crate::world::event::Event;
use crate::world::ids::{Incarnation, ThreadId};

pub(super) fn picture(trace: &Trace<'_>, detail: Detail) -> Picture {
    let mut builder = Builder::new(trace, detail);
    for (at, event) in trace.events.iter().enumerate() {
        builder.read(at, event);
    }
    let lanes = builder.lanes();
    let blocks = builder.blocks.into_iter().filter(|block| !block.rows.is_empty()).collect();
    Picture { lanes, route: builder.route, blocks }
}

/// More would not fit into a lane.
const RULES_IN_A_LINE: usize = 5;

pub(super) struct Builder<'t, 'a> {
    pub(super) trace: &'t Trace<'a>,
    pub(super) words: Words<'t, 'a>,
    detail: Detail,
    pub(super) calls: Calls<'t, 'a>,
    pub(super) standing: Standing,
    /// The way most calls take.
    pub(super) route: String,
    pub(super) routes: BTreeMap<usize, Route>,
    alive: Rc<[bool]>,
    /// Who acts, if anybody.
    pub(super) acting: Option<Incarnation>,
    /// Whether a process is being ended from outside: it need not be said twice.
    pub(super) killing: bool,
    /// Who made a block.
    pub(super) makers: BTreeMap<u32, Incarnation>,
    /// Which process has seen which block.
    pub(super) delivered: BTreeSet<(u32, Incarnation)>,
    pub(super) now: u64,
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
            Event::ClientReturn { thread, .. } => self.client_return(at, *thread),
            Event::Enter(entering) => self.enter(at, entering),
            Event::Leave(leaving) => self.leave(at, leaving),
            Event::Upcall(upcall) => self.upcall(at, upcall),
            Event::Parked { thread, until, deadline } => self.parked(*thread, until, *deadline),
            Event::Paused { thread, provider, answered } => self.paused(at, *thread, *provider, *answered),
            Event::Resumed { thread } => {
                self.acting = Some(thread.process);
                self.aside(at, "goes on");
            }
            Event::Rule(rule) => self.decided(at, format!("rule {rule}")),
            Event::Policy(policy) => self.decided(at, self.words.policy(*policy)),
            Event::Breach(breach) => self.mark(at, format!("! {}", Told::new(self.trace, at, breach).line())),
            Event::Socket(change) => self.change(at, change),
            _ => self.of_machine(at, event),
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

    /// Something only a picture of everything tells.
    pub(super) fn aside(&mut self, at: usize, text: &str) {
        if self.everything() {
            match self.acting {
                Some(process) => self.say(Said::new(lane(process), self.inside(at), text.to_owned(), Tone::Dim)),
                None => self.machine(text.to_owned()),
            }
        }
    }

    /// Rules of one place share lines of a few; a policy has one to itself.
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
            && let Some(rule) = what.strip_prefix("rule ")
            && let Some(others) = said.text.strip_prefix("rules ").or_else(|| said.text.strip_prefix("rule "))
            && others.matches(',').count() + 1 < RULES_IN_A_LINE
        {
            said.text = format!("rules {others}, {rule}");
            return;
        }
        self.aside(at, &what);
        if let Some(Row { what: What::Said(said), .. }) = self.blocks.last_mut().and_then(|block| block.rows.last_mut())
        {
            said.decides = true;
        }
    }

    /// A change, where it happened.
    pub(super) fn mark(&mut self, at: usize, text: String) {
        match self.acting {
            Some(process) => self.say(Said::change(lane(process), self.inside(at), text)),
            None => self.machine(text),
        }
    }

    pub(super) fn process(&mut self, process: Incarnation, how: &str) {
        self.say(Said::change(lane(process), 0, format!("process {} {how}", self.words.process(process))));
    }

    pub(super) fn say(&mut self, said: Said) {
        self.push(What::Said(said));
    }

    pub(super) fn machine(&mut self, text: String) {
        self.push(What::Machine(text));
    }

    pub(super) fn push(&mut self, what: What) {
        let alive = Rc::clone(&self.alive);
        if let Some(block) = self.blocks.last_mut() {
            block.rows.push(Row { alive, what });
        }
    }

    pub(super) fn appear(&mut self, process: Incarnation, alive: bool) {
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
