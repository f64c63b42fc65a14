//! Every state of a licence, and what each request of system E says of it: may it run, may it be activated, may a device
//! take a place of it?

use keyward_core::time::Timestamp;
use keyward_engine::Caller;
use keyward_engine::license::{Named, Suspension};
use serde_json::{Value, json};

use super::tenant::{Tenant, day};
use crate::rules::change_rules;
use crate::site::Site;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Good,
    Paused,
    Suspended,
    Revoked,
    Reinstated,
    LastInstant,
    Expired,
    InGrace,
    LastInstantOfGrace,
    AfterGrace,
    Removed,
}

/// The state, and its code; `None` where there is no such licence any more.
const TABLE: [(State, Option<&str>); 11] = [
    (State::Good, Some("VALID")),
    (State::Paused, Some("SUSPENDED")),
    (State::Suspended, Some("SUSPENDED")),
    (State::Revoked, Some("REVOKED")),
    (State::Reinstated, Some("VALID")),
    (State::LastInstant, Some("VALID")),
    (State::Expired, Some("EXPIRED")),
    (State::InGrace, Some("GRACE_PERIOD")),
    (State::LastInstantOfGrace, Some("GRACE_PERIOD")),
    (State::AfterGrace, Some("EXPIRED")),
    (State::Removed, None),
];

/// Brings it into the state; gives its end.
async fn bring(customer: &Tenant<'_>, key: &str, id: i64, state: State) {
    let site = customer.site;
    let end = customer.shown(key).await.found.license.expiry.expect("it ends");
    let suspend = async |suspension| {
        let named = Named::Key(key.to_owned());
        site.engine.suspend(&Caller::operator(), named, suspension, None).await.expect("it is done");
    };
    let grace = async |at: Timestamp| {
        change_rules(&site.engine, "lk", "pro-10", |rules| rules.grace_period = 5 * 86_400).await;
        site.engine.refresh().await.expect("the rules are loaded");
        site.clock.set(at);
    };
    let path = format!("/licenses/{id}");
    match state {
        State::Good => {}
        State::Paused => drop(customer.ask("PATCH", &path, r#"{"isActive":false}"#).await),
        State::Suspended => suspend(Suspension::Suspend).await,
        State::Revoked => suspend(Suspension::Revoke).await,
        State::Reinstated => {
            suspend(Suspension::Revoke).await;
            suspend(Suspension::Reinstate).await;
        }
        State::LastInstant => site.clock.set(end),
        State::Expired => site.clock.set(end.plus_micros(1)),
        State::InGrace => grace(end.plus_micros(1)).await,
        State::LastInstantOfGrace => grace(end.plus_days(5)).await,
        State::AfterGrace => grace(end.plus_days(5).plus_micros(1)).await,
        State::Removed => drop(customer.ask("DELETE", &path, "").await),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_says_of_each_state_what_it_should() {
    for (state, code) in TABLE {
        for site in Site::all().await {
            let what = format!("{state:?} on {}", site.engine.store().kind());
            let customer = Tenant::new(&site, "theia").await;
            let key = customer.lk2("PRO-10", 10, Some(&day(&site, 30)));
            let id = customer.activated(&key).await;
            bring(&customer, &key, id, state).await;
            let runs = code.is_some_and(|code| code == "VALID" || code == "GRACE_PERIOD");

            let status = customer.read("/license/status").await;
            let (tier, devices) = if runs { ("PRO-10", 13) } else { ("free", 3) };
            assert_eq!((&status["tier"], &status["maxDevices"]), (&json!(tier), &json!(devices)), "{what}");
            assert_eq!(status["activeLicenseCount"], i64::from(runs), "{what}");
            let one = customer.get(&format!("/licenses/{id}")).await;
            let decoded = customer.read("/license/decoded").await;
            match code {
                Some(code) => {
                    let one = one.json();
                    assert_eq!((&one["isActive"], &one["code"]), (&json!(runs), &json!(code)), "{what}");
                    let license = &decoded["licenses"][0];
                    assert_eq!(
                        (&license["isActive"], &license["code"]),
                        (&json!(runs), &json!(code)),
                        "{what}"
                    );
                    assert_eq!(license["isExpired"], code == "EXPIRED", "{what}");
                }
                None => assert_eq!((one.status, &decoded["licenses"]), (404, &json!([])), "{what}"),
            }
            assert_eq!(customer.get("/license/decode").await.status, if runs { 200 } else { 404 }, "{what}");

            let wanted = if runs { (201, Value::Null) } else { (400, json!(code.unwrap_or("NOT_FOUND"))) };
            let body = json!({ "licenseKey": key });
            let placed = customer.post("/devices/d/activate-license", &body).await;
            let body = placed.json();
            let code_of =
                |body: &Value| if body["error"].is_null() { Value::Null } else { body["code"].clone() };
            assert_eq!((placed.status, code_of(&body)), wanted, "{what}: {body}");

            // A removed one comes back with its key.
            let again = customer.activate(&key).await;
            let wanted = if runs || code.is_none() { (200, Value::Null) } else { (400, json!(code)) };
            assert_eq!((again.status, code_of(&again.json())), wanted, "{what}: {}", again.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_or_a_command_changes_the_others_respect_at_once() {
    let Some(first) = Site::postgres().await else { return };
    let (second, command) = (first.node().await, first.command().await);
    let here = Tenant::new(&first, "theia").await;
    let there = here.at(&second);
    let key = here.lk2("PRO-10", 10, None);
    let id = here.activated(&key).await;
    let devices = async || {
        let (one, other) = (here.read("/license/status").await, there.read("/license/status").await);
        assert_eq!(one, other);
        one["maxDevices"].as_i64().expect("a number")
    };
    assert_eq!(devices().await, 13);
    for (suspension, wanted) in [(Suspension::Revoke, 3), (Suspension::Reinstate, 13)] {
        let named = Named::Key(key.clone());
        command.suspend(&Caller::operator(), named, suspension, None).await.expect("it is done");
        assert_eq!(devices().await, wanted, "{suspension:?}");
    }
    assert_eq!(there.ask("DELETE", &format!("/licenses/{id}"), "").await.status, 200);
    assert_eq!(devices().await, 3);
    let token = command.tokens().await.expect("tokens").last().expect("the newest").id;
    command.revoke_token(&Caller::operator(), token).await.expect("it is revoked");
    for tenant in [&here, &there] {
        assert_eq!(tenant.get("/license/status").await.status, 401);
    }
}
