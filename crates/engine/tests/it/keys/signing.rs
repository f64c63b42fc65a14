//! Signing keys: made at first use, once also under races, rotated and retired.

use std::collections::HashSet;
use std::sync::Arc;

use keyward_core::crypto::Algorithm;
use keyward_engine::keys::Rotate;
use uuid::Uuid;

use crate::stored::Stored;

fn records(stored: &Stored) -> Uuid {
    stored.engine.catalog().product("records").expect("it is seeded").id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_at_first_use_once_on_every_node() {
    for stored in Stored::all().await {
        let nodes = [Arc::clone(&stored.engine), stored.second_node().await];
        let product = records(&stored);
        for algorithm in [Algorithm::Ed25519, Algorithm::RsaPkcs1Sha256] {
            let tasks: Vec<_> = (0..8)
                .map(|n| {
                    let (engine, caller) = (Arc::clone(&nodes[n % 2]), stored.caller());
                    tokio::spawn(async move {
                        let (id, key) = engine.signing_key(&caller, Some(product), algorithm).await?;
                        assert_eq!(key.algorithm(), algorithm);
                        Ok::<_, keyward_engine::EngineError>(id)
                    })
                })
                .collect();
            let mut ids = HashSet::new();
            for task in tasks {
                ids.insert(task.await.expect("no panic").expect("a key"));
            }
            assert_eq!(ids.len(), 1, "{algorithm}");
        }
        let keys = stored.engine.list_keys().await.expect("a list");
        let shown: Vec<_> = keys
            .iter()
            .map(|key| (key.product.as_deref(), key.algorithm.as_str(), key.bits, key.state.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (Some("records"), "ed25519", Some(256), "active"),
                (Some("records"), "rsa", Some(2048), "active"),
            ]
        );
        assert_eq!(stored.events().await.iter().filter(|event| *event == "key.create").count(), 2);
    }
}

#[tokio::test]
async fn a_product_has_its_own_key_before_the_accounts() {
    for stored in Stored::all().await {
        let (engine, caller, product) = (&stored.engine, stored.caller(), records(&stored));
        let algorithm = Algorithm::Ed25519;
        let (account, _) = engine.signing_key(&caller, None, algorithm).await.expect("a key");
        let (same, _) = engine.signing_key(&caller, Some(product), algorithm).await.expect("a key");
        assert_eq!(same, account);
        let which = Rotate::Of { product: Some("records".to_owned()), algorithm };
        let own = engine.rotate_key(&caller, which).await.expect("a new key");
        let (now, _) = engine.signing_key(&caller, Some(product), algorithm).await.expect("a key");
        assert_eq!(now, own.id);
        let (of_account, _) = engine.signing_key(&caller, None, algorithm).await.expect("a key");
        assert_eq!(of_account, account);
        assert_eq!(engine.list_keys().await.expect("a list")[0].state, "active");
    }
}

#[tokio::test]
async fn a_rotated_key_still_verifies_and_a_retired_one_does_not() {
    for stored in Stored::all().await {
        let (engine, caller, product) = (&stored.engine, stored.caller(), records(&stored));
        let other = stored.second_node().await;
        let (old, _) = engine.signing_key(&caller, Some(product), Algorithm::Ed25519).await.expect("a key");
        let new = engine.rotate_key(&caller, Rotate::Id(old)).await.expect("a new key");
        assert_eq!((new.state.as_str(), new.product.as_deref()), ("active", Some("records")));
        let states = |keys: Vec<keyward_engine::keys::KeyInfo>| -> Vec<String> {
            keys.into_iter().map(|key| key.state).collect()
        };
        assert_eq!(states(other.list_keys().await.expect("a list")), ["verify_only", "active"]);
        let set = other.catalog().key_set(product, keyward_core::scheme::Scheme::Lk3);
        assert_eq!(set.public.len(), 2);

        let retired = other.retire_key(&caller, old).await.expect("retired");
        assert_eq!((retired.state.as_str(), retired.retired_at.is_some()), ("retired", true));
        assert_eq!(other.retire_key(&caller, old).await.expect_err("again").code(), "INVALID_ARGUMENT");
        let set = other.catalog().key_set(product, keyward_core::scheme::Scheme::Lk3);
        assert_eq!(set.public.len(), 1);
        // Its public half can still be had: what it signed once may have to be looked at.
        assert!(engine.public_key(old).await.expect("a key").contains("BEGIN PUBLIC KEY"));

        engine.retire_key(&caller, new.id).await.expect("retired");
        let (third, _) = engine.signing_key(&caller, Some(product), Algorithm::Ed25519).await.expect("a key");
        assert!(third != old && third != new.id);
        let events = stored.events().await;
        assert_eq!(&events[1..], ["key.create", "key.rotate", "key.retire", "key.retire", "key.create"]);
    }
}

#[tokio::test]
async fn a_key_older_than_a_year_is_pointed_out() {
    for stored in Stored::all().await {
        let (engine, caller) = (&stored.engine, stored.caller());
        engine.signing_key(&caller, None, Algorithm::Ed25519).await.expect("a key");
        stored.clock.advance(365 * 86_400);
        assert!(engine.list_keys().await.expect("a list")[0].warnings.is_empty());
        stored.clock.advance(1);
        assert_eq!(engine.list_keys().await.expect("a list")[0].warnings.len(), 1);
    }
}
