//! Protocol infos and blocks made of any bytes. The fuzz target `protocol_info` plays the same.
#[path = "support/blocks.rs"]
mod blocks;
mod support;

use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Few places of a block count; most patches go there.
fn patch() -> impl Strategy<Value = [u8; 3]> {
    let place = prop_oneof![3 => 0..120u16, 1 => 0..700u16, 1 => 110..118u16];
    (place, any::<u8>()).prop_map(|(place, value)| [place as u8, (place >> 8) as u8, value])
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn encodings_lose_nothing(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        blocks::round_trips(&bytes);
    }

    #[test]
    fn altered_blocks_disturb_nothing(how: u8, stage: u8, patches in prop::collection::vec(patch(), 0..4)) {
        let mut bytes = vec![how, stage];
        bytes.extend(patches.as_flattened());
        blocks::opens(&bytes);
    }
}
