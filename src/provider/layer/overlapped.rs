//! Overlapped calls through a layer with handles of its own (L4): the layer calls down with a structure of its own,
//! remembers the client's, and announces completions upwards on its own handle.

use super::extension::own_in_answer;
use super::pass::own_answer;
use super::{Known, Layer, Record, RecordId, Step, Token, fail};
use crate::abi::{Overlapped, SpiCall, SpiFunction, SpiResult, SpiReturn, WsaError};
use crate::provider::base::{Asked, asked, asked_again};
use crate::provider::{Context, Flow, HandleKind, InFlight, ShapeFault};
use crate::rules::RuleId;
use crate::table_key;
use crate::world::ids::Handle;
use crate::world::table::Key;

table_key!(
    /// An operation a layer has passed down.
    OutstandingId
);

/// An operation a layer has passed down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Outstanding {
    /// The layer's handle.
    upper: Handle,
    /// The structure of whoever called the layer.
    overlapped: Overlapped,
    /// What the layer says in place of a provider below that succeeds.
    answer: Option<SpiReturn>,
    progress: Progress,
}

/// How far an operation that was passed down has come. Its number is free again when the call has come back and the
/// operation has ended, in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Progress {
    /// The call that starts it is below.
    Called,
    /// The call has come back.
    Answered,
    /// It has ended before the layer saw the answer of the call.
    EndedFirst,
}

impl Outstanding {
    fn called(upper: Handle, overlapped: Overlapped) -> Self {
        Self { upper, overlapped, answer: None, progress: Progress::Called }
    }

    fn has_ended(&self) -> bool {
        self.progress == Progress::EndedFirst
    }
}

impl Layer {
    /// Exchanges the overlapped structure of a call on its way down; `None` if there is nothing to exchange.
    pub(super) fn overlapped(
        &mut self,
        cx: &mut Context<'_>,
        known: Known,
        s: Handle,
        call: &mut SpiCall,
    ) -> Option<Step> {
        match self.exchange(cx, s, call) {
            Ok(exchanged) => {
                let id = exchanged?;
                if let SpiCall::Ioctl { code, room, .. } = *call
                    && let Some(Ok(answer)) = own_answer(cx, known, s, code, room)
                    && let Some(outstanding) = self.outstanding.get_mut(id)
                {
                    outstanding.answer = Some(answer);
                }
                Some(self.down(known, call, Token::Overlapped(id)))
            }
            Err(error) => Some(fail(error)),
        }
    }

    /// Exchanges the overlapped structure of a call; `None` if what goes down is the caller's, or none.
    pub(super) fn exchange(
        &mut self,
        cx: &mut Context<'_>,
        s: Handle,
        call: &mut SpiCall,
    ) -> Result<Option<OutstandingId>, WsaError> {
        if call.overlapped().is_none() {
            return Ok(None);
        }
        if cx.shape().handles == HandleKind::Ifs {
            cx.log.rule(RuleId::WpuModify6);
            return Ok(None);
        }
        let counts = self.record_mut(cx, s).is_some_and(|record| record.overlapped);
        let Some(given) = call.overlapped_mut() else { return Ok(None) };
        if !counts {
            // The lower socket is always overlapped (Socket15); this one is not (O1).
            cx.log.rule(RuleId::O1);
            *given = None;
            return Ok(None);
        }
        cx.log.rule(RuleId::L4);
        if self.worker.is_none() {
            self.worker = Some(cx.open_current_thread()?);
        }
        let Some(overlapped) = given.take() else { return Ok(None) };
        let id = self.outstanding.insert(Outstanding::called(s, *overlapped));
        let own = Overlapped { id: id.slot(), event: Handle::NULL, routine: None, layer: Some(cx.instance) };
        *given = Some(Box::new(own));
        Ok(Some(id))
    }

