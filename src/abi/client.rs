//! What a thread of a client process may call: the SPI through ws2_32, what ws2_32 does itself, and the OS.

use std::sync::Arc;

use super::catalog::CatalogCall;
use super::{
    Block, FunctionPointer, Gather, Info, LspCategories, NetworkEvents, Overlapped, PollEvents, PollFd, ProtocolInfoA,
    Room, Scatter, SocketFlags, SpiCall, SpiReturn, WsaError,
};
use crate::world::ids::{Handle, Incarnation, ProcessId, Window};
use crate::world::program::ProgramChange;

/// A call of a client thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// A call that ws2_32 hands to a provider. Named by the SPI function it becomes.
    Spi(SpiCall),
    /// A call that ends in ws2_32.
    Api(ApiCall),
    /// A call that reads or changes the installed catalogs.
    Catalog(Box<CatalogCall>),
    /// A call that has nothing to do with Winsock, yet with handles and processes.
    Os(OsCall),
}

/// Calls that end in ws2_32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ApiCall {
    /// WSAStartup.
    Startup {
        /// wVersionRequested: low byte major, high byte minor.
        version: u16,
    },
    /// WSACleanup.
    Cleanup,
    /// WSAGetLastError.
    GetLastError,
    /// WSASetLastError.
    SetLastError {
        /// The new value; `None` is zero.
        error: Option<WsaError>,
    },
    /// WSADuplicateSocketA: WSPDuplicateSocket, and the name narrowed on the way back.
    DuplicateSocketA {
        /// s.
        s: Handle,
        /// dwProcessId.
        process: ProcessId,
        /// Whether lpProtocolInfo is valid.
        out: bool,
    },
    /// WSASocketA: the block widened, then WSPSocket.
    SocketA {
        /// af.
        af: i32,
        /// type.
        kind: i32,
        /// protocol.
        protocol: i32,
        /// lpProtocolInfo.
        info: Option<BlockA>,
        /// g.
        group: u32,
        /// dwFlags.
        flags: SocketFlags,
    },
    /// WSAEnumProtocols: the entries a client may see.
    EnumProtocols {
        /// lpiProtocols; `None` is NULL.
        protocols: Option<Arc<[i32]>>,
        /// lpProtocolBuffer with *lpdwBufferLength in bytes; `None` is NULL.
        room: Room,
    },
    /// WSAProviderConfigChange: tells when an installed catalog changes.
    ProviderConfigChange {
        /// What lpNotificationHandle points to; NULL asks for a handle. `None`: a bad pointer.
        handle: Option<Handle>,
        /// lpOverlapped and lpCompletionRoutine; without them the call waits.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSACreateEvent.
    CreateEvent,
    /// WSACloseEvent.
    CloseEvent {
        /// The event.
        event: Handle,
    },
    /// WSASetEvent.
    SetEvent {
        /// The event.
        event: Handle,
    },
    /// WSAResetEvent.
    ResetEvent {
        /// The event.
        event: Handle,
    },
    /// WSAWaitForMultipleEvents.
    WaitForMultipleEvents {
        /// The events.
        events: Arc<[Handle]>,
        /// Whether all must be signalled.
        all: bool,
        /// Whether completion routines may run meanwhile.
        alertable: bool,
        /// How long; `None` waits for ever.
        timeout_ms: Option<u64>,
    },
    /// WSAPoll.
    Poll {
        /// fdArray; `None` is NULL.
        fds: Option<Arc<[PollFd]>>,
        /// nfds, where there is no array to count.
        count: u32,
        /// timeout in milliseconds; negative waits for ever.
        timeout_ms: i32,
    },
    /// ReadFile on a socket handle.
    ReadFile {
        /// hFile.
        file: Handle,
        /// lpBuffer and nNumberOfBytesToRead.
        room: Scatter,
        /// lpOverlapped.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WriteFile on a socket handle.
    WriteFile {
        /// hFile.
        file: Handle,
        /// lpBuffer and nNumberOfBytesToWrite.
        data: Gather,
        /// lpOverlapped.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSASetBlockingHook (Winsock 1.1): from now on this thread's blocked calls stay open to other calls.
    SetBlockingHook,
    /// WSAUnhookBlockingHook.
    UnhookBlockingHook,
    /// A call through a function pointer that SIO_GET_EXTENSION_FUNCTION_POINTER has given: ws2_32 has no part in it.
    Extension {
        /// The pointer.
        pointer: FunctionPointer,
        /// The call.
        call: Box<SpiCall>,
    },
}

/// What a client passes where a WSAPROTOCOL_INFOA is expected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BlockA {
    /// 372 bytes.
    Info(Box<ProtocolInfoA>),
    /// Some other number of bytes.
    WrongLength(u32),
}

impl BlockA {
    /// The wide form that ws2_32 hands on.
    #[must_use]
    pub fn widened(&self) -> Block {
        match self {
            Self::Info(info) => Block::Info(Info::new((&**info).into())),
            Self::WrongLength(len) => Block::WrongLength(*len),
        }
    }
}

/// Calls of the operating system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OsCall {
    /// CreateProcess: a child with one thread.
    CreateProcess {
        /// CREATE_SUSPENDED.
        suspended: bool,
        /// bInheritHandles.
        inherit: bool,
        /// The process id the system happens to give; `None`: the next one never used.
        id: Option<ProcessId>,
        /// In what its program differs from the caller's.
        program: ProgramChange,
    },
    /// ResumeThread on a suspended child's only thread.
    ResumeProcess {
        /// The child.
        process: ProcessId,
    },
    /// ExitProcess: the calling process ends.
    ExitProcess,
    /// TerminateProcess.
    TerminateProcess {
        /// The victim.
        process: ProcessId,
    },
    /// OpenProcess: a handle that keeps the process id from being reused.
    OpenProcess {
        /// The process.
        process: ProcessId,
    },
    /// CreateThread in the calling process.
    CreateThread,
    /// DuplicateHandle from the calling process.
    DuplicateHandle {
        /// The handle.
        handle: Handle,
        /// The process that gets the copy.
        target: ProcessId,
        /// bInheritHandle.
        inheritable: bool,
    },
    /// SetHandleInformation with HANDLE_FLAG_INHERIT.
    SetHandleInformation {
        /// The handle.
        handle: Handle,
        /// Whether children inherit it.
        inheritable: bool,
    },
    /// GetHandleInformation.
    GetHandleInformation {
        /// The handle.
        handle: Handle,
    },
    /// CloseHandle.
    CloseHandle {
        /// The handle.
        handle: Handle,
    },
    /// CreateWindow: a window of the calling process, with a message queue.
    CreateWindow,
    /// DestroyWindow.
    DestroyWindow {
        /// The window.
        window: Window,
    },
    /// GetMessage (waits) or PeekMessage (does not).
    GetMessage {
        /// The window.
        window: Window,
        /// Whether to wait for a message.
        wait: bool,
    },
    /// GetCurrentProcessId.
    GetCurrentProcessId,
    /// ExitThread: the calling thread ends.
    ExitThread,
    /// SleepEx.
    SleepEx {
        /// How long; `None` is INFINITE.
        timeout_ms: Option<u64>,
        /// bAlertable: whether completion routines may run meanwhile.
        alertable: bool,
    },
    /// CreateIoCompletionPort: makes a port, associates a socket with one, or both.
    CreateIoCompletionPort {
        /// FileHandle; `None` is INVALID_HANDLE_VALUE.
        file: Option<Handle>,
        /// ExistingCompletionPort; `None` is NULL.
        port: Option<Handle>,
        /// CompletionKey.
        key: u64,
    },
    /// GetQueuedCompletionStatus.
    GetQueuedCompletionStatus {
        /// CompletionPort.
        port: Handle,
        /// How long to wait; `None` is INFINITE.
        timeout_ms: Option<u64>,
    },
    /// PostQueuedCompletionStatus.
    PostQueuedCompletionStatus {
        /// CompletionPort.
        port: Handle,
        /// What the receiver finds.
        packet: Packet,
    },
    /// CancelIo, or CancelIoEx.
    CancelIo {
        /// hFile.
        file: Handle,
        /// Whose operations on the socket.
        whose: Cancelled,
    },
    /// Sends a value to another process: the interprocess communication of the documentation's table.
    SendMessage {
        /// The receiver.
        to: ProcessId,
        /// The value.
        value: Message,
    },
    /// Takes the oldest value sent to this process; waits while there is none.
    ReceiveMessage,
}

