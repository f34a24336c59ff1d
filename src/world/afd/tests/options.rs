//! Options.

use std::sync::Arc;

use super::bench::{Bench, DATAGRAM, DATAGRAM_V6, STREAM, STREAM_V6, at};
use super::*;
use crate::abi::{OptionType, SockOpt};
use crate::world::policy::LingerDefault;

const BOTH_WAYS: WsaError = WsaError::NoProtoOpt;

#[test]
fn every_option_of_every_socket_reads_as_its_type_or_not_at_all() {
    for transport in [STREAM, DATAGRAM, STREAM_V6, DATAGRAM_V6] {
        let mut bench = Bench::new();
        let s = bench.socket(transport);
        for &option in SockOpt::ALL {
            let right = match (bench.get(s, option), option.row().value) {
                (Ok(OptionValue::Bool(_)), kind) => kind == OptionType::Bool,
                (Ok(OptionValue::Int(_)), kind) => kind == OptionType::Int,
                (Ok(OptionValue::U32(_)), kind) => kind == OptionType::U32,
                (Ok(OptionValue::Linger { .. }), kind) => kind == OptionType::Linger,
                (Ok(OptionValue::Bytes(_)), kind) => kind == OptionType::Bytes,
                (Ok(OptionValue::Addresses { .. }), kind) => kind == OptionType::Address,
                (Err(WsaError::NoProtoOpt | WsaError::Inval | WsaError::NotConn), _) => true,
                (Err(_), _) => false,
            };
            assert!(right, "{option} on {transport:?}: {:?}", bench.get(s, option));
        }
    }
}

#[test]
fn what_can_be_set_and_read_reads_back() {
    for transport in [STREAM, DATAGRAM, STREAM_V6, DATAGRAM_V6] {
        for &option in SockOpt::ALL {
            let mut bench = Bench::new();
            let s = bench.socket(transport);
            let value = match bench.get(s, option) {
                Ok(OptionValue::Bool(value)) => OptionValue::Bool(!value),
                Ok(OptionValue::Int(_)) => OptionValue::Int(200),
                Ok(OptionValue::U32(_)) => OptionValue::U32(7),
                Ok(OptionValue::Linger { .. }) => OptionValue::Linger { on: true, seconds: 73 },
                Ok(OptionValue::Bytes(_)) => OptionValue::Bytes(Arc::from([1, 2, 3])),
                _ => continue,
            };
            if option.row().set {
                assert_eq!(bench.set(s, option, value.clone()), Ok(()), "{option}");
                assert_eq!(bench.get(s, option), Ok(value), "{option}");
            } else {
                assert_eq!(bench.set(s, option, value), Err(BOTH_WAYS), "{option} is for reading");
            }
        }
    }
}

#[test]
fn options_that_other_sockets_have() {
    let mut bench = Bench::new();
    let (stream, datagram, v6) = (bench.stream(), bench.socket(DATAGRAM), bench.socket(DATAGRAM_V6));
    for (s, option, error) in [
        (datagram, SockOpt::Linger, WsaError::NoProtoOpt),
        (datagram, SockOpt::DontLinger, WsaError::NoProtoOpt),
        (datagram, SockOpt::KeepAlive, WsaError::NoProtoOpt),
        (datagram, SockOpt::OobInline, WsaError::NoProtoOpt),
        (datagram, SockOpt::ConditionalAccept, WsaError::NoProtoOpt),
        (datagram, SockOpt::TcpNoDelay, WsaError::NoProtoOpt),
        (stream, SockOpt::MaxMsgSize, WsaError::NoProtoOpt),
        (stream, SockOpt::UdpNoChecksum, WsaError::NoProtoOpt),
        (stream, SockOpt::Broadcast, WsaError::NoProtoOpt),
        (stream, SockOpt::IpMulticastTtl, WsaError::Inval),
        (stream, SockOpt::IpHdrIncl, WsaError::Inval),
        (v6, SockOpt::Broadcast, WsaError::NoProtoOpt),
        (v6, SockOpt::UdpNoChecksum, WsaError::NoProtoOpt),
        (v6, SockOpt::DontRoute, WsaError::NoProtoOpt),
        (v6, SockOpt::IpTtl, WsaError::NoProtoOpt),
        (stream, SockOpt::Ipv6V6Only, WsaError::NoProtoOpt),
        (stream, SockOpt::UseLoopback, WsaError::Inval),
        (stream, SockOpt::RcvLowat, WsaError::Inval),
        (stream, SockOpt::SndLowat, WsaError::Inval),
        (stream, SockOpt::ConnData, WsaError::NoProtoOpt),
        (stream, SockOpt::OpenType, WsaError::NoProtoOpt),
    ] {
        assert_eq!(bench.get(s, option), Err(error), "get {option}");
        assert_eq!(bench.set(s, option, OptionValue::Int(1)), Err(error), "set {option}");
    }
    assert_eq!(bench.set(stream, SockOpt::DontRoute, OptionValue::Bool(true)), Ok(()), "ignored on IPv4");
}

