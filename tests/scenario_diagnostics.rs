//! What is wrong with a scenario file is said all at once, with the place and the nearest valid name; and no text
//! whatsoever makes the reader panic, hang or eat memory.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wspsim::model::{Diagnostic, Library, Source};
use wspsim::scenario::{Logging, Scenario, Verdict, play};

fn read(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let source = Source::new("t.ron", text).map_err(|diagnostic| vec![diagnostic])?;
    Scenario::read(source, None)
}

/// One line a diagnostic: line, title, the marked text, what is written under it.
fn said(text: &str) -> String {
    let wrong = read(text).err().unwrap_or_default();
    let line = |d: &Diagnostic| format!("{}: {} | {} | {}\n", d.line(), d.title, &d.source[d.span.clone()], d.label);
    wrong.iter().map(line).collect()
}

/// What is said about steps; the first one has line 2.
fn check(steps: &str, expected: &str) {
    assert_eq!(said(&format!("Scenario(about: \"t\", processes: [\"p\", \"q\"], steps: [\n{steps}\n])")), expected);
}

#[test]
fn all_bad_steps_are_told_at_once() {
    check(
        r#"(on: "p", call: WSPSokcet(af: 1)),
           (on: "p", call: WSPSocket(af: AF_INET), givs: "s"),
           (on: "p", call: WSPListen(backlog: 5)),
           (on: "p", call: WSPSocket(flags: "WSA_FLAG_OVERLAPED"))"#,
        "2: `WSPSokcet` is no known name | WSPSokcet | did you mean `WSPSocket`?\n\
         3: `givs` is no known field of `step` | givs | did you mean `gives`?\n\
         4: the field `s` of `WSPListen` is missing |  | no `s` up to here\n\
         5: `WSA_FLAG_OVERLAPED` is none of the WSA_FLAG_* flags | WSA_FLAG_OVERLAPED\" | here\n",
    );
}

#[test]
fn names_have_to_be_given_first_and_once() {
    check(
        r#"(on: "x", call: WSAGetLastError()),
           (on: "p", call: WSPListen(s: "listner")),
           (on: "p", call: WSPSocket(), gives: "listener"),
           (on: "p", call: WSPSocket(), gives: "listener"),
           (on: "p", call: WSPListen(s: "later")),
           (on: "p", call: WSPSocket(), gives: "later"),
           (on: "p", call: WSPSocket(), gives: "no name"),
           (on: "p", call: WSPSocket(), gives: "q")"#,
        "2: nothing is called `x` | x | did you mean `p`?\n\
         3: nothing is called `listner` | listner | unknown\n\
         5: the name `listener` is taken | listener | for the second time\n\
         6: `later` is used before it is given | later | given only on line 7\n\
         8: a name is letters, digits, `_`, `-` and `.`, a letter first, at most 64 in all | no name | no name\n\
         9: the name `q` is taken | q | for the second time\n",
    );
}

#[test]
fn labels_stand_for_something() {
    check(
        r#"(on: "p", call: WSACreateEvent(), gives: "e"),
           (on: "p", call: WSPDuplicateSocket(s: "e", process: "e"), gives: "info"),
           (on: "p", call: WSPCloseSocket(s: "info")),
           (on: "p", call: WSPCloseSocket(s: "p")),
           (on: "p", call: WSPListen(s: 1), gives: "nothing"),
           (on: "p", call: WSPSocket(), expect: Err(WSAEINVAL), gives: "s"),
           (op: Kill("e"))"#,
        "3: `e` is a handle, not a process or a process id | e | of the wrong kind\n\
         5: `p` is a process, not a handle | p | of the wrong kind\n\
         6: this call gives nothing that could be labelled | nothing | nothing to label\n\
         7: there is nothing to label when success is not expected | s | the step expects no success\n\
         8: `e` is a handle, not a process | e | of the wrong kind\n",
    );
}

