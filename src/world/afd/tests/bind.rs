//! Names.

use super::bench::{Bench, DATAGRAM, SERVER, STREAM_V6, at};
use super::*;
use crate::abi::{SockAddr, SockOpt};
use crate::world::policy::{BindMatrix, EphemeralPorts, PolicyId};

#[test]
fn a_bound_socket_shows_its_name_and_cannot_be_bound_again() {
    let mut bench = Bench::new();
    let s = bench.stream();
    assert_eq!(bench.afd.local_name(s), Err(WsaError::Inval), "unbound");
    assert_eq!(bench.bind(s, SERVER), Ok(()));
    assert_eq!(bench.local(s), SERVER);
    assert_eq!(bench.bind(s, "127.0.0.1:7001"), Err(WsaError::Inval));
}

#[test]
fn a_name_of_another_family_is_a_fault() {
    let mut bench = Bench::new();
    let (v4, v6) = (bench.stream(), bench.socket(STREAM_V6));
    assert_eq!(bench.bind(v4, "[::1]:7000"), Err(WsaError::Fault));
    assert_eq!(bench.bind(v6, SERVER), Err(WsaError::Fault));
    assert_eq!(bench.run(|afd, cx| afd.bind(cx, v4, &SockAddr::Other(6))), Err(WsaError::Fault));
}

#[test]
fn only_the_machines_own_addresses_can_be_bound() {
    let mut bench = Bench::new();
    let s = bench.stream();
    for foreign in ["10.0.0.6:7000", "9.9.9.9:7000", "10.0.0.255:7000", "255.255.255.255:7000"] {
        assert_eq!(bench.bind(s, foreign), Err(WsaError::AddrNotAvail), "{foreign}");
    }
    assert_eq!(bench.bind(s, "10.0.0.5:7000"), Ok(()), "a failed bind left it unbound");
}

#[test]
fn port_zero_is_the_next_free_port() {
    let mut bench = Bench::new();
    let names: Vec<_> = (0..3)
        .map(|_| {
            let s = bench.stream();
            bench.bind(s, "127.0.0.1:0").unwrap();
            bench.local(s)
        })
        .collect();
    assert_eq!(names, ["127.0.0.1:49152", "127.0.0.1:49153", "127.0.0.1:49154"]);
    assert!(bench.asks(PolicyId::ephemeral_ports));
}

#[test]
fn automatic_ports_may_come_from_the_old_range() {
    let mut bench = Bench::new();
    bench.platform.policies.ephemeral_ports = EphemeralPorts::From1024;
    let s = bench.stream();
    bench.bind(s, "127.0.0.1:0").unwrap();
    assert_eq!(bench.local(s), "127.0.0.1:1024");
}

#[test]
fn without_a_free_port_there_are_no_buffers() {
    let mut bench = Bench::new();
    bench.platform.policies.ephemeral_ports = EphemeralPorts::From1024;
    for port in 1024..=5000 {
        let s = bench.run_unchecked(|afd, cx| afd.create(cx, DATAGRAM, false)).unwrap();
        bench.run_unchecked(|afd, cx| afd.add_descriptor(cx, s));
        bench.run_unchecked(|afd, cx| afd.bind(cx, s, &SockAddr::v4(std::net::Ipv4Addr::LOCALHOST, port))).unwrap();
    }
    let s = bench.socket(DATAGRAM);
    assert_eq!(bench.bind(s, "127.0.0.1:0"), Err(WsaError::NoBufs));
    assert_eq!(bench.send_to(s, b"x", SERVER), Err(WsaError::NoBufs), "an implicit bind needs a port too");
}

#[test]
fn conflicts_follow_the_matrix_and_say_so() {
    let mut bench = Bench::new();
    let (first, second) = (bench.stream(), bench.stream());
    bench.bind(first, "0.0.0.0:7000").unwrap();
    assert_eq!(bench.bind(second, "0.0.0.0:7000"), Err(WsaError::AddrInUse));
    assert!(bench.follows(RuleId::BindMatrix2));
    bench.turn_on(second, SockOpt::ReuseAddr);
    assert_eq!(bench.bind(second, "0.0.0.0:7000"), Err(WsaError::Acces), "an option set later counts at the next bind");
    assert_eq!(bench.bind(second, "127.0.0.1:7000"), Ok(()));
    assert!(bench.asks(PolicyId::bind_matrix));
}

