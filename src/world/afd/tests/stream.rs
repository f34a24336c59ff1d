//! Bytes through a connection.

use super::bench::{Bench, NONE, SD_BOTH, SD_RECEIVE, SD_SEND, SERVER, data};
use super::*;
use crate::abi::{MessageFlags, SockOpt};
use crate::world::policy::{PartialSend, PolicyId};

#[test]
fn what_one_end_sends_the_other_receives() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    assert_eq!(bench.recv(server), Ok(Received::Empty));
    assert_eq!(bench.send(client, b"to"), Ok(2));
    assert_eq!(bench.send(server, b"fro"), Ok(3));
    assert_eq!(bench.recv(server), data(b"to"));
    assert_eq!(bench.recv(client), data(b"fro"));
}

#[test]
fn a_receive_takes_what_fits_and_leaves_the_rest() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(client, b"hel").unwrap();
    bench.send(client, b"lo").unwrap();
    assert_eq!(bench.recv_some(server, 4), data(b"hell"), "no borders between sends");
    assert_eq!(bench.recv_some(server, 0), data(b""));
    assert_eq!(bench.recv_some(server, 4), data(b"o"));
}

#[test]
fn a_peek_leaves_the_data() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(client, b"hello").unwrap();
    assert_eq!(bench.peek(server, 4), data(b"hell"));
    assert_eq!(bench.recv(server), data(b"hello"));
}

#[test]
fn a_send_fills_both_buffers_and_then_takes_nothing() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    assert_eq!(bench.send(client, b"0123456789abcdefXYZ"), Ok(16), "8 at the peer, 8 here");
    assert!(!bench.ready(client, Interest::Writable));
    assert_eq!(bench.send(client, b"XYZ"), Ok(0));
    assert_eq!(bench.recv_some(server, 3), data(b"012"));
    assert!(bench.ready(client, Interest::Writable));
    assert_eq!(bench.send(client, b"XYZ"), Ok(3));
    let mut all = Vec::new();
    while let Ok(Received::Data { bytes, .. }) = bench.recv(server) {
        all.extend(bytes);
    }
    assert_eq!(all, b"3456789abcdefXYZ");
}

#[test]
fn a_nonblocking_send_may_be_whole_or_nothing() {
    let mut bench = Bench::new();
    bench.platform.policies.partial_send = PartialSend::WholeOrNothing;
    let (client, server) = bench.pair();
    bench.nonblocking(client);
    assert_eq!(bench.send(client, &[1; 100]), Ok(100));
    assert!(bench.asks(PolicyId::partial_send));
    assert_eq!(bench.send(client, b"x"), Ok(0));
    let mut received = 0;
    while let Ok(Received::Data { bytes, .. }) = bench.recv(server) {
        received += bytes.len();
    }
    assert_eq!(received, 100);
}

#[test]
fn a_blocking_send_goes_in_parts_whatever_the_policy_for_nonblocking_ones() {
    let mut bench = Bench::new();
    bench.platform.policies.partial_send = PartialSend::WholeOrNothing;
    let (client, _server) = bench.pair();
    assert_eq!(bench.send(client, &[1; 100]), Ok(16));
    assert!(!bench.asks(PolicyId::partial_send));
}

#[test]
fn an_empty_send_is_a_success() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    assert_eq!(bench.send(client, b""), Ok(0));
    assert_eq!(bench.recv(server), Ok(Received::Empty));
}

#[test]
fn without_a_receive_buffer_data_waits_at_the_sender() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.set(server, SockOpt::RcvBuf, OptionValue::Int(0)).unwrap();
    assert_eq!(bench.send(client, b"hello"), Ok(5));
    assert_eq!(bench.afd.socket(client).map(SharedSocket::unsent_bytes), Some(5));
    assert!(bench.ready(server, Interest::Readable));
    assert_eq!(bench.run(|afd, cx| afd.readable_bytes(cx, server)), 5);
    assert_eq!(bench.peek(server, 2), data(b"he"));
    assert_eq!(bench.recv_some(server, 2), data(b"he"));
    bench.close(client);
    assert_eq!(bench.recv(server), data(b"llo"));
    assert_eq!(bench.recv(server), Ok(Received::End));
}

#[test]
fn without_any_buffers_one_byte_at_a_time_gets_through() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.set(server, SockOpt::RcvBuf, OptionValue::Int(0)).unwrap();
    bench.set(client, SockOpt::SndBuf, OptionValue::Int(0)).unwrap();
    assert_eq!(bench.send(client, b"ab"), Ok(1));
    assert_eq!(bench.send(client, b"b"), Ok(0));
    assert_eq!(bench.recv(server), data(b"a"));
    assert_eq!(bench.send(client, b"b"), Ok(1));
}

#[test]
fn a_larger_receive_buffer_takes_waiting_data_at_once() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(client, b"0123456789").unwrap();
    assert_eq!(bench.run(|afd, cx| afd.readable_bytes(cx, server)), 8);
    bench.set(server, SockOpt::RcvBuf, OptionValue::Int(100)).unwrap();
    assert_eq!(bench.run(|afd, cx| afd.readable_bytes(cx, server)), 10);
}

#[test]
fn data_needs_a_connection() {
    let mut bench = Bench::new();
    let (fresh, listener) = (bench.stream(), bench.server());
    for s in [fresh, listener] {
        assert_eq!(bench.send(s, b"x"), Err(WsaError::NotConn));
        assert_eq!(bench.send_to(s, b"x", SERVER), Err(WsaError::NotConn), "a destination does not help");
        assert_eq!(bench.recv(s), Err(WsaError::NotConn));
        assert_eq!(bench.shutdown(s, SD_SEND), Err(WsaError::NotConn));
    }
}

