//! Signing keys and shared secrets of the database: made at first use, listed, rotated, taken in and exported.

mod active;
mod change;
mod installation;
mod key_hash;
mod master;
mod secret;
mod transport;

pub use change::Rotate;
pub(crate) use installation::InstallationSecret;
pub use installation::OWN;
pub use transport::exported_master;

use keyward_core::crypto::{Algorithm, SharedSecret};
use keyward_core::time::Timestamp;
use rand_core::Rng as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::catalog::{Catalog, Key, Material};
use crate::crypto::AwsLc;
use crate::keyring::{HMAC, MIN_SIGNING_RSA_BITS, public_sample};
use crate::{Engine, EngineError};

/// The length of a secret that nobody gave, in bytes.
const SECRET_LENGTH: usize = 32;
/// Days after which a key that signs is pointed out.
const OLD_AFTER_DAYS: i64 = 365;

/// May sign and verify.
pub(crate) const ACTIVE: &str = "active";
/// Verifies what it once signed.
const VERIFY_ONLY: &str = "verify_only";
/// Does nothing any more.
const RETIRED: &str = "retired";

/// What is told of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id.
    pub id: Uuid,
    /// The code of the product it signs for; `None` is the whole account.
    pub product: Option<String>,
    /// `ed25519`, `rsa`, `hmac`.
    pub algorithm: String,
    /// The size of an RSA modulus, 256 for Ed25519; `None` for a shared secret.
    pub bits: Option<usize>,
    /// `active`, `verify_only`, `retired`.
    pub state: String,
    /// The hint by which licences name it: eight hexadecimal digits. A shared secret has none.
    pub key_id: Option<String>,
    /// Whether its private half is here.
    pub private: bool,
    /// Whether it was made elsewhere.
    pub imported: bool,
    /// When it was made or taken in.
    pub created_at: Timestamp,
    /// When it was retired.
    pub retired_at: Option<Timestamp>,
    /// What to think about: its age, or its size.
    pub warnings: Vec<String>,
}

impl Engine {
    /// All keys and secrets of products and of the account, the oldest first. Nothing secret is told.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn list_keys(&self) -> Result<Vec<KeyInfo>, EngineError> {
        self.refresh().await?;
        let (catalog, now) = (self.catalog(), self.now());
        Ok(catalog.keys().iter().map(|key| info(key, &catalog, now)).collect())
    }

    /// The public half of a key as a PEM file.
    ///
    /// # Errors
    /// When there is no such key, or it is a shared secret.
    pub async fn public_key(&self, id: Uuid) -> Result<String, EngineError> {
        self.refresh().await?;
        let catalog = self.catalog();
        match &key_of(&catalog, id)?.material {
            Material::Signing(key) => Ok(key.public().to_pem()),
            Material::Verifying(key) => Ok(key.to_pem()),
            Material::Secret(_) => Err(not_for_secrets("it has no public half")),
        }
    }

    /// A sentence for each product and installation whose secret is printed in a public document. For a warning at
    /// each start.
    pub fn public_secret_warnings(&self) -> Vec<String> {
        let catalog = self.catalog();
        let warning = |whose: String| {
            format!(
                "the secret of {whose} is printed in a public document of the older systems: anybody can make \
                 licences with it"
            )
        };
        let products = catalog.keys().iter().filter_map(|key| match &key.material {
            Material::Secret(secret) if key.row.state != RETIRED && public_sample::is(secret) => {
                let code = key.row.product_id.and_then(|id| catalog.product_by_id(id)).map(|p| &p.code);
                Some(warning(code.map_or_else(|| "the account".to_owned(), |code| format!("product {code}"))))
            }
            _ => None,
        });
        let own = catalog.own_installation().filter(|own| own.secret.as_ref().is_some_and(public_sample::is));
        products.chain(own.map(|own| warning(format!("installation {}", own.row.name)))).collect()
    }

    fn new_secret(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; SECRET_LENGTH]);
        self.with_chance(|chance| chance.fill_bytes(bytes.as_mut_slice()));
        Zeroizing::new(hex::encode(bytes.as_slice()))
    }
}

/// Prepares a secret for sealing and checking.
pub fn prepare(secret: &str) -> SharedSecret {
    SharedSecret::new(secret, &AwsLc)
}

/// How keys of an algorithm are stored.
pub(crate) const fn stored_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Ed25519 => "ed25519",
        Algorithm::RsaPkcs1Sha256 => "rsa",
    }
}

fn key_of(catalog: &Catalog, id: Uuid) -> Result<&Key, EngineError> {
    let unknown = || EngineError::NotFound { what: "key", name: id.to_string() };
    catalog.keys().iter().find(|key| key.row.id == id).ok_or_else(unknown)
}

fn not_for_secrets(why: &str) -> EngineError {
    EngineError::Invalid { field: "key", wanted: format!("this is a shared secret: {why}") }
}

/// Refuses what may not be the secret of a product or installation.
///
/// # Errors
/// When it is empty, or printed in a public document and not accepted nevertheless.
pub fn check_given(secret: &str, accept_public: bool) -> Result<(), EngineError> {
    if public_sample::contains(secret) && !accept_public {
        return Err(EngineError::PublicSecret);
    }
    if secret.is_empty() {
        return Err(EngineError::Invalid { field: "secret", wanted: "it must not be empty".to_owned() });
    }
    Ok(())
}

fn info(key: &Key, catalog: &Catalog, now: Timestamp) -> KeyInfo {
    let row = &key.row;
    let public = match &key.material {
        Material::Signing(key) => Some(key.public()),
        Material::Verifying(key) => Some(key),
        Material::Secret(_) => None,
    };
    let bits = public.map(keyward_core::crypto::PublicKey::bits);
    let mut warnings = Vec::new();
    if row.state == ACTIVE && row.algorithm != HMAC && row.created_at.plus_days(OLD_AFTER_DAYS) < now {
        warnings.push("it signs since more than a year: think of `keyward keys rotate`".to_owned());
    }
    if row.algorithm == "rsa" && row.state != RETIRED && bits.is_some_and(|bits| bits < MIN_SIGNING_RSA_BITS)
    {
        warnings.push("it is too small to be safe: what it verifies could be forged".to_owned());
    }
    let product = row.product_id.map(|id| match catalog.product_by_id(id) {
        Some(product) => product.code.clone(),
        None => id.to_string(),
    });
    KeyInfo {
        id: row.id,
        product,
        algorithm: row.algorithm.clone(),
        bits,
        state: row.state.clone(),
        key_id: public.map(|key| key.id().to_string()),
        private: row.private_sealed.is_some(),
        imported: row.imported,
        created_at: row.created_at,
        retired_at: row.retired_at,
        warnings,
    }
}
