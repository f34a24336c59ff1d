//! Text of the interface's values: what is printed reads back, what cannot be read says why.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wspsim::abi::consts::{self, AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC};
use wspsim::abi::{
    AddressError, EntrySet, Guid, Ioctl, LspCategories, MessageFlags, NetworkEvents, ProviderFlags, ServiceFlags1,
    SockAddr, SockOpt, SocketFlags, SpiFunction, UnknownFlag, Upcall, WsaError,
};

fn reads_back<T>(value: T)
where
    T: FromStr + Display + Debug + PartialEq + Serialize + DeserializeOwned,
    T::Err: Debug + PartialEq,
{
    let text = value.to_string();
    assert_eq!(text.parse().as_ref(), Ok(&value), "{text}");
    assert_eq!(through_ron(&value), value, "{text}");
}

fn through_ron<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = ron::to_string(value).expect("serializes");
    ron::from_str(&text).expect("deserializes")
}

#[test]
fn errors_print_name_and_number() {
    assert_eq!(WsaError::WouldBlock.to_string(), "WSAEWOULDBLOCK (10035)");
    assert_eq!(ron::to_string(&WsaError::WouldBlock), Ok("WSAEWOULDBLOCK".to_owned()));
    assert_eq!(ron::from_str("ERROR_IO_PENDING"), Ok(WsaError::IoPending));
}

#[test]
fn errors_are_found_by_name_and_number() {
    for &error in WsaError::ALL {
        assert_eq!(WsaError::from_name(error.name()), Some(error));
        assert_eq!(WsaError::from_number(error.number()), Some(error));
        assert_eq!(through_ron(&error), error);
        assert!(!error.meaning().is_empty());
    }
    assert!(WsaError::ALL.is_sorted_by(|a, b| a.number() < b.number()));
    assert_eq!(WsaError::from_name("WSAEPERHAPS"), None);
    assert_eq!(WsaError::from_number(0), None);
}

#[test]
fn options_are_found_by_name_and_number() {
    for &option in SockOpt::ALL {
        let row = option.row();
        assert_eq!(SockOpt::lookup(row.level, row.number), Some(option), "{option}");
        assert_eq!(SockOpt::from_name(row.name), Some(option));
        assert_eq!(through_ron(&option), option);
        assert!(row.get || row.set, "{option}");
    }
    assert_eq!(SockOpt::lookup(consts::SOL_SOCKET, 0x3004), None);
    assert_eq!(SockOpt::lookup(0x1234, 4), None);
    assert!(!SockOpt::known_level(-1));
}

/// Pages: ws2spi lpwspgetsockopt, lpwspsetsockopt: the list of options common to all providers.
#[test]
fn the_common_options_are_the_documented_ones() {
    let common: Vec<_> = SockOpt::ALL.iter().filter(|option| option.row().common).map(|option| option.name()).collect();
    assert_eq!(
        common.join(" "),
        "SO_DEBUG SO_ACCEPTCONN SO_REUSEADDR SO_KEEPALIVE SO_DONTROUTE SO_BROADCAST SO_LINGER SO_DONTLINGER \
         SO_OOBINLINE SO_SNDBUF SO_RCVBUF SO_ERROR SO_TYPE SO_GROUP_ID SO_GROUP_PRIORITY SO_MAX_MSG_SIZE \
         SO_PROTOCOL_INFOW PVD_CONFIG TCP_NODELAY"
    );
}

/// The same pages mark what a provider may store without acting on it.
#[test]
fn common_options_that_may_only_be_stored_are_marked() {
    for option in [SockOpt::Debug, SockOpt::KeepAlive, SockOpt::DontRoute, SockOpt::SndBuf, SockOpt::RcvBuf] {
        assert!(option.row().inert, "{option}");
    }
    for option in [SockOpt::ReuseAddr, SockOpt::Linger, SockOpt::OobInline, SockOpt::Error, SockOpt::Ipv6V6Only] {
        assert!(!option.row().inert, "{option}");
    }
}

