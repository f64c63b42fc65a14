//! The files of a database: made for their owner only, locked by the server, and left alone when they are another's.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags};

use super::{connect, error, lock};
use crate::{StoreError, migrations};

pub(super) struct Files {
    path: PathBuf,
    watcher: Mutex<Connection>,
    /// Held as long as the server runs.
    _in_use: Option<File>,
}

impl Files {
    /// Makes what is missing and refuses what is not ours.
    pub(super) fn open(path: &Path, exclusive: bool) -> Result<Self, StoreError> {
        refuse_foreign(path)?;
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            make_directory(directory).map_err(|why| file_error(directory, &why))?;
        }
        let in_use = if exclusive { Some(hold(path)?) } else { None };
        private(OpenOptions::new().create(true).append(true))
            .open(path)
            .map_err(|why| file_error(path, &why))?;
        let watcher = Mutex::new(connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?);
        Ok(Self { path: path.to_owned(), watcher, _in_use: in_use })
    }

    pub(super) fn while_migrating(
        &self,
        migrate: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        // Two processes may start on a new directory at once; the second finds everything done.
        let path = beside(&self.path, "migrating");
        let file = private(OpenOptions::new().create(true).append(true))
            .open(&path)
            .map_err(|why| file_error(&path, &why))?;
        file.lock().map_err(|why| file_error(&path, &why))?;
        migrate()
    }

    /// Names the file where SQLite only says that it cannot be written.
    pub(super) fn explain(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::ReadOnly(why) => {
                StoreError::File { path: self.path.display().to_string(), why: why.to_string() }
            }
            other => other,
        }
    }

    pub(super) fn data_version(&self) -> Result<i64, StoreError> {
        lock(&self.watcher).query_row("pragma data_version", [], |row| row.get(0)).map_err(error)
    }
}

/// Takes the lock of the one server.
fn hold(path: &Path) -> Result<File, StoreError> {
    let lock_path = beside(path, "lock");
    let file = private(OpenOptions::new().create(true).append(true))
        .open(&lock_path)
        .map_err(|why| file_error(&lock_path, &why))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let directory = path.parent().unwrap_or(path);
            Err(StoreError::InUse(directory.display().to_string()))
        }
        Err(TryLockError::Error(why)) => Err(file_error(&lock_path, &why)),
    }
}

/// Looks at a file without changing a byte of it.
fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    match path.metadata() {
        Ok(file) if file.is_file() && file.len() > 0 => {}
        Ok(file) if !file.is_file() => return Err(file_error(path, &ErrorKind::IsADirectory.into())),
        _ => return Ok(()),
    }
    // Immutable: SQLite makes no file beside it. What is ours may still stand in the write-ahead log alone.
    let log = beside(path, "wal").metadata().is_ok_and(|file| file.len() > 0);
    let connection = if log {
        connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?
    } else {
        let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).map_err(error)?
    };
    let tables = tables(&connection).map_err(|why| StoreError::File {
        path: path.display().to_string(),
        why: format!("not a SQLite database that can be read ({why})"),
    })?;
    migrations::refuse_foreign(&path.display().to_string(), &tables)
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect()
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(ending);
    name.into()
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn make_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn file_error(path: &Path, why: &std::io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), why: why.to_string() }
}
