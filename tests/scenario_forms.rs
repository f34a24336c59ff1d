//! Every way of writing a call, a value, an expectation and a check, against the machine.

use wspsim::model::{Library, Source};
use wspsim::scenario::{Failure, FailureKind, Logging, Report, Scenario, Verdict, play};

/// A scenario of these steps, with processes `p` and `q`.
fn scenario(steps: &str) -> String {
    format!("Scenario(about: \"t\", processes: [\"p\", \"q\"], steps: [{steps}])")
}

fn report_of(text: &str) -> Report {
    let source = Source::new("t.ron", text).expect("small");
    let scenario = Scenario::read(source, None).unwrap_or_else(|wrong| {
        let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    });
    let mut library = Library::new();
    let model = scenario.models().next().expect("a model").to_owned();
    let machine = scenario.machine(&mut library, &model).expect("a model");
    let report = play(&scenario, &machine, Logging::On);
    let quiet = play(&scenario, &machine, Logging::Off);
    assert_eq!((report.verdict, report.digest), (quiet.verdict, quiet.digest), "the log changed something");
    report
}

fn line(failure: &Failure) -> String {
    let notes: String = failure.notes.iter().map(|note| format!(" [{note}]")).collect();
    format!("{}: {}: expected {}, actual {}{notes}", failure.line, failure.title, failure.expected, failure.actual)
}

fn held(steps: &str) {
    let report = report_of(&scenario(steps));
    let lines: Vec<String> = report.failures.iter().map(line).collect();
    assert_eq!(report.verdict, Verdict::Held, "\n{}", lines.join("\n"));
}

/// The failures, one line each, and the verdict.
fn failed(steps: &str) -> (Verdict, String) {
    let report = report_of(&scenario(steps));
    let lines: Vec<String> = report.failures.iter().map(line).collect();
    (report.verdict, lines.join("\n"))
}

/// A connected pair: `a` in p, `b` in q, and the listener `l` in p.
const PAIR: &str = r#"
    (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM, protocol: IPPROTO_TCP), gives: "l"),
    (on: "p", call: WSPBind(s: "l", name: "127.0.0.1:7000")),
    (on: "p", call: WSPListen(s: "l", backlog: 5)),
    (on: "q", call: WSPSocket(af: 2, kind: 1), gives: "b"),
    (on: "q", call: WSPConnect(s: "b", name: "127.0.0.1:7000")),
    (on: "p", call: WSPAccept(s: "l", addr: 16), expect: Ok("127.0.0.1:49152"), gives: "a"),
"#;

fn with_pair(steps: &str) -> String {
    format!("{PAIR}{steps}")
}

#[test]
fn data_in_all_forms() {
    held(&with_pair(
        r#"
        (on: "p", call: WSPSend(s: "a", data: "text"), expect: Ok(4)),
        (on: "p", call: WSPSend(s: "a", data: Hex("00 ff")), expect: Ok(2)),
        (on: "p", call: WSPSend(s: "a", data: Repeat("ab", 3)), expect: Ok(6)),
        (on: "p", call: WSPSend(s: "a", data: Many(["x", Hex("79"), Repeat("z", 2)])), expect: Ok(4)),
        (on: "q", call: WSPRecv(s: "b", room: [2, 2]), expect: Ok("text")),
        (on: "q", call: WSPRecv(s: "b", room: 2, flags: "MSG_PEEK"), expect: Ok(Hex("00ff"))),
        (on: "q", call: WSPRecv(s: "b", room: 2), expect: Ok(2)),
        (on: "q", call: WSPIoctl(s: "b", code: FIONREAD), expect: Ok(10)),
        (on: "q", call: WSPRecv(s: "b", room: 6), expect: Ok(Repeat("ab", 3))),
        (on: "q", call: WSPRecv(s: "b"), expect: Ok(Received(data: "xyzz"))),
        (on: "p", call: WSPSend(s: "a", data: Null), expect: Err(WSAEFAULT)),
        (on: "p", call: WSPShutdown(s: "a", how: SD_SEND)),
        (on: "q", call: WSPRecv(s: "b"), expect: Ok(End)),
        (on: "q", call: WSPRecv(s: "b", room: Null), expect: Err(WSAEFAULT)),
        "#,
    ));
}

