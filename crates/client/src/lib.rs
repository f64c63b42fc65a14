//! The application's side of licensing: one [`LicenseManager`] that answers whether the application may run here, now.
//!
//! Owns what an application asks of the machine it runs on: the device's id, the licence's files, what the device remembers,
//! the time guard, trials, offline activation, and, with the feature `online`, the server. Forms and verdicts are the core's.
//! Needs no async runtime; without `online`, no C compiler.

mod builder;
pub mod clock;
pub mod device;
mod error;
pub mod files;
mod identity;
mod install;
mod judge;
mod ledger;
mod manager;
mod memory;
mod offline;
#[cfg(feature = "online")]
pub mod online;
mod place;
mod recover;
mod state;
mod status;
mod trial;
mod usage;
mod watch;

pub use builder::Builder;
pub use error::{CODES, ClientError};
pub use keyward_core::code::Code;
pub use keyward_core::time::Timestamp;
pub use keyward_core::verdict::{Access, Verdict};
pub use ledger::Seen;
pub use manager::LicenseManager;
pub use status::{Note, Source, Status};
pub use usage::Usage;
pub use watch::Watching;
