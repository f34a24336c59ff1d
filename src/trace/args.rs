//! The arguments of calls into providers and of upcalls, by their documented names.

use super::value::{Fields, Value};
use crate::abi::consts::{self, SOL_SOCKET};
use crate::abi::upcall::UpcallCall;
use crate::abi::{
    Bytes, Condition, ConnectExtras, FdSet, Ioctl, Linger, OptionType, Overlapped, SelectTimeout, SockOpt, SpiCall,
    WsaError,
};
use crate::world::ids::Handle;

/// The arguments of a call into a provider.
#[must_use]
pub fn of_spi(call: &SpiCall) -> Fields {
    let told = of_life(call).or_else(|| of_connection(call)).or_else(|| of_transfer(call));
    told.or_else(|| of_options(call)).unwrap_or_else(|| of_events(call))
}

/// WSPStartup, WSPSocket and whatever else makes, passes on or ends things.
fn of_life(call: &SpiCall) -> Option<Fields> {
    Some(match call {
        SpiCall::Startup { version, info, out } => vec![
            ("wVersionRequested", Value::version(*version)),
            ("lpProtocolInfo", Value::Info(info.clone())),
            ("lpProcTable", Value::pointer(*out)),
        ],
        SpiCall::Cleanup | SpiCall::CancelBlockingCall => Vec::new(),
        SpiCall::Socket { af, kind, protocol, info, group, flags } => vec![
            ("af", Value::family(*af)),
            ("type", Value::socket_type(*kind)),
            ("protocol", Value::protocol(*protocol)),
            ("lpProtocolInfo", info.as_ref().map_or(Value::Null, Value::from)),
            ("g", (*group).into()),
            ("dwFlags", Value::flags(flags)),
        ],
        SpiCall::DuplicateSocket { s, process, info } => {
            vec![socket(*s), ("dwProcessId", (*process).into()), ("lpProtocolInfo", info.into())]
        }
        SpiCall::CloseSocket { s } => vec![socket(*s)],
        SpiCall::Shutdown { s, how } => vec![socket(*s), ("how", Value::named(*how, consts::shutdown_name(*how)))],
        _ => return None,
    })
}

/// Calls about names and connections.
fn of_connection(call: &SpiCall) -> Option<Fields> {
    Some(match call {
        SpiCall::Bind { s, name } => vec![socket(*s), ("name", name.into())],
        SpiCall::Listen { s, backlog } => vec![socket(*s), ("backlog", self::backlog(*backlog))],
        SpiCall::Connect { s, name, extras } => with(vec![socket(*s), ("name", name.into())], extras.as_deref()),
        SpiCall::JoinLeaf { s, name, extras, flags } => {
            let mut fields = with(vec![socket(*s), ("name", name.into())], extras.as_deref());
            let role = i32::try_from(*flags).ok().and_then(consts::join_leaf_name);
            fields.push(("dwFlags", role.map_or((*flags).into(), Value::word)));
            fields
        }
        SpiCall::Accept { s, addr, condition } => {
            vec![socket(*s), ("addrlen", addr.into()), ("lpfnCondition", self::condition(*condition))]
        }
        SpiCall::AcceptEx { s, accept, buffer, overlapped } => vec![
            ("sListenSocket", (*s).into()),
            ("sAcceptSocket", (*accept).into()),
            ("lpOutputBuffer", Value::pointer(buffer.out)),
            ("dwReceiveDataLength", buffer.receive.into()),
            ("dwLocalAddressLength", Value::Room(buffer.local)),
            ("dwRemoteAddressLength", Value::Room(buffer.remote)),
            lp_overlapped(overlapped),
        ],
        SpiCall::ConnectEx { s, name, data, overlapped } => vec![
            socket(*s),
            ("name", name.into()),
            ("lpSendBuffer", data.as_ref().map_or(Value::Null, Value::from)),
            lp_overlapped(overlapped),
        ],
        SpiCall::DisconnectEx { s, flags, reserved, overlapped } => {
            let known = i32::try_from(*flags).ok().and_then(consts::disconnect_name);
            let flags = known.map_or((*flags).into(), Value::word);
            vec![socket(*s), lp_overlapped(overlapped), ("dwFlags", flags), ("dwReserved", (*reserved).into())]
        }
        SpiCall::GetAcceptExSockaddrs { overlapped } => vec![("lpOutputBuffer", (*overlapped).into())],
        SpiCall::GetSockName { s, room } | SpiCall::GetPeerName { s, room } => {
            vec![socket(*s), ("namelen", room.into())]
        }
        SpiCall::AddressToString { address, info, room } => {
            vec![
                ("lpsaAddress", address.into()),
                ("lpProtocolInfo", info.into()),
                ("lpdwAddressStringLength", room.into()),
            ]
        }
        SpiCall::StringToAddress { text, family, info, room } => vec![
            ("AddressString", Value::Text(text.clone())),
            ("AddressFamily", Value::family(*family)),
            ("lpProtocolInfo", info.into()),
            ("lpAddressLength", room.into()),
        ],
        _ => return None,
    })
}

