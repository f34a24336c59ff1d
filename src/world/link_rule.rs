//! Link faults as somebody writes them: what happens to which traffic, and when.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::Ticks;
use crate::abi::SockAddr;

/// What a link does to traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum LinkEffect {
    /// Everything arrives so much later, in order. A request to connect takes the way there and back.
    Latency {
        /// How much later, milliseconds.
        ms: u64,
    },
    /// Datagrams are lost. Streams do not notice: they repeat what is lost.
    Loss,
    /// A datagram arrives so much later and is overtaken by those behind it. Streams keep their order.
    Reorder {
        /// How much later, milliseconds.
        ms: u64,
    },
    /// Nothing passes: datagrams are lost, streams and requests to connect wait until they run out of time.
    Partition,
}

/// A rule about the traffic between two addresses. Every rule in force that a piece of traffic meets acts on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct LinkRule {
    /// What happens.
    pub effect: LinkEffect,
    /// One end: an address, with port 0 for all its ports. `None`: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<SockAddr>,
    /// The other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<SockAddr>,
    /// Whether only traffic from `from` to `to` is meant, and not the answers.
    #[serde(skip_serializing_if = "is_false")]
    pub one_way: bool,
    /// From this moment on, virtual time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// Until this moment, which does not belong to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// Only the first so many pieces of traffic that match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    /// Only every so many-th of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u32>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl LinkRule {
    /// The effect on all traffic, always.
    #[must_use]
    pub const fn always(effect: LinkEffect) -> Self {
        Self { effect, from: None, to: None, one_way: false, since_ms: None, until_ms: None, first: None, every: None }
    }

    /// Whether the rule is in force at a moment.
    #[must_use]
    pub fn holds_at(&self, now: Ticks) -> bool {
        self.since_ms.is_none_or(|since| since <= now.0) && self.until_ms.is_none_or(|until| now.0 < until)
    }

    /// Whether the rule chooses by occurrence. A partition cannot: nothing passes, so that nothing is left to choose.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(self.effect, LinkEffect::Partition) && (self.first.is_some() || self.every.is_some())
    }

    /// Whether the rule means the `nth` piece of traffic, counted from 1.
    #[must_use]
    pub fn means(&self, nth: u32) -> bool {
        self.first.is_none_or(|first| nth <= first) && self.every.is_none_or(|every| every > 0 && nth % every == 0)
    }
}

/// What was said, and nothing of what was left out.
impl fmt::Debug for LinkRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.effect)?;
        for (word, end) in [("from", &self.from), ("to", &self.to)] {
            end.as_ref().map_or(Ok(()), |end| write!(f, ", {word} {end}"))?;
        }
        if self.one_way {
            f.write_str(", one way")?;
        }
        for (word, ms) in [("since", self.since_ms), ("until", self.until_ms)] {
            ms.map_or(Ok(()), |ms| write!(f, ", {word} {ms} ms"))?;
        }
        for (word, count) in [("first", self.first), ("every", self.every)] {
            count.map_or(Ok(()), |count| write!(f, ", {word} {count}"))?;
        }
        Ok(())
    }
}

/// A rule as it is written, before anybody has looked at its values.
#[derive(Deserialize)]
#[serde(rename = "Link", deny_unknown_fields)]
struct Written {
    effect: LinkEffect,
    from: Option<SockAddr>,
    to: Option<SockAddr>,
    #[serde(default)]
    one_way: bool,
    since_ms: Option<u64>,
    until_ms: Option<u64>,
    first: Option<u32>,
    every: Option<u32>,
}

impl TryFrom<Written> for LinkRule {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let Written { effect, from, to, one_way, since_ms, until_ms, first, every } = written;
        if every == Some(0) {
            return Err("`every` counts from 1: `every: 1` is all traffic");
        }
        if first == Some(0) {
            return Err("`first: 0` means no traffic at all");
        }
        if until_ms.is_some_and(|until| until <= since_ms.unwrap_or(0)) {
            return Err("`until_ms` must be later than `since_ms`");
        }
        if let LinkEffect::Latency { ms: 0 } | LinkEffect::Reorder { ms: 0 } = effect {
            return Err("0 ms later is no fault");
        }
        if effect == LinkEffect::Partition && (first.is_some() || every.is_some()) {
            return Err(
                "a partition stops everything: `first` and `every` have no meaning, use `since_ms`, `until_ms`",
            );
        }
        let is_ip = |name: &SockAddr| name.ip().is_some();
        if !from.iter().chain(&to).all(is_ip) {
            return Err("a link joins addresses of AF_INET or AF_INET6");
        }
        if one_way && from.is_none() && to.is_none() {
            return Err("`one_way` needs `from` or `to`");
        }
        Ok(Self { effect, from, to, one_way, since_ms, until_ms, first, every })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::parse;

    fn rule(text: &str) -> Result<LinkRule, String> {
        parse::<LinkRule>(text).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn senseless_rules_are_refused_with_a_reason() {
        let refused = [
            ("(effect: Loss, every: 0)", "counts from 1"),
            ("(effect: Loss, first: 0)", "no traffic"),
            ("(effect: Loss, since_ms: 5, until_ms: 5)", "later than"),
            ("(effect: Latency(ms: 0))", "no fault"),
            ("(effect: Partition, every: 2)", "a partition"),
            ("(effect: Loss, from: \"family 26\")", "AF_INET"),
            ("(effect: Loss, one_way: true)", "needs"),
            ("(effect: Losses)", "Losses"),
            ("(effect: Loss, ever: 2)", "ever"),
        ];
        for (text, reason) in refused {
            let error = rule(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_trace_shows_what_was_said() {
        let all = rule("(effect: Loss)").expect("a rule");
        assert_eq!(format!("{all:?}"), "Loss");
        let some = rule("(effect: Latency(ms: 5), to: \"127.0.0.1:80\", one_way: true, until_ms: 9, every: 2)");
        assert_eq!(
            format!("{:?}", some.expect("a rule")),
            "Latency { ms: 5 }, to 127.0.0.1:80, one way, until 9 ms, every 2"
        );
    }

    #[test]
    fn occurrence_and_time_choose_traffic() {
        let third = rule("(effect: Loss, every: 3)").expect("a rule");
        assert_eq!((1..=7).filter(|&nth| third.means(nth)).collect::<Vec<_>>(), [3, 6]);
        let two = rule("(effect: Loss, first: 2, since_ms: 10, until_ms: 20)").expect("a rule");
        assert_eq!((1..=7).filter(|&nth| two.means(nth)).collect::<Vec<_>>(), [1, 2]);
        let parted = LinkRule { every: Some(2), ..LinkRule::always(LinkEffect::Partition) };
        assert!(two.counts() && !parted.counts());
        assert_eq!([9, 10, 19, 20].map(|now| two.holds_at(Ticks(now))), [false, true, true, false]);
    }
}
