//! What a close, a cleanup and the loss of a peer bring.

macro_rules! endings {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    linger_default: LingerDefault, "A2", "Is SO_LINGER on in a new socket?" {
        /// Off.
        #[default]
        Off,
        /// On, with zero seconds.
        On,
    } windows: Off
    linger_on_shared_close: LingerOnSharedClose, "usage 5f, A26", "What does SO_LINGER do on a close that is not the last?" {
        /// Nothing.
        #[default]
        NoEffect,
        /// It acts at once, as if this were the last close.
        Immediate,
    } windows: NoEffect
    io_at_shared_close: IoAtSharedClose, "R15, usage 5i, O52", "Which pending calls does a close cancel while other descriptors remain?" {
        /// Those started through the closing descriptor.
        #[default]
        CancelOwn,
        /// All on the shared socket.
        CancelAll,
        /// None.
        CancelNone,
    } windows: CancelNone
    registrant_closes: RegistrantCloses, "A25", "What becomes of an event registration when the process that made it closes its descriptor and others remain?" {
        /// It is cancelled.
        #[default]
        Cancelled,
        /// It stays.
        Kept,
    } windows: Cancelled
    blocked_call_at_close: BlockedCallAtClose, "R15, O133", "What does a blocked call return when its descriptor is closed under it?" {
        /// WSAEINTR.
        #[default]
        Wsaeintr,
        /// WSAENOTSOCK.
        Wsaenotsock,
        /// WSAECONNABORTED.
        Wsaeconnaborted,
    } windows: Wsaeintr
    operation_at_close: OperationAtClose, "R15, O161", "How does the pending overlapped receive of a connection end when the last descriptor is closed?" {
        /// WSA_OPERATION_ABORTED.
        #[default]
        WsaOperationAborted,
        /// WSAECONNABORTED.
        Wsaeconnaborted,
    } windows: Wsaeconnaborted
    final_cleanup: FinalCleanup, "A10", "What does the final WSPCleanup do to sockets that other processes share?" {
        /// Only this process's references go.
        #[default]
        DropReferences,
        /// The sockets are reset for everybody.
        ResetForAll,
    } windows: DropReferences
    open_at_cleanup: OpenAtCleanup, "A9", "How does the final WSPCleanup end connections whose last descriptor it takes?" {
        /// They are reset.
        #[default]
        Reset,
        /// They are closed as WSPCloseSocket would close them.
        Close,
    } windows: Reset
    send_to_closed: SendToClosed, "Close20, O157", "What do calls say on a connection whose peer has closed, once data was sent to it all the same?" {
        /// WSAECONNRESET: the peer's machine has answered the data with a reset.
        #[default]
        Wsaeconnreset,
        /// WSAECONNABORTED.
        Wsaeconnaborted,
    } windows: Wsaeconnaborted
    } };
}
