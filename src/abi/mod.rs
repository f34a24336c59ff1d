//! ws2spi.h in Rust: numbers, structures, byte layouts. No behaviour.
//!
//! Every number the service provider interface exchanges has its type and its Windows name here, made from one table
//! per group. The rest of the crate speaks these types; text (models, scenarios, traces) speaks the Windows names.
//!
//! Layouts are those of 64-bit Windows, little endian. Nothing here knows a machine, a process or a socket.
//!
//! | file | what |
//! |---|---|
//! | [`error`] | [`WsaError`] |
//! | [`flags`] | XP1, PFL, WSA_FLAG, MSG, FD and LSP bits |
//! | [`consts`] | families, types, protocols and the other plain numbers |
//! | [`sockopt`], [`ioctl`] | socket options and ioctl codes |
//! | [`address`] | [`SockAddr`]: bytes and text |
//! | [`guid`], [`chain`], [`protocol_info`] | the catalog entry and its parts |
//! | [`linger`], [`network_events`], [`sizes`] | the small structures |
//! | [`function`] | the 31 entries of a provider and the 16 upcalls, by name |
//! | [`catalog`] | the functions of the catalog (WSC) and their arguments |
//! | [`memory`], [`info`], [`select`] | arguments: buffers, names, protocol infos on their way, sets of sockets |
//! | [`spi`], [`upcall`], [`client`] | the call alphabets: down into providers, up from them, and what a client calls |

mod bytes;
mod text;

pub mod address;
pub mod catalog;
pub mod chain;
pub mod client;
pub mod consts;
pub mod error;
pub mod extension;
pub mod flags;
pub mod function;
pub mod guid;
pub mod info;
pub mod ioctl;
pub mod linger;
pub mod memory;
pub mod network_events;
pub mod protocol_info;
pub mod protocol_name;
pub mod select;
pub mod sizes;
pub mod sockopt;
pub mod spi;
pub mod upcall;

pub use address::{AddressError, SockAddr};
pub use bytes::DecodeError;
pub use chain::{ChainTooLong, ProtocolChain};
pub use consts::FD_MAX_EVENTS;
pub use error::WsaError;
pub use extension::{AcceptBuffer, AcceptedInto, Extension, FunctionPointer};
pub use flags::{
    LspCategories, MessageFlags, NetworkEvents, PollEvents, ProviderFlags, ServiceFlags1, SocketFlags, UnknownFlag,
};
pub use function::{EntrySet, SpiFunction, Upcall};
pub use guid::{Guid, GuidError};
pub use info::{Block, Info};
pub use ioctl::{Ioctl, IoctlData, IoctlRow};
pub use linger::Linger;
pub use memory::{Bytes, Gather, Name, Room, Scatter};
pub use network_events::NetworkEventRecord;
pub use protocol_info::{ProtocolInfoA, ProtocolInfoW};
pub use protocol_name::{ProtocolName, ProtocolNameA};
pub use select::{FdSet, PollFd, SelectTimeout};
pub use sockopt::{Applies, OptionDefault, OptionRow, OptionType, SockOpt};
pub use spi::{Condition, ConnectExtras, Overlapped, Received, Routine, SpiCall, SpiResult, SpiReturn};
