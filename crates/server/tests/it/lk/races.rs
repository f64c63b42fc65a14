//! Many at once, on one node over SQLite and on three over one PostgreSQL.

use std::collections::BTreeSet;

use keyward_engine::Caller;
use keyward_engine::form::{NewForm, Order};
use serde_json::{Value, json};

use super::tenant::Tenant;
use crate::line::Crowd;
use crate::races::{places, rounds};
use crate::world::Answer;

const AT_ONCE: usize = 64;

/// So many answers with each status and code.
fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn assert_only(answers: &[Answer], code: &str) {
    for answer in answers.iter().filter(|answer| answer.status >= 400) {
        assert_eq!((answer.status, &answer.json()["code"]), (409, &json!(code)), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_devices_than_there_are_places() {
    for nodes in places().await {
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..rounds() / 4 {
            let customer = Tenant::new(&nodes[0], &format!("round {round}")).await;
            customer.activated(&customer.lk2("PRO-10", 10, None)).await;
            customer.activated(&customer.lk2("PRO-20", 5, None)).await;
            customer.fill(0..8).await;
            let head = customer.head("POST", "/devices");
            let answers = crowd
                .ask(|number| (head.clone(), json!({ "deviceId": format!("racer-{number}") }).to_string()))
                .await;
            let taken = answers.iter().filter(|answer| answer.status / 100 == 2).count();
            assert_eq!(taken, 10, "18 places, 8 of them taken before: {answers:?}");
            assert_only(&answers, "TOO_MANY_MACHINES");
            for node in &nodes {
                assert_counted(&customer.at(node), 18, 18).await;
            }
        }
    }
}

/// Every device is counted once, by its licence and in all.
async fn assert_counted(customer: &Tenant<'_>, devices: usize, places: usize) {
    let status = customer.read("/license/status").await;
    assert_eq!((&status["currentDevices"], &status["maxDevices"]), (&json!(devices), &json!(places)));
    let list = customer.read("/devices").await;
    let list = list.as_array().expect("a list");
    let ids: BTreeSet<_> = list.iter().map(|device| device["deviceId"].as_str()).collect();
    assert_eq!((ids.len(), list.len()), (devices, devices));
    let licenses = customer.read("/licenses").await;
    let of_licenses: i64 = licenses
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["currentDeviceCount"].as_i64())
        .sum();
    let free = list.iter().filter(|device| device["tier"] == "free").count();
    assert_eq!(of_licenses as usize + free, devices, "{licenses}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_many_times_takes_one_place() {
    for nodes in places().await {
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..rounds() / 4 {
            let customer = Tenant::new(&nodes[0], &format!("round {round}")).await;
            let head = customer.head("POST", "/devices");
            let answers = crowd
                .ask(|number| {
                    (head.clone(), json!({ "deviceId": format!("racer-{}", number % 3) }).to_string())
                })
                .await;
            assert!(answers.iter().all(|answer| answer.status / 100 == 2), "{answers:?}");
            assert_counted(&customer, 3, 3).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_activated_by_many_is_one_license() {
    for nodes in places().await {
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..rounds() / 4 {
            let customer = Tenant::new(&nodes[0], &format!("round {round}")).await;
            let keys = [customer.lk2("PRO-10", 10, None), customer.lk1("PRO-10"), customer.lk3(|_| {})];
            let key = &keys[round % 3];
            let head = customer.head("POST", "/license/activate");
            let body = json!({ "licenseKey": key }).to_string();
            let answers = crowd.ask(|_| (head.clone(), body.clone())).await;
            assert_eq!(count(&answers, 200), AT_ONCE, "{answers:?}");
            let ids: BTreeSet<_> =
                answers.iter().map(|answer| answer.json()["addedLicense"]["id"].as_i64()).collect();
            let first =
                answers.iter().filter(|answer| answer.json()["message"] == "License activated successfully");
            assert_eq!((ids.len(), first.count()), (1, 1));
            assert_counted(&customer, 0, 13).await;
            assert_eq!(customer.read("/licenses").await.as_array().map(Vec::len), Some(1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_key_that_several_installations_activate_is_one_installations() {
    for nodes in places().await {
        for round in 0..rounds() / 4 {
            let names = ["one", "two", "three", "four"].map(|name| format!("{name} {round}"));
            let mut customers = Vec::new();
            for (number, name) in names.iter().enumerate() {
                customers.push(Tenant::new(&nodes[number % nodes.len()], name).await);
            }
            let lk3 = keyward_core::scheme::lk3::Lk3 { tier: "PRO-10".to_owned(), ..Default::default() };
            let form = NewForm::Lk3 {
                order: Order { installation: Some(names[0].clone()), ..Order::default() },
                request: Box::new(lk3),
                seal: keyward_core::scheme::lk3::Seal::Signature,
                encrypted: false,
            };
            let key = nodes[0].engine.issue_form(&Caller::operator(), form).await.expect("a key").key;
            let body = json!({ "licenseKey": key }).to_string();
            let mut crowd = Crowd::of(16, &nodes).await;
            let heads: Vec<_> = customers.iter().map(|one| one.head("POST", "/license/activate")).collect();
            crowd.ask(|number| (heads[number % 4].clone(), body.clone())).await;
            let mut holders = 0;
            for customer in &customers {
                holders += customer.read("/licenses").await.as_array().map_or(0, Vec::len);
            }
            assert_eq!(holders, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_used_than_there_is() {
    const LIMIT: i64 = 40;
    for nodes in places().await {
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..rounds() / 4 {
            let customer = Tenant::new(&nodes[0], &format!("round {round}")).await;
            // Two licences share the limit.
            for _ in 0..2 {
                let key = customer.lk3(|key| {
                    key.limits.insert("calls".to_owned(), LIMIT as u64 / 2);
                });
                customer.activated(&key).await;
            }
            let head = customer.head("POST", "/license/usage");
            let body = json!({ "name": "calls", "amount": 1 }).to_string();
            let answers = crowd.ask(|_| (head.clone(), body.clone())).await;
            assert_only(&answers, "USAGE_LIMIT");
            let used: BTreeSet<_> = answers
                .iter()
                .filter(|answer| answer.status == 200)
                .map(|answer| answer.json()["used"].as_i64().expect("a number"))
                .collect();
            assert_eq!(used, (1..=LIMIT).collect(), "each was counted once");
            let usage: Value = customer.read("/license/usage").await;
            assert_eq!(usage, json!([{ "name": "calls", "used": LIMIT, "limit": LIMIT, "remaining": 0 }]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_a_pool_are_given_once() {
    use keyward_core::scheme::lk3::DevicePool;

    for nodes in places().await {
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..rounds() / 4 {
            let customer = Tenant::new(&nodes[0], &format!("round {round}")).await;
            let key = customer.lk3(|key| {
                key.max_devices = Some(50);
                key.pools = vec![DevicePool { name: "kiosk".to_owned(), max_devices: 5, expires: None }];
            });
            customer.activated(&key).await;
            let body = json!({ "licenseKey": key, "pool": "kiosk" }).to_string();
            let answers = crowd
                .ask(|number| {
                    (
                        customer.head("POST", &format!("/devices/racer-{number}/activate-license")),
                        body.clone(),
                    )
                })
                .await;
            assert_eq!(answers.iter().filter(|answer| answer.status / 100 == 2).count(), 5, "{answers:?}");
            assert_only(&answers, "POOL_LIMIT");
            let pool = &customer.read("/license/decoded").await["licenses"][0]["pools"][0];
            assert_eq!(pool["currentDevices"], 5);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_come_and_go_while_a_license_is_removed_stay_counted() {
    for nodes in places().await {
        let mut crowd = Crowd::of(AT_ONCE, &nodes).await;
        for round in 0..rounds() / 4 {
            let customer = Tenant::new(&nodes[0], &format!("round {round}")).await;
            let id = customer.activated(&customer.lk2("PRO-50", 50, None)).await;
            customer.fill(0..16).await;
            let answers = crowd
                .ask(|number| match number {
                    0 => (customer.head("DELETE", &format!("/licenses/{id}")), String::new()),
                    1..16 => (customer.head("DELETE", &format!("/devices/device-{number}")), String::new()),
                    _ => {
                        let body = json!({ "deviceId": format!("racer-{number}") });
                        (customer.head("POST", "/devices"), body.to_string())
                    }
                })
                .await;
            assert!(answers[..16].iter().all(|answer| answer.status == 200), "{answers:?}");
            assert_only(&answers, "TOO_MANY_MACHINES");
            let added = answers[16..].iter().filter(|answer| answer.status / 100 == 2).count();
            assert_counted(&customer, 1 + added, 3).await;
        }
    }
}