/// Which operations CancelIo and CancelIoEx end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cancelled {
    /// CancelIo: those of the calling thread.
    Thread,
    /// CancelIoEx without lpOverlapped: those of the process.
    Process,
    /// CancelIoEx: the one with this overlapped structure.
    One(u32),
}

/// What a completion port hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// The completion key of the socket.
    pub key: u64,
    /// The overlapped structure; `None` is NULL.
    pub overlapped: Option<u32>,
    /// Bytes transferred.
    pub transferred: u32,
    /// How the operation ended.
    pub error: Option<WsaError>,
}

/// A value that travels between processes. Numbers stay numbers: a handle means nothing in another process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// A protocol info.
    Info(Info),
    /// A protocol info, ANSI.
    InfoA(Box<ProtocolInfoA>),
    /// A process id.
    Process(ProcessId),
    /// A handle's number.
    Handle(Handle),
    /// Text.
    Text(Arc<str>),
}

/// One message in a window's queue, as WSPAsyncSelect has it posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowMessage {
    /// Msg.
    pub message: u32,
    /// wParam: the descriptor.
    pub socket: Handle,
    /// Low word of lParam: one FD_ bit.
    pub event: NetworkEvents,
    /// High word of lParam.
    pub error: Option<WsaError>,
}

/// What WSAStartup writes. The vendor pointer it leaves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WsaData {
    /// wVersion: what both sides settled on.
    pub version: u16,
    /// wHighVersion.
    pub high_version: u16,
    /// iMaxSockets: something for clients that asked for 1.x alone.
    pub max_sockets: u16,
    /// iMaxUdpDg: the same.
    pub max_udp_dg: u16,
}

