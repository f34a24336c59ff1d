//! Event registrations: what is reported when, and what is recorded.

use super::bench::{Bench, DATAGRAM, EVENT, SD_BOTH, SD_RECEIVE, SD_SEND, SERVER, data};
use super::*;
use crate::abi::{MessageFlags, SockOpt};
use crate::world::policy::{ForeignEvent, PolicyId, RecordAtRegistration, RegistrantCloses};

const ALL: NetworkEvents = NetworkEvents::ALL_EVENTS;
const READ: NetworkEvents = NetworkEvents::READ;
const WRITE: NetworkEvents = NetworkEvents::WRITE;

const ME: Registrant = Registrant { process: Incarnation(1), handle: Handle(0x40) };
const OTHER: Registrant = Registrant { process: Incarnation(2), handle: Handle(0x80) };

fn window(message: u32) -> Target {
    Target::Window { process: Incarnation(2), window: Window(1), message, socket: Handle(0x80) }
}

#[test]
fn one_registration_serves_the_whole_socket() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.run(|afd, cx| afd.register(cx, server, OTHER, window(1), WRITE)).unwrap();
    assert_eq!(bench.signals(), "FD_WRITE");
    bench.send(client, b"x").unwrap();
    assert_eq!(bench.signals(), "", "reading is nobody's any more");
    assert_eq!(bench.afd.registration(server).map(|registration| registration.registrant), Some(OTHER));
}

#[test]
fn registering_makes_the_socket_nonblocking_for_good() {
    let mut bench = Bench::new();
    let s = bench.stream();
    bench.register(s, READ);
    assert_eq!(bench.run(|afd, cx| afd.set_nonblocking(cx, s, false)), Err(WsaError::Inval));
    assert_eq!(bench.run(|afd, cx| afd.set_nonblocking(cx, s, true)), Ok(()));
    bench.register(s, NetworkEvents::empty());
    assert!(bench.afd.registration(s).is_none());
    assert!(bench.afd.socket(s).unwrap().nonblocking(), "cancelling does not bring blocking back");
    assert_eq!(bench.run(|afd, cx| afd.set_nonblocking(cx, s, false)), Ok(()));
}

#[test]
fn even_an_empty_mask_makes_the_socket_nonblocking() {
    let mut bench = Bench::new();
    let s = bench.stream();
    bench.register(s, NetworkEvents::empty());
    assert!(bench.afd.socket(s).unwrap().nonblocking());
}

#[test]
fn read_is_reported_once_until_a_receive() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"ab").unwrap();
    assert_eq!(bench.signals(), "FD_READ");
    bench.send(client, b"cd").unwrap();
    assert_eq!(bench.signals(), "");
    bench.recv_some(server, 3).unwrap();
    assert_eq!(bench.signals(), "FD_READ", "data is left");
    bench.recv_some(server, 3).unwrap();
    assert_eq!(bench.signals(), "");
    bench.send(client, b"ef").unwrap();
    assert_eq!(bench.signals(), "FD_READ");
    bench.peek(server, 9).unwrap();
    assert_eq!(bench.signals(), "FD_READ", "a peek re-enables and leaves the data");
}

#[test]
fn a_failing_receive_re_enables_too() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"ab").unwrap();
    bench.signals();
    assert!(bench.run(|afd, cx| afd.recv(cx, server, 1, MessageFlags::INTERRUPT)).is_err());
    assert_eq!(bench.signals(), "FD_READ");
    bench.run(|afd, cx| afd.reenable(cx, server, READ));
    assert_eq!(bench.signals(), "FD_READ", "also one that failed before it came here");
}

#[test]
fn read_is_due_at_registration_if_data_waits() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.send(client, b"x").unwrap();
    bench.register(server, READ);
    assert_eq!(bench.signals(), "FD_READ");
    bench.recv(server).unwrap();
    bench.register(server, READ);
    assert_eq!(bench.signals(), "");
}

#[test]
fn a_connecting_socket_hears_connect_then_write() {
    let mut bench = Bench::new();
    bench.server();
    let client = bench.stream();
    bench.register(client, ALL);
    assert_eq!(bench.signals(), "", "nothing holds yet");
    bench.connect(client, SERVER).unwrap();
    assert_eq!(bench.signals(), "FD_CONNECT, FD_WRITE");
    assert_eq!(bench.record(client), "FD_WRITE, FD_CONNECT");
    assert_eq!(bench.record(client), "", "read and emptied");
}

