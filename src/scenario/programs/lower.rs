//! A run as an ordinary scenario: the same calls in the order they were made, the same goings-on by themselves, the
//! same faults, as steps.

use super::super::check::Check;
use super::super::expect::Expect;
use super::super::file::{HappenStep, Wakes};
use super::super::judge::{self, Came};
use super::super::program::{Action, Scenario, Step};
use super::super::reader::{SlotId, ThreadRef};
use super::happen::Told;
use super::orders::Orders;
use super::state::State;
use super::wrong::{Wrong, WrongKind};
use super::{Allowed, Code, Item, ItemId, NameId, any_return};
use crate::abi::client::CallResult;
use crate::explore::{Found, Schedule, System};
use std::ops::Range;
use std::sync::Arc;

/// A step of a run, and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub step: Step,
    pub from: From,
    /// What it expects, as pieces of the file's text; none: success.
    pub expects: Expects,
    /// The labels it reads, and those it gives.
    pub uses: Vec<SlotId>,
    pub gives: Vec<SlotId>,
    /// The thread it is on.
    pub on: Option<ThreadRef>,
    /// The line that made the call it goes on with.
    pub call: Option<usize>,
    /// For a call that goes on: whether it had stopped at a frame border, and whether it waits then.
    pub paused: bool,
    pub parks: bool,
}

/// Where the text of a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// In a step that begins at this byte.
    Step(u32),
    /// In an op that begins at this byte.
    Op(u32),
    /// In a check that begins at this byte.
    Check(u32),
    /// Nowhere: it is written anew.
    Nowhere,
}

/// What a line expects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Expects {
    /// Nothing is said: success.
    #[default]
    Unsaid,
    /// `Parked`.
    Parked,
    /// Any return.
    Any,
    /// One of these pieces of the file.
    OneOf(Vec<Range<u32>>),
    /// This, which is not in the file.
    Written(String),
}

impl Expects {
    fn one(piece: Range<u32>) -> Self {
        Self::OneOf([piece].into())
    }
}

/// A whole run.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    pub lines: Vec<Line>,
    /// Checks after the last step: their first bytes in the file.
    pub finally: Vec<Step>,
    /// Threads whose calls wait at the end, and whether they do so at a frame border.
    pub parked: Vec<(ThreadRef, bool)>,
    /// Whether calls that waited go on by steps only.
    pub wakes: Wakes,
    /// Lines that stay whatever fails without them: the named steps whose results together are not allowed.
    pub pinned: Vec<usize>,
    /// Whether providers break duties on the way, which is not what it shows.
    pub blames: bool,
}

/// A run that shows something wrong, as an ordinary scenario.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// Its text.
    pub text: String,
    /// How many steps it has, and how many the run had.
    pub steps: (usize, usize),
    /// Whether the scenario, read and played, really shows what is wrong.
    pub shows: bool,
    /// Steps that stay whatever fails without them: the named ones whose results together are not allowed.
    pub pinned: Vec<usize>,
}

impl<'a> Orders<'a> {
    /// Writes down the run of a schedule, up to what is wrong with it.
    pub(super) fn lower(&self, schedule: &Schedule, wrong: Option<&Wrong>) -> Lowered {
        let mut state = self.start();
        let mut writer = Writer {
            orders: self,
            lines: self.prefix_lines(),
            named: Vec::new(),
            results: state.place.results.clone(),
            open: vec![Vec::new(); self.scenario.threads.len()],
        };
        for &choice in &schedule.0 {
            let mut said = Vec::new();
            let code_before: Vec<Option<&Code>> = match choice {
                crate::explore::Choice::Go { agent, .. } => vec![self.code(&state, ThreadRef(u32::from(agent)))],
                _ => Vec::new(),
            };
            let happened = self.happen(&mut state, choice, &mut |told| said.push(Said::of(&told)));
            let cases = code_before.first().copied().flatten();
            said.into_iter().for_each(|said| writer.write(said, cases));
            writer.note_parked(&state);
            writer.note_named(&state);
            if happened.is_err() {
                break;
            }
        }
        writer.finish(&state, wrong)
    }

