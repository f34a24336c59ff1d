//! Programs: what each thread does, when the order is for the explorer to choose.
//!
//! | file | what |
//! |---|---|
//! | `mod` | a program that has been read: items as flat code |
//! | `tree`, `read` | from text to items: everything wrong is said at once, labels may be used before they are given |
//! | `compile` | from nested items to flat code |
//! | `state` | a run at some point: the machine, and where every thread is |
//! | `orders` | what can happen next, and what it means: [`System`](crate::explore::System) |
//! | `twins` | one digest for states that differ in numbers only, or in which of several like processes is which |
//! | `alike` | which processes these are |
//! | `grain` | whole calls, or frames |
//! | `happen`, `print` | lets it happen, and notes what it touches |
//! | `allowed` | which of the combinations the file allows a run comes to |
//! | `wrong`, `stuck` | what can be wrong with a run; who waits for what, and who could end it |
//! | `lower` | a run as an ordinary scenario |
//! | `join` | frames of one call between which nobody comes |
//! | `shrunk` | the same with everything left out that it does not need |
//! | `save` | the same as text |

mod alike;
mod allowed;
mod compile;
mod grain;
mod happen;
mod join;
mod lower;
mod orders;
mod print;
mod read;
mod save;
mod shrunk;
mod state;
mod stuck;
mod tree;
mod twins;
mod wrong;

use std::ops::Range;
use std::sync::Arc;

use super::check::Check;
use super::expect::Expect;
use super::file::HappenStep;
use super::program::Step;
use super::reader::{SlotId, ThreadRef};

pub use allowed::AllowedRow;
pub use grain::{Granularity, Replay};
pub use lower::{Counterexample, shrink_steps};
pub use orders::{Judged, Orders, Outcome, Start};
pub use wrong::{Wrong, WrongKind};

pub(super) use read::{OrdersWritten, read};
pub(super) use tree::Map;

/// A place in a program's code.
type At = u16;

/// One instruction.
#[derive(Clone, Debug)]
enum Code {
    /// Does the item, then goes on.
    Step(ItemId),
    /// Does the item, then goes on where what came of it leads.
    Cases(ItemId, Box<[Case]>),
    /// Goes on at one of these places.
    Choose(Box<[At]>),
    /// The head of a loop: enters the body that follows so many times, then goes on elsewhere.
    Repeat { counter: u8, times: u8, exit: At },
    /// Leaves loops, then goes on elsewhere.
    Leave { counters: Range<u8>, to: At },
    /// Goes on elsewhere.
    Jump(At),
}

/// What may come of an item, and where that leads.
#[derive(Clone, Debug)]
struct Case {
    expect: Expect,
    /// Its text in the file.
    text: Range<u32>,
    at: At,
}

/// An item of the scenario that does something: first the steps before the programs, then those of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ItemId(pub u32);

/// A step of a program.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub step: Step,
    /// Its name, if `allowed` speaks of it.
    pub name: Option<NameId>,
    /// The labels it reads.
    pub uses: Box<[SlotId]>,
    /// Those among them that other threads give.
    pub awaits: Box<[SlotId]>,
    /// What its cases expect, as text of the file.
    pub cases: Box<[Range<u32>]>,
}

/// A named step, by its place in the list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NameId(pub u16);

/// Whatever a call returns.
fn any_return() -> Expect {
    Expect::AnyOf([Expect::Success, Expect::Error(None)].into())
}

/// What one thread does.
#[derive(Clone, Debug)]
struct Program {
    code: Box<[Code]>,
    counters: u8,
}

/// Something that may go wrong at any point, so many times.
#[derive(Clone, Debug)]
struct FaultItem {
    what: HappenStep,
    uses: Box<[SlotId]>,
    times: u8,
    /// Its first byte, and its line.
    start: u32,
    line: u32,
}

/// What a named step may come to.
#[derive(Clone, Debug)]
enum Allowed {
    Came(Expect, Range<u32>),
    /// It is not reached.
    Never,
}

/// When virtual time passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(super) enum Time {
    /// When nothing else can happen.
    #[default]
    Idle,
    /// Whenever something waits for it.
    Free,
}

/// The verdict a file says it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The word.
    pub verdict: crate::explore::Verdict,
    /// What kind of thing is wrong, if the file says so.
    pub kind: Option<WrongKind>,
}

impl Stated {
    /// Whether this is what came of it.
    #[must_use]
    pub fn fits(self, verdict: crate::explore::Verdict, kind: Option<WrongKind>) -> bool {
        self.verdict == verdict && (self.kind.is_none() || self.kind == kind)
    }
}

