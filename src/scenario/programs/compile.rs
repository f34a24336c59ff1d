//! From nested items to flat code; what steps say is read on the way.

use std::ops::Range;
use std::sync::Arc;

use super::super::expect::Expect;
use super::super::file::{HappenStep, StepFile};
use super::super::form::Argument;
use super::super::load::Load;
use super::super::program::Action;
use super::super::reader::{Shape, ThreadRef};
use super::tree::{StepWritten, Tree};
use super::{At, Case, Code, Item, ItemId, NameId, Program};
use crate::model::items::bare;
use crate::model::source::{Raw, Text};

/// The names of steps and whose they are, in the order they were given.
#[derive(Debug, Default)]
pub(super) struct Names<'a>(Vec<(Text<'a>, ThreadRef)>);

impl<'a> Names<'a> {
    pub(super) fn find(&self, name: &str) -> Option<NameId> {
        self.0.iter().position(|(known, _)| known.0 == name).map(|at| NameId(at as u16))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &*name.0)
    }

    pub(super) fn into_list(self) -> Vec<Arc<str>> {
        self.0.iter().map(|(name, _)| (&*name.0).into()).collect()
    }

    /// Gives a name, perhaps once more in the same program; `None`, with a complaint, if it is another's or no name.
    fn give(&mut self, name: Text<'a>, on: ThreadRef, load: &mut Load<'a>) -> Option<NameId> {
        const NAMES_MAX: usize = 1024;
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.0.is_empty() || !name.0.chars().all(part) {
            load.reader.wrong(&name.0, "the name of a step is letters, digits, `_`, `-` and `.`", "no name");
            return None;
        }
        if let Some(known) = self.find(&name.0) {
            if self.0[known.0 as usize].1 == on {
                return Some(known);
            }
            load.reader.wrong(
                &name.0,
                format!("a step of another program is called `{}`", name.0),
                "for the second time",
            );
            return None;
        }
        if self.0.len() >= NAMES_MAX {
            load.reader.wrong(&name.0, format!("at most {NAMES_MAX} steps have names"), "one too many");
            return None;
        }
        self.0.push((name, on));
        Some(NameId(self.0.len() as u16 - 1))
    }
}

/// Instructions one program may have.
const CODE_MAX: usize = 60_000;

/// What a case expects, and its text in the file.
type Expected = (Expect, Range<u32>);

/// A loop being compiled.
struct Loop {
    counter: u8,
    /// Instructions that leave it, to be told where it ends.
    breaks: Vec<usize>,
}

pub(super) struct Compiler<'l, 'a> {
    load: &'l mut Load<'a>,
    on: ThreadRef,
    key: Text<'a>,
    names: &'l mut Names<'a>,
    prefix: usize,
    items: &'l mut Vec<Item>,
    code: Vec<Code>,
    counters: u8,
    loops: Vec<Loop>,
    /// Instructions that end the program.
    returns: Vec<usize>,
}

impl<'l, 'a> Compiler<'l, 'a> {
    pub(super) fn new(
        load: &'l mut Load<'a>,
        on: ThreadRef,
        key: Text<'a>,
        names: &'l mut Names<'a>,
        prefix: usize,
        items: &'l mut Vec<Item>,
    ) -> Self {
        let (code, loops, returns) = (Vec::new(), Vec::new(), Vec::new());
        Self { load, on, key, names, prefix, items, code, counters: 0, loops, returns }
    }

    pub(super) fn compile(mut self, trees: Vec<Tree<'a>>) -> Program {
        self.body(trees);
        let end = self.at();
        for at in std::mem::take(&mut self.returns) {
            self.leave_to(at, end);
        }
        if self.code.len() > CODE_MAX {
            self.load.reader.wrong(&self.key.0, format!("a program has at most {CODE_MAX} items"), "too many");
        }
        Program { code: self.code.into(), counters: self.counters }
    }

    fn at(&self) -> At {
        // A longer program has been complained about.
        self.code.len().min(At::MAX as usize) as At
    }

    fn body(&mut self, trees: Vec<Tree<'a>>) {
        for tree in trees {
            match tree {
                Tree::Step { written, cases, span } => self.step(*written, cases, span),
                Tree::Repeat { times, body } => self.repeat(times, body),
                Tree::Choose(alternatives) => self.choose(alternatives),
                Tree::Break { span } => self.break_out(span),
                Tree::Return => {
                    self.returns.push(self.code.len());
                    self.code.push(Code::Leave { counters: 0..self.counters, to: 0 });
                }
            }
        }
    }

    fn repeat(&mut self, times: u8, body: Vec<Tree<'a>>) {
        let (head, counter) = (self.code.len(), self.counters);
        if counter == u8::MAX {
            return self.load.reader.wrong("", "a program has at most 255 loops", "in this scenario");
        }
        self.counters += 1;
        self.code.push(Code::Repeat { counter, times, exit: 0 });
        self.loops.push(Loop { counter, breaks: Vec::new() });
        self.body(body);
        let acts = |code: &Code| matches!(code, Code::Step(_) | Code::Cases(..) | Code::Choose(_));
        let once = !self.code[head + 1..].iter().any(acts);
        let end = (self.code.len() + 1).min(At::MAX as usize) as At;
        if once {
            // Rounds in which nothing happens are all the same.
            self.code[head] = Code::Jump((head + 1).min(At::MAX as usize) as At);
            self.code.push(Code::Jump(end));
        } else {
            self.code[head] = Code::Repeat { counter, times, exit: end };
            self.code.push(Code::Jump(head.min(At::MAX as usize) as At));
        }
        let breaks = self.loops.pop().map(|done| done.breaks).unwrap_or_default();
        for at in breaks {
            self.leave_to(at, end);
        }
    }

