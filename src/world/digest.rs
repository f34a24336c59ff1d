//! The hash of a world: the same on every run and every machine of one word size.

use foldhash::quality::FixedState;
use std::hash::{BuildHasher, Hasher};

/// A hasher with a fixed seed.
pub struct Digest(<FixedState as BuildHasher>::Hasher);

impl Default for Digest {
    fn default() -> Self {
        Self(FixedState::with_seed(0x77_73_70_73_69_6d).build_hasher())
    }
}

macro_rules! forward {
    ($($name:ident: $type:ty),+) => {
        $(#[inline]
        fn $name(&mut self, value: $type) {
            self.0.$name(value);
        })+
    };
}

impl Hasher for Digest {
    #[inline]
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Only identities have so many bits, and only their number counts here.
    #[inline]
    fn write_u128(&mut self, value: u128) {
        self.0.write_u64(value as u64);
    }

    forward!(write_u8: u8, write_u16: u16, write_u32: u32, write_u64: u64, write_usize: usize);
}
