//! Datagrams from socket to socket: one queue for all descriptors (R10).

use super::answers::UdpPortUnreachable;
use super::{Answer, Number, Reference, WSAECONNRESET, WSAEINVAL, WSAENOTCONN, WSAEWOULDBLOCK};

#[derive(Clone, Debug, Default)]
pub(super) struct Datagrams {
    queue: Vec<u8>,
    /// A datagram went to a port nobody was bound to.
    unreachable: bool,
}

impl Datagrams {
    pub(super) fn any(&self) -> bool {
        !self.queue.is_empty()
    }
}

/// What a receive does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It takes a datagram of one byte.
    Byte(u8),
    /// It waits for one.
    Waits,
}

impl Reference {
    /// How many sockets could get a datagram to a port. With several it is not said which does.
    pub fn receivers(&self, port: u16) -> usize {
        self.bound_to(port).count()
    }

    fn bound_to(&self, port: u16) -> impl Iterator<Item = usize> + '_ {
        let bound = move |at: &usize| {
            let socket = self.sockets[*at].as_ref();
            socket.is_some_and(|socket| !socket.stream && socket.bound.is_some_and(|bound| bound.port == port))
        };
        (0..self.sockets.len()).filter(bound)
    }

    /// WSPSendTo with one byte, to a port of this machine. A stream needs a connection, and there is none.
    pub fn send_to(&mut self, process: usize, number: Number, port: u16, byte: u8) -> Answer {
        let socket = self.called(process, number)?;
        if self.shared(socket).stream {
            return Err(WSAENOTCONN);
        }
        self.bind_implicitly(socket);
        let receiver = self.bound_to(port).next();
        match receiver {
            Some(receiver) => {
                self.shared(receiver).datagrams.queue.push(byte);
                self.report_due(receiver);
            }
            None => {
                let reported = self.answers.udp_port_unreachable == UdpPortUnreachable::Reported;
                self.shared(socket).datagrams.unreachable |= reported;
            }
        }
        Ok(())
    }

    /// WSPRecv.
    pub fn receive(&mut self, process: usize, number: Number) -> Answer<Receipt> {
        let socket = self.called(process, number)?;
        let nonblocking = self.is_nonblocking(process, number).unwrap_or(false);
        let received = self.take(socket, nonblocking);
        if received != Ok(Receipt::Waits) {
            self.reenable_read(socket);
        }
        received
    }

    fn take(&mut self, socket: usize, nonblocking: bool) -> Answer<Receipt> {
        let shared = self.shared(socket);
        match () {
            () if shared.stream => Err(WSAENOTCONN),
            () if shared.bound.is_none() => Err(WSAEINVAL),
            () if std::mem::take(&mut shared.datagrams.unreachable) => Err(WSAECONNRESET),
            () if shared.datagrams.any() => Ok(Receipt::Byte(shared.datagrams.queue.remove(0))),
            () if nonblocking => Err(WSAEWOULDBLOCK),
            () => Ok(Receipt::Waits),
        }
    }
}
