//! WSPEventSelect, WSPAsyncSelect, WSPEnumNetworkEvents.

use super::{Answer, At};
use crate::abi::{FD_MAX_EVENTS, NetworkEventRecord, NetworkEvents, SpiReturn, WsaError};
use crate::provider::{Context, ShapeFault};
use crate::rules::RuleId;
use crate::world::afd::{Registrant, Target};
use crate::world::ids::{Handle, Window};
use crate::world::policy::BlockingMode;
use crate::world::signal::window_exists;

/// WSPEventSelect. With mask 0 the event argument does not matter (E3).
pub(super) fn event_select(cx: &mut Context<'_>, at: At, event: Handle, events: NetworkEvents) -> Result<(), WsaError> {
    let known = cx.event(event);
    let target = match known {
        Some(id) => Target::Event(id),
        None if events.is_empty() => Target::Event(crate::world::afd::NO_EVENT),
        None => {
            cx.log.rule(RuleId::EventSel6);
            return Err(WsaError::Inval);
        }
    };
    if let Some(id) = known {
        cx.events.mark_registered(id);
    }
    register(cx, at, target, events)
}

/// WSPAsyncSelect. With mask 0 the window does not matter (E3).
pub(super) fn async_select(
    cx: &mut Context<'_>,
    at: At,
    window: Window,
    message: u32,
    events: NetworkEvents,
) -> Result<(), WsaError> {
    if !events.is_empty() && !window_exists(cx.windows, window) {
        cx.log.rule(RuleId::Async6);
        return Err(WsaError::Inval);
    }
    let target = Target::Window { process: cx.thread.process, window, message, socket: at.s };
    register(cx, at, target, events)
}

fn register(cx: &mut Context<'_>, at: At, target: Target, events: NetworkEvents) -> Result<(), WsaError> {
    if !NetworkEvents::ALL_EVENTS.contains(events) {
        if matches!(target, Target::Window { .. }) {
            cx.log.rule(RuleId::Async6);
        }
        return Err(WsaError::Inval);
    }
    if is_anothers(cx, at, target) && cx.faulty(ShapeFault::KeepRegistration) {
        return Ok(());
    }
    cx.log.rule(RuleId::R17);
    if cx.machine.policies().blocking_mode == BlockingMode::PerDescriptor
        && let Some(entry) = cx.handles.get_mut(at.s)
    {
        entry.nonblocking = true;
    }
    let registrant = Registrant { process: cx.thread.process, handle: at.s };
    let (afd, mut afd_cx) = cx.afd();
    afd.register(&mut afd_cx, at.socket, registrant, target, events)
}

/// Whether the registration in force is of the other mode or of another process.
fn is_anothers(cx: &Context<'_>, at: At, target: Target) -> bool {
    let earlier = cx.afd.socket(at.socket).and_then(|socket| socket.registration());
    earlier.is_some_and(|earlier| {
        let other_mode = matches!(earlier.target, Target::Event(_)) != matches!(target, Target::Event(_));
        other_mode || earlier.registrant.process != cx.thread.process
    })
}

/// WSPEnumNetworkEvents: copies and clears the record and resets the event given, all or nothing (A24).
pub(super) fn enumerate(cx: &mut Context<'_>, at: At, event: Handle, out: Option<i32>) -> Answer {
    let Some(before) = out else { return Err(WsaError::Inval) };
    let given = cx.event(event);
    if given.is_none() && event != Handle::NULL {
        // WPUResetEvent finds no event either, and nothing has been cleared yet.
        let _ = cx.set_event(event, false);
        return Err(WsaError::Inval);
    }
    let (afd, mut afd_cx) = cx.afd();
    let (events, errors) = afd.enumerate(&mut afd_cx, at.socket, given)?;
    let mut error_code = [before; FD_MAX_EVENTS];
    for bit in events.singles().filter_map(NetworkEvents::bit_index) {
        error_code[bit] = errors[bit].map_or(0, |error| error.number() as i32);
    }
    if let Some(id) = given {
        // The record is taken, so a failure of the upcall comes too late to be told.
        let _ = cx.set_event(event, false);
        cx.log.note(|| crate::world::event::Event::EventSet { event: id, signalled: false });
    }
    Ok(SpiReturn::Events(Box::new(NetworkEventRecord { events, error_code })))
}