    /// The steps before the programs, and what went on by itself during them.
    fn prefix_lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (at, step) in self.scenario.steps.iter().enumerate() {
            let (on, gives) = (step.on(), step.gives.into_iter().chain(step.made()).collect());
            let from = match step.action {
                Action::Happens(_) | Action::Check(_) | Action::Call(..) | Action::Returns(_) | Action::Answers(..) => {
                    From::Step(step.start)
                }
            };
            let uses = self.programs.used_between(step.start, self.end_of(step.start));
            let expects = match step.expect_at {
                0 => Expects::Unsaid,
                start => Expects::one(start..self.end_of(start)),
            };
            lines.push(Line { expects, uses, gives, on, ..Line::new(step.clone(), from) });
            for &(_, thread) in self.ran.iter().filter(|(after, _)| *after == at) {
                lines.push(run_line(thread, None, step.start, step.line, None));
            }
        }
        lines
    }

    fn end_of(&self, start: u32) -> u32 {
        crate::model::items::end_of_item(&self.scenario.source().text, start as usize) as u32
    }

    /// The scenario that some lines make.
    pub(super) fn assemble(&self, lowered: &Lowered, kept: &[usize]) -> Scenario {
        let steps = kept.iter().map(|&at| lowered.lines[at].step.clone()).collect();
        let mut scenario = Scenario { steps, programs: Arc::default(), wakes: lowered.wakes, ..self.scenario.clone() };
        scenario.finally = lowered.finally.clone();
        scenario.finally.extend(lowered.parked.iter().map(|&(on, paused)| {
            let check = if paused { Check::Paused(on) } else { Check::Parked(on) };
            check_step(check, 0, 1)
        }));
        scenario.note_checks();
        scenario
    }

    /// What is wrong, as an ordinary scenario; shrunk, if wanted.
    #[must_use]
    pub fn counterexample(&self, found: &Found<Wrong>, shrink: bool) -> Counterexample {
        let lowered = self.lower(&found.schedule, Some(&found.wrong));
        let all = lowered.lines.len();
        let (lowered, shows) = self.shrunk(lowered, Some(&found.wrong), shrink);
        let steps = (lowered.lines.len(), all);
        let origin = format!("Found by `wspsim explore` in one order of {}.", file_name(self.scenario.file()));
        Counterexample {
            text: self.text_of(&lowered, &origin, &found.wrong.title),
            steps,
            shows,
            pinned: lowered.pinned,
        }
    }

    /// What is wrong in one order, shrunk; `None` if nothing is.
    #[must_use]
    pub fn shrink(&self, schedule: &Schedule) -> Option<Counterexample> {
        let wrong = *self.follow(schedule).err()?;
        Some(self.counterexample(&Found { wrong, schedule: schedule.clone() }, true))
    }

    /// Whether every choice of a schedule is possible where it stands.
    #[must_use]
    pub fn can_follow(&self, schedule: &Schedule) -> bool {
        let (mut state, mut choices) = (self.start(), Vec::new());
        for (at, choice) in schedule.0.iter().enumerate() {
            choices.clear();
            self.choices(&state, &mut choices);
            let last = at + 1 == schedule.0.len();
            if !choices.contains(choice) || (self.happen(&mut state, *choice, &mut |_| {}).is_err() && !last) {
                return false;
            }
        }
        true
    }

    /// A run as it is, as a scenario whose steps stand where the programs have them.
    #[must_use]
    pub fn scenario_of_run(&self, schedule: &Schedule) -> Scenario {
        let wrong = self.follow(schedule).err().map(|wrong| *wrong);
        let lowered = self.lower(schedule, wrong.as_ref());
        let kept: Vec<usize> = (0..lowered.lines.len()).collect();
        self.assemble(&lowered, &kept)
    }

    /// Follows a schedule; where it leads, or what is wrong on the way or at its end.
    ///
    /// # Errors
    /// What is wrong.
    pub fn follow(&self, schedule: &Schedule) -> Result<State, Box<Wrong>> {
        let mut state = self.start();
        self.inspect(&state)?;
        for &choice in &schedule.0 {
            self.happen(&mut state, choice, &mut |_| {})?;
            self.inspect(&state)?;
        }
        let mut choices = Vec::new();
        self.choices(&state, &mut choices);
        if choices.is_empty() {
            match self.end(&state) {
                crate::explore::End::Wrong(wrong) | crate::explore::End::Stuck(wrong) => return Err(Box::new(wrong)),
                crate::explore::End::Finished { forbidden: Some(wrong), .. } => return Err(Box::new(wrong)),
                _ => {}
            }
        }
        Ok(state)
    }

    /// One order of them all: the threads take turns, in their order.
    #[must_use]
    pub fn in_turn(&self) -> Schedule {
        let (mut state, mut schedule, mut choices) = (self.start(), Schedule::default(), Vec::new());
        let mut last = u16::MAX;
        while schedule.0.len() < self.scenario.budget().ops as usize {
            choices.clear();
            self.choices(&state, &mut choices);
            let agent = |choice: &crate::explore::Choice| match choice {
                crate::explore::Choice::Go { agent, .. } => Some(*agent),
                _ => None,
            };
            let next =
                choices.iter().find(|choice| agent(choice).is_some_and(|agent| last == u16::MAX || agent > last));
            let Some(&choice) = next.or(choices.first()) else { break };
            last = agent(&choice).unwrap_or(last);
            schedule.0.push(choice);
            if self.happen(&mut state, choice, &mut |_| {}).is_err() {
                break;
            }
        }
        schedule
    }
}

