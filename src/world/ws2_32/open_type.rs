//! SO_OPENTYPE: the one option that is a thread's instead of a socket's, so ws2_32 answers it without a provider.
//!
//! It says of which kind the sockets are that `socket` makes for this thread from now on: overlapped (0), or not
//! (SO_SYNCHRONOUS_ALERT 0x10, SO_SYNCHRONOUS_NONALERT 0x20). WSASocket has a flag for that and does not ask, and the
//! calls of a client here are those of WSASocket; the option is kept and given back. The socket argument is not looked at.

use crate::abi::client::Value;
use crate::abi::consts::SOL_SOCKET;
use crate::abi::{Bytes, SockOpt, SpiCall, SpiReturn, WsaError};
use crate::rules::RuleId;
use crate::world::World;
use crate::world::drive::Next;
use crate::world::ids::ThreadId;
use crate::world::log::Log;

const NUMBER: i32 = SockOpt::OpenType.row().number;

/// Whether a call is about SO_OPENTYPE.
#[inline]
pub(super) fn is_meant(call: &SpiCall) -> bool {
    match call {
        SpiCall::GetSockOpt { level, option, .. } | SpiCall::SetSockOpt { level, option, .. } => {
            *option == NUMBER && *level == SOL_SOCKET
        }
        _ => false,
    }
}

impl World {
    /// WSPGetSockOpt and WSPSetSockOpt of SO_OPENTYPE.
    pub(super) fn open_type(&mut self, thread: ThreadId, call: &SpiCall, log: &mut Log) -> Next {
        let Some(state) = self.thread_mut(thread) else { return Next::finish(Err(WsaError::SysCallFailure)) };
        let answer = match call {
            SpiCall::GetSockOpt { room: Some(room), .. } if *room >= 4 => {
                Ok(SpiReturn::Bytes(Bytes::word(state.open_type as u32)))
            }
            SpiCall::SetSockOpt { value: Some(value), .. } => match value.as_word() {
                Some(word) => {
                    state.open_type = word as i32;
                    Ok(SpiReturn::Done)
                }
                None => Err(WsaError::Fault),
            },
            _ => Err(WsaError::Fault),
        };
        log.rule(RuleId::SetOpt17);
        Next::finish(answer.map(Value::Spi))
    }
}
