//! `wspsim explore`: plays the programs of scenarios in every order, or in a sample of them.

mod findings;
mod gather;
mod json;
mod merge;
mod result;
mod save;
mod tell;
mod watch;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use wspsim::explore::{Explored, Order, Part, Pick, Sampling, Search};
use wspsim::model::{Diagnostic, Library};
use wspsim::scenario::programs::{Granularity, Orders, Start};
use wspsim::scenario::{Override, Scenario};
use wspsim::world::machine::Machine;

use super::diagnostics;
use super::files::{self, Found};
use super::output::{Output, Status};
use super::play::{self, Wanted};
use super::run::ProfileChoice;
use findings::Findings;
pub(crate) use merge::{Arguments as MergeArguments, run as merge};
use result::ResultFile;
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
With 0, 1, 3 and 4 the file of `--result` has been written, also after Ctrl-C.

Examples:
  wspsim explore race.ron                         every order, shortest counterexample
  wspsim explore race.ron --strategy dfs          with less memory
  wspsim explore race.ron --jobs 0                on all cores
  wspsim explore race.ron --granularity frame     also between the frames of a call
  wspsim explore race.ron --strategy pct --runs 100000 --seed 7
  wspsim explore races --max-time 60 --format json
  wspsim explore race.ron --shard 2/8 --result race.2.json    one of eight parts, for `wspsim merge`")]
pub(crate) struct Arguments {
    /// Scenario files, or folders to search for those with programs
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to go through the orders
    #[arg(long, value_enum, default_value_t = Strategy::Bfs)]
    strategy: Strategy,
    /// What one choice of an order is; left out: what the scenario says, or a whole call
    #[arg(long, value_enum)]
    granularity: Option<Grain>,
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
    ///
    /// [default: 10000]
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// What the sampled orders follow from: equal seeds, equal orders
    ///
    /// [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many orderings a bug may need to show (strategy pct)
    #[arg(long, value_name = "D", default_value_t = 3)]
    depth: u32,
    /// Use so many cores; 0: all there are
    #[arg(long, short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(..=512))]
    jobs: u16,
    /// Explore only part K of N: the parts together find what one search finds
    #[arg(long, value_name = "K/N", default_value_t = Part::WHOLE, hide_default_value = true)]
    shard: Part,
    /// Write what was found to this file, for `wspsim merge`
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,
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

/// What one choice of an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Grain {
    /// A whole call, up to where it returns or waits
    Call,
    /// A call up to where it is handed to the next provider, or an answer goes back
    Frame,
}

impl From<Grain> for Granularity {
    fn from(grain: Grain) -> Self {
        match grain {
            Grain::Call => Self::Call,
            Grain::Frame => Self::Frame,
        }
    }
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
pub(super) enum Format {
    /// For people
    Human,
    /// JSON Lines: an object for each scenario and model, a summary
    Json,
}

/// What came of one scenario on one machine.
pub(super) struct Told {
    pub(super) findings: Findings,
    /// The part of the search it was.
    pub(super) part: Part,
    /// Seconds it took; of several searches nobody says.
    pub(super) seconds: Option<f64>,
    pub(super) saved: Option<Saved>,
    /// Whether it is known what the orders reach.
    pub(super) covers: bool,
}

/// What came of it, and why its counterexample could not be saved.
type Explained = (Told, Vec<Diagnostic>);

/// What has been explored so far.
struct Campaign<'a> {
    arguments: &'a Arguments,
    watcher: Watcher,
    findings: Vec<Findings>,
    statuses: Vec<Status>,
    /// Where counterexamples were saved.
    saved: BTreeSet<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    if let Some(said) = arguments.misplaced() {
        output.message(&said);
        return Status::Wrong;
    }
    if let Some(Err(said)) = arguments.result.as_deref().map(ResultFile::can_be_written) {
        output.message(&diagnostics::rendered(&said, &output.messages));
        return Status::Wrong;
    }
    let (found, mut wrong) = files::find(&arguments.paths);
    let scenarios = files::scenarios(found, &mut wrong);
    output.message(&diagnostics::rendered(&wrong, &output.messages));
    let watcher = Watcher::new(arguments.max_time, arguments.max_memory);
    let (findings, statuses) = (Vec::new(), Vec::new());
    let mut campaign = Campaign { arguments, watcher, findings, statuses, saved: BTreeSet::new() };
    if !wrong.is_empty() {
        campaign.statuses.push(Status::Wrong);
    }
    let mut library = Library::new();
    for (at, file) in scenarios.iter().enumerate() {
        if let Err(said) = campaign.explore(file, &mut library, output) {
            output.message(&diagnostics::rendered(&said, &output.messages));
            campaign.statuses.push(Status::Wrong);
        }
        let left = scenarios.len() - at - 1;
        if campaign.watcher.interrupted() && left > 0 && arguments.result.is_none() {
            output.message(&format!("interrupted: {left} files were not explored\n"));
            campaign.statuses.push(Status::OutOfBudget);
            break;
        }
    }
    let statuses = campaign.statuses;
    if statuses.is_empty() {
        output.message(&match &arguments.model {
            Some(model) => {
                format!("error: nothing to explore: no scenario with programs here is for model `{model}`\n")
            }
            None => "error: nothing to explore: no scenario here has programs\n".to_owned(),
        });
        return Status::Wrong;
    }
    told_all(arguments.format, &statuses, output);
    worst(&statuses)
}