#[test]
fn ioctls_are_found_by_name_and_code() {
    for &ioctl in Ioctl::ALL {
        assert_eq!(Ioctl::lookup(ioctl.code()), Some(ioctl));
        assert_eq!(Ioctl::from_name(ioctl.name()), Some(ioctl));
        assert_eq!(through_ron(&ioctl), ioctl);
    }
    assert_eq!(Ioctl::from_name("SIO_QUERY_PNP_TARGET_HANDLE"), Some(Ioctl::QueryTargetPnpHandle));
    assert_eq!(Ioctl::lookup(0), None);
}

#[test]
fn functions_are_found_by_name() {
    for (position, &entry) in SpiFunction::ALL.iter().enumerate() {
        assert_eq!(SpiFunction::from_name(entry.name()), Some(entry));
        assert_eq!(entry.index(), (position < 30).then_some(position));
    }
    for (position, &upcall) in Upcall::ALL.iter().enumerate() {
        assert_eq!(Upcall::from_name(upcall.name()), Some(upcall));
        assert_eq!(upcall.index(), (position < 15).then_some(position));
    }
    assert_eq!((SpiFunction::ALL.len(), Upcall::ALL.len()), (35, 16));
    assert_eq!(SpiFunction::WspStartup.index(), None);
    assert_eq!(Upcall::WpuCompleteOverlappedRequest.index(), None);
    assert_eq!(SpiFunction::from_name("WSPAbort"), None);
}

#[test]
fn entry_sets_read_as_lists_of_names() {
    let set: EntrySet = [SpiFunction::WspSend, SpiFunction::WspBind].into_iter().collect();
    assert_eq!(ron::to_string(&set), Ok("[WSPBind,WSPSend]".to_owned()));
    assert_eq!(through_ron(&set), set);
    assert_eq!(through_ron(&EntrySet::all()), EntrySet::all());
    assert_eq!(EntrySet::all().iter().collect::<Vec<_>>(), SpiFunction::ALL[..31]);
    assert!(EntrySet::none().is_empty());
}

#[test]
fn constants_are_found_by_name_and_number() {
    assert_eq!(consts::named_constant("AF_INET6"), Some(23));
    assert_eq!(consts::named_constant("SD_BOTH"), Some(2));
    assert_eq!(consts::named_constant("CF_DEFER"), Some(2));
    assert_eq!(consts::named_constant("SOMAXCONN"), Some(0x7fff_ffff));
    assert_eq!(consts::named_constant("AF_MARS"), None);
    assert_eq!(consts::family_name(2), Some("AF_INET"));
    assert_eq!(consts::socket_type_name(5), Some("SOCK_SEQPACKET"));
    assert_eq!(consts::protocol_name(113), Some("IPPROTO_PGM"));
    assert_eq!(consts::protocol_name(-1), None);
    assert_eq!((consts::WINSOCK_VERSION_1_1, consts::WINSOCK_VERSION_2_2), (0x0101, 0x0202));
}

#[test]
fn flags_print_windows_names() {
    let check = |events: NetworkEvents, text: &str| assert_eq!(events.to_string(), text);
    check(NetworkEvents::empty(), "0");
    check(NetworkEvents::READ | NetworkEvents::CLOSE, "FD_READ|FD_CLOSE");
    check(NetworkEvents::READ | NetworkEvents::from_bits_retain(0x8400), "FD_READ|0x8400");
    check(NetworkEvents::from_bits_retain(0x400), "0x400");
}

#[test]
fn flags_read_names_and_numbers() {
    let check = |text: &str, bits: u32| assert_eq!(NetworkEvents::parse(text).map(|events| events.bits()), Ok(bits));
    check("0", 0);
    check("FD_READ|FD_CLOSE", 0x21);
    check(" FD_READ | 0x8000 | 16 ", 0x8011);
    check("FD_ALL_EVENTS", 0x3ff);
    check("0xFFFFFFFF", u32::MAX);
}

