//! `wspsim explore` as programs and impatient people use it: JSON Lines, and Ctrl-C in the middle of a search.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

#[path = "support/shards.rs"]
mod shards;

use shards::{endless, folder};

fn wspsim() -> Command {
    Command::new(env!("CARGO_BIN_EXE_wspsim"))
}

const HOLDS: &str =
    r#"Scenario(about: "t", model: "windows", processes: ["p"], programs: {"p": [(call: WSAGetLastError())]})"#;

#[test]
fn run_leaves_files_that_say_they_go_wrong_to_explore() {
    let races = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/races");
    let in_a_folder = wspsim().args(["run", races]).output().expect("it runs");
    assert_eq!(in_a_folder.status.code(), Some(0), "{}", String::from_utf8_lossy(&in_a_folder.stdout));
    let named = wspsim().args(["run", &format!("{races}/B9-shutdown-in-close.ron")]).output().expect("it runs");
    assert_eq!(named.status.code(), Some(1), "one order of it is played when it is asked for by name");
}

#[test]
fn coverage_leaves_files_that_say_they_go_wrong_to_explore() {
    let races = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/races");
    let in_a_folder = wspsim().args(["coverage", races]).output().expect("it runs");
    assert_eq!(in_a_folder.status.code(), Some(0), "{}", String::from_utf8_lossy(&in_a_folder.stderr));
    let named = wspsim().args(["coverage", &format!("{races}/B9-shutdown-in-close.ron")]).output().expect("it runs");
    assert_eq!(named.status.code(), Some(1), "one order of it is played when it is asked for by name");
    assert!(String::from_utf8_lossy(&named.stderr).contains("plays do not hold"));
}

#[test]
fn json_has_an_object_for_each_scenario_and_model_and_a_summary() {
    let races = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/races");
    let save = folder("explore-json");
    let output = wspsim().args(["explore", races, "--format", "json", "--save"]).arg(&save).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (summary, told) = lines.split_last().expect("a summary");
    assert_eq!(summary["summary"]["explored"], told.len());
    assert_eq!(summary["summary"]["as_they_should_be"], told.len());
    for line in told {
        assert!(line["states"].as_u64() > Some(0) && line["spent"].is_null(), "{line}");
        let wrong = !line["wrong"].is_null();
        assert_eq!(wrong, line["verdict"] != "holds", "{line}");
        assert_eq!(wrong, line["saved"]["shows"] == true, "{line}");
        if wrong {
            let saved = line["saved"]["file"].as_str().expect("a file");
            let again = wspsim().args(["run", "--quiet", saved]).output().expect("it runs");
            assert_eq!(again.status.code(), Some(1), "{saved}");
        }
    }
}

#[test]
fn a_file_that_says_another_kind_is_told_which_one_this_is() {
    let folder = folder("explore-kind");
    let text = r#"Scenario(about: "t", model: "windows", processes: ["p"], verdict: violated(step), programs: {
        "p": [(call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"), (check: Sockets(count: 2))],
    })"#;
    std::fs::write(folder.join("kind.ron"), text).expect("a scenario");
    let output = wspsim().args(["explore", "kind.ron"]).current_dir(&folder).output().expect("it runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("but the file says violated(step), and this is `check`:"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_search_tells_what_is_known_and_ends() {
    let folder = folder("explore-interrupted");
    for (name, text) in [("holds.ron", HOLDS), ("long.ron", &endless())] {
        std::fs::write(folder.join(name), text).expect("a scenario");
    }
    let arguments = ["explore", "holds.ron", "long.ron", "--no-reduction", "--no-symmetry"];
    let mut child = wspsim().args(arguments).current_dir(&folder).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("the first verdict");
    assert!(first.starts_with("holds holds.ron"), "{first}");
    // It is in the second search now, or about to begin it.
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it lives");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("the rest");
    assert_eq!(child.wait().expect("it ends").code(), Some(4), "{rest}");
    assert!(rest.contains("2 explored: 1 as they should be"), "{rest}");
    assert_eq!(rest.contains("long.ron"), rest.contains("interrupted, this is what is known so far"), "{rest}");
}
