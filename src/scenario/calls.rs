//! The calls a scenario can make: one row each, with the arguments and what there is to label afterwards.
//!
//! A row makes a variant of [`Written`], which serde reads, and of [`Call`], which holds the arguments once read. How
//! a `Call` becomes one of the machine's calls is in `build`.

use std::sync::Arc;

use serde::Deserialize;

use super::block::BlockArg;
use super::form::{
    Argument, BytesArg, CodeArg, ConditionArg, DataArg, ErrorArg, HandleArg, IpcArg, NameArg, NewProcess, NullArg,
    OptionArg, ProcessArg, RoomArg, ScatterArg, TextArg, ValueArg, VersionArg, WindowArg,
};
use super::reader::{Kind, Reader};
use crate::abi::{MessageFlags, NetworkEvents, SocketFlags};
use crate::model::Constant;

/// The arguments of an overlapped call.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverlappedArg {
    pub id: u32,
    pub event: Option<HandleArg>,
    pub routine: bool,
}

/// The same as serde reads them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverlappedWritten<'a> {
    id: u32,
    #[serde(borrow)]
    event: Option<&'a ron::value::RawValue>,
    #[serde(default)]
    routine: bool,
}

impl Argument for OverlappedArg {
    type Written<'a> = OverlappedWritten<'a>;

    fn read<'a>(written: OverlappedWritten<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let event = Option::read(written.event, reader)?;
        Some(Self { id: written.id, event, routine: written.routine })
    }
}

macro_rules! calls {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? } $(gives $kind:ident)?;)+) => {
        /// A call as serde reads it.
        #[derive(Debug, Deserialize)]
        #[serde(rename = "call", deny_unknown_fields)]
        pub(super) enum Written<'a> {
            $($name { $(#[serde(borrow)] $field: <$type as Argument>::Written<'a>),* },)+
        }

        /// A call with its arguments read.
        #[derive(Clone, Debug)]
        pub(super) enum Call {
            $($name { $($field: $type),* },)+
        }

        impl Call {
            /// The Windows name.
            pub(super) fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)+ }
            }

            /// What a label of this call's step stands for.
            pub(super) fn gives(&self) -> Option<Kind> {
                match self { $(Self::$name { .. } => calls!(@kind $($kind)?),)+ }
            }
        }

        impl Argument for Call {
            type Written<'a> = Written<'a>;

            fn read<'a>(written: Written<'a>, reader: &mut Reader<'a>) -> Option<Self> {
                Some(match written {
                    $(Written::$name { $($field),* } => {
                        $(let $field = <$type as Argument>::read($field, reader);)*
                        Self::$name { $($field: $field?),* }
                    })+
                })
            }
        }
    };
    (@kind) => { None };
    (@kind $kind:ident) => { Some(Kind::$kind) };
}

type List = Arc<[HandleArg]>;

