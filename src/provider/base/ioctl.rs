//! WSPIoctl: one row for each code, and a function where the code does something.
//!
//! To add a code: a line in the table of [`Ioctl`] (number, name, input, output), a line in
//! [`handler`], and a function that takes checked input and gives the output bytes. Lengths that follow from the table
//! are checked before the function runs.

use super::notice::{self, Notice};
use super::{Answer, At, Base, Blocked, Step, extension, fail, nonblocking, own_entry, shared, wait};
use crate::abi::{Bytes, Ioctl, IoctlData, NetworkEvents, Room, ServiceFlags1, SockAddr, SpiReturn, WsaError, sizes};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Interest, Kind, OptionValue};
use crate::world::policy::{BlockingMode, PolicyId, UnknownIoctl};

/// The arguments of WSPIoctl.
pub(super) struct Control<'a> {
    pub(super) code: u32,
    pub(super) input: Option<&'a Bytes>,
    pub(super) room: Room,
    pub(super) returned: bool,
}

type Handler = fn(&mut Context<'_>, At, &Control<'_>) -> Result<Bytes, WsaError>;

/// What carries a code out.
fn handler(code: Ioctl) -> Handler {
    match code {
        Ioctl::Fionbio => set_mode,
        Ioctl::Fionread => readable,
        Ioctl::SiocAtMark => at_mark,
        Ioctl::EnableCircularQueueing => circular,
        Ioctl::FindRoute => find_route,
        Ioctl::Flush => flush,
        Ioctl::GetBroadcastAddress => notice::broadcast_address,
        Ioctl::GetQos => get_qos,
        Ioctl::SetQos => set_qos,
        Ioctl::MultipointLoopback => loopback,
        Ioctl::MulticastScope => scope,
        Ioctl::RoutingInterfaceQuery => notice::routing_interface,
        Ioctl::AddressListQuery => notice::address_list,
        Ioctl::AddressListSort => sort_addresses,
        Ioctl::QueryTargetPnpHandle => target_handle,
        Ioctl::BspHandle | Ioctl::BspHandleSelect | Ioctl::BspHandlePoll => bsp_handle,
        Ioctl::BaseHandle => base_handle,
        Ioctl::RcvAll => receive_all,
        Ioctl::KeepAliveVals => keep_alive,
        Ioctl::UdpConnReset => udp_connreset,
        Ioctl::LoopbackFastPath => fast_path,
        Ioctl::GetInterfaceList => notice::interface_list,
        Ioctl::AssociateHandle | Ioctl::TranslateHandle => no_companions,
        // Answered by `Base::ioctl`, or not carried out here.
        Ioctl::RoutingInterfaceChange
        | Ioctl::AddressListChange
        | Ioctl::GetExtensionFunctionPointer
        | Ioctl::GetGroupQos
        | Ioctl::SetGroupQos
        | Ioctl::ExtSelect
        | Ioctl::ExtPoll
        | Ioctl::ExtSendMsg
        | Ioctl::AcquirePortReservation
        | Ioctl::ReleasePortReservation
        | Ioctl::AssociatePortReservation => not_carried_out,
    }
}

