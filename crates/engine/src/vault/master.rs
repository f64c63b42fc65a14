//! The master key: it seals the two keys of the vault, and nothing else.

use std::fmt;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::error::MasterKeyError;
use super::gcm::{self, Context, Gcm};
use crate::keyring::public_sample;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT), GeneralPurpose::new(&alphabet::STANDARD, LENIENT)];

/// 32 random bytes, wiped when dropped. `Debug` shows its id.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// A new one from the caller's generator.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(gcm::random_key(rng))
    }

    /// Of its 32 bytes.
    pub const fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes, for an export under a passphrase.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits, or base64 or base64url of 32 bytes, padded or not. White space around it does not
    /// count.
    ///
    /// # Errors
    /// For anything else, and for a key that is printed in a public document.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MasterKeyError::Empty);
        }
        if public_sample::contains(text) {
            return Err(MasterKeyError::Public);
        }
        let mut key = Zeroizing::new([0; 32]);
        let hexadecimal = hex::decode_to_slice(text, key.as_mut_slice()).is_ok() && text.len() == 64;
        // Decoding a slice is bounded by its length; nothing of the key is left elsewhere.
        let is_key = hexadecimal
            || BASE64.iter().any(|base64| base64.decode_slice(text, key.as_mut_slice()) == Ok(key.len()));
        if is_key { Ok(Self(key)) } else { Err(MasterKeyError::Malformed { length: text.chars().count() }) }
    }

    /// As 64 hexadecimal digits.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// Eight hexadecimal digits that say which key it is.
    pub fn id(&self) -> String {
        hex::encode(&gcm::key_id("keyward/master key id", &self.0)[..4])
    }

    pub(super) fn seal(&self, part: &str, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        Gcm::new(&self.0).seal(&context(part), plain, rng)
    }

    pub(super) fn open(&self, part: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        Gcm::new(&self.0).open(&context(part), sealed)
    }
}

fn context(part: &str) -> Context {
    Context::of("keyward/vault/key", &[part.as_bytes()])
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}
