//! Readiness: what blocked calls, WSPSelect and FIONREAD ask. Nothing changes here.

use super::socket::{Life, Role, SharedSocket};
use super::{Afd, Cx, Interest, Io, Kind, SocketId};
use crate::abi::NetworkEvents;
use crate::rules::RuleId;
use crate::world::policy::{FionreadDatagram, PolicyId};

/// In which sets WSPSelect finds a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Readiness {
    /// readfds: a request, data, or the end of a connection.
    pub read: bool,
    /// writefds: connected and able to send.
    pub write: bool,
    /// exceptfds: a connect failed, or urgent data waits out of band.
    pub except: bool,
}

impl Afd {
    /// Whether a call blocked on this may make progress: succeed or fail. A socket that is gone is always ready.
    #[must_use]
    pub fn ready(&self, id: SocketId, interest: Interest) -> bool {
        let Some(socket) = self.sockets.get(id) else { return true };
        if self.faults.network_down {
            return true;
        }
        match interest {
            Interest::Readable => self.receive_returns(id, socket),
            Interest::Part => {
                let part = socket.connection().is_some_and(|connection| {
                    connection.has_part(connection.peer.map_or(0, |peer| self.arrived_unsent(peer)))
                });
                part || self.receive_returns(id, socket)
            }
            Interest::Urgent => self.urgent_returns(socket),
            Interest::Writable => self.send_returns(id, socket),
            Interest::Acceptable => socket.listener().is_none_or(|listener| listener.front().is_some()),
            Interest::Connected => !matches!(socket.role, Role::Connecting(_)),
            Interest::Changed => {
                !socket.awaits(NetworkEvents::ROUTING_INTERFACE_CHANGE | NetworkEvents::ADDRESS_LIST_CHANGE)
            }
            Interest::Turn => socket.sender.is_none() && !socket.io.as_deref().is_some_and(Io::has_sends),
            Interest::Disconnected => self.is_parted(id, false),
            Interest::Parted => self.is_parted(id, true),
            Interest::Drained => socket.connection().is_none_or(|connection| connection.unsent.is_none()),
        }
    }

    fn receive_returns(&self, id: SocketId, socket: &SharedSocket) -> bool {
        let fails = match &socket.role {
            Role::Connected(connection) => connection.end_received || connection.broken.is_some() || connection.deaf,
            Role::Datagram(datagrams) => datagrams.unreachable || socket.bound.is_none(),
            _ => true,
        };
        fails || socket.shut.receive || self.has_data(id)
    }

    fn urgent_returns(&self, socket: &SharedSocket) -> bool {
        let fails = socket.connection().is_none_or(|connection| connection.end_received || connection.broken.is_some());
        fails || socket.shut.receive || socket.inline() || socket.has_urgent_aside()
    }

    fn send_returns(&self, id: SocketId, socket: &SharedSocket) -> bool {
        let fails = match &socket.role {
            Role::Connected(connection) => connection.broken.is_some(),
            _ => true,
        };
        fails || socket.shut.send || self.can_send(id)
    }

    /// What WSPSelect says about a socket. Unlike [`ready`](Self::ready), a socket without a connection is in no set.
    #[must_use]
    pub fn select(&self, id: SocketId) -> Readiness {
        let Some(socket) = self.sockets.get(id) else { return Readiness::default() };
        match &socket.role {
            Role::Idle => Readiness { except: matches!(socket.outcome, Some(Err(_))), ..Readiness::default() },
            Role::Connecting(_) => Readiness::default(),
            Role::Listening(listener) => Readiness { read: listener.front().is_some(), ..Readiness::default() },
            Role::Connected(_) => Readiness {
                read: self.receive_returns(id, socket),
                write: self.send_returns(id, socket),
                except: socket.has_urgent_aside(),
            },
            Role::Datagram(_) => Readiness {
                read: socket.bound.is_some() && self.receive_returns(id, socket),
                write: true,
                except: false,
            },
        }
    }

    /// Whether a receive would return data.
    pub(super) fn has_data(&self, id: SocketId) -> bool {
        let Some(socket) = self.sockets.get(id).filter(|socket| !socket.shut.receive) else { return false };
        match &socket.role {
            Role::Connected(connection) if connection.deaf => false,
            Role::Connected(connection) if socket.transport.kind == Kind::Messages && !connection.end_received => {
                connection.has_message()
            }
            Role::Connected(connection) => {
                connection.has_message()
                    || !connection.received.is_empty()
                    || socket.has_urgent_inline()
                    || connection.peer.is_some_and(|peer| self.arrived_unsent(peer) > 0)
            }
            Role::Datagram(datagrams) => !datagrams.queue.is_empty(),
            _ => false,
        }
    }

    /// Whether a send would take something.
    pub(super) fn can_send(&self, id: SocketId) -> bool {
        let Some(socket) = self.sockets.get(id).filter(|socket| !socket.shut.send) else { return false };
        match &socket.role {
            Role::Connected(connection) if connection.broken.is_none() => {
                let door_open = |peer| self.sockets[peer].receive_room() > 0 && self.travelling(id) == 0;
                socket.send_space() > 0 || connection.peer.is_none_or(door_open)
            }
            Role::Datagram(_) => socket.bound.is_some(),
            _ => false,
        }
    }

    /// FIONREAD.
    #[must_use]
    pub fn readable_bytes(&self, cx: &mut Cx<'_>, id: SocketId) -> u32 {
        let Some(socket) = self.sockets.get(id) else { return 0 };
        let bytes = match &socket.role {
            Role::Connected(connection) if connection.received.is_empty() => {
                cx.log.rule(RuleId::Ioctl3);
                connection.peer.map_or(0, |peer| self.arrived_unsent(peer))
            }
            Role::Datagram(datagrams) => {
                cx.log.rule(RuleId::Ioctl4);
                cx.log.policy(PolicyId::fionread_datagram);
                match cx.platform.policies.fionread_datagram {
                    FionreadDatagram::TotalQueued => socket.received_bytes(),
                    FionreadDatagram::FirstDatagram => datagrams.queue.front().map_or(0, |first| first.bytes.len()),
                }
            }
            _ => {
                cx.log.rule(RuleId::Ioctl3);
                socket.received_bytes()
            }
        };
        let before_mark = match socket.connection().filter(|connection| connection.has_urgent()) {
            Some(connection) => connection.room_before_mark(bytes, socket.inline()).unwrap_or(1),
            None => bytes,
        };
        u32::try_from(before_mark).unwrap_or(u32::MAX)
    }
}

impl SharedSocket {
    /// Whether data for this end of a connection is still welcome.
    pub(super) fn takes_data(&self) -> bool {
        self.life != Life::Orphan && !self.shut.receive
    }
}
