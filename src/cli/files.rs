//! From paths to files: folders are searched, everything is sorted.

use std::io;
use std::path::{Path, PathBuf};

use wspsim::model::{Diagnostic, Source};

/// Folders nested deeper than this are a mistake.
const DEPTH_MAX: usize = 64;

/// What a file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A script.
    Scenario,
    /// A machine.
    Model,
}

/// A file that was named or found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Whether it was named itself, not a folder around it.
    pub(crate) named: bool,
    pub(crate) source: Source,
}

impl Found {
    /// What the file describes, by the word it begins with.
    pub(crate) fn kind(&self) -> Kind {
        if first_word(&self.source.text) == "Model" { Kind::Model } else { Kind::Scenario }
    }
}

/// All files that paths mean, sorted within each folder, none twice; and what is wrong with the paths.
pub(crate) fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<Diagnostic>) {
    let (mut found, mut wrong) = (Vec::<Found>::new(), Vec::new());
    for path in paths {
        match files_of(path) {
            Ok(files) if files.is_empty() => {
                let title = "the folder holds no .ron files";
                wrong.push(about(path, title).with_help("`wspsim new DIR` writes a first scenario"));
            }
            Ok(files) => {
                for file in files {
                    if found.iter().any(|other| other.path == file) {
                        continue;
                    }
                    match Source::read(&file) {
                        Ok(source) => found.push(Found { named: file == *path, path: file, source }),
                        Err(diagnostic) => wrong.push(diagnostic),
                    }
                }
            }
            Err(error) => wrong.push(about(path, &format!("the file or folder cannot be read: {error}"))),
        }
    }
    (found, wrong)
}

/// The scenarios among the files. A model in a folder is somebody's machine; one that is named is a mistake.
pub(crate) fn scenarios(found: Vec<Found>, wrong: &mut Vec<Diagnostic>) -> Vec<Found> {
    let (scenarios, models): (Vec<Found>, Vec<Found>) =
        found.into_iter().partition(|file| file.kind() == Kind::Scenario);
    for model in models.iter().filter(|model| model.named) {
        let help = format!("`wspsim catalog {}` shows it", model.source.file);
        wrong.push(about(&model.path, "this is a model, not a scenario").with_help(help));
    }
    scenarios
}

/// A diagnostic about a path as a whole.
pub(crate) fn about(path: &Path, title: &str) -> Diagnostic {
    Diagnostic {
        file: path.display().to_string(),
        source: "".into(),
        span: 0..0,
        title: title.to_owned(),
        label: String::new(),
        help: None,
    }
}

fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    search(path, DEPTH_MAX, &mut files)?;
    Ok(files)
}

/// The .ron files of a folder in order, those of its folders among them. Links to folders are not followed: they may
/// lead in circles.
fn search(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if kind.is_dir() && depth > 0 && !hidden {
            search(&path, depth - 1, files)?;
        } else if !kind.is_dir() && path.extension().is_some_and(|extension| extension == "ron") {
            files.push(path);
        }
    }
    Ok(())
}

/// The first word of a text that is neither blank, comment nor attribute.
fn first_word(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let rest = text.strip_prefix("//").or_else(|| text.strip_prefix("#!")).map(|rest| (rest, "\n"));
        let Some((rest, end)) = rest.or_else(|| text.strip_prefix("/*").map(|rest| (rest, "*/"))) else { break };
        text = rest.split_once(end).map_or("", |(_, after)| after);
    }
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_what_a_file_is() {
        assert_eq!(first_word("Model(about: 1)"), "Model");
        assert_eq!(first_word("// a Model\n\n#![enable(x)]\n/* or */ Scenario("), "Scenario");
        assert_eq!(first_word("(steps: [])"), "");
        assert_eq!(first_word("/* never closed"), "");
        assert_eq!(first_word(""), "");
    }
}
