//! One JSON object.
//!
//! | field | value |
//! |---|---|
//! | `wspsim` | the version of the format |
//! | `scenarios`, `plays`, `held` | how many |
//! | `rows` | an array of `layer`, `function`, `error`, `standing` (`reached`, `exempt`, `stale exemption`, `injected` or `missing`), `reached` and `injected` (how often), `reason` of an exemption |
//! | `rules` | an array of `rule`, `standing` (`reached`, `missing`, `not modelled` or `unseen`), `reason` of the last two |
//! | `policies` | an array of `policy`, `reached` and `missing`: answers |
//! | `undocumented` | an array of `function`, `error`, `reached`: answers that are not in the contract |
//! | `open` | an array of texts: everything a test would complain about |

use serde_json::{Map, Value, json};
use wspsim::coverage::{Coverage, Row, Standing};
use wspsim::rules::RuleId;
use wspsim::trace::json::VERSION;
use wspsim::world::policy::PolicyId;

use super::Counted;

pub(super) fn report(counted: &Counted) -> String {
    let (coverage, tally) = (&counted.coverage, &counted.tally);
    let layers = ["WSP", "WPU", "EXT", "WSC"].into_iter();
    let rows = layers.flat_map(|layer| coverage.functions(layer)).flat_map(|function| function.rows);
    let undocumented = coverage
        .undocumented()
        .map(|((function, error), answers)| json!({"function": function, "error": error, "reached": answers.reached}));
    let object = json!({
        "wspsim": VERSION,
        "scenarios": tally.scenarios,
        "plays": tally.plays(),
        "held": tally.held,
        "rows": rows.map(|row| of_row(&row)).collect::<Value>(),
        "rules": RuleId::ALL.iter().map(|&rule| of_rule(coverage, rule)).collect::<Value>(),
        "policies": PolicyId::ALL.iter().map(|&policy| of_policy(coverage, policy)).collect::<Value>(),
        "undocumented": undocumented.collect::<Value>(),
        "open": coverage.open(),
    });
    format!("{object}\n")
}

fn of_row(row: &Row) -> Value {
    let mut object = Map::new();
    object.insert("layer".into(), json!(row.contract.layer));
    object.insert("function".into(), json!(row.contract.function));
    object.insert("error".into(), json!(row.contract.error));
    object.insert("standing".into(), json!(row.standing.name()));
    object.insert("reached".into(), json!(row.answers.reached));
    object.insert("injected".into(), json!(row.answers.injected));
    if let Standing::Exempt(reason) | Standing::Stale(reason) = row.standing {
        object.insert("reason".into(), json!(reason));
    }
    Value::Object(object)
}

fn of_rule(coverage: &Coverage, rule: RuleId) -> Value {
    let (standing, reason) = match (rule.missing(), rule.unseen()) {
        (Some(why), _) => ("not modelled", Some(why)),
        (None, Some(why)) => ("unseen", Some(why)),
        (None, None) if coverage.rule(rule) => ("reached", None),
        (None, None) => ("missing", None),
    };
    let mut object = Map::new();
    object.insert("rule".into(), json!(rule.name()));
    object.insert("standing".into(), json!(standing));
    if let Some(reason) = reason {
        object.insert("reason".into(), json!(reason));
    }
    Value::Object(object)
}

fn of_policy(coverage: &Coverage, policy: PolicyId) -> Value {
    let answers = |reached: bool| {
        let all = policy.answers().iter().filter(|answer| coverage.policy(policy, answer) == reached);
        all.copied().collect::<Vec<_>>()
    };
    json!({"policy": policy.name(), "reached": answers(true), "missing": answers(false)})
}
