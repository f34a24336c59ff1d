//! JUnit's XML: a suite for each scenario, a case for each stack. No times: two runs give the same bytes.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use wspsim::model::Diagnostic;
use wspsim::scenario::Verdict;

use super::{Reporter, failure};
use crate::cli::output::Look;
use crate::cli::play::{Outcome, Played, Tally};

/// How failures are written where no terminal is.
const LOOK: Look = Look { width: 100, unicode: false, color: false };

pub(super) struct Junit {
    report: Report,
}

impl Junit {
    pub(super) fn new() -> Self {
        Self { report: Report::new("wspsim") }
    }
}

impl Reporter for Junit {
    fn scenario(&mut self, outcome: &Outcome) -> String {
        let mut suite = TestSuite::new(outcome.file.as_str());
        match &outcome.plays {
            Ok(plays) => plays.iter().for_each(|played| {
                suite.add_test_case(of_play(played));
            }),
            Err(diagnostics) => {
                suite.add_test_case(of_wrong(&outcome.file, diagnostics));
            }
        }
        self.report.add_test_suite(suite);
        String::new()
    }

    fn end(&mut self, _tally: &Tally) -> String {
        // Writing into memory cannot fail.
        self.report.to_string().unwrap_or_default()
    }
}

fn of_play(played: &Played) -> TestCase {
    let report = &played.report;
    let status = match report.verdict {
        Verdict::Held => TestCaseStatus::success(),
        verdict => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let title = report.failures.first().map_or(verdict.name(), |failure| failure.title.as_str());
            let texts = report.failures.iter().map(|failed| failure::rendered(played, failed, &LOOK));
            status.set_type(verdict.name()).set_message(title).set_description(texts.collect::<String>());
            status
        }
    };
    let mut case = TestCase::new(report.stack(), status);
    case.set_classname(report.file.as_str());
    case
}

fn of_wrong(file: &str, diagnostics: &[Diagnostic]) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let title = diagnostics.first().map_or("", |diagnostic| diagnostic.title.as_str());
    let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    status.set_type("wrong input").set_message(title).set_description(texts.join("\n"));
    let mut case = TestCase::new("read", status);
    case.set_classname(file);
    case
}
