//! Quality of service: what a socket asked for, and FD_QOS.
//!
//! A QOS structure is kept as its bytes: the sending and the receiving flow specification of 32 bytes each, and an empty
//! provider-specific buffer. What one end sends is what the other receives, so a change at one end is a change at both.

use std::sync::Arc;

use super::{Afd, Cx, SocketId};
use crate::abi::{NetworkEvents, WsaError, sizes};
use crate::rules::RuleId;

/// Each byte of a flow specification that leaves everything open.
const UNSPECIFIED: u8 = 0xff;

impl Afd {
    /// SIO_SET_QOS, and lpSQOS of a connect. The bytes are a whole QOS.
    pub fn set_qos(&mut self, cx: &mut Cx<'_>, id: SocketId, qos: &[u8]) -> Result<(), WsaError> {
        self.usable(cx, id)?;
        cx.log.rule(RuleId::Qos2);
        let extras = self.sockets[id].extras_mut();
        extras.qos = Some(qos.into());
        extras.qos_enabled = qos.iter().take(2 * sizes::FLOWSPEC).any(|&byte| byte != UNSPECIFIED);
        if let (Some(peer), Some(sending)) = (self.sockets[id].peer_socket(), qos.get(..sizes::FLOWSPEC)) {
            let mut theirs = self.qos_bytes(peer);
            theirs[sizes::FLOWSPEC..2 * sizes::FLOWSPEC].copy_from_slice(sending);
            let extras = self.sockets[peer].extras_mut();
            extras.qos = Some(Arc::from(theirs.as_slice()));
            extras.qos_changed = true;
            cx.log.rule(RuleId::EventQos1);
            self.report_due(cx, peer);
        }
        Ok(())
    }

    /// SIO_GET_QOS: what the socket has now. Re-enables FD_QOS.
    pub fn qos(&mut self, cx: &mut Cx<'_>, id: SocketId) -> Result<[u8; sizes::QOS], WsaError> {
        self.usable(cx, id)?;
        cx.log.rule(RuleId::Qos1);
        if let Some(extras) = &mut self.sockets[id].extras {
            extras.qos_changed = false;
        }
        self.reenable(cx, id, NetworkEvents::QOS);
        Ok(self.qos_bytes(id))
    }

    /// Unspecified where nothing was asked for.
    fn qos_bytes(&self, id: SocketId) -> [u8; sizes::QOS] {
        let mut bytes = [0; sizes::QOS];
        bytes[..2 * sizes::FLOWSPEC].fill(UNSPECIFIED);
        let kept = self.sockets.get(id).and_then(|socket| socket.extras.as_ref()?.qos.clone());
        for (byte, kept) in bytes.iter_mut().zip(kept.iter().flat_map(|kept| kept.iter())) {
            *byte = *kept;
        }
        bytes
    }

    /// Whether a socket has quality of service enabled (R25).
    #[must_use]
    pub fn qos_enabled(&self, id: SocketId) -> bool {
        self.sockets.get(id).and_then(|socket| socket.extras.as_ref()).is_some_and(|extras| extras.qos_enabled)
    }

    /// Whether the quality of service changed since it was last read.
    pub(super) fn qos_changed(&self, id: SocketId) -> bool {
        self.sockets.get(id).and_then(|socket| socket.extras.as_ref()).is_some_and(|extras| extras.qos_changed)
    }
}
