//! For people: the verdict in one line, what is wrong, the steps that show it, and what to run next.

use wspsim::explore::{Part, Spent, Verdict};
use wspsim::model::Library;
use wspsim::rules::RuleId;
use wspsim::scenario::programs::Stated;
use wspsim::trace::Trace;
use wspsim::trace::lanes::{self, Canvas, Picture};

use super::Told;
use super::findings::{Bad, Findings, Outcome, Row};
use super::save::Saved;
use crate::cli::files::Found;
use crate::cli::output::{Look, Status, printable};
use crate::cli::play::{self, Played, Wanted};
use crate::cli::wrap::wrapped;

pub(crate) fn told(told: &Told, look: &Look) -> String {
    let (findings, part) = (&told.findings, told.part);
    let (verdict, file) = (findings.verdict(part), printable(&findings.scenario));
    let word = verdict.name();
    let as_stated = findings.is_as_stated(part);
    let word = if findings.status(part) == Status::Held { look.good(word) } else { look.bad(word) };
    let stated = match findings.stated() {
        Some(_) if as_stated => ", as the file says".to_owned(),
        Some(_) if !part.is_whole() && verdict == Verdict::Holds => String::new(),
        Some(stated) => format!(", but the file says {stated}{}", other_kind(told, stated)),
        None => String::new(),
    };
    let (counts, rest) = if findings.before.is_empty() {
        (counts(told), explored(told, look))
    } else {
        let failures = findings.before.iter();
        let failures = failures.map(|failure| format!("  line {}: {}\n", failure.line, failure.title));
        ("the steps before the programs do not hold".to_owned(), failures.collect())
    };
    format!("{word} {file} on {}{}{stated}: {counts}\n{rest}", stack(findings), in_part(part))
}

fn in_part(part: Part) -> String {
    if part.is_whole() { String::new() } else { format!(", part {part}") }
}

/// What kind of thing is wrong, where only that is other than the file says.
fn other_kind(told: &Told, stated: Stated) -> String {
    let findings = &told.findings;
    if findings.before.is_empty() && findings.verdict(told.part) == stated.verdict {
        let kind = findings.kind(told.part);
        return kind.map_or_else(String::new, |kind| format!(", and this is `{}`", kind.name()));
    }
    String::new()
}

fn stack(findings: &Findings) -> String {
    match &*findings.profile {
        "documented" => findings.model.clone(),
        profile => format!("{} (profile {profile})", findings.model),
    }
}

/// `34 states, 51 choices, longest order 9`
fn counts(told: &Told) -> String {
    let Findings { states, choices, longest, runs, sampled, .. } = &told.findings;
    let what = if *sampled {
        format!("{runs} sampled orders, {choices} choices, longest order {longest}")
    } else {
        format!("{states} states, {choices} choices, longest order {longest}")
    };
    let took = told.seconds.filter(|seconds| *seconds >= 1.0);
    let took = took.map_or_else(String::new, |seconds| format!(", {seconds:.1} s"));
    let spent = match told.findings.spent() {
        None => String::new(),
        Some(Spent::Interrupted) => "; interrupted, this is what is known so far".to_owned(),
        Some(spent) => format!("; budget spent: {}", spent.name()),
    };
    what + &took + &spent
}

fn explored(told: &Told, look: &Look) -> String {
    let findings = &told.findings;
    let mut text = outcomes(findings, look);
    if told.part.is_whole() {
        text += &findings.unreached().map(|bad| of_bad(bad, look)).collect::<String>();
        text += &never_came(findings, look);
    }
    let Some(wrong) = findings.wrong() else { return text };
    text += &of_bad(wrong, look);
    text += &evidence(findings, look);
    if let Some(saved) = &told.saved {
        let (kept, all) = saved.steps;
        let heading =
            if kept < all { format!("{kept} of its {all} steps show it:") } else { format!("Its {all} steps:") };
        text += &format!("\n{}\n\n{}", look.bold(&heading), drawn(saved, look));
        if !saved.shows {
            text += "The steps do not show it by themselves: follow the order below.\n";
        }
        let path = word(&saved.path.display().to_string());
        text += &format!("  saved        {path}\n");
        text += &format!("  play it      wspsim run {path}\n");
    }
    let (file, model) = (word(&findings.scenario), &findings.model);
    let schedule = wrong.schedule.as_deref().unwrap_or_default();
    text + &format!("  this order   wspsim replay {file} --model {model} --schedule {schedule}\n")
}

