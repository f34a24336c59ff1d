//! Counterexamples as files: written beside, then renamed, so that nobody finds half of one.

use std::collections::BTreeSet;
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

/// Where counterexamples go.
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    /// Those of this exploration: scenarios of several folders may have one name.
    pub(crate) taken: &'a mut BTreeSet<PathBuf>,
}

impl Place<'_> {
    /// A path that nothing else has got.
    fn of(&mut self, name: &str) -> PathBuf {
        let folder = if self.folder == Path::new(".") { Path::new("") } else { self.folder };
        let numbered = (2..).map(|number| format!("{name}-{number}.ron"));
        let mut paths = std::iter::once(format!("{name}.ron")).chain(numbered).map(|name| folder.join(name));
        let path = paths.find(|path| !self.taken.contains(path)).unwrap_or_default();
        self.taken.insert(path.clone());
        path
    }
}

pub(crate) fn counterexample(
    orders: &Orders<'_>,
    found: &Found<Wrong>,
    verdict: Verdict,
    part: Part,
    shrink: bool,
    place: &mut Place<'_>,
) -> Result<Saved, Vec<Diagnostic>> {
    let example = orders.counterexample(found, shrink);
    let part = if part.is_whole() { String::new() } else { format!("-{}-of-{}", part.number(), part.of()) };
    let path = place.of(&format!("{}-{}-{verdict}{part}", stem(orders.file()), stem(orders.model())));
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
    let written = std::fs::File::create(&half).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&half, path)
    });
    if written.is_err() {
        let _there_may_be_none = std::fs::remove_file(&half);
    }
    written
}

/// Whether a file can be written there, before much work is done for it.
pub(super) fn can_be_written(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut probe = path.as_os_str().to_owned();
    probe.push(format!(".{}.part", std::process::id()));
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}

fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or("scenario")
}
