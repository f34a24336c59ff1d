//! Where everything in a picture stands.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{ARROW, Lane, Picture, Row, Said, Sign, What};
use crate::trace::paint::{self, Tone};

/// What a picture is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Columns.
    pub width: usize,
    /// Whether box-drawing characters and arrows can be shown.
    pub unicode: bool,
    /// Whether colours can.
    pub color: bool,
}

impl Default for Canvas {
    fn default() -> Self {
        Self { width: 100, unicode: false, color: false }
    }
}

/// What a line in the last lane can count on.
const TEXT_MIN: usize = 52;
/// The distance of lanes: at least, at most.
const STRIDE: (usize, usize) = (3, 18);
const HEADING: &str = "line";

struct Glyphs {
    life: &'static str,
    into: &'static str,
    change: &'static str,
    right: (&'static str, &'static str),
    left: (&'static str, &'static str),
    dash: &'static str,
    cut: &'static str,
    skipped: &'static str,
    to: &'static str,
}

const UNICODE: Glyphs = Glyphs {
    life: "│",
    into: "└ ",
    change: "● ",
    right: ("├", "▶"),
    left: ("◀", "┤"),
    dash: "─",
    cut: "…",
    skipped: "⋮",
    to: "→",
};

const ASCII: Glyphs = Glyphs {
    life: "|",
    into: "+ ",
    change: "* ",
    right: ("|", ">"),
    left: ("<", "|"),
    dash: "-",
    cut: "...",
    skipped: ":",
    to: "->",
};

pub(super) fn picture(picture: &Picture, canvas: &Canvas) -> String {
    let board = Board::new(picture, canvas);
    let mut text = board.heading(&picture.lanes);
    for block in &picture.blocks {
        let numbered = block.rows.iter().position(|row| !matches!(row.what, What::Arrow { .. })).unwrap_or(0);
        for (at, row) in block.rows.iter().enumerate() {
            text.push_str(&board.row(block.line.filter(|_| at == numbered), row));
        }
    }
    text
}

struct Board {
    glyphs: &'static Glyphs,
    canvas: Canvas,
    gutter: usize,
    stride: usize,
    lanes: usize,
}

impl Board {
    fn new(picture: &Picture, canvas: &Canvas) -> Self {
        let lines = picture.blocks.iter().filter_map(|block| block.line);
        let digits = lines.max().map_or(0, |line| line.to_string().len());
        let gutter = digits.max(HEADING.len()) + 2;
        let lanes = picture.lanes.len();
        let wanted = picture.lanes.iter().map(|lane| heading_of(lane).width() + 2).max().unwrap_or(0);
        let room = canvas.width.saturating_sub(gutter + TEXT_MIN) / lanes.saturating_sub(1).max(1);
        let stride = wanted.min(room).clamp(STRIDE.0, STRIDE.1);
        let glyphs = if canvas.unicode { &UNICODE } else { &ASCII };
        Self { glyphs, canvas: *canvas, gutter, stride, lanes }
    }

    /// The names of the processes above their lanes; a name gets its own line when the next one leaves no room.
    fn heading(&self, lanes: &[Lane]) -> String {
        let mut lines: Vec<Line> = Vec::new();
        for (at, lane) in lanes.iter().enumerate().rev() {
            let (name, column) = (heading_of(lane), self.column(at));
            let end = column + name.width();
            match lines.last_mut() {
                Some(line) if end < line.start => line.put_before(column, &name, Tone::Lane(at)),
                _ => lines.push(Line::starting_with(column, &name, Tone::Lane(at))),
            }
        }
        let mut text = String::new();
        for (at, line) in lines.iter().rev().enumerate() {
            let last = at + 1 == lines.len();
            let first =
                if last { format!("{HEADING:>width$}  ", width = self.gutter - 2) } else { " ".repeat(self.gutter) };
            text.push_str(&line.finish(self, &first));
        }
        text
    }

    fn row(&self, number: Option<u32>, row: &Row) -> String {
        let mut pen = Pen::new(self, number, &row.alive);
        let mut below = String::new();
        match &row.what {
            What::Said(said) => {
                pen.said(said);
                below = self.note_below(&pen, said, &row.alive);
            }
            What::Arrow { from, to, label } => pen.arrow(*from, *to, label),
            What::Machine(text) => pen.machine(text),
            What::Same(steps) => pen.same(*steps),
        }
        pen.finish() + &below
    }

    /// A note gets lines of its own when there is no room beside what it belongs to.
    fn note_below(&self, above: &Pen<'_>, said: &Said, alive: &[bool]) -> String {
        if said.note.is_empty() || above.noted {
            return String::new();
        }
        let depth = said.depth + 1;
        let room = self.canvas.width.saturating_sub(self.column(said.lane) + 1 + 2 * depth);
        let lines = broken(&said.note, room).into_iter().map(|line| {
            let mut pen = Pen::new(self, None, alive);
            pen.said(&Said::new(said.lane, depth, line, Tone::Dim));
            pen.finish()
        });
        lines.collect()
    }

    fn column(&self, lane: usize) -> usize {
        self.gutter + lane * self.stride
    }
}

fn heading_of(lane: &Lane) -> String {
    lane.id.map_or_else(|| lane.name.clone(), |id| format!("{} {id}", lane.name))
}

/// A heading line, put together from the right.
struct Line {
    start: usize,
    words: Vec<(usize, String, Tone)>,
}

impl Line {
    fn starting_with(column: usize, word: &str, tone: Tone) -> Self {
        Self { start: column, words: vec![(column, word.to_owned(), tone)] }
    }

    fn put_before(&mut self, column: usize, word: &str, tone: Tone) {
        self.start = column;
        self.words.push((column, word.to_owned(), tone));
    }