impl Base {
    /// WSPIoctl.
    pub(super) fn ioctl(&mut self, cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Step {
        match at_once(cx, at, control) {
            Ok(Carried::Out(value)) => Flow::Return(Ok(value)),
            // A nonblocking socket hears by event, a blocking one waits (Ioctl13).
            Ok(Carried::Awaits(_)) if nonblocking(cx, at) => fail(WsaError::WouldBlock),
            Ok(Carried::Awaits(_)) => wait(cx, at, Interest::Changed, None, Blocked::Change(at)),
            Ok(Carried::Fails(error)) | Err(error) => fail(error),
        }
    }
}

/// What became of a WSPIoctl that did not fail.
pub(super) enum Carried {
    /// It is carried out.
    Out(SpiReturn),
    /// This change was asked for.
    Awaits(NetworkEvents),
    /// It was taken, and fails afterwards; overlapped calls only.
    Fails(WsaError),
}

/// As much of a WSPIoctl as can be done without waiting.
pub(super) fn at_once(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Carried, WsaError> {
    if !control.returned {
        return Err(WsaError::Fault);
    }
    match Ioctl::lookup(control.code) {
        Some(Ioctl::AddressListChange) => await_change(cx, at, Notice::AddressList),
        Some(Ioctl::RoutingInterfaceChange) => await_change(cx, at, Notice::Routing(address(control)?)),
        Some(code @ Ioctl::GetExtensionFunctionPointer) => {
            check_lengths(cx, control, code)?;
            extension::pointer(cx, control).map(Carried::Out)
        }
        Some(code) => carry_out(cx, at, control, code).map(Carried::Out),
        None => Err(unknown(cx)),
    }
}

/// Asks for a change notice.
fn await_change(cx: &mut Context<'_>, at: At, notice: Notice) -> Result<Carried, WsaError> {
    cx.log.rule(RuleId::Ioctl13);
    let (event, to) = match notice {
        Notice::AddressList => (NetworkEvents::ADDRESS_LIST_CHANGE, None),
        Notice::Routing(to) => (NetworkEvents::ROUTING_INTERFACE_CHANGE, Some(to)),
    };
    let (afd, mut afd_cx) = cx.afd();
    afd.await_change(&mut afd_cx, at.socket, event, to)?;
    Ok(Carried::Awaits(event))
}

fn unknown(cx: &mut Context<'_>) -> WsaError {
    cx.log.rule(RuleId::Ioctl6);
    cx.log.rule(RuleId::Ioctl22);
    cx.log.policy(PolicyId::unknown_ioctl);
    match cx.machine.policies().unknown_ioctl {
        UnknownIoctl::Wsaeinval => WsaError::Inval,
        UnknownIoctl::Wsaeopnotsupp => WsaError::OpNotSupp,
    }
}

/// Checks the lengths, carries the code out, and the length of what it gave.
fn carry_out(cx: &mut Context<'_>, at: At, control: &Control<'_>, code: Ioctl) -> Answer {
    check_lengths(cx, control, code)?;
    let output = handler(code)(cx, at, control)?;
    if output.as_slice().len() > control.room.unwrap_or(0) as usize {
        cx.log.rule(RuleId::Ioctl7);
        cx.store_needed(output.as_slice().len() as u32);
        return Err(WsaError::Fault);
    }
    Ok(SpiReturn::Bytes(output))
}

/// Input and output of a fixed size must be there.
fn check_lengths(cx: &mut Context<'_>, control: &Control<'_>, code: Ioctl) -> Result<(), WsaError> {
    let row = code.row();
    let given = control.input.map_or(0, |input| input.as_slice().len());
    if given < fixed_len(cx, row.input) || fixed_len(cx, row.output) > control.room.unwrap_or(0) as usize {
        cx.log.rule(RuleId::Ioctl7);
        return Err(WsaError::Fault);
    }
    Ok(())
}

/// The bytes that data of a fixed size needs.
fn fixed_len(cx: &Context<'_>, data: IoctlData) -> usize {
    match data {
        IoctlData::U32 | IoctlData::Int | IoctlData::Bool => sizes::BOOL,
        IoctlData::Socket | IoctlData::Pointer => cx.pointer_size(),
        IoctlData::KeepAlive => sizes::TCP_KEEPALIVE,
        IoctlData::Guid => 16,
        // Whoever supports no quality of service says so before looking at any.
        _ => 0,
    }
}

/// The four bytes of a checked input.
fn word(control: &Control<'_>) -> Result<u32, WsaError> {
    control.input.and_then(Bytes::as_word).ok_or(WsaError::Fault)
}

/// An input that is an address.
pub(super) fn address(control: &Control<'_>) -> Result<SockAddr, WsaError> {
    let input = control.input.ok_or(WsaError::Fault)?;
    SockAddr::decode(input.as_slice()).map_err(|_| WsaError::Fault)
}

/// FIONBIO.
fn set_mode(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    let nonblocking = word(control)? != 0;
    cx.log.policy(PolicyId::blocking_mode);
    let per_descriptor = cx.machine.policies().blocking_mode == BlockingMode::PerDescriptor;
    let (afd, mut afd_cx) = cx.afd();
    if per_descriptor {
        let registered = afd.registration(at.socket).is_some();
        if registered && !nonblocking {
            return Err(WsaError::Inval);
        }
        if let Some(entry) = cx.handles.get_mut(at.s) {
            entry.nonblocking = nonblocking;
        }
    } else {
        afd.set_nonblocking(&mut afd_cx, at.socket, nonblocking)?;
    }
    Ok(Bytes::EMPTY)
}

/// FIONREAD.
fn readable(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    let (afd, mut afd_cx) = cx.afd();
    Ok(Bytes::word(afd.readable_bytes(&mut afd_cx, at.socket)))
}

/// SIOCATMARK.
fn at_mark(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    let (afd, mut afd_cx) = cx.afd();
    Ok(Bytes::word(u32::from(afd.at_mark(&mut afd_cx, at.socket)?)))
}

/// SIO_ENABLE_CIRCULAR_QUEUEING.
fn circular(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    let (afd, mut afd_cx) = cx.afd();
    afd.queue_circularly(&mut afd_cx, at.socket).map(|()| Bytes::EMPTY)
}

/// SIO_FIND_ROUTE.
fn find_route(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl18);
    let to = address(control)?;
    let (afd, mut afd_cx) = cx.afd();
    afd.routing_interface(&mut afd_cx, at.socket, &to).map(|_| Bytes::EMPTY)
}

/// SIO_FLUSH.
fn flush(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    let (afd, mut afd_cx) = cx.afd();
    afd.flush(&mut afd_cx, at.socket).map(|()| Bytes::EMPTY)
}

/// Whether the socket's protocol has these properties.
pub(super) fn offers(cx: &Context<'_>, at: At, flags: ServiceFlags1) -> bool {
    let transport = shared(cx, at).map(|socket| socket.transport());
    let entry = transport.ok().and_then(|transport| own_entry(cx, transport));
    entry.is_some_and(|entry| entry.fields().service_flags1.contains(flags))
}

/// SIO_GET_QOS.
fn get_qos(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    if !offers(cx, at, ServiceFlags1::QOS_SUPPORTED) {
        return Err(WsaError::NoProtoOpt);
    }
    let (afd, mut afd_cx) = cx.afd();
    afd.qos(&mut afd_cx, at.socket).map(|qos| Bytes::of(&qos))
}

/// SIO_SET_QOS.
fn set_qos(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    if !offers(cx, at, ServiceFlags1::QOS_SUPPORTED) {
        return Err(WsaError::NoProtoOpt);
    }
    let qos = control.input.and_then(|input| input.as_slice().get(..sizes::QOS)).ok_or(WsaError::Fault)?;
    super::qos::can_be_met(cx, qos)?;
    let (afd, mut afd_cx) = cx.afd();
    afd.set_qos(&mut afd_cx, at.socket, qos).map(|()| Bytes::EMPTY)
}

/// SIO_MULTIPOINT_LOOPBACK.
fn loopback(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    let on = word(control)? != 0;
    let (afd, mut afd_cx) = cx.afd();
    afd.set_multicast(&mut afd_cx, at.socket, Some(on), None).map(|()| Bytes::EMPTY)
}

/// SIO_MULTICAST_SCOPE.
fn scope(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    let scope = word(control)? as i32;
    let (afd, mut afd_cx) = cx.afd();
    afd.set_multicast(&mut afd_cx, at.socket, None, Some(scope)).map(|()| Bytes::EMPTY)
}

/// SIO_ADDRESS_LIST_SORT: no address is better than another here.
fn sort_addresses(_: &mut Context<'_>, _: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    control.input.filter(|list| list.as_slice().len() >= sizes::BOOL).cloned().ok_or(WsaError::Fault)
}

/// SIO_QUERY_TARGET_PNP_HANDLE: nothing is below the base.
fn target_handle(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl20);
    Ok(cx.handle_bytes(at.s))
}

