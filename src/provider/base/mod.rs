//! The base provider: the SPI over shared sockets.
//!
//! One code serves both kinds of handles. An IFS base has OS handles, which the kernel resolves to the shared
//! socket, and keeps nothing of its own; a non-IFS base keeps a record for each handle WPUCreateSocketHandle made.
//! It knows no chains (R22).
//!
//! | file | entries |
//! |---|---|
//! | `startup` | WSPStartup, WSPCleanup |
//! | `open` | WSPSocket: a fresh socket, or the opening of a block |
//! | `duplicate` | WSPDuplicateSocket |
//! | `close` | WSPCloseSocket |
//! | `connection` | WSPBind, WSPListen, WSPConnect, WSPAccept, names, WSPShutdown |
//! | `data` | WSPSend, WSPSendTo, WSPRecv, WSPRecvFrom |
//! | `option` | WSPGetSockOpt, WSPSetSockOpt |
//! | `ioctl`, `notice`, `qos` | WSPIoctl, WSPGetQOSByName |
//! | `overlapped` | overlapped calls, WSPGetOverlappedResult |
//! | `extension` | AcceptEx, ConnectEx, DisconnectEx, GetAcceptExSockaddrs |
//! | `session` | WSPJoinLeaf, WSPSendDisconnect, WSPRecvDisconnect |
//! | `notify` | WSPEventSelect, WSPAsyncSelect, WSPEnumNetworkEvents |
//! | `select` | WSPSelect |
//! | `address` | WSPAddressToString, WSPStringToAddress |

mod accept;
mod address;
mod close;
mod connection;
mod data;
mod duplicate;
mod extension;
mod ioctl;
mod notice;
mod notify;
mod open;
mod option;
mod option_value;
mod overlapped;
mod own_event;
mod qos;
mod select;
mod session;
mod startup;

pub(in crate::provider) use extension::{listener_in, updates_context};
pub(in crate::provider) use overlapped::{Asked, asked, asked_again};
pub(in crate::provider) use startup::negotiate;

use std::hash::Hash;
use std::sync::Arc;

use super::{Context, Flow, HandleKind, InFlight, Provider, Resumed};
use crate::abi::{Condition, Info, MessageFlags, Room, SockAddr, SpiCall, SpiFunction, SpiResult, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::table_key;
use crate::world::afd::{Interest, SharedSocket, Transport};
use crate::world::canonical::Renaming;
use crate::world::event::Event;
use crate::world::frame::{Until, Wait, Woken};
use crate::world::ids::{Handle, SocketId, Ticks};
use crate::world::policy::BlockingMode;
use crate::world::table::{Key, Table};

table_key!(
    /// The context value of a non-IFS base's handle.
    RecordId
);

/// The state of a base provider in one process.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Base {
    startups: u32,
    /// The handles of a non-IFS base; empty for an IFS base.
    records: Table<RecordId, Record>,
}

crate::world::copy::clone_by_fields!(Base { startups, records });

/// One handle of a non-IFS base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Record {
    socket: SocketId,
    handle: Handle,
}

/// How a blocked call of a base provider goes on. Boxed: a call that does not block pays nothing for those that do.
pub type Token = Box<Blocked>;

/// A blocked call of a base provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Blocked {
    /// WSPConnect.
    Connect(At, Option<u32>),
    /// WSPJoinLeaf: the socket of the call, and the leaf.
    Join(At, At),
    /// WSPAccept waits for a connection.
    Accept(At, Room, Option<Condition>),
    /// WSPAccept waits for its condition function.
    Condition(At, Room),
    /// WSPSend or WSPSendTo.
    Send(Sending),
    /// WSPRecv or WSPRecvFrom.
    Recv(Receiving),
    /// WSPIoctl waits for a change notice.
    Change(At),
    /// WSPCloseSocket lingers.
    Close(At),
    /// WSPSelect.
    Select(select::Selecting),
    /// WSPGetOverlappedResult waits.
    Result(u32),
    /// DisconnectEx; whether with TF_REUSE_SOCKET.
    Disconnect(At, bool),
    /// One of the above, on an event of its own.
    OnEvent(Handle, Token),
}

