//! Rotating and retiring keys.

use keyward_core::audit::Entry;
use keyward_core::crypto::Algorithm;
use keyward_store::signing_keys::{self, SigningKey as Row};
use keyward_store::{Job, Tx, audit, versions};
use serde_json::json;
use uuid::Uuid;

use super::active::detail;
use super::{ACTIVE, KeyInfo, RETIRED, VERIFY_ONLY, info, key_of, not_for_secrets};
use crate::catalog::Material;
use crate::keyring::RsaSize;
use crate::{Caller, Engine, EngineError};

/// Which key is to be followed by a new one.
#[derive(Clone, Debug)]
pub enum Rotate {
    /// The one with this id; the new one has its owner and algorithm.
    Id(Uuid),
    /// The one of a product, or of the account as a whole, and an algorithm.
    Of {
        /// The product's code.
        product: Option<String>,
        /// The algorithm.
        algorithm: Algorithm,
    },
}

impl Engine {
    /// Makes a new key that signs from now on. Those that signed so far still verify what they signed.
    ///
    /// # Errors
    /// When there is no such key or product, it is a shared secret, or the database refuses.
    pub async fn rotate_key(&self, caller: &Caller, which: Rotate) -> Result<KeyInfo, EngineError> {
        self.refresh().await?;
        let (product, algorithm, size) = self.rotated(&which)?;
        let key = self.generate(algorithm, size).await?;
        let row = self.key_row(product, &key, false);
        let detail = detail(&row, &key);
        let entry = self.entry(caller, "key.rotate", ("signing-key", Some(row.id)), &detail, self.now());
        self.put_active(row, entry).await
    }

    /// Stores a key that signs from now on, in the place of others of its owner and algorithm.
    pub(super) async fn put_active(&self, row: Row, entry: Entry) -> Result<KeyInfo, EngineError> {
        let id = row.id;
        self.store.write(Replacing { row, entry }).await?;
        self.reload().await?;
        self.key_info(id)
    }

    /// Retires a key: nothing that it signed is taken any more, and when it was the one that signs, the next use makes
    /// another. It stays in the list and in the check of the audit log.
    ///
    /// # Errors
    /// When there is no such key, it is retired already or a shared secret, or the database refuses.
    pub async fn retire_key(&self, caller: &Caller, id: Uuid) -> Result<KeyInfo, EngineError> {
        self.refresh().await?;
        if matches!(key_of(&self.catalog(), id)?.material, Material::Secret(_)) {
            return Err(not_for_secrets("it stays as long as there are keys made with it"));
        }
        let entry = self.entry(caller, "key.retire", ("signing-key", Some(id)), &json!({}), self.now());
        self.store.write(Retiring { id, entry }).await?;
        self.reload().await?;
        self.key_info(id)
    }

    pub(super) fn key_info(&self, id: Uuid) -> Result<KeyInfo, EngineError> {
        let catalog = self.catalog();
        Ok(info(key_of(&catalog, id)?, &catalog, self.now()))
    }

    fn rotated(&self, which: &Rotate) -> Result<(Option<Uuid>, Algorithm, RsaSize), EngineError> {
        let catalog = self.catalog();
        match which {
            Rotate::Id(id) => {
                let key = key_of(&catalog, *id)?;
                let public = match &key.material {
                    Material::Signing(key) => key.public(),
                    Material::Verifying(key) => key,
                    Material::Secret(_) => return Err(not_for_secrets("`keyward secret set` replaces it")),
                };
                let size = match public.bits() {
                    ..=2048 => RsaSize::Bits2048,
                    2049..=3072 => RsaSize::Bits3072,
                    _ => RsaSize::Bits4096,
                };
                Ok((key.row.product_id, public.algorithm(), size))
            }
            Rotate::Of { product, algorithm } => {
                let product = product.as_deref().map(|code| self.product_named(code)).transpose()?;
                Ok((product.map(|product| product.id), *algorithm, RsaSize::Bits2048))
            }
        }
    }

    /// A product by its code.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn product_named(
        &self,
        code: &str,
    ) -> Result<std::sync::Arc<crate::catalog::Product>, EngineError> {
        let unknown = || EngineError::NotFound { what: "product", name: code.to_owned() };
        self.catalog().product(code).cloned().ok_or_else(unknown)
    }
}

struct Replacing {
    row: Row,
    entry: Entry,
}

impl Job for Replacing {
    const NAME: &'static str = "key.replace";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let new = &self.row;
        signing_keys::lock(tx, new.account_id, new.product_id).await?;
        let others = signing_keys::all(tx).await?.into_iter().filter(|row| {
            row.account_id == new.account_id
                && row.product_id == new.product_id
                && row.algorithm == new.algorithm
                && row.state != RETIRED
        });
        for other in others {
            match (other.public_key == new.public_key, &other.private_sealed) {
                (true, Some(_)) => {
                    return Err(EngineError::Taken { what: "key", name: other.id.to_string() });
                }
                // Only its public half was known so far: the new row says all that the old one did.
                (true, None) => {
                    signing_keys::set_state(tx, other.id, RETIRED, Some(self.entry.at)).await?;
                }
                (false, _) if other.state == ACTIVE && new.state == ACTIVE => {
                    signing_keys::set_state(tx, other.id, VERIFY_ONLY, None).await?;
                }
                (false, _) => {}
            }
        }
        signing_keys::insert(tx, new).await?;
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}

struct Retiring {
    id: Uuid,
    entry: Entry,
}

impl Job for Retiring {
    const NAME: &'static str = "key.retire";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        let row = signing_keys::all(tx).await?.into_iter().find(|row| row.id == self.id);
        let row = row.ok_or_else(|| EngineError::NotFound { what: "key", name: self.id.to_string() })?;
        signing_keys::lock(tx, row.account_id, row.product_id).await?;
        if row.state == RETIRED {
            let wanted = "it is retired already".to_owned();
            return Err(EngineError::Invalid { field: "key", wanted });
        }
        signing_keys::set_state(tx, self.id, RETIRED, Some(self.entry.at)).await?;
        versions::raise(tx, versions::CATALOG).await?;
        let mut entry = self.entry.clone();
        entry.detail = json!({ "algorithm": row.algorithm, "before": row.state }).to_string();
        Ok(audit::append(tx, &entry).await?)
    }
}
