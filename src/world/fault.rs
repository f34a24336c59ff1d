//! What goes wrong on purpose: conditions of the whole machine, and single failures by occurrence.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::link_rule::LinkRule;
use crate::abi::{SpiFunction, Upcall, WsaError};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Fault {
    /// The network subsystem has failed: WSAENETDOWN everywhere (G6).
    NetworkDown,
    /// It works again.
    NetworkUp,
    /// The services under the providers are not there: WSPStartup gives WSASYSNOTREADY.
    NotReady,
    /// They are there again.
    Ready,
    /// No buffer space for new sockets, connections and duplicates: WSAENOBUFS.
    NoBuffers,
    /// There is space again.
    BuffersBack,
    /// Connection requests take this long, milliseconds.
    ConnectLatency {
        /// How long.
        ms: u64,
    },
    /// The link between two addresses delays, loses, reorders or stops traffic, beside the link faults there are.
    Link(LinkRule),
    /// All link faults end; what a partition held up arrives.
    LinksRestored,
    /// The machine gets another address: change notices come.
    AddInterface {
        /// The address.
        address: IpAddr,
        /// The prefix of its network, bits.
        prefix: u8,
    },
    /// The machine loses an address: change notices come.
    RemoveInterface {
        /// The address.
        address: IpAddr,
    },
    /// The registry with the catalogs is in trouble: calls that change or look into it fail.
    Catalog(CatalogTrouble),
    /// It is well again.
    CatalogWell,
    /// An upcall fails once.
    FailUpcall {
        /// Which.
        upcall: Upcall,
        /// The how many-th call from now on, counted from 1; left out: the next.
        #[serde(default = "next")]
        nth: u32,
        /// With what.
        error: WsaError,
    },
    /// An entry of a base provider fails once, before it has done anything.
    FailCall {
        /// Which.
        function: SpiFunction,
        /// The how many-th call from now on, counted from 1; left out: the next.
        #[serde(default = "next")]
        nth: u32,
        /// With what.
        error: WsaError,
    },
}

/// What is wrong with the registry that holds the catalogs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum CatalogTrouble {
    /// Somebody else is installing something.
    Busy,
    /// There is no memory for entries.
    NoMemory,
    /// A system call that should not fail does.
    SystemCall,
    /// It gives this error whenever it is opened or written.
    Registry(WsaError),
}

/// `nth` left out.
const fn next() -> u32 {
    1
}

/// The faults in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Faults {
    /// WSPStartup gives WSASYSNOTREADY.
    pub not_ready: bool,
    /// The registry is in trouble.
    pub catalog: Option<CatalogTrouble>,
    /// Single failures still to come, in the order they were armed.
    armed: Vec<Fault>,
}

impl Faults {
    /// Whether a failure waits for the n-th call.
    #[must_use]
    pub fn counts_calls(&self) -> bool {
        !self.armed.is_empty()
    }

    /// Arms a failure by occurrence; other faults are conditions and are not kept here.
    pub fn arm(&mut self, fault: Fault) {
        self.armed.push(fault);
    }

    /// Counts a call of a base entry; the error it has to give, if its turn has come.
    #[inline]
    pub fn on_call(&mut self, function: SpiFunction) -> Option<WsaError> {
        if self.armed.is_empty() {
            return None;
        }
        self.count(|fault| match fault {
            Fault::FailCall { function: f, nth, error } if *f == function => Some((nth, *error)),
            _ => None,
        })
    }

    /// Counts an upcall; the error it has to give, if its turn has come.
    #[inline]
    pub fn on_upcall(&mut self, upcall: Upcall) -> Option<WsaError> {
        if self.armed.is_empty() {
            return None;
        }
        self.count(|fault| match fault {
            Fault::FailUpcall { upcall: u, nth, error } if *u == upcall => Some((nth, *error)),
            _ => None,
        })
    }

    fn count(&mut self, mut which: impl FnMut(&mut Fault) -> Option<(&mut u32, WsaError)>) -> Option<WsaError> {
        let mut due = None;
        self.armed.retain_mut(|fault| {
            let Some((nth, error)) = which(fault) else { return true };
            *nth = nth.saturating_sub(1);
            let fires = *nth == 0 && due.is_none();
            if fires {
                due = Some(error);
            }
            !fires
        });
        due
    }
}
