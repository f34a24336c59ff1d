//! A layer that changes the payload on its way down, and back on its way up.

use super::{Known, Layer, Step, Token};
use crate::abi::{Gather, SpiCall, SpiResult, SpiReturn};
use crate::provider::behaviour::Payload;
use crate::provider::{Context, Flow, InFlight};
use crate::rules::RuleId;

impl Layer {
    /// Changes what a call sends; `None` unless what it receives has to be changed, too.
    pub(super) fn payload_down(
        &self,
        cx: &mut Context<'_>,
        known: Known,
        payload: Payload,
        call: &mut SpiCall,
    ) -> Option<Step> {
        match call {
            SpiCall::Send { data, .. } | SpiCall::SendTo { data, .. } => {
                cx.log.rule(RuleId::Layer4);
                change(data, payload);
                None
            }
            SpiCall::ConnectEx { data: Some(data), .. } => {
                cx.log.rule(RuleId::Layer4);
                change(data, payload);
                None
            }
            SpiCall::Recv { overlapped: None, .. } | SpiCall::RecvFrom { overlapped: None, .. } => {
                Some(self.down(known, call, Token::Receiving(payload)))
            }
            _ => None,
        }
    }

    /// What has been received goes up as it was sent above the other end's layer.
    pub(super) fn payload_up(cx: &mut Context<'_>, payload: Payload, flight: &mut InFlight<'_>) -> Step {
        restore(payload, &mut flight.result);
        cx.log.rule(RuleId::Layer4);
        Flow::Pass
    }
}

fn change(data: &mut Gather, payload: Payload) {
    if let Some(bytes) = data.bytes() {
        let mut bytes = bytes.to_vec();
        payload.apply(&mut bytes);
        *data = Gather::One(bytes.into());
    }
}

/// Changes received bytes back.
pub(crate) fn restore(payload: Payload, result: &mut SpiResult) {
    match result {
        Ok(SpiReturn::Received(received)) => payload.apply(&mut received.data),
        Ok(SpiReturn::AcceptedInto(accepted)) => payload.apply(&mut accepted.data),
        _ => {}
    }
}
