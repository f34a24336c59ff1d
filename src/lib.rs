//! wspsim.
#![forbid(unsafe_code)]

pub mod abi;
pub mod rules;
pub mod world;
