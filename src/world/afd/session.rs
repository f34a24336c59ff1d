//! Sessions of a connection-oriented protocol: a root and its leaves.
//!
//! A c_root is never connected itself: for each leaf it has an end of a connection, made by WSPJoinLeaf on the root or
//! accepted from a leaf that joined by itself. What a d_root sends goes to every leaf; one without room misses it.
//! What a leaf sends is read at the root's end for it. A c_leaf that listens is for roots only.

use super::socket::SharedSocket;
use super::{Afd, Cx, Incarnation, SocketId};
use crate::abi::{MessageFlags, SocketFlags, WsaError};
use crate::rules::RuleId;

impl Afd {
    /// The multipoint roles a socket was made with.
    #[must_use]
    pub fn roles(&self, id: SocketId) -> SocketFlags {
        self.sockets.get(id).and_then(|socket| socket.extras.as_ref()).map_or(SocketFlags::empty(), |e| e.roles)
    }

    /// Says which process has got the connection, where a base gives it away with its block.
    pub fn set_mover(&mut self, id: SocketId, process: Incarnation) {
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.extras_mut().mover = Some(process);
        }
    }

    /// The process that has got the connection; `None` while nobody opened a block of it.
    #[must_use]
    pub fn mover(&self, id: SocketId) -> Option<Incarnation> {
        self.socket(id)?.extras.as_ref()?.mover
    }

    /// Gives a fresh socket its multipoint roles.
    pub fn set_roles(&mut self, id: SocketId, roles: SocketFlags) {
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.extras_mut().roles = roles;
        }
    }

    /// The root's end for one more leaf, with the root's properties and registration; one join at a time.
    pub fn create_leaf(&mut self, cx: &mut Cx<'_>, root: SocketId) -> Result<SocketId, WsaError> {
        let parent = self.buffered(cx, root)?;
        let leaves = parent.extras.as_ref().map(|extras| extras.leaves.as_slice()).unwrap_or_default();
        if leaves.iter().any(|&leaf| self.sockets.get(leaf).is_some_and(SharedSocket::is_connecting)) {
            cx.log.rule(RuleId::Join6);
            return Err(WsaError::Already);
        }
        if !self.has_room(cx) {
            return Err(WsaError::NoBufs);
        }
        let parent = &self.sockets[root];
        let mut leaf = SharedSocket::new(parent.transport, parent.overlapped, parent.options.clone());
        leaf.maker = parent.maker;
        leaf.nonblocking = parent.nonblocking;
        let service = parent.extras.as_ref().map(|extras| extras.service).unwrap_or_default();
        let registration = parent.registration.as_ref().map(|registration| Box::new(registration.for_accepted()));
        let connect_data = parent.extras.as_ref().map(|extras| extras.connect_data.clone()).unwrap_or_default();
        let leaf = self.insert(cx, leaf);
        self.sockets[leaf].extras_mut().connect_data = connect_data;
        self.set_service(leaf, service);
        if let Some(registration) = registration {
            self.put_registration(leaf, registration);
        }
        self.adopt_leaf(root, leaf);
        Ok(leaf)
    }

    /// A connection has become the root's end of a leaf.
    pub(super) fn adopt_leaf(&mut self, root: SocketId, leaf: SocketId) {
        let extras = self.sockets[leaf].extras_mut();
        extras.root = Some(root);
        extras.roles = SocketFlags::MULTIPOINT_C_LEAF | SocketFlags::MULTIPOINT_D_LEAF;
        self.sockets[root].extras_mut().leaves.push(leaf);
    }

    /// The root of the end of a leaf.
    pub(super) fn root_of(&self, id: SocketId) -> Option<SocketId> {
        self.sockets.get(id)?.extras.as_ref()?.root
    }

    /// Whether a listener takes a request: one that is a leaf takes those of roots only.
    pub(super) fn takes_from(&self, listener: SocketId, client: SocketId) -> bool {
        !self.roles(listener).contains(SocketFlags::MULTIPOINT_C_LEAF) || self.root_of(client).is_some()
    }

    /// A root that has leaves, and their ends that are connected.
    fn connected_leaves(&self, root: SocketId) -> Vec<SocketId> {
        let leaves = self.sockets.get(root).and_then(|socket| socket.extras.as_ref()).map(|extras| &extras.leaves);
        let live = |&leaf: &SocketId| self.sockets.get(leaf).is_some_and(|s| s.connection().is_some());
        leaves.into_iter().flatten().copied().filter(live).collect()
    }

    /// A send on a root: to every leaf. `None` if the socket is no root.
    pub(super) fn send_to_leaves(
        &mut self,
        cx: &mut Cx<'_>,
        root: SocketId,
        data: &[u8],
        flags: MessageFlags,
    ) -> Option<Result<usize, WsaError>> {
        if !self.roles(root).contains(SocketFlags::MULTIPOINT_D_ROOT) {
            return None;
        }
        let leaves = self.connected_leaves(root);
        if leaves.is_empty() {
            return None;
        }
        cx.log.rule(RuleId::Join13);
        let mut sent = Ok(data.len());
        for leaf in leaves {
            match self.send(cx, leaf, data, flags) {
                // A leaf that is lost or full misses it; the session goes on.
                Ok(_) | Err(WsaError::ConnReset | WsaError::ConnAborted | WsaError::NotConn) => {}
                Err(error) => sent = Err(error),
            }
        }
        Some(sent)
    }

    /// The end of a socket that may be part of a session: a root takes its leaves with it.
    pub(super) fn leave_session(&mut self, cx: &mut Cx<'_>, id: SocketId) {
        let Some(extras) = self.sockets.get_mut(id).and_then(|socket| socket.extras.as_mut()) else { return };
        let (leaves, root) = (std::mem::take(&mut extras.leaves), extras.root.take());
        if let Some(extras) = root.and_then(|root| self.sockets.get_mut(root)?.extras.as_mut()) {
            extras.leaves.retain(|&leaf| leaf != id);
        }
        for leaf in leaves {
            if let Some(extras) = self.sockets.get_mut(leaf).and_then(|socket| socket.extras.as_mut()) {
                extras.root = None;
            }
            cx.log.rule(RuleId::Join14);
            self.abandon_attempt(cx, leaf);
            self.break_connection(cx, leaf, WsaError::ConnAborted, WsaError::ConnReset);
        }
    }
}
