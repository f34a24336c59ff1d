//! Arguments: how each is written, and what it is once read.
//!
//! An argument type says two things by [`Argument`]: the serde type it is parsed as, and how that becomes the checked
//! value the player works with. Values with several forms are parsed as raw RON, which keeps their place in the file.

use std::sync::Arc;

use super::reader::{Kind, Reader, Shape, SlotId, ThreadRef, single};
use super::written::{
    bytes, code, constant, data, error_named, expected, handle, name, named, option, process, scatter, text_inside,
    unsigned, value, window,
};
use crate::abi::{
    Bytes, Condition, Gather, LspCategories, MessageFlags, NetworkEvents, Room, Scatter, ServiceFlags1, SockAddr,
    SocketFlags, WsaError,
};
use crate::model::source::{Raw, Text};
use crate::model::{Constant, version};

/// Something a call, op or check takes.
pub(super) trait Argument: Sized {
    /// What serde reads.
    type Written<'a>;

    /// Reads it; `None` when something was wrong and has been complained about.
    fn read<'a>(written: Self::Written<'a>, reader: &mut Reader<'a>) -> Option<Self>;
}

impl<T: Argument> Argument for Option<T> {
    type Written<'a> = Option<T::Written<'a>>;

    fn read<'a>(written: Self::Written<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match written {
            Some(written) => T::read(written, reader).map(Some),
            None => Some(None),
        }
    }
}

impl<T: Argument> Argument for Arc<[T]> {
    type Written<'a> = Vec<T::Written<'a>>;

    fn read<'a>(written: Self::Written<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let read: Vec<Option<T>> = written.into_iter().map(|one| T::read(one, reader)).collect();
        read.into_iter().collect()
    }
}

/// Types that serde reads completely.
macro_rules! plain {
    ($($type:ty),+) => {
        $(impl Argument for $type {
            type Written<'a> = Self;

            fn read<'a>(written: Self, _: &mut Reader<'a>) -> Option<Self> {
                Some(written)
            }
        })+
    };
}

plain!(bool, u32, u64, i32, SocketFlags, MessageFlags, NetworkEvents, WsaError, LspCategories, ServiceFlags1);

impl Argument for ThreadRef {
    type Written<'a> = Text<'a>;

    fn read<'a>(Text(name): Text<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        reader.thread(&name)
    }
}

/// Types read from raw RON.
macro_rules! raw {
    ($($type:ty: |$raw:ident, $reader:ident| $read:expr;)+) => {
        $(impl Argument for $type {
            type Written<'a> = Raw<'a>;

            fn read<'a>($raw: Raw<'a>, $reader: &mut Reader<'a>) -> Option<Self> {
                $read
            }
        })+
    };
}

/// A handle.
#[derive(Clone, Copy, Debug)]
pub(super) enum HandleArg {
    Slot(SlotId),
    Number(u64),
}

/// A process, where a process id is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum ProcessArg {
    Slot(SlotId),
    Number(u32),
}

/// A window.
#[derive(Clone, Copy, Debug)]
pub(super) enum WindowArg {
    Slot(SlotId),
    Number(u32),
}

/// The name of a process of the scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessName(pub SlotId);

/// A name that is being given to a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewProcess(pub SlotId);

/// A `sockaddr` with its length.
#[derive(Clone, Copy, Debug)]
pub(super) enum NameArg {
    Null,
    At(SockAddr, Option<i32>),
    Slot(SlotId),
}

/// Text.
#[derive(Clone, Debug)]
pub(super) struct TextArg(pub Arc<str>);

/// Bytes to send; `None` is NULL.
#[derive(Clone, Debug)]
pub(super) struct DataArg(pub Gather);

/// Bytes where one buffer is expected.
#[derive(Clone, Debug)]
pub(super) struct BytesArg(pub Arc<[u8]>);

/// Room for something the provider writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomArg(pub Room);

/// Room for data.
#[derive(Clone, Debug)]
pub(super) struct ScatterArg(pub Scatter);

/// A socket option.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionArg {
    pub level: i32,
    pub number: i32,
}

/// The value of an option or the input of an ioctl.
#[derive(Clone, Debug)]
pub(super) enum ValueArg {
    /// These bytes; `None` is NULL.
    Bytes(Option<Bytes>),
    /// The number of a handle.
    Handle(HandleArg),
}

