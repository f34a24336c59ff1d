//! References and what the last one takes with it.

use super::bench::{Bench, STREAM, data};
use super::*;
use crate::abi::SockOpt;
use crate::world::policy::{LingerOnSharedClose, PolicyId};

/// A pair whose client has 8 bytes at the server and 4 more unsent.
fn pair_with_unsent(bench: &mut Bench) -> (SocketId, SocketId) {
    let (client, server) = bench.pair();
    assert_eq!(bench.send(client, b"12345678abcd"), Ok(12));
    assert_eq!(bench.afd.socket(client).map(SharedSocket::unsent_bytes), Some(4));
    (client, server)
}

#[test]
fn a_socket_lives_until_its_last_reference_is_gone() {
    let mut bench = Bench::new();
    let s = bench.stream();
    bench.share(s);
    bench.run(|afd, cx| afd.add_duplication(cx, s));
    bench.close(s);
    bench.close(s);
    assert_eq!(bench.afd.socket(s).map(|socket| (socket.descriptors(), socket.duplications())), Some((0, 1)));
    bench.run(|afd, cx| afd.duplication_to_descriptor(cx, s));
    assert_eq!(bench.afd.socket(s).map(|socket| (socket.descriptors(), socket.duplications())), Some((1, 0)));
    bench.close(s);
    assert!(bench.afd.is_empty());
}

#[test]
fn a_pending_duplication_nobody_opens_ends_the_socket_when_it_is_dropped() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.run(|afd, cx| afd.add_duplication(cx, client));
    bench.close(client);
    assert_eq!(bench.recv(server), Ok(Received::Empty), "still connected");
    bench.run(|afd, cx| afd.drop_duplication(cx, client));
    assert_eq!(bench.recv(server), Ok(Received::End));
}

#[test]
fn a_close_that_is_not_the_last_tells_the_peer_nothing() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.share(client);
    bench.linger(client, 0);
    bench.close(client);
    assert_eq!(bench.recv(server), Ok(Received::Empty));
    assert!(bench.asks(PolicyId::linger_on_shared_close));
    bench.close(client);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset), "the last one is hard");
}

#[test]
fn a_shared_close_may_linger_by_policy() {
    let mut bench = Bench::new();
    bench.platform.policies.linger_on_shared_close = LingerOnSharedClose::Immediate;
    let (client, server) = bench.pair();
    bench.share(client);
    bench.register(client, NetworkEvents::CLOSE);
    bench.linger(client, 0);
    bench.close(client);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
    assert_eq!(bench.recv(client), Err(WsaError::ConnAborted), "the other sharer is cut off");
    assert_eq!(bench.signals(), "FD_CLOSE WSAECONNABORTED");
}

#[test]
fn a_close_in_the_background_sends_what_is_left_and_then_the_end() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.close(client);
    assert_eq!(bench.state(client), Some(StateKind::Closing));
    assert_eq!(bench.recv(server), data(b"12345678"));
    assert_eq!(bench.state(client), None, "gone once its data is on its way");
    assert_eq!(bench.recv(server), data(b"abcd"));
    assert_eq!(bench.recv(server), Ok(Received::End));
    assert_eq!(bench.recv(server), Ok(Received::End), "again and again");
}

#[test]
fn the_name_is_free_as_soon_as_the_last_descriptor_is_closed() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.stream();
    bench.bind(client, "127.0.0.1:8000").unwrap();
    bench.connect(client, "127.0.0.1:7000").unwrap();
    bench.accept(listener).unwrap();
    bench.send(client, b"123456789").unwrap();
    bench.close(client);
    assert_eq!(bench.state(client), Some(StateKind::Closing));
    let next = bench.stream();
    assert_eq!(bench.bind(next, "127.0.0.1:8000"), Ok(()));
}

#[test]
fn linger_zero_resets_and_loses_data() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 0);
    bench.close(client);
    assert_eq!(bench.state(client), None);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset), "for good");
    assert_eq!(bench.send(server, b"x"), Err(WsaError::ConnReset));
}

