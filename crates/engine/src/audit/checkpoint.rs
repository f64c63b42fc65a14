//! Checkpoints: every 1,000 entries and every hour the end of the chain is signed.

use keyward_core::audit::{Checkpoint, Entry};
use keyward_core::crypto::Algorithm;
use keyward_store::signing_keys::{self, SigningKey as Row};
use keyward_store::{Job, StoreError, Tx, audit, checkpoints, versions};
use serde_json::json;
use uuid::Uuid;

use crate::catalog::Material;
use crate::keyring::SigningKey;
use crate::{Caller, Engine, EngineError};

/// Entries after which a checkpoint is due.
const EVERY_ENTRIES: i64 = 1_000;
/// Seconds after which one is due.
const EVERY_SECONDS: i64 = 3_600;

impl Engine {
    /// Signs the end of the chain when it is due, or at once when `now_please`; gives the new checkpoint.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn checkpoint(&self, now_please: bool) -> Result<Option<Checkpoint>, EngineError> {
        let head = audit::read_head(&self.store).await?;
        let last = checkpoints::last(&self.store).await?;
        let now = self.now();
        let covered = last.as_ref().map_or(0, |last| last.seq);
        let old = last.is_none_or(|last| last.at.plus_seconds(EVERY_SECONDS) <= now);
        let due = now_please || head.seq - covered >= EVERY_ENTRIES || old;
        if head.seq == covered || !due {
            return Ok(None);
        }
        let (key_id, key) = self.checkpoint_key().await?;
        let message = Checkpoint::message(head.seq, &head.digest, head.count, now);
        let checkpoint = Checkpoint {
            seq: head.seq,
            digest: head.digest,
            count: head.count,
            at: now,
            key_id,
            signature: key.sign(&message),
        };
        // Another node may have signed the same end a moment ago.
        let added = self.store.write(Add { checkpoint: checkpoint.clone() }).await?;
        Ok(added.then_some(checkpoint))
    }

    /// The account's Ed25519 key, made at first use.
    async fn checkpoint_key(&self) -> Result<(Uuid, std::sync::Arc<SigningKey>), EngineError> {
        let known = || {
            let catalog = self.catalog();
            catalog.keys().iter().find_map(|key| match &key.material {
                Material::Signing(signing)
                    if key.row.product_id.is_none()
                        && key.row.state == "active"
                        && signing.algorithm() == Algorithm::Ed25519 =>
                {
                    Some((key.row.id, std::sync::Arc::clone(signing)))
                }
                _ => None,
            })
        };
        if let Some(key) = known() {
            return Ok(key);
        }
        let (id, now) = (self.new_id(), self.now());
        let key = self.with_chance(|chance| SigningKey::generate_ed25519(chance));
        let row = Row {
            id,
            account_id: self.account.id,
            product_id: None,
            algorithm: "ed25519".to_owned(),
            state: "active".to_owned(),
            public_key: Some(key.public().to_pem()),
            private_sealed: Some(self.seal("signing_keys", "private_sealed", id, &key.to_pem())),
            imported: false,
            created_at: now,
            retired_at: None,
        };
        let detail = json!({ "algorithm": "ed25519", "keyId": key.public().id().to_string() });
        let entry = self.entry(&Caller::system(), "key.create", ("signing-key", Some(id)), &detail, now);
        self.store.write(FirstKey { row, entry }).await?;
        self.reload().await?;
        known().ok_or_else(|| EngineError::NotFound { what: "signing key", name: id.to_string() })
    }
}

struct Add {
    checkpoint: Checkpoint,
}

impl Job for Add {
    const NAME: &'static str = "audit.checkpoint";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        checkpoints::insert(tx, &self.checkpoint).await
    }
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
        signing_keys::lock(tx, self.row.account_id, None).await?;
        let taken = signing_keys::all(tx).await?.into_iter().any(|row| {
            row.product_id.is_none() && row.state == "active" && row.algorithm == self.row.algorithm
        });
        if taken {
            return Ok(());
        }
        signing_keys::insert(tx, &self.row).await?;
        versions::raise(tx, versions::CATALOG).await?;
        audit::append(tx, &self.entry).await
    }
}