calls! {
    WSPSocket {
        af: Option<Constant>,
        kind: Option<Constant>,
        protocol: Option<Constant>,
        info: Option<BlockArg>,
        group: Option<u32>,
        flags: Option<SocketFlags>,
    } gives Handle;
    WSPDuplicateSocket { s: HandleArg, process: ProcessArg, info: Option<BlockArg> } gives Block;
    WSPCloseSocket { s: HandleArg };
    WSPBind { s: HandleArg, name: NameArg };
    WSPListen { s: HandleArg, backlog: Option<Constant> };
    WSPConnect {
        s: HandleArg,
        name: NameArg,
        caller_data: Option<BytesArg>,
        callee_room: Option<u32>,
        quality_of_service: Option<bool>,
    };
    WSPAccept { s: HandleArg, addr: Option<RoomArg>, condition: Option<ConditionArg> } gives Handle;
    WSPSend { s: HandleArg, data: DataArg, flags: Option<MessageFlags>, overlapped: Option<OverlappedArg> };
    WSPSendTo {
        s: HandleArg,
        data: DataArg,
        to: NameArg,
        flags: Option<MessageFlags>,
        overlapped: Option<OverlappedArg>,
    };
    WSPRecv {
        s: HandleArg,
        room: Option<ScatterArg>,
        flags: Option<MessageFlags>,
        overlapped: Option<OverlappedArg>,
    };
    WSPRecvFrom {
        s: HandleArg,
        room: Option<ScatterArg>,
        from: Option<RoomArg>,
        flags: Option<MessageFlags>,
        overlapped: Option<OverlappedArg>,
    } gives Address;
    WSPShutdown { s: HandleArg, how: Constant };
    WSPGetSockOpt { s: HandleArg, option: OptionArg, room: Option<RoomArg> } gives Block;
    WSPSetSockOpt { s: HandleArg, option: OptionArg, value: ValueArg };
    WSPGetSockName { s: HandleArg, room: Option<RoomArg> } gives Address;
    WSPGetPeerName { s: HandleArg, room: Option<RoomArg> } gives Address;
    WSPIoctl {
        s: HandleArg,
        code: CodeArg,
        input: Option<ValueArg>,
        room: Option<RoomArg>,
        returned: Option<NullArg>,
        overlapped: Option<OverlappedArg>,
    };
    WSPEventSelect { s: HandleArg, event: Option<HandleArg>, events: Option<NetworkEvents> };
    WSPAsyncSelect { s: HandleArg, window: WindowArg, message: Option<u32>, events: Option<NetworkEvents> };
    WSPEnumNetworkEvents { s: HandleArg, event: Option<HandleArg>, events: Option<NullArg> };
    WSPAddressToString { address: NameArg, info: Option<BlockArg>, room: Option<RoomArg> };
    WSPStringToAddress {
        text: TextArg,
        family: Option<Constant>,
        info: Option<BlockArg>,
        room: Option<RoomArg>,
    } gives Address;
    WSPSelect {
        read: Option<List>,
        write: Option<List>,
        except: Option<List>,
        timeout_ms: Option<u64>,
    };
    WSPJoinLeaf { s: HandleArg, name: NameArg, flags: Option<u32> } gives Handle;
    WSPSendDisconnect { s: HandleArg, data: Option<BytesArg> };
    WSPRecvDisconnect { s: HandleArg, room: Option<RoomArg> };
    WSPGetOverlappedResult { s: HandleArg, overlapped: u32, wait: Option<bool> };
    WSPGetQOSByName { s: HandleArg, name: TextArg, qos: Option<NullArg> };
    WSPCancelBlockingCall {};

    WSAStartup { version: Option<VersionArg> };
    WSACleanup {};
    WSAGetLastError {};
    WSASetLastError { error: Option<ErrorArg> };
    WSADuplicateSocketA { s: HandleArg, process: ProcessArg, info: Option<NullArg> } gives Block;
    WSASocketA {
        af: Option<Constant>,
        kind: Option<Constant>,
        protocol: Option<Constant>,
        info: Option<BlockArg>,
        group: Option<u32>,
        flags: Option<SocketFlags>,
    } gives Handle;
    WSAEnumProtocols {};
    WSACreateEvent {} gives Handle;
    WSACloseEvent { event: HandleArg };
    WSASetEvent { event: HandleArg };
    WSAResetEvent { event: HandleArg };
    WSAWaitForMultipleEvents { events: List, all: Option<bool>, timeout_ms: Option<u64> };
    WSASetBlockingHook {};
    WSAUnhookBlockingHook {};

    CreateProcess {
        name: NewProcess,
        suspended: Option<bool>,
        inherit: Option<bool>,
        id_of: Option<ProcessArg>,
    };
    ResumeProcess { process: ProcessArg };
    TerminateProcess { process: ProcessArg };
    ExitProcess {};
    OpenProcess { process: ProcessArg } gives Handle;
    DuplicateHandle { handle: HandleArg, target: ProcessArg, inheritable: Option<bool> } gives Handle;
    SetHandleInformation { handle: HandleArg, inheritable: bool };
    GetHandleInformation { handle: HandleArg };
    CloseHandle { handle: HandleArg };
    CreateWindow {} gives Window;
    DestroyWindow { window: WindowArg };
    GetMessage { window: WindowArg };
    PeekMessage { window: WindowArg };
    GetCurrentProcessId {} gives ProcessId;
    Send { to: ProcessArg, value: IpcArg };
    Receive {} gives Any;
}
