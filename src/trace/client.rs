//! Names and arguments of what a client calls: the SPI by its own names, ws2_32 and the OS by theirs.

use super::args::{self, error_or_zero, handles};
use super::io;
use super::value::{Fields, Value};
use crate::abi::ProtocolInfoW;
use crate::abi::client::{ApiCall, Call, Cancelled, Message, OsCall};
use crate::abi::{Info, PollFd, ProtocolInfoA};
use crate::world::ids::Handle;

/// The name of the function.
#[must_use]
pub fn name(call: &Call) -> &'static str {
    match call {
        Call::Spi(call) => call.function().name(),
        Call::Api(call) => api_name(call),
        Call::Catalog(call) => call.function().name(),
        Call::Os(call) => os_name(call),
    }
}

/// The arguments by their documented names.
#[must_use]
pub fn arguments(call: &Call) -> Fields {
    match call {
        Call::Spi(call) => args::of_spi(call),
        Call::Api(call) => of_api(call),
        Call::Catalog(call) => super::catalog::of_call(call),
        Call::Os(call) => of_os(call),
    }
}

/// A value that travels between processes.
#[must_use]
pub fn message(message: &Message) -> Value {
    match message {
        Message::Info(info) => Value::Info(info.clone()),
        Message::InfoA(info) => narrow_info(info),
        Message::Process(id) => (*id).into(),
        Message::Handle(handle) => (*handle).into(),
        Message::Text(text) => Value::Text(text.clone()),
    }
}

/// An ANSI protocol info: only its name differs from the wide one.
pub(super) fn narrow_info(info: &ProtocolInfoA) -> Value {
    Value::Info(Info::new(ProtocolInfoW::from(info)))
}

fn api_name(call: &ApiCall) -> &'static str {
    match call {
        ApiCall::Startup { .. } => "WSAStartup",
        ApiCall::Cleanup => "WSACleanup",
        ApiCall::GetLastError => "WSAGetLastError",
        ApiCall::SetLastError { .. } => "WSASetLastError",
        ApiCall::DuplicateSocketA { .. } => "WSADuplicateSocketA",
        ApiCall::SocketA { .. } => "WSASocketA",
        ApiCall::EnumProtocols { .. } => "WSAEnumProtocols",
        ApiCall::ProviderConfigChange { .. } => "WSAProviderConfigChange",
        ApiCall::CreateEvent => "WSACreateEvent",
        ApiCall::CloseEvent { .. } => "WSACloseEvent",
        ApiCall::SetEvent { .. } => "WSASetEvent",
        ApiCall::ResetEvent { .. } => "WSAResetEvent",
        ApiCall::WaitForMultipleEvents { .. } => "WSAWaitForMultipleEvents",
        ApiCall::Poll { .. } => "WSAPoll",
        ApiCall::ReadFile { .. } => "ReadFile",
        ApiCall::WriteFile { .. } => "WriteFile",
        ApiCall::Extension { call, .. } => call.function().name(),
        ApiCall::SetBlockingHook => "WSASetBlockingHook",
        ApiCall::UnhookBlockingHook => "WSAUnhookBlockingHook",
    }
}

fn of_api(call: &ApiCall) -> Fields {
    match call {
        ApiCall::Startup { version } => vec![("wVersionRequested", Value::version(*version))],
        ApiCall::SetLastError { error } => vec![("iError", error_or_zero(*error))],
        ApiCall::DuplicateSocketA { s, process, out } => {
            vec![("s", (*s).into()), ("dwProcessId", (*process).into()), ("lpProtocolInfo", Value::pointer(*out))]
        }
        ApiCall::SocketA { af, kind, protocol, info, group, flags } => vec![
            ("af", Value::family(*af)),
            ("type", Value::socket_type(*kind)),
            ("protocol", Value::protocol(*protocol)),
            ("lpProtocolInfo", info.as_ref().map_or(Value::Null, Value::from)),
            ("g", (*group).into()),
            ("dwFlags", Value::flags(flags)),
        ],
        ApiCall::ReadFile { file, room, overlapped } => {
            vec![("hFile", (*file).into()), ("lpBuffer", room.into()), args::lp_overlapped(overlapped)]
        }
        ApiCall::WriteFile { file, data, overlapped } => {
            vec![("hFile", (*file).into()), ("lpBuffer", data.into()), args::lp_overlapped(overlapped)]
        }
        ApiCall::CloseEvent { event } | ApiCall::SetEvent { event } | ApiCall::ResetEvent { event } => {
            vec![("hEvent", (*event).into())]
        }
        ApiCall::WaitForMultipleEvents { events, all, alertable, timeout_ms } => vec![
            ("lphEvents", handles(Some(events))),
            ("fWaitAll", (*all).into()),
            ("dwTimeout", Value::timeout(*timeout_ms)),
            ("fAlertable", (*alertable).into()),
        ],
        ApiCall::Extension { pointer, call } => {
            let mut fields = vec![("function", Value::Function(*pointer))];
            fields.extend(args::of_spi(call));
            fields
        }
        ApiCall::Poll { fds, count, timeout_ms } => vec![
            ("fdArray", fds.as_ref().map_or(Value::Null, |fds| Value::List(fds.iter().map(poll_fd).collect()))),
            ("nfds", fds.as_ref().map_or((*count).into(), |fds| fds.len().into())),
            ("timeout", Value::timeout(u64::try_from(*timeout_ms).ok())),
        ],
        ApiCall::ProviderConfigChange { handle, overlapped } => {
            vec![("lpNotificationHandle", handle.map_or(Value::Null, Value::from)), args::lp_overlapped(overlapped)]
        }
        ApiCall::EnumProtocols { protocols, room } => {
            let mut fields = Vec::new();
            fields.extend(protocols.as_ref().map(|protocols| {
                ("lpiProtocols", Value::List(protocols.iter().map(|&protocol| protocol.into()).collect()))
            }));
            fields.extend((*room != Some(u32::MAX)).then(|| ("lpdwBufferLength", room.into())));
            fields
        }
        ApiCall::Cleanup
        | ApiCall::GetLastError
        | ApiCall::CreateEvent
        | ApiCall::SetBlockingHook
        | ApiCall::UnhookBlockingHook => Vec::new(),
    }
}

