//! `wspsim merge`: what the parts of a search or a sample found, as if it were one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use wspsim::explore::{Part, Schedule, Spent};
use wspsim::model::Diagnostic;
use wspsim::scenario::programs::Replay;

use super::findings::{Bad, Findings, Outcome, Sometimes};
use super::result::ResultFile;
use super::{Format, Told, told_all, worst};
use crate::cli::diagnostics;
use crate::cli::files;
use crate::cli::output::{Output, Status};

/// Puts together what the parts of an exploration found, and says what the whole comes to
///
/// Takes the files that `wspsim explore --shard K/N --result FILE` wrote, one for each K. Outcomes, counts and coverage
/// are united; violated beats stuck beats out of budget beats holds; `sometimes` and `allowed` are judged over all parts.
#[derive(Args)]
#[command(
    after_help = "Exit status as of `explore`: 0 holds, or as the file says; 1 violated; 2 the files do not belong together;
3 stuck; 4 out of budget.

Counts are those of one search, except that a state which several parts of a search went to counts for each of them, and
that a sample ends at its first violation, parts of it each at their own.

Examples:
  wspsim explore race.ron --shard 1/2 --result 1.json
  wspsim explore race.ron --shard 2/2 --result 2.json
  wspsim merge 1.json 2.json
  wspsim merge *.json --format json --result all.json

With GNU parallel, on this machine or others (--sshlogin); exit status 1, 3 and 4 are results, not failures:
  parallel 'wspsim explore race.ron --shard {}/8 --result {}.json; test $? -ne 2' ::: 1 2 3 4 5 6 7 8
As an array job of Slurm:
  sbatch --array=1-8 --wrap 'wspsim explore race.ron --shard $SLURM_ARRAY_TASK_ID/8 --result $SLURM_ARRAY_TASK_ID.json'"
)]
pub(crate) struct Arguments {
    /// Result files, one for each part
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write what was found together to this file
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,
    /// What to write to stdout
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let merged = read(&arguments.files).and_then(whole);
    let merged = merged.and_then(|merged| match &arguments.result {
        Some(path) => merged.write(path).map(|()| merged),
        None => Ok(merged),
    });
    let merged = match merged {
        Ok(merged) => merged,
        Err(said) => {
            output.message(&diagnostics::rendered(&said, &output.messages));
            return Status::Wrong;
        }
    };
    let mut statuses = Vec::new();
    for findings in merged.findings {
        statuses.push(findings.status(Part::WHOLE));
        let told = Told { findings, part: Part::WHOLE, seconds: None, saved: None, covers: true };
        output.text(&told.text(arguments.format, output));
    }
    told_all(arguments.format, &statuses, output);
    worst(&statuses)
}

/// A result file and where it was.
type Named = (PathBuf, ResultFile);

fn read(paths: &[PathBuf]) -> Result<Vec<Named>, Vec<Diagnostic>> {
    let (mut read, mut wrong) = (Vec::new(), Vec::new());
    for path in paths {
        match ResultFile::read(path) {
            Ok(file) => read.push((path.clone(), file)),
            Err(said) => wrong.extend(said),
        }
    }
    if wrong.is_empty() { Ok(read) } else { Err(wrong) }
}

/// The parts as one, if they are the parts of one.
fn whole(mut parts: Vec<Named>) -> Result<ResultFile, Vec<Diagnostic>> {
    parts.sort_by_key(|(_, file)| file.part);
    belong_together(&parts).map_err(|said| vec![said])?;
    let parts: Vec<ResultFile> = parts.into_iter().map(|(_, file)| file).collect();
    let search = parts[0].search.clone();
    let together = (0..parts[0].findings.len())
        .map(|at| united(parts.iter().map(|file| (file.part, &file.findings[at])).collect()));
    Ok(ResultFile { part: Part::WHOLE, search, findings: together.collect() })
}

