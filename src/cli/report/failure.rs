//! Something that did not hold, told so that nobody has to guess: where, what was expected, what came, who decided,
//! what went before, and how to see it again.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Snippet};
use wspsim::scenario::{Failure, FailureKind};
use wspsim::trace::words::Style;
use wspsim::trace::{Trace, text};
use wspsim::world::event::Event;
use wspsim::world::policy::PolicyId;

use crate::cli::diagnostics::renderer;
use crate::cli::output::{Look, printable};
use crate::cli::play::Played;
use crate::cli::wrap::wrapped;

/// Lines of each list of events.
const EVENTS_MAX: usize = 12;

/// The message about a failure.
pub(super) fn rendered(played: &Played, failure: &Failure, look: &Look) -> String {
    told(played, failure, &Level::ERROR, look)
}

/// The message about something that fails nothing.
pub(super) fn warned(played: &Played, warning: &Failure, look: &Look) -> String {
    told(played, warning, &Level::WARNING, look)
}

fn told<'p>(played: &'p Played, failure: &'p Failure, level: &Level<'p>, look: &Look) -> String {
    let (file, facts) = (printable(&played.report.file), facts(played, failure, look));
    let mut group = group(played, &file, failure, level);
    for (name, text) in &facts {
        group = group.element(Level::NOTE.with_name(Some(*name)).message(text.as_str()));
    }
    let events = events(played, failure, look);
    let gap = if events.is_empty() { "" } else { "\n" };
    format!("{}\n{gap}{events}\n", renderer(look).render(&[group]))
}

fn group<'g>(played: &'g Played, file: &'g str, failure: &'g Failure, level: &Level<'g>) -> Group<'g> {
    let title = level.clone().primary_title(failure.title.as_str());
    let inside = played.source.text.get(failure.span.clone()).is_some_and(|marked| !marked.is_empty());
    if !inside {
        return title.element(Origin::path(file));
    }
    let label = match failure.kind {
        FailureKind::Result | FailureKind::Check => Some("this did not hold"),
        FailureKind::Breach => Some("it happened here"),
        _ => None,
    };
    let marked = AnnotationKind::Primary.span(failure.span.clone()).label(label);
    title.element(Snippet::source(&*played.source.text).path(file).annotation(marked))
}

/// What there is to say, each under its name.
fn facts(played: &Played, failure: &Failure, look: &Look) -> Vec<(&'static str, String)> {
    let mut facts = vec![("model", played.report.stack())];
    let some = |text: &String| !text.is_empty();
    facts.extend(Some(&failure.expected).filter(|text| some(text)).map(|text| ("expected", text.clone())));
    facts.extend(Some(&failure.actual).filter(|text| some(text)).map(|text| ("actual", text.clone())));
    facts.extend(failure.notes.iter().map(|note| ("note", note.clone())));
    for policy in policies(failure) {
        let answer = policy.answer(&played.policies);
        facts.push(("policy", format!("{} = {answer}: {}", policy.name(), policy.question())));
    }
    for rule in &failure.rules {
        facts.push(("rule", format!("{rule}: {} ({})", rule.sentence(), rule.source())));
    }
    facts.push(("play it again", failure.replay.clone()));
    let width = look.width.saturating_sub(24);
    facts.into_iter().map(|(name, text)| (name, wrapped(&text, "", width).trim_end().to_owned())).collect()
}

