//! What can be checked by reading the sources: the invariants of `lib.rs`, the size of files, the changelog.

use std::fs;
use std::path::{Path, PathBuf};

/// The core knows none of these.
const FOREIGN_TO_THE_CORE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::time",
    "std::thread",
    "std::io",
    "std::net::Tcp",
    "std::net::Udp",
    "HashMap",
    "HashSet",
    "RandomState",
    "println!",
    "eprintln!",
    "static mut",
    "Mutex",
    "Atomic",
];

/// Files beyond the limit, with the reason.
const LARGE_FOR_A_REASON: &[(&str, &str)] = &[];

const LINES_MAX: usize = 600;

fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The lines that are code: no comments, and no test modules of their own.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn the_core_knows_no_outside() {
    for room in ["src/abi", "src/world", "src/provider", "src/rules", "src/contract"] {
        for (path, text) in sources(room) {
            if path.components().any(|part| part.as_os_str() == "tests") {
                continue;
            }
            for line in code(&text) {
                for word in FOREIGN_TO_THE_CORE {
                    assert!(!line.contains(word), "{}: {word} in the core: {line}", path.display());
                }
            }
        }
    }
}

#[test]
fn traces_are_rendered_without_a_world() {
    for (path, text) in sources("src/trace") {
        for line in code(&text) {
            assert!(!line.contains("World"), "{}: a rendering looks into a World: {line}", path.display());
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (path, text) in sources("src") {
        let prints = path.components().any(|part| part.as_os_str() == "cli") || path.ends_with("main.rs");
        for line in code(&text) {
            assert!(prints || !line.contains("println!"), "{}: prints: {line}", path.display());
        }
    }
}

#[test]
fn files_stay_small() {
    for (path, text) in sources("src") {
        let lines = text.lines().count();
        let excused = LARGE_FOR_A_REASON.iter().any(|(file, _)| path.ends_with(file));
        assert!(lines <= LINES_MAX || excused, "{} has {lines} lines: is there a second file in it?", path.display());
    }
}

#[test]
fn nothing_is_left_unfinished() {
    for (path, text) in sources("src") {
        for line in text.lines() {
            for mark in ["todo!", "unimplemented!", "FIXME", "XXX"] {
                assert!(!line.contains(mark), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_changelog_knows_the_version() {
    let changelog = include_str!("../CHANGELOG.md");
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(changelog.contains(&heading), "no heading {heading}");
}

#[test]
fn the_map_names_every_room() {
    let map = include_str!("../src/lib.rs");
    for module in map.lines().filter_map(|line| line.strip_prefix("pub mod ")).map(|line| line.trim_end_matches(';')) {
        assert!(map.contains(&format!("[`{module}`]")), "the table of rooms does not name {module}");
    }
}

/// The walk through the map names files and functions in the order in which a call meets them: they have to be there.
#[test]
fn the_walk_leads_through_files_and_functions_that_exist() {
    let map = include_str!("../src/lib.rs");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows: Vec<&str> = map.lines().filter_map(|line| line.strip_prefix("//! | `src/")).collect();
    assert!(rows.len() > 8, "the walk has {} steps", rows.len());
    for row in rows {
        let (file, rest) = row.split_once("` | ").expect("a file and what happens there");
        let text = fs::read_to_string(root.join("src").join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
        for function in rest.split('`').skip(1).step_by(2) {
            assert!(text.contains(&format!("fn {function}(")), "{file} has no function {function}");
        }
    }
}
