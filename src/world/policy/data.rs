//! Sends, receives, and who waits for them.

macro_rules! data {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    fionread_datagram: FionreadDatagram, "A6", "What does FIONREAD report on a datagram socket?" {
        /// All bytes queued.
        #[default]
        TotalQueued,
        /// The size of the first datagram.
        FirstDatagram,
    } windows: TotalQueued
    recvfrom_connected: RecvFromConnected, "A13", "May WSPRecvFrom be called on a connected datagram socket?" {
        /// Yes.
        #[default]
        Allow,
        /// No: WSAEISCONN.
        Wsaeisconn,
    } windows: Allow
    overlapped_unflagged: OverlappedUnflagged, "O1, A16", "What if an overlapped structure is given on a socket made without WSA_FLAG_OVERLAPPED?" {
        /// It is passed over.
        #[default]
        Ignored,
        /// WSAEINVAL.
        Wsaeinval,
    } windows: Ignored
    partial_send: PartialSend, "O191", "What does a nonblocking stream send larger than the free space do?" {
        /// Sends what fits and reports the count.
        #[default]
        WhatFits,
        /// Sends all if any space is free, else WSAEWOULDBLOCK.
        WholeOrNothing,
    } windows: WholeOrNothing
    udp_port_unreachable: UdpPortUnreachable, "functions 4, O255", "Does a datagram to a closed local port make the sender's next receive fail?" {
        /// Yes: WSAECONNRESET.
        #[default]
        Reported,
        /// No.
        Ignored,
    } windows: Reported
    blocking_alertable: BlockingAlertable, "B5, O135", "Do completion routines run while a call blocks?" {
        /// No: only in waits that the client made alertable.
        #[default]
        No,
        /// Yes, and the call goes on waiting.
        Yes,
    } windows: Yes
    wake_order: WakeOrder, "U6, R10", "Several calls wait on one shared socket for the same thing: which of them goes on?" {
        /// Any: whoever runs first.
        #[default]
        Any,
        /// The one that has waited longest.
        Longest,
    } windows: Any
    } };
}
