//! Protocol infos from any bytes: what their encodings keep, and what opening them does to a small machine. Used by a
//! property test and by the fuzz target `protocol_info`.
#![allow(dead_code, unreachable_pub, reason = "the property test and the fuzzer each use their part")]

use std::sync::OnceLock;

use wspsim::abi::client::{ApiCall, BlockA, Call, Value};
use wspsim::abi::consts::FROM_PROTOCOL_INFO;
use wspsim::abi::{Block, Info, ProtocolInfoA, ProtocolInfoW, SocketFlags, SpiCall, SpiReturn, WsaError};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::World;
use wspsim::world::ids::{Handle, Incarnation, SocketId, ThreadId};
use wspsim::world::log::Log;
use wspsim::world::machine::Platform;
use wspsim::world::op::{Op, Outcome};
use wspsim::world::policy::{Policies, TokenPlace};

use crate::support::{Bench, machine};

/// The bytes, repeated or cut to a length.
fn exactly<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut filled = [0; N];
    if !bytes.is_empty() {
        filled.iter_mut().zip(bytes.iter().cycle()).for_each(|(to, from)| *to = *from);
    }
    filled
}

/// Encodings lose nothing; narrowing loses nothing but what the name has no narrow form for.
///
/// # Panics
/// When something is lost.
pub fn round_trips(bytes: &[u8]) {
    assert_eq!(Block::read(bytes), reads_as(bytes), "a block of {} bytes", bytes.len());
    let wide_bytes = exactly::<{ ProtocolInfoW::SIZE }>(bytes);
    let wide = ProtocolInfoW::decode(&wide_bytes).expect("any bytes of the right length");
    assert_eq!(wide.encode(), wide_bytes);
    let info = Info::new(wide.clone());
    assert_eq!(info.record(), wide);
    assert_eq!(info.encode(), wide_bytes);
    assert_eq!(info.reserved(), wide.provider_reserved);
    assert_eq!(info.with_reserved(7).with_reserved(wide.provider_reserved), info);

    let narrow_bytes = exactly::<{ ProtocolInfoA::SIZE }>(bytes);
    let narrow = ProtocolInfoA::decode(&narrow_bytes).expect("any bytes of the right length");
    assert_eq!(narrow.encode(), narrow_bytes);
    let widened = ProtocolInfoW::from(&narrow);
    let again = ProtocolInfoA::from(&widened);
    assert_eq!(again.protocol_name.text(), narrow.protocol_name.text());
    assert_eq!(ProtocolInfoA { protocol_name: narrow.protocol_name, ..again }, narrow, "fields beside the name");

    let narrowed = ProtocolInfoA::from(&wide);
    assert_eq!(info.ansi(), narrowed);
    let back = ProtocolInfoW::from(&narrowed);
    assert_eq!(back.protocol_name.text().len(), wide.protocol_name.text().len());
    assert_eq!(ProtocolInfoW { protocol_name: wide.protocol_name, ..back.clone() }, wide, "fields beside the name");
    assert_eq!(ProtocolInfoA::from(&back), narrowed, "narrowing twice");
}

fn reads_as(bytes: &[u8]) -> Block {
    match ProtocolInfoW::decode(bytes) {
        Ok(info) if bytes.len() == ProtocolInfoW::SIZE => Block::Info(Info::new(info)),
        _ => Block::WrongLength(bytes.len() as u32),
    }
}

/// A machine on which one socket waits to be handed over.
struct Stage {
    world: World,
    source: Incarnation,
    target: Incarnation,
    block: Info,
    socket: SocketId,
}

const STACKS: [(HandleKind, &[HandleKind]); 4] = [(Ifs, &[]), (NonIfs, &[]), (Ifs, &[NonIfs]), (Ifs, &[Ifs, NonIfs])];

fn stages() -> &'static [Stage] {
    static STAGES: OnceLock<Vec<Stage>> = OnceLock::new();
    STAGES.get_or_init(|| {
        let usual = STACKS.iter().map(|(base, layers)| Stage::new(*base, layers, TokenPlace::ProviderReserved));
        usual.chain([Stage::new(Ifs, &[], TokenPlace::ServiceFlags)]).collect()
    })
}

