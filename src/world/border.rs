//! Frame borders: where one frame of a call hands over to another.
//!
//! An op normally runs a whole call. [`Op::ToBorder`](super::op::Op::ToBorder) runs it to the next border, where the call
//! is forwarded to a provider or an answer goes back to who called; there it pauses ([`Paused`]) until it is told to go on.
//! Between two borders nothing else happens on the machine: what ws2_32 or one provider does in one go is done in one go.
//!
//! ws2_32 loads, starts and cleans up providers under a lock of its own, so that a provider is started once in a process
//! (Startup1): such a call has no borders.
//!
//! A call that paused is not blocked: to close its descriptor or to cancel blocking calls does not end it. The last
//! WSACleanup takes the providers away; a call that was on its way among them gives WSANOTINITIALISED then.

use super::World;
use super::catalog::ShapeId;
use super::drive::Next;
use super::event::Event;
use super::frame::Token;
use super::ids::{InstanceId, ThreadId};
use super::log::Log;
use super::op::Outcome;
use super::process::{Process, Thread};
use super::ws2_32::Ws2Token;
use crate::abi::{SpiCall, SpiFunction, SpiResult, SpiReturn, WsaError};
use crate::provider::{Callee, InFlight, Instance};
use crate::rules::RuleId;

/// How far an op lets a call run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Until it returns or parks.
    Whole,
    /// To the next frame border, if it gets there.
    Border,
}

/// A call that paused at a frame border, with what is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Paused {
    /// The border.
    pub at: Border,
    /// The call on its way down.
    pub call: SpiCall,
    /// The answer on its way up.
    pub result: SpiResult,
}

/// What comes next when a paused call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Border {
    /// A provider is called.
    Call(Callee),
    /// The provider in the topmost frame has answered.
    Answer,
    /// A provider that needed no frame has answered this call.
    AnswerAtOnce(InstanceId, SpiFunction),
    /// The call ends with an error: its providers have gone.
    Over(WsaError),
}

impl Border {
    /// The border that a call has come to, if it is one.
    fn of(next: &Next) -> Option<Self> {
        match next {
            Next::Call(callee) => Some(Self::Call(*callee)),
            Next::Answer => Some(Self::Answer),
            Next::AnswerAtOnce(from, function) => Some(Self::AnswerAtOnce(*from, *function)),
            Next::Finish(_) | Next::FinishSpi | Next::Park(_) => None,
        }
    }
}

impl Border {
    /// Whether an answer is on its way up.
    #[must_use]
    pub fn is_answer(self) -> bool {
        !matches!(self, Self::Call(_))
    }
}

impl World {
    /// Runs a call to the next border.
    pub(super) fn drive_to_border(
        &mut self,
        thread: ThreadId,
        mut next: Next,
        mut flight: InFlight<'_>,
        log: &mut Log,
    ) -> Outcome {
        while let Some(border) = Border::of(&next) {
            if border.is_answer() {
                self.watch_answer(thread, &flight, log);
            }
            if !self.manages_providers(thread) {
                return self.pause(thread, border, flight, log);
            }
            next = self.cross(thread, border, &mut flight, log);
        }
        self.drive(thread, next, flight, Reach::Whole, log)
    }

    /// A paused call goes on.
    pub(super) fn resume_paused(&mut self, thread: ThreadId, reach: Reach, log: &mut Log) -> Outcome {
        let Some(paused) = self.thread_mut(thread).and_then(|state| state.paused.take()) else { return Outcome::Done };
        log.note(|| Event::Resumed { thread });
        let Paused { at, mut call, result } = *paused;
        let mut flight = InFlight { call: &mut call, result };
        let next = self.cross(thread, at, &mut flight, log);
        self.drive(thread, next, flight, reach, log)
    }

