//! The layer: a provider with the SPI above and below that passes everything on.
//!
//! It comes in two kinds. A non-IFS layer has handles of its own: it keeps a record for each, translates the handle
//! of every call, and answers for its chain (L1, L6). An IFS layer lets the lower handle through and takes it over
//! with WPUModifyIFSHandle; it may leave entries it does not care about to the provider below.
//!
//! | file | what |
//! |---|---|
//! | `link` | finding the next provider in a chain and starting it |
//! | `socket` | calls that make, hand over or end descriptors |
//! | `select` | WSPSelect |
//! | `extension` | extension functions, and the context of accepted sockets |
//! | `overlapped` | overlapped calls and their completions |
//! | `pass` | everything else |
//! | `filter`, `redirect`, `payload`, `token` | what a layer does beyond passing calls on |
//! | `faulty` | what only faulty layers do |

mod extension;
mod faulty;
mod filter;
mod link;
mod overlapped;
mod pass;
pub(crate) mod payload;
mod redirect;
mod select;
mod socket;
mod token;

use std::collections::BTreeMap;
use std::hash::Hash;

use super::behaviour::Payload;
use super::context::Cancel;
use super::split::Split;
use super::{Callee, Context, Flow, HandleKind, InFlight, Provider, Resumed, ShapeFault};
use crate::abi::{Extension, FunctionPointer, Room, SockAddr, SpiCall, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::table_key;
use crate::world::canonical::Renaming;
use crate::world::frame::Woken;
use crate::world::ids::{Handle, InstanceId, ProcessId, Window};
use crate::world::table::{Key, Table};
use link::Link;
use overlapped::{Outstanding, OutstandingId};

table_key!(
    /// The context value of a layer's handle.
    RecordId
);

/// The state of a layer in one process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Layer {
    startups: u32,
    /// The chains it was started in, in that order.
    links: Vec<Link>,
    /// A non-IFS layer's own handles.
    records: Table<RecordId, Record>,
    /// The lower handles an IFS layer has taken over, with their link.
    claimed: BTreeMap<Handle, u16>,
    /// The peers that clients of redirected sockets asked for.
    peers: BTreeMap<Handle, SockAddr>,
    /// Overlapped operations passed down that have not come back.
    outstanding: Table<OutstandingId, Outstanding>,
    /// The functions of the next links, as far as it has asked for them.
    functions: BTreeMap<(u16, Extension), FunctionPointer>,
    /// The thread it has opened for overlapped work, on demand: WPUOpenCurrentThread.
    worker: Option<u32>,
}

/// One handle of a non-IFS layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Record {
    lower: Handle,
    upper: Handle,
    link: u16,
    /// Where the client wants WSPAsyncSelect's messages: its window and message.
    posting: Option<(Window, u32)>,
    /// Whether the client made it with WSA_FLAG_OVERLAPPED.
    overlapped: bool,
    /// It was closed; operations started through it are still to come back.
    closing: bool,
}

/// A descriptor as the layer knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Known {
    lower: Handle,
    link: u16,
}

