//! Providers: the code that stands between ws2_32 and the shared sockets.
//!
//! Read in this order: this file (how a provider is called and how it answers), [`shape`] (what a model says of
//! one), [`behaviour`] (what a layer does beyond passing on), [`shape_fault`] (what a faulty one does wrong), [`context`]
//! (what it can ask of its surroundings), [`base`], [`layer`], [`own`] (a layer of your own).
//!
//! A provider entry is a small state machine. It is entered with a call and answers with a [`Flow`]: the result, a
//! call to the next provider, or a wait. In the last two cases it leaves a token of its own behind and is resumed
//! with it when the answer is there. The token is a value on the thread, so a world can be cloned, compared and
//! explored while calls are in progress.

pub mod base;
pub mod behaviour;
pub mod context;
mod faulty;
pub mod layer;
pub mod own;
pub mod shape;
pub mod shape_fault;
pub mod split;

pub use context::Context;
pub use shape::{AcceptContext, Duplicating, Functions, HandleKind, Shape, ShapeKind, Waiting};
pub use shape_fault::{ShapeFault, ShapeFaults};

use std::fmt::Debug;
use std::hash::Hash;

use crate::abi::{SpiCall, SpiResult, SpiReturn};
use crate::world::canonical::Renaming;
use crate::world::catalog::ShapeId;
use crate::world::frame::{Wait, Woken};
use crate::world::ids::{Handle, InstanceId, SocketId};

/// How a provider entry answers. `T` is the provider's own continuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow<T> {
    /// The call is over.
    Return(SpiResult),
    /// The call is over: what the provider below has answered goes up as it is.
    Pass,
    /// Call another provider with what now stands in the call's place; its result comes back with the token.
    Call {
        /// Whom.
        callee: Callee,
        /// How to go on.
        token: T,
    },
    /// Nothing to do until something happens; the reason comes back with the token.
    Wait {
        /// What has to happen.
        wait: Box<Wait>,
        /// How to go on.
        token: T,
    },
}

impl<T> Flow<T> {
    /// The same flow with another token.
    pub fn map<U>(self, wrap: impl FnOnce(T) -> U) -> Flow<U> {
        match self {
            Self::Return(result) => Flow::Return(result),
            Self::Pass => Flow::Pass,
            Self::Call { callee, token } => Flow::Call { callee, token: wrap(token) },
            Self::Wait { wait, token } => Flow::Wait { wait, token: wrap(token) },
        }
    }

    /// Puts an answer in flight and the continuation into its frame; what is left says where to go. Always inline: a
    /// flow is too big for registers and would be written only to be read again.
    #[inline(always)]
    fn settle(self, wrap: fn(T) -> ProviderToken, kept: &mut ProviderToken, flight: &mut InFlight<'_>) -> Move {
        match self {
            Self::Pass => Move::Up,
            Self::Return(result) => {
                flight.result = result;
                Move::Up
            }
            Self::Call { callee, token } => {
                *kept = wrap(token);
                Move::Down(callee)
            }
            Self::Wait { wait, token } => {
                *kept = wrap(token);
                Move::Wait(wait)
            }
        }
    }
}

/// Where a call goes after one step of a provider. Small enough to travel in registers.
#[derive(Debug)]
pub(crate) enum Move {
    /// Back to the caller.
    Up,
    /// Into another provider.
    Down(Callee),
    /// Nowhere, for now.
    Wait(Box<Wait>),
}

/// Whom a provider calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A provider of this process that is known to be loaded.
    Instance(InstanceId),
    /// The provider of a catalog entry; its DLL is loaded if need be.
    Entry(u32),
}

/// A call and its answer, in one place for all the frames they pass. Nobody moves them; whoever changes them does so
/// here.
#[derive(Debug)]
pub struct InFlight<'a> {
    /// The call on its way down.
    pub call: &'a mut SpiCall,
    /// The answer on its way up.
    pub result: SpiResult,
}

impl<'a> InFlight<'a> {
    /// A call with no answer yet.
    pub(crate) fn new(call: &'a mut SpiCall) -> Self {
        Self { call, result: Ok(SpiReturn::Done) }
    }

    /// Takes the answer out.
    pub fn take_result(&mut self) -> SpiResult {
        std::mem::replace(&mut self.result, Ok(SpiReturn::Done))
    }
}

/// With what a frame goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// The provider called has answered: see [`InFlight::result`].
    Result {
        /// Who answered.
        from: InstanceId,
    },
    /// The provider to be called could not be loaded.
    NotLoaded,
    /// The wait is over.
    Woken(Woken),
}

