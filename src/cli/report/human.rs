//! For people: pictures, lines, explanations, a summary.

use wspsim::scenario::Verdict;
use wspsim::trace::Trace;
use wspsim::trace::lanes::{self, Canvas, Picture};

use super::{Detail, Reporter, failure};
use crate::cli::output::{Look, printable};
use crate::cli::play::{Outcome, Played, Tally};

pub(super) struct Human {
    pub(super) detail: Detail,
    pub(super) look: Look,
}

impl Reporter for Human {
    fn wants_events(&self) -> bool {
        matches!(self.detail, Detail::Drawn | Detail::Everything)
    }

    fn scenario(&mut self, outcome: &Outcome) -> String {
        let Ok(plays) = &outcome.plays else { return String::new() };
        if self.wants_events() { self.drawn(plays) } else { plays.iter().map(|played| self.listed(played)).collect() }
    }

    fn end(&mut self, tally: &Tally) -> String {
        let gap = if self.detail == Detail::Lines { "\n" } else { "" };
        if tally.plays() == 0 { String::new() } else { format!("{gap}{}", summary(tally, &self.look)) }
    }
}

impl Human {
    /// A line, and what did not hold.
    fn listed(&self, played: &Played) -> String {
        let report = &played.report;
        if self.detail == Detail::Quiet && report.verdict == Verdict::Held && report.warnings.is_empty() {
            return String::new();
        }
        let (verdict, file) = (self.verdict(report.verdict, 13), printable(&report.file));
        let line = format!("{verdict} {file} on {}\n", report.stack());
        line + &self.failures(played)
    }

    /// The first stack in full, the others where they differ.
    fn drawn(&self, plays: &[Played]) -> String {
        let mut text = plays.first().map(|played| self.heading(played)).unwrap_or_default();
        let mut first: Option<Picture> = None;
        for played in plays {
            let picture = Picture::of(&Trace::of(&played.report, &played.policies), self.picture_detail());
            text += &self.stack(played, &picture, first.as_ref());
            text += &self.failures(played);
            text += &format!("{}\n\n", self.verdict(played.report.verdict, 0));
            first.get_or_insert(picture);
        }
        text
    }

    fn heading(&self, played: &Played) -> String {
        let report = &played.report;
        format!("{}\n{}\n\n", self.look.bold(&printable(&report.about)), self.look.dim(&printable(&report.file)))
    }

    fn stack(&self, played: &Played, picture: &Picture, first: Option<&Picture>) -> String {
        let mut title = format!("On {}", self.look.bold(&played.report.stack()));
        if !picture.route().is_empty() {
            title += &format!(": calls go through {}", picture.route());
        }
        match first.filter(|_| self.detail == Detail::Drawn && played.report.verdict == Verdict::Held) {
            None => format!("{title}\n\n{}\n", picture.draw(&self.canvas())),
            Some(first) => {
                let rest = picture.without_what_is_in(first);
                if rest.is_all_the_same() {
                    format!("{title}\nEvery step as above.\n")
                } else {
                    format!("{title}\n\n{}\n", rest.draw(&self.canvas()))
                }
            }
        }
    }

    fn failures(&self, played: &Played) -> String {
        let failures = played.report.failures.iter().map(|failed| failure::rendered(played, failed, &self.look));
        let warnings = played.report.warnings.iter().map(|warning| failure::warned(played, warning, &self.look));
        let texts: Vec<String> = failures.chain(warnings).collect();
        if texts.is_empty() || self.wants_events() { texts.concat() } else { format!("\n{}", texts.concat()) }
    }

    fn verdict(&self, verdict: Verdict, width: usize) -> String {
        let word = format!("{verdict:<width$}");
        if verdict == Verdict::Held { self.look.good(&word) } else { self.look.bad(&word) }
    }

    fn picture_detail(&self) -> lanes::Detail {
        if self.detail == Detail::Everything { lanes::Detail::Everything } else { lanes::Detail::Compact }
    }

    fn canvas(&self) -> Canvas {
        Canvas { width: self.look.width, unicode: self.look.unicode, color: self.look.color }
    }
}

/// `96 scenarios, 312 plays: 312 held, 0 failed, 0 stuck, 0 out of budget`
fn summary(tally: &Tally, look: &Look) -> String {
    let counted = |count, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let what = format!("{}, {}", counted(tally.scenarios, "scenario"), counted(tally.plays(), "play"));
    let how = format!(
        "{} held, {} failed, {} stuck, {} out of budget",
        tally.held, tally.failed, tally.stuck, tally.out_of_budget
    );
    let wrong = if tally.wrong == 0 { String::new() } else { format!("; {} not read", counted(tally.wrong, "file")) };
    look.bold(&format!("{what}: {how}{wrong}")) + "\n"
}
