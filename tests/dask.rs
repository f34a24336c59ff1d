//! `examples/dask/explore.py` on a scheduler and two workers, of which one is killed in the middle.
//!
//! `.ci/dask` installs what it needs and runs it.

#![cfg(target_os = "linux")]

#[path = "support/shards.rs"]
mod shards;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use shards::{folder, wspsim};

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _it_may_have_ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

/// A Python that has `dask.distributed`.
fn python() -> Command {
    Command::new(std::env::var_os("WSPSIM_PYTHON").unwrap_or_else(|| "python3".into()))
}

fn dask(arguments: &[&str]) -> Ended {
    let mut command = python();
    command.args(["-m", "dask"]).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    Ended(command.spawn().expect("python3, or what WSPSIM_PYTHON names, runs"))
}

#[test]
#[ignore = "needs Python with dask.distributed: .ci/dask"]
fn a_killed_worker_makes_no_difference() {
    let folder = folder("dask");
    std::fs::write(folder.join("long.ron"), shards::endless()).expect("a scenario");
    let sample = ["long.ron", "--strategy", "random", "--runs", "3000", "--seed", "3"];
    let whole = wspsim(&folder).arg("explore").args(sample).args(["--result", "whole.json"]).status();
    assert_eq!(whole.expect("it runs").code(), Some(0));

    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let address = format!("tcp://127.0.0.1:{port}");
    let _scheduler = dask(&["scheduler", "--host", "127.0.0.1", "--port", &port.to_string(), "--no-dashboard"]);
    let worker = |name| dask(&["worker", &address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]);
    let mut workers = [("one", worker("one")), ("two", worker("two"))];

    let mut runner = python();
    runner.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/dask/explore.py"));
    runner.args([
        "--parts",
        "12",
        "--scheduler",
        &address,
        "--exe",
        env!("CARGO_BIN_EXE_wspsim"),
        "--result",
        "dask.json",
    ]);
    // The workers have a folder of their own.
    let scenario = folder.join("long.ron");
    runner.arg(&scenario).args(&sample[1..]).current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut runner = Ended(runner.spawn().expect("it runs"));
    let told = BufReader::new(runner.0.stderr.take().expect("a pipe"));
    let (mut by, mut killed) = (Vec::new(), None);
    for line in told.lines() {
        let line = line.expect("text");
        let Some((_, name)) = line.split_once(" by ").filter(|_| line.starts_with("part ")) else { continue };
        by.push(name.to_owned());
        // Whoever has done a part has the next one to do: it dies at work, once both have begun.
        if killed.is_none() && by.iter().any(|other| *other != *name) {
            let (_, worker) = workers.iter_mut().find(|(own, _)| *own == name).expect("one of them");
            worker.0.kill().expect("it lives");
            killed = Some((name.to_owned(), by.len()));
        }
    }
    let mut text = String::new();
    runner.0.stdout.take().expect("a pipe").read_to_string(&mut text).expect("text");
    assert_eq!(runner.0.wait().expect("it ends").code(), Some(0), "{text}");
    let (killed, when) = killed.expect("both workers did something");
    assert_eq!(by.len(), 12, "{by:?}");
    // At most what it had told already arrives after its death.
    assert!(by[when..].iter().filter(|name| **name == killed).count() <= 1, "{killed} was killed after {when}: {by:?}");

    let [whole, merged] = ["whole.json", "dask.json"].map(|file| {
        let text = std::fs::read_to_string(folder.join(file)).expect("it was written");
        text.replace(&*scenario.display().to_string(), "long.ron")
    });
    assert_eq!(whole, merged);
}
