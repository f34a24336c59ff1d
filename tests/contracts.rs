//! The contract checker, on layers of one's own: each duty that such a layer can break is told when it is broken, and an
//! own layer that changes nothing breaks none, whatever the scenario.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wspsim::abi::consts::SOL_SOCKET;
use wspsim::abi::{Block, Bytes, Info, Ioctl, Linger, ProtocolInfoW, SockOpt, SpiCall, SpiResult, SpiReturn, WsaError};
use wspsim::model::{Library, Source};
use wspsim::provider::Context;
use wspsim::provider::own::{OwnLayer, Registry, Step};
use wspsim::rules::RuleId;
use wspsim::scenario::{FailureKind, Logging, Override, Report, Scenario, Verdict, play};
use wspsim::world::checks::Contracts;
use wspsim::world::ids::Handle;

/// What a layer does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wrong {
    Nothing,
    /// Changes the protocol info on its way down.
    Info,
    /// Loses dwProviderReserved on its way down.
    WordDown,
    /// Loses it on its way up.
    WordUp,
    /// Puts a word of its own in its place and forgets what that stood for.
    OwnWord,
    /// Gives the entry of the base up.
    Entry,
    /// Makes a block without the base.
    AloneWithBlocks,
    /// Gives the handle of the provider below out.
    LowerHandle,
    /// Calls down with its own handle.
    UpperHandle,
    /// Fails an open that has succeeded below.
    FailedOpen,
    /// Closes without telling the provider below.
    AloneWithCloses,
    /// Settles on another version.
    Version,
    /// Keeps the cleanup to itself.
    AloneWithCleanup,
    /// Resets the sockets of others.
    Linger,
    /// Fails without a code.
    NoCode,
    /// Succeeds without output.
    NoOutput,
    /// Answers WSPSelect with strangers.
    Select,
    /// Changes an error from below.
    Error,
    /// Answers SIO_BASE_HANDLE itself.
    BaseHandle,
    /// Passes NULL for the buffer of a block.
    Buffer,
}

/// A layer with one thing wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Saboteur {
    wrong: Wrong,
    /// The last handle it gave out.
    last: Handle,
}

fn other(info: &Info) -> Info {
    let mut info = info.clone();
    info.edit(|fields: &mut ProtocolInfoW| fields.message_size = 7);
    info
}

impl OwnLayer for Saboteur {
    type Token = ();

    fn duplicate_socket(&mut self, _: &mut Context<'_>, call: &mut SpiCall) -> Step<()> {
        let SpiCall::DuplicateSocket { info: Some(info), .. } = call else { return Step::Pass };
        match self.wrong {
            Wrong::AloneWithBlocks => Step::Return(Ok(SpiReturn::Info(info.clone()))),
            _ => Step::Pass,
        }
    }

    fn close_socket(&mut self, _: &mut Context<'_>, _: &mut SpiCall) -> Step<()> {
        if self.wrong == Wrong::AloneWithCloses { Step::Return(Ok(SpiReturn::Done)) } else { Step::Pass }
    }

    fn cleanup(&mut self, _: &mut Context<'_>, _: &mut SpiCall) -> Step<()> {
        if self.wrong == Wrong::AloneWithCleanup {
            return Step::Return(Ok(SpiReturn::Done));
        }
        let s = self.last;
        let value = Some(Bytes::of(&Linger { onoff: 1, seconds: 0 }.encode()));
        match self.wrong {
            Wrong::Linger if s != Handle::INVALID => {
                let option = SockOpt::Linger.row().number;
                Step::call(SpiCall::SetSockOpt { s, level: SOL_SOCKET, option, value, negative: false }, ())
            }
            _ => Step::Pass,
        }
    }

    fn ioctl(&mut self, _: &mut Context<'_>, call: &mut SpiCall) -> Step<()> {
        let asks = matches!(call, SpiCall::Ioctl { code, .. } if *code == Ioctl::BaseHandle.code());
        match self.wrong {
            Wrong::BaseHandle if asks => Step::Return(Err(WsaError::OpNotSupp)),
            _ => Step::Pass,
        }
    }

