//! The command line as its users see it: each page under `tests/cli` is a session that is played again.
//!
//! After a change that is meant, `TRYCMD=overwrite cargo test --test cli_golden` writes the pages anew.

#[test]
fn sessions() {
    trycmd::TestCases::new().env("COLUMNS", "100").env("NO_COLOR", "1").case("tests/cli/*.md");
}
