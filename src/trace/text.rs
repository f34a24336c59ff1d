//! An event as one short line.
//!
//! `source: WSPDuplicateSocket(s = 0x100 "s", dwProcessId = 1008 "target", lpProtocolInfo = NULL)`. Lines of a
//! crossing are indented by its depth, results begin with an arrow.

use super::breach::Told;
use super::words::{Place, Style, Words};
use super::{Trace, args, client, io, outcome};
use crate::world::apc::Apc;
use crate::world::duplication::Duplication;
use crate::world::event::{Entering, Event, Leaving, UpcallDone};
use crate::world::ids::ThreadId;
use crate::world::op::Op;

use super::value::Value;

/// One event of a trace as one line, without a line break.
#[must_use]
pub fn line(trace: &Trace<'_>, at: usize, style: Style) -> String {
    let words = Words::new(trace, style);
    trace.events().get(at).map_or_else(String::new, |event| Line { trace, words, at }.of(event))
}

struct Line<'t, 'a> {
    trace: &'t Trace<'a>,
    words: Words<'t, 'a>,
    at: usize,
}

impl Line<'_, '_> {
    fn of(&self, event: &Event) -> String {
        match event {
            Event::Op(op) => self.op(op),
            Event::ClientCall { thread, call } => {
                let text = self.words.call(self.place(), client::name(call), &client::arguments(call));
                format!("{}: {text}", self.words.thread(*thread))
            }
            Event::ClientReturn { thread, .. } => {
                format!("{}: {}{}", self.words.thread(*thread), self.begin_name(), self.result())
            }
            Event::Enter(entering) => self.enter(entering),
            Event::Leave(leaving) => self.leave(leaving),
            Event::Upcall(upcall) => self.upcall(upcall),
            Event::Parked { thread, until, deadline } => {
                let deadline = deadline.map(|at| format!(", until {} ms at most", at.0)).unwrap_or_default();
                format!("{}: waits for {}{deadline}", self.words.thread(*thread), self.words.until(*thread, until))
            }
            Event::Paused { thread, provider, answered } => {
                format!("{}: {}", self.words.thread(*thread), self.words.pause(*provider, *answered))
            }
            Event::Resumed { thread } => format!("{}: goes on", self.words.thread(*thread)),
            Event::Rule(rule) => format!("rule {rule}"),
            Event::Policy(policy) => self.words.policy(*policy),
            Event::Breach(breach) => Told::new(self.trace, self.at, breach).line(),
            Event::Socket(change) => format!("{}: {change}", self.words.socket(change.socket())),
            _ => self.of_machine(event),
        }
    }

    /// Events that are no call's.
    fn of_machine(&self, event: &Event) -> String {
        match event {
            Event::DuplicationMade(duplication) => self.duplication(duplication, "made"),
            Event::DuplicationOpened(duplication) => self.duplication(duplication, "opened"),
            Event::DuplicationDropped(duplication) => self.duplication(duplication, "dropped unopened"),
            Event::ProcessStarted { process, id, suspended } => {
                let how = if *suspended { "started, suspended" } else { "started" };
                format!("process {} \"{}\" {how}", id.0, self.words.process(*process))
            }
            Event::ProcessResumed { process } => format!("process \"{}\" resumed", self.words.process(*process)),
            Event::ProcessEnded { process } => format!("process \"{}\" ended", self.words.process(*process)),
            Event::EventSet { event, signalled } => {
                let how = if *signalled { "signalled" } else { "reset" };
                format!("{} {how}", self.words.event_object(*event))
            }
            Event::MessagePosted { process, window, message } => {
                let text = self.words.value(self.place(), &outcome::of_window_message(message));
                let window = self.words.value(self.place(), &Value::Window(*window));
                format!("{}: posted to {window}: {text}", self.words.process(*process))
            }
            Event::Sent { from, to, value } => {
                let value = self.words.value(self.place(), &client::message(value));
                format!("{} sends {value} to {}", self.words.process(*from), self.words.process(*to))
            }
            Event::RoutineQueued { thread, apc } => self.routine(*thread, "is queued for", apc),
            Event::RoutineRan { thread, apc } => self.routine(*thread, "runs on", apc),
            Event::PacketQueued { port, packet } => {
                let told = self.words.arguments(self.place(), &io::of_packet(packet)).join(", ");
                format!("completion port {}: {told}", port.0)
            }
            Event::ThreadEnded { thread } => format!("{} ends", self.words.thread(*thread)),
            Event::SizeStored { thread, size } => {
                format!("{} is told a size of {size}", self.words.thread(*thread))
            }
            Event::CatalogChanged { width, entries } => {
                format!("the {}-bit catalog has {entries} entries now", width.bits())
            }
            Event::Time(now) => format!("time is {} ms", now.0),
            Event::Injected { function, error } => format!("fault: {function} fails with {error}"),
            Event::Faulty { by, fault } => format!("{} is faulty: {fault}", self.words.shape(*by)),
            Event::InjectedUpcall { upcall, error } => format!("fault: {upcall} fails with {error}"),
            _ => String::new(),
        }
    }

