//! AES-256-GCM (NIST SP 800-38D) with a random nonce in front and a context as associated data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A prepared key.
pub(super) struct Gcm(LessSafeKey);

/// What a sealed text is for. Nothing of it is stored with the text, and without it the text does not open.
pub(super) struct Context(Vec<u8>);

impl Context {
    /// Each part with its length, so that no two lists of parts are the same.
    pub(super) fn of(domain: &str, parts: &[&[u8]]) -> Self {
        let mut bytes = Vec::new();
        for part in std::iter::once(&domain.as_bytes()).chain(parts) {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(*part);
        }
        Self(bytes)
    }
}

impl Gcm {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key")))
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(&self, context: &Context, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let mut sealed = [&nonce, plain].concat();
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&context.0),
                &mut sealed[NONCE_LEN..],
            )
            .expect("a secret is far shorter than AES-GCM's limit");
        sealed.extend(tag.as_ref());
        sealed
    }

    /// The plain text, or `None` when anything was altered or the context is another one.
    pub(super) fn open(&self, context: &Context, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::from(&context.0), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

/// Another key from the caller's generator.
pub(super) fn random_key(rng: &mut impl CryptoRng) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    rng.fill_bytes(key.as_mut_slice());
    key
}

/// Says which key it is without giving it away: it has 256 random bits, so that a digest cannot be guessed back.
pub(super) fn key_id(domain: &str, key: &[u8; 32]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(domain.as_bytes());
    context.update(&[0]);
    context.update(key);
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}
