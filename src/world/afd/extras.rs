//! What few shared sockets ever have, behind one pointer: change notices, quality of service, group memberships.

use std::sync::Arc;

use super::companion::Companion;
use super::multicast::Multicast;
use super::route::Place;
use super::socket::SharedSocket;
use super::{Incarnation, SocketId};
use crate::abi::{NetworkEvents, ServiceFlags1, SocketFlags};

/// The rarely used part of a shared socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Extras {
    /// The change notices asked for and not yet due: FD_ROUTING_INTERFACE_CHANGE, FD_ADDRESS_LIST_CHANGE.
    pub(super) awaited: NetworkEvents,
    /// The destination of the last SIO_ROUTING_INTERFACE_CHANGE; `None`: any route.
    pub(super) watched: Option<Place>,
    /// What a protocol beyond TCP and UDP offers.
    pub(super) service: ServiceFlags1,
    /// Connect data.
    pub(super) connect_data: Companion,
    /// Disconnect data.
    pub(super) disconnect_data: Companion,
    /// SIO_ENABLE_CIRCULAR_QUEUEING.
    pub(super) circular: bool,
    /// SIO_SET_QOS: the bytes of the QOS structure.
    pub(super) qos: Option<Arc<[u8]>>,
    /// Whether somebody asked for quality of service here: not for no service in particular, and not at the peer.
    pub(super) qos_enabled: bool,
    /// The quality of service changed since it was last read.
    pub(super) qos_changed: bool,
    /// Groups.
    pub(super) multicast: Multicast,
    /// WSA_FLAG_MULTIPOINT_: the roles it was made with.
    pub(super) roles: SocketFlags,
    /// Of a c_root: the ends of its leaves, in the order they joined.
    pub(super) leaves: Vec<SocketId>,
    /// Which process has got the connection, where a base moves connections.
    pub(super) mover: Option<Incarnation>,
    /// Of a leaf's end at the root: the root.
    pub(super) root: Option<SocketId>,
}

impl SharedSocket {
    /// The rarely used part, made when first needed.
    pub(super) fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }
}
