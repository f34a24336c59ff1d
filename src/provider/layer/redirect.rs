//! A layer that connects to a proxy instead, and tells its client the peer it asked for.

use super::{Known, Layer, Step, Token, fail};
use crate::abi::{Name, Room, SockAddr, SpiCall, SpiReturn, WsaError};
use crate::provider::{Context, Flow, InFlight};
use crate::rules::RuleId;
use crate::world::ids::Handle;

impl Layer {
    /// WSPConnect goes to the proxy, ConnectEx too; `None` for a name of another family, which the proxy cannot stand for,
    /// and where the call goes its usual way with the other name.
    pub(super) fn redirect(
        &mut self,
        cx: &mut Context<'_>,
        known: Known,
        s: Handle,
        proxy: SockAddr,
        call: &mut SpiCall,
    ) -> Option<Step> {
        let ends_at_once = matches!(call, SpiCall::Connect { .. });
        let (SpiCall::Connect { name, .. } | SpiCall::ConnectEx { name, .. }) = call else { return None };
        let Name::At { address: wanted, .. } = *name else { return None };
        if wanted.family() != proxy.family() {
            return None;
        }
        cx.log.rule(RuleId::Layer2);
        *name = Name::of(proxy);
        self.peers.insert(s, wanted);
        ends_at_once.then(|| self.down(known, call, Token::Connecting(s)))
    }

    /// A connect that has failed leads nowhere.
    pub(super) fn redirected(&mut self, s: Handle, flight: &InFlight<'_>) -> Step {
        if matches!(flight.result, Err(error) if error != WsaError::WouldBlock) {
            self.peers.remove(&s);
        }
        Flow::Pass
    }

    /// WSPGetPeerName of a redirected socket.
    pub(super) fn peer_name(&self, known: Known, s: Handle, call: &mut SpiCall) -> Option<Step> {
        let SpiCall::GetPeerName { room, .. } = *call else { return None };
        self.peers.contains_key(&s).then(|| self.down(known, call, Token::Naming(Box::new((s, room)))))
    }

    /// Connected it is; the client hears of the peer it asked for.
    pub(super) fn named(&self, cx: &mut Context<'_>, s: Handle, room: Room, flight: &mut InFlight<'_>) -> Step {
        let (Ok(_), Some(wanted)) = (&flight.result, self.peers.get(&s)) else { return Flow::Pass };
        if room.is_none_or(|room| (room as usize) < wanted.encoded_len()) {
            return fail(WsaError::Fault);
        }
        cx.log.rule(RuleId::Layer3);
        Flow::Return(Ok(SpiReturn::Address(Box::new(*wanted))))
    }
}
