//! Expectations: what a step says a call gives.

use std::sync::Arc;

use serde::Deserialize;

use super::block::Fields;
use super::form::{Argument, HandleArg, TextArg};
use super::reader::{Reader, Shape, number, single};
use super::written::{bytes, error_named, expected, linger};
use crate::abi::client::{Packet, WsaData};
use crate::abi::consts::FD_MAX_EVENTS;
use crate::abi::{Linger, MessageFlags, NetworkEventRecord, NetworkEvents, PollEvents, SockAddr, WsaError};
use crate::model::source::{Raw, Text};

/// What a call has to give.
#[derive(Clone, Debug)]
pub(super) enum Expect {
    /// Success of any kind.
    Success,
    /// This value.
    Value(Box<Form>),
    /// An error: this one, or any.
    Error(Option<WsaError>),
    /// Nothing yet: the call waits.
    Parked,
    /// Nothing yet: the call stopped at a frame border.
    Paused,
    /// One of these.
    AnyOf(Box<[Expect]>),
}

/// A value by the way it is written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    Number(i64),
    Bool(bool),
    Text(Arc<str>),
    Data(Arc<[u8]>),
    End,
    None,
    Error(WsaError),
    Linger(Linger),
    Received { data: Option<Arc<[u8]>>, from: Option<SockAddr>, flags: Option<MessageFlags> },
    Events(NetworkEventRecord),
    Accepted { data: Option<Arc<[u8]>>, local: Option<SockAddr>, remote: Option<SockAddr> },
    Sockaddrs { local: Option<SockAddr>, remote: Option<SockAddr> },
    Message { event: Option<NetworkEvents>, error: Option<WsaError>, socket: Option<HandleArg>, message: Option<u32> },
    Ready([Vec<HandleArg>; 3]),
    Polled(Vec<PollEvents>),
    Entries(Vec<Arc<str>>),
    Alerted,
    WsaData(Box<WsaDataForm>),
    Packet(Packet),
    Block(Box<Fields>),
}

impl Expect {
    /// Whether a label can be given where this is expected.
    pub(super) fn may_succeed(&self) -> bool {
        match self {
            Self::Success | Self::Value(_) => true,
            Self::Error(_) | Self::Parked | Self::Paused => false,
            Self::AnyOf(options) => options.iter().any(Self::may_succeed),
        }
    }
}

impl Expect {
    /// Whether a later step may ask what the call returned.
    pub(super) fn may_park(&self) -> bool {
        match self {
            Self::Parked | Self::Paused => true,
            Self::Success | Self::Value(_) | Self::Error(_) => false,
            Self::AnyOf(options) => options.iter().any(Self::may_park),
        }
    }
}

impl Argument for Expect {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match Shape::of(raw) {
            shape @ Shape::With { name: "AnyOf", inner, .. } => {
                let list = single(inner).unwrap_or("");
                let Some(options) = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
                    return expected(reader, shape, "a list of expectations");
                };
                let options =
                    crate::model::items::list(options).map(|item| one(Shape::of_text(&options[item]), reader));
                options.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Self::AnyOf)
            }
            shape => one(shape, reader),
        }
    }
}

fn one<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Expect> {
    match shape {
        Shape::Word("Ok") => Some(Expect::Success),
        Shape::Word("Err") => Some(Expect::Error(None)),
        Shape::Word("Parked") => Some(Expect::Parked),
        Shape::Word("Paused") => Some(Expect::Paused),
        Shape::With { name: "Ok", inner, .. } => match single(inner) {
            Some(value) => form(Shape::of_text(value), reader).map(|form| Expect::Value(Box::new(form))),
            None => expected(reader, shape, "a value in the brackets, or `Ok` without brackets"),
        },
        Shape::With { name: "Err", inner, .. } => match single(inner).map(Shape::of_text) {
            Some(Shape::Word(name)) => error_named(reader, name).map(|error| Expect::Error(Some(error))),
            _ => expected(reader, shape, "an error such as `Err(WSAEINVAL)`"),
        },
        other => expected(reader, other, "`Ok`, `Ok(..)`, `Err(..)`, `Parked`, `Paused` or `AnyOf([..])`"),
    }
}