/// A provider. State lives in `self`, everything else is reached through the context.
///
/// The built-in base and layer are providers; so is any type of yours that implements this trait and is registered
/// ([`own::Registry::with_provider`]). For a layer that only departs from the plain one here and there,
/// [`own::OwnLayer`] is less to write. Whatever stands behind the trait, the contract checker watches its calls, answers
/// and upcalls from outside ([`crate::world::checks`]).
pub trait Provider {
    /// What the provider remembers while another one works for it or while it waits.
    type Token: Clone + Debug + Eq + Hash + Send + Sync + 'static;

    /// *Called* when a call has arrived, from ws2_32 or from the layer above. *Must* answer it sooner or later. To call
    /// another provider, put that call in its place and answer [`Flow::Call`]: passing a call on costs no copy.
    /// *Checked* on the way down: the duties about protocol info, handles and starting (`wspsim explain Duty`).
    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Flow<Self::Token>;

    /// *Called* when what this provider did with `token` has come to an end. A provider's answer stands in `flight`, and
    /// a further call goes there. *Must* answer, call or wait again. *Checked* on the way up: the duties about answers,
    /// descriptors, blocks and what is left behind.
    fn resume(
        &mut self,
        cx: &mut Context<'_>,
        token: Self::Token,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Flow<Self::Token>;

    /// *Called* when something comes from below outside of any call: the end of an overlapped operation, a message for
    /// the hidden window. *Must* be the plain layer that keeps the records, if the provider is built on it.
    fn plain(&self) -> Option<&layer::Layer> {
        None
    }

    /// See [`plain`](Self::plain).
    fn plain_mut(&mut self) -> Option<&mut layer::Layer> {
        None
    }

    /// *Called* when somebody wants to know whether the provider is started. *Must* be the number of WSPStartups not yet
    /// undone by WSPCleanup, whoever made them (R30). *Checked*: Duty18, Duty19, Duty20.
    fn startups(&self) -> u32 {
        self.plain().map_or(0, layer::Layer::startups)
    }

    /// *Called* before and after calls. *Must* be the number of socket contexts the provider holds. *Checked*: Duty14,
    /// Duty16, Duty20.
    fn contexts(&self) -> usize {
        self.plain().map_or(0, layer::Layer::contexts)
    }

    /// *Called* for an entry that the model says the provider does not hook. *Must* be the provider whose entries it has
    /// put into its own table (L1).
    fn exposes(&self) -> Option<InstanceId> {
        self.plain().and_then(layer::Layer::first_below)
    }

    /// *Called* when a handle of this process was closed behind the provider's back. *Must* forget it.
    fn forget(&mut self, handle: Handle) {
        if let Some(layer) = self.plain_mut() {
            layer.forget(handle);
        }
    }
}

/// A provider's code as loaded in one process.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// Whose code.
    pub shape: ShapeId,
    /// Whether the code has faults.
    faulty: bool,
    /// The provider's state.
    pub state: State,
}

crate::world::copy::clone_by_fields!(Instance { shape, faulty, state });

/// The state of a provider instance.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A base provider.
    Base(base::Base),
    /// A layer.
    Layer(layer::Layer),
    /// Somebody's own provider.
    Own(own::BoxedProvider),
}

impl Clone for State {
    fn clone(&self) -> Self {
        match self {
            Self::Base(base) => Self::Base(base.clone()),
            Self::Layer(layer) => Self::Layer(layer.clone()),
            Self::Own(own) => Self::Own(own.clone()),
        }
    }

    fn clone_from(&mut self, other: &Self) {
        match (self, other) {
            (Self::Base(base), Self::Base(other)) => base.clone_from(other),
            (Self::Layer(layer), Self::Layer(other)) => layer.clone_from(other),
            (state, other) => *state = other.clone(),
        }
    }
}

impl State {
    /// The layer that keeps the records, for a layer and for whatever is built on one.
    #[must_use]
    pub fn layer(&self) -> Option<&layer::Layer> {
        match self {
            Self::Base(_) => None,
            Self::Layer(layer) => Some(layer),
            Self::Own(own) => own.plain(),
        }
    }

    /// See [`layer`](Self::layer).
    pub fn layer_mut(&mut self) -> Option<&mut layer::Layer> {
        match self {
            Self::Base(_) => None,
            Self::Layer(layer) => Some(layer),
            Self::Own(own) => own.plain_mut(),
        }
    }
}

/// The token of a provider frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProviderToken {
    /// Nothing is remembered yet: the frame has just been entered.
    Entered,
    /// A base provider's.
    Base(base::Token),
    /// A layer's.
    Layer(layer::Token),
    /// Somebody's own.
    Own(own::BoxedToken),
}

impl ProviderToken {
    /// Whether the answer from below goes up as it is, whatever it says.
    #[inline]
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Layer(layer::Token::Plain))
    }
}

