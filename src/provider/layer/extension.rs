//! Extension functions at a layer: its own, which translate what they are given and call those below, or none, so that
//! a client gets those of a provider below.

use super::{Known, Layer, Step, Token, fail};
use crate::abi::{Bytes, Extension, FunctionPointer, Ioctl, SockOpt, SpiCall, SpiReturn, WsaError, sizes};
use crate::provider::base::{listener_in, updates_context};
use crate::provider::shape::{AcceptContext, Functions};
use crate::provider::{Callee, Context, Flow, HandleKind, InFlight, ShapeKind};
use crate::rules::RuleId;
use crate::world::ids::{Handle, Window};

/// A call to one of the layer's functions, put off until it knows the one below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asking {
    s: Handle,
    then: SpiCall,
}

/// SO_UPDATE_ACCEPT_CONTEXT on its way: of which handle, and where messages about the listener go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Updating {
    s: Handle,
    posting: Option<(Window, u32)>,
}

/// Whether a layer hands out functions of its own.
fn has_own(cx: &Context<'_>) -> bool {
    matches!(cx.shape().kind, ShapeKind::Layer { functions: Functions::Own, .. })
}

/// Whether a layer knows a socket for SO_UPDATE_ACCEPT_CONTEXT by looking it up.
fn looks_up(cx: &Context<'_>) -> bool {
    let by_shape = matches!(cx.shape().kind, ShapeKind::Layer { accept_context: AcceptContext::LooksUp, .. });
    by_shape || cx.shape().handles == HandleKind::NonIfs
}

impl Layer {
    /// What a layer does by itself with a call about extension functions; `None`: nothing.
    pub(super) fn about_extensions(
        &mut self,
        cx: &mut Context<'_>,
        known: Known,
        s: Handle,
        call: &mut SpiCall,
    ) -> Option<Step> {
        match call {
            SpiCall::Ioctl { code, overlapped, .. } if *code == Ioctl::GetExtensionFunctionPointer.code() => {
                if !has_own(cx) {
                    cx.log.rule(RuleId::Ext4);
                    return None;
                }
                overlapped.is_none().then(|| self.down(known, call, Token::Querying(known.link)))
            }
            SpiCall::SetSockOpt { level, option, value, .. }
                if updates_context(*level, *option) == Some(SockOpt::UpdateAcceptContext) =>
            {
                let listener = listener_in(cx, value.as_ref()).filter(|_| looks_up(cx))?;
                Some(self.update_context(cx, (known, s), listener, call))
            }
            _ if call.function().is_extension() => Some(self.extension(cx, known, s, call)),
            _ => None,
        }
    }

    /// The provider below has given its function: the client gets the layer's.
    pub(super) fn queried(&mut self, cx: &mut Context<'_>, link: u16, flight: &mut InFlight<'_>) -> Step {
        if let Ok(SpiReturn::Function(below)) = &mut flight.result {
            self.functions.insert((link, below.function), *below);
            cx.log.rule(RuleId::Ext5);
            *below = cx.own_function(below.function);
        }
        Flow::Pass
    }

    /// One of the layer's own functions is called.
    fn extension(&mut self, cx: &mut Context<'_>, known: Known, s: Handle, call: &mut SpiCall) -> Step {
        let Some(function) = Extension::of(call.function()) else { return fail(WsaError::OpNotSupp) };
        cx.log.rule(RuleId::Ext5);
        if let Some(&below) = self.functions.get(&(known.link, function)) {
            return self.call_function(cx, known, s, below, call);
        }
        let query = SpiCall::Ioctl {
            s: known.lower,
            code: Ioctl::GetExtensionFunctionPointer.code(),
            input: Some(Bytes::of(&function.guid().encode())),
            room: Some(sizes::SOCKET as u32),
            returned: true,
            overlapped: None,
        };
        let then = std::mem::replace(call, query);
        self.call_link(known.link, Token::Asking(Box::new(Asking { s, then })))
    }

    /// The provider below has told its function: the call goes on.
    pub(super) fn asked_below(&mut self, cx: &mut Context<'_>, asking: Asking, flight: &mut InFlight<'_>) -> Step {
        let Ok(SpiReturn::Function(below)) = flight.result else {
            return if flight.result.is_ok() { fail(WsaError::SysCallFailure) } else { Flow::Pass };
        };
        *flight.call = asking.then;
        match self.known(cx, asking.s) {
            Ok(known) => {
                self.functions.insert((known.link, below.function), below);
                self.call_function(cx, known, asking.s, below, flight.call)
            }
            Err(error) => fail(error),
        }
    }

    /// Calls the function below, with the handles it knows.
    fn call_function(
        &mut self,
        cx: &mut Context<'_>,
        known: Known,
        s: Handle,
        below: FunctionPointer,
        call: &mut SpiCall,
    ) -> Step {
        let loaded = cx.loaded.iter().find(|(shape, _)| shape.0 == below.provider);
        let Some(&(_, instance)) = loaded else { return fail(WsaError::Fault) };
        if let SpiCall::AcceptEx { accept, .. } = call {
            match self.known(cx, *accept) {
                Ok(acceptor) => *accept = acceptor.lower,
                Err(error) => return fail(error),
            }
        }
        match self.exchange(cx, s, call) {
            Ok(exchanged) => {
                call.set_socket(known.lower);
                let token = exchanged.map_or(Token::Plain, Token::Overlapped);
                Flow::Call { callee: Callee::Instance(instance), token }
            }
            Err(error) => fail(error),
        }
    }

    /// SO_UPDATE_ACCEPT_CONTEXT names the listener by the layer's handle; the provider below knows another.
    fn update_context(
        &mut self,
        cx: &mut Context<'_>,
        (known, s): (Known, Handle),
        listener: Handle,
        call: &mut SpiCall,
    ) -> Step {
        let below = match self.known(cx, listener) {
            Ok(listener) => listener.lower,
            Err(error) => {
                let inherited = cx.shape().handles == HandleKind::Ifs;
                cx.log.rule(if inherited { RuleId::Ext13 } else { RuleId::Ext12 });
                return fail(error);
            }
        };
        let posting = self.posting(cx, listener);
        if let SpiCall::SetSockOpt { value, .. } = call {
            *value = Some(cx.handle_bytes(below));
        }
        self.down(known, call, Token::Updating(Box::new(Updating { s, posting })))
    }

    /// What the socket has inherited posts to a window: from the layer's hidden one to the client's.
    pub(super) fn updated(&mut self, cx: &mut Context<'_>, updating: Updating, flight: &mut InFlight<'_>) -> Step {
        if flight.result.is_ok()
            && updating.posting.is_some()
            && let Some(record) = self.record_mut(cx, updating.s)
        {
            record.posting = updating.posting;
        }
        Flow::Pass
    }
}

/// What a client is told of a function below: the layer's own.
pub(super) fn own_in_answer(cx: &mut Context<'_>, answer: &mut Result<SpiReturn, WsaError>) {
    if let Ok(SpiReturn::Function(below)) = answer
        && has_own(cx)
    {
        *below = cx.own_function(below.function);
    }
}
