//! Catalog entries: from the few fields a model gives to whole protocol infos.

use crate::abi::consts::{AF_INET, AF_INET6, BIGENDIAN, MESSAGE_SIZE_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM};
use crate::abi::{Guid, Info, ProtocolChain, ProtocolInfoW, ProtocolName, ProviderFlags, ServiceFlags1, sizes};
use crate::provider::{HandleKind, Shape};
use crate::world::machine::Limits;

/// What a model gives of a base entry.
pub(super) struct BaseFields<'a> {
    pub name: &'a str,
    pub id: u32,
    pub family: i32,
    pub kind: i32,
    pub protocol: i32,
    pub service_flags: Option<ServiceFlags1>,
    pub provider_flags: Option<ProviderFlags>,
    pub message_size: Option<u32>,
    pub protocol_max_offset: Option<i32>,
}

/// The record of a base protocol. What the model leaves out is what Windows has for TCP/IP.
pub(super) fn base(fields: &BaseFields<'_>, provider: &Shape, limits: &Limits) -> Info {
    let (min_sock_addr, max_sock_addr) = sock_addr_sizes(fields.family);
    let flags = fields.service_flags.unwrap_or_else(|| service_flags(fields.kind, provider.handles));
    let message_size = match fields.kind {
        SOCK_STREAM => MESSAGE_SIZE_STREAM,
        _ => limits.message_bytes,
    };
    Info::new(ProtocolInfoW {
        service_flags1: flags,
        provider_flags: fields.provider_flags.unwrap_or(ProviderFlags::MATCHES_PROTOCOL_ZERO),
        provider_id: provider.provider_id,
        catalog_entry_id: fields.id,
        chain: ProtocolChain::base(fields.id),
        version: ENTRY_VERSION,
        address_family: fields.family,
        max_sock_addr,
        min_sock_addr,
        socket_type: fields.kind,
        protocol: fields.protocol,
        protocol_max_offset: fields.protocol_max_offset.unwrap_or(0),
        network_byte_order: BIGENDIAN,
        message_size: fields.message_size.unwrap_or(message_size),
        protocol_name: ProtocolName::from(fields.name),
        ..ProtocolInfoW::default()
    })
}

/// iVersion of the TCP/IP entries of Windows.
const ENTRY_VERSION: i32 = 2;

fn sock_addr_sizes(family: i32) -> (i32, i32) {
    match family {
        AF_INET => (sizes::SOCKADDR_IN as i32, sizes::SOCKADDR_IN as i32),
        AF_INET6 => (sizes::SOCKADDR_IN6 as i32, sizes::SOCKADDR_IN6 as i32),
        _ => (sizes::SOCKADDR as i32, sizes::SOCKADDR_STORAGE as i32),
    }
}

/// dwServiceFlags1 of MSAFD's TCP (0x20066) and UDP (0x20609).
fn service_flags(kind: i32, handles: HandleKind) -> ServiceFlags1 {
    let stream = ServiceFlags1::GUARANTEED_DELIVERY
        | ServiceFlags1::GUARANTEED_ORDER
        | ServiceFlags1::GRACEFUL_CLOSE
        | ServiceFlags1::EXPEDITED_DATA;
    let datagram = ServiceFlags1::CONNECTIONLESS
        | ServiceFlags1::MESSAGE_ORIENTED
        | ServiceFlags1::SUPPORT_BROADCAST
        | ServiceFlags1::SUPPORT_MULTIPOINT;
    let flags = match kind {
        SOCK_STREAM => stream,
        SOCK_DGRAM | SOCK_RAW => datagram,
        _ => stream | ServiceFlags1::MESSAGE_ORIENTED,
    };
    match handles {
        HandleKind::Ifs => flags | ServiceFlags1::IFS_HANDLES,
        HandleKind::NonIfs => flags,
    }
}

/// The record of a layer alone, as WSCInstallProviderAndChains makes it: hidden, of no family, ChainLen 0.
pub(super) fn layer(name: &str, id: u32, flags: Option<ProviderFlags>, provider: &Shape) -> Info {
    let mut service_flags1 = ServiceFlags1::empty();
    service_flags1.set(ServiceFlags1::IFS_HANDLES, provider.handles == HandleKind::Ifs);
    Info::new(ProtocolInfoW {
        service_flags1,
        provider_flags: flags.unwrap_or(ProviderFlags::HIDDEN),
        provider_id: provider.provider_id,
        catalog_entry_id: id,
        chain: ProtocolChain::LAYER,
        version: ENTRY_VERSION,
        protocol_name: ProtocolName::from(name),
        ..ProtocolInfoW::default()
    })
}

/// What a model gives of a chain.
pub(super) struct ChainFields<'a> {
    pub name: &'a str,
    pub id: u32,
    pub chain: ProtocolChain,
    pub provider_id: Guid,
    pub provider_flags: Option<ProviderFlags>,
}

/// The record of a chain: that of its base, with descriptors as its top layer makes them.
pub(super) fn chain(fields: &ChainFields<'_>, base: &Info, top: &Shape) -> Info {
    let mut record = base.record();
    if top.handles == HandleKind::NonIfs {
        record.service_flags1.remove(ServiceFlags1::IFS_HANDLES);
    }
    if let Some(flags) = fields.provider_flags {
        record.provider_flags = flags;
    }
    record.provider_id = fields.provider_id;
    record.catalog_entry_id = fields.id;
    record.chain = fields.chain;
    record.protocol_name = ProtocolName::from(fields.name);
    Info::new(record)
}

/// The id a provider has when its model gives none: the 128-bit FNV-1a hash of its name, marked as a version 8 UUID.
pub(super) fn provider_id(name: &str) -> Guid {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    let hash = name.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    Guid::from_u128(hash & !VERSION & !VARIANT | 8 << 76 | 0b10 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_those_of_windows() {
        assert_eq!(service_flags(SOCK_STREAM, HandleKind::Ifs).bits(), 0x20066);
        assert_eq!(service_flags(SOCK_DGRAM, HandleKind::Ifs).bits(), 0x20609);
        assert_eq!(service_flags(SOCK_STREAM, HandleKind::NonIfs).bits(), 0x66);
    }

    #[test]
    fn a_derived_id_never_changes() {
        assert_eq!(provider_id("layer").to_string(), provider_id("layer").to_string());
        assert_ne!(provider_id("layer"), provider_id("layer2"));
        let text = provider_id("layer").to_string();
        assert_eq!(&text[15..16], "8", "{text}: version");
    }
}
