//! The search against brute force, on small systems made at random: variables, and agents that read, write and wait.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;

/// What an agent does in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Adds to a variable, modulo 4.
    Add(u8, u8),
    /// Copies a variable to another.
    Copy(u8, u8),
    /// Waits until a variable is not zero, then takes one from it.
    Take(u8),
    /// Finds a variable at this value wrong.
    Refuse(u8, u8),
    /// Adds 1 or 2.
    Either(u8),
}

#[derive(Clone, Debug)]
struct Toy {
    agents: Vec<Vec<Act>>,
    /// What no state may have.
    never: Option<[u8; VARS]>,
}

const VARS: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ToyState {
    vars: [u8; VARS],
    at: Vec<u8>,
}

impl Toy {
    fn act(&self, state: &ToyState, agent: usize) -> Option<Act> {
        self.agents[agent].get(state.at[agent] as usize).copied()
    }
}

impl System for Toy {
    type State = ToyState;
    type Wrong = String;
    type Outcome = [u8; VARS];

    fn start(&self) -> ToyState {
        ToyState { vars: [0; VARS], at: vec![0; self.agents.len()] }
    }

    fn choices(&self, state: &ToyState, choices: &mut Vec<Choice>) {
        for agent in 0..self.agents.len() {
            match self.act(state, agent) {
                None => {}
                Some(Act::Take(var)) if state.vars[var as usize] == 0 => {}
                Some(Act::Either(_)) => {
                    choices.extend((0..2).map(|branch| Choice::Go { agent: agent as u16, branch }));
                }
                Some(_) => choices.push(Choice::go(agent as u16)),
            }
        }
    }

    fn take(&self, state: &mut ToyState, choice: Choice) -> Taken<String> {
        let Choice::Go { agent, branch } = choice else { return Taken::Wrong("no such choice".into()) };
        let Some(act) = self.act(state, agent as usize) else { return Taken::Wrong("at its end".into()) };
        state.at[agent as usize] += 1;
        let bit = |var: u8| Footprint::bit(1, u32::from(var));
        let mut print = Footprint { reads: 0, writes: Footprint::bit(0, u32::from(agent)) };
        match act {
            Act::Add(var, by) => {
                state.vars[var as usize] = (state.vars[var as usize] + by) % 4;
                print.write(bit(var));
            }
            Act::Copy(from, to) => {
                state.vars[to as usize] = state.vars[from as usize];
                print.read(bit(from));
                print.write(bit(to));
            }
            Act::Take(var) => {
                state.vars[var as usize] -= 1;
                print.write(bit(var));
            }
            Act::Refuse(var, value) if state.vars[var as usize] == value => {
                return Taken::Wrong(format!("{var} is {value}"));
            }
            Act::Refuse(var, _) => print.read(bit(var)),
            Act::Either(var) => {
                state.vars[var as usize] = (state.vars[var as usize] + 1 + branch) % 4;
                print.write(bit(var));
            }
        }
        Taken::Went(print)
    }

    fn digest(&self, state: &ToyState) -> u64 {
        let words = state.vars.iter().chain(&state.at);
        words.fold(7, |hash: u64, &word| (hash ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23))
    }

    /// Agents with equal programs are interchangeable: they go by the order of their positions.
    fn canonical_digest(&self, state: &ToyState, names: &mut Vec<u16>) -> u64 {
        let mut order: Vec<usize> = (0..self.agents.len()).collect();
        order.sort_by_key(|&agent| (self.first_alike(agent), state.at[agent], agent));
        // Within each group of alike agents, the places of the group are dealt out anew.
        names.resize(order.len(), 0);
        for &agent in &order {
            let first = self.first_alike(agent);
            let place = order.iter().filter(|&&other| self.first_alike(other) == first).position(|&o| o == agent);
            let alike = (0..self.agents.len()).filter(|&other| self.first_alike(other) == first);
            names[agent] = alike.into_iter().nth(place.unwrap_or(0)).unwrap_or(agent) as u16;
        }
        let mut at = vec![0; state.at.len()];
        for (agent, &name) in names.iter().enumerate() {
            at[name as usize] = state.at[agent];
        }
        self.digest(&ToyState { vars: state.vars, at })
    }

    fn inspect(&self, state: &ToyState) -> Result<u64, String> {
        if self.never == Some(state.vars) {
            return Err(format!("{:?}", state.vars));
        }
        Ok(1 << state.vars[0])
    }

    fn end(&self, state: &ToyState) -> End<Self> {
        let through = (0..self.agents.len()).all(|agent| self.act(state, agent).is_none());
        if through {
            End::Finished { outcome: state.vars, forbidden: None }
        } else {
            End::Stuck(format!("{:?}", state.at))
        }
    }
}

