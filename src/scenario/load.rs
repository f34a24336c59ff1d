//! From text to a checked program: labels become slots, names become processes and threads, and everything that is
//! wrong is said at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::calls::Call;
use super::check;
use super::check::Check;
use super::expect::Expect;
use super::file::{HappenStep, ScenarioFile, StepFile};
use super::form::Argument;
use super::program::{Action, Scenario, Step};
use super::program_form::FirstProcess;
use super::programs::{self, OrdersWritten, Programs};
use super::reader::{DIAGNOSTICS_MAX, Kind, Reader, Shape, SlotId, ThreadRef};
use super::written::constant;
use crate::model::explain::nearest;
use crate::model::items::{bare, items};
use crate::model::source::{Raw, Text, parse};
use crate::model::{Diagnostic, Source};
use crate::rules::RuleId;

/// The largest budget of ops a scenario may ask for.
const OPS_MAX: u64 = 10_000_000;

/// Reads a scenario.
pub(super) fn read(source: &Arc<Source>) -> Result<Scenario, Vec<Diagnostic>> {
    let file: ScenarioFile<'_> = match source.parse() {
        Ok(file) => file,
        Err(first) => return Err(every_error(source, first)),
    };
    let mut load = Load { reader: Reader::new(source), gives: BTreeMap::new(), lines: None };
    let scenario = load.scenario(source, file);
    let (slots, threads) = load.reader.finish()?;
    Ok(Scenario { slots, threads, ..scenario })
}

/// The file is not a scenario: the parser stopped at the first error, so every step is parsed by itself.
fn every_error(source: &Source, first: Diagnostic) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    let [steps, finally] = items(&source.text, ["steps", "finally"]);
    for item in steps {
        if let Err(error) = parse::<StepFile<'_>>(&source.text[item.clone()]) {
            all.push(source.explain(item, error));
        }
        if all.len() >= DIAGNOSTICS_MAX {
            return all;
        }
    }
    for item in finally {
        if let Err(error) = parse::<check::Written<'_>>(&source.text[item.clone()]) {
            all.push(source.explain(item, error));
        }
    }
    let elsewhere = all.iter().all(|diagnostic| diagnostic.span.start > first.span.start);
    if elsewhere {
        all.insert(0, first);
    }
    all.truncate(DIAGNOSTICS_MAX);
    all
}

/// A scenario on its way from file to program.
pub(super) struct Load<'a> {
    pub(super) reader: Reader<'a>,
    /// Where the lines of the file begin, once somebody has asked.
    lines: Option<Vec<usize>>,
    /// What the last call of a thread gives that was expected to wait.
    gives: BTreeMap<ThreadRef, Option<Kind>>,
}

impl<'a> Load<'a> {
    /// The program, but for the names, which the reader has.
    fn scenario(&mut self, source: &'a Arc<Source>, file: ScenarioFile<'a>) -> Scenario {
        let rules = self.rules(&file.rules);
        let models = self.models(file.model, file.models);
        if file.budget.ops > OPS_MAX {
            self.reader.wrong("", format!("a budget is at most {OPS_MAX} ops"), "in this scenario");
        }
        let processes: Vec<_> =
            file.processes.iter().filter_map(|&raw| FirstProcess::read(raw, &mut self.reader)).collect();
        let [in_steps, in_finally] = items(&source.text, ["steps", "finally"]);
        if file.steps.is_none() && file.programs.is_none() {
            let end = source.text.len();
            let title = "the field `steps` of `Scenario` is missing, and there are no `programs`";
            let diagnostic = source.diagnostic(end..end, title, "no `steps` up to here");
            self.reader.complain(diagnostic);
        }
        let steps = self.steps(file.steps.unwrap_or_default(), in_steps);
        let orders = OrdersWritten {
            faults: file.faults,
            time: file.time,
            granularity: file.granularity,
            always: file.always,
            sometimes: file.sometimes,
            allowed: file.allowed,
            verdict: file.verdict,
        };
        let mut programs = match file.programs {
            Some(programs) => programs::read(self, programs, orders, steps.len()),
            None => {
                orders.needs_programs(&mut self.reader);
                Programs::default()
            }
        };
        let finally = self.finally(file.finally, in_finally);
        programs.note_places(&mut self.reader);
        let mut scenario = Scenario {
            needs_log: false,
            needs_sockets: false,
            source: Arc::clone(source),
            path: None,
            about: (&*file.about.0).into(),
            rules,
            models,
            profile: file.profile,
            policies: file.policies,
            limits: file.limits,
            budget: file.budget,
            contracts: file.contracts,
            processes,
            slots: Vec::new(),
            threads: Vec::new(),
            steps,
            programs: Arc::new(programs),
            wakes: file.wakes,
            finally,
        };
        scenario.note_checks();
        scenario
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&mut self, byte: usize) -> u32 {
        let source = self.reader.source;
        let begins = || source.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = self.lines.get_or_insert_with(|| begins().collect());
        lines.partition_point(|&begin| begin <= byte) as u32 + 1
    }

