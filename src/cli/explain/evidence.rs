//! What stands behind a name: the sources that cite it, and the scenarios in a folder that play it.

use std::path::PathBuf;

use wspsim::provider::ShapeFault;
use wspsim::rules::RuleId;
use wspsim::world::policy::PolicyId;

use super::pages::{COLUMN, WIDE_COLUMN, field};
use crate::cli::files::{self, Found, Kind};
use crate::cli::output::Look;
use crate::cli::wrap::definition;

/// Where the scenarios of the observations are, in the sources of wspsim.
pub(super) const FOLDER: &str = "`tests/scenarios/observed`";

pub(super) fn of_situation(number: u32, look: &Look) -> String {
    let name = format!("S{number}");
    let mut text = format!("{}: a situation of programs that share sockets\n", look.bold(&name));
    let place = format!(
        "scenarios name it in `rules`: `wspsim explain {name} tests/scenarios` lists those in the sources of wspsim"
    );
    text += &field("where", &place, look);
    text + &cited(&name, look)
}

pub(super) fn of_observation(number: u32, look: &Look) -> String {
    let name = format!("O{number}");
    let mut text = format!("{}: something real systems were seen to do\n", look.bold(&name));
    let place = format!(
        "scenarios below {FOLDER} in the sources of wspsim, a folder for each section, played under the `windows` \
         profile; their `about` begins with the number: `wspsim explain {name} tests/scenarios/observed` lists them. \
         `tests/observed/left-out.tsv` says why a line has none"
    );
    text += &field("where", &place, look);
    text + &cited(&name, look)
}

/// Policies, rules and faults whose source is this.
fn cited(name: &str, look: &Look) -> String {
    let names = |source: &str| has_word(source, name);
    let policies = PolicyId::ALL.iter().filter(|policy| names(policy.source()));
    let mut text: String = policies
        .map(|policy| definition(&format!("  {}", policy.name()), WIDE_COLUMN, policy.question(), look.width))
        .collect();
    let rules = RuleId::ALL.iter().filter(|rule| names(rule.source()));
    text.extend(rules.map(|rule| definition(&format!("  {rule}"), COLUMN, rule.sentence(), look.width)));
    let faults = ShapeFault::ALL.iter().filter(|fault| names(fault.source()));
    text.extend(faults.map(|fault| definition(&format!("  {fault}"), WIDE_COLUMN, fault.sentence(), look.width)));
    if text.is_empty() { text } else { format!("\nCited by\n{text}") }
}

/// The scenarios in some folders that speak of a name, each with what it is about.
pub(super) fn played(name: &str, paths: &[PathBuf], look: &Look) -> (String, Vec<wspsim::model::Diagnostic>) {
    let (found, wrong) = files::find(paths);
    let playing = found.iter().filter(|file| file.kind() == Kind::Scenario && speaks(file, name));
    let listed: Vec<String> = playing
        .map(|file| format!("  {}\n{}", file.path.display(), definition("", 6, about(file), look.width)))
        .collect();
    let count = match listed.len() {
        0 => format!("No scenario there speaks of {name}\n"),
        1 => "1 scenario\n".to_owned(),
        more => format!("{more} scenarios\n"),
    };
    (format!("\n{}{}", look.bold(&count), listed.concat()), wrong)
}

fn about(file: &Found) -> &str {
    file.source.text.split("about: \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

fn speaks(file: &Found, name: &str) -> bool {
    has_word(&file.source.text, name) || in_range(about(file), name)
}

/// Whether `O107 to O125` and the like include a number.
fn in_range(about: &str, name: &str) -> bool {
    let number = |word: &str| word.strip_prefix('O')?.parse::<u32>().ok();
    let Some(wanted) = number(name) else { return false };
    let words: Vec<&str> = about.split([' ', ',', ':']).filter(|word| !word.is_empty()).collect();
    words.windows(3).any(|three| match (number(three[0]), three[1], number(three[2])) {
        (Some(first), "to", Some(last)) => (first..=last).contains(&wanted),
        _ => false,
    })
}

fn has_word(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_stand_in_a_range() {
        assert!(in_range("O107 to O125: the table", "O111"));
        assert!(!in_range("O107 to O125: the table", "O127"));
        assert!(!in_range("1 to 3", "O2"));
    }

    #[test]
    fn names_are_whole_words() {
        assert!(has_word("rules: [\"S4\", \"R1\"]", "s4"));
        assert!(!has_word("rules: [\"S44\"]", "S4"));
        assert!(!has_word("option: SO_LINGER_2", "SO_LINGER"));
    }
}
