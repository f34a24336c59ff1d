//! A layer of one's own and the plain layer, put together to a provider.

use std::fmt::Debug;

use super::{OwnLayer, Step};
use crate::abi::{SpiCall, SpiResult};
use crate::provider::layer::{self, Layer};
use crate::provider::{Context, Flow, InFlight, Provider, Resumed};

/// The plain layer, with somebody's own code before, between and behind what it does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kit<L> {
    plain: Layer,
    own: L,
}

/// A call that a [`Kit`] works on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Working<T> {
    /// The call from above, as it came.
    call: SpiCall,
    /// What the plain layer remembers.
    plain: layer::Token,
    /// What the own code remembers, while a call of its own runs; `None` while the call from above is passed on.
    own: Option<T>,
}

/// The continuation of a [`Kit`].
pub type KitToken<T> = Box<Working<T>>;

impl<L: OwnLayer> Kit<L> {
    /// Puts a layer together.
    #[must_use]
    pub fn new(own: L) -> Self {
        Self { plain: Layer::default(), own }
    }

    /// The own code, with what it remembers.
    #[must_use]
    pub fn own(&self) -> &L {
        &self.own
    }

    /// What a step of the own code leads to. `call` is the call from above as it came, `flight` as it now stands.
    fn follow(
        &mut self,
        cx: &mut Context<'_>,
        call: SpiCall,
        mut step: Step<L::Token>,
        flight: &mut SpiCall,
    ) -> Flow<KitToken<L::Token>> {
        loop {
            let own = match step {
                Step::Return(result) => return Flow::Return(result),
                Step::Pass => None,
                Step::Call(asked, token) => {
                    *flight = *asked;
                    Some(token)
                }
            };
            let flow = self.plain.call(cx, flight);
            match self.forward(cx, flow, &call, own, flight) {
                Forwarded::Under(flow) => return flow,
                Forwarded::Over(result, Some(token)) => step = self.resume_own(cx, &call, token, result, flight),
                Forwarded::Over(result, None) => return Flow::Return(self.answer(cx, &call, result)),
            }
        }
    }

    /// Sends what the plain layer wants onwards; or tells that the call is over.
    fn forward(
        &mut self,
        cx: &mut Context<'_>,
        flow: Flow<layer::Token>,
        call: &SpiCall,
        own: Option<L::Token>,
        flight: &mut SpiCall,
    ) -> Forwarded<L::Token> {
        let keep = |plain, own| Box::new(Working { call: call.clone(), plain, own });
        match flow {
            Flow::Return(result) => Forwarded::Over(result, own),
            // The plain layer passes answers on only when it is resumed.
            Flow::Pass => Forwarded::Over(Err(crate::abi::WsaError::SysCallFailure), own),
            Flow::Call { callee, token } => {
                self.own.below(cx, flight);
                Forwarded::Under(Flow::Call { callee, token: keep(token, own) })
            }
            Flow::Wait { wait, token } => Forwarded::Under(Flow::Wait { wait, token: keep(token, own) }),
        }
    }

    /// A call of the own code's is over; the call from above is back in flight.
    fn resume_own(
        &mut self,
        cx: &mut Context<'_>,
        call: &SpiCall,
        token: L::Token,
        result: SpiResult,
        flight: &mut SpiCall,
    ) -> Step<L::Token> {
        flight.clone_from(call);
        self.own.resumed(cx, token, flight, result)
    }

    fn answer(&mut self, cx: &mut Context<'_>, call: &SpiCall, mut result: SpiResult) -> SpiResult {
        self.own.answered(cx, call, &mut result);
        result
    }
}

/// Where a call stands.
enum Forwarded<T> {
    /// On its way.
    Under(Flow<KitToken<T>>),
    /// Over; with a token if it was a call of the own code's.
    Over(SpiResult, Option<T>),
}

impl<L: OwnLayer> Provider for Kit<L> {
    type Token = KitToken<L::Token>;

    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Flow<Self::Token> {
        let came = call.clone();
        let step = self.own.entered(cx, call);
        self.follow(cx, came, step, call)
    }

    fn resume(
        &mut self,
        cx: &mut Context<'_>,
        token: Self::Token,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Flow<Self::Token> {
        let Working { call, plain, own } = *token;
        let flow = match self.plain.resume(cx, plain, resumed, flight) {
            Flow::Pass => Flow::Return(flight.take_result()),
            other => other,
        };
        match self.forward(cx, flow, &call, own, flight.call) {
            Forwarded::Under(flow) => flow,
            Forwarded::Over(result, None) => Flow::Return(self.answer(cx, &call, result)),
            Forwarded::Over(result, Some(token)) => {
                let step = self.resume_own(cx, &call, token, result, flight.call);
                self.follow(cx, call, step, flight.call)
            }
        }
    }

    fn plain(&self) -> Option<&Layer> {
        Some(&self.plain)
    }

    fn plain_mut(&mut self) -> Option<&mut Layer> {
        Some(&mut self.plain)
    }
}
