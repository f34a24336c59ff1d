//! What runs in a process: everything the machine asks about a program that is no state of Winsock's.

use std::sync::Arc;

/// How wide a process's addresses are. A 64-bit machine has a catalog for each width, and a DLL is of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// 32 bits.
    Bits32,
    /// 64 bits: what the machine itself is.
    #[default]
    Bits64,
}

impl Width {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bits32, Self::Bits64];

    /// The number of bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Bits32 => 32,
            Self::Bits64 => 64,
        }
    }

    /// The width of so many bits.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            32 => Some(Self::Bits32),
            64 => Some(Self::Bits64),
            _ => None,
        }
    }
}

/// How WSCSetApplicationCategory knows an application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Application {
    /// The path of its executable.
    pub path: Arc<str>,
    /// Its command line, without the executable.
    pub extra: Arc<str>,
}

/// What runs in a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Program {
    /// How wide it is.
    pub width: Width,
    /// Whether it has the rights of an administrator.
    pub administrator: bool,
    /// Its executable and command line; `None`: of no interest.
    pub application: Option<Arc<Application>>,
}

impl Default for Program {
    /// 64 bits, an administrator's, of no particular name.
    fn default() -> Self {
        Self { width: Width::default(), administrator: true, application: None }
    }
}

/// In what a child's program differs from its parent's. Its name is never its parent's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProgramChange {
    /// Another width.
    pub width: Option<Width>,
    /// Other rights.
    pub administrator: Option<bool>,
    /// Its executable and command line.
    pub application: Option<Arc<Application>>,
}

impl ProgramChange {
    /// The program of a child of `parent`.
    #[must_use]
    pub fn applied_to(&self, parent: &Program) -> Program {
        Program {
            width: self.width.unwrap_or(parent.width),
            administrator: self.administrator.unwrap_or(parent.administrator),
            application: self.application.clone(),
        }
    }
}
