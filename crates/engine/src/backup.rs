//! Backups: one instant of the database, with what is sealed in it as it is. None holds the master key.
//!
//! Of SQLite a backup is a database file, of PostgreSQL an [`archive`](crate::archive) whose sealed columns stay sealed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use keyward_store::tables::{self, Snapshot, TABLES};
use keyward_store::{StoreError, latest_schema};
use serde_json::json;

use crate::archive::{Archive, ArchiveError, Counts, Secrets, Sink};
use crate::audit::{Note, Verified, verify_chain};
use crate::start::stored_vault;
use crate::vault::{SealedVault, Vault};
use crate::{Caller, Engine, EngineError, MasterKeySource};

/// What a backup holds.
#[derive(Debug)]
pub struct Backup {
    /// The version of the schema.
    pub schema: i64,
    /// The id of the master key that it needs.
    pub master_key: String,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// What the check of the audit log said.
    pub log: Verified,
    /// Counts and digests, of an archive.
    pub archive: Option<Counts>,
}

impl Engine {
    /// Writes a backup into a new file, which is on the disk then, and reads it again. Others go on meanwhile. A broken audit
    /// log is backed up as it is: the caller looks at [`Backup::log`].
    ///
    /// # Errors
    /// When there is such a file, it cannot be written, what was written is not whole, or the database refuses.
    pub async fn backup(
        &self,
        caller: &Caller,
        path: &Path,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Backup, EngineError> {
        let backup = if self.store.copy_to(path)? {
            look_at_file(path, progress).await?.0
        } else {
            self.write_archive(path, progress).await?
        };
        let rows: u64 = backup.rows.values().sum();
        let detail = json!({ "rows": rows, "masterKey": backup.master_key, "logIsSound": backup.log.report.is_sound() });
        let resource = ("account", Some(self.account.id));
        let entry = self.entry(caller, "account.backup", resource, &detail, self.now());
        self.store.write(Note { entry }).await?;
        Ok(backup)
    }

    async fn write_archive(
        &self,
        path: &Path,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Backup, EngineError> {
        let failed = |why| ArchiveError::file(path, why);
        let file = new_file(path).map_err(failed)?;
        let written = self.store.snapshot(async |snapshot| {
            let log = verify_chain(snapshot, &[], |_| {}).await?;
            let head = self.head(snapshot, Secrets::Sealed).await?;
            let (written, mut out) =
                self.written(snapshot, head, Sink::Clear(BufWriter::new(file)), progress).await?;
            out.flush().and_then(|()| out.get_ref().sync_all()).map_err(failed)?;
            Ok::<_, EngineError>((written, log))
        });
        let (written, log) = written.await?;
        let found = Archive::in_clear(path)?.check(|_| {})?;
        if found != written.counts {
            return Err(ArchiveError::Differs { what: "its lines" }.into());
        }
        let (rows, master_key) = (found.rows.clone(), written.head.master_key);
        Ok(Backup { schema: written.head.schema, master_key, rows, log, archive: Some(found) })
    }

    /// Writes down that the database came from a backup. For a file of SQLite; an archive is noted as it is taken in.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_restored(&self, caller: &Caller, backup: &Backup) -> Result<(), EngineError> {
        let rows: u64 = backup.rows.values().sum();
        let detail = json!({ "from": "sqlite", "rows": rows, "masterKey": backup.master_key });
        let resource = ("account", Some(self.account.id));
        let entry = self.entry(caller, "account.restore", resource, &detail, self.now());
        Ok(self.store.write(Note { entry }).await?)
    }
}

/// Checks that a backup of SQLite can be put in a database's place: that it is whole, that this program can read it, that
/// the master key opens it, and that its audit log stands as it was sealed.
///
/// # Errors
/// When any of it is not so.
pub async fn check_file(
    path: &Path,
    master_key: &MasterKeySource,
    accept_broken_log: bool,
    progress: impl FnMut(u64, u64) + Send,
) -> Result<Backup, EngineError> {
    let (backup, sealed) = look_at_file(path, progress).await?;
    if backup.schema > latest_schema() {
        let (found, known) = (format!("schema {}", backup.schema), latest_schema().to_string());
        return Err(ArchiveError::Newer { found, known }.into());
    }
    let master = master_key.needed(&backup.master_key)?;
    Vault::open(&master, &sealed)?;
    match backup.log.report.findings.first().filter(|_| !accept_broken_log) {
        Some(finding) => {
            let (seq, finding) = (finding.seq, finding.detail.clone());
            Err(ArchiveError::LogBroken { seq, finding }.into())
        }
        None => Ok(backup),
    }
}

async fn look_at_file(
    path: &Path,
    mut progress: impl FnMut(u64, u64) + Send,
) -> Result<(Backup, SealedVault), EngineError> {
    let damaged = |why: StoreError| EngineError::from(ArchiveError::Damaged(why.to_string()));
    let snapshot = Snapshot::of_file(path).map_err(damaged)?;
    if let Some(why) = snapshot.broken().map_err(damaged)? {
        return Err(ArchiveError::Damaged(why).into());
    }
    let foreign = |_| ArchiveError::Foreign { path: path.to_owned(), wanted: "database of Keyward" };
    let schema = snapshot.schema().await.map_err(foreign)?;
    let sealed = stored_vault(&snapshot).await.map_err(foreign)?;
    let sealed = sealed.ok_or_else(|| ArchiveError::Damaged("it has no keys".to_owned()))?;
    let mut rows = BTreeMap::new();
    for table in TABLES {
        // One of an older schema may not have it yet.
        if let Ok(count) = tables::count(&snapshot, table).await {
            rows.insert(table.name.to_owned(), count.unsigned_abs());
        }
    }
    let entries = rows.get("audit_log").copied().unwrap_or_default();
    let log = verify_chain(&snapshot, &[], |at| progress(at.unsigned_abs(), entries)).await?;
    Ok((Backup { schema, master_key: sealed.master_id.clone(), rows, log, archive: None }, sealed))
}

/// A new file that its owner alone can read.
fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
