//! Taking an archive in: one transaction, in which it is also read back and compared.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyward_core::time::Timestamp;
use keyward_store::tables::{self, Datum, Table};
use keyward_store::{Job, Lane, Store, StoreError, Tx, accounts, latest_schema, settings};
use serde_json::json;

use super::format::{Counts, Head};
use super::line::RowReader;
use super::read::Archive;
use super::write::{Sink, write};
use super::{ArchiveError, Secrets};
use crate::audit::{Verified, entry_by, verify_chain};
use crate::engine::Chance;
use crate::start::{names, stored_vault};
use crate::vault::{MasterKey, SealedVault, Vault, VaultError};
use crate::{Caller, Clock, EngineError, MasterKeySource};

/// Rows that are added at once.
const AT_ONCE: usize = 512;

/// Where an archive goes, and what is accepted.
pub struct Target<'t> {
    /// The database.
    pub store: &'t Store,
    /// Where it is, for people.
    pub place: String,
    /// Its master key.
    pub master_key: &'t MasterKeySource,
    /// Whether a broken audit log is taken in as it is; an export's always is.
    pub accept_broken_log: bool,
}

/// What was taken in.
#[derive(Debug)]
pub struct Loaded {
    /// The first line of the file.
    pub head: Head,
    /// What the last line says.
    pub file: Counts,
    /// The same, of what the database had in the end.
    pub database: Counts,
    /// The master key that it is sealed under now.
    pub master_key: String,
    /// What the check of the audit log said.
    pub log: Verified,
}

/// Called with how much is done, and of how much.
pub type Progress = Box<dyn FnMut(u64, u64) + Send>;

/// Takes an archive into a database that holds nothing: an export under that database's own master key, a backup under the
/// one that it was made with.
///
/// # Errors
/// When the database holds anything, the file is not whole, the master key is another one's, or the database refuses.
/// Nothing of it stays then.
pub async fn load(
    target: Target<'_>,
    archive: Archive,
    clock: &dyn Clock,
    mut chance: Chance,
    progress: Progress,
) -> Result<Loaded, EngineError> {
    let head = archive.head().clone();
    let now = clock.now();
    let (vault, sealed, master) = match head.secrets {
        Secrets::None => return Err(ArchiveError::WithoutSecrets.into()),
        Secrets::Sealed => (None, None, target.master_key.needed(&head.master_key)?),
        Secrets::Opened => {
            let master = match stored_vault(target.store).await? {
                Some(sealed) => {
                    let master = target.master_key.existing(&sealed.master_id)?;
                    Vault::open(&master, &sealed)?;
                    master
                }
                None => target.master_key.new_or_existing(&mut chance)?,
            };
            let lookup = lookup_key(&head)?;
            let (vault, sealed) = Vault::create_around(lookup, &master, &mut chance);
            (Some(vault), Some(sealed), master)
        }
    };
    let total = archive.path().metadata().map_or(0, |file| file.len());
    let job = Load {
        place: target.place,
        is_any_log_good: target.accept_broken_log || head.secrets == Secrets::Opened,
        archive,
        vault,
        sealed,
        master,
        now,
        chance: Mutex::new(chance),
        progress: Mutex::new(progress),
        total,
    };
    target.store.write(job).await
}

fn lookup_key(head: &Head) -> Result<[u8; 32], ArchiveError> {
    let key = head.lookup_key.as_deref().and_then(|key| hex::decode(key).ok());
    let key = key.and_then(|key| key.try_into().ok());
    key.ok_or_else(|| ArchiveError::Damaged("its first line has no look-up key".to_owned()))
}

impl MasterKeySource {
    /// The key with an id, before a database is there that could say so.
    pub(crate) fn needed(&self, id: &str) -> Result<MasterKey, EngineError> {
        let master = self.existing(id)?;
        let given = master.id();
        if given == id {
            return Ok(master);
        }
        Err(VaultError::MasterKeyWrong { given, needed: id.to_owned() }.into())
    }
}

struct Load {
    place: String,
    is_any_log_good: bool,
    archive: Archive,
    /// Seals what was opened; `None` for what stays sealed.
    vault: Option<Vault>,
    sealed: Option<SealedVault>,
    master: MasterKey,
    now: Timestamp,
    chance: Mutex<Chance>,
    progress: Mutex<Progress>,
    /// Bytes of the file.
    total: u64,
}

impl Job for Load {
    const NAME: &'static str = "archive.load";
    const LANE: Lane = Lane::Bulk;
    type Out = Loaded;
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<Loaded, EngineError> {
        let head = self.archive.head();
        self.must_be_free(tx).await?;
        tables::clear(tx).await?;
        let file = self.rows(tx).await?;
        if let Some(sealed) = &self.sealed {
            settings::put(tx, names::CANARY, &sealed.canary, self.now).await?;
            settings::put(tx, names::LOOKUP, &sealed.lookup, self.now).await?;
            settings::put(tx, names::DATA, &sealed.data, self.now).await?;
            settings::put(tx, names::MASTER_ID, sealed.master_id.as_bytes(), self.now).await?;
        } else {
            let sealed = stored_vault(tx).await?;
            let sealed = sealed.ok_or_else(|| ArchiveError::Damaged("it has no keys".to_owned()))?;
            Vault::open(&self.master, &sealed)?;
        }
        tables::fill(tx).await?;
        let database = self.read_back(tx, &file).await?;
        if head.schema == latest_schema() {
            let differs = [
                ("its rows", file.content != database.content || file.rows != database.rows),
                ("its audit log", file.log != database.log),
            ];
            if let Some((what, _)) = differs.into_iter().find(|(_, differs)| *differs) {
                return Err(ArchiveError::Differs { what }.into());
            }
        }
        let log = verify_chain(tx, &[], |_| {}).await?;
        if let Some(finding) = log.report.findings.first().filter(|_| !self.is_any_log_good) {
            let (seq, finding) = (finding.seq, finding.detail.clone());
            return Err(ArchiveError::LogBroken { seq, finding }.into());
        }
        self.note(tx, &file).await?;
        let (head, master_key) = (head.clone(), self.master.id());
        Ok(Loaded { head, file, database, master_key, log })
    }
}

