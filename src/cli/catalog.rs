//! `wspsim catalog`: the machine a model describes, as a person would list it.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use comfy_table::Table;
use serde_json::{Map, Value as Json, json};
use wspsim::abi::consts::{WINSOCK_VERSION_2_2, family_name, protocol_name, socket_type_name};
use wspsim::abi::{EntrySet, Info, LspCategories, ProviderFlags, SpiFunction};
use wspsim::model::{Diagnostic, Library, Missing, Model};
use wspsim::provider::{AcceptContext, Duplicating, Functions, HandleKind, Shape, ShapeKind, Waiting};
use wspsim::world::catalog::{Catalog, CatalogEntry};
use wspsim::world::machine::Machine;
use wspsim::world::policy::{Policies, PolicyId, Profile};
use wspsim::world::program::Application;

use super::output::{Look, Output, Status};
use super::table::table;
use super::wrap::definition;
use super::{diagnostics, files};

/// Shows the protocol catalog of a model: its entries, chains and providers
#[derive(Args)]
#[command(after_help = "Examples:
  wspsim catalog windows
  wspsim catalog models/my-stack.ron
  wspsim catalog layer --format json")]
pub(crate) struct Arguments {
    /// The name of a built-in model, or a model file
    model: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Tables
    Human,
    /// One JSON object
    Json,
}

pub(crate) fn run(arguments: &Arguments, output: &mut Output) -> Status {
    let mut library = Library::new();
    match library.model(&arguments.model, None) {
        Ok(model) => {
            let text = match arguments.format {
                Format::Human => human(model, &output.look),
                Format::Json => format!("{}\n", Json::Object(as_json(model))),
            };
            output.text(&text);
            Status::Held
        }
        Err(missing) => {
            output.message(&diagnostics::rendered(&said(&arguments.model, missing), &output.messages));
            Status::Wrong
        }
    }
}

fn said(name: &str, missing: Missing) -> Vec<Diagnostic> {
    match missing {
        Missing::Bad(diagnostics) => diagnostics,
        Missing::Unknown { label, help } => {
            let near = if label.starts_with("did you mean") { format!(": {label}") } else { String::new() };
            let title = format!("there is no such model{near}");
            vec![Diagnostic { help, ..files::about(Path::new(name), &title) }]
        }
    }
}

fn human(model: &Model, look: &Look) -> String {
    let machine = &*model.machine;
    let mut text = format!("{}: {}\n\n", look.bold(&model.name), model.about);
    text += &catalog(machine, &machine.catalog, look);
    if machine.catalog32 != machine.catalog {
        text += &format!("\nWhat 32-bit processes find\n\n{}", catalog(machine, &machine.catalog32, look));
    }
    text += &applications(machine);
    text += &format!("\nProviders\n\n{}", providers(machine, look));
    if machine.profile() != Profile::default() {
        text += &format!("\nProfile {}: {}\n", machine.profile(), machine.profile().about());
    }
    let unusual = unusual(machine.policies());
    if !unusual.is_empty() {
        text += "\nPolicies with another answer than the default\n\n";
        text += &unusual.iter().map(|(name, answer)| format!("  {name} = {answer}\n")).collect::<String>();
    }
    text
}

/// The entries of one catalog, and its chains.
fn catalog(machine: &Machine, catalog: &Catalog, look: &Look) -> String {
    let chains = catalog.entries().iter().filter(|entry| entry.is_chain());
    let chains: Vec<String> = chains.map(|entry| chain(machine, catalog, entry, look)).collect();
    let mut text = format!("{}\n", entries(machine, catalog, look));
    if !chains.is_empty() {
        text += &format!("\nChains, from the top to the base\n\n{}", chains.join("\n"));
    }
    text
}

/// Which layers applications may load, where it is not all of them.
fn applications(machine: &Machine) -> String {
    let line = |(application, categories): &(Arc<Application>, LspCategories)| {
        let extra = if application.extra.is_empty() { String::new() } else { format!(" {}", application.extra) };
        format!("  {}{extra}: {categories}\n", application.path)
    };
    let lines: String = machine.applications.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\nApplications with LSP categories\n\n{lines}") }
}

fn entries(machine: &Machine, catalog: &Catalog, look: &Look) -> Table {
    let mut table = table(look, &["id", "kind", "name", "provider", "handles", "opens"]);
    for entry in catalog.entries() {
        let fields = entry.info.fields();
        table.add_row(vec![
            entry.id().to_string(),
            kind(entry).to_owned(),
            fields.protocol_name.to_string(),
            provider_name(machine, entry),
            handles(&entry.info).to_owned(),
            opens(entry),
        ]);
    }
    table
}

