//! SQLite: one writer thread with the only connection that writes, and readers that run inline on the caller's thread.

mod checkpointer;
mod confirm;
mod copy;
mod files;
mod foreign;
mod memory;
mod pin;
mod readers;
mod scrub;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use tokio::sync::watch;

use self::checkpointer::{Checkpointer, close_as_it_is};
use self::confirm::confirm;
pub(crate) use self::copy::{broken, each, still};
use self::files::Files;
pub(crate) use self::files::beside;
use self::memory::{Key, Memory, Watched};
use self::pin::Pin;
use self::readers::Readers;
use self::writer::Writer;
pub(crate) use self::writer::{Queued, Ran};
use crate::row::{Map, Row, pack};
use crate::sql::args;
use crate::{DoorMetrics, Lane, Options, Sql, StoreError, Value, migrations};

/// How long another process's write is waited for.
const PATIENCE: &str = "pragma busy_timeout = 5000";
/// Statements kept prepared on each connection: all of ours.
const PREPARED: usize = 256;
/// The writer keeps the pages of its indexes: those that it changed last lie in the log, where reading one is slow.
const WRITERS_CACHE: &str = "pragma cache_size = -64000";

/// Dropped from the first field to the last: the connection that is closed last must be one that may write, because it
/// moves the log into the database and removes it.
pub(crate) struct Database {
    readers: Readers,
    memory: Option<Arc<Memory>>,
    watcher: Mutex<Connection>,
    _checkpointer: Checkpointer,
    writer: Writer,
    files: Files,
    poisoned: watch::Receiver<bool>,
}

impl Database {
    pub(crate) fn open(
        path: &Path,
        options: &Options,
        metrics: Arc<DoorMetrics>,
    ) -> Result<Self, StoreError> {
        let path = &files::followed(path)?;
        let files = Files::open(path, options.exclusive || options.alone)?;
        // The change to a write-ahead log does not wait for others either, so it is under the same lock.
        let mut connection = files.while_migrating(|| {
            let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            prepare_for_writing(&connection)?;
            // A server that runs has done it.
            let serves = files.is_the_server();
            if serves || files.nobody_serves() {
                confirm(&connection, &beside(path, "wal"), serves)
                    .inspect_err(|_| close_as_it_is(&connection))?;
            }
            connection.execute_batch(WRITERS_CACHE).map_err(error)?;
            migrations::sqlite(&mut connection)?;
            Ok(connection)
        })?;
        let (poison, poisoned) = watch::channel(false);
        let poison = Arc::new(poison);
        // Commands come and go, and ask a few questions.
        let pin = Arc::new(if options.exclusive { Pin::new(path)? } else { Pin::default() });
        let memory = match options.memory {
            0 => None,
            bytes => Some(Arc::new(Memory::new(bytes, path)?)),
        };
        let watched = Watched::new(memory.clone(), path, &mut connection)?;
        let writer = Writer::start(connection, metrics, Arc::clone(&poison), Arc::clone(&pin), watched)?;
        Ok(Self {
            readers: Readers::new(path),
            memory,
            watcher: Mutex::new(connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?),
            _checkpointer: Checkpointer::start(path, poison, writer.log(), pin)?,
            writer,
            files,
            poisoned,
        })
    }

    pub(crate) fn read<T>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.with(run)
    }

    /// The row of a licence with this key, the two values of the statement.
    pub(crate) fn remembered<T>(
        &self,
        sql: Sql,
        key: Key,
        map: Map<T>,
        lasting: fn(&T) -> Option<i64>,
    ) -> Result<Option<T>, StoreError> {
        let args = args![key.0, &key.1];
        let Some(memory) = &self.memory else {
            return self.read(|connection| one(connection, sql, args, map));
        };
        if let Some(row) = memory.row(&key) {
            return map(&mut Row::packed(&row)).map(Some);
        }
        let epoch = memory.epoch();
        let Some(row) = self.read(|connection| packed(connection, sql, args))? else { return Ok(None) };
        let value = map(&mut Row::packed(&row))?;
        if let Some(serial) = lasting(&value) {
            memory.keep(key, serial, row.into(), epoch);
        }
        Ok(Some(value))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn told_from_memory(&self) -> u64 {
        self.memory.as_ref().map_or(0, |memory| memory.told())
    }

    pub(crate) fn push(&self, lane: Lane, job: Box<dyn Queued>) {
        self.writer.push(lane, job);
    }

    pub(crate) fn nobody_serves(&self) -> bool {
        self.files.nobody_serves()
    }

    pub(crate) fn poisoned(&self) -> watch::Receiver<bool> {
        self.poisoned.clone()
    }

    /// Writes the database anew, without what was removed from it.
    pub(crate) fn scrub(&self) -> Result<(), StoreError> {
        scrub::scrub(self.files.path())
    }

    /// A number that differs after any commit of another connection or process.
    pub(crate) fn data_version(&self) -> Result<i64, StoreError> {
        lock(&self.watcher).query_row("pragma data_version", [], |row| row.get(0)).map_err(error)
    }
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).map_err(error)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    let rest = "pragma foreign_keys = on; pragma temp_store = memory; pragma cache_size = -8000;";
    connection.execute_batch(PATIENCE).and_then(|()| connection.execute_batch(rest)).map_err(error)?;
    // Without this, a statement that may use an index of some rows only is prepared anew whenever its values change.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error)?;
    Ok(connection)
}

