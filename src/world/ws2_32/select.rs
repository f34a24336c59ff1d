//! WSPSelect and WSAPoll: calls on many sockets, which may belong to many providers.

use super::spi::Route;
use super::{After, Ws2Token};
use crate::abi::client::Value;
use crate::abi::{FdSet, PollEvents, PollFd, SpiCall, WsaError};
use crate::provider::split::Split;
use crate::provider::{Callee, InFlight, Resumed};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::afd::Sought;
use crate::world::drive::Next;
use crate::world::frame::{Until, Wait, Woken};
use crate::world::ids::{Handle, InstanceId, ThreadId, Ticks};
use crate::world::log::Log;
use crate::world::policy::{PolicyId, SelectProviders};
use crate::world::watch::Watched;

/// A WSAPoll that waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Polling {
    fds: std::sync::Arc<[PollFd]>,
    deadline: Option<Ticks>,
}

/// What may be asked for; POLLERR, POLLHUP and POLLNVAL are only ever reported, and nobody supports the rest.
const ASKABLE: PollEvents = PollEvents::IN.union(PollEvents::OUT);

impl World {
    /// WSPSelect goes to the provider whose sockets these are. Of several, policy `select_providers` says who gets
    /// what.
    pub(super) fn enter_select(&mut self, thread: ThreadId, call: &mut SpiCall, log: &mut Log) -> Next {
        let SpiCall::Select { sets, timeout } = &*call else {
            return Next::finish(Err(WsaError::SysCallFailure));
        };
        let mut members = sets.iter().flat_map(FdSet::members).copied();
        let Some(first) = members.next() else {
            log.rule(RuleId::Select4);
            let wild = sets.contains(&FdSet::Wild);
            return Next::finish(Err(if wild { WsaError::Fault } else { WsaError::Inval }));
        };
        let splits = self.machine.policies().select_providers == SelectProviders::Split;
        let wanted = if splits { sets.iter().flat_map(FdSet::members).copied().collect() } else { vec![first] };
        match self.owners(thread, &wanted) {
            Err(Missing::NoSocket) => {
                log.rule(RuleId::G5);
                Next::finish(Err(WsaError::NotSock))
            }
            Err(Missing::Unknown(handle)) => self.start_probing(thread, handle, call, After::Plain, log),
            Ok(owners) => {
                let owner = owners[0];
                if !splits && self.owners(thread, &members.collect::<Vec<_>>()) != Ok(Vec::new()) {
                    self.note_other_providers(thread, sets, owner, log);
                }
                if owners.iter().all(|&other| other == owner) {
                    return self.call_from_ws2(thread, Callee::Instance(owner), Ws2Token::Calling(After::Plain));
                }
                log.rule(RuleId::Select12);
                log.policy(PolicyId::select_providers);
                let owner_of = |handle| {
                    let at = wanted.iter().position(|&other| other == handle);
                    at.and_then(|at| owners.get(at)).map(|&owner| (owner, handle)).ok_or(WsaError::NotSock)
                };
                match Split::new(sets, *timeout, self.now, owner_of) {
                    Ok(split) => self.select_next(thread, Box::new(split), call),
                    Err(error) => Next::finish(Err(error)),
                }
            }
        }
    }

    /// Under `First` the policy has decided something if there is a socket of somebody else.
    fn note_other_providers(&self, thread: ThreadId, sets: &[FdSet; 3], owner: InstanceId, log: &mut Log) {
        let other = |&handle: &Handle| !matches!(self.route(thread, handle), Route::Owner(other) if other == owner);
        if sets.iter().flat_map(FdSet::members).any(other) {
            log.rule(RuleId::Select12);
            log.policy(PolicyId::select_providers);
        }
    }

    /// The owners of handles, one for each.
    fn owners(&self, thread: ThreadId, handles: &[Handle]) -> Result<Vec<InstanceId>, Missing> {
        let owner = |&handle: &Handle| match self.route(thread, handle) {
            Route::Owner(owner) => Ok(owner),
            Route::Unknown => Err(Missing::Unknown(handle)),
            Route::NoSocket => Err(Missing::NoSocket),
        };
        handles.iter().map(owner).collect()
    }

    /// Asks the next provider, or ends the call, or waits.
    fn select_next(&mut self, thread: ThreadId, mut split: Box<Split>, call: &mut SpiCall) -> Next {
        if let Some((next, part)) = split.next() {
            *call = part;
            return self.call_from_ws2(thread, Callee::Instance(next), Ws2Token::Selecting(split));
        }
        match split.outcome(self.now) {
            Some(ready) => Next::finish(Ok(Value::Spi(ready))),
            None => {
                let wait = split.wait();
                self.park_in_ws2(thread, wait, Ws2Token::Selecting(split))
            }
        }
    }