#[test]
fn a_connected_socket_is_reported_at_registration_if_it_connected_itself() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(client, ALL);
    assert_eq!(bench.signals(), "FD_CONNECT, FD_WRITE");
    bench.register(server, ALL);
    assert_eq!(bench.signals(), "FD_WRITE", "this one was accepted");
}

#[test]
fn a_failed_connect_is_reported_with_its_code() {
    for (to, delay, report) in [
        (SERVER, 0, "FD_CONNECT WSAECONNREFUSED"),
        ("9.9.9.9:1", 0, "FD_CONNECT WSAENETUNREACH"),
        ("10.0.0.9:1", 21_000, "FD_CONNECT WSAETIMEDOUT"),
    ] {
        let mut bench = Bench::new();
        let client = bench.stream();
        bench.register(client, ALL);
        assert_eq!(bench.connect(client, to), Ok(Connect::Started));
        bench.wait_ms(delay);
        assert_eq!(bench.signals(), report);
        assert_eq!(bench.record(client), report);
        assert_eq!(bench.connect(client, to), Ok(Connect::Started));
        bench.wait_ms(delay);
        assert_eq!(bench.signals(), report, "each attempt has its own report");
    }
}

#[test]
fn a_slow_connect_is_reported_when_it_ends() {
    let mut bench = Bench::new();
    bench.server();
    bench.run(|afd, _| afd.delay_connects(50));
    let client = bench.stream();
    bench.register(client, ALL);
    bench.connect(client, SERVER).unwrap();
    assert_eq!(bench.signals(), "");
    bench.wait_ms(50);
    assert_eq!(bench.signals(), "FD_CONNECT, FD_WRITE");
}

#[test]
fn write_comes_back_only_after_a_send_that_would_block() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(client, WRITE);
    assert_eq!(bench.signals(), "FD_WRITE");
    bench.send(client, &[0; 16]).unwrap();
    bench.recv(server).unwrap();
    assert_eq!(bench.signals(), "", "space came and went unnoticed");
    bench.send(client, &[0; 8]).unwrap();
    assert_eq!(bench.send(client, b"x"), Ok(0));
    assert_eq!(bench.signals(), "");
    bench.recv(server).unwrap();
    assert_eq!(bench.signals(), "FD_WRITE");
    bench.recv(server).unwrap();
    assert_eq!(bench.signals(), "");
}

#[test]
fn larger_buffers_are_space_too() {
    for larger_at_the_receiver in [false, true] {
        let mut bench = Bench::new();
        let (client, server) = bench.pair();
        bench.register(client, WRITE);
        bench.send(client, &[0; 16]).unwrap();
        assert_eq!(bench.send(client, b"x"), Ok(0));
        bench.signals();
        if larger_at_the_receiver {
            bench.set(server, SockOpt::RcvBuf, OptionValue::Int(9)).unwrap();
        } else {
            bench.set(client, SockOpt::SndBuf, OptionValue::Int(9)).unwrap();
        }
        assert_eq!(bench.signals(), "FD_WRITE");
        assert!(bench.ready(client, Interest::Writable), "one byte is enough");
        assert_eq!(bench.send(client, b"xy"), Ok(1));
    }
}

#[test]
fn a_failing_send_re_enables_write_only_where_it_waits_for_space() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(client, WRITE);
    bench.signals();
    bench.run(|afd, cx| afd.reenable(cx, client, WRITE));
    assert_eq!(bench.signals(), "", "a send is possible all the time");
    bench.send(client, &[0; 16]).unwrap();
    bench.run(|afd, cx| afd.reenable(cx, client, WRITE));
    bench.recv(server).unwrap();
    assert_eq!(bench.signals(), "FD_WRITE");
}

#[test]
fn an_event_object_that_ends_is_not_signalled_any_more() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.run(|afd, _| afd.forget_event(EVENT));
    bench.send(client, b"x").unwrap();
    let targets: Vec<_> = bench.afd.take_signals().into_iter().map(|signal| signal.target).collect();
    assert_eq!(targets, [Target::Event(NO_EVENT)]);
    assert_eq!(bench.record(server), "FD_READ", "recording goes on");
    bench.register(server, NetworkEvents::empty());
}

#[test]
fn a_receive_that_would_block_arms_nothing() {
    let mut bench = Bench::new();
    let (client, _server) = bench.pair();
    bench.register(client, WRITE);
    bench.signals();
    bench.run(|afd, cx| afd.note_would_block(cx, client));
    assert_eq!(bench.signals(), "");
}

