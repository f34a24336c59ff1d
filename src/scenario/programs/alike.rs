//! Which processes are interchangeable: found by comparing their programs, not said by anybody.
//!
//! Two processes are alike when exchanging them, thread for thread and label for label, changes nothing in the
//! scenario: each has the other's program then, every other program its own, and every check and fault means what it
//! meant. What the steps before the programs did with them is no matter: that is in the state. Processes with named
//! steps are alike to nobody: whoever names steps wants to know whose they are.
//!
//! Compared is what the reader made of the text, by its `Debug` form, in which labels and threads are told apart from
//! everything else.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::super::program::Scenario;
use super::super::reader::{SlotId, ThreadRef};
use super::{Code, Programs};

/// A process that is like others.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its name.
    pub name: SlotId,
    /// Its threads, in the order of those of the others.
    pub threads: Vec<ThreadRef>,
    /// The labels that are its alone, in the order of those of the others.
    pub labels: Vec<SlotId>,
}

/// All processes that threads belong to, by kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Alike {
    groups: Vec<Vec<Member>>,
    /// By label: the process it is alone of, by its name, and its place among the labels of that.
    owners: BTreeMap<SlotId, (SlotId, u32)>,
}

impl Alike {
    /// Compares the programs of a scenario.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let mut names: Vec<SlotId> = scenario.threads.iter().map(|thread| thread.process).collect();
        names.sort_unstable();
        names.dedup();
        let mut groups: Vec<Vec<Member>> = Vec::new();
        for name in names {
            if !groups.iter_mut().any(|group| join(group, name, scenario)) {
                groups.push(vec![Member { name, threads: threads(scenario, name), labels: Vec::new() }]);
            }
        }
        let members = groups.iter().filter(|group| group.len() > 1).flatten();
        let owners = members.flat_map(|member| {
            let labels = std::iter::once(&member.name).chain(&member.labels);
            labels.zip(0..).map(|(&label, place)| (label, (member.name, place)))
        });
        let owners = owners.collect();
        Self { groups, owners }
    }

    /// Kinds of more than one.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Member]> {
        self.groups.iter().map(Vec::as_slice).filter(|group| group.len() > 1)
    }

    /// The process of this name, and the first of its like.
    pub(super) fn member(&self, name: SlotId) -> Option<(&Member, &Member)> {
        let of_it = |group: &'_ Vec<Member>| group.iter().position(|member| member.name == name);
        self.groups.iter().find_map(|group| of_it(group).map(|at| (&group[at], &group[0])))
    }

    /// The process that a label is alone of, and its place among the labels of that.
    pub(super) fn owner(&self, label: SlotId) -> Option<(SlotId, u32)> {
        self.owners.get(&label).copied()
    }
}

/// A process joins its like if it can be exchanged for each of them.
fn join(group: &mut Vec<Member>, name: SlotId, scenario: &Scenario) -> bool {
    let programs = &*scenario.programs;
    let mut one = Member { labels: Vec::new(), ..group[0].clone() };
    let mut other = Member { name, threads: threads(scenario, name), labels: Vec::new() };
    let pairs = one.threads.iter().zip(&other.threads);
    let Some(exchange) = (one.threads.len() == other.threads.len())
        .then(|| pairs.map(|(&one, &other)| (words(programs, one), words(programs, other))))
        .and_then(|pairs| Exchange::found(one.name, name, pairs))
    else {
        return false;
    };
    for (&of_one, &of_other) in &exchange.0 {
        if of_one != one.name && of_one != name && !other.labels.contains(&of_one) {
            one.labels.push(of_one);
            other.labels.push(of_other);
        }
    }
    if group.len() > 1 && group[0].labels != one.labels {
        return false;
    }
    let like = |member: &Member, labels: &[SlotId]| {
        let member = Member { labels: labels.to_vec(), ..member.clone() };
        Exchange::of(&member, &other).changes_nothing(&member, &other, scenario)
    };
    let first = like(&one, &one.labels);
    if !first || !group[1..].iter().all(|member| like(member, &member.labels)) {
        return false;
    }
    group[0].labels = one.labels;
    group.push(other);
    true
}

fn threads(scenario: &Scenario, name: SlotId) -> Vec<ThreadRef> {
    let of_it = |&at: &usize| scenario.threads[at].process == name;
    let mut threads: Vec<usize> = (0..scenario.threads.len()).filter(of_it).collect();
    threads.sort_by_key(|&at| scenario.threads[at].index);
    threads.into_iter().map(|at| ThreadRef(at as u32)).collect()
}

/// A text in which labels and threads stand apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Text(String),
    Label(SlotId),
    Thread(ThreadRef),
}

