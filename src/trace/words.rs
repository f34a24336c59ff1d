//! A value as text.

use std::borrow::Cow;

use super::Trace;
use super::value::{Fields, Value};
use crate::abi::{Info, WsaError};
use crate::scenario::report::Named;
use crate::world::afd::Interest;
use crate::world::catalog::ShapeId;
use crate::world::event::Event;
use crate::world::frame::Until;
use crate::world::ids::{EventId, Handle, Incarnation, ProcessId, SocketId, ThreadId, Window};
use crate::world::policy::PolicyId;

/// How much of the user's bytes and texts is shown.
const SHOWN_CHARS: usize = 32;

/// How much a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Every argument by its documented name; numbers with their labels.
    Full,
    /// What a reader of the scenario needs: labels instead of numbers, no arguments that say nothing.
    Short,
}

/// Where a value appears: labels mean different things in different processes and at different times.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The event.
    pub event: usize,
    /// The process whose numbers are meant.
    pub process: Option<Incarnation>,
}

/// Turns values of one trace into text.
#[derive(Clone, Copy, Debug)]
pub struct Words<'t, 'a> {
    trace: &'t Trace<'a>,
    style: Style,
}

impl<'t, 'a> Words<'t, 'a> {
    /// Words for a trace.
    #[must_use]
    pub fn new(trace: &'t Trace<'a>, style: Style) -> Self {
        Self { trace, style }
    }

    /// A call: `WSPListen(s = 0x100 "s", backlog = 5)`.
    #[must_use]
    pub fn call(&self, place: Place, name: &str, arguments: &Fields) -> String {
        format!("{name}({})", self.arguments(place, arguments).join(", "))
    }

    /// The arguments, each as text.
    #[must_use]
    pub fn arguments(&self, place: Place, arguments: &Fields) -> Vec<String> {
        let told = arguments.iter().filter(|(_, value)| self.style == Style::Full || !value.is_plain());
        told.map(|(name, value)| self.argument(place, name, value)).collect()
    }

    fn argument(&self, place: Place, name: &str, value: &Value) -> String {
        let text = self.value(place, value);
        if self.style == Style::Short && speaks_for_itself(value) { text } else { format!("{name} = {text}") }
    }

    /// A result: `-> 0`, `-> 0x104 "t"`, `-> WSAEINVAL (10022)`.
    #[must_use]
    pub fn result(&self, place: Place, result: &Result<Value, WsaError>) -> String {
        match result {
            Ok(value) => format!("-> {}", self.value(place, value)),
            Err(error) => format!("-> {error}"),
        }
    }

    /// Any value.
    #[must_use]
    pub fn value(&self, place: Place, value: &Value) -> String {
        match value {
            Value::Success => "0".to_owned(),
            Value::Null => "NULL".to_owned(),
            Value::Wild => "bad pointer".to_owned(),
            Value::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Size(bytes) | Value::Room(bytes) => format!("{bytes} bytes"),
            Value::Word(word) => word.clone().into_owned(),
            Value::Text(text) => quoted(text),
            Value::Data(bytes) => data(bytes),
            Value::Handle(handle) => self.handle(place, *handle),
            Value::HandleOf(process, handle) => self.handle(Place { process: Some(*process), ..place }, *handle),
            Value::Window(window) => self.window(place, *window),
            Value::Process(id) => self.process_id(place, *id),
            Value::Owner(process) => self.process(*process).into_owned(),
            Value::Entry(id) => self.entry(*id),
            Value::Function(pointer) => format!("{}!{}", self.shape(ShapeId(pointer.provider)), pointer.function),
            Value::Socket(socket) => self.socket(*socket),
            Value::Info(info) => self.info(info),
            Value::Error(error) => error.to_string(),
            Value::List(values) => format!("[{}]", self.values(place, values)),
            Value::Fields(fields) => self.structure(place, fields),
        }
    }

    /// The members that say something, or the first one.
    fn structure(&self, place: Place, fields: &Fields) -> String {
        let told = self.arguments(place, fields);
        match fields.first() {
            Some((_, first)) if told.is_empty() => self.value(place, first),
            _ => format!("{{{}}}", told.join(", ")),
        }
    }

    fn values(&self, place: Place, values: &[Value]) -> String {
        values.iter().map(|value| self.value(place, value)).collect::<Vec<_>>().join(", ")
    }

    /// A handle in its process: `0x100 "s"`.
    #[must_use]
    pub fn handle(&self, place: Place, handle: Handle) -> String {
        if handle == Handle::NULL {
            return "NULL".to_owned();
        }
        if handle == Handle::INVALID {
            return "INVALID_SOCKET".to_owned();
        }
        let label = place.process.and_then(|process| self.trace.label(process, Named::Handle(handle), place.event));
        self.labelled(format!("{:#x}", handle.0), label)
    }

