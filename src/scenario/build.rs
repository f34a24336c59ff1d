//! From a call as a scenario writes it to a call of the machine: labels get their values, and what was left out gets
//! the default the reference names.

use std::sync::Arc;

use super::block::BlockArg;
use super::calls::{Call, OverlappedArg};
use super::form::{
    DataArg, HandleArg, IpcArg, NameArg, OptionArg, ProcessArg, RoomArg, ScatterArg, ValueArg, WindowArg,
};
use super::values::{Obstacle, Values};
use crate::abi::client::{ApiCall, BlockA, Call as ClientCall, Message, OsCall};
use crate::abi::consts::{self, AF_INET, FROM_PROTOCOL_INFO, SOMAXCONN};
use crate::abi::{
    Block, ConnectExtras, Info, Ioctl, IoctlData, MessageFlags, Name, NetworkEvents, OptionType, Overlapped,
    ProtocolInfoA, ProtocolInfoW, ProtocolName, Room, Scatter, SockOpt, SocketFlags, SpiCall, sizes,
};
use crate::model::Constant;
use crate::world::ids::{Handle, ProcessId, Window};
use crate::world::machine::Machine;

/// Room for an address or its text, when the scenario does not say.
const ADDRESS_ROOM: u32 = sizes::SOCKADDR_STORAGE as u32;

/// Room for data, when the scenario does not say.
const DATA_ROOM: u32 = 65_536;

/// Room for values without a fixed size, when the scenario does not say.
const VALUE_ROOM: u32 = 4_096;

/// The number of a window message, when the scenario does not say: WM_USER + 1.
const WINDOW_MESSAGE: u32 = 1_025;

/// What calls are built from.
pub(super) struct Builder<'a> {
    pub machine: &'a Machine,
    pub values: &'a Values,
}

type Built<T> = Result<T, Obstacle>;

