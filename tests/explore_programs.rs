//! Programs of scenarios in every order: the search against brute force, and counterexamples that need all they have.

#[path = "support/programs.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use support::{ANY, config, config_of, machine, orders, orders_by, scenario};
use wspsim::explore::{Choice, End, Found, Order, Pick, Sampling, Schedule, Search, System, Taken, Verdict};
use wspsim::model::{Source, items};
use wspsim::scenario::programs::{Granularity, Orders, Wrong, WrongKind, shrink_steps};
use wspsim::scenario::{Failure, Logging, Report, Scenario, Verdict as Played, play};
use wspsim::world::machine::Machine;

/// Everything by brute force: outcomes and what is wrong. States of equal digest must be equal, and the other way round.
/// `merging`: what follows a state is looked at once.
fn brute<'a>(orders: &Orders<'a>, merging: bool) -> (BTreeSet<String>, BTreeSet<&'static str>) {
    let (mut outcomes, mut wrongs) = (BTreeSet::new(), BTreeSet::new());
    let mut known: BTreeMap<u64, <Orders<'a> as System>::State> = BTreeMap::new();
    let mut todo = vec![orders.start()];
    while let Some(state) = todo.pop() {
        match known.get(&orders.digest(&state)) {
            Some(other) => {
                assert!(*other == state, "two states have one digest");
                if merging {
                    continue;
                }
            }
            None => {
                assert!(known.len() > 500 || known.values().all(|other| *other != state), "one state, two digests");
                known.insert(orders.digest(&state), state.clone());
            }
        }
        if let Err(wrong) = orders.inspect(&state) {
            wrongs.insert(wrong.kind.name());
            continue;
        }
        let mut choices = Vec::new();
        orders.choices(&state, &mut choices);
        if choices.is_empty() {
            match orders.end(&state) {
                End::Finished { outcome, .. } => {
                    outcomes.insert(outcome.to_string());
                }
                End::Wrong(wrong) | End::Stuck(wrong) => {
                    wrongs.insert(wrong.kind.name());
                }
                End::Cut => panic!("no budget is that small"),
            }
        }
        for choice in choices {
            let mut next = state.clone();
            match orders.take(&mut next, choice) {
                Taken::Went(_) => todo.push(next),
                Taken::Wrong(wrong) => {
                    wrongs.insert(wrong.kind.name());
                }
            }
        }
    }
    (outcomes, wrongs)
}

/// Calls that fit into any program over the sockets `s` of both processes; `#` is a number of their own.
const ITEMS: &[&str] = &[
    r##"(name: "#", call: WSPCloseSocket(s: "P"), expect: ANY)"##,
    r##"(name: "#", call: WSPSend(s: "P", data: "x"), expect: ANY)"##,
    r##"(name: "#", call: WSPRecv(s: "P", room: 1), expect: ANY)"##,
    r##"(name: "#", call: WSPDuplicateSocket(s: "P", process: "q"), gives: "info-#", expect: ANY)"##,
    r##"(name: "#", call: WSPSocket(info: "block"), gives: "open-#", expect: ANY)"##,
    r##"(name: "#", call: WSPShutdown(s: "P", how: SD_SEND), expect: ANY)"##,
    r##"(name: "#", call: WSPEventSelect(s: "P"), expect: ANY)"##,
    r##"(name: "#", call: Receive(), gives: "got-#", expect: ANY)"##,
    r##"(call: Send(to: "p", value: Text("hello")))"##,
    r##"(call: Send(to: "q", value: Text("hello")))"##,
    r##"Choose([[(name: "#", call: WSPSend(s: "P", data: "y"), expect: ANY)], [(call: WSAGetLastError())]])"##,
    r##"Repeat(times: 2, do: [(name: "#", call: WSPSend(s: "P", data: "z"), cases: [(Ok, []), (Else, [Break])])])"##,
];

fn program(process: &str, thread: usize, items: &[usize]) -> String {
    let socket = if process == "p" { "s" } else { "t" };
    let item = |(at, item): (usize, &usize)| {
        let name = format!("{thread}{at}");
        ITEMS[*item].replace("\"P\"", &format!("\"{socket}\"")).replace("ANY", ANY).replace('#', &name)
    };
    items.iter().enumerate().map(item).collect::<Vec<_>>().join(", ")
}