fn poll_fd(fd: &PollFd) -> Value {
    Value::Fields(vec![("fd", fd.fd.into()), ("events", Value::flags(fd.events))])
}

fn os_name(call: &OsCall) -> &'static str {
    match call {
        OsCall::CreateProcess { .. } => "CreateProcess",
        OsCall::ResumeProcess { .. } => "ResumeThread",
        OsCall::ExitProcess => "ExitProcess",
        OsCall::TerminateProcess { .. } => "TerminateProcess",
        OsCall::OpenProcess { .. } => "OpenProcess",
        OsCall::CreateThread => "CreateThread",
        OsCall::DuplicateHandle { .. } => "DuplicateHandle",
        OsCall::SetHandleInformation { .. } => "SetHandleInformation",
        OsCall::GetHandleInformation { .. } => "GetHandleInformation",
        OsCall::CloseHandle { .. } => "CloseHandle",
        OsCall::CreateWindow => "CreateWindow",
        OsCall::DestroyWindow { .. } => "DestroyWindow",
        OsCall::GetMessage { wait: true, .. } => "GetMessage",
        OsCall::GetMessage { wait: false, .. } => "PeekMessage",
        OsCall::GetCurrentProcessId => "GetCurrentProcessId",
        OsCall::ExitThread => "ExitThread",
        OsCall::SleepEx { .. } => "SleepEx",
        OsCall::CreateIoCompletionPort { .. } => "CreateIoCompletionPort",
        OsCall::GetQueuedCompletionStatus { .. } => "GetQueuedCompletionStatus",
        OsCall::PostQueuedCompletionStatus { .. } => "PostQueuedCompletionStatus",
        OsCall::CancelIo { whose: Cancelled::Thread, .. } => "CancelIo",
        OsCall::CancelIo { .. } => "CancelIoEx",
        OsCall::SendMessage { .. } => "Send",
        OsCall::ReceiveMessage => "Receive",
    }
}

fn of_os(call: &OsCall) -> Fields {
    match call {
        OsCall::CreateProcess { suspended, inherit, id, program } => {
            let mut fields = vec![
                ("suspended", (*suspended).into()),
                ("bInheritHandles", (*inherit).into()),
                // Nobody has the id yet.
                ("dwProcessId", id.map_or(Value::Null, |id| id.0.into())),
            ];
            fields.extend(program.width.map(|width| ("width", width.bits().into())));
            fields.extend(program.administrator.map(|yes| ("administrator", yes.into())));
            if let Some(application) = &program.application {
                fields.push(("lpApplicationName", Value::Text(application.path.clone())));
                fields.push(("lpCommandLine", Value::Text(application.extra.clone())));
            }
            fields
        }
        OsCall::ResumeProcess { process } | OsCall::TerminateProcess { process } | OsCall::OpenProcess { process } => {
            vec![("dwProcessId", (*process).into())]
        }
        OsCall::DuplicateHandle { handle, target, inheritable } => vec![
            ("hSourceHandle", (*handle).into()),
            ("target", (*target).into()),
            ("bInheritHandle", (*inheritable).into()),
        ],
        OsCall::SetHandleInformation { handle, inheritable } => {
            vec![("hObject", (*handle).into()), ("HANDLE_FLAG_INHERIT", (*inheritable).into())]
        }
        OsCall::GetHandleInformation { handle } | OsCall::CloseHandle { handle } => {
            vec![("hObject", (*handle).into())]
        }
        OsCall::DestroyWindow { window } | OsCall::GetMessage { window, .. } => vec![("hWnd", (*window).into())],
        OsCall::SendMessage { to, value } => vec![("to", (*to).into()), ("value", message(value))],
        OsCall::SleepEx { timeout_ms, alertable } => {
            vec![("dwMilliseconds", Value::timeout(*timeout_ms)), ("bAlertable", (*alertable).into())]
        }
        OsCall::CreateIoCompletionPort { file, port, key } => vec![
            ("FileHandle", file.unwrap_or(Handle::INVALID).into()),
            ("ExistingCompletionPort", port.unwrap_or(Handle::NULL).into()),
            ("CompletionKey", Value::Number((*key).try_into().unwrap_or(i64::MAX))),
        ],
        OsCall::GetQueuedCompletionStatus { port, timeout_ms } => {
            vec![("CompletionPort", (*port).into()), ("dwMilliseconds", Value::timeout(*timeout_ms))]
        }
        OsCall::PostQueuedCompletionStatus { port, packet } => {
            let mut fields = vec![("CompletionPort", (*port).into())];
            fields.extend(io::of_packet(packet));
            fields
        }
        OsCall::CancelIo { file, whose } => {
            vec![("hFile", (*file).into()), ("lpOverlapped", io::of_cancelled(*whose))]
        }
        OsCall::ExitProcess
        | OsCall::ExitThread
        | OsCall::CreateThread
        | OsCall::CreateWindow
        | OsCall::GetCurrentProcessId
        | OsCall::ReceiveMessage => Vec::new(),
    }
}
