//! Queues of requests.

use super::bench::{Bench, DATAGRAM, SERVER, at, data};
use super::*;
use crate::abi::SockOpt;
use crate::world::policy::RepeatedListen;

/// A listener at the usual place that accepts conditionally, and a client that waits for it.
fn offer(bench: &mut Bench) -> (SocketId, SocketId) {
    let listener = bench.stream();
    bench.turn_on(listener, SockOpt::ConditionalAccept);
    bench.bind(listener, SERVER).unwrap();
    bench.listen(listener, 4).unwrap();
    let client = bench.stream();
    assert_eq!(bench.connect(client, SERVER), Ok(Connect::Started));
    (listener, client)
}

fn front_state(bench: &Bench, listener: SocketId) -> Option<RequestState> {
    bench.afd.accept_front(listener).unwrap().map(|request| request.state)
}

#[test]
fn listening_needs_a_bound_unconnected_stream() {
    let mut bench = Bench::new();
    let (unbound, datagram) = (bench.stream(), bench.socket(DATAGRAM));
    assert_eq!(bench.listen(unbound, 1), Err(WsaError::Inval));
    assert_eq!(bench.listen(datagram, 1), Err(WsaError::OpNotSupp), "even unbound");
    let (client, _) = bench.pair();
    assert_eq!(bench.listen(client, 1), Err(WsaError::IsConn));
}

#[test]
fn accepting_needs_a_listener() {
    let mut bench = Bench::new();
    let (stream, datagram) = (bench.stream(), bench.socket(DATAGRAM));
    assert_eq!(bench.accept(stream), Err(WsaError::Inval));
    assert_eq!(bench.accept(datagram), Err(WsaError::OpNotSupp));
    let listener = bench.server();
    assert_eq!(bench.accept(listener), Err(WsaError::WouldBlock));
    assert!(!bench.ready(listener, Interest::Acceptable));
}

#[test]
fn illegal_backlogs_become_the_nearest_legal_one() {
    for (asked, places) in [(-5, 1), (0, 1), (1, 1), (3, 3), (i32::MAX, 4)] {
        let mut bench = Bench::new();
        let listener = bench.stream();
        bench.bind(listener, SERVER).unwrap();
        bench.listen(listener, asked).unwrap();
        for _ in 0..places {
            bench.client();
        }
        let late = bench.stream();
        assert_eq!(bench.connect(late, SERVER), Err(WsaError::ConnRefused), "backlog {asked}");
    }
}

#[test]
fn requests_are_taken_in_the_order_they_came() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let clients = [bench.client(), bench.client()];
    for client in clients {
        let server = bench.accept(listener).unwrap();
        assert_eq!(bench.afd.peer_name(server), bench.afd.local_name(client));
    }
}

#[test]
fn a_client_may_send_before_it_is_accepted() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    assert_eq!(bench.send(client, b"early"), Ok(5));
    bench.close(client);
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.recv(server), data(b"early"));
    assert_eq!(bench.recv(server), Ok(Received::End));
}

#[test]
fn an_accepted_socket_has_the_buffers_the_listener_has_by_then() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    assert_eq!(bench.send(client, b"0123456789"), Ok(10));
    bench.set(listener, SockOpt::RcvBuf, OptionValue::Int(100)).unwrap();
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.recv(server), data(b"0123456789"));
}

#[test]
fn an_accepted_socket_is_new_and_has_the_listeners_properties() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.client();
    bench.turn_on(listener, SockOpt::KeepAlive);
    bench.nonblocking(listener);
    bench.share(listener);
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.get(server, SockOpt::KeepAlive), Ok(OptionValue::Bool(true)));
    let socket = bench.afd.socket(server).unwrap();
    assert!(socket.nonblocking());
    assert_eq!(socket.descriptors(), 1, "not shared by those who share the listener");
    assert_eq!(bench.accept(server), Err(WsaError::Inval), "no listener itself");
}

#[test]
fn a_client_that_resets_before_it_is_accepted_is_reported_once() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    bench.linger(client, 0);
    bench.close(client);
    assert_eq!(front_state(&bench, listener), Some(RequestState::Reset));
    assert_eq!(bench.accept(listener), Err(WsaError::ConnReset));
    assert_eq!(bench.accept(listener), Err(WsaError::WouldBlock));
}