    fn below(&mut self, _: &mut Context<'_>, call: &mut SpiCall) {
        match (self.wrong, call) {
            (Wrong::Info, SpiCall::Socket { info: Some(Block::Info(info)), .. }) => *info = other(info),
            (Wrong::WordDown, SpiCall::Socket { info: Some(Block::Info(info)), .. }) => *info = info.with_reserved(0),
            (Wrong::UpperHandle, SpiCall::Bind { s, .. }) => *s = self.last,
            (Wrong::Buffer, SpiCall::DuplicateSocket { info, .. }) => *info = None,
            _ => {}
        }
    }

    fn answered(&mut self, cx: &mut Context<'_>, call: &SpiCall, result: &mut SpiResult) {
        if let (SpiCall::Socket { .. }, Ok(SpiReturn::Socket { socket, .. })) = (call, &*result) {
            self.last = *socket;
        }
        match (self.wrong, call, &mut *result) {
            (Wrong::WordUp, _, Ok(SpiReturn::Info(block))) => *block = block.with_reserved(0),
            (Wrong::OwnWord, _, Ok(SpiReturn::Info(block))) => *block = block.with_reserved(5),
            (Wrong::Entry, _, Ok(SpiReturn::Info(block))) => {
                let base = cx.catalog.entries().iter().find(|entry| entry.is_base()).map(|entry| entry.info.clone());
                *block = base.map_or_else(|| block.clone(), |base| base.with_reserved(block.reserved()));
            }
            (Wrong::LowerHandle, SpiCall::Socket { .. }, Ok(SpiReturn::Socket { socket, .. })) => {
                *socket = Handle(socket.0 - 4);
            }
            (Wrong::Version, _, Ok(SpiReturn::Started { version, .. })) => *version = 0x0102,
            (Wrong::Select, _, Ok(SpiReturn::Ready(sets))) => sets[0] = vec![Handle(0x44)],
            _ => {}
        }
        match (self.wrong, call) {
            (Wrong::FailedOpen, SpiCall::Socket { .. }) => *result = Err(WsaError::NoBufs),
            (Wrong::NoCode, SpiCall::Bind { .. }) => *result = Err(WsaError::SysCallFailure),
            (Wrong::NoOutput, SpiCall::GetSockName { .. }) => *result = Ok(SpiReturn::Done),
            (Wrong::Error, SpiCall::Connect { .. }) => *result = Err(WsaError::Acces),
            _ => {}
        }
    }
}

const MODEL: &str = r#"Model(
    about: "A layer of one's own over a layer over TCP",
    extends: "windows",
    providers: {"own": Layer(handles: NonIfs, code: "own"), "plain": Layer(handles: NonIfs)},
    catalog: [
        Chain(name: "Own over plain over [TCP/IP]", members: ["Own", "Plain", "MSAFD Tcpip [TCP/IP]"]),
        Chain(name: "Own over [TCP/IP]", members: ["Own", "MSAFD Tcpip [TCP/IP]"]),
        Chain(name: "Plain over [TCP/IP]", members: ["Plain", "MSAFD Tcpip [TCP/IP]"]),
        Inherited,
        Layer(name: "Own", provider: "own"),
        Layer(name: "Plain", provider: "plain"),
    ],
)"#;

/// Does a bit of everything, expects nothing of it, and comes to its end whatever the layer does.
fn script(entry: &str) -> String {
    let any = "expect: AnyOf([Ok, Err])";
    format!(
        r#"Scenario(
    about: "A bit of everything",
    model: "own",
    processes: ["source", "target"],
    steps: [
        (on: "source", call: WSPSocket(info: Entry("{entry}")), {any}, gives: "s"),
        (on: "source", call: WSPBind(s: "s", name: "127.0.0.1:7000"), {any}),
        (on: "source", call: WSPGetSockName(s: "s"), {any}),
        (on: "source", call: WSPSocket(info: Entry("{entry}")), {any}, gives: "c"),
        (on: "source", call: WSPConnect(s: "c", name: "127.0.0.1:7001"), {any}),
        (on: "source", call: WSPSelect(read: ["s"], timeout_ms: 0), {any}),
        (on: "source", call: WSPIoctl(s: "s", code: SIO_BASE_HANDLE), {any}),
        (on: "source", call: WSPDuplicateSocket(s: "s", process: "target"), {any}, gives: "info"),
        (on: "target", call: WSPSocket(info: "info"), {any}, gives: "t"),
        (on: "source", call: WSPCloseSocket(s: "c"), {any}),
        (on: "target", call: WSACleanup(), {any}),
        (on: "source", call: WSPCloseSocket(s: "s"), {any}),
        (on: "source", call: WSACleanup(), {any}),
    ],
)"#
    )
}

