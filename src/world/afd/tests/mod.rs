//! What lies under a base provider, tested through its public interface.

mod bench;
mod random;

use bench::Bench;

use super::*;

#[test]
fn a_fresh_socket_is_counted_and_gone_with_its_last_reference() {
    let mut bench = Bench::new();
    let s = bench.stream();
    assert_eq!(bench.afd.socket(s).map(SharedSocket::descriptors), Some(1));
    bench.close(s);
    assert!(bench.afd.is_empty());
}
