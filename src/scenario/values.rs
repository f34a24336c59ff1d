//! What labels stand for while a scenario is played.

use std::sync::Arc;

use super::reader::{Slot, SlotId};
use crate::abi::client::{Message, Value};
use crate::abi::{FunctionPointer, Info, ProtocolInfoA, SockAddr, SpiReturn};
use crate::world::World;
use crate::world::ids::{Handle, Incarnation, ProcessId, SocketId, Window};

/// The value of a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Held {
    /// A handle, and the shared socket it named when it was given, as long as that exists.
    Handle {
        owner: Incarnation,
        handle: Handle,
        socket: Option<SocketId>,
    },
    Window {
        owner: Incarnation,
        window: Window,
    },
    Block(Info),
    BlockA(Box<ProtocolInfoA>),
    Address(SockAddr),
    Process {
        process: Incarnation,
        id: ProcessId,
    },
    ProcessId(ProcessId),
    Function(FunctionPointer),
    Text(Arc<str>),
}

impl Held {
    /// What a call's value leaves to label; `owner` is the process whose numbers it contains.
    pub(super) fn from_value(value: &Value, owner: Incarnation, world: &World) -> Option<Self> {
        let handle = |handle: Handle| {
            let socket = world.shared_socket(owner, handle);
            Self::Handle { owner, handle, socket }
        };
        Some(match value {
            Value::Handle(number) | Value::Spi(SpiReturn::Socket { socket: number, .. }) => handle(*number),
            Value::Window(window) => Self::Window { owner, window: *window },
            Value::Spi(SpiReturn::Info(info) | SpiReturn::ProtocolInfo(info)) => Self::Block(info.clone()),
            Value::InfoA(info) => Self::BlockA(info.clone()),
            Value::Spi(SpiReturn::Address(address)) => Self::Address(**address),
            Value::Spi(SpiReturn::Received(received)) => Self::Address(received.from?),
            Value::Spi(SpiReturn::Function(pointer)) => Self::Function(*pointer),
            Value::Process { id, incarnation } => Self::Process { process: *incarnation, id: *id },
            Value::ProcessId(id) => Self::ProcessId(*id),
            Value::Message(message) => match message {
                Message::Info(info) => Self::Block(info.clone()),
                Message::InfoA(info) => Self::BlockA(info.clone()),
                Message::Process(id) => Self::ProcessId(*id),
                Message::Handle(number) => handle(*number),
                Message::Text(text) => Self::Text(Arc::clone(text)),
            },
            _ => return None,
        })
    }

    /// What it is, for messages.
    fn words(&self) -> &'static str {
        match self {
            Self::Handle { .. } => "a handle",
            Self::Window { .. } => "a window",
            Self::Block(_) | Self::BlockA(_) => "a block",
            Self::Address(_) => "an address",
            Self::Process { .. } => "a process",
            Self::ProcessId(_) => "a process id",
            Self::Function(_) => "a function",
            Self::Text(_) => "a text",
        }
    }
}

/// Why a step cannot be played with the values there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A label has no value, because the step that gives it did not succeed.
    NoValue(SlotId),
    /// A label's value is of a kind that does not fit here.
    WrongKind(SlotId, &'static str),
    /// The model has no entry or provider of this name.
    NotInModel(Arc<str>),
}

/// The values of all labels.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Values(Vec<Option<Held>>);

crate::world::copy::clone_by_fields!(Values { 0 });

impl Values {
    pub(super) fn new(slots: &[Slot]) -> Self {
        Self(vec![None; slots.len()])
    }

    pub(super) fn set(&mut self, slot: SlotId, held: Held) {
        if let Some(place) = self.0.get_mut(slot.0 as usize) {
            *place = Some(held);
        }
    }

    pub(super) fn get(&self, slot: SlotId) -> Result<&Held, Obstacle> {
        self.0.get(slot.0 as usize).and_then(Option::as_ref).ok_or(Obstacle::NoValue(slot))
    }

    /// All labels that have a value.
    pub(super) fn held(&self) -> impl Iterator<Item = (SlotId, &Held)> {
        self.0.iter().enumerate().filter_map(|(at, held)| Some((SlotId(at as u32), held.as_ref()?)))
    }

    /// The process a name stands for.
    pub(super) fn process(&self, slot: SlotId) -> Result<(Incarnation, ProcessId), Obstacle> {
        match self.get(slot)? {
            Held::Process { process, id } => Ok((*process, *id)),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// The process id of a process's name or of a received id.
    pub(super) fn process_id(&self, slot: SlotId) -> Result<ProcessId, Obstacle> {
        match self.get(slot)? {
            Held::Process { id, .. } | Held::ProcessId(id) => Ok(*id),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// The handle of a label, and whose it is.
    pub(super) fn handle(&self, slot: SlotId) -> Result<(Incarnation, Handle), Obstacle> {
        match self.get(slot)? {
            Held::Handle { owner, handle, .. } => Ok((*owner, *handle)),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// The shared socket a label stood for; `None` when it is gone or the label never named one.
    pub(super) fn socket(&self, slot: SlotId) -> Result<Option<SocketId>, Obstacle> {
        match self.get(slot)? {
            Held::Handle { socket, .. } => Ok(*socket),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// The window of a label, and whose it is.
    pub(super) fn window(&self, slot: SlotId) -> Result<(Incarnation, Window), Obstacle> {
        match self.get(slot)? {
            Held::Window { owner, window } => Ok((*owner, *window)),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// A function pointer.
    pub(super) fn function(&self, slot: SlotId) -> Result<FunctionPointer, Obstacle> {
        match self.get(slot)? {
            Held::Function(pointer) => Ok(*pointer),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// An address.
    pub(super) fn address(&self, slot: SlotId) -> Result<SockAddr, Obstacle> {
        match self.get(slot)? {
            Held::Address(address) => Ok(*address),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// A block, widened if need be.
    pub(super) fn block(&self, slot: SlotId) -> Result<Info, Obstacle> {
        match self.get(slot)? {
            Held::Block(info) => Ok(info.clone()),
            Held::BlockA(info) => Ok(Info::new((&**info).into())),
            other => Err(Obstacle::WrongKind(slot, other.words())),
        }
    }

    /// What another process gets when this is sent to it.
    pub(super) fn message(&self, slot: SlotId) -> Result<Message, Obstacle> {
        Ok(match self.get(slot)? {
            Held::Handle { handle, .. } => Message::Handle(*handle),
            Held::Block(info) => Message::Info(info.clone()),
            Held::BlockA(info) => Message::InfoA(info.clone()),
            Held::Process { id, .. } | Held::ProcessId(id) => Message::Process(*id),
            Held::Text(text) => Message::Text(Arc::clone(text)),
            other => return Err(Obstacle::WrongKind(slot, other.words())),
        })
    }

    /// Forgets shared sockets that are gone, so that their numbers can mean others.
    pub(super) fn forget_gone_sockets(&mut self, world: &World) {
        for held in self.0.iter_mut().flatten() {
            if let Held::Handle { socket, .. } = held {
                *socket = socket.filter(|&id| world.afd().socket(id).is_some());
            }
        }
    }
}