fn played(wrong: Wrong, entry: &str, contracts: Contracts) -> Report {
    let registry = Registry::new().with_layer("own", move || Saboteur { wrong, last: Handle::INVALID });
    let mut library = Library::with(registry);
    library.add("own", MODEL).expect("a good model");
    let source = Source::new("own.ron", script(entry)).expect("short");
    let scenario = Scenario::read(source, None).expect("a good scenario");
    let wanted = Override { contracts: Some(contracts), ..Override::default() };
    let machine = scenario.machine_with(&mut library, "own", wanted).expect("a good model");
    play(&scenario, &machine, Logging::On)
}

/// The duties broken, each once, in the order in which they were broken.
fn broken(wrong: Wrong, entry: &str) -> Vec<RuleId> {
    let report = played(wrong, entry, Contracts::Warn);
    let mut rules = Vec::new();
    for breach in &report.breaches {
        assert_eq!(&*report.names.shapes[usize::from(breach.by.0)], "own", "{wrong:?}: {breach:?}");
        if !rules.contains(&breach.rule) {
            rules.push(breach.rule);
        }
    }
    rules
}

const OVER_PLAIN: &str = "Own over plain over [TCP/IP]";
const OVER_BASE: &str = "Own over [TCP/IP]";

/// What is wrong with the layer, over what it stands, and the duties that this breaks.
const CASES: &[(Wrong, &str, &[RuleId])] = &[
    (Wrong::Nothing, OVER_PLAIN, &[]),
    (Wrong::Nothing, OVER_BASE, &[]),
    (Wrong::Info, OVER_PLAIN, &[RuleId::Duty1]),
    (Wrong::Info, OVER_BASE, &[RuleId::Duty2]),
    (Wrong::WordDown, OVER_BASE, &[RuleId::Duty3]),
    (Wrong::WordUp, OVER_PLAIN, &[RuleId::Duty5]),
    (Wrong::OwnWord, OVER_BASE, &[RuleId::Duty3]),
    (Wrong::Entry, OVER_BASE, &[RuleId::Duty4]),
    (Wrong::AloneWithBlocks, OVER_BASE, &[RuleId::Duty6]),
    (Wrong::LowerHandle, OVER_BASE, &[RuleId::Duty7]),
    (Wrong::UpperHandle, OVER_BASE, &[RuleId::Duty9]),
    (Wrong::FailedOpen, OVER_BASE, &[RuleId::Duty13, RuleId::Duty14]),
    (Wrong::AloneWithCloses, OVER_BASE, &[RuleId::Duty15, RuleId::Duty16]),
    (Wrong::Version, OVER_BASE, &[RuleId::Duty17]),
    (Wrong::AloneWithCleanup, OVER_BASE, &[RuleId::Duty19, RuleId::Duty20]),
    (Wrong::Linger, OVER_BASE, &[RuleId::Duty21]),
    (Wrong::NoCode, OVER_BASE, &[RuleId::Duty22]),
    (Wrong::NoOutput, OVER_BASE, &[RuleId::Duty23]),
    (Wrong::Select, OVER_BASE, &[RuleId::Duty24]),
    (Wrong::Error, OVER_BASE, &[RuleId::Duty36]),
    (Wrong::BaseHandle, OVER_BASE, &[RuleId::Duty37]),
    (Wrong::Buffer, OVER_BASE, &[RuleId::Duty38]),
    (Wrong::Buffer, OVER_PLAIN, &[RuleId::Duty38]),
];