#[test]
fn a_stream_ignores_destinations() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    assert_eq!(bench.send_to(client, b"hi", "9.9.9.9:9"), Ok(2));
    assert_eq!(bench.recv(server), data(b"hi"));
}

#[test]
fn partial_messages_are_not_for_streams() {
    let mut bench = Bench::new();
    let (client, _) = bench.pair();
    for flags in [MessageFlags::INTERRUPT, MessageFlags::PARTIAL] {
        assert_eq!(bench.run(|afd, cx| afd.send(cx, client, b"x", flags)), Err(WsaError::OpNotSupp));
    }
    assert_eq!(bench.run(|afd, cx| afd.recv(cx, client, 1, MessageFlags::INTERRUPT)), Err(WsaError::OpNotSupp));
    assert_eq!(bench.run(|afd, cx| afd.send(cx, client, b"x", MessageFlags::DONTROUTE)), Ok(1), "and this is ignored");
}

#[test]
fn a_half_close_ends_one_direction_after_its_data() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(client, b"0123456789").unwrap();
    assert_eq!(bench.shutdown(client, SD_SEND), Ok(()));
    assert_eq!(bench.shutdown(client, SD_SEND), Ok(()), "once more is fine");
    assert_eq!(bench.send(client, b"x"), Err(WsaError::Shutdown));
    assert_eq!(bench.recv(server), data(b"01234567"));
    assert_eq!(bench.recv(server), data(b"89"));
    assert_eq!(bench.recv(server), Ok(Received::End));
    bench.send(server, b"still").unwrap();
    assert_eq!(bench.recv(client), data(b"still"));
}

#[test]
fn after_shutting_both_directions_the_names_remain() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    assert_eq!(bench.shutdown(client, SD_BOTH), Ok(()));
    assert_eq!(bench.recv(client), Err(WsaError::Shutdown));
    assert_eq!(bench.send(client, b"x"), Err(WsaError::Shutdown));
    assert_eq!(bench.recv(server), Ok(Received::End));
    assert!(bench.afd.peer_name(client).is_ok() && bench.afd.local_name(client).is_ok());
}

#[test]
fn a_shutdown_that_does_not_exist_is_invalid() {
    let mut bench = Bench::new();
    let (client, _) = bench.pair();
    assert_eq!(bench.shutdown(client, 3), Err(WsaError::Inval));
    assert_eq!(bench.shutdown(client, -1), Err(WsaError::Inval));
}

#[test]
fn shutting_the_receiving_side_over_unread_data_resets() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(server, b"unread").unwrap();
    assert_eq!(bench.shutdown(client, SD_RECEIVE), Ok(()));
    assert_eq!(bench.recv(client), Err(WsaError::Shutdown));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
    assert_eq!(bench.send(client, b"x"), Err(WsaError::ConnAborted));
}

#[test]
fn shutting_the_receiving_side_over_data_that_waits_at_the_sender_resets() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.set(client, SockOpt::RcvBuf, OptionValue::Int(0)).unwrap();
    bench.send(server, b"x").unwrap();
    assert_eq!(bench.shutdown(client, SD_RECEIVE), Ok(()));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn data_for_a_side_shut_for_receiving_resets() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    assert_eq!(bench.shutdown(client, SD_RECEIVE), Ok(()));
    assert_eq!(bench.recv(server), Ok(Received::Empty), "the peer is not told");
    assert_eq!(bench.send(server, b"late"), Ok(4), "the send itself succeeds");
    assert_eq!(bench.send(server, b"late"), Err(WsaError::ConnReset));
}

#[test]
fn a_send_to_a_closed_peer_succeeds_once() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.close(client);
    assert_eq!(bench.send(server, b"hello"), Ok(5));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
    assert_eq!(bench.state(server), Some(StateKind::Broken));
    assert_eq!(bench.afd.peer_name(server), Err(WsaError::NotConn));
    assert_eq!(bench.shutdown(server, SD_SEND), Err(WsaError::NotConn));
}

#[test]
fn a_send_to_a_peer_that_is_still_closing_loses_its_last_data() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(client, b"0123456789").unwrap();
    bench.close(client);
    assert_eq!(bench.send(server, b"x"), Ok(1));
    assert_eq!(bench.state(client), None);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn sharers_read_one_queue() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.share(server);
    bench.send(client, b"once").unwrap();
    assert_eq!(bench.recv(server), data(b"once"));
    assert_eq!(bench.recv(server), Ok(Received::Empty));
}

#[test]
fn readiness_follows_the_connection() {
    let mut bench = Bench::new();
    let fresh = bench.stream();
    assert_eq!(bench.afd.select(fresh), Readiness::default());
    let (client, server) = bench.pair();
    assert_eq!(bench.afd.select(server), Readiness { read: false, write: true, except: false });
    bench.send(client, b"x").unwrap();
    assert!(bench.afd.select(server).read);
    bench.recv(server).unwrap();
    bench.close(client);
    assert_eq!(bench.afd.select(server), Readiness { read: true, write: true, except: false }, "the end can be read");
}

#[test]
fn a_long_conversation_keeps_every_byte_in_order() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    let (mut next_sent, mut next_received) = (0_u8, 0_u8);
    for round in 0..500_usize {
        let wanted: Vec<u8> = (0..round % 23).map(|i| next_sent.wrapping_add(i as u8)).collect();
        let sent = bench.run(|afd, cx| afd.send(cx, client, &wanted, NONE)).unwrap();
        next_sent = next_sent.wrapping_add(sent as u8);
        if let Ok(Received::Data { bytes, .. }) = bench.recv_some(server, round % 17) {
            for byte in bytes {
                assert_eq!(byte, next_received);
                next_received = next_received.wrapping_add(1);
            }
        }
    }
}
