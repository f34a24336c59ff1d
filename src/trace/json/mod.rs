//! A play as JSON Lines. This page is the reference of the format.
//!
//! One object a line, UTF-8. A file holds one or more plays: each begins with a header, goes on with its events in the
//! order in which they happened, and ends with a verdict. Fields keep the order below. Names, values and meanings of
//! fields stay as they are within a version of the format; new fields and new kinds of events may appear.
//!
//! # Header
//!
//! | field | value |
//! |---|---|
//! | `wspsim` | the version of the format: 1 |
//! | `scenario` | the scenario's file, as it was named |
//! | `about` | what the scenario says it is about |
//! | `model` | the model it was played on |
//! | `policies` | the answers in force that are not the default, by policy |
//! | `profile` | the profile it was played under, when that is not `documented` |
//!
//! # Events
//!
//! Every event has
//!
//! | field | value |
//! |---|---|
//! | `n` | its number within the play, from 0, rising; other events refer to it by this number |
//! | `t` | virtual time in milliseconds |
//! | `event` | its kind |
//! | `step`, `line` | on the first event of a step: the step, from 0, and its line in the scenario, from 1 |
//!
//! and, by kind:
//!
//! | `event` | says | further fields |
//! |---|---|---|
//! | `op` | something happens from outside | `op`: `start`, `kill`, `call`, `run`, `answer`, `advance`, `fault`, `break_connection`, `limit_handles`; `args` |
//! | `begin` | a call crosses a boundary | `thread`, `depth`, `caller`, `callee`, `call`, `args` |
//! | `end` | it is answered | `of` (the `n` of its begin), `thread`, `depth`, `callee`, `call`, `result` or `error`, `rules`, `policies` |
//! | `upcall` | a provider asked ws2_32 for something | `thread`, `depth`, `caller`, `callee`, `call`, `args`, `result` or `error` |
//! | `wait` | a thread's call waits | `of` (the `n` of the innermost begin), `thread`, `until` (one of `socket` with `interest`: `readable`, `writable`, `acceptable`, `connected`, `drained` or `turn`; `callback`, `window`, `ipc`, `events` with `all`), `deadline` (a time, or null), `rules`, `policies` |
//! | `pause` | a call stops at a frame border, before a provider is called or after its answer; only where a scenario asks for it | `of` (its begin), `thread`, `side` (`before` or `after`), `provider` |
//! | `resume` | it goes on | `thread` |
//! | `change` | a shared socket changed | `socket`, `change` (its name), and the fields of the change |
//! | `duplication` | a hand-over was `made`, `opened` or `dropped` (unopened) | `state`, `block`, `label`, `socket`, `target`, `target_id`, `reference` (whether it counts as one) |
//! | `process` | a process was `started`, `suspended` (started so), `resumed` or `ended` | `process`, `id` (when it starts), `state` |
//! | `signal` | an event object changed | `object`, `signalled` |
//! | `post` | a message was put into a window's queue | `process`, `window`, `message` |
//! | `ipc` | a value travels between processes | `from`, `to`, `value` |
//! | `time` | virtual time moved | |
//! | `inject` | a fault made a call or upcall fail | `call`, `error` |
//! | `breach` | a provider has broken a duty | `of` (the crossing, or null), `rule`, `by` (the provider), `thread` (or null), `stack` (the calls in progress, the outermost first: `provider`, `call`), `args` (those that matter), `expected`, `actual`, `advice` (what its author should do) |
//! | `rule`, `policy` | one decided outside of any crossing, or in one that never ended | `of` (the crossing, or null), `rule`; `policy` with `answer` |
//!
//! `thread` is the process's name, for further threads `process/thread`. `depth` is 0 for what a client calls and
//! counts the boundaries between. `caller` and `callee` are `client`, `ws2_32`, `os` or the name of a provider.
//! `call` is the name of the function, `args` its arguments by their documented names. `error` is an error's name; a
//! successful call has a `result` instead. `rules` and `policies` are those that decided since the crossing began or
//! went on, itself and not those inside it; both are left out when there are none. `policies` gives the answers in
//! force, by policy.
//!
//! # Values
//!
//! Arguments and results are
//!
//! | value | is written |
//! |---|---|
//! | success without a value | `0` |
//! | NULL; a bad pointer | `null`; `{"pointer": "bad"}` |
//! | numbers, truth values, text | as JSON has them |
//! | numbers with a Windows name, flags, addresses, versions, errors | text: `"AF_INET"`, `"FD_READ\|FD_CLOSE"`, `"127.0.0.1:7000"`, `"2.2"`, `"WSAEINVAL"` |
//! | bytes | `{"bytes": 5, "text": "hello"}`; `{"bytes": 2, "hex": "00ff"}` when they are no text. Beyond 256 bytes the rest is left out |
//! | a handle | `{"handle": "0x100", "label": "s"}`; `"INVALID_SOCKET"` as handle; without `label` when it has none; with `process` when it is another process's |
//! | a window | `{"window": 1, "label": "w"}` |
//! | a process | `{"process": 1008, "name": "target"}`; by name alone where no number is spoken of |
//! | a catalog entry | `{"entry": 1001, "name": "MSAFD Tcpip [TCP/IP]"}` |
//! | a protocol info | as a catalog entry, and `block` (its token) with `label` when it carries one |
//! | a shared socket | `{"socket": 0, "label": "s"}` |
//! | a list, a structure | an array, an object |
//!
//! # Verdict
//!
//! | field | value |
//! |---|---|
//! | `verdict` | `held`, `failed`, `stuck` or `out of budget` |
//! | `steps`, `ops` | how many were played |
//! | `digest` | the digest of the machine at the end, in hexadecimal |
//! | `warnings` | as `failures`: broken duties under `contracts: warn`; left out when there are none |
//! | `failures` | an array: `kind`, `line`, `step`, `title`, `expected`, `actual`, `notes`, `rules`, `policies` (names), `replay` |

