//! A layer that writes down every call and what came of it: about the least a layer can be.
//!
//! `cargo run --example logging_layer` plays a hand-over over it and prints what the source's copy of it has seen.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows something")]

use wspsim::abi::{SpiCall, SpiResult};
use wspsim::model::{Library, Source};
use wspsim::provider::Context;
use wspsim::provider::own::{OwnLayer, Registry};
use wspsim::scenario::{Diagnostic, Logging as Log, Scenario, Verdict, play_to_end};
use wspsim::world::ids::Incarnation;

/// The whole layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Logging {
    lines: Vec<String>,
}

impl OwnLayer for Logging {
    type Token = ();

    fn answered(&mut self, _: &mut Context<'_>, call: &SpiCall, result: &mut SpiResult) {
        let outcome = result.as_ref().map_or_else(|error| error.to_string(), |_| "success".to_owned());
        self.lines.push(format!("{}: {outcome}", call.function()));
    }
}

const MODEL: &str = r#"Model(
    about: "A logging layer over TCP",
    extends: "windows",
    providers: {"log": Layer(handles: NonIfs, code: "logging")},
    catalog: [
        Chain(name: "Log over [TCP/IP]", members: ["Log", "MSAFD Tcpip [TCP/IP]"]),
        Inherited,
        Layer(name: "Log", provider: "log"),
    ],
)"#;

const SCENARIO: &str = r#"Scenario(
    about: "A socket goes from one process to another through the layer",
    model: "logged",
    processes: ["source", "target"],
    steps: [
        (on: "source", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
        (on: "source", call: WSPBind(s: "s", name: "127.0.0.1:7000")),
        (on: "source", call: WSPBind(s: "s", name: "127.0.0.1:7001"), expect: Err(WSAEINVAL)),
        (on: "source", call: WSPDuplicateSocket(s: "s", process: "target"), gives: "info"),
        (on: "target", call: WSPSocket(info: "info"), gives: "t"),
        (on: "source", call: WSPCloseSocket(s: "s")),
    ],
)"#;

fn lines() -> Result<Vec<String>, Vec<Diagnostic>> {
    let mut library = Library::with(Registry::new().with_layer("logging", Logging::default));
    library.add("logged", MODEL)?;
    let source = Source::new("logging.ron", SCENARIO).map_err(|wrong| vec![wrong])?;
    let scenario = Scenario::read(source, None)?;
    let machine = scenario.machine(&mut library, "logged")?;
    let (report, world) = play_to_end(&scenario, &machine, Log::Off);
    assert_eq!(report.verdict, Verdict::Held, "{:?}", report.failures);
    Ok(world.own_layers::<Logging>(Incarnation(0)).flat_map(|layer| layer.lines.clone()).collect())
}

fn main() {
    match lines() {
        Ok(lines) => lines.iter().for_each(|line| println!("{line}")),
        Err(wrong) => wrong.iter().for_each(|diagnostic| eprintln!("{diagnostic}")),
    }
}

#[test]
fn every_call_is_written_down() {
    let expected = [
        "WSPStartup: success",
        "WSPSocket: success",
        "WSPBind: success",
        "WSPBind: WSAEINVAL (10022)",
        "WSPDuplicateSocket: success",
        "WSPCloseSocket: success",
    ];
    assert_eq!(lines().expect("a good model and scenario"), expected);
}
