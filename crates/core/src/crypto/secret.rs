//! Shared secrets: C's master key, E's installation key, and the keys of `lk3` that are derived from one.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Aead, KeyId, Mac, Provider};

/// A secret text that both sides hold. Its bytes are the key, also where they look like base64 (systems C and E).
/// `Debug` shows its name only.
#[derive(Clone)]
pub struct SharedSecret {
    plain: Arc<dyn Mac>,
    lk3_mac: Arc<dyn Mac>,
    lk3_mac_id: KeyId,
    lk3_enc: Arc<dyn Aead>,
}

impl SharedSecret {
    /// Prepares the secret: HMAC-SHA256 with the text itself, and the two keys of `lk3`, which are HKDF-SHA256
    /// (RFC 5869, no salt) of it with the infos `keyward/lk3/mac` and `keyward/lk3/enc`.
    pub fn new(secret: &str, provider: &dyn Provider) -> Self {
        let mac = derive(secret, "keyward/lk3/mac");
        let enc = derive(secret, "keyward/lk3/enc");
        Self {
            plain: provider.hmac_sha256(secret.as_bytes()),
            lk3_mac: provider.hmac_sha256(mac.as_slice()),
            lk3_mac_id: KeyId::of(mac.as_slice()),
            lk3_enc: provider.aes_256_gcm(&enc),
        }
    }

    /// HMAC-SHA256 under the text itself (`tier`, `lk1`, `lk2`).
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.plain.tag(parts)
    }

    /// HMAC-SHA256 under the derived MAC key of `lk3`.
    pub(crate) fn lk3_tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.lk3_mac.tag(parts)
    }

    /// The id of the derived MAC key of `lk3`.
    pub(crate) const fn lk3_mac_id(&self) -> KeyId {
        self.lk3_mac_id
    }

    /// AES-256-GCM under the derived encryption key of `lk3`.
    pub(crate) fn lk3_aead(&self) -> &dyn Aead {
        &*self.lk3_enc
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(…)")
    }
}

fn derive(secret: &str, info: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Hkdf::<sha2::Sha256>::new(None, secret.as_bytes())
        .expand(info.as_bytes(), key.as_mut_slice())
        .expect("32 bytes are within HKDF's limit");
    key
}
