//! Which events belong together: the end of every call and crossing, and inside which of them everything else
//! happened.
//!
//! Events carry no such references, since the world has no use for them. They follow from the order: a thread's calls
//! nest, and between two changes of the running thread everything happens inside its innermost open call.

use std::collections::BTreeMap;

use crate::world::event::Event;
use crate::world::ids::{Incarnation, ThreadId};

/// The structure of a list of events. Indices are positions in that list.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    /// From the begin of a call or crossing to its end, and back.
    partner: Vec<Option<usize>>,
    /// The innermost call or crossing inside which an event happened; for a begin the one around it.
    owner: Vec<Option<usize>>,
}

impl Spans {
    /// Finds the structure of a list of events.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut reader = Reader {
            spans: Self { partner: vec![None; events.len()], owner: vec![None; events.len()] },
            open: BTreeMap::new(),
            running: None,
        };
        for (at, event) in events.iter().enumerate() {
            reader.read(events, at, event);
        }
        reader.spans
    }

    /// The other end of a call or crossing; `None` when it never ended, or for any other event.
    pub(super) fn partner(&self, at: usize) -> Option<usize> {
        self.partner.get(at).copied().flatten()
    }

    /// The begin of the innermost call or crossing around an event.
    pub(super) fn owner(&self, at: usize) -> Option<usize> {
        self.owner.get(at).copied().flatten()
    }
}

struct Reader {
    spans: Spans,
    /// The begins that have no end yet, by thread, the outermost first.
    open: BTreeMap<ThreadId, Vec<usize>>,
    running: Option<ThreadId>,
}

impl Reader {
    fn read(&mut self, events: &[Event], at: usize, event: &Event) {
        self.running = running_thread(event, self.running);
        self.spans.owner[at] = self.innermost();
        match event {
            Event::ClientCall { thread, .. } => self.begin(*thread, at),
            Event::Enter(entering) => self.begin(entering.thread, at),
            Event::Leave(leaving) => {
                let (thread, depth) = (leaving.thread, leaving.depth);
                self.end(thread, at, |begin| matches!(&events[begin], Event::Enter(e) if e.depth == depth));
            }
            Event::ClientReturn { thread, .. } => {
                self.end(*thread, at, |begin| matches!(events[begin], Event::ClientCall { .. }));
            }
            Event::Parked { .. } | Event::Paused { .. } => self.running = None,
            Event::ProcessEnded { process } => self.abandon(*process),
            _ => {}
        }
    }

    fn innermost(&self) -> Option<usize> {
        self.open.get(&self.running?)?.last().copied()
    }

    fn begin(&mut self, thread: ThreadId, at: usize) {
        self.open.entry(thread).or_default().push(at);
    }

    /// The calls of a process that ended stay open for ever.
    fn abandon(&mut self, process: Incarnation) {
        let (first, last) = (ThreadId { process, index: 0 }, ThreadId { process, index: u32::MAX });
        let threads: Vec<ThreadId> = self.open.range(first..=last).map(|(thread, _)| *thread).collect();
        for thread in threads {
            self.open.remove(&thread);
        }
    }

    /// Closes the innermost begin that fits. What is still open inside it was abandoned.
    fn end(&mut self, thread: ThreadId, at: usize, fits: impl Fn(usize) -> bool) {
        let open = self.open.entry(thread).or_default();
        let Some(position) = open.iter().rposition(|&begin| fits(begin)) else { return };
        let begin = open[position];
        open.truncate(position);
        let outer = open.last().copied();
        self.spans.owner[at] = outer;
        self.spans.partner[at] = Some(begin);
        self.spans.partner[begin] = Some(at);
    }
}

/// Who runs when an event happens.
fn running_thread(event: &Event, before: Option<ThreadId>) -> Option<ThreadId> {
    match event {
        Event::Op(_) => None,
        Event::ClientCall { thread, .. }
        | Event::ClientReturn { thread, .. }
        | Event::Parked { thread, .. }
        | Event::Paused { thread, .. }
        | Event::Resumed { thread } => Some(*thread),
        Event::Enter(entering) => Some(entering.thread),
        Event::Leave(leaving) => Some(leaving.thread),
        Event::Upcall(upcall) => Some(upcall.thread),
        _ => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::client::{ApiCall, Call, Value};
    use crate::abi::{SpiCall, SpiFunction, SpiReturn};
    use crate::rules::RuleId;
    use crate::world::catalog::ShapeId;
    use crate::world::event::{Entering, Leaving};

    const A: ThreadId = ThreadId { process: Incarnation(0), index: 0 };
    const B: ThreadId = ThreadId { process: Incarnation(1), index: 0 };

    fn call(thread: ThreadId) -> Event {
        Event::ClientCall { thread, call: Box::new(Call::Api(ApiCall::Cleanup)) }
    }

    fn gives(thread: ThreadId) -> Event {
        Event::ClientReturn { thread, result: Box::new(Ok(Value::Done)) }
    }

    fn enter(thread: ThreadId, depth: u32) -> Event {
        Event::Enter(Box::new(Entering { thread, depth, caller: None, callee: ShapeId(0), call: SpiCall::Cleanup }))
    }

    fn leave(thread: ThreadId, depth: u32) -> Event {
        let function = SpiFunction::WspCleanup;
        Event::Leave(Box::new(Leaving { thread, depth, callee: ShapeId(0), function, result: Ok(SpiReturn::Done) }))
    }

    fn parked(thread: ThreadId) -> Event {
        Event::Parked { thread, until: crate::world::frame::Until::Ipc, deadline: None }
    }

    const RULE: Event = Event::Rule(RuleId::R1);

    #[test]
    fn nested_crossings_find_their_ends_and_owners() {
        let events = [call(A), enter(A, 1), enter(A, 2), RULE, leave(A, 2), RULE, leave(A, 1), gives(A)];
        let spans = Spans::of(&events);
        assert_eq!((spans.partner(0), spans.partner(1), spans.partner(2)), (Some(7), Some(6), Some(4)));
        assert_eq!((spans.owner(3), spans.owner(5)), (Some(2), Some(1)));
        assert_eq!((spans.owner(0), spans.owner(4), spans.owner(7)), (None, Some(1), None));
    }

    #[test]
    fn a_parked_call_is_taken_up_again_after_another_thread_ran() {
        let events = [
            call(A),
            enter(A, 1),
            parked(A),
            call(B),
            RULE,
            gives(B),
            Event::Resumed { thread: A },
            RULE,
            leave(A, 1),
            gives(A),
        ];
        let spans = Spans::of(&events);
        assert_eq!((spans.owner(4), spans.owner(7)), (Some(3), Some(1)));
        assert_eq!((spans.partner(0), spans.partner(1)), (Some(9), Some(8)));
    }

    #[test]
    fn calls_of_a_process_that_ends_stay_open() {
        let events = [call(A), enter(A, 1), Event::ProcessEnded { process: A.process }, call(B), gives(B)];
        let spans = Spans::of(&events);
        assert_eq!((spans.partner(0), spans.partner(1)), (None, None));
        assert_eq!(spans.partner(3), Some(4));
    }

    #[test]
    fn any_order_of_events_is_taken() {
        let events = [leave(A, 3), gives(B), parked(A), RULE, leave(A, 1)];
        let spans = Spans::of(&events);
        assert!((0..events.len()).all(|at| spans.partner(at).is_none() && spans.owner(at).is_none()));
    }
}
