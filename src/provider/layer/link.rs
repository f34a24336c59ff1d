//! The way down: where a layer stands in a chain, whom it calls next, and with which protocol info (Chain1..Chain5).

use super::{Layer, Step, Token, done, fail};
use crate::abi::{Info, SpiCall, SpiReturn, WsaError};
use crate::provider::base::negotiate;
use crate::provider::{Callee, Context, Flow, InFlight, ShapeFault};
use crate::rules::RuleId;
use crate::world::ids::InstanceId;
use crate::world::policy::{LayerHandleOwner, PolicyId};
use crate::world::table::{Key, Table};

/// The room a layer has for the path of a library, in characters: what Windows says a path needs at most.
const MAX_PATH: usize = 260;

/// One chain a layer was started in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Link {
    /// The entry the layer was called with: the chain of whoever is on top.
    chain: u32,
    /// The chain entry the layer calls its own: the rest of that chain from itself on.
    own: u32,
    /// The layer's ChainLen 0 entry in that chain.
    layer: u32,
    /// The next provider.
    pub(super) next: InstanceId,
    /// The next provider's entry.
    pub(super) next_entry: u32,
    /// Whether the next provider is the base.
    next_is_base: bool,
}

/// The start of a next link in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Starting {
    link: Link,
    /// The version to return, when the client asked for a startup.
    version: Option<SpiReturn>,
    /// The call that needed the link.
    then: SpiCall,
}

impl Link {
    /// What goes down as lpProtocolInfo: unmodified to a layer, the base's own entry to the base, with
    /// dwProviderReserved kept (R21, Chain5).
    pub(super) fn info_below(&self, cx: &mut Context<'_>, given: &Info) -> Info {
        cx.log.rule(RuleId::R21);
        if !self.next_is_base {
            cx.log.rule(RuleId::Chain2);
            let mut info = given.clone();
            if cx.faulty(ShapeFault::ModifyChainInfo) {
                info.edit(|fields| fields.message_size = !fields.message_size);
            }
            return info;
        }
        if cx.faulty(ShapeFault::KeepChainEntry) {
            return given.clone();
        }
        if given.reserved() != 0 {
            cx.log.rule(RuleId::Chain5);
        }
        cx.log.rule(RuleId::Chain3);
        match cx.catalog.entry(self.next_entry) {
            Some(entry) if given.reserved() != 0 && cx.faulty(ShapeFault::LoseReservedBelow) => entry.info.clone(),
            Some(entry) => entry.info.with_reserved(given.reserved()),
            None => given.clone(),
        }
    }

    /// The entry the layer answers for.
    pub(super) fn own_info(&self, cx: &Context<'_>) -> Option<Info> {
        cx.catalog.entry(self.own).map(|entry| entry.info.clone())
    }

    /// The catalog id under which the layer registers handles (A3).
    pub(super) fn owner(&self, cx: &mut Context<'_>) -> u32 {
        cx.log.rule(RuleId::WpuCreate4);
        cx.log.policy(PolicyId::layer_handle_owner);
        match cx.machine.policies().layer_handle_owner {
            LayerHandleOwner::ChainEntry => self.own,
            LayerHandleOwner::LayerEntry => self.layer,
        }
    }
}

impl Layer {
    /// The link for a protocol info, if it was started.
    pub(super) fn link(&self, chain: u32) -> Option<u16> {
        self.links.iter().position(|link| link.chain == chain).map(|at| at as u16)
    }

    pub(super) fn link_at(&self, at: u16) -> Option<Link> {
        self.links.get(usize::from(at)).copied()
    }

    /// WSPStartup: starts the next link of this chain at once (Startup10).
    pub(super) fn startup(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        let SpiCall::Startup { version, info, out } = call else { return fail(WsaError::Inval) };
        let (version, info) = (*version, info.clone());
        if !*out {
            cx.log.rule(RuleId::Startup12);
            return fail(WsaError::Fault);
        }
        let started = match negotiate(cx, version) {
            Ok(started) => started,
            Err(error) => return fail(error),
        };
        if self.link(info.catalog_entry_id()).is_some() {
            cx.log.rule(RuleId::R30);
            self.startups += 1;
            return Flow::Return(Ok(started));
        }
        self.start_link(cx, &info, version, Some(started), call)
    }

    /// A call needs a chain the layer was not started in: starts its next link first.
    pub(super) fn start_then(&mut self, cx: &mut Context<'_>, info: &Info, call: &mut SpiCall) -> Step {
        self.start_link(cx, info, cx.shape().versions.1, None, call)
    }

