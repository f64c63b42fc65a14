//! Our own keys.

use keyward_core::crypto::{Algorithm, SharedSecret};
use keyward_core::scheme::lk3::Lk3;
use keyward_core::time::Timestamp;
use rand_core::Rng;

use super::IssueError;
use crate::keyring::SigningKey;

/// What an `lk3` key is sealed with.
#[derive(Clone, Copy, Debug)]
pub enum Lk3Sealer<'a> {
    /// An Ed25519 signature, and encrypted under a secret where one is given.
    Signature(&'a SigningKey, Option<&'a SharedSecret>),
    /// A MAC under a shared secret, encrypted or not.
    Mac(&'a SharedSecret, bool),
}

impl Lk3Sealer<'_> {
    /// The key. A signed one must have its licence id, a MAC-sealed one leaves it out.
    ///
    /// # Errors
    /// When the key is not Ed25519, or a field is outside its limits.
    pub fn issue(&self, lk3: &Lk3, rng: &mut impl Rng) -> Result<String, IssueError> {
        match self {
            Self::Signature(key, secret) => {
                if key.algorithm() != Algorithm::Ed25519 {
                    return Err(IssueError::WrongKey { wanted: Algorithm::Ed25519, found: key.algorithm() });
                }
                let encryption = secret.map(|secret| (secret, nonce(rng)));
                let sign =
                    |message: &[u8]| key.sign(message).try_into().expect("an Ed25519 signature has 64 bytes");
                Ok(lk3.sign(key.public().id(), encryption, sign)?)
            }
            Self::Mac(secret, encrypted) => Ok(lk3.mac(secret, encrypted.then(|| nonce(rng)))?),
        }
    }
}

impl Lk3Sealer<'_> {
    /// Gives the `number`-th licence of a run what tells it apart: a signed key its licence id, a MAC-sealed one a
    /// serial number.
    pub fn number(&self, lk3: &mut Lk3, ids: &Lk3Ids, number: u64) {
        match self {
            Self::Signature(..) => lk3.license_id = Some(ids.license_id(number)),
            Self::Mac(..) => lk3.serial = Some(ids.serial(number)),
        }
    }
}

fn nonce(rng: &mut impl Rng) -> [u8; 12] {
    let mut nonce = [0; 12];
    rng.fill_bytes(&mut nonce);
    nonce
}

/// Numbers that make keys different: one random start for a run, counted up from there.
#[derive(Clone, Copy, Debug)]
pub struct Lk3Ids {
    millis: u64,
    start: u128,
}

impl Lk3Ids {
    /// A start from the caller's clock and generator.
    pub fn new(now: Timestamp, rng: &mut impl Rng) -> Self {
        let start = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        Self { millis: now.millis().max(0).cast_unsigned(), start }
    }

    /// The licence id of the `serial`-th key: a UUID version 7 whose random bits are counted (RFC 9562 section 6.2).
    pub fn license_id(&self, serial: u64) -> uuid::Uuid {
        let counted = self.start.wrapping_add(u128::from(serial));
        // Version and variant take six of these 80 bits, all above the 62 that are counted first.
        let bytes = counted.to_be_bytes();
        let random = bytes.last_chunk::<10>().expect("16 bytes hold 10");
        uuid::Builder::from_unix_timestamp_millis(self.millis, random).into_uuid()
    }

    /// The serial number of the `serial`-th MAC-sealed key: a counter of 32 bits above 32 random ones, so that small
    /// runs have short keys.
    pub const fn serial(&self, serial: u64) -> u64 {
        serial << 32 | (self.start as u64 & 0xffff_ffff)
    }
}
