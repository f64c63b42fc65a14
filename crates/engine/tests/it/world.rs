//! Keys, secrets, one licence of every form, and made-up texts: what the tests share.

use std::path::PathBuf;
use std::sync::LazyLock;

use keyward_core::claims::Claims;
use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::scheme::Scheme;
use keyward_core::scheme::lk3::{DevicePool, Lk3};
use keyward_core::scheme::record::Profile;
use keyward_core::time::Timestamp;
use keyward_engine::crypto::AwsLc;
use keyward_engine::issue::{self, FileRequest, Lk2Request, Lk3Ids, Lk3Sealer, PoolKeys, RecordRequest};
use keyward_engine::keyring::{self, SigningKey};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

/// A secret that looks like base64 and is not to be decoded.
pub(crate) const SECRET: &str = "dGVzdC1zZWNyZXQtb2YtdGhlLXRlc3Rz/+é=";
/// 2026-01-01T00:00:00Z: when every licence of [`World`] was issued.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);
/// The product that those licences are for which name one.
pub(crate) const PRODUCT: &str = "Versoll Books";

/// An RSA key of the vectors.
pub(crate) struct RsaKey {
    pub(crate) private_pem: String,
    pub(crate) public_pem: String,
    pub(crate) signing: SigningKey,
}

/// System A's key.
pub(crate) static KEY_A: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::of_vectors("format_a", "a_main"));
/// System D's key.
pub(crate) static KEY_D: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::of_vectors("format_d", "d_main"));
/// One licence of every form, and the keys that they are sealed with.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(World::new);

impl RsaKey {
    fn of_vectors(file: &str, name: &str) -> Self {
        let path = root().join(format!("testdata/vectors/{file}.json"));
        let text = std::fs::read_to_string(path).expect("the vectors are in the repository");
        let vectors: Value = serde_json::from_str(&text).expect("the vectors are JSON");
        let pem = |form: &str| vectors["keys"][name][form].as_str().expect("a PEM text").to_owned();
        let private_pem = pem("private_pkcs8");
        let signing = keyring::read_key(&private_pem).expect("a key of 2048 bits");
        Self { private_pem, public_pem: pem("public_spki"), signing }
    }

