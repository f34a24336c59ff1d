//! Completion routines and packets: what a finished overlapped operation leaves with the client.

use super::value::{Fields, Value};
use crate::abi::WsaError;
use crate::abi::client::{Cancelled, Packet};
use crate::world::apc::Apc;

/// The arguments of a completion routine.
#[must_use]
pub fn of_apc(apc: &Apc) -> Fields {
    vec![
        ("dwError", error_or_zero(apc.error)),
        ("cbTransferred", apc.transferred.into()),
        ("lpOverlapped", apc.overlapped.into()),
    ]
}

/// What a completion port hands out.
#[must_use]
pub fn of_packet(packet: &Packet) -> Fields {
    vec![
        ("CompletionKey", Value::Number(packet.key.try_into().unwrap_or(i64::MAX))),
        ("lpOverlapped", packet.overlapped.map_or(Value::Null, Value::from)),
        ("cbTransferred", packet.transferred.into()),
        ("dwError", error_or_zero(packet.error)),
    ]
}

/// Which operations CancelIo and CancelIoEx end.
pub(super) fn of_cancelled(whose: Cancelled) -> Value {
    match whose {
        Cancelled::Thread | Cancelled::Process => Value::Null,
        Cancelled::One(id) => id.into(),
    }
}

fn error_or_zero(error: Option<WsaError>) -> Value {
    error.map_or(Value::Number(0), Value::Error)
}