/// The socket of a call: the descriptor and what it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    s: Handle,
    socket: SocketId,
}

/// A send that could not finish.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sending {
    at: At,
    data: Arc<[u8]>,
    sent: usize,
    flags: MessageFlags,
    to: Option<SockAddr>,
    /// When SO_SNDTIMEO ends it; set by the first wait.
    deadline: Option<Ticks>,
}

/// A receive that could not finish.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receiving {
    at: At,
    room: usize,
    flags: MessageFlags,
    /// Room for the sender's address; `None` when nobody asks for it.
    from: Room,
    /// MSG_WAITALL: what came so far.
    so_far: Vec<u8>,
    /// When SO_RCVTIMEO ends it; set by the first wait.
    deadline: Option<Ticks>,
}

type Step = Flow<Token>;

/// The end of a call that gives back nothing but success or an error.
fn done(result: Result<(), WsaError>) -> Step {
    Flow::Return(result.map(|()| SpiReturn::Done))
}

fn fail(error: WsaError) -> Step {
    Flow::Return(Err(error))
}

impl Provider for Base {
    type Token = Token;

    fn call(&mut self, cx: &mut Context<'_>, call: &mut SpiCall) -> Step {
        if let Err(error) = admit(cx, call.function()) {
            self.reenable_after_refusal(cx, call);
            return fail(error);
        }
        if let Some(s) = call.socket() {
            if let SpiCall::DuplicateSocket { process, info, .. } = call {
                return Flow::Return(self.duplicate(cx, s, *process, info.as_ref()));
            }
            return match self.at(cx, s) {
                Ok(at) => self.on_socket(cx, at, call),
                Err(error) => fail(error),
            };
        }
        Flow::Return(match call {
            SpiCall::Startup { version, out, .. } => self.startup(cx, *version, *out),
            SpiCall::Cleanup => self.cleanup(cx),
            SpiCall::Socket { af, kind, protocol, info, group, flags } => {
                let opening = open::Opening { af: *af, kind: *kind, protocol: *protocol, group: *group, flags: *flags };
                self.socket(cx, &opening, info.as_ref())
            }
            SpiCall::AddressToString { address, info, room } => address::to_string(cx, *address, info.as_ref(), *room),
            SpiCall::StringToAddress { text, family, info, room } => {
                address::from_string(cx, text, *family, info.as_ref(), *room)
            }
            SpiCall::CancelBlockingCall => close::cancel_blocking(cx),
            SpiCall::GetAcceptExSockaddrs { overlapped } => Ok(cx.accepted_addresses(*overlapped)),
            SpiCall::Select { sets, timeout } => return self.select(cx, sets, *timeout),
            _ => Err(WsaError::OpNotSupp),
        })
    }

