//! What an argument or result is, before anybody decides how it looks.
//!
//! Calls have hundreds of arguments of a dozen kinds. [`args`](super::args) and [`outcome`](super::outcome) reduce
//! them to the kinds below; [`words`](super::words) and [`json`](super::json) each render a kind once.

use std::borrow::Cow;
use std::sync::Arc;

use crate::abi::client::BlockA;
use crate::abi::{Block, Bytes, FunctionPointer, Gather, Info, Name, Room, Scatter, SockAddr, WsaError, consts};
use crate::world::ids::{Handle, Incarnation, ProcessId, SocketId, Window};

/// An argument or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing to say: the call succeeded.
    Success,
    /// NULL.
    Null,
    /// A pointer outside the user address space.
    Wild,
    /// A truth value.
    Bool(bool),
    /// A number that is just a number.
    Number(i64),
    /// A number of bytes: the room in a buffer for data.
    Size(u32),
    /// A number of bytes: the room for a structure or a text.
    Room(u32),
    /// A number users know by its Windows name (`AF_INET`, `FD_READ|FD_CLOSE`), or something with a notation of its
    /// own (`127.0.0.1:7000`, `2.2`).
    Word(Cow<'static, str>),
    /// Text.
    Text(Arc<str>),
    /// Bytes of the user's.
    Data(Arc<[u8]>),
    /// A number of some process's handle table.
    Handle(Handle),
    /// A number of this process's handle table, wherever it is spoken of.
    HandleOf(Incarnation, Handle),
    /// A window.
    Window(Window),
    /// A process, by id.
    Process(ProcessId),
    /// A process, by incarnation.
    Owner(Incarnation),
    /// A catalog entry, by id.
    Entry(u32),
    /// A function pointer: whose function.
    Function(FunctionPointer),
    /// A shared socket.
    Socket(SocketId),
    /// A protocol info.
    Info(Info),
    /// Error numbers that are values: the last error, the outcome of an overlapped operation.
    Error(WsaError),
    /// Several of a kind.
    List(Vec<Value>),
    /// A structure, by the names of its members.
    Fields(Fields),
}

/// Names with values, in the order of the documentation.
pub type Fields = Vec<(&'static str, Value)>;

impl Value {
    /// A notation of its own.
    pub(super) fn word(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Word(text.into())
    }

    /// A number, by its Windows name if it has one.
    pub(super) fn named(number: i32, name: Option<&'static str>) -> Self {
        name.map_or(Self::Number(number.into()), Self::word)
    }

    /// A bit set of the interface.
    pub(super) fn flags(flags: impl std::fmt::Display) -> Self {
        Self::Word(flags.to_string().into())
    }

    /// A version: low byte major, high byte minor.
    pub(super) fn version(version: u16) -> Self {
        let [major, minor] = version.to_le_bytes();
        Self::Word(format!("{major}.{minor}").into())
    }

    /// An address family.
    pub(super) fn family(number: i32) -> Self {
        from_info_or(number, consts::family_name)
    }

    /// A socket type.
    pub(super) fn socket_type(number: i32) -> Self {
        match number {
            0 => Self::Number(0),
            _ => from_info_or(number, consts::socket_type_name),
        }
    }

    /// A protocol; 0 asks for any.
    pub(super) fn protocol(number: i32) -> Self {
        match number {
            0 => Self::Number(0),
            _ => from_info_or(number, consts::protocol_name),
        }
    }

    /// A socket address.
    pub(super) fn address(address: &SockAddr) -> Self {
        Self::Word(address.to_string().into())
    }

    /// A time a caller is willing to wait.
    pub(super) fn timeout(ms: Option<u64>) -> Self {
        ms.map_or(Self::word("INFINITE"), |ms| Self::Number(ms.try_into().unwrap_or(i64::MAX)))
    }

    /// A pointer that is only valid or not.
    pub(super) fn pointer(valid: bool) -> Self {
        if valid { Self::word("valid") } else { Self::Wild }
    }

    /// Bytes, shared.
    pub(super) fn data(bytes: &[u8]) -> Self {
        Self::Data(bytes.into())
    }

    /// Whether the value says no more than its absence would: zero, NULL, what callers usually give.
    pub(super) fn is_plain(&self) -> bool {
        const USUAL: [&str; 6] = ["0", "valid", "AF_UNSPEC", "FROM_PROTOCOL_INFO", "INFINITE", "WSA_FLAG_OVERLAPPED"];
        match self {
            Self::Null | Self::Number(0) | Self::Bool(false) => true,
            // What a buffer for anything, a number, an address usually has.
            Self::Size(65_536) | Self::Room(4 | 128) => true,
            Self::Handle(handle) => *handle == Handle::NULL,
            Self::Info(info) => info.catalog_entry_id() == 0 && info.reserved() == 0,
            Self::Word(word) => USUAL.contains(&&**word),
            _ => false,
        }
    }
}

fn from_info_or(number: i32, name: fn(i32) -> Option<&'static str>) -> Value {
    let from_info = (number == consts::FROM_PROTOCOL_INFO).then_some("FROM_PROTOCOL_INFO");
    Value::named(number, from_info.or_else(|| name(number)))
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Number(value.try_into().unwrap_or(i64::MAX))
    }
}