    /// The set of its public half.
    pub(crate) fn keys(&self) -> KeySet {
        KeySet::of_public(self.signing.public().clone())
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn generator(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub(crate) fn secret() -> SharedSecret {
    SharedSecret::new(SECRET, &AwsLc)
}

pub(crate) struct World {
    /// Every key that the licences are sealed with.
    pub(crate) keys: KeySet,
    pub(crate) ed25519: SigningKey,
    /// The four strengths of `lk3` and the profiles of `record` are licences of their own.
    pub(crate) licenses: Vec<License>,
}

pub(crate) struct License {
    pub(crate) scheme: Scheme,
    pub(crate) text: String,
    pub(crate) claims: Claims,
}

impl World {
    fn new() -> Self {
        let (rng, secret) = (&mut generator(1), secret());
        let ed25519 = SigningKey::generate_ed25519(rng);
        let public = [KEY_A.signing.public(), KEY_D.signing.public(), ed25519.public()].map(Clone::clone);
        let keys = KeySet { public: public.to_vec(), ..KeySet::of_secret(secret.clone()) };

        let mut texts: Vec<_> = [(None, "Pro"), (Some(Profile::TextSorted), "Pro"), (None, "Premium")]
            .map(|(profile, kind)| (Scheme::Record, record(profile, kind)))
            .to_vec();
        texts.extend([
            (Scheme::Pool, PoolKeys::default().next(rng).expect("a first key").as_str().to_owned()),
            (Scheme::Tier, issue::tier("pro", "QF", &secret, NOW, 0).expect("a tier key")),
            (Scheme::File, file()),
            (Scheme::Lk1, issue::lk1("PRO-10", &secret, rng, 0).expect("an lk1 key")),
            (Scheme::Lk2, lk2(&secret)),
        ]);
        let sealers = [
            Lk3Sealer::Signature(&ed25519, None),
            Lk3Sealer::Signature(&ed25519, Some(&secret)),
            Lk3Sealer::Mac(&secret, false),
            Lk3Sealer::Mac(&secret, true),
        ];
        let ids = Lk3Ids::new(NOW, rng);
        texts.extend((0..).zip(sealers).map(|(number, sealer)| {
            let mut lk3 = lk3();
            sealer.number(&mut lk3, &ids, number);
            (Scheme::Lk3, sealer.issue(&lk3, rng).expect("an lk3 key"))
        }));
        let license = |(scheme, text): (_, String)| {
            let claims = Claims::verified(&text, &keys).expect("a licence issued here is accepted here");
            License { scheme, text, claims }
        };
        let licenses = texts.into_iter().map(license).collect();
        Self { licenses, keys, ed25519 }
    }

    /// The licences of one scheme.
    pub(crate) fn of(&self, scheme: Scheme) -> impl Iterator<Item = &License> {
        self.licenses.iter().filter(move |license| license.scheme == scheme)
    }

    /// The text of the first licence of a scheme.
    pub(crate) fn text(&self, scheme: Scheme) -> &str {
        &self.of(scheme).next().expect("every scheme has a licence").text
    }
}

fn record(profile: Option<Profile>, license_type: &str) -> String {
    let client_id = "example.com é😀\"\u{1}".to_owned();
    let request = RecordRequest { client_id, license_type: license_type.to_owned(), days: Some(30), profile };
    request.issue(&KEY_A.signing, NOW).and_then(|record| Ok(record.to_json()?)).expect("a record")
}

fn file() -> String {
    let request = FileRequest {
        product: PRODUCT.to_owned(),
        license_type: "YEARLY".to_owned(),
        issued_to: "ABC Träders \"Ltd\"".to_owned(),
        device_id: "DCF11F6D6E393616".to_owned(),
        months: 12,
        grace_period_days: 15,
    };
    request.issue(&KEY_D.signing, NOW).expect("a file").to_text()
}

fn lk2(secret: &SharedSecret) -> String {
    let request = Lk2Request {
        tier: "PRO-10".to_owned(),
        max_devices: 10,
        company: Some("Acme Corporation".to_owned()),
        expires: Some("2026-12-31".to_owned()),
        unique_id: None,
    };
    request.issue(secret, NOW).expect("an lk2 key").0
}

fn lk3() -> Lk3 {
    Lk3 {
        product: PRODUCT.to_owned(),
        tier: "PRO-10".to_owned(),
        max_devices: Some(10),
        issued_day: 20_454,
        expires: Some(1_798_675_200),
        features: vec!["api".to_owned()],
        limits: [("api_calls".to_owned(), 1_000)].into(),
        pools: vec![DevicePool { name: "lab".to_owned(), max_devices: 2, expires: None }],
        ..Lk3::default()
    }
}

/// A text of up to `most` characters, among them those that writers of JSON treat differently.
pub(crate) fn text(rng: &mut StdRng, most: usize) -> String {
    const ODD: [char; 24] = [
        '"',
        '\\',
        '/',
        '\n',
        '\r',
        '\t',
        '\u{8}',
        '\u{c}',
        '\0',
        '\u{1}',
        '\u{1f}',
        '\u{7f}',
        '\u{80}',
        'é',
        'ß',
        'Ω',
        '中',
        '\u{2028}',
        '\u{2029}',
        '\u{301}',
        '\u{e000}',
        '\u{ffff}',
        '😀',
        '\u{10ffff}',
    ];
    (0..rng.random_range(0..=most))
        .map(|_| match rng.random_range(0..4) {
            0 => *ODD.choose(rng).expect("there are some"),
            1 => rng.random(),
            _ => rng.random_range(' '..='~'),
        })
        .collect()
}
