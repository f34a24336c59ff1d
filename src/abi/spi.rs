//! The calls of the service provider interface: what goes down, what comes back.
//!
//! One variant per entry of WSPPROC_TABLE plus WSPStartup. Arguments keep their documented names where Rust allows;
//! `lpErrno` is the `Err` of [`SpiResult`]. Handles are numbers of the calling process.

use std::sync::Arc;

use super::{
    AcceptBuffer, AcceptedInto, Block, Bytes, FdSet, FunctionPointer, Gather, Info, MessageFlags, Name,
    NetworkEventRecord, NetworkEvents, Room, Scatter, SelectTimeout, SockAddr, SocketFlags, SpiFunction, WsaError,
};
use crate::world::ids::{Handle, InstanceId, ProcessId, Window};

/// A condition function of WSPAccept, by what it will answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// It returns this number: CF_ACCEPT 0, CF_REJECT 1, CF_DEFER 2, or one nobody defined.
    Returns(i32),
    /// It is called, and the thread stays inside it until an op answers.
    Asks,
    /// A pointer outside the user address space.
    Wild,
}

/// The arguments of an overlapped call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Overlapped {
    /// Tells this operation's structure from the thread's others.
    pub id: u32,
    /// hEvent, or NULL.
    pub event: Handle,
    /// lpCompletionRoutine, or NULL.
    pub routine: Option<Routine>,
    /// Whose memory the structure is in: a layer's that calls down with its own (L4), or the client's.
    pub layer: Option<InstanceId>,
}

/// A completion routine, by what it will do when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Routine {
    /// It returns at once.
    Returns,
    /// The thread stays inside it, where it may make calls, until an op answers.
    Asks,
}

/// Optional arguments of a connection request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConnectExtras {
    /// lpCallerData.
    pub caller_data: Option<Arc<[u8]>>,
    /// The room of lpCalleeData, bytes.
    pub callee_room: Option<u32>,
    /// Whether lpSQOS asks for a quality of service.
    pub quality_of_service: bool,
}

