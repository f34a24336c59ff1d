//! A play as a picture: a lane for each process, side by side.
//!
//! ```text
//! line  peer 1000       source 1004     target 1008
//!    9  |               WSPDuplicateSocket("s", target) -> block "info"
//!       |               |   * "s": references 1 -> 2 (1 descriptor, 1 block)
//!       |               |--------------> block "info"
//!   11  |               |               WSPSocket(block "info") -> "t"
//! ```
//!
//! Time runs downwards; the numbers at the left are lines of the scenario. A line begins in the lane of the process
//! that acts and may run over the lanes to its right. A client call takes one line with its result. Under it, indented,
//! stands what became of the shared socket, and, when they changed something on the way, the layers it went through.
//! Beside a call stand the rule that made it fail, policies with an unusual answer, and the way it took when that is
//! not the usual one. Arrows are what travels between processes. Arguments that say nothing (zero, NULL,
//! WSA_FLAG_OVERLAPPED) are left out, things with a label are called by it.
//!
//! [`Picture::of`] decides what is told, `draw` where it stands.

mod build;
mod calls;
mod crossing;
mod draw;
mod machine;
mod notes;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use draw::Canvas;

use super::Trace;
use super::paint::Tone;

/// What results and changes are written with until somebody knows what the canvas can show.
const ARROW: &str = "→";

/// What a picture tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Client calls, and what they changed.
    Compact,
    /// All crossings, upcalls, rules and policies too, and how the processes started.
    Everything,
}

/// A play, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    lanes: Vec<Lane>,
    /// The way most calls take; other ways are told beside the call.
    route: String,
    blocks: Vec<Block>,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lane {
    name: String,
    id: Option<u32>,
}

/// What belongs to one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Block {
    line: Option<u32>,
    rows: Vec<Row>,
}

/// One line of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// Which processes are there.
    alive: Rc<[bool]>,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// Something in a lane.
    Said(Said),
    /// Something that travels from one lane to another.
    Arrow { from: usize, to: usize, label: String },
    /// Something that happens to the whole machine.
    Machine(String),
    /// So many steps are as in another picture.
    Same(usize),
}

/// A line of text in a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    lane: usize,
    /// 0 for what the process does itself.
    depth: usize,
    sign: Sign,
    text: String,
    tone: Tone,
    /// What must not be cut: a result.
    tail: String,
    tail_tone: Tone,
    /// What is left out first.
    note: String,
    /// Whether this is a list of rules and policies.
    decides: bool,
}

/// What a line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    None,
    /// A crossing into a provider.
    Into,
    /// A change.
    Change,
}

impl Said {
    fn new(lane: usize, depth: usize, text: String, tone: Tone) -> Self {
        let (tail, note) = (String::new(), String::new());
        Self { lane, depth, sign: Sign::None, text, tone, tail, tail_tone: Tone::Plain, note, decides: false }
    }

    fn change(lane: usize, depth: usize, text: String) -> Self {
        Self { sign: Sign::Change, ..Self::new(lane, depth, text, Tone::Mark) }
    }
}

impl Picture {
    /// The picture of a trace.
    #[must_use]
    pub fn of(trace: &Trace<'_>, detail: Detail) -> Self {
        build::picture(trace, detail)
    }

    /// The picture with the steps left out that another one shows exactly so.
    #[must_use]
    pub fn without_what_is_in(&self, other: &Self) -> Self {
        let mut blocks = Vec::new();
        let mut same: Option<Row> = None;
        for (at, block) in self.blocks.iter().enumerate() {
            match block.rows.first() {
                Some(first) if other.blocks.get(at) == Some(block) => same = Some(skipped(same.take(), first)),
                _ => {
                    blocks.extend(same.take().map(Block::skipped));
                    blocks.push(block.clone());
                }
            }
        }
        blocks.extend(same.map(Block::skipped));
        Self { lanes: self.lanes.clone(), route: self.route.clone(), blocks }
    }

    /// The providers most calls go through, from the top: `audit > msafd`. Empty when no call reaches one.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Whether every step was left out.
    #[must_use]
    pub fn is_all_the_same(&self) -> bool {
        let rows = || self.blocks.iter().flat_map(|block| &block.rows);
        rows().all(|row| matches!(row.what, What::Same(_)))
    }

    /// The picture as text.
    #[must_use]
    pub fn draw(&self, canvas: &Canvas) -> String {
        draw::picture(self, canvas)
    }
}

impl Block {
    fn skipped(row: Row) -> Self {
        Self { line: None, rows: vec![row] }
    }
}

fn skipped(before: Option<Row>, first: &Row) -> Row {
    let count = match before.map(|row| row.what) {
        Some(What::Same(count)) => count + 1,
        _ => 1,
    };
    Row { alive: Rc::clone(&first.alive), what: What::Same(count) }
}
