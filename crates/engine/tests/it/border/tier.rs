//! C: tiered keys against Python's `hmac`.

use keyward_core::crypto::{KeySet, SharedSecret};
use keyward_core::scheme::tier::{PREFIX, Tier, TierKey};
use keyward_core::time::Timestamp;
use keyward_engine::crypto::AwsLc;
use keyward_engine::issue;
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::tool::python;
use crate::world::{generator, text};

struct Case {
    master_key: String,
    tier: String,
    at: i64,
}

impl Case {
    fn made_up(rng: &mut StdRng) -> Self {
        let tiers = ["free", "pro", "elite", "lifetime", "Team_5", "X"];
        Self {
            master_key: text(rng, 48),
            tier: (*tiers.choose(rng).expect("there are some")).to_owned(),
            at: rng.random_range(0..10_000_000_000),
        }
    }

    fn all() -> Vec<Self> {
        let mut rng = generator(0xc);
        (0..300).map(|_| Self::made_up(&mut rng)).collect()
    }

    fn secret(&self) -> SharedSecret {
        SharedSecret::new(&self.master_key, &AwsLc)
    }

    fn key(&self) -> String {
        issue::tier(&self.tier, PREFIX, &self.secret(), Timestamp::from_seconds(self.at), 0).expect("a key")
    }

    fn make(&self) -> Value {
        json!({ "op": "make", "master_key": self.master_key, "tier": self.tier, "timestamp": self.at })
    }

    fn verify(&self, key: &str) -> Value {
        json!({ "op": "verify", "master_key": self.master_key, "license_key": key })
    }

    fn read(&self, key: &str) -> Option<Tier> {
        TierKey::parse(key, PREFIX).ok()?.verify(&KeySet::of_secret(self.secret())).ok()
    }
}

#[test]
fn keys_made_here_are_accepted_by_the_document_s_check() {
    let cases = Case::all();
    let requests: Vec<Value> = cases.iter().map(|case| case.verify(&case.key())).collect();
    assert_eq!(python("c.py", &requests), vec![json!(true); cases.len()]);
}

#[test]
fn keys_made_by_python_are_accepted_here_and_equal_ours() {
    let cases = Case::all();
    let requests: Vec<Value> = cases.iter().map(Case::make).collect();
    for (case, answer) in cases.iter().zip(python("c.py", &requests)) {
        let key = answer.as_str().expect("a key is a text");
        let wanted = Tier { tier: case.tier.to_ascii_uppercase(), timestamp: case.at };
        assert_eq!(case.read(key), Some(wanted), "{key}");
        assert_eq!(case.key(), key);
    }
}

#[test]
fn an_altered_key_is_refused_on_both_sides() {
    let mut rng = generator(0xcc);
    let altered: Vec<_> = Case::all()
        .into_iter()
        .map(|case| {
            let mut key = case.key().into_bytes();
            let place = rng.random_range(0..key.len());
            key[place] = if key[place] == b'0' { b'1' } else { b'0' };
            (case, String::from_utf8(key).expect("digits are UTF-8"))
        })
        .collect();
    let requests: Vec<Value> = altered.iter().map(|(case, key)| case.verify(key)).collect();
    for ((case, key), answer) in altered.iter().zip(python("c.py", &requests)) {
        assert_eq!((answer, case.read(key)), (json!(false), None), "{key}");
    }
}
