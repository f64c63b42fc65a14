//! How many devices there may be, and what happens when there are suddenly fewer.

use keyward_core::code::Code;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};
use serde_json::json;

use super::DAY;
use super::tenant::{Tenant, assert_no, assert_refused, day};
use crate::site::Site;

fn names(devices: std::ops::Range<usize>) -> Vec<String> {
    devices.map(|number| format!("device-{number}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_on_top_of_the_free_three_are_thirteen_and_the_fourteenth_is_refused() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        customer.fill(0..3).await;
        assert_refused(
            &customer.add("device-3").await,
            409,
            Code::TooManyMachines,
            "the fourth of the free tier",
        );
        customer.activated(&customer.lk2("PRO-10", 10, None)).await;
        customer.fill(3..13).await;
        for path in ["/devices", "/api/devices"] {
            let full = customer.post(path, &json!({ "deviceId": "device-13" })).await;
            assert_refused(&full, 409, Code::TooManyMachines, "the fourteenth");
        }
        // Who has a place keeps it, however often it asks.
        assert_eq!(customer.add("device-5").await.status, 200);
        let status = customer.read("/license/status").await;
        assert_eq!((&status["maxDevices"], &status["currentDevices"]), (&json!(13), &json!(13)));
        assert_eq!(customer.allowed().await, names(0..13));
        // A place that is released is free.
        let released = customer.ask("DELETE", "/devices/device-5", "").await;
        assert_eq!((released.status, &released.json()["deviceId"]), (200, &json!("device-5")));
        assert_no(&customer.ask("DELETE", "/devices/device-5", "").await, 404, "NOT_FOUND", "twice");
        customer.fill(13..14).await;
        assert_eq!(customer.add("device-5").await.status, 409);
    }
}

/// How a licence of ten devices ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Expired,
    Revoked,
    Suspended,
    Removed,
    Deactivated,
}

