//! What goes wrong from outside.

use super::bench::{Bench, DATAGRAM, STREAM, at};
use super::*;
use crate::abi::SockOpt;

#[test]
fn while_the_network_is_down_nothing_works() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    let datagram = bench.datagram("127.0.0.1:7001");
    bench.run(|afd, cx| afd.set_network_down(cx, true));
    let down = WsaError::NetDown;
    assert_eq!(bench.run(|afd, cx| afd.create(cx, STREAM, false)), Err(down));
    assert_eq!(bench.bind(client, "127.0.0.1:1"), Err(down));
    assert_eq!(bench.listen(client, 1), Err(down));
    assert_eq!(bench.connect(client, "127.0.0.1:1"), Err(down));
    assert_eq!(bench.accept(client), Err(down));
    assert_eq!(bench.send(client, b"x"), Err(down));
    assert_eq!(bench.send_to(datagram, b"x", "127.0.0.1:1"), Err(down));
    assert_eq!(bench.recv(server), Err(down));
    assert_eq!(bench.shutdown(client, 2), Err(down));
    assert_eq!(bench.get(client, SockOpt::Type), Err(down));
    assert_eq!(bench.set(client, SockOpt::RcvBuf, OptionValue::Int(1)), Err(down));
    assert_eq!(bench.afd.local_name(client), Err(down));
    assert_eq!(bench.afd.peer_name(client), Err(down));
    assert_eq!(bench.run(|afd, cx| afd.set_nonblocking(cx, client, true)), Err(down));
    assert_eq!(bench.run(|afd, cx| afd.enumerate(cx, client, None)), Err(down));
    assert_eq!(bench.run(|afd, cx| afd.close(cx, client, false)), Err(down));
    assert!(bench.ready(server, Interest::Readable), "blocked calls may go on and fail");
    bench.run(|afd, cx| afd.release(cx, client, Release::Close));
    assert_eq!(bench.state(client), None, "a dying process is not held up");
}

#[test]
fn connections_do_not_survive_a_dead_network_but_sockets_do() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    let datagram = bench.datagram("127.0.0.1:7001");
    bench.run(|afd, cx| afd.set_network_down(cx, true));
    bench.run(|afd, cx| afd.set_network_down(cx, false));
    assert_eq!(bench.recv(client), Err(WsaError::NetDown));
    assert_eq!(bench.send(server, b"x"), Err(WsaError::NetDown));
    assert_eq!(bench.send_to(datagram, b"x", "127.0.0.1:7001"), Ok(1));
}

#[test]
fn without_buffers_nothing_can_be_started() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    let (fresh, datagram) = (bench.stream(), bench.socket(DATAGRAM));
    let bound = bench.stream();
    bench.bind(bound, "127.0.0.1:7005").unwrap();
    bench.send(client, b"before").unwrap();
    bench.run(|afd, _| afd.set_no_buffers(true));
    let none = WsaError::NoBufs;
    assert_eq!(bench.run(|afd, cx| afd.create(cx, STREAM, false)), Err(none));
    assert_eq!(bench.bind(fresh, "127.0.0.1:7006"), Err(none));
    assert_eq!(bench.listen(bound, 1), Err(none));
    assert_eq!(bench.connect(fresh, "127.0.0.1:7000"), Err(none));
    assert_eq!(bench.connect(datagram, "127.0.0.1:7000"), Err(none));
    assert_eq!(bench.send(client, b"x"), Err(none));
    assert_eq!(bench.send_to(datagram, b"x", "127.0.0.1:7000"), Err(none));
    assert!(bench.recv(server).is_ok(), "what is there can be read");
}

#[test]
fn a_failed_keep_alive_is_told_once_in_each_direction() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.run(|afd, cx| afd.abort(cx, client, WsaError::NetReset));
    assert_eq!(bench.recv(client), Err(WsaError::NetReset));
    assert_eq!(bench.recv(client), Err(WsaError::NotConn));
    assert_eq!(bench.send(client, b"x"), Err(WsaError::NetReset));
    assert_eq!(bench.send(client, b"x"), Err(WsaError::NotConn));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset), "the peer sees a reset");
    let keep_alive = OptionValue::Bool(true);
    assert_eq!(bench.set(client, SockOpt::KeepAlive, keep_alive), Err(WsaError::NotConn));
}

#[test]
fn an_aborted_connection_reports_its_error_for_good() {
    for error in [WsaError::ConnAborted, WsaError::ConnReset, WsaError::TimedOut, WsaError::NetDown] {
        let mut bench = Bench::new();
        let (client, _) = bench.pair();
        bench.run(|afd, cx| afd.abort(cx, client, error));
        for _ in 0..2 {
            assert_eq!(bench.recv(client), Err(error));
            assert_eq!(bench.send(client, b"x"), Err(error));
        }
        assert_eq!(bench.connect(client, "127.0.0.1:7000"), Err(WsaError::IsConn), "to be dropped, not reused");
    }
}

#[test]
fn an_attempt_can_be_aborted() {
    let mut bench = Bench::new();
    let s = bench.stream();
    bench.connect(s, "10.0.0.9:1").unwrap();
    bench.run(|afd, cx| afd.abort(cx, s, WsaError::ConnReset));
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, s)), Some(Err(WsaError::ConnRefused)));
}

#[test]
fn a_queued_connection_that_breaks_is_reported_by_accept() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    bench.run(|afd, cx| afd.abort(cx, client, WsaError::TimedOut));
    assert_eq!(bench.accept(listener), Err(WsaError::ConnReset));
    assert_eq!(bench.afd.len(), 2, "its server end is gone");
}

#[test]
fn an_idle_machine_equals_its_clone_and_a_fresh_one() {
    let mut bench = Bench::new();
    let s = bench.socket(DATAGRAM);
    bench.run(|afd, cx| afd.send_to(cx, s, b"x", Some(&at("127.0.0.1:9")), crate::abi::MessageFlags::empty())).unwrap();
    assert_eq!(bench.afd.clone(), bench.afd);
    bench.close(s);
    assert_ne!(bench.afd, Afd::default(), "the next automatic port and the next id are part of the state");
}
