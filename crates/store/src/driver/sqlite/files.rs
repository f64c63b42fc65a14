//! The files of a database: made for their owner only, locked by the server, and left alone when they are another's.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::foreign;
use crate::StoreError;

/// How often a server tries to take its lock, and how long it waits between.
const LOOKS: u32 = 5;
const A_LOOK: Duration = Duration::from_millis(20);

pub(super) struct Files {
    path: PathBuf,
    /// Held as long as the server runs.
    in_use: Option<File>,
}

impl Files {
    /// Makes what is missing and refuses what is not ours.
    pub(super) fn open(path: &Path, exclusive: bool) -> Result<Self, StoreError> {
        foreign::refuse(path)?;
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            make_directory(directory).map_err(|why| file_error(directory, &why))?;
        }
        let in_use = if exclusive { Some(hold(path)?) } else { None };
        private(OpenOptions::new().create(true).append(true))
            .open(path)
            .map_err(|why| file_error(path, &why))?;
        Ok(Self { path: path.to_owned(), in_use })
    }

    /// The database's own.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is the one process that serves.
    pub(super) fn is_the_server(&self) -> bool {
        self.in_use.is_some()
    }

    /// Whether no server runs on the database, neither in this process nor in another.
    pub(super) fn nobody_serves(&self) -> bool {
        let lock = OpenOptions::new().append(true).open(beside(&self.path, "lock"));
        match lock {
            Ok(file) => self.in_use.is_none() && file.try_lock_shared().is_ok(),
            Err(why) => why.kind() == ErrorKind::NotFound,
        }
    }

    pub(super) fn while_migrating<T>(
        &self,
        migrate: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Two processes may start on a new directory at once; the second finds everything done.
        let path = beside(&self.path, "migrating");
        let file = private(OpenOptions::new().create(true).append(true))
            .open(&path)
            .map_err(|why| file_error(&path, &why))?;
        file.lock().map_err(|why| file_error(&path, &why))?;
        migrate().map_err(|error| match error {
            // Named, where SQLite only says that it cannot be written.
            StoreError::ReadOnly(why) => {
                StoreError::File { path: self.path.display().to_string(), why: why.to_string() }
            }
            other => other,
        })
    }
}

/// Where a database is that a symbolic link leads to: its locks are beside it, and so is SQLite's log.
pub(super) fn followed(path: &Path) -> Result<PathBuf, StoreError> {
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    // One that leads to nothing yet is followed as soon as there is something.
    let opened = private(OpenOptions::new().create(true).append(true)).open(path);
    opened.and_then(|_| path.canonicalize()).map_err(|why| file_error(path, &why))
}

/// Takes the lock of the one server.
fn hold(path: &Path) -> Result<File, StoreError> {
    let lock_path = beside(path, "lock");
    let file = private(OpenOptions::new().create(true).append(true))
        .open(&lock_path)
        .map_err(|why| file_error(&lock_path, &why))?;
    // A command that looks whether a server runs has the lock for a moment.
    for _ in 0..LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(A_LOOK),
            Err(TryLockError::Error(why)) => return Err(file_error(&lock_path, &why)),
        }
    }
    let directory = path.parent().unwrap_or(path);
    Err(StoreError::InUse(directory.display().to_string()))
}

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(ending);
    name.into()
}

pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// A new file of its owner's only.
pub(super) fn private_file(path: &Path) -> std::io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

fn make_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

pub(super) fn file_error(path: &Path, why: &std::io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), why: why.to_string() }
}
