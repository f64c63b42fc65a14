//! Keys that come in from elsewhere, and that go out under a passphrase.

use std::convert::Infallible;

use keyward_core::crypto::KeyFileError;
use keyward_store::StoreError;
use keyward_store::signing_keys::SigningKey as Row;
use rand_core::{Rng as _, TryCryptoRng, TryRng};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::active::detail;
use super::{KeyInfo, VERIFY_ONLY, key_of, stored_name};
use crate::catalog::Material;
use crate::keyring;
use crate::vault::{MasterKey, passphrase};
use crate::{Caller, Engine, EngineError};

/// What kind of key an exported text holds.
const SIGNING_KEY: &str = "signing-key";
/// The kind of an exported master key.
const MASTER: &str = "master";

/// The master key of a text that [`Engine::export_master`] made. No database is asked: it may be lost, too.
///
/// # Errors
/// When the text is none, the passphrase is wrong, or another kind of key was sealed.
pub fn exported_master(passphrase: &str, text: &str) -> Result<MasterKey, EngineError> {
    let opened = passphrase::open(passphrase, text)?;
    let bytes = <[u8; 32]>::try_from(opened.bytes.as_slice()).map(Zeroizing::new);
    match (opened.kind.as_str(), bytes) {
        (MASTER, Ok(bytes)) => Ok(MasterKey::from_bytes(bytes)),
        (kind, _) => {
            let wanted =
                format!("the file holds a key of another kind, {kind}: `keyward keys import` takes it in");
            Err(EngineError::Invalid { field: "master key", wanted })
        }
    }
}

impl Engine {
    /// Takes in a key file: PKCS#1, PKCS#8 or a public key. A private one that may sign takes the place of the one that
    /// signed so far; one below 2048 bits, or a public one, only verifies.
    ///
    /// # Errors
    /// When the file is no key, the key is known already, there is no such product, or the database refuses.
    pub async fn import_key(
        &self,
        caller: &Caller,
        pem: &str,
        product: Option<&str>,
    ) -> Result<KeyInfo, EngineError> {
        self.refresh().await?;
        let product = product.map(|code| self.product_named(code)).transpose()?.map(|product| product.id);
        let (row, detail) = match keyring::read_key(pem) {
            Ok(key) => {
                let row = self.key_row(product, &key, true);
                let detail = detail(&row, &key);
                (row, detail)
            }
            Err(KeyFileError::Size { .. } | KeyFileError::WrongKind { .. }) => {
                let key = keyring::read_public(pem)?;
                let row = Row {
                    id: self.new_id(),
                    account_id: self.account.id,
                    product_id: product,
                    algorithm: stored_name(key.algorithm()).to_owned(),
                    state: VERIFY_ONLY.to_owned(),
                    public_key: Some(key.to_pem()),
                    private_sealed: None,
                    imported: true,
                    created_at: self.now(),
                    retired_at: None,
                };
                let detail = json!({
                    "algorithm": row.algorithm, "bits": key.bits(), "keyId": key.id().to_string(),
                    "product": product, "imported": true, "verifyOnly": true,
                });
                (row, detail)
            }
            Err(error) => return Err(error.into()),
        };
        let known = |key: &&crate::Key| {
            key.row.state != super::RETIRED
                && key.row.product_id == product
                && key.row.public_key == row.public_key
                && (key.row.private_sealed.is_some() || row.private_sealed.is_none())
        };
        if let Some(known) = self.catalog().keys().iter().find(known) {
            return Err(EngineError::Taken { what: "key", name: known.row.id.to_string() });
        }
        let entry = self.entry(caller, "key.import", ("signing-key", Some(row.id)), &detail, self.now());
        self.put_active(row, entry).await
    }

    /// A private key under a passphrase; that it went out is written down.
    ///
    /// # Errors
    /// When there is no such private key, the passphrase is too short, or the database refuses.
    pub async fn export_key(
        &self,
        caller: &Caller,
        id: Uuid,
        passphrase: &str,
    ) -> Result<String, EngineError> {
        self.refresh().await?;
        let catalog = self.catalog();
        let key = key_of(&catalog, id)?;
        let pem = match &key.material {
            Material::Signing(key) => key.to_pem(),
            Material::Verifying(_) => {
                return Err(EngineError::NotFound { what: "private half of key", name: id.to_string() });
            }
            Material::Secret(_) => return Err(super::not_for_secrets("it is not exported")),
        };
        let text = self.under_passphrase(passphrase, SIGNING_KEY, Zeroizing::new(pem.as_bytes().to_vec()));
        let text = text.await?;
        let detail = json!({ "algorithm": key.row.algorithm, "product": key.row.product_id });
        let entry = self.entry(caller, "key.export", ("signing-key", Some(id)), &detail, self.now());
        self.store.write(crate::audit::Note { entry }).await?;
        Ok(text)
    }

    /// The master key under a passphrase; that it went out is written down.
    ///
    /// # Errors
    /// When it is not this database's, the passphrase is too short, or the database refuses.
    pub async fn export_master(
        &self,
        caller: &Caller,
        master: &MasterKey,
        passphrase: &str,
    ) -> Result<String, EngineError> {
        self.must_open(master).await?;
        let bytes = Zeroizing::new(master.bytes().to_vec());
        let text = self.under_passphrase(passphrase, MASTER, bytes).await?;
        let detail = json!({ "masterKey": master.id() });
        let resource = ("account", Some(self.account.id));
        let entry = self.entry(caller, "master.export", resource, &detail, self.now());
        self.store.write(crate::audit::Note { entry }).await?;
        Ok(text)
    }

    /// Argon2id takes a tenth of a second: outside the runtime's threads, and without holding the generator.
    async fn under_passphrase(
        &self,
        passphrase: &str,
        kind: &'static str,
        bytes: Zeroizing<Vec<u8>>,
    ) -> Result<String, EngineError> {
        let passphrase = Zeroizing::new(passphrase.to_owned());
        let mut drawn = Drawn { bytes: Zeroizing::new([0; 64]), used: 0 };
        self.with_chance(|chance| chance.fill_bytes(drawn.bytes.as_mut_slice()));
        let task =
            tokio::task::spawn_blocking(move || passphrase::seal(&passphrase, kind, &bytes, &mut drawn));
        let sealed = task.await.map_err(|_| StoreError::Panicked("key.export"))?;
        Ok(sealed?)
    }
}

/// Randomness that was drawn before: a salt and a nonce need 28 bytes of it.
struct Drawn {
    bytes: Zeroizing<[u8; 64]>,
    used: usize,
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        let end = self.used + to.len();
        to.copy_from_slice(self.bytes.get(self.used..end).expect("more was drawn than is needed"));
        self.used = end;
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}