#[test]
fn a_lingering_close_waits_until_the_data_is_sent() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    assert_eq!(bench.run(|afd, cx| afd.close(cx, client, false)), Ok(Closing::Wait(Ticks(5000))));
    assert!(!bench.ready(client, Interest::Drained));
    assert_eq!(bench.afd.next_deadline(), Some(Ticks(5000)));
    assert_eq!(bench.recv(server), data(b"12345678"));
    assert!(bench.ready(client, Interest::Drained));
    bench.run(|afd, cx| afd.finish_close(cx, client));
    assert_eq!(bench.afd.next_deadline(), None);
    assert_eq!(bench.recv(server), data(b"abcd"));
    assert_eq!(bench.recv(server), Ok(Received::End));
}

#[test]
fn a_lingering_close_whose_time_is_over_resets() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    bench.run(|afd, cx| afd.close(cx, client, false)).unwrap();
    bench.wait_ms(4999);
    assert!(!bench.ready(client, Interest::Drained));
    bench.wait_ms(1);
    assert!(bench.ready(client, Interest::Drained));
    bench.run(|afd, cx| afd.finish_close(cx, client));
    assert_eq!(bench.state(client), None);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn the_time_limit_of_a_lingering_close_needs_nobody_to_advance_it() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    bench.run(|afd, cx| afd.close(cx, client, false)).unwrap();
    bench.now = Ticks(6000);
    bench.run(|afd, cx| afd.finish_close(cx, client));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn a_lingering_close_that_is_cancelled_goes_on_in_the_background() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    bench.run(|afd, cx| afd.close(cx, client, false)).unwrap();
    bench.run(|afd, cx| afd.finish_close(cx, client));
    assert_eq!(bench.state(client), Some(StateKind::Closing));
    assert_eq!(bench.afd.next_deadline(), None);
    assert_eq!(bench.recv(server), data(b"12345678"));
    assert_eq!(bench.recv(server), data(b"abcd"));
    assert_eq!(bench.recv(server), Ok(Received::End));
}

#[test]
fn a_second_close_while_one_lingers_waits_for_the_same_time() {
    let mut bench = Bench::new();
    let (client, _server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    bench.run(|afd, cx| afd.close(cx, client, false)).unwrap();
    bench.now = Ticks(1000);
    assert_eq!(bench.run(|afd, cx| afd.close(cx, client, false)), Ok(Closing::Wait(Ticks(5000))));
}

#[test]
fn a_nonblocking_close_that_would_linger_fails_and_changes_nothing() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    let before = bench.afd.clone();
    assert_eq!(bench.run(|afd, cx| afd.close(cx, client, true)), Err(WsaError::WouldBlock));
    assert_eq!(bench.afd, before);
    assert_eq!(bench.run(|afd, cx| afd.close(cx, client, true)), Err(WsaError::WouldBlock), "and again");
    bench.recv(server).unwrap();
    assert_eq!(bench.run(|afd, cx| afd.close(cx, client, true)), Ok(Closing::Done), "nothing left to send");
}

#[test]
fn three_ways_out_of_a_nonblocking_lingering_close() {
    let outs: [fn(&mut Bench, SocketId); 3] = [
        |bench, s| bench.turn_on(s, SockOpt::DontLinger),
        |bench, s| bench.linger(s, 0),
        |bench, s| bench.shutdown(s, 1).unwrap(),
    ];
    for way_out in outs {
        let mut bench = Bench::new();
        let (client, _server) = pair_with_unsent(&mut bench);
        bench.linger(client, 5);
        assert_eq!(bench.run(|afd, cx| afd.close(cx, client, true)), Err(WsaError::WouldBlock));
        way_out(&mut bench, client);
        assert_eq!(bench.run(|afd, cx| afd.close(cx, client, true)), Ok(Closing::Done));
    }
}

#[test]
fn lingering_without_unsent_data_closes_at_once() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.linger(client, 5);
    bench.close(client);
    assert_eq!(bench.recv(server), Ok(Received::End));
}

#[test]
fn a_close_with_unread_data_is_hard() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(server, b"never read").unwrap();
    bench.close(client);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
    assert!(bench.follows(RuleId::Close19));
}

