//! Shared secrets of products and installations.

use std::sync::Arc;

use keyward_engine::form::{NewForm, Order};
use keyward_engine::issue::Lk2Request;

use crate::stored::Stored;

const SAMPLE: &str = "installation-key";

fn lk2() -> NewForm {
    let request = Lk2Request {
        tier: "PRO-10".to_owned(),
        max_devices: 10,
        company: None,
        expires: None,
        unique_id: None,
    };
    NewForm::Lk2 { order: Order::default(), request }
}

#[tokio::test]
async fn an_installations_secret_may_be_replaced_until_something_is_made_under_it() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let set = async |secret: &str| engine.set_installation_secret(&caller, "own", secret, false).await;
        set("first").await.expect("set");
        set("second").await.expect("replaced");
        engine.issue_form(&caller, lk2()).await.expect("a key");
        set("second").await.expect("the same again");
        assert_eq!(set("third").await.expect_err("in use").code(), "SECRET_IN_USE");
        assert_eq!(set("").await.expect_err("empty").code(), "INVALID_ARGUMENT");
        let (secret, _) = engine.reveal_installation_secret(&caller, "own").await.expect("it is told");
        assert_eq!(secret.as_str(), "second");
        let unknown = engine.set_installation_secret(&caller, "nobody's", "x", false).await;
        assert_eq!(unknown.expect_err("unknown").code(), "NOT_FOUND");
        let events = stored.events().await;
        assert_eq!(&events[1..], ["secret.set", "secret.set", "license.issue", "secret.reveal"]);
    }
}

#[tokio::test]
async fn a_public_sample_is_refused_and_warned_of_when_it_is_accepted() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        let refused = engine.set_installation_secret(&caller, "own", SAMPLE, false).await;
        assert_eq!(refused.expect_err("public").code(), "PUBLIC_SECRET");
        assert_eq!(engine.public_secret_warnings(), Vec::<String>::new());
        engine.set_installation_secret(&caller, "own", SAMPLE, true).await.expect("accepted");
        engine.set_secret(&caller, "tier", "your-secret-key-here", true).await.expect("accepted");
        let warnings = stored.second_node().await.public_secret_warnings();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("product tier") && warnings[1].contains("installation own"));
        assert!(warnings.iter().all(|warning| !warning.contains(SAMPLE) && !warning.contains("your-secret")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_nobody_gave_is_made_once() {
    for stored in Stored::all().await {
        let nodes = [Arc::clone(&stored.engine), stored.second_node().await];
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let (engine, caller) = (Arc::clone(&nodes[n % 2]), stored.caller());
                tokio::spawn(async move { engine.issue_form(&caller, lk2()).await })
            })
            .collect();
        let mut keys = Vec::new();
        for task in tasks {
            keys.push(task.await.expect("no panic").expect("a key").key);
        }
        let (secret, _) =
            stored.engine.reveal_installation_secret(&stored.caller(), "own").await.expect("a secret");
        let set = keyward_core::crypto::KeySet::of_secret(keyward_engine::keys::prepare(&secret));
        for key in keys {
            keyward_core::claims::Claims::verified(&key, &set).expect("sealed under the one secret");
        }
        assert_eq!(stored.events().await.iter().filter(|event| *event == "secret.set").count(), 1);
    }
}
