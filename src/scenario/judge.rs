//! Whether a call gave what was expected, and how what it gave is written in the language of scenarios.

use std::fmt::Write;

use super::expect::{Expect, Form};
use super::form::HandleArg;
use super::values::Values;
use crate::abi::client::{CallResult, Message, Packet, Value, WindowMessage};
use crate::abi::{
    Bytes, Info, Linger, LspCategories, NetworkEventRecord, NetworkEvents, Received, SockAddr, SpiReturn, WsaError,
};
use crate::world::ids::Handle;

/// What a call came to.
#[derive(Clone, Debug)]
pub(super) enum Came {
    /// It returned.
    Returned(CallResult),
    /// It waits.
    Parked,
    /// It stopped at a frame border.
    Paused,
}

/// Whether this is what was expected.
pub(super) fn holds(expect: &Expect, came: &Came, values: &Values) -> bool {
    match (expect, came) {
        (Expect::AnyOf(options), _) => options.iter().any(|option| holds(option, came, values)),
        (Expect::Success, Came::Returned(Ok(_))) | (Expect::Parked, Came::Parked) | (Expect::Paused, Came::Paused) => {
            true
        }
        (Expect::Error(wanted), Came::Returned(Err(error))) => wanted.is_none_or(|wanted| wanted == *error),
        (Expect::Value(form), Came::Returned(Ok(value))) => value_holds(form, value, values),
        _ => false,
    }
}

fn value_holds(form: &Form, value: &Value, values: &Values) -> bool {
    match (form, value) {
        (Form::Number(wanted), value) => number(value) == Some(*wanted),
        (Form::Bool(wanted), Value::Bool(is)) => wanted == is,
        (Form::Bool(wanted), Value::Spi(SpiReturn::Bytes(bytes))) => is_bool(bytes, *wanted),
        (Form::Text(text), value) => text_holds(text, value),
        (Form::Data(data), Value::Spi(SpiReturn::Received(received))) => **data == *received.data,
        (Form::Data(data), Value::Spi(SpiReturn::Bytes(bytes))) => **data == *bytes.as_slice(),
        (Form::End, Value::Spi(SpiReturn::Received(received))) => received.data.is_empty(),
        (Form::None, value) => is_nothing(value),
        (Form::Error(wanted), Value::LastError(error)) => Some(*wanted) == *error,
        (Form::Error(wanted), Value::Spi(SpiReturn::Bytes(bytes))) => bytes.as_word() == Some(wanted.number()),
        (Form::Linger(wanted), Value::Spi(SpiReturn::Bytes(bytes))) => bytes.as_slice() == wanted.encode(),
        (Form::Received { data, from, flags }, Value::Spi(SpiReturn::Received(received))) => {
            data.as_ref().is_none_or(|data| **data == *received.data)
                && from.is_none_or(|from| Some(from) == received.from)
                && flags.is_none_or(|flags| flags == received.flags)
        }
        (Form::Data(data), Value::Spi(SpiReturn::AcceptedInto(came))) => **data == *came.data,
        (Form::End, Value::Spi(SpiReturn::AcceptedInto(came))) => came.data.is_empty(),
        (Form::Accepted { data, local, remote }, Value::Spi(SpiReturn::AcceptedInto(came))) => {
            data.as_ref().is_none_or(|data| **data == *came.data)
                && local.is_none_or(|local| local == came.local)
                && remote.is_none_or(|remote| remote == came.remote)
        }
        (Form::Sockaddrs { local, remote }, Value::Spi(SpiReturn::Sockaddrs(came))) => {
            came.is_some_and(|(l, r)| local.is_none_or(|local| local == l) && remote.is_none_or(|remote| remote == r))
        }
        (Form::Events(wanted), Value::Spi(SpiReturn::Events(record))) => *wanted == **record,
        (Form::Message { event, error, socket, message }, Value::WindowMessage(Some(came))) => {
            event.is_none_or(|event| event == came.event)
                && *error == came.error
                && socket.is_none_or(|socket| is_handle(socket, came.socket, values))
                && message.is_none_or(|message| message == came.message)
        }
        (Form::Ready(wanted), Value::Spi(SpiReturn::Ready(sets))) => {
            wanted.iter().zip(sets.iter()).all(|(wanted, set)| same_handles(wanted, set, values))
        }
        (Form::Polled(wanted), Value::Polled(events)) => **wanted == **events,
        (Form::Entries(wanted), Value::Infos(infos)) => {
            infos.len() == wanted.len()
                && wanted.iter().zip(infos.iter()).all(|(name, info)| **name == entry_name(info))
        }
        (Form::WsaData(wanted), Value::WsaData(data)) => wanted.holds_for(data),
        (Form::Alerted, Value::Alerted) => true,
        (Form::Packet(wanted), Value::Packet(Some(packet))) => wanted == packet,
        (Form::Block(fields), Value::Spi(SpiReturn::Info(info) | SpiReturn::ProtocolInfo(info))) => {
            fields.hold_for(&info.record())
        }
        (Form::Block(fields), Value::InfoA(info)) => fields.hold_for(&(&**info).into()),
        (Form::Block(fields), Value::Message(Message::Info(info))) => fields.hold_for(&info.record()),
        _ => false,
    }
}