/// What was told, without borrowing.
enum Said {
    Did { on: ThreadRef, item: ItemId, came: Option<Came>, case: Option<usize> },
    WentOn { on: ThreadRef, item: ItemId, paused: bool, stopped: bool },
    Came { on: ThreadRef, item: ItemId, came: Came, case: Option<usize> },
    Time { ms: u64 },
    Fault(usize),
}

impl Said {
    fn of(told: &Told<'_>) -> Self {
        match *told {
            Told::Did { on, item, came, case } => Self::Did { on, item, came: came.cloned(), case },
            Told::WentOn { on, item, paused, stopped } => Self::WentOn { on, item, paused, stopped },
            Told::Came { on, item, came, case } => Self::Came { on, item, came: came.clone(), case },
            Told::Time { ms } => Self::Time { ms },
            Told::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// A named step that came to something.
struct Named {
    line: usize,
    name: NameId,
    result: CallResult,
    /// Where it is too much: what it should have come to, and the text of that.
    allowed: Option<(Vec<Expect>, Vec<Range<u32>>)>,
}

struct Writer<'o, 'a> {
    orders: &'o Orders<'a>,
    lines: Vec<Line>,
    /// In the order in which they came to something.
    named: Vec<Named>,
    /// What named steps came to so far.
    results: Box<[Option<CallResult>]>,
    /// By thread: the lines of its calls that wait.
    open: Vec<Vec<usize>>,
}

impl<'a> Writer<'_, 'a> {
    fn write(&mut self, said: Said, code: Option<&Code>) {
        match said {
            Said::Did { on, item: id, came, case } => self.did(on, id, came.as_ref(), case, code),
            Said::WentOn { on, item: id, paused, stopped } => {
                let (start, line) = self.item(id).map_or((0, 1), |item| (item.step.start, item.step.line));
                let call = self.open[on.0 as usize].last().copied();
                let run = run_line(on, stopped.then_some(1), start, line, call);
                self.lines.push(Line { paused, ..run });
            }
            Said::Came { on, item: id, came, case } => {
                let Some(item) = self.item(id) else { return };
                let mut line = self.line(item, on, case, code_of(self.orders, on, id).as_ref());
                line.step.action = Action::Returns(on);
                line.from = From::Nowhere;
                line.uses.clear();
                line.call = match came {
                    Came::Returned(_) => self.open[on.0 as usize].pop(),
                    Came::Parked | Came::Paused => self.open[on.0 as usize].last().copied(),
                };
                self.lines.push(line);
            }
            Said::Time { ms } => {
                let step = plain(Action::Happens(Box::new(HappenStep::Advance { ms })), 0, 1);
                self.lines.push(Line::new(step, From::Nowhere));
            }
            Said::Fault(fault) => {
                let fault = &self.orders.programs.faults[fault];
                let step = plain(Action::Happens(Box::new(fault.what.clone())), fault.start, fault.line);
                let line = Line::new(step, From::Op(fault.start));
                self.lines.push(Line { uses: fault.uses.to_vec(), ..line });
            }
        }
    }

    /// Whether what went on last waits again.
    fn note_parked(&mut self, state: &State) {
        let runs = |line: &&mut Line| matches!(&line.step.action, Action::Happens(happens) if happens.is_run());
        let Some(line) = self.lines.iter_mut().next_back().filter(runs) else { return };
        let thread = line.on.and_then(|on| self.orders.seen(state).thread_id(on));
        let thread = thread.and_then(|thread| state.world.thread(thread));
        line.parks = thread.is_some_and(|thread| thread.wait().is_some());
    }

    fn item(&self, id: ItemId) -> Option<&'a Item> {
        self.orders.programs.item(id)
    }

    fn did(&mut self, on: ThreadRef, id: ItemId, came: Option<&Came>, case: Option<usize>, code: Option<&Code>) {
        let Some(item) = self.item(id) else { return };
        let mut line = self.line(item, on, case, code);
        let calls = matches!(item.step.action, Action::Call(..));
        let parks = matches!(came, Some(Came::Parked)) && calls;
        let acts = matches!(item.step.action, Action::Call(..) | Action::Answers(..));
        if matches!(came, Some(Came::Paused)) && acts {
            line.step.borders = Some(1);
            (line.step.expect, line.expects) = (Expect::Paused, Expects::Unsaid);
            line.drop_label();
        }
        if parks && case.is_none() && !item.step.expect.may_park() {
            (line.step.expect, line.expects) = (Expect::Parked, Expects::Parked);
            line.drop_label();
        }
        if calls && matches!(came, Some(Came::Parked | Came::Paused)) {
            self.open[on.0 as usize].push(self.lines.len());
        }
        if matches!(item.step.action, Action::Returns(_) | Action::Answers(..)) {
            line.call = self.open[on.0 as usize].last().copied();
            if matches!(came, Some(Came::Returned(_))) {
                self.open[on.0 as usize].pop();
            }
        }
        self.lines.push(line);
    }

    /// The line of an item that went by a case.
    fn line(&self, item: &Item, on: ThreadRef, case: Option<usize>, code: Option<&Code>) -> Line {
        let acts = matches!(item.step.action, Action::Call(..) | Action::Returns(_) | Action::Answers(..));
        let mut line = Line::new(item.step.clone(), From::Step(item.step.start));
        line.on = acts.then_some(on);
        line.uses = item.uses.to_vec();
        line.gives = item.gives().into_iter().flatten().collect();
        line.expects = match (&*item.cases, item.step.expect_at) {
            ([], 0) => Expects::Unsaid,
            ([], start) => Expects::one(start..self.orders.end_of(start)),
            (cases, _) => Expects::OneOf(cases.to_vec()),
        };
        if let (Some(case), Some(Code::Cases(_, cases))) = (case, code) {
            line.step.expect = cases[case].expect.clone();
            line.expects = Expects::one(cases[case].text.clone());
        }
        if !line.step.expect.may_succeed() {
            line.drop_label();
        }
        line
    }

    /// Named steps have come to something: which line it was, and what it should have come to.
    fn note_named(&mut self, state: &State) {
        let before = std::mem::replace(&mut self.results, state.place.results.clone());
        let Some(line) = self.lines.len().checked_sub(1) else { return };
        for (at, (before, now)) in before.iter().zip(&state.place.results).enumerate() {
            let Some(result) = now.as_ref().filter(|_| before != now) else { continue };
            let name = NameId(at as u16);
            let too_much = !self.orders.is_allowed(state, false);
            let allowed = too_much.then(|| self.orders.allowed_here(state, name, false));
            self.named.push(Named { line, name, result: result.clone(), allowed });
        }
    }

    /// What named steps came to together is not allowed: the last of them should have come to something else, where
    /// the others came to what they did. The lines that show it; none, if no step could have come to something better.
    fn decide(&mut self, state: &State) -> Vec<usize> {
        let first = self.named.iter().position(|named| named.allowed.is_some());
        let Some(deciding) = first.or(self.named.len().checked_sub(1)) else { return Vec::new() };
        let Named { line, name, allowed, .. } = &self.named[deciding];
        let (expects, texts) = allowed.clone().unwrap_or_else(|| self.orders.allowed_here(state, *name, true));
        if texts.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![*line];
        self.lines[*line].expect(Expect::AnyOf(expects.into()), Expects::OneOf(texts));
        for at in 0..deciding {
            let Named { line, name, result, .. } = &self.named[at];
            // Of what one name came to the last counts; and some names say nothing to `allowed`.
            let counts = self.named[at + 1..=deciding].iter().all(|later| later.name != *name);
            if !counts || !self.orders.programs.allowed.iter().flatten().any(|(of, _)| of == name) {
                continue;
            }
            let (expect, expects) = self.orders.as_it_came(state, *name, result);
            self.lines[*line].expect(expect, expects);
            lines.push(*line);
        }
        lines
    }

    fn finish(mut self, state: &State, wrong: Option<&Wrong>) -> Lowered {
        let kind = wrong.map(|wrong| wrong.kind);
        let mut finally = Vec::new();
        match (kind, wrong.and_then(|wrong| wrong.check)) {
            (Some(WrongKind::Always), Some(check)) => {
                let property = &self.orders.programs.always[check];
                let step = check_step(property.check.clone(), property.start, property.line);
                let uses = self.orders.programs.used_between(property.start, self.orders.end_of(property.start));
                self.lines.push(Line { uses, ..Line::new(step, From::Check(property.start)) });
            }
            (Some(WrongKind::Finally), Some(check)) => finally.push(self.orders.scenario.finally[check].clone()),
            // What holds at the end says, too, which breaches are expected.
            (None, _) => finally.extend(self.orders.scenario.finally.iter().filter(|step| !is_wait(step)).cloned()),
            _ => {}
        }
        let pinned = if kind == Some(WrongKind::Allowed) { self.decide(state) } else { Vec::new() };
        let mut parked = Vec::new();
        for on in (0..self.orders.scenario.threads.len() as u32).map(ThreadRef) {
            let waiting = &state.place.threads[on.0 as usize].waiting;
            if kind != Some(WrongKind::Unclaimed) && waiting.last().is_some_and(|waiting| waiting.result.is_some()) {
                let step = Step { expect: any_return(), ..plain(Action::Returns(on), 0, 1) };
                let call = self.open[on.0 as usize].last().copied();
                let line = Line { on: Some(on), expects: Expects::Any, call, ..Line::new(step, From::Nowhere) };
                self.lines.push(line);
            }
            let excused = self.orders.may_stay_parked(on) || kind != Some(WrongKind::Stuck);
            let paused = self.orders.seen(state).thread_id(on).is_some_and(|on| self.orders.seen(state).is_paused(on));
            if excused && state.thread_waits(on) {
                parked.push((on, paused));
            }
        }
        Lowered { lines: self.lines, finally, parked, wakes: Wakes::ByStep, pinned, blames: false }
    }
}

impl Orders<'_> {
    /// What a named step may come to where the others have come to what they have, when the run is `over` or not: the
    /// expectations, and their text.
    fn allowed_here(&self, state: &State, name: NameId, over: bool) -> (Vec<Expect>, Vec<Range<u32>>) {
        let mut found: (Vec<Expect>, Vec<Range<u32>>) = (Vec::new(), Vec::new());
        let source = &self.scenario.source().text;
        let words = |text: &Range<u32>| &source[text.start as usize..text.end as usize];
        for combination in &self.programs.allowed {
            let (own, others): (Vec<_>, Vec<_>) = combination.iter().cloned().partition(|(of, _)| *of == name);
            if !self.combination_fits(state, &others, over) {
                continue;
            }
            for (_, allowed) in own {
                if let Allowed::Came(expect, text) = allowed
                    && found.1.iter().all(|known| words(known) != words(&text))
                {
                    found.0.push(expect);
                    found.1.push(text);
                }
            }
        }
        found
    }

