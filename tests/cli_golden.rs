//! The command line as its users see it: each page under `tests/cli` is a session that is played again.
//!
//! After a change that is meant, `TRYCMD=overwrite cargo test --test cli_golden` writes the pages anew.

#[test]
fn sessions() {
    trycmd::TestCases::new().env("COLUMNS", "100").env("NO_COLOR", "1").case("tests/cli/*.md");
}

/// What the README shows of `explore` is what a page here shows, and so what the program prints; the piece of a file
/// before it is of the file that page explores.
#[test]
fn the_readme_shows_what_explore_prints() {
    let readme = include_str!("../README.md").split("## Every order").nth(1).expect("its section");
    let block = |language: &str| {
        let from = readme.split(&format!("```{language}\n")).nth(1).expect("a block");
        from.split("```").next().expect("its end").to_owned()
    };
    let (page, file) = (include_str!("cli/explore.md"), include_str!("cli/explore.in/shutdown.ron"));
    assert!(page.contains(&block("text")), "tests/cli/explore.md has not\n{}", block("text"));
    assert!(file.contains(&block("ron")), "tests/cli/explore.in/shutdown.ron has not\n{}", block("ron"));
    let command = "`wspsim explore shutdown.ron`";
    assert!(readme.contains(command) && page.contains(command.trim_matches('`')), "what prints it");
}
