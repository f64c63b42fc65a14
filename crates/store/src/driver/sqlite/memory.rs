//! Rows that are known to be what the database says, so that a question about one that was asked before walks no tree.
//!
//! Each change of a licence goes through the writer of this process, which says which rows it changed before anybody is told
//! that it is done: whoever asks later finds them changed. A command beside the server lets a file grow before it says that it
//! is done, and then nothing that was remembered counts any more. Whatever else writes to the database is noticed by the writer
//! within [`Memory::LOOK`].

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rusqlite::Connection;
use rusqlite::hooks::Action;
use tracing::warn;
use uuid::Uuid;

use super::error;
use super::files::{beside, file_error, private};
use crate::StoreError;

/// Rows share these: one that changes takes the others of its place with it.
const PLACES: usize = 1 << 16;
/// Beyond so many changed rows in one commit, all are taken for changed.
const MANY: usize = 4_096;
/// What a row takes beside its values, in bytes.
const BESIDE: u64 = 160;

/// The ending of the file beside the database to which a command adds a byte for each change that a server may have to know of.
const CHANGES: &str = "changes";

/// An account, and the digest of a key.
pub(crate) type Key = (Uuid, [u8; 32]);

pub(super) struct Memory {
    rows: Cache<Key, Kept, Weight>,
    /// Counts the commits that changed something that is remembered.
    epoch: AtomicU64,
    /// In which epoch a row of each place was changed last.
    changed: Box<[AtomicU64]>,
    /// In which epoch everything was.
    all_changed: AtomicU64,
    /// Grows with each change by a command, and how long it was when that was noticed last.
    others: File,
    noticed: AtomicU64,
    #[cfg(feature = "testing")]
    told: AtomicU64,
}

#[derive(Clone)]
struct Kept {
    row: Arc<[u8]>,
    serial: i64,
    /// No later one than that of the snapshot it was read from.
    epoch: u64,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Kept> for Weight {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        kept.row.len() as u64 + BESIDE
    }
}

impl Memory {
    /// How long a change of another process stays unnoticed at the most.
    pub(super) const LOOK: Duration = Duration::from_millis(250);

    /// Of so many bytes at the most, beside the database.
    pub(super) fn new(bytes: usize, database: &Path) -> Result<Self, StoreError> {
        let path = beside(database, CHANGES);
        let others = private(OpenOptions::new().create(true).read(true).append(true))
            .open(&path)
            .map_err(|why| file_error(&path, &why))?;
        let noticed = AtomicU64::new(length(&others));
        Ok(Self {
            rows: Cache::with_weighter(1_024, bytes as u64, Weight),
            epoch: AtomicU64::new(0),
            changed: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            all_changed: AtomicU64::new(0),
            others,
            noticed,
            #[cfg(feature = "testing")]
            told: AtomicU64::new(0),
        })
    }

    /// To be asked for before the database is asked for a row to keep.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The row as the newest commit left it that was acknowledged.
    pub(super) fn row(&self, key: &Key) -> Option<Arc<[u8]>> {
        if has_grown(&self.others, self.noticed.load(Ordering::Acquire)) {
            let length = length(&self.others);
            self.forget_all();
            self.noticed.store(length, Ordering::Release);
        }
        let kept = self.rows.get(key)?;
        let changed = self.place(kept.serial).load(Ordering::Acquire);
        let is_known = kept.epoch >= changed.max(self.all_changed.load(Ordering::Acquire));
        #[cfg(feature = "testing")]
        self.told.fetch_add(u64::from(is_known), Ordering::Relaxed);
        is_known.then_some(kept.row)
    }

    /// How many rows it gave.
    #[cfg(feature = "testing")]
    pub(super) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    /// Keeps a row of this number that was read after somebody asked for the epoch.
    pub(super) fn keep(&self, key: Key, serial: i64, row: Arc<[u8]>, epoch: u64) {
        self.rows.insert(key, Kept { row, serial, epoch });
    }

    /// After a commit of the writer, or one that failed, and before anybody is told of it.
    fn forget(&self, changes: Changes) {
        if changes.all {
            return self.forget_all();
        }
        if !changes.is_any() {
            return;
        }
        let epoch = self.next_epoch();
        for serial in changes.serials {
            self.place(serial).store(epoch, Ordering::Release);
        }
    }

    /// After somebody else's commit, whatever it changed.
    fn forget_all(&self) {
        let epoch = self.next_epoch();
        self.all_changed.fetch_max(epoch, Ordering::Release);
    }

    /// What is read from now on is of the new epoch, and newer than the commit that began it.
    fn next_epoch(&self) -> u64 {
        self.epoch.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn place(&self, serial: i64) -> &AtomicU64 {
        &self.changed[serial as usize % PLACES]
    }
}

/// What a transaction changed of what may be remembered.
#[derive(Default)]
struct Changes {
    serials: Vec<i64>,
    all: bool,
}

impl Changes {
    /// SQLite has changed or removed a row. A new one is remembered by nobody.
    fn note(&mut self, table: &str, rowid: i64) {
        match table {
            "licenses" if self.serials.len() < MANY => self.serials.push(rowid),
            // A row that is remembered says something of its owner and its batch, too.
            "licenses" | "users" | "batches" => self.all = true,
            _ => {}
        }
    }