impl Stage {
    fn new(base: HandleKind, layers: &[HandleKind], token_place: TokenPlace) -> Self {
        let policies = Policies { token_place, ..Policies::default() };
        let mut bench = Bench::new(&machine(base, layers, Platform { policies, ..Platform::default() }));
        let (source, target) = (bench.process(), bench.process());
        let s = bench.tcp(source);
        let block = bench.duplicate(source, s, target).expect("a block");
        let socket = bench.world.shared_socket(source, s).expect("a socket");
        Self { world: bench.world, source, target, block, socket }
    }

    fn pending(&self, world: &World) -> bool {
        world.duplications().iter().any(|duplication| duplication.socket == self.socket)
    }

    fn references(&self, world: &World) -> u64 {
        world.afd().socket(self.socket).map_or(0, |socket| socket.references())
    }
}

/// Opens a block that bytes were written into: by the target or somebody else, wide or narrow. It gives an error, a
/// fresh socket or, if nothing that counts was changed, the shared one; and as long as it does not give that one, the
/// true block opens it afterwards.
///
/// # Panics
/// When something else happens.
pub fn opens(bytes: &[u8]) {
    let [how, which, patches @ ..] = bytes else { return };
    let stage = &stages()[usize::from(*which) % stages().len()];
    let by = if how % 4 == 3 { stage.source } else { stage.target };
    let mut world = stage.world.clone();
    let (opened, unchanged) = if how % 8 < 4 {
        let altered = patched(stage.block.encode(), patches);
        let call = wide(Block::read(&altered));
        (open(&mut world, by, call), altered == stage.block.encode())
    } else {
        let original = stage.block.ansi().encode();
        let altered = patched(original, patches);
        let info = ProtocolInfoA::decode(&altered).expect("the right length");
        (open(&mut world, by, narrow(info)), altered == original)
    };
    assert_eq!(world.check_invariants(), Ok(()));
    match opened {
        Ok(handle) if world.shared_socket(by, handle) == Some(stage.socket) => {
            assert_eq!(by, stage.target, "somebody else got the socket");
            assert!(!stage.pending(&world), "opened, and still pending");
            assert_eq!(stage.references(&world), 2);
        }
        Ok(_) => still_opens(stage, world),
        Err(error) => {
            assert!(!unchanged || by != stage.target, "the true block gave {error}");
            still_opens(stage, world);
        }
    }
}

/// Nothing has happened to the hand-over.
fn still_opens(stage: &Stage, mut world: World) {
    assert_eq!(stage.references(&world), 2, "descriptor and block");
    assert!(stage.pending(&world));
    let handle = open(&mut world, stage.target, wide(Block::Info(stage.block.clone()))).expect("the true block opens");
    assert_eq!(world.shared_socket(stage.target, handle), Some(stage.socket));
}

/// Bytes with others written over them: position in two bytes, value in one.
fn patched<const N: usize>(mut bytes: [u8; N], patches: &[u8]) -> [u8; N] {
    for &[low, high, value] in patches.as_chunks().0 {
        bytes[(usize::from(low) | usize::from(high) << 8) % N] = value;
    }
    bytes
}

fn wide(info: Block) -> Call {
    let (af, flags) = (FROM_PROTOCOL_INFO, SocketFlags::empty());
    Call::Spi(SpiCall::Socket { af, kind: af, protocol: af, info: Some(info), group: 0, flags })
}

fn narrow(info: ProtocolInfoA) -> Call {
    let (af, flags, info) = (FROM_PROTOCOL_INFO, SocketFlags::empty(), Some(BlockA::Info(Box::new(info))));
    Call::Api(ApiCall::SocketA { af, kind: af, protocol: af, info, group: 0, flags })
}

fn open(world: &mut World, by: Incarnation, call: Call) -> Result<Handle, WsaError> {
    let thread = ThreadId { process: by, index: 0 };
    match world.step(Op::Call { thread, call }, &mut Log::off()) {
        Ok(Outcome::Returned(Ok(Value::Spi(SpiReturn::Socket { socket, .. })))) => Ok(socket),
        Ok(Outcome::Returned(Err(error))) => Err(error),
        other => panic!("WSPSocket gave {other:?}"),
    }
}