/// The words of something.
fn words_of(thing: &impl Debug, words: &mut Vec<Word>) {
    let text = format!("{thing:?}");
    let mut rest = text.as_str();
    let (mut plain, mut quoted) = (String::new(), false);
    while let Some(next) = rest.chars().next() {
        let marked = [("SlotId(", true), ("ThreadRef(", false)].into_iter().find_map(|(mark, label)| {
            let (number, after) = rest.strip_prefix(mark)?.split_once(')')?;
            Some((number.parse().ok()?, label, after))
        });
        match marked {
            Some((number, label, after)) if !quoted => {
                words.push(Word::Text(std::mem::take(&mut plain)));
                words.push(if label { Word::Label(SlotId(number)) } else { Word::Thread(ThreadRef(number)) });
                rest = after;
                continue;
            }
            _ if next == '"' => quoted = !quoted,
            // What follows in a quoted text ends nothing.
            _ if next == '\\' => {
                let escaped = rest.chars().nth(1).map_or(1, |escaped| 1 + escaped.len_utf8());
                plain.push_str(&rest[..escaped]);
                rest = &rest[escaped..];
                continue;
            }
            _ => {}
        }
        plain.push(next);
        rest = &rest[next.len_utf8()..];
    }
    words.push(Word::Text(plain));
}

/// The words of a thread's program.
fn words(programs: &Programs, on: ThreadRef) -> Vec<Word> {
    let mut words = Vec::new();
    let Some(program) = programs.program(on) else { return words };
    words_of(&program.counters, &mut words);
    for code in &program.code {
        let (item, cases) = match code {
            Code::Step(item) => (*item, &[][..]),
            Code::Cases(item, cases) => (*item, &**cases),
            other => {
                words_of(other, &mut words);
                continue;
            }
        };
        let Some(item) = programs.item(item) else { continue };
        words_of(&(&item.step.action, item.step.gives, &item.step.expect), &mut words);
        cases.iter().for_each(|case| words_of(&(&case.expect, case.at), &mut words));
    }
    words
}

/// Which label stands for which, both ways.
struct Exchange(BTreeMap<SlotId, SlotId>);

impl Exchange {
    fn of(one: &Member, other: &Member) -> Self {
        let pairs = one.labels.iter().zip(&other.labels).chain([(&one.name, &other.name)]);
        Self(pairs.flat_map(|(&a, &b)| [(a, b), (b, a)]).collect())
    }

    /// The exchange of two names under which one text becomes the other, thread by thread.
    fn found(one: SlotId, other: SlotId, texts: impl Iterator<Item = (Vec<Word>, Vec<Word>)>) -> Option<Self> {
        let mut pairs = BTreeMap::from([(one, other), (other, one)]);
        for (of_one, of_other) in texts {
            for pair in of_one.iter().zip(&of_other) {
                let (&Word::Label(a), &Word::Label(b)) = pair else { continue };
                if a != b && (*pairs.entry(a).or_insert(b) != b || *pairs.entry(b).or_insert(a) != a) {
                    return None;
                }
            }
        }
        Some(Self(pairs))
    }

    /// Whether all programs, checks and faults mean the same afterwards.
    fn changes_nothing(&self, one: &Member, other: &Member, scenario: &Scenario) -> bool {
        let programs = &*scenario.programs;
        let threads: BTreeMap<ThreadRef, ThreadRef> =
            one.threads.iter().zip(&other.threads).flat_map(|(&a, &b)| [(a, b), (b, a)]).collect();
        let thread = |on: ThreadRef| threads.get(&on).copied().unwrap_or(on);
        let exchanged = |words: Vec<Word>| -> Vec<Word> {
            let exchanged = words.into_iter().map(|word| match word {
                Word::Label(label) => Word::Label(self.0.get(&label).copied().unwrap_or(label)),
                Word::Thread(on) => Word::Thread(thread(on)),
                text => text,
            });
            exchanged.collect()
        };
        let same = |on| exchanged(words(programs, on)) == words(programs, thread(on));
        let all = |on: u32| same(ThreadRef(on));
        let unnamed = one.threads.iter().chain(&other.threads).all(|&on| !programs.names_steps_of(on));
        let mut rest = Vec::new();
        programs.always.iter().chain(&programs.sometimes).for_each(|property| words_of(&property.check, &mut rest));
        scenario.finally.iter().for_each(|step| words_of(&step.action, &mut rest));
        programs.faults.iter().for_each(|fault| words_of(&fault.what, &mut rest));
        programs.allowed.iter().for_each(|combination| words_of(combination, &mut rest));
        unnamed && (0..scenario.threads.len() as u32).all(all) && exchanged(rest.clone()) == rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_apart_from_text_that_looks_like_them() {
        let mut words = Vec::new();
        words_of(&(SlotId(3), "\\ \" SlotId(4)", ThreadRef(1)), &mut words);
        let labels: Vec<&Word> = words.iter().filter(|word| !matches!(word, Word::Text(_))).collect();
        assert_eq!(labels, [&Word::Label(SlotId(3)), &Word::Thread(ThreadRef(1))]);
    }
}
