//! `wspsim`: scenarios and models from the command line.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
