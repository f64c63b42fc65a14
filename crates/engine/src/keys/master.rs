//! The master key's rotation: the two keys of the vault are sealed anew, and nothing else changes.

use keyward_core::audit::Entry;
use keyward_store::{Job, Tx, audit, settings};
use serde_json::json;

use crate::start::names;
use crate::vault::{MasterKey, SealedVault, Vault};
use crate::{Caller, Engine, EngineError};

impl Engine {
    /// Seals the vault under a new master key. From then on the old one opens nothing; put the new one in its place
    /// before the next start. A node that runs goes on, for it has opened the vault already.
    ///
    /// # Errors
    /// `MasterKeyRotated` when the vault is sealed under another key than this engine was started with; when the new
    /// key is the present one, or the database refuses.
    pub async fn rotate_master(&self, caller: &Caller, new: &MasterKey) -> Result<(), EngineError> {
        let before = self.master_id.load_full();
        if *before == new.id() {
            let wanted = "it is the present one; a new one is needed".to_owned();
            return Err(EngineError::Invalid { field: "master key", wanted });
        }
        let sealed = self.with_chance(|chance| self.vault.reseal(new, chance));
        let detail = json!({ "before": *before, "masterKey": sealed.master_id });
        let resource = ("account", Some(self.account.id));
        let entry = self.entry(caller, "master.rotate", resource, &detail, self.now());
        let after = sealed.master_id.clone();
        self.store.write(Rotating { before: before.to_string(), sealed, entry }).await?;
        self.master_id.store(std::sync::Arc::new(after));
        Ok(())
    }

    /// The id of the master key that the vault was opened with, or sealed under since.
    pub fn master_id(&self) -> String {
        self.master_id.load().to_string()
    }

    /// Refuses a master key that does not open this database.
    pub(super) async fn must_open(&self, master: &MasterKey) -> Result<(), EngineError> {
        let sealed = crate::start::stored_vault(&self.store).await?;
        let sealed = sealed.ok_or_else(|| EngineError::NotFound { what: "vault", name: String::new() })?;
        Vault::open(master, &sealed)?;
        Ok(())
    }
}

struct Rotating {
    before: String,
    sealed: SealedVault,
    entry: Entry,
}

impl Job for Rotating {
    const NAME: &'static str = "master.rotate";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let (sealed, now) = (&self.sealed, self.entry.at);
        let (before, after) = (self.before.as_bytes(), sealed.master_id.as_bytes());
        // The first statement decides: of two rotations the second one finds another id.
        if !settings::replace(tx, names::MASTER_ID, before, after, now).await? {
            return Err(EngineError::MasterKeyRotated);
        }
        settings::put(tx, names::LOOKUP, &sealed.lookup, now).await?;
        settings::put(tx, names::DATA, &sealed.data, now).await?;
        settings::put(tx, names::CANARY, &sealed.canary, now).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
