//! The extension functions: AcceptEx, ConnectEx, DisconnectEx, GetAcceptExSockaddrs, their pointers, and the options
//! that update a socket's context afterwards.

use std::sync::Arc;

use super::overlapped::{passed_over, start};
use super::{Answer, At, Base, Blocked, Step, connection, done, fail, ioctl, wait};
use crate::abi::consts::{SOL_SOCKET, TF_REUSE_SOCKET};
use crate::abi::{
    AcceptBuffer, Bytes, Extension, FunctionPointer, Gather, Guid, Name, Overlapped, SockOpt, SpiFunction, SpiReturn,
    WsaError,
};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Accepting, Interest, Work};
use crate::world::ids::Handle;

/// SIO_GET_EXTENSION_FUNCTION_POINTER.
pub(super) fn pointer(cx: &mut Context<'_>, control: &ioctl::Control<'_>) -> Answer {
    let input = control.input.and_then(|input| input.as_slice().get(..Guid::SIZE)).ok_or(WsaError::Fault)?;
    let guid = Guid::decode(input).map_err(|_| WsaError::Fault)?;
    match Extension::from_guid(guid) {
        Some(function) => {
            cx.log.rule(RuleId::Ext1);
            Ok(SpiReturn::Function(cx.own_function(function)))
        }
        None => {
            cx.log.rule(RuleId::Ext2);
            Err(WsaError::Inval)
        }
    }
}

impl Context<'_> {
    /// This provider's own extension function.
    #[must_use]
    pub fn own_function(&self, function: Extension) -> FunctionPointer {
        FunctionPointer { provider: self.shape_id.0, function }
    }

    /// GetAcceptExSockaddrs: the addresses that AcceptEx has left in the buffer that went with a structure.
    pub fn accepted_addresses(&mut self, overlapped: u32) -> SpiReturn {
        let outcome = self.overlapped.client(overlapped).and_then(|record| record.outcome.as_ref());
        let found = match outcome {
            Some(Ok(SpiReturn::AcceptedInto(accepted))) => Some((accepted.local, accepted.remote)),
            _ => None,
        };
        self.log.rule(RuleId::AcceptEx11);
        SpiReturn::Sockaddrs(Box::new(found))
    }
}

/// Which context an option updates, if it is one that does.
pub(in crate::provider) fn updates_context(level: i32, option: i32) -> Option<SockOpt> {
    let updates = [SockOpt::UpdateAcceptContext, SockOpt::UpdateConnectContext];
    updates.into_iter().find(|update| level == SOL_SOCKET && option == update.row().number)
}

/// The handle in the value of SO_UPDATE_ACCEPT_CONTEXT.
pub(in crate::provider) fn listener_in(cx: &Context<'_>, value: Option<&Bytes>) -> Option<Handle> {
    let given = value?.as_slice().get(..cx.pointer_size())?;
    let mut bytes = [0; 8];
    bytes[..given.len()].copy_from_slice(given);
    Some(Handle(u64::from_le_bytes(bytes)))
}

impl Base {
    /// AcceptEx.
    pub(super) fn accept_ex(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        accept: Handle,
        buffer: &AcceptBuffer,
        overlapped: Option<&Overlapped>,
    ) -> Step {
        let prepared = self.at(cx, accept).and_then(|acceptor| {
            let overlapped = required(cx, at, overlapped)?;
            let (afd, mut afd_cx) = cx.afd();
            afd.check_accept_ex(&mut afd_cx, at.socket, acceptor.socket, buffer)?;
            Ok((Accepting::new(acceptor.socket, buffer.receive as usize), overlapped))
        });
        match prepared {
            Ok((accepting, overlapped)) => start(cx, at, (SpiFunction::AcceptEx, Work::Accept(accepting)), overlapped),
            Err(error) => super::accept::refuse(cx, at, error),
        }
    }

