//! Threads that look at many states at once.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::expand::{Expanded, Expander, Node};
use super::search::Search;
use super::system::System;
use super::visited::Visited;

/// So many states a thread takes at a time.
const AT_ONCE: usize = 8;

/// For fewer states no thread is started.
const WORTH_IT: usize = 4 * AT_ONCE;

/// Threads, each with a system of its own.
pub(super) struct Crew<'a, S> {
    members: Vec<Member<'a, S>>,
}

struct Member<'a, S> {
    system: S,
    expander: Expander<'a>,
}

impl<'a, S> Crew<'a, S>
where
    S: System<State: Send + Sync, Wrong: Send, Outcome: Send> + Clone + Send,
{
    pub(super) fn new(search: &'a Search, system: &S, jobs: NonZeroUsize) -> Self {
        let member = |_| Member { system: system.clone(), expander: Expander::new(search) };
        Self { members: (0..jobs.get()).map(member).collect() }
    }

    /// What each of these states leads to, in their order.
    pub(super) fn expand(&mut self, batch: &[Node<S::State>], visited: &Visited) -> Vec<Expanded<S>> {
        let next = AtomicUsize::new(0);
        let work = |member: &mut Member<'a, S>| member.work(batch, visited, &next);
        let Some((first, others)) = self.members.split_first_mut() else { return Vec::new() };
        let others = if batch.len() < WORTH_IT { &mut [] } else { others };
        let mut done = std::thread::scope(|scope| {
            let threads: Vec<_> = others.iter_mut().map(|member| scope.spawn(|| work(member))).collect();
            let mut done = work(first);
            for thread in threads {
                match thread.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_unstable_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, expanded)| expanded).collect()
    }
}

impl<S: System> Member<'_, S> {
    /// Looks at states nobody has taken yet, until there are none.
    fn work(&mut self, batch: &[Node<S::State>], visited: &Visited, next: &AtomicUsize) -> Vec<(usize, Expanded<S>)> {
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(AT_ONCE, Ordering::Relaxed);
            if from >= batch.len() {
                return done;
            }
            for at in from..batch.len().min(from + AT_ONCE) {
                done.push((at, self.expander.expand(&self.system, &batch[at], visited)));
            }
        }
    }
}