impl Builder<'_> {
    /// The machine's call.
    pub(super) fn call(&self, call: &Call) -> Built<ClientCall> {
        if let Some(call) = self.os(call)? {
            return Ok(ClientCall::Os(call));
        }
        if let Some(call) = self.api(call)? {
            return Ok(ClientCall::Api(call));
        }
        self.spi(call).map(ClientCall::Spi)
    }

    pub(super) fn handle(&self, arg: HandleArg) -> Built<Handle> {
        match arg {
            HandleArg::Number(number) => Ok(Handle(number)),
            HandleArg::Slot(slot) => self.values.handle(slot).map(|(_, handle)| handle),
        }
    }

    pub(super) fn process_id(&self, arg: ProcessArg) -> Built<ProcessId> {
        match arg {
            ProcessArg::Number(number) => Ok(ProcessId(number)),
            ProcessArg::Slot(slot) => self.values.process_id(slot),
        }
    }

    fn window(&self, arg: WindowArg) -> Built<Window> {
        match arg {
            WindowArg::Number(number) => Ok(Window(number)),
            WindowArg::Slot(slot) => self.values.window(slot).map(|(_, window)| window),
        }
    }

    fn event(&self, arg: Option<HandleArg>) -> Built<Handle> {
        arg.map_or(Ok(Handle::NULL), |event| self.handle(event))
    }

    fn handles(&self, args: &[HandleArg]) -> Built<Arc<[Handle]>> {
        args.iter().map(|&arg| self.handle(arg)).collect()
    }

    fn name(&self, arg: NameArg) -> Built<Name> {
        Ok(match arg {
            NameArg::Null => Name::Null,
            NameArg::At(address, None) => Name::of(address),
            NameArg::At(address, Some(len)) => Name::At { address, len },
            NameArg::Slot(slot) => Name::of(self.values.address(slot)?),
        })
    }

    /// The record a block starts from.
    fn record(&self, arg: &BlockArg) -> Built<Info> {
        match arg {
            BlockArg::Null => Ok(self.machine.blank.clone()),
            BlockArg::Slot(slot) => self.values.block(*slot),
            BlockArg::Entry(name) => self.entry(name),
            BlockArg::Tampered(tampered) => self.record(&tampered.of),
        }
    }

    /// The catalog record with a name.
    pub(super) fn entry(&self, name: &Arc<str>) -> Built<Info> {
        let wanted = ProtocolName::from(&**name);
        let mut entries = self.machine.catalog.entries().iter().map(|entry| &entry.info);
        let found = entries.find(|info| info.fields().protocol_name == wanted);
        found.cloned().ok_or_else(|| Obstacle::NotInModel(Arc::clone(name)))
    }

    fn block(&self, arg: &BlockArg) -> Built<Option<Block>> {
        Ok(Some(match arg {
            BlockArg::Null => return Ok(None),
            BlockArg::Tampered(tampered) => {
                Block::read(&tampered.bytes(&self.record(arg)?, |record| record.encode().to_vec()))
            }
            other => Block::Info(self.record(other)?),
        }))
    }

    fn block_a(&self, arg: &BlockArg) -> Built<Option<BlockA>> {
        Ok(Some(match arg {
            BlockArg::Null => return Ok(None),
            BlockArg::Tampered(tampered) => {
                let narrow = |record: &ProtocolInfoW| ProtocolInfoA::from(record).encode().to_vec();
                let bytes = tampered.bytes(&self.record(arg)?, narrow);
                match ProtocolInfoA::decode(&bytes) {
                    Ok(info) => BlockA::Info(Box::new(info)),
                    Err(_) => BlockA::WrongLength(bytes.len() as u32),
                }
            }
            other => BlockA::Info(Box::new(self.record(other)?.ansi())),
        }))
    }

    /// A record where only a record can stand; `None` is NULL.
    fn info(&self, arg: Option<&BlockArg>) -> Built<Option<Info>> {
        match arg {
            None | Some(BlockArg::Null) => Ok(None),
            Some(arg) => match self.block(arg)? {
                Some(Block::Info(info)) => Ok(Some(info)),
                _ => Ok(None),
            },
        }
    }

    fn overlapped(&self, arg: Option<OverlappedArg>) -> Built<Option<Box<Overlapped>>> {
        let Some(OverlappedArg { id, event, routine }) = arg else { return Ok(None) };
        Ok(Some(Box::new(Overlapped { id, event: self.event(event)?, routine })))
    }

    fn message(&self, arg: &IpcArg) -> Built<Message> {
        match arg {
            IpcArg::Slot(slot) => self.values.message(*slot),
            IpcArg::Text(text) => Ok(Message::Text(Arc::clone(text))),
        }
    }

    fn os(&self, call: &Call) -> Built<Option<OsCall>> {
        Ok(Some(match call {
            Call::CreateProcess { suspended, inherit, id_of, .. } => OsCall::CreateProcess {
                suspended: suspended.unwrap_or(false),
                inherit: inherit.unwrap_or(false),
                id: id_of.map(|id| self.process_id(id)).transpose()?,
            },
            Call::ResumeProcess { process } => OsCall::ResumeProcess { process: self.process_id(*process)? },
            Call::TerminateProcess { process } => OsCall::TerminateProcess { process: self.process_id(*process)? },
            Call::ExitProcess {} => OsCall::ExitProcess,
            Call::OpenProcess { process } => OsCall::OpenProcess { process: self.process_id(*process)? },
            Call::DuplicateHandle { handle, target, inheritable } => OsCall::DuplicateHandle {
                handle: self.handle(*handle)?,
                target: self.process_id(*target)?,
                inheritable: inheritable.unwrap_or(false),
            },
            Call::SetHandleInformation { handle, inheritable } => {
                OsCall::SetHandleInformation { handle: self.handle(*handle)?, inheritable: *inheritable }
            }
            Call::GetHandleInformation { handle } => OsCall::GetHandleInformation { handle: self.handle(*handle)? },
            Call::CloseHandle { handle } => OsCall::CloseHandle { handle: self.handle(*handle)? },
            Call::CreateWindow {} => OsCall::CreateWindow,
            Call::DestroyWindow { window } => OsCall::DestroyWindow { window: self.window(*window)? },
            Call::GetMessage { window } => OsCall::GetMessage { window: self.window(*window)?, wait: true },
            Call::PeekMessage { window } => OsCall::GetMessage { window: self.window(*window)?, wait: false },
            Call::GetCurrentProcessId {} => OsCall::GetCurrentProcessId,
            Call::Send { to, value } => OsCall::SendMessage { to: self.process_id(*to)?, value: self.message(value)? },
            Call::Receive {} => OsCall::ReceiveMessage,
            _ => return Ok(None),
        }))
    }

    fn api(&self, call: &Call) -> Built<Option<ApiCall>> {
        Ok(Some(match call {
            Call::WSAStartup { version } => {
                ApiCall::Startup { version: version.map_or(consts::WINSOCK_VERSION_2_2, |version| version.0) }
            }
            Call::WSACleanup {} => ApiCall::Cleanup,
            Call::WSAGetLastError {} => ApiCall::GetLastError,
            Call::WSASetLastError { error } => ApiCall::SetLastError { error: error.and_then(|error| error.0) },
            Call::WSADuplicateSocketA { s, process, info } => ApiCall::DuplicateSocketA {
                s: self.handle(*s)?,
                process: self.process_id(*process)?,
                out: info.is_none(),
            },
            Call::WSASocketA { af, kind, protocol, info, group, flags } => {
                let info = info.as_ref().map_or(Ok(None), |info| self.block_a(info))?;
                let number = |given: &Option<Constant>| triple(given, info.is_some());
                let (af, kind, protocol) = (number(af), number(kind), number(protocol));
                ApiCall::SocketA { af, kind, protocol, info, group: group.unwrap_or(0), flags: socket_flags(*flags) }
            }
            Call::WSAEnumProtocols {} => ApiCall::EnumProtocols,
            Call::WSACreateEvent {} => ApiCall::CreateEvent,
            Call::WSACloseEvent { event } => ApiCall::CloseEvent { event: self.handle(*event)? },
            Call::WSASetEvent { event } => ApiCall::SetEvent { event: self.handle(*event)? },
            Call::WSAResetEvent { event } => ApiCall::ResetEvent { event: self.handle(*event)? },
            Call::WSAWaitForMultipleEvents { events, all, timeout_ms } => ApiCall::WaitForMultipleEvents {
                events: self.handles(events)?,
                all: all.unwrap_or(false),
                timeout_ms: *timeout_ms,
            },
            Call::WSASetBlockingHook {} => ApiCall::SetBlockingHook,
            Call::WSAUnhookBlockingHook {} => ApiCall::UnhookBlockingHook,
            _ => return Ok(None),
        }))
    }

    fn spi(&self, call: &Call) -> Built<SpiCall> {
        match call {
            Call::WSPSocket { af, kind, protocol, info, group, flags } => {
                let info = info.as_ref().map_or(Ok(None), |info| self.block(info))?;
                let number = |given: &Option<Constant>| triple(given, info.is_some());
                let (af, kind, protocol) = (number(af), number(kind), number(protocol));
                let (group, flags) = (group.unwrap_or(0), socket_flags(*flags));
                Ok(SpiCall::Socket { af, kind, protocol, info, group, flags })
            }
            Call::WSPDuplicateSocket { s, process, info } => Ok(SpiCall::DuplicateSocket {
                s: self.handle(*s)?,
                process: self.process_id(*process)?,
                info: match info {
                    None => Some(self.machine.blank.clone()),
                    given => self.info(given.as_ref())?,
                },
            }),
            Call::WSPAddressToString { address, info, room } => Ok(SpiCall::AddressToString {
                address: self.name(*address)?,
                info: self.info(info.as_ref())?,
                room: room_or(*room, ADDRESS_ROOM),
            }),
            Call::WSPStringToAddress { text, family, info, room } => Ok(SpiCall::StringToAddress {
                text: Arc::clone(&text.0),
                family: family.map_or(AF_INET, |family| family.0),
                info: self.info(info.as_ref())?,
                room: room_or(*room, ADDRESS_ROOM),
            }),
            Call::WSPSelect { read, write, except, timeout_ms } => {
                let set = |set: &Option<Arc<[HandleArg]>>| set.as_ref().map(|set| self.handles(set)).transpose();
                let sets = Box::new([set(read)?, set(write)?, set(except)?]);
                Ok(SpiCall::Select { sets, timeout_ms: *timeout_ms })
            }
            Call::WSPCancelBlockingCall {} => Ok(SpiCall::CancelBlockingCall),
            other => self.on_socket(other),
        }
    }

    fn on_socket(&self, call: &Call) -> Built<SpiCall> {
        Ok(match call {
            Call::WSPCloseSocket { s } => SpiCall::CloseSocket { s: self.handle(*s)? },
            Call::WSPBind { s, name } => SpiCall::Bind { s: self.handle(*s)?, name: self.name(*name)? },
            Call::WSPListen { s, backlog } => {
                SpiCall::Listen { s: self.handle(*s)?, backlog: backlog.map_or(SOMAXCONN, |backlog| backlog.0) }
            }
            Call::WSPConnect { s, name, caller_data, callee_room, quality_of_service } => {
                let extras = ConnectExtras {
                    caller_data: caller_data.as_ref().map(|data| Arc::clone(&data.0)),
                    callee_room: *callee_room,
                    quality_of_service: quality_of_service.unwrap_or(false),
                };
                let extras = (extras != ConnectExtras::default()).then(|| Box::new(extras));
                SpiCall::Connect { s: self.handle(*s)?, name: self.name(*name)?, extras }
            }
            Call::WSPAccept { s, addr, condition } => SpiCall::Accept {
                s: self.handle(*s)?,
                addr: addr.and_then(|room| room.0),
                condition: condition.map(|condition| condition.0),
            },
            Call::WSPShutdown { s, how } => SpiCall::Shutdown { s: self.handle(*s)?, how: how.0 },
            Call::WSPGetSockOpt { s, option: OptionArg { level, number }, room } => SpiCall::GetSockOpt {
                s: self.handle(*s)?,
                level: *level,
                option: *number,
                room: room_or(*room, option_room(*level, *number)),
            },
            Call::WSPSetSockOpt { s, option: OptionArg { level, number }, value: ValueArg(value) } => {
                SpiCall::SetSockOpt { s: self.handle(*s)?, level: *level, option: *number, value: value.clone() }
            }
            Call::WSPGetSockName { s, room } => {
                SpiCall::GetSockName { s: self.handle(*s)?, room: room_or(*room, ADDRESS_ROOM) }
            }
            Call::WSPGetPeerName { s, room } => {
                SpiCall::GetPeerName { s: self.handle(*s)?, room: room_or(*room, ADDRESS_ROOM) }
            }
            Call::WSPIoctl { s, code, input, room, returned, overlapped } => SpiCall::Ioctl {
                s: self.handle(*s)?,
                code: code.0,
                input: input.as_ref().and_then(|input| input.0.clone()),
                room: room.map_or_else(|| ioctl_room(code.0), |room| room.0),
                returned: returned.is_none(),
                overlapped: self.overlapped(*overlapped)?,
            },
            other => self.data_or_events(other)?,
        })
    }

    fn data_or_events(&self, call: &Call) -> Built<SpiCall> {
        Ok(match call {
            Call::WSPSend { s, data: DataArg(data), flags, overlapped } => SpiCall::Send {
                s: self.handle(*s)?,
                data: data.clone(),
                flags: flags.unwrap_or_else(MessageFlags::empty),
                overlapped: self.overlapped(*overlapped)?,
            },
            Call::WSPSendTo { s, data: DataArg(data), to, flags, overlapped } => SpiCall::SendTo {
                s: self.handle(*s)?,
                data: data.clone(),
                flags: flags.unwrap_or_else(MessageFlags::empty),
                to: self.name(*to)?,
                overlapped: self.overlapped(*overlapped)?,
            },
            Call::WSPRecv { s, room, flags, overlapped } => SpiCall::Recv {
                s: self.handle(*s)?,
                room: scatter(room.as_ref()),
                flags: flags.unwrap_or_else(MessageFlags::empty),
                overlapped: self.overlapped(*overlapped)?,
            },
            Call::WSPRecvFrom { s, room, from, flags, overlapped } => SpiCall::RecvFrom {
                s: self.handle(*s)?,
                room: scatter(room.as_ref()),
                flags: flags.unwrap_or_else(MessageFlags::empty),
                from: room_or(*from, ADDRESS_ROOM),
                overlapped: self.overlapped(*overlapped)?,
            },
            Call::WSPEventSelect { s, event, events } => SpiCall::EventSelect {
                s: self.handle(*s)?,
                event: self.event(*event)?,
                events: events.unwrap_or_else(NetworkEvents::empty),
            },
            Call::WSPAsyncSelect { s, window, message, events } => SpiCall::AsyncSelect {
                s: self.handle(*s)?,
                window: self.window(*window)?,
                message: message.unwrap_or(WINDOW_MESSAGE),
                events: events.unwrap_or_else(NetworkEvents::empty),
            },
            Call::WSPEnumNetworkEvents { s, event, events } => {
                SpiCall::EnumNetworkEvents { s: self.handle(*s)?, event: self.event(*event)?, out: events.is_none() }
            }
            other => self.rare(other)?,
        })
    }

    fn rare(&self, call: &Call) -> Built<SpiCall> {
        Ok(match call {
            Call::WSPJoinLeaf { s, name, flags } => {
                let flags = flags.unwrap_or(consts::JL_BOTH as u32);
                SpiCall::JoinLeaf { s: self.handle(*s)?, name: self.name(*name)?, extras: None, flags }
            }
            Call::WSPSendDisconnect { s, data } => {
                let data = data.as_ref().map(|data| Arc::clone(&data.0));
                SpiCall::SendDisconnect { s: self.handle(*s)?, data }
            }
            Call::WSPRecvDisconnect { s, room } => {
                SpiCall::RecvDisconnect { s: self.handle(*s)?, room: room.and_then(|room| room.0) }
            }
            Call::WSPGetOverlappedResult { s, overlapped, wait } => SpiCall::GetOverlappedResult {
                s: self.handle(*s)?,
                overlapped: *overlapped,
                wait: wait.unwrap_or(false),
            },
            Call::WSPGetQOSByName { s, name, qos } => {
                SpiCall::GetQosByName { s: self.handle(*s)?, name: Arc::clone(&name.0), out: qos.is_none() }
            }
            // All other calls were built above.
            _ => SpiCall::CancelBlockingCall,
        })
    }
}

