//! What can be written in a scenario file, as serde reads it.

use serde::Deserialize;

use super::form::{Argument, HandleArg, NewProcess, ProcessArg, ProcessName};
use super::program_form::change;
use super::programs::{Granularity, Map, Time};
use super::reader::{Reader, ThreadRef};
use super::{calls, check};
use crate::abi::WsaError;
use crate::model::changes::{LimitChanges, PolicyChanges};
use crate::model::source::{Raw, Text};
use crate::world::checks::Contracts;
use crate::world::fault::Fault;
use crate::world::policy::Profile;
use crate::world::program::Program;

/// A whole scenario file.
#[derive(Debug, Deserialize)]
#[serde(rename = "Scenario", deny_unknown_fields)]
pub(super) struct ScenarioFile<'a> {
    #[serde(borrow)]
    pub about: Text<'a>,
    #[serde(borrow, default)]
    pub rules: Vec<Text<'a>>,
    #[serde(borrow)]
    pub model: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub models: Vec<Text<'a>>,
    pub profile: Option<Profile>,
    #[serde(default)]
    pub policies: PolicyChanges,
    #[serde(default)]
    pub limits: LimitChanges,
    #[serde(default)]
    pub budget: Budget,
    pub contracts: Option<Contracts>,
    #[serde(borrow, default)]
    pub processes: Vec<Raw<'a>>,
    #[serde(borrow)]
    pub steps: Option<Vec<StepFile<'a>>>,
    #[serde(default)]
    pub wakes: Wakes,
    #[serde(borrow)]
    pub programs: Option<Map<'a, Vec<Raw<'a>>>>,
    #[serde(borrow, default)]
    pub faults: Vec<Raw<'a>>,
    pub time: Option<Time>,
    pub granularity: Option<Granularity>,
    #[serde(borrow, default)]
    pub always: Vec<check::Written<'a>>,
    #[serde(borrow, default)]
    pub sometimes: Vec<check::Written<'a>>,
    #[serde(borrow, default)]
    pub allowed: Vec<Map<'a, Raw<'a>>>,
    #[serde(borrow)]
    pub verdict: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub finally: Vec<check::Written<'a>>,
}

/// How much a scenario may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Ops, the start of the processes included.
    pub ops: u64,
    /// Virtual time in milliseconds.
    pub ms: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { ops: 100_000, ms: 3_600_000 }
    }
}

/// When calls that waited go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Wakes {
    /// As soon as they can, after every step.
    #[default]
    Automatic,
    /// When a step says so.
    ByStep,
}

/// One step. Which fields go together is checked when it is read.
#[derive(Debug, Deserialize)]
#[serde(rename = "step", deny_unknown_fields)]
pub(super) struct StepFile<'a> {
    #[serde(borrow)]
    pub on: Option<Text<'a>>,
    #[serde(borrow)]
    pub call: Option<Box<calls::Written<'a>>>,
    #[serde(borrow)]
    pub returns: Option<Raw<'a>>,
    #[serde(borrow)]
    pub answers: Option<Raw<'a>>,
    pub borders: Option<u32>,
    #[serde(borrow)]
    pub op: Option<Box<OpWritten<'a>>>,
    #[serde(borrow)]
    pub check: Option<Box<check::Written<'a>>>,
    #[serde(borrow)]
    pub gives: Option<Text<'a>>,
    #[serde(borrow)]
    pub expect: Option<Raw<'a>>,
}

/// Something that happens to the machine, as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(rename = "op", deny_unknown_fields)]
pub(super) enum OpWritten<'a> {
    Advance {
        ms: u64,
    },
    Start {
        #[serde(borrow)]
        name: Raw<'a>,
        #[serde(default)]
        suspended: bool,
        winsock: Option<bool>,
        #[serde(borrow)]
        id_of: Option<Raw<'a>>,
        width: Option<u32>,
        administrator: Option<bool>,
        #[serde(borrow)]
        path: Option<Text<'a>>,
        #[serde(borrow)]
        command_line: Option<Text<'a>>,
    },
    Kill(#[serde(borrow)] Raw<'a>),
    Fault(Fault),
    BreakConnection {
        #[serde(borrow)]
        socket: Raw<'a>,
        error: WsaError,
    },
    LimitHandles {
        #[serde(borrow)]
        process: Raw<'a>,
        handles: Option<u32>,
    },
    Run(#[serde(borrow)] Text<'a>),
    Proceed {
        #[serde(borrow)]
        on: Text<'a>,
        borders: u32,
    },
}

/// Something that happens to the machine.
#[derive(Clone, Debug)]
pub(super) enum HappenStep {
    Advance { ms: u64 },
    Start { process: NewProcess, suspended: bool, winsock: bool, id: Option<ProcessArg>, program: Program },
    Kill(ProcessName),
    Fault(Fault),
    BreakConnection { socket: HandleArg, error: WsaError },
    LimitHandles { process: ProcessName, handles: Option<u32> },
    Run { on: ThreadRef, borders: Option<u32> },
}

impl HappenStep {
    /// Whether a call that waited goes on.
    pub(super) fn is_run(&self) -> bool {
        matches!(self, Self::Run { .. })
    }
}

impl Argument for HappenStep {
    type Written<'a> = OpWritten<'a>;

    fn read<'a>(written: OpWritten<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        Some(match written {
            OpWritten::Advance { ms } => Self::Advance { ms },
            OpWritten::Start { name, suspended, winsock, id_of, width, administrator, path, command_line } => {
                let id = Option::read(id_of, reader)?;
                let process = NewProcess::read(name, reader)?;
                let change = change(width, administrator, [path, command_line], name.0, reader)?;
                let program = change.applied_to(&Program::default());
                if suspended && winsock == Some(true) {
                    reader.wrong(name.0, "a suspended process cannot call WSAStartup", "starts suspended");
                    return None;
                }
                Self::Start { process, suspended, winsock: winsock.unwrap_or(!suspended), id, program }
            }
            OpWritten::Kill(process) => Self::Kill(ProcessName::read(process, reader)?),
            OpWritten::Fault(fault) => Self::Fault(fault),
            OpWritten::BreakConnection { socket, error } => {
                Self::BreakConnection { socket: HandleArg::read(socket, reader)?, error }
            }
            OpWritten::LimitHandles { process, handles } => {
                Self::LimitHandles { process: ProcessName::read(process, reader)?, handles }
            }
            OpWritten::Run(on) => Self::Run { on: ThreadRef::read(on, reader)?, borders: None },
            OpWritten::Proceed { on, borders } => {
                if borders == 0 {
                    reader.wrong(&on.0, "a call goes on to its next frame border at least", "to none");
                    return None;
                }
                Self::Run { on: ThreadRef::read(on, reader)?, borders: Some(borders) }
            }
        })
    }
}