/// Calls that move data. A count that is not asked for is shown, the usual one is not.
fn of_transfer(call: &SpiCall) -> Option<Fields> {
    let mut fields = of_buffers(call)?;
    fields.extend(match call {
        SpiCall::Send { returned: false, .. } | SpiCall::SendTo { returned: false, .. } => {
            Some(("lpNumberOfBytesSent", Value::Null))
        }
        SpiCall::Recv { returned: false, .. } | SpiCall::RecvFrom { returned: false, .. } => {
            Some(("lpNumberOfBytesRecvd", Value::Null))
        }
        _ => None,
    });
    Some(fields)
}

fn of_buffers(call: &SpiCall) -> Option<Fields> {
    Some(match call {
        SpiCall::Send { s, data, flags, overlapped, .. } => {
            vec![socket(*s), ("lpBuffers", data.into()), ("dwFlags", Value::flags(flags)), lp_overlapped(overlapped)]
        }
        SpiCall::SendTo { s, data, flags, to, overlapped, .. } => vec![
            socket(*s),
            ("lpBuffers", data.into()),
            ("dwFlags", Value::flags(flags)),
            ("lpTo", to.into()),
            lp_overlapped(overlapped),
        ],
        SpiCall::Recv { s, room, flags, overlapped, .. } => {
            vec![socket(*s), ("lpBuffers", room.into()), ("lpFlags", Value::flags(flags)), lp_overlapped(overlapped)]
        }
        SpiCall::RecvFrom { s, room, flags, from, overlapped, .. } => vec![
            socket(*s),
            ("lpBuffers", room.into()),
            ("lpFlags", Value::flags(flags)),
            ("lpFromlen", from.into()),
            lp_overlapped(overlapped),
        ],
        SpiCall::SendDisconnect { s, data } => {
            vec![socket(*s), ("lpOutboundDisconnectData", data.as_ref().map_or(Value::Null, Value::from))]
        }
        SpiCall::RecvDisconnect { s, room } => vec![socket(*s), ("lpInboundDisconnectData", room.into())],
        SpiCall::GetOverlappedResult { s, overlapped, wait } => {
            vec![socket(*s), ("lpOverlapped", (*overlapped).into()), ("fWait", (*wait).into())]
        }
        _ => return None,
    })
}

/// Options and ioctls.
fn of_options(call: &SpiCall) -> Option<Fields> {
    Some(match call {
        SpiCall::GetSockOpt { s, level, option, room } => {
            vec![
                socket(*s),
                ("level", self::level(*level)),
                ("optname", optname(*level, *option)),
                ("optlen", room.into()),
            ]
        }
        SpiCall::SetSockOpt { s, level, option, value, negative } => {
            let mut fields = vec![
                socket(*s),
                ("level", self::level(*level)),
                ("optname", optname(*level, *option)),
                ("optval", value.as_ref().map_or(Value::Null, |bytes| option_value(*level, *option, bytes))),
            ];
            fields.extend(negative.then_some(("optlen", (-1).into())));
            fields
        }
        SpiCall::Ioctl { s, code, input, room, returned, overlapped } => vec![
            socket(*s),
            ("dwIoControlCode", ioctl_code(*code)),
            ("lpvInBuffer", input.as_ref().map_or(Value::Null, word_or_bytes)),
            ("cbOutBuffer", room.into()),
            ("lpcbBytesReturned", Value::pointer(*returned)),
            lp_overlapped(overlapped),
        ],
        _ => return None,
    })
}