    /// ConnectEx.
    pub(super) fn connect_ex(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        name: Name,
        data: Option<&Gather>,
        overlapped: Option<&Overlapped>,
    ) -> Step {
        let prepared = required(cx, at, overlapped).and_then(|overlapped| {
            let address = connection::target(cx, at, name)?;
            let data: Option<Arc<[u8]>> = data.map_or_else(|| Some(Arc::default()), Gather::bytes);
            let data = data.ok_or(WsaError::Fault)?;
            let (afd, mut afd_cx) = cx.afd();
            afd.start_connect_ex(&mut afd_cx, at.socket, &address)?;
            Ok((data, overlapped))
        });
        match prepared {
            Ok((data, overlapped)) => start(cx, at, (SpiFunction::ConnectEx, Work::Connect { data }), overlapped),
            Err(error) => fail(error),
        }
    }

    /// DisconnectEx.
    pub(super) fn disconnect_ex(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        (flags, reserved): (u32, u32),
        overlapped: Option<&Overlapped>,
    ) -> Step {
        let reuse = flags & TF_REUSE_SOCKET as u32 != 0;
        if flags & !(TF_REUSE_SOCKET as u32) != 0 || reserved != 0 {
            cx.log.rule(RuleId::DisconnectEx4);
            return fail(WsaError::Inval);
        }
        let started = counted(cx, at, overlapped).and_then(|overlapped| {
            let (afd, mut afd_cx) = cx.afd();
            afd.start_disconnect_ex(&mut afd_cx, at.socket, reuse).map(|()| overlapped)
        });
        match started {
            Ok(Some(overlapped)) => start(cx, at, (SpiFunction::DisconnectEx, Work::Disconnect { reuse }), overlapped),
            Ok(None) => self.disconnected(cx, at, reuse),
            Err(error) => fail(error),
        }
    }

    /// A DisconnectEx without an overlapped structure, as soon as it is over.
    pub(super) fn disconnected(&mut self, cx: &mut Context<'_>, at: At, reuse: bool) -> Step {
        let (afd, mut afd_cx) = cx.afd();
        match afd.finish_disconnect_ex(&mut afd_cx, at.socket, reuse) {
            Some(result) => {
                cx.log.rule(RuleId::DisconnectEx5);
                Flow::Return(result)
            }
            None => {
                let interest = if reuse { Interest::Parted } else { Interest::Disconnected };
                wait(cx, at, interest, None, Blocked::Disconnect(at, reuse))
            }
        }
    }

    /// SO_UPDATE_ACCEPT_CONTEXT and SO_UPDATE_CONNECT_CONTEXT.
    pub(super) fn update_context(
        &mut self,
        cx: &mut Context<'_>,
        at: At,
        option: SockOpt,
        value: Option<&Bytes>,
    ) -> Step {
        if option == SockOpt::UpdateConnectContext {
            let (afd, mut afd_cx) = cx.afd();
            return done(afd.update_connect_context(&mut afd_cx, at.socket));
        }
        let Some(listener) = listener_in(cx, value) else {
            cx.log.rule(RuleId::SetOpt2);
            return fail(WsaError::Fault);
        };
        let updated = match self.at(cx, listener) {
            Ok(listener) => {
                let (afd, mut afd_cx) = cx.afd();
                afd.update_accept_context(&mut afd_cx, at.socket, listener.socket)
            }
            Err(error) => {
                cx.log.rule(RuleId::Ext12);
                Err(error)
            }
        };
        if updated.is_ok() {
            self.own_inherited_registration(cx, at.socket, at.s);
        }
        done(updated)
    }
}

/// The structure of an operation; `None` if there is none, or if it counts for nothing on this socket.
fn counted<'o>(
    cx: &mut Context<'_>,
    at: At,
    overlapped: Option<&'o Overlapped>,
) -> Result<Option<&'o Overlapped>, WsaError> {
    match overlapped {
        Some(overlapped) => Ok((!passed_over(cx, at)?).then_some(overlapped)),
        None => Ok(None),
    }
}

/// As [`counted`], for a function that cannot do without.
fn required<'o>(cx: &mut Context<'_>, at: At, overlapped: Option<&'o Overlapped>) -> Result<&'o Overlapped, WsaError> {
    let counted = counted(cx, at, overlapped)?;
    counted.ok_or_else(|| {
        cx.log.rule(RuleId::Ext8);
        WsaError::InvalidParameter
    })
}
