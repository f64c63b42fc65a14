//! Leaving nothing behind: what was removed or overwritten stays in free pages, in the gaps of others and in the log, until a
//! database is written anew.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{connect, error, prepare_for_writing};
use crate::StoreError;

/// A database of gigabytes takes as much room, which memory may not have; and a server beside writes now and then.
const ROOM: &str = "pragma temp_store = file; pragma busy_timeout = 30000;";
/// How often the log is tried, and how long is waited between: a server looks at a new state twice a second.
const LOOKS: u32 = 50;
const A_LOOK: Duration = Duration::from_millis(200);
/// Writers wait while readers are waited for.
const SHORT: &str = "pragma busy_timeout = 2000";

pub(super) fn scrub(path: &Path) -> Result<(), StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    prepare_for_writing(&connection)?;
    connection.execute_batch(ROOM).and_then(|()| connection.execute_batch("vacuum")).map_err(error)?;
    connection.execute_batch(SHORT).map_err(error)?;
    for _ in 0..LOOKS {
        if empty_log(&connection)? {
            return Ok(());
        }
        sleep(A_LOOK);
    }
    Err(StoreError::Busy("somebody reads an old state of it, so its log could not be emptied"))
}

/// Moves the log into the database and cuts it off; `false` while somebody still needs it.
fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    let is_busy = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
    match connection.query_row("pragma wal_checkpoint(truncate)", [], is_busy).map_err(error) {
        Ok(is_busy) => Ok(!is_busy),
        Err(StoreError::Busy(_)) => Ok(false),
        Err(other) => Err(other),
    }
}
