//! What runs in a process, as scenarios write it.

use std::sync::Arc;

use serde::Deserialize;

use super::form::Argument;
use super::reader::{Kind, Reader, Shape, SlotId};
use super::written::expected;
use crate::model::source::{Raw, Text};
use crate::world::program::{Application, Program, ProgramChange, Width};

/// A process that is there before the first step.
#[derive(Clone, Debug)]
pub(super) struct FirstProcess {
    pub slot: SlotId,
    pub program: Program,
}

impl Argument for FirstProcess {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written<'a> {
            #[serde(borrow)]
            name: Text<'a>,
            width: Option<u32>,
            administrator: Option<bool>,
            #[serde(borrow)]
            path: Option<Text<'a>>,
            #[serde(borrow)]
            command_line: Option<Text<'a>>,
        }
        match Shape::of(raw) {
            Shape::Text(literal) => {
                let name = reader.text(literal)?;
                let slot = reader.declare(name, Kind::Process)?;
                Some(Self { slot, program: Program::default() })
            }
            Shape::Other(whole) if whole.starts_with('(') => {
                let Written { name, width, administrator, path, command_line } = reader.parse(whole)?;
                let slot = reader.declare(name.0, Kind::Process);
                let change = change(width, administrator, [path, command_line], whole, reader)?;
                Some(Self { slot: slot?, program: change.applied_to(&Program::default()) })
            }
            other => expected(reader, other, "the name of a process, or `(name: \"p\", width: 32, ..)`"),
        }
    }
}

/// In what a program differs from another.
pub(super) fn change<'a>(
    width: Option<u32>,
    administrator: Option<bool>,
    [path, command_line]: [Option<Text<'a>>; 2],
    whole: &'a str,
    reader: &mut Reader<'a>,
) -> Option<ProgramChange> {
    let bits = width;
    let width = bits.and_then(Width::from_bits);
    if bits.is_some() && width.is_none() {
        reader.wrong(whole, "a process has a width of 32 or 64 bits", "`width` is neither");
        return None;
    }
    let text = |text: Option<Text<'a>>| text.map_or_else(|| Arc::from(""), |text| Arc::from(&*text.0));
    let named = path.is_some() || command_line.is_some();
    let application = named.then(|| Arc::new(Application { path: text(path), extra: text(command_line) }));
    Some(ProgramChange { width, administrator, application })
}

/// A width in bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WidthArg(pub Width);

impl Argument for WidthArg {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match Shape::of(raw) {
            Shape::Number("32") => Some(Self(Width::Bits32)),
            Shape::Number("64") => Some(Self(Width::Bits64)),
            other => expected(reader, other, "a width of 32 or 64 bits"),
        }
    }
}
