//! Broken duties: what is told of one, as values and as text.

use super::Trace;
use super::value::{Fields, Value};
use super::words::{Place, Style, Words};
use crate::world::checks::{Breach, Fact};

/// A breach in words.
pub struct Told<'t, 'a> {
    words: Words<'t, 'a>,
    place: Place,
    breach: &'t Breach,
}

impl<'t, 'a> Told<'t, 'a> {
    /// What to say of a breach that stands at some event of a trace.
    #[must_use]
    pub fn new(trace: &'t Trace<'a>, event: usize, breach: &'t Breach) -> Self {
        let process = breach.thread.map(|thread| thread.process);
        Self { words: Words::new(trace, Style::Full), place: Place { event, process }, breach }
    }

    /// Who broke what: `Duty5 broken by layer: dwProviderReserved is 0, not 0x9e3779b1`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} broken by {}: expected {}, got {}", self.breach.rule, self.by(), self.expected(), self.actual())
    }

    /// Whose duty it was.
    #[must_use]
    pub fn by(&self) -> String {
        self.words.shape(self.breach.by).into_owned()
    }

    /// What the duty demands.
    #[must_use]
    pub fn expected(&self) -> String {
        self.fact(&self.breach.expected)
    }

    /// What came instead.
    #[must_use]
    pub fn actual(&self) -> String {
        self.fact(&self.breach.actual)
    }

    /// The calls in progress, the outermost first: `ws2_32 > layer WSPSocket > msafd WSPSocket`. `None` when there were
    /// none.
    #[must_use]
    pub fn stack(&self) -> Option<String> {
        let levels = self.breach.stack.iter();
        let levels: Vec<String> =
            levels.map(|level| format!(" > {} {}", self.words.shape(level.shape), level.function)).collect();
        (!levels.is_empty()).then(|| format!("ws2_32{}", levels.concat()))
    }

    /// The arguments that matter: `next = msafd`.
    #[must_use]
    pub fn matters(&self) -> Vec<String> {
        let matters = self.breach.matters.iter();
        matters.map(|(name, fact)| format!("{name} = {}", self.fact(fact))).collect()
    }

    fn fact(&self, fact: &Fact) -> String {
        let handle = |process, handle| self.words.value(self.place, &Value::HandleOf(process, handle));
        match *fact {
            Fact::HandleThat(process, number, what) => format!("{}, {what}", handle(process, number)),
            Fact::HandleOf(process, number, shape) => {
                format!("{} of {}", handle(process, number), self.words.shape(shape))
            }
            _ => self.words.value(self.place, &self.value(fact)),
        }
    }

    /// What is expected, what came, and the arguments that matter, as values.
    #[must_use]
    pub fn values(&self) -> [Value; 3] {
        let matters: Fields = self.breach.matters.iter().map(|(name, fact)| (*name, self.value(fact))).collect();
        [self.value(&self.breach.expected), self.value(&self.breach.actual), Value::Fields(matters)]
    }

    fn value(&self, fact: &Fact) -> Value {
        match fact {
            Fact::Words(words) => Value::word(*words),
            Fact::Number(number) => Value::Number(i64::try_from(*number).unwrap_or(i64::MAX)),
            Fact::Word(word) => Value::word(format!("dwProviderReserved {word:#x}")),
            Fact::Info(info) => Value::Info(info.clone()),
            Fact::Entry(id) => Value::Entry(*id),
            Fact::Handle(process, handle) => Value::HandleOf(*process, *handle),
            Fact::HandleThat(process, handle, what) => {
                Value::Fields(vec![("handle", Value::HandleOf(*process, *handle)), ("is", Value::word(*what))])
            }
            Fact::HandleOf(process, handle, shape) => {
                let of = Value::word(self.words.shape(*shape).into_owned());
                Value::Fields(vec![("handle", Value::HandleOf(*process, *handle)), ("of", of)])
            }
            Fact::Provider(shape) => Value::word(self.words.shape(*shape).into_owned()),
            Fact::Function(function) => Value::word(function.name()),
            Fact::Error(error) => Value::Error(*error),
            Fact::Version(version) => Value::version(*version),
            Fact::Thread(thread) => Value::word(self.words.thread(*thread).into_owned()),
            Fact::Process(process) => Value::Owner(*process),
            Fact::Socket(socket) => Value::Socket(*socket),
        }
    }
}
