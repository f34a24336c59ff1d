//! The machines of wild runs: every stack, small and ordinary limits, several sets of answers. Made once.

use std::sync::{Arc, OnceLock};

use wspsim::model::{LimitChanges, Model, PolicyChanges};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::provider::ShapeFault;
use wspsim::world::checks::Contracts;
use wspsim::world::fault::Fault;
use wspsim::world::machine::{Interface, Limits, Machine, Platform};
use wspsim::world::policy::{Policies, PolicyId};

use super::input::Input;
use crate::support;

/// Base provider and layers, from the base upwards.
const STACKS: &[(HandleKind, &[HandleKind])] = &[
    (Ifs, &[]),
    (Ifs, &[NonIfs]),
    (Ifs, &[Ifs]),
    (NonIfs, &[]),
    (NonIfs, &[NonIfs]),
    (Ifs, &[NonIfs, NonIfs]),
    (Ifs, &[Ifs, NonIfs]),
    (Ifs, &[Ifs, NonIfs, NonIfs]),
];

/// Models with protocols that the stacks do not have.
const MODELS: &[&str] = &["messages", "messages-under-layer"];

fn model(name: &str) -> Arc<Machine> {
    let model = Model::built_in(name).expect("a built-in model");
    model.changed(None, &PolicyChanges::default(), &LimitChanges::default())
}

/// Sets of answers: the documented ones, and others drawn by lot.
const ANSWERS: usize = 32;

/// Everything is scarce.
const SMALL: Limits = Limits {
    handles_per_process: 9,
    client_processes: 3,
    sockets: 8,
    send_buffer_bytes: 4,
    receive_buffer_bytes: 6,
    message_bytes: 16,
    backlog: 2,
    connect_timeout_ms: 50,
    retransmit_timeout_ms: 300,
};

/// The machine that the next two bytes mean; with `contracts` its providers are held to their duties.
pub fn machine(input: &mut Input<'_>, contracts: bool) -> Arc<Machine> {
    static MACHINES: OnceLock<Vec<Arc<Machine>>> = OnceLock::new();
    let machines = MACHINES.get_or_init(|| {
        let sets: Vec<Policies> = (0..ANSWERS).map(answers).collect();
        let limits = [Limits::default(), SMALL];
        let plain = STACKS.iter().map(|(base, layers)| support::machine(*base, layers, Platform::default()));
        let plain: Vec<Arc<Machine>> = plain.chain(MODELS.iter().map(|name| model(name))).collect();
        let platforms = sets.iter().flat_map(|&policies| limits.map(|limits| platform(limits, policies)));
        let faithful: Vec<Arc<Machine>> =
            platforms.flat_map(|platform| plain.iter().map(move |machine| with(machine, platform.clone()))).collect();
        let faulty: Vec<Arc<Machine>> = (0..).zip(&faithful).map(|(lot, machine)| spoilt(machine, lot)).collect();
        [faithful, faulty].concat()
    });
    let at = usize::from(input.byte()) | usize::from(input.byte()) << 8;
    let machine = &machines[at % machines.len()];
    match contracts {
        true => Arc::new(Machine { contracts: Contracts::Fail, ..Machine::clone(machine) }),
        false => Arc::clone(machine),
    }
}

fn with(machine: &Machine, platform: Platform) -> Arc<Machine> {
    let faults = if platform.limits == SMALL { vec![Fault::ConnectLatency { ms: 20 }] } else { Vec::new() };
    Arc::new(Machine { platform, faults, ..machine.clone() })
}

/// The machine with two faults drawn by lot for each of its providers that can have them.
fn spoilt(machine: &Machine, lot: u32) -> Arc<Machine> {
    let mut machine = machine.clone();
    let mut state = lot.wrapping_mul(0x9e37_79b1);
    for shape in &mut machine.shapes {
        let fitting: Vec<ShapeFault> =
            ShapeFault::ALL.iter().copied().filter(|fault| fault.of().fits(&shape.kind, shape.handles)).collect();
        for _ in 0..2 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            shape.faults.insert(fitting[(state >> 16) as usize % fitting.len()]);
        }
        machine.faulty = machine.faulty | shape.faults;
    }
    Arc::new(machine)
}

fn platform(limits: Limits, policies: Policies) -> Platform {
    let address = std::net::IpAddr::from([10, 0, 0, 1]);
    Platform { limits, policies, interfaces: vec![Interface { address, prefix: 24 }], ..Platform::default() }
}

/// The n-th set: each question is answered as documented two times out of three. Set 0 is the documented one.
fn answers(set: usize) -> Policies {
    let mut state = set as u32;
    let mut chosen = Vec::new();
    for question in PolicyId::ALL {
        state = state.wrapping_mul(1_664_525).wrapping_add(if set == 0 { 0 } else { 1_013_904_223 });
        let lot = (state >> 16) as usize;
        if set > 0 && lot % 3 == 0 {
            chosen.push(format!("{}:{}", question.name(), question.answers()[lot / 3 % question.answers().len()]));
        }
    }
    ron::from_str(&format!("({})", chosen.join(","))).expect("names of answers")
}
