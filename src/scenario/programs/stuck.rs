//! Who waits for what, and who could end it.

use super::super::calls::Call;
use super::super::form::ProcessArg;
use super::super::program::Action;
use super::super::reader::ThreadRef;
use super::orders::Orders;
use super::state::State;
use super::wrong::{Wrong, WrongKind};
use super::{Code, Item, ItemId};
use crate::world::frame::Until;
use crate::world::ids::{Incarnation, SocketId};
use crate::world::process::ProcessState;

impl Orders<'_> {
    /// What is wrong with a state in which nothing can happen: somebody waits who should not.
    pub(super) fn stuck(&self, state: &State) -> Option<Wrong> {
        let waiting: Vec<ThreadRef> = (0..self.scenario.threads.len() as u32).map(ThreadRef).collect();
        let waiting: Vec<ThreadRef> = waiting
            .into_iter()
            .filter(|&on| !self.through(state, on) && !self.gone(state, on) && !self.is_excused(state, on))
            .collect();
        let first = *waiting.first()?;
        let names: Vec<String> = waiting.iter().map(|on| format!("`{}`", self.name(*on))).collect();
        let title = match &*names {
            [one] => format!("{one} waits and nobody will end it"),
            [most @ .., last] => format!("{} and {last} wait and nobody will end it", most.join(", ")),
            [] => return None,
        };
        let notes = waiting.iter().map(|&on| self.waits(state, on, &waiting)).collect();
        let wrong = Wrong { notes, ..Wrong::new(WrongKind::Stuck, title) };
        let wrong = wrong.differs("every thread comes to its end, or `finally` says `Parked`", names.join(", "));
        Some(match self.waits_at(state, first) {
            Some((id, item)) => Wrong { item: Some(id), ..wrong.at(item.step.start, item.step.line) },
            None => wrong,
        })
    }

    /// Whether `finally` says that this thread's call waits, and that is all it does.
    fn is_excused(&self, state: &State, on: ThreadRef) -> bool {
        self.may_stay_parked(on) && state.thread_waits(on)
    }

    fn name(&self, on: ThreadRef) -> &str {
        &self.scenario.threads[on.0 as usize].name
    }

    /// The step at which a thread waits.
    fn waits_at(&self, state: &State, on: ThreadRef) -> Option<(ItemId, &Item)> {
        let at_code = match self.code(state, on) {
            Some(Code::Step(id) | Code::Cases(id, _)) => Some(*id),
            _ => None,
        };
        let call = state.place.threads[on.0 as usize].waiting.last().map(|waiting| ItemId(waiting.step as u32));
        let id = at_code.or(call)?;
        self.programs.item(id).map(|item| (id, item))
    }

    /// One line: what a thread waits for, and who could end it.
    fn waits(&self, state: &State, on: ThreadRef, stuck: &[ThreadRef]) -> String {
        let line = self.waits_at(state, on).map_or(String::new(), |(_, item)| format!(" (line {})", item.step.line));
        let (what, who) = self.reason(state, on);
        let who: Vec<String> = who.into_iter().map(|(other, how)| self.could(other, &how, stuck)).collect();
        let who = if who.is_empty() { "nobody could end it".to_owned() } else { who.join(", ") };
        format!("`{}`{line} waits for {what}; {who}", self.name(on))
    }

    fn could(&self, other: ThreadRef, how: &str, stuck: &[ThreadRef]) -> String {
        let itself = if stuck.contains(&other) { " and waits itself" } else { "" };
        format!("`{}` could {how}{itself}", self.name(other))
    }

    /// What a thread waits for, and who could end it by what.
    fn reason(&self, state: &State, on: ThreadRef) -> (String, Vec<(ThreadRef, String)>) {
        let seen = self.seen(state);
        let Some(thread) = seen.thread_id(on) else {
            return ("its process to run".to_owned(), Vec::new());
        };
        let process = state.world.process(thread.process);
        if process.is_some_and(|process| process.state == ProcessState::Suspended) {
            let resumes = |item: &Item| matches!(&item.step.action, Action::Call(_, call) if matches!(**call, Call::ResumeProcess { .. }));
            return ("its process to be resumed".to_owned(), self.left_to_do(state, on, "resume it", resumes));
        }
        if let Some(wait) = state.world.thread(thread).and_then(|thread| thread.wait()) {
            return (seen.condition(&wait.until), self.enders(state, on, thread.process, &wait.until));
        }
        let awaited = self
            .waits_at(state, on)
            .and_then(|(_, item)| item.awaits.iter().copied().find(|&slot| state.place.values.get(slot).is_err()));
        match awaited {
            Some(slot) => {
                let name = &self.scenario.slots[slot.0 as usize].name;
                let giver = self
                    .programs
                    .giver(slot)
                    .map(|(giver, item)| (giver, format!("give it (line {})", item.step.line)));
                (format!("`{name}` to have a value"), giver.into_iter().collect())
            }
            None => ("its call to return".to_owned(), Vec::new()),
        }
    }

    fn enders(&self, state: &State, on: ThreadRef, process: Incarnation, until: &Until) -> Vec<(ThreadRef, String)> {
        match until {
            Until::Alertable(until) => self.enders(state, on, process, until),
            Until::Ipc => {
                let id = state.world.directory().id(process);
                let sends = |item: &Item| match &item.step.action {
                    Action::Call(_, call) => match &**call {
                        Call::Send { to: ProcessArg::Slot(slot), .. } => {
                            state.place.values.process_id(*slot).ok() == id
                        }
                        Call::Send { to: ProcessArg::Number(number), .. } => id.is_some_and(|id| id.0 == *number),
                        _ => false,
                    },
                    _ => false,
                };
                self.left_to_do(state, on, "send it something", sends)
            }
            Until::Socket(socket, _) => self.at_the_other_end(state, on, &[*socket]),
            Until::Sockets(watched) => {
                let sockets: Vec<SocketId> = watched.iter().filter_map(|watched| watched.socket).collect();
                self.at_the_other_end(state, on, &sockets)
            }
            Until::Events { .. } => {
                let sets = |item: &Item| matches!(&item.step.action, Action::Call(_, call) if matches!(**call, Call::WSASetEvent { .. }));
                self.left_to_do(state, on, "set it", sets)
            }
            Until::Packet(_) => {
                let posts = |item: &Item| matches!(&item.step.action, Action::Call(_, call) if matches!(**call, Call::PostQueuedCompletionStatus { .. }));
                self.left_to_do(state, on, "post one", posts)
            }
            Until::Callback | Until::CatalogChange(_) | Until::Routine | Until::Message(_) | Until::Time => Vec::new(),
        }
    }

    /// Other threads that still have a step of this kind before them.
    fn left_to_do(
        &self,
        state: &State,
        on: ThreadRef,
        how: &str,
        fits: impl Fn(&Item) -> bool,
    ) -> Vec<(ThreadRef, String)> {
        let others = (0..self.scenario.threads.len() as u32).map(ThreadRef).filter(|other| *other != on);
        let first = |other: ThreadRef| {
            let at = state.place.agents[other.0 as usize].at as usize;
            let rest = self.programs.program(other)?.code.get(at..)?;
            let items = rest.iter().filter_map(|code| match code {
                Code::Step(id) | Code::Cases(id, _) => self.programs.item(*id),
                _ => None,
            });
            let mut fitting = items.filter(|item| fits(item));
            fitting.next().map(|item| (other, format!("{how} (line {})", item.step.line)))
        };
        others.filter(|&other| !self.gone(state, other)).filter_map(first).collect()
    }

    /// Threads of the processes that hold the other end of a connection.
    fn at_the_other_end(&self, state: &State, on: ThreadRef, sockets: &[SocketId]) -> Vec<(ThreadRef, String)> {
        let peers: Vec<SocketId> =
            sockets.iter().filter_map(|&socket| state.world.afd().socket(socket)?.peer_socket()).collect();
        let holds = |process: Incarnation| {
            let handles = state.world.process(process).map(|process| process.handles.iter().map(|(handle, _)| handle));
            handles
                .into_iter()
                .flatten()
                .any(|handle| state.world.shared_socket(process, handle).is_some_and(|socket| peers.contains(&socket)))
        };
        let seen = self.seen(state);
        let others = (0..self.scenario.threads.len() as u32).map(ThreadRef).filter(|other| *other != on);
        others
            .filter(|&other| seen.thread_id(other).is_some_and(|thread| holds(thread.process)))
            .map(|other| (other, "act at the other end".to_owned()))
            .collect()
    }
}