/// What a socket is asked for with to get this entry.
fn opens(entry: &CatalogEntry) -> String {
    let fields = entry.info.fields();
    let hidden = if fields.provider_flags.contains(ProviderFlags::HIDDEN) { " (hidden)" } else { "" };
    if entry.is_layer() {
        let categories = entry.categories;
        let categories = if categories.is_empty() { String::new() } else { format!(", {categories}") };
        return format!("nothing{hidden}{categories}");
    }
    let family = named(fields.address_family, family_name);
    let kind = named(fields.socket_type, socket_type_name);
    format!("{family} {kind} {}{hidden}", named(fields.protocol, protocol_name))
}

fn chain(machine: &Machine, catalog: &Catalog, chain: &CatalogEntry, look: &Look) -> String {
    let fields = chain.info.fields();
    let mut text = format!("  {} ({})\n", look.bold(&fields.protocol_name.to_string()), chain.id());
    for (depth, &id) in fields.chain.ids().iter().enumerate() {
        let corner = if look.unicode { "└ " } else { "+ " };
        let indent = "  ".repeat(depth);
        let member = catalog.entry(id);
        let told = member.map_or_else(|| format!("missing entry ({id})"), |entry| member_told(machine, entry));
        text += &format!("    {indent}{corner}{told}\n");
    }
    text
}

/// A member of a chain, and what it leads to.
fn member_told(machine: &Machine, entry: &CatalogEntry) -> String {
    let leads_to = match entry.shape {
        Some(shape) => machine.shape(shape).name.to_string(),
        None => format!("missing {}", entry.path),
    };
    format!("{} ({}), {leads_to}", entry.info.fields().protocol_name, entry.id())
}

fn providers(machine: &Machine, look: &Look) -> String {
    let described = machine.shapes.iter().map(|shape| {
        let head = format!("  {} ({}, {})\n", look.bold(&shape.name), shape_kind(shape), handle_kind(shape.handles));
        let mut facts =
            vec![("id", shape.provider_id.to_string()), ("path", shape.path.to_string()), ("entries", hooks(shape))];
        if let Some(width) = shape.width {
            facts.push(("width", format!("{} bits", width.bits())));
        }
        if !shape.missing.is_empty() {
            facts.push(("missing", joined(shape.missing.iter())));
        }
        let unusual: Vec<String> = settings(shape).iter().map(|(name, value)| format!("{name}: {value}")).collect();
        if !unusual.is_empty() {
            facts.push(("settings", unusual.join(", ")));
        }
        let facts = facts.iter().map(|(name, text)| definition(&format!("    {name}:"), 14, text, look.width));
        head + &facts.collect::<String>() + &faults(shape, look)
    });
    described.collect()
}

/// What a faulty provider does wrong.
fn faults(shape: &Shape, look: &Look) -> String {
    let names: Vec<&str> = shape.faults.iter().map(|fault| fault.name()).collect();
    if names.is_empty() { String::new() } else { definition("    faults:", 14, &names.join(", "), look.width) }
}

fn kind(entry: &CatalogEntry) -> &'static str {
    match (entry.is_base(), entry.is_layer()) {
        (true, _) => "base",
        (_, true) => "layer",
        _ => "chain",
    }
}

fn provider_name(machine: &Machine, entry: &CatalogEntry) -> String {
    entry.shape.map_or_else(|| "missing".to_owned(), |shape| machine.shape(shape).name.to_string())
}

fn handles(info: &Info) -> &'static str {
    let ifs = info.fields().service_flags1.contains(wspsim::abi::ServiceFlags1::IFS_HANDLES);
    if ifs { "IFS" } else { "non-IFS" }
}

fn handle_kind(kind: HandleKind) -> &'static str {
    match kind {
        HandleKind::Ifs => "IFS",
        HandleKind::NonIfs => "non-IFS",
    }
}

fn shape_kind(shape: &Shape) -> &'static str {
    match shape.kind {
        ShapeKind::Base { .. } => "base",
        ShapeKind::Layer { .. } => "layer",
    }
}

/// Which entries a provider implements itself.
fn hooks(shape: &Shape) -> String {
    match &shape.kind {
        ShapeKind::Base { .. } => "all".to_owned(),
        ShapeKind::Layer { hooks, .. } if *hooks == EntrySet::all() => "all".to_owned(),
        ShapeKind::Layer { hooks, .. } => {
            let absent: Vec<SpiFunction> = EntrySet::all().iter().filter(|&f| !hooks.contains(f)).collect();
            if absent.len() <= hooks.len() { format!("all but {}", joined(absent)) } else { joined(hooks.iter()) }
        }
    }
}

