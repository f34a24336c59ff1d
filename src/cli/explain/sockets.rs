//! Options, codes of WSPIoctl, network events: what the tables of the interface say of them.

use wspsim::abi::consts::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP, SOL_SOCKET};
use wspsim::abi::sockopt::OptionDefault;
use wspsim::abi::{Ioctl, NetworkEvents, SockOpt};
use wspsim::rules::RuleId;

use super::index;
use super::pages::{COLUMN, field, mentions};
use crate::cli::output::Look;
use crate::cli::wrap::definition;

/// The names of each kind, under what title, with an example.
pub(super) fn listed() -> [(&'static str, &'static str, Vec<&'static str>); 3] {
    [
        ("Options", "wspsim explain SO_LINGER", SockOpt::ALL.iter().map(|option| option.name()).collect()),
        ("Ioctls", "wspsim explain SIO_BASE_HANDLE", Ioctl::ALL.iter().map(|ioctl| ioctl.name()).collect()),
        ("Events", "wspsim explain FD_WRITE", index::events().map(|(name, _)| name).collect()),
    ]
}

pub(super) fn of_option(option: SockOpt, look: &Look) -> String {
    let row = option.row();
    let mut text = format!("{}: an option of WSPGetSockOpt and WSPSetSockOpt\n", look.bold(row.name));
    text += &field("level", &format!("{} ({})", level(row.level), row.level), look);
    text += &field("number", &format!("{} ({:#x})", row.number, row.number), look);
    text += &field("value", &words(&format!("{:?}", row.value)), look);
    let access = match (row.get, row.set) {
        (true, true) => "read and set",
        (true, false) => "read",
        (false, true) => "set",
        (false, false) => "nothing",
    };
    text += &field("can be", access, look);
    text += &field("default", &default(row.default), look);
    text += &field("sockets", &words(&format!("{:?}", row.applies)), look);
    if row.common {
        text += &field("common", "every provider has to know it", look);
    }
    if row.inert {
        text += &field("effect", "a provider may store it without any", look);
    }
    text + &mentions(row.name, look)
}

pub(super) fn of_ioctl(ioctl: Ioctl, look: &Look) -> String {
    let row = ioctl.row();
    let mut text = format!("{}: a code of WSPIoctl\n", look.bold(row.name));
    text += &field("number", &format!("{:#010x}", row.code), look);
    text += &field("takes", &words(&format!("{:?}", row.input)), look);
    text += &field("gives", &words(&format!("{:?}", row.output)), look);
    text + &mentions(row.name, look)
}

pub(super) fn of_event(event: NetworkEvents, look: &Look) -> String {
    let name = event.to_string();
    let mut text = format!("{}: a network event: {}\n", look.bold(&name), event.meaning().unwrap_or_default());
    let bit = event.bit_index().map(|bit| format!("{bit}, {:#x}; its code is iErrorCode[{bit}]", event.bits()));
    text += &field("bit", &bit.unwrap_or_default(), look);
    let due = index::groups().into_iter().find(|group| index::topic(group) == format!("when {name} is due"));
    let rules = RuleId::ALL.iter().filter(|rule| Some(rule.group()) == due && !rule.sentence().contains(&name));
    let rest: String =
        rules.map(|rule| definition(&format!("  {rule}"), COLUMN, rule.sentence(), look.width)).collect();
    text + &mentions(&name, look) + &rest
}

fn level(level: i32) -> &'static str {
    match level {
        SOL_SOCKET => "SOL_SOCKET",
        IPPROTO_TCP => "IPPROTO_TCP",
        IPPROTO_UDP => "IPPROTO_UDP",
        IPPROTO_IP => "IPPROTO_IP",
        IPPROTO_IPV6 => "IPPROTO_IPV6",
        _ => "a level of its own",
    }
}

fn default(default: OptionDefault) -> String {
    match default {
        OptionDefault::Nothing => "none".into(),
        OptionDefault::Bool(on) => (if on { "TRUE" } else { "FALSE" }).into(),
        OptionDefault::Int(number) => number.to_string(),
        OptionDefault::Linger(linger) => format!("l_onoff {}, l_linger {}", linger.onoff, linger.seconds),
        OptionDefault::Provider => "chosen by the provider".into(),
        OptionDefault::Socket => "follows from what the socket is and does".into(),
    }
}

/// The name of a Rust variant as words: `ConnectionOriented` reads `connection oriented`.
fn words(variant: &str) -> String {
    let mut text = String::new();
    let mut before = ' ';
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
        before = letter;
    }
    text
}
