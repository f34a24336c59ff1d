//! What a choice touched, as bits: the thread and its labels, and what of the machine its ops touch.
//!
//! Kinds of objects have their own bits, so that objects of two kinds are never taken for one.

use std::ops::Range;

use super::super::reader::{SlotId, ThreadRef};
use super::Item;
use crate::explore::Footprint;
use crate::world::footprint::{Access, Footprint as Touched, ObjectKind};

/// Collects what a choice touches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Print(Footprint);

const AGENTS: Range<u32> = 0..16;
const LABELS: Range<u32> = 16..32;
const SOCKETS: Range<u32> = 32..64;
const PROCESSES: Range<u32> = 64..80;
const EVENTS: Range<u32> = 80..96;
const DUPLICATIONS: Range<u32> = 96..112;
const PORTS: Range<u32> = 112..120;
const MACHINE: Range<u32> = 120..128;

/// The bit of a number of a kind.
fn bit(kind: &Range<u32>, number: u32) -> u128 {
    1 << (kind.start + number % (kind.end - kind.start))
}

impl Print {
    pub(super) fn bits(self) -> Footprint {
        self.0
    }

    /// Nobody knows what it touches.
    pub(super) fn everything(&mut self) {
        self.0 = Footprint::EVERYTHING;
    }

    /// A thread goes on: it does one thing after the other.
    pub(super) fn agent(&mut self, on: ThreadRef) {
        self.0.write(bit(&AGENTS, on.0));
    }

    /// The labels a step reads and gives.
    pub(super) fn item(&mut self, item: &Item) {
        let label = |slot: &SlotId| bit(&LABELS, slot.0);
        item.uses.iter().for_each(|slot| self.0.read(label(slot)));
        item.gives().iter().flatten().for_each(|slot| self.0.write(label(slot)));
    }

    /// What an op touches.
    pub(super) fn op(&mut self, touched: &Touched) {
        if touched.is_everything() {
            return self.everything();
        }
        if touched.touches_all_sockets() {
            SOCKETS.for_each(|socket| self.0.write(1 << socket));
        }
        for (object, access) in touched.objects() {
            let kind = match object.kind() {
                ObjectKind::Process => PROCESSES,
                ObjectKind::Socket => SOCKETS,
                ObjectKind::Event => EVENTS,
                ObjectKind::Port => PORTS,
                ObjectKind::Duplication => DUPLICATIONS,
                ObjectKind::Machine => MACHINE,
            };
            let bit = bit(&kind, object.number());
            match access {
                Access::Read => self.0.read(bit),
                Access::Write => self.0.write(bit),
            }
        }
    }
}
