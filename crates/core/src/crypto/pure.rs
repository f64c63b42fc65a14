//! The pure-Rust provider (RustCrypto, dalek): public keys and shared secrets only, no C compiler needed.

use std::sync::Arc;

use aes_gcm::aead::{Aead as _, KeyInit as _};
use hmac::Mac as _;
use rsa::pkcs1::der::Decode as _;
use rsa::pkcs1v15;
use rsa::signature::Verifier as _;
use rsa::{BigUint, RsaPublicKey};

use super::{Aead, Mac, Provider, SignatureCheck};

/// The largest RSA modulus that is read; one more bit and checking a signature could be made to take seconds.
const MAX_RSA_BITS: usize = 8192;

/// The provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pure;

impl Provider for Pure {
    fn rsa(&self, pkcs1_der: &[u8]) -> Option<Arc<dyn SignatureCheck>> {
        let key = rsa::pkcs1::RsaPublicKey::from_der(pkcs1_der).ok()?;
        let (n, e) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
        let key = RsaPublicKey::new_with_max_size(
            BigUint::from_bytes_be(n),
            BigUint::from_bytes_be(e),
            MAX_RSA_BITS,
        )
        .ok()?;
        Some(Arc::new(Rsa(pkcs1v15::VerifyingKey::new(key))))
    }

    fn ed25519(&self, key: &[u8; 32]) -> Option<Arc<dyn SignatureCheck>> {
        Some(Arc::new(Ed25519(ed25519_dalek::VerifyingKey::from_bytes(key).ok()?)))
    }

    fn hmac_sha256(&self, key: &[u8]) -> Arc<dyn Mac> {
        Arc::new(Hmac(hmac::Hmac::new_from_slice(key).expect("HMAC takes keys of any length")))
    }

    fn aes_256_gcm(&self, key: &[u8; 32]) -> Arc<dyn Aead> {
        Arc::new(Gcm(aes_gcm::Aes256Gcm::new(key.into())))
    }
}

struct Rsa(pkcs1v15::VerifyingKey<rsa::sha2::Sha256>);

impl SignatureCheck for Rsa {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        pkcs1v15::Signature::try_from(signature).is_ok_and(|s| self.0.verify(message, &s).is_ok())
    }
}

struct Ed25519(ed25519_dalek::VerifyingKey);

impl SignatureCheck for Ed25519 {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|s| self.0.verify_strict(message, &s).is_ok())
    }
}

struct Hmac(hmac::Hmac<sha2::Sha256>);

impl Mac for Hmac {
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

struct Gcm(aes_gcm::Aes256Gcm);

impl Aead for Gcm {
    fn seal(&self, nonce: &[u8; 12], plain: &[u8]) -> Vec<u8> {
        self.0.encrypt(nonce.into(), plain).expect("a licence is far shorter than AES-GCM's limit")
    }

    fn open(&self, nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(nonce.into(), sealed).ok()
    }
}
