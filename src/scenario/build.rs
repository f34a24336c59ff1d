//! From arguments as a scenario writes them to those of the machine: labels get their values, and what was left out
//! gets the default the reference names.

use std::sync::Arc;

use super::block::BlockArg;
use super::calls::OverlappedArg;
use super::form::{FunctionArg, HandleArg, IpcArg, NameArg, ProcessArg, RoomArg, ScatterArg, ValueArg, WindowArg};
use super::values::{Obstacle, Values};
use crate::abi::client::{ApiCall, BlockA, Call, Message};
use crate::abi::consts::FROM_PROTOCOL_INFO;
use crate::abi::{
    AcceptBuffer, Block, Bytes, Info, Ioctl, IoctlData, Name, OptionType, Overlapped, ProtocolInfoA, ProtocolInfoW,
    Room, Scatter, SockOpt, SpiCall, sizes,
};
use crate::model::Constant;
use crate::world::World;
use crate::world::catalog::Installed;
use crate::world::ids::{Handle, Incarnation, ProcessId, Window};
use crate::world::machine::Machine;
use crate::world::program::Width;

/// Room for an address or its text, when the scenario does not say.
pub(super) const ADDRESS_ROOM: u32 = sizes::SOCKADDR_STORAGE as u32;

/// Room for an address in the buffer of AcceptEx, when the scenario does not say.
pub(super) const ACCEPT_ROOM: u32 = ADDRESS_ROOM + AcceptBuffer::MARGIN;

/// Room for data, when the scenario does not say.
pub(super) const DATA_ROOM: u32 = 65_536;

/// Room for values without a fixed size, when the scenario does not say.
const VALUE_ROOM: u32 = 4_096;

/// The number of a window message, when the scenario does not say: WM_USER + 1.
pub(super) const WINDOW_MESSAGE: u32 = 1_025;

/// What calls are built from.
pub(super) struct Builder<'a> {
    pub machine: &'a Machine,
    /// The catalogs as they are now.
    pub installed: &'a Installed,
    /// How wide the caller is.
    pub width: Width,
    pub values: &'a Values,
}

/// What became of an argument, or why it has no value.
pub(super) type Built<T> = Result<T, Obstacle>;

impl<'a> Builder<'a> {
    /// What the arguments of a caller's calls are built from.
    pub(super) fn new(machine: &'a Machine, world: &'a World, caller: Option<Incarnation>, values: &'a Values) -> Self {
        let program = caller.and_then(|caller| world.process(caller)).map(|process| &process.program);
        let width = program.map_or(Width::default(), |program| program.width);
        Self { machine, installed: world.installed(), width, values }
    }
}

