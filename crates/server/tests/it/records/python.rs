//! Across the border to Python: its `rsa` library accepts what the form issues, and what it signs is accepted here.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use keyward_engine::Caller;
use keyward_engine::license::OldForm;
use serde_json::{Value, json};

use super::{OldKey, Person, validity};

/// The answers of `testdata/border/a.py`.
fn python(requests: &[Value]) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut child = Command::new(root.join("target/python/bin/python"))
        .arg(root.join("testdata/border/a.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts; `cargo xtask test` installs what this test needs");
    let input = serde_json::to_vec(requests).expect("requests are JSON");
    child.stdin.take().expect("a pipe").write_all(&input).expect("the script reads");
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("the script answers in JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_form_issues_is_accepted_by_python() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let public = site.get("/public_key").await.body;
        let mut requests = Vec::new();
        let clients = [
            ("example.com", "Pro", "epoch"),
            ("Žluť \"<é>\" 🐎", "Basic", "epoch"),
            ("p", "Premium", "text"),
        ];
        for (client, kind, profile) in clients {
            let path = person.issued(client, kind, "30").await;
            let mut texts = vec![person.get(&format!("{path}/record.json")).await.body];
            if kind != "Premium" {
                site.clock.advance(1);
                person.post(&format!("{path}/reactivate"), &[("days", "30")]).await;
                texts.push(person.get(&format!("{path}/record.json")).await.body);
                assert_ne!(texts[0], texts[1]);
            }
            for record in texts {
                requests.push((
                    client,
                    json!({
                        "op": "verify", "public_key": public, "profile": profile, "record": record,
                    }),
                ));
            }
        }
        let asked: Vec<Value> = requests.iter().map(|(_, request)| request.clone()).collect();
        for ((client, _), answer) in requests.iter().zip(python(&asked)) {
            assert_eq!(answer, json!({ "cryptography": true, "rsa": true, "client_id": client }));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_signs_here_as_python_signs() {
    for site in super::sites().await {
        let person = Person::at(&site).await;
        let path = person.issued("example.com", "Enterprise", "30").await;
        let ours = person.get(&format!("{path}/record.json")).await.body;
        let request = json!({
            "op": "sign", "private_key": OldKey::read().pkcs8, "profile": "epoch", "client_id": "example.com",
            "license_type": "Enterprise", "now": crate::site::START, "days": 30,
        });
        assert_eq!(python(&[request])[0], ours);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_signed_with_the_old_key_validates_here() {
    for site in super::sites().await {
        let clients = [
            ("old.example", "Pro", "epoch"),
            ("Žluť \"<é>\"", "Basic", "text"),
            ("p.example", "Premium", "text"),
        ];
        let sign = |(client, kind, profile): &(&str, &str, &str)| {
            json!({
                "op": "sign", "private_key": OldKey::read().pkcs8, "profile": profile, "client_id": client,
                "license_type": kind, "now": crate::site::START - 100, "days": 30,
            })
        };
        let requests: Vec<Value> = clients.iter().map(sign).collect();
        let person = Person::at(&site).await;
        for ((client, kind, _), text) in clients.iter().zip(python(&requests)) {
            let text = text.as_str().expect("a record");
            let record: Value = serde_json::from_str(text).expect("JSON");
            let signature = record["signature"].as_str().expect("a text");
            assert_eq!(validity(&site, client, signature).await, "License not found.");
            let form = OldForm { text: text.to_owned(), ..OldForm::default() };
            site.engine.register_form(&Caller::operator(), form).await.expect("it is taken in");
            assert_eq!(validity(&site, client, signature).await, "License is valid.");
            assert_eq!(validity(&site, client, &signature.to_uppercase()).await, "License is valid.");

            // It is one of the form's, too: shown, given out as it was, and reactivated.
            let answer = person.issue(client, kind, "30").await;
            assert_eq!(answer.status, 409, "{client}");
            let (_, rest) = answer.body.split_once("<a href=\"/records/").expect("a link to it");
            let path = format!("/records/{}", rest.split('"').next().expect("a serial"));
            assert_eq!(person.record(&path).await, record);
            if *kind != "Premium" {
                assert_eq!(person.post(&format!("{path}/reactivate"), &[("days", "30")]).await.status, 303);
                let new = person.signature(&path).await;
                assert_ne!(new, signature);
                assert_eq!(validity(&site, client, &new).await, "License is valid.");
            }
            assert_eq!(validity(&site, client, signature).await, "License is valid.");
        }
    }
}
