//! Whether a check holds.

use std::sync::Arc;

use super::build::Builder;
use super::check::{Check, ModelName};
use super::form::HandleArg;
use super::judge::{self, Came};
use super::reader::ThreadRef;
use super::seen::Seen;
use super::values::Obstacle;
use crate::abi::client::Value;
use crate::abi::{Block, SpiCall, SpiFunction};
use crate::world::catalog::ShapeId;
use crate::world::event::Event;
use crate::world::ids::{Handle, Incarnation, SocketId, ThreadId};
use crate::world::process::ProcessState;

/// What was expected and what is, when the two differ.
type Verified = Result<Option<(String, String)>, Obstacle>;

/// Whether an event is one that a check looks for.
pub(super) type Sought<'c> = Box<dyn Fn(&Event) -> bool + 'c>;

impl Seen<'_> {
    /// Compares a check with the world.
    pub(super) fn verify(&self, check: &Check) -> Verified {
        Ok(match check {
            Check::References { socket, count } => {
                let references = self.shared(*socket)?.and_then(|id| self.world.afd().socket(id));
                counted("references", *count, references.map_or(0, |socket| socket.references()))
            }
            Check::Descriptors { socket, count } => {
                let shared = self.shared(*socket)?.and_then(|id| self.world.afd().socket(id));
                counted("descriptors", *count, shared.map_or(0, |socket| u64::from(socket.descriptors())))
            }
            Check::Duplications { count } => {
                let pending = self.world.duplications().iter().filter(|duplication| duplication.opened.is_none());
                counted("pending duplications", *count, pending.count() as u64)
            }
            Check::Sockets { count } => counted("shared sockets", *count, self.world.afd().len() as u64),
            Check::SameSocket(a, b) => self.compare_sockets(*a, *b, true)?,
            Check::DifferentSockets(a, b) => self.compare_sockets(*a, *b, false)?,
            Check::SameNumber(a, b) => self.compare_numbers(*a, *b, true)?,
            Check::DifferentNumbers(a, b) => self.compare_numbers(*a, *b, false)?,
            Check::Signalled { event, is } => self.signalled(*event, *is)?,
            Check::Parked(on) => {
                let paused = self.thread_id(*on).is_some_and(|thread| self.is_paused(thread));
                let waits = self.threads[on.0 as usize].waiting.iter().any(|waiting| waiting.result.is_none());
                let waits = waits && !paused;
                truth(waits, "a call that waits", "none does")
            }
            Check::Paused(on) => {
                let paused = self.thread_id(*on).is_some_and(|thread| self.is_paused(thread));
                truth(paused, "a call that stopped at a frame border", "none did")
            }
            Check::LastError { on, is } => {
                let thread = self.thread_id(*on).and_then(|thread| self.world.thread(thread));
                let (wanted, came) = (is.and_then(|error| error.0), thread.and_then(|thread| thread.last_error));
                let written = |error| judge::written(&Came::Returned(Ok(Value::LastError(error))));
                differ(wanted == came, || (written(wanted), written(came)))
            }
            Check::Needed { on, size } => {
                let thread = self.thread_id(*on).and_then(|thread| self.world.thread(thread));
                let came = thread.and_then(|thread| thread.needed);
                differ(came == Some(*size), || (size.to_string(), came.map_or("none".into(), |came| came.to_string())))
            }
            Check::Handles { process, count } => {
                let process = self.world.process(self.values.process(process.0)?.0);
                counted("handles", *count, process.map_or(0, |process| process.handles.len() as u64))
            }
            Check::Contexts { process, provider, count } => self.contexts(process.0, provider, *count)?,
            Check::Registered { socket, by } => {
                let by = by.map(|process| self.values.process(process.0)).transpose()?;
                self.registered(*socket, by.map(|(process, _)| process))?
            }
            Check::Pending { process, count } => {
                let process = self.world.process(self.values.process(process.0)?.0);
                counted("pending", *count, process.map_or(0, |process| process.overlapped.pending().count() as u64))
            }
            Check::Packets { port, count } => {
                let (process, handle) = self.owned(*port)?;
                let port = self.world.process(process).and_then(|process| process.handles.port(handle));
                counted("packets", *count, port.map_or(0, |port| self.world.completion_ports().queued(port) as u64))
            }
            Check::Routine { times, .. } => counted("runs of this routine", times.unwrap_or(1), self.total(check)?),
            Check::Upcall { times, .. } => match times {
                Some(times) => counted("upcalls", *times, self.total(check)?),
                None => truth(self.total(check)? > 0, "at least one such upcall", "there was none"),
            },
            Check::Breach { times, .. } => match times {
                Some(times) => counted("breaches", *times, self.total(check)?),
                None => truth(self.total(check)? > 0, "a breach of this duty by this provider", self.no_breach()),
            },
            Check::Messages { window, count } => self.messages(*window, *count)?,
            Check::Running(process) => self.state(process.0, ProcessState::Running)?,
            Check::Suspended(process) => self.state(process.0, ProcessState::Suspended)?,
            Check::Ended(process) => self.state(process.0, ProcessState::Exited)?,
            Check::Decided { .. } => {
                truth(self.total(check)? > 0, "a decision of this policy", "it has decided nothing so far")
            }
            Check::RuleUsed(_) => {
                truth(self.total(check)? > 0, "a decision by this rule", "it has decided nothing so far")
            }
            Check::Crossed { times, .. } => match times {
                Some(times) => counted("crossings", *times, self.total(check)?),
                None => truth(self.total(check)? > 0, "at least one crossing", "there was none"),
            },
            Check::NotCrossed { .. } => counted("crossings", 0, self.total(check)?),
        })
    }

    /// The shared socket a label stands for; of a number there is none.
    fn shared(&self, arg: HandleArg) -> Result<Option<SocketId>, Obstacle> {
        match arg {
            HandleArg::Slot(slot) => self.values.socket(slot),
            HandleArg::Number(_) => Ok(None),
        }
    }

    fn compare_sockets(&self, a: HandleArg, b: HandleArg, same: bool) -> Verified {
        let (a, b) = (self.shared(a)?, self.shared(b)?);
        let is_same = a.is_some() && a == b;
        let word = |same| if same { "one shared socket" } else { "two shared sockets" };
        Ok(differ(is_same == same, || (word(same).to_owned(), word(is_same).to_owned())))
    }

    fn compare_numbers(&self, a: HandleArg, b: HandleArg, same: bool) -> Verified {
        let builder = Builder::new(self.machine, self.world, None, self.values);
        let (Handle(a), Handle(b)) = (builder.handle(a)?, builder.handle(b)?);
        let word = if same { "equal numbers" } else { "different numbers" };
        Ok(differ((a == b) == same, || (word.to_owned(), format!("{a:#x} and {b:#x}"))))
    }

    fn signalled(&self, event: HandleArg, is: bool) -> Verified {
        let signalled = match event {
            HandleArg::Slot(slot) => {
                let (owner, handle) = self.values.handle(slot)?;
                self.world.is_signalled(owner, handle)
            }
            HandleArg::Number(_) => None,
        };
        let word = |signalled| match signalled {
            Some(true) => "signalled",
            Some(false) => "not signalled",
            None => "no event",
        };
        Ok(differ(signalled == Some(is), || (word(Some(is)).to_owned(), word(signalled).to_owned())))
    }

    fn contexts(&self, process: super::reader::SlotId, provider: &ModelName, count: u64) -> Verified {
        let shape = self.shape(provider)?;
        let process = self.world.process(self.values.process(process)?.0);
        let instances = process.into_iter().flat_map(|process| process.instances.iter());
        let of_provider = instances.filter(|(_, instance)| instance.shape == shape);
        Ok(counted("socket contexts", count, of_provider.map(|(_, instance)| instance.contexts() as u64).sum()))
    }

    fn registered(&self, socket: HandleArg, by: Option<Incarnation>) -> Verified {
        let registration = self.shared(socket)?.and_then(|id| self.world.afd().registration(id));
        let registrant = registration.map(|registration| registration.registrant.process);
        let word = |process: Option<Incarnation>| match process {
            Some(process) => format!("registered by {}", self.process_name(process)),
            None => "registered by nobody".to_owned(),
        };
        Ok(differ(registrant == by, || (word(by), word(registrant))))
    }

    fn process_name(&self, process: Incarnation) -> String {
        let threads = self.scenario.threads.iter().filter(|thread| thread.index == 0);
        let mut named = threads.filter(|thread| self.values.process(thread.process).is_ok_and(|(p, _)| p == process));
        named.next().map_or_else(|| format!("process {}", process.0), |thread| format!("`{}`", thread.name))
    }

    fn messages(&self, window: super::form::WindowArg, count: u64) -> Verified {
        let queue = match window {
            super::form::WindowArg::Slot(slot) => {
                let (owner, window) = self.values.window(slot)?;
                self.world.process(owner).and_then(|process| process.window(window))
            }
            super::form::WindowArg::Number(_) => None,
        };
        Ok(counted("messages", count, queue.map_or(0, |queue| queue.len() as u64)))
    }

    fn state(&self, process: super::reader::SlotId, wanted: ProcessState) -> Verified {
        let state = self.world.process(self.values.process(process)?.0).map(|process| process.state);
        let word = |state| match state {
            Some(ProcessState::Running) => "running",
            Some(ProcessState::Suspended) => "suspended",
            Some(ProcessState::Exited) => "ended",
            None => "not started",
        };
        Ok(differ(state == Some(wanted), || (word(Some(wanted)).to_owned(), word(state).to_owned())))
    }

    fn shape(&self, name: &ModelName) -> Result<ShapeId, Obstacle> {
        let at = self.machine.shapes.iter().position(|shape| shape.name == name.0);
        at.map(|at| ShapeId(at as u16)).ok_or_else(|| Obstacle::NotInModel(Arc::clone(&name.0)))
    }

    /// What a check that looks at the past looks for; nothing, for the others.
    pub(super) fn sought<'c>(&self, check: &'c Check) -> Result<Sought<'c>, Obstacle> {
        Ok(match check {
            Check::Routine { on, overlapped, transferred, error, .. } => {
                let (thread, error) = (self.thread_id(*on), error.and_then(|wanted| wanted.0));
                Box::new(move |event| match event {
                    Event::RoutineRan { thread: ran, apc } => {
                        Some(*ran) == thread
                            && apc.overlapped == *overlapped
                            && transferred.is_none_or(|wanted| wanted == apc.transferred)
                            && error == apc.error
                    }
                    _ => false,
                })
            }
            Check::Upcall { by, name, error, .. } => {
                let (by, error) = (self.shape(by)?, error.and_then(|wanted| wanted.0));
                Box::new(move |event| match event {
                    Event::Upcall(upcall) => {
                        upcall.by == by
                            && upcall.call.function() == *name
                            && error == upcall.result.as_ref().err().copied()
                    }
                    _ => false,
                })
            }
            Check::Breach { rule, by, .. } => {
                let sought = (rule.0, self.shape(by)?);
                Box::new(move |event| match event {
                    Event::Breach(breach) => (breach.rule, breach.by) == sought,
                    _ => false,
                })
            }
            Check::Decided { policy } => Box::new(|event| matches!(event, Event::Policy(p) if *p == policy.0)),
            Check::RuleUsed(rule) => Box::new(|event| matches!(event, Event::Rule(r) if *r == rule.0)),
            Check::Crossed { into, call, info, on, .. } | Check::NotCrossed { into, call, info, on } => {
                self.crossings(into, *call, info.as_ref(), *on)?
            }
            _ => Box::new(|_| false),
        })
    }

    /// Calls that cross into a provider.
    fn crossings(
        &self,
        into: &ModelName,
        call: Option<SpiFunction>,
        info: Option<&ModelName>,
        on: Option<ThreadRef>,
    ) -> Result<Sought<'static>, Obstacle> {
        let callee = self.shape(into)?;
        let builder = Builder::new(self.machine, self.world, None, self.values);
        let entry = info.map(|name| builder.entry(&name.0)).transpose()?.map(|info| info.catalog_entry_id());
        let thread: Option<Option<ThreadId>> = on.map(|on| self.thread_id(on));
        Ok(Box::new(move |event| match event {
            Event::Enter(entering) => {
                entering.callee == callee
                    && call.is_none_or(|call| call == entering.call.function())
                    && entry.is_none_or(|entry| Some(entry) == entry_of(&entering.call))
                    && thread.is_none_or(|thread| thread == Some(entering.thread))
            }
            _ => false,
        }))
    }
}

/// The catalog id of the protocol info a call carries.
fn entry_of(call: &SpiCall) -> Option<u32> {
    match call {
        SpiCall::Socket { info: Some(Block::Info(info)), .. }
        | SpiCall::DuplicateSocket { info: Some(info), .. }
        | SpiCall::Startup { info, .. }
        | SpiCall::AddressToString { info: Some(info), .. }
        | SpiCall::StringToAddress { info: Some(info), .. } => Some(info.catalog_entry_id()),
        _ => None,
    }
}

fn differ(holds: bool, words: impl FnOnce() -> (String, String)) -> Option<(String, String)> {
    if holds { None } else { Some(words()) }
}

fn counted(what: &str, wanted: u64, is: u64) -> Option<(String, String)> {
    differ(wanted == is, || (format!("{wanted} {what}"), is.to_string()))
}

fn truth(holds: bool, expected: &str, actual: &str) -> Option<(String, String)> {
    differ(holds, || (expected.to_owned(), actual.to_owned()))
}
