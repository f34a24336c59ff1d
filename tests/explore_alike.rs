//! Processes with equal programs, found and folded: the search against brute force, and what is folded and what not.

#[path = "support/programs.rs"]
mod support;

use std::num::NonZeroUsize;

use proptest::prelude::*;
use support::{ANY, config, with_orders};
use wspsim::explore::{Choice, End, Order, Part, Progress, Search, System, Taken};
use wspsim::scenario::programs::Orders;

/// What can be wrong, and what is reached, by brute force.
fn brute(orders: &Orders<'_>) -> (bool, u64) {
    let (mut wrong, mut reached) = (false, 0);
    let mut todo = vec![orders.start()];
    while let Some(state) = todo.pop() {
        match orders.inspect(&state) {
            Ok(bits) => reached |= bits,
            Err(_) => {
                wrong = true;
                continue;
            }
        }
        let mut choices = Vec::new();
        orders.choices(&state, &mut choices);
        if choices.is_empty() {
            wrong |= !matches!(orders.end(&state), End::Finished { .. });
        }
        for choice in choices {
            let mut next = state.clone();
            match orders.take(&mut next, choice) {
                Taken::Went(_) => todo.push(next),
                Taken::Wrong(_) => wrong = true,
            }
        }
    }
    (wrong, reached)
}

/// Calls of `ME`, which shares the socket `s` with `YOU` and with `p`; `#` is a number of their own.
const ITEMS: &[&str] = &[
    r##"(call: WSPCloseSocket(s: "s-ME"), expect: ANY)"##,
    r##"(call: WSPCloseSocket(s: "s-ME"))"##,
    r##"(call: WSPEventSelect(s: "s-ME", event: "e-ME", events: "FD_READ"), expect: ANY)"##,
    r##"(call: WSPSetSockOpt(s: "s-ME", option: SO_RCVBUF, value: 1000), expect: ANY)"##,
    r##"(call: WSPGetSockOpt(s: "s-ME", option: SO_RCVBUF), expect: Ok(1000))"##,
    r##"(call: WSPDuplicateSocket(s: "s-ME", process: "YOU"), gives: "for-YOU-#", expect: ANY)"##,
    r##"(call: WSPSocket(info: "for-q"), gives: "open-ME-#", expect: ANY)"##,
    r##"(call: Send(to: "YOU", value: Text("hello")))"##,
    r##"(call: Send(to: "p", value: Text("hello")))"##,
    r##"(call: Receive(), gives: "got-ME-#")"##,
];

fn program(me: &str, you: &str, items: &[usize]) -> String {
    let item = |(at, item): (usize, &usize)| {
        let text = ITEMS[*item].replace("YOU", you).replace("ME", me);
        text.replace("ANY", ANY).replace('#', &format!("{me}{at}"))
    };
    items.iter().enumerate().map(item).collect::<Vec<_>>().join(", ")
}

/// `q` and `r` do the same, each with the other in the other's place.
fn scenario(p: &[usize], both: &[usize]) -> String {
    let (p, q, r) = (program("p", "q", p), program("q", "r", both), program("r", "q", both));
    format!(
        r#"Scenario(about: "t", model: "windows", processes: ["p", "q", "r"], steps: [
            (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s-p"),
            (on: "p", call: WSPDuplicateSocket(s: "s-p", process: "q"), gives: "q-first"),
            (on: "q", call: WSPSocket(info: "q-first"), gives: "s-q"),
            (on: "p", call: WSPDuplicateSocket(s: "s-p", process: "r"), gives: "r-first"),
            (on: "r", call: WSPSocket(info: "r-first"), gives: "s-r"),
            (on: "p", call: WSACreateEvent(), gives: "e-p"),
            (on: "q", call: WSACreateEvent(), gives: "e-q"),
            (on: "r", call: WSACreateEvent(), gives: "e-r"),
            (on: "p", call: WSPDuplicateSocket(s: "s-p", process: "q"), gives: "for-q"),
        ], programs: {{ "p": [{p}], "q": [{q}], "r": [{r}] }},
        sometimes: [Sockets(count: 0), Duplications(count: 0), Duplications(count: 2), References(socket: "s-p", count: 2)])"#
    )
}

