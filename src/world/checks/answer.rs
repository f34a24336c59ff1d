//! Answers that say less than they must, or something else: Duty22, Duty23, Duty24, Duty36, Duty37.

use super::Checker;
use super::breach::{Fact, Findings, find};
use super::crossing::{Crossing, Scene};
use crate::abi::{Ioctl, SpiCall, SpiFunction, SpiResult, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::world::ids::Handle;

impl Checker {
    /// A provider has answered.
    pub(super) fn check_answer(&self, ended: &Crossing, result: &SpiResult, scene: Scene<'_>, found: &mut Findings) {
        check_ioctl(scene, ended, result, found);
        let value = match result {
            Ok(value) => value,
            Err(error) => return check_error(scene, ended, *error, found),
        };
        let function = ended.call.function();
        if let Some(expected) = promised(function).filter(|_| !fits(function, value)) {
            find(found, RuleId::Duty23, ended.shape, Vec::new(), Fact::Words(expected), Fact::Words(kind(value)));
        }
        if let Some(empty) = scene.world.machine.shape(ended.shape).missing.iter().next()
            && function == SpiFunction::WspStartup
        {
            let (expected, actual) = (Fact::Words("a table without gaps"), Fact::Words("a table with empty entries"));
            let matters = vec![("the first empty entry", Fact::Function(empty))];
            find(found, RuleId::Duty23, ended.shape, matters, expected, actual);
        }
        if let SpiReturn::Socket { socket: Handle::INVALID, .. } = value {
            let actual = Fact::Words("INVALID_SOCKET");
            find(found, RuleId::Duty23, ended.shape, Vec::new(), Fact::Words("a descriptor"), actual);
        }
        if let (SpiCall::Select { sets, .. }, SpiReturn::Ready(ready)) = (&ended.call, value) {
            let strangers = sets.iter().zip(ready.iter());
            let stranger = strangers.flat_map(|(set, ready)| ready.iter().find(|s| !set.members().contains(s))).next();
            if let Some(&stranger) = stranger {
                let actual = Fact::HandleThat(scene.thread.process, stranger, "in none of the sets");
                find(found, RuleId::Duty24, ended.shape, Vec::new(), Fact::Words("members of the sets"), actual);
            }
        }
    }
}

/// A call has failed. ws2_32 reports a failure without a code as WSASYSCALLFAILURE, and so it stands here.
fn check_error(scene: Scene<'_>, ended: &Crossing, error: WsaError, found: &mut Findings) {
    let below = ended.below.iter().rev().find(|below| below.function == ended.call.function());
    let from_below = below.and_then(|below| below.error);
    // Whatever call it was of: the start of a next link, say.
    let handed_up = ended.below.iter().any(|below| below.error == Some(error));
    match from_below {
        Some(from_below) if from_below == error => {}
        Some(from_below) if !scene.is_base(ended.shape) && from_below != WsaError::IoPending => {
            let (rule, expected) = (RuleId::Duty36, Fact::Error(from_below));
            find(found, rule, ended.shape, Vec::new(), expected, Fact::Error(error));
        }
        // A system call that should not fail may have failed below a base, or where an upcall was refused.
        _ if error == WsaError::SysCallFailure && !ended.refused && !handed_up && !scene.is_base(ended.shape) => {
            let (expected, actual) = (Fact::Words("an error code"), Fact::Words("none"));
            find(found, RuleId::Duty22, ended.shape, Vec::new(), expected, actual);
        }
        _ => {}
    }
}

/// SIO_BASE_HANDLE asks whoever is last. A handle that was closed behind the back of the layer above is nobody's.
fn check_ioctl(scene: Scene<'_>, ended: &Crossing, result: &SpiResult, found: &mut Findings) {
    let SpiCall::Ioctl { s, code, .. } = ended.call else { return };
    let asks = Ioctl::lookup(code) == Some(Ioctl::BaseHandle) && !scene.is_base(ended.shape);
    let unknown =
        *result == Err(WsaError::NotSock) && scene.binding(s).is_none_or(|binding| binding.instance != ended.runs);
    if asks && !unknown && !ended.below.iter().any(|below| below.function == SpiFunction::WspIoctl) {
        let (expected, actual) = (Fact::Words("the answer of the base"), Fact::Words("an answer of its own"));
        find(found, RuleId::Duty37, ended.shape, Vec::new(), expected, actual);
    }
}

/// What a successful call gives beside its success; `None` when that depends, or when there is nothing.
fn promised(function: SpiFunction) -> Option<&'static str> {
    Some(match function {
        SpiFunction::WspStartup => "a version",
        SpiFunction::WspSocket | SpiFunction::WspAccept | SpiFunction::WspJoinLeaf => "a descriptor",
        SpiFunction::WspDuplicateSocket => "a filled protocol info",
        SpiFunction::WspGetSockName | SpiFunction::WspGetPeerName | SpiFunction::WspStringToAddress => "an address",
        SpiFunction::WspAddressToString => "text",
        SpiFunction::WspSelect => "the ready members",
        SpiFunction::WspEnumNetworkEvents => "the network events",
        SpiFunction::WspSend | SpiFunction::WspSendTo => "the number of bytes sent",
        SpiFunction::WspRecv | SpiFunction::WspRecvFrom => "the bytes received",
        _ => return None,
    })
}

fn fits(function: SpiFunction, value: &SpiReturn) -> bool {
    match function {
        SpiFunction::WspStartup => matches!(value, SpiReturn::Started { .. }),
        SpiFunction::WspSocket | SpiFunction::WspAccept | SpiFunction::WspJoinLeaf => {
            matches!(value, SpiReturn::Socket { .. })
        }
        SpiFunction::WspDuplicateSocket => matches!(value, SpiReturn::Info(_)),
        SpiFunction::WspGetSockName | SpiFunction::WspGetPeerName | SpiFunction::WspStringToAddress => {
            matches!(value, SpiReturn::Address(_))
        }
        SpiFunction::WspAddressToString => matches!(value, SpiReturn::Text(..)),
        SpiFunction::WspSelect => matches!(value, SpiReturn::Ready(_)),
        SpiFunction::WspEnumNetworkEvents => matches!(value, SpiReturn::Events(_)),
        SpiFunction::WspSend | SpiFunction::WspSendTo => matches!(value, SpiReturn::Sent(_)),
        SpiFunction::WspRecv | SpiFunction::WspRecvFrom => matches!(value, SpiReturn::Received(_)),
        _ => true,
    }
}

/// What an answer is.
fn kind(value: &SpiReturn) -> &'static str {
    match value {
        SpiReturn::Done => "success and nothing else",
        SpiReturn::Started { .. } => "a version",
        SpiReturn::Socket { .. } => "a descriptor",
        SpiReturn::Info(_) | SpiReturn::ProtocolInfo(_) => "a protocol info",
        SpiReturn::Sent(_) => "a number of bytes sent",
        SpiReturn::Received(_) => "bytes received",
        SpiReturn::Bytes(_) => "the value of an option or ioctl",
        SpiReturn::Address(_) => "an address",
        SpiReturn::Events(_) => "network events",
        SpiReturn::Text(..) => "text",
        SpiReturn::Ready(_) => "ready members",
        SpiReturn::Function(_) => "a function",
        SpiReturn::AcceptedInto(_) => "what AcceptEx gives",
        SpiReturn::Sockaddrs(_) => "two names",
    }
}