/// What the file allows and nothing came to, once all has been looked at.
fn never_came(findings: &Findings, look: &Look) -> String {
    if !findings.is_through() {
        return String::new();
    }
    let orders = if findings.sampled { "in no sampled order" } else { "in no order" };
    let row = |row: &Row| {
        let title = look.bold(&format!("a combination of `allowed` came {orders}"));
        format!("  line {}: {title}\n    allowed   {}\n", row.line, row.combination)
    };
    findings.never_came().map(row).collect()
}

/// The rules the scenario is about.
fn evidence(findings: &Findings, look: &Look) -> String {
    let rules = findings.rules.iter().filter_map(|rule| RuleId::from_name(rule));
    rules.map(|rule| indented(&format!("rule {rule}: {} ({})", rule.sentence(), rule.source()), look)).collect()
}

fn of_bad(bad: &Bad, look: &Look) -> String {
    let line = bad.line.map_or(String::new(), |line| format!("line {line}: "));
    let mut text = format!("  {}{}\n", line, look.bold(&bad.title));
    for (name, value) in [("expected", &bad.expected), ("came", &bad.came)] {
        if !value.is_empty() {
            text += &format!("    {name:<9} {value}\n");
        }
    }
    text + &bad.notes.iter().map(|note| format!("    - {note}\n")).collect::<String>()
}

/// What the named steps came to, with an order for each.
fn outcomes(findings: &Findings, look: &Look) -> String {
    let named = findings.outcomes.iter().filter(|outcome| !outcome.steps.is_empty());
    let line = |outcome: &Outcome| {
        let forbidden = if outcome.forbidden.is_some() { look.bad(" not allowed") } else { String::new() };
        let seen = look.dim(&format!("{} x, as in {}", outcome.times, outcome.schedule));
        format!("  {}{forbidden}\n    {seen}\n", outcome.words())
    };
    named.map(line).collect()
}

/// The saved scenario, played and drawn, and what decided where it fails.
fn drawn(saved: &Saved, look: &Look) -> String {
    let file = Found { path: saved.path.clone(), named: true, source: saved.source.clone() };
    let plays = match play::plan(&file, &mut Library::new(), &Wanted::default()) {
        Ok(plan) => plan.play(true),
        Err(said) => return said.iter().map(|diagnostic| format!("{diagnostic}\n")).collect(),
    };
    let canvas = Canvas { width: look.width, unicode: look.unicode, color: look.color };
    let drawn = |played: &Played| {
        let picture = Picture::of(&Trace::of(&played.report, &played.policies), lanes::Detail::Compact);
        format!("{}\n{}", picture.draw(&canvas), decided(played, look))
    };
    plays.iter().map(drawn).collect()
}

/// The failures of a play, each with the first few rules that decided there.
fn decided(played: &Played, look: &Look) -> String {
    const RULES_MAX: usize = 3;
    let failures = played.report.failures.iter().map(|failure| {
        let mut text = format!("  line {}: {}\n", failure.line, look.bold(&failure.title));
        let notes = failure.notes.iter().map(|note| format!("- {note}"));
        let rules = failure.rules.iter().take(RULES_MAX);
        let rules = rules.map(|rule| format!("rule {rule}: {} ({})", rule.sentence(), rule.source()));
        for line in notes.chain(rules) {
            text += &indented(&line, look);
        }
        let more = failure.rules.len().saturating_sub(RULES_MAX);
        if more > 0 {
            text += &format!("    and {more} more rules: `wspsim run` tells them\n");
        }
        text
    });
    failures.collect::<String>() + "\n"
}

/// Lines under a heading.
fn indented(text: &str, look: &Look) -> String {
    let wrapped = wrapped(text, "      ", look.width);
    format!("    {}", wrapped.trim_start())
}

/// A word of a command line.
fn word(text: &str) -> String {
    if text.contains(char::is_whitespace) { format!("{text:?}") } else { text.to_owned() }
}

pub(crate) fn summary(statuses: &[Status], look: &Look) -> String {
    let count = |wanted: Status| statuses.iter().filter(|status| **status == wanted).count();
    let text = format!(
        "{} explored: {} as they should be, {} violated, {} stuck, {} out of budget",
        statuses.len() - count(Status::Wrong),
        count(Status::Held),
        count(Status::Failed),
        count(Status::Stuck),
        count(Status::OutOfBudget)
    );
    format!("\n{}\n", look.bold(&text))
}