impl Toy {
    fn first_alike(&self, agent: usize) -> usize {
        self.agents.iter().position(|other| *other == self.agents[agent]).unwrap_or(agent)
    }

    /// Everything by brute force: no merging, no order. Outcomes, what is reached, and whether it gets wrong or stuck.
    fn brute(&self) -> (BTreeSet<[u8; VARS]>, u64, bool, bool) {
        let (mut outcomes, mut reached, mut wrong, mut stuck) = (BTreeSet::new(), 0, false, false);
        let mut todo = vec![self.start()];
        while let Some(state) = todo.pop() {
            match self.inspect(&state) {
                Ok(bits) => reached |= bits,
                Err(_) => {
                    wrong = true;
                    continue;
                }
            }
            let mut choices = Vec::new();
            self.choices(&state, &mut choices);
            if choices.is_empty() {
                match self.end(&state) {
                    End::Finished { outcome, .. } => {
                        outcomes.insert(outcome);
                    }
                    _ => stuck = true,
                }
            }
            for choice in choices {
                let mut next = state.clone();
                match self.take(&mut next, choice) {
                    Taken::Went(_) => todo.push(next),
                    Taken::Wrong(_) => wrong = true,
                }
            }
        }
        (outcomes, reached, wrong, stuck)
    }

    /// Follows a schedule; the last state, or what was wrong.
    fn follow(&self, schedule: &Schedule) -> Result<ToyState, String> {
        let mut state = self.start();
        self.inspect(&state)?;
        for &choice in &schedule.0 {
            let mut choices = Vec::new();
            self.choices(&state, &mut choices);
            assert!(choices.contains(&choice), "{choice:?} is none of {choices:?}");
            match self.take(&mut state, choice) {
                Taken::Went(_) => {
                    self.inspect(&state)?;
                }
                Taken::Wrong(wrong) => return Err(wrong),
            }
        }
        Ok(state)
    }
}

fn act() -> impl Strategy<Value = Act> {
    let var = || 0..VARS as u8;
    prop_oneof![
        3 => (var(), 1..3_u8).prop_map(|(var, by)| Act::Add(var, by)),
        2 => (var(), var()).prop_map(|(from, to)| Act::Copy(from, to)),
        2 => var().prop_map(Act::Take),
        1 => (var(), 2..4_u8).prop_map(|(var, value)| Act::Refuse(var, value)),
        1 => var().prop_map(Act::Either),
    ]
}

fn toy() -> impl Strategy<Value = Toy> {
    let agents = prop::collection::vec(prop::collection::vec(act(), 0..4), 1..4);
    let alike = any::<bool>();
    let never = prop::option::weighted(0.3, prop::array::uniform3(0..4_u8));
    (agents, alike, never).prop_map(|(mut agents, alike, never)| {
        if alike {
            let first = agents[0].clone();
            agents.push(first);
        }
        Toy { agents, never }
    })
}