#[test]
fn the_older_matrix_lets_reuse_steal_an_address() {
    let mut bench = Bench::new();
    bench.platform.policies.bind_matrix = BindMatrix::WindowsXp;
    let (first, second) = (bench.stream(), bench.stream());
    bench.bind(first, SERVER).unwrap();
    assert_eq!(bench.bind(second, SERVER), Err(WsaError::AddrInUse));
    bench.turn_on(second, SockOpt::ReuseAddr);
    assert_eq!(bench.bind(second, SERVER), Ok(()));
}

#[test]
fn streams_and_datagrams_have_ports_of_their_own() {
    let mut bench = Bench::new();
    let (stream, datagram) = (bench.stream(), bench.socket(DATAGRAM));
    bench.bind(stream, SERVER).unwrap();
    assert_eq!(bench.bind(datagram, SERVER), Ok(()));
}

#[test]
fn the_name_is_free_after_the_close() {
    let mut bench = Bench::new();
    let (first, second) = (bench.stream(), bench.stream());
    bench.bind(first, SERVER).unwrap();
    bench.close(first);
    assert_eq!(bench.bind(second, SERVER), Ok(()));
}

#[test]
fn a_listeners_port_is_free_although_accepted_connections_live() {
    let mut bench = Bench::new();
    let (_client, server) = bench.pair();
    assert_eq!(bench.local(server), SERVER);
    let next = bench.stream();
    assert_eq!(bench.bind(next, SERVER), Ok(()));
}

#[test]
fn a_dual_stack_socket_takes_mapped_addresses_and_others_do_not() {
    let mut bench = Bench::new();
    let (only_v6, dual) = (bench.socket(STREAM_V6), bench.socket(STREAM_V6));
    assert_eq!(bench.bind(only_v6, "[::ffff:127.0.0.1]:7000"), Err(WsaError::AddrNotAvail));
    bench.set(dual, SockOpt::Ipv6V6Only, OptionValue::Bool(false)).unwrap();
    assert_eq!(bench.bind(dual, "[::ffff:0.0.0.0]:7000"), Err(WsaError::AddrNotAvail), "no wildcard in this form");
    assert_eq!(bench.bind(dual, "[::ffff:127.0.0.1]:7000"), Ok(()));
    assert_eq!(bench.afd.local_name(dual), Ok(at("[::ffff:127.0.0.1]:7000")));
    let v4 = bench.stream();
    assert_eq!(bench.bind(v4, SERVER), Err(WsaError::AddrInUse), "it is the same address");
}

#[test]
fn a_dual_stack_wildcard_gives_both_its_places_back() {
    let mut bench = Bench::new();
    let dual = bench.socket(STREAM_V6);
    bench.set(dual, SockOpt::Ipv6V6Only, OptionValue::Bool(false)).unwrap();
    bench.turn_on(dual, SockOpt::ExclusiveAddrUse);
    bench.bind(dual, "[::]:7000").unwrap();
    let v4 = bench.stream();
    assert_eq!(bench.bind(v4, "0.0.0.0:7000"), Err(WsaError::AddrInUse));
    bench.close(dual);
    assert_eq!(bench.bind(v4, "0.0.0.0:7000"), Ok(()));
}

#[test]
fn the_wildcard_is_shown_until_a_connection_names_the_address() {
    let mut bench = Bench::new();
    bench.server();
    let client = bench.stream();
    bench.bind(client, "0.0.0.0:8000").unwrap();
    assert_eq!(bench.local(client), "0.0.0.0:8000");
    bench.connect(client, SERVER).unwrap();
    assert_eq!(bench.local(client), "127.0.0.1:8000");
}

#[test]
fn many_sockets_share_one_port_on_as_many_addresses() {
    let mut bench = Bench::new();
    bench.log = crate::world::log::Log::off();
    for host in 1..=20_000_u32 {
        let name = SockAddr::v4(std::net::Ipv4Addr::from_bits(0x7f00_0000 + host), 80);
        bench.run_unchecked(|afd, cx| {
            let s = afd.create(cx, DATAGRAM, false).unwrap();
            afd.add_descriptor(cx, s);
            afd.bind(cx, s, &name).unwrap();
        });
    }
    let s = bench.socket(DATAGRAM);
    assert_eq!(bench.bind(s, "127.0.0.77:80"), Err(WsaError::AddrInUse));
    assert_eq!(bench.bind(s, "0.0.0.0:80"), Ok(()));
}
