//! Shared sockets and their descriptors: references, options, blocking mode, names.

use std::collections::BTreeMap;

use super::answers::{BindMatrix, BlockingMode, LingerDefault, RepeatedListen};
use super::datagram::Datagrams;
use super::notify::Registration;
use super::process::Handle;
use super::{
    Answer, Number, Reference, WSAEACCES, WSAEADDRINUSE, WSAEINVAL, WSAEMFILE, WSAENOBUFS, WSAENOPROTOOPT, WSAENOTCONN,
    WSAEOPNOTSUPP,
};

/// What all descriptors of one socket share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) stream: bool,
    /// By level and number: what was set. The rest has its default.
    options: BTreeMap<(i32, i32), [u32; 2]>,
    /// Counts under `BlockingMode::Shared` only.
    nonblocking: bool,
    pub(super) bound: Option<Bound>,
    listening: bool,
    pub(super) registration: Option<Registration>,
    pub(super) datagrams: Datagrams,
}

/// One descriptor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptor {
    pub(super) socket: usize,
    pub(super) inheritable: bool,
    /// The same, of the OS handle that may lie under it.
    pub(super) inheritable_below: bool,
    /// Counts under `BlockingMode::PerDescriptor` only.
    pub(super) nonblocking: bool,
    /// It came by inheritance or DuplicateHandle.
    pub(super) copied: bool,
}

/// A local name: one of two addresses, and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) wildcard: bool,
    /// 0: one the machine chose.
    pub(super) port: u16,
    sharing: Sharing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    Plain,
    Reuse,
    Exclusive,
}

/// The options the reference knows: level and number, and what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketOption {
    pub level: i32,
    pub number: i32,
    pub name: &'static str,
    /// `None`: any socket; else whether it is for streams only or for datagrams only.
    stream: Option<bool>,
    boolean: bool,
    settable: bool,
}

const SOL_SOCKET: i32 = 0xffff;
const REUSE: (i32, i32) = (SOL_SOCKET, 0x4);
const EXCLUSIVE: (i32, i32) = (SOL_SOCKET, -5);
const LINGER: (i32, i32) = (SOL_SOCKET, 0x80);
const RECEIVE_BUFFER: (i32, i32) = (SOL_SOCKET, 0x1002);
const LISTENS: (i32, i32) = (SOL_SOCKET, 0x2);
const TYPE: (i32, i32) = (SOL_SOCKET, 0x1008);

#[rustfmt::skip]
impl SocketOption {
    pub const ALL: &'static [Self] = &[
        Self { level: SOL_SOCKET, number: 0x4, name: "SO_REUSEADDR", stream: None, boolean: true, settable: true },
        Self { level: SOL_SOCKET, number: 0x8, name: "SO_KEEPALIVE", stream: Some(true), boolean: true, settable: true },
        Self { level: SOL_SOCKET, number: 0x80, name: "SO_LINGER", stream: Some(true), boolean: false, settable: true },
        Self { level: SOL_SOCKET, number: 0x1002, name: "SO_RCVBUF", stream: None, boolean: false, settable: true },
        Self { level: SOL_SOCKET, number: 0x20, name: "SO_BROADCAST", stream: Some(false), boolean: true, settable: true },
        Self { level: SOL_SOCKET, number: -5, name: "SO_EXCLUSIVEADDRUSE", stream: None, boolean: true, settable: true },
        Self { level: SOL_SOCKET, number: 0x1005, name: "SO_SNDTIMEO", stream: None, boolean: false, settable: true },
        Self { level: 6, number: 0x1, name: "TCP_NODELAY", stream: Some(true), boolean: true, settable: true },
        Self { level: SOL_SOCKET, number: 0x2, name: "SO_ACCEPTCONN", stream: Some(true), boolean: true, settable: false },
        Self { level: SOL_SOCKET, number: 0x1008, name: "SO_TYPE", stream: None, boolean: false, settable: false },
    ];

    fn key(self) -> (i32, i32) {
        (self.level, self.number)
    }
}

impl Reference {
    /// WSPSocket without a block. `room`: how many numbers the process's handle table still has, if that is known.
    pub fn socket(
        &mut self,
        process: usize,
        stream: bool,
        inheritable: bool,
        room: Option<u32>,
        chosen: Option<Number>,
    ) -> Answer<Number> {
        self.started(process)?;
        self.processes[process].provider_loaded = true;
        self.room_for_descriptor(room)?;
        self.sockets.push(Some(Shared {
            stream,
            options: BTreeMap::new(),
            nonblocking: false,
            bound: None,
            listening: false,
            registration: None,
            datagrams: Datagrams::default(),
        }));
        let socket = self.sockets.len() - 1;
        Ok(self.describe(process, socket, inheritable, chosen))
    }