/// Two processes with a connected pair of sockets, and a block for the second one.
fn random_scenario(model: &str, programs: [&[usize]; 3], fault: bool) -> String {
    let [p, worker, q] = programs;
    let faults = if fault { r#"faults: [Kill("q")],"# } else { "" };
    format!(
        r#"Scenario(about: "t", model: "{model}", processes: ["p", "q"], steps: [
            (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "listener"),
            (on: "q", call: WSPBind(s: "listener", name: "127.0.0.1:7000")),
            (on: "q", call: WSPListen(s: "listener")),
            (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
            (on: "p", call: WSPConnect(s: "s", name: "127.0.0.1:7000")),
            (on: "q", call: WSPAccept(s: "listener"), gives: "t"),
            (on: "p", call: WSPDuplicateSocket(s: "s", process: "q"), gives: "block"),
        ], programs: {{ "p": [{}], "p/worker": [{}], "q": [{}] }}, {faults})"#,
        program("p", 0, p),
        program("p", 1, worker),
        program("q", 2, q)
    )
}

fn item() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..ITEMS.len(), 0..3)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_search_finds_what_brute_force_finds(p in item(), worker in item(), q in item(), fault in any::<bool>()) {
        finds_everything("windows", Granularity::Call, [&p, &worker, &q], fault)?;
    }

}

proptest! {
    #![proptest_config(config_of(4))]

    #[test]
    fn every_search_by_frames_finds_what_brute_force_finds(
        model in prop::sample::select(&["windows", "layer", "ifs-layer", "non-ifs-base"]),
        (p, worker, q) in (item(), item(), item()),
        fault in any::<bool>(),
    ) {
        // What takes longest does so because of its numbers alone.
        prop_assume!(p.len() + worker.len() + q.len() <= 4);
        finds_everything(model, Granularity::Frame, [&p, &worker, &q], fault)?;
    }
}

fn finds_everything(
    model: &str,
    granularity: Granularity,
    programs: [&[usize]; 3],
    fault: bool,
) -> Result<(), TestCaseError> {
    let text = random_scenario(model, programs, fault);
    let scenario = scenario(&text);
    let machine = machine(&scenario);
    let orders = orders_by(granularity, &scenario, &machine);
    let (outcomes, wrongs) = brute(&orders, granularity == Granularity::Frame);
    for order in [Order::BreadthFirst, Order::DepthFirst] {
        for (reduction, symmetry) in [(false, false), (true, false), (false, true), (true, true)] {
            let found = Search { order, reduction, symmetry, ..Search::default() }.run(&*orders, &mut ());
            let judged = orders.judge(&found);
            match &judged.found {
                None => {
                    prop_assert!(wrongs.is_empty(), "{wrongs:?} was not found in\n{text}");
                    let seen: BTreeSet<String> = found.outcomes.keys().map(ToString::to_string).collect();
                    prop_assert_eq!(&seen, &outcomes);
                }
                Some(found) => {
                    prop_assert!(wrongs.contains(found.wrong.kind.name()));
                    shows(&orders, found, &machine);
                }
            }
            for seen in found.outcomes.values() {
                prop_assert!(orders.can_follow(&seen.witness));
            }
        }
    }
    let sample = Sampling { pick: Pick::Pct { depth: 3 }, runs: 20, seed: 1, depth_max: 1000 };
    let sampled = sample.run(&*orders, &mut ());
    prop_assert!(sampled.outcomes.keys().all(|outcome| outcomes.contains(&outcome.to_string())));
    Ok(())
}

/// A counterexample, read and played by itself, shows what is wrong, and loses it with any single step; but for one that
/// gets stuck.
fn shows(orders: &Orders<'_>, found: &Found<Wrong>, machine: &Arc<Machine>) {
    let example = orders.counterexample(found, true);
    assert!(example.shows, "{:#?}\n{}", found.wrong, example.text);
    if found.wrong.kind == WrongKind::Stuck {
        let report = report(&example.text, machine).expect("it can be read");
        return assert_eq!(report.verdict, Played::Stuck, "{}", example.text);
    }
    needs_every_step(&example.text, &example.pinned, machine);
}

