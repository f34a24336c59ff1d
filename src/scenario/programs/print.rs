//! What a choice touched, as bits: the thread and its labels, and what of the machine its ops touch.
//!
//! Kinds of objects have their own bits, so that objects of two kinds are never taken for one.

use std::ops::Range;

use super::super::reader::{SlotId, ThreadRef};
use super::Item;
use crate::explore::Footprint;
use crate::world::footprint::{Access, Footprint as Touched, ObjectKind};

/// Collects what a choice touches, where somebody asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print(Option<Footprint>);

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
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self(Some(Footprint::NOTHING))
    }

    /// Nobody asks, or nobody could tell.
    pub(super) fn off() -> Self {
        Self(None)
    }

    /// What was collected; everything, where nobody has collected.
    pub(super) fn bits(self) -> Footprint {
        self.0.unwrap_or(Footprint::EVERYTHING)
    }

    /// Nobody knows what it touches.
    pub(super) fn everything(&mut self) {
        self.0 = None;
    }

    /// A thread goes on: it does one thing after the other.
    pub(super) fn agent(&mut self, on: ThreadRef) {
        if let Some(print) = &mut self.0 {
            print.write(bit(&AGENTS, on.0));
        }
    }

    /// The labels a step reads and gives.
    pub(super) fn item(&mut self, item: &Item) {
        let Some(print) = &mut self.0 else { return };
        let label = |slot: &SlotId| bit(&LABELS, slot.0);
        item.uses.iter().for_each(|slot| print.read(label(slot)));
        item.gives().iter().flatten().for_each(|slot| print.write(label(slot)));
    }

    /// What an op touches, worked out only if somebody asks.
    pub(super) fn op(&mut self, touched: impl FnOnce() -> Touched) {
        let Some(print) = &mut self.0 else { return };
        let touched = touched();
        if touched.is_everything() {
            return self.everything();
        }
        if touched.touches_all_sockets() {
            SOCKETS.for_each(|socket| print.write(1 << socket));
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
                Access::Read => print.read(bit),
                Access::Write => print.write(bit),
            }
        }
    }
}
