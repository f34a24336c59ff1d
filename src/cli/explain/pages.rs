//! What is said about each kind of thing.

use wspsim::abi::WsaError;
use wspsim::contract::{self, ContractRow};
use wspsim::provider::ShapeFault;
use wspsim::provider::shape_fault::NOT_A_SHAPE;
use wspsim::rules::{OpenPoint, RuleId};
use wspsim::world::policy::{PolicyId, Profile};

use super::index::{self, Subject};
use super::{evidence, sockets};
use crate::cli::output::Look;
use crate::cli::wrap::{definition, wrapped};

/// Where texts begin that stand beside an id.
pub(super) const COLUMN: usize = 14;
/// Where texts begin that stand beside a name.
pub(super) const WIDE_COLUMN: usize = 26;

/// The page about something.
pub(super) fn page(subject: Subject, look: &Look) -> String {
    match subject {
        Subject::Rule(rule) => of_rule(rule, look),
        Subject::Group(group) => of_group(group, look),
        Subject::Error(error) => of_error(error, look),
        Subject::Function(name) => of_function(name, look),
        Subject::Policy(policy) => of_policy(policy, look),
        Subject::Profile(profile) => of_profile(profile, look),
        Subject::Open(point) => of_open_point(point, look),
        Subject::Fault(fault) => of_fault(fault, look),
        Subject::Defect(id) => of_defect(id, look),
        Subject::Option(option) => sockets::of_option(option, look),
        Subject::Ioctl(ioctl) => sockets::of_ioctl(ioctl, look),
        Subject::Event(event) => sockets::of_event(event, look),
        Subject::Situation(number) => evidence::of_situation(number, look),
        Subject::Observation(number) => evidence::of_observation(number, look),
    }
}

/// What there is to explain.
pub(super) fn contents(look: &Look) -> String {
    let mut text = heading("Rules, by group", "wspsim explain Bind", look);
    for group in index::groups() {
        let count = rules_of(group).len();
        let ids = if count == 1 { format!("{group}1") } else { format!("{group}1-{count}") };
        text += &definition(&format!("  {ids}"), COLUMN + 6, index::topic(group), look.width);
    }
    text += &format!("\n{}", heading("Policies", "wspsim explain block_reuse", look));
    for policy in PolicyId::ALL {
        text += &definition(&format!("  {}", policy.name()), WIDE_COLUMN, policy.question(), look.width);
    }
    text += &format!("\n{}", heading("Profiles", "wspsim explain windows", look));
    for profile in Profile::ALL {
        text += &definition(&format!("  {profile}"), WIDE_COLUMN, profile.about(), look.width);
    }
    text += &format!("\n{}", heading("Faults of providers", "wspsim explain LoseReserved", look));
    for fault in ShapeFault::ALL {
        text += &definition(&format!("  {fault}"), WIDE_COLUMN, fault.sentence(), look.width);
    }
    text += &format!("\n{}", heading("Open points", "wspsim explain A8", look));
    for point in OpenPoint::ALL {
        text += &definition(&format!("  {}", point.name()), COLUMN - 6, point.question(), look.width);
    }
    text += &format!("\n{}", heading("Functions", "wspsim explain WSPDuplicateSocket", look));
    text += &wrapped(&index::functions().join(" "), "  ", look.width);
    for (title, example, names) in sockets::listed() {
        text += &format!("\n{}", heading(title, example, look));
        text += &wrapped(&names.join(" "), "  ", look.width);
    }
    text += &format!("\n{}", heading("Errors", "wspsim explain WSAEINVAL", look));
    text + &wrapped(&WsaError::ALL.iter().map(|error| error.name()).collect::<Vec<_>>().join(" "), "  ", look.width)
}

fn of_rule(rule: RuleId, look: &Look) -> String {
    let mut text = look.bold(&format!("Rule {rule}")) + "\n";
    text += &wrapped(rule.sentence(), "  ", look.width);
    text += &field("source", rule.source(), look);
    if let Some(advice) = rule.advice() {
        text += &field("what to do", advice, look);
    }
    if let Some(policy) = rule.policy() {
        text += &field("decided by", &format!("policy {}: {}", policy.name(), policy.question()), look);
    }
    if let Some(why) = rule.missing() {
        text += &field("not modelled", why, look);
    }
    if let Some(why) = rule.unseen() {
        text += &field("not in traces", why, look);
    }
    if rule.group() == "O" {
        text += &field(
            "beside it",
            &format!("an observation of real systems has the same number: {}", evidence::FOLDER),
            look,
        );
    }
    text
}

fn of_group(group: &str, look: &Look) -> String {
    let mut text = format!("{}: {}\n", look.bold(&format!("Rules {group}")), index::topic(group));
    for rule in rules_of(group) {
        text += &definition(&format!("  {rule}"), COLUMN, rule.sentence(), look.width);
    }
    text
}

fn of_error(error: WsaError, look: &Look) -> String {
    let mut text = format!("{}: {}\n", look.bold(&error.to_string()), error.meaning());
    let rows: Vec<ContractRow> = contract::rows().filter(|row| row.error == error.name()).collect();
    if rows.is_empty() {
        text += "\nNo function is documented to give it.\n";
    } else {
        text += "\nDocumented for\n";
    }
    for row in rows {
        text += &definition(&format!("  {}", row.function), WIDE_COLUMN, row.condition, look.width);
    }
    text + &mentions(error.name(), look)
}

