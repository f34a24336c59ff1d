//! What pictures look like.

use super::*;
use crate::provider::HandleKind::NonIfs;
use crate::trace::samples::Sample;

const ASCII: Canvas = Canvas { width: 100, unicode: false, color: false };
const UNICODE: Canvas = Canvas { unicode: true, ..ASCII };

fn picture(sample: &Sample) -> Picture {
    Picture::of(&sample.trace(), Detail::Compact)
}

#[track_caller]
fn check(sample: &Sample, canvas: &Canvas, expected: &str) {
    let drawn = picture(sample).draw(canvas);
    assert!(drawn == expected, "drawn is\n{drawn}\nbut expected was\n{expected}");
}

#[test]
fn the_hand_over_over_a_base_provider() {
    check(
        &Sample::hand_over(&[]),
        &ASCII,
        r#"line  peer 1000    source 1004  target 1008
   4  WSPSocket(AF_INET, SOCK_STREAM) -> "listener"
   5  WSPBind("listener", 127.0.0.1:7000) -> 0
   6  WSPListen("listener", backlog = 5) -> 0
   7  |            WSPSocket(AF_INET, SOCK_STREAM) -> "s"
   8  |            WSPConnect("s", 127.0.0.1:7000) -> 0
   9  |            WSPDuplicateSocket("s", target) -> block "info"
      |            |  * "s": references 1 -> 2 (1 descriptor, 1 block)
  10  |            WSPCloseSocket("s") -> 0
      |            |  * "s": references 2 -> 1 (1 block)
      |            |------------> block "info"
  11  |            |            WSPSocket(block "info") -> "t"
      |            |            |  * "s": references 1 -> 1 (1 descriptor)
  12  |            |            WSPSend("t", "hello") -> 5
  13  |            |            WSPSocket(block "info") -> WSAEINVAL (10022)
      |            |            |  R3, policy block_reuse = Refuse
"#,
    );
}

#[test]
fn the_hand_over_through_a_layer_shows_what_the_layer_changes() {
    let sample = Sample::hand_over(&[("audit", NonIfs)]);
    assert_eq!(picture(&sample).route(), "audit > msafd");
    check(
        &sample,
        &UNICODE,
        r#"line  peer 1000    source 1004  target 1008
   4  WSPSocket(AF_INET, SOCK_STREAM) → "listener"
   5  WSPBind("listener", 127.0.0.1:7000) → 0
   6  WSPListen("listener", backlog = 5) → 0
   7  │            WSPSocket(AF_INET, SOCK_STREAM) → "s"
   8  │            WSPConnect("s", 127.0.0.1:7000) → 0
   9  │            WSPDuplicateSocket("s", target) → block "info"
      │            │  └ audit   │
      │            │    └ msafd  s = 0x100, lpProtocolInfo = entry "MSAFD Tcpip [TCP/IP]"
      │            │      ● "s": references 1 → 2 (1 descriptor, 1 block)
  10  │            WSPCloseSocket("s") → 0
      │            │  └ audit   │
      │            │    └ msafd  s = 0x100
      │            │      ● "s": references 2 → 1 (1 block)
      │            ├────────────▶ block "info"
  11  │            │            WSPSocket(block "info") → "t"
      │            │            │  └ audit
      │            │            │    └ msafd  lpProtocolInfo = entry "MSAFD Tcpip [TCP/IP]" → 0x100
      │            │            │      ● "s": references 1 → 1 (1 descriptor)
  12  │            │            WSPSend("t", "hello") → 5
  13  │            │            WSPSocket(block "info") → WSAEINVAL (10022)
      │            │            │  R3, policy block_reuse = Refuse
"#,
    );
}

