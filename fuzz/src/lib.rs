//! What the fuzz targets share: the keys of the test vectors, one Ed25519 key, and how inner parts are wrapped.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward_core::crypto::pure::Pure;
use keyward_core::crypto::{KeySet, PublicKey, SharedSecret};
use keyward_core::scheme::lk3::{Lk3, Lk3Key};
use serde_json::Value;

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let [a, c, d, e] = [
        include_str!("../../testdata/vectors/format_a.json"),
        include_str!("../../testdata/vectors/format_c.json"),
        include_str!("../../testdata/vectors/format_d.json"),
        include_str!("../../testdata/vectors/format_e.json"),
    ]
    .map(|text| serde_json::from_str::<Value>(text).expect("vectors are JSON"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let rsa = |vectors: &Value, name: &str| text(&vectors["keys"][name]["public_spki"]);
    let ed25519 = include_str!("../seeds/pem/ed25519").to_owned();
    let public = [rsa(&a, "a_small512"), rsa(&a, "a_main"), rsa(&d, "d_main"), ed25519];
    let secrets = [(c, "master_key"), (e, "secret")].map(|(v, name)| text(&v["cases"][0]["inputs"][name]));
    KeySet {
        public: public.map(|pem| PublicKey::from_pem(&pem, &Pure).expect("a public key")).to_vec(),
        secrets: secrets.map(|secret| SharedSecret::new(&secret, &Pure)).to_vec(),
        accepts_lk3_macs: true,
    }
});

/// The keys that the seeds are sealed with.
pub fn keys() -> &'static KeySet {
    &KEYS
}

/// The secret of system E's vectors.
pub fn secret() -> &'static SharedSecret {
    &KEYS.secrets[1]
}

/// Bytes as they stand in `LK-` keys.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A public key can be written and reads as the same; a text that is no signature is refused, and no more.
pub fn is_sound(key: &PublicKey) {
    let again = PublicKey::from_pem(&key.to_pem(), &Pure).expect("what was read can be written");
    assert_eq!((again.id(), again.bits(), again.algorithm()), (key.id(), key.bits(), key.algorithm()));
    assert_eq!(again.to_pem(), key.to_pem());
    for byte in [0, 1] {
        assert!(!key.verify(b"message", &vec![byte; key.bits().div_ceil(8)]));
        assert!(!key.verify(b"message", &[byte; 64]));
    }
}

/// What was read as an `lk3` can be sealed, and reads and verifies as the same.
pub fn reads_back(lk3: &Lk3) {
    let text = lk3.mac(secret(), None).expect("what was read can be written");
    let key = Lk3Key::parse(&text).expect("what was written can be read");
    assert_eq!(key.verify(keys()).as_ref(), Ok(lk3));
}
