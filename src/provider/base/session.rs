//! WSPSendDisconnect, WSPRecvDisconnect, WSPJoinLeaf.

use super::connection::{checked_extras, target};
use super::{At, Base, Blocked, Step, done, fail, nonblocking, own_entry, shared, wait_for};
use crate::abi::consts::{JL_BOTH, JL_RECEIVER_ONLY, JL_SENDER_ONLY};
use crate::abi::{Bytes, ConnectExtras, Gather, Name, Room, SocketFlags, SpiReturn, WsaError};
use crate::provider::{Context, Flow};
use crate::rules::RuleId;
use crate::world::afd::{Connect, Interest, Release};

/// The arguments of WSPJoinLeaf beside the socket.
pub(super) struct Join<'a> {
    pub(super) name: Name,
    pub(super) extras: Option<&'a ConnectExtras>,
    pub(super) flags: u32,
}

/// WSPSendDisconnect.
pub(super) fn send_disconnect(cx: &mut Context<'_>, at: At, data: Option<&Gather>) -> Result<(), WsaError> {
    let data = match data {
        Some(data) => Some(data.bytes().ok_or(WsaError::Fault)?),
        None => None,
    };
    let (afd, mut afd_cx) = cx.afd();
    afd.send_disconnect(&mut afd_cx, at.socket, data)
}

/// WSPRecvDisconnect.
pub(super) fn recv_disconnect(cx: &mut Context<'_>, at: At, room: Room) -> super::Answer {
    let (afd, mut afd_cx) = cx.afd();
    afd.recv_disconnect(&mut afd_cx, at.socket, room).map(|data| SpiReturn::Bytes(Bytes::of(&data)))
}

impl Base {
    /// WSPJoinLeaf.
    pub(super) fn join_leaf(&mut self, cx: &mut Context<'_>, at: At, join: &Join<'_>) -> Step {
        match self.join(cx, at, join) {
            Ok(step) => step,
            Err(error) => fail(error),
        }
    }

    fn join(&mut self, cx: &mut Context<'_>, at: At, join: &Join<'_>) -> Result<Step, WsaError> {
        let roles = cx.afd.roles(at.socket);
        let directions = [JL_SENDER_ONLY, JL_RECEIVER_ONLY, JL_BOTH].map(|flag| flag as u32);
        if roles.is_empty() || !directions.contains(&join.flags) {
            cx.log.rule(RuleId::Join1);
            return Err(WsaError::Inval);
        }
        let address = target(cx, at, join.name)?;
        if let Some(extras) = join.extras {
            let refused = checked_extras(cx, at, extras);
            if let Err(error) = refused {
                cx.log.rule(if error == WsaError::OpNotSupp { RuleId::Join11 } else { RuleId::Join10 });
                return Err(error);
            }
        }
        cx.log.rule(RuleId::Join4);
        if shared(cx, at)?.transport().kind.is_datagram() {
            cx.log.rule(RuleId::Join2);
            cx.log.rule(RuleId::Join12);
            let receives = join.flags != JL_SENDER_ONLY as u32;
            let (afd, mut afd_cx) = cx.afd();
            afd.join_session(&mut afd_cx, at.socket, &address, receives)?;
            return Ok(joined(at.s));
        }
        let leaf = if roles.contains(SocketFlags::MULTIPOINT_C_ROOT) { self.new_leaf(cx, at)? } else { at };
        let mode = nonblocking(cx, at);
        let (afd, mut afd_cx) = cx.afd();
        match afd.connect_in_mode(&mut afd_cx, leaf.socket, &address, mode) {
            Err(error) => {
                self.give_up(cx, at, leaf);
                if error == WsaError::IsConn {
                    cx.log.rule(RuleId::Join7);
                }
                Err(error)
            }
            Ok(Connect::Done) => Ok(joined(leaf.s)),
            Ok(Connect::Started) if mode => {
                cx.log.rule(RuleId::Join9);
                Ok(joined(leaf.s))
            }
            Ok(Connect::Started) => Ok(self.leaf_joined(cx, at, leaf)),
        }
    }

    /// A new descriptor for a leaf that the root adds.
    fn new_leaf(&mut self, cx: &mut Context<'_>, root: At) -> Result<At, WsaError> {
        cx.log.rule(RuleId::Join3);
        if cx.is_full() {
            return Err(WsaError::NoBufs);
        }
        let (afd, mut afd_cx) = cx.afd();
        let socket = afd.create_leaf(&mut afd_cx, root.socket)?;
        afd.add_descriptor(&mut afd_cx, socket);
        let entry = own_entry(cx, shared(cx, root)?.transport()).map_or(0, |entry| entry.catalog_entry_id());
        match self.register(cx, entry, socket, true) {
            Ok(s) => {
                let (afd, mut afd_cx) = cx.afd();
                afd.set_registration_handle(&mut afd_cx, socket, s);
                Ok(At { s, socket })
            }
            Err(error) => {
                let (afd, mut afd_cx) = cx.afd();
                afd.release(&mut afd_cx, socket, Release::Reset);
                Err(error)
            }
        }
    }

    /// A join that failed leaves no leaf behind.
    fn give_up(&mut self, cx: &mut Context<'_>, at: At, leaf: At) {
        if leaf.socket != at.socket {
            self.unregister(cx, leaf.s);
            let (afd, mut afd_cx) = cx.afd();
            afd.release(&mut afd_cx, leaf.socket, Release::Reset);
        }
    }

    /// The outcome of a blocking join, when there is one.
    pub(super) fn leaf_joined(&mut self, cx: &mut Context<'_>, at: At, leaf: At) -> Step {
        let (afd, mut afd_cx) = cx.afd();
        match afd.connect_outcome(&mut afd_cx, leaf.socket) {
            Some(Ok(())) => joined(leaf.s),
            Some(Err(error)) => {
                self.give_up(cx, at, leaf);
                fail(error)
            }
            None => {
                cx.afd.set_connector(leaf.socket, cx.thread);
                wait_for(cx, at, (leaf.socket, Interest::Connected), None, Blocked::Join(at, leaf))
            }
        }
    }

    /// A blocking join was cancelled.
    pub(super) fn join_cancelled(&mut self, cx: &mut Context<'_>, at: At, leaf: At, error: WsaError) -> Step {
        let thread = cx.thread;
        let (afd, mut afd_cx) = cx.afd();
        afd.cancel_connect_of(&mut afd_cx, leaf.socket, thread);
        self.give_up(cx, at, leaf);
        done(Err(error))
    }
}

fn joined(socket: crate::world::ids::Handle) -> Step {
    Flow::Return(Ok(SpiReturn::Socket { socket, peer: None }))
}
