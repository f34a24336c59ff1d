//! WSPAddressToString and WSPStringToAddress. No socket is involved (AddrText9).

use std::sync::Arc;

use super::{Answer, checked, open};
use crate::abi::consts::{AF_INET, AF_INET6, AF_UNSPEC};
use crate::abi::{Info, Name, Room, SockAddr, SpiReturn, WsaError};
use crate::provider::Context;
use crate::rules::RuleId;
use crate::world::policy::{AddressStringLength, AddressText, PolicyId};

/// WSPAddressToString.
pub(super) fn to_string(cx: &mut Context<'_>, address: Name, info: Option<&Info>, room: Room) -> Answer {
    own(cx, info)?;
    let address = match address {
        Name::At { address: SockAddr::Other(_), .. } => {
            cx.log.rule(RuleId::AddrText2);
            return Err(WsaError::Inval);
        }
        // A block too short for its family is no valid address; a missing one is no memory.
        Name::At { .. } => checked(address).map_err(|_| WsaError::Inval)?,
        Name::Null => return Err(WsaError::Fault),
    };
    cx.log.rule(RuleId::AddrText9);
    cx.log.rule(RuleId::AddrText3);
    if address.port() != 0 {
        cx.log.rule(RuleId::AddrText4);
    }
    let text: Arc<str> = address.to_string().into();
    let characters = text.encode_utf16().count() as u32 + 1;
    cx.log.policy(PolicyId::address_string_length);
    let needed = match cx.machine.policies().address_string_length {
        AddressStringLength::Characters => characters,
        AddressStringLength::Bytes => characters * 2,
    };
    if room.is_none_or(|room| room < needed) {
        cx.log.rule(RuleId::AddrText1);
        if room.is_some() {
            cx.store_needed(needed);
        }
        return Err(WsaError::Fault);
    }
    Ok(SpiReturn::Text(text, needed))
}

/// WSPStringToAddress.
pub(super) fn from_string(cx: &mut Context<'_>, text: &str, family: i32, info: Option<&Info>, room: Room) -> Answer {
    own(cx, info)?;
    if ![AF_UNSPEC, AF_INET, AF_INET6].contains(&family) {
        cx.log.rule(RuleId::AddrText5);
        return Err(WsaError::Inval);
    }
    let Some(address) = parse(cx, text, family) else {
        cx.log.rule(RuleId::AddrText5);
        return Err(WsaError::Inval);
    };
    if room.is_none_or(|room| (room as usize) < address.encoded_len()) {
        cx.log.rule(RuleId::AddrText7);
        if room.is_some() {
            cx.store_needed(address.encoded_len() as u32);
        }
        return Err(WsaError::Fault);
    }
    cx.log.rule(RuleId::AddrText9);
    if address.port() == 0 {
        cx.log.rule(RuleId::AddrText6);
    }
    Ok(SpiReturn::Address(Box::new(address)))
}

/// The address a text means. Only the texts of IPv4 addresses are in question.
fn parse(cx: &mut Context<'_>, text: &str, family: i32) -> Option<SockAddr> {
    let dotted = SockAddr::parse(text, family).ok().filter(|address| address.ip().is_some());
    if family == AF_INET6 || matches!(dotted, Some(SockAddr::V6(_))) {
        return dotted;
    }
    cx.log.policy(PolicyId::address_text);
    match cx.machine.policies().address_text {
        AddressText::Dotted => dotted,
        AddressText::InetAddr => SockAddr::parse_inet_addr(text),
    }
}

/// The protocol info must be one of this provider's entries.
fn own(cx: &mut Context<'_>, info: Option<&Info>) -> Result<(), WsaError> {
    let id = info.filter(|info| open::transport_of(info).is_some()).map(Info::catalog_entry_id);
    match cx.own_base_entries().any(|entry| Some(entry.id()) == id) {
        true => Ok(()),
        false => Err(WsaError::Inval),
    }
}
