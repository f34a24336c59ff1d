//! The hasher that calls objects by their names.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

use super::layout::Layout;
use super::mix;
use crate::world::digest::Digest;
use crate::world::ids::{IdKind, Incarnation};

/// A hasher that hashes names in place of numbers and keeps count of who is mentioned.
///
/// A handle belongs to the process that was hashed last before it.
pub struct Renaming<'a> {
    inner: Digest,
    layout: &'a Layout,
    names: &'a [u64],
    mentions: &'a [Cell<u64>],
    /// The name of the object being hashed, and how many it has mentioned.
    mentioner: u64,
    mentioned: u32,
    scope: Incarnation,
}

impl<'a> Renaming<'a> {
    pub(super) fn new(layout: &'a Layout, names: &'a [u64], mentions: &'a [Cell<u64>], mentioner: u64) -> Self {
        let inner = Digest::default();
        Self { inner, layout, names, mentions, mentioner, mentioned: 0, scope: Incarnation(u32::MAX) }
    }

    /// The handles to come are this process's.
    pub fn enter(&mut self, process: Incarnation) {
        self.scope = process;
    }

    /// A process, without its handles.
    pub(super) fn mention(&mut self, process: Incarnation) {
        let scope = self.scope;
        process.hash(self);
        self.scope = scope;
    }

    /// Hashes things whose order says nothing.
    pub fn unordered<T>(&mut self, things: impl Iterator<Item = T>, mut hash: impl FnMut(&T, &mut Self)) {
        let (mut sum, mut count) = (0_u64, 0_u32);
        for thing in things {
            let inner = Digest::default();
            let mut one = Self { inner, mentioned: 0, ..*self };
            hash(&thing, &mut one);
            sum = sum.wrapping_add(one.inner.finish());
            count += 1;
        }
        self.inner.write_u32(count);
        self.inner.write_u64(sum);
    }

    fn identity(&mut self, kind: IdKind, number: u64) {
        if kind == IdKind::Process {
            self.scope = Incarnation(number as u32);
        }
        let Some(at) = self.layout.position(kind, self.scope, number) else {
            return self.inner.write_u64(number ^ UNNAMED);
        };
        self.inner.write_u64(self.names[at]);
        self.mentioned += 1;
        let weight = mix(self.mentioner.wrapping_add(u64::from(self.mentioned)).wrapping_add(kind as u64));
        let mention = &self.mentions[at];
        mention.set(mention.get().wrapping_add(weight));
    }
}

/// Tells numbers that name no object from names.
const UNNAMED: u64 = 1 << 63;

impl Hasher for Renaming<'_> {
    fn finish(&self) -> u64 {
        self.inner.finish()
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.inner.write(bytes);
    }

    #[inline]
    fn write_u128(&mut self, told: u128) {
        match IdKind::of(told) {
            (Some(kind), number) => self.identity(kind, number),
            (None, number) => self.inner.write_u64(number),
        }
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.inner.write_u8(value);
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.inner.write_u16(value);
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.inner.write_u32(value);
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.inner.write_u64(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.inner.write_usize(value);
    }
}

impl std::fmt::Debug for Renaming<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renaming").field("scope", &self.scope).finish_non_exhaustive()
    }
}
