//! What lies under a base provider, tested through its public interface.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bench;
mod bind;
mod close;
mod connect;
mod datagram;
mod events;
mod faults;
mod listen;
mod options;
mod random;
mod stream;

use super::*;