    fn resume(&mut self, cx: &mut Context<'_>, token: Token, resumed: Resumed, _: &mut InFlight<'_>) -> Step {
        let woken = match resumed {
            Resumed::Woken(woken) => woken,
            Resumed::Result { .. } | Resumed::NotLoaded => return fail(WsaError::SysCallFailure),
        };
        let token = match own_event::give_back(cx, token, woken) {
            Ok(token) => token,
            Err((token, error)) => return self.cancelled(cx, *token, error),
        };
        match woken {
            Woken::Cancelled(error) => return self.cancelled(cx, *token, error),
            // What the call has begun there has gone with the socket; a close has been overtaken by another.
            Woken::Lost(error) => return fail(error),
            _ => {}
        }
        match *token {
            Blocked::Connect(at, callee_room) => self.connected(cx, at, callee_room),
            Blocked::Join(at, leaf) => self.leaf_joined(cx, at, leaf),
            Blocked::Accept(at, addr, condition) => self.accept(cx, at, addr, condition),
            Blocked::Condition(at, addr) => match woken {
                Woken::Answered(_) if !cx.afd.answer(at.socket, cx.thread) => fail(WsaError::ConnReset),
                Woken::Answered(answer) => self.answered(cx, at, addr, answer),
                _ => fail(WsaError::SysCallFailure),
            },
            Blocked::Send(sending) => self.send_on(cx, sending, woken),
            Blocked::Recv(receiving) => self.recv_on(cx, receiving, woken),
            Blocked::Change(_) => Flow::Return(Ok(SpiReturn::Bytes(crate::abi::Bytes::EMPTY))),
            Blocked::Close(at) => self.lingered(cx, at),
            Blocked::Select(selecting) => self.selected(cx, selecting, woken),
            Blocked::Disconnect(at, reuse) => self.disconnected(cx, at, reuse),
            Blocked::Result(id) => Flow::Return(asked_again(cx, id)),
            Blocked::OnEvent(..) => fail(WsaError::SysCallFailure),
        }
    }
}

impl Base {
    /// The entries that need a socket.
    fn on_socket(&mut self, cx: &mut Context<'_>, at: At, call: &SpiCall) -> Step {
        if cx.moves_connections() && has_moved(cx, at, call) {
            return fail(WsaError::NotConn);
        }
        match call {
            SpiCall::CloseSocket { .. } => self.close(cx, at),
            SpiCall::Bind { name, .. } => done(connection::bind(cx, at, *name)),
            SpiCall::Listen { backlog, .. } => done(connection::listen(cx, at, *backlog)),
            SpiCall::Connect { name, extras, .. } => self.connect(cx, at, *name, extras.as_deref()),
            SpiCall::Accept { addr, condition, .. } => self.accept(cx, at, *addr, *condition),
            SpiCall::Shutdown { how, .. } => done(connection::shutdown(cx, at, *how)),
            SpiCall::GetSockName { room, .. } => Flow::Return(connection::local_name(cx, at, *room)),
            SpiCall::GetPeerName { room, .. } => Flow::Return(connection::peer_name(cx, at, *room)),
            SpiCall::Send { data, flags, overlapped: Some(overlapped), .. } => {
                self.post_send(cx, at, data, *flags, None, overlapped)
            }
            SpiCall::SendTo { data, flags, to, overlapped: Some(overlapped), .. } => {
                self.post_send(cx, at, data, *flags, Some(*to), overlapped)
            }
            SpiCall::Recv { room, flags, overlapped: Some(overlapped), .. } => {
                self.post_receive(cx, at, room, *flags, None, overlapped)
            }
            SpiCall::RecvFrom { room, flags, from, overlapped: Some(overlapped), .. } => {
                self.post_receive(cx, at, room, *flags, Some(*from), overlapped)
            }
            SpiCall::GetOverlappedResult { overlapped, wait, .. } => self.overlapped_result(cx, *overlapped, *wait),
            SpiCall::Send { returned: false, .. } | SpiCall::SendTo { returned: false, .. } => {
                cx.log.rule(RuleId::Send18);
                data::refuse_send(cx, at, WsaError::Fault)
            }
            SpiCall::Recv { returned: false, .. } | SpiCall::RecvFrom { returned: false, .. } => {
                cx.log.rule(RuleId::Recv26);
                data::refuse_receive(cx, at, WsaError::Fault)
            }
            SpiCall::Send { data, flags, .. } => self.send(cx, at, data, *flags, None),
            SpiCall::SendTo { data, flags, to, .. } => self.send_to(cx, at, data, *flags, *to),
            SpiCall::Recv { room, flags, .. } => self.recv(cx, at, room, *flags),
            SpiCall::RecvFrom { room, flags, from, .. } => self.recv_from(cx, at, room, *flags, *from),
            SpiCall::GetSockOpt { level, option, room, .. } => {
                Flow::Return(option::get(cx, at, *level, *option, *room))
            }
            SpiCall::SetSockOpt { level, option, value, negative, .. } => {
                if let Some(update) = extension::updates_context(*level, *option) {
                    return self.update_context(cx, at, update, value.as_ref());
                }
                done(option::set(cx, at, *level, *option, value.as_ref(), *negative))
            }
            SpiCall::Ioctl { code, input, room, returned, overlapped, .. } => {
                let control = ioctl::Control { code: *code, input: input.as_ref(), room: *room, returned: *returned };
                match overlapped {
                    Some(overlapped) => self.post_ioctl(cx, at, &control, overlapped),
                    None => self.ioctl(cx, at, &control),
                }
            }
            SpiCall::EventSelect { event, events, .. } => done(notify::event_select(cx, at, *event, *events)),
            SpiCall::AsyncSelect { window, message, events, .. } => {
                done(notify::async_select(cx, at, *window, *message, *events))
            }
            SpiCall::EnumNetworkEvents { event, out, .. } => Flow::Return(notify::enumerate(cx, at, *event, *out)),
            SpiCall::JoinLeaf { name, extras, flags, .. } => {
                self.join_leaf(cx, at, &session::Join { name: *name, extras: extras.as_deref(), flags: *flags })
            }
            SpiCall::SendDisconnect { data, .. } => done(session::send_disconnect(cx, at, data.as_ref())),
            SpiCall::RecvDisconnect { room, .. } => Flow::Return(session::recv_disconnect(cx, at, *room)),
            SpiCall::AcceptEx { accept, buffer, overlapped, .. } => {
                self.accept_ex(cx, at, *accept, buffer, overlapped.as_deref())
            }
            SpiCall::ConnectEx { name, data, overlapped, .. } => {
                self.connect_ex(cx, at, *name, data.as_ref(), overlapped.as_deref())
            }
            SpiCall::DisconnectEx { flags, reserved, overlapped, .. } => {
                self.disconnect_ex(cx, at, (*flags, *reserved), overlapped.as_deref())
            }
            SpiCall::GetQosByName { name, room, out, .. } => Flow::Return(qos::by_name(cx, at, name, *room, *out)),
            // Refused by `World::step` before they get here.
            _ => fail(WsaError::OpNotSupp),
        }
    }

