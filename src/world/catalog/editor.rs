//! What all calls on the catalogs have in common: who calls, what stands in the way, where a DLL is.

use std::sync::Arc;

use super::{Catalog, CatalogEntry, Installed, ShapeId};
use crate::abi::catalog::Pointer;
use crate::abi::client::CallResult;
use crate::abi::consts::{MAX_PATH, MAX_PROTOCOL_CHAIN};
use crate::abi::{Guid, Info, ProtocolChain, WsaError};
use crate::rules::RuleId;
use crate::world::fault::CatalogTrouble;
use crate::world::log::Log;
use crate::world::machine::Machine;
use crate::world::program::Width;

/// A call on the catalogs while it is served.
pub(super) struct Editor<'a> {
    pub installed: &'a mut Arc<Installed>,
    pub machine: &'a Machine,
    /// The width of the catalog in question.
    pub width: Width,
    /// Whether the caller has the rights of an administrator.
    pub administrator: bool,
    /// What is wrong with the registry.
    pub trouble: Option<CatalogTrouble>,
    /// Whether the machine is out of buffers.
    pub no_buffers: bool,
    /// How much room the call needs, where it lacks some.
    pub needed: Option<u32>,
    pub log: &'a mut Log,
}

pub(super) type Edited<T> = Result<T, WsaError>;

impl Editor<'_> {
    /// The catalog in question.
    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        self.installed.catalog(self.width)
    }

    /// Its entries, to be changed.
    pub(super) fn entries(&self) -> Vec<CatalogEntry> {
        self.catalog().entries().to_vec()
    }

    /// The rights that a call needs which changes something or looks at what is an administrator's.
    pub(super) fn admit(&mut self) -> Edited<()> {
        if self.administrator {
            return Ok(());
        }
        self.log.rule(RuleId::Wsc1);
        Err(WsaError::NoRecovery)
    }

    /// What the registry's trouble comes to for a call that knows these two causes, beside WSANO_RECOVERY.
    pub(super) fn reach_registry(&mut self, no_memory: WsaError, system_call: WsaError) -> Edited<()> {
        let Some(trouble) = self.trouble else { return Ok(()) };
        self.log.rule(RuleId::Wsc5);
        Err(match trouble {
            CatalogTrouble::NoMemory => no_memory,
            CatalogTrouble::SystemCall => system_call,
            CatalogTrouble::Busy | CatalogTrouble::Registry(_) => WsaError::NoRecovery,
        })
    }

    /// Buffers for what is being installed.
    pub(super) fn take_buffers(&self) -> Edited<()> {
        if self.no_buffers { Err(WsaError::NoBufs) } else { Ok(()) }
    }

    /// Puts other entries in place of those in a catalog.
    pub(super) fn commit(&mut self, width: Width, entries: Vec<CatalogEntry>) {
        Arc::make_mut(self.installed).replace(width, entries, self.log);
    }

    /// An entry with the id it gets.
    pub(super) fn entry(&self, mut info: Info, id: u32, provider: Guid, path: &Arc<str>) -> CatalogEntry {
        info.edit(|record| {
            record.catalog_entry_id = id;
            record.provider_id = provider;
            if record.chain.is_base() {
                record.chain = ProtocolChain::base(id);
            }
        });
        CatalogEntry::new(info.with_reserved(0), Arc::clone(path), self.shape(path, provider))
    }

    /// The code at a path: among several the one made for the provider id.
    pub(super) fn shape(&self, path: &str, provider: Guid) -> Option<ShapeId> {
        let shapes = || self.machine.shapes.iter().enumerate().filter(|(_, shape)| same_file(&shape.path, path));
        let own = shapes().find(|(_, shape)| shape.provider_id == provider);
        own.or_else(|| shapes().next()).map(|(at, _)| ShapeId(at as u16))
    }

    /// Whether a chain could be installed now: 2 to 7 members that are there, each once, the last of them a base and
    /// the others none.
    pub(super) fn is_sound(&self, chain: &ProtocolChain) -> bool {
        if chain.is_layer() || chain.is_base() {
            return true;
        }
        let catalog = self.catalog();
        let ids = chain.ids();
        let twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
        let in_place =
            |(at, &id): (usize, &u32)| catalog.entry(id).is_some_and(|entry| entry.is_base() == (at + 1 == ids.len()));
        (2..=MAX_PROTOCOL_CHAIN as i32).contains(&chain.len) && !twice && ids.iter().enumerate().all(in_place)
    }
}

/// The path of a DLL: WSAEFAULT for no pointer, WSAEINVAL for no path.
pub(super) fn path(pointer: &Pointer<Arc<str>>) -> Edited<&Arc<str>> {
    let path = pointer.get().ok_or(WsaError::Fault)?;
    if is_path(path) { Ok(path) } else { Err(WsaError::Inval) }
}

/// Whether a text can be a path.
pub(super) fn is_path(path: &str) -> bool {
    !path.is_empty() && path.encode_utf16().count() < MAX_PATH
}

/// Whether two paths lead to the same file. Case does not count, nor the way a stroke leans.
pub(super) fn same_file(one: &str, other: &str) -> bool {
    expanded(one) == expanded(other)
}

/// Whether a path leads into the system32 folder.
pub(super) fn in_system32(path: &str) -> bool {
    expanded(path).starts_with(r"c:\windows\system32\")
}

fn expanded(path: &str) -> String {
    let path = path.to_ascii_lowercase().replace('/', r"\");
    match path.strip_prefix("%systemroot%") {
        Some(rest) => format!(r"c:\windows{rest}"),
        None => path,
    }
}

/// A call that gives nothing back.
pub(super) const DONE: CallResult = Ok(crate::abi::client::Value::Done);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_several_paths() {
        assert!(same_file(r"%SystemRoot%\system32\a.dll", r"C:/Windows/System32/A.DLL"));
        assert!(!same_file(r"%SystemRoot%\system32\a.dll", r"%SystemRoot%\syswow64\a.dll"));
        assert!(in_system32(r"%SYSTEMROOT%\System32\a.dll") && !in_system32("a.dll"));
    }

    #[test]
    fn a_path_is_neither_empty_nor_too_long() {
        assert!(is_path("a.dll") && !is_path("") && !is_path(&"a".repeat(260)) && is_path(&"a".repeat(259)));
    }
}
