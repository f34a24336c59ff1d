//! What can be chosen at a point of a run, and a whole run as the text of its choices.
//!
//! A schedule is written so that it can be read, pasted into a shell and kept: a version, a dash, then one group a
//! choice, without blanks.
//!
//! | group | choice |
//! |---|---|
//! | `a` to `z` | agent 0 to 25 goes on |
//! | `P26` | agent 26 goes on, and so forth |
//! | `a` followed by `C2` | agent 0 goes on by its alternative 2 |
//! | `T` | time passes |
//! | `F3` | fault 3 strikes |
//! | any of these followed by `X4` | four times in a row |

use std::fmt;
use std::str::FromStr;

/// One thing that can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Choice {
    /// An agent goes on.
    Go {
        /// Which.
        agent: u16,
        /// By which of its alternatives; 0 when there is but one.
        branch: u8,
    },
    /// Time passes.
    Time,
    /// Something goes wrong.
    Fault(u16),
}

impl Choice {
    /// An agent goes on by its only way.
    #[must_use]
    pub const fn go(agent: u16) -> Self {
        Self::Go { agent, branch: 0 }
    }

    /// As one word, for tables.
    pub(super) const fn packed(self) -> u32 {
        match self {
            Self::Go { agent, branch } => (branch as u32) << 16 | agent as u32,
            Self::Time => 1 << 24,
            Self::Fault(fault) => 2 << 24 | fault as u32,
        }
    }

    /// Back from one word.
    pub(super) const fn unpacked(word: u32) -> Self {
        match word >> 24 {
            0 => Self::Go { agent: word as u16, branch: (word >> 16) as u8 },
            1 => Self::Time,
            _ => Self::Fault(word as u16),
        }
    }

    /// Its bit in a set of choices; `None` for the few that have none.
    pub(super) const fn bit(self) -> Option<u64> {
        const AGENTS: u16 = 48;
        match self {
            Self::Go { agent, branch: 0 } if agent < AGENTS => Some(1 << agent),
            Self::Fault(fault) if fault < 64 - AGENTS => Some(1 << (AGENTS + fault)),
            _ => None,
        }
    }
}

/// The choices of a run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Schedule(pub Vec<Choice>);

impl Schedule {
    /// Whether it comes before another: the shorter one, of equally long ones the one whose choices come first.
    #[must_use]
    pub fn comes_before(&self, other: &Self) -> bool {
        (self.0.len(), &self.0) < (other.0.len(), &other.0)
    }

    /// Becomes another one if that comes before.
    pub(super) fn keep_first(&mut self, other: &[Choice]) {
        if (other.len(), other) < (self.0.len(), &*self.0) {
            self.0.clear();
            self.0.extend_from_slice(other);
        }
    }
}

/// The version of the text.
const VERSION: &str = "1-";

/// The most choices a text may stand for.
const CHOICES_MAX: usize = 1 << 20;

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VERSION)?;
        for run in self.0.chunk_by(|a, b| a == b) {
            match run[0] {
                Choice::Go { agent: agent @ 0..=25, .. } => write!(f, "{}", char::from(b'a' + agent as u8))?,
                Choice::Go { agent, .. } => write!(f, "P{agent}")?,
                Choice::Time => f.write_str("T")?,
                Choice::Fault(fault) => write!(f, "F{fault}")?,
            }
            if let Choice::Go { branch: branch @ 1.., .. } = run[0] {
                write!(f, "C{branch}")?;
            }
            if run.len() > 1 {
                write!(f, "X{}", run.len())?;
            }
        }
        Ok(())
    }
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSchedule {
    /// It does not begin with a version this program knows.
    Version,
    /// Something else stands at this byte.
    At(usize),
    /// It stands for more choices than anybody makes.
    TooLong,
}

impl fmt::Display for NoSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(f, "a schedule begins with `{VERSION}`"),
            Self::At(byte) => write!(f, "no choice of a schedule begins at its byte {byte}"),
            Self::TooLong => write!(f, "the schedule has more than {CHOICES_MAX} choices"),
        }
    }
}

impl std::error::Error for NoSchedule {}

impl FromStr for Schedule {
    type Err = NoSchedule;

    fn from_str(text: &str) -> Result<Self, NoSchedule> {
        let rest = text.strip_prefix(VERSION).ok_or(NoSchedule::Version)?;
        let mut scan = Scan { text: rest.as_bytes(), at: 0 };
        let mut choices = Vec::new();
        while scan.at < scan.text.len() {
            let at = VERSION.len() + scan.at;
            let choice = scan.choice().ok_or(NoSchedule::At(at))?;
            let times = if scan.take(b'X') { scan.number().ok_or(NoSchedule::At(at))? } else { 1 };
            if times == 0 {
                return Err(NoSchedule::At(at));
            }
            if choices.len() + times > CHOICES_MAX {
                return Err(NoSchedule::TooLong);
            }
            choices.extend(std::iter::repeat_n(choice, times));
        }
        Ok(Self(choices))
    }
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn choice(&mut self) -> Option<Choice> {
        let first = *self.text.get(self.at)?;
        self.at += 1;
        let agent = match first {
            b'a'..=b'z' => u16::from(first - b'a'),
            b'P' => u16::try_from(self.number()?).ok()?,
            b'T' => return Some(Choice::Time),
            b'F' => return u16::try_from(self.number()?).ok().map(Choice::Fault),
            _ => return None,
        };
        let branch = if self.take(b'C') { u8::try_from(self.number()?).ok()? } else { 0 };
        Some(Choice::Go { agent, branch })
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(&self.text[self.at..self.at + digits]).ok()?;
        self.at += digits;
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choice() -> impl Strategy<Value = Choice> {
        prop_oneof![
            4 => (0..40_u16, prop_oneof![3 => Just(0), 1 => any::<u8>()])
                .prop_map(|(agent, branch)| Choice::Go { agent, branch }),
            1 => Just(Choice::Time),
            1 => any::<u16>().prop_map(Choice::Fault),
        ]
    }

    proptest! {
        #[test]
        fn a_schedule_survives_its_text(choices in prop::collection::vec(choice(), 0..60)) {
            let schedule = Schedule(choices);
            prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(1-)?[a-zPTFCX0-9é]{0,20}") {
            if let Ok(schedule) = text.parse::<Schedule>() {
                prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
            }
        }

        #[test]
        fn a_choice_fits_into_a_word(choice in choice()) {
            prop_assert_eq!(Choice::unpacked(choice.packed()), choice);
        }
    }

    #[test]
    fn a_schedule_is_short() {
        let go = Choice::go;
        let schedule = Schedule(vec![
            go(0),
            go(0),
            go(1),
            Choice::Go { agent: 2, branch: 1 },
            Choice::Time,
            Choice::Fault(0),
            go(26),
        ]);
        assert_eq!(schedule.to_string(), "1-aX2bcC1TF0P26");
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        let read = |text: &str| text.parse::<Schedule>();
        assert_eq!(read("2-a"), Err(NoSchedule::Version));
        assert_eq!(read("1-a?"), Err(NoSchedule::At(3)));
        assert_eq!(read("1-aX0"), Err(NoSchedule::At(2)));
        assert_eq!(read("1-aX99999999999999999999"), Err(NoSchedule::At(2)));
        assert_eq!(read("1-aX1048577"), Err(NoSchedule::TooLong));
    }
}