#[test]
fn each_wrong_is_told_by_the_duty_it_breaks() {
    let mut wrong = Vec::new();
    for &(layer, entry, expected) in CASES {
        let told = broken(layer, entry);
        if told != expected {
            wrong.push(format!("{layer:?} {entry}: told {told:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The duties that the scenarios of these folders break.
fn broken_in(folders: &[&str]) -> BTreeSet<RuleId> {
    let (mut library, mut files, mut broken) = (Library::new(), Vec::new(), BTreeSet::new());
    let library_of_scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    folders.iter().for_each(|folder| scenarios(&library_of_scenarios.join(folder), &mut files));
    for scenario in files.iter().filter_map(|path| Scenario::load(path).ok()) {
        for model in scenario.models() {
            let machine = scenario.machine(&mut library, model).expect("a good model");
            broken.extend(play(&scenario, &machine, Logging::Off).breaches.iter().map(|breach| breach.rule));
        }
    }
    broken
}

#[test]
fn every_duty_is_broken_by_somebody_and_told() {
    // An IFS layer over a base that is none is among the calls.
    let mut broken = broken_in(&["contracts", "calls"]);
    broken.extend(CASES.iter().flat_map(|(_, _, duties)| *duties));
    let idle: Vec<&RuleId> =
        RuleId::ALL.iter().filter(|rule| rule.advice().is_some() && !broken.contains(rule)).collect();
    assert!(idle.is_empty(), "nobody breaks {idle:?}");
}

#[test]
fn the_mode_decides_what_becomes_of_a_breach() {
    let [off, warn, fail] =
        [Contracts::Off, Contracts::Warn, Contracts::Fail].map(|mode| played(Wrong::WordUp, OVER_BASE, mode));
    assert!(off.breaches.is_empty() && off.warnings.is_empty() && off.verdict == Verdict::Held);
    assert_eq!((warn.breaches.len(), warn.warnings.len(), warn.verdict), (1, 1, Verdict::Held));
    assert_eq!((fail.breaches.len(), fail.warnings.len(), fail.verdict), (1, 0, Verdict::Failed));
    assert_eq!(fail.failures[0].kind, FailureKind::Breach);
    assert_eq!(fail.failures[0].line, 13);
    let events =
        |report: &Report| report.events.iter().filter(|event| format!("{event:?}").starts_with("Breach")).count();
    assert_eq!([&off, &warn, &fail].map(events), [0, 1, 1]);
}

/// A layer that changes nothing, and no more than that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Idle;

impl OwnLayer for Idle {
    type Token = ();
}

fn scenarios(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            scenarios(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            found.push(path);
        }
    }
}

/// Every scenario for the model `layer` ends on it just as well when the layer is somebody's own code.
#[test]
fn an_idle_layer_of_ones_own_is_a_plain_layer() {
    let mut library = Library::with(Registry::new().with_layer("idle", || Idle));
    let text =
        include_str!("../models/layer.ron").replace("Layer(handles: NonIfs", "Layer(code: \"idle\", handles: NonIfs");
    library.add("layer", &text).expect("a good model");
    let mut files = Vec::new();
    scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios"), &mut files);
    let mut played = 0;
    for path in files {
        let Ok(scenario) = Scenario::load(&path) else { continue };
        if !scenario.models().any(|model| model == "layer") {
            continue;
        }
        let machine = scenario.machine(&mut library, "layer").expect("a good model");
        let report = play(&scenario, &machine, Logging::Off);
        let failures: String = report.failures.iter().map(ToString::to_string).collect();
        let plain = scenario.machine(&mut Library::new(), "layer").expect("built in");
        // A scenario about orders may mean to fail.
        let expected = play(&scenario, &plain, Logging::Off).verdict;
        assert_eq!(report.verdict, expected, "{}: {failures}", path.display());
        assert!(report.breaches.is_empty(), "{}: {:?}", path.display(), report.breaches);
        played += 1;
    }
    assert!(played > 300, "{played} plays");
}

#[test]
fn code_nobody_has_registered_is_refused_with_the_nearest_name() {
    let mut library = Library::with(Registry::new().with_layer("idle", || Idle));
    let wrong = library.add("own", &MODEL.replace("code: \"own\"", "code: \"idel\"")).expect_err("no such code");
    assert!(wrong[0].to_string().contains("`idel`"), "{}", wrong[0]);
    assert!(wrong[0].to_string().contains("did you mean `idle`?"), "{}", wrong[0]);
}

#[test]
fn two_plays_over_own_layers_are_equal() {
    let [first, second] = [(); 2].map(|()| played(Wrong::Nothing, OVER_PLAIN, Contracts::Fail));
    assert_eq!((first.digest, first.events), (second.digest, second.events));
}
