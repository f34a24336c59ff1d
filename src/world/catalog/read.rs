//! WSCEnumProtocols and WSCGetProviderPath: reading takes no rights.

use std::sync::Arc;

use super::editor::Editor;
use crate::abi::catalog::Pointer;
use crate::abi::client::{CallResult, Value};
use crate::abi::{Guid, Info, ProtocolInfoW, Room, WsaError};
use crate::rules::RuleId;

impl Editor<'_> {
    /// WSCEnumProtocols: all entries in catalog order, hidden ones and layers included.
    pub(super) fn enum_protocols(&mut self, protocols: &Pointer<Arc<[i32]>>, room: Room) -> CallResult {
        if protocols.is_wild() {
            return Err(WsaError::Fault);
        }
        let protocols = protocols.get().map(|protocols| &**protocols);
        if protocols.is_some_and(|list| list.iter().any(|&protocol| protocol < 0)) {
            self.log.rule(RuleId::WscEnum3);
            return Err(WsaError::Inval);
        }
        self.note_reader();
        self.log.rule(RuleId::WscEnum1);
        let infos = self.catalog().entries().iter().map(|entry| &entry.info);
        let infos = wanted(infos, protocols);
        let needed = infos.len() * ProtocolInfoW::SIZE;
        if needed > room.ok_or(WsaError::Fault)? as usize {
            self.log.rule(RuleId::WscEnum2);
            self.needed = Some(needed as u32);
            return Err(WsaError::NoBufs);
        }
        Ok(Value::Infos(infos))
    }

    /// WSCGetProviderPath: the path as it was installed, nothing expanded.
    pub(super) fn provider_path(&mut self, provider: Pointer<Guid>, room: Room) -> CallResult {
        let (&provider, room) = provider.get().zip(room).ok_or(WsaError::Fault)?;
        self.note_reader();
        self.log.rule(RuleId::WscPath1);
        let path = Arc::clone(&self.catalog().provider(provider).ok_or(WsaError::Inval)?.path);
        if path.encode_utf16().count() >= room as usize {
            self.log.rule(RuleId::WscPath2);
            return Err(WsaError::Fault);
        }
        Ok(Value::Path(path))
    }

    fn note_reader(&mut self) {
        if !self.administrator {
            self.log.rule(RuleId::Wsc2);
        }
    }
}

/// The entries of the protocols asked for.
fn wanted<'a>(infos: impl Iterator<Item = &'a Info>, protocols: Option<&[i32]>) -> Arc<[Info]> {
    let asked = |info: &&Info| protocols.is_none_or(|protocols| protocols.contains(&info.fields().protocol));
    infos.filter(asked).cloned().collect()
}
