//! `wspsim check`: reads scenarios and models without playing them.

use std::path::PathBuf;

use clap::Args;
use wspsim::model::{Diagnostic, Library, Model};

use super::diagnostics;
use super::files::{self, Found, Kind};
use super::output::{Output, Status};
use super::play;

/// Reads scenarios and models and says what is wrong with them, without playing anything
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim check my-scenario.ron
  wspsim check scenarios models")]
pub(crate) struct Arguments {
    /// Files, or folders to search for .ron files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let (found, mut wrong) = files::find(&arguments.paths);
    let mut library = Library::new();
    let mut counts = (0, 0);
    for file in &found {
        let said = match file.kind() {
            Kind::Scenario => play::check(file, &mut library),
            Kind::Model => check_model(file),
        };
        match (said, file.kind()) {
            (Ok(()), Kind::Scenario) => counts.0 += 1,
            (Ok(()), Kind::Model) => counts.1 += 1,
            (Err(said), _) => wrong.extend(said.into_iter().filter(|new| !wrong.contains(new)).collect::<Vec<_>>()),
        }
    }
    output.message(&diagnostics::rendered(&wrong, &output.messages));
    output.text(&summary(counts, wrong.len()));
    if wrong.is_empty() { Status::Held } else { Status::Wrong }
}

fn check_model(file: &Found) -> Result<(), Vec<Diagnostic>> {
    let name = file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("model");
    Model::read(name, file.source.clone(), Some(&file.path)).map(|_| ())
}

fn summary((scenarios, models): (usize, usize), wrong: usize) -> String {
    let good = [counted(scenarios, "scenario"), counted(models, "model")];
    let good: Vec<String> = good.into_iter().flatten().collect();
    let good = if good.is_empty() { "nothing".to_owned() } else { good.join(" and ") };
    match wrong {
        0 => format!("{good} can be read\n"),
        _ => format!("{good} can be read, {} found\n", counted(wrong, "mistake").unwrap_or_default()),
    }
}

fn counted(count: usize, what: &str) -> Option<String> {
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| format!("{count} {what}{plural}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_there_is() {
        assert_eq!(summary((2, 1), 0), "2 scenarios and 1 model can be read\n");
        assert_eq!(summary((1, 0), 3), "1 scenario can be read, 3 mistakes found\n");
        assert_eq!(summary((0, 0), 1), "nothing can be read, 1 mistake found\n");
    }
}
