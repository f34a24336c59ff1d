//! Sizes of structures that need no type here: 64-bit Windows, bytes.
//!
//! Structures with a type carry their size as `SIZE`. Pages: ws2spi and winsock2 structures of these names.

/// WSPDATA: two versions and a description of 256 characters.
pub const WSPDATA: usize = 516;
/// WSPPROC_TABLE: 30 pointers.
pub const WSPPROC_TABLE: usize = 240;
/// WSPUPCALLTABLE: 15 pointers.
pub const WSPUPCALLTABLE: usize = 120;
/// WSATHREADID: a thread handle and a reserved word.
pub const WSATHREADID: usize = 16;
/// WSABUF: a length and a pointer.
pub const WSABUF: usize = 16;
/// WSAOVERLAPPED.
pub const WSAOVERLAPPED: usize = 32;
/// fd_set: a count and 64 sockets.
pub const FD_SET: usize = 520;
/// SOCKADDR: a family and 14 bytes.
pub const SOCKADDR: usize = 16;
/// SOCKADDR_IN: an IPv4 address with port.
pub const SOCKADDR_IN: usize = 16;
/// SOCKADDR_IN6: an IPv6 address with port, flow information and scope.
pub const SOCKADDR_IN6: usize = 28;
/// SOCKADDR_STORAGE: room for any address.
pub const SOCKADDR_STORAGE: usize = 128;
/// SOCKET and HANDLE.
pub const SOCKET: usize = 8;
/// CSADDR_INFO without the addresses it points to: the value of SO_BSP_STATE.
pub const CSADDR_INFO: usize = 40;
/// tcp_keepalive: the input of SIO_KEEPALIVE_VALS.
pub const TCP_KEEPALIVE: usize = 12;
/// FLOWSPEC: one direction of a QOS.
pub const FLOWSPEC: usize = 32;
/// QOS: two flow specifications and a provider-specific buffer.
pub const QOS: usize = 80;
/// BOOL: the four bytes of a Boolean socket option.
pub const BOOL: usize = 4;
/// DWORD.
pub const DWORD: usize = 4;
