//! An exploration in parts: processes that know nothing of each other, and `wspsim merge`.

#[path = "support/shards.rs"]
mod shards;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use shards::{folder, said, wspsim};

/// Two threads that close one descriptor, and one that sends on it: several outcomes, and rows that never come.
const CLOSES: &str = r#"Scenario(about: "t", model: "windows", processes: ["p"], steps: [
        (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "s"),
    ], programs: {
        "p": [Repeat(times: 3, do: [(call: WSAGetLastError())]), (name: "a", call: WSPCloseSocket(s: "s"), expect: AnyOf([Ok, Err]))],
        "p/b": [Repeat(times: 3, do: [(call: WSAGetLastError())]), (name: "b", call: WSPCloseSocket(s: "s"), expect: AnyOf([Ok, Err]))],
        "p/c": [
            Repeat(times: 3, do: [(call: WSAGetLastError())]),
            (name: "c", call: WSPSendTo(s: "s", data: "x", to: "127.0.0.1:7000"), expect: AnyOf([Ok, Err])),
        ],
    }, sometimes: [Sockets(count: 0), Sockets(count: 1)], allowed: [
        {"a": Ok, "b": Err(WSAENOTSOCK)},
        {"a": Err(WSAENOTSOCK), "b": Ok},
        {"a": Ok, "b": Ok},
    ])"#;

/// Explores in so many parts, each a process of its own, all at once.
fn in_parts(folder: &Path, arguments: &[&str], of: u32) -> Vec<String> {
    let start = |number: u32| {
        let file = format!("{number}-of-{of}.json");
        let part = format!("{number}/{of}");
        let mut command = wspsim(folder);
        command.arg("explore").args(arguments).args([
            "--shard",
            &part,
            "--result",
            &file,
            "--save",
            &format!("saved-{number}"),
        ]);
        let command = command.stdout(std::process::Stdio::null());
        (file, command.spawn().expect("it runs"))
    };
    let started: Vec<_> = (1..=of).map(start).collect();
    let end = |(file, mut child): (String, std::process::Child)| {
        let code = child.wait().expect("it ends").code();
        assert!(matches!(code, Some(0 | 1 | 3 | 4)), "{code:?}");
        file
    };
    started.into_iter().map(end).collect()
}

fn merge(folder: &Path, files: &[String], arguments: &[&str]) -> Output {
    wspsim(folder).arg("merge").args(files).args(arguments).output().expect("it runs")
}

fn lines(folder: &Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(file)).expect("it was written");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn parts_of_a_sample_are_the_sample_to_the_byte() {
    let folder = folder("shards-sample");
    std::fs::write(folder.join("closes.ron"), CLOSES).expect("a scenario");
    for strategy in ["random", "pct"] {
        let arguments = ["closes.ron", "--strategy", strategy, "--runs", "1003", "--seed", "5"];
        let whole = wspsim(&folder).arg("explore").args(arguments).args(["--result", "whole.json"]).output();
        assert_eq!(whole.expect("it runs").status.code(), Some(0));
        let two = wspsim(&folder).arg("explore").args(arguments).args(["--jobs", "2", "--result", "two.json"]).output();
        assert_eq!(two.expect("it runs").status.code(), Some(0));
        let files = in_parts(&folder, &arguments, 4);
        let merged = merge(&folder, &files, &["--result", "merged.json"]);
        assert_eq!(merged.status.code(), Some(0), "{}", said(&merged));
        let [whole, two, merged] =
            ["whole.json", "two.json", "merged.json"].map(|file| std::fs::read(folder.join(file)));
        let whole = whole.expect("it was written");
        assert_eq!(whole, two.expect("it was written"), "{strategy}");
        assert_eq!(whole, merged.expect("it was written"), "{strategy}");
    }
}

#[test]
fn parts_of_a_search_find_what_the_search_finds() {
    let folder = folder("shards-search");
    std::fs::write(folder.join("closes.ron"), CLOSES).expect("a scenario");
    for strategy in ["bfs", "dfs"] {
        let arguments = ["closes.ron", "--no-reduction", "--strategy", strategy];
        let whole = wspsim(&folder).arg("explore").args(arguments).args(["--result", "whole.json"]).output();
        assert_eq!(whole.expect("it runs").status.code(), Some(0));
        for of in [2, 3] {
            let files = in_parts(&folder, &arguments, of);
            let merged = merge(&folder, &files, &["--result", "merged.json"]);
            assert_eq!(merged.status.code(), Some(0), "{}", said(&merged));
            let [mut whole, mut merged] = ["whole.json", "merged.json"].map(|file| lines(&folder, file));
            assert_eq!(whole[0], merged[0]);
            assert_eq!(whole[1]["outcomes"].as_array().map(Vec::len), Some(4));
            assert!(whole[1]["states"].as_u64() <= merged[1]["states"].as_u64());
            for line in [&mut whole[1], &mut merged[1]] {
                // What several parts went to counts for each; depth first a schedule is one of many.
                let unequal = ["states", "choices", "spared"];
                unequal.into_iter().for_each(|field| line[field] = Value::Null);
                for outcome in line["outcomes"].as_array_mut().expect("a list").iter_mut().filter(|_| strategy == "dfs")
                {
                    (outcome["schedule"], outcome["coverage"]) = (Value::Null, Value::Null);
                }
                line["sometimes"].as_array_mut().expect("a list").iter_mut().filter(|_| strategy == "dfs").for_each(
                    |check| {
                        assert!(check["schedule"].is_string());
                        check["schedule"] = Value::Null;
                    },
                );
            }
            assert_eq!(whole[1], merged[1], "{strategy}");
        }
    }
}