impl Builder<'_> {
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

    pub(super) fn window(&self, arg: WindowArg) -> Built<Window> {
        match arg {
            WindowArg::Number(number) => Ok(Window(number)),
            WindowArg::Slot(slot) => self.values.window(slot).map(|(_, window)| window),
        }
    }

    pub(super) fn event(&self, arg: Option<HandleArg>) -> Built<Handle> {
        arg.map_or(Ok(Handle::NULL), |event| self.handle(event))
    }

    pub(super) fn handles(&self, args: &[HandleArg]) -> Built<Arc<[Handle]>> {
        args.iter().map(|&arg| self.handle(arg)).collect()
    }

    pub(super) fn name(&self, arg: NameArg) -> Built<Name> {
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

    /// What stands where a WSAPROTOCOL_INFOW is expected; `None` is NULL.
    pub(super) fn block(&self, arg: Option<&BlockArg>) -> Built<Option<Block>> {
        Ok(Some(match arg {
            None | Some(BlockArg::Null) => return Ok(None),
            Some(arg @ BlockArg::Tampered(tampered)) => {
                Block::read(&tampered.bytes(&self.record(arg)?, |record| record.encode().to_vec()))
            }
            Some(other) => Block::Info(self.record(other)?),
        }))
    }

    /// What stands where a WSAPROTOCOL_INFOA is expected; `None` is NULL.
    pub(super) fn block_a(&self, arg: Option<&BlockArg>) -> Built<Option<BlockA>> {
        Ok(Some(match arg {
            None | Some(BlockArg::Null) => return Ok(None),
            Some(arg @ BlockArg::Tampered(tampered)) => {
                let narrow = |record: &ProtocolInfoW| ProtocolInfoA::from(record).encode().to_vec();
                let bytes = tampered.bytes(&self.record(arg)?, narrow);
                match ProtocolInfoA::decode(&bytes) {
                    Ok(info) => BlockA::Info(Box::new(info)),
                    Err(_) => BlockA::WrongLength(bytes.len() as u32),
                }
            }
            Some(other) => BlockA::Info(Box::new(self.record(other)?.ansi())),
        }))
    }

    /// A record where only a record can stand; `None` is NULL.
    pub(super) fn info(&self, arg: Option<&BlockArg>) -> Built<Option<Info>> {
        Ok(match self.block(arg)? {
            Some(Block::Info(info)) => Some(info),
            Some(Block::WrongLength(_)) | None => None,
        })
    }

    pub(super) fn overlapped(&self, arg: Option<OverlappedArg>) -> Built<Option<Box<Overlapped>>> {
        let Some(OverlappedArg { id, event, routine }) = arg else { return Ok(None) };
        Ok(Some(Box::new(Overlapped { id, event: self.event(event)?, routine, layer: None })))
    }

    pub(super) fn value(&self, arg: &ValueArg) -> Built<Option<Bytes>> {
        match arg {
            ValueArg::Bytes(bytes) => Ok(bytes.clone()),
            ValueArg::Handle(handle) => self.handle(*handle).map(|handle| Some(Bytes::of(&handle.0.to_le_bytes()))),
        }
    }

    /// A call through a function pointer.
    pub(super) fn extension(&self, function: FunctionArg, call: SpiCall) -> Built<Call> {
        Ok(Call::Api(ApiCall::Extension { pointer: self.values.function(function.0)?, call: Box::new(call) }))
    }

    pub(super) fn message(&self, arg: &IpcArg) -> Built<Message> {
        match arg {
            IpcArg::Slot(slot) => self.values.message(*slot),
            IpcArg::Text(text) => Ok(Message::Text(Arc::clone(text))),
        }
    }
}

/// Family, type and protocol: what is left out comes from the protocol info, if there is one.
pub(super) fn triple(given: [&Option<Constant>; 3], from_info: bool) -> [i32; 3] {
    let default = if from_info { FROM_PROTOCOL_INFO } else { 0 };
    given.map(|given| given.map_or(default, |constant| constant.0))
}

/// Room for an address or a value.
pub(super) fn room_or(given: Option<RoomArg>, default: u32) -> Room {
    given.map_or(Some(default), |room| room.0)
}

/// Room for data.
pub(super) fn data_room(given: Option<&ScatterArg>) -> Scatter {
    given.map_or(Scatter::One(DATA_ROOM), |room| room.0.clone())
}

/// The size of an option's value.
pub(super) fn option_room(level: i32, number: i32) -> u32 {
    match SockOpt::lookup(level, number).map(|option| option.row().value) {
        Some(OptionType::ProtocolInfoW) => ProtocolInfoW::SIZE as u32,
        Some(OptionType::ProtocolInfoA) => ProtocolInfoA::SIZE as u32,
        Some(OptionType::Handle) => sizes::SOCKET as u32,
        Some(OptionType::Bytes | OptionType::Address) => VALUE_ROOM,
        _ => sizes::BOOL as u32,
    }
}

/// The size of an ioctl's output; NULL when it has none.
pub(super) fn ioctl_room(code: u32) -> Room {
    match Ioctl::lookup(code).map(|code| code.row().output) {
        None | Some(IoctlData::Nothing) => None,
        Some(IoctlData::U32 | IoctlData::Int | IoctlData::Bool) => Some(sizes::BOOL as u32),
        Some(IoctlData::Address) => Some(ADDRESS_ROOM),
        Some(IoctlData::Socket | IoctlData::Pointer) => Some(sizes::SOCKET as u32),
        Some(_) => Some(VALUE_ROOM),
    }
}