/// The number a value stands for.
fn number(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Spi(SpiReturn::Sent(bytes)) => i64::from(*bytes),
        Value::Spi(SpiReturn::Received(received)) => received.data.len() as i64,
        Value::Spi(SpiReturn::AcceptedInto(came)) => came.data.len() as i64,
        Value::Spi(SpiReturn::Bytes(bytes)) if bytes.as_slice().len() == 4 => i64::from(bytes.as_word()? as i32),
        Value::Spi(SpiReturn::Ready(sets)) => sets.iter().map(Vec::len).sum::<usize>() as i64,
        Value::Polled(events) => events.iter().filter(|events| !events.is_empty()).count() as i64,
        Value::Signalled(Some(index)) => i64::from(*index),
        Value::ProcessId(id) | Value::Message(Message::Process(id)) => i64::from(id.0),
        Value::Thread(index) => i64::from(*index),
        Value::CatalogId(id) => i64::from((*id)?),
        _ => return None,
    })
}

/// A BOOL may have one byte or four.
fn is_bool(bytes: &Bytes, wanted: bool) -> bool {
    let bytes = bytes.as_slice();
    !bytes.is_empty() && bytes.iter().any(|&byte| byte != 0) == wanted
}

fn text_holds(text: &str, value: &Value) -> bool {
    match value {
        Value::Spi(SpiReturn::Received(received)) => text.as_bytes() == received.data,
        Value::Spi(SpiReturn::AcceptedInto(came)) => text.as_bytes() == came.data,
        Value::Spi(SpiReturn::Address(address) | SpiReturn::Socket { peer: Some(address), .. }) => {
            text.parse::<SockAddr>().is_ok_and(|wanted| wanted == **address)
        }
        Value::Spi(SpiReturn::Text(came, _)) => text == &**came,
        Value::Spi(SpiReturn::Bytes(bytes)) => text.as_bytes() == bytes.as_slice(),
        Value::Spi(SpiReturn::Events(record)) => {
            let events = NetworkEvents::parse(text);
            events.is_ok_and(|events| events == record.events) && record.error_code.iter().all(|&code| code == 0)
        }
        Value::WsaData(data) => crate::model::version(text) == Some(data.version),
        Value::Message(Message::Text(came)) => text == &**came,
        Value::Path(path) => text == &**path,
        Value::Categories(categories) => LspCategories::parse(text).is_ok_and(|wanted| wanted == *categories),
        _ => false,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::WindowMessage(message) => message.is_none(),
        Value::Signalled(index) => index.is_none(),
        Value::Packet(packet) => packet.is_none(),
        Value::LastError(error) => error.is_none(),
        Value::Spi(SpiReturn::Events(record)) => record.events.is_empty(),
        Value::Spi(SpiReturn::Socket { peer, .. }) => peer.is_none(),
        Value::Spi(SpiReturn::Received(received)) => received.from.is_none(),
        Value::Spi(SpiReturn::Bytes(bytes)) => bytes.as_slice().is_empty(),
        Value::Spi(SpiReturn::Sockaddrs(came)) => came.is_none(),
        _ => false,
    }
}