/// Races of which some say that they go wrong: the same verdicts, and nothing that is not as the files say.
#[test]
fn parts_of_races_come_to_what_the_files_say() {
    let folder = folder("shards-races");
    let race = |name: &str| format!("{}/tests/scenarios/races/{name}.ron", env!("CARGO_MANIFEST_DIR"));
    let races =
        ["B9-shutdown-in-close", "B23-both-wait-for-the-id", "S84-two-closes", "S87-two-opens", "S88-taken-at-open"];
    let races = races.map(race);
    let races: Vec<&str> = races.iter().map(String::as_str).collect();
    let whole =
        wspsim(&folder).arg("explore").args(&races).args(["--save", "whole", "--result", "whole.json"]).output();
    assert_eq!(whole.expect("it runs").status.code(), Some(0));
    let files = in_parts(&folder, &[&*races, &["--no-shrink", "--jobs", "2"]].concat(), 2);
    let merged = merge(&folder, &files, &["--result", "merged.json"]);
    assert_eq!(merged.status.code(), Some(0), "{}", said(&merged));
    let [whole, merged] = ["whole.json", "merged.json"].map(|file| lines(&folder, file));
    assert!(whole.len() == merged.len() && whole.len() > races.len());
    let mut wrong = 0;
    for (whole, merged) in whole.iter().zip(&merged).skip(1) {
        assert_eq!(whole["scenario"], merged["scenario"]);
        if whole["violated"].is_null() && whole["stuck"].is_null() {
            let outcomes = |line: &Value| -> Vec<Value> {
                line["outcomes"].as_array().expect("a list").iter().map(|outcome| outcome["steps"].clone()).collect()
            };
            assert_eq!(outcomes(whole), outcomes(merged), "{}", whole["scenario"]);
        } else {
            wrong += 1;
        }
    }
    assert!(wrong > 1, "some of them go wrong");
    let saved =
        std::fs::read_dir(folder.join("saved-1")).expect("there is one").map(|file| file.expect("a file").file_name());
    let saved: Vec<String> = saved.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(!saved.is_empty() && saved.iter().all(|name| name.ends_with("-1-of-2.ron")), "{saved:?}");
    let outcomes = whole.iter().skip(1).flat_map(|line| line["outcomes"].as_array().expect("a list"));
    let errors: Vec<&Value> =
        outcomes.flat_map(|outcome| outcome["coverage"]["errors"].as_array().expect("a list")).collect();
    let ends_in =
        |end: &str| errors.iter().filter(|error| error.as_str().is_some_and(|text| text.ends_with(end))).count();
    assert!(ends_in("WSPSocket WSAEINVAL") > 0 && ends_in(" NONE") == 0, "{errors:?}");
}

#[test]
fn a_combination_that_never_came_is_told_and_fails_nothing() {
    let folder = folder("shards-never");
    std::fs::write(folder.join("closes.ron"), CLOSES).expect("a scenario");
    let told = wspsim(&folder).args(["explore", "closes.ron"]).output().expect("it runs");
    let text = said(&told);
    assert_eq!(told.status.code(), Some(0), "{text}");
    assert!(text.contains("line 13: a combination of `allowed` came in no order\n"), "{text}");
    assert!(text.contains("    allowed   {\"a\": Ok, \"b\": Ok}\n"), "{text}");
    let told = wspsim(&folder).args(["explore", "closes.ron", "--format", "json"]).output().expect("it runs");
    let line: Value = serde_json::from_str(said(&told).lines().next().expect("a line")).expect("JSON");
    assert_eq!(line["never_came"], serde_json::json!([{"line": 13, "combination": "{\"a\": Ok, \"b\": Ok}"}]));
}