/// What a model says of a provider beside handles and entries, where it is not the default; in the words of the model.
fn settings(shape: &Shape) -> Vec<(&'static str, String)> {
    let newest = (WINSOCK_VERSION_2_2, WINSOCK_VERSION_2_2);
    let versions = (shape.versions != newest).then(|| ("versions", versions(shape.versions)));
    let told = match &shape.kind {
        ShapeKind::Base { duplicating, service_thread, waiting } => vec![
            told("duplicating", duplicating, &Duplicating::default()),
            told("service_thread", service_thread, &false),
            told("waiting", waiting, &Waiting::default()),
        ],
        ShapeKind::Layer { functions, accept_context, code, .. } => vec![
            told("extension_functions", functions, &Functions::of(shape.handles)),
            told("accept_context", accept_context, &AcceptContext::default()),
            code.as_ref().map(|code| ("code", code.name().to_owned())),
        ],
    };
    told.into_iter().flatten().chain(versions).collect()
}

fn told<T: Debug + PartialEq>(name: &'static str, value: &T, default: &T) -> Option<(&'static str, String)> {
    (value != default).then(|| (name, format!("{value:?}")))
}

fn versions((lowest, highest): (u16, u16)) -> String {
    let text = |version: u16| format!("{}.{}", version & 0xff, version >> 8);
    format!("{} to {}", text(lowest), text(highest))
}

fn joined(functions: impl IntoIterator<Item = SpiFunction>) -> String {
    functions.into_iter().map(|function| function.name()).collect::<Vec<_>>().join(", ")
}

fn named(number: i32, name: fn(i32) -> Option<&'static str>) -> String {
    name(number).filter(|_| number != 0).map_or_else(|| number.to_string(), str::to_owned)
}

/// The answers that are not the default.
fn unusual(policies: &Policies) -> Vec<(&'static str, &'static str)> {
    let default = Policies::default();
    let differs = |id: &&PolicyId| id.answer(policies) != id.answer(&default);
    PolicyId::ALL.iter().filter(differs).map(|id| (id.name(), id.answer(policies))).collect()
}

fn as_json(model: &Model) -> Map<String, Json> {
    let machine = &*model.machine;
    let mut object = Map::new();
    object.insert("model".into(), json!(&*model.name));
    object.insert("about".into(), json!(model.about));
    object.insert("entries".into(), machine.catalog.entries().iter().map(|entry| entry_json(machine, entry)).collect());
    if machine.catalog32 != machine.catalog {
        let entries = machine.catalog32.entries().iter();
        object.insert("entries_32".into(), entries.map(|entry| entry_json(machine, entry)).collect());
    }
    if !machine.applications.is_empty() {
        let of = |(application, categories): &(Arc<Application>, LspCategories)| json!({"path": &*application.path, "command_line": &*application.extra, "categories": categories.to_string()});
        object.insert("applications".into(), machine.applications.iter().map(of).collect());
    }
    object.insert("providers".into(), machine.shapes.iter().map(shape_json).collect());
    let policies: Map<String, Json> =
        unusual(machine.policies()).into_iter().map(|(name, answer)| (name.to_owned(), json!(answer))).collect();
    object.insert("policies".into(), Json::Object(policies));
    if machine.profile() != Profile::default() {
        object.insert("profile".into(), json!(machine.profile().name()));
    }
    object
}

fn entry_json(machine: &Machine, entry: &CatalogEntry) -> Json {
    let fields = entry.info.fields();
    let mut object = json!({
        "id": entry.id(),
        "kind": kind(entry),
        "name": fields.protocol_name.to_string(),
        "provider": entry.shape.map(|shape| machine.shape(shape).name.to_string()),
        "provider_id": fields.provider_id.to_string(),
        "family": named(fields.address_family, family_name),
        "type": named(fields.socket_type, socket_type_name),
        "protocol": named(fields.protocol, protocol_name),
        "chain": fields.chain.ids(),
        "service_flags": fields.service_flags1.to_string(),
        "provider_flags": fields.provider_flags.to_string(),
        "path": &*entry.path,
    });
    if !entry.categories.is_empty() {
        object["categories"] = json!(entry.categories.to_string());
    }
    object
}

fn shape_json(shape: &Shape) -> Json {
    let hooks: Vec<&str> = match &shape.kind {
        ShapeKind::Base { .. } => EntrySet::all().iter().map(|function| function.name()).collect(),
        ShapeKind::Layer { hooks, .. } => hooks.iter().map(|function| function.name()).collect(),
    };
    let faults: Vec<&str> = shape.faults.iter().map(|fault| fault.name()).collect();
    let mut object = json!({
        "name": &*shape.name,
        "kind": shape_kind(shape),
        "handles": handle_kind(shape.handles),
        "id": shape.provider_id.to_string(),
        "path": &*shape.path,
        "entries": hooks,
        "faults": faults,
    });
    if let Some(width) = shape.width {
        object["width"] = json!(width.bits());
    }
    if !shape.missing.is_empty() {
        object["missing"] = shape.missing.iter().map(|function| json!(function.name())).collect();
    }
    let unusual: Map<String, Json> =
        settings(shape).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    if !unusual.is_empty() {
        object["settings"] = Json::Object(unusual);
    }
    object
}
