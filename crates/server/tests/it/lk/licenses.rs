//! The list of licences as the document's front end shows and changes it.

use serde_json::json;

use super::tenant::{Tenant, assert_no};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn each_has_the_fields_of_the_old_table() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        assert_eq!(customer.read("/licenses").await, json!([]));
        let key = customer.lk2("PRO-10", 10, Some("2027-12-31"));
        let id = customer.activated(&key).await;
        let hash = keyward_core::scheme::lk2::key_hash(&key, &customer.shared());
        let now = site.engine.now();
        let mut wanted = json!({
            "id": id, "key": key, "keyHash": hash, "tier": "PRO-10", "maxDevices": 10, "currentDeviceCount": 0,
            "companyName": "Acme Corporation", "isActive": true, "expiresAt": "2027-12-31T00:00:00Z",
            "activatedAt": now, "createdAt": now, "lastValidatedAt": now, "notes": null, "code": "VALID",
        });
        for path in [format!("/licenses/{id}"), format!("/api/licenses/{id}")] {
            let mut found = customer.read(&path).await;
            // Activating may count as asking, or not.
            found["lastValidatedAt"] = wanted["lastValidatedAt"].clone();
            assert_eq!(found, wanted);
        }
        let path = format!("/licenses/{id}");
        let body = json!({ "notes": "Annual subscription", "companyName": "Acme GmbH & Söhne" });
        let changed = customer.ask("PATCH", &path, &body.to_string()).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        (wanted["notes"], wanted["companyName"]) = (body["notes"].clone(), body["companyName"].clone());
        let mut found = changed.json();
        found["lastValidatedAt"] = wanted["lastValidatedAt"].clone();
        assert_eq!(found, wanted);
        // A front end that sends everything back changes only what it changed.
        found["notes"] = json!(null);
        found["lastValidatedAt"] = customer.read(&path).await["lastValidatedAt"].clone();
        let changed = customer.ask("PATCH", &path, &found.to_string()).await;
        assert_eq!((changed.status, &changed.json()["notes"]), (200, &json!(null)), "{}", changed.body);
        let list = customer.read("/licenses").await;
        assert_eq!((list.as_array().map(Vec::len), &list[0]["companyName"]), (Some(1), &body["companyName"]));
        // And the audit log says who did it.
        let events = customer.shown(&key).await.events;
        assert!(
            events.iter().filter(|entry| entry.actor_kind == "token" && entry.front == "lk").count() >= 3
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_can_be_changed() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let id = customer.activated(&customer.lk2("PRO-10", 10, Some("2027-12-31"))).await;
        let path = format!("/licenses/{id}");
        let before = customer.read(&path).await;
        for body in [
            json!({ "maxDevices": 999 }),
            json!({ "expiresAt": null }),
            json!({ "expiresAt": "2099-01-01T00:00:00Z", "notes": "x" }),
            json!({ "tier": "ENTERPRISE" }),
            json!({ "key": "LK-1-PRO-10-x-0000" }),
            json!({ "id": id + 1 }),
            json!({ "IsActive": false }),
            json!({ "isActive": "false" }),
            json!({ "isActive": null }),
            json!({ "notes": 5 }),
            json!({ "notes": "a\u{0}b" }),
            json!({ "notes": "n".repeat(10_001) }),
            json!({ "companyName": ["x"] }),
            json!([]),
        ] {
            let answer = customer.ask("PATCH", &path, &body.to_string()).await;
            assert_no(&answer, 400, "INVALID_ARGUMENT", &body.to_string());
        }
        let mut after = customer.read(&path).await;
        after["lastValidatedAt"] = before["lastValidatedAt"].clone();
        assert_eq!(after, before);
        assert_eq!(customer.read("/license/status").await["maxDevices"], 13);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_nobodys_are_not_found() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        customer.activated(&customer.lk2("PRO-10", 10, None)).await;
        for id in ["0", "-1", "99999999", "9223372036854775808", "1e3", "x", "%00", "%FF", "1%2F2", "\u{661}"]
        {
            for method in ["GET", "PATCH", "DELETE"] {
                let answer = customer.ask(method, &format!("/licenses/{id}"), "{}").await;
                assert_no(&answer, 404, "NOT_FOUND", &format!("{method} {id}"));
            }
        }
        assert_eq!(customer.read("/licenses").await.as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_that_was_switched_off_is_switched_on_again() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, None);
        let id = customer.activated(&key).await;
        for (active, devices) in [(false, 3), (false, 3), (true, 13), (true, 13)] {
            let body = json!({ "isActive": active }).to_string();
            let answer = customer.ask("PATCH", &format!("/licenses/{id}"), &body).await;
            assert_eq!((answer.status, &answer.json()["isActive"]), (200, &json!(active)), "{}", answer.body);
            assert_eq!(customer.read("/license/status").await["maxDevices"], devices);
        }
        // What the vendor revoked, the customer does not switch on.
        use keyward_engine::Caller;
        use keyward_engine::license::{Named, Suspension};
        let revoke = Suspension::Revoke;
        site.engine.suspend(&Caller::operator(), Named::Key(key), revoke, None).await.expect("revoked");
        let answer = customer.ask("PATCH", &format!("/licenses/{id}"), r#"{"isActive":true}"#).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert_eq!(customer.read("/license/status").await["maxDevices"], 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_license_is_sent_back_as_it_was_read_a_while_ago() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, None);
        let path = format!("/licenses/{}", customer.activated(&key).await);
        site.clock.advance(120);
        let mut read = customer.read(&path).await;
        assert_eq!(read["lastValidatedAt"], json!(site.engine.now()), "it was asked about now");
        assert_eq!(customer.read(&path).await, read);
        // Meanwhile the server writes down what it saw.
        site.clock.advance(120);
        let device = customer.post("/devices/device-0/activate-license", &json!({ "licenseKey": key })).await;
        assert_eq!(device.status / 100, 2, "{}", device.body);
        read["notes"] = json!("Annual subscription");
        let changed = customer.ask("PATCH", &path, &read.to_string()).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        read["currentDeviceCount"] = json!(1);
        read["lastValidatedAt"] = json!(site.engine.now());
        assert_eq!(changed.json(), read);
        assert_eq!(customer.read(&path).await, read);
        // What is sent of them changes nothing.
        for name in ["lastValidatedAt", "activatedAt", "createdAt"] {
            let body = json!({ name: "2020-01-01T00:00:00Z" }).to_string();
            assert_eq!(customer.ask("PATCH", &path, &body).await.json(), read, "{name}");
        }
    }
}