/// `pinned`: steps whose results are wrong only together; one of them alone may come to the same.
fn needs_every_step(text: &str, pinned: &[usize], machine: &Arc<Machine>) {
    let whole = report(text, machine).unwrap_or_else(|| panic!("cannot be read:\n{text}"));
    let signs = signs(&whole, text);
    assert!(!signs.is_empty(), "this holds:\n{text}");
    let [steps] = items::items(text, ["steps"]);
    for (at, step) in steps.into_iter().enumerate() {
        if pinned.contains(&at) {
            continue;
        }
        let comma = step.end + usize::from(text.as_bytes().get(step.end) == Some(&b','));
        let less = format!("{}{}", &text[..step.start], &text[comma..]);
        let Some(report) = report(&less, machine) else { continue };
        assert_ne!(self::signs(&report, &less), signs, "still shown without `{}`:\n{text}", &text[step]);
    }
}

fn report(text: &str, machine: &Arc<Machine>) -> Option<Report> {
    let scenario = Scenario::read(Source::new("t.ron", text).ok()?, None).ok()?;
    Some(play(&scenario, machine, Logging::Off))
}

/// What a play shows: the kinds of its failures, the steps they are at, and what came of calls and checks.
fn signs(report: &Report, text: &str) -> Vec<(&'static str, String, String)> {
    let sign = |failure: &Failure| {
        let compared = ["result", "check"].contains(&failure.kind.name());
        let actual = if compared { failure.actual.clone() } else { String::new() };
        (failure.kind.name(), text[failure.span.clone()].to_owned(), actual)
    };
    report.failures.iter().map(sign).collect()
}

#[test]
fn the_counterexamples_of_the_races_need_every_step() {
    let races = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/races");
    let mut counted = 0;
    for path in std::fs::read_dir(races).expect("the races").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            continue;
        }
        let scenario = Scenario::load(&path).unwrap_or_else(|said| panic!("{said:#?}"));
        let machine = machine(&scenario);
        if !scenario.has_programs() || scenario.stated().is_none() {
            continue;
        }
        let orders = orders(&scenario, &machine);
        let judged = orders.judge(&Search::default().run(&*orders, &mut ()));
        if let Some(found) = &judged.found {
            shows(&orders, found, &machine);
            counted += 1;
        }
    }
    assert!(counted >= 3, "{counted} counterexamples");
}

/// Kept counterexamples are what the search finds today, but for the one thing that is now expected as it came.
#[test]
fn the_counterexamples_that_are_kept_are_those_that_are_found() {
    let races = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/races"));
    let kept: Vec<_> = std::fs::read_dir(races.join("found")).expect("kept ones").flatten().collect();
    assert!(kept.len() >= 10, "{} are kept", kept.len());
    for entry in kept {
        let scenario = Scenario::load(&races.join(entry.file_name())).unwrap_or_else(|said| panic!("{said:#?}"));
        let machine = machine(&scenario);
        let orders = orders(&scenario, &machine);
        let judged = orders.judge(&Search::default().run(&*orders, &mut ()));
        let found = orders.counterexample(judged.found.as_ref().expect("something is wrong"), true).text;
        let kept = std::fs::read_to_string(entry.path()).expect("a scenario");
        let [of_found] = items::items(&found, ["steps"]);
        let [of_kept] = items::items(&kept, ["steps"]);
        assert_eq!(of_found.len(), of_kept.len(), "{} is kept, this is found:\n{found}", entry.path().display());
        let other = of_found.into_iter().zip(of_kept).filter(|(one, other)| found[one.clone()] != kept[other.clone()]);
        assert!(other.count() <= 1, "{} is kept, this is found:\n{found}", entry.path().display());
    }
}

/// Two threads open one block, which one of them can; `more` stands beside the programs.
fn two_opens(more: &str) -> String {
    format!(
        r#"Scenario(about: "t", model: "windows", processes: ["p", "q"], steps: [
            (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
            (on: "p", call: WSPDuplicateSocket(s: "s", process: "q"), gives: "info"),
        ], programs: {{
            "q": [(name: "one", call: WSPSocket(info: "info"), gives: "t", expect: {ANY})],
            "q/worker": [(name: "two", call: WSPSocket(info: "info"), gives: "u", expect: {ANY})],
        }}, {more})"#
    )
}

/// What is found to be wrong with a program, as a scenario of steps.
fn found_in(text: &str) -> (String, Arc<Machine>) {
    let scenario = scenario(text);
    let machine = machine(&scenario);
    let orders = orders(&scenario, &machine);
    let judged = orders.judge(&Search::default().run(&*orders, &mut ()));
    let found = judged.found.unwrap_or_else(|| panic!("this holds:\n{text}"));
    assert_eq!(found.wrong.kind, WrongKind::Allowed);
    let example = orders.counterexample(&found, true);
    assert!(example.shows, "{}", example.text);
    needs_every_step(&example.text, &example.pinned, &machine);
    (example.text, machine)
}

