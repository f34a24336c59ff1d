//! Pending duplications: what a block stands for until its target opens it.

use std::hash::{Hash, Hasher};

use super::afd::{Afd, Cx};
use super::catalog::ShapeId;
use super::event::Event;
use super::ids::{Handle, IdKind, Incarnation, ProcessId, SocketId};

/// A hand-over made by WSPDuplicateSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplication {
    /// The word in the block that the base recognises. Never given twice.
    pub token: u32,
    /// The base provider that made it.
    pub maker: ShapeId,
    /// The shared socket.
    pub socket: SocketId,
    /// The process that may open it.
    pub target: Incarnation,
    /// The id that process had.
    pub target_id: ProcessId,
    /// Whether it still counts as a reference on the shared socket.
    pub holds_reference: bool,
    /// The first open. Set only while policies need to remember spent blocks.
    pub opened: Option<Opened>,
}

impl Hash for Duplication {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { token, maker, socket, target, target_id, holds_reference, opened } = self;
        IdKind::Token.hash(u64::from(*token), state);
        (maker, socket, target, target_id, holds_reference, opened).hash(state);
    }
}

impl Duplication {
    /// It ends unopened: its reference goes.
    pub(crate) fn drop_unopened(&self, afd: &mut Afd, cx: &mut Cx<'_>) {
        cx.log.note(|| Event::DuplicationDropped(*self));
        if self.holds_reference {
            afd.drop_duplication(cx, self.socket);
        }
    }
}

/// How a block was opened for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Opened {
    /// By whom.
    pub process: Incarnation,
    /// The base provider's descriptor.
    pub handle: Handle,
    /// Whether the open is over; until then it may still fail above the base.
    pub settled: bool,
}

/// Tokens are serial numbers times an odd constant: neighbours in time are far apart, so a block with a flipped bit
/// does not become the block beside it.
const SPREAD: u32 = 0x9e37_79b1;

/// What undoes [`SPREAD`]: its inverse modulo 2^32, by Newton's iteration.
const GATHER: u32 = {
    let mut inverse: u32 = 1;
    let mut round = 0;
    while round < 5 {
        inverse = inverse.wrapping_mul(2u32.wrapping_sub(SPREAD.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
};

/// All pending duplications of a machine, the oldest first.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Duplications {
    list: Vec<Duplication>,
    /// Sockets with a reference nobody will ever give up: a faulty provider counts wrong.
    stranded: Vec<SocketId>,
    /// How many there ever were.
    last: u32,
}

crate::world::copy::clone_by_fields!(Duplications { list, stranded as seldom, last });

impl Duplications {
    /// Adds one and returns its token; `None` when all 32-bit tokens were given.
    pub fn add(
        &mut self,
        maker: ShapeId,
        socket: SocketId,
        target: Incarnation,
        id: ProcessId,
        holds_reference: bool,
    ) -> Option<u32> {
        self.last = self.last.checked_add(1)?;
        let token = self.last.wrapping_mul(SPREAD);
        self.list.push(Duplication { token, maker, socket, target, target_id: id, holds_reference, opened: None });
        Some(token)
    }

    /// The duplication with this token.
    #[must_use]
    pub fn get(&self, token: u32) -> Option<&Duplication> {
        self.position(token).map(|at| &self.list[at])
    }

    /// The duplication with this token.
    pub fn get_mut(&mut self, token: u32) -> Option<&mut Duplication> {
        self.position(token).map(|at| &mut self.list[at])
    }

    /// A block was opened: it is off the list, or stays on it to be `remembered` as spent. Returns it as it was; its
    /// reference is the caller's now.
    pub fn spend(&mut self, token: u32, remembered: bool) -> Option<Duplication> {
        if !remembered {
            return self.remove(token);
        }
        let duplication = self.get_mut(token)?;
        let before = *duplication;
        duplication.holds_reference = false;
        if let Some(opened) = &mut duplication.opened {
            opened.settled = true;
        }
        Some(before)
    }

    /// A descriptor has gone. Where a second open gives the descriptor of the first once more, a later one with the
    /// same number must not be taken for it.
    pub fn descriptor_gone(&mut self, process: Incarnation, handle: Handle) {
        for opened in self.list.iter_mut().filter_map(|duplication| duplication.opened.as_mut()) {
            if (opened.process, opened.handle) == (process, handle) {
                opened.handle = Handle::INVALID;
            }
        }
    }

    /// Takes it off the list.
    pub fn remove(&mut self, token: u32) -> Option<Duplication> {
        self.position(token).map(|at| self.list.remove(at))
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Duplication> {
        self.list.iter()
    }

    /// Takes off the list all that `which` names, the oldest first.
    pub fn take(&mut self, which: impl Fn(&Duplication) -> bool) -> Vec<Duplication> {
        if !self.list.iter().any(&which) {
            return Vec::new();
        }
        let (taken, kept) = std::mem::take(&mut self.list).into_iter().partition(|duplication| which(duplication));
        self.list = kept;
        taken
    }

    /// The one at a position.
    pub(super) fn nth(&self, at: usize) -> Option<&Duplication> {
        self.list.get(at)
    }

    /// A faulty provider counts a reference that is nobody's.
    pub(crate) fn strand(&mut self, socket: SocketId) {
        self.stranded.push(socket);
    }

    /// The sockets of references that are nobody's.
    pub fn stranded(&self) -> impl Iterator<Item = SocketId> + '_ {
        self.stranded.iter().copied()
    }

    /// How many hold a reference on this shared socket.
    #[must_use]
    pub fn references(&self, socket: SocketId) -> u32 {
        let held = self.list.iter().filter(|d| d.holds_reference && d.socket == socket).count();
        (held + self.stranded.iter().filter(|&&stranded| stranded == socket).count()) as u32
    }

    /// Serial numbers only grow, so the list is sorted by them.
    fn position(&self, token: u32) -> Option<usize> {
        let serial = |token: u32| token.wrapping_mul(GATHER);
        self.list.binary_search_by_key(&serial(token), |duplication| serial(duplication.token)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_duplication_and_its_neighbours_do_not() {
        let mut duplications = Duplications::default();
        let add = |d: &mut Duplications, n| {
            d.add(ShapeId(0), SocketId(n), Incarnation(0), ProcessId(8), true).expect("a token")
        };
        let tokens: Vec<u32> = (0..100).map(|n| add(&mut duplications, n)).collect();
        for (n, &token) in tokens.iter().enumerate() {
            assert_eq!(duplications.get(token).map(|d| d.socket), Some(SocketId(n as u32)));
            for bit in 0..32 {
                assert_eq!(duplications.get(token ^ (1 << bit)), None, "token {token:#x}, bit {bit}");
            }
        }
        assert_eq!(duplications.get(0), None, "zero marks an ordinary entry");
    }
}