    /// What a named step came to, as `allowed` tells it apart from other things it may come to.
    fn as_it_came(&self, state: &State, name: NameId, result: &CallResult) -> (Expect, Expects) {
        let came = Came::Returned(result.clone());
        let told = self.programs.allowed.iter().flatten().find_map(|(of, allowed)| match allowed {
            Allowed::Came(expect, text) if *of == name && judge::holds(expect, &came, &state.place.values) => {
                Some((expect.clone(), Expects::one(text.clone())))
            }
            _ => None,
        });
        told.unwrap_or_else(|| match result {
            Err(error) => (Expect::Error(Some(*error)), Expects::Written(format!("Err({})", error.name()))),
            Ok(_) => (Expect::Success, Expects::Unsaid),
        })
    }
}

impl Line {
    pub(super) fn new(step: Step, from: From) -> Self {
        let (uses, gives) = (Vec::new(), Vec::new());
        let (on, call, paused, parks) = (None, None, false, false);
        Self { step, from, expects: Expects::Unsaid, uses, gives, on, call, paused, parks }
    }

    /// Expects something else.
    fn expect(&mut self, expect: Expect, expects: Expects) {
        (self.step.expect, self.expects) = (expect, expects);
        if !self.step.expect.may_succeed() {
            self.drop_label();
        }
    }

