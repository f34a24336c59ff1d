//! Where the items of a list stand in a RON text.
//!
//! A whole file is parsed in one go, which tells nothing about where a step begins. This scan finds out, byte by byte,
//! knowing only brackets, strings and comments. It expects a text RON has accepted; on any other it finds something
//! or nothing, and ends.

use std::ops::Range;

/// The items of the lists that are the values of `keys` in the outermost struct, in the order of the keys.
#[must_use]
pub fn items<const N: usize>(text: &str, keys: [&str; N]) -> [Vec<Range<usize>>; N] {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    let mut found = [const { Vec::new() }; N];
    while let Some(key) = scan.seek_list(&keys) {
        found[key] = std::iter::from_fn(|| scan.item()).collect();
    }
    found
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

/// The value of a field of the struct that begins at `start`, or of the one that is the whole text.
#[must_use]
pub fn field(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let mut scan = Scan { text: text.as_bytes(), at: start };
    scan.skip_attributes();
    scan.skip_while(is_word);
    scan.skip_trivia();
    if scan.byte(0) != Some(b'(') {
        return None;
    }
    scan.at += 1;
    loop {
        scan.skip_trivia();
        let begin = scan.at;
        scan.skip_while(is_word);
        let key = begin..scan.at;
        scan.skip_trivia();
        if key.is_empty() || scan.byte(0) != Some(b':') {
            return None;
        }
        scan.at += 1;
        let value = scan.item()?;
        if &text[key] == name {
            return Some(value);
        }
    }
}

/// A value on one line, without comments, blanks inside brackets and commas before closing ones.
#[must_use]
pub fn on_one_line(text: &str) -> String {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    let mut line = String::with_capacity(text.len());
    scan.skip_trivia();
    while let Some(byte) = scan.byte(0) {
        let begin = scan.at;
        scan.pass(byte);
        while !text.is_char_boundary(scan.at) {
            scan.at += 1;
        }
        let token = &text[begin..scan.at];
        let blank = scan.at;
        scan.skip_trivia();
        let (closes, at_end) = (matches!(scan.byte(0), Some(b')' | b']' | b'}')), scan.byte(0).is_none());
        if token == "," && (closes || at_end) {
            continue;
        }
        line += token;
        if scan.at > blank && !closes && !at_end && !matches!(byte, b'(' | b'[') && scan.byte(0) != Some(b',') {
            line.push(' ');
        }
    }
    line
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
    /// Goes behind the next `[` that follows one of the keys in the outermost struct; which key it was.
    fn seek_list(&mut self, keys: &[&str]) -> Option<usize> {
        // A list that was read to its end leaves its own bracket behind.
        let mut depth = if self.byte(0) == Some(b']') { 2 } else { usize::from(self.at > 0) };
        let (mut word, mut key) = (0..0, None);
        while let Some(token) = self.token() {
            match self.text[token.start] {
                b'[' if depth == 1 && key.is_some() => return key,
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b':' if depth == 1 => {
                    key = keys.iter().position(|key| key.as_bytes() == &self.text[word.clone()]);
                    continue;
                }
                _ => word = token,
            }
            key = None;
        }
        None
    }

    /// The next item up to its comma, or up to the bracket that ends the list.
    fn item(&mut self) -> Option<Range<usize>> {
        self.skip_trivia();
        let (start, mut end, mut depth) = (self.at, self.at, 0_usize);
        while let Some(byte) = self.byte(0) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => break,
                b')' | b']' | b'}' => depth -= 1,
                b',' if depth == 0 => {
                    self.at += 1;
                    break;
                }
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => {
                    self.at += 1;
                    continue;
                }
                b'/' if matches!(self.byte(1), Some(b'/' | b'*')) => {
                    self.skip_trivia();
                    continue;
                }
                _ => {}
            }
            self.pass(byte);
            end = self.at;
        }
        (end > start).then_some(start..end)
    }

    /// Goes behind a string, a character, or a single byte of anything else.
    fn pass(&mut self, byte: u8) {
        match byte {
            b'"' => self.string(),
            b'\'' => self.character(),
            b'r' if self.raw_hashes().is_some() => self.raw_string(),
            _ => self.at += 1,
        }
        self.at = self.at.min(self.text.len());
    }

    /// The next bracket, separator, string or word.
    fn token(&mut self) -> Option<Range<usize>> {
        self.skip_trivia();
        let start = self.at;
        match self.byte(0)? {
            byte if is_word(byte) && self.raw_hashes().is_none() => self.skip_while(is_word),
            byte => self.pass(byte),
        }
        Some(start..self.at)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn skip_trivia(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c), _) => self.at += 1,
                (Some(b'/'), Some(b'/')) => self.skip_while(|byte| byte != b'\n'),
                (Some(b'/'), Some(b'*')) => self.block_comment(),
                _ => return,
            }
        }
    }

    /// Blanks, comments and lines such as `#![enable(..)]`.
    fn skip_attributes(&mut self) {
        self.skip_trivia();
        while self.byte(0) == Some(b'#') {
            self.skip_while(|byte| byte != b'\n');
            self.skip_trivia();
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

    /// How many `#` a raw string here has; `None` if none begins here.
    fn raw_hashes(&self) -> Option<usize> {
        let begins_word =
            self.at.checked_sub(1).is_none_or(|before| !is_word(self.text[before]) || self.text[before] == b'b');
        if self.byte(0) != Some(b'r') || !begins_word || !matches!(self.byte(1), Some(b'#' | b'"')) {
            return None;
        }
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
        {
            let [found] = items(text, [key]);
            found.into_iter().map(|range| &text[range]).collect()
        }
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
        assert!(texts("(steps: [])", "steps").is_empty());
        assert!(texts("(finally: [1])", "steps").is_empty());
        assert!(texts("(steps: [\"", "steps").len() <= 1);
    }

    #[test]
    fn several_lists_are_found_in_one_go() {
        let text = "(a: [1, [2]], b: (c: [3]), c: [], d: [4], a: x)";
        let [a, c, d] = items(text, ["a", "c", "d"]);
        assert_eq!((a.len(), c.len(), d.len()), (2, 0, 1));
        assert_eq!(&text[d[0].clone()], "4");
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let text =
            "// (c: 0)\n#![enable(x)]\nScenario(about: \"b: (\", /* b */ b : (steps: [0]), steps: [(a: [1, 2]),],)";
        let of = |name| field(text, 0, name).map(|range| &text[range]);
        assert_eq!((of("b"), of("steps")), (Some("(steps: [0])"), Some("[(a: [1, 2]),]")));
        assert_eq!((of("a"), of("c"), field("5", 0, "a")), (None, None, None));
        let step = text.find("(a:").expect("a step");
        assert_eq!(field(text, step, "a").map(|range| &text[range]), Some("[1, 2]"));
    }

    #[test]
    fn a_value_comes_on_one_line() {
        let text = "WSPSelect(\n    read: [ \"a  b\", \"é\", ],  // why\n    timeout_ms: 5,\n)";
        assert_eq!(on_one_line(text), "WSPSelect(read: [\"a  b\", \"é\"], timeout_ms: 5)");
        assert_eq!(on_one_line("Ok"), "Ok");
        assert_eq!(on_one_line("(a: 'x', b:-1)"), "(a: 'x', b:-1)");
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
        let [found] = items(text, ["steps"]);
        for item in found {
            assert_eq!(end_of_item(text, item.start), item.end);
        }
    }
}