/// What a layer does when the provider below has answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// Hands the answer up.
    Plain,
    /// Hands it up, too; a faulty layer may have spoilt it.
    Spoiling,
    /// WSPStartup of the next link; afterwards this call, or the return of this version.
    Starting(Box<link::Starting>),
    /// WSPSocket.
    Opening(Opening),
    /// WSPConnect to a proxy.
    Connecting(Handle),
    /// WSPGetPeerName of a redirected socket.
    Naming(Box<(Handle, Room)>),
    /// A receive whose payload is to be changed back.
    Receiving(Payload),
    /// WSPAccept on this handle.
    Accepting(Handle),
    /// WSPJoinLeaf on this handle.
    Joining(Handle),
    /// WSPDuplicateSocket through this link, for this process.
    Duplicating(u16, ProcessId),
    /// WSPCloseSocket of this handle.
    Closing(Handle),
    /// The lower socket is being closed because this error came up after it was opened (Socket13).
    Undoing(WsaError),
    /// WSPAsyncSelect.
    Selecting(Box<Selecting>),
    /// WSPSelect: a provider below is asked, or the layer itself waits.
    Polling(Box<Split>),
    /// An overlapped call.
    Overlapped(OutstandingId),
    /// SIO_GET_EXTENSION_FUNCTION_POINTER through this link.
    Querying(u16),
    /// One of the layer's functions asks for the one below.
    Asking(Box<extension::Asking>),
    /// SO_UPDATE_ACCEPT_CONTEXT.
    Updating(Box<extension::Updating>),
    /// WSPGetOverlappedResult waits.
    Result(u32),
    /// WSPCleanup of a link; those before it are still to come.
    Cleaning,
    /// WSPCleanup of a next link that is of no use.
    Refusing,
    /// The lower handle of this one was closed, and is being closed once more.
    ClosingAgain(Handle),
    /// WSPCleanup: abortive linger is being set; on these handles it is still to come.
    Aborting(Box<Vec<(Handle, u16)>>),
}

/// A WSPSocket on its way down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Opening {
    /// Through which link.
    link: u16,
    /// Whether with WSA_FLAG_OVERLAPPED.
    overlapped: bool,
    /// The layer's own token of the block, 0 if it has none.
    token: u32,
}

/// A WSPAsyncSelect on its way: on which handle, and where its messages went before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Selecting {
    s: Handle,
    before: Option<(Window, u32)>,
}

type Step = Flow<Token>;

fn fail(error: WsaError) -> Step {
    Flow::Return(Err(error))
}

impl Provider for Layer {
    type Token = Token;

    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        if let Some(s) = call.socket() {
            return match self.known(cx, s) {
                Ok(known) => self.on_socket(cx, known, s, call),
                Err(error) => fail(error),
            };
        }
        match call {
            SpiCall::Startup { .. } => self.startup(cx, call),
            SpiCall::Cleanup => self.cleanup(cx, call),
            SpiCall::Socket { .. } => self.open(cx, call),
            SpiCall::AddressToString { .. } | SpiCall::StringToAddress { .. } => self.convert(cx, call),
            SpiCall::CancelBlockingCall => Self::cancel(cx),
            SpiCall::GetAcceptExSockaddrs { overlapped } => Flow::Return(Ok(cx.accepted_addresses(*overlapped))),
            SpiCall::Select { sets, timeout } => {
                let (sets, timeout) = (sets.clone(), *timeout);
                self.select(cx, &sets, timeout, call)
            }
            _ => fail(WsaError::OpNotSupp),
        }
    }

    fn resume(&mut self, cx: &mut Context<'_>, token: Token, resumed: Resumed, flight: &mut InFlight<'_>) -> Step {
        let from = match resumed {
            Resumed::Result { from } => from,
            Resumed::NotLoaded => return fail(WsaError::ProviderFailedInit),
            Resumed::Woken(woken) => {
                return match (token, woken) {
                    (Token::Polling(split), woken) => self.select_woken(cx, split, woken, flight.call),
                    (_, Woken::Cancelled(error)) => fail(error),
                    (Token::Result(id), _) => self.event_signalled(cx, id),
                    _ => fail(WsaError::SysCallFailure),
                };
            }
        };
        if flight.result.is_err() {
            faulty::invent_error(cx, flight);
        }
        match token {
            Token::Plain | Token::Spoiling => Flow::Pass,
            Token::Starting(starting) => self.started(cx, *starting, from, flight),
            Token::Opening(opening) => self.opened(cx, opening, flight),
            Token::Connecting(s) => self.redirected(s, flight),
            Token::Naming(asked) => self.named(cx, asked.0, asked.1, flight),
            Token::Receiving(payload) => Self::payload_up(cx, payload, flight),
            Token::Overlapped(id) => self.started_overlapped(cx, id, flight),
            Token::Querying(link) => self.queried(cx, link, flight),
            Token::Asking(asking) => self.asked_below(cx, *asking, flight),
            Token::Updating(updating) => self.updated(cx, *updating, flight),
            Token::Result(_) => fail(WsaError::SysCallFailure),
            Token::Accepting(listener) => self.accepted(cx, listener, from, flight),
            Token::Joining(s) => self.joined(cx, s, from, flight),
            Token::Duplicating(link, target) => self.duplicated(cx, link, target, flight),
            Token::Closing(s) => self.closed(cx, s, flight),
            Token::Undoing(error) => fail(error),
            Token::Selecting(selecting) => self.selected(cx, *selecting, flight),
            Token::Polling(split) => self.select_answered(cx, split, flight),
            Token::Cleaning => self.cleaned(cx, flight),
            Token::Refusing => fail(WsaError::SysNotReady),
            Token::ClosingAgain(s) => self.closed_again(cx, s, flight),
            Token::Aborting(left) => self.abort_next(cx, *left, flight.call),
        }
    }
}

