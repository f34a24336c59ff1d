//! The calls a scenario can make: one row each, with the arguments and what there is to label afterwards.
//!
//! A row is: the Windows name, the arguments, what a label of the step stands for, and the machine's call, with the
//! defaults of what was left out. It makes a variant of [`Written`], which serde reads, and of [`Call`], which holds
//! the arguments once read. How labels get their values is in `build`.

use std::sync::Arc;

use serde::Deserialize;

use super::block::BlockArg;
use super::build::{
    ACCEPT_ROOM, ADDRESS_ROOM, Builder, Built, DATA_ROOM, WINDOW_MESSAGE, data_room, ioctl_room, option_room, room_or,
    triple,
};
use super::catalog_form::{self, Categories, Entries, Ids, InfoTypeArg, LayerArgs, Out, Path, Protocols, Provider};
use super::form::{
    Argument, BytesArg, CodeArg, ConditionArg, DataArg, ErrorArg, FunctionArg, HandleArg, IpcArg, NameArg, NewProcess,
    NullArg, OptionArg, ProcessArg, RoomArg, ScatterArg, TextArg, ValueArg, VersionArg, WindowArg,
};
use super::program_form::WidthArg;
use super::reader::{Kind, Reader, Shape};
use super::sets::{self, PollArg, SetArg, TimevalArg};
use super::written::expected;
use crate::abi::client::Call as ClientCall;
use crate::abi::client::Call::{Api, Os, Spi};
use crate::abi::client::{ApiCall, Cancelled, OsCall, Packet};
use crate::abi::consts::{AF_INET, JL_BOTH, SOMAXCONN, WINSOCK_VERSION_2_2};
use crate::abi::{
    AcceptBuffer, ConnectExtras, LspCategories, MessageFlags, NetworkEvents, Routine, ServiceFlags1, SocketFlags,
    SpiCall,
};
use crate::model::Constant;
use crate::model::source::Raw;
use crate::world::program::{Application, ProgramChange};

/// The arguments of an overlapped call.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverlappedArg {
    pub id: u32,
    pub event: Option<HandleArg>,
    pub routine: Option<Routine>,
}

/// The overlapped structure of a function that takes no completion routine.
#[derive(Clone, Copy, Debug)]
pub(super) struct StructureArg(pub OverlappedArg);

/// The same as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StructureWritten<'a> {
    id: u32,
    #[serde(borrow)]
    event: Option<Raw<'a>>,
}

impl Argument for StructureArg {
    type Written<'a> = StructureWritten<'a>;

    fn read<'a>(written: StructureWritten<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let event = Option::read(written.event, reader)?;
        Some(Self(OverlappedArg { id: written.id, event, routine: None }))
    }
}

/// The arguments as serde reads them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverlappedWritten<'a> {
    id: u32,
    #[serde(borrow)]
    event: Option<Raw<'a>>,
    #[serde(borrow)]
    routine: Option<Raw<'a>>,
}

impl Argument for OverlappedArg {
    type Written<'a> = OverlappedWritten<'a>;

    fn read<'a>(written: OverlappedWritten<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let event = Option::read(written.event, reader)?;
        let routine = match written.routine.map(Shape::of) {
            None | Some(Shape::Word("false")) => None,
            Some(Shape::Word("true")) => Some(Routine::Returns),
            Some(Shape::Word("Asks")) => Some(Routine::Asks),
            Some(other) => return expected(reader, other, "`true`, `false` or `Asks`"),
        };
        Some(Self { id: written.id, event, routine })
    }
}

