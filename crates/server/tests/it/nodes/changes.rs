//! Suspensions, rules, features and secrets.

use std::sync::Arc;

use keyward_core::code::Code;
use keyward_engine::license::{Activate, Activation, Named, Suspension};
use keyward_engine::{Caller, Engine, Holder, Repeatable};
use serde_json::{Value, json};

use super::soon;
use crate::rules::change_rules;
use crate::site::Site;

/// Who makes a change, and the servers that must respect it: another node, or a command beside them.
struct Place {
    servers: Vec<Site>,
    command: Arc<Engine>,
}

impl Place {
    /// One server over SQLite, three over PostgreSQL; a limit of requests that this test does not meet.
    async fn all() -> Vec<Self> {
        let mut places = Vec::new();
        for first in Site::all_with(|config| config.dialects.tier.requests_per_minute = 100_000).await {
            let command = first.command().await;
            let mut servers = vec![first];
            if servers[0].engine.store().kind() == "postgres" {
                for _ in 0..2 {
                    servers.push(servers[0].node().await);
                }
            }
            places.push(Self { servers, command });
        }
        places
    }

    /// Every engine that can make a change, with the server whose engine it is.
    fn makers(&self) -> Vec<(Arc<Engine>, Option<usize>)> {
        let servers =
            self.servers.iter().enumerate().map(|(place, site)| (Arc::clone(&site.engine), Some(place)));
        servers.chain([(Arc::clone(&self.command), None)]).collect()
    }

    /// At once where it was made, soon everywhere.
    async fn respect(&self, what: &str, maker: Option<usize>, is_so: impl AsyncFn(&Site) -> bool) {
        if let Some(maker) = maker {
            assert!(is_so(&self.servers[maker]).await, "not at once where it was made: {what}");
        }
        for (place, site) in self.servers.iter().enumerate() {
            soon(&format!("{what}, at server {place} on {}", site.engine.store().kind()), async || {
                is_so(site).await
            })
            .await;
        }
    }
}

async fn verify(site: &Site, key: &str) -> (u16, Value) {
    let answer = site.post("/api/verify", &json!({ "license": key })).await;
    // Asked often: neither limit is what this is about.
    site.app.reset().await.expect("reset");
    (answer.status, answer.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_holds_everywhere_at_once() {
    for place in Place::all().await {
        let (tier, pool) =
            (place.servers[0].tier_key("pro", "u").await, place.servers[0].pool_key("30").await);
        for (engine, _) in place.makers() {
            for (suspension, status) in
                [(Suspension::Revoke, (401, 400)), (Suspension::Reinstate, (200, 200))]
            {
                for id in [tier.id, pool.id] {
                    let caller = Caller::operator();
                    engine.suspend(&caller, Named::Id(id), suspension, None).await.expect("it is done");
                }
                // What is remembered of licences is forgotten before a change is acknowledged: no node has to be waited for.
                for site in &place.servers {
                    let asked = site.get(&format!("/api/validate/{}", pool.key)).await.status;
                    assert_eq!((verify(site, &tier.key).await.0, asked), status, "{suspension:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_rules_are_soon_seen_and_at_once_where_they_limit() {
    for place in Place::all().await {
        let license = place.servers[0].tier_key("pro", "u").await;
        place.servers[0].clock.advance(31 * 86_400);
        let mut limit = 0;
        for (engine, maker) in place.makers() {
            for (grace_period, status) in [(86_400 * 7, 200), (0, 401)] {
                limit += 1;
                change_rules(&engine, "tier", "pro", |rules| {
                    (rules.grace_period, rules.max_machines) = (grace_period, Some(limit));
                })
                .await;
                if status == 200 {
                    // A limit is read where it is spent, whatever the node knows.
                    for site in &place.servers {
                        assert_eq!(activations(site, &license.key, limit).await, limit as usize);
                    }
                }
                engine.refresh().await.expect("it is loaded");
                place
                    .respect("grace", maker, async |site| verify(site, &license.key).await.0 == status)
                    .await;
            }
        }
    }
}

/// Activates until it is refused for the number of machines; gives how many there are then.
async fn activations(site: &Site, key: &str, limit: u32) -> usize {
    for number in 0..=limit {
        let request = Activate { key: key.to_owned(), fingerprint: format!("device {number}"), name: None };
        match site.engine.activate(&Caller::operator(), request, None).await.expect("an answer") {
            Repeatable::Fresh(Activation::Refused { verdict, .. }) => {
                assert_eq!((verdict.code, number), (Code::TooManyMachines, limit), "{verdict:?}");
            }
            _ => assert!(number < limit, "{number} of {limit}"),
        }
    }
    site.engine.show(&Named::Key(key.to_owned())).await.expect("it is there").machines.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_features_of_a_tier_are_soon_those_that_it_was_given() {
    for place in Place::all().await {
        let key = place.servers[0].tier_key("free", "u").await.key;
        let policy = place.command.policy_named("tier", "free").expect("it is there").row.id;
        for (number, (engine, maker)) in place.makers().into_iter().enumerate() {
            let code = format!("feature_{number}");
            let has = async |site: &Site| {
                let features = verify(site, &key).await.1["features"].clone();
                features.as_array().is_some_and(|features| features.last() == Some(&json!(code)))
            };
            let (caller, codes) = (Caller::operator(), [code.clone()]);
            engine
                .attach_entitlements(&caller, Holder::Policy(policy), &codes)
                .await
                .expect("it is attached");
            place.respect("attached", maker, &has).await;
            engine
                .detach_entitlements(&caller, Holder::Policy(policy), &codes)
                .await
                .expect("it is detached");
            place.respect("detached", maker, async |site| !has(site).await).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_is_soon_the_one_that_keys_are_checked_with() {
    for place in Place::all().await {
        for (number, (engine, maker)) in place.makers().into_iter().enumerate() {
            let secret = format!("secret {number}");
            engine.set_secret(&Caller::operator(), "tier", &secret, false).await.expect("it is set");
            let prepared = keyward_engine::keys::prepare(&secret);
            let key = keyward_engine::issue::tier("PRO", "QF", &prepared, engine.now(), 0).expect("a key");
            // Sealed as it should be, it is no longer refused for its seal.
            let fits = async |site: &Site| verify(site, &key).await.1["error"] == "License not found";
            place.respect("the secret", maker, fits).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_a_command_issues_is_good_at_once() {
    for place in Place::all().await {
        let key = {
            let wanted = keyward_engine::license::NewLicense::default();
            let issued = place.command.issue_pool_key(&Caller::operator(), "pool", "5", wanted).await;
            issued.expect("a key").key
        };
        for site in &place.servers {
            assert_eq!(site.get(&format!("/api/validate/{key}")).await.status, 200);
        }
    }
}