/// Whether these are all parts of one exploration, each once. They come in order.
fn belong_together(parts: &[Named]) -> Result<(), Diagnostic> {
    let ((first_path, first), others) = parts.split_first().expect("the arguments name a file");
    for (path, file) in others {
        let differ = |what: &str| {
            let title = format!("{what} than in {}: these are not parts of one exploration", first_path.display());
            Err(files::about(path, &title))
        };
        if file.part.of() != first.part.of() {
            return differ(&format!("the exploration is in {} parts, other", file.part.of()));
        }
        if file.search != first.search {
            return differ(&format!("it was searched otherwise ({})", file.search));
        }
        for (own, known) in file.findings.iter().zip(&first.findings) {
            if (&own.scenario, &own.model, &own.profile) != (&known.scenario, &known.model, &known.profile) {
                return differ(&format!("{} on {} stands where another scenario does", own.scenario, own.model));
            }
            if own.text != known.text {
                return differ(&format!("{} has another text", own.scenario));
            }
            if own.machine != known.machine {
                return differ(&format!("the model {} is another one", own.model));
            }
        }
        if file.findings.len() != first.findings.len() {
            return differ("other scenarios were explored");
        }
    }
    for pair in parts.windows(2) {
        if pair[0].1.part == pair[1].1.part {
            let title = format!("part {} is also in {}", pair[1].1.part, pair[0].0.display());
            return Err(files::about(&pair[1].0, &title));
        }
    }
    let there: BTreeSet<u32> = parts.iter().map(|(_, file)| file.part.number()).collect();
    let missing: Vec<String> =
        (1..=first.part.of()).filter(|part| !there.contains(part)).map(|part| part.to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (of, next) = (first.part.of(), &missing[0]);
    let title = format!("of {of} parts these are missing: {}", missing.join(", "));
    let help = format!(
        "`wspsim explore` with `--shard {next}/{of} --result FILE`, and else as for this part, makes part {next}"
    );
    Err(files::about(first_path, &title).with_help(help))
}

/// What all parts found of a scenario on a machine.
fn united(parts: Vec<(Part, &Findings)>) -> Findings {
    let first = parts[0].1;
    let all = || parts.iter().map(|(_, findings)| *findings);
    let spent = all().filter_map(Findings::spent);
    let reasons = [Spent::Interrupted, Spent::Time, Spent::Memory, Spent::States, Spent::Length];
    let spent: Vec<Spent> = spent.collect();
    let spent = reasons.into_iter().find(|reason| spent.contains(reason));
    Findings {
        states: all().map(|part| part.states).sum(),
        choices: all().map(|part| part.choices).sum(),
        spared: all().map(|part| part.spared).sum(),
        longest: all().map(|part| part.longest).max().unwrap_or(0),
        runs: all().map(|part| part.runs).sum(),
        spent: spent.map(|spent| spent.name().to_owned()),
        before: all().find(|part| !part.before.is_empty()).map_or_else(Vec::new, |part| part.before.clone()),
        outcomes: outcomes(all()),
        sometimes: sometimes(all()),
        // A part that was interrupted before it began does not know what the file asks for.
        allowed: all().max_by_key(|part| part.allowed.len()).map_or_else(Vec::new, |part| part.allowed.clone()),
        violated: first_wrong(&parts, |findings| findings.violated.as_ref()),
        stuck: first_wrong(&parts, |findings| findings.stuck.as_ref()),
        ..first.clone()
    }
}

/// What one search would have found: of a sample the run that came first, of a search the shortest order.
fn first_wrong(parts: &[(Part, &Findings)], of: impl Fn(&Findings) -> Option<&Bad>) -> Option<Bad> {
    let found = parts.iter().filter_map(|(part, findings)| Some((*part, *findings, of(findings)?)));
    let found = found.min_by_key(|(part, findings, bad)| {
        let run = if findings.sampled { part.place_of(findings.runs.saturating_sub(1)) } else { 0 };
        (run, length_and_order(bad.schedule.as_deref()))
    });
    found.map(|(_, _, bad)| bad.clone())
}

/// What schedules go by: [`Schedule::comes_before`].
fn length_and_order(schedule: Option<&str>) -> (usize, Schedule) {
    let replay: Option<Replay> = schedule.and_then(|text| text.parse().ok());
    let schedule = replay.map(|replay| replay.schedule).unwrap_or_default();
    (schedule.0.len(), schedule)
}

fn outcomes<'a>(parts: impl Iterator<Item = &'a Findings>) -> Vec<Outcome> {
    let mut together: BTreeMap<Vec<(String, String)>, Outcome> = BTreeMap::new();
    for outcome in parts.flat_map(|part| &part.outcomes) {
        let known = together.entry(outcome.key());
        let known = known.and_modify(|known| add(known, outcome));
        known.or_insert_with(|| outcome.clone());
    }
    let mut together: Vec<Outcome> = together.into_values().collect();
    for outcome in &mut together {
        if !outcome.ends.is_empty() {
            outcome.times = outcome.ends.iter().collect::<BTreeSet<_>>().len() as u64;
            outcome.ends.clear();
        }
    }
    together
}

/// The same outcome, in another part.
fn add(known: &mut Outcome, other: &Outcome) {
    let times = known.times + other.times;
    let mut ends = std::mem::take(&mut known.ends);
    ends.extend(other.ends.iter().cloned());
    if length_and_order(Some(&other.schedule)) < length_and_order(Some(&known.schedule)) {
        *known = other.clone();
    }
    (known.times, known.ends) = (times, ends);
}

fn sometimes<'a>(parts: impl Iterator<Item = &'a Findings>) -> Vec<Sometimes> {
    let mut together: Vec<Sometimes> = Vec::new();
    for part in parts {
        for (at, check) in part.sometimes.iter().enumerate() {
            let Some(known) = together.get_mut(at) else {
                together.push(check.clone());
                continue;
            };
            let sooner = match (&check.schedule, &known.schedule) {
                (Some(_), None) => true,
                (Some(own), Some(known)) => length_and_order(Some(own)) < length_and_order(Some(known)),
                (None, _) => false,
            };
            if sooner {
                known.schedule.clone_from(&check.schedule);
            }
        }
    }
    together
}