    fn start_link(
        &mut self,
        cx: &mut Context<'_>,
        info: &Info,
        asked: u16,
        version: Option<SpiReturn>,
        call: &mut SpiCall,
    ) -> Step {
        for rule in [RuleId::Chain1, RuleId::L2, RuleId::Startup10, RuleId::Startup11, RuleId::Chain4] {
            cx.log.rule(rule);
        }
        let Some(link) = place(cx, info) else { return fail(WsaError::ProviderFailedInit) };
        let Some(next) = cx.catalog.entry(link.next_entry) else { return fail(WsaError::ProviderFailedInit) };
        let provider = next.provider_id();
        if let Err(error) = cx.provider_path(provider, MAX_PATH) {
            // A layer that starts is not ready without its next link; that is no matter of the client's pointers.
            return fail(if version.is_some() { WsaError::SysNotReady } else { error });
        }
        if let Some(next) = cx.owner(link.next_entry)
            && cx.faulty(ShapeFault::SkipLowerStartup)
        {
            return self.linked(cx, Link { next, ..link }, version, call);
        }
        let startup = SpiCall::Startup { version: asked, info: link.info_below(cx, info), out: true };
        let then = std::mem::replace(call, startup);
        let token = Token::Starting(Box::new(Starting { link, version, then }));
        Flow::Call { callee: Callee::Entry(link.next_entry), token }
    }

    /// The next link has answered its WSPStartup.
    pub(super) fn started(
        &mut self,
        cx: &mut Context<'_>,
        starting: Starting,
        from: InstanceId,
        flight: &mut InFlight<'_>,
    ) -> Step {
        if flight.result.is_err() {
            if !self.links.is_empty() && cx.faulty(ShapeFault::FreeOnFailedStartup) {
                self.records = Table::new();
                self.claimed.clear();
            }
            return Flow::Pass;
        }
        if !cx.is_complete(from) {
            cx.log.rule(RuleId::Startup15);
            *flight.call = SpiCall::Cleanup;
            return Flow::Call { callee: Callee::Instance(from), token: Token::Refusing };
        }
        *flight.call = starting.then;
        self.linked(cx, Link { next: from, ..starting.link }, starting.version, flight.call)
    }

    /// The next link is there: the layer has started, or the call that needed the link goes on.
    fn linked(&mut self, cx: &mut Context<'_>, link: Link, version: Option<SpiReturn>, call: &mut SpiCall) -> Step {
        self.links.push(link);
        if let Some(version) = version {
            cx.log.rule(RuleId::Startup2);
            self.startups += 1;
            return Flow::Return(Ok(version));
        }
        match call {
            SpiCall::Socket { .. } => self.open(cx, call),
            _ => self.convert(cx, call),
        }
    }

    /// WSPCleanup: the last one lets go of every handle and cleans up the links it had started.
    pub(super) fn cleanup(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        match self.startups {
            0 => {
                cx.log.rule(RuleId::Cleanup2);
                fail(WsaError::NotInitialised)
            }
            1 if cx.faulty(ShapeFault::AbortAtCleanup) => self.abort_next(cx, self.lower_handles(), call),
            1 => self.clean_next(cx, call),
            _ => {
                cx.log.rule(RuleId::Cleanup1);
                self.startups -= 1;
                done()
            }
        }
    }

    /// Cleans up the last link; without links left the layer lets go of what is its own.
    pub(super) fn clean_next(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        match self.links.last() {
            Some(_) if cx.faulty(ShapeFault::SkipLowerCleanup) => {
                self.links.clear();
                self.clean_next(cx, call)
            }
            Some(link) => {
                *call = SpiCall::Cleanup;
                Flow::Call { callee: Callee::Instance(link.next), token: Token::Cleaning }
            }
            None => {
                self.startups = 0;
                self.let_go(cx);
                done()
            }
        }
    }

    /// A link has answered its WSPCleanup. If it refuses, the layer stays as it is with the links that are left.
    pub(super) fn cleaned(&mut self, cx: &mut Context<'_>, flight: &mut InFlight<'_>) -> Step {
        if flight.result.is_err() {
            return Flow::Pass;
        }
        self.links.pop();
        self.clean_next(cx, flight.call)
    }

    /// Gives every handle of its own back. The lower ones end with the base's cleanup.
    fn let_go(&mut self, cx: &mut Context<'_>) {
        for (id, record) in std::mem::take(&mut self.records).iter() {
            if cx.is_own(record.upper, id.slot()) {
                let _ = cx.close_socket_handle(record.upper);
            }
        }
        self.claimed.clear();
        self.peers.clear();
        if let Some(thread) = self.worker.take() {
            let _ = cx.close_thread(thread);
        }
    }
}

/// Where this layer stands in a chain.
fn place(cx: &Context<'_>, info: &Info) -> Option<Link> {
    let entry = cx.catalog.entry(info.catalog_entry_id())?;
    let chain = &entry.info;
    let position = cx.catalog.position(chain, cx.shape_id)?;
    let next = cx.catalog.below(chain, position)?;
    let own = cx.catalog.own_chain(chain, position).map_or(chain.catalog_entry_id(), |own| own.id());
    let layer = *chain.fields().chain.ids().get(position)?;
    Some(Link {
        chain: chain.catalog_entry_id(),
        own,
        layer,
        next: InstanceId(u32::MAX),
        next_entry: next.id(),
        next_is_base: next.is_base(),
    })
}
