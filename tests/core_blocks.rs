//! Blocks that outlive what they stand for, and records that outlive their handles: what random runs have found.
mod support;

use std::sync::Arc;

use support::{Bench, machine};
use wspsim::abi::client::{ApiCall, Call, OsCall};
use wspsim::abi::{SpiCall, Upcall, WsaError};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::fault::Fault;
use wspsim::world::ids::{Handle, Incarnation};
use wspsim::world::log::Log;
use wspsim::world::machine::{Machine, Platform};
use wspsim::world::op::Op;
use wspsim::world::policy::{BlockReuse, FailedOpen, Policies, ReferenceTaken};

const STACKS: [(HandleKind, &[HandleKind]); 5] =
    [(Ifs, &[]), (NonIfs, &[]), (Ifs, &[Ifs]), (Ifs, &[NonIfs]), (Ifs, &[Ifs, NonIfs])];

/// The same play over every kind of stack.
fn over_all_stacks(policies: Policies, play: impl Fn(Bench)) {
    for (base, layers) in STACKS {
        let machine: Arc<Machine> = machine(base, layers, Platform { policies, ..Platform::default() });
        play(Bench::new(&machine));
    }
}

fn reuse(block_reuse: BlockReuse) -> Policies {
    Policies { block_reuse, ..Policies::default() }
}

fn close_handle(bench: &mut Bench, on: Incarnation, handle: Handle) {
    bench.step(on, Call::Os(OsCall::CloseHandle { handle }));
    assert_eq!(bench.world.check_invariants(), Ok(()));
}

#[test]
fn a_late_reference_ends_with_the_cleanup_that_takes_the_socket() {
    let policies = Policies { reference_taken: ReferenceTaken::AtOpen, ..Policies::default() };
    over_all_stacks(policies, |mut bench| {
        let [source, target, other] = [bench.process(), bench.process(), bench.process()];
        let s = bench.tcp(source);
        let block = bench.duplicate(source, s, target).expect("a block");
        bench.api(source, ApiCall::Cleanup).expect("WSACleanup");
        bench.tcp(other);
        assert_eq!(bench.open(target, &block), Err(WsaError::Inval), "it is another socket");
    });
}

#[test]
fn a_block_that_may_be_opened_again_ends_with_its_socket() {
    over_all_stacks(reuse(BlockReuse::SecondDescriptor), |mut bench| {
        let [source, target, other] = [bench.process(), bench.process(), bench.process()];
        let s = bench.tcp(source);
        let block = bench.duplicate(source, s, target).expect("a block");
        let t = bench.open(target, &block).expect("open");
        bench.close(source, s).expect("close");
        bench.close(target, t).expect("close");
        bench.tcp(other);
        assert_eq!(bench.open(target, &block), Err(WsaError::Inval), "it is another socket");
    });
}

#[test]
fn a_second_open_does_not_depend_on_what_failed_opens_cost() {
    for failed_open in [FailedOpen::ConsumedOnceBaseOpened, FailedOpen::NeverConsumed, FailedOpen::AlwaysConsumed] {
        over_all_stacks(Policies { failed_open, ..reuse(BlockReuse::SecondDescriptor) }, |mut bench| {
            let process = bench.process();
            let s = bench.tcp(process);
            let block = bench.duplicate(process, s, process).expect("a block");
            let first = bench.open(process, &block).expect("open");
            let second = bench.open(process, &block).expect("open once more");
            assert_ne!(first, second, "{failed_open:?}");
        });
    }
}

#[test]
fn the_same_descriptor_is_the_clients_own_under_layers() {
    over_all_stacks(reuse(BlockReuse::SameDescriptor), |mut bench| {
        let process = bench.process();
        let s = bench.tcp(process);
        let block = bench.duplicate(process, s, process).expect("a block");
        let first = bench.open(process, &block).expect("open");
        assert_eq!(bench.open(process, &block), Ok(first));
        bench.close(process, first).expect("close");
        assert_eq!(bench.open(process, &block), Err(WsaError::Inval), "closed");
    });
}

#[test]
fn a_number_given_again_is_not_the_first_descriptor() {
    over_all_stacks(reuse(BlockReuse::SameDescriptor), |mut bench| {
        let process = bench.process();
        let s = bench.tcp(process);
        let blocks = [(); 2].map(|()| bench.duplicate(process, s, process).expect("a block"));
        let first = bench.open(process, &blocks[0]).expect("open");
        bench.close(process, first).expect("close");
        bench.open(process, &blocks[1]).expect("open");
        assert_eq!(bench.open(process, &blocks[0]), Err(WsaError::Inval));
    });
}

#[test]
fn an_alias_that_fails_in_a_layer_leaves_the_first_descriptor_open() {
    let machine = machine(Ifs, &[Ifs], Platform { policies: reuse(BlockReuse::SameDescriptor), ..Platform::default() });
    let mut bench = Bench::new(&machine);
    let process = bench.process();
    let s = bench.tcp(process);
    let block = bench.duplicate(process, s, process).expect("a block");
    let first = bench.open(process, &block).expect("open");
    let fault = Fault::FailUpcall { upcall: Upcall::WpuModifyIfsHandle, nth: 1, error: WsaError::Inval };
    bench.world.step(Op::Fault(fault), &mut Log::off()).expect("a fault");
    let _ = bench.open(process, &block);
    assert_eq!(bench.world.check_invariants(), Ok(()));
    bench.close(process, first).expect("the first descriptor is open");
}

#[test]
fn a_socket_closed_as_a_handle_leaves_no_record() {
    over_all_stacks(Policies::default(), |mut bench| {
        let process = bench.process();
        let s = bench.tcp(process);
        close_handle(&mut bench, process, s);
        let event = bench.api(process, ApiCall::CreateEvent).expect("an event takes the number");
        assert_eq!(bench.close(process, s), Err(WsaError::NotSock), "{event:?}");
        bench.api(process, ApiCall::Cleanup).expect("WSACleanup");
        assert!(bench.world.afd().is_empty(), "what lay below went with the cleanup");
    });
}

#[test]
fn a_close_whose_upcalls_fail_leaves_no_record() {
    for upcall in [Upcall::WpuQuerySocketHandleContext, Upcall::WpuCloseSocketHandle] {
        for nth in 1..6 {
            over_all_stacks(Policies::default(), |mut bench| {
                let process = bench.process();
                let s = bench.tcp(process);
                let fault = Fault::FailUpcall { upcall, nth, error: WsaError::NotSock };
                bench.world.step(Op::Fault(fault), &mut Log::off()).expect("a fault");
                let _ = bench.spi(process, SpiCall::CloseSocket { s });
                assert_eq!(bench.world.check_invariants(), Ok(()), "{upcall:?} {nth}");
            });
        }
    }
}
