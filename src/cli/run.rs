//! `wspsim run`: plays scenarios.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use wspsim::model::{Diagnostic, Library};
use wspsim::scenario::Override;
use wspsim::trace::{Trace, json};
use wspsim::world::checks::Contracts;
use wspsim::world::policy::Profile;

use super::diagnostics;
use super::files::{self, Found};
use super::output::{Output, Status};
use super::play::{self, Outcome, Tally, Wanted};
use super::report::{self, Reporter};

/// Plays scenarios and says whether they hold
///
/// One scenario is drawn: a lane for each process, calls with their results, the layers below, what became of the
/// shared sockets. The first stack is drawn in full, the others where they differ. Several scenarios get a line each
/// for every stack, and what does not hold is explained.
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim run handoff.ron                      draw one scenario
  wspsim run handoff.ron --model layer -v     with all crossings, upcalls, rules and policies
  wspsim run scenarios                        everything in a folder
  wspsim run scenarios --profile windows      as real systems were seen to behave
  wspsim run scenarios --contracts warn       tell broken duties of providers, fail nothing for them
  wspsim run scenarios --format junit > results.xml
  wspsim run handoff.ron --trace trace.jsonl  keep what happened as JSON Lines")]
pub(crate) struct Arguments {
    /// Scenario files, or folders to search for them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What to write to stdout
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write all events of all plays to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Play only on this one of the models a scenario names
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Play under this profile instead of the one a scenario names
    #[arg(long, value_name = "NAME", value_enum)]
    profile: Option<ProfileChoice>,
    /// Whether providers are held to their duties, instead of what a scenario or model says
    #[arg(long, value_name = "MODE", value_enum)]
    contracts: Option<ContractsChoice>,
    /// Only say what does not hold, and the summary
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Draw every play in full, with all crossings, upcalls, rules and policies
    #[arg(short, long)]
    verbose: bool,
}

/// A [`Profile`] as the command line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileChoice {
    /// What the documentation says
    Documented,
    /// What real systems were seen to do
    Windows,
}

impl From<ProfileChoice> for Profile {
    fn from(choice: ProfileChoice) -> Self {
        match choice {
            ProfileChoice::Documented => Self::Documented,
            ProfileChoice::Windows => Self::Windows,
        }
    }
}

/// [`Contracts`] as the command line names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContractsChoice {
    /// Nobody looks
    Off,
    /// Broken duties are told
    Warn,
    /// They fail the scenario, unless it expects them
    Fail,
}

impl From<ContractsChoice> for Contracts {
    fn from(choice: ContractsChoice) -> Self {
        match choice {
            ContractsChoice::Off => Self::Off,
            ContractsChoice::Warn => Self::Warn,
            ContractsChoice::Fail => Self::Fail,
        }
    }
}

/// What to write to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// JSON Lines: an object for each play, a summary
    Json,
    /// JUnit's XML
    Junit,
    /// Test Anything Protocol 14
    Tap,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let (found, mut wrong) = files::find(&arguments.paths);
    let scenarios = files::scenarios(found, &mut wrong);
    let mut tracer = match arguments.trace.as_deref().map(Tracer::create).transpose() {
        Ok(tracer) => tracer,
        Err(error) => {
            output.message(&unwritable(arguments, &error, output));
            return Status::Wrong;
        }
    };
    output.message(&diagnostics::rendered(&wrong, &output.messages));
    let mut reporter = reporter(arguments, scenarios.len(), output);
    let tally = play_all(arguments, &scenarios, &mut *reporter, &mut tracer, output);
    output.text(&reporter.end(&tally));
    let written = tracer.map_or(Ok(()), Tracer::finish);
    if let Err(error) = &written {
        output.message(&unwritable(arguments, error, output));
    }
    let nothing = tally.plays() == 0;
    if nothing && wrong.is_empty() && tally.wrong == 0 {
        output.message(&nothing_to_play(arguments));
    }
    match () {
        () if nothing || !wrong.is_empty() || tally.wrong > 0 || written.is_err() => Status::Wrong,
        () if tally.held < tally.plays() => Status::Failed,
        () => Status::Held,
    }
}

fn reporter(arguments: &Arguments, scenarios: usize, output: &Output) -> Box<dyn Reporter> {
    let detail = match (arguments.quiet, arguments.verbose, scenarios) {
        (true, _, _) => report::Detail::Quiet,
        (_, true, _) => report::Detail::Everything,
        (_, _, 1) => report::Detail::Drawn,
        _ => report::Detail::Lines,
    };
    report::reporter(arguments.format, detail, output.look)
}

fn play_all(
    arguments: &Arguments,
    scenarios: &[Found],
    reporter: &mut dyn Reporter,
    tracer: &mut Option<Tracer>,
    output: &mut Output,
) -> Tally {
    let (mut library, mut tally) = (Library::new(), Tally::default());
    let log = tracer.is_some() || reporter.wants_events();
    let instead =
        Override { profile: arguments.profile.map(Into::into), contracts: arguments.contracts.map(Into::into) };
    let wanted = Wanted { model: arguments.model.as_deref(), instead };
    for file in scenarios {
        let planned = play::plan(file, &mut library, &wanted);
        let planned = planned.and_then(|plan| playable(plan, file, wanted.model));
        let plays = match planned {
            Ok(Some(plan)) => Ok(plan.play(log)),
            Ok(None) => continue,
            Err(diagnostics) => Err(diagnostics),
        };
        let outcome = Outcome { file: file.source.file.clone(), plays };
        if let Err(diagnostics) = &outcome.plays {
            output.message(&diagnostics::rendered(diagnostics, &output.messages));
        }
        if let Some(tracer) = tracer {
            tracer.write(&outcome);
        }
        tally.count(&outcome);
        output.text(&reporter.scenario(&outcome));
    }
    tally
}

/// The plan, unless the file is passed over.
fn playable(plan: play::Plan, file: &Found, only: Option<&str>) -> Result<Option<play::Plan>, Vec<Diagnostic>> {
    match plan.is_not_for(file, only) {
        Some(said) => Err(vec![said]),
        None => Ok((!plan.is_empty() && !plan.is_for_explore(file)).then_some(plan)),
    }
}

fn nothing_to_play(arguments: &Arguments) -> String {
    let why = match &arguments.model {
        Some(model) => format!("no scenario is for model `{}`", wspsim::model::explain::shortened(model)),
        None => "there are models here, but no scenarios".to_owned(),
    };
    format!("error: nothing to play: {why}\n")
}

/// Writes the events of all plays to a file.
struct Tracer {
    file: BufWriter<File>,
    failed: Option<io::Error>,
}

impl Tracer {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(File::create(path)?), failed: None })
    }

    fn write(&mut self, outcome: &Outcome) {
        for played in outcome.plays.iter().flatten() {
            let text = json::play(&played.report, &Trace::of(&played.report, &played.policies));
            let written = self.file.write_all(text.as_bytes());
            self.failed = self.failed.take().or(written.err());
        }
    }

    fn finish(mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.failed.map_or(flushed, Err)
    }
}

fn unwritable(arguments: &Arguments, error: &io::Error, output: &Output) -> String {
    let path = arguments.trace.as_deref().unwrap_or(Path::new(""));
    let diagnostic = files::about(path, &format!("the trace cannot be written: {error}"));
    diagnostics::rendered(&[diagnostic], &output.messages)
}