/// The summary.
fn told_all(format: Format, statuses: &[Status], output: &mut Output) {
    match format {
        Format::Json => output.text(&json::summary(statuses)),
        Format::Human if statuses.len() > 1 => output.text(&tell::summary(statuses, &output.look)),
        Format::Human => {}
    }
}

impl Told {
    fn text(&self, format: Format, output: &Output) -> String {
        match format {
            Format::Human => tell::told(self, &output.look),
            Format::Json => json::told(self),
        }
    }
}

/// The status that says most about what is wrong.
fn worst(statuses: &[Status]) -> Status {
    let order = [Status::Wrong, Status::Failed, Status::Stuck, Status::OutOfBudget];
    order.into_iter().find(|status| statuses.contains(status)).unwrap_or(Status::Held)
}

impl Campaign<'_> {
    /// Explores a scenario on all its machines. One without programs is passed over in a folder, and a mistake when it
    /// is named. Once somebody has interrupted, a result file is still told what was not explored.
    fn explore(&mut self, file: &Found, library: &mut Library, output: &mut Output) -> Result<(), Vec<Diagnostic>> {
        let arguments = self.arguments;
        let instead = Override { profile: arguments.profile.map(Into::into), ..Override::default() };
        let wanted = Wanted { model: arguments.model.as_deref(), instead };
        let plan = play::plan(file, library, &wanted)?;
        let scenario = plan.scenario();
        if !scenario.has_programs() {
            let help = "`wspsim run` plays scenarios of steps";
            let title = "the scenario has no `programs`: there is but one order";
            return if file.named { Err(vec![files::about(&file.path, title).with_help(help)]) } else { Ok(()) };
        }
        if let Some(said) = plan.is_not_for(file, wanted.model) {
            return Err(vec![said]);
        }
        for machine in plan.stacks() {
            if self.watcher.interrupted() && arguments.result.is_none() {
                output.message(&format!("interrupted: {} was not explored on {}\n", scenario.file(), machine.name));
                self.statuses.push(Status::OutOfBudget);
                continue;
            }
            let (told, unsaved) = self.explore_on(scenario, machine)?;
            output.text(&told.text(arguments.format, output));
            self.statuses.push(told.findings.status(told.part));
            if !unsaved.is_empty() {
                output.message(&diagnostics::rendered(&unsaved, &output.messages));
                self.statuses.push(Status::Wrong);
            }
        }
        Ok(())
    }

    /// What came of it, and why its counterexample could not be saved, if so.
    fn explore_on(&mut self, scenario: &Scenario, machine: &Arc<Machine>) -> Result<Explained, Vec<Diagnostic>> {
        let (arguments, part) = (self.arguments, self.arguments.shard);
        let covers = arguments.result.is_some();
        let nothing = gather::nothing(scenario, machine, arguments.is_sampling());
        let mut told = Told { findings: nothing, part, seconds: None, saved: None, covers };
        if self.watcher.interrupted() {
            told.findings = gather::unexplored(told.findings);
            return Ok((self.keep(told)?, Vec::new()));
        }
        self.watcher.begin(scenario.file(), &machine.name, arguments.is_sampling().then(|| arguments.runs()));
        let granularity = arguments.granularity.map_or(scenario.granularity(), Into::into);
        match Orders::by(granularity, scenario, machine) {
            Start::NoPrograms => {}
            Start::Failed(report) => told.findings = gather::before(told.findings, &report),
            Start::Begins(orders) => {
                let found = arguments.search(&orders, &mut self.watcher);
                told.seconds = Some(self.watcher.end());
                told.findings = gather::of(told.findings, &orders, machine, &found, covers);
                // First of all what was found must be on disk.
                told = self.keep(told)?;
                let Some(counterexample) = orders.judge(&found).found else { return Ok((told, Vec::new())) };
                let verdict = told.findings.verdict(part);
                let mut place = save::Place { folder: &arguments.save, taken: &mut self.saved };
                let shrink = !arguments.no_shrink;
                let saved = save::counterexample(&orders, &counterexample, verdict, part, shrink, &mut place);
                return Ok(match saved {
                    Ok(saved) => (Told { saved: Some(saved), ..told }, Vec::new()),
                    Err(said) => (told, said),
                });
            }
        }
        told.seconds = Some(self.watcher.end());
        Ok((self.keep(told)?, Vec::new()))
    }

    /// Notes what was found, in the result file too: whatever happens later, it is there.
    fn keep(&mut self, told: Told) -> Result<Told, Vec<Diagnostic>> {
        if let Some(path) = &self.arguments.result {
            self.findings.push(told.findings.clone());
            let (part, search) = (told.part, self.arguments.in_words());
            let file = ResultFile { part, search, findings: std::mem::take(&mut self.findings) };
            file.write(path)?;
            self.findings = file.findings;
        }
        Ok(told)
    }
}

