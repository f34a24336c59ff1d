//! For people: the verdict in one line, what is wrong, the steps that show it, and what to run next.

use wspsim::explore::{Explored, Seen, Spent};
use wspsim::model::Library;
use wspsim::rules::RuleId;
use wspsim::scenario::programs::{Judged, Orders, Stated, Wrong};
use wspsim::trace::Trace;
use wspsim::trace::lanes::{self, Canvas, Picture};

use super::save::Saved;
use super::{Came, Told};
use crate::cli::files::Found;
use crate::cli::output::{Look, Status, printable};
use crate::cli::play::{self, Played, Wanted};
use crate::cli::wrap::wrapped;

pub(super) fn told(told: &Told<'_>, look: &Look) -> String {
    let (verdict, file) = (told.verdict(), printable(told.scenario.file()));
    let word = verdict.name();
    let as_stated = told.is_as_stated();
    let word = if as_stated || told.status() == Status::Held { look.good(word) } else { look.bad(word) };
    let stated = match told.scenario.stated() {
        Some(_) if as_stated => ", as the file says".to_owned(),
        Some(stated) => format!(", but the file says {stated}{}", other_kind(told, stated)),
        None => String::new(),
    };
    let (counts, rest) = match &told.came {
        Came::Before(report) => {
            let failures =
                report.failures.iter().map(|failure| format!("  line {}: {}\n", failure.line, failure.title));
            ("the steps before the programs do not hold".to_owned(), failures.collect())
        }
        Came::Explored { found, judged, saved } => {
            (counts(found, told.seconds), explored(found, judged, saved.as_ref(), told, look))
        }
    };
    format!("{word} {file} on {}{stated}: {counts}\n{rest}", stack(told))
}

/// What kind of thing is wrong, where only that is other than the file says.
fn other_kind(told: &Told<'_>, stated: Stated) -> String {
    match &told.came {
        Came::Explored { judged, .. } if judged.verdict == stated.verdict => {
            judged.kind().map_or_else(String::new, |kind| format!(", and this is `{}`", kind.name()))
        }
        _ => String::new(),
    }
}

fn stack(told: &Told<'_>) -> String {
    match told.machine.profile() {
        wspsim::world::policy::Profile::Documented => told.machine.name.to_string(),
        profile => format!("{} (profile {profile})", told.machine.name),
    }
}

/// `34 states, 51 choices (7 spared), longest order 9`
fn counts(found: &Explored<Orders<'_>>, seconds: f64) -> String {
    let progress = &found.progress;
    let longest = progress.depth_max;
    let what = if found.sampled {
        format!("{} sampled orders, {} choices, longest order {longest}", progress.runs, progress.transitions)
    } else {
        format!("{} states, {} choices, longest order {longest}", progress.states, progress.transitions)
    };
    let took = if seconds < 1.0 { String::new() } else { format!(", {seconds:.1} s") };
    let spent = match found.spent {
        None => String::new(),
        Some(Spent::Interrupted) => "; interrupted, this is what is known so far".to_owned(),
        Some(spent) => format!("; budget spent: {}", spent.name()),
    };
    what + &took + &spent
}

fn explored(
    found: &Explored<Orders<'_>>,
    judged: &Judged,
    saved: Option<&Saved>,
    told: &Told<'_>,
    look: &Look,
) -> String {
    let mut text = outcomes(found, look);
    text += &judged.unreached.iter().map(|wrong| of_wrong(wrong, look)).collect::<String>();
    let Some(wrong) = &judged.found else { return text };
    text += &of_wrong(&wrong.wrong, look);
    text += &evidence(told, look);
    let Some(saved) = saved else { return text };
    let (kept, all) = saved.steps;
    let heading = if kept < all { format!("{kept} of its {all} steps show it:") } else { format!("Its {all} steps:") };
    text += &format!("\n{}\n\n{}", look.bold(&heading), drawn(saved, look));
    if !saved.shows {
        text += "The steps do not show it by themselves: follow the order below.\n";
    }
    let path = word(&saved.path.display().to_string());
    text += &format!("  saved        {path}\n");
    text += &format!("  play it      wspsim run {path}\n");
    let model = &told.machine.name;
    let file = word(told.scenario.file());
    text + &format!("  this order   wspsim replay {file} --model {model} --schedule {}\n", wrong.schedule)
}

/// The rules the scenario is about.
fn evidence(told: &Told<'_>, look: &Look) -> String {
    let rules = told.scenario.rules().iter().filter_map(|rule| RuleId::from_name(rule));
    rules.map(|rule| indented(&format!("rule {rule}: {} ({})", rule.sentence(), rule.source()), look)).collect()
}

fn of_wrong(wrong: &Wrong, look: &Look) -> String {
    let line = wrong.at.map_or(String::new(), |(_, line)| format!("line {line}: "));
    let mut text = format!("  {}{}\n", line, look.bold(&wrong.title));
    for (name, value) in [("expected", &wrong.expected), ("came", &wrong.actual)] {
        if !value.is_empty() {
            text += &format!("    {name:<9} {value}\n");
        }
    }
    text + &wrong.notes.iter().map(|note| format!("    - {note}\n")).collect::<String>()
}

/// What the named steps came to, with an order for each.
fn outcomes(found: &Explored<Orders<'_>>, look: &Look) -> String {
    let named = found.outcomes.iter().filter(|(outcome, _)| !outcome.0.is_empty());
    let line = |(outcome, seen): (&_, &Seen<Wrong>)| {
        let forbidden = if seen.forbidden.is_some() { look.bad(" not allowed") } else { String::new() };
        format!("  {outcome}{forbidden}\n    {}\n", look.dim(&format!("{} x, as in {}", seen.times, seen.witness)))
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

pub(super) fn summary(statuses: &[Status], look: &Look) -> String {
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