    /// WSPStartups not yet undone.
    #[must_use]
    pub fn startups(&self) -> u32 {
        self.startups
    }

    /// Handles of a non-IFS base with the shared sockets they refer to.
    pub fn records(&self) -> impl Iterator<Item = (Handle, SocketId)> + '_ {
        self.records.iter().map(|(_, record)| (record.handle, record.socket))
    }

    /// How many of them there are.
    #[must_use]
    pub fn contexts(&self) -> usize {
        self.records.len()
    }

    pub(super) fn hash_but_contexts(&self, state: &mut Renaming<'_>) {
        let Self { startups, records } = self;
        startups.hash(state);
        state.unordered(records.iter(), |(_, record), state| record.hash(state));
    }

    pub(super) fn hash_context(&self, context: u32, state: &mut Renaming<'_>) {
        self.records.get(RecordId::from_slot(context)).hash(state);
    }

    /// The shared socket behind a context value.
    #[must_use]
    pub fn record_socket(&self, context: u32) -> Option<SocketId> {
        self.records.get(RecordId::from_slot(context)).map(|record| record.socket)
    }

    /// What a descriptor of this process refers to.
    #[inline]
    fn at(&self, cx: &mut Context<'_>, s: Handle) -> Result<At, WsaError> {
        let socket = match cx.shape().handles {
            HandleKind::Ifs => cx.handles.socket(s),
            HandleKind::NonIfs => {
                let context = cx.query_socket_handle_context(s).ok();
                let record = context.and_then(|context| self.records.get(RecordId::from_slot(context)));
                // A number that was closed under a layer may be another provider's by now.
                record.filter(|record| record.handle == s).map(|record| record.socket)
            }
        };
        match socket {
            Some(socket) => Ok(At { s, socket }),
            None => {
                cx.log.rule(RuleId::G5);
                Err(WsaError::NotSock)
            }
        }
    }

    /// Registers a descriptor of a shared socket: the HANDLE rule. The caller has counted the reference.
    fn register(
        &mut self,
        cx: &mut Context<'_>,
        entry: u32,
        socket: SocketId,
        inheritable: bool,
    ) -> Result<Handle, WsaError> {
        use crate::world::handles::{HandleEntry, Object};
        match cx.shape().handles {
            HandleKind::Ifs => {
                cx.log.rule(RuleId::Handle1);
                let limit = cx.handle_limit();
                let slot = HandleEntry::new(Object::Socket(socket), inheritable);
                let raw = cx.handles.insert(limit, slot).ok_or(WsaError::MFile)?;
                cx.log.rule(RuleId::WpuModify3);
                cx.modify_ifs_handle(entry, raw).inspect_err(|_| {
                    cx.handles.remove(raw);
                })
            }
            HandleKind::NonIfs => {
                cx.log.rule(RuleId::Handle2);
                if cx.is_full() {
                    return Err(WsaError::MFile);
                }
                let record = self.records.insert(Record { socket, handle: Handle::INVALID });
                let made = cx.create_socket_handle(entry, record.slot());
                match made {
                    Ok(handle) => {
                        self.records[record].handle = handle;
                        if let Some(slot) = cx.handles.get_mut(handle) {
                            slot.inheritable = inheritable;
                        }
                    }
                    Err(_) => {
                        self.records.remove(record);
                    }
                }
                made
            }
        }
    }

    /// Takes a descriptor's number away. The caller gives up the reference.
    fn unregister(&mut self, cx: &mut Context<'_>, s: Handle) {
        cx.duplications.descriptor_gone(cx.thread.process, s);
        match cx.shape().handles {
            HandleKind::Ifs => {
                cx.handles.remove(s);
            }
            HandleKind::NonIfs => {
                cx.log.rule(RuleId::R27);
                // Not by upcall: one that fails must not leave the record behind.
                if let Some(context) = cx.handles.context(s) {
                    self.records.remove(RecordId::from_slot(context));
                }
                let _ = cx.close_socket_handle(s);
            }
        }
    }

    /// Takes the record of a handle away that is there no more.
    pub(in crate::provider) fn forget(&mut self, s: Handle) -> Option<SocketId> {
        let (id, _) = self.records.iter().find(|(_, record)| record.handle == s)?;
        self.records.remove(id).map(|record| record.socket)
    }
}

