//! What a licence costs beyond its cryptography, as ratios to the bare primitive of the same run, and its size.
//!
//! Five interleaved pairs each; the median ratio, and the least and greatest. Nothing here passes or fails.

use std::hint::black_box;
use std::io::Read as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyward_core::claims::Claims;
use keyward_core::crypto::pure::Pure;
use keyward_core::crypto::{KeySet, Provider, PublicKey, SharedSecret};
use keyward_core::scheme::file::LicenseFile;
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::scheme::lk3::{Lk3, Lk3Key};
use keyward_core::scheme::record::{Profile, SignedRecord};
use keyward_core::time::{Timestamp, parse_date};
use keyward_engine::crypto::AwsLc;
use keyward_engine::issue::{FileRequest, Lk3Ids, Lk3Sealer, RecordRequest};
use keyward_engine::keyring::{RsaSize, SigningKey};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

const PAIRS: usize = 5;
const SLICES: usize = 20;
const SLICE: Duration = Duration::from_millis(10);

fn main() {
    let fixture = Fixture::new();
    println!(
        "cost of a licence, as a multiple of the bare primitive (median of {PAIRS} pairs, least to greatest)"
    );
    for (name, provider) in [("aws-lc-rs", &AwsLc as &dyn Provider), ("pure Rust", &Pure)] {
        fixture.asymmetric(name, provider);
        fixture.lk2(name, provider);
    }
    sizes();
    fixture.signing_rate();
}

/// Time and number of calls of one slice.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn slice(call: &mut impl FnMut(), total: &mut (Duration, u32)) {
    let start = Instant::now();
    while start.elapsed() < SLICE {
        for _ in 0..16 {
            call();
        }
        total.1 += 16;
    }
    total.0 += start.elapsed();
}

/// Nanoseconds of one call of each, measured in turns so short that a machine that changes its speed slows both.
fn pair(ours: &mut impl FnMut(), bare: &mut impl FnMut()) -> (f64, f64) {
    let [mut our_total, mut bare_total] = [(Duration::ZERO, 0); 2];
    for _ in 0..SLICES {
        slice(ours, &mut our_total);
        slice(bare, &mut bare_total);
    }
    let nanos = |(time, calls): (Duration, u32)| time.as_nanos() as f64 / f64::from(calls);
    (nanos(our_total), nanos(bare_total))
}

fn ratio(what: &str, target: f64, mut ours: impl FnMut(), mut bare: impl FnMut()) {
    pair(&mut ours, &mut bare);
    let mut pairs: Vec<(f64, f64)> = (0..PAIRS).map(|_| pair(&mut ours, &mut bare)).collect();
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let at = |i: usize| pairs[i].0 / pairs[i].1;
    let (ours, bare) = pairs[PAIRS / 2];
    println!(
        "  {what:34} {:.2} x ({:.2} to {:.2}; target {target:.2})   {:.1} us, bare {:.1} us",
        at(PAIRS / 2),
        at(0),
        at(PAIRS - 1),
        ours / 1e3,
        bare / 1e3
    );
}

struct Fixture {
    rsa: SigningKey,
    ed25519: SigningKey,
    record: String,
    file: String,
    lk2: String,
    lk3: String,
}

const SECRET: &str = "a secret of both sides, for measuring";

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").expect("a time")
}