impl Instance {
    /// Loads a provider's code.
    #[must_use]
    pub fn load(shape: ShapeId, description: &Shape) -> Self {
        let state = match &description.kind {
            ShapeKind::Base { .. } => State::Base(base::Base::default()),
            ShapeKind::Layer { code: Some(code), .. } => State::Own(code.make(description)),
            ShapeKind::Layer { .. } => State::Layer(layer::Layer::default()),
        };
        Self { shape, faulty: !description.faults.is_empty(), state }
    }

    /// Enters the provider with the call in flight. `kept` is where its frame keeps the continuation.
    #[inline(always)]
    pub(crate) fn call(&mut self, cx: &mut Context<'_>, kept: &mut ProviderToken, flight: &mut InFlight<'_>) -> Move {
        let moved = match &mut self.state {
            State::Base(base) => base.call(cx, flight.call).settle(ProviderToken::Base, kept, flight),
            State::Layer(layer) => layer.call(cx, flight.call).settle(ProviderToken::Layer, kept, flight),
            State::Own(own) => own.call(cx, flight.call).settle(ProviderToken::Own, kept, flight),
        };
        self.left(cx, &moved, kept, flight);
        moved
    }

    /// Resumes the provider with the continuation its frame kept.
    pub(crate) fn resume(
        &mut self,
        cx: &mut Context<'_>,
        kept: &mut ProviderToken,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Move {
        let moved = match (&mut self.state, std::mem::replace(kept, ProviderToken::Entered)) {
            (State::Base(base), ProviderToken::Base(token)) => {
                base.resume(cx, token, resumed, flight).settle(ProviderToken::Base, kept, flight)
            }
            (State::Layer(layer), ProviderToken::Layer(token)) => {
                layer.resume(cx, token, resumed, flight).settle(ProviderToken::Layer, kept, flight)
            }
            (State::Own(own), ProviderToken::Own(token)) => {
                own.resume(cx, token, resumed, flight).settle(ProviderToken::Own, kept, flight)
            }
            // A frame's continuation always comes from the instance the frame names.
            (_, _) => {
                flight.result = Err(crate::abi::WsaError::SysCallFailure);
                Move::Up
            }
        };
        self.left(cx, &moved, kept, flight);
        moved
    }

    /// The provider has let go of the call: a faulty one may have spoilt its answer.
    #[inline]
    fn left(&self, cx: &mut Context<'_>, moved: &Move, kept: &mut ProviderToken, flight: &mut InFlight<'_>) {
        if !self.faulty {
            return;
        }
        match moved {
            Move::Up => faulty::spoil(cx, flight),
            // It has to see what comes back.
            Move::Down(_) if kept.passes() => *kept = ProviderToken::Layer(layer::Token::Spoiling),
            _ => {}
        }
    }

    /// WSPStartups not yet undone by WSPCleanup, whoever made them (R30).
    #[must_use]
    pub fn startups(&self) -> u32 {
        match &self.state {
            State::Base(base) => base.startups(),
            State::Layer(layer) => layer.startups(),
            State::Own(own) => own.startups(),
        }
    }

    /// The provider whose entries a layer has put into its own table for those it does not hook (L1).
    #[must_use]
    pub fn exposes(&self) -> Option<InstanceId> {
        match &self.state {
            State::Base(_) => None,
            State::Layer(layer) => layer.first_below(),
            State::Own(own) => own.exposes(),
        }
    }

    /// A handle of this process was closed without the provider: what it kept for the number goes. The shared socket,
    /// if the number was a descriptor of this provider that the OS knew nothing of.
    pub fn forget(&mut self, handle: Handle) -> Option<SocketId> {
        match &mut self.state {
            State::Base(base) => base.forget(handle),
            State::Layer(layer) => {
                layer.forget(handle);
                None
            }
            State::Own(own) => {
                own.forget(handle);
                None
            }
        }
    }

    /// Everything but which number leads to which context, under other names (see [`crate::world::canonical`]).
    pub(crate) fn hash_but_contexts(&self, state: &mut Renaming<'_>) {
        let Self { shape, state: of, faulty: _ } = self;
        shape.hash(state);
        match of {
            State::Base(base) => base.hash_but_contexts(state),
            State::Layer(layer) => layer.hash_but_contexts(state),
            // What it keeps is its own business: under the names it knows.
            State::Own(own) => own.hash(state),
        }
    }

    /// What the provider keeps under a context value, under other names.
    pub(crate) fn hash_context(&self, context: u32, state: &mut Renaming<'_>) {
        match &self.state {
            State::Base(base) => base.hash_context(context, state),
            State::Layer(layer) => layer.hash_context(context, state),
            State::Own(_) => {}
        }
    }

    /// How many socket contexts the provider holds: zero after its cleanup.
    #[must_use]
    pub fn contexts(&self) -> usize {
        match &self.state {
            State::Base(base) => base.contexts(),
            State::Layer(layer) => layer.contexts(),
            State::Own(own) => own.contexts(),
        }
    }
}
