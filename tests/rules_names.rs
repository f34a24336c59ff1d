//! Rules, open points and the contract table speak of functions, errors, options and flags by their Windows names. A
//! name misspelt there would go unnoticed for ever, so each one is looked up.

use wspsim::abi::{
    Ioctl, MessageFlags, NetworkEvents, ProviderFlags, ServiceFlags1, SockOpt, SocketFlags, SpiFunction, Upcall,
    WsaError,
};
use wspsim::contract;
use wspsim::rules::{OpenPoint, RuleId};

#[test]
fn rules_use_names_that_exist() {
    for &rule in RuleId::ALL {
        check(rule.name(), rule.sentence());
    }
}

#[test]
fn open_points_use_names_that_exist() {
    for &point in OpenPoint::ALL {
        check(point.name(), point.question());
        check(point.name(), point.decision());
    }
}

#[test]
fn the_contract_uses_names_that_exist() {
    for row in contract::rows() {
        check(row.function, row.condition);
    }
}

#[test]
fn a_rule_derived_from_rules_and_open_points_names_real_ones() {
    for &rule in RuleId::ALL {
        for word in rule.source().split([' ', ',']) {
            let id = word.starts_with(|c: char| c.is_ascii_uppercase()) && word.ends_with(|c: char| c.is_ascii_digit());
            let known =
                RuleId::from_name(word).is_some() || OpenPoint::from_name(word).is_some() || is_observation(word);
            assert!(!id || known, "{rule} comes from {word}, which does not exist");
            assert_ne!(word, rule.name(), "a rule cannot come from itself");
        }
    }
}

/// O1 to O271: what real systems were seen to do.
fn is_observation(word: &str) -> bool {
    const OBSERVATIONS: u32 = 271;
    let number = word.strip_prefix('O').and_then(|number| number.parse().ok());
    number.is_some_and(|number| (1..=OBSERVATIONS).contains(&number))
}

#[test]
fn a_misspelt_name_is_noticed() {
    for word in ["WSAENOTSOCKET", "WSPDuplicate", "WPUMakeHandle", "SO_LINGERING", "FD_READY", "SIO_BASE", "MSG_LOOK"] {
        assert!(!exists(word), "{word}");
    }
}

fn check(id: &str, text: &str) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        assert!(exists(word), "{id} speaks of {word}, which does not exist");
    }
}

/// Whether a word is a known name, or of none of the kinds that are looked up.
fn exists(word: &str) -> bool {
    let kind = |prefix: &str| word.starts_with(prefix) && word != prefix;
    let capitals = !word.contains(|c: char| c.is_ascii_lowercase());
    if kind("WSP") {
        SpiFunction::from_name(word).is_some()
    } else if kind("WPU") {
        Upcall::from_name(word).is_some()
    } else if kind("WSA_FLAG_") {
        SocketFlags::parse(word).is_ok()
    } else if kind("WSA") && capitals && !kind("WSAPROTOCOL") {
        WsaError::from_name(word).is_some()
    } else if kind("SO_") {
        SockOpt::from_name(word).is_some()
    } else if kind("SIO") || kind("FIO") {
        Ioctl::from_name(word).is_some()
    } else if kind("FD_") {
        NetworkEvents::parse(word).is_ok()
    } else if kind("MSG_") {
        MessageFlags::parse(word).is_ok()
    } else if kind("PFL_") {
        ProviderFlags::parse(word).is_ok()
    } else if kind("XP1_") {
        ServiceFlags1::parse(word).is_ok()
    } else {
        true
    }
}