/// What is wrong in one part is wrong with the whole; what must be reached some time may be reached in any part.
#[test]
fn the_whole_is_judged_by_all_parts() {
    let folder = folder("shards-verdicts");
    let text = CLOSES
        .replace("Sockets(count: 0), Sockets(count: 1)", "Sockets(count: 9)")
        .replace(r#"{"a": Ok, "b": Err(WSAENOTSOCK)},"#, "");
    std::fs::write(folder.join("closes.ron"), text).expect("a scenario");
    let files = in_parts(&folder, &["closes.ron", "--no-reduction"], 2);
    let merged = merge(&folder, &files, &[]);
    let text = said(&merged);
    assert_eq!(merged.status.code(), Some(1), "{text}");
    assert!(text.starts_with("violated closes.ron on windows: "), "{text}");
    assert!(text.contains("a check of `sometimes` holds in no order") && text.contains("not allowed"), "{text}");
    assert!(text.contains("this order   wspsim replay closes.ron --model windows --schedule 1-"), "{text}");
    // Out of budget beats holds.
    std::fs::write(folder.join("closes.ron"), CLOSES).expect("a scenario");
    let files = in_parts(&folder, &["closes.ron", "--no-reduction", "--max-states", "20"], 2);
    let merged = merge(&folder, &files, &[]);
    assert_eq!(merged.status.code(), Some(4), "{}", said(&merged));
    assert!(said(&merged).contains("budget spent: states"), "{}", said(&merged));
}

#[test]
fn files_that_do_not_belong_together_are_refused_with_the_reason() {
    let folder = folder("shards-errors");
    std::fs::write(folder.join("closes.ron"), CLOSES).expect("a scenario");
    let sample = ["closes.ron", "--strategy", "random", "--runs", "20"];
    let files = in_parts(&folder, &sample, 3);
    let refused = |files: &[&str], reason: &str| {
        let files: Vec<String> = files.iter().map(ToString::to_string).collect();
        let merged = merge(&folder, &files, &["--result", "merged.json"]);
        let error = String::from_utf8_lossy(&merged.stderr).into_owned();
        assert_eq!(merged.status.code(), Some(2), "{files:?}: {error}");
        assert!(error.contains(reason), "{files:?}: {error}");
        assert!(!folder.join("merged.json").exists());
    };
    refused(&[&files[0], &files[2]], "of 3 parts these are missing: 2");
    refused(&[&files[0], &files[1], &files[1], &files[2]], "part 2/3 is also in 2-of-3.json");
    refused(&[&files[0], "nothing.json"], "the file cannot be read");
    refused(&["closes.ron"], "this is no result file");
    let text = std::fs::read_to_string(folder.join(&files[1])).expect("it was written");
    for (name, from, to, reason) in [
        ("format.json", r#""result":1"#, r#""result":2"#, "has version 2 of the format; this program knows version 1"),
        ("program.json", r#""program":""#, r#""program":"9."#, "was written by wspsim 9."),
        ("text.json", r#""text":""#, r#""text":"0"#, "closes.ron has another text than in 1-of-3.json"),
        ("machine.json", r#""machine":""#, r#""machine":"0"#, "the model windows is another one than in 1-of-3.json"),
        ("search.json", r#""runs":20,"seed""#, r#""runs":21,"seed""#, "it was searched otherwise"),
        ("scenario.json", r#""scenario":""#, r#""scenario":"x"#, "xcloses.ron on windows stands where another"),
        ("cut.json", r#""stuck":null}"#, "", "line 2 is not as it was written"),
        ("part.json", r#""part":"2/3""#, r#""part":"2/4""#, "the exploration is in 4 parts, other than in 1-of-3.json"),
        ("none.json", r#""part":"2/3""#, r#""part":"4/3""#, "`4/3` is no part"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}");
        std::fs::write(folder.join(name), changed).expect("written");
        refused(&[&files[0], name, &files[2]], reason);
    }
    let no_part = wspsim(&folder).args(["explore", "closes.ron", "--shard", "4/3"]).output().expect("it runs");
    assert_eq!(no_part.status.code(), Some(2));
}

/// The file of an interrupted exploration has what was found, and says of the rest that nobody got to it.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_exploration_leaves_its_result() {
    use std::io::{BufRead, BufReader, Read};
    for jobs in ["1", "2"] {
        let folder = folder(&format!("shards-interrupted-{jobs}"));
        for (name, text) in [("a.ron", CLOSES), ("b.ron", &shards::endless()), ("c.ron", CLOSES)] {
            std::fs::write(folder.join(name), text).expect("a scenario");
        }
        let arguments = ["explore", "a.ron", "b.ron", "c.ron", "--no-reduction", "--no-symmetry", "--jobs", jobs];
        let mut command = wspsim(&folder);
        command.args(arguments).args(["--result", "result.json"]).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("the first verdict");
        assert!(first.starts_with("holds a.ron"), "{first}");
        assert_eq!(lines(&folder, "result.json").len(), 2, "what was found is on disk when it is told");
        // Long enough to be in the middle of the second search.
        std::thread::sleep(std::time::Duration::from_millis(500));
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it lives");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("the rest");
        assert_eq!(child.wait().expect("it ends").code(), Some(4), "{rest}");
        assert!(rest.contains("out of budget b.ron on windows"), "{rest}");
        assert_eq!(rest.matches("interrupted, this is what is known so far").count(), 2, "{rest}");
        let result = lines(&folder, "result.json");
        let spent: Vec<&Value> = result[1..].iter().map(|line| &line["spent"]).collect();
        assert_eq!(spent, [&Value::Null, &"interrupted".into(), &"interrupted".into()]);
        assert!(result[2]["states"].as_u64() > Some(1), "{}", result[2]);
        let told = merge(&folder, &["result.json".to_owned()], &[]);
        assert_eq!(told.status.code(), Some(4), "{}", said(&told));
    }
}
