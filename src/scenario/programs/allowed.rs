//! Which of the combinations a file allows a run comes to.

use crate::explore::Schedule;
use crate::model::items::items;

use super::orders::Orders;

/// A combination of `allowed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedRow {
    /// As the file has it.
    pub text: String,
    /// Its line.
    pub line: u32,
}

impl Orders<'_> {
    /// The combinations the file allows, in its order.
    #[must_use]
    pub fn allowed_rows(&self) -> Vec<AllowedRow> {
        let text = &self.scenario.source().text;
        let [spans] = items(text, ["allowed"]);
        let row = |span: std::ops::Range<usize>| AllowedRow {
            line: text[..span.start].bytes().filter(|byte| *byte == b'\n').count() as u32 + 1,
            text: text[span].split_whitespace().collect::<Vec<_>>().join(" "),
        };
        spans.into_iter().map(row).collect()
    }

    /// The combinations, by their places, that the run of a schedule fits.
    #[must_use]
    pub fn rows_of(&self, schedule: &Schedule) -> Vec<usize> {
        let Ok(state) = self.follow(schedule) else { return Vec::new() };
        let rows = self.programs.allowed.iter().enumerate();
        rows.filter(|(_, combination)| self.combination_fits(&state, combination, true)).map(|(row, _)| row).collect()
    }
}