    fn break_out(&mut self, span: Range<usize>) {
        let (at, counters) = (self.code.len(), self.counters);
        match self.loops.last_mut() {
            Some(innermost) => {
                innermost.breaks.push(at);
                self.code.push(Code::Leave { counters: innermost.counter..counters, to: 0 });
            }
            None => {
                self.load.reader.here = span;
                self.load.reader.wrong(
                    "",
                    "`Break` leaves a `Repeat`, and there is none around it",
                    "nothing to leave",
                );
            }
        }
    }

    fn leave_to(&mut self, at: usize, end: At) {
        if let Some(Code::Leave { to, .. }) = self.code.get_mut(at) {
            *to = end;
        }
    }

    fn choose(&mut self, alternatives: Vec<Vec<Tree<'a>>>) {
        let head = self.code.len();
        self.code.push(Code::Choose(Box::default()));
        let (places, ends) = self.alternatives(alternatives);
        self.join(ends);
        self.code[head] = Code::Choose(places.into());
    }

    /// Compiles bodies one after the other; where each begins, and the jump that ends each.
    fn alternatives(&mut self, bodies: Vec<Vec<Tree<'a>>>) -> (Vec<At>, Vec<usize>) {
        let (mut places, mut ends) = (Vec::new(), Vec::new());
        for body in bodies {
            places.push(self.at());
            self.body(body);
            ends.push(self.code.len());
            self.code.push(Code::Jump(0));
        }
        (places, ends)
    }

    fn join(&mut self, ends: Vec<usize>) {
        let here = self.at();
        for end in ends {
            self.code[end] = Code::Jump(here);
        }
    }

    fn step(&mut self, written: StepWritten<'a>, cases: Option<Vec<(Raw<'a>, Vec<Tree<'a>>)>>, span: Range<usize>) {
        self.load.reader.here = span.clone();
        let since = self.load.reader.places.len();
        let (expects, bodies): (Vec<Raw<'a>>, Vec<Vec<Tree<'a>>>) = cases.unwrap_or_default().into_iter().unzip();
        let item = self.item(written, &expects, span, since);
        let id = ItemId((self.prefix + self.items.len()) as u32);
        let Some((item, cases)) = item else {
            // What the items behind it say is read all the same.
            bodies.into_iter().for_each(|body| self.body(body));
            return;
        };
        self.items.push(item);
        if cases.is_empty() {
            return self.code.push(Code::Step(id));
        }
        let head = self.code.len();
        self.code.push(Code::Step(id));
        let (places, ends) = self.alternatives(bodies);
        self.join(ends);
        let cases = cases.into_iter().zip(places).map(|((expect, text), at)| Case { expect, text, at });
        self.code[head] = Code::Cases(id, cases.collect());
    }

    /// Reads a step, and what its cases expect.
    fn item(
        &mut self,
        mut written: StepWritten<'a>,
        cases: &[Raw<'a>],
        span: Range<usize>,
        since: usize,
    ) -> Option<(Item, Vec<Expected>)> {
        let name = written.name.take();
        let branches = !cases.is_empty();
        if branches && (written.expect.is_some() || (written.call.is_none() && written.answers.is_none())) {
            let title = "`cases` stand in place of `expect`, beside a `call` or `answers`";
            self.load.reader.wrong("", title, "in this step");
            return None;
        }
        let line = self.load.line(span.start);
        let StepWritten { call, returns, answers, op, check, gives, expect, .. } = written;
        let acts = call.is_some() || returns.is_some() || answers.is_some();
        let on = acts.then(|| self.key.clone());
        let file = StepFile { on, call, returns, answers, borders: None, op, check, gives, expect };
        let step = self.load.step(file, line);
        let cases: Option<Vec<_>> = cases.iter().map(|&raw| self.case(raw)).collect::<Vec<_>>().into_iter().collect();
        let name = match name {
            Some(name) => Some(self.names.give(name, self.on, self.load)?),
            None => None,
        };
        let (mut step, cases) = (step?, cases?);
        if branches {
            step.expect = Expect::AnyOf(cases.iter().map(|(expect, _)| expect.clone()).collect());
            self.load.note_waiting(self.on, &step);
        }
        if matches!(&step.action, Action::Happens(happens) if matches!(**happens, HappenStep::Start { .. }))
            && !self.loops.is_empty()
        {
            self.load.reader.wrong("", "a process is named once: it cannot start inside `Repeat`", "in a loop");
            return None;
        }
        if matches!(&step.action, Action::Happens(happens) if happens.is_run()) {
            self.load.reader.wrong("", super::read::GOES_ON, "in a program");
            return None;
        }
        let texts = cases.iter().map(|(_, text)| text.clone()).collect();
        let uses = self.load.reader.used_since(since);
        Some((Item { step, name, uses, awaits: Box::default(), cases: texts }, cases))
    }

    fn case(&mut self, raw: Raw<'a>) -> Option<Expected> {
        let text = bare(raw.0);
        let span = self.load.reader.source.span_of(text).unwrap_or(0..0);
        if matches!(Shape::of(raw), Shape::Word("Else")) {
            return Some((super::any_return(), span.start as u32..span.end as u32));
        }
        Expect::read(raw, &mut self.load.reader).map(|expect| (expect, span.start as u32..span.end as u32))
    }
}
