//! Any provider behind a pointer: cloned, compared and hashed like the rest of a world.

use std::any::Any;
use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};

use crate::abi::{SpiCall, WsaError};
use crate::provider::layer::Layer;
use crate::provider::{Context, Flow, InFlight, Provider, Resumed};
use crate::world::ids::{Handle, InstanceId};

/// A provider whose type a world does not know.
pub struct BoxedProvider(Box<dyn AnyProvider>);

/// The token of such a provider.
pub struct BoxedToken(Box<dyn AnyToken>);

/// A value that a world can hold without knowing its type.
trait AnyValue: Debug + Send + Sync {
    fn equals(&self, other: &dyn Any) -> bool;
    fn hash_into(&self, hasher: &mut dyn Hasher);
    fn as_any(&self) -> &dyn Any;
}

/// [`Provider`], with every token in a box.
trait AnyProvider: AnyValue {
    fn cloned(&self) -> Box<dyn AnyProvider>;
    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Flow<BoxedToken>;
    fn resume(
        &mut self,
        cx: &mut Context<'_>,
        token: BoxedToken,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Flow<BoxedToken>;
    fn plain(&self) -> Option<&Layer>;
    fn plain_mut(&mut self) -> Option<&mut Layer>;
    fn startups(&self) -> u32;
    fn contexts(&self) -> usize;
    fn exposes(&self) -> Option<InstanceId>;
    fn forget(&mut self, handle: Handle);
}

/// A token of any provider.
trait AnyToken: AnyValue {
    fn cloned(&self) -> Box<dyn AnyToken>;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Debug + Eq + Hash + Send + Sync + 'static> AnyValue for T {
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>().is_some_and(|other| self == other)
    }

    fn hash_into(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<T: Clone + Debug + Eq + Hash + Send + Sync + 'static> AnyToken for T {
    fn cloned(&self) -> Box<dyn AnyToken> {
        Box::new(self.clone())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl<P: Provider + Clone + Debug + Eq + Hash + Send + Sync + 'static> AnyProvider for P {
    fn cloned(&self) -> Box<dyn AnyProvider> {
        Box::new(self.clone())
    }

    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Flow<BoxedToken> {
        Provider::call(self, cx, call).map(boxed)
    }

    fn resume(
        &mut self,
        cx: &mut Context<'_>,
        token: BoxedToken,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Flow<BoxedToken> {
        match token.0.into_any().downcast::<P::Token>() {
            Ok(token) => Provider::resume(self, cx, *token, resumed, flight).map(boxed),
            // A frame's continuation always comes from the instance the frame names.
            Err(_) => Flow::Return(Err(WsaError::SysCallFailure)),
        }
    }

    fn plain(&self) -> Option<&Layer> {
        Provider::plain(self)
    }

    fn plain_mut(&mut self) -> Option<&mut Layer> {
        Provider::plain_mut(self)
    }

    fn startups(&self) -> u32 {
        Provider::startups(self)
    }

    fn contexts(&self) -> usize {
        Provider::contexts(self)
    }

    fn exposes(&self) -> Option<InstanceId> {
        Provider::exposes(self)
    }

    fn forget(&mut self, handle: Handle) {
        Provider::forget(self, handle);
    }
}

fn boxed<T: Clone + Debug + Eq + Hash + Send + Sync + 'static>(token: T) -> BoxedToken {
    BoxedToken(Box::new(token))
}

impl BoxedProvider {
    /// Puts a provider behind a pointer.
    #[must_use]
    pub fn new(provider: impl Provider + Clone + Debug + Eq + Hash + Send + Sync + 'static) -> Self {
        Self(Box::new(provider))
    }

    /// The provider, if it is of this type.
    #[must_use]
    pub fn downcast_ref<P: 'static>(&self) -> Option<&P> {
        self.0.as_any().downcast_ref()
    }
}

impl Provider for BoxedProvider {
    type Token = BoxedToken;

    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Flow<BoxedToken> {
        self.0.call(cx, call)
    }

    fn resume(
        &mut self,
        cx: &mut Context<'_>,
        token: BoxedToken,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Flow<BoxedToken> {
        self.0.resume(cx, token, resumed, flight)
    }

    fn plain(&self) -> Option<&Layer> {
        self.0.plain()
    }

    fn plain_mut(&mut self) -> Option<&mut Layer> {
        self.0.plain_mut()
    }

    fn startups(&self) -> u32 {
        self.0.startups()
    }

    fn contexts(&self) -> usize {
        self.0.contexts()
    }

    fn exposes(&self) -> Option<InstanceId> {
        self.0.exposes()
    }

    fn forget(&mut self, handle: Handle) {
        self.0.forget(handle);
    }
}

/// What both kinds of pointers are beside what they do. Hidden behind it all is the value itself.
macro_rules! like_a_value {
    ($($type:ident),+) => {
        $(impl Clone for $type {
            fn clone(&self) -> Self {
                Self(self.0.cloned())
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.0.equals(other.0.as_any())
            }
        }

        impl Eq for $type {}

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash_into(state);
            }
        }

        impl Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        })+
    };
}

like_a_value!(BoxedProvider, BoxedToken);
