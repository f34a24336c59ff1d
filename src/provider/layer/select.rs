//! WSPSelect: every handle of the sets is translated on the way down and back (L1).

use super::{Layer, Step, Token, fail};
use crate::abi::{FdSet, SelectTimeout, SpiCall, WsaError};
use crate::provider::split::Split;
use crate::provider::{Callee, Context, Flow, InFlight};
use crate::rules::RuleId;
use crate::world::frame::Woken;

impl Layer {
    /// WSPSelect: the lower handles go down; a layer that stands in several chains splits the call among them.
    pub(super) fn select(
        &mut self,
        cx: &mut Context<'_>,
        sets: &[FdSet; 3],
        timeout: SelectTimeout,
        call: &mut SpiCall,
    ) -> Step {
        let now = cx.now;
        let split = Split::new(sets, timeout, now, |s| {
            let known = self.known(cx, s)?;
            let link = self.link_at(known.link).ok_or(WsaError::NotInitialised)?;
            Ok((link.next, known.lower))
        });
        match split {
            Err(error) => fail(error),
            // Nothing to go by: whoever is below says what is wrong with it (G4).
            Ok(split) if split.providers() == 0 => match self.first_below() {
                Some(next) => Flow::Call { callee: Callee::Instance(next), token: Token::Plain },
                None => fail(WsaError::NotInitialised),
            },
            Ok(split) => {
                cx.log.rule(RuleId::Select11);
                if split.providers() > 1 {
                    cx.log.rule(RuleId::Select13);
                }
                self.ask(cx, Box::new(split), call)
            }
        }
    }

    /// A provider below has answered.
    pub(super) fn select_answered(
        &self,
        cx: &mut Context<'_>,
        mut split: Box<Split>,
        flight: &mut InFlight<'_>,
    ) -> Step {
        match &flight.result {
            Ok(ready) => split.answered(ready, |lower, set| cx.fd_is_set(lower, set)),
            Err(_) => return Flow::Pass,
        }
        self.ask(cx, split, flight.call)
    }

    /// The layer's own wait on the sockets of several providers is over.
    pub(super) fn select_woken(
        &self,
        cx: &mut Context<'_>,
        split: Box<Split>,
        woken: Woken,
        call: &mut SpiCall,
    ) -> Step {
        match woken {
            Woken::Cancelled(error) => fail(error),
            _ => self.ask(cx, split, call),
        }
    }

    /// Asks the next provider, or ends the call, or waits.
    fn ask(&self, cx: &mut Context<'_>, mut split: Box<Split>, call: &mut SpiCall) -> Step {
        if let Some((next, part)) = split.next() {
            *call = part;
            return Flow::Call { callee: Callee::Instance(next), token: Token::Polling(split) };
        }
        if let Some(ready) = split.outcome(cx.now) {
            return Flow::Return(Ok(ready));
        }
        cx.log.rule(RuleId::B5);
        if let Some(own) = self.link_at(0).and_then(|link| link.own_info(cx))
            && let Err(error) = cx.query_blocking_callback(own.catalog_entry_id())
        {
            return fail(error);
        }
        let wait = Box::new(split.wait());
        Flow::Wait { wait, token: Token::Polling(split) }
    }
}
