//! The hasher that tells identities from other content.

use std::hash::Hasher;

use super::layout::Layout;
use super::record::{Name, Raw, Record, Word};
use crate::world::digest::Digest;
use crate::world::ids::{IdKind, Incarnation};

/// A hasher that notes who is mentioned in place of hashing numbers.
///
/// A handle belongs to the process that was hashed last before it.
pub struct Renaming<'a> {
    inner: Digest,
    sink: Sink<'a>,
    scope: Incarnation,
}

/// Where it is noted.
enum Sink<'a> {
    /// For this world.
    Record(&'a Layout, &'a mut Record),
    /// For worlds to come.
    Kept(&'a mut Vec<Raw>),
}

impl Sink<'_> {
    /// Where the word is made it is written as what it is; handed over, it would be waited for.
    #[inline(always)]
    fn push(&mut self, word: Word) {
        match self {
            Self::Record(_, record) => record.push(word),
            Self::Kept(kept) => kept.push(Raw::Word(word)),
        }
    }
}

impl<'a> Renaming<'a> {
    pub(super) fn new(layout: &'a Layout, record: &'a mut Record) -> Self {
        Self::into(Sink::Record(layout, record))
    }

    /// Notes what can be played in any world.
    pub(super) fn keeping(kept: &'a mut Vec<Raw>) -> Self {
        Self::into(Sink::Kept(kept))
    }

    fn into(sink: Sink<'a>) -> Self {
        Self { inner: Digest::default(), sink, scope: Incarnation(u32::MAX) }
    }

    /// An object is done; the next one begins.
    pub(super) fn end(&mut self) {
        self.note_content();
        match &mut self.sink {
            Sink::Record(_, record) => record.end(),
            Sink::Kept(kept) => kept.push(Raw::End),
        }
        self.scope = Incarnation(u32::MAX);
    }

    /// What was kept of an object, or several, follows what was hashed of it.
    pub(super) fn play(&mut self, (kept, stands): (&[Raw], u64)) {
        if let Sink::Record(layout, record) = &mut self.sink {
            record.play(layout, kept, stands);
        }
        self.scope = Incarnation(u32::MAX);
    }

    /// The handles to come are this process's.
    pub fn enter(&mut self, process: Incarnation) {
        self.scope = process;
    }

    /// A process, without its handles.
    pub(super) fn mention(&mut self, process: Incarnation) {
        let scope = self.scope;
        IdKind::Process.hash(u64::from(process.0), self);
        self.scope = scope;
    }

    /// Hashes things whose order says nothing.
    pub fn unordered<T>(&mut self, things: impl Iterator<Item = T>, mut hash: impl FnMut(&T, &mut Self)) {
        let scope = self.scope;
        // What was hashed before belongs to what is around, and so does how many there are.
        self.note_content();
        self.sink.push(Word::Things);
        let mut count = 0_u32;
        for thing in things {
            self.sink.push(Word::Thing);
            hash(&thing, self);
            self.note_content();
            self.sink.push(Word::ThingEnd);
            self.scope = scope;
            count += 1;
        }
        self.sink.push(Word::ThingsEnd);
        self.inner.write_u32(count);
    }

    pub(super) fn note_content(&mut self) {
        let content = std::mem::take(&mut self.inner).finish();
        self.sink.push(Word::Content(content));
    }

    fn identity(&mut self, kind: IdKind, number: u64) {
        if kind == IdKind::Process {
            self.scope = Incarnation(number as u32);
        }
        // Content goes on after it: where the mention stands is part of the content.
        self.inner.write_u64(MENTION ^ kind as u64);
        let name = Name { kind, scope: self.scope, number };
        match &mut self.sink {
            Sink::Record(layout, record) => record.name(layout, name),
            Sink::Kept(kept) => kept.push(Raw::Name(name)),
        }
    }
}

/// Stands in the content where somebody is mentioned.
const MENTION: u64 = 0xa409_3822_299f_31d0;

impl Hasher for Renaming<'_> {
    /// Of what was hashed since the last mention of things without order: not the digest.
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