#[test]
fn values_have_forms() {
    check(
        r#"(on: "p", call: WSPSocket(af: AF_INTE)),
           (on: "p", call: WSPSend(s: 1, data: Hex("0"))),
           (on: "p", call: WSPSend(s: 1, data: Repeat("x", 99999999999))),
           (on: "p", call: WSPSetSockOpt(s: 1, option: SO_LINGR, value: 1)),
           (on: "p", call: WSPBind(s: 1, name: "127.0.0.1:80000")),
           (on: "p", call: WSPIoctl(s: 1, code: FIONBO)),
           (on: "p", call: WSACleanup(), expect: Err(WSAEINVL)),
           (on: "p", call: WSACleanup(), expect: Fine),
           (on: "p", call: WSACleanup(), expect: Ok()),
           (on: "p", call: WSPSocket(info: Tampered(of: "x", flip_bit: 9))),
           (check: RuleUsed("R99")),
           (check: Decided(policy: "block_reus"))"#,
        "2: `AF_INTE` is no known constant; did you mean `AF_INET`? | AF_INTE | here\n\
         3: expected pairs of hexadecimal digits | \"0\" | here\n\
         4: the scenario's data exceed 67108864 bytes | \"x\", 99999999999 | too much\n\
         5: `SO_LINGR` is no socket option | SO_LINGR | did you mean `SO_LINGER`?\n\
         6: expected an address such as \"127.0.0.1:80\" | \"127.0.0.1:80000\" | here\n\
         7: `FIONBO` is no ioctl code | FIONBO | did you mean `FIONBIO`?\n\
         8: `WSAEINVL` is no error | WSAEINVL | did you mean `WSAEINVAL`?\n\
         9: expected `Ok`, `Ok(..)`, `Err(..)`, `Parked`, `Paused` or `AnyOf([..])` | Fine | here\n\
         10: expected a value in the brackets, or `Ok` without brackets | Ok() | here\n\
         11: nothing is called `x` | x | did you mean `p`?\n\
         12: `R99` is no rule | R99 | did you mean `R9`?\n\
         13: `block_reus` is no policy | block_reus | did you mean `block_reuse`?\n",
    );
}

#[test]
fn a_step_is_one_of_five_things() {
    let title = "a step is `on` with `call` (and `expect`, `gives`), `returns` (and `gives`) or `answers` (and \
                 `expect`, `gives`), or `op` alone, or `check` alone";
    for step in [r#"(on: "p")"#, r#"(on: "p", op: Advance(ms: 1))"#, r#"(check: Sockets(count: 0), expect: Ok)"#, "()"]
    {
        check(step, &format!("2: {title} | {step} | none of these\n"));
    }
}

/// What is said about the programs of `p` and `q`; the first item of `p` has line 2.
fn check_programs(p: &str, rest: &str, expected: &str) {
    let text = format!("Scenario(about: \"t\", processes: [\"p\", \"q\"], programs: {{\"p\": [\n{p}\n], {rest})");
    assert_eq!(said(&text), expected);
}

#[test]
fn all_bad_items_are_told_at_once() {
    check_programs(
        r#"(call: WSPSokcet()),
           (on: "p", call: WSPSocket()),
           Reapet(times: 3, do: []),
           Repeat(times: 0, do: [(call: WSPListen(s: "listner"))]),
           Choose([[(call: WSPListen(s: "nothing"))]]),
           Break,
           (call: WSPSocket(), expect: Ok, cases: [(Ok, [])]),
           (call: WSPSocket(), cases: [(Okay, [(call: WSPListen(s: "far"))])]),
           (name: "a", call: WSPSocket()),
           (name: "a", call: WSPSocket())"#,
        r#""q": [(name: "a", call: WSPSocket())]}"#,
        "2: `WSPSokcet` is no known name | WSPSokcet | did you mean `WSPSocket`?\n\
         3: `on` is no known field of `step` | on | did you mean `op`?\n\
         4: expected a step such as `(call: ..)`, `Repeat(..)`, `Choose([..])`, `Break` or `Return` | Reapet(times: 3, \
         do: []) | here\n\
         5: expected a number from 1 to 255 | 0 | here\n\
         6: expected two lists of items or more, as in `Choose([[..], [..]])` | [[(call: WSPListen(s: \"nothing\"))]] | \
         here\n\
         7: `Break` leaves a `Repeat`, and there is none around it | Break | nothing to leave\n\
         8: `cases` stand in place of `expect`, beside a `call` or `answers` | (call: WSPSocket(), expect: Ok, cases: \
         [(Ok, [])]) | in this step\n\
         9: expected `Ok`, `Ok(..)`, `Err(..)`, `Parked`, `Paused` or `AnyOf([..])` | Okay | here\n\
         9: nothing is called `far` | far | unknown\n\
         12: a step of another program is called `a` | a | for the second time\n",
    );
}

#[test]
fn labels_of_programs_are_known_everywhere_and_given_by_one() {
    check_programs(
        r#"(call: WSPListen(s: "later")),
           (call: WSPSocket(), gives: "mine"),
           (call: WSPSocket(), gives: "mine"),
           (call: WSACreateEvent(), gives: "theirs"),
           (call: CreateWindow(), gives: "mine")"#,
        r#""q": [(call: WSPSocket(), gives: "later"), (call: WSPSocket(), gives: "theirs"), (call: WSPListen(s: "ltaer"))],
           "child": [], "p/w": [(call: CreateProcess(name: "child"))], "p/w": [] }"#,
        "6: `mine` is a handle elsewhere | mine | a window here\n\
         7: the name `theirs` is taken: a label is given by one program | theirs | by a second one\n\
         8: `p/w` has two programs | p/w | the second one\n\
         7: nothing is called `ltaer` | ltaer | did you mean `later`?\n",
    );
}

