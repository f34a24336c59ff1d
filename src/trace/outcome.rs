//! What calls give back.

use super::args::{error_or_zero, handles, option_value, word_or_bytes};
use super::client::{message, narrow_info};
use super::io;
use super::value::Value;
use crate::abi::client::{Value as ClientValue, WindowMessage, WsaData};
use crate::abi::upcall::UpcallReturn;
use crate::abi::{NetworkEventRecord, NetworkEvents, Received, SockAddr, SpiCall, SpiReturn};
use crate::world::ids::Handle;

/// What a provider gave back; the call says what bytes mean.
#[must_use]
pub fn of_spi(value: &SpiReturn, call: Option<&SpiCall>) -> Value {
    match value {
        SpiReturn::Bytes(bytes) => match call {
            Some(SpiCall::GetSockOpt { level, option, .. }) => option_value(*level, *option, bytes),
            _ => word_or_bytes(bytes),
        },
        SpiReturn::Done => Value::Success,
        SpiReturn::Started { version, high } => {
            Value::Fields(vec![("wVersion", Value::version(*version)), ("wHighVersion", Value::version(*high))])
        }
        SpiReturn::Socket { socket, peer: None } => (*socket).into(),
        SpiReturn::Socket { socket, peer: Some(peer) } => accepted(*socket, peer),
        SpiReturn::Info(info) | SpiReturn::ProtocolInfo(info) => Value::Info(info.clone()),
        SpiReturn::Sent(bytes) => (*bytes).into(),
        SpiReturn::Received(received) => of_receive(received),
        SpiReturn::Address(address) => Value::address(address),
        SpiReturn::Events(record) => of_record(record),
        SpiReturn::Function(pointer) => Value::Function(*pointer),
        SpiReturn::AcceptedInto(accepted) => Value::Fields(vec![
            ("data", Value::data(&accepted.data)),
            ("local", Value::address(&accepted.local)),
            ("remote", Value::address(&accepted.remote)),
        ]),
        SpiReturn::Sockaddrs(found) => match &**found {
            Some((local, remote)) => Value::Fields(vec![
                ("LocalSockaddr", Value::address(local)),
                ("RemoteSockaddr", Value::address(remote)),
            ]),
            None => Value::Null,
        },
        SpiReturn::Text(text, length) => {
            Value::Fields(vec![("text", Value::Text(text.clone())), ("length", (*length).into())])
        }
        SpiReturn::Ready(sets) => {
            let [read, write, except] = &**sets;
            Value::Fields(vec![
                ("readfds", handles(Some(read))),
                ("writefds", handles(Some(write))),
                ("exceptfds", handles(Some(except))),
            ])
        }
    }
}

/// What a client got; the call says what bytes mean.
#[must_use]
pub fn of_client(value: &ClientValue, call: Option<&SpiCall>) -> Value {
    match value {
        ClientValue::Spi(value) => of_spi(value, call),
        ClientValue::Done => Value::Success,
        ClientValue::Bool(value) => (*value).into(),
        ClientValue::Handle(handle) => (*handle).into(),
        ClientValue::WsaData(data) => wsa_data(data),
        ClientValue::LastError(error) => error_or_zero(*error),
        ClientValue::InfoA(info) => narrow_info(info),
        ClientValue::Infos(infos) => Value::List(infos.iter().map(|info| Value::Info(info.clone())).collect()),
        ClientValue::CatalogId(id) => id.map_or(Value::Success, |id| id.into()),
        ClientValue::Path(path) => Value::Text(path.clone()),
        ClientValue::Categories(categories) => Value::flags(categories),
        ClientValue::Process { id, .. } | ClientValue::ProcessId(id) => (*id).into(),
        ClientValue::Thread(index) => (*index).into(),
        ClientValue::Window(window) => (*window).into(),
        ClientValue::WindowMessage(message) => message.as_ref().map_or(Value::Null, of_window_message),
        ClientValue::Message(value) => message(value),
        ClientValue::Signalled(Some(index)) => Value::Word(format!("WSA_WAIT_EVENT_{index}").into()),
        ClientValue::Polled(events) => Value::List(events.iter().map(Value::flags).collect()),
        ClientValue::Alerted => Value::word("WSA_WAIT_IO_COMPLETION"),
        ClientValue::Packet(Some(packet)) => Value::Fields(io::of_packet(packet)),
        ClientValue::Packet(None) => Value::word("WAIT_TIMEOUT"),
        ClientValue::Signalled(None) => Value::word("WSA_WAIT_TIMEOUT"),
    }
}

/// What an upcall gave.
#[must_use]
pub fn of_upcall(value: &UpcallReturn) -> Value {
    match value {
        UpcallReturn::Done => Value::Success,
        UpcallReturn::Handle(handle) => (*handle).into(),
        UpcallReturn::Context(context) => (*context).into(),
        UpcallReturn::Path(path) => Value::Text(path.clone()),
        UpcallReturn::Bool(value) => (*value).into(),
    }
}

/// A message in a window's queue.
#[must_use]
pub fn of_window_message(message: &WindowMessage) -> Value {
    let mut fields = vec![
        ("Msg", message.message.into()),
        ("wParam", message.socket.into()),
        ("WSAGETSELECTEVENT", Value::flags(message.event)),
    ];
    if let Some(error) = message.error {
        fields.push(("WSAGETSELECTERROR", Value::Error(error)));
    }
    Value::Fields(fields)
}

fn accepted(socket: Handle, peer: &SockAddr) -> Value {
    Value::Fields(vec![("s", socket.into()), ("addr", Value::address(peer))])
}

/// The bytes; a structure only when there is more to say.
fn of_receive(received: &Received) -> Value {
    let data = Value::data(&received.data);
    if received.flags.is_empty() && received.from.is_none() {
        return data;
    }
    let mut fields = vec![("lpBuffers", data)];
    if !received.flags.is_empty() {
        fields.push(("lpFlags", Value::flags(received.flags)));
    }
    if let Some(from) = &received.from {
        fields.push(("lpFrom", Value::address(from)));
    }
    Value::Fields(fields)
}

/// The events, and the error numbers that are not zero.
fn of_record(record: &NetworkEventRecord) -> Value {
    let mut fields = vec![("lNetworkEvents", Value::flags(record.events))];
    let errors = NetworkEvents::windows_names().iter().map(|&(name, event)| (name, record.error_of(event)));
    for (name, error) in errors.filter(|&(_, error)| error != 0) {
        let known = u32::try_from(error).ok().and_then(crate::abi::WsaError::from_number);
        fields.push((name, known.map_or(error.into(), Value::Error)));
    }
    Value::Fields(fields)
}

/// WSADATA; the limits only where they are not zero.
fn wsa_data(data: &WsaData) -> Value {
    let mut fields =
        vec![("wVersion", Value::version(data.version)), ("wHighVersion", Value::version(data.high_version))];
    let limits = [("iMaxSockets", data.max_sockets), ("iMaxUdpDg", data.max_udp_dg)];
    fields.extend(
        limits.into_iter().filter(|(_, limit)| *limit != 0).map(|(name, limit)| (name, i32::from(limit).into())),
    );
    Value::Fields(fields)
}