#[test]
fn values_of_the_wrong_shape_are_invalid() {
    let mut bench = Bench::new();
    let s = bench.stream();
    let bytes = || OptionValue::Bytes(Arc::from([1]));
    for option in [SockOpt::ReuseAddr, SockOpt::RcvBuf, SockOpt::Linger, SockOpt::TcpKeepCnt] {
        assert_eq!(bench.set(s, option, bytes()), Err(WsaError::Inval), "{option}");
    }
    assert_eq!(bench.set(s, SockOpt::RcvBuf, OptionValue::Int(-1)), Err(WsaError::Inval));
    assert_eq!(bench.set(s, SockOpt::PvdConfig, OptionValue::Int(1)), Err(WsaError::Inval));
}

#[test]
fn linger_and_dontlinger_are_two_sides_of_one_switch() {
    let mut bench = Bench::new();
    let s = bench.stream();
    assert_eq!(bench.get(s, SockOpt::Linger), Ok(OptionValue::Linger { on: false, seconds: 0 }));
    assert_eq!(bench.get(s, SockOpt::DontLinger), Ok(OptionValue::Bool(true)));
    bench.linger(s, 30);
    assert_eq!(bench.get(s, SockOpt::DontLinger), Ok(OptionValue::Bool(false)));
    bench.turn_on(s, SockOpt::DontLinger);
    assert!(!bench.afd.socket(s).unwrap().linger().is_on());
    bench.set(s, SockOpt::DontLinger, OptionValue::Bool(false)).unwrap();
    assert_eq!(bench.get(s, SockOpt::Linger), Ok(OptionValue::Linger { on: true, seconds: 30 }), "the earlier time");
    bench.set(s, SockOpt::Linger, OptionValue::Linger { on: false, seconds: 99 }).unwrap();
    assert_eq!(bench.get(s, SockOpt::DontLinger), Ok(OptionValue::Bool(true)));
    bench.set(s, SockOpt::DontLinger, OptionValue::Bool(false)).unwrap();
    let still = OptionValue::Linger { on: true, seconds: 30 };
    assert_eq!(bench.get(s, SockOpt::Linger), Ok(still), "turning it off sets no time");
}

#[test]
fn lingering_may_be_on_in_a_new_socket() {
    let mut bench = Bench::new();
    bench.platform.policies.linger_default = LingerDefault::On;
    let s = bench.stream();
    assert_eq!(bench.get(s, SockOpt::Linger), Ok(OptionValue::Linger { on: true, seconds: 0 }));
}

#[test]
fn reuse_and_exclusive_exclude_each_other() {
    let pairs = [(SockOpt::ReuseAddr, SockOpt::ExclusiveAddrUse), (SockOpt::ExclusiveAddrUse, SockOpt::ReuseAddr)];
    for (first, second) in pairs {
        let mut bench = Bench::new();
        let s = bench.stream();
        bench.turn_on(s, first);
        assert_eq!(bench.set(s, second, OptionValue::Bool(true)), Err(WsaError::Inval));
        bench.set(s, first, OptionValue::Bool(false)).unwrap();
        assert_eq!(bench.set(s, second, OptionValue::Bool(true)), Ok(()));
    }
}

#[test]
fn some_options_come_too_late() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let on = || OptionValue::Bool(true);
    assert_eq!(bench.set(listener, SockOpt::ConditionalAccept, on()), Err(WsaError::Inval));
    assert_eq!(bench.set(listener, SockOpt::ExclusiveAddrUse, on()), Err(WsaError::Inval));
    assert_eq!(bench.set(listener, SockOpt::ReuseAddr, on()), Ok(()), "allowed, without effect");
    let v6 = bench.socket(STREAM_V6);
    bench.bind(v6, "[::1]:7001").unwrap();
    assert_eq!(bench.set(v6, SockOpt::Ipv6V6Only, on()), Err(WsaError::Inval));
}

