//! A whole database as lines of JSON: what exports, imports and backups of PostgreSQL are made of.
//!
//! Owns the format (`docs/export.md`): a [`Head`], a line for each row, an [`End`] with counts and digests; and the same
//! under a passphrase. Which tables and columns there are is said by [`keyward_store::tables`].

mod error;
mod format;
mod line;
mod load;
mod read;
mod sealed;
mod write;

pub use error::ArchiveError;
pub use format::{Counts, End, Head, Secrets};
pub use load::{Loaded, Progress, Target, load};
pub use read::{Archive, is_archive};
pub(crate) use write::write;
pub use write::{Sink, Written};

/// The version of the format that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// The beginning of the first line, in clear or sealed.
const MAGIC: &str = "{\"keyward\":";
