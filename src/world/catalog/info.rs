//! WSCGetProviderInfo and WSCSetProviderInfo: the categories of a layer.

use super::editor::{DONE, Edited, Editor};
use crate::abi::catalog::{PROVIDER_INFO_AUDIT, PROVIDER_INFO_LSP_CATEGORIES, Pointer};
use crate::abi::client::{CallResult, Value};
use crate::abi::{Bytes, Guid, LspCategories, Room, WsaError, sizes};
use crate::rules::RuleId;
use crate::world::policy::{PolicyId, ProviderInfoMisuse};

impl Editor<'_> {
    /// WSCGetProviderInfo.
    pub(super) fn provider_info(&mut self, provider: Pointer<Guid>, kind: u32, room: Room) -> CallResult {
        let &provider = provider.get().ok_or(WsaError::Fault)?;
        self.check_kind(kind)?;
        if room.is_none_or(|room| (room as usize) < sizes::DWORD) {
            self.log.rule(RuleId::WscInfo3);
            self.needed = Some(sizes::DWORD as u32);
            return Err(self.misuse(WsaError::Fault));
        }
        self.admit()?;
        self.reach_registry(WsaError::NotEnoughMemory, WsaError::NoRecovery)?;
        match self.catalog().provider(provider).map(|entry| entry.categories) {
            Some(categories) => {
                self.log.rule(RuleId::WscInfo1);
                Ok(Value::Categories(categories))
            }
            None => {
                self.log.rule(RuleId::WscInfo4);
                Err(self.misuse(WsaError::InvalidProvider))
            }
        }
    }

    /// WSCSetProviderInfo: the categories stand in all entries of the provider.
    pub(super) fn set_provider_info(
        &mut self,
        provider: Pointer<Guid>,
        kind: u32,
        info: &Pointer<Bytes>,
    ) -> CallResult {
        let (&provider, info) = provider.get().zip(info.get()).ok_or(WsaError::Fault)?;
        self.check_kind(kind)?;
        let categories = info.as_word().filter(|_| info.as_slice().len() == sizes::DWORD).ok_or(WsaError::Inval)?;
        self.admit()?;
        self.reach_registry(WsaError::NotEnoughMemory, WsaError::NoRecovery)?;
        if self.catalog().provider(provider).is_none() {
            self.log.rule(RuleId::WscInfo5);
            return Err(WsaError::Inval);
        }
        self.log.rule(RuleId::WscInfo1);
        let mut entries = self.entries();
        for entry in entries.iter_mut().filter(|entry| entry.provider_id() == provider) {
            entry.categories = LspCategories::from_bits_retain(categories);
        }
        self.commit(self.width, entries);
        DONE
    }

    fn check_kind(&mut self, kind: u32) -> Edited<()> {
        match kind {
            PROVIDER_INFO_LSP_CATEGORIES => Ok(()),
            PROVIDER_INFO_AUDIT => {
                self.log.rule(RuleId::WscInfo2);
                Err(WsaError::CallNotImplemented)
            }
            _ => Err(self.misuse(WsaError::Inval)),
        }
    }

    /// What a call gives that asks for what there is not, where the documentation has `documented`.
    fn misuse(&mut self, documented: WsaError) -> WsaError {
        self.log.policy(PolicyId::provider_info_misuse);
        match self.machine.policies().provider_info_misuse {
            ProviderInfoMisuse::ByCause => documented,
            ProviderInfoMisuse::Wsanorecovery => WsaError::NoRecovery,
        }
    }
}
