//! The log that a process left which ended in the middle of its work.
//!
//! After an `fsync` has failed, Linux takes the pages for written, and shows them as if they were on the disk until the power
//! goes. SQLite finds them whole and adds to them; what is added, confirmed or not, would be lost with them. So they are
//! written once more before anything is added. Content and places are the same: a log of which only a part was written is as
//! good as before.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use rusqlite::Connection;

use super::error;
use super::files::file_error;
use crate::StoreError;

/// Bytes that are written at once.
const PART: usize = 1 << 20;

/// Has the disk confirm what is in the log.
///
/// # Errors
/// [`StoreError::Poisoned`] when it does not; and when the log cannot be written.
pub(super) fn confirm(connection: &Connection, log: &Path, serves: bool) -> Result<(), StoreError> {
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        match connection.execute_batch("begin immediate").map_err(error) {
            Ok(()) => {}
            // Another command is at work on it, and has done this before; a server wants to be sure.
            Err(StoreError::Busy(_)) if !serves => return Ok(()),
            Err(other) => return Err(other),
        }
        // Nobody adds to it meanwhile.
        let confirmed = rewrite(log);
        connection.execute_batch("rollback").map_err(error)?;
        return confirmed;
    }
    Ok(())
}

fn rewrite(log: &Path) -> Result<(), StoreError> {
    let wrong = |why: io::Error| match why.kind() {
        ErrorKind::StorageFull => StoreError::Full,
        _ => file_error(log, &why),
    };
    let mut file = OpenOptions::new().read(true).write(true).open(log).map_err(wrong)?;
    write_again(&mut file).map_err(wrong)?;
    file.sync_data().map_err(|_| StoreError::Poisoned)
}

fn write_again(file: &mut File) -> io::Result<()> {
    let mut part = vec![0; PART];
    let mut at = 0;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let read = file.read(&mut part)?;
        if read == 0 {
            return Ok(());
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&part[..read])?;
        at += read as u64;
    }
}
