//! What operations read and write through.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::driver::{postgres, sqlite};
use crate::row::Map;
use crate::sql::args;
use crate::tables::Snapshot;
use crate::{DoorMetrics, Sql, StoreError, Value};

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

    /// The row that a unique key has. On PostgreSQL many such questions share a connection, so that a slow one would hold up the
    /// others.
    ///
    /// # Errors
    /// When the database could not be asked.
    fn keyed<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send {
        self.one(sql, args, map)
    }

    /// The row of a licence that a unique key has, from memory where that is known to be what the database says. What `lasting`
    /// gives is the licence's number; without one the row is not remembered.
    ///
    /// # Errors
    /// When the database could not be asked.
    fn remembered<T: Send>(
        &self,
        sql: Sql,
        (account, digest): (Uuid, &[u8; 32]),
        map: Map<T>,
        _lasting: fn(&T) -> Option<i64>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send {
        async move { self.keyed(sql, args![account, digest], map).await }
    }

    /// All rows. For lists that are known to be short, or end with a `limit`.
    ///
    /// # Errors
    /// When the database could not be asked.
    fn all<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send {
        self.fitting(sql, args, map, |_| true, usize::MAX)
    }

    /// The first rows that fit, up to so many. SQLite looks at no further ones.
    ///
    /// # Errors
    /// When the database could not be asked.
    fn fitting<T: Send>(
        &self,
        sql: Sql,
        args: &[Value<'_>],
        map: Map<T>,
        fits: impl Fn(&T) -> bool + Send,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send;
}

/// A transaction: what a [`Job`](crate::Job) has to work with. Once a statement failed it cannot be committed, whatever
/// the job makes of the error: PostgreSQL refuses the rest of the transaction, and both databases shall do the same.
pub struct Tx<'c> {
    connection: Connection<'c>,
    metrics: &'c DoorMetrics,
    /// Why the first statement failed that did.
    failure: Mutex<Option<StoreError>>,
    /// Whether a statement failed because of another transaction and the job is worth running again.
    may_run_again: AtomicBool,
}

enum Connection<'c> {
    /// Locked for each statement: jobs are futures, which may move between threads as far as the compiler knows.
    Sqlite(&'c Mutex<rusqlite::Connection>),
    Postgres(&'c deadpool_postgres::Transaction<'c>),
}

impl<'c> Tx<'c> {
    pub(crate) const fn sqlite(
        connection: &'c Mutex<rusqlite::Connection>,
        metrics: &'c DoorMetrics,
    ) -> Self {
        Self::new(Connection::Sqlite(connection), metrics)
    }

    pub(crate) const fn postgres(
        transaction: &'c deadpool_postgres::Transaction<'c>,
        metrics: &'c DoorMetrics,
    ) -> Self {
        Self::new(Connection::Postgres(transaction), metrics)
    }

    const fn new(connection: Connection<'c>, metrics: &'c DoorMetrics) -> Self {
        Self { connection, metrics, failure: Mutex::new(None), may_run_again: AtomicBool::new(false) }
    }

    /// Why the transaction cannot be committed, if it cannot.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn may_run_again(&self) -> bool {
        self.may_run_again.load(Ordering::Relaxed)
    }

    /// The database as this transaction sees it, to be read through.
    pub fn snapshot(&self) -> Snapshot<'_> {
        match self.connection {
            Connection::Sqlite(connection) => Snapshot::of_transaction(connection),
            Connection::Postgres(transaction) => Snapshot::postgres(transaction),
        }
    }

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn execute(&self, sql: Sql, args: &[Value<'_>]) -> Result<u64, StoreError> {
        self.metrics.statement();
        match self.connection {
            Connection::Sqlite(connection) => {
                self.kept(sqlite::execute(&sqlite::lock(connection), sql, args))
            }
            Connection::Postgres(transaction) => self.noted(postgres::execute(transaction, sql, args).await),
        }
    }

    /// Runs a statement once for each row of values, as fast as the database takes them.
    ///
    /// # Errors
    /// When the database refuses one.
    pub async fn execute_each(&self, sql: Sql, rows: &[Vec<Value<'_>>]) -> Result<u64, StoreError> {
        self.metrics.statement();
        match self.connection {
            Connection::Sqlite(connection) => {
                self.kept(sqlite::execute_each(&sqlite::lock(connection), sql, rows))
            }
            Connection::Postgres(transaction) => {
                self.noted(postgres::execute_each(transaction, sql, rows).await)
            }
        }
    }

    fn kept<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| error.clone());
        }
        result
    }

    fn noted<T>(&self, result: Result<T, postgres::Failed>) -> Result<T, StoreError> {
        self.kept(result.map_err(|failed| {
            if failed.may_run_again {
                self.may_run_again.store(true, Ordering::Relaxed);
            }
            failed.error
        }))
    }
}

impl Read for Tx<'_> {
    async fn one<T: Send>(&self, sql: Sql, args: &[Value<'_>], map: Map<T>) -> Result<Option<T>, StoreError> {
        self.metrics.statement();
        match self.connection {
            Connection::Sqlite(connection) => {
                self.kept(sqlite::one(&sqlite::lock(connection), sql, args, map))
            }
            Connection::Postgres(transaction) => self.noted(postgres::one(transaction, sql, args, map).await),
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
        self.metrics.statement();
        match self.connection {
            Connection::Sqlite(connection) => {
                self.kept(sqlite::fitting(&sqlite::lock(connection), sql, args, map, fits, limit))
            }
            Connection::Postgres(transaction) => {
                self.noted(postgres::fitting(transaction, sql, args, map, fits, limit).await)
            }
        }
    }
}