fn prepare_for_writing(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute_batch("pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 0;")
        .map_err(error)
}

/// The connection, also after a job panicked: its savepoint is rolled back by the writer.
pub(crate) fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn execute(connection: &Connection, sql: Sql, args: &[Value<'_>]) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql.sqlite).map_err(error)?;
    let changed = statement.execute(rusqlite::params_from_iter(args)).map_err(error)?;
    Ok(changed as u64)
}

/// Prepared once for all rows.
pub(crate) fn execute_each(
    connection: &Connection,
    sql: Sql,
    rows: &[Vec<Value<'_>>],
) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql.sqlite).map_err(error)?;
    let mut changed = 0;
    for args in rows {
        changed += statement.execute(rusqlite::params_from_iter(args)).map_err(error)? as u64;
    }
    Ok(changed)
}

pub(crate) fn one<T>(
    connection: &Connection,
    sql: Sql,
    args: &[Value<'_>],
    map: Map<T>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql.sqlite).map_err(error)?;
    let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(error)?;
    let first = rows.next().map_err(error)?.map(|row| map(&mut Row::sqlite(row))).transpose()?;
    // A statement that changes rows is done only when it was stepped to its end.
    if !sql.text.starts_with("select") {
        while rows.next().map_err(error)?.is_some() {}
    }
    Ok(first)
}

/// The first row, in one piece.
fn packed(connection: &Connection, sql: Sql, args: &[Value<'_>]) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(sql.sqlite).map_err(error)?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(error)?;
    rows.next().map_err(error)?.map(|row| pack(row, columns)).transpose()
}

pub(crate) fn fitting<T>(
    connection: &Connection,
    sql: Sql,
    args: &[Value<'_>],
    map: Map<T>,
    fits: impl Fn(&T) -> bool,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql.sqlite).map_err(error)?;
    let mut rows = statement.query(rusqlite::params_from_iter(args)).map_err(error)?;
    let mut fitting = Vec::new();
    while fitting.len() < limit
        && let Some(row) = rows.next().map_err(error)?
    {
        fitting.extend(Some(map(&mut Row::sqlite(row))?).filter(&fits));
    }
    Ok(fitting)
}

/// Whether SQLite can prepare a statement.
#[cfg(feature = "testing")]
pub(crate) fn prepare(connection: &Connection, sql: Sql) -> Result<(), StoreError> {
    connection.prepare(sql.sqlite).map(drop).map_err(error)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
            Self::Id(value) => ValueRef::Blob(value.as_bytes()),
        }))
    }
}

pub(crate) fn error(error: rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return StoreError::Database(Arc::new(error));
    };
    match (failure.code, failure.extended_code) {
        (_, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => StoreError::Poisoned,
        (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            let text = message.as_deref().unwrap_or_default();
            let columns = text.rsplit_once(": ").map_or(text, |(_, columns)| columns);
            StoreError::Conflict { constraint: columns.to_owned() }
        }
        // The index of the log is made as large as it may become before it is used.
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => StoreError::Full,
        (ErrorCode::SystemIoFailure, _) => StoreError::Disk(Arc::new(error)),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            StoreError::Busy("another process is writing to it")
        }
        (ErrorCode::ReadOnly, _) => StoreError::ReadOnly(Arc::new(error)),
        _ => StoreError::Database(Arc::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_disk_are_told_apart() {
        let told = |code| error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).code();
        assert_eq!(told(ffi::SQLITE_IOERR_FSYNC), "DATABASE_POISONED");
        assert_eq!(told(ffi::SQLITE_IOERR_DIR_FSYNC), "DATABASE_POISONED");
        assert_eq!(told(ffi::SQLITE_FULL), "DATABASE_FULL");
        assert_eq!(told(ffi::SQLITE_READONLY_DBMOVED), "DATABASE_READ_ONLY");
        assert_eq!(told(ffi::SQLITE_BUSY_SNAPSHOT), "DATABASE_BUSY");
        assert_eq!(told(ffi::SQLITE_IOERR_SHMSIZE), "DATABASE_FULL");
        assert_eq!(told(ffi::SQLITE_IOERR_READ), "DATABASE_DISK");
        assert_eq!(told(ffi::SQLITE_IOERR_WRITE), "DATABASE_DISK");
        assert_eq!(told(ffi::SQLITE_CORRUPT), "DATABASE_ERROR");
    }
}