/// Events.
fn of_events(call: &SpiCall) -> Fields {
    match call {
        SpiCall::EventSelect { s, event, events } => {
            vec![socket(*s), ("hEventObject", (*event).into()), ("lNetworkEvents", Value::flags(events))]
        }
        SpiCall::AsyncSelect { s, window, message, events } => {
            vec![socket(*s), ("hWnd", (*window).into()), ("wMsg", (*message).into()), ("lEvent", Value::flags(events))]
        }
        SpiCall::EnumNetworkEvents { s, event, out } => {
            vec![socket(*s), ("hEventObject", (*event).into()), ("lpNetworkEvents", Value::pointer(out.is_some()))]
        }
        SpiCall::Select { sets, timeout } => {
            let [read, write, except] = &**sets;
            vec![
                ("readfds", fd_set(read)),
                ("writefds", fd_set(write)),
                ("exceptfds", fd_set(except)),
                ("timeout", select_timeout(*timeout)),
            ]
        }
        SpiCall::GetQosByName { s, name, out, .. } => {
            vec![socket(*s), ("lpQOSName", Value::Text(name.clone())), ("lpQOS", Value::pointer(*out))]
        }
        _ => Vec::new(),
    }
}

/// The arguments of an upcall.
#[must_use]
pub fn of_upcall(call: &UpcallCall) -> Fields {
    match call {
        UpcallCall::ModifyIfsHandle { entry, handle } => {
            vec![("dwCatalogEntryId", Value::Entry(*entry)), ("ProposedHandle", (*handle).into())]
        }
        UpcallCall::CreateSocketHandle { entry, context } => {
            vec![("dwCatalogEntryId", Value::Entry(*entry)), ("dwContext", (*context).into())]
        }
        UpcallCall::CloseSocketHandle { s } | UpcallCall::QuerySocketHandleContext { s } => vec![socket(*s)],
        UpcallCall::FdIsSet { s, set } => vec![socket(*s), ("set", handles(Some(set)))],
        UpcallCall::GetProviderPath { provider } => vec![("lpProviderId", Value::flags(provider))],
        UpcallCall::QueryBlockingCallback { entry } => vec![("dwCatalogEntryId", Value::Entry(*entry))],
        UpcallCall::CreateEvent | UpcallCall::OpenCurrentThread => Vec::new(),
        UpcallCall::CloseEvent { event } | UpcallCall::SetEvent { event } | UpcallCall::ResetEvent { event } => {
            vec![("hEvent", (*event).into())]
        }
        UpcallCall::PostMessage { window, message, socket } => {
            vec![("hWnd", (*window).into()), ("Msg", (*message).into()), ("wParam", (*socket).into())]
        }
        UpcallCall::QueueApc { thread } | UpcallCall::CloseThread { thread } => {
            vec![("lpThreadId", (*thread).into())]
        }
        UpcallCall::CompleteOverlappedRequest { s, overlapped, error, transferred } => vec![
            socket(*s),
            ("lpOverlapped", (*overlapped).into()),
            ("dwError", error_or_zero(*error)),
            ("cbTransferred", (*transferred).into()),
        ],
    }
}

/// An error number that may be zero.
pub(super) fn error_or_zero(error: Option<WsaError>) -> Value {
    error.map_or(Value::Number(0), Value::Error)
}