macro_rules! calls {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? } $(gives $kind:ident)? => |$b:ident| $call:expr;)+) => {
        /// A call as serde reads it.
        #[derive(Debug, Deserialize)]
        #[serde(rename = "call", deny_unknown_fields)]
        #[allow(clippy::enum_variant_names, reason = "a variant bears its Windows name")]
        pub(super) enum Written<'a> {
            $($name { $(#[serde(borrow)] $field: <$type as Argument>::Written<'a>),* },)+
        }

        impl Written<'_> {
            /// What a label of this call's step stands for.
            pub(super) fn gives(&self) -> Option<Kind> {
                match self { $(Self::$name { .. } => calls!(@kind $($kind)?),)+ }
            }
        }

        /// A call with its arguments read.
        #[derive(Clone, Debug)]
        #[allow(clippy::enum_variant_names, reason = "a variant bears its Windows name")]
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

            /// The machine's call.
            pub(super) fn build(&self, builder: &Builder<'_>) -> Built<ClientCall> {
                Ok(match self {
                    $(Self::$name { $($field),* } => {
                        let $b = builder;
                        $call
                    })+
                })
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

/// What comes with a connection request, if anything does.
fn extras(caller: Option<&BytesArg>, callee_room: Option<u32>, quality: Option<bool>) -> Option<Box<ConnectExtras>> {
    let caller_data = caller.map(|data| Arc::clone(&data.0));
    let extras = ConnectExtras { caller_data, callee_room, quality_of_service: quality.unwrap_or(false) };
    (extras != ConnectExtras::default()).then(|| Box::new(extras))
}

/// The name of a program, if it gets one.
fn application(path: Option<&TextArg>, command_line: Option<&TextArg>) -> Option<Arc<Application>> {
    let text = |text: Option<&TextArg>| text.map_or_else(|| Arc::from(""), |text| Arc::clone(&text.0));
    let named = path.is_some() || command_line.is_some();
    named.then(|| Arc::new(Application { path: text(path), extra: text(command_line) }))
}

calls! {
    WSPSocket {
        af: Option<Constant>,
        kind: Option<Constant>,
        protocol: Option<Constant>,
        info: Option<BlockArg>,
        group: Option<u32>,
        flags: Option<SocketFlags>,
    } gives Handle => |b| {
        let info = b.block(info.as_ref())?;
        let [af, kind, protocol] = triple([af, kind, protocol], info.is_some());
        Spi(SpiCall::Socket { af, kind, protocol, info, group: group.unwrap_or(0), flags: flags.unwrap_or(OVERLAPPED) })
    };
    WSPDuplicateSocket { s: HandleArg, process: ProcessArg, info: Option<BlockArg> } gives Block => |b| {
        let info = if info.is_some() { b.info(info.as_ref())? } else { Some(b.machine.blank.clone()) };
        Spi(SpiCall::DuplicateSocket { s: b.handle(*s)?, process: b.process_id(*process)?, info })
    };
    WSPCloseSocket { s: HandleArg } => |b| Spi(SpiCall::CloseSocket { s: b.handle(*s)? });
    WSPBind { s: HandleArg, name: NameArg } => |b| Spi(SpiCall::Bind { s: b.handle(*s)?, name: b.name(*name)? });
    WSPListen { s: HandleArg, backlog: Option<Constant> } => |b| {
        Spi(SpiCall::Listen { s: b.handle(*s)?, backlog: backlog.map_or(SOMAXCONN, |backlog| backlog.0) })
    };
    WSPConnect {
        s: HandleArg,
        name: NameArg,
        caller_data: Option<BytesArg>,
        callee_room: Option<u32>,
        quality_of_service: Option<bool>,
    } => |b| {
        let extras = extras(caller_data.as_ref(), *callee_room, *quality_of_service);
        Spi(SpiCall::Connect { s: b.handle(*s)?, name: b.name(*name)?, extras })
    };
    WSPAccept { s: HandleArg, addr: Option<RoomArg>, condition: Option<ConditionArg> } gives Handle => |b| {
        let condition = condition.map(|condition| condition.0);
        Spi(SpiCall::Accept { s: b.handle(*s)?, addr: addr.and_then(|room| room.0), condition })
    };
    WSPSend {
        s: HandleArg,
        data: DataArg,
        flags: Option<MessageFlags>,
        sent: Option<NullArg>,
        overlapped: Option<OverlappedArg>,
    } => |b| Spi(SpiCall::Send {
        s: b.handle(*s)?,
        data: data.0.clone(),
        flags: flags.unwrap_or_default(),
        returned: sent.is_none(),
        overlapped: b.overlapped(*overlapped)?,
    });
    WSPSendTo {
        s: HandleArg,
        data: DataArg,
        to: NameArg,
        flags: Option<MessageFlags>,
        sent: Option<NullArg>,
        overlapped: Option<OverlappedArg>,
    } => |b| Spi(SpiCall::SendTo {
        s: b.handle(*s)?,
        data: data.0.clone(),
        flags: flags.unwrap_or_default(),
        to: b.name(*to)?,
        returned: sent.is_none(),
        overlapped: b.overlapped(*overlapped)?,
    });
    WSPRecv {
        s: HandleArg,
        room: Option<ScatterArg>,
        flags: Option<MessageFlags>,
        received: Option<NullArg>,
        overlapped: Option<OverlappedArg>,
    } => |b| Spi(SpiCall::Recv {
        s: b.handle(*s)?,
        room: data_room(room.as_ref()),
        flags: flags.unwrap_or_default(),
        returned: received.is_none(),
        overlapped: b.overlapped(*overlapped)?,
    });
    WSPRecvFrom {
        s: HandleArg,
        room: Option<ScatterArg>,
        from: Option<RoomArg>,
        flags: Option<MessageFlags>,
        received: Option<NullArg>,
        overlapped: Option<OverlappedArg>,
    } gives Address => |b| Spi(SpiCall::RecvFrom {
        s: b.handle(*s)?,
        room: data_room(room.as_ref()),
        flags: flags.unwrap_or_default(),
        from: room_or(*from, ADDRESS_ROOM),
        returned: received.is_none(),
        overlapped: b.overlapped(*overlapped)?,
    });
    WSPShutdown { s: HandleArg, how: Constant } => |b| Spi(SpiCall::Shutdown { s: b.handle(*s)?, how: how.0 });
    WSPGetSockOpt { s: HandleArg, option: OptionArg, room: Option<RoomArg> } gives Block => |b| {
        let OptionArg { level, number } = *option;
        let room = room_or(*room, option_room(level, number));
        Spi(SpiCall::GetSockOpt { s: b.handle(*s)?, level, option: number, room })
    };
    WSPSetSockOpt { s: HandleArg, option: OptionArg, value: ValueArg, negative: Option<bool> } => |b| {
        let OptionArg { level, number } = *option;
        let (value, negative) = (b.value(value)?, negative.unwrap_or(false));
        Spi(SpiCall::SetSockOpt { s: b.handle(*s)?, level, option: number, value, negative })
    };
    WSPGetSockName { s: HandleArg, room: Option<RoomArg> } gives Address => |b| {
        Spi(SpiCall::GetSockName { s: b.handle(*s)?, room: room_or(*room, ADDRESS_ROOM) })
    };
    WSPGetPeerName { s: HandleArg, room: Option<RoomArg> } gives Address => |b| {
        Spi(SpiCall::GetPeerName { s: b.handle(*s)?, room: room_or(*room, ADDRESS_ROOM) })
    };
    WSPIoctl {
        s: HandleArg,
        code: CodeArg,
        input: Option<ValueArg>,
        room: Option<RoomArg>,
        returned: Option<NullArg>,
        overlapped: Option<OverlappedArg>,
    } gives Function => |b| Spi(SpiCall::Ioctl {
        s: b.handle(*s)?,
        code: code.0,
        input: input.as_ref().map_or(Ok(None), |input| b.value(input))?,
        room: room.map_or_else(|| ioctl_room(code.0), |room| room.0),
        returned: returned.is_none(),
        overlapped: b.overlapped(*overlapped)?,
    });
    WSPEventSelect { s: HandleArg, event: Option<HandleArg>, events: Option<NetworkEvents> } => |b| {
        Spi(SpiCall::EventSelect { s: b.handle(*s)?, event: b.event(*event)?, events: events.unwrap_or_default() })
    };
    WSPAsyncSelect {
        s: HandleArg,
        window: WindowArg,
        message: Option<u32>,
        events: Option<NetworkEvents>,
    } => |b| Spi(SpiCall::AsyncSelect {
        s: b.handle(*s)?,
        window: b.window(*window)?,
        message: message.unwrap_or(WINDOW_MESSAGE),
        events: events.unwrap_or_default(),
    });
    WSPEnumNetworkEvents {
        s: HandleArg,
        event: Option<HandleArg>,
        events: Option<NullArg>,
        codes: Option<i32>,
    } => |b| {
        let out = events.is_none().then(|| codes.unwrap_or(0));
        Spi(SpiCall::EnumNetworkEvents { s: b.handle(*s)?, event: b.event(*event)?, out })
    };
    WSPAddressToString { address: NameArg, info: Option<BlockArg>, room: Option<RoomArg> } => |b| {
        let room = room_or(*room, ADDRESS_ROOM);
        Spi(SpiCall::AddressToString { address: b.name(*address)?, info: b.info(info.as_ref())?, room })
    };
    WSPStringToAddress {
        text: TextArg,
        family: Option<Constant>,
        info: Option<BlockArg>,
        room: Option<RoomArg>,
    } gives Address => |b| Spi(SpiCall::StringToAddress {
        text: Arc::clone(&text.0),
        family: family.map_or(AF_INET, |family| family.0),
        info: b.info(info.as_ref())?,
        room: room_or(*room, ADDRESS_ROOM),
    });
    WSPSelect {
        read: Option<SetArg>,
        write: Option<SetArg>,
        except: Option<SetArg>,
        timeout_ms: Option<u64>,
        timeout: Option<TimevalArg>,
    } => |b| {
        let timeout = sets::timeout(*timeout, *timeout_ms);
        Spi(SpiCall::Select { sets: b.sets([read, write, except])?, timeout })
    };
    WSPJoinLeaf {
        s: HandleArg,
        name: NameArg,
        flags: Option<Constant>,
        caller_data: Option<BytesArg>,
        callee_room: Option<u32>,
        quality_of_service: Option<bool>,
    } gives Handle => |b| {
        let flags = flags.map_or(JL_BOTH, |flags| flags.0) as u32;
        let extras = extras(caller_data.as_ref(), *callee_room, *quality_of_service);
        Spi(SpiCall::JoinLeaf { s: b.handle(*s)?, name: b.name(*name)?, extras, flags })
    };
    WSPSendDisconnect { s: HandleArg, data: Option<DataArg> } => |b| {
        let data = data.as_ref().map(|data| data.0.clone());
        Spi(SpiCall::SendDisconnect { s: b.handle(*s)?, data })
    };
    WSPRecvDisconnect { s: HandleArg, room: Option<RoomArg> } => |b| {
        Spi(SpiCall::RecvDisconnect { s: b.handle(*s)?, room: room.and_then(|room| room.0) })
    };
    WSPGetOverlappedResult { s: HandleArg, overlapped: u32, wait: Option<bool> } => |b| {
        let wait = wait.unwrap_or(false);
        Spi(SpiCall::GetOverlappedResult { s: b.handle(*s)?, overlapped: *overlapped, wait })
    };
    WSPGetQOSByName { s: HandleArg, name: TextArg, room: Option<u32>, qos: Option<NullArg> } => |b| {
        let room = room.unwrap_or(DATA_ROOM);
        Spi(SpiCall::GetQosByName { s: b.handle(*s)?, name: Arc::clone(&name.0), room, out: qos.is_none() })
    };
    WSPCancelBlockingCall {} => |_b| Spi(SpiCall::CancelBlockingCall);

    AcceptEx {
        function: FunctionArg,
        s: HandleArg,
        accept: HandleArg,
        output: Option<NullArg>,
        receive: Option<u32>,
        local: Option<u32>,
        remote: Option<u32>,
        overlapped: Option<StructureArg>,
    } => |b| {
        let (local, remote) = (local.unwrap_or(ACCEPT_ROOM), remote.unwrap_or(ACCEPT_ROOM));
        let buffer = AcceptBuffer { out: output.is_none(), receive: receive.unwrap_or(0), local, remote };
        let (s, accept, overlapped) = (b.handle(*s)?, b.handle(*accept)?, b.overlapped(overlapped.map(|o| o.0))?);
        b.extension(*function, SpiCall::AcceptEx { s, accept, buffer: Box::new(buffer), overlapped })?
    };
    ConnectEx {
        function: FunctionArg,
        s: HandleArg,
        name: NameArg,
        data: Option<DataArg>,
        overlapped: Option<StructureArg>,
    } => |b| {
        let (s, name, overlapped) = (b.handle(*s)?, b.name(*name)?, b.overlapped(overlapped.map(|o| o.0))?);
        let data = data.as_ref().map(|data| data.0.clone());
        b.extension(*function, SpiCall::ConnectEx { s, name, data, overlapped })?
    };
    DisconnectEx {
        function: FunctionArg,
        s: HandleArg,
        flags: Option<Constant>,
        reserved: Option<u32>,
        overlapped: Option<StructureArg>,
    } => |b| {
        let (s, overlapped) = (b.handle(*s)?, b.overlapped(overlapped.map(|o| o.0))?);
        let (flags, reserved) = (flags.map_or(0, |flags| flags.0) as u32, reserved.unwrap_or(0));
        b.extension(*function, SpiCall::DisconnectEx { s, flags, reserved, overlapped })?
    };
    GetAcceptExSockaddrs { function: FunctionArg, overlapped: u32 } => |b| {
        b.extension(*function, SpiCall::GetAcceptExSockaddrs { overlapped: *overlapped })?
    };

    WSAStartup { version: Option<VersionArg> } => |_b| {
        Api(ApiCall::Startup { version: version.map_or(WINSOCK_VERSION_2_2, |version| version.0) })
    };
    WSACleanup {} => |_b| Api(ApiCall::Cleanup);
    WSAGetLastError {} => |_b| Api(ApiCall::GetLastError);
    WSASetLastError { error: Option<ErrorArg> } => |_b| {
        Api(ApiCall::SetLastError { error: error.and_then(|error| error.0) })
    };
    WSADuplicateSocketA { s: HandleArg, process: ProcessArg, info: Option<NullArg> } gives Block => |b| {
        let (s, process) = (b.handle(*s)?, b.process_id(*process)?);
        Api(ApiCall::DuplicateSocketA { s, process, out: info.is_none() })
    };
    WSASocketA {
        af: Option<Constant>,
        kind: Option<Constant>,
        protocol: Option<Constant>,
        info: Option<BlockArg>,
        group: Option<u32>,
        flags: Option<SocketFlags>,
    } gives Handle => |b| {
        let info = b.block_a(info.as_ref())?;
        let [af, kind, protocol] = triple([af, kind, protocol], info.is_some());
        let (group, flags) = (group.unwrap_or(0), flags.unwrap_or(OVERLAPPED));
        Api(ApiCall::SocketA { af, kind, protocol, info, group, flags })
    };
    WSAEnumProtocols { protocols: Option<Arc<[Constant]>>, room: Option<RoomArg> } => |_b| {
        let protocols = protocols.as_ref().map(|protocols| protocols.iter().map(|protocol| protocol.0).collect());
        Api(ApiCall::EnumProtocols { protocols, room: room.map_or(Some(u32::MAX), |room| room.0) })
    };
    WSAProviderConfigChange { handle: Option<HandleArg>, overlapped: Option<OverlappedArg> } gives Handle => |b| {
        Api(ApiCall::ProviderConfigChange { handle: Some(b.event(*handle)?), overlapped: b.overlapped(*overlapped)? })
    };
    WSACreateEvent {} gives Handle => |_b| Api(ApiCall::CreateEvent);
    WSACloseEvent { event: HandleArg } => |b| Api(ApiCall::CloseEvent { event: b.handle(*event)? });
    WSASetEvent { event: HandleArg } => |b| Api(ApiCall::SetEvent { event: b.handle(*event)? });
    WSAResetEvent { event: HandleArg } => |b| Api(ApiCall::ResetEvent { event: b.handle(*event)? });
    WSAWaitForMultipleEvents {
        events: List,
        all: Option<bool>,
        timeout_ms: Option<u64>,
        alertable: Option<bool>,
    } => |b| {
        let (all, alertable) = (all.unwrap_or(false), alertable.unwrap_or(false));
        Api(ApiCall::WaitForMultipleEvents { events: b.handles(events)?, all, alertable, timeout_ms: *timeout_ms })
    };
    ReadFile { file: HandleArg, room: Option<ScatterArg>, overlapped: Option<OverlappedArg> } => |b| {
        let (file, overlapped) = (b.handle(*file)?, b.overlapped(*overlapped)?);
        Api(ApiCall::ReadFile { file, room: data_room(room.as_ref()), overlapped })
    };
    WriteFile { file: HandleArg, data: DataArg, overlapped: Option<OverlappedArg> } => |b| {
        let (file, overlapped) = (b.handle(*file)?, b.overlapped(*overlapped)?);
        Api(ApiCall::WriteFile { file, data: data.0.clone(), overlapped })
    };
    WSAPoll { fds: Option<Arc<[PollArg]>>, count: Option<u32>, timeout_ms: Option<i32> } => |b| {
        let (fds, timeout_ms) = (b.poll_fds(fds.as_ref())?, timeout_ms.unwrap_or(-1));
        Api(ApiCall::Poll { fds, count: count.unwrap_or(0), timeout_ms })
    };
    WSASetBlockingHook {} => |_b| Api(ApiCall::SetBlockingHook);
    WSAUnhookBlockingHook {} => |_b| Api(ApiCall::UnhookBlockingHook);

    WSCInstallProvider { provider: Provider, path: Option<Path>, entries: Option<Entries> }
        => |b| b.install(false, provider, path.as_ref(), entries.as_ref())?;
    WSCInstallProvider64_32 { provider: Provider, path: Option<Path>, entries: Option<Entries> }
        => |b| b.install(true, provider, path.as_ref(), entries.as_ref())?;
    WSCInstallProviderAndChains {
        provider: Provider, path: Option<Path>, name: Path, service_flags: Option<ServiceFlags1>,
        entries: Option<Entries>, id: Option<Out>,
    } => |b| {
        let (path, entries, id) = (path.as_ref(), entries.as_ref(), id.as_ref());
        let service_flags = service_flags.unwrap_or_default().bits();
        b.install_and_chains(false, &LayerArgs { provider, path, path32: None, name, service_flags, entries, id })?
    };
    WSCInstallProviderAndChains64_32 {
        provider: Provider, path: Option<Path>, path32: Option<Path>, name: Path,
        service_flags: Option<ServiceFlags1>, entries: Option<Entries>, id: Option<Out>,
    } => |b| {
        let (path, path32, entries, id) = (path.as_ref(), path32.as_ref(), entries.as_ref(), id.as_ref());
        let service_flags = service_flags.unwrap_or_default().bits();
        b.install_and_chains(true, &LayerArgs { provider, path, path32, name, service_flags, entries, id })?
    };
    WSCDeinstallProvider { provider: Provider, errno: Option<NullArg> }
        => |b| b.deinstall(false, provider, errno.is_none())?;
    WSCDeinstallProvider32 { provider: Provider, errno: Option<NullArg> }
        => |b| b.deinstall(true, provider, errno.is_none())?;
    WSCUpdateProvider { provider: Provider, path: Option<Path>, entries: Option<Entries> }
        => |b| b.update(false, provider, path.as_ref(), entries.as_ref())?;
    WSCUpdateProvider32 { provider: Provider, path: Option<Path>, entries: Option<Entries> }
        => |b| b.update(true, provider, path.as_ref(), entries.as_ref())?;
    WSCWriteProviderOrder { ids: Ids }
        => |b| b.write_order(false, ids)?;
    WSCWriteProviderOrder32 { ids: Ids }
        => |b| b.write_order(true, ids)?;
    WSCEnumProtocols { protocols: Option<Protocols>, room: Option<RoomArg> }
        => |_b| catalog_form::enum_protocols(false, protocols.as_ref(), *room);
    WSCEnumProtocols32 { protocols: Option<Protocols>, room: Option<RoomArg> }
        => |_b| catalog_form::enum_protocols(true, protocols.as_ref(), *room);
    WSCGetProviderPath { provider: Provider, room: Option<RoomArg> }
        => |b| b.provider_path(false, provider, *room)?;
    WSCGetProviderPath32 { provider: Provider, room: Option<RoomArg> }
        => |b| b.provider_path(true, provider, *room)?;
    WSCGetProviderInfo { provider: Provider, kind: Option<InfoTypeArg>, room: Option<RoomArg> }
        => |b| b.provider_info(false, provider, *kind, *room)?;
    WSCGetProviderInfo32 { provider: Provider, kind: Option<InfoTypeArg>, room: Option<RoomArg> }
        => |b| b.provider_info(true, provider, *kind, *room)?;
    WSCSetProviderInfo { provider: Provider, kind: Option<InfoTypeArg>, info: Categories, size: Option<u32> }
        => |b| b.set_provider_info(false, provider, *kind, catalog_form::info(info, *size))?;
    WSCSetProviderInfo32 { provider: Provider, kind: Option<InfoTypeArg>, info: Categories, size: Option<u32> }
        => |b| b.set_provider_info(true, provider, *kind, catalog_form::info(info, *size))?;
    WSCGetApplicationCategory { path: Path, extra: Option<Path>, categories: Option<NullArg> }
        => |_b| catalog_form::application_category(path, extra.as_ref(), categories.is_none());
    WSCSetApplicationCategory { path: Path, extra: Option<Path>, categories: LspCategories, previous: Option<Out> }
        => |_b| catalog_form::set_application_category(path, extra.as_ref(), *categories, previous.as_ref());

    CreateProcess {
        name: NewProcess,
        suspended: Option<bool>,
        inherit: Option<bool>,
        id_of: Option<ProcessArg>,
        width: Option<WidthArg>,
        administrator: Option<bool>,
        path: Option<TextArg>,
        command_line: Option<TextArg>,
    } => |b| {
        let _the_label = name;
        let id = id_of.map(|id| b.process_id(id)).transpose()?;
        let (suspended, inherit) = (suspended.unwrap_or(false), inherit.unwrap_or(false));
        let application = application(path.as_ref(), command_line.as_ref());
        let program = ProgramChange { width: width.map(|width| width.0), administrator: *administrator, application };
        Os(OsCall::CreateProcess { suspended, inherit, id, program })
    };
    ResumeProcess { process: ProcessArg } => |b| Os(OsCall::ResumeProcess { process: b.process_id(*process)? });
    TerminateProcess { process: ProcessArg } => |b| Os(OsCall::TerminateProcess { process: b.process_id(*process)? });
    ExitProcess {} => |_b| Os(OsCall::ExitProcess);
    OpenProcess { process: ProcessArg } gives Handle => |b| {
        Os(OsCall::OpenProcess { process: b.process_id(*process)? })
    };
    DuplicateHandle { handle: HandleArg, target: ProcessArg, inheritable: Option<bool> } gives Handle => |b| {
        let (handle, target) = (b.handle(*handle)?, b.process_id(*target)?);
        Os(OsCall::DuplicateHandle { handle, target, inheritable: inheritable.unwrap_or(false) })
    };
    SetHandleInformation { handle: HandleArg, inheritable: bool } => |b| {
        Os(OsCall::SetHandleInformation { handle: b.handle(*handle)?, inheritable: *inheritable })
    };
    GetHandleInformation { handle: HandleArg } => |b| {
        Os(OsCall::GetHandleInformation { handle: b.handle(*handle)? })
    };
    CloseHandle { handle: HandleArg } => |b| Os(OsCall::CloseHandle { handle: b.handle(*handle)? });
    CreateWindow {} gives Window => |_b| Os(OsCall::CreateWindow);
    DestroyWindow { window: WindowArg } => |b| Os(OsCall::DestroyWindow { window: b.window(*window)? });
    GetMessage { window: WindowArg } => |b| Os(OsCall::GetMessage { window: b.window(*window)?, wait: true });
    PeekMessage { window: WindowArg } => |b| Os(OsCall::GetMessage { window: b.window(*window)?, wait: false });
    ExitThread {} => |_b| Os(OsCall::ExitThread);
    SleepEx { timeout_ms: Option<u64>, alertable: Option<bool> } => |_b| {
        Os(OsCall::SleepEx { timeout_ms: *timeout_ms, alertable: alertable.unwrap_or(false) })
    };
    CreateIoCompletionPort { file: Option<HandleArg>, port: Option<HandleArg>, key: Option<u64> } gives Handle => |b| {
        let file = file.map(|file| b.handle(file)).transpose()?;
        let port = port.map(|port| b.handle(port)).transpose()?;
        Os(OsCall::CreateIoCompletionPort { file, port, key: key.unwrap_or(0) })
    };
    GetQueuedCompletionStatus { port: HandleArg, timeout_ms: Option<u64> } => |b| {
        Os(OsCall::GetQueuedCompletionStatus { port: b.handle(*port)?, timeout_ms: *timeout_ms })
    };
    PostQueuedCompletionStatus {
        port: HandleArg,
        key: Option<u64>,
        overlapped: Option<u32>,
        transferred: Option<u32>,
    } => |b| {
        let (key, transferred) = (key.unwrap_or(0), transferred.unwrap_or(0));
        let packet = Packet { key, overlapped: *overlapped, transferred, error: None };
        Os(OsCall::PostQueuedCompletionStatus { port: b.handle(*port)?, packet })
    };
    CancelIo { file: HandleArg } => |b| Os(OsCall::CancelIo { file: b.handle(*file)?, whose: Cancelled::Thread });
    CancelIoEx { file: HandleArg, overlapped: Option<u32> } => |b| {
        let whose = overlapped.map_or(Cancelled::Process, Cancelled::One);
        Os(OsCall::CancelIo { file: b.handle(*file)?, whose })
    };
    GetCurrentProcessId {} gives ProcessId => |_b| Os(OsCall::GetCurrentProcessId);
    Send { to: ProcessArg, value: IpcArg } => |b| {
        Os(OsCall::SendMessage { to: b.process_id(*to)?, value: b.message(value)? })
    };
    Receive {} gives Any => |_b| Os(OsCall::ReceiveMessage);
}

/// The flags of a socket when a scenario names none, as those of `socket`.
const OVERLAPPED: SocketFlags = SocketFlags::OVERLAPPED;