/// A check that counts what happened does not hold because nobody of that name could do it.
#[test]
fn a_check_of_somebody_who_is_not_there_is_told() {
    let text = two_opens(r#"finally: [Breach(rule: "Duty5", by: "typo", times: 0)]"#);
    let scenario = scenario(&text);
    let machine = machine(&scenario);
    let orders = orders(&scenario, &machine);
    let judged = orders.judge(&Search::default().run(&*orders, &mut ()));
    let found = judged.found.expect("a mistake");
    assert!(found.wrong.title.contains("`typo`"), "{:?}", found.wrong);
}

/// Whoever changes the machine so that a named step comes to something else gets no silent yes from the steps that show
/// a combination nobody allowed: they say of each named step what it came to.
#[test]
fn the_steps_of_a_combination_fail_whichever_of_them_comes_to_something_else() {
    let (text, machine) = found_in(&two_opens(r#"allowed: [{"one": Ok, "two": Ok}, {"one": Err, "two": Err}]"#));
    let [steps] = items::items(&text, ["steps"]);
    let opens: Vec<_> = steps.into_iter().filter(|step| text[step.clone()].contains("info: \"info\"")).collect();
    assert_eq!(opens.len(), 2, "{text}");
    let (before, after) = text.split_at(opens[0].start);
    // Now the first open fails and the second one gets the socket, which nobody allowed either.
    let fails = "(op: Fault(FailCall(function: WSPSocket, error: WSAENETDOWN))),\n        ";
    let otherwise = report(&format!("{before}{fails}{after}"), &machine).expect("it can be read");
    assert_eq!(otherwise.verdict, Played::Failed, "{text}");
    assert_eq!(otherwise.failures.len(), 1, "the first of them is as it should not be:\n{text}");
}

#[test]
fn the_steps_of_a_combination_have_what_it_needs_and_no_more() {
    let steps = |programs: &str, allowed: &str| {
        let opened = r#"(on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s")"#;
        let text = format!(
            r#"Scenario(about: "t", model: "windows", processes: ["p"], steps: [{opened}],
                programs: {{ "p": [{}] }}, allowed: [{allowed}])"#,
            programs.replace("ANY", ANY)
        );
        let (text, _) = found_in(&text);
        let [steps] = items::items(&text, ["steps"]);
        steps.into_iter().skip(1).map(|step| text[step].to_owned()).collect::<Vec<_>>()
    };
    let (listen, send) = (
        r#"(name: "one", call: WSPListen(s: "s"), expect: ANY)"#,
        r#"(name: "two", call: WSPSend(s: "s", data: "x"), expect: ANY)"#,
    );
    let (listened, sent) = (r#"(on: "p", call: WSPListen(s: "s")"#, r#"(on: "p", call: WSPSend(s: "s", data: "x")"#);
    // What no combination speaks of is named.
    assert_eq!(
        steps(&format!("{listen}, {send}"), r#"{"one": Ok, "two": Err}, {"two": Ok}"#),
        [format!("{listened}, expect: Err(WSAEINVAL))"), format!("{sent}, expect: Ok)")]
    );
    // A step that no combination names is not needed.
    assert_eq!(steps(&format!("{listen}, {send}"), r#"{"two": Ok}"#), [format!("{sent}, expect: Ok)")]);
    // Of several steps of one name the last one counts.
    let bind = r#"(name: "one", call: WSPBind(s: "s", name: "127.0.0.1:7000"), expect: ANY)"#;
    let allowed = r#"{"one": Ok, "two": Ok}, {"one": Err, "two": Ok}"#;
    let twice = steps(&format!("{listen}, {bind}, {send}"), allowed);
    assert!(!twice.iter().any(|step| step.contains("WSPListen")), "{twice:#?}");
    assert!(twice[0].ends_with("expect: Ok)") && twice[1] == format!("{sent}, expect: Ok)"), "{twice:#?}");
}

/// Nothing but not being reached would have been right: no step can say so.
#[test]
fn a_combination_that_should_not_have_come_so_far_has_no_steps() {
    let text = two_opens(r#"allowed: [{"one": Ok, "two": Never}]"#);
    let scenario = scenario(&text);
    let machine = machine(&scenario);
    let orders = orders(&scenario, &machine);
    let found = orders.judge(&Search::default().run(&*orders, &mut ())).found.expect("both are reached");
    let example = orders.counterexample(&found, true);
    assert!(!example.shows, "{}", example.text);
    assert!(report(&example.text, &machine).is_some_and(|report| report.verdict == Played::Held), "{}", example.text);
}

#[test]
fn a_failing_scenario_is_shrunk_to_what_it_needs() {
    let text = r#"Scenario(about: "t", model: "windows", processes: ["p", "q", "idle"], steps: [
        (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
        (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "other"),
        (on: "p", call: WSPBind(s: "s", name: "127.0.0.1:7000")),
        (on: "q", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "t"),
        (op: Advance(ms: 5)),
        (on: "p", call: WSPCloseSocket(s: "s")),
        (on: "p", call: WSPCloseSocket(s: "s"), expect: Ok),
        (on: "q", call: WSPCloseSocket(s: "t")),
    ])"#;
    let scenario = scenario(text);
    let machine = machine(&scenario);
    let shrunk = shrink_steps(&scenario, &machine).expect("it fails");
    assert_eq!(shrunk.steps, (3, 8), "{}", shrunk.text);
    assert!(shrunk.text.contains("processes: [\"p\"]"), "{}", shrunk.text);
    needs_every_step(&shrunk.text, &[], &machine);
}

#[test]
fn a_schedule_leads_to_the_same_place_twice() {
    let text = random_scenario("windows", [&[0, 1], &[3], &[4, 2]], false);
    let scenario = scenario(&text);
    let machine = machine(&scenario);
    let orders = orders(&scenario, &machine);
    let schedule = orders.in_turn();
    let again: Schedule = schedule.to_string().parse().expect("its own text");
    assert_eq!(again, schedule);
    assert!(orders.can_follow(&schedule) && !orders.can_follow(&Schedule(vec![Choice::Fault(9)])));
    let [one, two] = [(); 2].map(|()| play(&orders.scenario_of_run(&schedule), &machine, Logging::On));
    assert_eq!((one.digest, one.events), (two.digest, two.events));
}

#[test]
fn what_touches_nothing_in_common_is_tried_in_one_order() {
    let scenario = scenario(
        r#"Scenario(about: "t", model: "windows", processes: ["p", "q", "r"], programs: {
            "p": [(call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "a"), (call: WSPCloseSocket(s: "a"))],
            "q": [(call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "b"), (call: WSPCloseSocket(s: "b"))],
            "r": [(call: WSPSocket(af: AF_INET6, kind: SOCK_STREAM), gives: "c"), (call: WSPCloseSocket(s: "c"))],
        })"#,
    );
    let machine = machine(&scenario);
    let orders = orders(&scenario, &machine);
    let progress = |reduction, symmetry| {
        let search = Search { reduction, symmetry, ..Search::default() };
        search.run(&*orders, &mut ()).progress
    };
    let (plain, merged, reduced) = (progress(false, false), progress(false, true), progress(true, true));
    assert_eq!(merged.states, 27, "three positions for each of three processes, whatever the numbers");
    assert!(plain.states > merged.states && plain.transitions > merged.transitions);
    assert!(reduced.transitions < merged.transitions && reduced.states <= merged.states);
}

#[test]
fn time_passes_when_nothing_else_can_happen_or_at_any_point() {
    let explore = |time: &str| {
        let text = format!(
            r#"Scenario(about: "t", model: "windows", processes: ["p", "q"], programs: {{
                "p": [(call: WSACreateEvent(), gives: "e"),
                      (name: "woken", call: WSAWaitForMultipleEvents(events: ["e"], timeout_ms: 10))],
                "q": [(call: Send(to: "p", value: Text("x"))), (call: Send(to: "p", value: Text("y")))],
                "p/setter": [(call: WSASetEvent(event: "e"))],
            }}, {time})"#
        );
        let scenario = scenario(&text);
        let machine = machine(&scenario);
        let orders = orders(&scenario, &machine);
        let found = Search::default().run(&*orders, &mut ());
        assert_eq!(orders.judge(&found).verdict, Verdict::Holds);
        found.outcomes.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(explore(""), ["woken: Ok(0)"]);
    assert_eq!(explore("time: Idle"), ["woken: Ok(0)"]);
    assert_eq!(explore("time: Free"), ["woken: Ok(0)", "woken: Ok(None)"]);
}
