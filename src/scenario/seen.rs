//! What can be said of a run at some point: who is who, who waits for what, what can be built from the labels. The
//! player of steps and the explorer of programs look through the same eyes.

use super::build::Builder;
use super::calls::Call;
use super::check::Check;
use super::file::HappenStep;
use super::form::{HandleArg, ProcessArg};
use super::judge::Came;
use super::play::ThreadState;
use super::program::{Action, Scenario};
use super::reader::{SlotId, ThreadRef};
use super::values::{Obstacle, Values};
use crate::world::World;
use crate::world::afd::Interest;
use crate::world::event::Event;
use crate::world::frame::{Until, Wait};
use crate::world::ids::{Handle, Incarnation, ProcessId, SocketId, ThreadId};
use crate::world::log::Log;
use crate::world::machine::Machine;
use crate::world::op::Op;

/// A run at some point.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub scenario: &'a Scenario,
    pub machine: &'a Machine,
    pub world: &'a World,
    pub values: &'a Values,
    pub threads: &'a [ThreadState],
    pub past: Past<'a>,
}

/// What is known of everything that happened before.
#[derive(Clone, Copy)]
pub(super) enum Past<'a> {
    /// All of it.
    Log(&'a Log),
    /// How often that happened which these checks look for.
    Counted { checks: &'a [&'a Check], counts: &'a [u64] },
}

impl<'a> Seen<'a> {
    /// How often what a check looks for has happened.
    pub(super) fn total(&self, check: &Check) -> Result<u64, Obstacle> {
        match self.past {
            Past::Log(log) => self.tally(check, log.events()),
            Past::Counted { checks, counts } => {
                // What cannot be looked for has not been counted either.
                let _it_can_be = self.sought(check)?;
                let at = checks.iter().position(|known| std::ptr::eq(*known, check));
                Ok(at.and_then(|at| counts.get(at)).copied().unwrap_or(0))
            }
        }
    }

    /// How many of some events a check looks for.
    pub(super) fn tally(&self, check: &Check, events: &[Event]) -> Result<u64, Obstacle> {
        let fits = self.sought(check)?;
        Ok(events.iter().filter(|event| fits(event)).count() as u64)
    }

    /// A handle and its owner. A bare number belongs to nobody.
    pub(super) fn owned(&self, arg: HandleArg) -> Result<(Incarnation, Handle), Obstacle> {
        match arg {
            HandleArg::Slot(slot) => self.values.handle(slot),
            HandleArg::Number(_) => Ok((Incarnation(u32::MAX), Handle::INVALID)),
        }
    }

    pub(super) fn process_id(&self, arg: ProcessArg) -> Result<ProcessId, Obstacle> {
        Builder::new(self.machine, self.world, None, self.values).process_id(arg)
    }

    /// Whose numbers a call returns: DuplicateHandle's belong to the target.
    pub(super) fn owner_of_result(&self, call: &Call, caller: Incarnation) -> Incarnation {
        let Call::DuplicateHandle { target, .. } = call else { return caller };
        let target = self.process_id(*target).ok().and_then(|id| self.world.directory().living(id));
        target.unwrap_or(caller)
    }

    /// The op of a step that happens to the machine and starts no process.
    pub(super) fn op_of(&self, happens: &HappenStep) -> Result<Op, Obstacle> {
        Ok(match happens {
            HappenStep::Advance { ms } => Op::Advance { to: self.world.now().plus_ms(*ms) },
            HappenStep::Start { suspended, id, program, .. } => {
                let id = id.map(|id| self.process_id(id)).transpose()?;
                Op::StartProcess { id, suspended: *suspended, program: program.clone() }
            }
            HappenStep::Kill(process) => Op::Kill { process: self.values.process(process.0)?.0 },
            HappenStep::Fault(fault) => Op::Fault(*fault),
            HappenStep::BreakConnection { socket, error } => {
                let (process, socket) = self.owned(*socket)?;
                Op::BreakConnection { process, socket, error: *error }
            }
            HappenStep::LimitHandles { process, handles } => {
                Op::LimitHandles { process: self.values.process(process.0)?.0, handles: *handles }
            }
            HappenStep::Run { on, .. } => {
                let nobody = ThreadId { process: Incarnation(u32::MAX), index: 0 };
                Op::Run { thread: self.thread_id(*on).unwrap_or(nobody) }
            }
        })
    }

    pub(super) fn thread_id(&self, on: ThreadRef) -> Option<ThreadId> {
        let thread = self.scenario.threads.get(on.0 as usize)?;
        match thread.index {
            0 => self.values.process(thread.process).ok().map(|(process, _)| ThreadId { process, index: 0 }),
            _ => self.threads.get(on.0 as usize)?.made,
        }
    }