#[test]
fn what_must_hold_is_checked() {
    check_programs(
        r#"(name: "open", call: WSPSocket(), gives: "s")"#,
        r#"}, faults: [Kill("r"), AtMost(0, Kill("p")), AtMost(2, Start(name: "x")), Ok], always: [Sokets(count: 1)],"#,
        "3: `Sokets` is no known name | Sokets | did you mean `Sockets`?\n",
    );
    check_programs(
        r#"(name: "open", call: WSPSocket(), gives: "s")"#,
        r#"}, faults: [Kill("r"), AtMost(0, Kill("p")), AtMost(2, Start(name: "x")), Ok], always: [References(socket: "t", count: 1)],
           allowed: [{"opem": Ok}, {"open": Okay}], verdict: violated(allow)"#,
        "4: expected one of expect, step, check, always, sometimes, finally, allowed, unclaimed, stuck, leak, invariant \
         in the brackets | violated(allow) | here\n\
         3: nothing is called `t` | t | did you mean `p`?\n\
         3: nothing is called `r` | r | did you mean `p`?\n\
         3: expected an op such as `Kill(\"p\")`, or `AtMost(2, Kill(\"p\"))` | AtMost(0, Kill(\"p\")) | here\n\
         3: a fault starts no process | \"x\" | starts one\n\
         3: expected an op such as `Kill(\"p\")`, or `AtMost(2, Kill(\"p\"))` | Ok | here\n\
         4: no step is called `opem` | opem | did you mean `open`?\n\
         4: expected `Ok`, `Ok(..)`, `Err(..)`, `Parked`, `Paused` or `AnyOf([..])` | Okay | here\n",
    );
    assert_eq!(
        said("Scenario(about: \"t\", steps: [], always: [Sockets(count: 0)], time: Free)"),
        "1: `time` is about orders, and there are no `programs` | Free | only with `programs`\n\
         1: `always` is about orders, and there are no `programs` | [Sockets(count: 0)] | only with `programs`\n"
    );
}

