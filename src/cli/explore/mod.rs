//! `wspsim explore`: plays the programs of scenarios in every order, or in a sample of them.

mod json;
mod save;
mod tell;
mod watch;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use wspsim::explore::{Explored, Order, Part, Pick, Sampling, Search, Verdict};
use wspsim::model::{Diagnostic, Library};
use wspsim::scenario::programs::{Judged, Orders, Start};
use wspsim::scenario::{Override, Report, Scenario};
use wspsim::world::machine::Machine;

use super::diagnostics;
use super::files::{self, Found};
use super::output::{Output, Status};
use super::play::{self, Wanted};
use super::run::ProfileChoice;
use save::Saved;
pub(crate) use save::write;
use watch::Watcher;

/// Plays the programs of scenarios in every order and says whether what they promise holds
///
/// A scenario with `programs` leaves the order of its threads open. Every order is tried, equal states once; or a
/// sample of the orders, where there are too many. When something is wrong, the order that shows it is shrunk, saved as an
/// ordinary scenario and drawn.
#[derive(Args)]
#[command(after_help = "Verdicts and exit status, the worst of all files:
  0  holds          or as the file's `verdict` says
  1  violated       an expectation or property, in the order shown
  2                 the input or the usage was wrong
  3  stuck          somebody waits in the order shown, and nobody will end it
  4  out of budget  nothing was wrong until the budget was spent

Examples:
  wspsim explore race.ron                         every order, shortest counterexample
  wspsim explore race.ron --strategy dfs          with less memory
  wspsim explore race.ron --jobs 0                on all cores
  wspsim explore race.ron --strategy pct --runs 100000 --seed 7
  wspsim explore races --max-time 60 --format json")]
pub(crate) struct Arguments {
    /// Scenario files, or folders to search for those with programs
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to go through the orders
    #[arg(long, value_enum, default_value_t = Strategy::Bfs)]
    strategy: Strategy,
    /// Take every choice, also where another order leads to the same
    #[arg(long)]
    no_reduction: bool,
    /// Tell states apart that differ only in numbers of handles, processes and tokens, or in which of several processes
    /// with equal programs is where
    #[arg(long)]
    no_symmetry: bool,
    /// Visit so many states at most
    #[arg(long, value_name = "N")]
    max_states: Option<u64>,
    /// Take so many MiB of memory at most, roughly
    #[arg(long, value_name = "MIB")]
    max_memory: Option<u64>,
    /// Take so many seconds at most, for each scenario and model
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,
    /// Sample so many orders (strategies random and pct)
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    runs: u64,
    /// What the sampled orders follow from: equal seeds, equal orders
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How many orderings a bug may need to show (strategy pct)
    #[arg(long, value_name = "D", default_value_t = 3)]
    depth: u32,
    /// Use so many cores; 0: all there are
    #[arg(long, short, value_name = "N", default_value_t = 1)]
    jobs: usize,
    /// What to write to stdout
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Where counterexamples are saved
    #[arg(long, value_name = "DIR", default_value = ".")]
    save: PathBuf,
    /// Save counterexamples as they were found
    #[arg(long)]
    no_shrink: bool,
    /// Explore only on this one of the models a scenario names
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Explore under this profile instead of the one a scenario names
    #[arg(long, value_name = "NAME", value_enum)]
    profile: Option<ProfileChoice>,
}

/// How to go through the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// All of them, breadth first: a counterexample is one of the shortest
    Bfs,
    /// All of them, depth first: less memory
    Dfs,
    /// A sample: at every point one of the choices, with equal chances
    Random,
    /// A sample: by priorities that change a few times (PCT)
    Pct,
}

/// What to write to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// JSON Lines: an object for each scenario and model, a summary
    Json,
}

/// What came of one scenario on one machine.
pub(super) struct Told<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) machine: &'a Machine,
    pub(super) came: Came<'a>,
    /// Seconds it took.
    pub(super) seconds: f64,
}

#[allow(clippy::large_enum_variant, reason = "one is made for each search")]
pub(super) enum Came<'a> {
    /// The steps before the programs did not hold.
    Before(Box<Report>),
    Explored {
        found: Explored<Orders<'a>>,
        judged: Judged,
        saved: Option<Saved>,
    },
}

