//! Databases of the older systems: read as one snapshot, never written, and nothing left beside them.
//!
//! Their tables are found by name, columns that are missing read as nothing, and rows come one part after another in the
//! order of their ids, so that memory stays flat. What a value means is decided by whoever asked for it.

mod ahead;
mod folder;
mod postgres;
mod sqlite;
mod value;

pub use ahead::Ahead;
pub use value::{Fields, OldRow, OldValue};

use std::fmt::Display;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::{DatabaseAddress, StoreError};

/// Rows of one part.
const AT_ONCE: usize = 512;
/// Bytes of one part, more or less: one row may be larger.
const PART_BYTES: usize = 1 << 20;
/// Rows that are larger, with all that belongs to them in another table, are refused.
const MAX_BYTES: usize = 8 << 20;
/// Parts that wait for their reader.
const WAITING: usize = 4;

/// What is to be read: one table, perhaps with the rows of a second one that belong to each of its rows.
#[derive(Clone, Copy, Debug)]
pub struct OldTable {
    /// Its name as the system's document writes it.
    pub name: &'static str,
    /// The column that rows are put in order by; their place in the table where it has none.
    pub order: &'static str,
    /// Columns that it must have.
    pub needed: &'static [&'static str],
    /// Columns that it may have.
    pub optional: &'static [&'static str],
    /// The table whose rows belong to its rows, where there is one.
    pub beside: Option<Beside>,
}

/// A second table: each of its rows belongs to a row of the first.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// Its name.
    pub name: &'static str,
    /// The column of the first table that names a row.
    pub key: &'static str,
    /// The column of this table that says to which it belongs.
    pub of: &'static str,
    /// The column that its rows are put in order by.
    pub order: &'static str,
    /// Columns that are read where they are there.
    pub columns: &'static [&'static str],
}

/// An old database, opened for one snapshot.
pub struct OldDatabase {
    place: String,
    source: Source,
}

enum Source {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
    Folder(folder::Folder),
}

/// The rows of a table, part by part.
pub struct OldRows {
    /// How many there are.
    pub total: u64,
    /// Files that are none, because their names end otherwise.
    pub ignored: u64,
    coming: Coming,
}

/// Where parts come from.
enum Coming {
    /// Somebody reads them, one after another.
    Rows(mpsc::Receiver<Result<Vec<OldRow>, StoreError>>),
    /// Whoever takes them reads them.
    Files(folder::Unread),
}

/// A part that is on its way.
enum Part {
    Rows(Vec<OldRow>),
    Files(folder::Unread),
}

impl Coming {
    async fn next(&mut self) -> Result<Option<Part>, StoreError> {
        Ok(match self {
            Self::Rows(parts) => parts.recv().await.transpose()?.map(Part::Rows),
            Self::Files(unread) => unread.next().map(Part::Files),
        })
    }
}

impl Part {
    /// May wait for a disk.
    fn read(self) -> Result<Vec<OldRow>, StoreError> {
        match self {
            Self::Rows(rows) => Ok(rows),
            Self::Files(unread) => unread.read(),
        }
    }
}

impl OldRows {
    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// When the rest cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<OldRow>>, StoreError> {
        match self.coming.next().await? {
            None => Ok(None),
            Some(Part::Rows(rows)) => Ok(Some(rows)),
            Some(part) => {
                let rows = spawn_blocking(move || part.read()).await;
                rows.map_err(|_| StoreError::Closed)?.map(Some)
            }
        }
    }

    /// What `make` makes of each part, on all cores.
    pub fn ahead<T: Send + 'static>(
        self,
        make: impl Fn(Vec<OldRow>) -> T + Send + Sync + 'static,
    ) -> Ahead<T> {
        Ahead::new(self, make)
    }
}

impl OldDatabase {
    /// Opens a SQLite file (its path, or `sqlite:PATH`) or a PostgreSQL database (its URL) for reading.
    ///
    /// # Errors
    /// When there is none, or it cannot be read. No message repeats a password.
    pub async fn open(from: &str) -> Result<Self, StoreError> {
        let is_url = ["sqlite:", "postgres://", "postgresql://"].iter().any(|start| from.starts_with(start));
        let address = if is_url { from.parse()? } else { DatabaseAddress::Sqlite(from.into()) };
        let place = match &address {
            DatabaseAddress::Sqlite(path) => path.display().to_string(),
            DatabaseAddress::Postgres(_) => address.to_string(),
        };
        let source = match &address {
            DatabaseAddress::Sqlite(path) => Source::Sqlite(sqlite::Database::open(path, &place)?),
            DatabaseAddress::Postgres(address) => {
                Source::Postgres(postgres::Database::open(address, &place).await?)
            }
        };
        Ok(Self { place, source })
    }

    /// Opens a folder of files: each is a row with the columns `name` and `text`, in the order of their names.
    ///
    /// # Errors
    /// When it is no folder, or cannot be read.
    pub fn folder(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        if !path.is_dir() {
            return Err(failed(&place, "it is no folder"));
        }
        Ok(Self { place, source: Source::Folder(folder::Folder::new(path)) })
    }

