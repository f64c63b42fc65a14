//! The secrets of installations (system E): given, or made at first use.

use keyward_core::audit::Entry;
use keyward_core::crypto::{SharedSecret, same};
use keyward_core::time::Timestamp;
use keyward_store::installations::{self, Installation as Row};
use keyward_store::{Job, StoreError, Tx, audit, licenses, versions};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::check_given;
use crate::{Caller, Engine, EngineError};

/// What an own installation seals with.
#[derive(Clone, Debug)]
pub(crate) struct OwnSecret {
    /// The installation.
    pub(crate) installation: Uuid,
    /// Its secret as it is stored, by which a job sees that it is still the same.
    pub(crate) sealed: Vec<u8>,
    /// Its secret.
    pub(crate) secret: SharedSecret,
}

impl Engine {
    /// The account's own installation with its secret. One that nobody gave is made at first use.
    pub(crate) async fn own_secret(&self, caller: &Caller) -> Result<OwnSecret, EngineError> {
        if let Some(known) = self.known_own_secret() {
            return Ok(known);
        }
        let row = self.installation_row(None).await?;
        self.put_installation_secret(caller, row, &self.new_secret(), true).await?;
        let missing = || EngineError::NotFound { what: "secret of installation", name: "own".to_owned() };
        self.known_own_secret().ok_or_else(missing)
    }

    /// The own secret, where there is one.
    pub(crate) fn known_own_secret(&self) -> Option<OwnSecret> {
        let catalog = self.catalog();
        let own = catalog.own_installation()?;
        let (secret, sealed) = (own.secret.clone()?, own.row.secret_sealed.clone()?);
        Some(OwnSecret { installation: own.row.id, sealed, secret })
    }

    /// Sets the secret of an installation. The same one again changes nothing.
    ///
    /// # Errors
    /// `PublicSecret` for a sample of the old documents, unless accepted; `SecretInUse` when licences were made under
    /// another one; when there is no such installation, or the database refuses.
    pub async fn set_installation_secret(
        &self,
        caller: &Caller,
        name: &str,
        secret: &str,
        accept_public: bool,
    ) -> Result<(), EngineError> {
        check_given(secret, accept_public)?;
        let row = self.installation_row(Some(name)).await?;
        self.put_installation_secret(caller, row, secret, false).await
    }

    /// The secret of an installation in plain, and since when it has it; that it was looked at is written down. Whoever
    /// reads it can make keys.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn reveal_installation_secret(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Zeroizing<String>, Timestamp), EngineError> {
        let mut row = self.installation_row(Some(name)).await?;
        if row.own && row.secret_sealed.is_none() {
            self.own_secret(caller).await?;
            row = self.installation_row(Some(name)).await?;
        }
        let missing = || EngineError::NotFound { what: "secret of installation", name: name.to_owned() };
        let secret = self.plain(&row)?.ok_or_else(missing)?;
        let resource = ("installation", Some(row.id));
        let entry = self.entry(caller, "secret.reveal", resource, &json!({ "name": row.name }), self.now());
        self.store.write(crate::audit::Note { entry }).await?;
        Ok((secret, row.secret_generated_at.unwrap_or(row.created_at)))
    }

    /// An installation by its name, or the own one.
    async fn installation_row(&self, name: Option<&str>) -> Result<Row, EngineError> {
        let wanted = |row: &Row| name.map_or(row.own, |name| row.name == name);
        let row = installations::of_account(&self.store, self.account.id).await?.into_iter().find(wanted);
        let name = name.unwrap_or("own");
        row.ok_or_else(|| EngineError::NotFound { what: "installation", name: name.to_owned() })
    }

    fn plain(&self, row: &Row) -> Result<Option<Zeroizing<String>>, EngineError> {
        let open = |sealed: &Vec<u8>| self.unseal("installations", "secret_sealed", row.id, sealed);
        row.secret_sealed.as_ref().map(open).transpose()
    }

    async fn put_installation_secret(
        &self,
        caller: &Caller,
        row: Row,
        secret: &str,
        first_only: bool,
    ) -> Result<(), EngineError> {
        let present = self.plain(&row)?;
        if present.is_some_and(|present| first_only || same(present.as_bytes(), secret.as_bytes())) {
            return self.reload().await;
        }
        let sealed = self.seal("installations", "secret_sealed", row.id, secret);
        let detail = json!({ "name": row.name, "given": !first_only });
        let entry = self.entry(caller, "secret.set", ("installation", Some(row.id)), &detail, self.now());
        self.store.write(Setting { row, sealed, first_only, entry }).await?;
        self.reload().await
    }
}

struct Setting {
    /// As it was when the secrets were compared.
    row: Row,
    sealed: Vec<u8>,
    first_only: bool,
    entry: Entry,
}

impl Job for Setting {
    const NAME: &'static str = "secret.set";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let id = self.row.id;
        let locked = installations::lock(tx, id).await?;
        let locked =
            locked.ok_or_else(|| EngineError::NotFound { what: "installation", name: id.to_string() })?;
        if locked.secret_sealed.is_some() && self.first_only {
            return Ok(());
        }
        if locked.secret_sealed != self.row.secret_sealed {
            return Err(StoreError::Busy("the secret is being set by another").into());
        }
        // A first secret takes nothing from licences that were taken in without one.
        if locked.secret_sealed.is_some() && licenses::any_of_installation(tx, id).await? {
            return Err(EngineError::SecretInUse { product: format!("installation {}", self.row.name) });
        }
        installations::set_secret(tx, id, &self.sealed, self.entry.at).await?;
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
