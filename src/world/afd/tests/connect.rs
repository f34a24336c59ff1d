//! Attempts to connect.

use super::bench::{Bench, SERVER, STREAM_V6, at};
use super::*;
use crate::abi::{SockAddr, SockOpt};

#[test]
fn a_blocking_connect_to_a_listener_is_done_at_once() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    assert_eq!(bench.local(client), "127.0.0.1:49152");
    assert_eq!(bench.afd.peer_name(client), Ok(at(SERVER)));
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.afd.peer_name(server), Ok(at("127.0.0.1:49152")));
    assert_eq!(bench.local(server), SERVER);
}

#[test]
fn a_blocking_connect_to_nobody_is_refused_at_once_and_may_be_repeated() {
    let mut bench = Bench::new();
    let client = bench.stream();
    assert_eq!(bench.connect(client, SERVER), Err(WsaError::ConnRefused));
    assert_eq!(bench.local(client), "0.0.0.0:49152", "bound, not connected");
    assert_eq!(bench.get(client, SockOpt::Error), Ok(OptionValue::Int(0)), "the call has said it");
    bench.server();
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Done));
}

#[test]
fn a_nonblocking_connect_is_decided_when_the_call_returns() {
    let mut bench = Bench::new();
    let client = bench.stream();
    bench.nonblocking(client);
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Started));
    assert_eq!(bench.afd.select(client), Readiness { read: false, write: false, except: true });
    assert_eq!(bench.get(client, SockOpt::Error), Ok(OptionValue::Int(10061)));
    assert_eq!(bench.get(client, SockOpt::Error), Ok(OptionValue::Int(0)), "read and cleared");
    bench.server();
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Started));
    assert_eq!(bench.afd.select(client), Readiness { read: false, write: true, except: false });
}

#[test]
fn success_clears_the_error_of_an_earlier_attempt() {
    let mut bench = Bench::new();
    let client = bench.stream();
    bench.nonblocking(client);
    bench.connect(client, SERVER).unwrap();
    bench.server();
    bench.run(|afd, _| afd.delay_connects(100));
    bench.connect(client, SERVER).unwrap();
    assert_eq!(bench.afd.socket(client).and_then(SharedSocket::pending_error), Some(WsaError::ConnRefused));
    bench.wait_ms(100);
    assert_eq!(bench.afd.socket(client).and_then(SharedSocket::pending_error), None);
}

#[test]
fn a_slow_link_keeps_an_attempt_in_progress() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.run(|afd, _| afd.delay_connects(100));
    let client = bench.stream();
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Started), "a blocking caller has to wait");
    assert!(!bench.ready(client, Interest::Connected));
    assert_eq!(bench.connect(client, SERVER), Err(WsaError::Already));
    assert_eq!(bench.afd.peer_name(client), Err(WsaError::NotConn));
    assert_eq!(bench.send(client, b"x"), Err(WsaError::NotConn));
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), None);
    assert_eq!(bench.afd.accept_front(listener), Ok(None));
    bench.wait_ms(100);
    assert!(bench.ready(client, Interest::Connected));
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Ok(())));
    assert!(bench.accept(listener).is_ok());
}

#[test]
fn a_silent_host_times_out() {
    let mut bench = Bench::new();
    let client = bench.stream();
    assert_eq!(bench.connect(client, "10.0.0.9:80"), Ok(Connect::Started));
    assert_eq!(bench.local(client), "10.0.0.5:49152");
    assert_eq!(bench.afd.next_deadline(), Some(Ticks(21_000)));
    bench.wait_ms(21_000);
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Err(WsaError::TimedOut)));
    assert_eq!(bench.get(client, SockOpt::Error), Ok(OptionValue::Int(0)), "the blocked call has said it");
    bench.server();
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Done));
}

#[test]
fn an_address_in_no_network_is_unreachable() {
    let mut bench = Bench::new();
    let client = bench.stream();
    assert_eq!(bench.connect(client, "9.9.9.9:80"), Err(WsaError::NetUnreach));
    bench.nonblocking(client);
    assert_eq!(bench.connect(client, "9.9.9.9:80"), Ok(Connect::Started));
    assert_eq!(bench.get(client, SockOpt::Error), Ok(OptionValue::Int(10051)));
}

#[test]
fn addresses_that_name_no_host_are_not_available() {
    let mut bench = Bench::new();
    let client = bench.stream();
    for name in ["0.0.0.0:80", "127.0.0.1:0", "255.255.255.255:80", "10.0.0.255:80"] {
        assert_eq!(bench.connect(client, name), Err(WsaError::AddrNotAvail), "{name}");
    }
}

#[test]
fn an_address_of_another_family_does_not_fit() {
    let mut bench = Bench::new();
    let client = bench.stream();
    assert_eq!(bench.connect(client, "[::1]:80"), Err(WsaError::AfNoSupport));
    assert_eq!(bench.run(|afd, cx| afd.connect(cx, client, &SockAddr::Other(0))), Err(WsaError::AfNoSupport));
}

