//! Changes of shared sockets, by name and fields.

use super::value::{Fields, Value};
use crate::abi::SockAddr;
use crate::world::afd::{Change, Ended, Family, Kind, Lost, OptionValue, Target, Transport};
use crate::world::ids::{Handle, Incarnation};

/// The name of a change and what it says beside the socket.
#[must_use]
pub fn of_socket(change: &Change) -> (&'static str, Fields) {
    of_connection(change).or_else(|| of_data(change)).unwrap_or_else(|| of_state(change))
}

fn of_connection(change: &Change) -> Option<(&'static str, Fields)> {
    Some(match change {
        Change::Bound { name, .. } => ("bound", vec![("name", Value::address(name))]),
        Change::Listening { backlog, .. } => ("listening", vec![("backlog", (*backlog).into())]),
        Change::Connecting { to, .. } => ("connecting", vec![("to", Value::address(to))]),
        Change::Connected { peer, peer_socket, .. } => {
            let other = peer_socket.map_or(Value::Null, Value::Socket);
            ("connected", vec![("peer", Value::address(peer)), ("peer_socket", other)])
        }
        Change::ConnectFailed { error, .. } => ("connect_failed", vec![("error", Value::Error(*error))]),
        Change::Dissolved { .. } => ("dissolved", Vec::new()),
        Change::Requested { from, queued, .. } => ("requested", vec![address(from), ("queued", (*queued).into())]),
        Change::RequestEnded { from, how, .. } => {
            ("request_ended", vec![address(from), ("how", Value::word(ended(*how)))])
        }
        Change::Deferred { .. } => ("deferred", Vec::new()),
        Change::Accepted { accepted, .. } => ("accepted", vec![("accepted", Value::Socket(*accepted))]),
        Change::EndOfStream { .. } => ("end_of_stream", Vec::new()),
        Change::Broken { error, .. } => ("broken", vec![("error", Value::Error(*error))]),
        _ => return None,
    })
}

fn of_data(change: &Change) -> Option<(&'static str, Fields)> {
    Some(match change {
        Change::Queued { bytes, queued, .. } => ("queued", vec![length(*bytes), ("queued", (*queued).into())]),
        Change::Held { bytes, unsent, .. } => ("held", vec![length(*bytes), ("unsent", (*unsent).into())]),
        Change::Passed { bytes, unsent, .. } => ("passed", vec![length(*bytes), ("unsent", (*unsent).into())]),
        Change::Taken { bytes, left, .. } => ("taken", vec![length(*bytes), ("left", (*left).into())]),
        Change::DatagramQueued { from, bytes, .. } => ("datagram_queued", vec![address(from), length(*bytes)]),
        Change::DatagramTaken { from, bytes, left, .. } => {
            ("datagram_taken", vec![address(from), length(*bytes), ("left", (*left).into())])
        }
        Change::OnItsWay { bytes, arrives, .. } => {
            ("on_its_way", vec![length(*bytes), ("arrives", Value::timeout(arrives.map(|when| when.0)))])
        }
        Change::DatagramLost { why, .. } => ("datagram_lost", vec![("why", Value::word(lost(*why)))]),
        Change::OperationPending { overlapped, pending, .. } => {
            ("operation_pending", vec![("overlapped", (*overlapped).into()), ("pending", (*pending).into())])
        }
        Change::OperationEnded { function, overlapped, bytes, error, .. } => {
            let error = error.map_or(Value::Null, Value::Error);
            let call = Value::word(function.name());
            (
                "operation_ended",
                vec![("call", call), ("overlapped", (*overlapped).into()), length(*bytes), ("error", error)],
            )
        }
        _ => return None,
    })
}

fn of_state(change: &Change) -> (&'static str, Fields) {
    match change {
        Change::Created { transport, .. } => {
            let (family, kind) = words(*transport);
            ("created", vec![("family", Value::word(family)), ("type", Value::word(kind))])
        }
        Change::References { descriptors, duplications, .. } => {
            ("references", vec![("descriptors", (*descriptors).into()), ("duplications", (*duplications).into())])
        }
        Change::ShutDown { send, receive, .. } => {
            ("shut_down", vec![("send", (*send).into()), ("receive", (*receive).into())])
        }
        Change::OptionSet { option, value, .. } => {
            ("option_set", vec![("option", Value::word(option.name())), ("value", option_value(value))])
        }
        Change::Mode { nonblocking, .. } => ("mode", vec![("nonblocking", (*nonblocking).into())]),
        Change::Registered { registrant, target, mask, .. } => {
            let mut fields = by(registrant.process, registrant.handle);
            fields.push(("events", Value::flags(mask)));
            fields.push(("target", self::target(target)));
            ("registered", fields)
        }
        Change::RegistrationCancelled { registrant, .. } => {
            ("registration_cancelled", by(registrant.process, registrant.handle))
        }
        Change::Reported { event, error, .. } => {
            let error = error.map_or(Value::Null, Value::Error);
            ("reported", vec![("events", Value::flags(event)), ("error", error)])
        }
        Change::RecordCleared { events, .. } => ("record_cleared", vec![("events", Value::flags(events))]),
        Change::Closing { unsent, .. } => ("closing", vec![("unsent", (*unsent).into())]),
        Change::Lingering { until, .. } => ("lingering", vec![("until", Value::timeout(Some(until.0)))]),
        _ => ("destroyed", Vec::new()),
    }
}

fn words(transport: Transport) -> (&'static str, &'static str) {
    let family = match transport.family {
        Family::V4 => "AF_INET",
        Family::V6 => "AF_INET6",
    };
    let kind = match transport.kind {
        Kind::Stream => "SOCK_STREAM",
        Kind::Datagram => "SOCK_DGRAM",
        Kind::Messages => "SOCK_SEQPACKET",
        Kind::Raw => "SOCK_RAW",
    };
    (family, kind)
}

fn address(from: &SockAddr) -> (&'static str, Value) {
    ("from", Value::address(from))
}

fn length(bytes: usize) -> (&'static str, Value) {
    ("bytes", bytes.into())
}

/// A descriptor of some process: its number means nothing without it.
fn by(process: Incarnation, handle: Handle) -> Fields {
    vec![("by", Value::Owner(process)), ("through", Value::HandleOf(process, handle))]
}

fn target(target: &Target) -> Value {
    match target {
        Target::Event(event) => Value::Word(format!("event {}", event.0).into()),
        Target::Window { process, window, message, socket } => Value::Fields(vec![
            ("process", Value::Owner(*process)),
            ("hWnd", (*window).into()),
            ("wMsg", (*message).into()),
            ("wParam", Value::HandleOf(*process, *socket)),
        ]),
    }
}

fn option_value(value: &OptionValue) -> Value {
    match value {
        OptionValue::Bool(value) => (*value).into(),
        OptionValue::Int(value) => (*value).into(),
        OptionValue::U32(value) => (*value).into(),
        OptionValue::Bytes(bytes) => Value::Data(bytes.clone()),
        other => Value::flags(other),
    }
}

fn ended(how: Ended) -> &'static str {
    match how {
        Ended::Refused => "refused",
        Ended::Reset => "reset",
        Ended::Withdrawn => "withdrawn",
    }
}

fn lost(why: Lost) -> &'static str {
    match why {
        Lost::QueueFull => "queue_full",
        Lost::NotFromPeer => "not_from_peer",
        Lost::NobodyThere => "nobody_there",
        Lost::Silence => "silence",
        Lost::OnTheWay => "on_the_way",
        Lost::NotLooped => "not_looped",
        Lost::NotFromSource => "not_from_source",
        Lost::NotForRaw => "not_for_raw",
    }
}
