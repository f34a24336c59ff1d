//! What faulty providers do to their answers, whoever made them. All else a fault changes stands where the faithful
//! provider acts, behind [`Context::faulty`].

use super::{Context, InFlight, ShapeFault};
use crate::abi::{SpiFunction, SpiReturn, WsaError};
use crate::world::ids::Handle;

/// Spoils the answer of a faulty provider on its way up.
#[cold]
pub(super) fn spoil(cx: &mut Context<'_>, flight: &mut InFlight<'_>) {
    match &mut flight.result {
        Ok(SpiReturn::Socket { socket, .. }) => {
            if cx.function == Some(SpiFunction::WspSocket) && cx.faulty(ShapeFault::ReturnNoSocket) {
                *socket = Handle::INVALID;
            }
        }
        Ok(_) | Err(WsaError::IoPending) => {}
        // What ws2_32 makes of a failure without a code.
        Err(error) => {
            if cx.faulty(ShapeFault::FailWithoutError) {
                *error = WsaError::SysCallFailure;
            }
        }
    }
}
