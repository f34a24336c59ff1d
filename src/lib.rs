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
//! | [`provider`] | the code between ws2_32 and the shared sockets: the trait, the base, the layer, a layer of your own |
//! | [`model`] | reading `models/`: catalogs, provider shapes, limits, policies |
//! | [`scenario`] | reading scenarios, playing them, expectations |
//! | [`explore`] | every order in which a system can go on, or a sample of them |
//! | [`trace`] | events and their renderings: lanes, JSON Lines |
//! | [`coverage`] | which documented errors, rules and policies some plays have reached |
//! | `cli` (of the binary) | the command line, one file a verb |
//!
//! # A walk
//!
//! One WSPDuplicateSocket on its way from the application through a layer to the base, one file after the other:
//!
//! | file | what happens there |
//! |---|---|
//! | `src/world/step.rs` | `step`: the op arrives; `call`: the thread is free to make one |
//! | `src/world/drive.rs` | `start_call`, `drive`: frames are entered and left until the call returns or waits |
//! | `src/world/ws2_32/spi.rs` | `enter_on_handle`, `route`: ws2_32 finds the owner of the handle |
//! | `src/provider/layer/mod.rs` | `on_socket`: the layer knows the handle |
//! | `src/provider/layer/socket.rs` | `duplicate`: it calls down with the handle of the next link |
//! | `src/provider/base/mod.rs` | `call`: the base is entered |
//! | `src/provider/base/duplicate.rs` | `duplicate`: it makes the block |
//! | `src/world/duplication.rs` | `add`: the hand-over and its token |
//! | `src/world/afd/reference.rs` | `add_duplication`: the shared socket counts it |
//!
//! On the way back `duplicated` in the layer's `socket.rs` puts the chain entry in, `answer` in `drive.rs` hands it from
//! frame to frame, and `finish` there to the client. Where somebody looks at contracts, `src/world/checks/mod.rs` sees
//! every crossing between. A call that goes straight to a base, with nobody taking notes, has a shorter way:
//! `src/world/straight.rs`.
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
//! | duty, breach | a rule that says what a provider owes its neighbours; a duty that was broken, as [`world::checks`] tells it |
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
