//! Threads that look at many states at once.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use hashbrown::HashTable;

use super::expand::{Been, Expanded, Expander, Node};
use super::search::Search;
use super::system::System;
use super::visited::Visited;

/// For fewer states no other thread is woken.
const WORTH_IT: usize = 16;

/// What a state leads to, and its place in the batch.
type Done<S> = (usize, Expanded<S>);

/// Whoever looks at states, with a system of its own.
struct Member<'a, S: System> {
    system: S,
    expander: Expander<'a, S>,
}

/// States of a batch that nobody had been to before it: the first place in the order of one thread where each was
/// reached, and the choices that visit left to others. What comes to such a state later need not be kept.
#[derive(Default)]
pub(super) struct Claims([Mutex<HashTable<Claim>>; CLAIMS]);

/// So many tables, so that threads rarely want the same.
const CLAIMS: usize = 16;

struct Claim {
    digest: u64,
    place: usize,
    asleep: u64,
}

impl Claims {
    /// Forgets all, and keeps the memory for the next batch.
    fn clear(&mut self) {
        for claims in &mut self.0 {
            claims.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).clear();
        }
    }

    /// Whether a state was reached before this place, and nothing is left to take there.
    pub(super) fn has(&self, digest: u64, place: usize, asleep: u64) -> bool {
        let mut claims = self.0[digest as usize % CLAIMS].lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let hash = digest.rotate_right(4);
        match claims.find_mut(hash, |claim| claim.digest == digest) {
            Some(first) if first.place <= place => first.asleep & !asleep == 0,
            Some(later) => {
                *later = Claim { digest, place, asleep };
                false
            }
            None => {
                claims.insert_unique(hash, Claim { digest, place, asleep }, |claim| claim.digest.rotate_right(4));
                false
            }
        }
    }
}

/// States to be looked at. Whoever takes one also drops it: memory goes back a little at a time.
struct Batch<S: System> {
    nodes: Vec<Mutex<Option<Node<S::State>>>>,
    next: AtomicUsize,
    /// Where the search has been.
    visited: Visited,
    claims: Claims,
}

/// A thread that waits for batches.
struct Hand<S: System> {
    batches: Sender<Arc<Batch<S>>>,
    done: Receiver<Vec<Done<S>>>,
}

/// Threads that look at states, the one that asks among them.
pub(super) struct Crew<'a, S: System> {
    own: Member<'a, S>,
    others: Vec<Hand<S>>,
    claims: Claims,
}

impl<'a, S> Crew<'a, S>
where
    S: System<State: Send, Wrong: Send, Outcome: Send> + Clone + Send,
{
    pub(super) fn start<'s>(search: &'a Search, system: &S, jobs: NonZeroUsize, scope: &'s Scope<'s, '_>) -> Self
    where
        'a: 's,
        S: 's,
    {
        let member = || Member { system: system.clone(), expander: Expander::new(search) };
        let others = (1..jobs.get()).map(|_| {
            let (batches, given) = mpsc::channel::<Arc<Batch<S>>>();
            let (tell, done) = mpsc::channel();
            let mut member = member();
            scope.spawn(move || {
                for batch in given {
                    let found = member.work(&batch);
                    // The one who asks wants it for itself again when all have told.
                    drop(batch);
                    if tell.send(found).is_err() {
                        break;
                    }
                }
            });
            Hand { batches, done }
        });
        Self { own: member(), others: others.collect(), claims: Claims::default() }
    }

    /// What each of these states leads to, in their order; and where the search has been, which is given back.
    pub(super) fn expand(&mut self, nodes: Vec<Node<S::State>>, visited: Visited) -> (Vec<Expanded<S>>, Visited) {
        let claims = std::mem::take(&mut self.claims);
        let worth_it = nodes.len() >= WORTH_IT;
        let nodes = nodes.into_iter().map(|node| Mutex::new(Some(node))).collect();
        let batch = Arc::new(Batch { nodes, next: AtomicUsize::new(0), visited, claims });
        let hands = if worth_it { &*self.others } else { &[] };
        for hand in hands {
            let _one_that_is_gone_is_missed_below = hand.batches.send(Arc::clone(&batch));
        }
        let mut done = self.own.work(&batch);
        for hand in hands {
            let Ok(more) = hand.done.recv() else { panic!("a thread of the search has panicked") };
            done.extend(more);
        }
        done.sort_unstable_by_key(|(place, _)| *place);
        let Some(batch) = Arc::into_inner(batch) else { unreachable!("all threads have told, and kept nothing") };
        self.claims = batch.claims;
        self.claims.clear();
        (done.into_iter().map(|(_, expanded)| expanded).collect(), batch.visited)
    }
}

impl<S: System> Member<'_, S> {
    /// Looks at states nobody has taken yet, until there are none.
    fn work(&mut self, batch: &Batch<S>) -> Vec<Done<S>> {
        let mut done = Vec::new();
        loop {
            let place = batch.next.fetch_add(1, Ordering::Relaxed);
            let Some(node) = batch.nodes.get(place) else { return done };
            let node = node.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
            let Some(node) = node else { continue };
            let been = Been { visited: &batch.visited, batch: Some((&batch.claims, place)) };
            done.push((place, self.expander.expand(&self.system, node, been)));
        }
    }
}
