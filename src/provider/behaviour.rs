//! What a layer does beyond passing calls on, as a model says it. Each part stands alone; a layer may have several.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::abi::{SockAddr, WsaError};

/// Everything a layer does beyond passing calls on. A plain layer has none of this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Behaviour {
    /// Whom it lets connect and send where: the first refusal that fits counts.
    pub refuses: Vec<Refusal>,
    /// WSPConnect goes to this address instead, a proxy's; WSPGetPeerName tells the one asked for.
    pub redirects_to: Option<SockAddr>,
    /// What it does to the payload.
    pub payload: Option<Payload>,
    /// What it puts into dwProviderReserved when a socket is duplicated.
    pub tokens: Tokens,
}

/// WSPConnect and WSPSendTo that a layer refuses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "Refusal", deny_unknown_fields)]
pub struct Refusal {
    /// To this address; with port 0 to all its ports. `None`: to any.
    #[serde(default)]
    pub address: Option<SockAddr>,
    /// By this program, by the path of its executable. `None`: by any.
    #[serde(default)]
    pub program: Option<Arc<str>>,
    /// With this error.
    #[serde(default = "denied")]
    pub error: WsaError,
}

/// What a filter says unless it is told otherwise.
fn denied() -> WsaError {
    WsaError::Acces
}

impl Refusal {
    /// Whether it concerns a program and an address.
    #[must_use]
    pub fn fits(&self, program: Option<&str>, to: &SockAddr) -> bool {
        let address = self
            .address
            .as_ref()
            .is_none_or(|from| from.ip().is_some() && from.ip() == to.ip() && [0, to.port()].contains(&from.port()));
        address && self.program.as_deref().is_none_or(|wanted| program == Some(wanted))
    }
}

/// What a layer does to the payload, on its way down and back on its way up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Payload {
    /// Each byte is combined with this one by exclusive or.
    Xor(u8),
}

impl Payload {
    /// Changes bytes. The same once more changes them back.
    pub fn apply(self, bytes: &mut [u8]) {
        let Self::Xor(key) = self;
        bytes.iter_mut().for_each(|byte| *byte ^= key);
    }
}

/// What a layer puts into dwProviderReserved when a socket is duplicated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tokens {
    /// The word from below.
    #[default]
    Lower,
    /// A token of its own; a table that its instances in all processes share leads back to the word from below.
    Own,
}
