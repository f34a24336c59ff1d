//! A layer that sends connections through a proxy, in the manner of SOCKS 5: for one WSPConnect from above it makes a
//! connect, two sends and two receives below, each of which may block, and answers when the proxy has.
//!
//! `cargo run --example socks_layer` draws it. A nonblocking connect passes unredirected: to follow that up a layer would
//! have to finish the talk with the proxy when it is asked about the socket next.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows something")]

use std::sync::Arc;

use wspsim::abi::{Gather, MessageFlags, Name, Scatter, SockAddr, SpiCall, SpiResult, SpiReturn, WsaError};
use wspsim::model::{Library, Source};
use wspsim::provider::Context;
use wspsim::provider::own::{OwnLayer, Registry, Step};
use wspsim::scenario::{Diagnostic, Report, Scenario};
use wspsim::trace::Trace;
use wspsim::trace::lanes::{Canvas, Detail, Picture};
use wspsim::world::ids::Handle;
use wspsim::world::policy::Policies;

/// The layer: it knows where the proxy is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Socks {
    proxy: SockAddr,
}

/// How far the talk with the proxy has come, for a socket that wants to go somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Talk {
    Connecting(Handle, SockAddr),
    Greeting(Handle, SockAddr),
    Choosing(Handle, SockAddr),
    Asking(Handle),
    Answering,
}

impl OwnLayer for Socks {
    type Token = Talk;

    fn connect(&mut self, _: &mut Context<'_>, call: &mut SpiCall) -> Step<Talk> {
        let SpiCall::Connect { s, name: Name::At { address, .. }, .. } = *call else { return Step::Pass };
        if address.ip().is_none_or(|ip| !ip.is_ipv4()) {
            return Step::Pass;
        }
        let to_proxy = SpiCall::Connect { s, name: Name::of(self.proxy), extras: None };
        Step::call(to_proxy, Talk::Connecting(s, address))
    }

    fn resumed(&mut self, _: &mut Context<'_>, talk: Talk, _: &mut SpiCall, result: SpiResult) -> Step<Talk> {
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => return Step::Return(Err(error)),
        };
        match talk {
            Talk::Connecting(s, target) => Step::call(send(s, &[5, 1, 0]), Talk::Greeting(s, target)),
            Talk::Greeting(s, target) => Step::call(receive(s, 2), Talk::Choosing(s, target)),
            Talk::Choosing(s, target) => match bytes(&answer) {
                [5, 0] => Step::call(send(s, &request(&target)), Talk::Asking(s)),
                _ => Step::Return(Err(WsaError::ConnRefused)),
            },
            Talk::Asking(s) => Step::call(receive(s, 10), Talk::Answering),
            Talk::Answering => match bytes(&answer) {
                [5, 0, ..] => Step::Return(Ok(SpiReturn::Done)),
                _ => Step::Return(Err(WsaError::ConnRefused)),
            },
        }
    }
}

fn send(s: Handle, bytes: &[u8]) -> SpiCall {
    SpiCall::Send {
        s,
        data: Gather::One(Arc::from(bytes)),
        flags: MessageFlags::empty(),
        returned: true,
        overlapped: None,
    }
}

fn receive(s: Handle, room: u32) -> SpiCall {
    SpiCall::Recv { s, room: Scatter::One(room), flags: MessageFlags::WAITALL, returned: true, overlapped: None }
}

fn bytes(answer: &SpiReturn) -> &[u8] {
    match answer {
        SpiReturn::Received(received) => &received.data,
        _ => &[],
    }
}

/// CONNECT to an IPv4 address.
fn request(target: &SockAddr) -> Vec<u8> {
    let mut request = vec![5, 1, 0, 1];
    if let Some(std::net::IpAddr::V4(ip)) = target.ip() {
        request.extend(ip.octets());
    }
    request.extend(target.port().to_be_bytes());
    request
}

const MODEL: &str = r#"Model(
    about: "A redirecting layer over TCP",
    extends: "windows",
    providers: {"socks": Layer(handles: NonIfs, code: "socks")},
    catalog: [
        Chain(name: "Socks over [TCP/IP]", members: ["Socks", "MSAFD Tcpip [TCP/IP]"]),
        Inherited,
        Layer(name: "Socks", provider: "socks"),
    ],
)"#;

/// The proxy is played by a process that opens its sockets below the layer.
const SCENARIO: &str = r#"Scenario(
    about: "A client that knows nothing of proxies reaches its server through one",
    model: "redirected",
    processes: ["proxy", "client"],
    steps: [
        (on: "proxy",  call: WSPSocket(info: Entry("MSAFD Tcpip [TCP/IP]")), gives: "listener"),
        (on: "proxy",  call: WSPBind(s: "listener", name: "127.0.0.1:1080")),
        (on: "proxy",  call: WSPListen(s: "listener")),
        (on: "client", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "c"),
        (on: "client", call: WSPConnect(s: "c", name: "127.0.0.9:80"), expect: Parked),
        (on: "proxy",  call: WSPAccept(s: "listener"), gives: "p"),
        (on: "proxy",  call: WSPRecv(s: "p"), expect: Ok(Hex("05 01 00"))),
        (on: "proxy",  call: WSPSend(s: "p", data: Hex("05 00"))),
        (on: "proxy",  call: WSPRecv(s: "p"), expect: Ok(Hex("05 01 00 01 7f 00 00 09 00 50"))),
        (on: "proxy",  call: WSPSend(s: "p", data: Hex("05 00 00 01 7f 00 00 09 00 50"))),
        (on: "client", returns: Ok),
        (on: "client", call: WSPSend(s: "c", data: "hello")),
        (on: "proxy",  call: WSPRecv(s: "p"), expect: Ok("hello")),
        // A proxy that will not.
        (on: "client", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "d"),
        (on: "client", call: WSPConnect(s: "d", name: "127.0.0.9:81"), expect: Parked),
        (on: "proxy",  call: WSPAccept(s: "listener"), gives: "q"),
        (on: "proxy",  call: WSPRecv(s: "q"), expect: Ok(Hex("05 01 00"))),
        (on: "proxy",  call: WSPSend(s: "q", data: Hex("05 ff"))),
        (on: "client", returns: Err(WSAECONNREFUSED)),
    ],
    finally: [Crossed(into: "msafd", call: WSPConnect, on: "client", times: 2)],
)"#;

fn reports() -> Result<Vec<Report>, Vec<Diagnostic>> {
    let proxy: SockAddr = "127.0.0.1:1080".parse().expect("an address");
    let mut library = Library::with(Registry::new().with_layer("socks", move || Socks { proxy }));
    library.add("redirected", MODEL)?;
    let source = Source::new("socks.ron", SCENARIO).map_err(|wrong| vec![wrong])?;
    Scenario::read(source, None)?.play(&mut library)
}

fn main() {
    match reports() {
        Ok(reports) => {
            for report in &reports {
                let policies = Policies::default();
                let picture = Picture::of(&Trace::of(report, &policies), Detail::Compact);
                print!("{}", picture.draw(&Canvas::default()));
                report.failures.iter().for_each(|failure| print!("{failure}"));
            }
        }
        Err(wrong) => wrong.iter().for_each(|diagnostic| eprintln!("{diagnostic}")),
    }
}

#[test]
fn one_connect_from_above_is_five_calls_below() {
    let reports = reports().expect("a good model and scenario");
    let failures: String = reports[0].failures.iter().map(ToString::to_string).collect();
    assert_eq!(failures, "");
    assert!(reports[0].breaches.is_empty());
}
