//! A call on the catalogs comes in.

use super::editor::Editor;
use crate::abi::WsaError;
use crate::abi::catalog::CatalogCall;
use crate::abi::client::CallResult;
use crate::rules::RuleId;
use crate::world::World;
use crate::world::ids::ThreadId;
use crate::world::log::Log;

impl World {
    /// Serves a client's call on the catalogs. It returns at once, and takes no WSAStartup.
    pub(in crate::world) fn catalog_call(&mut self, thread: ThreadId, call: &CatalogCall, log: &mut Log) -> CallResult {
        let program = &self.processes.get(thread.process.0 as usize).ok_or(WsaError::SysCallFailure)?.program;
        let width = call.width(program.width);
        if width != program.width {
            log.rule(RuleId::Wsc4);
        }
        let before = self.installed.changes();
        let mut editor = Editor {
            installed: &mut self.installed,
            machine: &self.machine,
            width,
            administrator: program.administrator,
            trouble: self.faults.catalog,
            no_buffers: self.afd.no_buffers(),
            needed: None,
            log,
        };
        let result = match call {
            CatalogCall::Install { both, what } => editor.install(*both, what),
            CatalogCall::InstallAndChains { both, layer } => editor.install_and_chains(*both, layer),
            CatalogCall::Deinstall { provider, errno, .. } => editor.deinstall(*provider, *errno),
            CatalogCall::Update { what, .. } => editor.update(what),
            CatalogCall::WriteOrder { ids, .. } => editor.write_order(ids),
            CatalogCall::Enum { protocols, room, .. } => editor.enum_protocols(protocols, *room),
            CatalogCall::GetPath { provider, room, .. } => editor.provider_path(*provider, *room),
            CatalogCall::GetInfo { provider, kind, room, .. } => editor.provider_info(*provider, *kind, *room),
            CatalogCall::SetInfo { provider, kind, info, .. } => editor.set_provider_info(*provider, *kind, info),
            CatalogCall::GetCategory { application, out } => editor.application_category(application, *out),
            CatalogCall::SetCategory { application, categories, previous } => {
                editor.set_application_category(application, *categories, *previous)
            }
        };
        if let Some(size) = editor.needed {
            self.store_needed(thread, size, log);
        }
        if self.installed.changes() != before {
            self.tell_of_change(log);
        }
        result
    }
}
