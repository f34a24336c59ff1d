//! A text with positions: reading RON so that everything in it can be pointed at.
//!
//! RON keeps no positions of values, but strings, identifiers and raw values borrow from the text, so their address
//! is their position. Lines and columns are computed only for messages.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ron::Options;
use ron::error::{Position, SpannedError};
use ron::extensions::Extensions;
use serde::de::{Deserialize, Deserializer, Visitor};

use super::Diagnostic;
use super::explain::explain;

/// Larger files are refused unread.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A file and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as it was named.
    pub file: String,
    /// Its text.
    pub text: Arc<str>,
}

impl Source {
    /// A text that stands in for a file.
    ///
    /// # Errors
    /// When it is too large.
    pub fn new(file: impl Into<String>, text: impl Into<Arc<str>>) -> Result<Self, Diagnostic> {
        let source = Self { file: file.into(), text: text.into() };
        if source.text.len() > FILE_BYTES_MAX {
            return Err(too_large(source.file, source.text.len() as u64));
        }
        Ok(source)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is too large or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, Diagnostic> {
        let file = path.display().to_string();
        let unreadable = |why: &dyn fmt::Display| unreadable(file.clone(), why);
        let bytes = fs::metadata(path).map_err(|why| unreadable(&why))?.len();
        if bytes > FILE_BYTES_MAX as u64 {
            return Err(too_large(file, bytes));
        }
        let text = fs::read_to_string(path).map_err(|why| unreadable(&why))?;
        Self::new(file, text)
    }

    /// Parses the whole text.
    ///
    /// # Errors
    /// When it is not RON or not a `T`.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Diagnostic> {
        parse(&self.text).map_err(|error| self.explain(0..self.text.len(), error))
    }

    /// Says what is wrong with a part of the text that was parsed by itself.
    #[must_use]
    pub fn explain(&self, part: Range<usize>, error: SpannedError) -> Diagnostic {
        let text = &self.text[part.clone()];
        let span = offset(text, error.span.start)..offset(text, error.span.end);
        let said = explain(error.code);
        let span = part.start + span.start..part.start + span.end.max(span.start);
        Diagnostic { help: said.help, ..self.diagnostic(span, said.title, said.label) }
    }

    /// A diagnostic about some bytes.
    #[must_use]
    pub fn diagnostic(&self, span: Range<usize>, title: impl Into<String>, label: impl Into<String>) -> Diagnostic {
        Diagnostic {
            file: self.file.clone(),
            source: Arc::clone(&self.text),
            span,
            title: title.into(),
            label: label.into(),
            help: None,
        }
    }

    /// Where a slice of this text stands; `None` for any other text.
    #[must_use]
    pub fn span_of(&self, part: &str) -> Option<Range<usize>> {
        let start = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        let end = start.checked_add(part.len())?;
        (self.text.get(start..end)? == part).then_some(start..end)
    }
}

fn too_large(file: String, bytes: u64) -> Diagnostic {
    let title = format!("the file has {bytes} bytes; at most {FILE_BYTES_MAX} are read");
    Diagnostic { file, source: "".into(), span: 0..0, title, label: String::new(), help: None }
}

fn unreadable(file: String, why: &dyn fmt::Display) -> Diagnostic {
    let title = format!("the file cannot be read: {why}");
    Diagnostic { file, source: "".into(), span: 0..0, title, label: String::new(), help: None }
}

/// Parses RON with the extensions all our files share. The recursion limit stays on.
///
/// # Errors
/// When the text is not RON or not a `T`.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, SpannedError> {
    let extensions = Extensions::IMPLICIT_SOME | Extensions::UNWRAP_NEWTYPES | Extensions::UNWRAP_VARIANT_NEWTYPES;
    Options::default().with_recursion_limit(64).with_default_extension(extensions).from_str(text)
}

/// The byte a position stands for: RON counts lines and characters from 1.
fn offset(text: &str, position: Position) -> usize {
    let line: usize = text.split_inclusive('\n').take(position.line.saturating_sub(1)).map(str::len).sum();
    let column = text[line..].char_indices().nth(position.col.saturating_sub(1));
    column.map_or(text.len(), |(at, _)| line + at)
}

/// Text of a file: borrowed, and so with a position, unless it holds escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// Where it stands; `whole` if it cannot be told.
    #[must_use]
    pub fn span(&self, source: &Source, whole: Range<usize>) -> Range<usize> {
        source.span_of(&self.0).unwrap_or(whole)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// A value as it stands in the text, to be read later: RON's raw value, which borrows and so has a position.
///
/// `ron::value::RawValue` would parse its text a second time to be sure of it; here the parser has just been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(pub &'a str);

/// The name by which RON's deserializer recognises that a raw value is wanted.
const RAW_VALUE: &str = "$ron::private::RawValue";

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Raw<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Raw<'de>, E> {
                Ok(Raw(text))
            }
        }
        deserializer.deserialize_newtype_struct(RAW_VALUE, Borrowing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrowed_text_knows_where_it_stands() {
        let source = Source::new("t", "(\"é\", \"two\")").expect("small");
        let (one, two): (Text<'_>, Text<'_>) = source.parse().expect("RON");
        assert_eq!(source.span_of(&one.0), Some(2..4));
        assert_eq!(source.span_of(&two.0), Some(8..11));
        assert_eq!(source.span_of("two"), None, "equal text elsewhere is not this text");
    }

    #[test]
    fn a_position_becomes_a_byte() {
        let text = "é\nab\n";
        let at = |line, col| offset(text, Position { line, col });
        assert_eq!([at(1, 1), at(1, 2), at(2, 2), at(9, 9)], [0, 2, 4, 6]);
    }

    #[test]
    fn a_raw_value_is_its_text() {
        let raw: Vec<Raw<'_>> = parse("[ AF_INET , \"a\", (x: [1]), /* c */ 5 ]").expect("RON");
        let texts: Vec<_> = raw.iter().map(|raw| super::super::items::bare(raw.0)).collect();
        assert_eq!(texts, ["AF_INET", "\"a\"", "(x: [1])", "5"]);
        assert!(parse::<Vec<Raw<'_>>>("[(]").is_err());
    }

    #[test]
    fn nesting_ends_in_an_error() {
        let deep = "[".repeat(100_000);
        assert!(parse::<serde::de::IgnoredAny>(&deep).is_err());
    }
}
