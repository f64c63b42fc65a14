//! One instant of a database, held still while it is read through.

use std::path::Path;
use std::sync::Mutex;

use super::Table;
use super::statements::Statements;
use crate::driver::{postgres, sqlite};
use crate::row::{Map, Row, first};
use crate::sql::statements;
use crate::{Read, Sql, StoreError, Value};

statements! {
    VERSION = "select max(version) from schema_version";
}

/// A database as it was when somebody first looked. Others go on changing it meanwhile.
pub struct Snapshot<'s>(Source<'s>);

enum Source<'s> {
    /// A connection of its own, in a transaction.
    Own(Mutex<rusqlite::Connection>),
    /// Somebody's transaction.
    Lent(Side<'s>),
}

#[derive(Clone, Copy)]
enum Side<'s> {
    Sqlite(&'s Mutex<rusqlite::Connection>),
    Postgres(&'s deadpool_postgres::Transaction<'s>),
}

impl<'s> Snapshot<'s> {
    pub(crate) const fn sqlite(connection: rusqlite::Connection) -> Self {
        Self(Source::Own(Mutex::new(connection)))
    }

    pub(crate) const fn of_transaction(connection: &'s Mutex<rusqlite::Connection>) -> Self {
        Self(Source::Lent(Side::Sqlite(connection)))
    }

    pub(crate) const fn postgres(transaction: &'s deadpool_postgres::Transaction<'s>) -> Self {
        Self(Source::Lent(Side::Postgres(transaction)))
    }

    const fn side(&self) -> Side<'_> {
        match &self.0 {
            Source::Own(connection) => Side::Sqlite(connection),
            Source::Lent(side) => *side,
        }
    }

    /// A SQLite file that nobody changes, such as a backup. No file is made beside it, and none is looked at.
    ///
    /// # Errors
    /// When it is no SQLite database, or cannot be read.
    pub fn of_file(path: &Path) -> Result<Snapshot<'static>, StoreError> {
        sqlite::still(path).map(Snapshot::sqlite)
    }

    /// Hands every row of a table to `take`, in the order of its key. They come as they are taken: nothing is collected.
    /// `take` must not ask the snapshot.
    ///
    /// # Errors
    /// Those of `take`, and when the database cannot be asked.
    pub async fn each<E: From<StoreError>>(
        &self,
        table: &Table,
        take: impl FnMut(&mut Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let rows = Statements::of(table).rows;
        match self.side() {
            Side::Sqlite(connection) => sqlite::each(&sqlite::lock(connection), rows, take),
            Side::Postgres(transaction) => postgres::each(transaction, rows, take).await,
        }
    }

    /// The version of its schema.
    ///
    /// # Errors
    /// When the database cannot be asked, or is not ours.
    pub async fn schema(&self) -> Result<i64, StoreError> {
        Ok(self.one(VERSION, &[], first).await?.unwrap_or_default())
    }

    /// What SQLite finds broken in its file; `None` when it is whole. PostgreSQL has no such question.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn broken(&self) -> Result<Option<String>, StoreError> {
        match self.side() {
            Side::Sqlite(connection) => sqlite::broken(&sqlite::lock(connection)),
            Side::Postgres(_) => Ok(None),
        }
    }
}

impl Read for Snapshot<'_> {
    async fn one<T: Send>(&self, sql: Sql, args: &[Value<'_>], map: Map<T>) -> Result<Option<T>, StoreError> {
        match self.side() {
            Side::Sqlite(connection) => sqlite::one(&sqlite::lock(connection), sql, args, map),
            Side::Postgres(transaction) => {
                postgres::one(transaction, sql, args, map).await.map_err(|failed| failed.error)
            }
        }
    }

    async fn fitting<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
        fits: impl Fn(&T) -> bool + Send,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        match self.side() {
            Side::Sqlite(connection) => {
                sqlite::fitting(&sqlite::lock(connection), sql, args, map, fits, limit)
            }
            Side::Postgres(transaction) => {
                let found = postgres::fitting(transaction, sql, args, map, fits, limit).await;
                found.map_err(|failed| failed.error)
            }
        }
    }
}
