//! `wspsim explain`: what a name in a trace or message means, and where it comes from.

mod evidence;
mod index;
mod pages;
mod sockets;

use std::path::PathBuf;

use clap::Args;
use wspsim::model::explain::nearest;

use super::diagnostics;
use super::output::{Output, Status};

/// Explains rules, errors, functions, policies, options, ioctls, events and whatever else has a name
///
/// Traces and messages name what decided by a short id. This prints what the id stands for, in words, with its
/// source. With paths it also lists the scenarios there that speak of it. Without an id it lists what there is to
/// explain.
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim explain R3                   a rule
  wspsim explain Bind                 all rules of a group
  wspsim explain WSAEINVAL            an error, and which functions give it when; 10022 will do too
  wspsim explain WSPDuplicateSocket   a function: its documented errors and its rules
  wspsim explain block_reuse          a policy and its answers
  wspsim explain windows              a profile and the policies it changes
  wspsim explain A8                   a point the documentation leaves open
  wspsim explain LoseReserved         what a faulty provider does; RO-6 and MS-2 are defects it was seen as
  wspsim explain SO_LINGER            a socket option; SIO_BASE_HANDLE an ioctl, FD_WRITE an event
  wspsim explain S44 tests/scenarios  a situation or an observation (O221), and the scenarios that play it")]
pub(crate) struct Arguments {
    /// A rule, group of rules, error, error number, function, policy, profile, open point, fault, defect, option,
    /// ioctl, event, situation or observation
    id: Option<String>,
    /// Scenarios, or folders of them, to look for the id in
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let Some(id) = &arguments.id else {
        output.text(&pages::contents(&output.look.clone()));
        return Status::Held;
    };
    match index::find(id.trim()) {
        Some(subject) => {
            output.text(&pages::page(subject, &output.look.clone()));
            if arguments.paths.is_empty() {
                return Status::Held;
            }
            let (listed, wrong) = evidence::played(id.trim(), &arguments.paths, &output.look.clone());
            output.text(&listed);
            output.message(&diagnostics::rendered(&wrong, &output.messages));
            if wrong.is_empty() { Status::Held } else { Status::Wrong }
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
