//! wspsim.
#![forbid(unsafe_code)]

pub mod abi;
pub mod contract;
pub mod model;
pub mod provider;
pub mod rules;
pub mod scenario;
pub mod trace;
pub mod world;
