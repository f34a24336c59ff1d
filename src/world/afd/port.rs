//! Who is bound where, and which binds conflict.
//!
//! The table is sorted by type, port, address and order of binding. That answers the three questions asked of it with
//! one range each: who is bound exactly here, who is bound anywhere on this port, which port is free. Accepted sockets
//! have no entry; they live under their listener's. Users do not exist, so the columns for other users are missing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use super::{Kind, SocketId};
use crate::abi::WsaError;
use crate::rules::RuleId;
use crate::world::policy::{BindMatrix, DualStackWildcard};

const LOWEST: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const LOWEST_V6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
const HIGHEST: IpAddr = IpAddr::V6(Ipv6Addr::from_bits(u128::MAX));

/// A place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    kind: Kind,
    port: u16,
    address: IpAddr,
    /// Tells several sockets at one address apart, in the order of their binds.
    sequence: u32,
}

/// Who is there, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Entry {
    socket: SocketId,
    sharing: Sharing,
    /// One half of a wildcard that takes both families.
    dual: bool,
}

/// What SO_REUSEADDR and SO_EXCLUSIVEADDRUSE said at the bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sharing {
    Plain,
    Reuse,
    Exclusive,
}

/// A bind: asked for, or in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) kind: Kind,
    pub(super) port: u16,
    pub(super) address: IpAddr,
    pub(super) sharing: Sharing,
    /// An IPv6 wildcard that takes IPv4 too: stands in the table under both wildcards.
    pub(super) dual: bool,
}

impl Bind {
    fn key(&self, address: IpAddr, sequence: u32) -> Key {
        Key { kind: self.kind, port: self.port, address, sequence }
    }

    /// The addresses it stands under.
    fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        std::iter::once(self.address).chain(self.dual.then_some(LOWEST))
    }
}

/// Who is bound where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Ports {
    bound: BTreeMap<Key, Entry>,
    /// The automatic port given last, by type.
    last_automatic: [u16; 4],
}

impl Ports {
    /// Enters a bind; the sequence number belongs to the entry and is needed to remove it.
    pub(super) fn insert(&mut self, bind: &Bind, socket: SocketId) -> u32 {
        let sequence = bind.addresses().map(|address| self.next_sequence(bind, address)).max().unwrap_or(0);
        for address in bind.addresses() {
            let entry = Entry { socket, sharing: bind.sharing, dual: bind.dual };
            self.bound.insert(bind.key(address, sequence), entry);
        }
        sequence
    }

    fn next_sequence(&self, bind: &Bind, address: IpAddr) -> u32 {
        let here = bind.key(address, 0)..=bind.key(address, u32::MAX);
        self.bound.range(here).next_back().map_or(0, |(last, _)| last.sequence.saturating_add(1))
    }

    pub(super) fn remove(&mut self, kind: Kind, port: u16, address: IpAddr, sequence: u32) {
        self.bound.remove(&Key { kind, port, address, sequence });
    }