#[test]
fn accept_is_reported_until_the_queue_is_empty() {
    let mut bench = Bench::new();
    let listener = bench.stream();
    bench.register(listener, ALL);
    bench.bind(listener, SERVER).unwrap();
    bench.listen(listener, 4).unwrap();
    assert_eq!(bench.signals(), "");
    bench.client();
    assert_eq!(bench.signals(), "FD_ACCEPT");
    bench.client();
    assert_eq!(bench.signals(), "");
    let one = bench.run(|afd, cx| {
        let one = afd.accept(cx, listener).unwrap();
        afd.add_descriptor(cx, one);
        one
    });
    assert_eq!(bench.signals(), "FD_ACCEPT", "another waits; the new socket is mute until it is named");
    bench.run(|afd, cx| afd.set_registration_handle(cx, one, Handle(0x99)));
    assert_eq!(bench.signals(), "FD_WRITE");
    bench.accept(listener).unwrap();
    assert_eq!(bench.signals(), "FD_WRITE", "the queue is empty");
    assert_eq!(bench.accept(listener), Err(WsaError::WouldBlock));
    assert_eq!(bench.signals(), "");
}

#[test]
fn accept_is_due_at_registration_if_a_request_waits() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.client();
    bench.register(listener, NetworkEvents::ACCEPT);
    assert_eq!(bench.signals(), "FD_ACCEPT");
    assert_eq!(bench.record(listener), "FD_ACCEPT");
}

#[test]
fn a_deferred_request_keeps_accept_quiet() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.register(listener, NetworkEvents::ACCEPT);
    bench.client();
    bench.signals();
    bench.run(|afd, cx| afd.defer(cx, listener));
    bench.client();
    assert_eq!(bench.signals(), "");
    bench.register(listener, NetworkEvents::ACCEPT);
    assert_eq!(bench.signals(), "", "a new registration does not announce it either");
    bench.accept(listener).unwrap();
    assert_eq!(bench.signals(), "FD_ACCEPT", "the next one");
}

#[test]
fn rejecting_announces_the_next_request() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.register(listener, NetworkEvents::ACCEPT);
    bench.client();
    bench.client();
    bench.signals();
    bench.run(|afd, cx| afd.reject(cx, listener));
    assert_eq!(bench.signals(), "FD_ACCEPT");
}

#[test]
fn an_accepted_socket_inherits_the_registration_under_its_own_name() {
    let mut bench = Bench::new();
    let listener = bench.server();
    bench.run(|afd, cx| afd.register(cx, listener, OTHER, window(9), ALL)).unwrap();
    let client = bench.client();
    bench.send(client, b"hi").unwrap();
    bench.close(client);
    bench.signals();
    let server = bench.run(|afd, cx| {
        let server = afd.accept(cx, listener).unwrap();
        afd.add_descriptor(cx, server);
        server
    });
    assert!(!bench.afd.signals_pending());
    bench.run(|afd, cx| afd.set_registration_handle(cx, server, Handle(0xaa)));
    let signals = bench.afd.take_signals();
    let target = Target::Window { process: Incarnation(2), window: Window(1), message: 9, socket: Handle(0xaa) };
    assert!(signals.iter().all(|signal| signal.target == target), "{signals:?}");
    let events: Vec<_> = signals.iter().map(|signal| signal.event).collect();
    assert_eq!(events, [READ, WRITE]);
    bench.recv(server).unwrap();
    assert_eq!(bench.signals(), "FD_CLOSE");
}

#[test]
fn close_comes_after_the_last_byte_is_read() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, ALL);
    bench.signals();
    bench.send(client, b"bye").unwrap();
    bench.close(client);
    assert_eq!(bench.signals(), "FD_READ");
    bench.recv_some(server, 2).unwrap();
    assert_eq!(bench.signals(), "FD_READ");
    bench.recv(server).unwrap();
    assert_eq!(bench.signals(), "FD_CLOSE");
    assert_eq!(bench.recv(server), Ok(Received::End));
    assert_eq!(bench.signals(), "", "once, and never FD_READ for an end");
}

#[test]
fn close_is_due_at_registration_and_when_it_is_added_to_the_mask() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.close(client);
    assert_eq!(bench.signals(), "");
    bench.register(server, READ | NetworkEvents::CLOSE);
    assert_eq!(bench.signals(), "FD_CLOSE");
}

#[test]
fn a_half_close_by_the_peer_is_a_close_and_only_sending_ends_it() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, NetworkEvents::CLOSE);
    bench.shutdown(client, SD_RECEIVE).unwrap();
    assert_eq!(bench.signals(), "");
    bench.shutdown(server, SD_BOTH).unwrap();
    assert_eq!(bench.signals(), "");
    bench.shutdown(client, SD_SEND).unwrap();
    assert_eq!(bench.signals(), "FD_CLOSE", "the answer to its own shutdown");
    assert!(bench.follows(RuleId::EventClose3));
}

