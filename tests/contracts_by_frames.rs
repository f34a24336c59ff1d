//! The contract checker between the frames of calls: in whatever order threads go on, nobody is blamed who does what is
//! asked of him, and somebody who does not still is.

#[path = "support/programs.rs"]
mod support;

use proptest::prelude::*;
use support::{ANY, fixed_config, machine, orders, scenario};
use wspsim::explore::Search;
use wspsim::rules::RuleId;
use wspsim::scenario::programs::{Judged, WrongKind};

/// Calls on the sockets of one process; `S` is one of them, `#` a number of their own.
const ITEMS: &[&str] = &[
    r##"WSPCloseSocket(s: "S")"##,
    r##"WSPCloseSocket(s: "listener")"##,
    r##"WSPSend(s: "S", data: "x")"##,
    r##"WSPRecv(s: "S", room: 1)"##,
    r##"WSPRecv(s: "S", room: 1, overlapped: (id: 1#))"##,
    r##"WSPSelect(read: ["S"], timeout_ms: 0)"##,
    r##"WSPEventSelect(s: "S")"##,
    r##"WSPDuplicateSocket(s: "S", process: "q")"##,
    r##"WSPSocket(info: "block"), gives: "new-#""##,
    r##"WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "new-#""##,
    r##"WSPAccept(s: "listener"), gives: "new-#""##,
    r##"WSPJoinLeaf(s: "S", name: "224.0.0.1:5"), gives: "new-#""##,
    r##"WSACleanup()"##,
];

/// Two sockets, a listener to which somebody has connected, and a block of the process's own.
const STEPS: &str = r#"
    (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "far"),
    (on: "q", call: WSPBind(s: "far", name: "127.0.0.1:7001")),
    (on: "q", call: WSPListen(s: "far")),
    (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "listener"),
    (on: "p", call: WSPBind(s: "listener", name: "127.0.0.1:7000")),
    (on: "p", call: WSPListen(s: "listener")),
    (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
    (on: "p", call: WSPConnect(s: "s", name: "127.0.0.1:7001")),
    (on: "q", call: WSPAccept(s: "far"), gives: "t"),
    (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "d"),
    (on: "p", call: WSPDuplicateSocket(s: "s", process: "p"), gives: "block"),
    (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "c"),
    (on: "q", call: WSPConnect(s: "c", name: "127.0.0.1:7000")),
    (on: "q", call: WSPSend(s: "t", data: "hello")),
"#;

/// What a thread does, and on which socket.
type Items = Vec<(usize, bool)>;

fn program(thread: usize, items: &Items) -> String {
    let item = |(at, &(item, first)): (usize, &(usize, bool))| {
        let call = ITEMS[item].replace("\"S\"", if first { "\"s\"" } else { "\"d\"" });
        format!("(call: {}, expect: {ANY})", call.replace('#', &format!("{thread}{at}")))
    };
    items.iter().enumerate().map(item).collect::<Vec<_>>().join(", ")
}

/// A check for each duty and provider that it was not broken.
fn nobody_is_blamed(providers: &[&str]) -> String {
    let duties: Vec<RuleId> = RuleId::ALL.iter().copied().filter(|rule| rule.name().starts_with("Duty")).collect();
    let checks = providers
        .iter()
        .flat_map(|by| duties.iter().map(move |duty| format!(r#"Breach(rule: "{duty}", by: "{by}", times: 0)"#)));
    checks.collect::<Vec<_>>().join(", ")
}

fn explored(text: &str, states_max: u64) -> Judged {
    let scenario = scenario(text);
    let machine = machine(&scenario);
    let orders = orders(&scenario, &machine);
    orders.judge(&Search { states_max, ..Search::default() }.run(&*orders, &mut ()))
}

/// Models of providers that do what they should, and the names of these.
const FAITHFUL: &[(&str, &[&str])] = &[
    ("windows", &["msafd"]),
    ("layer", &["layer", "msafd"]),
    ("two-layers", &["upper", "lower", "msafd"]),
    ("ifs-layer", &["ifs", "msafd"]),
    ("non-ifs-base", &["vendor"]),
];

fn items(most: usize) -> impl Strategy<Value = Items> {
    prop::collection::vec((0..ITEMS.len(), prop::bool::weighted(0.8)), 1..=most)
}

proptest! {
    #![proptest_config(fixed_config())]

    #[test]
    fn no_order_of_frames_blames_the_faithful((model, providers) in prop::sample::select(FAITHFUL), p in items(2), worker in items(2)) {
        let text = format!(
            r#"Scenario(about: "t", model: "{model}", processes: ["p", "q"], granularity: Frame, steps: [{STEPS}],
                programs: {{ "p": [{}], "p/worker": [{}] }}, finally: [{}])"#,
            program(0, &p),
            program(1, &worker),
            nobody_is_blamed(providers)
        );
        let judged = explored(&text, 3000);
        let wrong = judged.found.as_ref().map(|found| &found.wrong).filter(|wrong| wrong.kind != WrongKind::Stuck);
        prop_assert!(wrong.is_none(), "{wrong:#?}\n{text}");
    }
}