impl Layer {
    fn on_socket(&mut self, cx: &mut Context<'_>, known: Known, s: Handle, call: &mut SpiCall) -> Step {
        if let Some(step) = self.behave(cx, known, s, call) {
            return step;
        }
        if let Some(step) = self.about_extensions(cx, known, s, call) {
            return step;
        }
        if let Some(step) = self.overlapped(cx, known, s, call) {
            return step;
        }
        match call {
            SpiCall::DuplicateSocket { .. } => self.duplicate(cx, known, call),
            SpiCall::CloseSocket { .. } if cx.faulty(ShapeFault::KeepLowerOpen) => {
                self.give_back(cx, s);
                done()
            }
            SpiCall::CloseSocket { .. } => self.down(known, call, Token::Closing(s)),
            SpiCall::Accept { .. } => self.down(known, call, Token::Accepting(s)),
            SpiCall::JoinLeaf { .. } => self.down(known, call, Token::Joining(s)),
            SpiCall::AsyncSelect { .. } => self.async_select(cx, known, s, call),
            SpiCall::GetSockOpt { level, option, room, .. } if pass::asks_for_protocol_info(*level, *option) => {
                Flow::Return(self.protocol_info(cx, known, *option, *room))
            }
            SpiCall::Ioctl { code, room, .. } if faulty::spoils(cx, *code) => {
                Flow::Return(faulty::base_handle(cx, s, *room))
            }
            SpiCall::Ioctl { code, room, returned: true, .. } if cx.shape().handles == HandleKind::NonIfs => {
                match pass::own_answer(cx, known, s, *code, *room) {
                    Some(answer) => Flow::Return(answer),
                    None => self.down(known, call, Token::Plain),
                }
            }
            SpiCall::GetOverlappedResult { overlapped, wait, .. } if cx.shape().handles == HandleKind::NonIfs => {
                self.overlapped_result(cx, *overlapped, *wait)
            }
            _ => self.down(known, call, Token::Plain),
        }
    }

    /// What a layer does that does more than pass calls on; `None` if the call goes its usual way.
    #[inline]
    fn behave(&mut self, cx: &mut Context<'_>, known: Known, s: Handle, call: &mut SpiCall) -> Option<Step> {
        let behaviour = cx.machine.shape(cx.shape_id).behaviour.as_deref()?;
        if let Some(error) = Self::refusal(cx, behaviour, call) {
            return Some(fail(error));
        }
        if let Some(proxy) = behaviour.redirects_to
            && let Some(step) = self.redirect(cx, known, s, proxy, call)
        {
            return Some(step);
        }
        if let Some(step) = self.peer_name(known, s, call) {
            return Some(step);
        }
        behaviour.payload.and_then(|payload| self.payload_down(cx, known, payload, call))
    }

    /// The same call, one link down, on the lower handle.
    #[inline]
    fn down(&self, known: Known, call: &mut SpiCall, token: Token) -> Step {
        call.set_socket(known.lower);
        self.call_link(known.link, token)
    }