impl std::fmt::Display for Stated {
    /// As in a file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.verdict.name())?;
        self.kind.map_or(Ok(()), |kind| write!(f, "({})", kind.name()))
    }
}

/// The programs of a scenario, and what must hold in every order.
#[derive(Clone, Debug, Default)]
pub(super) struct Programs {
    /// Whether the file has `programs`.
    pub(super) given: bool,
    /// How many steps come before them.
    prefix: u32,
    items: Vec<Item>,
    /// From which item on items belong to which thread.
    owners: Vec<(u32, ThreadRef)>,
    /// By thread; `None` for a thread without program.
    threads: Vec<Option<Program>>,
    faults: Vec<FaultItem>,
    time: Time,
    /// What one choice is, if the file says so.
    pub(super) granularity: Option<Granularity>,
    always: Vec<Property>,
    sometimes: Vec<Property>,
    names: Vec<Arc<str>>,
    /// Combinations of what named steps came to; empty if any is allowed.
    allowed: Vec<Vec<(NameId, Allowed)>>,
    pub(super) stated: Option<Stated>,
    /// Whether the file names handles or processes by their numbers.
    speaks_of_numbers: bool,
    /// Where labels are read or given: first byte, and which.
    places: Vec<(u32, SlotId)>,
}

/// A check that is a property of runs.
#[derive(Clone, Debug)]
struct Property {
    check: Check,
    start: u32,
    line: u32,
}

impl Programs {
    /// An item of a program; `None` for a step before the programs.
    pub(super) fn item(&self, item: ItemId) -> Option<&Item> {
        self.items.get(item.0.checked_sub(self.prefix)? as usize)
    }

    /// The thread whose item gives a label, if one does.
    fn giver(&self, slot: SlotId) -> Option<(ThreadRef, &Item)> {
        self.threads.iter().enumerate().find_map(|(thread, program)| {
            let program = program.as_ref()?;
            let items = program.code.iter().filter_map(|code| match code {
                Code::Step(item) | Code::Cases(item, _) => self.item(*item),
                _ => None,
            });
            let mut giving = items.filter(|item| item.gives().contains(&Some(slot)));
            giving.next().map(|item| (ThreadRef(thread as u32), item))
        })
    }

    /// Notes where labels are read, and which of them an item has to wait for.
    pub(super) fn note_places(&mut self, reader: &mut super::reader::Reader<'_>) {
        self.places = reader.take_places();
        self.speaks_of_numbers = reader.speaks_of_numbers;
        let mut givers: std::collections::BTreeMap<SlotId, ThreadRef> = std::collections::BTreeMap::new();
        for item in 0..self.items.len() {
            let Some(on) = self.thread_of(item) else { continue };
            givers.extend(self.items[item].gives().into_iter().flatten().map(|slot| (slot, on)));
        }
        for item in 0..self.items.len() {
            let Some(on) = self.thread_of(item) else { continue };
            let uses = self.items[item].uses.iter().copied();
            let awaits = uses.filter(|slot| givers.get(slot).is_some_and(|giver| *giver != on)).collect();
            self.items[item].awaits = awaits;
        }
    }

    /// The thread whose step has a name.
    fn thread_of_name(&self, name: usize) -> Option<ThreadRef> {
        let item = self.items.iter().position(|item| item.name.is_some_and(|of| of.0 as usize == name))?;
        self.thread_of(item)
    }

    /// Whether a thread has steps with names.
    fn names_steps_of(&self, on: ThreadRef) -> bool {
        (0..self.items.len()).any(|item| self.items[item].name.is_some() && self.thread_of(item) == Some(on))
    }

    /// The first of a thread's items.
    fn first_item(&self, on: ThreadRef) -> u32 {
        let first = self.owners.iter().find(|&&(_, owner)| owner == on).map_or(0, |&(first, _)| first);
        self.prefix + first
    }

    /// The thread whose program an item belongs to.
    fn thread_of(&self, item: usize) -> Option<ThreadRef> {
        let at = self.owners.iter().rposition(|&(first, _)| first as usize <= item)?;
        Some(self.owners[at].1)
    }

    /// All checks the programs make or must meet.
    pub(super) fn checks(&self) -> impl Iterator<Item = &Check> {
        let made = self.items.iter().filter_map(|item| match &item.step.action {
            super::program::Action::Check(check) => Some(&**check),
            _ => None,
        });
        made.chain(self.always.iter().chain(&self.sometimes).map(|property| &property.check))
    }
}

impl Item {
    /// The labels it gives: its own, and the name of a process it makes.
    fn gives(&self) -> [Option<SlotId>; 2] {
        [self.step.gives, self.step.made()]
    }
}
