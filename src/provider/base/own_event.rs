//! Blocking calls that wait on an event of their own: WPUCreateEvent before the wait, WPUSetEvent when what is waited
//! for has happened, WPUCloseEvent afterwards.
//!
//! The event is a handle of the client's process like any other. A client that closes a number it no longer owns may
//! hit it; then nobody can end the wait in the ordinary way, and the call fails.

use super::{Blocked, Token};
use crate::abi::WsaError;
use crate::provider::{Context, ShapeKind, Waiting};
use crate::rules::RuleId;
use crate::world::frame::Woken;

/// The continuation of a call that is about to wait.
pub(super) fn take(cx: &mut Context<'_>, blocked: Token) -> Result<Token, WsaError> {
    if !matches!(cx.shape().kind, ShapeKind::Base { waiting: Waiting::OnEvent, .. }) {
        return Ok(blocked);
    }
    cx.log.rule(RuleId::WpuEvent5);
    match cx.create_event() {
        Ok(event) => Ok(Box::new(Blocked::OnEvent(event, blocked))),
        Err(_) => Err(WsaError::NoBufs),
    }
}

/// The wait is over: the service thread sets the event if that is why, and the call closes it.
pub(super) fn give_back(cx: &mut Context<'_>, token: Token, woken: Woken) -> Result<Token, (Token, WsaError)> {
    let Blocked::OnEvent(event, blocked) = *token else { return Ok(token) };
    let by_event = woken == Woken::Ready;
    let set = if by_event { cx.set_event(event, true) } else { Ok(()) };
    let _ = cx.close_event(event);
    match set {
        Ok(()) => Ok(blocked),
        Err(_) => {
            cx.log.rule(RuleId::WpuEvent6);
            Err((blocked, WsaError::SysCallFailure))
        }
    }
}
