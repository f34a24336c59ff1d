//! The hand-over of the documentation, in Rust, through every kind of stack.
mod support;

use support::{Bench, V2_2, machine};
use wspsim::abi::client::{ApiCall, Call, OsCall, Value};
use wspsim::abi::{SpiCall, WsaError};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::border::Border;
use wspsim::world::ids::{Handle, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::Platform;
use wspsim::world::op::{Op, Outcome};

/// Whole calls and calls frame by frame lead to the same machine.
fn hand_over(base: HandleKind, layers: &[HandleKind]) {
    let whole = play(base, layers, None);
    let by_frames = play(base, layers, Some(0));
    assert!(by_frames.world == whole.world && by_frames.world.digest() == whole.world.digest());
    let links = layers.len() as u32 + 1;
    let pauses = by_frames.pauses.expect("counted");
    assert!(pauses >= 12 * 2 * links, "into and out of each of {links} providers, 12 calls at least: {pauses}");
}

fn play(base: HandleKind, layers: &[HandleKind], pauses: Option<u32>) -> Bench {
    let mut bench = Bench { pauses, ..Bench::new(&machine(base, layers, Platform::default())) };
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
    bench
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

/// A process over one layer with a second thread, and a socket.
fn two_threads() -> (Bench, [ThreadId; 2], Handle) {
    let mut bench = Bench::new(&machine(Ifs, &[NonIfs], Platform::default()));
    let process = bench.process();
    let s = bench.tcp(process);
    let made = bench.step(process, Call::Os(OsCall::CreateThread));
    assert_eq!(made, Outcome::Returned(Ok(Value::Thread(1))));
    (bench, [0, 1].map(|index| ThreadId { process, index }), s)
}

fn close(thread: ThreadId, s: Handle) -> Op {
    Op::Call { thread, call: Call::Spi(SpiCall::CloseSocket { s }) }
}

/// The border at which the second thread stands.
fn stands(bench: &Bench, thread: ThreadId) -> Option<Border> {
    bench.world.thread(thread).and_then(|thread| thread.paused.as_ref()).map(|paused| paused.at)
}

#[test]
fn another_thread_comes_between_two_frames() {
    let (mut bench, [first, second], s) = two_threads();
    assert_eq!(bench.go_to_border(close(second, s)), Outcome::Paused);
    assert!(matches!(stands(&bench, second), Some(Border::Call(_))), "ws2_32 knows the handle still");
    assert!(bench.world.is_runnable(second) && bench.world.enabled() == [Op::Run { thread: second }]);
    let busy = bench.world.step(close(second, s), &mut Log::off());
    assert!(busy.is_err(), "one call at a time: {busy:?}");
    assert_eq!(bench.close(first.process, s), Ok(()));
    let outcome = bench.world.step(Op::Run { thread: second }, &mut Log::off());
    assert_eq!(outcome, Ok(Outcome::Returned(Err(WsaError::NotSock))), "the layer does not know it any more");
}

#[test]
fn the_end_of_winsock_ends_a_call_on_its_way() {
    for borders in 1..=4 {
        let (mut bench, [first, second], s) = two_threads();
        assert_eq!(bench.go_to_border(close(second, s)), Outcome::Paused);
        (1..borders).for_each(|_| assert_eq!(bench.go_to_border(Op::Run { thread: second }), Outcome::Paused));
        bench.api(first.process, ApiCall::Cleanup).expect("WSACleanup");
        assert_eq!(stands(&bench, second), Some(Border::Over(WsaError::NotInitialised)), "border {borders}");
        bench.api(first.process, ApiCall::Startup { version: V2_2 }).expect("WSAStartup");
        let fresh = bench.tcp(first.process);
        bench.world.check_invariants().expect("invariants");
        let outcome = bench.world.step(Op::Run { thread: second }, &mut Log::off());
        assert_eq!(outcome, Ok(Outcome::Returned(Err(WsaError::NotInitialised))));
        assert_eq!(bench.close(first.process, fresh), Ok(()), "the call had nothing to do with it");
    }
}

#[test]
fn a_process_can_be_killed_within_a_call() {
    let (mut bench, [first, second], s) = two_threads();
    assert_eq!(bench.go_to_border(close(second, s)), Outcome::Paused);
    let copy = bench.clone();
    bench.world.step(Op::Kill { process: first.process }, &mut Log::off()).expect("it lives");
    bench.world.check_invariants().expect("invariants");
    assert!(bench.world.runnable().next().is_none() && bench.world.afd().is_empty());
    assert!(copy.world.digest() != bench.world.digest() && copy.world.is_runnable(second));
}

#[test]
fn a_provider_is_started_under_a_lock() {
    let mut bench = Bench { pauses: Some(0), ..Bench::new(&machine(Ifs, &[NonIfs], Platform::default())) };
    let process = bench.process();
    assert_eq!(bench.pauses, Some(0), "WSAStartup calls no provider");
    bench.tcp(process);
    assert_eq!(bench.pauses, Some(4), "the WSPStartups within the first WSPSocket have no borders");
    bench.api(process, ApiCall::Cleanup).expect("WSACleanup");
    assert_eq!(bench.pauses, Some(4));
}
