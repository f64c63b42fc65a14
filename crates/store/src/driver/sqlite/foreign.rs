//! Looks whose database a file is, without changing a byte of it or making a file beside it.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::copy::immutable;
use super::files::{beside, file_error};
use super::{PATIENCE, connect};
use crate::{StoreError, migrations};

/// Refuses what is not ours.
pub(super) fn refuse(path: &Path) -> Result<(), StoreError> {
    match path.metadata() {
        Ok(file) if file.is_file() && file.len() > 0 => {}
        Ok(file) if file.is_dir() => return Err(file_error(path, &ErrorKind::IsADirectory.into())),
        // What cannot be looked at, cannot be made either, and that says why.
        _ => return Ok(()),
    }
    // SQLite says only that it cannot open a file, the system says why.
    File::open(path).map_err(|why| file_error(path, &why))?;
    let tables = match main_tables(path) {
        // A part of ours may stand in the log alone: all of it after a first start, some after a broken checkpoint.
        Ok(tables) if tables.is_empty() && has(path, "wal") => all_tables(path),
        Err(_) if has(path, "wal") => all_tables(path),
        decided => decided,
    };
    let tables = tables.map_err(|why| StoreError::File {
        path: path.display().to_string(),
        why: format!("not a SQLite database that can be read ({why})"),
    })?;
    migrations::refuse_foreign(&path.display().to_string(), &tables)
}

fn has(path: &Path, ending: &str) -> bool {
    beside(path, ending).metadata().is_ok_and(|file| file.len() > 0)
}

/// The tables of the file alone. Immutable: SQLite makes no file beside it and takes no lock.
fn main_tables(path: &Path) -> rusqlite::Result<Vec<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    tables(&Connection::open_with_flags(immutable(path), flags)?)
}

/// The tables with what stands in the write-ahead log.
fn all_tables(path: &Path) -> rusqlite::Result<Vec<String>> {
    if beside(path, "shm").exists() {
        // Somebody uses it, or did: what SQLite needs is there, and who may not write removes nothing at the end.
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        return tables(&connection.map_err(|_| rusqlite::Error::InvalidQuery)?);
    }
    // Alone with the files, SQLite keeps its index of the log in memory, and leaves the log as it is when it goes.
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch(PATIENCE)?;
    connection.execute_batch("pragma locking_mode = exclusive; pragma query_only = on;")?;
    tables(&connection)
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}