fn of_function(name: &str, look: &Look) -> String {
    let rows: Vec<ContractRow> = contract::rows().filter(|row| row.function == name).collect();
    let what = match rows.first().map(|row| row.layer) {
        Some("WSP") => "an entry of a provider",
        Some("WPU") => "an upcall: what a provider asks of ws2_32",
        Some("EXT") => "an extension function, called through a pointer",
        Some("WSC") => "a function of the catalog",
        _ => "a function of the interface",
    };
    let mut text = format!("{}: {what}\n\nDocumented errors\n", look.bold(name));
    for row in rows {
        let number = WsaError::from_name(row.error).map(|error| format!(" ({})", error.number())).unwrap_or_default();
        text += &definition(&format!("  {}{number}", row.error), WIDE_COLUMN + 4, row.condition, look.width);
    }
    text + &mentions(name, look)
}

fn of_policy(policy: PolicyId, look: &Look) -> String {
    let mut text = format!("{}: {}\n", look.bold(&format!("Policy {}", policy.name())), policy.question());
    let answers = policy.answers().iter().enumerate();
    let answers: Vec<String> = answers
        .map(|(at, answer)| if at == 0 { format!("{answer} (default)") } else { (*answer).to_owned() })
        .collect();
    text += &field("answers", &answers.join(", "), look);
    for profile in Profile::ALL {
        text += &field(profile.name(), policy.answer(&profile.policies()), look);
    }
    text += &field("source", policy.source(), look);
    let choice = policy.answers().last().copied().unwrap_or_default();
    text += &field("to choose", &format!("`policies: ({}: {choice})` in a model or scenario", policy.name()), look);
    let rules: Vec<RuleId> = RuleId::ALL.iter().copied().filter(|rule| rule.policy() == Some(policy)).collect();
    let points: Vec<OpenPoint> =
        OpenPoint::ALL.iter().copied().filter(|point| point.policy() == Some(policy)).collect();
    text += if rules.is_empty() && points.is_empty() { "" } else { "\nDecides\n" };
    for rule in rules {
        text += &definition(&format!("  {rule}"), COLUMN, rule.sentence(), look.width);
    }
    for point in points {
        text += &definition(&format!("  {point}"), COLUMN, point.question(), look.width);
    }
    text
}

fn of_profile(profile: Profile, look: &Look) -> String {
    let mut text = format!("{}: {}\n", look.bold(&format!("Profile {profile}")), profile.about());
    let choice = format!("`profile: {profile}` in a model or scenario, `wspsim run --profile {profile}`");
    text += &field("to choose", &choice, look);
    let (default, answers) = (Profile::default().policies(), profile.policies());
    let differs = |id: &&PolicyId| id.answer(&answers) != id.answer(&default);
    let differing: Vec<PolicyId> = PolicyId::ALL.iter().filter(differs).copied().collect();
    text += if differing.is_empty() {
        "\nEvery policy has its default.\n"
    } else {
        "\nPolicies with another answer than the default\n"
    };
    for policy in differing {
        let said = format!("{} ({}): {}", policy.answer(&answers), policy.source(), policy.question());
        text += &definition(&format!("  {}", policy.name()), WIDE_COLUMN, &said, look.width);
    }
    text
}

fn of_open_point(point: OpenPoint, look: &Look) -> String {
    let mut text = format!("{}: {}\n", look.bold(&format!("Open point {point}")), point.question());
    text += &field("decided", point.decision(), look);
    match point.policy() {
        Some(policy) => text + &field("to choose", &format!("policy {}", policy.name()), look),
        None => text,
    }
}

fn of_fault(fault: ShapeFault, look: &Look) -> String {
    let mut text = look.bold(&format!("Fault {fault}")) + "\n";
    text += &wrapped(fault.sentence(), "  ", look.width);
    text += &field("of", fault.of().whose(), look);
    text += &field("source", fault.source(), look);
    text + &field("to choose", &format!("`faults: [{fault}]` in a provider of a model"), look)
}

fn of_defect(id: &str, look: &Look) -> String {
    let mut text = format!("{}: {}\n", look.bold(&format!("Defect {id}")), "seen in a public implementation");
    if let Some((_, reason)) = NOT_A_SHAPE.iter().find(|(known, _)| *known == id) {
        text += &field("no fault", reason, look);
    }
    let shown = ShapeFault::ALL.iter().filter(|fault| fault.source().split(", ").any(|source| source == id));
    text + &shown
        .map(|fault| definition(&format!("  {fault}"), WIDE_COLUMN, fault.sentence(), look.width))
        .collect::<String>()
}

/// The rules that speak of a name, and those of the group the function has.
pub(super) fn mentions(name: &str, look: &Look) -> String {
    let speaks = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name);
    let own = index::group_of(name);
    let rules = RuleId::ALL.iter().filter(|rule| Some(rule.group()) == own || speaks(rule.sentence()));
    let listed: String =
        rules.map(|rule| definition(&format!("  {rule}"), COLUMN, rule.sentence(), look.width)).collect();
    if listed.is_empty() { listed } else { format!("\nRules\n{listed}") }
}

fn rules_of(group: &str) -> Vec<RuleId> {
    RuleId::ALL.iter().copied().filter(|rule| rule.group() == group).collect()
}

pub(super) fn heading(title: &str, example: &str, look: &Look) -> String {
    format!("{}  {}\n", look.bold(title), look.dim(example))
}

pub(super) fn field(name: &str, text: &str, look: &Look) -> String {
    definition(&format!("  {name}:"), COLUMN + 4, text, look.width)
}