    fn finish(&self, board: &Board, first: &str) -> String {
        let mut text = String::new();
        let mut at = first.width();
        paint::push(&mut text, first, Tone::Dim, board.canvas.color);
        for (column, word, tone) in self.words.iter().rev() {
            text.push_str(&" ".repeat(column.saturating_sub(at)));
            paint::push(&mut text, word, *tone, board.canvas.color);
            at = (*column).max(at) + word.width();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// Writes one line from left to right.
struct Pen<'b> {
    board: &'b Board,
    alive: &'b [bool],
    text: String,
    at: usize,
    /// Whether there was room for the note.
    noted: bool,
}

impl<'b> Pen<'b> {
    fn new(board: &'b Board, number: Option<u32>, alive: &'b [bool]) -> Self {
        let mut pen = Self { board, alive, text: String::new(), at: 0, noted: false };
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        pen.put(&format!("{number:>width$}  ", width = board.gutter - 2), Tone::Dim);
        pen
    }

    fn said(&mut self, said: &Said) {
        let glyphs = self.board.glyphs;
        self.lives_until(said.lane);
        if said.depth > 0 {
            self.life(said.lane);
            self.put(&" ".repeat(2 * said.depth), Tone::Plain);
        }
        match said.sign {
            Sign::None => {}
            Sign::Into => self.put(glyphs.into, Tone::Dim),
            Sign::Change => self.put(glyphs.change, Tone::Mark),
        }
        self.told(said);
        self.lives_after();
    }

    /// Text, result and note, as far as there is room.
    fn told(&mut self, said: &Said) {
        let room = self.board.canvas.width.saturating_sub(self.at);
        let (text, tail) = (self.arrows(&said.text), self.arrows(&said.tail));
        let gap = usize::from(!tail.is_empty() && !text.is_empty());
        let for_text = room.saturating_sub(tail.width() + gap);
        self.put(&cut(&text, for_text, self.board.glyphs.cut), said.tone);
        self.put(&" ".repeat(gap), Tone::Plain);
        let left = self.board.canvas.width.saturating_sub(self.at);
        self.put(&cut(&tail, left, self.board.glyphs.cut), said.tail_tone);
        self.noted = self.at + 2 + said.note.width() <= self.board.canvas.width;
        if self.noted && !said.note.is_empty() {
            self.put(&format!("  {}", said.note), Tone::Dim);
        }
    }

    fn arrow(&mut self, from: usize, to: usize, label: &str) {
        let (low, high) = (from.min(to), from.max(to));
        self.lives_until(low);
        let (start, end) = if from < to { self.board.glyphs.right } else { self.board.glyphs.left };
        self.put(start, Tone::Mark);
        let dashes = self.board.column(high).saturating_sub(self.at);
        self.put(&self.board.glyphs.dash.repeat(dashes), Tone::Mark);
        self.put(end, Tone::Mark);
        let room = self.board.canvas.width.saturating_sub(self.at + 1);
        self.put(&format!(" {}", cut(label, room, self.board.glyphs.cut)), Tone::Mark);
        self.lives_after();
    }

    fn machine(&mut self, text: &str) {
        let room = self.board.canvas.width.saturating_sub(self.at + 4);
        let dash = self.board.glyphs.dash.repeat(2);
        let text = cut(&self.arrows(text), room, self.board.glyphs.cut);
        self.put(&format!("{dash} {text} {dash}"), Tone::Mark);
        self.lives_after();
    }

    fn same(&mut self, steps: usize) {
        let steps = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
        self.put(&format!("{} {steps} as above", self.board.glyphs.skipped), Tone::Dim);
    }

    /// The lanes left of one.
    fn lives_until(&mut self, lane: usize) {
        for other in 0..lane {
            self.life(other);
        }
        self.move_to(self.board.column(lane));
    }

    /// The lanes the text does not reach.
    fn lives_after(&mut self) {
        for lane in 0..self.board.lanes {
            if self.board.column(lane) > self.at + 1 {
                self.life(lane);
            }
        }
    }

    fn life(&mut self, lane: usize) {
        self.move_to(self.board.column(lane));
        let alive = self.alive.get(lane).copied().unwrap_or(false);
        self.put(if alive { self.board.glyphs.life } else { " " }, Tone::Dim);
    }

    fn move_to(&mut self, column: usize) {
        let blanks = column.saturating_sub(self.at);
        self.put(&" ".repeat(blanks), Tone::Plain);
    }

    /// The arrow of results and changes, as the canvas can show it.
    fn arrows(&self, text: &str) -> String {
        text.replace(ARROW, self.board.glyphs.to)
    }

    fn put(&mut self, text: &str, tone: Tone) {
        self.at += text.width();
        paint::push(&mut self.text, text, tone, self.board.canvas.color);
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self.text
    }
}

/// A list in lines of at most so many columns, as far as its items allow.
fn broken(list: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in list.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.width() + item.trim_end().width() <= columns => line.push_str(item),
            _ => lines.push(item.to_owned()),
        }
    }
    lines
}

/// At most so many columns of a text, with an ellipsis when something is missing.
fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(ellipsis.width());
    let mut used = 0;
    let mut shown = String::new();
    for char in text.chars() {
        used += char.width().unwrap_or(0);
        if used > room {
            break;
        }
        shown.push(char);
    }
    shown.push_str(ellipsis);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(cut("hello", 5, "..."), "hello");
        assert_eq!(cut("hello world", 8, "..."), "hello...");
        assert_eq!(cut("日本語のソケット", 9, "…"), "日本語の…");
        assert_eq!(cut("日本語", 4, "…"), "日…");
        assert_eq!(cut("abc", 0, "…"), "…");
    }
}