mod event;
#[cfg(test)]
mod tests;
mod value;

use serde_json::{Map, Value as Json, json};

use super::Trace;
use crate::scenario::report::{Failure, Report};
use crate::world::policy::{Policies, PolicyId, Profile};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A play: header, events, verdict; one object a line.
#[must_use]
pub fn play(report: &Report, trace: &Trace<'_>) -> String {
    let mut text = String::new();
    push_line(&mut text, header(report, trace.policies));
    event::all(trace).into_iter().for_each(|event| push_line(&mut text, event));
    push_line(&mut text, verdict(report));
    text
}

/// The first line of a play.
#[must_use]
pub fn header(report: &Report, policies: &Policies) -> Map<String, Json> {
    let mut header = object([
        ("wspsim", json!(VERSION)),
        ("scenario", json!(report.file)),
        ("about", json!(report.about)),
        ("model", json!(report.model)),
        ("policies", Json::Object(differing(policies))),
    ]);
    if report.profile != Profile::default() {
        header.insert("profile".to_owned(), json!(report.profile.name()));
    }
    header
}

/// The last line of a play.
#[must_use]
pub fn verdict(report: &Report) -> Map<String, Json> {
    let mut verdict = object([
        ("verdict", json!(report.verdict.name())),
        ("steps", json!(report.played)),
        ("ops", json!(report.ops)),
        ("digest", json!(format!("{:016x}", report.digest))),
        ("failures", all_failed(&report.failures)),
    ]);
    if !report.warnings.is_empty() {
        verdict.insert("warnings".to_owned(), all_failed(&report.warnings));
    }
    verdict
}

fn all_failed(failures: &[Failure]) -> Json {
    failures.iter().map(|failure| Json::Object(failed(failure))).collect()
}

fn failed(failure: &Failure) -> Map<String, Json> {
    object([
        ("kind", json!(failure.kind.name())),
        ("line", json!(failure.line)),
        ("step", json!(failure.step)),
        ("title", json!(failure.title)),
        ("expected", json!(failure.expected)),
        ("actual", json!(failure.actual)),
        ("notes", json!(failure.notes)),
        ("rules", failure.rules.iter().map(|rule| rule.name()).collect()),
        ("policies", failure.policies.iter().map(|policy| policy.name()).collect()),
        ("replay", json!(failure.replay)),
    ])
}

/// The answers that are not the default.
fn differing(policies: &Policies) -> Map<String, Json> {
    let default = Policies::default();
    let differs = |id: &PolicyId| id.answer(policies) != id.answer(&default);
    answers(PolicyId::ALL.iter().copied().filter(differs), policies)
}

fn answers(ids: impl Iterator<Item = PolicyId>, policies: &Policies) -> Map<String, Json> {
    ids.map(|id| (id.name().to_owned(), json!(id.answer(policies)))).collect()
}

fn object<const N: usize>(fields: [(&str, Json); N]) -> Map<String, Json> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn push_line(text: &mut String, object: Map<String, Json>) {
    text.push_str(&Json::Object(object).to_string());
    text.push('\n');
}