/// SIO_BSP_HANDLE and its kin.
fn bsp_handle(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl9);
    Ok(cx.handle_bytes(at.s))
}

/// SIO_BASE_HANDLE.
fn base_handle(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl8);
    Ok(cx.handle_bytes(at.s))
}

/// SIO_RCVALL is for raw sockets, which here see no packets but their own.
fn receive_all(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    if shared(cx, at)?.transport().kind == Kind::Raw {
        return not_carried_out(cx, at, control);
    }
    cx.log.rule(RuleId::Ioctl6);
    Err(WsaError::Inval)
}

/// Refuses a code that is for streams alone.
fn only_streams(cx: &mut Context<'_>, at: At) -> Result<(), WsaError> {
    if shared(cx, at)?.transport().kind == Kind::Stream {
        return Ok(());
    }
    cx.log.rule(RuleId::Ioctl6);
    Err(WsaError::Inval)
}

/// SIO_KEEPALIVE_VALS: on or off, time and interval in milliseconds.
fn keep_alive(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    use crate::abi::SockOpt::{KeepAlive, TcpKeepIdle, TcpKeepIntvl};
    only_streams(cx, at)?;
    cx.log.rule(RuleId::Ioctl19);
    let input = control.input.map(Bytes::as_slice).unwrap_or_default();
    let field =
        |at: usize| input.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word));
    let (on, time_ms, interval_ms) = (field(0) != 0, field(4), field(8));
    let (afd, mut afd_cx) = cx.afd();
    afd.set_option(&mut afd_cx, at.socket, KeepAlive, OptionValue::Bool(on))?;
    if on {
        afd.set_option(&mut afd_cx, at.socket, TcpKeepIdle, OptionValue::U32(time_ms / 1000))?;
        afd.set_option(&mut afd_cx, at.socket, TcpKeepIntvl, OptionValue::U32(interval_ms / 1000))?;
    }
    Ok(Bytes::EMPTY)
}

/// SIO_UDP_CONNRESET.
fn udp_connreset(cx: &mut Context<'_>, at: At, control: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl10);
    let reported = word(control)? != 0;
    let (afd, mut afd_cx) = cx.afd();
    afd.set_udp_connreset(&mut afd_cx, at.socket, reported).map(|()| Bytes::EMPTY)
}

/// SIO_LOOPBACK_FAST_PATH: taken note of, without effect; everything here is fast.
fn fast_path(cx: &mut Context<'_>, at: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    only_streams(cx, at).map(|()| Bytes::EMPTY)
}

/// SIO_ASSOCIATE_HANDLE and SIO_TRANSLATE_HANDLE: there are no companion interfaces.
fn no_companions(_: &mut Context<'_>, _: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    Err(WsaError::NoProtoOpt)
}

fn not_carried_out(cx: &mut Context<'_>, _: At, _: &Control<'_>) -> Result<Bytes, WsaError> {
    cx.log.rule(RuleId::Ioctl24);
    Err(WsaError::OpNotSupp)
}