/// A function that SIO_GET_EXTENSION_FUNCTION_POINTER has given.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionArg(pub SlotId);

/// An ioctl code.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeArg(pub u32);

/// A condition function.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConditionArg(pub Condition);

/// An output pointer of which nothing but its absence can be said.
#[derive(Clone, Copy, Debug)]
pub(super) struct NullArg;

/// An error number or zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct ErrorArg(pub Option<WsaError>);

/// A version.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionArg(pub u16);

/// A value that travels between processes.
#[derive(Clone, Debug)]
pub(super) enum IpcArg {
    Slot(SlotId),
    Text(Arc<str>),
}

raw! {
    HandleArg: |raw, reader| handle(Shape::of(raw), reader);
    ProcessArg: |raw, reader| process(Shape::of(raw), reader);
    WindowArg: |raw, reader| window(Shape::of(raw), reader);
    ProcessName: |raw, reader| named(Shape::of(raw), &[Kind::Process], reader).map(Self);
    NewProcess: |raw, reader| match Shape::of(raw) {
        Shape::Text(literal) => {
            let name = reader.text(literal)?;
            reader.declare(name, Kind::Process).map(Self)
        }
        other => expected(reader, other, "a name for the process"),
    };
    NameArg: |raw, reader| name(Shape::of(raw), reader);
    TextArg: |raw, reader| match Shape::of(raw) {
        Shape::Text(literal) => reader.text(literal).map(|text| Self((&*text).into())),
        other => expected(reader, other, "text"),
    };
    DataArg: |raw, reader| data(Shape::of(raw), reader).map(Self);
    BytesArg: |raw, reader| bytes(Shape::of(raw), reader).map(Self);
    RoomArg: |raw, reader| match Shape::of(raw) {
        Shape::Word("Null") => Some(Self(None)),
        shape => unsigned(reader, shape, "a number of bytes or `Null`").map(|room| Self(Some(room))),
    };
    ScatterArg: |raw, reader| scatter(Shape::of(raw), reader).map(Self);
    Constant: |raw, reader| constant(Shape::of(raw), reader);
    OptionArg: |raw, reader| option(Shape::of(raw), reader);
    ValueArg: |raw, reader| match Shape::of(raw) {
        Shape::With { name: "Socket", inner, .. } => {
            let inner = single(inner).unwrap_or("");
            handle(Shape::of_text(inner), reader).map(Self::Handle)
        }
        shape => value(shape, reader).map(Self::Bytes),
    };
    FunctionArg: |raw, reader| named(Shape::of(raw), &[Kind::Function], reader).map(Self);
    CodeArg: |raw, reader| code(Shape::of(raw), reader).map(Self);
    ConditionArg: |raw, reader| match Shape::of(raw) {
        Shape::Word("Asks") => Some(Self(Condition::Asks)),
        Shape::Word("Wild") => Some(Self(Condition::Wild)),
        shape => constant(shape, reader).map(|answer| Self(Condition::Returns(answer.0))),
    };
    NullArg: |raw, reader| match Shape::of(raw) {
        Shape::Word("Null") => Some(Self),
        other => expected(reader, other, "`Null`, or nothing"),
    };
    ErrorArg: |raw, reader| match Shape::of(raw) {
        Shape::Number("0") | Shape::Word("None") => Some(Self(None)),
        Shape::Word(name) => error_named(reader, name).map(|error| Self(Some(error))),
        other => expected(reader, other, "an error such as WSAEINVAL"),
    };
    VersionArg: |raw, reader| match Shape::of(raw) {
        Shape::Text(literal) => match version(&reader.text(literal)?) {
            Some(version) => Some(Self(version)),
            None => expected(reader, Shape::Text(literal), "a version such as \"2.2\""),
        },
        other => expected(reader, other, "a version such as \"2.2\""),
    };
    IpcArg: |raw, reader| match Shape::of(raw) {
        Shape::With { name: "Text", inner, .. } => text_inside(inner, reader).map(Self::Text),
        shape => named(shape, &ANYTHING_SENT, reader).map(Self::Slot),
    };
}

const ANYTHING_SENT: [Kind; 5] = [Kind::Handle, Kind::Block, Kind::Process, Kind::ProcessId, Kind::Any];
