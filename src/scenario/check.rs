//! Checks as they are written: what has to be true of the machine at some point.

use std::sync::Arc;

use serde::Deserialize;

use super::form::{Argument, ErrorArg, HandleArg, ProcessName, WindowArg};
use super::reader::{Reader, ThreadRef};
use super::written::unknown_word;
use crate::abi::{SpiFunction, Upcall};
use crate::model::source::Text;
use crate::rules::RuleId;
use crate::world::policy::PolicyId;

/// A policy by its name in quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct PolicyName(pub PolicyId);

/// A rule by its name in quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleName(pub RuleId);

/// The name of something that belongs to the model.
#[derive(Clone, Debug)]
pub(super) struct ModelName(pub Arc<str>);

impl Argument for PolicyName {
    type Written<'a> = Text<'a>;

    fn read<'a>(Text(name): Text<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let known = PolicyId::ALL.iter().map(|policy| policy.name());
        let found = PolicyId::ALL.iter().copied().find(|policy| policy.name() == name);
        found.map(Self).or_else(|| unknown_word(reader, &name, "policy", known))
    }
}

impl Argument for RuleName {
    type Written<'a> = Text<'a>;

    fn read<'a>(Text(name): Text<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        let known = RuleId::ALL.iter().map(|rule| rule.name());
        RuleId::from_name(&name).map(Self).or_else(|| unknown_word(reader, &name, "rule", known))
    }
}

impl Argument for ModelName {
    type Written<'a> = Text<'a>;

    fn read<'a>(Text(name): Text<'a>, _: &mut Reader<'a>) -> Option<Self> {
        Some(Self((&*name).into()))
    }
}

impl Argument for Upcall {
    type Written<'a> = Self;

    fn read<'a>(written: Self, _: &mut Reader<'a>) -> Option<Self> {
        Some(written)
    }
}

impl Argument for SpiFunction {
    type Written<'a> = Self;

    fn read<'a>(written: Self, _: &mut Reader<'a>) -> Option<Self> {
        Some(written)
    }
}

macro_rules! checks {
    (
        structs { $($name:ident { $($field:ident: $type:ty),* $(,)? };)+ }
        tuples { $($tuple:ident($($place:ident: $place_type:ty),+);)+ }
    ) => {
        /// A check as serde reads it.
        #[derive(Debug, Deserialize)]
        #[serde(rename = "check", deny_unknown_fields)]
        pub(super) enum Written<'a> {
            $($name { $(#[serde(borrow)] $field: <$type as Argument>::Written<'a>),* },)+
            $($tuple($(#[serde(borrow)] <$place_type as Argument>::Written<'a>),+),)+
        }

        /// A check with its arguments read.
        #[derive(Clone, Debug)]
        pub(super) enum Check {
            $($name { $($field: $type),* },)+
            $($tuple($($place_type),+),)+
        }

        impl Argument for Check {
            type Written<'a> = Written<'a>;

            fn read<'a>(written: Written<'a>, reader: &mut Reader<'a>) -> Option<Self> {
                Some(match written {
                    $(Written::$name { $($field),* } => {
                        $(let $field = <$type as Argument>::read($field, reader);)*
                        Self::$name { $($field: $field?),* }
                    })+
                    $(Written::$tuple($($place),+) => {
                        $(let $place = <$place_type as Argument>::read($place, reader);)+
                        Self::$tuple($($place?),+)
                    })+
                })
            }
        }
    };
}

checks! {
    structs {
        References { socket: HandleArg, count: u64 };
        Descriptors { socket: HandleArg, count: u64 };
        Duplications { count: u64 };
        Sockets { count: u64 };
        Signalled { event: HandleArg, is: bool };
        Handles { process: ProcessName, count: u64 };
        Contexts { process: ProcessName, provider: ModelName, count: u64 };
        Needed { on: ThreadRef, size: u32 };
        LastError { on: ThreadRef, is: Option<ErrorArg> };
        Registered { socket: HandleArg, by: Option<ProcessName> };
        Messages { window: WindowArg, count: u64 };
        Pending { process: ProcessName, count: u64 };
        Packets { port: HandleArg, count: u64 };
        Routine {
            on: ThreadRef,
            overlapped: u32,
            transferred: Option<u32>,
            error: Option<ErrorArg>,
            times: Option<u64>,
        };
        Upcall { by: ModelName, name: Upcall, error: Option<ErrorArg>, times: Option<u64> };
        Breach { rule: RuleName, by: ModelName, times: Option<u64> };
        Decided { policy: PolicyName };
        Crossed {
            into: ModelName,
            call: Option<SpiFunction>,
            info: Option<ModelName>,
            on: Option<ThreadRef>,
            times: Option<u64>,
        };
        NotCrossed { into: ModelName, call: Option<SpiFunction>, info: Option<ModelName>, on: Option<ThreadRef> };
    }
    tuples {
        SameSocket(a: HandleArg, b: HandleArg);
        DifferentSockets(a: HandleArg, b: HandleArg);
        SameNumber(a: HandleArg, b: HandleArg);
        DifferentNumbers(a: HandleArg, b: HandleArg);
        Parked(on: ThreadRef);
        Paused(on: ThreadRef);
        Running(process: ProcessName);
        Suspended(process: ProcessName);
        Ended(process: ProcessName);
        RuleUsed(rule: RuleName);
    }
}

impl Check {
    /// Whether the check looks at the log.
    pub(super) fn needs_log(&self) -> bool {
        matches!(
            self,
            Self::Breach { .. }
                | Self::Decided { .. }
                | Self::RuleUsed(_)
                | Self::Crossed { .. }
                | Self::NotCrossed { .. }
                | Self::Routine { .. }
                | Self::Upcall { .. }
        )
    }

    /// The thread whose calls the check is about.
    pub(super) fn thread(&self) -> Option<ThreadRef> {
        match self {
            Self::Parked(on) | Self::Paused(on) | Self::LastError { on, .. } | Self::Routine { on, .. } => Some(*on),
            Self::Crossed { on, .. } | Self::NotCrossed { on, .. } => *on,
            _ => None,
        }
    }

    /// Whether the check looks at numbers that follow from the order in which things were made.
    pub(super) fn looks_at_numbers(&self) -> bool {
        matches!(self, Self::SameNumber(..) | Self::DifferentNumbers(..))
    }

    /// Whether the check looks at shared sockets by label.
    pub(super) fn needs_sockets(&self) -> bool {
        matches!(
            self,
            Self::References { .. }
                | Self::Descriptors { .. }
                | Self::Registered { .. }
                | Self::SameSocket(..)
                | Self::DifferentSockets(..)
        )
    }
}
