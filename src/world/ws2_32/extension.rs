//! Calls through function pointers: the client calls the provider's code itself, so nothing here routes a handle.

use super::{After, Ws2Token};
use crate::abi::{FunctionPointer, SpiCall, WsaError};
use crate::provider::Callee;
use crate::rules::RuleId;
use crate::world::World;
use crate::world::drive::Next;
use crate::world::ids::ThreadId;
use crate::world::log::Log;

impl World {
    /// A client calls an extension function.
    pub(super) fn enter_extension(
        &mut self,
        thread: ThreadId,
        pointer: FunctionPointer,
        call: &mut SpiCall,
        log: &mut Log,
    ) -> Next {
        let process = &self.processes[thread.process.0 as usize];
        if process.client.startups == 0 {
            log.rule(RuleId::Ext6);
            return Next::finish(Err(WsaError::NotInitialised));
        }
        let loaded = process.loaded.iter().find(|(shape, _)| shape.0 == pointer.provider);
        let Some(&(_, instance)) = loaded else {
            log.rule(RuleId::Ext7);
            return Next::finish(Err(WsaError::Fault));
        };
        if let Some(Some(overlapped)) = call.overlapped_mut() {
            // These functions take none.
            overlapped.routine = None;
        }
        if let Some(overlapped) = call.overlapped()
            && let Err(error) = self.check_overlapped(thread, call.socket(), overlapped, log)
        {
            return Next::finish(Err(error));
        }
        log.rule(RuleId::Ext3);
        self.call_from_ws2(thread, Callee::Instance(instance), Ws2Token::Calling(After::Plain))
    }
}
