//! The first line and the last.

use std::collections::BTreeMap;

use keyward_core::time::Timestamp;
use keyward_store::tables::{Kept, Table};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a file has of the secrets in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secrets {
    /// Their texts. Such a file is never written in clear.
    Opened,
    /// What stands in the database: nobody without its master key can read them.
    Sealed,
    /// Nothing, nor any digest of them.
    None,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// `export`, `sealed-export` or `backup`.
    pub keyward: String,
    /// [`super::VERSION`].
    pub version: u32,
    /// The version of the database's schema.
    pub schema: i64,
    /// The version of the program that wrote it.
    pub program: String,
    /// The kind of database that it was written from.
    pub database: String,
    /// What it has of the secrets.
    pub secrets: Secrets,
    /// The id of the master key that the database was sealed under.
    pub master_key: String,
    /// When it was written.
    pub at: String,
    /// The key of look-up digests, in an export of opened secrets: tokens and links are found by nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup_key: Option<String>,
}

/// The name of an export in clear.
pub(super) const EXPORT: &str = "export";
/// The name of an export under a passphrase.
pub(super) const SEALED_EXPORT: &str = "sealed-export";
/// The name of a backup.
pub(super) const BACKUP: &str = "backup";

impl Head {
    pub(crate) fn new(
        secrets: Secrets,
        database: &str,
        schema: i64,
        master_key: &str,
        at: Timestamp,
    ) -> Self {
        let keyward = if secrets == Secrets::Sealed { BACKUP } else { EXPORT };
        Self {
            keyward: keyward.to_owned(),
            version: super::VERSION,
            schema,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            database: database.to_owned(),
            secrets,
            master_key: master_key.to_owned(),
            at: at.to_string(),
            lookup_key: None,
        }
    }

    /// What may be read without the passphrase.
    pub(super) fn in_clear(&self) -> Self {
        Self { keyward: SEALED_EXPORT.to_owned(), lookup_key: None, ..self.clone() }
    }

    /// Whether it is what `keyward backup` writes.
    pub fn is_backup(&self) -> bool {
        self.keyward == BACKUP
    }

    /// As a line.
    pub(super) fn line(&self) -> Vec<u8> {
        line_of(self)
    }
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Counts and digests.
    pub end: Counts,
}

/// How much there was, and a digest of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 of the lines of all tables but those of the log, each with its newline.
    pub content: String,
    /// SHA-256 of the lines of the log.
    pub log: String,
}

impl Counts {
    /// All rows.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }

    pub(super) fn line(self) -> Vec<u8> {
        line_of(&End { end: self })
    }
}

fn line_of(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("texts and numbers can be written as JSON");
    line.push(b'\n');
    line
}

/// Adds up lines as they are written or read.
#[derive(Default)]
pub(super) struct Tally {
    rows: BTreeMap<String, u64>,
    content: Sha256,
    log: Sha256,
}

impl Tally {
    /// A table without rows is counted, too.
    pub(super) fn table(&mut self, table: &Table) {
        self.rows.entry(table.name.to_owned()).or_default();
    }

    pub(super) fn line(&mut self, table: &Table, line: &[u8]) {
        match self.rows.get_mut(table.name) {
            Some(count) => *count += 1,
            None => {
                self.rows.insert(table.name.to_owned(), 1);
            }
        }
        match table.kept {
            Kept::Log => self.log.update(line),
            Kept::Content | Kept::Backup(_) => self.content.update(line),
        }
    }

    pub(super) fn counts(self) -> Counts {
        let Self { rows, content, log } = self;
        Counts { rows, content: hex::encode(content.finalize()), log: hex::encode(log.finalize()) }
    }
}
