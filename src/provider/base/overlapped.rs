//! Overlapped calls: WSPSend, WSPSendTo, WSPRecv, WSPRecvFrom, WSPIoctl with an overlapped structure, and
//! WSPGetOverlappedResult.
//!
//! An overlapped call never blocks, whatever the mode of the socket (B2): it is over at once or becomes an
//! [`Operation`] of the shared socket.

use super::data::{destination, lost_by_keep_alive, may_receive_from, refuse_receive, refuse_send};
use super::{Answer, At, Base, Blocked, Step, fail, ioctl, shared};
use crate::abi::{
    Gather, Ioctl, MessageFlags, Name, NetworkEvents, Overlapped, Room, Scatter, ServiceFlags1, SpiFunction, WsaError,
};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Issuer, Operation, Work};
use crate::world::event::Event;
use crate::world::frame::{Until, Wait};
use crate::world::policy::{BaseHandleOverlapped, OverlappedUnflagged, PolicyId};

/// What WSPGetOverlappedResult found.
pub(in crate::provider) enum Asked {
    /// The outcome, or why there is none to be had.
    Answer(Answer),
    /// The caller waits for the operation's event.
    Wait(Box<Wait>),
}

impl Base {
    /// WSPSend and, with `to`, WSPSendTo.
    pub(super) fn post_send(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        data: &Gather,
        flags: MessageFlags,
        to: Option<Name>,
        overlapped: &Overlapped,
    ) -> Step {
        match passed_over(cx, at) {
            Err(error) => return refuse_send(cx, at, error),
            Ok(true) => {
                return match to {
                    Some(to) => self.send_to(cx, at, data, flags, to),
                    None => self.send(cx, at, data, flags, None),
                };
            }
            Ok(false) => {}
        }
        let function = if to.is_some() { SpiFunction::WspSendTo } else { SpiFunction::WspSend };
        match sending(cx, at, data, flags, to) {
            Ok(work) => start(cx, at, (function, work), overlapped),
            Err(error) => refuse_send(cx, at, error),
        }
    }

    /// WSPRecv and, with `from`, WSPRecvFrom.
    pub(super) fn post_receive(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        room: &Scatter,
        flags: MessageFlags,
        from: Option<Room>,
        overlapped: &Overlapped,
    ) -> Step {
        match passed_over(cx, at) {
            Err(error) => return refuse_receive(cx, at, error),
            Ok(true) => {
                return match from {
                    Some(from) => self.recv_from(cx, at, room, flags, from),
                    None => self.recv(cx, at, room, flags),
                };
            }
            Ok(false) => {}
        }
        let function = if from.is_some() { SpiFunction::WspRecvFrom } else { SpiFunction::WspRecv };
        match receiving(cx, at, room, flags, from) {
            Ok(work) => start(cx, at, (function, work), overlapped),
            Err(error) => refuse_receive(cx, at, error),
        }
    }

    /// WSPIoctl: a change notice is pending until the change, anything else is over at once.
    pub(super) fn post_ioctl(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        control: &ioctl::Control<'_>,
        overlapped: &Overlapped,
    ) -> Step {
        match passed_over(cx, at) {
            Err(error) => return fail(error),
            Ok(true) => return self.ioctl(cx, at, control),
            Ok(false) => {}
        }
        if Ioctl::lookup(control.code) == Some(Ioctl::BspHandlePoll) {
            cx.log.rule(RuleId::Ioctl23);
            return fail(WsaError::Inval);
        }
        match at_once(cx, at, control) {
            Ok(ioctl::Carried::Awaits(event)) => {
                start(cx, at, (SpiFunction::WspIoctl, Work::Change { event }), overlapped)
            }
            Ok(ioctl::Carried::Out(value)) => {
                end(cx, at, overlapped, Ok(value.clone()));
                Flow::Return(Ok(value))
            }
            Ok(ioctl::Carried::Fails(error)) => {
                cx.begin_overlapped(overlapped);
                end(cx, at, overlapped, Err(error));
                fail(WsaError::IoPending)
            }
            Err(error) => fail(error),
        }
    }

    /// WSPGetOverlappedResult.
    pub(super) fn overlapped_result(&mut self, cx: &mut Context<'_>, id: u32, wait: bool) -> Step {
        match asked(cx, id, wait) {
            Asked::Answer(answer) => Flow::Return(answer),
            Asked::Wait(wait) => Flow::Wait { wait, token: Box::new(Blocked::Result(id)) },
        }
    }
}

/// Whether the overlapped structure counts for nothing: the socket was made without WSA_FLAG_OVERLAPPED (O1).
pub(super) fn passed_over(cx: &mut Context<'_>, at: At) -> Result<bool, WsaError> {
    if shared(cx, at)?.overlapped() {
        return Ok(false);
    }
    cx.log.rule(RuleId::O1);
    cx.log.policy(PolicyId::overlapped_unflagged);
    match cx.machine.policies().overlapped_unflagged {
        OverlappedUnflagged::Ignored => Ok(true),
        OverlappedUnflagged::Wsaeinval => Err(WsaError::Inval),
    }
}

