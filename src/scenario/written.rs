//! Reads values with several forms: one function a kind of value, from how it is written to what it is.

use std::sync::Arc;

use serde::Deserialize;

use super::form::{HandleArg, NameArg, OptionArg, ProcessArg, WindowArg};
use super::reader::{Kind, Reader, Shape, SlotId, number, single};
use crate::abi::{Bytes, Extension, Gather, Ioctl, Linger, Scatter, SockAddr, SockOpt, WsaError};
use crate::model::Constant;
use crate::model::explain::{advice, shortened};
use crate::model::items::bare;
use crate::model::source::Raw;

/// Complains that something else was expected.
pub(super) fn expected<T>(reader: &mut Reader<'_>, found: Shape<'_>, what: &str) -> Option<T> {
    reader.wrong(found.source(), format!("expected {what}"), "here");
    None
}

/// The slot a string names.
pub(super) fn named<'a>(shape: Shape<'a>, kinds: &[Kind], reader: &mut Reader<'a>) -> Option<SlotId> {
    match shape {
        Shape::Text(literal) => {
            let name = reader.text(literal)?;
            reader.slot(&name, kinds)
        }
        other => expected(reader, other, "a name in quotes"),
    }
}

/// A handle in any of its forms.
pub(super) fn handle<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<HandleArg> {
    match shape {
        Shape::Text("\"INVALID_SOCKET\"") => Some(HandleArg::Number(u64::MAX)),
        Shape::Text("\"NULL\"") => Some(HandleArg::Number(0)),
        Shape::Number(text) => match number(text) {
            Some(number) => {
                reader.speaks_of_numbers = true;
                Some(HandleArg::Number(number as u64))
            }
            None => expected(reader, shape, "a handle's number"),
        },
        shape => named(shape, &[Kind::Handle], reader).map(HandleArg::Slot),
    }
}

pub(super) fn process<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<ProcessArg> {
    match shape {
        Shape::Number(text) => match number(text).and_then(word) {
            Some(number) => {
                reader.speaks_of_numbers = true;
                Some(ProcessArg::Number(number))
            }
            None => expected(reader, shape, "a process id of 32 bits"),
        },
        shape => named(shape, &[Kind::Process, Kind::ProcessId], reader).map(ProcessArg::Slot),
    }
}

pub(super) fn window<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<WindowArg> {
    match shape {
        Shape::Text("\"NULL\"") => Some(WindowArg::Number(0)),
        Shape::Number(_) => unsigned(reader, shape, "a window's number").map(WindowArg::Number),
        shape => named(shape, &[Kind::Window], reader).map(WindowArg::Slot),
    }
}

/// 32 bits, signed or not.
fn word(number: i64) -> Option<u32> {
    u32::try_from(number).or_else(|_| i32::try_from(number).map(|signed| signed as u32)).ok()
}

/// A number of 32 bits without sign.
pub(super) fn unsigned<'a>(reader: &mut Reader<'a>, shape: Shape<'a>, what: &str) -> Option<u32> {
    let found = match shape {
        Shape::Number(text) => number(text).and_then(|number| u32::try_from(number).ok()),
        _ => None,
    };
    found.or_else(|| expected(reader, shape, what))
}

pub(super) fn constant<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Constant> {
    match Constant::read(shape.source()) {
        Ok(constant) => Some(constant),
        Err(why) => {
            reader.wrong(shape.source(), why, "here");
            None
        }
    }
}

pub(super) fn name<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<NameArg> {
    match shape {
        Shape::Word("Null") => Some(NameArg::Null),
        Shape::With { name: "Short", whole, .. } => {
            #[derive(Deserialize)]
            struct Short<'a>(#[serde(borrow)] Raw<'a>, i32);
            let Short(address, len) = reader.parse(whole)?;
            match name(Shape::of(address), reader)? {
                NameArg::At(address, _) => Some(NameArg::At(address, Some(len))),
                _ => expected(reader, Shape::of(address), "an address"),
            }
        }
        Shape::Text(literal) => {
            let text = reader.text(literal)?;
            match text.parse::<SockAddr>() {
                Ok(address) => Some(NameArg::At(address, None)),
                Err(_) if text.contains([':', ' ']) || text.starts_with(|c: char| c.is_ascii_digit()) => {
                    expected(reader, shape, "an address such as \"127.0.0.1:80\"")
                }
                Err(_) => reader.slot(&text, &[Kind::Address]).map(NameArg::Slot),
            }
        }
        other => expected(reader, other, "an address such as \"127.0.0.1:80\", a label, `Null` or `Short(..)`"),
    }
}

/// One string in brackets.
pub(super) fn text_inside<'a>(inner: &'a str, reader: &mut Reader<'a>) -> Option<Arc<str>> {
    match single(inner).map(Shape::of_text) {
        Some(Shape::Text(literal)) => reader.text(literal).map(|text| (&*text).into()),
        _ => expected(reader, Shape::Other(inner), "text in quotes"),
    }
}

pub(super) fn data<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Gather> {
    match shape {
        Shape::Word("Null") => Some(Gather::Wild),
        Shape::With { name: "Many", inner, .. } => {
            let list = single(inner).unwrap_or("[]");
            let parts: Vec<Raw<'_>> = reader.parse(list)?;
            let parts: Option<Vec<_>> = parts.into_iter().map(|part| bytes(Shape::of(part), reader)).collect();
            Some(Gather::Many(parts?.into()))
        }
        shape => bytes(shape, reader).map(Gather::One),
    }
}

