//! Where each documented row, rule and policy stands.

use std::collections::BTreeMap;

use super::{Answers, Coverage, Pair};
use crate::contract::{self, ContractRow};
use crate::rules::RuleId;
use crate::world::policy::PolicyId;

/// What can be said about a documented row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Reached.
    Reached,
    /// Not reached, for this reason.
    Exempt(&'static str),
    /// Reached, although this reason says it cannot be.
    Stale(&'static str),
    /// Given because a fault said so, and for no other cause.
    Injected,
    /// Never given.
    Missing,
}

impl Standing {
    /// Whether something has to be done about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Stale(_) | Self::Injected | Self::Missing)
    }

    /// The word for machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Exempt(_) => "exempt",
            Self::Stale(_) => "stale exemption",
            Self::Injected => "injected",
            Self::Missing => "missing",
        }
    }
}

/// A documented row and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row.
    pub contract: ContractRow,
    /// How often it was given.
    pub answers: Answers,
    /// What that means.
    pub standing: Standing,
}

/// All rows of one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The function by its Windows name.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
}

impl Function {
    /// How many of its rows stand so.
    #[must_use]
    pub fn count(&self, is: impl Fn(Standing) -> bool) -> usize {
        self.rows.iter().filter(|row| is(row.standing)).count()
    }
}

impl Coverage {
    /// The functions of one layer of the contract (`WSP`, `WPU`, `EXT`, `WSC`), in its order.
    #[must_use]
    pub fn functions(&self, layer: &str) -> Vec<Function> {
        let exempt: BTreeMap<Pair, &'static str> =
            contract::exemptions().map(|it| ((it.function, it.error), it.reason)).collect();
        let mut functions: Vec<Function> = Vec::new();
        for contract in contract::rows().filter(|row| row.layer == layer) {
            let pair = (contract.function, contract.error);
            let answers = self.answers(pair);
            let standing = standing(answers, exempt.get(&pair).copied());
            let row = Row { contract, answers, standing };
            match functions.last_mut().filter(|function| function.name == contract.function) {
                Some(function) => function.rows.push(row),
                None => functions.push(Function { name: contract.function, rows: vec![row] }),
            }
        }
        functions
    }

    /// The rules that hold and were not seen to decide anything.
    pub fn missing_rules(&self) -> impl Iterator<Item = RuleId> {
        RuleId::ALL.iter().copied().filter(|&rule| rule.shows() && !self.rule(rule))
    }

    /// The policies with answers by which nothing was decided.
    pub fn missing_answers(&self) -> impl Iterator<Item = (PolicyId, &'static str)> {
        let all = PolicyId::ALL.iter().flat_map(|&id| id.answers().iter().map(move |&answer| (id, answer)));
        all.filter(|&(id, answer)| !self.policy(id, answer))
    }

    /// Everything that is open, as one line each: `WSPBind WSAEFAULT`, `rule E4`, `policy block_reuse = Refuse`.
    #[must_use]
    pub fn open(&self) -> Vec<String> {
        let functions = ["WSP", "WPU", "EXT", "WSC"].into_iter().flat_map(|layer| self.functions(layer));
        let rows = functions.flat_map(|function| function.rows).filter(|row| row.standing.is_open());
        let rows = rows.map(|row| match row.standing {
            Standing::Stale(_) => format!("{} {} is exempt but reached", row.contract.function, row.contract.error),
            _ => format!("{} {}", row.contract.function, row.contract.error),
        });
        let rules = self.missing_rules().map(|rule| format!("rule {rule}"));
        let policies = self.missing_answers().map(|(policy, answer)| format!("policy {} = {answer}", policy.name()));
        rows.chain(rules).chain(policies).collect()
    }
}

fn standing(answers: Answers, exempt: Option<&'static str>) -> Standing {
    match (answers.reached > 0, exempt) {
        (true, Some(reason)) => Standing::Stale(reason),
        (true, None) => Standing::Reached,
        (false, Some(reason)) => Standing::Exempt(reason),
        (false, None) if answers.injected > 0 => Standing::Injected,
        (false, None) => Standing::Missing,
    }
}