/// What every base entry checks first: injected failures, callbacks in progress (G7), the network (G6).
#[inline]
fn admit(cx: &mut Context<'_>, function: SpiFunction) -> Result<(), WsaError> {
    if let Some(error) = cx.faults.on_call(function) {
        cx.log.note(|| Event::Injected { function, error });
        cx.excuse_call();
        return Err(error);
    }
    use SpiFunction::{
        GetAcceptExSockaddrs, WspAddressToString, WspCancelBlockingCall, WspCleanup, WspStartup, WspStringToAddress,
    };
    if matches!(function, WspAddressToString | WspStringToAddress | GetAcceptExSockaddrs) {
        return Ok(());
    }
    if cx.in_callback && !matches!(function, WspCancelBlockingCall | WspCleanup) {
        cx.log.rule(RuleId::G7);
        return Err(WsaError::InProgress);
    }
    if function != WspStartup && cx.afd.network_down() {
        cx.log.rule(RuleId::G6);
        return Err(WsaError::NetDown);
    }
    Ok(())
}

/// Whether a call is about the data of a connection that another process has got (Move2).
fn has_moved(cx: &mut Context<'_>, at: At, call: &SpiCall) -> bool {
    use SpiCall::{Recv, RecvDisconnect, RecvFrom, Send, SendDisconnect, SendTo, Shutdown};
    let about_data = matches!(
        call,
        Send { .. }
            | SendTo { .. }
            | Recv { .. }
            | RecvFrom { .. }
            | Shutdown { .. }
            | SendDisconnect { .. }
            | RecvDisconnect { .. }
    );
    let elsewhere = cx.afd.mover(at.socket).is_some_and(|mover| mover != cx.thread.process);
    if about_data && elsewhere {
        cx.log.rule(RuleId::Move2);
    }
    about_data && elsewhere
}

