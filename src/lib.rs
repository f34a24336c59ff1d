//! **wspsim**: a deterministic Winsock 2 service provider stack in memory.
//!
//! What ws2_32, the protocol catalog, layered and base providers, processes, descriptors and the sockets beneath them
//! do on Windows, as one Rust value that runs on any OS. The README shows what it is for; this page is the map.
//!
//! # The idea
//!
//! [`World`](world::World) holds everything that can change. [`World::step`](world::World::step) is the only way it
//! changes, and it is total: no [`Op`](world::op::Op) makes it panic. What the real world would decide (who runs, when
//! a timer fires, what fails) is an op chosen from outside, and [`World::enabled`](world::World::enabled) lists what
//! can happen by itself. Determinism, exploration, stepping backwards, shrinking, fuzzing and comparing all follow
//! from that.
//!
//! # The rooms, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`abi`] | ws2spi.h in Rust: numbers, structures, byte layouts, the call alphabets. No behaviour |
//! | [`rules`], [`contract`] | every modelled rule with its source; every documented error |
//! | [`world`] | the machine: processes, handles, ws2_32, upcalls, and [`world::afd`], the shared sockets |
//! | [`provider`] | the code between ws2_32 and the shared sockets: the trait, the base, the layer |
//! | [`model`] | reading `models/`: catalogs, provider shapes, limits, policies |
//! | [`scenario`] | reading scenarios, playing them, expectations |
//! | [`explore`] | every order in which a system can go on, or a sample of them |
//! | [`trace`] | events and their renderings: lanes, JSON Lines |
//! | [`coverage`] | which documented errors, rules and policies some plays have reached |
//! | `cli` (of the binary) | the command line, one file a verb |
//!
//! One WSPDuplicateSocket from the application to the base and back, one file after the other: `world/step.rs` (the op
//! arrives), `world/drive.rs` (its frames run), `world/ws2_32/spi.rs` (the owner of the handle is found),
//! `provider/layer/socket.rs` (the layer calls down), `provider/base/duplicate.rs` (the base makes the block),
//! `world/duplication.rs` and `world/afd/socket.rs` (what stands behind it); on the way back `provider/layer/socket.rs`
//! puts the chain entry in, and `world/drive.rs` returns it.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | catalog entry | one installed WSAPROTOCOL_INFOW: base (ChainLen 1), layer (0) or chain (2..7) |
//! | provider | the code behind a provider id; *shape*: that code as a model describes it; *provider instance*: that code loaded in one process |
//! | link | one position of a chain, as the layer standing there sees it |
//! | process | one *incarnation*; the process id may be reused, the incarnation never |
//! | handle | a number in one process's table; *descriptor*: a handle that names a socket; *context*: what a non-IFS provider attached to it |
//! | shared socket | the socket all descriptors refer to; counted over descriptors and pending duplications |
//! | duplication | a pending hand-over: made by WSPDuplicateSocket, for one incarnation, consumed once by WSPSocket |
//! | block | the 628 (or 372) bytes of protocol info that travel between processes |
//! | op, call, frame, event | an op is chosen; it may start a call; a call runs as frames, one per layer; steps emit events |
//! | policy | a named answer to a question the documentation leaves open |
//! | model | a RON file that describes a machine. The second, naive implementation in the tests is the *reference* |
//!
//! # Invariants
//!
//! - The core (`abi`, `world`, `provider`, `rules`, `contract`) knows no file, clock, environment, random source,
//!   thread or output format. It iterates over no hash map and has no statics that change. A test reads the sources
//!   to keep it so.
//! - All state is part of equality and of the digest; two runs of anything are byte-equal.
//! - `trace` renders events and never looks into a `World`; only `scenario` and `model` know positions in files; only
//!   `cli` prints.
//! - There is no unsafe code.
#![forbid(unsafe_code)]

pub mod abi;
pub mod contract;
pub mod coverage;
pub mod explore;
pub mod model;
pub mod provider;
pub mod rules;
pub mod scenario;
pub mod trace;
pub mod world;
