//! Result files: what a search or a part of one found, to be kept and to be put together by `merge`.
//!
//! JSON Lines. The first line says what was done: `wspsim` (the version of the traces), `result` (the version of this
//! format, 1), `program` (the version of the program), `part` (`k/n`; `1/1`: all of it) and `search` (how it was
//! searched). Each further line is what is known of a scenario on a machine: `scenario`, `text` and `machine` (digests of
//! the scenario's text and of the machine), `about`, `model`, `profile`, `rules`, `stated` (null, or `verdict` and
//! `kind`), `before` (what did not hold in the steps before the programs), `states`, `choices`, `spared`, `longest`,
//! `runs`, `sampled`, `spent` (null, or why it ended early), `outcomes` (`steps`, `times`, `schedule`, `rows`: the
//! combinations of `allowed` it fits, by their places from 0, `forbidden`: null, or what is wrong with it, `ends`: in
//! parts of a search the digests of the final states, `coverage`: the `rules`, `errors` and `policies` its order reaches),
//! `sometimes` (`check`, `schedule`), `allowed` (`line`, `combination`), `violated` and `stuck` (null, or `kind`,
//! `title`, `line`, `expected`, `came`, `notes`, `schedule`). There is no time in it: equal searches give equal files.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wspsim::explore::Part;
use wspsim::model::Diagnostic;
use wspsim::trace::json::VERSION;

use super::findings::Findings;
use super::save::{can_be_written, write_whole};
use crate::cli::files;

/// The version of the format.
const FORMAT: u32 = 1;

/// A file can have so many bytes and no more.
const BYTES_MAX: u64 = 1 << 30;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    wspsim: u32,
    result: u32,
    program: String,
    part: String,
    search: Value,
}

/// What was searched, how, and what was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResultFile {
    pub(crate) part: Part,
    /// How it was searched: what all parts have in common.
    pub(crate) search: Value,
    pub(crate) findings: Vec<Findings>,
}

impl ResultFile {
    /// Writes it as a whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Vec<Diagnostic>> {
        let header = Header {
            wspsim: VERSION,
            result: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            part: self.part.to_string(),
            search: self.search.clone(),
        };
        let findings = self.findings.iter().map(serde_json::to_string);
        let lines: Result<Vec<String>, _> = std::iter::once(serde_json::to_string(&header)).chain(findings).collect();
        let written = lines.map_err(std::io::Error::from);
        let written = written.and_then(|lines| write_whole(path, &(lines.join("\n") + "\n")));
        written.map_err(|error| vec![files::about(path, &format!("the result cannot be written: {error}"))])
    }

    /// Whether a result can be kept there.
    pub(crate) fn can_be_written(path: &Path) -> Result<(), Vec<Diagnostic>> {
        let unwritable = |error| vec![files::about(path, &format!("the result cannot be written: {error}"))];
        can_be_written(path).map_err(unwritable)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let about = |title: &str| vec![files::about(path, title)];
        if path.is_dir() {
            let help = "name the result files in it, one for each part";
            return Err(vec![files::about(path, "this is a folder, not a result file").with_help(help)]);
        }
        let size = std::fs::metadata(path).map(|data| data.len());
        if size.is_ok_and(|bytes| bytes > BYTES_MAX) {
            return Err(about("the file is larger than any result file"));
        }
        let text =
            std::fs::read_to_string(path).map_err(|error| about(&format!("the file cannot be read: {error}")))?;
        let mut lines = text.lines();
        let header = known_header(lines.next().unwrap_or_default()).map_err(|title| about(&title))?;
        let part = header.part.parse().map_err(|_| about(&format!("`{}` is no part", header.part)))?;
        let findings = lines.enumerate().map(|(at, line)| {
            serde_json::from_str(line)
                .map_err(|error| about(&format!("line {} is not as it was written: {error}", at + 2)))
        });
        Ok(Self { part, search: header.search, findings: findings.collect::<Result<_, _>>()? })
    }
}

/// The header, if it is of a file this program understands.
fn known_header(line: &str) -> Result<Header, String> {
    let Ok(json) = serde_json::from_str::<Value>(line) else {
        return Err("this is no result file: `wspsim explore --result FILE` writes one".to_owned());
    };
    let (format, program) = (&json["result"], json["program"].as_str());
    if json["wspsim"] != VERSION || *format != FORMAT {
        return Err(match format {
            Value::Null => "this is no result file: `wspsim explore --result FILE` writes one".to_owned(),
            other => format!("the file has version {other} of the format; this program knows version {FORMAT}"),
        });
    }
    // Other versions may count and digest otherwise.
    let own = env!("CARGO_PKG_VERSION");
    if program != Some(own) {
        let other = program.unwrap_or("?");
        return Err(format!("the file was written by wspsim {other}, and this is {own}: they may not find the same"));
    }
    serde_json::from_value(json).map_err(|error| format!("line 1 is not as it was written: {error}"))
}

/// A digest as text.
pub(super) fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}
