//! From what is written to programs: labels of all programs are known first, then every item is read in its place.

use std::ops::Range;

use super::super::check::{self, Check};
use super::super::expect::Expect;
use super::super::file::{HappenStep, OpWritten};
use super::super::form::Argument;
use super::super::load::Load;
use super::super::reader::{Reader, Shape, SlotId, ThreadRef, number, single};
use super::super::written::expected;
use super::compile::{Compiler, Names};
use super::tree::{self, Map, Tree};
use super::wrong::WrongKind;
use super::{Allowed, FaultItem, Granularity, NameId, Programs, Property, Stated, Time};
use crate::explore::Verdict;
use crate::model::explain::nearest;
use crate::model::items::{bare, field, items, list};
use crate::model::source::{Raw, Text};

/// Everything a file says about orders.
#[derive(Debug)]
pub(in super::super) struct OrdersWritten<'a> {
    pub faults: Vec<Raw<'a>>,
    pub time: Option<Time>,
    pub granularity: Option<Granularity>,
    pub always: Vec<check::Written<'a>>,
    pub sometimes: Vec<check::Written<'a>>,
    pub allowed: Vec<Map<'a, Raw<'a>>>,
    pub verdict: Option<Raw<'a>>,
}

impl OrdersWritten<'_> {
    /// Complains about everything that makes sense with programs only.
    pub(in super::super) fn needs_programs(&self, reader: &mut Reader<'_>) {
        let said = [
            ("faults", !self.faults.is_empty()),
            ("time", self.time.is_some()),
            ("granularity", self.granularity.is_some()),
            ("always", !self.always.is_empty()),
            ("sometimes", !self.sometimes.is_empty()),
            ("allowed", !self.allowed.is_empty()),
            ("verdict", self.verdict.is_some()),
        ];
        for (key, _) in said.iter().filter(|(_, is_there)| *is_there) {
            reader.here = field(&reader.source.text, 0, key).unwrap_or(0..0);
            reader.wrong("", format!("`{key}` is about orders, and there are no `programs`"), "only with `programs`");
        }
    }
}

/// Who would say when a call goes on.
pub(super) const GOES_ON: &str = "in programs the order of everything is chosen: a call that waits goes on by itself, and \
                                  with `granularity: Frame` it stops at every frame border";

/// Reads the programs of a scenario whose other steps have been read.
pub(in super::super) fn read<'a>(
    load: &mut Load<'a>,
    programs: Map<'a, Vec<Raw<'a>>>,
    written: OrdersWritten<'a>,
    prefix: usize,
) -> Programs {
    let programs = trees(programs, load);
    let mut names = Names::default();
    let mut read = Programs {
        given: true,
        prefix: prefix as u32,
        items: Vec::new(),
        owners: Vec::new(),
        threads: Vec::new(),
        faults: Vec::new(),
        time: written.time.unwrap_or_default(),
        granularity: written.granularity,
        always: Vec::new(),
        sometimes: Vec::new(),
        names: Vec::new(),
        allowed: Vec::new(),
        stated: written.verdict.and_then(|raw| stated(raw, &mut load.reader)),
        speaks_of_numbers: false,
        places: Vec::new(),
    };
    for (program, (on, key, trees)) in programs.into_iter().enumerate() {
        load.reader.program = Some(program);
        read.owners.push((read.items.len() as u32, on));
        let compiled = Compiler::new(load, on, key, &mut names, prefix, &mut read.items).compile(trees);
        if read.threads.len() <= on.0 as usize {
            read.threads.resize(on.0 as usize + 1, None);
        }
        read.threads[on.0 as usize] = Some(compiled);
    }
    load.reader.program = None;
    let source = load.reader.source;
    let [always, sometimes] = items(&source.text, ["always", "sometimes"]);
    read.always = properties(written.always, always, load);
    read.sometimes = properties(written.sometimes, sometimes, load);
    if read.sometimes.len() > 64 {
        load.reader.wrong("", "`sometimes` has at most 64 checks", "in this scenario");
    }
    read.faults = written.faults.into_iter().filter_map(|raw| fault(raw, load)).collect();
    read.allowed = allowed(written.allowed, &names, &mut load.reader);
    read.names = names.into_list();
    read
}

/// The programs as trees, all their labels declared.
fn trees<'a>(written: Map<'a, Vec<Raw<'a>>>, load: &mut Load<'a>) -> Vec<(ThreadRef, Text<'a>, Vec<Tree<'a>>)> {
    let parsed: Vec<(Text<'a>, Vec<Tree<'a>>)> =
        written.0.into_iter().map(|(key, raws)| (key, tree::items(raws, &mut load.reader, 0))).collect();
    for (program, (_, trees)) in parsed.iter().enumerate() {
        load.reader.program = Some(program);
        tree::declare(trees, &mut load.reader);
    }
    load.reader.program = None;
    let mut known: Vec<(ThreadRef, Text<'a>, Vec<Tree<'a>>)> = Vec::new();
    for (key, trees) in parsed {
        let Some(on) = load.reader.thread(&key.0) else { continue };
        if known.iter().any(|(other, ..)| *other == on) {
            load.reader.wrong(&key.0, format!("`{}` has two programs", key.0), "the second one");
            continue;
        }
        known.push((on, key, trees));
    }
    known
}