fn follow(orders: &Orders<'_>, schedule: &[Choice]) -> Result<<Orders<'static> as System>::State, ()> {
    let mut state = orders.start();
    for &choice in schedule {
        let mut choices = Vec::new();
        orders.choices(&state, &mut choices);
        assert!(choices.contains(&choice), "{choice:?} is none of {choices:?}");
        if let Taken::Wrong(_) = orders.take(&mut state, choice) {
            return Err(());
        }
    }
    Ok(state)
}

fn searches() -> impl Iterator<Item = Search> {
    let orders = [Order::BreadthFirst, Order::DepthFirst];
    let ways = [(false, false), (true, false), (false, true), (true, true)];
    orders.into_iter().flat_map(move |order| {
        ways.map(|(reduction, symmetry)| Search { order, reduction, symmetry, ..Search::default() })
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn folding_like_processes_loses_nothing(
        p in prop::collection::vec(0..ITEMS.len(), 0..2),
        both in prop::collection::vec(0..ITEMS.len(), 1..4),
    ) {
        let text = scenario(&p, &both);
        with_orders(&text, |orders| {
            let (wrong, reached) = brute(orders);
            for search in searches() {
                let found = search.run(orders, &mut ());
                let counterexample = found.violated.as_ref().or(found.stuck.as_ref());
                prop_assert_eq!(counterexample.is_some(), wrong, "{:?} of\n{}", search, text);
                match counterexample {
                    None => prop_assert_eq!(found.reached, reached, "{:?} of\n{}", search, text),
                    Some(found) => {
                        let shown = match follow(orders, &found.schedule.0) {
                            Err(()) => true,
                            Ok(last) => {
                                let mut choices = Vec::new();
                                orders.choices(&last, &mut choices);
                                let ended = choices.is_empty() && !matches!(orders.end(&last), End::Finished { .. });
                                ended || orders.inspect(&last).is_err()
                            }
                        };
                        prop_assert!(shown, "{:?} of\n{}", search, text);
                    }
                }
                for (bit, schedule) in &found.reached_by {
                    let state = follow(orders, &schedule.0).expect("nothing is wrong on the way");
                    prop_assert!(orders.inspect(&state).is_ok_and(|bits| bits >> bit & 1 == 1), "{search:?} of\n{text}");
                }
            }
            Ok(())
        })?;
    }
}

fn progress(text: &str, symmetry: bool) -> Progress {
    with_orders(text, |orders| {
        let search = Search { symmetry, ..Search::default() };
        let found = search.run(orders, &mut ());
        // Threads have orders of their own, in which the same processes are alike.
        let two = NonZeroUsize::new(2).expect("not zero");
        let together = search.run_part(orders, Part::WHOLE, two, &mut ()).progress;
        assert_eq!((together.states, together.transitions), (found.progress.states, found.progress.transitions));
        assert!(found.counterexample().is_none(), "{:?}", found.counterexample());
        found.progress
    })
}

fn three(of_p: &str, of_q: &str, of_r: &str, rest: &str) -> String {
    format!(
        r#"Scenario(about: "t", model: "windows", processes: ["p", "q", "r"], programs: {{
            "p": [{of_p}], "q": [{of_q}], "r": [{of_r}] }}, {rest})"#
    )
}

const SOCKETS: [&str; 3] = ["a", "b", "c"];

fn open_and_close(label: &str, name: &str) -> String {
    let open = r#"call: WSPSocket(af: AF_INET, kind: SOCK_STREAM)"#;
    format!(r#"({name}{open}, gives: "{label}"), (call: WSPCloseSocket(s: "{label}"))"#)
}

#[test]
fn three_processes_with_one_program_are_folded() {
    let [p, q, r] = SOCKETS.map(|label| open_and_close(label, ""));
    // Three positions, dealt out to three processes whose names do not count.
    assert_eq!(progress(&three(&p, &q, &r, ""), true).states, 10);
    assert!(progress(&three(&p, &q, &r, ""), false).states >= 27);
}

#[test]
fn whoever_is_told_apart_is_not_folded() {
    let [p, q, r] = SOCKETS.map(|label| open_and_close(label, ""));
    let [_, _, named] = SOCKETS.map(|label| open_and_close(label, r#"name: "opened", "#));
    // A step with a name, a check, a fault: each speaks of r.
    assert_eq!(progress(&three(&p, &q, &named, ""), true).states, 18);
    assert_eq!(progress(&three(&p, &q, &r, r#"sometimes: [Descriptors(socket: "c", count: 1)]"#), true).states, 18);
    let states = progress(&three(&p, &q, &r, r#"faults: [Kill("r")]"#), true).states;
    assert!(states > 18 && states < progress(&three(&p, &q, &r, r#"faults: [Kill("r")]"#), false).states, "{states}");
}

#[test]
fn a_ring_is_not_a_group() {
    let to = |next: &str, label: &str| {
        let send = format!(r#"(call: Send(to: "{next}", value: Text("x")))"#);
        format!(r#"{send}, (call: Receive(), gives: "{label}")"#)
    };
    let ring = three(&to("q", "a"), &to("r", "b"), &to("p", "c"), "");
    let text = ring.replace("Text(\"x\")", "Text(\"y\")");
    let (folded, all) = (progress(&text, true).states, progress(&text, false).states);
    assert_eq!(folded, all, "exchanging two of three changes who sends to whom");
}
