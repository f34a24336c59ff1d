//! What plays have reached: documented errors, rules, and the answers of policies.
//!
//! [`Coverage`] counts by the events of a play, never by what a scenario says. A documented error is reached when a
//! provider's entry (or an upcall, or a call on the catalogs) really answered with it. An answer made by [`Fault::FailCall`] or
//! [`Fault::FailUpcall`](crate::world::fault::Fault::FailUpcall) is counted apart, as *injected*, and reaches nothing:
//! it would say that the fault works, not that the machine knows the cause. So is the same error handed on by the
//! layers above. Faults that are conditions (the network is down, buffers have run out) are causes like others.
//!
//! A row whose cause this machine cannot have is exempt: [`exemptions`](crate::contract::exemptions) has the reasons.
//!
//! [`Fault::FailCall`]: crate::world::fault::Fault::FailCall

mod answers;
mod status;

use std::collections::{BTreeMap, BTreeSet};

pub use status::{Function, Row, Standing};

use crate::abi::WsaError;
use crate::rules::RuleId;
use crate::scenario::Report;
use crate::world::event::Event;
use crate::world::policy::{Policies, PolicyId};

/// A function and an error by their Windows names, as in the contract table.
pub type Pair = (&'static str, &'static str);

/// How often a function gave an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// For a cause of its own.
    pub reached: u64,
    /// Because a fault said so.
    pub injected: u64,
}

/// What some plays have reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    plays: u64,
    answers: BTreeMap<Pair, Answers>,
    rules: BTreeSet<RuleId>,
    policies: BTreeSet<(PolicyId, &'static str)>,
}

impl Coverage {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a play, which must have been logged. `policies` are the answers that were in force. A play in which a
    /// provider did something wrong reaches nothing: no answer in it shows that the machine knows a cause.
    pub fn add(&mut self, report: &Report, policies: &Policies) {
        self.plays += 1;
        if report.events.iter().any(|event| matches!(event, Event::Faulty { .. })) {
            return;
        }
        self.add_events(&report.events, policies);
    }

    fn add_events(&mut self, events: &[Event], policies: &Policies) {
        for event in events {
            match event {
                Event::Rule(rule) => {
                    self.rules.insert(*rule);
                }
                Event::Breach(breach) => {
                    self.rules.insert(breach.rule);
                }
                Event::Policy(policy) => {
                    self.policies.insert((*policy, policy.answer(policies)));
                }
                _ => {}
            }
        }
        answers::count(events, &mut self.answers);
    }

    /// Every rule that has decided something.
    pub fn rules(&self) -> impl Iterator<Item = RuleId> {
        self.rules.iter().copied()
    }

    /// Every answer of a policy that has decided something.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &'static str)> {
        self.policies.iter().copied()
    }

    /// Every error that was reached, by the function that gave it.
    pub fn errors(&self) -> impl Iterator<Item = Pair> {
        let reached = self.answers.iter().filter(|(_, answers)| answers.reached > 0).map(|(pair, _)| *pair);
        reached.filter(|(_, error)| *error != crate::contract::NO_ERROR)
    }

    /// How many plays these are.
    #[must_use]
    pub fn plays(&self) -> u64 {
        self.plays
    }

    /// How often a function gave an error, by whichever of its names.
    #[must_use]
    pub fn answers(&self, pair: Pair) -> Answers {
        self.answers.get(&one_name(pair)).copied().unwrap_or_default()
    }

    /// Whether a rule has decided something.
    #[must_use]
    pub fn rule(&self, rule: RuleId) -> bool {
        self.rules.contains(&rule)
    }

    /// Whether a policy has decided something by this answer.
    #[must_use]
    pub fn policy(&self, policy: PolicyId, answer: &'static str) -> bool {
        self.policies.contains(&(policy, answer))
    }

    /// Every error that was given and is not documented for its function, with its count.
    pub fn undocumented(&self) -> impl Iterator<Item = (Pair, Answers)> {
        let known: BTreeSet<Pair> = crate::contract::rows().map(|row| one_name((row.function, row.error))).collect();
        let given = self.answers.iter().filter(|(_, answers)| answers.reached > 0);
        given
            .filter(move |((function, error), _)| {
                *error != crate::contract::NO_ERROR
                    && !known.contains(&(*function, *error))
                    && !known.contains(&(*function, crate::contract::ANY_REGISTRY_ERROR))
            })
            .map(|(pair, answers)| (*pair, *answers))
    }
}

/// The same pair by the one name under which answers are counted: ERROR_INVALID_HANDLE is WSA_INVALID_HANDLE.
fn one_name((function, error): Pair) -> Pair {
    (function, WsaError::from_name(error).map_or(error, WsaError::name))
}