#[test]
fn options_in_all_forms() {
    held(&with_pair(
        r#"
        (on: "p", call: WSPSetSockOpt(s: "a", option: SO_KEEPALIVE, value: true)),
        (on: "p", call: WSPGetSockOpt(s: "a", option: SO_KEEPALIVE), expect: Ok(true)),
        (on: "p", call: WSPSetSockOpt(s: "a", option: SO_LINGER, value: Linger(on: true, seconds: 3))),
        (on: "p", call: WSPGetSockOpt(s: "a", option: (SOL_SOCKET, 0x80)), expect: Ok(Linger(on: true, seconds: 3))),
        (on: "p", call: WSPGetSockOpt(s: "a", option: (0xffff, 128)), expect: Ok(Hex("0100 0300"))),
        (on: "p", call: WSPSetSockOpt(s: "a", option: SO_RCVTIMEO, value: 250)),
        (on: "p", call: WSPGetSockOpt(s: "a", option: SO_RCVTIMEO), expect: AnyOf([Ok(1), Ok(250)])),
        (on: "p", call: WSPSetSockOpt(s: "a", option: TCP_NODELAY, value: Hex("01")), expect: Err(WSAEFAULT)),
        (on: "p", call: WSPGetSockOpt(s: "a", option: TCP_NODELAY), expect: Ok(false)),
        (on: "p", call: WSPGetSockOpt(s: "a", option: SO_ERROR), expect: Ok(0)),
        (on: "p", call: WSPGetSockOpt(s: "a", option: SO_LINGER, room: Null), expect: Err(WSAEFAULT)),
        (on: "p", call: WSPSetSockOpt(s: "a", option: SO_LINGER, value: Null), expect: Err(WSAEFAULT)),
        (on: "p", call: WSPGetSockOpt(s: "a", option: SO_PROTOCOL_INFOW), gives: "entry",
            expect: Ok(Block(name: "MSAFD Tcpip [TCP/IP]", socket_type: 1))),
        (on: "p", call: WSPIoctl(s: "a", code: FIONBIO, input: 1)),
        (on: "p", call: WSPRecv(s: "a"), expect: Err(WSAEWOULDBLOCK)),
        (on: "p", call: WSAGetLastError(), expect: Ok(WSAEWOULDBLOCK)),
        (check: LastError(on: "p", is: WSAEWOULDBLOCK)),
        (on: "p", call: WSASetLastError(error: None)),
        (on: "p", call: WSAGetLastError(), expect: Ok(None)),
        (on: "p", call: WSASetLastError(error: WSAEINVAL)),
        (check: LastError(on: "p", is: WSAEINVAL)),
        "#,
    ));
}

#[test]
fn addresses_in_all_forms() {
    held(&with_pair(
        r#"
        (on: "q", call: WSPGetPeerName(s: "b"), gives: "there", expect: Ok("127.0.0.1:7000")),
        (on: "q", call: WSPGetSockName(s: "b", room: 4), expect: Err(WSAEFAULT)),
        (on: "q", call: WSPGetSockName(s: "b", room: Null), expect: Err(WSAEFAULT)),
        (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "c"),
        (on: "q", call: WSPConnect(s: "c", name: Null), expect: Err(WSAEFAULT)),
        (on: "q", call: WSPConnect(s: "c", name: Short("127.0.0.1:7000", 8)), expect: Err(WSAEFAULT)),
        (on: "q", call: WSPConnect(s: "c", name: "family 26"), expect: Err(WSAEAFNOSUPPORT)),
        (on: "q", call: WSPConnect(s: "c", name: "there")),
        (on: "q", call: WSPGetPeerName(s: "c"), expect: Ok("127.0.0.1:7000")),
        (on: "q", call: WSPAddressToString(address: "[::1]:80"), expect: Ok("[::1]:80")),
        (on: "q", call: WSPStringToAddress(text: "10.0.0.1:5"), expect: Ok("10.0.0.1:5"), gives: "parsed"),
        (on: "q", call: WSPStringToAddress(text: "::1", family: AF_INET6, info: Null, room: 28), expect: Ok("::1")),
        "#,
    ));
}

