//! Memory that the instances of one provider share in all processes: the token tables of layers that put a word of
//! their own into a block. A layer has no other way to the target's instance of itself (A28).

use super::catalog::ShapeId;
use super::ids::ProcessId;

/// What stands behind a layer's own token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kept {
    layer: ShapeId,
    token: u32,
    lower: u32,
    target: ProcessId,
}

/// The token tables of all layers, the oldest tokens first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sections {
    kept: Vec<Kept>,
    last: u32,
}

/// Own tokens are far apart, and are no neighbours of a base's.
const SPREAD: u32 = 0x85eb_ca6b;

impl Sections {
    /// A token of the layer's for the word from below.
    pub(crate) fn keep(&mut self, layer: ShapeId, lower: u32, target: ProcessId) -> u32 {
        self.last = self.last.wrapping_add(1).max(1);
        let token = self.last.wrapping_mul(SPREAD);
        self.kept.push(Kept { layer, token, lower, target });
        token
    }

    /// The word from below that stands behind a token of the layer's.
    pub(crate) fn lower(&self, layer: ShapeId, token: u32) -> Option<u32> {
        self.kept.iter().find(|kept| (kept.layer, kept.token) == (layer, token)).map(|kept| kept.lower)
    }

    /// The block was opened, or never will be.
    pub(crate) fn forget(&mut self, layer: ShapeId, token: u32) {
        self.kept.retain(|kept| (kept.layer, kept.token) != (layer, token));
    }

    /// A process has ended: what was meant for it is of no use.
    pub(crate) fn forget_target(&mut self, target: ProcessId) {
        self.kept.retain(|kept| kept.target != target);
    }

    /// How many tokens are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}
