//! The one owner of the standard streams, and what is known about the terminal behind them.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::ColorChoice;

/// Columns when nobody says how many there are.
const WIDTH_DEFAULT: usize = 100;
/// Columns that make sense.
const WIDTH_MIN: usize = 60;
const WIDTH_MAX: usize = 400;

/// How text for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns.
    pub(crate) width: usize,
    /// Whether box-drawing characters and arrows can be shown.
    pub(crate) unicode: bool,
    /// Whether colours can.
    pub(crate) color: bool,
}

impl Look {
    /// What suits a file or a pipe.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { width: WIDTH_DEFAULT, unicode: false, color: false };

    fn of_stdout(choice: ColorChoice) -> Self {
        Self::of(choice, io::stdout().is_terminal())
    }

    fn of(choice: ColorChoice, terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !dumb && set("NO_COLOR").is_none(),
        };
        let columns = set("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let measured = || terminal_size::terminal_size().filter(|_| terminal).map(|(width, _)| usize::from(width.0));
        let width = columns.or_else(measured).unwrap_or(WIDTH_DEFAULT).clamp(WIDTH_MIN, WIDTH_MAX);
        Self { width, unicode: terminal && !dumb, color }
    }

    /// Text in bold.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    /// Text beside the point.
    pub(crate) fn dim(&self, text: &str) -> String {
        self.styled("2", text)
    }

    /// Text that says that all is well.
    pub(crate) fn good(&self, text: &str) -> String {
        self.styled("32", text)
    }

    /// Text that says that something is not.
    pub(crate) fn bad(&self, text: &str) -> String {
        self.styled("1;31", text)
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Text from outside, without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Writes to stdout and stderr. A reader that has gone away is no error: what is left is dropped.
pub(crate) struct Output {
    /// How text on stdout looks.
    pub(crate) look: Look,
    /// How messages on stderr look.
    pub(crate) messages: Look,
    closed: bool,
    failed: Option<io::Error>,
}

impl Output {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let messages = Look::of(choice, io::stderr().is_terminal());
        Self { look: Look::of_stdout(choice), messages, closed: false, failed: None }
    }

    /// Writes to stdout.
    pub(crate) fn text(&mut self, text: &str) {
        if self.closed {
            return;
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => {}
            Err(error) => {
                self.closed = true;
                self.failed = (error.kind() != io::ErrorKind::BrokenPipe).then_some(error);
            }
        }
    }

    /// Writes a message to stderr. When that is impossible nobody is left to be told.
    pub(crate) fn message(&mut self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _nobody_left_to_tell = stderr.write_all(text.as_bytes());
    }

    /// The exit status, unless what was written never arrived.
    pub(crate) fn finish(mut self, status: Status) -> ExitCode {
        match self.failed.take() {
            None => status.into(),
            Some(error) => {
                self.message(&format!("error: the output cannot be written: {error}\n"));
                Status::Wrong.into()
            }
        }
    }
}

/// How a run of the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// All held.
    Held,
    /// A scenario failed, got stuck or ran out of budget.
    Failed,
    /// The input or the usage was wrong.
    Wrong,
    /// `explore`: somebody waits in some order and nobody will end it.
    Stuck,
    /// `explore`: nothing was wrong until the budget was spent.
    OutOfBudget,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}
