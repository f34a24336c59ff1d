//! What was hashed of a world, kept so that it can be hashed again under other names.
//!
//! A world is gone over once. What stays of each object is the hash of its plain content and the list of the objects
//! it mentions, so a round of colouring costs a few operations an object however much there is in it.

use std::ops::Range;

use super::layout::Layout;
use super::mix;
use crate::world::ids::{Handle, IdKind, Incarnation};

/// One word of a record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// Content that is the same under all names.
    Content(u64),
    /// An object is mentioned, by its position.
    Mention(u32, IdKind),
    /// Things follow whose order says nothing.
    Things,
    /// One of them begins.
    Thing,
    /// It ends.
    ThingEnd,
    /// All of them have ended.
    ThingsEnd,
}

impl Word {
    /// The word as it stands, for a hash of many.
    #[inline(always)]
    fn stands(self) -> u64 {
        match self {
            Self::Content(content) => content,
            Self::Mention(at, kind) => 1 << 40 | (kind as u64) << 32 | u64::from(at),
            Self::Things => 2 << 40,
            Self::Thing => 3 << 40,
            Self::ThingEnd => 4 << 40,
            Self::ThingsEnd => 5 << 40,
        }
    }
}

/// Stands at the end of an object.
const END: u64 = 6 << 40;

/// The hash of what is kept, by the numbers in it; tokens are left out.
pub(super) fn hash_of_kept(kept: &[Raw]) -> u64 {
    kept.iter().fold(SEED, |hash, raw| match raw {
        Raw::Word(word) => fold(hash, word.stands()),
        Raw::Name(Name { kind, scope, number }) => {
            let number = if *kind == IdKind::Token { 0 } else { *number };
            fold(fold(hash, 7 << 40 | (*kind as u64) << 32 | u64::from(scope.0)), number)
        }
        Raw::End => fold(hash, END),
    })
}

/// One word of what is kept for other worlds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Raw {
    /// Anything but a mention.
    Word(Word),
    /// A mention, by the number it was made by.
    Name(Name),
    /// An object is done.
    End,
}

/// What an object is called in a world.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) kind: IdKind,
    /// Whose handle it is, of a handle.
    pub(super) scope: Incarnation,
    pub(super) number: u64,
}

/// The words of all objects, and of the rest.
#[derive(Debug, Default)]
pub(super) struct Record {
    words: Vec<Word>,
    /// A hash of everything there is under the numbers and positions that things have.
    pub(super) stands: u64,
    /// By object: where its words end.
    ends: Vec<u32>,
    /// By object: how often it is mentioned.
    pub(super) mentioned: Vec<u32>,
    /// Whether a handle is mentioned whose number was never in use: it may be given out one day.
    pub(super) foretells: bool,
    outer: Vec<Outer>,
}

/// What is around the thing that is being hashed.
#[derive(Clone, Copy, Debug)]
struct Outer {
    hash: u64,
    mentions: u32,
    sum: u64,
}

impl Record {
    pub(super) fn clear(&mut self, objects: usize) {
        self.words.clear();
        self.stands = SEED;
        self.ends.clear();
        self.mentioned.clear();
        self.mentioned.resize(objects, 0);
        self.foretells = false;
    }

    #[inline(always)]
    pub(super) fn push(&mut self, word: Word) {
        self.stands = fold(self.stands, word.stands());
        self.add(word);
    }

    #[inline(always)]
    fn add(&mut self, word: Word) {
        if let Word::Mention(at, _) = word {
            self.mentioned[at as usize] += 1;
        }
        self.words.push(word);
    }

    /// Somebody is mentioned, or a number that names nobody.
    pub(super) fn name(&mut self, layout: &Layout, name: Name) {
        match self.position(layout, name) {
            Some(at) => self.push(Word::Mention(at as u32, name.kind)),
            None => self.push(Word::Content(name.number ^ UNNAMED)),
        }
    }

    fn position(&mut self, layout: &Layout, name: Name) -> Option<usize> {
        let at = layout.position(name.kind, name.scope, name.number);
        self.foretells |= at.is_none() && name.kind == IdKind::Handle && Handle(name.number).slot().is_some();
        at
    }

    /// What was kept is said again; `stands` is its hash.
    pub(super) fn play(&mut self, layout: &Layout, kept: &[Raw], stands: u64) {
        self.stands = fold(self.stands, stands);
        for raw in kept {
            match raw {
                // By far the most: copied as what it is.
                Raw::Word(Word::Content(content)) => self.words.push(Word::Content(*content)),
                Raw::Word(word) => self.words.push(*word),
                Raw::Name(name) => self.play_name(layout, *name),
                Raw::End => self.ends.push(self.words.len() as u32),
            }
        }
    }

    fn play_name(&mut self, layout: &Layout, name: Name) {
        let word = match self.position(layout, name) {
            Some(at) => Word::Mention(at as u32, name.kind),
            None => Word::Content(name.number ^ UNNAMED),
        };
        self.add(word);
        // Tokens are never given twice; where one stands says more.
        if name.kind == IdKind::Token {
            self.stands = fold(self.stands, word.stands());
        }
    }

    /// An object is done.
    pub(super) fn end(&mut self) {
        self.stands = fold(self.stands, END);
        self.ends.push(self.words.len() as u32);
    }

    fn range(&self, object: usize) -> Range<usize> {
        let start = object.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[object] as usize
    }

    /// The hash of an object, in which others are called by their names. `mention` hears of each mention and what it
    /// weighs, given what the object itself is called.
    pub(super) fn hash(&mut self, object: usize, names: &[u64], own: u64, mut mention: impl FnMut(usize, u64)) -> u64 {
        let range = self.range(object);
        let Self { words, outer, .. } = self;
        let (mut hash, mut mentions, mut sum) = (SEED, 0_u32, 0_u64);
        for &word in &words[range] {
            match word {
                Word::Content(content) => hash = fold(hash, content),
                Word::Mention(at, kind) => {
                    hash = fold(hash, names[at as usize]);
                    mentions += 1;
                    let weight = own.wrapping_add(u64::from(mentions)).wrapping_add(kind as u64);
                    mention(at as usize, mix(weight));
                }
                Word::Things => {
                    outer.push(Outer { hash, mentions, sum });
                    sum = 0;
                }
                Word::Thing => (hash, mentions) = (SEED, 0),
                Word::ThingEnd => sum = sum.wrapping_add(fold(SEED, hash)),
                Word::ThingsEnd => {
                    let Some(around) = outer.pop() else { continue };
                    hash = fold(around.hash, sum);
                    (mentions, sum) = (around.mentions, around.sum);
                }
            }
        }
        hash
    }
}

/// Tells numbers that name no object from names.
const UNNAMED: u64 = 1 << 63;

const SEED: u64 = 0x243f_6a88_85a3_08d3;

/// Mixes a word into a hash: both halves of a product.
pub(super) fn fold(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash.rotate_left(29) ^ word) * 0x9e37_79b9_7f4a_7c15_u128;
    (product as u64) ^ (product >> 64) as u64 ^ hash
}
