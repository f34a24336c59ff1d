//! One digest for worlds that differ in numbers only, and another one as soon as anything else differs.
#![allow(missing_docs, reason = "tests")]

#[path = "support/mod.rs"]
mod support;

use support::{Bench, machine};
use wspsim::abi::client::{Call, OsCall, Value};
use wspsim::abi::consts::SOL_SOCKET;
use wspsim::abi::{Bytes, NetworkEvents, SockOpt, SpiCall};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::World;
use wspsim::world::canonical::{Canonical, NoRoots, Roots};
use wspsim::world::ids::{Handle, Incarnation};
use wspsim::world::machine::Platform;
use wspsim::world::op::Outcome;

/// All processes run the same program.
struct Alike;

impl Roots for Alike {
    fn group(&self, _: Incarnation) -> u32 {
        0
    }
}

fn digest(world: &World) -> u64 {
    Canonical::default().digest(world, &NoRoots)
}

fn digest_alike(world: &World) -> u64 {
    Canonical::default().digest(world, &Alike)
}

const STACKS: [(HandleKind, &[HandleKind]); 4] = [(Ifs, &[]), (NonIfs, &[]), (Ifs, &[NonIfs, NonIfs]), (Ifs, &[Ifs])];

/// Runs a test on every stack, with three processes.
fn on_every_stack(test: impl Fn(Bench, [Incarnation; 3])) {
    for (base, layers) in STACKS {
        let mut bench = Bench::new(&machine(base, layers, Platform::default()));
        let processes = [bench.process(), bench.process(), bench.process()];
        // Providers are loaded at the first socket.
        for process in processes {
            let s = bench.tcp(process);
            bench.close(process, s).expect("close");
        }
        test(bench, processes);
    }
}

fn set(bench: &mut Bench, on: Incarnation, s: Handle, option: SockOpt, value: u32) {
    let option = option.row().number;
    let call = SpiCall::SetSockOpt { s, level: SOL_SOCKET, option, value: Some(Bytes::word(value)), negative: false };
    bench.spi(on, call).expect("an option");
}

fn event_select(bench: &mut Bench, on: Incarnation, s: Handle) {
    let event = bench.api(on, wspsim::abi::client::ApiCall::CreateEvent).expect("an event");
    let Value::Handle(event) = event else { panic!("not a handle: {event:?}") };
    bench.spi(on, SpiCall::EventSelect { s, event, events: NetworkEvents::READ }).expect("registered");
}

#[test]
fn the_order_of_two_duplications_does_not_matter() {
    on_every_stack(|mut one, [a, b, c]| {
        let s = one.tcp(a);
        let mut two = one.clone();
        one.duplicate(a, s, b).expect("a block");
        one.duplicate(a, s, c).expect("a block");
        two.duplicate(a, s, c).expect("a block");
        two.duplicate(a, s, b).expect("a block");
        assert_ne!(one.world.digest(), two.world.digest(), "the tokens differ");
        assert_eq!(digest(&one.world), digest(&two.world));
    });
}

#[test]
fn what_was_and_is_gone_does_not_matter() {
    on_every_stack(|one, [a, b, _]| {
        let mut two = one.clone();
        let s = two.tcp(a);
        let info = two.duplicate(a, s, b).expect("a block");
        let t = two.open(b, &info).expect("opened");
        two.close(a, s).expect("close");
        two.close(b, t).expect("close");
        assert_ne!(one.world.digest(), two.world.digest(), "a token was given");
        assert_eq!(digest(&one.world), digest(&two.world));
    });
}

#[test]
fn which_of_two_sockets_was_first_does_not_matter() {
    on_every_stack(|mut one, [a, b, _]| {
        let mut two = one.clone();
        for (bench, order) in [(&mut one, [a, b]), (&mut two, [b, a])] {
            for process in order {
                let s = bench.tcp(process);
                set(bench, process, s, SockOpt::RcvBuf, 1000 + process.0);
            }
        }
        assert_ne!(one.world.digest(), two.world.digest(), "the sockets have other numbers");
        assert_eq!(digest(&one.world), digest(&two.world));
    });
}

#[test]
fn which_of_two_like_descriptors_registered_does_not_matter() {
    on_every_stack(|mut one, [a, _, _]| {
        let s = one.tcp(a);
        let info = one.duplicate(a, s, a).expect("a block");
        let t = one.open(a, &info).expect("opened");
        let mut two = one.clone();
        event_select(&mut one, a, s);
        event_select(&mut two, a, t);
        assert_eq!(digest(&one.world), digest(&two.world));
        one.close(a, s).expect("close");
        two.close(a, s).expect("close");
        assert_ne!(digest(&one.world), digest(&two.world), "one of them has lost its registration");
    });
}

#[test]
fn processes_can_be_exchanged_where_they_run_the_same_program() {
    on_every_stack(|mut one, [a, b, c]| {
        let mut two = one.clone();
        for (bench, roles) in [(&mut one, [a, b, c]), (&mut two, [c, a, b])] {
            let s = bench.tcp(roles[0]);
            let info = bench.duplicate(roles[0], s, roles[1]).expect("a block");
            bench.open(roles[1], &info).expect("opened");
            bench.duplicate(roles[1], Handle(0x100), roles[2]).ok();
            event_select(bench, roles[0], s);
        }
        assert_eq!(digest_alike(&one.world), digest_alike(&two.world));
        assert_ne!(digest(&one.world), digest(&two.world));
    });
}

#[test]
fn an_option_a_block_a_reference_each_make_a_difference() {
    on_every_stack(|mut world, [a, b, c]| {
        let s = world.tcp(a);
        let mut digests = vec![digest(&world.world)];
        let mut note = |bench: &Bench| digests.push(digest(&bench.world));
        set(&mut world, a, s, SockOpt::KeepAlive, 1);
        note(&world);
        let info = world.duplicate(a, s, b).expect("a block");
        note(&world);
        world.duplicate(a, s, c).expect("a block");
        note(&world);
        let t = world.open(b, &info).expect("opened");
        note(&world);
        event_select(&mut world, b, t);
        note(&world);
        world.close(a, s).expect("close");
        note(&world);
        let killed = world.step(b, Call::Os(OsCall::ExitProcess));
        assert!(matches!(killed, Outcome::Returned(_) | Outcome::Done), "{killed:?}");
        note(&world);
        let mut sorted = digests.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), digests.len(), "{digests:?}");
    });
}

#[test]
fn two_connections_crossed_are_not_two_connections_side_by_side() {
    on_every_stack(|mut one, [a, b, _]| {
        let (_, near, far) = one.pair(a, b);
        let mut two = one.clone();
        one.send(b, near, "x").expect("sent");
        two.send(a, far, "x").expect("sent");
        assert_ne!(digest_alike(&one.world), digest_alike(&two.world), "a listener stands beside one end only");
    });
}