#[inline(always)]
fn sending(
    cx: &mut Context<'_>,
    at: At,
    data: &Gather,
    flags: MessageFlags,
    to: Option<Name>,
) -> Result<Work, WsaError> {
    let datagram = shared(cx, at)?.transport().kind.is_datagram();
    let to = match to {
        Some(to) if datagram => destination(cx, at, to)?,
        _ => None,
    };
    let data = data.bytes().ok_or(WsaError::Fault)?;
    cx.log.rule(RuleId::O6);
    if flags.contains(MessageFlags::PARTIAL) && !ioctl::offers(cx, at, ServiceFlags1::PARTIAL_MESSAGE) {
        cx.log.rule(RuleId::Send11);
        return Err(WsaError::OpNotSupp);
    }
    if lost_by_keep_alive(cx, at) {
        return Err(WsaError::NotConn);
    }
    Ok(Work::Send { data, sent: 0, flags, to })
}

#[inline(always)]
fn receiving(
    cx: &mut Context<'_>,
    at: At,
    room: &Scatter,
    flags: MessageFlags,
    from: Option<Room>,
) -> Result<Work, WsaError> {
    let room = room.room().ok_or(WsaError::Fault)?;
    cx.log.rule(RuleId::O6);
    if flags.contains(MessageFlags::PEEK) {
        cx.log.rule(RuleId::Recv16);
        return Err(WsaError::OpNotSupp);
    }
    if lost_by_keep_alive(cx, at) {
        return Err(WsaError::NotConn);
    }
    let from = match from {
        Some(from) => may_receive_from(cx, at, from)?.is_some(),
        None => false,
    };
    Ok(Work::Receive { room, flags, from, so_far: Vec::new() })
}

#[inline(always)]
fn operation(cx: &Context<'_>, at: At, (function, work): (SpiFunction, Work), overlapped: &Overlapped) -> Operation {
    let issuer = Issuer { thread: cx.thread, via: at.s, by: cx.shape_id };
    Operation { issuer, function, overlapped: *overlapped, work }
}

#[inline(always)]
pub(super) fn start(cx: &mut Context<'_>, at: At, work: (SpiFunction, Work), overlapped: &Overlapped) -> Step {
    let operation = operation(cx, at, work, overlapped);
    start_operation(cx, at, operation)
}

fn start_operation(cx: &mut Context<'_>, at: At, operation: Operation) -> Step {
    cx.log.rule(RuleId::O1);
    cx.log.rule(RuleId::B2);
    let overlapped = operation.overlapped;
    let (afd, mut afd_cx) = cx.afd();
    Flow::Return(match afd.post(&mut afd_cx, at.socket, operation) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => {
            cx.begin_overlapped(&overlapped);
            Err(WsaError::IoPending)
        }
        Err(error) => Err(error),
    })
}

/// As much of an overlapped WSPIoctl as can be done without waiting.
fn at_once(cx: &mut Context<'_>, at: At, control: &ioctl::Control<'_>) -> Result<ioctl::Carried, WsaError> {
    if Ioctl::lookup(control.code) == Some(Ioctl::BaseHandle) {
        cx.log.policy(PolicyId::base_handle_overlapped);
        if cx.machine.policies().base_handle_overlapped == BaseHandleOverlapped::EndsUnsupported {
            return Ok(ioctl::Carried::Fails(WsaError::OpNotSupp));
        }
    }
    ioctl::at_once(cx, at, control)
}

/// An overlapped WSPIoctl has ended.
fn end(cx: &mut Context<'_>, at: At, overlapped: &Overlapped, result: Answer) {
    let work = Work::Change { event: NetworkEvents::empty() };
    let operation = operation(cx, at, (SpiFunction::WspIoctl, work), overlapped);
    let (afd, mut afd_cx) = cx.afd();
    afd.finish_at_once(&mut afd_cx, at.socket, operation, result);
}

impl Context<'_> {
    /// An operation has become pending: its structure says so, its event is reset (O3).
    pub fn begin_overlapped(&mut self, overlapped: &Overlapped) {
        self.overlapped.begin(overlapped);
        if let Some(event) = self.event(overlapped.event).filter(|_| overlapped.routine.is_none()) {
            self.log.rule(RuleId::O3);
            self.events.set(event, false);
            self.log.note(|| Event::EventSet { event, signalled: false });
        }
    }
}

/// What a structure of the client's says (WSPGetOverlappedResult). Layers with handles of their own answer likewise.
pub(in crate::provider) fn asked(cx: &mut Context<'_>, id: u32, wait: bool) -> Asked {
    let Some(record) = cx.overlapped.client(id) else {
        cx.log.rule(RuleId::Result4);
        return Asked::Answer(Err(WsaError::Inval));
    };
    if let Some(outcome) = &record.outcome {
        cx.log.rule(RuleId::Result1);
        return Asked::Answer(outcome.clone());
    }
    if !wait {
        cx.log.rule(RuleId::Result2);
        return Asked::Answer(Err(WsaError::IoIncomplete));
    }
    if record.routine {
        cx.log.rule(RuleId::O11);
        return Asked::Answer(Err(WsaError::Inval));
    }
    cx.log.rule(RuleId::Result3);
    let Some(event) = cx.event(record.event) else { return Asked::Answer(Err(WsaError::InvalidHandle)) };
    let until = Until::Events { events: Box::new([event]), all: true };
    Asked::Wait(Box::new(Wait::until(until)))
}

/// The event was signalled. If by somebody else, the operation is still pending.
pub(in crate::provider) fn asked_again(cx: &mut Context<'_>, id: u32) -> Answer {
    match asked(cx, id, false) {
        Asked::Answer(answer) => answer,
        Asked::Wait(_) => Err(WsaError::IoIncomplete),
    }
}
