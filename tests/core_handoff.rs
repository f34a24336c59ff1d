//! The hand-over of the documentation, in Rust, through every kind of stack.
mod support;

use support::{Bench, machine};
use wspsim::abi::WsaError;
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::machine::Platform;

fn hand_over(base: HandleKind, layers: &[HandleKind]) {
    let mut bench = Bench::new(&machine(base, layers, Platform::default()));
    let [peer, source, target] = [bench.process(), bench.process(), bench.process()];
    let (listener, s, far) = bench.pair(peer, source);
    let info = bench.duplicate(source, s, target).expect("duplicate");
    bench.world.check_invariants().expect("invariants");
    assert_eq!(bench.close(source, s), Ok(()), "the source closes first");
    let t = bench.open(target, &info).expect("open");
    assert_eq!(bench.open(target, &info), Err(WsaError::Inval), "the block is spent");
    bench.send(target, t, "hello").expect("send");
    assert_eq!(bench.recv(peer, far).as_deref(), Ok(b"hello".as_slice()));
    for (process, handle) in [(target, t), (peer, far), (peer, listener)] {
        assert_eq!(bench.close(process, handle), Ok(()));
    }
    assert_eq!(bench.close(target, t), Err(WsaError::NotSock), "closed already");
    bench.world.check_invariants().expect("invariants");
    assert!(bench.world.afd().is_empty(), "{:?}", bench.world.afd());
    for process in [peer, source, target] {
        let state = bench.world.process(process).expect("there");
        assert!(state.instances.iter().all(|(_, instance)| instance.contexts() == 0));
    }
}

#[test]
fn over_an_ifs_base() {
    hand_over(Ifs, &[]);
}

#[test]
fn over_a_non_ifs_base() {
    hand_over(NonIfs, &[]);
}

#[test]
fn over_one_layer_of_each_kind() {
    hand_over(Ifs, &[NonIfs]);
    hand_over(Ifs, &[Ifs]);
    hand_over(NonIfs, &[NonIfs]);
}

#[test]
fn over_several_layers() {
    hand_over(Ifs, &[NonIfs, NonIfs]);
    hand_over(Ifs, &[Ifs, NonIfs]);
    hand_over(Ifs, &[NonIfs, NonIfs, NonIfs, NonIfs, NonIfs, NonIfs]);
}