    const fn is_any(&self) -> bool {
        self.all || !self.serials.is_empty()
    }
}

/// The writer's side: what its connection changes, and whether anybody else changed anything.
pub(super) struct Watched {
    changes: Arc<Mutex<Changes>>,
    role: Role,
}

enum Role {
    /// Remembers.
    Server {
        memory: Arc<Memory>,
        /// SQLite's name for the newest commit that came from elsewhere.
        others: Option<i64>,
    },
    /// Tells the one that may, on this database.
    Command { database: PathBuf },
}

impl Watched {
    /// The writer of a process that remembers, or of one that does not, on this database.
    pub(super) fn new(
        memory: Option<Arc<Memory>>,
        database: &Path,
        connection: &mut Connection,
    ) -> Result<Self, StoreError> {
        let changes = Arc::<Mutex<Changes>>::default();
        let noted = Arc::clone(&changes);
        let note = move |action: Action, _: &str, table: &str, rowid: i64| {
            if action != Action::SQLITE_INSERT {
                noted.lock().unwrap_or_else(PoisonError::into_inner).note(table, rowid);
            }
        };
        connection.update_hook(Some(note)).map_err(error)?;
        let role = match memory {
            Some(memory) => Role::Server { memory, others: None },
            None => Role::Command { database: database.to_owned() },
        };
        Ok(Self { changes, role })
    }

    /// After each batch, before its callers are told.
    pub(super) fn written(&mut self, connection: &Connection) {
        let changes = std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        match &mut self.role {
            Role::Server { memory, .. } => memory.forget(changes),
            Role::Command { database } if changes.is_any() => {
                let file = OpenOptions::new().append(true).open(beside(database, CHANGES));
                match file.and_then(|mut file| file.write_all(b".")) {
                    Err(why) if why.kind() != ErrorKind::NotFound => {
                        warn!("a running server notices this change a moment late: {why}");
                    }
                    // Where there is none, no server has remembered anything.
                    Ok(()) | Err(_) => {}
                }
            }
            Role::Command { .. } => {}
        }
        self.look(connection);
    }

    /// Looks for commits of others.
    pub(super) fn look(&mut self, connection: &Connection) {
        let Role::Server { memory, others } = &mut self.role else { return };
        let version = connection.prepare_cached("pragma data_version");
        let version = version.and_then(|mut statement| statement.query_row([], |row| row.get(0))).ok();
        // Where nobody can say, anything may have changed.
        if version.is_none() || version != *others {
            memory.forget_all();
            *others = version;
        }
    }

    /// How long it may wait before it looks again; for ever, where nothing is remembered.
    pub(super) const fn patience(&self) -> Option<Duration> {
        match self.role {
            Role::Server { .. } => Some(Memory::LOOK),
            Role::Command { .. } => None,
        }
    }
}

/// Whether a file is longer than it was. Reading behind its end is the cheapest way to ask.
fn has_grown(file: &File, length: u64) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, &mut [0], length).is_ok_and(|read| read > 0);
    #[cfg(not(unix))]
    return self::length(file) > length;
}

fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |file| file.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = (Uuid::nil(), [7; 32]);

    fn memory(bytes: usize) -> Memory {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("keyward-memory-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let database = std::env::temp_dir().join(name);
        let memory = Memory::new(bytes, &database).unwrap();
        std::fs::remove_file(beside(&database, CHANGES)).unwrap();
        memory
    }

    fn row(byte: u8) -> Arc<[u8]> {
        Arc::from([byte])
    }

    fn changes(of: &[(&str, i64)]) -> Changes {
        let mut changes = Changes::default();
        for (table, rowid) in of {
            changes.note(table, *rowid);
        }
        changes
    }

    #[test]
    fn a_row_is_known_until_it_or_its_owner_or_its_batch_changes() {
        // What a commit changed, and whether row 5 is still known.
        let many: Vec<_> = (100..100 + MANY as i64 + 1).map(|serial| ("licenses", serial)).collect();
        let table: [(&[(&str, i64)], bool); 7] = [
            (&[], true),
            (&[("licenses", 6), ("verifications", 5), ("machines", 5)], true),
            (&[("licenses", 5)], false),
            (&[("licenses", 5 + PLACES as i64)], false),
            (&[("users", 1)], false),
            (&[("batches", 1)], false),
            (&many, false),
        ];
        for (of, is_known) in table {
            let memory = memory(1 << 20);
            memory.keep(KEY, 5, row(1), memory.epoch());
            assert_eq!(memory.row(&KEY), Some(row(1)));
            memory.forget(changes(of));
            assert_eq!(memory.row(&KEY).is_some(), is_known, "{:?}", of.first());
            memory.keep(KEY, 5, row(2), memory.epoch());
            assert_eq!(memory.row(&KEY), Some(row(2)), "read again, it is known again");
        }
    }

    #[test]
    fn a_row_that_was_read_before_a_change_and_comes_after_it_is_not_known() {
        let memory = memory(1 << 20);
        let before = memory.epoch();
        memory.forget(changes(&[("licenses", 5)]));
        memory.keep(KEY, 5, row(1), before);
        assert_eq!(memory.row(&KEY), None);
        let before = memory.epoch();
        memory.forget_all();
        memory.keep(KEY, 5, row(1), before);
        assert_eq!(memory.row(&KEY), None);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let memory = memory(100_000);
        for serial in 0..10_000_i64 {
            let mut key = KEY;
            key.1[..8].copy_from_slice(&serial.to_be_bytes());
            memory.keep(key, serial, Arc::from([0; 340]), memory.epoch());
        }
        assert!(memory.rows.weight() <= 100_000 && memory.rows.len() > 100, "{}", memory.rows.len());
    }
}
