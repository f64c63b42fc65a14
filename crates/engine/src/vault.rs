//! Secrets at rest: what the database holds of them is sealed, or a digest.
//!
//! Owns the [`MasterKey`] with its file, the two random keys that it seals (one for digests that secrets are looked up
//! by, one for sealed columns), and the export of keys under a passphrase ([`passphrase`]). Where sealed values are stored
//! is elsewhere.

mod error;
mod gcm;
mod key_file;
mod master;
pub mod passphrase;

pub use error::{MasterKeyError, VaultError};
pub use key_file::{Origin, create, load, load_or_create};
pub use master::MasterKey;

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use rand_core::CryptoRng;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::crypto::count_hmac;
use gcm::{Context, Gcm};

/// The form of sealed values, their first byte.
const FORMAT: u8 = 1;
/// Format and key id, in front of nonce and ciphertext.
const HEADER: usize = 5;

/// Where a sealed value stands. It opens nowhere else: whoever can write to the database cannot put one customer's
/// secret in the place of another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's id.
    pub row: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of {}", self.table, self.column, self.row)
    }
}

/// The vault as the settings keep it: both keys and a canary, sealed under the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedVault {
    /// The look-up key.
    pub lookup: Vec<u8>,
    /// The data key.
    pub data: Vec<u8>,
    /// Opens only under the right master key, and says whether the two keys are the right ones.
    pub canary: Vec<u8>,
    /// [`MasterKey::id`] of the master key.
    pub master_id: String,
}

impl fmt::Debug for SealedVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedVault(under {})", self.master_id)
    }
}

/// The opened vault. `Debug` shows its name only.
pub struct Vault {
    lookup: Zeroizing<[u8; 32]>,
    data: Zeroizing<[u8; 32]>,
    /// The look-up key, prepared once: a digest is made for every request.
    digests: hmac::Key,
    values: Gcm,
    data_id: [u8; 4],
}

impl Vault {
    /// New keys, and what is to be stored of them.
    pub fn create(master: &MasterKey, rng: &mut impl CryptoRng) -> (Self, SealedVault) {
        let vault = Self::of(gcm::random_key(rng), gcm::random_key(rng));
        let sealed = vault.reseal(master, rng);
        (vault, sealed)
    }

    /// A new data key beside a look-up key that came from elsewhere: what was found by it is found on.
    pub(crate) fn create_around(
        lookup: [u8; 32],
        master: &MasterKey,
        rng: &mut impl CryptoRng,
    ) -> (Self, SealedVault) {
        let vault = Self::of(Zeroizing::new(lookup), gcm::random_key(rng));
        let sealed = vault.reseal(master, rng);
        (vault, sealed)
    }

    /// The look-up key, for an export under a passphrase.
    pub(crate) fn lookup_key(&self) -> &[u8; 32] {
        &self.lookup
    }

    /// Opens what is stored.
    ///
    /// # Errors
    /// When the master key is another one, or what is stored was altered.
    pub fn open(master: &MasterKey, sealed: &SealedVault) -> Result<Self, VaultError> {
        let open =
            |part: &'static str, bytes: &[u8]| master.open(part, bytes).ok_or(VaultError::Damaged(part));
        let canary = open("canary", &sealed.canary).map_err(|damaged| {
            let (given, needed) = (master.id(), sealed.master_id.clone());
            if given == needed { damaged } else { VaultError::MasterKeyWrong { given, needed } }
        })?;
        let key = |part: &'static str, bytes: &[u8]| {
            let key: [u8; 32] =
                open(part, bytes)?.as_slice().try_into().map_err(|_| VaultError::Damaged(part))?;
            Ok(Zeroizing::new(key))
        };
        let vault = Self::of(key("look-up key", &sealed.lookup)?, key("data key", &sealed.data)?);
        // The canary came from the same master key; it must also have come with these two keys.
        constant_time::verify_slices_are_equal(&canary, &vault.canary())
            .map_err(|_| VaultError::Damaged("canary"))?;
        Ok(vault)
    }

    /// The same keys under a new master key: digests and sealed values stay as they are.
    pub fn reseal(&self, master: &MasterKey, rng: &mut impl CryptoRng) -> SealedVault {
        SealedVault {
            lookup: master.seal("look-up key", self.lookup.as_slice(), rng),
            data: master.seal("data key", self.data.as_slice(), rng),
            canary: master.seal("canary", &self.canary(), rng),
            master_id: master.id(),
        }
    }

    /// Seals a value for one place. Nonces are random, which is safe for some four billion values.
    pub fn seal(&self, place: Place, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut sealed = vec![FORMAT];
        sealed.extend(self.data_id);
        sealed.extend(self.values.seal(&self.context(place), plain, rng));
        sealed
    }

    /// Opens a value that was sealed for this place.
    ///
    /// # Errors
    /// When it was altered, sealed for another place, or sealed under another key.
    pub fn open_value(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (header, sealed) = sealed.split_at_checked(HEADER).ok_or(VaultError::Value(place))?;
        match header {
            [FORMAT, id @ ..] if id == self.data_id => {
                self.values.open(&self.context(place), sealed).ok_or(VaultError::Value(place))
            }
            [FORMAT, ..] => Err(VaultError::OtherKey(place)),
            _ => Err(VaultError::Value(place)),
        }
    }

    /// The digest that a secret text is looked up by. `kind` keeps apart what the same text may be: a key, a token, a
    /// session, …
    pub fn digest(&self, kind: &'static str, text: &str) -> [u8; 32] {
        keyed(&self.digests, kind, text.as_bytes())
    }

    fn of(lookup: Zeroizing<[u8; 32]>, data: Zeroizing<[u8; 32]>) -> Self {
        let digests = hmac::Key::new(hmac::HMAC_SHA256, lookup.as_slice());
        let [a, b, c, d, ..] = gcm::key_id("keyward/vault/data key id", &data);
        Self { values: Gcm::new(&data), digests, data_id: [a, b, c, d], lookup, data }
    }

    fn context(&self, place: Place) -> Context {
        let Place { table, column, row } = place;
        let parts = [&[FORMAT], self.data_id.as_slice(), table.as_bytes(), column.as_bytes(), row.as_bytes()];
        Context::of("keyward/vault/value", &parts)
    }

    /// What the canary says: both keys had a part in it, and neither can be told from it.
    fn canary(&self) -> [u8; 32] {
        keyed(&self.digests, "keyward/vault/canary", &gcm::key_id("keyward/vault/canary", &self.data))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

fn keyed(key: &hmac::Key, kind: &str, text: &[u8]) -> [u8; 32] {
    count_hmac();
    let mut context = hmac::Context::with_key(key);
    context.update(&(kind.len() as u64).to_be_bytes());
    context.update(kind.as_bytes());
    context.update(text);
    context.sign().as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")
}
