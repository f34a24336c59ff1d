//! `wspsim explain`: what a name in a trace or message means, and where it comes from.

mod index;
mod pages;

use clap::Args;
use wspsim::model::explain::nearest;

use super::output::{Output, Status};

/// Explains a rule, an error, a function, a policy, a profile, an open point or a fault
///
/// Traces and messages name what decided by a short id. This prints what the id stands for, in words, with its
/// source. Without an id it lists what there is to explain.
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim explain R3                   a rule
  wspsim explain Bind                 all rules of a group
  wspsim explain WSAEINVAL            an error, and which functions give it when; 10022 will do too
  wspsim explain WSPDuplicateSocket   a function: its documented errors and its rules
  wspsim explain block_reuse          a policy and its answers
  wspsim explain windows              a profile and the policies it changes
  wspsim explain A8                   a point the documentation leaves open
  wspsim explain LoseReserved         what a faulty provider does; RO-6 and MS-2 are defects it was seen as")]
pub(crate) struct Arguments {
    /// A rule, group of rules, error, error number, function, policy, profile, open point, fault or defect
    id: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let Some(id) = &arguments.id else {
        output.text(&pages::contents(&output.look.clone()));
        return Status::Held;
    };
    match index::find(id.trim()) {
        Some(subject) => {
            output.text(&pages::page(subject, &output.look.clone()));
            Status::Held
        }
        None => {
            output.message(&unknown(id));
            Status::Wrong
        }
    }
}

fn unknown(id: &str) -> String {
    let names = index::names();
    let near = nearest(id, names.iter().copied());
    let advice = near
        .map_or_else(|| "`wspsim explain` lists what there is".to_owned(), |near| format!("did you mean `{near}`?"));
    let shown = wspsim::model::explain::shortened(id);
    format!("error: there is nothing called `{shown}`\n  = help: {advice}\n")
}

#[cfg(test)]
mod tests {
    use super::index::Subject;
    use super::*;
    use crate::cli::output::Look;

    #[test]
    fn every_name_has_a_page() {
        for name in index::names() {
            let subject = index::find(name).unwrap_or_else(|| panic!("{name} is not found"));
            let page = pages::page(subject, &Look::PLAIN);
            assert!(page.contains(name) && page.ends_with('\n'), "{name}:\n{page}");
        }
    }

    #[test]
    fn capitals_do_not_matter_and_numbers_are_errors() {
        assert!(matches!(index::find("wsaeinval"), Some(Subject::Error(_))));
        assert!(matches!(index::find("10022"), Some(Subject::Error(_))));
        assert!(matches!(index::find("r3"), Some(Subject::Rule(_))));
        assert!(matches!(index::find("bind"), Some(Subject::Group("Bind"))));
        assert!(index::find("").is_none());
    }

    #[test]
    fn a_typo_is_met_with_the_nearest_name() {
        assert!(unknown("WSAEINVALL").contains("did you mean `WSAEINVAL`?"));
        assert!(unknown("bananas and pears").contains("lists what there is"));
    }
}
