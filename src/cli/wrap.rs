//! Text in lines of a given width.

use unicode_width::UnicodeWidthStr;

/// Breaks a text into lines, each with `indent` in front.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = indent.width() + line.width() + 1 + word.width();
        if !line.is_empty() && needed > width {
            push_line(&mut lines, indent, &line);
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    push_line(&mut lines, indent, &line);
    lines
}

/// A name and a text beside it: `R3  A block opens ...`, further lines indented to the text.
pub(crate) fn definition(name: &str, column: usize, text: &str, width: usize) -> String {
    let indent = " ".repeat(column);
    let body = wrapped(text, &indent, width);
    let gap = " ".repeat(column.saturating_sub(name.width()).max(1));
    if name.width() + 1 > column {
        format!("{name}\n{body}")
    } else {
        format!("{name}{gap}{}", body.trim_start_matches(' '))
    }
}

fn push_line(lines: &mut String, indent: &str, line: &str) {
    lines.push_str(indent);
    lines.push_str(line);
    lines.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrapped("one two three", "  ", 9), "  one two\n  three\n");
        assert_eq!(wrapped("extraordinary", "", 4), "extraordinary\n");
    }

    #[test]
    fn a_definition_hangs() {
        assert_eq!(definition("R3", 4, "one two three", 11), "R3  one two\n    three\n");
        assert_eq!(definition("Bind10", 4, "one", 11), "Bind10\n    one\n");
    }
}
