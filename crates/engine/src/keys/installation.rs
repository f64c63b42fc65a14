//! The secrets of installations (system E): given, or made at first use.

use keyward_core::audit::Entry;
use keyward_core::crypto::{KeySet, SharedSecret, same};
use keyward_core::scheme::Scheme;
use keyward_core::time::Timestamp;
use keyward_store::installations::{self, Installation as Row};
use keyward_store::{Job, Read, StoreError, Tx, audit, licenses, versions};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::check_given;
use crate::license::Found;
use crate::{Caller, Engine, EngineError};

/// The name of the account's own installation.
pub const OWN: &str = "own";

/// What an installation seals with.
#[derive(Clone, Debug)]
pub(crate) struct InstallationSecret {
    /// The installation.
    pub(crate) installation: Uuid,
    /// Its secret as it is stored, by which a job sees that it is still the same.
    pub(crate) sealed: Vec<u8>,
    /// Its secret.
    pub(crate) secret: SharedSecret,
}

impl Engine {
    /// An installation by its name, or the account's own, with its secret. One that nobody gave is made at first use.
    pub(crate) async fn secret_for(
        &self,
        caller: &Caller,
        name: Option<&str>,
    ) -> Result<InstallationSecret, EngineError> {
        let row = self.installation_row(name).await?;
        let id = row.id;
        if let Some(known) = self.secret_in(&row)? {
            return Ok(known);
        }
        self.put_installation_secret(caller, row, &self.new_secret(), true).await?;
        let missing =
            || EngineError::NotFound { what: "secret of installation", name: name.unwrap_or(OWN).to_owned() };
        self.secret_of(&self.store, id).await?.ok_or_else(missing)
    }

    /// What a licence's key or form is checked with: the public keys of its product, and the secret of its installation.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn keys_for(&self, found: &Found, scheme: Scheme) -> Result<KeySet, EngineError> {
        let mut keys = self.catalog().key_set(found.license.product_id, scheme);
        if let (Some(id), Scheme::Lk1 | Scheme::Lk2 | Scheme::Lk3) = (found.license.installation_id, scheme) {
            let secret = self.secret_of(&self.store, id).await?;
            keys.secrets = secret.map(|known| known.secret).into_iter().collect();
        }
        Ok(keys)
    }

    /// The secret of an installation, where it has one.
    pub(crate) async fn secret_of(
        &self,
        db: &impl Read,
        installation: Uuid,
    ) -> Result<Option<InstallationSecret>, EngineError> {
        match installations::by_id(db, installation).await? {
            Some(row) => self.secret_in(&row),
            None => Ok(None),
        }
    }

    /// The secret in a row.
    pub(crate) fn secret_in(&self, row: &Row) -> Result<Option<InstallationSecret>, EngineError> {
        let Some((plain, sealed)) = self.plain(row)?.zip(row.secret_sealed.clone()) else { return Ok(None) };
        Ok(Some(InstallationSecret { installation: row.id, sealed, secret: super::prepare(&plain) }))
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
        let row = self.installation_row(Some(name)).await?;
        self.reveal_secret_in(caller, row).await
    }

    /// As [`Self::reveal_installation_secret`], by the installation's id.
    ///
    /// # Errors
    /// When there is no such installation, or the database refuses.
    pub async fn reveal_installation_secret_of(
        &self,
        caller: &Caller,
        installation: Uuid,
    ) -> Result<(Zeroizing<String>, Timestamp), EngineError> {
        let row = installations::by_id(&self.store, installation).await?;
        let name = installation.to_string();
        let row = row.ok_or(EngineError::NotFound { what: "installation", name })?;
        self.reveal_secret_in(caller, row).await
    }

    async fn reveal_secret_in(
        &self,
        caller: &Caller,
        mut row: Row,
    ) -> Result<(Zeroizing<String>, Timestamp), EngineError> {
        let name = row.name.clone();
        if row.secret_sealed.is_none() {
            self.secret_for(caller, Some(&name)).await?;
            row = self.installation_row(Some(&name)).await?;
        }
        let missing = || EngineError::NotFound { what: "secret of installation", name };
        let secret = self.plain(&row)?.ok_or_else(missing)?;
        let resource = ("installation", Some(row.id));
        let entry = self.entry(caller, "secret.reveal", resource, &json!({ "name": row.name }), self.now());
        self.store.write(crate::audit::Note { entry }).await?;
        Ok((secret, row.secret_generated_at.unwrap_or(row.created_at)))
    }

    /// An installation by its name, or the own one.
    pub(crate) async fn installation_row(&self, name: Option<&str>) -> Result<Row, EngineError> {
        let account = self.account.id;
        let row = match name {
            Some(name) => installations::by_name(&self.store, account, name).await?,
            None => {
                let all = installations::of_account(&self.store, account).await?;
                all.into_iter().find(|row| row.own)
            }
        };
        let name = name.unwrap_or(OWN).to_owned();
        row.ok_or(EngineError::NotFound { what: "installation", name })
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
