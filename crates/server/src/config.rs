//! Configuration: one struct per section, read from four places.
//!
//! In rising order: the defaults, the older systems' variables, `keyward.toml`, `KEYWARD_*` variables, flags. Owns the
//! names of all keys, their types and their defaults. Reads one file; everything else is handed in.

mod error;
mod file;
mod keys;
mod load;
mod print;
mod secret;
mod sections;
mod text;
mod values;

pub use error::{ConfigError, Fault};
pub use load::{Loaded, Overrides, Sources, load};
pub(crate) use print::Shown;
pub use secret::{DatabaseUrl, SecretText};
pub use sections::{
    Audit, Config, Database, Dialects, File, Keys, Limits, LkDialect, Log, PoolDialect, RecordsDialect,
    Secrets, Server, TierDialect,
};
pub use values::{ByteSize, HstsAge, LogFormat, LogLevel, MetricsAccess, Origin, StatsAccess, Verifications};

/// The commented default file, as `keyward config default` prints it.
pub const DEFAULT_FILE: &str = include_str!("config/default.toml");

/// The file that is read when none is named and it exists.
pub const FILE_NAME: &str = "keyward.toml";

#[cfg(test)]
mod tests;
