//! What lies under a base provider.

/// A change of a shared socket, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {}
