//! Cryptography as an argument: what the schemes ask of a provider.
//!
//! Owns: the small traits ([`Provider`], [`SignatureCheck`], [`Mac`], [`Aead`]), public keys with their files, shared
//! secrets, and the pure-Rust provider. Private keys are not here.

mod key_file;
mod key_set;
mod public_key;
pub mod pure;
mod secret;

pub use key_file::{KeyFileError, PemBlock, pem_block};
pub use key_set::KeySet;
pub use public_key::PublicKey;
pub use secret::SharedSecret;

use std::sync::Arc;

/// Which signature a public key checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// RSA PKCS#1 v1.5 with SHA-256 (RFC 8017 section 8.2).
    RsaPkcs1Sha256,
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::RsaPkcs1Sha256 => "RSA",
        })
    }
}

/// The first four bytes of a key's SHA-256: a hint by which a verifier finds the right key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// Of the key's bytes: an Ed25519 public key, a MAC key, or the DER of an RSA public key.
    pub fn of(key: &[u8]) -> Self {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(key);
        Self([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A public key, prepared by a provider.
pub trait SignatureCheck: Send + Sync {
    /// Whether `signature` is one over `message` by this key.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// HMAC-SHA256 (RFC 2104) under one key, prepared by a provider.
pub trait Mac: Send + Sync {
    /// The tag over the parts, one after the other.
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32];
}

/// AES-256-GCM (NIST SP 800-38D) under one key, without associated data.
pub trait Aead: Send + Sync {
    /// The ciphertext with its 16-byte tag. A nonce is used once per key.
    fn seal(&self, nonce: &[u8; 12], plain: &[u8]) -> Vec<u8>;
    /// The plain text, or `None` when the ciphertext or its tag was altered.
    fn open(&self, nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// A source of cryptography: pure Rust in the core, `aws-lc-rs` in the engine.
pub trait Provider: Send + Sync {
    /// Prepares an RSA public key from its PKCS#1 DER (`RSAPublicKey`); `None` when it cannot be used.
    fn rsa(&self, pkcs1_der: &[u8]) -> Option<Arc<dyn SignatureCheck>>;
    /// Prepares an Ed25519 public key; `None` when it is not a point of the curve.
    fn ed25519(&self, key: &[u8; 32]) -> Option<Arc<dyn SignatureCheck>>;
    /// Prepares an HMAC-SHA256 key.
    fn hmac_sha256(&self, key: &[u8]) -> Arc<dyn Mac>;
    /// Prepares an AES-256-GCM key.
    fn aes_256_gcm(&self, key: &[u8; 32]) -> Arc<dyn Aead>;
}

/// Compares a tag with the one it should be, in a time that depends on the lengths alone.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq as _;
    a.ct_eq(b).into()
}
