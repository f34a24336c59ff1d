//! Datagrams.

use super::bench::{Bench, DATAGRAM, DATAGRAM_V6, NONE, SD_RECEIVE, SD_SEND, at, datagram};
use super::*;
use crate::abi::{SockAddr, SockOpt};
use crate::world::policy::{FionreadDatagram, UdpPortUnreachable};

const ONE: &str = "127.0.0.1:7001";
const TWO: &str = "127.0.0.1:7002";
const THREE: &str = "127.0.0.1:7003";

#[test]
fn a_datagram_arrives_whole_with_its_senders_name() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    assert_eq!(bench.send_to(one, b"abc", TWO), Ok(3));
    assert_eq!(bench.send_to(one, b"", TWO), Ok(0));
    assert_eq!(bench.recv(two), datagram(b"abc", ONE));
    assert_eq!(bench.recv(two), datagram(b"", ONE), "an empty one is one too");
    assert_eq!(bench.recv(two), Ok(Received::Empty));
}

#[test]
fn sending_binds_and_sets_no_peer() {
    let mut bench = Bench::new();
    bench.datagram(ONE);
    let s = bench.socket(DATAGRAM);
    assert_eq!(bench.recv(s), Err(WsaError::Inval), "an unbound one cannot receive");
    bench.send_to(s, b"x", ONE).unwrap();
    assert_eq!(bench.local(s), "0.0.0.0:49152");
    assert_eq!(bench.afd.peer_name(s), Err(WsaError::NotConn));
    assert_eq!(bench.recv(s), Ok(Received::Empty));
}

#[test]
fn a_datagram_longer_than_the_room_loses_its_rest() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    bench.send_to(one, b"abcdef", TWO).unwrap();
    let truncated = Ok(Received::Data { bytes: b"abcd".to_vec(), from: Some(at(ONE)), truncated: true });
    assert_eq!(bench.peek(two, 4), truncated);
    assert_eq!(bench.recv_some(two, 4), truncated);
    assert_eq!(bench.recv_some(two, 4), Ok(Received::Empty));
}

#[test]
fn a_message_beyond_the_limit_is_not_sent() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    assert_eq!(bench.send_to(one, &[0; 21], TWO), Err(WsaError::MsgSize));
    assert_eq!(bench.recv(two), Ok(Received::Empty));
    bench.set(two, SockOpt::RcvBuf, OptionValue::Int(100)).unwrap();
    assert_eq!(bench.send_to(one, &[0; 20], TWO), Ok(20));
    assert_eq!(bench.recv(two), datagram(&[0; 20], ONE));
}

#[test]
fn a_full_queue_drops_the_newest() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    for text in [b"aaaa", b"bbbb", b"cccc"] {
        assert_eq!(bench.send_to(one, text, TWO), Ok(4), "the sender is not told");
    }
    assert_eq!(bench.recv(two), datagram(b"aaaa", ONE));
    assert_eq!(bench.recv(two), datagram(b"bbbb", ONE));
    assert_eq!(bench.recv(two), Ok(Received::Empty));
}

#[test]
fn empty_datagrams_fill_a_queue_too() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    for _ in 0..100 {
        bench.send_to(one, b"", TWO).unwrap();
    }
    let mut received = 0;
    while let Ok(Received::Data { .. }) = bench.recv(two) {
        received += 1;
    }
    assert_eq!(received, 8);
}

#[test]
fn a_connected_socket_hears_its_peer_only() {
    let mut bench = Bench::new();
    let (one, two, three) = (bench.datagram(ONE), bench.datagram(TWO), bench.datagram(THREE));
    assert_eq!(bench.send(one, b"x"), Err(WsaError::NotConn));
    assert_eq!(bench.connect(one, TWO), Ok(Connect::Done));
    assert_eq!(bench.afd.peer_name(one), Ok(at(TWO)));
    bench.send_to(three, b"no", ONE).unwrap();
    bench.send_to(two, b"yes", ONE).unwrap();
    assert_eq!(bench.recv(one), datagram(b"yes", TWO));
    assert_eq!(bench.recv(one), Ok(Received::Empty));
    assert_eq!(bench.send(one, b"hi"), Ok(2));
    assert_eq!(bench.recv(two), datagram(b"hi", ONE));
    assert_eq!(bench.send_to(one, b"aside", THREE), Ok(5), "one datagram may go elsewhere");
    assert_eq!(bench.recv(three), datagram(b"aside", ONE));
}