#[test]
fn the_head_is_checked() {
    assert_eq!(
        said(r#"Scenario(about: "t", rules: ["R1", "S96", "S97", "Bnd2"], model: "a", models: ["b"], steps: [])"#),
        "1: neither a rule nor one of S1 to S96 | S97 | unknown\n\
         1: neither a rule nor one of S1 to S96 | Bnd2 | did you mean `Bind2`?\n\
         1: `model` and `models` exclude each other | a | one of them is too much\n"
    );
    assert_eq!(
        said("Scenario(steps: [])"),
        "1: the field `about` of `Scenario` is missing |  | no `about` up to here\n"
    );
    assert_eq!(
        said(r#"Scenario(about: "t", policies: (blok_reuse: Refuse), steps: [])"#),
        "1: `blok_reuse` is no policy; did you mean `block_reuse`? | blok_reuse | here\n"
    );
    assert_eq!(
        said(r#"Scenario(about: "t", profile: window, steps: [])"#),
        "1: `window` is no known name | window | did you mean `windows`?\n"
    );
    let scenario = read(r#"Scenario(about: "t", model: "window", steps: [])"#).expect("in order");
    let wrong = scenario.machine(&mut Library::new(), "window").expect_err("no such model");
    assert_eq!((&*wrong[0].title, &*wrong[0].label), ("there is no model `window`", "did you mean `windows`?"));
}

/// Reads it, plays it if it can be read, in a time that a person would call quick.
fn survives(what: &str, text: &str) {
    let start = Instant::now();
    if let Ok(scenario) = read(text) {
        let machine = scenario.machine(&mut Library::new(), "windows").expect("built in");
        let report = play(&scenario, &machine, Logging::Off);
        assert!(report.verdict != Verdict::Failed || !report.failures.is_empty());
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(30), "{what}: {took:?}");
}

#[test]
fn hostile_texts_end_quickly() {
    let steps = |step: &str, times: usize| {
        format!("Scenario(about: \"t\", processes: [\"p\"], steps: [{}])", step.repeat(times))
    };
    survives("brackets", &"[".repeat(10_000_000));
    survives("structs", &"A(".repeat(5_000_000));
    survives("comments", &"/*".repeat(5_000_000));
    survives("nested comments", &format!("{}{}", "/*".repeat(100_000), "*/".repeat(100_000)));
    survives("NUL bytes", &"\0".repeat(1_000_000));
    survives("a NUL in a name", "Scenario(about: \"t\", processes: [\"p\0\"], steps: [])");
    survives("a long string", &format!("\"{}\"", "x".repeat(10_000_000)));
    survives("a long number", &steps(&format!("(op:Advance(ms:{}))", "9".repeat(100_000)), 1));
    survives("an open string", &steps("\"", 1));
    survives("raw strings", &format!("(steps:[r{}\"{}", "#".repeat(1_000_000), "\"#".repeat(1_000_000)));
    survives("nesting in a step", &steps(&format!("(on: \"p\", call: {})", "A(".repeat(100_000)), 1));
    survives("nested expectations", &steps(&format!("(on:\"p\",call:WSACleanup(),expect:{}", "AnyOf([".repeat(60)), 1));
    survives("many names", &{
        let names: Vec<String> = (0..500_000).map(|n| format!("\"p{n}\"")).collect();
        format!("(about:\"t\",processes:[{}],steps:[])", names.join(","))
    });
    survives("a million bad steps", &steps("(op:X),", 1_000_000));
    let program = |items: &str| format!("(about:\"t\",processes:[\"p\"],programs:{{\"p\":[{items}]}})");
    survives("nested loops", &program(&"Repeat(times:255,do:[".repeat(100_000)));
    survives("loops in loops", &program(&format!("{}{}", "Repeat(times:255,do:[".repeat(14), "])".repeat(14))));
    survives("a program of many items", &program(&"(call:WSAGetLastError()),".repeat(200_000)));
    survives("many bad items", &program(&"(op:X),".repeat(500_000)));
    survives("too many bytes", &" ".repeat(17 * 1024 * 1024));
}

#[test]
fn a_million_steps_end_quickly() {
    let many = |step: &str| format!("(about:\"t\",processes:[\"p\"],steps:[{}])", step.repeat(1_000_000));
    survives("steps without an argument", &many("(op:Advance()),"));
    survives("steps without commas", &many("(op:Kill(\"p\"))"));
    let text = many("(op:Kill(\"p\")),");
    let scenario = read(&text).expect("in order, and just small enough");
    assert_eq!(scenario.steps(), 1_000_000);
    let machine = scenario.machine(&mut Library::new(), "windows").expect("built in");
    let report = play(&scenario, &machine, Logging::Off);
    assert_eq!((report.verdict, report.failures.len()), (Verdict::Failed, 20), "it dies only once");
}

#[test]
fn a_long_play_ends_with_its_budget() {
    let steps = "(op:Advance(ms:0)),".repeat(200_000);
    let scenario = read(&format!("(about:\"t\",steps:[{steps}])")).expect("in order");
    let machine = scenario.machine(&mut Library::new(), "windows").expect("built in");
    assert_eq!(play(&scenario, &machine, Logging::Off).verdict, Verdict::OutOfBudget);
}

/// A scenario that uses much of the language, to be damaged.
const GOOD: &str = include_str!("scenarios/handoff.ron");

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        survives("text", &text);
    }

    #[test]
    fn any_ron_like_text_is_read_or_refused(parts in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        survives("words", &format!("Scenario(about: \"t\", processes: [\"p\"], steps: [(on: \"p\", call: {}", parts.concat()));
    }

    #[test]
    fn a_damaged_scenario_is_read_or_refused(at in 0..GOOD.len(), len in 0..40_usize, insert in "\\PC{0,6}") {
        let mut bytes = GOOD.as_bytes().to_vec();
        let end = (at + len).min(bytes.len());
        bytes.splice(at..end, insert.bytes());
        survives("damage", &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn every_diagnostic_points_into_the_text(at in 0..GOOD.len(), len in 1..30_usize) {
        let mut text = GOOD.to_owned();
        let (mut start, mut end) = (at, (at + len).min(GOOD.len()));
        while !text.is_char_boundary(start) { start -= 1; }
        while !text.is_char_boundary(end) { end += 1; }
        text.replace_range(start..end, "");
        for diagnostic in read(&text).err().unwrap_or_default() {
            prop_assert!(diagnostic.source.get(diagnostic.span.clone()).is_some(), "{diagnostic}");
            prop_assert!(!diagnostic.title.is_empty());
        }
    }
}

const WORDS: &[&str] = &[
    "WSPSocket",
    "WSPSend",
    "WSPRecv",
    "WSPSetSockOpt",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"p\"",
    "\"s\"",
    "s: ",
    "data: ",
    "Repeat",
    "Hex",
    "Many",
    "Tampered",
    "of: ",
    "set: ",
    "Null",
    "1",
    "-1",
    "0x",
    "expect: ",
    "gives: ",
    "Ok",
    "Err",
    "Parked",
    "AnyOf",
    "WSAEINVAL",
    "'",
    "\\",
    "//",
    "\n",
    "/*",
    "*/",
    "r#\"",
    "\"#",
    "check: ",
    "op: ",
    "Kill",
    "option: ",
    "SO_LINGER",
    "value: ",
    "Linger",
    "on: ",
    "true",
    "room: ",
    " ",
];
