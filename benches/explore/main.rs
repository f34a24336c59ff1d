//! The speed of the search: the reference model and a program of twelve steps, ours on the full machine, beside
//! `stateright` and `shuttle` on what somebody would write by hand for them. One thread each, where the name does not say two.
//!
//! `cargo bench --bench explore`; one group: `cargo bench --bench explore -- small`. Items are transitions, or runs.
//! Counts that must come out are asserted.
#![allow(missing_docs, reason = "a benchmark")]

#[path = "../../tests/support/mod.rs"]
mod support;

#[path = "../../tests/support/programs.rs"]
mod programs;

#[path = "../../tests/support/reference_model.rs"]
mod reference_model;

use std::num::NonZeroUsize;

use divan::Bencher;
use divan::counter::ItemsCount;
use reference_model::{Abstraction, Clients, Registrant, Word};
use stateright::{Checker, Model};
use wspsim::explore::{Part, Progress, Search, Spent, Watch};

fn main() {
    divan::main();
}

/// The sizes of the reference model: descriptors, states, transitions, states with symmetry folded.
const SMALL: (u32, usize, usize, usize) = (4, 58_591, 1_581_697, 825);
const LARGE: (u32, usize, usize, usize) = (6, 1_100_767, 43_377_097, 2_169);

/// Enough to know the rate without reductions: numbers make the full machine's states many more than the abstraction's.
const TRANSITIONS: u64 = 300_000;

impl Model for Abstraction {
    type State = Word;
    type Action = reference_model::Action;

    fn init_states(&self) -> Vec<Word> {
        vec![self.start()]
    }

    fn actions(&self, state: &Word, actions: &mut Vec<Self::Action>) {
        (*self).actions(*state, |action| actions.push(action));
    }

    fn next_state(&self, state: &Word, action: Self::Action) -> Option<Word> {
        Some(self.next(*state, action))
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        vec![stateright::Property::always("there are no more blocks than may be", |_, word: &Word| word.0 < 1 << 24)]
    }
}

/// Breadth first, one thread. stateright counts its initial state among the transitions.
fn packed(bencher: Bencher<'_, '_>, (descriptors, states, transitions, _): (u32, usize, usize, usize)) {
    let model = Abstraction { descriptors, registrant: Registrant::Process };
    bencher.counter(ItemsCount::new(transitions)).bench_local(|| {
        let found = model.checker().spawn_bfs().join();
        assert_eq!((found.unique_state_count(), found.state_count()), (states, transitions));
    });
}

/// Of a search that is stopped.
struct After(u64);

impl Watch for After {
    fn look(&mut self, progress: &Progress) -> Option<Spent> {
        (progress.transitions >= self.0).then_some(Spent::Time)
    }
}

/// The whole search, with all reductions.
fn ours(bencher: Bencher<'_, '_>, descriptors: usize) {
    let clients = Clients::new(descriptors);
    bencher.bench_local(|| {
        let found = Search::default().run(&clients, &mut ());
        assert!(found.violated.is_none() && found.spent.is_none(), "{:?}", found.violated);
        found.progress
    });
}

/// So many transitions of it, with none.
fn ours_unreduced(bencher: Bencher<'_, '_>, descriptors: usize) {
    let clients = Clients::new(descriptors);
    let search = Search { reduction: false, symmetry: false, ..Search::default() };
    bencher.counter(ItemsCount::new(TRANSITIONS)).bench_local(|| {
        let found = search.run(&clients, &mut After(TRANSITIONS));
        assert!(found.violated.is_none(), "{:?}", found.violated);
        found.progress
    });
}

/// The same on two threads. Beside the one above: only where a second core is free.
fn ours_unreduced_on_two(bencher: Bencher<'_, '_>, descriptors: usize) {
    let clients = Clients::new(descriptors);
    let search = Search { reduction: false, symmetry: false, ..Search::default() };
    let two = NonZeroUsize::MIN.saturating_add(1);
    bencher.counter(ItemsCount::new(TRANSITIONS)).bench_local(|| {
        let found = search.run_part(&clients, Part::WHOLE, two, &mut After(TRANSITIONS));
        assert!(found.violated.is_none(), "{:?}", found.violated);
        found.progress
    });
}

mod idiomatic;
mod twelve_steps;

mod small {
    use super::*;

    #[divan::bench(sample_count = 5, sample_size = 1)]
    fn stateright_idiomatic(bencher: Bencher<'_, '_>) {
        idiomatic::check(bencher, SMALL);
    }

    #[divan::bench(sample_count = 5, sample_size = 1)]
    fn stateright_packed(bencher: Bencher<'_, '_>) {
        packed(bencher, SMALL);
    }

    #[divan::bench(sample_count = 5, sample_size = 1)]
    fn full_machine(bencher: Bencher<'_, '_>) {
        ours(bencher, SMALL.0 as usize);
    }

    #[divan::bench(sample_count = 3, sample_size = 1)]
    fn full_machine_unreduced(bencher: Bencher<'_, '_>) {
        ours_unreduced(bencher, SMALL.0 as usize);
    }
}

mod large {
    use super::*;

    #[divan::bench(sample_count = 1, sample_size = 1)]
    fn stateright_idiomatic(bencher: Bencher<'_, '_>) {
        idiomatic::check(bencher, LARGE);
    }

    #[divan::bench(sample_count = 3, sample_size = 1)]
    fn stateright_packed(bencher: Bencher<'_, '_>) {
        packed(bencher, LARGE);
    }

    #[divan::bench(sample_count = 3, sample_size = 1)]
    fn full_machine(bencher: Bencher<'_, '_>) {
        ours(bencher, LARGE.0 as usize);
    }

    #[divan::bench(sample_count = 3, sample_size = 1)]
    fn full_machine_unreduced(bencher: Bencher<'_, '_>) {
        ours_unreduced(bencher, LARGE.0 as usize);
    }

    #[divan::bench(sample_count = 3, sample_size = 1)]
    fn full_machine_unreduced_on_two_threads(bencher: Bencher<'_, '_>) {
        ours_unreduced_on_two(bencher, LARGE.0 as usize);
    }
}