    fn op(&self, op: &Op) -> String {
        match op {
            Op::StartProcess { .. } => "op: a process starts".to_owned(),
            Op::Kill { process } => format!("op: \"{}\" is killed", self.words.process(*process)),
            Op::Call { thread, .. } => format!("op: {} makes a call", self.words.thread(*thread)),
            Op::Run { thread } => format!("op: {} goes on", self.words.thread(*thread)),
            Op::Answer { thread, value } => {
                let answer = Value::named(*value, crate::abi::consts::condition_name(*value));
                let answer = self.words.value(self.place(), &answer);
                format!("op: the callback of {} returns {answer}", self.words.thread(*thread))
            }
            Op::ToBorder(within) => format!("{}, to the next frame border", self.op(within)),
            Op::Advance { to } => format!("op: time moves to {} ms", to.0),
            Op::Fault(fault) => format!("op: fault {fault:?}"),
            Op::BreakConnection { process, socket, error } => {
                let place = Place { event: self.at, process: Some(*process) };
                let socket = self.words.handle(place, *socket);
                format!("op: the connection of {socket} in \"{}\" breaks: {error}", self.words.process(*process))
            }
            Op::LimitHandles { process, handles } => {
                let limit = handles.map_or("the machine's limit".to_owned(), |handles| handles.to_string());
                format!("op: \"{}\" may hold {limit} handles", self.words.process(*process))
            }
        }
    }

    fn routine(&self, thread: ThreadId, does: &str, apc: &Apc) -> String {
        let arguments = self.words.arguments(self.place(), &io::of_apc(apc)).join(", ");
        format!("completion routine({arguments}) {does} {}", self.words.thread(thread))
    }

    fn enter(&self, entering: &Entering) -> String {
        let text = self.words.call(self.place(), entering.call.function().name(), &args::of_spi(&entering.call));
        format!(
            "{}:{} {} {text}",
            self.words.thread(entering.thread),
            indent(entering.depth),
            self.words.shape(entering.callee)
        )
    }

    fn leave(&self, leaving: &Leaving) -> String {
        let text = self.result();
        let (thread, callee) = (self.words.thread(leaving.thread), self.words.shape(leaving.callee));
        format!("{thread}:{} {callee} {} {text}", indent(leaving.depth), leaving.function)
    }

    fn upcall(&self, upcall: &UpcallDone) -> String {
        let call = self.words.call(self.place(), upcall.call.function().name(), &args::of_upcall(&upcall.call));
        let result = self.result();
        let (thread, by) = (self.words.thread(upcall.thread), self.words.shape(upcall.by));
        format!("{thread}:{} {by} asks {call} {result}", indent(upcall.depth))
    }

    fn duplication(&self, duplication: &Duplication, what: &str) -> String {
        let (block, socket) = (self.words.block(duplication.token), self.words.socket(duplication.socket));
        format!("{block} of {socket} for \"{}\" {what}", self.words.process(duplication.target))
    }

