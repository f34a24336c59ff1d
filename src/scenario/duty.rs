//! Broken duties: which of them a scenario expects, and what is said of the others.

use super::check::Check;
use super::naming;
use super::play::Player;
use super::program::Action;
use super::report::{Failure, FailureKind};
use super::seen::Seen;
use crate::trace::Trace;
use crate::trace::breach::Told;
use crate::world::checks::{Breach, Contracts};

impl Player<'_> {
    /// Takes down what the last op has broken. Each duty is told once for each provider and entry.
    pub(super) fn note_breaches(&mut self) {
        for breach in self.log.take_breaches() {
            let told = self.breaches.iter().any(|other| is_like(other, &breach));
            if !told && !self.is_expected(&breach) {
                let failure = self.broken(&breach);
                match self.machine.contracts {
                    Contracts::Fail => self.failures.push(failure),
                    Contracts::Warn | Contracts::Off => self.warnings.push(failure),
                }
            }
            self.breaches.push(breach);
        }
    }

    /// Whether a check of the scenario speaks of the breach.
    fn is_expected(&self, breach: &Breach) -> bool {
        let by = &self.machine.shape(breach.by).name;
        let steps = self.scenario.steps.iter().chain(&self.scenario.finally);
        steps.into_iter().any(|step| match &step.action {
            Action::Check(check) => match &**check {
                Check::Breach { rule, by: named, .. } => rule.0 == breach.rule && *named.0 == **by,
                _ => false,
            },
            _ => false,
        })
    }

    fn broken(&self, breach: &Breach) -> Failure {
        let mut names = self.names.clone();
        if names.shapes.is_empty() {
            names = naming::of_machine(self.machine);
        }
        let trace = Trace::new(self.log.events(), &names, &self.marks, self.machine.policies());
        let told = Told::new(&trace, self.log.events().len(), breach);
        let stack = told.stack().map(|stack| format!("the calls in progress: {stack}"));
        let advice = breach.rule.advice().map(|advice| format!("what to do: {advice}"));
        let notes = stack.into_iter().chain(told.matters()).chain(advice).collect();
        let title = format!("`{}` broke {}: {}", told.by(), breach.rule, breach.rule.sentence());
        let mut failure = self.failure(FailureKind::Breach, title, told.expected(), told.actual(), notes);
        failure.rules = vec![breach.rule];
        failure.policies.clear();
        failure
    }
}

impl Seen<'_> {
    /// Why there is no breach to be seen.
    pub(super) fn no_breach(&self) -> &'static str {
        match self.machine.contracts {
            Contracts::Off => "nobody looks: contracts are off",
            Contracts::Warn | Contracts::Fail => "there was none",
        }
    }
}

fn is_like(one: &Breach, other: &Breach) -> bool {
    let entry = |breach: &Breach| breach.stack.last().map(|level| level.function);
    (one.rule, one.by, entry(one)) == (other.rule, other.by, entry(other))
}
