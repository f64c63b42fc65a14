//! What the document wished for: device pools, feature flags and usage limits, in our own form of key.

use keyward_core::code::Code;
use keyward_core::scheme::lk3::DevicePool;
use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use keyward_engine::license::{Named, Renewal};
use serde_json::{Value, json};

use super::DAY;
use super::tenant::{Tenant, assert_no, assert_refused};
use crate::site::Site;

const CALLS: &str = "api-calls";

async fn with_pools(customer: &Tenant<'_>) -> String {
    let end = customer.site.engine.now().plus_days(10).seconds().unsigned_abs();
    let key = customer.lk3(|key| {
        key.max_devices = Some(5);
        key.pools = vec![
            DevicePool { name: "kiosk".to_owned(), max_devices: 2, expires: None },
            DevicePool { name: "trade fair".to_owned(), max_devices: 1, expires: Some(end) },
        ];
    });
    customer.activated(&key).await;
    key
}

async fn into_pool(
    customer: &Tenant<'_>,
    key: &str,
    device: &str,
    pool: Option<&str>,
) -> crate::world::Answer {
    let body = json!({ "licenseKey": key, "pool": pool });
    customer.post(&format!("/devices/{device}/activate-license"), &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_count_against_their_pool() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = with_pools(&customer).await;
        for device in ["k1", "k2"] {
            let answer = into_pool(&customer, &key, device, Some("kiosk")).await;
            assert_eq!(
                (answer.status / 100, &answer.json()["pool"]),
                (2, &json!("kiosk")),
                "{}",
                answer.body
            );
        }
        let full = into_pool(&customer, &key, "k3", Some("kiosk")).await;
        assert_refused(&full, 409, Code::PoolLimit, "the third kiosk");
        assert_eq!(into_pool(&customer, &key, "t1", Some("trade fair")).await.status / 100, 2);
        let unknown = into_pool(&customer, &key, "x", Some("garage")).await;
        assert!((400..500).contains(&unknown.status), "{unknown:?}");
        assert_eq!(customer.get("/devices/x").await.status, 404, "nothing was taken");

        let decoded = customer.read("/license/decoded").await;
        assert_eq!(
            decoded["licenses"][0]["pools"],
            json!([
                { "name": "kiosk", "maxDevices": 2, "currentDevices": 2, "expiresAt": null },
                {
                    "name": "trade fair", "maxDevices": 1, "currentDevices": 1,
                    "expiresAt": site.engine.now().plus_days(10),
                },
            ])
        );
        // A place in a pool is free again when its device is released.
        assert_eq!(customer.ask("DELETE", "/devices/k1", "").await.status, 200);
        assert_eq!(into_pool(&customer, &key, "k3", Some("kiosk")).await.status / 100, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_ends_before_its_license() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = with_pools(&customer).await;
        assert_eq!(into_pool(&customer, &key, "t1", Some("trade fair")).await.status / 100, 2);
        assert_eq!(into_pool(&customer, &key, "k1", Some("kiosk")).await.status / 100, 2);
        site.clock.advance(10 * DAY);
        assert_eq!(customer.read("/devices/t1").await["isAllowed"], true, "its last instant");
        site.clock.advance(1);
        let device = customer.read("/devices/t1").await;
        assert_eq!((&device["isAllowed"], &device["code"]), (&json!(false), &json!("POOL_EXPIRED")));
        assert_eq!(customer.read("/devices/k1").await["isAllowed"], true);
        assert_eq!(customer.ask("DELETE", "/devices/t1", "").await.status, 200);
        let late = into_pool(&customer, &key, "t2", Some("trade fair")).await;
        assert_refused(&late, 409, Code::PoolExpired, "it is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn features_are_those_of_the_active_licenses() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        customer.fill(0..1).await;
        let asks = async |path: &str| {
            let body = customer.read(path).await;
            (
                body["isValid"].as_bool().or(body["isAllowed"].as_bool()).expect("yes or no"),
                body["code"].clone(),
            )
        };
        assert_eq!(asks("/license/status?feature=streaming").await, (false, json!("ENTITLEMENTS_MISSING")));
        let id = customer
            .activated(&customer.lk3(|key| key.features = vec!["streaming".to_owned(), "ü/&".to_owned()]))
            .await;
        for feature in ["streaming", "%C3%BC%2F%26"] {
            assert_eq!(asks(&format!("/license/status?feature={feature}")).await, (true, json!("VALID")));
        }
        assert_eq!(
            asks("/api/license/status?other=1&feature=analytics").await,
            (false, json!("ENTITLEMENTS_MISSING"))
        );
        assert_eq!(
            customer.read("/license/decoded").await["licenses"][0]["features"],
            json!(["streaming", "ü/&"])
        );
        // A device on that licence has it.
        let key = customer.read("/licenses").await[0]["key"].as_str().expect("a key").to_owned();
        assert_eq!(into_pool(&customer, &key, "d", None).await.status / 100, 2);
        assert_eq!(asks("/devices/d?feature=streaming").await, (true, json!("VALID")));
        assert_eq!(asks("/devices/d?feature=analytics").await, (false, json!("ENTITLEMENTS_MISSING")));
        let off = customer.ask("PATCH", &format!("/licenses/{id}"), r#"{"isActive":false}"#).await;
        assert_eq!(off.status, 200);
        assert_eq!(asks("/license/status?feature=streaming").await.1, json!("ENTITLEMENTS_MISSING"));
        for query in ["feature=", "feature=a&feature=b", "feature=%00"] {
            assert_no(
                &customer.get(&format!("/license/status?{query}")).await,
                400,
                "INVALID_ARGUMENT",
                query,
            );
        }
    }
}

async fn use_up(customer: &Tenant<'_>, name: &str, amount: i64) -> crate::world::Answer {
    customer.post("/license/usage", &json!({ "name": name, "amount": amount })).await
}

async fn usage(customer: &Tenant<'_>, name: &str) -> Value {
    let usage = customer.read("/license/usage").await;
    let found = usage.as_array().expect("a list").iter().find(|usage| usage["name"] == name).cloned();
    found.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_counted_and_what_is_too_much_is_not_counted_at_all() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        customer
            .activated(&customer.lk3(|key| {
                for (name, limit) in [(CALLS, 100), ("storage-gb", 5), ("bandwidth", 1 << 40)] {
                    key.limits.insert(name.to_owned(), limit);
                }
            }))
            .await;
        let used = use_up(&customer, CALLS, 60).await;
        let wanted = json!({ "name": CALLS, "used": 60, "limit": 100, "remaining": 40 });
        assert_eq!((used.status, used.json()), (200, wanted.clone()));
        for amount in [41, 1 << 50, i64::MAX] {
            assert_refused(&use_up(&customer, CALLS, amount).await, 409, Code::UsageLimit, "too much");
            assert_eq!(usage(&customer, CALLS).await, wanted, "nothing was counted");
        }
        assert_eq!(use_up(&customer, CALLS, 40).await.json()["remaining"], 0);
        assert_refused(&use_up(&customer, CALLS, 1).await, 409, Code::UsageLimit, "none is left");
        // A negative amount gives back, but not what was never taken.
        assert_eq!(use_up(&customer, CALLS, -10).await.json()["used"], 90);
        for amount in [-91, i64::MIN] {
            let answer = use_up(&customer, CALLS, amount).await;
            assert!(answer.status != 500, "{answer:?}");
            let used = usage(&customer, CALLS).await["used"].as_i64().expect("a number");
            assert!(used == 90 || used == 0, "{amount}: {used}");
            if used == 0 {
                assert_eq!(use_up(&customer, CALLS, 90).await.status, 200);
            }
        }
        // Some programs write whole numbers with a fraction: JSON has one kind of number.
        let spelled = r#"{"name":"storage-gb","amount":2.0}"#;
        assert_eq!(customer.ask("POST", "/license/usage", spelled).await.json()["used"], 2);
        let spelled = spelled.replace("2.0", "-2e0");
        assert_eq!(customer.ask("POST", "/license/usage", &spelled).await.json()["used"], 0);
        assert_eq!(use_up(&customer, "bandwidth", 1 << 40).await.status, 200);
        assert_eq!(use_up(&customer, "storage-gb", 5).await.status, 200);
        assert_no(&use_up(&customer, "seats", 1).await, 404, "NOT_FOUND", "there is no such limit");
        let decoded = customer.read("/license/decoded").await;
        let storage = json!({ "name": "storage-gb", "used": 5, "limit": 5, "remaining": 0 });
        let limits = decoded["licenses"][0]["limits"].as_array().expect("a list");
        assert!(limits.contains(&storage) && limits.len() == 3, "{limits:?}");
        assert!(decoded["limits"].as_array().expect("a list").contains(&storage));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_several_licenses_add_up_while_they_are_active() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let mut ids = Vec::new();
        for limit in [10, 20] {
            let key = customer.lk3(|key| {
                key.limits.insert(CALLS.to_owned(), limit);
            });
            ids.push(customer.activated(&key).await);
        }
        assert_eq!(
            usage(&customer, CALLS).await,
            json!({ "name": CALLS, "used": 0, "limit": 30, "remaining": 30 })
        );
        assert_refused(&use_up(&customer, CALLS, 31).await, 409, Code::UsageLimit, "more than both have");
        // More than either has alone.
        let used = use_up(&customer, CALLS, 25).await;
        assert_eq!(
            (used.status, used.json()),
            (200, json!({ "name": CALLS, "used": 25, "limit": 30, "remaining": 5 }))
        );
        let off = customer.ask("PATCH", &format!("/licenses/{}", ids[1]), r#"{"isActive":false}"#).await;
        assert_eq!(off.status, 200);
        assert_eq!(usage(&customer, CALLS).await["limit"], 10);
        assert_refused(&use_up(&customer, CALLS, 6).await, 409, Code::UsageLimit, "one is off");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn renewing_gives_a_new_form_and_the_old_key_still_finds_its_license() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let lk3 = keyward_core::scheme::lk3::Lk3 {
            tier: "PRO-10".to_owned(),
            expires: Some(site.engine.now().plus_days(10).seconds().unsigned_abs()),
            ..Default::default()
        };
        let order = Order { installation: Some("theia".to_owned()), ..Order::default() };
        let seal = keyward_core::scheme::lk3::Seal::Signature;
        let form = NewForm::Lk3 { order, request: Box::new(lk3), seal, encrypted: false };
        let old = site.engine.issue_form(&Caller::operator(), form).await.expect("a key").key;
        let id = customer.activated(&old).await;
        let renewal = Renewal::Until(site.engine.now().plus_days(400));
        let renewed =
            site.engine.renew(&Caller::operator(), Named::Key(old.clone()), renewal).await.expect("renewed");
        let new = renewed.form.expect("a new form");
        assert_ne!(new.as_str(), old);
        site.clock.advance(20 * DAY);
        assert_eq!(customer.read("/license/status").await["maxDevices"], 13);
        let licenses = customer.read("/licenses").await;
        assert_eq!((licenses.as_array().map(Vec::len), &licenses[0]["id"]), (Some(1), &json!(id)));
        assert_eq!(licenses[0]["key"].as_str(), Some(new.as_str()), "the newest form is shown");
        for key in [&*old, &*new] {
            let answer = customer.activate(key).await;
            assert_eq!((answer.status, &answer.json()["addedLicense"]["id"]), (200, &json!(id)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_a_pool_that_is_over_does_not_run_again_because_its_license_was_removed() {
    for site in Site::all().await {
        let customer = Tenant::new(&site, "theia").await;
        let key = with_pools(&customer).await;
        let id = customer.read("/licenses").await[0]["id"].clone();
        for (device, pool) in [("t1", Some("trade fair")), ("k1", Some("kiosk")), ("d1", None)] {
            assert_eq!(into_pool(&customer, &key, device, pool).await.status / 100, 2);
        }
        site.clock.advance(10 * DAY + 1);
        assert_eq!(customer.read("/devices/t1").await["code"], "POOL_EXPIRED");
        assert_eq!(customer.ask("DELETE", &format!("/licenses/{id}"), "").await.status, 200);
        // The others go to the free tier; it is released.
        let allowed = async || {
            let mut allowed = customer.allowed().await;
            allowed.sort_unstable();
            allowed
        };
        assert_eq!(allowed().await, ["d1", "k1"]);
        assert_eq!(customer.activate(&key).await.status, 200);
        assert_eq!(allowed().await, ["d1", "k1"]);
        assert_no(&customer.get("/devices/t1").await, 404, "NOT_FOUND", "it was released");
        assert_eq!(customer.read("/license/status").await["currentDevices"], 2);
        assert_eq!(customer.read("/devices").await.as_array().map(Vec::len), Some(2));
    }
}
