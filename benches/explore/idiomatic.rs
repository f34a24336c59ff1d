//! The reference model as one writes it for `stateright` at first: lists, options, an enum of actions.

use divan::Bencher;
use divan::counter::ItemsCount;
use stateright::{Checker, Model, Property};

use crate::reference_model::{Action, BLOCKS, PROCESSES};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Socket {
    /// Whose each descriptor is, and for whom each block.
    descriptors: Vec<Option<u8>>,
    blocks: Vec<Option<u8>>,
    option: bool,
    registration: Option<(u8, u8)>,
}

struct HandOver {
    descriptors: usize,
}

impl Model for HandOver {
    type State = Socket;
    type Action = Action;

    fn init_states(&self) -> Vec<Socket> {
        let mut descriptors = vec![None; self.descriptors];
        descriptors[0] = Some(0);
        vec![Socket { descriptors, blocks: vec![None; BLOCKS as usize], option: false, registration: None }]
    }

    fn actions(&self, state: &Socket, actions: &mut Vec<Action>) {
        let room = state.blocks.contains(&None);
        for (at, _) in state.descriptors.iter().enumerate().filter(|(_, owner)| owner.is_some()) {
            let at = at as u8;
            if room {
                actions.extend((0..PROCESSES).map(|to| Action::Duplicate { from: at, to }));
            }
            actions.push(Action::Close(at));
            actions.extend([false, true].map(|value| Action::Set(at, value)));
            actions.extend((0..4).map(|mask| Action::Select(at, mask)));
        }
        if state.descriptors.contains(&None) {
            let pending = state.blocks.iter().enumerate().filter(|(_, target)| target.is_some());
            actions.extend(pending.map(|(at, _)| Action::Open(at as u8)));
        }
    }

    fn next_state(&self, state: &Socket, action: Action) -> Option<Socket> {
        let mut next = state.clone();
        match action {
            Action::Duplicate { to, .. } => *next.blocks.iter_mut().find(|block| block.is_none())? = Some(to),
            Action::Close(at) => {
                let owner = next.descriptors[at as usize].take()?;
                if next.registration.is_some_and(|(process, _)| process == owner)
                    && !next.descriptors.contains(&Some(owner))
                {
                    next.registration = None;
                }
                if next.descriptors.iter().chain(&next.blocks).all(Option::is_none) {
                    next.option = false;
                }
            }
            Action::Set(_, value) => next.option = value,
            Action::Select(at, mask) => {
                let owner = next.descriptors[at as usize]?;
                next.registration = (mask != 0).then_some((owner, mask));
            }
            Action::Open(at) => {
                let target = next.blocks[at as usize].take()?;
                *next.descriptors.iter_mut().find(|descriptor| descriptor.is_none())? = Some(target);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("blocks are for processes", |_, state: &Socket| {
            state.blocks.iter().flatten().all(|&target| target < PROCESSES)
        })]
    }
}

/// Breadth first, one thread.
pub(crate) fn check(bencher: Bencher<'_, '_>, (descriptors, states, transitions, _): (u32, usize, usize, usize)) {
    bencher.counter(ItemsCount::new(transitions)).bench_local(|| {
        let found = HandOver { descriptors: descriptors as usize }.checker().spawn_bfs().join();
        assert_eq!((found.unique_state_count(), found.state_count()), (states, transitions));
    });
}