#[test]
fn a_reset_is_a_close_with_a_code() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, ALL);
    bench.record(server);
    bench.signals();
    bench.send(client, b"lost").unwrap();
    bench.linger(client, 0);
    bench.close(client);
    assert_eq!(bench.signals(), "FD_READ, FD_CLOSE WSAECONNRESET");
    assert_eq!(bench.record(server), "FD_READ, FD_CLOSE WSAECONNRESET");
}

#[test]
fn other_failures_are_a_close_with_aborted() {
    let mut bench = Bench::new();
    let (client, _) = bench.pair();
    bench.register(client, NetworkEvents::CLOSE);
    bench.run(|afd, cx| afd.abort(cx, client, WsaError::TimedOut));
    assert_eq!(bench.signals(), "FD_CLOSE WSAECONNABORTED");
}

#[test]
fn ones_own_close_reports_nothing() {
    let mut bench = Bench::new();
    let (client, _server) = bench.pair();
    bench.register(client, ALL);
    bench.signals();
    bench.linger(client, 0);
    bench.close(client);
    assert_eq!(bench.signals(), "");
    assert!(bench.follows(RuleId::R19) || bench.follows(RuleId::E15));
}

#[test]
fn a_datagram_socket_is_writable_once_it_is_bound() {
    let mut bench = Bench::new();
    let s = bench.socket(DATAGRAM);
    bench.register(s, READ | WRITE);
    assert_eq!(bench.signals(), "");
    bench.bind(s, "127.0.0.1:7001").unwrap();
    assert_eq!(bench.signals(), "FD_WRITE");
    bench.send_to(s, b"x", "127.0.0.1:7001").unwrap();
    assert_eq!(bench.signals(), "FD_READ");
    bench.recv(s).unwrap();
    assert_eq!(bench.signals(), "");
}

#[test]
fn a_datagram_connect_is_reported_each_time() {
    let mut bench = Bench::new();
    let s = bench.socket(DATAGRAM);
    bench.register(s, ALL);
    bench.connect(s, "127.0.0.1:7001").unwrap();
    assert_eq!(bench.signals(), "FD_CONNECT, FD_WRITE");
    bench.connect(s, "127.0.0.1:7002").unwrap();
    assert_eq!(bench.signals(), "FD_CONNECT");
}

#[test]
fn a_receiver_without_buffer_hears_of_data_at_the_sender() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.set(server, SockOpt::RcvBuf, OptionValue::Int(0)).unwrap();
    bench.register(server, READ);
    bench.send(client, b"ab").unwrap();
    assert_eq!(bench.signals(), "FD_READ");
    assert_eq!(bench.recv_some(server, 1), data(b"a"));
    assert_eq!(bench.signals(), "FD_READ");
}

#[test]
fn a_new_registration_drops_what_was_recorded() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"x").unwrap();
    bench.recv(server).unwrap();
    bench.register(server, READ);
    assert_eq!(bench.record(server), "", "recorded for the earlier registration");
}

#[test]
fn a_new_registration_may_keep_what_was_recorded() {
    let mut bench = Bench::new();
    bench.platform.policies.record_at_registration = RecordAtRegistration::Kept;
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"x").unwrap();
    bench.recv(server).unwrap();
    bench.signals();
    bench.register(server, WRITE);
    assert_eq!(bench.signals(), "FD_WRITE", "not in the mask: neither signalled nor lost");
    bench.register(server, READ);
    assert_eq!(bench.signals(), "FD_READ", "set again");
    assert_eq!(bench.record(server), "FD_READ, FD_WRITE");
    assert!(bench.asks(PolicyId::record_at_registration));
    bench.register(server, NetworkEvents::empty());
    bench.register(server, READ);
    assert_eq!(bench.record(server), "", "cancelling drops it in any case");
}

#[test]
fn a_kept_record_is_signalled_once_although_its_condition_still_holds() {
    let mut bench = Bench::new();
    bench.platform.policies.record_at_registration = RecordAtRegistration::Kept;
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"x").unwrap();
    bench.signals();
    bench.register(server, READ);
    assert_eq!(bench.signals(), "FD_READ");
}