impl Told<'_> {
    pub(super) fn verdict(&self) -> Verdict {
        match &self.came {
            Came::Before(_) => Verdict::Violated,
            Came::Explored { judged, .. } => judged.verdict,
        }
    }

    /// Whether the file says that this is how it ends.
    pub(super) fn is_as_stated(&self) -> bool {
        match (&self.came, self.scenario.stated()) {
            (Came::Explored { judged, .. }, Some(stated)) => stated.fits(judged.verdict, judged.kind()),
            _ => false,
        }
    }

    fn status(&self) -> Status {
        let stated = self.scenario.stated().is_some();
        match self.verdict() {
            _ if self.is_as_stated() => Status::Held,
            // It should have been wrong, and is not.
            Verdict::Holds if stated => Status::Failed,
            Verdict::Holds => Status::Held,
            Verdict::Violated => Status::Failed,
            Verdict::Stuck => Status::Stuck,
            Verdict::OutOfBudget => Status::OutOfBudget,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let (found, mut wrong) = files::find(&arguments.paths);
    let scenarios = files::scenarios(found, &mut wrong);
    output.message(&diagnostics::rendered(&wrong, &output.messages));
    let mut watcher = Watcher::new(arguments.max_time, arguments.max_memory);
    let (mut library, mut statuses) = (Library::new(), Vec::new());
    if !wrong.is_empty() {
        statuses.push(Status::Wrong);
    }
    for (at, file) in scenarios.iter().enumerate() {
        match explore(file, arguments, &mut library, &mut watcher, output) {
            Ok(of_file) => statuses.extend(of_file),
            Err(said) => {
                output.message(&diagnostics::rendered(&said, &output.messages));
                statuses.push(Status::Wrong);
            }
        }
        let left = scenarios.len() - at - 1;
        if watcher.interrupted() && left > 0 {
            output.message(&format!("interrupted: {left} files were not explored\n"));
            statuses.push(Status::OutOfBudget);
            break;
        }
    }
    if statuses.is_empty() {
        output.message("error: nothing to explore: no scenario here has programs\n");
        return Status::Wrong;
    }
    match arguments.format {
        Format::Json => output.text(&json::summary(&statuses)),
        Format::Human if statuses.len() > 1 => output.text(&tell::summary(&statuses, &output.look)),
        Format::Human => {}
    }
    worst(&statuses)
}

/// The status that says most about what is wrong.
fn worst(statuses: &[Status]) -> Status {
    let order = [Status::Wrong, Status::Failed, Status::Stuck, Status::OutOfBudget];
    order.into_iter().find(|status| statuses.contains(status)).unwrap_or(Status::Held)
}

/// Explores a scenario on all its machines. One without programs is passed over in a folder, and a mistake when it is
/// named.
fn explore(
    file: &Found,
    arguments: &Arguments,
    library: &mut Library,
    watcher: &mut Watcher,
    output: &mut Output,
) -> Result<Vec<Status>, Vec<Diagnostic>> {
    let instead = Override { profile: arguments.profile.map(Into::into), ..Override::default() };
    let wanted = Wanted { model: arguments.model.as_deref(), instead };
    let plan = play::plan(file, library, &wanted)?;
    let scenario = plan.scenario();
    if !scenario.has_programs() {
        let help = "`wspsim run` plays scenarios of steps";
        let title = "the scenario has no `programs`: there is but one order";
        return if file.named { Err(vec![files::about(&file.path, title).with_help(help)]) } else { Ok(Vec::new()) };
    }
    let mut statuses = Vec::new();
    for machine in plan.stacks() {
        let told = explore_on(scenario, machine, arguments, watcher)?;
        output.text(&match arguments.format {
            Format::Human => tell::told(&told, &output.look),
            Format::Json => json::told(&told),
        });
        statuses.push(told.status());
        if watcher.interrupted() {
            break;
        }
    }
    Ok(statuses)
}

fn explore_on<'a>(
    scenario: &'a Scenario,
    machine: &'a Arc<Machine>,
    arguments: &Arguments,
    watcher: &mut Watcher,
) -> Result<Told<'a>, Vec<Diagnostic>> {
    watcher.begin(scenario.file(), &machine.name, arguments.is_sampling().then_some(arguments.runs));
    let orders = match Orders::of(scenario, machine) {
        Start::Begins(orders) => orders,
        Start::Failed(report) => {
            let seconds = watcher.end();
            return Ok(Told { scenario, machine, came: Came::Before(report), seconds });
        }
        Start::NoPrograms => return Ok(Told { scenario, machine, came: nothing(), seconds: watcher.end() }),
    };
    let found = arguments.search(&orders, watcher);
    let seconds = watcher.end();
    let judged = orders.judge(&found);
    let saved = match &judged.found {
        Some(found) => {
            Some(save::counterexample(&orders, found, judged.verdict, !arguments.no_shrink, &arguments.save)?)
        }
        None => None,
    };
    Ok(Told { scenario, machine, came: Came::Explored { found, judged, saved }, seconds })
}

fn nothing<'a>() -> Came<'a> {
    let judged = Judged { verdict: Verdict::Holds, found: None, unreached: Vec::new() };
    Came::Explored { found: Explored::nothing(), judged, saved: None }
}

impl Arguments {
    fn is_sampling(&self) -> bool {
        matches!(self.strategy, Strategy::Random | Strategy::Pct)
    }

    fn search<'a>(&self, orders: &Orders<'a>, watcher: &mut Watcher) -> Explored<Orders<'a>> {
        let depth_max = u32::try_from(orders.budget().ops).unwrap_or(u32::MAX);
        let order = if self.strategy == Strategy::Dfs { Order::DepthFirst } else { Order::BreadthFirst };
        let pick = match self.strategy {
            Strategy::Pct => Pick::Pct { depth: self.depth },
            _ => Pick::Random,
        };
        if self.is_sampling() {
            let sampling = Sampling { pick, runs: self.runs, seed: self.seed, depth_max };
            return sampling.run_part(orders, Part::WHOLE, self.cores(), watcher);
        }
        let search = Search {
            order,
            reduction: !self.no_reduction,
            symmetry: !self.no_symmetry,
            states_max: self.max_states.unwrap_or(u64::MAX),
            depth_max,
        };
        search.run_part(orders, Part::WHOLE, self.cores(), watcher)
    }

    fn cores(&self) -> NonZeroUsize {
        let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        NonZeroUsize::new(self.jobs).unwrap_or_else(all)
    }
}
