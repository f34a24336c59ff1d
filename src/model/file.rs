//! What can be written in a model file.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::changes::{LimitChanges, PolicyChanges};
use super::constant::Constant;
use super::source::Text;
use crate::abi::{EntrySet, Guid, LspCategories, ProviderFlags, ServiceFlags1, SockAddr, SpiFunction};
use crate::provider::behaviour::{Payload, Refusal, Tokens};
use crate::provider::{AcceptContext, Duplicating, Functions, HandleKind, ShapeFault, Waiting};
use crate::world::checks::Contracts;
use crate::world::fault::Fault;
use crate::world::machine::Interface;
use crate::world::policy::Profile;

/// A whole model file.
#[derive(Debug, Deserialize)]
#[serde(rename = "Model", deny_unknown_fields)]
pub(super) struct ModelFile<'a> {
    #[serde(borrow)]
    pub about: Text<'a>,
    #[serde(borrow)]
    pub extends: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub providers: Pairs<Text<'a>, ProviderFile<'a>>,
    #[serde(borrow, default)]
    pub catalog: Vec<EntryFile<'a>>,
    #[serde(borrow)]
    pub catalog32: Option<Vec<EntryFile<'a>>>,
    #[serde(borrow, default)]
    pub applications: Vec<ApplicationFile<'a>>,
    pub profile: Option<Profile>,
    #[serde(default)]
    pub policies: PolicyChanges,
    #[serde(default)]
    pub limits: LimitChanges,
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    #[serde(default)]
    pub faults: Vec<Fault>,
    pub contracts: Option<Contracts>,
}

/// The code behind a provider id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum ProviderFile<'a> {
    Base {
        #[serde(default)]
        handles: HandleKind,
        #[serde(default)]
        duplicating: Duplicating,
        #[serde(default)]
        service_thread: bool,
        #[serde(default)]
        waiting: Waiting,
        width: Option<u32>,
        #[serde(default)]
        missing: EntrySet,
        #[serde(default)]
        faults: Vec<ShapeFault>,
        id: Option<Guid>,
        #[serde(borrow)]
        path: Option<Text<'a>>,
        #[serde(borrow)]
        versions: Option<(Text<'a>, Text<'a>)>,
    },
    Layer {
        #[serde(default)]
        handles: HandleKind,
        #[serde(default)]
        hooks: Hooks,
        extension_functions: Option<Functions>,
        #[serde(default)]
        accept_context: AcceptContext,
        #[serde(borrow)]
        code: Option<Text<'a>>,
        width: Option<u32>,
        #[serde(default)]
        missing: EntrySet,
        #[serde(default)]
        refuses: Vec<Refusal>,
        redirects_to: Option<SockAddr>,
        payload: Option<Payload>,
        #[serde(default)]
        tokens: Tokens,
        #[serde(default)]
        faults: Vec<ShapeFault>,
        id: Option<Guid>,
        #[serde(borrow)]
        path: Option<Text<'a>>,
        #[serde(borrow)]
        versions: Option<(Text<'a>, Text<'a>)>,
    },
}

/// The entries a layer implements itself.
#[derive(Debug, Default, Deserialize)]
pub(super) enum Hooks {
    #[default]
    All,
    AllBut(EntrySet),
    Only(EntrySet),
}

impl Hooks {
    /// The set. A layer always has a WSPStartup, or it could not be loaded.
    pub(super) fn entries(&self) -> EntrySet {
        let mut entries = EntrySet::all();
        match self {
            Self::All => {}
            Self::AllBut(left_out) => left_out.iter().for_each(|entry| entries.remove(entry)),
            Self::Only(hooked) => entries = *hooked,
        }
        entries.insert(SpiFunction::WspStartup);
        entries
    }
}

/// One catalog entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum EntryFile<'a> {
    /// A base protocol.
    Entry {
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow)]
        provider: Text<'a>,
        family: Constant,
        kind: Constant,
        protocol: Constant,
        id: Option<u32>,
        service_flags: Option<ServiceFlags1>,
        provider_flags: Option<ProviderFlags>,
        message_size: Option<u32>,
        protocol_max_offset: Option<i32>,
        #[serde(borrow)]
        path: Option<Text<'a>>,
    },
    /// A layer alone.
    Layer {
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow)]
        provider: Text<'a>,
        id: Option<u32>,
        provider_flags: Option<ProviderFlags>,
        categories: Option<LspCategories>,
        #[serde(borrow)]
        path: Option<Text<'a>>,
        #[serde(default)]
        removed: bool,
    },
    /// A chain of layers over a base protocol.
    Chain {
        #[serde(borrow)]
        name: Text<'a>,
        #[serde(borrow)]
        provider: Option<Text<'a>>,
        #[serde(borrow)]
        members: Vec<Text<'a>>,
        id: Option<u32>,
        own_provider_id: Option<Guid>,
        provider_flags: Option<ProviderFlags>,
        #[serde(borrow)]
        path: Option<Text<'a>>,
    },
    /// The entries of the model this one extends. Left out, they follow this model's own. In `catalog32`: those of
    /// `catalog`.
    Inherited,
    /// In `catalog32`: one entry of `catalog`.
    Same(#[serde(borrow)] Text<'a>),
}

/// An application with LSP categories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationFile<'a> {
    #[serde(borrow)]
    pub path: Text<'a>,
    #[serde(borrow)]
    pub command_line: Option<Text<'a>>,
    pub categories: LspCategories,
}

/// A map in the order of the file, keys written twice included.
#[derive(Debug)]
pub(super) struct Pairs<K, V>(pub Vec<(K, V)>);

impl<K, V> Default for Pairs<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Pairs<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for InOrder<K, V> {
            type Value = Pairs<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData))
    }
}
