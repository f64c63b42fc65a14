//! What operations read and write through.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::try_join_all;

use crate::driver::{postgres, sqlite};
use crate::row::Map;
use crate::{Sql, StoreError, Value};

/// Reading: the store itself, or a transaction.
pub trait Read: Sync {
    /// The first row.
    ///
    /// # Errors
    /// When the database could not be asked.
    fn one<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send;

    /// All rows. For lists that are known to be short, or end with a `limit`.
    ///
    /// # Errors
    /// When the database could not be asked.
    fn all<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send;
}

/// A transaction: what a [`Job`](crate::Job) has to work with.
pub struct Tx<'c> {
    connection: Connection<'c>,
    /// Whether a statement failed because of another transaction and the job is worth running again.
    may_run_again: AtomicBool,
}

enum Connection<'c> {
    /// Locked for each statement: jobs are futures, which may move between threads as far as the compiler knows.
    Sqlite(&'c Mutex<rusqlite::Connection>),
    Postgres(&'c deadpool_postgres::Transaction<'c>),
}

impl<'c> Tx<'c> {
    pub(crate) const fn sqlite(connection: &'c Mutex<rusqlite::Connection>) -> Self {
        Self { connection: Connection::Sqlite(connection), may_run_again: AtomicBool::new(false) }
    }

    pub(crate) const fn postgres(transaction: &'c deadpool_postgres::Transaction<'c>) -> Self {
        Self { connection: Connection::Postgres(transaction), may_run_again: AtomicBool::new(false) }
    }

    pub(crate) fn may_run_again(&self) -> bool {
        self.may_run_again.load(Ordering::Relaxed)
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn execute(&self, sql: Sql, args: &[Value<'_>]) -> Result<u64, StoreError> {
        match self.connection {
            Connection::Sqlite(connection) => sqlite::execute(&sqlite::lock(connection), sql, args),
            Connection::Postgres(transaction) => self.noted(postgres::execute(transaction, sql, args).await),
        }
    }

    /// Runs a statement once for each row of values, as fast as the database takes them.
    ///
    /// # Errors
    /// When the database refuses one.
    pub async fn execute_each(&self, sql: Sql, rows: &[Vec<Value<'_>>]) -> Result<u64, StoreError> {
        match self.connection {
            Connection::Sqlite(connection) => {
                let connection = sqlite::lock(connection);
                rows.iter().map(|args| sqlite::execute(&connection, sql, args)).sum()
            }
            Connection::Postgres(transaction) => {
                // Polled together they are sent together: one round trip instead of one each.
                let all =
                    try_join_all(rows.iter().map(|args| postgres::execute(transaction, sql, args))).await;
                self.noted(all.map(|counts| counts.into_iter().sum()))
            }
        }
    }

    fn noted<T>(&self, result: Result<T, postgres::Failed>) -> Result<T, StoreError> {
        result.map_err(|failed| {
            if failed.may_run_again {
                self.may_run_again.store(true, Ordering::Relaxed);
            }
            failed.error
        })
    }
}

impl Read for Tx<'_> {
    async fn one<T: Send>(&self, sql: Sql, args: &[Value<'_>], map: Map<T>) -> Result<Option<T>, StoreError> {
        match self.connection {
            Connection::Sqlite(connection) => sqlite::one(&sqlite::lock(connection), sql, args, map),
            Connection::Postgres(transaction) => self.noted(postgres::one(transaction, sql, args, map).await),
        }
    }

    async fn all<T: Send>(&self, sql: Sql, args: &[Value<'_>], map: Map<T>) -> Result<Vec<T>, StoreError> {
        match self.connection {
            Connection::Sqlite(connection) => sqlite::all(&sqlite::lock(connection), sql, args, map),
            Connection::Postgres(transaction) => self.noted(postgres::all(transaction, sql, args, map).await),
        }
    }
}
