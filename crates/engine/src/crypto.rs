//! The `aws-lc-rs` provider: ten times as fast as pure Rust at RSA verification.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY};
use keyward_core::crypto::pure::Pure;
use keyward_core::crypto::{Aead, Mac, Provider, SignatureCheck};
use pkcs1::RsaPublicKey;
use pkcs1::der::Decode as _;

#[cfg(feature = "testing")]
thread_local! {
    static HMACS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How many HMACs this thread has computed, for tests of how much work an answer is.
#[cfg(feature = "testing")]
pub fn hmacs() -> u64 {
    HMACS.get()
}

/// Counts an HMAC for tests; otherwise nothing.
pub(crate) fn count_hmac() {
    #[cfg(feature = "testing")]
    HMACS.set(HMACS.get() + 1);
}

/// AWS-LC checks no signature of a key below 1024 bits; a few old records were signed with such.
const AWS_LC_MIN_RSA_BITS: usize = 1024;

/// The provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLc;

impl Provider for AwsLc {
    fn rsa(&self, pkcs1_der: &[u8]) -> Option<Arc<dyn SignatureCheck>> {
        let key = RsaPublicKey::from_der(pkcs1_der).ok()?;
        let modulus = key.modulus.as_bytes();
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if bits < AWS_LC_MIN_RSA_BITS {
            return Pure.rsa(pkcs1_der);
        }
        let key = ParsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, pkcs1_der).ok()?;
        Some(Arc::new(Key(key)))
    }

    fn ed25519(&self, key: &[u8; 32]) -> Option<Arc<dyn SignatureCheck>> {
        // AWS-LC looks at the point only when it verifies; pure Rust says at once when there is none.
        Pure.ed25519(key)?;
        Some(Arc::new(Key(ParsedPublicKey::new(&ED25519, key).ok()?)))
    }

    fn hmac_sha256(&self, key: &[u8]) -> Arc<dyn Mac> {
        Arc::new(Hmac(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    fn aes_256_gcm(&self, key: &[u8; 32]) -> Arc<dyn Aead> {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key");
        Arc::new(Gcm(LessSafeKey::new(key)))
    }
}

struct Key(ParsedPublicKey);

impl SignatureCheck for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

struct Hmac(hmac::Key);

impl Mac for Hmac {
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        count_hmac();
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")
    }
}

struct Gcm(LessSafeKey);

impl Aead for Gcm {
    fn seal(&self, nonce: &[u8; 12], plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut sealed)
            .expect("a licence is far shorter than AES-GCM's limit");
        sealed
    }

    fn open(&self, nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::empty(), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}
