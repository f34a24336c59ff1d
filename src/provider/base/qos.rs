//! Quality of service: templates, and what the network can promise.

use super::{Answer, At, shared};
use crate::abi::{Bytes, SpiReturn, WsaError, sizes};
use crate::provider::Context;
use crate::rules::RuleId;

/// What one flow can be promised, bytes per second: 1 GBit/s.
const RATE_MAX: u32 = 125_000_000;

/// QOS_NOT_SPECIFIED.
const NOT_SPECIFIED: u32 = u32::MAX;

/// SERVICETYPE_GUARANTEED.
const GUARANTEED: u32 = 3;

/// The templates every Windows has, with bytes per second and the longest message (rsvp packet scheduler).
const TEMPLATES: [(&str, u32, u32); 6] = [
    ("G711", 9_250, 340),
    ("G723.1", 1_500, 84),
    ("G729", 2_500, 140),
    ("GSM6.10", 2_650, 213),
    ("H263QCIF", 14_000, 1_500),
    ("H263CIF", 30_000, 1_500),
];

/// WSPGetQOSByName. An empty name asks for the names there are, as many as fit into `room` bytes of UTF-16.
pub(super) fn by_name(cx: &mut Context<'_>, at: At, name: &str, room: u32, out: bool) -> Answer {
    shared(cx, at)?;
    if name.is_empty() {
        cx.log.rule(RuleId::Qos5);
        return Ok(names(room));
    }
    let template = TEMPLATES.iter().find(|(known, ..)| *known == name);
    let Some(&(_, rate, message)) = template else {
        cx.log.rule(RuleId::Qos4);
        return Err(WsaError::Inval);
    };
    if !out {
        return Err(WsaError::Fault);
    }
    cx.log.rule(RuleId::Qos4);
    Ok(SpiReturn::Bytes(Bytes::of(&template_bytes(rate, message))))
}

/// The names, each with its terminator, and one more at the end.
fn names(room: u32) -> SpiReturn {
    let mut list = String::new();
    for (name, ..) in TEMPLATES {
        if (list.len() + name.len() + 2) * 2 > room as usize {
            break;
        }
        list.push_str(name);
        list.push('\0');
    }
    let len = (list.len() as u32 + 1) * 2;
    SpiReturn::Text(list.into(), len)
}

fn template_bytes(rate: u32, message: u32) -> Vec<u8> {
    let flow = [rate, message, rate, NOT_SPECIFIED, NOT_SPECIFIED, GUARANTEED, message, message];
    let mut bytes: Vec<u8> = flow.iter().chain(&flow).flat_map(|field| field.to_le_bytes()).collect();
    bytes.resize(sizes::QOS, 0);
    bytes
}

/// Whether the network can promise both flow specifications of a QOS.
pub(super) fn can_be_met(cx: &mut Context<'_>, qos: &[u8]) -> Result<(), WsaError> {
    let rates = qos.chunks_exact(sizes::FLOWSPEC).take(2).filter_map(|flow| flow.first_chunk());
    let too_much = |rate: u32| rate != NOT_SPECIFIED && rate > RATE_MAX;
    if rates.map(|rate| u32::from_le_bytes(*rate)).any(too_much) {
        cx.log.rule(RuleId::Qos3);
        return Err(WsaError::OpNotSupp);
    }
    Ok(())
}
