//! WSCInstallProvider: further entries behind those there are.

use std::sync::Arc;

use super::editor::{self, DONE, Edited, Editor};
use crate::abi::catalog::ProviderEntries;
use crate::abi::client::CallResult;
use crate::abi::{Guid, Info, WsaError};
use crate::rules::RuleId;
use crate::world::program::Width;

impl Editor<'_> {
    /// WSCInstallProvider, and the form that installs into both catalogs.
    pub(super) fn install(&mut self, both: bool, what: &ProviderEntries) -> CallResult {
        let (&provider, path, entries) = given(what)?;
        self.admit()?;
        self.take_buffers()?;
        self.reach_registry(WsaError::NotEnoughMemory, WsaError::SysCallFailure)?;
        let widths = if both { &Width::ALL[..] } else { &[self.width][..] };
        for &width in widths {
            self.width = width;
            self.check_new(provider, entries)?;
        }
        for &width in widths {
            self.width = width;
            self.append(provider, path, entries);
        }
        if both {
            self.log.rule(RuleId::WscInstall5);
        }
        DONE
    }

    /// Whether these entries can be installed for a provider that has none yet.
    fn check_new(&mut self, provider: Guid, entries: &[Info]) -> Edited<()> {
        if self.catalog().provider(provider).is_some() {
            self.log.rule(RuleId::WscInstall3);
            return Err(WsaError::NoRecovery);
        }
        if !entries.iter().all(|info| self.is_sound(&info.fields().chain)) {
            self.log.rule(RuleId::WscInstall2);
            return Err(WsaError::Inval);
        }
        Ok(())
    }

    fn append(&mut self, provider: Guid, path: &Arc<str>, entries: &[Info]) {
        self.log.rule(RuleId::WscInstall1);
        if self.shape(path, provider).is_none() {
            self.log.rule(RuleId::WscInstall4);
        }
        let ids = self.installed.next_ids(self.width, entries.len());
        let mut all = self.entries();
        all.extend(entries.iter().zip(ids).map(|(info, id)| self.entry(info.clone(), id, provider, path)));
        self.commit(self.width, all);
    }
}

/// Provider id, path and entries.
type Given<'a> = (&'a Guid, &'a Arc<str>, &'a [Info]);

/// The arguments, if all of them are there.
pub(super) fn given(what: &ProviderEntries) -> Edited<Given<'_>> {
    let ProviderEntries { provider, path, entries } = what;
    let provider = provider.get().ok_or(WsaError::Fault)?;
    let entries = entries.get().ok_or(WsaError::Fault)?;
    let path = editor::path(path)?;
    if entries.is_empty() { Err(WsaError::Inval) } else { Ok((provider, path, entries)) }
}
