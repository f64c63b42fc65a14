//! Every kind is made by its form, and works.

use keyward_core::scheme::Scheme;
use serde_json::Value;

use super::{Person, shown};
use crate::records::{hidden, sites, validity};
use crate::site::Site;

/// A device id of system D.
const DEVICE: &str = "0123456789ABCDEF";

/// A kind with the name of a policy and what its form is filled in with.
pub(super) type Filled = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Each kind.
pub(super) const KINDS: [Filled; 7] = [
    ("record", "Pro", &[("client_id", "example.com"), ("days", "30")]),
    ("pool", "1 mois", &[("count", "1")]),
    ("tier", "pro", &[("user", "u-17"), ("email", "ada@example.com"), ("days", "")]),
    (
        "file",
        "",
        &[
            ("product", "desk"),
            ("device_id", DEVICE),
            ("name", "ABC Traders"),
            ("email", "abc@example.com"),
            ("company", "ABC"),
            ("months", "12"),
            ("type", "YEARLY"),
            ("grace", "7"),
        ],
    ),
    ("lk1", "PRO-10", &[("expires", "2028-01-31")]),
    ("lk2", "PRO-20", &[("company", "Acme & Sons"), ("expires", "2027-12-31"), ("notes", "by phone")]),
    (
        "lk3",
        "PRO-50",
        &[
            ("company", "Acme"),
            ("devices", "7"),
            ("expires", "2027-12-31"),
            ("features", "export, sync"),
            ("limits", "api_calls=1000\r\nseats = 5"),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_made_and_read_back() {
    for site in sites().await {
        let person = Person::at(&site).await;
        for (kind, policy, fields) in KINDS {
            let key = person.made(kind, policy, fields).await;
            assert_eq!(Scheme::of(&key).expect("a licence").as_str(), kind);
            let examined = site.engine.examine(&key).await.expect("a licence");
            assert!(examined.found.is_some(), "{kind}");
            assert_eq!(examined.made_with.is_some(), kind != "pool", "{kind}");
            if kind == "record" {
                let record: Value = serde_json::from_str(&key).expect("JSON");
                let signature = record["signature"].as_str().expect("a text");
                assert_eq!(validity(&site, "example.com", signature).await, "License is valid.");
            }
            if kind == "pool" {
                let answer = site.get(&format!("/api/validate/{key}")).await;
                assert_eq!((answer.status, &answer.json()["valid"]), (200, &Value::Bool(true)), "{answer:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_says_what_the_form_said() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let (_, _, fields) = KINDS[6];
    let claims = {
        let key = person.made("lk3", "PRO-50", fields).await;
        site.engine.examine(&key).await.expect("a licence").claims.expect("it is read")
    };
    assert_eq!((claims.max_devices, claims.holder.as_deref()), (Some(7), Some("Acme")));
    assert_eq!(claims.features, ["export", "sync"]);
    assert_eq!(claims.limits.get("seats"), Some(&5));
    let key = person.made("lk2", "PRO-20", &[]).await;
    let claims = site.engine.examine(&key).await.expect("a licence").claims.expect("it is read");
    assert_eq!((claims.max_devices, claims.holder), (Some(20), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_makes_one_licence() {
    for site in sites().await {
        let person = Person::at(&site).await;
        for (kind, policy, fields) in KINDS {
            let path = format!("/console/generate/{kind}");
            let page = person.get(&path).await;
            let (form, policy) = (hidden(&page, "form"), super::option(&page, policy));
            let sent = [fields, &[("form", form.as_str()), ("policy", policy.as_str())]].concat();
            let (first, second) = tokio::join!(person.post(&path, &sent), person.post(&path, &sent));
            assert_eq!((first.status, second.status), (200, 200), "{kind}: {first:?} {second:?}");
            assert_eq!(shown(&first), shown(&second), "{kind}");
            let again = |answer: &crate::world::Answer| answer.body.contains("This form was sent before");
            assert_ne!(again(&first), again(&second), "{kind}");
            // The same form with other words is another licence; a client has one only.
            if kind != "record" {
                site.clock.advance(1);
                let other = [("email", "eve@example.com"), ("expires", "2029-01-01")];
                let other: Vec<_> = other.iter().chain(&sent).copied().collect();
                let third = person.post(&path, &other).await;
                assert_eq!(third.status, 200, "{kind}: {third:?}");
                assert_ne!(shown(&third), shown(&first), "{kind}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_downloaded_as_a_file_and_that_is_written_down() {
    let site = Site::new().await;
    let person = Person::at(&site).await;
    let (_, _, fields) = KINDS[3];
    let made = person.generate("file", "", fields).await;
    let place = made.body.split("action=\"/console/generate/download/").nth(1).expect("a form");
    let id = place.split('"').next().expect("an id");
    let file = person.post(&format!("/console/generate/download/{id}"), &[]).await;
    assert_eq!((file.status, file.body.as_str()), (200, shown(&made).as_str()));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"ABC Traders.key\""));
    assert_eq!(file.header("cache-control"), Some("no-store"));
    let log = site.engine.audit_log(None, 100).await.expect("the log");
    assert_eq!(log.iter().filter(|entry| entry.event == "license.reveal").count(), 1);
}
