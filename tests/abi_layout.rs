//! Byte layouts: golden offsets, and every encoding there and back.
//!
//! The offsets are those of the documentation pages, checked once with a C compiler against the public headers; they
//! are written here as numbers, so that a change of a field's type or order shows.

use proptest::collection::vec;
use proptest::prelude::*;
use wspsim::abi::{
    AddressError, DecodeError, Guid, Linger, NetworkEventRecord, NetworkEvents, ProtocolChain, ProtocolInfoA,
    ProtocolInfoW, ProtocolName, ProtocolNameA, ProviderFlags, ServiceFlags1, SockAddr,
};

/// Offset, Windows name, bytes in the wide form, bytes in the narrow form.
const GOLDEN: [(usize, &str, usize, usize); 20] = [
    (0, "dwServiceFlags1", 4, 4),
    (4, "dwServiceFlags2", 4, 4),
    (8, "dwServiceFlags3", 4, 4),
    (12, "dwServiceFlags4", 4, 4),
    (16, "dwProviderFlags", 4, 4),
    (20, "ProviderId", 16, 16),
    (36, "dwCatalogEntryId", 4, 4),
    (40, "ProtocolChain", 32, 32),
    (72, "iVersion", 4, 4),
    (76, "iAddressFamily", 4, 4),
    (80, "iMaxSockAddr", 4, 4),
    (84, "iMinSockAddr", 4, 4),
    (88, "iSocketType", 4, 4),
    (92, "iProtocol", 4, 4),
    (96, "iProtocolMaxOffset", 4, 4),
    (100, "iNetworkByteOrder", 4, 4),
    (104, "iSecurityScheme", 4, 4),
    (108, "dwMessageSize", 4, 4),
    (112, "dwProviderReserved", 4, 4),
    (116, "szProtocol", 512, 256),
];

/// Where the name begins: everything before it is equal in both forms.
const NAME: usize = 116;

#[test]
fn protocol_info_fields_are_listed_at_their_offsets() {
    let mut at = 0;
    for ((offset, name, wide, narrow), (w, a)) in
        GOLDEN.into_iter().zip(ProtocolInfoW::FIELDS.iter().zip(ProtocolInfoA::FIELDS))
    {
        assert_eq!((*w, *a), ((name, wide), (name, narrow)));
        assert_eq!(at, offset, "{name}");
        at += wide;
    }
    assert_eq!((at, ProtocolInfoW::SIZE, ProtocolInfoA::SIZE), (628, 628, 372));
    assert_eq!((ProtocolInfoW::FIELDS.len(), ProtocolInfoA::FIELDS.len()), (GOLDEN.len(), GOLDEN.len()));
}

#[test]
fn protocol_info_fields_are_read_from_their_offsets() {
    // No two places hold the same four bytes.
    let bytes: Vec<u8> = (0..628_u32).map(|at| (at * 7 + at / 256) as u8).collect();
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let int = |at: usize| word(at) as i32;

    let info = ProtocolInfoW::decode(&bytes).expect("628 bytes");
    assert_eq!(info.service_flags1.bits(), word(0));
    assert_eq!(info.service_flags2, word(4));
    assert_eq!(info.service_flags3, word(8));
    assert_eq!(info.service_flags4, word(12));
    assert_eq!(info.provider_flags.bits(), word(16));
    assert_eq!(info.provider_id.encode(), bytes[20..36]);
    assert_eq!(info.catalog_entry_id, word(36));
    assert_eq!(info.chain.len, int(40));
    assert_eq!(info.chain.entries, [44, 48, 52, 56, 60, 64, 68].map(word));
    assert_eq!(info.version, int(72));
    assert_eq!(info.address_family, int(76));
    assert_eq!(info.max_sock_addr, int(80));
    assert_eq!(info.min_sock_addr, int(84));
    assert_eq!(info.socket_type, int(88));
    assert_eq!(info.protocol, int(92));
    assert_eq!(info.protocol_max_offset, int(96));
    assert_eq!(info.network_byte_order, int(100));
    assert_eq!(info.security_scheme, int(104));
    assert_eq!(info.message_size, word(108));
    assert_eq!(info.provider_reserved, word(112));
    assert_eq!(info.protocol_name.0[0], word(116) as u16);
    assert_eq!(info.protocol_name.0[255], (word(624) >> 16) as u16);

    let narrow = ProtocolInfoA::decode(&bytes[..372]).expect("372 bytes");
    assert_eq!(narrow.provider_reserved, word(112));
    assert_eq!(narrow.protocol_name.0, bytes[116..372]);
}

