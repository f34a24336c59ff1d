//! Any edits of the catalogs, by administrators and others, 32 and 64 bits wide, while sockets are open and blocks are
//! on their way: ids are given once, what is refused changes nothing, an order loses nothing, what was installed can be
//! removed without a trace, a process that has started Winsock sees what it saw, and whatever stands in a catalog can
//! be tried.
#![no_main]

use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use wspsim::abi::catalog::{ApplicationName, CatalogCall, LayerToInstall, Pointer, ProviderEntries};
use wspsim::abi::client::{ApiCall, Call, Value};
use wspsim::abi::{Block, Bytes, Guid, Info, LspCategories, ProtocolChain, SocketFlags, SpiCall, WsaError};
use wspsim::world::World;
use wspsim::world::catalog::Catalog;
use wspsim::world::ids::{Incarnation, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::op::{Op, Outcome, Rejection};
use wspsim::world::program::{Application, Program, Width};

#[path = "../stacks.rs"]
#[allow(dead_code, reason = "the targets each use their part")]
mod stacks;

/// Most edits of one run.
const EDITS_MAX: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let _ = play(&mut Unstructured::new(bytes));
});

fn play(u: &mut Unstructured<'_>) -> Result<()> {
    let mut world = stacks::world(u.arbitrary()?);
    let mut given: [Vec<u32>; 2] = Width::ALL.map(|width| ids(world.installed().catalog(width)));
    for _ in 0..EDITS_MAX {
        if u.is_empty() {
            break;
        }
        if u.ratio(1, 8)? {
            start(u, &mut world)?;
            continue;
        }
        let thread = thread(u, &world)?;
        if u.ratio(1, 4)? {
            open(u, &mut world, thread)?;
        } else {
            edit(u, &mut world, thread, &mut given)?;
        }
        if let Err(broken) = world.check_invariants() {
            panic!("{broken}");
        }
    }
    round_trip(world);
    Ok(())
}

fn ids(catalog: &Catalog) -> Vec<u32> {
    catalog.entries().iter().map(|entry| entry.id()).collect()
}

fn thread(u: &mut Unstructured<'_>, world: &World) -> Result<ThreadId> {
    let process = u.choose_index(world.processes().count())?;
    Ok(ThreadId { process: Incarnation(process as u32), index: 0 })
}

fn start(u: &mut Unstructured<'_>, world: &mut World) -> Result<()> {
    let named = u.arbitrary::<bool>()?;
    let application = named.then(|| Arc::new(Application { path: "app.exe".into(), extra: "".into() }));
    let program = Program { width: *u.choose(&Width::ALL)?, administrator: u.ratio(7, 8)?, application };
    let op = Op::StartProcess { id: None, suspended: false, program };
    if let Ok(Outcome::Started(process, _)) = world.step(op, &mut Log::off()) {
        let thread = ThreadId { process, index: 0 };
        let call = Call::Api(ApiCall::Startup { version: 0x0202 });
        world.step(Op::Call { thread, call }, &mut Log::off()).expect("WSAStartup");
    }
    Ok(())
}

/// Tries an entry of the installed catalog, which the process may or may not see.
fn open(u: &mut Unstructured<'_>, world: &mut World, thread: ThreadId) -> Result<()> {
    let entries = world.installed().catalog(*u.choose(&Width::ALL)?).entries();
    let Some(entry) = entries.get(u.arbitrary::<u8>()? as usize) else { return Ok(()) };
    let info = u.arbitrary::<bool>()?.then(|| Block::Info(entry.info.clone()));
    let from = if info.is_some() { [-1; 3] } else { [2, 1, 0] };
    let [af, kind, protocol] = from;
    let call = Call::Spi(SpiCall::Socket { af, kind, protocol, info, group: 0, flags: SocketFlags::empty() });
    let _ = world.step(Op::Call { thread, call }, &mut Log::off());
    Ok(())
}

fn edit(u: &mut Unstructured<'_>, world: &mut World, thread: ThreadId, given: &mut [Vec<u32>; 2]) -> Result<()> {
    let call = call(u, world)?;
    let before = world.clone();
    let orders = matches!(call, CatalogCall::WriteOrder { .. });
    let outcome = world.step(Op::Call { thread, call: Call::Catalog(Box::new(call)) }, &mut Log::off());
    match outcome {
        Ok(Outcome::Returned(Ok(_))) => {}
        Ok(Outcome::Returned(Err(_))) | Err(Rejection::NoSuchFunction) => {
            assert_eq!(before.installed(), world.installed(), "a refusal changed something");
        }
        other => panic!("not an answer: {other:?}"),
    }
    for (at, width) in Width::ALL.into_iter().enumerate() {
        let (old, new) = (ids(before.installed().catalog(width)), ids(world.installed().catalog(width)));
        if orders {
            let sorted = |mut ids: Vec<u32>| {
                ids.sort_unstable();
                ids
            };
            assert_eq!(sorted(old.clone()), sorted(new.clone()), "an order lost or made an entry");
        }
        for id in new.into_iter().filter(|id| !old.contains(id)) {
            assert!(!given[at].contains(&id), "the id {id} was given twice");
            given[at].push(id);
        }
    }
    for ((_, old), (_, new)) in before.processes().zip(world.processes()) {
        assert_eq!(old.client.catalog, new.client.catalog, "a process saw a change");
    }
    Ok(())
}