#[test]
fn blocks_in_all_forms() {
    held(&with_pair(
        r#"
        (on: "p", call: WSPDuplicateSocket(s: "a", process: "q", info: Null), expect: Err(WSAEFAULT)),
        (on: "p", call: WSPDuplicateSocket(s: "a", process: -1), expect: Err(WSAEINVAL)),
        (on: "p", call: WSPDuplicateSocket(s: "a", process: 123412341), expect: Err(WSAEINVAL)),
        (on: "p", call: WSPDuplicateSocket(s: "a", process: "q"), gives: "info"),
        (check: Duplications(count: 1)),
        (on: "q", call: WSPSocket(info: Tampered(of: "info", truncate: 100)), expect: Err(WSAEINVAL)),
        (on: "q", call: WSPSocket(info: Tampered(of: "info", extend: 8)), expect: Err(WSAEINVAL)),
        (on: "q", call: WSPSocket(info: Tampered(of: "info", zero: true)), expect: Err(_e)),
        (on: "q", call: WSPSocket(info: Tampered(of: "info", set: (provider_reserved: Incremented))), expect: Err(WSAEINVAL)),
        (on: "q", call: WSPSocket(info: Tampered(of: "info", set: (catalog_entry_id: 7777))), expect: Err(WSAEINVAL)),
        (on: "p", call: WSPSocket(info: "info"), expect: Err(WSAEINVAL)),
        (on: "q", call: WSPSocket(info: "info"), gives: "t"),
        (check: SameSocket("a", "t")),
        (check: DifferentSockets("a", "b")),
        (check: References(socket: "t", count: 2)),
        (on: "q", call: WSPSocket(info: Entry("MSAFD Tcpip [UDP/IP]")), gives: "u"),
        (on: "q", call: WSPGetSockOpt(s: "u", option: SO_TYPE), expect: Ok(2)),
        (on: "p", call: WSADuplicateSocketA(s: "a", process: "q"), gives: "narrow"),
        (on: "q", call: WSASocketA(info: "narrow"), gives: "t2"),
        (on: "p", call: WSADuplicateSocketA(s: "a", process: "q"), gives: "narrow2"),
        (on: "q", call: WSPSocket(info: "narrow2"), gives: "t3"),
        (on: "p", call: WSPDuplicateSocket(s: "a", process: "q"), gives: "wide"),
        (on: "q", call: WSASocketA(info: "wide"), gives: "t4"),
        (check: Descriptors(socket: "a", count: 5)),
        (on: "p", call: WSADuplicateSocketA(s: "a", process: "q", info: Null), expect: Err(WSAEFAULT)),
        "#
        .replace("Err(_e)", "Err")
        .as_str(),
    ));
}

#[test]
fn events_windows_and_waits() {
    held(&with_pair(
        r#"
        (on: "p", call: WSACreateEvent(), gives: "e"),
        (on: "p", call: WSPEventSelect(s: "a", event: "e", events: "FD_READ|FD_CLOSE")),
        (check: Registered(socket: "a", by: "p")),
        (check: Registered(socket: "b", by: None)),
        (check: Signalled(event: "e", is: false)),
        (on: "p", call: WSAWaitForMultipleEvents(events: ["e"], timeout_ms: 0), expect: Ok(None)),
        (on: "p", call: WSAWaitForMultipleEvents(events: ["e"]), expect: Parked),
        (check: Parked("p")),
        (on: "q", call: WSPSend(s: "b", data: "x")),
        (on: "p", returns: Ok(0)),
        (check: Signalled(event: "e", is: true)),
        (on: "p", call: WSPEnumNetworkEvents(s: "a", event: "e"), expect: Ok("FD_READ")),
        (check: Signalled(event: "e", is: false)),
        (on: "p", call: WSPEnumNetworkEvents(s: "a"), expect: Ok(None)),
        (on: "p", call: WSPEnumNetworkEvents(s: "a", events: Null), expect: Err(WSAEINVAL)),
        (on: "p", call: WSASetEvent(event: "e")),
        (on: "p", call: WSAResetEvent(event: "e")),
        (op: BreakConnection(socket: "b", error: WSAENETRESET)),
        (on: "q", call: CreateWindow(), gives: "w"),
        (on: "q", call: WSPAsyncSelect(s: "b", window: "w", message: 1100, events: "FD_CLOSE"), expect: AnyOf([Ok, Err])),
        (on: "q", call: PeekMessage(window: "w"), expect: AnyOf([Ok(None), Ok(Message(event: "FD_CLOSE", error: WSAECONNABORTED, socket: "b", message: 1100))])),
        (on: "q", call: GetMessage(window: "w"), expect: Parked),
    ], finally: [
        Parked("q"),
        Messages(window: "w", count: 0),
        Sockets(count: 3),
        "#,
    ));
}

