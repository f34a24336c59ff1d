//! The arguments of WSPSelect and WSAPoll.
//!
//! Pages: ws2spi lpwspselect, winsock2 wsapoll, wsapollfd.

use std::sync::Arc;

use super::{PollEvents, WsaError};
use crate::world::ids::Handle;

/// One of the three sets of WSPSelect on its way in. An fd_set is a counted array of handles, not a bit mask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "fd_set")]
pub enum FdSet {
    /// NULL.
    #[default]
    Null,
    /// These handles; possibly none.
    Of(Arc<[Handle]>),
    /// A pointer outside the user address space.
    Wild,
}

impl FdSet {
    /// A set of these handles; NULL when there are none.
    #[must_use]
    pub fn of(handles: &[Handle]) -> Self {
        if handles.is_empty() { Self::Null } else { Self::Of(handles.into()) }
    }

    /// The handles that can be read.
    #[must_use]
    pub fn members(&self) -> &[Handle] {
        match self {
            Self::Of(handles) => handles,
            Self::Null | Self::Wild => &[],
        }
    }
}

/// The timeout of WSPSelect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "timeval")]
pub enum SelectTimeout {
    /// NULL: waits for ever.
    #[default]
    Forever,
    /// A timeval.
    After {
        /// tv_sec.
        seconds: i32,
        /// tv_usec.
        micros: i32,
    },
    /// A pointer outside the user address space.
    Wild,
}

impl SelectTimeout {
    /// {0, 0}: looks once and never waits.
    pub const ZERO: Self = Self::After { seconds: 0, micros: 0 };

    /// So many milliseconds.
    #[must_use]
    pub fn of_ms(ms: u64) -> Self {
        let seconds = i32::try_from(ms / 1000).unwrap_or(i32::MAX);
        Self::After { seconds, micros: (ms % 1000) as i32 * 1000 }
    }

    /// How long in milliseconds, begun ones counted; `None` is for ever.
    ///
    /// # Errors
    /// WSAEFAULT for a bad pointer, WSAEINVAL for a negative time.
    pub fn ms(self) -> Result<Option<u64>, WsaError> {
        match self {
            Self::Forever => Ok(None),
            Self::Wild => Err(WsaError::Fault),
            Self::After { seconds, micros } => match (u64::try_from(seconds), u64::try_from(micros)) {
                (Ok(seconds), Ok(micros)) => Ok(Some(seconds * 1000 + micros.div_ceil(1000))),
                _ => Err(WsaError::Inval),
            },
        }
    }
}

/// One element of the array of WSAPoll on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "WSAPOLLFD")]
pub struct PollFd {
    /// fd; one with the highest bit set is passed over.
    pub fd: Handle,
    /// events.
    pub events: PollEvents,
}

impl PollFd {
    /// Whether fd is negative: the element does not count.
    #[must_use]
    pub const fn is_ignored(self) -> bool {
        self.fd.0 >> 63 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_counts_begun_milliseconds() {
        assert_eq!(SelectTimeout::of_ms(1_234), SelectTimeout::After { seconds: 1, micros: 234_000 });
        assert_eq!(SelectTimeout::of_ms(1_234).ms(), Ok(Some(1_234)));
        assert_eq!(SelectTimeout::After { seconds: 0, micros: 1 }.ms(), Ok(Some(1)));
        assert_eq!(SelectTimeout::Forever.ms(), Ok(None));
    }

    #[test]
    fn a_negative_time_makes_no_sense() {
        assert_eq!(SelectTimeout::After { seconds: -1, micros: 0 }.ms(), Err(WsaError::Inval));
        assert_eq!(SelectTimeout::After { seconds: 0, micros: -1 }.ms(), Err(WsaError::Inval));
        assert_eq!(SelectTimeout::Wild.ms(), Err(WsaError::Fault));
    }

    #[test]
    fn a_negative_fd_is_ignored() {
        let fd = |fd| PollFd { fd: Handle(fd), events: PollEvents::empty() };
        assert!(fd(u64::MAX).is_ignored() && !fd(0x100).is_ignored());
    }
}