    fn drop_label(&mut self) {
        if let Some(slot) = self.step.gives.take() {
            self.gives.retain(|given| *given != slot);
        }
    }
}

/// What is left of a scenario that fails when everything it does not need is left out; `None` if it holds.
#[must_use]
pub fn shrink_steps(scenario: &Scenario, machine: &Arc<crate::world::machine::Machine>) -> Option<Counterexample> {
    let orders = Orders::of_steps(scenario, machine);
    let lines = orders.prefix_lines();
    let all = lines.len();
    let (finally, parked, pinned) = (scenario.finally.clone(), Vec::new(), Vec::new());
    let lowered = Lowered { lines, finally, parked, wakes: scenario.wakes, pinned, blames: false };
    let (lowered, shows) = orders.shrunk(lowered, None, true);
    let origin = format!("What is left of {} without what its failure does not need.", file_name(scenario.file()));
    let steps = (lowered.lines.len(), all);
    shows.then(|| Counterexample {
        text: orders.text_of(&lowered, &origin, "the same failure"),
        steps,
        shows,
        pinned: lowered.pinned,
    })
}

pub(super) fn file_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// The instruction of an item of a thread.
fn code_of(orders: &Orders<'_>, on: ThreadRef, id: ItemId) -> Option<Code> {
    let code = &orders.programs.program(on)?.code;
    code.iter().find(|code| matches!(code, Code::Step(at) | Code::Cases(at, _) if *at == id)).cloned()
}

fn plain(action: Action, start: u32, line: u32) -> Step {
    Step { action, gives: None, expect: Expect::Success, borders: None, start, expect_at: 0, line }
}

fn check_step(check: super::super::check::Check, start: u32, line: u32) -> Step {
    plain(Action::Check(Box::new(check)), start, line)
}

fn run_line(on: ThreadRef, borders: Option<u32>, start: u32, line: u32, call: Option<usize>) -> Line {
    let step = plain(Action::Happens(Box::new(HappenStep::Run { on, borders })), start, line);
    Line { call, on: Some(on), ..Line::new(step, From::Nowhere) }
}

/// Whether a check says of a thread that its call waits: of those that do it is said anyhow.
fn is_wait(step: &Step) -> bool {
    matches!(&step.action, Action::Check(check) if matches!(**check, Check::Parked(_) | Check::Paused(_)))
}
