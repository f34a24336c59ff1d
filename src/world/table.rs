//! A slab whose equality and hash also cover what it will answer next.
//!
//! Windows hands a freed handle number out again at once, so the order in which slots were freed is part of a
//! machine's state: two worlds that agree on all entries but not on the next free number are different worlds. The slabs
//! of `slab` keep that order to themselves, and cannot be cloned into memory that is there already.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// An index type of one kind of table: `u32` inside, a name of its own outside.
pub trait Key: Copy + Eq {
    /// Wraps a slot number.
    fn from_slot(slot: u32) -> Self;
    /// The slot number.
    fn slot(self) -> u32;
}

/// Defines a [`Key`] newtype.
#[macro_export]
#[doc(hidden)]
macro_rules! table_key {
    ($(#[$meta:meta])* $name:ident) => {
        $crate::table_key!($(#[$meta])* #[derive(Hash)] $name, hashed apart);
    };
    // The hash is implemented elsewhere.
    ($(#[$meta:meta])* $name:ident, hashed apart) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $crate::world::table::Key for $name {
            fn from_slot(slot: u32) -> Self {
                Self(slot)
            }
            fn slot(self) -> u32 {
                self.0
            }
        }
    };
}

/// A slab of `T` addressed by `K`. The slot freed last is used first.
pub struct Table<K, T> {
    slots: Vec<Option<T>>,
    /// Freed slots, the next one to be used at the end.
    freed: Vec<u32>,
    key: PhantomData<fn(K) -> K>,
}

impl<K: Key, T> Table<K, T> {
    /// An empty table. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: Vec::new(), freed: Vec::new(), key: PhantomData }
    }

    /// Stores `value` in the slot freed last, or in a new one at the end.
    pub fn insert(&mut self, value: T) -> K {
        if let Some(slot) = self.freed.pop() {
            self.slots[slot as usize] = Some(value);
            return K::from_slot(slot);
        }
        self.slots.push(Some(value));
        K::from_slot(self.slots.len() as u32 - 1)
    }

    /// The key that the next [`insert`](Self::insert) returns.
    #[must_use]
    pub fn next_key(&self) -> K {
        K::from_slot(self.freed.last().copied().unwrap_or(self.slots.len() as u32))
    }

    /// Takes the value out and frees its slot; `None` if the slot is free.
    pub fn remove(&mut self, key: K) -> Option<T> {
        let value = self.slots.get_mut(key.slot() as usize)?.take()?;
        self.freed.push(key.slot());
        Some(value)
    }

    /// The value, if the slot is in use.
    #[inline]
    #[must_use]
    pub fn get(&self, key: K) -> Option<&T> {
        self.slots.get(key.slot() as usize)?.as_ref()
    }

    /// The value, if the slot is in use.
    #[inline]
    pub fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.slots.get_mut(key.slot() as usize)?.as_mut()
    }

    /// The slots that are free and were in use once, the one to be used next at the end.
    pub(crate) fn freed(&self) -> &[u32] {
        &self.freed
    }

    /// Slots are below this.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// How many slots are in use.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.freed.len()
    }

    /// Whether no slot is in use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries in slot order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &T)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(slot, value)| Some((K::from_slot(slot as u32), value.as_ref()?)))
    }

    /// All entries in slot order, mutable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut T)> {
        let slots = self.slots.iter_mut().enumerate();
        slots.filter_map(|(slot, value)| Some((K::from_slot(slot as u32), value.as_mut()?)))
    }

    /// The keys in use, in slot order.
    pub fn keys(&self) -> impl Iterator<Item = K> + '_ {
        self.iter().map(|(key, _)| key)
    }
}

impl<K: Key, T> Default for Table<K, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, T: Clone> Clone for Table<K, T> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone(), freed: self.freed.clone(), key: PhantomData }
    }

    fn clone_from(&mut self, other: &Self) {
        self.slots.clone_from(&other.slots);
        self.freed.clone_from(&other.freed);
    }
}

impl<K: Key + std::fmt::Debug, T: std::fmt::Debug> std::fmt::Debug for Table<K, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Key, T: PartialEq> PartialEq for Table<K, T> {
    fn eq(&self, other: &Self) -> bool {
        // Mostly nothing is free, and comparing no bytes at no address is slow on some machines.
        self.freed.iter().eq(&other.freed) && self.slots == other.slots
    }
}

impl<K: Key, T: Eq> Eq for Table<K, T> {}

impl<K: Key, T: Hash> Hash for Table<K, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.freed.hash(state);
        state.write_usize(self.len());
        for (key, value) in self.iter() {
            state.write_u32(key.slot());
            value.hash(state);
        }
    }
}

impl<K: Key, T> std::ops::Index<K> for Table<K, T> {
    type Output = T;
    fn index(&self, key: K) -> &T {
        self.get(key).unwrap_or_else(|| panic!("slot {} is free", key.slot()))
    }
}

impl<K: Key, T> std::ops::IndexMut<K> for Table<K, T> {
    fn index_mut(&mut self, key: K) -> &mut T {
        self.get_mut(key).unwrap_or_else(|| panic!("slot {} is free", key.slot()))
    }
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes public keys")]
mod tests {
    use super::*;

    table_key!(
        /// A key for the tests.
        Slot
    );

    #[test]
    fn the_slot_freed_last_is_used_first() {
        let mut table: Table<Slot, u8> = Table::new();
        let (a, b) = (table.insert(1), table.insert(2));
        table.remove(a);
        table.remove(b);
        assert_eq!(table.next_key(), b);
        assert_eq!(table.insert(3), b);
        assert_eq!(table.insert(4), a);
    }

    #[test]
    fn equality_covers_the_order_of_free_slots() {
        let mut one: Table<Slot, u8> = Table::new();
        let (a, b) = (one.insert(1), one.insert(2));
        let mut two = one.clone();
        one.remove(a);
        one.remove(b);
        two.remove(b);
        two.remove(a);
        assert_ne!(one, two, "the next numbers differ");
    }
}
