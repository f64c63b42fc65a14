//! Connections that only read. One is taken for each statement and given back, so there are as many as threads read at
//! once; those that only a crowd needed are closed again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::connect;
use crate::StoreError;

/// Connections that are kept while nobody reads.
const IDLE: usize = 32;

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::default() }
    }

    pub(super) fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let connection = match taken {
            Some(connection) => connection,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let result = run(&connection);
        let mut kept = idle();
        if kept.len() < IDLE {
            kept.push(connection);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads at so many places at once.
    fn crowd(readers: &Readers, size: usize) {
        if size > 0 {
            let inner = |_: &Connection| {
                crowd(readers, size - 1);
                Ok(())
            };
            readers.with(inner).unwrap();
        }
    }

    #[test]
    fn connections_that_only_a_crowd_needed_are_closed_again() {
        let readers = Readers::new(Path::new(":memory:"));
        crowd(&readers, 3);
        assert_eq!(readers.idle.lock().unwrap().len(), 3);
        crowd(&readers, IDLE + 10);
        assert_eq!(readers.idle.lock().unwrap().len(), IDLE);
    }
}
