//! Plain numbers by their Windows names: `AF_INET`, `SOCK_STREAM`, `SOMAXCONN`, or 23.

use serde::de::{Deserialize, Deserializer, Error};

use super::explain::{nearest, shortened};
use super::items::bare;
use super::source::{Raw, parse};
use crate::abi::consts;

/// A number that may be written as a Windows name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant(pub i32);

impl Constant {
    /// Reads a name or a number.
    ///
    /// # Errors
    /// A sentence when it is neither.
    pub fn read(text: &str) -> Result<Self, String> {
        if let Some(value) = consts::named_constant(text) {
            return Ok(Self(value as i32));
        }
        if text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            return Err(match nearest(text, names()) {
                Some(near) => format!("`{}` is no known constant; did you mean `{near}`?", shortened(text)),
                None => format!("`{}` is no known constant", shortened(text)),
            });
        }
        let number = parse::<i64>(text).map_err(|_| "expected a Windows name or a number".to_owned())?;
        let word = i32::try_from(number).or_else(|_| u32::try_from(number).map(|word| word as i32));
        word.map(Self).map_err(|_| format!("{number} does not fit into 32 bits"))
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    let groups = [
        consts::FAMILIES,
        consts::SOCKET_TYPES,
        consts::PROTOCOLS,
        consts::SHUTDOWN_DIRECTIONS,
        consts::CONDITION_ANSWERS,
        consts::JOIN_LEAF_ROLES,
        consts::DISCONNECT_FLAGS,
        &[("SOMAXCONN", consts::SOMAXCONN), ("FROM_PROTOCOL_INFO", consts::FROM_PROTOCOL_INFO)],
    ];
    groups.into_iter().flatten().map(|(name, _)| *name)
}

impl<'de> Deserialize<'de> for Constant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        Self::read(bare(raw.0)).map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let read = |text| Constant::read(text).map(|constant| constant.0);
        assert_eq!(read("AF_INET6"), Ok(23));
        assert_eq!(read("0x17"), Ok(23));
        assert_eq!(read("-1"), Ok(-1));
        assert_eq!(read("FROM_PROTOCOL_INFO"), Ok(-1));
        assert_eq!(read("AF_INTE"), Err("`AF_INTE` is no known constant; did you mean `AF_INET`?".to_owned()));
        assert!(read("4294967296").is_err() && read("[").is_err() && read("").is_err());
    }
}