    /// What now stands in the call's place, one link down.
    #[inline]
    fn call_link(&self, link: u16, token: Token) -> Step {
        match self.links.get(usize::from(link)) {
            Some(link) => Flow::Call { callee: Callee::Instance(link.next), token },
            None => fail(WsaError::NotInitialised),
        }
    }

    /// What the layer knows of a handle of this process.
    #[inline]
    fn known(&self, cx: &mut Context<'_>, s: Handle) -> Result<Known, WsaError> {
        let known = match cx.shape().handles {
            HandleKind::Ifs => self.claimed.get(&s).map(|&link| Known { lower: s, link }),
            HandleKind::NonIfs => {
                let context = cx.query_socket_handle_context(s).ok();
                let record = context.and_then(|context| self.records.get(RecordId::from_slot(context)));
                record
                    .filter(|record| record.upper == s && !record.closing)
                    .map(|record| Known { lower: record.lower, link: record.link })
            }
        };
        if known.is_none() {
            cx.log.rule(RuleId::G5);
        }
        known.ok_or(WsaError::NotSock)
    }

    fn record_mut(&mut self, cx: &mut Context<'_>, s: Handle) -> Option<&mut Record> {
        let context = cx.query_socket_handle_context(s).ok()?;
        self.records.get_mut(RecordId::from_slot(context))
    }

    /// WSPStartups not yet undone.
    #[must_use]
    pub fn startups(&self) -> u32 {
        self.startups
    }

    /// The next provider of the first chain it was started in.
    #[must_use]
    pub fn first_below(&self) -> Option<InstanceId> {
        self.links.first().map(|link| link.next)
    }

    /// The handles it holds contexts for.
    pub fn records(&self) -> impl Iterator<Item = Handle> + '_ {
        self.records.iter().map(|(_, record)| record.upper).chain(self.claimed.keys().copied())
    }

    /// How many contexts it holds.
    #[must_use]
    pub fn contexts(&self) -> usize {
        self.records.len() + self.claimed.len()
    }

    pub(super) fn hash_but_contexts(&self, state: &mut Renaming<'_>) {
        let Self { startups, links, records, claimed, peers, outstanding, worker, functions } = self;
        (startups, links).hash(state);
        state.unordered(records.iter(), |(_, record), state| record.hash(state));
        state.unordered(claimed.iter(), |claim, state| claim.hash(state));
        state.unordered(peers.iter(), |peer, state| peer.hash(state));
        (outstanding, worker, functions).hash(state);
    }

    pub(super) fn hash_context(&self, context: u32, state: &mut Renaming<'_>) {
        self.records.get(RecordId::from_slot(context)).hash(state);
    }

    /// The lower handle behind a context value.
    #[must_use]
    pub fn lower_handle(&self, context: u32) -> Option<Handle> {
        self.records.get(RecordId::from_slot(context)).map(|record| record.lower)
    }

    /// What the hidden window does with a message about a lower handle: the client's window and message, and the
    /// handle the client knows.
    #[must_use]
    pub fn repost(&self, lower: Handle) -> Option<(Window, u32, Handle)> {
        let (_, record) = self.records.iter().find(|(_, record)| record.lower == lower)?;
        record.posting.map(|(window, message)| (window, message, record.upper))
    }

    /// WSPCancelBlockingCall goes where the blocked call of the thread went (Cancel6).
    fn cancel(cx: &mut Context<'_>) -> Step {
        match cx.blocking {
            Some(own) if own == cx.instance => {
                cx.log.rule(RuleId::Cancel1);
                cx.cancel(Cancel::Thread);
                done()
            }
            Some(next) => {
                cx.log.rule(RuleId::Cancel6);
                Flow::Call { callee: Callee::Instance(next), token: Token::Plain }
            }
            None => {
                cx.log.rule(RuleId::Cancel7);
                fail(WsaError::Inval)
            }
        }
    }
}

fn done() -> Step {
    Flow::Return(Ok(SpiReturn::Done))
}