fn call(u: &mut Unstructured<'_>, world: &World) -> Result<CatalogCall> {
    let (narrow, both): (bool, bool) = (u.ratio(1, 4)?, u.arbitrary()?);
    Ok(match u.int_in_range(0..=11)? {
        0 | 1 => CatalogCall::Install { both, what: entries(u, world)? },
        2..=4 => {
            let mut what = entries(u, world)?;
            if u.arbitrary()? {
                what.entries = Pointer::Null;
            }
            let name = Pointer::To(format!("Layer {}", u.int_in_range(0..=7)?).into());
            let path32 = if u.arbitrary()? { Pointer::Null } else { path(u, world)? };
            let service_flags = *u.choose(&[0, 0x20000, 0x20000, 1])?;
            let layer = LayerToInstall { what, path32, name, service_flags, id: Pointer::To(()) };
            CatalogCall::InstallAndChains { both: u.ratio(7, 8)?, layer: Box::new(layer) }
        }
        5 => CatalogCall::Deinstall { narrow, provider: provider(u, world)?, errno: u.ratio(15, 16)? },
        6 => CatalogCall::Update { narrow, what: entries(u, world)? },
        7 | 8 => {
            let mut ids = ids(world.installed().catalog(if narrow { Width::Bits32 } else { Width::Bits64 }));
            for at in (1..ids.len()).rev() {
                ids.swap(at, u.int_in_range(0..=at)?);
            }
            if u.ratio(1, 8)? {
                ids.push(u.arbitrary()?);
            }
            CatalogCall::WriteOrder { narrow, ids: Pointer::To(ids.into()) }
        }
        9 => {
            let info = Pointer::To(Bytes::word(u.arbitrary()?));
            CatalogCall::SetInfo { narrow, provider: provider(u, world)?, kind: 0, info }
        }
        10 => {
            let application = ApplicationName { path: Pointer::To("app.exe".into()), extra: Pointer::Null };
            let categories = LspCategories::from_bits_retain(u.arbitrary()?);
            CatalogCall::SetCategory { application, categories, previous: Pointer::To(()) }
        }
        _ => CatalogCall::Enum { narrow, protocols: Pointer::Null, room: Some(u.arbitrary()?) },
    })
}

fn provider(u: &mut Unstructured<'_>, world: &World) -> Result<Pointer<Guid>> {
    if u.arbitrary()? {
        return Ok(Pointer::To(Guid::from_u128(u.int_in_range(0..=7)?)));
    }
    let entries = world.installed().catalog(Width::Bits64).entries();
    let at = u.arbitrary::<u8>()? as usize;
    Ok(entries.get(at).map_or(Pointer::Null, |entry| Pointer::To(entry.provider_id())))
}

fn path(u: &mut Unstructured<'_>, world: &World) -> Result<Pointer<Arc<str>>> {
    let shapes = &world.machine().shapes;
    let at = u.int_in_range(0..=shapes.len())?;
    Ok(Pointer::To(shapes.get(at).map_or_else(|| "gone.dll".into(), |shape| Arc::clone(&shape.path))))
}

fn entries(u: &mut Unstructured<'_>, world: &World) -> Result<ProviderEntries> {
    let known: Vec<&Info> =
        world.installed().catalog(Width::Bits64).entries().iter().map(|entry| &entry.info).collect();
    let mut entries = Vec::new();
    for _ in 0..u.int_in_range(0..=2)? {
        let at = u.arbitrary::<u8>()? as usize;
        let mut info = known.get(at).map_or_else(|| world.machine().blank.clone(), |info| (*info).clone());
        if u.arbitrary()? {
            let mut chain = ProtocolChain { len: u.int_in_range(-1..=8)?, ..ProtocolChain::default() };
            for link in &mut chain.entries {
                let at = u.arbitrary::<u8>()? as usize;
                *link = known.get(at % (known.len() + 1)).map_or(7, |info| info.catalog_entry_id());
            }
            info.edit(|record| record.chain = chain);
        }
        entries.push(info);
    }
    Ok(ProviderEntries { provider: provider(u, world)?, path: path(u, world)?, entries: Pointer::To(entries.into()) })
}

/// What an administrator installs he can remove, and then everything is as it was, but for the ids that are used up.
fn round_trip(mut world: World) {
    let op = Op::StartProcess { id: None, suspended: false, program: Program::default() };
    let Ok(Outcome::Started(process, _)) = world.step(op, &mut Log::off()) else { panic!("a process") };
    let thread = ThreadId { process, index: 0 };
    let before = listed(&mut world, thread);
    let provider = Pointer::To(Guid::from_u128(0xf00d));
    let what = ProviderEntries { provider, path: Pointer::To(r"C:\Windows\system32\f.dll".into()), entries: Pointer::Null };
    let name = Pointer::To("Round trip".into());
    let layer = LayerToInstall { what, path32: Pointer::Null, name, service_flags: 0, id: Pointer::To(()) };
    let mut call = |call| world.step(Op::Call { thread, call: Call::Catalog(Box::new(call)) }, &mut Log::off());
    let installed = call(CatalogCall::InstallAndChains { both: true, layer: Box::new(layer) });
    match installed {
        Ok(Outcome::Returned(Ok(Value::CatalogId(Some(_))))) => {
            let removed = call(CatalogCall::Deinstall { narrow: false, provider, errno: true });
            assert_eq!(removed, Ok(Outcome::Returned(Ok(Value::Done))));
        }
        Ok(Outcome::Returned(Err(WsaError::NoRecovery))) => {}
        other => panic!("not an answer: {other:?}"),
    }
    assert_eq!(before, listed(&mut world, thread));
}

fn listed(world: &mut World, thread: ThreadId) -> Arc<[Info]> {
    let call = CatalogCall::Enum { narrow: false, protocols: Pointer::Null, room: Some(u32::MAX) };
    match world.step(Op::Call { thread, call: Call::Catalog(Box::new(call)) }, &mut Log::off()) {
        Ok(Outcome::Returned(Ok(Value::Infos(infos)))) => infos,
        other => panic!("no list: {other:?}"),
    }
}
