//! The key that signs: a product's own, else the account's, made at first use.

use std::sync::Arc;

use keyward_core::audit::Entry;
use keyward_core::crypto::Algorithm;
use keyward_store::signing_keys::{self, SigningKey as Row};
use keyward_store::{Job, StoreError, Tx, audit, versions};
use serde_json::json;
use uuid::Uuid;

use super::{ACTIVE, stored_name};
use crate::catalog::{Catalog, Material};
use crate::keyring::{RsaSize, SigningKey};
use crate::{Caller, Engine, EngineError};

impl Catalog {
    /// The newest key of an algorithm that may sign for exactly this product, or for the account as a whole.
    fn active_of(&self, product: Option<Uuid>, algorithm: Algorithm) -> Option<(Uuid, Arc<SigningKey>)> {
        self.keys().iter().rev().find_map(|key| match &key.material {
            Material::Signing(signing)
                if key.row.product_id == product
                    && key.row.state == ACTIVE
                    && signing.algorithm() == algorithm =>
            {
                Some((key.row.id, Arc::clone(signing)))
            }
            _ => None,
        })
    }

    /// The key that signs for a product: its own, else the account's.
    pub(crate) fn signing_key(
        &self,
        product: Option<Uuid>,
        algorithm: Algorithm,
    ) -> Option<(Uuid, Arc<SigningKey>)> {
        self.active_of(product, algorithm).or_else(|| self.active_of(None, algorithm))
    }
}

impl Engine {
    /// The key that signs for a product: its own, else the account's; without a product the account's. Where there is
    /// none, one is made for whom it was asked: two products of which none has a key never come to share one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn signing_key(
        &self,
        caller: &Caller,
        product: Option<Uuid>,
        algorithm: Algorithm,
    ) -> Result<(Uuid, Arc<SigningKey>), EngineError> {
        if let Some(key) = self.catalog().signing_key(product, algorithm) {
            return Ok(key);
        }
        // One at a time: searching for primes takes a while, and one key is enough.
        let _making = self.making.lock().await;
        self.refresh().await?;
        if let Some(key) = self.catalog().signing_key(product, algorithm) {
            return Ok(key);
        }
        let key = self.generate(algorithm, RsaSize::Bits2048).await?;
        let row = self.key_row(product, &key, false);
        let id = row.id;
        let detail = detail(&row, &key);
        let entry = self.entry(caller, "key.create", ("signing-key", Some(id)), &detail, self.now());
        self.store.write(FirstKey { row, entry }).await?;
        self.reload().await?;
        self.catalog()
            .signing_key(product, algorithm)
            .ok_or_else(|| EngineError::NotFound { what: "signing key", name: id.to_string() })
    }

    /// A new key. RSA's primes are searched outside the runtime's threads, and never in a write job.
    pub(super) async fn generate(
        &self,
        algorithm: Algorithm,
        size: RsaSize,
    ) -> Result<SigningKey, EngineError> {
        match algorithm {
            Algorithm::Ed25519 => Ok(self.with_chance(SigningKey::generate_ed25519)),
            Algorithm::RsaPkcs1Sha256 => {
                let task = tokio::task::spawn_blocking(move || SigningKey::generate_rsa(size));
                task.await.map_err(|_| StoreError::Panicked("key.generate").into())
            }
        }
    }

    /// The row of a private key that may sign.
    pub(super) fn key_row(&self, product: Option<Uuid>, key: &SigningKey, imported: bool) -> Row {
        let id = self.new_id();
        Row {
            id,
            account_id: self.account.id,
            product_id: product,
            algorithm: stored_name(key.algorithm()).to_owned(),
            state: ACTIVE.to_owned(),
            public_key: Some(key.public().to_pem()),
            private_sealed: Some(self.seal("signing_keys", "private_sealed", id, &key.to_pem())),
            imported,
            created_at: self.now(),
            retired_at: None,
        }
    }
}

/// What the audit log says of a new key.
pub(super) fn detail(row: &Row, key: &SigningKey) -> serde_json::Value {
    json!({
        "algorithm": row.algorithm, "bits": key.public().bits(), "keyId": key.public().id().to_string(),
        "product": row.product_id, "imported": row.imported,
    })
}

struct FirstKey {
    row: Row,
    entry: Entry,
}

impl Job for FirstKey {
    const NAME: &'static str = "key.create";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        signing_keys::lock(tx, self.row.account_id, self.row.product_id).await?;
        // Another node may have made one meanwhile: then that one signs.
        let taken = signing_keys::all(tx).await?.into_iter().any(|row| {
            row.account_id == self.row.account_id
                && row.product_id == self.row.product_id
                && row.state == ACTIVE
                && row.algorithm == self.row.algorithm
        });
        if taken {
            return Ok(());
        }
        signing_keys::insert(tx, &self.row).await?;
        versions::raise(tx, versions::CATALOG).await?;
        audit::append(tx, &self.entry).await
    }
}