    /// The name of the function whose end this is, with a blank.
    fn begin_name(&self) -> String {
        match self.trace.spans.partner(self.at).and_then(|begin| self.trace.events().get(begin)) {
            Some(Event::ClientCall { call, .. }) => format!("{} ", client::name(call)),
            _ => String::new(),
        }
    }

    fn result(&self) -> String {
        self.trace.result(self.at).map_or_else(String::new, |result| self.words.result(self.place(), &result))
    }

    fn place(&self) -> Place {
        self.words.place(self.at)
    }
}

/// Two blanks for each level.
fn indent(depth: u32) -> String {
    "  ".repeat(depth.min(32) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::HandleKind::NonIfs;
    use crate::trace::samples::Sample;

    fn lines(sample: &Sample, style: Style) -> Vec<String> {
        let trace = sample.trace();
        (0..trace.events().len()).map(|at| line(&trace, at, style)).collect()
    }

    #[track_caller]
    fn has(lines: &[String], expected: &str) {
        assert!(lines.iter().any(|line| line == expected), "`{expected}` is missing in\n{}", lines.join("\n"));
    }

    #[test]
    fn a_hand_over_line_by_line() {
        let sample = Sample::hand_over(&[("audit", NonIfs)]);
        let token = sample.names.blocks.keys().next().map(|token| format!("{token:#x}")).expect("a block");
        let lines = lines(&sample, Style::Full);
        has(&lines, r#"process 1008 "target" started"#);
        has(
            &lines,
            r#"source: WSPDuplicateSocket(s = 0x104 "s", dwProcessId = 1008 "target", lpProtocolInfo = blank)"#,
        );
        has(
            &lines,
            r#"source:     msafd WSPDuplicateSocket(s = 0x100, dwProcessId = 1008 "target", lpProtocolInfo = entry 1001 "MSAFD Tcpip [TCP/IP]")"#,
        );
        has(&lines, "policy reference_taken = AtDuplicate");
        has(&lines, &format!(r#"block {token} "info" of socket 1 "s" for "target" made"#));
        let result = format!(r#"block {token} "info" of entry 1101 "audit over TCP""#);
        has(&lines, &format!("source: WSPDuplicateSocket -> {result}"));
        has(
            &lines,
            r#"target:     audit asks WPUCreateSocketHandle(dwCatalogEntryId = 1101 "audit over TCP", dwContext = 0) -> 0x104 "t""#,
        );
        has(&lines, r#"target: WSPSocket -> 0x104 "t""#);
        has(&lines, "rule R3");
        has(&lines, "target: WSPSocket -> WSAEINVAL (10022)");
    }

    #[test]
    fn the_short_form_leaves_out_what_says_nothing() {
        let lines = lines(&Sample::hand_over(&[]), Style::Short);
        has(&lines, r#"source: WSPDuplicateSocket("s", target)"#);
        has(&lines, r#"target: WSPSocket(block "info")"#);
        has(&lines, r#"target: WSPSocket -> "t""#);
    }

    #[test]
    fn waiting_is_told() {
        let lines = lines(&Sample::waiting(), Style::Full);
        has(&lines, r#"server: waits for data on socket 2 "c""#);
        has(&lines, "server: goes on");
        has(&lines, r#"op: "server" is killed"#);
        has(&lines, r#"process "server" ended"#);
    }

    #[test]
    fn every_event_has_a_line_and_no_line_breaks() {
        for sample in [Sample::hand_over(&[]), Sample::waiting(), Sample::registrations()] {
            assert!(lines(&sample, Style::Full).iter().all(|line| !line.is_empty() && !line.contains('\n')));
        }
    }

    #[test]
    fn an_event_that_is_not_there_is_an_empty_line() {
        let sample = Sample::new(&[], &["p"]);
        assert_eq!(line(&sample.trace(), 1000, Style::Full), "");
    }
}
