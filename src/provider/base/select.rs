//! WSPSelect.

use super::{At, Base, Blocked, Step, ask_for_hook, fail, own_event};
use crate::abi::{FdSet, SelectTimeout, SpiReturn, WsaError};
use crate::provider::split::in_order;
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::Sought;
use crate::world::frame::{Until, Wait, Woken};
use crate::world::ids::{Handle, Ticks};
use crate::world::policy::{EmptyFdSet, PolicyId};
use crate::world::watch::Watched;

/// A WSPSelect in progress: the sockets of the three sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selecting {
    sets: [Vec<At>; 3],
    deadline: Option<Ticks>,
}

impl Base {
    /// WSPSelect: looks, and waits if there is nothing to see and time left.
    pub(super) fn select(&mut self, cx: &mut Context<'_>, sets: &[FdSet; 3], timeout: SelectTimeout) -> Step {
        let wait_ms = match checked(cx, sets, timeout) {
            Ok(wait_ms) => wait_ms,
            Err(error) => return fail(error),
        };
        let mut asked = [const { Vec::new() }; 3];
        for (set, asked) in sets.iter().zip(&mut asked) {
            for &s in set.members() {
                match self.at(cx, s) {
                    Ok(at) => asked.push(at),
                    Err(error) => {
                        cx.log.rule(RuleId::Select6);
                        return fail(error);
                    }
                }
            }
        }
        if wait_ms == Some(0) {
            cx.log.rule(RuleId::Select10);
        }
        let deadline = wait_ms.map(|ms| cx.now.plus_ms(ms));
        look(cx, Selecting { sets: asked, deadline }, wait_ms == Some(0))
    }

    /// A blocked WSPSelect goes on.
    pub(super) fn selected(&mut self, cx: &mut Context<'_>, selecting: Selecting, woken: Woken) -> Step {
        if cx.afd.network_down() {
            cx.log.rule(RuleId::G6);
            return fail(WsaError::NetDown);
        }
        if selecting.sets.iter().flatten().any(|at| cx.afd.socket(at.socket).is_none()) {
            return fail(WsaError::NotSock);
        }
        look(cx, selecting, woken == Woken::TimedOut)
    }
}

/// Which arguments make no sense; else how long to wait.
fn checked(cx: &mut Context<'_>, sets: &[FdSet; 3], timeout: SelectTimeout) -> Result<Option<u64>, WsaError> {
    if sets.contains(&FdSet::Wild) {
        cx.log.rule(RuleId::Select5);
        return Err(WsaError::Fault);
    }
    let nothing = sets.iter().all(|set| set.members().is_empty());
    let empty = sets.iter().any(|set| *set != FdSet::Null && set.members().is_empty());
    if sets.iter().all(|set| *set == FdSet::Null) {
        cx.log.rule(RuleId::Select4);
        return Err(WsaError::Inval);
    }
    if empty {
        cx.log.rule(RuleId::Select4);
        cx.log.policy(PolicyId::empty_fd_set);
        if nothing || cx.machine.policies().empty_fd_set == EmptyFdSet::Wsaeinval {
            return Err(WsaError::Inval);
        }
    }
    timeout.ms().inspect_err(|_| cx.log.rule(RuleId::Select5))
}

/// Gives what is found, or waits for it.
fn look(cx: &mut Context<'_>, selecting: Selecting, last: bool) -> Step {
    let mut ready: Box<[Vec<Handle>; 3]> = Box::default();
    for ((asked, sought), ready) in selecting.sets.iter().zip(Sought::SETS).zip(ready.iter_mut()) {
        let found = |at: &&At| cx.afd.found(at.socket, sought);
        let found: Vec<Handle> = asked.iter().filter(found).map(|at| at.s).collect();
        *ready = in_order(&found, &found);
        if found.is_empty() {
            continue;
        }
        cx.log.rule(match sought {
            Sought::Read => RuleId::Select1,
            Sought::Write => RuleId::Select2,
            _ => RuleId::Select3,
        });
        if ready.len() < found.len() {
            cx.log.rule(RuleId::Select9);
        }
    }
    if last || ready.iter().any(|set| !set.is_empty()) {
        cx.log.rule(RuleId::Select7);
        return Flow::Return(Ok(SpiReturn::Ready(ready)));
    }
    cx.log.rule(RuleId::Select8);
    wait(cx, selecting)
}

fn wait(cx: &mut Context<'_>, selecting: Selecting) -> Step {
    let sets = selecting.sets.iter().zip(Sought::SETS);
    let watched: Box<[Watched]> = sets
        .flat_map(|(set, sought)| set.iter().map(move |at| Watched { handle: at.s, socket: Some(at.socket), sought }))
        .collect();
    let first = selecting.sets.iter().flatten().next().copied();
    if let Some(first) = first
        && let Err(error) = ask_for_hook(cx, first)
    {
        return fail(error);
    }
    let via = first.map(|at| at.s);
    let wait = Wait { deadline: selecting.deadline, via, ..Wait::until(Until::Sockets(watched)) };
    match own_event::take(cx, Box::new(Blocked::Select(selecting))) {
        Ok(token) => Flow::Wait { wait: Box::new(wait), token },
        Err(error) => fail(error),
    }
}