    /// Notes that a later step may ask what the call of this one returned.
    pub(super) fn note_waiting(&mut self, on: ThreadRef, step: &Step) {
        if let (Action::Call(_, call), true) = (&step.action, step.expect.may_park()) {
            self.gives.insert(on, call.gives());
        }
    }

    /// Rules, and the scenarios S1 to S96 of the usage notes.
    fn rules(&mut self, rules: &[Text<'a>]) -> Vec<Arc<str>> {
        const USAGE_SCENARIOS: u32 = 96;
        for Text(rule) in rules {
            let usage = rule.strip_prefix('S').and_then(|number| number.parse::<u32>().ok());
            if RuleId::from_name(rule).is_none() && !usage.is_some_and(|number| (1..=USAGE_SCENARIOS).contains(&number))
            {
                let label = match nearest(rule, RuleId::ALL.iter().map(|rule| rule.name())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "unknown".to_owned(),
                };
                self.reader.wrong(rule, "neither a rule nor one of S1 to S96", label);
            }
        }
        rules.iter().map(|rule| (&*rule.0).into()).collect()
    }

    fn models(&mut self, one: Option<Text<'a>>, many: Vec<Text<'a>>) -> Vec<(Arc<str>, Range<usize>)> {
        if let (Some(one), [_, ..]) = (&one, &*many) {
            self.reader.wrong(&one.0, "`model` and `models` exclude each other", "one of them is too much");
        }
        let named = one.into_iter().chain(many).map(|text| {
            let span = text.span(self.reader.source, 0..0);
            ((&*text.0).into(), span)
        });
        let models: Vec<_> = named.collect();
        if models.is_empty() { vec![("windows".into(), 0..0)] } else { models }
    }

    fn steps(&mut self, files: Vec<StepFile<'a>>, spans: Vec<Range<usize>>) -> Vec<Step> {
        let mut places = Places::new(&self.reader.source.text, spans);
        let mut steps = Vec::with_capacity(files.len());
        for file in files {
            let (span, line) = places.next();
            self.reader.here = span;
            if let Some(step) = self.step(file, line) {
                steps.push(step);
            }
            if self.reader.is_full() {
                break;
            }
        }
        steps
    }

    fn finally(&mut self, checks: Vec<check::Written<'a>>, spans: Vec<Range<usize>>) -> Vec<Step> {
        let mut places = Places::new(&self.reader.source.text, spans);
        let mut steps = Vec::with_capacity(checks.len());
        for written in checks {
            let (span, line) = places.next();
            self.reader.here = span.clone();
            if let Some(check) = Check::read(written, &mut self.reader) {
                let action = Action::Check(Box::new(check));
                steps.push(Step {
                    action,
                    gives: None,
                    expect: Expect::Success,
                    borders: None,
                    start: span.start as u32,
                    expect_at: 0,
                    line,
                });
            }
        }
        steps
    }

    pub(super) fn step(&mut self, mut file: StepFile<'a>, line: u32) -> Option<Step> {
        let start = self.reader.here.start as u32;
        let expectation = file.expect.or(file.returns);
        let expect_at = expectation.and_then(|raw| self.reader.source.span_of(bare(raw.0)));
        let (gives, borders) = (file.gives.take(), file.borders);
        let labelled = gives.is_some();
        let Some((action, expect)) = self.action(file, labelled).filter(|(action, _)| self.stops(action, borders))
        else {
            // What uses the label must not be blamed for this step.
            gives.and_then(|label| self.reader.declare(label.0, Kind::Any));
            return None;
        };
        let gives = self.label(gives, &action, &expect)?;
        let expect_at = expect_at.map_or(0, |span| span.start as u32);
        Some(Step { action, gives, expect, borders, start, expect_at, line })
    }

    fn action(&mut self, file: StepFile<'a>, labelled: bool) -> Option<(Action, Expect)> {
        let StepFile { on, call, returns, answers, borders, op, check, gives: _, expect } = file;
        let reader = &mut self.reader;
        let otherwise = if borders.is_some() { Expect::Paused } else { Expect::Success };
        match (on, call, returns, answers, op, check) {
            (Some(on), Some(call), None, None, None, None) => {
                let on = ThreadRef::read(on, reader);
                let call = Call::read(*call, reader);
                let expect = expectation(expect, otherwise, reader);
                let (on, call, expect) = (on?, call?, expect?);
                if expect.may_park() {
                    self.gives.insert(on, call.gives());
                }
                Some((Action::Call(on, Box::new(call)), expect))
            }
            (Some(on), None, Some(returns), None, None, None) if expect.is_none() => {
                let on = ThreadRef::read(on, reader);
                let expect = Expect::read(returns, reader);
                Some((Action::Returns(on?), expect?))
            }
            (Some(on), None, None, Some(answers), None, None) => {
                let on = ThreadRef::read(on, reader);
                let answer = constant(Shape::of(answers), reader);
                let expect = expectation(expect, otherwise, reader);
                Some((Action::Answers(on?, answer?.0), expect?))
            }
            (None, None, None, None, Some(op), None) if !labelled && expect.is_none() => {
                Some((Action::Happens(Box::new(HappenStep::read(*op, reader)?)), Expect::Success))
            }
            (None, None, None, None, None, Some(check)) if !labelled && expect.is_none() => {
                Some((Action::Check(Box::new(Check::read(*check, reader)?)), Expect::Success))
            }
            _ => self.no_step(),
        }
    }

    /// Whether a step can stop at frame borders as it says.
    fn stops(&mut self, action: &Action, borders: Option<u32>) -> bool {
        let title = match (action, borders) {
            (_, None) | (Action::Call(..) | Action::Answers(..), Some(1..)) => return true,
            (Action::Call(..) | Action::Answers(..), Some(0)) => "a call stops at its first frame border or later",
            (_, Some(_)) => "`borders` says where a `call` or the call of `answers` stops",
        };
        self.reader.wrong("", title, "in this step");
        false
    }

    fn no_step(&mut self) -> Option<(Action, Expect)> {
        let title = "a step is `on` with `call` (and `expect`, `gives`), `returns` (and `gives`) or `answers` (and \
                     `expect`, `gives`), or `op` alone, or `check` alone";
        self.reader.wrong("", title, "none of these");
        None
    }

    /// The slot of `gives`.
    fn label(&mut self, gives: Option<Text<'a>>, action: &Action, expect: &Expect) -> Option<Option<SlotId>> {
        let Some(label) = gives else { return Some(None) };
        let kind = match action {
            Action::Call(_, call) => call.gives(),
            Action::Returns(on) => self.gives.get(on).copied().flatten(),
            // Of the calls with a callback, WSPAccept has one that is answered.
            Action::Answers(..) => Some(Kind::Handle),
            Action::Happens(_) | Action::Check(_) => None,
        };
        let Some(kind) = kind else {
            self.reader.wrong(&label.0, "this call gives nothing that could be labelled", "nothing to label");
            return None;
        };
        if !expect.may_succeed() {
            let title = "there is nothing to label when success is not expected";
            self.reader.wrong(&label.0, title, "the step expects no success");
            return None;
        }
        self.reader.declare(label.0, kind).map(Some)
    }
}

fn expectation<'a>(written: Option<Raw<'a>>, otherwise: Expect, reader: &mut Reader<'a>) -> Option<Expect> {
    written.map_or(Some(otherwise), |written| Expect::read(written, reader))
}

/// Where the steps stand: spans and lines, one after the other.
struct Places<'a> {
    text: &'a str,
    spans: std::vec::IntoIter<Range<usize>>,
    line: u32,
    counted: usize,
}

impl<'a> Places<'a> {
    fn new(text: &'a str, spans: Vec<Range<usize>>) -> Self {
        Self { text, spans: spans.into_iter(), line: 1, counted: 0 }
    }

    fn next(&mut self) -> (Range<usize>, u32) {
        let span = self.spans.next().unwrap_or(self.counted..self.counted);
        let between = &self.text.as_bytes()[self.counted..span.start.max(self.counted)];
        self.line += between.iter().filter(|&&byte| byte == b'\n').count() as u32;
        self.counted = self.counted.max(span.start);
        (span, self.line)
    }
}
