//! ReadFile and WriteFile on socket handles: to the operating system a socket is a file.
//!
//! A handle of WPUCreateSocketHandle leads back to its owner, whose WSPRecv and WSPSend do the work (WpuCreate5). An
//! IFS handle is the kernel's own: the base provider answers, and no layer sees it (L5).

use crate::abi::{MessageFlags, SpiCall, WsaError};
use crate::provider::{Callee, HandleKind, ShapeKind};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::catalog::ShapeId;
use crate::world::drive::Next;
use crate::world::handles::{Binding, Object};
use crate::world::ids::{Handle, InstanceId, ThreadId};
use crate::world::log::Log;

use super::{After, Ws2Token};
use crate::abi::{Gather, Overlapped, Scatter};

impl World {
    /// ReadFile.
    pub(super) fn read_file(
        &mut self,
        thread: ThreadId,
        s: Handle,
        room: Scatter,
        overlapped: Option<Box<Overlapped>>,
        (call, log): (&mut SpiCall, &mut Log),
    ) -> Next {
        *call = SpiCall::Recv { s, room, flags: MessageFlags::empty(), returned: true, overlapped };
        self.enter_file(thread, s, call, log)
    }

    /// WriteFile.
    pub(super) fn write_file(
        &mut self,
        thread: ThreadId,
        s: Handle,
        data: Gather,
        overlapped: Option<Box<Overlapped>>,
        (call, log): (&mut SpiCall, &mut Log),
    ) -> Next {
        *call = SpiCall::Send { s, data, flags: MessageFlags::empty(), returned: true, overlapped };
        self.enter_file(thread, s, call, log)
    }

    fn enter_file(&mut self, thread: ThreadId, s: Handle, call: &mut SpiCall, log: &mut Log) -> Next {
        let process = &self.processes[thread.process.0 as usize];
        let Some(entry) = process.handles.get(s) else { return Next::finish(Err(WsaError::InvalidHandle)) };
        match (entry.object, entry.binding) {
            (Object::NonIfs, Some(_)) => {
                log.rule(RuleId::WpuCreate5);
                self.enter_spi(thread, call, log)
            }
            (Object::Socket(_), Some(binding)) => match self.kernel_side(thread, binding) {
                Some(base) => {
                    log.rule(RuleId::L5);
                    if let Some(overlapped) = call.overlapped()
                        && let Err(error) = self.check_overlapped(thread, Some(s), overlapped, log)
                    {
                        return Next::finish(Err(error));
                    }
                    self.call_from_ws2(thread, Callee::Instance(base), Ws2Token::Calling(After::Plain))
                }
                None => self.enter_spi(thread, call, log),
            },
            // Nobody here has heard of the socket: the probe finds its provider.
            (Object::Socket(_), None) => self.enter_spi(thread, call, log),
            _ => Next::finish(Err(WsaError::InvalidHandle)),
        }
    }

    /// The base provider at the bottom of what owns an IFS handle.
    fn kernel_side(&self, thread: ThreadId, binding: Binding) -> Option<InstanceId> {
        let process = &self.processes[thread.process.0 as usize];
        let catalog = process.client.catalog.as_ref()?;
        let lowest = catalog.base_of(catalog.entry(binding.entry)?);
        let is_base = |shape: ShapeId| {
            let described = self.machine.shape(shape);
            described.handles == HandleKind::Ifs && matches!(described.kind, ShapeKind::Base { .. })
        };
        let fits = |shape: ShapeId| lowest.map_or_else(|| is_base(shape), |lowest| lowest == shape && is_base(shape));
        process.loaded.iter().find(|&&(shape, _)| fits(shape)).map(|&(_, instance)| instance)
    }
}