fn is_handle(arg: HandleArg, handle: Handle, values: &Values) -> bool {
    match arg {
        HandleArg::Number(number) => Handle(number) == handle,
        HandleArg::Slot(slot) => values.handle(slot).is_ok_and(|(_, wanted)| wanted == handle),
    }
}

fn same_handles(wanted: &[HandleArg], set: &[Handle], values: &Values) -> bool {
    wanted.len() == set.len() && wanted.iter().all(|&arg| set.iter().any(|&handle| is_handle(arg, handle, values)))
}

fn entry_name(info: &Info) -> String {
    info.fields().protocol_name.to_string()
}

/// What came, as a scenario would expect it.
pub(super) fn written(came: &Came) -> String {
    match came {
        Came::Parked => "Parked".to_owned(),
        Came::Paused => "Paused".to_owned(),
        Came::Returned(Err(error)) => format!("Err({})", error.name()),
        Came::Returned(Ok(value)) => match written_value(value) {
            Some(value) => format!("Ok({value})"),
            None => "Ok".to_owned(),
        },
    }
}

fn written_value(value: &Value) -> Option<String> {
    Some(match value {
        Value::Spi(value) => return written_return(value),
        Value::WsaData(data) => version_text(data.version),
        Value::Bool(is) => is.to_string(),
        Value::LastError(error) => error_or_none(*error),
        Value::Infos(infos) => {
            let names: Vec<String> = infos.iter().map(|info| format!("{:?}", entry_name(info))).collect();
            format!("Entries([{}])", names.join(", "))
        }
        Value::ProcessId(id) => id.0.to_string(),
        Value::CatalogId(id) => (*id)?.to_string(),
        Value::Path(path) => quoted(path),
        Value::Categories(categories) => quoted(&categories.to_string()),
        Value::Polled(events) => {
            let events: Vec<String> = events.iter().map(|events| format!("\"{events}\"")).collect();
            format!("Polled([{}])", events.join(", "))
        }
        Value::WindowMessage(message) => message.as_ref().map_or("None".to_owned(), written_message),
        Value::Message(Message::Text(text)) => quoted(text),
        Value::Message(Message::Process(id)) => id.0.to_string(),
        Value::Alerted => "WSA_WAIT_IO_COMPLETION".to_owned(),
        Value::Packet(packet) => packet.as_ref().map_or("None".to_owned(), written_packet),
        Value::Signalled(index) => index.map_or("None".to_owned(), |index| index.to_string()),
        _ => return None,
    })
}

fn written_return(value: &SpiReturn) -> Option<String> {
    Some(match value {
        SpiReturn::Started { version, .. } => version_text(*version),
        SpiReturn::Socket { peer, .. } => format!("\"{}\"", peer.as_deref()?),
        SpiReturn::Info(info) | SpiReturn::ProtocolInfo(info) => {
            let (id, reserved) = (info.catalog_entry_id(), info.reserved());
            format!("Block(name: {:?}, catalog_entry_id: {id}, provider_reserved: {reserved})", entry_name(info))
        }
        SpiReturn::Sent(bytes) => bytes.to_string(),
        SpiReturn::Received(received) => written_received(received),
        SpiReturn::Bytes(bytes) => written_bytes(bytes),
        SpiReturn::Address(address) => format!("\"{address}\""),
        SpiReturn::Events(record) => written_events(record),
        SpiReturn::Text(text, _) => quoted(text),
        SpiReturn::Ready(sets) => {
            let [read, write, except] = &**sets;
            format!("Ready(read: {read:?}, write: {write:?}, except: {except:?})")
        }
        SpiReturn::AcceptedInto(came) => {
            let data = data(&came.data);
            format!("Accepted(data: {data}, local: \"{}\", remote: \"{}\")", came.local, came.remote)
        }
        SpiReturn::Sockaddrs(came) => match &**came {
            Some((local, remote)) => format!("Sockaddrs(local: \"{local}\", remote: \"{remote}\")"),
            None => "None".to_owned(),
        },
        SpiReturn::Function(_) | SpiReturn::Done => return None,
    })
}

