//! `wspsim new`: a first scenario and model.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, Status};
use super::{diagnostics, files};

/// The files, by their paths in the folder.
const FILES: [(&str, &str); 2] =
    [("handoff.ron", include_str!("handoff.ron")), ("models/my-stack.ron", include_str!("my-stack.ron"))];

/// Writes a first scenario and a first model, ready to be played and changed
///
/// Nothing is overwritten: when one of the files is there already, none is written.
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim new my-first && wspsim run my-first")]
pub(crate) struct Arguments {
    /// Where to
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    match write_all(&arguments.folder) {
        Ok(()) => {
            output.text(&welcome(&arguments.folder));
            Status::Held
        }
        Err((path, error)) => {
            let diagnostic = files::about(&path, &said(&error));
            output.message(&diagnostics::rendered(&[diagnostic], &output.messages));
            Status::Wrong
        }
    }
}

fn write_all(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    let paths = FILES.map(|(name, text)| (folder.join(name), text));
    for (path, _) in &paths {
        if path.symlink_metadata().is_ok() {
            return Err((path.clone(), io::ErrorKind::AlreadyExists.into()));
        }
    }
    for (path, text) in paths {
        write(&path, text).map_err(|error| (path, error))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AlreadyExists => "the file is there already; nothing was written".to_owned(),
        _ => format!("the file cannot be written: {error}"),
    }
}

fn welcome(folder: &Path) -> String {
    let wrote: String = FILES.iter().map(|(name, _)| format!("wrote {}\n", folder.join(name).display())).collect();
    let [scenario, model] = FILES.map(|(name, _)| folder.join(name).display().to_string());
    format!("{wrote}\nNow try\n  wspsim run {scenario}\n  wspsim catalog {model}\n  wspsim explain R3\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wspsim::model::{Model, Source};

    #[test]
    fn the_model_can_be_read() {
        let source = Source::new("my-stack.ron", FILES[1].1).expect("small");
        Model::read("my-stack", source, None).expect("a good model");
    }
}