fn form<'a>(shape: Shape<'a>, reader: &mut Reader<'a>) -> Option<Form> {
    match shape {
        Shape::Number(text) => match number(text) {
            Some(number) => Some(Form::Number(number)),
            None => expected(reader, shape, "a number"),
        },
        Shape::Text(literal) => reader.text(literal).map(|text| Form::Text((&*text).into())),
        Shape::Word(word) => word_form(word, reader),
        Shape::With { name, whole, .. } => match name {
            "Hex" | "Repeat" => bytes(shape, reader).map(Form::Data),
            "Linger" => linger(shape, reader).map(Form::Linger),
            "Received" => received(whole, reader),
            "Accepted" => accepted(whole, reader),
            "Sockaddrs" => sockaddrs(whole, reader),
            "Events" => events(whole, reader),
            "Message" => message(whole, reader),
            "Ready" => ready(whole, reader),
            "Polled" => polled(whole, reader),
            "Entries" => entries(whole, reader),
            "Packet" => packet(whole, reader),
            "WsaData" => wsa_data(whole, reader),
            "Block" => {
                let written = reader.parse(whole)?;
                Fields::read(written, reader).map(|fields| Form::Block(Box::new(fields)))
            }
            _ => expected(reader, shape, VALUES),
        },
        other => expected(reader, other, VALUES),
    }
}

const VALUES: &str = "a number, text, `true`, `Hex(..)`, `Repeat(..)`, `End`, `None`, an error, `Linger(..)`, \
                      `Received(..)`, `Accepted(..)`, `Sockaddrs(..)`, `Events(..)`, `Message(..)`, `Ready(..)`, `Polled(..)`, `Entries(..)`, \
                      `Packet(..)`, `WsaData(..)`, `WSA_WAIT_IO_COMPLETION` or `Block(..)`";

fn word_form(word: &str, reader: &mut Reader<'_>) -> Option<Form> {
    Some(match word {
        "true" => Form::Bool(true),
        "false" => Form::Bool(false),
        "End" => Form::End,
        "None" => Form::None,
        "WSA_WAIT_IO_COMPLETION" | "WAIT_IO_COMPLETION" => Form::Alerted,
        _ if word.starts_with("WSA") || word.starts_with("ERROR_") => Form::Error(error_named(reader, word)?),
        _ => return expected(reader, Shape::Word(word), VALUES),
    })
}

fn received<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Received", deny_unknown_fields)]
    struct Written<'a> {
        #[serde(borrow)]
        data: Option<Raw<'a>>,
        from: Option<SockAddr>,
        flags: Option<MessageFlags>,
    }
    let written: Written<'a> = reader.parse(whole)?;
    let data = match written.data {
        Some(raw) => Some(bytes(Shape::of(raw), reader)?),
        None => None,
    };
    Some(Form::Received { data, from: written.from, flags: written.flags })
}

fn accepted<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Accepted", deny_unknown_fields)]
    struct Written<'a> {
        #[serde(borrow)]
        data: Option<Raw<'a>>,
        local: Option<SockAddr>,
        remote: Option<SockAddr>,
    }
    let Written { data, local, remote }: Written<'a> = reader.parse(whole)?;
    let data = match data {
        Some(raw) => Some(bytes(Shape::of(raw), reader)?),
        None => None,
    };
    Some(Form::Accepted { data, local, remote })
}

fn sockaddrs<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Sockaddrs", deny_unknown_fields)]
    struct Written {
        local: Option<SockAddr>,
        remote: Option<SockAddr>,
    }
    let Written { local, remote } = reader.parse(whole)?;
    Some(Form::Sockaddrs { local, remote })
}

