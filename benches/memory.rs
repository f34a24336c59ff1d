//! What a million open sockets in a hundred processes weigh, in resident bytes each (Linux).
//!
//! `cargo bench --bench memory`
#![allow(missing_docs, reason = "a benchmark")]
#![allow(clippy::print_stdout, reason = "it prints its figure")]

#[path = "../tests/support/mod.rs"]
mod support;

use support::{Bench, machine};
use wspsim::provider::HandleKind::{self, Ifs, NonIfs};
use wspsim::world::machine::Platform;

const SOCKETS: usize = 1_000_000;
const PROCESSES: usize = 100;

fn main() {
    weigh("base alone", &[]);
    weigh("one non-IFS layer", &[NonIfs]);
}

fn weigh(stack: &str, layers: &[HandleKind]) {
    let mut bench = Bench::new(&machine(Ifs, layers, Platform::default()));
    let processes: Vec<_> = (0..PROCESSES).map(|_| bench.process()).collect();
    let Some(before) = resident() else {
        println!("{stack}: this system does not say how much memory is resident");
        return;
    };
    for at in 0..SOCKETS {
        bench.tcp(processes[at % PROCESSES]);
    }
    let grown = resident().unwrap_or_default().saturating_sub(before);
    println!("{stack}: {} bytes for each of {SOCKETS} sockets", grown / SOCKETS);
}

/// Resident bytes of this program.
fn resident() -> Option<usize> {
    const PAGE: usize = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split_whitespace().nth(1)?.parse::<usize>().ok()? * PAGE)
}
