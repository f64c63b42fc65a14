//! A key that has expired is deactivated by whoever sees it first, and the audit log says why.

use serde_json::{Value, json};

use super::DAY;
use super::tenant::{Tenant, assert_no, day, instant};
use crate::site::Site;

/// The automatic deactivations of a licence that were written down, with their details.
async fn deactivations(customer: &Tenant<'_>, key: &str) -> Vec<(String, Value)> {
    let shown = customer.shown(key).await;
    let entries = shown.events.iter().map(|entry| {
        (entry.event.clone(), serde_json::from_str::<Value>(&entry.detail).expect("details are JSON"))
    });
    entries.filter(|(_, detail)| detail["reason"] == "auto").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_valid_until_the_first_instant_of_its_day() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, Some("2027-02-01"));
        let id = customer.activated(&key).await;
        site.clock.set(instant("2027-02-01T00:00:00Z"));
        let status = customer.read("/license/status").await;
        assert_eq!((&status["maxDevices"], &status["tier"]), (&json!(13), &json!("PRO-10")));
        site.clock.set(instant("2027-02-01T00:00:01Z"));
        let status = customer.read("/license/status").await;
        assert_eq!((&status["maxDevices"], &status["tier"]), (&json!(3), &json!("free")));
        let license = &customer.read("/license/decoded").await["licenses"][0];
        assert_eq!(
            (&license["id"], &license["isExpired"], &license["isActive"]),
            (&json!(id), &json!(true), &json!(false),)
        );
        let row = customer.read(&format!("/licenses/{id}")).await;
        assert_eq!((&row["isActive"], &row["expiresAt"]), (&json!(false), &json!("2027-02-01T00:00:00Z")));
        let again = customer.activate(&key).await;
        assert_no(&again, 400, "EXPIRED", "again");
        assert_eq!(again.json()["error"], "License expired on 2027-02-01");
        assert_no(&customer.get("/license/decode").await, 404, "NOT_FOUND", "none is active");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_validation_deactivates_it_once() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, Some(&day(&site, 5)));
        customer.activated(&key).await;
        customer.fill(0..2).await;
        site.clock.advance(4 * DAY);
        for path in ["/license/status", "/devices/device-0"] {
            customer.read(path).await;
        }
        assert_eq!(deactivations(&customer, &key).await, []);
        site.clock.advance(DAY);
        for path in ["/devices/device-0", "/license/status", "/license/decoded", "/licenses"] {
            customer.read(path).await;
        }
        let written = deactivations(&customer, &key).await;
        assert_eq!(written.len(), 1, "{written:?}");
        let row = customer.shown(&key).await.found.license;
        assert_eq!(row.suspension_reason.as_deref(), Some("auto"));
        assert!(row.suspended_at.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_deactivates_what_nobody_asks_about() {
    for site in Site::all().await {
        let (one, other) = (Tenant::new(&site, "one").await, Tenant::new(&site, "other").await);
        let keys =
            [one.lk2("PRO-10", 10, Some(&day(&site, 5))), other.lk2("PRO-10", 10, Some(&day(&site, 6)))];
        one.activated(&keys[0]).await;
        other.activated(&keys[1]).await;
        one.fill(0..13).await;
        site.clock.advance(5 * DAY);
        let swept = site.engine.now();
        site.engine.sweep_installations("lk").await.expect("it is swept");
        site.engine.sweep_installations("lk").await.expect("it is swept again");
        assert_eq!(deactivations(&one, &keys[0]).await.len(), 1);
        assert_eq!(deactivations(&other, &keys[1]).await, []);
        // The sweep also saw that there are too many devices, and began to count the days.
        site.clock.advance(6 * DAY);
        let status = one.read("/license/status").await;
        assert_eq!(status["gracePeriodEndsAt"], json!(swept.plus_days(7)));
        site.clock.advance(2 * DAY);
        assert_eq!(one.allowed().await.len(), 3);
    }
}
