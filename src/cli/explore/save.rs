//! Counterexamples as files: written beside, then renamed, so that nobody finds half of one.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use wspsim::explore::{Found, Part, Verdict};
use wspsim::model::{Diagnostic, Source};
use wspsim::scenario::programs::{Orders, Wrong};

use crate::cli::files;

/// A counterexample that has been saved.
pub(crate) struct Saved {
    pub(crate) path: PathBuf,
    pub(crate) source: Source,
    /// Steps it has, and steps the run had.
    pub(crate) steps: (usize, usize),
    /// Whether it shows what is wrong when it is played.
    pub(crate) shows: bool,
}

pub(crate) fn counterexample(
    orders: &Orders<'_>,
    found: &Found<Wrong>,
    verdict: Verdict,
    part: Part,
    shrink: bool,
    folder: &Path,
) -> Result<Saved, Vec<Diagnostic>> {
    let example = orders.counterexample(found, shrink);
    let folder = if folder == Path::new(".") { Path::new("") } else { folder };
    let part = if part.is_whole() { String::new() } else { format!("-{}-of-{}", part.number(), part.of()) };
    let path = folder.join(format!("{}-{}-{verdict}{part}.ron", stem(orders.file()), stem(orders.model())));
    write(&path, &example.text)?;
    let source = Source::new(path.display().to_string(), example.text).map_err(|said| vec![said])?;
    Ok(Saved { path, source, steps: example.steps, shows: example.shows })
}

/// Writes a counterexample as a whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Vec<Diagnostic>> {
    let about = |error| vec![files::about(path, &format!("the counterexample cannot be saved: {error}"))];
    write_whole(path, text).map_err(about)
}

/// Writes a file beside its place and moves it there when it is complete and on disk.
pub(super) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut half = path.as_os_str().to_owned();
    // Others may write to the same folder at the same time.
    half.push(format!(".{}.part", std::process::id()));
    let mut file = std::fs::File::create(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&half, path)
}

fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or("scenario")
}