#[test]
fn processes_threads_and_handles() {
    held(
        r#"
        (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "s"),
        (on: "p", call: GetHandleInformation(handle: "s"), expect: Ok(true)),
        (on: "p", call: SetHandleInformation(handle: "s", inheritable: false)),
        (on: "p", call: SetHandleInformation(handle: "s", inheritable: true)),
        (on: "p", call: CreateProcess(name: "child", suspended: true, inherit: true)),
        (check: Suspended("child")),
        (on: "p", call: ResumeProcess(process: "child")),
        (check: Running("child")),
        (check: Handles(process: "child", count: 1)),
        (on: "child", call: WSAStartup(version: "2.2"), expect: Ok("2.2")),
        (on: "child/worker", call: WSPGetSockOpt(s: "s", option: SO_TYPE), expect: Ok(2)),
        (check: Descriptors(socket: "s", count: 2)),
        (on: "child/worker", call: WSPBind(s: "s", name: "127.0.0.1:9000")),
        (on: "child/worker", call: WSPRecvFrom(s: "s"), expect: Parked),
        (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "d"),
        (on: "q", call: WSPSendTo(s: "d", data: "hi", to: "127.0.0.1:9000"), expect: Ok(2)),
        (on: "child/worker", returns: Ok(Received(data: "hi", from: "127.0.0.1:49152")), gives: "sender"),
        (on: "p", call: WSPSendTo(s: "s", data: "back", to: "sender")),
        (on: "q", call: WSPRecv(s: "d"), expect: Ok("back")),
        (on: "p", call: DuplicateHandle(handle: "s", target: "q"), gives: "copy"),
        (on: "q", call: CloseHandle(handle: "copy")),
        (on: "q", call: WSPCloseSocket(s: 0x7770), expect: Err(WSAENOTSOCK)),
        (on: "q", call: WSPCloseSocket(s: "INVALID_SOCKET"), expect: Err(WSAENOTSOCK)),
        (on: "q", call: CloseHandle(handle: "NULL"), expect: Err(WSA_INVALID_HANDLE)),
        (on: "p", call: OpenProcess(process: "child"), gives: "h"),
        (op: Kill("child")),
        (check: Ended("child")),
        (on: "p", call: CloseHandle(handle: "h")),
        (op: Start(name: "heir", id_of: "child")),
        (on: "heir", call: GetCurrentProcessId(), expect: Ok(1008)),
        (op: LimitHandles(process: "heir", handles: 0)),
        (on: "heir", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), expect: Err(WSAEMFILE)),
        (op: LimitHandles(process: "heir", handles: None)),
        (op: Fault(FailCall(function: WSPSocket, nth: 1, error: WSAENETDOWN))),
        (on: "heir", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), expect: Err(WSAENETDOWN)),
        (on: "heir", call: ExitProcess()),
        (check: Ended("heir")),
        (op: Advance(ms: 5)),
        "#,
    );
}

#[test]
fn callbacks_are_answered() {
    held(
        r#"
        (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "l"),
        (on: "p", call: WSPBind(s: "l", name: "127.0.0.1:7000")),
        (on: "p", call: WSPListen(s: "l")),
        (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "b"),
        (on: "q", call: WSPConnect(s: "b", name: "127.0.0.1:7000"), expect: AnyOf([Ok, Parked])),
        (on: "p", call: WSPAccept(s: "l", condition: Asks), expect: Parked),
        (on: "p", call: WSPListen(s: "l"), expect: Err(WSAEINPROGRESS)),
        (on: "p", answers: CF_ACCEPT, gives: "a"),
        (check: DifferentNumbers("a", "l")),
        "#,
    );
}

#[test]
fn the_log_is_looked_at() {
    held(&with_pair(
        r#"
        (on: "p", call: WSPDuplicateSocket(s: "a", process: "q"), gives: "info"),
        (on: "q", call: WSPSocket(info: "info"), gives: "t"),
        (check: Crossed(into: "msafd", call: WSPSocket, info: "MSAFD Tcpip [TCP/IP]", on: "q")),
        (check: Crossed(into: "msafd", call: WSPDuplicateSocket, times: 1)),
        (check: NotCrossed(into: "msafd", call: WSPDuplicateSocket, on: "q")),
        (check: RuleUsed("R1")),
        (check: Decided(policy: "duplicate_inheritable")),
        (check: Contexts(process: "q", provider: "msafd", count: 0)),
        "#,
    ));
}

