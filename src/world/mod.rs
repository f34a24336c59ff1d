//! The machine as one value.

pub mod afd;
pub mod event;
pub mod ids;
pub mod log;
pub mod machine;
pub mod policy;
pub mod table;
