//! Code by name: what a model means by `code: "audit"`.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{BoxedProvider, Kit, OwnLayer};
use crate::provider::{Provider, Shape};

/// Code that a model can name. The same code is the same name, registered once.
#[derive(Clone)]
pub struct Code {
    name: Arc<str>,
    make: Arc<dyn Fn(&Shape) -> BoxedProvider + Send + Sync>,
}

impl Code {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Loads the code in a process.
    #[must_use]
    pub fn make(&self, shape: &Shape) -> BoxedProvider {
        (self.make)(shape)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.make, &other.make)
    }
}

impl Eq for Code {}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({:?})", self.name)
    }
}

/// The code models can name, beside what is built in.
///
/// ```
/// # use wspsim::provider::own::{OwnLayer, Registry};
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// struct Idle;
///
/// impl OwnLayer for Idle {
///     type Token = ();
/// }
///
/// let registry = Registry::new().with_layer("idle", || Idle);
/// assert!(registry.get("idle").is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<Arc<str>, Code>);

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry with a layer under a name: `make` is called whenever a process loads it. A name given before means
    /// the new layer from now on.
    #[must_use]
    pub fn with_layer<L: OwnLayer>(self, name: &str, make: impl Fn() -> L + Send + Sync + 'static) -> Self {
        self.with_provider(name, move |_| Kit::new(make()))
    }

    /// The registry with a provider that does everything itself; `make` is told how the model describes it.
    #[must_use]
    pub fn with_provider<P>(mut self, name: &str, make: impl Fn(&Shape) -> P + Send + Sync + 'static) -> Self
    where
        P: Provider + Clone + Debug + Eq + Hash + Send + Sync + 'static,
    {
        let name: Arc<str> = name.into();
        let code = Code { name: Arc::clone(&name), make: Arc::new(move |shape| BoxedProvider::new(make(shape))) };
        self.0.insert(name, code);
        self
    }

    /// The code with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Code> {
        self.0.get(name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(|name| &**name)
    }
}
