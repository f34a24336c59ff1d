//! Where models are found: beside the file that names them, in a `models` folder above it, or built in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Diagnostic;
use super::explain::advice;
use super::source::Source;

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each built-in model.
        pub const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../models/", $name, ".ron")))),+];
    };
}

built_in! {
    "windows",
    "installable",
    "layer",
    "two-layers",
    "three-layers",
    "four-layers",
    "five-layers",
    "six-layers",
    "ifs-layer",
    "ifs-bypass",
    "ifs-own-extensions",
    "ifs-looks-up-listener",
    "layer-passes-extensions",
    "lower-passes-extensions",
    "non-ifs-base",
    "layer-over-non-ifs-base",
    "two-chains",
    "twins",
    "left-over-dll",
    "left-over-chain",
    "both-orders",
    "tcp-layer",
    "filter-layer",
    "proxy-layer",
    "cipher-layer",
    "token-layer",
    "token-layers",
    "base-handle-refused",
    "base-handle-loops",
    "qos",
    "qos-offered",
    "raw",
    "messages",
    "messages-whole",
    "messages-one-way",
    "messages-under-layer",
    "messages-under-two-layers",
    "messages-under-ifs-layer",
    "move-only",
    "windows-token-in-flags",
    "layer-token-in-flags",
}

/// A model's text, and its path unless it is built in.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub source: Arc<Source>,
    pub path: Option<PathBuf>,
}

/// No model has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    pub label: String,
    pub help: Option<String>,
}

/// Finds a model by the name that the file `beside` uses for it.
pub(super) fn find(name: &str, beside: Option<&Path>) -> Result<Found, Unknown> {
    if name.ends_with(".ron") {
        return by_path(name, beside);
    }
    let plain = !name.contains(['/', '\\', '\0']);
    let folders = if plain { model_folders(beside) } else { Vec::new() };
    for folder in &folders {
        let path = folder.join(format!("{name}.ron"));
        if path.is_file() {
            return read(path);
        }
    }
    let text = BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let source = text.and_then(|text| Source::new(format!("built-in model {name}"), text).ok());
    let source = source.ok_or_else(|| unknown(name, &folders))?;
    Ok(Found { source: Arc::new(source), path: None })
}

fn by_path(name: &str, beside: Option<&Path>) -> Result<Found, Unknown> {
    let folder = beside.and_then(Path::parent).unwrap_or(Path::new(""));
    read(folder.join(name))
}

fn read(path: PathBuf) -> Result<Found, Unknown> {
    let source = Source::read(&path).map_err(|why: Diagnostic| Unknown { label: why.title, help: Some(why.file) })?;
    Ok(Found { source: Arc::new(source), path: Some(path) })
}

/// The `models` folders of the file's folder and all folders above, the nearest first.
fn model_folders(beside: Option<&Path>) -> Vec<PathBuf> {
    let Some(file) = beside else { return Vec::new() };
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folders = file.ancestors().skip(1).map(|folder| folder.join("models"));
    folders.filter(|folder| folder.is_dir()).collect()
}

fn unknown(name: &str, folders: &[PathBuf]) -> Unknown {
    let mut names: BTreeSet<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.extend(folders.iter().flat_map(|folder| models_in(folder)));
    let (label, help) = advice(name, names.iter().map(String::as_str));
    Unknown { label, help }
}

fn models_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let models = files.filter(|file| file.extension().is_some_and(|extension| extension == "ron"));
    models.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned())).collect()
}
