//! The machine formats are what they say they are, runs repeat byte for byte, and the exit status can be relied on.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

fn wspsim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wspsim"));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cli/run.in");
    command.args(arguments).current_dir(folder).env("COLUMNS", "100").env_remove("NO_COLOR");
    command
}

fn output(arguments: &[&str]) -> Output {
    wspsim(arguments).output().expect("it runs")
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(output(arguments).stdout).expect("UTF-8")
}

fn json_lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

/// A file for one test, in the build's own folder.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

const ALL: [&str; 2] = ["handoff.ron", "folder"];

#[test]
fn json_has_an_object_for_each_play_and_a_summary() {
    let lines = json_lines(&stdout(&["run", "--format", "json", ALL[0], ALL[1]]));
    let (summary, plays) = lines.split_last().expect("a summary");
    assert_eq!(plays.len(), 6);
    assert!(plays.iter().all(|play| play["wspsim"] == 1 && play["verdict"].is_string()));
    let verdicts: Vec<&str> = plays.iter().filter_map(|play| play["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["held", "held", "out of budget", "stuck", "held", "failed"]);
    assert_eq!(plays[5]["policies"]["block_reuse"], "SecondDescriptor");
    assert_eq!(plays[5]["failures"][0]["expected"], "Err(WSAEINVAL)");
    let counts = &summary["summary"];
    assert_eq!((&counts["plays"], &counts["held"], &counts["stuck"]), (&6.into(), &3.into(), &1.into()));
}

#[test]
fn json_and_tap_tell_of_files_that_cannot_be_played() {
    let bad = "../bad-input.in/typo.ron";
    let run = output(&["run", "--format", "json", bad, ALL[0]]);
    let lines = json_lines(std::str::from_utf8(&run.stdout).expect("UTF-8"));
    assert_eq!(lines[0]["verdict"], "wrong input");
    assert_eq!((&lines[0]["diagnostics"][0]["line"], &lines[0]["diagnostics"][0]["column"]), (&6.into(), &25.into()));
    assert_eq!(lines.last().expect("a summary")["summary"]["wrong_input"], 1);
    assert!(String::from_utf8_lossy(&run.stderr).contains("did you mean"), "and so does stderr");
    assert!(stdout(&["run", "--format", "tap", bad]).contains("not ok 1"));
    assert!(stdout(&["run", "--format", "junit", bad]).contains(r#"errors="1""#));
}

#[test]
fn tap_has_as_many_points_as_its_plan() {
    let text = stdout(&["run", "--format", "tap", ALL[0], ALL[1]]);
    let is_point = |line: &&str| line.starts_with("ok ") || line.starts_with("not ok ");
    let points: Vec<&str> = text.lines().filter(is_point).collect();
    assert_eq!(text.lines().next(), Some("TAP version 14"));
    assert_eq!(text.lines().last(), Some("1..6"));
    for (at, point) in points.iter().enumerate() {
        assert!(point.contains(&format!("ok {} - ", at + 1)), "{point}");
    }
    assert_eq!(text.matches("\n  ---\n").count(), text.matches("\n  ...\n").count());
}

#[test]
fn junit_is_read_by_its_own_library() {
    let text = stdout(&["run", "--format", "junit", ALL[0], ALL[1]]);
    let report = quick_junit::Report::deserialize_from_str(&text).expect("JUnit");
    assert_eq!((report.tests, report.failures, report.errors), (6, 3, 0));
    let suites: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(suites, ["handoff.ron", "folder/deeper/slow.ron", "folder/deeper/stuck.ron", "folder/reuse.ron"]);
}

#[test]
fn a_trace_is_complete_plays_in_json_lines() {
    let path = scratch("trace.jsonl");
    let run = wspsim(&["run", ALL[0], "--quiet", "--trace"]).arg(&path).output().expect("it runs");
    assert_eq!(run.status.code(), Some(0));
    let lines = json_lines(&std::fs::read_to_string(path).expect("a trace"));
    let headers = lines.iter().filter(|line| line["wspsim"] == 1).count();
    let verdicts = lines.iter().filter(|line| line.get("verdict").is_some()).count();
    assert_eq!((headers, verdicts), (2, 2));
    assert_eq!(lines[0]["model"], "base");
    let count = |kind: &str| lines.iter().filter(|line| line["event"] == kind).count();
    assert!(count("begin") >= count("end") && count("end") > 50, "{} ends", count("end"));
    assert_eq!(count("duplication"), 4, "made and opened, twice");
}

#[test]
fn two_runs_are_byte_equal() {
    for format in ["human", "json", "junit", "tap"] {
        for extra in ["--quiet", "--verbose"] {
            let run = || output(&["run", "--format", format, extra, ALL[0], ALL[1]]);
            let (first, second) = (run(), run());
            assert_eq!((first.stdout, first.stderr), (second.stdout, second.stderr), "{format} {extra}");
        }
    }
}

#[test]
fn the_exit_status_says_how_it_went() {
    for (arguments, status) in [
        (vec!["run", "handoff.ron"], 0),
        (vec!["run", "folder/reuse.ron"], 1),
        (vec!["run", "folder/deeper/stuck.ron"], 1),
        (vec!["run", "folder/deeper/slow.ron"], 1),
        (vec!["run", "folder/reuse.ron", "nowhere"], 2),
        (vec!["run", "folder/reuse.ron", "--model", "base"], 0),
        (vec!["run", "--quiet", "--verbose", "handoff.ron"], 2),
        (vec!["check", "handoff.ron", "models"], 0),
        (vec!["check", "."], 0),
        (vec!["explain"], 0),
        (vec!["explain", "nothing-of-that-name"], 2),
        (vec!["--version"], 0),
        (vec![], 2),
    ] {
        let run = output(&arguments);
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(status), "{arguments:?}: {said}");
        assert_eq!(said.is_empty(), status < 2, "{arguments:?}: {said}");
    }
}

#[test]
fn colours_come_when_asked_for() {
    assert!(!stdout(&["run", ALL[0]]).contains('\x1b'));
    assert!(stdout(&["run", ALL[0], "--color", "always"]).contains('\x1b'));
    assert!(stdout(&["run", ALL[0]]).is_ascii(), "a pipe gets plain text");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child =
        wspsim(&["run", "--verbose", ALL[0]]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut first = String::new();
    let mut pipe = BufReader::with_capacity(64, child.stdout.take().expect("piped"));
    pipe.read_line(&mut first).expect("a line");
    drop(pipe);
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}