/// All ways to search.
fn searches() -> impl Iterator<Item = Search> {
    let orders = [Order::BreadthFirst, Order::DepthFirst];
    orders.into_iter().flat_map(|order| {
        [(false, false), (true, false), (false, true), (true, true)].map(|(reduction, symmetry)| Search {
            order,
            reduction,
            symmetry,
            ..Search::default()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_search_finds_what_brute_force_finds(toy in toy()) {
        let (outcomes, reached, wrong, stuck) = toy.brute();
        let plain = Search { reduction: false, symmetry: false, ..Search::default() }.run(&toy, &mut ());
        for search in searches() {
            let found = search.run(&toy, &mut ());
            match (&found.violated, &found.stuck) {
                (None, None) => {
                    prop_assert!(!wrong && !stuck, "{search:?} found nothing");
                    prop_assert_eq!(&found.outcomes.keys().copied().collect::<BTreeSet<_>>(), &outcomes);
                    prop_assert_eq!(found.reached, reached);
                    prop_assert!(found.progress.states <= plain.progress.states);
                    prop_assert!(found.progress.transitions <= plain.progress.transitions);
                    if !search.symmetry {
                        prop_assert_eq!(found.progress.states, plain.progress.states, "sleep sets spare no state");
                    }
                }
                (Some(violated), _) => {
                    prop_assert!(wrong, "{search:?} found {violated:?}");
                    prop_assert_eq!(toy.follow(&violated.schedule), Err(violated.wrong.clone()));
                }
                (None, Some(found)) => {
                    prop_assert!(stuck, "{search:?} found {found:?}");
                    let last = toy.follow(&found.schedule).expect("nothing is wrong on the way");
                    let mut choices = Vec::new();
                    toy.choices(&last, &mut choices);
                    prop_assert!(choices.is_empty());
                }
            }
            for (outcome, seen) in &found.outcomes {
                prop_assert_eq!(toy.follow(&seen.witness).map(|state| state.vars), Ok(*outcome));
            }
            for (bit, schedule) in &found.reached_by {
                prop_assert_eq!(toy.follow(schedule).map(|state| u32::from(state.vars[0])), Ok(*bit));
            }
        }
    }

    #[test]
    fn a_sample_finds_only_what_is_there(toy in toy(), seed in any::<u64>()) {
        let (outcomes, reached, wrong, stuck) = toy.brute();
        for pick in [Pick::Random, Pick::Pct { depth: 3 }] {
            let sampling = Sampling { pick, runs: 30, seed, depth_max: 100 };
            let found = sampling.run(&toy, &mut ());
            prop_assert!(found.outcomes.keys().all(|outcome| outcomes.contains(outcome)));
            prop_assert_eq!(found.reached & !reached, 0);
            if let Some(violated) = &found.violated {
                prop_assert!(wrong);
                prop_assert_eq!(toy.follow(&violated.schedule), Err(violated.wrong.clone()));
            }
            prop_assert!(found.stuck.is_none() || stuck);
            let again = sampling.run(&toy, &mut ());
            prop_assert_eq!(again.progress, found.progress);
            prop_assert_eq!(again.outcomes, found.outcomes);
        }
    }
}

/// Everything a search tells, to be compared.
fn told(found: &Explored<Toy>) -> impl PartialEq + std::fmt::Debug + use<> {
    let Explored { violated, stuck, outcomes, reached, reached_by, progress, spent, sampled } = found;
    // Bytes are rough, and what waits at the end nobody will look at.
    let progress = Progress { bytes: 0, waiting: 0, ..*progress };
    let wrong = (violated.clone(), stuck.clone(), *spent, *sampled);
    (wrong, outcomes.clone(), *reached, reached_by.clone(), progress)
}

fn jobs(jobs: usize) -> NonZeroUsize {
    NonZeroUsize::new(jobs).expect("some")
}

/// What all parts found, put together as result files are.
fn put_together(parts: Vec<Explored<Toy>>) -> (BTreeSet<[u8; VARS]>, u64, bool, bool) {
    let outcomes = parts.iter().flat_map(|part| part.outcomes.keys().copied()).collect();
    let reached = parts.iter().fold(0, |all, part| all | part.reached);
    (outcomes, reached, parts.iter().any(|part| part.violated.is_some()), parts.iter().any(|part| part.stuck.is_some()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn threads_find_what_one_finds(toy in toy()) {
        for search in searches() {
            let alone = search.run(&toy, &mut ());
            let [two, three] = [2, 3].map(|n| told(&search.run_part(&toy, Part::WHOLE, jobs(n), &mut ())));
            prop_assert_eq!(&two, &three, "{:?}", search);
            if search.order == Order::BreadthFirst {
                prop_assert_eq!(&told(&alone), &two, "{:?}", search);
            }
        }
    }

    #[test]
    fn parts_find_together_what_brute_force_finds(toy in toy(), of in 2..5_u32) {
        let (outcomes, reached, wrong, stuck) = toy.brute();
        for search in searches() {
            let parts = (1..=of).filter_map(|number| Part::new(number, of));
            let parts: Vec<_> = parts.map(|part| search.run_part(&toy, part, jobs(1), &mut ())).collect();
            let (found, bits, violated, waits) = put_together(parts);
            if wrong || stuck {
                prop_assert!((violated && wrong) || (waits && stuck), "{search:?}");
            } else {
                prop_assert_eq!((found, bits, violated, waits), (outcomes.clone(), reached, false, false));
            }
        }
    }

    #[test]
    fn a_sample_in_parts_is_the_sample(toy in toy(), seed in any::<u64>(), of in 2..5_u32) {
        for pick in [Pick::Random, Pick::Pct { depth: 3 }] {
            let sampling = Sampling { pick, runs: 301, seed, depth_max: 100 };
            let whole = sampling.run(&toy, &mut ());
            let two = sampling.run_part(&toy, Part::WHOLE, jobs(2), &mut ());
            prop_assert_eq!(told(&whole), told(&two));
            let parts = (1..=of).filter_map(|number| Part::new(number, of));
            let parts = parts.map(|part| sampling.run_part(&toy, part, jobs(1), &mut ()));
            let mut sum = Explored::new(true);
            parts.for_each(|part| sum.add(part));
            if whole.is_wrong() {
                prop_assert!(sum.is_wrong());
            } else {
                prop_assert_eq!(told(&whole), told(&sum));
            }
        }
    }
}

/// Many states, and many threads to look at them.
#[test]
fn a_large_search_is_the_same_on_many_threads() {
    let program = |by| vec![Act::Add(0, by), Act::Copy(0, 1), Act::Add(1, by), Act::Copy(1, 2), Act::Add(2, by)];
    let agents = vec![program(1), program(2), program(1), program(3), program(2)];
    let toy = Toy { agents, never: None };
    for (reduction, symmetry) in [(false, false), (true, false), (true, true)] {
        let search = Search { reduction, symmetry, ..Search::default() };
        let alone = search.run(&toy, &mut ());
        assert!(!alone.is_wrong() && alone.progress.states > 2_000, "{:?}", alone.progress);
        assert_eq!(told(&alone), told(&search.run_part(&toy, Part::WHOLE, jobs(4), &mut ())));
    }
}

#[test]
fn final_states_that_several_parts_find_count_once() {
    let program = |by| vec![Act::Add(0, by), Act::Copy(0, 1), Act::Add(1, by), Act::Copy(1, 2)];
    let toy = Toy { agents: vec![program(1), program(2), program(1), program(3)], never: None };
    let search = Search { reduction: false, symmetry: false, ..Search::default() };
    let whole = search.run(&toy, &mut ());
    let mut ends: BTreeMap<[u8; VARS], BTreeSet<u64>> = BTreeMap::new();
    let mut states = 0;
    for part in (1..=3).filter_map(|number| Part::new(number, 3)) {
        let found = search.run_part(&toy, part, jobs(2), &mut ());
        assert!(found.progress.states > 50, "{part} has a share of the work: {:?}", found.progress);
        states += found.progress.states;
        found.outcomes.into_iter().for_each(|(outcome, seen)| ends.entry(outcome).or_default().extend(seen.ends));
    }
    assert!(states >= whole.progress.states);
    let times: Vec<_> = whole.outcomes.iter().map(|(outcome, seen)| (*outcome, seen.times)).collect();
    assert_eq!(times, ends.iter().map(|(outcome, ends)| (*outcome, ends.len() as u64)).collect::<Vec<_>>());
}

fn two_adders() -> Toy {
    Toy { agents: vec![vec![Act::Add(0, 1), Act::Add(1, 1)], vec![Act::Add(2, 1), Act::Copy(0, 2)]], never: None }
}

#[test]
fn breadth_first_finds_the_shortest_way() {
    let toy = Toy { never: Some([0, 0, 1]), ..two_adders() };
    let found = Search::default().run(&toy, &mut ());
    assert_eq!(found.violated.map(|found| found.schedule), Some(Schedule(vec![Choice::go(1)])));
}

#[test]
fn reduction_spares_choices() {
    let toy = two_adders();
    let [plain, reduced] = [false, true].map(|reduction| {
        Search { reduction, symmetry: false, ..Search::default() }.run(&toy, &mut ()).progress.transitions
    });
    assert!(reduced < plain, "{reduced} of {plain}");
}

#[test]
fn a_budget_ends_a_search_with_another_word() {
    let toy = two_adders();
    let found = Search { states_max: 3, ..Search::default() }.run(&toy, &mut ());
    assert_eq!((found.verdict(0), found.spent), (Verdict::OutOfBudget, Some(Spent::States)));
    let found = Search { depth_max: 2, ..Search::default() }.run(&toy, &mut ());
    assert_eq!((found.verdict(0), found.spent), (Verdict::OutOfBudget, Some(Spent::Length)));
    let found = Search::default().run(&toy, &mut ());
    assert_eq!((found.verdict(0b11), found.verdict(0b1000)), (Verdict::Holds, Verdict::Violated));
}

#[test]
fn an_interrupted_search_says_what_it_knows() {
    struct AfterOneLook;
    impl Watch for AfterOneLook {
        fn look(&mut self, progress: &Progress) -> Option<Spent> {
            assert!(progress.states > 0 && progress.bytes > 0);
            Some(Spent::Interrupted)
        }
    }
    let many = Toy { agents: vec![vec![Act::Add(0, 1), Act::Add(1, 1), Act::Add(2, 1)]; 6], never: None };
    let search = Search { symmetry: false, reduction: false, ..Search::default() };
    let found = search.run(&many, &mut AfterOneLook);
    assert_eq!(found.spent, Some(Spent::Interrupted));
    assert!(found.progress.transitions >= 1024);
    assert!(search.run(&many, &mut ()).spent.is_none());
}

#[test]
fn pct_finds_an_order_a_random_walk_rarely_meets() {
    // Agent 0 must take all its twelve steps before agent 1 takes its first.
    let mut first = vec![Act::Add(1, 1); 12];
    first.push(Act::Add(0, 3));
    let toy = Toy { agents: vec![first, vec![Act::Refuse(0, 3)]], never: None };
    let tries = |pick| {
        let sampling = Sampling { pick, runs: 200, seed: 1, depth_max: 100 };
        sampling.run(&toy, &mut ()).progress.runs
    };
    assert!(tries(Pick::Pct { depth: 1 }) < 10);
    assert!(tries(Pick::Pct { depth: 1 }) < tries(Pick::Random));
}
