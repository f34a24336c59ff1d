//! The format keeps its promises.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::provider::HandleKind::NonIfs;
use crate::trace::samples::Sample;

fn events(sample: &Sample) -> Vec<Json> {
    super::event::all(&sample.trace()).into_iter().map(Json::Object).collect()
}

fn of_kind<'e>(events: &'e [Json], kind: &str) -> Vec<&'e Json> {
    events.iter().filter(|event| event["event"] == kind).collect()
}

#[test]
fn every_line_is_one_object_with_number_time_and_kind_in_front() {
    for event in events(&Sample::hand_over(&[("audit", NonIfs)])) {
        let text = event.to_string();
        assert!(!text.contains('\n'));
        assert_eq!(serde_json::from_str::<Json>(&text).expect("JSON"), event);
        let names: Vec<&String> = event.as_object().expect("an object").keys().take(3).collect();
        assert_eq!(names, ["n", "t", "event"]);
    }
}

#[test]
fn numbers_rise_and_every_end_names_its_begin() {
    let events = events(&Sample::hand_over(&[("audit", NonIfs)]));
    assert!(events.is_sorted_by_key(|event| event["n"].as_u64()));
    let begins: BTreeMap<u64, &Json> =
        of_kind(&events, "begin").into_iter().map(|begin| (begin["n"].as_u64().expect("n"), begin)).collect();
    let ends = of_kind(&events, "end");
    assert_eq!(ends.len(), begins.len());
    for end in ends {
        let begin = begins[&end["of"].as_u64().expect("of")];
        for field in ["thread", "depth", "callee", "call"] {
            assert_eq!(end[field], begin[field], "{end}");
        }
        assert!(end.get("result").is_some() != end.get("error").is_some(), "{end}");
    }
}

#[test]
fn a_crossing_says_who_called_whom_with_what() {
    let events = events(&Sample::hand_over(&[("audit", NonIfs)]));
    let down: Vec<String> = of_kind(&events, "begin")
        .into_iter()
        .filter(|begin| begin["call"] == "WSPDuplicateSocket")
        .map(|begin| format!("{} {} {} {}", begin["depth"], begin["caller"], begin["callee"], begin["args"]["s"]))
        .collect();
    assert_eq!(
        down,
        [
            r#"0 "client" "ws2_32" {"handle":"0x104","label":"s"}"#,
            r#"1 "ws2_32" "audit" {"handle":"0x104","label":"s"}"#,
            r#"2 "audit" "msafd" {"handle":"0x100"}"#,
        ]
    );
}

#[test]
fn rules_and_policies_stand_at_the_end_of_their_crossing() {
    let events = events(&Sample::hand_over(&[]));
    let ends = of_kind(&events, "end");
    let of = |call: &str| ends.iter().find(|end| end["call"] == call && end["depth"] == 1).expect("there");
    assert_eq!(of("WSPDuplicateSocket")["policies"]["reference_taken"], "AtDuplicate");
    assert_eq!(of("WSPCloseSocket")["rules"], serde_json::json!(["R13", "Close1", "R16"]));
    let refused = ends.iter().find(|end| end["error"] == "WSAEINVAL").expect("the second open");
    assert_eq!(refused["rules"], serde_json::json!(["R3"]));
    assert!(of_kind(&events, "rule").iter().all(|rule| rule["of"].is_null()), "told twice");
}

#[test]
fn changes_and_hand_overs_are_events() {
    let events = events(&Sample::hand_over(&[]));
    let references: Vec<String> = of_kind(&events, "change")
        .into_iter()
        .filter(|change| change["change"] == "references" && change["socket"]["label"] == "s")
        .map(|change| format!("{}+{}", change["descriptors"], change["duplications"]))
        .collect();
    assert_eq!(references, ["1+0", "1+1", "0+1", "1+1", "1+0"]);
    let hand_overs: Vec<String> = of_kind(&events, "duplication")
        .into_iter()
        .map(|event| format!("{} {} {}", event["state"], event["label"], event["target"]))
        .collect();
    assert_eq!(hand_overs, [r#""made" "info" "target""#, r#""opened" "info" "target""#]);
}

#[test]
fn a_wait_names_the_call_and_the_reason() {
    let events = events(&Sample::waiting());
    let [wait] = of_kind(&events, "wait")[..] else { panic!("one wait") };
    let begin = events.iter().find(|event| event["n"] == wait["of"]).expect("its begin");
    assert_eq!((&begin["call"], &begin["callee"]), (&Json::from("WSPRecv"), &Json::from("msafd")));
    assert_eq!(wait["until"].to_string(), r#"{"socket":{"socket":2,"label":"c"},"interest":"readable"}"#);
    assert_eq!(wait["deadline"], Json::Null);
    assert!(wait["rules"].as_array().is_some_and(|rules| rules.contains(&Json::from("B5"))), "{wait}");
}

#[test]
fn steps_are_marked_where_they_begin() {
    let sample = Sample::hand_over(&[]);
    let events = events(&sample);
    let steps: Vec<(u64, u64)> =
        events.iter().filter_map(|event| Some((event["step"].as_u64()?, event["line"].as_u64()?))).collect();
    assert_eq!(steps, (0..10).map(|step| (step, step + 4)).collect::<Vec<_>>());
}

#[test]
fn two_renderings_are_byte_equal() {
    let text = || events(&Sample::hand_over(&[("audit", NonIfs)])).iter().map(Json::to_string).collect::<String>();
    assert_eq!(text(), text());
}