fn version_text(version: u16) -> String {
    let [major, minor] = version.to_le_bytes();
    format!("\"{major}.{minor}\"")
}

fn written_received(received: &Received) -> String {
    let data = data(&received.data);
    match (received.data.is_empty(), received.from, received.flags.is_empty()) {
        (true, None, true) => "End".to_owned(),
        (false, None, true) => data,
        (_, from, no_flags) => {
            let from = from.map_or(String::new(), |from| format!(", from: \"{from}\""));
            let flags = if no_flags { String::new() } else { format!(", flags: \"{}\"", received.flags) };
            format!("Received(data: {data}{from}{flags})")
        }
    }
}

fn written_bytes(bytes: &Bytes) -> String {
    match bytes.as_slice() {
        [] => "None".to_owned(),
        slice @ [_, _, _, _] => match (bytes.as_word().unwrap_or(0), Linger::decode(slice)) {
            (small @ 0..=0xffff, _) => small.to_string(),
            (_, Ok(linger)) if linger.onoff <= 1 => {
                format!("Linger(on: {}, seconds: {})", linger.is_on(), linger.seconds)
            }
            (word, _) => (word as i32).to_string(),
        },
        slice => data(slice),
    }
}

fn written_events(record: &NetworkEventRecord) -> String {
    let coded = record.events.singles().filter(|&event| record.error_of(event) != 0);
    let errors: Vec<String> = coded
        .map(|event| {
            let number = record.error_of(event) as u32;
            let name = WsaError::from_number(number).map_or(number.to_string(), |error| error.name().to_owned());
            format!("\"{event}\": {name}")
        })
        .collect();
    match (record.events.is_empty(), errors.is_empty()) {
        (true, _) => "None".to_owned(),
        (_, true) => format!("\"{}\"", record.events),
        _ => format!("Events(events: \"{}\", errors: {{{}}})", record.events, errors.join(", ")),
    }
}

fn written_message(message: &WindowMessage) -> String {
    let error = message.error.map_or(String::new(), |error| format!(", error: {}", error.name()));
    format!("Message(event: \"{}\"{error}, message: {})", message.event, message.message)
}

fn written_packet(packet: &Packet) -> String {
    let overlapped = packet.overlapped.map_or(String::new(), |id| format!(", overlapped: {id}"));
    let error = packet.error.map_or(String::new(), |error| format!(", error: {}", error.name()));
    format!("Packet(key: {}{overlapped}, transferred: {}{error})", packet.key, packet.transferred)
}

fn error_or_none(error: Option<WsaError>) -> String {
    error.map_or("None".to_owned(), |error| error.name().to_owned())
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Bytes as text if they are text, else in digits; long ones are cut.
pub(super) fn data(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 64;
    let more = bytes.len().saturating_sub(SHOWN_MAX);
    let shown = &bytes[..bytes.len() - more];
    let readable = std::str::from_utf8(shown).ok().filter(|text| !text.chars().any(|c| c.is_control() && c != '\n'));
    let mut text = match readable {
        Some(text) => quoted(text),
        None => {
            let digits: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("Hex(\"{}\")", digits.join(" "))
        }
    };
    if more > 0 {
        let _ = write!(text, " and {more} bytes more");
    }
    text
}
