//! The core's figures, with Linux doing the like in the same run. Tracing is off.
//!
//! `cargo bench --bench core`; one group: `cargo bench --bench core -- duplicate`.
#![allow(missing_docs, reason = "a benchmark")]

#[path = "../tests/support/mod.rs"]
mod support;

use divan::{Bencher, black_box};
use support::{Bench, machine};
use wspsim::abi::client::Call;
use wspsim::abi::consts::SOL_SOCKET;
use wspsim::abi::{Bytes, Overlapped, Scatter, SockOpt, SocketFlags, SpiCall};
use wspsim::provider::HandleKind::{Ifs, NonIfs};
use wspsim::world::ids::{Handle, Incarnation, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::Platform;
use wspsim::world::op::Op;

/// Rounds timed at a time. A single one takes less than the clock can tell, and finds the caches cold.
const ROUNDS: u32 = 500;

fn main() {
    divan::main();
}

/// Duplicate, open the block, close the copy: one hand-over.
fn cycle(bench: &mut Bench, source: Incarnation, s: Handle, target: Incarnation) {
    let info = bench.duplicate(source, s, target).expect("duplicate");
    let t = bench.open(target, &info).expect("open");
    bench.close(target, t).expect("close");
}

#[divan::bench_group(sample_size = ROUNDS)]
mod duplicate_open_close {
    use super::*;

    /// Non-IFS layers over an IFS base, by the length of the chain: the cost grows with each of them by the same.
    #[divan::bench(args = [1, 2, 3, 4, 7])]
    fn chain_elements(bencher: Bencher<'_, '_>, elements: usize) {
        let mut bench = Bench::new(&machine(Ifs, &vec![NonIfs; elements - 1], Platform::default()));
        let (source, target) = (bench.process(), bench.process());
        let s = bench.tcp(source);
        bencher.bench_local(|| cycle(&mut bench, source, s, target));
    }

    #[divan::bench]
    fn non_ifs_base(bencher: Bencher<'_, '_>) {
        let mut bench = Bench::new(&machine(NonIfs, &[], Platform::default()));
        let (source, target) = (bench.process(), bench.process());
        let s = bench.tcp(source);
        bencher.bench_local(|| cycle(&mut bench, source, s, target));
    }

    #[cfg(target_os = "linux")]
    #[divan::bench]
    fn linux_dup_close(bencher: Bencher<'_, '_>) {
        let s = linux::tcp();
        bencher.bench_local(|| drop(rustix::io::dup(&s).expect("dup")));
    }

    #[cfg(target_os = "linux")]
    #[divan::bench]
    fn linux_pidfd_getfd_close(bencher: Bencher<'_, '_>) {
        use rustix::fd::AsRawFd;
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        let s = linux::tcp();
        let Ok(own) = pidfd_open(getpid(), PidfdFlags::empty()) else { return };
        if pidfd_getfd(&own, s.as_raw_fd(), PidfdGetfdFlags::empty()).is_err() {
            return;
        }
        bencher.bench_local(|| drop(pidfd_getfd(&own, s.as_raw_fd(), PidfdGetfdFlags::empty()).expect("getfd")));
    }

    #[cfg(target_os = "linux")]
    #[divan::bench]
    fn linux_kernel_entry(bencher: Bencher<'_, '_>) {
        bencher.bench_local(rustix::process::getppid);
    }
}

#[divan::bench_group(sample_size = ROUNDS)]
mod set_get_option {
    use super::*;

    #[divan::bench]
    fn keep_alive(bencher: Bencher<'_, '_>) {
        let mut bench = Bench::new(&machine(Ifs, &[], Platform::default()));
        let process = bench.process();
        let s = bench.tcp(process);
        let option = SockOpt::KeepAlive.row().number;
        let thread = ThreadId { process, index: 0 };
        bencher.bench_local(|| {
            let value = Some(Bytes::word(1));
            let call = Call::Spi(SpiCall::SetSockOpt { s, level: SOL_SOCKET, option, value, negative: false });
            black_box(bench.world.step(Op::Call { thread, call }, &mut Log::off())).expect("set");
            let call = Call::Spi(SpiCall::GetSockOpt { s, level: SOL_SOCKET, option, room: Some(4) });
            bench.world.step(Op::Call { thread, call }, &mut Log::off()).expect("get")
        });
    }

    #[cfg(target_os = "linux")]
    #[divan::bench]
    fn linux(bencher: Bencher<'_, '_>) {
        let s = linux::tcp();
        bencher.bench_local(|| {
            rustix::net::sockopt::set_socket_keepalive(&s, true).expect("set");
            rustix::net::sockopt::socket_keepalive(&s).expect("get")
        });
    }
}

#[divan::bench_group(sample_size = ROUNDS)]
mod send_recv_64_bytes {
    use super::*;

    #[divan::bench(args = [0, 3])]
    fn non_ifs_layers(bencher: Bencher<'_, '_>, layers: usize) {
        let mut bench = Bench::new(&machine(Ifs, &vec![NonIfs; layers], Platform::default()));
        let (server, client) = (bench.process(), bench.process());
        let (_, near, far) = bench.pair(server, client);
        let data: std::sync::Arc<[u8]> = [7; 64].as_slice().into();
        bencher.bench_local(|| {
            let data = wspsim::abi::Gather::One(std::sync::Arc::clone(&data));
            let call = SpiCall::Send { s: near, data, flags: Default::default(), returned: true, overlapped: None };
            bench.spi(client, call).expect("send");
            bench.recv(server, far).expect("recv")
        });
    }

    /// A receive posted, a send, both packets taken from a completion port.
    #[divan::bench]
    fn overlapped_with_completion_port(bencher: Bencher<'_, '_>) {
        let mut bench = Bench::new(&machine(Ifs, &[], Platform::default()));
        let (server, client) = (bench.process(), bench.process());
        let (_, near, far) = bench.pair_with(server, client, SocketFlags::OVERLAPPED);
        let (sent, received) = (bench.port(client, near), bench.port(server, far));
        let data: std::sync::Arc<[u8]> = [7; 64].as_slice().into();
        bencher.bench_local(|| {
            let data = wspsim::abi::Gather::One(std::sync::Arc::clone(&data));
            let overlapped = || Some(Box::new(Overlapped { id: 1, event: Handle::NULL, routine: None, layer: None }));
            let call = SpiCall::Recv {
                s: far,
                room: Scatter::One(64),
                flags: Default::default(),
                returned: true,
                overlapped: overlapped(),
            };
            let _pending = bench.spi(server, call);
            let call =
                SpiCall::Send { s: near, data, flags: Default::default(), returned: true, overlapped: overlapped() };
            bench.spi(client, call).expect("send");
            black_box(&bench.packet(client, sent));
            black_box(&bench.packet(server, received));
        });
    }

    #[cfg(target_os = "linux")]
    #[divan::bench]
    fn linux_tcp_loopback(bencher: Bencher<'_, '_>) {
        linux::echo(bencher, &linux::tcp_pair());
    }

    #[cfg(target_os = "linux")]
    #[divan::bench]
    fn linux_unix_pair(bencher: Bencher<'_, '_>) {
        linux::echo(bencher, &linux::unix_pair());
    }
}

#[divan::bench_group(sample_size = ROUNDS)]
mod whole_world {
    use super::*;

    /// Three processes; a listener, a connection, and one descriptor handed over.
    fn small() -> Bench {
        let mut bench = Bench::new(&machine(Ifs, &[], Platform::default()));
        let [a, b, c] = [bench.process(), bench.process(), bench.process()];
        let (_, near, _) = bench.pair(a, b);
        let info = bench.duplicate(b, near, c).expect("duplicate");
        bench.open(c, &info).expect("open");
        bench.tcp(c);
        bench
    }

    /// A copy, and its end: copies that live on would all need memory of their own.
    #[divan::bench]
    fn clone(bencher: Bencher<'_, '_>) {
        let bench = small();
        bencher.bench_local(|| drop(black_box(bench.world.clone())));
    }

    #[divan::bench]
    fn digest(bencher: Bencher<'_, '_>) {
        let bench = small();
        bencher.bench_local(|| black_box(bench.world.digest()));
    }

    #[divan::bench]
    fn clone_then_duplicate(bencher: Bencher<'_, '_>) {
        let bench = small();
        let (source, target) = (Incarnation(1), Incarnation(2));
        let s = *bench
            .world
            .process(source)
            .expect("there")
            .handles
            .iter()
            .map(|(h, _)| h)
            .collect::<Vec<_>>()
            .first()
            .expect("one");
        bencher.bench_local(|| {
            let mut copy = bench.clone();
            copy.duplicate(source, s, target).expect("duplicate")
        });
    }
}

mod a_million_sockets {
    use super::*;

    fn crowd(sockets: usize) -> (Bench, Incarnation, Handle, Incarnation) {
        let mut bench = Bench::new(&machine(Ifs, &[], Platform::default()));
        let processes: Vec<_> = (0..100).map(|_| bench.process()).collect();
        let mut last = Handle::INVALID;
        for at in 0..sockets {
            last = bench.tcp(processes[at % 100]);
        }
        (bench, processes[(sockets - 1) % 100], last, processes[50])
    }

    #[divan::bench(args = [100, 1_000_000], sample_count = 20, sample_size = 1000)]
    fn duplicate_open_close(bencher: Bencher<'_, '_>, sockets: usize) {
        let (mut bench, source, s, target) = crowd(sockets);
        bencher.bench_local(|| cycle(&mut bench, source, s, target));
    }
}

mod scenario {
    use std::sync::Arc;

    use super::*;
    use wspsim::model::{Library, Source};
    use wspsim::scenario::{Logging, Scenario, Verdict, play};

    const TEXT: &str = r#"Scenario(
        about: "ten steps",
        processes: ["peer", "source", "target"],
        steps: [
            (on: "peer", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "listener"),
            (on: "peer", call: WSPBind(s: "listener", name: "127.0.0.1:7000")),
            (on: "peer", call: WSPListen(s: "listener")),
            (on: "source", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
            (on: "source", call: WSPConnect(s: "s", name: "127.0.0.1:7000")),
            (on: "source", call: WSPDuplicateSocket(s: "s", process: "target"), gives: "info"),
            (on: "source", call: WSPCloseSocket(s: "s")),
            (on: "target", call: WSPSocket(info: "info"), gives: "t"),
            (on: "target", call: WSPSend(s: "t", data: "hello"), expect: Ok(5)),
            (on: "target", call: WSPSocket(info: "info"), expect: Err(WSAEINVAL)),
        ],
    )"#;

    #[divan::bench(sample_size = 50)]
    fn ten_steps_from_text_to_verdict(bencher: Bencher<'_, '_>) {
        let mut library = Library::new();
        let text: Arc<str> = TEXT.into();
        bencher.bench_local(|| {
            let source = Source::new("bench.ron", Arc::clone(&text)).expect("small");
            let scenario = Scenario::read(source, None).expect("reads");
            let machine = scenario.machine(&mut library, "windows").expect("built in");
            assert_eq!(play(&scenario, &machine, Logging::Off).verdict, Verdict::Held);
        });
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use divan::Bencher;
    use rustix::fd::OwnedFd;
    use rustix::net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, accept, bind, connect, getsockname, listen, recv,
        send, socket, socketpair,
    };

    pub(super) fn tcp() -> OwnedFd {
        socket(AddressFamily::INET, SocketType::STREAM, None).expect("socket")
    }

    pub(super) fn tcp_pair() -> (OwnedFd, OwnedFd) {
        let (listener, near) = (tcp(), tcp());
        bind(&listener, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).expect("bind");
        listen(&listener, 1).expect("listen");
        let name = std::net::SocketAddr::try_from(getsockname(&listener).expect("name")).expect("inet");
        connect(&near, &name).expect("connect");
        (near, accept(&listener).expect("accept"))
    }

    pub(super) fn unix_pair() -> (OwnedFd, OwnedFd) {
        socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::empty(), None).expect("pair")
    }

    pub(super) fn echo(bencher: Bencher<'_, '_>, (near, far): &(OwnedFd, OwnedFd)) {
        let (data, mut room) = ([7; 64], [0; 64]);
        bencher.bench_local(|| {
            send(near, &data, SendFlags::empty()).expect("send");
            recv(far, &mut room, RecvFlags::empty()).expect("recv")
        });
    }
}