fn events<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Events", deny_unknown_fields)]
    struct Written {
        events: NetworkEvents,
        #[serde(default)]
        errors: std::collections::BTreeMap<NetworkEvents, WsaError>,
        #[serde(default)]
        others: i32,
    }
    let written: Written = reader.parse(whole)?;
    let mut error_code = [written.others; FD_MAX_EVENTS];
    for bit in written.events.singles().filter_map(NetworkEvents::bit_index) {
        error_code[bit] = 0;
    }
    for (event, error) in written.errors {
        let Some(code) = event.bit_index().and_then(|bit| error_code.get_mut(bit)) else {
            return expected(reader, Shape::Other(whole), "one event for each error");
        };
        *code = error.number() as i32;
    }
    Some(Form::Events(NetworkEventRecord { events: written.events, error_code }))
}

fn message<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Message", deny_unknown_fields)]
    struct Written<'a> {
        event: Option<NetworkEvents>,
        error: Option<WsaError>,
        #[serde(borrow)]
        socket: Option<Raw<'a>>,
        message: Option<u32>,
    }
    let Written { event, error, socket, message }: Written<'a> = reader.parse(whole)?;
    let socket = Option::read(socket, reader)?;
    Some(Form::Message { event, error, socket, message })
}

fn ready<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Ready", deny_unknown_fields)]
    struct Written<'a> {
        #[serde(borrow, default)]
        read: Vec<Raw<'a>>,
        #[serde(borrow, default)]
        write: Vec<Raw<'a>>,
        #[serde(borrow, default)]
        except: Vec<Raw<'a>>,
    }
    let Written { read, write, except }: Written<'a> = reader.parse(whole)?;
    let mut set = |raws: Vec<Raw<'a>>| -> Option<Vec<HandleArg>> {
        raws.into_iter().map(|raw| HandleArg::read(raw, reader)).collect()
    };
    Some(Form::Ready([set(read)?, set(write)?, set(except)?]))
}

fn polled<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    // An enum: of a newtype struct RON would expect the bare list.
    #[derive(Deserialize)]
    enum Written {
        Polled(Vec<PollEvents>),
    }
    let Written::Polled(events) = reader.parse(whole)?;
    Some(Form::Polled(events))
}

fn packet<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    #[derive(Deserialize)]
    #[serde(rename = "Packet", deny_unknown_fields)]
    struct Written {
        #[serde(default)]
        key: u64,
        overlapped: Option<u32>,
        #[serde(default)]
        transferred: u32,
        error: Option<WsaError>,
    }
    let Written { key, overlapped, transferred, error } = reader.parse(whole)?;
    Some(Form::Packet(Packet { key, overlapped, transferred, error }))
}

/// What a scenario says of WSADATA; what is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename = "WsaData", default, deny_unknown_fields)]
pub(super) struct WsaDataForm {
    version: Option<String>,
    high_version: Option<String>,
    description: Option<String>,
    system_status: Option<String>,
    max_sockets: Option<u16>,
    max_udp_dg: Option<u16>,
}

impl WsaDataForm {
    pub(super) fn holds_for(&self, data: &WsaData) -> bool {
        let version =
            |text: &Option<String>, is: u16| text.as_ref().is_none_or(|text| crate::model::version(text) == Some(is));
        version(&self.version, data.version)
            && version(&self.high_version, data.high_version)
            && self.description.as_ref().is_none_or(|text| text == WsaData::DESCRIPTION)
            && self.system_status.as_ref().is_none_or(|text| text == WsaData::SYSTEM_STATUS)
            && self.max_sockets.is_none_or(|limit| limit == data.max_sockets)
            && self.max_udp_dg.is_none_or(|limit| limit == data.max_udp_dg)
    }
}

fn wsa_data<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    Some(Form::WsaData(Box::new(reader.parse(whole)?)))
}

fn entries<'a>(whole: &'a str, reader: &mut Reader<'a>) -> Option<Form> {
    // An enum: of a newtype struct RON would expect the bare list.
    #[derive(Deserialize)]
    enum Written<'a> {
        Entries(#[serde(borrow)] Vec<Text<'a>>),
    }
    let Written::Entries(names) = reader.parse(whole)?;
    Some(Form::Entries(names.into_iter().map(|name| TextArg((&*name.0).into()).0).collect()))
}
