//! What a thread is in the middle of, as far as the books care.

use wspsim::abi::client::{ApiCall, Call, OsCall};
use wspsim::abi::{Gather, Ioctl, MessageFlags, Name, NetworkEvents, Overlapped, Scatter, SockAddr, SpiCall};
use wspsim::world::World;
use wspsim::world::ids::{Handle, SocketId, ThreadId};

/// A call in progress.
#[derive(Clone, Debug)]
pub enum Doing {
    Send { socket: SocketId, data: Vec<u8>, flags: MessageFlags, to: Option<SockAddr>, overlapped: Option<Overlapped> },
    Recv { socket: SocketId, room: usize, flags: MessageFlags, overlapped: Option<Overlapped>, held: Vec<u8> },
    Close { socket: SocketId, s: Handle },
    Accept { socket: SocketId },
    Connect { socket: SocketId },
    Register { socket: SocketId, events: NetworkEvents, recorded: bool },
    Enumerate { socket: SocketId },
    Flush { socket: SocketId },
    Alertable,
    Other,
}

impl Doing {
    pub fn of(world: &World, thread: ThreadId, call: &Call) -> Self {
        match call {
            Call::Spi(call) => Self::of_spi(world, thread, call).unwrap_or(Self::Other),
            Call::Os(OsCall::SleepEx { alertable: true, .. }) => Self::Alertable,
            Call::Api(ApiCall::WaitForMultipleEvents { alertable: true, .. }) => Self::Alertable,
            _ => Self::Other,
        }
    }

    fn of_spi(world: &World, thread: ThreadId, call: &SpiCall) -> Option<Self> {
        let socket = world.shared_socket(thread.process, call.socket()?)?;
        let overlapped = call.overlapped().filter(|_| world.afd().socket(socket).is_some_and(|it| it.overlapped()));
        let overlapped = overlapped.cloned();
        Some(match call {
            SpiCall::Send { data, flags, .. } => {
                Self::Send { socket, data: all(data), flags: *flags, to: None, overlapped }
            }
            SpiCall::SendTo { data, flags, to, .. } => {
                let to = if let Name::At { address, .. } = to { Some(*address) } else { None };
                Self::Send { socket, data: all(data), flags: *flags, to, overlapped }
            }
            SpiCall::Recv { room, flags, .. } | SpiCall::RecvFrom { room, flags, .. } => {
                Self::Recv { socket, room: total(room), flags: *flags, overlapped, held: Vec::new() }
            }
            SpiCall::CloseSocket { s } => Self::Close { socket, s: *s },
            SpiCall::Accept { .. } => Self::Accept { socket },
            SpiCall::Connect { .. } => Self::Connect { socket },
            SpiCall::EventSelect { events, .. } => Self::Register { socket, events: *events, recorded: true },
            SpiCall::AsyncSelect { events, .. } => Self::Register { socket, events: *events, recorded: false },
            SpiCall::EnumNetworkEvents { .. } => Self::Enumerate { socket },
            SpiCall::Ioctl { code, .. } if *code == Ioctl::Flush.code() => Self::Flush { socket },
            _ => Self::Other,
        })
    }
}

fn all(data: &Gather) -> Vec<u8> {
    data.bytes().map(|bytes| bytes.to_vec()).unwrap_or_default()
}

fn total(room: &Scatter) -> usize {
    room.room().unwrap_or(0)
}
