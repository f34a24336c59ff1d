//! What reading a scenario needs at every place: the text, the names given so far, and where complaints go.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use crate::model::explain::{nearest, shortened};
use crate::model::items::{bare, first_item};
use crate::model::source::Raw;
use crate::model::{Diagnostic, Source, source};

/// More complaints about one file help nobody.
pub(super) const DIAGNOSTICS_MAX: usize = 20;

/// Bytes that `Repeat` and its like may make, over the whole scenario.
const DATA_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A named value of a scenario: a place that a step fills and others use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SlotId(pub u32);

/// What a slot holds, as far as it is known before playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A socket, event or process handle.
    Handle,
    /// A window.
    Window,
    /// A protocol info.
    Block,
    /// A socket address.
    Address,
    /// A process, by its name in the scenario.
    Process,
    /// A process id.
    ProcessId,
    /// A function pointer.
    Function,
    /// Whatever another process sent.
    Any,
}

impl Kind {
    /// What to call it in a message.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Handle => "a handle",
            Self::Window => "a window",
            Self::Block => "a block",
            Self::Address => "an address",
            Self::Process => "a process",
            Self::ProcessId => "a process id",
            Self::Function => "a function",
            Self::Any => "a received value",
        }
    }
}

/// A slot as it was declared.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub name: Arc<str>,
    pub kind: Kind,
    /// The first byte of the declaration.
    pub at: u32,
}

/// A thread of the scenario: its position in the list of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ThreadRef(pub u32);

/// A thread of the scenario.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub name: Arc<str>,
    pub process: SlotId,
    /// 0 for the process's first, which is there from its start.
    pub index: u32,
}

/// Threads one scenario may have, each process's first included.
const THREADS_MAX: usize = 1024;