/// The policies that decided: those the world named, and those behind the rules.
fn policies(failure: &Failure) -> Vec<PolicyId> {
    let mut policies = failure.policies.clone();
    for policy in failure.rules.iter().filter_map(|rule| rule.policy()) {
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    policies
}

/// What happened in the step, and before that to the sockets it is about.
fn events(played: &Played, failure: &Failure, look: &Look) -> String {
    let trace = Trace::of(&played.report, &played.policies);
    let all = played.report.events.as_slice();
    let earlier = list(&trace, failure.earlier.iter().copied());
    let during = list(&trace, failure.events.clone().filter(|&at| all.get(at).is_some_and(tells_something)));
    let mut text = String::new();
    for (heading, lines) in [("Before, on the same sockets:", earlier), ("In this step:", during)] {
        if !lines.is_empty() {
            text += &format!("{}\n{lines}", look.bold(heading));
        }
    }
    text
}

fn list(trace: &Trace<'_>, events: impl Iterator<Item = usize>) -> String {
    let lines: Vec<String> = events.map(|at| format!("  {}\n", text::line(trace, at, Style::Short))).collect();
    let left_out = lines.len().saturating_sub(EVENTS_MAX);
    let first = if left_out > 0 { format!("  ... {left_out} more\n") } else { String::new() };
    first + &lines[left_out..].concat()
}

/// Rules and policies are told above, and an op says no more than the call it starts.
fn tells_something(event: &Event) -> bool {
    !matches!(event, Event::Rule(_) | Event::Policy(_) | Event::Op(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wspsim::model::Source;
    use wspsim::rules::RuleId;
    use wspsim::scenario::{Names, Report, Verdict};
    use wspsim::world::policy::{Policies, Profile};

    const TEXT: &str =
        "Scenario(\n    steps: [\n        (on: \"target\", call: WSPSocket(info: \"info\")),\n    ],\n)\n";

    fn played(failure: Failure) -> Played {
        let report = Report {
            file: "reuse.ron".into(),
            about: "A block opens twice".into(),
            model: "windows".into(),
            profile: Profile::default(),
            verdict: Verdict::Failed,
            played: 1,
            ops: 2,
            events: Vec::new(),
            marks: Vec::new(),
            names: Names::default(),
            failures: vec![failure],
            warnings: Vec::new(),
            breaches: Vec::new(),
            digest: 0,
        };
        let source = Source::new("reuse.ron", TEXT).expect("small");
        Played { report, policies: Policies::default(), source }
    }

    fn failure(kind: FailureKind, span: std::ops::Range<usize>) -> Failure {
        Failure {
            kind,
            span,
            line: 3,
            step: Some(0),
            title: "`target` called WSPSocket and got WSAEINVAL (10022)".into(),
            expected: "Ok".into(),
            actual: "Err(WSAEINVAL)".into(),
            notes: vec!["the shared socket of `s` has 1 descriptors and 0 pending duplications".into()],
            rules: vec![RuleId::R3],
            policies: Vec::new(),
            events: 0..0,
            earlier: Vec::new(),
            replay: "wspsim run reuse.ron --model windows".into(),
        }
    }

    #[track_caller]
    fn check(failure: Failure, expected: &str) {
        let played = played(failure);
        let text = rendered(&played, &played.report.failures[0], &Look::PLAIN);
        assert!(text == expected, "rendered is\n{text}\nbut expected was\n{expected}");
    }

    #[test]
    fn a_result_that_did_not_hold_is_told_with_everything_that_decided() {
        let start = TEXT.find("(on").expect("a step");
        let rule = RuleId::R3;
        let sentence = wrapped(&format!("{rule}: {} ({})", rule.sentence(), rule.source()), "", 76);
        let sentence = sentence.trim_end().replace('\n', "\n          ");
        check(
            failure(FailureKind::Result, start..start + 45),
            &format!(
                r#"error: `target` called WSPSocket and got WSAEINVAL (10022)
 --> reuse.ron:3:9
  |
3 |         (on: "target", call: WSPSocket(info: "info")),
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this did not hold
  |
  = model: windows
  = expected: Ok
  = actual: Err(WSAEINVAL)
  = note: the shared socket of `s` has 1 descriptors and 0 pending duplications
  = policy: block_reuse = Refuse: What does a second open with the same block give?
  = rule: {sentence}
  = play it again: wspsim run reuse.ron --model windows

"#
            ),
        );
    }

    #[test]
    fn a_failure_of_the_whole_names_the_file() {
        let whole = Failure { rules: Vec::new(), notes: Vec::new(), ..failure(FailureKind::Leak, 0..0) };
        check(
            whole,
            "error: `target` called WSPSocket and got WSAEINVAL (10022)
--> reuse.ron
 = model: windows
 = expected: Ok
 = actual: Err(WSAEINVAL)
 = play it again: wspsim run reuse.ron --model windows

",
        );
    }
}
