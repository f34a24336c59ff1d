//! A layer of your own, in Rust.
//!
//! Write a type, implement [`OwnLayer`], override the entries you care about, and register it under a name in a
//! [`Registry`]; a model file then says `"audit": Layer(handles: NonIfs, code: "audit")`. Everything you leave alone is
//! done by the plain layer ([`Layer`](super::layer::Layer)) as documented: handles are made, translated and given back,
//! protocol info goes down and up as it must, overlapped operations and window messages come through. The contract
//! checker ([`crate::world::checks`]) watches your layer like any other.
//!
//! | file | what |
//! |---|---|
//! | this one | [`Step`], how a layer answers |
//! | [`entries`](OwnLayer) | the trait: one method for each entry of a provider's table, all with a default |
//! | `kit` | [`Kit`]: your code and the plain layer put together to a [`Provider`](super::Provider) |
//! | `erased` | [`BoxedProvider`]: any provider behind a pointer, cloned, compared and hashed like the rest of a world |
//! | `registry` | [`Registry`]: code by name |
//!
//! Who needs more than this (other tokens, waits, handles kept in another way) implements
//! [`Provider`](super::Provider) itself and registers that.
//!
//! A layer is a value in a world: it is cloned, compared and hashed with it. Keep to that and two runs stay byte-equal:
//! no clock, no random numbers, no files, no state outside the type.
//!
//! # Examples
//!
//! `examples/logging_layer.rs` notes every call; `examples/socks_layer.rs` makes several calls below for one from above;
//! `examples/broken_layer.rs` loses a word, and shows what the checker says.

mod entries;
mod erased;
mod kit;
mod registry;

pub use entries::OwnLayer;
pub use erased::{BoxedProvider, BoxedToken};
pub use kit::{Kit, KitToken};
pub use registry::{Code, Registry};

use crate::abi::{SpiCall, SpiResult};

/// How a layer of one's own answers a call. `T` is what it wants to remember while a call of its own runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// The call, as it now stands, takes its documented way: through the plain layer to the next provider.
    Pass,
    /// The call is over with this answer; nobody below hears of it.
    Return(SpiResult),
    /// The layer makes a call of its own first, in the terms of its caller: with the handles the caller knows. It takes
    /// the documented way, may block, and its answer comes to [`OwnLayer::resumed`] with the token.
    Call(Box<SpiCall>, T),
}

impl<T> Step<T> {
    /// Makes a call of the layer's own.
    #[must_use]
    pub fn call(call: SpiCall, token: T) -> Self {
        Self::Call(Box::new(call), token)
    }
}
