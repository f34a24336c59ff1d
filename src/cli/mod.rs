//! The command line: one file a verb.
//!
//! Verbs turn arguments into text; only [`output`] writes. What goes to stdout is what was asked for, messages go to
//! stderr, so that machine formats stay clean.

mod catalog;
mod check;
mod coverage;
mod diagnostics;
mod explain;
mod explore;
mod files;
mod new;
mod output;
mod play;
mod replay;
mod report;
mod run;
mod shrink;
mod table;
mod wrap;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use output::{Output, Status};

/// A deterministic, in-memory Winsock 2 service provider stack.
///
/// Plays scenarios (scripts of SPI calls made by several processes) on models (descriptions of a machine: protocol
/// catalog, layered and base providers, limits) and shows what happened and why.
#[derive(Parser)]
#[command(name = "wspsim", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 all held, 1 a scenario failed, 2 the input or the usage was wrong;
of explore and merge also 3 stuck, 4 out of budget.

Begin with:
  wspsim new my-first && wspsim run my-first")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// When to use colours; auto obeys NO_COLOR
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, global = true, display_order = 100)]
    color: ColorChoice,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Subcommand)]
enum Verb {
    Run(run::Arguments),
    Explore(explore::Arguments),
    Merge(explore::MergeArguments),
    Replay(replay::Arguments),
    Shrink(shrink::Arguments),
    Check(check::Arguments),
    Coverage(coverage::Arguments),
    Explain(explain::Arguments),
    Catalog(catalog::Arguments),
    New(new::Arguments),
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(shown) => return shown_by_clap(&shown),
    };
    let mut output = Output::new(cli.color);
    let status = match cli.verb {
        Verb::Run(arguments) => run::run(&arguments, &mut output),
        Verb::Explore(arguments) => explore::run(&arguments, &mut output),
        Verb::Merge(arguments) => explore::merge(&arguments, &mut output),
        Verb::Replay(arguments) => replay::run(&arguments, &mut output),
        Verb::Shrink(arguments) => shrink::run(&arguments, &mut output),
        Verb::Check(arguments) => check::run(&arguments, &mut output),
        Verb::Coverage(arguments) => coverage::run(&arguments, &mut output),
        Verb::Explain(arguments) => explain::run(&arguments, &mut output),
        Verb::Catalog(arguments) => catalog::run(&arguments, &mut output),
        Verb::New(arguments) => new::run(&arguments, &mut output),
    };
    output.finish(status)
}

/// Help and version are asked for, everything else is wrong usage.
fn shown_by_clap(shown: &clap::Error) -> ExitCode {
    let _nobody_left_to_tell = shown.print();
    if shown.use_stderr() { Status::Wrong.into() } else { Status::Held.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