#[test]
fn another_peer_drops_what_is_queued() {
    let mut bench = Bench::new();
    let (one, two, _three) = (bench.datagram(ONE), bench.datagram(TWO), bench.datagram(THREE));
    bench.connect(one, TWO).unwrap();
    bench.send_to(two, b"old", ONE).unwrap();
    bench.connect(one, TWO).unwrap();
    assert_eq!(bench.peek(one, 9), datagram(b"old", TWO), "the same peer again changes nothing");
    bench.connect(one, THREE).unwrap();
    assert_eq!(bench.recv(one), Ok(Received::Empty));
}

#[test]
fn the_first_peer_keeps_its_own_datagrams() {
    let mut bench = Bench::new();
    let (one, two, three) = (bench.datagram(ONE), bench.datagram(TWO), bench.datagram(THREE));
    bench.send_to(two, b"two", ONE).unwrap();
    bench.send_to(three, b"three", ONE).unwrap();
    bench.connect(one, TWO).unwrap();
    assert_eq!(bench.recv(one), datagram(b"two", TWO));
    assert_eq!(bench.recv(one), Ok(Received::Empty));
}

#[test]
fn zero_and_unspecified_addresses_take_the_peer_away() {
    for nobody in [at("0.0.0.0:0"), SockAddr::Other(0)] {
        let mut bench = Bench::new();
        let one = bench.datagram("0.0.0.0:7001");
        bench.connect(one, TWO).unwrap();
        assert_eq!(bench.local(one), ONE, "shown while connected");
        assert_eq!(bench.run(|afd, cx| afd.connect(cx, one, &nobody)), Ok(Connect::Done));
        assert_eq!(bench.local(one), "0.0.0.0:7001");
        assert_eq!(bench.afd.peer_name(one), Err(WsaError::NotConn));
        assert_eq!(bench.send(one, b"x"), Err(WsaError::NotConn));
        assert_eq!(bench.run(|afd, cx| afd.send_to(cx, one, b"x", None, NONE)), Err(WsaError::DestAddrReq));
    }
}

#[test]
fn a_closed_port_makes_the_next_receive_fail() {
    let mut bench = Bench::new();
    let one = bench.datagram(ONE);
    assert_eq!(bench.send_to(one, b"x", TWO), Ok(1));
    assert_eq!(bench.send_to(one, b"x", TWO), Ok(1), "sends go on succeeding");
    assert!(bench.ready(one, Interest::Readable));
    assert_eq!(bench.recv(one), Err(WsaError::ConnReset));
    assert_eq!(bench.recv(one), Ok(Received::Empty), "said once");
    bench.send_to(one, b"x", "127.0.0.1:0").unwrap();
    assert_eq!(bench.recv(one), Ok(Received::Empty), "port 0 swallows");
}

#[test]
fn a_closed_port_may_go_unnoticed() {
    let mut bench = Bench::new();
    bench.platform.policies.udp_port_unreachable = UdpPortUnreachable::Ignored;
    let one = bench.datagram(ONE);
    bench.send_to(one, b"x", TWO).unwrap();
    assert_eq!(bench.recv(one), Ok(Received::Empty));
    bench.run(|afd, cx| afd.set_udp_connreset(cx, one, true)).unwrap();
    bench.send_to(one, b"x", TWO).unwrap();
    assert_eq!(bench.recv(one), Err(WsaError::ConnReset), "the ioctl overrules the policy");
}

#[test]
fn destinations_that_cannot_be() {
    let mut bench = Bench::new();
    let one = bench.datagram(ONE);
    for (to, error) in [
        ("0.0.0.0:9", WsaError::AddrNotAvail),
        ("[::1]:9", WsaError::AfNoSupport),
        ("9.9.9.9:9", WsaError::NetUnreach),
        ("255.255.255.255:9", WsaError::Acces),
        ("10.0.0.255:9", WsaError::Acces),
    ] {
        assert_eq!(bench.send_to(one, b"x", to), Err(error), "{to}");
    }
    assert_eq!(bench.connect(one, "10.0.0.255:9"), Err(WsaError::Acces));
    assert_eq!(bench.connect(one, "9.9.9.9:9"), Err(WsaError::NetUnreach));
    assert_eq!(bench.connect(one, "127.0.0.1:0"), Err(WsaError::AddrNotAvail));
    assert_eq!(bench.send_to(one, b"x", "10.0.0.9:9"), Ok(1), "a silent host takes anything");
}

