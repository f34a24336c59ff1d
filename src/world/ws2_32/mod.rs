//! ws2_32, the SPI client of every process: it chooses an entry, starts its provider, routes a call to the provider
//! that owns the handle, and collects the error.
//!
//! | file | what |
//! |---|---|
//! | `choose` | which catalog entry serves a request |
//! | `start` | loading and starting a provider; WSAStartup, WSACleanup |
//! | `spi` | calls that go down: by entry, by handle |
//! | `file` | ReadFile and WriteFile |
//! | `extension` | calls through function pointers |
//! | `probe` | a socket handle nobody registered here: lazy binding |
//! | `select` | calls on many sockets of many providers |
//! | `api` | calls that end here: last error, events, ANSI forms, enumeration |

mod api;
mod choose;
mod extension;
mod file;
mod open_type;
mod probe;
mod select;
mod spi;
mod start;

pub(crate) use choose::type_of_other_protocol;
pub(super) use spi::Route;
pub(crate) use spi::token_of;
pub(crate) use start::comparable;

use super::World;
use super::drive::Next;
use super::frame::Woken;
use super::ids::{Handle, InstanceId, ThreadId};
use super::log::Log;
use crate::abi::client::Value;
use crate::abi::{SocketFlags, SpiCall, SpiReturn, WsaError};
use crate::provider::split::Split;
use crate::provider::{InFlight, Resumed};
use crate::rules::RuleId;

/// What ws2_32 remembers while a provider works for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ws2Token {
    /// Nothing: the call has just come in.
    Entered,
    /// The WSPStartup of an entry's provider runs; then comes what the client wanted.
    Starting(Box<Starting>),
    /// A provider that is of no use is being cleaned up; then the call gives this.
    Refusing(WsaError),
    /// The client's call runs in a provider.
    Calling(After),
    /// An unknown socket handle is being probed.
    Probing(Box<Probing>),
    /// WSACleanup: a WSPCleanup runs; these are still to come.
    Cleaning(Box<Vec<InstanceId>>),
    /// WSAWaitForMultipleEvents waits.
    Waiting(Box<Vec<Handle>>),
    /// A WSPSelect over sockets of several providers.
    Selecting(Box<Split>),
    /// WSAProviderConfigChange waits, on this handle.
    Watching(Handle),
    /// WSAPoll waits.
    Polling(Box<select::Polling>),
}

/// A provider being started.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Starting {
    /// The entry on whose behalf.
    entry: u32,
    /// What comes then.
    then: Then,
}

/// What follows the start of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Then {
    /// This call to it.
    Call(SpiCall, After),
    /// The probe of a handle goes on with it.
    Probe(Box<Probing>),
}

/// A handle being probed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probing {
    /// The client's call.
    call: SpiCall,
    after: After,
    /// The handle.
    handle: Handle,
    /// The position in the catalog of the entry asked now.
    position: usize,
}

/// What ws2_32 does with a provider's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum After {
    /// Hands it to the client.
    Plain,
    /// A new descriptor: sets whether it is inherited, settles a block that was opened.
    Socket {
        /// The client's flags.
        flags: SocketFlags,
        /// The token of the block that was opened; 0 for an ordinary entry.
        token: u32,
    },
    /// WSADuplicateSocketA: narrows the block.
    Narrow,
}

impl World {
    /// Goes on in ws2_32 with what came back.
    pub(super) fn resume_ws2(
        &mut self,
        thread: ThreadId,
        token: Ws2Token,
        resumed: Resumed,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        match (token, resumed) {
            (Ws2Token::Starting(starting), resumed) => self.started(thread, *starting, resumed, flight, log),
            (Ws2Token::Probing(probing), Resumed::Result { from }) => self.probed(thread, *probing, from, flight, log),
            (Ws2Token::Cleaning(left), resumed) => self.cleaned(thread, *left, resumed, flight, log),
            (Ws2Token::Refusing(error), _) => Next::finish(Err(error)),
            (Ws2Token::Selecting(split), resumed) => self.select_resumed(thread, split, resumed, flight),
            (Ws2Token::Polling(polling), Resumed::Woken(woken)) => self.poll_woken(thread, *polling, woken, log),
            (Ws2Token::Watching(handle), Resumed::Woken(Woken::Ready)) => {
                self.see_changes(thread.process, handle);
                Next::finish(Ok(Value::Done))
            }
            (Ws2Token::Waiting(_), Resumed::Woken(Woken::Alerted)) => Next::finish(Ok(Value::Alerted)),
            (Ws2Token::Waiting(events), Resumed::Woken(woken)) => self.waited(thread, &events, woken),
            (_, Resumed::NotLoaded) => Next::finish(Err(WsaError::ProviderFailedInit)),
            (_, Resumed::Woken(Woken::Cancelled(error) | Woken::Lost(error))) => Next::finish(Err(error)),
            // Its providers have gone.
            (Ws2Token::Calling(_), Resumed::Woken(_)) => {
                log.rule(RuleId::G8);
                Next::finish(Err(WsaError::NotInitialised))
            }
            (_, _) => Next::finish(Err(WsaError::SysCallFailure)),
        }
    }

    /// A provider has answered the client's call.
    pub(in crate::world) fn called(
        &mut self,
        thread: ThreadId,
        after: After,
        flight: &mut InFlight<'_>,
        log: &mut Log,
    ) -> Next {
        match after {
            After::Plain => Next::FinishSpi,
            After::Socket { flags, token } => {
                self.settle_socket(thread, flags, token, &flight.result, log);
                Next::FinishSpi
            }
            After::Narrow => match flight.take_result() {
                Ok(SpiReturn::Info(info)) => Next::finish(Ok(Value::InfoA(Box::new(info.ansi())))),
                other => Next::finish(other.map(Value::Spi)),
            },
        }
    }
}
