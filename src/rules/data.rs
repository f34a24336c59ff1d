//! Send, SendTo, Recv, RecvFrom: data.

macro_rules! data {
    ([$next:ident $($rest:ident)*] $($rows:tt)*) => { $next! { [$($rest)*] $($rows)*

    // WSPSend
    Send1: "WSPSend needs a peer, by connection or as default of a connectionless socket; without one it gives \
        WSAENOTCONN."
        ("lpwspsend");
    Send2: "Buffers are taken in the order of the array, and the count of bytes taken is stored."
        ("lpwspsend");
    Send3: "A blocking stream send waits until all of it is taken."
        ("lpwspsend");
    Send4: "A nonblocking stream send takes what fits, and a part is success."
        ("lpwspsend") by partial_send;
    Send5: "A nonblocking send with no space at all gives WSAEWOULDBLOCK."
        ("lpwspsend");
    Send6: "A message longer than SO_MAX_MSG_SIZE gives WSAEMSGSIZE, and nothing is sent."
        ("lpwspsend");
    Send7: "Success says that the transport took the data, not that the peer has it."
        ("lpwspsend");
    Send8: "After SD_SEND or SD_BOTH a send gives WSAESHUTDOWN."
        ("lpwspsend, lpwspshutdown");
    Send9: "A send that gave WSAEWOULDBLOCK re-enables FD_WRITE; whether one that failed otherwise does so too, the page \
        leaves open."
        ("lpwspsend, lpwspeventselect") by write_reenabled_by;
    Send10: "MSG_OOB is for stream sockets with urgent data, others give WSAEOPNOTSUPP."
        ("lpwspsend");
    Send11: "MSG_PARTIAL without XP1_PARTIAL_MESSAGE, or a send on a receive-only socket, gives WSAEOPNOTSUPP."
        ("lpwspsend");
    Send12: "MSG_DONTROUTE may be given and may be ignored."
        ("lpwspsend");
    Send13: "On a connection the peer has reset, a send gives WSAECONNRESET; on one lost by timeout or failure \
        WSAECONNABORTED."
        ("lpwspsend");
    Send14: "A send to a broadcast peer without SO_BROADCAST gives WSAEACCES."
        ("lpwspsend");
    Send15: "The bytes of one send stay together in the stream, whatever other descriptors send meanwhile."
        ("derived from R10");
    Send16: "SO_SNDTIMEO ends a blocking send that has waited so long with WSAETIMEDOUT."
        ("lpwspsetsockopt, sol-socket-socket-options");
    Send17: "MSG_INTERRUPT is for 16-bit clients: a provider gives WSAEOPNOTSUPP."
        ("lpwspsend, lpwsprecv");
    Send18: "A send that is not overlapped has to have somewhere to put the count of bytes: else WSAEFAULT."
        ("lpwspsend, wsasend, observed O13");

    // WSPSendTo
    SendTo1: "On a connectionless socket lpTo is the destination of this datagram alone, even if there is a default \
        peer."
        ("lpwspsendto");
    SendTo2: "On a connection-oriented socket lpTo is ignored and the call is WSPSend."
        ("lpwspsendto");
    SendTo3: "Sending from an unbound connectionless socket binds it to a port the provider chooses."
        ("lpwspsendto, lpwsprecvfrom");
    SendTo4: "With neither lpTo nor a default peer a connectionless socket gives WSAEDESTADDRREQ."
        ("lpwspsendto");
    SendTo5: "The all-zero address as destination gives WSAEADDRNOTAVAIL, one of another family WSAEAFNOSUPPORT."
        ("lpwspsendto");
    SendTo6: "An lpTo that is too short gives WSAEFAULT."
        ("lpwspsendto");
    SendTo7: "A broadcast destination without SO_BROADCAST gives WSAEACCES."
        ("lpwspsendto");
    SendTo8: "A connection-oriented socket without a connection gives WSAENOTCONN."
        ("lpwspsendto");

    // WSPRecv
    Recv1: "WSPRecv needs a connection, or on a connectionless socket a local address; without a connection \
        WSAENOTCONN, without an address WSAEINVAL."
        ("lpwsprecv");
    Recv2: "A blocking receive waits for data and has no time limit of its own."
        ("lpwsprecv");
    Recv3: "A nonblocking receive with nothing queued gives WSAEWOULDBLOCK."
        ("lpwsprecv");
    Recv4: "From a stream, a receive returns what is there, as little as one byte."
        ("lpwsprecv");
    Recv5: "MSG_WAITALL makes a blocking stream receive wait until its buffers are full or the stream has ended."
        ("recv");
    Recv6: "From a message socket, a receive returns one whole message at most."
        ("lpwsprecv");
    Recv7: "A socket receives as a stream unless it is XP1_MESSAGE_ORIENTED, is not XP1_PSEUDO_STREAM, and the call \
        has no MSG_PARTIAL."
        ("lpwsprecv")
        unseen "a definition; the type of the socket decides";
    Recv8: "The buffers of the array are filled one after the other without gaps."
        ("lpwsprecv");
    Recv9: "A message too large for the buffers of an unreliable protocol fills them, gives WSAEMSGSIZE, and loses its \
        rest."
        ("lpwsprecv");
    Recv10: "A message too large for the buffers of a reliable protocol without partial messages gives WSAEMSGSIZE and \
        waits for larger ones."
        ("lpwsprecv");
    Recv11: "Where partial messages exist, MSG_PARTIAL in the flags returned says that more of the message follows."
        ("lpwsprecv");
    Recv12: "After a graceful end by the peer and all data read, a stream receive returns 0 bytes, again and again."
        ("lpwsprecv");
    Recv13: "After a graceful end by the peer, a message-oriented receive gives WSAEDISCON."
        ("lpwsprecv");
    Recv14: "A connection reset by the peer gives WSAECONNRESET, one lost by timeout or failure WSAECONNABORTED."
        ("lpwsprecv");
    Recv15: "After SD_RECEIVE or SD_BOTH a receive gives WSAESHUTDOWN."
        ("lpwsprecv, lpwspshutdown");
    Recv16: "MSG_PEEK copies data and leaves it queued."
        ("lpwsprecv");
    Recv17: "A receive re-enables FD_READ and FD_OOB, with MSG_PEEK and MSG_OOB as without."
        ("lpwsprecv, lpwspeventselect");
    Recv18: "A receive never crosses the urgent mark and never mixes urgent with ordinary data."
        ("lpwsprecv, protocol-independent-out-of-band-data-2");
    Recv19: "With SO_OOBINLINE off, urgent data is read with MSG_OOB only."
        ("protocol-independent-out-of-band-data-2");
    Recv20: "With SO_OOBINLINE on, urgent data comes in its place in the stream, and MSG_OOB gives WSAEINVAL."
        ("protocol-independent-out-of-band-data-2");
    Recv21: "MSG_OOB on a socket without urgent data gives WSAEOPNOTSUPP, as does any receive on a send-only socket."
        ("lpwsprecv");
    Recv22: "A connectionless socket with a default peer receives from that peer alone."
        ("lpwsprecv");
    Recv23: "Queued bytes go to one reader: what one descriptor has received no other receives."
        ("derived from R10");
    Recv24: "SO_RCVTIMEO ends a blocking receive that has waited so long with WSAETIMEDOUT."
        ("lpwspsetsockopt, sol-socket-socket-options");
    Recv25: "A waiting receive that is cancelled gives WSAEINTR."
        ("lpwsprecv, lpwspcancelblockingcall");
    Recv26: "A receive that is not overlapped has to have somewhere to put the count of bytes: else WSAEFAULT."
        ("lpwsprecv, wsarecv");

    // WSPRecvFrom
    RecvFrom1: "WSPRecvFrom stores the sender's address of a datagram in lpFrom, and its length in lpFromlen."
        ("lpwsprecvfrom");
    RecvFrom2: "On a connection-oriented socket lpFrom and lpFromlen are left alone."
        ("lpwsprecvfrom");
    RecvFrom3: "An unbound connectionless socket cannot receive: WSAEINVAL."
        ("lpwsprecvfrom");
    RecvFrom4: "An lpFrom too small for the address gives WSAEFAULT."
        ("lpwsprecvfrom");
    RecvFrom5: "A connected datagram socket may call WSPRecvFrom."
        ("lpwsprecvfrom") by recvfrom_connected;
    RecvFrom6: "A datagram that found no socket at its port makes the sender's next receive fail with WSAECONNRESET."
        ("lpwsprecvfrom, winsock-ioctls") by udp_port_unreachable;
    RecvFrom7: "Of several readers waiting on one datagram socket, one gets each datagram."
        ("derived from R10");

    // WSPGetOverlappedResult
    Result1: "WSPGetOverlappedResult tells how the operation ended that was last given the structure: with its count and \
        flags, or with its own error."
        ("lpwspgetoverlappedresult");
    Result2: "While the operation is pending, fWait FALSE gives WSA_IO_INCOMPLETE and stores nothing."
        ("lpwspgetoverlappedresult");
    Result3: "fWait TRUE waits for the event of the structure; where the structure has none, it gives WSA_INVALID_HANDLE."
        ("lpwspgetoverlappedresult, wsagetoverlappedresult");
    Result4: "A structure that no operation was ever given gives WSAEINVAL."
        ("lpwspgetoverlappedresult");
    } };
}