impl Arguments {
    fn is_sampling(&self) -> bool {
        matches!(self.strategy, Strategy::Random | Strategy::Pct)
    }

    /// What is said of how to search and says nothing to this strategy.
    fn misplaced(&self) -> Option<String> {
        let of_samples = [("--runs", self.runs.is_some()), ("--seed", self.seed.is_some())];
        let of_searches = [
            ("--max-states", self.max_states.is_some()),
            ("--no-reduction", self.no_reduction),
            ("--no-symmetry", self.no_symmetry),
        ];
        let find = |options: &[(&'static str, bool)]| options.iter().find(|(_, given)| *given).map(|(name, _)| *name);
        let (name, whose) = match self.is_sampling() {
            true => (find(&of_searches)?, "bfs and dfs, which take every order"),
            false => (find(&of_samples)?, "random and pct, which sample orders"),
        };
        Some(format!("error: {name} is for the strategies {whose}: leave it out, or say so with --strategy\n"))
    }

    fn runs(&self) -> u64 {
        self.runs.unwrap_or(10_000)
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    fn search<'a>(&self, orders: &Orders<'a>, watcher: &mut Watcher) -> Explored<Orders<'a>> {
        let depth_max = u32::try_from(orders.budget().ops).unwrap_or(u32::MAX);
        let order = if self.strategy == Strategy::Dfs { Order::DepthFirst } else { Order::BreadthFirst };
        let pick = match self.strategy {
            Strategy::Pct => Pick::Pct { depth: self.depth },
            _ => Pick::Random,
        };
        if self.is_sampling() {
            let sampling = Sampling { pick, runs: self.runs(), seed: self.seed(), depth_max };
            return sampling.run_part(orders, self.shard, self.cores(), watcher);
        }
        let search = Search {
            order,
            reduction: !self.no_reduction,
            symmetry: !self.no_symmetry,
            states_max: self.max_states.unwrap_or(u64::MAX),
            depth_max,
        };
        search.run_part(orders, self.shard, self.cores(), watcher)
    }

    fn cores(&self) -> NonZeroUsize {
        let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        NonZeroUsize::new(self.jobs.into()).unwrap_or_else(all)
    }

    /// How it is searched, as far as it decides what is found.
    fn in_words(&self) -> Value {
        let strategy = self.strategy.to_possible_value();
        let strategy = strategy.as_ref().map_or("", |value| value.get_name());
        let granularity = self.granularity.and_then(|grain| grain.to_possible_value());
        let granularity = granularity.as_ref().map(|value| value.get_name());
        if self.is_sampling() {
            let (runs, seed, depth) = (self.runs(), self.seed(), self.depth);
            return json!({
                "strategy": strategy,
                "granularity": granularity,
                "runs": runs,
                "seed": seed,
                "depth": depth,
            });
        }
        json!({
            "strategy": strategy,
            "granularity": granularity,
            "reduction": !self.no_reduction,
            "symmetry": !self.no_symmetry,
            "max_states": self.max_states,
        })
    }
}
