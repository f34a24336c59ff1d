//! Where the items of a list stand in a RON text.
//!
//! A whole file is parsed in one go, which tells nothing about where a step begins. This scan finds out, byte by byte,
//! knowing only brackets, strings and comments. It expects a text RON has accepted; on any other it finds something
//! or nothing, and ends.

use std::ops::Range;

/// The items of the list that is the value of `key` in the outermost struct.
#[must_use]
pub fn items(text: &str, key: &str) -> Vec<Range<usize>> {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    if scan.seek_list(key) { std::iter::from_fn(|| scan.item()).collect() } else { Vec::new() }
}

/// The end of the item that begins at `start`.
#[must_use]
pub fn end_of_item(text: &str, start: usize) -> usize {
    let mut scan = Scan { text: text.as_bytes(), at: start };
    scan.item().map_or(text.len(), |item| item.end)
}

/// The first item of a list without its brackets.
#[must_use]
pub fn first_item(text: &str) -> Option<Range<usize>> {
    Scan { text: text.as_bytes(), at: 0 }.item()
}

/// The items of a list without its brackets.
pub fn list(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    std::iter::from_fn(move || scan.item())
}

/// A value without the blanks and comments around it.
#[must_use]
pub fn bare(text: &str) -> &str {
    let trimmed = text.trim();
    if !trimmed.starts_with('/') && !trimmed.ends_with('/') && !trimmed.contains('\n') {
        return trimmed;
    }
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    scan.item().map_or(trimmed, |item| &text[item])
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    /// Goes behind the `[` of the list; `false` if there is none.
    fn seek_list(&mut self, key: &str) -> bool {
        let (mut depth, mut word) = (0_usize, 0..0);
        let mut after_key = false;
        while let Some(token) = self.token() {
            match self.text[token.start] {
                b'[' if depth == 1 && after_key => return true,
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b':' => {
                    after_key = depth == 1 && &self.text[word.clone()] == key.as_bytes();
                    continue;
                }
                _ => word = token,
            }
            after_key = false;
        }
        false
    }

    /// The next item up to its comma, or up to the bracket that ends the list.
    fn item(&mut self) -> Option<Range<usize>> {
        let first = self.token()?;
        let (start, mut end, mut depth) = (first.start, first.start, 0_usize);
        let mut token = Some(first);
        while let Some(part) = token {
            match self.text[part.start] {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => {
                    self.at = part.start;
                    break;
                }
                b')' | b']' | b'}' => depth -= 1,
                b',' if depth == 0 => break,
                _ => {}
            }
            end = part.end;
            token = self.token();
        }
        (end > start).then_some(start..end)
    }

    /// The next bracket, separator, string or word.
    fn token(&mut self) -> Option<Range<usize>> {
        self.skip_trivia();
        let start = self.at;
        match self.byte(0)? {
            b'"' => self.string(),
            b'\'' => self.character(),
            b'r' if self.raw_hashes().is_some() => self.raw_string(),
            byte if is_word(byte) => {
                while self.byte(0).is_some_and(is_word) {
                    self.at += 1;
                }
            }
            _ => self.at += 1,
        }
        self.at = self.at.min(self.text.len());
        Some(start..self.at)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn skip_trivia(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(byte), _) if byte.is_ascii_whitespace() || byte == 0x0b => self.at += 1,
                (Some(b'/'), Some(b'/')) => self.skip_while(|byte| byte != b'\n'),
                (Some(b'/'), Some(b'*')) => self.block_comment(),
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&goes_on) {
            self.at += 1;
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.byte(0) {
            match (byte, self.byte(1)) {
                (b'/', Some(b'*')) => (depth, self.at) = (depth + 1, self.at + 2),
                (b'*', Some(b'/')) => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    /// `'x'` or an escape; RON has no lifetimes, so a quote always begins a character.
    fn character(&mut self) {
        self.at += if self.byte(1) == Some(b'\\') { 3 } else { 2 };
        self.skip_while(|byte| byte != b'\'' && byte != b'\n');
        self.at += 1;
    }

    /// How many `#` a raw string here has; `None` if this is a word.
    fn raw_hashes(&self) -> Option<usize> {
        let hashes = self.text[self.at + 1..].iter().take_while(|&&byte| byte == b'#').count();
        (self.byte(hashes + 1) == Some(b'"')).then_some(hashes)
    }

    fn raw_string(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        self.at += hashes + 2;
        while let Some(byte) = self.byte(0) {
            self.at += 1;
            if byte == b'"' && self.hashes_here(hashes) {
                self.at += hashes;
                return;
            }
        }
    }

    fn hashes_here(&self, hashes: usize) -> bool {
        self.text[self.at..].iter().take(hashes).take_while(|&&byte| byte == b'#').count() == hashes
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
        items(text, key).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn items_end_at_their_own_brackets() {
        let text =
            "// steps: [x]\nS(about: \"steps: [\", inner: (steps: [0]), steps: [(a: [1, 2]), \n B(')'), /* ], */ c],)";
        assert_eq!(texts(text, "steps"), ["(a: [1, 2])", "B(')')", "c"]);
    }

    #[test]
    fn strings_hide_brackets() {
        let text = r##"(steps: ["a]\"", r#"b"]"#, r"c]", é])"##;
        assert_eq!(texts(text, "steps"), [r#""a]\"""#, r##"r#"b"]"#"##, r#"r"c]""#, "é"]);
    }

    #[test]
    fn there_may_be_nothing() {
        assert!(items("(steps: [])", "steps").is_empty());
        assert!(items("(finally: [1])", "steps").is_empty());
        assert!(items("(steps: [\"", "steps").len() <= 1);
    }

    #[test]
    fn a_value_is_bare_of_comments() {
        assert_eq!(bare(" /* a */ AF_INET // b\n"), "AF_INET");
        assert_eq!(bare(" (a: 1) "), "(a: 1)");
        assert_eq!(bare(" // only a comment"), "// only a comment");
    }

    #[test]
    fn an_item_is_found_again_by_its_start() {
        let text = "(steps: [(a: 1), (b: 2)])";
        for item in items(text, "steps") {
            assert_eq!(end_of_item(text, item.start), item.end);
        }
    }
}
