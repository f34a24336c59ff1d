//! A layer with a mistake that many have made: after WSPDuplicateSocket it puts its own chain entry into the buffer, as it
//! should, and forgets to put `dwProviderReserved` back. The target's open then gives a fresh socket instead of the shared
//! one, and nobody notices before the data goes astray.
//!
//! `cargo run --example broken_layer` prints what the checker says:
//!
//! ```text
//! line 8: `forgetful` broke Duty5: A layer's WSPDuplicateSocket gives up the dwProviderReserved it got from below, or a word of its own that it exchanges when the block is opened.
//!   expected: dwProviderReserved 0x9e3779b1
//!   actual: dwProviderReserved 0x0
//!   the calls in progress: ws2_32 > forgetful WSPDuplicateSocket
//!   s = 0x104 "s"
//!   what to do: Remember dwProviderReserved before you overwrite the buffer and put it back afterwards.
//!   rule Duty5 (Dup10, R4, Microsoft layered-provider sample)
//! line 10: `target` called WSPGetSockName and got WSAEINVAL (10022): an argument is invalid or the socket in the wrong state
//!   expected: Ok("127.0.0.1:7000")
//!   actual: Err(WSAEINVAL)
//!   the shared socket of `t` has 1 descriptors and 0 pending duplications
//!   rule WpuQuery1 (wpuquerysockethandlecontext)
//!   rule Name2 (lpwspgetsockname)
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows something")]

use wspsim::abi::{SpiCall, SpiResult, SpiReturn};
use wspsim::model::{Library, Source};
use wspsim::provider::Context;
use wspsim::provider::own::{OwnLayer, Registry};
use wspsim::scenario::{Diagnostic, Report, Scenario};

/// The whole layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Forgetful;

impl OwnLayer for Forgetful {
    type Token = ();

    fn answered(&mut self, _: &mut Context<'_>, _: &SpiCall, result: &mut SpiResult) {
        if let Ok(SpiReturn::Info(block)) = result {
            *block = block.with_reserved(0);
        }
    }
}

const MODEL: &str = r#"Model(
    about: "A forgetful layer over TCP",
    extends: "windows",
    providers: {"forgetful": Layer(handles: NonIfs, code: "forgetful")},
    catalog: [
        Chain(name: "Forgetful over [TCP/IP]", members: ["Forgetful", "MSAFD Tcpip [TCP/IP]"]),
        Inherited,
        Layer(name: "Forgetful", provider: "forgetful"),
    ],
)"#;

const SCENARIO: &str = r#"Scenario(
    about: "A bound socket is handed over",
    model: "broken",
    processes: ["source", "target"],
    steps: [
        (on: "source", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),
        (on: "source", call: WSPBind(s: "s", name: "127.0.0.1:7000")),
        (on: "source", call: WSPDuplicateSocket(s: "s", process: "target"), gives: "info"),
        (on: "target", call: WSPSocket(info: "info"), gives: "t"),
        (on: "target", call: WSPGetSockName(s: "t"), expect: Ok("127.0.0.1:7000")),
    ],
)"#;

fn reports() -> Result<Vec<Report>, Vec<Diagnostic>> {
    let mut library = Library::with(Registry::new().with_layer("forgetful", || Forgetful));
    library.add("broken", MODEL)?;
    let source = Source::new("broken.ron", SCENARIO).map_err(|wrong| vec![wrong])?;
    Scenario::read(source, None)?.play(&mut library)
}

/// What is wrong, in words.
fn said() -> String {
    match reports() {
        Ok(reports) => reports.iter().flat_map(|report| &report.failures).map(ToString::to_string).collect(),
        Err(wrong) => wrong.iter().map(|diagnostic| format!("{diagnostic}\n")).collect(),
    }
}

fn main() {
    print!("{}", said());
}

#[test]
fn the_page_shows_what_the_checker_says() {
    let page = include_str!("broken_layer.rs");
    let shown: String = page
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .skip_while(|line| *line != " ```text")
        .skip(1)
        .take_while(|line| *line != " ```")
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    assert_eq!(shown, said());
}

#[test]
fn the_readme_shows_the_same() {
    let breach = said().split("line 10:").next().map(str::to_owned).unwrap_or_default();
    assert!(breach.contains("Duty5"));
    assert!(include_str!("../README.md").contains(&breach), "README.md does not show\n{breach}");
}

#[test]
fn the_scenario_notices_too() {
    let reports = reports().expect("a good model and scenario");
    let titles: Vec<&str> = reports[0].failures.iter().map(|failure| &*failure.title).collect();
    assert_eq!(reports[0].breaches.len(), 1);
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles[1].contains("WSPGetSockName"), "{titles:?}");
}
