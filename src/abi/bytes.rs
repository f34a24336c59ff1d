//! Little-endian fields, one after the other.

use std::fmt;

/// Bytes that have the wrong length for the structure they should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodeError {
    /// The structure, by its Windows name.
    pub structure: &'static str,
    /// How many bytes it has.
    pub expected: usize,
    /// How many bytes came.
    pub given: usize,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {} bytes, not {}", self.structure, self.expected, self.given)
    }
}

impl std::error::Error for DecodeError {}

/// The bytes as an array, if there are exactly `N` of them.
pub(super) fn exactly<'a, const N: usize>(
    structure: &'static str,
    bytes: &'a [u8],
) -> Result<&'a [u8; N], DecodeError> {
    bytes.try_into().map_err(|_| DecodeError { structure, expected: N, given: bytes.len() })
}

/// Something with a fixed number of bytes inside a structure.
pub(super) trait Field: Sized {
    /// How many bytes.
    const SIZE: usize;
    /// Reads from the first [`SIZE`](Self::SIZE) bytes.
    fn take(bytes: &[u8]) -> Self;
    /// Writes to the first [`SIZE`](Self::SIZE) bytes.
    fn put(&self, bytes: &mut [u8]);
}

macro_rules! integers {
    ($($type:ty),+) => {
        $(impl Field for $type {
            const SIZE: usize = size_of::<Self>();

            fn take(bytes: &[u8]) -> Self {
                let mut raw = [0; size_of::<Self>()];
                raw.copy_from_slice(&bytes[..Self::SIZE]);
                Self::from_le_bytes(raw)
            }

            fn put(&self, bytes: &mut [u8]) {
                bytes[..Self::SIZE].copy_from_slice(&self.to_le_bytes());
            }
        })+
    };
}

integers!(u8, u16, u32, i32);

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    const SIZE: usize = T::SIZE * N;

    fn take(bytes: &[u8]) -> Self {
        let mut fields = bytes.chunks_exact(T::SIZE).map(T::take);
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    }

    fn put(&self, bytes: &mut [u8]) {
        for (field, bytes) in self.iter().zip(bytes.chunks_exact_mut(T::SIZE)) {
            field.put(bytes);
        }
    }
}
