//! `wspsim shrink`: leaves out of a failing scenario what its failure does not need.

use std::path::PathBuf;

use clap::Args;
use wspsim::model::{Diagnostic, Library};
use wspsim::scenario::Override;
use wspsim::scenario::programs::{Counterexample, Orders, Replay, Start, shrink_steps};

use super::diagnostics;
use super::explore::write;
use super::files;
use super::output::{Output, Status};
use super::play::{self, Wanted};
use super::run::ProfileChoice;

/// Leaves out of a failing scenario every step, fault and process its failure does not need
///
/// What is left fails at the same step in the same way, and no single step can be left out. A scenario with programs
/// is shrunk in the order that `--schedule` says.
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim shrink failing.ron                    writes what is left to stdout
  wspsim shrink failing.ron -o smaller.ron
  wspsim shrink race.ron --schedule 1-aabX2")]
pub(crate) struct Arguments {
    /// A scenario that fails
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The order, for a scenario with programs
    #[arg(long, value_name = "TEXT")]
    schedule: Option<Replay>,
    /// Write what is left to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Play on this one of the models the scenario names; left out: on the first
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Play under this profile instead of the one the scenario names
    #[arg(long, value_name = "NAME", value_enum)]
    profile: Option<ProfileChoice>,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let shrunk = shrink(arguments).and_then(|shrunk| {
        arguments.output.as_ref().map_or(Ok(()), |path| write(path, &shrunk.text))?;
        Ok(shrunk)
    });
    match shrunk {
        Ok(shrunk) => {
            if arguments.output.is_none() {
                output.text(&shrunk.text);
            }
            let (kept, all) = shrunk.steps;
            output.message(&format!("{kept} of {all} steps are left\n"));
            Status::Held
        }
        Err(said) => {
            output.message(&diagnostics::rendered(&said, &output.messages));
            Status::Wrong
        }
    }
}

fn shrink(arguments: &Arguments) -> Result<Counterexample, Vec<Diagnostic>> {
    let (mut found, wrong) = files::find(std::slice::from_ref(&arguments.path));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let about = |title: &str| vec![files::about(&arguments.path, title)];
    let file = if found.len() == 1 { found.pop() } else { None };
    let file = file.ok_or_else(|| about("this is a folder: one scenario is shrunk at a time"))?;
    let instead = Override { profile: arguments.profile.map(Into::into), ..Override::default() };
    let wanted = Wanted { model: arguments.model.as_deref(), instead };
    let plan = play::plan(&file, &mut Library::new(), &wanted)?;
    let machine = plan.stacks().first().ok_or_else(|| about("the scenario is not for this model"))?;
    let Some(Replay { granularity, schedule }) = &arguments.schedule else {
        if plan.scenario().has_programs() {
            return Err(about("the scenario has `programs`: say in which order with `--schedule`"));
        }
        return shrink_steps(plan.scenario(), machine)
            .ok_or_else(|| about("the scenario holds: there is nothing to shrink"));
    };
    let Start::Begins(orders) = Orders::by(*granularity, plan.scenario(), machine) else {
        return Err(about("the scenario has no programs that could begin: a schedule says nothing about it"));
    };
    if !orders.can_follow(schedule) {
        return Err(about("the schedule is not one of this scenario: a choice of it is not possible"));
    }
    orders.shrink(schedule).ok_or_else(|| about("nothing is wrong in this order"))
}
