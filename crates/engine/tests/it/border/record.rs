//! A: records against Python's `cryptography` and `rsa`.

use keyward_core::scheme::record::{Profile, Record, SignedRecord};
use keyward_core::time::Timestamp;
use keyward_engine::issue::RecordRequest;
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::tool::python;
use crate::world::{KEY_A, generator, text};

struct Case {
    request: RecordRequest,
    profile: Profile,
    now: Timestamp,
}

impl Case {
    fn made_up(rng: &mut StdRng) -> Self {
        let kinds = ["Basic", "Pro", "Enterprise", "Premium", "Prémium ☃"];
        let license_type = (*kinds.choose(rng).expect("there are some")).to_owned();
        let profiles = [None, Some(Profile::Epoch), Some(Profile::Text), Some(Profile::TextSorted)];
        let premium = license_type == "Premium";
        let profile = *profiles.choose(rng).expect("there are some");
        let profile = profile.filter(|profile| !(premium && *profile == Profile::Epoch));
        let written = profile.unwrap_or(if premium { Profile::Text } else { Profile::Epoch });
        let endless = written != Profile::Epoch && rng.random_bool(0.2);
        let days = (!endless).then(|| rng.random_range(0..40_000));
        let request = RecordRequest { client_id: text(rng, 24), license_type, days, profile };
        Self { request, profile: written, now: Timestamp::from_seconds(rng.random_range(0..5_000_000_000)) }
    }

    fn all() -> Vec<Self> {
        let mut rng = generator(0xa);
        (0..90).map(|_| Self::made_up(&mut rng)).collect()
    }

    fn issued(&self) -> SignedRecord {
        self.request.issue(&KEY_A.signing, self.now).expect("a record of these fields can be issued")
    }
}

fn verify(profile: Profile, record: &str) -> Value {
    let profile = profile.as_str();
    json!({ "op": "verify", "public_key": KEY_A.public_pem, "profile": profile, "record": record })
}

#[test]
fn records_issued_here_are_accepted_by_two_python_libraries() {
    let cases = Case::all();
    let text = |case: &Case| case.issued().to_json().expect("a record can be written");
    let requests: Vec<Value> = cases.iter().map(|case| verify(case.profile, &text(case))).collect();
    for (case, answer) in cases.iter().zip(python("a.py", &requests)) {
        let wanted = json!({ "cryptography": true, "rsa": true, "client_id": case.request.client_id });
        assert_eq!(answer, wanted, "{:?}", case.request);
    }
}

#[test]
fn records_signed_by_python_are_accepted_here_and_equal_ours() {
    let cases = Case::all();
    let sign = |case: &Case| {
        json!({
            "op": "sign",
            "private_key": KEY_A.private_pem,
            "profile": case.profile.as_str(),
            "client_id": case.request.client_id,
            "license_type": case.request.license_type,
            "now": case.now.seconds(),
            "days": case.request.days,
        })
    };
    let requests: Vec<Value> = cases.iter().map(sign).collect();
    for (case, answer) in cases.iter().zip(python("a.py", &requests)) {
        let theirs = answer.as_str().expect("a record is a text");
        let ours = case.issued();
        for profile in [None, Some(case.profile)] {
            let read: Record = SignedRecord::parse(theirs, profile)
                .and_then(|record| record.verify(&KEY_A.keys()))
                .unwrap_or_else(|refusal| panic!("{theirs}: {refusal}"));
            assert_eq!(read, ours.record, "{theirs}");
        }
        assert_eq!(ours.to_json().as_deref(), Ok(theirs));
    }
}

#[test]
fn a_record_altered_on_the_way_is_refused_on_both_sides() {
    let case = Case::all().into_iter().find(|case| case.profile == Profile::Epoch).expect("one of them is");
    let genuine = case.issued().to_json().expect("a record can be written");
    let altered = genuine.replacen("\"client_id\": \"", "\"client_id\": \"x", 1);
    assert_ne!(altered, genuine);
    let answer = &python("a.py", &[verify(case.profile, &altered)])[0];
    assert_eq!((&answer["cryptography"], &answer["rsa"]), (&json!(false), &json!(false)));
    assert!(SignedRecord::parse(&altered, None).and_then(|record| record.verify(&KEY_A.keys())).is_err());
}
