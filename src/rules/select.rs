//! Select, Poll: readiness of many sockets at once.

macro_rules! select {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WSPSelect
    Select1: "A socket is in readfds when a connection waits to be accepted, when data can be read, or when the \
        connection has ended or was reset."
        ("lpwspselect");
    Select2: "A socket is in writefds when a nonblocking connect has succeeded or data can be sent."
        ("lpwspselect");
    Select3: "A socket is in exceptfds when a nonblocking connect has failed, or when urgent data waits and \
        SO_OOBINLINE is off."
        ("lpwspselect");
    Select4: "Three NULL sets give WSAEINVAL, and a set that is not NULL has to hold at least one handle."
        ("lpwspselect") by empty_fd_set;
    Select5: "A negative timeout gives WSAEINVAL, a set or timeout outside user memory WSAEFAULT."
        ("lpwspselect");
    Select6: "One member that is no socket makes the whole call fail with WSAENOTSOCK."
        ("lpwspselect");
    Select7: "WSPSelect leaves the ready members in the sets and returns how many there are over all three; 0 when the \
        time runs out."
        ("lpwspselect");
    Select8: "Without a ready member WSPSelect waits until the timeout, with a NULL timeout for ever; the mode of the \
        sockets does not matter."
        ("lpwspselect");
    Select9: "A handle that stands in a set several times counts once."
        ("observed O227");
    Select10: "A timeout of zero looks once, never waits and never asks for the blocking hook."
        ("lpwspselect");
    Select11: "A layer hands its lower handles down and finds its own again in what comes back by WPUFDIsSet."
        ("lpwspselect, wpufdisset, derived from L1");
    Select12: "All sockets of one WSPSelect belong to one provider; ws2_32 splits a call whose sockets belong to \
        several, asks each and waits itself."
        ("lpwspselect, derived") by select_providers;
    Select13: "A layer whose sockets lie in several chains splits WSPSelect among the providers below."
        ("derived from L1");
    Select14: "WPUFDIsSet tells whether a handle is a member of a set."
        ("wpufdisset");

    // WSAPoll
    Poll1: "WSAPoll fills the revents of every element and returns how many are not zero."
        ("wsapoll");
    Poll2: "No elements give WSAEINVAL, a NULL array with a count WSAEFAULT."
        ("wsapoll, observed O235");
    Poll3: "POLLERR, POLLHUP and POLLNVAL are only reported; to ask for them, or for POLLPRI, POLLWRBAND or an unknown \
        flag, gives WSAEINVAL."
        ("wsapoll, observed O235");
    Poll4: "An element whose handle is no socket, or is closed meanwhile, gets POLLNVAL; one with a negative handle is \
        passed over."
        ("wsapoll, observed O237");
    Poll5: "A negative timeout waits for ever, zero looks once."
        ("wsapoll");

    // WSAWaitForMultipleEvents
    Wait1: "WSAWaitForMultipleEvents takes 1 to 64 events; another count is WSA_INVALID_PARAMETER."
        ("wsawaitformultipleevents");
    } };
}