#[test]
fn a_protocol_info_encodes_to_known_bytes() {
    let info = ProtocolInfoW {
        service_flags1: ServiceFlags1::IFS_HANDLES | ServiceFlags1::from_bits_retain(0x8000_0000),
        provider_flags: ProviderFlags::MATCHES_PROTOCOL_ZERO,
        provider_id: "{e70f1aa0-ab8b-11cf-8ca3-00805f48a192}".parse().expect("a GUID"),
        catalog_entry_id: 1001,
        chain: ProtocolChain::base(1001),
        address_family: 2,
        protocol_name: "TCP/IP".into(),
        ..ProtocolInfoW::default()
    };
    let bytes = info.encode();
    assert_eq!(bytes[..4], [0, 0, 2, 0x80]);
    assert_eq!(bytes[16], 8);
    assert_eq!(
        bytes[20..36],
        [0xa0, 0x1a, 0x0f, 0xe7, 0x8b, 0xab, 0xcf, 0x11, 0x8c, 0xa3, 0, 0x80, 0x5f, 0x48, 0xa1, 0x92]
    );
    assert_eq!(bytes[36..48], [0xe9, 3, 0, 0, 1, 0, 0, 0, 0xe9, 3, 0, 0]);
    assert_eq!(bytes[116..130], *b"T\0C\0P\0/\0I\0P\0\0\0");
    assert_eq!(ProtocolInfoW::decode(&bytes), Ok(info));
}

