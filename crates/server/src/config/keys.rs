//! The table of all keys: the one place that names them.

use super::sections::Config;
use super::text::{Raw, Setting};

/// A key of the configuration.
pub(super) struct Key {
    /// Section and name, joined by dots.
    pub(super) path: &'static str,
    /// A shorter variable beside the one made from the path.
    pub(super) short: Option<&'static str>,
    /// The variables of the older systems that mean the same.
    pub(super) old: &'static [&'static str],
    /// Reads a value; the error says what to write instead.
    pub(super) set: fn(&mut Config, &Raw) -> Result<(), String>,
    /// Shows the value as it stands in the file.
    pub(super) show: fn(&Config) -> Option<String>,
}

impl Key {
    /// `KEYWARD_SECTION_KEY`.
    pub(super) fn variable(&self) -> String {
        format!("KEYWARD_{}", self.path.to_uppercase().replace('.', "_"))
    }

    /// The section, and the name in it.
    pub(super) fn split(&self) -> (&'static str, &'static str) {
        self.path.rsplit_once('.').unwrap_or(("", self.path))
    }
}

macro_rules! short {
    ($text:literal) => {
        Some($text)
    };
    () => {
        None
    };
}

macro_rules! table {
    ($($first:ident $(. $rest:ident)+ $(($short:literal))? $([$($old:literal),+])?;)*) => {
        /// All keys, in the order of the default file.
        pub(super) const KEYS: &[Key] = &[$(Key {
            path: concat!(stringify!($first) $(, ".", stringify!($rest))+),
            short: short!($($short)?),
            old: &[$($($old),+)?],
            set: |config, raw| {
                config.$first$(.$rest)+ = Setting::read(raw)?;
                Ok(())
            },
            show: |config| config.$first$(.$rest)+.show(),
        },)*];
    };
}

table! {
    server.listen ("KEYWARD_LISTEN");
    server.data ("KEYWARD_DATA");
    server.document_ports;
    server.tls_cert;
    server.tls_key;
    server.hsts_max_age;
    server.trusted_proxies;
    server.body_limit;
    server.header_timeout;
    server.read_timeout;
    server.drain_timeout;
    server.metrics;
    database.url ("KEYWARD_DATABASE") ["DATABASE_URL", "LICENSE_DATABASE_URL"];
    database.pool_size;
    database.memory;
    log.format;
    log.level;
    dialects.records.enabled;
    dialects.records.listen;
    dialects.records.product;
    dialects.records.cors_origins;
    dialects.pool.enabled;
    dialects.pool.listen;
    dialects.pool.product;
    dialects.pool.cors_origins;
    dialects.pool.stats;
    dialects.tier.enabled;
    dialects.tier.listen;
    dialects.tier.product;
    dialects.tier.prefix;
    dialects.tier.cors_origins;
    dialects.tier.requests_per_minute;
    dialects.lk.enabled;
    dialects.lk.listen;
    dialects.lk.product;
    dialects.lk.cors_origins;
    limits.failures;
    limits.window;
    limits.lockout;
    limits.max_lockout;
    limits.forget;
    limits.alert;
    audit.verifications;
    audit.tier_verifications;
    audit.keep_days;
    audit.checkpoint_file;
    keys.master_key_file;
    file.product;
}

/// The key of that path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The known name that looks most like the one given, when one looks like it at all.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
