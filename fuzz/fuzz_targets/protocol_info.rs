//! Any bytes are a protocol info or are refused; and no block, however bent, disturbs the machine it is opened on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wspsim::abi::{Info, ProtocolInfoA, ProtocolInfoW};

#[path = "../stacks.rs"]
mod stacks;

fuzz_target!(|bytes: &[u8]| {
    wide(bytes);
    ansi(bytes);
    opened(bytes);
});

fn wide(bytes: &[u8]) {
    match ProtocolInfoW::decode(bytes) {
        Ok(info) => {
            assert_eq!(info.encode().as_slice(), bytes);
            assert_eq!(Info::new(info.clone()).record(), info);
            let narrow = ProtocolInfoA::from(&info);
            assert_eq!(ProtocolInfoA::from(&ProtocolInfoW::from(&narrow)), narrow, "narrow, widened, narrowed");
        }
        Err(_) => assert_ne!(bytes.len(), ProtocolInfoW::SIZE),
    }
}

fn ansi(bytes: &[u8]) {
    match ProtocolInfoA::decode(bytes) {
        Ok(info) => assert_eq!(info.encode().as_slice(), bytes),
        Err(_) => assert_ne!(bytes.len(), ProtocolInfoA::SIZE),
    }
}

/// The first byte chooses a stack, the rest is laid over a genuine block from some offset on.
fn opened(bytes: &[u8]) {
    let [stack, low, high, patch @ ..] = bytes else { return };
    let mut bench = stacks::HandedOver::on(*stack);
    let mut block = bench.block().encode();
    let offset = usize::from(u16::from_le_bytes([*low, *high])) % block.len();
    for (byte, patch) in block[offset..].iter_mut().zip(patch) {
        *byte ^= patch;
    }
    let changed = block != bench.block().encode();
    let before = bench.references();
    let opened = bench.open(&block);
    bench.check();
    if opened.is_err() {
        assert_eq!(bench.references(), before, "a refused block changes nothing");
        assert!(changed, "a genuine block opens");
    }
}