impl Load {
    async fn must_be_free(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        // An export is at home in any database; a backup is that database itself, and nothing is replaced by it.
        let is_export = self.vault.is_some();
        let free = tables::is_empty(tx).await? || is_export && tables::is_as_made(tx).await?;
        if !free {
            return Err(ArchiveError::NotEmpty(self.place.clone()).into());
        }
        if tables::is_served(tx, self.now).await? {
            return Err(ArchiveError::Served(self.place.clone()).into());
        }
        Ok(())
    }

    async fn rows(&self, tx: &Tx<'_>) -> Result<Counts, EngineError> {
        let reader = RowReader { secrets: self.archive.head().secrets, vault: self.vault.as_ref() };
        let mut rows = self.archive.rows()?;
        let mut waiting: (Option<&'static Table>, Vec<Vec<Datum>>) = (None, Vec::new());
        while let Some((table, row)) = rows.next()? {
            let changes = waiting.0.is_none_or(|before| before.name != table.name);
            if changes || waiting.1.len() == AT_ONCE {
                add(tx, &mut waiting).await?;
                waiting.0 = Some(table);
                self.progress()(rows.bytes(), self.total * 2);
            }
            let values = reader.read(table, row, &mut |vault, place, plain| {
                vault.seal(place, plain.as_bytes(), &mut *locked(&self.chance))
            })?;
            waiting.1.push(values);
        }
        add(tx, &mut waiting).await?;
        Ok(rows.finish()?)
    }

    /// Reads everything as an export would, and writes it nowhere.
    async fn read_back(&self, tx: &Tx<'_>, file: &Counts) -> Result<Counts, EngineError> {
        let (total, rows) = (self.total, file.total().max(1));
        let mut told = 0;
        let mut progress = |done: u64| {
            if done - told >= AT_ONCE as u64 {
                told = done;
                self.progress()(total + total / rows * done, total * 2);
            }
        };
        let sink = Sink::Clear(io::sink());
        let head = self.archive.head().clone();
        let (written, _) = write(&tx.snapshot(), head, self.vault.as_ref(), sink, &mut progress).await?;
        Ok(written.counts)
    }

    async fn note(&self, tx: &Tx<'_>, file: &Counts) -> Result<(), EngineError> {
        let account = accounts::first(tx).await?;
        let account = account.ok_or_else(|| ArchiveError::Damaged("it has no account".to_owned()))?.id;
        let head = self.archive.head();
        let event = if head.is_backup() { "account.restore" } else { "account.import" };
        let detail = json!({
            "madeAt": head.at, "from": head.database, "program": head.program, "rows": file.total(),
            "content": file.content, "masterKeyBefore": head.master_key, "masterKey": self.master.id(),
        });
        let (caller, resource) = (Caller::operator(), ("account", Some(account)));
        let entry =
            entry_by(&caller, account, event, resource, &detail, self.now, &mut *locked(&self.chance));
        Ok(keyward_store::audit::append(tx, &entry).await?)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        locked(&self.progress)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn add(
    tx: &Tx<'_>,
    waiting: &mut (Option<&'static Table>, Vec<Vec<Datum>>),
) -> Result<(), EngineError> {
    if let (Some(table), false) = (waiting.0, waiting.1.is_empty()) {
        tables::insert(tx, table, &waiting.1).await.map_err(|why| unfit(table, why))?;
        waiting.1.clear();
    }
    Ok(())
}

/// Two rows of the same number, or one that refers to none, are the file's fault.
fn unfit(table: &Table, why: StoreError) -> EngineError {
    match why {
        StoreError::Conflict { constraint } => {
            ArchiveError::Damaged(format!("two rows of {} have the same {constraint}", table.name)).into()
        }
        why => why.into(),
    }
}

impl Archive {
    /// Refuses an export that cannot be taken in.
    ///
    /// # Errors
    /// When it was made without secrets.
    pub fn must_have_secrets(&self) -> Result<(), ArchiveError> {
        if self.head().secrets == Secrets::None { Err(ArchiveError::WithoutSecrets) } else { Ok(()) }
    }

    /// Refuses a master key that is not the one of a backup, as far as its name says so.
    ///
    /// # Errors
    /// When it is missing or another one.
    pub fn check_key(&self, source: &MasterKeySource) -> Result<(), EngineError> {
        source.needed(&self.head().master_key).map(drop)
    }

    /// Refuses an archive of the other kind.
    ///
    /// # Errors
    /// When it is a backup where an export is wanted, or the other way round.
    pub fn must_be(&self, backup: bool) -> Result<(), ArchiveError> {
        let wanted = if backup { "backup" } else { "export" };
        if self.head().is_backup() == backup { Ok(()) } else { Err(foreign(self.path(), wanted)) }
    }
}

fn foreign(path: &Path, wanted: &'static str) -> ArchiveError {
    ArchiveError::Foreign { path: path.to_owned(), wanted }
}
