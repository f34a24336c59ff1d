//! Ext, AcceptEx, ConnectEx, DisconnectEx: functions outside the table.

macro_rules! extensions {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // Function pointers, contexts
    Ext1: "SIO_GET_EXTENSION_FUNCTION_POINTER gives the provider's function whose GUID is the input."
        ("lpwspioctl, winsock-ioctls");
    Ext2: "A GUID that names no function of the provider gives WSAEINVAL."
        ("winsock-ioctls, observed O219");
    Ext3: "A call through a function pointer goes to the provider whose function it is, past ws2_32 and every layer above."
        ("lpwspioctl");
    Ext4: "A layer that passes the query on hands out the function of a provider below, which knows nothing of the \
        layer's own handles: WSAENOTSOCK."
        ("lpwspioctl, derived");
    Ext5: "A layer with functions of its own asks the next link for its functions and calls those, with the handles and \
        the overlapped structure exchanged."
        ("wscinstallproviderandchains64_32, Microsoft layered-provider sample");
    Ext6: "Outside WSAStartup and WSACleanup an extension function gives WSANOTINITIALISED."
        ("lpfn_connectex");
    Ext7: "A function pointer of a provider that the process has not loaded points nowhere: WSAEFAULT."
        ("derived");
    Ext8: "AcceptEx and ConnectEx need an overlapped structure: ERROR_INVALID_PARAMETER."
        ("acceptex, lpfn_connectex, observed O147 O259");
    Ext9: "Until its context is updated, a socket connected by AcceptEx or ConnectEx moves data and closes, while the \
        peer's name and a shutdown give WSAENOTCONN."
        ("acceptex, lpfn_connectex, observed O93");
    Ext10: "SO_UPDATE_ACCEPT_CONTEXT, with the listener's handle, gives an accepted socket its names and what it inherits \
        from the listener: options, mode, registration."
        ("acceptex, sol-socket-socket-options");
    Ext11: "SO_UPDATE_CONNECT_CONTEXT, which needs no value, gives a socket connected by ConnectEx its names."
        ("lpfn_connectex, sol-socket-socket-options");
    Ext12: "A context is updated on connected sockets only (WSAENOTCONN), and the listener must be a socket that listens \
        (WSAENOTSOCK, WSAEINVAL)."
        ("sol-socket-socket-options, derived");
    Ext13: "A layer that looks for the listener of SO_UPDATE_ACCEPT_CONTEXT among its own handles refuses an inherited \
        one: WSAENOTSOCK."
        ("observed");

    // AcceptEx
    AcceptEx1: "AcceptEx takes the first request of the queue, or is pending until one comes; several are served in \
        posting order."
        ("acceptex");
    AcceptEx2: "A request that a pending AcceptEx takes raises no FD_ACCEPT."
        ("observed O181");
    AcceptEx3: "With a receive length it is over when the first data or the end of the stream has come, without one as \
        soon as there is a connection."
        ("acceptex, observed O261");
    AcceptEx4: "The accepting socket must have the listener's family and type, no name, no connection and no other \
        AcceptEx: WSAEINVAL."
        ("acceptex, observed O259");
    AcceptEx5: "A first socket that does not listen gives WSAEINVAL."
        ("acceptex, observed O259");
    AcceptEx6: "lpOutputBuffer must be valid, and each address length 16 bytes more than an address has: WSAEFAULT."
        ("acceptex, observed O259");
    AcceptEx7: "A connection that its client resets before it is handed over gives WSAECONNRESET, and the accepting \
        socket can be used again."
        ("acceptex");
    AcceptEx8: "Closed or cancelled, AcceptEx ends with WSA_OPERATION_ABORTED: the accepting socket is free, and a \
        connection that waited for data is reset."
        ("acceptex, lpwspclosesocket");
    AcceptEx9: "SO_CONNECT_TIME of an accepting socket tells how long its connection has waited for data; all ones: there \
        is none yet."
        ("acceptex, sol-socket-socket-options");
    AcceptEx10: "A socket that waits in AcceptEx can be neither bound nor connected: WSAEINVAL."
        ("observed O259");
    AcceptEx11: "GetAcceptExSockaddrs finds both addresses in lpOutputBuffer."
        ("getacceptexsockaddrs");

    // ConnectEx
    ConnectEx1: "ConnectEx on a socket that is not bound gives WSAEINVAL."
        ("lpfn_connectex, observed O147");
    ConnectEx2: "An attempt that can start is pending, whatever becomes of it; its completion tells."
        ("lpfn_connectex, observed O147");
    ConnectEx3: "lpSendBuffer is sent as soon as the connection is made; the operation is over when all of it is taken, \
        and tells how much that was."
        ("lpfn_connectex, observed O147");
    ConnectEx4: "A listening or connectionless socket gives WSAEINVAL."
        ("lpfn_connectex");
    ConnectEx5: "While an attempt is in progress ConnectEx gives WSAEALREADY."
        ("lpfn_connectex, observed O145") by connect_ex_while_connecting;
    ConnectEx6: "A connected socket gives WSAEISCONN."
        ("lpfn_connectex");
    ConnectEx7: "Closed or cancelled, the attempt is given up and the operation ends with WSA_OPERATION_ABORTED."
        ("lpfn_connectex, lpwspclosesocket");

    // DisconnectEx
    DisconnectEx1: "DisconnectEx ends sending, and is over when all that was sent has reached the peer."
        ("lpfn_disconnectex");
    DisconnectEx2: "With TF_REUSE_SOCKET it ends receiving too and waits for the peer's end; then the socket is as before \
        its connection, for ConnectEx under the name it was bound to, or for AcceptEx."
        ("lpfn_disconnectex");
    DisconnectEx3: "A socket that is not connected, or without TF_REUSE_SOCKET one that has ended sending, gives \
        WSAENOTCONN."
        ("lpfn_disconnectex");
    DisconnectEx4: "An unknown flag, a reserved argument that is not zero, or a connectionless socket gives WSAEINVAL."
        ("lpfn_disconnectex");
    DisconnectEx5: "Without an overlapped structure DisconnectEx returns when it is over."
        ("lpfn_disconnectex");
    } };
}
