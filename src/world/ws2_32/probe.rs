//! Lazy binding: a socket handle that the kernel knows and this process's ws2_32 does not (inherited, or copied by
//! DuplicateHandle). The providers of IFS entries are asked for its protocol info in catalog order; the first that
//! answers decides, and the handle is registered under the entry its answer names (Inherit5).

use super::{After, Probing, Starting, Then, Ws2Token};
use crate::abi::consts::SOL_SOCKET;
use crate::abi::{ProtocolInfoW, ServiceFlags1, SockOpt, SpiCall, SpiReturn, WsaError};
use crate::provider::{Callee, InFlight};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::drive::Next;
use crate::world::handles::Binding;
use crate::world::ids::{Handle, InstanceId, ThreadId};
use crate::world::log::Log;

impl Probing {
    pub(super) fn next(mut self) -> Self {
        self.position += 1;
        self
    }
}

impl World {
    /// Starts probing for the owner of the call's handle.
    pub(super) fn start_probing(
        &mut self,
        thread: ThreadId,
        handle: Handle,
        call: &mut SpiCall,
        after: After,
        log: &mut Log,
    ) -> Next {
        log.rule(RuleId::Inherit5);
        let wanted = std::mem::replace(call, SpiCall::Cleanup);
        self.probe_next(thread, Probing { call: wanted, after, handle, position: 0 }, call, log)
    }

    /// Asks the next candidate from `probing.position` on.
    pub(super) fn probe_next(
        &mut self,
        thread: ThreadId,
        mut probing: Probing,
        call: &mut SpiCall,
        log: &mut Log,
    ) -> Next {
        let catalog = self.processes[thread.process.0 as usize].client.catalog.clone();
        let entries = catalog.as_ref().map(|catalog| catalog.entries()).unwrap_or_default();
        let ifs = |entry: &crate::world::catalog::CatalogEntry| {
            !entry.is_layer() && entry.info.fields().service_flags1.contains(ServiceFlags1::IFS_HANDLES)
        };
        let Some(offset) = entries.iter().skip(probing.position).position(ifs) else {
            return Next::finish(Err(WsaError::NotSock));
        };
        probing.position += offset;
        let entry = entries[probing.position].id();
        match self.started_instance(thread, entry) {
            Some(instance) => self.probe(thread, probing, instance, call),
            None => {
                let then = Then::Probe(Box::new(probing));
                self.start_provider(thread, Starting { entry, then }, call, log)
            }
        }
    }

    /// Asks one provider whether it knows the handle.
    pub(super) fn probe(
        &mut self,
        thread: ThreadId,
        probing: Probing,
        instance: InstanceId,
        call: &mut SpiCall,
    ) -> Next {
        let s = probing.handle;
        let option = SockOpt::ProtocolInfoW.row().number;
        *call = SpiCall::GetSockOpt { s, level: SOL_SOCKET, option, room: Some(ProtocolInfoW::SIZE as u32) };
        self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Probing(Box::new(probing)))
    }

    /// A candidate has answered.
    pub(super) fn probed(
        &mut self,
        thread: ThreadId,
        probing: Probing,
        from: InstanceId,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        let Ok(SpiReturn::ProtocolInfo(info)) = &flight.result else {
            return self.probe_next(thread, probing.next(), flight.call, log);
        };
        let entry = info.catalog_entry_id();
        let owner = self.started_instance(thread, entry).unwrap_or(from);
        let process = &mut self.processes[thread.process.0 as usize];
        if let Some(slot) = process.handles.get_mut(probing.handle) {
            slot.binding = Some(Binding { entry, instance: owner, context: 0 });
        }
        *flight.call = probing.call;
        if matches!(flight.call, SpiCall::Select { .. }) {
            return self.enter_select(thread, flight.call, log);
        }
        self.call_from_ws2(thread, Callee::Instance(owner), Ws2Token::Calling(probing.after))
    }
}
