//! Network events on their way to the client: from a shared socket to an event object or a window.
//!
//! A layer with handles of its own asks the provider below to post to a hidden window of the layer, because the
//! message names the lower handle; it then posts to the client's window with its own (L6).

use super::World;
use super::afd::{Signal, Target};
use super::event::Event;
use super::handles::Object;
use super::ids::{Handle, Incarnation, InstanceId, Window};
use super::log::Log;
use super::process::Process;
use crate::abi::client::WindowMessage;
use crate::abi::consts::MAX_PROTOCOL_CHAIN;
use crate::provider::ShapeFault;
use crate::rules::RuleId;

/// The hidden window of a provider instance.
#[must_use]
pub(crate) fn hidden_window(instance: InstanceId) -> Window {
    Window(HIDDEN | instance.0)
}

/// Whether a window number may be given to WSPAsyncSelect in a process.
pub(crate) fn window_exists(windows: &[Option<std::collections::VecDeque<WindowMessage>>], window: Window) -> bool {
    window.0 & HIDDEN != 0
        || window.0.checked_sub(1).and_then(|at| windows.get(at as usize)).is_some_and(Option::is_some)
}

const HIDDEN: u32 = 0x8000_0000;

impl World {
    /// Delivers what the shared sockets have reported.
    pub(super) fn deliver_signals(&mut self, log: &mut Log) {
        while self.afd.signals_pending() {
            for signal in self.afd.take_signals() {
                self.deliver(signal, log);
            }
        }
    }

    fn deliver(&mut self, signal: Signal, log: &mut Log) {
        match signal.target {
            Target::Event(event) => {
                self.events.set(event, true);
                log.rule(RuleId::EventSel5);
                log.note(|| Event::EventSet { event, signalled: true });
            }
            Target::Window { process, window, message, socket: about } => {
                let socket = self.named_in_message(process, about, log);
                let message = WindowMessage { message, socket, event: signal.event, error: signal.error };
                self.post(process, window, about, message, log);
            }
        }
    }

    /// The handle a message names: the registrant's, unless the base provider is faulty.
    fn named_in_message(&self, process: Incarnation, handle: Handle, log: &mut Log) -> Handle {
        let fault = ShapeFault::PostForeignHandle;
        if !self.machine.any_faulty(fault) {
            return handle;
        }
        let Some(socket) = self.shared_socket(process, handle) else { return handle };
        let loaded = self.processes[process.0 as usize].loaded.iter().map(|&(shape, _)| shape);
        let Some(by) = loaded.into_iter().find(|&shape| self.machine.shape(shape).faults.contains(fault)) else {
            return handle;
        };
        let others = self.processes().filter(|&(other, _)| other != process);
        let foreign = others.flat_map(|(_, other)| other.handles.iter());
        let found =
            foreign.filter(|(_, entry)| entry.object == Object::Socket(socket)).map(|(handle, _)| handle).next();
        match found {
            None => handle,
            Some(foreign) => {
                log.note(|| Event::Faulty { by, fault });
                foreign
            }
        }
    }

    /// WPUPostMessage, through as many hidden windows as there are layers. A window that is gone loses the message.
    /// `lower` is the base's handle of the socket it is about.
    fn post(
        &mut self,
        process: Incarnation,
        mut window: Window,
        lower: Handle,
        mut message: WindowMessage,
        log: &mut Log,
    ) {
        let mut by = None;
        let Some(owner) = self.processes.get_mut(process.0 as usize) else { return };
        for _ in 0..MAX_PROTOCOL_CHAIN {
            if window.0 & HIDDEN == 0 {
                break;
            }
            log.rule(RuleId::L6);
            let Some((above, number, upper)) = repost(owner, window, message.socket) else { return };
            by = owner.instances.get(InstanceId(window.0 & !HIDDEN)).map(|instance| instance.shape);
            window = above;
            message.message = number;
            match by.filter(|&by| self.machine.shape(by).faults.contains(ShapeFault::PostLowerHandle)) {
                Some(by) => log.note(|| Event::Faulty { by, fault: ShapeFault::PostLowerHandle }),
                None => message.socket = upper,
            }
        }
        for rule in [RuleId::WpuPost1, RuleId::Async1, RuleId::Async7] {
            log.rule(rule);
        }
        if let Some(queue) = owner.window_mut(window) {
            queue.push_back(message);
            log.note(|| Event::MessagePosted { process, window, message });
        }
        if self.checks.is_some() {
            self.watch_message(process, lower, message.socket, by, log);
        }
    }
}

/// What a layer's hidden window does with a message about a lower handle.
fn repost(process: &Process, window: Window, lower: Handle) -> Option<(Window, u32, Handle)> {
    process.instances.get(InstanceId(window.0 & !HIDDEN))?.state.layer()?.repost(lower)
}
