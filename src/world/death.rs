//! How a process ends, and what becomes of the duplications it was part of.

use super::World;
use super::afd::{Interest, Release};
use super::duplication::Duplication;
use super::event::Event;
use super::frame::Until;
use super::ids::{Incarnation, SocketId};
use super::log::Log;
use super::policy::{OpenAtCleanup, PolicyId, ReferenceTaken, TargetIdentity};
use super::process::{Process, ProcessState, Thread};
use crate::provider::State;
use crate::rules::RuleId;

impl World {
    /// Ends a process: its threads stop where they are, its descriptors go (R29, Cleanup8), duplications made for it
    /// are dropped (Dup3); those it made stay with their targets (Dup13).
    pub(super) fn end_process(&mut self, process: Incarnation, log: &mut Log) {
        let id = self.processes[process.0 as usize].id;
        let shell = Process::new(id, ProcessState::Exited);
        let ended = std::mem::replace(&mut self.processes[process.0 as usize], shell);
        self.processes[process.0 as usize].threads.clear();
        self.directory.leave(process);
        log.note(|| Event::ProcessEnded { process });
        log.rule(RuleId::R29);
        log.policy(PolicyId::open_at_cleanup);
        let how = release_at_end(self.machine.policies().open_at_cleanup);
        if ended.threads.iter().any(Thread::in_callback) {
            self.afd.forget_askers(process);
        }
        for socket in ended.threads.iter().filter_map(sending_on) {
            self.afd.set_sender(socket, None);
        }
        for (handle, entry) in ended.handles.iter() {
            self.drop_object(process, handle, entry.object, how, log);
        }
        for (_, instance) in ended.instances.iter() {
            if let State::Base(base) = &instance.state {
                for (handle, socket) in base.records() {
                    let object = super::handles::Object::Socket(socket);
                    self.drop_object(process, handle, object, how, log);
                }
            }
        }
        if self.machine.policies().target_identity == TargetIdentity::Incarnation {
            for duplication in self.duplications.take(|duplication| duplication.target == process) {
                log.rule(RuleId::Dup3);
                self.drop_duplication(&duplication, log);
            }
        }
        self.forget_lost_duplications(log);
    }

    /// A duplication ends unopened: its reference goes.
    pub(super) fn drop_duplication(&mut self, duplication: &Duplication, log: &mut Log) {
        log.note(|| Event::DuplicationDropped(*duplication));
        if duplication.holds_reference {
            let (afd, mut cx) = self.afd_cx(log);
            afd.drop_duplication(&mut cx, duplication.socket);
        }
    }

    /// A block is spent: it opens nothing any more.
    pub(super) fn spend_duplication(&mut self, token: u32, log: &mut Log) {
        if let Some(duplication) = self.duplications.remove(token) {
            self.drop_duplication(&duplication, log);
        }
    }

    /// Under `ReferenceTaken::AtOpen` a duplication does not keep its socket: when the socket has gone, so must the
    /// duplication, lest its number come to mean another socket.
    pub(super) fn forget_lost_duplications(&mut self, log: &mut Log) {
        if self.machine.policies().reference_taken == ReferenceTaken::AtDuplicate {
            return;
        }
        let afd = &self.afd;
        let lost = |socket: SocketId| afd.socket(socket).is_none_or(|socket| socket.descriptors() == 0);
        for duplication in self.duplications.take(|duplication| lost(duplication.socket)) {
            log.policy(PolicyId::reference_taken);
            log.note(|| Event::DuplicationDropped(duplication));
        }
    }
}

/// The socket a thread was in the middle of sending on.
fn sending_on(thread: &Thread) -> Option<SocketId> {
    match thread.wait()?.until {
        Until::Socket(socket, Interest::Writable) => Some(socket),
        _ => None,
    }
}

/// How descriptors are given up that nobody closed.
pub(crate) fn release_at_end(policy: OpenAtCleanup) -> Release {
    match policy {
        OpenAtCleanup::Reset => Release::Reset,
        OpenAtCleanup::Close => Release::Close,
    }
}