#[test]
fn messages_leave_no_record() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.run(|afd, cx| afd.register(cx, server, OTHER, window(1), ALL)).unwrap();
    bench.send(client, b"x").unwrap();
    let signals = bench.afd.take_signals();
    let events: Vec<_> = signals.iter().map(|signal| (signal.target, signal.event)).collect();
    assert_eq!(events, [(window(1), WRITE), (window(1), READ)], "one message per event");
    assert_eq!(bench.record(server), "");
}

#[test]
fn enumerating_re_enables_nothing() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"ab").unwrap();
    assert_eq!(bench.record(server), "FD_READ");
    bench.signals();
    bench.send(client, b"cd").unwrap();
    assert_eq!(bench.signals(), "");
}

#[test]
fn a_foreign_event_is_the_callers_to_reset_or_an_error() {
    let mut bench = Bench::new();
    let (client, server) = bench.pair();
    bench.register(server, READ);
    bench.send(client, b"x").unwrap();
    assert!(bench.run(|afd, cx| afd.enumerate(cx, server, Some(EVENT))).is_ok());
    assert!(!bench.asks(PolicyId::foreign_event));
    bench.recv(server).unwrap();
    bench.send(client, b"x").unwrap();
    bench.platform.policies.foreign_event = ForeignEvent::Wsaeinval;
    assert_eq!(bench.run(|afd, cx| afd.enumerate(cx, server, Some(EventId(77)))), Err(WsaError::Inval));
    assert_eq!(bench.record(server), "FD_READ", "a failing call emptied nothing");
    bench.recv(server).unwrap();
    bench.send(client, b"x").unwrap();
    bench.platform.policies.foreign_event = ForeignEvent::Reset;
    let (events, _) = bench.run(|afd, cx| afd.enumerate(cx, server, Some(EventId(77)))).unwrap();
    assert_eq!(events, READ);
    assert!(bench.asks(PolicyId::foreign_event));
}

#[test]
fn a_registration_goes_with_the_descriptor_that_made_it() {
    for (policy, left) in [(RegistrantCloses::Cancelled, false), (RegistrantCloses::Kept, true)] {
        let mut bench = Bench::new();
        bench.platform.policies.registrant_closes = policy;
        let s = bench.stream();
        bench.share(s);
        bench.register(s, READ);
        bench.run(|afd, cx| afd.registrant_gone(cx, s, OTHER));
        assert!(bench.afd.registration(s).is_some(), "not its own");
        assert!(!bench.asks(PolicyId::registrant_closes));
        bench.run(|afd, cx| afd.registrant_gone(cx, s, ME));
        assert_eq!(bench.afd.registration(s).is_some(), left);
        bench.register(s, READ);
        bench.run(|afd, cx| afd.registrant_process_gone(cx, s, ME.process));
        assert_eq!(bench.afd.registration(s).is_some(), left);
        assert!(bench.asks(PolicyId::registrant_closes));
    }
}

#[test]
fn a_dead_network_is_reported_by_every_kind_of_registration() {
    let mut bench = Bench::new();
    let listener = bench.server();
    let client = bench.client();
    let server = bench.accept(listener).unwrap();
    let datagram = bench.datagram("127.0.0.1:7001");
    for s in [listener, server, client, datagram] {
        bench.register(s, ALL);
    }
    bench.signals();
    bench.run(|afd, cx| afd.set_network_down(cx, true));
    assert_eq!(
        bench.signals(),
        "FD_ACCEPT WSAENETDOWN, FD_CLOSE WSAENETDOWN, FD_CLOSE WSAENETDOWN, FD_READ WSAENETDOWN",
        "FD_WRITE was reported before"
    );
}

#[test]
fn while_the_network_is_down_nothing_is_re_enabled() {
    let mut bench = Bench::new();
    let s = bench.datagram("127.0.0.1:7001");
    bench.send_to(s, b"x", "127.0.0.1:7001").unwrap();
    bench.register(s, READ);
    bench.run(|afd, cx| afd.set_network_down(cx, true));
    bench.signals();
    assert_eq!(bench.recv(s), Err(WsaError::NetDown));
    assert_eq!(bench.signals(), "");
    bench.run(|afd, cx| afd.set_network_down(cx, false));
    assert_eq!(bench.signals(), "FD_READ", "what holds is due again when it is back");
}

#[test]
fn an_attempt_that_dies_with_the_network_is_unreachable() {
    let mut bench = Bench::new();
    let s = bench.stream();
    bench.register(s, ALL);
    bench.connect(s, "10.0.0.9:1").unwrap();
    bench.run(|afd, cx| afd.set_network_down(cx, true));
    assert_eq!(bench.signals(), "FD_CONNECT WSAENETUNREACH");
}