#[test]
fn a_broadcast_reaches_everybody_on_the_port() {
    let mut bench = Bench::new();
    let sender = bench.datagram("0.0.0.0:7000");
    let (one, two, other_port) =
        (bench.datagram("10.0.0.5:7001"), bench.datagram("0.0.0.0:7001"), bench.datagram("0.0.0.0:7002"));
    bench.turn_on(sender, SockOpt::Broadcast);
    for to in ["255.255.255.255:7001", "10.0.0.255:7001"] {
        assert_eq!(bench.send_to(sender, b"all", to), Ok(3));
        assert_eq!(bench.recv(one), datagram(b"all", "10.0.0.5:7000"), "{to}");
        assert_eq!(bench.recv(two), datagram(b"all", "10.0.0.5:7000"), "{to}");
        assert_eq!(bench.recv(other_port), Ok(Received::Empty), "{to}");
    }
}

#[test]
fn a_broadcast_passes_those_who_have_another_peer() {
    let mut bench = Bench::new();
    let (sender, one) = (bench.datagram("10.0.0.5:7000"), bench.datagram("10.0.0.5:7001"));
    bench.connect(one, "10.0.0.5:7003").unwrap();
    bench.turn_on(sender, SockOpt::Broadcast);
    bench.send_to(sender, b"all", "255.255.255.255:7001").unwrap();
    assert_eq!(bench.recv(one), Ok(Received::Empty));
    bench.connect(one, "10.0.0.5:7000").unwrap();
    bench.send_to(sender, b"all", "255.255.255.255:7001").unwrap();
    assert_eq!(bench.recv(one), datagram(b"all", "10.0.0.5:7000"));
}

#[test]
fn of_several_sockets_at_a_place_the_senders_peer_gets_it_else_the_first() {
    let mut bench = Bench::new();
    let sender = bench.datagram(TWO);
    let [first, second] = [(), ()].map(|()| {
        let s = bench.socket(DATAGRAM);
        bench.turn_on(s, SockOpt::ReuseAddr);
        bench.bind(s, ONE).unwrap();
        s
    });
    bench.send_to(sender, b"a", ONE).unwrap();
    assert_eq!(bench.recv(first), datagram(b"a", TWO));
    bench.connect(second, TWO).unwrap();
    bench.send_to(sender, b"b", ONE).unwrap();
    assert_eq!(bench.recv(second), datagram(b"b", TWO));
}

#[test]
fn a_datagram_socket_shut_for_receiving_goes_on_queueing() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    assert_eq!(bench.shutdown(two, SD_RECEIVE), Ok(()), "no connection needed");
    bench.send_to(one, b"kept", TWO).unwrap();
    assert_eq!(bench.recv(two), Err(WsaError::Shutdown));
    assert_eq!(bench.afd.socket(two).map(SharedSocket::received_bytes), Some(4));
    bench.shutdown(one, SD_SEND).unwrap();
    assert_eq!(bench.send_to(one, b"x", TWO), Err(WsaError::Shutdown));
}

#[test]
fn fionread_counts_all_or_the_first() {
    let mut bench = Bench::new();
    let (one, two) = (bench.datagram(ONE), bench.datagram(TWO));
    bench.send_to(one, b"abc", TWO).unwrap();
    bench.send_to(one, b"de", TWO).unwrap();
    assert_eq!(bench.run(|afd, cx| afd.readable_bytes(cx, two)), 5);
    bench.platform.policies.fionread_datagram = FionreadDatagram::FirstDatagram;
    assert_eq!(bench.run(|afd, cx| afd.readable_bytes(cx, two)), 3);
}

#[test]
fn a_dual_stack_socket_gets_ipv4_datagrams() {
    let mut bench = Bench::new();
    let one = bench.datagram(ONE);
    let dual = bench.socket(DATAGRAM_V6);
    bench.set(dual, SockOpt::Ipv6V6Only, OptionValue::Bool(false)).unwrap();
    bench.bind(dual, "[::]:7002").unwrap();
    bench.send_to(one, b"four", TWO).unwrap();
    assert_eq!(bench.recv(dual), datagram(b"four", "[::ffff:127.0.0.1]:7001"));
    assert_eq!(bench.send_to(dual, b"six", "[::ffff:127.0.0.1]:7001"), Ok(3));
    assert_eq!(bench.recv(one), datagram(b"six", TWO));
}