#[test]
fn unknown_flags_are_named() {
    let check = |text: &str, name: &str| {
        let error = UnknownFlag { name: name.to_owned(), expected: "FD_*" };
        assert_eq!(NetworkEvents::parse(text), Err(error), "{text}");
    };
    check("FD_READ|FD_RAED", "FD_RAED");
    check("fd_read", "fd_read");
    check("XP1_IFS_HANDLES", "XP1_IFS_HANDLES");
    check("", "");
    check("FD_READ|", "");
    check("0x", "0x");
    check("+1", "+1");
    check("-1", "-1");
    check("0x100000000", "0x100000000");
}

#[test]
fn single_events_have_an_index_in_bit_order() {
    let singles: Vec<_> = NetworkEvents::ALL_EVENTS.singles().collect();
    assert_eq!(singles.len(), wspsim::abi::FD_MAX_EVENTS);
    for (index, event) in singles.iter().enumerate() {
        assert_eq!(event.bit_index(), Some(index));
    }
    assert_eq!(NetworkEvents::empty().bit_index(), None);
    assert_eq!(NetworkEvents::ALL_EVENTS.bit_index(), None);
}

#[test]
fn a_protocol_info_keeps_unnamed_bits_when_one_is_cleared() {
    let flags = ServiceFlags1::IFS_HANDLES | ServiceFlags1::from_bits_retain(0x8000_0000);
    assert_eq!((flags & !ServiceFlags1::IFS_HANDLES).bits(), 0x8000_0000);
    assert_eq!(flags.unnamed().bits(), 0x8000_0000);
}

#[test]
fn addresses_print_as_windows_prints_them() {
    let check = |text: &str| assert_eq!(SockAddr::parse(text, AF_UNSPEC).map(|a| a.to_string()).as_deref(), Ok(text));
    check("0.0.0.0");
    check("127.0.0.1:7000");
    check("::");
    check("::1");
    check("[::1]:80");
    check("fe80::1%3");
    check("[fe80::1%3]:80");
    check("::ffff:1.2.3.4");
    check("::204.152.189.116");
    check("2001:db8:0:1:1:1:1:1");
    check("family 26");
}

#[test]
fn an_absent_port_is_zero() {
    let check = |text: &str, same: &str| assert_eq!(SockAddr::parse(text, AF_UNSPEC), SockAddr::parse(same, AF_UNSPEC));
    check("10.0.0.1:0", "10.0.0.1");
    check("[::1]", "::1");
    check("[::1]:0", "::1");
    check("::1%0", "::1");
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        " ",
        "localhost",
        "1.2.3",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.4:",
        "1.2.3.4:+80",
        "1.2.3.4:-1",
        "1.2.3.4:65536",
        "1.2.3.4:1:2",
        "01.2.3.4",
        "256.1.1.1",
        "[1.2.3.4]:80",
        "[::1",
        "::1]",
        "[::1]80",
        "[::1]:",
        "[::1]:+1",
        "::1%",
        "::1%+1",
        "::1%4294967296",
        "1::2::3",
        ":::",
        "family",
        "family 2",
        "family 23",
        "family 65536",
        "family +1",
    ] {
        let error = AddressError::BadText { given: text.to_owned() };
        assert_eq!(SockAddr::parse(text, AF_UNSPEC), Err(error));
    }
}

#[test]
fn a_family_hint_refuses_other_families() {
    assert!(SockAddr::parse("1.2.3.4", AF_INET).is_ok());
    assert!(SockAddr::parse("::1", AF_INET6).is_ok());
    let error = AddressError::WrongFamily { expected: AF_INET6, given: AF_INET };
    assert_eq!(SockAddr::parse("1.2.3.4", AF_INET6), Err(error));
    let error = AddressError::WrongFamily { expected: AF_UNIX, given: AF_INET6 };
    assert_eq!(SockAddr::parse("::1", AF_UNIX), Err(error));
}

#[test]
fn addresses_know_what_they_are() {
    let address = |text: &str| SockAddr::parse(text, AF_UNSPEC).expect(text);
    assert!(address("127.9.9.9").is_loopback() && address("::1").is_loopback());
    assert!(address("0.0.0.0:1").is_unspecified() && address("::").is_unspecified());
    assert!(!SockAddr::Other(26).is_loopback() && !SockAddr::Other(26).is_unspecified());
    assert_eq!(address("10.0.0.1").with_port(5), address("10.0.0.1:5"));
    assert_eq!(SockAddr::unspecified(AF_INET6), Some(address("::")));
    assert_eq!(SockAddr::unspecified(AF_UNIX), None);
}

