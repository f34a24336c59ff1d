//! Copies of a world into the memory of another one.
//!
//! An exploration makes a world for every choice and keeps few of them. `#[derive(Clone)]` would ask for all memory anew
//! each time; what is implemented here copies field by field into what is there.

use std::sync::Arc;

/// Implements `Clone` for a type by its fields, `clone_from` included. A forgotten field does not compile.
///
/// A field `as shared` holds an [`Arc`] that both worlds mostly have in common: then nobody counts it anew. Threads that
/// explore the same machine would otherwise wait for each other at its counter. A field `as seldom` is a collection
/// that is mostly empty.
macro_rules! clone_by_fields {
    (@from $this:ident, $other:ident, $field:tt) => {
        $this.$field.clone_from(&$other.$field)
    };
    (@from $this:ident, $other:ident, $field:tt shared) => {
        $crate::world::copy::share(&mut $this.$field, &$other.$field)
    };
    (@from $this:ident, $other:ident, $field:tt seldom) => {
        if !($this.$field.is_empty() && $other.$field.is_empty()) {
            $this.$field.clone_from(&$other.$field);
        }
    };
    ($($type:ty { $($field:tt $(as $how:ident)?),+ $(,)? })+) => {
        $(impl Clone for $type {
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone()),+ }
            }

            fn clone_from(&mut self, other: &Self) {
                $($crate::world::copy::clone_by_fields!(@from self, other, $field $($how)?);)+
            }
        })+
    };
}

pub(crate) use clone_by_fields;

/// Something that is counted where it is.
pub(crate) trait Shared: Clone {
    /// Whether both are the same one.
    fn is(&self, other: &Self) -> bool;
}

impl<T: ?Sized> Shared for Arc<T> {
    fn is(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other)
    }
}

impl<T: Shared> Shared for Option<T> {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(one), Some(other)) => one.is(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

/// Makes one what the other is, unless it is that already.
#[inline]
pub(crate) fn share<T: Shared>(this: &mut T, other: &T) {
    if !this.is(other) {
        this.clone_from(other);
    }
}