    pub(super) fn thread_name(&self, on: ThreadRef) -> &'a str {
        self.scenario.threads.get(on.0 as usize).map_or("?", |thread| &thread.name)
    }

    /// The name of the call a step makes.
    pub(super) fn name_of_call(&self, step: usize) -> &'a str {
        match self.scenario.action(step) {
            Some(Action::Call(_, call)) => call.name(),
            Some(Action::Answers(..)) => "callback",
            _ => "call",
        }
    }

    /// What it says of a call that returned and nobody looked: a title, and the step that was wanted.
    pub(super) fn unseen_words(&self, on: ThreadRef, step: usize) -> (String, String) {
        let (name, call) = (self.thread_name(on), self.name_of_call(step));
        let title = format!("the {call} of `{name}` returned and no step looked at it");
        (title, format!("(on: \"{name}\", returns: ...)"))
    }

    /// What it says of a step that has no values to work with: a title, and what there is instead.
    pub(super) fn obstacle_words(&self, obstacle: &Obstacle) -> (String, String) {
        let name = |slot: &SlotId| &self.scenario.slots[slot.0 as usize].name;
        match obstacle {
            Obstacle::NoValue(slot) => {
                (format!("`{}` has no value", name(slot)), "the step that gives it did not succeed".to_owned())
            }
            Obstacle::WrongKind(slot, kind) => {
                (format!("`{}` cannot stand here", name(slot)), format!("it stands for {kind}"))
            }
            Obstacle::NotInModel(name) => {
                let model = &self.machine.name;
                (format!("the model `{model}` has nothing called `{name}`"), self.near_in_model(name))
            }
        }
    }

    fn near_in_model(&self, name: &str) -> String {
        let entries = self.machine.catalog.entries().iter();
        let entries: Vec<String> = entries.map(|entry| entry.info.fields().protocol_name.to_string()).collect();
        let providers = self.machine.shapes.iter().map(|shape| shape.name.to_string());
        let known: Vec<String> = entries.into_iter().chain(providers).collect();
        let (label, help) = crate::model::explain::advice(name, known.iter().map(String::as_str));
        format!("{label}; {}", help.unwrap_or_default())
    }

    /// What a thread waits for, in a sentence.
    /// Whether a call of a thread stopped at a frame border.
    pub(super) fn is_paused(&self, thread: ThreadId) -> bool {
        self.world.thread(thread).is_some_and(|thread| thread.paused.is_some())
    }

    pub(super) fn waits_for(&self, thread: ThreadId) -> Option<String> {
        let state = self.world.thread(thread)?;
        if state.paused.is_some() {
            return Some("it stopped at a frame border, and no step lets it go on".to_owned());
        }
        let Wait { until, deadline, .. } = state.wait()?;
        let what = self.condition(until);
        let until = deadline.map_or(String::new(), |deadline| format!(", until {} ms at most", deadline.0));
        Some(format!("it waits for {what}{until}"))
    }

    pub(super) fn condition(&self, until: &Until) -> String {
        match until {
            Until::Socket(socket, interest) => {
                let what = match interest {
                    Interest::Readable => "something to receive",
                    Interest::Part => "part of a message",
                    Interest::Urgent => "urgent data",
                    Interest::Writable => "space to send",
                    Interest::Acceptable => "somebody to connect",
                    Interest::Connected => "the connection",
                    Interest::Disconnected => "everything sent to arrive",
                    Interest::Parted => "its peer to end, too",
                    Interest::Drained => "its data to be sent",
                    Interest::Changed => "a change notice",
                    Interest::Turn => "another send to end",
                };
                let sharers = self.labels_of(*socket);
                format!("{what} on the shared socket of {sharers}")
            }
            Until::Sockets(watched) => {
                let sockets = watched.iter().filter_map(|watched| watched.socket);
                let mut sharers: Vec<String> = sockets.map(|socket| self.labels_of(socket)).collect();
                sharers.dedup();
                format!("something on the shared socket of {}", sharers.join(", or of "))
            }
            Until::Callback => "its callback to return: an `answers` step".to_owned(),
            Until::Message(_) => "a message in its window's queue".to_owned(),
            Until::Ipc => "another process to send it something".to_owned(),
            Until::Events { all: true, .. } => "all of its events to be signalled".to_owned(),
            Until::Events { .. } => "one of its events to be signalled".to_owned(),
            Until::CatalogChange(_) => "a change of the catalog".to_owned(),
            Until::Packet(_) => "a packet at its completion port".to_owned(),
            Until::Time => "time to pass".to_owned(),
            Until::Alertable(until) => format!("{} or a completion routine", self.condition(until)),
            Until::Routine => "its completion routine to return: an `answers` step".to_owned(),
        }
    }
    pub(super) fn labels_of(&self, socket: SocketId) -> String {
        let slots = self.scenario.slots.iter().enumerate();
        let labels =
            slots.filter(|(at, _)| self.values.socket(SlotId(*at as u32)).is_ok_and(|named| named == Some(socket)));
        let labels: Vec<String> = labels.map(|(_, slot)| format!("`{}`", slot.name)).take(8).collect();
        if labels.is_empty() { "nobody".to_owned() } else { labels.join(", ") }
    }
}

/// A call and what came of it, in a sentence.
pub(super) fn title_of(name: &str, call: &str, came: &Came) -> String {
    match came {
        Came::Returned(Ok(_)) => format!("`{name}` called {call} and it succeeded"),
        Came::Returned(Err(error)) => format!("`{name}` called {call} and got {error}: {}", error.meaning()),
        Came::Parked => format!("`{name}` called {call} and it waits"),
        Came::Paused => format!("`{name}` called {call} and it stopped at a frame border"),
    }
}