/// The state of reading.
pub(super) struct Reader<'a> {
    pub source: &'a Source,
    pub slots: Vec<Slot>,
    names: BTreeMap<Cow<'a, str>, SlotId>,
    pub threads: Vec<Thread>,
    thread_names: BTreeMap<Arc<str>, ThreadRef>,
    /// Names used though nobody had given them, with the complaint about it.
    unknown: Vec<(String, usize)>,
    wrong: Vec<Diagnostic>,
    data_bytes_left: u64,
    /// The step being read.
    pub here: Range<usize>,
    /// The program being read, if it is one.
    pub program: Option<usize>,
    /// Labels that programs give, and which program does.
    ahead: BTreeMap<SlotId, usize>,
    /// Where labels are read: first byte, and which.
    pub places: Vec<(u32, SlotId)>,
    /// Whether handles or processes are named by their numbers.
    pub speaks_of_numbers: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self {
            source,
            slots: Vec::new(),
            names: BTreeMap::new(),
            threads: Vec::new(),
            thread_names: BTreeMap::new(),
            unknown: Vec::new(),
            wrong: Vec::new(),
            data_bytes_left: DATA_BYTES_MAX,
            here: 0..0,
            program: None,
            ahead: BTreeMap::new(),
            places: Vec::new(),
            speaks_of_numbers: false,
        }
    }

    /// Complains about a part of the text; about the whole step if the part is not of this text.
    pub(super) fn wrong(&mut self, part: &str, title: impl Into<String>, label: impl Into<String>) {
        let span = self.source.span_of(part).unwrap_or_else(|| self.here.clone());
        let diagnostic = self.source.diagnostic(span, title, label);
        self.complain(diagnostic);
    }

    /// Complains.
    pub(super) fn complain(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.wrong.push(diagnostic);
        }
    }

    /// Whether further complaints would be dropped.
    pub(super) fn is_full(&self) -> bool {
        self.wrong.len() >= DIAGNOSTICS_MAX
    }

    /// Where labels are read, in the order of the file.
    pub(super) fn take_places(&mut self) -> Vec<(u32, SlotId)> {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable();
        places
    }

    /// Everything has been read: the names, or all complaints. A name that is given only later gets told so.
    pub(super) fn finish(mut self) -> Result<(Vec<Slot>, Vec<Thread>), Vec<Diagnostic>> {
        if self.wrong.is_empty() {
            return Ok((self.slots, self.threads));
        }
        for (name, complaint) in &self.unknown {
            let Some(&slot) = self.names.get(name.as_str()) else { continue };
            let Some(diagnostic) = self.wrong.get_mut(*complaint) else { continue };
            let given = self.slots[slot.0 as usize].at as usize;
            let line = self.source.text[..given].bytes().filter(|&byte| byte == b'\n').count() + 1;
            diagnostic.title = format!("`{}` is used before it is given", shortened(name));
            diagnostic.label = format!("given only on line {line}");
        }
        Err(self.wrong)
    }

    /// Declares a name that a program gives, before anything that uses it is read. A program may give a label at several
    /// places.
    pub(super) fn declare_ahead(&mut self, name: Cow<'a, str>, kind: Kind) {
        let Some(program) = self.program.take() else { return };
        let known = self.names.get(&name).copied();
        match known.map(|slot| (slot, self.ahead.get(&slot).copied())) {
            Some((slot, Some(giver))) if giver == program && self.slots[slot.0 as usize].kind == kind => {}
            Some((slot, Some(giver))) if giver == program => {
                let was = self.slots[slot.0 as usize].kind.words();
                self.wrong(&name, format!("`{name}` is {was} elsewhere"), format!("{} here", kind.words()));
            }
            Some((_, Some(_))) => {
                let title = format!("the name `{name}` is taken: a label is given by one program");
                self.wrong(&name, title, "by a second one");
            }
            Some((_, None)) | None => {
                if let Some(slot) = self.declare(name, kind) {
                    self.ahead.insert(slot, program);
                }
            }
        }
        self.program = Some(program);
    }

    /// Declares a name; a process gets its first thread. `None`, with a complaint, if the name is taken or no name.
    pub(super) fn declare(&mut self, name: Cow<'a, str>, kind: Kind) -> Option<SlotId> {
        if !is_name(&name) {
            let title = "a name is letters, digits, `_`, `-` and `.`, a letter first, at most 64 in all";
            self.wrong(&name, title, "no name");
            return None;
        }
        if let Some(&slot) = self.names.get(&name)
            && self.program.is_some()
        {
            // Declared ahead, or complained about.
            return Some(slot);
        }
        if self.names.contains_key(&name) {
            self.wrong(&name, format!("the name `{name}` is taken"), "for the second time");
            return None;
        }
        let id = SlotId(self.slots.len() as u32);
        let at = self.source.span_of(&name).map_or(self.here.start, |span| span.start);
        self.slots.push(Slot { name: (&*name).into(), kind, at: at as u32 });
        self.names.insert(name, id);
        if kind == Kind::Process {
            let name = Arc::clone(&self.slots[id.0 as usize].name);
            self.add_thread(&name, id)?;
        }
        Some(id)
    }

    fn add_thread(&mut self, name: &str, process: SlotId) -> Option<ThreadRef> {
        if self.threads.len() >= THREADS_MAX {
            self.wrong(name, format!("a scenario has at most {THREADS_MAX} processes and threads"), "one too many");
            return None;
        }
        let thread = ThreadRef(self.threads.len() as u32);
        let index = self.threads.iter().filter(|thread| thread.process == process).count() as u32;
        let name: Arc<str> = name.into();
        self.thread_names.insert(Arc::clone(&name), thread);
        self.threads.push(Thread { name, process, index });
        Some(thread)
    }

    /// The thread with a name; `process/thread` makes it.
    pub(super) fn thread(&mut self, text: &str) -> Option<ThreadRef> {
        if let Some(&thread) = self.thread_names.get(text) {
            return Some(thread);
        }
        let Some((process, thread)) = text.split_once('/') else {
            self.slot(text, &[Kind::Process])?;
            return None;
        };
        let process = self.slot(process, &[Kind::Process])?;
        if !is_name(thread) {
            self.wrong(text, "a thread is called `process/thread`", "no name");
            return None;
        }
        self.add_thread(text, process)
    }

    /// The slot with a name. `None`, with a complaint, if there is none or it holds something else.
    pub(super) fn slot(&mut self, name: &str, wanted: &[Kind]) -> Option<SlotId> {
        let Some(&id) = self.names.get(name) else {
            let label = match nearest(name, self.names.keys().map(|name| &**name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "unknown".to_owned(),
            };
            self.unknown.push((name.to_owned(), self.wrong.len()));
            self.wrong(name, format!("nothing is called `{}`", shortened(name)), label);
            return None;
        };
        let kind = self.slots[id.0 as usize].kind;
        if kind != Kind::Any && !wanted.contains(&kind) {
            let words: Vec<_> = wanted.iter().map(|kind| kind.words()).collect();
            let title = format!("`{name}` is {}, not {}", kind.words(), words.join(" or "));
            self.wrong(name, title, "of the wrong kind");
            return None;
        }
        if let Some(span) = self.source.span_of(name) {
            self.places.push((span.start as u32, id));
        }
        Some(id)
    }

    /// Takes bytes from what all data of the scenario may have together.
    pub(super) fn take_data(&mut self, part: &str, bytes: u64) -> Option<usize> {
        match self.data_bytes_left.checked_sub(bytes) {
            Some(left) => {
                self.data_bytes_left = left;
                Some(bytes as usize)
            }
            None => {
                self.wrong(part, format!("the scenario's data exceed {DATA_BYTES_MAX} bytes"), "too much");
                None
            }
        }
    }

    /// Parses a part of the text by itself.
    pub(super) fn parse<T: Deserialize<'a>>(&mut self, part: &'a str) -> Option<T> {
        match source::parse(part) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = self.source.span_of(part).unwrap_or_else(|| self.here.clone());
                let diagnostic = self.source.explain(span, error);
                self.complain(diagnostic);
                None
            }
        }
    }

    /// The text of a string literal.
    pub(super) fn text(&mut self, literal: &'a str) -> Option<Cow<'a, str>> {
        let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match inner {
            Some(inner) if !inner.contains('\\') => Some(Cow::Borrowed(inner)),
            _ => self.parse::<source::Text<'a>>(literal).map(|text| text.0),
        }
    }
}