#[test]
fn a_close_is_hard_although_the_unread_data_waits_at_the_sender() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.set(client, SockOpt::RcvBuf, OptionValue::Int(0)).unwrap();
    bench.send(server, b"x").unwrap();
    bench.close(client);
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn process_death_resets_only_what_nobody_else_has() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.share(client);
    bench.run(|afd, cx| afd.release(cx, client, Release::Reset));
    assert_eq!(bench.recv(server), Ok(Received::Empty));
    bench.run(|afd, cx| afd.release(cx, client, Release::Reset));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn a_released_socket_closes_gracefully_and_never_waits() {
    let mut bench = Bench::new();
    let (client, server) = pair_with_unsent(&mut bench);
    bench.linger(client, 5);
    bench.run(|afd, cx| afd.release(cx, client, Release::Close));
    assert_eq!(bench.state(client), Some(StateKind::Closing));
    assert_eq!(bench.recv(server), data(b"12345678"));
}

#[test]
fn a_released_socket_with_linger_zero_is_reset() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.linger(client, 0);
    bench.run(|afd, cx| afd.release(cx, client, Release::Close));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
}

#[test]
fn a_socket_that_never_got_a_descriptor_can_be_released() {
    let mut bench = Bench::new();
    let s = bench.run_unchecked(|afd, cx| afd.create(cx, STREAM, false)).unwrap();
    bench.run(|afd, cx| afd.release(cx, s, Release::Close));
    assert!(bench.afd.is_empty());
}

#[test]
fn a_reset_for_all_cuts_every_sharer_off() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.share(client);
    bench.run(|afd, cx| afd.reset_for_all(cx, client));
    assert_eq!(bench.recv(server), Err(WsaError::ConnReset));
    assert_eq!(bench.recv(client), Err(WsaError::ConnAborted));
    assert_eq!(bench.afd.socket(client).map(SharedSocket::descriptors), Some(2), "references are not its business");
}

#[test]
fn the_last_close_of_a_listener_refuses_what_nobody_accepted() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let (accepted, waiting) = (bench.client(), bench.client());
    let server = bench.accept(listener).unwrap();
    bench.close(listener);
    assert_eq!(bench.recv(waiting), Err(WsaError::ConnReset));
    bench.send(accepted, b"alive").unwrap();
    assert_eq!(bench.recv(server), data(b"alive"), "accepted connections live on");
}

#[test]
fn beyond_the_limit_there_are_no_sockets() {
    let mut bench = Bench::new();
    bench.platform.limits.sockets = 1;
    bench.stream();
    assert_eq!(bench.run(|afd, cx| afd.create(cx, STREAM, false)), Err(WsaError::NoBufs));
}

#[test]
fn calls_on_ids_that_name_nothing_are_harmless() {
    let mut bench = Bench::new();
    let gone = SocketId(7);
    assert_eq!(bench.run(|afd, cx| afd.close(cx, gone, false)), Err(WsaError::NotSock));
    assert_eq!(bench.bind(gone, "127.0.0.1:1"), Err(WsaError::NotSock));
    assert_eq!(bench.connect(gone, "127.0.0.1:1"), Err(WsaError::NotSock));
    assert_eq!(bench.listen(gone, 1), Err(WsaError::NotSock));
    assert_eq!(bench.accept(gone), Err(WsaError::NotSock));
    assert_eq!(bench.send(gone, b"x"), Err(WsaError::NotSock));
    assert_eq!(bench.recv(gone), Err(WsaError::NotSock));
    assert_eq!(bench.shutdown(gone, 2), Err(WsaError::NotSock));
    assert_eq!(bench.get(gone, SockOpt::Error), Err(WsaError::NotSock));
    assert_eq!(bench.afd.local_name(gone), Err(WsaError::NotSock));
    assert_eq!(bench.afd.peer_name(gone), Err(WsaError::NotSock));
    bench.run(|afd, cx| {
        afd.add_descriptor(cx, gone);
        afd.finish_close(cx, gone);
        afd.release(cx, gone, Release::Reset);
        afd.drop_duplication(cx, gone);
        afd.reset_for_all(cx, gone);
        afd.reject(cx, gone);
        afd.defer(cx, gone);
        afd.abort(cx, gone, WsaError::ConnReset);
        afd.note_would_block(cx, gone);
        afd.cancel_registration(cx, gone);
        afd.set_registration_handle(cx, gone, Handle(1));
    });
    assert!(bench.ready(gone, Interest::Readable), "a call blocked on it may go on and fail");
}