#[test]
fn listening_again_changes_the_backlog_and_resets_what_does_not_fit() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let clients = [bench.client(), bench.client(), bench.client()];
    assert_eq!(bench.listen(listener, 1), Ok(()));
    assert_eq!(bench.recv(clients[0]), Ok(Received::Empty));
    assert_eq!(bench.recv(clients[1]), Err(WsaError::ConnReset));
    assert_eq!(bench.recv(clients[2]), Err(WsaError::ConnReset));
    assert_eq!(bench.afd.socket(listener).map(SharedSocket::requests), Some(1));
}

#[test]
fn listening_again_may_be_forbidden() {
    let mut bench = Bench::new();
    bench.platform.policies.repeated_listen = RepeatedListen::Wsaeinval;
    let listener = bench.server();
    assert_eq!(bench.listen(listener, 1), Err(WsaError::Inval));
}

#[test]
fn a_paused_listener_refuses() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.turn_on(listener, SockOpt::PauseAccept);
    let client = bench.stream();
    assert_eq!(bench.connect(client, SERVER), Err(WsaError::ConnRefused));
}

#[test]
fn rejecting_a_finished_connection_resets_it() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    bench.run(|afd, cx| afd.reject(cx, listener));
    assert_eq!(bench.recv(client), Err(WsaError::ConnReset));
    assert_eq!(bench.afd.accept_front(listener), Ok(None));
}

#[test]
fn a_conditional_connection_is_made_by_accepting() {
    let mut bench = Bench::new();
    let (listener, client) = offer(&mut bench);
    let request = bench.afd.accept_front(listener).unwrap().unwrap();
    assert_eq!((request.peer, request.local), (at("127.0.0.1:49152"), at(SERVER)));
    assert_eq!(bench.send(client, b"x"), Err(WsaError::NotConn));
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Ok(())));
    bench.send(client, b"hi").unwrap();
    assert_eq!(bench.recv(server), data(b"hi"));
    assert!(bench.follows(RuleId::Accept16));
}

#[test]
fn a_conditional_connection_is_refused_by_rejecting() {
    let mut bench = Bench::new();
    let (listener, client) = offer(&mut bench);
    bench.run(|afd, cx| afd.reject(cx, listener));
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Err(WsaError::ConnRefused)));
    assert_eq!(bench.afd.next_deadline(), None);
}

#[test]
fn a_conditional_request_that_times_out_is_withdrawn() {
    let mut bench = Bench::new();
    let (listener, client) = offer(&mut bench);
    bench.wait_ms(21_000);
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Err(WsaError::TimedOut)));
    assert_eq!(front_state(&bench, listener), Some(RequestState::Withdrawn));
    assert_eq!(bench.accept(listener), Err(WsaError::Acces));
}

#[test]
fn a_conditional_request_whose_client_closes_is_withdrawn() {
    let mut bench = Bench::new();
    let (listener, client) = offer(&mut bench);
    bench.close(client);
    assert_eq!(bench.accept(listener), Err(WsaError::Acces));
}

#[test]
fn conditional_clients_are_refused_when_the_listener_closes() {
    let mut bench = Bench::new();
    let (listener, client) = offer(&mut bench);
    bench.close(listener);
    assert_eq!(bench.run(|afd, cx| afd.connect_outcome(cx, client)), Some(Err(WsaError::ConnRefused)));
}

#[test]
fn a_deferred_request_stays_first() {
    let mut bench = Bench::new();
    let (listener, client) = offer(&mut bench);
    bench.run(|afd, cx| afd.defer(cx, listener));
    let second = bench.stream();
    bench.connect(second, SERVER).unwrap();
    let server = bench.accept(listener).unwrap();
    assert_eq!(bench.afd.peer_name(server), bench.afd.local_name(client));
}

#[test]
fn a_request_finds_no_place_where_there_are_no_sockets() {
    let mut bench = Bench::new();
    bench.server();
    let client = bench.stream();
    bench.platform.limits.sockets = 2;
    assert_eq!(bench.connect(client, SERVER), Err(WsaError::ConnRefused));
}

#[test]
fn without_buffers_a_request_stays_queued() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.client();
    bench.run(|afd, _| afd.set_no_buffers(true));
    assert_eq!(bench.accept(listener), Err(WsaError::NoBufs));
    bench.run(|afd, _| afd.set_no_buffers(false));
    assert!(bench.accept(listener).is_ok());
}