async fn end(customer: &Tenant<'_>, key: &str, id: i64, how: End) {
    let (engine, caller, named) = (&customer.site.engine, Caller::operator(), Named::Key(key.to_owned()));
    match how {
        End::Expired => {
            // It expires at the beginning of the tenth day from now.
            let expiry = customer.shown(key).await.found.license.expiry.expect("it expires");
            customer.site.clock.set(expiry.plus_seconds(1));
        }
        End::Revoked => {
            drop(engine.suspend(&caller, named, Suspension::Revoke, None).await.expect("revoked"));
        }
        End::Suspended => {
            drop(engine.suspend(&caller, named, Suspension::Suspend, None).await.expect("suspended"));
        }
        End::Removed => {
            let removed = customer.ask("DELETE", &format!("/licenses/{id}"), "").await;
            assert_eq!((removed.status, &removed.json()["totalStatus"]["totalMaxDevices"]), (200, &json!(3)));
        }
        End::Deactivated => {
            let off = customer.ask("PATCH", &format!("/licenses/{id}"), r#"{"isActive":false}"#).await;
            assert_eq!(off.status, 200, "{}", off.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_license_ends_all_run_for_seven_days_and_then_the_last_are_blocked() {
    for how in [End::Expired, End::Revoked, End::Suspended, End::Removed, End::Deactivated] {
        for site in Site::all().await {
            let customer = Tenant::new(&site, "theia").await;
            let key = customer.lk2("PRO-10", 10, Some(&day(&site, 10)));
            let id = customer.activated(&key).await;
            customer.fill(0..13).await;
            end(&customer, &key, id, how).await;

            // Whoever looks first writes it down.
            let seen = site.engine.now();
            let status = customer.read("/license/status").await;
            let until = json!(seen.plus_days(7));
            assert_eq!(
                (
                    &status["maxDevices"],
                    &status["currentDevices"],
                    &status["tier"],
                    &status["activeLicenseCount"]
                ),
                (&json!(3), &json!(13), &json!("free"), &json!(0)),
                "{how:?}"
            );
            assert_eq!(
                (&status["isValid"], &status["isInGracePeriod"], &status["gracePeriodEndsAt"]),
                (&json!(true), &json!(true), &until),
                "{how:?}"
            );
            assert!(status["reason"].is_string());
            assert_eq!(customer.allowed().await, names(0..13), "{how:?}");
            assert_refused(&customer.add("one more").await, 409, Code::TooManyMachines, "no new one");

            site.clock.set(seen.plus_days(7).plus_seconds(-1));
            assert_eq!(
                customer.read("/license/status").await["gracePeriodEndsAt"],
                until,
                "it does not move"
            );
            assert_eq!(customer.allowed().await, names(0..13), "{how:?}: the seventh day");

            site.clock.set(seen.plus_days(7).plus_seconds(1));
            let status = customer.read("/license/status").await;
            assert_eq!(
                (&status["isValid"], &status["isInGracePeriod"]),
                (&json!(false), &json!(false)),
                "{how:?}"
            );
            assert_eq!(customer.allowed().await, names(0..3), "{how:?}: the eighth day");
            let last = customer.read("/devices/device-12").await;
            assert_eq!((&last["isAllowed"], &last["code"]), (&json!(false), &json!("TOO_MANY_MACHINES")));
            // A blocked device that registers anew does not get in front.
            assert_refused(&customer.add("device-12").await, 409, Code::TooManyMachines, "it is blocked");

            // Each that is released lets the next one in.
            assert_eq!(customer.ask("DELETE", "/devices/device-1", "").await.status, 200);
            assert_eq!(customer.allowed().await, ["device-0", "device-2", "device-3"], "{how:?}");
            for number in 4..13 {
                assert_eq!(
                    customer.ask("DELETE", &format!("/devices/device-{number}"), "").await.status,
                    200
                );
            }
            let status = customer.read("/license/status").await;
            assert_eq!(
                (&status["isValid"], &status["reason"], &status["gracePeriodEndsAt"]),
                (&json!(true), &json!(null), &json!(null),)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_license_clears_it_and_the_next_time_begins_anew() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let first = customer.lk2("PRO-10", 10, None);
        let id = customer.activated(&first).await;
        customer.fill(0..13).await;
        end(&customer, &first, id, End::Removed).await;
        let begun = site.engine.now();
        assert_eq!(customer.read("/license/status").await["isInGracePeriod"], true);
        site.clock.set(begun.plus_days(8));
        assert_eq!(customer.allowed().await.len(), 3);

        let second = customer.lk2("PRO-20", 20, None);
        let id = customer.activated(&second).await;
        assert_eq!(customer.allowed().await, names(0..13));
        let status = customer.read("/license/status").await;
        assert_eq!((&status["isValid"], &status["gracePeriodEndsAt"]), (&json!(true), &json!(null)));

        end(&customer, &second, id, End::Removed).await;
        let again = site.engine.now();
        let status = customer.read("/license/status").await;
        assert_eq!(status["gracePeriodEndsAt"], json!(again.plus_days(7)), "seven whole days once more");
        assert_eq!(customer.allowed().await.len(), 13);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_is_taken_back_clears_it() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, None);
        let id = customer.activated(&key).await;
        customer.fill(0..13).await;
        end(&customer, &key, id, End::Revoked).await;
        assert_eq!(customer.read("/license/status").await["isInGracePeriod"], true);
        let license = customer.read(&format!("/licenses/{id}")).await;
        assert_eq!((&license["isActive"], &license["code"]), (&json!(false), &json!("REVOKED")));
        let named = Named::Key(key);
        site.engine
            .suspend(&Caller::operator(), named, Suspension::Reinstate, None)
            .await
            .expect("reinstated");
        let status = customer.read("/license/status").await;
        assert_eq!((&status["maxDevices"], &status["isInGracePeriod"]), (&json!(13), &json!(false)));
        site.clock.advance(30 * DAY);
        assert_eq!(customer.allowed().await.len(), 13);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_free_tier_nothing_is_licensed_until_a_key_is() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        site.engine.set_free_devices(&Caller::operator(), "theia", Some(0)).await.expect("switched off");
        assert_no(&customer.get("/license/status").await, 404, "NOT_FOUND", "switched off");
        assert_refused(&customer.add("device-0").await, 409, Code::TooManyMachines, "no place");
        let id = customer.activated(&customer.lk2("PRO-10", 10, None)).await;
        assert_eq!(customer.read("/license/status").await["maxDevices"], 10);
        customer.fill(0..10).await;
        assert_refused(&customer.add("device-10").await, 409, Code::TooManyMachines, "the eleventh");
        assert_eq!(customer.ask("DELETE", &format!("/licenses/{id}"), "").await.status, 200);
        assert_no(&customer.get("/license/status").await, 404, "NOT_FOUND", "nothing is left");
        assert_eq!(customer.allowed().await.len(), 10, "they run on");
        site.clock.advance(8 * DAY);
        assert_eq!(customer.allowed().await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_may_be_put_on_a_license_of_its_own() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        customer.fill(0..1).await;
        let key = customer.lk2("PRO-10", 10, None);
        let early = customer.post("/devices/device-1/activate-license", &json!({ "licenseKey": key })).await;
        assert_refused(&early, 400, Code::NotFound, "it is not activated yet");
        customer.activated(&key).await;
        assert_eq!(customer.read("/devices/device-0").await["licenseId"], json!(null), "on the free tier");
        // A device that has a place moves.
        for device in ["device-0", "device-1"] {
            let path = format!("/devices/{device}/activate-license");
            let answer = customer.post(&path, &json!({ "licenseKey": key })).await;
            assert_eq!(answer.status / 100, 2, "{}", answer.body);
            let body = answer.json();
            assert_eq!(
                (&body["deviceId"], &body["tier"], &body["isAllowed"]),
                (&json!(device), &json!("PRO-10"), &json!(true),)
            );
        }
        let licenses = customer.read("/licenses").await;
        assert_eq!((&licenses[0]["key"], &licenses[0]["currentDeviceCount"]), (&json!(key), &json!(2)));
        assert_eq!(customer.read("/devices/device-0").await["licenseId"], licenses[0]["id"]);
        let status = customer.read("/license/status").await;
        assert_eq!((&status["maxDevices"], &status["currentDevices"]), (&json!(13), &json!(2)));
        let missing = customer.post("/devices/device-2/activate-license", &json!({})).await;
        assert_eq!((missing.status, &missing.json()["error"]), (400, &json!("License key is required")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_license_leaves_its_devices_to_the_free_tier_in_their_order() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = customer.lk2("PRO-10", 10, None);
        let id = customer.activated(&key).await;
        for device in ["device-0", "device-1", "device-2", "device-3", "device-4"] {
            site.clock.advance(1);
            let path = format!("/devices/{device}/activate-license");
            assert_eq!(customer.post(&path, &json!({ "licenseKey": key })).await.status / 100, 2);
        }
        end(&customer, &key, id, End::Removed).await;
        assert_eq!(customer.read("/licenses").await, json!([]));
        let devices = customer.read("/devices").await;
        let tiers: Vec<_> =
            devices.as_array().expect("a list").iter().map(|device| &device["tier"]).collect();
        assert_eq!(tiers, [&json!("free"); 5]);
        assert_eq!(customer.read("/license/status").await["isInGracePeriod"], true);
        site.clock.advance(8 * DAY);
        assert_eq!(customer.allowed().await, names(0..3));
        // The same key may come back, and finds its licence.
        let back = customer.activate(&key).await;
        assert_eq!(back.status, 200, "{}", back.body);
        assert_eq!(customer.allowed().await, names(0..5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_tier_that_is_suspended_takes_no_device_and_stands_in_nobodys_way() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        customer.fill(0..2).await;
        let installation = site.engine.installation_named("theia").await.expect("it is there").id;
        let free = Named::Client(format!("free tier of {installation}"));
        let set = async |how| {
            let done = site.engine.suspend(&Caller::operator(), free.clone(), how, None).await;
            drop(done.expect("it is done"));
        };
        set(Suspension::Suspend).await;
        let refused = customer.add("device-2").await;
        assert_refused(&refused, 409, Code::TooManyMachines, "the free tier is suspended");
        assert_eq!(customer.add("device-0").await.status, 200, "who has a place keeps it");
        customer.activated(&customer.lk2("PRO-10", 10, None)).await;
        customer.fill(2..10).await;
        assert_refused(&customer.add("device-10").await, 409, Code::TooManyMachines, "the eleventh");
        set(Suspension::Reinstate).await;
        customer.fill(10..13).await;
    }
}
