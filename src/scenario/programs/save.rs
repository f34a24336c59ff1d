//! A run as the text of an ordinary scenario, in the style of those written by hand.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use super::super::file::{HappenStep, Wakes};
use super::super::program::{Action, Step};
use super::super::reader::{SlotId, ThreadRef};
use super::Programs;
use super::lower::{Expects, From, Line, Lowered};
use super::orders::Orders;
use crate::model::items::{field, items, on_one_line};
use crate::world::policy::Profile;

impl Programs {
    /// Where labels are read between two bytes.
    fn places_in(&self, bytes: Range<u32>) -> &[(u32, SlotId)] {
        let first = self.places.partition_point(|(at, _)| *at < bytes.start);
        let len = self.places[first..].partition_point(|(at, _)| *at < bytes.end);
        &self.places[first..first + len]
    }

    /// The labels read between two bytes.
    pub(super) fn used_between(&self, start: u32, end: u32) -> Vec<SlotId> {
        let mut slots: Vec<SlotId> = self.places_in(start..end).iter().map(|&(_, slot)| slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

impl Orders<'_> {
    /// The text of a scenario.
    pub(super) fn text_of(&self, lowered: &Lowered, origin: &str, title: &str) -> String {
        let mut names = LabelNames::new(self, lowered);
        let mut text = String::new();
        let _ = writeln!(text, "// {origin}");
        text += "Scenario(\n";
        let _ = writeln!(text, "    about: {:?},", format!("{}: {title}", self.scenario.about()));
        self.head(&mut text, lowered);
        let width = lowered.lines.iter().filter_map(|line| self.on(line)).map(str::len).max().unwrap_or(0);
        text += "    steps: [\n";
        for line in &lowered.lines {
            let _ = writeln!(text, "        {},", self.line(line, width, &mut names));
        }
        text += "    ],\n";
        let finally: Vec<String> =
            lowered
                .finally
                .iter()
                .map(|step| self.piece(step.start..self.end(step.start), &names))
                .chain(lowered.parked.iter().map(|&(on, paused)| {
                    format!("{}({:?})", if paused { "Paused" } else { "Parked" }, self.thread(on))
                }))
                .collect();
        if !finally.is_empty() {
            let _ = writeln!(text, "    finally: [{}],", finally.join(", "));
        }
        text += ")\n";
        text
    }

    fn head(&self, text: &mut String, lowered: &Lowered) {
        let source = &self.scenario.source().text;
        let copied = |key| field(source, 0, key).map(|range| on_one_line(&source[range]));
        if let Some(rules) = copied("rules") {
            let _ = writeln!(text, "    rules: {rules},");
        }
        let _ = writeln!(text, "    model: {:?},", self.machine.name);
        if self.scenario.profile().is_some() || self.machine.profile() != Profile::Documented {
            let _ = writeln!(text, "    profile: {},", self.machine.profile());
        }
        if lowered.blames {
            text.push_str("    contracts: warn,\n");
        }
        for key in ["contracts", "policies", "limits", "budget"] {
            if let Some(value) = copied(key) {
                let _ = writeln!(text, "    {key}: {value},");
            }
        }
        let [written] = items(source, ["processes"]);
        let processes: Vec<String> = self
            .scenario
            .processes
            .iter()
            .zip(written)
            .filter(|(first, _)| self.is_needed(first.slot, lowered))
            .map(|(_, range)| on_one_line(&source[range]))
            .collect();
        let _ = writeln!(text, "    processes: [{}],", processes.join(", "));
        if lowered.wakes == Wakes::ByStep {
            text.push_str("    wakes: ByStep,\n");
        }
    }

    /// Whether a process takes part.
    fn is_needed(&self, slot: SlotId, lowered: &Lowered) -> bool {
        let on_it = |on: ThreadRef| self.scenario.threads[on.0 as usize].process == slot;
        let in_finally =
            lowered.finally.iter().flat_map(|step| self.programs.used_between(step.start, self.end(step.start)));
        let asked = |step: &Step| match &step.action {
            Action::Check(check) => check.thread().is_some_and(on_it),
            _ => false,
        };
        let looked_at = lowered.finally.iter().chain(lowered.lines.iter().map(|line| &line.step)).any(asked);
        looked_at
            || lowered.lines.iter().any(|line| line.uses.contains(&slot) || line.on.is_some_and(on_it))
            || in_finally.into_iter().any(|used| used == slot)
            || lowered.parked.iter().any(|&(on, _)| on_it(on))
    }

    fn end(&self, start: u32) -> u32 {
        crate::model::items::end_of_item(&self.scenario.source().text, start as usize) as u32
    }

    fn thread(&self, on: ThreadRef) -> &str {
        &self.scenario.threads[on.0 as usize].name
    }

    /// The thread a line names in its `on`.
    fn on(&self, line: &Line) -> Option<&str> {
        match &line.step.action {
            Action::Call(on, _) | Action::Returns(on) | Action::Answers(on, _) => Some(self.thread(*on)),
            Action::Happens(_) | Action::Check(_) => None,
        }
    }

    fn line(&self, line: &Line, width: usize, names: &mut LabelNames) -> String {
        let fields = self.fields(line, names);
        let on = self.on(line).map(|on| format!("on: {on:?},{:1$}", "", width - on.len() + 1));
        let gives = line.step.gives.map(|slot| format!(", gives: {:?}", names.give(slot)));
        let borders = line.step.borders.map(|borders| format!(", borders: {borders}")).unwrap_or_default();
        let (on, gives) = (on.unwrap_or_default(), gives.unwrap_or_default());
        format!("({on}{fields}{borders}{gives}{})", self.expects(line, names))
    }

    fn expects(&self, line: &Line, names: &LabelNames) -> String {
        if matches!(line.step.action, Action::Returns(_)) {
            return String::new();
        }
        match self.expectation_of(line, names) {
            Some(text) => format!(", expect: {text}"),
            None => String::new(),
        }
    }

    fn expectation_of(&self, line: &Line, names: &LabelNames) -> Option<String> {
        Some(match &line.expects {
            Expects::Unsaid => return None,
            Expects::Parked => "Parked".to_owned(),
            Expects::Any => "AnyOf([Ok, Err])".to_owned(),
            Expects::Written(text) => text.clone(),
            Expects::OneOf(pieces) => {
                let pieces: Vec<String> = pieces.iter().map(|piece| self.expected_piece(piece, names)).collect();
                match &*pieces {
                    [one] => one.clone(),
                    several => format!("AnyOf([{}])", several.join(", ")),
                }
            }
        })
    }

    /// An expectation as it is written; `Else` of `cases` stands for any return.
    fn expected_piece(&self, piece: &Range<u32>, names: &LabelNames) -> String {
        match self.piece(piece.clone(), names) {
            text if text == "Else" => "AnyOf([Ok, Err])".to_owned(),
            text => text,
        }
    }

    /// What a line does, as its fields but `on`, `gives`, `expect`.
    fn fields(&self, line: &Line, names: &LabelNames) -> String {
        let source = &self.scenario.source().text;
        let of_step = |start: u32, key: &str| {
            let range = field(source, start as usize, key).unwrap_or(0..0);
            format!("{key}: {}", self.piece(range.start as u32..range.end as u32, names))
        };
        match (&line.step.action, line.from) {
            (Action::Call(..), From::Step(start)) => of_step(start, "call"),
            (Action::Answers(..), From::Step(start)) => of_step(start, "answers"),
            (Action::Returns(_), _) => {
                format!("returns: {}", self.expectation_of(line, names).unwrap_or_else(|| "Ok".to_owned()))
            }
            (Action::Happens(_), From::Step(start)) => of_step(start, "op"),
            (Action::Check(_), From::Step(start)) => of_step(start, "check"),
            (_, From::Op(start)) => format!("op: {}", self.fault(start, names)),
            (_, From::Check(start)) => format!("check: {}", self.piece(start..self.end(start), names)),
            (Action::Happens(happens), _) => match &**happens {
                HappenStep::Run { on, borders: None } => format!("op: Run({:?})", self.thread(*on)),
                HappenStep::Run { on, borders: Some(borders) } => {
                    format!("op: Proceed(on: {:?}, borders: {borders})", self.thread(*on))
                }
                HappenStep::Advance { ms } => format!("op: Advance(ms: {ms})"),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// The op of a fault, without how often it may strike.
    fn fault(&self, start: u32, names: &LabelNames) -> String {
        let text = self.piece(start..self.end(start), names);
        let inner = text.strip_prefix("AtMost(").and_then(|rest| rest.strip_suffix(')'));
        let op = inner.and_then(|inner| inner.split_once(',')).map(|(_, op)| op.trim());
        op.map_or(text.clone(), str::to_owned)
    }

    /// A piece of the file on one line, its labels by the names they go by now.
    fn piece(&self, range: Range<u32>, names: &LabelNames) -> String {
        let source = &self.scenario.source().text;
        let (mut text, mut from) = (String::new(), range.start as usize);
        for &(at, slot) in self.programs.places_in(range.clone()) {
            let name = &self.scenario.slots[slot.0 as usize].name;
            let end = at as usize + name.len();
            if source.get(at as usize..end) != Some(name) {
                continue;
            }
            text += &source[from..at as usize];
            text += names.current(slot).unwrap_or(name);
            from = end;
        }
        text += &source[from..range.end as usize];
        on_one_line(&text)
    }
}

/// Labels that a run gives more than once get a name for each time.
struct LabelNames {
    taken: Vec<String>,
    current: BTreeMap<SlotId, String>,
    base: BTreeMap<SlotId, String>,
}

impl LabelNames {
    fn new(orders: &Orders<'_>, _: &Lowered) -> Self {
        let names = orders.scenario.slots.iter().map(|slot| slot.name.to_string());
        let base =
            orders.scenario.slots.iter().enumerate().map(|(at, slot)| (SlotId(at as u32), slot.name.to_string()));
        Self { taken: names.collect(), current: BTreeMap::new(), base: base.collect() }
    }

    /// The name for what a label is given now.
    fn give(&mut self, slot: SlotId) -> String {
        let base = self.base.get(&slot).cloned().unwrap_or_default();
        let name = if self.current.contains_key(&slot) {
            let fresh = (2..).map(|number| format!("{base}-{number}")).find(|name| !self.taken.contains(name));
            fresh.unwrap_or_else(|| base.clone())
        } else {
            base
        };
        self.taken.push(name.clone());
        self.current.insert(slot, name.clone());
        name
    }

    fn current(&self, slot: SlotId) -> Option<&str> {
        self.current.get(&slot).map(String::as_str)
    }
}
