//! Named answers to the questions the documentation leaves open.
//!
//! One row is one question: the field of [`Policies`], the type of its answers, where the question comes
//! from, the question in words, the answers, and the answer of the `windows` [`Profile`]. The first answer is the
//! default, which is that of the `documented` profile. Everything else about policies (reading them from a model,
//! naming them in a trace, listing them) is made from these rows.
//!
//! The rows, by what they are about:
//!
//! - `policy/sharing.rs`: what a duplication is, and what its socket shares;
//! - `policy/endings.rs`: what a close, a cleanup and the loss of a peer bring;
//! - `policy/entries.rs`: which entry serves a request, and what the catalogs say;
//! - `policy/addresses.rs`: names, binds and connections;
//! - `policy/data.rs`: sends, receives, and who waits for them;
//! - `policy/control.rs`: options, ioctls, events, many sockets at once.
//!
//! `windows` is what real systems were seen to do; where nobody looked it is the default. Where it is another answer
//! the source names the observation (O1..).

use std::fmt;

use serde::{Deserialize, Serialize};

#[macro_use]
mod addresses;
#[macro_use]
mod control;
#[macro_use]
mod data;
#[macro_use]
mod endings;
#[macro_use]
mod entries;
#[macro_use]
mod sharing;

/// The last link of the chain of tables: makes [`Policies`] and [`PolicyId`] from the collected rows.
macro_rules! policies {
    ([] $($field:ident : $type:ident, $source:literal, $question:literal {
        $($(#[$text:meta])+ $answer:ident),+ $(,)?
    } windows: $windows:ident)+) => {
        $(
            #[doc = $question]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
            pub enum $type {
                $($(#[$text])+ $answer),+
            }
        )+

        /// One answer to every question.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Policies {
            $(#[doc = $question] pub $field: $type,)+
        }

        /// What real systems were seen to answer.
        const WINDOWS: Policies = Policies { $($field: $type::$windows),+ };

        /// The name of one question: a field of [`Policies`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(non_camel_case_types, reason = "a policy is called by its field name everywhere users meet it")]
        pub enum PolicyId {
            $(#[doc = $question] $field),+
        }

        impl PolicyId {
            /// All questions, in the order of the tables.
            pub const ALL: &'static [PolicyId] = &[$(PolicyId::$field),+];

            /// The name that models, traces and messages use.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(PolicyId::$field => stringify!($field)),+ }
            }

            /// The question in words.
            #[must_use]
            pub fn question(self) -> &'static str {
                match self { $(PolicyId::$field => $question),+ }
            }

            /// Where the question comes from: an open point (A1..) or a section of the usage notes.
            #[must_use]
            pub fn source(self) -> &'static str {
                match self { $(PolicyId::$field => $source),+ }
            }

            /// The answers that can be chosen; the first is the default.
            #[must_use]
            pub fn answers(self) -> &'static [&'static str] {
                match self { $(PolicyId::$field => &[$(stringify!($answer)),+]),+ }
            }

            /// The answer in force.
            #[must_use]
            pub fn answer(self, policies: &Policies) -> &'static str {
                match self {
                    $(PolicyId::$field => match policies.$field { $($type::$answer => stringify!($answer)),+ }),+
                }
            }
        }
    };
}

sharing! { [endings entries addresses data control policies] }

/// A named set of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename = "profile", rename_all = "lowercase")]
pub enum Profile {
    /// What the documentation says, and the likeliest answer where it says nothing: each policy's default.
    #[default]
    Documented,
    /// What real systems were seen to do.
    Windows,
}

impl Profile {
    /// All profiles, the default first.
    pub const ALL: &'static [Profile] = &[Self::Documented, Self::Windows];

    /// The name that models, scenarios and traces use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Windows => "windows",
        }
    }

    /// The profile called so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|profile| profile.name() == name)
    }

    /// Where its answers come from.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Documented => "what the documentation says, and the likeliest answer where it says nothing",
            Self::Windows => "what real systems were seen to do, also where it contradicts the documentation",
        }
    }

    /// Its answers.
    #[must_use]
    pub fn policies(self) -> Policies {
        match self {
            Self::Documented => Policies::default(),
            Self::Windows => WINDOWS,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_first_answer() {
        let defaults = Policies::default();
        for &id in PolicyId::ALL {
            assert_eq!(id.answer(&defaults), id.answers()[0], "{}", id.name());
        }
    }
    #[test]
    fn an_answer_of_windows_that_is_not_the_default_has_been_observed() {
        let (documented, windows) = (Profile::Documented.policies(), Profile::Windows.policies());
        assert_eq!(documented, Policies::default());
        for &id in PolicyId::ALL {
            let observed = id.source().split([' ', ',']).any(is_observation);
            assert!(observed || id.answer(&windows) == id.answer(&documented), "{} names no observation", id.name());
        }
    }

    fn is_observation(word: &str) -> bool {
        word.strip_prefix('O').is_some_and(|number| number.parse::<u32>().is_ok())
    }

    #[test]
    fn a_profile_is_found_by_its_name() {
        for &profile in Profile::ALL {
            assert_eq!(Profile::from_name(profile.name()), Some(profile));
        }
        assert_eq!(Profile::from_name("Windows"), None);
    }
}
