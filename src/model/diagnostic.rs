//! What is wrong with a model or scenario file, and where.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Something wrong with a model or scenario file. Only the command line renders it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as it was named.
    pub file: String,
    /// Its text; empty when it could not be read.
    pub source: Arc<str>,
    /// The bytes it is about. Always on character boundaries inside `source`.
    pub span: Range<usize>,
    /// What is wrong.
    pub title: String,
    /// What to write under the marked bytes; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The line of the first marked byte, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.before().bytes().filter(|&byte| byte == b'\n').count() as u32 + 1
    }

    /// The column of the first marked byte in characters, from 1.
    #[must_use]
    pub fn column(&self) -> u32 {
        let before = self.before();
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        line.chars().count() as u32 + 1
    }

    fn before(&self) -> &str {
        self.source.get(..self.span.start).unwrap_or(&self.source)
    }
}

/// `file:line:column: title (label); help`, for logs and tests.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line(), self.column(), self.title)?;
        if !self.label.is_empty() {
            write!(f, " ({})", self.label)?;
        }
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}
