//! Moves the write-ahead log into the database on a timer, so that no commit has to.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;
use tracing::{error as log_error, warn};

use super::pin::Pin;
use super::writer::Log;
use super::{connect, error, files, prepare_for_writing};
use crate::StoreError;

const EVERY: Duration = Duration::from_millis(500);
/// A log below this size, in bytes, is left alone.
const SMALL: u64 = 4 << 20;
/// Beyond this size the writer begins the log anew between two commits: under writes that never pause nobody else can.
const LARGE: u64 = 64 << 20;

pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(
        path: &Path,
        poison: Arc<watch::Sender<bool>>,
        writers: Log,
        pin: Arc<Pin>,
    ) -> Result<Self, StoreError> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        prepare_for_writing(&connection)?;
        let file = files::beside(path, "wal");
        let (stop, stopped) = channel();
        let work = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if *poison.borrow() {
                    return close_as_it_is(&connection);
                }
                // Another process may have written: what it wrote moves only once nobody is left behind.
                pin.renew();
                let size = file.metadata().map_or(0, |file| file.len());
                if size >= SMALL && !checkpoint(&connection, "pragma wal_checkpoint(passive)", &poison) {
                    return close_as_it_is(&connection);
                }
                // What was moved is read from the database: the writer may begin the log anew.
                pin.renew();
                if size >= LARGE {
                    writers.begin_anew();
                }
            }
        };
        let thread = Builder::new().name("keyward-checkpoint".to_owned()).spawn(work);
        let thread = thread.map_err(|why| StoreError::Database(Arc::new(why)))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// `false` when the disk did not confirm.
pub(super) fn checkpoint(connection: &Connection, pragma: &str, poison: &watch::Sender<bool>) -> bool {
    match connection.query_row(pragma, [], |_| Ok(())).map_err(error) {
        Err(StoreError::Poisoned) => {
            poison.send_replace(true);
            false
        }
        Err(why) => {
            warn!(error.code = why.code(), "the write-ahead log could not be moved into the database: {why}");
            true
        }
        Ok(()) => true,
    }
}

/// A connection that is closed last would move the log into the database, and remove it: after the disk did not confirm
/// something, both stay as they are for the next start.
pub(super) fn close_as_it_is(connection: &Connection) {
    if let Err(why) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        log_error!("the write-ahead log cannot be left as it is: {why}");
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