    /// A window of its process.
    #[must_use]
    pub fn window(&self, place: Place, window: Window) -> String {
        let label = place.process.and_then(|process| self.trace.label(process, Named::Window(window), usize::MAX));
        self.labelled(format!("window {}", window.0), label)
    }

    /// A process by its id: `1008 "target"`.
    #[must_use]
    pub fn process_id(&self, place: Place, id: ProcessId) -> String {
        let process = self.trace.incarnation(id, place.event);
        let number = if id.0 > i32::MAX as u32 { (id.0 as i32).to_string() } else { id.0.to_string() };
        match (process.and_then(|process| self.trace.names.process(process)), self.style) {
            (Some(name), Style::Short) => name.to_owned(),
            (name, _) => self.labelled(number, name),
        }
    }

    fn entry(&self, id: u32) -> String {
        let name = self.trace.names.entries.get(&id).map(|name| &**name);
        self.labelled(id.to_string(), name)
    }

    /// The entry a protocol info names, by the name it bears itself.
    fn entry_of(&self, info: &Info) -> String {
        let (id, name) = (info.catalog_entry_id(), info.fields().protocol_name.to_string());
        if name.is_empty() { self.entry(id) } else { self.labelled(id.to_string(), Some(&name)) }
    }

    /// A protocol info: a block by its label, anything else by its catalog entry.
    fn info(&self, info: &Info) -> String {
        let entry = info.catalog_entry_id();
        let block = self.block(info.reserved());
        match (self.style, info.reserved()) {
            (_, 0) if entry == 0 => "blank".to_owned(),
            (Style::Short, 0) | (Style::Full, 0) => format!("entry {}", self.entry_of(info)),
            (Style::Short, _) => block,
            (Style::Full, _) => format!("{block} of entry {}", self.entry_of(info)),
        }
    }

    /// A block by the token of its duplication: `block 1 "info"`.
    #[must_use]
    pub fn block(&self, token: u32) -> String {
        let label = self.trace.names.blocks.get(&token).map(|label| &**label);
        match (self.style, label) {
            (Style::Short, Some(label)) => format!("block {}", quoted(label)),
            _ => self.labelled(format!("block {token:#x}"), label),
        }
    }

    fn labelled(&self, number: String, label: Option<&str>) -> String {
        match (label, self.style) {
            (None, _) => number,
            (Some(label), Style::Short) => quoted(label),
            (Some(label), Style::Full) => format!("{number} {}", quoted(label)),
        }
    }

    /// A thread by its name.
    #[must_use]
    pub fn thread(&self, thread: ThreadId) -> Cow<'a, str> {
        let unnamed = || format!("process {} thread {}", thread.process.0, thread.index).into();
        self.trace.names.thread(thread).map_or_else(unnamed, Cow::Borrowed)
    }

    /// A process by its name.
    #[must_use]
    pub fn process(&self, process: Incarnation) -> Cow<'a, str> {
        let unnamed = || format!("process {}", process.0).into();
        self.trace.names.process(process).map_or_else(unnamed, Cow::Borrowed)
    }

    /// A provider by its name.
    #[must_use]
    pub fn shape(&self, shape: ShapeId) -> Cow<'a, str> {
        let known = self.trace.names.shapes.get(usize::from(shape.0));
        known.map_or_else(|| format!("provider {}", shape.0).into(), |name| Cow::Borrowed(&**name))
    }

    /// A call pauses at a frame border.
    #[must_use]
    pub fn pause(&self, provider: Option<ShapeId>, answered: bool) -> String {
        let provider = provider.map_or("a provider".into(), |shape| self.shape(shape));
        if answered { format!("pauses after the answer of {provider}") } else { format!("pauses before {provider}") }
    }

    /// A shared socket by the first label one of its descriptors got.
    #[must_use]
    pub fn socket(&self, socket: SocketId) -> String {
        let label = self.trace.names.sockets.get(&socket).map(|label| &**label);
        match (label, self.style) {
            (Some(label), Style::Short) => quoted(label),
            _ => self.labelled(format!("socket {}", socket.0), label),
        }
    }

    /// An event object.
    #[must_use]
    pub fn event_object(&self, event: EventId) -> String {
        format!("event {}", event.0)
    }

    /// A policy with the answer in force: `policy block_reuse = Refuse`.
    #[must_use]
    pub fn policy(&self, policy: PolicyId) -> String {
        format!("policy {} = {}", policy.name(), policy.answer(self.trace.policies))
    }

    /// What a parked call waits for: `data on "s"`.
    #[must_use]
    pub fn until(&self, thread: ThreadId, until: &Until) -> String {
        match until {
            Until::Socket(socket, interest) => format!("{} {}", interest_words(*interest), self.socket(*socket)),
            Until::Sockets(watched) => {
                let mut sockets: Vec<_> = watched.iter().filter_map(|watched| watched.socket).collect();
                sockets.dedup();
                let names: Vec<_> = sockets.iter().map(|&socket| self.socket(socket)).collect();
                format!("any of {}", names.join(", "))
            }
            Until::Callback => "its callback to return".to_owned(),
            Until::Message(window) => {
                let place = Place { event: usize::MAX, process: Some(thread.process) };
                format!("a message in {}", self.window(place, *window))
            }
            Until::Ipc => "a value from another process".to_owned(),
            Until::Events { events, all } => {
                let names: Vec<_> = events.iter().map(|&event| self.event_object(event)).collect();
                format!("{} of {}", if *all { "all" } else { "any" }, names.join(", "))
            }
            Until::CatalogChange(_) => "a change of the catalog".to_owned(),
            Until::Packet(port) => format!("a packet at completion port {}", port.0),
            Until::Time => "time to pass".to_owned(),
            Until::Alertable(until) => format!("{} or a completion routine", self.until(thread, until)),
            Until::Routine => "its completion routine to return".to_owned(),
        }
    }

    /// The process whose numbers an event speaks of, and the event whose labels count: a call is told with the names
    /// that were known when it was made, everything after it with those that its step gives.
    #[must_use]
    pub fn place(&self, event: usize) -> Place {
        let process = match self.trace.events.get(event) {
            Some(Event::ClientCall { thread, .. }) => return Place { event, process: Some(thread.process) },
            Some(Event::ClientReturn { thread, .. }) => Some(thread.process),
            Some(Event::Enter(entering)) => Some(entering.thread.process),
            Some(Event::Leave(leaving)) => Some(leaving.thread.process),
            Some(Event::Upcall(upcall)) => Some(upcall.thread.process),
            Some(Event::MessagePosted { process, .. }) => Some(*process),
            Some(Event::Sent { from, .. }) => Some(*from),
            _ => None,
        };
        Place { event: self.trace.next_op(event), process }
    }
}

