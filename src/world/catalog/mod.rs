//! The catalogs of the machine: what is installed, what a process sees of it, and the calls that change it (WSC).
//!
//! A machine has two catalogs, one for each width of process. They stand in [`Installed`]; a process goes by the
//! [`Catalog`] it found at its WSAStartup, which never changes.
//!
//! | file | what |
//! |---|---|
//! | `entries` | one catalog: its entries in order, chains |
//! | `installed` | both of them, the applications with LSP categories, and what a process gets to see |
//! | `categories` | which layers an application loads |
//! | `calls` | a call comes in: whose catalog, whose rights |
//! | `editor` | what all changes have in common |
//! | `install`, `layers` | WSCInstallProvider, WSCInstallProviderAndChains |
//! | `change` | WSCDeinstallProvider, WSCUpdateProvider, WSCWriteProviderOrder |
//! | `read` | WSCEnumProtocols, WSCGetProviderPath |
//! | `info` | WSCGetProviderInfo, WSCSetProviderInfo |
//! | `notice` | WSAProviderConfigChange |
//! | `applications` | WSCGetApplicationCategory, WSCSetApplicationCategory |

mod applications;
mod calls;
mod categories;
mod change;
mod editor;
mod entries;
mod info;
mod install;
mod installed;
mod layers;
mod notice;
mod read;

pub use categories::loads;
pub use entries::{Catalog, CatalogEntry, ShapeId};
pub use installed::Installed;
pub use notice::CatalogWatch;