fn properties<'a>(written: Vec<check::Written<'a>>, spans: Vec<Range<usize>>, load: &mut Load<'a>) -> Vec<Property> {
    let mut spans = spans.into_iter();
    let read = written.into_iter().filter_map(|written| {
        load.reader.here = spans.next().unwrap_or(0..0);
        let start = load.reader.here.start;
        let check = Check::read(written, &mut load.reader)?;
        Some(Property { check, start: start as u32, line: load.line(start) })
    });
    read.collect()
}

/// `Kill("p")`, `AtMost(2, Fault(NoBuffers))`.
fn fault<'a>(raw: Raw<'a>, load: &mut Load<'a>) -> Option<FaultItem> {
    const WHAT: &str = "an op such as `Kill(\"p\")`, or `AtMost(2, Kill(\"p\"))`";
    let text = bare(raw.0);
    load.reader.here = load.reader.source.span_of(text).unwrap_or(0..0);
    let (times, op) = match Shape::of_text(text) {
        shape @ Shape::With { name: "AtMost", inner, .. } => {
            let parts: Vec<&str> = list(inner).map(|item| &inner[item]).collect();
            let times = parts.first().and_then(|times| number(times)).filter(|times| (1..=255).contains(times));
            match (times, &*parts) {
                (Some(times), [_, op]) => (times as u8, *op),
                _ => return expected(&mut load.reader, shape, WHAT),
            }
        }
        Shape::With { whole, .. } => (1, whole),
        other => return expected(&mut load.reader, other, WHAT),
    };
    let op: OpWritten<'a> = load.reader.parse(op)?;
    if let OpWritten::Start { name, .. } = &op {
        load.reader.wrong(name.0, "a fault starts no process", "starts one");
        return None;
    }
    let since = load.reader.places.len();
    let what = HappenStep::read(op, &mut load.reader)?;
    if what.is_run() {
        load.reader.wrong("", GOES_ON, "no fault");
        return None;
    }
    let start = load.reader.here.start;
    Some(FaultItem { what, uses: load.reader.used_since(since), times, start: start as u32, line: load.line(start) })
}

fn allowed<'a>(
    written: Vec<Map<'a, Raw<'a>>>,
    names: &Names<'a>,
    reader: &mut Reader<'a>,
) -> Vec<Vec<(NameId, Allowed)>> {
    let combination = |Map(entries): Map<'a, Raw<'a>>| {
        let read = entries.into_iter().filter_map(|(Text(name), raw)| {
            let id = names.find(&name).or_else(|| no_step(&name, names, reader));
            let allowed = match Shape::of(raw) {
                Shape::Word("Never") => Some(Allowed::Never),
                _ => {
                    let span = reader.source.span_of(bare(raw.0)).unwrap_or(0..0);
                    let text = span.start as u32..span.end as u32;
                    Expect::read(raw, reader).map(|expect| Allowed::Came(expect, text))
                }
            };
            Some((id?, allowed?))
        });
        read.collect()
    };
    written.into_iter().map(combination).collect()
}

fn no_step(name: &str, names: &Names<'_>, reader: &mut Reader<'_>) -> Option<NameId> {
    let label = match nearest(name, names.iter()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "no step of a program has this `name`".to_owned(),
    };
    reader.wrong(name, format!("no step is called `{}`", crate::model::explain::shortened(name)), label);
    None
}

/// `holds`, `violated`, `violated(allowed)`, `stuck`.
fn stated<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Stated> {
    match Shape::of(raw) {
        Shape::Word("holds") => Some(Stated { verdict: Verdict::Holds, kind: None }),
        Shape::Word("violated") => Some(Stated { verdict: Verdict::Violated, kind: None }),
        Shape::Word("stuck") => Some(Stated { verdict: Verdict::Stuck, kind: None }),
        shape @ Shape::With { name: "violated", inner, .. } => {
            let kind = single(inner).and_then(WrongKind::from_name);
            let Some(kind) = kind else {
                let known: Vec<&str> = WrongKind::ALL.iter().map(|kind| kind.name()).collect();
                return expected(reader, shape, &format!("one of {} in the brackets", known.join(", ")));
            };
            Some(Stated { verdict: Verdict::Violated, kind: Some(kind) })
        }
        other => expected(reader, other, "`holds`, `violated`, `violated(allowed)` or `stuck`"),
    }
}

impl Reader<'_> {
    /// The labels read since so many places were known.
    pub(super) fn used_since(&self, since: usize) -> Box<[SlotId]> {
        let mut slots: Vec<SlotId> = self.places[since..].iter().map(|&(_, slot)| slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots.into()
    }
}