    fn cross(&mut self, thread: ThreadId, border: Border, flight: &mut InFlight<'_>, log: &mut Log) -> Next {
        match border {
            Border::Call(callee) => self.call_provider(thread, callee, flight, log),
            Border::Answer => self.answer(thread, flight, log),
            Border::AnswerAtOnce(from, function) => self.answered(thread, from, Some(function), flight, log),
            Border::Over(error) => {
                log.rule(RuleId::G8);
                self.forget_calls(thread);
                Next::finish(Err(error))
            }
        }
    }

    fn pause(&mut self, thread: ThreadId, at: Border, mut flight: InFlight<'_>, log: &mut Log) -> Outcome {
        let result = flight.take_result();
        let call = std::mem::replace(flight.call, SpiCall::Cleanup);
        log.note(|| Event::Paused { thread, provider: self.at_border(thread, at), answered: at.is_answer() });
        if let Some(state) = self.thread_mut(thread) {
            state.paused = Some(Box::new(Paused { at, call, result }));
        }
        Outcome::Paused
    }

    /// The provider beyond a border, or the one whose answer has come to it.
    fn at_border(&self, thread: ThreadId, at: Border) -> Option<ShapeId> {
        let process = self.process(thread.process)?;
        let instance = match at {
            Border::Call(Callee::Entry(entry)) => {
                return process.client.catalog.as_deref().unwrap_or(&self.machine.catalog).entry(entry)?.shape;
            }
            Border::Call(Callee::Instance(instance)) | Border::AnswerAtOnce(instance, _) => instance,
            Border::Answer => match process.threads.get(thread.index as usize)?.frames.last()?.token {
                Token::Provider(instance, _) => instance,
                _ => return None,
            },
            Border::Over(_) => return None,
        };
        process.instances.get(instance).map(|instance| instance.shape)
    }

    /// Whether ws2_32 is starting or cleaning up a provider in the innermost client call of a thread.
    fn manages_providers(&self, thread: ThreadId) -> bool {
        let frames = self.thread(thread).map_or(&[][..], |thread| &thread.frames);
        let client = frames.iter().rev().find_map(|frame| match &frame.token {
            Token::Ws2(token) => Some(token),
            _ => None,
        });
        matches!(client, Some(Ws2Token::Starting(_) | Ws2Token::Refusing(_) | Ws2Token::Cleaning(_)))
    }
}

impl Process {
    /// Whether an overlapped structure of the client's is on its way among the frames of a call that paused: nobody has
    /// begun its operation yet, or a layer does not know yet that it is pending.
    pub(super) fn has_on_its_way(&self, overlapped: u32) -> bool {
        let mut paused = self.threads.iter().filter_map(|thread| thread.paused.as_ref()).peekable();
        if paused.peek().is_none() {
            return false;
        }
        let given = |call: &SpiCall| call.overlapped().is_some_and(|it| it.layer.is_none() && it.id == overlapped);
        let passed_on = |instance: &Instance| instance.state.layer().is_some_and(|layer| layer.has_given(overlapped));
        paused.any(|paused| given(&paused.call)) || self.instances.iter().any(|(_, instance)| passed_on(instance))
    }

    /// Whether an answer of a provider is on its way up among the frames of a call that paused.
    pub(super) fn has_answers_on_their_way(&self) -> bool {
        self.threads.iter().any(|thread| thread.paused.as_ref().is_some_and(|paused| paused.at.is_answer()))
    }
}

impl Thread {
    /// The providers of the process have gone, and their frames with them: a call that paused or waited among them is
    /// over when it goes on.
    pub(super) fn lose_providers(&mut self, log: &mut Log) {
        for at in (1..self.frames.len()).rev() {
            if matches!(self.frames[at].token, Token::Provider(..)) {
                log.rule(RuleId::Cleanup11);
                self.frames[at - 1].wait = self.frames.remove(at).wait;
            }
        }
        if let Some(paused) = &mut self.paused {
            let over = Border::Over(WsaError::NotInitialised);
            **paused = Paused { at: over, call: SpiCall::Cleanup, result: Ok(SpiReturn::Done) };
        }
    }
}
