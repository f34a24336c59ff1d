//! The reference model on the full machine against the abstraction of it: the same states, modulo names, and the same
//! outcomes, with every reduction and without.
#![allow(missing_docs, reason = "tests")]

#[path = "support/mod.rs"]
mod support;

#[path = "support/reference_model.rs"]
mod reference_model;

use std::collections::{BTreeMap, BTreeSet};

use reference_model::{Abstraction, Clients, Registrant, Word};
use wspsim::explore::{Choice, Order, Search, System, Taken};

/// All states of the abstraction.
fn states(model: Abstraction) -> (BTreeSet<Word>, usize) {
    let (mut known, mut transitions) = (BTreeSet::from([model.start()]), 0);
    let mut todo = vec![model.start()];
    while let Some(word) = todo.pop() {
        model.actions(word, |action| {
            transitions += 1;
            let next = model.next(word, action);
            if known.insert(next) {
                todo.push(next);
            }
        });
    }
    (known, transitions)
}

fn folded(model: Abstraction) -> BTreeSet<Word> {
    states(model).0.into_iter().map(|word| model.folded(word)).collect()
}

/// The figures the benchmark is about; its large size takes too long for a test.
#[test]
fn the_abstraction_has_as_many_states_as_it_is_known_for() {
    let small = Abstraction { descriptors: 4, registrant: Registrant::Process };
    let (words, transitions) = states(small);
    assert_eq!((words.len(), transitions + 1), (58_591, 1_581_697));
    let folded: BTreeSet<Word> = words.into_iter().map(|word| small.folded(word)).collect();
    assert_eq!(folded.len(), 825);
}

/// What the machine's state is in the abstraction: checked at every state, by every way the search takes to it.
#[test]
fn the_machine_has_the_states_of_the_abstraction() {
    for descriptors in [2, 3] {
        let model = Abstraction { descriptors, registrant: Registrant::Descriptor };
        let expected = folded(model);
        let clients = Clients::new(descriptors as usize);
        let mut found: BTreeMap<u64, Word> = BTreeMap::new();
        let mut todo = vec![clients.start()];
        while let Some(state) = todo.pop() {
            let word = model.folded(clients.word(&state));
            let digest = clients.canonical_digest(&state, &mut Vec::new());
            if let Some(known) = found.insert(digest, word) {
                assert_eq!(known, word, "two states have one digest");
                continue;
            }
            let mut choices: Vec<Choice> = Vec::new();
            clients.choices(&state, &mut choices);
            for choice in choices {
                let mut next = state.clone();
                match clients.take(&mut next, choice) {
                    Taken::Went(_) => todo.push(next),
                    Taken::Wrong(wrong) => panic!("{wrong}"),
                }
            }
        }
        let words: BTreeSet<Word> = found.values().copied().collect();
        assert_eq!(words, expected);
        assert_eq!(found.len(), expected.len(), "one digest for each");
        for order in [Order::BreadthFirst, Order::DepthFirst] {
            let search = Search { order, ..Search::default() }.run(&clients, &mut ());
            assert!(search.counterexample().is_none() && search.spent.is_none());
            assert_eq!(search.progress.states as usize, expected.len());
        }
    }
}
