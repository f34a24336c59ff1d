//! Copies of a world into the memory of another one.
//!
//! An exploration makes a world for every choice and keeps few of them. `#[derive(Clone)]` would ask for all memory anew
//! each time; what is implemented here copies field by field into what is there.

/// Implements `Clone` for a type by its fields, `clone_from` included. A forgotten field does not compile.
macro_rules! clone_by_fields {
    ($($type:ty { $($field:tt),+ $(,)? })+) => {
        $(impl Clone for $type {
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone()),+ }
            }

            fn clone_from(&mut self, other: &Self) {
                $(self.$field.clone_from(&other.$field);)+
            }
        })+
    };
}

pub(crate) use clone_by_fields;
