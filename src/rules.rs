//! Every modelled rule: its id, one sentence, where the sentence comes from, and the policy that decides it.
//!
//! Code names a rule where it acts on it (`RuleId::Bind2`), traces print the id, and `wspsim explain Bind2` prints
//! the rest. An id is a promise: a rule may be reworded, never renumbered; new rules go to the end of their group.
//!
//! The groups, in order, and where their rows are:
//!
//! - `rules/sharing.rs`: `R`, duplication and sharing;
//! - `rules/common.rs`: what holds for many functions. `G` results and errors, `Handle` new descriptors, `Chain`
//!   protocol info on its way down, `B` blocking, `O` overlapped operations, `E` network events, `L` layers;
//! - `rules/sockets.rs`: `Startup`, `Cleanup`, `Socket`, `Dup`, `Close`, `Shutdown`, the life of a provider and of
//!   a descriptor;
//! - `rules/connections.rs`: `Bind`, `Connect`, `Listen`, `Accept`, `Name`, `AddrText`;
//! - `rules/data.rs`: `Send`, `SendTo`, `Recv`, `RecvFrom`, `Result` (of an overlapped operation);
//! - `rules/sessions.rs`: `SendDisc`, `RecvDisc`, `Join`, `Multicast`, `Raw`, `Qos`;
//! - `rules/control.rs`: `Async`, `EventSel`, `Enum` (notification), `GetOpt`, `SetOpt`, `Ioctl`, `Cancel`;
//! - `rules/extensions.rs`: `Ext`, `AcceptEx`, `ConnectEx`, `DisconnectEx` (functions outside the table);
//! - `rules/select.rs`: `Select`, `Poll` (many sockets at once), `Wait` (many events);
//! - `rules/upcalls.rs`: `Wpu...`, what a provider asks of ws2_32;
//! - `rules/tables.rs`: `Choose` (which catalog entry serves a request), `BindMatrix` (bind conflicts), `Event...`
//!   (when each event is due), `Inherit`;
//! - `rules/catalog.rs`: `Wsc...`, the calls that configure the catalogs, and `Category`, the layers an application loads;
//! - `rules/layers.rs`: `Layer`, what layers do beyond passing calls on; `Move`, bases that move connections;
//! - `rules/duties.rs`: `Duty`, what the contract checker holds providers to, with advice to their authors.
//!
//! Sources are page names of Microsoft's public documentation (`lpwspbind`, `wsasocketw`). *Derived* marks a
//! consequence drawn here from other rules; *Microsoft layered-provider sample* and *observed* mark what an
//! implementation does where the documentation is silent. Where it contradicts itself or leaves a question open,
//! [`OpenPoint`] says what was decided.

use std::fmt;

use crate::world::policy::PolicyId;

/// Some policy, or none.
macro_rules! policy_or_none {
    () => {
        None
    };
    ($policy:ident) => {
        Some(PolicyId::$policy)
    };
}

/// Some text, or none.
macro_rules! text_or_none {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

/// The last link of the chain of tables: makes [`RuleId`] from the collected rows.
///
/// A row is `Id: "Sentence." ("source")`, then `by policy` if a policy decides, then `missing "why"` if it is not
/// modelled yet, or `unseen "why"` if it holds and no play can show the moment it decides: a definition, or a consequence
/// of other rules; then `advice "what to do"` for a duty of providers.
macro_rules! rules {
    ([] $($id:ident: $sentence:literal ($source:literal) $(by $policy:ident)? $(missing $why:literal)?
        $(unseen $reason:literal)? $(advice $advice:literal)?;)+) => {
        /// The name of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RuleId {
            $(#[doc = $sentence] $id),+
        }

        impl RuleId {
            /// All rules, in the order of the tables.
            pub const ALL: &'static [RuleId] = &[$(RuleId::$id),+];

            /// The id as users see it: `R17`, `E4`, `Bind2`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(RuleId::$id => stringify!($id)),+ }
            }

            /// The rule called so.
            #[must_use]
            pub fn from_name(name: &str) -> Option<RuleId> {
                match name { $(stringify!($id) => Some(RuleId::$id),)+ _ => None }
            }

            /// What the rule says.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(RuleId::$id => $sentence),+ }
            }

            /// Where the rule comes from: documentation pages, a sample, or other rules.
            #[must_use]
            pub fn source(self) -> &'static str {
                match self { $(RuleId::$id => $source),+ }
            }

            /// The policy that decides what happens, if there is a choice.
            #[must_use]
            pub fn policy(self) -> Option<PolicyId> {
                match self { $(RuleId::$id => policy_or_none!($($policy)?)),+ }
            }

            /// What an author should do whose provider breaks the rule; `None` for rules that are no duty of a provider's.
            #[must_use]
            pub fn advice(self) -> Option<&'static str> {
                match self { $(RuleId::$id => text_or_none!($($advice)?)),+ }
            }

            /// Why the rule is not modelled yet; `None` for a rule that is.
            #[must_use]
            pub fn missing(self) -> Option<&'static str> {
                match self { $(RuleId::$id => text_or_none!($($why)?)),+ }
            }

            /// Why no play shows the rule deciding; `None` for one that traces name where it decides.
            #[must_use]
            pub fn unseen(self) -> Option<&'static str> {
                match self { $(RuleId::$id => text_or_none!($($reason)?)),+ }
            }
        }
    };
}

