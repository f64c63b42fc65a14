//! E: both versions against Python's and Node's gzip and HMAC, also for readers that split at the last hyphen.

use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::scheme::lk1::Lk1Key;
use keyward_core::scheme::lk2::{Lk2, Lk2Key};
use keyward_core::time::{Timestamp, date_text};
use keyward_engine::crypto::AwsLc;
use keyward_engine::issue::{self, Lk2Request};
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::tool::{node, python};
use crate::world::{generator, text};

const TIERS: [&str; 7] = ["PRO-10", "PRO-20", "PRO-50", "PRO-100", "ENTERPRISE", "GOLD", "TEAM-7"];

struct Case {
    secret: String,
    request: Lk2Request,
    now: Timestamp,
    level: u8,
}

impl Case {
    fn made_up(rng: &mut StdRng) -> Self {
        let day = |rng: &mut StdRng| Timestamp::from_seconds(rng.random_range(0..10_000_000_000));
        let expires = day(rng).date().map(date_text);
        let request = Lk2Request {
            tier: (*TIERS.choose(rng).expect("there are some")).to_owned(),
            max_devices: rng.random_range(0..=999),
            company: Some(text(rng, 30)).filter(|company| !company.is_empty()),
            expires: expires.filter(|_| rng.random_bool(0.7)),
            unique_id: Some(text(rng, 6)).filter(|_| rng.random()),
        };
        Self { secret: text(rng, 40), request, now: day(rng), level: rng.random_range(0..=9) }
    }

    fn all() -> Vec<Self> {
        let mut rng = generator(0xe);
        (0..200).map(|_| Self::made_up(&mut rng)).collect()
    }

    fn secret(&self) -> SharedSecret {
        SharedSecret::new(&self.secret, &AwsLc)
    }

    fn keys(&self) -> KeySet {
        KeySet::of_secret(self.secret())
    }

    fn make(&self) -> Value {
        json!({ "op": "make", "secret": self.secret, "payload": self.payload(), "level": self.level })
    }

    /// The payload as the other side writes it, absent texts once as null and once not at all.
    fn payload(&self) -> Value {
        let request = &self.request;
        let mut payload = json!({
            "v": 2,
            "t": request.tier,
            "d": request.max_devices,
            "c": request.company,
            "e": request.expires,
            "i": self.now.date().map(date_text),
            "u": request.unique_id,
        });
        if self.level.is_multiple_of(2) {
            payload.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        }
        payload
    }
}

fn verify(secret: &str, key: &str) -> Value {
    json!({ "op": "verify", "secret": secret, "license_key": key })
}

/// What a key says, as its payload writes it.
fn said(lk2: &Lk2) -> Value {
    json!({
        "v": 2,
        "t": lk2.tier,
        "d": lk2.max_devices,
        "c": lk2.company,
        "e": lk2.expires.map(date_text),
        "i": date_text(lk2.issued),
        "u": lk2.unique_id,
    })
}

/// Every field, `null` where there is none.
fn filled(payload: &Value) -> Value {
    ["v", "t", "d", "c", "e", "i", "u"]
        .into_iter()
        .map(|name| (name.to_owned(), payload[name].clone()))
        .collect()
}

#[test]
fn lk2_keys_made_here_are_read_by_python_and_node_also_from_the_last_hyphen() {
    let cases = Case::all();
    let issued: Vec<_> =
        cases.iter().map(|case| case.request.issue(&case.secret(), case.now).expect("a key")).collect();
    let requests = cases.iter().zip(&issued).map(|(case, (key, _))| verify(&case.secret, key));
    let requests: Vec<Value> = requests.collect();
    for answers in [python("e.py", &requests), node("e.js", &requests)] {
        for ((case, (key, lk2)), answer) in cases.iter().zip(&issued).zip(answers) {
            let mut wanted = filled(&case.payload());
            // The writer may vary it, to keep hyphens out of the seal.
            wanted["u"] = json!(lk2.unique_id);
            assert_eq!(filled(&answer["last_eight"]), wanted, "{key}");
            assert_eq!(answer["last_hyphen"], answer["last_eight"], "{key}");
        }
    }
}

#[test]
fn lk2_keys_made_by_python_and_node_at_every_level_are_read_here() {
    let cases = Case::all();
    let requests: Vec<Value> = cases.iter().map(Case::make).collect();
    for answers in [python("e.py", &requests), node("e.js", &requests)] {
        let hyphen = |key: &Value| key.as_str().is_some_and(|key| key[key.len() - 8..].contains('-'));
        assert!(answers.iter().any(hyphen), "some seals contain a hyphen");
        for (case, answer) in cases.iter().zip(answers) {
            let key = answer.as_str().expect("a key is a text");
            let read = Lk2Key::parse(key).and_then(|key| key.verify(&case.keys()));
            assert_eq!(read.as_ref().map(said), Ok(filled(&case.payload())), "{key}");
        }
    }
}

#[test]
fn lk1_keys_go_both_ways() {
    let mut rng = generator(0xe1);
    let cases: Vec<_> = (0u32..200)
        .map(|serial| {
            let secret = text(&mut rng, 40);
            let tier = *TIERS.choose(&mut rng).expect("there are some");
            let key = issue::lk1(tier, &SharedSecret::new(&secret, &AwsLc), &mut rng, serial).expect("a key");
            (secret, key)
        })
        .collect();
    let requests = cases.iter().flat_map(|(secret, key)| {
        let read = Lk1Key::parse(key).expect("a key made here").unverified();
        let verify = verify(secret, key);
        [verify, json!({ "op": "make", "secret": secret, "tier": read.tier, "random": read.random })]
    });
    let requests: Vec<Value> = requests.collect();
    for answers in [python("e.py", &requests), node("e.js", &requests)] {
        for ((secret, key), answer) in cases.iter().zip(answers.chunks(2)) {
            assert_eq!(answer, [json!(true), json!(key)], "accepted there, and made alike");
            let keys = KeySet::of_secret(SharedSecret::new(secret, &AwsLc));
            let theirs = answer[1].as_str().expect("a key is a text");
            assert!(Lk1Key::parse(theirs).and_then(|key| key.verify(&keys)).is_ok(), "{theirs}");
        }
    }
}