/// Names of processes and labels. An address never is one, so the two can stand in the same place.
fn is_name(text: &str) -> bool {
    const LENGTH_MAX: usize = 64;
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.len() <= LENGTH_MAX && text.starts_with(char::is_alphabetic) && text.chars().all(part)
}

/// A value by the way it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// A string literal, quotes included.
    Text(&'a str),
    /// A number.
    Number(&'a str),
    /// A name without quotes or brackets.
    Word(&'a str),
    /// A name with something in brackets.
    With { name: &'a str, inner: &'a str, whole: &'a str },
    /// A list, a tuple, a map, a struct without name.
    Other(&'a str),
}

impl<'a> Shape<'a> {
    /// How a raw value is written.
    pub(super) fn of(raw: Raw<'a>) -> Self {
        Self::of_text(bare(raw.0))
    }

    /// How a value is written that has no blanks around it.
    pub(super) fn of_text(text: &'a str) -> Self {
        let first = text.bytes().next().unwrap_or(b' ');
        match first {
            b'"' => Self::Text(text),
            b'0'..=b'9' | b'-' | b'+' => Self::Number(text),
            b'r' if text.ends_with(['"', '#']) => Self::Text(text),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => Self::word(text),
            _ => Self::Other(text),
        }
    }

    fn word(text: &'a str) -> Self {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        match bare(rest).strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => Self::With { name, inner, whole: text },
            None => Self::Word(text),
        }
    }

    /// The text it was made of.
    pub(super) fn source(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Other(text) | Self::Word(text) => text,
            Self::With { whole, .. } => whole,
        }
    }
}

/// The single value in the brackets of a word: `5` in `Ok(5,)`.
pub(super) fn single(inner: &str) -> Option<&str> {
    first_item(inner).map(|item| &inner[item])
}

/// A number in any notation, as 64 bits.
pub(super) fn number(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(number);
    }
    let wide = || source::parse::<u64>(text).ok().map(|number| number as i64);
    source::parse::<i64>(text).ok().or_else(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_told_by_its_first_byte() {
        assert_eq!(Shape::of_text("\"a\""), Shape::Text("\"a\""));
        assert_eq!(Shape::of_text("r\"a\""), Shape::Text("r\"a\""));
        assert_eq!(Shape::of_text("-5"), Shape::Number("-5"));
        assert_eq!(Shape::of_text("Ok"), Shape::Word("Ok"));
        assert_eq!(Shape::of_text("Ok (5,)"), Shape::With { name: "Ok", inner: "5,", whole: "Ok (5,)" });
        assert_eq!(Shape::of_text("(1, 2)"), Shape::Other("(1, 2)"));
        assert_eq!(single(" 5 ,"), Some("5"));
        assert_eq!(single(" "), None);
    }

    #[test]
    fn numbers_have_many_notations() {
        assert_eq!(["5", "-1", "0x10", "1_000"].map(number), [Some(5), Some(-1), Some(16), Some(1000)]);
        assert_eq!(number("18446744073709551615"), Some(-1));
        assert_eq!(number("5 apples"), None);
    }

    #[test]
    fn an_address_is_no_name() {
        assert!(is_name("s") && is_name("info-2") && is_name("Größe.x"));
        assert!(
            !is_name("127.0.0.1:80") && !is_name("::1") && !is_name("family 26") && !is_name("") && !is_name("p/x")
        );
    }
}
