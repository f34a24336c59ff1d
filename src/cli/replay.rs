//! `wspsim replay`: plays one order of a scenario's programs.

use std::path::PathBuf;

use clap::Args;
use wspsim::model::{Diagnostic, Library};
use wspsim::scenario::programs::{Orders, Replay, Start};
use wspsim::scenario::{Logging, Override, Verdict, play as play_steps};

use super::diagnostics;
use super::files;
use super::output::{Output, Status};
use super::play::{self, Outcome, Played, Wanted};
use super::report::{self, Detail};
use super::run::{self, ProfileChoice};

/// Plays one order of a scenario's programs, as `explore` prints it, and draws it
#[derive(Args)]
#[command(after_help = "A schedule is the version, a dash, and a letter for each choice: `a` to `z` the threads in the
order the file names them, `P26` and on for more, `C1` which alternative, `T` time, `F0` a fault, `X3` three times.
With `f` before the version a choice lets a call go on to its next frame border only.

Example:
  wspsim replay race.ron --schedule 1-aabX2")]
pub(crate) struct Arguments {
    /// A scenario with programs
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The order
    #[arg(long, value_name = "TEXT")]
    schedule: Replay,
    /// Play on this one of the models the scenario names; left out: on the first
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Play under this profile instead of the one the scenario names
    #[arg(long, value_name = "NAME", value_enum)]
    profile: Option<ProfileChoice>,
    /// Draw all crossings, upcalls, rules and policies
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    match replay(arguments) {
        Ok(played) => {
            let held = played.report.verdict == Verdict::Held;
            let detail = if arguments.verbose { Detail::Everything } else { Detail::Drawn };
            let outcome = Outcome { file: played.report.file.clone(), plays: Ok(vec![played]) };
            output.text(&report::reporter(run::Format::Human, detail, output.look).scenario(&outcome));
            if held { Status::Held } else { Status::Failed }
        }
        Err(said) => {
            output.message(&diagnostics::rendered(&said, &output.messages));
            Status::Wrong
        }
    }
}

fn replay(arguments: &Arguments) -> Result<Played, Vec<Diagnostic>> {
    let (mut found, wrong) = files::find(std::slice::from_ref(&arguments.path));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let about = |title: &str| vec![files::about(&arguments.path, title)];
    let file = if found.len() == 1 { found.pop() } else { None };
    let file = file.ok_or_else(|| about("this is a folder: an order belongs to one scenario"))?;
    let instead = Override { profile: arguments.profile.map(Into::into), ..Override::default() };
    let wanted = Wanted { model: arguments.model.as_deref(), instead };
    let plan = play::plan(&file, &mut Library::new(), &wanted)?;
    let machine = plan.stacks().first().ok_or_else(|| about("the scenario is not for this model"))?;
    let Replay { granularity, schedule } = &arguments.schedule;
    let report = match Orders::by(*granularity, plan.scenario(), machine) {
        Start::NoPrograms => return Err(about("the scenario has no `programs`: there is but one order")),
        Start::Failed(report) => *report,
        Start::Begins(orders) => {
            if !orders.can_follow(schedule) {
                return Err(about("the schedule is not one of this scenario: a choice of it is not possible"));
            }
            let mut report = play_steps(&orders.scenario_of_run(schedule), machine, Logging::On);
            let again =
                format!("wspsim replay {} --model {} --schedule {}", orders.file(), orders.model(), arguments.schedule);
            report.failures.iter_mut().for_each(|failure| failure.replay.clone_from(&again));
            report
        }
    };
    Ok(Played { report, policies: *machine.policies(), source: plan.scenario().source().clone() })
}
