//! A connection that reads nothing: it stays in the newest snapshot.
//!
//! SQLite locks a snapshot once for all connections of a process. While this one holds the lock, whoever reads calls the system
//! neither to take it nor to give it back, and does not wait for another thread that does: an eighth of a question's cost.
//! Where nothing can be held, readers do it for themselves, as always.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::connect;
use crate::StoreError;

/// The connection; `None` where there is none, or no more.
#[derive(Default)]
pub(super) struct Pin(Mutex<Option<Connection>>);

impl Pin {
    pub(super) fn new(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self(Mutex::new(Some(connection))))
    }

    /// Goes on to the snapshot that is the newest now.
    pub(super) fn renew(&self) {
        self.with(|connection| {
            let begun = leave(connection).and_then(|()| connection.execute_batch("begin"));
            let read = begun.and_then(|()| {
                connection.prepare_cached("select 1 from sqlite_schema")?.query_row([], |_| Ok(()))
            });
            if read.is_err() {
                let _ = leave(connection);
            }
        });
    }

    /// Holds nothing: the writer may begin its log anew.
    pub(super) fn release(&self) {
        self.with(|connection| {
            let _ = leave(connection);
        });
    }

    /// Closes the connection, which shall not be the last one: it may not write.
    pub(super) fn close(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn with(&self, act: impl FnOnce(&Connection)) {
        if let Some(connection) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            act(connection);
        }
    }
}

fn leave(connection: &Connection) -> rusqlite::Result<()> {
    if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("rollback") }
}
