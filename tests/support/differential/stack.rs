//! Which machine a comparison runs on: a stack of providers and an answer to every open question.

use std::fmt;
use std::sync::Arc;

use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::machine::{Machine, Platform};
use wspsim::world::policy::{Policies, PolicyId};

use crate::reference::{Answers, Stack};
use crate::support;

/// Base provider and layers, from the base upwards. An IFS layer cannot stand above handles that are none of the
/// operating system's.
pub const STACKS: &[(HandleKind, &[HandleKind])] = &[
    (Ifs, &[]),
    (NonIfs, &[]),
    (Ifs, &[NonIfs]),
    (Ifs, &[Ifs]),
    (NonIfs, &[NonIfs]),
    (Ifs, &[NonIfs, NonIfs]),
    (Ifs, &[Ifs, NonIfs]),
    (Ifs, &[Ifs, Ifs]),
    (NonIfs, &[NonIfs, NonIfs]),
    (Ifs, &[Ifs, Ifs, NonIfs]),
    (Ifs, &[Ifs, NonIfs, NonIfs]),
    (NonIfs, &[NonIfs, NonIfs, NonIfs]),
];

/// One machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Choice {
    /// Position in [`STACKS`].
    pub stack: usize,
    /// Positions of answers, in the order of [`Answers::NAMES`].
    pub answers: Vec<usize>,
}

impl Choice {
    /// Everything as documented.
    pub fn documented(stack: usize) -> Self {
        Self { stack, answers: Vec::new() }
    }

    /// A machine from the first bytes, and what is left of them. Small bytes are answers as documented.
    pub fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(1 + Answers::COUNTS.len()));
        let Some((&stack, answers)) = head.split_first() else { return (Self::documented(0), rest) };
        let answers = answers.iter().map(|&byte| usize::from(byte / 64)).collect();
        (Self { stack: usize::from(stack) % STACKS.len(), answers }, rest)
    }

    pub fn answers(&self) -> Answers {
        Answers::at(&self.answers)
    }

    pub fn machine(&self) -> Arc<Machine> {
        let (base, layers) = STACKS[self.stack];
        let platform = Platform { policies: self.policies(), ..Platform::default() };
        support::machine(base, layers, platform)
    }

    pub fn reference_stack(&self) -> Stack {
        let (base, layers) = STACKS[self.stack];
        Stack {
            os_handles_below: base == Ifs,
            wrapping_layers: layers.iter().filter(|&&layer| layer == NonIfs).count() as u32,
            receive_buffer: Platform::default().limits.receive_buffer_bytes,
        }
    }

    /// The machine's policies: the same answers by the same names.
    pub fn policies(&self) -> Policies {
        ron::from_str(&format!("({})", self.chosen())).expect("both sides use the same names")
    }

    /// The answers that are not the documented ones, by name.
    fn chosen(&self) -> String {
        let chosen = Answers::NAMES.iter().enumerate().filter_map(|(at, name)| {
            let question = PolicyId::ALL.iter().find(|id| id.name() == *name).expect("both know the question");
            assert_eq!(question.answers().len(), Answers::COUNTS[at], "answers to {name}");
            let answer = self.answers.get(at).filter(|&&answer| answer > 0)?;
            Some(format!("{name}: {}", question.answers().get(*answer)?))
        });
        chosen.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base, layers) = STACKS[self.stack];
        write!(f, "base {base:?}, layers {layers:?}")?;
        match self.chosen().as_str() {
            "" => f.write_str(", everything as documented"),
            chosen => write!(f, ", {chosen}"),
        }
    }
}
