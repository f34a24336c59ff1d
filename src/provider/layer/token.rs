//! A layer with tokens of its own: dwProviderReserved carries one word, so a layer that needs it puts the word from
//! below into a table its instances share, and takes it out again when the block is opened.

use super::Layer;
use crate::abi::{Info, WsaError};
use crate::provider::Context;
use crate::provider::behaviour::Tokens;
use crate::rules::RuleId;
use crate::world::ids::ProcessId;

impl Layer {
    /// The word for the block: the one from below, or a token that leads to it.
    pub(super) fn token_up(cx: &mut Context<'_>, below: u32, target: ProcessId) -> u32 {
        if !keeps_tokens(cx) || below == 0 {
            return below;
        }
        cx.log.rule(RuleId::Layer5);
        let shape = cx.shape_id;
        cx.sections.keep(shape, below, target)
    }

    /// The protocol info with the word from below in it, and the token it was called with, 0 if there is none.
    pub(super) fn token_down(cx: &mut Context<'_>, given: Info) -> Result<(Info, u32), WsaError> {
        let token = given.reserved();
        if token == 0 || !keeps_tokens(cx) {
            return Ok((given, 0));
        }
        match cx.sections.lower(cx.shape_id, token) {
            Some(lower) => {
                cx.log.rule(RuleId::Layer5);
                Ok((given.with_reserved(lower), token))
            }
            None => Err(WsaError::Inval),
        }
    }

    /// The block was opened: its token is spent.
    pub(super) fn token_spent(cx: &mut Context<'_>, token: u32) {
        if token != 0 {
            cx.sections.forget(cx.shape_id, token);
        }
    }
}

fn keeps_tokens(cx: &Context<'_>) -> bool {
    cx.shape().behaviour.as_deref().is_some_and(|behaviour| behaviour.tokens == Tokens::Own)
}
