//! What a picture tells of processes, of what travels between them, and of what happens from outside.

use super::build::{Builder, lane};
use super::{ARROW, Said, What};
use crate::abi::client::{Call, Message};
use crate::abi::{Block, SpiCall, consts};
use crate::trace::paint::Tone;
use crate::trace::value::Value;
use crate::trace::words::{Place, Style};
use crate::trace::{client, text};
use crate::world::event::Event;
use crate::world::ids::Incarnation;
use crate::world::op::Op;

impl Builder<'_, '_> {
    pub(super) fn of_machine(&mut self, at: usize, event: &Event) {
        match event {
            Event::DuplicationMade(duplication) => {
                self.makers.extend(self.acting.map(|maker| (duplication.token, maker)));
                self.aside(at, &text::line(self.trace, at, Style::Full));
            }
            Event::DuplicationDropped(duplication) => {
                let text = format!("{} dropped unopened", self.words.block(duplication.token));
                self.mark(at, text);
            }
            Event::ProcessStarted { process, suspended, .. } => self.started(*process, *suspended),
            Event::ProcessResumed { process } => self.process(*process, "is resumed"),
            Event::ProcessEnded { process } => self.ended(*process),
            Event::MessagePosted { process, message, .. } => {
                let place = self.words.place(at);
                let socket = self.words.handle(place, message.socket);
                let error = message.error.map(|error| format!(" with {error}")).unwrap_or_default();
                let text = format!("message {} for {socket}{error}", message.event);
                self.say(Said::change(lane(*process), 1, text));
            }
            Event::Sent { from, to, value } => self.sent(at, *from, *to, value),
            Event::Time(ticks) => {
                self.machine(format!("time {} {ARROW} {} ms", self.now, ticks.0));
                self.now = ticks.0;
            }
            Event::Injected { function, error } => self.mark(at, format!("fault: {function} fails with {error}")),
            Event::Faulty { .. } => self.mark(at, text::line(self.trace, at, Style::Full)),
            Event::InjectedUpcall { upcall, error } => self.mark(at, format!("fault: {upcall} fails with {error}")),
            _ => self.aside(at, &text::line(self.trace, at, Style::Full)),
        }
    }

    fn started(&mut self, process: Incarnation, suspended: bool) {
        self.appear(process, true);
        self.process(process, if suspended { "starts, suspended" } else { "starts" });
    }

    fn ended(&mut self, process: Incarnation) {
        if !self.killing {
            self.process(process, "ends");
        }
        self.appear(process, false);
    }

    pub(super) fn op(&mut self, op: &Op) {
        if let Op::ToBorder(within) = op {
            return self.op(within);
        }
        self.acting = match op {
            Op::Call { thread, .. } | Op::Run { thread } | Op::Answer { thread, .. } => Some(thread.process),
            Op::Kill { process } | Op::LimitHandles { process, .. } | Op::BreakConnection { process, .. } => {
                Some(*process)
            }
            Op::StartProcess { .. } | Op::Advance { .. } | Op::Fault(_) | Op::ToBorder(_) => None,
        };
        self.killing = matches!(op, Op::Kill { .. });
        match op {
            Op::Kill { process } => self.process(*process, "is killed"),
            Op::Fault(fault) => self.machine(format!("fault: {fault:?}")),
            Op::Answer { thread, value } => {
                let answer = Value::named(*value, consts::condition_name(*value));
                let answer = self.words.value(self.words.place(usize::MAX), &answer);
                let tone = Tone::Lane(lane(thread.process));
                self.say(Said::new(lane(thread.process), 0, format!("callback returns {answer}"), tone));
            }
            Op::BreakConnection { process, socket, error } => {
                let place = Place { event: usize::MAX, process: Some(*process) };
                let socket = self.words.handle(place, *socket);
                self.say(Said::change(lane(*process), 0, format!("connection of {socket} breaks: {error}")));
            }
            Op::LimitHandles { process, handles } => {
                let limit =
                    handles.map_or("as many handles as the machine allows".to_owned(), |n| format!("{n} handles"));
                self.say(Said::change(
                    lane(*process),
                    0,
                    format!("process {} may hold {limit}", self.words.process(*process)),
                ));
            }
            Op::StartProcess { .. } | Op::Call { .. } | Op::Run { .. } | Op::Advance { .. } | Op::ToBorder(_) => {}
        }
    }

    /// An arrow for the block a call is about to use, if somebody else made it and it has not come yet.
    pub(super) fn delivery(&mut self, process: Incarnation, call: &Call) {
        let Call::Spi(SpiCall::Socket { info: Some(Block::Info(info)), .. }) = call else { return };
        self.deliver(info.reserved(), process);
    }

    fn deliver(&mut self, token: u32, process: Incarnation) {
        let Some(&maker) = self.makers.get(&token) else { return };
        if maker != process && self.delivered.insert((token, process)) {
            self.arrow(maker, process, self.words.block(token));
        }
    }

    fn sent(&mut self, at: usize, from: Incarnation, to: Incarnation, value: &Message) {
        if let Message::Info(info) = value {
            self.delivered.insert((info.reserved(), to));
        }
        let label = self.words.value(self.words.place(at), &client::message(value));
        self.arrow(from, to, label);
    }

    fn arrow(&mut self, from: Incarnation, to: Incarnation, label: String) {
        if from != to {
            self.push(What::Arrow { from: lane(from), to: lane(to), label });
        }
    }
}
