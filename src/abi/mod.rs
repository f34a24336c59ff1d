//! ws2spi.h in Rust.
