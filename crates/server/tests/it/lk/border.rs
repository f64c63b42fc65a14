//! Keys cross the border both ways: made by Python as an old generator makes them and activated here, issued here and
//! checked by Python.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::Lk2Request;
use keyward_engine::license::Term;
use serde_json::{Value, json};

use super::tenant::{Tenant, token};
use crate::site::Site;

/// The answers of the script that stands for an old generator and an offline decoder; it needs nothing but Python.
fn python(requests: &[Value]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/border/e.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python is installed: `cargo xtask test` says how");
    let input = serde_json::to_vec(requests).expect("requests are JSON");
    child.stdin.take().expect("standard input is a pipe").write_all(&input).expect("it reads");
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "the script failed");
    serde_json::from_slice(&output.stdout).expect("the script answers in JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_an_old_generator_are_activated_under_the_imported_secret() {
    // As old secrets look: base64 text, used as text.
    let secret = "mZ3Qp8rT/uVwXyZ0+AbCdEfGhIjKlMnOpQrStUvWxYz=";
    let payload = |level: i64, company: Value, expires: Value| {
        let payload = json!({
            "v": 2, "t": "PRO-20", "d": 20, "c": company, "e": expires, "i": "2025-12-27", "u": level.to_string(),
        });
        json!({ "op": "make", "secret": secret, "payload": payload, "level": level })
    };
    let mut requests = vec![
        payload(9, json!("Acme Corporation"), json!("2027-12-31")),
        payload(6, json!("Müller & Söhne 株式会社"), json!(null)),
        payload(0, json!(null), json!(null)),
        json!({ "op": "make", "secret": secret, "tier": "PRO-10", "random": "xY9mKp3rT4u" }),
        json!({ "op": "make", "secret": secret, "tier": "ENTERPRISE", "random": "a-b-c" }),
    ];
    // A seal of which one contains a hyphen.
    requests.extend((100..140).map(|number| {
        let mut request = payload(1, json!(null), json!("2027-06-30"));
        request["payload"]["u"] = json!(number.to_string());
        request
    }));
    let keys = python(&requests);
    let hyphen = |key: &&Value| key.as_str().is_some_and(|key| key[key.len() - 8..].contains('-'));
    assert!(keys.iter().any(|key| hyphen(&key)), "one seal contains a hyphen");
    for site in Site::all().await {
        let customer = Tenant::with_secret(&site, "theia", secret).await;
        let mut total = 3;
        for (request, key) in requests.iter().zip(&keys) {
            let answer = customer.activate(key.as_str().expect("a text")).await;
            assert_eq!(answer.status, 200, "{key}: {}", answer.body);
            let (added, payload) = (&answer.json()["addedLicense"], &request["payload"]);
            if payload.is_object() {
                assert_eq!((&added["maxDevices"], &added["companyName"]), (&json!(20), &payload["c"]));
            }
            total += added["maxDevices"].as_i64().expect("a number");
            assert_eq!(answer.json()["totalStatus"]["totalMaxDevices"], total);
        }
        let licenses = customer.read("/licenses").await;
        let listed: Vec<&Value> =
            licenses.as_array().expect("a list").iter().map(|one| &one["key"]).collect();
        assert_eq!(
            listed,
            keys.iter().collect::<Vec<_>>(),
            "each as it was delivered, in the order of activation"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_issued_here_are_decoded_and_verified_by_python() {
    for site in Site::all().await {
        let engine = &site.engine;
        let token = token(&site, "own", true).await;
        let own = Tenant { site: &site, name: "own".to_owned(), secret: String::new(), token };
        for (number, company) in
            [None, Some("Acme Corporation"), Some("Müller & Söhne")].into_iter().enumerate()
        {
            let request = Lk2Request {
                tier: "PRO-10".to_owned(),
                max_devices: 10 + number as u32,
                company: company.map(str::to_owned),
                expires: Some("2028-02-29".to_owned()).filter(|_| number != 1),
                unique_id: None,
            };
            let form = NewForm::Lk2 { order: Order::default(), request };
            let key = engine.issue_form(&Caller::operator(), form).await.expect("a key").key;
            assert_eq!(own.activate(&key).await.status, 200);
        }
        let tier = "PRO-50".to_owned();
        let form = NewForm::Lk1 { order: Order::default(), tier, term: Term::Never };
        let lk1 = engine.issue_form(&Caller::operator(), form).await.expect("a key").key;
        assert_eq!(own.activate(&lk1).await.status, 200);

        // Whoever has the installation's key and its licence keys needs nothing else.
        let secret = own.read("/license/installation-key").await["installationKey"].clone();
        let licenses = own.read("/licenses").await;
        let licenses = licenses.as_array().expect("a list");
        let verify =
            |license: &Value| json!({ "op": "verify", "secret": secret, "license_key": license["key"] });
        let read = python(&licenses.iter().map(verify).collect::<Vec<_>>());
        assert_eq!(read[3], json!(true), "the key of the first version");
        for (license, read) in licenses.iter().zip(&read).take(3) {
            assert_eq!(read["last_eight"], read["last_hyphen"], "{license}");
            let said = &read["last_eight"];
            assert_eq!((&said["t"], &said["d"]), (&license["tier"], &license["maxDevices"]));
            assert_eq!(said["c"], license["companyName"]);
            let day = license["expiresAt"].as_str().map(|at| at.trim_end_matches("T00:00:00Z"));
            assert_eq!(said["e"].as_str(), day, "{license}");
        }
        // The one with most devices is the one that the front end shows.
        assert_eq!(own.ask("DELETE", &format!("/licenses/{}", licenses[3]["id"]), "").await.status, 200);
        let mut payload = read[2]["last_eight"].clone();
        payload.as_object_mut().expect("an object").remove("u");
        assert_eq!(own.read("/license/decode").await, payload);
    }
}
