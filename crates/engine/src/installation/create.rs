//! Making installations, and what the vendor sets of them.

use keyward_core::audit::Entry;
use keyward_store::installations::{self, Installation};
use keyward_store::{Job, Tx, audit};
use serde_json::json;
use uuid::Uuid;

use crate::{Caller, Engine, EngineError};

/// The longest name, in bytes.
const MAX_NAME: usize = 100;

impl Engine {
    /// Makes an installation: one customer's running copy of a product. Its secret is made at first use, or given.
    ///
    /// # Errors
    /// `Taken` when there is one of that name; when the name cannot be used, or the database refuses.
    pub async fn create_installation(
        &self,
        caller: &Caller,
        name: &str,
        free_devices: Option<u32>,
    ) -> Result<Installation, EngineError> {
        if name.trim().is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            let wanted = format!("a name of 1 to {MAX_NAME} bytes without control characters");
            return Err(EngineError::Invalid { field: "installation", wanted });
        }
        let now = self.now();
        let row = Installation {
            id: self.new_id(),
            account_id: self.account.id,
            name: name.to_owned(),
            own: false,
            secret_sealed: None,
            secret_generated_at: None,
            free_devices,
            over_limit_since: None,
            created_at: now,
        };
        let detail = json!({ "name": name, "freeDevices": free_devices });
        let entry = self.entry(caller, "installation.create", ("installation", Some(row.id)), &detail, now);
        self.store.write(Creating { row: row.clone(), entry }).await?;
        Ok(row)
    }

    /// All installations, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn installations(&self) -> Result<Vec<Installation>, EngineError> {
        Ok(installations::of_account(&self.store, self.account.id).await?)
    }

    /// Installations made after the one of a serial, with their serials, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn installations_after(
        &self,
        serial: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Installation)>, EngineError> {
        let mut found = Vec::new();
        for (serial, id) in installations::after(&self.store, self.account.id, serial, limit).await? {
            if let Some(row) = installations::by_id(&self.store, id).await? {
                found.push((serial, row));
            }
        }
        Ok(found)
    }

    /// An installation.
    ///
    /// # Errors
    /// When there is none, or the database cannot be asked.
    pub async fn installation(&self, id: Uuid) -> Result<Installation, EngineError> {
        let row =
            installations::by_id(&self.store, id).await?.filter(|row| row.account_id == self.account.id);
        row.ok_or_else(|| EngineError::NotFound { what: "installation", name: id.to_string() })
    }

    /// An installation by its name.
    ///
    /// # Errors
    /// When there is none, or the database cannot be asked.
    pub async fn installation_named(&self, name: &str) -> Result<Installation, EngineError> {
        self.installation_row(Some(name)).await
    }

    /// Sets the devices of an installation's free tier; `None` is as many as the policy says, 0 switches it off.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn set_free_devices(
        &self,
        caller: &Caller,
        name: &str,
        devices: Option<u32>,
    ) -> Result<(), EngineError> {
        self.write_free_devices(caller, name, Seen::Whatever, devices).await
    }

    /// Sets the devices of an installation's free tier, if they are still those that whoever decides saw.
    ///
    /// # Errors
    /// `Changed` when they are others by now; when there is no such installation, or the database refuses.
    pub async fn change_seen_free_devices(
        &self,
        caller: &Caller,
        name: &str,
        seen: Option<u32>,
        devices: Option<u32>,
    ) -> Result<(), EngineError> {
        self.write_free_devices(caller, name, Seen::Devices(seen), devices).await
    }

    async fn write_free_devices(
        &self,
        caller: &Caller,
        name: &str,
        seen: Seen,
        devices: Option<u32>,
    ) -> Result<(), EngineError> {
        let id = self.installation_row(Some(name)).await?.id;
        let resource = ("installation", Some(id));
        let entry = self.entry(caller, "installation.change", resource, &json!({}), self.now());
        self.store.write(Setting { id, seen, devices, entry }).await
    }
}

struct Creating {
    row: Installation,
    entry: Entry,
}

impl Job for Creating {
    const NAME: &'static str = "installation.create";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        if !installations::insert(tx, &self.row).await? {
            return Err(EngineError::Taken { what: "installation", name: self.row.name.clone() });
        }
        Ok(audit::append(tx, &self.entry).await?)
    }
}

/// What whoever decides on a free tier saw of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Whatever,
    Devices(Option<u32>),
}

struct Setting {
    id: Uuid,
    seen: Seen,
    devices: Option<u32>,
    /// Without its detail: what was there before is read under the lock.
    entry: Entry,
}

impl Job for Setting {
    const NAME: &'static str = "installation.change-free-tier";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let gone = || EngineError::NotFound { what: "installation", name: self.id.to_string() };
        let row = installations::lock(tx, self.id).await?.ok_or_else(gone)?;
        let before = row.free_devices;
        if ![Seen::Whatever, Seen::Devices(before)].contains(&self.seen) {
            return Err(EngineError::Changed("installation"));
        }
        if !installations::set_free_devices(tx, self.id, self.devices).await? {
            return Err(gone());
        }
        let mut entry = self.entry.clone();
        entry.detail = json!({ "name": row.name, "before": before, "freeDevices": self.devices }).to_string();
        Ok(audit::append(tx, &entry).await?)
    }
}