mod open;
#[macro_use]
mod sharing;
#[macro_use]
mod common;
#[macro_use]
mod sockets;
#[macro_use]
mod connections;
#[macro_use]
mod data;
#[macro_use]
mod sessions;
#[macro_use]
mod control;
#[macro_use]
mod upcalls;
#[macro_use]
mod tables;
#[macro_use]
mod catalog;
#[macro_use]
mod select;
#[macro_use]
mod extensions;
#[macro_use]
mod duties;
#[macro_use]
mod layers;

pub use open::OpenPoint;

// Each table appends its rows and hands all of them to the next name in the list.
sharing! { [common sockets connections data sessions control select extensions upcalls tables catalog layers duties rules] }

impl RuleId {
    /// Whether the world behaves by this rule.
    #[must_use]
    pub fn modelled(self) -> bool {
        self.missing().is_none()
    }

    /// Whether traces name the rule where it decides. Those of a duty do only where a provider breaks it, so that plays
    /// over faithful providers never show one.
    #[must_use]
    pub fn shows(self) -> bool {
        self.modelled() && self.unseen().is_none() && self.advice().is_none()
    }

    /// The group the rule belongs to: its id without the number.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.name().trim_end_matches(|c: char| c.is_ascii_digit())
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn a_rule_is_found_by_its_name_and_only_by_it() {
        let names: BTreeSet<_> = RuleId::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), RuleId::ALL.len());
        for &rule in RuleId::ALL {
            assert_eq!(RuleId::from_name(rule.name()), Some(rule));
            assert_eq!(rule.to_string(), rule.name());
        }
        assert_eq!(RuleId::from_name("R0"), None);
        assert_eq!(RuleId::from_name("bind1"), None);
    }

    #[test]
    fn every_group_is_numbered_from_one_without_gaps_and_stands_together() {
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        let mut previous = "";
        for &rule in RuleId::ALL {
            let group = rule.group();
            assert!(group == previous || !last.contains_key(group), "{rule} stands apart from its group");
            let number = last.entry(group).or_default();
            *number += 1;
            assert_eq!(rule.name(), format!("{group}{number}"));
            previous = group;
        }
    }

    #[test]
    fn a_sentence_is_one_readable_sentence() {
        let mut seen = BTreeSet::new();
        for &rule in RuleId::ALL {
            let sentence = rule.sentence();
            assert!(sentence.ends_with('.'), "{rule}: no full stop");
            assert!((20..=240).contains(&sentence.chars().count()), "{rule}: {} characters", sentence.chars().count());
            assert!(seen.insert(sentence), "{rule}: says what another rule says");
            assert!(!rule.source().is_empty(), "{rule}: no source");
            assert!(rule.missing() != Some(""), "{rule}: no reason");
            assert_eq!(rule.advice().is_some(), rule.group() == "Duty", "{rule}: advice is for duties");
            assert!(rule.advice().is_none_or(|advice| advice.ends_with('.')), "{rule}: no full stop in the advice");
        }
    }

    #[test]
    fn every_policy_decides_some_rule_or_open_point() {
        for &policy in PolicyId::ALL {
            let by_rule = RuleId::ALL.iter().any(|rule| rule.policy() == Some(policy));
            let by_point = OpenPoint::ALL.iter().any(|point| point.policy() == Some(policy));
            assert!(by_rule || by_point, "nothing names {}", policy.name());
        }
    }
}
