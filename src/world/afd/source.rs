//! Whom a member of a group listens to: source memberships.
//!
//! A membership is for everybody but those blocked, or for those named alone; it never changes from one to the other.

use std::net::IpAddr;

use crate::abi::{SockOpt, WsaError};
use crate::rules::RuleId;

/// The sources a member takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sources {
    /// All but these.
    AllBut(Vec<IpAddr>),
    /// These alone.
    Only(Vec<IpAddr>),
}

impl Default for Sources {
    fn default() -> Self {
        Self::AllBut(Vec::new())
    }
}

/// What an option does to the sources of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// IP_ADD_SOURCE_MEMBERSHIP.
    Name,
    /// IP_DROP_SOURCE_MEMBERSHIP.
    Unname,
    /// IP_BLOCK_SOURCE.
    Block,
    /// IP_UNBLOCK_SOURCE.
    Unblock,
}

/// What an option does, and the rule it follows; `None` for options that have to do with no source.
pub(super) fn change_of(option: SockOpt) -> Option<(RuleId, Change)> {
    Some(match option {
        SockOpt::IpAddSourceMembership => (RuleId::Multicast5, Change::Name),
        SockOpt::IpDropSourceMembership => (RuleId::Multicast6, Change::Unname),
        SockOpt::IpBlockSource => (RuleId::Multicast7, Change::Block),
        SockOpt::IpUnblockSource => (RuleId::Multicast7, Change::Unblock),
        _ => return None,
    })
}

/// The parts of an ip_mreq_source: group and interface as in an ip_mreq, and the source between them.
pub(super) fn split(bytes: &[u8]) -> Result<([u8; 8], IpAddr), WsaError> {
    let &[a, b, c, d, e, f, g, h, i, j, k, l] = bytes.first_chunk::<12>().ok_or(WsaError::Fault)?;
    Ok(([a, b, c, d, i, j, k, l], IpAddr::from([e, f, g, h])))
}

impl Sources {
    /// Those of a membership that begins with a change.
    pub(super) fn first(change: Change, source: IpAddr) -> Result<Self, WsaError> {
        match change {
            Change::Name => Ok(Self::Only(vec![source])),
            Change::Unname => Err(WsaError::AddrNotAvail),
            Change::Block | Change::Unblock => Err(WsaError::Inval),
        }
    }

    pub(super) fn change(&mut self, change: Change, source: IpAddr) -> Result<(), WsaError> {
        match (self, change) {
            (Self::Only(named), Change::Name) => enter(named, source),
            (Self::Only(named), Change::Unname) => strike(named, source),
            (Self::AllBut(blocked), Change::Block) => enter(blocked, source),
            (Self::AllBut(blocked), Change::Unblock) => strike(blocked, source),
            _ => Err(WsaError::Inval),
        }
    }

    pub(super) fn takes(&self, source: IpAddr) -> bool {
        match self {
            Self::AllBut(blocked) => !blocked.contains(&source),
            Self::Only(named) => named.contains(&source),
        }
    }

    /// Whether nobody is left to listen to.
    pub(super) fn are_none(&self) -> bool {
        matches!(self, Self::Only(named) if named.is_empty())
    }
}

fn enter(list: &mut Vec<IpAddr>, source: IpAddr) -> Result<(), WsaError> {
    if list.contains(&source) {
        return Err(WsaError::AddrNotAvail);
    }
    list.push(source);
    Ok(())
}

fn strike(list: &mut Vec<IpAddr>, source: IpAddr) -> Result<(), WsaError> {
    let at = list.iter().position(|known| *known == source).ok_or(WsaError::AddrNotAvail)?;
    list.remove(at);
    Ok(())
}
