//! Change notices: SIO_ADDRESS_LIST_CHANGE and SIO_ROUTING_INTERFACE_CHANGE.
//!
//! A notice is asked for once and comes once: with the next change it is no longer awaited, calls that wait for it
//! (interest [`Interest::Changed`]) go on, and a registration hears of it. A provider may report any change of the
//! routing, and this one does.
//!
//! [`Interest::Changed`]: super::Interest::Changed

use super::route::{self, Place, Route};
use super::{Afd, Cx, SocketId};
use crate::abi::{NetworkEvents, SockAddr, WsaError};
use crate::rules::RuleId;

impl Afd {
    /// Asks for the notice `event`, which re-enables it (E6).
    pub fn await_change(
        &mut self,
        cx: &mut Cx<'_>,
        id: SocketId,
        event: NetworkEvents,
        destination: Option<SockAddr>,
    ) -> Result<(), WsaError> {
        self.usable(cx, id)?;
        let socket = &mut self.sockets[id];
        if let Some(registration) = &mut socket.registration {
            registration.reported.remove(event);
        }
        let extras = socket.extras_mut();
        extras.awaited.insert(event);
        if event == NetworkEvents::ROUTING_INTERFACE_CHANGE {
            extras.watched = destination.and_then(|to| Place::of(&to)).filter(|place| !place.ip.is_unspecified());
        }
        Ok(())
    }

    /// The machine has other addresses and routes now.
    pub fn network_changed(&mut self, cx: &mut Cx<'_>) {
        let both = NetworkEvents::ROUTING_INTERFACE_CHANGE | NetworkEvents::ADDRESS_LIST_CHANGE;
        let waiting: Vec<SocketId> = self.sockets.iter().filter(|(_, s)| s.awaits(both)).map(|(id, _)| id).collect();
        for id in waiting {
            let extras = self.sockets[id].extras_mut();
            let (awaited, watched) = (std::mem::take(&mut extras.awaited), extras.watched.take());
            let lost = watched.is_some_and(|to| route::route(cx.platform, to.ip) == Route::Unreachable);
            self.end_changes(cx, id, awaited);
            for event in awaited.singles() {
                cx.log.rule(RuleId::E6);
                cx.log.rule(RuleId::Ioctl13);
                let routing = event == NetworkEvents::ROUTING_INTERFACE_CHANGE;
                self.report_if_free(cx, id, event, (routing && lost).then_some(WsaError::NetUnreach));
            }
        }
    }
}

impl super::SharedSocket {
    /// Whether any of these notices was asked for and has not come.
    pub(super) fn awaits(&self, events: NetworkEvents) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.awaited.intersects(events))
    }
}