/// Family, type or protocol: what is left out comes from the protocol info, if there is one.
fn triple(given: &Option<Constant>, from_info: bool) -> i32 {
    given.map_or(if from_info { FROM_PROTOCOL_INFO } else { 0 }, |constant| constant.0)
}

fn socket_flags(given: Option<SocketFlags>) -> SocketFlags {
    given.unwrap_or(SocketFlags::OVERLAPPED)
}

fn room_or(given: Option<RoomArg>, default: u32) -> Room {
    given.map_or(Some(default), |room| room.0)
}

fn scatter(given: Option<&ScatterArg>) -> Scatter {
    given.map_or(Scatter::One(DATA_ROOM), |room| room.0.clone())
}

/// The size of an option's value.
fn option_room(level: i32, number: i32) -> u32 {
    match SockOpt::lookup(level, number).map(|option| option.row().value) {
        Some(OptionType::ProtocolInfoW) => ProtocolInfoW::SIZE as u32,
        Some(OptionType::ProtocolInfoA) => ProtocolInfoA::SIZE as u32,
        Some(OptionType::Handle) => sizes::SOCKET as u32,
        Some(OptionType::Bytes | OptionType::Address) => VALUE_ROOM,
        _ => sizes::BOOL as u32,
    }
}

/// The size of an ioctl's output; NULL when it has none.
fn ioctl_room(code: u32) -> Room {
    match Ioctl::lookup(code).map(|code| code.row().output) {
        None | Some(IoctlData::Nothing) => None,
        Some(IoctlData::U32 | IoctlData::Int | IoctlData::Bool) => Some(sizes::BOOL as u32),
        Some(IoctlData::Address) => Some(ADDRESS_ROOM),
        Some(IoctlData::Socket | IoctlData::Pointer) => Some(sizes::SOCKET as u32),
        Some(_) => Some(VALUE_ROOM),
    }
}