#[test]
fn connected_and_listening_sockets_cannot_connect() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    assert_eq!(bench.connect(client, SERVER), Err(WsaError::IsConn));
    assert_eq!(bench.connect(listener, SERVER), Err(WsaError::Inval));
}

#[test]
fn a_wildcard_that_becomes_somebody_elses_address_is_in_use() {
    let mut bench = Bench::new();
    bench.server();
    let (holder, client) = (bench.stream(), bench.stream());
    bench.bind(client, "0.0.0.0:8000").unwrap();
    bench.bind(holder, "127.0.0.1:8000").unwrap();
    assert_eq!(bench.connect(client, SERVER), Err(WsaError::AddrInUse));
    bench.turn_on(client, SockOpt::ReuseAddr);
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Done));
}

#[test]
fn the_most_specific_listener_gets_the_connection_and_of_equals_the_first() {
    let mut bench = Bench::new();
    let listeners = ["0.0.0.0:7000", "127.0.0.1:7000", "127.0.0.1:7000"].map(|name| {
        let s = bench.stream();
        bench.turn_on(s, SockOpt::ReuseAddr);
        bench.bind(s, name).unwrap();
        bench.listen(s, 4).unwrap();
        s
    });
    for expected in [1, 2, 0] {
        bench.client();
        assert!(bench.ready(listeners[expected], Interest::Acceptable), "listener {expected}");
        bench.close(listeners[expected]);
    }
}

#[test]
fn a_dual_stack_listener_sees_ipv4_clients_by_mapped_names() {
    let mut bench = Bench::new();
    let listener = bench.socket(STREAM_V6);
    bench.set(listener, SockOpt::Ipv6V6Only, OptionValue::Bool(false)).unwrap();
    bench.bind(listener, "[::]:7000").unwrap();
    bench.listen(listener, 4).unwrap();
    let client = bench.client();
    assert_eq!(bench.afd.peer_name(client), Ok(at(SERVER)));
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.afd.peer_name(server), Ok(at("[::ffff:127.0.0.1]:49152")));
    assert_eq!(bench.afd.local_name(server), Ok(at("[::ffff:127.0.0.1]:7000")));
}

#[test]
fn an_ipv6_client_reaches_an_ipv4_listener_only_if_it_takes_both() {
    let mut bench = Bench::new();
    bench.server();
    let client = bench.socket(STREAM_V6);
    assert_eq!(bench.connect(client, "[::ffff:127.0.0.1]:7000"), Err(WsaError::NetUnreach));
    bench.set(client, SockOpt::Ipv6V6Only, OptionValue::Bool(false)).unwrap();
    assert_eq!(bench.connect(client, "[::ffff:127.0.0.1]:7000"), Ok(Connect::Done));
}

#[test]
fn a_descriptor_may_have_a_mode_of_its_own() {
    let mut bench = Bench::new();
    let client = bench.stream();
    let to = at(SERVER);
    assert_eq!(bench.run(|afd, cx| afd.connect_in_mode(cx, client, &to, true)), Ok(Connect::Started));
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Err(WsaError::ConnRefused)));
}

#[test]
fn closing_a_connecting_socket_ends_the_attempt() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.run(|afd, _| afd.delay_connects(100));
    let client = bench.stream();
    bench.connect(client, SERVER).unwrap();
    bench.close(client);
    assert_eq!(bench.afd.next_deadline(), None);
    bench.wait_ms(100);
    assert_eq!(bench.afd.accept_front(listener), Ok(None));
}

#[test]
fn a_failed_attempt_leaves_a_socket_that_can_listen() {
    let mut bench = Bench::new();
    let s = bench.stream();
    bench.bind(s, SERVER).unwrap();
    bench.nonblocking(s);
    bench.connect(s, "127.0.0.1:9").unwrap();
    assert_eq!(bench.listen(s, 1), Ok(()));
    let client = bench.client();
    assert!(bench.accept(s).is_ok());
    bench.close(client);
}

#[test]
fn a_cancelled_connect_takes_its_offer_back_and_may_be_repeated() {
    let mut bench = Bench::new();
    let listener = bench.stream();
    bench.turn_on(listener, SockOpt::ConditionalAccept);
    bench.bind(listener, SERVER).unwrap();
    bench.listen(listener, 4).unwrap();
    let client = bench.stream();
    bench.connect(client, SERVER).unwrap();
    bench.run(|afd, cx| afd.cancel_connect(cx, client));
    assert_eq!(bench.local(client), "0.0.0.0:49152");
    assert_eq!(bench.accept(listener), Err(WsaError::Acces));
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Started));
    assert!(bench.accept(listener).is_ok());
}
