//! The machines of random I/O: no layer to three of them, buffers of a few bytes.

use std::sync::{Arc, OnceLock};

use wspsim::abi::consts::{AF_INET, SOCK_SEQPACKET};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::machine::{Limits, Machine, Platform};

use super::input::Input;
use crate::support;

/// Base provider and layers, from the base upwards.
const STACKS: &[(HandleKind, &[HandleKind])] = &[
    (Ifs, &[]),
    (NonIfs, &[]),
    (Ifs, &[Ifs]),
    (Ifs, &[NonIfs]),
    (NonIfs, &[NonIfs]),
    (Ifs, &[NonIfs, NonIfs]),
    (Ifs, &[Ifs, NonIfs]),
    (Ifs, &[Ifs, NonIfs, NonIfs]),
    (NonIfs, &[NonIfs, NonIfs, NonIfs]),
];

/// What random I/O goes through: beside TCP and UDP, messages over connections.
pub const MESSAGES: (i32, i32, i32) = (AF_INET, SOCK_SEQPACKET, 200);

/// Buffers of both directions, bytes.
const BUFFERS: [(u32, u32); 4] = [(8, 8), (20, 3), (0, 10), (64, 64)];

/// The machine that the next byte means.
pub fn machine(input: &mut Input<'_>) -> Arc<Machine> {
    static MACHINES: OnceLock<Vec<Arc<Machine>>> = OnceLock::new();
    let machines = MACHINES.get_or_init(|| {
        let all = BUFFERS.iter().flat_map(|&buffers| STACKS.iter().map(move |&stack| (buffers, stack)));
        let transports = [&support::TRANSPORTS[..], &[MESSAGES]].concat();
        let machine = |(buffers, (base, layers))| support::machine_of(&transports, base, layers, platform(buffers));
        all.map(machine).collect()
    });
    Arc::clone(&machines[usize::from(input.byte()) % machines.len()])
}

fn platform((send_buffer_bytes, receive_buffer_bytes): (u32, u32)) -> Platform {
    let limits = Limits { send_buffer_bytes, receive_buffer_bytes, retransmit_timeout_ms: 500, ..Limits::default() };
    Platform { limits, ..Platform::default() }
}