impl From<Handle> for Value {
    fn from(value: Handle) -> Self {
        Self::Handle(value)
    }
}

impl From<Window> for Value {
    fn from(value: Window) -> Self {
        Self::Window(value)
    }
}

impl From<ProcessId> for Value {
    fn from(value: ProcessId) -> Self {
        Self::Process(value)
    }
}

/// Room for something: its size, or a bad pointer.
impl From<&Room> for Value {
    fn from(value: &Room) -> Self {
        value.map_or(Self::Null, Self::Room)
    }
}

impl From<&Option<Info>> for Value {
    fn from(value: &Option<Info>) -> Self {
        value.clone().map_or(Self::Null, Self::Info)
    }
}

impl From<&Block> for Value {
    fn from(value: &Block) -> Self {
        match value {
            Block::Info(info) => Self::Info(info.clone()),
            Block::WrongLength(len) => Self::Word(format!("{len} bytes").into()),
        }
    }
}

impl From<&BlockA> for Value {
    fn from(value: &BlockA) -> Self {
        Self::from(&value.widened())
    }
}

impl From<&Name> for Value {
    fn from(value: &Name) -> Self {
        match value {
            Name::Null => Self::Null,
            Name::At { address, len } if usize::try_from(*len) == Ok(address.encoded_len()) => Self::address(address),
            Name::At { address, len } => Self::Word(format!("{address} (namelen {len})").into()),
        }
    }
}

impl From<&Gather> for Value {
    fn from(value: &Gather) -> Self {
        match value {
            Gather::Wild => Self::Wild,
            Gather::One(bytes) => Self::Data(Arc::clone(bytes)),
            Gather::Many(parts) => Self::List(parts.iter().map(|part| Self::Data(Arc::clone(part))).collect()),
        }
    }
}

impl From<&Scatter> for Value {
    fn from(value: &Scatter) -> Self {
        match value {
            Scatter::Wild => Self::Wild,
            Scatter::One(len) => Self::Size(*len),
            Scatter::Many(lens) => Self::List(lens.iter().map(|&len| Self::Size(len)).collect()),
        }
    }
}

impl From<&Option<Bytes>> for Value {
    fn from(value: &Option<Bytes>) -> Self {
        value.as_ref().map_or(Self::Null, |bytes| Self::data(bytes.as_slice()))
    }
}

impl From<&Option<Arc<[u8]>>> for Value {
    fn from(value: &Option<Arc<[u8]>>) -> Self {
        value.as_ref().map_or(Self::Null, |bytes| Self::Data(Arc::clone(bytes)))
    }
}
