//! System E.

use keyward_client::online::Server;
use keyward_client::{Code, Source};
use keyward_core::time::Timestamp;
use keyward_engine::license::Suspension;
use serde_json::json;

use super::{DAY, Device, suspend};
use crate::lk::tenant::{Tenant, token};
use crate::rules::change_rules;
use crate::site::{START, Site};

fn device(customer: &Tenant<'_>) -> Device {
    Device::new(customer.site, "lk", Server::installation(&customer.site.url, &customer.token))
}

/// A key of ten devices with a feature and a limit, that ends after so many days.
fn key(customer: &Tenant<'_>, days: i64) -> String {
    customer.lk3(|key| {
        key.features = vec!["streaming".to_owned()];
        key.limits.insert("api-calls".to_owned(), 100);
        key.expires = Some((START + days * DAY).unsigned_abs());
        key.company = "Acme Corporation".to_owned();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_the_server_arrives_at_the_next_refresh() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let (device, key) = (device(&customer), key(&customer, 30));
        let status = device.activate(&key).expect("it is activated");
        assert_eq!((status.code(), status.source()), (Code::Valid, Source::Server));
        assert_eq!(status.verdict().expiry.map(Timestamp::seconds), Some(START + 30 * DAY));
        let claims = status.claims().expect("it says something");
        assert_eq!(
            (claims.tier.as_deref(), &*claims.features),
            (Some("PRO-10"), &["streaming".to_owned()][..])
        );
        assert_eq!(device.activate(&key).expect("again").code(), Code::Valid);
        assert_eq!(customer.read("/license/status").await["currentDevices"], 1);

        // Without the licence there are still the free devices, but not its features.
        for how in [Suspension::Suspend, Suspension::Revoke] {
            suspend(&site, &key, how).await;
            assert_eq!(device.now(), "VALID");
            let error = device.license.require("streaming").expect_err("it is gone");
            assert_eq!(error.code(), "ENTITLEMENTS_MISSING");
            suspend(&site, &key, Suspension::Reinstate).await;
            assert_eq!(device.now(), "VALID");
            device.license.require("streaming").expect("it is back");
        }

        // Support releases the device; it takes a place again.
        assert_eq!(customer.ask("DELETE", &format!("/devices/{}", device.id()), "").await.status, 200);
        assert_eq!(device.license.status().code(), Code::Valid, "nobody asked");
        assert_eq!(device.now(), "FINGERPRINT_SCOPE_MISMATCH");
        assert_eq!(device.activate(&key).expect("there is room").code(), Code::Valid);

        // It gives its place back itself; a repetition finds nothing to do.
        let status = tokio::task::block_in_place(|| device.license.deactivate()).expect("it is given back");
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(customer.read("/license/status").await["currentDevices"], 0);
        let again = tokio::task::block_in_place(|| device.license.deactivate());
        assert_eq!(again.expect_err("there is none").code(), "NOT_ACTIVATED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_run_on_for_a_week_and_then_those_activated_last_are_blocked() {
    let site = Site::new().await;
    let customer = Tenant::new(&site, "theia").await;
    customer.fill(0..3).await;
    let (device, key) = (device(&customer), key(&customer, 30));
    device.activate(&key).expect("it is activated");
    site.clock.set(Timestamp::from_seconds(START + 30 * DAY));
    assert_eq!(device.now(), "VALID", "its last instant");
    site.clock.advance(1);
    assert_eq!(device.license.status().code(), Code::GracePeriod, "without asking");
    assert_eq!(device.now(), "VALID", "the server lets it run on");
    assert_eq!(device.license.require("streaming").expect_err("over").code(), "ENTITLEMENTS_MISSING");
    site.clock.advance(7 * DAY);
    assert_eq!(device.now(), "VALID");
    site.clock.advance(1);
    assert_eq!(device.now(), "TOO_MANY_MACHINES");
    assert_eq!(customer.ask("DELETE", "/devices/device-1", "").await.status, 200);
    assert_eq!(device.now(), "VALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_not_remembered_and_a_token_is_no_licence() {
    let site = Site::new().await;
    let customer = Tenant::new(&site, "theia").await;
    let device = device(&customer);
    let old = customer.lk2("PRO-10", 10, Some("2025-01-01"));
    let error = device.activate(&old).expect_err("it is over");
    assert_eq!((error.code(), error.sentence()), ("EXPIRED", "License expired on 2025-01-01"));
    assert_eq!(device.license.status().code(), Code::NotFound);
    assert_eq!(device.activate("LK-1-PRO-10-A7B2-0000").expect_err("nobody made it").code(), "BAD_SIGNATURE");

    let (good, name) =
        (key(&customer, 30), Device::new(&site, "lk", Server::installation(&site.url, "nobody's")));
    device.activate(&good).expect("it is activated");
    assert_eq!(name.activate(&good).expect_err("no such token").code(), "SERVER_TOKEN");
    let spare = token(&site, "theia", false).await;
    let other = Device::new(&site, "lk", Server::installation(&site.url, &spare));
    other.activate(&good).expect("it is activated");
    assert_eq!(other.now(), "VALID");

    // Full: ten of the key and three free ones.
    customer.fill(0..11).await;
    let late = Device::new(&site, "lk", Server::installation(&site.url, &spare));
    assert_eq!(late.activate(&good).expect_err("it is full").code(), "TOO_MANY_MACHINES");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_says_how_long_an_answer_holds() {
    let site = Site::new().await;
    change_rules(&site.engine, "lk", "PRO-10", |rules| rules.offline_lease = Some(3_600)).await;
    site.engine.refresh().await.expect("read again");
    let customer = Tenant::new(&site, "theia").await;
    let device = device(&customer);
    let until = |status: keyward_client::Status| status.lease_until().map(|end| end.seconds() - START);
    assert_eq!(until(device.activate(&key(&customer, 30)).expect("it is activated")), Some(3_600));
    site.clock.advance(60);
    assert_eq!(until(device.refresh().expect("an answer")), Some(3_660));
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_told_to_what_limits_them() {
    let site = Site::new().await;
    let customer = Tenant::new(&site, "theia").await;
    let device = device(&customer);
    device.activate(&key(&customer, 30)).expect("it is activated");
    device.license.consent(true).expect("it is remembered");
    for _ in 0..60 {
        device.license.record_use("api-calls").expect("it is counted");
    }
    device.license.record_use("export").expect("it is counted");
    let send = || tokio::task::block_in_place(|| device.license.send_usage());
    let left = send().expect("it is told");
    assert_eq!(left.totals().into_iter().collect::<Vec<_>>(), [("export", 1)], "nobody limits that");
    let used = json!([{ "name": "api-calls", "used": 60, "limit": 100, "remaining": 40 }]);
    assert_eq!(customer.read("/license/usage").await, used);
    for _ in 0..41 {
        device.license.record_use("api-calls").expect("it is counted");
    }
    assert_eq!(send().expect_err("it is too much").code(), "USAGE_LIMIT");
    assert_eq!(customer.read("/license/usage").await, used, "nothing was counted");
    assert_eq!(device.license.usage().totals()["api-calls"], 41);
    let back = json!({ "name": "api-calls", "amount": -1 });
    assert_eq!(customer.post("/license/usage", &back).await.status, 200);
    send().expect("it is told");
    assert_eq!(customer.read("/license/usage").await[0]["used"], 100);
}
