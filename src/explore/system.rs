//! What can be explored.

use std::fmt::Debug;

use super::choice::Choice;
use super::footprint::Footprint;

/// Something with states, of which each offers choices. Whoever implements this knows what the states mean; the search
/// knows only what is here.
pub trait System {
    /// A state. Equal states offer equal choices and have equal futures.
    type State: Clone;
    /// What can be wrong.
    type Wrong: Clone + Debug;
    /// What came out of a whole run, as far as runs are told apart.
    type Outcome: Clone + Ord + Debug;

    /// The state all runs begin in.
    fn start(&self) -> Self::State;

    /// What can happen in a state, in a fixed order that depends on nothing else. `choices` comes empty.
    fn choices(&self, state: &Self::State, choices: &mut Vec<Choice>);

    /// Lets one of the choices happen.
    fn take(&self, state: &mut Self::State, choice: Choice) -> Taken<Self::Wrong>;

    /// The same for somebody who does not ask what it touched.
    ///
    /// # Errors
    /// What was wrong with it.
    fn go(&self, state: &mut Self::State, choice: Choice) -> Result<(), Self::Wrong> {
        match self.take(state, choice) {
            Taken::Went(_) => Ok(()),
            Taken::Wrong(wrong) => Err(wrong),
        }
    }

    /// A hash of the whole state, equal for equal states.
    fn digest(&self, state: &Self::State) -> u64;

    /// A hash that is equal for states that differ only in the names of interchangeable agents, and by which name each
    /// agent goes in it: `names[agent]`. `names` comes empty; left empty, every agent keeps its own.
    fn canonical_digest(&self, state: &Self::State, names: &mut Vec<u16>) -> u64 {
        let _nobody_is_renamed = names;
        self.digest(state)
    }

    /// Leaves of the choices of a state those that suffice: a persistent set. Left alone, all of them.
    fn suffice(&self, state: &Self::State, choices: &mut Vec<Choice>) {
        let _all_of_them = (state, choices);
    }

    /// Looks at a state: what is wrong with it, or which of the things that must be reached some time it reaches, a bit
    /// each.
    ///
    /// # Errors
    /// What is wrong with it.
    fn inspect(&self, state: &Self::State) -> Result<u64, Self::Wrong>;

    /// What a state without choices means.
    fn end(&self, state: &Self::State) -> End<Self>;

    /// Roughly how many bytes a state weighs.
    fn weight(&self, state: &Self::State) -> usize {
        size_of_val(state)
    }
}

/// What came of a choice.
#[derive(Clone, Debug)]
pub enum Taken<W> {
    /// It happened, and touched this.
    Went(Footprint),
    /// Something was wrong with it.
    Wrong(W),
}

/// What a state without choices means.
#[derive(Clone, Debug)]
pub enum End<S: System + ?Sized> {
    /// The run is over, with this outcome. An outcome nobody allowed is wrong, and the search goes on to find the others.
    Finished {
        /// What came out.
        outcome: S::Outcome,
        /// Why it should not have.
        forbidden: Option<S::Wrong>,
    },
    /// Something is wrong with how it ended.
    Wrong(S::Wrong),
    /// Somebody waits and nobody will end it.
    Stuck(S::Wrong),
    /// The run was longer than it may be.
    Cut,
}
