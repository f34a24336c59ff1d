//! Programs as they are written: nested items, each still text where the reader wants its place.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::super::file::OpWritten;
use super::super::reader::{Kind, Reader, Shape, number, single};
use super::super::written::expected;
use super::super::{calls, check};
use crate::model::items::bare;
use crate::model::source::{Raw, Text};

/// `{ "p": ..., "q": ... }`, in the order of the file.
#[derive(Debug)]
pub(in super::super) struct Map<'a, V>(pub Vec<(Text<'a>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Map<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Map<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map such as `{\"name\": ..}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<'de, V>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Map(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// A step of a program, as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(rename = "step", deny_unknown_fields)]
pub(super) struct StepWritten<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    #[serde(borrow)]
    pub call: Option<Box<calls::Written<'a>>>,
    #[serde(borrow)]
    pub returns: Option<Raw<'a>>,
    #[serde(borrow)]
    pub answers: Option<Raw<'a>>,
    #[serde(borrow)]
    pub op: Option<Box<OpWritten<'a>>>,
    #[serde(borrow)]
    pub check: Option<Box<check::Written<'a>>>,
    #[serde(borrow)]
    pub gives: Option<Text<'a>>,
    #[serde(borrow)]
    pub expect: Option<Raw<'a>>,
    #[serde(borrow)]
    pub cases: Option<Vec<(Raw<'a>, Vec<Raw<'a>>)>>,
}

/// An item of a program.
#[derive(Debug)]
pub(super) enum Tree<'a> {
    Step { written: Box<StepWritten<'a>>, cases: Option<Vec<(Raw<'a>, Vec<Tree<'a>>)>>, span: Range<usize> },
    Repeat { times: u8, body: Vec<Tree<'a>> },
    Choose(Vec<Vec<Tree<'a>>>),
    Break { span: Range<usize> },
    Return,
}

/// Items nested deeper than this are a mistake.
const DEPTH_MAX: usize = 16;

/// Rounds a loop may go, alternatives there may be.
const TIMES_MAX: i64 = 255;

/// Parses the items of a program.
pub(super) fn items<'a>(raws: Vec<Raw<'a>>, reader: &mut Reader<'a>, depth: usize) -> Vec<Tree<'a>> {
    let mut trees = Vec::with_capacity(raws.len());
    for raw in raws {
        if reader.is_full() {
            break;
        }
        reader.here = reader.source.span_of(bare(raw.0)).unwrap_or_else(|| reader.here.clone());
        trees.extend(item(raw, reader, depth));
    }
    trees
}

fn item<'a>(raw: Raw<'a>, reader: &mut Reader<'a>, depth: usize) -> Option<Tree<'a>> {
    if depth > DEPTH_MAX {
        reader.wrong("", format!("items are nested at most {DEPTH_MAX} deep"), "too deep");
        return None;
    }
    match Shape::of(raw) {
        Shape::Word("Break") => Some(Tree::Break { span: reader.here.clone() }),
        Shape::Word("Return") => Some(Tree::Return),
        Shape::With { name: "Repeat", whole, .. } => repeat(whole, reader, depth),
        Shape::With { name: "Choose", inner, .. } => choose(inner, reader, depth),
        Shape::Other(text) if text.starts_with('(') => step(text, reader, depth),
        other => {
            expected(reader, other, "a step such as `(call: ..)`, `Repeat(..)`, `Choose([..])`, `Break` or `Return`")
        }
    }
}

fn step<'a>(text: &'a str, reader: &mut Reader<'a>, depth: usize) -> Option<Tree<'a>> {
    let span = reader.here.clone();
    let mut written: Box<StepWritten<'a>> = reader.parse(text)?;
    let cases = written.cases.take().map(|cases| {
        let read = |(came, body)| (came, items(body, reader, depth + 1));
        cases.into_iter().map(read).collect()
    });
    Some(Tree::Step { written, cases, span })
}

#[derive(Deserialize)]
#[serde(rename = "Repeat", deny_unknown_fields)]
struct RepeatWritten<'a> {
    #[serde(borrow)]
    times: Raw<'a>,
    #[serde(borrow, rename = "do")]
    body: Vec<Raw<'a>>,
}

fn repeat<'a>(whole: &'a str, reader: &mut Reader<'a>, depth: usize) -> Option<Tree<'a>> {
    let RepeatWritten { times, body } = reader.parse(whole)?;
    let count = match Shape::of(times) {
        Shape::Number(text) => number(text).filter(|count| (1..=TIMES_MAX).contains(count)),
        _ => None,
    };
    let body = items(body, reader, depth + 1);
    match count {
        Some(count) => Some(Tree::Repeat { times: count as u8, body }),
        None => expected(reader, Shape::of(times), "a number from 1 to 255"),
    }
}

fn choose<'a>(inner: &'a str, reader: &mut Reader<'a>, depth: usize) -> Option<Tree<'a>> {
    const WHAT: &str = "two lists of items or more, as in `Choose([[..], [..]])`";
    let Some(list) = single(inner) else { return expected(reader, Shape::Other(inner), WHAT) };
    let alternatives: Vec<Vec<Raw<'a>>> = reader.parse(list)?;
    if !(2..=TIMES_MAX as usize).contains(&alternatives.len()) {
        return expected(reader, Shape::Other(list), WHAT);
    }
    Some(Tree::Choose(alternatives.into_iter().map(|items_of| items(items_of, reader, depth + 1)).collect()))
}

/// Declares everything the items give, so that other programs can use it before.
pub(super) fn declare<'a>(trees: &[Tree<'a>], reader: &mut Reader<'a>) {
    for tree in trees {
        match tree {
            Tree::Step { written, cases, span } => {
                reader.here = span.clone();
                declare_step(written, reader);
                cases.iter().flatten().for_each(|(_, body)| declare(body, reader));
            }
            Tree::Repeat { body, .. } => declare(body, reader),
            Tree::Choose(alternatives) => alternatives.iter().for_each(|body| declare(body, reader)),
            Tree::Break { .. } | Tree::Return => {}
        }
    }
}

fn declare_step<'a>(written: &StepWritten<'a>, reader: &mut Reader<'a>) {
    let process = match (written.call.as_deref(), written.op.as_deref()) {
        (Some(calls::Written::CreateProcess { name, .. }), _) | (_, Some(OpWritten::Start { name, .. })) => Some(*name),
        _ => None,
    };
    if let Some(Shape::Text(literal)) = process.map(Shape::of)
        && let Some(name) = reader.text(literal)
    {
        reader.declare_ahead(name, Kind::Process);
    }
    let kind = match (written.call.as_deref(), &written.answers, &written.returns) {
        (Some(call), ..) => call.gives(),
        (None, Some(_), _) => Some(Kind::Handle),
        (None, None, Some(_)) => Some(Kind::Any),
        _ => None,
    };
    if let (Some(Text(label)), Some(kind)) = (&written.gives, kind) {
        reader.declare_ahead(label.clone(), kind);
    }
}