    /// The provider below has answered an overlapped call.
    pub(super) fn started_overlapped(
        &mut self,
        cx: &mut Context<'_>,
        id: OutstandingId,
        flight: &mut InFlight<'_>,
    ) -> Step {
        own_in_answer(cx, &mut flight.result);
        if let Some(payload) = cx.shape().behaviour.as_deref().and_then(|behaviour| behaviour.payload) {
            super::payload::restore(payload, &mut flight.result);
        }
        if let (Ok(answer), Some(Outstanding { answer: Some(own), .. })) =
            (&mut flight.result, self.outstanding.get(id))
        {
            *answer = own.clone();
        }
        if self.came_back(id) {
            return Flow::Pass;
        }
        // Not every WSA_IO_PENDING has an operation behind it: faults can say anything.
        let pending = cx.overlapped.is_pending((Some(cx.instance), id.slot()));
        match &flight.result {
            Err(WsaError::IoPending) if pending => {
                if let Some(outstanding) = self.outstanding.get(id) {
                    cx.begin_overlapped(&outstanding.overlapped);
                }
            }
            // Over at once: the completion is on its way up.
            Ok(_) => {}
            Err(_) if cx.function == Some(SpiFunction::AcceptEx) && cx.faulty(ShapeFault::PinOnFailedAcceptEx) => {}
            Err(_) => {
                let failed = self.outstanding.remove(id);
                if let Some(upper) = failed.map(|it| it.upper).filter(|&upper| self.drained(upper)) {
                    // Closed by another thread while the call was on its way (S57).
                    cx.log.rule(RuleId::R27);
                    let _ = cx.close_socket_handle(upper);
                }
            }
        }
        Flow::Pass
    }

    /// The call that starts an operation has come back; whether the operation has ended by now.
    fn came_back(&mut self, id: OutstandingId) -> bool {
        let ended = self.outstanding.get(id).is_some_and(Outstanding::has_ended);
        if ended {
            self.outstanding.remove(id);
        } else if let Some(outstanding) = self.outstanding.get_mut(id) {
            outstanding.progress = Progress::Answered;
        }
        ended
    }

    /// WSPGetOverlappedResult: the layer knows as much as the client's structure says.
    pub(super) fn overlapped_result(&self, cx: &mut Context<'_>, id: u32, wait: bool) -> Step {
        match asked(cx, id, wait) {
            Asked::Answer(mut answer) => {
                own_in_answer(cx, &mut answer);
                Flow::Return(answer)
            }
            Asked::Wait(wait) => Flow::Wait { wait, token: Token::Result(id) },
        }
    }

    /// The event of an operation was signalled.
    pub(super) fn event_signalled(&self, cx: &mut Context<'_>, id: u32) -> Step {
        Flow::Return(asked_again(cx, id))
    }

    /// An operation passed down has ended: the layer's handle and the structure it was started with. The layer may
    /// have an answer of its own for a success.
    pub(crate) fn completed(&mut self, id: u32, result: &mut SpiResult) -> Option<(Handle, Overlapped)> {
        let id = OutstandingId::from_slot(id);
        let ended = match self.outstanding.get_mut(id)? {
            called if called.progress == Progress::Called => {
                called.progress = Progress::EndedFirst;
                called.clone()
            }
            _ => self.outstanding.remove(id).filter(|outstanding| !outstanding.has_ended())?,
        };
        let Outstanding { upper, overlapped, answer, .. } = ended;
        if let (Ok(result), Some(answer)) = (result, answer) {
            *result = answer;
        }
        Some((upper, overlapped))
    }

    /// The structure an operation was started with.
    pub(crate) fn above(&self, id: u32) -> Option<&Overlapped> {
        self.outstanding.get(OutstandingId::from_slot(id)).map(|outstanding| &outstanding.overlapped)
    }

    /// Whether it has passed an operation down that was begun with this structure of the client's.
    pub(crate) fn has_given(&self, id: u32) -> bool {
        let given = |it: &Outstanding| it.overlapped.layer.is_none() && it.overlapped.id == id;
        self.outstanding.iter().any(|(_, it)| !it.has_ended() && given(it))
    }

    /// Whether operations started on a handle of the layer are outstanding.
    pub(super) fn is_busy(&self, upper: Handle) -> bool {
        self.outstanding.iter().any(|(_, it)| it.upper == upper && !it.has_ended())
    }

    /// A handle was closed with operations pending. If this was the last of them, what the layer kept for it goes and
    /// the handle can be given back (S57).
    pub(crate) fn drained(&mut self, upper: Handle) -> bool {
        let closing = |record: &Record| record.upper == upper && record.closing;
        let found = self.records.iter().find(|(_, record)| closing(record)).map(|(id, _)| id);
        let Some(id) = found.filter(|_| !self.is_busy(upper)) else { return false };
        let _: RecordId = id;
        self.records.remove(id).is_some()
    }
}
