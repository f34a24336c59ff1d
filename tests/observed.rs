//! Every line of the observations of real systems has a scenario under `tests/scenarios/observed`, played under the
//! `windows` profile, or a reason why it has none.
//!
//! `tests/observed/lines.tsv` lists the lines with their sections, `left-out.tsv` those without a scenario. A scenario
//! stands in the folder of the section of its first line (`04-options/o077-negative-length.ron`) and may show several:
//! its `about` begins with their numbers (`O21, O23: ...`, `O107 to O125: ...`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use wspsim::scenario::Scenario;
use wspsim::world::policy::Profile;

/// Scenarios that show what the documents say beside what was observed.
const BY_THE_DOCUMENTS: &str = "-documented";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The rows of a table, without its head: two columns.
fn table(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("observed").join(name)).expect("a table");
    let rows = text.lines().skip(1).map(|line| line.split_once('\t').expect("two columns"));
    rows.map(|(first, second)| (first.to_owned(), second.to_owned())).collect()
}

fn number(line: &str) -> Option<u32> {
    line.strip_prefix(['O', 'o'])?.parse().ok()
}

/// The lines, with their sections.
fn lines() -> BTreeMap<u32, u32> {
    let row = |(line, section): (String, String)| {
        (number(&line).expect("a line"), section.parse().expect("the number of a section"))
    };
    table("lines.tsv").into_iter().map(row).collect()
}

/// The lines without a scenario, with the reason.
fn left_out() -> BTreeMap<u32, String> {
    table("left-out.tsv").into_iter().map(|(line, reason)| (number(&line).expect("a line"), reason)).collect()
}

/// A scenario below `observed`.
struct Shown {
    path: PathBuf,
    name: String,
    folder: String,
    text: String,
}

impl Shown {
    /// The line its name begins with.
    fn first(&self) -> Option<u32> {
        number(self.name.split('-').next()?)
    }

    /// All lines it shows.
    fn lines(&self, all: &BTreeMap<u32, u32>) -> BTreeSet<u32> {
        let about = self.text.split("about: \"").nth(1).unwrap_or_default();
        let mut shown: BTreeSet<u32> = self.first().into_iter().collect();
        let (mut last, mut range) = (0, false);
        for word in about.split([' ', ',', ':']).filter(|word| !word.is_empty()) {
            match number(word) {
                Some(line) if range => shown.extend(all.range(last..=line).map(|(&line, _)| line)),
                Some(line) => {
                    shown.insert(line);
                    last = line;
                }
                None if word == "to" && last > 0 => {}
                None => break,
            }
            range = word == "to";
        }
        shown
    }
}

fn shown() -> Vec<Shown> {
    let mut found = Vec::new();
    for folder in fs::read_dir(root().join("scenarios/observed")).expect("the scenarios").flatten() {
        for file in fs::read_dir(folder.path()).expect("a folder of a section, and no file").flatten() {
            let path = file.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a scenario");
            found.push(Shown { path, name, folder: folder.file_name().to_string_lossy().into_owned(), text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[test]
fn every_line_has_a_scenario_or_a_reason() {
    let (lines, left_out) = (lines(), left_out());
    let shown: BTreeSet<u32> = shown().iter().flat_map(|shown| shown.lines(&lines)).collect();
    for line in lines.keys() {
        match (shown.contains(line), left_out.get(line)) {
            (true, None) => {}
            (false, Some(reason)) => assert!(reason.len() > 20, "O{line}: a reason says why"),
            (true, Some(_)) => panic!("O{line} has a scenario: take its reason out of tests/observed/left-out.tsv"),
            (false, None) => panic!("O{line} has neither a scenario under tests/scenarios/observed nor a reason"),
        }
    }
    for line in shown.iter().chain(left_out.keys()) {
        assert!(lines.contains_key(line), "there is no line O{line}");
    }
}

#[test]
fn scenarios_stand_in_the_folder_of_their_section() {
    let lines = lines();
    for shown in shown() {
        let first = shown.first().unwrap_or_else(|| panic!("{}: the name begins with a line", shown.path.display()));
        let section = lines.get(&first).unwrap_or_else(|| panic!("{}: there is no O{first}", shown.path.display()));
        let prefix = format!("{section:02}-");
        assert!(shown.folder.starts_with(&prefix), "{}: O{first} is of section {section}", shown.path.display());
    }
}

#[test]
fn scenarios_are_played_under_the_windows_profile() {
    for shown in shown().iter().filter(|shown| !shown.name.ends_with(BY_THE_DOCUMENTS)) {
        let scenario = Scenario::load(&shown.path);
        let scenario = scenario.unwrap_or_else(|_| panic!("{}: a scenario", shown.path.display()));
        assert_eq!(scenario.profile(), Some(Profile::Windows), "{}", shown.path.display());
    }
}