/// The protocol info of this provider's own entry for a transport.
fn own_entry(cx: &Context<'_>, transport: Transport) -> Option<Info> {
    cx.own_base_entries().find(|entry| open::transport_of(&entry.info) == Some(transport)).map(|e| e.info.clone())
}

/// The shared socket itself.
fn shared<'a>(cx: &'a Context<'_>, at: At) -> Result<&'a SharedSocket, WsaError> {
    cx.afd.socket(at.socket).ok_or(WsaError::NotSock)
}

/// Whether a call on this descriptor must not block (R12, policy `blocking_mode`).
#[inline]
fn nonblocking(cx: &mut Context<'_>, at: At) -> bool {
    match cx.machine.policies().blocking_mode {
        BlockingMode::Shared => cx.afd.socket(at.socket).is_some_and(SharedSocket::nonblocking),
        BlockingMode::PerDescriptor => {
            cx.log.policy(crate::world::policy::PolicyId::blocking_mode);
            cx.handles.get(at.s).is_some_and(|entry| entry.nonblocking)
        }
    }
}

/// Waits on the shared socket of a call, having asked for the blocking hook (B5, B6).
fn wait(cx: &mut Context<'_>, at: At, interest: Interest, deadline: Option<Ticks>, blocked: Blocked) -> Step {
    wait_for(cx, at, (at.socket, interest), deadline, blocked)
}

/// As [`wait`], on a shared socket that need not be the one of the call.
fn wait_for(
    cx: &mut Context<'_>,
    at: At,
    (socket, interest): (SocketId, Interest),
    deadline: Option<Ticks>,
    blocked: Blocked,
) -> Step {
    if let Err(error) = ask_for_hook(cx, at) {
        return fail(error);
    }
    let wait = Wait { deadline, via: Some(at.s), ..Wait::until(Until::Socket(socket, interest)) };
    match own_event::take(cx, Box::new(blocked)) {
        Ok(token) => Flow::Wait { wait: Box::new(wait), token },
        Err(error) => fail(error),
    }
}

/// Asks for the blocking hook, as the provider of a socket's entry (B5).
fn ask_for_hook(cx: &mut Context<'_>, at: At) -> Result<(), WsaError> {
    cx.log.rule(RuleId::B5);
    if cx.hook {
        cx.log.rule(RuleId::B6);
    }
    let transport = cx.afd.socket(at.socket).map(SharedSocket::transport);
    match transport.and_then(|transport| own_entry(cx, transport)) {
        Some(entry) => cx.query_blocking_callback(entry.catalog_entry_id()).map(|_| ()),
        None => Ok(()),
    }
}

/// Room for an address: too little of it is WSAEFAULT.
fn fits(room: Room, address: &SockAddr) -> Result<(), WsaError> {
    match room {
        Some(room) if room as usize >= address.encoded_len() => Ok(()),
        _ => Err(WsaError::Fault),
    }
}

/// A name as a client passed it: there, and not shorter than its family needs.
fn checked(name: crate::abi::Name) -> Result<SockAddr, WsaError> {
    match name {
        crate::abi::Name::At { address, len } if len >= 0 && len as usize >= address.encoded_len() => Ok(address),
        _ => Err(WsaError::Fault),
    }
}

type Answer = SpiResult;
