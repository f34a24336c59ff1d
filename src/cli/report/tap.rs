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
                let messages = diagnostics.iter().map(|diagnostic| vec![("message", diagnostic.to_string())]);
                text += &self.point(false, &outcome.file);
                text += &yaml("wrong input", messages);
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
        let held = report.verdict == Verdict::Held;
        let point = self.point(held, &format!("{} on {}", report.file, report.stack()));
        if held { point } else { point + &yaml(report.verdict.name(), report.failures.iter().map(of_failure)) }
    }

    fn point(&mut self, held: bool, name: &str) -> String {
        self.points += 1;
        format!("{} {} - {}\n", if held { "ok" } else { "not ok" }, self.points, escaped(name))
    }
}

type Fields = Vec<(&'static str, String)>;

fn of_failure(failure: &Failure) -> Fields {
    vec![
        ("message", failure.title.clone()),
        ("line", failure.line.to_string()),
        ("expected", failure.expected.clone()),
        ("actual", failure.actual.clone()),
        ("replay", failure.replay.clone()),
    ]
}

/// A block of YAML: the verdict and a list. Every value is a JSON string, which YAML reads too.
fn yaml(verdict: &str, failures: impl Iterator<Item = Fields>) -> String {
    let mut text = format!("  ---\n  verdict: {}\n  failures:\n", serde_json::json!(verdict));
    for failure in failures {
        for (at, (name, value)) in failure.into_iter().enumerate() {
            let bullet = if at == 0 { "- " } else { "  " };
            text += &format!("    {bullet}{name}: {}\n", serde_json::json!(value));
        }
    }
    text + "  ...\n"
}

/// A description may hold neither a line break nor what looks like a directive.
fn escaped(name: &str) -> String {
    name.escape_debug().to_string().replace('#', "\\#")
}