#[test]
fn what_the_socket_is_and_does() {
    let mut bench = Bench::new();
    let (stream, datagram, listener) = (bench.stream(), bench.socket(DATAGRAM), bench.server());
    assert_eq!(bench.get(stream, SockOpt::Type), Ok(OptionValue::Int(1)));
    assert_eq!(bench.get(datagram, SockOpt::Type), Ok(OptionValue::Int(2)));
    assert_eq!(bench.get(stream, SockOpt::AcceptConn), Ok(OptionValue::Bool(false)));
    assert_eq!(bench.get(listener, SockOpt::AcceptConn), Ok(OptionValue::Bool(true)));
    assert_eq!(bench.get(datagram, SockOpt::MaxMsgSize), Ok(OptionValue::U32(20)));
    assert_eq!(bench.get(stream, SockOpt::RcvBuf), Ok(OptionValue::Int(8)));
    assert_eq!(bench.get(stream, SockOpt::IpMtu), Err(WsaError::NotConn));
}

#[test]
fn connect_time_counts_seconds_of_a_connection() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    let (fresh, datagram) = (bench.stream(), bench.socket(DATAGRAM));
    bench.wait_ms(2999);
    for (s, seconds) in [(client, 2), (server, 2), (fresh, u32::MAX), (datagram, u32::MAX)] {
        assert_eq!(bench.get(s, SockOpt::ConnectTime), Ok(OptionValue::U32(seconds)));
    }
}

#[test]
fn the_state_of_both_ends_can_be_read() {
    let mut bench = Bench::new();
    let (client, _server) = bench.pair();
    let fresh = bench.stream();
    let both = OptionValue::Addresses { local: Some(at("127.0.0.1:49152")), peer: Some(at("127.0.0.1:7000")) };
    assert_eq!(bench.get(client, SockOpt::BspState), Ok(both));
    assert_eq!(bench.get(fresh, SockOpt::BspState), Ok(OptionValue::Addresses { local: None, peer: None }));
}

#[test]
fn timeouts_count_only_for_overlapped_sockets() {
    let mut bench = Bench::new();
    let overlapped = bench.stream();
    let plain = bench.run(|afd, cx| {
        let s = afd.create(cx, STREAM, false).unwrap();
        afd.add_descriptor(cx, s);
        s
    });
    for (s, counts) in [(overlapped, Some(100)), (plain, None)] {
        bench.set(s, SockOpt::RcvTimeo, OptionValue::Int(100)).unwrap();
        bench.set(s, SockOpt::SndTimeo, OptionValue::Int(100)).unwrap();
        let socket = bench.afd.socket(s).unwrap();
        assert_eq!((socket.receive_timeout_ms(), socket.send_timeout_ms()), (counts, counts));
    }
    assert_eq!(bench.get(plain, SockOpt::RcvTimeo), Ok(OptionValue::Int(100)), "it reads back all the same");
}

#[test]
fn the_urgent_switches_are_inverse_and_set_once() {
    let mut bench = Bench::new();
    let s = bench.stream();
    assert_eq!(bench.get(s, SockOpt::TcpBsdUrgent), Ok(OptionValue::Bool(true)));
    bench.set(s, SockOpt::TcpBsdUrgent, OptionValue::Bool(false)).unwrap();
    assert_eq!(bench.get(s, SockOpt::TcpExpedited1122), Ok(OptionValue::Bool(true)));
    assert_eq!(bench.set(s, SockOpt::TcpExpedited1122, OptionValue::Bool(true)), Err(WsaError::Inval));
}

#[test]
fn every_change_has_a_line_and_its_socket() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.linger(client, 3);
    bench.send(client, b"0123456789").unwrap();
    bench.recv(server).unwrap();
    bench.close(client);
    for event in bench.log.take() {
        if let crate::world::event::Event::Socket(change) = event {
            let line = change.to_string();
            assert!((5..100).contains(&line.len()), "{line}");
            assert!(change.socket().0 < 4);
        }
    }
}
