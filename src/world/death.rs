//! How a process ends, and what becomes of the duplications it was part of.

use super::World;
use super::afd::{Interest, Release};
use super::catalog::ShapeId;
use super::event::Event;
use super::frame::Until;
use super::handles::Object;
use super::ids::{Incarnation, SocketId};
use super::log::Log;
use super::policy::{BlockReuse, PolicyId, ReferenceTaken, TargetIdentity};
use super::process::{Process, ProcessState, Thread};
use crate::provider::{ShapeFault, State};
use crate::rules::RuleId;

impl World {
    /// Ends a process: its threads stop where they are, its descriptors go (R29, Cleanup8), duplications made for it
    /// are dropped (Dup3); those it made stay with their targets (Dup13).
    pub(super) fn end_process(&mut self, process: Incarnation, log: &mut Log) {
        let Process { id, ref program, .. } = self.processes[process.0 as usize];
        let dying = if self.checks.is_some() { self.watch_dying(process) } else { Vec::new() };
        let shell = Process::new(id, ProcessState::Exited, program.clone());
        let ended = std::mem::replace(&mut self.processes[process.0 as usize], shell);
        self.processes[process.0 as usize].threads.clear();
        self.waits -= ended.threads.iter().map(Thread::waits).sum::<u32>();
        self.directory.leave(process);
        if self.checks.is_some() {
            self.forget_checks(process, true);
        }
        self.sections.forget_target(id);
        self.forget_operations(process, log);
        log.note(|| Event::ProcessEnded { process });
        log.rule(RuleId::R29);
        if ended.client.startups > 0 {
            log.rule(RuleId::Cleanup8);
        }
        log.policy(PolicyId::open_at_cleanup);
        let how = Release::from(self.machine.policies().open_at_cleanup);
        if ended.threads.iter().any(Thread::in_callback) {
            self.afd.forget_askers(process);
        }
        for socket in ended.threads.iter().filter_map(sending_on) {
            self.afd.set_sender(socket, None);
            let (afd, mut cx) = self.afd_cx(log);
            afd.resume_sends(&mut cx, socket);
        }
        let keeps = |shape| self.machine.shape(shape).faults.contains(ShapeFault::KeepReferenceAtDeath);
        if let Some(&(by, _)) = ended.loaded.iter().find(|&&(shape, _)| keeps(shape)) {
            self.keep_references(&ended, by, log);
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
        let left_behind = |socket| self.afd.socket(socket).is_some_and(|socket| socket.descriptors() == 0);
        if log.is_on() && self.duplications.iter().any(|it| it.holds_reference && left_behind(it.socket)) {
            log.rule(RuleId::Dup13);
        }
        if self.machine.policies().target_identity == TargetIdentity::Incarnation {
            for duplication in self.duplications.take(|duplication| duplication.target == process) {
                log.rule(RuleId::Dup3);
                log.rule(RuleId::Dup5);
                log.policy(PolicyId::target_identity);
                let (afd, mut cx) = self.afd_cx(log);
                duplication.drop_unopened(afd, &mut cx);
            }
        }
        self.watch_dead(dying, log);
    }

    /// A base provider whose count in user mode goes on counting a process that has died.
    fn keep_references(&mut self, ended: &Process, by: ShapeId, log: &mut Log) {
        for (_, entry) in ended.handles.iter() {
            let Object::Socket(socket) = entry.object else { continue };
            log.note(|| Event::Faulty { by, fault: ShapeFault::KeepReferenceAtDeath });
            self.duplications.strand(socket);
            let (afd, mut cx) = self.afd_cx(log);
            afd.add_duplication(&mut cx, socket);
        }
    }

    /// Under some policies there are duplications that do not keep their socket: those that take their reference at
    /// the open, and spent blocks that may be opened again. When the socket has gone, so must they, lest its id come
    /// to mean another socket.
    #[inline]
    pub(super) fn forget_lost_duplications(&mut self, log: &mut Log) {
        let policies = self.machine.policies();
        let (late, reuse) = (policies.reference_taken == ReferenceTaken::AtOpen, policies.block_reuse);
        let faulty = || {
            let machine = &self.machine;
            machine.any_faulty(ShapeFault::TakeReferenceLate) || machine.any_faulty(ShapeFault::OpenAgain)
        };
        if !late && reuse == BlockReuse::Refuse && !faulty() {
            return;
        }
        let afd = &self.afd;
        for duplication in self.duplications.take(|duplication| afd.is_lost(duplication.socket)) {
            if duplication.opened.is_none() {
                log.policy(PolicyId::reference_taken);
                log.note(|| Event::DuplicationDropped(duplication));
                self.watch_lost(&duplication, log);
            }
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
