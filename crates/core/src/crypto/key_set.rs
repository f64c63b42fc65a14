//! The keys a verifier trusts.

use super::{Algorithm, PublicKey, SharedSecret};

/// The keys at hand. What is not in it is not accepted: a licence never chooses how it is checked.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// Public keys that signed licences may be signed by.
    pub public: Vec<PublicKey>,
    /// Secrets that MAC-sealed licences may be sealed under.
    pub secrets: Vec<SharedSecret>,
}

impl KeySet {
    /// A set of one public key.
    pub fn of_public(key: PublicKey) -> Self {
        Self { public: vec![key], secrets: Vec::new() }
    }

    /// A set of one secret.
    pub fn of_secret(secret: SharedSecret) -> Self {
        Self { public: Vec::new(), secrets: vec![secret] }
    }

    /// The public keys of one algorithm.
    pub(crate) fn public(&self, algorithm: Algorithm) -> impl Iterator<Item = &PublicKey> {
        self.public.iter().filter(move |key| key.algorithm() == algorithm)
    }
}
