//! A protocol info on its way between client, layers and base.
//!
//! All the blocks of one catalog entry agree in everything but `dwProviderReserved`, so the 628 bytes stay behind
//! one shared pointer and the word that differs travels beside it. [`Info::record`] gives the whole structure.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{DecodeError, ProtocolInfoA, ProtocolInfoW};
use crate::world::ids::IdKind;

/// A WSAPROTOCOL_INFOW (page: ns-winsock2-wsaprotocol_infow).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Everything but dwProviderReserved, which is zero here.
    template: Arc<ProtocolInfoW>,
    /// dwProviderReserved.
    reserved: u32,
}

impl Hash for Info {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.template.hash(state);
        IdKind::Token.hash(u64::from(self.reserved), state);
    }
}

impl Info {
    /// Takes a whole structure apart.
    #[must_use]
    pub fn new(mut record: ProtocolInfoW) -> Self {
        let reserved = std::mem::take(&mut record.provider_reserved);
        Self { template: Arc::new(record), reserved }
    }

    /// Reads the 628 bytes of a WSAPROTOCOL_INFOW.
    ///
    /// # Errors
    /// When there are more or fewer bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        ProtocolInfoW::decode(bytes).map(Self::new)
    }

    /// The whole structure.
    #[must_use]
    pub fn record(&self) -> ProtocolInfoW {
        let mut record = (*self.template).clone();
        record.provider_reserved = self.reserved;
        record
    }

    /// The 628 bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; ProtocolInfoW::SIZE] {
        self.record().encode()
    }

    /// The ANSI form: the name in one byte a character.
    #[must_use]
    pub fn ansi(&self) -> ProtocolInfoA {
        ProtocolInfoA::from(&self.record())
    }

    /// Every field but dwProviderReserved.
    #[inline]
    #[must_use]
    pub fn fields(&self) -> &ProtocolInfoW {
        &self.template
    }

    /// Whether two blocks agree in everything but dwProviderReserved, and, where `but_flags` says so, dwServiceFlags3
    /// and dwServiceFlags4.
    #[inline]
    #[must_use]
    pub fn agrees_with(&self, other: &Self, but_flags: bool) -> bool {
        if Arc::ptr_eq(&self.template, &other.template) || self.template == other.template {
            return true;
        }
        but_flags && {
            let mut stripped = (*other.template).clone();
            stripped.service_flags3 = self.template.service_flags3;
            stripped.service_flags4 = self.template.service_flags4;
            *self.template == stripped
        }
    }

    /// dwProviderReserved.
    #[inline]
    #[must_use]
    pub fn reserved(&self) -> u32 {
        self.reserved
    }

    /// The same block with another dwProviderReserved.
    #[inline]
    #[must_use]
    pub fn with_reserved(&self, reserved: u32) -> Self {
        Self { template: Arc::clone(&self.template), reserved }
    }

    /// dwCatalogEntryId.
    #[inline]
    #[must_use]
    pub fn catalog_entry_id(&self) -> u32 {
        self.template.catalog_entry_id
    }

    /// Changes fields other than dwProviderReserved; copies the structure if it is shared.
    pub fn edit(&mut self, change: impl FnOnce(&mut ProtocolInfoW)) {
        change(Arc::make_mut(&mut self.template));
    }
}

/// What a client passes where a WSAPROTOCOL_INFO is expected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// 628 bytes.
    Info(Info),
    /// Some other number of bytes.
    WrongLength(u32),
}

impl Block {
    /// Reads bytes of any length.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        Info::decode(bytes).map_or(Self::WrongLength(bytes.len() as u32), Self::Info)
    }
}
