//! Every table with every column, for what moves a database as a whole: exports, imports and backups.
//!
//! A test compares [`TABLES`] and [`LEFT_OUT`] with the schema of both databases: a new column does not pass it until
//! someone decides here whether it comes along.

mod list;
mod load;
mod snapshot;
mod statements;

pub use list::{LEFT_OUT, TABLES};
pub use load::{Datum, clear, count, fill, insert, is_as_made, is_empty, is_served};
pub use snapshot::Snapshot;

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row of it is, as a sentence for the page of the export.
    pub about: &'static str,
    /// When it comes along.
    pub kept: Kept,
    /// Its primary key: the order of its rows.
    pub key: &'static [&'static str],
    /// Its columns.
    pub columns: &'static [Column],
}

/// When a table comes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In exports and backups: what the account has.
    Content,
    /// In exports and backups: the audit log, which grows with every change, and with every export.
    Log,
    /// In backups only, for the reason that follows: it ends by itself soon.
    Backup(&'static str),
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds, and so how it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An id of 16 bytes.
    Id,
    /// A number.
    Number,
    /// 0 or 1.
    Flag,
    /// An instant in microseconds.
    Time,
    /// A text; also an object of JSON, which stays a text so that each of its characters is kept.
    Text,
    /// Bytes that are no secret.
    Bytes,
    /// A secret text, sealed for its table, column and row.
    Sealed,
    /// A digest under the look-up key.
    Digest,
    /// The hash of a password.
    Password,
    /// Of no use anywhere else: an import writes this instead.
    Here(Option<i64>),
}

impl Kind {
    /// Whether an export without secrets leaves it out.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Sealed | Self::Digest | Self::Password)
    }
}

impl Kept {
    /// Why it is in backups only.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Backup(reason) => Some(reason),
            Self::Content | Self::Log => None,
        }
    }
}

impl Table {
    /// The table of a name, and its place among all.
    pub fn named(name: &str) -> Option<(usize, &'static Self)> {
        TABLES.iter().enumerate().find(|(_, table)| table.name == name)
    }

    /// Whether it comes along in an export.
    pub const fn is_exported(&self) -> bool {
        !matches!(self.kept, Kept::Backup(_))
    }

    /// Whether its rows are numbered.
    fn is_numbered(&self) -> bool {
        self.columns.iter().any(|column| column.name == "serial")
    }
}

/// Every statement, to be prepared on both databases.
#[cfg(feature = "testing")]
pub(crate) fn all() -> Vec<crate::Sql> {
    [statements::all().as_slice(), load::ALL, snapshot::ALL].concat()
}
