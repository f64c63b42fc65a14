//! The keys a verifier trusts.

use super::{Algorithm, PublicKey, SharedSecret};
use crate::refusal::Refusal;

/// The keys at hand. What is not in it is not accepted: a licence never chooses how it is checked.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// Public keys that signed licences may be signed by.
    pub public: Vec<PublicKey>,
    /// Secrets: the keys of `tier`, `lk1` and `lk2`, and what encrypted `lk3` keys are read with.
    pub secrets: Vec<SharedSecret>,
    /// Whether `lk3` keys sealed by a MAC under one of the secrets are accepted. Holding a secret to decrypt signed
    /// keys is no reason to: whoever can read such keys could then make them.
    pub accepts_lk3_macs: bool,
}

impl KeySet {
    /// A set of one public key.
    pub fn of_public(key: PublicKey) -> Self {
        Self { public: vec![key], ..Self::default() }
    }

    /// A set of one secret, which `lk3` keys may be sealed under.
    pub fn of_secret(secret: SharedSecret) -> Self {
        Self { public: Vec::new(), secrets: vec![secret], accepts_lk3_macs: true }
    }

    /// Refuses a signature that no key at hand could have made.
    pub(crate) fn must_have(&self, algorithm: Algorithm) -> Result<(), Refusal> {
        let found = match algorithm {
            Algorithm::Ed25519 => "with an Ed25519 signature",
            Algorithm::RsaPkcs1Sha256 => "with an RSA signature",
        };
        self.public(algorithm).next().map(drop).ok_or(Refusal::SealNotAccepted { found })
    }

    /// Refuses a MAC when there is no secret at hand.
    pub(crate) fn must_have_secret(&self) -> Result<(), Refusal> {
        if self.secrets.is_empty() {
            return Err(Refusal::SealNotAccepted { found: "under a shared secret" });
        }
        Ok(())
    }

    /// The public keys of one algorithm.
    pub(crate) fn public(&self, algorithm: Algorithm) -> impl Iterator<Item = &PublicKey> {
        self.public.iter().filter(move |key| key.algorithm() == algorithm)
    }
}