/// What the bytes of an option mean.
pub(super) fn option_value(level: i32, option: i32, bytes: &Bytes) -> Value {
    let kind = SockOpt::lookup(level, option).map(|known| known.row().value);
    match (kind, bytes.as_word()) {
        (Some(OptionType::Bool), Some(word)) => Value::Bool(word != 0),
        (Some(OptionType::Int), Some(word)) => Value::Number(i64::from(word as i32)),
        (Some(OptionType::U32), Some(word)) => word.into(),
        (Some(OptionType::Linger), Some(_)) => linger(bytes),
        _ => word_or_bytes(bytes),
    }
}

fn linger(bytes: &Bytes) -> Value {
    match Linger::decode(bytes.as_slice()) {
        Ok(linger) => Value::Fields(vec![
            ("l_onoff", u32::from(linger.onoff).into()),
            ("l_linger", u32::from(linger.seconds).into()),
        ]),
        Err(_) => word_or_bytes(bytes),
    }
}

/// Four bytes are read as a number.
pub(super) fn word_or_bytes(bytes: &Bytes) -> Value {
    match (bytes.as_slice().len(), bytes.as_word()) {
        (4, Some(word)) => word.into(),
        _ => Value::data(bytes.as_slice()),
    }
}

/// Handles of a set or list; `None` is NULL.
pub(super) fn handles(handles: Option<&[Handle]>) -> Value {
    handles.map_or(Value::Null, |handles| Value::List(handles.iter().map(|&handle| handle.into()).collect()))
}

fn fd_set(set: &FdSet) -> Value {
    match set {
        FdSet::Null => Value::Null,
        FdSet::Wild => Value::Wild,
        FdSet::Of(members) => handles(Some(members)),
    }
}

fn select_timeout(timeout: SelectTimeout) -> Value {
    match (timeout, timeout.ms()) {
        (SelectTimeout::Wild, _) => Value::Wild,
        (_, Ok(ms)) => Value::timeout(ms),
        (SelectTimeout::After { seconds, micros }, Err(_)) => {
            Value::Fields(vec![("tv_sec", seconds.into()), ("tv_usec", micros.into())])
        }
        (SelectTimeout::Forever, Err(_)) => Value::Null,
    }
}

fn socket(s: Handle) -> (&'static str, Value) {
    ("s", s.into())
}

fn backlog(backlog: i32) -> Value {
    Value::named(backlog, (backlog == consts::SOMAXCONN).then_some("SOMAXCONN"))
}

fn level(level: i32) -> Value {
    Value::named(level, (level == SOL_SOCKET).then_some("SOL_SOCKET").or_else(|| consts::protocol_name(level)))
}

fn optname(level: i32, option: i32) -> Value {
    Value::named(option, SockOpt::lookup(level, option).map(SockOpt::name))
}

fn ioctl_code(code: u32) -> Value {
    Ioctl::lookup(code).map_or_else(|| Value::word(format!("{code:#010x}")), |known| Value::word(known.name()))
}

fn condition(condition: Option<Condition>) -> Value {
    match condition {
        None => Value::Null,
        Some(Condition::Wild) => Value::Wild,
        Some(Condition::Asks) => Value::word("asks"),
        Some(Condition::Returns(answer)) => Value::named(answer, consts::condition_name(answer)),
    }
}

pub(super) fn lp_overlapped(overlapped: &Option<Box<Overlapped>>) -> (&'static str, Value) {
    let value = overlapped.as_ref().map_or(Value::Null, |overlapped| {
        Value::Fields(vec![
            ("id", overlapped.id.into()),
            ("hEvent", overlapped.event.into()),
            ("lpCompletionRoutine", overlapped.routine.is_some().into()),
        ])
    });
    ("lpOverlapped", value)
}

fn with(mut fields: Fields, extras: Option<&ConnectExtras>) -> Fields {
    if let Some(extras) = extras {
        fields.push(("lpCallerData", (&extras.caller_data).into()));
        fields.push(("lpCalleeData", (&extras.callee_room).into()));
        fields.push(("lpSQOS", extras.quality_of_service.into()));
    }
    fields
}
