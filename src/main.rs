//! wspsim.
fn main() {}
