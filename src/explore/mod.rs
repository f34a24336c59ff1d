//! Every order in which a system can go on, or a sample of them.
//!
//! A [`System`] has states, and a state has choices. The search takes every choice of every state once
//! ([`Search`]), or walks at random ([`Sampling`]), and says what it found ([`Explored`]): whether something is wrong
//! and by which [`Schedule`] one gets there, who was left waiting, and which outcomes there are. It knows no clock and
//! no terminal: whoever looks on ([`Watch`]) has these. It knows nothing of Winsock either: what a step touched is a
//! set of bits ([`Footprint`]).
//!
//! | file | what |
//! |---|---|
//! | `system` | [`System`], what can be explored |
//! | `choice` | [`Choice`] and [`Schedule`], the text of a run |
//! | `footprint` | [`Footprint`]: whether two steps can change places |
//! | `visited` | the states a search has been to |
//! | `search` | every order: breadth or depth first, sleep sets |
//! | `expand`, `crew` | what a state leads to; threads that look at many states at once |
//! | `sample` | some orders: random walks, PCT |
//! | `part` | [`Part`] of a search or a sample |
//! | `report` | verdicts, outcomes, progress, budgets |
//! | `shrink` | leaving out what a failure does not need |
//!
//! Equal states are told by 64 bits of digest, as other model checkers do: of a million states, two that differ are
//! taken for one with a chance of three in a hundred million.

mod choice;
mod crew;
mod expand;
mod footprint;
mod part;
mod report;
mod sample;
mod search;
mod shrink;
mod system;
#[cfg(test)]
mod tests;
mod visited;

pub use choice::{Choice, NoSchedule, Schedule};
pub use footprint::Footprint;
pub use part::{NoPart, Part};
pub use report::{Explored, Found, Progress, Seen, Spent, Verdict, Watch};
pub use sample::{Pick, Sampling};
pub use search::{Order, Search};
pub use shrink::shrink;
pub use system::{End, System, Taken};
