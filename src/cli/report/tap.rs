//! Test Anything Protocol, version 14: a test point for each play.

use wspsim::scenario::{Failure, Verdict};

use super::Reporter;
use crate::cli::play::{Outcome, Played, Tally};

#[derive(Default)]
pub(super) struct Tap {
    points: usize,
}

impl Reporter for Tap {
    fn scenario(&mut self, outcome: &Outcome) -> String {
        let mut text = self.heading();
        match &outcome.plays {
            Ok(plays) => plays.iter().for_each(|played| text += &self.play(played)),
            Err(diagnostics) => {
                text += &self.point(false, &outcome.file);
                text += &yaml(diagnostics.iter().map(|diagnostic| ("message", diagnostic.to_string())));
            }
        }
        text
    }

    fn end(&mut self, _tally: &Tally) -> String {
        format!("{}1..{}\n", self.heading(), self.points)
    }
}

impl Tap {
    /// The version, once.
    fn heading(&self) -> String {
        if self.points == 0 { "TAP version 14\n".to_owned() } else { String::new() }
    }

    fn play(&mut self, played: &Played) -> String {
        let report = &played.report;
        let point = self.point(report.verdict == Verdict::Held, &format!("{} on {}", report.file, report.model));
        point + &report.failures.iter().map(|failure| of_failure(report.verdict, failure)).collect::<String>()
    }

    fn point(&mut self, held: bool, name: &str) -> String {
        self.points += 1;
        format!("{} {} - {}\n", if held { "ok" } else { "not ok" }, self.points, escaped(name))
    }
}

fn of_failure(verdict: Verdict, failure: &Failure) -> String {
    let fields = [
        ("message", failure.title.clone()),
        ("severity", verdict.name().to_owned()),
        ("line", failure.line.to_string()),
        ("expected", failure.expected.clone()),
        ("actual", failure.actual.clone()),
        ("replay", failure.replay.clone()),
    ];
    yaml(fields.into_iter())
}

/// A block of YAML: every value a JSON string, which YAML reads too.
fn yaml<'n>(fields: impl Iterator<Item = (&'n str, String)>) -> String {
    let lines: String = fields.map(|(name, value)| format!("  {name}: {}\n", serde_json::json!(value))).collect();
    format!("  ---\n{lines}  ...\n")
}

/// A description may hold neither a line break nor what looks like a directive.
fn escaped(name: &str) -> String {
    name.escape_debug().to_string().replace('#', "\\#")
}
