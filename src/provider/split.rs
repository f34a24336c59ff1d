//! A WSPSelect whose sockets belong to several providers, on its way through somebody who knows them all: ws2_32, or
//! a layer that stands in several chains.
//!
//! With one provider below the call goes down as it is. With several, each is asked with timeout 0 in the order in
//! which their sockets first appear; if nobody has anything, the wait is the splitter's own, and when something may
//! have happened everybody is asked again. One who waited inside the first provider would never hear of the others.

use crate::abi::{FdSet, SelectTimeout, SpiCall, SpiReturn, WsaError};
use crate::world::afd::Sought;
use crate::world::frame::{Until, Wait};
use crate::world::ids::{Handle, InstanceId, Ticks};
use crate::world::watch::Watched;

/// A WSPSelect in parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Split {
    /// The sets as they came.
    asked: Box<[FdSet; 3]>,
    timeout: SelectTimeout,
    deadline: Option<Ticks>,
    parts: Vec<Part>,
    /// The part being asked.
    at: usize,
    /// What was found, by the handles that came.
    ready: Box<[Vec<Handle>; 3]>,
}

/// What goes to one provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Part {
    callee: InstanceId,
    sets: [Vec<Member>; 3],
}

/// One socket: above and below the splitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Member {
    upper: Handle,
    lower: Handle,
}

impl Split {
    /// Splits a call; `owner` says whose a handle is, and what it is called there.
    pub(crate) fn new(
        asked: &[FdSet; 3],
        timeout: SelectTimeout,
        now: Ticks,
        mut owner: impl FnMut(Handle) -> Result<(InstanceId, Handle), WsaError>,
    ) -> Result<Self, WsaError> {
        let mut parts: Vec<Part> = Vec::new();
        for (at, set) in asked.iter().enumerate() {
            for &upper in set.members() {
                let (callee, lower) = owner(upper)?;
                let member = Member { upper, lower };
                match parts.iter_mut().find(|part| part.callee == callee) {
                    Some(part) => part.sets[at].push(member),
                    None => {
                        let mut sets = [const { Vec::new() }; 3];
                        sets[at].push(member);
                        parts.push(Part { callee, sets });
                    }
                }
            }
        }
        let deadline = timeout.ms().ok().flatten().map(|ms| now.plus_ms(ms));
        Ok(Self { asked: Box::new(asked.clone()), timeout, deadline, parts, at: 0, ready: Box::default() })
    }

    /// How many providers are concerned.
    pub(crate) fn providers(&self) -> usize {
        self.parts.len()
    }

    /// Whom to ask next, and what; `None` when everybody has been asked.
    pub(crate) fn next(&self) -> Option<(InstanceId, SpiCall)> {
        let part = self.parts.get(self.at)?;
        let set = |at: usize| match &self.asked[at] {
            FdSet::Of(handles) if !handles.is_empty() => {
                FdSet::of(&part.sets[at].iter().map(|member| member.lower).collect::<Vec<_>>())
            }
            // What is wrong with a set is the provider's to say (G4).
            as_it_came => as_it_came.clone(),
        };
        let whole = self.parts.len() == 1 || self.timeout.ms().is_err();
        let timeout = if whole { self.timeout } else { SelectTimeout::ZERO };
        Some((part.callee, SpiCall::Select { sets: Box::new([set(0), set(1), set(2)]), timeout }))
    }

    /// The provider asked last has answered; `is_set` looks a handle up in a set that came back.
    pub(crate) fn answered(&mut self, ready: &SpiReturn, mut is_set: impl FnMut(Handle, &[Handle]) -> bool) {
        let Some(part) = self.parts.get(self.at) else { return };
        self.at += 1;
        let SpiReturn::Ready(sets) = ready else { return };
        for ((members, set), found) in part.sets.iter().zip(sets.iter()).zip(self.ready.iter_mut()) {
            found.extend(members.iter().filter(|member| is_set(member.lower, set)).map(|member| member.upper));
        }
    }

    /// Everybody has answered: the end, or `None` if there is something to wait for.
    pub(crate) fn outcome(&self, now: Ticks) -> Option<SpiReturn> {
        let anything = self.ready.iter().any(|set| !set.is_empty());
        let over = anything || self.parts.len() == 1 || self.deadline.is_some_and(|deadline| deadline <= now);
        over.then(|| {
            let set = |at: usize| in_order(self.asked[at].members(), &self.ready[at]);
            SpiReturn::Ready(Box::new([set(0), set(1), set(2)]))
        })
    }

    /// The wait for any of the sockets; afterwards everybody is asked once more.
    pub(crate) fn wait(&mut self) -> Wait {
        self.at = 0;
        *self.ready = Default::default();
        let sets = self.asked.iter().zip(Sought::SETS);
        let watched: Box<[Watched]> = sets
            .flat_map(|(set, sought)| set.members().iter().map(move |&handle| Watched::by_handle(handle, sought)))
            .collect();
        let via = watched.first().map(|watched| watched.handle);
        Wait { deadline: self.deadline, via, ..Wait::until(Until::Sockets(watched)) }
    }
}

/// The members of a set that were found, each once, in the order in which they came.
pub(crate) fn in_order(asked: &[Handle], found: &[Handle]) -> Vec<Handle> {
    let mut set = Vec::with_capacity(found.len());
    for handle in asked {
        if found.contains(handle) && !set.contains(handle) {
            set.push(*handle);
        }
    }
    set
}
