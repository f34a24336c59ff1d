//! Tables, and what is missing, in words.

use comfy_table::{CellAlignment, Table};
use wspsim::abi::WsaError;
use wspsim::contract::ContractRow;
use wspsim::coverage::{Function, Row, Standing};
use wspsim::rules::RuleId;
use wspsim::world::policy::PolicyId;

use super::Counted;
use crate::cli::output::Look;
use crate::cli::table::table;
use crate::cli::wrap::{definition, wrapped};

/// Where texts begin that stand beside a name.
const COLUMN: usize = 34;

/// The parts of the contract that are to be reached.
const LAYERS: [(&str, &str); 4] = [
    ("WSP", "Errors documented for providers"),
    ("WPU", "Errors documented for upcalls"),
    ("EXT", "Errors documented for extension functions"),
    ("WSC", "Errors documented for the catalog"),
];

pub(super) fn report(counted: &Counted, look: &Look) -> String {
    let tally = &counted.tally;
    let counted_as = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let (scenarios, plays) = (counted_as(tally.scenarios, "scenario"), counted_as(tally.plays(), "play"));
    let mut text = format!("{scenarios}, {plays}\n\n");
    for (layer, title) in LAYERS {
        let functions = counted.coverage.functions(layer);
        text += &format!("{}\n\n{}\n\n", look.bold(title), summary(&functions, look));
        text += &list("Never given", &functions, |standing| standing == Standing::Missing, look);
        text += &list("Given only because a fault said so", &functions, |s| s == Standing::Injected, look);
        text += &list("Exempt", &functions, |standing| matches!(standing, Standing::Exempt(_)), look);
        text += &list("Exempt, but reached", &functions, |standing| matches!(standing, Standing::Stale(_)), look);
    }
    text + &rules(counted, look) + &policies(counted, look)
}

fn summary(functions: &[Function], look: &Look) -> Table {
    let mut table = table(look, &["function", "rows", "reached", "exempt", "injected", "missing"]);
    for function in functions {
        add(&mut table, function.name, std::slice::from_ref(function));
    }
    add(&mut table, "all", functions);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn add(table: &mut Table, name: &str, functions: &[Function]) {
    let count = |is: fn(Standing) -> bool| functions.iter().map(|function| function.count(is)).sum::<usize>();
    let shown = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    table.add_row(vec![
        name.to_owned(),
        shown(count(|_| true)),
        shown(count(|standing| matches!(standing, Standing::Reached | Standing::Stale(_)))),
        shown(count(|standing| matches!(standing, Standing::Exempt(_)))),
        shown(count(|standing| standing == Standing::Injected)),
        shown(count(|standing| standing == Standing::Missing)),
    ]);
}

/// The rows that stand so, under their functions.
fn list(title: &str, functions: &[Function], is: impl Fn(Standing) -> bool, look: &Look) -> String {
    let mut text = String::new();
    for function in functions.iter().filter(|function| function.count(&is) > 0) {
        text += &format!("  {}\n", function.name);
        text += &function.rows.iter().filter(|row| is(row.standing)).map(|row| line(row, look)).collect::<String>();
    }
    if text.is_empty() { text } else { format!("{}\n{text}\n", look.bold(title)) }
}

fn line(row: &Row, look: &Look) -> String {
    let ContractRow { error, condition, .. } = row.contract;
    let number = WsaError::from_name(error).map(|error| format!(" ({})", error.number())).unwrap_or_default();
    let said = match row.standing {
        Standing::Exempt(reason) | Standing::Stale(reason) => reason,
        _ => condition,
    };
    definition(&format!("    {error}{number}"), COLUMN, said, look.width)
}

fn rules(counted: &Counted, look: &Look) -> String {
    let all = || RuleId::ALL.iter().copied();
    let missing: Vec<RuleId> = counted.coverage.missing_rules().collect();
    let shown = all().filter(|rule| rule.shows()).count();
    let reached = shown - missing.len();
    let later = all().filter(|rule| !rule.modelled()).count();
    let unseen = RuleId::ALL.len() - shown - later;
    let mut text = format!("{}\n", look.bold("Rules"));
    let said = format!(
        "{reached} of {shown} decided something; {later} are not modelled, {unseen} show in no trace (`wspsim explain ID` \
         says why)"
    );
    text += &wrapped(&said, "  ", look.width);
    text += &ids("Never decided anything", &missing.iter().map(|rule| rule.name()).collect::<Vec<_>>(), look);
    text + "\n"
}

fn ids(title: &str, ids: &[&str], look: &Look) -> String {
    if ids.is_empty() {
        return String::new();
    }
    format!("{}\n{}", look.bold(title), wrapped(&ids.join(" "), "  ", look.width))
}

fn policies(counted: &Counted, look: &Look) -> String {
    let answers: usize = PolicyId::ALL.iter().map(|policy| policy.answers().len()).sum();
    let missing: Vec<(PolicyId, &str)> = counted.coverage.missing_answers().collect();
    let mut text = format!("{}\n", look.bold("Policies"));
    let (reached, all) = (answers - missing.len(), PolicyId::ALL.len());
    text += &format!("  {reached} of the {answers} answers of {all} policies decided something\n");
    if !missing.is_empty() {
        text += &format!("{}\n", look.bold("Answers that never decided anything"));
    }
    for (policy, answer) in missing {
        text += &format!("  {} = {answer}\n", policy.name());
    }
    text
}