/// Bytes in one piece: text, hexadecimal digits, a repetition.
pub(super) fn bytes<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Arc<[u8]>> {
    match shape {
        Shape::Text(literal) => reader.text(literal).map(|text| text.as_bytes().into()),
        Shape::With { name: "Hex", inner, .. } => {
            let digits = text_inside(inner, reader)?;
            match hexadecimal(&digits) {
                Some(bytes) => Some(bytes.into()),
                None => expected(reader, Shape::Other(inner), "pairs of hexadecimal digits"),
            }
        }
        Shape::With { name: "Repeat", inner, .. } => repeat(inner, reader),
        other => expected(reader, other, "\"text\", `Hex(\"00 ff\")` or `Repeat(\"x\", 100)`"),
    }
}

fn repeat<'a>(inner: &'a str, reader: &mut Reader<'a>) -> Option<Arc<[u8]>> {
    let mut parts = crate::model::items::list(inner).map(|item| Shape::of_text(&inner[item]));
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Shape::Text(literal)), Some(Shape::Number(times)), None) => {
            let text = reader.text(literal)?;
            let times = number(times).and_then(|times| u64::try_from(times).ok()).unwrap_or(u64::MAX);
            let bytes = reader.take_data(inner, times.saturating_mul(text.len() as u64))?;
            Some(text.bytes().cycle().take(bytes).collect())
        }
        _ => expected(reader, Shape::Other(inner), "a text and how often"),
    }
}

/// Pairs of digits, blanks between them allowed.
pub(super) fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

pub(super) fn scatter<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Scatter> {
    const WHAT: &str = "a number of bytes, a list of them, or `Null`";
    match shape {
        Shape::Word("Null") => Some(Scatter::Wild),
        Shape::Other(list) => reader.parse::<Vec<u32>>(list).map(|lens| Scatter::Many(lens.into())),
        shape => unsigned(reader, shape, WHAT).map(Scatter::One),
    }
}

pub(super) fn option<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<OptionArg> {
    match shape {
        Shape::Word(name) => match SockOpt::from_name(name) {
            Some(option) => Some(OptionArg { level: option.row().level, number: option.row().number }),
            None => unknown_word(reader, name, "socket option", SockOpt::ALL.iter().map(|option| option.name())),
        },
        Shape::Other(tuple) => {
            #[derive(Deserialize)]
            struct Pair<'a>(#[serde(borrow)] Raw<'a>, i32);
            let Pair(level, number) = reader.parse(tuple)?;
            let level = match bare(level.0) {
                "SOL_SOCKET" => crate::abi::consts::SOL_SOCKET,
                _ => constant(Shape::of(level), reader)?.0,
            };
            Some(OptionArg { level, number })
        }
        other => expected(reader, other, "an option such as SO_LINGER, or `(level, number)`"),
    }
}

/// Complains about a Windows name nobody knows.
pub(super) fn unknown_word<'n, T>(
    reader: &mut Reader<'_>,
    word: &str,
    what: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Option<T> {
    let (label, help) = advice(word, known);
    let span = reader.source.span_of(word).unwrap_or_else(|| reader.here.clone());
    let diagnostic = reader.source.diagnostic(span, format!("`{}` is no {what}", shortened(word)), label);
    reader.complain(crate::model::Diagnostic { help, ..diagnostic });
    None
}

/// The error with a Windows name.
pub(super) fn error_named(reader: &mut Reader<'_>, name: &str) -> Option<WsaError> {
    let known = WsaError::ALL.iter().map(|error| error.name());
    WsaError::from_name(name).or_else(|| unknown_word(reader, name, "error", known))
}

pub(super) fn code<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<u32> {
    match shape {
        Shape::Word(name) => match Ioctl::from_name(name) {
            Some(code) => Some(code.code()),
            None => unknown_word(reader, name, "ioctl code", Ioctl::ALL.iter().map(|code| code.name())),
        },
        shape => unsigned(reader, shape, "an ioctl code such as FIONBIO, or a number"),
    }
}

pub(super) fn value<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Option<Bytes>> {
    Some(match shape {
        Shape::Word("Null") => None,
        Shape::Word("true") => Some(Bytes::word(1)),
        Shape::Word("false") => Some(Bytes::word(0)),
        Shape::Word(name) if name.starts_with("WSAID_") => match Extension::from_id_name(name) {
            Some(function) => Some(Bytes::of(&function.guid().encode())),
            None => {
                return unknown_word(reader, name, "extension function", Extension::ALL.iter().map(|e| e.id_name()));
            }
        },
        Shape::With { name: "Linger", .. } => Some(Bytes::of(&linger(shape, reader)?.encode())),
        Shape::Number(text) => match number(text).and_then(word) {
            Some(word) => Some(Bytes::word(word)),
            None => return expected(reader, shape, "a number of 32 bits"),
        },
        Shape::Text(literal) => {
            let text = reader.text(literal)?;
            match text.parse::<SockAddr>() {
                Ok(address) => Some(Bytes::of(&address.encode())),
                Err(_) => Some(Bytes::of(text.as_bytes())),
            }
        }
        Shape::With { name: "Hex" | "Repeat", .. } => Some(Bytes::of(&bytes(shape, reader)?)),
        other => {
            let forms = "`true`, a number, `Linger(on: true, seconds: 3)`, `Hex(\"01\")`, text, `Socket(\"s\")`, WSAID_ACCEPTEX or `Null`";
            return expected(reader, other, forms);
        }
    })
}

/// `Linger(on: true, seconds: 3)`.
pub(super) fn linger<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Linger> {
    #[derive(Deserialize)]
    #[serde(rename = "Linger", deny_unknown_fields)]
    struct Written {
        on: bool,
        #[serde(default)]
        seconds: u16,
    }
    let written: Written = reader.parse(shape.source())?;
    Some(Linger { onoff: written.on.into(), seconds: written.seconds })
}