    /// Sockets bound exactly to this address and port, in the order of their binds.
    pub(super) fn at(&self, kind: Kind, port: u16, address: IpAddr) -> impl Iterator<Item = SocketId> + '_ {
        let key = |sequence| Key { kind, port, address, sequence };
        self.bound.range(key(0)..=key(u32::MAX)).map(|(_, entry)| entry.socket)
    }

    /// Sockets bound to any IPv4 address and this port, the dual wildcards included.
    pub(super) fn on_port_v4(&self, kind: Kind, port: u16) -> impl Iterator<Item = (IpAddr, SocketId)> + '_ {
        let key = |address, sequence| Key { kind, port, address, sequence };
        let last = IpAddr::V4(Ipv4Addr::BROADCAST);
        self.bound.range(key(LOWEST, 0)..=key(last, u32::MAX)).map(|(key, entry)| (key.address, entry.socket))
    }

    /// Sockets bound to this port in one family, each once.
    pub(super) fn on_port(&self, kind: Kind, port: u16, v4: bool) -> impl Iterator<Item = SocketId> + '_ {
        let all = self.bound.range(
            Key { kind, port, address: LOWEST, sequence: 0 }..=Key { kind, port, address: HIGHEST, sequence: u32::MAX },
        );
        all.filter(move |(key, _)| key.address.is_ipv4() == v4).map(|(_, entry)| entry.socket)
    }

    /// All entries: type, port, address, sequence, socket.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Kind, u16, IpAddr, u32, SocketId)> + '_ {
        self.bound.iter().map(|(key, entry)| (key.kind, key.port, key.address, key.sequence, entry.socket))
    }

    /// The next free port of the range after the one given last.
    pub(super) fn next_automatic(&mut self, kind: Kind, range: RangeInclusive<u16>, scattered: bool) -> Option<u16> {
        let (first, last) = (*range.start(), *range.end());
        let previous = self.last_automatic[kind as usize];
        let start = match (first..last).contains(&previous) {
            _ if scattered => scatter(previous, first, last),
            true => previous + 1,
            false => first,
        };
        let free = self.first_free(kind, start..=last).or_else(|| self.first_free(kind, first..=start))?;
        self.last_automatic[kind as usize] = free;
        Some(free)
    }

    /// The first port of the range on which no socket of the type is bound at all.
    fn first_free(&self, kind: Kind, range: RangeInclusive<u16>) -> Option<u16> {
        let lowest = Key { kind, port: *range.start(), address: LOWEST, sequence: 0 };
        let highest = Key { kind, port: *range.end(), address: HIGHEST, sequence: u32::MAX };
        let mut candidate = *range.start();
        for (key, _) in self.bound.range(lowest..=highest) {
            if key.port > candidate {
                break;
            }
            candidate = key.port.checked_add(1)?;
        }
        range.contains(&candidate).then_some(candidate)
    }

    /// Whether anyone is bound to a port, on whatever address.
    pub(super) fn anyone(&self, kind: Kind, port: u16) -> bool {
        let key = |address, sequence| Key { kind, port, address, sequence };
        self.bound.range(key(LOWEST, 0)..=key(HIGHEST, u32::MAX)).next().is_some()
    }

    /// Whether the bind conflicts with one in force. Also says which line of the matrix decided, if there was
    /// anything to compare with.
    pub(super) fn conflict(&self, table: Table, second: &Bind) -> (Met, Result<(), WsaError>) {
        let mut met = Met::default();
        let outcome = self.compare(table, second, &mut met);
        (met, outcome)
    }

    fn compare(&self, table: Table, second: &Bind, met: &mut Met) -> Result<(), WsaError> {
        for address in second.addresses() {
            if address.is_unspecified() {
                self.compare_wildcard(table, second, address, met)?;
            } else {
                self.judge(table, second, address, address, met)?;
                self.judge(table, second, wildcard_of(address), wildcard_of(address), met)?;
            }
        }
        Ok(())
    }

    fn compare_wildcard(&self, table: Table, second: &Bind, wildcard: IpAddr, met: &mut Met) -> Result<(), WsaError> {
        self.judge(table, second, wildcard, wildcard, met)?;
        // Most answers of the matrix let a wildcard pass beside any specific address: nothing to look for then.
        let all = [Sharing::Plain, Sharing::Reuse, Sharing::Exclusive];
        if all.iter().all(|&first| verdict(table.matrix, (first, false), (second.sharing, true)).is_none()) {
            return Ok(());
        }
        let (first, last) = match wildcard {
            IpAddr::V4(_) => (IpAddr::V4(Ipv4Addr::from_bits(1)), IpAddr::V4(Ipv4Addr::BROADCAST)),
            IpAddr::V6(_) => (IpAddr::V6(Ipv6Addr::from_bits(1)), HIGHEST),
        };
        self.judge(table, second, first, last, met)
    }

    /// Compares with every bind in force on the addresses from `first` to `last`.
    fn judge(&self, table: Table, second: &Bind, first: IpAddr, last: IpAddr, met: &mut Met) -> Result<(), WsaError> {
        for (key, entry) in self.bound.range(second.key(first, 0)..=second.key(last, u32::MAX)) {
            let first = (entry.sharing, key.address.is_unspecified());
            // One half of a dual wildcard meets a socket of the other family: observed to be milder to a plain bind.
            let halves = entry.dual && key.address == LOWEST && !second.dual;
            let asked = halves && second.sharing == Sharing::Plain;
            met.asked |= asked;
            let beside = asked && table.dual == DualStackWildcard::Beside;
            let error = match first {
                (Sharing::Plain | Sharing::Reuse, true) if beside => None,
                (Sharing::Exclusive, true) if beside => Some(WsaError::Acces),
                _ => verdict(table.matrix, first, (second.sharing, second.address.is_unspecified())),
            };
            met.rule = Some(if halves { RuleId::BindMatrix11 } else { line_of(table.matrix, first, second.sharing) });
            if let Some(error) = error {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A port of the range far from the one before; the same one in every run.
fn scatter(previous: u16, first: u16, last: u16) -> u16 {
    let ports = u32::from(last.saturating_sub(first)) + 1;
    let step = u32::from(previous).wrapping_mul(40_503).wrapping_add(12_345) % ports;
    first.saturating_add(step as u16)
}

/// Which table of conflicts holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) matrix: BindMatrix,
    pub(super) dual: DualStackWildcard,
}

/// What a comparison has met so far.
#[derive(Default)]
pub(super) struct Met {
    pub(super) rule: Option<RuleId>,
    /// Whether the policy about dual wildcards had something to say.
    pub(super) asked: bool,
}

/// The line of the matrix that a first bind stands in.
fn line_of(matrix: BindMatrix, first: (Sharing, bool), second: Sharing) -> RuleId {
    match (matrix, first) {
        (BindMatrix::WindowsXp, _) if second == Sharing::Reuse => RuleId::BindMatrix10,
        (BindMatrix::WindowsXp, _) => RuleId::BindMatrix9,
        (_, (Sharing::Plain, true)) => RuleId::BindMatrix2,
        (_, (Sharing::Plain, false)) => RuleId::BindMatrix3,
        (_, (Sharing::Reuse, true)) => RuleId::BindMatrix4,
        (_, (Sharing::Reuse, false)) => RuleId::BindMatrix5,
        (_, (Sharing::Exclusive, true)) => RuleId::BindMatrix6,
        (_, (Sharing::Exclusive, false)) => RuleId::BindMatrix7,
    }
}

fn wildcard_of(address: IpAddr) -> IpAddr {
    if address.is_ipv4() { LOWEST } else { LOWEST_V6 }
}

/// What a second bind to a port gives: how each is shared, and whether it is to the wildcard.
///
/// Page: using-so-reuseaddr-and-so-exclusiveaddruse, table for Windows Server 2003 and later with one user, and the
/// sentence about earlier systems below it.
fn verdict(matrix: BindMatrix, first: (Sharing, bool), second: (Sharing, bool)) -> Option<WsaError> {
    use Sharing::{Exclusive, Plain, Reuse};
    const IN_USE: Option<WsaError> = Some(WsaError::AddrInUse);
    const ACCES: Option<WsaError> = Some(WsaError::Acces);
    if matrix == BindMatrix::WindowsXp {
        return match (first.0, second.0) {
            (_, Plain | Exclusive) => IN_USE,
            (Exclusive, Reuse) => ACCES,
            (Plain | Reuse, Reuse) => None,
        };
    }
    let (first_wild, second_wild) = (first.1, second.1);
    match (first.0, first_wild, second.0, second_wild) {
        (Plain, true, Plain | Exclusive, true) => IN_USE,
        (Plain, true, Reuse, true) => ACCES,
        (Reuse, true, Plain | Exclusive, true) => IN_USE,
        (Plain | Reuse, true, _, _) => None,

        (_, false, Exclusive, _) => IN_USE,
        (_, false, Plain | Reuse, true) => None,
        (_, false, Plain, false) => IN_USE,
        (Plain | Exclusive, false, Reuse, false) => ACCES,
        (Reuse, false, Reuse, false) => None,

        (Exclusive, true, Plain | Exclusive, true) => IN_USE,
        (Exclusive, true, Reuse, true) => ACCES,
        (Exclusive, true, _, false) => ACCES,
    }
}

#[cfg(test)]
mod tests {
    use super::Sharing::{Exclusive, Plain, Reuse};
    use super::*;

    const SPECIFIC: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn bind(sharing: Sharing, address: IpAddr, dual: bool) -> Bind {
        Bind { kind: Kind::Stream, port: 7000, address, sharing, dual }
    }

    fn second_gives(matrix: BindMatrix, first: Bind, second: Bind) -> &'static str {
        let mut ports = Ports::default();
        ports.insert(&first, SocketId(0));
        match ports.conflict(Table { matrix, dual: DualStackWildcard::Beside }, &second).1 {
            Ok(()) => "ok",
            Err(WsaError::AddrInUse) => "INUSE",
            Err(WsaError::Acces) => "ACCES",
            Err(_) => "?",
        }
    }

    #[test]
    fn the_documented_matrix_row_by_row() {
        let columns = [
            (Plain, LOWEST),
            (Plain, SPECIFIC),
            (Reuse, LOWEST),
            (Reuse, SPECIFIC),
            (Exclusive, LOWEST),
            (Exclusive, SPECIFIC),
        ];
        let rows = [
            ((Plain, LOWEST), ["INUSE", "ok", "ACCES", "ok", "INUSE", "ok"]),
            ((Plain, SPECIFIC), ["ok", "INUSE", "ok", "ACCES", "INUSE", "INUSE"]),
            ((Reuse, LOWEST), ["INUSE", "ok", "ok", "ok", "INUSE", "ok"]),
            ((Reuse, SPECIFIC), ["ok", "INUSE", "ok", "ok", "INUSE", "INUSE"]),
            ((Exclusive, LOWEST), ["INUSE", "ACCES", "ACCES", "ACCES", "INUSE", "ACCES"]),
            ((Exclusive, SPECIFIC), ["ok", "INUSE", "ok", "ACCES", "INUSE", "INUSE"]),
        ];
        for ((first, first_at), expected) in rows {
            for ((second, second_at), expected) in columns.into_iter().zip(expected) {
                let got =
                    second_gives(BindMatrix::Server2003, bind(first, first_at, false), bind(second, second_at, false));
                assert_eq!(got, expected, "{first:?} {first_at}, then {second:?} {second_at}");
            }
        }
    }

    #[test]
    fn the_older_matrix_asks_only_for_reuse() {
        for first in [Plain, Reuse, Exclusive] {
            for second in [Plain, Reuse, Exclusive] {
                let expected = match (first, second) {
                    (_, Plain | Exclusive) => "INUSE",
                    (Exclusive, Reuse) => "ACCES",
                    _ => "ok",
                };
                let got =
                    second_gives(BindMatrix::WindowsXp, bind(first, SPECIFIC, false), bind(second, LOWEST, false));
                assert_eq!(got, expected, "{first:?}, then {second:?}");
            }
        }
    }

    #[test]
    fn different_specific_addresses_never_conflict() {
        let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
        for matrix in [BindMatrix::Server2003, BindMatrix::WindowsXp] {
            assert_eq!(second_gives(matrix, bind(Exclusive, SPECIFIC, false), bind(Exclusive, other, false)), "ok");
        }
    }

    #[test]
    fn a_dual_wildcard_meets_both_families() {
        let v6 = LOWEST_V6;
        let cases = [
            ((Plain, SPECIFIC, false), (Exclusive, v6, true), "INUSE"),
            ((Exclusive, v6, true), (Plain, LOWEST, false), "ACCES"),
            ((Exclusive, v6, true), (Reuse, LOWEST, false), "ACCES"),
            ((Plain, v6, true), (Plain, LOWEST, false), "ok"),
            ((Plain, LOWEST, false), (Plain, v6, true), "INUSE"),
            ((Plain, v6, false), (Plain, LOWEST, false), "ok"),
            ((Exclusive, v6, false), (Exclusive, LOWEST, false), "ok"),
        ];
        for ((first, at, dual), (second, second_at, second_dual), expected) in cases {
            let got = second_gives(BindMatrix::Server2003, bind(first, at, dual), bind(second, second_at, second_dual));
            assert_eq!(got, expected, "{first:?} {at} {dual}, then {second:?} {second_at} {second_dual}");
        }
    }

    #[test]
    fn by_the_documentation_a_dual_wildcard_is_an_ipv4_wildcard_too() {
        let documented = Table { matrix: BindMatrix::Server2003, dual: DualStackWildcard::BothFamilies };
        for (first, second_at) in [(Plain, LOWEST), (Exclusive, LOWEST)] {
            let mut ports = Ports::default();
            ports.insert(&bind(first, LOWEST_V6, true), SocketId(0));
            let (met, outcome) = ports.conflict(documented, &bind(Plain, second_at, false));
            assert_eq!((met.asked, outcome), (true, Err(WsaError::AddrInUse)), "{first:?}");
        }
    }

    #[test]
    fn automatic_ports_go_round() {
        let mut ports = Ports::default();
        let take = |ports: &mut Ports| {
            let port = ports.next_automatic(Kind::Stream, 10..=12, false)?;
            ports.insert(&Bind { port, ..bind(Plain, LOWEST, false) }, SocketId(0));
            Some(port)
        };
        let taken: Vec<_> = (0..4).map(|_| take(&mut ports)).collect();
        assert_eq!(taken, [Some(10), Some(11), Some(12), None]);
        ports.remove(Kind::Stream, 11, LOWEST, 0);
        assert_eq!(take(&mut ports), Some(11));
        assert_eq!(ports.next_automatic(Kind::Datagram, 10..=12, false), Some(10), "datagrams have ports of their own");
    }

    #[test]
    fn scattered_ports_fill_the_range_too() {
        let mut ports = Ports::default();
        let mut taken: Vec<u16> = Vec::new();
        while let Some(port) = ports.next_automatic(Kind::Stream, 100..=199, true) {
            ports.insert(&Bind { port, ..bind(Plain, LOWEST, false) }, SocketId(0));
            taken.push(port);
        }
        assert_ne!(taken[..3], [100, 101, 102]);
        taken.sort_unstable();
        assert_eq!(taken, (100..=199).collect::<Vec<u16>>());
    }

    #[test]
    fn the_very_last_port_can_be_taken() {
        let mut ports = Ports::default();
        ports.insert(&Bind { port: 65535, ..bind(Plain, LOWEST, false) }, SocketId(0));
        assert_eq!(ports.next_automatic(Kind::Stream, 65535..=65535, false), None);
    }

    #[test]
    fn sockets_at_one_address_are_found_in_the_order_of_their_binds() {
        let mut ports = Ports::default();
        let entry = bind(Reuse, SPECIFIC, false);
        let first = ports.insert(&entry, SocketId(9));
        ports.insert(&entry, SocketId(3));
        ports.remove(Kind::Stream, 7000, SPECIFIC, first);
        ports.insert(&entry, SocketId(9));
        let found: Vec<_> = ports.at(Kind::Stream, 7000, SPECIFIC).collect();
        assert_eq!(found, [SocketId(3), SocketId(9)]);
    }
}