impl Fixture {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let rsa = SigningKey::generate_rsa(RsaSize::Bits2048);
        let ed25519 = SigningKey::generate_ed25519(&mut rng);
        let record = RecordRequest {
            client_id: "example.com".to_owned(),
            license_type: "Pro".to_owned(),
            days: Some(365),
            profile: Some(Profile::Epoch),
        };
        let file = FileRequest {
            product: "Books".to_owned(),
            license_type: "YEARLY".to_owned(),
            issued_to: "ABC Traders".to_owned(),
            device_id: "DCF11F6D6E393616".to_owned(),
            months: 12,
            grace_period_days: 15,
        };
        let (lk2, lk3) = both(&corpus()[0]);
        Self {
            record: record.issue(&rsa, now()).expect("a record").to_json().expect("a record"),
            file: file.issue(&rsa, now()).expect("a file").to_text(),
            lk2: lk2.seal(&SharedSecret::new(SECRET, &AwsLc)).expect("a key"),
            lk3: Lk3Sealer::Signature(&ed25519, None).issue(&lk3, &mut rng).expect("a key"),
            rsa,
            ed25519,
        }
    }

    fn asymmetric(&self, name: &str, provider: &dyn Provider) {
        let public = |key: &SigningKey| PublicKey::from_pem(&key.public().to_pem(), provider).expect("a key");
        let (rsa, ed25519) = (public(&self.rsa), public(&self.ed25519));
        let (rsa_set, ed_set) = (KeySet::of_public(rsa.clone()), KeySet::of_public(ed25519.clone()));

        let text =
            SignedRecord::parse(&self.record, None).expect("a record").record.signed_text().expect("a text");
        let signature = self.rsa.sign(text.as_bytes());
        let bare = || assert!(rsa.verify(black_box(text.as_bytes()), &signature));
        let ours = || {
            let record = SignedRecord::parse(black_box(&self.record), Some(Profile::Epoch));
            assert!(record.and_then(|r| r.verify(&rsa_set)).is_ok());
        };
        ratio(&format!("record, {name}"), 1.15, ours, bare);

        let text = LicenseFile::parse(&self.file).expect("a file").signed_text();
        let signature = self.rsa.sign(text.as_bytes());
        let bare = || assert!(rsa.verify(black_box(text.as_bytes()), &signature));
        let ours =
            || assert!(LicenseFile::parse(black_box(&self.file)).and_then(|f| f.verify(&rsa_set)).is_ok());
        ratio(&format!("file, {name}"), 1.15, ours, bare);

        let covered = {
            let bytes = URL_SAFE_NO_PAD.decode(&self.lk3["LK-3-".len()..]).expect("base64");
            [b"keyward/lk3", &bytes[..bytes.len() - 64]].concat()
        };
        let signature = self.ed25519.sign(&covered);
        let bare = || assert!(ed25519.verify(black_box(&covered), &signature));
        let ours = || assert!(Lk3Key::parse(black_box(&self.lk3)).and_then(|k| k.verify(&ed_set)).is_ok());
        ratio(&format!("lk3, {name}"), 1.15, ours, bare);

        let ours = || assert!(Claims::verified(black_box(&self.lk3), &ed_set).is_ok());
        ratio(&format!("lk3 recognised by its form, {name}"), 1.15, ours, bare);
    }

    fn lk2(&self, name: &str, provider: &dyn Provider) {
        let secret = SharedSecret::new(SECRET, provider);
        let keys = KeySet::of_secret(secret.clone());
        let encoded = self.lk2["LK-2-".len()..].rsplit_once('-').expect("a seal").0;
        let packed = URL_SAFE_NO_PAD.decode(encoded).expect("base64");
        let bare = || {
            black_box(secret.tag(&[black_box(encoded.as_bytes())]));
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(black_box(packed.as_slice())).read_to_end(&mut plain).expect("gzip");
            black_box(plain);
        };
        let ours = || assert!(Lk2Key::parse(black_box(&self.lk2)).and_then(|k| k.verify(&keys)).is_ok());
        ratio(&format!("lk2, {name}, to HMAC + inflate"), 1.5, ours, bare);
    }

    /// Making signed keys on one core, to the bare signatures that they need.
    fn signing_rate(&self) {
        println!("\nissuing on one core, as a multiple of the bare signature");
        let (_, lk3) = both(&corpus()[0]);
        let mut rng = StdRng::seed_from_u64(2);
        let ids = Lk3Ids::new(now(), &mut rng);
        let sealer = Lk3Sealer::Signature(&self.ed25519, None);
        let mut number = 0;
        let message = [7; 80];
        let ours = || {
            let mut lk3 = lk3.clone();
            sealer.number(&mut lk3, &ids, number);
            number += 1;
            black_box(sealer.issue(&lk3, &mut rng).expect("a key"));
        };
        ratio("lk3, signed", 1.43, ours, || {
            black_box(self.ed25519.sign(black_box(&message)));
        });
    }
}

fn corpus() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/lk3_corpus.json");
    let text = std::fs::read_to_string(path).expect("the corpus");
    serde_json::from_str(&text).expect("the corpus is JSON")
}

/// The same licence in both forms.
fn both(license: &Value) -> (Lk2, Lk3) {
    let text = |name: &str| license[name].as_str().expect("a text").to_owned();
    let date = |name: &str| license[name].as_str().map(|text| parse_date(text).expect("a date"));
    let devices = license["max_devices"].as_u64().expect("a number");
    let issued = date("issued").expect("a date");
    let lk2 = Lk2 {
        tier: text("tier"),
        max_devices: u32::try_from(devices).expect("few devices"),
        company: Some(text("company")),
        expires: date("expires"),
        issued,
        unique_id: None,
    };
    let lk3 = Lk3 {
        license_id: Some(text("license_id").parse().expect("a UUID")),
        product: text("product"),
        tier: text("tier"),
        max_devices: Some(devices),
        company: text("company"),
        issued_day: Timestamp::midnight(issued).days().cast_unsigned(),
        expires: date("expires").map(|day| Timestamp::midnight(day).seconds().cast_unsigned()),
        ..Lk3::default()
    };
    (lk2, lk3)
}

fn sizes() {
    let secret = SharedSecret::new(SECRET, &AwsLc);
    let mut rng = StdRng::seed_from_u64(3);
    let key = SigningKey::generate_ed25519(&mut rng);
    let payload = |key: &str, ends: usize| URL_SAFE_NO_PAD.decode(key).expect("base64").len() - ends;
    let [mut lk2_payload, mut lk3_payload, mut lk2_key, mut signed, mut mac] = [0usize; 5];
    for license in corpus() {
        let (lk2, lk3) = both(&license);
        let bare = Lk3 { license_id: None, ..lk3.clone() };
        let lk2 = lk2.seal(&secret).expect("a key");
        let signed_key = Lk3Sealer::Signature(&key, None).issue(&lk3, &mut rng).expect("a key");
        let mac_key = Lk3Sealer::Mac(&secret, false).issue(&bare, &mut rng).expect("a key");
        lk2_payload += payload(&lk2[5..lk2.len() - 9], 0);
        lk3_payload += payload(&signed_key[5..], 5 + 64);
        lk2_key += lk2.len();
        signed += signed_key.len();
        mac += mac_key.len();
    }
    let smaller = |a: usize, b: usize| 100.0 * (1.0 - a as f64 / b as f64);
    println!("\nsizes over the corpus of 1,000 licences");
    println!(
        "  lk3 payload, licence id included   {:.1} % smaller than lk2's (target 30)",
        smaller(lk3_payload, lk2_payload)
    );
    println!(
        "  lk3 key sealed by a MAC            {:.1} % shorter than lk2 (target 30)",
        smaller(mac, lk2_key)
    );
    println!(
        "  lk3 key, signed                    {:.2} x lk2 (target at most 1.30)",
        signed as f64 / lk2_key as f64
    );
}
