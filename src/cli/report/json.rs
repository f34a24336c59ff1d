//! JSON Lines: an object for each play, one for each file that could not be played, and a summary.
//!
//! The object of a play has the fields of a trace's header and verdict ([`wspsim::trace::json`]). A file that could not
//! be played has `wspsim`, `scenario`, `verdict` (`wrong input`) and `diagnostics`: `file`, `line`, `column`, `title`,
//! `label`, `help`. The last line has one field, `summary`: `scenarios`, `plays`, `held`, `failed`, `stuck`,
//! `out_of_budget`, `wrong_input`.

use serde_json::{Value, json};
use wspsim::model::Diagnostic;
use wspsim::trace::json::{VERSION, header, verdict};

use super::Reporter;
use crate::cli::play::{Outcome, Played, Tally};

pub(super) struct Json;

impl Reporter for Json {
    fn scenario(&mut self, outcome: &Outcome) -> String {
        match &outcome.plays {
            Ok(plays) => plays.iter().map(|played| line(&of_play(played))).collect(),
            Err(diagnostics) => line(&of_wrong(&outcome.file, diagnostics)),
        }
    }

    fn end(&mut self, tally: &Tally) -> String {
        line(&json!({"summary": {
            "scenarios": tally.scenarios,
            "plays": tally.plays(),
            "held": tally.held,
            "failed": tally.failed,
            "stuck": tally.stuck,
            "out_of_budget": tally.out_of_budget,
            "wrong_input": tally.wrong,
        }}))
    }
}

fn of_play(played: &Played) -> Value {
    let mut object = header(&played.report, &played.policies);
    object.append(&mut verdict(&played.report));
    Value::Object(object)
}

fn of_wrong(file: &str, diagnostics: &[Diagnostic]) -> Value {
    let diagnostics: Vec<Value> = diagnostics.iter().map(of_diagnostic).collect();
    json!({"wspsim": VERSION, "scenario": file, "verdict": "wrong input", "diagnostics": diagnostics})
}

fn of_diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "file": diagnostic.file,
        "line": diagnostic.line(),
        "column": diagnostic.column(),
        "title": diagnostic.title,
        "label": diagnostic.label,
        "help": diagnostic.help,
    })
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