#[test]
fn guids_are_read_with_or_without_braces() {
    let guid = Guid::new(0xe70f_1aa0, 0xab8b, 0x11cf, [0x8c, 0xa3, 0, 0x80, 0x5f, 0x48, 0xa1, 0x92]);
    let text = "{e70f1aa0-ab8b-11cf-8ca3-00805f48a192}";
    assert_eq!(guid.to_string(), text);
    assert_eq!(text.trim_matches(['{', '}']).to_uppercase().parse(), Ok(guid));
    for text in [
        "",
        "{}",
        "{e70f1aa0-ab8b-11cf-8ca3-00805f48a192",
        "e70f1aa0-ab8b-11cf-8ca3-00805f48a192}",
        "e70f1aa0-ab8b-11cf-8ca3-00805f48a19",
        "e70f1aa0-ab8b-11cf-8ca3-00805f48a1922",
        "e70f1aa0ab8b-11cf-8ca3-00805f48a192--",
        "e70f1aa0-ab8b-11cf-8ca3-00805f48a19g",
        "+70f1aa0-ab8b-11cf-8ca3-00805f48a192",
    ] {
        assert_eq!(text.parse::<Guid>().map_err(|error| error.given), Err(text.to_owned()));
    }
}

#[test]
fn no_table_has_a_name_twice() {
    let names = |names: &[&'static str]| assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    names(&WsaError::ALL.iter().map(|error| error.name()).collect::<Vec<_>>());
    names(&SockOpt::ALL.iter().map(|option| option.name()).collect::<Vec<_>>());
    names(&Ioctl::ALL.iter().map(|ioctl| ioctl.name()).collect::<Vec<_>>());
}

proptest! {
    #[test]
    fn flags_read_back(bits: u32) {
        reads_back(ServiceFlags1::from_bits_retain(bits));
        reads_back(ProviderFlags::from_bits_retain(bits));
        reads_back(SocketFlags::from_bits_retain(bits));
        reads_back(MessageFlags::from_bits_retain(bits));
        reads_back(NetworkEvents::from_bits_retain(bits));
        reads_back(LspCategories::from_bits_retain(bits));
    }

    #[test]
    fn singles_are_the_set(bits: u32) {
        let set = NetworkEvents::from_bits_retain(bits);
        let singles: Vec<_> = set.singles().collect();
        prop_assert!(singles.iter().all(|single| single.bits().is_power_of_two()));
        prop_assert!(singles.is_sorted());
        prop_assert_eq!(singles.into_iter().fold(NetworkEvents::empty(), |all, single| all | single), set);
    }

    #[test]
    fn guids_read_back(number: u128) {
        reads_back(Guid::from_u128(number));
    }

    #[test]
    fn ipv4_addresses_read_back(ip: u32, port: u16) {
        reads_back(SockAddr::v4(ip.into(), port));
    }

    #[test]
    fn ipv6_addresses_read_back(
        ip in prop_oneof![any::<u128>(), any::<u32>().prop_map(u128::from)],
        port: u16,
        scope: u32,
    ) {
        // The flow information has no place in the text.
        reads_back(SockAddr::V6(std::net::SocketAddrV6::new(ip.into(), port, 0, scope)));
    }

    #[test]
    fn other_families_read_back(family: u16) {
        prop_assume!(![AF_INET, AF_INET6].contains(&i32::from(family)));
        reads_back(SockAddr::Other(family));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}:.%|xXa-fA-F0-9+ -]{0,44}|.*") {
        if let Ok(address) = text.parse::<SockAddr>() {
            reads_back(address);
        }
        if let Ok(guid) = text.parse::<Guid>() {
            reads_back(guid);
        }
        if let Ok(events) = NetworkEvents::parse(&text) {
            reads_back(events);
        }
    }
}
