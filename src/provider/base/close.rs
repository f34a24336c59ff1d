//! WSPCloseSocket with its linger table, and the end of blocked calls.

use super::{Answer, At, Base, Blocked, Step, done, fail, nonblocking};
use crate::abi::{NetworkEvents, SpiCall, SpiReturn, WsaError};
use crate::provider::Flow;
use crate::provider::context::{Cancel, Context};
use crate::rules::RuleId;
use crate::world::afd::{Closing, Interest, Registrant, Whose};
use crate::world::frame::{Until, Wait};
use crate::world::policy::{IoAtSharedClose, PolicyId};

impl Base {
    /// WSPCloseSocket.
    pub(super) fn close(&mut self, cx: &mut Context<'_>, at: At) -> Step {
        let mode = nonblocking(cx, at);
        let last = cx.afd.socket(at.socket).is_some_and(|s| s.descriptors() + s.duplications() <= 1);
        let (afd, mut afd_cx) = cx.afd();
        match afd.close(&mut afd_cx, at.socket, mode) {
            Err(error) => fail(error),
            Ok(Closing::Done) => {
                self.closed(cx, at, last);
                done(Ok(()))
            }
            Ok(Closing::Wait(deadline)) => {
                cx.log.rule(RuleId::Close8);
                cancel_pending(cx, at, last);
                let until = Until::Socket(at.socket, Interest::Drained);
                let wait = Wait { deadline: Some(deadline), ..Wait::until(until) };
                Flow::Wait { wait: Box::new(wait), token: Box::new(Blocked::Close(at)) }
            }
        }
    }

    /// The linger time is over, or everything is sent.
    pub(super) fn lingered(&mut self, cx: &mut Context<'_>, at: At) -> Step {
        if self.at(cx, at.s).is_ok_and(|now| now == at) {
            let (afd, mut afd_cx) = cx.afd();
            afd.finish_close(&mut afd_cx, at.socket);
            self.closed(cx, at, true);
        }
        done(Ok(()))
    }

    /// The reference is given up; the number and what hung on it follow.
    fn closed(&mut self, cx: &mut Context<'_>, at: At, last: bool) {
        cx.log.rule(RuleId::R13);
        cancel_pending(cx, at, last);
        self.unregister(cx, at.s);
        cx.log.rule(RuleId::Close1);
        if !last {
            cx.log.rule(RuleId::R16);
            let registrant = Registrant { process: cx.thread.process, handle: at.s };
            let (afd, mut afd_cx) = cx.afd();
            afd.registrant_gone(&mut afd_cx, at.socket, registrant);
        }
    }

    /// A blocked call was cancelled under its feet.
    pub(super) fn cancelled(&mut self, cx: &mut Context<'_>, blocked: Blocked, error: WsaError) -> Step {
        match blocked {
            // The close had begun; what is left of it cannot be taken back.
            Blocked::Close(at) => self.lingered(cx, at),
            Blocked::Join(at, leaf) => self.join_cancelled(cx, at, leaf, error),
            Blocked::Connect(at, _) => {
                cx.log.rule(RuleId::Connect21);
                let thread = cx.thread;
                let (afd, mut afd_cx) = cx.afd();
                afd.cancel_connect_of(&mut afd_cx, at.socket, thread);
                fail(error)
            }
            Blocked::Accept(at, ..) | Blocked::Condition(at, ..) => {
                cx.afd.answer(at.socket, cx.thread);
                cx.log.rule(RuleId::Cancel3);
                cx.log.rule(RuleId::Accept18);
                fail(error)
            }
            Blocked::Send(sending) => {
                super::data::leave_turn(cx, sending.at);
                fail(error)
            }
            Blocked::Recv(receiving) => {
                cx.log.rule(RuleId::Recv25);
                super::data::receive_over(cx, receiving.at);
                fail(error)
            }
            Blocked::Change(_) | Blocked::Result(_) | Blocked::Disconnect(..) | Blocked::OnEvent(..) => fail(error),
            Blocked::Select(_) => {
                cx.log.rule(RuleId::Cancel3);
                fail(error)
            }
        }
    }

    /// Even a refused call re-enables its events (E4).
    pub(super) fn reenable_after_refusal(&mut self, cx: &mut Context<'_>, call: &SpiCall) {
        let Some(at) = call.socket().and_then(|s| self.at(cx, s).ok()) else { return };
        let (afd, mut afd_cx) = cx.afd();
        let events = match call {
            SpiCall::Send { .. } | SpiCall::SendTo { .. } => return afd.note_failed_send(&mut afd_cx, at.socket),
            SpiCall::Recv { .. } | SpiCall::RecvFrom { .. } => NetworkEvents::READ | NetworkEvents::OOB,
            SpiCall::Accept { .. } | SpiCall::AcceptEx { .. } => NetworkEvents::ACCEPT,
            _ => return,
        };
        afd.reenable(&mut afd_cx, at.socket, events);
    }
}

/// R15: which blocked calls a close ends.
fn cancel_pending(cx: &mut Context<'_>, at: At, last: bool) {
    if last {
        // Calls that outlived their own descriptors, under `CancelNone`, end here with the socket. A join waits on its
        // leaf, and ends with the root.
        cx.cancel(Cancel::Socket(at.socket));
        cx.cancel(Cancel::Descriptor(at.s));
        return;
    }
    cx.log.policy(PolicyId::io_at_shared_close);
    let whose = match cx.machine.policies().io_at_shared_close {
        IoAtSharedClose::CancelAll => {
            cx.cancel(Cancel::Socket(at.socket));
            Whose::All
        }
        IoAtSharedClose::CancelOwn => {
            cx.cancel(Cancel::Descriptor(at.s));
            Whose::Descriptor(cx.thread.process, at.s)
        }
        IoAtSharedClose::CancelNone => return,
    };
    let (afd, mut afd_cx) = cx.afd();
    if afd.cancel_operations(&mut afd_cx, at.socket, whose, false) {
        afd_cx.log.rule(RuleId::Close4);
    }
}

/// WSPCancelBlockingCall: ends the blocking call of its own thread (Cancel1).
pub(super) fn cancel_blocking(cx: &mut Context<'_>) -> Answer {
    if !cx.in_callback || cx.blocking != Some(cx.instance) {
        cx.log.rule(RuleId::Cancel7);
        return Err(WsaError::Inval);
    }
    if cx.hook {
        // The hook of this thread made the call: that is how it says FALSE.
        cx.log.rule(RuleId::WpuBlock2);
    }
    cx.log.rule(RuleId::Cancel1);
    cx.cancel(Cancel::Thread);
    Ok(SpiReturn::Done)
}
