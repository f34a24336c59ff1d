//! The usual call, made without frames: a base answers it at once, and nobody takes notes of it.
//!
//! Nothing happens here that `drive` would not do. What a call does is the same with the log on, when none goes this
//! way: random ops are played both ways and must leave the same world (tests/property_ops.rs, fuzz target `ops`).

use super::World;
use super::border::Reach;
use super::frame::Frame;
use super::ids::{InstanceId, ThreadId};
use super::log::Log;
use super::op::Outcome;
use super::ws2_32::{After, Route};
use crate::abi::SpiCall;
use crate::abi::client::Value;
use crate::provider::{InFlight, Instance, State};
use crate::world::drive::Next;

impl World {
    /// Makes a call of which it is clear which base it goes to. `None`: it needs frames, and nothing has happened.
    pub(super) fn call_straight(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Option<Outcome> {
        if log.is_on() || self.checks.is_some() {
            return None;
        }
        let (base, after) = self.straight_way(thread, call, log)?;
        let function = call.function();
        let mut flight = InFlight::new(call);
        let next = self.with_instance(thread, base, Some(function), &mut flight, log, Instance::call);
        if !matches!(next, Next::AnswerAtOnce(..)) {
            Frame::put_ws2_32_below(self.frames(thread), after);
            return Some(self.drive(thread, next, flight, Reach::Whole, log));
        }
        if let After::Socket { flags, token } = after {
            self.settle_socket(thread, flags, token, &flight.result, log);
        }
        Some(self.finish(thread, flight.result.map(Value::Spi), log))
    }

    /// The base that a call goes to, if ws2_32 has nothing to do but to call it.
    #[inline]
    fn straight_way(&self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Option<(InstanceId, After)> {
        let process = &self.processes[thread.process.0 as usize];
        if process.client.startups == 0 || !process.threads[thread.index as usize].frames.is_empty() {
            return None;
        }
        let (instance, after) = match call.socket() {
            Some(s) => match self.route(thread, s) {
                Route::Owner(owner) if !self.is_for_ws2_32(thread, call, log) => (owner, After::Plain),
                _ => return None,
            },
            None if matches!(call, SpiCall::Socket { info: Some(_), .. }) => {
                let (entry, after) = self.choose(thread, call, log).ok()?;
                (self.started_instance(thread, entry)?, after)
            }
            None => return None,
        };
        let is_base = matches!(process.instances.get(instance), Some(Instance { state: State::Base(_), .. }));
        is_base.then_some((instance, after))
    }
}