fn interest_words(interest: Interest) -> &'static str {
    match interest {
        Interest::Readable => "data on",
        Interest::Part => "part of a message on",
        Interest::Urgent => "urgent data on",
        Interest::Writable => "room to send on",
        Interest::Acceptable => "a request at",
        Interest::Connected => "the connection of",
        Interest::Disconnected => "everything sent to arrive on",
        Interest::Parted => "the peer's end on",
        Interest::Drained => "the rest of the data of",
        Interest::Changed => "a change notice for",
        Interest::Turn => "the end of another send on",
    }
}

/// Values that need no parameter name beside them.
fn speaks_for_itself(value: &Value) -> bool {
    !matches!(
        value,
        Value::Number(_)
            | Value::Size(_)
            | Value::Room(_)
            | Value::Bool(_)
            | Value::Null
            | Value::Wild
            | Value::List(_)
    )
}

/// Text in quotes, without control characters and not too long.
fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let shown: String = chars.by_ref().take(SHOWN_CHARS).collect();
    let rest = if chars.next().is_some() { "..." } else { "" };
    format!("\"{}{rest}\"", shown.escape_debug())
}

/// Bytes: as text when they are text, in hexadecimal otherwise; the length when not all are shown.
fn data(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "0 bytes".to_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace()) => {
            let more = text.chars().nth(SHOWN_CHARS).is_some();
            quoted(text) + &length(bytes.len(), more)
        }
        _ => {
            let shown = &bytes[..bytes.len().min(SHOWN_CHARS / 2)];
            let hex: Vec<_> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
            let more = if bytes.len() > shown.len() { " ..." } else { "" };
            format!("<{}{more}>", hex.join(" ")) + &length(bytes.len(), bytes.len() > shown.len())
        }
    }
}

fn length(bytes: usize, cut: bool) -> String {
    if cut { format!(" ({bytes} bytes)") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_when_they_are_text() {
        assert_eq!(data(b"hello"), "\"hello\"");
        assert_eq!(data(b"two\r\nlines"), "\"two\\r\\nlines\"");
        assert_eq!(data(b"\x00\xff"), "<00 ff>");
        assert_eq!(data(b"\x1b[2J"), "<1b 5b 32 4a>");
        assert_eq!(data(b""), "0 bytes");
    }

    #[test]
    fn long_bytes_say_how_long_they_are() {
        assert_eq!(data(&[b'x'; 40]), format!("\"{}...\" (40 bytes)", "x".repeat(32)));
        let shown = vec!["00"; 16].join(" ");
        assert_eq!(data(&[0; 17]), format!("<{shown} ...> (17 bytes)"));
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        assert_eq!(quoted("a\u{1b}[31mb"), "\"a\\u{1b}[31mb\"");
    }
}
