//! Counterexamples as files: written beside, then renamed, so that nobody finds half of one.

use std::path::{Path, PathBuf};

use wspsim::explore::{Found, Verdict};
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
    shrink: bool,
    folder: &Path,
) -> Result<Saved, Vec<Diagnostic>> {
    let example = orders.counterexample(found, shrink);
    let folder = if folder == Path::new(".") { Path::new("") } else { folder };
    let path = folder.join(format!("{}-{}-{verdict}.ron", stem(orders.file()), stem(orders.model())));
    write(&path, &example.text)?;
    let source = Source::new(path.display().to_string(), example.text).map_err(|said| vec![said])?;
    Ok(Saved { path, source, steps: example.steps, shows: example.shows })
}

/// Writes a file as a whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Vec<Diagnostic>> {
    let half = path.with_extension("ron.part");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all);
    let written = written.and_then(|()| std::fs::write(&half, text)).and_then(|()| std::fs::rename(&half, path));
    written.map_err(|error| vec![files::about(path, &format!("the counterexample cannot be saved: {error}"))])
}

fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or("scenario")
}
