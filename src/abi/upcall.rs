//! The upcalls: what a provider asks of ws2_32, and what it gets.

use super::{Guid, Upcall, WsaError};
use crate::world::ids::{Handle, Window};

/// An upcall with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UpcallCall {
    /// WPUModifyIFSHandle.
    ModifyIfsHandle {
        /// dwCatalogEntryId.
        entry: u32,
        /// ProposedHandle.
        handle: Handle,
    },
    /// WPUCreateSocketHandle.
    CreateSocketHandle {
        /// dwCatalogEntryId.
        entry: u32,
        /// dwContext.
        context: u32,
    },
    /// WPUCloseSocketHandle.
    CloseSocketHandle {
        /// s.
        s: Handle,
    },
    /// WPUQuerySocketHandleContext.
    QuerySocketHandleContext {
        /// s.
        s: Handle,
    },
    /// WPUGetProviderPath.
    GetProviderPath {
        /// lpProviderId.
        provider: Guid,
    },
    /// WPUQueryBlockingCallback.
    QueryBlockingCallback {
        /// dwCatalogEntryId.
        entry: u32,
    },
    /// WPUCreateEvent.
    CreateEvent,
    /// WPUCloseEvent.
    CloseEvent {
        /// hEvent.
        event: Handle,
    },
    /// WPUSetEvent.
    SetEvent {
        /// hEvent.
        event: Handle,
    },
    /// WPUResetEvent.
    ResetEvent {
        /// hEvent.
        event: Handle,
    },
    /// WPUPostMessage.
    PostMessage {
        /// hWnd.
        window: Window,
        /// Msg.
        message: u32,
        /// wParam.
        socket: Handle,
    },
    /// WPUQueueApc.
    QueueApc {
        /// lpThreadId: the thread's position in its process.
        thread: u32,
    },
    /// WPUOpenCurrentThread.
    OpenCurrentThread,
    /// WPUCloseThread.
    CloseThread {
        /// lpThreadId: the thread's position in its process.
        thread: u32,
    },
    /// WPUCompleteOverlappedRequest.
    CompleteOverlappedRequest {
        /// s.
        s: Handle,
        /// Which operation.
        overlapped: u32,
        /// dwError.
        error: Option<WsaError>,
        /// cbTransferred.
        transferred: u32,
    },
    /// WPUFDIsSet.
    FdIsSet {
        /// s.
        s: Handle,
        /// set.
        set: std::sync::Arc<[Handle]>,
    },
}

/// What an upcall gives back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UpcallReturn {
    /// Success, and nothing else.
    Done,
    /// A handle.
    Handle(Handle),
    /// A context value.
    Context(u32),
    /// A path.
    Path(std::sync::Arc<str>),
    /// A truth value: whether there is a hook, whether a handle is a member.
    Bool(bool),
}

impl UpcallCall {
    /// The upcall's name.
    #[must_use]
    pub fn function(&self) -> Upcall {
        match self {
            Self::ModifyIfsHandle { .. } => Upcall::WpuModifyIfsHandle,
            Self::CreateSocketHandle { .. } => Upcall::WpuCreateSocketHandle,
            Self::CloseSocketHandle { .. } => Upcall::WpuCloseSocketHandle,
            Self::QuerySocketHandleContext { .. } => Upcall::WpuQuerySocketHandleContext,
            Self::GetProviderPath { .. } => Upcall::WpuGetProviderPath,
            Self::QueryBlockingCallback { .. } => Upcall::WpuQueryBlockingCallback,
            Self::CreateEvent => Upcall::WpuCreateEvent,
            Self::CloseEvent { .. } => Upcall::WpuCloseEvent,
            Self::SetEvent { .. } => Upcall::WpuSetEvent,
            Self::ResetEvent { .. } => Upcall::WpuResetEvent,
            Self::PostMessage { .. } => Upcall::WpuPostMessage,
            Self::QueueApc { .. } => Upcall::WpuQueueApc,
            Self::OpenCurrentThread => Upcall::WpuOpenCurrentThread,
            Self::CloseThread { .. } => Upcall::WpuCloseThread,
            Self::CompleteOverlappedRequest { .. } => Upcall::WpuCompleteOverlappedRequest,
            Self::FdIsSet { .. } => Upcall::WpuFdIsSet,
        }
    }
}
