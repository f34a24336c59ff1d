//! The sets and timeouts of WSPSelect and the array of WSAPoll as a scenario writes them.

use std::sync::Arc;

use serde::Deserialize;

use super::build::{Builder, Built};
use super::form::{Argument, HandleArg};
use super::reader::{Reader, Shape};
use super::written::expected;
use crate::abi::{FdSet, PollEvents, PollFd, SelectTimeout};
use crate::model::source::Raw;

/// One of the three sets.
#[derive(Clone, Debug)]
pub(super) enum SetArg {
    Null,
    Wild,
    Of(Arc<[HandleArg]>),
}

impl Argument for SetArg {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match Shape::of(raw) {
            Shape::Word("Null") => Some(Self::Null),
            Shape::Word("Wild") => Some(Self::Wild),
            Shape::Other(list) if list.starts_with('[') => {
                let handles: Vec<Raw<'a>> = reader.parse(list)?;
                Arc::read(handles, reader).map(Self::Of)
            }
            other => expected(reader, other, "a list of sockets, `Null` or `Wild`"),
        }
    }
}

/// A timeval.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimevalArg(SelectTimeout);

impl Argument for TimevalArg {
    type Written<'a> = Raw<'a>;

    fn read<'a>(raw: Raw<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        match Shape::of(raw) {
            Shape::Word("Wild") => Some(Self(SelectTimeout::Wild)),
            Shape::Other(pair) if pair.starts_with('(') => {
                let (seconds, micros) = reader.parse(pair)?;
                Some(Self(SelectTimeout::After { seconds, micros }))
            }
            other => expected(reader, other, "seconds and microseconds such as `(1, 500000)`, or `Wild`"),
        }
    }
}

/// One element of WSAPoll's array.
#[derive(Clone, Copy, Debug)]
pub(super) struct PollArg {
    fd: HandleArg,
    events: PollEvents,
}

/// The same as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PollWritten<'a> {
    #[serde(borrow)]
    fd: Raw<'a>,
    #[serde(default)]
    events: PollEvents,
}

impl Argument for PollArg {
    type Written<'a> = PollWritten<'a>;

    fn read<'a>(written: PollWritten<'a>, reader: &mut Reader<'a>) -> Option<Self> {
        HandleArg::read(written.fd, reader).map(|fd| Self { fd, events: written.events })
    }
}

impl Builder<'_> {
    /// The three sets of WSPSelect.
    pub(super) fn sets(&self, args: [&Option<SetArg>; 3]) -> Built<Box<[FdSet; 3]>> {
        let [read, write, except] = args.map(|set| self.set(set.as_ref()));
        Ok(Box::new([read?, write?, except?]))
    }

    fn set(&self, arg: Option<&SetArg>) -> Built<FdSet> {
        Ok(match arg {
            None | Some(SetArg::Null) => FdSet::Null,
            Some(SetArg::Wild) => FdSet::Wild,
            Some(SetArg::Of(handles)) => FdSet::Of(self.handles(handles)?),
        })
    }

    /// The array of WSAPoll; `None` is NULL.
    pub(super) fn poll_fds(&self, args: Option<&Arc<[PollArg]>>) -> Built<Option<Arc<[PollFd]>>> {
        let one = |arg: &PollArg| Ok(PollFd { fd: self.handle(arg.fd)?, events: arg.events });
        args.map(|fds| fds.iter().map(one).collect()).transpose()
    }
}

/// The timeout of WSPSelect: a timeval, milliseconds, or for ever.
pub(super) fn timeout(timeval: Option<TimevalArg>, ms: Option<u64>) -> SelectTimeout {
    match (timeval, ms) {
        (Some(TimevalArg(timeval)), _) => timeval,
        (None, Some(ms)) => SelectTimeout::of_ms(ms),
        (None, None) => SelectTimeout::Forever,
    }
}
