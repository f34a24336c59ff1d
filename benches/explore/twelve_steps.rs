//! A program of twelve steps: three processes share a socket and make four calls each, in 34,650 orders. And what
//! somebody would write for `shuttle` in its place: three threads that take four steps each on a value behind a mutex.

use std::collections::BTreeMap;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use wspsim::explore::{End, Order, Pick, Sampling, Search, System};
use wspsim::scenario::programs::Orders;

use super::programs;

const ORDERS: u64 = 34_650;
const RUNS: u64 = 2_000;

fn text() -> String {
    let of_process = |process: usize| {
        let (s, size) = (["a", "b", "c"][process], 1000 + process);
        format!(
            r#""{s}": [
                (call: WSPSetSockOpt(s: "{s}s", option: SO_RCVBUF, value: {size})),
                (call: WSPGetSockOpt(s: "{s}s", option: SO_RCVBUF)),
                (call: WSPEventSelect(s: "{s}s", event: "{s}e", events: "FD_READ")),
                (call: WSPCloseSocket(s: "{s}s")),
            ]"#
        )
    };
    let programs = [0, 1, 2].map(of_process).join(", ");
    format!(
        r#"Scenario(about: "three processes share a socket", model: "windows", processes: ["a", "b", "c"], steps: [
            (on: "a", call: WSPSocket(af: AF_INET, kind: SOCK_STREAM), gives: "as"),
            (on: "a", call: WSPDuplicateSocket(s: "as", process: "b"), gives: "forb"),
            (on: "b", call: WSPSocket(info: "forb"), gives: "bs"),
            (on: "a", call: WSPDuplicateSocket(s: "as", process: "c"), gives: "forc"),
            (on: "c", call: WSPSocket(info: "forc"), gives: "cs"),
            (on: "a", call: WSACreateEvent(), gives: "ae"),
            (on: "b", call: WSACreateEvent(), gives: "be"),
            (on: "c", call: WSACreateEvent(), gives: "ce"),
        ], programs: {{ {programs} }})"#
    )
}

fn with_orders(run: impl FnOnce(&Orders<'_>)) {
    programs::with_orders(&text(), run);
}

/// Every order by itself: nothing is merged and nothing spared.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn all_orders_unmerged(bencher: Bencher<'_, '_>) {
    fn follow(orders: &Orders<'_>, depth: usize, stack: &mut [<Orders<'_> as System>::State], runs: &mut u64) {
        let mut choices = Vec::new();
        orders.choices(&stack[depth], &mut choices);
        if choices.is_empty() {
            assert!(matches!(orders.end(&stack[depth]), End::Finished { .. }));
            *runs += 1;
        }
        let last = choices.pop();
        for choice in choices {
            let (here, next) = stack.split_at_mut(depth + 1);
            next[0].clone_from(&here[depth]);
            orders.go(&mut next[0], choice).expect("nothing is wrong");
            follow(orders, depth + 1, stack, runs);
        }
        if let Some(last) = last {
            // Nobody comes back here.
            stack.swap(depth, depth + 1);
            orders.go(&mut stack[depth + 1], last).expect("nothing is wrong");
            follow(orders, depth + 1, stack, runs);
        }
    }
    with_orders(|orders| {
        let start = orders.start();
        let mut stack = vec![start.clone(); 14];
        bencher.counter(ItemsCount::new(ORDERS)).bench_local(|| {
            let mut runs = 0;
            stack[0].clone_from(&start);
            follow(orders, 0, &mut stack, &mut runs);
            assert_eq!(runs, ORDERS);
        });
    });
}

/// Equal states are one.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn all_orders_merged(bencher: Bencher<'_, '_>) {
    with_orders(|orders| {
        let search = Search { order: Order::DepthFirst, ..Search::default() };
        bencher.bench_local(|| {
            let found = search.run(orders, &mut ());
            assert!(found.counterexample().is_none() && found.spent.is_none(), "{:?}", found.counterexample());
            assert!(found.progress.states <= 600, "{} states", found.progress.states);
        });
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn random_runs(bencher: Bencher<'_, '_>) {
    with_orders(|orders| {
        let sampling = Sampling { pick: Pick::Random, runs: RUNS, seed: 1, depth_max: 100 };
        bencher.counter(ItemsCount::new(RUNS)).bench_local(|| {
            let found = sampling.run(orders, &mut ());
            assert_eq!(found.progress.runs, RUNS, "{:?}", found.counterexample());
        });
    });
}

/// The toy.
fn toy() {
    use shuttle::sync::Mutex;
    let value = Arc::new(Mutex::new(BTreeMap::from([(0, 0)])));
    let threads = (0..3).map(|thread| {
        let value = Arc::clone(&value);
        shuttle::thread::spawn(move || {
            for step in 0..4 {
                *value.lock().expect("not poisoned").entry(thread).or_insert(0) += step;
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn random_runs_shuttle(bencher: Bencher<'_, '_>) {
    let runs = RUNS as usize;
    bencher.counter(ItemsCount::new(runs)).bench_local(|| shuttle::check_random(toy, runs));
}
