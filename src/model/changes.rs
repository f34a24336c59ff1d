//! What a model or scenario changes in the policies and limits it builds on: only what it names.

use std::fmt;

use serde::de::value::{Error as AnswerError, MapDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::explain::{nearest, shortened};
use crate::world::machine::Limits;
use crate::world::policy::{Policies, PolicyId};

/// Answers that replace others, each by the question it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyChanges(Vec<(PolicyId, &'static str)>);

impl PolicyChanges {
    /// The policies with these answers in place.
    #[must_use]
    pub fn applied_to(&self, policies: &Policies) -> Policies {
        let answer = |id: PolicyId| match self.0.iter().rev().find(|(changed, _)| *changed == id) {
            Some((_, answer)) => *answer,
            None => id.answer(policies),
        };
        let all = PolicyId::ALL.iter().map(|&id| (id.name(), answer(id)));
        // Names and answers come from the very table `Policies` is made from.
        Policies::deserialize(MapDeserializer::<_, AnswerError>::new(all)).unwrap_or(*policies)
    }

    /// Adds answers that replace those given before.
    pub fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for PolicyChanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Questions;
        impl<'de> Visitor<'de> for Questions {
            type Value = PolicyChanges;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("policies and their answers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicyChanges, A::Error> {
                let mut changes = Vec::new();
                while let Some(Word(question)) = map.next_key()? {
                    let id = PolicyId::ALL.iter().copied().find(|id| id.name() == question);
                    let id = id.ok_or_else(|| Error::custom(no_policy(question)))?;
                    let Word(answer) = map.next_value()?;
                    let known = id.answers().iter().copied().find(|known| *known == answer);
                    changes.push((id, known.ok_or_else(|| Error::unknown_variant(answer, id.answers()))?));
                }
                Ok(PolicyChanges(changes))
            }
        }
        deserializer.deserialize_struct("", &[], Questions)
    }
}

fn no_policy(question: &str) -> String {
    let question = shortened(question);
    match nearest(&question, PolicyId::ALL.iter().map(|id| id.name())) {
        Some(near) => format!("`{question}` is no policy; did you mean `{near}`?"),
        None => format!("`{question}` is no policy"),
    }
}

/// A name without quotes.
struct Word<'a>(&'a str);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(name))
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

macro_rules! limits {
    ($($field:ident: $type:ty),+) => {
        /// Limits that replace others.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct LimitChanges {
            $(#[doc = concat!("See [`Limits::", stringify!($field), "`].")] pub $field: Option<$type>,)+
        }

        impl LimitChanges {
            /// The limits with these in place.
            #[must_use]
            pub fn applied_to(&self, limits: &Limits) -> Limits {
                Limits { $($field: self.$field.unwrap_or(limits.$field)),+ }
            }
        }
    };
}

limits! {
    handles_per_process: u32,
    client_processes: u32,
    sockets: u32,
    send_buffer_bytes: u32,
    receive_buffer_bytes: u32,
    message_bytes: u32,
    backlog: u32,
    connect_timeout_ms: u64,
    retransmit_timeout_ms: u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::parse;
    use crate::world::policy::{BlockReuse, FailedOpen};

    #[test]
    fn only_what_is_named_changes() {
        let base = Policies { failed_open: FailedOpen::NeverConsumed, ..Policies::default() };
        let changes: PolicyChanges = parse("(block_reuse: SecondDescriptor)").expect("known");
        let changed = Policies { block_reuse: BlockReuse::SecondDescriptor, ..base };
        assert_eq!(changes.applied_to(&base), changed);
        let limits: LimitChanges = parse("(sockets: 3)").expect("known");
        let expected = Limits { sockets: 3, ..Limits::default() };
        assert_eq!(limits.applied_to(&Limits::default()), expected);
    }

    #[test]
    fn unknown_questions_and_answers_are_refused() {
        assert!(parse::<PolicyChanges>("(block_reuses: Refuse)").is_err());
        assert!(parse::<PolicyChanges>("(block_reuse: Refused)").is_err());
        assert!(parse::<LimitChanges>("(socket: 3)").is_err());
    }
}
