//! Which catalog entry serves a request.

use crate::abi::consts::{AF_INET6, FROM_PROTOCOL_INFO};
use crate::abi::{Block, ProtocolInfoW, ProviderFlags, WsaError};
use crate::rules::RuleId;
use crate::world::catalog::{Catalog, CatalogEntry};
use crate::world::log::Log;
use crate::world::policy::{HiddenEntries, Policies, PolicyId, TypeOfOtherProtocol, UnnamedFamily, UnnamedProtocol};

/// A request as an application makes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) af: i32,
    pub(super) kind: i32,
    pub(super) protocol: i32,
}

/// The entry a block names: no matching takes place (R23, Choose7).
pub(super) fn by_block<'a>(catalog: &'a Catalog, block: &Block, log: &mut Log) -> Result<&'a CatalogEntry, WsaError> {
    log.rule(RuleId::Choose7);
    let Block::Info(info) = block else { return Err(WsaError::Inval) };
    let entry = catalog.entry(info.catalog_entry_id()).filter(|entry| !entry.is_layer());
    if entry.is_none() {
        log.rule(RuleId::Choose13);
    }
    entry.ok_or(WsaError::Inval)
}

/// The first entry in catalog order that fits family, type and protocol (Choose1..Choose10).
pub(super) fn by_triple<'a>(
    catalog: &'a Catalog,
    request: Request,
    policies: &Policies,
    log: &mut Log,
) -> Result<&'a CatalogEntry, WsaError> {
    log.rule(RuleId::Choose1);
    let hidden = policies.hidden_entries;
    let request = request.with_a_family(catalog, policies, log);
    if request.af == 0 && request.protocol == 0 {
        log.policy(PolicyId::unnamed_protocol);
        if policies.unnamed_protocol == UnnamedProtocol::Wsaeinval {
            return Err(WsaError::Inval);
        }
    }
    let candidates = || catalog.entries().iter().filter(|entry| !entry.is_layer());
    let visible = |entry: &CatalogEntry| {
        hidden == HiddenEntries::Selectable || !entry.info.fields().provider_flags.contains(ProviderFlags::HIDDEN)
    };
    let is_hidden = |entry: &CatalogEntry| entry.info.fields().provider_flags.contains(ProviderFlags::HIDDEN);
    if hidden == HiddenEntries::Skipped
        && candidates().any(|entry| is_hidden(entry) && request.fits(entry.info.fields()))
    {
        log.policy(PolicyId::hidden_entries);
    }
    if let Some(entry) = candidates().find(|entry| visible(entry) && request.fits(entry.info.fields())) {
        request.note_match(log);
        if is_hidden(entry) {
            log.policy(PolicyId::hidden_entries);
        }
        return Ok(entry);
    }
    Err(request.misfit(|| candidates().filter(|entry| visible(entry)).map(|entry| entry.info.fields()), policies, log))
}

/// What an entry of a type that does not carry the protocol asked for is refused with (Choose9).
pub(crate) fn type_of_other_protocol(policies: &Policies, log: &mut Log) -> WsaError {
    log.policy(PolicyId::type_of_other_protocol);
    match policies.type_of_other_protocol {
        TypeOfOtherProtocol::Wsaeprototype => WsaError::Prototype,
        TypeOfOtherProtocol::Wsaeprotonosupport => WsaError::ProtoNoSupport,
    }
}

impl Request {
    /// The family that a request with a protocol but without a family means.
    fn with_a_family(self, catalog: &Catalog, policies: &Policies, log: &mut Log) -> Self {
        if self.af != 0 || self.protocol == 0 {
            return self;
        }
        log.policy(PolicyId::unnamed_family);
        let newer = Self { af: AF_INET6, ..self };
        let serves = |entry: &CatalogEntry| !entry.is_layer() && newer.fits(entry.info.fields());
        match policies.unnamed_family {
            UnnamedFamily::Ipv6First if catalog.entries().iter().any(serves) => newer,
            _ => self,
        }
    }

    /// The rules of a match.
    fn note_match(self, log: &mut Log) {
        if self.af == 0 || self.kind == 0 {
            log.rule(RuleId::Choose2);
        }
        log.rule(if self.protocol == 0 { RuleId::Choose3 } else { RuleId::Choose4 });
        log.rule(RuleId::Choose5);
    }

    fn fits(self, entry: &ProtocolInfoW) -> bool {
        self.family_fits(entry) && self.kind_fits(entry) && self.protocol_fits(entry)
    }

    fn family_fits(self, entry: &ProtocolInfoW) -> bool {
        self.af == 0 || self.af == entry.address_family
    }

    fn kind_fits(self, entry: &ProtocolInfoW) -> bool {
        self.kind == 0 || self.kind == entry.socket_type
    }

    fn protocol_fits(self, entry: &ProtocolInfoW) -> bool {
        if self.protocol == 0 && entry.provider_flags.contains(ProviderFlags::MATCHES_PROTOCOL_ZERO) {
            return true;
        }
        self.protocol != 0 && entry.serves_protocol(self.protocol)
    }

    /// Which of the errors tells best why nothing fits: family first, then type, then protocol (A23).
    fn misfit<'a, I: Iterator<Item = &'a ProtocolInfoW>>(
        self,
        entries: impl Fn() -> I,
        policies: &Policies,
        log: &mut Log,
    ) -> WsaError {
        log.rule(RuleId::Choose6);
        log.rule(RuleId::Choose8);
        if self.af == FROM_PROTOCOL_INFO || !entries().any(|entry| self.family_fits(entry)) {
            return WsaError::AfNoSupport;
        }
        if !entries().any(|entry| self.family_fits(entry) && self.kind_fits(entry)) {
            return WsaError::SockTNoSupport;
        }
        let known = |entry: &ProtocolInfoW| self.family_fits(entry) && entry.serves_protocol(self.protocol);
        if self.protocol != 0 && !entries().any(known) {
            return WsaError::ProtoNoSupport;
        }
        log.rule(RuleId::Choose9);
        if self.protocol != 0 && self.kind != 0 { type_of_other_protocol(policies, log) } else { WsaError::Inval }
    }
}