impl WsaData {
    /// szDescription.
    pub const DESCRIPTION: &str = "WinSock 2.0";
    /// szSystemStatus.
    pub const SYSTEM_STATUS: &str = "Running";
    const MAX_SOCKETS: u16 = 32_767;
    const MAX_UDP_DG: u16 = 65_467;

    /// The answer to a client that asked for a version.
    #[must_use]
    pub fn new(requested: u16, version: u16, high_version: u16) -> Self {
        let old = requested.to_le_bytes()[0] == 1;
        let (max_sockets, max_udp_dg) = if old { (Self::MAX_SOCKETS, Self::MAX_UDP_DG) } else { (0, 0) };
        Self { version, high_version, max_sockets, max_udp_dg }
    }
}

/// What a client call returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// What the provider gave back.
    Spi(SpiReturn),
    /// Success, and nothing else.
    Done,
    /// WSAStartup.
    WsaData(WsaData),
    /// A truth value.
    Bool(bool),
    /// A handle of the caller.
    Handle(Handle),
    /// The last error; `None` is zero.
    LastError(Option<WsaError>),
    /// An ANSI protocol info.
    InfoA(Box<ProtocolInfoA>),
    /// Protocol infos.
    Infos(Arc<[Info]>),
    /// The catalog id of an entry that was installed; `None` where nobody wanted it.
    CatalogId(Option<u32>),
    /// The path of a DLL.
    Path(Arc<str>),
    /// LSP categories.
    Categories(LspCategories),
    /// A new process.
    Process {
        /// Its id.
        id: ProcessId,
        /// Its incarnation.
        incarnation: Incarnation,
    },
    /// A thread's position in its process.
    Thread(u32),
    /// The caller's process id.
    ProcessId(ProcessId),
    /// A window.
    Window(Window),
    /// A window message; `None`: the queue is empty.
    WindowMessage(Option<WindowMessage>),
    /// A value another process sent.
    Message(Message),
    /// Which of the waited events was signalled; `None`: the time ran out.
    Signalled(Option<u32>),
    /// WSAPoll: the revents of each element. The call returns how many are not zero.
    Polled(Box<[PollEvents]>),
    /// Completion routines ran: WSA_WAIT_IO_COMPLETION.
    Alerted,
    /// What a completion port had; `None`: the time ran out.
    Packet(Option<Packet>),
}

impl From<SpiReturn> for Value {
    fn from(value: SpiReturn) -> Self {
        Self::Spi(value)
    }
}

/// What a client call gives: the value, or the error that the thread's last error now holds.
pub type CallResult = Result<Value, WsaError>;
