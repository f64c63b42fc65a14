//! A database file as a whole: held still, copied while others change it, and looked through.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::files::{file_error, private_file};
use super::{Database, PATIENCE, connect, error};
use crate::row::Row;
use crate::{Sql, StoreError};

impl Database {
    /// A connection that sees the database as it is now, whatever others do.
    pub(crate) fn snapshot(&self) -> Result<Connection, StoreError> {
        let connection = connect(self.files.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // The instant is that of the first look.
        connection
            .execute_batch("begin")
            .and_then(|()| connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(())))
            .map_err(error)?;
        Ok(connection)
    }

    /// Writes the database as it is now into a new file, and waits for the disk.
    ///
    /// Of SQLite's two ways to do it, `vacuum into` reads one snapshot and goes on whatever others write; the copying of
    /// pages begins anew with each change of another process. It also leaves out what was deleted and only lies about in
    /// free pages, and it reads each row, so that a page that is broken is noticed.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        // Made here, so that nobody else can read it; SQLite takes a file that is empty.
        let file = private_file(path).map_err(|why| file_error(path, &why))?;
        let connection = connect(self.files.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let name = path.to_str().ok_or_else(|| StoreError::File {
            path: path.display().to_string(),
            why: "SQLite takes names in UTF-8 only".to_owned(),
        })?;
        connection.execute("vacuum into ?1", [name]).map_err(error)?;
        file.sync_all().map_err(|why| file_error(path, &why))
    }
}

/// Opens a file that nobody changes. Immutable: SQLite makes no file beside it and takes no lock.
pub(crate) fn still(path: &Path) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(immutable(path), flags).map_err(error)?;
    connection.execute_batch(PATIENCE).map_err(error)?;
    Ok(connection)
}

/// The address of a file that does not change.
pub(super) fn immutable(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let escaped: String = bytes.map(|byte| format!("%{byte:02x}")).collect();
    format!("file:{escaped}?immutable=1")
}

/// What is broken in a file: its pages and indexes first, then rows that refer to none.
pub(crate) fn broken(connection: &Connection) -> Result<Option<String>, StoreError> {
    let said: String =
        connection.query_row("pragma integrity_check(1)", [], |row| row.get(0)).map_err(error)?;
    if said != "ok" {
        return Ok(Some(said));
    }
    let mut orphans = connection.prepare("pragma foreign_key_check").map_err(error)?;
    let mut rows = orphans.query([]).map_err(error)?;
    let Some(row) = rows.next().map_err(error)? else { return Ok(None) };
    let (table, of): (String, String) = (row.get(0).map_err(error)?, row.get(2).map_err(error)?);
    Ok(Some(format!("a row of {table} refers to none of {of}")))
}

/// Hands each row on as it is read.
pub(crate) fn each<E: From<StoreError>>(
    connection: &Connection,
    sql: Sql,
    mut take: impl FnMut(&mut Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection.prepare(sql.sqlite).map_err(error)?;
    let mut rows = statement.query([]).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        take(&mut Row::sqlite(row))?;
    }
    Ok(())
}
