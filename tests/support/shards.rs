//! The command line in a folder of its own, for tests that explore in parts.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn wspsim(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wspsim"));
    command.current_dir(folder);
    command
}

/// An empty folder.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _there_may_be_none = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Four processes that send datagrams to each other's turn: millions of orders.
pub fn endless() -> String {
    let sender = |name: &str| {
        format!(
            r#""{name}": [(call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "s-{name}"), Repeat(times: 9, do: [
                (call: WSPSendTo(s: "s-{name}", data: "{name}", to: "127.0.0.1:7000")),
            ])],"#
        )
    };
    let senders: String = ["a", "b", "c", "d"].map(sender).concat();
    format!(
        r#"Scenario(about: "t", model: "windows", processes: ["p", "a", "b", "c", "d"], steps: [
            (on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_DGRAM), gives: "s"),
            (on: "p", call: WSPBind(s: "s", name: "127.0.0.1:7000")),
        ], programs: {{ {senders} }})"#
    )
}