#[test]
fn a_call_that_waits_goes_on_later_and_a_killed_process_loses_its_references() {
    check(
        &Sample::waiting(),
        &ASCII,
        r#"line  server 1000  client 1004
   4  WSPSocket(AF_INET, SOCK_STREAM) -> "listener"
   5  WSPBind("listener", 127.0.0.1:7000) -> 0
   6  WSPListen("listener", backlog = 5) -> 0
   7  |            WSPSocket(AF_INET, SOCK_STREAM) -> "s"
   8  |            WSPConnect("s", 127.0.0.1:7000) -> 0
   9  WSPAccept("listener") -> {"c", 127.0.0.1:49152}
  10  WSPRecv("c", lpBuffers = 16 bytes)
      |  * waits for data on "c"
  11  |            WSPSend("s", "hello") -> 5
      WSPRecv goes on -> "hello"
  12  * process server is killed
         * "listener": references 1 -> 0
         * "c": references 1 -> 0
"#,
    );
}

#[test]
fn a_registration_moves_from_one_process_to_the_other() {
    let drawn = picture(&Sample::registrations()).draw(&ASCII);
    let end: Vec<&str> = drawn.lines().rev().take(3).collect();
    assert_eq!(
        end,
        [
            r#"      |            |            |  * "s": FD_READ registered by target"#,
            r#"      |            |  * "s": registration of source cancelled"#,
            r#"  14  |            |            WSPEventSelect("t", "e", FD_READ) -> 0"#,
        ]
    );
}

#[test]
fn another_stack_is_drawn_where_it_differs() {
    let (base, layered) = (Sample::hand_over(&[]), Sample::hand_over(&[("audit", NonIfs)]));
    let rest = picture(&layered).without_what_is_in(&picture(&base)).draw(&ASCII);
    let skipped: Vec<&str> = rest.lines().filter(|line| line.ends_with("as above")).collect();
    assert_eq!(skipped, ["      : 5 steps as above", "      : 2 steps as above"]);
    assert!(rest.contains("+ audit") && !rest.contains("WSPListen"), "{rest}");
    assert!(picture(&base).without_what_is_in(&picture(&base)).is_all_the_same());
}

#[test]
fn everything_shows_crossings_upcalls_rules_and_policies() {
    let sample = Sample::hand_over(&[("audit", NonIfs)]);
    let drawn = Picture::of(&sample.trace(), Detail::Everything).draw(&ASCII);
    for expected in [
        "* process peer starts",
        "+ audit: WSPDuplicateSocket(\"s\", target)",
        "audit asks WPUQuerySocketHandleContext(\"s\") -> 0",
        "policy reference_taken = AtDuplicate",
        "msafd: WSPDuplicateSocket -> block \"info\"",
        "rule R3",
    ] {
        assert!(drawn.contains(expected), "{expected} is missing in\n{drawn}");
    }
}

#[test]
fn no_line_is_wider_than_the_canvas() {
    for width in [60, 72, 100] {
        for unicode in [false, true] {
            let canvas = Canvas { width, unicode, color: false };
            for detail in [Detail::Compact, Detail::Everything] {
                let sample = Sample::hand_over(&[("audit", NonIfs), ("名前の長い層", NonIfs)]);
                let drawn = Picture::of(&sample.trace(), detail).draw(&canvas);
                for line in drawn.lines() {
                    assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{width}: {line}");
                }
            }
        }
    }
}

#[test]
fn without_unicode_everything_of_ours_is_ascii() {
    let sample = Sample::hand_over(&[("audit", NonIfs)]);
    for detail in [Detail::Compact, Detail::Everything] {
        assert!(Picture::of(&sample.trace(), detail).draw(&ASCII).is_ascii());
    }
}

#[test]
fn colours_change_nothing_else() {
    let picture = picture(&Sample::hand_over(&[("audit", NonIfs)]));
    let colored = picture.draw(&Canvas { color: true, ..ASCII });
    let mut plain = String::new();
    for (at, part) in colored.split('\x1b').enumerate() {
        plain.push_str(if at == 0 { part } else { part.split_once('m').map_or("", |(_, text)| text) });
    }
    assert!(colored.contains('\x1b'));
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&plain), trimmed(&picture.draw(&ASCII)));
}

#[test]
fn many_processes_share_the_last_lane() {
    let names: Vec<String> = (0..40).map(|at| format!("p{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sample = Sample::new(&[], &names);
    sample.tcp(30, "s");
    let drawn = picture(&sample).draw(&ASCII);
    assert!(drawn.contains("29 others") && drawn.contains("[p30] WSPSocket("), "{drawn}");
}