#[test]
fn a_wrong_result_says_what_came() {
    let (verdict, lines) = failed(r#"(on: "p", call: WSPCloseSocket(s: 1))"#);
    assert_eq!(verdict, Verdict::Failed);
    assert_eq!(
        lines,
        "1: `p` called WSPCloseSocket and got WSAENOTSOCK (10038): not a socket descriptor: expected Ok, \
         actual Err(WSAENOTSOCK)"
    );
    let (_, lines) = failed(r#"(on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), expect: Err(WSAEINVAL))"#);
    assert_eq!(lines, "1: `p` called WSPSocket and it succeeded: expected Err(WSAEINVAL), actual Ok");
}

#[test]
fn what_waits_is_stuck_only_if_nothing_else_is_wrong() {
    let (verdict, lines) = failed(&with_pair(r#"(on: "p", call: WSPRecv(s: "a"), expect: Parked)"#));
    assert_eq!(verdict, Verdict::Stuck);
    let expected = "the WSPRecv of `p` still waits: expected a return, or `Parked` in `finally`, actual Parked \
                    [it waits for something to receive on the shared socket of `a`]";
    assert!(lines.ends_with(expected), "{lines}");
    let (verdict, lines) = failed(&with_pair(r#"(on: "p", call: WSPRecv(s: "a"))"#));
    assert_eq!(verdict, Verdict::Failed, "{lines}");
}

#[test]
fn a_result_has_to_be_looked_at() {
    let steps = r#"
        (on: "p", call: WSPRecv(s: "a"), expect: Parked),
        (on: "q", call: WSPSend(s: "b", data: "x"))"#;
    let (verdict, lines) = failed(&with_pair(steps));
    assert_eq!(verdict, Verdict::Failed);
    assert!(
        lines.ends_with("returned and no step looked at it: expected (on: \"p\", returns: ...), actual Ok(\"x\")"),
        "{lines}"
    );
}

#[test]
fn budgets_end_a_scenario() {
    let text = r#"Scenario(about: "t", budget: (ops: 3), processes: ["p", "q"], steps: [])"#;
    let report = report_of(text);
    assert_eq!((report.verdict, report.failures[0].kind), (Verdict::OutOfBudget, FailureKind::Budget));
    let (verdict, lines) = failed("(op: Advance(ms: 3600001))");
    assert_eq!(verdict, Verdict::OutOfBudget, "{lines}");
}

#[test]
fn a_label_without_value_is_blamed_on_its_step() {
    let steps = r#"
        (on: "p", call: WSPSocket(af: 99), expect: AnyOf([Ok, Err]), gives: "s"),
        (on: "p", call: WSPCloseSocket(s: "s"))"#;
    let (verdict, lines) = failed(steps);
    assert_eq!(verdict, Verdict::Failed);
    assert!(lines.contains("`s` has no value"), "{lines}");
    let steps = r#"
        (on: "p", call: WSPSocket(af: 99), gives: "s"),
        (on: "p", call: WSPCloseSocket(s: "s"))"#;
    assert_eq!(failed(steps).1.lines().count(), 1, "one cause, one failure");
}

#[test]
fn policies_and_limits_can_be_overridden() {
    let text = r#"Scenario(
        about: "t",
        policies: (block_reuse: SecondDescriptor),
        limits: (sockets: 1),
        processes: ["p", "q"],
        steps: [
            (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
            (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), expect: Err(WSAENOBUFS)),
            (on: "p", call: WSPDuplicateSocket(s: "s", process: "q"), gives: "info"),
            (on: "q", call: WSPSocket(info: "info"), gives: "t"),
            (on: "q", call: WSPSocket(info: "info"), gives: "t2"),
            (check: SameSocket("t", "t2")),
            (check: DifferentNumbers("t", "t2")),
        ],
    )"#;
    let report = report_of(text);
    let lines: Vec<String> = report.failures.iter().map(line).collect();
    assert_eq!(report.verdict, Verdict::Held, "{}", lines.join("\n"));
}

#[test]
fn a_label_outlives_its_descriptor_but_not_its_socket() {
    held(&with_pair(
        r#"
        (on: "p", call: WSPDuplicateSocket(s: "a", process: "q"), gives: "info"),
        (on: "p", call: WSPCloseSocket(s: "a")),
        (check: References(socket: "a", count: 1)),
        (on: "q", call: WSPSocket(info: "info"), gives: "t"),
        (check: SameSocket("a", "t")),
        (on: "q", call: WSPCloseSocket(s: "t")),
        (on: "q", call: WSPCloseSocket(s: "b")),
        (check: References(socket: "a", count: 0)),
        (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "other"),
        (check: References(socket: "a", count: 0)),
        (check: DifferentSockets("a", "other")),
        "#,
    ));
}

#[test]
fn a_scenario_runs_over_every_built_in_model() {
    // Whoever connects there gets to the proxy, if there is one; what is left over of a layer cannot be opened.
    let odd = ["proxy-layer", "left-over-dll", "left-over-chain"];
    let plain = wspsim::model::BUILT_IN.iter().filter(|(name, _)| !odd.contains(name));
    for (name, _) in plain {
        let text = format!("Scenario(about: \"t\", model: \"{name}\", processes: [\"p\", \"q\"], steps: [{PAIR}])");
        let report = report_of(&text);
        let lines: Vec<String> = report.failures.iter().map(line).collect();
        assert_eq!(report.verdict, Verdict::Held, "{name}: {}", lines.join("\n"));
    }
}