    /// A provider has answered, or the wait is over.
    pub(super) fn select_resumed(
        &mut self,
        thread: ThreadId,
        mut split: Box<Split>,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
    ) -> Next {
        match resumed {
            Resumed::Woken(Woken::Cancelled(error)) => return Next::finish(Err(error)),
            Resumed::Woken(_) => {}
            Resumed::NotLoaded => return Next::finish(Err(WsaError::ProviderFailedInit)),
            Resumed::Result { .. } => match &flight.result {
                Ok(ready) => split.answered(ready, |handle, set| set.contains(&handle)),
                Err(_) => return Next::FinishSpi,
            },
        }
        self.select_next(thread, split, flight.call)
    }

    /// WSAPoll: looks past all layers at the base provider's sockets, as SIO_BSP_HANDLE_POLL is for.
    pub(super) fn enter_poll(
        &mut self,
        thread: ThreadId,
        fds: Option<std::sync::Arc<[PollFd]>>,
        count: u32,
        timeout_ms: i32,
        log: &mut Log,
    ) -> Next {
        if self.processes[thread.process.0 as usize].client.startups == 0 {
            log.rule(RuleId::G8);
            return Next::finish(Err(WsaError::NotInitialised));
        }
        let fds = match fds {
            Some(fds) if fds.is_empty() => Err(WsaError::Inval),
            None if count == 0 => Err(WsaError::Inval),
            None => Err(WsaError::Fault),
            Some(fds) if fds.iter().any(|fd| !ASKABLE.contains(fd.events)) => {
                log.rule(RuleId::Poll3);
                Err(WsaError::Inval)
            }
            Some(fds) => Ok(fds),
        };
        match fds {
            Ok(fds) => {
                let deadline = u64::try_from(timeout_ms).ok().map(|ms| self.now.plus_ms(ms));
                self.poll(thread, Polling { fds, deadline }, log)
            }
            Err(error) => {
                log.rule(RuleId::Poll2);
                Next::finish(Err(error))
            }
        }
    }

    fn poll(&mut self, thread: ThreadId, polling: Polling, log: &mut Log) -> Next {
        if self.afd.network_down() {
            log.rule(RuleId::G6);
            return Next::finish(Err(WsaError::NetDown));
        }
        let events = self.polled(thread, &polling.fds);
        let any = events.iter().any(|events| !events.is_empty());
        if any || polling.deadline.is_some_and(|deadline| deadline <= self.now) {
            log.rule(RuleId::Poll1);
            if events.iter().any(|events| events.contains(PollEvents::NVAL)) {
                log.rule(RuleId::Poll4);
            }
            return Next::finish(Ok(Value::Polled(events)));
        }
        log.rule(RuleId::Poll5);
        let live = polling.fds.iter().filter(|fd| !fd.is_ignored());
        let watched: Box<[Watched]> = live.map(|fd| Watched::by_handle(fd.fd, Sought::Poll(fd.events))).collect();
        let via = polling.fds.first().map(|fd| fd.fd);
        let wait = Wait { deadline: polling.deadline, via, ..Wait::until(Until::Sockets(watched)) };
        self.park_in_ws2(thread, wait, Ws2Token::Polling(Box::new(polling)))
    }

    fn polled(&self, thread: ThreadId, fds: &[PollFd]) -> Box<[PollEvents]> {
        let poll = |fd: &PollFd| match self.shared_socket(thread.process, fd.fd) {
            _ if fd.is_ignored() => PollEvents::empty(),
            Some(socket) => self.afd.poll(socket, fd.events),
            None => PollEvents::NVAL,
        };
        fds.iter().map(poll).collect()
    }

    /// The wait of a WSAPoll is over. A socket closed meanwhile is no failure of the call.
    pub(super) fn poll_woken(&mut self, thread: ThreadId, polling: Polling, woken: Woken, log: &mut Log) -> Next {
        if let Woken::Cancelled(error) = woken {
            let closed = self.polled(thread, &polling.fds).iter().any(|events| events.contains(PollEvents::NVAL));
            if !closed || error == WsaError::NotInitialised {
                return Next::finish(Err(error));
            }
        }
        self.poll(thread, polling, log)
    }
}

/// Why there is no owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    NoSocket,
    /// A socket nobody registered in this process.
    Unknown(Handle),
}