    /// What it is: `sqlite`, `postgres` or `folder`.
    pub const fn kind(&self) -> &'static str {
        match self.source {
            Source::Sqlite(_) => "sqlite",
            Source::Postgres(_) => "postgres",
            Source::Folder(_) => "folder",
        }
    }

    /// Where it is, for people: without a password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The rows of a table; `None` when there is no such table.
    ///
    /// # Errors
    /// When the table has not the columns that it must have, or cannot be read.
    pub async fn rows(&self, table: &OldTable) -> Result<Option<OldRows>, StoreError> {
        match &self.source {
            Source::Sqlite(database) => database.rows(table, &self.place),
            Source::Postgres(database) => database.rows(table, &self.place).await,
            Source::Folder(folder) => folder.rows(&self.place).map(Some),
        }
    }

    /// Whether what was read is one state: to be asked at the end, because a file that SQLite takes no lock on may have been
    /// written meanwhile.
    ///
    /// # Errors
    /// When it was.
    pub fn unchanged(&self) -> Result<(), StoreError> {
        match &self.source {
            Source::Sqlite(database) => database.unchanged(&self.place),
            Source::Postgres(_) | Source::Folder(_) => Ok(()),
        }
    }
}

fn failed(place: &str, why: &(impl Display + ?Sized)) -> StoreError {
    StoreError::OldDatabase { place: place.to_owned(), why: why.to_string() }
}

/// The columns of a table that were asked for, and those that it has.
struct Columns {
    /// In the order in which they are read: the name that was asked for, and the one in the table.
    read: Vec<(&'static str, String)>,
    order: Option<String>,
}

impl Columns {
    /// Finds the columns that were asked for, whatever their case.
    fn find(table: &OldTable, has: &[String], place: &str) -> Result<Self, StoreError> {
        let find = |wanted: &str| has.iter().find(|name| name.eq_ignore_ascii_case(wanted)).cloned();
        let missing: Vec<&str> = table.needed.iter().copied().filter(|name| find(name).is_none()).collect();
        if !missing.is_empty() {
            let why = format!("its table {} has no column {}", table.name, missing.join(", "));
            return Err(failed(place, &why));
        }
        let all = table.needed.iter().chain(table.optional);
        let read = all.filter_map(|name| Some((*name, find(name)?))).collect();
        Ok(Self { read, order: find(table.order) })
    }

    /// Of a table beside; `None` when it cannot be joined.
    fn find_beside(beside: &Beside, has: &[String]) -> Option<Self> {
        let find = |wanted: &str| has.iter().find(|name| name.eq_ignore_ascii_case(wanted)).cloned();
        find(beside.of)?;
        let read = beside.columns.iter().filter_map(|name| Some((*name, find(name)?))).collect();
        Some(Self { read, order: find(beside.order) })
    }

    fn named(&self, wanted: &str) -> Option<&str> {
        self.read.iter().find(|(name, _)| *name == wanted).map(|(_, there)| there.as_str())
    }
}

/// A name as both databases quote it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Puts rows together that belong to the same row of the first table, and hands them on in parts.
struct Parts {
    sender: mpsc::Sender<Result<Vec<OldRow>, StoreError>>,
    place: String,
    part: Vec<OldRow>,
    /// Bytes of the part, and of its last row.
    bytes: (usize, usize),
    /// What tells the last row from others.
    last: Option<OldValue>,
    number: u64,
}

impl Parts {
    const fn new(sender: mpsc::Sender<Result<Vec<OldRow>, StoreError>>, place: String) -> Self {
        Self { sender, place, part: Vec::new(), bytes: (0, 0), last: None, number: 0 }
    }

    /// Adds a row; gives what is to be handed on: the part when it is full, or that a row is too large. `key` tells it from
    /// others, where a table beside repeats it.
    fn add(
        &mut self,
        key: Option<OldValue>,
        row: impl FnOnce(u64) -> OldRow,
        beside: Option<Vec<OldValue>>,
    ) -> Option<Result<Vec<OldRow>, StoreError>> {
        let again = key.is_some() && key == self.last;
        let is_full = self.part.len() >= AT_ONCE || self.bytes.0 >= PART_BYTES;
        let full = if !again && is_full { Some(Ok(self.take())) } else { None };
        if !again {
            self.number += 1;
            let row = row(self.number);
            self.bytes.1 = 0;
            self.count(&row.values);
            self.part.push(row);
            self.last = key;
        }
        if let Some(values) = beside {
            self.count(&values);
            if let Some(row) = self.part.last_mut() {
                row.beside.push(values);
            }
        }
        if self.bytes.1 > MAX_BYTES {
            drop(self.take());
            let why = format!("row {} is too large, with what belongs to it", self.number);
            return Some(Err(failed(&self.place, &why)));
        }
        full
    }

    fn count(&mut self, values: &[OldValue]) {
        let bytes: usize = values.iter().map(OldValue::bytes).sum();
        self.bytes = (self.bytes.0 + bytes, self.bytes.1 + bytes);
    }

    fn take(&mut self) -> Vec<OldRow> {
        self.bytes = (0, 0);
        std::mem::take(&mut self.part)
    }
}
