//! Which answers of providers and upcalls a play contains, and which of them a fault made.

use std::collections::BTreeMap;

use super::{Answers, Pair};
use crate::abi::catalog::CatalogFunction;
use crate::abi::client::Call;
use crate::abi::{Upcall, WsaError};
use crate::contract::{ANY_REGISTRY_ERROR, NO_ERROR, rows};
use crate::world::afd::Change;
use crate::world::event::Event;
use crate::world::ids::ThreadId;

/// Counts the answers among the events of a play.
pub(super) fn count(events: &[Event], into: &mut BTreeMap<Pair, Answers>) {
    let mut reader = Reader { into, calls: BTreeMap::new(), catalog: None, running: None, upcall: None };
    events.iter().for_each(|event| reader.read(event));
}

/// The error a fault made inside a call, as long as nobody has made another one of it.
type Made = Option<WsaError>;

struct Reader<'a> {
    into: &'a mut BTreeMap<Pair, Answers>,
    /// The provider calls a thread is inside, the innermost last.
    calls: BTreeMap<ThreadId, Vec<Made>>,
    /// The call on the catalogs that comes back next: it returns before anything else happens.
    catalog: Option<CatalogFunction>,
    /// The thread whose provider was entered or came back last.
    running: Option<ThreadId>,
    /// What a fault makes of the upcall that is told next.
    upcall: Made,
}

impl Reader<'_> {
    fn read(&mut self, event: &Event) {
        match event {
            Event::Enter(entering) => {
                self.running = Some(entering.thread);
                self.calls.entry(entering.thread).or_default().push(None);
            }
            Event::Leave(leaving) => {
                self.running = Some(leaving.thread);
                let made = self.calls.get_mut(&leaving.thread).and_then(Vec::pop).flatten();
                let error = leaving.result.as_ref().err().copied();
                let injected = error.is_some() && error == made;
                self.add(leaving.function.name(), error, injected);
                if injected {
                    self.made(leaving.thread, error);
                }
            }
            Event::Upcall(done) => {
                let error = done.result.as_ref().err().copied();
                let injected = self.upcall.take().is_some();
                self.add(done.call.function().name(), error, injected);
                if injected {
                    self.made(done.thread, error);
                }
            }
            Event::InjectedUpcall { error, .. } => self.upcall = Some(*error),
            Event::Injected { error, .. } => {
                if let Some(thread) = self.running {
                    self.made(thread, Some(*error));
                }
            }
            // What WPUPostMessage does; it names no error.
            Event::MessagePosted { .. } => self.add(Upcall::WpuPostMessage.name(), None, false),
            // How an overlapped call ended that was pending.
            Event::Socket(Change::OperationEnded { function, error: Some(error), .. }) => {
                self.add(function.name(), Some(*error), false);
            }
            Event::ClientCall { call, .. } => {
                self.catalog = match &**call {
                    Call::Catalog(call) => Some(call.function()),
                    _ => None,
                };
            }
            Event::ClientReturn { result, .. } => {
                if let Some(function) = self.catalog.take() {
                    self.add_catalog(function, (**result).as_ref().err().copied());
                }
            }
            Event::Resumed { thread } => self.running = Some(*thread),
            _ => {}
        }
    }

    /// The innermost call of a thread has been given an error by a fault.
    fn made(&mut self, thread: ThreadId, error: Made) {
        if let Some(innermost) = self.calls.get_mut(&thread).and_then(|calls| calls.last_mut()) {
            *innermost = error;
        }
    }

    /// A row for any error of the registry is reached by one that has no row of its own.
    fn add_catalog(&mut self, function: CatalogFunction, error: Option<WsaError>) {
        let name = function.name();
        self.add(name, error, false);
        let Some(error) = error.map(WsaError::name) else { return };
        let has_row = |error| rows().any(|row| row.function == name && row.error == error);
        if has_row(ANY_REGISTRY_ERROR) && !has_row(error) {
            self.into.entry((name, ANY_REGISTRY_ERROR)).or_default().reached += 1;
        }
    }

    fn add(&mut self, function: &'static str, error: Option<WsaError>, injected: bool) {
        let pair = (function, error.map_or(NO_ERROR, WsaError::name));
        let answers = self.into.entry(pair).or_default();
        let count = if injected { &mut answers.injected } else { &mut answers.reached };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Library, Source};
    use crate::scenario::{Logging, Scenario, Verdict, play};

    /// Counts what a scenario reaches on a machine with one layer.
    fn counted(steps: &str) -> BTreeMap<Pair, Answers> {
        let text = format!("Scenario(about: \"t\", model: \"layer\", processes: [\"p\"], steps: [{steps}])");
        let scenario = Scenario::read(Source::new("t.ron", text).expect("small"), None).expect("in order");
        let machine = scenario.machine(&mut Library::new(), "layer").expect("built in");
        let report = play(&scenario, &machine, Logging::On);
        assert_eq!(report.verdict, Verdict::Held, "{:?}", report.failures);
        let mut into = BTreeMap::new();
        count(&report.events, &mut into);
        into
    }

    const SOCKET: &str = r#"(on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "s"),"#;

    #[test]
    fn an_answer_counts_for_every_provider_that_gave_it() {
        let steps = format!(r#"{SOCKET} (on: "p", call: WSPListen(s: "s"), expect: Err(WSAEINVAL))"#);
        let answers = counted(&steps);
        assert_eq!(answers[&("WSPListen", "WSAEINVAL")], Answers { reached: 2, injected: 0 });
    }

    #[test]
    fn what_a_fault_made_reaches_nothing_however_many_hand_it_on() {
        let fault = "(op: Fault(FailCall(function: WSPListen, nth: 1, error: WSAEMFILE))),";
        let listen = r#"(on: "p", call: WSPListen(s: "s"), expect: Err(WSAEMFILE)),"#;
        let again = r#"(on: "p", call: WSPListen(s: "s"), expect: Err(WSAEINVAL))"#;
        let answers = counted(&format!("{SOCKET} {fault} {listen} {again}"));
        assert_eq!(answers[&("WSPListen", "WSAEMFILE")], Answers { reached: 0, injected: 2 });
        assert_eq!(answers[&("WSPListen", "WSAEINVAL")], Answers { reached: 2, injected: 0 });
    }

    #[test]
    fn a_failed_upcall_and_the_call_it_breaks_are_injected() {
        let fault = "(op: Fault(FailUpcall(upcall: WPUCreateSocketHandle, nth: 1, error: WSAENOBUFS))),";
        let socket = r#"(on: "p", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), expect: Err(WSAENOBUFS))"#;
        let answers = counted(&format!("{fault} {socket}"));
        assert_eq!(answers[&("WPUCreateSocketHandle", "WSAENOBUFS")], Answers { reached: 0, injected: 1 });
        assert_eq!(answers[&("WSPSocket", "WSAENOBUFS")], Answers { reached: 0, injected: 1 });
    }

    #[test]
    fn what_ws2_32_answers_itself_is_no_answer_of_a_provider() {
        let answers = counted(r#"(on: "p", call: WSPListen(s: 8), expect: Err(WSAENOTSOCK))"#);
        assert!(!answers.contains_key(&("WSPListen", "WSAENOTSOCK")));
    }
}
