//! The secret of a product's tiered keys: given, or made at first use.

use keyward_core::audit::Entry;
use keyward_core::crypto::SharedSecret;
use keyward_store::signing_keys::{self, SigningKey as Row};
use keyward_store::{Job, Tx, audit, licenses, versions};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::check_given;
use crate::Material;
use crate::keyring::HMAC;
use crate::{Caller, Engine, EngineError};

impl Engine {
    /// The secret of a product's tiered keys with its id. One that nobody gave is made at first use.
    pub(crate) async fn tier_secret(
        &self,
        caller: &Caller,
        product: Uuid,
    ) -> Result<(Uuid, SharedSecret), EngineError> {
        let known = || {
            let catalog = self.catalog();
            let mine = |key: &&crate::Key| key.row.product_id == Some(product) && key.row.state == "active";
            catalog.keys().iter().filter(mine).find_map(|key| match &key.material {
                Material::Secret(secret) => Some((key.row.id, secret.clone())),
                _ => None,
            })
        };
        if let Some(secret) = known() {
            return Ok(secret);
        }
        let text = self.new_secret();
        self.put_secret(caller, product, &text, true).await?;
        known().ok_or_else(|| EngineError::NotFound { what: "secret of product", name: product.to_string() })
    }

    /// Sets the secret of a product's tiered keys. The same one again changes nothing.
    ///
    /// # Errors
    /// `PublicSecret` for a sample of the old documents, unless accepted; `SecretInUse` when licences were made under
    /// another one.
    pub async fn set_secret(
        &self,
        caller: &Caller,
        product: &str,
        secret: &str,
        accept_public: bool,
    ) -> Result<(), EngineError> {
        check_given(secret, accept_public)?;
        let product = self
            .catalog()
            .product(product)
            .cloned()
            .ok_or_else(|| EngineError::NotFound { what: "product", name: product.to_owned() })?;
        self.put_secret(caller, product.id, secret, false).await.map_err(|error| match error {
            // People know the product by its code.
            EngineError::SecretInUse { .. } => EngineError::SecretInUse { product: product.code.clone() },
            other => other,
        })
    }

    async fn put_secret(
        &self,
        caller: &Caller,
        product: Uuid,
        secret: &str,
        first_only: bool,
    ) -> Result<(), EngineError> {
        let now = self.now();
        let id = self.new_id();
        let row = Row {
            id,
            account_id: self.account.id,
            product_id: Some(product),
            algorithm: HMAC.to_owned(),
            state: "active".to_owned(),
            public_key: None,
            private_sealed: Some(self.seal("signing_keys", "private_sealed", id, secret)),
            imported: !first_only,
            created_at: now,
            retired_at: None,
        };
        let detail = json!({ "product": product, "algorithm": HMAC, "given": !first_only });
        let entry = self.entry(caller, "secret.set", ("signing-key", Some(id)), &detail, now);
        let known = self.known_secrets().await?;
        let job =
            Setting { row, product, first_only, known, secret: Zeroizing::new(secret.to_owned()), entry };
        self.store.write(job).await?;
        self.reload().await
    }

    /// The secrets of products as they are stored now, in plain, to compare with.
    async fn known_secrets(&self) -> Result<Vec<(Uuid, Zeroizing<String>)>, EngineError> {
        let mut known = Vec::new();
        for row in signing_keys::all(&self.store).await? {
            if let (HMAC, Some(sealed)) = (row.algorithm.as_str(), &row.private_sealed) {
                known.push((row.id, self.unseal("signing_keys", "private_sealed", row.id, sealed)?));
            }
        }
        Ok(known)
    }
}

struct Setting {
    row: Row,
    product: Uuid,
    first_only: bool,
    known: Vec<(Uuid, Zeroizing<String>)>,
    secret: Zeroizing<String>,
    entry: Entry,
}

impl Job for Setting {
    const NAME: &'static str = "secret.set";
    type Out = ();
    type Err = EngineError;

    async fn run(&self, tx: &Tx<'_>) -> Result<(), EngineError> {
        signing_keys::lock(tx, self.row.account_id, Some(self.product)).await?;
        let mine = |row: &Row| {
            row.product_id == Some(self.product) && row.algorithm == HMAC && row.state == "active"
        };
        let before = signing_keys::all(tx).await?.into_iter().find(mine);
        if let Some(before) = before {
            let same = self.known.iter().any(|(id, secret)| {
                *id == before.id && keyward_core::crypto::same(secret.as_bytes(), self.secret.as_bytes())
            });
            if self.first_only || same {
                return Ok(());
            }
            if licenses::any_of_product(tx, self.product, "tier").await? {
                return Err(EngineError::SecretInUse { product: self.product.to_string() });
            }
            signing_keys::delete(tx, before.id).await?;
        }
        signing_keys::insert(tx, &self.row).await?;
        versions::raise(tx, versions::CATALOG).await?;
        Ok(audit::append(tx, &self.entry).await?)
    }
}
