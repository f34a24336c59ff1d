//! Layer, Move: what layers do beyond passing calls on, and bases that move connections.

macro_rules! layers {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    Layer1: "A layer may refuse WSPConnect, WSPSendTo and WSPJoinLeaf by address or program, before the provider below \
        hears of them."
        ("derived from Chain1");
    Layer2: "A layer may have WSPConnect go to a proxy in place of the address asked for."
        ("derived from Chain1");
    Layer3: "A layer that connects elsewhere tells WSPGetPeerName the address asked for; a duplicate's owner hears of \
        the real one, since no state of a layer travels in a block."
        ("open point A28");
    Layer4: "A layer that changes the payload changes it down and back up, overlapped receives when they end; only one \
        with handles of its own sees all I/O."
        ("wpumodifyifshandle, wpucreatesockethandle");
    Layer5: "A layer with tokens of its own keeps the word from below in memory its instances share, and puts it back \
        when the block is opened."
        ("Microsoft layered-provider sample, open point A28");

    Move1: "A base that moves connections duplicates connected sockets only; the process that opens the block gets the \
        connection."
        ("usage 2.13");
    Move2: "Once a connection has moved, sending, receiving and shutting down by any other process gives WSAENOTCONN; \
        its descriptor can still be closed."
        ("derived from Move1");
    } };
}
