//! `wspsim coverage`: what scenarios reach of what is documented.

mod human;
mod json;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wspsim::coverage::Coverage;
use wspsim::model::Library;
use wspsim::scenario::Override;

use super::output::{Output, Status};
use super::play::{self, Outcome, Tally, Wanted};
use super::run::ProfileChoice;
use super::{diagnostics, files};

/// Shows which documented errors, rules and policies scenarios reach, and which not
///
/// Plays all scenarios on all their stacks and counts by what happened, not by what the scenarios say. A documented error
/// is reached when an entry of a provider, or an upcall, answered with it. Answers that FailCall and FailUpcall made are
/// counted apart and reach nothing. As in `run`, a file that says its programs go wrong is passed over unless it is named.
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim coverage scenarios
  wspsim coverage scenarios --format json > coverage.json
  wspsim coverage scenarios --require-all   with exit status 1 when anything is open")]
pub(crate) struct Arguments {
    /// Scenario files, or folders to search for them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Play under this profile instead of the one a scenario names
    #[arg(long, value_name = "NAME", value_enum)]
    profile: Option<ProfileChoice>,
    /// Fail when a required error, a rule or an answer of a policy is not reached
    #[arg(long)]
    require_all: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Tables
    Human,
    /// One JSON object
    Json,
}

/// What the plays of all scenarios have reached.
struct Counted {
    coverage: Coverage,
    tally: Tally,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let (found, mut wrong) = files::find(&arguments.paths);
    let scenarios = files::scenarios(found, &mut wrong);
    output.message(&diagnostics::rendered(&wrong, &output.messages));
    let counted = count(arguments, &scenarios, output);
    if counted.tally.plays() == 0 {
        if wrong.is_empty() && counted.tally.wrong == 0 {
            output.message("error: nothing to play: there are models here, but no scenarios\n");
        }
        return Status::Wrong;
    }
    let text = match arguments.format {
        Format::Human => human::report(&counted, &output.look),
        Format::Json => json::report(&counted),
    };
    output.text(&text);
    let failed = counted.tally.plays() - counted.tally.held;
    if failed > 0 {
        output.message(&format!("error: {failed} plays do not hold; `wspsim run` tells why\n"));
    }
    let open = arguments.require_all && !counted.coverage.open().is_empty();
    match () {
        () if !wrong.is_empty() || counted.tally.wrong > 0 => Status::Wrong,
        () if failed > 0 || open => Status::Failed,
        () => Status::Held,
    }
}

fn count(arguments: &Arguments, scenarios: &[files::Found], output: &mut Output) -> Counted {
    let mut library = Library::new();
    let mut counted = Counted { coverage: Coverage::new(), tally: Tally::default() };
    let instead = Override { profile: arguments.profile.map(Into::into), ..Override::default() };
    let wanted = Wanted { model: None, instead };
    for file in scenarios {
        let planned = play::plan(file, &mut library, &wanted);
        if planned.as_ref().is_ok_and(|plan| plan.is_for_explore(file)) {
            continue;
        }
        let plays = planned.map(|plan| plan.play(true));
        let outcome = Outcome { file: file.source.file.clone(), plays };
        match &outcome.plays {
            Ok(plays) => plays.iter().for_each(|played| counted.coverage.add(&played.report, &played.policies)),
            Err(said) => output.message(&diagnostics::rendered(said, &output.messages)),
        }
        counted.tally.count(&outcome);
    }
    counted
}