    /// Why a descriptor finds no numbers: none at all is WSAEMFILE, too few for the layers' own is WSAENOBUFS.
    pub(super) fn room_for_descriptor(&self, room: Option<u32>) -> Answer {
        match room {
            Some(0) => Err(WSAEMFILE),
            Some(room) if room < self.stack.numbers_per_descriptor() => Err(WSAENOBUFS),
            _ => Ok(()),
        }
    }

    /// A process gets a descriptor of a shared socket. It starts blocking.
    pub(super) fn describe(
        &mut self,
        process: usize,
        socket: usize,
        inheritable: bool,
        chosen: Option<Number>,
    ) -> Number {
        let inheritable_below = inheritable;
        let descriptor = Descriptor { socket, inheritable, inheritable_below, nonblocking: false, copied: false };
        self.enter(process, Handle::Descriptor(descriptor), chosen)
    }

    /// WSPCloseSocket: the descriptor goes (R13), with the last reference the shared socket (R14).
    pub fn close(&mut self, process: usize, number: Number) -> Answer {
        self.descriptor(process, number)?;
        self.drop_number(process, number);
        Ok(())
    }

    /// R13, R14: without descriptors and pending blocks there is no shared socket; its name is free again.
    pub(super) fn end_if_unused(&mut self, socket: usize) {
        if self.descriptor_count(socket) + self.pending_references(socket) > 0 {
            return;
        }
        self.sockets[socket] = None;
        for block in 0..self.hand_overs.len() {
            if self.hand_overs[block].socket == socket {
                self.spend(block);
            }
        }
    }

    pub(super) fn shared(&mut self, socket: usize) -> &mut Shared {
        self.sockets[socket].as_mut().expect("a descriptor keeps its socket alive")
    }

    /// The shared socket of a call.
    pub(super) fn called(&mut self, process: usize, number: Number) -> Answer<usize> {
        self.descriptor(process, number).map(|descriptor| descriptor.socket)
    }

    /// WSPGetSockOpt: one number, or two for SO_LINGER (on or off, seconds if on).
    pub fn get_option(&mut self, process: usize, number: Number, option: SocketOption) -> Answer<[u32; 2]> {
        let socket = self.called(process, number)?;
        let linger_on = self.answers.linger_default == LingerDefault::On;
        let receive_buffer = self.stack.receive_buffer;
        let shared = self.shared(socket);
        if option.stream.is_some_and(|stream| stream != shared.stream) {
            return Err(WSAENOPROTOOPT);
        }
        let default = match option.key() {
            LISTENS => [u32::from(shared.listening), 0],
            TYPE => [if shared.stream { 1 } else { 2 }, 0],
            LINGER => [u32::from(linger_on), 0],
            RECEIVE_BUFFER => [receive_buffer, 0],
            _ => [0, 0],
        };
        Ok(shared.options.get(&option.key()).copied().unwrap_or(default))
    }

    /// WSPSetSockOpt (R11: for all descriptors).
    pub fn set_option(&mut self, process: usize, number: Number, option: SocketOption, value: [u32; 2]) -> Answer {
        let socket = self.called(process, number)?;
        let shared = self.shared(socket);
        if option.stream.is_some_and(|stream| stream != shared.stream) || !option.settable {
            return Err(WSAENOPROTOOPT);
        }
        let is_on = |key| shared.options.get(&key).is_some_and(|value: &[u32; 2]| value[0] != 0);
        // The two exclude each other, and exclusive use has to be asked for before the bind.
        let excluded = match option.key() {
            EXCLUSIVE => shared.bound.is_some() || value[0] != 0 && is_on(REUSE),
            REUSE => value[0] != 0 && is_on(EXCLUSIVE),
            _ => false,
        };
        if excluded {
            return Err(WSAEINVAL);
        }
        let stored = match option.key() {
            LINGER if value[0] == 0 => [0, 0],
            LINGER => [1, value[1]],
            _ if option.boolean => [u32::from(value[0] != 0), 0],
            _ => [value[0], 0],
        };
        shared.options.insert(option.key(), stored);
        Ok(())
    }

    /// FIONBIO (R18: back to blocking is refused while a registration stands).
    pub fn set_mode(&mut self, process: usize, number: Number, nonblocking: bool) -> Answer {
        let socket = self.called(process, number)?;
        if !nonblocking && self.shared(socket).registration.is_some() {
            return Err(WSAEINVAL);
        }
        self.put_mode(process, number, socket, nonblocking);
        Ok(())
    }

    pub(super) fn put_mode(&mut self, process: usize, number: Number, socket: usize, nonblocking: bool) {
        match self.answers.blocking_mode {
            BlockingMode::Shared => self.shared(socket).nonblocking = nonblocking,
            BlockingMode::PerDescriptor => {
                if let Some(Handle::Descriptor(it)) = self.processes[process].handles.get_mut(&number) {
                    it.nonblocking = nonblocking;
                }
            }
        }
    }

