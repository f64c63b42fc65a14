//! D: files against Node's `JSON.stringify`, `setMonth` and `crypto.sign`, byte for byte.

use keyward_core::scheme::file::{LicenseFile, Payload};
use keyward_core::time::Timestamp;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::FileRequest;
use keyward_engine::license::{Named, OldForm, Renewal};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::tool::node;
use crate::stored::Stored;
use crate::world::{KEY_D, NOW, PRODUCT, generator, text};

struct Case {
    request: FileRequest,
    now: Timestamp,
}

impl Case {
    fn made_up(rng: &mut StdRng) -> Self {
        let request = FileRequest {
            product: text(rng, 16),
            license_type: if rng.random_bool(0.7) { "YEARLY".to_owned() } else { text(rng, 8) },
            issued_to: text(rng, 24),
            device_id: format!("{:016X}", rng.random::<u64>()),
            months: rng.random_range(-30..=600),
            grace_period_days: rng.random_range(0..=60),
        };
        Self { request, now: instant(rng) }
    }

    fn all() -> Vec<Self> {
        let mut rng = generator(0xd);
        (0..200).map(|_| Self::made_up(&mut rng)).collect()
    }

    fn issued(&self) -> LicenseFile<'static> {
        self.request.issue(&KEY_D.signing, self.now).expect("a file of these fields can be issued")
    }

    fn make(&self, extra: &Value) -> Value {
        json!({
            "op": "make",
            "private_key": KEY_D.private_pem,
            "product": self.request.product,
            "licenseType": self.request.license_type,
            "issuedTo": self.request.issued_to,
            "deviceId": self.request.device_id,
            "issuedAt": self.now.to_ecmascript(),
            "months": self.request.months,
            "gracePeriodDays": self.request.grace_period_days,
            "extra": extra,
        })
    }
}

/// A millisecond of the years 1970 to 2190, half of them on the last days of a month, where adding months runs over.
fn instant(rng: &mut StdRng) -> Timestamp {
    let any = Timestamp::from_millis(rng.random_range(0..6_942_499_200_000));
    if rng.random_bool(0.5) {
        return any;
    }
    let (year, month, day) =
        (rng.random_range(1970..2190), rng.random_range(1..=12), rng.random_range(28..=31));
    Timestamp::parse_rfc3339(&format!("{year}-{month:02}-{day:02}T23:59:59.999Z")).unwrap_or(any)
}

fn verify(file: &str) -> Value {
    json!({ "op": "verify", "public_key": KEY_D.public_pem, "file": file })
}

fn read(text: &str) -> Payload {
    LicenseFile::parse(text)
        .and_then(|file| file.verify(&KEY_D.keys()))
        .unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

#[test]
fn files_issued_here_are_those_that_node_writes() {
    let cases = Case::all();
    let requests: Vec<Value> = cases.iter().map(|case| case.make(&json!({}))).collect();
    for (case, theirs) in cases.iter().zip(node("d.js", &requests)) {
        assert_eq!(case.issued().to_text(), theirs, "{:?} at {}", case.request, case.now);
    }
}

#[test]
fn files_made_by_node_are_accepted_here_with_fields_unknown_to_us() {
    let cases = Case::all();
    let extra = json!({ "seats": 5.50, "z": [1e21, {}], "10": "ten", "2": null, "note": "\u{2028}é\u{7f}" });
    let requests: Vec<Value> = cases.iter().map(|case| case.make(&extra)).collect();
    for (case, theirs) in cases.iter().zip(node("d.js", &requests)) {
        let theirs = theirs.as_str().expect("a file is a text");
        let file = LicenseFile::parse(theirs).expect("a file of Node is well-formed");
        assert_eq!(file.to_text(), theirs, "it is written again as it was");
        assert_eq!(read(theirs), case.issued().unverified().expect("a payload"));
    }
}

#[test]
fn files_issued_here_are_accepted_by_node() {
    let cases = Case::all();
    let requests: Vec<Value> = cases.iter().map(|case| verify(&case.issued().to_text())).collect();
    for (case, answer) in cases.iter().zip(node("d.js", &requests)) {
        let payload = &answer["payload"];
        assert_eq!(answer["valid"], json!(true), "{:?}", case.request);
        assert_eq!(payload["issuedTo"], json!(case.request.issued_to));
        assert_eq!(payload["expiresAt"], json!(read(&case.issued().to_text()).expires_at.to_ecmascript()));
    }
}

#[test]
fn a_file_altered_on_the_way_is_refused_on_both_sides() {
    let genuine = Case::all().remove(0).issued().to_text();
    let altered = genuine.replacen("\"issuedTo\": \"", "\"issuedTo\": \"x", 1);
    assert_ne!(altered, genuine);
    assert_eq!(node("d.js", &[verify(&altered)])[0]["valid"], json!(false));
    assert!(LicenseFile::parse(&altered).and_then(|file| file.verify(&KEY_D.keys())).is_err());
}

#[tokio::test]
async fn a_file_made_by_node_is_registered_under_the_imported_key() {
    let case = Case::made_up(&mut generator(0xd1));
    let case =
        Case { now: NOW, request: FileRequest { product: PRODUCT.to_owned(), months: 12, ..case.request } };
    let theirs = node("d.js", &[case.make(&json!({ "seats": 5 }))]).remove(0);
    let theirs = theirs.as_str().expect("a file is a text");
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let request = || OldForm { text: theirs.to_owned(), ..OldForm::default() };
        let refused = engine.register_form(&caller, request()).await.expect_err("no key is here");
        assert_eq!(refused.code(), "UNKNOWN_SIGNER");
        engine.ensure_file_product(&caller, PRODUCT).await.expect("a product");
        let key = engine.import_key(&caller, &KEY_D.public_pem, Some(PRODUCT)).await.expect("the old key");
        let taken = engine.register_form(&caller, request()).await.expect("it is taken in");
        let examined = engine.examine(theirs).await.expect("it is examined");
        assert_eq!(examined.made_with.map(|maker| maker.id), Some(key.id));
        assert_eq!(examined.found.map(|found| found.license.id), Some(taken.id));
        assert!(examined.verdict.expect("a verdict").valid);
        let form = engine.reveal(&caller, &Named::Id(taken.id)).await.expect("the form");
        assert_eq!(form.as_str(), theirs, "it is given out again as it was");
    }
}

#[tokio::test]
async fn a_file_of_the_database_is_accepted_by_node() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        engine.ensure_file_product(&caller, PRODUCT).await.expect("a product");
        engine.import_key(&caller, &KEY_D.private_pem, Some(PRODUCT)).await.expect("the old key");
        let request = FileRequest {
            product: PRODUCT.to_owned(),
            license_type: "YEARLY".to_owned(),
            issued_to: "Žluťoučký \"kůň\" \u{2028}".to_owned(),
            device_id: "A1B2C3D4E5F60718".to_owned(),
            months: 12,
            grace_period_days: 15,
        };
        let form = NewForm::File { order: Order::default(), request };
        let issued = engine.issue_form(&caller, form).await.expect("a file");
        let renewed = engine.renew(&caller, Named::Id(issued.id), Renewal::Days(30)).await.expect("renewed");
        let renewed = renewed.form.expect("a new file");
        for answer in node("d.js", &[verify(&issued.key), verify(&renewed)]) {
            assert_eq!(answer["valid"], json!(true), "{answer}");
        }
    }
}