/// A call into a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SpiCall {
    /// WSPStartup.
    Startup {
        /// wVersionRequested: low byte major, high byte minor.
        version: u16,
        /// lpProtocolInfo.
        info: Info,
        /// Whether lpWSPData and lpProcTable are valid.
        out: bool,
    },
    /// WSPCleanup.
    Cleanup,
    /// WSPSocket.
    Socket {
        /// af.
        af: i32,
        /// type.
        kind: i32,
        /// protocol.
        protocol: i32,
        /// lpProtocolInfo. NULL is legal only between application and ws2_32.
        info: Option<Block>,
        /// g.
        group: u32,
        /// dwFlags.
        flags: SocketFlags,
    },
    /// WSPDuplicateSocket.
    DuplicateSocket {
        /// s.
        s: Handle,
        /// dwProcessId.
        process: ProcessId,
        /// lpProtocolInfo with what the buffer holds on the way down; `None` is NULL.
        info: Option<Info>,
    },
    /// WSPCloseSocket.
    CloseSocket {
        /// s.
        s: Handle,
    },
    /// WSPBind.
    Bind {
        /// s.
        s: Handle,
        /// name and namelen.
        name: Name,
    },
    /// WSPListen.
    Listen {
        /// s.
        s: Handle,
        /// backlog.
        backlog: i32,
    },
    /// WSPConnect.
    Connect {
        /// s.
        s: Handle,
        /// name and namelen.
        name: Name,
        /// lpCallerData, lpCalleeData, lpSQOS.
        extras: Option<Box<ConnectExtras>>,
    },
    /// WSPAccept.
    Accept {
        /// s.
        s: Handle,
        /// addr with addrlen; `None` when either is NULL.
        addr: Room,
        /// lpfnCondition.
        condition: Option<Condition>,
    },
    /// WSPSend.
    Send {
        /// s.
        s: Handle,
        /// lpBuffers.
        data: Gather,
        /// dwFlags.
        flags: MessageFlags,
        /// Whether lpNumberOfBytesSent is valid.
        returned: bool,
        /// lpOverlapped and lpCompletionRoutine.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSPSendTo.
    SendTo {
        /// s.
        s: Handle,
        /// lpBuffers.
        data: Gather,
        /// dwFlags.
        flags: MessageFlags,
        /// lpTo and iTolen.
        to: Name,
        /// Whether lpNumberOfBytesSent is valid.
        returned: bool,
        /// lpOverlapped and lpCompletionRoutine.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSPRecv.
    Recv {
        /// s.
        s: Handle,
        /// lpBuffers.
        room: Scatter,
        /// lpFlags.
        flags: MessageFlags,
        /// Whether lpNumberOfBytesRecvd is valid.
        returned: bool,
        /// lpOverlapped and lpCompletionRoutine.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSPRecvFrom.
    RecvFrom {
        /// s.
        s: Handle,
        /// lpBuffers.
        room: Scatter,
        /// lpFlags.
        flags: MessageFlags,
        /// lpFrom with lpFromlen; `None` when lpFrom is NULL.
        from: Room,
        /// Whether lpNumberOfBytesRecvd is valid.
        returned: bool,
        /// lpOverlapped and lpCompletionRoutine.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSPShutdown.
    Shutdown {
        /// s.
        s: Handle,
        /// how: SD_RECEIVE 0, SD_SEND 1, SD_BOTH 2.
        how: i32,
    },
    /// WSPGetSockOpt.
    GetSockOpt {
        /// s.
        s: Handle,
        /// level.
        level: i32,
        /// optname.
        option: i32,
        /// The room of optval, bytes; `None` when optval or optlen is outside user memory.
        room: Room,
    },
    /// WSPSetSockOpt.
    SetSockOpt {
        /// s.
        s: Handle,
        /// level.
        level: i32,
        /// optname.
        option: i32,
        /// optval; `None` when outside user memory.
        value: Option<Bytes>,
        /// Whether optlen is negative, whatever the value.
        negative: bool,
    },
    /// WSPGetSockName.
    GetSockName {
        /// s.
        s: Handle,
        /// namelen on the way in; `None` when name or namelen is outside user memory.
        room: Room,
    },
    /// WSPGetPeerName.
    GetPeerName {
        /// s.
        s: Handle,
        /// namelen on the way in; `None` when name or namelen is outside user memory.
        room: Room,
    },
    /// WSPIoctl.
    Ioctl {
        /// s.
        s: Handle,
        /// dwIoControlCode.
        code: u32,
        /// lpvInBuffer; `None` is NULL.
        input: Option<Bytes>,
        /// The room of lpvOutBuffer; `None` is NULL.
        room: Room,
        /// Whether lpcbBytesReturned is valid.
        returned: bool,
        /// lpOverlapped and lpCompletionRoutine.
        overlapped: Option<Box<Overlapped>>,
    },
    /// WSPEventSelect.
    EventSelect {
        /// s.
        s: Handle,
        /// hEventObject.
        event: Handle,
        /// lNetworkEvents.
        events: NetworkEvents,
    },
    /// WSPAsyncSelect.
    AsyncSelect {
        /// s.
        s: Handle,
        /// hWnd.
        window: Window,
        /// wMsg.
        message: u32,
        /// lEvent.
        events: NetworkEvents,
    },
    /// WSPEnumNetworkEvents.
    EnumNetworkEvents {
        /// s.
        s: Handle,
        /// hEventObject, or NULL.
        event: Handle,
        /// What every slot of iErrorCode holds on the way in; `None` when lpNetworkEvents is not valid.
        out: Option<i32>,
    },
    /// WSPAddressToString.
    AddressToString {
        /// lpsaAddress with dwAddressLength.
        address: Name,
        /// lpProtocolInfo.
        info: Option<Info>,
        /// lpdwAddressStringLength on the way in.
        room: Room,
    },
    /// WSPStringToAddress.
    StringToAddress {
        /// AddressString.
        text: Arc<str>,
        /// AddressFamily.
        family: i32,
        /// lpProtocolInfo.
        info: Option<Info>,
        /// lpAddressLength on the way in, bytes.
        room: Room,
    },
    /// WSPSelect.
    Select {
        /// readfds, writefds, exceptfds.
        sets: Box<[FdSet; 3]>,
        /// timeout.
        timeout: SelectTimeout,
    },
    /// WSPJoinLeaf.
    JoinLeaf {
        /// s.
        s: Handle,
        /// name and namelen.
        name: Name,
        /// lpCallerData, lpCalleeData, lpSQOS.
        extras: Option<Box<ConnectExtras>>,
        /// dwFlags: JL_ bits.
        flags: u32,
    },
    /// WSPSendDisconnect.
    SendDisconnect {
        /// s.
        s: Handle,
        /// lpOutboundDisconnectData; `None` is NULL.
        data: Option<Gather>,
    },
    /// WSPRecvDisconnect.
    RecvDisconnect {
        /// s.
        s: Handle,
        /// The room of lpInboundDisconnectData.
        room: Room,
    },
    /// WSPGetOverlappedResult.
    GetOverlappedResult {
        /// s.
        s: Handle,
        /// Which operation: [`Overlapped::id`].
        overlapped: u32,
        /// fWait.
        wait: bool,
    },
    /// WSPGetQOSByName.
    GetQosByName {
        /// s.
        s: Handle,
        /// lpQOSName; empty asks for all names.
        name: Arc<str>,
        /// The room of lpQOSName's buffer, bytes.
        room: u32,
        /// Whether lpQOS is valid.
        out: bool,
    },
    /// WSPCancelBlockingCall.
    CancelBlockingCall,
    /// AcceptEx.
    AcceptEx {
        /// sListenSocket.
        s: Handle,
        /// sAcceptSocket.
        accept: Handle,
        /// lpOutputBuffer and what it has room for.
        buffer: Box<AcceptBuffer>,
        /// lpOverlapped.
        overlapped: Option<Box<Overlapped>>,
    },
    /// ConnectEx.
    ConnectEx {
        /// s.
        s: Handle,
        /// name and namelen.
        name: Name,
        /// lpSendBuffer; `None` is NULL.
        data: Option<Gather>,
        /// lpOverlapped.
        overlapped: Option<Box<Overlapped>>,
    },
    /// DisconnectEx.
    DisconnectEx {
        /// s.
        s: Handle,
        /// dwFlags: TF_ bits.
        flags: u32,
        /// dwReserved.
        reserved: u32,
        /// lpOverlapped.
        overlapped: Option<Box<Overlapped>>,
    },
    /// GetAcceptExSockaddrs.
    GetAcceptExSockaddrs {
        /// Whose lpOutputBuffer: that of the AcceptEx with this structure.
        overlapped: u32,
    },
}

/// The descriptor of a call, by whatever reference the call is given.
macro_rules! socket_field {
    ($call:expr) => {
        match $call {
            Self::DuplicateSocket { s, .. }
            | Self::CloseSocket { s }
            | Self::Bind { s, .. }
            | Self::Listen { s, .. }
            | Self::Connect { s, .. }
            | Self::Accept { s, .. }
            | Self::Send { s, .. }
            | Self::SendTo { s, .. }
            | Self::Recv { s, .. }
            | Self::RecvFrom { s, .. }
            | Self::Shutdown { s, .. }
            | Self::GetSockOpt { s, .. }
            | Self::SetSockOpt { s, .. }
            | Self::GetSockName { s, .. }
            | Self::GetPeerName { s, .. }
            | Self::Ioctl { s, .. }
            | Self::EventSelect { s, .. }
            | Self::AsyncSelect { s, .. }
            | Self::EnumNetworkEvents { s, .. }
            | Self::JoinLeaf { s, .. }
            | Self::SendDisconnect { s, .. }
            | Self::RecvDisconnect { s, .. }
            | Self::GetOverlappedResult { s, .. }
            | Self::GetQosByName { s, .. }
            | Self::AcceptEx { s, .. }
            | Self::ConnectEx { s, .. }
            | Self::DisconnectEx { s, .. } => Some(s),
            Self::Startup { .. }
            | Self::Cleanup
            | Self::Socket { .. }
            | Self::AddressToString { .. }
            | Self::StringToAddress { .. }
            | Self::Select { .. }
            | Self::CancelBlockingCall
            | Self::GetAcceptExSockaddrs { .. } => None,
        }
    };
}

impl SpiCall {
    /// The entry this call goes to.
    #[must_use]
    pub fn function(&self) -> SpiFunction {
        match self {
            Self::Startup { .. } => SpiFunction::WspStartup,
            Self::Cleanup => SpiFunction::WspCleanup,
            Self::Socket { .. } => SpiFunction::WspSocket,
            Self::DuplicateSocket { .. } => SpiFunction::WspDuplicateSocket,
            Self::CloseSocket { .. } => SpiFunction::WspCloseSocket,
            Self::Bind { .. } => SpiFunction::WspBind,
            Self::Listen { .. } => SpiFunction::WspListen,
            Self::Connect { .. } => SpiFunction::WspConnect,
            Self::Accept { .. } => SpiFunction::WspAccept,
            Self::Send { .. } => SpiFunction::WspSend,
            Self::SendTo { .. } => SpiFunction::WspSendTo,
            Self::Recv { .. } => SpiFunction::WspRecv,
            Self::RecvFrom { .. } => SpiFunction::WspRecvFrom,
            Self::Shutdown { .. } => SpiFunction::WspShutdown,
            Self::GetSockOpt { .. } => SpiFunction::WspGetSockOpt,
            Self::SetSockOpt { .. } => SpiFunction::WspSetSockOpt,
            Self::GetSockName { .. } => SpiFunction::WspGetSockName,
            Self::GetPeerName { .. } => SpiFunction::WspGetPeerName,
            Self::Ioctl { .. } => SpiFunction::WspIoctl,
            Self::EventSelect { .. } => SpiFunction::WspEventSelect,
            Self::AsyncSelect { .. } => SpiFunction::WspAsyncSelect,
            Self::EnumNetworkEvents { .. } => SpiFunction::WspEnumNetworkEvents,
            Self::AddressToString { .. } => SpiFunction::WspAddressToString,
            Self::StringToAddress { .. } => SpiFunction::WspStringToAddress,
            Self::Select { .. } => SpiFunction::WspSelect,
            Self::JoinLeaf { .. } => SpiFunction::WspJoinLeaf,
            Self::SendDisconnect { .. } => SpiFunction::WspSendDisconnect,
            Self::RecvDisconnect { .. } => SpiFunction::WspRecvDisconnect,
            Self::GetOverlappedResult { .. } => SpiFunction::WspGetOverlappedResult,
            Self::GetQosByName { .. } => SpiFunction::WspGetQosByName,
            Self::CancelBlockingCall => SpiFunction::WspCancelBlockingCall,
            Self::AcceptEx { .. } => SpiFunction::AcceptEx,
            Self::ConnectEx { .. } => SpiFunction::ConnectEx,
            Self::DisconnectEx { .. } => SpiFunction::DisconnectEx,
            Self::GetAcceptExSockaddrs { .. } => SpiFunction::GetAcceptExSockaddrs,
        }
    }

    /// The descriptor argument, for calls that have one.
    #[inline]
    #[must_use]
    pub fn socket(&self) -> Option<Handle> {
        socket_field!(self).copied()
    }

    /// lpOverlapped, for calls that bring one.
    #[inline]
    #[must_use]
    pub fn overlapped(&self) -> Option<&Overlapped> {
        match self {
            Self::Send { overlapped, .. }
            | Self::SendTo { overlapped, .. }
            | Self::Recv { overlapped, .. }
            | Self::RecvFrom { overlapped, .. }
            | Self::Ioctl { overlapped, .. }
            | Self::AcceptEx { overlapped, .. }
            | Self::ConnectEx { overlapped, .. }
            | Self::DisconnectEx { overlapped, .. } => overlapped.as_deref(),
            _ => None,
        }
    }

    /// lpOverlapped, to be exchanged or taken away.
    pub fn overlapped_mut(&mut self) -> Option<&mut Option<Box<Overlapped>>> {
        match self {
            Self::Send { overlapped, .. }
            | Self::SendTo { overlapped, .. }
            | Self::Recv { overlapped, .. }
            | Self::RecvFrom { overlapped, .. }
            | Self::Ioctl { overlapped, .. }
            | Self::AcceptEx { overlapped, .. }
            | Self::ConnectEx { overlapped, .. }
            | Self::DisconnectEx { overlapped, .. } => Some(overlapped),
            _ => None,
        }
    }

    /// The same call on another descriptor: what a layer with handles of its own passes down.
    #[inline]
    pub fn set_socket(&mut self, handle: Handle) {
        if let Some(s) = socket_field!(self) {
            *s = handle;
        }
    }
}

/// What a successful call gives back. It passes every frame on its way up, so what is big and rare is boxed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SpiReturn {
    /// Zero, and nothing else.
    Done,
    /// WSPStartup: wVersion and wHighVersion.
    Started {
        /// The version to use.
        version: u16,
        /// The highest the provider supports.
        high: u16,
    },
    /// A new descriptor, with the peer's address where the call gives one.
    Socket {
        /// The descriptor.
        socket: Handle,
        /// WSPAccept: addr, if there was room for it.
        peer: Option<Box<SockAddr>>,
    },
    /// WSPDuplicateSocket: the filled lpProtocolInfo.
    Info(Info),
    /// Bytes sent.
    Sent(u32),
    /// Bytes received.
    Received(Box<Received>),
    /// An option's value, an ioctl's output.
    Bytes(Bytes),
    /// An option's value that is a protocol info.
    ProtocolInfo(Info),
    /// A name, a parsed address.
    Address(Box<SockAddr>),
    /// A network-event record.
    Events(Box<NetworkEventRecord>),
    /// Text, and its length in the unit of the call.
    Text(Arc<str>, u32),
    /// WSPSelect: the ready members of the three sets.
    Ready(Box<[Vec<Handle>; 3]>),
    /// SIO_GET_EXTENSION_FUNCTION_POINTER.
    Function(FunctionPointer),
    /// AcceptEx: what is in lpOutputBuffer.
    AcceptedInto(Box<AcceptedInto>),
    /// GetAcceptExSockaddrs: local and remote address; `None` where no AcceptEx has left any.
    Sockaddrs(Box<Option<(SockAddr, SockAddr)>>),
}

/// What a receive gives back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Received {
    /// The bytes, all buffers in a row.
    pub data: Vec<u8>,
    /// lpFlags on the way out.
    pub flags: MessageFlags,
    /// lpFrom, for a datagram and when there was room.
    pub from: Option<SockAddr>,
}

/// What comes back from a provider: the value, or what `lpErrno` says.
pub type SpiResult = Result<SpiReturn, WsaError>;
