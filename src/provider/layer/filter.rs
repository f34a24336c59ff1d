//! A layer that refuses: by address, by program.

use super::Layer;
use crate::abi::{Name, SpiCall, WsaError};
use crate::provider::Context;
use crate::provider::behaviour::Behaviour;
use crate::rules::RuleId;

impl Layer {
    /// The error of a call the layer does not let through.
    pub(super) fn refusal(cx: &mut Context<'_>, behaviour: &Behaviour, call: &SpiCall) -> Option<WsaError> {
        let to = match call {
            SpiCall::Connect { name: Name::At { address, .. }, .. }
            | SpiCall::ConnectEx { name: Name::At { address, .. }, .. }
            | SpiCall::JoinLeaf { name: Name::At { address, .. }, .. }
            | SpiCall::SendTo { to: Name::At { address, .. }, .. } => address,
            _ => return None,
        };
        let program = cx.program.application.as_deref().map(|application| &*application.path);
        let refusal = behaviour.refuses.iter().find(|refusal| refusal.fits(program, to))?;
        cx.log.rule(RuleId::Layer1);
        Some(refusal.error)
    }
}