#[test]
fn small_structures_encode_to_known_bytes() {
    assert_eq!(Linger::on(0x0102).encode(), [1, 0, 2, 1]);

    let chain = ProtocolChain::new(&[3, 0x0102]).expect("two ids");
    assert_eq!(chain.encode()[..12], [2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 0, 0]);

    let mut record = NetworkEventRecord { events: NetworkEvents::CLOSE, ..NetworkEventRecord::default() };
    record.error_code[5] = 10054;
    assert_eq!(record.encode()[..4], [0x20, 0, 0, 0]);
    assert_eq!(record.encode()[24..28], [0x46, 0x27, 0, 0]);
    assert_eq!(record.error_of(NetworkEvents::CLOSE), 10054);
    assert_eq!(record.error_of(NetworkEvents::ALL_EVENTS), 0);

    let v4: SockAddr = "127.0.0.1:7000".parse().expect("an address");
    assert_eq!(v4.encode(), [2, 0, 0x1b, 0x58, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

    let v6: SockAddr = "[fe80::1%3]:80".parse().expect("an address");
    let mut bytes = [0; 28];
    (bytes[0], bytes[3], bytes[8], bytes[9], bytes[23], bytes[24]) = (23, 80, 0xfe, 0x80, 1, 3);
    assert_eq!(v6.encode(), bytes);
}

#[test]
fn a_chain_counts_no_more_ids_than_it_has() {
    let chain = |len| ProtocolChain { len, entries: [1, 2, 3, 4, 5, 6, 7] };
    assert!(chain(i32::MIN).ids().is_empty());
    assert!(chain(0).ids().is_empty());
    assert_eq!(chain(2).ids(), [1, 2]);
    assert_eq!(chain(i32::MAX).ids(), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ProtocolChain::new(&[0; 8]).map_err(|error| error.given), Err(8));
}

#[test]
fn only_the_name_differs_between_wide_and_narrow() {
    let wide = ProtocolInfoW { protocol_name: "Zürich €".into(), version: -1, ..ProtocolInfoW::default() };
    let narrow = ProtocolInfoA::from(&wide);
    assert_eq!(narrow.encode()[..NAME], wide.encode()[..NAME]);
    assert_eq!(narrow.protocol_name.text(), b"Z\xfcrich ?");
    assert_eq!(ProtocolInfoW::from(&narrow).protocol_name.to_string(), "Zürich ?");
}

#[test]
fn a_long_name_is_cut_between_characters() {
    let name = "x".repeat(254) + "\u{1f980}";
    assert!(!ProtocolName::fits(&name));
    assert_eq!(ProtocolName::from(name.as_str()).to_string(), "x".repeat(254));
    assert!(ProtocolName::fits(&"x".repeat(255)));
    assert_eq!(ProtocolName::from("a\0b").to_string(), "a");
}

/// Every structure of a fixed size: any bytes of that size are one and come back, any other number is refused.
macro_rules! fixed_sizes {
    ($($test:ident: $type:ty, $name:literal;)+) => {
        proptest! {
            $(#[test]
            fn $test(bytes in vec(any::<u8>(), <$type>::SIZE), other in vec(any::<u8>(), 0..700)) {
                let value = <$type>::decode(&bytes).expect("the right size");
                prop_assert_eq!(&value.encode()[..], &bytes[..]);
                if other.len() != <$type>::SIZE {
                    let error = DecodeError { structure: $name, expected: <$type>::SIZE, given: other.len() };
                    prop_assert_eq!(<$type>::decode(&other), Err(error));
                }
            })+
        }
    };
}

fixed_sizes! {
    any_628_bytes_are_a_wide_protocol_info: ProtocolInfoW, "WSAPROTOCOL_INFOW";
    any_372_bytes_are_a_narrow_protocol_info: ProtocolInfoA, "WSAPROTOCOL_INFOA";
    any_32_bytes_are_a_chain: ProtocolChain, "WSAPROTOCOLCHAIN";
    any_44_bytes_are_network_events: NetworkEventRecord, "WSANETWORKEVENTS";
    any_16_bytes_are_a_guid: Guid, "GUID";
    any_4_bytes_are_a_linger: Linger, "LINGER";
}

/// Bytes that often begin with a family that has a structure.
fn address_bytes() -> impl Strategy<Value = Vec<u8>> {
    let family = prop_oneof![Just(2_u16), Just(23), any::<u16>()];
    (family, vec(any::<u8>(), 0..40)).prop_map(|(family, rest)| [&family.to_le_bytes()[..], &rest].concat())
}

proptest! {
    #[test]
    fn any_bytes_are_an_address_or_too_short(bytes in address_bytes()) {
        match SockAddr::decode(&bytes) {
            Ok(address) => {
                let again = address.encode();
                prop_assert_eq!(again.len(), address.encoded_len());
                prop_assert_eq!(SockAddr::decode(&again), Ok(address));
                // What an address holds comes back; padding does not.
                let held = match address { SockAddr::V4(_) => 8, SockAddr::V6(_) => 28, SockAddr::Other(_) => 2 };
                prop_assert_eq!(&again[..held], &bytes[..held]);
            }
            Err(error) => {
                let needed = if bytes[0] == 2 { 16 } else { 28 };
                prop_assert_eq!(error, AddressError::TooShort { needed, given: bytes.len() });
                prop_assert!(bytes.len() < needed);
            }
        }
    }

    #[test]
    fn fewer_than_two_bytes_have_no_family(bytes in vec(any::<u8>(), 0..2)) {
        let error = AddressError::TooShort { needed: 2, given: bytes.len() };
        prop_assert_eq!(SockAddr::decode(&bytes), Err(error));
    }

    #[test]
    fn wide_and_narrow_agree_on_everything_but_the_name(bytes in vec(any::<u8>(), 628)) {
        let wide = ProtocolInfoW::decode(&bytes).expect("628 bytes");
        let narrow = ProtocolInfoA::from(&wide);
        prop_assert_eq!(&narrow.encode()[..NAME], &bytes[..NAME]);
        prop_assert_eq!(&ProtocolInfoW::from(&narrow).encode()[..NAME], &bytes[..NAME]);
    }

    #[test]
    fn a_narrow_name_survives_being_wide(text in vec(1_u8.., 0..256)) {
        let mut bytes = [0; 256];
        bytes[..text.len()].copy_from_slice(&text);
        let narrow = ProtocolNameA(bytes);
        prop_assert_eq!(ProtocolNameA::from(&ProtocolName::from(&narrow)), narrow);
    }

    #[test]
    fn a_name_that_fits_reads_back(text in "[^\0]{0,255}") {
        prop_assume!(ProtocolName::fits(&text));
        prop_assert_eq!(ProtocolName::from(text.as_str()).to_string(), text);
    }
}
