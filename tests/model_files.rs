//! Model files: the built-in ones describe what they say, and bad ones say what is wrong and where.

use wspsim::abi::{Info, ServiceFlags1};
use wspsim::model::{BUILT_IN, Diagnostic, Model, Source};
use wspsim::world::machine::Machine;

fn built_in(name: &str) -> std::sync::Arc<Machine> {
    Model::built_in(name).unwrap_or_else(|| panic!("{name}")).machine
}

fn entry(machine: &Machine, name: &str) -> Info {
    let mut entries = machine.catalog.entries().iter().map(|entry| &entry.info);
    let found = entries.find(|info| info.fields().protocol_name.to_string() == name);
    found.unwrap_or_else(|| panic!("{name}")).clone()
}

#[test]
fn every_built_in_model_can_be_read() {
    for (name, text) in BUILT_IN {
        let source = Source::new(*name, *text).expect("small");
        let read = Model::read(name, source, None);
        assert!(read.is_ok(), "{name}: {}", said(&read.err().unwrap_or_default()));
    }
}

#[test]
fn windows_has_the_entries_of_windows() {
    let machine = built_in("windows");
    let entries: Vec<_> = machine.catalog.entries().iter().map(|entry| entry.info.fields()).collect();
    assert_eq!(entries.iter().map(|entry| entry.catalog_entry_id).collect::<Vec<_>>(), [1001, 1002, 1003, 1004]);
    let flags = |at: usize| entries[at].service_flags1.bits();
    assert_eq!([flags(0), flags(1), flags(2), flags(3)], [0x20066, 0x20609, 0x20066, 0x20609]);
    assert_eq!(entries[0].protocol_name.to_string(), "MSAFD Tcpip [TCP/IP]");
    assert_eq!((entries[2].min_sock_addr, entries[2].max_sock_addr), (28, 28));
    assert_eq!((entries[0].message_size, entries[1].message_size), (0, 65467));
}

#[test]
fn a_chain_is_its_base_under_another_name() {
    let machine = built_in("layer");
    let chain = entry(&machine, "Layer over [TCP/IP]");
    assert_eq!(chain.fields().chain.ids(), [1009, 1001]);
    assert_eq!(chain.fields().service_flags1.bits(), 0x66, "a non-IFS layer has no IFS handles");
    assert_eq!(machine.catalog.entries()[0].info, chain, "chains first");
    let layer = entry(&machine, "Layer");
    assert_eq!(layer.fields().provider_id, chain.fields().provider_id);
    let ifs = entry(&built_in("ifs-layer"), "IFS layer over [TCP/IP]");
    assert!(ifs.fields().service_flags1.contains(ServiceFlags1::IFS_HANDLES));
}

#[test]
fn a_replaced_provider_serves_the_inherited_entries() {
    let machine = built_in("qos");
    let of_entry = machine.catalog.entries()[0].provider_id();
    assert_eq!(machine.shapes.len(), 1);
    assert_eq!(machine.shapes[0].provider_id, of_entry);
}

#[test]
fn a_policy_of_the_scenario_wins_over_the_models_and_that_over_the_profile() {
    use wspsim::model::{LimitChanges, PolicyChanges};
    use wspsim::world::policy::{BlockReuse, PartialSend, Profile};

    let text =
        r#"Model(about: "t", profile: windows, policies: (partial_send: WhatFits, block_reuse: SecondDescriptor))"#;
    let model = Model::read("t", Source::new("t.ron", text).expect("small"), None).expect("a model");
    let answers = |machine: &Machine| {
        let policies = machine.policies();
        (policies.partial_send, policies.block_reuse, policies.record_at_registration)
    };
    let windows = Profile::Windows.policies().record_at_registration;
    let own = (PartialSend::WhatFits, BlockReuse::SecondDescriptor, windows);
    assert_eq!((model.machine.profile(), answers(&model.machine)), (Profile::Windows, own));

    let changed = |profile, policies: &str| {
        let policies: PolicyChanges = wspsim::model::source::parse(policies).expect("policies");
        model.changed(profile, &policies, &LimitChanges::default())
    };
    assert_eq!(answers(&changed(None, "()")), own, "the model's own profile");
    let documented = changed(Some(Profile::Documented), "(block_reuse: Refuse)");
    let default = Profile::Documented.policies().record_at_registration;
    assert_ne!(default, windows, "the test needs a policy in which the profiles differ");
    assert_eq!(documented.profile(), Profile::Documented);
    assert_eq!(answers(&documented), (PartialSend::WhatFits, BlockReuse::Refuse, default));
}

