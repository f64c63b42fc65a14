//! The same request with the same `Idempotency-Key`: done once, answered with the same bytes.

use serde_json::{Value, json};

use super::tenant::{Tenant, assert_no};
use crate::line::Crowd;
use crate::races::places;
use crate::site::Site;
use crate::world::Answer;

async fn repeat(tenant: &Tenant<'_>, path: &str, key: &str, body: &Value) -> Answer {
    let head = format!("{}\r\nIdempotency-Key: {key}", tenant.head("POST", path));
    tenant.site.ask(&head, &body.to_string()).await
}

/// Everything that creates or activates, with another body for each.
fn requests(tenant: &Tenant<'_>) -> Vec<(&'static str, Value, Value)> {
    let keys = [tenant.lk2("PRO-10", 10, None), tenant.lk2("PRO-20", 20, None)];
    vec![
        ("/license/activate", json!({ "licenseKey": keys[0] }), json!({ "licenseKey": keys[1] })),
        ("/devices", json!({ "deviceId": "one" }), json!({ "deviceId": "two" })),
        (
            "/devices/three/activate-license",
            json!({ "licenseKey": keys[0] }),
            json!({ "licenseKey": keys[0], "name": "x" }),
        ),
        ("/license/usage", json!({ "name": "calls", "amount": 3 }), json!({ "name": "calls", "amount": 4 })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_creating_request_is_done_once() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let limited = customer.lk3(|key| {
            key.limits.insert("calls".to_owned(), 100);
        });
        customer.activated(&limited).await;
        for (number, (path, body, other)) in requests(&customer).into_iter().enumerate() {
            let key = format!("key-{number}");
            let first = repeat(&customer, path, &key, &body).await;
            assert_eq!(first.status / 100, 2, "{path}: {}", first.body);
            site.clock.advance(3_600);
            // Below /api it is the same request.
            for path in [path.to_owned(), format!("/api{path}")] {
                let again = repeat(&customer, &path, &key, &body).await;
                assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
            }
            let reused = repeat(&customer, path, &key, &other).await;
            assert_no(&reused, 422, "IDEMPOTENCY_KEY_REUSED", path);
        }
        let usage = customer.read("/license/usage").await;
        assert_eq!(usage[0]["used"], 3, "counted once");
        let other_device =
            repeat(&customer, "/devices/four/activate-license", "key-2", &requests(&customer)[2].1).await;
        assert_no(&other_device, 422, "IDEMPOTENCY_KEY_REUSED", "the device is a part of what is asked");
        assert_eq!(customer.get("/devices/four").await.status, 404);
        for key in ["", "\u{e9}", &"k".repeat(256)] {
            let answer = repeat(&customer, "/devices", key, &json!({ "deviceId": "five" })).await;
            assert_no(&answer, 400, "INVALID_IDEMPOTENCY_KEY", key);
        }
        assert_eq!(customer.get("/devices/five").await.status, 404);
        // After a day it is a new request.
        site.clock.advance(25 * 3_600);
        site.engine.sweep(90).await.expect("it is swept");
        let anew =
            repeat(&customer, "/license/usage", "key-3", &json!({ "name": "calls", "amount": 3 })).await;
        assert_eq!(anew.json()["used"], 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_installations_may_count_their_requests_alike() {
    for site in Site::all().await {
        let (one, other) = (Tenant::new(&site, "one").await, Tenant::new(&site, "other").await);
        for tenant in [&one, &other] {
            let answer = repeat(tenant, "/devices", "1", &json!({ "deviceId": "d" })).await;
            assert_eq!(answer.status / 100, 2);
            let key = tenant.lk2("PRO-10", 10, None);
            let answer = repeat(tenant, "/license/activate", "2", &json!({ "licenseKey": key })).await;
            assert_eq!(
                (answer.status, tenant.read("/licenses").await[0]["key"].as_str()),
                (200, Some(key.as_str()))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_with_one_key_are_one() {
    for nodes in places().await {
        let customer = Tenant::new(&nodes[0], "theia").await;
        customer
            .activated(&customer.lk3(|key| {
                key.limits.insert("calls".to_owned(), 1_000);
            }))
            .await;
        let mut crowd = Crowd::of(32, &nodes).await;
        for round in 0..5 {
            let head = format!("{}\r\nIdempotency-Key: r{round}", customer.head("POST", "/license/usage"));
            let body = json!({ "name": "calls", "amount": 7 }).to_string();
            let answers = crowd.ask(|_| (head.clone(), body.clone())).await;
            for answer in &answers {
                assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
            }
            assert_eq!(customer.read("/license/usage").await[0]["used"], 7 * (round + 1));
        }
    }
}