    /// Whether calls on a descriptor that would wait give WSAEWOULDBLOCK instead; `None` if it is no descriptor.
    pub fn is_nonblocking(&self, process: usize, number: Number) -> Option<bool> {
        let Handle::Descriptor(descriptor) = self.processes[process].handles.get(&number)? else { return None };
        Some(match self.answers.blocking_mode {
            BlockingMode::Shared => self.sockets[descriptor.socket].as_ref()?.nonblocking,
            BlockingMode::PerDescriptor => descriptor.nonblocking,
        })
    }

    /// The port a shared socket is bound to: `None` if it is not bound, 0 if the machine chose.
    pub fn port(&self, socket: usize) -> Option<u16> {
        self.sockets[socket].as_ref()?.bound.map(|bound| bound.port)
    }

    /// WSPBind to the wildcard or to one address. Where several sockets are in the way, any of their errors will do.
    pub fn bind(&mut self, process: usize, number: Number, wildcard: bool, port: u16) -> Result<(), Vec<u32>> {
        let socket = self.called(process, number).map_err(|error| vec![error])?;
        let shared = self.shared(socket);
        if shared.bound.is_some() {
            return Err(vec![WSAEINVAL]);
        }
        let is_on = |key| shared.options.get(&key).is_some_and(|value| value[0] != 0);
        let sharing = match (is_on(EXCLUSIVE), is_on(REUSE)) {
            (true, _) => Sharing::Exclusive,
            (_, true) => Sharing::Reuse,
            _ => Sharing::Plain,
        };
        let (second, stream) = (Bound { wildcard, port, sharing }, shared.stream);
        let others = self.sockets.iter().flatten().filter(|other| other.stream == stream);
        let first = others.filter_map(|other| other.bound).filter(|first| first.port == port);
        let errors: Vec<u32> = first.filter_map(|first| conflict(self.answers.bind_matrix, first, second)).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        self.shared(socket).bound = Some(second);
        self.report_due(socket);
        Ok(())
    }

    /// A send from an unbound socket binds it to a port of the machine's choice.
    pub(super) fn bind_implicitly(&mut self, socket: usize) {
        let shared = self.shared(socket);
        if shared.bound.is_none() {
            shared.bound = Some(Bound { wildcard: true, port: 0, sharing: Sharing::Plain });
            self.report_due(socket);
        }
    }

    /// WSPListen.
    pub fn listen(&mut self, process: usize, number: Number) -> Answer {
        let socket = self.called(process, number)?;
        let repeated = self.answers.repeated_listen;
        let shared = self.shared(socket);
        match () {
            () if !shared.stream => Err(WSAEOPNOTSUPP),
            () if shared.listening && repeated == RepeatedListen::Wsaeinval => Err(WSAEINVAL),
            () if shared.bound.is_none() => Err(WSAEINVAL),
            () => {
                shared.listening = true;
                Ok(())
            }
        }
    }

    /// WSPGetPeerName: nobody ever connects here.
    pub fn peer_name(&mut self, process: usize, number: Number) -> Answer {
        self.called(process, number).and(Err(WSAENOTCONN))
    }
}

/// The page on SO_REUSEADDR and SO_EXCLUSIVEADDRUSE: the table for Windows Server 2003 and later with one user, and
/// the sentence on Windows XP. Two addresses meet if they are equal or one is the wildcard.
fn conflict(matrix: BindMatrix, first: Bound, second: Bound) -> Option<u32> {
    const INUSE: Option<u32> = Some(WSAEADDRINUSE);
    const ACCES: Option<u32> = Some(WSAEACCES);
    const OK: Option<u32> = None;
    if matrix == BindMatrix::WindowsXp {
        return match (first.sharing, second.sharing) {
            (Sharing::Exclusive, Sharing::Reuse) => ACCES,
            (_, Sharing::Reuse) => OK,
            _ => INUSE,
        };
    }
    #[rustfmt::skip]
    let row = match (first.sharing, first.wildcard) {
        // Second:               D W    D S    R W    R S    X W    X S
        (Sharing::Plain, true)      => [INUSE, OK,    ACCES, OK,    INUSE, OK],
        (Sharing::Plain, false)     => [OK,    INUSE, OK,    ACCES, INUSE, INUSE],
        (Sharing::Reuse, true)      => [INUSE, OK,    OK,    OK,    INUSE, OK],
        (Sharing::Reuse, false)     => [OK,    INUSE, OK,    OK,    INUSE, INUSE],
        (Sharing::Exclusive, true)  => [INUSE, ACCES, ACCES, ACCES, INUSE, ACCES],
        (Sharing::Exclusive, false) => [OK,    INUSE, OK,    ACCES, INUSE, INUSE],
    };
    let column = match second.sharing {
        Sharing::Plain => 0,
        Sharing::Reuse => 2,
        Sharing::Exclusive => 4,
    };
    row[column + usize::from(!second.wildcard)]
}