#[test]
fn six_layers_make_the_longest_chain() {
    let machine = built_in("six-layers");
    assert_eq!(machine.catalog.entries()[0].info.fields().chain.ids().len(), 7);
}

fn wrong(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("m.ron", text).expect("small");
    Model::read("m", source, None).err().unwrap_or_default()
}

/// One line a diagnostic: title, the marked text, what is written under it.
fn said(diagnostics: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| format!("{} | {} | {}\n", d.title, &d.source[d.span.clone()], d.label);
    diagnostics.iter().map(line).collect()
}

fn check(catalog: &str, expected: &str) {
    let text = format!(
        "Model(about: \"t\", extends: \"windows\", providers: {{\"l\": Layer(handles: NonIfs), \"k\": Layer()}}, catalog: [\
         Layer(name: \"L\", provider: \"l\"), Layer(name: \"K\", provider: \"k\"), {catalog}])"
    );
    assert_eq!(said(&wrong(&text)), expected);
}

#[test]
fn members_are_known_and_in_order() {
    check(
        r#"Chain(name: "c", members: ["L", "MSAFD Tcpip [TPC/IP]"])"#,
        "there is no catalog entry `MSAFD Tcpip [TPC/IP]` | MSAFD Tcpip [TPC/IP] | did you mean `MSAFD Tcpip [TCP/IP]`?\n",
    );
    check(
        r#"Chain(name: "c", members: ["MSAFD Tcpip [TCP/IP]", "L"])"#,
        "a base protocol stands last in its chain | MSAFD Tcpip [TCP/IP] | this is a base protocol\n\
         a chain ends with a base protocol | L | this is a layer\n",
    );
    check(
        r#"Chain(name: "c", members: ["L", "L", "MSAFD Tcpip [TCP/IP]"])"#,
        "an entry is in the chain twice | L | for the second time\n",
    );
    check(
        r#"Chain(name: "c", members: ["MSAFD Tcpip [TCP/IP]"])"#,
        "a chain has 2 to 7 members, not 1 | c | this chain\n",
    );
    check(
        r#"Chain(name: "c", members: ["L", "MSAFD Tcpip [TCP/IP]"]), Chain(name: "d", members: ["K", "c"])"#,
        "a chain cannot contain a chain | c | this is a chain\n",
    );
}

#[test]
fn names_ids_and_providers_are_checked() {
    check(
        r#"Layer(name: "L", provider: "lay")"#,
        "two catalog entries are called `L` | L | for the second time\n\
         there is no provider `lay` | lay | unknown\n",
    );
    check(r#"Layer(name: "M", provider: "l", id: 1001)"#, "");
    check(
        r#"Layer(name: "M", provider: "l", id: 7), Layer(name: "N", provider: "l", id: 7)"#,
        "the catalog id 7 is not free | N | another entry has it, or it is 0\n",
    );
    check(
        r#"Layer(name: "M", provider: "msafd")"#,
        "the provider `msafd` is no layer | msafd | this is a base provider\n",
    );
}

#[test]
fn what_is_no_model_is_refused_with_a_position() {
    let text = "Model(about: \"t\", catalogue: [])";
    assert_eq!(said(&wrong(text)), "`catalogue` is no known field of `Model` | catalogue | did you mean `catalog`?\n");
    let text = "Model(about: \"t\", extends: \"window\")";
    assert_eq!(said(&wrong(text)), "there is no model `window` | window | did you mean `windows`?\n");
    let text = "Model(about: \"t\", interfaces: [(address: \"10.0.0.1\", prefix: 33)])";
    assert_eq!(
        said(&wrong(text)),
        "a prefix of 33 bits is too long | (address: \"10.0.0.1\", prefix: 33) | at most 32\n"
    );
    assert_eq!(wrong("")[0].span, 0..0);
    assert!(!wrong(&"[".repeat(100_000)).is_empty());
}

#[test]
fn a_model_cannot_extend_itself() {
    let folder = std::env::temp_dir().join(format!("wspsim-models-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("models")).expect("a temporary folder");
    let write = |name: &str, extends: &str| {
        let path = folder.join("models").join(name);
        std::fs::write(&path, format!("Model(about: \"t\", extends: \"{extends}\")")).expect("writable");
        path
    };
    let a = write("a.ron", "b");
    write("b.ron", "a");
    let source = Source::read(&a).expect("readable");
    let wrong = Model::read("a", source, Some(&a)).expect_err("a cycle");
    assert_eq!(said(&wrong), "the model `a` extends itself | a | leads back to here\n");
    std::fs::remove_dir_all(&folder).expect("removable");
}
